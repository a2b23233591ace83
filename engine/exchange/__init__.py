"""Exchanges: `simulated` (in this process) and `upbit` (the wire of the real one: REST and WebSocket)."""
