"""`jangdan backtest` of a portfolio file: candles for all its strategies, one account, a short result."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from dsl.diagnostics import Severity
from dsl.files import check_file
from dsl.messages import text
from dsl.portfolio import CompiledPortfolio
from dsl.render import render
from engine.cli.inputs import market_codes
from engine.cli.language import language
from engine.kernel.catalogue import catalogue
from engine.model.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dsl.strategy import Portfolio, Strategy
    from engine.assembly import Market
    from engine.research.portfolio import PortfolioResult


def portfolio_of(path: Path) -> Portfolio | None:
    """The checked portfolio of a file; None when the file is of another kind. Findings go to standard error; errors end the command."""
    try:
        compiled = check_file(path, catalogue())
    except OSError as error:
        raise UserError("inputs.unreadable", path=path, reason=error) from error
    if not isinstance(compiled, CompiledPortfolio):
        return None
    for finding in compiled.findings:
        sys.stderr.write(render(finding.diagnostic, finding.source, language()) + "\n\n")
    if compiled.portfolio is None or any(found.diagnostic.severity is Severity.ERROR for found in compiled.findings):
        raise typer.Exit(1)
    return compiled.portfolio


def run_portfolio(portfolio: Portfolio, markets: Sequence[str], candles: Callable[[Strategy, tuple[str, ...]], Market]) -> PortfolioResult:
    """The backtest. candles: what serves one strategy over its markets; every strategy is given the aliases and markets of all, so that the
    longest of the answers serves them together. Raises UserError when nothing does."""
    from engine.research.portfolio import backtest_portfolio  # numpy and numba: a wrong file is refused without them

    strategies = [part.strategy for part in portfolio.parts]
    chosen = [market_codes(list(markets), strategy) for strategy in strategies]
    others = {f"{k}.{code}": code for k, codes in enumerate(chosen) for code in codes}
    others |= {f"{k}.{alias}": code for k, strategy in enumerate(strategies) for alias, code in strategy.aliases.items()}
    clock = min((strategy.clock for strategy in strategies), key=lambda clock: clock.length_ms)
    served = [
        candles(replace(strategy, aliases=others, clock=clock) if strategy.clock == clock else replace(strategy, aliases=others), own)
        for strategy, own in zip(strategies, chosen, strict=True)
    ]
    market = min(served, key=lambda one: (one.grid.timeframe.length_ms, one.grid.first_index))
    for message in market.messages:
        sys.stderr.write(text(message.key, language(), **message.values) + "\n")
    try:
        result = backtest_portfolio(portfolio, market.grid, market.settings, traded=chosen)
    except ValueError as error:
        raise UserError("backtest.cannot_run", reason=error) from error
    return replace(result, synthetic=market.synthetic)


def show(result: PortfolioResult) -> None:
    """The account's end and every strategy's part in it, to standard output."""
    from engine.research.report.format import count, money, percent

    start, end = result.settings.cash_krw, float(result.equity_krw[-1]) if len(result.equity_krw) else result.settings.cash_krw
    gain = percent(end / start - 1.0, signed=True)
    lines = [text("backtest.synthetic", language())] if result.synthetic else []
    lines += [text("backtest.account", language(), equity=money(end, language()), gain=gain)]
    for part, one in zip(result.portfolio.parts, result.parts, strict=True):
        buys = int((one.fills["side"] > 0).sum())
        values = {"name": one.name, "weight": percent(part.weight), "buys": count(buys), "sales": count(len(one.fills) - buys)}
        lines.append(text("backtest.part", language(), **values))
    sys.stdout.write("\n".join(lines) + "\n")
