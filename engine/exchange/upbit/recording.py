"""Recorded messages of Upbit's WebSocket (format SIMPLE) -> books and trades per market.

A recording is JSON lines, `.jsonl` or `.jsonl.gz`: {"recv_ts": seconds of receipt, "raw": the message as it came}. The recorder is taken
to have run from the first message to the last, but for stretches without any message of any market.
"""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import orjson

from engine.candles.errors import SourceError
from engine.candles.ranges import Ranges, clip, merge
from engine.candles.side_store import Kind, Record, SideStore

#: no message of any market for this long: the recorder was not connected
_SILENCE_MS: Final = 60_000


class Message(NamedTuple):
    """One message. numbers: as engine.candles.side_store.Kind says."""

    market: str
    kind: Kind
    time_ms: int
    received_ms: int
    numbers: list[float]


def read_recording(path: Path) -> Iterator[Message]:
    """The books and trades of a recording, in its order. Raises SourceError naming the line."""
    data = path.read_bytes()
    for row, line in enumerate((gzip.decompress(data) if path.suffix == ".gz" else data).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found = _message(orjson.loads(line))
        except (KeyError, TypeError, ValueError) as error:
            raise SourceError("data.recording_line", path=path, row=row, reason=error) from error
        if found is not None:
            yield found


def import_recording(store: SideStore, path: Path) -> dict[tuple[str, str], int]:
    """Write a recording into the store; returns rows per market and kind. Importing it twice changes nothing."""
    messages = list(read_recording(path))
    ran = _ran(sorted(message.received_ms for message in messages))
    found: dict[tuple[str, str], int] = {}
    for market, kind in sorted({(message.market, message.kind) for message in messages}):
        own = sorted((m for m in messages if m.market == market and m.kind is kind), key=lambda message: message.time_ms)
        record = _record(own, ran)
        store.write(market, kind, record)
        found[market, str(kind)] = len(record.time_ms)
    return found


def _ran(received_ms: list[int]) -> Ranges:
    return merge((a, b) for a, b in itertools.pairwise(received_ms) if b - a <= _SILENCE_MS)


def _record(messages: list[Message], ran: Ranges) -> Record:
    """Rows inside the recorded stretches: a message may be older than the connection."""
    width = max(len(message.numbers) for message in messages)
    times = np.array([message.time_ms for message in messages], np.int64)
    inside = np.array([bool(clip(ran, time, time + 1)) for time in times.tolist()], bool)
    numbers = np.full((len(messages), width), np.nan)
    for row, message in enumerate(messages):
        own = len(message.numbers) // 4 if message.kind is Kind.BOOKS else len(message.numbers)
        if own * 4 == width or own == width:
            numbers[row] = message.numbers
        else:
            numbers[row].reshape(4, -1)[:, :own] = np.reshape(message.numbers, (4, own))
    return Record(times[inside], numbers[inside], ran)


def _message(line: dict[str, Any]) -> Message | None:
    raw = line["raw"]
    body = orjson.loads(raw) if isinstance(raw, str | bytes) else raw
    received_ms = round(float(line["recv_ts"]) * 1000)
    if body["ty"] == "orderbook":
        levels = body["obu"]
        numbers = [float(level[name]) for name in ("ap", "bp", "as", "bs") for level in levels]
        return Message(body["cd"], Kind.BOOKS, int(body["tms"]), received_ms, numbers)
    if body["ty"] == "trade":
        numbers = [float(body["tp"]), float(body["tv"]), 1.0 if body["ab"] == "BID" else -1.0]
        return Message(body["cd"], Kind.TRADES, int(body["ttms"]), received_ms, numbers)
    return None
