"""Decisions that read side series nobody recorded: counted against a plain loop, and said in the report."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.diagnostics import Language
from dsl.side_series import side_series
from dsl.strategy import External, Sizing
from engine.assembly import Sources, market_for, run_backtest
from engine.candles.store import CandleStore
from engine.kernel.program import compile_program
from engine.research.backtest import backtest
from engine.research.gaps import side_gaps
from engine.research.report import examine, figures, to_json
from engine.research.report.assumptions import assumptions
from engine.research.result import BacktestResult, Settings
from tests.engine.candles.tables import full
from tests.engine.kernel.samples import FIVE, MINUTE, SIDES, Maker, random_grid, strategy

MARKETS = ("KRW-AAA", "KRW-BBB")
START_MS = 1_756_684_800_000  # 2025-09-01 00:00 UTC


@given(seed=st.integers(0, 2**32 - 1), from_bar=st.integers(0, 150))
def test_counts_are_those_of_a_plain_loop(seed: int, from_bar: int) -> None:
    grid = random_grid(np.random.default_rng(seed), MARKETS, 5_000_003, 200)
    grid = dataclasses.replace(grid, side={key: column for key, column in grid.side.items() if key[0] != "book.spread"})
    from_ms = (grid.first_index + from_bar) * MINUTE.length_ms
    found = {gap.key: gap for gap in side_gaps(SIDES, FIVE, grid, from_ms)}
    counted = 0
    for key in SIDES:
        if key[0] == "universe.member":
            assert key not in found
            continue
        for row, market in enumerate(MARKETS):
            lacking = closes = 0
            for bar in range(200):
                close_ms = (grid.first_index + bar + 1) * MINUTE.length_ms
                if close_ms % FIVE.length_ms or close_ms <= from_ms or grid.state[row, bar] == 0:
                    continue
                closes += 1
                bars = range(max(bar - 4, 0), bar + 1) if key[0].startswith("flow.") else (bar,)
                lacking += key not in grid.side or any(math.isnan(grid.side[key][row, b]) for b in bars)
            assert (found[key].decisions.get(market, 0) if key in found else 0) == lacking
            assert key not in found or found[key].closes.get(market, 0) == closes
            counted += lacking
        assert key not in found or found[key].flag == side_series(key[0]).flag
    assert counted >= 1


def toy() -> tuple[Maker, int]:
    make = Maker()
    fee = make.op("lt", FIVE, make.side("external.kimp", FIVE), make.const(0.05))
    quiet = make.op("not", FIVE, make.side("market.warning", FIVE))
    tight = make.op("lt", FIVE, make.side("book.spread", FIVE, (2.0,)), make.const(0.01))
    return make, make.op("and", FIVE, make.op("and", FIVE, fee, quiet), make.op("or", FIVE, tight, fee))


@pytest.fixture
def result(tmp_path: Path) -> BacktestResult:
    """A premium from a file that ends half way; no flags and no books."""
    store = CandleStore(tmp_path / "candles")
    for market in MARKETS:
        store.write(full(START_MS, START_MS + 120 * MINUTE.length_ms, market=market))
    (tmp_path / "kimp.csv").write_text(f"time,value\n{START_MS},0.01\n{START_MS + 30 * MINUTE.length_ms},0.02\n", encoding="utf-8")
    make, entry = toy()
    chosen = strategy(make.graph, FIVE, entry, sizing=Sizing(weight=0.1))
    chosen = dataclasses.replace(chosen, externals=(External("kimp", "kimp.csv", 30 * MINUTE.length_ms),))
    sources = Sources(store.folder, tmp_path / "sample", "http://127.0.0.1:9", tmp_path)
    market = market_for(chosen, MARKETS, Settings(cash_krw=1e9), sources)
    return run_backtest(chosen, MARKETS, market)


def test_the_assembly_fills_what_the_strategy_reads_and_the_report_says_the_rest(result: BacktestResult) -> None:
    found = {gap.key[0]: gap for gap in result.gaps}
    assert {name: (gap.flag, gap.decisions, gap.closes) for name, gap in found.items()} == {
        "market.warning": (True, dict.fromkeys(MARKETS, 24), dict.fromkeys(MARKETS, 24)),
        "book.spread": (False, dict.fromkeys(MARKETS, 24), dict.fromkeys(MARKETS, 24)),
        "external.kimp": (False, dict.fromkeys(MARKETS, 12), dict.fromkeys(MARKETS, 24)),  # stale from the 65th minute on
    }
    assert len(result.fills) == 2
    languages = tuple(Language)
    for language in languages:
        lines = "\n".join(assumptions(result, language))
        assert all(name in lines for name in ("market.warning", "book.spread(2)", "kimp"))
    assert "Decisions without a value: kimp: 24 of 48, in 2 markets" in assumptions(result, Language.ENGLISH)
    assert "값이 없던 판단: kimp: 48번 중 24번, 2개 종목" in assumptions(result, Language.KOREAN)
    document = json.loads(to_json(result, figures(result), examine(result, figures(result))))
    text = json.dumps(document)
    assert '"series": "book.spread(2)"' in text


def test_without_side_series_there_is_nothing_to_say() -> None:
    make = Maker()
    close = make.leaf("close", FIVE)
    chosen = strategy(make.graph, FIVE, make.op("gt", FIVE, close, close), sizing=Sizing(weight=0.1))
    grid = random_grid(np.random.default_rng(1), MARKETS, 5_000_000, 100)
    assert compile_program(chosen, MINUTE, MARKETS).sides == ()
    assert backtest(chosen, grid, Settings()).gaps == ()
