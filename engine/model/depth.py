"""Order books as they were recorded beside the candles, for what a run's orders would have met (docs/decide.md §10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class RecordedBooks:
    """Books of one market, in order of time.

    time_ms int64 [n]: when each was recorded; until_ms int64 [n]: to when its recorder ran, so that it stands from its time to then or
    to the next one's time. levels float64 [n, 4, L]: ask prices, bid prices (KRW), ask sizes, bid sizes (coins), best first, NaN where
    a side ends.
    """

    time_ms: NDArray[np.int64]
    until_ms: NDArray[np.int64]
    levels: NDArray[np.float64]
