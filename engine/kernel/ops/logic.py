"""Logic with three values (true, false, missing), after Kleene: a result is missing only where a missing input decides it."""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import Range, Unit
from engine.kernel.catalogue import Pointer as P
from engine.kernel.catalogue import condition, op, series
from engine.kernel.ops.comparison import both_true, negated

NAN: Final = math.nan
TRUTH: Final = Range(0.0, 1.0)
PAIR: Final = (condition("a"), condition("b"))


@op(
    "and", args=PAIR, unit=Unit.CONDITION, value_range=TRUTH, callable_by_user=False,
    formula="false if a or b is false; else missing if a or b is missing; else true",
    korean="둘 다 참입니다.", english="Both are true.", example="close > open and volume > sma(volume, 20)",
)  # fmt: skip
def logical_and(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        y[t] = both_true(x0[t], x1[t])


@op(
    "or", args=PAIR, unit=Unit.CONDITION, value_range=TRUTH, callable_by_user=False,
    formula="true if a or b is true; else missing if a or b is missing; else false",
    korean="하나라도 참입니다.", english="At least one is true.", example="rsi(14) < 30 or close < bb.lower(20, 2)",
)  # fmt: skip
def logical_or(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        y[t] = negated(both_true(negated(x0[t]), negated(x1[t])))


@op(
    "not", args=(condition("a"),), unit=Unit.CONDITION, value_range=TRUTH, callable_by_user=False,
    formula="true if a is false; false if a is true; missing if a is missing",
    korean="참과 거짓을 뒤집습니다.", english="True where the condition is false.", example="not close > open",
)  # fmt: skip
def logical_not(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        y[t] = negated(x0[t])


@op(
    "select", args=(condition("when"), series("a"), series("b")), unit=Unit.SAME, callable_by_user=False,
    formula="a if `when` is true, b if it is false, missing if it is missing",
    korean="조건이 참이면 앞 값, 거짓이면 뒤 값입니다.", english="The first value where the condition is true, else the second.",
    example="1.0 if adx(14) > 20 else 0.6",
)  # fmt: skip
def select(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        when = x0[t]
        y[t] = NAN if when != when else (x2[t] if when == 0.0 else x1[t])
