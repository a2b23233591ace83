"""Value curves against plain pandas and against cases worked out by hand."""

from __future__ import annotations

import math
from dataclasses import astuple, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.candle import BarState
from engine.research.result import BacktestResult
from engine.research.returns import (
    DAY_MS,
    Curve,
    account_curve,
    buy_and_hold,
    buy_and_hold_curve,
    changes,
    daily_returns,
    daily_values,
    day_ends,
    drawdown,
    drawdowns,
    held_ratio,
    holding,
    monthly_values,
)
from tests.engine.research import toy


def _series(curve: Curve) -> pd.Series:
    """Rows stamped just before their close, so that a close at midnight belongs to the day it ends."""
    stamps = pd.to_datetime(np.concatenate(([curve.start_ms], curve.time_ms - 1)), unit="ms")
    return pd.Series(np.concatenate(([curve.start_krw], curve.value_krw)), index=stamps)


def _random_curve(rng: np.random.Generator) -> Curve:
    rows = int(rng.integers(2, 3000))
    step = int(rng.choice([60_000, 300_000, 3_600_000, 4 * 3_600_000, DAY_MS]))
    start = toy.START_MS + int(rng.integers(0, 500)) * step
    times = start + step * np.cumsum(rng.integers(1, 4, rows))
    values = 1e7 * np.exp(np.cumsum(rng.normal(0, 0.003, rows) * (rng.random(rows) < rng.random())))
    return Curve(start, 1e7, times.astype(np.int64), values)


@pytest.mark.parametrize("seed", range(60))
def test_daily_and_monthly_values_are_those_of_pandas(seed: int) -> None:
    curve = _random_curve(np.random.default_rng(seed))
    series = _series(curve)
    days, values = daily_values(curve)
    expected = series.resample("1D").last().ffill()
    assert [str(day) for day in days.astype("datetime64[D]")] == [stamp.strftime("%Y-%m-%d") for stamp in expected.index]
    np.testing.assert_array_equal(values, expected.to_numpy())
    before = np.concatenate(([curve.start_krw], expected.to_numpy()[:-1]))
    np.testing.assert_allclose(changes(curve.start_krw, values), expected.to_numpy() / before - 1, rtol=1e-12, atol=1e-15)
    months, monthly = monthly_values(curve)
    by_month = expected.resample("ME").last()
    assert list(months) == [stamp.strftime("%Y-%m") for stamp in by_month.index]
    np.testing.assert_array_equal(monthly, by_month.to_numpy())


@pytest.mark.parametrize("seed", range(60))
def test_drawdowns_are_those_of_pandas(seed: int) -> None:
    curve = _random_curve(np.random.default_rng(1000 + seed))
    series = _series(curve)
    expected = series / series.cummax() - 1
    np.testing.assert_allclose(drawdowns(curve), expected.to_numpy()[1:], rtol=0, atol=1e-15)
    found = drawdown(curve)
    assert found.depth == pytest.approx(expected.min(), abs=1e-15)
    assert (found.length_ms, found.longest_ms, found.recovered) == _walked(curve)


def _walked(curve: Curve) -> tuple[int, int, bool]:
    """Length of the deepest fall, of the longest, and whether the deepest recovered: row by row."""
    falls = []
    peak, since, depth = curve.start_krw, curve.start_ms, 0.0
    for time_ms, value in zip(curve.time_ms.tolist(), curve.value_krw.tolist(), strict=True):
        if value < peak:
            depth = min(depth, value / peak - 1)
            continue
        if depth < 0:
            falls.append((depth, time_ms - since, True))
        peak, since, depth = value, time_ms, 0.0
    if depth < 0:
        falls.append((depth, int(curve.time_ms[-1]) - since, False))
    if not falls:
        return 0, 0, True
    deepest = min(falls, key=lambda fall: fall[0])
    return deepest[1], max(length for _, length, _ in falls), deepest[2]


def test_a_fall_by_hand() -> None:
    hour = 3_600_000
    times = np.arange(1, 9, dtype=np.int64) * hour
    curve = Curve(0, 100.0, times, np.array([110.0, 99.0, 105.0, 110.0, 121.0, 120.0, 118.0, 119.0]))
    found = drawdown(curve)
    assert found.depth == pytest.approx(-0.1)
    assert (found.length_ms, found.longest_ms, found.recovered) == (3 * hour, 3 * hour, True)
    assert not drawdown(replace(curve, value_krw=np.array([110.0, 99, 105, 109, 108, 107, 106, 105]))).recovered


def test_a_fall_that_begins_with_the_last_row_lasts_one_row() -> None:
    found = drawdown(Curve(0, 100.0, np.array([5, 10, 15], dtype=np.int64), np.array([101.0, 102.0, 100.0])))
    assert (found.length_ms, found.longest_ms, found.recovered) == (5, 5, False)


def test_a_close_at_nine_in_the_morning_belongs_to_the_day_that_ends() -> None:
    times = np.array([DAY_MS, DAY_MS + 60_000], dtype=np.int64)
    days, values = daily_values(Curve(0, 100.0, times, np.array([110.0, 121.0])))
    assert days.tolist() == [0, 1]
    assert values.tolist() == [110.0, 121.0]


def test_days_without_a_close_repeat_the_last_value() -> None:
    times = np.array([DAY_MS, 8 * DAY_MS], dtype=np.int64)
    days, values = daily_values(Curve(0, 100.0, times, np.array([110.0, 121.0])))
    assert days.tolist() == list(range(8))
    assert values.tolist() == [110.0] * 7 + [121.0]


def test_buy_and_hold_by_hand() -> None:
    grid = toy.candles(200, seed=5)
    grid.state[2, :50] = BarState.UNKNOWN  # listed later
    grid.state[3, 120:] = BarState.UNKNOWN  # delisted
    for column in (grid.open, grid.high, grid.low, grid.close):
        column[2, :50], column[3, 120:] = np.nan, np.nan
    result = toy.simulate(grid, chance=0.0)
    parts, bought = [], 1 / (1.0005 * 1.0005)  # slippage and fee of the toy's settings
    for row, (first, last) in enumerate(((0, 200), (0, 200), (50, 200), (0, 120))):
        ratio = np.ones(200)
        ratio[first:last] = bought * grid.close[row, first:last] / grid.open[row, first]
        ratio[last:] = ratio[last - 1]
        parts.append(ratio)
        np.testing.assert_allclose(held_ratio(result, toy.MARKETS[row]), ratio, rtol=1e-14)
    curve = buy_and_hold_curve(result)
    np.testing.assert_allclose(curve.value_krw, 1e7 * np.mean(parts, axis=0), rtol=1e-14)
    assert curve.start_ms == toy.START_MS == account_curve(result).start_ms


def test_buy_and_hold_without_any_price_is_not_known() -> None:
    result = toy.simulate(toy.candles(20), chance=0.0)
    grid = result.candles
    dark = replace(grid, state=np.zeros_like(grid.state), open=grid.open * np.nan, close=grid.close * np.nan)
    assert np.isnan(buy_and_hold_curve(replace(result, candles=dark)).value_krw).all()


def test_candles_before_the_trading_start_do_not_count() -> None:
    result = toy.simulate(toy.candles(300, seed=8), chance=0.0)
    late = replace(result, equity_ms=result.equity_ms[100:], equity_krw=result.equity_krw[100:])
    expected = result.candles.close[0, 100:] / result.candles.open[0, 100] / (1.0005 * 1.0005)
    np.testing.assert_allclose(held_ratio(late, "KRW-BTC"), expected, rtol=1e-14)


def test_holding_is_the_plain_one_where_bars_and_rows_are_missing() -> None:
    """Long runs with candles unknown here and there, at the start or the end, and without some rows: what is taken a stretch at a time and
    what is not, over several of the stretches that threads share out."""
    rng = np.random.default_rng(12)
    whole, gaps = 0, 0
    for _ in range(30):
        grid = toy.candles(2_600, seed=int(rng.integers(1000)))
        missing = rng.random(2_600) < rng.choice([0.0, 0.0005, 0.05])
        grid.state[0, missing] = BarState.UNKNOWN
        grid.state[0, : rng.choice([0, 1_500])] = grid.state[0, rng.choice([1_700, 2_600]) :] = BarState.UNKNOWN
        grid.close[0, rng.random(2_600) < rng.choice([0.0, 0.002])] = np.nan
        result = toy.simulate(grid, chance=0.0)
        kept = rng.random(2_600) >= rng.choice([0.0, 0.01])
        result = replace(result, equity_ms=result.equity_ms[kept], equity_krw=result.equity_krw[kept])
        known = (grid.state[0] != BarState.UNKNOWN) & np.isfinite(grid.close[0])
        first = int(np.flatnonzero(known & kept)[0])
        last = pd.Series(np.where(known, grid.close[0], np.nan)).where(kept).ffill().to_numpy()
        expected = np.where(np.arange(2_600) < first, 1.0, last / (grid.open[0, first] * (1.0005 * 1.0005)))[kept]
        np.testing.assert_array_equal(held_ratio(result, toy.MARKETS[0]), expected)
        whole, gaps = whole + int(known[1_500:1_700].all() and kept.all()), gaps + int(not known.all() and not kept.all())
    assert whole > 2
    assert gaps > 5


def _holding_of(result: BacktestResult, rng: np.random.Generator) -> BacktestResult:
    """A run over one market on a price grid, with gaps in some, rising, falling or neither, and without some rows in some."""
    bars = len(result.equity_ms)
    walk = 3000.0 * np.exp(np.cumsum(rng.normal(rng.choice([-3e-4, 0.0, 1e-3]), 1.5e-3, bars)))
    close, state = np.round(walk)[None], np.full((1, bars), BarState.TRADED, np.int8)
    opens = close.copy()
    state[0, rng.random(bars) < rng.choice([0.0, 0.002])] = BarState.UNKNOWN
    close[0, rng.random(bars) < rng.choice([0.0, 0.001])] = np.nan
    kept = rng.random(bars) >= rng.choice([0.0, 0.002])
    candles = replace(result.candles, state=state, open=opens, close=close)
    return replace(result, candles=candles, equity_ms=result.equity_ms[kept], equity_krw=result.equity_krw[kept])


def test_holding_is_measured_as_its_curve_is() -> None:
    """One market's curve is measured without being made: to the bit what the pass over the curve itself says."""
    rng = np.random.default_rng(5)
    whole = toy.simulate(toy.candles(1200, markets=("KRW-XRP",)), chance=0.0)
    deep, ended = 0, 0
    for _ in range(60):
        result = _holding_of(whole, rng)
        curve = buy_and_hold_curve(result)
        last = day_ends(curve)[1]
        found = holding(result, last)
        assert found.curve is None
        assert found.fall == drawdown(curve)
        assert found.end_krw == curve.end_krw
        assert found.returns == buy_and_hold(result)[1]
        np.testing.assert_array_equal(found.value_krw, curve.value_krw[last])
        deep, ended = deep + int(found.fall.depth < -0.1), ended + int(found.fall.recovered)
    assert deep > 10
    assert ended > 3


def test_holding_without_any_price_is_not_known_either() -> None:
    result = toy.simulate(toy.candles(80, markets=("KRW-XRP",)), chance=0.0)
    grid = result.candles
    dark = replace(result, candles=replace(grid, state=np.zeros_like(grid.state), open=grid.open * np.nan, close=grid.close * np.nan))
    found = holding(dark, np.array([20, 79]))
    assert np.isnan([found.end_krw, found.fall.depth, *found.value_krw, *found.returns]).all()


@given(
    st.lists(st.lists(st.sampled_from([0.0, 90.0, 100.0, 101.0, math.nan, math.inf]), min_size=3, max_size=3), max_size=6),
    st.sampled_from([0.0, 100.0]),
)
def test_returns_of_days_and_what_is_counted_of_them_are_those_of_a_plain_look(days: list[list[float]], start: float) -> None:
    values = np.array(days, np.float64).reshape(len(days), 3).T.copy()
    daily, found = daily_returns(start, values)
    with np.errstate(invalid="ignore"):
        plain = changes(start, values)
    np.testing.assert_array_equal(daily, plain)
    for own, counted in zip(plain, found, strict=True):
        known = len(own) > 0 and not np.isnan(own).any()
        expected = [own.max(), own.min(), (own > 0).sum(), (own != 0).sum()] if known else [math.nan] * 4
        np.testing.assert_array_equal(astuple(counted), expected)
