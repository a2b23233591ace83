"""A graph as an instruction table: what the market phase computes per block, and the position rows that `decide` evaluates.

program = compile_program(strategy, base, markets)
    strategy: dsl.strategy.Strategy; base: Timeframe of the base grid (its bars make up every section's bars);
    markets: market codes of the grid, sorted; aliases must be among them (a missing alias market is passed as an all-unknown row).
kernel = Kernel(program)             (engine.kernel.vm) state arena for all markets
block = kernel.advance(grid)         any number (>= 1) of consecutive base bars of all markets -> columns of the clock bars closed
kernel.save() -> bytes / Kernel.restore(program, bytes)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from dsl.graph import Graph, Phase
from dsl.pairs import add_pairs
from dsl.warmup import warmup
from engine.kernel.catalogue import Op, ops
from engine.kernel.position import PositionRows, market_inputs, position_nodes, position_rows
from engine.kernel.rows import CONST, MarketTable, market_table, reached

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dsl.graph import Timeframe
    from dsl.strategy import Strategy
    from engine.model.candle import SideKey

T = TypeVar("T")

#: programs that are kept for the next run of the same strategy
_KNOWN_PROGRAMS: Final = 8

__all__ = ["ColumnBlock", "PositionRows", "Program", "compile_program", "compile_values", "decision_rows"]


class ColumnBlock(NamedTuple):
    """Exported columns of the clock bars that closed inside one `advance`.

    first_index: absolute clock index of values[:, 0]. close_ms[k] = close time of clock bar k (= its CLOSE event's time).
    values float64 [markets, k, columns], in memory column by column; column j belongs to graph node Program.columns[j]. Conditions are
    1.0, 0.0, NaN.
    """

    first_index: int
    close_ms: NDArray[np.int64]
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Program:
    """What the VM runs. `columns`: graph node ids exported per clock bar, in order (after the strategy's own nodes those of
    `dsl.pairs.add_pairs`). `settle_ms`: after this much data every exported
    value no longer depends on where the data began; `ready_ms`: after this much every exported value can be defined. Both hold
    wherever in a bar the data begins."""

    clock: Timeframe
    base: Timeframe
    columns: tuple[int, ...]
    position: PositionRows
    ready_ms: int
    settle_ms: int
    markets: tuple[str, ...]
    table: MarketTable

    @property
    def sides(self) -> tuple[SideKey, ...]:
        """The side series that the program reads (BarGrid.side)."""
        return tuple(self.table.sides)


def compile_program(
    strategy: Strategy,
    base: Timeframe,
    markets: Sequence[str],
    known_ops: Mapping[str, Op] | None = None,
    *,
    domain: Iterable[str] | None = None,
) -> Program:
    """The program of a strategy on a base grid of these markets. `known_ops`: primitives by name, the catalogue's if not given.

    domain: the markets that values across markets count, which are those that may be bought (default: all); an alias market is none of them
    unless it is traded. Where that is one market its rank orders nothing, and is not computed; it counts as needed data all the same.
    The programs of the last few strategies are kept.
    Raises ValueError when the graph breaks its contract, the clock's or a section's bars are not made of whole base bars, markets are
    not sorted or repeat, or an alias market is missing.
    """
    domain = tuple(markets if domain is None else domain)
    if known_ops is not None:
        return _compile_strategy(strategy, base, tuple(markets), domain, known_ops)
    return _known_program(Same(strategy), base, tuple(markets), domain)


class Same(Generic[T]):
    """A thing as a key that is equal to itself alone: nobody changes a strategy or a program, and to compare two would take longer than to
    compile one."""

    __slots__ = ("one",)

    def __init__(self, one: T) -> None:
        self.one = one

    def __hash__(self) -> int:
        return id(self.one)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.one is self.one


@lru_cache(maxsize=_KNOWN_PROGRAMS)
def _known_program(same: Same[Strategy], base: Timeframe, markets: tuple[str, ...], domain: tuple[str, ...]) -> Program:
    return _compile_strategy(same.one, base, markets, domain, None)


def _compile_strategy(
    strategy: Strategy, base: Timeframe, markets: tuple[str, ...], domain: tuple[str, ...], known_ops: Mapping[str, Op] | None
) -> Program:
    missing = sorted(set(strategy.aliases.values()) - set(markets))
    if missing:
        raise ValueError(f"alias markets {missing} are not among the grid's markets")
    graph = strategy.graph.copy()
    columns, rows = decision_rows(strategy, base, markets, graph, known_ops, ranked=len(domain) > 1)
    awaited = columns if strategy.rank is None else (*columns, strategy.rank)
    return _compile(graph, columns, rows, strategy.clock, base, markets, known_ops, domain, awaited)


def decision_rows(
    strategy: Strategy, base: Timeframe, markets: Sequence[str], graph: Graph, known_ops: Mapping[str, Op] | None = None, *,
    ranked: bool = True,
) -> tuple[tuple[int, ...], PositionRows]:  # fmt: skip
    """What decisions of one strategy need: the nodes that have to be exported, and the position rows over them.

    graph: the strategy's own or a copy of it, to which the measure of the profile is added for every market (none where the base is too
    long for it). ranked: candidates have to be put in order.
    """
    crowding = strategy.risk.crowding if strategy.risk is not None else None
    measured = crowding is not None and crowding.runs_on(base)
    pairs = add_pairs(graph, crowding.graph, crowding.measure, markets) if crowding is not None and measured else ()
    columns = tuple(dict.fromkeys((*wanted_columns(strategy, base, ranked=ranked), *pairs)))
    nodes = position_nodes(strategy.graph, named_nodes(strategy, base, ranked))
    rows = position_rows(strategy.graph, nodes, columns, ops() if known_ops is None else known_ops)
    return columns, replace(rows, pairs=tuple(columns.index(node) for node in pairs))


def compile_values(
    graph: Graph,
    columns: Sequence[int],
    clock: Timeframe,
    base: Timeframe,
    markets: Sequence[str],
    known_ops: Mapping[str, Op] | None = None,
    *,
    domain: Iterable[str] | None = None,
    lasting: bool = True,
    also: Sequence[int] = (),
) -> Program:
    """A program that only exports these market-phase nodes of a graph. Parameters and errors as of `compile_program`.

    lasting: False where nobody saves its state or asks for ready_ms and settle_ms, which are 0 then: a fifth of the time.
    also: nodes on any bars that it computes beside these.
    """
    exported = tuple(dict.fromkeys(columns))
    rows = position_rows(graph, (), exported, ops() if known_ops is None else known_ops)
    return _compile(graph, exported, rows, clock, base, markets, known_ops, domain, lasting=lasting, also=also)


def _compile(
    graph: Graph,
    columns: tuple[int, ...],
    position: PositionRows,
    clock: Timeframe,
    base: Timeframe,
    markets: Sequence[str],
    known_ops: Mapping[str, Op] | None,
    domain: Iterable[str] | None,
    awaited: Sequence[int] = (),
    *,
    lasting: bool = True,
    also: Sequence[int] = (),
) -> Program:
    """awaited: nodes whose warm-up counts; the columns if not given. lasting, also: as of `compile_values`."""
    if list(markets) != sorted(set(markets)):
        raise ValueError("markets must be sorted and unique")
    if clock.months or base.months:
        raise ValueError("months are no decision clock and no base")
    available = ops() if known_ops is None else known_ops
    _check_columns(graph, columns, clock)
    table = market_table(graph, (*columns, *also), base, markets, available, markets if domain is None else domain, keyed=lasting)
    waited = (awaited or columns) if lasting else ()
    functions = {name: op.function for name, op in available.items()}
    needs = warmup(graph, functions, base.length_ms, reached(graph, waited)).nodes
    return Program(
        clock=clock,
        base=base,
        columns=columns,
        position=position,
        ready_ms=max((needs[i].ready_ms for i in waited), default=0),
        settle_ms=max((needs[i].settle_ms for i in waited), default=0),
        markets=tuple(markets),
        table=table,
    )


def wanted_columns(strategy: Strategy, base: Timeframe | None = None, *, ranked: bool = True) -> tuple[int, ...]:
    """Market-phase nodes that decisions read: entry, rank (if `ranked`), scale, conditions and exits; then what position values read."""
    return columns_and_read(strategy, base, ranked=ranked)[0]


def columns_and_read(
    strategy: Strategy, base: Timeframe | None, *, ranked: bool = True, counted: bool = True
) -> tuple[tuple[int, ...], list[int]]:
    """`wanted_columns`, and those of them that position values read. Arguments as of `named_nodes`."""
    graph = strategy.graph
    named = named_nodes(strategy, base, ranked, counted)
    if all(graph[node].phase is Phase.MARKET for node in named):
        return tuple(dict.fromkeys(named)), []
    read = market_inputs(graph, position_nodes(graph, named))
    return tuple(dict.fromkeys([*(i for i in named if graph[i].phase is Phase.MARKET), *read])), read


def named_nodes(strategy: Strategy, base: Timeframe | None, ranked: bool = True, counted: bool = True) -> list[int]:
    """Nodes of any phase that decisions ask for: entry, rank (if `ranked`), scale, conditions (if `counted`), exits, and what the profile
    reads."""
    named = [
        strategy.entry,
        strategy.rank if ranked else None,
        strategy.sizing.scale,
        *(condition.node for condition in strategy.conditions if counted),
    ]
    named += [exit_rule.node for exit_rule in strategy.exits]
    breakers = strategy.risk.breakers if strategy.risk is not None else ()
    book_share = strategy.risk.book_share if strategy.risk is not None else None
    named += [
        None if book_share is None else book_share.node,
        strategy.entry_order,
        *(breaker.node for breaker in breakers if base is None or breaker.runs_on(base)),
    ]
    return [node for node in named if node is not None]


def _check_columns(graph: Graph, columns: Sequence[int], clock: Timeframe) -> None:
    for node_id in columns:
        node = graph[node_id]
        if node.op != CONST and (node.section is None or node.section.timeframe != clock):
            raise ValueError(f"node {node_id} ({node.op}) is exported but does not live on the clock; it needs a hold")
