"""Dense grids: every bar of every market in one of three states, from tables of traded bars; choice of a run's base; higher bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dsl.graph import Timeframe
from engine.candles.mapped import MAPPED_FROM, Room
from engine.candles.ranges import clip, covers, merge, missing, total
from engine.candles.timeframes import bar_open, divides, next_open
from engine.kernel.aggregate import aggregate
from engine.model.candle import BarGrid, BarState, CandleTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.candles.ranges import Range, Ranges
    from engine.candles.store import CandleStore


def build_grid(
    tables: Sequence[CandleTable], last_closes: Sequence[float], timeframe: Timeframe, from_ms: int, to_ms: int, *,
    mapped_from: int = MAPPED_FROM,
) -> BarGrid:  # fmt: skip
    """The bars that open in [from_ms, to_ms) of every table's market, in the order of the tables.

    last_closes: per table, close of the last bar traded before `from_ms` (NaN: none); what bars without a trade carry from.
    mapped_from: as of GridBuilder.
    """
    builder = GridBuilder([table.market for table in tables], timeframe, from_ms, to_ms, mapped_from=mapped_from)
    for table, last in zip(tables, last_closes, strict=True):
        builder.add(table, last)
    return builder.grid()


class GridBuilder:
    """A grid of the bars that open in [from_ms, to_ms), market by market: one table is in memory at a time."""

    def __init__(self, markets: Sequence[str], timeframe: Timeframe, from_ms: int, to_ms: int, *, mapped_from: int = MAPPED_FROM) -> None:
        """mapped_from: bytes from which on it lies in a file. Raises StoreError when the disk has no room for that."""
        self._markets, self._timeframe, self._row = tuple(markets), timeframe, 0
        self._first = timeframe.index(next_open(timeframe, from_ms))
        count = max(0, timeframe.index(next_open(timeframe, to_ms)) - self._first)
        self._room = Room(len(markets), count, mapped_from=mapped_from)

    def add(self, table: CandleTable, last_close: float) -> None:
        """The next market. last_close: as of `build_grid`."""
        columns = (table.open, table.high, table.low, table.close, table.volume, table.value)
        state, targets = self._room.state[self._row], tuple(series[self._row] for series in self._room.series)
        state[:] = BarState.UNKNOWN
        for target in targets:
            target[:] = np.nan
        _fill_market(table, columns, last_close, self._first, state, targets)
        self._row += 1
        self._room.free()

    def grid(self) -> BarGrid:
        """All markets together."""
        assert self._row == len(self._markets), "every market has been added"
        opens, highs, lows, closes, volumes, values = self._room.series
        return BarGrid(
            self._markets, self._timeframe, self._first, self._room.state, opens, highs, lows, closes, volumes, values,
            release=self._room.release,
        )  # fmt: skip


def _fill_market(
    table: CandleTable,
    columns: tuple[NDArray[np.float64], ...],
    last_close: float,
    first_index: int,
    state: NDArray[np.int8],
    targets: tuple[NDArray[np.float64], ...],
) -> None:
    timeframe, count = table.timeframe, len(state)
    for start, end in table.fetched:
        known = (timeframe.index(next_open(timeframe, t)) - first_index for t in (start, end))
        state[slice(*(min(max(k, 0), count) for k in known))] = BarState.NO_TRADE
    position = (table.time_ms - timeframe.offset_ms) // timeframe.length_ms - first_index
    inside = (position >= 0) & (position < count)
    position = position[inside]
    for column, target in zip(columns, targets, strict=True):
        target[position] = column[inside]
    state[position] = BarState.TRADED
    _carry(state, last_close, targets)


def _carry(state: NDArray[np.int8], last_close: float, targets: tuple[NDArray[np.float64], ...]) -> None:
    """Bars without a trade: every price is the close of the last traded bar, volume and value are 0."""
    quiet = state == BarState.NO_TRADE
    if not quiet.any():
        return
    close = targets[3]
    latest = np.maximum.accumulate(np.where(state == BarState.TRADED, np.arange(len(state)), -1))[quiet]
    carried = np.where(latest >= 0, close[np.maximum(latest, 0)], last_close)
    for target in targets[:4]:
        target[quiet] = carried
    for target in targets[4:]:
        target[quiet] = 0.0


def stored_bases(store: CandleStore, markets: Sequence[str], clock: Timeframe) -> list[Timeframe]:
    """Timeframes stored for at least one of the markets that clock bars can be made of, finest first."""
    found = {timeframe for market in markets for timeframe in store.timeframes(market)}
    return sorted(timeframe for timeframe in found if divides(timeframe, clock))


def choose_base(store: CandleStore, markets: Sequence[str], clock: Timeframe, from_ms: int, to_ms: int) -> Timeframe | None:
    """Base of a run: the finest stored timeframe that covers [from_ms, to_ms) in all markets; where none does, the one that has most
    of it (ties: the finest); None when no market has any of it."""
    best: tuple[int, Timeframe] | None = None
    for timeframe in stored_bases(store, markets, clock):
        start, end = next_open(timeframe, from_ms), next_open(timeframe, to_ms)
        ranges = [store.ranges(market, timeframe, start, end) for market in markets]
        if all(covers(r, start, end) for r in ranges):
            return timeframe
        known = sum(total(r) for r in ranges)
        if known and (best is None or known > best[0]):
            best = (known, timeframe)
    return None if best is None else best[1]


def fullest_stretch(store: CandleStore, markets: Sequence[str], timeframe: Timeframe, within: Range) -> tuple[int, Range] | None:
    """The unbroken stretch of time inside `within` with the most candles over the markets (ties: the latest), and how much that is in
    ms summed over the markets; None when nothing is stored there."""
    ranges = [store.ranges(market, timeframe, *within) for market in markets]
    stretches = merge(r for market_ranges in ranges for r in market_ranges)
    if not stretches:
        return None
    return max((sum(total(clip(r, *stretch)) for r in ranges), stretch) for stretch in stretches)


def gaps(store: CandleStore, market: str, timeframe: Timeframe, from_ms: int, to_ms: int) -> Ranges:
    """The parts of [from_ms, to_ms) that were never fetched for the market."""
    start, end = next_open(timeframe, from_ms), next_open(timeframe, to_ms)
    return missing(store.ranges(market, timeframe, start, end), start, end)


def higher_grid(store: CandleStore, markets: Sequence[str], timeframe: Timeframe, from_ms: int, to_ms: int) -> tuple[BarGrid, Timeframe]:
    """Bars of `timeframe` that open in [from_ms, to_ms), and the stored timeframe they come from.

    Base candles that cover the whole range in all markets are preferred, the finest first; else candles stored under `timeframe`
    itself; else whatever covers most. A market without candles is unknown throughout.
    """
    start, end = next_open(timeframe, from_ms), next_open(timeframe, to_ms)
    base = choose_base(store, markets, timeframe, start, end)
    if base is None or base == timeframe:
        return store.grid(markets, timeframe, start, end), timeframe
    whole = all(covers(store.ranges(market, base, start, end), start, end) for market in markets)
    if not whole and all(timeframe in store.timeframes(market) for market in markets):
        return store.grid(markets, timeframe, start, end), timeframe
    built = aggregate(store.grid(markets, base, start, end), timeframe)
    assert bar_open(timeframe, built.first_index) == start, "the range is whole bars"
    return built, base
