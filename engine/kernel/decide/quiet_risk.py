"""Looks of the risk profile that find what the last one found: how far prices may go before one can find anything else.

As in `quiet`, nothing is decided here. A bound that is too narrow costs time; one that is too wide would change results.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from dsl.strategy import Until
from engine.kernel.abi import helper, items, rare
from engine.kernel.bars import Bars, Closes
from engine.kernel.book import Book
from engine.kernel.decide.account import capital_krw
from engine.kernel.decide.calendar import next_day_ms
from engine.kernel.decide.guard import base_krw, breaker_in_force, is_reached
from engine.kernel.decide.plan import Plan
from engine.kernel.decide.position import equity_krw, is_open
from engine.kernel.legal import QUANTITY_SCALE
from engine.kernel.stretches import first_outside, first_true

NEVER: Final = 2**62
_WHILE: Final = int(Until.WHILE)
#: share of the amounts compared that bounds keep from a limit: more than all roundings on the way from prices to losses
_MARGIN: Final = 1e-12


@helper
def is_guarded(plan: Plan) -> bool:
    """A risk profile looks at every MARK while a position is open."""
    return bool(plan.settings[0]["watches"] != 0 or plan.breakers.shape[0] > 0)


@rare
def quiet_until_ms(plan: Plan, book: Book) -> int:
    """Until then looks at an account whose equity stands find what the last one found."""
    account = book.account[0]
    if account["stirred"] != 0 or account["day"] < 0:
        return -NEVER
    until = next_day_ms(account["day"])
    for rule in range(plan.rules.shape[0]):
        if book.rules[rule]["in_force"] != 0 and plan.rules[rule]["until"] != _WHILE:
            until = min(until, book.rules[rule]["until_ms"])
    return int(until)


@rare
def is_settled(plan: Plan, book: Book, time_ms: int) -> bool:
    """A MARK now, with positions open, would change nothing, and it would take a change of prices or columns that one later does.

    time_ms: of the MARK.
    """
    account = book.account[0]
    for breaker in range(plan.breakers.shape[0]):
        slot = plan.breakers[breaker]["slot"]
        if slot >= plan.settings[0]["column_count"] and math.isnan(plan.initial[slot]):
            return False  # it reads the account
    for market in range(book.position.shape[0]):
        if is_open(book, market) and breaker_in_force(plan, book, market, time_ms, True) >= 0:
            return False
    if plan.settings[0]["watches"] == 0:
        return True
    if account["flattened_by"] >= 0 or time_ms >= quiet_until_ms(plan, book):
        return False
    equity, day = equity_krw(book), account["day"]
    if not equity <= book.peaks[day % book.peaks.shape[0]]:
        return False
    for rule in range(plan.rules.shape[0]):
        reached = is_reached(plan, book, rule, equity, day)
        state = book.rules[rule]
        if (state["in_force"] != 0 if plan.rules[rule]["until"] == _WHILE else state["armed"] == 0) != reached:
            return False
    return True


@helper
def first_closing(plan: Plan, book: Book, closing: int, limit: int, closes: Closes) -> int:
    """The first CLOSE in [closing, limit) at which a breaker can come into force that sells an open position, or `limit`."""
    for breaker in range(plan.breakers.shape[0]):
        if plan.breakers[breaker]["close"] == 0:
            continue
        slot = plan.breakers[breaker]["slot"]
        for market in range(book.position.shape[0]):
            if not is_open(book, market):
                continue
            if slot >= plan.settings[0]["column_count"]:
                return closing
            place = 0 if plan.breakers[breaker]["account"] != 0 else market
            values = items(closes.columns, (place * closes.columns.shape[1] + slot) * closes.columns.shape[2])
            limit = first_true(values, closing, limit)
    return limit


@rare
def first_mark(plan: Plan, book: Book, held: int, bars: Bars, first: int, end: int) -> int:
    """The first bar in [first, end) after which a look can find anything else, or `end`. held: open positions, at least 1."""
    if plan.settings[0]["watches"] == 0:
        return end
    until = quiet_until_ms(plan, book)
    if until < NEVER:
        end = max(min(end, -((bars.span[0] - until) // bars.span[1]) - 1), first)
    equity = equity_krw(book)
    fall, rise = _slack_krw(plan, book, equity)
    for market in range(book.position.shape[0]):
        if is_open(book, market):
            held_e8, last = book.position[market]["quantity_e8"], book.position[market]["last_krw"]
            low, high = last - fall / held * QUANTITY_SCALE / held_e8, last + rise / held * QUANTITY_SCALE / held_e8
            start = market * bars.state.shape[1]
            prices = items(bars.close_krw, start)
            floor, ceiling = float(np.nextafter(min(low, last), -math.inf)), float(np.nextafter(max(high, last), math.inf))
            end = first_outside(items(bars.state, start), prices, prices, prices, prices, first, end, floor, ceiling)
    return end


@helper
def _slack_krw(plan: Plan, book: Book, equity: float) -> tuple[float, float]:
    """How much the equity may fall and rise so that every limit stays as it is, reached or not, and no peak is passed; each at least 0."""
    day = book.account[0]["day"]
    peak = book.peaks[day % book.peaks.shape[0]]
    low, high = -math.inf, peak - abs(peak) * _MARGIN
    for rule in range(plan.rules.shape[0]):
        base = base_krw(plan, book, rule, day)
        row = plan.rules[rule]
        capital = capital_krw(plan, base)
        allowed = min(row["limit_ratio"] * capital, row["limit_krw"]) if capital > 0.0 else row["limit_krw"]
        if math.isnan(base) or allowed == math.inf:
            continue
        limit, margin = base - allowed, (abs(base) + abs(allowed)) * _MARGIN
        if is_reached(plan, book, rule, equity, day):
            high = min(high, limit - margin)
        else:
            low = max(low, limit + margin)
    return max(equity - low, 0.0), max(high - equity, 0.0)
