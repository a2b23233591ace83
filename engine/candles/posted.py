"""Values of external series that were posted to the engine: append-only, and known from the moment they arrived.

One SQLite file a series, FOLDER/external/NAME.sqlite in the folder of the candle store. A row is never changed and never deleted.
"""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.candles.errors import SourceError, StoreError
from engine.candles.instants import UTC_ZONE, korean_time, parse_time

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FOLDER: Final = "external"
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,63}")
_MARKET: Final = re.compile(r"KRW-[A-Z0-9]{1,15}")
_BUSY_SECONDS: Final = 30.0
_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS posted (row INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, market TEXT NOT NULL, value REAL, "
    "received_ms INTEGER NOT NULL, UNIQUE (market, time_ms))"
)


@dataclass(frozen=True, slots=True)
class Post:
    """One value. market: "" = the series is one for all markets. value: NaN = it is known that there is none. received_ms: when it came;
    not before it may a decision know it."""

    time_ms: int
    market: str
    value: float
    received_ms: int


@dataclass(frozen=True, slots=True)
class PostedSeries:
    """Rows in the order in which they came; times ascend within a market. time_ms, received_ms int64 [n], values float64 [n]."""

    time_ms: NDArray[np.int64]
    received_ms: NDArray[np.int64]
    values: NDArray[np.float64]
    markets: tuple[str, ...]


class PostedStore:
    """The posted series of a candle store's folder. Any number of processes may read and write."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder) / _FOLDER

    def add(self, name: str, time: int | str, market: str | None, value: float | None, now_ms: int) -> Post:
        """Store one value and return it; the same one sent again changes nothing.

        time: UTC epoch (s, ms, ...) or ISO 8601 with a zone. value: None = none. now_ms: when it arrived. Raises SourceError for what
        cannot be taken: a bad name, market or time, a time in the future or not after the last one of that market, a series that
        mixes values by market with values for all; StoreError when the disk refuses.
        """
        path = self._path(name)
        code = "" if market is None else market.strip().upper()
        if market is not None and not _MARKET.fullmatch(code):
            raise SourceError("data.posted_market", name=name, found=code[:40])
        time_ms = _instant(name, time)
        if time_ms > now_ms:
            raise SourceError("data.posted_future", name=name, time=_shown(time_ms), now=_shown(now_ms))
        post = Post(time_ms, code, math.nan if value is None else float(value), now_ms)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with _opened(path) as database:
                return _append(database, name, post)
        except (OSError, sqlite3.Error) as error:
            raise StoreError("data.cannot_write", path=path, reason=error) from error

    def read(self, name: str) -> PostedSeries | None:
        """Everything that was posted; None when nothing was. Raises StoreError for a damaged file."""
        path = self._path(name)
        if not path.is_file():
            return None
        try:
            with _opened(path) as database:
                rows = database.execute("SELECT time_ms, market, value, received_ms FROM posted ORDER BY row").fetchall()
        except sqlite3.Error as error:
            raise StoreError("data.side_broken", path=path, reason=error) from error
        if not rows:
            return None
        times, markets, values, received = zip(*rows, strict=True)
        numbers = np.array([math.nan if value is None else value for value in values])
        return PostedSeries(np.array(times, np.int64), np.array(received, np.int64), numbers, tuple(markets))

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise SourceError("data.posted_name", name=name[:64])
        return self.folder / f"{name}.sqlite"


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A transaction that other processes wait for; on disk when it ends."""
    with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = FULL")
        database.execute("BEGIN IMMEDIATE")
        database.execute(_TABLE)
        yield database
        database.execute("COMMIT")


def _append(database: sqlite3.Connection, name: str, post: Post) -> Post:
    """Add the row behind the last one of its market."""
    other = database.execute("SELECT market FROM posted WHERE (market = '') != (? = '') LIMIT 1", (post.market,)).fetchone()
    if other is not None:
        raise SourceError("data.posted_by_market" if other[0] else "data.posted_for_all", name=name)
    last = database.execute(
        "SELECT time_ms, market, value, received_ms FROM posted WHERE market = ? ORDER BY time_ms DESC LIMIT 1", (post.market,)
    ).fetchone()
    if last is not None and last[0] == post.time_ms and _same(last[2], post.value):
        return Post(last[0], last[1], post.value, last[3])
    if last is not None and post.time_ms <= last[0]:
        raise SourceError("data.posted_order", name=name, time=_shown(post.time_ms), last=_shown(last[0]))
    newest = database.execute("SELECT MAX(received_ms) FROM posted").fetchone()[0]
    received = post.received_ms if newest is None else max(post.received_ms, newest)  # a clock set back must not undo what was known
    value = None if math.isnan(post.value) else post.value
    database.execute(
        "INSERT INTO posted (time_ms, market, value, received_ms) VALUES (?, ?, ?, ?)", (post.time_ms, post.market, value, received)
    )
    return Post(post.time_ms, post.market, post.value, received)


def _same(stored: float | None, value: float) -> bool:
    return math.isnan(value) if stored is None else stored == value


def _instant(name: str, time: int | str) -> int:
    found = parse_time(time, None)
    if found is None:
        naive = parse_time(time, UTC_ZONE) is not None
        raise SourceError("data.posted_zone" if naive else "data.posted_time", name=name, found=str(time)[:40])
    return found


def _shown(time_ms: int) -> str:
    try:
        return f"{korean_time(time_ms)}:{time_ms // 1000 % 60:02}.{time_ms % 1000:03}"
    except (OverflowError, ValueError, OSError):
        return str(time_ms)


def posted_at(series: PostedSeries, rows: NDArray[np.intp], close_ms: NDArray[np.int64], stale_after_ms: int | None) -> tuple[
    NDArray[np.int64], NDArray[np.float64]
]:  # fmt: skip
    """At every close the time and the value of the newest of these rows that had arrived by then; time -1 where there is none.

    A value older than `stale_after_ms` (by its own time, not by its arrival) is missing.
    """
    if not len(rows):
        return np.full(len(close_ms), -1, np.int64), np.full(len(close_ms), np.nan)
    at = np.searchsorted(series.received_ms[rows], close_ms, side="right") - 1
    chosen = rows[np.maximum(at, 0)]
    time_ms = np.where(at >= 0, series.time_ms[chosen], -1)
    values = np.where(at >= 0, series.values[chosen], np.nan)
    if stale_after_ms is not None:
        values = np.where(close_ms - time_ms <= stale_after_ms, values, np.nan)
    return time_ms, values
