"""Making graph nodes: constants, leaves, operators, and values carried over from slower bars."""

from __future__ import annotations

from collections.abc import Sequence

from dsl import ast
from dsl.catalogue import INPUT_SERIES, OPERATORS, POSITION_SERIES, Memory, Unit
from dsl.checker.context import Context, Scope
from dsl.checker.values import Value
from dsl.graph import Node, Phase, Section


class Nodes:
    """Adds nodes to the scope's graph; equal nodes come out as one."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.graph = scope.graph

    def constant(self, value: float, unit: Unit) -> int:
        """A number as a node."""
        return self.graph.add(Node("const", (), (value + 0.0,), None, Phase.MARKET, unit))

    def series(self, name: str, context: Context) -> Value:
        """A column of the candles, on the bars of the context."""
        unit = INPUT_SERIES[name]
        return Value(unit, self.graph.add(Node(name, (), (), context.section, Phase.MARKET, unit)), low=0.0)

    def position(self, name: str) -> Value:
        """A fact about the open position."""
        unit = POSITION_SERIES[name]
        return Value(unit, self.graph.add(Node(name, (), (), None, Phase.POSITION, unit)), position=True)

    def id_of(self, value: Value) -> int:
        """The value's node; fixed numbers become constants."""
        return value.node if value.node is not None else self.constant(value.constant or 0.0, value.unit)

    def operator(
        self,
        word: str,
        inputs: Sequence[Value],
        params: tuple[float, ...],
        unit: Unit,
        context: Context,
        place: ast.Expression,
        *,
        low: float | None = None,
        high: float | None = None,
        like: Value | None = None,
    ) -> Value | None:
        """An operator of the grammar over `inputs`."""
        low, high = (like.low, like.high) if like is not None else (low, high)
        return self.primitive(OPERATORS[word], inputs, params, unit, context, place, low=low, high=high)

    def primitive(
        self,
        name: str,
        inputs: Sequence[Value],
        params: tuple[float, ...],
        unit: Unit,
        context: Context,
        place: ast.Expression,
        *,
        low: float | None = None,
        high: float | None = None,
    ) -> Value | None:
        """One op of the kernel. Position values may only meet what looks at this bar alone, on the strategy's own clock."""
        position = any(value.position for value in inputs)
        if position and self._position_refused(name, context, place):
            return None
        section = None if position else context.section
        phase = Phase.POSITION if position else Phase.MARKET
        node = Node(name, tuple(self.id_of(value) for value in inputs), params, section, phase, unit)
        return Value(unit, self.graph.add(node), position=position, low=low, high=high)

    def _position_refused(self, name: str, context: Context, place: ast.Expression) -> bool:
        memory = self.scope.catalogue[name].memory
        if memory is not Memory.NONE:
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

    def hold(self, value: Value, context: Context, place: ast.At) -> Value | None:
        """A value of slower bars on the bars of the context: the last closed one. It stays with its own market."""
        if value.position:
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
