"""`jangdan warmup FILE..`: how many candles settle a strategy, and how many requests and seconds fetching them takes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from dsl.catalogue import Catalogue
from dsl.describe import describe
from dsl.files import compile_file
from dsl.graph import Section, Timeframe
from dsl.messages import text
from dsl.render import render
from dsl.strategy import Strategy
from engine.candles.timeframes import UPBIT, divides, parse_timeframe, timeframe_name
from engine.cli.language import language
from engine.kernel.catalogue import catalogue
from engine.kernel.demand import Demand, demand, own_bars
from engine.kernel.program import wanted_columns
from engine.model.errors import UserError

#: candles in one answer of the exchange, and candle requests that it takes per second
CANDLES_PER_REQUEST: Final = 200
REQUESTS_PER_SECOND: Final = 10
#: numbers of markets for which seconds are shown; the limit holds for the first
MARKETS: Final = (30, 200)
LIMIT_SECONDS: Final = 300
#: wide enough for a table when the output is not a terminal
_PIPE_WIDTH: Final = 160
_MOST_TEXT: Final = 60


class Need(NamedTuple):
    """Candles of one section. `source`: the exchange's bars that they are fetched as. `requests`: per market."""

    section: Section
    bars: int
    source: Timeframe
    requests: int

    def seconds(self, markets: int) -> float:
        """Time to fetch them: for every market, or for the one market that the section is bound to."""
        return self.requests * (1 if self.section.market else markets) / REQUESTS_PER_SECOND


class NodeNeed(NamedTuple):
    """What one node alone makes necessary."""

    node: int
    need: Need


class Plan(NamedTuple):
    """Needs of a strategy: by section, and by node, the largest first."""

    strategy: Strategy
    sections: list[Need]
    nodes: list[NodeNeed]

    def seconds(self, markets: int) -> float:
        """Time to fetch everything."""
        return sum(need.seconds(markets) for need in self.sections)


def _say(key: str, **values: object) -> str:
    return text(f"warmup.{key}", language(), **values)


def warmup(
    files: Annotated[list[Path], typer.Argument(help=_say("argument_files"), show_default=False)],
    check: Annotated[bool, typer.Option("--check", help=_say("option_check", markets=MARKETS[0], seconds=LIMIT_SECONDS))] = False,
    json_output: Annotated[bool, typer.Option("--json", help=_say("option_json"))] = False,
) -> None:
    """Show the needs of every file; with --check, exit 1 when one of them takes too long."""
    known = catalogue()
    plans = [plan(_strategy(path, known), known) for path in files]
    if json_output:
        sys.stdout.write(json.dumps({"strategies": [_document(item) for item in plans]}, ensure_ascii=False) + "\n")
    else:
        for item in plans:
            _show(item)
    slow = [item for item in plans if item.seconds(MARKETS[0]) > LIMIT_SECONDS]
    if check and slow:
        for item in slow:
            sys.stderr.write(_complaint(item) + "\n")
        raise typer.Exit(1)


def plan(strategy: Strategy, known: Catalogue) -> Plan:
    """What has to be fetched so that every value that decisions read is settled on the latest bar."""
    wanted = wanted_columns(strategy)
    total = demand(strategy.graph, wanted, known)
    candles = dict(total.sections)
    if strategy.universe is not None:
        universe = strategy.universe
        roots = [universe.keep] if universe.by is None else [universe.keep, universe.by]
        for section, bars in demand(universe.graph, roots, known).sections.items():
            candles[section] = candles.get(section, 0) + bars  # its members must be right over the strategy's own warm-up
    sections = sorted((_need(section, bars) for section, bars in candles.items()), key=lambda need: need.section)
    alone = [(i, demand(strategy.graph, [i], known)) for i in total.bars if own_bars(strategy.graph[i], known) > 0]
    nodes = [NodeNeed(i, _largest(needs)) for i, needs in alone if needs.sections]  # what reads side series only needs no candles
    nodes.sort(key=lambda item: (-item.need.requests, -item.need.bars, item.node))
    return Plan(strategy, sections, nodes)


def _largest(needs: Demand) -> Need:
    """The section of one node's demand that takes most requests."""
    return max((_need(section, bars) for section, bars in needs.sections.items()), key=lambda need: (need.requests, need.bars))


def _need(section: Section, bars: int) -> Need:
    """The exchange's own candles where it has that length, else the longest it has that the bars are made of: it has seconds, too."""
    served = [parse_timeframe(name) for name in ("1s", *UPBIT)]
    source = max(timeframe for timeframe in served if divides(timeframe, section.timeframe))
    candles = bars * (section.timeframe.length_ms // source.length_ms)
    return Need(section, bars, source, -(-candles // CANDLES_PER_REQUEST))


def _strategy(path: Path, known: Catalogue) -> Strategy:
    try:
        compiled = compile_file(path, known)
    except OSError as error:
        raise UserError("warmup.unreadable", file=path, reason=error) from error
    if compiled.strategy is None:
        findings = "\n\n".join(render(finding.diagnostic, finding.source, language()) for finding in compiled.findings)
        raise UserError("warmup.refused", file=path, findings=findings)
    return compiled.strategy


def _bars_name(need: Need) -> str:
    name = timeframe_name(need.section.timeframe)
    return name if need.source == need.section.timeframe else _say("built_from", timeframe=name, source=timeframe_name(need.source))


def _show(item: Plan) -> None:
    console = Console(highlight=False, emoji=False, markup=False)
    if not console.is_terminal:
        console = Console(highlight=False, emoji=False, markup=False, width=_PIPE_WIDTH)
    console.print(_say("title", name=item.strategy.name, page=CANDLES_PER_REQUEST, rate=REQUESTS_PER_SECOND))
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(_say("node"), overflow="fold")
    for key in ("timeframe", "market"):
        table.add_column(_say(key), no_wrap=True)
    for title in (_say("bars"), _say("requests"), *(_say("seconds", markets=count) for count in MARKETS)):
        table.add_column(title, justify="right", no_wrap=True)
    for node, need in item.nodes:
        table.add_row(_short(describe(item.strategy.graph, node)), *_cells(need))
    table.add_section()
    for need in item.sections:
        table.add_row("", *_cells(need))
    requests = sum(need.requests for need in item.sections)
    table.add_row(_say("total"), "", "", "", str(requests), *(f"{item.seconds(count):.1f}" for count in MARKETS))
    console.print(table)


def _cells(need: Need) -> list[str]:
    market = need.section.market or _say("each_market")
    return [_bars_name(need), market, str(need.bars), str(need.requests), *(f"{need.seconds(count):.1f}" for count in MARKETS)]


def _short(label: str) -> str:
    return label if len(label) <= _MOST_TEXT else label[: _MOST_TEXT - 1] + "…"


def _complaint(item: Plan) -> str:
    seconds = item.seconds(MARKETS[0])
    worst = describe(item.strategy.graph, item.nodes[0].node) if item.nodes else "-"
    return _say("too_long", name=item.strategy.name, markets=MARKETS[0], seconds=seconds, limit=LIMIT_SECONDS, node=worst)


def _document(item: Plan) -> dict[str, Any]:
    graph = item.strategy.graph
    nodes = [{"node": node, "text": describe(graph, node), **_fields(need)} for node, need in item.nodes]
    return {
        "name": item.strategy.name,
        "nodes": nodes,
        "sections": [_fields(need) for need in item.sections],
        "seconds": {str(count): item.seconds(count) for count in MARKETS},
    }


def _fields(need: Need) -> dict[str, Any]:
    return {
        "timeframe": timeframe_name(need.section.timeframe),
        "market": need.section.market,
        "bars": need.bars,
        "source": timeframe_name(need.source),
        "requests": need.requests,
        "seconds": {str(count): need.seconds(count) for count in MARKETS},
    }
