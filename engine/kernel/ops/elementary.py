"""Logarithm, exponential and square root whose bits do not depend on the machine's mathematics library.

log and exp follow the rational approximations of fdlibm (e_log.c, e_exp.c), error below 1 ulp:
Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Developed at SunPro, a Sun Microsystems, Inc. business.
Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice is preserved.
"""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import Range, Unit
from dsl.messages import Text
from engine.kernel.abi import helper
from engine.kernel.catalogue import Pointer as P
from engine.kernel.catalogue import op, series

NAN: Final = math.nan
INFINITY: Final = math.inf

#: ln 2 in two parts; the first has 21 trailing zero bits, so k * LN2_HIGH is exact
LN2_HIGH: Final = 6.93147180369123816490e-01
LN2_LOW: Final = 1.90821492927058770002e-10
INVERSE_LN2: Final = 1.44269504088896338700e00
ROOT_HALF: Final = 0.70710678118654752440

LOG_1: Final = 6.666666666666735130e-01
LOG_2: Final = 3.999999999940941908e-01
LOG_3: Final = 2.857142874366239149e-01
LOG_4: Final = 2.222219843214978396e-01
LOG_5: Final = 1.818357216161805012e-01
LOG_6: Final = 1.531383769920937332e-01
LOG_7: Final = 1.479819860511658591e-01

EXP_1: Final = 1.66666666666666019037e-01
EXP_2: Final = -2.77777777770155933842e-03
EXP_3: Final = 6.61375632143793436117e-05
EXP_4: Final = -1.65339022054652515390e-06
EXP_5: Final = 4.13813679705723846039e-08
#: beyond these e^x is infinite, or rounds to zero
EXP_OVERFLOW: Final = 7.09782712893383973096e02
EXP_UNDERFLOW: Final = -7.45133219101941108420e02


@helper
def natural_log(x: float) -> float:
    """ln x; missing for x < 0 and x = 0. With x = 2^k (1 + f), ln x = k ln 2 + ln(1 + f)."""
    if not x > 0.0:
        return NAN
    if x == INFINITY:
        return x
    mantissa, exponent = math.frexp(x)
    if mantissa < ROOT_HALF:
        mantissa = mantissa * 2.0
        exponent = exponent - 1
    f = mantissa - 1.0
    k = float(exponent)
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (LOG_2 + w * (LOG_4 + w * LOG_6))
    odd = z * (LOG_1 + w * (LOG_3 + w * (LOG_5 + w * LOG_7)))
    half_square = 0.5 * f * f
    return k * LN2_HIGH - ((half_square - (s * (half_square + (even + odd)) + k * LN2_LOW)) - f)


@helper
def exponential(x: float) -> float:
    """e^x; infinite above 709.78. With x = k ln 2 + r, |r| <= ln 2 / 2, e^x = 2^k e^r."""
    if x != x:
        return x
    if x > EXP_OVERFLOW:
        return INFINITY
    if x < EXP_UNDERFLOW:
        return 0.0
    k = math.floor(INVERSE_LN2 * x + 0.5)
    high = x - k * LN2_HIGH
    low = k * LN2_LOW
    r = high - low
    t = r * r
    c = r - t * (EXP_1 + t * (EXP_2 + t * (EXP_3 + t * (EXP_4 + t * EXP_5))))
    return math.ldexp(1.0 - ((low - (r * c) / (2.0 - c)) - high), int(k))


@op(
    "log", args=(series("x"),), unit=Unit.NUMBER, formula="ln x",
    degenerate=Text("x <= 0 이거나 x가 없으면 값이 없습니다.", "missing where x <= 0 or x is missing"),
    also=("ln", "로그"),
    korean="자연로그입니다.", english="Natural logarithm.", example="log(close / close[1])",
)  # fmt: skip
def log(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        y[t] = natural_log(x0[t])


@op(
    "exp", args=(series("x"),), unit=Unit.NUMBER, formula="e^x", value_range=Range(0.0, None),
    degenerate=Text("x가 없으면 값이 없습니다. x가 709.78보다 크면 무한대입니다.", "missing where x is missing; infinite above 709.78"),
    korean="지수함수입니다.", english="Exponential function.", example="exp(logret(1)) - 1",
)  # fmt: skip
def exp(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        y[t] = exponential(x0[t])


@op(
    "sqrt", args=(series("x"),), unit=Unit.NUMBER,
    formula=Text("x의 제곱근", "square root of x"),
    value_range=Range(0.0, None),
    degenerate=Text("x < 0 이거나 x가 없으면 값이 없습니다.", "missing where x < 0 or x is missing"),
    also=("root",),
    korean="제곱근입니다.", english="Square root.", example="sqrt(sum(logret(1) * logret(1), 24))",
)  # fmt: skip
def square_root(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        x = x0[t]
        y[t] = math.sqrt(x) if x >= 0.0 else NAN
