"""The documented signing recipe by the standard library alone, and a served exchange to try it on."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import uvicorn

from dsl.graph import Timeframe
from engine.candles.store import CandleStore
from engine.exchange.simulated.served.auth import Key
from engine.exchange.simulated.served.face import Face, Incoming, Outgoing
from engine.exchange.simulated.served.opening import Terms, open_face
from engine.exchange.simulated.served.socket import LineProtocol
from engine.model.candle import CandleTable

ACCESS, SECRET = "test-access-key-0123456789abcdef", "test-secret-key-0123456789abcdef"
START_MS = 1_763_596_800_000
MINUTE_MS = 60_000
DAY_MINUTES = 1440
HASHES = {"HS256": hashlib.sha256, "HS512": hashlib.sha512, "HS384": hashlib.sha384}
MARKETS = ("KRW-BTC", "KRW-XRP")


def token(hashed: str = "", nonce: str = "n", *, access: str = ACCESS, secret: str = SECRET, algorithm: str = "HS512") -> str:
    """The JWT for parameters whose text is `hashed`."""
    claims = {"access_key": access, "nonce": nonce}
    if hashed:
        claims |= {"query_hash": hashlib.sha512(hashed.encode()).hexdigest(), "query_hash_alg": "SHA512"}
    parts = [{"alg": algorithm, "typ": "JWT"}, claims]
    signed = b".".join(_segment(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    return (signed + b"." + _segment(hmac.new(secret.encode(), signed, HASHES[algorithm]).digest())).decode()


def _segment(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def store_of(folder: Any, minutes: int = DAY_MINUTES) -> CandleStore:
    """Two markets that trade every minute: prices rise and fall by one in a hundred every two hours."""
    store = CandleStore(folder)
    times = START_MS + np.arange(minutes, dtype=np.int64) * MINUTE_MS
    for market, price, unit in (("KRW-BTC", 150_000_000.0, 1000.0), ("KRW-XRP", 3000.0, 1.0)):
        path = np.round(price * (1 + 0.01 * np.sin(np.arange(minutes) / 19.0)) / unit) * unit
        table = CandleTable(
            market, Timeframe(MINUTE_MS), times, path, path + unit, path - unit, path, np.full(minutes, 12.5), path * 12.5,
            ((START_MS, START_MS + minutes * MINUTE_MS),),
        )  # fmt: skip
        store.write(table)
    return store


class Client:
    """Asks a face in this process, signing as documented; its clock moves only by `tick`."""

    def __init__(self, folder: Any, settings: tuple[str, ...] = (), deposits: Any = None, **key: Any) -> None:
        self.seconds = 1000.0
        self.nonce = 0
        terms = Terms(at_ms=START_MS + 600 * MINUTE_MS, settings=settings, **({} if deposits is None else {"deposits": deposits}))
        self.face: Face = open_face(store_of(folder), terms, Key(ACCESS, SECRET, **key), 0.0, lambda: self.seconds, control=True)

    def get(self, path: str, query: str = "", **headers: str) -> Outgoing:
        """An unsigned question."""
        return self.face.answer(Incoming("GET", path, query, tuple(headers.items()), b"", "127.0.0.1"))

    def signed(self, method: str, path: str, query: str = "", body: dict[str, Any] | None = None, text: str | None = None) -> Outgoing:
        """A signed request; text: what is hashed, where it is not the plain one."""
        self.nonce += 1
        plain = text if text is not None else query if body is None else "&".join(f"{k}={v}" for k, v in body.items() if v is not None)
        headers = (("authorization", f"Bearer {token(plain, str(self.nonce))}"), ("content-type", "application/json"))
        return self.face.answer(Incoming(method, path, query, headers, b"" if body is None else json.dumps(body).encode(), "127.0.0.1"))

    def step(self, minutes: float) -> None:
        """Market time, and that of quotas, moves on."""
        body = json.dumps({"ms": int(minutes * MINUTE_MS)}).encode()
        assert self.face.answer(Incoming("POST", "/control/step", "", (), body, "127.0.0.1")).status == 200


@contextmanager
def serving(face: Face) -> Iterator[str]:
    """The exchange in a thread of this process; yields host and port."""
    server = uvicorn.Server(uvicorn.Config(face, port=0, log_level="error", lifespan="off", ws=LineProtocol, ws_ping_interval=None))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    while not server.started:
        thread.join(0.01)
    try:
        yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
