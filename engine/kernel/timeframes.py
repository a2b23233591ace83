"""Values of one timeframe on the bars of another: what holds, and what folds. Plain functions, compiled with `machine`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.kernel.abi import helper
from engine.kernel.aggregate import bar_at, bar_open
from engine.kernel.fields import CLOCK_COUNT, CLOCK_FIRST, CLOCK_LENGTH, CLOCK_OFFSET, ROW_ADDRESS, ROW_SOURCE, ROW_TIMEFRAME
from engine.kernel.ops.windows import larger, smaller
from engine.kernel.rows import OVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.kernel.catalogue import Pointer

_OVER_LAST: Final = OVER["over.last"]
_OVER_MIN: Final = OVER["over.min"]
_OVER_MAX: Final = OVER["over.max"]
_OVER_SUM: Final = OVER["over.sum"]


@helper
def run_hold(
    clocks: NDArray[np.int64], rows: NDArray[np.int64], row: int, memory: NDArray[np.float64], values: int, out: int,
    state: NDArray[np.float64], at: int,
) -> None:  # fmt: skip
    """The source's last closed value as of the close of every bar; state[at] carries the last one from block to block. values, out: where
    the market's input and output are in memory."""
    clock, source = rows[row, ROW_TIMEFRAME], rows[row, ROW_SOURCE]
    length, offset = clocks[clock, CLOCK_LENGTH], clocks[clock, CLOCK_OFFSET]
    source_length, source_offset = clocks[source, CLOCK_LENGTH], clocks[source, CLOCK_OFFSET]
    before = state[at]
    for k in range(clocks[clock, CLOCK_COUNT]):
        close_ms = bar_open(clocks[clock, CLOCK_FIRST] + k + 1, length, offset)
        closed = bar_at(close_ms, source_length, source_offset) - 1 - clocks[source, CLOCK_FIRST]
        memory[out + k] = before if closed < 0 else memory[values + closed]
    if clocks[source, CLOCK_COUNT] > 0:
        state[at] = memory[values + clocks[source, CLOCK_COUNT] - 1]


@helper
def run_over(
    clocks: NDArray[np.int64], rows: NDArray[np.int64], row: int, memory: NDArray[np.float64], values: int, out: int,
    state: NDArray[np.float64], at: int,
) -> None:  # fmt: skip
    """The fold of the source's bars inside every bar; state[at:] carries the bar in progress: its fold, and how many bars that are.

    A bar whose beginning was not fed is missing; its last value is known all the same.
    """
    clock, source, fold = rows[row, ROW_TIMEFRAME], rows[row, ROW_SOURCE], rows[row, ROW_ADDRESS]
    length, offset = clocks[clock, CLOCK_LENGTH], clocks[clock, CLOCK_OFFSET]
    source_length, source_offset = clocks[source, CLOCK_LENGTH], clocks[source, CLOCK_OFFSET]
    open_ms = clocks[source, CLOCK_FIRST] * source_length + source_offset
    bar = bar_at(open_ms, length, offset)
    bar_ms, next_ms = bar_open(bar, length, offset), bar_open(bar + 1, length, offset)
    for k in range(clocks[source, CLOCK_COUNT]):
        x = memory[values + k]
        if open_ms == bar_ms:
            state[at + 1] = 0.0
        state[at] = x if state[at + 1] == 0.0 else folded(fold, state[at], x)
        state[at + 1] += 1.0
        open_ms += source_length
        if open_ms == next_ms:
            whole = state[at + 1] * source_length == next_ms - bar_ms
            memory[out + bar - clocks[clock, CLOCK_FIRST]] = state[at] if whole or fold == _OVER_LAST else np.nan
            bar += 1
            bar_ms, next_ms = next_ms, bar_open(bar + 1, length, offset)


@helper
def folded(fold: int, value: float, x: float) -> float:
    """What has been folded so far with one more value."""
    if fold == _OVER_LAST:
        return x
    if fold == _OVER_MIN:
        return smaller(value, x)
    if fold == _OVER_MAX:
        return larger(value, x)
    if fold == _OVER_SUM:
        return value + x
    if value == 1.0 or x == 1.0:
        return 1.0
    return value + x


@helper
def hold_beside(
    clocks: NDArray[np.int64], rows: NDArray[np.int64], row: int, markets: int, values: Pointer, out: Pointer,
    state: NDArray[np.float64], at: int, step: int,
) -> None:  # fmt: skip
    """`run_hold` of all markets, where no timeframe closes more than one bar."""
    clock, source = rows[row, ROW_TIMEFRAME], rows[row, ROW_SOURCE]
    if clocks[clock, CLOCK_COUNT] > 0:
        close_ms = bar_open(clocks[clock, CLOCK_FIRST] + 1, clocks[clock, CLOCK_LENGTH], clocks[clock, CLOCK_OFFSET])
        closed = bar_at(close_ms, clocks[source, CLOCK_LENGTH], clocks[source, CLOCK_OFFSET]) - 1 - clocks[source, CLOCK_FIRST]
        for market in range(markets):
            out[market] = state[at + market * step] if closed < 0 else values[market]
    if clocks[source, CLOCK_COUNT] > 0:
        for market in range(markets):
            state[at + market * step] = values[market]
