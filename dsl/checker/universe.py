"""`universe:` -> a graph of its own over all candidate markets, and the instants at which it decides."""

from __future__ import annotations

from dsl import ast
from dsl.builder import Refresh
from dsl.catalogue import Unit
from dsl.checker.clock import DAY_MS
from dsl.checker.conditions import Conditions, parsed, phrase
from dsl.checker.context import RuleText, Scope
from dsl.checker.contradictions import check_group, opposite
from dsl.checker.expressions import Expressions
from dsl.checker.implications import implies
from dsl.checker.settings import StrategyDocument, entries, text_at, whole
from dsl.checker.values import Value
from dsl.graph import Graph
from dsl.strategy import Universe
from dsl.yaml_tree import Mapping, Scalar

#: a universe of more markets than the exchange has is a slip of the keyboard
_MOST_MARKETS = 1000
#: conditions that are held against each other
_MOST_COMPARED = 50


def read_universe(scope: Scope, document: StrategyDocument) -> Universe | None:
    """The universe, None when the file has none or it could not be read. Its rules see the market alone: no position, account or order."""
    if not isinstance(document.root, Mapping) or document.root.find("universe") is None:
        return None
    refresh = _refresh(scope, text_at(document, "universe", "refresh"))
    graph = Graph()
    conditions = Conditions(scope, Expressions(scope, graph, candidates=True))
    kept = [_member(conditions, "keep", key, node) for key, node in entries(document, "universe", "keep")]
    dropped = [_member(conditions, "drop", key, node) for key, node in entries(document, "universe", "drop")]
    take_rule, by_rule = text_at(document, "universe", "take"), text_at(document, "universe", "by")
    take = whole(scope, take_rule, "whole", maximum=_MOST_MARKETS)
    if take_rule is not None and by_rule is None:
        scope.report_at("E223", take_rule, 0, len(take_rule.text), label="by")
    by = _by(scope, conditions, by_rule)
    keep = _joined(conditions, document, kept, dropped)
    _check_members(conditions, document, kept, dropped)
    if keep is None or refresh is None:
        return None
    return Universe(graph, keep, by, take, refresh.at_ms, refresh.every_ms, tuple(conditions.named), conditions.expressions.wording)


def _refresh(scope: Scope, rule: RuleText | None) -> Refresh | None:
    found = None if rule is None else phrase(scope, rule, "refresh")
    if rule is None or not isinstance(found, Refresh):
        return None
    if found.every_ms <= 0 or DAY_MS % found.every_ms or found.every_ms % 60_000:
        scope.report_at("E223", rule, 0, len(rule.text), label="refresh")
        return None
    return found


def _member(conditions: Conditions, part: str, key: Scalar, node: object) -> Value | None:
    if not isinstance(node, Scalar) or not node.text:
        return None
    return conditions.rule(node, ("universe", part, key.text))


def _by(scope: Scope, conditions: Conditions, rule: RuleText | None) -> int | None:
    expression = None if rule is None else parsed(scope, rule)
    value = None if rule is None or expression is None else conditions.expressions.number(expression, conditions.context(rule))
    if rule is not None and value is not None and value.unit in (Unit.QUANTITY, Unit.PRICE):
        scope.report_at("W425", rule, 0, len(rule.text), fix=rule.substituted(0, len(rule.text), "turnover(24h)"), by=rule.text)
    return None if value is None else conditions.expressions.nodes.id_of(value)


def _joined(conditions: Conditions, document: StrategyDocument, kept: list[Value | None], dropped: list[Value | None]) -> int | None:
    """All of `keep` and none of `drop`; without rules every market stays."""
    key = document.key("universe")
    context = conditions.context(RuleText(key, ("universe",)))
    place = ast.Name(0, len(key.text), key.text)
    nodes = conditions.expressions.nodes
    opposites = [value and nodes.operator("not", (value,), (), Unit.CONDITION, context, place) for value in dropped]
    parts = [value for value in (*kept, *opposites) if value is not None]
    if len(parts) < len(kept) + len(dropped):
        return None
    if not parts:
        return nodes.constant(1.0, Unit.CONDITION)
    joined = nodes.joined("and", parts, context, place)
    return None if joined is None else nodes.id_of(joined)


def _check_members(conditions: Conditions, document: StrategyDocument, kept: list[Value | None], dropped: list[Value | None]) -> None:
    """W150 where `keep` and `drop` leave no market."""
    graph, known = conditions.expressions.nodes.graph, [value for value in kept if value is not None]
    names, out = ([key for key, _ in entries(document, "universe", part)] for part in ("keep", "drop"))
    if len(known) < len(kept):
        return
    keys = [RuleText(key, ("universe", "keep")) for key in names]
    check_group(conditions.scope, graph, "all", keys, known)
    for key, value in list(zip(out, dropped, strict=True))[:_MOST_COMPARED]:
        rule = text_at(document, "universe", "drop", key.text)
        keeping = None if value is None else next((n for n, one in enumerate(known[:_MOST_COMPARED]) if implies(graph, one, value)), None)
        if rule is not None and keeping is not None:
            kept_rule = text_at(document, "universe", "keep", names[keeping].text)
            shown = {"keep": names[keeping].text, "kept": kept_rule.text if kept_rule is not None else ""}
            fix = rule.substituted(0, len(rule.text), opposite(rule.text))
            conditions.scope.report_at("W150", rule, 0, len(rule.text), label="dropped", notes=(("drop_takes_out", {}),), fix=fix, **shown)
