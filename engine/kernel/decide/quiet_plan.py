"""What has to be true before an expression on the position can be, found once: it lets a backtest pass the bars where it cannot."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dsl.catalogue import POSITION_SERIES
from engine.kernel.position import PositionRows

#: one per exit, then one per named condition: parts that all have to hold. never: one of them is false for good. age_ms, bars: `pos.age`
#: and `pos.bars` at which it can be true at the earliest. first, count: columns that have to be true, in `Plan.gate_columns`
GATE: Final = np.dtype([("never", "i8"), ("age_ms", "i8"), ("bars", "i8"), ("first", "i8"), ("count", "i8")], align=True)

#: what a level can move with, as bits: columns of the latest CLOSE, extremes since entry, price or time of the moment, entry and price grid
COLUMNS: Final = 1
EXTREMES: Final = 2
MOMENT: Final = 4
ENTRY: Final = 8

#: position variables that take divisions: of a price and the entry, of times
RATIOS: Final = 1
BARS: Final = 2

#: position variables that change with every price or moment, and those that change with the highest and lowest price
_MOVING: Final = ("pos.gain", "pos.pnl", "pos.age", "pos.bars")
_EXTREMES: Final = ("pos.high", "pos.low", "pos.best", "pos.worst")
#: those that take divisions and the fee
_RATIOS: Final = ("pos.gain", "pos.pnl", "pos.best", "pos.worst")
_SERIES: Final = tuple(POSITION_SERIES)
#: beyond this a whole number of ms or bars means never
_NEVER: Final = 2.0**52


@dataclass
class _Parts:
    never: bool = False
    age_ms: int = 0
    bars: int = 0
    columns: list[int] = field(default_factory=list)


def gates_of(position: PositionRows, slots: Sequence[int]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """GATE [len(slots)] of the expressions in these slots of the value vector, and their columns."""
    gates = np.zeros(len(slots), GATE)
    columns: list[int] = []
    for gate, slot in zip(gates, slots, strict=True):
        parts = _Parts()
        _collect(position, slot, parts)
        gate["never"], gate["age_ms"], gate["bars"] = parts.never, parts.age_ms, parts.bars
        gate["first"], gate["count"] = len(columns), len(parts.columns)
        columns += parts.columns
    return gates, np.array(columns, np.int64)


def moved_by(position: PositionRows, read: set[int]) -> int:
    """Bits COLUMNS..ENTRY: what a level moves with that is computed from these slots."""
    first = position.column_count
    found = ENTRY | (COLUMNS if any(slot < first for slot in read) else 0)
    for bit, names in ((EXTREMES, _EXTREMES), (MOMENT, _MOVING)):
        if not read.isdisjoint(first + _SERIES.index(name) for name in names):
            found |= bit
    return found


def needs_of(position: PositionRows, purposes: Sequence[set[int] | None]) -> NDArray[np.int64]:
    """[len(purposes), 2 + position_rows]: bits RATIOS and BARS of what a purpose needs that asks for these slots (None: for all), how
    many of the rows, and which, in order."""
    first, count = position.column_count, position.position_rows
    ratios, bars = {first + _SERIES.index(name) for name in _RATIOS}, first + _SERIES.index("pos.bars")
    made, found = position.rows[:count, 5].tolist(), []
    for wanted in purposes:
        rows = [number for number, slot in enumerate(made) if wanted is None or slot in wanted]
        variables = RATIOS if wanted is None or not wanted.isdisjoint(ratios) else 0
        variables |= BARS if wanted is None or bars in wanted else 0
        found.append([variables, len(rows), *rows, *[0] * (count - len(rows))])
    return np.array(found, np.int64)


def reads_extremes(position: PositionRows, slots: Iterable[int]) -> bool:
    """A row of any phase reads the highest or lowest price since entry, or one of the slots is such a variable."""
    first = position.column_count
    named = {first + _SERIES.index(name) for name in _EXTREMES}
    return not named.isdisjoint(slots) or not named.isdisjoint(position.rows[:, 1:5].ravel().tolist())


def reads_of(position: PositionRows, slot: int) -> set[int]:
    """The slot and everything that its value is computed from."""
    inputs = {source for row in position.rows.tolist() if row[5] == slot for source in row[1:5] if source != slot}
    return {slot}.union(*(reads_of(position, source) for source in inputs))


def _collect(position: PositionRows, slot: int, parts: _Parts) -> None:
    """Take in what has to hold for the slot's value to be true."""
    if slot < position.column_count:
        parts.columns.append(slot)
        return
    if not math.isnan(position.initial[slot]):
        parts.never |= position.initial[slot] == 0.0
        return
    for row in position.rows.tolist():
        if row[5] != slot:
            continue
        op, left, right = position.ops[row[0]], row[1], row[2]
        if op == "and":
            _collect(position, left, parts)
            _collect(position, right, parts)
        elif op in ("ge", "gt"):
            _wait(position, left, right, op == "gt", parts)
        elif op in ("le", "lt"):
            _wait(position, right, left, op == "lt", parts)


def _wait(position: PositionRows, slot: int, limit_slot: int, beyond: bool, parts: _Parts) -> None:
    """`pos.age` or `pos.bars`, whole numbers that only grow, against a constant. beyond: they have to pass it."""
    limit = position.initial[limit_slot] if limit_slot >= position.column_count else math.nan
    if math.isnan(limit):
        return
    needed = math.floor(min(max(limit, -1.0), _NEVER)) + 1 if beyond else math.ceil(min(max(limit, 0.0), _NEVER))
    variable = slot - position.column_count
    if variable == _SERIES.index("pos.age"):
        parts.age_ms = max(parts.age_ms, needed)
    elif variable == _SERIES.index("pos.bars"):
        parts.bars = max(parts.bars, needed)
