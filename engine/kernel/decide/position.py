"""Position variables, the position rows over them, and the price levels of exits (docs/decide.md §4)."""

from __future__ import annotations

import math
from typing import Final

from dsl.strategy import ExitKind
from engine.kernel.abi import call_row, helper, items
from engine.kernel.book import Book
from engine.kernel.decide.engaged import next_engaged, next_row
from engine.kernel.decide.plan import FOR_FROZEN, FOR_MOVING, Plan
from engine.kernel.decide.quiet_plan import BARS, COLUMNS, ENTRY, EXTREMES, MOMENT, RATIOS
from engine.kernel.eights import first_bit
from engine.kernel.fills import queue_ahead_e8
from engine.kernel.legal import ceil_tick, fee_rate, floor_tick, grid_changed, value_krw

STOP: Final = int(ExitKind.STOP)
TARGET: Final = int(ExitKind.TARGET)
RULE: Final = int(ExitKind.RULE)

#: anything that a level is made of can have changed
ANYTHING: Final = COLUMNS | EXTREMES | MOMENT | ENTRY
_ALL: Final = -1


@helper
def is_open(book: Book, market: int) -> bool:
    """The market has a position."""
    return bool(book.position[market]["quantity_e8"] > 0.0)


@helper
def is_active(book: Book, market: int, rule: int) -> bool:
    """The exit has not fired for this position and the one it comes after has."""
    return bool((book.position[market]["active"] >> rule) & 1 != 0)


@helper
def market_value(plan: Plan, book: Book, market: int, slot: int) -> float:
    """Value of a market-phase node at the latest CLOSE: a column or a constant."""
    if slot < plan.settings[0]["column_count"]:
        return float(book.columns[market, slot])
    return float(plan.initial[slot])


@helper
def evaluate(
    plan: Plan,
    book: Book,
    market: int,
    purpose: int,
    decided: bool,
    entry_krw: float,
    high_krw: float,
    low_krw: float,
    price_krw: float,
    age_ms: int,
    bars: int,
    time_ms: int,
) -> None:
    """Fill `book.values` with the columns, the position variables at a price, and the rows of the position phase.

    purpose: FOR_ENTRY..FOR_ALL; of the ratios and the rows, those that it needs. decided: the columns of the CLOSE that decided the entry
    instead of the latest. time_ms: now, for the fee.
    """
    values = book.values
    count = plan.settings[0]["column_count"]
    columns = items(book.entry_columns, market * count) if decided else items(book.columns, market * count)
    for column in range(count):
        values[column] = columns[column]
    values[count] = entry_krw
    values[count + 1] = high_krw
    values[count + 2] = low_krw
    needs = items(plan.needs, purpose * plan.needs.shape[1])
    if needs[0] & RATIOS != 0:
        fee = fee_rate(plan.venue, market, time_ms)
        values[count + 3] = price_krw / entry_krw - 1.0
        values[count + 4] = price_krw * (1.0 - fee) / (entry_krw * (1.0 + fee)) - 1.0
        values[count + 5] = high_krw / entry_krw - 1.0
        values[count + 6] = low_krw / entry_krw - 1.0
    values[count + 7] = age_ms
    values[count + 8] = bars
    for place in range(2, 2 + needs[1]):
        call_row(plan.addresses, plan.rows, needs[place], plan.row_params, values)


@helper
def evaluate_open(plan: Plan, book: Book, market: int, purpose: int, decided: bool, price_krw: float, time_ms: int) -> None:
    """`evaluate` for the market's open position."""
    held = book.position[market]
    opened, bars = held["opened_ms"], 0
    if plan.needs[purpose, 0] & BARS != 0:
        clock, offset = plan.settings[0]["clock_ms"], plan.settings[0]["clock_offset_ms"]
        bars = (time_ms - offset) // clock - (opened - offset) // clock
    evaluate(
        plan, book, market, purpose, decided, held["entry_krw"], held["high_krw"], held["low_krw"], price_krw,
        time_ms - opened, bars, time_ms,
    )  # fmt: skip


@helper
def grid_level(plan: Plan, book: Book, market: int, rule: int, time_ms: int) -> float:
    """Level of a STOP or TARGET on the price grid, from `book.values`; NaN when missing."""
    value = book.values[plan.exits[rule]["slot"]]
    if plan.exits[rule]["kind"] == STOP:
        return floor_tick(plan.venue, market, value, time_ms)
    return ceil_tick(plan.venue, market, value, time_ms)


@helper
def _set_level(plan: Plan, book: Book, market: int, rule: int, price_krw: float, time_ms: int) -> None:
    """The level that `book.values` make, where they make one. price_krw: with which they were computed."""
    level = grid_level(plan, book, market, rule, time_ms)
    old = book.exits[market, rule]["level_krw"]
    if math.isnan(level) or level == old:
        return
    if plan.exits[rule]["kind"] == STOP and plan.exits[rule]["frozen"] == 0 and old > level:
        return
    book.exits[market, rule]["level_krw"] = level
    if plan.settings[0]["resting_targets"] != 0:
        queue_up(plan, book, market, rule, price_krw, time_ms)


@helper
def queue_up(plan: Plan, book: Book, market: int, rule: int, price_krw: float, time_ms: int) -> None:
    """A TARGET that waits at its level gets there now."""
    state = book.exits[market, rule]
    state["level_ms"] = time_ms
    if plan.exits[rule]["kind"] == TARGET and plan.venue.costs[0]["queue_share"] > 0.0:
        state["ahead_e8"] = queue_ahead_e8(plan.venue, market, False, state["level_krw"], price_krw, time_ms)


@helper
def freeze_levels(plan: Plan, book: Book, market: int, price_krw: float, time_ms: int) -> None:
    """Levels of frozen exits, from the columns that decided the entry and the average entry."""
    left = plan.settings[0]["frozen"]
    if left == 0:
        return
    evaluate_open(plan, book, market, FOR_FROZEN, True, price_krw, time_ms)
    while left != 0:
        _set_level(plan, book, market, first_bit(left), price_krw, time_ms)
        left &= left - 1


@helper
def refresh_levels(plan: Plan, book: Book, market: int, price_krw: float, time_ms: int, changed: int, activated: int = _ALL) -> None:
    """New levels of active exits that are not frozen.

    changed: bits of what can have changed since they were made, for those that move with none of it stay as they are; activated: only those
    that come after an exit of this bit set; -1 = all.
    """
    exits = plan.settings[0]["moving"] & book.position[market]["active"]
    if plan.settings[0]["levels_move_with"] & changed != 0 and exits != 0:
        _make_levels(plan, book, market, price_krw, time_ms, changed, activated, exits)


@helper
def _make_levels(plan: Plan, book: Book, market: int, price_krw: float, time_ms: int, changed: int, activated: int, exits: int) -> None:
    """Of these exits."""
    evaluated = False
    left = exits
    while left != 0:
        rule = first_bit(left)
        left &= left - 1
        after = plan.exits[rule]["after"]
        if plan.exits[rule]["moves_with"] & changed == 0:
            continue
        if activated != _ALL and (after < 0 or (activated >> after) & 1 == 0):
            continue
        if not evaluated:
            evaluate_open(plan, book, market, FOR_MOVING, False, price_krw, time_ms)
            evaluated = True
        _set_level(plan, book, market, rule, price_krw, time_ms)


@helper
def close_levels(plan: Plan, book: Book, market: int, time_ms: int) -> None:
    """The same at a CLOSE, where columns and time are new, and the price grid may be since the position was opened."""
    if plan.settings[0]["levels_move_with"] == 0:
        return
    held = book.position[market]
    changed = ANYTHING if grid_changed(plan.venue, market, held["opened_ms"], time_ms) else COLUMNS | MOMENT
    refresh_levels(plan, book, market, held["last_krw"], time_ms, changed)


@helper
def take_extreme(book: Book, market: int, price_krw: float) -> bool:
    """The extremes since entry take in a price; True when one moved."""
    held, moved = book.position[market], False
    if price_krw > held["high_krw"]:
        held["high_krw"] = price_krw
        moved = True
    if price_krw < held["low_krw"]:
        held["low_krw"] = price_krw
        moved = True
    return moved


@helper
def working_amount(book: Book, market: int) -> float:
    """KRW that the market's working buy may still spend; a buy is the only one of its position, so what it spent is the cost."""
    return float(max(book.order[market]["amount_krw"] - book.position[market]["cost_krw"], 0.0))


@helper
def equity_krw(book: Book) -> float:
    """Cash and open positions of all strategies at last prices."""
    return float(book.account[0]["cash_krw"] + exposure_krw(book))


@helper
def exposure_krw(book: Book) -> float:
    """Open positions of all strategies at last prices."""
    total = 0.0
    row = next_row(book, 0)
    while row < book.all_position.shape[0]:
        if book.all_position[row]["quantity_e8"] > 0.0:
            total += value_krw(book.all_position[row]["quantity_e8"], book.all_position[row]["last_krw"])
        row = next_row(book, row + 1)
    return total


@helper
def own_exposure_krw(book: Book) -> float:
    """Open positions of this strategy at last prices."""
    total = 0.0
    market = next_engaged(book, 0)
    while market < book.position.shape[0]:
        if is_open(book, market):
            total += value_krw(book.position[market]["quantity_e8"], book.position[market]["last_krw"])
        market = next_engaged(book, market + 1)
    return total
