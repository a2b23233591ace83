"""A value of two markets (`crowding.measure`), as one graph with a market to be named, and its instances for the markets of a run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dsl.graph import Graph, Section

#: name of the second market in such an expression, and of its sections in the graph
OTHER = "other"
#: the market of `with_btc`
BITCOIN = "KRW-BTC"


def add_pairs(graph: Graph, template: Graph, node: int, markets: Iterable[str]) -> tuple[int, ...]:
    """Add `node` of the template to the graph, for each of the markets in the place of `other`; those nodes in that order."""
    return tuple(_instance(graph, template, node, market) for market in markets)


def _instance(graph: Graph, template: Graph, node: int, market: str) -> int:
    ids: list[int] = []
    for old in template:
        section = old.section
        if section is not None and section.market == OTHER:
            section = Section(section.timeframe, market)
        ids.append(graph.add(replace(old, inputs=tuple(ids[i] for i in old.inputs), section=section)))
    return ids[node]


def markets_read(template: Graph) -> set[str]:
    """The markets that the template names itself."""
    return {node.section.market for node in template if node.section is not None} - {"", OTHER}
