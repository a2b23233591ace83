"""What the store knows of a market whose candles stop before those of others: trading in it ended, or only its recording did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.candles.side_store import Kind, Record, SideStore
from engine.candles.timeframes import DAY_MS
from engine.model.candle import BarState, Ending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dsl.graph import Timeframe
    from engine.candles.store import CandleStore
    from engine.model.candle import BarGrid

#: a market whose trades stop this long before those of others has ended, as far as a run can see
ENDED_MS: Final = 7 * DAY_MS
_DELISTING: Final = "market.delisting"


def quiet_markets(grid: BarGrid, *, to_end: bool = False) -> list[str]:
    """Those of a grid's markets that do not trade in the last week of which any of them has candles: where all end together, none.
    to_end: in the last week of the grid, whatever is known of it."""
    last = grid.state.shape[1] if to_end else _recorded(grid.state)
    week = grid.state[:, max(last - max(ENDED_MS // grid.timeframe.length_ms, 1), 0) : last]
    return [market for market, row in zip(grid.markets, week, strict=True) if not (row == BarState.TRADED).any()]


def _recorded(state: NDArray[np.int8]) -> int:
    """Bars until the last one that is known of any market."""
    if (state[:, -1:] != BarState.UNKNOWN).any():
        return int(state.shape[1])
    known = np.flatnonzero((state != BarState.UNKNOWN).any(axis=0))
    return int(known[-1]) + 1 if len(known) else 0


def endings(store: CandleStore, grid: BarGrid, markets: Sequence[str]) -> dict[str, Ending]:
    """Of those of `markets` that are quiet at the end of the grid, but traded in it. Raises StoreError."""
    found = {}
    for market in quiet_markets(grid):
        traded = np.flatnonzero(grid.state[grid.markets.index(market)] == BarState.TRADED)
        if market in markets and len(traded):
            end_ms = grid.timeframe.open_ms(grid.first_index + int(traded[-1]) + 1)
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
