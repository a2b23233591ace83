"""`external:`, `regime:`, `factors:` and `score:` -> what the scope's names mean; and the checks of factors."""

from __future__ import annotations

import math
from pathlib import PurePosixPath, PureWindowsPath

from dsl import ast
from dsl.builder import Amount
from dsl.catalogue import Unit
from dsl.checker.conditions import Conditions, parsed, phrase
from dsl.checker.context import Definition, FactorText, Notes, RuleText, Scope
from dsl.checker.regimes import check_reachable
from dsl.checker.settings import FileDocument, StrategyDocument, entries, name_fits, text_at
from dsl.checker.values import PLAIN, Value
from dsl.graph import Phase
from dsl.strategy import Condition, External, Factor
from dsl.yaml_tree import Mapping, Scalar

#: what proves nothing about -1..1 but rounding may leave
_ROUNDING = 1e-6


def read_externals(scope: Scope, document: StrategyDocument) -> None:
    """`external:` into the scope: a file, or what is posted to the engine."""
    for key, node in entries(document, "external"):
        if not name_fits(scope, key, "external") or not isinstance(node, Mapping):
            continue
        path = ("external", key.text)
        file, way, stale = (text_at(document, *path, part) for part in ("file", "or", "stale_after"))
        if file is None and way is None:
            scope.report_at("E221", RuleText(key, ("external",)), 0, len(key.text), name=key.text)
        if file is not None and (PurePosixPath(file.text).is_absolute() or PureWindowsPath(file.text).drive or ".." in file.text):
            scope.report_at("E221", file, 0, len(file.text), label="path", name=key.text)
        amount = None if stale is None else phrase(scope, stale, "duration_of")
        stale_ms = int(amount.value) if isinstance(amount, Amount) else None
        scope.externals[key.text] = External(key.text, None if file is None else file.text, stale_ms, way is not None)


def read_regimes(scope: Scope, document: FileDocument) -> None:
    """`regime:` into the scope, parsed; `otherwise:` names the last."""
    for key, node in entries(document, "regime"):
        if not isinstance(node, Scalar) or not node.text:
            continue
        rule = RuleText(node, ("regime", key.text))
        if key.text == "otherwise":
            name = Scalar(node.source, node.text, node.start, node.end, node.style)
            if name_fits(scope, name, "regime"):
                scope.regimes[node.text] = None
        elif name_fits(scope, key, "regime"):
            scope.regimes[key.text] = Definition(f"regime.{key.text}", (), parsed(scope, rule), rule)
    for last in [name for name, definition in scope.regimes.items() if definition is None]:
        scope.regimes[last] = scope.regimes.pop(last)  # `otherwise` holds where none of the others does, wherever it is written


def check_regimes(scope: Scope, conditions: Conditions) -> None:
    """Every regime as a condition, remembered for reports; W150 for one that those before it leave nothing of."""
    before: dict[str, Value] = {}
    for name, definition in list(scope.regimes.items()):
        rule = definition.rule if definition is not None else None
        if definition is None or definition.body is None or rule is None:
            continue
        context = conditions.context(rule)
        value = conditions.expressions.names.definition(definition, definition.body, context)
        if value is not None and not value.is_condition:
            scope.report_at("E128", rule, definition.body.start, definition.body.end, unit=value.unit.value)
        elif value is not None:
            check_reachable(scope, conditions.expressions.nodes.graph, name, value, before)
            before[name] = value
            found = conditions.expressions.names.regimes.condition(name, definition.body, context)
            if found is not None and found.node is not None:
                conditions.named.append(Condition(f"regime.{name}", found.node))


def read_factors(scope: Scope, document: StrategyDocument) -> None:
    """`factors:` and `score:` into the scope, parsed."""
    missing = text_at(document, "score", "missing_factor")
    if missing is not None:
        scope.missing_factor = missing.text
    for key, node in entries(document, "factors"):
        value, weight = (text_at(document, "factors", key.text, part) for part in ("value", "weight"))
        if not isinstance(node, Mapping) or value is None or weight is None:
            continue
        weight = RuleText(weight.scalar, ("factors", key.text))
        number = _weight(scope, weight)
        if number is not None:
            path = ("factors", key.text)
            rule = RuleText(value.scalar, path)
            definition = Definition(f"factors.{key.text}", (), parsed(scope, rule), rule)
            scope.factors[key.text] = FactorText(definition, number)
    _warn_weights(scope, document)
    if text_at(document, "score", "combine") is None and not scope.factors and entries(document, "score"):
        key = document.key("score")
        scope.report_at("E143", RuleText(key, ()), 0, len(key.text))


def _weight(scope: Scope, rule: RuleText) -> float | None:
    """A number or a parameter, not below 0."""
    param = scope.params.get(rule.text)
    if param is not None:
        found: object = Amount(param.constant or 0.0, param.unit)
    else:
        found = phrase(scope, rule, "constant")
    if not isinstance(found, Amount):
        return None
    if found.unit not in PLAIN or not 0 <= found.value < 1e9:
        scope.report_at("E113", rule, 0, len(rule.text), label="weight", name="weight")
        return None
    return found.value


def _warn_weights(scope: Scope, document: StrategyDocument) -> None:
    """W141 at the largest weight when the weights are no shares of 1."""
    if not scope.factors:
        return
    total = math.fsum(factor.weight for factor in scope.factors.values())
    largest = max(scope.factors, key=lambda name: scope.factors[name].weight)
    found = text_at(document, "factors", largest, "weight")
    rule = None if found is None else RuleText(found.scalar, ("factors", largest))
    if rule is None or math.isclose(total, 1.0, rel_tol=1e-9):
        return
    if total == 0:
        scope.report_at("E113", rule, 0, len(rule.text), label="weight", name="weight")
        return
    weight = scope.factors[largest].weight
    notes: Notes = (("weight_acts", {"weight": f"{weight:g}", "acts": f"{weight / total:.3g}"}), ("weight_intended", {}))
    scope.report_at("W141", rule, 0, len(rule.text), notes=notes, total=f"{total:.2f}")


def check_factors(scope: Scope, conditions: Conditions) -> tuple[tuple[Factor, ...], int | None]:
    """Every factor held against -1..1 (E140 with two rewrites that keep it there); then the score."""
    found: list[Factor] = []
    for name, factor in scope.factors.items():
        body, rule = factor.definition.body, factor.definition.rule
        if body is None:
            continue
        value = conditions.expressions.names.definition(factor.definition, body, conditions.context(rule))
        if value is None:
            continue
        if value.is_condition:
            scope.report_at("E129", rule, body.start, body.end)
        elif _bounded(scope, name, value, body, rule):
            found.append(Factor(name, conditions.expressions.nodes.id_of(value), factor.weight))
    if len(found) < len(scope.factors) or not found:
        return tuple(found), None
    rule = next(iter(scope.factors.values())).definition.rule
    score = conditions.expressions.names.scores.score(ast.Name(0, len(rule.text), "score"), conditions.context(rule))
    return tuple(found), None if score is None else conditions.expressions.nodes.id_of(score)


def _bounded(scope: Scope, name: str, value: Value, body: ast.Expression, rule: RuleText) -> bool:
    if value.unit not in PLAIN | {Unit.ANY} or value.phase is not Phase.MARKET:
        notes: Notes = (("argument_unit", {"argument": f"factors.{name}", "unit": "number"}),)
        units = {"left": "number", "right": value.unit.value, "unit": value.unit.value}
        scope.report_at("E110", rule, body.start, body.end, label="argument", notes=notes, **units)
        return False
    low, high = value.low, value.high
    if low is not None and high is not None and low >= -1 - _ROUNDING and high <= 1 + _ROUNDING:
        return True
    text = rule.text[body.start : body.end]
    ratio = value.unit is Unit.RATIO
    bounds = ("-5%", "5%") if ratio else ("-3", "3")
    notes = (
        ("factor_scale", {"expression": f"scale({text}, lo={bounds[0]}, hi={bounds[1]})"}),
        ("factor_rank", {"expression": f"2 * across.pct_rank({text}) - 1"}),
    )
    label = {(True, True): "unknown", (False, True): "above", (True, False): "below"}.get((low is None, high is None), "")
    bounds_shown = {"low": _shown(low, ratio), "high": _shown(high, ratio)}
    scope.report_at("E140", rule, body.start, body.end, label=label, notes=notes, name=name, **bounds_shown)
    return False


def _shown(bound: float | None, ratio: bool) -> str:
    return "" if bound is None else f"{bound * 100:g}%" if ratio else f"{bound:g}"
