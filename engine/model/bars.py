"""One base bar of all markets, complete: the event that brings candles to a running strategy."""

from __future__ import annotations

from dataclasses import dataclass

from engine.model.candle import BarState


@dataclass(frozen=True, slots=True)
class Bar:
    """One market's base bar. KRW per coin, coins, KRW; NaN as in engine.model.candle.BarGrid."""

    state: BarState
    open: float
    high: float
    low: float
    close: float
    volume: float
    value: float


@dataclass(frozen=True, slots=True)
class SideValues:
    """One side series (dsl.side_series) as known at the bar's close: per market, NaN where nothing is recorded."""

    name: str
    params: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """The base bar that opened at `time_ms` is over. `bars` in the order of the run's markets.

    sides: the side series that anything is recorded of; a series that is not among them is missing.
    """

    time_ms: int
    bars: tuple[Bar, ...]
    sides: tuple[SideValues, ...] = ()
