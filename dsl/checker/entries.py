"""Splitting an entry: what the market decides on every bar, and what needs the size of the order that the entry would get."""

from __future__ import annotations

from collections.abc import Sequence

from dsl.catalogue import OPERATORS, Unit
from dsl.graph import Graph, Node, Phase, Section

AND, OR = OPERATORS["and"], OPERATORS["or"]


def split(graph: Graph, entry: int, section: Section) -> tuple[int, int | None]:
    """(market part, order part). The entry is true exactly where both are; the market part is never stricter than the entry.

    Of `a and b` the market tests go left and the others right. Of what goes right, as much as the market alone can refuse is kept on the
    left too (`x or (y and order...)` can only be true where `x or y` is), so that the order is looked at as rarely as possible.
    """
    if graph[entry].phase is Phase.MARKET:
        return entry, None
    conjuncts = _conjuncts(graph, entry)
    weaker: dict[int, int | None] = {}
    market = [_weaker(graph, node, section, weaker) for node in conjuncts]
    needed = [node for node in dict.fromkeys(market) if node is not None]
    late = [node for node in conjuncts if graph[node].phase is not Phase.MARKET]
    always = graph.add(Node("const", (), (1.0,), None, Phase.MARKET, Unit.CONDITION))
    return _joined(graph, AND, needed, section) if needed else always, _joined(graph, AND, late, None)


def _conjuncts(graph: Graph, node_id: int) -> list[int]:
    """What is joined by `and`, from left to right, each once."""
    found: dict[int, None] = {}
    seen: set[int] = set()
    waiting = [node_id]
    while waiting:
        current = waiting.pop()
        node = graph[current]
        if current in seen:
            continue
        seen.add(current)
        if node.op == AND and node.phase is not Phase.MARKET:
            waiting += reversed(node.inputs)
        else:
            found[current] = None
    return list(found)


def _weaker(graph: Graph, node_id: int, section: Section, known: dict[int, int | None]) -> int | None:
    """A market condition that is true wherever the node is; None when only `true` is. `known`: the answers so far."""
    if node_id not in known:
        known[node_id] = _weaker_of(graph, node_id, section, known)
    return known[node_id]


def _weaker_of(graph: Graph, node_id: int, section: Section, known: dict[int, int | None]) -> int | None:
    node = graph[node_id]
    if node.phase is Phase.MARKET:
        return node_id
    if node.op not in (AND, OR):
        return None
    parts = [_weaker(graph, number, section, known) for number in node.inputs]
    weaker = [part for part in parts if part is not None]
    if not weaker or (node.op == OR and len(weaker) < len(parts)):
        return None
    return _joined(graph, node.op, weaker, section)


def _joined(graph: Graph, op: str, nodes: Sequence[int], section: Section | None) -> int:
    result = nodes[0]
    for node in nodes[1:]:
        phase = max(graph[result].phase, graph[node].phase)
        result = graph.add(Node(op, (result, node), (), section, phase, Unit.CONDITION))
    return result
