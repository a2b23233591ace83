"""STEP: one piece of a market's price path as open, low, high, close (docs/decide.md §5), resumable after each sale."""

from __future__ import annotations

import math
from typing import Final

from engine.kernel.abi import helper
from engine.kernel.book import Book
from engine.kernel.decide.plan import Plan
from engine.kernel.decide.position import STOP, TARGET, coins, is_active, is_open, refresh_levels, take_extreme
from engine.kernel.decide.sales import is_working, legal_sale, sale_quantity, sell
from engine.kernel.legal import NAN

IDLE: Final = 0
AT_OPEN: Final = 1
AT_LOW: Final = 2
AT_HIGH: Final = 3
AT_CLOSE: Final = 5

#: POSITION.step_ambiguous
AMBIGUOUS: Final = 1
CLEAR: Final = 2

_NONE: Final = -1
_ALL: Final = -1


@helper
def on_step(
    plan: Plan, book: Book, market: int, time_ms: int, open_krw: float, high_krw: float, low_krw: float, close_krw: float, traded: bool
) -> None:
    """Take a STEP in. It goes on until it ends or makes a sale; then `continue_step` after the sale's DONE."""
    discard_step(plan, book, market)
    if not traded:
        return
    held = book.position[market]
    held["step_ms"] = time_ms
    held["step_open"] = open_krw
    held["step_high"] = high_krw
    held["step_low"] = low_krw
    held["step_close"] = close_krw
    held["step_ambiguous"] = 0
    if not is_open(book, market):
        held["last_krw"] = close_krw
        return
    held["step_stage"] = AT_OPEN
    _reach(plan, book, market, open_krw, True)
    if is_working(book, market):
        discard_step(plan, book, market)
    else:
        continue_step(plan, book, market)


@helper
def continue_step(plan: Plan, book: Book, market: int) -> None:
    """Go on with the market's unfinished STEP up to its end or the next sale."""
    held = book.position[market]
    while held["step_stage"] != IDLE and is_open(book, market):
        stage = held["step_stage"]
        if stage == AT_OPEN:
            if _try_open(plan, book, market):
                return
        elif stage == AT_LOW:
            if _try_low(plan, book, market):
                return
        elif stage == AT_HIGH:
            if _try_targets(plan, book, market, held["step_high"], NAN):
                return
        elif _try_close(plan, book, market):
            return
        _next_stage(plan, book, market)
    _end_step(book, market)


@helper
def discard_step(plan: Plan, book: Book, market: int) -> None:
    """End an unfinished STEP without further sales: the extremes and the last price still take in what it brought."""
    held = book.position[market]
    while held["step_stage"] != IDLE and is_open(book, market):
        _next_stage(plan, book, market)
    _end_step(book, market)


@helper
def _end_step(book: Book, market: int) -> None:
    held = book.position[market]
    if held["step_stage"] != IDLE:
        held["last_krw"] = held["step_close"]
        held["step_stage"] = IDLE


@helper
def _next_stage(plan: Plan, book: Book, market: int) -> None:
    """Move along the path; what the price reaches on the way moves extremes and levels."""
    held = book.position[market]
    stage = held["step_stage"]
    if stage == AT_OPEN:
        held["step_stage"] = AT_LOW
    elif stage == AT_LOW:
        held["step_stage"] = AT_HIGH
        _reach(plan, book, market, held["step_low"], False)
    elif stage == AT_HIGH:
        held["step_stage"] = AT_CLOSE
        _reach(plan, book, market, held["step_high"], True)
    else:
        _end_step(book, market)


@helper
def _reach(plan: Plan, book: Book, market: int, price_krw: float, always: bool) -> None:
    """The price gets there: extremes take it in; levels are computed anew when one moved, or always."""
    if take_extreme(book, market, price_krw) or always:
        refresh_levels(plan, book, market, price_krw, book.position[market]["step_ms"], _ALL)


@helper
def _try_open(plan: Plan, book: Book, market: int) -> bool:
    price = book.position[market]["step_open"]
    rule = _hit_stop(plan, book, market, price)
    if rule != _NONE:
        _sell_exit(plan, book, market, rule, price)
        return True
    return _try_targets(plan, book, market, price, price)


@helper
def _try_low(plan: Plan, book: Book, market: int) -> bool:
    rule = _hit_stop(plan, book, market, book.position[market]["step_low"])
    if rule == _NONE:
        return False
    level = book.exits[market, rule]["level_krw"]
    if book.position[market]["step_ambiguous"] == 0:
        _examine_ambiguity(plan, book, market, level)
    _sell_exit(plan, book, market, rule, level)
    return True


@helper
def _try_close(plan: Plan, book: Book, market: int) -> bool:
    held = book.position[market]
    rule = _hit_stop(plan, book, market, held["step_close"])
    if rule == _NONE:
        return False
    level = book.exits[market, rule]["level_krw"]
    _sell_exit(plan, book, market, rule, level if level <= held["step_high"] else held["step_close"])
    return True


@helper
def _hit_stop(plan: Plan, book: Book, market: int, price_krw: float) -> int:
    """The active STOP with the highest level >= price that has something to sell, ties in file order; -1 = none."""
    held = book.position[market]["quantity_e8"]
    refused = 0
    while True:
        best = _NONE
        best_level = 0.0
        for rule in range(plan.exits.shape[0]):
            level = book.exits[market, rule]["level_krw"]
            if plan.exits[rule]["kind"] != STOP or (refused >> rule) & 1 != 0 or not level >= price_krw:
                continue
            if (best == _NONE or level > best_level) and is_active(plan, book, market, rule):
                best = rule
                best_level = level
        if best == _NONE or legal_sale(plan, book, market, best, held, best_level) > 0.0:
            return best
        refused |= 1 << best


@helper
def _try_targets(plan: Plan, book: Book, market: int, price_krw: float, base_krw: float) -> bool:
    """Sell at the first active TARGET with level <= price; base_krw: NaN = the level itself."""
    held = book.position[market]["quantity_e8"]
    for rule in range(plan.exits.shape[0]):
        level = book.exits[market, rule]["level_krw"]
        if plan.exits[rule]["kind"] != TARGET or not level <= price_krw or not is_active(plan, book, market, rule):
            continue
        if legal_sale(plan, book, market, rule, held, level) > 0.0:
            _sell_exit(plan, book, market, rule, level if math.isnan(base_krw) else base_krw)
            return True
    return False


@helper
def _sell_exit(plan: Plan, book: Book, market: int, rule: int, base_krw: float) -> None:
    held = book.position[market]
    quantity = legal_sale(plan, book, market, rule, held["quantity_e8"], book.exits[market, rule]["level_krw"])
    sell(book, market, quantity, base_krw, rule, 1 << rule, held["step_ms"])


@helper
def _examine_ambiguity(plan: Plan, book: Book, market: int, stop_level_krw: float) -> None:
    """Before the first STOP sells at its level: would a TARGET have been reached in the same STEP?"""
    held = book.position[market]
    held["step_ambiguous"] = CLEAR
    for rule in range(plan.exits.shape[0]):
        level = book.exits[market, rule]["level_krw"]
        if plan.exits[rule]["kind"] != TARGET or not level <= held["step_high"] or not is_active(plan, book, market, rule):
            continue
        quantity = sale_quantity(plan, book, market, rule, held["quantity_e8"], level)
        if coins(quantity) * level < plan.settings[0]["sale_minimum_krw"]:
            quantity = 0.0
        held["step_ambiguous"] = AMBIGUOUS
        book.account[0]["ambiguous_steps"] += 1
        book.account[0]["ambiguous_krw"] += (level - stop_level_krw) * coins(quantity)
        return
