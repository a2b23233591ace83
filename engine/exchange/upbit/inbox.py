"""Where a stream's messages wait for their reader: a slow one never blocks the socket, and nothing of own orders is lost.

Of tickers, books and forming candles only the newest counts, so a waiting one is replaced. Trades and bars have a limit: beyond it the
oldest go, and the reader is told whose; so it is with messages that nobody can read. Everything else waits as long as it must.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass
from typing import Final, NamedTuple

from engine.exchange.upbit.errors import ExchangeError
from engine.exchange.upbit.frames import CandleFrame, Message, OrderbookFrame, StatusFrame, TickerFrame, TradeFrame, UnknownFrame

TRADES_MAX: Final = 20_000
#: bars, each with its last state
BARS_MAX: Final = 20_000
#: failures of a connection in a row from which on somebody has to be called
ALERT_AFTER: Final = 5
#: ids of each market's last trades that are remembered: a reconnection repeats one, a re-sync some hundreds
_SEEN: Final = 2_000
#: messages that cannot be read, or are not known, that may wait
_ODD_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection is subscribed. again: it was before, so there is a gap. codes: its markets.

    private: it tells of own orders; with `again`, ask for them by REST: what happened in between is told nowhere else.
    """

    again: bool
    codes: frozenset[str]
    private: bool = False


@dataclass(frozen=True, slots=True)
class Disconnected:
    """A connection is lost and will be made anew in `wait_seconds`. attempts: failures in a row. error: whose sentence the reason is."""

    reason: str
    attempts: int
    wait_seconds: float
    codes: frozenset[str]
    private: bool = False
    error: ExchangeError | None = None

    @property
    def alarming(self) -> bool:
        """Whether the owner has to be called: it has failed too often to be a passing trouble."""
        return self.attempts >= ALERT_AFTER


@dataclass(frozen=True, slots=True)
class Refilled:
    """The trades that a market's gap hid have been asked for; those that were new came before this. whole: all of them were found."""

    code: str
    whole: bool


@dataclass(frozen=True, slots=True)
class Trouble:
    """A message that could not be read, a refusal, or a re-sync that failed. The stream goes on.

    private: it came where own orders are told, and may have been news of one: ask for them by REST.
    """

    reason: str
    error: ExchangeError | None = None
    private: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """So much was dropped because nobody read it. code: whose trades or bars; "" = messages that could not be read or are not known."""

    code: str
    count: int


@dataclass(frozen=True, slots=True)
class OrdersInDoubt:
    """From now on something of own orders may have been missed. What is known is told by OrdersKnown, if the stream can ask for it; else
    ask by REST."""

    reason: str


@dataclass(frozen=True, slots=True)
class OrdersKnown:
    """Whatever was missed of own orders has been asked for, and came before this. changed: orders of which anything was missed."""

    changed: int


Item = Message | Connected | Disconnected | Refilled | Trouble | Lost | OrdersInDoubt | OrdersKnown


class Arrival(NamedTuple):
    """What came, and when (monotonic seconds of the client's clock)."""

    item: Item
    at: float


_Key = tuple[str, ...]


class Inbox:
    """The waiting messages of one stream. One reader."""

    def __init__(self, trades_max: int = TRADES_MAX, bars_max: int = BARS_MAX) -> None:
        self._trades_max = trades_max
        self._bars_max = bars_max
        self._order: deque[_Key | Arrival] = deque()
        self._newest: dict[_Key, Arrival] = {}
        self._trades: deque[Arrival] = deque()
        self._bars: dict[_Key, Arrival] = {}
        self._lost: Counter[str] = Counter()
        self._lost_at = 0.0
        self._odd = 0
        self._seen: dict[str, tuple[deque[int], set[int]]] = {}
        self._filled = asyncio.Event()
        self._failure: BaseException | None = None

    def __len__(self) -> int:
        return len(self._order)

    def put(self, item: Item, at: float) -> None:
        """Take what came. A trade that came before is left out."""
        if isinstance(item, TickerFrame | OrderbookFrame):
            self._put_newest((item.type, item.code), Arrival(item, at))
        elif isinstance(item, CandleFrame):
            self._put_bar((item.type, item.code, item.candle_date_time_utc), Arrival(item, at))
        elif isinstance(item, TradeFrame):
            if not self._is_new(item):
                return
            self._put_trade(item, at)
        elif isinstance(item, _ODDITIES) and self._odd >= _ODD_MAX:
            self._lose("", at)
        else:
            self._odd += isinstance(item, _ODDITIES)
            self._order.append(Arrival(item, at))
        self._filled.set()

    def put_missed(self, trades: list[TradeFrame], at: float) -> None:
        """Take trades that were asked for after a gap, but for those that the stream has told meanwhile, however many they are."""
        for trade in [trade for trade in trades if trade.sequential_id not in self._seen.get(trade.code, ((), ()))[1]]:
            self.put(trade, at)

    def fail(self, error: BaseException) -> None:
        """Whoever fills the inbox has died: the reader gets the error."""
        self._failure = error
        self._filled.set()

    async def get(self) -> Arrival:
        """The longest waiting item."""
        while True:
            if self._failure is not None:
                raise self._failure
            if self._lost:
                code, count = self._lost.popitem()
                return Arrival(Lost(code, count), self._lost_at)
            if self._order:
                return self._take(self._order.popleft())
            self._filled.clear()
            await self._filled.wait()

    def _take(self, found: _Key | Arrival) -> Arrival:
        if isinstance(found, Arrival):
            self._odd -= isinstance(found.item, _ODDITIES)
            return found
        if found == _TRADE:
            return self._trades.popleft()
        return self._bars.pop(next(iter(self._bars))) if found == _BAR else self._newest.pop(found)

    def _put_newest(self, key: _Key, arrival: Arrival) -> None:
        if key not in self._newest:
            self._order.append(key)
        self._newest[key] = arrival

    def _put_bar(self, key: _Key, arrival: Arrival) -> None:
        """Beyond the limit the oldest bar goes, and its turn is the next one's."""
        if key not in self._bars:
            if len(self._bars) < self._bars_max:
                self._order.append(_BAR)
            else:
                oldest = next(iter(self._bars))
                del self._bars[oldest]
                self._lose(oldest[1], arrival.at)
        self._bars[key] = arrival

    def _put_trade(self, trade: TradeFrame, at: float) -> None:
        """Beyond the limit the oldest trade goes, and its turn is the new one's."""
        self._trades.append(Arrival(trade, at))
        if len(self._trades) <= self._trades_max:
            self._order.append(_TRADE)
            return
        dropped = self._trades.popleft().item
        assert isinstance(dropped, TradeFrame), "only trades wait there"
        self._lose(dropped.code, at)

    def _lose(self, code: str, at: float) -> None:
        self._lost[code] += 1
        self._lost_at = at

    def _is_new(self, trade: TradeFrame) -> bool:
        order, known = self._seen.setdefault(trade.code, (deque(), set()))
        if trade.sequential_id in known:
            return False
        order.append(trade.sequential_id)
        known.add(trade.sequential_id)
        if len(order) > _SEEN:
            known.discard(order.popleft())
        return True


_ODDITIES: Final = (Trouble, UnknownFrame, StatusFrame)
#: stand in the order of items for the next trade and the next bar
_TRADE: Final[_Key] = ("trade",)
_BAR: Final[_Key] = ("candle",)
