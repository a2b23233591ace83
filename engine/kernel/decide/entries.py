"""CLOSE, third part: candidates by rank, the reasons to skip them, and the size of a buy (docs/decide.md §6.3)."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from engine.kernel.abi import helper, rare
from engine.kernel.book import BOUGHT, ENTRY_FALSE, ENTRY_MISSING, NOT_TRADABLE, ORDER_WORKING, POSITION_OPEN, Book
from engine.kernel.decide.account import capital_krw, fill_account, fill_order, late_value
from engine.kernel.decide.engaged import next_row
from engine.kernel.decide.limits import PASSED, account_reason, limit_reason
from engine.kernel.decide.plan import FOR_ENTRY, Plan
from engine.kernel.decide.position import (
    equity_krw,
    evaluate,
    exposure_krw,
    grid_level,
    is_open,
    market_value,
    own_exposure_krw,
    working_amount,
)
from engine.kernel.decide.sales import BUY, buy, is_working
from engine.kernel.eights import first_bit
from engine.kernel.fills import TAKE, limit_price
from engine.kernel.legal import NAN, QUANTITY_SCALE, ceil_tick, fee_rate, floor_tick, is_halted, slippage_of

#: positions in engine.kernel.book.SKIP_REASONS; those before them are in `limits`
NO_PRICE: Final = 16
SLIPPAGE: Final = 17
NO_LEVEL: Final = 18
STOP_ABOVE_ENTRY: Final = 19
NO_SIZE: Final = 20
TARGET_BELOW_COST: Final = 21
BOOK_MISSING: Final = 22
BOOK_SHARE: Final = 23
NO_CASH: Final = 24
BELOW_MINIMUM: Final = 25
ORDER_CONDITION: Final = 26
HALTED: Final = 27


@helper
def decide_entries(plan: Plan, book: Book, time_ms: int) -> None:
    """Buy, or skip and count, every market whose entry condition is true."""
    enter_queued(plan, book, queue_entries(plan, book), equity_krw(book), time_ms)


@helper
def enter_queued(plan: Plan, book: Book, count: int, equity: float, time_ms: int) -> None:
    """Buy, or skip and count, the candidates in `book.queue`. equity: the account's now."""
    if count == 0:
        return
    capital = capital_krw(plan, equity)
    for position in range(count):
        enter(plan, book, book.queue[position], capital, time_ms)


@helper
def queue_entries(plan: Plan, book: Book) -> int:
    """Fill `book.queue` with the candidates, best first, and `book.scales` with their sizes; returns how many."""
    count = _queue_candidates(plan, book)
    _find_scales(plan, book, count)
    return count


@helper
def rank_of(plan: Plan, book: Book, market: int) -> float:
    """What a candidate is ordered by; missing without a rank."""
    slot = plan.settings[0]["rank_slot"]
    return market_value(plan, book, market, slot) if slot >= 0 else NAN


@helper
def enter(plan: Plan, book: Book, market: int, capital: float, time_ms: int) -> None:
    """Buy, or skip and count. capital: of the account before the first entry of this CLOSE."""
    reason = limit_reason(plan, book, market, time_ms)
    if reason == PASSED:
        reason = account_reason(plan, book, market, time_ms)
    if reason == PASSED:
        reason = _try_entry(plan, book, market, capital, time_ms)
    book.verdict[market]["code"] = reason
    if reason != PASSED:
        book.skipped[reason] += 1


@helper
def _queue_candidates(plan: Plan, book: Book) -> int:
    """Fill `book.queue` with the candidates, highest rank first, missing rank last, ties in market order; returns how many."""
    slot = plan.settings[0]["entry_slot"]
    count = 0
    for market in range(book.position.shape[0]):
        standing = _standing(plan, book, market, slot)
        book.verdict[market]["code"] = standing
        book.verdict[market]["entry_krw"] = NAN
        book.verdict[market]["level_krw"] = NAN
        book.verdict[market]["amount_krw"] = NAN
        if standing == BOUGHT:
            count = _queue(plan, book, market, count)
    return count


@helper
def queue_due(plan: Plan, book: Book, due: int) -> int:
    """As `queue_entries`, where the first `due` of `book.queue`, in order, are the markets that can be bought and whose entry condition is
    true. Verdicts of the others stay as they are."""
    count = 0
    for position in range(due):
        market = book.queue[position]
        if _is_on(plan, book, market):
            count = _queue(plan, book, market, count)
    _find_scales(plan, book, count)
    return count


@helper
def _queue(plan: Plan, book: Book, market: int, count: int) -> int:
    """Put a candidate into the `count` of `book.queue`, highest rank first, missing rank last, ties in order; returns how many then."""
    book.queue[_place_of(plan, book, market, count) if count > 0 and plan.settings[0]["rank_slot"] >= 0 else count] = market
    return count + 1


@helper
def _place_of(plan: Plan, book: Book, market: int, count: int) -> int:
    """Make room for a candidate among the `count` of `book.queue`, by rank."""
    rank_slot = plan.settings[0]["rank_slot"]
    place, rank = count, market_value(plan, book, market, rank_slot)
    while place > 0 and _outranks(rank, market_value(plan, book, book.queue[place - 1], rank_slot)):
        book.queue[place] = book.queue[place - 1]
        place -= 1
    return place


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
    return ENTRY_FALSE if condition == 0.0 or not _is_on(plan, book, market) else BOUGHT


@helper
def _is_on(plan: Plan, book: Book, market: int) -> bool:
    """The portfolio lets the strategy enter."""
    slot = plan.settings[0]["when_slot"]
    if slot < 0:
        return True
    value = market_value(plan, book, market, slot)
    return not math.isnan(value) and bool(value != 0.0)


@helper
def _outranks(rank: float, other: float) -> bool:
    """Strictly before the other; a missing rank is the last."""
    return rank > other or (math.isnan(other) and not math.isnan(rank))


@helper
def _find_scales(plan: Plan, book: Book, count: int) -> None:
    """The size multiplier of every queued market, from the account as it is before the first entry."""
    if count > 0 and plan.settings[0]["scale_slot"] >= 0:
        _evaluate_scales(plan, book, count)


@rare
def _evaluate_scales(plan: Plan, book: Book, count: int) -> None:
    """Where there are any."""
    slot = plan.settings[0]["scale_slot"]
    fill_account(plan, book)
    for position in range(count):
        market = book.queue[position]
        book.scales[market] = late_value(plan, book, market, slot)


@helper
def _try_entry(plan: Plan, book: Book, market: int, capital: float, time_ms: int) -> int:
    """Make the BUY; or the reason not to."""
    last = book.position[market]["last_krw"]
    if math.isnan(last):
        return NO_PRICE
    if plan.venue.costs[0]["slippage"] > plan.settings[0]["max_slippage"]:
        return SLIPPAGE
    limit = NAN
    if plan.buying[0]["kind"] == TAKE:
        entry = ceil_tick(plan.venue, market, last * (1.0 + plan.venue.costs[0]["slippage"]), time_ms)
    else:
        entry = limit_price(plan.venue, plan.buying, market, last, time_ms)
        limit = entry
    if plan.settings[0]["has_levels"] != 0 or plan.settings[0]["order_slot"] >= 0:
        evaluate(plan, book, market, FOR_ENTRY, False, entry, entry, entry, entry, 0, 0, time_ms)
    stop = _stop_level(plan, book, market, time_ms)
    highest = _highest_stop(plan, book, market, stop, time_ms)
    book.verdict[market]["entry_krw"] = entry
    book.verdict[market]["level_krw"] = stop
    if math.isnan(highest):
        return NO_LEVEL
    if highest >= entry:
        book.verdict[market]["level_krw"] = highest
        return STOP_ABOVE_ENTRY
    scale = book.scales[market] if plan.settings[0]["scale_slot"] >= 0 else 1.0
    if not scale > 0.0:
        return NO_SIZE
    if _first_targets(plan) != 0 and _target_below_cost(plan, book, market, entry, plan.venue.costs[0]["slippage"], time_ms):
        return TARGET_BELOW_COST
    share = plan.settings[0]["share"]
    wanted = _wanted_krw(plan, market, capital * share, entry, stop, time_ms) * scale * book.account[0]["size_factor"]
    deep = _book_share_krw(plan, book, market)
    if math.isnan(deep):
        return BOOK_MISSING
    working, free = _reserved_krw(plan, book)
    left = _left_krw(plan, book, market, capital, working, free, time_ms)
    value = min(_cut(plan, book, wanted, capital, working), left, deep, _one_loss_krw(plan, book, market, capital, entry, time_ms))
    value = value if plan.venue.costs[0]["on_grid"] == 0 else float(np.floor(value))
    book.verdict[market]["amount_krw"] = value
    minimum = plan.settings[0]["min_order_krw"]
    if not value >= minimum:
        return BOOK_SHARE if deep < minimum else NO_CASH if left < minimum else BELOW_MINIMUM
    slippage = expected_slippage(plan, book, market, value, last, time_ms)
    if slippage != plan.venue.costs[0]["slippage"]:
        reason = _impact_reason(plan, book, market, last, limit, slippage, time_ms)
        if reason != PASSED:
            return reason
    if plan.settings[0]["order_slot"] >= 0 and not _order_is_wanted(plan, book, market, value, entry, slippage, time_ms):
        return ORDER_CONDITION
    if plan.venue.halts.shape[0] > 0 and is_halted(plan.venue, market, time_ms + plan.venue.costs[0]["latency_ms"]):
        return HALTED
    buy(book, market, value, limit, time_ms)
    if time_ms < plan.market[market]["settle_ms"]:
        book.account[0]["unsettled_entries"] += 1
    return PASSED


@rare
def _order_is_wanted(plan: Plan, book: Book, market: int, value_krw: float, entry: float, slippage: float, time_ms: int) -> bool:
    """The entry's condition on the order is true."""
    slot = plan.settings[0]["order_slot"]
    fill_account(plan, book)
    fill_order(plan, book, value_krw, entry, fee_rate(plan.venue, market, time_ms), slippage)
    wanted = late_value(plan, book, market, slot)
    return not math.isnan(wanted) and bool(wanted != 0.0)


@helper
def expected_slippage(plan: Plan, book: Book, market: int, value_krw: float, last_krw: float, time_ms: int) -> float:
    """Of a buy of that size, or of the part of it that may trade in one bar, if as much trades as in the market's last traded bar."""
    costs = plan.venue.costs[0]
    volume = book.flow[market]["volume_e8"]
    quantity = min(value_krw * QUANTITY_SCALE / last_krw, costs["buy_share"] * volume if costs["buy_share"] != math.inf else math.inf)
    return slippage_of(plan.venue, market, True, quantity, volume, time_ms)[0]


@rare
def _impact_reason(plan: Plan, book: Book, market: int, last_krw: float, limit: float, slippage: float, time_ms: int) -> int:
    """The tests of expected costs once more, with the slippage of an order of this size."""
    if slippage > plan.settings[0]["max_slippage"]:
        return SLIPPAGE
    entry = limit
    if math.isnan(limit):
        entry = ceil_tick(plan.venue, market, last_krw * (1.0 + slippage), time_ms)
    evaluate(plan, book, market, FOR_ENTRY, False, entry, entry, entry, entry, 0, 0, time_ms)
    return TARGET_BELOW_COST if _target_below_cost(plan, book, market, entry, slippage, time_ms) else PASSED


@helper
def _stop_level(plan: Plan, book: Book, market: int, time_ms: int) -> float:
    rule = plan.settings[0]["stop_exit"]
    return grid_level(plan, book, market, rule, time_ms) if rule >= 0 else NAN


@helper
def _highest_stop(plan: Plan, book: Book, market: int, stop: float, time_ms: int) -> float:
    """The highest level of the STOPs that are active from the start, and of the one that risk is measured to; NaN when one of them is
    missing, minus infinite without any. stop: level of that one, if there is one."""
    highest = stop if plan.settings[0]["stop_exit"] >= 0 else -math.inf
    left = _first_stops(plan)
    while left != 0:
        level = grid_level(plan, book, market, first_bit(left), time_ms)
        left &= left - 1
        if not level <= highest and not math.isnan(highest):
            highest = level
    return float(highest)


@helper
def _first_stops(plan: Plan) -> int:
    """Bit set of the STOPs that are active from the start."""
    return int(plan.settings[0]["stops"] & plan.settings[0]["first"])


@helper
def _first_targets(plan: Plan) -> int:
    """The same of TARGETs."""
    return int(plan.settings[0]["targets"] & plan.settings[0]["first"])


@helper
def _book_share_krw(plan: Plan, book: Book, market: int) -> float:
    """The most that the profile lets a buy take of the order book; infinite without such a limit, NaN where the depth is missing."""
    slot = plan.settings[0]["book_slot"]
    return float(plan.settings[0]["book_share"] * market_value(plan, book, market, slot)) if slot >= 0 else math.inf


@helper
def _target_below_cost(plan: Plan, book: Book, market: int, entry: float, slippage: float, time_ms: int) -> bool:
    """The lowest TARGET that is active from the start does not pay for both fees and the slippage."""
    lowest = math.inf
    left = _first_targets(plan)
    while left != 0:
        level = grid_level(plan, book, market, first_bit(left), time_ms)
        left &= left - 1
        if level < lowest:
            lowest = level
    if lowest == math.inf:
        return False
    fee = fee_rate(plan.venue, market, time_ms)
    if plan.settings[0]["resting_targets"] != 0:
        slippage = 0.0
    received = floor_tick(plan.venue, market, lowest * (1.0 - slippage), time_ms) * (1.0 - fee)
    return bool(not received > entry * (1.0 + fee))


@helper
def _wanted_krw(plan: Plan, market: int, capital: float, entry: float, stop: float, time_ms: int) -> float:
    """By risk (lost at the stop, fees and slippage included), by weight, the smaller of both, or everything."""
    settings = plan.settings[0]
    value = math.inf
    if settings["stop_exit"] >= 0:
        value = settings["risk"] * capital / _lost_krw(plan, market, entry, stop, time_ms) * entry
    if not math.isnan(settings["weight"]):
        value = min(value, settings["weight"] * capital)
    return capital if value == math.inf else value


@helper
def _lost_krw(plan: Plan, market: int, entry: float, stop: float, time_ms: int) -> float:
    """What one coin loses at the stop, fees and slippage included."""
    fee = fee_rate(plan.venue, market, time_ms)
    received = floor_tick(plan.venue, market, stop * (1.0 - plan.venue.costs[0]["slippage"]), time_ms)
    return float(entry * (1.0 + fee) - received * (1.0 - fee))


@helper
def _one_loss_krw(plan: Plan, book: Book, market: int, capital: float, entry: float, time_ms: int) -> float:
    """The largest order that loses no more at its stop than the profile lets one trade lose; infinite without a limit or a stop."""
    settings = plan.settings[0]
    allowed = min(settings["loss_ratio"] * capital, settings["loss_krw"])
    if allowed == math.inf:
        return math.inf
    lowest = math.inf
    left = 1 << settings["loss_exit"] if settings["loss_exit"] >= 0 else _first_stops(plan)
    while left != 0:
        lowest = min(lowest, grid_level(plan, book, market, first_bit(left), time_ms))
        left &= left - 1
    return math.inf if lowest == math.inf else float(allowed / _lost_krw(plan, market, entry, lowest, time_ms) * entry)


@helper
def _reserved_krw(plan: Plan, book: Book) -> tuple[float, float]:
    """What working buys have not filled yet, and the cash that they leave free."""
    markets = book.position.shape[0]
    working = 0.0
    free = book.account[0]["cash_krw"]
    row = next_row(book, 0)
    while row < book.all_order.shape[0]:
        if book.all_order[row]["side"] == BUY:
            waits = max(book.all_order[row]["amount_krw"] - book.all_position[row]["cost_krw"], 0.0)
            working += waits
            free -= waits * (1.0 + fee_rate(plan.venue, row % markets, book.all_order[row]["created_ms"]))
        row = next_row(book, row + 1)
    return working, free


@helper
def _own_krw(book: Book) -> float:
    """Positions and working buys of this strategy."""
    own = own_exposure_krw(book)
    for market in range(book.position.shape[0]):
        own += working_amount(book, market) if book.order[market]["side"] == BUY else 0.0
    return float(own)


@helper
def _left_krw(plan: Plan, book: Book, candidate: int, capital: float, working: float, free: float, time_ms: int) -> float:
    """The most that there is money for, fee included: free cash, less the reserve, within the capital and the strategy's share of it."""
    settings = plan.settings[0]
    with_fee = 1.0 + fee_rate(plan.venue, candidate, time_ms)
    value = min((free - settings["cash_reserve_krw"]) / with_fee, free / with_fee)
    if settings["share"] != 1.0:
        value = min(value, (capital * settings["share"] - _own_krw(book)) / with_fee)
    if settings["capital_krw"] != math.inf or settings["capital_ratio"] != 1.0:
        value = min(value, (capital - (exposure_krw(book) + working)) / with_fee)
    return float(value)


@helper
def _cut(plan: Plan, book: Book, wanted: float, capital: float, working: float) -> float:
    """`wanted` within every limit on its size and on the exposure."""
    settings = plan.settings[0]
    value = min(wanted, settings["max_weight"] * (capital * settings["share"]), settings["exposure_per_market"] * capital)
    value = min(value, settings["max_order_krw"])
    if settings["exposure_total"] != math.inf:
        value = min(value, settings["exposure_total"] * capital - (exposure_krw(book) + working))
    if settings["exposure_per_strategy"] != math.inf:
        value = min(value, settings["exposure_per_strategy"] * capital - _own_krw(book))
    return float(value)
