"""Events and intents as journal records and back, without losing a bit."""

from __future__ import annotations

import math
from dataclasses import MISSING, fields
from enum import IntEnum
from typing import Any, Final

from engine.model.bars import Bar, Bars, SideValues
from engine.model.candle import BarState
from engine.model.events import Cash, Control, ControlKind, Done, DoneReason, Fill, Intent, Side, Step
from engine.store.journal import Record

#: what a running strategy is told, in the order in which it was told
Told = Bars | Step | Fill | Done | Cash | Control

_KINDS: Final[dict[str, type[Any]]] = {
    "step": Step, "fill": Fill, "done": Done, "cash": Cash, "control": Control, "intent": Intent,
}  # fmt: skip
_NAMES: Final = {kind: name for name, kind in _KINDS.items()}
_ENUMS: Final[dict[tuple[str, str], type[IntEnum]]] = {
    ("done", "reason"): DoneReason,
    ("control", "kind_of_control"): ControlKind,
    ("intent", "side"): Side,
}
#: the field of a record that tells its kind is called `kind`; Control has a field of that name too
_RENAMED: Final = {("control", "kind"): "kind_of_control"}
EVENT_KINDS: Final = frozenset({"bars", *_KINDS} - {"intent"})


def to_record(item: Told | Intent) -> Record:
    """The item as a journal line."""
    record: Record
    if isinstance(item, Bars):
        record = {"kind": "bars", "time_ms": item.time_ms, "bars": [_bar_row(bar) for bar in item.bars]}
        return record | ({"sides": [[side.name, side.params, side.values] for side in item.sides]} if item.sides else {})
    name = _NAMES[type(item)]
    record = {"kind": name}
    for field in fields(item):
        value = getattr(item, field.name)
        record[_RENAMED.get((name, field.name), field.name)] = int(value) if isinstance(value, IntEnum) else value
    return record


def from_record(record: Record) -> Told | Intent:
    """The item of a line that `to_record` wrote, read from disk. Raises KeyError, TypeError or ValueError for other lines."""
    name = record["kind"]
    if name == "bars":
        return Bars(record["time_ms"], tuple(_bar(row) for row in record["bars"]), tuple(map(_side, record.get("sides", ()))))
    kind = _KINDS[name]
    values: dict[str, Any] = {}
    for field in fields(kind):
        key = _RENAMED.get((name, field.name), field.name)
        enum = _ENUMS.get((name, key))
        if enum is not None:
            values[field.name] = enum(record[key])
        elif key in record or field.default is MISSING:  # a field that came later has a default
            values[field.name] = math.nan if record[key] is None else record[key]
    item: Told | Intent = kind(**values)
    return item


def _side(row: list[Any]) -> SideValues:
    name, params, values = row
    return SideValues(str(name), tuple(map(float, params)), tuple(math.nan if value is None else float(value) for value in values))


def _bar_row(bar: Bar) -> list[float]:
    """Nothing but the state where nothing else is known."""
    if bar.state is BarState.UNKNOWN:
        return [int(bar.state)]
    return [int(bar.state), bar.open, bar.high, bar.low, bar.close, bar.volume, bar.value]


def _bar(row: list[float | None]) -> Bar:
    numbers = [math.nan if number is None else number for number in row[1:]] or [math.nan] * 6
    state = row[0]
    if state is None:
        raise ValueError("a bar without a state")
    return Bar(BarState(int(state)), *numbers)
