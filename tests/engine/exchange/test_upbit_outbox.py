"""No order doubled, none lost, every unknown resolved, books of both sides equal: over a failing line, by processes that die anywhere."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal as D
from pathlib import Path

import pytest

from engine.candles.store import CandleStore
from engine.exchange.simulated.served.auth import Key
from engine.exchange.simulated.served.face import Face, Incoming
from engine.exchange.simulated.served.opening import Terms, open_face
from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.errors import UnreachableError
from engine.exchange.upbit.limits import Limits
from engine.exchange.upbit.outbox import NOT_TAKEN, SENT, TAKEN, Outbox, Record
from engine.exchange.upbit.rest import ClientSettings
from tests.engine.exchange.calls import TERMS
from tests.engine.exchange.far_side import ACCESS, SECRET, FarSide, QuickClock, Received, Reply, keys, talk
from tests.engine.exchange.order_traffic import (
    FAULTS,
    Disk,
    Killed,
    Points,
    Trader,
    Wire,
    audit,
    decisions,
    written,
)
from tests.engine.exchange.samples import SAMPLES
from tests.engine.exchange.served.signing import MINUTE_MS, START_MS, store_of
from tests.engine.exchange.test_upbit_errors import body_of

MONEY = {"KRW": D(300_000), "XRP": D(60)}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> CandleStore:
    return store_of(tmp_path_factory.mktemp("candles"), 600)


@dataclass
class Life:
    """One owner and one exchange, both in this process, over as many deaths as it takes. seed: of everything."""

    store: CandleStore
    folder: Path
    seed: int
    rate: float
    count: int = 8
    clock: QuickClock = field(default_factory=QuickClock)
    met: Counter[str] = field(default_factory=Counter)
    late: list[tuple[float, Incoming]] = field(default_factory=list)
    waited: set[int] = field(default_factory=set)
    deaths: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        terms = Terms(("KRW-XRP",), START_MS + 60 * MINUTE_MS, tuple(MONEY.items()), seed=self.seed)
        self.face: Face = open_face(self.store, terms, Key(ACCESS, SECRET), 0.0, lambda: self.clock.now)
        self.chance = random.Random(f"line {self.seed}")
        self.wanted = decisions(self.seed, self.count)

    async def _wait(self, minutes: int) -> None:
        self.face.clock.step(minutes * MINUTE_MS)
        self.clock.now += minutes * 60

    @contextmanager
    def process(self, points: Points, rate: float) -> Iterator[tuple[UpbitClient, Outbox]]:
        """A process that knows nothing but what is on disk."""
        wire = Wire(self.face, self.clock, self.chance, points, rate, self.met, self.late)
        settings = ClientSettings(base_url="http://exchange", backoff_seconds=0.1)
        client = UpbitClient(keys(), settings, Limits(self.clock), wire)
        records = list(written(self.folder))
        with closing(Disk(self.folder, points)) as disk:
            yield client, Outbox(client.trading, disk, records)

    def live(self, kill_at: int | None = None) -> Points:
        """One process, until it is done or dies."""
        points = Points(kill_at)
        with self.process(points, self.rate) as (client, outbox):
            try:
                asyncio.run(Trader(str(self.seed), client, outbox, self.waited, self._wait).run(self.wanted))
            except Killed:
                self.deaths.append(points.names[-1])
        return points

    def check(self) -> Counter[str]:
        """The end of it: everything holds. Returns what became of the orders."""
        with self.process(Points(), 0.0) as (client, outbox):
            self.clock.now += 60.0
            assert outbox.unresolved == ()
            taken = asyncio.run(audit(client, outbox, MONEY))
        records = [record for record in written(self.folder) if record["kind"] in (SENT, TAKEN, NOT_TAKEN)]
        there = [order.request.identifier for order in self.face.world.venue.orders.values()]
        assert sorted(map(str, there)) == sorted(taken), "the exchange has an order that we do not know, or lacks one"
        sent = [record["identifier"] for record in records if record["kind"] == SENT]
        assert len(sent) == len(set(sent)), "an order was sent twice"
        of_decisions = [name.rpartition("-")[0] for name in taken]
        assert len(of_decisions) == len(set(of_decisions)), "a decision was carried out twice"
        return Counter(record.get("reason", "taken") for record in records if record["kind"] != SENT)


def deaths_everywhere(store: CandleStore, folder: Path, seed: int, count: int, rate: float) -> tuple[list[str], Counter[str]]:
    """The same life again and again, dying at each of its points once; then a process finishes it."""
    deaths: list[str] = []
    met: Counter[str] = Counter()
    number = 0
    while True:
        own = folder / f"{seed}-{number}"
        own.mkdir(parents=True)
        life = Life(store, own, seed, rate, count)
        life.live(kill_at=number)
        if not life.deaths:
            return deaths, met
        life.live()
        life.check()
        deaths += life.deaths
        met += life.met
        number += 1


class Pages:
    """A notebook in memory."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def write(self, record: Record) -> None:
        self.records.append(record)


def test_what_the_notebook_knows_is_told_and_not_sent_again() -> None:
    """An order that was taken, one that was refused, one whose end nobody knows; then a process that has only their records."""
    pages = Pages()

    def answers(asked: Received) -> Reply:
        if b"refused" in asked.body:
            return Reply(body_of("insufficient_funds_bid", ""), 400)
        if b"lost" in asked.body or (b"lost" in asked.query.encode() and not settled):
            return Reply(lost=True)
        return Reply(SAMPLES[asked.method, asked.path].encode())

    async def main(client: UpbitClient, there: FarSide) -> None:
        outbox = Outbox(client.trading, pages)
        taken = await outbox.place("KRW-BTC", TERMS, "taken")
        refused = await outbox.place("KRW-BTC", TERMS, "refused")
        with pytest.raises(UnreachableError):  # neither the order nor the question about it had an answer
            await outbox.place("KRW-BTC", TERMS, "lost")
        assert (taken.taken, refused.taken, refused.reason) == (True, False, "insufficient_funds_bid")
        assert (outbox.unresolved, outbox.fate("lost")) == (("lost",), None)
        assert [record["kind"] for record in pages.records] == [SENT, TAKEN, SENT, NOT_TAKEN, SENT]
        sent = len(there.received)
        again = Outbox(client.trading, pages, list(pages.records))
        assert list(again) == [taken, refused]
        assert [await again.place("KRW-BTC", TERMS, name) for name in ("taken", "refused")] == [taken, refused]
        assert len(there.received) == sent
        settled.append(True)
        assert [fate.taken for fate in await again.settle()] == [True]
        assert again.unresolved == ()
        assert [request.method for request in there.received[sent:]] == ["GET"]
        with pytest.raises(KeyError):
            again.fate("never sent")
        assert "never sent" not in again

    settled: list[bool] = []
    talk(answers, main)


POINTS = {
    "before the commit", "in the commit", "after the commit", "before the request leaves", "before the answer leaves",
    "before the answer is read",
}  # fmt: skip


def test_dying_at_every_point_loses_and_doubles_nothing(store: CandleStore, tmp_path: Path) -> None:
    deaths, met = deaths_everywhere(store, tmp_path, seed=3, count=5, rate=0.1)
    assert set(deaths) == POINTS
    assert len(deaths) > 20
    assert met.total() > len(deaths)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(20))
def test_dying_at_every_point_for_long(store: CandleStore, tmp_path: Path, seed: int) -> None:
    deaths, met = deaths_everywhere(store, tmp_path, seed, count=8, rate=0.1 + seed / 100)
    assert set(deaths) == POINTS
    print(f"seed {seed}: {len(deaths)} deaths, {met.total()} requests, {met.total() - met['']} faults")


def free_lives(store: CandleStore, folder: Path, seeds: range) -> tuple[Counter[str], Counter[str], int]:
    """Random orders, random faults, random deaths, several to a life."""
    ends: Counter[str] = Counter()
    met: Counter[str] = Counter()
    deaths = 0
    for seed in seeds:
        own = folder / str(seed)
        own.mkdir()
        chance = random.Random(f"deaths {seed}")
        life = Life(store, own, seed, chance.choice((0.1, 0.25, 0.4)))
        for _ in range(chance.randint(0, 4)):
            life.live(kill_at=chance.randint(0, 90))
        life.live()
        ends += life.check()
        met += life.met
        deaths += len(life.deaths)
    return ends, met, deaths


def test_random_lives(store: CandleStore, tmp_path: Path) -> None:
    ends, met, deaths = free_lives(store, tmp_path, range(14))
    assert set(met) == {"", *FAULTS}
    assert ends["taken"] > 30
    assert ends["absent"] > 0
    assert deaths > 10


@pytest.mark.deep
def test_two_thousand_random_lives(store: CandleStore, tmp_path: Path) -> None:
    ends, met, deaths = free_lives(store, tmp_path, range(1000, 3000))
    print(f"{ends.total()} orders {dict(ends)}, {met.total()} requests {dict(met)}, {deaths} deaths")
    assert min(met[fault] for fault in FAULTS) > 300
    assert ends["taken"] > 5000
    assert deaths > 1500
