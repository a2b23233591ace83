"""Random strategies over random candles: the product's backtest makes the trades of the reference simulator, and keeps its figures.

How many worlds follows the hypothesis profile: quick and ci 100, deep 2,000, always the same ones.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

from dsl.catalogue import Unit
from dsl.graph import Node, Phase
from dsl.strategy import ExitKind
from engine.kernel.book import SKIP_REASONS
from engine.research.backtest import backtest
from engine.research.result import BacktestResult, Rounding
from tests.generators.worlds import World, random_world
from tests.oracles.reference_values import Values
from tests.simulation.agreement import ProductColumns, assert_agree, assert_each_value, closed_trades

WORLDS = min(max(2 * settings.default.max_examples, 100), 2_000)


@dataclass
class Tally:
    """What has been compared: an agreement over nothing is a failure."""

    worlds: int = 0
    trading: int = 0
    fills: int = 0
    trades: int = 0
    sales: Counter[ExitKind] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)

    def take(self, world: World, result: BacktestResult) -> None:
        """One more world in which both agree."""
        sold = [world.strategy.exits[int(f["exit_index"])] for f in result.fills if int(f["exit_index"]) >= 0]
        self.worlds += 1
        self.trading += len(result.fills) > 0
        self.fills += len(result.fills)
        self.trades += closed_trades(result)
        self.sales.update(rule.kind for rule in sold)
        self.skipped.update(result.skipped)
        self.seen["sales of an exit after another"] += sum(rule.after is not None for rule in sold)
        self.seen["sales of a share"] += sum(rule.share < 1 for rule in sold)
        self.seen["frozen levels hit"] += sum(rule.frozen for rule in sold)
        self.seen["ambiguous steps"] += result.ambiguous_steps
        self.seen["sales below the minimum"] += result.sale_below_minimum
        self.seen["unsettled entries"] += result.unsettled_entries
        risky = [world.strategy.exit_name(int(f["exit_index"])).partition(".")[0] for f in result.fills if int(f["exit_index"]) < -1]
        self.seen["sales for a loss"] += risky.count("loss")
        self.seen["sales for a drawdown"] += risky.count("drawdown")
        self.seen["sales for a breaker"] += len(risky) - risky.count("loss") - risky.count("drawdown")
        graph = world.strategy.graph
        positions = [condition.path for condition in world.strategy.conditions if graph[condition.node].phase is Phase.POSITION]
        self.seen["conditions on a position"] += sum(sum(result.rule_counts[path]) for path in positions)
        if len(result.fills) > 0:
            self.seen["trading worlds without a grid"] += world.settings.rounding is Rounding.NONE
            self.seen["trading worlds with an alias market that may not be bought"] += len(world.traded) < len(world.grid.markets)
            self.seen["trading worlds with a range inside the data"] += world.settings.from_ms is not None
            self.seen["trading worlds on clocks from a day up"] += world.strategy.clock.length_ms >= 86_400_000
            self.seen["trading worlds whose clock is the base"] += world.strategy.clock == world.grid.timeframe

    def assert_enough(self) -> None:
        """Everything has happened often enough to have been compared; `LEAST` is for 100 worlds."""
        found = Counter({"trading worlds": self.trading, "fills": self.fills, "closed trades": self.trades}) + self.seen
        found.update({f"sales by {kind.name}": self.sales[kind] for kind in ExitKind})
        found.update({f"skipped: {reason}": count for reason, count in self.skipped.items()})
        assert {name: found[name] for name, least in LEAST.items() if found[name] < max(least * self.worlds // 100, 1)} == {}


#: nothing stops entries in a backtest, one strategy has no other's orders in its way; test_random_risk.py and, of halts,
#: test_random_costs.py have the rest
ELSEWHERE = (
    "entries_stopped", "positions_per_market", "market_busy", "orders_per_minute", "account_positions", "slippage", "crowding",
    "crowding_missing", "book_missing", "book_share", "halted",
)  # fmt: skip
LEAST = {
    "trading worlds": 45, "fills": 2_000, "closed trades": 800, "conditions on a position": 1_000,
    **{f"sales by {kind.name}": 60 for kind in ExitKind},
    **{f"skipped: {reason}": 4 for reason in SKIP_REASONS if reason not in ELSEWHERE},
    "sales of an exit after another": 8, "sales of a share": 60, "frozen levels hit": 60, "ambiguous steps": 20,
    "sales below the minimum": 1, "unsettled entries": 100, "trading worlds without a grid": 5,
    "trading worlds with an alias market that may not be bought": 4, "trading worlds with a range inside the data": 8,
    "trading worlds on clocks from a day up": 1, "trading worlds whose clock is the base": 8,
}  # fmt: skip


def test_random_strategies_trade_as_in_the_reference() -> None:
    """Half of the worlds have prices of whole KRW, whose sums are exact: there the reference decides by its own values.

    Elsewhere, at prices with decimals, off the grid and near the smallest tick, a mean that equals a price but for its last bit can lie
    on either side of it. Where such runs part, every value must follow from the product's own values of its inputs, and decisions by
    the product's values must agree to the last fill. Such worlds are rare.
    """
    tally, ties = Tally(), 0
    for seed in range(WORLDS):
        world = random_world(seed, whole=seed % 2 == 0)
        try:
            result = assert_agree(world.strategy, world.grid, world.settings, world.traded)
        except AssertionError:
            if seed % 2 == 0:
                raise
            ties += 1
            assert assert_each_value(world.strategy, world.grid) > 0
            columns = ProductColumns(world.strategy, world.grid)
            result = assert_agree(world.strategy, world.grid, world.settings, world.traded, columns=columns)
        tally.take(world, result)
    tally.assert_enough()
    assert ties <= WORLDS // 40


def test_what_comes_later_changes_nothing() -> None:
    """A run that ends earlier has the fills, equity and cash of the longer one up to there, bit for bit."""
    fills = 0
    for seed in range(50_000, 50_000 + WORLDS // 4):
        world, chance = random_world(seed, whole=False), random.Random(seed)
        base_ms, bars = world.grid.timeframe.length_ms, world.grid.state.shape[1]
        end_ms = (world.grid.first_index + chance.randrange(bars // 2, bars)) * base_ms + world.grid.timeframe.offset_ms
        whole = backtest(world.strategy, world.grid, replace(world.settings, to_ms=None), traded=world.traded)
        short = backtest(world.strategy, world.grid, replace(world.settings, to_ms=end_ms), traded=world.traded)
        assert short.fills.tobytes() == whole.fills[whole.fills["time_ms"] < end_ms].tobytes(), seed
        closes = whole.equity_ms <= end_ms
        assert short.equity_ms.tobytes() == whole.equity_ms[closes].tobytes(), seed
        assert short.equity_krw.tobytes() == whole.equity_krw[closes].tobytes(), seed
        assert short.cash_krw.tobytes() == whole.cash_krw[closes].tobytes(), seed
        fills += len(short.fills)
    assert fills > WORLDS


def test_each_value_follows_from_its_inputs() -> None:
    """What the test above falls back to, in worlds where there is no need to."""
    assert sum(assert_each_value(world.strategy, world.grid) for world in map(whole_world, range(20, 30))) > 20_000


def whole_world(seed: int) -> World:
    """A world of whole KRW."""
    return random_world(seed, whole=True)


def test_a_wrong_value_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    world = whole_world(24)
    compute = Values.compute

    def wrong_once(self: Values, node: Node, market: str) -> NDArray[np.float64]:
        found = np.array(compute(self, node, market))
        if node.unit is Unit.CONDITION:
            found[np.flatnonzero(np.isfinite(found))[-1:]] += 1
        return found

    monkeypatch.setattr(Values, "compute", wrong_once)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_each_value(world.strategy, world.grid)
