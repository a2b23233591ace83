"""Decisions as state transitions over the six events (docs/decide.md), written as plain functions that numba compiles.

plan       what a strategy wants, as arrays; made once
position   position variables, position rows, levels
sales      how much an exit sells, and the order for it
step       STEP: the path open, low, high, close
close      CLOSE: columns, levels, RULE exits
entries    CLOSE: candidates, limits, size
answers    FILL, DONE, CASH, CONTROL
"""
