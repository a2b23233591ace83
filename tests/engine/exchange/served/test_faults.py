"""What goes wrong by seed: as often as asked for, the same each time; and a broken line leaves an order that a client has to ask for."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from engine.exchange.simulated.served.faults import Fault, Faults, FrameFault, changed
from tests.engine.exchange.served.signing import Client, serving, token

ALL = Faults(**{fault.value: D("0.05") for fault in Fault})


def test_faults_come_as_often_as_asked_and_the_same_each_time() -> None:
    drawn = [ALL.draw(7, number, of_order=True) for number in range(5000)]
    assert drawn == [ALL.draw(7, number, of_order=True) for number in range(5000)]
    assert drawn != [ALL.draw(8, number, of_order=True) for number in range(5000)]
    counts = Counter(drawn)
    assert set(counts) == {None, *Fault}
    assert all(180 < counts[fault] < 320 for fault in Fault)
    others = Counter(ALL.draw(7, number, of_order=False) for number in range(5000))
    assert others[Fault.MAINTENANCE] == others[Fault.STABILISER] == 0
    assert Faults().draw(7, 1, of_order=True) is None
    for wrong in ({"lost": 1}, {"slow": 2}, {"slow": "-1"}, {"slow": None}):
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
        assert {name for name, was in taken.items() if was} == {"lost_answer", "slow", "truncated"}
        http.post("/control/faults", json={fault.value: 0 for fault in Fault})
        asked = http.get("/v1/order?identifier=lost_answer", headers={"Authorization": f"Bearer {token('identifier=lost_answer', 'z')}"})
        assert asked.json()["state"] == "wait"


def test_what_a_client_sees_on_a_broken_line(served: tuple[str, Client]) -> None:
    url, _ = served
    with httpx.Client(base_url=url) as http:
        seen: dict[str, list[Any]] = {}
        for fault in FrameFault:
            http.post("/control/faults", json={other.value: int(other is fault) for other in FrameFault})
            with connect(url.replace("http", "ws") + "/websocket/v1", proxy=None) as opened:
                opened.send('[{"ticket":"t"},{"type":"trade","codes":["KRW-BTC","KRW-XRP"],"is_only_snapshot":true}]')
                seen[fault.value] = []
                with contextlib.suppress(TimeoutError, ConnectionClosed):
                    while True:
                        seen[fault.value].append(opened.recv(timeout=0.4))
                if fault is FrameFault.SWAPPED:  # both wait for one that comes as it should
                    http.post("/control/faults", json={"frame_swapped": 0})
                    opened.send("PING")
                    seen[fault.value] = [opened.recv(timeout=5) for _ in range(3)]
    types = {name: [_type(frame) for frame in frames] for name, frames in seen.items()}
    assert types == {
        "socket_drop": [],
        "frame_duplicate": ["trade"] * 4,
        "frame_swapped": ["UP", "trade", "trade"],
        "frame_truncated": ["broken"] * 2,
        "frame_unknown": ["weather", "trade"] * 2,
    }


def _type(frame: bytes) -> str:
    try:
        found = json.loads(frame)
    except ValueError:
        return "broken"
    return str(found.get("type", found.get("status")))
