"""The kernel of a running strategy: state of all markets, fed with base bars, giving columns of closed clock bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dsl.graph import Timeframe
from engine.kernel import machine, state
from engine.kernel.aggregate import grid_arrays, open_ms, ratio
from engine.kernel.load import address_of, compile_function
from engine.kernel.program import ColumnBlock, Program
from engine.kernel.rows import Feed, Row

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.model.candle import BarGrid

DEFAULT_BLOCK: Final = 2048


def precompile() -> Any:
    """Compile the machine's loop, or load it from the cache."""
    return compile_function(machine.run_block, machine.SIGNATURE, allocates=False)


class Kernel:
    """Runs one program. `advance` takes consecutive base bars; results do not depend on how they are cut, nor on `block`.

    block: most base bars per inner call, >= 1. `cold`: after `restore`, the nodes whose state was not saved (they need warm-up).
    """

    def __init__(self, program: Program, block: int = DEFAULT_BLOCK) -> None:
        if block < 1:
            raise ValueError(f"block of {block} bars")
        self.program = program
        self.block = block
        self.cold: tuple[int, ...] = ()
        self.next_index: int | None = None
        """Absolute index of the base bar that `advance` expects; None before the first."""
        self._run_block = precompile()
        layout = _Layout(program, block)
        self._clocks, self._feeds, self._rows, self._columns = layout.clocks, layout.feeds, layout.rows, layout.columns
        self._memory = layout.memory
        self._params = np.array([*program.table.params, 0.0])
        self._state = state.initial(program)
        self._run = layout.run

    def advance(self, grid: BarGrid) -> ColumnBlock:
        """Take the next base bars of all markets; returns the clock bars that closed.

        Raises ValueError when the grid has other markets or bars, is empty, or does not follow the bars before it.
        """
        self._check(grid)
        base, clock = self.program.base, self.program.clock
        from_ms = open_ms(base, int(grid.first_index))
        length = grid.state.shape[1]
        first = clock.index(from_ms)
        count = clock.index(from_ms + length * base.length_ms) - first
        out = np.empty((len(grid.markets), count, len(self.program.columns)))
        arrays = grid_arrays(grid)
        for start in range(0, length, self.block):
            self._advance_block(arrays, out, start, min(self.block, length - start), from_ms + start * base.length_ms, first)
        self.next_index = int(grid.first_index) + length
        close_ms = open_ms(clock, first + 1) + np.arange(count, dtype=np.int64) * clock.length_ms
        return ColumnBlock(first_index=first, close_ms=close_ms, values=out)

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

    def _check(self, grid: BarGrid) -> None:
        if grid.markets != self.program.markets or grid.timeframe != self.program.base:
            raise ValueError(f"a grid of {grid.markets} in {grid.timeframe} for a program of {self.program.markets} in {self.program.base}")
        if grid.state.shape[1] == 0:
            raise ValueError("a grid without bars")
        if self.next_index is not None and grid.first_index != self.next_index:
            raise ValueError(f"expected base bar {self.next_index}, got {grid.first_index}")

    def _advance_block(
        self, arrays: Sequence[NDArray[Any]], out: NDArray[np.float64], start: int, length: int, from_ms: int, first: int
    ) -> None:
        run = self._run
        run[machine.RUN_FROM_MS] = from_ms
        run[machine.RUN_FIRST] = start
        run[machine.RUN_LENGTH] = length
        run[machine.RUN_OUT] = self.program.clock.index(from_ms) - first
        self._run_block(run, self._clocks, self._feeds, self._rows, self._columns, self._memory, self._state, self._params, *arrays, out)


class _Layout:
    """A program's tables with memory laid out for one block size."""

    def __init__(self, program: Program, block: int) -> None:
        table = program.table
        self._base, self._block = program.base, block
        self._table = table
        all_rows, all_feeds = table.shared_rows + table.rows, table.shared_feeds + table.feeds
        used = {row.timeframe for row in all_rows} | {feed.timeframe for feed in all_feeds}
        used |= {row.source for row in all_rows if row.source is not None}
        self._timeframes = sorted(used | {program.clock})
        self._offsets, self.memory = self._memory()
        self.clocks = np.zeros((len(self._timeframes), machine.CLOCK_WIDTH), np.int64)
        for i, timeframe in enumerate(self._timeframes):
            self.clocks[i, machine.CLOCK_LENGTH] = timeframe.length_ms
            self.clocks[i, machine.CLOCK_OFFSET] = timeframe.offset_ms
        feeds = [self._feed(item) for item in all_feeds]
        self.feeds = np.array(feeds, np.int64).reshape(len(feeds), machine.FEED_WIDTH)
        rows = [self._row(item) for item in all_rows]
        self.rows = np.array(rows, np.int64).reshape(len(rows), machine.ROW_WIDTH)
        self.columns = np.array([self._offsets[table.slot_of_node[i]] for i in program.columns], np.int64)
        self.run = self._fixed_items(program)

    def _memory(self) -> tuple[list[int], NDArray[np.float64]]:
        """Offset of every slot, and the memory with constants filled in."""
        offsets, total = [], 0
        for slot in self._table.slots:
            offsets.append(total)
            total += self._width(slot.timeframe)
        memory = np.full(total + self._block, np.nan)
        for slot, offset in zip(self._table.slots, offsets, strict=True):
            if slot.constant is not None:
                memory[offset : offset + self._block] = slot.constant
        return offsets, memory

    def _width(self, timeframe: Timeframe | None) -> int:
        """Most bars of the timeframe that can close in one block."""
        return self._block if timeframe is None else -(-self._block // ratio(self._base, timeframe))

    def _feed(self, feed: Feed) -> list[int]:
        slots = [-1 if slot < 0 else self._offsets[slot] for slot in feed.slots]
        cell = -1 if feed.cell < 0 else self._table.cells[feed.cell].offset
        return [*slots, self._timeframes.index(feed.timeframe), feed.market, cell]

    def _row(self, row: Row) -> list[int]:
        address = 0 if row.op is None else address_of(row.op.kernel)
        source = -1 if row.source is None else self._timeframes.index(row.source)
        inputs = [self._offsets[slot] for slot in row.inputs]
        cell = self._table.cells[row.cell]
        return [address, self._timeframes.index(row.timeframe), source, *inputs, self._offsets[row.output], cell.offset, row.params]

    def _fixed_items(self, program: Program) -> NDArray[np.int64]:
        run = np.zeros(machine.RUN_WIDTH, np.int64)
        run[machine.RUN_BASE_MS] = program.base.length_ms
        run[machine.RUN_SHARED_FEEDS] = len(self._table.shared_feeds)
        run[machine.RUN_SHARED_ROWS] = len(self._table.shared_rows)
        run[machine.RUN_SHARED_STATE] = self._table.size(shared=True)
        run[machine.RUN_MARKET_STATE] = self._table.size(shared=False)
        run[machine.RUN_CLOCK] = self._timeframes.index(program.clock)
        return run
