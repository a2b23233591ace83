"""Candles of the day and week in progress and before, folds of finer bars, and trade flow, by their rule text through the kernel."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from dsl.checker.conditions import Conditions
from dsl.checker.context import RuleText, Scope
from dsl.checker.expressions import Expressions
from dsl.graph import Timeframe
from dsl.parser import parse_rule
from dsl.source import Source
from dsl.yaml_tree import Scalar
from engine.kernel.program import compile_values
from engine.kernel.vm import Kernel
from engine.model.candle import BarGrid
from tests.dsl.helpers import CATALOGUE
from tests.generators.candles import random_grid

M5, M15, H1 = (Timeframe(minutes * 60_000) for minutes in (5, 15, 60))
MARKETS = ("KRW-BTC", "KRW-ETH")
#: three weeks of five-minute bars
BARS = 21 * 288
HOW = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum", "value": "sum"}
Column = NDArray[np.float64]


def column(text: str, grid: BarGrid, clock: Timeframe) -> Column:
    """[markets, clock bars] of one expression."""
    scope = Scope(CATALOGUE, clock)
    conditions = Conditions(scope, Expressions(scope))
    rule = RuleText(Scalar(Source("r", text), text, 0, len(text)), ("r",))
    value = conditions.expressions.evaluate(parse_rule(text), conditions.context(rule))
    assert value is not None, [(d.code, d.args) for d in scope.diagnostics]
    assert value.node is not None
    program = compile_values(scope.graph, [value.node], clock, grid.timeframe, grid.markets)
    return Kernel(program, 512).advance(grid).values[:, :, 0]


@pytest.fixture(scope="module")
def grid() -> BarGrid:
    return random_grid(random.Random(8), MARKETS, BARS, base_ms=300_000, unknown=False)


def frames(grid: BarGrid) -> list[pd.DataFrame]:
    """Candles by open time, in UTC: a day that begins at 00:00 UTC begins at 09:00 KST, a week there on Monday."""
    opens = pd.to_datetime((grid.first_index + np.arange(BARS)) * 300_000, unit="ms")
    return [pd.DataFrame({name: getattr(grid, name)[row] for name in HOW}, index=opens) for row in range(len(MARKETS))]


@pytest.mark.parametrize("part", list(HOW))
@pytest.mark.parametrize(("name", "period"), [("day", "D"), ("week", "W-SUN")])
def test_candles_in_progress_and_before_are_those_of_pandas(grid: BarGrid, name: str, period: str, part: str) -> None:
    now, before = column(f"{name}.{part}", grid, M5), column(f"prev_{name}.{part}", grid, M5)
    compared = 0
    for row, frame in enumerate(frames(grid)):
        sessions = frame.index.to_period(period)
        traded = frame.volume > 0.0
        prices = part in ("open", "high", "low")  # of trades alone, as on the exchange; until the first one the price that stands
        series = frame[part].where(traded) if prices else frame[part]
        groups = series.groupby(sessions)
        so_far = groups.transform(lambda s: s.dropna().iloc[0] if len(s.dropna()) else np.nan) if part == "open" else series
        if part in ("high", "low"):
            so_far = groups.cummax() if part == "high" else groups.cummin()
        elif part in ("volume", "value"):
            so_far = groups.transform(lambda s: s.cumsum(skipna=False))
        begun = traded.groupby(sessions).cummax()
        so_far = so_far.groupby(sessions).ffill().where(begun, frame[part]) if prices else so_far
        whole = (groups.agg(lambda s: s.sum(skipna=False)) if part in ("volume", "value") else getattr(groups, HOW[part])()).shift(1)
        complete = (sessions != sessions[0]) if part != "close" else np.full(BARS, True)
        earlier = sessions > sessions[0] + 1  # the first session may have begun before the data
        np.testing.assert_allclose(now[row][complete], so_far[complete], rtol=1e-9)
        np.testing.assert_allclose(before[row][earlier], whole.reindex(sessions).to_numpy()[earlier], rtol=1e-9)
        compared += int(complete.sum() + earlier.sum())
    assert compared > 2 * 2_000


@pytest.mark.parametrize(("fold", "how"), [("min", "min"), ("max", "max"), ("last", "last"), ("sum", "sum")])
def test_folds_of_finer_bars_are_those_of_pandas(grid: BarGrid, fold: str, how: str) -> None:
    finer = column("(close / open)@5m", grid, M5)
    found = column(f"{fold}((close / open)@5m, over=1h)", grid, H1)
    for row, frame in enumerate(frames(grid)):
        hours = pd.Series(finer[row], frame.index).resample("1h").agg(how)
        counts = pd.Series(1, frame.index).resample("1h").sum()
        expected = hours[counts == 12].to_numpy()
        got = found[row][np.flatnonzero((counts == 12).to_numpy())[0] :][: len(expected)]
        np.testing.assert_allclose(got, expected, rtol=1e-12)
        assert len(expected) > 480


def test_trade_flow_is_what_was_recorded(grid: BarGrid) -> None:
    chance = np.random.default_rng(2)
    bought, sold = (np.where(chance.random((2, BARS)) < 0.01, np.nan, chance.lognormal(0, 1, (2, BARS))) for _ in range(2))
    grid = BarGrid(
        grid.markets, grid.timeframe, grid.first_index, grid.state, grid.open, grid.high, grid.low, grid.close, grid.volume, grid.value,
        {("flow.bought", ()): bought, ("flow.sold", ()): sold},
    )  # fmt: skip
    share = column("flow.buy_share(1h)", grid, M5)
    strength = column("flow.strength(day)", grid, M5)
    for row, frame in enumerate(frames(grid)):
        up, down = (pd.Series(part[row], frame.index) for part in (bought, sold))
        both = up.rolling(12).sum() + down.rolling(12).sum()
        np.testing.assert_allclose(share[row], (up.rolling(12).sum() / both).to_numpy(), rtol=1e-9, equal_nan=True)
        days = frame.index.to_period("D")
        sums = [part.groupby(days).transform(lambda day: day.cumsum(skipna=False)) for part in (up, down)]
        later = days != days[0]
        np.testing.assert_allclose(strength[row][later], (100 * sums[0] / sums[1]).to_numpy()[later], rtol=1e-9, equal_nan=True)
        assert np.isfinite(strength[row]).sum() > 500


def test_the_imbalance_of_the_book_is_its_larger_side(grid: BarGrid) -> None:
    chance = np.random.default_rng(3)
    bid, ask = (np.where(chance.random((2, BARS)) < 0.1, np.nan, chance.integers(0, 4, (2, BARS))) for _ in range(2))
    grid = BarGrid(
        grid.markets, grid.timeframe, grid.first_index, grid.state, grid.open, grid.high, grid.low, grid.close, grid.volume, grid.value,
        {("book.bid_size", (3.0,)): bid, ("book.ask_size", (3.0,)): ask},
    )  # fmt: skip
    found = column("book.imbalance(levels=3)", grid, M5)
    expected = 2 * bid / np.where(bid + ask == 0, np.nan, bid + ask) - 1
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12, equal_nan=True)
    assert {-1.0, 0.0, 1.0} <= set(found[~np.isnan(found)])
    assert np.isnan(column("book.imbalance", grid, M5)).all(), "one level is another series, which was not recorded"
