"""What was recorded beside the candles: order books, trades, flags, listing dates. Parquet, one file per market, kind and UTC day.

Layout: FOLDER/side/MARKET/KIND/YYYY-MM-DD.parquet in the folder of the candle store, and beside it YYYY-MM-DD.NNN.parquet, what a
recorder has added to that day since, oldest first. KIND: `books`, `trades`, `listed`, or the name of
a flag (`market.warning`). Columns: `time` (UTC ms, ascending) and `numbers` (a list of fixed length per row, see Kind). The metadata hold
the half-open ranges in which a recorder ran: inside them what has no row did not happen, outside them nothing is known.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.candles.errors import StoreError
from engine.candles.files import locked, read_whole, sync_folder, write_atomic
from engine.candles.instants import utc_day
from engine.candles.ranges import Ranges, clip, merge, missing, total
from engine.candles.store import check_market
from engine.candles.timeframes import DAY_MS

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FOLDER: Final = "side"
_METADATA: Final = b"jangdan"
_FORMAT: Final = 1
_EVER: Final = 2**62
#: additions to a day that are kept apart, before they go into its file: that file is rewritten whole
_PARTS_MAX: Final = 60


class Kind(StrEnum):
    """numbers of a row. BOOKS: ask prices, bid prices, ask sizes, bid sizes of as many levels, best first, NaN where the book ends.
    TRADES: price, quantity, 1.0 if the taker bought, else -1.0. LISTED: when trading began, UTC ms. A flag has 1.0 or 0.0."""

    BOOKS = "books"
    TRADES = "trades"
    LISTED = "listed"


@dataclass(frozen=True, slots=True)
class Record:
    """Rows in order of time: time_ms int64 [n], numbers float64 [n, k]; recorded: where a recorder ran."""

    time_ms: NDArray[np.int64]
    numbers: NDArray[np.float64]
    recorded: Ranges


NOTHING: Final = Record(np.empty(0, np.int64), np.empty((0, 0)), ())


class SideStore:
    """The recorded side of a candle store's folder."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder) / _FOLDER

    def markets(self) -> list[str]:
        """Codes of the markets that anything is recorded of, sorted."""
        return sorted(path.name for path in self.folder.iterdir() if self.kinds(path.name)) if self.folder.is_dir() else []

    def kinds(self, market: str) -> list[str]:
        """Kinds that are recorded for the market."""
        folder = self.folder / check_market(market)
        return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []

    def read(self, market: str, kind: str, from_ms: int | None = None, to_ms: int | None = None) -> Record:
        """What was recorded in [from_ms, to_ms), None = no bound. Raises StoreError for a damaged file."""
        folder = self.folder / check_market(market) / kind
        first, last = "" if from_ms is None else utc_day(from_ms), "~" if to_ms is None else utc_day(to_ms)
        days = sorted({_day_of(path) for path in _files(folder) if first <= _day_of(path) <= last})
        found = _joined([_read_day(folder, day) for day in days])
        return _between(found, -_EVER if from_ms is None else from_ms, _EVER if to_ms is None else to_ms)

    def ranges(self, market: str, kind: str) -> tuple[Ranges, int]:
        """The stretches in which a recorder ran, and how many rows there are (one that is being merged into its day may count twice).
        Reads no rows. Raises StoreError for a damaged file."""
        found = [_labels(path, read_whole(path) or b"") for path in _files(self.folder / check_market(market) / kind)]
        return merge((int(a), int(b)) for labels in found for a, b in labels["recorded"]), sum(labels["rows"] for labels in found)

    def write(self, market: str, kind: str, record: Record) -> None:
        """Put the record in the place of whatever was recorded in its ranges. Every row lies inside them and follows the one before,
        ValueError otherwise."""
        inside = np.zeros(len(record.time_ms), bool)
        for start, end in record.recorded:
            inside |= (record.time_ms >= start) & (record.time_ms < end)
        if not inside.all() or (np.diff(record.time_ms) < 0).any():
            raise ValueError(f"rows of {kind} of {market} are out of order or outside the recorded ranges")
        folder = self.folder / check_market(market) / kind
        try:
            with locked(folder.parent / ".lock"):
                folder.mkdir(exist_ok=True)
                for day_ms in _days(record):
                    part = _between(record, day_ms, day_ms + DAY_MS)
                    _put_day(folder, utc_day(day_ms), _over(_read_day(folder, utc_day(day_ms)), part))
                sync_folder(folder)
        except OSError as error:
            raise StoreError("data.cannot_write", path=folder, reason=error) from error

    def append(self, market: str, kind: str, record: Record) -> None:
        """As `write`, for a recorder that comes every minute: what was there is not rewritten each time."""
        if (np.diff(record.time_ms) < 0).any():
            raise ValueError(f"rows of {kind} of {market} are out of order")
        folder = self.folder / check_market(market) / kind
        try:
            with locked(folder.parent / ".lock"):
                folder.mkdir(exist_ok=True)
                for day_ms in _days(record):
                    _append_day(folder, utc_day(day_ms), _between(record, day_ms, day_ms + DAY_MS))
                sync_folder(folder)
        except OSError as error:
            raise StoreError("data.cannot_write", path=folder, reason=error) from error

    def compact(self, market: str) -> None:
        """Put what was added to the market's days into the files of the days."""
        for kind in self.kinds(market):
            folder = self.folder / check_market(market) / kind
            with locked(folder.parent / ".lock"):
                for day in sorted({_day_of(path) for path in _files(folder) if path.stem != _day_of(path)}):
                    _put_day(folder, day, _read_day(folder, day))
                sync_folder(folder)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.parquet") if not path.name.startswith(".")] if folder.is_dir() else []


def _day_of(path: Path) -> str:
    return path.stem[: len("2025-09-01")]


def _parts(folder: Path, day: str) -> list[Path]:
    """What was added to a day, oldest first."""
    return sorted(folder.glob(f"{day}.*.parquet"))


def _days(record: Record) -> list[int]:
    """Beginnings of the days that the record touches."""
    days = {day for start, end in record.recorded for day in range(start // DAY_MS, -(-end // DAY_MS))}
    return [day * DAY_MS for day in sorted(days)]


def _read_day(folder: Path, day: str) -> Record:
    """The day's file with what was added since: an addition stands in the place of what was recorded in its ranges, so one that is in
    the file already, because somebody died before removing it, changes nothing."""
    found = [_decode(path) for path in (folder / f"{day}.parquet", *_parts(folder, day))]
    recorded = merge(part for record in found for part in record.recorded)
    if total(recorded) == sum(total(record.recorded) for record in found):
        return _joined(found)
    whole = found[0]
    for record in found[1:]:
        whole = _over(whole, record)
    return whole


def _put_day(folder: Path, day: str, record: Record) -> None:
    """Write the day whole; what was added to it is in there."""
    parts = _parts(folder, day)
    write_atomic(folder / f"{day}.parquet", _encode(record))
    for path in parts:
        path.unlink()


def _append_day(folder: Path, day: str, part: Record) -> None:
    parts = _parts(folder, day)
    if len(parts) >= _PARTS_MAX:
        _put_day(folder, day, _over(_read_day(folder, day), part))
        return
    number = int(parts[-1].stem.rpartition(".")[2]) + 1 if parts else 0
    write_atomic(folder / f"{day}.{number:03}.parquet", _encode(part))


def _over(old: Record, new: Record) -> Record:
    """The new record, and of the old one what lies outside its ranges."""
    return _joined([*(_between(old, *hole) for hole in missing(new.recorded, -_EVER, _EVER)), new])


def _between(record: Record, from_ms: int, to_ms: int) -> Record:
    start, end = np.searchsorted(record.time_ms, (from_ms, to_ms))
    return Record(record.time_ms[start:end], record.numbers[start:end], clip(record.recorded, from_ms, to_ms))


def _joined(parts: list[Record]) -> Record:
    """All rows in order of time (equal times stay in the order of the parts); narrower rows are filled up with NaN."""
    recorded = merge(r for part in parts for r in part.recorded)
    parts = [part for part in parts if len(part.time_ms)]
    if not parts:
        return Record(NOTHING.time_ms, NOTHING.numbers, recorded)
    width = max(part.numbers.shape[1] for part in parts)
    numbers = np.concatenate([_widened(part.numbers, width) for part in parts])
    time_ms = np.concatenate([part.time_ms for part in parts])
    order = np.argsort(time_ms, kind="stable")
    return Record(time_ms[order], numbers[order], recorded)


def _widened(numbers: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Books of other depths: four groups of levels each."""
    rows, own = numbers.shape
    if own == width:
        return numbers
    wide = np.full((rows, 4, width // 4), np.nan)
    wide[:, :, : own // 4] = numbers.reshape(rows, 4, own // 4)
    return wide.reshape(rows, width)


def _encode(record: Record) -> bytes:
    width = record.numbers.shape[1] if len(record.time_ms) else 1
    numbers = pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(record.numbers).ravel()), width)
    metadata = json.dumps({"format": _FORMAT, "recorded": record.recorded, "rows": len(record.time_ms), "width": width})
    schema = pa.schema([("time", pa.int64()), ("numbers", numbers.type)]).with_metadata({_METADATA: metadata.encode()})
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays([pa.array(record.time_ms), numbers], schema=schema), sink, compression="zstd", use_dictionary=False)
    return bytes(sink.getvalue().to_pybytes())


def _labels(path: Path, data: bytes) -> dict[str, Any]:
    try:
        labels = json.loads(pq.read_metadata(pa.BufferReader(data)).metadata[_METADATA])
        if labels["format"] == _FORMAT and isinstance(labels["rows"], int) and isinstance(labels["recorded"], list):
            return cast("dict[str, Any]", labels)
    except (pa.ArrowException, KeyError, OSError, TypeError, ValueError) as error:
        raise StoreError("data.side_broken", path=path, reason=error) from error
    raise StoreError("data.side_broken", path=path, reason="format")


def _decode(path: Path) -> Record:
    data = read_whole(path)
    if data is None:
        return NOTHING
    try:
        table = pq.ParquetFile(pa.BufferReader(data)).read(use_threads=False)
        labels = json.loads(table.schema.metadata[_METADATA])
        recorded = merge((int(a), int(b)) for a, b in labels["recorded"])
        time_ms = np.array(table.column("time").combine_chunks().to_numpy(zero_copy_only=False), np.int64)
        flat = table.column("numbers").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        known = labels["format"] == _FORMAT and labels["rows"] == len(time_ms)
        numbers = np.array(flat, np.float64).reshape(len(time_ms), labels["width"])
    except (pa.ArrowException, KeyError, OSError, TypeError, ValueError) as error:
        raise StoreError("data.side_broken", path=path, reason=error) from error
    if not known:
        raise StoreError("data.side_broken", path=path, reason="format")
    return Record(time_ms, numbers, recorded)
