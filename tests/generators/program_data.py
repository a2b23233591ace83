"""Candles and side series that can refute a law over whole programs: constants, single trades, spikes, gaps, late listings, early ends."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from dsl.graph import Timeframe
from dsl.side_series import side_series
from engine.model.candle import BarGrid, BarState, SideKey
from tests.laws.columns import PRICE_KINDS, Column, bars

MARKETS = ("KRW-AAA", "KRW-BBB", "KRW-CCC", "KRW-DDD")
NAMES = ("open", "high", "low", "close", "volume", "value")


def random_bars(rng: np.random.Generator, base: Timeframe, first: int, count: int, sides: Iterable[SideKey]) -> BarGrid:
    """`count` base bars of all markets from absolute index `first` on, with those side series."""
    columns = {name: np.empty((len(MARKETS), count)) for name in NAMES}
    state = np.empty((len(MARKETS), count), np.int8)
    for row in range(len(MARKETS)):
        market, known = _market(rng, count)
        for name, column in market.items():
            columns[name][row] = column
        state[row] = known
    side = {key: _side(rng, key[0], (len(MARKETS), count)) for key in sides}
    return BarGrid(MARKETS, base, first, state, side=side, **columns)


def _market(rng: np.random.Generator, count: int) -> tuple[dict[str, Column], NDArray[np.int8]]:
    """One market; NaN where unknown, the last close where nothing traded."""
    market = {name: np.array(column) for name, column in bars(rng, count, str(rng.choice(PRICE_KINDS))).items()}
    if rng.random() < 0.3:  # single spikes, far off
        market["high"][rng.integers(0, count, 3)] *= 10.0
        market["low"][rng.integers(0, count, 3)] /= 10.0
    traded = market["volume"] > 0.0
    state = np.where(traded, BarState.TRADED, BarState.NO_TRADE).astype(np.int8)
    for begin, end in _unknown(rng, count):
        state[begin:end] = BarState.UNKNOWN
    newest = np.maximum.accumulate(np.where(state == BarState.TRADED, np.arange(count), -1))
    last = np.where(newest >= 0, market["close"][newest], np.nan)
    for name, column in market.items():
        column[state == BarState.NO_TRADE] = 0.0 if name in ("volume", "value") else last[state == BarState.NO_TRADE]
        column[state == BarState.UNKNOWN] = np.nan
    if rng.random() < 0.1:
        market["value"][state == BarState.TRADED] = np.nan
    return market, state


def _unknown(rng: np.random.Generator, count: int) -> list[tuple[int, int]]:
    """Before a late listing, after an early end, holes."""
    found = []
    if rng.random() < 0.25:
        found.append((0, int(rng.integers(count // 2))))
    if rng.random() < 0.15:
        found.append((count - int(rng.integers(count // 3)), count))
    for _ in range(int(rng.choice([0, 0, 1, 3]))):
        begin = int(rng.integers(count))
        found.append((begin, begin + int(rng.choice([1, 3, 20, 300]))))
    return found


def _side(rng: np.random.Generator, name: str, shape: tuple[int, int]) -> NDArray[np.float64]:
    """A series inside its declared range, with stretches that nobody recorded."""
    series = side_series(name)
    if series.flag:
        column = (rng.random(shape) < rng.choice([0.02, 0.5, 0.95])).astype(float)
    elif name == "market.age":
        column = np.cumsum(np.full(shape, 60_000.0), axis=1)
    else:
        column = np.where(rng.random(shape) < 0.2, 0.0, rng.uniform(0.0, 50.0, shape).round(8))
        column = np.round(column) if name == "flow.count" else column / 1e4 if name == "book.spread" else column
    for row in range(shape[0]):
        begin = int(rng.integers(shape[1]))
        column[row, begin : begin + int(rng.choice([0, 5, 400]))] = np.nan
    return column


def cut(grid: BarGrid, begin: int, end: int) -> BarGrid:
    """Bars begin..end of a grid."""
    columns = {name: np.ascontiguousarray(getattr(grid, name)[:, begin:end]) for name in NAMES}
    side = {key: np.ascontiguousarray(column[:, begin:end]) for key, column in grid.side.items()}
    state = np.ascontiguousarray(grid.state[:, begin:end])
    return dataclasses.replace(grid, first_index=grid.first_index + begin, state=state, side=side, **columns)


def joined(a: BarGrid, b: BarGrid, bar: int) -> BarGrid:
    """The first `bar` bars of `a`, then those of `b`; both of the same length."""
    columns = {name: np.concatenate([getattr(a, name)[:, :bar], getattr(b, name)[:, bar:]], axis=1) for name in (*NAMES, "state")}
    side = {key: np.concatenate([column[:, :bar], b.side[key][:, bar:]], axis=1) for key, column in a.side.items()}
    return dataclasses.replace(a, side=side, **columns)
