"""`jangdan backtest` of a portfolio file: candles for all its strategies, one account, a report of the account and one of each strategy."""

from __future__ import annotations

import sys
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
    from collections.abc import Sequence

    from dsl.strategy import Portfolio
    from engine.assembly import Sources, Together
    from engine.research.result import BacktestResult, Settings


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


def run_portfolio(
    portfolio: Portfolio, markets: Sequence[str], settings: Settings, sources: Sources, base: str | None
) -> tuple[BacktestResult, Together]:
    """The backtest, and the candles that it ran over. Raises UserError when nothing serves it."""
    from engine import assembly  # numpy and numba: a wrong file is refused without them
    from engine.candles.timeframes import parse_timeframe
    from engine.cli.progress import bar

    def say(key: str, **values: object) -> str:
        return text(f"backtest.{key}", language(), **values)

    strategies = [part.strategy for part in portfolio.parts]
    chosen = [market_codes(list(markets), strategy) for strategy in strategies]
    with bar() as move:
        market = assembly.market_together(
            strategies, chosen, settings, sources, parse_timeframe(base) if base else None,
            progress=lambda code, done, whole: move(say("fetching", market=code), done, whole),
        )  # fmt: skip
    for message in market.messages:
        sys.stderr.write(text(message.key, language(), **message.values) + "\n")
    with bar() as move:
        try:
            return assembly.run_portfolio(portfolio, market, lambda done, whole: move(say("running"), done, whole)), market
        except ValueError as error:
            raise UserError("backtest.cannot_run", reason=error) from error
