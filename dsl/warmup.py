"""How much data a graph needs: until values can be defined (ready), and until they no longer depend on where the data began (settled)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dsl.catalogue import ACCOUNT_SERIES, INPUT_SERIES, ORDER_SERIES, POSITION_SERIES, Catalogue
from dsl.graph import Graph, Node
from dsl.side_series import ACROSS, is_side


@dataclass(frozen=True, slots=True)
class NodeWarmup:
    """Warm-up of one node at worst, wherever in a bar the data begins.

    ready_bars, settle_bars: complete bars of the node's own timeframe before the first good one (0 = the first complete bar is good).
    ready_ms, settle_ms: from the beginning of the data to the close of that first good bar. All 0 for constants and position values
    that read no candles.
    """

    ready_bars: int
    settle_bars: int
    ready_ms: int
    settle_ms: int


@dataclass(frozen=True, slots=True)
class Warmup:
    """Warm-up of a graph: per node, and what the slowest node needs."""

    nodes: tuple[NodeWarmup, ...]
    ready_ms: int
    settle_ms: int


_NOTHING = NodeWarmup(0, 0, 0, 0)
#: ops that need no more than their inputs do
_WITHOUT_OWN = frozenset((*INPUT_SERIES, *POSITION_SERIES, *ACCOUNT_SERIES, *ORDER_SERIES, *ACROSS))


def warmup(graph: Graph, catalogue: Catalogue, base_length_ms: int = 60_000, nodes: Iterable[int] | None = None) -> Warmup:
    """Warm-up of every node.

    base_length_ms: length of the bars that the data is made of; a first bar of a longer timeframe that the data begins inside of is lost.
    nodes: those that are asked for with all that they read, in topological order; the others count as needing nothing.
    Raises KeyError when a node's op is not in the catalogue.
    """
    found = [_NOTHING] * len(graph)
    for number in range(len(graph)) if nodes is None else nodes:
        node = graph[number]
        inputs = [found[i] for i in node.inputs]
        if node.section is None:
            found[number] = _slowest(inputs)
        elif node.op == "hold":
            found[number] = _held(node, inputs[0], base_length_ms)
        elif node.op.startswith("over."):
            found[number] = _folded(node, graph[node.inputs[0]], inputs[0], base_length_ms)
        else:
            found[number] = _computed(node, inputs, catalogue, base_length_ms)
    slowest = _slowest(found)
    return Warmup(tuple(found), slowest.ready_ms, slowest.settle_ms)


def _slowest(inputs: list[NodeWarmup]) -> NodeWarmup:
    if not inputs:
        return _NOTHING
    return NodeWarmup(
        max([w.ready_bars for w in inputs]),
        max([w.settle_bars for w in inputs]),
        max([w.ready_ms for w in inputs]),
        max([w.settle_ms for w in inputs]),
    )


def _computed(node: Node, inputs: list[NodeWarmup], catalogue: Catalogue, base_length_ms: int) -> NodeWarmup:
    """Inputs of an op are on its own bars: their warm-ups overlap, then its own begins."""
    before = _slowest(inputs)
    ready = settle = 0
    if node.op not in _WITHOUT_OWN and not is_side(node.op):
        function = catalogue[node.op]
        ready = function.warmup(node.params) if function.warmup is not None else 0
        settle = max(function.settle(node.params) if function.settle is not None else 0, ready)
    return _in_time(node, before.ready_bars + ready, before.settle_bars + settle, base_length_ms)


def _held(node: Node, held: NodeWarmup, base_length_ms: int) -> NodeWarmup:
    """The first of this node's bars that closes no earlier than the slower bar did, when both begin at the same instant."""
    assert node.section is not None
    length = node.section.timeframe.shortest_ms
    ready, settle = (max(-(-needed // length) - 1, 0) for needed in (held.ready_ms, held.settle_ms))
    return _in_time(node, ready, settle, base_length_ms)


def _folded(node: Node, source: Node, finer: NodeWarmup, base_length_ms: int) -> NodeWarmup:
    """The first of this node's bars that begins no earlier than the first good finer bar does."""
    assert node.section is not None
    assert source.section is not None
    length, bar = node.section.timeframe.shortest_ms, source.section.timeframe.length_ms
    ready, settle = (max(-(-(needed - bar) // length), 0) for needed in (finer.ready_ms, finer.settle_ms))
    return _in_time(node, ready, settle, base_length_ms)


def _in_time(node: Node, ready_bars: int, settle_bars: int, base_length_ms: int) -> NodeWarmup:
    assert node.section is not None
    length = node.section.timeframe.length_ms
    lost = max(length - base_length_ms, 0)
    return NodeWarmup(ready_bars, settle_bars, lost + (ready_bars + 1) * length, lost + (settle_bars + 1) * length)
