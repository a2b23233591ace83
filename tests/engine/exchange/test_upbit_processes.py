"""Processes that trade on the served exchange and are killed for real, at every instruction that matters and at any time."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal as D
from pathlib import Path

import pytest

from engine.exchange.simulated.served.auth import Key
from engine.exchange.simulated.served.face import Face
from engine.exchange.simulated.served.opening import Terms, open_face
from engine.exchange.upbit.outbox import SENT, Outbox
from tests.engine.exchange.far_side import ACCESS, SECRET
from tests.engine.exchange.order_process import client_of
from tests.engine.exchange.order_traffic import Points, audit, written
from tests.engine.exchange.served.signing import MINUTE_MS, START_MS, serving, store_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process is killed by SIGKILL here")
ROOT = Path(__file__).resolve().parents[3]
MONEY = {"KRW": D(50_000_000), "XRP": D(10_000)}
FAULTS = [f"{name}=0.03" for name in ("lost_request", "lost_answer", "truncated", "server", "gateway", "stabiliser", "slow")]
KILLED = -9


@dataclass
class Owner:
    """One account, one folder of notebooks, many processes."""

    url: str
    face: Face
    folder: Path
    nursery: subprocess.Popen[str]
    runs: int = 0
    killed: int = 0

    def run(self, seed: int, count: int, kill_at: int | None = None, seconds: float | None = None) -> bool:
        """A process that dies at a point or after a time; then others until one comes to its end. False: it was not killed."""
        name = f"run-{self.runs}"
        self.runs += 1
        ended = self._process(name, seed, count, kill_at, seconds)
        assert ended in (0, KILLED)
        self.killed += ended == KILLED
        if ended == KILLED:
            assert self._process(name, seed, count, None, None) == 0
        return ended == KILLED

    def _process(self, name: str, seed: int, count: int, kill_at: int | None, seconds: float | None) -> int:
        assert self.nursery.stdin is not None
        assert self.nursery.stdout is not None
        self.nursery.stdin.write(json.dumps([name, seed, count, kill_at, seconds]) + "\n")
        self.nursery.stdin.flush()
        return int(self.nursery.stdout.readline())

    def check(self) -> int:
        """Every order of every process. Returns how many were taken."""
        self.face.faults = type(self.face.faults)()
        return asyncio.run(self._check())

    async def _check(self) -> int:
        records = list(written(self.folder))
        async with client_of(self.url, Points()) as client:
            outbox = Outbox(client.trading, Nowhere(), records)
            assert outbox.unresolved == ()
            taken = await audit(client, outbox, MONEY)
        there = [order.request.identifier for order in self.face.world.venue.orders.values()]
        assert sorted(map(str, there)) == sorted(taken)
        sent = [record["identifier"] for record in records if record["kind"] == SENT]
        assert len(sent) == len(set(sent))
        of_decisions = [name.rpartition("-")[0] for name in taken]
        assert len(of_decisions) == len(set(of_decisions))
        return len(taken)


class Nowhere:
    """Nothing may be written any more."""

    def write(self, record: object) -> None:
        raise AssertionError(record)


@contextmanager
def owner(folder: Path, seed: int) -> Iterator[Owner]:
    terms = Terms(("KRW-XRP",), START_MS + 60 * MINUTE_MS, tuple(MONEY.items()), (*FAULTS, "slow_seconds=0.05"), seed)
    face = open_face(store_of(folder / "candles"), terms, Key(ACCESS, SECRET), 0.0, time.monotonic, control=True)
    face.quota.groups = {name: replace(group, most=10_000) for name, group in face.quota.groups.items()}
    notebooks = folder / "notebooks"
    notebooks.mkdir()
    with serving(face) as address:
        url = f"http://{address}"
        command = [sys.executable, "-m", "tests.engine.exchange.order_process", url, str(notebooks)]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as nursery:
            try:
                yield Owner(url, face, notebooks, nursery)
            finally:
                assert nursery.stdin is not None
                nursery.stdin.close()


def test_killed_processes_lose_and_double_nothing(tmp_path: Path) -> None:
    chance = random.Random(7)
    with owner(tmp_path, 7) as one:
        for kill_at in (0, 1, 2, 3, 4, 12):
            one.run(chance.randint(0, 99), 4, kill_at)
        for _ in range(2):
            one.run(chance.randint(0, 99), 4, seconds=chance.uniform(0.05, 0.2))
        assert one.killed >= 5
        assert one.check() > 10


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(20))
def test_killed_processes_for_long(tmp_path: Path, seed: int) -> None:
    """At every point of a life, then at random times."""
    chance = random.Random(seed)
    with owner(tmp_path, seed) as one:
        points = next(number for number in range(500) if not one.run(seed, 6, number))
        for _ in range(20):
            one.run(chance.randint(0, 99), 6, seconds=chance.uniform(0.02, 0.4))
        taken = one.check()
    print(f"seed {seed}: {points} points, {one.runs} lives, {one.killed} killed, {taken} orders")
    assert points > 10
    assert one.killed > 20
