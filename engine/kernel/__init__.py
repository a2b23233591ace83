"""What every mode computes with: ops, the machine that runs them, decisions, fills, legal prices. Pure: no clock, no I/O, no randomness."""
