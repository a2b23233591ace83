"""The other end: sends recorded messages of 200 markets and numbered own orders, at a rate or as fast as they are taken.

python -m benchmarks.stream.server RECORDING RATE SECONDS     RATE 0: SECONDS is a number of messages, sent without a pause

Prints its port, waits until every market is subscribed to, sends, and prints what it sent. Each message's own time stamp is the moment it
is handed to the socket (nanoseconds of the machine's monotonic clock, which all processes share).
"""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from websockets.asyncio.server import ServerConnection, serve

from engine.exchange.upbit.frames import MyOrderFrame, read_frame

CODES = tuple(f"KRW-A{number:03}" for number in range(200))
#: of all messages, that are about own orders
OWN_SHARE = 0.01
_STAMP, _NUMBER = 1_111_111_111_111_111_111, 2_222_222_222_222_222_222
_HIGH_WATER_BYTES = 2**20
_ORDER = {
    "ty": "myOrder", "cd": CODES[0], "uid": "u", "ab": "BID", "ot": "limit", "s": "trade", "p": 100.5, "v": 1.25, "rv": 0.25, "ev": 1.0,
    "tc": _NUMBER, "pf": 0.05, "l": 25.0, "ef": 100.5, "tms": _STAMP, "st": "REALTIME",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Template:
    """A message without its stamp and its number (a trade's sequential id, an own order's count)."""

    kind: str
    code: str
    parts: tuple[bytes, ...]
    stamp_first: bool

    def framed(self, number: int) -> bytes:
        """As it goes over the wire, stamped now."""
        stamp = str(time.monotonic_ns()).encode()
        values = (stamp, str(number).encode()) if self.stamp_first else (str(number).encode(), stamp)
        data = self.parts[0] + b"".join(value + part for value, part in zip(values, self.parts[1:], strict=False))
        size = len(data)
        return (b"\x82" + (bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2)) if size < 65536 else b"") + data


@dataclass(slots=True)
class Line:
    """A subscribed connection."""

    socket: ServerConnection
    form: str
    wanted: set[tuple[str, str]] = field(default_factory=set)


def template_of(message: dict[str, Any], form: str) -> Template:
    """The message in a form, cut where the stamp and the number stand."""
    frame = read_frame(orjson.dumps(message))[0]
    assert not isinstance(frame, Exception)
    spelled = message if form == "SIMPLE" else frame.model_dump(exclude_unset=True, mode="json")
    data = orjson.dumps(spelled)
    stamp, number = data.find(str(_STAMP).encode()), data.find(str(_NUMBER).encode())
    first = stamp < number or number < 0
    parts = data.replace(str(_NUMBER).encode(), str(_STAMP).encode()).split(str(_STAMP).encode())
    kind = "myOrder" if isinstance(frame, MyOrderFrame) else str(message["ty"])
    return Template(kind, str(message["cd"]), tuple(parts), first)


def messages(recording: Path) -> Iterator[dict[str, Any]]:
    """The recording over and over, its messages dealt to our markets."""
    with gzip.open(recording, "rt", encoding="utf-8") as file:
        recorded = [json.loads(json.loads(line)["raw"]) for line in file]
    codes = {"orderbook": itertools.cycle(CODES), "trade": itertools.cycle(CODES)}
    for message in itertools.cycle(recorded):
        numbered = {"sid": _NUMBER} if message["ty"] == "trade" else {}
        yield message | {"cd": next(codes[message["ty"]]), "tms": _STAMP} | numbered


class Sender:
    """Keeps the lines, sends to whoever wants a message."""

    def __init__(self, recording: Path, rate: float, seconds: float) -> None:
        self.rate, self.seconds = rate, seconds
        self.lines: list[Line] = []
        self._needed = {(kind, code) for kind in ("orderbook", "trade") for code in CODES}
        self._subscribed = asyncio.Event()
        self.sent = {"orderbook": 0, "trade": 0, "myOrder": 0}
        # as many as it takes until every market has had every kind, in a mix that is the recording's
        self._mix = list(itertools.islice(messages(recording), 4000))
        self._templates: dict[str, list[Template]] = {}
        self._routes: dict[tuple[str, str], ServerConnection] = {}

    async def take(self, socket: ServerConnection) -> None:
        """A connection: its first message says what it wants."""
        asked = json.loads(await socket.recv())
        form = next((part["format"] for part in asked if "format" in part), "DEFAULT")
        line = Line(socket, form)
        for part in asked:
            codes = part.get("codes") or CODES
            line.wanted |= {(part["type"], code) for code in codes} if "type" in part else set()
        self.lines.append(line)
        if self._needed <= {pair for one in self.lines for pair in one.wanted}:
            self._subscribed.set()
        await socket.wait_closed()

    async def ready(self) -> None:
        """Until every market's books and trades are wanted, and a moment longer, for whoever asks for own orders as well."""
        await self._subscribed.wait()
        await asyncio.sleep(1.0)
        self._routes = {pair: line.socket for line in self.lines for pair in line.wanted}
        form = self.lines[0].form
        self._templates = {"public": [template_of(found, form) for found in self._mix], "own": [template_of(_ORDER, form)]}

    async def run(self) -> dict[str, Any]:
        """Send it all."""
        await self.ready()
        own = any(kind == "myOrder" for kind, _ in self._routes)
        began, processor = time.monotonic(), time.process_time()
        count = int(self.rate * self.seconds) if self.rate else int(self.seconds)
        due = 0
        every = round(1 / OWN_SHARE)
        public = itertools.cycle(self._templates["public"])
        while due < count:
            allowed = min(count, int((time.monotonic() - began) * self.rate)) if self.rate else min(count, due + 500)
            for number in range(due, allowed):
                template = self._templates["own"][0] if own and number % every == 0 else next(public)
                self._send(template)
            due = allowed
            await (asyncio.sleep(0.001) if self.rate else self._taken())
        seconds = time.monotonic() - began
        return {"sent": self.sent, "seconds": seconds, "cpu_seconds": time.process_time() - processor}

    def _send(self, template: Template) -> None:
        transport = self._routes[template.kind, template.code].transport
        transport.write(template.framed(self.sent[template.kind]))
        self.sent[template.kind] += 1

    async def _taken(self) -> None:
        """Wait while more lies about than the other side takes."""
        while any(line.socket.transport.get_write_buffer_size() > _HIGH_WATER_BYTES for line in self.lines):  # noqa: ASYNC110 - tells nobody
            await asyncio.sleep(0)
        await asyncio.sleep(0)


async def main(recording: Path, rate: float, seconds: float) -> None:
    """Serve one client."""
    sender = Sender(recording, rate, seconds)
    async with serve(sender.take, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        print(json.dumps(await sender.run()), flush=True)
        await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])))
