"""Grids of any timeframe: made of base candles where they are stored whole, by the kernel's aggregator; else as the exchange made them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dsl.graph import Timeframe
from engine.candles.grid import choose_base
from engine.candles.ranges import covers
from engine.candles.timeframes import bar_open, next_open
from engine.kernel.aggregate import aggregate

if TYPE_CHECKING:
    from engine.candles.store import CandleStore
    from engine.model.candle import BarGrid


def higher_grid(store: CandleStore, markets: Sequence[str], timeframe: Timeframe, from_ms: int, to_ms: int) -> tuple[BarGrid, Timeframe]:
    """Bars of `timeframe` that open in [from_ms, to_ms), and the stored timeframe they come from.

    Base candles that cover the whole range in all markets are preferred, the finest first; else candles stored under `timeframe`
    itself; else whatever covers most. A market without candles is unknown throughout.
    """
    start, end = next_open(timeframe, from_ms), next_open(timeframe, to_ms)
    base = choose_base(store, markets, timeframe, start, end)
    if base is None or base == timeframe:
        return store.grid(markets, timeframe, start, end), timeframe
    whole = all(covers(store.ranges(market, base, start, end), start, end) for market in markets)
    if not whole and all(timeframe in store.timeframes(market) for market in markets):
        return store.grid(markets, timeframe, start, end), timeframe
    built = aggregate(store.grid(markets, base, start, end), timeframe)
    assert bar_open(timeframe, built.first_index) == start, "the range is whole bars"
    return built, base
