"""Law: the number of threads changes nothing, neither where markets are shared out nor where columns are computed ahead."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.sweep import grid_of
from benchmarks.walk import MINUTE_MS, START_MS
from engine.cli.inputs import load_strategy
from engine.kernel import beside, fields
from engine.kernel.abi import HANDLE_ITEMS
from engine.kernel.book import save_book
from engine.kernel.decide.plan import make_book
from engine.kernel.program import compile_program
from engine.kernel.run import Run
from engine.kernel.vm import Kernel
from engine.research.backtest import backtest, parts_of, started
from engine.research.figures import figures
from engine.research.result import BacktestResult, Settings
from tests.dsl.helpers import ROOT

#: more than a word has bits
MARKETS = {f"KRW-M{number:02d}": 1_000.0 * (number + 1) for number in range(70)}
BARS = 8_000
#: threads of the system's, of Python's, or none
STARTS = pytest.mark.parametrize("start", [beside._native_threads(), None, lambda _code, _place: None])


@pytest.fixture(scope="module")
def alone() -> BacktestResult:
    return run(1, 2_048)


def run(threads: int, block: int) -> BacktestResult:
    strategy = load_strategy(ROOT / "benchmarks/strategies/t4-ema-portfolio.yaml")
    settings = Settings(cash_krw=1e8, from_ms=START_MS + 500 * MINUTE_MS, block=block)
    return backtest(strategy, grid_of(MARKETS, BARS), settings, traded=tuple(MARKETS), threads=threads)


@pytest.mark.parametrize(("threads", "block"), [(2, 2_048), (3, 300)])
def test_threads_change_nothing(alone: BacktestResult, threads: int, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.research.backtest._FIRST_BARS", 700)  # however few: columns are computed ahead
    found = run(threads, block)
    assert found.fills.tobytes() == alone.fills.tobytes()
    assert found.equity_krw.tobytes() == alone.equity_krw.tobytes()
    assert (found.skipped, found.rule_counts) == (alone.skipped, alone.rule_counts)


@STARTS
def test_one_market_with_its_columns_ahead_is_the_same(start: object, monkeypatch: pytest.MonkeyPatch) -> None:
    strategy, grid = load_strategy(ROOT / "benchmarks/strategies/t2-atr-exits.yaml"), grid_of({"KRW-BTC": 1_000.0}, 3 * BARS)
    whole = backtest(strategy, grid, Settings(cash_krw=1e8), threads=2)  # one part
    assert len(whole.fills) > 200
    monkeypatch.setattr("engine.research.backtest._STRETCH_BARS", 4_096)
    monkeypatch.setattr("engine.research.backtest._FIRST_BARS", 700)
    monkeypatch.setattr(beside, "_native_threads", lambda: start)
    for threads in (1, 2):
        cut = backtest(strategy, grid, Settings(cash_krw=1e8), threads=threads)
        assert cut.fills.tobytes() == whole.fills.tobytes()
        assert cut.equity_krw.tobytes() == whole.equity_krw.tobytes()
        assert cut.rule_counts == whole.rule_counts


@STARTS
def test_a_thread_beside_the_figures_changes_nothing(alone: BacktestResult, start: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "_native_threads", lambda: start)
    one, two = figures(alone, threads=1), figures(alone, threads=2)
    assert two.held.value_krw.tobytes() == one.held.value_krw.tobytes()
    assert (two.values, two.buy_and_hold, two.markets, two.exits) == (one.values, one.buy_and_hold, one.markets, one.exits)
    assert len({market.held_return for market in two.markets}) == len(MARKETS)


@STARTS
def test_an_account_measured_beside_has_the_same_figures(start: object, monkeypatch: pytest.MonkeyPatch) -> None:
    strategy = load_strategy(ROOT / "benchmarks/strategies/t1-ema-cross.yaml")
    result = backtest(strategy, grid_of({"KRW-BTC": 1_000.0}, BARS), Settings(cash_krw=1e8))
    alone = figures(result, threads=1)
    monkeypatch.setattr("engine.research.figures._ROWS_BESIDE", 0)
    monkeypatch.setattr(beside, "_native_threads", lambda: start)
    two = figures(result, threads=2)
    assert repr(two.values) == repr(alone.values)
    assert repr(two.buy_and_hold) == repr(alone.buy_and_hold)
    assert alone.values["exposure"] > 0.1
    with pytest.raises(ValueError, match="without a position"):
        figures(replace(result, fills=result.fills[1:]), threads=2)


def test_enough_happens(alone: BacktestResult) -> None:
    assert len(alone.fills) > 500
    assert len(np.unique(alone.fills["market"])) == len(MARKETS)
    assert alone.skipped["open_positions"] > 300


def test_a_full_account_passes_candidates_as_if_each_had_been_asked(alone: BacktestResult) -> None:
    """Most bars of many markets have a candidate that finds no room; passing them leaves the same books."""
    grid, settings = grid_of(MARKETS, BARS), alone.settings
    program = compile_program(alone.strategy, grid.timeframe, grid.markets)
    columns = Kernel(program).advance(grid)
    plan = started(alone.strategy, program, grid, settings, grid.markets).plan
    passing, asking = (Run(plan, make_book(plan, settings.cash_krw), settings.from_ms, may_skip=skip) for skip in (True, False))
    for run in (passing, asking):
        run.feed(grid, columns)
    assert passing.result().fills.tobytes() == asking.result().fills.tobytes() == alone.fills.tobytes()
    assert save_book(passing.book, "") == save_book(asking.book, "")
    assert passing.book.verdict.tobytes() == asking.book.verdict.tobytes()


@given(length=st.integers(1, 700_000), most=st.sampled_from((2_048, 65_536)), first=st.integers(1, 700_000))
def test_parts_are_all_bars_in_order(length: int, most: int, first: int) -> None:
    parts = parts_of(length, most, first)
    assert [start for start, _ in parts] == [0, *itertools.accumulate(count for _, count in parts)][:-1]
    assert sum(count for _, count in parts) == length
    assert max(count for _, count in parts) <= most + most // 2


def test_kernels_of_one_program_do_not_share_what_they_write() -> None:
    """Layouts are kept for the next kernel; two of them may run at the same time."""
    strategy = load_strategy(ROOT / "benchmarks/strategies/t1-ema-cross.yaml")
    program = compile_program(strategy, strategy.clock, ("KRW-BTC",))
    kernels = Kernel(program), Kernel(program)
    (one,), (other,) = (kernel._lanes for kernel in kernels)
    shared = {name for k, name in enumerate(fields.HANDLE) if 0 < one.handle[k * HANDLE_ITEMS] == other.handle[k * HANDLE_ITEMS]}
    assert "stages" in shared
    assert not shared & {"run", "clocks", "rows", "memory", "state", "behind"}
