"""The order book that a run supposes where none was recorded, from the last price and what traded (docs/decide.md §10)."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.kernel.abi import helper
from engine.kernel.depth import shown_krw
from engine.kernel.legal import QUANTITY_SCALE, Venue, ceil_tick, floor_tick, make_venue, next_tick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.model.costs import BookModel


@cache
def precompile() -> Any:
    """Compile the spreads, or load them from the cache."""
    from engine.kernel.load import compile_function

    compiled = compile_function(spreads, allocates=False)
    one = np.zeros((1, 1))
    compiled(make_venue(("KRW-BTC",), 0.0, 0.0, True), 0.0, 1, np.zeros(1, np.int64), one, one.copy(), one.copy())
    return compiled


def modelled_book(
    name: str,
    params: tuple[float, ...],
    model: BookModel,
    markets: Sequence[str],
    close_ms: NDArray[np.int64],
    last_krw: NDArray[np.float64],
    turnover_krw: NDArray[np.float64],
    *,
    on_grid: bool = True,
) -> NDArray[np.float64]:
    """A `book.` series of the modelled book, float64 [markets, n]; missing without a last price, and sizes without a depth.

    last_krw: last price at each close; turnover_krw: what traded in model.window_ms until then, NaN where that is not known. Values are
    symmetric: neither side of a modelled book ever outweighs the other.
    """
    level = int(params[0]) if name in ("book.spread", "book.bid_size", "book.ask_size") else 1
    spread = np.empty(last_krw.shape)
    middle = np.empty(last_krw.shape)
    venue = make_venue(markets, 0.0, 0.0, on_grid)
    precompile()(venue, model.spread / 2.0, level, close_ms, np.ascontiguousarray(last_krw), spread, middle)
    if name == "book.spread":
        return spread
    if model.depth is None:
        return np.full(last_krw.shape, np.nan)
    side_krw = model.depth * turnover_krw
    if name in ("book.bid_depth", "book.ask_depth"):
        seen = np.where(params[0] >= spread / 2.0, min(params[0] / model.within, 1.0), 0.0)
        return np.where(np.isnan(spread), np.nan, side_krw * seen)
    return np.asarray(side_krw * np.minimum(spread / 2.0 / model.within, 1.0) / middle)


def spreads(
    venue: Venue,
    half: float,
    level: int,
    close_ms: NDArray[np.int64],
    last_krw: NDArray[np.float64],
    spread: NDArray[np.float64],
    middle: NDArray[np.float64],
) -> None:
    """spread [markets, n]: from the bid to the ask of that level (1 = best), as a ratio of the middle of the best two, in `middle`."""
    for market in range(last_krw.shape[0]):
        for bar in range(last_krw.shape[1]):
            last, time_ms = last_krw[market, bar], close_ms[bar]
            bid = floor_tick(venue, market, last * (1.0 - half), time_ms)
            ask = best_ask(venue, market, last, half, bid, time_ms)
            middle[market, bar] = (bid + ask) / 2.0
            for _ in range(level - 1):
                bid = next_tick(venue, market, bid, time_ms, False)
                ask = next_tick(venue, market, ask, time_ms, True)
            spread[market, bar] = (ask - bid) / middle[market, bar]


@helper
def supposed_at_e8(venue: Venue, market: int, bids: bool, limit_krw: float, last_krw: float, time_ms: int) -> float:
    """Counts that the supposed book bids for, or asks for, at a price; 0 where that is none of its prices, or nothing is supposed."""
    if venue.supposed.krw.shape[1] == 0:
        return 0.0
    side_krw, half, within = shown_krw(venue.supposed, market, time_ms), venue.costs[0]["book_half"], venue.costs[0]["book_within"]
    bid = floor_tick(venue, market, last_krw * (1.0 - half), time_ms)
    ask = best_ask(venue, market, last_krw, half, bid, time_ms)
    middle, better, reach = (bid + ask) / 2.0, 0.0, 0.0
    while side_krw > 0.0 and reach < 1.0:
        here = bid if bids else ask
        if here < limit_krw if bids else here > limit_krw:
            return 0.0
        reach = min((ask - bid) / middle / 2.0 / within, 1.0)
        coins = side_krw * reach / middle
        if here == limit_krw:
            return float((coins - better) * QUANTITY_SCALE)
        better = coins
        lower, higher = next_tick(venue, market, bid, time_ms, False), next_tick(venue, market, ask, time_ms, True)
        if lower == bid and higher == ask:
            return 0.0
        bid, ask = lower, higher
    return 0.0


@helper
def best_ask(venue: Venue, market: int, last_krw: float, half: float, bid_krw: float, time_ms: int) -> float:
    """The higher of the ask that half the spread makes and the grid price above the best bid; NaN without a price."""
    if not math.isfinite(bid_krw):
        return math.nan
    return float(max(ceil_tick(venue, market, last_krw * (1.0 + half), time_ms), next_tick(venue, market, bid_krw, time_ms, True)))
