"""Paper trading of a strategy with a universe, values across markets and side series: the backtest's fills, and a journal that replays."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from dsl.catalogue import Unit
from dsl.graph import Graph, Node, Phase, Section
from dsl.strategy import Strategy, Universe
from engine.model.candle import BarGrid
from engine.research.backtest import backtest
from engine.research.result import Settings
from engine.runner.replay import replay
from engine.trader import Trader
from tests.engine.runner.paper_worlds import (
    CLOCK,
    MARKETS,
    MINUTE,
    START,
    TERMS,
    as_rows,
    assignment,
    busy_strategy,
    log_rows,
    paper,
    walk,
)


def beside_strategy() -> Strategy:
    """The busy one, for members only, the better of two markets, while a posted number is low or unknown and nothing is flagged."""
    plain = busy_strategy()
    graph, section = plain.graph, Section(CLOCK)

    def node(to: Graph, op: str, *inputs: int, params: tuple[float, ...] = ()) -> int:
        return to.add(Node(op, inputs, params, section, Phase.MARKET, Unit.NUMBER))

    def number(to: Graph, value: float) -> int:
        return to.add(Node("const", (), (value,), None, Phase.MARKET, Unit.NUMBER))

    member = node(graph, "universe.member")
    rise = node(graph, "div", node(graph, "close"), node(graph, "lag", node(graph, "close"), params=(6.0,)))
    rank = node(graph, "across.rank", rise, member, params=(0.0, 1.0))
    best = node(graph, "le", rank, number(graph, 1.0))
    posted = node(graph, "lt", node(graph, "coalesce", node(graph, "external.kimp"), number(graph, 0.0)), number(graph, 0.6))
    clear = node(graph, "not", node(graph, "market.warning"))
    entry = plain.entry
    for part in (member, best, posted, clear):
        entry = node(graph, "and", entry, part)
    own = Graph()
    keep = node(own, "gt", node(own, "sma", node(own, "volume"), params=(4.0,)), number(own, 0.2))
    by = node(own, "div", node(own, "close"), node(own, "lag", node(own, "close"), params=(3.0,)))
    universe = Universe(own, keep, by, 1, refresh_ms=5 * MINUTE, every_ms=30 * MINUTE)
    return dataclasses.replace(plain, entry=entry, universe=universe)


def beside_grid(seed: int) -> BarGrid:
    grid = walk(seed, 3000)
    chance = np.random.default_rng(seed)
    number = np.where(chance.random(grid.state.shape) < 0.2, np.nan, chance.random(grid.state.shape))
    flag = np.where(chance.random(grid.state.shape) < 0.1, 1.0, np.nan)
    return dataclasses.replace(grid, side={("external.kimp", ()): number, ("market.warning", ()): flag})


@pytest.mark.parametrize("seed", [1, 2])
def test_paper_makes_the_backtests_fills_and_replays(seed: int, tmp_path: Path) -> None:
    grid, chosen = beside_grid(seed), beside_strategy()
    work = assignment(chosen, grid, START + 200 * MINUTE)
    settings = Settings(cash_krw=TERMS.cash_krw, fee_rate=TERMS.fee_rate, slippage=TERMS.slippage, from_ms=work.from_ms)
    result = backtest(chosen, grid, settings)
    summary = paper(work, grid, tmp_path / "run.jsonl")
    assert as_rows(summary.fills, summary.exits, MARKETS) == log_rows(result.fills)
    assert len(summary.fills) >= 20
    assert len({event.members for event in result.members}) >= 3
    again = replay(tmp_path / "run.jsonl", lambda _: Trader(work))
    assert again.difference is None
    assert again.intents == summary.intents >= 10
    bare = backtest(chosen, dataclasses.replace(grid, side={}), settings)
    assert not np.array_equal(bare.fills, result.fills)
