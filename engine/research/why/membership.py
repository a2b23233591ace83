"""Why a market is, or is not, in the universe at a bar: the values by which it was decided last."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsl.graph import Graph
from engine.kernel.aggregate import open_ms
from engine.kernel.program import compile_values
from engine.kernel.vm import Kernel
from engine.research.backtest import bars_of
from engine.research.why.probe import PartBuilder
from engine.research.why.readings import Reading, read

if TYPE_CHECKING:
    from dsl.strategy import Strategy
    from engine.model.candle import BarGrid
    from engine.model.events import Members


@dataclass(frozen=True, slots=True)
class Membership:
    """The universe as it was decided last. member: whether the market is in it; count: how many markets are. rules: each rule of `keep`
    and `drop` at that instant; by: what markets are ordered by (NaN: missing, or no order)."""

    decided_ms: int
    member: bool
    count: int
    rules: tuple[Reading, ...]
    by: float


def membership(
    strategy: Strategy, grid: BarGrid, members: Sequence[Members], market: str, candidates: Sequence[str], now_ms: int, block: int
) -> Membership | None:
    """For the bar that closes at `now_ms`; None without a universe, or before it was first decided.

    members: what the run decided. candidates: markets that it may choose among. Values come from a program of the universe's own graph,
    run up to the instant.
    """
    universe = strategy.universe
    decided = next((event for event in reversed(members) if event.time_ms <= now_ms), None)
    if universe is None or decided is None:
        return None
    graph = Graph()
    for node in universe.graph:
        graph.add(node)
    builder = PartBuilder(graph, strategy.clock, universe.wording)
    parts = [builder.part(condition.node, path=condition.path) for condition in universe.conditions]
    wanted = [universe.keep, *sorted(builder.wanted), *([] if universe.by is None else [universe.by])]
    program = compile_values(graph, wanted, strategy.clock, grid.timeframe, grid.markets, domain=candidates)
    kernel = Kernel(program, block)
    row, latest = grid.markets.index(market), None
    stop = (decided.time_ms - open_ms(grid.timeframe, grid.first_index)) // grid.timeframe.length_ms
    for start in range(0, stop, block):
        columns = kernel.advance(bars_of(grid, start, min(start + block, stop)))
        if len(columns.close_ms):
            latest, close_ms = columns.values[row, -1], int(columns.close_ms[-1])
    if latest is None:
        return Membership(decided.time_ms, market in decided.members, len(decided.members), (), math.nan)
    values = dict(zip(program.columns, latest.tolist(), strict=True))

    def value_of(node: int) -> float:
        fixed = graph[node].params[0] if graph[node].op == "const" else math.nan
        return float(values.get(node, fixed))

    rules = tuple(read(part, value_of, close_ms, strategy.clock) for part in parts)
    by = math.nan if universe.by is None else value_of(universe.by)
    return Membership(decided.time_ms, market in decided.members, len(decided.members), rules, by)
