"""One backtest of several strategies on one account (docs/decide.md §9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dsl.strategy import Portfolio
from engine.kernel.portfolio import PortfolioRun, make_books, make_plans, ruled
from engine.kernel.program import compile_program
from engine.kernel.vm import Kernel
from engine.model.candle import BarGrid
from engine.research.backtest import bars_of, settled_ms, terms_of, until_ms, with_members
from engine.research.result import Settings


@dataclass(frozen=True, slots=True)
class PartResult:
    """One strategy's share of the run. fills: records of engine.kernel.book.FILL, in order of time; their market counts in the grid."""

    name: str
    fills: NDArray[np.void]
    skipped: dict[str, int]


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
    terms = terms_of(settings, grid.timeframe)
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
    names = (part.strategy.name for part in portfolio.parts)
    parts = tuple(PartResult(*row) for row in zip(names, found.fills, found.skipped, strict=True))
    equity = found.cash_krw + found.exposure_krw
    return PortfolioResult(portfolio, settings, grid.markets, parts, found.equity_ms, equity, found.cash_krw)
