"""The rate limiter in virtual time against plain models of the exchange's own two limiters."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from engine.exchange.upbit.errors import BlockedError
from engine.exchange.upbit.limits import RULES, Bucket, Group, Limits, Priority, Remaining, Scope, read_remaining
from tests.engine.exchange.virtual_time import LoopClock, run_virtually

TASKS = 20


@dataclass
class FixedWindow:
    """Upbit's quotation limiter: at most `count` in each second of its own clock, whose seconds begin at `phase`."""

    count: int
    period: float
    phase: float
    window: int = -1
    used: int = 0

    def take(self, now: float) -> int | None:
        """What is left after this request; None = 429."""
        window = math.floor((now - self.phase) / self.period)
        if window != self.window:
            self.window, self.used = window, 0
        if self.used >= self.count:
            return None
        self.used += 1
        return self.count - self.used


@dataclass
class TokenBucket:
    """Upbit's limiter of account groups: `count` tokens, filled up evenly over the period."""

    count: int
    period: float
    phase: float
    tokens: float = field(default=math.nan)
    at: float = -math.inf

    def take(self, now: float) -> int | None:
        """What is left after this request; None = 429."""
        filled = (now - self.at) * self.count / self.period
        self.tokens = self.count if math.isnan(self.tokens) else min(self.count, self.tokens + filled)
        self.at = now
        if self.tokens < 1:
            return None
        self.tokens -= 1
        return math.floor(self.tokens)


Model = FixedWindow | TokenBucket


def model_of(group: Group, seed: int) -> Model:
    limit = RULES[group].limits[0]
    kind = FixedWindow if RULES[group].scope is Scope.ADDRESS else TokenBucket
    return kind(limit.requests, limit.period_seconds, random.Random(seed).random())


@dataclass
class Run:
    """Many tasks sending to one group of the exchange. way_seconds: of a request and, again, of its answer."""

    model: Model
    seed: int
    way_seconds: Callable[[random.Random], float] = lambda chance: chance.uniform(0.005, 0.030)
    tells: bool = True
    refusals: int = 0
    served: int = 0
    started: float = 0.0
    ended: float = 0.0

    async def task(self, bucket: Bucket, requests: int) -> None:
        chance, clock = random.Random(self.seed), LoopClock()
        self.seed += 1
        while requests:
            ticket = await bucket.acquire()
            await clock.sleep(self.way_seconds(chance))
            left = self.model.take(clock.monotonic_seconds())
            await clock.sleep(self.way_seconds(chance))
            if left is None:
                self.refusals += 1
                bucket.refused()
            else:
                self.served += 1
                requests -= 1
                bucket.answered(ticket, left if self.tells else None)

    async def main(self, group: Group, requests: int) -> None:
        clock = LoopClock()
        bucket = Limits(clock).bucket(group, "account")
        self.started = clock.monotonic_seconds()
        await asyncio.gather(*(self.task(bucket, requests // TASKS) for _ in range(TASKS)))
        self.ended = clock.monotonic_seconds()

    @property
    def share(self) -> float:
        """Of the allowed rate, what was used."""
        return self.served / (self.ended - self.started) / (self.model.count / self.model.period)


def hold_against(group: Group, requests: int, seed: int) -> None:
    run = Run(model_of(group, seed), seed)
    run_virtually(run.main(group, requests))
    assert run.served == requests
    assert run.refusals == 0
    assert 0.95 <= run.share <= 1.0


@pytest.mark.parametrize(
    ("group", "requests"), [(Group.CANDLE, 15_000), (Group.DEFAULT, 20_000), (Group.ORDER, 14_000), (Group.ORDER_CANCEL_ALL, 1_000)]
)
def test_twenty_tasks_are_never_refused_and_use_the_rate(group: Group, requests: int) -> None:
    hold_against(group, requests, seed=1)


@pytest.mark.deep
@pytest.mark.parametrize("group", [Group.CANDLE, Group.DEFAULT, Group.ORDER, Group.ORDER_TEST])
@pytest.mark.parametrize("seed", range(5))
def test_a_million_requests(group: Group, seed: int) -> None:
    hold_against(group, 50_000, seed)


def timed(main: Callable[[Limits], Awaitable[None]]) -> None:
    async def whole() -> None:
        await main(Limits(LoopClock()))

    run_virtually(whole())


def test_slow_first_connections_do_not_bunch_requests() -> None:
    """The first requests take 0.5 s for their handshakes: what counts is when they arrive, not when they were let go."""
    run = Run(model_of(Group.TICKER, 3), 3)
    ways = iter([0.5] * 10)
    run.way_seconds = lambda chance: next(ways, 0.01)
    run_virtually(run.main(Group.TICKER, 200))
    assert (run.served, run.refusals) == (200, 0)


def test_others_on_the_same_account_are_lived_with() -> None:
    """Half the limit goes to somebody else: everything gets through, and few are refused."""

    async def main() -> Run:
        run = Run(TokenBucket(30, 1.0, 0.0), 5)
        bucket = Limits(LoopClock()).bucket(Group.DEFAULT, "account")

        async def others() -> None:
            for _ in range(15 * 200):
                run.model.take(LoopClock().monotonic_seconds())
                await asyncio.sleep(1 / 15)

        async def ours() -> None:
            await asyncio.gather(*(run.task(bucket, 100) for _ in range(TASKS)))

        await asyncio.gather(others(), ours())
        return run

    run = run_virtually(main())
    assert run.served == 2000
    assert 0 < run.refusals < 200


def test_the_header_tells_of_others() -> None:
    async def main(limits: Limits) -> None:
        bucket, clock = limits.bucket(Group.ORDER, "account"), LoopClock()
        ticket = await bucket.acquire()
        await clock.sleep(0.01)
        bucket.answered(ticket, 3)
        assert bucket.quota().left == 3
        begun = clock.monotonic_seconds()
        for _ in range(4):
            ticket = await bucket.acquire()
        assert clock.monotonic_seconds() - begun == pytest.approx(1.02, abs=0.02)

    timed(main)


def test_orders_go_before_queries_and_bulk() -> None:
    async def main(limits: Limits) -> None:
        bucket, order = limits.bucket(Group.DEFAULT, "account"), []

        async def ask(priority: Priority) -> None:
            await bucket.acquire(priority)
            order.append(priority)

        await asyncio.gather(*(ask(Priority.BULK) for _ in range(30)))
        order.clear()
        await asyncio.gather(*(ask(priority) for priority in (Priority.BULK, Priority.QUERY, Priority.ORDER) * 20))
        assert order == sorted(order)
        assert len(order) == 60

    timed(main)


def test_who_gives_up_leaves_the_queue() -> None:
    async def main(limits: Limits) -> None:
        bucket, clock = limits.bucket(Group.ORDER_CANCEL_ALL, "account"), LoopClock()
        await bucket.acquire()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await bucket.acquire(Priority.ORDER)
        begun = clock.monotonic_seconds()
        await bucket.acquire()
        assert clock.monotonic_seconds() - begun == pytest.approx(1.54)

    timed(main)


def test_a_refusal_holds_longer_each_time_until_an_answer() -> None:
    async def main(limits: Limits) -> None:
        bucket, clock = limits.bucket(Group.ORDER, "account"), LoopClock()
        for seconds in (1, 2, 4, 8, 8):
            bucket.refused()
            assert bucket.quota().held_seconds == seconds
            begun = clock.monotonic_seconds()
            ticket = await bucket.acquire()
            assert clock.monotonic_seconds() - begun == pytest.approx(seconds)
        bucket.answered(ticket)
        bucket.refused()
        assert bucket.quota().held_seconds == 1

    timed(main)


def test_after_a_refusal_bursts_are_smaller_and_grow_again() -> None:
    async def main(limits: Limits) -> None:
        bucket, clock = limits.bucket(Group.ORDER, "account"), LoopClock()
        bucket.refused()
        await clock.sleep(2)
        lefts = []
        for _ in range(30):
            lefts.append(bucket.quota().left)
            bucket.answered(await bucket.acquire())
            await clock.sleep(2)
        assert lefts == sorted(lefts)
        assert (lefts[0], lefts[-1], len(set(lefts))) == (8, 12, 5)

    timed(main)


def test_a_block_holds_its_scope_and_nothing_else() -> None:
    async def main(limits: Limits) -> None:
        limits.blocked(limits.bucket(Group.ORDER, "account"), 300)
        held = {(quota.group, quota.owner) for quota in limits.quotas() if quota.held_seconds}
        of_accounts = {group for group, rule in RULES.items() if rule.scope is Scope.ACCOUNT}
        assert held == {(group, "account") for group in of_accounts}
        await limits.bucket(Group.ORDER, "another").acquire(patience_seconds=0)
        await limits.bucket(Group.CANDLE).acquire(patience_seconds=0)
        with pytest.raises(BlockedError, match="300") as caught:
            await limits.bucket(Group.DEFAULT, "account").acquire(patience_seconds=299)
        assert caught.value.seconds == 300
        clock = LoopClock()
        begun = clock.monotonic_seconds()
        await limits.bucket(Group.DEFAULT, "account").acquire(patience_seconds=301)
        assert clock.monotonic_seconds() - begun == pytest.approx(300)

    timed(main)


def test_who_waits_when_the_block_comes_is_told() -> None:
    async def main(limits: Limits) -> None:
        bucket = limits.bucket(Group.ORDER_CANCEL_ALL, "account")
        await bucket.acquire()
        waiting = asyncio.create_task(bucket.acquire(patience_seconds=10))
        patient = asyncio.create_task(bucket.acquire())
        await asyncio.sleep(0.1)
        bucket.hold(60)
        with pytest.raises(BlockedError):
            await waiting
        await patient

    timed(main)


def test_the_address_is_shared_and_accounts_are_not() -> None:
    limits = Limits(LoopClock())
    assert limits.bucket(Group.CANDLE, "a") is limits.bucket(Group.CANDLE, "b")
    assert limits.bucket(Group.ORDER, "a") is not limits.bucket(Group.ORDER, "b")


def test_both_limits_of_messages_hold() -> None:
    async def main(limits: Limits) -> None:
        bucket, clock = limits.bucket(Group.WEBSOCKET_MESSAGE, "connection"), LoopClock()
        begun, times = clock.monotonic_seconds(), []
        for _ in range(250):
            await bucket.acquire()
            times.append(clock.monotonic_seconds() - begun)
        for count, period in RULES[Group.WEBSOCKET_MESSAGE].limits:
            assert all(later - earlier > period for earlier, later in zip(times, times[count:], strict=False))

    timed(main)


@pytest.mark.parametrize(
    ("header", "group", "left"),
    [
        ("group=default; min=1800; sec=29", "default", 29),
        ("group=candles; min=600; sec=9", "candle", 9),
        ("group=crix-trades; min=600; sec=0", "trade", 0),
        ("group=order-cancel-all;min=30;sec=0", "order-cancel-all", 0),
        ("group=origin; min=6; sec=0", "origin", 0),
    ],
)
def test_the_header_is_read_in_every_spelling(header: str, group: str, left: int) -> None:
    assert read_remaining(header) == Remaining(group, left)


@pytest.mark.parametrize("header", [None, "", "sec=9", "group=default; min=1800", "nonsense"])
def test_no_header_is_no_news(header: str | None) -> None:
    assert read_remaining(header) is None


def test_quotas_tell_what_is_left() -> None:
    async def main(limits: Limits) -> None:
        bucket = limits.bucket(Group.ORDER, "account")
        for left in range(11, -1, -1):
            await bucket.acquire()
            assert bucket.quota().left == left
        assert [(quota.group, quota.left) for quota in limits.quotas()] == [(Group.ORDER, 0)]

    timed(main)
