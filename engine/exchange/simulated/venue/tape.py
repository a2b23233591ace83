"""A market's stored bars, and the trades that each is played as.

A bar becomes four trades: its open, its high and its low in an order drawn by the seed, and its close; one in each quarter of the bar,
the volume split by drawn shares in whole 1e-8 coins. A trade above the one before was made by a buyer, one below by a seller. They are a
function of seed, market and bar alone, so any stretch of the past can be asked for again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.exchange.simulated.venue.core import Passing
from engine.exchange.simulated.venue.recorded import Recording, bar_of, with_recorded_bars
from engine.model.money import coins, exact

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.model.candle import CandleTable

#: trades that a bar is played as
TRADES: Final = 4
_OPEN, _HIGH, _LOW, _CLOSE, _VOLUME, _VALUE = range(6)


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
        self._seed = seed
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

    def _trades_of(self, row: int) -> tuple[Passing, ...]:
        start = int(self.time_ms[row])
        if start in self.recorded.trades:
            return self.recorded.trades[start]
        draws = hashlib.blake2b(f"{self._seed}/{self.market}/{start}".encode(), digest_size=32).digest()
        open_, high, low, close = (exact(float(price)) for price in self.numbers[:_VOLUME, row])
        prices = (open_, high, low, close) if draws[0] & 1 else (open_, low, high, close)
        weights = [1 + draw for draw in draws[1 : 1 + TRADES]]
        count = max(round(float(self.numbers[_VOLUME, row]) * 1e8), TRADES)
        shares = [max(count * weight // sum(weights), 1) for weight in weights[:-1]]
        shares.append(max(count - sum(shares), 1))
        quarter = max(self.length_ms // TRADES, 1)
        trades: list[Passing] = []
        for number, (price, share) in enumerate(zip(prices, shares, strict=True)):
            at_ms = start + number * quarter + int.from_bytes(draws[8 + 4 * number : 12 + 4 * number]) % quarter
            before = trades[-1].price if trades else None
            rose = draws[5] >> number & 1 == 1 if before is None or before == price else price > before
            trades.append(Passing(self.market, at_ms, price, coins(float(share)), rose, at_ms * 10_000 + number))
        return tuple(trades)
