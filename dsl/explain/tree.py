"""A strategy's graph with its facts: unit, bars, phase, range and warm-up of each node, what is shared, and what a bar costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from dsl.catalogue import INPUT_SERIES, POSITION_SERIES, Catalogue, Memory, Unit
from dsl.checker.clock import timeframe_text
from dsl.describe import describe
from dsl.graph import Graph, Node, Phase
from dsl.side_series import SIDE_SERIES
from dsl.strategy import Strategy
from dsl.warmup import NodeWarmup, warmup

#: nanoseconds of one op for one bar: medians of `python -m benchmarks.op_cost`, by how far an op reads back
OP_NANOSECONDS: Mapping[Memory, float] = {
    Memory.NONE: 0.6, Memory.WINDOW: 6.0, Memory.KEYED: 10.0, Memory.SESSION: 4.5, Memory.EVENT: 1.2,
}  # fmt: skip
Interval = tuple[float | None, float | None]
_NON_NEGATIVE = (0.0, None)


@dataclass(frozen=True, slots=True)
class Fact:
    """One node. text: what it computes; timeframe: `1h`, "" where bars do not matter; market: "" = the market being traded.

    low, high: every defined value lies between them, None = unbounded or unknown. ready_bars, settle_bars: of its own bars.
    nanoseconds: estimate for one of its own bars. uses: how many nodes and rules read it.
    """

    node: int
    op: str
    text: str
    unit: Unit
    phase: Phase
    timeframe: str
    market: str
    low: float | None
    high: float | None
    ready_bars: int
    settle_bars: int
    nanoseconds: float
    uses: int
    inputs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Root:
    """A rule of the file and the node that decides it. path: as in the file, or `size`, `rank`."""

    path: str
    node: int


@dataclass(frozen=True, slots=True)
class Tree:
    """Everything that the strategy computes. nanoseconds_per_bar: estimate for one market and one bar of the strategy's clock."""

    roots: tuple[Root, ...]
    facts: tuple[Fact, ...]
    nanoseconds_per_bar: float

    @property
    def shared(self) -> int:
        """Nodes that more than one node or rule reads, constants left out."""
        return sum(fact.uses > 1 and fact.op != "const" for fact in self.facts)


def tree_of(strategy: Strategy, catalogue: Catalogue) -> Tree:
    """The facts of every node of a checked strategy. Raises KeyError when an op is not in the catalogue."""
    graph, roots = strategy.graph, _roots(strategy)
    needs = warmup(graph, catalogue).nodes
    uses = Counter(i for node in graph for i in node.inputs) + Counter(root.node for root in roots)
    intervals: list[Interval] = []
    facts: list[Fact] = []
    for i, node in enumerate(graph):
        intervals.append(_interval(node, [intervals[k] for k in node.inputs], catalogue))
        facts.append(_fact(graph, i, intervals[i], needs[i], _nanoseconds(node, catalogue), uses[i]))
    clock = strategy.clock.length_ms
    total = sum(fact.nanoseconds * _share(graph[fact.node], clock) for fact in facts)
    return Tree(roots, tuple(facts), total)


def _roots(strategy: Strategy) -> tuple[Root, ...]:
    """Rules in file order; groups stand for their members where they come last, so only the outermost entry is kept of them."""
    named = [Root(condition.path, condition.node) for condition in strategy.conditions]
    groups = {root.path for root in named if any(other.path.startswith(f"{root.path}.") for other in named)}
    found = [root for root in named if root.path not in groups]
    present = {root.path for root in found}
    found += [Root(f"exits.{exit_.name}", exit_.node) for exit_ in strategy.exits if f"exits.{exit_.name}" not in present]
    found += [Root(f"factors.{factor.name}", factor.node) for factor in strategy.factors if f"factors.{factor.name}" not in present]
    extra = (("score", strategy.score), ("size", strategy.sizing.scale), ("rank", strategy.rank))
    return (*found, *(Root(path, node) for path, node in extra if node is not None))


def _fact(graph: Graph, i: int, interval: Interval, need: NodeWarmup, nanoseconds: float, uses: int) -> Fact:
    node = graph[i]
    section = node.section
    name = timeframe_text(section.timeframe.length_ms) if section is not None else ""
    market = section.market if section is not None else ""
    return Fact(
        i, node.op, describe(graph, i), node.unit, node.phase, name, market, *interval, need.ready_bars, need.settle_bars, nanoseconds,
        uses, node.inputs,
    )  # fmt: skip


def _nanoseconds(node: Node, catalogue: Catalogue) -> float:
    function = catalogue.get(node.op)
    return OP_NANOSECONDS[function.memory] if function is not None else 0.0 if node.op == "const" else OP_NANOSECONDS[Memory.NONE]


def _share(node: Node, clock_ms: int) -> float:
    """Bars of the node for one bar of the clock."""
    return 1.0 if node.section is None else clock_ms / node.section.timeframe.length_ms


def _interval(node: Node, inputs: list[Interval], catalogue: Catalogue) -> Interval:
    """What the values lie between, by the catalogue and plain arithmetic."""
    if node.op == "const":
        return node.params[0], node.params[0]
    if node.op == "hold":
        return inputs[0]
    if node.unit is Unit.CONDITION:
        return None, None
    if node.op in INPUT_SERIES or node.op in ("pos.entry", "pos.high", "pos.low", "pos.age"):
        return _NON_NEGATIVE
    if node.op in SIDE_SERIES:
        return SIDE_SERIES[node.op].value_range.low, SIDE_SERIES[node.op].value_range.high
    if node.op in POSITION_SERIES or node.op not in catalogue:
        return None, None
    found = catalogue[node.op].value_range
    if node.op == "clamp" and len(node.params) == 2:
        return node.params[0], node.params[1]
    if (found.low, found.high) != (None, None):
        return found.low, found.high
    return _arithmetic(node.op, inputs)


def _arithmetic(op: str, inputs: list[Interval]) -> Interval:
    if op in ("ema", "sma", "rma", "mean", "median", "lag", "highest", "lowest"):  # between the values that they are made of
        return inputs[0]
    if op in ("min", "max", "coalesce") or op == "select":
        lows, highs = zip(*inputs[-2:], strict=True)
        return _least(lows), _most(highs)
    if len(inputs) != 2 or op not in ("add", "sub", "mul", "div"):
        return None, None
    (a, b), (c, d) = inputs
    if op == "add":
        return None if a is None or c is None else a + c, None if b is None or d is None else b + d
    if op == "sub":
        return None if a is None or d is None else a - d, None if b is None or c is None else b - c
    positive = a is not None and c is not None and a >= 0 and c >= 0
    return _NON_NEGATIVE if positive else (None, None)


def _least(values: tuple[float | None, ...]) -> float | None:
    return None if None in values else min(value for value in values if value is not None)


def _most(values: tuple[float | None, ...]) -> float | None:
    return None if None in values else max(value for value in values if value is not None)
