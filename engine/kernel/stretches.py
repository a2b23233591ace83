"""Loops over stretches of columns and bars: each looks for one thing, so that it runs at the speed of memory.

Arguments of type Pointer are what `engine.kernel.abi.items` gives: the items of an array from some place on. Bars are [first, stop).
"""

from __future__ import annotations

from typing import Final

from engine.kernel.abi import helper
from engine.kernel.catalogue import Pointer
from engine.kernel.eights import (
    LANES,
    WORD,
    Eight,
    differing_bits,
    differing_bits_within,
    eight_at,
    eight_of,
    eight_within,
    first_bit,
    higher,
    highest_of,
    lower,
    lowest_of,
    open_bits,
    open_bits_within,
    positive_bits,
    positive_bits_within,
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
_LANE_BITS: Final = (1 << LANES) - 1


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
    present = missing = 0
    for at in range(first, stop):
        present += 1 if values[at] != 0.0 else 0
        missing += 1 if values[at] != values[at] else 0
    return present - missing, missing


@helper
def count_unknown(states: Pointer, values: Pointer, first: int, stop: int) -> int:
    """How many bars are unknown, or have no finite value."""
    count = 0
    for at in range(first, stop):
        count += 1 if states[at] == _UNKNOWN or not values[at] - values[at] == 0.0 else 0
    return count


@helper
def all_traded(states: Pointer, first: int, stop: int) -> bool:
    """Whether every bar is."""
    at = first
    while at + WORD <= stop:
        if differing_bits(states, at, _TRADED) != 0:
            return False
        at += WORD
    return bool(differing_bits_within(states, at, stop - at, _TRADED) == 0)


@helper
def scale_ratio(values: Pointer, first: int, to: Pointer, place: int, count: int, by: float, scale: float) -> None:
    """to[place:] = values[first:] / by x scale, `count` of them."""
    for k in range(count):
        to[place + k] = values[first + k] / by * scale


@helper
def above_zero(values: Pointer, first: int, count: int) -> int:
    """Bit k: value `first` + k, of `count` and 64 at the most, is above zero."""
    return positive_bits(values, first) if count == WORD else positive_bits_within(values, first, count)


@helper
def are_between(values: Pointer, first: int, low: float, high: float) -> bool:
    """Each of 64 values is above `low` and below `high`; none is missing."""
    floor, ceiling, beyond = eight_of(low), eight_of(high), 0
    for at in range(first, first + WORD, LANES):
        few = eight_at(values, at)
        beyond |= reaching_bits(few, few, few, few, floor, ceiling)
    return beyond == 0


@helper
def extremes_of(values: Pointer, first: int) -> tuple[float, float]:
    """Highest and lowest of 64 values, none of which is missing."""
    top = bottom = eight_at(values, first)
    for at in range(first + LANES, first + WORD, LANES):
        few = eight_at(values, at)
        top, bottom = higher(few, top), lower(few, bottom)
    return highest_of(top), lowest_of(bottom)


@helper
def add_shares(total: Eight, word: int, parts: Pointer, wholes: Pointer, first: int, stop: int) -> Eight:
    """total + part / whole + ..., place by place. word: bits of the parts that are above 0; eight that are not are passed."""
    at = first
    while at + LANES <= stop:
        if (word >> (at - first)) & _LANE_BITS != 0:
            total = total + shares(eight_at(parts, at), eight_at(wholes, at))
        at += LANES
    if at < stop:
        total = total + shares(eight_within(parts, at, stop - at, 0.0), eight_within(wholes, at, stop - at, 1.0))
    return total


@helper
def sum_of(numbers: Eight, room: Pointer) -> float:
    """All eight together. room: eight numbers, overwritten."""
    put_eight(room, 0, numbers)
    return ((room[0] + room[1]) + (room[2] + room[3])) + ((room[4] + room[5]) + (room[6] + room[7]))


@helper
def fill_money(rows: Pointer, room: int, first: int, count: int, cash: float, whole: bool) -> None:
    """Three rows, each `room` items long: cash and no exposure for `count` items from `first` on; if `whole`, what that is together."""
    money, none = eight_of(cash), eight_of(0.0)
    together = money + none
    at, stop = first, first + count
    while at + LANES <= stop:
        put_eight(rows, at, money)
        put_eight(rows, room + at, none)
        if whole:
            put_eight(rows, 2 * room + at, together)
        at += LANES
    if at < stop:
        put_within(rows, at, stop - at, money)
        put_within(rows, room + at, stop - at, none)
        if whole:
            put_within(rows, 2 * room + at, stop - at, together)


@helper
def add_up(rows: Pointer, room: int, first: int, count: int) -> None:
    """The third of three rows, each `room` items long, is the sum of the first two, for `count` items from `first` on."""
    for at in range(first, first + count):
        rows[2 * room + at] = rows[at] + rows[room + at]


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
def first_beyond(states: Pointer, closes: Pointer, first: int, stop: int, low: float, high: float) -> int:
    """The first traded bar that closes below `low` or above `high`, or `stop`."""
    for bar in range(first, stop):
        if not low <= closes[bar] <= high and states[bar] == _TRADED:
            return bar
    return stop


@helper
def extremes(
    states: Pointer, opens: Pointer, highs: Pointer, lows: Pointer, closes: Pointer, first: int, stop: int, high: float, low: float
) -> tuple[float, float]:
    """Highest and lowest price of all traded bars and of `high` and `low`, of which the first is not below the second."""
    bar = first
    if all_traded(states, first, stop):
        top, bottom = eight_of(high), eight_of(low)
        while bar < stop:
            left = stop - bar  # where fewer than eight are left, `high` stands for what is not there: it changes neither
            a, b = eight_within(opens, bar, left, high), eight_within(highs, bar, left, high)
            c, d = eight_within(lows, bar, left, high), eight_within(closes, bar, left, high)
            top, bottom = higher(higher(a, b), higher(higher(c, d), top)), lower(lower(a, b), lower(lower(c, d), bottom))
            bar += LANES
        return highest_of(top), lowest_of(bottom)
    while bar < stop:
        if states[bar] == _TRADED:
            high = max(high, opens[bar], highs[bar], lows[bar], closes[bar])
            low = min(low, opens[bar], highs[bar], lows[bar], closes[bar])
        bar += 1
    return high, low


@helper
def write_worth(
    rows: Pointer, room: int, first: int, count: int, cash: float, quantity: float, scale: float, closes: Pointer, bar: int
) -> None:
    """Three rows, each `room` items long: cash, quantity x close / scale of the bars from `bar` on, and both together."""
    money, coins, by = eight_of(cash), eight_of(quantity), eight_of(scale)
    at = 0
    while at + LANES <= count:
        worth = coins * eight_at(closes, bar + at) / by
        put_eight(rows, first + at, money)
        put_eight(rows, room + first + at, worth)
        put_eight(rows, 2 * room + first + at, money + worth)
        at += LANES
    if at < count:
        left = count - at
        worth = coins * eight_within(closes, bar + at, left, 0.0) / by
        put_within(rows, first + at, left, money)
        put_within(rows, room + first + at, left, worth)
        put_within(rows, 2 * room + first + at, left, money + worth)


@helper
def add_worth(
    worth: Pointer,
    row: int,
    count: int,
    quantity: float,
    scale: float,
    last: float,
    states: Pointer,
    closes: Pointer,
    first: int,
    bar: int,
    bars: int,
) -> None:
    """worth[row + k] += quantity x last price / scale after bar `bar` + k x bars, for k in [0, count).

    last: the last price before bar `first`, from where on the bars are looked at.
    """
    if bars == 1 and all_traded(states, min(first, bar), bar + count):
        for k in range(count):
            worth[row + k] += quantity * closes[bar + k] / scale
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
        worth[row + k] += quantity * last / scale
