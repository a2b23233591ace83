"""One WebSocket connection: reads what the client asks for and sends, a few times a second, what has happened since."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from engine.exchange.simulated.served.faults import FrameFault
from engine.exchange.simulated.served.frames import (
    CANDLES,
    asset_frame,
    candle_frame,
    order_frame,
    orderbook_frame,
    shortened,
    ticker_frame,
    trade_frame,
)
from engine.exchange.simulated.served.subscriptions import MESSAGES, Message, SubscriptionError, Wish, read_message
from engine.exchange.simulated.venue.exact import plain
from engine.exchange.simulated.venue.ledger import base_currency
from engine.exchange.simulated.venue.orders import OrderEvent
from engine.exchange.simulated.venue.prices import supported_levels
from engine.exchange.simulated.venue.world import World
from engine.model.market import quote_currency

if TYPE_CHECKING:
    from engine.exchange.simulated.served.quota import Quota
    from engine.exchange.simulated.served.switches import WireSwitches
    from engine.exchange.simulated.venue.core import Passing

Json = dict[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[Json], Awaitable[None]]
_PUMP_SECONDS: Final = 0.05
_CANDLE_SECONDS: Final = 1.0
_UP_MS: Final = 10_000
_UNKNOWN: Final = b'{"type":"weather","code":"KRW-BTC","sky":"clear"}'
_BROKEN: Final = b"\x00\xff{"
_UP: Final = b'{"status":"UP"}'


class LineProtocol(WebSocketsSansIOProtocol):
    """uvicorn's, which also knows when the client last sent anything, pings included. clock: ms, of the line that it carries."""

    clock: Callable[[], float] | None = None
    heard_ms = 0.0

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        if self.clock is not None:
            self.heard_ms = self.clock()
        super().data_received(data)

    async def send(self, message: Any) -> None:
        """As uvicorn's, but a handshake that was refused in full is complete: nothing is left to complain about."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = True


@dataclass(slots=True)
class Line:
    """world: moved on by `advance`; private: the address that needs a key; steady_ms: the clock of quotas, silence and `UP`; fault: what
    goes wrong with a frame; skew_ms: by how much times that are off are late; refusing: the name under which every message is refused,
    "" = none is. ended: an error ends the line."""

    world: World
    advance: Callable[[], None]
    quota: Quota
    steady_ms: Callable[[], float]
    name: str
    private: bool
    switches: WireSwitches
    fault: Callable[[int], FrameFault | None]
    skew_ms: Callable[[], int]
    refusing: Callable[[], str] = str
    wishes: tuple[Wish, ...] = ()
    form: str = "DEFAULT"
    ended: bool = False
    own: list[Json] = field(default_factory=list)
    _seen_ms: int = 0
    _books: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    _candles_due: float = 0.0
    _changed: set[str] = field(default_factory=set)
    _up_due_ms: float | None = None
    _active_ms: float = 0.0
    _assets: int = 0
    _frames: int = 0
    _held: list[bytes] = field(default_factory=list)
    _books_sent: dict[str, bytes] = field(default_factory=dict)

    async def run(self, receive: Receive, send: Send) -> None:
        """Until either side ends it."""
        self._seen_ms = self.world.now_ms
        self._active_ms = self.steady_ms()
        protocol: Any = getattr(receive, "__self__", None)
        if isinstance(protocol, LineProtocol):
            protocol.clock = self.steady_ms
        self.world.venue.told.append(self.hear)
        tasks = [
            asyncio.create_task(self._listen(receive, send)),
            asyncio.create_task(self._pump(send, protocol)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.world.venue.told.remove(self.hear)
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception) and not isinstance(end, OSError):  # that one: the client is gone
                raise end

    async def _listen(self, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] != "websocket.disconnect":
            for frame in self.take(message.get("text") or message.get("bytes") or ""):
                await self._send(send, frame)
            if self.ended:
                await send({"type": "websocket.close", "code": 1008})
                return

    def hear(self, event: OrderEvent) -> None:
        """An own order changed, and with it balances."""
        market = event.order.request.market
        for wish in self.wishes:
            if wish.type == "myOrder" and (not wish.codes or market in wish.codes):
                self.own.append(order_frame(event, self.world.now_ms))
            elif wish.type == "myAsset":
                self._assets += 1
                at_ms = event.trade.time_ms if event.trade else self.world.now_ms
                uuid = str(UUID(int=self._assets, version=4))
                self.own.append(asset_frame(self.world, (quote_currency(market), base_currency(market)), uuid, at_ms))

    def take(self, text: str | bytes) -> list[bytes]:
        """Frames that answer a message of the client at once."""
        if text in ("PING", b"PING"):
            self._up_due_ms = self.steady_ms() + _UP_MS
            return [_UP]
        if self.refusing() in MESSAGES:
            return self._complaint(SubscriptionError(self.refusing()))
        now_ms = self.steady_ms()
        statuses = {self.quota.ask(group, self.name, now_ms).status for group in ("websocket-message", "websocket-message-minute")}
        if statuses != {200}:
            return self._complaint(SubscriptionError("TOO_MANY_REQUEST"))
        self.advance()
        try:
            message = read_message(text, self.world.listed(), private=self.private, most_codes=self.switches.most_codes)
        except SubscriptionError as error:
            return self._complaint(error)
        return self._subscribe(message)

    def _complaint(self, error: SubscriptionError) -> list[bytes]:
        closing = self.switches.close_on_error
        self.ended = closing == "always" or (closing == "auth" and error.name == "INVALID_AUTH")
        return [orjson.dumps(error.frame)]

    def _subscribe(self, message: Message) -> list[bytes]:
        if message.wishes is None:
            result = [wish.listed() for wish in self.wishes]
            form = message.format or self.form
            if self.switches.list_format == "connection":
                self.form = form
            return [_packed({"method": "LIST_SUBSCRIPTIONS", "result": result, "ticket": message.ticket}, form)]
        self.form = message.format or "DEFAULT"
        self.wishes = (*(self.wishes if self.switches.resubscribe == "add" else ()), *message.wishes)
        self._seen_ms = self.world.now_ms
        for wish in message.wishes:
            if wish.type == "orderbook":
                self._books.update({(market, i): self._book_key(market) for i, market in enumerate(wish.codes)})
        frames = [frame for wish in message.wishes if wish.snapshot for frame in self._snapshot(wish)]
        return [_packed(frame, self.form) for frame in frames]

    def _snapshot(self, wish: Wish) -> list[Json]:
        found: list[Json | None] = []
        for market, unit in zip(wish.codes, wish.units, strict=True):
            if wish.type == "ticker":
                found.append(ticker_frame(self.world, market, "SNAPSHOT"))
            elif wish.type == "trade":
                last = self.world.tapes[market].last(self.world.now_ms)
                found.append(None if last is None else trade_frame(self.world, last, "SNAPSHOT"))
            elif wish.type == "orderbook":
                found.append(self._book(market, wish, unit, "SNAPSHOT"))
            else:
                found.append(candle_frame(self.world, market, wish.type, "SNAPSHOT"))
        return [frame for frame in found if frame is not None]

    def _book(self, market: str, wish: Wish, unit: int, stream: str) -> Json | None:
        if plain(wish.level) not in supported_levels(self.world, market):
            return None
        return orderbook_frame(self.world, market, wish.level, unit, stream)

    def news(self, now_seconds: float) -> list[Json]:
        """Frames of what has happened since the last call, own orders first."""
        frames, self.own = self.own, []
        since, self._seen_ms = self._seen_ms, self.world.now_ms
        markets = sorted({market for wish in self.wishes if wish.realtime for market in wish.codes if wish.type != "myOrder"})
        new = {market: list(self.world.tapes[market].between(since, self._seen_ms)) for market in markets}
        self._changed |= {market for market, trades in new.items() if trades}
        candles_due = now_seconds >= self._candles_due
        for wish in self.wishes:
            if wish.realtime and not self.private:
                frames += self._of_wish(wish, new, candles_due=candles_due)
        if candles_due:
            self._candles_due, self._changed = now_seconds + _CANDLE_SECONDS, set()
        return frames

    def _of_wish(self, wish: Wish, new: dict[str, list[Passing]], *, candles_due: bool) -> list[Json]:
        found: list[Json | None] = []
        if wish.type == "trade":
            trades = sorted((trade for market in wish.codes for trade in new[market]), key=lambda trade: trade.time_ms)
            found += [trade_frame(self.world, trade, "REALTIME") for trade in trades]
        elif wish.type == "ticker":
            found += [ticker_frame(self.world, market, "REALTIME") for market in wish.codes if new[market]]
        elif wish.type in CANDLES and candles_due:
            found += [candle_frame(self.world, market, wish.type, "REALTIME") for market in wish.codes if market in self._changed]
        elif wish.type == "orderbook":
            for i, (market, unit) in enumerate(zip(wish.codes, wish.units, strict=True)):
                key = self._book_key(market)
                if self._books.get((market, i)) != key:
                    self._books[market, i] = key
                    found.append(self._book(market, wish, unit, "REALTIME"))
        return [frame for frame in found if frame is not None]

    def _book_key(self, market: str) -> tuple[int, int]:
        place = self.world.venue.places[market]
        return place.time_ms, place.changes

    async def _pump(self, send: Send, protocol: Any) -> None:
        """Send what is new, `UP` every ten seconds once asked, and end a line that is silent for too long."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_PUMP_SECONDS)
            self.advance()
            for frame in self.news(loop.time()):
                await self._send(send, _packed(frame, self.form), frame)
            now_ms = self.steady_ms()
            if self._up_due_ms is not None and now_ms >= self._up_due_ms:
                self._up_due_ms = now_ms + _UP_MS
                await self._send(send, _UP)
            if (
                self.switches.idle_seconds
                and now_ms - max(self._active_ms, getattr(protocol, "heard_ms", 0.0)) >= self.switches.idle_seconds * 1000
            ):
                await send({"type": "websocket.close", "code": 1000})
                return

    async def _send(self, send: Send, content: bytes, frame: Json | None = None) -> None:
        """Binary, as the exchange does; what goes wrong goes wrong here. frame: what it says, of news."""
        self._active_ms = self.steady_ms()
        self._frames += 1
        fault = self.fault(self._frames)
        if fault is FrameFault.DROP:
            await send({"type": "websocket.close", "code": 1011})
            raise ConnectionAbortedError
        if fault is FrameFault.SWAPPED:
            self._held.append(content)
            return
        content = self._spoiled(fault, content, frame)
        before = [_UNKNOWN] if fault is FrameFault.UNKNOWN else [content] if fault is FrameFault.DUPLICATE else []
        held, self._held = self._held, []
        for found in (*before, content, *held):
            await send({"type": "websocket.send", "bytes": found})

    def _spoiled(self, fault: FrameFault | None, content: bytes, frame: Json | None) -> bytes:
        """What comes in the place of a frame."""
        if fault is FrameFault.TRUNCATED:
            return content[: len(content) // 2]
        if fault is FrameFault.BROKEN:
            return _BROKEN
        if frame is None:
            return content
        if fault is FrameFault.SKEWED:
            return _packed(frame | {"timestamp": frame["timestamp"] - self.skew_ms()}, self.form)
        if frame["type"] == "orderbook":
            if fault is FrameFault.STALE:
                return self._books_sent.get(frame["code"], content)
            self._books_sent[frame["code"]] = content
        return content


def _packed(frame: Json, form: str) -> bytes:
    spelled = shortened(frame) if form.startswith("SIMPLE") else frame
    return orjson.dumps([spelled] if form.endswith("LIST") else spelled)
