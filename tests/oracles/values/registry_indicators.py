"""The oracles of the indicators that stand on the basic windows, averages and sums."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import talib

from tests.oracles.values import compared, plain
from tests.oracles.values import indicators as slow
from tests.oracles.values.oracle import ANCHORS, NS, RUNS, WILDER_NS, Oracle
from tests.oracles.values.plain import exact, shifted, windows

HULLS = ({"n": 2}, {"n": 9}, {"n": 55})
RANGES = ({"n": 2}, {"n": 20}, {"n": 100})
QUANTILES = ({"n": 5, "q": 0.9}, {"n": 100, "q": 0.25}, {"n": 50, "q": 0.0}, {"n": 20, "q": 1.0})
STOCH_RSI = ({"n": 14, "span": 14, "smooth": 3}, {"n": 5, "span": 8, "smooth": 1})
KELTNERS = ({"n": 20, "k": 2.0, "atr_n": 10}, {"n": 50, "k": 1.5, "atr_n": 14})
TRENDS = ({"n": 10, "k": 3.0}, {"n": 3, "k": 1.5}, {"n": 20, "k": 2.0})
SARS = ({"step": 0.02, "limit": 0.2}, {"step": 0.01, "limit": 0.05})
CLOUDS = ({"tenkan": 9, "kijun": 26, "shift": 26}, {"tenkan": 3, "kijun": 5, "shift": 2})

REGRESSION: Mapping[str, tuple[Oracle, ...]] = {
    "beta": (Oracle("long double", slow.beta, NS, relative=1e-12, absolute=1e-9),),
    "slope": (
        Oracle("long double", slow.slope, NS, relative=1e-10, absolute=1e-12),
        Oracle("TA-Lib", lambda c: talib.LINEARREG_SLOPE(c["x"], c["n"]), NS, relative=1e-9, absolute=1e-5, gaps=False),
    ),
    "r2": (
        Oracle("long double", lambda c: plain.corr(c["x"], slow.bar_numbers(c), int(c["n"])) ** 2, NS, absolute=1e-12),
        Oracle("TA-Lib", slow.talib_r2, NS[1:], absolute=1e-8, gaps=False, later=True),
    ),
}

ORDER: Mapping[str, tuple[Oracle, ...]] = {
    "median": (Oracle("pandas", lambda c: pd.Series(c["x"]).rolling(int(c["n"])).median(), NS),),
    "quantile": (Oracle("pandas", lambda c: pd.Series(c["x"]).rolling(int(c["n"])).quantile(c["q"]), QUANTILES, relative=1e-15),),
    "pct_rank": (Oracle("pandas", lambda c: (pd.Series(c["x"]).rolling(int(c["n"])).rank(method="min") - 1) / (int(c["n"]) - 1), RANGES),),
    "highest_age": (Oracle("numpy", lambda c: slow.age(c["x"], int(c["n"]), 1), NS),),
    "lowest_age": (Oracle("numpy", lambda c: slow.age(c["x"], int(c["n"]), -1), NS),),
}

WEIGHTED: Mapping[str, tuple[Oracle, ...]] = {
    "wma": (
        Oracle("long double", lambda c: slow.wma(c["x"], int(c["n"])), NS, relative=1e-15),
        Oracle("TA-Lib", lambda c: talib.WMA(c["x"], c["n"]), NS, relative=1e-11, gaps=False),
    ),
    "hma": (
        Oracle("long double", slow.hma, HULLS, relative=1e-15),
        Oracle("TA-Lib WMA", slow.talib_hma, HULLS, relative=1e-11, gaps=False),
    ),
    "vwma": (Oracle("long double", lambda c: slow.weighted_by_volume(c["x"], c), NS, relative=1e-14),),
    "vwap.rolling": (Oracle("long double", lambda c: slow.weighted_by_volume(slow.typical(c), c), NS, relative=1e-14),),
}

OSCILLATORS: Mapping[str, tuple[Oracle, ...]] = {
    "momentum": (
        Oracle("pandas", lambda c: pd.Series(c["x"]).diff(int(c["n"])), RUNS),
        Oracle("TA-Lib", lambda c: talib.MOM(c["x"], c["n"]), RUNS, gaps=False),
    ),
    "mean_deviation": (Oracle("long double", lambda c: slow.mean_deviation(c["x"], int(c["n"])), NS, relative=1e-13),),
    "cci": (
        Oracle("long double", slow.cci, RANGES[1:], absolute=1e-7),
        Oracle(
            "TA-Lib",
            lambda c: slow.not_flat(c, talib.CCI(c["high"], c["low"], c["close"], c["n"])),
            RANGES[1:],
            relative=1e-7,
            absolute=1e-6,
            gaps=False,
        ),
    ),
    "williams_r": (
        Oracle("long double", slow.williams_r, RANGES, absolute=3e-14),
        Oracle("TA-Lib", slow.talib_williams_r, RANGES, absolute=1e-12, gaps=False),
    ),
    "stoch.of": (Oracle("long double", lambda c: slow.stoch_of(c["x"], int(c["n"])), RANGES, absolute=3e-14),),
    "stochrsi.k": (
        Oracle("long double", slow.stochrsi, STOCH_RSI, absolute=1e-8),
        Oracle("TA-Lib", slow.talib_stochrsi, STOCH_RSI, absolute=1e-10, gaps=False, later=True),
    ),
    "stochrsi.d": (Oracle("long double", slow.stochrsi, tuple({**p, "signal": 3} for p in STOCH_RSI), absolute=1e-8),),
    "mfi": (
        Oracle("long double", slow.mfi, WILDER_NS, absolute=1e-11),
        Oracle("TA-Lib", slow.talib_mfi, WILDER_NS, absolute=1e-8, gaps=False, later=True),
    ),
    "close_location": (Oracle("numpy", slow.close_location),),
    "cmf": (Oracle("long double", slow.cmf, RANGES, absolute=1e-13),),
}

CHANNELS: Mapping[str, tuple[Oracle, ...]] = {
    "donchian.upper": (Oracle("TA-Lib", lambda c: talib.MAX(c["high"], c["n"]), RANGES, gaps=False),),
    "donchian.lower": (Oracle("TA-Lib", lambda c: talib.MIN(c["low"], c["n"]), RANGES, gaps=False),),
    "donchian.middle": (
        Oracle("pandas", lambda c: slow.middle(c, c["n"]), RANGES),
        Oracle("TA-Lib", lambda c: talib.MIDPRICE(c["high"], c["low"], c["n"]), RANGES, gaps=False),
    ),
    "keltner.middle": (Oracle("TA-Lib", lambda c: talib.EMA(c["close"], c["n"]), RANGES, relative=1e-14, gaps=False),),
    "keltner.upper": (Oracle("TA-Lib", lambda c: slow.keltner(c, 1), KELTNERS, relative=1e-13, gaps=False),),
    "keltner.lower": (Oracle("TA-Lib", lambda c: slow.keltner(c, -1), KELTNERS, relative=1e-13, gaps=False),),
    "ichimoku.tenkan": (Oracle("pandas", lambda c: slow.middle(c, c["n"]), ({"n": 9},)),),
    "ichimoku.kijun": (Oracle("pandas", lambda c: slow.middle(c, c["n"]), ({"n": 26},)),),
    "ichimoku.senkou_a": (Oracle("pandas", slow.leading_span, CLOUDS),),
    "ichimoku.senkou_b": (Oracle("pandas", lambda c: slow.middle(c, c["n"], c["shift"] - 1), ({"n": 52, "shift": 26},)),),
    "supertrend.line": (Oracle("loop", lambda c: slow.restarted_supertrend(c, 0), TRENDS, relative=1e-13),),
    "supertrend.direction": (Oracle("loop", lambda c: slow.restarted_supertrend(c, 1), TRENDS),),
    "sar": (Oracle("TA-Lib", slow.restarted_sar, SARS, relative=1e-15, gaps=False),),
}

VOLATILITY: Mapping[str, tuple[Oracle, ...]] = {
    "parkinson_vol": (Oracle("long double", slow.parkinson, NS, relative=1e-12, absolute=1e-15),),
    "garman_klass_vol": (Oracle("long double", slow.garman_klass, NS, relative=1e-11, absolute=1e-15),),
    "hurst": (Oracle("long double", slow.hurst, ({"n": 10}, {"n": 64}, {"n": 200}), absolute=1e-9),),
    "regime_of": (Oracle("long double", slow.regime, ({"n": 100, "adx_n": 14},), absolute=1e-8),),
}

SESSIONS: Mapping[str, tuple[Oracle, ...]] = {
    "vpt": (Oracle("pandas", lambda c: plain.vpt(c, c["anchor"], c["first"]), ANCHORS),),
    "cum_ret": (Oracle("pandas", lambda c: plain.cum_ret(c, c["anchor"], c["first"]), ANCHORS),),
    "volume_spike": (
        Oracle(
            "long double",
            lambda c: compared.ratio(exact(c["volume"]), exact(shifted(windows(c["volume"], int(c["n"])).mean(axis=1).astype(float), 1))),
            NS,
            relative=1e-13,
        ),
    ),
    "hour": (Oracle("pandas", lambda c: slow.bar_times(c).hour),),
    "minute": (Oracle("pandas", lambda c: slow.bar_times(c).minute),),
    "weekday": (Oracle("pandas", lambda c: slow.bar_times(c).day_of_week),),
    "is_defined": (Oracle("pandas", lambda c: pd.Series(c["x"]).notna()),),
    "if_ready": (Oracle("pandas", lambda c: pd.Series(c["x"]).fillna(pd.Series(c["otherwise"]))),),
}

INDICATORS: Mapping[str, tuple[Oracle, ...]] = {
    **REGRESSION, **ORDER, **WEIGHTED, **OSCILLATORS, **CHANNELS, **VOLATILITY, **SESSIONS
}  # fmt: skip
