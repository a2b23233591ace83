"""Price grids over whole columns: which prices lie on the exchange's grid at their time, and the grid price at or below each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from engine.kernel.legal import unit_and_scale
from engine.model.market import tick_periods

if TYPE_CHECKING:
    from numpy.typing import NDArray


def floor_prices(market: str, time_ms: NDArray[np.int64], prices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Highest grid price at or below each price (> 0), at least the smallest of the grid. Shapes [n]."""
    floored = np.empty_like(prices)
    for where, unit, scale in _bands(market, time_ms, prices):
        count = np.floor(prices[where] * scale / unit)
        # the product can be off by an ulp: a price just below a multiple must not count as it, nor one on it fall below
        count -= count * unit / scale > prices[where]
        count += (count + 1.0) * unit / scale <= prices[where]
        floored[where] = np.maximum(count, 1.0) * unit / scale
    return floored


def sale_slippage(
    market: str, time_ms: NDArray[np.int64], prices: NDArray[np.float64], slippage: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """What a sale at market gets less than the last price, as a ratio: the slippage, and the grid that the price falls to. Shapes [n];
    slippage: one for all, or [n]."""
    lost: NDArray[np.float64] = 1.0 - floor_prices(market, time_ms, prices * (1.0 - slippage)) / prices
    return lost


def off_grid(market: str, time_ms: NDArray[np.int64], prices: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which prices are no grid price at their time. NaN and prices <= 0 are not judged. Shapes [n]."""
    judged = np.isfinite(prices) & (prices > 0)
    off = np.zeros(len(prices), bool)
    off[judged] = floor_prices(market, time_ms[judged], prices[judged]) != prices[judged]
    return off


def _bands(market: str, time_ms: NDArray[np.int64], prices: NDArray[np.float64]) -> Iterator[tuple[NDArray[np.bool_], float, float]]:
    """Per price band of every period: its rows, and its tick as whole unit / power of ten."""
    periods = tick_periods(market)
    period_of = np.searchsorted([period.from_ms for period in periods], time_ms, side="right") - 1
    for number, period in enumerate(periods):
        left = np.maximum(period_of, 0) == number
        for band in period.bands:
            where = left & (prices >= float(band.low))
            left = left & ~where
            if where.any():
                yield (where, *unit_and_scale(band.tick))
