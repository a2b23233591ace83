"""The KRW price grid of Upbit by date, for the reference simulator: its own short table, apart from the product's."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

#: a p this near (as a ratio) to a grid price is that price
NEAR = 1e-9
HOUR_MS = 3_600_000

Rows = tuple[tuple[float, tuple[int, int]], ...]

#: (first day in Korea or None, rows of (lower bound, tick)); a tick is a fraction (numerator, denominator)
TABLES = (
    (None, ((2_000_000, (1000, 1)), (1_000_000, (500, 1)), (500_000, (100, 1)), (100_000, (50, 1)), (10_000, (10, 1)), (1_000, (5, 1)),
            (100, (1, 1)), (10, (1, 10)), (1, (1, 100)), (0.1, (1, 1000)), (0, (1, 10**4)))),
    ("2024-01-29", ((2_000_000, (1000, 1)), (1_000_000, (500, 1)), (500_000, (100, 1)), (100_000, (50, 1)), (10_000, (10, 1)),
                    (1_000, (1, 1)), (100, (1, 10)), (10, (1, 100)), (1, (1, 1000)), (0.1, (1, 10**4)), (0.01, (1, 10**5)),
                    (0.001, (1, 10**6)), (0.0001, (1, 10**7)), (0, (1, 10**8)))),
    ("2025-07-31", ((1_000_000, (1000, 1)), (500_000, (500, 1)), (100_000, (100, 1)), (50_000, (50, 1)), (10_000, (10, 1)),
                    (5_000, (5, 1)), (100, (1, 1)), (10, (1, 10)), (1, (1, 100)), (0.1, (1, 1000)), (0.01, (1, 10**4)),
                    (0.001, (1, 10**5)), (0.0001, (1, 10**6)), (0.00001, (1, 10**7)), (0, (1, 10**8)))),
)  # fmt: skip

#: (first day, day after the last, band low, band high, tick, markets)
OVERRIDES = (
    ("2024-10-14", "2025-07-31", 100, 1000, (1, 1),
     ["ADA", "ALGO", "BLUR", "CELO", "ELF", "EOS", "GRS", "GRT", "ICX", "MANA", "MINA", "POL", "SAND", "SEI", "STG", "TRX"]),
    ("2025-03-21", "2025-07-31", 1000, 10_000, (1, 2), ["USDT", "USDC"]),
)  # fmt: skip


def korean_day_ms(day: str) -> int:
    """UTC ms of 00:00 in Korea on `day`."""
    return int((datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(hours=9)).timestamp() * 1000)


_TABLES = tuple((-math.inf if day is None else korean_day_ms(day), rows) for day, rows in TABLES)
_OVERRIDES = tuple(
    (korean_day_ms(a), korean_day_ms(b), low, high, tick, {f"KRW-{c}" for c in coins}) for a, b, low, high, tick, coins in OVERRIDES
)


@lru_cache(maxsize=100_000)
def _on_hour(market: str, hour: int) -> tuple[list[tuple[int, int, tuple[int, int]]], Rows]:
    """Bands of the market's own (low, high, tick), and the table of all markets; days in Korea begin on whole hours."""
    own = [(low, high, tick) for start, end, low, high, tick, markets in _OVERRIDES if start <= hour * HOUR_MS < end and market in markets]
    return own, next(rows for start, rows in reversed(_TABLES) if start <= hour * HOUR_MS)


def tick_at(market: str, price: float, time_ms: int) -> tuple[int, int]:
    """The tick (as a fraction) of the band that holds `price` on that day."""
    own, rows = _on_hour(market, time_ms // HOUR_MS)
    for low, high, tick in own:
        if low <= price < high:
            return tick
    for lower, tick in rows:
        if price >= lower:
            return tick
    return rows[-1][1]


@dataclass(frozen=True)
class UpbitGrid:
    """floor and ceil to the grid, and the prices between two prices."""

    def floor(self, market: str, price: float, time_ms: int) -> float:
        """Largest grid price <= price; never below the smallest grid price."""
        numerator, denominator = tick_at(market, price, time_ms)
        count = math.floor(price * denominator / numerator)
        if (count + 1) * numerator / denominator <= price * (1 + NEAR):
            count += 1
        return max(count, 1) * numerator / denominator

    def ceil(self, market: str, price: float, time_ms: int) -> float:
        """Smallest grid price >= price."""
        numerator, denominator = tick_at(market, price, time_ms)
        count = math.ceil(price * denominator / numerator)
        if (count - 1) * numerator / denominator >= price * (1 - NEAR):
            count -= 1
        return max(count, 1) * numerator / denominator

    def neighbour(self, market: str, price: float, time_ms: int, way: int) -> float:
        """The grid price next above (way 1) or below (-1); the smallest has none below."""
        numerator, denominator = tick_at(market, price, time_ms)
        count = round(price * denominator / numerator)
        if way < 0:
            numerator, denominator = tick_at(market, math.nextafter(price, 0), time_ms)
            count = round(price * denominator / numerator)
        return max(count + way, 1) * numerator / denominator

    def between(self, market: str, low: float, high: float, time_ms: int) -> Iterator[float]:
        """Every grid price strictly between, ascending."""
        price = low
        while True:
            numerator, denominator = tick_at(market, price, time_ms)
            count = math.floor(price * denominator / numerator) + 1
            if count * numerator / denominator <= price * (1 + NEAR):
                count += 1
            price = count * numerator / denominator
            if price >= high:
                return
            yield price


@dataclass(frozen=True)
class NoGrid:
    """`rounding: none`: every price is on the grid, and no two are neighbours."""

    def neighbour(self, market: str, price: float, time_ms: int, way: int) -> float:
        """The price itself."""
        return price

    def floor(self, market: str, price: float, time_ms: int) -> float:
        """The price itself."""
        return price

    def ceil(self, market: str, price: float, time_ms: int) -> float:
        """The price itself."""
        return price
