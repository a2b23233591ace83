"""Holds a backtest of the product against the reference simulator, fill by fill and figure by figure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from dsl.files import compile_file
from dsl.prune import prune
from dsl.strategy import Condition, Sizing, Strategy
from engine.kernel.book import SKIP_REASONS
from engine.kernel.catalogue import catalogue
from engine.kernel.legal import NOT_PRICED
from engine.kernel.program import compile_program
from engine.kernel.vm import Kernel
from engine.model.candle import BarGrid
from engine.research.audit import audit
from engine.research.backtest import backtest
from engine.research.result import BacktestResult, Rounding, Settings
from tests.oracles import reference_backtest
from tests.oracles.reference_fills import Trade
from tests.oracles.reference_values import Values

if TYPE_CHECKING:
    from tests.generators.worlds import World

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
         float(f["price_krw"]), int(f["decided_ms"]), bool(f["ambiguous"]), int(f["priced"]))
        for f in result.fills
    ]  # fmt: skip


def rows_of_reference(fills: Sequence[Trade]) -> list[tuple[object, ...]]:
    """The same of the reference."""
    return [
        (t.time, t.market, t.side, t.reason, float(t.quantity), float(t.price), t.decided, bool(t.ambiguous), t.priced) for t in fills
    ]  # fmt: skip


def first_difference(left: list[tuple[object, ...]], right: list[tuple[object, ...]], exact: bool = True) -> str:
    """Where two lists of fills part, in words; "" when they agree. exact False: no grid, so quantities and prices are rounded floats: the
    last part of an order is what is left of it, and as exact as the whole order is."""
    orders: dict[tuple[object, ...], float] = {}
    for row in left:
        assert isinstance(row[4], float)
        orders[row[1], row[2], row[6]] = orders.get((row[1], row[2], row[6]), 0.0) + row[4]
    for number, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b and (exact or a[:4] != b[:4] or a[6:] != b[6:] or not _near(a, b, orders[a[1], a[2], a[6]])):
            return f"fill {number}: product {a}, reference {b}"
    return "" if len(left) == len(right) else f"{len(left)} fills against {len(right)} of the reference"


def _near(a: tuple[object, ...], b: tuple[object, ...], whole_e8: float) -> bool:
    """Quantities up to the rounding of the whole order, prices up to their own."""
    return a[4] == pytest.approx(b[4], rel=0.0, abs=1e-12 * whole_e8) and a[5] == pytest.approx(b[5], rel=1e-12)


class ProductColumns(reference_backtest.Columns):
    """The product's own values, so that decisions are compared apart from values."""

    def __init__(self, strategy: Strategy, grid: BarGrid) -> None:
        super().__init__(strategy, grid)
        program = compile_program(strategy, grid.timeframe, grid.markets)
        self.block = Kernel(program).advance(grid)
        self.place = {node: k for k, node in enumerate(program.columns)}
        self.pairs = dict(zip(grid.markets, program.position.pairs, strict=False))

    def measured(self, market: str, other: str, time: int) -> float:
        """The product's measure of two markets."""
        at = self.strategy.clock.index(time) - 1 - self.block.first_index
        inside = 0 <= at < self.block.values.shape[1]
        return float(self.block.values[self.grid.markets.index(market), at, self.pairs[other]]) if inside else math.nan

    def one(self, node_id: int, market: str, time: int) -> float:
        """A value of the product; constants, and what is outside the data, are the reference's."""
        at = self.strategy.clock.index(time) - 1 - self.block.first_index
        if node_id not in self.place or not 0 <= at < self.block.values.shape[1]:
            return super().one(node_id, market, time)
        return float(self.block.values[self.grid.markets.index(market), at, self.place[node_id]])


def assert_agree(
    strategy: Strategy,
    grid: BarGrid,
    settings: Settings,
    markets: tuple[str, ...],
    ties: int = 0,
    columns: reference_backtest.Columns | None = None,
) -> BacktestResult:
    """Run both; every fill, skip, count and the equity at every CLOSE must agree, and the books must balance to the won (checked mode).
    Returns the product's result.

    ties: by how much the counts of a condition may differ. Where prices have decimals, a mean can equal the price up to the last bit of
    a float, and two correct ways of adding up can fall on either side of it. columns: the values that the reference decides by.
    """
    result = backtest(strategy, grid, settings, traded=markets)
    checked = audit(result, grid)
    assert checked.violation is None, checked.violation
    assert (checked.fills, checked.closes) == (len(result.fills), len(result.equity_ms))
    reference = reference_backtest.run(strategy, grid, settings, markets, columns)
    assert_same(result, reference, exact=settings.rounding is Rounding.UPBIT)
    for path, counts in reference.rule_counts.items():
        apart = [abs(a - b) for a, b in zip(result.rule_counts[path], counts, strict=True)]
        assert max(apart) <= ties, (path, result.rule_counts[path], counts)
    return result


def assert_same(result: BacktestResult, reference: reference_backtest.ReferenceResult, exact: bool) -> None:
    """All but the counts of conditions. exact: prices and quantities are on grids."""
    assert not (told := first_difference(rows_of_product(result), rows_of_reference(reference.fills), exact)), told
    fees = [(0.0, 0.0)] + [(float(f["fee_krw"]), t.fee) for f, t in zip(result.fills, reference.fills, strict=True)]
    np.testing.assert_allclose(*zip(*fees, strict=True), rtol=1e-12, atol=0.0 if exact else 1e-12 * max(fee for fee, _ in fees))
    bases = [(0.0, 0.0)] + [(float(f["base_krw"]), t.base) for f, t in zip(result.fills, reference.fills, strict=True)]
    np.testing.assert_allclose(*zip(*bases, strict=True), rtol=0.0 if exact else 1e-12)
    assert {k: v for k, v in result.skipped.items() if v} == {k: v for k, v in reference.skipped.items() if v}
    assert set(reference.skipped) <= set(SKIP_REASONS)
    assert result.ambiguous_steps == reference.ambiguous_steps
    assert result.sale_below_minimum == reference.sale_below_minimum
    assert result.unsettled_entries == reference.unsettled_entries
    assert astuple(result.turned_away) == reference.turned_away
    np.testing.assert_allclose(result.ambiguous_krw, reference.ambiguous_krw, rtol=1e-9, atol=1e-6)
    assert [int(t) for t in result.equity_ms] == [row[0] for row in reference.equity]
    bound = max([1e-6, *(1e-15 * row[1] for row in reference.equity)])  # a few roundings of the whole account, of which little may be left
    for number, column in enumerate((result.equity_krw, result.cash_krw, result.exposure_krw), 1):
        np.testing.assert_allclose(column, [row[number] for row in reference.equity], rtol=1e-12, atol=bound)


def assert_each_value(strategy: Strategy, grid: BarGrid) -> int:
    """Every node of the graph, computed by the reference from the product's own values of its inputs, is what the product says it is.

    So nothing is loosened where a mean equals a price but for the last bit: of equal inputs every comparison must come out the same, and
    a number must agree to 1e-8. Returns how many defined values were compared.
    """
    strategy = prune(replace(strategy, risk=None))  # breakers may look at bars finer than the run's, which the product leaves out
    values, compared = Values(strategy.graph, grid), 0
    found: dict[tuple[int, str], NDArray[np.float64]] = {}
    for timeframe in sorted({node.section.timeframe for node in strategy.graph if node.section is not None}):
        nodes = [k for k, node in enumerate(strategy.graph) if node.section is not None and node.section.timeframe == timeframe]
        conditions = tuple(Condition(str(k), k) for k in nodes)
        whole = replace(
            strategy,
            clock=timeframe,
            entry=nodes[0],
            rank=None,
            exits=(),
            sizing=Sizing(),
            conditions=conditions,
            risk=None,
            entry_order=None,
        )
        program = compile_program(whole, grid.timeframe, grid.markets)
        block = Kernel(program).advance(grid)
        for column, node_id in enumerate(program.columns):
            for row, market in enumerate(grid.markets):
                code = whole.graph[node_id].section.market or market
                count = len(values.bars_at(whole.graph[node_id].section, market).series["close"])
                found[node_id, code] = block.values[row, block.values.shape[1] - count :, column]
    values.done.update(found)
    for (node_id, market), theirs in found.items():
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            ours = values.compute(strategy.graph[node_id], market)
        np.testing.assert_array_equal(np.isnan(theirs), np.isnan(ours), err_msg=f"{strategy.graph[node_id]} in {market}")
        np.testing.assert_allclose(theirs, ours, rtol=1e-8, atol=1e-8, err_msg=f"{strategy.graph[node_id]} in {market}")
        compared += int(np.isfinite(ours).sum())
    return compared


def touches(world: World, result: BacktestResult) -> Counter[str]:
    """Fills of limit orders at the low (buys) or high (sales) of their base bar: nothing traded through them there."""
    grid, fills, seen = world.grid, result.fills, Counter[str]()
    rows = [grid.markets.index(result.markets[row]) for row in fills["market"]]
    at = (fills["time_ms"] - grid.timeframe.offset_ms) // grid.timeframe.length_ms - grid.first_index
    waited = fills["priced"] == NOT_PRICED
    for name, side, ends in (("touched buys", 1, grid.low), ("touched sales", -1, grid.high)):
        seen[name] = int((waited & (fills["side"] == side) & (fills["price_krw"] == ends[rows, at])).sum())
    return seen


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
