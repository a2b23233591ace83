"""Rules that are well formed and do not say what was meant: each a warning with what was probably meant."""

from __future__ import annotations

from dsl import ast
from dsl.checker import percents, slips
from dsl.checker.context import Context, Notes, Scope
from dsl.checker.relations import within_candle
from dsl.checker.values import Value
from dsl.graph import Graph

#: series of one bar that never lie above its high, never below its low
_INSIDE = ("open", "high", "low", "close")
_WINDOWS = {">": (("highest", "session_high"), "high"), "<": (("lowest", "session_low"), "low")}


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
        or any(percents.check(scope, graph, *each, context) for each in both)
        or any(slips.check(scope, graph, *each, context) for each in both)
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
