"""What was recorded of a market, played as it was: trades in the place of those that bars are played as, books in that of the model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.exchange.simulated.venue.book import Book, Level
from engine.exchange.simulated.venue.core import Passing
from engine.model.money import coins, exact

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.candles.ranges import Ranges
    from engine.model.candle import CandleTable


@dataclass(frozen=True, slots=True)
class Recording:
    """trades: by the open time of the bar that they belong to; covered: whole bars [from, to) in which a recorder ran; book_ms [n] and
    books [n, 4 x levels]: ask prices, bid prices, ask sizes, bid sizes, best first; books_covered: where a recorder of books ran."""

    trades: Mapping[int, tuple[Passing, ...]] = field(default_factory=dict)
    covered: Ranges = ()
    book_ms: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    books: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    books_covered: Ranges = ()

    def book_at(self, now_ms: int) -> int | None:
        """Number of the newest book at a moment; None where no recorder ran."""
        row = int(np.searchsorted(self.book_ms, now_ms, side="right")) - 1
        start = next((start for start, end in self.books_covered if start <= now_ms < end), None)
        return row if start is not None and row >= 0 and self.book_ms[row] >= start else None

    def book(self, row: int) -> Book:
        """A recorded book."""
        asks, bids, ask_sizes, bid_sizes = self.books[row].reshape(4, -1)
        return Book(_levels(bids, bid_sizes), _levels(asks, ask_sizes))


def recording(market: str, length_ms: int, trades: Any, books: Any) -> Recording:
    """Of two engine.candles.side_store.Record, for a tape of bars of length_ms. Only bars that were recorded whole count."""
    covered = tuple((-(-start // length_ms) * length_ms, end // length_ms * length_ms) for start, end in trades.recorded)
    covered = tuple((start, end) for start, end in covered if start < end)
    found: dict[int, list[Passing]] = {}
    last_id = 0
    for time_ms, (price, volume, side) in zip(trades.time_ms.tolist(), trades.numbers.tolist(), strict=True):
        bar = time_ms // length_ms * length_ms
        if any(start <= bar < end for start, end in covered):
            last_id = max(time_ms * 10_000, last_id + 1)
            passing = Passing(market, time_ms, exact(price), coins(float(round(volume * 1e8))), side > 0, last_id)
            found.setdefault(bar, []).append(passing)
    by_bar = {bar: tuple(passed) for bar, passed in found.items()}
    return Recording(by_bar, covered, books.time_ms, books.numbers, books.recorded)


def with_recorded_bars(table: CandleTable, recorded: Recording) -> CandleTable:
    """The table with bars made of the recorded trades wherever they were recorded whole."""
    if not recorded.covered:
        return table
    kept = np.ones(len(table.time_ms), bool)
    for start, end in recorded.covered:
        kept &= (table.time_ms < start) | (table.time_ms >= end)
    bars = np.array([[bar, *bar_of(trades)] for bar, trades in sorted(recorded.trades.items())]).reshape(-1, 7)
    times = np.concatenate([table.time_ms[kept], bars[:, 0].astype(np.int64)])
    order = np.argsort(times, kind="stable")
    stored = np.stack([table.open, table.high, table.low, table.close, table.volume, table.value])
    open_, high, low, close, volume, value = np.concatenate([stored[:, kept], bars[:, 1:].T], axis=1)[:, order]
    return replace(table, time_ms=times[order], open=open_, high=high, low=low, close=close, volume=volume, value=value)


def bar_of(trades: tuple[Passing, ...]) -> list[float]:
    """open, high, low, close, volume, value of trades in order of time."""
    prices = [float(trade.price) for trade in trades]
    volume, value = sum(trade.volume for trade in trades), sum(trade.price * trade.volume for trade in trades)
    return [prices[0], max(prices), min(prices), prices[-1], float(volume), float(value)]


def _levels(prices: NDArray[np.float64], sizes: NDArray[np.float64]) -> tuple[Level, ...]:
    return tuple(
        Level(exact(price), coins(float(round(size * 1e8))))
        for price, size in zip(prices.tolist(), sizes.tolist(), strict=True)
        if math.isfinite(price) and size > 0
    )
