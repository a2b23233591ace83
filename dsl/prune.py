"""Leaving out of a graph what nothing needs: definitions are checked on their own too, and those nodes would cost time on every bar."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dsl.graph import Graph
from dsl.strategy import Strategy, Wording


def prune(strategy: Strategy) -> Strategy:
    """The same strategy over a graph of the nodes that its rules reach, in their old order."""
    roots = [strategy.entry, *(exit_.node for exit_ in strategy.exits), *(condition.node for condition in strategy.conditions)]
    roots += [node for node in (strategy.sizing.scale, strategy.rank) if node is not None]
    graph, ids = _reached(strategy.graph, roots)
    scale, rank = strategy.sizing.scale, strategy.rank
    return replace(
        strategy,
        graph=graph,
        entry=ids[strategy.entry],
        exits=tuple(replace(exit_, node=ids[exit_.node]) for exit_ in strategy.exits),
        sizing=replace(strategy.sizing, scale=None if scale is None else ids[scale]),
        rank=None if rank is None else ids[rank],
        conditions=tuple(replace(condition, node=ids[condition.node]) for condition in strategy.conditions),
        wording=Wording(_moved(strategy.wording.texts, ids), _moved(strategy.wording.definitions, ids)),
    )


def _moved(texts: dict[int, str], ids: dict[int, int]) -> dict[int, str]:
    return {ids[node]: text for node, text in texts.items() if node in ids}


def _reached(graph: Graph, roots: Iterable[int]) -> tuple[Graph, dict[int, int]]:
    needed: set[int] = set()
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if node not in needed:
            needed.add(node)
            waiting.extend(graph[node].inputs)
    compact, ids = Graph(), dict[int, int]()
    for node in sorted(needed):
        old = graph[node]
        ids[node] = compact.add(replace(old, inputs=tuple(ids[i] for i in old.inputs)))
    return compact, ids
