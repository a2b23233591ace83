"""Indicators on data whose answers can be read off, and on data where rounding would otherwise decide."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.kernel.catalogue import catalogue, ops
from tests.laws.columns import Column
from tests.laws.streams import run
from tests.oracles.values.data import Columns
from tests.oracles.values.rule_text import Evaluator, Value


def values(name: str, params: tuple[float, ...], *inputs: Column, index: int = 3) -> Column:
    return run(ops()[name], params, list(inputs), index).values


def called(name: str, columns: Columns, **arguments: Value) -> Column:
    """A function of the catalogue, composed ones too."""
    return Evaluator(columns, 3).call(catalogue()[name], arguments)


def flat(price: float, count: int = 300) -> dict[str, Column]:
    return {**dict.fromkeys(("open", "high", "low", "close"), np.full(count, price)), "volume": np.ones(count), "value": np.ones(count)}


@pytest.mark.parametrize("price", [0.0008, 1e-8, 0.0229, 100.1, 1.5e8 + 0.1])
@pytest.mark.parametrize("n", [2, 3, 10, 37])
def test_averages_of_a_coin_that_does_not_move_are_its_price(price: float, n: int) -> None:
    rng = np.random.default_rng(n)
    x = price * np.concatenate([rng.uniform(0.9, 1.1, 100), np.ones(200)])
    volume = rng.lognormal(0.0, 3.0, 300).round(8)
    for name, inputs in (("wma", (x,)), ("hma", (x,)), ("median", (x,)), ("vwma", (x, volume))):
        settled = values(name, (float(n),), *inputs)[100 + 2 * n :]
        assert (settled == price).all(), name
    assert (values("slope", (float(n),), x)[100 + n :] == 0.0).all()
    assert (values("mean_deviation", (float(n),), x)[100 + n :] == 0.0).all()


@pytest.mark.parametrize("price", [0.0008, 0.0229, 1.5e8 + 0.1])
def test_what_is_measured_against_nothing_is_missing(price: float) -> None:
    columns = flat(price)
    for name in ("cci", "williams_r", "stochrsi.k", "mfi", "volume_spike"):
        found = called(name, {**columns, "volume": np.zeros(300)})
        assert np.isnan(found).all(), name
    assert (called("cmf", columns)[19:] == 0.0).all()
    for name in ("hurst", "r2"):
        assert np.isnan(values(name, (20.0,), columns["close"])).all()
    assert np.isnan(values("beta", (20.0,), np.arange(300.0), columns["close"])).all()
    assert (called("parkinson_vol", columns, n=20.0)[19:] == 0.0).all()
    assert (called("garman_klass_vol", columns, n=20.0)[19:] == 0.0).all()


def test_a_steady_coin_has_no_stochastic_rsi() -> None:
    """RSI of a coin that stopped moving stays where it was up to rounding, which is no range to stand in."""
    rng = np.random.default_rng(4)
    close = 100.0 + 0.1 * np.concatenate([np.cumsum(rng.integers(-3, 4, 200)), np.full(120, 7)])
    rsi = values("rsi", (14.0,), close)
    assert len(set(rsi[230:])) > 1, "rounding moves it"
    found = called("stochrsi.k", {**flat(1.0, 320), "close": close})
    assert np.isnan(found[200 + 16 :]).all()
    assert np.isfinite(found[60:200]).sum() > 100


def test_equal_growth_has_no_hurst_exponent_and_a_trend_has_a_high_one() -> None:
    assert np.isnan(values("hurst", (20.0,), np.full(60, 2.0) ** np.arange(60))).all()
    steps = np.concatenate([np.full(50, 0.01), np.full(50, -0.01)])
    trending, reverting = np.exp(np.cumsum(np.tile(steps, 5))), np.exp(np.cumsum(np.tile([0.01, -0.01], 250)))
    assert values("hurst", (100.0,), trending)[400] > 0.8
    assert values("hurst", (100.0,), reverting)[400] < 0.2


def test_hurst_of_independent_changes_is_a_half() -> None:
    """So the thresholds of a rule lie evenly about it, whatever the window."""
    rng = np.random.default_rng(1)
    for n in (20.0, 100.0, 200.0):
        walk = np.exp(0.01 * np.cumsum(rng.standard_normal(int(n) * 300)))
        apart = values("hurst", (n,), walk)[int(n) :: int(n)]
        assert len(apart) >= 299
        assert abs(apart.mean() - 0.5) < 4.0 * apart.std() / math.sqrt(len(apart)) + 0.01


def test_weights_by_hand() -> None:
    x = np.array([1.0, 2.0, 4.0, 8.0])
    assert values("wma", (3.0,), x)[2:] == pytest.approx([(1 + 4 + 12) / 6, (2 + 8 + 24) / 6], rel=1e-15)
    assert values("vwma", (2.0,), x, np.array([1.0, 3.0, 0.0, 0.0]))[1:3].tolist() == [1.75, 2.0]
    assert math.isnan(values("vwma", (2.0,), x, np.zeros(4))[3])
    assert values("slope", (3.0,), np.array([5.0, 7.0, 9.0, 11.0]))[2:].tolist() == [2.0, 2.0]
    assert values("r2", (3.0,), np.array([5.0, 7.0, 9.0]))[2] == pytest.approx(1.0, rel=1e-15)
    assert values("beta", (3.0,), np.array([2.0, 4.0, 8.0]), np.array([1.0, 2.0, 4.0]))[2] == 2.0


def test_order_by_hand() -> None:
    x = np.array([3.0, 1.0, 2.0, 2.0, 9.0, np.nan, 4.0, 5.0, 6.0])
    assert values("median", (3.0,), x)[2:5].tolist() == [2.0, 2.0, 2.0]
    assert values("median", (4.0,), x)[3:5].tolist() == [2.0, 2.0]
    assert np.isnan(values("median", (3.0,), x)[5:8]).all()
    assert values("median", (3.0,), x)[8] == 5.0
    assert values("quantile", (3.0, 0.75), x)[2:5].tolist() == [2.5, 2.0, 5.5]
    assert values("pct_rank", (3.0,), x)[2:5].tolist() == [0.5, 0.5, 1.0]
    assert values("highest_age", (3.0,), x)[2:5].tolist() == [2.0, 0.0, 0.0]
    assert values("lowest_age", (3.0,), x)[2:5].tolist() == [1.0, 2.0, 1.0]
    assert np.isnan(values("lowest_age", (3.0,), x)[5:8]).all()


def test_zeros_of_both_signs_are_one_value() -> None:
    """Else the median's bits would tell in which order they came, which is the start of the data."""
    x = np.array([0.0, -0.0] * 20)
    assert not np.signbit(values("median", (5.0,), x)[4:]).any()


def test_a_line_turns_where_the_close_passes_it() -> None:
    close = np.concatenate([np.linspace(100.0, 50.0, 60), np.linspace(50.0, 100.0, 60)])
    line = values("supertrend.line", (5.0, 2.0), close + 1.0, close - 1.0, close, index=1)
    direction = values("supertrend.direction", (5.0, 2.0), close + 1.0, close - 1.0, close, index=1)
    assert set(direction[5:60]) == {-1.0}
    assert direction[-1] == 1.0
    turn = int(np.flatnonzero(direction == 1.0)[0])
    assert 60 < turn < 70
    assert (line[5:turn] > close[5:turn]).all()
    assert (line[turn:] < close[turn:]).all()
    assert (np.diff(line[5:turn]) <= 0.0).all()
    assert (np.diff(line[turn:]) >= 0.0).all()


def test_sar_follows_a_rise_from_below_and_turns() -> None:
    close = np.concatenate([np.arange(100.0, 140.0), np.arange(140.0, 100.0, -1.0)])
    sar = values("sar", (0.02, 0.2), close + 0.5, close - 0.5, index=1)
    assert math.isnan(sar[0])
    assert (sar[1:40] < close[1:40]).all()
    assert sar[60] > close[60]


def test_gaps_are_passed_over() -> None:
    close = np.concatenate([np.arange(1.0, 30.0), [np.nan], np.arange(30.0, 60.0)])
    for name, params, inputs, missing in (
        ("supertrend.line", (5.0, 2.0), (close + 1, close - 1, close), [29, 30]),
        ("sar", (0.02, 0.2), (close + 1, close - 1), [29]),
    ):
        found = np.flatnonzero(np.isnan(values(name, params, *inputs, index=1)))
        assert [bar for bar in found.tolist() if bar > 10] == missing, name


def test_what_has_a_value_is_defined() -> None:
    x, otherwise = np.array([1.0, np.nan, 0.0, np.inf]), np.array([7.0, 8.0, 9.0, 0.0])
    assert values("is_defined", (), x).tolist() == [1.0, 0.0, 1.0, 1.0]
    assert values("if_ready", (), x, otherwise).tolist() == [1.0, 8.0, 0.0, math.inf]


def test_money_flow_counts_no_change_by_rounding() -> None:
    """100.0 + 99.7 + 100.0 and 100.0 + 99.8 + 99.9 are the same sum and not the same float."""
    high, low, close = np.array([100.0, 100.0, 100.0]), np.array([99.7, 99.8, 99.7]), np.array([100.0, 99.9, 100.0])
    price = (high + low + close) / 3.0
    assert price[0] != price[1]
    assert np.isnan(values("mfi", (2.0,), high, low, close, np.ones(3))).all()
