"""Loops over stretches of columns and bars: each looks for one thing, so that it runs at the speed of memory.

Arguments of type Pointer are what `engine.kernel.abi.items` gives: the items of an array from some place on. Bars are [first, stop).
"""

from __future__ import annotations

from typing import Final

from engine.kernel.abi import helper
from engine.kernel.catalogue import Pointer
from engine.model.candle import BarState

_TRADED: Final = int(BarState.TRADED)
_UNKNOWN: Final = int(BarState.UNKNOWN)


@helper
def first_true(values: Pointer, first: int, stop: int) -> int:
    """Place of the first value that is true, or `stop`."""
    for at in range(first, stop):
        if values[at] != 0.0 and values[at] == values[at]:
            return at
    return stop


@helper
def first_not_false(values: Pointer, first: int, stop: int) -> int:
    """Place of the first value that is true or missing, or `stop`."""
    for at in range(first, stop):
        if values[at] != 0.0:
            return at
    return stop


@helper
def count_true(values: Pointer, first: int, stop: int) -> int:
    """How many values are true."""
    count = 0
    for at in range(first, stop):
        count += 1 if values[at] != 0.0 and values[at] == values[at] else 0
    return count


@helper
def count_missing(values: Pointer, first: int, stop: int) -> int:
    """How many values are missing."""
    count = 0
    for at in range(first, stop):
        count += 1 if values[at] != values[at] else 0
    return count


@helper
def count_positive(values: Pointer, first: int, stop: int) -> int:
    """How many values are above zero."""
    count = 0
    for at in range(first, stop):
        count += 1 if values[at] > 0.0 else 0
    return count


@helper
def count_outside(values: Pointer, first: int, stop: int, low: float, high: float) -> int:
    """How many values are missing or not between the two."""
    count = 0
    for at in range(first, stop):
        count += 0 if low < values[at] < high else 1
    return count


@helper
def count_unknown(states: Pointer, values: Pointer, first: int, stop: int) -> int:
    """How many bars are unknown, or have no finite value."""
    count = 0
    for at in range(first, stop):
        count += 1 if states[at] == _UNKNOWN or not values[at] - values[at] == 0.0 else 0
    return count


@helper
def count_not_traded(states: Pointer, first: int, stop: int) -> int:
    """How many bars are not traded."""
    count = 0
    for at in range(first, stop):
        count += 1 if states[at] != _TRADED else 0
    return count


@helper
def divide(values: Pointer, first: int, to: Pointer, place: int, count: int, by: float) -> None:
    """to[place:] = values[first:] / by, `count` of them."""
    for k in range(count):
        to[place + k] = values[first + k] / by


@helper
def add_together(values: Pointer, first: int, stop: int) -> float:
    """Sum of the values, four at a time."""
    a = b = c = d = 0.0
    at = first
    while at + 4 <= stop:
        a, b, c, d = a + values[at], b + values[at + 1], c + values[at + 2], d + values[at + 3]
        at += 4
    while at < stop:
        a += values[at]
        at += 1
    return (a + b) + (c + d)


@helper
def add_ratios_together(parts: Pointer, wholes: Pointer, first: int, stop: int) -> float:
    """Sum of part / whole, four at a time."""
    a = b = c = d = 0.0
    at = first
    while at + 4 <= stop:
        a, b = a + parts[at] / wholes[at], b + parts[at + 1] / wholes[at + 1]
        c, d = c + parts[at + 2] / wholes[at + 2], d + parts[at + 3] / wholes[at + 3]
        at += 4
    while at < stop:
        a += parts[at] / wholes[at]
        at += 1
    return (a + b) + (c + d)


@helper
def fill_money(rows: Pointer, room: int, first: int, count: int, cash: float, whole: bool) -> None:
    """Three rows, each `room` items long: cash and no exposure for `count` items from `first` on; if `whole`, what that is together."""
    cashes, exposures, equities = first, room + first, 2 * room + first
    if not whole:
        for at in range(count):
            rows[cashes + at] = cash
            rows[exposures + at] = 0.0
        return
    for at in range(count):
        rows[cashes + at] = cash
        rows[exposures + at] = 0.0
        rows[equities + at] = cash + 0.0


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
    for bar in range(first, stop):
        inside = lows[bar] > floor and highs[bar] < ceiling and floor < opens[bar] < ceiling and floor < closes[bar] < ceiling
        if not inside and states[bar] == _TRADED:
            return bar
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
    """Highest and lowest price of all traded bars and of `high` and `low`."""
    for bar in range(first, stop):
        a, b = (highs[bar], lows[bar]) if highs[bar] > lows[bar] else (lows[bar], highs[bar])
        c, d = (opens[bar], closes[bar]) if opens[bar] > closes[bar] else (closes[bar], opens[bar])
        a, b = (a if a > c else c), (b if b < d else d)
        if states[bar] == _TRADED:
            high = a if a > high else high
            low = b if b < low else low
    return high, low


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
    if bars == 1 and count_not_traded(states, min(first, bar), bar + count) == 0:
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
