"""The live public feed of an exchange into a simulated one: its trades and books, as they come."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterable, Sequence
from typing import TYPE_CHECKING

from dsl.messages import text
from engine.cli.language import language
from engine.exchange.simulated.venue.book import Book, Level
from engine.exchange.simulated.venue.core import Passing
from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.frames import OrderbookFrame, TradeFrame
from engine.exchange.upbit.inbox import Arrival, Connected, Disconnected
from engine.exchange.upbit.rest import ClientSettings
from engine.exchange.upbit.stream import Stream, StreamSettings
from engine.exchange.upbit.subscriptions import Kind, Subscription
from engine.model.money import coins, exact

if TYPE_CHECKING:
    from engine.exchange.simulated.venue.live import LiveWorld

_STREAM_PATH = "/websocket/v1"


async def follow(world: LiveWorld, address: str, markets: Sequence[str]) -> None:
    """Listen until cancelled. address: of the exchange, `https://...`; trades missed while the line was down are asked for."""
    wishes = [Subscription(kind, tuple(markets)) for kind in (Kind.TRADE, Kind.ORDERBOOK)]
    settings = StreamSettings(url=address.rstrip("/").replace("http", "ws", 1) + _STREAM_PATH)
    async with (
        UpbitClient(settings=ClientSettings(base_url=address)) as client,
        Stream(wishes, settings=settings, quotation=client.quotation) as stream,
    ):
        await take(world, stream)


async def take(world: LiveWorld, arrivals: AsyncIterable[Arrival]) -> None:
    """Put what arrives into the world, until there is no more; say when the line is lost and when it is back."""
    async for arrival in arrivals:
        item = arrival.item
        if isinstance(item, TradeFrame):
            volume, bought = coins(float(round(item.trade_volume * 1e8))), item.ask_bid == "BID"
            world.hear(Passing(item.code, item.trade_timestamp, exact(item.trade_price), volume, bought, item.sequential_id))
        elif isinstance(item, OrderbookFrame):
            world.see(item.code, _book(item))
        elif isinstance(item, Disconnected):
            _say("feed_lost", reason=item.reason, seconds=f"{item.wait_seconds:.0f}", attempts=item.attempts)
        elif isinstance(item, Connected):
            _say("feed_back" if item.again else "feed_on", markets=len(item.codes))


def _book(frame: OrderbookFrame) -> Book:
    """Both sides, without the levels that one of them lacks."""
    units = frame.orderbook_units
    bids = tuple(Level(exact(u.bid_price), coins(float(round(u.bid_size * 1e8)))) for u in units if u.bid_price > 0 and u.bid_size > 0)
    asks = tuple(Level(exact(u.ask_price), coins(float(round(u.ask_size * 1e8)))) for u in units if u.ask_price > 0 and u.ask_size > 0)
    return Book(bids, asks)


def _say(key: str, **values: object) -> None:
    sys.stderr.write(text(f"exchange.{key}", language(), **values) + "\n")
