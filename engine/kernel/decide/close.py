"""CLOSE: the strategy's clock closes; levels, RULE exits, then entries (docs/decide.md §6)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.kernel.abi import helper, rare
from engine.kernel.book import Book
from engine.kernel.decide.engaged import next_engaged
from engine.kernel.decide.entries import decide_entries
from engine.kernel.decide.guard import judge_breakers, look, sell_for_risk
from engine.kernel.decide.plan import FOR_ALL, FOR_RULES, Plan
from engine.kernel.decide.position import close_levels, evaluate_open, is_open, market_value
from engine.kernel.decide.sales import BUY, is_busy, legal_sale, sale_quantity, sell, stop_buying
from engine.kernel.decide.step import end_step
from engine.kernel.eights import first_bit
from engine.kernel.legal import NAN, value_krw


@helper
def on_close(plan: Plan, book: Book, time_ms: int, columns: NDArray[np.float64]) -> None:
    """columns [M, C]: the exported values of every market at this close."""
    close_exits(plan, book, time_ms, columns)
    decide_entries(plan, book, time_ms)


@helper
def close_exits(plan: Plan, book: Book, time_ms: int, columns: NDArray[np.float64]) -> None:
    """All of a CLOSE but the entries."""
    for market in range(book.columns.shape[0]):
        end_step(plan, book, market)
        for column in range(book.columns.shape[1]):
            book.columns[market, column] = columns[market, column]
    for market in range(book.position.shape[0]):
        count_conditions(plan, book, market)
    close_positions(plan, book, time_ms)


@helper
def close_positions(plan: Plan, book: Book, time_ms: int) -> None:
    """The risk profile, levels and exits, from the columns in the books."""
    if plan.settings[0]["watches"] != 0:
        look(plan, book, time_ms)
    if plan.breakers.shape[0] > 0:
        judge_breakers(plan, book, time_ms)
    sell_for_risk(plan, book, time_ms)
    market = next_engaged(book, 0)
    while market < book.position.shape[0]:
        if is_open(book, market):
            close_levels(plan, book, market, time_ms)
            if plan.settings[0]["counts_on_position"] != 0:
                _count_on_position(plan, book, market, time_ms)
            if not is_busy(book, market):
                _decide_exits(plan, book, market, time_ms)
            elif book.order[market]["side"] == BUY and _true_rule(plan, book, market, time_ms) >= 0:
                stop_buying(book, market)
        market = next_engaged(book, market + 1)


@helper
def count_conditions(plan: Plan, book: Book, market: int) -> None:
    """True, false and missing of each named condition that needs no position."""
    if plan.market[market]["tradable"] == 0:
        return
    for condition in range(plan.conditions.shape[0]):
        if plan.on_position[condition] == 0:
            _count(book, condition, market_value(plan, book, market, plan.conditions[condition]))


@rare
def _count_on_position(plan: Plan, book: Book, market: int, time_ms: int) -> None:
    """The same of conditions on the open position."""
    if plan.market[market]["tradable"] == 0:
        return
    evaluated = False
    for condition in range(plan.conditions.shape[0]):
        if plan.on_position[condition] != 0:
            if not evaluated:
                evaluate_open(plan, book, market, FOR_ALL, False, book.position[market]["last_krw"], time_ms)
                evaluated = True
            _count(book, condition, book.values[plan.conditions[condition]])


@helper
def _count(book: Book, condition: int, value: float) -> None:
    if math.isnan(value):
        book.rule_counts[condition, 2] += 1
    elif value != 0.0:
        book.rule_counts[condition, 0] += 1
    else:
        book.rule_counts[condition, 1] += 1


@rare
def _true_rule(plan: Plan, book: Book, market: int, time_ms: int) -> int:
    """The first active RULE that is true for the position; -1 = none."""
    _evaluate_rules(plan, book, market, time_ms)
    left = book.position[market]["active"] & plan.settings[0]["rules"]
    while left != 0:
        if _is_true(plan, book, market, first_bit(left)):
            return first_bit(left)
        left &= left - 1
    return -1


@helper
def _evaluate_rules(plan: Plan, book: Book, market: int, time_ms: int) -> None:
    """Bring into `book.values` what RULEs ask for, where they ask for more than columns."""
    if plan.settings[0]["rules_on_position"] != 0:
        evaluate_open(plan, book, market, FOR_RULES, False, book.position[market]["last_krw"], time_ms)


@helper
def _decide_exits(plan: Plan, book: Book, market: int, time_ms: int) -> None:
    """One SELL for all RULE exits whose condition is true: everything when one of them sells all, else the sum of their quantities."""
    held = book.position[market]["quantity_e8"]
    price = book.position[market]["last_krw"]
    _evaluate_rules(plan, book, market, time_ms)
    worth_selling = value_krw(held, price) >= plan.settings[0]["sale_minimum_krw"]
    due = 0
    first = -1
    left = book.position[market]["active"] & plan.settings[0]["rules"]
    while left != 0:
        rule = first_bit(left)
        left &= left - 1
        if not _is_true(plan, book, market, rule):
            continue
        due |= 1 << rule
        if first < 0 and worth_selling and sale_quantity(plan, book, market, rule, held, price) >= held:
            first = rule
    if first >= 0:
        sell(book, market, held, NAN, first, due, time_ms)
    elif due != 0:
        _sell_shares(plan, book, market, due, price, time_ms)


@helper
def _is_true(plan: Plan, book: Book, market: int, rule: int) -> bool:
    """The condition of a RULE."""
    slot = plan.exits[rule]["slot"]
    value = book.columns[market, slot] if slot < plan.settings[0]["column_count"] else book.values[slot]
    return not math.isnan(value) and bool(value != 0.0)


@rare
def _sell_shares(plan: Plan, book: Book, market: int, due: int, price_krw: float, time_ms: int) -> None:
    """Each exit's quantity from what those before it left; the order's reason is the first."""
    held = book.position[market]["quantity_e8"]
    left = held
    first = -1
    fires = 0
    for rule in range(plan.exits.shape[0]):
        if (due >> rule) & 1 == 0:
            continue
        quantity = legal_sale(plan, book, market, rule, left, price_krw)
        if quantity <= 0.0:
            continue
        left -= quantity
        fires |= 1 << rule
        if first < 0:
            first = rule
    if first >= 0:
        sell(book, market, held - left, NAN, first, fires, time_ms)
