"""The kernel of a running strategy: state of all markets, fed with base bars, giving columns of closed clock bars."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from engine.kernel import door, fields, state
from engine.kernel.abi import HANDLE_ITEMS, numbers_of
from engine.kernel.aggregate import SERIES, grid_arrays
from engine.kernel.layout import Lane, Layout, made_lane
from engine.kernel.load import address_of_thread, compile_function, entry_point
from engine.kernel.parts import Parts
from engine.kernel.program import ColumnBlock, Program, Same
from engine.kernel.turns import TURN_ITEMS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dsl.graph import Timeframe
    from engine.kernel.own_rows import OwnRows
    from engine.model.candle import BarGrid

DEFAULT_BLOCK: Final = 2048
_TIMES: Final = 512
_NO_TIMES: Final = np.empty(0, np.int64)
#: layouts that are kept for the next kernel of the same program
_KNOWN_LAYOUTS: Final = 8
#: grids whose close times are kept, with so many at the most: a run over a year of minutes has 4 MiB of them
_KNOWN_TIMES: Final = 2
_MOST_TIMES: Final = 1 << 20
#: parts that are begun before the caller is done with the one before them: as many as have columns of so many bytes, but two at least
_AHEAD_BYTES: Final = 4 << 20
_LEAST_AHEAD: Final = 2
#: looks at what other threads still have to do, before this one sleeps until it is woken: about as long as waking it takes
_PATIENCE: Final = 5_000
#: of a handle: what a kernel has
_STATE: Final = slice(fields.HANDLE_STATE * HANDLE_ITEMS, fields.HANDLE_BARS * HANDLE_ITEMS)


@cache
def precompile() -> tuple[Any, Any]:
    """Compile the machine's loop and what gives it bars, or load them from the cache."""
    code()
    run = compile_function(door.enter, door.SIGNATURE, allocates=False)
    return run, compile_function(door.take_bars, door.BARS_SIGNATURE, allocates=False)


@cache
def code() -> int:
    """Address of the machine's loop."""
    return address_of_thread(door.run_at)


@lru_cache(maxsize=_KNOWN_LAYOUTS)
def _known_layout(program: Same[Program], block: int, in_place: bool, group: int | None) -> Layout:
    """Of one market, never run itself: laying out takes longer than the columns of a thousand bars."""
    return Layout(program.one, block, in_place=in_place, group=group)


def _closes(clock: Timeframe, first: int, count: int) -> NDArray[np.int64]:
    """Close times of consecutive bars."""
    from_ms = clock.open_ms(first + 1)
    return np.arange(from_ms, from_ms + count * clock.length_ms, clock.length_ms, dtype=np.int64)


@lru_cache(maxsize=_KNOWN_TIMES)
def _known_closes(clock: Timeframe, first: int, count: int) -> NDArray[np.int64]:
    """Of the grids run last: the next run over the same bars asks again, and new memory costs more than a column. Nobody writes it."""
    return _closes(clock, first, count)


class OneBar(NamedTuple):
    """What `Kernel.step` reads and writes: one base bar of all markets and the columns of the clock bar that closed with it."""

    state: NDArray[np.int8]
    """[M] engine.model.candle.BarState"""
    series: NDArray[np.float64]
    """[6, M]: open, high, low, close, volume, value"""
    sides: NDArray[np.float64]
    """[series, M] in the program's order, missing until written"""
    columns: NDArray[np.float64]
    """[M, columns]"""


class _Stretch(NamedTuple):
    """What all lanes are told of consecutive base bars. The numbers are those of `Parts.add`."""

    from_ms: int
    first: int
    length: int
    first_close: int
    turns_before: int
    arrays: tuple[NDArray[Any], ...]
    """engine.kernel.fields.HANDLE from "states" on"""


class Kernel:
    """Runs one program. `advance` takes consecutive base bars; results do not depend on how they are cut, on `block`, `threads` or `group`.

    block: most base bars per inner call, >= 1. `cold`: after `restore`, the nodes whose state was not saved (they need warm-up).
    """

    def __init__(
        self,
        program: Program,
        block: int = DEFAULT_BLOCK,
        *,
        in_place: bool = False,
        threads: int = 1,
        reuse: int = 0,
        own: OwnRows | None = None,
        group: int | None = None,
    ) -> None:
        """in_place: columns are not exported; `places` says where in `memory` the latest block's are. For one market, block by block.
        own: of this program and in place: rows that are left to `engine.kernel.sweep`.
        threads: they share the markets out among themselves, the caller's being one of them.
        group: so many markets side by side, row by row; None: as many as pay.
        reuse: so many calls of `advance` later the columns of one are overwritten; 0: never.
        """
        if block < 1:
            raise ValueError(f"block of {block} bars")
        if in_place and len(program.markets) != 1:
            raise ValueError("values of several markets stand in one place, one after the other")
        self.program = program
        self.block = block
        self.cold: tuple[int, ...] = ()
        self.next_index: int | None = None
        """Absolute index of the base bar that `advance` expects; None before the first."""
        self._run_blocks, self._take_bars = precompile()
        if own is None and len(program.markets) == 1:
            layout = _known_layout(Same(program), block, in_place, group).again()
        else:
            layout = Layout(program, block, max(1, min(threads, len(program.markets))), own, in_place=in_place, group=group)
        self.memory, self.places = layout.memory, layout.places(program)
        self.row_tables = layout.clocks, layout.rows
        """What `machine.run_rows` takes first, as of the latest block of this thread."""
        self.most_closes = layout.width(program.clock)
        """Clock bars of a block, at the most."""
        self._exported = 0 if in_place else len(program.columns)
        self._lanes = layout.lanes()
        self._lanes[0].items[fields.RUN_PATIENCE] = _PATIENCE
        self._stages, self._turns = len(layout.stages), 0
        self._behind = np.zeros(-(-len(program.markets) // layout.group), np.int64)
        self.params = np.array([*layout.params, 0.0])
        self._no_sides = np.empty((0, len(program.markets), block))
        self._bar_lane: Lane | None = None
        self.threads = len(self._lanes)
        self._rooms, self._calls = [np.empty(0)] * reuse, 0
        self._times, self._times_first, self._times_stop = _NO_TIMES, 0, 0
        self._initial = layout.state
        self._keep_state(layout.state)

    def again(self, reuse: int) -> Kernel:
        """The same as a new one, for a run that begins when all that was asked of this one is done: of what the run before left, only the
        state is read before it is written. reuse: as above. For one thread."""
        self.state[:] = self._initial
        self._behind[:] = 0
        self.next_index, self._turns = None, 0
        self._rooms, self._calls = [np.empty(0)] * reuse, 0
        self._times, self._times_first, self._times_stop = _NO_TIMES, 0, 0
        return self

    def _keep_state(self, values: NDArray[np.float64]) -> None:
        """Behind the state one copy of what alias markets share for every further thread: all of them stay equal."""
        shared = values[: self._lanes[0].items[fields.RUN_SHARED_STATE]]
        self.state = np.concatenate([values, *[shared] * (len(self._lanes) - 1)])
        for lane in self._lanes:
            lane.handle[_STATE] = numbers_of((self.state, self.params, self._behind))
            lane.handle[fields.HANDLE_CODE] = code()

    def advance(self, grid: BarGrid, first: int = 0, count: int | None = None) -> ColumnBlock:
        """Take the next base bars of all markets, `count` of the grid's from `first` on; returns the clock bars that closed.

        Raises ValueError when the grid has other markets or bars, is empty, or does not follow the bars before it.
        """
        length = grid.state.shape[1] - first if count is None else count
        if len(self._lanes) > 1:
            with self.ahead(grid, ((first, length),)) as coming:
                return next(coming)
        stretch = self._begin(grid, first, length)
        self._call(self._lanes[0], stretch)
        return self._columns(stretch)

    @contextmanager
    def ahead(self, grid: BarGrid, parts: Iterable[tuple[int, int]]) -> Iterator[Iterator[ColumnBlock]]:
        """`advance` over consecutive parts of a grid, (first, count) each, computed while the caller works on the part before.

        One of one thread computes all in another than the caller's. Otherwise this is one of the threads: it takes a part of the work
        whenever the caller asks for the next columns.
        """
        own, *others = self._lanes
        every = list(parts)
        coming, lanes = iter(every), others or [own]
        ahead = self._ahead(every)
        if self._rooms:
            self._rooms += [np.empty(0)] * max(0, ahead + 1 - len(self._rooms))
        begun: deque[_Stretch] = deque()
        kept: deque[_Stretch] = deque()  # threads may come to a part when all of it is done, but not after it is forgotten
        with ExitStack() as threads:
            beside = [Parts(lane.handle, len(every)) for lane in lanes]
            for one in beside:
                threads.callback(one.finish)  # also of what nobody asks for: its bars count as taken

            def begin(most: int) -> None:
                for part in islice(coming, most):
                    stretch = self._begin(grid, *part)
                    for lane, one in zip(lanes, beside, strict=True):
                        if part is every[0]:
                            self._take_bars(lane.handle, fields.HANDLE_BARS, *stretch.arrays)
                        one.add(stretch[:-1], *stretch.arrays[-3:])
                    begun.append(stretch)

            def each() -> Iterator[ColumnBlock]:
                forgotten = number = 0
                while begun:
                    if len(begun) <= ahead // 2:  # a thread is started for several parts
                        begin(ahead - len(begun))  # the caller is done with the part before: its room is free
                    stretch = begun.popleft()
                    kept.append(stretch)
                    if not others:
                        beside[0].take(number)
                    else:
                        self._call(own, stretch)
                        if own.items[fields.RUN_COMPLETE] == 0:
                            for one in beside:
                                one.settle()
                    number += 1
                    while forgotten < min(number, *(one.made for one in beside)):
                        kept.popleft()
                        forgotten += 1
                    yield self._columns(stretch)

            begin(ahead)
            yield each()

    def _ahead(self, parts: Sequence[tuple[int, int]]) -> int:
        """How many of the parts to begin before their columns are asked for."""
        longest = max((count for _, count in parts), default=0) * self.program.base.length_ms // self.program.clock.length_ms + 1
        size = longest * self._exported * len(self.program.markets) * np.dtype(np.float64).itemsize
        return min(len(parts), max(_LEAST_AHEAD, _AHEAD_BYTES // max(size, 1)))

    def open_door(self) -> OneBar:
        """Room for single bars: write one there, then call `step`. For one thread and exported columns."""
        if len(self._lanes) > 1 or self._exported != len(self.program.columns):
            raise ValueError("single bars are for one thread that exports columns")
        markets = len(self.program.markets)
        states, series = np.zeros((markets, 1), np.int8), np.full((len(SERIES), markets, 1), np.nan)
        sides, out = np.full((len(self.program.table.sides), markets, 1), np.nan), np.full((markets, self._exported, 1), np.nan)
        lane = made_lane(
            self._lanes[0].run.copy(),
            (*self._lanes[0].tables, self.state, self.params, self._behind, states, *series, sides, out, np.empty(0, np.int64)),
        )
        lane.handle[fields.HANDLE_CODE] = code()
        lane.run[[fields.RUN_FIRST, fields.RUN_SIDE, fields.RUN_LENGTH, fields.RUN_CLOCK_FIRST]] = 0, 0, 1, -1
        self._bar_lane = lane
        self._run_bar = entry_point(self._run_blocks)
        self._step_ms = self.program.base.length_ms, self.program.base.offset_ms
        return OneBar(states[:, 0], series[:, :, 0], sides[:, :, 0], out[:, :, 0])

    def step(self, index: int) -> bool:
        """Take base bar `index` from the room of `open_door`; whether a clock bar closed with it, whose columns stand there then.

        As `advance` with a grid of that bar, without what that costs. Raises ValueError when the bar does not follow those before it.
        """
        lane = self._bar_lane
        assert lane is not None, "no door was opened"
        if index != self.next_index and self.next_index is not None:
            raise ValueError(f"expected base bar {self.next_index}, got {index}")
        length_ms, offset_ms = self._step_ms
        lane.items[fields.RUN_FROM_MS] = index * length_ms + offset_ms
        self.next_index = index + 1
        closed: int = self._run_bar(lane.handle)
        return closed > 0

    def _close_ms(self, first: int, count: int) -> NDArray[np.int64]:
        """Close times of clock bars, out of a longer list of them: a bar at a time an array of one would cost more than the bar, and the
        times of one grid are one array."""
        at = first - self._times_first
        if at < 0 or at + count > len(self._times):
            most = max(count, _TIMES, self._times_stop - first)
            self._times = (_known_closes if _TIMES < most <= _MOST_TIMES else _closes)(self.program.clock, first, most)
            self._times_first, at = first, 0
        return self._times[at : at + count]

    def _room(self, shape: tuple[int, int, int]) -> NDArray[np.float64]:
        """For the columns of one call. New memory costs more than most columns: the system clears it."""
        if not self._rooms:
            return np.empty(shape)
        at, size = self._calls % len(self._rooms), math.prod(shape)
        self._calls += 1
        if len(self._rooms[at]) < size:
            self._rooms[at] = np.empty(size)
        return self._rooms[at][:size].reshape(shape)

    def _begin(self, grid: BarGrid, first: int, length: int) -> _Stretch:
        """What every lane has to know of the next base bars. Raises as `advance`."""
        index = int(grid.first_index) + first
        self._check(grid, index, length)
        base, clock = self.program.base, self.program.clock
        from_ms = base.open_ms(index)
        first_close = clock.index(from_ms)
        closes = clock.index(from_ms + length * base.length_ms) - first_close
        self._times_stop = clock.index(base.open_ms(int(grid.first_index) + grid.state.shape[1]))
        out = self._room((len(grid.markets), self._exported, closes))
        turns = -(-length // self.block) * self._stages if len(self._lanes) > 1 else 0
        arrays = (*grid_arrays(grid), self._sides(grid, first, length), out, np.zeros(turns * TURN_ITEMS, np.int64))
        stretch = _Stretch(from_ms, first, length, first_close, self._turns, arrays)
        self._turns += turns
        self.next_index = index + length
        return stretch

    def _call(self, lane: Lane, stretch: _Stretch) -> None:
        items = lane.items
        items[fields.RUN_FROM_MS], items[fields.RUN_FIRST], items[fields.RUN_SIDE], items[fields.RUN_LENGTH] = (
            stretch.from_ms,
            stretch.first,
            0,
            stretch.length,
        )
        items[fields.RUN_CLOCK_FIRST], items[fields.RUN_BEFORE] = stretch.first_close, stretch.turns_before
        self._take_bars(lane.handle, fields.HANDLE_BARS, *stretch.arrays)
        self._run_blocks(lane.handle)

    def _columns(self, stretch: _Stretch) -> ColumnBlock:
        out = stretch.arrays[fields.HANDLE_OUT - fields.HANDLE_BARS]
        return ColumnBlock(stretch.first_close, self._close_ms(stretch.first_close, out.shape[2]), out.transpose(0, 2, 1))

    def _sides(self, grid: BarGrid, first: int, length: int) -> NDArray[np.float64]:
        """The side series that the program reads, [series, markets, bars]; those that the grid lacks are missing."""
        if not self.program.table.sides:
            return self._no_sides
        sides = np.full((len(self.program.table.sides), len(grid.markets), length), np.nan)
        for k, key in enumerate(self.program.table.sides):
            if key in grid.side:
                sides[k] = grid.side[key][:, first : first + length]
        return sides

    def save(self) -> bytes:
        """The whole state, node by node under its key, and the position in time."""
        return state.save(self.program, self.state, self.next_index)

    @classmethod
    def restore(cls, program: Program, data: bytes, block: int = DEFAULT_BLOCK, *, threads: int = 1) -> Kernel:
        """A kernel that goes on where `save` was called. Nodes that the saved program did not have start cold.

        Raises ValueError when the data are not a saved state, or of another base grid.
        """
        kernel = cls(program, block, threads=threads)
        restored = state.restore(program, data)
        kernel._keep_state(restored.values)
        kernel.next_index, kernel.cold = restored.next_index, restored.cold
        return kernel

    def _check(self, grid: BarGrid, index: int, length: int) -> None:
        program = self.program
        if grid.markets != program.markets or (grid.timeframe is not program.base and grid.timeframe != program.base):
            raise ValueError(f"a grid of {grid.markets} in {grid.timeframe} for a program of {program.markets} in {program.base}")
        if length == 0:
            raise ValueError("a grid without bars")
        if self.next_index is not None and index != self.next_index:
            raise ValueError(f"expected base bar {self.next_index}, got {index}")
