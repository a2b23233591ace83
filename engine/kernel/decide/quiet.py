"""Quiet bars: where nothing can happen is found by looking ahead, and passed without asking every rule (docs/design.md §4).

Looking ahead decides nothing. It only proves that STEP, CLOSE and MARK would change no more than last prices, extremes and counts; at the
first bar where that is not certain the functions of `step`, `close` and `guard` take over, as at every bar of live trading.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.kernel.abi import helper, items, rare
from engine.kernel.bars import Bars, Closes, note_cash
from engine.kernel.book import Book
from engine.kernel.decide.ahead import (
    ACTIVE,
    APART,
    COUNT,
    FAR,
    PRICED,
    UNSEEN,
    bring_later,
    bring_near,
    count_skipped,
    end_of,
    have_traded,
    is_full,
    next_due,
)
from engine.kernel.decide.guard import judge_breakers
from engine.kernel.decide.plan import Plan
from engine.kernel.decide.position import close_levels, is_open
from engine.kernel.decide.quiet_plan import COLUMNS, EXTREMES, MOMENT
from engine.kernel.decide.quiet_risk import NEVER, first_closing, first_mark, is_guarded, is_settled, quiet_until_ms
from engine.kernel.decide.step import IDLE
from engine.kernel.eights import first_bit
from engine.kernel.legal import QUANTITY_SCALE
from engine.kernel.stretches import (
    add_to,
    add_worth,
    count_truth,
    extremes,
    fill,
    first_not_false,
    first_outside,
    first_true,
    last_traded,
    write_worth,
)

#: with a position open that has levels, or a limit of loss, look this many closes ahead at once: what stops it first is often one of these
_WINDOW: Final = 128


@helper
def skip_quiet(
    plan: Plan, book: Book, bars: Bars, closes: Closes, bar: int, stop: int, closing: int, stepped: bool
) -> tuple[int, int, bool]:
    """(bar, closing, stepped) of the next bar that has to be run in full, from the one given: bars [bar, stop) of the block are to come.
    No order works.

    closing: the next CLOSE; stepped: the STEPs of `bar` are in. The last CLOSE of a block is never passed. The CLOSEs passed write their
    part of closes.equity and closes.cash.
    """
    held, count, guarded = closes.ahead[COUNT, 0], closes.close_ms.shape[0], is_guarded(plan)
    if guarded:
        if plan.settings[0]["watches"] != 0 and stepped and book.account[0]["stirred"] != 0:
            return bar, closing, stepped
        if held > 0 and not is_settled(plan, book, bars.span[0] + (bar + 1 if stepped else bar) * bars.span[1]):
            return bar, closing, stepped
    full = is_full(plan, book, held)
    if held > 0 and (guarded or plan.settings[0]["has_levels"] != 0):
        return _skip_watched(plan, book, held, guarded, full, bars, closes, bar, stop, closing, stepped)
    until, end = count, stop
    if closing < count:
        until = _first_close(plan, book, held, full, closing, count - 1, closes, True)
        end = end_of(closes, until)
        bring_near(plan, book, bars, closes, until, end)
        if bars.state.shape[1] > FAR and plan.settings[0]["has_levels"] == 0 and book.position.shape[0] == 1:
            bring_later(plan, bars, closes, held, until)
    _leave_behind(plan, book, held, full, bars, closes, bar + 1 if stepped else bar, end, closing, until)
    return (end - 1, until, True) if until < count else (stop, until, False)


@rare
def _skip_watched(
    plan: Plan,
    book: Book,
    held: int,
    guarded: bool,
    full: bool,
    bars: Bars,
    closes: Closes,
    bar: int,
    stop: int,
    closing: int,
    stepped: bool,
) -> tuple[int, int, bool]:
    """`skip_quiet` with a position open that a STEP can end, or that a risk profile looks at. Inside its caller it would take the registers
    of those that need none of this."""
    count = closes.close_ms.shape[0]
    while bar < stop:
        first = bar + 1 if stepped else bar
        if closing < count:
            limit = min(count - 1, closing + _WINDOW)
            until = _first_close(plan, book, held, full, closing, limit, closes, True)
            end = end_of(closes, until)
            if until < limit or limit == count - 1:
                bring_near(plan, book, bars, closes, until, end)
        else:
            limit = until = count
            end = stop
        last = end
        if plan.settings[0]["has_levels"] != 0:
            last = _first_step(plan, book, held, bars, closes, first, end)
        if guarded:
            last = first_mark(plan, book, held, bars, first, last)
        passed = until
        if last < end:
            passed = closing
            if closing < until:
                passed += max((last - end_of(closes, closing)) // closes.ahead[APART, 0] + 1, 0)
        _leave_behind(plan, book, held, full, bars, closes, first, last, closing, passed)
        closing = passed
        if last < end:
            return last, closing, False
        if closing >= count:
            return stop, closing, False
        bar, stepped = end - 1, True
        if until < limit or limit == count - 1:
            if closing == count - 1 or plan.settings[0]["has_levels"] == 0:
                return bar, closing, stepped
            if _first_close(plan, book, held, full, closing, closing + 1, closes, False) == closing:
                return bar, closing, stepped
            _move_levels(plan, book, held, full, bars, closes, bar, closing)
            closing += 1
    return bar, closing, stepped


@helper
def _leave_behind(
    plan: Plan, book: Book, held: int, full: bool, bars: Bars, closes: Closes, first: int, last: int, closing: int, passed: int
) -> None:
    """What STEPs of bars [first, last) and CLOSEs [closing, passed) leave behind where nothing happens in them."""
    _write_equity(book, held, bars, closes, first, closing, passed)
    if plan.breakers.shape[0] > 0:
        _judge(plan, book, closes, closing, passed)
    if plan.settings[0]["counts_on_position"] != 0:
        _count_held(plan, book, held, closes, passed - closing)
    if full and passed > closing:
        count_skipped(plan, book, closes, closing, passed)
    for place in range(held):
        _pass_steps(plan, book, closes.ahead[ACTIVE, place], bars, closes, first, last)
    if passed > closing and plan.settings[0]["levels_move_with"] & COLUMNS != 0:  # for levels made inside a later STEP
        for place in range(held):
            take_market(book, closes.ahead[ACTIVE, place], closes.columns, passed - 1)


@helper
def _move_levels(plan: Plan, book: Book, held: int, full: bool, bars: Bars, closes: Closes, bar: int, closing: int) -> None:
    """CLOSE `closing`, at the end of `bar` whose STEPs are in, where all that it does is make levels anew."""
    _leave_behind(plan, book, held, full, bars, closes, bar + 1, bar + 1, closing, closing + 1)
    for place in range(held):
        market = closes.ahead[ACTIVE, place]
        take_market(book, market, closes.columns, closing)
        close_levels(plan, book, market, closes.close_ms[closing])


@helper
def _first_close(plan: Plan, book: Book, held: int, full: bool, closing: int, limit: int, closes: Closes, levels: bool) -> int:
    """The first CLOSE in [closing, limit) that can do anything, or `limit`. levels: one that only moves levels counts."""
    if plan.settings[0]["watches"] != 0:
        limit = _first_at(quiet_until_ms(plan, book), closing, limit, closes.close_ms)
    if not full and held < book.position.shape[0]:
        limit = next_due(plan, book, closes, closing, limit)
    if held == 0:
        return limit
    for place in range(held):
        limit = _first_exit(plan, book, closes.ahead[ACTIVE, place], closing, limit, closes, levels)
    return first_closing(plan, book, closing, limit, closes)


@helper
def _first_at(time_ms: int, closing: int, limit: int, close_ms: NDArray[np.int64]) -> int:
    """The first CLOSE in [closing, limit) at or after the time, or `limit`."""
    if limit <= closing or close_ms[limit - 1] < time_ms:
        return limit
    low, high = closing, limit - 1
    while low < high:
        middle = (low + high) // 2
        if close_ms[middle] >= time_ms:
            high = middle
        else:
            low = middle + 1
    return low


@helper
def _column(columns: NDArray[np.float64], market: int, column: int) -> Any:
    """One market's values of a column at all CLOSEs of the block."""
    return items(columns, (market * columns.shape[1] + column) * columns.shape[2])


@helper
def _first_exit(plan: Plan, book: Book, market: int, closing: int, limit: int, closes: Closes, levels: bool) -> int:
    """The first CLOSE in [closing, limit) at which the open position can be sold, its levels move, or a count is not certain."""
    settings, active = plan.settings[0], book.position[market]["active"]
    moving = active & settings["moving"] if levels else 0
    if moving != 0:
        if _moved_by(plan, moving) & (COLUMNS | MOMENT) != 0:
            return closing
        limit = _first_at(_next_grid_ms(plan, book, market), closing, limit, closes.close_ms)
    left = active & settings["rules"]
    while left != 0:
        limit = _first_open(plan, book, market, first_bit(left), True, closing, limit, closes)
        left &= left - 1
    if settings["counts_on_position"] != 0 and plan.market[market]["tradable"] != 0:
        for condition in range(plan.conditions.shape[0]):
            if plan.on_position[condition] != 0:
                gate = plan.exits.shape[0] + condition
                limit = _first_open(plan, book, market, gate, False, closing, limit, closes)
    return limit


@helper
def _moved_by(plan: Plan, exits: int) -> int:
    """Bits of what can move the levels of these exits."""
    moves_with, left = 0, exits
    while left != 0:
        moves_with |= plan.exits[first_bit(left)]["moves_with"]
        left &= left - 1
    return moves_with


@helper
def _first_open(plan: Plan, book: Book, market: int, gate: int, missing_holds: bool, closing: int, limit: int, closes: Closes) -> int:
    """The first CLOSE in [closing, limit) at which no part keeps the expression from being true; a missing part does if missing_holds."""
    parts = plan.gates[gate]
    if parts["never"] != 0:
        return limit
    if parts["age_ms"] > 0 or parts["bars"] > 0:
        closing = _first_at(_due_ms(plan, book, market, gate), closing, limit, closes.close_ms)
    if parts["count"] == 0:
        return min(closing, limit)
    first = _column(closes.columns, market, plan.gate_columns[parts["first"]])
    while closing < limit:
        closing = first_true(first, closing, limit) if missing_holds else first_not_false(first, closing, limit)
        if closing >= limit or _others_allow(plan, market, gate, missing_holds, closing, closes.columns):
            return closing
        closing += 1
    return limit


@helper
def _others_allow(plan: Plan, market: int, gate: int, missing_holds: bool, at: int, columns: NDArray[np.float64]) -> bool:
    """No part after the first keeps the expression from being true at this CLOSE."""
    parts = plan.gates[gate]
    for part in range(parts["first"] + 1, parts["first"] + parts["count"]):
        value = columns[market, plan.gate_columns[part], at]
        if value == 0.0 or (missing_holds and value != value):
            return False
    return True


@helper
def _due_ms(plan: Plan, book: Book, market: int, gate: int) -> int:
    """Time of the first CLOSE at which `pos.age` and `pos.bars` have come far enough."""
    opened = book.position[market]["opened_ms"]
    clock, offset = plan.settings[0]["clock_ms"], plan.settings[0]["clock_offset_ms"]
    by_age = opened + plan.gates[gate]["age_ms"]
    by_bars = ((opened - offset) // clock + plan.gates[gate]["bars"]) * clock + offset
    return int(max(by_age, by_bars))


@helper
def _next_grid_ms(plan: Plan, book: Book, market: int) -> int:
    """When the next price table after the market's last STEP comes into force."""
    since = book.position[market]["step_ms"]
    for period in range(plan.venue.periods.shape[1]):
        if plan.venue.periods[market, period] > since:
            return int(plan.venue.periods[market, period])
    return NEVER


@helper
def _first_step(plan: Plan, book: Book, held: int, bars: Bars, closes: Closes, first: int, end: int) -> int:
    """The first bar in [first, end) whose STEP can hit or move a level of an open position, or `end`."""
    for place in range(held):
        end = _first_hit(plan, book, closes.ahead[ACTIVE, place], bars, first, end)
    return end


@helper
def _first_hit(plan: Plan, book: Book, market: int, bars: Bars, first: int, end: int) -> int:
    """Of one market."""
    floor_krw, ceiling_krw, active = -math.inf, math.inf, book.position[market]["active"]
    left = active & plan.settings[0]["stops"]
    while left != 0:
        level = book.exits[market, first_bit(left)]["level_krw"]
        floor_krw = level if level > floor_krw else floor_krw
        left &= left - 1
    left = active & plan.settings[0]["targets"]
    while left != 0:
        level = book.exits[market, first_bit(left)]["level_krw"]
        ceiling_krw = level if level < ceiling_krw else ceiling_krw
        left &= left - 1
    moves_with = _moved_by(plan, active & plan.settings[0]["moving"])
    if moves_with & MOMENT != 0:
        return first
    if moves_with & EXTREMES != 0:  # the highest and lowest price so far must stand: these become levels, too
        low, high = book.position[market]["low_krw"], book.position[market]["high_krw"]
        floor_krw = max(floor_krw, float(np.nextafter(low, -math.inf)))
        ceiling_krw = min(ceiling_krw, float(np.nextafter(high, math.inf)))
    if moves_with != 0:
        next_ms = _next_grid_ms(plan, book, market)
        if next_ms < NEVER:
            end = max(min(end, -((bars.span[0] - next_ms) // bars.span[1])), first)
    if floor_krw == -math.inf and ceiling_krw == math.inf:
        return end
    row = market * bars.state.shape[1]
    return first_outside(
        items(bars.state, row), items(bars.open_krw, row), items(bars.high_krw, row), items(bars.low_krw, row), items(bars.close_krw, row),
        first, end, floor_krw, ceiling_krw,
    )  # fmt: skip


@helper
def _pass_steps(plan: Plan, book: Book, market: int, bars: Bars, closes: Closes, first: int, stop: int) -> None:
    """What the STEPs of bars [first, stop) leave behind of an open position where nothing happens in them. Extremes that nobody reads
    before the block ends are put off."""
    closes.ahead[PRICED, market] = stop
    row = market * bars.state.shape[1]
    last = last_traded(items(bars.state, row), first, stop)
    if last < 0:
        return
    held = book.position[market]
    held["last_krw"] = bars.close_krw[market, last]
    if plan.settings[0]["extremes_matter"] != 0:
        take_extremes(book, market, bars, closes, first, last + 1)
    elif bars.span[0] + closes.ahead[UNSEEN, market] * bars.span[1] <= held["opened_ms"]:
        closes.ahead[UNSEEN, market] = first
    if plan.settings[0]["has_levels"] == 0:
        return
    held["step_stage"] = IDLE
    held["step_ms"] = bars.span[0] + last * bars.span[1]
    held["step_open"] = bars.open_krw[market, last]
    held["step_high"] = bars.high_krw[market, last]
    held["step_low"] = bars.low_krw[market, last]
    held["step_close"] = bars.close_krw[market, last]
    held["step_price"] = bars.close_krw[market, last]
    held["step_ambiguous"] = 0
    held["step_inside"] = 0


@helper
def take_extremes(book: Book, market: int, bars: Bars, closes: Closes, first: int, stop: int) -> None:
    """The extremes of an open position take in bars [first, stop)."""
    row, held = market * bars.state.shape[1], book.position[market]
    held["high_krw"], held["low_krw"] = extremes(
        items(bars.state, row), items(bars.open_krw, row), items(bars.high_krw, row), items(bars.low_krw, row), items(bars.close_krw, row),
        first, stop, held["high_krw"], held["low_krw"], have_traded(bars, closes, market, first, stop),
    )  # fmt: skip


@helper
def take_unseen(plan: Plan, book: Book, bars: Bars, closes: Closes, stop: int) -> None:
    """The extremes of open positions take in what was put off of the bars before `stop`."""
    if plan.settings[0]["extremes_matter"] != 0:
        return
    for market in range(book.position.shape[0]):
        first = closes.ahead[UNSEEN, market]
        if is_open(book, market) and bars.span[0] + first * bars.span[1] > book.position[market]["opened_ms"]:
            take_extremes(book, market, bars, closes, first, stop)


@helper
def _write_equity(book: Book, held: int, bars: Bars, closes: Closes, first: int, closing: int, passed: int) -> None:
    """Equity at CLOSEs [closing, passed): cash and positions at the last price of each, which starts as the book's."""
    cash, count = book.account[0]["cash_krw"], passed - closing
    if count <= 0:
        return
    equity, row = items(closes.equity, closes.row[0] + closing), closes.row[0] + closing
    note_cash(closes, row, cash)
    if held == 0:
        fill(equity, count, cash + 0.0)
        return
    last, apart = end_of(closes, closing) - 1, closes.ahead[APART, 0] if count > 1 else 1
    if held == 1 and apart == 1:
        market = closes.ahead[ACTIVE, 0]
        if have_traded(bars, closes, market, min(first, last), last + count):
            prices = items(bars.close_krw, market * bars.state.shape[1])
            write_worth(equity, count, cash, book.position[market]["quantity_e8"], QUANTITY_SCALE, prices, last)
            return
    fill(equity, count, 0.0)
    for place in range(held):
        market = closes.ahead[ACTIVE, place]
        start, traded = market * bars.state.shape[1], apart == 1 and have_traded(bars, closes, market, min(first, last), last + count)
        add_worth(
            equity, count, book.position[market]["quantity_e8"], QUANTITY_SCALE, book.position[market]["last_krw"],
            items(bars.state, start), items(bars.close_krw, start), first, last, apart, traded,
        )  # fmt: skip
    add_to(equity, count, cash)


@rare
def _judge(plan: Plan, book: Book, closes: Closes, closing: int, passed: int) -> None:
    """Breakers at CLOSEs [closing, passed): they count the time that they are in force, so each CLOSE is asked."""
    for at in range(closing, passed):
        take_columns(book, closes.columns, at)
        judge_breakers(plan, book, closes.close_ms[at])


@helper
def take_columns(book: Book, columns: NDArray[np.float64], at: int) -> None:
    """Make the values of CLOSE `at` the latest. columns [M, C, closes]."""
    for market in range(book.columns.shape[0]):
        take_market(book, market, columns, at)


@helper
def take_market(book: Book, market: int, columns: NDArray[np.float64], at: int) -> None:
    """Make one market's values of CLOSE `at` the latest."""
    count, step = columns.shape[1], columns.shape[2]
    values, latest = items(columns, market * count * step + at), items(book.columns, market * count)
    for column in range(count):
        latest[column] = values[column * step]


@rare
def _count_held(plan: Plan, book: Book, held: int, closes: Closes, count: int) -> None:
    """Conditions on a position at `count` CLOSEs where each is certainly false."""
    for condition in range(plan.conditions.shape[0]):
        if plan.on_position[condition] != 0:
            for place in range(held):
                if plan.market[closes.ahead[ACTIVE, place]]["tradable"] != 0:
                    book.rule_counts[condition, 1] += count


@helper
def count_columns(plan: Plan, book: Book, closing: int, passed: int, columns: NDArray[np.float64]) -> None:
    """True, false and missing of every named condition that needs no position, at CLOSEs [closing, passed) of all tradable markets."""
    for condition in range(plan.conditions.shape[0]):
        if plan.on_position[condition] == 0:
            for market in range(book.position.shape[0]):
                if plan.market[market]["tradable"] != 0:
                    _count_column(plan, book, condition, market, closing, passed, columns)


@helper
def _count_column(plan: Plan, book: Book, condition: int, market: int, closing: int, passed: int, columns: NDArray[np.float64]) -> None:
    slot = plan.conditions[condition]
    true = missing = 0
    if slot < plan.settings[0]["column_count"]:
        values = _column(columns, market, slot)
        true, missing = count_truth(values, closing, passed)
    elif plan.initial[slot] != 0.0:
        true = passed - closing
    book.rule_counts[condition, 0] += true
    book.rule_counts[condition, 1] += passed - closing - true - missing
    book.rule_counts[condition, 2] += missing
