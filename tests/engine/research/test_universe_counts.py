"""What the rules of a universe did: against a plain loop over its instants and candidates."""

from __future__ import annotations

import dataclasses
import math
import random

import numpy as np

from dsl.compile import compile_strategy
from dsl.strategy import Strategy
from engine.kernel.catalogue import catalogue
from engine.model.candle import BarGrid
from engine.research.backtest import backtest
from engine.research.result import Settings
from tests.generators.candles import random_grid

MARKETS = ("KRW-AAA", "KRW-BBB", "KRW-CCC", "KRW-DDD")
TEXT = """schema: strategy/1
name: sample
clock: 1m
universe:
  refresh: every 5m
  keep: {up: close > open, tight: book.spread <= 0.1%}
  drop: {flat: high <= low}
  take: 2
  by: close
entry: close > 0 KRW
exits: {late: {when: pos.bars >= 3}}
sizing: {weight: 10% of equity}
"""
RULES = ("universe.keep.up", "universe.keep.tight", "universe.drop.flat")


def strategy() -> Strategy:
    found = compile_strategy(TEXT, "s.yaml", catalogue(), lambda _: None)
    assert found.strategy is not None, found.diagnostics
    return found.strategy


def plain(grid: BarGrid, spread: np.ndarray, from_ms: int) -> dict[str, object]:
    """Every count from its definition."""
    counts = {path: dict.fromkeys(("passed", "failed", "missing", "remaining", "emptied"), 0) for path in RULES}
    whole = dict.fromkeys(("instants", "empty", "bare", "together", "candidates", "members"), 0)
    for bar in range(grid.state.shape[1]):
        close_ms = (grid.first_index + bar + 1) * 60_000
        if close_ms % 300_000 or close_ms <= from_ms - 300_000:
            continue
        there = [row for row in range(len(MARKETS)) if grid.state[row, bar] and not math.isnan(grid.close[row, bar])]
        verdicts = []
        for row in there:
            traded = grid.state[row, bar] == 2
            up = bool(grid.close[row, bar] > grid.open[row, bar]) if traded else False
            tight = None if math.isnan(spread[row, bar]) else bool(spread[row, bar] <= 0.001)
            verdicts.append((up, tight, bool(grid.high[row, bar] > grid.low[row, bar]) if traded else False))
        for k, path in enumerate(RULES):
            column = [verdict[k] for verdict in verdicts]
            counts[path]["passed"] += column.count(True)
            counts[path]["failed"] += column.count(False)
            counts[path]["missing"] += column.count(None)
            counts[path]["remaining"] += sum(all(one is True for one in verdict[: k + 1]) for verdict in verdicts)
        members = min(sum(all(one is True for one in verdict) for verdict in verdicts), 2)
        alone = [path for k, path in enumerate(RULES) if not any(verdict[k] is True for verdict in verdicts)]
        whole["instants"] += 1
        whole["candidates"] += len(there)
        whole["members"] += members
        if not members:
            whole["empty"] += 1
            whole["bare"] += not there
            whole["together"] += bool(there) and not alone
            for path in alone if there else ():
                counts[path]["emptied"] += 1
    return {"rules": counts, **whole}


def test_counts_are_those_of_a_plain_loop() -> None:
    chosen, seen = strategy(), dict.fromkeys(("empty", "bare", "together", "members", "missing", "emptied"), 0)
    for seed in range(3):
        grid = random_grid(random.Random(seed), MARKETS, 320, unknown=True)
        for column in (grid.open, grid.high, grid.low, grid.close, grid.volume, grid.value):
            column[:, 200:240] = math.nan
        grid.state[:, 200:240] = 0  # nobody is there
        chance = np.random.default_rng(seed)
        spread = chance.choice([0.0005, 0.002, math.nan], p=(0.5, 0.3, 0.2), size=grid.state.shape)
        from_ms = (grid.first_index + 50 + seed) * 60_000
        run = backtest(
            chosen, dataclasses.replace(grid, side={("book.spread", (1.0,)): spread}), Settings(from_ms=from_ms, block=64 + seed)
        )  # fmt: skip
        assert run.universe is not None
        found = {name: getattr(run.universe, name) for name in run.universe.__slots__ if name != "rules"}
        rules = {rule.path: {name: getattr(rule, name) for name in rule.__slots__ if name != "path"} for rule in run.universe.rules}
        expected = plain(grid, spread, from_ms)
        assert {"rules": rules, **found} == expected
        for name in seen:
            seen[name] += found[name] if name in found else sum(rule[name] for rule in rules.values())
    assert all(times > 5 for times in seen.values()), seen
