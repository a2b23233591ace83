"""Where a run read side series that nobody recorded, so that a report can say what was assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsl.side_series import EXTERNAL_PREFIX, Fold, side_series
from engine.model.candle import MEMBER, BarState
from engine.research.result import SideGap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from dsl.graph import Timeframe
    from engine.model.candle import BarGrid, SideKey


def side_gaps(keys: Iterable[SideKey], clock: Timeframe, grid: BarGrid, from_ms: int | None) -> tuple[SideGap, ...]:
    """The side series that lack a value, or have a modelled one, at some CLOSE from `from_ms` on of a market whose bar is known.

    A state must be recorded at the close, an amount in every base bar of the clock bar. Who is in the universe is never lacking.
    """
    wanted = tuple(keys)
    if not wanted:
        return ()
    at, bars = _closes(clock, grid, from_ms)
    known = grid.state[:, at] != BarState.UNKNOWN
    found = []
    for key in wanted:
        series = side_series(key[0])
        lacking = _lacking(key, grid, at, bars if series.fold is Fold.SUM else 1) & known
        supposed = grid.modelled[key][:, at] & known if key in grid.modelled else np.zeros_like(known)
        if key != MEMBER and (lacking | supposed).any():
            found.append(SideGap(key, series.flag, _per_market(grid, lacking), _per_market(grid, known), _per_market(grid, supposed)))
    return tuple(found)


def series_name(key: SideKey) -> str:
    """The series as a rule names it: `book.spread(2)`; an external one by its own name."""
    name = key[0].removeprefix(EXTERNAL_PREFIX)
    return f"{name}({', '.join(f'{value:g}' for value in key[1])})" if key[1] else name


def _closes(clock: Timeframe, grid: BarGrid, from_ms: int | None) -> tuple[NDArray[np.int64], int]:
    """Columns of the base bars at whose close a clock bar closes, and base bars per clock bar."""
    base = grid.timeframe
    open_ms = grid.first_index * base.length_ms + base.offset_ms
    close_ms = open_ms + (np.arange(grid.state.shape[1], dtype=np.int64) + 1) * base.length_ms
    closing = (close_ms - clock.offset_ms) % clock.length_ms == 0
    if from_ms is not None:
        closing &= close_ms > from_ms
    return np.flatnonzero(closing), clock.length_ms // base.length_ms


def _lacking(key: SideKey, grid: BarGrid, at: NDArray[np.int64], bars: int) -> NDArray[np.bool_]:
    if key not in grid.side:
        return np.ones((len(grid.markets), len(at)), bool)
    missing = np.isnan(grid.side[key])
    counted = np.concatenate([np.zeros((len(missing), 1), np.int64), np.cumsum(missing, axis=1)], axis=1)
    return counted[:, at + 1] > counted[:, np.maximum(at + 1 - bars, 0)]


def _per_market(grid: BarGrid, found: NDArray[np.bool_]) -> dict[str, int]:
    return {market: int(count) for market, count in zip(grid.markets, found.sum(axis=1), strict=True) if count}
