"""Rate limits that are kept, not hit: one bucket per group and scope, shared by all tasks of an event loop, which wait in it.

Facts (docs.upbit.com/kr, "rate-limits", 2026-10-07): quotation groups count per address in fixed seconds, account groups per pocket in
token buckets; `Remaining-Req: group=default; min=1800; sec=29` tells what is left of the second (`min` is dead); 429 = too many, 418 =
blocked for a while. A bucket here lets as many requests through in any stretch of the period plus a margin, which neither kind refuses.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import re
import time
from bisect import bisect_right, insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final, NamedTuple, Protocol

from engine.exchange.upbit.errors import BlockedError

#: share of the period that is waited on top, for what is not known about the ways; with what answers tell, over 95 % of the rate is used
_MARGIN: Final = 0.02
_LONGEST_HOLD_SECONDS: Final = 8.0
#: after a refusal bursts grow again by one request each
_RECOVERY_SECONDS: Final = 5.0
#: shorter waits are rounding errors of the clock
_INSTANT_SECONDS: Final = 1e-6


class Clock(Protocol):
    """Time, and waiting for it."""

    def monotonic_seconds(self) -> float:
        """Seconds that only grow."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait, while others go on."""
        ...


class SystemClock:
    """The computer's clock."""

    def monotonic_seconds(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait, while others go on."""
        await asyncio.sleep(seconds)


class Group(StrEnum):
    """What is limited together, by Upbit's names."""

    MARKET = "market"
    CANDLE = "candle"
    TRADE = "trade"
    TICKER = "ticker"
    ORDERBOOK = "orderbook"
    DEFAULT = "default"
    ORDER = "order"
    ORDER_TEST = "order-test"
    ORDER_CANCEL_ALL = "order-cancel-all"
    WEBSOCKET_CONNECT = "websocket-connect"
    WEBSOCKET_MESSAGE = "websocket-message"


class Scope(StrEnum):
    """Who shares a limit."""

    ADDRESS = "address"
    ACCOUNT = "account"
    CONNECTION = "connection"


class Limit(NamedTuple):
    """At most `requests` in any `period_seconds`."""

    requests: int
    period_seconds: float


class Rule(NamedTuple):
    """Limits of a group, all of them in force."""

    scope: Scope
    limits: tuple[Limit, ...]


_TEN: Final = (Limit(10, 1.0),)
RULES: Final[Mapping[Group, Rule]] = {
    Group.MARKET: Rule(Scope.ADDRESS, _TEN),
    Group.CANDLE: Rule(Scope.ADDRESS, _TEN),
    Group.TRADE: Rule(Scope.ADDRESS, _TEN),
    Group.TICKER: Rule(Scope.ADDRESS, _TEN),
    Group.ORDERBOOK: Rule(Scope.ADDRESS, _TEN),
    Group.DEFAULT: Rule(Scope.ACCOUNT, (Limit(30, 1.0),)),
    Group.ORDER: Rule(Scope.ACCOUNT, (Limit(12, 1.0),)),
    Group.ORDER_TEST: Rule(Scope.ACCOUNT, (Limit(8, 1.0),)),
    Group.ORDER_CANCEL_ALL: Rule(Scope.ACCOUNT, (Limit(1, 2.0),)),
    Group.WEBSOCKET_CONNECT: Rule(Scope.ACCOUNT, (Limit(5, 1.0),)),
    Group.WEBSOCKET_MESSAGE: Rule(Scope.CONNECTION, (Limit(5, 1.0), Limit(100, 60.0))),
}


class Priority(IntEnum):
    """Who goes first where a group is used up."""

    ORDER = 0
    QUERY = 1
    BULK = 2


class Remaining(NamedTuple):
    """What a Remaining-Req header says: requests of `group` left in the current second."""

    group: str
    left: int


_NAMES: Final = frozenset(Group)
_REMAINING: Final = re.compile(r"group\s*=\s*([\w-]+).*?\bsec\s*=\s*(\d+)", re.DOTALL)


def read_remaining(header: str | None) -> Remaining | None:
    """The header in Upbit's names for groups; None where it is absent or says something else. Older spellings are plural or prefixed."""
    found = _REMAINING.search(header or "")
    if found is None:
        return None
    name = found[1].removeprefix("crix-")
    return Remaining(name.removesuffix("s") if name.removesuffix("s") in _NAMES else name, int(found[2]))


@dataclass(slots=True, eq=False)
class Ticket:
    """Leave to send one request. counted_at: when the exchange counts it, as far as is known."""

    bucket: Bucket
    granted_at: float
    counted_at: float


@dataclass(order=True, slots=True)
class _Waiter:
    priority: int
    turn: int
    patient_until: float = field(compare=False)
    granted: asyncio.Future[Ticket] = field(compare=False)


class Quota(NamedTuple):
    """A bucket at this moment, for metrics. left: requests that would go at once; held_seconds: penalty still to wait; limit: requests
    of its shortest period."""

    group: Group
    scope: Scope
    owner: str
    left: int
    waiting: int
    held_seconds: float
    limit: int


class Bucket:
    """One group of one address, account or connection. Not for use from several event loops."""

    def __init__(self, clock: Clock, group: Group, rule: Rule, owner: str = "") -> None:
        self.group = group
        self.rule = rule
        self.owner = owner
        self._clock = clock
        self._counted: list[float] = []
        self._kept = max(limit.requests for limit in rule.limits)
        self._held_until = -math.inf
        self._refusals = 0
        self._most = self._kept
        self._most_since = -math.inf
        self._answers = 0
        self._fastest_seconds = math.inf
        self._waiting: list[_Waiter] = []
        self._turns = itertools.count()
        self._server: asyncio.Task[None] | None = None

    async def acquire(self, priority: Priority = Priority.QUERY, patience_seconds: float = math.inf) -> Ticket:
        """Wait for leave to send. Raises BlockedError when a penalty lasts longer than the patience."""
        now = self._clock.monotonic_seconds()
        self._check_patience(now + patience_seconds, now)
        if not self._waiting and self._free_at() <= now:
            return self._grant(now)
        waiter = _Waiter(priority, next(self._turns), now + patience_seconds, asyncio.get_running_loop().create_future())
        heapq.heappush(self._waiting, waiter)
        if self._server is None:
            self._server = asyncio.create_task(self._serve())
        return await waiter.granted

    def answered(self, ticket: Ticket, left: int | None = None) -> None:
        """The exchange answered. left: what it said is left of the second; less than we know of means that others use the limit too."""
        now = self._clock.monotonic_seconds()
        self._refusals = 0
        self._answers += 1
        self._fastest_seconds = min(self._fastest_seconds, now - ticket.granted_at)
        # the first answers tell nothing about the way: connections are only being made
        way_seconds = self._fastest_seconds if self._answers > 2 * self._kept else 0.0
        self._recount(ticket, max(ticket.granted_at, now - way_seconds))
        if self._most < self._kept and now - self._most_since >= _RECOVERY_SECONDS:
            self._most, self._most_since = self._most + 1, now
        if left is not None and len(self.rule.limits) == 1:
            limit = self.rule.limits[0]
            own = len(self._counted) - bisect_right(self._counted, ticket.granted_at - limit.period_seconds * (1 + _MARGIN))
            for _ in range(limit.requests - own - left):
                self._count(ticket.counted_at)

    def refused(self) -> None:
        """The exchange said 429: its second ends within one, who insists is blocked, and others use the limit too: bursts get smaller."""
        now = self._clock.monotonic_seconds()
        if now >= self._held_until:
            self._most, self._most_since = max(1, self._most * 2 // 3), now
            self.hold(min(2.0**self._refusals, _LONGEST_HOLD_SECONDS))
            self._refusals += 1

    def hold(self, seconds: float) -> None:
        """Nothing goes for this long from now; who cannot wait that long is told so."""
        now = self._clock.monotonic_seconds()
        self._held_until = max(self._held_until, now + seconds)
        for waiter in self._waiting:
            if waiter.patient_until < self._held_until and not waiter.granted.done():
                waiter.granted.set_exception(BlockedError(self.group, self._held_until - now))

    def quota(self) -> Quota:
        """State for metrics."""
        now = self._clock.monotonic_seconds()
        left = max(0, min(min(limit.requests, self._most) - self._used(limit, now) for limit in self.rule.limits))
        held = max(0.0, self._held_until - now)
        waiting = sum(not waiter.granted.done() for waiter in self._waiting)
        return Quota(self.group, self.rule.scope, self.owner, 0 if held else left, waiting, held, self.rule.limits[0].requests)

    def _used(self, limit: Limit, now: float) -> int:
        return min(limit.requests, len(self._counted) - bisect_right(self._counted, now - limit.period_seconds * (1 + _MARGIN)))

    def _check_patience(self, patient_until: float, now: float) -> None:
        if patient_until < self._held_until:
            raise BlockedError(self.group, self._held_until - now)

    def _free_at(self) -> float:
        """When the next request may go."""
        at = self._held_until
        for requests, period_seconds in self.rule.limits:
            count = min(requests, self._most)
            if len(self._counted) >= count:
                at = max(at, self._counted[-count] + period_seconds * (1 + _MARGIN))
        return at

    def _grant(self, now: float) -> Ticket:
        self._count(now)
        return Ticket(self, now, now)

    def _count(self, at: float) -> None:
        insort(self._counted, at)
        del self._counted[: -self._kept]

    def _recount(self, ticket: Ticket, at: float) -> None:
        """A request that was long on its way is counted by the exchange later than it was granted."""
        if at > ticket.counted_at and ticket.counted_at in self._counted:
            self._counted.remove(ticket.counted_at)
            insort(self._counted, at)
            ticket.counted_at = at

    async def _serve(self) -> None:
        """Grant leave to those who wait, the most urgent first, until nobody waits."""
        try:
            while self._waiting:
                now = self._clock.monotonic_seconds()
                delay_seconds = self._free_at() - now
                if self._waiting[0].granted.done():
                    heapq.heappop(self._waiting)  # it gave up
                elif delay_seconds > _INSTANT_SECONDS:
                    await self._clock.sleep(delay_seconds)
                else:
                    heapq.heappop(self._waiting).granted.set_result(self._grant(now))
        finally:
            self._server = None
            for waiter in self._waiting:
                waiter.granted.cancel()


class Limits:
    """All buckets. One object for everything that shares an address, whatever accounts it uses."""

    def __init__(self, clock: Clock | None = None, rules: Mapping[Group, Rule] = RULES) -> None:
        self.clock: Clock = clock or SystemClock()
        self._rules = rules
        self._buckets: dict[tuple[Group, str], Bucket] = {}

    def bucket(self, group: Group, owner: str = "") -> Bucket:
        """The bucket of a group. owner: names account or connection, without telling a secret; an address has none."""
        rule = self._rules[group]
        key = (group, "" if rule.scope is Scope.ADDRESS else owner)
        if key not in self._buckets:
            self._buckets[key] = Bucket(self.clock, group, rule, key[1])
        return self._buckets[key]

    def blocked(self, bucket: Bucket, seconds: float) -> None:
        """The exchange said 418: nothing of that address, account or connection goes for so long."""
        for group, rule in self._rules.items():
            if rule.scope is bucket.rule.scope:
                self.bucket(group, bucket.owner).hold(seconds)

    def quotas(self) -> list[Quota]:
        """The state of every bucket that was used."""
        return [bucket.quota() for bucket in self._buckets.values()]
