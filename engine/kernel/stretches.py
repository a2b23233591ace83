"""Loops over stretches of columns and bars: each looks for one thing, so that it runs at the speed of memory.

Arguments of type Pointer are what `engine.kernel.abi.items` gives: the items of an array from some place on. Bars are [first, stop).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.kernel.abi import helper
from engine.kernel.catalogue import Pointer
from engine.kernel.eights import (
    LANES,
    WORD,
    Eight,
    above_bits,
    count_bits,
    differing_bits,
    differing_bits_within,
    eight_at,
    eight_of,
    eight_within,
    first_bit,
    from_place,
    higher,
    highest_of,
    lower,
    lowest_of,
    open_bits,
    open_bits_within,
    put_eight,
    put_within,
    reaching_bits,
    shares,
    true_bits,
    true_bits_within,
)
from engine.model.candle import BarState

_TRADED: Final = int(BarState.TRADED)
_UNKNOWN: Final = int(BarState.UNKNOWN)
_NO_ROW: Final = 2**62


@helper
def first_true(values: Pointer, first: int, stop: int) -> int:
    """Place of the first value that is true, or `stop`."""
    at = first
    while at + WORD <= stop:
        word = true_bits(values, at)
        if word != 0:
            return at + first_bit(word)
        at += WORD
    return min(at + first_bit(true_bits_within(values, at, stop - at)), stop)


@helper
def first_not_false(values: Pointer, first: int, stop: int) -> int:
    """Place of the first value that is true or missing, or `stop`."""
    at = first
    while at + WORD <= stop:
        word = open_bits(values, at)
        if word != 0:
            return at + first_bit(word)
        at += WORD
    return min(at + first_bit(open_bits_within(values, at, stop - at)), stop)


@helper
def count_truth(values: Pointer, first: int, stop: int) -> tuple[int, int]:
    """How many values are true, and how many missing."""
    true = present = 0
    at = first
    while at + WORD <= stop:
        true, present = true + count_bits(true_bits(values, at)), present + count_bits(open_bits(values, at))
        at += WORD
    true, present = (
        true + count_bits(true_bits_within(values, at, stop - at)),
        present + count_bits(open_bits_within(values, at, stop - at)),
    )
    return true, present - true


@helper
def count_unknown(states: Pointer, values: Pointer, first: int, stop: int) -> int:
    """How many bars are unknown, or have no finite value."""
    count = 0
    for at in range(first, stop):
        count += 1 if states[at] == _UNKNOWN or not values[at] - values[at] == 0.0 else 0
    return count


@helper
def first_not_traded(states: Pointer, first: int, stop: int) -> int:
    """The first bar that is not traded, or `stop`."""
    at = first
    while at + WORD <= stop:
        word = differing_bits(states, at, _TRADED)
        if word != 0:
            return at + first_bit(word)
        at += WORD
    return min(at + first_bit(differing_bits_within(states, at, stop - at, _TRADED)), stop)


@helper
def scale_ratio(values: Pointer, first: int, to: Pointer, place: int, count: int, by: float, scale: float) -> None:
    """to[place:] = values[first:] / by x scale, `count` of them."""
    for k in range(count):
        to[place + k] = values[first + k] / by * scale


@helper
def stretch_of(values: Pointer, first: int, stop: int) -> tuple[Eight, Eight, Eight]:
    """The highest, the lowest and the sum of every eighth of the values [first, stop), 64 at the most. A missing one is neither highest nor
    lowest, and makes its sum missing."""
    top, bottom, sums, at = eight_of(-math.inf), eight_of(math.inf), eight_of(0.0), first
    while at + LANES <= stop:
        few = eight_at(values, at)
        top, bottom, sums = higher(few, top), lower(few, bottom), sums + few
        at += LANES
    if at < stop:
        sums = sums + eight_within(values, at, stop - at, 0.0)
        top, bottom = (
            higher(eight_within(values, at, stop - at, -math.inf), top),
            lower(eight_within(values, at, stop - at, math.inf), bottom),
        )
    return top, bottom, sums


@helper
def add_exposures(
    total: Eight, held: int, change: int, equity: Pointer, first: int, stop: int, changes: NDArray[np.float64], count: int
) -> tuple[Eight, int, int]:
    """(total + exposure / equity of each row in [first, stop), place by place; held + the rows with an exposure; the change behind them).

    Exposure is what equity is above cash. changes, count, change: as of `cash_of`.
    """
    cash, until = eight_of(changes[change, 1]), next_change(changes, count, change)
    for at in range(first, stop, LANES):
        few = eight_at(equity, at) if at + LANES <= stop else eight_within(equity, at, stop - at, -math.inf)
        owned = cash
        if at + LANES > until:
            owned, change = cash_of(changes, count, change, at)
            cash, until = eight_of(changes[change, 1]), next_change(changes, count, change)
        word = above_bits(few, owned)
        if word != 0:
            held += count_bits(word)
            total = total + shares(few - owned, few)
    return total, held, change


@helper
def cash_of(changes: NDArray[np.float64], count: int, change: int, row: int) -> tuple[Eight, int]:
    """Cash at eight rows from `row` on, and the change that holds at the last. changes: `count` rows of Closes.cash; change: the one that
    holds before `row` or at it."""
    cash = eight_of(changes[change, 1])
    while next_change(changes, count, change) < row + LANES:
        change += 1
        cash = from_place(cash, int(changes[change, 0]) - row, eight_of(changes[change, 1]))
    return cash, change


@helper
def next_change(changes: NDArray[np.float64], count: int, change: int) -> int:
    """The row from which on the next one holds."""
    return int(changes[change + 1, 0]) if change + 1 < count else _NO_ROW


@helper
def sum_of(numbers: Eight, room: Pointer) -> float:
    """All eight together. room: eight numbers, overwritten."""
    put_eight(room, 0, numbers)
    return ((room[0] + room[1]) + (room[2] + room[3])) + ((room[4] + room[5]) + (room[6] + room[7]))


@helper
def fill(values: Pointer, count: int, value: float) -> None:
    """`count` times the value."""
    same, at = eight_of(value), 0
    while at + LANES <= count:
        put_eight(values, at, same)
        at += LANES
    if at < count:
        put_within(values, at, count - at, same)


@helper
def add_to(values: Pointer, count: int, value: float) -> None:
    """value + each of `count` values, in its place."""
    for at in range(count):
        values[at] = value + values[at]


@helper
def first_outside(
    states: Pointer, opens: Pointer, highs: Pointer, lows: Pointer, closes: Pointer, first: int, stop: int, floor: float, ceiling: float
) -> int:
    """The first traded bar with a price at or below the floor, or at or above the ceiling; or `stop`."""
    low, high, bar = eight_of(floor), eight_of(ceiling), first
    while bar < stop:
        if bar + LANES <= stop:
            word = reaching_bits(eight_at(opens, bar), eight_at(highs, bar), eight_at(lows, bar), eight_at(closes, bar), low, high)
        else:
            left = stop - bar
            word = reaching_bits(
                eight_within(opens, bar, left, floor), eight_within(highs, bar, left, floor), eight_within(lows, bar, left, floor),
                eight_within(closes, bar, left, floor), low, high,
            )  # fmt: skip
        while word != 0:
            at = bar + first_bit(word)
            if at >= stop:
                return stop
            if states[at] == _TRADED:
                return at
            word &= word - 1
        bar += LANES
    return stop


@helper
def last_traded(states: Pointer, first: int, stop: int) -> int:
    """The last traded bar, or -1."""
    for back in range(stop - first):
        if states[stop - 1 - back] == _TRADED:
            return stop - 1 - back
    return -1


@helper
def extremes(
    states: Pointer,
    opens: Pointer,
    highs: Pointer,
    lows: Pointer,
    closes: Pointer,
    first: int,
    stop: int,
    high: float,
    low: float,
    traded: bool,
) -> tuple[float, float]:
    """Highest and lowest price of all traded bars and of `high` and `low`, of which the first is not below the second. traded: all are."""
    bar = first
    if traded:
        top, bottom = eight_of(high), eight_of(low)
        while bar + LANES <= stop:
            a, b, c, d = eight_at(opens, bar), eight_at(highs, bar), eight_at(lows, bar), eight_at(closes, bar)
            top, bottom = higher(higher(a, b), higher(higher(c, d), top)), lower(lower(a, b), lower(lower(c, d), bottom))
            bar += LANES
        if bar < stop:
            left = stop - bar  # where fewer than eight are left, `high` stands for what is not there: it changes neither
            a, b = eight_within(opens, bar, left, high), eight_within(highs, bar, left, high)
            c, d = eight_within(lows, bar, left, high), eight_within(closes, bar, left, high)
            top, bottom = higher(higher(a, b), higher(higher(c, d), top)), lower(lower(a, b), lower(lower(c, d), bottom))
        return highest_of(top), lowest_of(bottom)
    while bar < stop:
        if states[bar] == _TRADED:
            high = max(high, opens[bar], highs[bar], lows[bar], closes[bar])
            low = min(low, opens[bar], highs[bar], lows[bar], closes[bar])
        bar += 1
    return high, low


@helper
def write_worth(values: Pointer, count: int, cash: float, quantity: float, scale: float, closes: Pointer, bar: int) -> None:
    """cash + quantity x close / scale of `count` bars from `bar` on."""
    money, coins, by = eight_of(cash), eight_of(quantity), eight_of(scale)
    at = 0
    while at + LANES <= count:
        put_eight(values, at, money + coins * eight_at(closes, bar + at) / by)
        at += LANES
    if at < count:
        put_within(values, at, count - at, money + coins * eight_within(closes, bar + at, count - at, 0.0) / by)


@helper
def add_worth(
    worth: Pointer,
    count: int,
    quantity: float,
    scale: float,
    last: float,
    states: Pointer,
    closes: Pointer,
    first: int,
    bar: int,
    bars: int,
    traded: bool,
) -> None:
    """worth[k] += quantity x last price / scale after bar `bar` + k x bars, for k in [0, count).

    last: the last price before bar `first`, from where on the bars are looked at; traded: all of them have.
    """
    if bars == 1 and traded:
        for k in range(count):
            worth[k] += quantity * closes[bar + k] / scale
        return
    looked = first
    for k in range(count):
        end = bar + k * bars
        at = end
        while at >= looked and states[at] != _TRADED:
            at -= 1
        if at >= looked:
            last = closes[at]
        looked = end + 1
        worth[k] += quantity * last / scale
