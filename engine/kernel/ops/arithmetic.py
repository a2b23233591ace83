"""Sums, products, extremes of two values, defaults for missing ones, and the maps onto -1..1."""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import Range, Unit
from dsl.messages import Text
from engine.kernel.catalogue import Pointer as P
from engine.kernel.catalogue import composed, number, op, series

NAN: Final = math.nan
PAIR: Final = (series("a"), series("b"))
MISSING_SPREADS: Final = Text("입력 값이 하나라도 없으면 값이 없습니다.", "missing where an input is missing")


@op(
    "add", args=PAIR, unit=Unit.SAME, formula="a + b", degenerate=MISSING_SPREADS, callable_by_user=False,
    korean="두 값을 더합니다.", english="Adds two values.", example="close + 1.5 * atr(14)",
)  # fmt: skip
def add(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        y[t] = x0[t] + x1[t]


@op(
    "sub", args=PAIR, unit=Unit.SAME, formula="a - b", degenerate=MISSING_SPREADS, callable_by_user=False,
    korean="앞 값에서 뒤 값을 뺍니다.", english="Subtracts the second value from the first.", example="close - open",
)  # fmt: skip
def sub(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        y[t] = x0[t] - x1[t]


@op(
    "mul", args=PAIR, unit=Unit.ANY, formula="a * b", degenerate=MISSING_SPREADS, callable_by_user=False,
    korean="두 값을 곱합니다.", english="Multiplies two values.", example="2 * sma(volume, 20)",
)  # fmt: skip
def mul(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        y[t] = x0[t] * x1[t]


@op(
    "div", args=PAIR, unit=Unit.ANY, formula="a / b",
    degenerate=Text("b가 0이거나 입력 값이 없으면 값이 없습니다.", "missing where b = 0 or an input is missing"),
    callable_by_user=False,
    korean="앞 값을 뒤 값으로 나눕니다. 0으로 나누면 값이 없습니다.", english="Divides; division by zero is missing.",
    example="atr(14) / close",
)  # fmt: skip
def div(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        b = x1[t]
        y[t] = x0[t] / b if b != 0.0 else NAN


@op(
    "neg", args=(series("a"),), unit=Unit.SAME, formula="-a", degenerate=MISSING_SPREADS, callable_by_user=False,
    korean="부호를 바꿉니다.", english="Changes the sign.", example="-ret(1)",
)  # fmt: skip
def neg(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        y[t] = -x0[t]


@op(
    "abs", args=(series("a"),), unit=Unit.SAME, formula="|a|", degenerate=MISSING_SPREADS, value_range=Range(0.0, None),
    also=("absolute", "절댓값"),
    korean="절댓값입니다.", english="Absolute value.", example="abs(close - open) < atr(14)",
)  # fmt: skip
def absolute(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        y[t] = math.fabs(x0[t])


@op(
    "min", args=PAIR, unit=Unit.SAME,
    formula=Text("a <= b 이면 a, 아니면 b; 값이 더 있으면 둘씩 차례로", "a if a <= b else b; of more values two by two"),
    degenerate=MISSING_SPREADS, variadic=True,
    also=("minimum", "least", "최솟값"),
    korean="가장 작은 값입니다.", english="The smallest of two or more values.", example="min(close, ema(close, 20), vwap(day))",
)  # fmt: skip
def smaller_of(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        a = x0[t]
        b = x1[t]
        y[t] = a if (a <= b or a != a) else b


@op(
    "max", args=PAIR, unit=Unit.SAME,
    formula=Text("a >= b 이면 a, 아니면 b; 값이 더 있으면 둘씩 차례로", "a if a >= b else b; of more values two by two"),
    degenerate=MISSING_SPREADS, variadic=True,
    also=("maximum", "greatest", "최댓값"),
    korean="가장 큰 값입니다.", english="The largest of two or more values.", example="max(0.4%, atr(14) / close)",
)  # fmt: skip
def larger_of(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        a = x0[t]
        b = x1[t]
        y[t] = a if (a >= b or a != a) else b


@op(
    "coalesce", args=PAIR, unit=Unit.SAME,
    formula=Text("a에 값이 있으면 a, 없으면 b", "a if a is defined else b"),
    degenerate=Text("둘 다 없으면 값이 없습니다.", "missing where both are"),
    callable_by_user=False,
    korean="값이 없으면 뒤의 값을 씁니다.", english="The first value, or the second where the first is missing.",
    example="rsi(14) ?? 50 < 30",
)  # fmt: skip
def coalesce(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        a = x0[t]
        y[t] = a if a == a else x1[t]


composed(
    "clamp", "max(min(x, hi), lo)",
    args=(series("x"), number("lo", Unit.ANY), number("hi", Unit.ANY)), unit=Unit.SAME,
    formula="max(min(x, hi), lo)", degenerate=MISSING_SPREADS,
    also=("clip",),
    korean="값을 lo와 hi 사이로 자릅니다.", english="Cuts a value to lo..hi.",
    example="clamp((ema(close, 9) - ema(close, 50)) / (3 * atr(14)), -1, 1)",
)  # fmt: skip

composed(
    "scale", "max(min(2 * ((x - lo) / (hi - lo)) - 1, 1), -1)",
    args=(series("x"), number("lo", Unit.ANY), number("hi", Unit.ANY)), unit=Unit.SCORE, value_range=Range(-1.0, 1.0),
    formula=Text("2 (x - lo) / (hi - lo) - 1, -1..1 로 자름", "2 (x - lo) / (hi - lo) - 1, cut to -1..1"),
    degenerate=Text("x가 없거나 hi = lo 이면 값이 없습니다.", "missing where x is missing or hi = lo"),
    korean="lo를 -1, hi를 1로 놓고 그 사이를 직선으로 잇습니다.", english="Linear map: lo is -1, hi is 1, cut beyond.",
    example="scale(volume / sma(volume, 20), lo=0.5, hi=3)",
)  # fmt: skip

composed(
    "peak", "max(1 - abs(x - best) / abs(zero_at - best), -1)",
    args=(series("x"), number("best", Unit.ANY), number("zero_at", Unit.ANY)), unit=Unit.SCORE, value_range=Range(-1.0, 1.0),
    formula=Text("1 - |x - best| / |zero_at - best|, -1보다 낮아지지 않음", "1 - |x - best| / |zero_at - best|, not below -1"),
    degenerate=Text("x가 없거나 zero_at = best 이면 값이 없습니다.", "missing where x is missing or zero_at = best"),
    korean="best에서 1, zero_at에서 0인 천막 모양 점수입니다.", english="Tent: 1 at best, 0 at zero_at, negative beyond, not below -1.",
    example="peak(atr(14) / close, best=1.2%, zero_at=3.5%)",
)  # fmt: skip
