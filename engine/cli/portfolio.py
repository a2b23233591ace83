"""`jangdan backtest` of a portfolio file: candles for all its strategies, one account, a short result."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson
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

_PIPE_WIDTH: Final = 120
_DAY_MS: Final = 86_400_000
#: figures of the account, in this order
_ACCOUNT: Final = ("end_equity", "profit", "total_return", "annualised_return", "maximum_drawdown", "annualised_volatility", "sharpe")


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
    """The account with its period, drawdown and fees, and a row for every strategy, to standard output."""
    from rich.console import Console
    from rich.table import Table

    from engine.research.metrics import definitions
    from engine.research.portfolio import portfolio_figures
    from engine.research.report.format import count, kst, money, percent, written

    found, chosen = portfolio_figures(result), language()
    console = Console(highlight=False, emoji=False, markup=False)
    if not console.is_terminal:
        console = Console(highlight=False, emoji=False, markup=False, width=_PIPE_WIDTH)
    if result.synthetic:
        console.print(text("backtest.synthetic", chosen), style="bold")
    days = (found.end_ms - found.start_ms) / _DAY_MS
    console.print(text("backtest.portfolio_title", chosen, name=result.portfolio.title or result.portfolio.name), style="bold")
    console.print(text("backtest.period", chosen, first=kst(found.start_ms), last=kst(found.end_ms), days=f"{days:.0f}"))
    account = Table(box=None, pad_edge=False, show_header=False)
    account.add_column()
    account.add_column(justify="right")
    for key in _ACCOUNT:
        account.add_row(text(f"report.figure.{key}", chosen), written(found.values[key], definitions()[key].unit, chosen))
    account.add_row(text("report.figure.fees_paid", chosen), money(found.fees_krw, chosen))
    console.print(account)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(text("backtest.column_strategy", chosen), overflow="fold")
    for key in ("weight", "buys", "trades", "open", "win_rate", "profit", "fees"):
        table.add_column(text(f"backtest.column_{key}", chosen), justify="right", no_wrap=True)
    for part in found.parts:
        numbers = [percent(part.weight), count(part.buys), count(part.trades), count(part.open_trades), percent(part.win_rate)]
        table.add_row(part.name, *numbers, money(part.profit_krw, chosen, signed=True), money(part.fees_krw, chosen))
    console.print()
    console.print(table)


def document(result: PortfolioResult) -> bytes:
    """The run as one JSON document; what is not defined is null."""
    from engine.research.portfolio import portfolio_figures
    from engine.research.report.document import finite

    found = portfolio_figures(result)
    shown = {
        "synthetic": result.synthetic,
        "name": result.portfolio.name,
        "version": result.portfolio.version,
        "from_ms": found.start_ms,
        "to_ms": found.end_ms,
        "markets": list(result.markets),
        "figures": finite(found.values | {"fees_paid": found.fees_krw}),
        "strategies": [finite({name: getattr(part, name) for name in part.__slots__}) for part in found.parts],
        "skipped": {part.name: part.skipped for part in result.parts},
        "equity_ms": result.equity_ms.tolist(),
        "equity_krw": result.equity_krw.tolist(),
    }
    return orjson.dumps(shown, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
