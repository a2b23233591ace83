"""The market phase of a graph as tables: sections, input feeds, rows in order, memory slots, state cells and parameters."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from dsl.catalogue import INPUT_SERIES, ArgKind
from dsl.graph import Graph, Node, Phase, Section, Timeframe
from engine.kernel.abi import INPUT_COUNT
from engine.kernel.aggregate import BUCKET_SIZE, SERIES, SLOT_COUNT, ratio
from engine.kernel.catalogue import Op

CONST: Final = "const"
HOLD: Final = "hold"
#: raise when `hold`, the base feed or the aggregator change their results: part of the keys of saved state
BUILTIN_VERSION: Final = 1
UNUSED: Final = -1


@dataclass(frozen=True, slots=True)
class Slot:
    """One column of a block: as many bars as close on `timeframe`; None = a constant, at every bar."""

    timeframe: Timeframe | None
    constant: float | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """The input series of one section. `market`: position in the grid, -1 = the market being evaluated.

    slots: memory slots of the six series and of the bar state (unused: -1). cell: state of the partial bar, -1 on the base timeframe.
    """

    timeframe: Timeframe
    market: int
    slots: tuple[int, ...]
    cell: int


@dataclass(frozen=True, slots=True)
class Row:
    """One node. `op`: None for a `hold`, which has `source`, the timeframe that it reads.

    inputs: slots (INPUT_COUNT of them; an op ignores those beyond its own). cell: state. params: offset in the parameters.
    """

    node: int
    op: Op | None
    timeframe: Timeframe
    source: Timeframe | None
    inputs: tuple[int, ...]
    output: int
    cell: int
    params: int


@dataclass(frozen=True, slots=True)
class Cell:
    """State of one row or feed. `key`: hash of everything that its meaning depends on, except the market being evaluated."""

    key: str
    node: int
    shared: bool
    offset: int  # in the shared arena, or in each market's
    initial: tuple[float, ...]


@dataclass(slots=True)
class MarketTable:
    """What the VM interprets. Rows and feeds of alias markets are `shared`: run once per block, before every market's own."""

    slots: list[Slot] = field(default_factory=list)
    feeds: list[Feed] = field(default_factory=list)
    shared_feeds: list[Feed] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    shared_rows: list[Row] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    params: list[float] = field(default_factory=list)
    slot_of_node: dict[int, int] = field(default_factory=dict)

    def size(self, shared: bool) -> int:
        """float64 of state: of all shared cells, or of one market."""
        return sum(len(cell.initial) for cell in self.cells if cell.shared == shared)


def market_table(graph: Graph, wanted: Iterable[int], base: Timeframe, markets: Sequence[str], ops: Mapping[str, Op]) -> MarketTable:
    """Tables for the market-phase nodes `wanted` and everything they read.

    Raises ValueError for a graph that breaks the contract of dsl.graph, or whose bars do not nest in the base grid.
    """
    builder = _Builder(graph, base, markets, ops)
    for node_id in _reached(graph, wanted):
        builder.add(node_id)
    builder.add_feeds()
    return builder.table


def node_keys(graph: Graph, ops: Mapping[str, Op]) -> list[str]:
    """Per node a hash of its op, op version, parameters, input keys, timeframe and market binding."""
    keys: list[str] = []
    for node in graph:
        version = ops[node.op].version if node.op in ops else BUILTIN_VERSION
        inputs = [keys[i] for i in node.inputs]
        keys.append(_hash(node.op, version, [value.hex() for value in map(float, node.params)], inputs, node.section))
    return keys


def kernel_params(node: Node, op: Op) -> tuple[float, ...]:
    """The node's parameters as the op takes them. Raises ValueError when there are too many or too few."""
    expected = sum(arg.kind is not ArgKind.SERIES for arg in op.function.args)
    if expected != len(node.params):
        raise ValueError(f"{node.op} takes {expected} parameters, the node has {len(node.params)}")
    return tuple(map(float, node.params))


def _hash(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _reached(graph: Graph, wanted: Iterable[int]) -> list[int]:
    found: set[int] = set()
    waiting = list(wanted)
    while waiting:
        node_id = waiting.pop()
        if node_id not in found:
            found.add(node_id)
            waiting.extend(graph[node_id].inputs)
    return sorted(found)


class _Builder:
    """Adds nodes in topological order; the feeds come last, when it is known which series each section reads."""

    def __init__(self, graph: Graph, base: Timeframe, markets: Sequence[str], ops: Mapping[str, Op]) -> None:
        self.graph, self.base, self.ops = graph, base, ops
        self.markets = {market: i for i, market in enumerate(markets)}
        self.keys = node_keys(graph, ops)
        self.table = MarketTable()
        self.series: dict[Section, dict[str, int]] = {}
        self.offsets = {True: 0, False: 0}

    def add(self, node_id: int) -> None:
        node = self.graph[node_id]
        if node.phase is not Phase.MARKET:
            raise ValueError(f"node {node_id} ({node.op}) is read in the market phase but needs a position")
        if node.op == CONST:
            self.table.slot_of_node[node_id] = self._slot(None, node.params[0])
        elif node.section is None:
            raise ValueError(f"node {node_id} ({node.op}) has no section")
        elif node.op in INPUT_SERIES:
            slot = self._slot(node.section.timeframe)
            self.series.setdefault(node.section, {})[node.op] = slot
            self.table.slot_of_node[node_id] = slot
        else:
            self._add_row(node_id, node, node.section)

    def _add_row(self, node_id: int, node: Node, section: Section) -> None:
        self._check_inputs(node_id, node, section)
        shared = section.market != ""
        inputs = tuple(self.table.slot_of_node[i] for i in node.inputs)
        if len(inputs) > INPUT_COUNT:
            raise ValueError(f"node {node_id} ({node.op}) has {len(inputs)} inputs; the kernel takes {INPUT_COUNT}")
        inputs += (inputs[0] if inputs else 0,) * (INPUT_COUNT - len(inputs))
        source = self._timeframe(node.inputs[0]) if node.op == HOLD else None
        params = () if node.op == HOLD else kernel_params(node, self.ops[node.op])
        initial = (float("nan"),) if node.op == HOLD else self._initial(node, params)
        row = Row(
            node=node_id,
            op=None if node.op == HOLD else self.ops[node.op],
            timeframe=section.timeframe,
            source=source,
            inputs=inputs,
            output=self._slot(section.timeframe),
            cell=self._cell(self.keys[node_id], node_id, shared, initial),
            params=len(self.table.params),
        )
        self.table.params.extend(params)
        self.table.slot_of_node[node_id] = row.output
        (self.table.shared_rows if shared else self.table.rows).append(row)

    def _initial(self, node: Node, params: tuple[float, ...]) -> tuple[float, ...]:
        op = self.ops[node.op]
        initial = tuple(map(float, op.init(params)))
        if len(initial) != op.state_size(params):
            raise ValueError(f"{node.op}{params}: initial state of {len(initial)} values, size {op.state_size(params)}")
        return initial

    def _check_inputs(self, node_id: int, node: Node, section: Section) -> None:
        if section.market and section.market not in self.markets:
            raise ValueError(f"alias market {section.market} is not among the grid's markets")
        if node.op != HOLD and node.op not in self.ops:
            raise ValueError(f"node {node_id}: unknown op {node.op}")
        for i in node.inputs:
            other = self.graph[i].section
            if other is None:
                continue
            if section.market and other.market == "":
                raise ValueError(f"node {node_id} ({node.op}) of alias {section.market} reads the market being evaluated")
            if node.op != HOLD and other.timeframe != section.timeframe:
                raise ValueError(f"node {node_id} ({node.op}) reads another timeframe without a hold")

    def _timeframe(self, node_id: int) -> Timeframe:
        section = self.graph[node_id].section
        if section is None:
            raise ValueError(f"hold of node {node_id}, which has no section")
        return section.timeframe

    def _slot(self, timeframe: Timeframe | None, constant: float | None = None) -> int:
        if timeframe is not None:
            ratio(self.base, timeframe)
        self.table.slots.append(Slot(timeframe, constant))
        return len(self.table.slots) - 1

    def _cell(self, key: str, node_id: int, shared: bool, initial: tuple[float, ...]) -> int:
        self.table.cells.append(Cell(key, node_id, shared, self.offsets[shared], initial))
        self.offsets[shared] += len(initial)
        return len(self.table.cells) - 1

    def add_feeds(self) -> None:
        for section, series in sorted(self.series.items(), key=lambda item: item[0]):
            shared = section.market != ""
            slots = tuple(series.get(name, UNUSED) for name in SERIES) + (UNUSED,) * (SLOT_COUNT - len(SERIES))
            cell = UNUSED
            if section.timeframe != self.base:
                key = _hash("bucket", BUILTIN_VERSION, self.base, section)
                cell = self._cell(key, UNUSED, shared, (0.0,) * BUCKET_SIZE)
            market = self.markets[section.market] if shared else UNUSED
            feed = Feed(section.timeframe, market, slots, cell)
            (self.table.shared_feeds if shared else self.table.feeds).append(feed)
