"""The order book of others: recorded, or modelled around the last trade by a stated rule.

The modelled best bid and ask are the kernel's (engine.kernel.fills.limit_price): the last price less and plus the slippage, on the grid,
at least one price unit apart. Levels follow at every price unit; the nearest holds `depth` times the market's smallest order, each
farther one `growth` more of that. The rule is the same for every market and moment, and knows nothing of what others will do.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Final, NamedTuple

from engine.exchange.simulated.venue.exact import ONE, wide
from engine.model.events import Side
from engine.model.market import Band, minimum_total, tick_periods, tick_size
from engine.model.money import QUANTITY_STEP

#: levels that the exchange shows, and measures market orders against
VISIBLE_LEVELS: Final = 30
#: as engine.kernel.legal.SAME_PRICE: a price this near to a grid price, as a ratio, is that grid price
_SAME_PRICE: Final = Decimal("1e-9")


class Level(NamedTuple):
    """Coins on offer, or asked for, at a price."""

    price: Decimal
    size: Decimal


class Book(NamedTuple):
    """Both sides, best first."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class BookRule:
    """slippage: half the spread, a ratio; depth: of the best level, in smallest orders (5,000 KRW); growth: per level, a ratio."""

    slippage: Decimal = Decimal("0.0005")
    depth: Decimal = Decimal(4000)
    growth: Decimal = Decimal("0.25")
    levels: int = VISIBLE_LEVELS


@wide()
def modelled_book(market: str, last: Decimal, at_ms: int, rule: BookRule) -> Book:
    """The book around a last price (> 0) at a moment (UTC ms). A side ends early where the grid does."""
    bid = on_grid(market, last * (ONE - rule.slippage), at_ms, up=False)
    ask = max(on_grid(market, last * (ONE + rule.slippage), at_ms, up=True), next_price(market, bid, at_ms))
    best = minimum_total(market, Side.BID, at_ms) * rule.depth
    quotes = [best * (ONE + rule.growth * step) for step in range(rule.levels)]
    bands = _bands(market, at_ms)
    return Book(_side(bid, quotes, bands, up=False), _side(ask, quotes, bands, up=True))


def _side(price: Decimal, quotes: list[Decimal], bands: tuple[Band, ...], *, up: bool) -> tuple[Level, ...]:
    """Levels from the best price outwards, one a price unit, each with as many coins as its quote buys."""
    levels = []
    for quote in quotes:
        if price <= 0:
            break
        size = (quote / price).quantize(QUANTITY_STEP, ROUND_FLOOR)
        levels.append(Level(price, max(size, QUANTITY_STEP)))
        price = price + _tick(bands, price) if up else _below(bands, price)
    return tuple(levels)


def _bands(market: str, at_ms: int) -> tuple[Band, ...]:
    """Price units in force, from high prices to low."""
    periods = tick_periods(market)
    return periods[max(bisect_right(periods, at_ms, key=lambda period: period.from_ms) - 1, 0)].bands


def _tick(bands: tuple[Band, ...], price: Decimal) -> Decimal:
    return next(band.tick for band in bands if price >= band.low)


def _below(bands: tuple[Band, ...], price: Decimal) -> Decimal:
    """The grid price below a grid price; 0 where there is none. At the foot of a band the unit is that of the band below."""
    tick = next(band.tick for band in bands if price > band.low or band is bands[-1])
    return max((price / tick).to_integral_value(ROUND_CEILING) - 1, Decimal(0)) * tick


def on_grid(market: str, price: Decimal, at_ms: int, *, up: bool) -> Decimal:
    """As engine.kernel.legal.floor_tick and ceil_tick: the grid price at or below (above) `price`, at least the smallest of the grid."""
    tick = tick_size(market, price, at_ms)
    count = price / tick
    nearest = count.to_integral_value(ROUND_HALF_EVEN)
    if abs(price - nearest * tick) > _SAME_PRICE * price:
        nearest = count.to_integral_value(ROUND_CEILING if up else ROUND_FLOOR)
    return max(nearest, ONE) * tick


def next_price(market: str, price: Decimal, at_ms: int) -> Decimal:
    """The grid price above a grid price."""
    return price + tick_size(market, price, at_ms)


def price_below(market: str, price: Decimal, at_ms: int) -> Decimal:
    """The grid price below a grid price; 0 where there is none."""
    return _below(_bands(market, at_ms), price)
