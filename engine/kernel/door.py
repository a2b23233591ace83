"""The machine's door: one array that says where all others are, and a stretch of bars block by block. Plain functions, compiled by `vm`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.kernel.abi import (
    HANDLE_ITEMS,
    address,
    cube_at,
    floats_at,
    helper,
    numbers_at,
    series_at,
    states_at,
    table_at,
)
from engine.kernel.aggregate import SERIES, bar_at
from engine.kernel.fields import (
    CLOCK_COUNT,
    CLOCK_LENGTH,
    CLOCK_OFFSET,
    HANDLE_CODE,
    HANDLE_WIDTH,
    RUN_BASE_MS,
    RUN_BLOCK,
    RUN_CLOCK,
    RUN_CLOCK_FIRST,
    RUN_COMPLETE,
    RUN_FIRST,
    RUN_FROM_MS,
    RUN_LANES,
    RUN_LENGTH,
    RUN_OUT,
    RUN_PATIENCE,
    RUN_SIDE,
    RUN_TURN,
)
from engine.kernel.machine import run_block
from engine.kernel.places import call_at, numbers_from, take_series
from engine.kernel.turns import is_complete

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: numba signatures of `enter` and `take_bars`
SIGNATURE: Final = "int64(int64[::1])"
BARS_SIGNATURE: Final = (
    f"void(int64[::1], int64, int8[:, ::1], {', '.join(['float64[:, ::1]'] * len(SERIES))}, "
    "float64[:, :, ::1], float64[:, :, ::1], int64[::1])"
)


def take_bars(
    handle: NDArray[np.int64], place: int, states: NDArray[np.int8], opens: NDArray[np.float64], highs: NDArray[np.float64],
    lows: NDArray[np.float64], closes: NDArray[np.float64], volumes: NDArray[np.float64], values: NDArray[np.float64],
    sides: NDArray[np.float64], out: NDArray[np.float64], turns: NDArray[np.int64],
) -> None:  # fmt: skip
    """Write where the bars of a call are into a handle, from array `place` on. From Python that takes longer than a bar."""
    at = take_series(handle, place * HANDLE_ITEMS, address(states), states.shape)
    at = take_series(handle, at, address(opens), opens.shape)
    at = take_series(handle, at, address(highs), highs.shape)
    at = take_series(handle, at, address(lows), lows.shape)
    at = take_series(handle, at, address(closes), closes.shape)
    at = take_series(handle, at, address(volumes), volumes.shape)
    at = take_series(handle, at, address(values), values.shape)
    at = take_series(handle, at, address(sides), sides.shape)
    at = take_series(handle, at, address(out), out.shape)
    take_series(handle, at, address(turns), turns.shape)


def enter(handle: NDArray[np.int64]) -> int:
    """`run_blocks`, called from Python: the machine is compiled once, for whoever has an address (HANDLE_CODE)."""
    return call_at(handle[HANDLE_CODE], address(handle))


def run_at(place: int) -> int:
    """`run_blocks` of the handle at an address."""
    return run_blocks(numbers_from(place, HANDLE_WIDTH))


@helper
def run_blocks(handle: NDArray[np.int64]) -> int:
    """A stretch of base bars of all markets, block by block: RUN_FIRST, RUN_SIDE, RUN_FROM_MS and RUN_LENGTH say which. Returns how many
    clock bars close in the last block.

    handle: the arrays of engine.kernel.fields.HANDLE in that order (engine.kernel.abi.numbers_at). Those of the grid are [markets, bars];
    sides: side series [series, markets, bars of the stretch]; memory: one region per slot, then what is kept per market. Exported:
    out [markets, columns, clock bars].

    Several calls can run at the same time (RUN_LANES), each with slots and shared state of its own: they share the markets out among
    themselves, block by block (engine.kernel.turns), and each says whether all was done when it came back (RUN_COMPLETE).
    """
    run, clocks = numbers_at(handle, 0), table_at(handle, 1)
    from_ms, first, side, length = run[RUN_FROM_MS], run[RUN_FIRST], run[RUN_SIDE], run[RUN_LENGTH]
    clock, stages, turns = run[RUN_CLOCK], table_at(handle, 5), numbers_at(handle, 23)
    run[RUN_TURN] = 0
    for done in range(0, length, run[RUN_BLOCK]):
        run[RUN_FROM_MS] = from_ms + done * run[RUN_BASE_MS]
        run[RUN_FIRST], run[RUN_SIDE] = first + done, side + done
        run[RUN_LENGTH] = min(run[RUN_BLOCK], length - done)
        bar = bar_at(run[RUN_FROM_MS], clocks[clock, CLOCK_LENGTH], clocks[clock, CLOCK_OFFSET])
        run[RUN_OUT] = bar - run[RUN_CLOCK_FIRST] if run[RUN_CLOCK_FIRST] >= 0 else 0
        run_block(
            run, clocks, table_at(handle, 2), table_at(handle, 3), table_at(handle, 4), stages, table_at(handle, 6),
            table_at(handle, 7), table_at(handle, 8), table_at(handle, 9), floats_at(handle, 10), floats_at(handle, 11),
            floats_at(handle, 12), numbers_at(handle, 13), states_at(handle, 14), series_at(handle, 15), series_at(handle, 16),
            series_at(handle, 17), series_at(handle, 18), series_at(handle, 19), series_at(handle, 20), cube_at(handle, 21),
            cube_at(handle, 22), turns,
        )  # fmt: skip
        run[RUN_TURN] += stages.shape[0]
    if run[RUN_LANES] > 1:
        groups = numbers_at(handle, 13).shape[0]
        run[RUN_COMPLETE] = 1 if is_complete(turns, run[RUN_TURN] - 1, groups, run[RUN_PATIENCE]) else 0
    return int(clocks[clock, CLOCK_COUNT])
