"""CLOSE, third part: candidates by rank, the reasons to skip them, and the size of a buy (docs/decide.md §6.3)."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from engine.kernel.abi import helper
from engine.kernel.book import BOUGHT, ENTRY_FALSE, ENTRY_MISSING, NOT_TRADABLE, ORDER_WORKING, POSITION_OPEN, Book
from engine.kernel.decide.plan import Plan
from engine.kernel.decide.position import (
    STOP,
    TARGET,
    equity_krw,
    evaluate,
    exposure_krw,
    grid_level,
    is_open,
    market_value,
    working_amount,
)
from engine.kernel.decide.sales import BUY, buy, is_working
from engine.kernel.legal import NAN, ceil_tick, floor_tick

#: positions in engine.kernel.book.SKIP_REASONS
ENTRIES_STOPPED: Final = 0
OPEN_POSITIONS: Final = 1
ENTRIES_PER_DAY: Final = 2
COOLDOWN: Final = 3
REENTRY: Final = 4
NO_PRICE: Final = 5
NO_LEVEL: Final = 6
STOP_ABOVE_ENTRY: Final = 7
NO_SIZE: Final = 8
TARGET_BELOW_COST: Final = 9
BELOW_MINIMUM: Final = 10

DAY_MS: Final = 86_400_000
_PASSED: Final = BOUGHT


@helper
def decide_entries(plan: Plan, book: Book, time_ms: int) -> None:
    """Buy, or skip and count, every market whose entry condition is true."""
    count = _queue_candidates(plan, book)
    if count == 0:
        return
    equity = equity_krw(book)
    for position in range(count):
        market = book.queue[position]
        reason = _limit_reason(plan, book, market, time_ms)
        if reason == _PASSED:
            reason = _try_entry(plan, book, market, equity, time_ms)
        book.verdict[market]["code"] = reason
        if reason != _PASSED:
            book.skipped[reason] += 1


@helper
def _queue_candidates(plan: Plan, book: Book) -> int:
    """Fill `book.queue` with the candidates, highest rank first, missing rank last, ties in market order; returns how many."""
    slot = plan.settings[0]["entry_slot"]
    rank_slot = plan.settings[0]["rank_slot"]
    count = 0
    for market in range(book.position.shape[0]):
        standing = _standing(plan, book, market, slot)
        book.verdict[market]["code"] = standing
        book.verdict[market]["entry_krw"] = NAN
        book.verdict[market]["level_krw"] = NAN
        book.verdict[market]["amount_krw"] = NAN
        if standing != BOUGHT:
            continue
        place = count
        if rank_slot >= 0:
            rank = market_value(plan, book, market, rank_slot)
            while place > 0 and _outranks(rank, market_value(plan, book, book.queue[place - 1], rank_slot)):
                book.queue[place] = book.queue[place - 1]
                place -= 1
        book.queue[place] = market
        count += 1
    return count


@helper
def _standing(plan: Plan, book: Book, market: int, slot: int) -> int:
    """BOUGHT for a candidate, else why the market is none. slot: of the entry condition."""
    if plan.market[market]["tradable"] == 0:
        return NOT_TRADABLE
    if is_open(book, market):
        return POSITION_OPEN
    if is_working(book, market):
        return ORDER_WORKING
    condition = market_value(plan, book, market, slot)
    if math.isnan(condition):
        return ENTRY_MISSING
    return ENTRY_FALSE if condition == 0.0 else BOUGHT


@helper
def _outranks(rank: float, other: float) -> bool:
    """Strictly before the other; a missing rank is the last."""
    return rank > other or (math.isnan(other) and not math.isnan(rank))


@helper
def _limit_reason(plan: Plan, book: Book, market: int, time_ms: int) -> int:
    """The first limit that forbids an entry in this market, before anything about its price."""
    settings = plan.settings[0]
    held = book.position[market]
    if book.account[0]["entries_stopped"] != 0:
        return ENTRIES_STOPPED
    if _slots_in_use(book) >= settings["open_positions"]:
        return OPEN_POSITIONS
    today = held["entries_today"] if held["day"] == time_ms // DAY_MS else 0
    if today >= settings["entries_per_day"]:
        return ENTRIES_PER_DAY
    if held["last_loss_ms"] >= 0 and time_ms < held["last_loss_ms"] + settings["cooldown_ms"]:
        return COOLDOWN
    if held["last_exit_ms"] >= 0 and _bars_since(plan, held["last_exit_ms"], time_ms) < settings["reentry_bars"]:
        return REENTRY
    return _PASSED


@helper
def _slots_in_use(book: Book) -> int:
    count = 0
    for market in range(book.position.shape[0]):
        if is_open(book, market) or book.order[market]["side"] == BUY:
            count += 1
    return count


@helper
def _bars_since(plan: Plan, exit_ms: int, time_ms: int) -> int:
    """Whole clock bars between the bar of the exit's FILL and this close."""
    clock = plan.settings[0]["clock_ms"]
    offset = plan.settings[0]["clock_offset_ms"]
    return int((time_ms - offset) // clock - 1 - (exit_ms - offset) // clock)


@helper
def _try_entry(plan: Plan, book: Book, market: int, equity: float, time_ms: int) -> int:
    """Make the BUY; or the reason not to."""
    last = book.position[market]["last_krw"]
    if math.isnan(last):
        return NO_PRICE
    entry = ceil_tick(plan.venue, market, last * (1.0 + plan.venue.costs[0]["slippage"]), time_ms)
    evaluate(plan, book, market, False, entry, entry, entry, entry, 0)
    stop = _stop_level(plan, book, market, time_ms)
    book.verdict[market]["entry_krw"] = entry
    book.verdict[market]["level_krw"] = stop
    by_risk = plan.settings[0]["stop_exit"] >= 0
    if not _levels_exist(plan, book, market, time_ms) or (by_risk and math.isnan(stop)):
        return NO_LEVEL
    if by_risk and stop >= entry:
        return STOP_ABOVE_ENTRY
    scale_slot = plan.settings[0]["scale_slot"]
    scale = market_value(plan, book, market, scale_slot) if scale_slot >= 0 else 1.0
    if not scale > 0.0:
        return NO_SIZE
    if _target_below_cost(plan, book, market, entry, time_ms):
        return TARGET_BELOW_COST
    wanted = _wanted_krw(plan, market, equity, entry, stop, time_ms) * scale
    value = _cut(plan, book, wanted, equity)
    book.verdict[market]["amount_krw"] = value
    if not value >= plan.settings[0]["min_order_krw"]:
        return BELOW_MINIMUM
    buy(book, market, value, time_ms)
    if time_ms < plan.market[market]["settle_ms"]:
        book.account[0]["unsettled_entries"] += 1
    return _PASSED


@helper
def _stop_level(plan: Plan, book: Book, market: int, time_ms: int) -> float:
    rule = plan.settings[0]["stop_exit"]
    return grid_level(plan, book, market, rule, time_ms) if rule >= 0 else NAN


@helper
def _levels_exist(plan: Plan, book: Book, market: int, time_ms: int) -> bool:
    """Every STOP that is active from the start has a level at the expected entry."""
    for rule in range(plan.exits.shape[0]):
        if plan.exits[rule]["kind"] == STOP and plan.exits[rule]["after"] < 0 and math.isnan(grid_level(plan, book, market, rule, time_ms)):
            return False
    return True


@helper
def _target_below_cost(plan: Plan, book: Book, market: int, entry: float, time_ms: int) -> bool:
    """The lowest TARGET that is active from the start does not pay for both fees and the slippage."""
    lowest = math.inf
    for rule in range(plan.exits.shape[0]):
        if plan.exits[rule]["kind"] == TARGET and plan.exits[rule]["after"] < 0:
            level = grid_level(plan, book, market, rule, time_ms)
            if level < lowest:
                lowest = level
    if lowest == math.inf:
        return False
    costs = plan.venue.costs[0]
    received = floor_tick(plan.venue, market, lowest * (1.0 - costs["slippage"]), time_ms) * (1.0 - costs["fee_rate"])
    return bool(not received > entry * (1.0 + costs["fee_rate"]))


@helper
def _wanted_krw(plan: Plan, market: int, equity: float, entry: float, stop: float, time_ms: int) -> float:
    """By risk (lost at the stop, fees and slippage included), by weight, the smaller of both, or everything."""
    settings = plan.settings[0]
    costs = plan.venue.costs[0]
    value = math.inf
    if settings["stop_exit"] >= 0:
        received = floor_tick(plan.venue, market, stop * (1.0 - costs["slippage"]), time_ms)
        loss = entry * (1.0 + costs["fee_rate"]) - received * (1.0 - costs["fee_rate"])
        value = settings["risk"] * equity / loss * entry
    if not math.isnan(settings["weight"]):
        value = min(value, settings["weight"] * equity)
    return equity if value == math.inf else value


@helper
def _cut(plan: Plan, book: Book, wanted: float, equity: float) -> float:
    """`wanted` within every cap and the free cash, whole KRW on the grid."""
    settings = plan.settings[0]
    costs = plan.venue.costs[0]
    working = 0.0
    free = book.account[0]["cash_krw"]
    for market in range(book.position.shape[0]):
        if book.order[market]["side"] == BUY:
            working += working_amount(book, market)
            free -= working_amount(book, market) * (1.0 + costs["fee_rate"])
    exposure = exposure_krw(book) + working
    value = min(wanted, settings["max_weight"] * equity, settings["exposure_per_market"] * equity)
    value = min(value, settings["exposure_total"] * equity - exposure, settings["max_order_krw"])
    value = min(value, (free - settings["cash_reserve_krw"]) / (1.0 + costs["fee_rate"]), free / (1.0 + costs["fee_rate"]))
    return value if costs["on_grid"] == 0 else float(np.floor(value))
