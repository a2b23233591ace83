"""Values that are not copied: rows read base bars where the grid has them and write exported columns where the caller wants them.

Offsets in the row table are relative to the machine's memory, and nothing says that they have to end inside it. Which rows can do so is
decided once (`of_rows`); where they read and write is written into the table before each market's turn. Compiled with `machine`.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from engine.kernel.abi import INPUT_COUNT, address, helper, items
from engine.kernel.aggregate import SERIES
from engine.kernel.fields import DIRECT_FIELD, DIRECT_ROW, DIRECT_SLOT, DIRECT_SOURCE, ROW_INPUT, ROW_OUTPUT, ROW_STEP

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.kernel.rows import MarketTable

_UNKNOWN: Final = 0  # engine.model.candle.BarState.UNKNOWN
_ITEM_BYTES: Final = 8
_SERIES_COUNT: Final = len(SERIES)


def of_rows(table: MarketTable, exported: list[int]) -> list[tuple[int, int, int, int]]:
    """(row among all, its field, source: a series or behind them a column, the slot) of each place that can change.

    exported: the slot of each column. None where values have to outlive their market's turn, for they are moved from slot to slot then.
    Only ops are called by address: what else reads a slot takes it from memory.
    """
    if table.across or len(table.loads) > 1:
        return []
    first = len(table.shared_rows)
    fixed = {slot for row in table.rows if row.op is None for slot in (*row.inputs, row.output)}
    fixed |= {slot for slot, count in Counter(exported).items() if count > 1}
    series = {slot: k for feed in table.feeds if feed.cell < 0 for k, slot in enumerate(feed.slots) if slot >= 0}
    written = {row.output for row in table.rows}
    sources = {slot: k for slot, k in series.items() if slot not in exported}
    sources |= {slot: _SERIES_COUNT + column for column, slot in enumerate(exported) if slot in written}
    found = []
    for number, row in enumerate(table.rows):
        places = [*zip(range(ROW_INPUT, ROW_INPUT + INPUT_COUNT), row.inputs, strict=True), (ROW_OUTPUT, row.output)]
        found += [(first + number, field, sources[slot], slot) for field, slot in places if slot in sources and slot not in fixed]
    return found


@helper
def knows_all(states: NDArray[np.int8], market: int, first: int, length: int) -> bool:
    """No bar of the market in the block is unknown."""
    state, unknown = items(states, market * states.shape[1] + first), 0
    for i in range(length):
        unknown += 1 if state[i] == _UNKNOWN else 0
    return unknown == 0


@helper
def point_rows(
    direct: NDArray[np.int64], rows: NDArray[np.int64], memory: NDArray[np.float64], known: bool, bars_at: int, market: int,
    first_close: int, apart: int, opens: NDArray[np.float64], highs: NDArray[np.float64], lows: NDArray[np.float64],
    closes: NDArray[np.float64], volumes: NDArray[np.float64], values: NDArray[np.float64], out: NDArray[np.float64],
) -> None:  # fmt: skip
    """A group's places into the row table, and how far from one market to the next. known: series are read from the grid, where the block
    of the first market is at `bars_at` of each; else from their slots, which are so far `apart`. first_close: of the block in `out`."""
    start = address(memory)
    for d in range(direct.shape[0]):
        source, place, step = direct[d, DIRECT_SOURCE], direct[d, DIRECT_SLOT], apart
        if source >= _SERIES_COUNT:
            place = (address(out) - start) // _ITEM_BYTES + first_close
            place += (market * out.shape[1] + source - _SERIES_COUNT) * out.shape[2]
            step = out.shape[1] * out.shape[2]
        elif known:
            series = address(opens)
            if source == 1:
                series = address(highs)
            elif source == 2:
                series = address(lows)
            elif source == 3:
                series = address(closes)
            elif source == 4:
                series = address(volumes)
            elif source == 5:
                series = address(values)
            place, step = (series - start) // _ITEM_BYTES + bars_at, opens.shape[1]
        row, field = direct[d, DIRECT_ROW], direct[d, DIRECT_FIELD]
        rows[row, field], rows[row, field - ROW_INPUT + ROW_STEP] = place, step
