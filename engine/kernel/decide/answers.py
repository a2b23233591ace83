"""FILL, DONE, CASH and CONTROL: the only events that change cash and positions (docs/decide.md §7)."""

from __future__ import annotations

from typing import Final

from engine.kernel.abi import helper
from engine.kernel.book import DAY_MS, Book
from engine.kernel.decide.guard import release
from engine.kernel.decide.plan import Plan
from engine.kernel.decide.position import ANYTHING, freeze_levels, is_open, queue_up, refresh_levels, take_extreme
from engine.kernel.decide.sales import BUY, clear_order, is_working
from engine.kernel.decide.step import IDLE, continue_step, end_step
from engine.kernel.legal import NAN, value_krw
from engine.model.events import ControlKind

#: what a transition returns
ACCEPTED: Final = 0
UNKNOWN_ORDER: Final = 1
OVERSOLD: Final = 2

_STOP_ENTRIES: Final = int(ControlKind.STOP_ENTRIES)


@helper
def on_fill(plan: Plan, book: Book, market: int, order_id: int, quantity_e8: float, price_krw: float, fee_krw: float, time_ms: int) -> int:
    """A part of the market's working order traded. Nothing changes unless ACCEPTED is returned."""
    order = book.order[market]
    if not is_working(book, market) or order["order_id"] != order_id:
        return UNKNOWN_ORDER
    if is_oversold(book, market, quantity_e8):
        return OVERSOLD
    if time_ms > book.position[market]["step_ms"]:
        end_step(plan, book, market)
    take_fill(plan, book, market, quantity_e8, price_krw, fee_krw, time_ms)
    return ACCEPTED


@helper
def is_oversold(book: Book, market: int, quantity_e8: float) -> bool:
    """The market's working order is a sale, and so much is more than there is."""
    return bool(book.order[market]["side"] != BUY and quantity_e8 > book.position[market]["quantity_e8"])


@helper
def take_fill(plan: Plan, book: Book, market: int, quantity_e8: float, price_krw: float, fee_krw: float, time_ms: int) -> None:
    """`on_fill` where the order is known, and no STEP of before `time_ms` is unfinished."""
    order = book.order[market]
    order["filled_e8"] += quantity_e8
    order["left_e8"] -= quantity_e8
    book.account[0]["fees_krw"] += fee_krw
    book.account[0]["stirred"] = 1
    if order["side"] == BUY:
        _bought(plan, book, market, quantity_e8, price_krw, fee_krw, time_ms)
    else:
        _sold(book, market, quantity_e8, price_krw, fee_krw, time_ms)


@helper
def _bought(plan: Plan, book: Book, market: int, quantity_e8: float, price_krw: float, fee_krw: float, time_ms: int) -> None:
    held = book.position[market]
    cost = value_krw(quantity_e8, price_krw)
    book.account[0]["cash_krw"] -= cost + fee_krw
    if held["quantity_e8"] == 0.0:
        held["entry_krw"] = price_krw
        held["high_krw"] = price_krw
        held["low_krw"] = price_krw
        held["opened_ms"] = time_ms
        day = time_ms // DAY_MS
        held["entries_today"] = held["entries_today"] + 1 if held["day"] == day else 1
        held["day"] = day
        held["active"] = plan.settings[0]["first"]
    else:
        bought = held["bought_e8"]
        held["entry_krw"] = (held["entry_krw"] * bought + price_krw * quantity_e8) / (bought + quantity_e8)
        take_extreme(book, market, held["entry_krw"])
    held["quantity_e8"] += quantity_e8
    held["bought_e8"] += quantity_e8
    held["cost_krw"] += cost
    held["fees_krw"] += fee_krw
    freeze_levels(plan, book, market, held["entry_krw"], time_ms)
    refresh_levels(plan, book, market, held["entry_krw"], time_ms, ANYTHING)


@helper
def _sold(book: Book, market: int, quantity_e8: float, price_krw: float, fee_krw: float, time_ms: int) -> None:
    held = book.position[market]
    proceeds = value_krw(quantity_e8, price_krw)
    book.account[0]["cash_krw"] += proceeds - fee_krw
    held["quantity_e8"] -= quantity_e8
    held["proceeds_krw"] += proceeds
    held["fees_krw"] += fee_krw
    if held["quantity_e8"] == 0.0:
        held["last_exit_ms"] = time_ms
        book.account[0]["trades_closed"] += 1
        if held["proceeds_krw"] - held["cost_krw"] - held["fees_krw"] < 0.0:
            held["last_loss_ms"] = time_ms
            book.account[0]["losses_in_row"] += 1
        else:
            book.account[0]["losses_in_row"] = 0
        _forget_position(book, market)


@helper
def _forget_position(book: Book, market: int) -> None:
    held = book.position[market]
    held["bought_e8"] = 0.0
    held["cost_krw"] = 0.0
    held["proceeds_krw"] = 0.0
    held["fees_krw"] = 0.0
    held["entry_krw"] = 0.0
    held["high_krw"] = 0.0
    held["low_krw"] = 0.0
    held["opened_ms"] = 0
    held["active"] = 0
    for rule in range(book.exits.shape[1]):
        state = book.exits[market, rule]
        state["fired"] = 0
        state["level_krw"] = NAN
        state["small_counted"] = 0
        state["touched_e8"] = 0.0


@helper
def on_done(plan: Plan, book: Book, market: int, order_id: int, time_ms: int) -> int:
    """The market's working order is over: its exits have fired if anything sold, and an unfinished STEP goes on."""
    if not is_working(book, market) or book.order[market]["order_id"] != order_id:
        return UNKNOWN_ORDER
    if time_ms > book.position[market]["step_ms"]:
        end_step(plan, book, market)
    take_done(plan, book, market, time_ms)
    return ACCEPTED


@helper
def take_done(plan: Plan, book: Book, market: int, time_ms: int) -> None:
    """`on_done` where the order is known, and no STEP of before `time_ms` is unfinished."""
    order = book.order[market]
    held = book.position[market]
    sold = order["side"] != BUY and order["filled_e8"] > 0.0
    fires = order["fires"]
    if sold and fires == 0 and order["exit_index"] >= 0:  # a touch sold a part
        book.exits[market, order["exit_index"]]["touched_e8"] += order["filled_e8"]
    clear_order(book, market)
    if sold and is_open(book, market):
        price = held["last_krw"] if held["step_stage"] == IDLE else held["step_price"]
        held["active"] &= ~fires
        for rule in range(book.exits.shape[1]):
            if (fires >> rule) & 1 != 0:
                book.exits[market, rule]["fired"] = 1
            after = plan.exits[rule]["after"]
            if after >= 0 and (fires >> after) & 1 != 0:
                if (fires >> rule) & 1 == 0 and book.exits[market, rule]["fired"] == 0:
                    held["active"] |= 1 << rule
                if plan.exits[rule]["frozen"] != 0:
                    queue_up(plan, book, market, rule, price, time_ms)
        refresh_levels(plan, book, market, price, time_ms, ANYTHING, fires)
    if held["step_stage"] != IDLE:
        continue_step(plan, book, market, sold)


@helper
def on_cash(book: Book, amount_krw: float) -> None:
    """Deposit or withdrawal: no profit and no loss, so what losses are measured from moves with it."""
    account = book.account[0]
    account["cash_krw"] += amount_krw
    account["cash_flow_krw"] += amount_krw
    account["day_base_krw"] += amount_krw
    account["week_base_krw"] += amount_krw
    account["month_base_krw"] += amount_krw
    for place in range(book.peaks.shape[0]):
        book.peaks[place] += amount_krw
    for window in range(book.windows.shape[0]):
        book.windows[window] += amount_krw


@helper
def on_control(plan: Plan, book: Book, kind: int) -> None:
    """Entries are stopped or allowed again."""
    book.account[0]["entries_stopped"] = 1 if kind == _STOP_ENTRIES else 0
    if kind != _STOP_ENTRIES:
        release(plan, book)
