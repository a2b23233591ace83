"""Side series (dsl.side_series) on the base bars of a grid, from what is stored: recorded books, trades and flags, files, first candles.

Point in time: a bar's value is what was known at its close. What nobody recorded is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from dsl.side_series import EXTERNAL_PREFIX, SIDE_SERIES
from engine.candles.errors import SourceError
from engine.candles.formats import RawSeries, read_series
from engine.candles.posted import PostedStore, posted_at
from engine.candles.side_store import Kind, Record, SideStore
from engine.candles.timeframes import DAY_MS
from engine.model.candle import BarGrid, SideKey
from engine.model.depth import RecordedBooks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dsl.strategy import External
    from engine.candles.store import CandleStore

_AGE: Final = "market.age"


def with_sides(
    grid: BarGrid, keys: Iterable[SideKey], store: CandleStore, externals: Sequence[External] = (), files: Path | None = None
) -> BarGrid:
    """The grid with those of the series that anything is stored of.

    files: folder that the paths of external series count from. Raises SourceError for a file of an external series that cannot be
    read, StoreError for a damaged record.
    """
    declared = {EXTERNAL_PREFIX + external.name: external for external in externals}
    side = dict(grid.side)
    recorded: dict[tuple[str, str], Record] = {}
    for key in keys:
        if key in side:
            continue
        if key[0] in declared:
            column = _external(grid, declared[key[0]], files, PostedStore(store.folder))
        elif key[0] == _AGE:
            column = _age(grid, store)
        else:
            column = _recorded(grid, key, SideStore(store.folder), recorded)
        if column is not None and not np.isnan(column).all():
            side[key] = column
    return replace(grid, side=side)


def with_books(grid: BarGrid, store: CandleStore) -> BarGrid:
    """The grid with the order books that were recorded of its markets: those that stand where one of its bars opens or closes.

    Raises StoreError for a damaged record.
    """
    side, books = SideStore(store.folder), {}
    close_ms = close_times(grid)
    moments = np.concatenate([close_ms[:1] - grid.timeframe.length_ms, close_ms])
    for market in grid.markets:
        if Kind.BOOKS in side.kinds(market):
            record = side.read(market, Kind.BOOKS, int(moments[0]) - DAY_MS, int(moments[-1]) + 1)
            if len(record.time_ms):
                books[market] = _standing(record, moments)
    return replace(grid, books=books)


def _standing(record: Record, moments: NDArray[np.int64]) -> RecordedBooks:
    at = np.searchsorted(record.time_ms, moments, side="right") - 1
    rows = np.unique(at[at >= 0])
    ends = np.array([end for _, end in record.recorded], np.int64)
    until_ms = ends[np.searchsorted(ends, record.time_ms[rows], side="right")]
    return RecordedBooks(record.time_ms[rows], until_ms, _levels(record.numbers[rows]))


def close_times(grid: BarGrid) -> NDArray[np.int64]:
    """Close of every base bar, UTC ms."""
    base = grid.timeframe
    return (np.arange(grid.state.shape[1], dtype=np.int64) + grid.first_index + 1) * base.length_ms + base.offset_ms


# -- files and what was posted ----------------------------------------------------------------------------------------------------


def _external(grid: BarGrid, external: External, files: Path | None, store: PostedStore) -> NDArray[np.float64] | None:
    """Of the file and of what was posted, whichever is newer at each close."""
    raw = None if external.path is None else read_series(Path(external.path) if files is None else files / external.path)
    posted = store.read(external.name) if external.posted else None
    if raw is None and posted is None:
        return None
    close_ms = close_times(grid)
    columns = []
    for market in grid.markets:
        time_ms, values = np.full(len(close_ms), -1, np.int64), np.full(len(close_ms), np.nan)
        if raw is not None:
            rows = np.arange(len(raw.time_ms)) if raw.markets is None else np.flatnonzero(np.array(raw.markets) == market)
            time_ms, values = series_at(raw, rows, close_ms, external.stale_after_ms)
        if posted is not None:
            codes = np.array(posted.markets)
            rows = np.flatnonzero((codes == market) | (codes == ""))
            posted_ms, given = posted_at(posted, rows, close_ms, external.stale_after_ms)
            values = np.where((posted_ms >= time_ms) & (posted_ms >= 0), given, values)
        columns.append(values)
    return np.stack(columns)


def series_at(
    raw: RawSeries, rows: NDArray[np.intp], close_ms: NDArray[np.int64], stale_after_ms: int | None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """At every close the time and the value of the last of these rows until then; -1 and missing before the first, missing when it is
    older than allowed.

    Raises SourceError for two rows of one time.
    """
    order = rows[np.argsort(raw.time_ms[rows], kind="stable")]
    time_ms = raw.time_ms[order]
    twice = np.flatnonzero(np.diff(time_ms) == 0)
    if len(twice):
        raise SourceError("data.series_twice", path=raw.path, row=int(raw.rows[order[twice[0] + 1]]))
    if not len(time_ms):
        return np.full(len(close_ms), -1, np.int64), np.full(len(close_ms), np.nan)
    at = np.searchsorted(time_ms, close_ms, side="right") - 1
    last = np.maximum(at, 0)
    fresh = at >= 0 if stale_after_ms is None else (at >= 0) & (close_ms - time_ms[last] <= stale_after_ms)
    return np.where(at >= 0, time_ms[last], -1), np.where(fresh, raw.values[order][last], np.nan)


# -- listing ----------------------------------------------------------------------------------------------------------------------


def _age(grid: BarGrid, store: CandleStore) -> NDArray[np.float64]:
    """Since trading began: the recorded date, else the market's first stored candle; missing before it."""
    close_ms = close_times(grid)
    dates = SideStore(store.folder)
    column = np.full(grid.state.shape, np.nan)
    for row, market in enumerate(grid.markets):
        listed = dates.read(market, Kind.LISTED).numbers
        first = int(listed[-1, 0]) if len(listed) else store.first_open(market)
        if first is not None:
            column[row] = np.where(close_ms > first, (close_ms - first).astype(np.float64), np.nan)
    return column


# -- recorded ---------------------------------------------------------------------------------------------------------------------


def _recorded(grid: BarGrid, key: SideKey, store: SideStore, read: dict[tuple[str, str], Record]) -> NDArray[np.float64] | None:
    name, params = key
    kind: str = Kind.BOOKS if name in BOOKS else Kind.TRADES if name in FLOWS else name
    if kind == name and not (name in SIDE_SERIES and SIDE_SERIES[name].flag):
        return None
    close_ms = close_times(grid)
    column = np.full(grid.state.shape, np.nan)
    for row, market in enumerate(grid.markets):
        if kind not in store.kinds(market):
            continue
        if (market, kind) not in read:
            begin = int(close_ms[0]) - DAY_MS if kind in (Kind.BOOKS, Kind.TRADES) else None  # flags may stand for months
            read[market, kind] = store.read(market, kind, begin, int(close_ms[-1]) + 1)
        record = read[market, kind]
        if kind == Kind.TRADES:
            column[row] = flow_at(FLOWS[name], record, close_ms, grid.timeframe.length_ms)
        else:
            column[row] = state_at(BOOKS[name] if kind == Kind.BOOKS else _flag, params, record, close_ms)
    return column


def state_at(
    read: Callable[[NDArray[np.float64], tuple[float, ...]], NDArray[np.float64]],
    params: tuple[float, ...],
    record: Record,
    close_ms: NDArray[np.int64],
) -> NDArray[np.float64]:
    """What the last row at or before every close says; missing where the recorder did not run from the row to the close."""
    at = np.searchsorted(record.time_ms, close_ms, side="right") - 1
    known = at >= 0
    starts = np.array([start for start, _ in record.recorded], np.int64)
    ends = np.array([end for _, end in record.recorded], np.int64)
    if not len(starts) or not known.any():
        return np.full(len(close_ms), np.nan)
    stretch = np.searchsorted(starts, close_ms, side="right") - 1
    inside = (stretch >= 0) & (close_ms <= ends[np.maximum(stretch, 0)])
    known &= inside & (record.time_ms[np.maximum(at, 0)] >= starts[np.maximum(stretch, 0)])
    found = np.full(len(close_ms), np.nan)
    found[known] = read(record.numbers[at[known]], params)
    return found


def flow_at(
    weight: Callable[[NDArray[np.float64]], NDArray[np.float64]], record: Record, close_ms: NDArray[np.int64], length_ms: int
) -> NDArray[np.float64]:
    """Sum over the trades inside every bar, in their order; missing unless the recorder ran during the whole bar."""
    first_open = int(close_ms[0]) - length_ms
    bar = (record.time_ms - first_open) // length_ms
    inside = (bar >= 0) & (bar < len(close_ms))
    weights = weight(record.numbers[inside]) if inside.any() else np.empty(0)
    found = np.bincount(bar[inside], weights=weights, minlength=len(close_ms)).astype(np.float64)
    whole = np.zeros(len(close_ms), bool)
    for start, end in record.recorded:
        whole |= (close_ms - length_ms >= start) & (close_ms <= end)
    return np.where(whole, found, np.nan)


def _levels(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """[rows, 4, levels]: ask prices, bid prices, ask sizes, bid sizes."""
    return numbers.reshape(len(numbers), 4, -1)


def _middle(book: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((book[:, 0, 0] + book[:, 1, 0]) / 2.0)


def _spread(numbers: NDArray[np.float64], params: tuple[float, ...]) -> NDArray[np.float64]:
    """From the n-th bid to the n-th ask, as a ratio of the middle of the best two; missing when the book has fewer levels."""
    book, level = _levels(numbers), int(params[0]) - 1
    if level >= book.shape[2]:
        return np.full(len(book), np.nan)
    return np.asarray((book[:, 0, level] - book[:, 1, level]) / _middle(book))


def _size(side: int) -> Callable[[NDArray[np.float64], tuple[float, ...]], NDArray[np.float64]]:
    """Coins on the best n levels; missing when the book has fewer."""

    def read(numbers: NDArray[np.float64], params: tuple[float, ...]) -> NDArray[np.float64]:
        book, count = _levels(numbers), int(params[0])
        return np.full(len(book), np.nan) if count > book.shape[2] else np.asarray(book[:, 2 + side, :count].sum(axis=1))

    return read


def _depth(side: int) -> Callable[[NDArray[np.float64], tuple[float, ...]], NDArray[np.float64]]:
    """KRW on the levels within a ratio of the middle; of a book that ends nearer than that, what it shows."""

    def read(numbers: NDArray[np.float64], params: tuple[float, ...]) -> NDArray[np.float64]:
        book = _levels(numbers)
        middle = _middle(book)[:, None]
        near = np.abs(book[:, side] - middle) <= params[0] * middle
        return np.asarray(np.where(near, book[:, side] * book[:, 2 + side], 0.0).sum(axis=1))

    return read


def _flag(numbers: NDArray[np.float64], _params: tuple[float, ...]) -> NDArray[np.float64]:
    return numbers[:, 0]


BOOKS: Final[Mapping[str, Callable[[NDArray[np.float64], tuple[float, ...]], NDArray[np.float64]]]] = {
    "book.spread": _spread,
    "book.ask_size": _size(0),
    "book.bid_size": _size(1),
    "book.ask_depth": _depth(0),
    "book.bid_depth": _depth(1),
}
FLOWS: Final[Mapping[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]]] = {
    "flow.bought": lambda trades: np.where(trades[:, 2] > 0.0, trades[:, 1], 0.0),
    "flow.sold": lambda trades: np.where(trades[:, 2] > 0.0, 0.0, trades[:, 1]),
    "flow.value": lambda trades: trades[:, 0] * trades[:, 1],
    "flow.count": lambda trades: np.ones(len(trades)),
}
