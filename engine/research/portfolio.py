"""One backtest of several strategies on one account (docs/decide.md §9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import fsum

import numpy as np
from numpy.typing import NDArray

from dsl.strategy import Portfolio, Strategy
from engine.kernel.portfolio import PortfolioRun, make_books, make_plans, ruled
from engine.kernel.program import compile_program
from engine.kernel.vm import Kernel
from engine.model.candle import BarGrid
from engine.research.backtest import bars_of, settled_ms, terms_of, until_ms, with_members
from engine.research.metrics import CURVE_FIGURES, NAN, curve_facts, evaluate
from engine.research.result import BacktestResult, Settings
from engine.research.returns import Curve
from engine.research.trades import Trade, trades_of


@dataclass(frozen=True, slots=True)
class PartResult:
    """One strategy's share of the run. fills: records of engine.kernel.book.FILL, in order of time; their market counts in the grid.
    trades: made of them, open ones marked at the last price."""

    name: str
    fills: NDArray[np.void]
    skipped: dict[str, int]
    trades: tuple[Trade, ...] = ()


@dataclass(frozen=True, slots=True)
class PortfolioResult:
    """What became of the account: a row per time at which any strategy's clock closed; equity = cash + exposure (KRW)."""

    portfolio: Portfolio
    settings: Settings
    markets: tuple[str, ...]
    parts: tuple[PartResult, ...]
    equity_ms: NDArray[np.int64]
    equity_krw: NDArray[np.float64]
    cash_krw: NDArray[np.float64]
    synthetic: bool = False  # the candles were generated, not traded; every output says so


def backtest_portfolio(
    portfolio: Portfolio, grid: BarGrid, settings: Settings, *, traded: Sequence[Sequence[str]] | None = None
) -> PortfolioResult:
    """Run all strategies over one grid: the traded and alias markets of them all, warm-up included.

    traded: per strategy the markets that it may buy (default: those that its file names, or all). Raises ValueError when the grid does not
    serve one of them.
    """
    grid = until_ms(grid, settings.to_ms)
    strategies = ruled(portfolio)
    chosen = [s.markets or grid.markets for s in strategies] if traded is None else [tuple(markets) for markets in traded]
    grids = [with_members(s, grid, markets, settings.block)[0] for s, markets in zip(strategies, chosen, strict=True)]
    programs = [compile_program(s, grid.timeframe, grid.markets, domain=may) for s, may in zip(strategies, chosen, strict=True)]
    terms = terms_of(settings, grid)
    settled = [settled_ms(s, program, grid) for s, program in zip(strategies, programs, strict=True)]
    tradable = [[market in may for market in grid.markets] for may in chosen]
    plans = make_plans(portfolio, programs, terms, tradable, settled)
    run = PortfolioRun(plans, make_books(plans, settings.cash_krw), settings.from_ms)
    kernels = [Kernel(program, settings.block) for program in programs]
    length = grid.state.shape[1]
    for start in range(0, length, settings.block):
        stop = min(start + settings.block, length)
        columns = [kernel.advance(bars_of(own, start, stop)) for kernel, own in zip(kernels, grids, strict=True)]
        run.feed(replace(bars_of(grid, start, stop), side={}), columns)
    found = run.result()
    equity = found.cash_krw + found.exposure_krw
    account = PortfolioResult(portfolio, settings, grid.markets, (), found.equity_ms, equity, found.cash_krw)
    rows = zip(strategies, found.fills, found.skipped, strict=True)
    return replace(account, parts=tuple(_part(account, grid, strategy, fills, skipped) for strategy, fills, skipped in rows))


def _part(account: PortfolioResult, grid: BarGrid, strategy: Strategy, fills: NDArray[np.void], skipped: dict[str, int]) -> PartResult:
    candles = replace(grid, side={})  # base bars: open trades are marked where the account marks them
    alone = BacktestResult(
        strategy, account.settings, grid.markets, fills, account.equity_ms, account.equity_krw, account.cash_krw,
        account.equity_krw - account.cash_krw, candles,
    )  # fmt: skip
    return PartResult(strategy.name, fills, skipped, trades_of(alone))


@dataclass(frozen=True, slots=True)
class PartFigures:
    """What one strategy did. trades: closed ones; profit_krw: of all, open ones marked; fees_krw: of all. Ratios of nothing are NaN."""

    name: str
    weight: float
    buys: int
    trades: int
    open_trades: int
    win_rate: float
    profit_krw: float
    fees_krw: float


@dataclass(frozen=True, slots=True)
class PortfolioFigures:
    """The account's figures (metrics.CURVE_FIGURES), its fees, its period (UTC ms), and each strategy's part. The profits of the parts
    make the account's."""

    values: dict[str, float]
    fees_krw: float
    start_ms: int
    end_ms: int
    parts: tuple[PartFigures, ...]


def portfolio_figures(result: PortfolioResult) -> PortfolioFigures:
    """All figures of a portfolio's run."""
    times = result.equity_ms
    first_clock = min((part.strategy.clock.length_ms for part in result.portfolio.parts), default=0)
    start_ms = result.settings.from_ms or (int(times[0]) - first_clock if len(times) else 0)
    curve = Curve(start_ms, result.settings.cash_krw, times, result.equity_krw)
    parts = tuple(_figures(part, weight.weight) for part, weight in zip(result.parts, result.portfolio.parts, strict=True))
    end_ms = int(times[-1]) if len(times) else start_ms
    return PortfolioFigures(evaluate(CURVE_FIGURES, curve_facts(curve)), fsum(part.fees_krw for part in parts), start_ms, end_ms, parts)


def _figures(part: PartResult, weight: float) -> PartFigures:
    closed = [trade for trade in part.trades if not trade.is_open]
    return PartFigures(
        name=part.name,
        weight=weight,
        buys=len(np.unique(part.fills["order_id"][part.fills["side"] > 0])),
        trades=len(closed),
        open_trades=len(part.trades) - len(closed),
        win_rate=sum(trade.profit_krw > 0 for trade in closed) / len(closed) if closed else NAN,
        profit_krw=fsum(trade.profit_krw for trade in part.trades),
        fees_krw=fsum(part.fills["fee_krw"].tolist()),
    )
