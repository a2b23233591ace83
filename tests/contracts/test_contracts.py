"""One contract for every venue: the core in this process, the exchange served on loopback, and the order test of any exchange."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.exchange.upbit import endpoints
from engine.exchange.upbit.endpoints import Endpoint
from tests.contracts.suite import Case, House, all_cases, run_case, what_is_missing
from tests.contracts.venues import CoreDoor, InProcess, OrderTest, Served
from tests.engine.exchange.served.signing import ACCESS, SECRET

CASES = all_cases()
ROOT = Path(__file__).resolve().parents[2]
#: names of their own, so that a trader's ordinary keys never take part in a test run
KEYS = ("JANGDAN_CONTRACT_ACCESS_KEY", "JANGDAN_CONTRACT_SECRET_KEY")
REAL_ABSENT = f"THE REAL EXCHANGE WAS NOT ASKED: name a key in {KEYS[0]} and {KEYS[1]}, or run python -m tests.contracts"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One server for all cases."""
    with Served() as house:
        yield house


def hold(case: Case, house: House, least: frozenset[str]) -> None:
    """The case holds, or the venue is of a kind that does not offer what it needs."""
    found = run_case(case, house)
    assert not found.failure, f"{house.name}: {case.name}: {found.failure}"
    assert not found.lacking & least, found.lacking


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.number))
def test_in_process(case: Case) -> None:
    hold(case, InProcess(), InProcess.offers)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.number))
def test_served(case: Case, served: Served) -> None:
    hold(case, served, Served.offers)


def test_order_tests_alone_hold_what_they_can(served: Served) -> None:
    """What is asked of the real exchange, asked of the one that stands for it: nothing of the account changes."""
    account = served.open()
    before = account.http.post("/control/step", json={"ms": 0}).json()
    house = OrderTest(served.url, ACCESS, SECRET)
    try:
        outcomes = [run_case(case, house) for case in CASES]
    finally:
        house.close()
    assert [f"{o.case.name}: {o.failure}" for o in outcomes if o.failure] == []
    assert sum(not o.lacking for o in outcomes) >= 20
    assert served.face is not None
    assert served.face.world.venue.orders == {}
    assert served.face.world.now_ms == before["now_ms"]


def test_the_real_exchange() -> None:
    if not all(os.environ.get(name) for name in KEYS):
        pytest.skip(REAL_ABSENT)
    done = subprocess.run([sys.executable, "-m", "tests.contracts"], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_endpoint_of_the_client_has_a_case() -> None:
    known = {f"{found.method} {found.path}" for found in vars(endpoints).values() if isinstance(found, Endpoint)}
    covered = {endpoint for case in CASES for endpoint in case.endpoints}
    assert len(known) >= 50
    assert sorted(known - covered) == []
    assert sorted(covered - known) == []


def test_a_venue_that_lacks_something_is_told_what() -> None:
    """A venue that has no cancel-and-new, and one whose identifiers do not burn, as a half-finished adapter would be."""

    class Unfinished(CoreDoor):
        def send(self, request):  # type: ignore[no-untyped-def]
            if request.path == "/v1/orders/cancel_and_new":
                request = type(request)(request.method, "/v1/orders/none", body=request.body)
            return super().send(request)

    class House(InProcess):
        def open(self, **terms):  # type: ignore[no-untyped-def]
            door = super().open(**terms | {"settings": (*terms.get("settings", ()), "burn_refused=false")})
            return Unfinished(door.world, door.wire)

    missing = what_is_missing(House(), [case for case in CASES if case.number // 100 in (2, 3)])
    numbers = {int(line.split()[0]) for line in missing}
    about = {case.number for case in CASES if "POST /v1/orders/cancel_and_new" in case.endpoints and case.number // 100 == 3}
    assert about <= numbers
    assert len(numbers - about) == 1, missing
    assert "identifier" in next(line for line in missing if int(line.split()[0]) not in about)


def test_the_suite_is_not_empty() -> None:
    assert len(CASES) >= 60
