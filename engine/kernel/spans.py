"""How much data each node needs: until it can be defined, and until it no longer depends on where the data began."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from dsl.graph import Graph, Node, Section, Timeframe
from engine.kernel.catalogue import Op
from engine.kernel.rows import HOLD, kernel_params


class Span(NamedTuple):
    """Data in ms, wherever in a bar it begins: after `ready_ms` the node can be defined, after `settle_ms` it is settled."""

    ready_ms: int
    settle_ms: int


def node_spans(graph: Graph, ops: Mapping[str, Op], base: Timeframe) -> list[Span]:
    """The span of every node, by id. Position-phase nodes and constants need none of their own."""
    spans: list[Span] = []
    for node in graph:
        ready = max((spans[i].ready_ms for i in node.inputs), default=0)
        settle = max((spans[i].settle_ms for i in node.inputs), default=0)
        own = Span(0, 0) if node.section is None else _own(graph, node, node.section, ops, base)
        spans.append(Span(ready + own.ready_ms, settle + own.settle_ms))
    return spans


def _own(graph: Graph, node: Node, section: Section, ops: Mapping[str, Op], base: Timeframe) -> Span:
    """What the node adds to its inputs."""
    length = section.timeframe.length_ms
    if node.op == HOLD:
        wait = _wait(graph[node.inputs[0]].section, section.timeframe)
        return Span(wait, wait)
    if node.op in ops:
        function, params = ops[node.op].function, kernel_params(node, ops[node.op])
        warmup = 0 if function.warmup is None else function.warmup(params)
        settle = 0 if function.settle is None else function.settle(params)
        return Span(warmup * length, settle * length)
    whole_bar = 2 * length - base.length_ms  # at worst the data begins one base bar after a bar's open
    return Span(whole_bar, whole_bar)


def _wait(source: Section | None, timeframe: Timeframe) -> int:
    """From the close of a source bar to the next close on `timeframe`, at worst."""
    if source is None:
        return 0
    nested = source.timeframe.length_ms % timeframe.length_ms == 0
    aligned = (source.timeframe.offset_ms - timeframe.offset_ms) % timeframe.length_ms == 0
    return 0 if nested and aligned else timeframe.length_ms
