"""Limits that forbid an entry, whatever its price: of the strategy, of breakers and rules, of the account (docs/decide.md §6.3, §8)."""

from __future__ import annotations

from typing import Final

from dsl.strategy import Period
from engine.kernel.abi import helper, rare
from engine.kernel.book import BOUGHT, DAY_MS, Book
from engine.kernel.decide.account import is_taken, positions_of_account
from engine.kernel.decide.crowding import cluster_size
from engine.kernel.decide.engaged import next_engaged
from engine.kernel.decide.guard import breaker_in_force, breaker_is_missing
from engine.kernel.decide.plan import Plan
from engine.kernel.decide.position import is_open
from engine.kernel.decide.sales import BUY, MINUTE_MS

#: positions in engine.kernel.book.SKIP_REASONS
ENTRIES_STOPPED: Final = 0
LOSS_LIMIT: Final = 1
DRAWDOWN: Final = 2
BREAKER: Final = 3
BREAKER_MISSING: Final = 4
OPEN_POSITIONS: Final = 5
ENTRIES_PER_DAY: Final = 6
COOLDOWN: Final = 7
REENTRY: Final = 8
ACCOUNT_POSITIONS: Final = 9
POSITIONS_PER_MARKET: Final = 10
MARKET_BUSY: Final = 11
SECTOR: Final = 12
CROWDING: Final = 13
CROWDING_MISSING: Final = 14
ORDERS_PER_MINUTE: Final = 15
PASSED: Final = BOUGHT

_NO_LIMIT: Final = 2**63 - 1
_DRAWDOWN_PERIOD: Final = int(Period.DRAWDOWN)


@helper
def limit_reason(plan: Plan, book: Book, market: int, time_ms: int) -> int:
    """The first limit that forbids an entry in this market, before anything about its price."""
    if book.account[0]["entries_stopped"] != 0:
        return ENTRIES_STOPPED
    stopped_by = book.account[0]["stopped_by"]
    if stopped_by >= 0:
        return DRAWDOWN if plan.rules[stopped_by]["period"] == _DRAWDOWN_PERIOD else LOSS_LIMIT
    return _own_reason(plan, book, market, time_ms) if plan.settings[0]["own_limits"] != 0 else PASSED


@rare
def _own_reason(plan: Plan, book: Book, market: int, time_ms: int) -> int:
    """Of breakers and of the strategy's own limits, where there are any."""
    settings = plan.settings[0]
    held = book.position[market]
    if breaker_in_force(plan, book, market, time_ms, False) >= 0:
        return BREAKER
    if breaker_is_missing(plan, book, market):
        return BREAKER_MISSING
    if _slots_in_use(book) >= settings["open_positions"]:
        return OPEN_POSITIONS
    today = held["entries_today"] if held["day"] == time_ms // DAY_MS else 0
    if today >= settings["entries_per_day"]:
        return ENTRIES_PER_DAY
    if settings["cooldown_ms"] > 0 and held["last_loss_ms"] >= 0 and time_ms < held["last_loss_ms"] + settings["cooldown_ms"]:
        return COOLDOWN
    reentry_bars = settings["reentry_bars"]
    if reentry_bars > 0 and held["last_exit_ms"] >= 0 and _bars_since(plan, held["last_exit_ms"], time_ms) < reentry_bars:
        return REENTRY
    return PASSED


@helper
def account_reason(plan: Plan, book: Book, market: int, time_ms: int) -> int:
    """The first limit over all strategies of the account that forbids an entry in this market."""
    alone = book.all_order.shape[0] == book.order.shape[0]
    return PASSED if alone and plan.settings[0]["account_limits"] == 0 else _shared_reason(plan, book, market, time_ms)


@rare
def _shared_reason(plan: Plan, book: Book, market: int, time_ms: int) -> int:
    """Where there is any, or the strategy is not the only one: then another may have a position or an order in the market."""
    settings = plan.settings[0]
    markets = book.position.shape[0]
    if settings["account_positions"] != _NO_LIMIT and positions_of_account(book) >= settings["account_positions"]:
        return ACCOUNT_POSITIONS
    here = 0
    busy = False
    for row in range(market, book.all_position.shape[0], markets):
        here += 1 if is_taken(book, row) else 0
        busy = busy or book.all_order[row]["side"] != 0
    if here >= settings["positions_per_market"]:
        return POSITIONS_PER_MARKET
    if busy:
        return MARKET_BUSY
    sector = plan.market[market]["sector"]
    if sector >= 0 and settings["max_per_sector"] != _NO_LIMIT:
        members = 0
        for row in range(book.all_position.shape[0]):
            members += 1 if plan.market[row % markets]["sector"] == sector and is_taken(book, row) else 0
        if members >= settings["max_per_sector"]:
            return SECTOR
    most = settings["cluster_most"]
    if most != _NO_LIMIT and cluster_size(plan, book, market, most, False) > most:
        return CROWDING
    if most != _NO_LIMIT and cluster_size(plan, book, market, most, True) > most:
        return CROWDING_MISSING
    made = book.account[0]["orders_in_minute"] if book.account[0]["minute"] == time_ms // MINUTE_MS else 0
    return ORDERS_PER_MINUTE if made >= settings["orders_per_minute"] else PASSED


@helper
def _slots_in_use(book: Book) -> int:
    count, market = 0, next_engaged(book, 0)
    while market < book.position.shape[0]:
        if is_open(book, market) or book.order[market]["side"] == BUY:
            count += 1
        market = next_engaged(book, market + 1)
    return count


@helper
def _bars_since(plan: Plan, exit_ms: int, time_ms: int) -> int:
    """Whole clock bars between the bar of the exit's FILL and this close."""
    clock = plan.settings[0]["clock_ms"]
    offset = plan.settings[0]["clock_offset_ms"]
    return int((time_ms - offset) // clock - 1 - (exit_ms - offset) // clock)
