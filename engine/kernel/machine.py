"""The loop that runs a program over one block: feeds, rows by address, holds, exported columns. Plain functions, compiled by `vm`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.kernel.abi import call_op, call_twin, helper, items
from engine.kernel.aggregate import SERIES, SLOT_COUNT, bar_at, bar_open, fold_bars
from engine.kernel.ops.windows import larger, smaller
from engine.kernel.rows import OVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: columns of the row table. Inputs and output are offsets in memory; a hold (address 0) and an over (engine.kernel.rows.OVER) have
#: their source's timeframe
ROW_ADDRESS: Final = 0
ROW_TIMEFRAME: Final = 1
ROW_SOURCE: Final = 2
ROW_INPUT: Final = 3  # five of them
ROW_OUTPUT: Final = 8
ROW_STATE: Final = 9
ROW_PARAMS: Final = 10
ROW_TWIN: Final = 11  # address of what computes this row and the next at once; 0: none does
ROW_WIDTH: Final = 12

#: columns of the feed table: first the SLOT_COUNT offsets in memory that `fold_bars` reads (-1 = not wanted)
FEED_TIMEFRAME: Final = SLOT_COUNT
FEED_MARKET: Final = SLOT_COUNT + 1  # -1 = the market being evaluated
FEED_STATE: Final = SLOT_COUNT + 2  # -1 = base bars, taken as they are
FEED_WIDTH: Final = SLOT_COUNT + 3

#: columns of the side table: the series, its market (-1 = the one being evaluated), offset in memory, 1 = missing reads as false
SIDE_SERIES: Final = 0
SIDE_MARKET: Final = 1
SIDE_SLOT: Final = 2
SIDE_FLAG: Final = 3
SIDE_WIDTH: Final = 4

#: columns of the stage table: from and to, in the tables of rows, of moves (what is loaded, then what is kept), columns and across rows
STAGE_ROWS: Final = 0
STAGE_LOADS: Final = 2
STAGE_KEEPS: Final = 4
STAGE_COLUMNS: Final = 6
STAGE_ACROSS: Final = 8
STAGE_WIDTH: Final = 10

#: columns of the table of moves: offset of the slot, of its first market's copy, distance between the markets' copies, timeframe
MOVE_SLOT: Final = 0
MOVE_KEPT: Final = 1
MOVE_STRIDE: Final = 2
MOVE_TIMEFRAME: Final = 3
MOVE_WIDTH: Final = 4

#: columns of the table of exported columns: which column, offset of its slot
COLUMN_NUMBER: Final = 0
COLUMN_SLOT: Final = 1
COLUMN_WIDTH: Final = 2

#: columns of the table of across rows. Inputs and output are offsets of the first market's values (engine.kernel.ops.across)
ACROSS_ADDRESS: Final = 0
ACROSS_TIMEFRAME: Final = 1
ACROSS_INPUT: Final = 2  # value, member, turnover, domain
ACROSS_OUTPUT: Final = 6
ACROSS_SCRATCH: Final = 7
ACROSS_PARAMS: Final = 8
ACROSS_WIDTH: Final = 9

#: columns of the clock table: length (-1: calendar months) and offset in ms, first bar that closes in the block, how many close
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
RUN_SHARED_SIDES: Final = 10
RUN_SIDE: Final = 11  # position of the block's first base bar in the arrays of side series
RUN_BLOCK: Final = 12  # most base bars that memory has room for
RUN_CLOCK_FIRST: Final = 13  # absolute index of the clock bar that is the first of `out`
RUN_MARKETS: Final = 14  # from and to: the markets that this call evaluates
RUN_STAGES: Final = 16  # from and to
RUN_SHARED_AT: Final = 18  # where this call's copy of the shared state is
RUN_ACROSS: Final = 19  # 1: what reads all markets is evaluated after each stage
RUN_WIDTH: Final = 20

_TABLE: Final = "int64[:, ::1]"
#: numba signature of `run_blocks`
SIGNATURE: Final = (
    f"void(int64[::1], {', '.join([_TABLE] * 8)}, float64[::1], float64[::1], float64[::1], "
    f"int8[:, ::1], {', '.join(['float64[:, ::1]'] * len(SERIES))}, float64[:, :, ::1], float64[:, :, ::1])"
)

_OVER_LAST: Final = OVER["over.last"]
_OVER_MIN: Final = OVER["over.min"]
_OVER_MAX: Final = OVER["over.max"]
_OVER_SUM: Final = OVER["over.sum"]
_OVER_ANY: Final = OVER["over.any"]
_UNKNOWN: Final = 0  # engine.model.candle.BarState.UNKNOWN


def run_blocks(
    run: NDArray[np.int64], clocks: NDArray[np.int64], feeds: NDArray[np.int64], side_feeds: NDArray[np.int64], rows: NDArray[np.int64],
    stages: NDArray[np.int64], moves: NDArray[np.int64], across: NDArray[np.int64], columns: NDArray[np.int64],
    memory: NDArray[np.float64], state: NDArray[np.float64], params: NDArray[np.float64], states: NDArray[np.int8],
    opens: NDArray[np.float64], highs: NDArray[np.float64], lows: NDArray[np.float64], closes: NDArray[np.float64],
    volumes: NDArray[np.float64], values: NDArray[np.float64], sides: NDArray[np.float64], out: NDArray[np.float64],
) -> None:  # fmt: skip
    """A stretch of base bars of all markets, block by block: RUN_FIRST, RUN_SIDE, RUN_FROM_MS and RUN_LENGTH say which.

    states..values: the grid's arrays [markets, bars]. sides: side series [series, markets, bars of the stretch]. memory: one region per
    slot, then what is kept per market. Exported: out [markets, columns, clock bars].

    Several calls can run at the same time, each over markets of its own (RUN_MARKETS) with slots and shared state of its own.
    """
    from_ms, first, side, length = run[RUN_FROM_MS], run[RUN_FIRST], run[RUN_SIDE], run[RUN_LENGTH]
    clock = run[RUN_CLOCK]
    for done in range(0, length, run[RUN_BLOCK]):
        run[RUN_FROM_MS] = from_ms + done * run[RUN_BASE_MS]
        run[RUN_FIRST], run[RUN_SIDE] = first + done, side + done
        run[RUN_LENGTH] = min(run[RUN_BLOCK], length - done)
        run[RUN_OUT] = bar_at(run[RUN_FROM_MS], clocks[clock, CLOCK_LENGTH], clocks[clock, CLOCK_OFFSET]) - run[RUN_CLOCK_FIRST]
        run_block(
            run, clocks, feeds, side_feeds, rows, stages, moves, across, columns, memory, state, params,
            states, opens, highs, lows, closes, volumes, values, sides, out,
        )  # fmt: skip


@helper
def run_block(
    run: NDArray[np.int64], clocks: NDArray[np.int64], feeds: NDArray[np.int64], side_feeds: NDArray[np.int64], rows: NDArray[np.int64],
    stages: NDArray[np.int64], moves: NDArray[np.int64], across: NDArray[np.int64], columns: NDArray[np.int64],
    memory: NDArray[np.float64], state: NDArray[np.float64], params: NDArray[np.float64], states: NDArray[np.int8],
    opens: NDArray[np.float64], highs: NDArray[np.float64], lows: NDArray[np.float64], closes: NDArray[np.float64],
    volumes: NDArray[np.float64], values: NDArray[np.float64], sides: NDArray[np.float64], out: NDArray[np.float64],
) -> None:  # fmt: skip
    """One block of all markets: alias sections once, then stage by stage every market's own rows and what reads all markets."""
    set_clocks(run, clocks)
    markets = run[RUN_MARKETS + 1] - run[RUN_MARKETS]
    if run[RUN_STAGES] == 0 and markets > 0:
        shared = run[RUN_SHARED_AT]
        for f in range(run[RUN_SHARED_FEEDS]):
            alias = feeds[f, FEED_MARKET]
            feed(run, clocks, feeds, f, alias, shared, memory, state, states, opens, highs, lows, closes, volumes, values)
        for f in range(run[RUN_SHARED_SIDES]):
            feed_side(run, side_feeds, f, side_feeds[f, SIDE_MARKET], memory, sides)
        run_rows(clocks, rows, 0, run[RUN_SHARED_ROWS], memory, state, shared, params)
    for stage in range(run[RUN_STAGES], run[RUN_STAGES + 1]):
        for market in range(run[RUN_MARKETS], run[RUN_MARKETS + 1]):
            own = run[RUN_SHARED_STATE] + market * run[RUN_MARKET_STATE]
            if stage == 0:
                for f in range(run[RUN_SHARED_FEEDS], feeds.shape[0]):
                    feed(run, clocks, feeds, f, market, own, memory, state, states, opens, highs, lows, closes, volumes, values)
                for f in range(run[RUN_SHARED_SIDES], side_feeds.shape[0]):
                    feed_side(run, side_feeds, f, market, memory, sides)
            move(clocks, moves, stages[stage, STAGE_LOADS], stages[stage, STAGE_LOADS + 1], market, memory, True)
            run_rows(clocks, rows, stages[stage, STAGE_ROWS], stages[stage, STAGE_ROWS + 1], memory, state, own, params)
            move(clocks, moves, stages[stage, STAGE_KEEPS], stages[stage, STAGE_KEEPS + 1], market, memory, False)
            export(run, clocks, columns, stages[stage, STAGE_COLUMNS], stages[stage, STAGE_COLUMNS + 1], memory, market, out)
        if run[RUN_ACROSS] != 0:
            run_across(clocks, across, stages[stage, STAGE_ACROSS], stages[stage, STAGE_ACROSS + 1], memory, params)


@helper
def set_clocks(run: NDArray[np.int64], clocks: NDArray[np.int64]) -> None:
    """Which bars of every timeframe close inside the block: those whose close lies in (from, to]."""
    to_ms = run[RUN_FROM_MS] + run[RUN_LENGTH] * run[RUN_BASE_MS]
    for c in range(clocks.shape[0]):
        first = bar_at(run[RUN_FROM_MS], clocks[c, CLOCK_LENGTH], clocks[c, CLOCK_OFFSET])
        clocks[c, CLOCK_FIRST] = first
        clocks[c, CLOCK_COUNT] = bar_at(to_ms, clocks[c, CLOCK_LENGTH], clocks[c, CLOCK_OFFSET]) - first


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
    start = market * states.shape[1] + first
    state, value, target = items(states, start), items(series, start), items(memory, slot)
    for i in range(length):
        target[i] = np.nan if state[i] == _UNKNOWN else value[i]


@helper
def feed_side(
    run: NDArray[np.int64], side_feeds: NDArray[np.int64], row: int, market: int, memory: NDArray[np.float64], sides: NDArray[np.float64]
) -> None:
    """Copy one side series of the block's base bars to its slot; a flag that is not recorded is false."""
    series, slot, first = side_feeds[row, SIDE_SERIES], side_feeds[row, SIDE_SLOT], run[RUN_SIDE]
    flag = side_feeds[row, SIDE_FLAG] != 0
    value, target = items(sides, (series * sides.shape[1] + market) * sides.shape[2] + first), items(memory, slot)
    for i in range(run[RUN_LENGTH]):
        x = value[i]
        target[i] = 0.0 if flag and x != x else x


@helper
def run_rows(
    clocks: NDArray[np.int64], rows: NDArray[np.int64], start: int, stop: int, memory: NDArray[np.float64],
    state: NDArray[np.float64], own: int, params: NDArray[np.float64],
) -> None:  # fmt: skip
    """Rows [start, stop) in order, over the bars of their timeframe that close in the block. own: offset of the market's state."""
    done = start
    for r in range(start, stop):
        clock = rows[r, ROW_TIMEFRAME]
        if r < done:
            continue
        done = r + 1
        if rows[r, ROW_TWIN] != 0:
            done = r + 2
            if clocks[clock, CLOCK_COUNT] > 0:
                call_twin(
                    rows[r, ROW_TWIN], state, own + rows[r, ROW_STATE], own + rows[r + 1, ROW_STATE],
                    params, rows[r, ROW_PARAMS], rows[r + 1, ROW_PARAMS], memory, rows[r, ROW_INPUT], rows[r + 1, ROW_INPUT],
                    rows[r, ROW_OUTPUT], rows[r + 1, ROW_OUTPUT], clocks[clock, CLOCK_COUNT], clocks[clock, CLOCK_FIRST],
                )  # fmt: skip
        elif rows[r, ROW_ADDRESS] == 0:
            run_hold(clocks, rows, r, memory, state, own + rows[r, ROW_STATE])
        elif _OVER_ANY <= rows[r, ROW_ADDRESS] < 0:
            run_over(clocks, rows, r, memory, state, own + rows[r, ROW_STATE])
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
        close_ms = bar_open(clocks[clock, CLOCK_FIRST] + k + 1, length, offset)
        closed = bar_at(close_ms, source_length, source_offset) - 1 - clocks[source, CLOCK_FIRST]
        memory[out + k] = before if closed < 0 else memory[values + closed]
    if clocks[source, CLOCK_COUNT] > 0:
        state[at] = memory[values + clocks[source, CLOCK_COUNT] - 1]


@helper
def run_over(
    clocks: NDArray[np.int64], rows: NDArray[np.int64], row: int, memory: NDArray[np.float64], state: NDArray[np.float64], at: int
) -> None:
    """The fold of the source's bars inside every bar; state[at:] carries the bar in progress: its fold, and how many bars that are.

    A bar whose beginning was not fed is missing; its last value is known all the same.
    """
    clock, source, fold = rows[row, ROW_TIMEFRAME], rows[row, ROW_SOURCE], rows[row, ROW_ADDRESS]
    length, offset = clocks[clock, CLOCK_LENGTH], clocks[clock, CLOCK_OFFSET]
    source_length, source_offset = clocks[source, CLOCK_LENGTH], clocks[source, CLOCK_OFFSET]
    values, out = rows[row, ROW_INPUT], rows[row, ROW_OUTPUT]
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
def move(
    clocks: NDArray[np.int64], moves: NDArray[np.int64], start: int, stop: int, market: int, memory: NDArray[np.float64], load: bool
) -> None:
    """Take the market's kept values back into their slots, or keep what is in the slots."""
    for m in range(start, stop):
        slot, kept = moves[m, MOVE_SLOT], moves[m, MOVE_KEPT] + market * moves[m, MOVE_STRIDE]
        count = clocks[moves[m, MOVE_TIMEFRAME], CLOCK_COUNT]
        source, target = items(memory, kept if load else slot), items(memory, slot if load else kept)
        for k in range(count):
            target[k] = source[k]


@helper
def run_across(
    clocks: NDArray[np.int64], across: NDArray[np.int64], start: int, stop: int, memory: NDArray[np.float64], params: NDArray[np.float64]
) -> None:
    """Across rows [start, stop): every market's values in, every market's values out. They have no state, only scratch."""
    for r in range(start, stop):
        clock = across[r, ACROSS_TIMEFRAME]
        if clocks[clock, CLOCK_COUNT] > 0:
            call_op(
                across[r, ACROSS_ADDRESS], memory, across[r, ACROSS_SCRATCH], params, across[r, ACROSS_PARAMS], memory,
                across[r, ACROSS_INPUT], across[r, ACROSS_INPUT + 1], across[r, ACROSS_INPUT + 2], across[r, ACROSS_INPUT + 3],
                across[r, ACROSS_INPUT], across[r, ACROSS_OUTPUT], clocks[clock, CLOCK_COUNT], clocks[clock, CLOCK_FIRST],
            )  # fmt: skip


@helper
def export(
    run: NDArray[np.int64], clocks: NDArray[np.int64], columns: NDArray[np.int64], start: int, stop: int, memory: NDArray[np.float64],
    market: int, out: NDArray[np.float64],
) -> None:  # fmt: skip
    """Copy the exported slots [start, stop) of the market that was just evaluated."""
    first, count = run[RUN_OUT], clocks[run[RUN_CLOCK], CLOCK_COUNT]
    for j in range(start, stop):
        target = items(out, (market * out.shape[1] + columns[j, COLUMN_NUMBER]) * out.shape[2] + first)
        source = items(memory, columns[j, COLUMN_SLOT])
        for k in range(count):
            target[k] = source[k]
