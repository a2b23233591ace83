"""Candle tables for tests: numbers are a function of time and version, so a reader can tell what any row must be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dsl.graph import Timeframe
from engine.candles.months import COLUMNS, Rows
from engine.candles.ranges import Ranges
from engine.candles.store import table_from
from engine.model.candle import CandleTable

MINUTE = Timeframe(60_000)
HOUR = Timeframe(3_600_000)
DAY = Timeframe(86_400_000)
WEEK = Timeframe(7 * 86_400_000, 4 * 86_400_000)
#: 2025-01-31 22:00 UTC: two hours before a month ends
LATE_JANUARY = 1_738_360_800_000


def numbers_at(time_ms: NDArray[np.int64], version: int = 0) -> NDArray[np.float64]:
    """The six columns that belong to these times in this version."""
    low = 1000.0 + (time_ms // 60_000 % 977) + 10_000.0 * version
    return np.stack([low + 1, low + 3, low, low + 2, low / 7.0, low * 11.0])


def made(
    times: list[int] | NDArray[np.int64], fetched: Ranges, version: int = 0, market: str = "KRW-AAA", timeframe: Timeframe = MINUTE
) -> CandleTable:
    """A table with the numbers of `numbers_at`."""
    time_ms = np.asarray(times, np.int64)
    return table_from(market, timeframe, Rows(time_ms, numbers_at(time_ms, version)), fetched)


def full(from_ms: int, to_ms: int, version: int = 0, market: str = "KRW-AAA", timeframe: Timeframe = MINUTE) -> CandleTable:
    """Every bar of the range traded."""
    return made(np.arange(from_ms, to_ms, timeframe.length_ms), ((from_ms, to_ms),), version, market, timeframe)


def columns(table: CandleTable) -> NDArray[np.float64]:
    """The table's numbers [6, n]."""
    return np.stack([getattr(table, name) for name in COLUMNS])


def same(left: CandleTable, right: CandleTable) -> bool:
    """Equal in every bit, NaN equal to NaN."""
    return (
        (left.market, left.timeframe, left.fetched) == (right.market, right.timeframe, right.fetched)
        and np.array_equal(left.time_ms, right.time_ms)
        and np.array_equal(columns(left), columns(right), equal_nan=True)
    )
