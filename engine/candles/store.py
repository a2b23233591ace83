"""The candle store: Parquet, one file per market, timeframe and month, safe under crashes, readers and writers at the same time.

Layout: FOLDER/MARKET/TIMEFRAME/YYYY-MM.parquet, FOLDER/MARKET/.lock, and FOLDER/SYNTHETIC where the candles were generated.
Each month is one atomic file that holds both its rows and the ranges that were asked for, so a crash at any instruction leaves every
month as it was before or as it was meant to be, and never claims a range whose rows are not there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from dsl.graph import Timeframe
from engine.candles.errors import CandleError, StoreError
from engine.candles.files import locked, read_whole, sync_folder, write_atomic
from engine.candles.grid import GridBuilder
from engine.candles.months import COLUMNS, EMPTY, NO_ROWS, Month, Rows, decode, decode_fetched, encode, month_range, months_between
from engine.candles.ranges import Ranges, clip, merge
from engine.candles.timeframes import next_open, parse_timeframe, timeframe_name
from engine.model.candle import BarGrid, CandleTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MARKET: Final = re.compile(r"[A-Z0-9]{1,16}-[A-Z0-9]{1,24}")
_MONTH: Final = re.compile(r"\d{4}-\d{2}\.parquet")
_MARK: Final = "SYNTHETIC"


@dataclass(frozen=True, slots=True)
class WriteReport:
    """What a write did. conflicts: rows that were stored before with other numbers (the new ones replaced them); `examples`: up to
    five of their times, UTC ms. files: months rewritten; 0 when everything was there already. removed: rows that a replacing write took
    away."""

    added: int = 0
    conflicts: int = 0
    unchanged: int = 0
    files: int = 0
    examples: tuple[int, ...] = ()
    removed: int = 0

    def __add__(self, other: WriteReport) -> WriteReport:
        return WriteReport(
            self.added + other.added,
            self.conflicts + other.conflicts,
            self.unchanged + other.unchanged,
            self.files + other.files,
            (self.examples + other.examples)[:5],
            self.removed + other.removed,
        )


def check_market(market: str) -> str:
    """The market code itself. Raises CandleError when it is not one (`KRW-BTC`); it becomes the name of a folder."""
    if not _MARKET.fullmatch(market):
        raise CandleError("data.bad_market", market=market)
    return market


def table_from(market: str, timeframe: Timeframe, rows: Rows, fetched: Ranges) -> CandleTable:
    """A CandleTable over the columns of `rows`."""
    open_, high, low, close, volume, value = rows.numbers
    return CandleTable(market, timeframe, rows.time_ms, open_, high, low, close, volume, value, fetched)


def rows_of(table: CandleTable) -> Rows:
    """The table's columns. Raises ValueError when times are not strictly ascending."""
    if len(table.time_ms) > 1 and not (np.diff(table.time_ms) > 0).all():
        raise ValueError(f"times of {table.market} are not strictly ascending")
    return Rows(table.time_ms, np.stack([getattr(table, name) for name in COLUMNS]))


class CandleStore:
    """A folder of candles. Any number of processes may read and write it at the same time.

    synthetic: the candles were generated, not traded; every output that is made of them says so. A store is synthetic from its first
    write (`CandleStore(folder, synthetic=True)`) and stays so; a store of real candles cannot become one.
    """

    def __init__(self, folder: Path | str, *, synthetic: bool = False) -> None:
        self.folder = Path(folder)
        self._make_synthetic = synthetic
        if synthetic and not self._mark.exists() and self.markets():
            raise StoreError("data.not_synthetic", path=self.folder)

    @property
    def _mark(self) -> Path:
        return self.folder / _MARK

    @property
    def synthetic(self) -> bool:
        """Whether the candles are generated."""
        return self._make_synthetic or self._mark.exists()

    # -- what is there ------------------------------------------------------------------------------------------------------------

    def markets(self) -> list[str]:
        """Codes of the markets that have candles, sorted."""
        if not self.folder.is_dir():
            return []
        return sorted(p.name for p in self.folder.iterdir() if _MARKET.fullmatch(p.name) and any(p.glob("*/*.parquet")))

    def timeframes(self, market: str) -> list[Timeframe]:
        """Timeframes stored for the market, finest first."""
        folder = self.folder / check_market(market)
        if not folder.is_dir():
            return []
        return sorted(parse_timeframe(p.name) for p in folder.iterdir() if p.is_dir() and any(p.glob("*.parquet")))

    def ranges(self, market: str, timeframe: Timeframe, from_ms: int | None = None, to_ms: int | None = None) -> Ranges:
        """The half-open ranges that were asked for, cut to [from_ms, to_ms) (None = no bound). A bar inside without a row did not
        trade. Reads no rows."""
        paths = [path for path in self._paths(market, timeframe) if _overlaps(path, from_ms, to_ms)]
        found = [(path, read_whole(path)) for path in paths]
        fetched = merge(r for path, data in found if data is not None for r in decode_fetched(data, path))
        return clip(fetched, *_bound(from_ms, to_ms))

    # -- reading ------------------------------------------------------------------------------------------------------------------

    def read(self, market: str, timeframe: Timeframe, from_ms: int | None = None, to_ms: int | None = None) -> CandleTable:
        """The candles that open in [from_ms, to_ms), None = no bound. Empty where nothing is stored."""
        paths = [p for p in self._paths(market, timeframe) if _overlaps(p, from_ms, to_ms)]
        months = [self._load(path) for path in paths]
        rows = _concatenate(month.rows for month in months)
        fetched = merge(r for month in months for r in month.fetched)
        bound = _bound(from_ms, to_ms)
        return table_from(market, timeframe, rows.between(*bound), clip(fetched, *bound))

    def last_close(self, market: str, timeframe: Timeframe, before_ms: int) -> float:
        """Close of the last traded bar that opens before `before_ms`; NaN when there is none."""
        for path in reversed(self._paths(market, timeframe)):
            if month_range(path.stem)[0] < before_ms:
                rows = self._load(path).rows
                count = int(np.searchsorted(rows.time_ms, before_ms))
                if count:
                    return float(rows.numbers[COLUMNS.index("close"), count - 1])
        return float("nan")

    def grid(self, markets: Sequence[str], timeframe: Timeframe, from_ms: int, to_ms: int) -> BarGrid:
        """Every bar of [from_ms, to_ms) of the markets, in market-code order, dense, in its state (engine.model.candle).

        Reads candles stored under `timeframe` itself; higher bars are made from base bars by the kernel's aggregator alone.
        """
        ordered = sorted(markets)
        builder = GridBuilder(ordered, timeframe, from_ms, to_ms)
        for market in ordered:
            table = self.read(market, timeframe, from_ms, to_ms)
            builder.add(table, self._carried(table, from_ms))
        return builder.grid()

    def _carried(self, table: CandleTable, from_ms: int) -> float:
        """Close that bars without a trade at the start of a grid carry. Most grids start with a traded bar and need no look back."""
        first = next_open(table.timeframe, from_ms)
        if not table.fetched or (len(table.time_ms) and table.time_ms[0] == first):
            return float("nan")
        return self.last_close(table.market, table.timeframe, first)

    def first_open(self, market: str) -> int | None:
        """Open of the market's first stored candle of any timeframe, UTC ms; None without candles."""
        found = []
        for timeframe in self.timeframes(market):
            for path in self._paths(market, timeframe):
                times = self._load(path).rows.time_ms
                if len(times):
                    found.append(int(times[0]))
                    break
        return min(found, default=None)

    def last_open(self, market: str) -> int | None:
        """Open of the market's last stored candle of any timeframe, UTC ms; None without candles."""
        found = []
        for timeframe in self.timeframes(market):
            for path in reversed(self._paths(market, timeframe)):
                times = self._load(path).rows.time_ms
                if len(times):
                    found.append(int(times[-1]))
                    break
        return max(found, default=None)

    # -- writing ------------------------------------------------------------------------------------------------------------------

    def write(self, table: CandleTable, *, replace: bool = False) -> WriteReport:
        """Merge the table in: new rows and ranges are added, a row that differs from the stored one replaces it and is counted.

        Of two rows that differ only in one lacking `value` (NaN) the known value stays, and that is no conflict. Every row must open on
        its timeframe's grid and lie inside `table.fetched`; ValueError otherwise. StoreError when the disk refuses. Writing the same
        table again changes no file. replace: the table is all that there is in its `fetched`; stored rows there that it lacks are removed.
        """
        rows, fetched = rows_of(table), merge(table.fetched)
        _check(table, fetched)
        if not fetched:
            return WriteReport()
        folder = self.folder / check_market(table.market) / timeframe_name(table.timeframe)
        try:
            return self._write_months(folder, table, rows, fetched, replace=replace)
        except OSError as error:
            raise StoreError("data.cannot_write", path=folder, reason=error) from error

    def _write_months(self, folder: Path, table: CandleTable, rows: Rows, fetched: Ranges, *, replace: bool) -> WriteReport:
        self._put_mark()
        labels: dict[str, object] = {"market": table.market, "timeframe": folder.name}
        report = WriteReport()
        with locked(folder.parent / ".lock"):
            folder.mkdir(exist_ok=True)
            for month_name in sorted({m for start, end in fetched for m in months_between(start, end)}):
                span = month_range(month_name)
                new = Month(rows.between(*span), clip(fetched, *span))
                report += self._write_month(folder / f"{month_name}.parquet", new, labels, replace=replace)
            if report.files:
                sync_folder(folder)
        return report

    def _put_mark(self) -> None:
        """Mark the folder before the first candle is in it: no crash leaves generated candles without the mark."""
        if self._make_synthetic and not self._mark.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            with locked(self.folder / ".lock"):
                write_atomic(self._mark, b"These candles are generated. They were never traded.\n")
                sync_folder(self.folder)

    def _write_month(self, path: Path, new: Month, labels: dict[str, object], *, replace: bool) -> WriteReport:
        data = read_whole(path)
        old = EMPTY if data is None else decode(data, path)
        kept = _without(old.rows, new) if replace else old.rows
        rows, report = _merge_rows(kept, new.rows)
        report += WriteReport(removed=len(old.rows) - len(kept))
        merged = Month(rows, merge(old.fetched + new.fetched))
        if data is not None and _same(merged, old):
            return report
        write_atomic(path, encode(merged, {**labels, "synthetic": self.synthetic}))
        return report + WriteReport(files=1)

    # -- files --------------------------------------------------------------------------------------------------------------------

    def _paths(self, market: str, timeframe: Timeframe) -> list[Path]:
        folder = self.folder / check_market(market) / timeframe_name(timeframe)
        return sorted(p for p in folder.iterdir() if _MONTH.fullmatch(p.name)) if folder.is_dir() else []

    def _load(self, path: Path) -> Month:
        data = read_whole(path)
        return EMPTY if data is None else decode(data, path)


def _bound(from_ms: int | None, to_ms: int | None) -> tuple[int, int]:
    limits = np.iinfo(np.int64)
    return int(limits.min) if from_ms is None else from_ms, int(limits.max) if to_ms is None else to_ms


def _overlaps(path: Path, from_ms: int | None, to_ms: int | None) -> bool:
    start, end = month_range(path.stem)
    return (to_ms is None or start < to_ms) and (from_ms is None or from_ms < end)


def _concatenate(parts: Iterable[Rows]) -> Rows:
    found = [part for part in parts if len(part)]
    if not found:
        return NO_ROWS
    if len(found) == 1:
        return found[0]
    return Rows(np.concatenate([p.time_ms for p in found]), np.concatenate([p.numbers for p in found], axis=1))


def _check(table: CandleTable, fetched: Ranges) -> None:
    if ((table.time_ms - table.timeframe.offset_ms) % table.timeframe.length_ms).any():
        raise ValueError(f"a row of {table.market} does not open on the grid of {timeframe_name(table.timeframe)}")
    inside = np.zeros(len(table.time_ms), bool)
    for start, end in fetched:
        inside |= (table.time_ms >= start) & (table.time_ms < end)
    if not inside.all():
        raise ValueError(f"a row of {table.market} lies outside the fetched ranges")


def _same(left: Month, right: Month) -> bool:
    return (
        left.fetched == right.fetched
        and np.array_equal(left.rows.time_ms, right.rows.time_ms)
        and np.array_equal(left.rows.numbers, right.rows.numbers, equal_nan=True)
    )


def _without(rows: Rows, new: Month) -> Rows:
    """The rows but for those inside the new ranges that have no new row."""
    gone = np.zeros(len(rows), bool)
    for start, end in new.fetched:
        gone |= (rows.time_ms >= start) & (rows.time_ms < end)
    kept = ~(gone & ~np.isin(rows.time_ms, new.rows.time_ms))
    return Rows(rows.time_ms[kept], rows.numbers[:, kept])


def _merge_rows(old: Rows, new: Rows) -> tuple[Rows, WriteReport]:
    """Union by time; where both have a row the new one stands."""
    _, at_old, at_new = np.intersect1d(old.time_ms, new.time_ms, assume_unique=True, return_indices=True)
    fresh = new.numbers.copy()
    before, after = old.numbers[:, at_old], fresh[:, at_new]
    same = (before[:-1] == after[:-1]).all(axis=0)
    lacks_value = same & np.isnan(after[-1])
    after[-1, lacks_value] = before[-1, lacks_value]
    fresh[:, at_new] = after
    changed = ~(same & ((before[-1] == after[-1]) | np.isnan(before[-1])))
    kept = np.ones(len(old), bool)
    kept[at_old] = False
    time_ms = np.concatenate([old.time_ms[kept], new.time_ms])
    order = np.argsort(time_ms, kind="stable")
    rows = Rows(time_ms[order], np.concatenate([old.numbers[:, kept], fresh], axis=1)[:, order])
    examples = tuple(int(t) for t in new.time_ms[at_new][changed][:5])
    conflicts = int(changed.sum())
    return rows, WriteReport(len(new) - len(at_new), conflicts, len(at_new) - conflicts, 0, examples)
