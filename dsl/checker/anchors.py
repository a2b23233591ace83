"""Anchors: where a running sum starts again: `day`, `week` (Monday) and `month`, all at 09:00 KST, or every n bars."""

from __future__ import annotations

from collections.abc import Callable

from dsl import ast
from dsl.catalogue import MONTHS, WEEKS, Unit
from dsl.checker.clock import DAY_MS, WEEK_MS, timeframe_text
from dsl.checker.context import Context, Scope, Thunk
from dsl.checker.values import Value, fixed
from dsl.document import suggestion

Window = Callable[[ast.Expression, Context], float | None]
#: calendar anchors: what is added to the bars of a day
CALENDAR = {"day": 0.0, "week": WEEKS, "month": MONTHS}


def anchor(scope: Scope, expression: ast.Expression, context: Context, window: Window) -> Value | None:
    """The anchor as the number that the kernel reads (dsl.catalogue.WEEKS)."""
    inner = ast.unbracketed(expression)
    if isinstance(inner, ast.Name) and inner.name not in scope.params:
        bound = context.bindings.get(inner.name)
        if isinstance(bound, Thunk):
            return anchor(scope, bound.expression, bound.context, window)
        return bound if bound is not None else _named(scope, inner, context)
    bars = window(expression, context)
    return None if bars is None else fixed(bars, Unit.BARS)


def _named(scope: Scope, name: ast.Name, context: Context) -> Value | None:
    if name.name not in CALENDAR:
        meant = suggestion(name.name, CALENDAR) or "day"
        fix = context.rule.substituted(name.start, name.end, meant)
        notes = (("did_you_mean", {"name": meant}),)
        scope.report("E102", context, name.start, name.end, label="anchor", name=name.name, notes=notes, fix=fix)
        return None
    length = context.section.timeframe.length_ms
    if length <= DAY_MS:
        return fixed(DAY_MS // length + CALENDAR[name.name], Unit.BARS)
    if name.name == "week" and length == WEEK_MS:
        return fixed(1.0, Unit.BARS)
    fix = context.rule.substituted(name.start, name.end, "week") if length == WEEK_MS else ""
    clock = timeframe_text(length)
    scope.report("E112", context, name.start, name.end, label="anchor", anchor=name.name, clock=clock, fix=fix)
    return None
