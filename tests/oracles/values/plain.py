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

from dsl.catalogue import WEEKS
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


def sessions(size: int, anchor: float, first: int) -> Any:
    """The number of the session of each bar and of the one before the first; calendar sessions by pandas' weeks and months."""
    bars, index = int(anchor), np.arange(first - 1, first + size)
    if anchor == bars:
        return index // bars
    days = pd.to_datetime(index // bars, unit="D")
    return days.to_period("W-SUN" if anchor - bars == WEEKS else "M").asi8


def of_sessions(values: Any, columns: Inputs, anchor: float, first: int, function: Callable[[Any], Any]) -> Column:
    """`function` of the values of each session; NaN in the session whose beginning was not seen."""
    group = sessions(len(columns["close"]), anchor, first)
    found = values.groupby(group[1:]).transform(function).to_numpy(np.float64)
    unseen = group[1:] == group[0]
    return np.where(unseen, np.nan, found)


def begins(columns: Inputs, anchor: float, first: int) -> Any:
    """Whether a session begins with the bar."""
    return np.diff(sessions(len(columns["close"]), anchor, first)) != 0


def running_sum(part: Any) -> Any:
    """Cumulative sum, missing from a missing value on."""
    return part.cumsum(skipna=False)


def vwap(columns: Inputs, anchor: float, first: int) -> Column:
    """By group and cumulative sums."""
    typical = pd.Series((columns["high"] + columns["low"] + columns["close"]) / 3.0)
    volume = pd.Series(columns["volume"])
    money, traded = (of_sessions(part, columns, anchor, first, running_sum) for part in (typical * volume, volume))
    return money / np.where(traded > 0.0, traded, np.nan)


def obv(columns: Inputs, anchor: float, first: int) -> Column:
    """Signed volume summed from the second bar of each session."""
    close, volume = pd.Series(columns["close"]), pd.Series(columns["volume"])
    signed = (np.sign(close.diff()) * volume).mask(begins(columns, anchor, first), (close + volume) * 0.0)
    return of_sessions(signed, columns, anchor, first, running_sum)


def since(columns: Inputs, anchor: float, first: int, how: str) -> Column:
    """First value, running extreme or running sum of each session; missing from a missing value on."""
    group = sessions(len(columns["close"]), anchor, first)[1:]
    x = pd.Series(columns["x"])
    if how == "first":
        return of_sessions(x, columns, anchor, first, lambda part: part.iloc[0])
    known = x.notna().groupby(group).cummin().astype(bool)
    return of_sessions(x, columns, anchor, first, lambda part: getattr(part, how)().where(known[part.index]))


def traded_session(columns: Inputs, anchor: float, first: int, name: str) -> Column:
    """Open, high or low of each session from its first trade on, by pandas; before it the bar's own."""
    group = sessions(len(columns["close"]), anchor, first)[1:]
    x, volume = pd.Series(columns[name]), pd.Series(columns["volume"])
    traded = volume != 0.0  # a missing bar counts, and leaves the rest of its session missing
    begun = traded.groupby(group).cummax()
    x = x.where(volume.notna() | begun.groupby(group).shift(1, fill_value=False))  # whether the first of them traded is not known
    how = {"open": lambda part: part.ffill(), "high": lambda part: part.cummax(), "low": lambda part: part.cummin()}[name]
    from_trade = x.where(begun)
    if name == "open":
        from_trade = x.where(begun & ~begun.groupby(group).shift(1, fill_value=False))
    values = from_trade.groupby(group).transform(how)
    known = (x.notna() if name != "open" else (x.notna() | ~(begun & ~begun.groupby(group).shift(1, fill_value=False)))) | ~begun
    values = values.where(known.groupby(group).cummin()).where(begun, x)
    return of_sessions(values, columns, anchor, first, lambda part: part)


def vpt(columns: Inputs, anchor: float, first: int) -> Column:
    """Volume times return summed from the second bar of each session."""
    close, volume = pd.Series(columns["close"]), pd.Series(columns["volume"])
    moved = (volume * close.pct_change(fill_method=None)).mask(begins(columns, anchor, first), (close + volume) * 0.0)
    return of_sessions(moved, columns, anchor, first, running_sum)


def cum_ret(columns: Inputs, anchor: float, first: int) -> Column:
    """Close by the first open of the session."""
    base = of_sessions(pd.Series(columns["open"]), columns, anchor, first, lambda part: part.iloc[0])
    return columns["close"] / base - 1.0


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
