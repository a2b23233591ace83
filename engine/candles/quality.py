"""The quality report: what is missing, doubled, out of order, spiking, off the price grid, and when the whole exchange was down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.candles.defects import find_defects
from engine.candles.grid import build_grid
from engine.candles.months import COLUMNS, Rows
from engine.candles.ranges import Range, Ranges, merge, missing
from engine.candles.ticks import off_grid
from engine.candles.timeframes import bar_open, next_open, timeframe_name
from engine.model.candle import BarState, CandleTable
from engine.model.market import UnknownMarketError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dsl.graph import Timeframe
    from engine.candles.store import CandleStore

#: a wick or a lone close counts as a spike beyond both: this ratio of the price, and this many times the usual (median) one
_SPIKE_RATIO: Final = 0.05
_SPIKE_TIMES: Final = 25.0
#: examples kept per finding
_EXAMPLES: Final = 5
_OPEN, _HIGH, _LOW, _CLOSE = range(4)


class Finding(StrEnum):
    """What the report counts, per market and timeframe."""

    QUIET = "quiet"  # bars inside fetched ranges without a trade: natural on Upbit
    UNKNOWN = "unknown"  # bars between the first and last that were never fetched
    OFF_GRID = "off_grid"
    NON_FINITE = "non_finite"
    NON_POSITIVE = "non_positive"
    ORDER = "order"
    DUPLICATE = "duplicate"
    SPIKE = "spike"
    OFF_TICK = "off_tick"


#: findings that mean the numbers are wrong; the others are for judging
ERRORS: Final = (Finding.OFF_GRID, Finding.NON_FINITE, Finding.NON_POSITIVE, Finding.ORDER, Finding.DUPLICATE)


@dataclass(frozen=True, slots=True)
class Count:
    """How often, and the open times (UTC ms) of the first few bars."""

    count: int = 0
    examples: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MarketQuality:
    """One market in one timeframe. ranges: what was fetched (empty for a source file). findings: every Finding."""

    market: str
    timeframe: str
    rows: int
    ranges: Ranges
    findings: dict[Finding, Count]


@dataclass(frozen=True, slots=True)
class Outage:
    """Bars that [from_ms, to_ms) lacks in each of `markets` markets at once."""

    timeframe: str
    from_ms: int
    to_ms: int
    bars: int
    markets: int


@dataclass(frozen=True, slots=True)
class QualityReport:
    """The whole report."""

    markets: tuple[MarketQuality, ...]
    outages: tuple[Outage, ...]
    synthetic: bool = False

    def total(self, finding: Finding) -> int:
        """Sum over markets and timeframes."""
        return sum(quality.findings[finding].count for quality in self.markets)

    @property
    def sound(self) -> bool:
        """Whether no number is wrong (ERRORS)."""
        return not any(self.total(finding) for finding in ERRORS)


def check_store(store: CandleStore, markets: Sequence[str] | None = None) -> QualityReport:
    """The report over everything stored, or over some markets."""
    chosen = store.markets() if markets is None else sorted(markets)
    checked: list[MarketQuality] = []
    by_timeframe: dict[Timeframe, list[CandleTable]] = {}
    for market in chosen:
        for timeframe in store.timeframes(market):
            table = store.read(market, timeframe)
            rows = Rows(table.time_ms, np.stack([getattr(table, name) for name in COLUMNS]))
            checked.append(check_rows(market, timeframe, rows, table.fetched))
            by_timeframe.setdefault(timeframe, []).append(table)
    outages = [outage for _, tables in sorted(by_timeframe.items()) for outage in find_outages(tables)]
    return QualityReport(tuple(checked), tuple(outages), store.synthetic)


def check_rows(market: str, timeframe: Timeframe, rows: Rows, fetched: Ranges) -> MarketQuality:
    """The findings of one market's rows, which may be in any order and doubled (as a source file has them).

    fetched: what was asked for; () = unknown, then bars lacking between the rows count as QUIET.
    """
    order = np.argsort(rows.time_ms, kind="stable")
    time_ms, numbers = rows.time_ms[order], rows.numbers[:, order]
    found = {Finding(str(defect)): _count(time_ms, mask) for defect, mask in find_defects(time_ms, numbers, timeframe).items()}
    repeated = np.concatenate((np.diff(time_ms) == 0, [False])) if len(time_ms) else np.zeros(0, bool)
    found[Finding.DUPLICATE] = _count(time_ms, repeated)
    found |= _absent(time_ms, timeframe, fetched)
    wrong = np.any(list(find_defects(time_ms, numbers, timeframe).values()), axis=0) | repeated
    time_ms, numbers = time_ms[~wrong], numbers[:, ~wrong]
    found[Finding.SPIKE] = _count(time_ms, spikes(numbers))
    found[Finding.OFF_TICK] = _count(time_ms, _off_tick(market, time_ms, numbers))
    return MarketQuality(market, timeframe_name(timeframe), len(rows), fetched, {finding: found[finding] for finding in Finding})


def spikes(numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Bars that leave their surroundings and come back: a wick far beyond the body and both neighbours' closes, or a close far from
    two neighbours that agree. `far` is 5 % of the price and 25 times the median distance of this market's bars."""
    count = numbers.shape[1]
    if count < 3:
        return np.zeros(count, bool)
    close = numbers[_CLOSE]
    before = np.concatenate((close[:1], close[:-1]))
    after = np.concatenate((close[1:], close[-1:]))
    top = np.maximum.reduce([numbers[_OPEN], close, before, after])
    bottom = np.minimum.reduce([numbers[_OPEN], close, before, after])
    wick = np.maximum(numbers[_HIGH] / top - 1.0, bottom / numbers[_LOW] - 1.0)
    lone = np.minimum(np.abs(close / before - 1.0), np.abs(close / after - 1.0))
    lone = np.where((close - before) * (close - after) > 0, lone, 0.0)
    usual = float(np.median((numbers[_HIGH] - numbers[_LOW]) / close))
    limit = max(_SPIKE_RATIO, _SPIKE_TIMES * usual)
    result: NDArray[np.bool_] = (wick > limit) | (lone > limit)
    return result


def find_outages(tables: Sequence[CandleTable]) -> list[Outage]:
    """Stretches in which two or more markets are known and none of them traded. Tables share a timeframe."""
    found: list[Outage] = []
    if len(tables) < 2:
        return found
    timeframe = tables[0].timeframe
    for start, end in merge(r for table in tables for r in table.fetched):
        here = [table for table in tables if any(a < end and start < b for a, b in table.fetched)]
        if len(here) < 2:
            continue
        grid = build_grid([_between(table, start, end) for table in here], [float("nan")] * len(here), timeframe, start, end)
        known = (grid.state != BarState.UNKNOWN).sum(axis=0)
        down = (known >= 2) & ~(grid.state == BarState.TRADED).any(axis=0)
        for first, last in _runs(down):
            begin, over = (bar_open(timeframe, grid.first_index + at) for at in (first, last))
            found.append(Outage(timeframe_name(timeframe), begin, over, last - first, int(known[first:last].min())))
    return found


def _between(table: CandleTable, from_ms: int, to_ms: int) -> CandleTable:
    inside = slice(*np.searchsorted(table.time_ms, (from_ms, to_ms)).tolist())
    open_, high, low, close, volume, value = (getattr(table, name)[inside] for name in COLUMNS)
    return CandleTable(table.market, table.timeframe, table.time_ms[inside], open_, high, low, close, volume, value, table.fetched)


def _runs(mask: NDArray[np.bool_]) -> Iterable[tuple[int, int]]:
    """[first, end) of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _count(time_ms: NDArray[np.int64], mask: NDArray[np.bool_]) -> Count:
    return Count(int(mask.sum()), tuple(int(t) for t in time_ms[mask][:_EXAMPLES]))


def _off_tick(market: str, time_ms: NDArray[np.int64], numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Bars with a price that the market's grid of that day does not have; none where the grid is not known (other exchanges)."""
    try:
        return np.any([off_grid(market, time_ms, prices) for prices in numbers[:4]], axis=0) if len(time_ms) else np.zeros(0, bool)
    except UnknownMarketError:
        return np.zeros(len(time_ms), bool)


def _absent(time_ms: NDArray[np.int64], timeframe: Timeframe, fetched: Ranges) -> dict[Finding, Count]:
    """Bars without a row: QUIET inside the fetched ranges, UNKNOWN between them."""
    if not len(time_ms):
        return {Finding.QUIET: Count(), Finding.UNKNOWN: Count()}
    ranges: Ranges = fetched or ((int(time_ms[0]), int(time_ms[-1]) + timeframe.length_ms),)
    quiet, quiet_examples = 0, []
    for start, end in ranges:
        opens = np.arange(next_open(timeframe, start), end, timeframe.length_ms)
        lacking = opens[~np.isin(opens, time_ms)]
        quiet += len(lacking)
        quiet_examples += lacking[:_EXAMPLES].tolist()
    holes: Iterable[Range] = missing(ranges, ranges[0][0], ranges[-1][1])
    unknown = [(next_open(timeframe, a), next_open(timeframe, b)) for a, b in holes]
    bars = sum((b - a) // timeframe.length_ms for a, b in unknown)
    return {
        Finding.QUIET: Count(quiet, tuple(quiet_examples[:_EXAMPLES])),
        Finding.UNKNOWN: Count(bars, tuple(a for a, _ in unknown[:_EXAMPLES])),
    }
