"""Higher bars from base bars: the only aggregator, used by the VM, by reports and by the candle store.

Open, high, low and close come from traded base bars only. Volume is summed as whole 1e-8 coins. A value of KRW is too large for that
(1e8 KRW in 1e-8s exceeds 2**53), so whole KRW and whole 1e-8 KRW are summed apart. Both sums are exact, so they do not depend on
order or on cuts, and equal the exchange's own higher bars.
"""

from __future__ import annotations

from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dsl import months
from engine.kernel.abi import helper
from engine.model.candle import BarGrid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dsl.graph import Timeframe

#: series of a bar, in the order of the slots that `fold_bars` writes; the slot after them takes the bar's state
SERIES: Final = ("open", "high", "low", "close", "volume", "value")
SLOT_COUNT: Final = len(SERIES) + 1
_ARRAYS: Final = attrgetter("state", *SERIES)
_VOLUME_SLOT: Final = 4
_VALUE_SLOT: Final = 5
_STATE_SLOT: Final = 6

#: float64 kept per bucket: base bars known, base bars traded, open, high, low, close, volume in 1e-8, value in KRW and in 1e-8 KRW
BUCKET_SIZE: Final = 9
_KNOWN: Final = 0
_TRADED: Final = 1
_OPEN: Final = 2
_HIGH: Final = 3
_LOW: Final = 4
_CLOSE: Final = 5
_VOLUME_E8: Final = 6
_VALUE_KRW: Final = 7
_VALUE_E8: Final = 8

#: engine.model.candle.BarState as plain numbers for compiled code
_STATE_UNKNOWN: Final = 0
_STATE_NO_TRADE: Final = 1
_STATE_TRADED: Final = 2
_E8: Final = 1e8
_DAY_MS: Final = 86_400_000
#: what compiled code takes for the length of calendar months
_MONTHS: Final = -1

month_of_day = helper(months.month_of_day)
first_day_of_month = helper(months.first_day_of_month)


def ratio(base: Timeframe, timeframe: Timeframe) -> int:
    """Base bars in one bar of `timeframe`, in the shortest of months. Raises ValueError when the bars do not nest."""
    if timeframe.months and not base.months and _DAY_MS % base.length_ms == 0 and base.offset_ms % base.length_ms == 0:
        return timeframe.shortest_ms // base.length_ms
    if timeframe.months or base.months:
        raise ValueError(f"bars of {timeframe} are not made of whole bars of {base}")
    if timeframe.length_ms % base.length_ms or (timeframe.offset_ms - base.offset_ms) % base.length_ms:
        raise ValueError(f"bars of {timeframe} are not made of whole bars of {base}")
    return timeframe.length_ms // base.length_ms


def open_ms(timeframe: Timeframe, index: int) -> int:
    """Open time of bar `index`."""
    return timeframe.open_ms(index)


def machine_length(timeframe: Timeframe) -> int:
    """The length as compiled code takes it (`bar_at`, `bar_open`)."""
    return _MONTHS if timeframe.months else timeframe.length_ms


def aggregate(grid: BarGrid, timeframe: Timeframe) -> BarGrid:
    """The bars of `timeframe` that close inside the grid, from the first one that closes.

    A bar with an unknown base bar is unknown, and so is a first bar whose beginning lies before the grid.
    Raises ValueError when the bars do not nest.
    """
    ratio(grid.timeframe, timeframe)
    markets, length = grid.state.shape
    from_ms = grid.timeframe.open_ms(int(grid.first_index))
    first = timeframe.index(from_ms)
    count = timeframe.index(from_ms + length * grid.timeframe.length_ms) - first
    columns = np.empty((SLOT_COUNT, markets, count))
    bucket, slots = np.empty(BUCKET_SIZE), np.empty((1, SLOT_COUNT), np.int64)
    precompile()(_clocks(grid.timeframe, timeframe), from_ms, *grid_arrays(grid), columns.reshape(-1), bucket, slots)
    return BarGrid(grid.markets, timeframe, first, columns[_STATE_SLOT].astype(np.int8), *columns[: len(SERIES)])


def grid_arrays(grid: BarGrid) -> tuple[NDArray[Any], ...]:
    """State and the six series of a grid, C-contiguous, in the order that compiled code takes them."""
    return tuple(map(np.ascontiguousarray, _ARRAYS(grid)))


def _clocks(base: Timeframe, timeframe: Timeframe) -> NDArray[np.int64]:
    return np.array([base.length_ms, machine_length(timeframe), timeframe.offset_ms], dtype=np.int64)


@cache
def precompile() -> Any:
    """Compile the batch aggregator, or load it from the cache."""
    from engine.kernel.load import compile_function  # LLVM is imported when the first bar is built, not before

    series = ", ".join(["float64[:, ::1]"] * len(SERIES))
    signature = f"void(int64[::1], int64, int8[:, ::1], {series}, float64[::1], float64[::1], int64[:, ::1])"
    return compile_function(fold_markets, signature, allocates=False)


def fold_markets(
    clocks: NDArray[np.int64], from_ms: int, states: NDArray[np.int8], opens: NDArray[np.float64], highs: NDArray[np.float64],
    lows: NDArray[np.float64], closes: NDArray[np.float64], volumes: NDArray[np.float64], values: NDArray[np.float64],
    memory: NDArray[np.float64], bucket: NDArray[np.float64], slots: NDArray[np.int64],
) -> None:  # fmt: skip
    """All bars of all markets from empty buckets, into `memory` read as [SLOT_COUNT, markets, bars].

    bucket [BUCKET_SIZE], slots [1, SLOT_COUNT]: room for what is open, whatever they hold before.
    """
    markets, length = states.shape
    bars = memory.shape[0] // (SLOT_COUNT * max(markets, 1))
    for market in range(markets):
        clear_bucket(bucket, 0)
        for k in range(SLOT_COUNT):
            slots[0, k] = (k * markets + market) * bars
        fold_bars(
            bucket, 0, clocks[0], clocks[1], clocks[2], from_ms, states, opens, highs, lows, closes, volumes, values,
            market, 0, length, memory, slots, 0, 0,
        )  # fmt: skip


@helper
def bar_at(time_ms: int, length_ms: int, offset_ms: int) -> int:
    """Absolute index of the bar that contains the time. length_ms of -1: calendar months."""
    if length_ms == _MONTHS:
        return month_of_day(time_ms // _DAY_MS)
    return (time_ms - offset_ms) // length_ms


@helper
def bar_open(index: int, length_ms: int, offset_ms: int) -> int:
    """Open time of a bar. length_ms of -1: calendar months."""
    if length_ms == _MONTHS:
        return first_day_of_month(index) * _DAY_MS
    return index * length_ms + offset_ms


@helper
def fold_bars(
    bucket: NDArray[np.float64], at: int, base_ms: int, length_ms: int, offset_ms: int, from_ms: int,
    states: NDArray[np.int8], opens: NDArray[np.float64], highs: NDArray[np.float64], lows: NDArray[np.float64],
    closes: NDArray[np.float64], volumes: NDArray[np.float64], values: NDArray[np.float64],
    market: int, first: int, length: int, memory: NDArray[np.float64], slots: NDArray[np.int64], row: int, out: int,
) -> None:  # fmt: skip
    """Take base bars [first, first + length) of one market into the bucket at `bucket[at:]`, and write every bar that closes.

    from_ms: open time of the first of them. slots[row]: offsets in `memory` of the six series and of the state, -1 = not wanted;
    the first bar to close goes `out` behind each offset, the next one behind it.
    """
    bar = bar_at(from_ms, length_ms, offset_ms)
    bar_ms, next_ms = bar_open(bar, length_ms, offset_ms), bar_open(bar + 1, length_ms, offset_ms)
    bars = (next_ms - bar_ms) // base_ms
    place = (from_ms - bar_ms) // base_ms
    i = first
    while i < first + length:
        stop = min(first + length, i + bars - place)
        place += stop - i
        while i < stop:
            add_bar(bucket, at, states[market, i], opens[market, i], highs[market, i], lows[market, i], closes[market, i],
                    volumes[market, i], values[market, i])  # fmt: skip
            i += 1
        if place == bars:
            close_bucket(bucket, at, bars, memory, slots, row, out)
            clear_bucket(bucket, at)
            place = 0
            out += 1
            bar += 1
            bar_ms, next_ms = next_ms, bar_open(bar + 1, length_ms, offset_ms)
            bars = (next_ms - bar_ms) // base_ms


@helper
def add_bar(
    bucket: NDArray[np.float64], at: int, state: int, open_: float, high: float, low: float, close: float, volume: float, value: float
) -> None:
    """Add one base bar to the bucket. A bar without trades gives only its price, which is the last close."""
    if state == _STATE_UNKNOWN:
        return
    bucket[at + _KNOWN] += 1.0
    bucket[at + _CLOSE] = close
    if state == _STATE_NO_TRADE:
        return
    if bucket[at + _TRADED] == 0.0:
        bucket[at + _OPEN] = open_
        bucket[at + _HIGH] = high
        bucket[at + _LOW] = low
    bucket[at + _TRADED] += 1.0
    bucket[at + _HIGH] = max(bucket[at + _HIGH], high)
    bucket[at + _LOW] = min(bucket[at + _LOW], low)
    whole = np.floor(value)
    bucket[at + _VOLUME_E8] += np.rint(volume * _E8)
    bucket[at + _VALUE_KRW] += whole
    bucket[at + _VALUE_E8] += np.rint((value - whole) * _E8)


@helper
def clear_bucket(bucket: NDArray[np.float64], at: int) -> None:
    """Start an empty bucket."""
    for k in range(BUCKET_SIZE):
        bucket[at + k] = 0.0


@helper
def close_bucket(
    bucket: NDArray[np.float64], at: int, bars: int, memory: NDArray[np.float64], slots: NDArray[np.int64], row: int, out: int
) -> None:
    """Write the bar that the bucket holds to position `out` of every wanted slot; unknown unless all its base bars were known."""
    known = bucket[at + _KNOWN] == bars
    traded = bucket[at + _TRADED] > 0.0
    for k in range(SLOT_COUNT):
        if slots[row, k] >= 0:
            memory[slots[row, k] + out] = bucket_item(bucket, at, k, known, traded)


@helper
def bucket_item(bucket: NDArray[np.float64], at: int, k: int, known: bool, traded: bool) -> float:
    """Item k (a series, or the state) of the bar that the bucket holds."""
    if k == _STATE_SLOT:
        return float(_STATE_UNKNOWN if not known else _STATE_TRADED if traded else _STATE_NO_TRADE)
    if not known:
        return np.nan
    if k == _VOLUME_SLOT:
        return float(bucket[at + _VOLUME_E8] / _E8)
    if k == _VALUE_SLOT:
        carry = np.floor(bucket[at + _VALUE_E8] / _E8)
        return float((bucket[at + _VALUE_KRW] + carry) + (bucket[at + _VALUE_E8] - carry * _E8) / _E8)
    return float(bucket[at + _OPEN + k] if traded else bucket[at + _CLOSE])
