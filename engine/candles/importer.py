"""Import of candle files: each is checked whole before its first row is written, and importing it twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from dsl.graph import Timeframe
from engine.candles.defects import DEFECT_COLUMNS, Defect, find_defects
from engine.candles.errors import CandleError, SourceError
from engine.candles.formats import SUFFIXES, RawCandles, ZoneChoice, read_candles
from engine.candles.months import Rows
from engine.candles.store import CandleStore, WriteReport, check_market, table_from
from engine.candles.timeframes import DAY_MS, parse_timeframe, timeframe_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.candles.ranges import Ranges
    from engine.model.candle import CandleTable

#: default of `gap_ms` in bars for timeframes of a day and more
_GAP_BARS: Final = 30
#: what pyupbit calls its intervals, as files are often named after them
_PYUPBIT: Final = {"day": "1d", "week": "1w", "minute60": "1h", "minute240": "4h"} | {f"minute{n}": f"{n}m" for n in (1, 3, 5, 10, 15, 30)}
_AT_A_TIME: Final = 8
#: fewer rows say nothing certain about their spacing
_TELLING_ROWS: Final = 10


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the user said. market, timeframe: None = from the file. gap_ms: longer gaps between rows are unknown, shorter ones did not
    trade; None = one day, or 30 bars from 1d up. now_ms: bars that end later are still forming and are left out; None = keep all."""

    market: str | None = None
    timeframe: Timeframe | None = None
    zone: ZoneChoice = ZoneChoice.AUTO
    gap_ms: int | None = None
    skip_bad: bool = False
    now_ms: int | None = None


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one market of one file. skipped: rows left out, by Defect; duplicates: repeated rows that were equal.
    error: why nothing was written; then the other fields say nothing."""

    path: Path
    market: str = ""
    timeframe: str = ""
    rows: int = 0
    segments: Ranges = ()
    duplicates: int = 0
    forming: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    written: WriteReport = field(default_factory=WriteReport)
    error: CandleError | None = None


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The files named, and every file of a supported kind in the folders named, sorted. Raises SourceError for a path that is not there
    or a folder with nothing to import."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and not p.name.startswith(".") and p.is_file())
            if not inside:
                raise SourceError("data.nothing_to_import", path=path, suffixes=" ".join(SUFFIXES))
            found.extend(inside)
        elif path.exists():
            found.append(path)
        else:
            raise SourceError("data.no_such_file", path=path)
    return list(dict.fromkeys(found))


def import_file(store: CandleStore, path: Path, options: ImportOptions) -> list[FileReport]:
    """Import one file. Every market in it is checked before the first is written; a refusal is reported, not raised."""
    try:
        if store.synthetic:
            raise CandleError("data.synthetic_store", path=store.folder)
        parts = read_candles(path, options.zone)
        if options.market is not None and len(parts) > 1:
            raise SourceError("data.several_markets", path=path, markets=", ".join(str(raw.market) for raw in parts))
        checked = [to_table(raw, options) for raw in parts]
    except CandleError as error:
        return [FileReport(path, error=error)]
    return [replace(report, written=store.write(table)) for table, report in checked]


def import_files(store: CandleStore, paths: Sequence[Path], options: ImportOptions) -> Iterator[list[FileReport]]:
    """Import many files, several at a time (most of the time is waiting for the disk); reports come in the order of `paths`.

    Stopping the iteration early, an interrupt included, starts no further file; those begun are finished.
    """
    pool = ThreadPoolExecutor(_AT_A_TIME)
    try:
        yield from pool.map(lambda path: import_file(store, path, options), paths)
    finally:
        pool.shutdown(cancel_futures=True)


def to_table(raw: RawCandles, options: ImportOptions) -> tuple[CandleTable, FileReport]:
    """Raw rows as a table, checked, sorted, without duplicates, with the ranges that the rows show to be known.

    Raises SourceError naming file, row and column of the first bad row unless `skip_bad`.
    """
    market, timeframe = identify(raw, options)
    keep, skipped = _sound(raw, timeframe, options.skip_bad)
    forming = _forming(raw.time_ms[keep], timeframe, options.now_ms)
    keep = keep[~forming]
    keep, duplicates, conflicting = _unique(raw, keep, options.skip_bad)
    if conflicting:
        skipped[Defect.DUPLICATE] = conflicting
    if not len(keep):
        raise SourceError("data.no_sound_rows", path=raw.path)
    rows = Rows(raw.time_ms[keep], np.ascontiguousarray(raw.numbers[:, keep]))
    fetched = segments(rows.time_ms, timeframe, options.gap_ms)
    report = FileReport(raw.path, market, timeframe_name(timeframe), len(rows), fetched, duplicates, int(forming.sum()), skipped)
    return table_from(market, timeframe, rows, fetched), report


def identify(raw: RawCandles, options: ImportOptions) -> tuple[str, Timeframe]:
    """Market and timeframe of the rows: as the user said, else the file's fields, its name, or (timeframe) the spacing of its rows.

    Raises SourceError when that leaves a doubt.
    """
    market = options.market or raw.market
    if market is None:
        raise SourceError("data.market_unsaid", path=raw.path)
    return check_market(market), options.timeframe or _timeframe(raw)


def segments(time_ms: NDArray[np.int64], timeframe: Timeframe, gap_ms: int | None) -> Ranges:
    """Stretches of sorted rows without a gap longer than `gap_ms` from one open to the next; each ends with its last bar."""
    limit = gap_ms if gap_ms is not None else DAY_MS if timeframe.length_ms < DAY_MS else _GAP_BARS * timeframe.length_ms
    breaks = np.flatnonzero(np.diff(time_ms) > max(limit, timeframe.length_ms)) + 1
    return tuple((int(part[0]), int(part[-1]) + timeframe.length_ms) for part in np.split(time_ms, breaks))


def _timeframe(raw: RawCandles) -> Timeframe:
    gaps = np.diff(np.unique(raw.time_ms))
    if raw.timeframe is not None:
        said = _said(raw.path, raw.timeframe)
        if len(gaps) >= _TELLING_ROWS and gaps.min() > said.length_ms:
            raise SourceError("data.spacing_differs", path=raw.path, said=raw.timeframe, seconds=int(gaps.min()) // 1000)
        return said
    if not len(gaps):
        raise SourceError("data.timeframe_unsaid", path=raw.path)
    lengths, counts = np.unique(gaps, return_counts=True)
    length_ms = int(lengths[counts.argmax()])
    for candidate in ("1w", f"{length_ms // 1000}s"):
        try:
            found = parse_timeframe(candidate)
        except CandleError:
            continue
        if found.length_ms == length_ms:
            return found
    raise SourceError("data.timeframe_unsaid", path=raw.path)


def _said(path: Path, name: str) -> Timeframe:
    try:
        return parse_timeframe(_PYUPBIT.get(name, name))
    except CandleError as error:
        raise SourceError("data.timeframe_in_file", path=path, name=name) from error


def _sound(raw: RawCandles, timeframe: Timeframe, skip_bad: bool) -> tuple[NDArray[np.int64], dict[str, int]]:
    """Positions of the rows without a defect, and how many have each."""
    bad = np.zeros(len(raw.time_ms), bool)
    skipped: dict[str, int] = {}
    for defect, mask in find_defects(raw.time_ms, raw.numbers, timeframe).items():
        fresh = mask & ~bad
        if fresh.any() and not skip_bad:
            raise _bad_row(raw, int(np.flatnonzero(fresh)[0]), defect, timeframe)
        if fresh.any():
            skipped[defect] = int(fresh.sum())
        bad |= mask
    return np.flatnonzero(~bad), skipped


def _bad_row(raw: RawCandles, at: int, defect: Defect, timeframe: Timeframe) -> SourceError:
    time = str(np.datetime64(int(raw.time_ms[at]), "ms")) + "Z"
    numbers = " ".join(
        f"{name}={float(n)!r}" for name, n in zip(("open", "high", "low", "close", "volume", "value"), raw.numbers[:, at], strict=True)
    )
    column = DEFECT_COLUMNS[defect](raw.numbers[:, at])
    row = int(raw.rows[at])
    key = f"data.defect_{defect}"
    return SourceError(key, path=raw.path, row=row, column=column, time=time, numbers=numbers, timeframe=timeframe_name(timeframe))


def _forming(time_ms: NDArray[np.int64], timeframe: Timeframe, now_ms: int | None) -> NDArray[np.bool_]:
    if now_ms is None:
        return np.zeros(len(time_ms), bool)
    return time_ms + timeframe.length_ms > now_ms


def _unique(raw: RawCandles, keep: NDArray[np.int64], skip_bad: bool) -> tuple[NDArray[np.int64], int, int]:
    """Positions sorted by time, one per time (the last in the file); how many repeats were equal, how many were not."""
    order = keep[np.argsort(raw.time_ms[keep], kind="stable")]
    repeated = np.flatnonzero(np.diff(raw.time_ms[order]) == 0)
    left, right = raw.numbers[:, order[repeated]], raw.numbers[:, order[repeated + 1]]
    equal = ((left == right) | (np.isnan(left) & np.isnan(right))).all(axis=0)
    if not equal.all() and not skip_bad:
        at = repeated[~equal][0]
        first, second = (int(raw.rows[order[p]]) for p in (at, at + 1))
        time = str(np.datetime64(int(raw.time_ms[order[at]]), "ms")) + "Z"
        raise SourceError("data.defect_duplicate", path=raw.path, row=second, other=first, time=time)
    return np.delete(order, repeated), int(equal.sum()), int((~equal).sum())
