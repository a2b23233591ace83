"""Rules that are right to the letter and mean something else than their writer thinks: ranks from the wrong end, Monday as 1."""

from __future__ import annotations

from collections.abc import Mapping

from dsl import ast
from dsl.catalogue import Unit
from dsl.checker.context import Context, Notes, Scope
from dsl.checker.values import Value
from dsl.graph import Graph

#: values that no two bars share, but by chance
_MEASURED = (
    "ema", "rma", "sma", "wma", "hma", "vwma", "vwap", "rsi", "mfi", "adx", "plus_di", "minus_di", "stdev", "corr", "beta", "slope", "r2",
    "hurst", "div", "log", "pos.gain", "pos.pnl", "pos.best", "pos.worst", "pos.age",
)  # fmt: skip
_LOOKED_THROUGH = ("lag", "hold", "over.last", "add", "sub", "mul", "neg", "abs", "min", "max")
#: values that are looked at
_MOST = 100
#: values that begin again: a range may run over their end
_ROUND = ("hour", "minute", "weekday")


def check(
    scope: Scope, graph: Graph, operator: str, places: tuple[ast.Expression, ast.Expression], sides: tuple[Value, Value], context: Context
) -> bool:
    """Whether a slip was reported for `left operator right`."""
    return _equality(scope, graph, operator, places, sides, context) or _rank(scope, operator, places, sides, context)


def _equality(
    scope: Scope, graph: Graph, operator: str, places: tuple[ast.Expression, ast.Expression], sides: tuple[Value, Value], context: Context
) -> bool:
    """W154 for `close == ema(close, 20)` and `ret(1h) == 3%`. Nothing at all, `ret(1h) == 0`, is another matter."""
    left, right = sides
    if operator != "==" or 0.0 in (left.constant, right.constant):
        return False
    if not any(side.node is not None and _is_measured(graph, side.node) for side in sides):
        return False
    text, rule = context.rule.text, context.rule
    one, other = (text[place.start : place.end] for place in places)
    fix = ""
    notes: Notes = ()
    if right.constant is not None:
        fix = rule.substituted(places[0].end, places[1].start, " >= ")
    elif left.unit is right.unit is Unit.PRICE and all(isinstance(ast.unbracketed(place), ast.Name | ast.Call) for place in places):
        near = f"abs({one} / {other} - 1) < 0.1%"
        fix, notes = rule.substituted(places[0].start, places[1].end, near), (("nearly_equal", {"expression": near}),)
    scope.report("W154", context, places[0].start, places[1].end, notes=notes, fix=fix)
    return True


def _is_measured(graph: Graph, node: int) -> bool:
    waiting, seen = [node], set[int]()
    while waiting and len(seen) < _MOST:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        found = graph[current]
        if found.op in _MEASURED:
            return True
        waiting += found.inputs if found.op in _LOOKED_THROUGH else ()
    return False


def _rank(scope: Scope, operator: str, places: tuple[ast.Expression, ast.Expression], sides: tuple[Value, Value], context: Context) -> bool:
    """W155 for `across.rank(ret(24h)) <= 10`, which are the ten smallest."""
    call, limit = ast.unbracketed(places[0]), sides[1].constant
    if not isinstance(call, ast.Call) or call.name != "across.rank" or operator not in ("<", "<=") or limit is None:
        return False
    if limit < 1 or (limit == 1 and operator == "<"):
        return False  # no rank is that small, which is told
    if any(argument.name == "order" for argument in call.arguments):
        return False
    fix = context.rule.substituted(call.end - 1, call.end, ", order=desc)")
    notes: Notes = (("rank_from_largest", {}), ("rank_from_smallest", {}))
    scope.report("W155", context, call.start, call.end, notes=notes, fix=fix)
    return True


def check_weekdays(scope: Scope, between: ast.Between, low: Value, high: Value, context: Context) -> bool:
    """W156 for `weekday in 1..5`, Tuesday to Saturday."""
    name = ast.unbracketed(between.value)
    if context.builtin or not isinstance(name, ast.Name) or name.name != "weekday" or low.constant != 1 or high.constant not in (5, 7):
        return False
    fix = context.rule.substituted(between.low.start, between.high.end, f"0..{high.constant - 1:g}")
    scope.report("W156", context, between.low.start, between.high.end, fix=fix)
    return True


def range_turned(between: ast.Between, context: Context) -> str:
    """The line with `22..6` as it was meant: over midnight for an hour, else from the smaller to the larger."""
    text = context.rule.text
    value, low, high = (text[place.start : place.end] for place in (between.value, between.low, between.high))
    name = ast.unbracketed(between.value)
    if isinstance(name, ast.Name) and name.name in _ROUND:
        meant = f"({value} >= {low} or {value} <= {high})"
        return context.rule.substituted(between.start, between.end, meant) if between.kind == "in" else ""
    return context.rule.substituted(between.low.start, between.high.end, f"{high}..{low}")


def check_lengths(scope: Scope, name: str, values: Mapping[str, Value], call: ast.Call | ast.Name, context: Context) -> None:
    """W157 for `macd.line(26, 12, 9)`: the fast length is the longer one, so the sign is turned round."""
    fast, slow = (values[key].constant if key in values else None for key in ("fast", "slow"))
    if context.builtin or fast is None or slow is None or fast < slow or not isinstance(call, ast.Call):
        return
    given = [argument for argument in call.arguments if argument.name is None][:2]
    fix = ""
    if len(given) == 2 and all(isinstance(argument.value, ast.Literal) for argument in given) and fast > slow:
        one, other = (context.rule.text[argument.start : argument.end] for argument in given)
        fix = context.rule.substituted(given[0].start, given[1].end, f"{other}, {one}")
    scope.report("W157", context, call.start, call.end, fix=fix, name=name, fast=f"{fast:g}", slow=f"{slow:g}")
