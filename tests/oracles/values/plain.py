"""Values of ops and composed functions by numpy long double and pandas, straight from their definitions.

Each function takes the columns of an op's inputs by name and its parameters by name, and returns one value per bar.
Three-valued logic is that of pandas' nullable booleans.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from tests.oracles.values.data import Column

Inputs = Mapping[str, Column]
Params = Mapping[str, float]
Values = Callable[[Inputs, Params], Column]


def exact(column: Column) -> Any:
    """The column in long double."""
    return np.asarray(column).astype(np.longdouble)


def of_truth(series: Any) -> Column:
    """A nullable boolean series as 1, 0 and NaN."""
    return np.asarray(pd.Series(series).astype("Float64").to_numpy(np.float64, na_value=np.nan))


def nullable(column: Column) -> Any:
    """A column whose NaN is pandas' missing value."""
    return pd.Series(column).astype("Float64")


def truth(column: Column) -> Any:
    """A condition column as nullable booleans."""
    return nullable(column).astype("boolean")


def windows(column: Column, n: int) -> Any:
    """[bars, n] in long double: the last n values of each bar; NaN before there are n."""
    padded = np.concatenate([np.full(n - 1, np.nan, np.longdouble), exact(column)])
    return sliding_window_view(padded, n)


def shifted(column: Column, n: int) -> Column:
    """The column n bars later."""
    return pd.Series(column).shift(n).to_numpy(np.float64)


def stdev(x: Column, n: int) -> Any:
    """Population standard deviation of the last n, two passes."""
    w = windows(x, n)
    return np.sqrt(((w - w.mean(axis=1, keepdims=True)) ** 2).mean(axis=1))


def corr(x: Column, y: Column, n: int) -> Any:
    """Pearson correlation of the last n, two passes; NaN where a side is flat."""
    v, w = windows(x, n), windows(y, n)
    v, w = v - v.mean(axis=1, keepdims=True), w - w.mean(axis=1, keepdims=True)
    below = np.sqrt((v**2).sum(axis=1) * (w**2).sum(axis=1))
    flat = (windows(x, n).max(axis=1) == windows(x, n).min(axis=1)) | (windows(y, n).max(axis=1) == windows(y, n).min(axis=1))
    return np.where(flat, np.nan, (v * w).sum(axis=1) / np.where(below > 0, below, 1))


def wilder(x: Column, n: int) -> Column:
    """Wilder's average begun with the mean of the first n defined values, never restarted; NaN inputs are passed over."""
    values, seen, average = np.full(len(x), np.nan), [], np.longdouble(0.0)
    for t, v in enumerate(exact(x)):
        if np.isnan(v):
            continue
        if len(seen) < n:
            seen.append(v)
            average = sum(seen, np.longdouble(0.0)) / len(seen)
        else:
            average = (average * (n - 1) + v) / n
        if len(seen) == n:
            values[t] = float(average)
    return values


def wilder_sum(x: Column, n: int) -> Column:
    """Wilder's sum begun with the first n - 1 defined values, defined from the next on; NaN inputs are passed over."""
    values, total, exactly = np.full(len(x), np.nan), np.longdouble(0.0), exact(x)
    for seen, t in enumerate(np.flatnonzero(~np.isnan(x))):
        total = total + exactly[t] if seen < n - 1 else total - total / n + exactly[t]
        if seen >= n - 1:
            values[t] = float(total)
    return values


def rsi(x: Column, n: int) -> Column:
    """From Wilder's averages of the changes between defined values."""
    known = np.flatnonzero(~np.isnan(x))
    changes = np.diff(x[known])
    up, down = wilder(np.maximum(changes, 0.0), n), wilder(np.maximum(-changes, 0.0), n)
    values = np.full(len(x), np.nan)
    values[known[1:]] = 100.0 * up / np.where(up + down > 0.0, up + down, np.nan)
    return values


def directions(columns: Inputs, n: int) -> tuple[Column, Column]:
    """+DI and -DI from Wilder's sums of movements whose both bars are known."""
    high, low, close = (pd.Series(columns[name]) for name in ("high", "low", "close"))
    rise, fall, before = high.diff(), -low.diff(), close.shift(1)
    wide = pd.concat([high - low, (high - before).abs(), (low - before).abs()], axis=1).max(axis=1, skipna=False)
    plus = rise.where((rise > fall) & (rise > 0.0), 0.0).where(wide.notna() & rise.notna())
    minus = fall.where((fall > rise) & (fall > 0.0), 0.0).where(wide.notna() & fall.notna())
    total = wilder_sum(wide.where(rise.notna()).to_numpy(np.float64), n)
    total = np.where(total > 0.0, total, np.nan)
    return tuple(100.0 * wilder_sum(part.to_numpy(np.float64), n) / total for part in (plus, minus))  # type: ignore[return-value]


def adx(columns: Inputs, n: int) -> Column:
    """Wilder's average of DX where it is defined."""
    plus, minus = directions(columns, n)
    both = np.where(plus + minus > 0.0, plus + minus, np.nan)
    return wilder(100.0 * np.abs(plus - minus) / both, n)


def ema(x: Column, n: int) -> Column:
    """EMA begun with the mean of the first n defined values, by pandas."""
    known = pd.Series(x).dropna()
    seeded = known.copy()
    seeded.iloc[: n - 1] = np.nan
    seeded.iloc[n - 1] = known.iloc[:n].mean()
    return seeded.ewm(span=n, adjust=False).mean().reindex(range(len(x))).to_numpy(np.float64)


def sessions(columns: Inputs, length: float, first: int) -> Any:
    """The number of the session of each bar."""
    size = len(columns["close"])
    return (np.arange(size) + first) // int(length)


def vwap(columns: Inputs, length: float, first: int) -> Column:
    """By group and cumulative sums; NaN in the session whose beginning was not seen."""
    group = sessions(columns, length, first)
    typical = (columns["high"] + columns["low"] + columns["close"]) / 3.0
    frame = pd.DataFrame({"money": typical * columns["volume"], "volume": columns["volume"]})
    total = frame.groupby(group).transform(lambda part: part.cumsum(skipna=False))
    values = (total["money"] / total["volume"].where(total["volume"] > 0.0)).to_numpy(np.float64)
    return _from_first_session(values, group, length, first)


def obv(columns: Inputs, length: float, first: int) -> Column:
    """Signed volume summed from the second bar of each session."""
    group = sessions(columns, length, first)
    close = pd.Series(columns["close"])
    change = np.sign(close.diff())
    signed = change * columns["volume"]
    begins = (np.arange(len(close)) + first) % int(length) == 0
    signed = signed.mask(begins, (close + columns["volume"]) * 0.0)
    values = signed.groupby(group).transform(lambda part: part.cumsum(skipna=False)).to_numpy(np.float64)
    return _from_first_session(values, group, length, first)


def since(columns: Inputs, length: float, first: int, how: str) -> Column:
    """First value, running extreme or running sum of each session; missing from a missing value on."""
    group = sessions(columns, length, first)
    x = pd.Series(columns["x"])
    by = x.groupby(group)
    values = x.where(by.cumcount() == 0).groupby(group).ffill() if how == "first" else by.transform(lambda part: getattr(part, how)())
    known = pd.Series(True, x.index) if how == "first" else x.notna().groupby(group).cummin().astype(bool)
    return _from_first_session(values.where(known).to_numpy(np.float64), group, length, first)


def _from_first_session(values: Column, group: Any, length: float, first: int) -> Column:
    complete = group[0] if first % int(length) == 0 else group[0] + 1
    return np.where(group >= complete, values, np.nan)


def all_of(parts: list[Any]) -> Column:
    """Three-valued and of nullable boolean series."""
    return of_truth(reduce(lambda a, b: a & b, parts))


def run_of(x: Column, n: int, rising: bool) -> Column:
    """Three-valued and of the last n comparisons of neighbours."""
    s = nullable(x)
    step = (s > s.shift(1)) if rising else (s < s.shift(1))
    return all_of([step.shift(k) for k in range(n)])


def inside(columns: Inputs) -> Any:
    """x in lo..hi as nullable booleans."""
    x, lo, hi = (nullable(columns[name]) for name in ("x", "lo", "hi"))
    return (x >= lo) & (x <= hi)
