"""The kernel against the reference over random graphs of side series, folds, values across markets, months, and over random universes."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dsl.graph import MONTH, Timeframe
from dsl.strategy import Condition, Universe
from engine.kernel.program import compile_program
from engine.kernel.universe import UniverseRun, member_series, universe_program
from engine.kernel.vm import Kernel
from engine.model.candle import BarGrid
from tests.engine.kernel.samples import FIVE, HOUR, MINUTE, SIDES, Maker, nests, random_grid, strategy
from tests.oracles.reference_beside import member_column, members_at
from tests.oracles.reference_values import Values

MARKETS = ("KRW-AAA", "KRW-BBB", "KRW-CCC", "KRW-DDD", "KRW-EEE")
DOMAIN = MARKETS[:4]
DAY = Timeframe(24 * HOUR.length_ms)
WEEK = Timeframe(7 * DAY.length_ms, 4 * DAY.length_ms)
seeds = st.integers(0, 2**32 - 1)
#: clock, and the timeframes around it
WORLDS = ((MINUTE, FIVE, (MINUTE, FIVE, HOUR)), (DAY, DAY, (DAY, WEEK, MONTH)))


def random_nodes(rng: np.random.Generator, make: Maker, timeframes: tuple[Timeframe, ...], count: int) -> dict[Timeframe, list[int]]:
    """Nodes per timeframe; each reads earlier ones of its own bars, or others through holds and folds."""
    pool = {timeframe: [make.leaf("close", timeframe), make.leaf("volume", timeframe)] for timeframe in timeframes}
    for _ in range(count):
        timeframe = timeframes[rng.integers(len(timeframes))]
        own, choice = pool[timeframe], int(rng.integers(7))
        a, b, c = (own[rng.integers(len(own))] for _ in range(3))
        if choice == 0:
            name, params = SIDES[rng.integers(len(SIDES))]
            own.append(make.side(name, timeframe, params))
        elif choice == 1:
            slower = timeframes[rng.integers(len(timeframes))]
            own.append(make.hold(timeframe, pool[slower][rng.integers(len(pool[slower]))]))
        elif choice == 2:
            finer = [
                other for other in timeframes if other != timeframe and (nests(other, timeframe) or (timeframe.months and other == DAY))
            ]
            if finer:
                source = pool[finer[rng.integers(len(finer))]]
                fold = ("last", "min", "max", "sum")[rng.integers(4)]
                own.append(make.op(f"over.{fold}", timeframe, source[rng.integers(len(source))]))
        elif choice == 3:
            name = ("rank", "pct_rank", "zscore", "mean", "median", "breadth", "top")[rng.integers(7)]
            member = make.const(1.0) if rng.random() < 0.5 else make.side("universe.member", timeframe)
            top = float(rng.integers(0, 4))
            params = (top, float(rng.integers(2)), *((2.0,) if name == "top" else ()))
            own.append(make.across(name, timeframe, a, member, *([c] if top else []), params=params))
        elif choice == 4:
            own.append(make.op("lag", timeframe, a, params=(float(rng.integers(1, 4)),)))
        elif choice == 5:
            own.append(make.op("highest", timeframe, a, params=(float(rng.integers(1, 5)),)))
        else:
            own.append(make.op("max", timeframe, a, b))
    return pool


def world(seed: int) -> tuple[BarGrid, Timeframe, Timeframe, tuple[Timeframe, ...], np.random.Generator]:
    rng = np.random.default_rng(seed)
    base, clock, timeframes = WORLDS[rng.integers(2)]
    first = int(rng.integers(10**6, 10**7)) if base == MINUTE else int(rng.integers(17_000, 20_000))
    grid = random_grid(rng, MARKETS, first, 260)
    return dataclasses.replace(grid, timeframe=base), base, clock, timeframes, rng


def compare(seed: int) -> int:
    """How many defined values agree (to 1e-9: sums of the reference run in another order)."""
    grid, base, clock, timeframes, rng = world(seed)
    make = Maker()
    pool = random_nodes(rng, make, timeframes, 24)
    exported = [node if timeframe == clock else make.hold(clock, node) for timeframe, nodes in pool.items() for node in nodes]
    chosen = strategy(make.graph, clock, exported[-1], conditions=tuple(Condition(str(node), node) for node in exported))
    program = compile_program(chosen, base, MARKETS, domain=DOMAIN)
    found = Kernel(program, int(rng.integers(1, 300))).advance(grid).values
    values, compared = Values(make.graph, grid, domain=DOMAIN), 0
    for row, market in enumerate(MARKETS):
        for column, node in enumerate(program.columns):
            expected = values.of(node, market)
            np.testing.assert_allclose(found[row, :, column], expected, rtol=1e-9, atol=1e-9, err_msg=f"{make.graph[node]}")
            compared += int((~np.isnan(expected)).sum())
    return compared


@given(seed=seeds)
def test_the_kernel_agrees_with_the_reference(seed: int) -> None:
    compare(seed)


def test_enough_was_compared() -> None:
    assert sum(compare(seed) for seed in range(12)) > 30_000


@given(seed=seeds)
def test_universes_agree(seed: int) -> None:
    rng = np.random.default_rng(seed)
    grid = random_grid(rng, MARKETS, int(rng.integers(10**6, 10**7)), 300, unknown=0.1)
    make = Maker()
    keep = make.op("and", FIVE, make.side("universe.member", FIVE), make.op("gt", FIVE, make.leaf("volume", FIVE), make.const(1500.0)))
    ranked = make.across("pct_rank", FIVE, make.leaf("close", FIVE), make.const(1.0))
    by = (None, make.op("lag", FIVE, ranked, params=(1.0,)))[rng.integers(2)]
    take = (None, 2)[rng.integers(2)]
    universe = Universe(make.graph, keep, by, take, int(rng.integers(60)) * 60_000, int(rng.choice([3, 10, 60])) * 60_000)
    events = UniverseRun(universe, universe_program(universe, FIVE, MINUTE, MARKETS, DOMAIN), DOMAIN).feed(grid)
    values = Values(make.graph, grid, domain=DOMAIN)
    kept = [values.of(keep, market) for market in MARKETS]
    worth = None if by is None else [values.of(by, market) for market in MARKETS]
    decided = members_at(grid, FIVE, kept, worth, DOMAIN, take, universe.refresh_ms, universe.every_ms)
    assert [(event.time_ms, event.members) for event in events] == decided
    assert np.array_equal(member_series(events, grid), member_column(grid, decided))
    assert len(decided) >= 4
