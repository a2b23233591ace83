"""The other end of the wire: an HTTP server on loopback that keeps every byte it gets, and answers, or fails to, as it is told."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.limits import Limits
from engine.exchange.upbit.rest import ClientSettings
from engine.exchange.upbit.signing import Algorithm, Keys, Secret

T = TypeVar("T")
ACCESS = "test-access-key-0123456789abcdef"
SECRET = "test-secret-key-0123456789abcdef"


@dataclass(frozen=True)
class Received:
    """A request as it arrived. target and headers are as they were sent, undecoded."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        found = [value for own, value in self.headers if own.lower() == name.lower()]
        assert len(found) <= 1, f"{name} was sent {len(found)} times"
        return found[0] if found else None


@dataclass(frozen=True)
class Reply:
    """What to answer. cut: send only so many bytes of the body and hang up; None = all. lost: hang up without a word."""

    body: bytes = b"[]"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    lost: bool = False
    after_seconds: float = 0.0
    zipped: bool = False


Answers = Callable[[Received], Reply]


class QuickClock:
    """Time that passes by waiting for it, at once."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic_seconds(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


@dataclass
class FarSide:
    """A server. answers: asked for each request."""

    answers: Answers
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    halves: int = 0
    serving: list[asyncio.Task[Any] | None] = field(default_factory=list)
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, kept alive until a reply breaks it."""
        self.connections += 1
        self.serving.append(asyncio.current_task())
        try:
            while await self._one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            self.halves += bool(getattr(error, "partial", b""))
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
        method, target, _ = first.split(" ")
        request = Received(method, target, headers, b"")
        body = await reader.readexactly(int(request.header("Content-Length") or 0))
        request = Received(method, target, headers, body)
        self.received.append(request)
        reply = self.answers(request)
        await asyncio.sleep(reply.after_seconds)
        if reply.lost:
            return False
        content = gzip.compress(reply.body) if reply.zipped else reply.body
        shown = {"Content-Type": "application/json", "Content-Length": str(len(content)), **reply.headers}
        if reply.zipped:
            shown["Content-Encoding"] = "gzip"
        lines = [f"HTTP/1.1 {reply.status} Whatever", *(f"{name}: {value}" for name, value in shown.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode() + content[: reply.cut])
        await writer.drain()
        return reply.cut is None


@asynccontextmanager
async def far_side(answers: Answers) -> AsyncIterator[FarSide]:
    """A server on loopback for as long as the block runs."""
    there = FarSide(answers)
    server = await asyncio.start_server(there.serve, "127.0.0.1", 0)
    there.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield there
    finally:
        server.close()
        await asyncio.gather(*(task for task in there.serving if task))
        assert there.halves == 0, "half a request arrived"


def keys(algorithm: Algorithm = Algorithm.HS512) -> Keys:
    """A key of nobody's."""
    return Keys(Secret(ACCESS), Secret(SECRET), algorithm)


def talk(
    answers: Answers,
    main: Callable[[UpbitClient, FarSide], Coroutine[Any, Any, T]],
    with_keys: Keys | None = None,
    limits: Limits | None = None,
    **settings: float,
) -> T:
    """Run `main` with a client that is connected to a far side that answers so. settings: of ClientSettings.

    Without limits, no time is really waited.
    """

    async def whole() -> T:
        async with far_side(answers) as there:
            chosen = ClientSettings(base_url=there.url, **({"backoff_seconds": 0.01} | settings))  # type: ignore[arg-type]
            async with UpbitClient(with_keys or keys(), chosen, limits or Limits(QuickClock())) as client:
                return await main(client, there)

    return asyncio.run(whole())
