"""`jangdan paper FILE`: a strategy on the simulated exchange, with a journal; `jangdan replay JOURNAL`: the same decisions again."""

from __future__ import annotations

import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import orjson
import typer

from dsl.messages import text
from engine.cli.costs import costs_of
from engine.cli.inputs import amount_krw, instant_ms, load_strategy, market_codes
from engine.cli.language import language
from engine.model.errors import UserError

if TYPE_CHECKING:
    from dsl.strategy import Strategy
    from engine.assembly import Market
    from engine.research.result import Settings
    from engine.runner.paper import PaperSummary
    from engine.runner.replay import Difference, ReplayResult
    from engine.runner.session import Session
    from engine.trader import Trader

EXCHANGE_VARIABLE: Final = "JANGDAN_UPBIT_URL"


def _say(key: str, **values: object) -> str:
    return text(f"paper.{key}", language(), **values)


def paper(
    file: Annotated[Path, typer.Argument(help=_say("argument_file"), show_default=False)],
    speed: Annotated[float, typer.Option("--speed", min=0.0, help=_say("option_speed"))] = 600.0,
    from_: Annotated[str | None, typer.Option("--from", help=_say("option_from"), show_default=False)] = None,
    to: Annotated[str | None, typer.Option("--to", help=_say("option_to"), show_default=False)] = None,
    markets: Annotated[list[str] | None, typer.Option("--markets", help=_say("option_markets"), show_default=False)] = None,
    cash: Annotated[str, typer.Option("--cash", help=_say("option_cash"))] = "10_000_000 KRW",
    data: Annotated[Path | None, typer.Option("--data", help=_say("option_data", variable="JANGDAN_DATA"), show_default=False)] = None,
    fee: Annotated[list[str] | None, typer.Option("--fee", help=_say("option_fee"), show_default="0.05%")] = None,
    slippage: Annotated[str, typer.Option("--slippage", help=_say("option_slippage"))] = "5bp",
    latency: Annotated[int, typer.Option("--latency", min=0, help=_say("option_latency"))] = 0,
    book: Annotated[str | None, typer.Option("--book", help=text("backtest.option_book", language()), show_default=False)] = None,
    journal: Annotated[Path | None, typer.Option("--journal", help=_say("option_journal"), show_default=False)] = None,
    json_output: Annotated[bool, typer.Option("--json", help=_say("option_json"))] = False,
    exchange: Annotated[str, typer.Option("--exchange", help=_say("option_exchange"), envvar=EXCHANGE_VARIABLE)] = "https://api.upbit.com",
) -> None:
    """Run a strategy file on the simulated exchange, fed with stored candles; exit 1 when the file or the candles do not allow it."""
    from engine.assembly import Sources, market_for  # the heavy part, after the command line was read
    from engine.cli.data import data_folder, sample_folder

    strategy = load_strategy(file, "paper")
    chosen = market_codes(markets or [], strategy)
    settings = _settings(from_, to, cash, fee or [], slippage, book)
    market = market_for(strategy, chosen, settings, Sources(data_folder(data), sample_folder(), exchange, file.parent))
    for message in market.messages:
        sys.stderr.write(text(message.key, language(), **message.values) + "\n")
    session = _session(file, strategy, market.traded, market, latency)
    path = journal or _default_journal(strategy.name)
    summary, trader = _run(session, market, path, speed)
    if json_output:
        sys.stdout.buffer.write(_document(session, summary, trader, path))
    else:
        _show(session, summary, trader, path)


def replay(journal: Annotated[Path, typer.Argument(help=_say("argument_journal"), show_default=False)]) -> None:
    """Decide again from a journal; exit 1 when an intent differs in a single bit, or when there is none to compare."""
    from engine.runner.replay import replay as replay_journal  # the heavy part, after the command line was read
    from engine.runner.session import session_of
    from engine.trader import Trader

    result = replay_journal(journal, lambda header: Trader(session_of(header, journal).assignment()))
    if result.torn:
        sys.stderr.write(_say("replay_torn", path=journal) + "\n")
    if not result.ended and result.difference is None:
        sys.stderr.write(_say("replay_unended", path=journal) + "\n")
    if result.difference is not None:
        raise _difference(journal, result.difference)
    if result.intents == 0:
        raise UserError("paper.replay_empty", path=journal)
    sys.stdout.write(_same(result))


def _settings(from_: str | None, to: str | None, cash: str, fee: list[str], slippage: str, book: str | None) -> Settings:
    from engine.research.result import Settings

    from_ms, to_ms = instant_ms(from_, "--from"), instant_ms(to, "--to")
    if from_ms is not None and to_ms is not None and from_ms >= to_ms:
        raise UserError("inputs.empty_range")
    fee_rate, slipping, costs = costs_of(fee, slippage, None, "0", book)
    if costs.impact > 0.0:
        raise UserError("paper.no_volume", text=slippage)
    return Settings(
        cash_krw=amount_krw(cash, "--cash"),
        fee_rate=fee_rate,
        slippage=slipping,
        costs=costs,
        from_ms=from_ms,
        to_ms=to_ms,
    )


def _session(file: Path, strategy: Strategy, traded: tuple[str, ...], market: Market, latency_ms: int) -> Session:
    from engine.kernel.decide.plan import Terms
    from engine.kernel.program import compile_program
    from engine.research.backtest import settled_ms
    from engine.runner.session import Session, read_texts

    grid, settings = market.grid, market.settings
    program = compile_program(strategy, grid.timeframe, grid.markets)
    strategy_text, risk = read_texts(file)
    return Session(
        strategy=strategy_text,
        risk=risk,
        version=strategy.version,
        base=grid.timeframe,
        markets=grid.markets,
        tradable=tuple(code in traded for code in grid.markets),
        settle_ms=tuple(settled_ms(strategy, program, grid)),
        from_ms=settings.from_ms or 0,
        terms=Terms(settings.cash_krw, settings.fee_rate, settings.slippage, costs=settings.costs),
        latency_ms=latency_ms,
        synthetic=market.synthetic,
    )


def _default_journal(name: str) -> Path:
    """reports/<strategy>-<now>.jsonl below the current folder."""
    folder = Path("reports")
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError("paper.journal_unwritable", path=folder, problem=error) from error
    return folder / f"{name}-{datetime.now(UTC):%Y%m%d-%H%M%S}.jsonl"


def _begin(session: Session, market: Market, speed: float) -> None:
    """Say what has begun and when it ends: the first bar of a slow run takes a minute to come."""
    from engine.research.report.format import duration, kst

    start, end = session.from_ms, market.settings.to_ms or session.from_ms
    took = "" if speed == 0 else _say("begin_takes", length=duration((end - start) / speed, language()))
    tradable = sum(session.tradable)
    values = {"markets": tradable, "first": kst(start), "last": kst(end), "took": took}
    sys.stderr.write(_say("begin", **values) + "\n")
    sys.stderr.flush()


def _say_guards(strategy: Strategy) -> None:
    """What the risk profile's guards of the engine come to on paper."""
    guards = [] if strategy.risk is None else [guard.name for guard in strategy.risk.safety]
    idle = [name for name in guards if name != "books_disagree"]
    sys.stderr.write(_say("safety", names=", ".join(idle)) + "\n" if idle else "")
    sys.stderr.write(_say("safety_books") + "\n" if len(idle) < len(guards) else "")


def _run(session: Session, market: Market, path: Path, speed: float) -> tuple[PaperSummary, Trader]:
    from engine.cli.paper_bar import time_bar
    from engine.runner.clock import SpeedClock
    from engine.runner.paper import PaperRunner, bars_of, make_exchange
    from engine.store.journal import Journal
    from engine.trader import Trader

    _begin(session, market, speed)
    trader = Trader(session.assignment())
    _say_guards(trader.assignment.strategy)
    exchange = make_exchange(trader.assignment.strategy, session.markets, session.terms, session.latency_ms)
    with Journal(path, session.header()) as journal, time_bar(_say("running"), market.grid) as move:
        runner = PaperRunner(trader, exchange, journal, SpeedClock(speed, session.from_ms))
        ends = (signal.SIGINT, signal.SIGTERM)  # Ctrl+C, and the system's wish to end us
        before = {number: signal.signal(number, lambda *_: runner.interrupt()) for number in ends}
        try:
            return runner.run(bars_of(market.grid), move), trader
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _show(session: Session, summary: PaperSummary, trader: Trader, path: Path) -> None:
    from engine.research.report.format import money

    values = {
        "bars": f"{summary.bars:,}",
        "intents": f"{summary.intents:,}",
        "fills": f"{len(summary.fills):,}",
        "refusals": f"{summary.refusals:,}",
        "cash": money(trader.desk.cash_krw, language()),
        "equity": money(trader.desk.equity_krw, language()),
    }
    lines = [_say("synthetic")] if session.synthetic else []
    lines += [_say("stopped_early")] if summary.interrupted else []
    lines += [_say("summary", **values), _say("journal_written", path=path)]
    sys.stdout.write("\n".join(lines) + "\n")


def _document(session: Session, summary: PaperSummary, trader: Trader, path: Path) -> bytes:
    """The run as one JSON document."""
    strategy = trader.assignment.strategy
    fills = [
        {
            "time_ms": fill.time_ms,
            "market": fill.market,
            "order_id": fill.order_id,
            "reason": strategy.exit_name(summary.exits[fill.order_id]) or "entry",
            "quantity_e8": fill.quantity_e8,
            "price_krw": fill.price_krw,
            "fee_krw": fill.fee_krw,
        }
        for fill in summary.fills
    ]
    document = {
        "synthetic": session.synthetic,
        "interrupted": summary.interrupted,
        "journal": str(path),
        "version": session.version,
        "bars": summary.bars,
        "intents": summary.intents,
        "refusals": summary.refusals,
        "cash_krw": trader.desk.cash_krw,
        "equity_krw": trader.desk.equity_krw,
        "fills": fills,
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _same(result: ReplayResult) -> str:
    return _say("replay_same", events=f"{result.events:,}", intents=f"{result.intents:,}") + "\n"


def _difference(path: Path, found: Difference) -> UserError:
    nothing = _say("nothing")
    shown = [nothing if record is None else orjson.dumps(record).decode() for record in (found.recorded, found.decided)]
    return UserError("paper.replay_differs", path=path, event=found.event, recorded=shown[0], decided=shown[1])
