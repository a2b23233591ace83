"""`jangdan why FILE --at TIME` and `jangdan why FILE --summary`: why the strategy did, or did not do, what it did."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dsl.messages import text
from engine.cli.backtest import EXCHANGE_VARIABLE, candles_for, run_settings
from engine.cli.costs import HaltOption, QueueOption, VisibleOption
from engine.cli.inputs import instant_ms, load_strategy, market_codes
from engine.cli.language import language
from engine.model.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from dsl.strategy import Strategy
    from engine.assembly import Market

_MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("?", "yellow")}
_PIPE_WIDTH = 120


def _say(key: str, **values: object) -> str:
    return text(f"why.{key}", language(), **values)


def _backtest(key: str, **values: object) -> str:
    return text(f"backtest.{key}", language(), **values)


def why(
    file: Annotated[Path, typer.Argument(help=_say("argument_file"), show_default=False)],
    at: Annotated[str | None, typer.Option("--at", help=_say("option_at"), show_default=False)] = None,
    market: Annotated[str | None, typer.Option("--market", help=_say("option_market"), show_default=False)] = None,
    summary: Annotated[bool, typer.Option("--summary", help=_say("option_summary"))] = False,
    from_: Annotated[str | None, typer.Option("--from", help=_backtest("option_from"), show_default=False)] = None,
    to: Annotated[str | None, typer.Option("--to", help=_backtest("option_to"), show_default=False)] = None,
    markets: Annotated[list[str] | None, typer.Option("--markets", help=_backtest("option_markets"), show_default=False)] = None,
    cash: Annotated[str, typer.Option("--cash", help=_backtest("option_cash"))] = "10_000_000 KRW",
    data: Annotated[Path | None, typer.Option("--data", help=_backtest("option_data", variable="JANGDAN_DATA"), show_default=False)] = None,
    base: Annotated[str | None, typer.Option("--base", help=_backtest("option_base"), show_default=False)] = None,
    fee: Annotated[list[str] | None, typer.Option("--fee", help=_backtest("option_fee"), show_default="0.05%")] = None,
    slippage: Annotated[str, typer.Option("--slippage", help=_backtest("option_slippage"))] = "5bp",
    participation: Annotated[
        str | None, typer.Option("--participation", help=_backtest("option_participation"), show_default=False)
    ] = None,
    latency: Annotated[str, typer.Option("--latency", help=_backtest("option_latency"))] = "0",
    book: Annotated[str | None, typer.Option("--book", help=_backtest("option_book"), show_default=False)] = None,
    walk_books: Annotated[bool, typer.Option("--walk-books", help=_backtest("option_walk_books"))] = False,
    queue: QueueOption = None,
    visible_depth: VisibleOption = None,
    halt: HaltOption = None,
    json_output: Annotated[bool, typer.Option("--json", help=_say("option_json"))] = False,
    exchange: Annotated[
        str, typer.Option("--exchange", help=_backtest("option_exchange"), envvar=EXCHANGE_VARIABLE)
    ] = "https://api.upbit.com",
) -> None:
    """Explain one bar, or sum up a whole period; exit 1 when the file or the candles do not allow it."""
    if (at is None) != summary:
        raise UserError("why.choose")
    strategy = load_strategy(file, "why")
    alone = market is not None and not markets and not strategy.markets and strategy.universe is None
    chosen = market_codes([market] if alone and market is not None else markets or [], strategy)
    if market is not None:
        market = market_codes([market], strategy)[0]
    at_ms = instant_ms(at, "--at")
    costs = (fee or [], slippage, participation, latency, book, walk_books, queue, visible_depth, halt or [])
    settings = run_settings(from_, to, cash, costs, "upbit", 2048)
    candles = candles_for(strategy, chosen, settings, data, base, exchange, file.parent)
    for message in candles.messages:
        sys.stderr.write(text(message.key, language(), **message.values) + "\n")
    if at_ms is None:
        document = _summary(strategy, candles.traded, candles)
        shown = _show_summary
    else:
        document = _bar(strategy, candles.traded, candles, market or candles.traded[0], at_ms)
        shown = _show_bar
    if json_output:
        sys.stdout.write(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n")
    else:
        shown(document, _console())


def _bar(strategy: Strategy, traded: tuple[str, ...], candles: Market, market: str, at_ms: int) -> dict[str, Any]:
    from engine.cli.progress import bar
    from engine.research.why.bar import why_at
    from engine.research.why.document import bar_document

    with bar() as move:
        found = why_at(
            strategy, candles.grid, candles.settings, market, at_ms, traded=traded,
            progress=lambda done, whole: move(_say("running"), done, whole),
        )  # fmt: skip
    return bar_document(found, language(), synthetic=candles.synthetic)


def _summary(strategy: Strategy, traded: tuple[str, ...], candles: Market) -> dict[str, Any]:
    from engine.cli.progress import bar
    from engine.research.why.document import funnel_document
    from engine.research.why.funnel import funnel

    with bar() as move:
        found = funnel(
            strategy, candles.grid, candles.settings, traded=traded, synthetic=candles.synthetic,
            progress=lambda done, whole: move(_say("running"), done, whole),
        )  # fmt: skip
    return funnel_document(found, language())


def _console() -> Console:
    from rich.console import Console

    console = Console(highlight=False, emoji=False, markup=False)
    return console if console.is_terminal else Console(highlight=False, emoji=False, markup=False, width=_PIPE_WIDTH)


def _show_bar(document: dict[str, Any], console: Console) -> None:
    console.print(document["title"], style="bold")
    for note in document["notes"]:
        console.print(f"! {note}", style="yellow")
    console.print(document["sentence"], style="bold")
    for row in (document["held"], document["order"]):
        if row is not None:
            console.print(row["sentence"])
    if document["happened"]:
        console.print(f"\n{_say('head_happened')}", style="bold")
        for mark in document["happened"]:
            console.print(f"  {mark['sentence']}")
    console.print(f"\n{_say('head_entry')}", style="bold")
    _show_tree(document["entry"], console, 1)
    for rule in document["late"]:
        if rule["reading"] is None:
            console.print(f"  · {rule['sentence']}")
        else:
            _show_tree(rule["reading"], console, 1)
    if document["factors"]:
        console.print(f"\n{_say('head_factors')}", style="bold")
    for factor in document["factors"]:
        console.print(f"  {factor['sentence']}")
    if document["universe"] is not None:
        console.print(f"\n{_say('head_universe')}: {document['universe']['sentence']}", style="bold")
        for rule in document["universe"]["rules"]:
            _show_tree(rule, console, 1)
    if document["exits"]:
        console.print(f"\n{_say('head_exits')}", style="bold")
    for exit_ in document["exits"]:
        if exit_["rule"] is not None and not exit_["sentence"]:
            _show_tree(exit_["rule"], console, 1)
        else:
            console.print(f"  - {exit_['name']}: {exit_['sentence']}")


def _show_tree(part: dict[str, Any], console: Console, depth: int) -> None:
    from rich.padding import Padding
    from rich.text import Text

    mark, colour = _MARKS[part["truth"]]
    console.print(Padding(Text.assemble((mark, colour), " ", part["line"]), (0, 0, 0, 2 * depth), expand=False))
    for inner in part["parts"]:
        _show_tree(inner, console, depth + 1)


def _show_summary(document: dict[str, Any], console: Console) -> None:
    from rich.table import Table

    console.print(document["title"], style="bold")
    for note in document["notes"]:
        console.print(f"! {note}", style="yellow")
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(_say("column_clause"), overflow="fold")
    for key in ("true", "false", "missing", "vetoes", "carries", "remaining"):
        table.add_column(_say(f"column_{key}"), justify="right", no_wrap=True)
    for clause in document["clauses"]:
        numbers = [clause["true"], clause["false"], clause["missing"]]
        numbers += [clause["vetoes"] if clause["role"] != "carry" else None, clause["carries"] if clause["role"] != "veto" else None]
        table.add_row("  " * (clause["depth"] - 1) + clause["text"], *map(_number, [*numbers, clause["remaining"]]))
    table.add_section()
    entry = document["entry"]
    alone = [None, None, None] if document["clauses"] else [entry["false"] + entry["missing"], entry["true"], entry["true"]]
    table.add_row(_say("entry_row"), *map(_number, [entry["true"], entry["false"], entry["missing"], *alone]))
    console.print(table)
    rows = [(_say("row_busy"), document["busy"])]
    rows += [(text(f"report.skip.{reason}", language()), number) for reason, number in document["skipped"].items()]
    rows.append((_say("row_bought"), document["bought"]))
    if document["universe"] is not None:
        _show_universe(document["universe"], console)
    _show_counts(_say("head_decisions", count=f"{entry['true']:,}"), rows, console)
    _show_counts(_say("head_sales"), list(document["exits"].items()), console)


def _show_universe(universe: dict[str, Any], console: Console) -> None:
    from rich.table import Table

    console.print(f"\n{_say('head_universe')}", style="bold")
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(_say("column_clause"), overflow="fold")
    keys = ("passed", "failed", "missing", "remaining", "emptied")
    for key in keys:
        table.add_column(text(f"report.column.{key}", language()), justify="right", no_wrap=True)
    for rule in universe["rules"]:
        table.add_row(rule["path"], *(_number(rule[key]) for key in keys))
    console.print(table)
    console.print(universe["sentence"])


def _show_counts(head: str, rows: list[tuple[str, int]], console: Console) -> None:
    from rich.table import Table

    rows = [row for row in rows if row[1]]
    if not rows:
        return
    console.print(f"\n{head}", style="bold")
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, number in rows:
        table.add_row(f"  {name}", f"{number:,}")
    console.print(table)


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
