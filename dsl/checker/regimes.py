"""`regime:`: named states of the market, the first true one in the order of the file, and `regime == trending`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice

from dsl import ast
from dsl.catalogue import Unit
from dsl.checker import contradictions
from dsl.checker.context import Context, Definition, Notes, Scope
from dsl.checker.implications import implies
from dsl.checker.nodes import Nodes
from dsl.checker.values import Value
from dsl.document import suggestion
from dsl.graph import Graph

#: earlier regimes that one is held against
_MOST_COMPARED = 20
Expand = Callable[[Definition, ast.Expression, Context], Value | None]


class Regimes:
    """Regimes of one file."""

    def __init__(self, scope: Scope, nodes: Nodes, definition: Expand) -> None:
        self.scope = scope
        self.nodes = nodes
        self.definition = definition

    def alone(self, name: ast.Name, context: Context) -> Value | None:
        """`regime` without a comparison is no number."""
        self._report(name, context)
        return None

    def comparison(self, comparison: ast.Comparison, context: Context) -> Value | None:
        """`regime == name` and `regime != name`, on the bars of the place."""
        names = [operand for operand in comparison.operands if not (isinstance(operand, ast.Name) and operand.name == "regime")]
        other = ast.unbracketed(names[0]) if len(comparison.operands) == 2 and len(names) == 1 else None
        if not self.scope.regimes or not isinstance(other, ast.Name) or comparison.operators[0] not in ("==", "!="):
            self._report(comparison, context)
            return None
        if other.name not in self.scope.regimes:
            meant = suggestion(other.name, self.scope.regimes)
            notes: Notes = (("regime_names", {"names": ", ".join(self.scope.regimes)}),)
            notes += (("did_you_mean", {"name": meant}),) if meant else ()
            fix = context.rule.substituted(other.start, other.end, meant) if meant else ""
            self.scope.report("E137", context, other.start, other.end, label="unknown", notes=notes, fix=fix, name=other.name)
            return None
        value = self.condition(other.name, comparison, context)
        if self.scope.regimes[other.name] is None and not context.builtin:
            self._warn_left(other.name, comparison, context)
        if value is None or comparison.operators[0] == "==":
            return value
        return self.nodes.operator("not", (value,), (), Unit.CONDITION, context, comparison)

    def condition(self, wanted: str, place: ast.Expression, context: Context) -> Value | None:
        """None of the regimes before is true and this one is: missing where it depends on a missing one, and only there."""
        parts = self._parts(wanted, place, context)
        return self.nodes.joined("and", parts, context, place) if parts else None

    def _parts(self, wanted: str, place: ast.Expression, context: Context) -> list[Value] | None:
        """What `wanted` is joined of: the opposites of those before, then its own rule."""
        parts: list[Value] = []
        for name, definition in self.scope.regimes.items():
            value = None if definition is None else self.definition(definition, place, context)
            if value is None and definition is not None:
                return None
            if value is not None and not value.is_condition:
                return None  # reported where the regime is written
            if name == wanted:
                return parts if value is None else [*parts, value]
            opposite = None if value is None else self.nodes.operator("not", (value,), (), Unit.CONDITION, context, place)
            if opposite is None:
                return None
            parts.append(opposite)
        return None

    def _report(self, place: ast.Expression, context: Context) -> None:
        known = list(self.scope.regimes)
        notes: Notes = (("regime_names", {"names": ", ".join(known)}),) if known else (("regime_section", {}),)
        self.scope.report("E137", context, place.start, place.end, notes=notes, name="regime")

    def _warn_left(self, name: str, comparison: ast.Comparison, context: Context) -> None:
        """W150 for `regime == neutral`, W151 for `!=`, where the regimes before `otherwise` leave nothing."""
        found = contradictions.exclusive(self.nodes.graph, self._parts(name, comparison, context) or [])
        if found is not None:
            one, other = (list(self.scope.regimes)[number] for number in found)
            code = "W150" if comparison.operators[0] == "==" else "W151"
            self.scope.report(code, context, comparison.start, comparison.end, label="regimes", name=name, one=one, other=other)


def check_reachable(scope: Scope, graph: Graph, name: str, value: Value, before: Mapping[str, Value]) -> None:
    """W150 where an earlier regime holds wherever this one would: told at the earlier one, out of which it can be taken."""
    covering = next((earlier for earlier, other in islice(before.items(), _MOST_COMPARED) if implies(graph, value, other)), None)
    first, second = (scope.regimes.get(one) for one in (covering or "", name))
    if covering is None or first is None or second is None or first.body is None:
        return
    text, later = first.rule.text, second.rule.text
    plain = text if isinstance(first.body, ast.Comparison | ast.Between | ast.Name | ast.Call | ast.Bracket) else f"({text})"
    same = implies(graph, before[covering], value)
    fix = "" if same else first.rule.substituted(0, len(text), f"{plain} and not ({later})")
    notes: Notes = () if same else (("narrower_first", {"name": name, "earlier": covering}),)
    scope.report_at("W150", first.rule, 0, len(text), label="earlier", notes=notes, fix=fix, name=name)
