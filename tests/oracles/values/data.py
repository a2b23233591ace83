"""Columns to compare on: real candles, and walks with flat stretches, bars without a trade and missing bars."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dsl.catalogue import ArgKind, Function, Unit

Column = NDArray[np.float64]
Columns = Mapping[str, Column]

SERIES = ("open", "high", "low", "close", "volume", "value")
#: file, first and last bar: quiet hours of 2017 to 2020, busy minutes of 2025, a thin coin's five minutes of 2021
REAL = (("KRW-BTC_1h", "2018-01-01", "2019-12-31"), ("KRW-XRP_1m", "2025-09-01", "2025-09-15"), ("KRW-XEM_5m", "2021-06-01", "2021-07-31"))


def real_columns(folder: Path) -> dict[str, Columns]:
    """Candles of the market data folder by name, in time order; `value` is missing where the source has none."""
    found = {}
    for name, first, last in REAL:
        frame = pd.read_parquet(folder / "upbit" / f"{name}.parquet")
        frame = frame[(frame.time >= pd.Timestamp(first, tz="UTC")) & (frame.time <= pd.Timestamp(last, tz="UTC"))]
        found[name] = {series: frame[series].to_numpy(np.float64) for series in SERIES}
    return found


def walk_columns(seed: int, length: int, price: float, tick: float, missing: float = 0.0) -> Columns:
    """A walk on the tick grid with a quiet stretch in which nothing trades; a share of bars is unknown."""
    rng = np.random.default_rng(seed)
    moves = rng.integers(-3, 4, length)
    quiet = slice(length // 3, length // 3 + 60)
    moves[quiet] = 0
    close = np.maximum(price + tick * np.cumsum(moves), tick * 10)
    before = np.concatenate([close[:1], close[:-1]])
    wicks = rng.integers(0, 3, (2, length)) * tick
    wicks[:, quiet] = 0.0
    volume = rng.lognormal(3.0, 2.0, length).round(8)
    volume[quiet] = 0.0
    columns = {
        "open": before, "high": np.maximum(before, close) + wicks[0], "low": np.minimum(before, close) - wicks[1],
        "close": close, "volume": volume, "value": volume * close,
    }  # fmt: skip
    unknown = rng.random(length) < missing
    return {name: np.where(unknown, np.nan, column) for name, column in columns.items()}


def generated_columns() -> dict[str, Columns]:
    """Walks at the prices of bitcoin and of a coin of 100 KRW without missing bars, and one with them."""
    return {
        "walk 1.5e8": walk_columns(1, 8000, 1.5e8, 1000.0),
        "walk 100": walk_columns(2, 8000, 100.0, 0.1),
        "walk with missing bars": walk_columns(3, 8000, 5000.0, 1.0, missing=0.01),
    }


def inputs_of(function: Function, columns: Columns) -> dict[str, Column]:
    """A column for each series argument and implicit series, by name.

    Conditions are about the bar (up, new high, ...); the first number is the close, the second its mean, the third above the mean.
    Logarithm and exponential get ratios, correlation gets returns.
    """
    close = pd.Series(columns["close"])
    mean, spread = close.rolling(20, min_periods=1).mean(), close.rolling(20, min_periods=1).std().fillna(0.0)
    unknown = close.isna()
    conditions = [close > close.shift(1), close < mean - spread, columns["high"] == columns["close"]]
    numbers = {"x": close, "a": close, "b": mean, "lo": mean - spread, "hi": mean + spread, "y": close.shift(1), "otherwise": mean}
    if function.name in ("exp", "log"):
        numbers["x"] = close / close.shift(1)
    if function.name in ("corr", "beta"):
        numbers |= {"x": close / close.shift(1) - 1.0, "y": close.shift(1) / close.shift(3) - 1.0}
    found = {}
    for arg in function.args:
        if arg.kind is ArgKind.SERIES and arg.unit is Unit.CONDITION:
            found[arg.name] = np.where(unknown, np.nan, conditions[len(found) % len(conditions)].astype(float))
        elif arg.kind is ArgKind.SERIES:
            found[arg.name] = numbers[arg.name].to_numpy(np.float64)
    return found | {name: columns[name] for name in function.implicit}
