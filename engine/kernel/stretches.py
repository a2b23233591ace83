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
#: values that are asked together, before each of them is
_LOOK: Final = 32


@helper
def first_true(values: Pointer, first: int, stop: int) -> int:
    """Place of the first value that is true, or `stop`."""
    at = first
    while at + _LOOK <= stop and count_true(values, at, at + _LOOK) == 0:
        at += _LOOK
    while at < stop:
        if values[at] != 0.0 and values[at] == values[at]:
            return at
        at += 1
    return stop


@helper
def first_not_false(values: Pointer, first: int, stop: int) -> int:
    """Place of the first value that is true or missing, or `stop`."""
    at = first
    while at + _LOOK <= stop and count_not_false(values, at, at + _LOOK) == 0:
        at += _LOOK
    while at < stop:
        if values[at] != 0.0:
            return at
        at += 1
    return stop


@helper
def count_not_false(values: Pointer, first: int, stop: int) -> int:
    """How many values are true or missing."""
    count = 0
    for at in range(first, stop):
        count += 1 if values[at] != 0.0 else 0
    return count


@helper
def count_truth(values: Pointer, first: int, stop: int) -> tuple[int, int]:
    """How many values are true, and how many missing."""
    present = missing = 0
    for at in range(first, stop):
        present += 1 if values[at] != 0.0 else 0
        missing += 1 if values[at] != values[at] else 0
    return present - missing, missing


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
def scale_ratio(values: Pointer, first: int, to: Pointer, place: int, count: int, by: float, scale: float) -> None:
    """to[place:] = values[first:] / by x scale, `count` of them."""
    for k in range(count):
        to[place + k] = values[first + k] / by * scale


@helper
def extremes_of(values: Pointer, first: int, stop: int) -> tuple[float, float]:
    """Highest and lowest value, four at a time; a missing one may or may not be passed."""
    a = b = c = d = values[first]
    e = f = g = h = values[first]
    at = first
    while at + 4 <= stop:
        a, e = (values[at] if values[at] > a else a), (values[at] if values[at] < e else e)
        b, f = (values[at + 1] if values[at + 1] > b else b), (values[at + 1] if values[at + 1] < f else f)
        c, g = (values[at + 2] if values[at + 2] > c else c), (values[at + 2] if values[at + 2] < g else g)
        d, h = (values[at + 3] if values[at + 3] > d else d), (values[at + 3] if values[at + 3] < h else h)
        at += 4
    while at < stop:
        a, e = (values[at] if values[at] > a else a), (values[at] if values[at] < e else e)
        at += 1
    a, c, e, g = (a if a > b else b), (c if c > d else d), (e if e < f else f), (g if g < h else h)
    return (a if a > c else c), (e if e < g else g)


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
def divide(parts: Pointer, wholes: Pointer, first: int, to: Pointer, count: int) -> None:
    """to = part / whole, `count` of them from `first` on. Division is slow, and faster for several numbers at a time."""
    for k in range(count):
        to[k] = parts[first + k] / wholes[first + k]


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
    bar = first
    while bar + _LOOK <= stop and count_reaching(opens, highs, lows, closes, bar, bar + _LOOK, floor, ceiling) == 0:
        bar += _LOOK
    while bar < stop:
        inside = lows[bar] > floor and highs[bar] < ceiling and floor < opens[bar] < ceiling and floor < closes[bar] < ceiling
        if not inside and states[bar] == _TRADED:
            return bar
        bar += 1
    return stop


@helper
def count_reaching(
    opens: Pointer, highs: Pointer, lows: Pointer, closes: Pointer, first: int, stop: int, floor: float, ceiling: float
) -> int:
    """How many bars have a price at or below the floor, or at or above the ceiling, or a missing one."""
    count = 0
    for bar in range(first, stop):
        within = (lows[bar] > floor) & (highs[bar] < ceiling) & (opens[bar] > floor) & (opens[bar] < ceiling)
        count += 0 if within & (closes[bar] > floor) & (closes[bar] < ceiling) else 1
    return count


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
    bar = first
    if count_not_traded(states, first, stop) == 0:  # four at a time: none waits for the one before
        b, c, d, f, g, h = high, high, high, low, low, low
        while bar + 4 <= stop:
            top, bottom = span_of(opens, highs, lows, closes, bar)
            high, low = (top if top > high else high), (bottom if bottom < low else low)
            top, bottom = span_of(opens, highs, lows, closes, bar + 1)
            b, f = (top if top > b else b), (bottom if bottom < f else f)
            top, bottom = span_of(opens, highs, lows, closes, bar + 2)
            c, g = (top if top > c else c), (bottom if bottom < g else g)
            top, bottom = span_of(opens, highs, lows, closes, bar + 3)
            d, h = (top if top > d else d), (bottom if bottom < h else h)
            bar += 4
        b, d, f, h = (b if b > c else c), (d if d > high else high), (f if f < g else g), (h if h < low else low)
        high, low = (b if b > d else d), (f if f < h else h)
    while bar < stop:
        top, bottom = span_of(opens, highs, lows, closes, bar)
        if states[bar] == _TRADED:
            high, low = (top if top > high else high), (bottom if bottom < low else low)
        bar += 1
    return high, low


@helper
def span_of(opens: Pointer, highs: Pointer, lows: Pointer, closes: Pointer, bar: int) -> tuple[float, float]:
    """Highest and lowest of a bar's four prices."""
    a, b = (highs[bar], lows[bar]) if highs[bar] > lows[bar] else (lows[bar], highs[bar])
    c, d = (opens[bar], closes[bar]) if opens[bar] > closes[bar] else (closes[bar], opens[bar])
    return (a if a > c else c), (b if b < d else d)


@helper
def write_worth(
    rows: Pointer, room: int, first: int, count: int, cash: float, quantity: float, scale: float, closes: Pointer, bar: int
) -> None:
    """Three rows, each `room` items long: cash, quantity x close / scale of the bars from `bar` on, and both together."""
    cashes, exposures, equities = first, room + first, 2 * room + first
    for k in range(count):
        worth = quantity * closes[bar + k] / scale
        rows[cashes + k] = cash
        rows[exposures + k] = worth
        rows[equities + k] = cash + worth


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
