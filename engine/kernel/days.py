"""Compiled passes over trading days: where a curve's days end, and what their returns are like.

They decide nothing. What the numbers mean is said where they are read: engine.research.returns.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from engine.kernel.abi import helper, items, scratch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.kernel.catalogue import Pointer

#: numbers of the returns of trading days: highest, lowest; how many gained, how many differ from 0
BEST_DAY: Final = 0
WORST_DAY: Final = 1
GAINED: Final = 2
CHANGED: Final = 3
COUNTED_WIDTH: Final = 4
#: behind these: mean, sample standard deviation, root of the mean squared loss
_MEAN: Final = 4
_DEVIATION: Final = 5
_DOWNSIDE: Final = 6
DAYS_WIDTH: Final = 7
#: what of a return is added up: itself, the square of what it is apart from the mean, the square of a loss
_AS_IT_IS: Final = 0
_APART: Final = 1
_LOSS: Final = 2
#: so many numbers numpy adds up in eight sums; more in two halves
_ONE_SUM: Final = 128
_EIGHT: Final = 8
#: numbers kept of each half that waits: where it begins, how many, and the other half's sum
_HALF: Final = 3


@cache
def precompile() -> dict[str, Any]:
    """Compile the passes, or load them from the cache: by name. Who calls them sees to it that the arrays are of these kinds."""
    from engine.kernel.load import compile_function  # LLVM is imported when the first figure is made, not before

    signatures = {
        find_day_ends: "void(int64[::1], int64, int64, int64[::1])",
        measure_days: "void(float64, float64[:, ::1], float64[:, ::1], float64[:, ::1])",
        measure_spreads: "void(float64[:, ::1], float64[:, ::1])",
    }
    return {one.__name__: compile_function(one, signature, allocates=False).entry_point for one, signature in signatures.items()}


def find_day_ends(time_ms: NDArray[np.int64], end_ms: int, day_ms: int, last: NDArray[np.int64]) -> None:
    """last: of each day the last row of a curve at its end or before it, -1 where there is none. The first day ends at end_ms."""
    times, rows = items(time_ms, 0), time_ms.shape[0]
    row, step = -1, 0
    for day in range(last.shape[0]):
        low, high = row, rows
        guess = min(row + step, rows - 1)  # rows are mostly as many as the day before
        if guess >= 0 and times[guess] <= end_ms:
            low, high = guess, guess + 1 if guess + 1 < rows and times[guess + 1] > end_ms else rows
        while high - low > 1:
            middle = (low + high) // 2
            if times[middle] <= end_ms:
                low = middle
            else:
                high = middle
        row, step = low, low - row
        last[day] = row
        end_ms += day_ms


def measure_days(start_krw: float, value_krw: NDArray[np.float64], daily: NDArray[np.float64], found: NDArray[np.float64]) -> None:
    """value_krw [curves, days]: at the ends of the trading days. daily, the same shape: value / the one before - 1, the first against
    start_krw; NaN where that is not above zero. found [curves, DAYS_WIDTH]: BEST_DAY .. CHANGED, NaN without days, or where one is; then
    as of `measure_spreads`."""
    for row in range(value_krw.shape[0]):
        before, best, worst, gained, changed, known = start_krw, -math.inf, math.inf, 0, 0, True
        for day in range(value_krw.shape[1]):
            back = value_krw[row, day] / before - 1.0 if before > 0.0 else math.nan
            before, daily[row, day] = value_krw[row, day], back
            known = known and back == back
            best, worst = max(best, back), min(worst, back)
            gained += 1 if back > 0.0 else 0
            changed += 1 if back != 0.0 else 0
        if known and value_krw.shape[1] > 0:
            found[row, BEST_DAY], found[row, WORST_DAY], found[row, GAINED], found[row, CHANGED] = best, worst, gained, changed
        else:
            found[row, BEST_DAY] = found[row, WORST_DAY] = found[row, GAINED] = found[row, CHANGED] = math.nan
        spread_of(items(daily, row * daily.shape[1]), daily.shape[1], items(found, row * DAYS_WIDTH + _MEAN))


def measure_spreads(daily: NDArray[np.float64], found: NDArray[np.float64]) -> None:
    """found [curves, 3], of the returns daily [curves, days]: their mean, the sample standard deviation (n - 1) and the root of the mean
    squared loss over all days; NaN for under two days, a mean needs one."""
    for row in range(daily.shape[0]):
        spread_of(items(daily, row * daily.shape[1]), daily.shape[1], items(found, row * (DAYS_WIDTH - _MEAN)))


@helper
def spread_of(daily: Pointer, days: int, found: Pointer) -> None:
    """The same of one curve. Sums are added up in numpy's order."""
    found[0] = found[1] = found[2] = math.nan
    if days > 0:
        mean = found[0] = sum_in_halves(daily, days, _AS_IT_IS, 0.0) / days
        if days > 1:
            found[1] = math.sqrt(sum_in_halves(daily, days, _APART, mean) / (days - 1))
            found[2] = math.sqrt(sum_in_halves(daily, days, _LOSS, 0.0) / days)


@helper
def part_of(value: float, what: int, mean: float) -> float:
    """Of one return."""
    if what == _APART:
        return (value - mean) * (value - mean)
    if what == _LOSS:
        return 0.0 if value >= 0.0 else value * value
    return value


@helper
def sum_in_halves(values: Pointer, count: int, what: int, mean: float) -> float:
    """numpy's sum of what `part_of` makes of the values: halves until they are short, each the sum of eight."""
    halves, waiting, first = scratch(), 0, 0
    while True:
        while count > _ONE_SUM:
            half = count // 2 - count // 2 % _EIGHT
            at = _HALF * waiting
            halves[at], halves[at + 1], halves[at + 2] = first + half, count - half, math.nan
            waiting, count = waiting + 1, half
        value = sum_of_few(values, first, count, what, mean)
        while waiting > 0 and halves[_HALF * waiting - 2] == 0.0:  # both halves are there
            waiting -= 1
            value = halves[_HALF * waiting + 2] + value
        if waiting == 0:
            return 0.0 + value
        at = _HALF * (waiting - 1)
        first, count = int(halves[at]), int(halves[at + 1])
        halves[at + 1], halves[at + 2] = 0.0, value


@helper
def sum_of_few(values: Pointer, first: int, count: int, what: int, mean: float) -> float:
    """Of 128 at the most."""
    whole, total = count - count % _EIGHT if count >= _EIGHT else 0, 0.0
    if whole > 0:
        a, b, c, d, e, f, g, h = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for at in range(first, first + whole, _EIGHT):
            a, b = a + part_of(values[at], what, mean), b + part_of(values[at + 1], what, mean)
            c, d = c + part_of(values[at + 2], what, mean), d + part_of(values[at + 3], what, mean)
            e, f = e + part_of(values[at + 4], what, mean), f + part_of(values[at + 5], what, mean)
            g, h = g + part_of(values[at + 6], what, mean), h + part_of(values[at + 7], what, mean)
        total = ((a + b) + (c + d)) + ((e + f) + (g + h))
    for at in range(first + whole, first + count):
        total += part_of(values[at], what, mean)
    return total
