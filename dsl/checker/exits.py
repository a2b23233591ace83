"""`exits:` -> levels and conditions in file order, each with its kind (docs/decide.md §4)."""

from __future__ import annotations

import difflib
import re

from dsl import ast
from dsl.builder import Amount, Share
from dsl.catalogue import Unit
from dsl.checker import exit_slips, levels, percents
from dsl.checker.conditions import Conditions, parsed, phrase
from dsl.checker.context import Notes, RuleText, Scope
from dsl.checker.exit_slips import PROTECTIVE
from dsl.checker.implications import implies
from dsl.checker.settings import StrategyDocument, entries, text_at
from dsl.checker.values import Value, fixed
from dsl.diagnostics import Diagnostic, Severity
from dsl.document import dotted, replaced
from dsl.graph import Graph, Phase
from dsl.shapes import looks_like_stop, signed
from dsl.strategy import Exit, ExitKind, RiskProfile
from dsl.yaml_tree import Mapping, Scalar

#: as many as an order can fire (engine.kernel.book.MAXIMUM_EXITS)
MAX_EXITS = 62
#: of the price, a level that is meant as a distance from it
_SMALLEST_SHARE = 0.1
#: ratio above the entry from which no price can be meant, nor held by a float
_LARGEST_LEVEL = 1e9
#: `-2% of entry`, `3% below the entry price`
_OF_ENTRY = re.compile(r"([+-]?[0-9][0-9_]*(?:\.[0-9]+)?\s*%)\s*((?:of|from|below|above)\s+(?:the\s+)?(?:pos\.)?entry(?:\s+price)?)", re.I)


def read_exits(scope: Scope, document: StrategyDocument, conditions: Conditions) -> tuple[Exit, ...]:
    """All exits that could be understood, in file order."""
    keys = [key for key, _ in entries(document, "exits")]
    names = [key.text for key in keys]
    if len(keys) > MAX_EXITS:
        scope.report_at("E407", RuleText(keys[MAX_EXITS], ("exits",)), 0, len(keys[MAX_EXITS].text) or 1, limit=str(MAX_EXITS))
    _refuse_stop_lookalikes(scope, keys, document)
    found: list[Exit] = []
    for key in keys:
        after = _after(scope, document, key.text, names)
        exit_ = _read_exit(scope, document, conditions, key, after)
        found.extend([] if exit_ is None else [exit_])
    _warn_idle(scope, document, found, conditions.expressions.nodes.graph)
    _refuse_circles(scope, document, {e.name: names[e.after] for e in found if e.after is not None})
    return tuple(found)


def warn_unbounded_loss(scope: Scope, document: StrategyDocument, exits: tuple[Exit, ...], risk: RiskProfile | None) -> None:
    """W417 where the profile limits what one trade may lose and no level says how much it would be."""
    rule = text_at(document, "risk_profile")
    if rule is None or risk is None or (risk.risk_per_trade is None and risk.risk_per_trade_krw is None):
        return
    if not any(one.kind is ExitKind.STOP and one.after is None for one in exits):
        amounts = [f"{risk.risk_per_trade * 100:g}%"] if risk.risk_per_trade is not None else []
        amounts += [f"{risk.risk_per_trade_krw:,} KRW"] if risk.risk_per_trade_krw is not None else []
        scope.report_at("W417", rule, 0, len(rule.text), profile=risk.name, allowed=" / ".join(amounts))


def _refuse_stop_lookalikes(scope: Scope, keys: list[Scalar], document: StrategyDocument) -> None:
    """An exit called almost `stop`, where there is no `stop`, was meant to be it: only that name is the hard stop."""
    if any(key.text == "stop" for key in keys):
        return
    for key in keys:
        if looks_like_stop(key.text) and text_at(document, "exits", key.text, "at") is not None:
            fix = replaced(key.source, key.span(), "stop") if key.style is None else ""
            meant = "did_you_mean_stop" if text_at(document, "sizing", "risk") is None else "did_you_mean_needed"
            notes: tuple[tuple[str, dict[str, str]], ...] = (("exit_names", {}), (meant, {}))
            args = {"key": key.text, "parent": "exits"}
            scope.add(Diagnostic("E201", Severity.ERROR, key.span(), "exits", args, notes=notes, fix=fix))
            return


def _after(scope: Scope, document: StrategyDocument, name: str, names: list[str]) -> int | None:
    rule = text_at(document, "exits", name, "after")
    if rule is None:
        return None
    if rule.text in names and rule.text != name:
        return names.index(rule.text)
    others = [other for other in names if other != name]
    meant = next(iter(difflib.get_close_matches(rule.text[:100], others, n=1, cutoff=0.5)), None)
    notes = (("did_you_mean", {"name": meant}),) if meant else ()
    fix = rule.substituted(0, len(rule.text), meant) if meant else ""
    scope.report_at("E405", rule, 0, len(rule.text), notes=notes, fix=fix, name=rule.text[:60], known=", ".join(others))
    return None


def _refuse_circles(scope: Scope, document: StrategyDocument, after: dict[str, str]) -> None:
    for name in after:
        seen, current = [name], after.get(name)
        while current is not None and current not in seen:
            seen.append(current)
            current = after.get(current)
        rule = text_at(document, "exits", name, "after")
        if current == name and rule is not None:
            scope.report_at("E405", rule, 0, len(rule.text), label="circle", name=" -> ".join([*seen, name]), known="")
            return


def _read_exit(scope: Scope, document: StrategyDocument, conditions: Conditions, key: Scalar, after: int | None) -> Exit | None:
    name = key.text
    at, when = text_at(document, "exits", name, "at"), text_at(document, "exits", name, "when")
    frozen = text_at(document, "exits", name, "frozen")
    share = _share(scope, text_at(document, "exits", name, "sell"))
    if at is None and when is None and not _is_empty(document, name):
        return None  # refused by the schema
    if (at is None) == (when is None):
        scope.report_at("E406", RuleText(key, ("exits", name)), 0, len(name) or 1, label="both" if at is not None else "", name=name)
        return None
    if when is not None:
        if frozen is not None:
            scope.report_at("E406", frozen, 0, len(frozen.text), label="frozen", name=name)
        condition = conditions.rule(when.scalar, ("exits", name), position=True)
        kind, node = ExitKind.RULE, None if condition is None else condition.node
        if condition is not None and node is not None and after is None and condition.low != 1.0:  # else it is told that it always is
            exit_slips.warn_from_entry(scope, when, conditions.expressions.nodes.graph, node)
    else:
        assert at is not None
        kind, node = _level(scope, at, conditions)
        if node is not None:
            exit_slips.warn_kind(scope, name, at, kind)
    if name == "stop" and node is not None and kind is not ExitKind.STOP:
        place = at or when
        assert place is not None
        new = signed(name, place.text) if at is not None else place.text
        fix = at.substituted(0, len(place.text), new) if at is not None and new != place.text else ""
        scope.report_at("E404", place, 0, len(place.text), label="sign" if fix else "", fix=fix)
        return None
    if node is None or share is None:
        return None
    exit_slips.warn_half_stop(scope, name, text_at(document, "exits", name, "sell"), share.ratio)
    is_frozen = frozen is not None and frozen.text == "true" and kind is not ExitKind.RULE
    return Exit(name, kind, node, is_frozen, after, share.ratio, share.of_rest)


def _is_empty(document: StrategyDocument, name: str) -> bool:
    """Whether the exit is a mapping of known keys, so that only its `at` or `when` is missing."""
    found = next((node for key, node in entries(document, "exits") if key.text == name), None)
    return isinstance(found, Mapping) and all(key.text in ("frozen", "sell", "after") for key, _ in found.entries)


def _warn_idle(scope: Scope, document: StrategyDocument, exits: list[Exit], graph: Graph) -> None:
    """W410 for an exit that fires only when another has sold everything: at the same moment, or before."""
    whole = [one for one in exits if one.share == 1.0 and one.after is None]
    names = [key.text for key, _ in entries(document, "exits")]
    sells_all = {one.name for one in exits if one.share == 1.0}
    for number, exit_ in enumerate(exits):
        if exit_.after is not None and names[exit_.after] in sells_all:
            rule = RuleText(document.key("exits", exit_.name), ("exits", exit_.name))
            scope.report_at("W410", rule, 0, len(exit_.name), label="after", name=exit_.name, first=names[exit_.after])
            continue
        for other in whole:
            same = (exit_.kind, exit_.node) == (other.kind, other.node)
            if other is exit_ or (same and number < exits.index(other)) or not (same or _comes_later(graph, exit_, other)):
                continue
            rule = RuleText(document.key("exits", exit_.name), ("exits", exit_.name))
            label = "" if same else "later"
            notes: Notes = (("leave_some", {"name": other.name}),) if not same and other.kind is not ExitKind.STOP else ()
            scope.report_at("W410", rule, 0, len(exit_.name), label=label, notes=notes, name=exit_.name, first=other.name)
            break


def _comes_later(graph: Graph, one: Exit, other: Exit) -> bool:
    """Whether `other` has fired whenever `one` does: its rule follows, or its level of the entry is nearer."""
    if one.kind is not other.kind:
        return False
    if one.kind is ExitKind.RULE:
        return implies(graph, Value(Unit.CONDITION, one.node), Value(Unit.CONDITION, other.node))
    far, near = (_of_entry(graph, exit_.node) for exit_ in (one, other))
    if far is None or near is None:
        return False
    return far > near if one.kind is ExitKind.TARGET else far < near


def _of_entry(graph: Graph, level: int) -> float | None:
    """The factor of `pos.entry * factor`."""
    node = graph[level]
    if node.op != "mul" or graph[node.inputs[0]].op != "pos.entry" or graph[node.inputs[1]].op != "const":
        return None
    return graph[node.inputs[1]].params[0]


def _share(scope: Scope, rule: RuleText | None) -> Share | None:
    if rule is None:
        return Share(1.0, False)
    found = phrase(scope, rule, "share")
    if isinstance(found, Share) and not 0 < found.ratio <= 1:
        scope.report_at("E113", rule, 0, len(rule.text), label="ratio", name="sell")
        return None
    return found if isinstance(found, Share) else None


def _level(scope: Scope, rule: RuleText, conditions: Conditions) -> tuple[ExitKind, int | None]:
    """A price level: `+2%` and `-2%` from the average entry, or an expression."""
    spoken = _OF_ENTRY.fullmatch(rule.text)
    if spoken is not None:
        fix = rule.substituted(0, len(rule.text), signed(str(rule.path[1]), spoken[1]))
        scope.report_at("E220", rule, spoken.start(2), spoken.end(2), label="level", fix=fix, found=spoken[2])
        return ExitKind.STOP, None
    if rule.text[:1] in "+-" and "%" in rule.text and rule.text.rstrip().endswith("%"):
        return _relative_level(scope, rule, conditions)
    expression = parsed(scope, rule)
    if expression is None:
        return ExitKind.STOP, None
    kind = ExitKind.TARGET if _is_target(expression) else ExitKind.STOP
    value = conditions.expressions.evaluate(expression, conditions.context(rule, position=True))
    if value is not None and value.is_condition:
        _report_condition(scope, rule, expression)
    if value is None or value.is_condition:
        return kind, None
    if value.unit not in (Unit.PRICE, Unit.ANY) and not (value.constant is not None and value.unit is Unit.MONEY):
        notes: Notes = (("level_is_price", {}),)
        fix = ""
        if value.constant is not None and value.unit in (Unit.RATIO, Unit.NUMBER):
            notes = (("level_percent", {}),)
            number = f"{abs(value.constant) * 100:g}%" if abs(value.constant) < 1 else f"{abs(value.constant):g}%"
            sign = "-" if value.constant < 0 else ""
            if value.constant:  # a sign makes no distance of nothing
                fix = rule.substituted(0, len(rule.text), signed(str(rule.path[1]), sign + number))
        units = {"left": "price", "right": value.unit.value, "unit": value.unit.value}
        scope.report_at("E110", rule, expression.start, expression.end, label="argument", notes=notes, fix=fix, **units)
        return kind, None
    share = None if value.node is None else levels.weight(conditions.expressions.nodes.graph, value.node)
    if share is not None and percents.check_beside_one(scope, expression, conditions.context(rule, position=True)):
        return kind, conditions.expressions.nodes.id_of(value)
    if share is not None and share <= _SMALLEST_SHARE:
        up = str(rule.path[1]) != "stop" and not PROTECTIVE.search(str(rule.path[1]).lower())
        percents.report_share(scope, expression, conditions.context(rule, position=True), share, up=up, label="level")
        return kind, conditions.expressions.nodes.id_of(value)
    if kind is ExitKind.STOP and value.phase is Phase.MARKET and not PROTECTIVE.search(str(rule.path[1]).lower()):
        fix = re.sub(r"\bat:", "when:", rule.substituted(0, len(rule.text), f"high >= {rule.text}"), count=1)
        scope.report_at("W412", rule, 0, len(rule.text), notes=(("name_as_protection", {}),), fix=fix, level=rule.text[:60])
    return kind, conditions.expressions.nodes.id_of(value)


def _report_condition(scope: Scope, rule: RuleText, expression: ast.Expression) -> None:
    """E129 for `at: pos.gain >= 3%`: as `when:`; of a stop, which needs a price, the price that is compared with."""
    fix = ""
    if str(rule.path[1]) != "stop":
        fix = re.sub(r"\bat:", "when:", rule.substituted(0, len(rule.text), rule.text), count=1)
    elif isinstance(expression, ast.Comparison) and len(expression.operands) == 2 and expression.operators[0] in ("<", "<="):
        left, right = (rule.text[place.start : place.end] for place in expression.operands)
        if left in ("close", "low") or (left in ("pos.gain", "pos.pnl") and right[:1] == "-" and right.endswith("%")):
            fix = rule.substituted(0, len(rule.text), right)
    scope.report_at("E129", rule, expression.start, expression.end, label="level", fix=fix)


def _relative_level(scope: Scope, rule: RuleText, conditions: Conditions) -> tuple[ExitKind, int | None]:
    found = phrase(scope, rule, "level")
    if not isinstance(found, Amount):
        return ExitKind.STOP, None
    kind = ExitKind.TARGET if rule.text.startswith("+") else ExitKind.STOP
    if found.value == 0 or not -1 < found.value < _LARGEST_LEVEL:
        scope.report_at("E113", rule, 0, len(rule.text), label="level", name=dotted(rule.path))
        return kind, None
    nodes = conditions.expressions.nodes
    place = ast.Name(0, len(rule.text), rule.text)
    factor: Value = fixed(1 + found.value, Unit.NUMBER)
    level = nodes.operator(
        "*", (nodes.late("pos.entry", Unit.PRICE, Phase.POSITION), factor), (), Unit.PRICE, conditions.context(rule, position=True), place
    )
    return kind, None if level is None else level.node


def _is_target(expression: ast.Expression) -> bool:
    """`pos.entry + ...` or `pos.entry * (1 + ...)` lies above the entry, whatever comes after; every other level protects from below."""
    expression = ast.unbracketed(expression)
    if not isinstance(expression, ast.Binary):
        return False
    if expression.operator in ("+", "-"):
        return expression.operator == "+" if _is_entry(expression.left) else _is_target(expression.left)
    if expression.operator != "*" or not _is_entry(expression.left):
        return False
    factor = ast.unbracketed(expression.right)
    return factor.value > 1 if isinstance(factor, ast.Literal) else _adds_to_one(factor)


def _adds_to_one(factor: ast.Expression) -> bool:
    factor = ast.unbracketed(factor)
    if not isinstance(factor, ast.Binary) or factor.operator not in ("+", "-"):
        return False
    return factor.operator == "+" if _is_one(factor.left) else _adds_to_one(factor.left)


def _is_entry(expression: ast.Expression) -> bool:
    inner = ast.unbracketed(expression)
    return isinstance(inner, ast.Name) and inner.name == "pos.entry"


def _is_one(expression: ast.Expression) -> bool:
    inner = ast.unbracketed(expression)
    return isinstance(inner, ast.Literal) and inner.value == 1
