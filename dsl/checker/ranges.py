"""Intervals that values lie in, as far as they are worth knowing: sums, differences and products of bounded values."""

from __future__ import annotations

from dsl.checker.values import Value

Interval = tuple[float | None, float | None]


def arithmetic(operator: str, left: Value, right: Value) -> Interval:
    """Interval of `left operator right`; unbounded where it is not simple."""
    if operator == "+":
        return _sum(left.low, right.low), _sum(left.high, right.high)
    if operator == "-":
        return _sum(left.low, _negative(right.high)), _sum(left.high, _negative(right.low))
    if operator == "*":
        return _product(left, right)
    return None, None


def either(left: Value, right: Value) -> Interval:
    """Interval of a value that is one or the other."""
    low = None if left.low is None or right.low is None else min(left.low, right.low)
    high = None if left.high is None or right.high is None else max(left.high, right.high)
    return low, high


def _sum(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a + b


def _negative(a: float | None) -> float | None:
    return None if a is None else -a


def _product(left: Value, right: Value) -> Interval:
    for one, other in ((left, right), (right, left)):
        if one.constant is not None:
            ends = [None if bound is None else bound * one.constant for bound in (other.low, other.high)]
            return (ends[0], ends[1]) if one.constant >= 0 else (ends[1], ends[0])
    if left.low is not None and right.low is not None and left.low >= 0 and right.low >= 0:
        return left.low * right.low, None if left.high is None or right.high is None else left.high * right.high
    return None, None
