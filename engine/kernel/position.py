"""The position phase of a graph: rows over one vector of numbers, which `decide` evaluates one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dsl.catalogue import ACCOUNT_SERIES, ORDER_SERIES, POSITION_SERIES, Memory
from dsl.graph import Graph, Node, Phase
from engine.kernel.catalogue import Op
from engine.kernel.rows import CONST, kernel_params

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: inputs of a position row
ROW_INPUTS: Final = 4
#: the one account leaf with a parameter: its window in ms
DRAWDOWN: Final = "acct.drawdown"
#: leaves with one slot each, in the order of their slots
LATE_SERIES: Final = (*POSITION_SERIES, *(name for name in ACCOUNT_SERIES if name != DRAWDOWN), *ORDER_SERIES)


@dataclass(frozen=True, slots=True)
class PositionRows:
    """The nodes of a strategy that `decide` evaluates, one at a time, as rows over a value vector: position, account and order phase.

    The vector: [0:columns) the exported columns; then LATE_SERIES in their order, then one slot per `drawdown_ms`; then constants; then
    one temp per row. The first `position_rows` rows are those of the position phase, which read nothing later.
    rows int64 [r, 7]: op address index, in0..in3 slots, out slot, parameter offset. `slot_of_node`: graph node id -> slot.
    The address index counts in `ops` (names); `engine.kernel.load.addresses(ops)` gives the table for `engine.kernel.abi.call_row`.
    Rows stand in an order in which each row's inputs are computed before it.
    """

    size: int
    column_count: int
    initial: NDArray[np.float64]  # constants in place, NaN elsewhere
    rows: NDArray[np.int64]
    params: NDArray[np.float64]
    slot_of_node: dict[int, int]
    ops: tuple[str, ...]
    position_rows: int = 0
    drawdown_ms: tuple[float, ...] = ()  # windows of the acct.drawdown leaves
    reads_account: bool = False
    pairs: tuple[int, ...] = ()  # columns of the profile's measure of a market with each market of the run, in order; () without one


def position_nodes(graph: Graph, wanted: Iterable[int]) -> list[int]:
    """The position-phase nodes among `wanted` and below, in topological order."""
    found: set[int] = set()
    waiting = [i for i in wanted if graph[i].phase is not Phase.MARKET]
    while waiting:
        node_id = waiting.pop()
        if node_id not in found:
            found.add(node_id)
            waiting.extend(i for i in graph[node_id].inputs if graph[i].phase is not Phase.MARKET)
    return sorted(found)


def market_inputs(graph: Graph, nodes: Iterable[int]) -> list[int]:
    """Market-phase nodes (not constants) that the given position-phase nodes read, in order of id."""
    read = {i for node_id in nodes for i in graph[node_id].inputs}
    return sorted(i for i in read if graph[i].phase is Phase.MARKET and graph[i].op != CONST)


def position_rows(graph: Graph, nodes: Sequence[int], columns: Sequence[int], ops: Mapping[str, Op]) -> PositionRows:
    """Rows for the given position-phase nodes (topological order) over the given columns.

    Raises ValueError for an op that is not elementwise, has more than ROW_INPUTS inputs, or reads a market node that is no column.
    """
    import numpy as np  # this module is read by the checker's side, which starts without numpy

    slot_of_node = {node_id: slot for slot, node_id in enumerate(columns)}
    windows = tuple(dict.fromkeys(graph[i].params[0] for i in nodes if graph[i].op == DRAWDOWN))
    leaves: dict[tuple[str, tuple[float, ...]], int] = {(name, ()): len(columns) + k for k, name in enumerate(LATE_SERIES)}
    leaves |= {(DRAWDOWN, (window,)): len(columns) + len(LATE_SERIES) + k for k, window in enumerate(windows)}
    constants = [i for i in _inputs(graph, nodes) if graph[i].op == CONST and i not in slot_of_node]
    first_constant = len(columns) + len(leaves)
    slot_of_node |= {node_id: first_constant + k for k, node_id in enumerate(constants)}
    computed = [i for i in nodes if (graph[i].op, graph[i].params) not in leaves]
    computed.sort(key=lambda i: graph[i].phase is not Phase.POSITION)  # stable: still in topological order
    size = first_constant + len(constants) + len(computed)
    slot_of_node |= {i: leaves[graph[i].op, graph[i].params] for i in nodes if (graph[i].op, graph[i].params) in leaves}
    slot_of_node |= {node_id: size - len(computed) + k for k, node_id in enumerate(computed)}
    initial = np.full(size, np.nan)
    for node_id in constants:
        initial[slot_of_node[node_id]] = graph[node_id].params[0]
    names: list[str] = []
    params: list[float] = []
    rows = [_row(node_id, graph[node_id], ops, slot_of_node, names, params) for node_id in computed]
    return PositionRows(
        size=size,
        column_count=len(columns),
        initial=initial,
        rows=np.array(rows, dtype=np.int64).reshape(len(rows), 3 + ROW_INPUTS),
        params=np.array([*params, 0.0]),
        slot_of_node=slot_of_node,
        ops=tuple(names),
        position_rows=sum(graph[i].phase is Phase.POSITION for i in computed),
        drawdown_ms=windows,
        reads_account=any(graph[i].op in ACCOUNT_SERIES for i in nodes),
    )


def _inputs(graph: Graph, nodes: Iterable[int]) -> list[int]:
    return sorted({i for node_id in nodes for i in graph[node_id].inputs})


def _row(node_id: int, node: Node, ops: Mapping[str, Op], slots: dict[int, int], names: list[str], params: list[float]) -> list[int]:
    op = ops.get(node.op)
    if op is None or op.function.memory is not Memory.NONE:
        raise ValueError(f"node {node_id} ({node.op}): only elementwise ops can read position, account or order values")
    if len(node.inputs) > ROW_INPUTS:
        raise ValueError(f"node {node_id} ({node.op}) has {len(node.inputs)} inputs; a position row takes {ROW_INPUTS}")
    missing = [i for i in node.inputs if i not in slots]
    if missing:
        raise ValueError(f"node {node_id} ({node.op}) reads nodes {missing}, which are not exported")
    if node.op not in names:
        names.append(node.op)
    inputs = [slots[i] for i in node.inputs]
    inputs += [slots[node_id]] * (ROW_INPUTS - len(inputs))
    offset = len(params)
    params.extend(kernel_params(node, op))
    return [names.index(node.op), *inputs, slots[node_id], offset]
