"""A graph as an instruction table: sections, rows, slots, state and parameter offsets; and the position rows that `decide` evaluates.

Contract (bodies land with the VM):
    program = compile_program(strategy, base, markets)
        strategy: dsl.strategy.Strategy; base: Timeframe of the base grid (its length divides every section's length);
        markets: market codes of the grid, sorted; aliases must be among them (a missing alias market is passed as an all-unknown row).
    kernel = Kernel(program)             state arena for all markets
    block = kernel.advance(grid)         any number (>= 1) of consecutive base bars of all markets -> columns of the clock bars closed
    kernel.save() -> bytes / Kernel.restore(program, bytes)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dsl.graph import Timeframe


@dataclass(frozen=True, slots=True)
class ColumnBlock:
    """Exported columns of the clock bars that closed inside one `advance`.

    first_index: absolute clock index of values[:, 0]. close_ms[k] = close time of clock bar k (= its CLOSE event's time).
    values float64 [markets, k, columns]; column j belongs to graph node Program.columns[j]. Conditions are 1.0, 0.0, NaN.
    """

    first_index: int
    close_ms: NDArray[np.int64]
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PositionRows:
    """The position-phase nodes of a strategy as rows over a value vector, evaluated one at a time by `decide`.

    The vector: [0:columns) the exported columns; then the POSITION_SERIES in their order; then constants; then one temp per row.
    rows int64 [r, 7]: op address index, in0..in3 slots, out slot, parameter offset. `slot_of_node`: graph node id -> slot.
    """

    size: int
    column_count: int
    initial: NDArray[np.float64]  # constants in place, NaN elsewhere
    rows: NDArray[np.int64]
    params: NDArray[np.float64]
    slot_of_node: dict[int, int]


@dataclass(frozen=True, slots=True)
class Program:
    """What the VM runs. `columns`: graph node ids exported per clock bar, in order. `settle_ms`: after this much data every exported
    value no longer depends on where the data began; `ready_ms`: after this much every exported value can be defined."""

    clock: Timeframe
    base: Timeframe
    columns: tuple[int, ...]
    position: PositionRows
    ready_ms: int
    settle_ms: int
