"""`crowding:` of the risk file -> a measure of two markets and its bounds (docs/decide.md §8)."""

from __future__ import annotations

from dsl import ast
from dsl.builder import Amount, Phrase
from dsl.checker.clock import timeframe_of
from dsl.checker.conditions import Conditions, parsed, phrase
from dsl.checker.context import RuleText, Scope
from dsl.checker.expressions import Expressions
from dsl.checker.risk import RiskDocument, rule_at
from dsl.checker.values import PLAIN, Value
from dsl.graph import Graph, Section
from dsl.pairs import OTHER
from dsl.prune import extracted
from dsl.strategy import Crowding


def read_crowding(scope: Scope, document: RiskDocument) -> Crowding | None:
    """The section, None where there is none or what could not be read has been reported. `scope`: of the risk file with its aliases, on the
    strategy's clock; the measure has a graph of its own."""
    rule = rule_at(document, ("crowding", "measure"))
    expression = None if rule is None else parsed(scope, rule)
    if rule is None or expression is None:
        return None
    found = _measure(scope, rule, expression)
    above = rule_at(document, ("crowding", "max_pair")), rule_at(document, ("crowding", "with_btc", "above"))
    pair, btc = (_bound(scope, bound, None if found is None else found[0]) for bound in above)
    cluster = _count(scope, rule_at(document, ("crowding", "max_cluster")), "positions")
    groups = rule_at(document, ("crowding", "with_btc", "count_as"))
    if groups is not None and _count(scope, groups, "clusters") not in (None, 1):
        scope.report_at("E425", groups, 0, len(groups.text), label="clusters", fix=groups.substituted(0, len(groups.text), "1 cluster"))
    if above == (None, None):
        key = document.key("crowding")
        scope.report_at("E425", RuleText(key, ()), 0, len(key.text))
    if found is None:
        return None
    return Crowding(*found[1:], pair, cluster or 1, btc)


def _measure(scope: Scope, rule: RuleText, expression: ast.Expression) -> tuple[Value, Graph, int] | None:
    """The measure, its graph and its node."""
    graph = Graph()
    scope.aliases[OTHER] = OTHER
    conditions = Conditions(scope, Expressions(scope, graph, candidates=True))
    value = _on_clock(conditions, rule, expression)
    del scope.aliases[OTHER]
    if value is None:
        return None
    if value.unit not in PLAIN:
        scope.report_at("E110", rule, 0, len(rule.text), label="argument", left="number", right=value.unit.value, unit=value.unit.value)
        return None
    graph, node = extracted(graph, conditions.expressions.nodes.id_of(value))
    leaves = (found.section for found in graph if not found.inputs)
    if {OTHER, ""} - {section.market for section in leaves if section is not None}:
        scope.report_at("E425", rule, 0, len(rule.text), label="other")
        return None
    return value, graph, node


def _on_clock(conditions: Conditions, rule: RuleText, expression: ast.Expression) -> Value | None:
    """The expression at the clock's closes. Where all of it is on finer bars, its last one: a profile serves any clock."""
    context, expressions = conditions.context(rule), conditions.expressions
    at = ast.unbracketed(expression)
    bars = timeframe_of(at.timeframe) if isinstance(at, ast.At) else None
    clock = context.section.timeframe
    if not isinstance(at, ast.At) or bars is None or bars.length_ms >= clock.length_ms or clock.length_ms % bars.length_ms:
        return expressions.number(expression, context)
    value = expressions.number(at.value, context.on(Section(bars)))
    return None if value is None else expressions.nodes.over("last", value, context)


def _bound(scope: Scope, rule: RuleText | None, measure: Value | None) -> float | None:
    """A plain number that the measure can be above, and need not be."""
    found = None if rule is None else phrase(scope, rule, "constant")
    if rule is None or not isinstance(found, Amount):
        return None
    low, high = (None, None) if measure is None else (measure.low, measure.high)
    inside = (low is None or found.value >= low) and (high is None or found.value < high)
    if found.unit in PLAIN and inside:
        return found.value
    shown = f"{'' if low is None else f'{low:g}'}..{'' if high is None else f'{high:g}'}"
    scope.report_at("E113", rule, 0, len(rule.text), name=str(rule.path[-1]), range=shown)
    return None


def _count(scope: Scope, rule: RuleText | None, kind: str) -> int | None:
    """The number of `2 positions`, `1 cluster`."""
    found = None if rule is None else phrase(scope, rule, kind)
    if rule is None or not isinstance(found, Phrase):
        return None
    number = float(found.words[0].replace("_", ""))
    if number < 1 or number != int(number) or number > 1_000_000:
        scope.report_at("E113", rule, 0, len(rule.text), label="whole", name=str(rule.path[-1]))
        return None
    return int(number)
