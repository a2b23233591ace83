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
class Bars:
    """The base bar that opened at `time_ms` is over. `bars` in the order of the run's markets."""

    time_ms: int
    bars: tuple[Bar, ...]
