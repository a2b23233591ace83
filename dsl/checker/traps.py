"""Rules that are well formed and do not say what was meant: each a warning with what was probably meant."""

from __future__ import annotations

from dsl import ast
from dsl.catalogue import Unit
from dsl.checker.context import Context, Notes, Scope
from dsl.checker.relations import within_candle
from dsl.checker.values import Value
from dsl.graph import Graph

#: series of one bar that never lie above its high, never below its low
_INSIDE = ("open", "high", "low", "close")
_WINDOWS = {">": (("highest", "session_high"), "high"), "<": (("lowest", "session_low"), "low")}
#: a number of a value that is a percentage: from here on nobody means 100 percent
_PLAINLY_PERCENT = 1.0


def check_pair(
    scope: Scope, graph: Graph, operator: str, places: tuple[ast.Expression, ast.Expression], sides: tuple[Value, Value], context: Context
) -> bool:
    """Whether one of the traps was reported for `left operator right`."""
    if context.builtin:
        return False
    flipped = {"<": ">", ">": "<"}.get(operator, operator)
    both = ((operator, places, sides), (flipped, places[::-1], sides[::-1]))
    return (
        _same(scope, operator, places, sides, context)
        or _candle(scope, graph, operator, places, sides, context)
        or any(_own_window(scope, graph, *each, context) for each in both)
        or any(_percent(scope, each[1], each[2], context) for each in both)
    )


def check_crossing(scope: Scope, graph: Graph, crosses: ast.Crosses, sides: tuple[Value, Value], context: Context) -> bool:
    """The same for `left crosses above right`."""
    operator = ">" if crosses.direction == "above" else "<"
    return check_pair(scope, graph, operator, (crosses.left, crosses.right), sides, context)


def _same(scope: Scope, operator: str, places: tuple[ast.Expression, ast.Expression], sides: tuple[Value, Value], context: Context) -> bool:
    """The same value on both sides."""
    left, right = sides
    if left.node is None or left.node != right.node:
        return False
    code = "W151" if operator in ("<=", ">=", "==") else "W150"
    text = " ".join(context.rule.text[places[0].start : places[0].end].split())
    scope.report(code, context, places[0].start, places[1].end, label="same", expression=text)
    return True


def _candle(
    scope: Scope, graph: Graph, operator: str, places: tuple[ast.Expression, ast.Expression], sides: tuple[Value, Value], context: Context
) -> bool:
    """`close > high` of the same bar."""
    truth = within_candle(graph, operator, *sides)
    if truth is not None:
        scope.report("W151" if truth else "W150", context, places[0].start, places[1].end, label="candle")
    return truth is not None


def _own_window(
    scope: Scope, graph: Graph, operator: str, places: tuple[ast.Expression, ast.Expression], sides: tuple[Value, Value], context: Context
) -> bool:
    """`close > highest(high, 20)`: the window holds this bar, above whose high no close lies."""
    value, window = sides
    if operator not in _WINDOWS or value.node is None or window.node is None:
        return False
    names, extreme = _WINDOWS[operator]
    node = graph[window.node]
    if node.op not in names or node.section != graph[value.node].section:
        return False
    of = node.inputs[0]
    if of != value.node and not (graph[of].op == extreme and graph[value.node].op in _INSIDE):
        return False
    place = places[1]
    text = context.rule.text[place.start : place.end]
    fix = context.rule.substituted(place.start, place.end, f"{text}[1]") if isinstance(place, ast.Call | ast.Name) else ""
    notes: Notes = (("bars_before", {"expression": f"{text}[1]"}),)
    scope.report("W150", context, place.start, place.end, label="window", notes=notes, fix=fix, expression=text)
    return True


def _percent(scope: Scope, places: tuple[ast.Expression, ast.Expression], sides: tuple[Value, Value], context: Context) -> bool:
    """`ret(1h) > 5` (500%) and `rsi(14) < 30%` (0.3)."""
    value, limit = sides
    place = places[1]
    literal = place.value if isinstance(place, ast.Negative) else place
    if limit.constant is None or not isinstance(literal, ast.Literal) or not isinstance(places[0], ast.Name | ast.Call | ast.At):
        return False
    text = context.rule.text[place.start : place.end]
    series = " ".join(context.rule.text[places[0].start : places[0].end].split())
    whole = value.high == 1.0 and limit.constant == 1.0  # of a share of 0..1, 1 is all of it and no forgotten percent sign
    if not whole and value.unit is Unit.RATIO and literal.unit is Unit.NUMBER and abs(limit.constant) >= _PLAINLY_PERCENT:
        sign = "bp" if series.startswith(("book.", "cost.")) else "%"
        fix = context.rule.substituted(place.start, place.end, f"{text}{sign}")
        args = {"found": text, "means": f"{limit.constant * 100:g}%", "expression": series}
        scope.report(
            "W152", context, place.start, place.end, fix=fix, notes=(("write_percent_sign", {"number": text, "sign": sign}),), **args
        )
        return True
    wide = value.high is not None and value.high >= 10 * _PLAINLY_PERCENT
    if value.unit is Unit.NUMBER and wide and literal.unit is Unit.RATIO and text.endswith("%"):
        number = text.removesuffix("%").strip()
        fix = context.rule.substituted(place.start, place.end, number)
        args = {"found": text, "means": f"{limit.constant:g}", "expression": series}
        bounds = (("value_range", {"low": f"{value.low:g}", "high": f"{value.high:g}"}),) if value.low is not None else ()
        scope.report("W152", context, place.start, place.end, label="plain", fix=fix, notes=bounds, **args)
        return True
    return False
