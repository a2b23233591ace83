"""`factors:` and `score`: the mean of the factors by their weights, and what a missing factor does to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dsl import ast
from dsl.catalogue import Unit
from dsl.checker import ranges
from dsl.checker.context import Context, Definition, FactorText, Scope
from dsl.checker.nodes import Nodes
from dsl.checker.values import Value, fixed

Expand = Callable[[Definition, ast.Expression, Context], Value | None]
BOUNDS: ranges.Interval = (-1.0, 1.0)


class Scores:
    """The score of one file, on whatever bars it is read."""

    def __init__(self, scope: Scope, nodes: Nodes, definition: Expand) -> None:
        self.scope = scope
        self.nodes = nodes
        self.definition = definition

    def score(self, place: ast.Expression, context: Context) -> Value | None:
        """sum(weight x factor) / sum(weight). A missing factor: `block` makes the score missing, `neutral` counts as 0, `skip` leaves it
        and its weight out."""
        if not self.scope.factors:
            self.scope.report("E143", context, place.start, place.end)
            return None
        weighted: list[Value] = []
        weights: list[Value] = []
        for factor in self.scope.factors.values():
            parts = self._parts(factor, place, context)
            if parts is None:
                return None
            weighted.append(parts[0])
            weights.append(parts[1])
        top, total = self._sum(weighted, context, place), self._sum(weights, context, place)
        if top is None or total is None:
            return None
        if total.constant == 0:
            return None  # reported with the weights
        value = self.nodes.operator("/", (top, total), (), Unit.SCORE, context, place)
        return None if value is None else replace(value, low=BOUNDS[0], high=BOUNDS[1])

    def _parts(self, factor: FactorText, place: ast.Expression, context: Context) -> tuple[Value, Value] | None:
        """The factor times its weight, and the weight that counts."""
        value = self.definition(factor.definition, place, context)
        if value is None or value.is_condition:
            return None
        weight = fixed(factor.weight, Unit.NUMBER)
        if self.scope.missing_factor == "block":
            product = self.nodes.operator("*", (value, weight), (), Unit.SCORE, context, place)
            return None if product is None else (product, weight)
        if self.scope.missing_factor == "skip":
            known = self.nodes.operator("==", (value, value), (), Unit.CONDITION, context, place)  # true, or missing where the factor is
            counted = known and self.nodes.operator("if else", (known, weight, weight), (), Unit.NUMBER, context, place)
            filled = counted and self.nodes.operator("??", (counted, fixed(0.0, Unit.NUMBER)), (), Unit.NUMBER, context, place)
            if filled is None:
                return None
            weight = filled
        defined = self.nodes.operator("??", (value, fixed(0.0, Unit.SCORE)), (), Unit.SCORE, context, place)
        product = defined and self.nodes.operator("*", (defined, weight), (), Unit.SCORE, context, place)
        return None if product is None else (product, weight)

    def _sum(self, values: list[Value], context: Context, place: ast.Expression) -> Value | None:
        if all(value.constant is not None for value in values):
            return fixed(sum(value.constant or 0.0 for value in values), Unit.NUMBER)
        total: Value | None = values[0]
        for value in values[1:]:
            total = total and self.nodes.operator("+", (total, value), (), value.unit, context, place)
        return total
