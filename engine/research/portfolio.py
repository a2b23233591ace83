"""One backtest of several strategies on one account (docs/decide.md §9)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.kernel.fills import turned_away
from engine.kernel.portfolio import PortfolioRun, make_books, make_plans, ruled
from engine.kernel.program import compile_program
from engine.kernel.vm import Kernel
from engine.research.backtest import Progress, bars_of, settled_ms, terms_of, until_ms, with_members
from engine.research.gaps import side_gaps
from engine.research.portfolio_result import AccountRun, PartRun, account_result
from engine.research.universe import UniverseTally

if TYPE_CHECKING:
    from dsl.strategy import Portfolio
    from engine.model.candle import BarGrid
    from engine.research.result import BacktestResult, Settings


def backtest_portfolio(
    portfolio: Portfolio,
    grid: BarGrid,
    settings: Settings,
    *,
    traded: Sequence[Sequence[str]] | None = None,
    grids: Sequence[BarGrid] | None = None,
    synthetic: bool = False,
    progress: Progress | None = None,
) -> BacktestResult:
    """Run all strategies over one grid: the traded and alias markets of them all, warm-up included. The account, with its parts.

    traded: per strategy the markets that it may buy (default: those that its file names, or all); grids: per strategy the same
    bars with the side series that it reads (default: the grid's). Raises ValueError when the grid does not serve one of them.
    """
    begun = time.perf_counter()
    grid = until_ms(grid, settings.to_ms)
    strategies = ruled(portfolio)
    chosen = [s.markets or grid.markets for s in strategies] if traded is None else [tuple(markets) for markets in traded]
    tallies = [None if s.universe is None else UniverseTally(s.universe, settings.from_ms) for s in strategies]
    owns = [grid] * len(strategies) if grids is None else [until_ms(own, settings.to_ms) for own in grids]
    decided = [
        with_members(strategy, own, may, settings.block, tally)
        for strategy, own, may, tally in zip(strategies, owns, chosen, tallies, strict=True)
    ]
    owns = [own for own, _, _ in decided]
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
        columns = [kernel.advance(bars_of(own, start, stop)) for kernel, own in zip(kernels, owns, strict=True)]
        run.feed(replace(bars_of(grid, start, stop), side={}), columns)
        if progress is not None:
            progress(stop, length)
    found, account = run.result(), run.books[0].account[0]
    counts = [None if tally is None else tally.counts for tally in tallies]
    sides = [dict.fromkeys((*program.sides, *more)) for program, (_, _, more) in zip(programs, decided, strict=True)]
    runs = [
        PartRun(
            strategy, part.weight, tuple(chosen[k]), found.fills[k], found.skipped[k], found.rule_counts[k], settled[k], decided[k][1],
            counts[k], side_gaps(sides[k], strategy.clock, owns[k], settings.from_ms),
        )
        for k, (strategy, part) in enumerate(zip(strategies, portfolio.parts, strict=True))
    ]  # fmt: skip
    whole = AccountRun(
        found.equity_ms, found.cash_krw, found.exposure_krw, int(account["ambiguous_steps"]), float(account["ambiguous_krw"]),
        int(account["unsettled_entries"]), int(account["sale_below_minimum"]), turned_away(run.books[0].flow),
    )  # fmt: skip
    return account_result(portfolio, runs, whole, grid, settings, synthetic=synthetic, seconds=time.perf_counter() - begun)
