"""How much of one price (or volume) a value is: `close` is 1 of it, `2 * close` 2, `close - open` 0; and whether a ratio is a change.

Such a weight tells a whole price from a share of one, which units cannot: both are KRW per coin.
"""

from __future__ import annotations

from dsl.catalogue import Unit
from dsl.graph import Graph

_WHOLE = (
    "open", "high", "low", "close", "volume", "value", "flow.bought", "flow.sold", "flow.value", "session_open", "session_high",
    "session_low", "vwap", "sar", "supertrend.line", "pos.entry", "pos.high", "pos.low", "order.price",
)  # fmt: skip
#: ops whose value is as much of a price as their (last) input
_SAME = (
    "sma", "ema", "rma", "wma", "hma", "vwma", "median", "quantile", "highest", "lowest", "lag", "hold", "first_since", "highest_since",
    "lowest_since", "value_when", "over.last", "over.min", "over.max",
)  # fmt: skip
#: values that are a move of a price, whatever they are made of
_MOVES = ("tr", "stdev", "mean_deviation", "slope")
#: ops through which a change stays one
_KEEP_CHANGE = (*_SAME, "abs", "neg", "sum", "over.sum", "stdev")
#: factors up to this one leave a change what it is; 100 makes a number of per cents of it
_LARGEST_FACTOR = 20.0
#: nested operations that are looked through, and values that are looked at for one weight
_DEEPEST = 30
_MOST = 100
_COMBINED = ("neg", "abs", "mul", "div", "add", "sub", "min", "max")


def weight(graph: Graph, node: int) -> float | None:
    """How much of one price, volume or amount the node's value is; None: that cannot be said."""
    return _weight(graph, node, {})


def _weight(graph: Graph, node: int, known: dict[int, float | None]) -> float | None:
    """The same; `known` holds what has been looked at, since nodes share what they read, and bounds how much that is."""
    if node not in known:
        known[node] = None  # stands until it is known, and where too much had to be looked at
        known[node] = _weighed(graph, node, known) if len(known) <= _MOST else None
    return known[node]


def _weighed(graph: Graph, node: int, known: dict[int, float | None]) -> float | None:
    found = graph[node]
    if found.op in _WHOLE:
        return 1.0
    if found.op in _MOVES:
        return 0.0
    if not found.inputs:
        return None
    if found.op in _SAME:
        return _weight(graph, found.inputs[-1 if found.op == "value_when" else 0], known)
    if found.op not in _COMBINED:
        return None
    one, other = _weight(graph, found.inputs[0], known), _weight(graph, found.inputs[-1], known)
    if found.op in ("neg", "abs"):
        return None if one is None else -one if found.op == "neg" else abs(one)
    if found.op in ("mul", "div"):
        return _scaled(graph, found.op, found.inputs, one, other)
    if one is None or other is None:
        return None
    if found.op in ("add", "sub"):
        return one + other if found.op == "add" else one - other
    return one if one == other else None


def _scaled(graph: Graph, op: str, places: tuple[int, ...], one: float | None, other: float | None) -> float | None:
    left, right = (graph[place] for place in places)
    if right.op == "const" and one is not None:
        factor = right.params[0]
        return one * factor if op == "mul" else one / factor if factor else None
    if left.op == "const" and other is not None and op == "mul":
        return other * left.params[0]
    return None


def of_levels(graph: Graph, node: int) -> bool:
    """Whether the node is one price divided by another, so that it lies about 1."""
    found = graph[node]
    if found.op != "div" or any(graph[place].unit is not Unit.PRICE for place in found.inputs):
        return False
    one, other = (weight(graph, place) for place in found.inputs)
    return one is not None and one == other and one != 0.0


def is_change(graph: Graph, node: int, depth: int = 0) -> bool:
    """Whether the node is a move of a price by its price: 3 would be 300 %."""
    found = graph[node]
    if depth > _DEEPEST or not found.inputs:
        return False
    if found.op in _KEEP_CHANGE:
        return is_change(graph, found.inputs[-1 if found.op == "value_when" else 0], depth + 1)
    left, right = found.inputs[0], found.inputs[-1]
    if found.op == "sub":
        return graph[right].op == "const" and graph[right].params[0] == 1.0 and of_levels(graph, left)
    if found.op in ("mul", "div"):
        for factor, other in ((right, left), (left, right))[: 2 if found.op == "mul" else 1]:
            if graph[factor].op == "const":
                return abs(graph[factor].params[0]) <= _LARGEST_FACTOR and is_change(graph, other, depth + 1)
    if found.op != "div" or graph[left].unit is not Unit.PRICE or graph[right].unit is not Unit.PRICE:
        return False
    move, base = weight(graph, left), weight(graph, right)
    return move == 0.0 and base is not None and base != 0.0


def is_multiple(graph: Graph, node: int) -> bool:
    """Whether the node counts moves in moves, `(high - low) / atr(14)`, or is another price by a price that is no change."""
    found = graph[node]
    while found.op in ("lag", "hold"):
        found = graph[found.inputs[0]]
    return found.op == "div" and all(graph[place].unit is Unit.PRICE for place in found.inputs) and not is_change(graph, node)


def in_percents(graph: Graph, node: int) -> bool:
    """Whether the node is a hundred times a change: `(close / open - 1) * 100`."""
    found = graph[node]
    pairs = ((0, 1), (1, 0)) if found.op == "mul" else ()
    return any(
        graph[found.inputs[one]].params == (100.0,) and graph[found.inputs[one]].op == "const" and _is_ratio(graph, found.inputs[other])
        for one, other in pairs
    )


def _is_ratio(graph: Graph, node: int) -> bool:
    return graph[node].unit is Unit.RATIO or is_change(graph, node)
