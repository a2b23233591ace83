"""Candle files of other programs as plain columns: Parquet, CSV and JSON, of pyupbit, of Upbit's REST answers, and of this store."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from engine.candles.errors import SourceError
from engine.candles.instants import UTC_ZONE, Zone, parse_times
from engine.candles.months import COLUMNS, labels_of
from engine.model.market import KST

if TYPE_CHECKING:
    from numpy.typing import NDArray


class ZoneChoice(StrEnum):
    """What times without a zone mean. AUTO: only where the file's shape says it (Upbit's UTC and KST fields, pyupbit's index)."""

    AUTO = "auto"
    UTC = "utc"
    KST = "kst"


#: names that a column may have, lower-cased, most telling first
ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "open": ("open", "opening_price", "openingprice"),
    "high": ("high", "high_price", "highprice"),
    "low": ("low", "low_price", "lowprice"),
    "close": ("close", "trade_price", "tradeprice"),
    "volume": ("volume", "candle_acc_trade_volume", "candleacctradevolume"),
    "value": ("value", "candle_acc_trade_price", "candleacctradeprice"),
}
_UTC_TIMES: Final = ("candle_date_time_utc", "candledatetime")
_KST_TIMES: Final = ("candle_date_time_kst", "candledatetimekst")
_UNNAMED: Final = ("", "__index_level_0__", "unnamed: 0")
_TIMES: Final = ("time", "timestamp", "datetime", "date", "open_time", "index")
_MARKETS: Final = ("market", "code")
_NAME: Final = re.compile(r"(?P<market>[A-Za-z0-9]+-[A-Za-z0-9]+)(?:_(?P<timeframe>.+))?")
SUFFIXES: Final = (".parquet", ".csv", ".json")


@dataclass(frozen=True, slots=True)
class RawCandles:
    """One market's rows as a file has them: any order, repeated, unchecked.

    time_ms int64 [n]; numbers float64 [6, n] in the order of months.COLUMNS; rows int64 [n]: where each row is in the file as an
    editor or viewer counts (CSV: line; JSON and Parquet: item from 1). market, timeframe: names as the file gives them, None = unsaid.
    """

    path: Path
    market: str | None
    timeframe: str | None
    time_ms: NDArray[np.int64]
    numbers: NDArray[np.float64]
    rows: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Columns:
    """A file as named columns of equal length."""

    path: Path
    named: Mapping[str, Sequence[Any] | NDArray[Any]]  # lower-cased names
    rows: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RawSeries:
    """A series of one number, as a file has it, in the file's order. markets: one code per row; None = the same for every market."""

    path: Path
    time_ms: NDArray[np.int64]
    values: NDArray[np.float64]
    markets: tuple[str, ...] | None
    rows: NDArray[np.int64]


def read_series(path: Path) -> RawSeries:
    """Columns `time` (epoch, or ISO with its zone) and `value` (empty: missing), and if there is one `market`.

    Raises SourceError naming file, row and column.
    """
    columns = _columns(path)
    lacking = [name for name in ("time", "value") if name not in columns.named]
    if lacking:
        raise SourceError("data.series_columns", path=path, lacking=", ".join(lacking), found=", ".join(columns.named))
    time_ms = _times(columns, "time", None, naive="data.series_naive_time")
    markets = columns.named.get("market")
    codes = None if markets is None else tuple(str(code).strip().upper() for code in markets)
    return RawSeries(path, time_ms, _numbers(columns, "value", optional=True), codes, columns.rows)


def read_candles(path: Path, zone: ZoneChoice = ZoneChoice.AUTO) -> list[RawCandles]:
    """The file's candles, one entry per market in it. Raises SourceError naming file, row and column."""
    return _split(_interpret(_columns(path), zone), path)


# -- files to columns -------------------------------------------------------------------------------------------------------------


def _columns(path: Path) -> _Columns:
    readers: dict[str, Callable[[Path], _Columns]] = {".parquet": _read_parquet, ".csv": _read_csv, ".json": _read_json}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise SourceError("data.unsupported_file", path=path, suffixes=" ".join(SUFFIXES))
    if not path.is_file():
        raise SourceError("data.no_such_file", path=path)
    return reader(path)


def _read_parquet(path: Path) -> _Columns:
    try:
        table = pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        raise SourceError("data.unreadable_file", path=path, reason=error) from error
    if (labels_of(table.schema) or {}).get("synthetic"):
        raise SourceError("data.synthetic_source", path=path)
    named = {name.lower(): _parquet_column(table.column(at)) for at, name in enumerate(table.schema.names)}
    return _Columns(path, named, np.arange(1, table.num_rows + 1))


def _parquet_column(column: pa.ChunkedArray) -> Sequence[Any] | NDArray[Any]:
    """Numbers as numpy, times as epoch ms (aware ones as UTC, naive ones as they stand, marked by `datetime64`), the rest as Python."""
    if pa.types.is_timestamp(column.type):
        in_ms = column.cast(pa.timestamp("ms", tz=column.type.tz), safe=False)
        whole = in_ms.cast(pa.int64())
        if whole.null_count:
            return list(in_ms.to_pylist())
        array: NDArray[Any] = whole.to_numpy()
        return array if column.type.tz is not None else array.view("datetime64[ms]")
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        numbers: NDArray[Any] = column.to_numpy()
        return numbers
    return list(column.to_pylist())


def _read_csv(path: Path) -> _Columns:
    lines: list[list[str]] = []
    numbers: list[int] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = [name.strip().lower() for name in next(reader, [])]
            for line in reader:
                if not line:
                    continue
                if len(line) != len(header):
                    raise SourceError("data.ragged_row", path=path, row=reader.line_num, found=len(line), expected=len(header))
                lines.append(line)
                numbers.append(reader.line_num)
    except UnicodeDecodeError as error:
        raise SourceError("data.not_utf8", path=path) from error
    except csv.Error as error:
        raise SourceError("data.unreadable_file", path=path, reason=error) from error
    columns = [list(column) for column in zip(*lines, strict=True)] or [[] for _ in header]
    return _Columns(path, dict(zip(header, columns, strict=True)), np.array(numbers, np.int64))


def _read_json(path: Path) -> _Columns:
    try:
        items = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise SourceError("data.unreadable_file", path=path, reason=error) from error
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise SourceError("data.not_candles_json", path=path)
    names = list(items[0]) if items else []
    columns: dict[str, list[Any]] = {}
    for name in names:
        columns[name.lower()] = [item.get(name) for item in items]
    return _Columns(path, columns, np.arange(1, len(items) + 1))


# -- columns to candles -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Interpreted:
    time_ms: NDArray[np.int64]
    numbers: NDArray[np.float64]
    rows: NDArray[np.int64]
    markets: Sequence[str] | None
    timeframe: str | None


def _interpret(columns: _Columns, choice: ZoneChoice) -> _Interpreted:
    found = {field: next((n for n in names if n in columns.named), None) for field, names in ALIASES.items()}
    lacking = [field for field, name in found.items() if name is None and field != "value"]
    time_name, zone = _time_column(columns, choice)
    if time_name is None:
        lacking.insert(0, "time")
    if lacking or time_name is None:
        raise SourceError("data.lacking_columns", path=columns.path, columns=", ".join(lacking), found=", ".join(columns.named))
    if not len(columns.rows):
        raise SourceError("data.empty_file", path=columns.path)
    time_ms = _times(columns, time_name, zone)
    numbers = np.full((len(COLUMNS), len(columns.rows)), np.nan)
    for row, field in enumerate(COLUMNS):
        name = found[field]
        if name is not None:
            numbers[row] = _numbers(columns, name, optional=field == "value")
    market_name = next((n for n in _MARKETS if n in columns.named), None)
    markets = None if market_name is None else [str(m).rpartition(".")[2] for m in columns.named[market_name]]
    return _Interpreted(time_ms, numbers, columns.rows, markets, _timeframe_said(columns))


def _time_column(columns: _Columns, choice: ZoneChoice) -> tuple[str | None, Zone | None]:
    """The column of bar opens, and what its naive times mean; zone None: only times that carry a zone are understood."""
    chosen = {ZoneChoice.AUTO: None, ZoneChoice.UTC: UTC_ZONE, ZoneChoice.KST: KST}[choice]
    for names, zone in ((_UTC_TIMES, UTC_ZONE), (_KST_TIMES, KST)):
        for name in names:
            if name in columns.named:
                return name, zone
    for name in _TIMES:
        if name in columns.named:
            return name, chosen
    for name in _UNNAMED:
        if name in columns.named:
            is_pyupbit = {"open", "high", "low", "close", "volume"} <= set(columns.named)
            return name, chosen or (KST if is_pyupbit else None)
    return None, None


def _times(columns: _Columns, name: str, zone: Zone | None, naive: str = "data.naive_time") -> NDArray[np.int64]:
    parsed = parse_times(columns.named[name], zone)
    if isinstance(parsed, int):
        found = columns.named[name][parsed]
        key = naive if zone is None and parse_times([found], UTC_ZONE) is not None and _is_time(found) else "data.bad_time"
        raise SourceError(key, path=columns.path, row=int(columns.rows[parsed]), column=name, found=str(found))
    return parsed


def _is_time(found: Any) -> bool:
    return not isinstance(parse_times([found], UTC_ZONE), int)


def _numbers(columns: _Columns, name: str, *, optional: bool) -> NDArray[np.float64]:
    column = columns.named[name]
    if isinstance(column, np.ndarray) and column.dtype.kind in "iuf":
        return column.astype(np.float64)
    result = np.empty(len(column))
    for at, found in enumerate(column):
        number = _number(found, optional)
        if number is None:
            row = int(columns.rows[at])
            raise SourceError("data.bad_number", path=columns.path, row=row, column=name, found="" if found is None else str(found))
        result[at] = number
    return result


def _number(found: Any, optional: bool) -> float | None:
    if found is None or (isinstance(found, str) and not found.strip()):
        return float("nan") if optional else None
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        return None
    try:
        return float(found)
    except ValueError:
        return None


def _timeframe_said(columns: _Columns) -> str | None:
    """The timeframe that Upbit's own fields give away: `unit` in minutes, or the fields that only day candles have."""
    if "unit" in columns.named:
        units = set(columns.named["unit"])
        if len(units) != 1:
            raise SourceError("data.mixed_units", path=columns.path, found=", ".join(sorted(map(str, units))))
        return {60: "1h", 240: "4h"}.get(found := units.pop(), f"{found}m")
    return "1d" if {"prev_closing_price", "prevclosingprice"} & set(columns.named) else None


def _split(found: _Interpreted, path: Path) -> list[RawCandles]:
    name = _NAME.fullmatch(path.stem)
    timeframe = found.timeframe or (name["timeframe"] if name else None)
    if found.markets is None:
        market = name["market"].upper() if name else None
        return [RawCandles(path, market, timeframe, found.time_ms, found.numbers, found.rows)]
    markets = np.array(found.markets)
    parts = []
    for market in dict.fromkeys(found.markets):
        mine = np.flatnonzero(markets == market)
        parts.append(RawCandles(path, market, timeframe, found.time_ms[mine], found.numbers[:, mine], found.rows[mine]))
    return parts
