"""Orders over a line that fails in every way, by processes that die at any instruction: what is asked of them is drawn from a seed.

A Life is one owner's: its notebooks on disk, its decisions, the exchange. Whoever starts anew decides the same again, from the beginning.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal as D
from pathlib import Path
from typing import Any, TypeVar

import httpx
import orjson

from engine.exchange.simulated.served.face import Face, Incoming, Outgoing
from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.errors import ExchangeError
from engine.exchange.upbit.order_forms import OrderSide, OrderTerms, TimeInForce, best_buy, limit, market_buy, market_sell
from engine.exchange.upbit.outbox import ABSENT, Outbox, Record
from engine.exchange.upbit.refusals import OrderNotFoundError
from engine.store.journal import Journal, JournalReader
from tests.engine.exchange.far_side import QuickClock

T = TypeVar("T")
MARKET = "KRW-XRP"
ATTEMPTS = 3
#: reasons for which a decision is tried again, under another identifier: nothing is wrong with the order itself
AGAIN = {ABSENT, "upbit.unreachable", "upbit.blocked", "too_many_requests", "market_offline"}


class Killed(BaseException):
    """The process is gone."""


def vanish() -> None:
    """How a process dies that is none: nothing of ours catches this."""
    raise Killed


@dataclass
class Points:
    """Every instruction at which it matters that the process dies. kill_at: the number of the one where it does, None = it lives."""

    kill_at: int | None = None
    die: Callable[[], None] = vanish
    names: list[str] = field(default_factory=list)

    def hit(self, name: str, last: Callable[[], object] = bool) -> None:
        """The process is here. last: what it still does when this is the end."""
        self.names.append(name)
        if len(self.names) - 1 == self.kill_at:
            last()
            self.die()


class Disk:
    """A process's notebook: a journal of its own in the owner's folder."""

    def __init__(self, folder: Path, points: Points) -> None:
        self._path = folder / f"{len(list(folder.glob('*.jsonl'))):04}.jsonl"
        self._points = points
        self._journal = Journal(self._path, {})

    def write(self, record: Record) -> None:
        self._points.hit("before the commit")
        line = orjson.dumps(record)
        self._points.hit("in the commit", lambda: self._torn(line[: len(line) // 2]))
        self._journal.append(record)
        self._journal.sync()
        self._points.hit("after the commit")

    def close(self) -> None:
        """Let go of the file. Nothing waits to be written, wherever the process died."""
        self._journal.close()

    def _torn(self, half: bytes) -> None:
        with self._path.open("ab") as file:
            file.write(half)


def written(folder: Path) -> Iterator[Record]:
    """What all processes wrote. One that died while it opened its notebook wrote nothing."""
    for path in sorted(path for path in folder.glob("*.jsonl") if b"\n" in path.read_bytes()):
        with JournalReader(path) as reader:
            yield from reader.records()


FAULTS = ("no line", "lost request", "late request", "lost answer", "cut answer", "twice", "quota", "block", "failed", "gateway", "offline")
_INSTEAD: dict[str, tuple[int, Any]] = {
    "quota": (429, {"error": {"name": "too_many_requests"}}),
    "block": (418, {"error": {"name": "blocked", "message": "blocked for 2 seconds"}}),
    "failed": (500, {"error": {"name": "internal_server_error"}}),
    "gateway": (502, "<html>Bad Gateway</html>"),
    "offline": (403, {"error": {"name": "market_offline"}}),
}


@dataclass
class Wire(httpx.AsyncBaseTransport):
    """The way to an exchange in this process. rate: of requests that meet a fault. Late ones arrive while the client has given them up."""

    face: Face
    clock: QuickClock
    chance: random.Random
    points: Points
    rate: float
    met: Counter[str]
    late: list[tuple[float, Incoming]]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        headers = tuple((name.decode().lower(), value.decode()) for name, value in request.headers.raw)
        target = request.url.raw_path.decode()
        asked = Incoming(request.method, target.partition("?")[0], target.partition("?")[2], headers, request.content, "127.0.0.1")
        self._deliver()
        fault = self.chance.choice(FAULTS) if self.chance.random() < self.rate else ""
        if fault == "offline" and asked.method == "GET":
            fault = ""
        self.met[fault] += 1
        self.points.hit("before the request leaves")
        if fault == "no line":
            raise httpx.ConnectError("refused")
        if fault in ("lost request", "late request"):
            if fault == "late request":
                self.late.append((self.clock.now + self.chance.uniform(0.0, 20.0), asked))
            self.clock.now += 10.0
            self._deliver()
            raise httpx.ReadTimeout("timeout")
        if fault in _INSTEAD:
            status, value = _INSTEAD[fault]
            answer = Outgoing(status, value)
        else:
            answer = self.face.answer(asked)
            self.points.hit("before the answer leaves")
            if fault == "twice":  # something on the way sends it again, and the second answer is what comes back
                answer = self.face.answer(asked)
        if fault == "lost answer":
            raise httpx.ReadError("reset")
        if fault == "cut answer":
            raise httpx.RemoteProtocolError("incomplete")
        self.points.hit("before the answer is read")
        content = answer.value.encode() if isinstance(answer.value, str) else orjson.dumps(answer.value)
        return httpx.Response(answer.status, headers=answer.headers, content=content)

    def _deliver(self) -> None:
        """What was on its way for long arrives."""
        due = [asked for at, asked in self.late if at <= self.clock.now]
        self.late[:] = [(at, asked) for at, asked in self.late if at > self.clock.now]
        for asked in due:
            self.face.answer(asked)


@dataclass(frozen=True)
class Decision:
    """kind: place, cancel, replace, or wait for that many minutes. other: the decision whose order is cancelled or replaced."""

    kind: str
    terms: OrderTerms | None = None
    other: int = 0
    minutes: int = 0


def decisions(seed: int, count: int) -> list[Decision]:
    """What a trader wants, orders of every kind: some trade at once, some later, some never; some are refused."""
    chance = random.Random(f"decisions {seed}")
    found: list[Decision] = []
    while len(found) < count:
        placed = [number for number, decision in enumerate(found) if decision.kind == "place"]
        kind = chance.choices(("place", "wait", "cancel", "replace"), (5, 2, 1, 1))[0]
        if kind == "place":
            found.append(Decision(kind, _terms(chance)))
        elif kind == "wait":
            found.append(Decision(kind, minutes=chance.randint(1, 20)))
        elif placed:
            other = chance.choice(placed)
            side = found[other].terms.side  # type: ignore[union-attr]
            found.append(Decision(kind, limit(side, D(chance.randint(2950, 3050)), D(chance.randint(2, 9))), other))
    return found


def _terms(chance: random.Random) -> OrderTerms:
    price, volume = D(chance.randint(2960, 3040)), D(chance.randint(2, 20))
    return chance.choice(
        [
            limit(OrderSide.BID, price, volume), limit(OrderSide.ASK, price, volume), limit(OrderSide.BID, price, volume, TimeInForce.IOC),
            market_buy(D(chance.randint(4_000, 60_000))), market_sell(volume), best_buy(D(30_000), TimeInForce.FOK),
        ]
    )  # fmt: skip


async def surely(call: Callable[[], Awaitable[T]]) -> T:
    """Ask until there is an answer."""
    for _ in range(100):
        try:
            return await call()
        except ExchangeError:
            continue
    raise AssertionError("a hundred tries, and no answer")


@dataclass
class Trader:
    """One process's part: decides from the beginning, sends what was not sent. waited: which waits are over, and how time is let pass."""

    name: str
    client: UpbitClient
    outbox: Outbox
    waited: set[int]
    wait: Callable[[int], Awaitable[None]]

    async def run(self, wanted: list[Decision]) -> None:
        """Everything that was wanted, after what an earlier process left open."""
        await surely(self.outbox.settle)
        for number, decision in enumerate(wanted):
            if decision.kind == "wait":
                if number not in self.waited:
                    self.waited.add(number)
                    await self.wait(decision.minutes)
            else:
                await self._order(number, decision)

    async def _order(self, number: int, decision: Decision) -> None:
        standing = await self._identifier(decision.other)
        if decision.kind != "place" and standing is None:
            return
        if decision.kind == "cancel":
            await surely(lambda: self._cancel(str(standing)))
            return
        assert decision.terms is not None
        terms = decision.terms
        for attempt in range(ATTEMPTS):
            name = f"{self.name}-{number}-{attempt}"
            if decision.kind == "place":
                fate = await surely(lambda: self.outbox.place(MARKET, terms, name))  # noqa: B023 - called at once
            else:
                fate = await surely(lambda: self.outbox.replace(terms, name, str(standing)))  # noqa: B023 - called at once
            if fate.taken or fate.reason not in AGAIN:
                return

    async def _identifier(self, number: int) -> str | None:
        """The identifier under which a decision's order was taken."""
        names = [f"{self.name}-{number}-{attempt}" for attempt in range(ATTEMPTS)]
        fates = [self.outbox.fate(name) for name in names if name in self.outbox]
        return next((fate.identifier for fate in fates if fate is not None and fate.taken), None)

    async def _cancel(self, identifier: str) -> None:
        try:
            await self.client.trading.cancel(identifier=identifier)
        except OrderNotFoundError:
            return  # it is over


async def audit(client: UpbitClient, outbox: Outbox, deposits: dict[str, D]) -> list[str]:
    """Hold our books, made from our own orders alone, against the exchange's balances. Returns the identifiers of all orders."""
    owned, locked = dict(deposits), dict.fromkeys(deposits, D(0))
    taken = [fate.identifier for fate in outbox if fate.taken]
    for name in taken:
        order = (await client.trading.order(identifier=name)).value
        fate = outbox.fate(name)
        assert fate is not None
        assert order.uuid == fate.uuid
        quote, base = MARKET.split("-")
        sign = 1 if order.side == "bid" else -1
        funds, volume = sum((t.funds for t in order.trades), D(0)), sum((t.volume for t in order.trades), D(0))
        owned[quote] -= sign * funds + order.paid_fee
        owned[base] += sign * volume
        assert volume == order.executed_volume
        if order.state == "wait":
            locked[quote if order.side == "bid" else base] += order.locked
    there = {account.currency: (account.balance, account.locked) for account in (await client.trading.accounts()).value}
    zero = (D(0), D(0))
    assert {code: sum(there.get(code, zero)) for code in deposits} == owned
    assert {code: there.get(code, zero)[1] for code in deposits} == locked
    assert set(there) <= set(deposits)
    return taken
