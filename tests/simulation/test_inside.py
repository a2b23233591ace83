"""Seconds inside some of a run's bars (docs/decide.md §2): by hand, from the store, and in random worlds against the reference."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from dsl.graph import Timeframe
from engine.candles.inside import with_inside
from engine.candles.store import CandleStore
from engine.model.candle import BarGrid, CandleTable, InsideBars
from engine.model.costs import Costs
from engine.research.backtest import backtest
from engine.research.result import BacktestResult, Settings
from tests.generators.inside import with_random_inside
from tests.simulation.agreement import assert_agree
from tests.simulation.test_odd_worlds import ALWAYS, MINUTE, START, Bar, fills, grid_of, world_of
from tests.simulation.test_random_costs import world_of as random_world

WORLDS = min(settings.default.max_examples // 2, 500)
SECOND = Timeframe(1_000)
Second = tuple[int, float, float, float, float, float]

BODY = ALWAYS + "exits:\n  stop: {at: -5%}\n  up: {at: +5%}\n"
WILD: list[Bar] = [4000.0, 4000.0, (4000.0, 4300.0, 3700.0, 3900.0), 3900.0]


def inside_of(rows: list[Second], markets: int = 1) -> InsideBars:
    """Of the first market; a row is (second of the run, open, high, low, close, coins)."""
    columns = np.array(rows, np.float64).reshape(-1, 6).T
    first = np.array([0, *[len(rows)] * markets], np.int64)
    opens, highs, lows, closes, volumes = np.ascontiguousarray(columns[1:])
    return InsideBars(first, START + columns[0].astype(np.int64) * 1_000, opens, highs, lows, closes, volumes, 1, 0)


def run(rows: list[Second], costs: Costs | None = None, bars: list[Bar] | None = None) -> BacktestResult:
    """Both programs."""
    grid = replace(grid_of({"KRW-XRP": bars or WILD}), inside=inside_of(rows))
    world = world_of(BODY, grid, Settings(1e7, 0.0, 0.0, costs=costs or Costs()))
    return assert_agree(world.strategy, grid, world.settings, world.traded)


def test_seconds_know_what_was_hit_first() -> None:
    """Without them the stop is taken first, and counted as ambiguous."""
    blind = assert_agree(*whole())
    assert (fills(blind), blind.ambiguous_steps) == ([(1, "buy", 4000.0), (2, "stop", 3800.0)], 1)
    up = run(
        [(120, 4000.0, 4100.0, 4000.0, 4100.0, 0.5), (130, 4150.0, 4300.0, 4150.0, 4300.0, 0.2), (179, 3700.0, 3900.0, 3700.0, 3900.0, 0.3)]
    )
    assert (fills(up)[:2], up.ambiguous_steps) == ([(1, "buy", 4000.0), (2, "up", 4200.0)], 0)
    assert up.fills["time_ms"][1] == START + 130_000
    down = run([(120, 4000.0, 4000.0, 3700.0, 3750.0, 0.5), (130, 4300.0, 4300.0, 3900.0, 3900.0, 0.5)])
    assert (fills(down), down.ambiguous_steps) == ([(1, "buy", 4000.0), (2, "stop", 3800.0)], 0)


def whole() -> tuple:  # type: ignore[type-arg]
    """The run without seconds."""
    world = world_of(BODY, grid_of({"KRW-XRP": WILD}), Settings(1e7, 0.0, 0.0))
    return world.strategy, world.grid, world.settings, world.traded


def test_a_late_order_arrives_at_the_next_second() -> None:
    rows: list[Second] = [
        (60, 4000.0, 4000.0, 4000.0, 4000.0, 0.2),
        (61, 4010.0, 4010.0, 4010.0, 4010.0, 0.2),
        (62, 4000.0, 4000.0, 4000.0, 4000.0, 0.6),
    ]
    bars: list[Bar] = [4000.0, (4000.0, 4010.0, 4000.0, 4000.0), 4000.0, 4000.0]
    result = run(rows, Costs(latency_ms=500), bars)
    assert [(int(f["time_ms"]), float(f["price_krw"])) for f in result.fills] == [(START + 61_000, 4010.0)]


def table(timeframe: Timeframe, rows: list[Second], fetched: tuple[tuple[int, int], ...]) -> CandleTable:
    """Candles of KRW-XRP as they are stored."""
    columns = np.ascontiguousarray(np.array(rows, np.float64).reshape(-1, 6).T)
    time_ms = START + columns[0].astype(np.int64) * 1_000
    ranges = tuple((START + start * 1_000, START + end * 1_000) for start, end in fetched)
    return CandleTable("KRW-XRP", timeframe, time_ms, *columns[1:], np.full(len(time_ms), np.nan), ranges)


def test_what_is_stored_decides_where_it_adds_up(tmp_path: Path) -> None:
    """Minute 0: seconds that add up; 1: another volume; 2: another high; 3: fetched in part; 4: no seconds; 5: none recorded."""
    store, minute = CandleStore(tmp_path), Timeframe(MINUTE)
    minutes = [(60 * k, 4000.0, 4010.0, 3990.0, 4005.0, 1.1) for k in range(6)]
    store.write(table(minute, minutes, ((0, 360),)))
    first = [(0, 4000.0, 4010.0, 4000.0, 4010.0, 0.3), (59, 4000.0, 4005.0, 3990.0, 4005.0, 0.8)]
    second = [(60, 4000.0, 4010.0, 3990.0, 4005.0, 1.0)]
    third = [(120, 4000.0, 4009.0, 3990.0, 4005.0, 1.1)]
    fourth = [(180, 4000.0, 4010.0, 3990.0, 4005.0, 1.1)]
    store.write(table(SECOND, [*first, *second, *third, *fourth], ((0, 200), (240, 300))))
    grid = with_inside(store.grid(["KRW-XRP"], minute, START, START + 6 * MINUTE), store, START)
    assert grid.inside is not None
    assert (grid.inside.bars, grid.inside.apart) == (1, 2)
    assert ((grid.inside.time_ms - START) // 1_000).tolist() == [0, 59]
    assert grid.inside.high.tolist() == [4010.0, 4005.0]
    later = with_inside(store.grid(["KRW-XRP"], minute, START, START + 6 * MINUTE), store, START + 1)
    assert later.inside is not None
    assert (later.inside.bars, later.inside.apart) == (0, 2)
    alone = with_inside(store.grid(["KRW-XRP"], SECOND, START, START + 6 * MINUTE), store, START)
    assert alone.inside is None


def compare(grid: BarGrid, seed: int, seen: Counter[str]) -> None:
    world = replace(random_world(seed, longest=250), grid=grid)
    result = assert_agree(world.strategy, grid, world.settings, world.traded)
    base = grid.timeframe.length_ms
    late = (result.fills["time_ms"] - grid.timeframe.offset_ms) % base != 0
    seen.update({"worlds": 1, "fills": len(result.fills), "fills at a second": int(late.sum())})
    asked = replace(world.settings, block=1)
    assert backtest(world.strategy, grid, asked, traded=world.traded).fills.tobytes() == result.fills.tobytes()


def test_random_worlds_with_seconds_are_the_references() -> None:
    seen: Counter[str] = Counter()
    for seed in range(190_000, 190_000 + WORLDS):
        world = random_world(seed, longest=250)
        compare(with_random_inside(random.Random(f"inside {seed}"), world).grid, seed, seen)
    assert seen["fills at a second"] >= WORLDS, seen


@pytest.mark.parametrize("skip", [False, True])
def test_quiet_bars_are_passed_with_seconds_too(skip: bool) -> None:
    """A trail over bars in which nothing happens: the highest second of the last one counts."""
    bars: list[Bar] = [
        4000.0,
        4000.0,
        *[4000.0] * 5,
        (4000.0, 4100.0, 4000.0, 4100.0),
        4100.0 if skip else (4100.0, 4100.0, 4000.0, 4000.0),
    ]
    rows: list[Second] = [(420, 4000.0, 4100.0, 4000.0, 4050.0, 0.5), (421, 4100.0, 4100.0, 4100.0, 4100.0, 0.5)]
    grid = replace(grid_of({"KRW-XRP": bars}), inside=inside_of(rows))
    world = world_of(ALWAYS + "exits:\n  stop: {at: -9%}\n  trail: {at: pos.high - 80 KRW}\n", grid, Settings(1e7, 0.0, 0.0))
    result = assert_agree(world.strategy, grid, world.settings, world.traded)
    assert fills(result)[1:] == ([] if skip else [(8, "trail", 4020.0)])
