"""The fill model: whether, at what price and how much a working order trades at a STEP, or inside it (docs/decide.md §3)."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dsl.strategy import Enter
from engine.kernel.abi import helper, rare
from engine.kernel.depth import asks_krw, bids_e8, shown_krw, size_at_e8, standing
from engine.kernel.legal import (
    NAN,
    NOT_PRICED,
    QUANTITY_SCALE,
    Venue,
    bought_quantity,
    ceil_tick,
    fee_rate,
    floor_tick,
    is_halted,
    next_tick,
    slippage_of,
    value_krw,
)
from engine.kernel.modelled_book import supposed_at_e8
from engine.model.costs import TurnedAway
from engine.model.events import Side

_BUY: Final = int(Side.BID)

#: ENTER.kind
TAKE: Final = 0  # market, best: at the open
REST: Final = 1  # limit
MAKER: Final = 2  # post_only
AT_ONCE: Final = 3  # limit with ioc or fok

#: ENTER.then
CANCEL: Final = 1
MARKET: Final = 2

#: ENTER.force
NONE: Final = 0
IOC: Final = 1
FOK: Final = 2

#: what becomes of an order at a traded STEP. A part may trade with any of them but REFUSED
WAITS: Final = 0
TRADES: Final = 1  # the rest, so that the order is over
CANCELLED: Final = 2
REFUSED: Final = 3

_NEVER: Final = 2**62

#: how the strategy's buys are placed: `execution.enter`. ask: the price is made from the best ask, else from the best bid. `then` applies
#: where the filled share is in [filled_from, filled_below); a market order only up to that slippage, else it is cancelled
ENTER: Final = np.dtype(
    [
        ("kind", "i8"), ("ask", "i8"), ("ticks", "i8"), ("reprice_ms", "i8"), ("after_ms", "i8"), ("then", "i8"), ("force", "i8"),
        ("max_slippage", "f8"), ("filled_from", "f8"), ("filled_below", "f8"),
    ],
    align=True,
)  # fmt: skip

#: what the exchange knows of a market's waiting buy. resting: a STEP has passed it; last_krw: that STEP's close; market: it takes what
#: there is; ahead_e8: what stands before it at queued_krw
WAITING: Final = np.dtype(
    [
        ("order_id", "i8"), ("resting", "i8"), ("priced_ms", "i8"), ("limit_krw", "f8"), ("last_krw", "f8"), ("market", "i8"),
        ("queued_krw", "f8"), ("ahead_e8", "f8"),
    ],
    align=True,
)  # fmt: skip

#: one per market and account. traded_e8: what has traded for us in the STEP of time_ms; volume_e8: volume of the market's last traded bar;
#: step_e8: of its present STEP, where queues are asked for.
#: refused: buys larger than what the exchange showed; cut: sales of which it showed a part; halted: orders that met a halt. The latest
#: order that each of the last two counted stands beside it
FLOW: Final = np.dtype(
    [
        ("time_ms", "i8"), ("traded_e8", "f8"), ("volume_e8", "f8"), ("step_e8", "f8"),
        ("refused", "i8"), ("cut", "i8"), ("cut_order", "i8"), ("halted", "i8"), ("halted_order", "i8"),
    ],
    align=True,
)  # fmt: skip


def turned_away(flow: NDArray[Any]) -> TurnedAway:
    """Of FLOW [M]."""
    return TurnedAway(*(sum(flow[name].tolist()) for name in ("refused", "cut", "halted")))


def enter_terms(enter: Enter, clock_ms: int) -> NDArray[Any]:
    """ENTER [1]. clock_ms: a limit order without `after` is cancelled after one bar of the clock."""
    kinds = {"market": TAKE, "best": TAKE, "post_only": MAKER, "limit": REST if enter.time_in_force is None else AT_ONCE}
    kind = kinds[enter.order]
    after_ms = (_NEVER if kind in (TAKE, AT_ONCE) else clock_ms) if enter.after_ms is None else enter.after_ms
    reprice_ms = _NEVER if enter.reprice_ms is None else enter.reprice_ms
    then = MARKET if enter.then == "market" else CANCEL
    force = {None: NONE, "ioc": IOC, "fok": FOK}[enter.time_in_force]
    bounds = [math.inf if bound is None else bound for bound in (enter.then_max_slippage, enter.then_filled_below)]
    row = (
        kind,
        int(enter.side == "ask"),
        enter.ticks,
        reprice_ms,
        after_ms,
        then,
        force,
        bounds[0],
        enter.then_filled_from or 0.0,
        bounds[1],
    )
    return np.array([row], ENTER)


@rare
def limit_price(venue: Venue, enter: NDArray[Any], market: int, last_krw: float, time_ms: int) -> float:
    """Price of a limit buy: the best bid or ask of the book modelled from a last price, and some ticks."""
    slippage = venue.costs[0]["slippage"]
    price = floor_tick(venue, market, last_krw * (1.0 - slippage), time_ms)
    if enter[0]["ask"] != 0:
        price = max(ceil_tick(venue, market, last_krw * (1.0 + slippage), time_ms), next_tick(venue, market, price, time_ms, True))
    ticks = enter[0]["ticks"]
    for _ in range(abs(ticks)):
        price = next_tick(venue, market, price, time_ms, ticks > 0)
    return float(price)


@helper
def trade_at(
    venue: Venue,
    enter: NDArray[Any],
    waiting: NDArray[Any],
    flow: NDArray[Any],
    market: int,
    order_id: int,
    side: int,
    created_ms: int,
    amount_krw: float,
    spent_krw: float,
    left_e8: float,
    level_krw: float,
    limit_krw: float,
    open_krw: float,
    low_krw: float,
    close_krw: float,
    volume_e8: float,
    time_ms: int,
) -> tuple[int, float, float, float, float, int]:
    """(WAITS..REFUSED, quantity_e8, price_krw, fee_krw, base_krw, NOT_PRICED..BEYOND_BOOK) of an order at a traded STEP; with quantity 0
    nothing trades.

    amount_krw, spent_krw: of a buy; left_e8: of a sale. level_krw: base price of a sale made inside a STEP; NaN for an order that waited
    for it. limit_krw: first limit of a buy, or where a sale has waited, which needs no time to arrive; NaN for an order that takes what
    there is. volume_e8: NaN = 0.
    waiting: WAITING [M], flow: FLOW [M], changed.
    """
    waited = side != _BUY and time_ms == created_ms and not math.isnan(limit_krw)
    arrived_ms = created_ms if waited else created_ms + venue.costs[0]["latency_ms"]
    if time_ms < arrived_ms:
        return WAITS, 0.0, NAN, 0.0, NAN, NOT_PRICED
    if venue.halts.shape[0] > 0:
        halted = is_halted(venue, market, time_ms)
        if halted or is_halted(venue, market, arrived_ms):  # in an outage no STEP comes to tell
            if flow[market]["halted_order"] != order_id:
                flow[market]["halted_order"] = order_id
                flow[market]["halted"] += 1
        if halted:
            return WAITS, 0.0, NAN, 0.0, NAN, NOT_PRICED
    volume = volume_e8 if volume_e8 > 0.0 else 0.0
    if side == _BUY:
        status, quantity, price, base, priced = _buy_at(
            venue, enter, waiting, flow, market, order_id, created_ms, amount_krw, spent_krw, limit_krw, open_krw, low_krw, close_krw,
            volume, time_ms,
        )  # fmt: skip
    else:
        inside = not math.isnan(level_krw) and time_ms == created_ms
        base = level_krw if inside else open_krw
        limit = limit_krw if inside else NAN
        status, quantity, price, priced = _sell_at(venue, flow, market, order_id, left_e8, base, limit, volume, time_ms)
    if not quantity > 0.0:
        return status, 0.0, NAN, 0.0, NAN, NOT_PRICED
    if flow[market]["time_ms"] != time_ms:
        flow[market]["time_ms"] = time_ms
        flow[market]["traded_e8"] = 0.0
    flow[market]["traded_e8"] += quantity
    return status, quantity, price, value_krw(quantity, price) * fee_rate(venue, market, created_ms), base, priced


@helper
def _room(venue: Venue, flow: NDArray[Any], market: int, share: float, volume_e8: float, time_ms: int) -> float:
    """Counts that may still trade in the STEP."""
    if share == math.inf:
        return math.inf
    cap = share * volume_e8
    if venue.costs[0]["on_grid"] != 0:
        cap = float(np.floor(cap))
    traded = flow[market]["traded_e8"] if flow[market]["time_ms"] == time_ms else 0.0
    return float(max(cap - traded, 0.0))


@rare
def _shown_bids(venue: Venue, flow: NDArray[Any], market: int, base_krw: float, time_ms: int) -> float:
    """Counts that the exchange shows to sales, less what has traded in the STEP."""
    row = standing(venue.depth, market, time_ms) if venue.depth.time_ms.shape[0] > 0 else -1
    shown = bids_e8(venue.depth, row) if row >= 0 else shown_krw(venue.shown, market, time_ms) * QUANTITY_SCALE / base_krw
    if venue.costs[0]["on_grid"] != 0:
        shown = float(np.floor(shown))
    traded = flow[market]["traded_e8"] if flow[market]["time_ms"] == time_ms else 0.0
    return float(max(shown - traded, 0.0))


@rare
def _is_too_large(venue: Venue, market: int, left_krw: float, time_ms: int) -> bool:
    """A market buy of so much is more than the exchange shows."""
    row = standing(venue.depth, market, time_ms) if venue.depth.time_ms.shape[0] > 0 else -1
    return left_krw > (asks_krw(venue.depth, row) if row >= 0 else shown_krw(venue.shown, market, time_ms))


@helper
def _touched(venue: Venue, wait: Any, passing_e8: float) -> float:
    """Counts that a touch leaves to who waits (`wait["ahead_e8"]` stand before it), of those that come to its price."""
    left = max(passing_e8 - wait["ahead_e8"], 0.0)
    wait["ahead_e8"] = max(wait["ahead_e8"] - passing_e8, 0.0)
    return float(np.floor(left)) if venue.costs[0]["on_grid"] != 0 else float(left)


@rare
def touched_sale(venue: Venue, exit_state: Any, flow: NDArray[Any], market: int, whole_e8: float, time_ms: int) -> float:
    """Counts, of `whole_e8`, that the touch of a waiting TARGET's level sells in the present STEP. exit_state: its EXIT_STATE, changed."""
    if time_ms < exit_state["level_ms"] + venue.costs[0]["latency_ms"] or is_halted(venue, market, time_ms):
        return 0.0
    volume, share = flow[market]["step_e8"], venue.costs[0]["queue_share"]
    traded = flow[market]["traded_e8"] if flow[market]["time_ms"] == time_ms else 0.0
    left = _touched(venue, exit_state, max(share * volume - traded, 0.0))
    room = _room(venue, flow, market, venue.costs[0]["sale_share"], volume, time_ms)
    return float(min(whole_e8, left, room))


@rare
def queue_ahead_e8(venue: Venue, market: int, buys: bool, limit_krw: float, last_krw: float, time_ms: int) -> float:
    """Counts that stand at a limit when an order joins them: in the book recorded then, else in the supposed one."""
    row = standing(venue.depth, market, time_ms) if venue.depth.time_ms.shape[0] > 0 else -1
    if row >= 0:
        return size_at_e8(venue.depth, row, buys, limit_krw)
    return supposed_at_e8(venue, market, buys, limit_krw, last_krw, time_ms)


@rare
def _queue_up(venue: Venue, wait: Any, market: int, through: bool, limit_krw: float, open_krw: float, time_ms: int) -> None:
    """A buy that has got another limit stands behind what the book shows there; where the price goes through it, nobody is left ahead."""
    if through:
        wait["queued_krw"] = limit_krw
        wait["ahead_e8"] = 0.0
    elif wait["queued_krw"] != limit_krw:
        wait["queued_krw"] = limit_krw
        wait["ahead_e8"] = queue_ahead_e8(venue, market, True, limit_krw, open_krw, time_ms)


@helper
def _sell_at(
    venue: Venue,
    flow: NDArray[Any],
    market: int,
    order_id: int,
    left_e8: float,
    base_krw: float,
    limit_krw: float,
    volume_e8: float,
    time_ms: int,
) -> tuple[int, float, float, int]:
    """(status, quantity, price, priced) of a sale at a base price.

    limit_krw: it has waited there and gets that; NaN: it takes what there is.
    """
    quantity = left_e8
    status = TRADES
    room = _room(venue, flow, market, venue.costs[0]["sale_share"], volume_e8, time_ms)
    if venue.shown.krw.shape[1] > 0 and math.isnan(limit_krw):
        shown = _shown_bids(venue, flow, market, base_krw, time_ms)
        if shown < left_e8 and flow[market]["cut_order"] != order_id:
            flow[market]["cut_order"] = order_id
            flow[market]["cut"] += 1
        room = min(room, shown)
    if room < left_e8:
        rest = left_e8 - room
        quantity = left_e8 - rest if venue.costs[0]["on_grid"] != 0 else room  # above 2^53 `rest` can be rounded
        status = WAITS
    if not math.isnan(limit_krw):
        return status, quantity, limit_krw, NOT_PRICED
    slippage, priced = slippage_of(venue, market, False, quantity, volume_e8, time_ms)
    return status, quantity, floor_tick(venue, market, base_krw * (1.0 - slippage), time_ms), priced


@helper
def _buy_at(
    venue: Venue,
    enter: NDArray[Any],
    waiting: NDArray[Any],
    flow: NDArray[Any],
    market: int,
    order_id: int,
    created_ms: int,
    amount_krw: float,
    spent_krw: float,
    limit_krw: float,
    open_krw: float,
    low_krw: float,
    close_krw: float,
    volume_e8: float,
    time_ms: int,
) -> tuple[int, float, float, float, int]:
    """(status, quantity, price, base, priced) of a buy at a traded STEP."""
    left = max(amount_krw - spent_krw, 0.0)
    room = _room(venue, flow, market, venue.costs[0]["buy_share"], volume_e8, time_ms)
    slippage, priced = slippage_of(venue, market, True, min(left * QUANTITY_SCALE / open_krw, room), volume_e8, time_ms)
    taken = ceil_tick(venue, market, open_krw * (1.0 + slippage), time_ms)
    asked = _arrive(waiting, market, order_id, created_ms, limit_krw)
    was_market = waiting[market]["market"] != 0
    status, price, limit = _work(
        venue, enter, waiting, market, created_ms, spent_krw / amount_krw, slippage, taken, open_krw, low_krw, time_ms
    )  # fmt: skip
    if status == TRADES and math.isnan(limit) and venue.shown.krw.shape[1] > 0:
        becomes = waiting[market]["market"] != 0
        if (becomes and not was_market) or (asked and enter[0]["force"] == NONE):
            if _is_too_large(venue, market, left, time_ms):
                flow[market]["refused"] += 1
                return REFUSED, 0.0, NAN, NAN, NOT_PRICED
    if venue.costs[0]["queue_share"] > 0.0 and not math.isnan(limit):
        _queue_up(venue, waiting[market], market, status == TRADES, limit, open_krw, time_ms)
        if status == WAITS and low_krw == limit:
            room = min(room, _touched(venue, waiting[market], venue.costs[0]["queue_share"] * volume_e8))
            status = TRADES
    whole = quantity = 0.0
    if status == TRADES:
        whole = bought_quantity(venue, market, left, price if math.isnan(limit) else limit, time_ms)
        quantity = min(whole, room)
        force = enter[0]["force"] if waiting[market]["market"] == 0 else NONE
        if quantity < whole:
            status = CANCELLED if force != NONE else WAITS
            quantity = 0.0 if force == FOK else quantity
    if status == WAITS:
        waiting[market]["resting"] = 1
        waiting[market]["last_krw"] = close_krw
    if price == limit:
        return status, quantity, price, limit, NOT_PRICED
    return status, quantity, price, open_krw, priced


@helper
def _arrive(waiting: NDArray[Any], market: int, order_id: int, created_ms: int, limit_krw: float) -> bool:
    """The exchange takes an order that it does not know yet: True; False for one that it has."""
    wait = waiting[market]
    if wait["order_id"] == order_id:
        return False
    wait["order_id"] = order_id
    wait["resting"] = 0
    wait["priced_ms"] = created_ms
    wait["limit_krw"] = limit_krw
    wait["market"] = 0
    wait["queued_krw"] = NAN
    wait["ahead_e8"] = 0.0
    return True


@helper
def _work(
    venue: Venue,
    enter: NDArray[Any],
    waiting: NDArray[Any],
    market: int,
    created_ms: int,
    filled: float,
    slippage: float,
    taken_krw: float,
    open_krw: float,
    low_krw: float,
    time_ms: int,
) -> tuple[int, float, float]:
    """(status, price, limit) of a buy at a traded STEP; limit NaN: it takes what there is, at taken_krw. filled: share of the amount."""
    terms = enter[0]
    wait = waiting[market]
    if wait["market"] == 0 and time_ms - created_ms >= terms["after_ms"] and terms["filled_from"] <= filled < terms["filled_below"]:
        if terms["then"] != MARKET or slippage > terms["max_slippage"]:
            return CANCELLED, taken_krw, NAN
        wait["market"] = 1
    if wait["market"] != 0 or math.isnan(wait["limit_krw"]):
        return TRADES, taken_krw, NAN
    if wait["resting"] != 0 and time_ms - wait["priced_ms"] >= terms["reprice_ms"]:
        anew = limit_price(venue, enter, market, wait["last_krw"], time_ms)
        if anew != wait["limit_krw"]:
            wait["resting"] = 0
        wait["priced_ms"] = time_ms
        wait["limit_krw"] = anew
    limit = floor_tick(venue, market, wait["limit_krw"], time_ms)
    wait["limit_krw"] = limit
    if wait["resting"] == 0 and open_krw < limit:
        return REFUSED if terms["kind"] == MAKER else TRADES, min(limit, taken_krw), limit
    if terms["kind"] == AT_ONCE:
        return CANCELLED, NAN, limit
    return TRADES if low_krw < limit else WAITS, limit, limit
