"""Compiled passes over value curves: how far and how long they fell, sums over their rows, and what buying and holding would have made.

They decide nothing. What the numbers mean is said where they are read: engine.research.returns and metrics.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.kernel.abi import HANDLE_ITEMS, address, fetch, floats_at, helper, items, numbers_at, scratch, series_at
from engine.kernel.beside import JOB, JOB_LENGTH, STOPPED, TICKET_WIDTH, Beside, enter, leave
from engine.kernel.beside import precompile as compile_threads
from engine.kernel.catalogue import Pointer
from engine.kernel.eights import (
    LANES,
    WORD,
    differing_bits,
    eight_of,
    highest_of,
    lowest_of,
)
from engine.kernel.kinds import ArrayKind, Signature
from engine.kernel.ledger import lost
from engine.kernel.places import numbers_from, take_series
from engine.kernel.stretches import add_exposures, stretch_of, sum_of
from engine.model.candle import BarState

_UNKNOWN: Final = int(BarState.UNKNOWN)

#: numbers of a fall in progress, and of the sums of a curve. A fall goes from its peak until that is reached again, or to the end
DEPTH: Final = 0  # of the deepest: value / highest so far - 1; NaN where a value is missing or no peak above 0
LENGTH_MS: Final = 1  # of the deepest
LONGEST_MS: Final = 2  # of any
RECOVERED: Final = 3  # 1 where the deepest ended
_PEAK: Final = 4
_PEAK_MS: Final = 5
_BELOW: Final = 6  # 1 while below the peak
_DEEPEST_NOW: Final = 7  # 1 while in the deepest
_BOUND: Final = 8  # a value above it is not the deepest
SHARES: Final = 9  # sum of exposure / equity; NaN where an equity is not above 0
HELD: Final = 10  # rows with an exposure above 0
TOTAL: Final = 11  # sum of equity
LAST: Final = 12  # of holding: the last value / scale
CURVE_WIDTH: Final = 13

#: of a job of `measure_curve`, behind STOPPED: 1 when all is found; then, in the places of a handle, its four arrays
_DONE: Final = STOPPED + 1
_JOB_WIDTH: Final = 5 * HANDLE_ITEMS

#: a value that is so much below (as a ratio) another before both are divided and multiplied is below it after that, too
_SURELY: Final = 2e-15
#: so many values ahead of what is being read the memory is asked for
_AHEAD: Final = 1_024


@cache
def precompile() -> dict[str, Any]:
    """Compile the passes, or load them from the cache: by name. Who calls them sees to it that the arrays are of these kinds."""
    from engine.kernel.load import address_of_thread, compile_function  # LLVM is imported when the first figure is made, not before

    real, whole = "float64", "int64"
    reals, ints, table = ArrayKind(np.dtype(real), 1), ArrayKind(np.dtype(whole), 1), ArrayKind(np.dtype(real), 2)
    states = ArrayKind(np.dtype(np.int8), 1)
    signatures = {
        begin_curve: Signature("void", (ints, whole, real, ints, reals, table, reals)),
        measure_holding: Signature("void", (whole, ints, whole, whole, whole, states, reals, reals, real, real, ints, reals, reals)),
    }
    address_of_thread(measure_curve), compile_threads()
    return {one.__name__: compile_function(one, signature, allocates=False).entry_point for one, signature in signatures.items()}


class CurvePass:
    """One pass over a value curve: ask what it `found`; `start` it before that to have it made in a thread beside the caller's."""

    def __init__(
        self, start_ms: int, start_krw: float, time_ms: NDArray[np.int64], value_krw: NDArray[np.float64], cash_changes: NDArray[np.float64]
    ) -> None:
        """cash_changes: as of Closes.cash; empty where sums are not wanted."""
        self._found, job = np.empty(CURVE_WIDTH), np.zeros(_JOB_WIDTH, np.int64)
        money = np.ascontiguousarray(value_krw, np.float64), np.ascontiguousarray(cash_changes, np.float64)
        self._kept = np.ascontiguousarray(time_ms, np.int64), *money
        precompile()["begin_curve"](job, start_ms, start_krw, *self._kept, self._found)
        self._beside = Beside(measure_curve, job)

    def start(self) -> None:
        """Have a thread begin."""
        self._beside.start()

    def stop(self) -> None:
        """Return when no thread reads the curve; one has to be stopped before that is gone."""
        self._beside.stop()

    def found(self) -> list[float]:
        """Numbers by DEPTH and its like. What no thread has begun is done now."""
        self.stop()
        if self._beside.job[_DONE] == 0:
            self._beside.run()
        numbers: list[float] = self._found.tolist()
        return numbers


def begin_curve(
    job: NDArray[np.int64], start_ms: int, start_krw: float, time_ms: NDArray[np.int64], value_krw: NDArray[np.float64],
    cash_changes: NDArray[np.float64], found: NDArray[np.float64],
) -> None:  # fmt: skip
    """Write into a job where the arrays are that `measure` reads and writes."""
    begin_fall(found, start_ms, start_krw)
    at = take_series(job, HANDLE_ITEMS, address(time_ms), time_ms.shape)
    at = take_series(job, at, address(value_krw), value_krw.shape)
    at = take_series(job, at, address(cash_changes), cash_changes.shape)
    take_series(job, at, address(found), found.shape)


def measure_curve(place: int) -> int:
    """The job of a `CurvePass`."""
    ticket = numbers_from(place, TICKET_WIDTH)
    job = numbers_from(ticket[JOB], ticket[JOB_LENGTH])
    if enter(ticket):
        measure(numbers_at(job, 1), floats_at(job, 2), series_at(job, 3), floats_at(job, 4))
        job[_DONE] = 1
    return leave(ticket)


@helper
def measure(
    time_ms: NDArray[np.int64],
    value_krw: NDArray[np.float64],
    cash_changes: NDArray[np.float64],
    found: NDArray[np.float64],
) -> None:
    """found [CURVE_WIDTH]: the falls of a curve and, where cash_changes (as of Closes.cash) is not empty, its sums. found [CURVE_WIDTH] as
    `begin_fall` leaves it.

    Stretches are summed up as they are, their sums with what each rounding loses.
    """
    values, times, few = items(value_krw, 0), items(time_ms, 0), scratch()
    summed, rows = cash_changes.shape[0], value_krw.shape[0]
    share = share_lost = total = total_lost = 0.0
    held, change, lowest = 0, 0, math.inf
    for row in range(0, rows, WORD):
        stop = min(row + WORD, rows)
        fetch_ahead(values, row)
        top, bottom, sums = stretch_of(values, row, stop)
        high, low, value = highest_of(top), lowest_of(bottom), sum_of(sums, few)
        lowest = min(lowest, low)
        if found[_BELOW] == 0.0 or not (high < found[_PEAK] and value == value):
            fall_over(found, values, times, row, stop)
        elif not low > found[_BOUND]:
            fall_to(found, low)
        if summed > 0:
            total_lost += lost(total, value)
            total += value
            before = held
            sums, held, change = add_exposures(eight_of(0.0), held, change, values, row, stop, cash_changes, summed)
            if held != before:
                value = sum_of(sums, few)
                share_lost += lost(share, value)
                share += value
    if rows > 0:
        end_fall(found, times[rows - 1])
    known = lowest > 0.0 and total == total
    found[SHARES], found[HELD], found[TOTAL] = share + share_lost if known else math.nan, held, total + total_lost


@helper
def fetch_ahead(values: Pointer, first: int) -> None:
    """Ask memory for a stretch like the one that begins there, to be read soon."""
    for at in range(first + _AHEAD, first + _AHEAD + WORD, LANES):
        fetch(values, at)


@helper
def begin_fall(found: NDArray[np.float64], start_ms: int, start_krw: float) -> None:
    """Nothing has fallen yet."""
    for k in range(CURVE_WIDTH):
        found[k] = 0.0
    found[RECOVERED], found[_PEAK], found[_PEAK_MS], found[_BOUND] = 1.0, start_krw, start_ms, start_krw


@helper
def fall_over(found: NDArray[np.float64], values: Pointer, times: Pointer, first: int, stop: int) -> None:
    """Rows [first, stop), 64 at the most, of a curve."""
    for row in range(first, stop):
        fall_at(found, values[row], times[row])


@helper
def fall_to(found: NDArray[np.float64], value: float) -> None:
    """A value below the peak."""
    found[_BELOW] = 1.0
    if value / found[_PEAK] - 1.0 < found[DEPTH]:
        found[DEPTH], found[_DEEPEST_NOW], found[RECOVERED] = value / found[_PEAK] - 1.0, 1.0, 0.0
        found[_BOUND] = found[_PEAK] * (1.0 + found[DEPTH]) * (1.0 + 1e-15)


@helper
def fall_at(found: NDArray[np.float64], value: float, time_ms: float) -> None:
    """One more value."""
    if found[_BELOW] != 0.0 and found[_BOUND] < value < found[_PEAK]:
        return
    if found[DEPTH] != found[DEPTH]:
        return
    if value != value or not (found[_PEAK] > 0.0 or value > 0.0):
        found[DEPTH], found[LENGTH_MS], found[LONGEST_MS], found[RECOVERED] = math.nan, 0.0, 0.0, 0.0
        found[_BELOW], found[_DEEPEST_NOW], found[_PEAK] = 0.0, 0.0, math.nan
    elif value >= found[_PEAK]:
        end_fall(found, time_ms)
        if found[_DEEPEST_NOW] != 0.0:
            found[RECOVERED] = 1.0
        found[_BELOW], found[_DEEPEST_NOW] = 0.0, 0.0
        found[_PEAK], found[_PEAK_MS] = value, time_ms
        found[_BOUND] = value * (1.0 + found[DEPTH]) * (1.0 + 1e-15)
    else:
        fall_to(found, value)


@helper
def end_fall(found: NDArray[np.float64], time_ms: float) -> None:
    """How long the fall has been, if there is one."""
    if found[_BELOW] != 0.0:
        length_ms = time_ms - found[_PEAK_MS]
        found[LONGEST_MS] = max(found[LONGEST_MS], length_ms)
        if found[_DEEPEST_NOW] != 0.0:
            found[LENGTH_MS] = length_ms


def measure_holding(
    start_ms: int,
    close_ms: NDArray[np.int64],
    length_ms: int,
    offset_ms: int,
    first_index: int,
    states: NDArray[np.int8],
    opens: NDArray[np.float64],
    closes: NDArray[np.float64],
    cost: float,
    scale: float,
    ends: NDArray[np.int64],
    ended: NDArray[np.float64],
    found: NDArray[np.float64],
) -> None:
    """The falls of what one market held is worth (engine.kernel.holding), and its values at the rows `ends` (ascending), without writing
    it; found[LAST]: its ratio.

    A stretch whose closes are surely between those of the deepest fall and of
    the peak is passed without dividing: to divide and multiply leaves the order of what is further apart than the roundings.
    """
    begin_fall(found, start_ms, scale)
    room = scratch()
    state, close, times, rows, bars = items(states, 0), items(closes, 0), items(close_ms, 0), close_ms.shape[0], closes.shape[0]
    first = last = math.nan
    bar, row, looked, started, wanted = 0, -1, 0, False, 0
    while row + 1 < rows:
        row += 1
        if row > 0 and times[row] - times[row - 1] == length_ms:
            bar += 1
        else:
            bar = (times[row] - 1 - offset_ms) // length_ms - first_index
        ahead = row + WORD - 1
        whole = started and found[_BELOW] != 0.0 and looked <= row and ahead < rows and bar >= 0 and bar + WORD <= bars
        looked = ahead + 1 if whole else looked
        if whole and times[ahead] - times[row] == length_ms * (WORD - 1) and differing_bits(state, bar, _UNKNOWN) == -1:
            fetch_ahead(close, bar)
            top, bottom, sums = stretch_of(close, bar, bar + WORD)
            low, total = lowest_of(bottom), sum_of(sums, room)
            if highest_of(top) < found[_PEAK] / scale * first * (1.0 - _SURELY) and low > -math.inf and total == total:
                if not low > found[_BOUND] / scale * first * (1.0 + _SURELY):
                    fall_to(found, low / first * scale)
                while wanted < ends.shape[0] and ends[wanted] <= ahead:
                    ended[wanted] = close[bar + ends[wanted] - row] / first * scale
                    wanted += 1
                row, bar = ahead, bar + WORD - 1
                last = close[bar]
                continue
        if 0 <= bar < bars and state[bar] != _UNKNOWN and math.isfinite(close[bar]):
            last = close[bar]
            if not started and math.isfinite(opens[bar]):
                first, started = opens[bar] * cost, True
        value = last / first * scale if started else scale
        fall_at(found, value, times[row])
        while wanted < ends.shape[0] and ends[wanted] <= row:
            ended[wanted] = value
            wanted += 1
    if rows > 0:
        end_fall(found, times[rows - 1])
    found[LAST] = last / first
    if not started and rows > 0:  # no price is ever known
        found[DEPTH], found[LENGTH_MS], found[LONGEST_MS], found[RECOVERED] = math.nan, 0.0, 0.0, 0.0
        for k in range(ends.shape[0]):
            ended[k] = math.nan
