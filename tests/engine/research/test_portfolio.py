"""A portfolio's backtest: of one strategy it is that strategy's; of several it is one account."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dsl.strategy import Portfolio, PortfolioPart
from engine.research.audit import audit_portfolio
from engine.research.backtest import backtest
from engine.research.portfolio import backtest_portfolio, portfolio_figures
from tests.generators.worlds import random_world


def test_a_portfolio_of_one_is_the_strategys_backtest() -> None:
    """Fills, skips and equity, to the last bit; only the strategy's markets may be bought, so markets are numbered alike."""
    fills = 0
    for seed in range(300, 312):
        world = random_world(seed, whole=False, longest=900)
        traded = world.grid.markets
        alone = backtest(world.strategy, world.grid, world.settings, traded=traded)
        portfolio = Portfolio("one", "", (PortfolioPart(world.strategy, 1.0),), world.strategy.risk)
        found = backtest_portfolio(portfolio, world.grid, world.settings, traded=[traded])
        assert found.parts[0].fills.tobytes() == alone.fills.tobytes(), seed
        assert found.parts[0].skipped == alone.skipped
        assert found.equity_krw.tobytes() == alone.equity_krw.tobytes()
        fills += len(alone.fills)
    assert fills > 100


def test_two_strategies_share_one_account() -> None:
    """The same rules twice: the second finds its markets taken, and the cash of the account is what the fills of both made of it."""
    refused = fills = 0
    for seed in range(300, 312):
        first = random_world(seed, whole=False, longest=900)
        parts = tuple(PortfolioPart(replace(first.strategy, name=f"part {k}"), 0.5) for k in range(2))
        portfolio = Portfolio("two", "", parts, first.strategy.risk, capital_ratio=0.5)
        found = backtest_portfolio(portfolio, first.grid, replace(first.settings, to_ms=None, cash_krw=1e9))
        assert len(found.parts) == 2
        assert np.isfinite(found.equity_krw).all()
        books = audit_portfolio(found, first.grid)
        assert books.violation is None
        assert (books.fills, books.closes) == (sum(len(part.fills) for part in found.parts), len(found.equity_ms))
        fills += books.fills
        if books.closes:
            off = found.equity_krw + np.eye(1, books.closes, books.closes // 2)[0]
            wrong = audit_portfolio(replace(found, equity_krw=off), first.grid).violation
            assert wrong is not None
            assert wrong.text == "equity"
        refused += sum(part.skipped["positions_per_market"] + part.skipped["account_positions"] for part in found.parts)
    assert refused > 0
    assert fills > 100


def test_the_profits_of_the_parts_are_the_accounts() -> None:
    """Trades of every strategy, open ones at the last price, add up to what became of the account; so do the fees of the fills."""
    trades = open_trades = 0
    for seed in range(300, 308):
        world = random_world(seed, whole=False, longest=900)
        parts = tuple(PortfolioPart(replace(world.strategy, name=f"part {k}"), weight) for k, weight in enumerate((0.6, 0.4)))
        portfolio = Portfolio("two", "", parts, None)
        result = backtest_portfolio(portfolio, world.grid, replace(world.settings, to_ms=None))
        if not len(result.equity_krw):
            continue
        last_close = int(result.equity_ms[-1])  # what is filled after it is in no row of the equity
        result = backtest_portfolio(portfolio, world.grid, replace(world.settings, to_ms=last_close))
        found = portfolio_figures(result)
        assert [(part.name, part.weight) for part in found.parts] == [("part 0", 0.6), ("part 1", 0.4)]
        gained = float(result.equity_krw[-1]) - world.settings.cash_krw
        assert found.values["profit"] == gained
        assert sum(part.profit_krw for part in found.parts) == pytest.approx(gained, abs=1.0)
        assert found.fees_krw == pytest.approx(sum(float(part.fills["fee_krw"].sum()) for part in result.parts), abs=1e-6)
        curve = np.concatenate([[world.settings.cash_krw], result.equity_krw])
        assert found.values["maximum_drawdown"] == pytest.approx(float((curve / np.maximum.accumulate(curve) - 1.0).min()), abs=1e-12)
        trades += sum(part.trades for part in found.parts)
        open_trades += sum(part.open_trades for part in found.parts)
    assert trades > 50
    assert open_trades > 0
