"""The kernel of a running strategy: state of all markets, fed with base bars, giving columns of closed clock bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dsl.graph import Timeframe
from engine.kernel import machine, state
from engine.kernel.aggregate import grid_arrays, machine_length, ratio
from engine.kernel.load import address_of, compile_function
from engine.kernel.ops.across import KERNELS, SCRATCH
from engine.kernel.program import ColumnBlock, Program
from engine.kernel.rows import AcrossRow, Feed, Row, SideFeed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.model.candle import BarGrid

DEFAULT_BLOCK: Final = 2048
_CACHE_LINE: Final = 8  # float64


def precompile() -> Any:
    """Compile the machine's loop, or load it from the cache."""
    return compile_function(machine.run_blocks, machine.SIGNATURE, allocates=False)


class Kernel:
    """Runs one program. `advance` takes consecutive base bars; results do not depend on how they are cut, nor on `block`.

    block: most base bars per inner call, >= 1. `cold`: after `restore`, the nodes whose state was not saved (they need warm-up).
    """

    def __init__(self, program: Program, block: int = DEFAULT_BLOCK, *, in_place: bool = False) -> None:
        """in_place: columns are not exported; `places` says where in `memory` the latest block's are. For one market, block by block."""
        if block < 1:
            raise ValueError(f"block of {block} bars")
        if in_place and len(program.markets) != 1:
            raise ValueError("values of several markets stand in one place, one after the other")
        self.program = program
        self.block = block
        self.cold: tuple[int, ...] = ()
        self.next_index: int | None = None
        """Absolute index of the base bar that `advance` expects; None before the first."""
        self._run_blocks = precompile()
        layout = _Layout(program, block)
        if in_place:
            layout.columns, layout.stages[:, machine.STAGE_COLUMNS : machine.STAGE_COLUMNS + 2] = layout.columns[:0], 0
        self.memory, self.places = layout.memory, layout.places(program)
        self._exported = 0 if in_place else len(program.columns)
        self._tables = (
            layout.clocks, layout.feeds, layout.side_feeds, layout.rows, layout.stages, layout.moves, layout.across, layout.columns,
            layout.memory,
        )  # fmt: skip
        self._params = np.array([*layout.params, 0.0])
        self._no_sides = np.empty((0, len(program.markets), block))
        self._state = state.initial(program)
        self._run = layout.run

    def advance(self, grid: BarGrid, first: int = 0, count: int | None = None) -> ColumnBlock:
        """Take the next base bars of all markets, `count` of the grid's from `first` on; returns the clock bars that closed.

        Raises ValueError when the grid has other markets or bars, is empty, or does not follow the bars before it.
        """
        length = grid.state.shape[1] - first if count is None else count
        self._check(grid, int(grid.first_index) + first, length)
        base, clock = self.program.base, self.program.clock
        from_ms = base.open_ms(int(grid.first_index) + first)
        first_close = clock.index(from_ms)
        closes = clock.index(from_ms + length * base.length_ms) - first_close
        out = np.empty((len(grid.markets), self._exported, closes))
        run = self._run
        run[machine.RUN_FROM_MS], run[machine.RUN_FIRST], run[machine.RUN_SIDE], run[machine.RUN_LENGTH] = from_ms, first, 0, length
        self._run_blocks(run, *self._tables, self._state, self._params, *grid_arrays(grid), self._sides(grid, first, length), out)
        self.next_index = int(grid.first_index) + first + length
        closed_ms = clock.open_ms(first_close + 1)
        close_ms = np.arange(closed_ms, closed_ms + closes * clock.length_ms, clock.length_ms, dtype=np.int64)
        return ColumnBlock(first_index=first_close, close_ms=close_ms, values=out.transpose(0, 2, 1))

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
        return state.save(self.program, self._state, self.next_index)

    @classmethod
    def restore(cls, program: Program, data: bytes, block: int = DEFAULT_BLOCK) -> Kernel:
        """A kernel that goes on where `save` was called. Nodes that the saved program did not have start cold.

        Raises ValueError when the data are not a saved state, or of another base grid.
        """
        kernel = cls(program, block)
        restored = state.restore(program, data)
        kernel._state, kernel.next_index, kernel.cold = restored.values, restored.next_index, restored.cold
        return kernel

    def _check(self, grid: BarGrid, index: int, length: int) -> None:
        if grid.markets != self.program.markets or grid.timeframe != self.program.base:
            raise ValueError(f"a grid of {grid.markets} in {grid.timeframe} for a program of {self.program.markets} in {self.program.base}")
        if length == 0:
            raise ValueError("a grid without bars")
        if self.next_index is not None and index != self.next_index:
            raise ValueError(f"expected base bar {self.next_index}, got {index}")


class _Layout:
    """A program's tables with memory laid out for one block size."""

    def __init__(self, program: Program, block: int) -> None:
        table = program.table
        self._base, self._block, self._markets = program.base, block, len(program.markets)
        self._table = table
        all_rows, all_feeds = table.shared_rows + table.rows, table.shared_feeds + table.feeds
        used = {row.timeframe for row in all_rows} | {feed.timeframe for feed in all_feeds} | {row.timeframe for row in table.across}
        used |= {row.source for row in all_rows if row.source is not None}
        self._timeframes = sorted(used | {program.clock, program.base})
        self._offsets, self.memory = self._memory()
        self.params = list(table.params)
        self.clocks = np.zeros((len(self._timeframes), machine.CLOCK_WIDTH), np.int64)
        for i, timeframe in enumerate(self._timeframes):
            self.clocks[i, machine.CLOCK_LENGTH] = machine_length(timeframe)
            self.clocks[i, machine.CLOCK_OFFSET] = timeframe.offset_ms
        self.feeds = _table([self._feed(item) for item in all_feeds], machine.FEED_WIDTH)
        self.side_feeds = _table([self._side(item) for item in table.shared_side_feeds + table.side_feeds], machine.SIDE_WIDTH)
        self.rows = _table([self._row(item) for item in all_rows], machine.ROW_WIDTH)
        self.across = _table([self._across(item) for item in table.across], machine.ACROSS_WIDTH)
        self._stages(program)
        self.run = self._fixed_items(program)

    def _memory(self) -> tuple[list[int], NDArray[np.float64]]:
        """Offset of every slot, and the memory with constants filled in; behind the slots what is kept per market, and the scratch."""
        offsets, total = [], 0
        for slot in self._table.slots:
            offsets.append(total)
            total += self._width(slot.timeframe)
        total += self._block
        self._kept: dict[int, int] = {}
        for number in sorted({slot for slots in self._table.keeps for slot in slots} | {row.output for row in self._table.across}):
            self._kept[number] = total
            total += self._markets * self._stride(number)
        self._domain = total
        self._scratch = total + self._markets
        memory = np.full(self._scratch + (SCRATCH * self._markets if self._table.across else 0), np.nan)
        memory[self._domain : self._scratch] = self._table.domain
        for slot, offset in zip(self._table.slots, offsets, strict=True):
            if slot.constant is not None:
                memory[offset : offset + self._block] = slot.constant
        return offsets, memory

    def _stride(self, slot: int) -> int:
        """float64 between two markets' copies of a slot. A line more than they need: strides of a power of two share few cache sets."""
        return self._width(self._table.slots[slot].timeframe) + _CACHE_LINE

    def _width(self, timeframe: Timeframe | None) -> int:
        """Most bars of the timeframe that can close in one block."""
        return self._block if timeframe is None else -(-self._block // ratio(self._base, timeframe))

    def _feed(self, feed: Feed) -> list[int]:
        slots = [-1 if slot < 0 else self._offsets[slot] for slot in feed.slots]
        cell = -1 if feed.cell < 0 else self._table.cells[feed.cell].offset
        return [*slots, self._timeframes.index(feed.timeframe), feed.market, cell]

    def _side(self, side: SideFeed) -> list[int]:
        return [side.series, side.market, self._offsets[side.slot], int(side.flag)]

    def _row(self, row: Row) -> list[int]:
        address = row.code if row.op is None else address_of(row.op.kernel)
        source = -1 if row.source is None else self._timeframes.index(row.source)
        inputs = [self._offsets[slot] for slot in row.inputs]
        cell = self._table.cells[row.cell]
        twin = address_of(row.op.twin) if row.leads and row.op is not None and row.op.twin is not None else 0
        return [address, self._timeframes.index(row.timeframe), source, *inputs, self._offsets[row.output], cell.offset, row.params, twin]

    def _across(self, row: AcrossRow) -> list[int]:
        """An input that all markets share has one copy: its stride is 0."""
        places = [(self._kept[slot], self._stride(slot)) if slot in self._kept else (self._offsets[slot], 0) for slot in row.inputs]
        places += [places[0]] * (3 - len(places))
        output = self._kept[row.output]
        at = len(self.params)
        self.params += [self._markets, *(stride for _, stride in places), self._stride(row.output), *row.params]
        inputs = [offset for offset, _ in places]
        clock = self._timeframes.index(row.timeframe)
        return [address_of(KERNELS[row.name]), clock, *inputs, self._domain, output, self._scratch, at]

    def _stages(self, program: Program) -> None:
        """Where every stage's part of the other tables lies."""
        table = self._table
        moves: list[list[int]] = []
        columns: list[list[int]] = []
        stages = []
        for stage, (loads, keeps) in enumerate(zip(table.loads, table.keeps, strict=True)):
            rows = [len(table.shared_rows) + sum(row.stage < limit for row in table.rows) for limit in (stage, stage + 1)]
            ends = [len(moves), len(moves) + len(loads), len(moves) + len(loads), len(moves) + len(loads) + len(keeps)]
            moves += [self._move(slot) for slot in (*loads, *keeps)]
            exported = [(j, table.slot_of_node[node]) for j, node in enumerate(program.columns)]
            exported = [(j, slot) for j, slot in exported if table.stage_of_slot.get(slot, 0) == stage]
            from_column = len(columns)
            columns += [[j, self._offsets[slot]] for j, slot in exported]
            across = [sum(row.stage < limit for row in table.across) for limit in (stage, stage + 1)]
            stages.append([*rows, *ends, from_column, len(columns), *across])
        self.stages = _table(stages, machine.STAGE_WIDTH)
        self.moves = _table(moves, machine.MOVE_WIDTH)
        self.columns = _table(columns, machine.COLUMN_WIDTH)

    def places(self, program: Program) -> NDArray[np.int64]:
        """Where in memory every column of the program is while a market is being evaluated."""
        return np.array([self._offsets[self._table.slot_of_node[node]] for node in program.columns], np.int64)

    def _move(self, slot: int) -> list[int]:
        timeframe = self._table.slots[slot].timeframe
        assert timeframe is not None  # constants are never moved
        return [self._offsets[slot], self._kept[slot], self._stride(slot), self._timeframes.index(timeframe)]

    def _fixed_items(self, program: Program) -> NDArray[np.int64]:
        run = np.zeros(machine.RUN_WIDTH, np.int64)
        run[machine.RUN_BASE_MS] = program.base.length_ms
        run[machine.RUN_SHARED_FEEDS] = len(self._table.shared_feeds)
        run[machine.RUN_SHARED_SIDES] = len(self._table.shared_side_feeds)
        run[machine.RUN_SHARED_ROWS] = len(self._table.shared_rows)
        run[machine.RUN_SHARED_STATE] = self._table.size(shared=True)
        run[machine.RUN_MARKET_STATE] = self._table.size(shared=False)
        run[machine.RUN_BLOCK] = self._block
        run[machine.RUN_CLOCK] = self._timeframes.index(program.clock)
        return run


def _table(rows: list[list[int]], width: int) -> NDArray[np.int64]:
    return np.array(rows, np.int64).reshape(len(rows), width)
