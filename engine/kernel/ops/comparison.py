"""Comparisons of two values: true (1), false (0), or missing where a value is missing."""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import Range, Unit
from dsl.messages import Text
from engine.kernel.abi import helper
from engine.kernel.catalogue import Pointer as P
from engine.kernel.catalogue import op, series

NAN: Final = math.nan
PAIR: Final = (series("a"), series("b"))
TRUTH: Final = Range(0.0, 1.0)
MISSING_SPREADS: Final = Text("입력 값이 하나라도 없으면 값이 없습니다.", "missing where an input is missing")


@helper
def both_true(a: float, b: float) -> float:
    """Three-valued and: false wins over missing."""
    if a == 0.0 or b == 0.0:
        return 0.0
    return 1.0 if (a == a and b == b) else NAN


@helper
def negated(a: float) -> float:
    """Three-valued not."""
    if a != a:
        return NAN
    return 1.0 if a == 0.0 else 0.0


@helper
def is_below(a: float, b: float) -> float:
    """Three-valued a < b."""
    if a != a or b != b:
        return NAN
    return 1.0 if a < b else 0.0


@helper
def is_at_most(a: float, b: float) -> float:
    """Three-valued a <= b."""
    if a != a or b != b:
        return NAN
    return 1.0 if a <= b else 0.0


@helper
def is_inside(x: float, lo: float, hi: float) -> float:
    """Three-valued lo <= x <= hi."""
    return both_true(is_at_most(lo, x), is_at_most(x, hi))


@op(
    "lt", args=PAIR, unit=Unit.CONDITION, value_range=TRUTH, formula="a < b", degenerate=MISSING_SPREADS, callable_by_user=False,
    korean="앞 값이 더 작습니다.", english="The first value is smaller.", example="close < open",
)  # fmt: skip
def lt(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        y[t] = is_below(x0[t], x1[t])


@op(
    "le", args=PAIR, unit=Unit.CONDITION, value_range=TRUTH, formula="a <= b", degenerate=MISSING_SPREADS, callable_by_user=False,
    korean="앞 값이 작거나 같습니다.", english="The first value is smaller or equal.", example="close <= vwap(day)",
)  # fmt: skip
def le(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        y[t] = is_at_most(x0[t], x1[t])


@op(
    "gt", args=PAIR, unit=Unit.CONDITION, value_range=TRUTH, formula="a > b", degenerate=MISSING_SPREADS, callable_by_user=False,
    korean="앞 값이 더 큽니다.", english="The first value is larger.", example="close > ema(close, 20)",
)  # fmt: skip
def gt(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        y[t] = is_below(x1[t], x0[t])


@op(
    "ge", args=PAIR, unit=Unit.CONDITION, value_range=TRUTH, formula="a >= b", degenerate=MISSING_SPREADS, callable_by_user=False,
    korean="앞 값이 크거나 같습니다.", english="The first value is larger or equal.", example="adx(14) >= 20",
)  # fmt: skip
def ge(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        y[t] = is_at_most(x1[t], x0[t])


@op(
    "eq", args=PAIR, unit=Unit.CONDITION, value_range=TRUTH,
    formula=Text("a == b, 정확히", "a == b, exactly"),
    degenerate=MISSING_SPREADS, callable_by_user=False,
    korean="두 값이 똑같습니다.", english="The two values are equal, exactly.", example="close == high",
)  # fmt: skip
def eq(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        a = x0[t]
        b = x1[t]
        y[t] = NAN if (a != a or b != b) else (1.0 if a == b else 0.0)


@op(
    "ne", args=PAIR, unit=Unit.CONDITION, value_range=TRUTH,
    formula=Text("a != b, 정확히", "a != b, exactly"),
    degenerate=MISSING_SPREADS, callable_by_user=False,
    korean="두 값이 다릅니다.", english="The two values differ.", example="close != open",
)  # fmt: skip
def ne(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        a = x0[t]
        b = x1[t]
        y[t] = NAN if (a != a or b != b) else (1.0 if a != b else 0.0)


@op(
    "between", args=(series("x"), series("lo"), series("hi")), unit=Unit.CONDITION, value_range=TRUTH, callable_by_user=False,
    formula="x >= lo and x <= hi",
    degenerate=Text(
        "어느 한쪽이라도 벗어난 것이 분명하면 거짓입니다. 알 수 없으면 값이 없습니다.",
        "missing where that cannot be told; false where one side already fails",
    ),
    korean="값이 범위 안에 있습니다 (양 끝 포함).", english="The value lies in the range, ends included.", example="rsi(14) in 30..50",
)  # fmt: skip
def between(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        y[t] = is_inside(x0[t], x1[t], x2[t])
