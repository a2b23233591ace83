"""Simulated exchanges: the in-process one of paper trading, whose fills come from the kernel's fill model; venue/, which knows all that
Upbit's clients can ask; served/, which puts that behind Upbit's own wire protocol."""
