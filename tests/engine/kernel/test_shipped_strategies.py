"""Laws of the machine over the strategies that come with the product, with the real ops."""

from __future__ import annotations

import dataclasses
import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dsl.files import compile_file
from dsl.strategy import Portfolio, PortfolioPart, Strategy
from engine.kernel.catalogue import catalogue
from engine.kernel.decide.close import close_exits
from engine.kernel.decide.entries import enter, queue_entries
from engine.kernel.decide.guard import on_mark
from engine.kernel.decide.plan import Terms
from engine.kernel.decide.position import equity_krw, exposure_krw
from engine.kernel.desk import Desk, handle_event
from engine.kernel.fills import trade_at
from engine.kernel.load import compile_function
from engine.kernel.loop import note_volumes, step_bar
from engine.kernel.portfolio import quiet_bars
from engine.kernel.program import Program, compile_program
from engine.kernel.rehearsal import rehearse
from engine.kernel.sweep import sweep_bars
from engine.kernel.vm import Kernel
from engine.model.candle import BarGrid
from engine.model.events import Intent, Side, Step
from engine.research.backtest import backtest
from engine.research.portfolio import backtest_portfolio
from engine.research.result import Settings
from engine.research.sweep import sweep
from tests.engine.kernel.samples import HOUR, MINUTE, cut, random_grid, same_bits
from tests.shipped import ROOT
from tests.shipped import STRATEGIES as SHIPPED

MARKETS = ("KRW-BTC", "KRW-XRP")


def shipped(path: Path) -> tuple[Strategy, Program]:
    compiled = compile_file(path, catalogue())
    assert compiled.strategy is not None
    base = MINUTE if compiled.strategy.clock.length_ms < HOUR.length_ms else compiled.strategy.clock
    return compiled.strategy, compile_program(compiled.strategy, base, MARKETS)


def grid_of(program: Program, bars: int, seed: int) -> BarGrid:
    grid = random_grid(np.random.default_rng(seed), MARKETS, 20_000 * 60_000 // (program.base.length_ms // 1000), bars, unknown=0.0)
    value = np.where(np.isnan(grid.value), 1.0, grid.value)
    return dataclasses.replace(grid, timeframe=program.base, value=value)


def test_there_are_strategies() -> None:
    assert len(SHIPPED) >= 10


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_cuts_blocks_and_saved_state_change_nothing(path: Path) -> None:
    _, program = shipped(path)
    grid = grid_of(program, 5000, 1)
    whole = Kernel(program).advance(grid).values
    rng = np.random.default_rng(2)
    for block in (1, 7, 999, 4096):
        edges = [0, *sorted(rng.integers(1, 5000, 5).tolist()), 5000]
        kernel = Kernel(program, block)
        parts = []
        for start, stop in itertools.pairwise(edges):
            if start < stop:
                parts.append(kernel.advance(cut(grid, start, stop)).values)
                kernel = Kernel.restore(program, kernel.save(), block)
        assert same_bits(np.concatenate(parts, axis=1), whole)
    assert np.isfinite(whole).mean() > 0.4


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_settled_values_do_not_depend_on_where_the_data_began(path: Path) -> None:
    """Two starts inside different bars of every section; after settle_ms from the later one all columns are equal, bit for bit."""
    _, program = shipped(path)
    base_ms = program.base.length_ms
    late = 1237
    bars = late + program.settle_ms // base_ms + 3000
    grid = grid_of(program, bars, 3)
    early_block = Kernel(program).advance(grid)
    late_block = Kernel(program).advance(cut(grid, late, bars))
    offset = late_block.first_index - early_block.first_index
    settled = late_block.close_ms >= (grid.first_index + late) * base_ms + program.settle_ms
    ready = late_block.close_ms >= (grid.first_index + late) * base_ms + program.ready_ms
    a, b = early_block.values[:, offset:], late_block.values
    assert same_bits(a[:, settled], b[:, settled])
    assert np.isfinite(b[:, settled]).mean() > 0.6
    assert settled.sum() * program.clock.length_ms >= 2900 * base_ms
    assert program.ready_ms <= program.settle_ms
    assert ready.sum() >= settled.sum()
    if path.stem == "pullback-trend":  # the law is not empty: before that they do depend on it
        assert ready.sum() > settled.sum()
        assert not same_bits(a[:, ready & ~settled], b[:, ready & ~settled])


def test_rehearsals_compile_for_the_types_of_real_runs() -> None:
    """In a process of its own: other tests compile the same functions for types of theirs."""
    call = "from tests.engine.kernel.test_shipped_strategies import rehearse_and_run; rehearse_and_run()"
    done = subprocess.run([sys.executable, "-c", call], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr


def rehearse_and_run() -> None:
    """Real runs need no type that the rehearsals did not: else the first backtest after the launcher's precompilation compiles again."""
    rehearse()
    loop = compile_function(sweep_bars, allocates=False)
    event, fill = compile_function(handle_event, allocates=False), compile_function(trade_at, allocates=False)
    path = next(path for path in SHIPPED if path.stem == "every-exit")
    strategy, program = shipped(path)
    grid = grid_of(program, 3000, 1)
    assert backtest(strategy, grid, Settings()).equity_ms.size > 100
    assert sweep([strategy], grid, Settings()).outcomes[0].daily.size > 0
    desk = Desk(strategy, program.position, MARKETS, Terms(1_000_000.0, 0.0005, 0.0005, True))
    step = Step(MARKETS[0], 1_750_000_000_000, 100.0, 101.0, 99.0, 100.0, 1.0, True)
    assert desk.process(step) == []
    desk.answer(Intent(1, MARKETS[0], Side.BID, 10_000.0, 0.0, float("nan"), -1, step.time_ms), step)
    found = backtest_portfolio(Portfolio("", "", (PortfolioPart(strategy, 1.0),), None), grid, Settings())
    assert len(found.fills) > 10
    parts = (step_bar, close_exits, on_mark, queue_entries, enter, quiet_bars, note_volumes, equity_krw, exposure_krw)
    for dispatcher in (loop, event, fill, *(compile_function(part, allocates=False) for part in parts)):
        assert len(dispatcher.made) == 1, dispatcher.function
