"""The market phase of a graph as tables: sections, input feeds, rows in order, memory slots, state cells and parameters.

Strata: a value across markets needs every market's inputs first. So rows have a stage: stage 0 of every market, then the across rows
that read it, then stage 1 of every market, and so on. What one stage leaves for another, or for an across row, is kept per market.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from dsl.catalogue import INPUT_SERIES, ArgKind
from dsl.graph import Graph, Node, Phase, Section, Timeframe
from dsl.side_series import ACROSS, Fold, is_side, side_series
from engine.kernel.abi import INPUT_COUNT
from engine.kernel.aggregate import BUCKET_SIZE, SERIES, SLOT_COUNT, ratio
from engine.kernel.catalogue import Op

if TYPE_CHECKING:
    from engine.model.candle import SideKey

CONST: Final = "const"
HOLD: Final = "hold"
#: folds of a finer section's bars -> code in the row table (an op has its address there, a hold 0)
OVER: Final[Mapping[str, int]] = {"over.last": -1, "over.min": -2, "over.max": -3, "over.sum": -4, "over.any": -5}
#: what a side series' base bars become on a longer bar
_SIDE_FOLD: Final = {Fold.LAST: "over.last", Fold.SUM: "over.sum"}
#: raise when `hold`, the base feed or the aggregator change their results: part of the keys of saved state
BUILTIN_VERSION: Final = 1
UNUSED: Final = -1
#: of a hold: its last value; of an over: what it has folded of its bar, and how many bars that are
BUILT_IN_STATE: Final = ((float("nan"),), (float("nan"), 0.0))


class Slot(NamedTuple):
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
class SideFeed:
    """One side series on the base bars. series: position in MarketTable.sides; market as of Feed; flag: what is missing reads as false."""

    series: int
    market: int
    slot: int
    flag: bool


class Row(NamedTuple):
    """One node. `op`: None for a hold or an over, which have `source`, the timeframe that they read, and `code` (0, or one of OVER).

    inputs: slots (INPUT_COUNT of them; an op ignores those beyond its own). cell: state. params: offset in the parameters.
    leads: the next row is of the same op, and both are computed at once.
    """

    node: int
    op: Op | None
    code: int
    stage: int
    timeframe: Timeframe
    source: Timeframe | None
    inputs: tuple[int, ...]
    output: int
    cell: int
    params: int
    leads: bool = False


@dataclass(frozen=True, slots=True)
class AcrossRow:
    """One node over all markets, evaluated after `stage` of every market. inputs, output: slots; params: (top, order, ...)."""

    node: int
    name: str
    stage: int
    timeframe: Timeframe
    inputs: tuple[int, ...]
    output: int
    params: tuple[float, ...]


class Cell(NamedTuple):
    """State of one row or feed. `key`: hash of everything that its meaning depends on, except the market being evaluated."""

    key: str
    node: int
    shared: bool
    offset: int  # in the shared arena, or in each market's
    initial: tuple[float, ...]


@dataclass(slots=True)
class MarketTable:
    """What the VM interprets. Rows and feeds of alias markets are `shared`: run once per block, before every market's own.

    rows, across: by stage, then in the graph's order. sides: keys of the side series that are read. loads[s]: slots that stage s takes from
    what is kept per market; keeps[s]: slots of stage s that are kept; stage_of_slot: where a market's own slot gets its value.
    domain[m]: 1.0 where across rows count market m.
    """

    slots: list[Slot] = field(default_factory=list)
    feeds: list[Feed] = field(default_factory=list)
    shared_feeds: list[Feed] = field(default_factory=list)
    sides: list[SideKey] = field(default_factory=list)
    side_feeds: list[SideFeed] = field(default_factory=list)
    shared_side_feeds: list[SideFeed] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    shared_rows: list[Row] = field(default_factory=list)
    across: list[AcrossRow] = field(default_factory=list)
    domain: tuple[float, ...] = ()
    stage_of_slot: dict[int, int] = field(default_factory=dict)
    loads: list[list[int]] = field(default_factory=list)
    keeps: list[list[int]] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    params: list[float] = field(default_factory=list)
    slot_of_node: dict[int, int] = field(default_factory=dict)

    def size(self, shared: bool) -> int:
        """float64 of state: of all shared cells, or of one market."""
        return sum(len(cell.initial) for cell in self.cells if cell.shared == shared)


def market_table(
    graph: Graph,
    wanted: Sequence[int],
    base: Timeframe,
    markets: Sequence[str],
    ops: Mapping[str, Op],
    domain: Iterable[str],
    *,
    keyed: bool = True,
) -> MarketTable:
    """Tables for the market-phase nodes `wanted` and everything they read. domain: the markets that values across markets count. keyed:
    False where nobody asks for the keys of cells, which are "" then.

    Raises ValueError for a graph that breaks the contract of dsl.graph, or whose bars do not nest in the base grid.
    """
    nodes = reached(graph, wanted)
    builder = _Builder(graph, base, markets, ops, frozenset(domain), nodes if keyed else ())
    for node_id in nodes:
        builder.add(node_id)
    builder.add_feeds()
    builder.table.rows.sort(key=lambda row: row.stage)
    builder.table.across.sort(key=lambda row: row.stage)
    builder.table.rows = paired(builder.table.rows)
    builder.table.shared_rows = paired(builder.table.shared_rows)
    _plan_stages(builder.table, {builder.table.slot_of_node[i] for i in wanted})
    return builder.table


def paired(rows: Sequence[Row]) -> list[Row]:
    """The same rows, still each after what it reads, two of an op that has a twin side by side where that can be."""
    alike: dict[Hashable, deque[int]] = {}
    for number, row in enumerate(rows):
        if row.op is not None and row.op.twin is not None:
            alike.setdefault(_kind(row), deque()).append(number)
    if not alike:
        return list(rows)
    missing = {row.output for row in rows}
    taken: set[int] = set()
    found: list[Row] = []
    for number, row in enumerate(rows):
        if number in taken:
            continue
        others = alike.get(_kind(row), ())
        partner = next((k for k in others if k > number and k not in taken and missing.isdisjoint(rows[k].inputs)), None)
        found.append(row if partner is None else row._replace(leads=True))
        missing.discard(row.output)
        if partner is not None:
            taken.add(partner)
            found.append(rows[partner])
            missing.discard(rows[partner].output)
        if isinstance(others, deque):
            while others and (others[0] <= number or others[0] in taken):
                others.popleft()
    return found


def _kind(row: Row) -> Hashable:
    """Rows of equal kinds can be computed in one call, as far as that goes."""
    return id(row.op), row.stage, row.timeframe


def _plan_stages(table: MarketTable, exported: set[int]) -> None:
    """Which slots have to outlive a stage, per market. A shared slot and a constant are there at every stage."""
    home = table.stage_of_slot
    stages = 1 + max([0, *(row.stage for row in table.rows), *(home[slot] for slot in exported if slot in home)])
    outputs = {row.output for row in table.across}
    loads: list[set[int]] = [set() for _ in range(stages)]
    for row in table.rows:
        loads[row.stage] |= {slot for slot in row.inputs if home.get(slot, row.stage) < row.stage or slot in outputs}
    for slot in exported & outputs:
        loads[home[slot]].add(slot)
    kept = set().union(*loads, *(row.inputs for row in table.across)) - outputs
    table.loads = [sorted(slots) for slots in loads]
    table.keeps = [sorted(slot for slot in kept if home.get(slot) == stage) for stage in range(stages)]


def node_keys(graph: Graph, ops: Mapping[str, Op], domain: Iterable[str] = (), nodes: Iterable[int] | None = None) -> list[str]:
    """Per node a hash of its op, op version, parameters, input keys, timeframe and market binding; of an across node also of the
    markets that it counts. nodes: those that are asked for with all that they read, in topological order; "" for the others."""
    keys = [""] * len(graph)
    counted = sorted(domain)
    for number in range(len(graph)) if nodes is None else nodes:
        node = graph[number]
        version = ops[node.op].version if node.op in ops else BUILTIN_VERSION
        inputs = [keys[i] for i in node.inputs]
        parts = [node.op, version, [value.hex() for value in map(float, node.params)], inputs, node.section]
        keys[number] = _hash(*parts, counted) if node.op in ACROSS else _hash(*parts)
    return keys


def kernel_params(node: Node, op: Op) -> tuple[float, ...]:
    """The node's parameters as the op takes them. Raises ValueError when there are too many or too few."""
    expected = sum(arg.kind is not ArgKind.SERIES for arg in op.function.args)
    if expected != len(node.params):
        raise ValueError(f"{node.op} takes {expected} parameters, the node has {len(node.params)}")
    return tuple(map(float, node.params))


def _hash(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def reached(graph: Graph, wanted: Iterable[int]) -> list[int]:
    """The wanted nodes and everything that they read, in topological order."""
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

    def __init__(
        self, graph: Graph, base: Timeframe, markets: Sequence[str], ops: Mapping[str, Op], domain: frozenset[str], keyed: Sequence[int]
    ) -> None:
        """keyed: nodes that get a key."""
        self.graph, self.base, self.ops = graph, base, ops
        self.markets = {market: i for i, market in enumerate(markets)}
        self.keys = node_keys(graph, ops, domain, keyed)
        self.table = MarketTable(domain=tuple(float(market in domain) for market in markets))
        self.series: dict[Section, dict[str, int]] = {}
        self.side_slots: dict[tuple[SideKey, str], int] = {}
        self.offsets = {True: 0, False: 0}
        self.nested: set[Timeframe] = set()
        self.states: dict[tuple[str, tuple[float, ...]], tuple[tuple[float, ...], tuple[float, ...]]] = {}

    def add(self, node_id: int) -> None:
        node = self.graph[node_id]
        if node.phase is not Phase.MARKET:
            raise ValueError(f"node {node_id} ({node.op}) is read in the market phase but needs a position")
        if node.op == CONST:
            self.table.slot_of_node[node_id] = self._slot(None, node.params[0])
        elif node.section is None:
            raise ValueError(f"node {node_id} ({node.op}) has no section")
        elif node.op in INPUT_SERIES:
            series = self.series.setdefault(node.section, {})
            if node.op not in series:  # leaves that differ in their unit alone are one series
                series[node.op] = self._own_slot(node.section, 0)
            self.table.slot_of_node[node_id] = series[node.op]
        elif is_side(node.op):
            self._add_side(node_id, node, node.section)
        elif node.op in ACROSS:
            self._add_across(node_id, node, node.section)
        else:
            self._add_row(node_id, node, node.section)

    def _add_side(self, node_id: int, node: Node, section: Section) -> None:
        """The series on the base bars, and on a longer section the fold of them."""
        self._check_market(section)
        series = side_series(node.op)
        slot = self._side_slot((node.op, node.params), section.market, series.flag)
        self.table.slot_of_node[node_id] = slot
        if section.timeframe != self.base:
            ratio(self.base, section.timeframe)
            self._add_built_in(node_id, OVER[_SIDE_FOLD[series.fold]], section, self.base, slot, 0)

    def _side_slot(self, key: SideKey, market: str, flag: bool) -> int:
        found = self.side_slots.get((key, market))
        if found is not None:
            return found
        if key not in self.table.sides:
            self.table.sides.append(key)
        slot = self._own_slot(Section(self.base, market), 0)
        feed = SideFeed(self.table.sides.index(key), self.markets[market] if market else UNUSED, slot, flag)
        (self.table.shared_side_feeds if market else self.table.side_feeds).append(feed)
        self.side_slots[key, market] = slot
        return slot

    def _add_across(self, node_id: int, node: Node, section: Section) -> None:
        self._check_inputs(node_id, node, section)
        if section.market:
            raise ValueError(f"node {node_id} ({node.op}) belongs to alias {section.market}; it reads all markets")
        if len(node.params) < 2 or len(node.inputs) != 2 + (node.params[0] > 0.0):
            raise ValueError(f"{node.op} takes value, member and with `top` turnover; node {node_id} has {len(node.inputs)} inputs")
        inputs = tuple(self.table.slot_of_node[i] for i in node.inputs)
        stage = self._stage(inputs)
        slot = self._own_slot(section, stage + 1)
        self.table.across.append(AcrossRow(node_id, node.op, stage, section.timeframe, inputs, slot, tuple(map(float, node.params))))
        self.table.slot_of_node[node_id] = slot

    def _add_row(self, node_id: int, node: Node, section: Section) -> None:
        self._check_inputs(node_id, node, section)
        inputs = tuple(self.table.slot_of_node[i] for i in node.inputs)
        if len(inputs) > INPUT_COUNT:
            raise ValueError(f"node {node_id} ({node.op}) has {len(inputs)} inputs; the kernel takes {INPUT_COUNT}")
        stage = self._stage(inputs)
        if node.op == HOLD or node.op in OVER:
            source = self._timeframe(node.inputs[0])
            if node.op in OVER:
                ratio(source, section.timeframe)
            self._add_built_in(node_id, OVER.get(node.op, 0), section, source, inputs[0], stage)
            return
        shared = section.market != ""
        params, initial = self._params_and_state(node)
        row = Row(
            node=node_id,
            op=self.ops[node.op],
            code=0,
            stage=stage,
            timeframe=section.timeframe,
            source=None,
            inputs=inputs + (inputs[0] if inputs else 0,) * (INPUT_COUNT - len(inputs)),
            output=self._own_slot(section, stage),
            cell=self._cell(self.keys[node_id], node_id, shared, initial),
            params=len(self.table.params),
        )
        self.table.params.extend(params)
        self._append(row, shared)

    def _add_built_in(self, node_id: int, code: int, section: Section, source: Timeframe, slot: int, stage: int) -> None:
        """A hold (code 0: its last value) or an over (what it has folded of its bar, and how many bars that are)."""
        shared = section.market != ""
        initial = BUILT_IN_STATE[code != 0]
        row = Row(
            node=node_id,
            op=None,
            code=code,
            stage=stage,
            timeframe=section.timeframe,
            source=source,
            inputs=(slot,) * INPUT_COUNT,
            output=self._own_slot(section, stage),
            cell=self._cell(self.keys[node_id], node_id, shared, initial),
            params=len(self.table.params),
        )
        self._append(row, shared)

    def _append(self, row: Row, shared: bool) -> None:
        self.table.slot_of_node[row.node] = row.output
        (self.table.shared_rows if shared else self.table.rows).append(row)

    def _stage(self, slots: Iterable[int]) -> int:
        return max((self.table.stage_of_slot.get(slot, 0) for slot in slots), default=0)

    def _own_slot(self, section: Section, stage: int) -> int:
        slot = self._slot(section.timeframe)
        if not section.market:
            self.table.stage_of_slot[slot] = stage
        return slot

    def _params_and_state(self, node: Node) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """`kernel_params`, and the state that an op begins with: worked out once for all nodes of an op with these parameters."""
        known = self.states.get((node.op, node.params))
        if known is None:
            op = self.ops[node.op]
            params = kernel_params(node, op)
            initial = tuple(map(float, op.init(params)))
            if len(initial) != op.state_size(params):
                raise ValueError(f"{node.op}{params}: initial state of {len(initial)} values, size {op.state_size(params)}")
            known = self.states[node.op, node.params] = params, initial
        return known

    def _check_inputs(self, node_id: int, node: Node, section: Section) -> None:
        self._check_market(section)
        reads_other_bars = node.op == HOLD or node.op in OVER
        if not reads_other_bars and node.op not in self.ops and node.op not in ACROSS:
            raise ValueError(f"node {node_id}: unknown op {node.op}")
        for i in node.inputs:
            other = self.graph[i].section
            if other is None or other is section:
                continue
            if section.market and other.market == "":
                raise ValueError(f"node {node_id} ({node.op}) of alias {section.market} reads the market being evaluated")
            if not reads_other_bars and other.timeframe != section.timeframe:
                raise ValueError(f"node {node_id} ({node.op}) reads another timeframe without a hold")

    def _check_market(self, section: Section) -> None:
        if section.market and section.market not in self.markets:
            raise ValueError(f"alias market {section.market} is not among the grid's markets")

    def _timeframe(self, node_id: int) -> Timeframe:
        section = self.graph[node_id].section
        if section is None:
            raise ValueError(f"hold or over of node {node_id}, which has no section")
        return section.timeframe

    def _slot(self, timeframe: Timeframe | None, constant: float | None = None) -> int:
        if timeframe is not None and timeframe not in self.nested:
            ratio(self.base, timeframe)
            self.nested.add(timeframe)
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
