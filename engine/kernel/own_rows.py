"""Rows that one variant of several reads alone: they are evaluated just before that variant decides, in room that all use.

So a sweep keeps the values that variants share, and of the others only those of the variant at hand. Most variants' own rows differ in what
they read and in their parameters alone: those of the first variant of each make stand for all.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from dsl.catalogue import INPUT_SERIES
from dsl.side_series import ACROSS, is_side
from engine.kernel.abi import INPUT_COUNT
from engine.kernel.catalogue import ops
from engine.kernel.program import Program, compile_values
from engine.kernel.rows import BUILT_IN_STATE, CONST, Row, kernel_params, paired, reached

if TYPE_CHECKING:
    from dsl.graph import Graph, Node, Timeframe

_SHARED: Final = -1
_ROWLESS: Final = frozenset((CONST, *INPUT_SERIES, *ACROSS))


@dataclass(frozen=True, slots=True)
class Make:
    """How the own rows of some variants are made. columns: slots of a variant's columns, None for those that its own rows do not compute;
    others: slots of its own rows beside these."""

    columns: tuple[int | None, ...]
    others: tuple[int, ...]


@dataclass(slots=True)
class OwnRows:
    """Who has which rows. program: shared rows, then those of the first variant of each make, which nobody runs.

    shared: how many rows of the table's are shared; ranges[v]: the own rows of variant v, which stand behind the shared ones, variant by
    variant; nodes: those that own rows compute. Of each own row: the row of the table that it is like, its INPUT_COUNT input slots, and
    where its state and parameters are. state, params: what stands behind the table's own.
    """

    program: Program
    shared: int
    makes: tuple[Make, ...]
    nodes: list[int] = field(default_factory=list)
    ranges: list[tuple[int, int]] = field(default_factory=list)
    like: list[int] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    state_at: list[int] = field(default_factory=list)
    params_at: list[int] = field(default_factory=list)
    state: list[float] = field(default_factory=list)
    params: list[float] = field(default_factory=list)


def own_rows(
    graph: Graph, variants: Sequence[Sequence[int]], clock: Timeframe, base: Timeframe, markets: Sequence[str], domain: Iterable[str]
) -> OwnRows:  # fmt: skip
    """variants: the nodes of each one's columns. Other arguments and errors as of `compile_values`; nothing may read all markets."""
    if reads_all(graph, variants):
        raise ValueError("what reads all markets is nobody's own")
    owner = _owners(graph, variants)
    nodes: list[list[int]] = [[] for _ in variants]
    for node, variant in sorted(owner.items()):
        if variant != _SHARED:
            nodes[variant].append(node)
    makes: dict[Hashable, int] = {}
    make_of = [makes.setdefault(_make(graph, own, columns), len(makes)) for own, columns in zip(nodes, variants, strict=True)]
    firsts = [make_of.index(number) for number in range(len(makes))]
    exported = [node for columns in variants for node in columns if owner[node] == _SHARED]
    exported += [node for variant in firsts for node in variants[variant]]
    read = dict.fromkeys(node for own in nodes for one in own for node in graph[one].inputs if owner[node] == _SHARED)
    program = compile_values(graph, exported, clock, base, markets, domain=domain, lasting=False, also=tuple(read))
    found, orders = _first_of_each_make(program, [variants[variant] for variant in firsts], [nodes[variant] for variant in firsts])
    _add_all(graph, found, nodes, [nodes[firsts[make]] for make in make_of], [orders[make] for make in make_of])
    return found


def reads_all(graph: Graph, variants: Sequence[Sequence[int]]) -> bool:
    """Some variant reads a value across markets."""
    across = {number for number, node in enumerate(graph) if node.op in ACROSS}
    return len(across) > 0 and not across.isdisjoint(reached(graph, {node for columns in variants for node in columns}))


def _owners(graph: Graph, variants: Sequence[Sequence[int]]) -> dict[int, int]:
    """The variant that alone reads a node that has a row, or _SHARED; of all nodes that are read."""
    owner: dict[int, int] = {}
    for variant, columns in enumerate(variants):
        waiting = list(columns)
        while waiting:
            number = waiting.pop()
            by = owner.get(number)
            if by is None and _has_row(graph[number]):
                owner[number] = variant
                waiting += graph[number].inputs
            elif by not in (variant, _SHARED):
                _share(graph, number, owner)
    return owner


def _share(graph: Graph, number: int, owner: dict[int, int]) -> None:
    """The node is nobody's own, and so is all that it reads."""
    waiting = [number]
    while waiting:
        number = waiting.pop()
        if owner.get(number) != _SHARED:
            owner[number] = _SHARED
            waiting += graph[number].inputs


def _has_row(node: Node) -> bool:
    """One that is evaluated for the market at hand: neither a constant, nor what candles and side series give, nor another market's."""
    section = node.section
    return section is not None and not section.market and node.op not in _ROWLESS and not is_side(node.op)


def _make(graph: Graph, own: Sequence[int], columns: Sequence[int]) -> Hashable:
    """Equal for variants whose own rows differ in shared inputs and in parameters alone."""
    place = {node: number for number, node in enumerate(own)}
    rows: list[Hashable] = []
    known = ops()
    for number in own:
        node = graph[number]
        rows.append((node.op, *_bars(node), len(node.params), tuple([place.get(i, _SHARED) for i in node.inputs])))
        if node.op not in known:
            rows.append(_bars(graph[node.inputs[0]]))  # a hold or an over reads others
    return tuple(rows), tuple([place.get(node, _SHARED) for node in columns])


def _bars(node: Node) -> tuple[int, int, bool]:
    """What tells timeframes apart; to ask for a hash of one takes longer."""
    assert node.section is not None
    timeframe = node.section.timeframe
    return timeframe.length_ms, timeframe.offset_ms, timeframe.months


def _first_of_each_make(
    program: Program, columns: Sequence[Sequence[int]], nodes: Sequence[Sequence[int]]
) -> tuple[OwnRows, list[list[tuple[int, int]]]]:
    """The program with its rows in a new order, and of each make's rows in order: which row of the table it is, which of the nodes it
    computes. columns, nodes: of the first variant of each."""
    make_of = {node: number for number, own in enumerate(nodes) for node in own}
    rows = [row._replace(leads=False) if row.leads else row for row in program.table.rows]
    ordered = paired([row for row in rows if row.node not in make_of])
    shared, slots = len(ordered), program.table.slot_of_node
    orders, makes = [], []
    for number, own in enumerate(nodes):
        part = paired([row for row in rows if make_of.get(row.node) == number])
        orders.append([(len(ordered) + place, own.index(row.node)) for place, row in enumerate(part)])
        ordered += part
        computed = {slots[node] for node in own}
        found = tuple(slots[node] if node in own else None for node in columns[number])
        makes.append(Make(found, tuple(sorted(computed.difference(found)))))
    return OwnRows(replace(program, table=replace(program.table, rows=ordered)), shared, tuple(makes)), orders


def _add_all(
    graph: Graph,
    found: OwnRows,
    nodes: Sequence[Sequence[int]],
    firsts: Sequence[Sequence[int]],
    orders: Sequence[Sequence[tuple[int, int]]],
) -> None:
    """Fill in the rows of all variants. nodes: those of each one's own rows; firsts: the same of the first variant of its make; orders: as
    of `_first_of_each_make`."""
    table, at = found.program.table, found.shared
    state_at, params_at, slots = table.size(shared=False), len(table.params), dict(table.slot_of_node)
    known: dict[Hashable, tuple[tuple[float, ...], tuple[float, ...]]] = {}
    for own, first, order in zip(nodes, firsts, orders, strict=True):
        slots.update(zip(own, [slots[node] for node in first], strict=True))
        for row, place in order:
            node = graph[own[place]]
            of_node = known.get((node.op, node.params))
            if of_node is None:
                of_node = known[node.op, node.params] = _params_and_state(node, table.rows[row])
            read = [slots[number] for number in node.inputs]
            found.inputs += read + (read[:1] or [0]) * (INPUT_COUNT - len(read))
            found.like.append(row)
            found.params_at.append(params_at + len(found.params))
            found.state_at.append(state_at + len(found.state))
            found.params += of_node[0]
            found.state += of_node[1]
        found.ranges.append((at, at + len(own)))
        found.nodes += own
        at += len(own)


def _params_and_state(node: Node, row: Row) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """What the row's op takes, and the state that it begins with. row: one of the same op."""
    if row.op is None:
        return (), BUILT_IN_STATE[row.code != 0]
    params = kernel_params(node, row.op)
    return params, tuple(map(float, row.op.init(params)))
