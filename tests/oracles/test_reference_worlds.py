"""The generators make files that compile and worlds in which everything happens; the reference runs them and its books stay sound."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from dsl.compile import compile_strategy
from dsl.strategy import ExitKind, Strategy
from engine.kernel.book import SKIP_REASONS
from engine.kernel.catalogue import catalogue
from engine.model.candle import BarState
from engine.research.result import Rounding, Settings
from tests.generators.candles import random_grid
from tests.generators.strategies import random_strategy
from tests.oracles.reference_backtest import ReferenceResult, run

MARKETS = ("KRW-BTC", "KRW-ETH", "KRW-XRP")


def compiled(seed: int) -> Strategy:
    """The strategy of a seed."""
    text = random_strategy(random.Random(seed), MARKETS)
    result = compile_strategy(text.text, "generated.yaml", catalogue(), text.profiles)
    assert result.strategy is not None, f"seed {seed}: {[(e.code, e.args) for e in result.errors]}\n{text.text}"
    return result.strategy


def backtest(seed: int) -> tuple[Strategy, ReferenceResult]:
    """A random strategy in a random world."""
    strategy, chance = compiled(seed), random.Random(seed)
    slippage, fee_rate = chance.choice([0.0, 0.0005, 0.002]), chance.choice([0.0, 0.0005])
    settings = Settings(slippage=slippage, fee_rate=fee_rate, rounding=chance.choice([*Rounding, Rounding.UPBIT]))
    return strategy, run(strategy, random_grid(chance, MARKETS, 1_000), settings)


def test_generated_strategies_compile() -> None:
    strategies = [compiled(seed) for seed in range(60)]
    kinds = Counter(exit_.kind for strategy in strategies for exit_ in strategy.exits)
    assert all(kinds[kind] >= 20 for kind in ExitKind), kinds
    assert any(strategy.risk is not None for strategy in strategies)


def test_generated_grids_hold_every_state() -> None:
    states = Counter[int]()
    for seed in range(20):
        grid = random_grid(random.Random(seed), MARKETS, 300)
        states.update(grid.state.ravel().tolist())
        traded = grid.state == BarState.TRADED
        assert (grid.low[traded] <= np.minimum(grid.open, grid.close)[traded]).all()
        assert (grid.high[traded] >= np.maximum(grid.open, grid.close)[traded]).all()
        assert np.isnan(grid.close[grid.state == BarState.UNKNOWN]).all()
    assert all(states[state] > 300 for state in BarState), states


@pytest.mark.parametrize("worlds", [30, pytest.param(60, marks=pytest.mark.deep)])
def test_random_backtests_trade_everything_and_balance(worlds: int) -> None:
    reasons: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    ambiguous = small = 0
    for seed in range(worlds):
        strategy, result = backtest(seed)
        for trade in result.fills:
            reasons["entry" if trade.reason < 0 else strategy.exits[trade.reason].kind.name] += 1
        skipped.update(result.skipped)
        ambiguous += result.ambiguous_steps
        small += result.sale_below_minimum
        balance(result)
    assert all(reasons[kind] >= 5 * worlds // 6 for kind in ("entry", "STOP", "TARGET", "RULE")), reasons
    assert ambiguous >= 1
    assert small >= 1
    assert set(skipped) <= set(SKIP_REASONS)
    assert len(skipped) >= 6, skipped


def balance(result: ReferenceResult) -> None:
    """Cash and coins are what the fills say."""
    cash, coins = 10_000_000.0, Counter[str]()
    for trade in result.fills:
        sign = 1 if trade.side == "buy" else -1
        cash -= sign * trade.quantity * trade.price / 1e8 + trade.fee
        coins[trade.market] += sign * trade.quantity
        assert coins[trade.market] >= 0
        assert cash > -1e-3
    assert abs(cash - result.state.cash) < 1e-3
    for code, m in result.state.markets.items():
        assert coins[code] == (m.position.quantity if m.position is not None else 0)
