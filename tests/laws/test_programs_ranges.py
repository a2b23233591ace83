"""Every node inside random programs, not only their results, stays in the interval that the checker's rules give it."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from dsl.catalogue import INPUT_SERIES, Unit
from dsl.checker import ranges
from dsl.checker.across import FUNCTIONS as ACROSS
from dsl.checker.ranges import Interval
from dsl.graph import Graph, Node
from dsl.side_series import is_side, side_series
from engine.kernel.catalogue import catalogue, ops
from tests.generators.program_words import all_wanted
from tests.laws.program_laws import random_batch
from tests.oracles.reference_programs import kernel_values


def intervals(graph: Graph) -> list[Interval]:
    """Of every node, by the rules of `dsl.checker.ranges`."""
    found: list[Interval] = []
    for node in graph:
        found.append(_interval(graph, node, [found[i] for i in node.inputs]))
    return found


def _interval(graph: Graph, node: Node, inputs: list[Interval]) -> Interval:
    if node.op == "const":
        return node.params[0], node.params[0]
    if node.op in INPUT_SERIES:
        return 0.0, None
    if is_side(node.op):
        declared = side_series(node.op).value_range
        return ranges.TRUTH if node.unit is Unit.CONDITION else (declared.low, declared.high)
    if node.op == "over.sum":
        outer, inner = node.section, graph[node.inputs[0]].section
        assert outer is not None
        assert inner is not None
        return ranges.scaled(inputs[0], float(outer.timeframe.length_ms // inner.timeframe.length_ms))
    if node.op == "hold" or node.op.startswith("over."):
        return inputs[0]
    if node.op in ACROSS:
        declared = ACROSS[node.op].value_range
        return ranges.met(ranges.interval(node.op, node.params, inputs, catalogue()), (declared.low, declared.high))
    return ranges.interval(node.op, node.params, inputs, catalogue())


def inside(seeds: range, programs: int) -> Counter[str]:
    """How many values of each op lay in an interval that is bounded at least on one side."""
    compared, wanted = Counter[str](), list[str]()
    for seed in seeds:
        if not wanted:
            wanted = all_wanted()
            random.Random(seed).shuffle(wanted)
        batch = random_batch(seed, programs, wanted)
        bounds = intervals(batch.graph)
        for (node_id, _market), column in kernel_values(batch.graph, batch.base, batch.grid).items():
            (low, high), known, node = bounds[node_id], column[~np.isnan(column)], batch.graph[node_id]
            where = f"seed {seed}: {node.op}{node.params} of {[(batch.graph[i].op, bounds[i]) for i in node.inputs]}"
            assert low is None or (known >= low).all(), f"{known.min()!r} is below {low!r}; {where}"
            assert high is None or (known <= high).all(), f"{known.max()!r} is above {high!r}; {where}"
            if low is not None or high is not None:
                compared[node.op] += len(known)
    print(f"{sum(compared.values())} values of {len(compared)} ops and series lie in their intervals")
    return compared


def test_every_node_lies_in_its_interval() -> None:
    compared = inside(range(4_000, 4_006), 25)
    assert sum(compared.values()) > 2_000_000
    assert len(compared) >= 70


@pytest.mark.deep
def test_every_node_of_many_programs_lies_in_its_interval() -> None:
    compared = inside(range(5_000, 5_100), 50)
    assert sum(compared.values()) > 100_000_000
    assert len(set(compared) & set(ops())) >= 60
