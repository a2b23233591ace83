"""A market's rules at a moment: price grid, minimum and maximum totals, fees, and legal prices. Exact (Decimal).

Before the first dated table the oldest trustworthy one holds: `krw_legacy_b` for KRW markets (documented in 2023; the older grids of
2017 to 2022 are not known well enough to backtest on).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Final

from engine.model.events import Side
from engine.model.market_tables import FEES, MAXIMUM_TOTALS, MINIMUM_TOTALS, OVERRIDES, TICKS, Amounts, Override, TickRows
from engine.model.money import Exact, ceil_to, exact, floor_to

#: Korea has had no daylight saving since 1988, before any candle
KST: Final = timezone(timedelta(hours=9), "KST")
SINCE_ALWAYS_MS: Final = -(2**62)
_UNTIL_EVER_MS: Final = 2**62
_CODE: Final = re.compile(r"[A-Z0-9]+-[A-Z0-9]+")


class UnknownMarketError(ValueError):
    """The code is not QUOTE-BASE with a quote currency whose rules are known."""

    def __init__(self, market: str) -> None:
        super().__init__(f"no market {market!r}: a code is QUOTE-BASE with one of {', '.join(TICKS)} as quote, such as KRW-BTC")
        self.market = market


class UnpriceableError(ValueError):
    """A price is not positive, or below the smallest price of the grid."""


@dataclass(frozen=True, slots=True)
class Band:
    """Prices from `low` up to the next band have the price unit `tick`."""

    low: Decimal
    tick: Decimal


@dataclass(frozen=True, slots=True)
class TickPeriod:
    """A price grid in force from `from_ms` (UTC) on; bands from high to low, the last from 0."""

    from_ms: int
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class FeeRates:
    """Ratios of the total."""

    maker: Decimal
    taker: Decimal


def quote_currency(market: str) -> str:
    """`KRW` of `KRW-BTC`. Raises UnknownMarketError; also for KRW as the coin, which is a code the wrong way round."""
    quote, _, base = market.partition("-")
    if not _CODE.fullmatch(market) or quote not in TICKS or base in (quote, "KRW"):
        raise UnknownMarketError(market)
    return quote


@lru_cache(maxsize=1024)
def tick_periods(market: str) -> tuple[TickPeriod, ...]:
    """Every price grid of the market, by date, exceptions of single markets merged in. Raises UnknownMarketError."""
    tables = TICKS[quote_currency(market)]
    exceptions = [rule for rule in OVERRIDES if market in rule.markets]
    starts = {_korean_ms(table.since) for table in tables}
    starts.update(_korean_ms(date) for rule in exceptions for date in (rule.since, rule.until))
    return tuple(TickPeriod(start, _bands(tables, exceptions, start)) for start in sorted(starts))


def tick_size(market: str, price: Exact | float, at_ms: int) -> Decimal:
    """Price unit at `price` (>= 0) in force at `at_ms` (UTC ms). Raises UnknownMarketError; UnpriceableError for a negative price."""
    return _band(market, _not_negative(price), at_ms).tick


def round_bid_price_down(price: Exact | float, market: str, at_ms: int) -> Decimal:
    """A limit buy's price on the grid: never above what was asked for.

    Raises UnknownMarketError; UnpriceableError when nothing of the grid is at or below `price`.
    """
    value = _not_negative(price)
    rounded = floor_to(value, _band(market, value, at_ms).tick)
    if rounded <= 0:
        raise UnpriceableError(f"{price} is below the smallest price of {market}")
    return rounded


def round_ask_price_up(price: Exact | float, market: str, at_ms: int) -> Decimal:
    """A limit sell's price on the grid: never below what was asked for. Raises UnknownMarketError, UnpriceableError for a price <= 0."""
    value = _not_negative(price)
    if value <= 0:
        raise UnpriceableError(f"{price} is not a price")
    return ceil_to(value, _band(market, value, at_ms).tick)


def validate_price(price: Exact | float, market: str, at_ms: int) -> Decimal:
    """`price` rounded down onto the market's grid at that moment: 20007 -> 20000 for KRW-XRP today. Raises as round_bid_price_down."""
    return round_bid_price_down(price, market, at_ms)


def smallest_price(market: str, at_ms: int) -> Decimal:
    """The lowest price of the grid."""
    return _band(market, Decimal(0), at_ms).tick


def minimum_total(market: str, side: Side, at_ms: int) -> Decimal:
    """Smallest order in the quote currency."""
    return _amount(MINIMUM_TOTALS[quote_currency(market)], side, at_ms)


def maximum_total(market: str, side: Side, at_ms: int) -> Decimal | None:
    """Largest order in the quote currency; None where the exchange documents none."""
    amounts = MAXIMUM_TOTALS[quote_currency(market)]
    return _amount(amounts, side, at_ms) if amounts else None


def fee_rates(market: str) -> FeeRates:
    """The exchange's general rates; an account may have its own."""
    fees = FEES[quote_currency(market)]
    return FeeRates(Decimal(fees.maker), Decimal(fees.taker))


def _korean_ms(date: str) -> int:
    """Start of a Korean date, or a Korean time, in UTC ms."""
    if not date:
        return SINCE_ALWAYS_MS
    return int(datetime.fromisoformat(date).replace(tzinfo=KST).timestamp() * 1000)


def _bands(tables: tuple[TickRows, ...], exceptions: list[Override], at_ms: int) -> tuple[Band, ...]:
    table = next(table for table in reversed(tables) if _korean_ms(table.since) <= at_ms)
    bands = [Band(Decimal(low), Decimal(tick)) for low, tick in table.rows]
    for rule in exceptions:
        if _korean_ms(rule.since) <= at_ms < _korean_ms(rule.until):
            bands = _overridden(bands, Decimal(rule.low), Decimal(rule.high), Decimal(rule.tick))
    return tuple(bands)


def _overridden(bands: list[Band], low: Decimal, high: Decimal, tick: Decimal) -> list[Band]:
    """`tick` inside [low, high); what lies around keeps its own."""
    above = [band for band in bands if band.low >= high]
    below = [band for band in bands if band.low < low]
    at_high = [] if any(band.low == high for band in above) else [Band(high, _tick(bands, high))]
    return [*above, *at_high, Band(low, tick), *below]


def _tick(bands: list[Band], price: Decimal) -> Decimal:
    return next(band.tick for band in bands if price >= band.low)


def _band(market: str, price: Decimal, at_ms: int) -> Band:
    periods = tick_periods(market)
    period = periods[max(bisect_right(periods, at_ms, key=lambda period: period.from_ms) - 1, 0)]
    return next(band for band in period.bands if price >= band.low)


def _amount(amounts: tuple[Amounts, ...], side: Side, at_ms: int) -> Decimal:
    found = next(amount for amount in reversed(amounts) if _korean_ms(amount.since) <= at_ms)
    return Decimal(found.bid if side is Side.BID else found.ask)


def _not_negative(price: Exact | float) -> Decimal:
    value = exact(price)
    if value < 0:
        raise UnpriceableError(f"{price} is negative")
    return value
