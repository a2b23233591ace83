"""What the checker knows about an expression: its node or fixed number, its unit, its phase and the interval it lies in."""

from __future__ import annotations

from dataclasses import dataclass

from dsl.catalogue import Unit
from dsl.graph import Phase

PLAIN = frozenset({Unit.NUMBER, Unit.RATIO, Unit.SCORE})
#: units as powers of (KRW, coin); what has no name of its own becomes ANY
_DIMENSIONS: dict[Unit, tuple[int, int]] = {
    Unit.PRICE: (1, -1),
    Unit.MONEY: (1, 0),
    Unit.QUANTITY: (0, 1),
    Unit.NUMBER: (0, 0),
    Unit.RATIO: (0, 0),
    Unit.SCORE: (0, 0),
}
_BY_DIMENSION = {(1, -1): Unit.PRICE, (1, 0): Unit.MONEY, (0, 1): Unit.QUANTITY}


@dataclass(frozen=True, slots=True)
class Value:
    """One checked expression. Exactly one of `node` (id in the graph) and `constant` is set.

    phase: when it can be known. held: the last closed value of a slower timeframe, so one bar back could mean two things.
    low, high: every defined value lies between them; None = unbounded or unknown.
    """

    unit: Unit
    node: int | None = None
    constant: float | None = None
    phase: Phase = Phase.MARKET
    held: bool = False
    low: float | None = None
    high: float | None = None

    @property
    def is_condition(self) -> bool:
        return self.unit is Unit.CONDITION


def fixed(value: float, unit: Unit) -> Value:
    """A number that is the same on every bar."""
    return Value(unit, constant=value, low=value, high=value)


def comparable(left: Value, right: Value) -> bool:
    """Whether the two may be compared, added, or be each other's default.

    A fixed amount of KRW also stands for a price, a fixed number for a number of bars, and zero for anything.
    """
    if left.unit is right.unit or Unit.ANY in (left.unit, right.unit) or {left.unit, right.unit} <= PLAIN:
        return True
    for fixed_one, other in ((left, right), (right, left)):
        if fixed_one.constant is not None and fixed_one.unit in PLAIN and fixed_one.constant == 0:
            return other.unit is not Unit.CONDITION
        if fixed_one.constant is not None and (fixed_one.unit, other.unit) in ((Unit.MONEY, Unit.PRICE), (Unit.NUMBER, Unit.BARS)):
            return True
    return False


def joined(left: Value, right: Value) -> Unit:
    """Unit of a sum (or choice) of two comparable values."""
    if left.unit is right.unit:
        return left.unit
    if {left.unit, right.unit} <= PLAIN:
        return Unit.NUMBER
    for one, other in ((left, right), (right, left)):
        if one.constant is not None and one.unit in PLAIN | {Unit.MONEY}:
            return other.unit
    return right.unit if left.unit is Unit.ANY else left.unit


def product(left: Unit, right: Unit) -> Unit:
    """Unit of left x right."""
    if left in PLAIN and right not in PLAIN:
        return right
    if right in PLAIN and left not in PLAIN:
        return left
    return _combined(left, right, 1)


def quotient(left: Unit, right: Unit) -> Unit:
    """Unit of left / right; equal units give a ratio."""
    if left is right:
        return Unit.NUMBER if left in PLAIN else Unit.RATIO
    if right in PLAIN and left not in PLAIN:
        return left
    return _combined(left, right, -1)


def _combined(left: Unit, right: Unit, sign: int) -> Unit:
    if left in PLAIN and right in PLAIN:
        return Unit.NUMBER
    first, second = _DIMENSIONS.get(left), _DIMENSIONS.get(right)
    if first is None or second is None:
        return Unit.ANY
    return _BY_DIMENSION.get((first[0] + sign * second[0], first[1] + sign * second[1]), Unit.ANY)
