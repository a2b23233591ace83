"""A graph's node as rule text, for reports, `why` and the warm-up table: `hold` and sections come out as `@4h` and `KRW-BTC:`."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.catalogue import INPUT_SERIES, OPERATORS, POSITION_SERIES
from dsl.checker.clock import timeframe_text
from dsl.graph import Graph

_INFIX = {op: word for word, op in OPERATORS.items() if word in ("+", "-", "*", "/", "<", "<=", ">", ">=", "==", "!=", "and", "or", "??")}
_WORDS = {"crosses_above": "crosses above", "crosses_below": "crosses below"}
_RANGES = {"between": "in", "enters": "enters", "leaves": "leaves"}
#: a text longer than this is cut: sub-expressions repeat, so texts can grow much faster than graphs
MAX_LENGTH = 400


def describe(graph: Graph, node_id: int, wording: Mapping[int, str] | None = None) -> str:
    """What the node computes, in the words of the language where it has them. wording: texts of nodes that need no other words."""
    texts: dict[int, str] = {}
    for current in sorted(_needed(graph, node_id)):
        known = None if wording is None else wording.get(current)
        if known is not None:
            texts[current] = known if current == node_id or _is_one_word(known) else f"({known})"
        else:
            texts[current] = _clipped(_text(graph, current, texts))
    return texts[node_id]


def _needed(graph: Graph, node_id: int) -> set[int]:
    needed, waiting = set[int](), [node_id]
    while waiting:
        current = waiting.pop()
        if current not in needed:
            needed.add(current)
            waiting.extend(graph[current].inputs)
    return needed


def _is_one_word(text: str) -> bool:
    """Whether a text means the same beside any operator: no blank outside brackets."""
    depth = 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        if character == " " and depth == 0:
            return False
    return True


def _clipped(text: str) -> str:
    return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1] + "…"


def _text(graph: Graph, node_id: int, texts: dict[int, str]) -> str:
    node = graph[node_id]
    inputs = [texts[i] for i in node.inputs]
    if node.op == "const":
        return f"{node.params[0]:g}"
    if node.op in POSITION_SERIES:
        return node.op
    if node.op in INPUT_SERIES:
        return f"{node.section.market}:{node.op}" if node.section is not None and node.section.market else node.op
    if node.op == "hold":
        slower = graph[node.inputs[0]].section
        return f"{inputs[0]}@{timeframe_text(slower.timeframe.length_ms)}" if slower is not None else inputs[0]
    return _operation(node.op, inputs, [f"{parameter:g}" for parameter in node.params])


def _operation(op: str, inputs: list[str], params: list[str]) -> str:
    if op in _INFIX:
        return f"({inputs[0]} {_INFIX[op]} {inputs[1]})"
    if op in _WORDS:
        return f"({inputs[0]} {_WORDS[op]} {inputs[1]})"
    if op in _RANGES:
        return f"({inputs[0]} {_RANGES[op]} {inputs[1]}..{inputs[2]})"
    if op == OPERATORS["[n]"]:
        return f"{inputs[0]}[{params[0]}]"
    if op == OPERATORS["then within"]:
        return f"({inputs[0]} then {inputs[1]} within {params[0]} bars)"
    if op == OPERATORS["not"]:
        return f"not {inputs[0]}"
    return f"{op}({', '.join([*inputs, *params])})" if inputs or params else op
