"""The live public feed of an exchange into a simulated one: its trades and books, as they come."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dsl.messages import text
from engine.alerts.log import FILE, AlertLog
from engine.alerts.watch import Watch
from engine.cli.data_record import show_alert
from engine.cli.language import language
from engine.exchange.simulated.venue.book import Book, Level
from engine.exchange.simulated.venue.core import Passing
from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.frames import OrderbookFrame, TradeFrame
from engine.exchange.upbit.inbox import Arrival, Connected, Disconnected, Item
from engine.exchange.upbit.market_flags import CAUTIONS, DELISTING, SUSPENDED, WARNING
from engine.exchange.upbit.market_news import MarketNews, MarketState, News
from engine.exchange.upbit.record_run import stream_url
from engine.exchange.upbit.rest import ClientSettings
from engine.exchange.upbit.stream import Stream, StreamSettings
from engine.exchange.upbit.subscriptions import Kind, Subscription
from engine.exchange.upbit.tasks import until_first
from engine.model.money import coins, exact

if TYPE_CHECKING:
    from engine.exchange.simulated.venue.live import LiveWorld


async def follow(world: LiveWorld, address: str, markets: Sequence[str], folder: Path) -> None:
    """Listen until cancelled. address: of the exchange, `https://...`; trades missed while the line was down are asked for. What the
    exchange there says of its markets is said here too, and is an alert in the log of the folder."""
    kinds = (Kind.TRADE, Kind.ORDERBOOK, Kind.TICKER)
    wishes = [Subscription(kind, tuple(markets)) for kind in kinds]
    settings = StreamSettings(url=stream_url(address))
    watch = Watch(AlertLog(folder / FILE), show_alert)
    async with (
        UpbitClient(settings=ClientSettings(base_url=address)) as client,
        Stream(wishes, settings=settings, limits=client.rest.limits, quotation=client.quotation) as stream,
    ):
        news = MarketNews(client, markets, _now_ms, partial(_heard, world, watch))

        def also(item: Item) -> None:
            news.take(item)
            watch.take(item, _now_ms(), time.monotonic())

        await until_first(take(world, stream, also), news.ask(), _look(watch, client))


async def take(world: LiveWorld, arrivals: AsyncIterable[Arrival], also: Callable[[Item], None] = lambda _: None) -> None:
    """Put what arrives into the world, until there is no more; say when the line is lost and when it is back. also: told of all of it."""
    async for arrival in arrivals:
        item = arrival.item
        if isinstance(item, TradeFrame):
            volume, bought = coins(float(round(item.trade_volume * 1e8))), item.ask_bid == "BID"
            world.hear(Passing(item.code, item.trade_timestamp, exact(item.trade_price), volume, bought, item.sequential_id))
        elif isinstance(item, OrderbookFrame):
            world.see(item.code, _book(item))
        elif isinstance(item, Disconnected):
            reason = item.reason if item.error is None else item.error.message(language())
            _say("feed_lost", reason=reason, seconds=f"{item.wait_seconds:.0f}", attempts=item.attempts)
        elif isinstance(item, Connected):
            _say("feed_back" if item.again else "feed_on", markets=len(item.codes))
        also(item)


def _heard(world: LiveWorld, watch: Watch, news: News) -> None:
    if isinstance(news, MarketState):
        flags = news.flags
        cautions = [name for flag, name in CAUTIONS.items() if flags.get(flag)]
        day = news.delisted_on if flags.get(DELISTING) else ""
        world.mark(news.market, warning=flags.get(WARNING, False), cautions=cautions, halted=flags.get(SUSPENDED, False), delisted_on=day)
    watch.take(news, _now_ms(), time.monotonic())


async def _look(watch: Watch, client: UpbitClient) -> None:
    while True:
        watch.look(client.rest.limits.quotas(), _now_ms(), time.monotonic())
        await asyncio.sleep(1.0)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _book(frame: OrderbookFrame) -> Book:
    """Both sides, without the levels that one of them lacks."""
    units = frame.orderbook_units
    bids = tuple(Level(exact(u.bid_price), coins(float(round(u.bid_size * 1e8)))) for u in units if u.bid_price > 0 and u.bid_size > 0)
    asks = tuple(Level(exact(u.ask_price), coins(float(round(u.ask_size * 1e8)))) for u in units if u.ask_price > 0 and u.ask_size > 0)
    return Book(bids, asks)


def _say(key: str, **values: object) -> None:
    sys.stderr.write(text(f"exchange.{key}", language(), **values) + "\n")
