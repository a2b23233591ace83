"""One month of one market's candles as Parquet bytes: rows, and in the file's metadata the ranges that were asked for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.candles.errors import StoreError
from engine.candles.ranges import Ranges, merge

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

PRICES: Final = ("open", "high", "low", "close")
COLUMNS: Final = (*PRICES, "volume", "value")
_METADATA: Final = b"jangdan"
_FORMAT: Final = 1
_SCHEMA: Final = pa.schema([("time", pa.int64()), *((name, pa.float64()) for name in COLUMNS)])


@dataclass(frozen=True, slots=True)
class Rows:
    """Candles as columns, sorted by time, times unique. time_ms int64 [n]; numbers float64 [6, n] in the order of COLUMNS."""

    time_ms: NDArray[np.int64]
    numbers: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.time_ms)

    def between(self, from_ms: int, to_ms: int) -> Rows:
        """The rows whose time lies in [from_ms, to_ms), as views."""
        start, end = np.searchsorted(self.time_ms, (from_ms, to_ms))
        return Rows(self.time_ms[start:end], self.numbers[:, start:end])


NO_ROWS: Final = Rows(np.empty(0, np.int64), np.empty((len(COLUMNS), 0)))


@dataclass(frozen=True, slots=True)
class Month:
    """What one file holds. `fetched` lies inside the month."""

    rows: Rows
    fetched: Ranges


EMPTY: Final = Month(NO_ROWS, ())


def month_name(time_ms: int) -> str:
    """The UTC month that contains `time_ms`, e.g. `2025-09`."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m")


def month_range(name: str) -> tuple[int, int]:
    """First ms of the month and of the one after it."""
    start = datetime.strptime(name, "%Y-%m").replace(tzinfo=UTC)
    after = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return int(start.timestamp()) * 1000, int(after.timestamp()) * 1000


def months_between(from_ms: int, to_ms: int) -> list[str]:
    """Names of the months that [from_ms, to_ms) touches, in order."""
    names: list[str] = []
    at = from_ms
    while at < to_ms:
        names.append(month_name(at))
        at = month_range(names[-1])[1]
    return names


def encode(month: Month, labels: dict[str, Any]) -> bytes:
    """The file's bytes. Rows and fetched ranges are one file, so no crash can part them."""
    metadata = {**labels, "format": _FORMAT, "fetched": month.fetched}
    schema = _SCHEMA.with_metadata({_METADATA: json.dumps(metadata, sort_keys=True).encode()})
    table = pa.Table.from_arrays([pa.array(month.rows.time_ms), *(pa.array(column) for column in month.rows.numbers)], schema=schema)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", use_dictionary=False, store_schema=True)
    return cast(bytes, sink.getvalue().to_pybytes())


def decode(data: bytes, path: Path) -> Month:
    """The month in the bytes of `path`. Raises StoreError when they are not a month written by `encode`."""
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        table = file.read(use_threads=False)
        metadata = json.loads(file.schema_arrow.metadata[_METADATA])
        fetched = merge((int(a), int(b)) for a, b in metadata["fetched"])
        known = metadata["format"] == _FORMAT
    except (pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise StoreError("data.broken_file", path=path, reason=error) from error
    if not known or table.schema.names != _SCHEMA.names:
        raise StoreError("data.broken_file", path=path, reason="format")
    time_ms = table.column(0).to_numpy()
    if len(time_ms) > 1 and not (np.diff(time_ms) > 0).all():
        raise StoreError("data.broken_file", path=path, reason="order of time")
    numbers = np.empty((len(COLUMNS), len(time_ms)))
    for row, name in enumerate(COLUMNS):
        numbers[row] = table.column(name).to_numpy()
    return Month(Rows(time_ms, numbers), fetched)


def labels_of(schema: pa.Schema) -> dict[str, Any] | None:
    """The labels that `encode` put into a file, None for a file that is not ours."""
    found = (schema.metadata or {}).get(_METADATA)
    return None if found is None else cast("dict[str, Any]", json.loads(found))
