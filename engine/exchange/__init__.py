"""Exchanges behind one port: `simulated` (in this process). The real one comes in `upbit`."""
