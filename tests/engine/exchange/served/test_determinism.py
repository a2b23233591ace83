"""The same requests at the same times are answered the same, to the last byte, in another process too; another seed is another day."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from decimal import Decimal as D
from pathlib import Path

import orjson

from engine.exchange.simulated.served.faults import Faults
from tests.engine.exchange.served.desk import XRP, Desk

ROOT = Path(__file__).resolve().parents[4]


def day(seed: int) -> tuple[str, int, int]:
    """Orders, cancellations and questions while the market moves: a hash of every answer, how many orders were taken, how many traded."""
    desk, chance, digest = Desk("ban_after=0", "passing_volume=traded"), random.Random(3), hashlib.sha256()
    desk.face.seed = seed
    desk.face.faults = Faults(partial=D("0.5"), suspended=D("0.1"))
    taken: list[str] = []
    for _ in range(70):
        last = int(desk.world.venue.places[XRP].last or 0)
        form = {"market": XRP, "side": chance.choice(("bid", "ask")), "ord_type": "limit"}
        form |= {"price": str(last + chance.randint(-15, 15)), "volume": str(chance.randint(5, 90))}
        answers = [desk.ask("POST", "/v1/orders", body=form)]
        if answers[0].status == 201:
            taken.append(answers[0].value["uuid"])
        if taken and chance.random() < 0.2:
            answers.append(desk.ask("DELETE", "/v1/order", f"uuid={chance.choice(taken)}"))
        asked = (("/v1/ticker", f"markets={XRP}"), ("/v1/orderbook", f"markets={XRP}"), ("/v1/accounts", ""), ("/v1/orders/closed", ""))
        answers += [desk.ask("GET", path, query) for path, query in asked]
        for answer in answers:
            digest.update(orjson.dumps([answer.status, answer.value, answer.headers]))
        desk.step(chance.randint(1, 60))
    traded = sum(bool(order.trades) for order in desk.world.venue.orders.values())
    return digest.hexdigest(), len(taken), traded


def test_a_day_is_the_same_each_time_and_another_by_another_seed() -> None:
    first = day(1)
    command = "from tests.engine.exchange.served.test_determinism import day; print(day(1)[0])"
    again = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "7"}, capture_output=True, text=True, check=True
    )
    assert again.stdout.strip() == first[0] != day(2)[0]
    assert min(first[1:]) > 20, first
