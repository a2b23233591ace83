"""Price grids and quantity steps for compiled code: float64 in, float64 out, exact by counting ticks.

A grid price is count x unit / scale with whole numbers below 2^53 and a power of ten as scale, so one correctly rounded division gives
the float64 nearest to the decimal price.
The tables come from engine.model.market; its Decimal functions are the measure of these (tests/engine/kernel_decide/test_legal.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.kernel.abi import by_reference, helper, rare
from engine.kernel.depth import Depth, Shown, make_depth, standing, walk
from engine.model.costs import NO_COSTS, Costs, Halt, fee_steps
from engine.model.depth import RecordedBooks
from engine.model.market import TickPeriod, tick_periods

QUANTITY_SCALE: Final = 1e8
#: from here on float64 holds no single counts, and every float is the nearest one to some price of the grid
WHOLE_LIMIT: Final = 2.0**53
#: a price this near to a grid price, as a ratio, is that grid price
SAME_PRICE: Final = 1e-9
NAN: Final = math.nan

#: one price band: prices from `low_krw` up have the tick unit / scale
BAND: Final = np.dtype([("low_krw", "f8"), ("unit", "f8"), ("scale", "f8")], align=True)

#: what a venue does to an order, the same for all markets
COSTS: Final = np.dtype(
    [
        ("slippage", "f8"),
        ("on_grid", "i8"),
        ("impact", "f8"),  # slippage that an order as large as its bar's volume adds
        ("impact_root", "i8"),  # it grows with the root of the order's share
        ("buy_share", "f8"),  # of a bar's volume that a buy, a sale may be; infinite: any
        ("sale_share", "f8"),
        ("latency_ms", "i8"),
        ("queue_share", "f8"),  # of a bar's volume that trades at a touched limit; 0: none
        ("book_half", "f8"),  # half the spread of a supposed book, and how far from its middle it reaches, as ratios
        ("book_within", "f8"),
        ("by_size", "i8"),  # the slippage of an order depends on its size
        ("by_volume", "i8"),  # what an order costs, or how much of it may trade, depends on its bar's volume
    ],
    align=True,
)

#: by what the slippage of a FILL was found: it had none, the stated model, a recorded book, a book that showed less than that
NOT_PRICED: Final = 0
BY_MODEL: Final = 1
BY_BOOK: Final = 2
BEYOND_BOOK: Final = 3

#: when no order of a market trades; market -1: of all
HALT: Final = np.dtype([("market", "i8"), ("from_ms", "i8"), ("to_ms", "i8")], align=True)

_SPLITTER: Final = 134217729.0  # 2^27 + 1
_FOREVER: Final = np.iinfo(np.int64).max


@by_reference
class Venue(NamedTuple):
    """Costs and grids of M markets. periods[m, p]: first ms of a table; unused rows are in the far future. bands[m, p]: high to low.

    fee_from[m, f]: ms from which fees[m, f] (ratio per side) holds; unused rows are in the far future."""

    costs: NDArray[Any]  # COSTS [1]
    fee_from: NDArray[np.int64]  # [M, F]
    fees: NDArray[np.float64]  # [M, F]
    periods: NDArray[np.int64]  # [M, P]
    bands: NDArray[Any]  # BAND [M, P, B]; unused rows repeat the last
    depth: Depth
    shown: Shown
    supposed: Shown  # KRW that a supposed book offers: who stands in its queues
    halts: NDArray[Any]  # HALT [H]


def make_venue(
    markets: Sequence[str],
    fee_rate: float,
    slippage: float,
    on_grid: bool,
    costs: Costs = NO_COSTS,
    leave_slippage: float | None = None,
    books: Mapping[str, RecordedBooks] | None = None,
    shown: Shown | None = None,
    supposed: Shown | None = None,
) -> Venue:
    """Tables of `markets`. fee_rate: per side; slippage: ratio; leave_slippage: above it sales are cut into slices; books: recorded ones,
    read where the costs ask for them; shown: beside a visible depth that is a share of turnover; supposed: what the costs' supposed book
    offers, where queues are to know it.

    A latency in bars counts as none: who knows the bars has turned it into ms. Raises ValueError for an unknown market or a cost outside
    its range.
    """
    walked = books if books is not None and costs.walk_books else {}
    if walked or shown is not None or supposed is not None:
        return _venue(tuple(markets), fee_rate, slippage, on_grid, costs, leave_slippage, walked, shown, supposed)
    return _kept_venue(tuple(markets), fee_rate, slippage, on_grid, costs, leave_slippage)


@lru_cache(maxsize=16)
def _kept_venue(
    markets: tuple[str, ...], fee_rate: float, slippage: float, on_grid: bool, costs: Costs, leave_slippage: float | None
) -> Venue:
    """Kept, since a sweep asks for the same one a thousand times; nobody writes to it."""
    return _venue(markets, fee_rate, slippage, on_grid, costs, leave_slippage, {}, None, None)


def _venue(
    markets: tuple[str, ...],
    fee_rate: float,
    slippage: float,
    on_grid: bool,
    costs: Costs,
    leave_slippage: float | None,
    books: Mapping[str, RecordedBooks],
    shown: Shown | None,
    supposed: Shown | None,
) -> Venue:
    for name, ratio in (("fee rate", fee_rate), ("slippage", slippage)):
        if not 0.0 <= ratio < 1.0:
            raise ValueError(f"{name} must be in [0, 1), not {ratio}")
    costs.check(slippage)
    share = math.inf if costs.participation is None else costs.participation
    sale_share = min(share, costs.slice_share(slippage, leave_slippage))
    depth = make_depth(markets, books)
    half, within = (0.0, 0.0) if costs.book is None else (costs.book.spread / 2.0, costs.book.within)
    queue = costs.queue or 0.0
    by_size = costs.impact != 0.0 or len(depth.time_ms) > 0
    by_volume = costs.impact != 0.0 or min(share, sale_share) < math.inf or queue > 0.0
    row = (
        slippage, int(on_grid), costs.impact, int(costs.impact_root), share, sale_share, costs.latency_ms, queue, half, within,
        int(by_size), int(by_volume),
    )  # fmt: skip
    tables = (*_fee_rows(markets, costs, fee_rate), *_grids(markets))
    offers = supposed or Shown(np.array([0, 1], np.int64), np.empty((len(markets), 0)))
    halts = halt_rows(markets, costs.halts)
    return Venue(np.array([row], COSTS), *tables, depth, shown or _given_depth(markets, costs), offers, halts)


def _given_depth(markets: Sequence[str], costs: Costs) -> Shown:
    """The same amount at all times. Raises ValueError where it depends on the candles."""
    if costs.visible is not None and costs.visible.share is not None:
        raise ValueError("a visible depth by turnover needs the candles")
    amounts = [] if costs.visible is None else [costs.visible.krw]
    return Shown(np.array([0, 1], np.int64), np.full((len(markets), len(amounts)), amounts[0] if amounts else 0.0))


def halt_rows(markets: Sequence[str], halts: Sequence[Halt]) -> NDArray[Any]:
    """HALT rows of those that are of one of the markets, or of all."""
    place = {"": -1} | {market: row for row, market in enumerate(markets)}
    return np.array([(place[halt.market], halt.from_ms, halt.to_ms) for halt in halts if halt.market in place], HALT)


def _fee_rows(markets: Sequence[str], costs: Costs, fee_rate: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    steps = [fee_steps(costs.fees, market, fee_rate) for market in markets]
    width = max((len(rows) for rows in steps), default=1)
    from_ms, rates = np.full((len(markets), width), _FOREVER, np.int64), np.zeros((len(markets), width))
    for market, rows in enumerate(steps):
        for position, (time_ms, rate) in enumerate(rows):
            from_ms[market, position], rates[market, position] = time_ms, rate
    return from_ms, rates


@lru_cache(maxsize=16)
def _grids(markets: tuple[str, ...]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Venue.periods and Venue.bands. Kept, since many venues have the same ones; nobody writes to them."""
    tables = [tick_periods(market) for market in markets]
    width = max((len(table) for table in tables), default=1)
    depth = max((len(period.bands) for table in tables for period in table), default=1)
    periods = np.full((len(markets), width), _FOREVER, np.int64)
    bands = np.zeros((len(markets), width, depth), BAND)
    for market, table in enumerate(tables):
        for position, period in enumerate(table):
            periods[market, position] = period.from_ms
            bands[market, position] = _band_rows(period, depth)
    return periods, bands


def _band_rows(period: TickPeriod, depth: int) -> NDArray[Any]:
    rows = [(float(band.low), *unit_and_scale(band.tick)) for band in period.bands]
    return np.array(rows + [rows[-1]] * (depth - len(rows)), BAND)


def unit_and_scale(value: Decimal) -> tuple[float, float]:
    """A positive decimal as whole unit / power of ten, both exact in float64. Raises ValueError when they are not."""
    exponent = min(int(value.as_tuple().exponent), 0)
    unit = value.scaleb(-exponent)
    if not 0 < unit < 2**53 or exponent < -15:
        raise ValueError(f"{value} is no whole number over a power of ten that float64 holds")
    return float(unit), 10.0**-exponent


@helper
def fee_rate(venue: Venue, market: int, time_ms: int) -> float:
    """Fee per side of an order made at a time."""
    row = venue.fees.shape[1] - 1
    while row > 0 and venue.fee_from[market, row] > time_ms:
        row -= 1
    return float(venue.fees[market, row])


@rare
def is_halted(venue: Venue, market: int, time_ms: int) -> bool:
    """No order of the market trades or arrives at the time."""
    for row in range(venue.halts.shape[0]):
        halt = venue.halts[row]
        if (halt["market"] == market or halt["market"] < 0) and halt["from_ms"] <= time_ms < halt["to_ms"]:
            return True
    return False


@helper
def slippage_of(venue: Venue, market: int, buys: bool, quantity_e8: float, volume_e8: float, time_ms: int) -> tuple[float, int]:
    """(slippage as a ratio, BY_MODEL..BEYOND_BOOK) of a part of an order in a bar of that volume: of the book recorded then, else of the
    stated model."""
    if venue.costs[0]["by_size"] == 0:
        return float(venue.costs[0]["slippage"]), BY_MODEL
    return _slippage_of_size(venue, market, buys, quantity_e8, volume_e8, time_ms)


@rare
def _slippage_of_size(venue: Venue, market: int, buys: bool, quantity_e8: float, volume_e8: float, time_ms: int) -> tuple[float, int]:
    """Where it depends on the size."""
    costs = venue.costs[0]
    slippage = float(costs["slippage"])
    if costs["impact"] != 0.0:
        share = quantity_e8 / volume_e8 if quantity_e8 < volume_e8 else 1.0
        slippage = float(slippage + costs["impact"] * (math.sqrt(share) if costs["impact_root"] != 0 else share))
    if venue.depth.time_ms.shape[0] == 0 or not quantity_e8 > 0.0:
        return slippage, BY_MODEL
    row = standing(venue.depth, market, time_ms)
    if row < 0:
        return slippage, BY_MODEL
    walked, shown = walk(venue.depth, row, buys, quantity_e8)
    if shown:
        return walked, BY_BOOK
    return max(walked, slippage), BEYOND_BOOK


@helper
def _band_index(venue: Venue, market: int, price: float, time_ms: int) -> tuple[int, int]:
    period = venue.periods.shape[1] - 1
    while period > 0 and venue.periods[market, period] > time_ms:
        period -= 1
    band = 0
    while band < venue.bands.shape[2] - 1 and price < venue.bands[market, period, band]["low_krw"]:
        band += 1
    return period, band


@helper
def _grid_price(venue: Venue, market: int, price: float, time_ms: int, up: bool) -> float:
    period, band = _band_index(venue, market, price, time_ms)
    unit = venue.bands[market, period, band]["unit"]
    scale = venue.bands[market, period, band]["scale"]
    count = price * scale / unit
    if count >= WHOLE_LIMIT / 2.0:  # half, so that count + 0.5 is exact
        return price
    nearest = np.floor(count + 0.5)
    if abs(price - nearest * unit / scale) > SAME_PRICE * price:
        nearest = np.ceil(count) if up else np.floor(count)
    return float(max(nearest, 1.0) * unit / scale)


@helper
def floor_tick(venue: Venue, market: int, price: float, time_ms: int) -> float:
    """Highest grid price <= `price`, at least the smallest price of the grid; NaN for a price that is not finite.

    A price within 1e-9 of itself of a grid price is that price (docs/decide.md §1), so the last bits of a product do not matter.
    """
    if not math.isfinite(price):
        return NAN
    if venue.costs[0]["on_grid"] == 0:
        return price
    return _grid_price(venue, market, price, time_ms, False)


@helper
def ceil_tick(venue: Venue, market: int, price: float, time_ms: int) -> float:
    """Lowest grid price >= `price`, at least the smallest price of the grid; NaN for a price that is not finite. As floor_tick."""
    if not math.isfinite(price):
        return NAN
    if venue.costs[0]["on_grid"] == 0:
        return price
    return _grid_price(venue, market, price, time_ms, True)


@helper
def next_tick(venue: Venue, market: int, price: float, time_ms: int, up: bool) -> float:
    """The neighbour of a grid price, the smallest price having none below; the price itself where there is no grid."""
    if venue.costs[0]["on_grid"] == 0:
        return price
    return _grid_price(venue, market, price * (1.0 + 4.0 * SAME_PRICE if up else 1.0 - 4.0 * SAME_PRICE), time_ms, up)


@helper
def bought_quantity(venue: Venue, market: int, amount_krw: float, price_krw: float, time_ms: int) -> float:
    """floor8(amount / price): whole 1e-8 coins at the grid price `price_krw`, exact, so that the cost never exceeds the amount."""
    if venue.costs[0]["on_grid"] == 0:
        return amount_krw * QUANTITY_SCALE / price_krw
    period, band = _band_index(venue, market, price_krw, time_ms)
    unit = venue.bands[market, period, band]["unit"]
    scale = venue.bands[market, period, band]["scale"]
    count = float(np.floor(price_krw * scale / unit + 0.5))
    return floor_ratio(amount_krw, QUANTITY_SCALE * scale, count * unit)


@helper
def floor_ratio(a: float, b: float, c: float) -> float:
    """floor(a x b / c) of floats >= 0, c > 0, free of the division's error; above 2^53 the highest float64 that is not more."""
    quotient = float(np.floor(a * b / c))
    while _product_sign(quotient, c, a, b) > 0.0:  # two roundings: above 2^53 up to two floats too far
        quotient = quotient - 1.0 if quotient <= WHOLE_LIMIT else float(np.nextafter(quotient, 0.0))
    above = quotient
    while _product_sign(above, c, a, b) <= 0.0:
        quotient = above
        above = quotient + 1.0 if quotient < WHOLE_LIMIT else float(np.nextafter(quotient, np.inf))
    return quotient


@helper
def _product_sign(a: float, b: float, c: float, d: float) -> float:
    """A number of the sign of a x b - c x d, exact where the two products are near each other (Dekker's product)."""
    first = a * b
    second = c * d
    return (first - second) + (_product_error(a, b, first) - _product_error(c, d, second))


@helper
def _product_error(a: float, b: float, product: float) -> float:
    """a x b - product, exactly (T. J. Dekker 1971, after Veltkamp's split)."""
    wide = _SPLITTER * a
    a_high = wide - (wide - a)
    a_low = a - a_high
    wide = _SPLITTER * b
    b_high = wide - (wide - b)
    b_low = b - b_high
    return a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)


@helper
def value_krw(quantity_e8: float, price_krw: float) -> float:
    """quantity x price: counts x price / 1e8."""
    return quantity_e8 * price_krw / QUANTITY_SCALE


@helper
def grid_changed(venue: Venue, market: int, since_ms: int, until_ms: int) -> bool:
    """A new price table came into force in (since, until]."""
    for period in range(venue.periods.shape[1]):
        if since_ms < venue.periods[market, period] <= until_ms:
            return True
    return False
