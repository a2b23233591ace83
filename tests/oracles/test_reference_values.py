"""The reference's ops against TA-Lib and pandas, its restarts against plain recursions, its scalars against its arrays."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pandas as pd
import pytest
import talib

from dsl.graph import Timeframe
from tests.generators.candles import MINUTE_MS, random_grid
from tests.oracles.reference_ops import ELEMENTWISE, NAN, OVER_TIME, RECURSIVE, Array, bars_since, latch, restarted, then, value_when
from tests.oracles.reference_values import SCALAR, bars_of

CHANCE = np.random.default_rng(7)
CLOSE = 1_000 * np.exp(np.cumsum(CHANCE.normal(0, 0.002, 3_000)))
HIGH, LOW = CLOSE * (1 + CHANCE.uniform(0, 0.003, 3_000)), CLOSE * (1 - CHANCE.uniform(0, 0.003, 3_000))
SERIES = pd.Series(CLOSE)


def assert_same(ours: Array, theirs: Array, tolerance: float = 1e-9) -> None:
    """Equal where defined, and defined in the same places, and enough of them."""
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(np.asarray(theirs, dtype=float)))
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)
    assert np.isfinite(ours).sum() > 2_000


@pytest.mark.parametrize("n", [2, 14, 50])
def test_recursive_ops_are_talibs(n: int) -> None:
    plain = {name: function for name, (function, _) in RECURSIVE.items()}
    assert_same(plain["ema"](CLOSE, n), talib.EMA(CLOSE, n))
    assert_same(plain["rsi"](CLOSE, n), talib.RSI(CLOSE, n))
    assert_same(plain["adx"](HIGH, LOW, CLOSE, n), talib.ADX(HIGH, LOW, CLOSE, n))
    assert_same(plain["plus_di"](HIGH, LOW, CLOSE, n), talib.PLUS_DI(HIGH, LOW, CLOSE, n))
    assert_same(plain["minus_di"](HIGH, LOW, CLOSE, n), talib.MINUS_DI(HIGH, LOW, CLOSE, n))
    assert_same(plain["rma"](OVER_TIME["tr"](HIGH, LOW, CLOSE), n), talib.ATR(HIGH, LOW, CLOSE, n))


@pytest.mark.parametrize("n", [2, 14, 50])
def test_windowed_ops_are_pandas(n: int) -> None:
    roll = SERIES.rolling(n)
    for name, theirs in {
        "sum": roll.sum(), "sma": roll.mean(), "highest": roll.max(), "lowest": roll.min(), "stdev": roll.std(ddof=0),
        "lag": SERIES.shift(n),
    }.items():  # fmt: skip
        assert_same(OVER_TIME[name](CLOSE, n), theirs.to_numpy(), 1e-8)
    assert_same(OVER_TIME["corr"](CLOSE, HIGH, n), roll.corr(pd.Series(HIGH)).to_numpy(), 1e-6)


@pytest.mark.parametrize("name", sorted(RECURSIVE))
@pytest.mark.parametrize("first", [0, 1, 12_345])
def test_a_restart_is_within_rounding_of_the_plain_recursion(name: str, first: int) -> None:
    function, factor = RECURSIVE[name]
    inputs = (HIGH, LOW, CLOSE) if name in ("adx", "plus_di", "minus_di") else (CLOSE,)
    plain = function(*inputs, 5)
    at_restarts = restarted(lambda *cut: function(*cut, 5), factor * 5, first, *inputs)
    assert_same(at_restarts, plain, 1e-10)
    assert (at_restarts != plain).any() or name == "ema", "no restart happened"


def test_scalars_are_the_arrays() -> None:
    values = [NAN, 0.0, 1.0, -2.5, 3.0, 1e-9]
    for name, function in SCALAR.items():
        domain = [NAN, 0.0, 1.0] if name in ("and", "or", "not") else values
        count = 1 if name == "neg" else 2
        for arguments in itertools.product(domain, repeat=count):
            array = float(ELEMENTWISE[name](*(np.array([x]) for x in arguments))[0])
            np.testing.assert_equal(function(*arguments), array, err_msg=f"{name}{arguments}")


def test_events_by_hand() -> None:
    """Small cases whose answers can be read off."""
    a = np.array([1, 0, 0, 0, 0, 1, 0, 0], dtype=float)
    b = np.array([0, 0, 1, 1, 0, 1, 1, NAN])
    np.testing.assert_equal(then(a, b, 3), [0, 0, 1, 0, 0, 0, 1, NAN])
    np.testing.assert_equal(bars_since(a, 3), [0, 1, 2, 3, 3, 0, 1, 2])
    np.testing.assert_equal(latch(a, b, 3), [1, 1, 0, 0, 0, 0, 0, 0])
    np.testing.assert_equal(value_when(a, np.arange(8.0), 3), [0, 0, 0, NAN, NAN, 5, 5, 5])
    missing_first = np.array([NAN, 0, 0, 0])
    np.testing.assert_equal(bars_since(missing_first, 3), [NAN, NAN, NAN, 3])


def test_higher_bars_are_pandas_resampling() -> None:
    compared = 0
    for seed in range(6):
        grid = random_grid(random.Random(seed), ("KRW-BTC",), 2_000, unknown=seed % 2 == 1)
        bars = bars_of(grid, "KRW-BTC", Timeframe(15 * MINUTE_MS))
        base = pd.DataFrame({name: getattr(grid, name)[0] for name in ("open", "high", "low", "close", "volume")})
        base["bucket"] = (grid.first_index + np.arange(len(base))) // 15
        base["state"] = grid.state[0]
        for bucket, rows in base.groupby("bucket"):
            k = int(bucket) - bars.first
            if not 0 <= k < len(bars.series["close"]):
                continue
            got = {name: bars.series[name][k] for name in ("open", "high", "low", "close", "volume")}
            traded = rows[rows["state"] == 2]
            if len(rows) < 15 or (rows["state"] == 0).any():
                assert all(math.isnan(x) for x in got.values())
            elif len(traded):
                assert got["open"] == traded["open"].iloc[0]
                assert got["close"] == traded["close"].iloc[-1]
                assert (got["high"], got["low"]) == (traded["high"].max(), traded["low"].min())
                assert got["volume"] == pytest.approx(traded["volume"].sum(), rel=1e-9, abs=1e-8)
                compared += 1
    assert compared > 300
