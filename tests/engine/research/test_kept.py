"""A run begins with the kernel and the books that one before it is done with as with new ones."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import partial

import numpy as np
import pytest

from engine.model.candle import BarGrid
from engine.research import kept
from engine.research.backtest import backtest, bars_of
from engine.research.figures import figures
from engine.research.result import BacktestResult, Settings
from tests.generators.worlds import World, random_world


def forget() -> None:
    """As in a process that has run nothing."""
    kept._known.cache_clear()
    kept._idle_kernels.cache_clear()


def run(world: World, grid: BarGrid, settings: Settings, threads: int) -> BacktestResult:
    return backtest(world.strategy, grid, settings, traded=world.traded, threads=threads)


def said(result: BacktestResult) -> tuple[object, ...]:
    columns = (result.fills.tobytes(), result.equity_krw.tobytes(), result.equity_ms.tobytes(), result.cash_changes.tobytes())
    return (*columns, repr(figures(result).values), result.skipped, result.rule_counts, result.settled_ms, result.turned_away)


@pytest.mark.parametrize("seed", range(40))
def test_runs_after_one_another_say_what_each_says_alone(seed: int) -> None:
    """Over parts of one grid, with other cash, watched or not, with and without a thread."""
    world = random_world(seed, whole=False)
    length, rng = world.grid.state.shape[1], np.random.default_rng(seed)
    forget()
    wanted, found = [], []
    for _ in range(4):
        start = int(rng.choice([0, 0, length // 3]))  # what is kept belongs to where values settle
        grid = bars_of(world.grid, start, int(rng.integers(start + 1, length + 1)))
        settings = replace(world.settings, cash_krw=float(rng.choice([0.0, 1e6, 3e7])), to_ms=None)
        one = partial(run, world, grid, settings, int(rng.choice([1, 2])))
        found.append(said(one()))
        if rng.random() < 0.3:
            backtest(world.strategy, grid, settings, traded=world.traded, watch=lambda *_: None)
        wanted.append(one)
    for one, before in zip(wanted, found, strict=True):
        forget()
        assert said(one()) == before


def test_books_for_cash_that_cannot_be_are_refused() -> None:
    world = random_world(3, whole=False)
    for _ in range(2):
        run(world, world.grid, world.settings, 1)
        with pytest.raises(ValueError, match="cash"):
            run(world, world.grid, replace(world.settings, cash_krw=-1.0), 1)


def test_a_cut_grid_keeps_what_is_not_cut() -> None:
    grid = replace(random_world(5, whole=False).grid, outages=((0, 1),), release=lambda: None)
    cut = bars_of(grid, 3, 9)
    for field in fields(BarGrid):
        whole, part = getattr(grid, field.name), getattr(cut, field.name)
        if isinstance(whole, np.ndarray):
            np.testing.assert_array_equal(part, whole[:, 3:9])
        elif field.name == "first_index":
            assert part == whole + 3
        elif field.name not in ("side", "modelled"):
            assert part is whole
