"""The simulated exchange behind Upbit's own wire protocol, on this machine's loopback."""
