"""W160: markets on which a condition never gets a value, because their candles are fewer than it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from dsl.checker.clock import timeframe_text
from dsl.describe import describe
from dsl.diagnostics import Diagnostic, Severity, Span
from dsl.document import dotted
from dsl.warmup import NodeWarmup, warmup
from dsl.yaml_tree import Mapping, Scalar, Sequence
from engine.kernel.aggregate import open_ms
from engine.kernel.catalogue import catalogue

if TYPE_CHECKING:
    from dsl.checker.context import Notes
    from dsl.graph import Graph, Node, Timeframe
    from dsl.strategy import Strategy
    from dsl.yaml_tree import YamlNode
    from engine.research.findings.measure import Measured

_DAY_MS: Final = 86_400_000
_MOST_MARKETS: Final = 6
_AGE: Final = re.compile(r"market\.age\s*>=?\s*(\d+)d\b")


def never_ready(root: YamlNode, strategy: Strategy, run: Measured, base: Timeframe) -> Iterator[Diagnostic]:
    """One finding per value that lacks candles on some market."""
    needs = warmup(strategy.graph, catalogue(), base.length_ms).nodes
    lacking: dict[int, set[str]] = {}
    for condition, markets in run.never:
        for market in markets:
            start, end = run.known_ms[market]
            node = _first_lacking(strategy.graph, needs, condition.node, end - start)
            if node is not None:
                lacking.setdefault(node, set()).add(market)
    for node, found in lacking.items():
        yield _told(root, strategy, node, needs[node].ready_bars + 1, sorted(found), run)


def _first_lacking(graph: Graph, needs: tuple[NodeWarmup, ...], top: int, known_ms: int) -> int | None:
    """The node below a condition that needs more than the market has while all that it reads does not (the hungriest of several)."""
    seen, waiting, found = set[int](), [top], list[int]()
    while waiting:
        node = waiting.pop()
        if node in seen or needs[node].ready_ms <= known_ms:
            continue
        seen.add(node)
        deeper = [i for i in graph[node].inputs if needs[i].ready_ms > known_ms]
        waiting += deeper
        if not deeper and graph[node].section is not None:
            found.append(node)
    return max(found, key=lambda node: (needs[node].ready_ms, -node), default=None)


def _told(root: YamlNode, strategy: Strategy, node: int, bars: int, markets: list[str], run: Measured) -> Diagnostic:
    section = strategy.graph[node].section
    assert section is not None
    frame = section.timeframe
    counts = {market: _whole_bars(frame, *run.known_ms[market]) for market in markets}
    fewest = sorted(markets, key=lambda market: (counts[market], market))
    shown = ", ".join(f"{market} ({counts[market]})" for market in fewest[:_MOST_MARKETS])
    shown += ", ..." if len(fewest) > _MOST_MARKETS else ""
    daily = frame.length_ms == _DAY_MS
    told = {"bars": str(bars), "timeframe": timeframe_text(frame.length_ms), "span_ms": str(_rounded(bars * frame.length_ms))}
    notes: list[tuple[str, dict[str, str]]] = []
    age = _age_of(root)
    if age is not None:
        notes.append(("keeps_older", {"age_ms": str(age * _DAY_MS)}))
    notes.append(("lacks_daily" if daily else "lacks_bars", {**told, "markets": shown}))
    days = -(-bars * frame.length_ms // _DAY_MS) + 1
    notes.append(("warm_by_age", {"days": str(days)}) if age is not None else ("warm_by_markets", {}))
    notes.append(("warm_stored", {}))
    span, path = _place(root, strategy, node)
    args = {"count": str(len(markets)), "of": str(len(run.markets)), **told}
    return Diagnostic("W160", Severity.WARNING, span, path, args, "" if daily else "bars", _frozen(notes))


def _frozen(notes: list[tuple[str, dict[str, str]]]) -> Notes:
    return tuple(notes)


def _whole_bars(frame: Timeframe, start_ms: int, end_ms: int) -> int:
    """Complete bars between two instants."""
    first = frame.index(start_ms)
    first += open_ms(frame, first) < start_ms
    return max(frame.index(end_ms) - first, 0)


def _rounded(length_ms: int) -> int:
    """In whole days, hours or minutes."""
    unit = next((unit for unit in (_DAY_MS, 3_600_000, 60_000) if length_ms >= unit), 1000)
    return length_ms // unit * unit


def _age_of(root: YamlNode) -> int | None:
    """Days of `market.age >= 60d` in the file's universe."""
    universe = root.find("universe") if isinstance(root, Mapping) else None
    found = [_AGE.search(scalar.text) for _, scalar in _scalars(universe[1], ())] if universe is not None else []
    return next((int(match[1]) for match in found if match is not None), None)


def _place(root: YamlNode, strategy: Strategy, node: int) -> tuple[Span, str]:
    """Where the file says this value, with its timeframe where that stands beside it."""
    texts = [strategy.wording.texts.get(other, "") for other in _carried(strategy.graph, node)]
    texts.append(describe(strategy.graph, node, strategy.wording.texts))
    scalars = [one for one in _scalars(root, ()) if one[0][:1] != ("tests",)]
    for text in texts:
        for path, scalar in scalars if text else ():
            at = scalar.text.find(text)
            if at >= 0:
                return scalar.span(at, at + len(text)), dotted(path)
    entry = root.find("entry") if isinstance(root, Mapping) else None
    return (entry[0].span(), "entry") if entry is not None else (Span(1, 1), "")


def _carried(graph: Graph, node: int) -> list[int]:
    """The nodes that only carry the value to faster bars, then the value itself."""

    def carries(other: Node) -> bool:
        return other.op == "hold" and other.inputs == (node,)

    return [*(i for i, other in enumerate(graph) if carries(other)), node]


def _scalars(node: YamlNode, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Scalar]]:
    if isinstance(node, Scalar):
        yield path, node
    elif isinstance(node, Sequence):
        for i, item in enumerate(node.items):
            yield from _scalars(item, (*path, i))
    else:
        for key, value in node.entries:
            yield from _scalars(value, (*path, key.text))
