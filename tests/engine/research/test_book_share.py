"""`max_book_share` in a backtest: recorded depth cuts the buys, depth that nobody recorded lets none through, and the report says both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dsl.compile import compile_strategy
from dsl.diagnostics import Language
from dsl.strategy import Strategy
from engine.kernel.catalogue import catalogue
from engine.research.backtest import backtest
from engine.research.doctor import examine
from engine.research.figures import figures
from engine.research.report.assumptions import assumptions
from engine.research.report.document import document
from engine.research.result import Settings
from tests.engine.kernel.samples import random_grid

DEPTH = ("book.ask_depth", (0.005,))
TEXT = """schema: strategy/1
name: sample
risk_profile: book
clock: 5m
entry: close > 0 KRW
exits: {late: {when: pos.bars >= 3}}
sizing: {weight: 40% of equity}
"""
RISK = "schema: risk/1\nname: book\norders:\n  max_book_share: 10% of depth(ask, 0.5%)\n"


def strategy() -> Strategy:
    found = compile_strategy(TEXT, "s.yaml", catalogue(), lambda _: (RISK, "book.yaml")).strategy
    assert found is not None
    return found


GRID = random_grid(np.random.default_rng(3), ("KRW-ETH", "KRW-SOL"), 1_000, 600, unknown=0.0)


def test_recorded_depth_cuts_the_buys() -> None:
    depth = np.random.default_rng(4).uniform(1e5, 1e6, GRID.state.shape)
    depth[1] = np.nan
    found = backtest(strategy(), replace(GRID, side={DEPTH: depth}), Settings())
    buys = found.fills[found.fills["side"] == 1]
    assert len(buys) > 20
    assert set(buys["market"].tolist()) == {0}
    first_ms = GRID.timeframe.open_ms(GRID.first_index)
    for buy in buys:
        at = (int(buy["decided_ms"]) - first_ms) // GRID.timeframe.length_ms - 1  # the clock's last base bar
        spent = buy["quantity_e8"] * buy["price_krw"] / 1e8
        assert 0.99 * 0.1 * depth[0, at] - 5_000 <= spent <= 0.1 * depth[0, at]
    assert found.skipped["book_share"] > 5
    assert found.skipped["book_missing"] > 50


def test_without_a_record_nothing_is_bought_and_the_report_says_why() -> None:
    found = backtest(strategy(), GRID, Settings())
    assert len(found.fills) == 0
    assert found.skipped["book_missing"] == sum(found.skipped.values()) - found.skipped["no_price"] > 100
    (gap,) = found.gaps
    assert gap.key == DEPTH
    for language in Language:
        lines = [line for line in assumptions(found, language) if "10% of depth(ask, 0.5%)" in line]
        assert len(lines) == 1
    told = figures(found)
    assert document(found, told, examine(found, told))["assumptions"]["max_book_share"] == "10% of depth(ask, 0.5%)"
