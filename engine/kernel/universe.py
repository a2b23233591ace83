"""Which markets may be entered (dsl.strategy.Universe): its graph over all candidates, decided at scheduled instants.

The result is an input of the strategy's own program, not a node of it: events, and from them the side series `universe.member`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from engine.kernel.catalogue import Op
from engine.kernel.program import Program, compile_values
from engine.kernel.vm import DEFAULT_BLOCK, Kernel
from engine.model.candle import BarGrid, BarState
from engine.model.events import Members

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from dsl.graph import Timeframe
    from dsl.strategy import Universe

#: (instant, exported nodes, their values at it [candidates there, nodes], members)
Watch: TypeAlias = "Callable[[int, Sequence[int], NDArray[np.float64], int], None]"


def universe_program(
    universe: Universe,
    clock: Timeframe,
    base: Timeframe,
    markets: Sequence[str],
    candidates: Iterable[str],
    known_ops: Mapping[str, Op] | None = None,
    watched: Sequence[int] = (),
) -> Program:
    """The program that a universe is decided by: `keep`, and `by` where there is one. Values across markets count the candidates.
    watched: nodes that somebody wants to see beside them.

    Raises ValueError as engine.kernel.program.compile_program does.
    """
    columns = [universe.keep] if universe.by is None else [universe.keep, universe.by]
    columns += [node for node in watched if node not in columns]
    return compile_values(universe.graph, columns, clock, base, markets, known_ops, domain=candidates)


def instants(universe: Universe, after_ms: int, until_ms: int) -> list[int]:
    """Scheduled instants in (after_ms, until_ms], UTC ms."""
    first = after_ms + 1 + (universe.refresh_ms - after_ms - 1) % universe.every_ms
    return list(range(first, until_ms + 1, universe.every_ms))


class UniverseRun:
    """Decides the members while base bars come in: any number of them at a time, the events are the same.

    A market is a candidate at an instant when it is one of `candidates` and has had a candle, and its bar is known: so neither before
    its listing nor after its end. What decides are the values of the clock bar that closed last, at the instant or before it.
    """

    def __init__(
        self, universe: Universe, program: Program, candidates: Iterable[str], block: int = DEFAULT_BLOCK, watch: Watch | None = None
    ) -> None:
        """watch: told of every instant whose values are known."""
        self._universe, self._program, self._watch = universe, program, watch
        self._kernel = Kernel(program, block)
        chosen = frozenset(candidates)
        self._candidate = np.array([market in chosen for market in program.markets])
        self._keep = program.columns.index(universe.keep)
        self._by = None if universe.by is None else program.columns.index(universe.by)
        self._values: NDArray[np.float64] | None = None
        self._present = np.zeros(len(program.markets), bool)
        self._end_ms: int | None = None

    def feed(self, grid: BarGrid) -> list[Members]:
        """Take the next base bars; returns what was decided at the instants inside them, in order of time.

        Raises ValueError when the bars do not follow those before.
        """
        base_ms = grid.timeframe.length_ms
        from_ms = grid.first_index * base_ms + grid.timeframe.offset_ms
        block = self._kernel.advance(grid)
        end_ms = from_ms + grid.state.shape[1] * base_ms
        found = []
        for time_ms in instants(self._universe, from_ms if self._end_ms is None else self._end_ms, end_ms):
            self._take(grid, block.values, int(np.searchsorted(block.close_ms, time_ms, side="right")) - 1, block.close_ms, from_ms)
            found.append(Members(time_ms, self._members()))
            if self._watch is not None and self._values is not None:
                self._watch(time_ms, self._program.columns, self._values[self._candidate & self._present], len(found[-1].members))
        self._take(grid, block.values, len(block.close_ms) - 1, block.close_ms, from_ms)
        self._end_ms = end_ms
        return found

    def _take(self, grid: BarGrid, values: NDArray[np.float64], at: int, close_ms: NDArray[np.int64], from_ms: int) -> None:
        """Remember the values of clock bar `at` of this block, and whose base bar at its close is known (-1: none closed yet)."""
        if at < 0:
            return
        column = (int(close_ms[at]) - from_ms) // grid.timeframe.length_ms - 1
        self._values = values[:, at].copy()
        self._present = (grid.state[:, column] != BarState.UNKNOWN) & ~np.isnan(grid.close[:, column])

    def _members(self) -> tuple[str, ...]:
        if self._values is None:
            return ()
        kept = np.flatnonzero(self._candidate & self._present & (self._values[:, self._keep] == 1.0))
        if self._by is not None:
            by = self._values[kept, self._by]
            kept = kept[np.lexsort((kept, -by))]  # missing ones come last
        return tuple(sorted(self._program.markets[row] for row in kept[: self._universe.take]))


def member_series(events: Sequence[Members], grid: BarGrid) -> NDArray[np.float64]:
    """`universe.member` on every base bar: 1.0 from the bar that closes at the instant, or first after it, until the next instant.

    events: in order of time. Before the first of them nobody is a member.
    """
    base = grid.timeframe
    member = np.zeros(grid.state.shape)
    first_close_ms = (grid.first_index + 1) * base.length_ms + base.offset_ms
    starts = [max(-((first_close_ms - event.time_ms) // base.length_ms), 0) for event in events]
    for event, start, stop in zip(events, starts, [*starts[1:], grid.state.shape[1]], strict=True):
        member[np.isin(grid.markets, event.members), start:stop] = 1.0
    return member
