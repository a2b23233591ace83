"""Holds a backtest of the product against the reference simulator, fill by fill and figure by figure."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from dsl.files import compile_file
from dsl.strategy import Strategy
from engine.kernel.book import SKIP_REASONS
from engine.kernel.catalogue import catalogue
from engine.model.candle import BarGrid
from engine.research.backtest import backtest
from engine.research.result import BacktestResult, Settings
from tests.oracles import reference_backtest

ROOT = Path(__file__).resolve().parents[2]
SIDES = {1: "buy", -1: "sell"}


def shipped(name: str) -> Strategy:
    """A strategy that comes with the product (or `benchmarks/strategies/...`)."""
    path = ROOT / (name if "/" in name else f"strategies/{name}.yaml")
    compiled = compile_file(path, catalogue())
    assert compiled.strategy is not None, compiled.errors
    return compiled.strategy


def rows_of_product(result: BacktestResult) -> list[tuple[object, ...]]:
    """Every fill: time, market, side, exit (-1 entry), whole 1e-8 coins, price, time of decision, ambiguous."""
    return [
        (int(f["time_ms"]), result.markets[f["market"]], SIDES[int(f["side"])], int(f["exit_index"]), float(f["quantity_e8"]),
         float(f["price_krw"]), int(f["decided_ms"]), bool(f["ambiguous"]))
        for f in result.fills
    ]  # fmt: skip


def rows_of_reference(found: reference_backtest.ReferenceResult) -> list[tuple[object, ...]]:
    """The same of the reference."""
    return [
        (t.time, t.market, t.side, t.reason, float(t.quantity), float(t.price), t.decided, bool(t.ambiguous)) for t in found.fills
    ]  # fmt: skip


def first_difference(left: list[tuple[object, ...]], right: list[tuple[object, ...]]) -> str:
    """Where two lists of fills part, in words; "" when they agree."""
    for number, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return f"fill {number}: product {a}, reference {b}"
    return "" if len(left) == len(right) else f"{len(left)} fills against {len(right)} of the reference"


def assert_agree(strategy: Strategy, grid: BarGrid, settings: Settings, markets: tuple[str, ...], ties: int = 0) -> BacktestResult:
    """Run both; every fill, skip, count and the equity at every CLOSE must agree. Returns the product's result.

    ties: by how much the counts of a condition may differ. Where prices have decimals, a mean can equal the price up to the last bit of
    a float, and two correct ways of adding up can fall on either side of it.
    """
    result = backtest(strategy, grid, settings, traded=markets)
    reference = reference_backtest.run(strategy, grid, settings, markets)
    assert not (told := first_difference(rows_of_product(result), rows_of_reference(reference))), told
    fees = [(0.0, 0.0)] + [(float(f["fee_krw"]), t.fee) for f, t in zip(result.fills, reference.fills, strict=True)]
    np.testing.assert_allclose(*zip(*fees, strict=True), rtol=1e-12)
    assert {k: v for k, v in result.skipped.items() if v} == {k: v for k, v in reference.skipped.items() if v}
    assert set(reference.skipped) <= set(SKIP_REASONS)
    assert result.ambiguous_steps == reference.ambiguous_steps
    assert result.sale_below_minimum == reference.sale_below_minimum
    np.testing.assert_allclose(result.ambiguous_krw, reference.ambiguous_krw, rtol=1e-9, atol=1e-6)
    assert [int(t) for t in result.equity_ms] == [row[0] for row in reference.equity]
    np.testing.assert_allclose(result.equity_krw, [row[1] for row in reference.equity], rtol=1e-12, atol=1e-6)
    np.testing.assert_allclose(result.cash_krw, [row[2] for row in reference.equity], rtol=1e-12, atol=1e-6)
    for path, counts in reference.rule_counts.items():
        apart = [abs(a - b) for a, b in zip(result.rule_counts[path], counts, strict=True)]
        assert max(apart) <= ties, (path, result.rule_counts[path], counts)
    return result


def closed_trades(result: BacktestResult) -> int:
    """Positions that were opened and closed again."""
    held = dict.fromkeys(range(len(result.markets)), 0.0)
    closed = 0
    for fill in result.fills:
        held[int(fill["market"])] += int(fill["side"]) * float(fill["quantity_e8"])
        closed += int(fill["side"]) == -1 and held[int(fill["market"])] == 0.0
    return closed


def sales_by_exit(result: BacktestResult) -> Counter[str]:
    """How often each exit sold."""
    names = [rule.name for rule in result.strategy.exits]
    return Counter(names[int(f["exit_index"])] for f in result.fills if int(f["exit_index"]) >= 0)
