"""What goes wrong by seed: as often as asked for, the same each time; and a broken line leaves an order that a client has to ask for."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal as D
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from engine.exchange.simulated.served.faults import Fault, Faults, FrameFault, changed
from engine.exchange.simulated.venue.core import Passing
from tests.engine.exchange.served.signing import Client, serving, token

ALL = Faults(**{fault.value: D("0.05") for fault in Fault})


def test_faults_come_as_often_as_asked_and_the_same_each_time() -> None:
    drawn = [ALL.draw(7, number, of_order=True, of_book=True) for number in range(5000)]
    assert drawn == [ALL.draw(7, number, of_order=True, of_book=True) for number in range(5000)]
    assert drawn != [ALL.draw(8, number, of_order=True, of_book=True) for number in range(5000)]
    counts = Counter(drawn)
    assert set(counts) == {None, *Fault}
    assert all(180 < counts[fault] < 320 for fault in Fault)
    others = Counter(ALL.draw(7, number, of_order=False) for number in range(5000))
    assert others[Fault.MAINTENANCE] == others[Fault.STABILISER] == others[Fault.STALE_BOOK] == 0
    assert Faults().draw(7, 1, of_order=True) is None
    for wrong in ({"lost": 1}, {"slow": 2}, {"slow": "-1"}, {"slow": None}, {"suspended_seconds": 0}, {"skew_seconds": 3601}):
        with pytest.raises(ValueError, match="cannot be"):
            changed(Faults(), wrong)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Client]]:
    client = Client(tmp_path)
    with serving(client.face) as address:
        yield f"http://{address}", client


def test_what_a_client_sees_of_each_fault(served: tuple[str, Client]) -> None:
    url, client = served
    with httpx.Client(base_url=url) as http:

        def order(name: str) -> httpx.Response:
            body = f'{{"market":"KRW-XRP","side":"bid","ord_type":"limit","price":"2500","volume":"3","identifier":"{name}"}}'
            text = f"market=KRW-XRP&side=bid&ord_type=limit&price=2500&volume=3&identifier={name}"
            headers = {"Authorization": f"Bearer {token(text, name)}", "Content-Type": "application/json"}
            return http.post("/v1/orders", content=body, headers=headers)

        taken: dict[str, bool] = {}
        for fault in Fault:
            http.post("/control/faults", json={other.value: int(other is fault) for other in Fault} | {"slow_seconds": 0.01})
            if fault in (Fault.LOST_REQUEST, Fault.LOST_ANSWER):
                with pytest.raises(httpx.TransportError):
                    order(fault.value)
            else:
                answer = order(fault.value)
                status = {"quota": 429, "blocked": 418, "server": 500, "gateway": 502, "maintenance": 403, "stabiliser": 500}
                assert answer.status_code == status.get(fault.value, 201)
                if fault in (Fault.TRUNCATED, Fault.GATEWAY):
                    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
                        answer.json()
            taken[fault.value] = any(found.request.identifier == fault.value for found in client.face.world.venue.orders.values())
        assert {name for name, was in taken.items() if was} == {"lost_answer", "slow", "truncated", "clock_skew", "stale_book"}
        http.post("/control/faults", json={fault.value: 0 for fault in Fault})
        asked = http.get("/v1/order?identifier=lost_answer", headers={"Authorization": f"Bearer {token('identifier=lost_answer', 'z')}"})
        assert asked.json()["state"] == "wait"


def test_what_a_client_sees_on_a_broken_line(served: tuple[str, Client]) -> None:
    url, client = served
    with httpx.Client(base_url=url) as http:
        seen: dict[str, list[Any]] = {}
        for fault in FrameFault:
            client.seconds += 1  # for the quota
            http.post("/control/faults", json={other.value: int(other is fault) for other in FrameFault})
            with connect(url.replace("http", "ws") + "/websocket/v1", proxy=None) as opened:
                opened.send('[{"ticket":"t"},{"type":"trade","codes":["KRW-BTC","KRW-XRP"],"is_only_snapshot":true}]')
                seen[fault.value] = []
                with contextlib.suppress(TimeoutError, ConnectionClosed):
                    while True:
                        seen[fault.value].append(opened.recv(timeout=0.25))
                if fault is FrameFault.SWAPPED:  # both wait for one that comes as it should
                    http.post("/control/faults", json={"frame_swapped": 0})
                    opened.send("PING")
                    seen[fault.value] = [opened.recv(timeout=180) for _ in range(3)]
    types = {name: [_type(frame) for frame in frames] for name, frames in seen.items()}
    assert types == {
        "socket_drop": [],
        "frame_duplicate": ["trade"] * 4,
        "frame_swapped": ["UP", "trade", "trade"],
        "frame_truncated": ["broken"] * 2,
        "frame_unknown": ["weather", "trade"] * 2,
        "frame_broken": ["broken"] * 2,
        "frame_skewed": ["trade"] * 2,
        "frame_stale": ["trade"] * 2,
    }


def _type(frame: bytes) -> str:
    try:
        found = json.loads(frame)
    except ValueError:
        return "broken"
    return str(found.get("type", found.get("status")))


def at(client: Client, **faults: object) -> None:
    """These go wrong from now on."""
    client.face.faults = changed(Faults(), faults)


def test_a_clock_that_is_off_shows_in_dates_and_frames(served: tuple[str, Client]) -> None:
    url, client = served
    with httpx.Client(base_url=url) as http, connect(url.replace("http", "ws") + "/websocket/v1", proxy=None) as opened:
        market_ms = client.face.world.now_ms

        def date_ms() -> float:
            return parsedate_to_datetime(http.get("/v1/market/all").headers["Date"]).timestamp() * 1000

        assert date_ms() == market_ms
        at(client, clock_skew=1, skew_seconds=45)
        assert date_ms() == market_ms - 45_000
        opened.send('[{"ticket":"t"},{"type":"trade","codes":["KRW-BTC"]}]')
        opened.recv(timeout=180)
        apart = []
        for skewed in (0, 1):
            at(client, frame_skewed=skewed, skew_seconds=45)
            client.step(1)
            frames = [json.loads(opened.recv(timeout=180)) for _ in range(4)]
            apart.append({frame["trade_timestamp"] - frame["timestamp"] for frame in frames})
        assert apart == [{0}, {45_000}]


def test_a_stale_book_is_that_of_the_question_and_of_the_frame_before(served: tuple[str, Client]) -> None:
    url, client = served
    with httpx.Client(base_url=url) as http, connect(url.replace("http", "ws") + "/websocket/v1", proxy=None) as opened:

        def asked() -> tuple[int, Any]:
            found = http.get("/v1/orderbook?markets=KRW-BTC").json()[0]
            return found["timestamp"], found["orderbook_units"]

        def sent() -> tuple[int, Any]:
            client.step(1)
            found = json.loads(opened.recv(timeout=180))
            return found["timestamp"], found["orderbook_units"]

        opened.send('[{"ticket":"t"},{"type":"orderbook","codes":["KRW-BTC"]}]')
        opened.recv(timeout=180)
        first, shown = asked(), sent()
        at(client, stale_book=1, frame_stale=1)
        assert [asked(), asked()] == [first, first]
        assert [sent(), sent()] == [shown, shown]
        at(client)
        assert asked() != first
        assert sent() != shown


def test_suspended_markets_refuse_orders_for_a_stretch_and_say_so(tmp_path: Path) -> None:
    client = Client(tmp_path)
    at(client, suspended="0.3", suspended_seconds=120)
    body = {"market": "KRW-XRP", "side": "bid", "ord_type": "limit", "price": "2500", "volume": "3"}
    seen: list[tuple[int, str]] = []
    for _ in range(120):
        client.step(1)
        client.seconds += 1
        chance = client.signed("GET", "/v1/orders/chance", "market=KRW-XRP").value["market"]["state"]
        answer = client.signed("POST", "/v1/orders/test", body=body)
        seen.append((answer.status, chance))
    counts = Counter(seen)
    assert set(counts) == {(201, "active"), (403, "offline")}
    assert 20 <= counts[403, "offline"] <= 60
    changes = sum(one != two for one, two in itertools.pairwise(seen))
    assert 10 <= changes <= 60, "stretches of two minutes"
    at(client)
    client.step(1)
    assert client.signed("POST", "/v1/orders/test", body=body).status == 201


def test_waiting_orders_trade_in_parts(tmp_path: Path) -> None:
    client = Client(tmp_path)
    at(client, partial="0.5")
    venue = client.face.world.venue
    whole = parts = 0
    for number in range(40):
        venue.passed(Passing("KRW-XRP", client.face.world.now_ms, D(3000), D(1), True, number))
        taken = venue.place_order(
            {"market": "KRW-XRP", "side": "bid", "ord_type": "limit", "price": "2500", "volume": "3"}, client.face.world.now_ms
        )  # fmt: skip
        left = [venue.orders[taken.uuid].remaining_volume]
        while venue.orders[taken.uuid].is_open:
            venue.passed(Passing("KRW-XRP", client.face.world.now_ms, D(2400), D(100), False, number))
            left.append(venue.orders[taken.uuid].remaining_volume)
            assert left[-1] < left[-2]
        whole += len(left) == 2
        parts += len(left) > 2
    assert min(whole, parts) >= 10
    assert venue.ledger.balance("KRW").locked == 0
