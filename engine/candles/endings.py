"""What the store knows of a market whose candles stop before those of others: trading in it ended, or only its recording did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.candles.side_store import Kind, Record, SideStore
from engine.candles.timeframes import DAY_MS
from engine.model.candle import BarState, Ending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsl.graph import Timeframe
    from engine.candles.store import CandleStore
    from engine.model.candle import BarGrid

#: a market whose trades stop this long before those of others has ended, as far as a run can see
ENDED_MS: Final = 7 * DAY_MS
_DELISTING: Final = "market.delisting"


def endings(store: CandleStore, grid: BarGrid, markets: Sequence[str]) -> dict[str, Ending]:
    """Of those of a grid's markets that do not trade in the last week of which any of its markets has candles. Raises StoreError."""
    length_ms, known = grid.timeframe.length_ms, grid.state != BarState.UNKNOWN
    columns = np.flatnonzero(known.any(axis=0)) if not known[:, -1:].any() else [known.shape[1] - 1]
    last = int(columns[-1]) + 1 if len(columns) else 0
    week = slice(max(last - max(ENDED_MS // length_ms, 1), 0), last)
    found = {}
    for row, market in enumerate(grid.markets):
        if market in markets and not (grid.state[row, week] == BarState.TRADED).any():
            traded = np.flatnonzero(grid.state[row] == BarState.TRADED)
            if len(traded):
                end_ms = (grid.first_index + int(traded[-1]) + 1) * length_ms + grid.timeframe.offset_ms
                found[market] = ending(store, market, grid.timeframe, end_ms)
    return found


def ending(store: CandleStore, market: str, timeframe: Timeframe, end_ms: int) -> Ending:
    """What ended at end_ms (UTC ms), the close of the last candle of that timeframe. Raises StoreError for a damaged file."""
    later_ms, side = end_ms + ENDED_MS, SideStore(store.folder)
    recorded = [ranges for kind in (Kind.TRADES, Kind.BOOKS) if (ranges := side.ranges(market, kind)[0])]
    if (store.last_open(market) or 0) >= later_ms or any(ranges[-1][1] > later_ms for ranges in recorded):
        return Ending.GOES_ON
    flags = side.read(market, _DELISTING)
    if len(flags.numbers) and flags.numbers[-1, 0] == 1.0:
        return Ending.ENDED
    asked = store.ranges(market, timeframe, end_ms)
    return Ending.ENDED if asked and asked[0][0] <= end_ms and asked[0][1] >= later_ms else Ending.UNKNOWN


def state_delisted(store: CandleStore, market: str, end_ms: int) -> None:
    """Record that trading in the market ended with its last candle, at end_ms. Raises StoreError when the disk refuses."""
    SideStore(store.folder).write(market, _DELISTING, Record(np.array([end_ms - 1]), np.ones((1, 1)), ((end_ms - 1, end_ms),)))
