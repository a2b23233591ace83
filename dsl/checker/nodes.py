"""Making graph nodes: constants, leaves, operators, and values carried over from slower bars."""

from __future__ import annotations

from collections.abc import Sequence

from dsl import ast
from dsl.catalogue import INPUT_SERIES, OPERATORS, Function, Memory, Unit
from dsl.checker import ranges
from dsl.checker.context import Context, Scope
from dsl.checker.values import Value
from dsl.graph import Graph, Node, Phase, Section
from dsl.side_series import SIDE_SERIES


class Nodes:
    """Adds nodes to a graph (the scope's unless another is given); equal nodes come out as one.

    candidates: whether `across` means every candidate market, as in `universe:` and in risk files, instead of the universe's members.
    """

    def __init__(self, scope: Scope, graph: Graph | None = None, *, candidates: bool = False) -> None:
        self.scope = scope
        self.graph = scope.graph if graph is None else graph
        self.candidates = candidates

    def constant(self, value: float, unit: Unit) -> int:
        """A number as a node."""
        return self.graph.add(Node("const", (), (value + 0.0,), None, Phase.MARKET, unit))

    def series(self, name: str, context: Context) -> Value:
        """A column of the candles, on the bars of the context."""
        unit = INPUT_SERIES[name]
        return Value(unit, self.graph.add(Node(name, (), (), context.section, Phase.MARKET, unit)), low=0.0)

    def side(self, name: str, params: tuple[float, ...], context: Context) -> Value:
        """A series beside the candles, on the bars of the context; a name that is not in the table is an external one."""
        known = SIDE_SERIES.get(name)
        unit = known.unit if known is not None else Unit.ANY
        node = self.graph.add(Node(name, (), params, context.section, Phase.MARKET, unit))
        low, high = (known.value_range.low, known.value_range.high) if known is not None else (None, None)
        return Value(unit, node, low=0.0 if unit is Unit.CONDITION else low, high=1.0 if unit is Unit.CONDITION else high)

    def member(self, context: Context) -> Value:
        """Whether the market counts in `across`: the universe's members, or every market."""
        if self.candidates or not self.scope.has_universe:
            return Value(Unit.CONDITION, self.constant(1.0, Unit.CONDITION), low=1.0, high=1.0)
        return self.side("universe.member", (), context)

    def late(self, name: str, unit: Unit, phase: Phase, params: tuple[float, ...] = ()) -> Value:
        """A fact about the position, the account or the intended order."""
        low, high = ranges.LATE.get(name, (None, None))
        return Value(unit, self.graph.add(Node(name, (), params, None, phase, unit)), phase=phase, low=low, high=high)

    def id_of(self, value: Value) -> int:
        """The value's node; fixed numbers become constants."""
        return value.node if value.node is not None else self.constant(value.constant or 0.0, value.unit)

    def operator(
        self, word: str, inputs: Sequence[Value], params: tuple[float, ...], unit: Unit, context: Context, place: ast.Expression
    ) -> Value | None:
        """An operator of the grammar over `inputs`."""
        return self.primitive(OPERATORS[word], inputs, params, unit, context, place)

    def primitive(
        self, name: str, inputs: Sequence[Value], params: tuple[float, ...], unit: Unit, context: Context, place: ast.Expression
    ) -> Value | None:
        """One op of the kernel. Late values may only meet what looks at this bar alone, on the strategy's own clock."""
        phase = max((value.phase for value in inputs), default=Phase.MARKET)
        if phase is not Phase.MARKET and self._late_refused(name, context, place):
            return None
        section = context.section if phase is Phase.MARKET else None
        node = Node(name, tuple(self.id_of(value) for value in inputs), params, section, phase, unit)
        low, high = ranges.interval(name, params, [(value.low, value.high) for value in inputs], self.scope.catalogue)
        return Value(unit, self.graph.add(node), phase=phase, low=low, high=high)

    def _late_refused(self, name: str, context: Context, place: ast.Expression) -> bool:
        function = self.scope.catalogue.get(name)
        if function is None or function.memory is not Memory.NONE:
            self.scope.report("E132", context, place.start, place.end, label="memory")
            return True
        if context.section != Section(self.scope.clock):
            self.scope.report("E132", context, place.start, place.end, label="clock")
            return True
        return False

    def joined(self, word: str, values: Sequence[Value], context: Context, place: ast.Expression) -> Value | None:
        """`a and b and c` from left to right."""
        result: Value | None = values[0]
        for value in values[1:]:
            if result is None:
                return None
            result = self.operator(word, (result, value), (), Unit.CONDITION, context, place)
        return result

    def over(self, kind: str, value: Value, context: Context) -> Value:
        """A value of finer bars folded into each bar of the context: `last`, `min`, `max`, `sum` or `any`. It stays with its market."""
        if value.node is None:
            return value
        inner = self.graph[value.node].section
        if inner is None or inner.timeframe == context.section.timeframe:
            return value
        section = Section(context.section.timeframe, inner.market)
        node = self.graph.add(Node(f"over.{kind}", (value.node,), (), section, Phase.MARKET, self.graph[value.node].unit))
        bars = context.section.timeframe.length_ms // inner.timeframe.length_ms
        low, high = ranges.scaled((value.low, value.high), float(bars)) if kind == "sum" else (value.low, value.high)
        return Value(value.unit, node, low=low, high=high)

    def across(self, function: Function, inputs: Sequence[Value], params: tuple[float, ...], unit: Unit, context: Context) -> Value:
        """One op over all markets (dsl.side_series.ACROSS), on the bars of the context. Its value belongs to no market."""
        node = Node(function.name, tuple(map(self.id_of, inputs)), params, Section(context.section.timeframe), Phase.MARKET, unit)
        own = ranges.interval(function.name, params, [(value.low, value.high) for value in inputs], self.scope.catalogue)
        low, high = ranges.met(own, (function.value_range.low, function.value_range.high))
        return Value(unit, self.graph.add(node), low=low, high=high)

    def hold(self, value: Value, context: Context, place: ast.Expression) -> Value | None:
        """A value of slower bars on the bars of the context: the last closed one. It stays with its own market."""
        if value.phase is not Phase.MARKET:
            self.scope.report("E132", context, place.start, place.end, label="clock")
            return None
        if value.node is None:
            return value
        inner = self.graph[value.node].section
        if inner is None or inner.timeframe == context.section.timeframe:
            return value
        section = Section(context.section.timeframe, inner.market)
        node = self.graph.add(Node("hold", (value.node,), (), section, Phase.MARKET, self.graph[value.node].unit))
        return Value(value.unit, node, held=True, low=value.low, high=value.high)
