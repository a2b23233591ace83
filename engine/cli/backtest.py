"""`jangdan backtest FILE`: candles, kernel, decisions, report."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from dsl.messages import text
from engine.cli.costs import CostTexts, HaltOption, QueueOption, VisibleOption, costs_of
from engine.cli.examined import examined, moved_portfolios, moved_runs
from engine.cli.inputs import amount_krw, instant_ms, load_strategy, market_codes
from engine.cli.language import language
from engine.cli.portfolio import portfolio_of, run_portfolio
from engine.model.errors import UserError

if TYPE_CHECKING:
    from dsl.strategy import Strategy
    from engine.assembly import Market, Sources
    from engine.research.report import Checkup, Figures
    from engine.research.result import BacktestResult, Settings

EXCHANGE_VARIABLE: Final = "JANGDAN_UPBIT_URL"
_PIPE_WIDTH: Final = 120
#: candles; memory is taken for a whole block at once
_LONGEST_BLOCK: Final = 1_000_000
_LOOKS: Final = ("quick", "deep")
_MOST_DRAWS: Final = 10_000


def _say(key: str, **values: object) -> str:
    return text(f"backtest.{key}", language(), **values)


def backtest(
    file: Annotated[Path, typer.Argument(help=_say("argument_file"), show_default=False)],
    from_: Annotated[str | None, typer.Option("--from", help=_say("option_from"), show_default=False)] = None,
    to: Annotated[str | None, typer.Option("--to", help=_say("option_to"), show_default=False)] = None,
    markets: Annotated[list[str] | None, typer.Option("--markets", help=_say("option_markets"), show_default=False)] = None,
    cash: Annotated[str, typer.Option("--cash", help=_say("option_cash"))] = "10_000_000 KRW",
    data: Annotated[Path | None, typer.Option("--data", help=_say("option_data", variable="JANGDAN_DATA"), show_default=False)] = None,
    base: Annotated[str | None, typer.Option("--base", help=_say("option_base"), show_default=False)] = None,
    fee: Annotated[list[str] | None, typer.Option("--fee", help=_say("option_fee"), show_default="0.05%")] = None,
    slippage: Annotated[str, typer.Option("--slippage", help=_say("option_slippage"))] = "5bp",
    participation: Annotated[str | None, typer.Option("--participation", help=_say("option_participation"), show_default=False)] = None,
    latency: Annotated[str, typer.Option("--latency", help=_say("option_latency"))] = "0",
    book: Annotated[str | None, typer.Option("--book", help=_say("option_book"), show_default=False)] = None,
    walk_books: Annotated[bool, typer.Option("--walk-books", help=_say("option_walk_books"))] = False,
    queue: QueueOption = None,
    visible_depth: VisibleOption = None,
    halt: HaltOption = None,
    rounding: Annotated[str, typer.Option("--rounding", help=_say("option_rounding"))] = "upbit",
    json_path: Annotated[Path | None, typer.Option("--json", help=_say("option_json"), show_default=False)] = None,
    report: Annotated[Path | None, typer.Option("--report", help=_say("option_report"), show_default=False)] = None,
    no_report: Annotated[bool, typer.Option("--no-report", help=_say("option_no_report"))] = False,
    trades: Annotated[Path | None, typer.Option("--trades", help=_say("option_trades"), show_default=False)] = None,
    doctor: Annotated[str, typer.Option("--doctor", help=_say("option_doctor"))] = "quick",
    random: Annotated[int, typer.Option("--random", help=_say("option_random"))] = 1000,
    checked: Annotated[bool, typer.Option("--checked", help=_say("option_checked"))] = False,
    block: Annotated[int, typer.Option("--block", help=_say("option_block"))] = 2048,
    exchange: Annotated[str, typer.Option("--exchange", help=_say("option_exchange"), envvar=EXCHANGE_VARIABLE)] = "https://api.upbit.com",
) -> None:
    """Backtest a strategy file and show the result; exit 1 when the file or the candles do not allow it."""
    only_document = str(json_path) == "-" or str(trades) == "-"
    if str(json_path) == "-" and str(trades) == "-":
        raise UserError("backtest.two_documents")
    if not 1 <= block <= _LONGEST_BLOCK:
        raise UserError("backtest.bad_block", most=f"{_LONGEST_BLOCK:,}")
    if doctor not in _LOOKS:
        raise UserError("inputs.bad_choice", option="--doctor", text=doctor, choices=", ".join(_LOOKS))
    if not 0 <= random <= _MOST_DRAWS:
        raise UserError("backtest.bad_random", most=f"{_MOST_DRAWS:,}")
    portfolio = portfolio_of(file)
    costs = (fee or [], slippage, participation, latency, book, walk_books, queue, visible_depth, halt or [])
    if portfolio is not None:
        settings = run_settings(from_, to, cash, costs, rounding, block)
        whole, bars = run_portfolio(portfolio, markets or [], settings, sources_of(data, exchange, file.parent), base)
        figures, checkup = examined(
            whole, bars.grids[0], random, moved_portfolios(file, bars) if doctor == "deep" else None, checked=checked
        )
        path = None if no_report or (only_document and report is None) else report or _default_report(portfolio.name, whole)
        _write(whole, figures, checkup, json_path, trades, path, quiet=only_document)
        return
    strategy = load_strategy(file, "backtest")
    chosen = market_codes(markets or [], strategy)
    settings = run_settings(from_, to, cash, costs, rounding, block)
    market = candles_for(strategy, chosen, settings, data, base, exchange, file.parent)
    for message in market.messages:
        sys.stderr.write(text(message.key, language(), **message.values) + "\n")
    result = _run(strategy, market.traded, market)
    report_path = None if no_report or (only_document and report is None) else report or _default_report(strategy.name, result)
    found, checkup = examined(
        result, market.grid, random, moved_runs(file, strategy.params, market) if doctor == "deep" else None, checked=checked
    )
    _write(result, found, checkup, json_path, trades, report_path, quiet=only_document)


def run_settings(from_: str | None, to: str | None, cash: str, costs: CostTexts, rounding: str, block: int) -> Settings:
    """What the command line says about the run. Raises UserError for what cannot be read."""
    from engine.research.result import Rounding, Settings  # numpy: a wrong file is refused without it

    from_ms, to_ms = instant_ms(from_, "--from"), instant_ms(to, "--to")
    if from_ms is not None and to_ms is not None and from_ms >= to_ms:
        raise UserError("inputs.empty_range")
    if rounding not in list(Rounding):
        raise UserError("inputs.bad_choice", option="--rounding", text=rounding, choices=", ".join(Rounding))
    fee_rate, slippage, more = costs_of(*costs)
    return Settings(
        cash_krw=amount_krw(cash, "--cash"),
        fee_rate=fee_rate,
        slippage=slippage,
        rounding=Rounding(rounding),
        from_ms=from_ms,
        to_ms=to_ms,
        block=block,
        costs=more,
    )


def sources_of(data: Path | None, url: str, files: Path) -> Sources:
    """Where candles come from. files: folder that paths in the strategy file count from."""
    from engine.assembly import Sources
    from engine.cli.data import data_folder, sample_folder

    return Sources(data_folder(data), sample_folder(), url, files)


def candles_for(
    strategy: Strategy, markets: tuple[str, ...], settings: Settings, data: Path | None, base: str | None, url: str, files: Path
) -> Market:
    """Candles of the run, with progress; `files`: the folder that its external series are named from.

    Raises UserError when nothing can serve it.
    """
    from engine.assembly import market_for  # the heavy part, after everything that can be refused cheaply
    from engine.candles.timeframes import parse_timeframe
    from engine.cli.progress import bar

    sources = sources_of(data, url, files)
    with bar() as move:
        return market_for(
            strategy, markets, settings, sources, parse_timeframe(base) if base else None,
            progress=lambda code, done, whole: move(_say("fetching", market=code), done, whole),
        )  # fmt: skip


def _run(strategy: Strategy, markets: tuple[str, ...], market: Market) -> BacktestResult:
    from engine.assembly import run_backtest
    from engine.cli.progress import bar

    with bar() as move:
        try:
            return run_backtest(strategy, markets, market, progress=lambda done, whole: move(_say("running"), done, whole))
        except ValueError as error:
            raise UserError("backtest.cannot_run", reason=error) from error


def _default_report(name: str, result: BacktestResult) -> Path:
    """reports/<strategy>-<first day>-<last day>.html below the current folder."""
    times = result.equity_ms
    days = [f"{datetime.fromtimestamp(int(times[k]) / 1000, UTC):%Y%m%d}" for k in (0, -1)] if len(times) else ["empty"]
    return Path("reports") / ("-".join([name, *days, *(["SYNTHETIC"] if result.synthetic else [])]) + ".html")


def _write(
    result: BacktestResult, found: Figures, checkup: Checkup, json_path: Path | None, trades: Path | None, report: Path | None,
    *, quiet: bool,
) -> None:  # fmt: skip
    from rich.console import Console

    from engine.research.report import render_terminal, to_json, trades_csv

    if not quiet:
        console = Console(highlight=False, emoji=False)
        if not console.is_terminal:
            console = Console(highlight=False, emoji=False, width=_PIPE_WIDTH)
        console.print(render_terminal(result, found, checkup, language()))
    if json_path is not None:
        put(json_path, to_json(result, found, checkup))
    if trades is not None:
        put(trades, trades_csv(result).encode())
    if report is not None:
        _write_pages(result, found, checkup, report)
    if not quiet:
        sys.stderr.write(_say("computed", bars=result.candles.state.size, seconds=result.compute_seconds) + "\n")


def _write_pages(result: BacktestResult, found: Figures, checkup: Checkup, report: Path) -> None:
    """The report's page and, of a portfolio, one beside it for each strategy: after the account's own, so that a name that cannot be
    written leaves none of them. Standard output takes the account's page alone."""
    from engine.research.report import render_html

    beside = [] if str(report) == "-" else list(zip(result.parts, found.parts, checkup.parts, strict=True))
    pages = [report.parent / f"{report.stem}-{part.strategy.name}{report.suffix}" for part, _, _ in beside]
    put(report, render_html(result, found, checkup, language(), [page.name for page in pages]).encode())
    sys.stderr.write(_say("report_written", path=report) + "\n")
    for page, part in zip(pages, beside, strict=True):
        put(page, render_html(*part, language()).encode())
    if pages:
        sys.stderr.write(_say("part_reports_written", paths=", ".join(map(str, pages))) + "\n")


def put(path: Path, content: bytes) -> None:
    """Write a whole file or nothing; `-` is standard output."""
    if str(path) == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    temporary = path.parent / f".jangdan-{os.getpid()}.tmp"  # in the same folder, of its own, and never too long a name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():  # a device or a pipe is written to; replacing it would remove it
            path.write_bytes(content)
            return
        try:
            temporary.write_bytes(content)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise UserError("backtest.cannot_write", path=path, reason=error) from error
