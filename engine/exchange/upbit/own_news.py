"""Own orders and balances through gaps of the stream: what may have been missed is asked by REST, and each piece of news is told once.

Before the first connection the open orders are noted, silently: they are no news. After every connection, and after a message that could
not be read, the exchange is asked what has become of the orders that were open, and which were made and ended meanwhile. While it is
asked, what the stream tells is held back, so that news of an order come in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

from engine.exchange.upbit.answers import Order
from engine.exchange.upbit.errors import ExchangeError
from engine.exchange.upbit.frames import MyAssetFrame, MyOrderFrame
from engine.exchange.upbit.inbox import Item, OrdersInDoubt, OrdersKnown, Trouble
from engine.exchange.upbit.limits import Clock
from engine.exchange.upbit.missed import RESYNC
from engine.exchange.upbit.own_orders import OwnOrders
from engine.exchange.upbit.trading import CLOSED_MAX, LISTED_MAX, Trading

#: so long before the exchange's time of the last asking something may have been missed: its clocks differ, and Date has whole seconds
_MARGIN_MS: Final = 60_000
#: closed orders are asked for by stretches of this length, the longest that is answered
_WINDOW_MS: Final = 7 * 86_400_000
#: news are held back no longer than this by a line that goes on breaking
_HELD_SECONDS: Final = 10.0
_FIRST_WAIT_SECONDS: Final = 1.0
_LONGEST_WAIT_SECONDS: Final = 30.0


class OwnNews:
    """Of one stream. trading: asked; without it the reader is only told of the doubt. put: where news go."""

    def __init__(self, trading: Trading | None, put: Callable[[Item], None], clock: Clock) -> None:
        self._trading = trading
        self._put = put
        self._clock = clock
        self._orders = OwnOrders()
        self._held: list[MyOrderFrame | MyAssetFrame] | None = None
        self._held_since = 0.0
        #: orders of which something was told before what may have gone before was asked for
        self._suspect: set[str] = set()
        self._down: set[frozenset[str]] = set()
        self._pending = asyncio.Event()
        self._in_doubt = False
        self._known_ms: int | None = None

    def take(self, frame: MyOrderFrame | MyAssetFrame) -> None:
        """What the stream tells."""
        if self._held is not None:
            self._held.append(frame)
            return
        if isinstance(frame, MyOrderFrame) and self._in_doubt:
            self._suspect.add(frame.uuid)
        if isinstance(frame, MyAssetFrame) or self._orders.is_new(frame):
            self._put(frame)

    def doubt(self, reason: str) -> None:
        """From now on something may have been missed."""
        if not self._in_doubt:
            self._in_doubt = True
            self._put(OrdersInDoubt(reason))

    def ask(self) -> None:
        """What is in doubt can be asked for now; until it has been, what the stream tells waits."""
        self._pending.set()
        if self._trading is not None and self._held is None:
            self._held, self._held_since = [], self._clock.monotonic_seconds()

    def connected(self, codes: frozenset[str]) -> None:
        """The connection that tells of these markets is made."""
        self._down.discard(codes)
        self.ask()

    def lost(self, codes: frozenset[str], reason: str) -> None:
        """It is lost, or was not made again."""
        self._down.add(codes)
        self.doubt(reason)
        if self._clock.monotonic_seconds() - self._held_since > _HELD_SECONDS:
            self._release()

    async def begin(self) -> None:
        """Note the orders that are open or have just ended; to be called before the first connection. What fails is told; those orders
        will be news."""
        if self._trading is None or self._known_ms is not None:
            return
        try:
            orders, known_ms = await self._open_orders(self._trading)
            if known_ms is not None:
                orders += await self._made_and_ended(self._trading, known_ms - 2 * _MARGIN_MS, known_ms)
            self._orders.missing(await self._with_trades(self._trading, orders))
        except ExchangeError as error:
            self._put(Trouble(str(error), error, private=True))
        else:
            self._known_ms = known_ms

    async def keep_known(self, *, balances: bool) -> None:
        """Ask whenever there is reason to, until cancelled; a line that breaks meanwhile is no reason to stop. balances: those too."""
        if self._trading is None:
            return
        wait_seconds = _FIRST_WAIT_SECONDS
        while True:
            await self._pending.wait()
            self._pending.clear()
            try:
                await self._tell_missed(self._trading, balances=balances)
            except ExchangeError as error:
                self._release()
                self._put(Trouble(str(error), error, private=True))
                await self._clock.sleep(wait_seconds)
                wait_seconds = min(2 * wait_seconds, _LONGEST_WAIT_SECONDS)
                self.ask()
            else:
                wait_seconds = _FIRST_WAIT_SECONDS

    async def _tell_missed(self, trading: Trading, *, balances: bool) -> None:
        covered = len(self._held or ())
        orders, known_ms = await self._asked(trading)
        older = len(self._held or ())
        assets = (await trading.accounts()).value if balances else []
        missing = self._orders.missing(orders)
        self._suspect.clear()
        for frame in missing:
            self._put(frame)
        if assets:  # balances that were told before the question are older than its answer
            rows = [{"currency": found.currency, "balance": found.balance, "locked": found.locked} for found in assets]
            self._put(MyAssetFrame.model_validate({"type": "myAsset", "stream_type": RESYNC, "timestamp": known_ms, "assets": rows}))
            self._held = [frame for at, frame in enumerate(self._held or ()) if at >= older or isinstance(frame, MyOrderFrame)]
            covered = sum(isinstance(frame, MyOrderFrame) for frame in self._held[:covered])
        self._known_ms = known_ms
        if self._pending.is_set() or self._down:  # what came after this was asked waits for the next answer
            self._release(covered)
            return
        self._release()
        if self._in_doubt or missing:
            self._put(OrdersKnown(len({frame.uuid for frame in missing})))
        self._in_doubt = False

    def _release(self, count: int | None = None) -> None:
        """Tell the first so many, or all, that were held back, but for what was told meanwhile."""
        held = self._held or []
        self._held, self._held_since = None, self._clock.monotonic_seconds()
        for frame in held[:count]:
            self.take(frame)
        if count is not None:
            self._held = held[count:]

    async def _asked(self, trading: Trading) -> tuple[list[Order], int | None]:
        """The orders of which something may not have been told, with their trades; and the exchange's time when that began."""
        open_, known_ms = await self._open_orders(trading)
        found = {order.uuid: order for order in open_}
        for uuids in _parts(sorted((self._orders.open() | self._suspect) - found.keys())):
            found |= {order.uuid: order for order in (await trading.orders_by_id(uuids=uuids)).value}
        if self._known_ms is not None and known_ms is not None:
            ended = await self._made_and_ended(trading, self._known_ms - _MARGIN_MS, known_ms)
            found |= {order.uuid: order for order in ended if not self._orders.knows(order.uuid)}
        return await self._with_trades(trading, list(found.values())), known_ms

    async def _open_orders(self, trading: Trading) -> tuple[list[Order], int | None]:
        found: list[Order] = []
        known_ms: int | None = None
        for page in range(1, 1_000):
            answer = await trading.orders_open(states=("wait", "watch"), page=page, limit=LISTED_MAX, order_by="asc")
            known_ms = known_ms if page > 1 else answer.sent_ms
            found += answer.value
            if len(answer.value) < LISTED_MAX:
                break
        return found, known_ms

    async def _made_and_ended(self, trading: Trading, start_ms: int, end_ms: int) -> list[Order]:
        """Closed orders that were made from one time to another, and some after it."""
        found: list[Order] = []
        start, until = start_ms, end_ms + _MARGIN_MS
        while start < until:
            end = min(start + _WINDOW_MS, until)
            page = (await trading.orders_closed(start_time=_iso(start), end_time=_iso(end), limit=CLOSED_MAX, order_by="asc")).value
            found += page
            last = max((_created_ms(order) for order in page), default=end)
            start = last if len(page) == CLOSED_MAX and last > start else end
        return found

    async def _with_trades(self, trading: Trading, orders: list[Order]) -> list[Order]:
        return [
            (await trading.order(uuid=order.uuid)).value if self._orders.lacks_trades(order) else order
            for order in sorted(orders, key=lambda order: order.created_at)
        ]


def _parts(uuids: list[str]) -> Iterator[list[str]]:
    return (uuids[at : at + LISTED_MAX] for at in range(0, len(uuids), LISTED_MAX))


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")


def _created_ms(order: Order) -> int:
    return int(datetime.fromisoformat(order.created_at).timestamp() * 1000)
