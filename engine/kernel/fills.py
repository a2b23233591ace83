"""The fill model: whether, at what price and how much a working order trades at a STEP, or inside it (docs/decide.md §3)."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dsl.strategy import Enter
from engine.kernel.abi import helper
from engine.kernel.legal import NAN, Venue, bought_quantity, ceil_tick, floor_tick, next_tick, value_krw
from engine.model.events import Side

_BUY: Final = int(Side.BID)

#: ENTER.kind
TAKE: Final = 0  # market, best: at the open
REST: Final = 1  # limit
MAKER: Final = 2  # post_only
AT_ONCE: Final = 3  # limit with ioc or fok

#: ENTER.then
KEEP: Final = 0
CANCEL: Final = 1
MARKET: Final = 2

#: what becomes of an order at a traded STEP
WAITS: Final = 0
TRADES: Final = 1
CANCELLED: Final = 2
REFUSED: Final = 3

_NEVER: Final = 2**62

#: how the strategy's buys are placed: `execution.enter`. ask: the price is made from the best ask, else from the best bid
ENTER: Final = np.dtype(
    [("kind", "i8"), ("ask", "i8"), ("ticks", "i8"), ("reprice_ms", "i8"), ("after_ms", "i8"), ("then", "i8")], align=True
)

#: what the exchange knows of a market's waiting limit buy. resting: a STEP has passed it; last_krw: that STEP's close
WAITING: Final = np.dtype([("order_id", "i8"), ("resting", "i8"), ("priced_ms", "i8"), ("limit_krw", "f8"), ("last_krw", "f8")], align=True)


def enter_terms(enter: Enter, slippage: float, clock_ms: int) -> NDArray[Any]:
    """ENTER [1]. slippage: of the run, a ratio; clock_ms: a limit order without `after` is cancelled after one bar of the clock."""
    kinds = {"market": TAKE, "best": TAKE, "post_only": MAKER, "limit": REST if enter.time_in_force is None else AT_ONCE}
    kind = kinds[enter.order]
    after_ms = (_NEVER if kind in (TAKE, AT_ONCE) else clock_ms) if enter.after_ms is None else enter.after_ms
    reprice_ms = _NEVER if enter.reprice_ms is None else enter.reprice_ms
    return np.array([(kind, int(enter.side == "ask"), enter.ticks, reprice_ms, after_ms, _then(enter, slippage))], ENTER)


def _then(enter: Enter, slippage: float) -> int:
    """Nothing is filled while an order of this model waits, and slippage is the same all the time: so it is known beforehand."""
    if (enter.then_filled_from or 0.0) > 0.0 or enter.then_filled_below == 0.0:
        return KEEP
    return (
        MARKET
        if enter.then == "market" and slippage <= (math.inf if enter.then_max_slippage is None else enter.then_max_slippage)
        else CANCEL
    )


@helper
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
    market: int,
    order_id: int,
    side: int,
    created_ms: int,
    amount_krw: float,
    quantity_e8: float,
    level_krw: float,
    limit_krw: float,
    open_krw: float,
    low_krw: float,
    close_krw: float,
    time_ms: int,
) -> tuple[int, float, float, float, float]:
    """(WAITS..REFUSED, quantity_e8, price_krw, fee_krw, base_krw) of an order at a traded STEP; TRADES with quantity 0: nothing to trade.

    level_krw: base price of a sale made inside this STEP; NaN for an order that waited for it and trades at its open. limit_krw: first
    limit of a buy; NaN for one that takes what there is. waiting: WAITING [M], changed.
    """
    status = TRADES
    slippage = venue.costs[0]["slippage"]
    if side == _BUY:
        status, price, limit = _work(
            venue, enter, waiting, market, order_id, created_ms, limit_krw, open_krw, low_krw, close_krw, time_ms
        )  # fmt: skip
        base = limit if price == limit else open_krw
        if status != TRADES:
            return status, 0.0, NAN, 0.0, NAN
        quantity = bought_quantity(venue, market, amount_krw, price if math.isnan(limit) else limit, time_ms)
    else:
        base = open_krw if math.isnan(level_krw) else level_krw
        price = floor_tick(venue, market, base * (1.0 - slippage), time_ms)
        quantity = quantity_e8
    fee = value_krw(quantity, price) * venue.costs[0]["fee_rate"]
    return status, quantity, price, fee, base


@helper
def _work(
    venue: Venue,
    enter: NDArray[Any],
    waiting: NDArray[Any],
    market: int,
    order_id: int,
    created_ms: int,
    limit_krw: float,
    open_krw: float,
    low_krw: float,
    close_krw: float,
    time_ms: int,
) -> tuple[int, float, float]:
    """(status, price, limit) of a buy at a traded STEP; limit NaN: it takes what there is."""
    terms = enter[0]
    wait = waiting[market]
    taken = ceil_tick(venue, market, open_krw * (1.0 + venue.costs[0]["slippage"]), time_ms)
    if time_ms - created_ms >= terms["after_ms"] and terms["then"] != KEEP:
        return TRADES if terms["then"] == MARKET else CANCELLED, taken, NAN
    if math.isnan(limit_krw):
        return TRADES, taken, NAN
    if wait["order_id"] != order_id:
        wait["order_id"] = order_id
        wait["resting"] = 0
        wait["priced_ms"] = created_ms
        wait["limit_krw"] = limit_krw
    elif time_ms - wait["priced_ms"] >= terms["reprice_ms"]:
        anew = limit_price(venue, enter, market, wait["last_krw"], time_ms)
        if anew != wait["limit_krw"]:
            wait["resting"] = 0
        wait["priced_ms"] = time_ms
        wait["limit_krw"] = anew
    limit = floor_tick(venue, market, wait["limit_krw"], time_ms)
    wait["limit_krw"] = limit
    if wait["resting"] == 0 and open_krw < limit:
        return REFUSED if terms["kind"] == MAKER else TRADES, min(limit, taken), limit
    if terms["kind"] == AT_ONCE:
        return CANCELLED, NAN, limit
    if low_krw < limit:
        return TRADES, limit, limit
    wait["resting"] = 1
    wait["last_krw"] = close_krw
    return WAITS, NAN, limit
