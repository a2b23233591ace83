"""What conditions joined by `and` or `or` say about the same two values: that they exclude each other, or that one of them always holds.

An atom is (what it is about, which outcomes it allows), outcomes being bits: of two values smaller, equal, larger; of a condition true,
false. Conditions that need atoms without a common outcome are never true together; alternatives that allow every outcome are always true.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dsl import ast
from dsl.checker.values import Value
from dsl.graph import Graph

_LESS, _EQUAL, _MORE = 1, 2, 4
_OUTCOMES = {
    "lt": _LESS, "le": _LESS | _EQUAL, "gt": _MORE, "ge": _MORE | _EQUAL, "eq": _EQUAL, "ne": _LESS | _MORE,
}  # fmt: skip
_TRUE, _FALSE = 1, 2
#: ops of which no two are true of the same inputs at one bar
_RIVALS = {"rises": ("trend", 1), "falls": ("trend", 2), "crosses_above": ("crossing", 1), "crosses_below": ("crossing", 2)}
#: atoms of one condition that are looked at
_MOST = 200
#: prices of a candle, and those that a position has seen, from the lowest; those of one height are not ordered
_HEIGHTS = {"low": (0, 0), "open": (0, 1), "close": (0, 1), "high": (0, 2), "pos.low": (1, 0), "pos.entry": (1, 1), "pos.high": (1, 2)}
Key = tuple[str, int, int]
_Atom = tuple[Key, int]


def excluding(graph: Graph, values: Sequence[Value]) -> tuple[int, int] | None:
    """Two of the conditions, by place, that are never true together."""
    allowed: dict[Key, tuple[int, int]] = {}
    for number, value in enumerate(values):
        for key, outcomes in atoms(graph, value.node, "and"):
            before, first = allowed.get(key, (outcomes, number))
            if not before & outcomes and first != number:
                return first, number
            allowed[key] = (before & outcomes, first)
    return None


def covering(graph: Graph, values: Sequence[Value]) -> tuple[int, int] | None:
    """Two of the alternatives, by place, one of which is always true where both are defined."""
    allowed: dict[Key, tuple[int, int]] = {}
    for number, value in enumerate(values):
        for key, outcomes in atoms(graph, value.node, "or"):
            before, first = allowed.get(key, (0, number))
            whole = _TRUE | _FALSE if key[0] == "condition" else _LESS | _EQUAL | _MORE
            if before | outcomes == whole and first != number and key[0] in ("pair", "condition"):
                return first, number
            allowed[key] = (before | outcomes, first)
    return _overlapping(graph, values)


def _overlapping(graph: Graph, values: Sequence[Value]) -> tuple[int, int] | None:
    """`x > 50 or x < 60`: above one limit, or below one that is no smaller."""
    above: dict[int, list[tuple[float, bool, int]]] = {}
    below: dict[int, list[tuple[float, bool, int]]] = {}
    for number, value in enumerate(values):
        for node, op, limit in _limits(graph, value):
            side = above if op in ("gt", "ge") else below
            side.setdefault(node, []).append((limit, op in ("ge", "le"), number))
    for node, lows in above.items():
        for low, closed, first in lows:
            for high, also_closed, second in below.get(node, []):
                if first != second and (low < high or (low == high and (closed or also_closed))):
                    return min(first, second), max(first, second)
    return None


def _limits(graph: Graph, value: Value) -> Iterator[tuple[int, str, float]]:
    """Tests of a series against a fixed number that make the condition true alone."""
    for current in parts(graph, value.node, "or"):
        node = graph[current]
        if node.op in ("lt", "le", "gt", "ge"):
            left, right = (graph[number] for number in node.inputs)
            if right.op == "const" and left.op != "const":
                yield node.inputs[0], node.op, right.params[0]
            elif left.op == "const" and right.op != "const":
                yield node.inputs[1], {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}[node.op], left.params[0]


def atoms(graph: Graph, condition: int | None, joint: str) -> Iterator[_Atom]:
    """What the condition needs (joint: and), or what makes it true alone (or)."""
    for current in parts(graph, condition, joint):
        node = graph[current]
        negated = node.op == "not"
        inner = node.inputs[0] if negated else current
        yield ("condition", inner, 0), _FALSE if negated else _TRUE
        tested = graph[inner]
        if tested.op in _OUTCOMES:
            left, right = tested.inputs
            outcomes = _OUTCOMES[tested.op] ^ (7 if negated else 0)
            yield ("pair", min(left, right), max(left, right)), outcomes if left <= right else _flipped(outcomes)
        elif tested.op in _RIVALS and not negated:
            kind, outcome = _RIVALS[tested.op]
            yield (kind, tested.inputs[0], tested.inputs[-1]), outcome


def _flipped(outcomes: int) -> int:
    return (outcomes & _EQUAL) | (_MORE if outcomes & _LESS else 0) | (_LESS if outcomes & _MORE else 0)


def parts(graph: Graph, condition: int | None, joint: str) -> Iterator[int]:
    """The condition and what it joins by this word, however nested."""
    waiting = [] if condition is None else [condition]
    seen: set[int] = set()
    while waiting and len(seen) < _MOST:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        yield current
        if graph[current].op == joint:
            waiting += reversed(graph[current].inputs)


def within_candle(graph: Graph, operator: str, left: Value, right: Value) -> bool | None:
    """Truth of `close > high` and the like: no price lies above the high or below the low of its bar. None: it depends."""
    if left.node is None or right.node is None or graph[left.node].section != graph[right.node].section:
        return None
    one, other = (_HEIGHTS.get(graph[node].op) for node in (left.node, right.node))
    if one is None or other is None or one[0] != other[0] or one[1] == other[1]:
        return None
    lower = one[1] < other[1]
    if operator in ("<=", ">="):
        return True if lower == (operator == "<=") else None
    if operator in ("<", ">"):
        return False if lower != (operator == "<") else None
    return None


def is_literal(expression: ast.Expression) -> bool:
    """No name in it: parameters may be anything, numbers are what they are."""
    return not isinstance(expression, ast.Name | ast.Call) and all(map(is_literal, ast.children(expression)))
