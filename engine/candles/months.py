"""One month of one market's candles as Parquet bytes: rows, and in the file's metadata the ranges that were asked for."""

from __future__ import annotations

import json
import zlib
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
    metadata = {**labels, "format": _FORMAT, "fetched": month.fetched, "crc": _crc(month.fetched), "rows_crc": _rows_crc(month.rows)}
    schema = _SCHEMA.with_metadata({_METADATA: json.dumps(metadata, sort_keys=True).encode()})
    table = pa.Table.from_arrays([pa.array(month.rows.time_ms), *(pa.array(column) for column in month.rows.numbers)], schema=schema)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", use_dictionary=False)
    return cast(bytes, sink.getvalue().to_pybytes())


def decode(data: bytes, path: Path) -> Month:
    """The month in the bytes of `path`. Raises StoreError when they are not, to the last bit, a month written by `encode`."""
    labels = _labels(data, path)
    try:
        table = pq.ParquetFile(pa.BufferReader(data)).read(use_threads=False)
        columns = [_values(column) for column in table.columns]
    except (pa.ArrowException, OSError) as error:
        raise StoreError("data.broken_file", path=path, reason=error) from error
    if table.schema.names != _SCHEMA.names:
        raise StoreError("data.broken_file", path=path, reason="columns")
    time_ms = columns[0]
    numbers = np.ascontiguousarray(columns[1:], np.float64)
    rows = Rows(time_ms, numbers)
    if labels["rows_crc"] != _rows_crc(rows):
        raise StoreError("data.broken_file", path=path, reason="checksum of the rows")
    return Month(rows, _fetched(labels))


def _values(column: pa.ChunkedArray) -> NDArray[Any]:
    """Values of a column without nulls. pyarrow's own `to_numpy` imports pandas where that is installed, half a second of every start."""
    return np.concatenate([np.from_dlpack(chunk) for chunk in column.chunks]) if column.num_chunks else np.empty(0, np.int64)


def decode_fetched(data: bytes, path: Path) -> Ranges:
    """What the month in the bytes of `path` was asked for, without decoding its rows. Raises StoreError as `decode` does."""
    return _fetched(_labels(data, path))


def _labels(data: bytes, path: Path) -> dict[str, Any]:
    try:
        labels = json.loads(pq.read_metadata(pa.BufferReader(data)).metadata[_METADATA])
        known = labels["format"] == _FORMAT and labels["crc"] == _crc(_fetched(labels)) and "rows_crc" in labels
    except (pa.ArrowException, KeyError, OSError, TypeError, ValueError) as error:
        raise StoreError("data.broken_file", path=path, reason=error) from error
    if not known:
        raise StoreError("data.broken_file", path=path, reason="format")
    return cast("dict[str, Any]", labels)


def _fetched(labels: dict[str, Any]) -> Ranges:
    return merge((int(a), int(b)) for a, b in labels["fetched"])


def _crc(fetched: Ranges) -> int:
    """Checksums of our own: Parquet has none for its metadata, and a flipped bit there can drop a row without a word."""
    return zlib.crc32(json.dumps(fetched).encode())


def _rows_crc(rows: Rows) -> int:
    return zlib.crc32(np.ascontiguousarray(rows.numbers).data, zlib.crc32(np.ascontiguousarray(rows.time_ms).data))


def labels_of(schema: pa.Schema) -> dict[str, Any] | None:
    """The labels that `encode` put into a file, None for a file that is not ours."""
    found = (schema.metadata or {}).get(_METADATA)
    return None if found is None else cast("dict[str, Any]", json.loads(found))
