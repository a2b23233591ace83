"""Logic with three values (true, false, missing), after Kleene: a result is missing only where a missing input decides it."""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import Range, Unit
from dsl.messages import Text
from engine.kernel.catalogue import Pointer as P
from engine.kernel.catalogue import anything, condition, op, series
from engine.kernel.ops.comparison import both_true, negated

NAN: Final = math.nan
TRUTH: Final = Range(0.0, 1.0)
PAIR: Final = (condition("a"), condition("b"))


@op(
    "and", args=PAIR, unit=Unit.CONDITION, value_range=TRUTH, callable_by_user=False,
    formula=Text(
        "a나 b가 거짓이면 거짓; 그렇지 않고 a나 b의 값이 없으면 값 없음; 그 밖에는 참",
        "false if a or b is false; else missing if a or b is missing; else true",
    ),
    korean="둘 다 참입니다.", english="Both are true.", example="close > open and volume > sma(volume, 20)",
)  # fmt: skip
def logical_and(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        y[t] = both_true(x0[t], x1[t])


@op(
    "or", args=PAIR, unit=Unit.CONDITION, value_range=TRUTH, callable_by_user=False,
    formula=Text(
        "a나 b가 참이면 참; 그렇지 않고 a나 b의 값이 없으면 값 없음; 그 밖에는 거짓",
        "true if a or b is true; else missing if a or b is missing; else false",
    ),
    korean="하나라도 참입니다.", english="At least one is true.", example="rsi(14) < 30 or close < bb.lower(20, 2)",
)  # fmt: skip
def logical_or(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        y[t] = negated(both_true(negated(x0[t]), negated(x1[t])))


@op(
    "not", args=(condition("a"),), unit=Unit.CONDITION, value_range=TRUTH, callable_by_user=False,
    formula=Text("a가 거짓이면 참, 참이면 거짓, 값이 없으면 값 없음", "true if a is false; false if a is true; missing if a is missing"),
    korean="참과 거짓을 뒤집습니다.", english="True where the condition is false.", example="not close > open",
)  # fmt: skip
def logical_not(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        y[t] = negated(x0[t])


@op(
    "select", args=(condition("when"), series("a"), series("b")), unit=Unit.SAME, callable_by_user=False,
    formula=Text("`when` 이 참이면 a, 거짓이면 b, 값이 없으면 값 없음", "a if `when` is true, b if it is false, missing if it is missing"),
    korean="조건이 참이면 앞 값, 거짓이면 뒤 값입니다.", english="The first value where the condition is true, else the second.",
    example="1.0 if adx(14) > 20 else 0.6",
)  # fmt: skip
def select(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        when = x0[t]
        y[t] = NAN if when != when else (x2[t] if when == 0.0 else x1[t])


@op(
    "is_defined", args=(anything("x"),), unit=Unit.CONDITION, value_range=TRUTH,
    formula=Text("x에 값이 있으면 참, 없으면 거짓", "true if x has a value, else false"),
    degenerate=Text("언제나 값이 있습니다.", "never missing"),
    also=("notna", "not_na", "is_ready"),
    korean="값이 있으면 참, 없으면 거짓입니다.", english="True where there is a value, false where it is missing.",
    example="is_defined(rsi(14))",
)  # fmt: skip
def is_defined(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        y[t] = 1.0 if x0[t] == x0[t] else 0.0


@op(
    "if_ready", args=(anything("x"), anything("otherwise")), unit=Unit.SAME,
    formula=Text("x에 값이 있으면 x, 없으면 otherwise", "x if it has a value, else otherwise"),
    degenerate=Text("둘 다 없으면 값이 없습니다.", "missing where both are"),
    also=("nz", "fillna"),
    korean="값이 아직 없으면 otherwise를 씁니다.", english="The value, or otherwise while there is none (coins too young for an average).",
    example="if_ready(close > sma(close, 200), otherwise=true)",
)  # fmt: skip
def if_ready(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        y[t] = x0[t] if x0[t] == x0[t] else x1[t]
