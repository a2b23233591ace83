"""Leaving out of a graph what nothing needs: definitions are checked on their own too, and those nodes would cost time on every bar."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dsl.graph import Graph
from dsl.strategy import RiskProfile, Strategy, Universe, Wording


def prune(strategy: Strategy) -> Strategy:
    """The same strategy over a graph of the nodes that its rules reach, in their old order; its universe likewise."""
    sizing, risk = strategy.sizing, strategy.risk
    breakers = risk.breakers if risk is not None else ()
    single = (strategy.entry, strategy.entry_order, strategy.score, strategy.rank, sizing.scale)
    roots = [node for node in single if node is not None]
    roots += [exit_.node for exit_ in strategy.exits] + [condition.node for condition in strategy.conditions]
    roots += [factor.node for factor in strategy.factors] + [breaker.node for breaker in breakers]
    book_share = risk.book_share if risk is not None else None
    roots += [] if book_share is None else [book_share.node]
    graph, ids = _reached(strategy.graph, roots)

    def moved(node: int | None) -> int | None:
        return None if node is None else ids[node]

    return replace(
        strategy,
        graph=graph,
        entry=ids[strategy.entry],
        entry_order=moved(strategy.entry_order),
        exits=tuple(replace(exit_, node=ids[exit_.node]) for exit_ in strategy.exits),
        sizing=replace(sizing, scale=moved(sizing.scale)),
        rank=moved(strategy.rank),
        score=moved(strategy.score),
        factors=tuple(replace(factor, node=ids[factor.node]) for factor in strategy.factors),
        risk=None if risk is None else _moved_risk(risk, ids),
        conditions=tuple(replace(condition, node=ids[condition.node]) for condition in strategy.conditions),
        universe=None if strategy.universe is None else _pruned_universe(strategy.universe),
        wording=Wording(_moved(strategy.wording.texts, ids), _moved(strategy.wording.definitions, ids)),
    )


def _moved_risk(risk: RiskProfile, ids: dict[int, int]) -> RiskProfile:
    book_share = None if risk.book_share is None else replace(risk.book_share, node=ids[risk.book_share.node])
    return replace(risk, breakers=tuple(replace(b, node=ids[b.node]) for b in risk.breakers), book_share=book_share)


def _pruned_universe(universe: Universe) -> Universe:
    roots = [universe.keep, *(condition.node for condition in universe.conditions)]
    graph, ids = _reached(universe.graph, [*roots, *([] if universe.by is None else [universe.by])])
    conditions = tuple(replace(condition, node=ids[condition.node]) for condition in universe.conditions)
    by = None if universe.by is None else ids[universe.by]
    wording = Wording(_moved(universe.wording.texts, ids), _moved(universe.wording.definitions, ids))
    return replace(universe, graph=graph, keep=ids[universe.keep], by=by, conditions=conditions, wording=wording)


def extracted(graph: Graph, node: int) -> tuple[Graph, int]:
    """A graph of one node and what it reads, and the node in it."""
    compact, ids = _reached(graph, [node])
    return compact, ids[node]


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
