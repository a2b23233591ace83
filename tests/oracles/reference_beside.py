"""Series beside the candles, folds of finer bars, values across markets and universes, from docs/decisions 0040-0042 and dsl alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dsl.graph import Timeframe
from dsl.side_series import Fold, side_series
from engine.model.candle import BarGrid, BarState
from tests.oracles.reference_ops import NAN, Array


def bar_numbers(grid: BarGrid, timeframe: Timeframe) -> Array:
    """Absolute index of the bar of `timeframe` that every base bar belongs to."""
    return np.array([timeframe.index(grid.timeframe.open_ms(grid.first_index + k)) for k in range(grid.state.shape[1])])


def side_bars(grid: BarGrid, name: str, params: tuple[float, ...], market: str, timeframe: Timeframe, first: int, count: int) -> Array:
    """Bars first..first+count of a side series: its last base bar, or the sum of all of them."""
    series, column = side_series(name), grid.side.get((name, params))
    base = np.full(grid.state.shape[1], NAN) if column is None else np.array(column[grid.markets.index(market)])
    if series.flag:
        base = np.where(np.isnan(base), 0.0, base)
    numbers, out = bar_numbers(grid, timeframe), np.full(count, NAN)
    for k in range(count):
        inside = base[numbers == first + k]
        whole = (timeframe.open_ms(first + k + 1) - timeframe.open_ms(first + k)) // grid.timeframe.length_ms
        if series.fold is Fold.LAST:
            out[k] = inside[-1]
        elif len(inside) == whole:
            out[k] = sum(inside.tolist())
    return out


def over_bars(kind: str, finer: Array, finer_frame: Timeframe, finer_first: int, timeframe: Timeframe, first: int, count: int) -> Array:
    """The fold of the finer bars inside each of bars first..first+count."""
    owner = np.array([timeframe.index(finer_frame.open_ms(finer_first + k)) for k in range(len(finer))])
    out = np.full(count, NAN)
    for k in range(count):
        inside = finer[owner == first + k].tolist()
        whole = (timeframe.open_ms(first + k + 1) - timeframe.open_ms(first + k)) // finer_frame.length_ms
        if kind == "last":
            out[k] = inside[-1]
        elif len(inside) == whole:
            out[k] = _fold(kind, inside)
    return out


def _fold(kind: str, values: list[float]) -> float:
    if kind == "any" and 1.0 in values:
        return 1.0
    if any(value != value for value in values):
        return NAN
    return {"min": min, "max": max, "sum": sum, "any": max}[kind](values)


def across_markets(name: str, params: tuple[float, ...], value: Array, member: Array, turnover: Array | None) -> Array:
    """One bar: results of all markets from their values; markets in order of code."""
    counts = member == 1.0
    if params[0] > 0.0 and turnover is not None:
        place = pd.Series(np.where(counts, turnover, NAN)).rank(method="first", ascending=False).to_numpy()
        counts = counts & (place <= params[0])
    known = pd.Series(np.where(counts, value, NAN))
    ranks = known.rank(method="first", ascending=params[1] == 0.0)
    count = int(known.count())
    if name == "rank":
        return ranks.to_numpy()
    if name == "pct_rank":
        return ((ranks - 1) / (count - 1)).to_numpy() if count > 1 else np.full(len(value), NAN)
    if name == "top":
        return np.where(ranks.isna(), NAN, ranks <= params[2] if name == "top" else NAN)
    if name == "zscore":
        deviation = known.std(ddof=0)
        flat = count == 0 or known.nunique() == 1
        return np.full(len(value), NAN) if flat else ((known - known.mean()) / deviation).to_numpy()
    one = {"mean": known.mean(), "median": known.median(), "breadth": (known.dropna() != 0.0).mean()}[name]
    return np.full(len(value), one)


def members_at(
    grid: BarGrid, clock: Timeframe, keep: Sequence[Array], by: Sequence[Array] | None, candidates: Sequence[str],
    take: int | None, refresh_ms: int, every_ms: int,
) -> list[tuple[int, tuple[str, ...]]]:  # fmt: skip
    """(instant, members) inside the grid. keep, by: per market, values of the clock bars that close inside the grid."""
    start = grid.timeframe.open_ms(grid.first_index)
    end = grid.timeframe.open_ms(grid.first_index + grid.state.shape[1])
    first = clock.index(start)
    found = []
    for number in range((start - refresh_ms) // every_ms, (end - refresh_ms) // every_ms + 1):
        instant = refresh_ms + number * every_ms
        if not start < instant <= end:
            continue
        bar = clock.index(instant) - 1 - first
        ranked: list[tuple[float, str]] = []
        for row, market in enumerate(grid.markets):
            if bar < 0 or market not in candidates or keep[row][bar] != 1.0:
                continue
            column = (clock.open_ms(first + bar + 1) - start) // grid.timeframe.length_ms - 1
            if grid.state[row, column] != BarState.UNKNOWN and not np.isnan(grid.close[row, column]):
                worth = 0.0 if by is None else float(by[row][bar])
                ranked.append((np.inf if worth != worth else -worth, market))
        found.append((instant, tuple(sorted(market for _, market in sorted(ranked)[:take]))))
    return found


def member_column(grid: BarGrid, decided: Sequence[tuple[int, tuple[str, ...]]]) -> NDArray[np.float64]:
    """`universe.member`: what was decided last at or before every base bar's close."""
    out = np.zeros(grid.state.shape)
    for column in range(grid.state.shape[1]):
        close_ms = grid.timeframe.open_ms(grid.first_index + column + 1)
        until = [members for time_ms, members in decided if time_ms <= close_ms]
        if until:
            out[:, column] = np.isin(grid.markets, until[-1])
    return out
