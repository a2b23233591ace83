"""Does the market trend or range: the Hurst exponent by rescaled range, and a score made of it and ADX."""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import Memory, Range, Unit
from dsl.messages import Text
from engine.kernel.catalogue import MAX_READ, composed, op, series, window
from engine.kernel.catalogue import Pointer as P
from engine.kernel.ops.elementary import natural_log

NAN: Final = math.nan
HURST_WINDOW: Final = 10


def expected_range(n: int) -> float:
    """Rescaled range that n independent changes have on average (Anis and Lloyd 1976, "The expected value of the adjusted rescaled Hurst
    range of independent normal summands", Biometrika 63): gamma((n - 1) / 2) / (sqrt(pi) gamma(n / 2)) sum(sqrt((n - i) / i)).
    """
    ratio = math.sqrt(math.pi)  # gamma((k - 1) / 2) / gamma(k / 2) at k = 2
    for k in range(2, n):
        ratio = 2.0 / ((k - 1.0) * ratio)
    total = 0.0
    for i in range(1, n):
        total += math.sqrt((n - i) / i)
    return ratio * total / math.sqrt(math.pi)


def changes_state(params: tuple[float, ...]) -> list[float]:
    """The value before, how many of the newest changes in a row are defined (at most n), log of the expected range and of n; then the
    changes of n bars as a ring."""
    n = int(params[0])
    return [NAN, 0.0, natural_log(expected_range(n)), natural_log(float(n)), *[NAN] * n]


def changes_of_window(params: tuple[float, ...]) -> int:
    """n changes need n + 1 values."""
    return int(params[0])


@op(
    "hurst", args=(series("x"), window(minimum=HURST_WINDOW, maximum=MAX_READ)),
    unit=Unit.NUMBER, value_range=Range(0.0, 1.0), memory=Memory.WINDOW,
    warmup=changes_of_window, settle=changes_of_window, init=changes_state,
    formula=Text(
        "1/2 + ln(RS / E) / ln n, 0..1 로 자름; RS = 로그 변화 n개에서 그 평균을 뺀 누적합의 범위 / 그 표준편차, E = 변화가 서로 "
        "독립일 때 RS의 평균 (Anis, Lloyd)",
        "1/2 + ln(RS / E) / ln n, cut to 0..1; RS = range of the running sum of the n log changes about their mean / their standard "
        "deviation, E = its mean for independent changes (Anis and Lloyd)",
    ),
    degenerate=Text(
        "n + 1개 값 가운데 하나라도 없거나 0보다 크지 않으면, 또는 n개 변화가 모두 같으면 값이 없습니다.",
        "missing where any of the n + 1 values is missing or not above 0, or all n changes are equal",
    ),
    also=("hurst_exponent", "허스트"),
    korean="허스트 지수(R/S)입니다. 0.5보다 크면 추세, 작으면 횡보.",
    english="Hurst exponent by rescaled range: above 0.5 trending, below it mean-reverting.", example="hurst(close, 200) > 0.55",
)  # fmt: skip
def hurst(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    """Changes are taken from the newest one first, so that equal changes leave exactly nothing."""
    n = int(params[0])
    before = state[0]
    known = state[1]
    slot = index % n
    for t in range(length):
        x = x0[t]
        change = natural_log(x / before) if before > 0.0 else NAN
        before = x
        state[4 + slot] = change
        slot = slot + 1 if slot < n - 1 else 0
        known = min(known + 1.0, float(n)) if change - change == 0.0 else 0.0
        if known < n:
            y[t] = NAN
            continue
        even = 0.0
        odd = state[3 + n] - change if n % 2 == 1 else 0.0
        for k in range(4, 3 + n, 2):
            even = even + (state[k] - change)
            odd = odd + (state[k + 1] - change)
        mean = (even + odd) / n
        total = 0.0
        squares = 0.0
        low = high = even_low = even_high = 0.0  # of every other bar, so that an extreme does not wait for the one before
        for part in range(2):  # the older part of the ring, then the newer
            first = 4 + slot if part == 0 else 4
            last = 4 + n if part == 0 else 4 + slot
            if (last - first) % 2 == 1:
                d = (state[first] - change) - mean
                total = total + d
                squares = squares + d * d
                low = total if total < low else low
                high = total if total > high else high
                first = first + 1
            for k in range(first, last, 2):
                d = (state[k] - change) - mean
                e = (state[k + 1] - change) - mean
                total = total + d
                squares = squares + d * d
                even_low = total if total < even_low else even_low
                even_high = total if total > even_high else even_high
                total = total + e
                squares = squares + e * e
                low = total if total < low else low
                high = total if total > high else high
        low = even_low if even_low < low else low
        high = even_high if even_high > high else high
        exponent = 0.5 + (natural_log((high - low) / math.sqrt(squares / n)) - state[2]) / state[3] if squares > 0.0 else NAN
        y[t] = max(0.0, min(1.0, exponent)) if exponent == exponent else NAN
    state[0] = before
    state[1] = known


composed(
    "regime_of", "(scale(hurst(close, n), 0.4, 0.6) + scale(adx(adx_n), 15, 25)) / 2",
    args=(window(minimum=HURST_WINDOW, maximum=MAX_READ, default="200"), window("adx_n", minimum=2, default="14")), unit=Unit.SCORE,
    value_range=Range(-1.0, 1.0), formula="(scale(hurst(close, n), 0.4, 0.6) + scale(adx(adx_n), 15, 25)) / 2",
    seed=Text("adx와 같음", "that of adx"),
    degenerate=Text("hurst나 adx가 없으면 값이 없습니다.", "missing where hurst or adx is"),
    also=("regime_score", "trendiness"),
    korean="장세 점수입니다. 1에 가까우면 추세, -1에 가까우면 횡보.", english="Kind of market: near 1 trending, near -1 ranging.",
    example="regime_of(200) > 0.3",
)  # fmt: skip
