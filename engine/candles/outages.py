"""When the whole exchange stood still, as the candles of a store tell it: an outage fills nothing, and a run can be told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engine.model.candle import BarState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.candles.ranges import Range, Ranges
    from engine.candles.store import CandleStore
    from engine.model.candle import BarGrid

#: one market alone, or a few seconds, say nothing about the exchange
_FEWEST_MARKETS: Final = 2
_SHORTEST_MS: Final = 60_000
#: the market that trades in nearly every minute is looked at first
_BUSIEST: Final = "KRW-BTC"
#: quiet bars that are nearer than this are read at once
_READ_TOGETHER_MS: Final = 86_400_000


def outages_in(grid: BarGrid, store: CandleStore, from_ms: int) -> Ranges:
    """[from, to) UTC ms, ascending: stretches of a minute or more, from `from_ms` on, in which none of the KRW markets that are stored in
    the grid's timeframe traded, two or more being known. Raises StoreError for a damaged file."""
    base, count = grid.timeframe, grid.state.shape[1]
    opens_ms = (grid.first_index + np.arange(count, dtype=np.int64)) * base.length_ms + base.offset_ms
    quiet = ~(grid.state == BarState.TRADED).any(axis=0) & (opens_ms >= from_ms)
    known = (grid.state != BarState.UNKNOWN).sum(axis=0)
    others = [market for market in store.markets() if market.startswith("KRW-") and market not in grid.markets]
    for market in sorted(others, key=lambda market: (market != _BUSIEST, market)):
        for start, end in _stretches(quiet, opens_ms, base.length_ms, _READ_TOGETHER_MS):
            table = store.read(market, base, start, end)
            quiet[np.searchsorted(opens_ms, table.time_ms)] = False
            for since, until in table.fetched:
                here = (opens_ms >= max(since, start)) & (opens_ms + base.length_ms <= min(until, end))
                known[here] += 1
        if not quiet.any():
            break
    found = _stretches(quiet & (known >= _FEWEST_MARKETS), opens_ms, base.length_ms, 0)
    return tuple((start, end) for start, end in found if end - start >= _SHORTEST_MS)


def _stretches(mask: NDArray[np.bool_], opens_ms: NDArray[np.int64], length_ms: int, apart_ms: int) -> Sequence[Range]:
    """[from, to) of the runs of True; those that lie at most apart_ms from one another are one."""
    at = opens_ms[mask]
    if not len(at):
        return []
    cuts = np.flatnonzero(np.diff(at) > length_ms + apart_ms)
    firsts, lasts = np.append(0, cuts + 1), np.append(cuts, len(at) - 1)
    return [(int(at[a]), int(at[b]) + length_ms) for a, b in zip(firsts, lasts, strict=True)]
