"""The loop that runs a program over one block: feeds, rows by address, holds, exported columns. Plain functions, compiled with `door`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.kernel.abi import call_op, call_twin, count_up, helper, items
from engine.kernel.aggregate import bar_at, bar_open, fold_bars
from engine.kernel.catalogue import Pointer
from engine.kernel.direct import knows_all, point_rows
from engine.kernel.fields import (
    ACROSS_ADDRESS,
    ACROSS_INPUT,
    ACROSS_OUTPUT,
    ACROSS_PARAMS,
    ACROSS_SCRATCH,
    ACROSS_TIMEFRAME,
    CLOCK_COUNT,
    CLOCK_FIRST,
    CLOCK_LENGTH,
    CLOCK_OFFSET,
    CLOCK_WIDTH,
    COLUMN_NUMBER,
    COLUMN_SLOT,
    FEED_DIRECT,
    FEED_MARKET,
    FEED_STATE,
    FEED_TIMEFRAME,
    MOVE_KEPT,
    MOVE_SLOT,
    MOVE_STRIDE,
    MOVE_TIMEFRAME,
    ROW_ADDRESS,
    ROW_FLAT,
    ROW_INPUT,
    ROW_OUTPUT,
    ROW_PARAMS,
    ROW_SOURCE,
    ROW_STATE,
    ROW_TIMEFRAME,
    ROW_TWIN,
    ROW_WIDTH,
    RUN_BASE_MS,
    RUN_BEFORE,
    RUN_BESIDE,
    RUN_CLOCK,
    RUN_FIRST,
    RUN_FROM_MS,
    RUN_LANES,
    RUN_LENGTH,
    RUN_MARKET_STATE,
    RUN_OUT,
    RUN_SHARED_AT,
    RUN_SHARED_FEEDS,
    RUN_SHARED_ROWS,
    RUN_SHARED_SIDES,
    RUN_SHARED_STATE,
    RUN_SIDE,
    RUN_TURN,
    SIDE_FLAG,
    SIDE_MARKET,
    SIDE_SERIES,
    SIDE_SLOT,
    STAGE_ACROSS,
    STAGE_COLUMNS,
    STAGE_KEEPS,
    STAGE_LOADS,
    STAGE_ROWS,
)
from engine.kernel.ops.windows import larger, smaller
from engine.kernel.rows import OVER
from engine.kernel.turns import await_market, await_markets, is_last, take_market

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OVER_LAST: Final = OVER["over.last"]
_OVER_MIN: Final = OVER["over.min"]
_OVER_MAX: Final = OVER["over.max"]
_OVER_SUM: Final = OVER["over.sum"]
_OVER_ANY: Final = OVER["over.any"]
_UNKNOWN: Final = 0  # engine.model.candle.BarState.UNKNOWN


@helper
def run_block(
    run: NDArray[np.int64], clocks: NDArray[np.int64], feeds: NDArray[np.int64], side_feeds: NDArray[np.int64], rows: NDArray[np.int64],
    stages: NDArray[np.int64], moves: NDArray[np.int64], across: NDArray[np.int64], columns: NDArray[np.int64],
    direct: NDArray[np.int64], memory: NDArray[np.float64], state: NDArray[np.float64], params: NDArray[np.float64],
    behind: NDArray[np.int64], states: NDArray[np.int8], opens: NDArray[np.float64], highs: NDArray[np.float64],
    lows: NDArray[np.float64], closes: NDArray[np.float64], volumes: NDArray[np.float64], values: NDArray[np.float64],
    sides: NDArray[np.float64], out: NDArray[np.float64], turns: NDArray[np.int64],
) -> None:  # fmt: skip
    """One block: alias sections once, then stage by stage every market's own rows and what reads all markets. Arrays are those of
    `door.run_blocks`."""
    set_clocks(run, clocks)
    shared = run[RUN_SHARED_AT]
    for f in range(run[RUN_SHARED_FEEDS]):
        alias = feeds[f, FEED_MARKET]
        feed(run, clocks, feeds, f, alias, shared, memory, state, states, opens, highs, lows, closes, volumes, values, False)
    for f in range(run[RUN_SHARED_SIDES]):
        feed_side(run, side_feeds, f, side_feeds[f, SIDE_MARKET], memory, sides)
    run_rows(clocks, rows, 0, run[RUN_SHARED_ROWS], memory, state, shared, params)
    if run[RUN_BESIDE] != 0:
        run_beside(
            run, clocks, feeds, side_feeds, rows, stages, moves, across, columns, memory, state, params,
            states, opens, highs, lows, closes, volumes, values, sides, out,
        )  # fmt: skip
        return
    markets, alone, apart = states.shape[0], run[RUN_LANES] == 1, stages.shape[0] > 1 or across.shape[0] > 0
    for stage in range(stages.shape[0]):
        turn = run[RUN_TURN] + stage
        before = run[RUN_BEFORE] + turn
        if apart and not alone:
            await_markets(behind, before)
        market = 0 if alone else take_market(turns, turn)
        while market < markets:
            if not alone:
                await_market(behind, market, before)
            run_market(
                run, clocks, feeds, side_feeds, rows, stages, moves, columns, direct, stage, market, memory, state, params,
                states, opens, highs, lows, closes, volumes, values, sides, out,
            )  # fmt: skip
            if (market == markets - 1 if alone else is_last(turns, turn, markets)) and apart:
                run_across(clocks, across, stages[stage, STAGE_ACROSS], stages[stage, STAGE_ACROSS + 1], memory, params)
                for other in range(0 if alone else markets):
                    count_up(behind, other, 1)
            if not (apart or alone):
                count_up(behind, market, 1)
            market = market + 1 if alone else take_market(turns, turn)


@helper
def run_market(
    run: NDArray[np.int64], clocks: NDArray[np.int64], feeds: NDArray[np.int64], side_feeds: NDArray[np.int64], rows: NDArray[np.int64],
    stages: NDArray[np.int64], moves: NDArray[np.int64], columns: NDArray[np.int64], direct: NDArray[np.int64], stage: int, market: int,
    memory: NDArray[np.float64], state: NDArray[np.float64], params: NDArray[np.float64], states: NDArray[np.int8],
    opens: NDArray[np.float64], highs: NDArray[np.float64], lows: NDArray[np.float64], closes: NDArray[np.float64],
    volumes: NDArray[np.float64], values: NDArray[np.float64], sides: NDArray[np.float64], out: NDArray[np.float64],
) -> None:  # fmt: skip
    """One stage of one market in a block."""
    own = run[RUN_SHARED_STATE] + market * run[RUN_MARKET_STATE]
    if stage == 0:
        known = direct.shape[0] > 0 and knows_all(states, market, run[RUN_FIRST], run[RUN_LENGTH])
        point_rows(
            direct, rows, memory, known, market * states.shape[1] + run[RUN_FIRST], market, run[RUN_OUT],
            opens, highs, lows, closes, volumes, values, out,
        )  # fmt: skip
        for f in range(run[RUN_SHARED_FEEDS], feeds.shape[0]):
            feed(run, clocks, feeds, f, market, own, memory, state, states, opens, highs, lows, closes, volumes, values, known)
        for f in range(run[RUN_SHARED_SIDES], side_feeds.shape[0]):
            feed_side(run, side_feeds, f, market, memory, sides)
    move(clocks, moves, stages[stage, STAGE_LOADS], stages[stage, STAGE_LOADS + 1], market, memory, True)
    run_rows(clocks, rows, stages[stage, STAGE_ROWS], stages[stage, STAGE_ROWS + 1], memory, state, own, params)
    move(clocks, moves, stages[stage, STAGE_KEEPS], stages[stage, STAGE_KEEPS + 1], market, memory, False)
    export(run, clocks, columns, stages[stage, STAGE_COLUMNS], stages[stage, STAGE_COLUMNS + 1], memory, market, out)


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
    values: NDArray[np.float64], known: bool,
) -> None:  # fmt: skip
    """Fill the input slots of one section with its bars that close in the block. known: but those series that rows read from the grid."""
    first, length = run[RUN_FIRST], run[RUN_LENGTH]
    if feeds[row, FEED_STATE] >= 0:
        clock = feeds[row, FEED_TIMEFRAME]
        fold_bars(
            state, own + feeds[row, FEED_STATE], run[RUN_BASE_MS], clocks[clock, CLOCK_LENGTH], clocks[clock, CLOCK_OFFSET],
            run[RUN_FROM_MS], states, opens, highs, lows, closes, volumes, values, market, first, length, memory, feeds, row, 0,
        )  # fmt: skip
        return
    left_out = feeds[row, FEED_DIRECT] if known else 0
    copy_known(states, opens, market, first, length, memory, -1 if left_out >> 0 & 1 else feeds[row, 0])
    copy_known(states, highs, market, first, length, memory, -1 if left_out >> 1 & 1 else feeds[row, 1])
    copy_known(states, lows, market, first, length, memory, -1 if left_out >> 2 & 1 else feeds[row, 2])
    copy_known(states, closes, market, first, length, memory, -1 if left_out >> 3 & 1 else feeds[row, 3])
    copy_known(states, volumes, market, first, length, memory, -1 if left_out >> 4 & 1 else feeds[row, 4])
    copy_known(states, values, market, first, length, memory, -1 if left_out >> 5 & 1 else feeds[row, 5])


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
            run_over(clocks, rows, r, memory, state, own + rows[r, ROW_STATE], 0)
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
    clocks: NDArray[np.int64], rows: NDArray[np.int64], row: int, memory: NDArray[np.float64], state: NDArray[np.float64], at: int, by: int
) -> None:
    """The fold of the source's bars inside every bar; state[at:] carries the bar in progress: its fold, and how many bars that are.

    by: how far on the values stand from where the row says. A bar whose beginning was not fed is missing; its last value is known all
    the same.
    """
    clock, source, fold = rows[row, ROW_TIMEFRAME], rows[row, ROW_SOURCE], rows[row, ROW_ADDRESS]
    length, offset = clocks[clock, CLOCK_LENGTH], clocks[clock, CLOCK_OFFSET]
    source_length, source_offset = clocks[source, CLOCK_LENGTH], clocks[source, CLOCK_OFFSET]
    values, out = by + rows[row, ROW_INPUT], by + rows[row, ROW_OUTPUT]
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


@helper
def run_beside(
    run: NDArray[np.int64], clocks: NDArray[np.int64], feeds: NDArray[np.int64], side_feeds: NDArray[np.int64], rows: NDArray[np.int64],
    stages: NDArray[np.int64], shared: NDArray[np.int64], across: NDArray[np.int64], columns: NDArray[np.int64],
    memory: NDArray[np.float64], state: NDArray[np.float64], params: NDArray[np.float64], states: NDArray[np.int8],
    opens: NDArray[np.float64], highs: NDArray[np.float64], lows: NDArray[np.float64], closes: NDArray[np.float64],
    volumes: NDArray[np.float64], values: NDArray[np.float64], sides: NDArray[np.float64], out: NDArray[np.float64],
) -> None:  # fmt: skip
    """A block of one bar, node by node: every slot has the values of all markets side by side. shared: the slots that have one value for
    all of them."""
    markets = states.shape[0]
    for s in range(shared.shape[0]):
        spread = items(memory, shared[s, MOVE_SLOT])
        for market in range(1, markets):
            spread[market] = spread[0]
    for f in range(run[RUN_SHARED_FEEDS], feeds.shape[0]):
        feed_beside(run, clocks, feeds, f, memory, state, states, opens, highs, lows, closes, volumes, values)
    for f in range(run[RUN_SHARED_SIDES], side_feeds.shape[0]):
        feed_side_beside(run, side_feeds, f, memory, sides)
    for stage in range(stages.shape[0]):
        rows_beside(run, clocks, rows, stages[stage, STAGE_ROWS], stages[stage, STAGE_ROWS + 1], markets, memory, state, params)
        if clocks[run[RUN_CLOCK], CLOCK_COUNT] > 0:
            for j in range(stages[stage, STAGE_COLUMNS], stages[stage, STAGE_COLUMNS + 1]):
                export_beside(columns[j, COLUMN_NUMBER], items(memory, columns[j, COLUMN_SLOT]), run[RUN_OUT], out)
        run_across(clocks, across, stages[stage, STAGE_ACROSS], stages[stage, STAGE_ACROSS + 1], memory, params)


@helper
def rows_beside(
    run: NDArray[np.int64], clocks: NDArray[np.int64], rows: NDArray[np.int64], start: int, stop: int, markets: int,
    memory: NDArray[np.float64], state: NDArray[np.float64], params: NDArray[np.float64],
) -> None:  # fmt: skip
    """Rows [start, stop) in order, each for all markets."""
    step, first_state, r = run[RUN_MARKET_STATE], run[RUN_SHARED_STATE], start
    while r < stop:
        row, number = items(rows, r * ROW_WIDTH), r
        twin, own = row[ROW_TWIN], first_state + row[ROW_STATE]
        r += 2 if twin != 0 else 1
        clock, address, y = items(clocks, row[ROW_TIMEFRAME] * CLOCK_WIDTH), row[ROW_ADDRESS], row[ROW_OUTPUT]
        x0, p, first, m = row[ROW_INPUT], row[ROW_PARAMS], clock[CLOCK_FIRST], 0
        if address == 0:
            hold_beside(clocks, rows, number, markets, items(memory, x0), items(memory, y), state, own, step)
        elif _OVER_ANY <= address < 0:
            for market in range(markets):
                run_over(clocks, rows, number, memory, state, own + market * step, market)
        elif clock[CLOCK_COUNT] == 0:
            continue
        elif twin != 0:
            other = items(rows, (number + 1) * ROW_WIDTH)
            q, second, x_b, y_b = other[ROW_PARAMS], first_state + other[ROW_STATE], other[ROW_INPUT], other[ROW_OUTPUT]
            while m < markets:
                call_twin(
                    twin, state, own + m * step, second + m * step, params, p, q, memory, x0 + m, x_b + m, y + m, y_b + m, 1, first
                )  # fmt: skip
                m += 1
        else:
            x1, x2, x3, x4 = row[ROW_INPUT + 1], row[ROW_INPUT + 2], row[ROW_INPUT + 3], row[ROW_INPUT + 4]
            length = markets if row[ROW_FLAT] != 0 else 1
            while m < markets:  # a range with a step would be divided out first
                call_op(
                    address, state, own + m * step, params, p, memory, x0 + m, x1 + m, x2 + m, x3 + m, x4 + m, y + m, length, first
                )  # fmt: skip
                m += length


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


@helper
def feed_beside(
    run: NDArray[np.int64], clocks: NDArray[np.int64], feeds: NDArray[np.int64], row: int, memory: NDArray[np.float64],
    state: NDArray[np.float64], states: NDArray[np.int8], opens: NDArray[np.float64], highs: NDArray[np.float64],
    lows: NDArray[np.float64], closes: NDArray[np.float64], volumes: NDArray[np.float64], values: NDArray[np.float64],
) -> None:  # fmt: skip
    """`feed` of all markets."""
    first, clock = run[RUN_FIRST], feeds[row, FEED_TIMEFRAME]
    if feeds[row, FEED_STATE] >= 0:
        for market in range(states.shape[0]):
            own = run[RUN_SHARED_STATE] + market * run[RUN_MARKET_STATE]
            fold_bars(
                state, own + feeds[row, FEED_STATE], run[RUN_BASE_MS], clocks[clock, CLOCK_LENGTH], clocks[clock, CLOCK_OFFSET],
                run[RUN_FROM_MS], states, opens, highs, lows, closes, volumes, values, market, first, 1, memory, feeds, row, market,
            )  # fmt: skip
        return
    known_beside(states, opens, first, memory, feeds[row, 0])
    known_beside(states, highs, first, memory, feeds[row, 1])
    known_beside(states, lows, first, memory, feeds[row, 2])
    known_beside(states, closes, first, memory, feeds[row, 3])
    known_beside(states, volumes, first, memory, feeds[row, 4])
    known_beside(states, values, first, memory, feeds[row, 5])


@helper
def known_beside(states: NDArray[np.int8], series: NDArray[np.float64], bar: int, memory: NDArray[np.float64], slot: int) -> None:
    """`copy_known` of one bar of all markets."""
    if slot < 0:
        return
    state, value, target, bars = items(states, bar), items(series, bar), items(memory, slot), states.shape[1]
    for market in range(states.shape[0]):
        target[market] = np.nan if state[market * bars] == _UNKNOWN else value[market * bars]


@helper
def feed_side_beside(
    run: NDArray[np.int64], side_feeds: NDArray[np.int64], row: int, memory: NDArray[np.float64], sides: NDArray[np.float64]
) -> None:
    """`feed_side` of one bar of all markets."""
    flag, target = side_feeds[row, SIDE_FLAG] != 0, items(memory, side_feeds[row, SIDE_SLOT])
    for market in range(sides.shape[1]):
        x = sides[side_feeds[row, SIDE_SERIES], market, run[RUN_SIDE]]
        target[market] = x if x == x or not flag else 0.0


@helper
def export_beside(column: int, source: Pointer, at: int, out: NDArray[np.float64]) -> None:
    """One column of all markets."""
    for market in range(out.shape[0]):
        out[market, column, at] = source[market]
