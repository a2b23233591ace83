"""A strategy file with one of its parameters moved by a share: what a look for cliffs runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from dsl.loader import load
from dsl.source import Source
from dsl.yaml_tree import Mapping, Scalar

_NUMBER: Final = re.compile(r"[-+]?\d[\d_,]*(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Moved:
    """The text of a file in which the parameter `name`, written `value` (unit left out), has become `moved_to`."""

    name: str
    value: float
    moved_to: float
    text: str


def moved_parameters(text: str, shares: Sequence[float] = (-0.1, 0.1)) -> Iterator[Moved]:
    """Every parameter of a strategy file moved by each share of its value, one at a time; a whole number by at least 1.

    A value of 0 cannot be moved by a share and is left alone. Whether the file allows the moved value is not looked at.
    """
    root = load(Source("", text))[0]
    found = root.find("params") if isinstance(root, Mapping) else None
    if found is None or not isinstance(found[1], Mapping):
        return
    for key, node in found[1].entries:
        inner = node.find("value") if isinstance(node, Mapping) else (key, node)
        if inner is None or not isinstance(inner[1], Scalar):
            continue
        written = inner[1]
        number = _NUMBER.match(written.text)
        if number is None or not (value := Decimal(number[0].replace("_", "").replace(",", ""))):
            continue
        for share in shares:
            moved = _moved(value, share)
            start, end = written.offset(number.start()), written.offset(number.end() - 1) + 1
            yield Moved(key.text, float(value), float(moved), text[:start] + f"{moved:f}" + text[end:])


def _moved(value: Decimal, share: float) -> Decimal:
    step = value * Decimal(repr(share))
    if value != value.to_integral_value():
        return (value + step).normalize()
    whole = step.to_integral_value() or Decimal(1 if step > 0 else -1)
    return value + whole
