"""A strategy file with one of its parameters moved by a share of its value: what a look for cliffs runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from dsl.variants import PlaceError

if TYPE_CHECKING:
    from dsl.compile import Compiled
    from dsl.variants import Variants

SHARES: tuple[float, ...] = (-0.1, 0.1)


@dataclass(frozen=True, slots=True)
class Moved:
    """The file in which the parameter `name`, written `value` (unit left out), has become `moved_to`, checked from its text."""

    name: str
    value: float
    moved_to: float
    compiled: Compiled


def moved_parameters(variants: Variants, names: Iterable[str], shares: Sequence[float] = SHARES) -> Iterator[Moved]:
    """Every named parameter moved by each share of its value, one at a time; a whole number by at least 1.

    A value of 0 cannot be moved by a share and is left out, as is one that is not written as a number.
    """
    for name in names:
        try:
            place = variants.place(f"params.{name}")
        except PlaceError:
            continue
        value = Decimal(place.scalar.text[place.start : place.number_end].replace("_", ""))
        for share in shares if value else ():
            moved = _moved(value, share)
            yield Moved(name, float(value), float(moved), variants.compiled({place: f"{moved:f}"}))


def _moved(value: Decimal, share: float) -> Decimal:
    step = value * Decimal(repr(share))
    if value != value.to_integral_value():
        return (value + step).normalize()
    return value + (step.to_integral_value() or Decimal(1 if step > 0 else -1))
