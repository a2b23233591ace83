"""Anchors: where a running sum starts again, `day` (09:00 KST) or every n bars; weeks and months are not built yet."""

from __future__ import annotations

from collections.abc import Callable

from dsl import ast
from dsl.catalogue import Unit
from dsl.checker.clock import DAY_MS
from dsl.checker.context import Context, Scope, Thunk
from dsl.checker.values import Value, fixed
from dsl.document import suggestion

Window = Callable[[ast.Expression, Context], float | None]


def anchor(scope: Scope, expression: ast.Expression, context: Context, window: Window) -> Value | None:
    """The anchor as a length in bars of the section: the kernel starts again where the absolute index is a multiple of it."""
    inner = ast.unbracketed(expression)
    if isinstance(inner, ast.Name) and inner.name not in scope.params:
        bound = context.bindings.get(inner.name)
        if isinstance(bound, Thunk):
            return anchor(scope, bound.expression, bound.context, window)
        return bound if bound is not None else _named(scope, inner, context)
    bars = window(expression, context)
    return None if bars is None else fixed(bars, Unit.BARS)


def _named(scope: Scope, name: ast.Name, context: Context) -> Value | None:
    if name.name in ("week", "month"):
        scope.report("E190", context, name.start, name.end, name=name.name)
        return None
    if name.name != "day":
        meant = suggestion(name.name, ("day",)) or "day"
        fix = context.rule.substituted(name.start, name.end, meant)
        notes = (("did_you_mean", {"name": meant}),)
        scope.report("E102", context, name.start, name.end, label="anchor", name=name.name, notes=notes, fix=fix)
        return None
    timeframe = context.section.timeframe
    if timeframe.length_ms > DAY_MS:
        scope.report("E112", context, name.start, name.end, label="anchor")
        return None
    return fixed(float(DAY_MS // timeframe.length_ms), Unit.BARS)
