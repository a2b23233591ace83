"""What goes wrong by seed: as often as asked for, the same each time; and a broken line leaves an order that a client has to ask for."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path

import httpx
import pytest
import uvicorn

from engine.exchange.simulated.served.faults import Fault, Faults, changed
from tests.engine.exchange.served.signing import Client, token

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
    """The exchange in a thread of this process."""
    client = Client(tmp_path)
    server = uvicorn.Server(uvicorn.Config(client.face, port=0, log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", client
    server.should_exit = True
    thread.join()


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
