"""Upbit's WebSocket, kept alive: connects, subscribes, reads, and after a loss begins again, for as long as somebody listens.

Markets are split over connections; each waits longer after each failure (1 s doubled up to 30 s, with jitter) and never gives up. After a
gap, and after messages that nobody can read, the trades that were missed are asked by REST, from the last known one on; so are own
orders (`own_news`). Pings keep a silent connection open: the exchange closes one without any traffic after 120 s.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from engine.exchange.upbit.errors import ExchangeError, GapTooLongError, RefusedError
from engine.exchange.upbit.frames import BrokenFrameError, MyAssetFrame, MyOrderFrame, TradeFrame, read_frame
from engine.exchange.upbit.inbox import Arrival, Connected, Disconnected, Inbox, Item, Refilled, Trouble
from engine.exchange.upbit.limits import RULES, Bucket, Group, Limits
from engine.exchange.upbit.missed import missed_trades
from engine.exchange.upbit.own_news import OwnNews
from engine.exchange.upbit.quotation import Quotation
from engine.exchange.upbit.refusals import NoTokenError, PenaltyError, TooManyRequestsError, refusal
from engine.exchange.upbit.rest import owner_of
from engine.exchange.upbit.signing import Keys, authorization
from engine.exchange.upbit.subscriptions import CODES_MAX, PRIVATE, Format, Kind, Subscription, list_request, request, split
from engine.exchange.upbit.trading import Trading

STREAM_URL: Final = "wss://api.upbit.com/websocket/v1"
_FIRST_WAIT_SECONDS: Final = 1.0
_LONGEST_WAIT_SECONDS: Final = 30.0
_JITTER: Final = 0.25
#: the library logs the handshake's headers at the level of debugging, and the token is one of them
_LOGGER: Final = logging.getLogger(__name__)
_LOGGER.setLevel(logging.INFO)
#: trades may come in another order than they were made in: so long before the last one that came, one may have been missed
_REORDERED_MS: Final = 5_000
#: after a message that cannot be read: until what it may have told is there to be asked for, and others like it have come
_BROKEN_SECONDS: Final = 1.0
_MESSAGE_BYTES_MAX: Final = 16 * 2**20


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """Where the exchange is, and how it is listened to. ping_seconds: between pings, and how long an answer may take; close_seconds: how
    long the other side may take to say goodbye, which on a dead line it never does."""

    url: str = STREAM_URL
    form: Format = Format.SIMPLE
    codes_max: int = CODES_MAX
    open_seconds: float = 10.0
    ping_seconds: float = 20.0
    close_seconds: float = 2.0


@dataclass(slots=True)
class _Line:
    """One connection's lot over its losses. attempts: failures since its last news; again: it has been subscribed before.

    messages: the limit of what is sent on the present connection. gaps: per market the last trade before what was missed, until it is
    filled; a loss before that makes the gap longer. broken: messages of the present connection could not be read, and may have been trades.
    """

    group: tuple[Subscription, ...]
    attempts: int = 0
    again: bool = False
    socket: ClientConnection | None = None
    messages: Bucket | None = None
    gaps: dict[str, TradeFrame] = field(default_factory=dict)
    broken: asyncio.Event = field(default_factory=asyncio.Event)

    async def say(self, text: str) -> bool:
        """Send on the present connection, when its limit allows. False: there is none, or not any more."""
        socket, messages = self.socket, self.messages
        if socket is None or messages is None:
            return False
        await messages.acquire()
        try:
            await socket.send(text)
        except ConnectionClosed:
            return False
        return True

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(code for found in self.group for code in found.codes)

    @property
    def private(self) -> bool:
        return self.group[0].kind in PRIVATE

    def tells(self, *kinds: Kind) -> bool:
        return any(found.kind in kinds for found in self.group)

    @property
    def own(self) -> bool:
        """Whether it tells of own orders or balances."""
        return self.tells(Kind.MY_ORDER, Kind.MY_ASSET)


class Stream:
    """An asynchronous context manager and iterator of arrivals. keys: for own orders, balances and announcements.

    quotation: asked for missed trades after a gap, trading: for own orders; without them the reader is only told of the gap. chance: the
    jitter's.
    """

    def __init__(
        self,
        subscriptions: Sequence[Subscription],
        *,
        keys: Keys | None = None,
        settings: StreamSettings | None = None,
        limits: Limits | None = None,
        quotation: Quotation | None = None,
        trading: Trading | None = None,
        chance: random.Random | None = None,
        nonces: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self.settings = settings or StreamSettings()
        self.limits = limits or Limits()
        self.inbox = Inbox()
        self._keys = keys
        self._quotation = quotation
        self._own = OwnNews(trading, self._put, self.limits.clock)
        self._chance = chance or random.Random()  # noqa: S311 - jitter is no secret
        self._nonces = nonces
        self._lines = [_Line(group) for group in split(subscriptions, self.settings.codes_max)]
        self._last_trades: dict[str, TradeFrame] = {}
        self._first_ms: dict[str, int] = {}
        self._tasks: list[asyncio.Task[None]] = []
        if keys is None and any(found.kind in PRIVATE for found in subscriptions):
            raise NoTokenError(401, "no_authorization_token", "", "WebSocket")

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._keep(line)) for line in self._lines]
        if any(line.own for line in self._lines):
            balances = any(line.tells(Kind.MY_ASSET) for line in self._lines)
            self._tasks.append(asyncio.create_task(self._own.keep_known(balances=balances)))
        for task in self._tasks:
            task.add_done_callback(self._ended)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Arrival:
        return await self.inbox.get()

    async def ask_subscriptions(self) -> int:
        """Ask every open connection what it is subscribed to; the answers arrive as SubscriptionsFrame. Returns how many were asked."""
        return sum([await line.say(list_request(self._nonces())) for line in self._lines])

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A connection's task only ends by a defect, which the reader must hear of, or because the stream is closed."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self.inbox.fail(error)

    async def _keep(self, line: _Line) -> None:
        """One connection, again and again."""
        if line.own:
            await self._own.begin()
        while True:
            line.gaps = self._last_trades_of(line) | line.gaps
            since = math.inf
            try:
                async with await self._open(line.private) as socket:
                    await self._subscribe(socket, line)
                    since = self.limits.clock.monotonic_seconds()
                    self._put(Connected(line.again, line.codes, line.private))
                    await self._listen(socket, line)
                reason, told = "closed", None
            except (OSError, WebSocketException, TimeoutError, ExchangeError) as error:
                reason, told = str(error) or type(error).__name__, error if isinstance(error, ExchangeError) else None
                if isinstance(error, RefusedError):
                    self._put(Trouble(str(error), error, line.private))
            stood = self.limits.clock.monotonic_seconds() - since >= _LONGEST_WAIT_SECONDS  # where nothing happens, it was silent and good
            line.attempts = 1 if stood else line.attempts + 1
            wait_seconds = self._wait_seconds(line.attempts)
            self._put(Disconnected(reason, line.attempts, wait_seconds, line.codes, line.private, told))
            if line.own and line.again:
                self._own.lost(line.codes, reason)
            await self.limits.clock.sleep(wait_seconds)

    def _wait_seconds(self, attempts: int) -> float:
        wait_seconds = min(_FIRST_WAIT_SECONDS * 2.0 ** min(attempts - 1, 10), _LONGEST_WAIT_SECONDS)
        return wait_seconds * self._chance.uniform(1 - _JITTER, 1 + _JITTER)

    async def _open(self, private: bool) -> ClientConnection:
        """A new connection; the token is given at the handshake and only there. Raises a RefusedError for a refusing answer."""
        bucket = self.limits.bucket(Group.WEBSOCKET_CONNECT, owner_of(self._keys) if private else "")
        await bucket.acquire()
        url = f"{self.settings.url}/private" if private else self.settings.url
        ping = self.settings.ping_seconds
        try:
            return await connect(
                url,
                additional_headers=self._token(private),
                open_timeout=self.settings.open_seconds,
                ping_interval=ping,
                ping_timeout=ping,
                close_timeout=self.settings.close_seconds,
                max_size=_MESSAGE_BYTES_MAX,
                logger=_LOGGER,
            )
        except InvalidStatus as error:
            refused = self._refused(bucket, error)
        raise refused  # not chained, and no variable here holds the token: errors are shown to others

    def _token(self, private: bool) -> dict[str, str]:
        """What the handshake of the private address carries."""
        return {"Authorization": authorization(self._keys, self._nonces(), "")} if private and self._keys is not None else {}

    def _refused(self, bucket: Bucket, error: InvalidStatus) -> RefusedError:
        found = refusal(
            error.response.status_code, bytes(error.response.body or b""), "WebSocket", error.response.headers.get("Retry-After", "")
        )
        if isinstance(found, PenaltyError):
            self.limits.blocked(bucket, found.seconds)
        if isinstance(found, TooManyRequestsError):
            bucket.refused()
        return found

    async def _subscribe(self, socket: ClientConnection, line: _Line) -> None:
        line.socket = socket
        line.messages = Bucket(self.limits.clock, Group.WEBSOCKET_MESSAGE, RULES[Group.WEBSOCKET_MESSAGE], str(socket.id))
        await line.say(request(self._nonces(), line.group, self.settings.form))

    async def _listen(self, socket: ClientConnection, line: _Line) -> None:
        """Read until the connection closes. Missed trades are asked for beside it, so that the socket is never kept waiting."""
        resync = asyncio.create_task(self._refill(line, at_once=line.again)) if self._quotation is not None else None
        if resync is not None:
            resync.add_done_callback(self._ended)
        if line.own:
            self._own.connected(line.codes)
        line.again = True
        try:
            async for data in socket:
                if self._read(data, line):
                    line.attempts = 0
        finally:
            line.socket = None
            if resync is not None:
                resync.cancel()
                await asyncio.gather(resync, return_exceptions=True)

    def _read(self, data: str | bytes, line: _Line) -> bool:
        """Pass on what a message says. False: nothing but refusals and what cannot be read, so the connection is not known to be good."""
        try:
            found = read_frame(data)
        except BrokenFrameError as error:
            found = [error]
        for message in found:
            if isinstance(message, RefusedError | BrokenFrameError):
                self._put(Trouble(str(message), message if isinstance(message, RefusedError) else None, line.private))
                if isinstance(message, BrokenFrameError):
                    line.gaps = self._last_trades_of(line) | line.gaps
                    line.broken.set()
                    if line.own:
                        self._own.doubt(str(message))
                        self._own.ask()
                continue
            if isinstance(message, MyOrderFrame | MyAssetFrame):
                self._own.take(message)
                continue
            if isinstance(message, TradeFrame):
                self._last_trades[message.code] = message
                self._first_ms.setdefault(message.code, message.trade_timestamp)
            self.inbox.put(message, self.limits.clock.monotonic_seconds())
        return not all(isinstance(message, RefusedError | BrokenFrameError) for message in found)

    def _last_trades_of(self, line: _Line) -> dict[str, TradeFrame]:
        """The last trade of each market whose trades this connection tells."""
        codes = {code for found in line.group if found.kind is Kind.TRADE for code in found.codes}
        return {code: trade for code, trade in self._last_trades.items() if code in codes}

    async def _refill(self, line: _Line, *, at_once: bool) -> None:
        """Ask for what was missed: at_once, and whenever messages could not be read."""
        line.broken.clear()
        if at_once:
            await self._resync(line)
        while await line.broken.wait():
            await self.limits.clock.sleep(_BROKEN_SECONDS)
            line.broken.clear()
            await self._resync(line)

    async def _resync(self, line: _Line) -> None:
        """Ask for the trades of every gap. What fails is asked again after the next loss. A gap that opens meanwhile stays open."""
        assert self._quotation is not None, "only called with one"
        for code in list(line.gaps):
            last = line.gaps.pop(code)
            since_ms = max(last.trade_timestamp - _REORDERED_MS, self._first_ms[code])
            try:
                missed = await missed_trades(self._quotation, code, since_ms)
            except ExchangeError as error:
                line.gaps[code] = last
                self._put(Trouble(str(error), error))
                self._put(Refilled(code, whole=False))
                continue
            except asyncio.CancelledError:
                line.gaps[code] = last
                raise
            if not missed.whole:
                lacking = GapTooLongError(code)
                self._put(Trouble(str(lacking), lacking))
            self.inbox.put_missed(missed.trades, self.limits.clock.monotonic_seconds())
            if missed.trades and self._last_trades[code] is last:  # nothing came by the stream since: the next gap begins here
                self._last_trades[code] = missed.trades[-1]
            self._put(Refilled(code, missed.whole))

    def _put(self, item: Item) -> None:
        self.inbox.put(item, self.limits.clock.monotonic_seconds())
