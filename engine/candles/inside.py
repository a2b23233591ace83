"""Finer bars inside the base bars of a run, wherever they were recorded and add up to them (docs/decide.md §2)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.candles.timeframes import divides
from engine.model.candle import BarState, InsideBars

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.candles.store import CandleStore
    from engine.model.candle import BarGrid, CandleTable

_E8: Final = 1e8
_PRICES: Final = ("open", "high", "low", "close")
_COLUMNS: Final = (*_PRICES, "volume")


def with_inside(grid: BarGrid, store: CandleStore, from_ms: int) -> BarGrid:
    """The grid with the finer bars that are stored of its base bars from `from_ms` on. Of several timeframes the finest that adds up is
    taken, bar by bar. Raises StoreError for a damaged file."""
    parts = [_of_market(grid, row, store, from_ms) for row in range(len(grid.markets))]
    bars, apart = sum(part[2] for part in parts), sum(part[3] for part in parts)
    if bars == 0 and apart == 0:
        return grid
    first = np.concatenate([[0], np.cumsum([len(part[0]) for part in parts])]).astype(np.int64)
    opens, highs, lows, closes, volumes = np.concatenate([part[1] for part in parts], axis=1)
    time_ms = np.concatenate([part[0] for part in parts])
    return replace(grid, inside=InsideBars(first, time_ms, opens, highs, lows, closes, volumes, bars, apart))


def _of_market(grid: BarGrid, row: int, store: CandleStore, from_ms: int) -> tuple[NDArray[np.int64], NDArray[np.float64], int, int]:
    """(times, columns [5, n], base bars made of them, base bars that none of what was recorded adds up to)."""
    market, base = grid.markets[row], grid.timeframe
    first_ms = grid.first_index * base.length_ms + base.offset_ms
    end_ms = first_ms + grid.state.shape[1] * base.length_ms
    made, recorded = np.zeros(grid.state.shape[1], bool), np.zeros(grid.state.shape[1], bool)
    times, columns = [np.empty(0, np.int64)], [np.empty((len(_COLUMNS), 0))]
    finer = [one for one in store.timeframes(market) if one.length_ms < base.length_ms and divides(one, base)] if not base.months else []
    for timeframe in finer:
        table = store.read(market, timeframe, max(first_ms, from_ms), end_ms)
        if not len(table.time_ms):
            continue
        whole, same = _adding_up(grid, row, table, first_ms)
        recorded |= whole
        same &= ~made
        at = (table.time_ms - first_ms) // base.length_ms
        chosen = same[at]
        times.append(table.time_ms[chosen])
        columns.append(np.stack([getattr(table, name)[chosen] for name in _COLUMNS]))
        made |= same
    time_ms = np.concatenate(times)
    order = np.argsort(time_ms, kind="stable")
    return time_ms[order], np.concatenate(columns, axis=1)[:, order], int(made.sum()), int((recorded & ~made).sum())


def _adding_up(grid: BarGrid, row: int, table: CandleTable, first_ms: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Per base bar that traded: all of it was fetched and something traded in the finer bars; and these add up to it."""
    length_ms, count = grid.timeframe.length_ms, grid.state.shape[1]
    opens_ms = first_ms + np.arange(count, dtype=np.int64) * length_ms
    fetched = np.zeros(count, bool)
    for start, end in table.fetched:
        fetched |= (opens_ms >= start) & (opens_ms + length_ms <= end)
    at = (table.time_ms - first_ms) // length_ms
    starts = np.flatnonzero(np.diff(at, prepend=-1))
    bars = at[starts]
    ends = np.append(starts[1:], len(at)) - 1
    counts = np.add.reduceat(np.rint(table.volume * _E8), starts)
    found = {
        "open": table.open[starts], "high": np.maximum.reduceat(table.high, starts), "low": np.minimum.reduceat(table.low, starts),
        "close": table.close[ends],
    }  # fmt: skip
    equal = counts == np.rint(grid.volume[row, bars] * _E8)
    for name in _PRICES:
        equal &= found[name] == getattr(grid, name)[row, bars]
    whole, same = np.zeros(count, bool), np.zeros(count, bool)
    whole[bars] = True
    whole &= fetched & (grid.state[row] == BarState.TRADED)
    same[bars] = equal
    return whole, same & whole
