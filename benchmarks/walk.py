"""The random-walk candles of the published engine comparison (task T1): deterministic, market k from default_rng([7, k])."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: 2024-01-01T00:00:00Z, the first bar's open
START_MS = 1_704_067_200_000
MINUTE_MS = 60_000


def walk(bar_count: int, market: int, volatility: float = 0.001, gap: float = 0.0001, start_price: float = 100.0) -> NDArray[np.float64]:
    """Open, high, low, close, volume as float64 [5, bar_count]; prices have 4 decimals; opens gap a little from the last close."""
    random = np.random.default_rng([7, market])
    close = start_price * np.exp(np.cumsum(random.normal(0, volatility, bar_count)))
    open_ = np.empty(bar_count)
    open_[0] = start_price
    open_[1:] = close[:-1] * (1 + random.normal(0, gap, bar_count - 1))
    high = np.maximum(open_, close) * (1 + np.abs(random.normal(0, volatility / 3, bar_count)))
    low = np.minimum(open_, close) * (1 - np.abs(random.normal(0, volatility / 3, bar_count)))
    open_, high, low, close = (np.round(x, 4) for x in (open_, high, low, close))
    high = np.maximum(high, np.maximum(open_, close))
    low = np.minimum(low, np.minimum(open_, close))
    volume = np.round(random.lognormal(3, 1, bar_count), 2) * 1e6
    return np.ascontiguousarray(np.stack([open_, high, low, close, volume]))
