"""The loop that runs a program over one block: feeds, rows by address, holds, exported columns. Plain functions, compiled by `vm`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.kernel.abi import call_op, helper
from engine.kernel.aggregate import SERIES, SLOT_COUNT, fold_bars

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: columns of the row table. Inputs and output are offsets in memory; a hold has the address 0 and its source's timeframe
ROW_ADDRESS: Final = 0
ROW_TIMEFRAME: Final = 1
ROW_SOURCE: Final = 2
ROW_INPUT: Final = 3  # five of them
ROW_OUTPUT: Final = 8
ROW_STATE: Final = 9
ROW_PARAMS: Final = 10
ROW_WIDTH: Final = 11

#: columns of the feed table: first the SLOT_COUNT offsets in memory that `fold_bars` reads (-1 = not wanted)
FEED_TIMEFRAME: Final = SLOT_COUNT
FEED_MARKET: Final = SLOT_COUNT + 1  # -1 = the market being evaluated
FEED_STATE: Final = SLOT_COUNT + 2  # -1 = base bars, taken as they are
FEED_WIDTH: Final = SLOT_COUNT + 3

#: columns of the clock table: length and offset in ms, first bar that closes in the block, how many close
CLOCK_LENGTH: Final = 0
CLOCK_OFFSET: Final = 1
CLOCK_FIRST: Final = 2
CLOCK_COUNT: Final = 3
CLOCK_WIDTH: Final = 4

#: items of `run`: what one call has to do
RUN_BASE_MS: Final = 0
RUN_FROM_MS: Final = 1  # open time of the block's first base bar
RUN_FIRST: Final = 2  # its position in the grid's arrays
RUN_LENGTH: Final = 3  # base bars
RUN_SHARED_FEEDS: Final = 4
RUN_SHARED_ROWS: Final = 5
RUN_SHARED_STATE: Final = 6  # float64 of state before the first market's
RUN_MARKET_STATE: Final = 7  # float64 of state per market
RUN_CLOCK: Final = 8  # the strategy's clock in the clock table
RUN_OUT: Final = 9  # where in `out` the block's first clock bar goes
RUN_WIDTH: Final = 10

_TABLE: Final = "int64[:, ::1]"
#: numba signature of `run_block`
SIGNATURE: Final = (
    f"void(int64[::1], {_TABLE}, {_TABLE}, {_TABLE}, int64[::1], float64[::1], float64[::1], float64[::1], "
    f"int8[:, ::1], {', '.join(['float64[:, ::1]'] * len(SERIES))}, float64[:, :, ::1])"
)

_UNKNOWN: Final = 0  # engine.model.candle.BarState.UNKNOWN


def run_block(
    run: NDArray[np.int64], clocks: NDArray[np.int64], feeds: NDArray[np.int64], rows: NDArray[np.int64], columns: NDArray[np.int64],
    memory: NDArray[np.float64], state: NDArray[np.float64], params: NDArray[np.float64], states: NDArray[np.int8],
    opens: NDArray[np.float64], highs: NDArray[np.float64], lows: NDArray[np.float64], closes: NDArray[np.float64],
    volumes: NDArray[np.float64], values: NDArray[np.float64], out: NDArray[np.float64],
) -> None:  # fmt: skip
    """One block of all markets: alias sections once, then every market's own.

    states..values: the grid's arrays [markets, bars]. memory: one region per slot. columns: offsets in memory of what is exported to
    out [markets, clock bars, columns].
    """
    set_clocks(run, clocks)
    for f in range(run[RUN_SHARED_FEEDS]):
        feed(run, clocks, feeds, f, feeds[f, FEED_MARKET], 0, memory, state, states, opens, highs, lows, closes, volumes, values)
    run_rows(clocks, rows, 0, run[RUN_SHARED_ROWS], memory, state, 0, params)
    for market in range(states.shape[0]):
        own = run[RUN_SHARED_STATE] + market * run[RUN_MARKET_STATE]
        for f in range(run[RUN_SHARED_FEEDS], feeds.shape[0]):
            feed(run, clocks, feeds, f, market, own, memory, state, states, opens, highs, lows, closes, volumes, values)
        run_rows(clocks, rows, run[RUN_SHARED_ROWS], rows.shape[0], memory, state, own, params)
        export(run, clocks, columns, memory, market, out)


@helper
def set_clocks(run: NDArray[np.int64], clocks: NDArray[np.int64]) -> None:
    """Which bars of every timeframe close inside the block: those whose close lies in (from, to]."""
    to_ms = run[RUN_FROM_MS] + run[RUN_LENGTH] * run[RUN_BASE_MS]
    for c in range(clocks.shape[0]):
        first = (run[RUN_FROM_MS] - clocks[c, CLOCK_OFFSET]) // clocks[c, CLOCK_LENGTH]
        clocks[c, CLOCK_FIRST] = first
        clocks[c, CLOCK_COUNT] = (to_ms - clocks[c, CLOCK_OFFSET]) // clocks[c, CLOCK_LENGTH] - first


@helper
def feed(
    run: NDArray[np.int64], clocks: NDArray[np.int64], feeds: NDArray[np.int64], row: int, market: int, own: int,
    memory: NDArray[np.float64], state: NDArray[np.float64], states: NDArray[np.int8], opens: NDArray[np.float64],
    highs: NDArray[np.float64], lows: NDArray[np.float64], closes: NDArray[np.float64], volumes: NDArray[np.float64],
    values: NDArray[np.float64],
) -> None:  # fmt: skip
    """Fill the input slots of one section with its bars that close in the block."""
    first, length = run[RUN_FIRST], run[RUN_LENGTH]
    if feeds[row, FEED_STATE] >= 0:
        clock = feeds[row, FEED_TIMEFRAME]
        fold_bars(
            state, own + feeds[row, FEED_STATE], run[RUN_BASE_MS], clocks[clock, CLOCK_LENGTH], clocks[clock, CLOCK_OFFSET],
            run[RUN_FROM_MS], states, opens, highs, lows, closes, volumes, values, market, first, length, memory, feeds, row,
        )  # fmt: skip
        return
    copy_known(states, opens, market, first, length, memory, feeds[row, 0])
    copy_known(states, highs, market, first, length, memory, feeds[row, 1])
    copy_known(states, lows, market, first, length, memory, feeds[row, 2])
    copy_known(states, closes, market, first, length, memory, feeds[row, 3])
    copy_known(states, volumes, market, first, length, memory, feeds[row, 4])
    copy_known(states, values, market, first, length, memory, feeds[row, 5])


@helper
def copy_known(
    states: NDArray[np.int8], series: NDArray[np.float64], market: int, first: int, length: int, memory: NDArray[np.float64], slot: int
) -> None:
    """Copy base bars to a slot, unknown ones as missing; a slot of -1 is not wanted."""
    if slot < 0:
        return
    for i in range(length):
        memory[slot + i] = np.nan if states[market, first + i] == _UNKNOWN else series[market, first + i]


@helper
def run_rows(
    clocks: NDArray[np.int64], rows: NDArray[np.int64], start: int, stop: int, memory: NDArray[np.float64],
    state: NDArray[np.float64], own: int, params: NDArray[np.float64],
) -> None:  # fmt: skip
    """Rows [start, stop) in order, over the bars of their timeframe that close in the block. own: offset of the market's state."""
    for r in range(start, stop):
        clock = rows[r, ROW_TIMEFRAME]
        if rows[r, ROW_ADDRESS] == 0:
            run_hold(clocks, rows, r, memory, state, own + rows[r, ROW_STATE])
        elif clocks[clock, CLOCK_COUNT] > 0:
            call_op(
                rows[r, ROW_ADDRESS], state, own + rows[r, ROW_STATE], params, rows[r, ROW_PARAMS], memory,
                rows[r, ROW_INPUT], rows[r, ROW_INPUT + 1], rows[r, ROW_INPUT + 2], rows[r, ROW_INPUT + 3], rows[r, ROW_INPUT + 4],
                rows[r, ROW_OUTPUT], clocks[clock, CLOCK_COUNT], clocks[clock, CLOCK_FIRST],
            )  # fmt: skip


@helper
def run_hold(
    clocks: NDArray[np.int64], rows: NDArray[np.int64], row: int, memory: NDArray[np.float64], state: NDArray[np.float64], at: int
) -> None:
    """The source's last closed value as of the close of every bar; state[at] carries the last one from block to block."""
    clock, source = rows[row, ROW_TIMEFRAME], rows[row, ROW_SOURCE]
    length, offset = clocks[clock, CLOCK_LENGTH], clocks[clock, CLOCK_OFFSET]
    source_length, source_offset = clocks[source, CLOCK_LENGTH], clocks[source, CLOCK_OFFSET]
    values, out = rows[row, ROW_INPUT], rows[row, ROW_OUTPUT]
    before = state[at]
    for k in range(clocks[clock, CLOCK_COUNT]):
        close_ms = (clocks[clock, CLOCK_FIRST] + k + 1) * length + offset
        closed = (close_ms - source_offset) // source_length - 1 - clocks[source, CLOCK_FIRST]
        memory[out + k] = before if closed < 0 else memory[values + closed]
    if clocks[source, CLOCK_COUNT] > 0:
        state[at] = memory[values + clocks[source, CLOCK_COUNT] - 1]


@helper
def export(
    run: NDArray[np.int64], clocks: NDArray[np.int64], columns: NDArray[np.int64], memory: NDArray[np.float64], market: int,
    out: NDArray[np.float64],
) -> None:  # fmt: skip
    """Copy the exported slots of the market that was just evaluated."""
    for k in range(clocks[run[RUN_CLOCK], CLOCK_COUNT]):
        for j in range(columns.shape[0]):
            out[market, run[RUN_OUT] + k, j] = memory[columns[j] + k]
