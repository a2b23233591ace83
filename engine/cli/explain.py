"""`jangdan explain FILE`: a file in sentences, or with `--tree` as the computation that it is, with its facts and needs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from dsl.compile import Compiled, schema_of
from dsl.diagnostics import Language
from dsl.explain.files import Line, explained
from dsl.explain.tree import Fact, Root, Tree, tree_of
from dsl.files import Checked, check_file
from dsl.graph import Timeframe
from dsl.messages import text
from dsl.strategy import ExitKind, Strategy
from engine.candles.timeframes import timeframe_name
from engine.cli.inputs import market_codes, refusal
from engine.cli.language import language
from engine.cli.warmup import CANDLES_PER_REQUEST, Need, plan
from engine.kernel.catalogue import catalogue
from engine.model.errors import UserError

_MOST_TEXT = 70


def _say(key: str, **values: object) -> str:
    return text(f"explain.{key}", language(), **values)


def explain(
    file: Annotated[Path, typer.Argument(help=_say("argument_file"), show_default=False)],
    tree: Annotated[bool, typer.Option("--tree", help=_say("option_tree"))] = False,
    markets: Annotated[list[str] | None, typer.Option("--markets", help=_say("option_markets"))] = None,
    json_output: Annotated[bool, typer.Option("--json", help=_say("option_json"))] = False,
) -> None:
    """Say what a file does."""
    found = _read(file)
    strategy = found.strategy if isinstance(found, Compiled) else None
    if tree and strategy is None:
        raise UserError("explain.no_graph", file=file)
    codes = market_codes(markets, strategy) if markets and strategy is not None else strategy.markets if strategy is not None else ()
    if json_output:
        sys.stdout.write(json.dumps(_document(found, strategy, codes), ensure_ascii=False) + "\n")
    elif tree and strategy is not None:
        sys.stdout.write("\n".join(shown_tree(strategy, codes)) + "\n")
    else:
        sys.stdout.write("\n".join(shown(line) for line in sentences(found, language())) + "\n")


def _read(path: Path) -> Checked:
    try:
        found = check_file(path, catalogue())
    except OSError as error:
        raise UserError("explain.unreadable", file=path, reason=error) from error
    refused = refusal(found)
    if refused:
        raise UserError("explain.refused", file=path, findings=refused)
    return found


# ---- sentences ----
def sentences(found: Checked, chosen: Language) -> tuple[Line, ...]:
    """A checked file in sentences."""
    if found.document is None:
        return ()
    strategy = found.strategy if isinstance(found, Compiled) else None
    targets = (
        frozenset(exit_.name for exit_ in strategy.exits if exit_.kind is ExitKind.TARGET) if strategy is not None else frozenset[str]()
    )
    return explained(schema_of(found.source), found.document.root, catalogue(), chosen, targets)


def shown(line: Line) -> str:
    """A sentence as a line of the terminal."""
    return "\n" * line.heading + "  " * line.depth + line.text


# ---- the tree ----
def shown_tree(strategy: Strategy, codes: tuple[str, ...]) -> Iterator[str]:
    """The computation rule by rule; a node that stands further up is only named."""
    tree = tree_of(strategy, catalogue())
    seen: set[int] = set()
    for root in tree.roots:
        yield f"{_root_name(root)}"
        yield from _branch(tree, root.node, 1, seen)
    yield ""
    yield _say("tree.summary", nodes=len(tree.facts), shared=tree.shared)
    yield _say("tree.cost", microseconds=f"{tree.nanoseconds_per_bar / 1000:.2g}")
    yield _say("tree.needs", page=CANDLES_PER_REQUEST)
    for market, need in _needs(strategy, codes):
        name = timeframe_name(need.section.timeframe)
        yield "  " + _say("tree.need", market=market, timeframe=name, bars=need.bars, requests=need.requests)


def _root_name(root: Root) -> str:
    return _say(f"tree.{root.path}") if root.path in ("size", "rank") else root.path


def _branch(tree: Tree, node: int, depth: int, seen: set[int]) -> Iterator[str]:
    fact = tree.facts[node]
    label = fact.text if len(fact.text) <= _MOST_TEXT else fact.text[: _MOST_TEXT - 1] + "…"
    if fact.op == "const":
        return
    if node in seen and fact.inputs:
        yield "  " * depth + f"{label}  {_say('tree.seen', node=node)}"
        return
    seen.add(node)
    yield "  " * depth + f"#{node} {label}  [{', '.join(_facts(fact))}]"
    for i in fact.inputs:
        yield from _branch(tree, i, depth + 1, seen)


def _facts(fact: Fact) -> Iterator[str]:
    yield _say(f"tree.unit_{fact.unit.value}")
    if fact.timeframe:
        yield f"{fact.timeframe} {fact.market}".strip()
    yield _say(f"tree.phase_{fact.phase.name.lower()}")
    if (fact.low, fact.high) != (None, None):
        yield _say("tree.range", low="" if fact.low is None else f"{fact.low:g}", high="" if fact.high is None else f"{fact.high:g}")
    if fact.settle_bars:
        yield _say("tree.warmup", ready=fact.ready_bars, settle=fact.settle_bars)


def _needs(strategy: Strategy, codes: tuple[str, ...]) -> Iterator[tuple[str, Need]]:
    """Candles of each market, and of the markets that the file names itself; the most where a traded market is named too."""
    needs = plan(strategy, catalogue()).sections
    found: dict[tuple[str, Timeframe], Need] = {}
    for market in codes or (_say("tree.every"),):
        found |= {(market, need.section.timeframe): need for need in needs if not need.section.market}
    for need in needs:
        if need.section.market:
            place = (need.section.market, need.section.timeframe)
            found[place] = max(found.get(place, need), need, key=lambda one: one.bars)
    yield from ((market, need) for (market, _), need in found.items())


def _document(found: Checked, strategy: Strategy | None, codes: tuple[str, ...]) -> dict[str, Any]:
    """Sentences in both languages; of a strategy the tree and its needs too."""
    said = {chosen.value: [asdict(line) for line in sentences(found, chosen)] for chosen in Language}
    if strategy is None:
        return {"sentences": said}
    tree = tree_of(strategy, catalogue())
    nodes = [{**asdict(fact), "unit": fact.unit.value, "phase": fact.phase.name.lower()} for fact in tree.facts]
    needs = [
        {"market": market, "timeframe": timeframe_name(need.section.timeframe), "bars": need.bars, "requests": need.requests}
        for market, need in _needs(strategy, codes)
    ]
    return {
        "sentences": said,
        "rules": [asdict(root) for root in tree.roots],
        "nodes": nodes,
        "shared_nodes": tree.shared,
        "nanoseconds_per_bar": tree.nanoseconds_per_bar,
        "candles": needs,
    }
