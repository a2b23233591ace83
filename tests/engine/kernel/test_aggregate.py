"""The aggregator against pandas and the exchange's own hourly candles, and its laws on bars that are missing or did not trade."""

from __future__ import annotations

import functools
import itertools
import operator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.graph import Timeframe
from engine.kernel.aggregate import aggregate, ratio
from engine.kernel.program import compile_program
from engine.kernel.vm import Kernel
from engine.model.candle import BarGrid, BarState
from tests.engine.kernel.reference import higher_bars
from tests.engine.kernel.samples import (
    FIVE,
    HOUR,
    MINUTE,
    MINUTE_MS,
    ODD,
    OPS,
    QUARTER,
    SERIES,
    Maker,
    cut,
    random_grid,
    same_bits,
    strategy,
)

WEEK = Timeframe(7 * 24 * HOUR.length_ms, 4 * 24 * HOUR.length_ms)
seeds = st.integers(0, 2**32 - 1)


@given(seed=seeds, timeframe=st.sampled_from([MINUTE, FIVE, QUARTER, HOUR, ODD]))
def test_agrees_with_the_slow_reference(seed: int, timeframe: Timeframe) -> None:
    rng = np.random.default_rng(seed)
    grid = random_grid(rng, ("KRW-AAA", "KRW-BBB"), int(rng.integers(10**6, 10**7)), int(rng.integers(1, 700)))
    bars = aggregate(grid, timeframe)
    assert bars.timeframe == timeframe
    for market in range(2):
        expected = higher_bars(grid, market, timeframe)
        assert list(range(bars.first_index, bars.first_index + bars.state.shape[1])) == sorted(expected)
        for name in SERIES:
            assert same_bits(getattr(bars, name)[market], np.array([expected[i][name] for i in sorted(expected)]))


@given(seed=seeds)
def test_kernel_builds_the_same_bars_whatever_the_cut(seed: int) -> None:
    rng = np.random.default_rng(seed)
    grid = random_grid(rng, ("KRW-AAA", "KRW-BBB"), int(rng.integers(10**6, 10**7)), 900)
    make = Maker()
    leaves = [make.leaf(name, HOUR) for name in SERIES]
    entry = make.op("five", HOUR, *leaves[:5])
    chosen = strategy(make.graph, HOUR, entry, rank=leaves[5])
    program = compile_program(chosen, MINUTE, ("KRW-AAA", "KRW-BBB"), OPS)
    kernel = Kernel(program, int(rng.integers(1, 1000)))
    edges = [0, *sorted(rng.integers(1, 900, 4).tolist()), 900]
    parts = [kernel.advance(cut(grid, a, b)).values for a, b in itertools.pairwise(edges) if a < b]
    bars = aggregate(grid, HOUR)
    whole = bars.open + 2.0 * bars.high + 3.0 * bars.low + 5.0 * bars.close + 7.0 * bars.volume
    found = np.concatenate(parts, axis=1)
    assert same_bits(found[:, :, 0], whole)
    assert same_bits(found[:, :, 1], bars.value)


@given(seed=seeds)
def test_two_steps_give_the_same_bits_as_one(seed: int) -> None:
    """Minutes to five minutes to an hour = minutes to an hour, on volumes as the exchange prints them."""
    grid = random_grid(np.random.default_rng(seed), ("KRW-AAA",), 60 * 50_000, 600)
    direct, stepped = aggregate(grid, HOUR), aggregate(aggregate(grid, FIVE), HOUR)
    assert direct.first_index == stepped.first_index
    assert np.array_equal(direct.state, stepped.state)
    for name in ("open", "high", "low", "close", "volume"):
        assert same_bits(getattr(direct, name), getattr(stepped, name))


def one_market(states: list[int], close: list[float], first_index: int = 0) -> BarGrid:
    price = np.array([close], dtype=np.float64)
    volume = np.where(np.array([states]) == BarState.TRADED, 0.1, 0.0)
    return BarGrid(("KRW-AAA",), MINUTE, first_index, np.array([states], np.int8), price, price + 1, price - 1, price, volume, volume)


def test_bars_without_trades_take_no_part_but_the_last_close() -> None:
    bars = aggregate(one_market([2, 1, 2, 1, 1] + [1] * 5 + [1, 2, 1, 1, 1], [10, 10, 12, 12, 12] + [12] * 5 + [12, 20, 20, 20, 20]), FIVE)
    assert bars.state.tolist() == [[2, 1, 2]]
    assert bars.open.tolist() == [[10, 12, 20]]
    assert bars.high.tolist() == [[13, 12, 21]]
    assert bars.low.tolist() == [[9, 12, 19]]
    assert bars.close.tolist() == [[12, 12, 20]]
    assert bars.volume.tolist() == [[0.2, 0.0, 0.1]]


def test_one_unknown_bar_makes_the_higher_bar_unknown() -> None:
    bars = aggregate(one_market([2, 2, 0, 2, 2] + [2] * 5, [1.0] * 10), FIVE)
    assert bars.state.tolist() == [[0, 2]]
    for name in SERIES:
        assert np.isnan(getattr(bars, name)[0, 0])
        assert np.isfinite(getattr(bars, name)[0, 1])


def test_beginning_inside_a_bar() -> None:
    bars = aggregate(one_market([2] * 8, [1.0] * 8, first_index=5 * 7 + 2), FIVE)
    assert bars.first_index == 7
    assert bars.state.tolist() == [[0, 2]]


def test_no_bar_closes() -> None:
    assert aggregate(one_market([2] * 3, [1.0] * 3, first_index=0), FIVE).state.shape == (1, 0)


def test_volumes_are_summed_as_whole_counts() -> None:
    """0.1 added sixty times is 6.0, not 5.999999999999998."""
    assert aggregate(one_market([2] * 60, [1.0] * 60), HOUR).volume[0, 0] == 6.0
    assert functools.reduce(operator.add, [0.1] * 60) != 6.0  # the built-in sum compensates from Python 3.12 on


def test_refuses_bars_that_do_not_nest() -> None:
    with pytest.raises(ValueError, match="not made of whole bars"):
        aggregate(one_market([2], [1.0]), Timeframe(90_000))
    assert ratio(MINUTE, WEEK) == 7 * 24 * 60


def minutes(data: Path, market: str, start: str, end: str) -> BarGrid:
    """Stored minutes as a dense grid; minutes without a row did not trade."""
    frame = pd.read_parquet(data / "upbit" / f"{market}_1m.parquet")
    frame = frame[(frame.time >= start) & (frame.time < end)].set_index("time")
    first = pd.Timestamp(start, tz="UTC")
    dense = frame.reindex(pd.date_range(first, pd.Timestamp(end, tz="UTC"), freq="1min", inclusive="left"))
    traded = dense.close.notna()
    last = dense.close.ffill()
    columns = {name: dense[name].where(traded, last) for name in ("open", "high", "low", "close")}
    columns |= {name: dense[name].where(traded, 0.0) for name in ("volume", "value")}
    state = np.where(traded, BarState.TRADED, np.where(last.notna(), BarState.NO_TRADE, BarState.UNKNOWN)).astype(np.int8)
    arrays = {name: column.to_numpy(np.float64)[None, :].copy() for name, column in columns.items()}
    return BarGrid((market,), MINUTE, int(first.timestamp() * 1000) // MINUTE_MS, state[None, :], **arrays)


@pytest.mark.data
@pytest.mark.parametrize("market", ["KRW-BTC", "KRW-ETH", "KRW-XRP", "KRW-SOL"])
def test_minutes_give_the_exchanges_own_hours(market: str, market_data: Path) -> None:
    bars = aggregate(minutes(market_data, market, "2025-09-01", "2025-09-23"), HOUR)
    hours = pd.read_parquet(market_data / "upbit" / f"{market}_1h.parquet")
    hours = hours[(hours.time >= "2025-09-01") & (hours.time < "2025-09-23")]
    assert len(hours) == 528 == bars.state.shape[1]
    assert (bars.state == BarState.TRADED).all()
    for name in ("open", "high", "low", "close"):
        assert np.array_equal(getattr(bars, name)[0], hours[name].to_numpy())
    assert np.abs(bars.volume[0] - hours.volume.to_numpy()).max() <= 1e-8
    assert (bars.volume[0] == hours.volume.to_numpy()).mean() > 0.99


@pytest.mark.data
@pytest.mark.parametrize("rule", ["15min", "4h", "1D"])
def test_minutes_resample_as_pandas_does(rule: str, market_data: Path) -> None:
    grid = minutes(market_data, "KRW-SOL", "2025-09-01", "2025-09-23")
    length_ms = int(pd.Timedelta(rule).total_seconds() * 1000)
    bars = aggregate(grid, Timeframe(length_ms))
    traded = grid.state[0] == BarState.TRADED
    index = pd.to_datetime((grid.first_index + np.arange(len(traded))) * MINUTE_MS, unit="ms", utc=True)
    frame = pd.DataFrame({name: getattr(grid, name)[0] for name in SERIES}, index=index)[traded]
    how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    expected = frame.resample(rule).agg(how).dropna()
    assert len(expected) == (bars.state == BarState.TRADED).sum() > 20
    for name in how:
        found = getattr(bars, name)[0][bars.state[0] == BarState.TRADED]
        assert np.allclose(found, expected[name].to_numpy(), rtol=1e-12 if name == "volume" else 0.0, atol=0.0)


@pytest.mark.data
def test_traded_values_of_2018_give_the_exchanges_own_hours(market_data: Path) -> None:
    """The minutes whose KRW value was kept: the sum agrees with the hour's own value to the last bits in most whole hours."""
    grid = minutes(market_data, "KRW-BTC", "2018-01-23", "2018-02-01")
    bars = aggregate(grid, HOUR)
    hours = pd.read_parquet(market_data / "upbit" / "KRW-BTC_1h.parquet").set_index("time")
    index = pd.to_datetime((bars.first_index + np.arange(bars.state.shape[1])) * HOUR.length_ms, unit="ms", utc=True)
    own = hours[["value", "volume"]].add_suffix("_own")
    found = pd.DataFrame({"value": bars.value[0], "volume": bars.volume[0]}, index=index).join(own).dropna()
    whole = found[found.volume == found.volume_own]
    assert len(whole) > 150
    assert (whole.value == whole.value_own).mean() > 0.9
    assert (np.abs(whole.value / whole.value_own - 1.0) < 1e-12).all()
