"""Slow plain values of indicators: numpy long double over whole windows, pandas, or loops where the definition is a loop."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import talib

from tests.oracles.reference_ops import restarted
from tests.oracles.values import plain
from tests.oracles.values.compared import Case, ratio, true_range
from tests.oracles.values.data import Column
from tests.oracles.values.plain import exact, shifted, windows

#: bars of a day where a rule says nothing else (rule_text.BARS_OF_DAY)
MINUTES_OF_BAR = 5


def typical(c: Case) -> Any:
    """Mean of high, low and close."""
    return (exact(c["high"]) + exact(c["low"]) + exact(c["close"])) / 3


def wma(x: Any, n: int) -> Any:
    """Weights 1..n from the oldest to the newest."""
    weights = np.arange(1, n + 1, dtype=np.longdouble)
    return (windows(x, n) * weights).sum(axis=1) / weights.sum()


def hma(c: Case) -> Any:
    """WMA of twice the quick less the slow."""
    n = int(c["n"])
    return wma(2 * wma(c["x"], n // 2) - wma(c["x"], n), int(math.sqrt(n)))


def talib_hma(c: Case) -> Column:
    """The same of TA-Lib's WMA."""
    n = int(c["n"])
    return talib.WMA(2 * talib.WMA(c["x"], n // 2) - talib.WMA(c["x"], n), int(math.sqrt(n)))


def weighted_by_volume(x: Any, c: Case) -> Any:
    """Sum of x times volume by sum of volume."""
    n = int(c["n"])
    return ratio(windows(exact(x) * exact(c["volume"]), n).sum(axis=1), windows(c["volume"], n).sum(axis=1))


def beta(c: Case) -> Any:
    """Covariance by variance; NaN where y is flat."""
    v, w = windows(c["x"], int(c["n"])), windows(c["y"], int(c["n"]))
    flat = w.max(axis=1) == w.min(axis=1)
    v, w = v - v.mean(axis=1, keepdims=True), w - w.mean(axis=1, keepdims=True)
    return np.where(flat, np.nan, ratio((v * w).sum(axis=1), (w * w).sum(axis=1)))


def slope(c: Case) -> Any:
    """Least squares over the bar number."""
    n = int(c["n"])
    i = np.arange(n, dtype=np.longdouble) - np.longdouble(n - 1) / 2
    w = windows(c["x"], n)
    return ((w - w.mean(axis=1, keepdims=True)) * i).sum(axis=1) / (i * i).sum()


def bar_numbers(c: Case) -> Column:
    """0, 1, 2, ..."""
    return np.arange(len(c["close"]), dtype=np.float64)


def talib_r2(c: Case) -> Column:
    """Square of TA-Lib's correlation with the bar number, without the flat windows where it says 0."""
    flat = windows(c["x"], int(c["n"])).max(axis=1) == windows(c["x"], int(c["n"])).min(axis=1)
    return np.where(flat, np.nan, talib.CORREL(c["x"], bar_numbers(c), c["n"]) ** 2)


def age(x: Column, n: int, sign: int) -> Any:
    """Bars since the newest of the highest (sign 1) or lowest values."""
    w = sign * windows(x, n)[:, ::-1]
    return np.where(np.isnan(w).any(axis=1), np.nan, np.argmax(w, axis=1))


def mean_deviation(x: Any, n: int) -> Any:
    """Mean distance from the mean; 0 on flat windows, which rounding would not leave."""
    w = windows(x, n)
    return np.where(w.max(axis=1) == w.min(axis=1), 0, np.abs(w - w.mean(axis=1, keepdims=True)).mean(axis=1))


def cci(c: Case) -> Any:
    """Distance of the typical price, as candles have it in float64, from its mean in mean deviations."""
    n, price = int(c["n"]), (c["high"] + c["low"] + c["close"]) / 3.0
    return ratio(exact(price) - windows(price, n).mean(axis=1), np.longdouble(0.015) * mean_deviation(price, n))


def not_flat(c: Case, values: Any) -> Any:
    """The values without the bars whose n typical prices are equal, where TA-Lib says 0."""
    price = windows((c["high"] + c["low"] + c["close"]) / 3.0, int(c["n"]))
    return np.where(price.max(axis=1) == price.min(axis=1), np.nan, values)


def williams_r(c: Case) -> Any:
    """-100 at the low of the range, 0 at its high."""
    high, low = windows(c["high"], int(c["n"])).max(axis=1), windows(c["low"], int(c["n"])).min(axis=1)
    return -100 * ratio(high - exact(c["close"]), high - low)


def talib_williams_r(c: Case) -> Any:
    """Without the bars where the range is empty and TA-Lib says 0."""
    return np.where(np.isnan(williams_r(c)), np.nan, talib.WILLR(c["high"], c["low"], c["close"], c["n"]))


def stoch_of(x: Any, n: int) -> Any:
    """Place in the range; NaN where it is nothing but rounding."""
    high, low = windows(x, n).max(axis=1), windows(x, n).min(axis=1)
    same = ~(high - low > 1e-9 * np.maximum(np.abs(high), np.abs(low)))
    return np.where(same, np.nan, 100 * (exact(x) - low) / np.where(same, 1, high - low))


def stochrsi(c: Case) -> Any:
    """Smoothed place of RSI in its range."""
    place = stoch_of(plain.rsi(c["close"], int(c["n"])), int(c["span"]))
    k = windows(place, int(c["smooth"])).mean(axis=1)
    return windows(k, int(c["signal"])).mean(axis=1) if "signal" in c else k


def talib_stochrsi(c: Case) -> Any:
    """Without the bars that read a flat RSI, where TA-Lib says 0."""
    fast = talib.STOCHRSI(c["close"], c["n"], c["span"], c["smooth"], 0)[1]
    return np.where(np.isnan(stochrsi(c)), np.nan, fast)


def flows(c: Case) -> tuple[Any, Any]:
    """Sums of rising and of falling money flow."""
    price = exact((c["high"] + c["low"] + c["close"]) / 3.0)
    change = price - exact(shifted(price.astype(np.float64), 1))
    change = np.where(np.abs(change) < 1e-12 * price, 0, change)
    flow = np.where(np.isnan(change), np.nan, price * exact(c["volume"]))
    up, down = np.where(change > 0, flow, flow * 0), np.where(change < 0, flow, flow * 0)
    return windows(up, int(c["n"])).sum(axis=1), windows(down, int(c["n"])).sum(axis=1)


def mfi(c: Case) -> Any:
    """Share of the rising flow."""
    up, down = flows(c)
    return 100 * ratio(up, up + down)


def talib_mfi(c: Case) -> Any:
    """Without the bars whose flows are below 1, where TA-Lib says 0, and those in whose window a price moved by rounding alone."""
    up, down = flows(c)
    change = np.abs(pd.Series((c["high"] + c["low"] + c["close"]) / 3.0).pct_change(fill_method=None).to_numpy())
    rounded = windows(((change > 0) & (change < 1e-12)).astype(float), int(c["n"])).max(axis=1) > 0
    return np.where((up + down < 1) | rounded, np.nan, talib.MFI(c["high"], c["low"], c["close"], c["volume"], c["n"]))


def close_location(c: Case) -> Any:
    """Place of the close within its bar."""
    wide = c["high"] - c["low"]
    place = ((c["close"] - c["low"]) - (c["high"] - c["close"])) / np.where(wide == 0, 1, wide)
    return np.where(wide == 0, 0.0 * c["close"], place)


def cmf(c: Case) -> Any:
    """Volume-weighted place of the close."""
    return weighted_by_volume(close_location(c), c)


def middle(c: Case, n: float, back: int = 0) -> Column:
    """Middle of the range of n bars, some bars ago, by pandas."""
    high, low = pd.Series(c["high"]).rolling(int(n)).max(), pd.Series(c["low"]).rolling(int(n)).min()
    return ((high + low) / 2).shift(back).to_numpy(np.float64)


def leading_span(c: Case) -> Column:
    """Mean of conversion and base line, shift - 1 bars ago."""
    both = (pd.Series(middle(c, c["tenkan"])) + pd.Series(middle(c, c["kijun"]))) / 2
    return both.shift(int(c["shift"]) - 1).to_numpy(np.float64)


def keltner(c: Case, sign: int) -> Column:
    """TA-Lib's average and range."""
    return talib.EMA(c["close"], c["n"]) + sign * c["k"] * talib.ATR(c["high"], c["low"], c["close"], c["atr_n"])


def supertrend(high: Column, low: Column, close: Column, n: int, k: float) -> tuple[Column, Column]:
    """Line and direction as they are told: two bands that only tighten, one of which is in force until the close passes it."""
    average = plain.wilder(np.asarray(true_range({"high": high, "low": low, "close": close})), n)
    line, direction = np.full(len(close), np.nan), np.full(len(close), np.nan)
    upper = lower = way = math.nan
    for t in np.flatnonzero(~np.isnan(average)):
        mid, before = (high[t] + low[t]) / 2, close[t - 1]
        above, below = mid + k * average[t], mid - k * average[t]
        if math.isnan(way):
            upper, lower, way = above, below, -1.0
        upper = min(upper, above) if before <= upper else above
        lower = max(lower, below) if before >= lower else below
        rises = close[t] > upper if way < 0 else close[t] >= lower
        way = 1.0 if rises else -1.0
        line[t], direction[t] = (lower if way > 0 else upper), way
    return line, direction


def restarted_supertrend(c: Case, which: int) -> Column:
    """Begun anew every 45 n bars (design law 3)."""
    n, k = int(c["n"]), float(c["k"])
    return restarted(lambda *bars: supertrend(*bars, n, k)[which], 45 * n, c["first"], c["high"], c["low"], c["close"])


def restarted_sar(c: Case) -> Column:
    """TA-Lib's, begun anew every 400 bars."""
    return restarted(lambda high, low: talib.SAR(high, low, c["step"], c["limit"]), 400, c["first"], c["high"], c["low"])


def parkinson(c: Case) -> Any:
    """From highs and lows."""
    return np.sqrt(windows(np.log(exact(c["high"]) / exact(c["low"])) ** 2, int(c["n"])).mean(axis=1) / (4 * np.log(exact(2.0))))


def garman_klass(c: Case) -> Any:
    """From whole bars."""
    wide, body = np.log(exact(c["high"]) / exact(c["low"])), np.log(exact(c["close"]) / exact(c["open"]))
    return np.sqrt(windows(wide**2 / 2 - (2 * np.log(exact(2.0)) - 1) * body**2, int(c["n"])).mean(axis=1))


def hurst(c: Case) -> Any:
    """Rescaled range of log changes against its expectation, with the library's gamma function; NaN where all changes are equal, or a
    value is not above 0."""
    n = int(c["n"])
    x = np.where(np.asarray(c["x"]) > 0, c["x"], np.nan)
    changes = windows(np.log(exact(x) / exact(shifted(x, 1))), n)
    still = changes.max(axis=1) == changes.min(axis=1)
    d = changes - changes.mean(axis=1, keepdims=True)
    path = np.concatenate([np.zeros((len(d), 1), np.longdouble), d.cumsum(axis=1)], axis=1)
    spread = np.sqrt((d * d).mean(axis=1))
    rescaled = (path.max(axis=1) - path.min(axis=1)) / np.where(still, 1, spread)
    gamma = math.exp(math.lgamma((n - 1) / 2) - math.lgamma(n / 2)) / math.sqrt(math.pi)
    expected = gamma * sum(math.sqrt((n - i) / i) for i in range(1, n))
    exponent = 0.5 + np.log(np.where(still, 1, rescaled) / expected) / math.log(n)
    return np.where(still, np.nan, np.clip(exponent, 0, 1))


def regime(c: Case) -> Any:
    """Mean of the two scores."""
    scores = [np.interp(hurst({**c, "x": c["close"]}).astype(float), [0.4, 0.6], [-1, 1])]
    scores.append(np.interp(plain.adx(c, int(c["adx_n"])), [15, 25], [-1, 1]))
    return sum(scores) / 2


def bar_times(c: Case) -> Any:
    """Open times in KST of bars of five minutes."""
    minutes = (np.arange(len(c["close"])) + c["first"]) * MINUTES_OF_BAR
    return pd.to_datetime(minutes, unit="m", utc=True).tz_convert("Asia/Seoul")
