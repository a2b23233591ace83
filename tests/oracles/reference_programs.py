"""Whole programs node by node: every value of the kernel against the reference's op over the kernel's own values of its inputs.

By induction from the candles that is agreement of the whole program, and a rounding of one number cannot turn a condition elsewhere, so
conditions have to be equal.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from dsl.catalogue import Unit
from dsl.graph import Graph, Node, Phase, Timeframe
from dsl.side_series import ACROSS
from engine.kernel.program import compile_values
from engine.kernel.vm import Kernel
from engine.model.candle import BarGrid
from tests.oracles.reference_beside import across_markets
from tests.oracles.reference_ops import Array
from tests.oracles.reference_values import Values

#: how far numbers may lie off, relative to the value and to the largest input
RELATIVE = 1e-9
#: bars at which values across markets are compared: the reference ranks bar by bar
SAMPLE = 40


@dataclass
class Agreement:
    """Values compared per op; nodes left out: on months, which are no clock to export, or not to be had from the oracle with gaps."""

    compared: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)


def compare(graph: Graph, grid: BarGrid, done: Mapping[tuple[int, str], Array], seed: int, found: Agreement) -> None:
    """Every market-phase node of the graph on the grid; done: the kernel's values. Raises AssertionError with the node that disagrees."""
    values = Values(graph, grid, done=dict(done))
    chance = random.Random(seed)
    for node_id, node in enumerate(graph):
        if node.section is None or node.phase is not Phase.MARKET:
            continue
        if any((i, market) not in done for i in (node_id, *node.inputs) if graph[i].section for market in _markets(graph[i], grid)):
            found.left_out["months"] += 1
            continue
        if node.op in ACROSS:
            _across(values, node_id, chance, found)
            continue
        for market in _markets(node, grid):
            try:
                with np.errstate(all="ignore"):
                    expected = values.compute(node, market)
            except NotImplementedError:
                found.left_out[node.op] += 1
                continue
            inputs = [values.of(i, market) for i in node.inputs]
            _agree(graph, node_id, done[node_id, market], expected, inputs)
            found.compared[node.op] += len(expected)


def kernel_values(graph: Graph, base: Timeframe, grid: BarGrid) -> dict[tuple[int, str], Array]:
    """The kernel's value of every node on its own bars, by node and market; nothing for calendar months."""
    done: dict[tuple[int, str], Array] = {}
    by_timeframe: dict[Timeframe, list[int]] = {}
    for node_id, node in enumerate(graph):
        if node.section is not None and node.phase is Phase.MARKET and not node.section.timeframe.months:
            by_timeframe.setdefault(node.section.timeframe, []).append(node_id)
    for timeframe, nodes in by_timeframe.items():
        block = Kernel(compile_values(graph, nodes, timeframe, base, grid.markets)).advance(grid)
        for column, node_id in enumerate(nodes):
            for row, market in enumerate(grid.markets):
                done[node_id, market] = block.values[row, :, column]
    return done


def _markets(node: Node, grid: BarGrid) -> Iterator[str]:
    """The markets on whose bars the node is computed."""
    yield from (node.section.market,) if node.section is not None and node.section.market else grid.markets


def _agree(graph: Graph, node_id: int, ours: Array, theirs: Array, inputs: list[Array]) -> None:
    node = graph[node_id]
    where = f"{node.op}{node.params} on {node.section}, inputs {[graph[i].op for i in node.inputs]}"
    if node.unit is Unit.CONDITION:
        np.testing.assert_array_equal(ours, theirs, err_msg=where)
        return
    finite = [np.abs(x[np.isfinite(x)]).max(initial=0.0) for x in inputs]
    np.testing.assert_allclose(ours, theirs, rtol=RELATIVE, atol=RELATIVE * max([1e-9, *finite]), err_msg=where)


def _across(values: Values, node_id: int, chance: random.Random, found: Agreement) -> None:
    """All markets at some bars."""
    node, markets = values.graph[node_id], values.grid.markets
    columns = np.stack([values.of(node_id, market) for market in markets])
    inputs = [np.stack([np.broadcast_to(values.of(i, market), columns.shape[1]) for market in markets]) for i in node.inputs]
    name = node.op.removeprefix("across.")
    for bar in chance.sample(range(columns.shape[1]), min(SAMPLE, columns.shape[1])):
        turnover = inputs[2][:, bar] if len(inputs) > 2 else np.zeros(len(markets))
        expected = np.asarray(across_markets(name, node.params, inputs[0][:, bar], inputs[1][:, bar], turnover), dtype=float)
        _agree(values.graph, node_id, columns[:, bar], expected, [x[:, bar] for x in inputs])
        found.compared[node.op] += len(markets)
