"""What the contract is held against: the core in this process, the exchange served on loopback, and by order test any address."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import json
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import httpx
import numpy as np
import pytest
import uvicorn
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from dsl.graph import Timeframe
from engine.cli.main import run
from engine.exchange.simulated.served.auth import PERMISSIONS, Gate, Key
from engine.exchange.simulated.served.clock import MarketClock
from engine.exchange.simulated.served.face import Face
from engine.exchange.simulated.served.opening import read_settings
from engine.exchange.simulated.served.quota import GROUPS
from engine.exchange.simulated.served.route import Asked
from engine.exchange.simulated.served.routes import find_route
from engine.exchange.simulated.served.socket import LineProtocol
from engine.exchange.simulated.venue.core import Passing, Venue
from engine.exchange.simulated.venue.errors import BadQueryError, RefusedError
from engine.exchange.simulated.venue.query import Query
from engine.exchange.simulated.venue.tape import Tape
from engine.exchange.simulated.venue.world import World
from engine.model.candle import CandleTable
from engine.model.market import KST
from tests.contracts import suite
from tests.contracts.suite import NotOfferedError, Reply, Request
from tests.engine.exchange.served.signing import ACCESS, SECRET, token

MINUTE_MS = 60_000
#: bars before the first moment, and after it
PAST, FUTURE = 4320, 120
#: markets, the price that each moves around, and its price unit
PRICES = {"KRW-BTC": (150_000_000.0, 1000.0), "KRW-XRP": (3000.0, 1.0), "BTC-XRP": (0.00002, 1e-8), "USDT-XRP": (2.0, 0.001)}
MONEY = {"KRW": "100000000", "XRP": "100000", "BTC": "1", "USDT": "1000"}
#: after the day on which self-trade prevention began to be the rule
NOW = "2026-11-20 21:00"
UNLIMITED = {name: replace(group, most=10**9) for name, group in GROUPS.items()}


def world_of(at: str, settings: tuple[str, ...], money: Mapping[str, str]) -> World:
    """An exchange whose prices rise and fall by one in a hundred every two hours; 20 trades' worth of volume a minute."""
    at_ms = int(datetime.fromisoformat(at or NOW).replace(tzinfo=KST).timestamp()) * 1000
    switches, _, rule, _ = read_settings(settings)
    venue = Venue(PRICES, switches, rule, seed=1)
    tapes = {market: _tape(market, at_ms - PAST * MINUTE_MS) for market in PRICES}
    for currency, amount in money.items():
        venue.deposit(currency, Decimal(amount), Decimal(2000) if currency == "XRP" else Decimal(0))
        venue.wallet.arrived(currency, Decimal(amount), at_ms)
    return World(venue, tapes, at_ms)


@lru_cache
def _tape(market: str, start_ms: int) -> Tape:
    """Tapes do not change: worlds of one date share them."""
    return Tape(table_of(market, start_ms), 1)


def table_of(market: str, start_ms: int) -> CandleTable:
    """Bars that every world of a date trades on."""
    base, unit = PRICES[market]
    count = PAST + FUTURE
    times = start_ms + np.arange(count, dtype=np.int64) * MINUTE_MS
    path = np.round(np.round(base * (1 + 0.01 * np.sin(np.arange(count) / 19.0)) / unit) * unit, 8)
    low, high = np.round(path - unit, 8), np.round(path + unit, 8)
    volume = np.full(count, 12.5)
    return CandleTable(
        market, Timeframe(MINUTE_MS), times, path, high, low, path, volume, path * volume, ((start_ms, start_ms + count * MINUTE_MS),)
    )  # fmt: skip


@dataclass
class CoreDoor:
    """The core behind the exchange's paths, without keys, quotas or sockets."""

    world: World
    wire: Any
    market: str = "KRW-XRP"
    other: str = "KRW-BTC"

    def send(self, request: Request) -> Reply:
        """Straight to what answers."""
        found = find_route(request.method, request.path)
        if found is None:
            return Reply(404, {"error": {"name": "not_found"}})
        route, match = found
        values: dict[str, list[str]] = {}
        for name, value in request.query:
            values.setdefault(name, []).append(value)
        query = Query(values, private=route.private)
        try:
            status, value = route.answer(Asked(self.world, query, request.body or {}, match, self.wire, ACCESS, PERMISSIONS))
        except RefusedError as error:
            return Reply(error.status, {"error": {"name": error.name, "message": error.sentence}})
        except BadQueryError as error:
            return Reply(error.status, {"error": {"name": error.status, "message": error.sentence}})
        return Reply(status, json.loads(json.dumps(value)))

    def step(self, seconds: float) -> None:
        """Play what others trade."""
        self.world.advance(self.world.now_ms + int(seconds * 1000))

    def trade(self, market: str, price: str, volume: str, *, bought: bool) -> None:
        """One more trade of others, now."""
        self.world.venue.passed(Passing(market, self.world.now_ms, Decimal(price), Decimal(volume), bought))

    def offline(self, market: str, closed: bool) -> None:
        """By hand."""
        self.world.venue.close_market(market, closed)

    def line(self, path: str = "/websocket/v1", **headers: str) -> Any:
        """There is none."""
        raise NotOfferedError(suite.STREAM)

    def command(self, *words: str, live: bool = True) -> tuple[int, Any]:
        """It has no address."""
        raise NotOfferedError(suite.COMMANDS)


class InProcess:
    """The core in this process."""

    name = "in process"
    offers = frozenset({suite.PRICES, suite.ACCOUNT, suite.ORDERS, suite.TIME, suite.TERMS, suite.MONEY})

    def open(self, *, at: str = "", settings: tuple[str, ...] = (), money: Mapping[str, str] | None = None, **key: Any) -> CoreDoor:
        """A fresh one."""
        return CoreDoor(world_of(at, settings, MONEY if money is None else money), read_settings(settings)[1])


@dataclass
class WireDoor:
    """Any address that speaks the protocol. only_tests: orders go to the order test."""

    http: httpx.Client
    access: str = ACCESS
    secret: str = SECRET
    only_tests: bool = False
    market: str = "KRW-XRP"
    other: str = "KRW-BTC"
    nonces: Iterator[str] = field(default_factory=lambda: (str(uuid.uuid4()) for _ in itertools.count()))

    def send(self, request: Request) -> Reply:
        """Signed by the documented recipe, with the standard library alone."""
        text = "&".join(f"{name}={value}" for name, value in request.query)
        url = request.path + ("?" + "&".join(f"{n}={quote(v, safe='')}" for n, v in request.query) if request.query else "")
        content, plain = request.content, text
        headers = dict(request.headers)
        if request.body is not None:
            content = json.dumps(request.body, ensure_ascii=False).encode()
            plain = "&".join(f"{name}={value}" for name, value in request.body.items() if value is not None)
            headers = {"Content-Type": "application/json"} | headers
        if request.signed:
            nonce = request.nonce or next(self.nonces)
            signed = token(
                plain if request.hashed is None else request.hashed, nonce, access=self.access, secret=self.secret,
                algorithm=request.algorithm,
            )  # fmt: skip
            headers = {"Authorization": f"Bearer {signed}"} | headers
        if self.only_tests and (request.method, request.path) not in _HARMLESS:
            raise NotOfferedError(suite.ORDERS)
        answer = self.http.request(request.method, url, content=content, headers=headers)
        if self.only_tests and "sec=0" in answer.headers.get("Remaining-Req", ""):
            time.sleep(1.1)
        return Reply(answer.status_code, answer.json(), {name.lower(): value for name, value in answer.headers.items()})

    def step(self, seconds: float) -> None:
        """By the control path."""
        assert self.http.post("/control/step", json={"ms": int(seconds * 1000)}).status_code == 200

    def trade(self, market: str, price: str, volume: str, *, bought: bool) -> None:
        """By the control path."""
        asked = {"market": market, "price": price, "volume": volume, "bought": bought}
        assert self.http.post("/control/trade", json=asked).status_code == 200

    def offline(self, market: str, closed: bool) -> None:
        """By the control path."""
        assert self.http.post("/control/offline", json={"market": market, "offline": closed}).status_code == 200

    @contextmanager
    def line(self, path: str = "/websocket/v1", **headers: str) -> Iterator[WireLine]:
        """A socket; signed where the path is the private one and no header says otherwise."""
        if path.endswith("private") and not headers:
            signed = token(nonce=next(self.nonces), access=self.access, secret=self.secret)
            headers = {"Authorization": f"Bearer {signed}"}
        url = str(self.http.base_url).replace("http", "ws", 1).rstrip("/") + path
        try:
            with connect(url, additional_headers=headers, proxy=None) as opened:
                yield WireLine(opened)
        except InvalidStatus as error:
            raise ConnectionRefusedError(error.response.status_code, json.loads(error.response.body or b"{}")) from error

    def command(self, *words: str, live: bool = True) -> tuple[int, Any]:
        """In this process, with its keys."""
        set_ = {
            "JANGDAN_UPBIT_URL": str(self.http.base_url), "UPBIT_ACCESS_KEY": self.access, "UPBIT_SECRET_KEY": self.secret,
            "DRY_RUN": "false" if live else "true", "EMERGENCY_STOP": "", "MAX_TRADE_AMOUNT": "", "JANGDAN_LANG": "en",
        }  # fmt: skip
        printed = io.StringIO()
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
            patch.chdir(folder)
            for name, value in (set_ | {"JANGDAN_DATA": folder}).items():
                patch.setenv(name, value)
            code = run(list(words))
        return code, json.loads(printed.getvalue()) if code == 0 else None


#: what an account that is not ours may be asked without changing it
_HARMLESS = {("POST", "/v1/orders/test")} | {
    ("GET", path)
    for path in (
        "/v1/accounts", "/v1/orders/chance", "/v1/order", "/v1/orders/uuids", "/v1/orders/open", "/v1/orders/closed", "/v1/status/wallet",
        "/v1/api_keys", "/v1/market/all", "/v1/ticker", "/v1/ticker/all", "/v1/orderbook", "/v1/orderbook/instruments", "/v1/trades/ticks",
        "/v1/orderbook/supported_levels", "/v1/candles/seconds", "/v1/candles/days", "/v1/candles/weeks", "/v1/candles/months",
        "/v1/candles/years", *(f"/v1/candles/minutes/{unit}" for unit in (1, 2, 3, 5, 10, 15, 30, 60, 240)),
    )
}  # fmt: skip


@dataclass
class WireLine:
    """A WebSocket of the served exchange."""

    opened: ClientConnection

    def send(self, message: str) -> None:
        """As text."""
        self.opened.send(message)

    def receive(self) -> Any:
        """Frames are binary."""
        try:
            content = self.opened.recv(timeout=10)
        except ConnectionClosed as error:
            raise ConnectionError("closed") from error
        assert isinstance(content, bytes), f"a text frame: {content}"
        return json.loads(content)

    def is_quiet(self) -> bool:
        """For a few rounds of the server's."""
        try:
            self.opened.recv(timeout=0.2)
        except TimeoutError:
            return True
        except ConnectionClosed as error:
            raise ConnectionError("closed") from error
        return False


class Served:
    """The served exchange on a real socket; each `open` puts a fresh one behind the same address."""

    name = "served"
    offers = InProcess.offers | {suite.WIRE, suite.STREAM, suite.COMMANDS}

    def __init__(self) -> None:
        self.face: Face | None = None
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._answer, interface="asgi3", port=0, log_level="error", lifespan="off", ws=LineProtocol, ws_ping_interval=None
            )
        )
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve()))
        self._http: httpx.Client | None = None

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        assert self.face is not None
        await self.face(scope, receive, send)

    def __enter__(self) -> Served:
        """Begin to listen."""
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)
        self._http = httpx.Client(base_url=self.url)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        assert self._http is not None
        self._http.close()
        self._server.should_exit = True
        self._thread.join()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    def open(self, *, at: str = "", settings: tuple[str, ...] = (), money: Mapping[str, str] | None = None, **key: Any) -> WireDoor:
        """A fresh one. Without `quotas` among the settings nothing is ever too much."""
        assert self._http is not None
        kept = tuple(setting for setting in settings if setting != "quotas")
        world = world_of(at, kept, MONEY if money is None else money)
        clock = MarketClock(world.now_ms, 0.0, lambda: 1000.0)
        _, wire, _, faults = read_settings(kept)
        self.face = Face(world, Gate([Key(ACCESS, SECRET, **key)]), clock, wire, control=True, faults=faults)
        if kept == settings:
            self.face.quota.groups = dict(UNLIMITED)
        return WireDoor(self._http)


class OrderTest:
    """An exchange that orders are only tested on: the real one, or one that stands for it."""

    name = "order test"
    offers = frozenset({suite.PRICES, suite.ACCOUNT})

    def __init__(self, url: str, access: str, secret: str) -> None:
        self._door = WireDoor(httpx.Client(base_url=url), access, secret, only_tests=True)

    def open(self, *, at: str = "", settings: tuple[str, ...] = (), money: Mapping[str, str] | None = None, **key: Any) -> WireDoor:
        """As it is: nothing about it can be chosen."""
        if at or settings or money is not None or key:
            raise NotOfferedError(suite.TERMS)
        return self._door

    def close(self) -> None:
        """Hang up."""
        self._door.http.close()
