"""Values that oracles are made of: one case (inputs and parameters by name) in, one value per bar out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import talib

from tests.oracles.values import plain
from tests.oracles.values.data import Column
from tests.oracles.values.plain import all_of, exact, nullable, shifted, windows

#: inputs and parameters of one comparison by name; "first" is the absolute index of the first bar
Case = Mapping[str, Any]


def macd_line(c: Case) -> Column:
    """Fast minus slow average."""
    return talib.EMA(c["x"], c["fast"]) - talib.EMA(c["x"], c["slow"])


def macd_signal(c: Case) -> Column:
    """Average of the line, seeded by its own first values."""
    line = macd_line(c)
    warm = int(c["slow"]) - 1
    return np.concatenate([np.full(warm, np.nan), talib.EMA(line[warm:], c["signal"])])


def ratio(a: Any, b: Any) -> Any:
    """a / b, missing where b is 0."""
    return np.where(b == 0, np.nan, a / np.where(b == 0, 1, b))


def stochastic(c: Case) -> Any:
    """%K smoothed."""
    n, smooth = int(c["n"]), int(c["smooth"])
    low, high = windows(c["low"], n).min(axis=1), windows(c["high"], n).max(axis=1)
    return windows(100 * ratio(exact(c["close"]) - low, high - low), smooth).mean(axis=1)


def talib_stoch(c: Case, which: int) -> Column:
    """Without the bars where TA-Lib divides 0 by 0 and says 0."""
    values = talib.STOCH(c["high"], c["low"], c["close"], c["n"], c["smooth"], 0, c.get("signal", 3), 0)[which]
    flat = windows(np.isnan(stochastic(c)).astype(float), int(c.get("signal", 1))).max(axis=1)
    return np.where(flat > 0, np.nan, values)


def log_returns(x: Column, n: int) -> Any:
    """ln(x / x[n]) in long double."""
    return np.log(exact(x) / exact(shifted(x, n)))


def crossing(a: Column, b: Column) -> Column:
    """a crosses above b."""
    below = nullable(a) <= nullable(b)
    return all_of([below.shift(1), nullable(a) > nullable(b)])


def talib_corr(c: Case) -> Column:
    """Without the bars where a side is flat and TA-Lib says 0."""
    return np.where(np.isnan(plain.corr(c["x"], c["y"], int(c["n"]))), np.nan, talib.CORREL(c["x"], c["y"], c["n"]))


def mean(c: Case) -> Any:
    """Mean of the last n."""
    return windows(c["x"], int(c["n"])).mean(axis=1)


def band(c: Case, sign: int) -> Any:
    """Bollinger band: upper (1) or lower (-1)."""
    return mean(c) + sign * c["k"] * plain.stdev(c["x"], int(c["n"]))


def talib_adx(c: Case) -> Column:
    """Without the bars where nothing moved, where TA-Lib repeats its last value; and where such a bar is part of the seed (TA-Lib
    counts it as 0), without the bars until the seed is forgotten.
    """
    bars, n = (c["high"], c["low"], c["close"], c["n"]), int(c["n"])
    moved = talib.PLUS_DI(*bars) + talib.MINUS_DI(*bars) > 0.0
    values = np.where(moved, talib.ADX(*bars), np.nan)
    values[: 0 if moved[n : 2 * n].all() else 40 * n] = np.nan
    return values


def talib_macd(c: Case) -> Any:
    """Line, signal, histogram with TA-Lib's own seed."""
    return talib.MACD(c["x"], c["fast"], c["slow"], c["signal"])


def true_range(c: Case) -> Any:
    """True range of candles; missing on the first bar."""
    before = shifted(c["close"], 1)
    parts = [c["high"] - c["low"], np.abs(c["high"] - before), np.abs(c["low"] - before)]
    return np.max(parts, axis=0)
