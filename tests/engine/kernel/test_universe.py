"""The universe on the daily candles of 90 real coins against pandas, point in time; its laws on random grids; entries of members only."""

from __future__ import annotations

import dataclasses
import itertools
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.graph import Timeframe
from dsl.strategy import Exit, ExitKind, Limits, Sizing, Strategy, Universe
from engine.candles.grid import build_grid
from engine.kernel.universe import UniverseRun, instants, member_series, universe_program
from engine.model.candle import MEMBER, BarGrid, BarState, CandleTable
from engine.model.events import Members
from engine.research.backtest import backtest, settled_ms, with_members
from engine.research.result import BacktestResult, Settings
from tests.engine.kernel.samples import FIVE, HOUR, MINUTE, OPS, Maker, cut, random_grid, strategy

DAY_MS = 24 * HOUR.length_ms
DAY = Timeframe(DAY_MS)
MARKETS = ("KRW-AAA", "KRW-BBB", "KRW-CCC", "KRW-DDD")
TAKE = 12
seeds = st.integers(0, 2**32 - 1)


@cache
def daily_grid(folder: Path) -> BarGrid:
    """All stored daily candles; a day without a row is unknown."""
    tables = []
    for path in sorted((folder / "upbit").glob("KRW-*_1d.parquet")):
        rows = pd.read_parquet(path)
        times = (rows["time"].astype("int64")).to_numpy()
        columns = [rows[name].to_numpy(dtype=np.float64) for name in ("open", "high", "low", "close", "volume", "value")]
        fetched = tuple((int(t), int(t) + DAY_MS) for t in times)
        tables.append(CandleTable(path.name.removesuffix("_1d.parquet"), DAY, times, *columns, fetched))
    tables.sort(key=lambda table: table.market)
    start, end = min(int(t.time_ms[0]) for t in tables), max(int(t.time_ms[-1]) for t in tables) + DAY_MS
    return build_grid(tables, [np.nan] * len(tables), DAY, start, end)


def daily_universe(every_ms: int) -> Universe:
    """Above the 20-day mean, at least 1 billion KRW in three days; the largest by seven days of turnover."""
    make = Maker()
    close = make.leaf("close", DAY)
    traded = make.op("mul", DAY, close, make.leaf("volume", DAY))
    trend = make.op("gt", DAY, close, make.op("sma", DAY, close, params=(20.0,)))
    liquid = make.op("gt", DAY, make.op("sum", DAY, traded, params=(3.0,)), make.const(1e9))
    keep = make.op("and", DAY, trend, liquid)
    by = make.op("sum", DAY, traded, params=(7.0,))
    return Universe(make.graph, keep, by, TAKE, refresh_ms=5 * 60_000, every_ms=every_ms)


def daily_strategy(every_ms: int) -> Strategy:
    """Buys members that rose, sells below the mean."""
    make = Maker()
    close = make.leaf("close", DAY)
    rose = make.op("gt", DAY, close, make.op("lag", DAY, close, params=(1.0,)))
    entry = make.op("and", DAY, make.side("universe.member", DAY), rose)
    weak = make.op("lt", DAY, close, make.op("sma", DAY, close, params=(20.0,)))
    chosen = strategy(make.graph, DAY, entry, (Exit("weak", ExitKind.RULE, weak),), sizing=Sizing(weight=0.1))
    return dataclasses.replace(chosen, universe=daily_universe(every_ms), limits=Limits())


def expected_members(grid: BarGrid) -> dict[int, set[str]]:
    """Close of every day -> members, from pandas alone."""
    days = pd.to_datetime((np.arange(grid.state.shape[1]) + grid.first_index) * DAY_MS, unit="ms")
    close = pd.DataFrame(grid.close.T, index=days, columns=grid.markets)
    traded = close * grid.volume.T
    keep = (close > close.rolling(20).mean()) & (traded.rolling(3).sum() > 1e9)
    by = traded.rolling(7).sum().where(keep)
    best = by.rank(axis=1, method="first", ascending=False) <= TAKE
    return {int(day.value // 10**6) + DAY_MS: set(best.columns[row]) for day, row in zip(days, (best & keep).to_numpy(), strict=True)}


@pytest.mark.data
@pytest.mark.parametrize("days", [1, 3])
def test_membership_is_what_pandas_says_at_every_instant(market_data: Path, days: int) -> None:
    grid = daily_grid(market_data)
    assert len(grid.markets) == 90
    assert int((grid.state[:, -1] == BarState.UNKNOWN).sum()) >= 60  # most have no candle at the end
    _, events, _ = with_members(daily_strategy(days * DAY_MS), grid, grid.markets, 256)
    expected = expected_members(grid)
    assert len(events) > 2500 // days
    chosen = 0
    for event in events:
        members = expected.get(event.time_ms // DAY_MS * DAY_MS, set())  # as of the last close, five minutes before
        assert set(event.members) == members, event.time_ms
        assert (event.time_ms - 5 * 60_000) % (days * DAY_MS) == 0
        chosen += len(members)
    assert chosen > 3000 // days


@cache
def daily_result(folder: Path) -> BacktestResult:
    grid = daily_grid(folder)
    settings = Settings(from_ms=int(pd.Timestamp("2021-06-01").value // 10**6), to_ms=int(pd.Timestamp("2022-03-01").value // 10**6))
    return backtest(daily_strategy(3 * DAY_MS), grid, settings)


@pytest.mark.data
def test_only_members_are_entered_and_leavers_are_sold_all_the_same(market_data: Path) -> None:
    result = daily_result(market_data)
    times = np.array([event.time_ms for event in result.members])

    def members(at_ms: int) -> tuple[str, ...]:
        return result.members[int(np.searchsorted(times, at_ms, side="right")) - 1].members

    entries = sales_of_leavers = 0
    for fill in result.fills:
        market = result.markets[fill["market"]]
        inside = market in members(int(fill["decided_ms"]))
        if fill["side"] > 0:
            assert inside
            entries += 1
        else:
            sales_of_leavers += not inside
    assert entries > 80
    assert sales_of_leavers > 30
    assert {event.time_ms // DAY_MS % 3 for event in result.members} == {0}


@pytest.mark.data
def test_the_block_changes_nothing(market_data: Path) -> None:
    grid, result = daily_grid(market_data), daily_result(market_data)
    other = backtest(daily_strategy(3 * DAY_MS), grid, dataclasses.replace(result.settings, block=7))
    assert other.members == result.members
    assert np.array_equal(other.fills, result.fills)
    assert np.array_equal(other.equity_krw, result.equity_krw)


@pytest.mark.data
def test_no_future_in_the_membership(market_data: Path) -> None:
    """Coins that end or begin later, and every candle from a day on, change nothing before it."""
    grid = daily_grid(market_data)
    chosen = daily_strategy(DAY_MS)
    _, whole, _ = with_members(chosen, grid, grid.markets, 512)
    for at in (1400, 1600, 2100):
        _, early, _ = with_members(chosen, cut(grid, 0, at), grid.markets, 512)
        assert list(early) == list(whole[: len(early)])
        assert len(early) >= at - 1


def random_universe(rng: np.random.Generator) -> Universe:
    make = Maker()
    keep = make.side("universe.member", FIVE)  # any flag serves
    ranked = make.across("rank", FIVE, make.op("lag", FIVE, make.leaf("close", FIVE), params=(2.0,)), make.const(1.0))
    every = int(rng.choice([5, 7, 30, 60])) * 60_000
    return Universe(make.graph, keep, ranked, int(rng.integers(1, 4)), int(rng.integers(0, 60)) * 60_000, every)


@given(seed=seeds, cuts=st.lists(st.integers(1, 399), max_size=5))
def test_cuts_change_no_event(seed: int, cuts: list[int]) -> None:
    rng = np.random.default_rng(seed)
    grid = random_grid(rng, MARKETS, int(rng.integers(10**6, 10**7)), 400, unknown=0.1)
    universe = random_universe(rng)
    program = universe_program(universe, FIVE, MINUTE, MARKETS, MARKETS, OPS)
    whole = UniverseRun(universe, program, MARKETS).feed(grid)
    parts = UniverseRun(universe, program, MARKETS, block=3)
    edges = sorted({0, 400, *cuts})
    found = [event for start, stop in itertools.pairwise(edges) for event in parts.feed(cut(grid, start, stop))]
    assert found == whole
    assert len(whole) >= 6


@given(seed=seeds)
def test_the_series_says_who_is_in_from_the_instant_on(seed: int) -> None:
    rng = np.random.default_rng(seed)
    grid = random_grid(rng, MARKETS, 5000, 200)
    times = sorted(rng.choice(np.arange(5000 * 60_000, 5200 * 60_000, 7_000), 5, replace=False).tolist())
    events = [Members(int(t), tuple(m for m in MARKETS if rng.random() < 0.5)) for t in times]
    series = member_series(events, grid)
    for column in range(200):
        close_ms = (5001 + column) * 60_000
        last = [event for event in events if event.time_ms <= close_ms]
        members = last[-1].members if last else ()
        assert series[:, column].tolist() == [float(market in members) for market in MARKETS]


def test_missing_keeps_nobody_and_missing_ranks_last() -> None:
    make = Maker()
    keep = make.side("external.signal", MINUTE)
    universe = Universe(make.graph, keep, make.side("external.kimp", MINUTE), 2, 0, 60_000)
    grid = random_grid(np.random.default_rng(0), MARKETS, 5000, 1, unknown=0.0)
    grid.state[:] = BarState.TRADED
    grid.close[:] = 1.0
    program = universe_program(universe, MINUTE, MINUTE, MARKETS, MARKETS, OPS)

    def members(keeps: list[float], ranks: list[float], candidates: tuple[str, ...] = MARKETS) -> tuple[str, ...]:
        side = {("external.signal", ()): np.array([keeps]).T, ("external.kimp", ()): np.array([ranks]).T}
        return UniverseRun(universe, program, candidates).feed(dataclasses.replace(grid, side=side))[-1].members

    nan = float("nan")
    assert members([1.0, nan, 0.0, 1.0], [1.0, 5.0, 5.0, nan]) == ("KRW-AAA", "KRW-DDD")
    assert members([1.0, 1.0, 1.0, 1.0], [2.0, nan, 2.0, 2.0]) == ("KRW-AAA", "KRW-CCC")
    assert members([1.0, 1.0, 1.0, 1.0], [2.0, nan, 3.0, 9.0], MARKETS[:2]) == ("KRW-AAA", "KRW-BBB")
    grid.state[0] = BarState.UNKNOWN
    grid.close[3] = nan
    assert members([1.0, 1.0, 1.0, 1.0], [9.0, 1.0, 2.0, 8.0]) == ("KRW-BBB", "KRW-CCC")


def test_instants_are_those_of_the_schedule() -> None:
    make = Maker()
    universe = Universe(make.graph, make.const(1.0), None, None, refresh_ms=5 * 60_000, every_ms=DAY_MS)
    assert instants(universe, 0, 2 * DAY_MS) == [300_000, 300_000 + DAY_MS]
    assert instants(universe, 300_000, 300_000 + DAY_MS) == [300_000 + DAY_MS]
    assert instants(universe, 299_999, 300_000) == [300_000]
    assert instants(universe, 300_000, 300_000 + DAY_MS - 1) == []


def test_settling_adds_both_programs_and_the_wait_for_an_instant() -> None:
    from engine.kernel.program import compile_program

    grid = BarGrid(("KRW-A",), DAY, 19_000, np.full((1, 5), BarState.TRADED, np.int8), *[np.ones((1, 5))] * 6)
    chosen = daily_strategy(3 * DAY_MS)
    program = compile_program(chosen, DAY, grid.markets)
    assert settled_ms(chosen, program, grid) == [19_000 * DAY_MS + program.settle_ms + 20 * DAY_MS + 3 * DAY_MS]
    assert MEMBER in program.sides
