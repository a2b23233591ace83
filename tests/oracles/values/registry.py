"""Which outside value every function of the catalogue is held against, and how closely."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import talib

from tests.oracles.values import compared, events, plain
from tests.oracles.values.oracle import ANCHORS, BANDS, LAGS, MACDS, NS, RUNS, ULP, WILDER_NS, WITHIN, Oracle  # fmt: skip
from tests.oracles.values.plain import all_of, exact, inside, nullable, of_truth, shifted, truth, windows
from tests.oracles.values.registry_indicators import INDICATORS

ELEMENTWISE: Mapping[str, tuple[Oracle, ...]] = {
    "add": (Oracle("numpy", lambda c: c["a"] + c["b"]),),
    "sub": (Oracle("numpy", lambda c: c["a"] - c["b"]),),
    "mul": (Oracle("numpy", lambda c: c["a"] * c["b"]),),
    "div": (Oracle("numpy", lambda c: compared.ratio(c["a"], c["b"])),),
    "neg": (Oracle("numpy", lambda c: -c["a"]),),
    "abs": (Oracle("numpy", lambda c: np.abs(c["a"])),),
    "min": (Oracle("numpy", lambda c: np.minimum(c["a"], c["b"])),),
    "max": (Oracle("numpy", lambda c: np.maximum(c["a"], c["b"])),),
    "coalesce": (Oracle("pandas", lambda c: nullable(c["a"]).fillna(nullable(c["b"])).to_numpy(np.float64, na_value=np.nan)),),
    "log": (Oracle("long double", lambda c: np.log(exact(c["x"])), relative=ULP),),
    "exp": (Oracle("long double", lambda c: np.exp(exact(c["x"])), relative=ULP),),
    "sqrt": (Oracle("numpy", lambda c: np.sqrt(c["x"])),),
    "lt": (Oracle("pandas", lambda c: of_truth(nullable(c["a"]) < nullable(c["b"]))),),
    "le": (Oracle("pandas", lambda c: of_truth(nullable(c["a"]) <= nullable(c["b"]))),),
    "gt": (Oracle("pandas", lambda c: of_truth(nullable(c["a"]) > nullable(c["b"]))),),
    "ge": (Oracle("pandas", lambda c: of_truth(nullable(c["a"]) >= nullable(c["b"]))),),
    "eq": (Oracle("pandas", lambda c: of_truth(nullable(c["a"]) == nullable(c["b"]))),),
    "ne": (Oracle("pandas", lambda c: of_truth(nullable(c["a"]) != nullable(c["b"]))),),
    "between": (Oracle("pandas", lambda c: of_truth(inside(c))),),
    "and": (Oracle("pandas", lambda c: of_truth(truth(c["a"]) & truth(c["b"]))),),
    "or": (Oracle("pandas", lambda c: of_truth(truth(c["a"]) | truth(c["b"]))),),
    "not": (Oracle("pandas", lambda c: of_truth(~truth(c["a"]))),),
    "select": (Oracle("numpy", lambda c: np.where(np.isnan(c["when"]), np.nan, np.where(c["when"] == 1.0, c["a"], c["b"]))),),
}

EVENTS: Mapping[str, tuple[Oracle, ...]] = {
    "crosses_above": (Oracle("pandas", lambda c: compared.crossing(c["a"], c["b"])),),
    "crosses_below": (Oracle("pandas", lambda c: compared.crossing(c["b"], c["a"])),),
    "enters": (Oracle("pandas", lambda c: all_of([inside(c), ~inside(c).shift(1)])),),
    "leaves": (Oracle("pandas", lambda c: all_of([~inside(c), inside(c).shift(1)])),),
    "rises": (Oracle("pandas", lambda c: plain.run_of(c["x"], int(c["n"]), True), RUNS),),
    "falls": (Oracle("pandas", lambda c: plain.run_of(c["x"], int(c["n"]), False), RUNS),),
    "lag": (Oracle("pandas", lambda c: shifted(c["x"], int(c["n"])), LAGS),),
    "then": (Oracle("look-back", lambda c: events.then(c["a"], c["b"], int(c["within"])), WITHIN),),
    "latch": (Oracle("look-back", lambda c: events.latch(c["on"], c["off"], int(c["within"])), WITHIN),),
    "bars_since": (Oracle("look-back", lambda c: events.bars_since(c["a"], int(c["within"])), WITHIN),),
    "value_when": (Oracle("look-back", lambda c: events.value_when(c["a"], c["x"], int(c["within"])), WITHIN),),
}


WINDOWED: Mapping[str, tuple[Oracle, ...]] = {
    "sum": (Oracle("long double", lambda c: windows(c["x"], int(c["n"])).sum(axis=1), NS, relative=1e-14),),
    "sma": (
        Oracle("long double", compared.mean, NS, relative=1e-14),
        Oracle("TA-Lib", lambda c: talib.SMA(c["x"], c["n"]), NS, relative=2e-13, gaps=False),
    ),
    "mean": (Oracle("long double", compared.mean, NS, relative=1e-14),),
    "count": (Oracle("long double", lambda c: windows(c["a"], int(c["n"])).sum(axis=1), NS),),
    "highest": (
        Oracle("long double", lambda c: windows(c["x"], int(c["n"])).max(axis=1), NS),
        Oracle("TA-Lib", lambda c: talib.MAX(c["x"], c["n"]), NS, gaps=False),
    ),
    "lowest": (
        Oracle("long double", lambda c: windows(c["x"], int(c["n"])).min(axis=1), NS),
        Oracle("TA-Lib", lambda c: talib.MIN(c["x"], c["n"]), NS, gaps=False),
    ),
    "stdev": (
        Oracle("long double", lambda c: plain.stdev(c["x"], int(c["n"])), NS, relative=2e-14),
        Oracle("TA-Lib", lambda c: talib.STDDEV(c["x"], c["n"]), NS, relative=5e-11, absolute=1e-11, gaps=False),
    ),
    "corr": (
        Oracle("long double", lambda c: plain.corr(c["x"], c["y"], int(c["n"])), NS, absolute=1e-12),
        Oracle("TA-Lib", compared.talib_corr, NS[1:], absolute=3e-12, gaps=False, later=True),
    ),
    "zscore": (
        Oracle(
            "long double", lambda c: compared.ratio(exact(c["x"]) - compared.mean(c), plain.stdev(c["x"], int(c["n"]))), NS, 1e-11, 1e-10
        ),
    ),
    "bb.middle": (
        Oracle("long double", compared.mean, BANDS, relative=1e-14),
        Oracle("TA-Lib", lambda c: talib.BBANDS(c["x"], c["n"], c["k"], c["k"])[1], BANDS, relative=2e-13, gaps=False),
    ),
    "bb.upper": (
        Oracle("long double", lambda c: compared.band(c, 1), BANDS, relative=1e-13),
        Oracle("TA-Lib", lambda c: talib.BBANDS(c["x"], c["n"], c["k"], c["k"])[0], BANDS, relative=2e-13, gaps=False),
    ),
    "bb.lower": (
        Oracle("long double", lambda c: compared.band(c, -1), BANDS, relative=1e-13),
        Oracle("TA-Lib", lambda c: talib.BBANDS(c["x"], c["n"], c["k"], c["k"])[2], BANDS, relative=2e-13, gaps=False),
    ),
    "bb.percent": (
        Oracle(
            "long double",
            lambda c: compared.ratio(exact(c["x"]) - compared.band(c, -1), compared.band(c, 1) - compared.band(c, -1)),
            BANDS,
            0.0,
            1e-10,
        ),
    ),
    "bb.width": (Oracle("long double", lambda c: (compared.band(c, 1) - compared.band(c, -1)) / compared.mean(c), BANDS, 1e-11, 1e-15),),
    "realized_vol": (
        Oracle("long double", lambda c: plain.stdev(compared.log_returns(c["x"], 1).astype(np.float64), int(c["n"])), NS, 1e-11, 4e-16),
    ),
    "turnover": (Oracle("long double", lambda c: windows(c["value"], int(c["n"])).sum(axis=1), NS, relative=1e-14),),
}


RECURSIVE: Mapping[str, tuple[Oracle, ...]] = {
    "ema": (
        Oracle("pandas", lambda c: plain.ema(c["x"], int(c["n"])), NS, relative=1e-13),
        Oracle("TA-Lib", lambda c: talib.EMA(c["x"], c["n"]), NS, relative=1e-14, gaps=False),
    ),
    "rma": (Oracle("long double", lambda c: plain.wilder(c["x"], int(c["n"])), NS, relative=3e-15),),
    "rsi": (
        Oracle("long double", lambda c: plain.rsi(c["x"], int(c["n"])), WILDER_NS, relative=1e-10),
        Oracle("TA-Lib", lambda c: talib.RSI(c["x"], c["n"]), WILDER_NS, relative=5e-13, absolute=1e-11, gaps=False),
    ),
    "atr": (
        Oracle("TA-Lib", lambda c: talib.ATR(c["high"], c["low"], c["close"], c["n"]), WILDER_NS, relative=1e-12, gaps=False),
        Oracle("long double", lambda c: plain.wilder(compared.true_range(c), int(c["n"])), WILDER_NS, relative=1e-12),
    ),
    "plus_di": (Oracle("TA-Lib", lambda c: talib.PLUS_DI(c["high"], c["low"], c["close"], c["n"]), WILDER_NS, 1e-10, 1e-12, gaps=False),),
    "minus_di": (Oracle("TA-Lib", lambda c: talib.MINUS_DI(c["high"], c["low"], c["close"], c["n"]), WILDER_NS, 1e-10, 1e-12, gaps=False),),
    "adx": (
        Oracle("long double", lambda c: plain.adx(c, int(c["n"])), WILDER_NS, 1e-10, 1e-10),
        Oracle("TA-Lib", compared.talib_adx, WILDER_NS[1:], 1e-10, 1e-12, gaps=False, later=True),
    ),
    "macd.line": (
        Oracle("TA-Lib averages", compared.macd_line, MACDS, absolute=3e-7, gaps=False),
        Oracle("TA-Lib MACD", lambda c: compared.talib_macd(c)[0], MACDS, absolute=1e-5, gaps=False, later=True, settled=700),
    ),
    "macd.signal": (
        Oracle("TA-Lib averages", compared.macd_signal, MACDS, absolute=3e-7, gaps=False),
        Oracle("TA-Lib MACD", lambda c: compared.talib_macd(c)[1], MACDS, absolute=1e-5, gaps=False, later=True, settled=700),
    ),
    "macd.hist": (
        Oracle("TA-Lib averages", lambda c: compared.macd_line(c) - compared.macd_signal(c), MACDS, absolute=3e-7, gaps=False),
        Oracle("TA-Lib MACD", lambda c: compared.talib_macd(c)[2], MACDS, absolute=1e-5, gaps=False, later=True, settled=700),
    ),
}


STOCHASTICS = ({"n": 14, "smooth": 3}, {"n": 5, "smooth": 1})

OTHERS: Mapping[str, tuple[Oracle, ...]] = {
    "tr": (
        Oracle("numpy", compared.true_range),
        Oracle("TA-Lib", lambda c: talib.TRANGE(c["high"], c["low"], c["close"]), gaps=False),
    ),
    "stoch.k": (
        Oracle("long double", compared.stochastic, STOCHASTICS, absolute=2e-12),
        Oracle("TA-Lib", lambda c: compared.talib_stoch(c, 0), STOCHASTICS, absolute=2e-12, gaps=False, later=True),
    ),
    "stoch.d": (
        Oracle(
            "long double",
            lambda c: windows(compared.stochastic(c).astype(np.float64), int(c["signal"])).mean(axis=1),
            tuple({**p, "signal": 3} for p in STOCHASTICS),
            absolute=2e-12,
        ),
        Oracle(
            "TA-Lib",
            lambda c: compared.talib_stoch(c, 1),
            tuple({**p, "signal": 3} for p in STOCHASTICS),
            absolute=2e-12,
            gaps=False,
            later=True,
        ),
    ),
    "ret": (Oracle("long double", lambda c: exact(c["x"]) / exact(shifted(c["x"], int(c["n"]))) - 1, RUNS, 0.0, ULP),),
    "roc": (
        Oracle("long double", lambda c: exact(c["x"]) / exact(shifted(c["x"], int(c["n"]))) - 1, RUNS, 0.0, ULP),
        Oracle("TA-Lib", lambda c: talib.ROCP(c["x"], c["n"]), RUNS, 0.0, 2 * ULP, gaps=False),
    ),
    "logret": (Oracle("long double", lambda c: compared.log_returns(c["x"], int(c["n"])), RUNS, ULP, ULP),),
    "vwap": (Oracle("pandas", lambda c: plain.vwap(c, c["anchor"], c["first"]), ANCHORS, relative=1e-13),),
    "obv": (Oracle("pandas", lambda c: plain.obv(c, c["anchor"], c["first"]), ANCHORS, absolute=1e-7, relative=1e-12),),
    "first_since": (Oracle("pandas", lambda c: plain.since(c, c["anchor"], c["first"], "first"), ANCHORS),),
    "highest_since": (Oracle("pandas", lambda c: plain.since(c, c["anchor"], c["first"], "cummax"), ANCHORS),),
    "lowest_since": (Oracle("pandas", lambda c: plain.since(c, c["anchor"], c["first"], "cummin"), ANCHORS),),
    "session_open": (Oracle("pandas", lambda c: plain.traded_session(c, c["anchor"], c["first"], "open"), ANCHORS),),
    "session_high": (Oracle("pandas", lambda c: plain.traded_session(c, c["anchor"], c["first"], "high"), ANCHORS),),
    "session_low": (Oracle("pandas", lambda c: plain.traded_session(c, c["anchor"], c["first"], "low"), ANCHORS),),
    "sum_since": (Oracle("pandas", lambda c: plain.since(c, c["anchor"], c["first"], "cumsum"), ANCHORS, relative=1e-13),),
    "day.close": (Oracle("numpy", lambda c: c["close"]),),
    "week.close": (Oracle("numpy", lambda c: c["close"]),),
    "typical": (Oracle("numpy", lambda c: (c["high"] + c["low"] + c["close"]) / 3.0, relative=2 * ULP),),
    "clamp": (Oracle("numpy", lambda c: np.clip(c["x"], c["lo"], c["hi"]), ({"lo": 90.0, "hi": 1.4e8},)),),
    "scale": (
        Oracle(
            "numpy", lambda c: np.interp(c["x"], [c["lo"], c["hi"]], [-1.0, 1.0]) + 0.0 * c["x"], ({"lo": 90.0, "hi": 2e8},), 0.0, 1e-15
        ),
    ),
    "peak": (
        Oracle(
            "numpy",
            lambda c: np.interp(np.abs(c["x"] - c["best"]), [0.0, 2 * abs(c["zero_at"] - c["best"])], [1.0, -1.0]) + 0.0 * c["x"],
            ({"best": 120.0, "zero_at": 100.0}, {"best": 1e6, "zero_at": 1e8}),
            0.0,
            1e-15,
        ),
    ),
}

ORACLES: Mapping[str, tuple[Oracle, ...]] = {**ELEMENTWISE, **EVENTS, **WINDOWED, **RECURSIVE, **OTHERS, **INDICATORS}
