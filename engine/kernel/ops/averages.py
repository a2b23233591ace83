"""Recursive averages with bounded memory, and MACD.

Keyed restart: at every bar whose absolute index is a multiple of S a second stream, begun S bars earlier, takes over, and a third
begins. So a value depends on at most the last 2S - 1 bars, on any data; S is long enough that on traded data the restart moves no bit
or the last one. A missing input gives a missing output and leaves the state as it was.
"""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import Memory, Unit
from engine.kernel.abi import Pair, first_of, further, helper, pair, second_of
from engine.kernel.catalogue import Pointer as P
from engine.kernel.catalogue import composed, op, series, twin, window

NAN: Final = math.nan
ARGS: Final = (series("x"), window())
HELD: Final = "missing where x is missing (the average goes on from before)"
SEED: Final = "mean of the first n defined values"

#: restart period in multiples of n
EMA_PERIODS: Final = 16
WILDER_PERIODS: Final = 32


def full_window(params: tuple[float, ...]) -> int:
    """The seed needs n values."""
    return int(params[0]) - 1


def settled_ema(params: tuple[float, ...]) -> int:
    """Two restart periods."""
    return 2 * EMA_PERIODS * int(params[0])


def settled_wilder(params: tuple[float, ...]) -> int:
    """Two restart periods of one Wilder stage."""
    return 2 * WILDER_PERIODS * int(params[0])


def two_averages(_params: tuple[float, ...]) -> list[float]:
    """State of two streams: values counted (up to n), their mean until the seed is full and the average from then on. The mean is kept
    as one and not as a sum, so that the average of equal prices is that price."""
    return [0.0, 0.0, 0.0, 0.0]


@helper
def with_value(counted: float, average: float, n: float, weight: float, v: float) -> tuple[float, float]:
    """One stream after one more value."""
    if counted == n:
        return counted, average + weight * (v - average)
    counted = counted + 1.0
    return counted, average + (v - average) / counted


@helper
def smooth(state: P, n: float, weight: float, x: P, y: P, start: int, stop: int) -> None:
    """Both streams over x[start:stop], inside one restart period."""
    counted, average, next_counted, next_average = state[0], state[1], state[2], state[3]
    first = start
    if counted == n and next_counted == n:  # no seed, as nearly always: nothing to ask
        while first < stop and x[first] == x[first]:
            average += weight * (x[first] - average)
            next_average += weight * (x[first] - next_average)
            y[first] = average
            first += 1
    for t in range(first, stop):
        v = x[t]
        if v != v:
            y[t] = NAN
            continue
        counted, average = with_value(counted, average, n, weight, v)
        next_counted, next_average = with_value(next_counted, next_average, n, weight, v)
        y[t] = average if counted == n else NAN
    state[0], state[1], state[2], state[3] = counted, average, next_counted, next_average


@helper
def smooth_two(
    state: P, n: float, weight: float, x: P, y: P, state_b: P, n_b: float, weight_b: float, x_b: P, y_b: P, start: int, stop: int
) -> None:
    """`smooth` of two averages, value by value: a processor that waits for the one computes the other."""
    counted, average, next_counted, next_average = state[0], state[1], state[2], state[3]
    counted_b, average_b, next_counted_b, next_average_b = state_b[0], state_b[1], state_b[2], state_b[3]
    first = start
    if counted == n and next_counted == n and counted_b == n_b and next_counted_b == n_b:  # no seed, as nearly always: nothing to ask
        while first < stop and x[first] == x[first] and x_b[first] == x_b[first]:
            v, w = x[first], x_b[first]
            average += weight * (v - average)
            next_average += weight * (v - next_average)
            average_b += weight_b * (w - average_b)
            next_average_b += weight_b * (w - next_average_b)
            y[first], y_b[first] = average, average_b
            first += 1
    for t in range(first, stop):
        v, w = x[t], x_b[t]
        if v == v:
            counted, average = with_value(counted, average, n, weight, v)
            next_counted, next_average = with_value(next_counted, next_average, n, weight, v)
        if w == w:
            counted_b, average_b = with_value(counted_b, average_b, n_b, weight_b, w)
            next_counted_b, next_average_b = with_value(next_counted_b, next_average_b, n_b, weight_b, w)
        y[t] = average if v == v and counted == n else NAN
        y_b[t] = average_b if w == w and counted_b == n_b else NAN
    state[0], state[1], state[2], state[3] = counted, average, next_counted, next_average
    state_b[0], state_b[1], state_b[2], state_b[3] = counted_b, average_b, next_counted_b, next_average_b


@helper
def until_restart(state: P, period: int, at: int) -> int:
    """Bars up to the next restart; at one, the second stream takes over and a third begins."""
    phase = at % period
    if phase == 0:
        state[0], state[1], state[2], state[3] = state[2], state[3], 0.0, 0.0
    return period - phase


@helper
def keyed_average(state: P, n: float, weight: float, period: int, x: P, y: P, length: int, index: int) -> None:
    """A recursive average restarted on the grid of `period` bars."""
    t = 0
    while t < length:
        stop = min(t + until_restart(state, period, index + t), length)
        smooth(state, n, weight, x, y, t, stop)
        t = stop


@helper
def two_keyed_averages(
    state: P, n: float, weight: float, period: int, x: P, y: P,
    state_b: P, n_b: float, weight_b: float, period_b: int, x_b: P, y_b: P, length: int, index: int,
) -> None:  # fmt: skip
    """`keyed_average` of two averages at once."""
    t = 0
    while t < length:
        stop = min(t + until_restart(state, period, index + t), t + until_restart(state_b, period_b, index + t), length)
        smooth_two(state, n, weight, x, y, state_b, n_b, weight_b, x_b, y_b, t, stop)
        t = stop


@helper
def averages_of_markets(
    state: P, n: float, weight: float, period: int, x: P, y: P,
    state_b: P, n_b: float, weight_b: float, period_b: int, x_b: P, y_b: P, length: int, index: int,
    markets: int, step: int, x_step: int, x_step_b: int, y_step: int, y_step_b: int,
) -> None:  # fmt: skip
    """`two_keyed_averages` of several markets, whose state, x and y are so many steps apart: four at once, the rest one by one."""
    m = 0
    while m + 4 <= markets:
        averages_of_four(
            further(state, m * step), n, weight, period, further(x, m * x_step), further(y, m * y_step),
            further(state_b, m * step), n_b, weight_b, period_b, further(x_b, m * x_step_b), further(y_b, m * y_step_b), length, index,
            step, x_step, x_step_b, y_step, y_step_b,
        )  # fmt: skip
        m += 4
    while m < markets:
        two_keyed_averages(
            further(state, m * step), n, weight, period, further(x, m * x_step), further(y, m * y_step),
            further(state_b, m * step), n_b, weight_b, period_b, further(x_b, m * x_step_b), further(y_b, m * y_step_b), length, index,
        )  # fmt: skip
        m += 1


@helper
def averages_of_four(
    state: P, n: float, weight: float, period: int, x: P, y: P,
    state_b: P, n_b: float, weight_b: float, period_b: int, x_b: P, y_b: P, length: int, index: int,
    step: int, x_step: int, x_step_b: int, y_step: int, y_step_b: int,
) -> None:  # fmt: skip
    """Of four markets: side by side where no average is being seeded and no value is missing, else one by one."""
    t = 0
    while t < length:
        stop = length
        for m in range(4):
            stop = min(stop, t + until_restart(further(state, m * step), period, index + t))
            stop = min(stop, t + until_restart(further(state_b, m * step), period_b, index + t))
        ready = min(stop, t + most_unseeded(state, n, state_b, n_b, step))
        for m in range(4):
            smooth_two(
                further(state, m * step), n, weight, further(x, m * x_step), further(y, m * y_step),
                further(state_b, m * step), n_b, weight_b, further(x_b, m * x_step_b), further(y_b, m * y_step_b), t, ready,
            )  # fmt: skip
        if most_unseeded(state, n, state_b, n_b, step) > 0 or not smooth_four(
            state, weight, x, y, state_b, weight_b, x_b, y_b, ready, stop, step, x_step, x_step_b, y_step, y_step_b
        ):
            for m in range(4):
                smooth_two(
                    further(state, m * step), n, weight, further(x, m * x_step), further(y, m * y_step),
                    further(state_b, m * step), n_b, weight_b, further(x_b, m * x_step_b), further(y_b, m * y_step_b), ready, stop,
                )  # fmt: skip
        t = stop


@helper
def most_unseeded(state: P, n: float, state_b: P, n_b: float, step: int) -> int:
    """The most values that any average of four markets still needs for its seed."""
    most = 0.0
    for m in range(4):
        a, b = further(state, m * step), further(state_b, m * step)
        most = max(most, n - a[0], n - a[2], n_b - b[0], n_b - b[2])
    return int(most)


@helper
def smooth_four(
    state: P, weight: float, x: P, y: P, state_b: P, weight_b: float, x_b: P, y_b: P, start: int, stop: int,
    step: int, x_step: int, x_step_b: int, y_step: int, y_step_b: int,
) -> bool:  # fmt: skip
    """`smooth_two` of four markets where all averages are seeded; False, and no state is kept, where a value turns out to be missing.

    Each average waits for itself only: both streams of one are a pair, and eight pairs run side by side in the time of one.
    """
    w, w_b = pair(weight, weight), pair(weight_b, weight_b)
    a, a_b = pair(state[1], state[3]), pair(state_b[1], state_b[3])
    b, b_b = pair(state[step + 1], state[step + 3]), pair(state_b[step + 1], state_b[step + 3])
    c, c_b = pair(state[2 * step + 1], state[2 * step + 3]), pair(state_b[2 * step + 1], state_b[2 * step + 3])
    d, d_b = pair(state[3 * step + 1], state[3 * step + 3]), pair(state_b[3 * step + 1], state_b[3 * step + 3])
    x2, x3, x4 = further(x, x_step), further(x, 2 * x_step), further(x, 3 * x_step)
    y2, y3, y4 = further(y, y_step), further(y, 2 * y_step), further(y, 3 * y_step)
    v2, v3, v4 = further(x_b, x_step_b), further(x_b, 2 * x_step_b), further(x_b, 3 * x_step_b)
    z2, z3, z4 = further(y_b, y_step_b), further(y_b, 2 * y_step_b), further(y_b, 3 * y_step_b)
    for t in range(start, stop):
        a, a_b = a + w * (pair(x[t], x[t]) - a), a_b + w_b * (pair(x_b[t], x_b[t]) - a_b)
        b, b_b = b + w * (pair(x2[t], x2[t]) - b), b_b + w_b * (pair(v2[t], v2[t]) - b_b)
        c, c_b = c + w * (pair(x3[t], x3[t]) - c), c_b + w_b * (pair(v3[t], v3[t]) - c_b)
        d, d_b = d + w * (pair(x4[t], x4[t]) - d), d_b + w_b * (pair(v4[t], v4[t]) - d_b)
        y[t], y2[t], y3[t], y4[t] = first_of(a), first_of(b), first_of(c), first_of(d)
        y_b[t], z2[t], z3[t], z4[t] = first_of(a_b), first_of(b_b), first_of(c_b), first_of(d_b)
    last = first_of(((a + b) + (c + d)) + ((a_b + b_b) + (c_b + d_b)))
    if last != last:
        return False
    keep_pairs(state, a, b, c, d, step)
    keep_pairs(state_b, a_b, b_b, c_b, d_b, step)
    return True


@helper
def keep_pairs(state: P, a: Pair, b: Pair, c: Pair, d: Pair, step: int) -> None:
    """Both streams of an average of four markets."""
    state[1], state[3] = first_of(a), second_of(a)
    state[step + 1], state[step + 3] = first_of(b), second_of(b)
    state[2 * step + 1], state[2 * step + 3] = first_of(c), second_of(c)
    state[3 * step + 1], state[3 * step + 3] = first_of(d), second_of(d)


@op(
    "ema", args=ARGS, unit=Unit.SAME, memory=Memory.KEYED, warmup=full_window, settle=settled_ema, init=two_averages, version=2,
    formula="e = e[1] + 2 / (n + 1) (x - e[1]); restarted every 16 n bars", seed=SEED, degenerate=HELD,
    also=("ewma", "exponential_ma", "지수이동평균"),
    korean="지수이동평균입니다.", english="Exponential moving average.", example="close > ema(close, 20)",
)  # fmt: skip
def ema(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = params[0]
    keyed_average(state, n, 2.0 / (n + 1.0), EMA_PERIODS * int(n), x0, y, length, index)


@twin("ema")
def two_emas(
    state: P, params: P, x0: P, state_b: P, params_b: P, x_b: P, y_b: P, y: P, length: int, index: int,
    markets: int, step: int, x_step: int, x_step_b: int, y_step: int, y_step_b: int,
) -> None:  # fmt: skip
    """Two nodes of `ema` at once."""
    n, m = params[0], params_b[0]
    averages_of_markets(
        state, n, 2.0 / (n + 1.0), EMA_PERIODS * int(n), x0, y, state_b, m, 2.0 / (m + 1.0), EMA_PERIODS * int(m), x_b, y_b,
        length, index, markets, step, x_step, x_step_b, y_step, y_step_b,
    )  # fmt: skip


@op(
    "rma", args=ARGS, unit=Unit.SAME, memory=Memory.KEYED, warmup=full_window, settle=settled_wilder, init=two_averages, version=2,
    formula="r = r[1] + (x - r[1]) / n; restarted every 32 n bars", seed=SEED, degenerate=HELD,
    also=("smma", "wilder", "wilders"),
    korean="와일더 이동평균입니다.", english="Wilder's moving average.", example="rma(high - low, 14)",
)  # fmt: skip
def rma(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = params[0]
    keyed_average(state, n, 1.0 / n, WILDER_PERIODS * int(n), x0, y, length, index)


@twin("rma")
def two_rmas(
    state: P, params: P, x0: P, state_b: P, params_b: P, x_b: P, y_b: P, y: P, length: int, index: int,
    markets: int, step: int, x_step: int, x_step_b: int, y_step: int, y_step_b: int,
) -> None:  # fmt: skip
    """Two nodes of `rma` at once."""
    n, m = params[0], params_b[0]
    averages_of_markets(
        state, n, 1.0 / n, WILDER_PERIODS * int(n), x0, y, state_b, m, 1.0 / m, WILDER_PERIODS * int(m), x_b, y_b,
        length, index, markets, step, x_step, x_step_b, y_step, y_step_b,
    )  # fmt: skip


MACD_ARGS: Final = (
    window("fast", default="12"),
    window("slow", default="26"),
    window("signal", default="9"),
    series("x", default="close"),
)
MACD_SEED: Final = "each average by its own first values"

composed(
    "macd.line", "ema(x, fast) - ema(x, slow)", args=MACD_ARGS, unit=Unit.SAME, formula="ema(x, fast) - ema(x, slow)", seed=MACD_SEED,
    also=("macd_line",),
    korean="MACD 선: 빠른 평균에서 느린 평균을 뺀 값입니다.", english="MACD line: fast average minus slow average.",
    example="macd.line(12, 26, 9) > 0",
)  # fmt: skip

composed(
    "macd.signal", "ema(ema(x, fast) - ema(x, slow), signal)", args=MACD_ARGS, unit=Unit.SAME,
    formula="ema(macd.line, signal)", seed=MACD_SEED,
    also=("macd_signal", "macd_signal_line"),
    korean="MACD 신호선: MACD 선의 평균입니다.", english="MACD signal: average of the MACD line.",
    example="macd.line(12, 26, 9) crosses above macd.signal(12, 26, 9)",
)  # fmt: skip

composed(
    "macd.hist", "(ema(x, fast) - ema(x, slow)) - ema(ema(x, fast) - ema(x, slow), signal)", args=MACD_ARGS, unit=Unit.SAME,
    formula="macd.line - macd.signal", seed=MACD_SEED,
    also=("macd_hist", "macd_histogram"),
    korean="MACD 히스토그램: 선에서 신호선을 뺀 값입니다.", english="MACD histogram: line minus signal.",
    example="macd.hist(12, 26, 9) > 0",
)  # fmt: skip
