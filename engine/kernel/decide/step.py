"""STEP: a market's price path open -> low -> high -> close, leg by leg, resumable after each sale (docs/decide.md §5)."""

from __future__ import annotations

from typing import Final

from engine.kernel.abi import helper, rare
from engine.kernel.book import Book
from engine.kernel.decide.plan import Plan
from engine.kernel.decide.position import ANYTHING, STOP, TARGET, is_open, refresh_levels, take_extreme
from engine.kernel.decide.quiet_plan import EXTREMES, MOMENT
from engine.kernel.decide.sales import BUY, is_working, legal_sale, sale_quantity, sell, stop_buying
from engine.kernel.eights import first_bit
from engine.kernel.fills import TAKE, touched_sale
from engine.kernel.legal import NAN, grid_changed, value_krw

#: POSITION.step_stage
IDLE: Final = 0
DOWN_TO_LOW: Final = 1
UP_TO_HIGH: Final = 2
DOWN_TO_CLOSE: Final = 3

_NONE: Final = -1


@helper
def on_step(
    plan: Plan, book: Book, market: int, time_ms: int, open_krw: float, high_krw: float, low_krw: float, close_krw: float, traded: bool
) -> None:
    """Take a STEP in. It goes on until it ends or makes a sale; then `continue_step` after the sale's DONE."""
    end_step(plan, book, market)
    if not traded:
        return
    held = book.position[market]
    if not is_open(book, market):
        held["last_krw"] = close_krw
        return
    inside = plan.buying[0]["kind"] != TAKE and held["opened_ms"] == time_ms and low_krw <= held["entry_krw"] <= open_krw
    inside = inside and low_krw < open_krw
    if inside:  # what is left of the path is certain to come after the fill: from its price to the low, then to the close
        open_krw = held["entry_krw"]
        high_krw = close_krw
    if plan.settings[0]["has_levels"] == 0:  # nothing can be sold in it: all that it leaves behind is its extremes and its close
        take_extreme(book, market, max(open_krw, high_krw, close_krw))
        take_extreme(book, market, min(open_krw, low_krw, close_krw))
        held["last_krw"] = close_krw
        return
    new_grid = grid_changed(plan.venue, market, held["step_ms"], time_ms)
    held["step_ms"] = time_ms
    held["step_inside"] = 1 if inside else 0
    held["step_open"] = open_krw
    held["step_high"] = high_krw
    held["step_low"] = low_krw
    held["step_close"] = close_krw
    held["step_ambiguous"] = 0
    if _is_idle(plan, book, market, new_grid):
        take_extreme(book, market, max(open_krw, high_krw, close_krw))
        take_extreme(book, market, min(open_krw, low_krw, close_krw))
        held["step_price"] = close_krw
        held["last_krw"] = close_krw
        return
    held["step_stage"] = DOWN_TO_LOW
    _pass(plan, book, market, open_krw, new_grid)
    continue_step(plan, book, market, not is_working(book, market))


@helper
def _is_idle(plan: Plan, book: Book, market: int, new_grid: bool) -> bool:
    """The STEP goes nowhere near a level, and none moves in it: all that its path leaves behind is its extremes and its close."""
    if new_grid:
        return False
    held = book.position[market]
    highest = max(held["step_open"], held["step_high"], held["step_close"])
    lowest = min(held["step_open"], held["step_low"], held["step_close"])
    stops, targets, moving = plan.settings[0]["stops"], plan.settings[0]["targets"], plan.settings[0]["moving"]
    left = held["active"] & (stops | targets)
    while left != 0:
        rule = first_bit(left)
        left &= left - 1
        level = book.exits[market, rule]["level_krw"]
        if (level >= lowest) if (stops >> rule) & 1 != 0 else (level <= highest):
            return False
        if (moving >> rule) & 1 == 0:
            continue
        moves_with = plan.exits[rule]["moves_with"]
        if moves_with & MOMENT != 0 or (moves_with & EXTREMES != 0 and (lowest < held["low_krw"] or highest > held["high_krw"])):
            return False
    return True


@helper
def continue_step(plan: Plan, book: Book, market: int, may_sell: bool) -> None:
    """Go on along the path of the market's unfinished STEP up to its end or the next sale.

    may_sell False: while an order works, or when a sale did not come about (it is tried again in the next STEP, not against the same
    price at once), only extremes and levels move.
    """
    held = book.position[market]
    if may_sell and held["step_stage"] != IDLE and is_open(book, market) and _try_here(plan, book, market):
        return
    while held["step_stage"] != IDLE and is_open(book, market):
        end = _leg_end(book, market)
        if may_sell and _try_leg(plan, book, market, end):
            return
        if held["step_price"] != end:
            _pass(plan, book, market, end, False)
            if may_sell and _try_here(plan, book, market):
                return
        queued = plan.venue.costs[0]["queue_share"] > 0.0
        if may_sell and queued and held["step_stage"] == UP_TO_HIGH and _try_touch(plan, book, market):
            return
        held["step_stage"] = IDLE if held["step_stage"] == DOWN_TO_CLOSE else held["step_stage"] + 1
    held["step_stage"] = IDLE
    held["last_krw"] = held["step_close"]


@helper
def end_step(plan: Plan, book: Book, market: int) -> None:
    """An unanswered STEP is over: extremes and levels take in what is left of its path, and the last price is its close."""
    if book.position[market]["step_stage"] != IDLE:
        continue_step(plan, book, market, False)


@helper
def _pass(plan: Plan, book: Book, market: int, price_krw: float, new_grid: bool) -> None:
    """Reach the open or the end of a leg. A buy that still works is stopped where that is at a STOP of what it has bought so far."""
    buying = book.order[market]["side"] == BUY
    if buying:
        _watch_buy(plan, book, market, price_krw)
    _reach(plan, book, market, price_krw, new_grid)
    if buying:
        _watch_buy(plan, book, market, price_krw)


@rare
def _watch_buy(plan: Plan, book: Book, market: int, price_krw: float) -> None:
    """Stop the buy where an active STOP has a level at or above the price."""
    left = book.position[market]["active"] & plan.settings[0]["stops"]
    while left != 0:
        if book.exits[market, first_bit(left)]["level_krw"] >= price_krw:
            stop_buying(book, market)
        left &= left - 1


@helper
def _leg_end(book: Book, market: int) -> float:
    held = book.position[market]
    if held["step_stage"] == DOWN_TO_LOW:
        return float(held["step_low"])
    if held["step_stage"] == UP_TO_HIGH:
        return float(held["step_high"])
    return float(held["step_close"])


@helper
def _reach(plan: Plan, book: Book, market: int, price_krw: float, new_grid: bool) -> None:
    """The path gets to a price: extremes take it in, levels are computed anew where anything that they are made of can have moved."""
    held = book.position[market]
    held["step_price"] = price_krw
    changed = MOMENT | EXTREMES if take_extreme(book, market, price_krw) else MOMENT
    refresh_levels(plan, book, market, price_krw, held["step_ms"], ANYTHING if new_grid else changed)


@helper
def _try_leg(plan: Plan, book: Book, market: int, end_krw: float) -> bool:
    """Sell at the first level on the way to the leg's end, where nothing is left to sell at the place that the path stands at."""
    if book.position[market]["step_stage"] == UP_TO_HIGH:
        rule, quantity = _lowest_target(plan, book, market, end_krw)
    else:
        rule, quantity = _highest_stop(plan, book, market, end_krw)
    if rule == _NONE:
        return False
    _reach(plan, book, market, book.exits[market, rule]["level_krw"], False)
    _sell_exit(plan, book, market, rule, quantity)
    return True


@helper
def _try_here(plan: Plan, book: Book, market: int) -> bool:
    """Sell at the price reached: STOPs at or above it, highest first; then TARGETs at or below it, in file order."""
    price = book.position[market]["step_price"]
    rule, quantity = _highest_stop(plan, book, market, price)
    if rule == _NONE:
        rule, quantity = _first_target(plan, book, market, price)
    if rule == _NONE:
        return False
    _sell_exit(plan, book, market, rule, quantity)
    return True


@helper
def _sell_exit(plan: Plan, book: Book, market: int, rule: int, quantity_e8: float) -> None:
    held = book.position[market]
    base = held["step_price"]
    limit = NAN
    if plan.exits[rule]["kind"] == TARGET and plan.settings[0]["resting_targets"] != 0:
        base = book.exits[market, rule]["level_krw"]
        if held["step_ms"] >= book.exits[market, rule]["level_ms"] + plan.venue.costs[0]["latency_ms"]:
            limit = base
    if plan.exits[rule]["kind"] == STOP and held["step_stage"] == DOWN_TO_LOW and base < held["step_open"]:
        _examine_ambiguity(plan, book, market, base)
    sell(book, market, quantity_e8, base, rule, 1 << rule, held["step_ms"], limit)
    book.order[market]["ambiguous"] = held["step_ambiguous"]


@rare
def _try_touch(plan: Plan, book: Book, market: int) -> bool:
    """The path ends its way up, where queues are modelled: sell what the queue leaves to a TARGET that waits just there."""
    held = book.position[market]
    if plan.settings[0]["resting_targets"] == 0 or held["step_inside"] != 0:
        return False
    left = held["active"] & plan.settings[0]["targets"]
    while left != 0:
        rule = first_bit(left)
        left &= left - 1
        state, level = book.exits[market, rule], held["step_price"]
        if state["level_krw"] != level or state["touched_ms"] == held["step_ms"]:
            continue
        state["touched_ms"] = held["step_ms"]
        whole = legal_sale(plan, book, market, rule, held["quantity_e8"], level)
        quantity = touched_sale(plan.venue, state, book.flow, market, whole, held["step_ms"]) if whole > 0.0 else 0.0
        if quantity > 0.0:
            sell(book, market, quantity, level, rule, 1 << rule if quantity == whole else 0, held["step_ms"], level)
            book.order[market]["ambiguous"] = held["step_ambiguous"]
            return True
    return False


@helper
def _highest_stop(plan: Plan, book: Book, market: int, price_krw: float) -> tuple[int, float]:
    """(exit, quantity) of the active STOP with the highest level >= price whose sale can be made, ties in file order; exit -1 = none."""
    held = book.position[market]["quantity_e8"]
    stops = book.position[market]["active"] & plan.settings[0]["stops"]
    while True:
        best, best_level, left = _NONE, 0.0, stops
        while left != 0:
            rule = first_bit(left)
            left &= left - 1
            level = book.exits[market, rule]["level_krw"]
            if level >= price_krw and (best == _NONE or level > best_level):
                best = rule
                best_level = level
        quantity = legal_sale(plan, book, market, best, held, best_level) if best != _NONE else 0.0
        if best == _NONE or quantity > 0.0:
            return best, quantity
        stops &= ~(1 << best)


@helper
def _meets(plan: Plan, level_krw: float, price_krw: float) -> bool:
    """The price has come to a TARGET's level; where a limit sale waits there, above it."""
    return bool(level_krw < price_krw or (level_krw == price_krw and plan.settings[0]["resting_targets"] == 0))


@helper
def _met_targets(plan: Plan, book: Book, market: int) -> int:
    """Bit set of the TARGETs that a price of the present STEP can meet."""
    held = book.position[market]
    return int(held["active"] & plan.settings[0]["targets"]) if held["step_inside"] == 0 else 0


@helper
def _lowest_target(plan: Plan, book: Book, market: int, price_krw: float) -> tuple[int, float]:
    """The same of the active TARGET with the lowest level that the price meets."""
    held = book.position[market]["quantity_e8"]
    targets = _met_targets(plan, book, market)
    while True:
        best, best_level, left = _NONE, 0.0, targets
        while left != 0:
            rule = first_bit(left)
            left &= left - 1
            level = book.exits[market, rule]["level_krw"]
            if _meets(plan, level, price_krw) and (best == _NONE or level < best_level):
                best = rule
                best_level = level
        quantity = legal_sale(plan, book, market, best, held, best_level) if best != _NONE else 0.0
        if best == _NONE or quantity > 0.0:
            return best, quantity
        targets &= ~(1 << best)


@helper
def _first_target(plan: Plan, book: Book, market: int, price_krw: float) -> tuple[int, float]:
    """The same of the first active TARGET in file order whose level the price meets."""
    held = book.position[market]["quantity_e8"]
    left = _met_targets(plan, book, market)
    while left != 0:
        rule = first_bit(left)
        left &= left - 1
        level = book.exits[market, rule]["level_krw"]
        quantity = legal_sale(plan, book, market, rule, held, level) if _meets(plan, level, price_krw) else 0.0
        if quantity > 0.0:
            return rule, quantity
    return _NONE, 0.0


@rare
def _examine_ambiguity(plan: Plan, book: Book, market: int, stop_base_krw: float) -> None:
    """Before a STOP sells on the way to the low: would a TARGET be reached in the same STEP? Counted once in a STEP."""
    held = book.position[market]
    if held["step_ambiguous"] != 0:
        return
    left = _met_targets(plan, book, market)
    while left != 0:
        rule = first_bit(left)
        left &= left - 1
        level = book.exits[market, rule]["level_krw"]
        if not _meets(plan, level, held["step_high"]):
            continue
        quantity = sale_quantity(plan, book, market, rule, held["quantity_e8"], level)
        if value_krw(quantity + book.exits[market, rule]["touched_e8"], level) < plan.settings[0]["sale_minimum_krw"]:
            quantity = 0.0
        held["step_ambiguous"] = 1
        book.account[0]["ambiguous_steps"] += 1
        book.account[0]["ambiguous_krw"] += value_krw(quantity, level - stop_base_krw)
        return
