"""How far and how steadily a series has moved: RSI, stochastic oscillator, returns, momentum."""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import Memory, Range, Unit
from dsl.messages import Text, joined
from engine.kernel.abi import first_of, helper, multiply_add, pair, second_of
from engine.kernel.catalogue import Pointer as P
from engine.kernel.catalogue import anchor, composed, op, series, window
from engine.kernel.ops.averages import WILDER_PERIODS, settled_wilder
from engine.kernel.ops.sessions import begins, whole_session

NAN: Final = math.nan
PERCENT: Final = Range(0.0, 100.0)
#: float64 of one stream of RSI
STREAM: Final = 4
CLOSE: Final = series("x", default="close")


def first_change(params: tuple[float, ...]) -> int:
    """The seed needs n changes, so n + 1 values."""
    return int(params[0])


def two_streams(_params: tuple[float, ...]) -> list[float]:
    """State of two streams: values counted (up to n + 1), previous value, average rise, average fall (sums until the seed is full)."""
    return [0.0] * (2 * STREAM)


@helper
def strength(state: P, base: int, n: float, weight: float, keep: float, v: float) -> float:
    """RSI of one stream after the defined value v; missing until its seed is full, and where nothing rose or fell. weight = 1 / n, keep the
    rest of 1."""
    counted = state[base]
    change = v - state[base + 1]
    state[base + 1] = v
    if counted == 0.0:
        state[base] = 1.0
        return NAN
    rise = change if change > 0.0 else 0.0
    fall = -change if change < 0.0 else 0.0
    if counted > n:
        up = multiply_add(keep, state[base + 2], weight * rise)
        down = multiply_add(keep, state[base + 3], weight * fall)
    else:
        up = state[base + 2] + rise
        down = state[base + 3] + fall
        counted = counted + 1.0
        state[base] = counted
        if counted > n:
            up = up / n
            down = down / n
    state[base + 2] = up
    state[base + 3] = down
    both = up + down
    return 100.0 * (up / both) if (counted > n and both > 0.0) else NAN


@helper
def strengths(state: P, weight: float, keep: float, x: P, y: P, start: int, stop: int) -> int:
    """RSI over x[start:stop] while both streams are past their seeds and nothing is missing; returns the bar that ends this."""
    by = pair(keep, keep)
    before = state[1]
    up, down = pair(state[2], state[STREAM + 2]), pair(state[3], state[STREAM + 3])
    t = start
    while t < stop and x[t] == x[t]:
        change = x[t] - before
        before = x[t]
        rise = weight * (change if change > 0.0 else 0.0)
        fall = weight * (-change if change < 0.0 else 0.0)
        up = multiply_add(by, up, pair(rise, rise))
        down = multiply_add(by, down, pair(fall, fall))
        both = first_of(up + down)
        y[t] = 100.0 * (first_of(up) / both) if both > 0.0 else NAN
        t += 1
    state[1], state[STREAM + 1] = before, before
    state[2], state[3], state[STREAM + 2], state[STREAM + 3] = first_of(up), first_of(down), second_of(up), second_of(down)
    return t


@op(
    "rsi", args=(window(default="14"), CLOSE), unit=Unit.NUMBER, value_range=PERCENT, memory=Memory.KEYED,
    warmup=first_change, settle=settled_wilder, init=two_streams, version=2,
    formula=Text(
        "100 up / (up + down); up, down = x의 상승폭과 하락폭의 와일더 평균; 32 n 봉마다 다시 시작",
        "100 up / (up + down); up, down = Wilder's averages of rises and falls of x; restarted every 32 n bars",
    ),
    seed=Text("처음 변화 n개의 상승폭 평균과 하락폭 평균", "means of the first n changes"),
    degenerate=Text(
        "x가 없거나 (평균은 그 전 값에서 이어집니다) up + down = 0 이면 값이 없습니다.",
        "missing where x is missing (the averages go on from before) and where up + down = 0",
    ),
    also=("relative_strength",),
    korean="상대강도지수(RSI)입니다.", english="Relative strength index.", example="rsi(14) < 30",
)  # fmt: skip
def rsi(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = params[0]
    weight, keep = 1.0 / n, (n - 1.0) / n
    period = WILDER_PERIODS * int(n)
    t = 0
    while t < length:
        phase = (index + t) % period
        if phase == 0:
            for k in range(STREAM):
                state[k] = state[STREAM + k]
                state[STREAM + k] = 0.0
        stop = min(t + period - phase, length)
        while t < stop:
            if state[0] > n and state[STREAM] > n:
                t = strengths(state, weight, keep, x0, y, t, stop)
            if t < stop:
                v = x0[t]
                y[t] = strength(state, 0, n, weight, keep, v) if v == v else NAN
                if v == v:
                    strength(state, STREAM, n, weight, keep, v)
                t += 1


STOCHASTIC_FLAT: Final = Text("n봉의 최고가와 최저가가 같으면 값이 없습니다.", "missing where high and low of the n bars are equal")

composed(
    "stoch.k", "sma(100 * ((close - lowest(low, n)) / (highest(high, n) - lowest(low, n))), smooth)",
    args=(window(default="14"), window("smooth", default="3")), unit=Unit.NUMBER, value_range=PERCENT,
    formula="sma(100 (close - lowest(low, n)) / (highest(high, n) - lowest(low, n)), smooth)", degenerate=STOCHASTIC_FLAT,
    also=("stochastic", "stoch_k", "slowk", "스토캐스틱"),
    korean="스토캐스틱 %K입니다.", english="Stochastic %K.", example="stoch.k(14, 3) < 20",
)  # fmt: skip

composed(
    "stoch.d", "sma(sma(100 * ((close - lowest(low, n)) / (highest(high, n) - lowest(low, n))), smooth), signal)",
    args=(window(default="14"), window("smooth", default="3"), window("signal", default="3")), unit=Unit.NUMBER, value_range=PERCENT,
    formula="sma(stoch.k(n, smooth), signal)", degenerate=STOCHASTIC_FLAT,
    also=("stoch_d", "slowd"),
    korean="스토캐스틱 %D: %K의 평균입니다.", english="Stochastic %D: average of %K.",
    example="stoch.k(14, 3) crosses above stoch.d(14, 3, 3)",
)  # fmt: skip

NO_DIVISION: Final = Text("n봉 전 값이 0이거나 없으면 값이 없습니다.", "missing where the earlier value is 0 or missing")

composed(
    "ret", "x / lag(x, n) - 1", args=(window(), CLOSE), unit=Unit.RATIO, formula="x / x[n] - 1", degenerate=NO_DIVISION,
    also=("returns", "pct_change", "change_pct", "수익률"),
    korean="n봉 동안의 수익률입니다.", english="Return over n bars.", example="ret(1h) < 5%",
)  # fmt: skip

composed(
    "roc", "x / lag(x, n) - 1", args=(series("x"), window()), unit=Unit.RATIO, formula="x / x[n] - 1", degenerate=NO_DIVISION,
    also=("rate_of_change", "변화율"),
    korean="n봉 동안의 변화율입니다.", english="Rate of change over n bars, as a ratio.", example="roc(close, 12) > 2%",
)  # fmt: skip

composed(
    "logret", "log(x / lag(x, n))", args=(window(), CLOSE), unit=Unit.RATIO, formula="ln(x / x[n])",
    degenerate=joined(NO_DIVISION, Text("두 값의 비가 0보다 크지 않으면 값이 없습니다.", "missing where their ratio is not positive")),
    also=("log_return", "log_returns"),
    korean="n봉 동안의 로그수익률입니다.", english="Logarithmic return over n bars.", example="logret(1)",
)  # fmt: skip

composed(
    "momentum", "x - lag(x, n)", args=(series("x"), window()), unit=Unit.SAME, formula="x - x[n]",
    degenerate=Text("지금 값이나 n봉 전 값이 없으면 값이 없습니다.", "missing where this or the earlier value is missing"),
    also=("mom", "diff", "change", "모멘텀"),
    korean="n봉 동안의 변화량입니다.", english="Change over n bars.", example="momentum(close, 10) > 0",
)  # fmt: skip


def unknown_base(_params: tuple[float, ...]) -> list[float]:
    """The open of the anchor's bar, missing until the first one."""
    return [NAN]


@op(
    "cum_ret", args=(anchor(),), implicit=("open", "close"), unit=Unit.RATIO, memory=Memory.SESSION,
    settle=whole_session, init=unknown_base,
    formula=Text("close / 기준 시점 봉의 open - 1", "close / open of the anchor's bar - 1"),
    degenerate=Text(
        "데이터의 첫 기준 시점 전, close가 없을 때, 그리고 기준 시점 봉의 open이 0이거나 없는 구간에는 값이 없습니다.",
        "missing until the first anchor in the data, where close is missing, and in a session whose first open is missing or 0",
    ),
    also=("cumulative_return", "cumret", "누적수익률"),
    korean="기준 시점부터의 누적 수익률입니다.", english="Cumulative return since the anchor.", example="cum_ret(day) > 5%",
)  # fmt: skip
def cum_ret(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    base = state[0]
    for t in range(length):
        if begins(params[0], index + t):
            base = x0[t]
        y[t] = x1[t] / base - 1.0 if base != 0.0 else NAN
    state[0] = base
