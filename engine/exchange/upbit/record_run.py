"""Listening to the exchange for as long as it is wished: recorder, figures and flags fed from one stream, written a little each second."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from engine.exchange.upbit.analytics import Analytics, Filters
from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.inbox import Connected, Disconnected, Item, Lost, Trouble
from engine.exchange.upbit.market_flags import FlagRecorder
from engine.exchange.upbit.market_news import ASKED_SECONDS, MarketNews
from engine.exchange.upbit.market_news import News as OfMarkets
from engine.exchange.upbit.recorder import Recorder, Written
from engine.exchange.upbit.stream import Stream, StreamSettings
from engine.exchange.upbit.subscriptions import Kind, Subscription
from engine.exchange.upbit.tasks import until_first

if TYPE_CHECKING:
    from engine.candles.side_store import SideStore
    from engine.exchange.upbit.signing import Keys

#: every market's rows are written once in so many seconds
_ROUND_SECONDS: Final = 60
_PATH: Final = "/websocket/v1"


@dataclass(frozen=True, slots=True)
class RecordSettings:
    """levels: of a book (1, 5, 15, 30). flags_seconds: between questions about the markets. tick_seconds: between writes."""

    markets: tuple[str, ...]
    levels: int = 30
    flags_seconds: float = ASKED_SECONDS
    tick_seconds: float = 1.0
    filters: Filters = field(default_factory=Filters)


#: what may be worth telling the owner while it happens
News = Connected | Disconnected | Lost | OfMarkets


def stream_url(base_url: str) -> str:
    """The WebSocket beside a REST address."""
    parts = urlsplit(base_url)
    return f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}{_PATH}"


class RecordRun:
    """One recording. keys: for announcements and the state of wallets; without them those are left out. tell: called with the news."""

    def __init__(
        self, store: SideStore, client: UpbitClient, settings: RecordSettings, keys: Keys | None, tell: Callable[[News], None]
    ) -> None:
        self.recorder = Recorder(store, settings.markets)
        self.flags = FlagRecorder(store, settings.markets)
        self.analytics = Analytics(settings.filters)
        self.written = Written()
        self.counts: Counter[str] = Counter()
        self._client = client
        self._settings = settings
        self._keys = keys
        self._tell = tell
        self._heard = asyncio.Event()
        self.news = MarketNews(client, settings.markets, lambda: self.recorder.now_ms, tell, seen=self.flags.take, signed=keys is not None)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. Whatever ends it, what is certain is written."""
        url = stream_url(self._client.rest.settings.base_url)
        try:
            async with Stream(
                self._subscriptions(), keys=self._keys, settings=StreamSettings(url), limits=self._client.rest.limits,
                quotation=self._client.quotation,
            ) as stream:  # fmt: skip
                await until_first(self._listen(stream), self._write(), self._ask(), _until(stop))
        finally:
            self.written += self.recorder.close()
            self.flags.flush()

    def take(self, item: Item, received_ms: float, waiting: int = 0) -> None:
        """One item of the stream. waiting: how many are not read yet."""
        self.recorder.take(item, waiting=waiting)
        self.analytics.take(item, received_ms)
        if not self._heard.is_set() and self.recorder.now_ms:
            self._heard.set()
        self.news.take(item)
        if isinstance(item, Connected | Disconnected | Trouble | Lost):
            self.counts[type(item).__name__] += 1
            self._tell(item)

    def _subscriptions(self) -> Sequence[Subscription]:
        markets, levels = self._settings.markets, self._settings.levels
        public = [
            Subscription(Kind.TRADE, markets, only_realtime=True),
            Subscription(Kind.ORDERBOOK, markets, units=levels),
            Subscription(Kind.TICKER, markets),
        ]
        return public if self._keys is None else [*public, Subscription(Kind.ANNOUNCEMENT, include_body=False)]

    async def _listen(self, stream: Stream) -> None:
        async for arrival in stream:
            self.take(arrival.item, time.time_ns() / 1e6, len(stream.inbox))

    async def _write(self) -> None:
        """A part of the markets each time, so that the socket never waits long."""
        markets = self._settings.markets
        due = itertools.cycle(markets)
        share = -(-len(markets) // _ROUND_SECONDS) if len(markets) >= _ROUND_SECONDS else 0
        for turn in itertools.count():
            await asyncio.sleep(self._settings.tick_seconds)
            if share:
                self.written += self.recorder.flush(list(itertools.islice(due, share)))
            elif turn % (_ROUND_SECONDS // len(markets)) == 0:
                self.written += self.recorder.flush([next(due)])

    async def _ask(self) -> None:
        """The markets' flags, and with keys the wallets, once a minute."""
        await self._heard.wait()  # flags are dated by the exchange's clock, which the first message tells
        await self.news.ask(self._settings.flags_seconds)


async def _until(stop: asyncio.Event) -> None:
    await stop.wait()
