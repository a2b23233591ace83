"""The loop that runs a program over one block: feeds, rows by address, holds, exported columns. Plain functions, compiled with `door`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.kernel.abi import INPUT_COUNT, call_op, call_twin, count_up, helper, items
from engine.kernel.aggregate import bar_at, fold_bars
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
    COLUMN_OWN,
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
    ROW_ALIKE,
    ROW_FLAT,
    ROW_INPUT,
    ROW_OUTPUT,
    ROW_PARAMS,
    ROW_STATE,
    ROW_STEP,
    ROW_TIMEFRAME,
    ROW_TWIN,
    ROW_WIDTH,
    RUN_BASE_MS,
    RUN_BEFORE,
    RUN_BESIDE,
    RUN_CLOCK,
    RUN_FIRST,
    RUN_FROM_MS,
    RUN_GROUP,
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
    RUN_SLOTS,
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
from engine.kernel.rows import OVER
from engine.kernel.timeframes import hold_beside, run_hold, run_over
from engine.kernel.turns import await_all, await_group, is_last, take_group

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
        feed(run, clocks, feeds, f, alias, shared, memory, 0, state, states, opens, highs, lows, closes, volumes, values, False)
    for f in range(run[RUN_SHARED_SIDES]):
        feed_side(run, side_feeds, f, side_feeds[f, SIDE_MARKET], memory, 0, sides)
    run_rows(clocks, rows, 0, run[RUN_SHARED_ROWS], memory, state, shared, params, 1, 0)
    if run[RUN_BESIDE] != 0:
        run_beside(
            run, clocks, feeds, side_feeds, rows, stages, moves, across, columns, memory, state, params,
            states, opens, highs, lows, closes, volumes, values, sides, out,
        )  # fmt: skip
        return
    groups, alone, apart = behind.shape[0], run[RUN_LANES] == 1, stages.shape[0] > 1 or across.shape[0] > 0
    for stage in range(stages.shape[0]):
        turn = run[RUN_TURN] + stage
        before = run[RUN_BEFORE] + turn
        if apart and not alone:
            await_all(behind, before)
        group = 0 if alone else take_group(turns, turn)
        while group < groups:
            if not alone:
                await_group(behind, group, before)
            run_group(
                run, clocks, feeds, side_feeds, rows, stages, moves, columns, direct, stage, group * run[RUN_GROUP], memory, state, params,
                states, opens, highs, lows, closes, volumes, values, sides, out,
            )  # fmt: skip
            if (group == groups - 1 if alone else is_last(turns, turn, groups)) and apart:
                run_across(clocks, across, stages[stage, STAGE_ACROSS], stages[stage, STAGE_ACROSS + 1], memory, params)
                for other in range(0 if alone else groups):
                    count_up(behind, other, 1)
            if not (apart or alone):
                count_up(behind, group, 1)
            group = group + 1 if alone else take_group(turns, turn)


@helper
def run_group(
    run: NDArray[np.int64], clocks: NDArray[np.int64], feeds: NDArray[np.int64], side_feeds: NDArray[np.int64], rows: NDArray[np.int64],
    stages: NDArray[np.int64], moves: NDArray[np.int64], columns: NDArray[np.int64], direct: NDArray[np.int64], stage: int, first: int,
    memory: NDArray[np.float64], state: NDArray[np.float64], params: NDArray[np.float64], states: NDArray[np.int8],
    opens: NDArray[np.float64], highs: NDArray[np.float64], lows: NDArray[np.float64], closes: NDArray[np.float64],
    volumes: NDArray[np.float64], values: NDArray[np.float64], sides: NDArray[np.float64], out: NDArray[np.float64],
) -> None:  # fmt: skip
    """One stage of a group of markets in a block, the first of which is `first`: row by row, so that what waits for itself in one market
    can be computed for all of them in that time."""
    markets, apart, step = min(run[RUN_GROUP], states.shape[0] - first), run[RUN_SLOTS], run[RUN_MARKET_STATE]
    own, known = run[RUN_SHARED_STATE] + first * step, direct.shape[0] > 0
    if stage == 0:
        for m in range(markets if known else 0):
            known = known and knows_all(states, first + m, run[RUN_FIRST], run[RUN_LENGTH])
        point_rows(
            direct, rows, memory, known, first * states.shape[1] + run[RUN_FIRST], first, run[RUN_OUT], apart,
            opens, highs, lows, closes, volumes, values, out,
        )  # fmt: skip
    for m in range(markets):
        if stage == 0:
            for f in range(run[RUN_SHARED_FEEDS], feeds.shape[0]):
                feed(
                    run, clocks, feeds, f, first + m, own + m * step, memory, m * apart, state, states, opens, highs, lows, closes,
                    volumes, values, known,
                )  # fmt: skip
            for f in range(run[RUN_SHARED_SIDES], side_feeds.shape[0]):
                feed_side(run, side_feeds, f, first + m, memory, m * apart, sides)
        move(clocks, moves, stages[stage, STAGE_LOADS], stages[stage, STAGE_LOADS + 1], first + m, memory, m * apart, True)
    run_rows(clocks, rows, stages[stage, STAGE_ROWS], stages[stage, STAGE_ROWS + 1], memory, state, own, params, markets, step)
    for m in range(markets):
        move(clocks, moves, stages[stage, STAGE_KEEPS], stages[stage, STAGE_KEEPS + 1], first + m, memory, m * apart, False)
        export(run, clocks, columns, stages[stage, STAGE_COLUMNS], stages[stage, STAGE_COLUMNS + 1], memory, m * apart, first + m, out)


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
    memory: NDArray[np.float64], by: int, state: NDArray[np.float64], states: NDArray[np.int8], opens: NDArray[np.float64],
    highs: NDArray[np.float64], lows: NDArray[np.float64], closes: NDArray[np.float64], volumes: NDArray[np.float64],
    values: NDArray[np.float64], known: bool,
) -> None:  # fmt: skip
    """Fill the input slots of one section, `by` further on, with its bars that close in the block. known: but those series that rows read
    from the grid."""
    first, length = run[RUN_FIRST], run[RUN_LENGTH]
    if feeds[row, FEED_STATE] >= 0:
        clock = feeds[row, FEED_TIMEFRAME]
        fold_bars(
            state, own + feeds[row, FEED_STATE], run[RUN_BASE_MS], clocks[clock, CLOCK_LENGTH], clocks[clock, CLOCK_OFFSET],
            run[RUN_FROM_MS], states, opens, highs, lows, closes, volumes, values, market, first, length, memory, feeds, row, by,
        )  # fmt: skip
        return
    left_out = feeds[row, FEED_DIRECT] if known else 0
    copy_known(states, opens, market, first, length, memory, -1 if left_out >> 0 & 1 else feeds[row, 0], by)
    copy_known(states, highs, market, first, length, memory, -1 if left_out >> 1 & 1 else feeds[row, 1], by)
    copy_known(states, lows, market, first, length, memory, -1 if left_out >> 2 & 1 else feeds[row, 2], by)
    copy_known(states, closes, market, first, length, memory, -1 if left_out >> 3 & 1 else feeds[row, 3], by)
    copy_known(states, volumes, market, first, length, memory, -1 if left_out >> 4 & 1 else feeds[row, 4], by)
    copy_known(states, values, market, first, length, memory, -1 if left_out >> 5 & 1 else feeds[row, 5], by)


@helper
def copy_known(
    states: NDArray[np.int8], series: NDArray[np.float64], market: int, first: int, length: int, memory: NDArray[np.float64], slot: int,
    by: int,
) -> None:  # fmt: skip
    """Copy base bars to `by` behind a slot, unknown ones as missing; a slot of -1 is not wanted."""
    if slot < 0:
        return
    start = market * states.shape[1] + first
    state, value, target = items(states, start), items(series, start), items(memory, slot + by)
    for i in range(length):
        target[i] = np.nan if state[i] == _UNKNOWN else value[i]


@helper
def feed_side(
    run: NDArray[np.int64], side_feeds: NDArray[np.int64], row: int, market: int, memory: NDArray[np.float64], by: int,
    sides: NDArray[np.float64],
) -> None:  # fmt: skip
    """Copy one side series of the block's base bars to `by` behind its slot; a flag that is not recorded is false."""
    series, slot, first = side_feeds[row, SIDE_SERIES], side_feeds[row, SIDE_SLOT], run[RUN_SIDE]
    flag = side_feeds[row, SIDE_FLAG] != 0
    value, target = items(sides, (series * sides.shape[1] + market) * sides.shape[2] + first), items(memory, slot + by)
    for i in range(run[RUN_LENGTH]):
        x = value[i]
        target[i] = 0.0 if flag and x != x else x


@helper
def run_rows(
    clocks: NDArray[np.int64], rows: NDArray[np.int64], start: int, stop: int, memory: NDArray[np.float64],
    state: NDArray[np.float64], own: int, params: NDArray[np.float64], markets: int, step: int,
) -> None:  # fmt: skip
    """Rows [start, stop) in order, each for a group of markets, over the bars of their timeframe that close in the block.

    own: offset of the first market's state; step: from one market's state to the next one's.
    """
    r = start
    while r < stop:
        row, number = items(rows, r * ROW_WIDTH), r
        address, twin, at = row[ROW_ADDRESS], row[ROW_TWIN], own + row[ROW_STATE]
        r += 2 if twin != 0 else 1
        count, first = clocks[row[ROW_TIMEFRAME], CLOCK_COUNT], clocks[row[ROW_TIMEFRAME], CLOCK_FIRST]
        x, y, apart = items(rows, number * ROW_WIDTH + ROW_INPUT), row[ROW_OUTPUT], items(rows, number * ROW_WIDTH + ROW_STEP)
        y_apart = row[ROW_STEP + INPUT_COUNT]
        if _OVER_ANY <= address <= 0:
            for m in range(markets):
                values, out = x[0] + m * apart[0], y + m * y_apart
                if address == 0:
                    run_hold(clocks, rows, number, memory, values, out, state, at + m * step)
                else:
                    run_over(clocks, rows, number, memory, values, out, state, at + m * step)
        elif count > 0 and twin != 0:
            other = items(rows, (number + 1) * ROW_WIDTH)
            call_twin(
                twin, state, at, own + other[ROW_STATE], params, row[ROW_PARAMS], other[ROW_PARAMS], memory, x[0], other[ROW_INPUT],
                y, other[ROW_OUTPUT], count, first, markets, step, apart[0], other[ROW_STEP], y_apart, other[ROW_STEP + INPUT_COUNT],
            )  # fmt: skip
        elif count > 0:
            alike, p, pairs = row[ROW_ALIKE], row[ROW_PARAMS], markets // 2 if row[ROW_ALIKE] != 0 else 0
            if pairs > 0:
                call_twin(
                    alike, state, at, at + step, params, p, p, memory, x[0], x[0] + apart[0], y, y + y_apart, count, first, pairs,
                    2 * step, 2 * apart[0], 2 * apart[0], 2 * y_apart, 2 * y_apart,
                )  # fmt: skip
            for m in range(2 * pairs, markets):
                call_op(
                    address, state, at + m * step, params, p, memory, x[0] + m * apart[0], x[1] + m * apart[1],
                    x[2] + m * apart[2], x[3] + m * apart[3], x[4] + m * apart[4], y + m * y_apart, count, first,
                )  # fmt: skip


@helper
def move(
    clocks: NDArray[np.int64], moves: NDArray[np.int64], start: int, stop: int, market: int, memory: NDArray[np.float64], by: int,
    load: bool,
) -> None:  # fmt: skip
    """Take the market's kept values back to `by` behind their slots, or keep what is there."""
    for m in range(start, stop):
        slot, kept = moves[m, MOVE_SLOT] + by, moves[m, MOVE_KEPT] + market * moves[m, MOVE_STRIDE]
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
    by: int, market: int, out: NDArray[np.float64],
) -> None:  # fmt: skip
    """Copy the exported slots [start, stop), `by` further on, of a market that was just evaluated."""
    first, count = run[RUN_OUT], clocks[run[RUN_CLOCK], CLOCK_COUNT]
    for j in range(start, stop):
        target = items(out, (market * out.shape[1] + columns[j, COLUMN_NUMBER]) * out.shape[2] + first)
        source = items(memory, columns[j, COLUMN_SLOT] + by * columns[j, COLUMN_OWN])
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
                run_over(clocks, rows, number, memory, x0 + market, y + market, state, own + market * step)
        elif clock[CLOCK_COUNT] == 0:
            continue
        elif twin != 0:
            other = items(rows, (number + 1) * ROW_WIDTH)
            q, second, x_b, y_b = other[ROW_PARAMS], first_state + other[ROW_STATE], other[ROW_INPUT], other[ROW_OUTPUT]
            call_twin(twin, state, own, second, params, p, q, memory, x0, x_b, y, y_b, 1, first, markets, step, 1, 1, 1, 1)
        else:
            x1, x2, x3, x4 = row[ROW_INPUT + 1], row[ROW_INPUT + 2], row[ROW_INPUT + 3], row[ROW_INPUT + 4]
            length = markets if row[ROW_FLAT] != 0 else 1
            while m < markets:  # a range with a step would be divided out first
                call_op(
                    address, state, own + m * step, params, p, memory, x0 + m, x1 + m, x2 + m, x3 + m, x4 + m, y + m, length, first
                )  # fmt: skip
                m += length


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
