"""What can be wrong with a candle taken alone: the checks that import and the quality report share."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.candles.months import COLUMNS, PRICES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dsl.graph import Timeframe

_OPEN, _HIGH, _LOW, _CLOSE, _VOLUME, _VALUE = range(len(COLUMNS))


class Defect(StrEnum):
    """Why a row cannot be a candle."""

    OFF_GRID = "off_grid"  # does not open on its timeframe's grid
    NON_FINITE = "non_finite"  # a price or the volume is not a number
    NON_POSITIVE = "non_positive"  # a price is not above 0, or volume or value is below 0
    ORDER = "order"  # not low <= open, close <= high
    DUPLICATE = "duplicate"  # the same time twice with different numbers


def find_defects(time_ms: NDArray[np.int64], numbers: NDArray[np.float64], timeframe: Timeframe) -> dict[Defect, NDArray[np.bool_]]:
    """Per defect but DUPLICATE, which rows have it. numbers float64 [6, n] in the order of months.COLUMNS; value may be NaN."""
    prices, volume, value = numbers[: len(PRICES)], numbers[_VOLUME], numbers[_VALUE]
    return {
        Defect.OFF_GRID: (time_ms - timeframe.offset_ms) % timeframe.length_ms != 0,
        Defect.NON_FINITE: ~np.isfinite(numbers[:_VALUE]).all(axis=0) | np.isinf(value),
        Defect.NON_POSITIVE: (prices <= 0).any(axis=0) | (volume < 0) | (value < 0),
        Defect.ORDER: out_of_order(numbers),
    }


def out_of_order(numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Rows whose high is below, or whose low is above, another price of theirs."""
    body_top, body_bottom = np.fmax(numbers[_OPEN], numbers[_CLOSE]), np.fmin(numbers[_OPEN], numbers[_CLOSE])
    wrong: NDArray[np.bool_] = (numbers[_HIGH] < body_top) | (numbers[_LOW] > body_bottom)
    return wrong


def _first(test: Callable[[NDArray[np.float64]], NDArray[np.bool_]]) -> Callable[[NDArray[np.float64]], str]:
    return lambda row: COLUMNS[int(np.argmax(test(row)))]


def _beyond(row: NDArray[np.float64]) -> str:
    return "high" if row[_HIGH] < max(row[_OPEN], row[_CLOSE]) else "low"


#: the column to blame, from the six numbers of the row
DEFECT_COLUMNS: Final[Mapping[Defect, Callable[[NDArray[np.float64]], str]]] = {
    Defect.OFF_GRID: lambda _: "time",
    Defect.NON_FINITE: _first(lambda row: ~np.isfinite(row)),
    Defect.NON_POSITIVE: _first(lambda row: np.where(np.arange(len(row)) < len(PRICES), row <= 0, row < 0)),
    Defect.ORDER: _beyond,
    Defect.DUPLICATE: lambda _: "time",
}
