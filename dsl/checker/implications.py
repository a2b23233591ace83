"""Whether one condition is true wherever another is: `rsi(14) > 60` wherever `rsi(14) > 70 and close > open`.

Only what can be seen from the tests themselves is found; False means that it could not be shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dsl.checker.contradictions import ALL, Bounds, is_test, narrowed, tests_of
from dsl.checker.relations import Key, atoms, parts
from dsl.checker.values import Value
from dsl.graph import Graph

#: parts of a condition that are looked at, and alternatives of which each is tried
_MOST = 200
_MOST_ALTERNATIVES = 20


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known where a condition is true: bounds of series, outcomes that are left, alternatives of which one holds."""

    bounds: dict[int, Bounds]
    outcomes: dict[Key, int]
    alternatives: tuple[tuple[int, ...], ...]


def implies(graph: Graph, one: Value, other: Value) -> bool:
    """Whether `other` is true wherever `one` is."""
    if one.node is None or other.node is None:
        return False
    facts = _facts(graph, (one.node,))
    if _follows(graph, facts, other.node, {}):
        return True
    return any(all(_follows(graph, _facts(graph, (one.node, way)), other.node, {}) for way in ways) for ways in facts.alternatives)


def _facts(graph: Graph, nodes: Sequence[int]) -> _Facts:
    bounds: dict[int, Bounds] = {}
    outcomes: dict[Key, int] = {}
    alternatives: list[tuple[int, ...]] = []
    for node in nodes:
        for series, limit in tests_of(graph, node):
            bounds[series] = narrowed(bounds.get(series, ALL), limit)
        for key, allowed in atoms(graph, node, "and"):
            outcomes[key] = outcomes.get(key, allowed) & allowed
        alternatives += [graph[part].inputs for part in parts(graph, node, "and") if graph[part].op == "or"]
    return _Facts(bounds, outcomes, tuple(alternatives[:_MOST_ALTERNATIVES]))


def _follows(graph: Graph, facts: _Facts, wanted: int, known: dict[int, bool]) -> bool:
    """known: the parts of what is wanted that have been looked at, which are bounded: parts share parts."""
    if wanted not in known:
        known[wanted] = False
        known[wanted] = len(known) <= _MOST and _found(graph, facts, wanted, known)
    return known[wanted]


def _found(graph: Graph, facts: _Facts, wanted: int, known: dict[int, bool]) -> bool:
    node = graph[wanted]
    if node.op == "and" and all(_follows(graph, facts, part, known) for part in node.inputs):
        return True
    if node.op == "or" and any(_follows(graph, facts, part, known) for part in node.inputs):
        return True
    return _shown(graph, facts, wanted)


def _shown(graph: Graph, facts: _Facts, wanted: int) -> bool:
    """One test: its outcomes are all that the facts leave, or the bounds of its series lie inside its own."""
    for key, allowed in atoms(graph, wanted, "and") if graph[wanted].op != "and" else ():
        left = facts.outcomes.get(key)
        if left is not None and not left & ~allowed:
            return True
    if not is_test(graph, wanted):
        return False
    known = [(facts.bounds.get(series, ALL), limit) for series, limit in tests_of(graph, wanted)]
    return bool(known) and all(narrowed(before, limit) == before for before, limit in known)
