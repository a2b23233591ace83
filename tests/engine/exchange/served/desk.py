"""A client of a served exchange in this process, without a network: every request goes through its door, and its clocks stand still."""

from __future__ import annotations

import json
from decimal import Decimal as D
from typing import Any

from engine.exchange.simulated.served.auth import PERMISSIONS, Gate, Key
from engine.exchange.simulated.served.clock import MarketClock
from engine.exchange.simulated.served.face import Face, Incoming, Outgoing
from engine.exchange.simulated.served.opening import read_settings
from engine.exchange.simulated.served.socket import Line
from engine.exchange.simulated.venue.core import Passing
from engine.exchange.simulated.venue.world import World
from tests.contracts.venues import MONEY, world_of
from tests.engine.exchange.served.signing import ACCESS, SECRET, token

XRP = "KRW-XRP"


class Desk:
    """A client of an exchange in this process whose clocks stand still."""

    def __init__(self, *settings: str, at: str = "", world: World | None = None, permissions: frozenset[str] = PERMISSIONS) -> None:
        self.world = world or world_of(at, settings, MONEY)
        self.nonce = 0
        clock = MarketClock(self.world.now_ms, 0.0, lambda: 1000.0)
        self.face = Face(self.world, Gate([Key(ACCESS, SECRET, permissions)]), clock, read_settings(settings)[1], control=True)

    def ask(self, method: str, path: str, query: str = "", body: dict[str, Any] | None = None, content: bytes = b"") -> Outgoing:
        self.nonce += 1
        form = "" if body is None else "&".join(f"{name}={value}" for name, value in body.items())
        sent = content or (b"" if body is None else json.dumps(body).encode())
        kind = "application/x-www-form-urlencoded" if content else "application/json"
        signed = token(form or query or content.decode(), str(self.nonce))
        headers = (("authorization", f"Bearer {signed}"), ("content-type", kind))
        return self.face.answer(Incoming(method, path, query, headers, sent, "127.0.0.1"))

    def order(self, **more: str) -> Any:
        """The order that was taken, as it is now; the name under which it was refused."""
        answer = self.ask("POST", "/v1/orders", body={"market": XRP, **more})
        if answer.status != 201:
            return answer.value["error"]["name"]
        return self.ask("GET", "/v1/order", f"uuid={answer.value['uuid']}").value

    def limit(self, side: str, price: object, volume: object, **more: str) -> Any:
        return self.order(side=side, ord_type="limit", price=str(price), volume=str(volume), **more)

    def now(self, order: Any) -> Any:
        return self.ask("GET", "/v1/order", f"uuid={order['uuid']}").value

    def trade(self, price: object, volume: object, *, bought: bool) -> None:
        self.world.venue.passed(Passing(XRP, self.world.now_ms, D(str(price)), D(str(volume)), bought))

    def step(self, seconds: float) -> None:
        self.face.clock.step(int(seconds * 1000))
        self.face.answer(Incoming("GET", "/v1/nothing", "", (), b"", ""))
        self.world.advance(self.face.clock.now_ms())

    def line(self, *, private: bool = False) -> Line:
        return Line(
            self.world, lambda: None, self.face.quota, self.face.clock.steady_ms, "line", private, self.face.switches, lambda _: None, int
        )  # fmt: skip
