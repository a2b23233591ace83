"""A market's stored bars, and the trades that each is played as.

A bar becomes four trades: its open, its high and its low in an order drawn by the seed, and its close; one in each quarter of the bar,
the volume split by drawn shares in whole 1e-8 coins. A trade above the one before was made by a buyer, one below by a seller. They are a
function of seed, market and bar alone, so any stretch of the past can be asked for again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from engine.exchange.simulated.venue.core import Passing
from engine.exchange.simulated.venue.recorded import Recording, bar_of, with_recorded_bars
from engine.model.money import QUANTITY_STEP, exact

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.model.candle import CandleTable

DAY_MS: Final = 86_400_000
#: trades that a bar is played as
TRADES: Final = 4
#: bars whose trades are drawn together
_CHUNK: Final = 64
_OPEN, _HIGH, _LOW, _CLOSE, _VOLUME, _VALUE = range(6)

#: a trade in plain numbers: time, price, 1e-8 coins, whether the taker bought
_Piece: TypeAlias = tuple[int, float, int, bool]


class Tape:
    """One market's past and future. table: traded bars, sorted by time; seed: of the order of high and low, times and shares;
    recorded: what is played as it was."""

    def __init__(self, table: CandleTable, seed: int, recorded: Recording | None = None) -> None:
        self.recorded = recorded or Recording()
        table = with_recorded_bars(table, self.recorded)
        self.market = table.market
        self.length_ms = table.timeframe.length_ms
        self.time_ms = table.time_ms
        self.numbers = np.stack([table.open, table.high, table.low, table.close, table.volume, table.value])
        unknown = np.isnan(self.numbers[_VALUE])
        self.numbers[_VALUE, unknown] = self.numbers[_CLOSE, unknown] * self.numbers[_VOLUME, unknown]
        self.until_ms = max((end for _, end in table.fetched), default=0)
        """End of what is known of the market: where others go on, it was delisted."""
        self._key = int.from_bytes(hashlib.blake2b(f"{seed}/{table.market}".encode(), digest_size=8).digest())
        self._chunks = lru_cache(maxsize=64)(self._chunk)
        self._days = days_of(self.time_ms, self.numbers)
        self._bought: tuple[int, int, Decimal] = (0, -1, Decimal(0))
        self._cached = lru_cache(maxsize=512)(self._trades_of)

    def trades_of(self, row: int) -> tuple[Passing, ...]:
        """The trades of a bar, in order of time."""
        return self._cached(row)

    def between(self, after_ms: int, to_ms: int) -> Iterator[Passing]:
        """Trades in (after_ms, to_ms], oldest first."""
        first = max(int(np.searchsorted(self.time_ms, after_ms, side="right")) - 1, 0)
        for row in range(first, int(np.searchsorted(self.time_ms, to_ms, side="right"))):
            yield from (trade for trade in self.trades_of(row) if after_ms < trade.time_ms <= to_ms)

    def backwards(self, to_ms: int) -> Iterator[Passing]:
        """Trades at or before to_ms, newest first."""
        for row in range(int(np.searchsorted(self.time_ms, to_ms, side="right")) - 1, -1, -1):
            yield from (trade for trade in reversed(self.trades_of(row)) if trade.time_ms <= to_ms)

    def last(self, now_ms: int) -> Passing | None:
        """The newest trade at a moment; None before the first."""
        return next(self.backwards(now_ms), None)

    def next_ms(self, now_ms: int) -> int | None:
        """When the next trade after a moment comes; None after the last."""
        row = max(int(np.searchsorted(self.time_ms, now_ms, side="right")) - 1, 0)
        for number in range(row, len(self.time_ms)):
            for trade in self.trades_of(number):
                if trade.time_ms > now_ms:
                    return trade.time_ms
        return None

    def bars(self, from_ms: int, to_ms: int, now_ms: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Bars that open in [from_ms, to_ms) as seen at now_ms: times [n], open, high, low, close, volume, value [6, n]. A bar that is
        not over has what traded in it so far."""
        first, end = (int(i) for i in np.searchsorted(self.time_ms, (from_ms, min(to_ms, now_ms + 1))))
        first = min(first, end)
        times, numbers = self.time_ms[first:end], self.numbers[:, first:end]
        if end > first and times[-1] + self.length_ms > now_ms:
            so_far = [trade for trade in self.trades_of(end - 1) if trade.time_ms <= now_ms]
            if not so_far:
                return times[:-1], numbers[:, :-1]
            numbers = numbers.copy()
            numbers[:, -1] = bar_of(tuple(so_far))
        return times, numbers

    def last_trade_ms(self, bar_ms: int, now_ms: int) -> int:
        """When the last trade of a bar that traded was, as seen at now_ms."""
        row = int(np.searchsorted(self.time_ms, bar_ms))
        return max(trade.time_ms for trade in self.trades_of(row) if trade.time_ms <= now_ms)

    def extremes(self, from_ms: int, now_ms: int) -> tuple[tuple[float, int], tuple[float, int]]:
        """Highest and lowest price since a moment, each with the start of its UTC day. A day counts whole; today up to now."""
        starts, highs, lows = self._days
        midnight = now_ms // DAY_MS * DAY_MS
        first, end = (int(i) for i in np.searchsorted(starts, (from_ms // DAY_MS * DAY_MS, midnight)))
        _, today = self.bars(midnight, now_ms + 1, now_ms)
        high, low = highs[first:end], lows[first:end]
        days = starts[first:end]
        if today.shape[1]:
            high, low, days = np.append(high, today[_HIGH].max()), np.append(low, today[_LOW].min()), np.append(days, midnight)
        top, bottom = int(np.argmax(high)), int(np.argmin(low))
        return (float(high[top]), int(days[top])), (float(low[bottom]), int(days[bottom]))

    def bought_volume(self, from_ms: int, now_ms: int) -> Decimal:
        """Coins whose taker bought, in [from_ms, now_ms]; asked again a little later it looks at what is new only."""
        start, until, volume = self._bought
        if start != from_ms or now_ms < until:
            until, volume = from_ms - 1, Decimal(0)
        first = max(int(np.searchsorted(self.time_ms, until, side="right")) - 1, 0)
        count = 0
        for row in range(first, int(np.searchsorted(self.time_ms, now_ms, side="right"))):
            if int(self.time_ms[row]) in self.recorded.trades:
                volume += sum((t.volume for t in self.trades_of(row) if t.taker_bought and until < t.time_ms <= now_ms), Decimal(0))
            else:
                count += sum(share for at_ms, _, share, bought in self._pieces(row) if bought and until < at_ms <= now_ms)
        volume += count * QUANTITY_STEP
        self._bought = (from_ms, now_ms, volume)
        return volume

    def _trades_of(self, row: int) -> tuple[Passing, ...]:
        start = int(self.time_ms[row])
        if start in self.recorded.trades:
            return self.recorded.trades[start]
        return tuple(
            Passing(self.market, at_ms, exact(price), share * QUANTITY_STEP, bought, at_ms * 10_000 + number)
            for number, (at_ms, price, share, bought) in enumerate(self._pieces(row))
        )

    def _pieces(self, row: int) -> list[_Piece]:
        """The trades of a bar that was not recorded: time, price, 1e-8 coins, whether the taker bought."""
        return self._chunks(row // _CHUNK)[row % _CHUNK]

    def _chunk(self, number: int) -> list[list[_Piece]]:
        rows = slice(number * _CHUNK, (number + 1) * _CHUNK)
        base = _mixed(self.time_ms[rows].astype(np.uint64) ^ np.uint64(self._key))
        draws = zip(*((_mixed(base + np.uint64(k))).tolist() for k in range(3)), strict=True)
        bars = zip(self.time_ms[rows].tolist(), self.numbers[:_VALUE, rows].T.tolist(), draws, strict=True)
        return [_played(start, numbers, drawn, max(self.length_ms // TRADES, 1)) for start, numbers, drawn in bars]


def _played(start_ms: int, numbers: list[float], drawn: tuple[int, ...], quarter_ms: int) -> list[_Piece]:
    """One bar's trades. drawn: three numbers of 64 bits: order, weights and sides; times of the first two; times of the last two."""
    open_, high, low, close, volume = numbers
    prices = (open_, high, low, close) if drawn[0] & 1 else (open_, low, high, close)
    weights = [1 + (drawn[0] >> shift & 0xFF) for shift in (8, 16, 24, 32)]
    count = max(round(volume * 1e8), TRADES)
    shares = [max(count * weight // sum(weights), 1) for weight in weights[:-1]]
    shares.append(max(count - sum(shares), 1))
    found: list[_Piece] = []
    for number, (price, share) in enumerate(zip(prices, shares, strict=True)):
        at_ms = start_ms + number * quarter_ms + (drawn[1 + number // 2] >> 32 * (number % 2) & 0xFFFFFFFF) % quarter_ms
        before = found[-1][1] if found else price
        found.append((at_ms, price, share, bool(drawn[0] >> 40 + number & 1) if price == before else price > before))
    return found


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Bits that look drawn, one number of 64 for each (the finalizer of splitmix64, Steele, Lea and Flood 2014)."""
    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def days_of(time_ms: NDArray[np.int64], numbers: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """UTC days with bars, and their highest and lowest prices: all [days]."""
    days = time_ms // DAY_MS * DAY_MS
    firsts = np.flatnonzero(np.diff(days, prepend=-1))
    if not len(firsts):
        return days, numbers[_HIGH], numbers[_LOW]
    return days[firsts], np.maximum.reduceat(numbers[_HIGH], firsts), np.minimum.reduceat(numbers[_LOW], firsts)
