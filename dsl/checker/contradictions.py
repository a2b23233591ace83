"""Conditions that can never be true: outside what a value can be, or two tests of one value that exclude each other."""

from __future__ import annotations

import math
from collections.abc import Callable

from dsl import ast
from dsl.checker.context import Context, Notes, Scope
from dsl.checker.values import Value

Evaluate = Callable[[ast.Expression, Context], Value | None]
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
#: low, low is excluded, high, high is excluded
_Bounds = tuple[float, bool, float, bool]


def check_comparison(scope: Scope, comparison: ast.Comparison, operator: str, left: Value, right: Value, context: Context) -> None:
    """W150 when the two sides' intervals never meet the operator."""
    if left.constant is not None and right.constant is not None:
        return
    low, high = _difference(left, right)
    never = {
        "<": low is not None and low >= 0,
        "<=": low is not None and low > 0,
        ">": high is not None and high <= 0,
        ">=": high is not None and high < 0,
        "==": (low is not None and low > 0) or (high is not None and high < 0),
    }.get(operator, False)
    if never:
        scope.report("W150", context, comparison.start, comparison.end, label="range", notes=_range_notes(left, right))


def check_between(scope: Scope, between: ast.Between, value: Value, low: Value, high: Value, context: Context) -> None:
    """W150 when the range is empty or lies outside what the value can be; leaving an empty range is as impossible as entering it."""
    empty = low.constant is not None and high.constant is not None and low.constant > high.constant
    outside = (value.high is not None and low.low is not None and value.high < low.low) or (
        value.low is not None and high.high is not None and value.low > high.high
    )
    if empty or outside:
        label = "empty" if empty else "range"
        scope.report("W150", context, between.start, between.end, label=label, notes=() if empty else _range_notes(value, low))


def check_all(scope: Scope, logic: ast.Logic, context: Context, evaluate: Evaluate) -> None:
    """W150 when tests joined by `and` leave no value of one series; two of them are usually meant one after the other."""
    bounds: dict[int, tuple[_Bounds, ast.Comparison]] = {}
    for operand in logic.operands:
        found = _single_test(operand, context, evaluate)
        if found is None:
            continue
        node, limit, comparison = found
        if node in bounds:
            before, first = bounds[node]
            limit = _narrowed(before, limit)
            if limit[0] > limit[2] or (limit[0] == limit[2] and (limit[1] or limit[3])):
                _report_exclusive(scope, logic, first, comparison, context)
                return
        bounds[node] = (limit, comparison)


def _difference(left: Value, right: Value) -> tuple[float | None, float | None]:
    low = None if left.low is None or right.high is None else left.low - right.high
    high = None if left.high is None or right.low is None else left.high - right.low
    return low, high


def _range_notes(left: Value, right: Value) -> Notes:
    ranged = left if left.constant is None else right
    if ranged.low is None and ranged.high is None:
        return ()
    if ranged.high is None:
        return (("value_from", {"low": f"{ranged.low:g}"}),)
    if ranged.low is None:
        return (("value_up_to", {"high": f"{ranged.high:g}"}),)
    return (("value_range", {"low": f"{ranged.low:g}", "high": f"{ranged.high:g}"}),)


def _single_test(operand: ast.Expression, context: Context, evaluate: Evaluate) -> tuple[int, _Bounds, ast.Comparison] | None:
    """`series operator number` as the series' node and the interval that the test leaves."""
    comparison = ast.unbracketed(operand)
    if not isinstance(comparison, ast.Comparison) or len(comparison.operators) != 1:
        return None
    left, right = (evaluate(side, context) for side in comparison.operands)
    operator = comparison.operators[0]
    if left is not None and left.constant is not None:
        left, right, operator = right, left, _FLIPPED[operator]
    if left is None or right is None or left.node is None or right.constant is None or operator == "!=":
        return None
    return left.node, _bounds(operator, right.constant), comparison


def _bounds(operator: str, limit: float) -> _Bounds:
    if operator in ("<", "<="):
        return -math.inf, False, limit, operator == "<"
    if operator in (">", ">="):
        return limit, operator == ">", math.inf, False
    return limit, False, limit, False


def _narrowed(a: _Bounds, b: _Bounds) -> _Bounds:
    low, low_out = max((a[0], a[1]), (b[0], b[1]))
    high, high_in = min((a[2], not a[3]), (b[2], not b[3]))
    return low, low_out, high, not high_in


def _report_exclusive(scope: Scope, logic: ast.Logic, first: ast.Comparison, second: ast.Comparison, context: Context) -> None:
    text = context.rule.text
    one, other = text[first.start : first.end], text[second.start : second.end]
    whole = len(logic.operands) == 2 and context.rule.text.strip() == text[logic.start : logic.end]
    fix = context.rule.substituted(logic.start, logic.end, f"{one} then {other} within 24 bars") if whole else ""
    notes: Notes = (("sequence_meant", {}),) if whole else ()
    scope.report("W150", context, logic.start, logic.end, label="exclusive", notes=notes, fix=fix, one=one, other=other)
