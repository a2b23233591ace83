"""How many candles of each timeframe settle a strategy, when every section is fed with candles of its own length."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dsl.catalogue import Catalogue
from dsl.graph import Graph, Node, Section
from dsl.side_series import ACROSS, is_side
from engine.kernel.rows import HOLD, OVER


@dataclass(frozen=True, slots=True)
class Demand:
    """What settles the wanted nodes on the latest bar.

    bars: per reached market-phase node, how many of its latest values must be right; sections: candles to fetch per section.
    """

    bars: dict[int, int]
    sections: dict[Section, int]


def demand(graph: Graph, wanted: Iterable[int], catalogue: Catalogue) -> Demand:
    """Count back from the latest bar of every wanted node to the candles at the bottom.

    An op that must be right on b bars needs b + settle bars of its inputs. A hold that must be right on b bars reads the slower bars
    over that stretch and one before it. Raises KeyError for an op that the catalogue does not have.
    """
    bars = dict.fromkeys(wanted, 1)
    for node_id in range(len(graph) - 1, -1, -1):
        if node_id in bars:
            node = graph[node_id]
            for i in node.inputs:
                bars[i] = max(bars.get(i, 0), _input_bars(node, graph[i], bars[node_id], catalogue))
    sections: dict[Section, int] = {}
    for node_id, count in bars.items():
        section = graph[node_id].section
        if section is not None and not graph[node_id].inputs and not is_side(graph[node_id].op):
            sections[section] = max(sections.get(section, 0), count)
    return Demand(bars={i: count for i, count in bars.items() if graph[i].section is not None}, sections=sections)


def own_bars(node: Node, catalogue: Catalogue) -> int:
    """Bars until the node's value is settled when its inputs are; 0 for leaves, holds, folds, values across markets and constants."""
    if not node.inputs or node.op == HOLD or node.op in OVER or node.op in ACROSS:
        return 0
    function = catalogue[node.op]
    ready = 0 if function.warmup is None else function.warmup(node.params)
    settled = 0 if function.settle is None else function.settle(node.params)
    return max(ready, settled)


def _input_bars(node: Node, source: Node, bars: int, catalogue: Catalogue) -> int:
    if node.section is None or source.section is None:
        return 1
    if node.op == HOLD:
        return -(-bars * node.section.timeframe.length_ms // source.section.timeframe.shortest_ms) + 1
    if node.op in OVER:
        return bars * node.section.timeframe.length_ms // source.section.timeframe.length_ms
    return bars + own_bars(node, catalogue)
