"""A strategy's conditions as trees of parts, down to the two sides of every comparison, each part a column of the same program.

A probed strategy is the strategy itself with more named conditions: what the kernel exports besides costs time, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from dsl.catalogue import Unit
from dsl.describe import describe
from dsl.graph import Graph, Node, Phase, Section, Timeframe
from dsl.strategy import Condition, ExitKind, Strategy, Wording

#: joins whose truth is made of the parts alone
LOGIC: Final = frozenset({"all", "any", "none", "at_least", "not"})
_JOINS: Final = {"and": "all", "or": "any", "not": "not"}
#: how many inputs, from the first, are the sides of a comparison or an event
_SIDES: Final = {
    "lt": 2, "le": 2, "gt": 2, "ge": 2, "eq": 2, "ne": 2, "crosses_above": 2, "crosses_below": 2, "between": 3, "enters": 3, "leaves": 3,
    "rises": 1, "falls": 1,
}  # fmt: skip
#: events that look at the bar before
_EVENTS: Final = frozenset({"crosses_above", "crosses_below", "enters", "leaves", "rises", "falls"})


@dataclass(frozen=True, slots=True)
class Side:
    """A number that a part compares. node: in the probed graph, on the clock; `before`: the same one bar earlier on its own bars
    (events only). constant: a fixed number instead. timeframe: the bars that it is read on; market: "" = the market itself."""

    text: str
    unit: Unit
    node: int
    before: int | None
    constant: float | None
    timeframe: Timeframe | None
    market: str


@dataclass(frozen=True, slots=True)
class Part:
    """A condition, whole or part of one.

    path: of a named condition; "" for a part of a rule. text: as the file says it ("" for a group); name: of the definition that it is,
    or "". op: primitive of the catalogue ("" for a group). join: how `parts` make it true (`all`, `any`, `none`, `at_least` = `needed`
    of them, `not`, or "" where they only explain it). sides: what a comparison or an event looks at. timeframe, market: the bars that it
    is read on. position: needs an open position. ages: of a sequence, nodes counting bars since its first and its second step; window:
    bars in which the second step must follow.
    """

    path: str
    text: str
    name: str
    node: int
    op: str
    join: str
    needed: int
    parts: tuple[Part, ...]
    sides: tuple[Side, ...]
    timeframe: Timeframe | None
    market: str
    position: bool
    ages: tuple[int, int] | None = None
    window: int = 0

    def walk(self) -> Iterator[Part]:
        """This part, then everything below it."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True, slots=True)
class Probe:
    """strategy: to be run; its graph holds every node that the parts name. entry and exits: what the file says, as parts; an exit's
    part is None when it is a level. late: rules of the entry that are judged with the order it would get; they are no part of `entry`.
    factors: of the score, name, weight and node."""

    strategy: Strategy
    entry: Part
    late: tuple[Part, ...]
    factors: tuple[tuple[str, float, int], ...]
    exits: tuple[Part | None, ...]
    named: tuple[Part, ...]


def probe(strategy: Strategy) -> Probe:
    """The strategy with its parts as further columns."""
    graph = Graph()
    for node in strategy.graph:
        graph.add(node)
    builder = PartBuilder(graph, strategy.clock, strategy.wording)
    named = _named(strategy, builder)
    entry = _entry(strategy, named, builder)
    rules = {part.path: part for part in named}
    exits = tuple(
        (rules.get(f"exits.{rule.name}") or builder.part(rule.node, path=f"exits.{rule.name}")) if rule.kind is ExitKind.RULE else None
        for rule in strategy.exits
    )
    factors = tuple((factor.name, factor.weight, builder.export(factor.node, ())) for factor in strategy.factors)
    extra = tuple(Condition(f"#{node}", node) for node in sorted(builder.wanted))
    probed = replace(strategy, graph=graph, conditions=(*strategy.conditions, *extra))
    late = tuple(part for part in named if part.position and part.path.startswith("entry") and not part.join)
    return Probe(probed, entry, late, factors, exits, tuple(named))


def _entry(strategy: Strategy, named: list[Part], builder: PartBuilder) -> Part:
    """The condition that decisions read on every bar: what the file says under `entry` without the rules that wait for the order, and
    with what the checker joined to it (membership of the universe)."""
    written = next((part for part in named if part.path == "entry"), None)
    if written is not None and written.node == strategy.entry:
        return written
    parts = [part for part in named if part.path.startswith("entry") and not part.position]
    parts = [part for part in parts if part is not written or part.join != "all"]  # its members stand in the one chain of `and`
    builder.whole = {part.node: part for part in parts}
    found = builder.part(strategy.entry, path="entry")
    return replace(found, text="") if found.join else found


def _named(strategy: Strategy, builder: PartBuilder) -> list[Part]:
    """Every named condition as a part, in the order of the strategy; groups hold their members."""
    named: list[Part] = []
    waiting: list[Part] = []
    for condition in strategy.conditions:
        if condition.join:
            kept = len(waiting) - condition.members
            part = builder.group(condition, tuple(waiting[kept:]))
            waiting[kept:] = [part]
        else:
            part = builder.part(condition.node, path=condition.path)
            waiting.append(part)
        named.append(part)
    return named


class PartBuilder:
    """Adds to the graph what the parts need; `wanted`: market-phase nodes to export."""

    def __init__(self, graph: Graph, clock: Timeframe, wording: Wording) -> None:
        self.graph, self.clock, self.wording = graph, clock, wording
        self.wanted: set[int] = set()
        self.whole: dict[int, Part] = {}
        """Parts that are already made and not to be taken apart again."""

    def group(self, condition: Condition, parts: tuple[Part, ...]) -> Part:
        """A group of the file."""
        node = self.export(condition.node, ())
        position = self.graph[condition.node].phase is not Phase.MARKET
        return Part(condition.path, "", "", node, "", condition.join, condition.needed, parts, (), self.clock, "", position)

    def part(self, node_id: int, holds: tuple[Timeframe, ...] = (), path: str = "") -> Part:
        """The condition at a node. holds: timeframes that it is carried over to, the faster last."""
        if node_id in self.whole and not holds:
            return self.whole[node_id]
        text, name = self._words(node_id)
        node = self.graph[node_id]
        while node.op == "hold" and node.section is not None:
            holds = (node.section.timeframe, *holds)
            node_id = node.inputs[0]
            node = self.graph[node_id]
        join = _JOINS.get(node.op, "")
        parts = tuple(self.part(i, holds) for i in self._conditions(node_id, node, join))
        timeframe, market = self._place(node)
        ages = self._ages(node, holds) if node.op == "then" else None
        return Part(
            path, text, name or self._words(node_id)[1], self.export(node_id, holds), node.op, join, 0, parts, self._sides(node, holds),
            timeframe, market, node.phase is not Phase.MARKET, ages, int(node.params[0]) if ages else 0,
        )  # fmt: skip

    def _words(self, node_id: int) -> tuple[str, str]:
        """The node's text, without the brackets around it, and the definition that it is."""
        text = describe(self.graph, node_id, self.wording.texts)
        if node_id not in self.wording.texts and text.startswith("(") and text.endswith(")"):
            text = text[1:-1]
        return text, self.wording.definitions.get(node_id, "")

    def export(self, node_id: int, holds: tuple[Timeframe, ...]) -> int:
        """The node carried over to the clock, as one that the kernel exports."""
        for timeframe in holds:
            node = self.graph[node_id]
            if node.section is not None and node.section.timeframe != timeframe:
                section = Section(timeframe, node.section.market)
                node_id = self.graph.add(Node("hold", (node_id,), (), section, node.phase, node.unit))
        node = self.graph[node_id]
        if node.phase is Phase.MARKET and node.op != "const":
            self.wanted.add(node_id)
        return node_id

    def _conditions(self, node_id: int, node: Node, join: str) -> list[int]:
        """The conditions that a node reads; a chain of one join is one list."""
        if join in ("all", "any"):
            return self._chain(node_id, node.op)
        if node.op in ("lag", "hold"):  # their input is looked at on another bar
            return []
        return [i for i in node.inputs if self.graph[i].unit is Unit.CONDITION]

    def _chain(self, node_id: int, op: str) -> list[int]:
        found: list[int] = []
        waiting = [node_id]
        while waiting:
            current = waiting.pop()
            node = self.graph[current]
            if node.op == op and current not in self.whole:
                waiting.extend(reversed(node.inputs))
            elif current not in found:
                found.append(current)
        return found

    def _place(self, node: Node) -> tuple[Timeframe | None, str]:
        return (None, "") if node.section is None else (node.section.timeframe, node.section.market)

    def _sides(self, node: Node, holds: tuple[Timeframe, ...]) -> tuple[Side, ...]:
        inputs = node.inputs[: _SIDES.get(node.op, 0)]
        unit = _common_unit([self.graph[i] for i in inputs])
        return tuple(self._side(i, node, unit, holds) for i in inputs)

    def _side(self, node_id: int, reader: Node, unit: Unit, holds: tuple[Timeframe, ...]) -> Side:
        text, own = self._words(node_id)[0], node_id
        while self.graph[own].op == "hold":
            own = self.graph[own].inputs[0]
        node = self.graph[own]
        before = None
        if reader.op in _EVENTS and node.op != "const":
            lag = self.graph.add(Node("lag", (node_id,), (1.0,), self.graph[node_id].section, reader.phase, node.unit))
            before = self.export(lag, holds)
        timeframe, market = self._place(node)
        constant = node.params[0] if node.op == "const" else None
        return Side(text, unit, self.export(node_id, holds), before, constant, timeframe, market)

    def _ages(self, node: Node, holds: tuple[Timeframe, ...]) -> tuple[int, int]:
        """Bars since either step of a sequence was last true, as nodes of their own."""
        ages = [Node("bars_since", (i,), node.params, node.section, node.phase, Unit.BARS) for i in node.inputs]
        first, second = (self.export(self.graph.add(age), holds) for age in ages)
        return first, second


def _common_unit(nodes: list[Node]) -> Unit:
    """What the sides of a comparison are shown in: a plain number beside a percentage is one too."""
    units = [node.unit for node in sorted(nodes, key=lambda node: node.op == "const")]
    telling = [unit for unit in units if unit not in (Unit.NUMBER, Unit.ANY)]
    return telling[0] if telling else Unit.NUMBER
