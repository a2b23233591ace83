"""What a stream says about itself and its markets: how late messages are, who presses, at what price. Never part of any candle.

Latency has two parts. Exchange to frame: from the trade to the message's own time, both by the exchange's clock. Frame to us: from that
time to its arrival, which two clocks tell; the smallest difference of the last minutes stands for the offset of the clocks and the
shortest way, and what is shown is how much longer a message took.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from engine.exchange.upbit.frames import OrderbookFrame, TradeFrame
from engine.exchange.upbit.inbox import Item

_SNAPSHOT: Final = "SNAPSHOT"
#: bounds of a histogram's bins, ms: a tenth more each
_GROWTH: Final = 1.1
_BINS: Final = 160
#: minimum of clock differences over this and the stretch before it, so that a drifting clock is followed
_OFFSET_MS: Final = 300_000
_WINDOW_SECONDS: Final = 60


class Histogram:
    """Counts of milliseconds in bins that grow by a tenth: a quantile is right to about 10 %. Below 0.1 ms is one bin."""

    def __init__(self) -> None:
        self.counts = [0] * _BINS
        self.count = 0
        self.longest_ms = 0.0

    def add(self, value_ms: float) -> None:
        """One more; what is below zero counts as zero."""
        at = 0 if value_ms < 0.1 else min(1 + int(math.log(value_ms / 0.1, _GROWTH)), _BINS - 1)
        self.counts[at] += 1
        self.count += 1
        self.longest_ms = max(self.longest_ms, value_ms)

    def quantile(self, share: float) -> float:
        """Upper bound, ms, of the bin in which that share of all is reached; NaN without any."""
        if self.count == 0:
            return math.nan
        reached = itertools.accumulate(self.counts)
        at = next(number for number, seen in enumerate(reached) if seen >= share * self.count)
        return min(0.1 * _GROWTH**at, self.longest_ms)


class ClockOffset:
    """The least of our time minus the exchange's: offset of the clocks and the shortest way together."""

    def __init__(self) -> None:
        self._until_ms = -math.inf
        self._before = self._now = math.inf

    def least(self, received_ms: float, sent_ms: float) -> float:
        """With one more message."""
        if received_ms >= self._until_ms:
            self._until_ms = received_ms + _OFFSET_MS
            self._before, self._now = self._now, math.inf
        self._now = min(self._now, received_ms - sent_ms)
        return min(self._before, self._now)


@dataclass(frozen=True, slots=True)
class Filters:
    """Trades that pressure and prices here leave out. least_krw: smaller ones; far_ratio: priced so far outside the book. None: none."""

    least_krw: float | None = None
    far_ratio: float | None = None


@dataclass(slots=True)
class _Second:
    """Trades of one second of the exchange's time."""

    second: int
    bought: float = 0.0
    sold: float = 0.0
    value: float = 0.0


@dataclass(slots=True)
class MarketStats:
    """One market. small, far: trades that the filters left out; all that came are in `trades`."""

    exchange_ms: Histogram = field(default_factory=Histogram)
    way_ms: Histogram = field(default_factory=Histogram)
    trades: int = 0
    books: int = 0
    small: int = 0
    far: int = 0
    _best: tuple[float, float] | None = None
    _seconds: deque[_Second] = field(default_factory=deque)

    @property
    def bought(self) -> float:
        """Coins that takers bought in the last minute of trades."""
        return sum(second.bought for second in self._seconds)

    @property
    def sold(self) -> float:
        """Coins that takers sold in it."""
        return sum(second.sold for second in self._seconds)

    @property
    def strength(self) -> float:
        """Trade strength (체결강도): bought per sold, 100 = even; NaN where nothing was sold."""
        return 100.0 * self.bought / self.sold if self.sold > 0 else math.nan

    @property
    def pressure(self) -> float:
        """-1 (all sold) to 1 (all bought); NaN without trades."""
        both = self.bought + self.sold
        return (self.bought - self.sold) / both if both > 0 else math.nan

    @property
    def vwap(self) -> float:
        """Volume-weighted price of the last minute of trades; NaN without any."""
        both = self.bought + self.sold
        return sum(second.value for second in self._seconds) / both if both > 0 else math.nan

    def take_book(self, book: OrderbookFrame) -> None:
        """Remember the best prices."""
        self.books += 1
        if book.orderbook_units:
            best = book.orderbook_units[0]
            self._best = (best.bid_price, best.ask_price)

    def take_trade(self, trade: TradeFrame, filters: Filters) -> None:
        """Count it, and unless it is filtered out, who pressed."""
        self.trades += 1
        value = trade.trade_price * trade.trade_volume
        if filters.least_krw is not None and value < filters.least_krw:
            self.small += 1
            return
        if filters.far_ratio is not None and self._is_far(trade.trade_price, filters.far_ratio):
            self.far += 1
            return
        second = self._second(trade.trade_timestamp // 1000)
        if second is not None:
            second.bought += trade.trade_volume if trade.ask_bid == "BID" else 0.0
            second.sold += 0.0 if trade.ask_bid == "BID" else trade.trade_volume
            second.value += value

    def _is_far(self, price: float, ratio: float) -> bool:
        return self._best is not None and not self._best[0] * (1 - ratio) <= price <= self._best[1] * (1 + ratio)

    def _second(self, number: int) -> _Second | None:
        """The second's sums; None for one that is over a minute older than the newest."""
        seconds = self._seconds
        newest = max(number, seconds[-1].second if seconds else number)
        while seconds and seconds[0].second <= newest - _WINDOW_SECONDS:
            seconds.popleft()
        if number <= newest - _WINDOW_SECONDS:
            return None
        for second in reversed(seconds):
            if second.second == number:
                return second
        found = _Second(number)
        seconds.append(found)
        if len(seconds) > 1 and seconds[-2].second > number:
            self._seconds = deque(sorted(seconds, key=lambda one: one.second))
        return found


class Analytics:
    """Of a stream: every market's figures."""

    def __init__(self, filters: Filters | None = None) -> None:
        self._filters = filters or Filters()
        self._offset = ClockOffset()
        self.markets: dict[str, MarketStats] = {}

    def take(self, item: Item, received_ms: float) -> None:
        """The next item of the stream, and when it came by this computer's clock."""
        if not isinstance(item, TradeFrame | OrderbookFrame):
            return
        stats = self.markets.setdefault(item.code, MarketStats())
        if item.stream_type == "REALTIME" and item.timestamp is not None:
            stats.way_ms.add(received_ms - item.timestamp - self._offset.least(received_ms, item.timestamp))
        if isinstance(item, OrderbookFrame):
            stats.take_book(item)
        elif item.stream_type != _SNAPSHOT:
            if item.stream_type == "REALTIME" and item.timestamp is not None:
                stats.exchange_ms.add(item.timestamp - item.trade_timestamp)
            stats.take_trade(item, self._filters)
