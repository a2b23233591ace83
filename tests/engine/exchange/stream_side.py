"""The other end of a stream: a WebSocket server on loopback that follows a script, and trades by REST."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from engine.exchange.upbit.frames import TradeFrame
from engine.exchange.upbit.inbox import Item
from engine.exchange.upbit.limits import Limits
from engine.exchange.upbit.stream import Stream, StreamSettings
from engine.exchange.upbit.subscriptions import Kind, Subscription
from tests.engine.exchange.far_side import QuickClock, Received, Reply
from tests.engine.exchange.test_upbit_frames import message, simple

TRADES = Subscription(Kind.TRADE, ("KRW-BTC", "KRW-ETH"))
OWN = Subscription(Kind.MY_ORDER)


def trade(number: int, code: str = "KRW-BTC") -> dict[str, Any]:
    return message("trade") | {"code": code, "sequential_id": number, "trade_timestamp": time_ms(number)}


def time_ms(number: int) -> int:
    """Of a trade: they are so far apart that none can be out of order."""
    return 1_751_327_999_000 + 10_000 * number


Script = Callable[[ServerConnection, list[dict[str, Any]], int], Awaitable[None]]


@dataclass
class Exchange:
    """A WebSocket server. script: what it does on its n-th connection after it was asked; refuse: what it says to handshakes first."""

    script: Script
    refuse: list[Response] = field(default_factory=list)
    asked: list[list[dict[str, Any]]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    extensions: list[str] = field(default_factory=list)
    url: str = ""

    async def serve(self, socket: ServerConnection) -> None:
        self.asked.append(json.loads(await socket.recv()))
        await self.script(socket, self.asked[-1], len(self.asked) - 1)

    def handshake(self, socket: ServerConnection, asked: Request) -> Response | None:
        self.paths.append(asked.path)
        self.tokens.append(asked.headers.get("Authorization"))
        self.extensions.append(asked.headers.get("Sec-WebSocket-Extensions", ""))
        return self.refuse.pop(0) if self.refuse else None


@asynccontextmanager
async def exchange(script: Script, *refuse: Response) -> AsyncIterator[Exchange]:
    there = Exchange(script, list(refuse))
    server: Server
    async with serve(there.serve, "127.0.0.1", 0, process_request=there.handshake) as server:
        there.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/websocket/v1"
        yield there


async def say(socket: ServerConnection, *messages: dict[str, Any]) -> None:
    """In SIMPLE, as binary, which is how the exchange sends."""
    for found in messages:
        await socket.send(json.dumps(simple(found["type"], found)).encode())


async def until(stream: Stream, wanted: Callable[[list[Item]], bool]) -> list[Item]:
    found: list[Item] = []
    async with asyncio.timeout(20):
        async for arrival in stream:
            found.append(arrival.item)
            if wanted(found):
                return found
    raise AssertionError("a stream does not end")


def ids(items: list[Item]) -> list[int]:
    return [item.sequential_id for item in items if isinstance(item, TradeFrame)]


def listening(there: Exchange, *subscriptions: Subscription, **more: Any) -> Stream:
    settings = StreamSettings(url=there.url, open_seconds=5.0, **more.pop("settings", {}))
    return Stream(subscriptions or (TRADES,), settings=settings, limits=Limits(QuickClock()), chance=random.Random(1), **more)


def rest_trades(numbers: list[int], page: int = 2) -> Callable[[Received], Reply]:
    """Trades by REST, newest first, in pages, cursor exclusive; markets but KRW-BTC have none."""

    def answer(asked: Received) -> Reply:
        query = dict(pair.split("=") for pair in asked.query.split("&"))
        last = int(query.get("cursor", 10**9))
        there = [] if "days_ago" in query or query["market"] != "KRW-BTC" else sorted((n for n in numbers if n < last), reverse=True)[:page]
        rows = [
            {
                "market": "KRW-BTC", "trade_date_utc": "2025-06-27", "trade_time_utc": "23:59:59", "timestamp": time_ms(number),
                "trade_price": 1, "trade_volume": 2, "prev_closing_price": 3, "change_price": 4, "ask_bid": "BID", "sequential_id": number,
            }
            for number in there
        ]  # fmt: skip
        return Reply(json.dumps(rows).encode())

    return answer
