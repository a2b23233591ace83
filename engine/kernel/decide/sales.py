"""How much an exit sells, and the orders that decisions make (docs/decide.md §4)."""

from __future__ import annotations

from typing import Final

from engine.kernel.abi import helper, items
from engine.kernel.book import Book
from engine.kernel.decide.engaged import engage
from engine.kernel.decide.plan import Plan
from engine.kernel.legal import NAN, floor_ratio, value_krw
from engine.model.events import Side

BUY: Final = int(Side.BID)
SELL: Final = int(Side.ASK)
NO_EXIT: Final = -1
MINUTE_MS: Final = 60_000


@helper
def sale_quantity(plan: Plan, book: Book, market: int, rule: int, left_e8: float, reference_krw: float) -> float:
    """Quantity (1e-8) that the exit sells of `left_e8`, everything where too little would remain; 0 = nothing to sell.

    What touches of its level have sold of it before counts as if it were still there.
    """
    minimum, touched = plan.settings[0]["sale_minimum_krw"], book.exits[market, rule]["touched_e8"]
    row = plan.exits[rule]
    base = left_e8 + touched if row["of_rest"] != 0 else book.position[market]["bought_e8"]
    if plan.venue.costs[0]["on_grid"] == 0:
        share = base * row["share_unit"] / row["share_scale"]
    else:
        share = floor_ratio(base, row["share_unit"], row["share_scale"])
    quantity = min(left_e8, share - touched)
    if quantity <= 0.0:
        return 0.0
    rest = left_e8 - quantity
    if value_krw(rest, reference_krw) < minimum:
        return left_e8
    return float(quantity) if plan.venue.costs[0]["on_grid"] == 0 else float(left_e8 - rest)  # above 2^53 `rest` can be rounded


@helper
def legal_sale(plan: Plan, book: Book, market: int, rule: int, left_e8: float, reference_krw: float) -> float:
    """`sale_quantity`, or 0 when that is worth less than the exchange's minimum; which is counted once per position and exit."""
    quantity = sale_quantity(plan, book, market, rule, left_e8, reference_krw)
    if (
        quantity > 0.0
        and value_krw(quantity + book.exits[market, rule]["touched_e8"], reference_krw) < plan.settings[0]["sale_minimum_krw"]
    ):
        if book.exits[market, rule]["small_counted"] == 0:
            book.exits[market, rule]["small_counted"] = 1
            book.account[0]["sale_below_minimum"] += 1
        return 0.0
    return quantity


@helper
def make_order(
    book: Book,
    market: int,
    side: int,
    amount_krw: float,
    quantity_e8: float,
    level_krw: float,
    limit_krw: float,
    rule: int,
    fires: int,
    time_ms: int,
) -> None:
    """Put an order into the market's slot and into the outbox of this event."""
    order = book.order[market]
    order["order_id"] = book.account[0]["next_order_id"]
    order["side"] = side
    order["created_ms"] = time_ms
    order["amount_krw"] = amount_krw
    order["quantity_e8"] = quantity_e8
    order["filled_e8"] = 0.0
    order["level_krw"] = level_krw
    order["limit_krw"] = limit_krw
    order["exit_index"] = rule
    order["fires"] = fires
    order["left_e8"] = quantity_e8
    order["ambiguous"] = 0
    order["stopped"] = 0
    book.account[0]["next_order_id"] += 1
    minute = time_ms // MINUTE_MS
    book.account[0]["orders_in_minute"] = book.account[0]["orders_in_minute"] + 1 if book.account[0]["minute"] == minute else 1
    book.account[0]["minute"] = minute
    book.outbox[0] += 1
    book.outbox[book.outbox[0]] = market


@helper
def buy(book: Book, market: int, amount_krw: float, limit_krw: float, time_ms: int) -> None:
    """BUY `amount_krw`, decided now: its columns are kept for the levels of the position that it opens. limit_krw: NaN = none."""
    count = book.columns.shape[1]
    columns, kept = items(book.columns, market * count), items(book.entry_columns, market * count)
    for column in range(count):
        kept[column] = columns[column]
    make_order(book, market, BUY, amount_krw, 0.0, NAN, limit_krw, NO_EXIT, 0, time_ms)
    engage(book, market)


@helper
def sell(
    book: Book, market: int, quantity_e8: float, level_krw: float, rule: int, fires: int, time_ms: int, limit_krw: float = NAN
) -> None:
    """SELL `quantity_e8`; level_krw: base price inside a STEP, NaN at a CLOSE; limit_krw: it has waited there and trades at it."""
    make_order(book, market, SELL, 0.0, quantity_e8, level_krw, limit_krw, rule, fires, time_ms)


@helper
def stop_buying(book: Book, market: int) -> None:
    """The position of a buy that still works is to be sold: what is left of the buy shall be cancelled."""
    if book.order[market]["side"] == BUY:
        book.order[market]["stopped"] = 1


@helper
def clear_order(book: Book, market: int) -> None:
    """No working order."""
    order = book.order[market]
    order["order_id"] = 0
    order["side"] = 0
    order["created_ms"] = 0
    order["amount_krw"] = 0.0
    order["quantity_e8"] = 0.0
    order["filled_e8"] = 0.0
    order["level_krw"] = 0.0
    order["limit_krw"] = 0.0
    order["exit_index"] = 0
    order["fires"] = 0
    order["left_e8"] = 0.0
    order["ambiguous"] = 0
    order["stopped"] = 0


@helper
def is_busy(book: Book, market: int) -> bool:
    """Any strategy of the account has an order in the market whose DONE has not come."""
    if is_working(book, market):
        return True
    if book.all_order.shape[0] == book.order.shape[0]:  # it is the only one
        return False
    for row in range(market, book.all_order.shape[0], book.order.shape[0]):
        if book.all_order[row]["side"] != 0:
            return True
    return False


@helper
def is_working(book: Book, market: int) -> bool:
    """The market has an order whose DONE has not come."""
    return bool(book.order[market]["side"] != 0)
