"""Exits that are well formed and do something else than their name or their writer says: W414, W415, W419."""

from __future__ import annotations

import re

from dsl import ast
from dsl.checker.context import Notes, RuleText, Scope
from dsl.graph import Graph
from dsl.parser import parse_rule
from dsl.strategy import ExitKind

#: names that say that a level is meant to protect from below; of others, one without `pos.` may have been meant as a target
PROTECTIVE = re.compile("stop|trail|protect|손절|추적|보호")
_TARGET = re.compile("target|profit|take|익절|목표")
#: what a position's values are when it has just been opened; pos.pnl has paid the fees of both sides
_AT_ENTRY = {"pos.gain": 0.0, "pos.best": 0.0, "pos.worst": 0.0, "pos.age": 0.0, "pos.bars": 0.0, "pos.pnl": -0.001}
#: of these the test was turned round; of the others another test is missing
_TURNED = ("pos.gain", "pos.pnl", "pos.age", "pos.bars")
#: conditions that are looked at for one exit
_MOST = 200
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def warn_kind(scope: Scope, name: str, rule: RuleText, kind: ExitKind) -> None:
    """W414 where the name of an exit says the one kind of level and its price is of the other."""
    text, word = rule.text, name.lower()
    above_high = re.match(r"\s*pos\.high\s*\+", text)
    if above_high is not None:
        fix = rule.substituted(above_high.end() - 1, above_high.end(), "-")
        scope.report_at("W414", rule, 0, len(text), fix=fix, name=name)
    elif kind is ExitKind.TARGET and PROTECTIVE.search(word) and name != "stop":
        level = f"pos.entry * (1 + {text[1:].strip()})" if text[:1] == "+" else text
        fix = re.sub(r"\bat:", "when:", rule.substituted(0, len(text), f"close <= {level}"), count=1)
        scope.report_at("W414", rule, 0, len(text), label="above", fix=fix, name=name)
    elif kind is ExitKind.STOP and _TARGET.search(word) and not PROTECTIVE.search(word):
        minus = re.match(r"\s*(?:pos\.entry\s*)?-", text)
        if minus is not None:
            scope.report_at("W414", rule, 0, len(text), label="below", fix=rule.substituted(minus.end() - 1, minus.end(), "+"), name=name)


def warn_half_stop(scope: Scope, name: str, rule: RuleText | None, share: float) -> None:
    """W415 for a `stop` that leaves a part of the position without one."""
    if name == "stop" and rule is not None and share < 1.0:
        scope.report_at("W415", rule, 0, len(rule.text), fix=rule.substituted(0, len(rule.text), "100%"), share=rule.text)


def warn_from_entry(scope: Scope, rule: RuleText, graph: Graph, node: int) -> None:
    """W419 for a rule that is true of a position that was just opened: `pos.gain <= 3%`."""
    if not _holds_at_entry(graph, node, {}):
        return
    expression, fix = ast.unbracketed(parse_rule(rule.text)), ""
    notes: Notes = ()
    if isinstance(expression, ast.Comparison) and len(expression.operands) == 2 and expression.operators[0] in _FLIPPED:
        left, right = (rule.text[place.start : place.end] for place in expression.operands)
        if left in _TURNED:
            meant = f"{left} {_FLIPPED[expression.operators[0]]} {right}"
            fix, notes = rule.substituted(expression.start, expression.end, meant), (("turned_round", {"expression": meant}),)
    scope.report_at("W419", rule, expression.start, expression.end, notes=notes, fix=fix)


def _holds_at_entry(graph: Graph, node: int, known: dict[int, bool]) -> bool:
    """known: what has been looked at, which is bounded."""
    if node not in known:
        known[node] = False
        known[node] = len(known) <= _MOST and _held(graph, node, known)
    return known[node]


def _held(graph: Graph, node: int, known: dict[int, bool]) -> bool:
    found = graph[node]
    if found.op in ("and", "or"):
        parts = [_holds_at_entry(graph, part, known) for part in found.inputs]
        return all(parts) if found.op == "and" else any(parts)
    if found.op not in ("lt", "le", "gt", "ge"):
        return False
    value, limit = (graph[one] for one in found.inputs)
    if value.op not in _AT_ENTRY or limit.op != "const" or limit.params[0] == 0.0:
        return False
    now, bound = _AT_ENTRY[value.op], limit.params[0]
    return now < bound if found.op in ("lt", "le") else now > bound
