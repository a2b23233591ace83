"""Stored base candles held against the exchange's own higher ones: what the aggregator makes of minutes must be the exchange's hours.

Both are the same trades, so prices must be equal and sums too, but for what the exchange rounds. Only bars whose base bars were all
fetched are compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.candles.grid import build_grid
from engine.candles.months import COLUMNS
from engine.candles.ranges import covers
from engine.candles.timeframes import divides, next_open
from engine.kernel.aggregate import aggregate
from engine.model.candle import BarState

if TYPE_CHECKING:
    from dsl.graph import Timeframe
    from engine.candles.ranges import Range
    from engine.candles.store import CandleStore
    from engine.model.candle import CandleTable

#: sums may differ by this ratio: the exchange rounds each candle's
_SUM_RATIO: Final = 1e-6
_SUM_LEAST: Final = 1e-6
_PRICES: Final = COLUMNS[:4]
#: the column of a bar that only one side has
PRESENCE: Final = "traded"


@dataclass(frozen=True, slots=True)
class Difference:
    """One number of one bar. column: one of COLUMNS, or `traded` (1.0 or 0.0) for a bar that only one side has."""

    time_ms: int
    column: str
    stored: float
    exchange: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """compared: higher bars held against each other; incomplete: bars with base bars that were never fetched."""

    market: str
    compared: int
    incomplete: int
    differences: tuple[Difference, ...]

    def bars(self, timeframe: Timeframe) -> tuple[Range, ...]:
        """The bars that differ, as ranges of time."""
        return tuple((time, time + timeframe.length_ms) for time in sorted({found.time_ms for found in self.differences}))


def compare(store: CandleStore, own: CandleTable, base: Timeframe) -> Comparison:
    """Stored candles of `base` against `own`, the exchange's candles of a timeframe that is made of it.

    own: its `fetched` is one range of whole bars. Raises ValueError when the bars do not nest.
    """
    higher = own.timeframe
    if base == higher or not divides(base, higher):
        raise ValueError("the exchange's candles must be made of the stored ones")
    start, end = next_open(higher, own.fetched[0][0]), next_open(higher, own.fetched[-1][1])
    theirs = build_grid([own], [float("nan")], higher, start, end)
    ours = aggregate(store.grid([own.market], base, start, end), higher)
    fetched = store.ranges(own.market, base, start, end)
    found: list[Difference] = []
    compared = incomplete = 0
    for at in range(theirs.state.shape[1]):
        time_ms = higher.open_ms(theirs.first_index + at)
        if not covers(fetched, time_ms, time_ms + higher.length_ms):
            incomplete += 1
            continue
        compared += 1
        traded = [bool(grid.state[0, at] == BarState.TRADED) for grid in (ours, theirs)]
        if traded[0] != traded[1]:
            found.append(Difference(time_ms, PRESENCE, float(traded[0]), float(traded[1])))
        elif traded[0]:
            pairs = ((name, float(getattr(ours, name)[0, at]), float(getattr(theirs, name)[0, at])) for name in COLUMNS)
            found += [Difference(time_ms, *pair) for pair in pairs if not _same(*pair)]
    return Comparison(own.market, compared, incomplete, tuple(found))


def _same(column: str, stored: float, exchange: float) -> bool:
    """Whether the numbers are one. A value that is not known (imported without it) says nothing."""
    if column in _PRICES:
        return stored == exchange
    return bool(np.isnan(stored)) or abs(stored - exchange) <= max(_SUM_RATIO * abs(exchange), _SUM_LEAST)
