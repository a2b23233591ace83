"""The values of a part at one bar: both sides, true, false or missing, and how far it is from being true."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dsl.catalogue import Unit
from dsl.graph import Timeframe
from engine.kernel.aggregate import open_ms
from engine.research.why.probe import LOGIC, Part, Side

#: value of a graph node at the bar; NaN = missing
ValueOf = Callable[[int], float]


@dataclass(frozen=True, slots=True)
class BarSpan:
    """A bar by its ends, UTC ms."""

    timeframe: Timeframe
    open_ms: int
    close_ms: int


@dataclass(frozen=True, slots=True)
class SideReading:
    """A side's value, and the value one bar earlier where the part is an event. bar: the bar that the value is of."""

    side: Side
    value: float
    before: float
    bar: BarSpan | None


@dataclass(frozen=True, slots=True)
class Gap:
    """How far a comparison is from being true. short: in the unit of its sides, >= 0; share: of the value to be reached, NaN where that
    is zero. already: the value is there, but an event needs it to have been elsewhere on the bar before."""

    short: float
    share: float
    unit: Unit
    already: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """`first then second within window`. since_first: bars since the first step was last true, None where it was not within the window;
    left: bars in which the second step may still come, 0 when not armed; None: unknown."""

    since_first: int | None
    left: int | None
    window: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A part at one bar. truth: None = missing. bar: the bar that it was read on, where that is not the clock's."""

    part: Part
    truth: bool | None
    sides: tuple[SideReading, ...]
    gap: Gap | None
    sequence: Sequence | None
    bar: BarSpan | None
    parts: tuple[Reading, ...]


def last_closed(timeframe: Timeframe, now_ms: int) -> BarSpan:
    """The latest bar of a timeframe that has closed at `now_ms`."""
    index = timeframe.index(now_ms) - 1
    return BarSpan(timeframe, open_ms(timeframe, index), open_ms(timeframe, index + 1))


def read(part: Part, value_of: ValueOf, now_ms: int, clock: Timeframe) -> Reading:
    """A part and everything below it at the close `now_ms`."""
    value = value_of(part.node)
    truth = None if math.isnan(value) else value != 0.0
    sides = tuple(_side(side, value_of, now_ms) for side in part.sides)
    slower = part.timeframe is not None and part.timeframe != clock
    return Reading(
        part=part,
        truth=truth,
        sides=sides,
        gap=None if truth else gap(part.op, sides),
        sequence=_sequence(part, value_of) if part.ages is not None else None,
        bar=last_closed(part.timeframe, now_ms) if slower and part.timeframe is not None else None,
        parts=tuple(read(inner, value_of, now_ms, clock) for inner in part.parts),
    )


def blockers(reading: Reading, wanted: bool = True) -> list[Reading]:
    """The innermost parts that keep a condition from being true (or, wanted=False, from being false), in order."""
    if reading.truth is wanted:
        return []
    part = reading.part
    if part.join not in LOGIC:
        return [reading]
    inner = not wanted if part.join in ("none", "not") else wanted
    return [found for below in reading.parts for found in blockers(below, inner)]


def gap(op: str, sides: tuple[SideReading, ...]) -> Gap | None:
    """The distance of a comparison or event from true; None where there is none to tell, or a value is missing."""
    values = [side.value for side in sides]
    if not values or any(math.isnan(value) for value in values):
        return None
    unit = next((side.side.unit for side in sides if side.side.constant is None), sides[0].side.unit)
    finder = _GAPS.get(op)
    return None if finder is None else finder(values, unit)


def _below(values: list[float], unit: Unit) -> Gap:
    """The first has to come down to the second."""
    return _gap(values[0] - values[1], values[1], unit)


def _above(values: list[float], unit: Unit) -> Gap:
    return _gap(values[1] - values[0], values[1], unit)


def _inside(values: list[float], unit: Unit) -> Gap:
    value, low, high = values
    return _gap(low - value, low, unit) if value < low else _gap(value - high, high, unit)


def _outside(values: list[float], unit: Unit) -> Gap:
    value, low, high = values
    if not low <= value <= high:
        return _gap(-1.0, low, unit)
    return _gap(value - low, low, unit) if value - low < high - value else _gap(high - value, high, unit)


def _gap(short: float, target: float, unit: Unit) -> Gap:
    already = short < 0.0
    short = max(short, 0.0)
    return Gap(short, short / abs(target) if target else math.nan, unit, already)


_GAPS: Final[dict[str, Callable[[list[float], Unit], Gap]]] = {
    "lt": _below, "le": _below, "gt": _above, "ge": _above, "between": _inside, "enters": _inside, "leaves": _outside,
    "crosses_above": _above, "crosses_below": _below,
}  # fmt: skip


def _side(side: Side, value_of: ValueOf, now_ms: int) -> SideReading:
    before = math.nan if side.before is None else value_of(side.before)
    if side.constant is not None:
        return SideReading(side, side.constant, side.constant, None)
    bar = None if side.timeframe is None else last_closed(side.timeframe, now_ms)
    return SideReading(side, value_of(side.node), before, bar)


def _sequence(part: Part, value_of: ValueOf) -> Sequence:
    """Armed: the first step was true within the window, and the second has not been true after it."""
    assert part.ages is not None
    first, second = (value_of(node) for node in part.ages)
    if math.isnan(first):
        return Sequence(None, None, part.window)
    if first >= part.window:
        return Sequence(None, 0, part.window)
    if math.isnan(second):
        return Sequence(int(first), None, part.window)
    return Sequence(int(first), part.window - int(first) if first <= second else 0, part.window)
