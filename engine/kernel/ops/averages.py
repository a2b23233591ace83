"""Recursive averages with bounded memory, and MACD.

Keyed restart: at every bar whose absolute index is a multiple of S a second stream, begun S bars earlier, takes over, and a third
begins. So a value depends on at most the last 2S - 1 bars, on any data; S is long enough that on traded data the restart moves no bit
or the last one. A missing input gives a missing output and leaves the state as it was.

What is kept is not the average but how far the last value lies above it: with d = x - average and `keep` the share of the average that
remains, d' = keep (d + x' - x), which waits for one operation (engine.kernel.abi.multiply_add) where the average itself would wait for
three, and rounds in proportion to d. So equal prices have exactly that price as their average.
"""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import Memory, Unit
from dsl.messages import Text
from engine.kernel.abi import Pair, first_of, further, helper, multiply_add, pair, second_of
from engine.kernel.catalogue import Pointer as P
from engine.kernel.catalogue import composed, op, series, twin, window

NAN: Final = math.nan
ARGS: Final = (series("x"), window())
HELD: Final = Text(
    "x가 없으면 값이 없습니다 (평균은 그 전 값에서 이어집니다).",
    "missing where x is missing (the average goes on from before)",
)
SEED: Final = Text("값이 있는 처음 n개의 평균", "mean of the first n defined values")

#: restart period in multiples of n
EMA_PERIODS: Final = 16
WILDER_PERIODS: Final = 32
#: bars that are computed before anything asks whether a value was missing
UNASKED: Final = 256


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
    """State of two streams: of each the values counted (up to n) and how far the last value lies above their average (their mean, until the
    seed is full); then the last value."""
    return [0.0, 0.0, 0.0, 0.0, 0.0]


@helper
def with_value(counted: float, distance: float, n: float, keep: float, change: float) -> tuple[float, float]:
    """One stream after one more value, `change` above the one before it."""
    if counted == n:
        return counted, multiply_add(keep, distance, keep * change)
    if counted == 0.0:
        return 1.0, 0.0
    share = counted / (counted + 1.0)
    return counted + 1.0, multiply_add(share, distance, share * change)


@helper
def is_seeded(state: P, n: float) -> bool:
    """Both streams are."""
    return bool(state[0] == n and state[2] == n)


@helper
def smooth(state: P, n: float, keep: float, x: P, y: P, start: int, stop: int) -> None:
    """Both streams over x[start:stop], inside one restart period."""
    t = start
    while t < stop:
        end, left = min(t + UNASKED, stop), int(n - state[2])
        known = False
        if state[0] == n and left == 0:
            known = smooth_known(state, keep, x, y, t, end)
        elif state[0] == n:
            end = min(end, t + left)
            known = seed_known(state, keep, x, y, t, end)
        if not known:
            smooth_any(state, n, keep, x, y, t, end)
        t = end


@helper
def smooth_any(state: P, n: float, keep: float, x: P, y: P, start: int, stop: int) -> None:
    """`smooth` of streams that may be in their seed and values that may be missing."""
    counted, distance, next_counted, next_distance, last = state[0], state[1], state[2], state[3], state[4]
    for t in range(start, stop):
        v = x[t]
        if v != v:
            y[t] = NAN
            continue
        change, last = v - last, v
        counted, distance = with_value(counted, distance, n, keep, change)
        next_counted, next_distance = with_value(next_counted, next_distance, n, keep, change)
        y[t] = v - distance if counted == n else NAN
    state[0], state[1], state[2], state[3], state[4] = counted, distance, next_counted, next_distance, last


@helper
def smooth_known(state: P, keep: float, x: P, y: P, start: int, stop: int) -> bool:
    """`smooth` of seeded streams; False, and no state is kept, where a value turns out to be missing."""
    by, d, last = pair(keep, keep), pair(state[1], state[3]), both(state, 4)
    for t in range(start, stop):
        v = both(x, t)
        d, last = multiply_add(by, d, by * (v - last)), v
        y[t] = first_of(v - d)
    if first_of(d) != first_of(d):
        return False
    keep_pair(state, d, last)
    return True


@helper
def seed_known(state: P, keep: float, x: P, y: P, start: int, stop: int) -> bool:
    """`smooth` of a seeded stream and one whose seed is not full before `stop`; False as of `smooth_known`."""
    counted, d, last = state[2], pair(state[1], state[3]), both(state, 4)
    for t in range(start, stop):
        v, by = both(x, t), pair(keep, counted / (counted + 1.0))
        d, last = multiply_add(by, d, by * (v - last)), v
        counted = counted + 1.0
        y[t] = first_of(v - d)
    together = first_of(d) + second_of(d)
    if together != together:
        return False
    keep_pair(state, d, last)
    state[2] = counted
    return True


@helper
def smooth_two(
    state: P, n: float, keep: float, x: P, y: P, state_b: P, n_b: float, keep_b: float, x_b: P, y_b: P, start: int, stop: int
) -> None:
    """`smooth` of two averages: a processor that waits for the one computes the other."""
    t = start
    while t < stop:
        end = min(t + UNASKED, stop)
        if state[2] < n:
            end = min(end, t + int(n - state[2]))
        if state_b[2] < n_b:
            end = min(end, t + int(n_b - state_b[2]))
        if not (is_seeded(state, n) and is_seeded(state_b, n_b) and smooth_two_known(state, keep, x, y, state_b, keep_b, x_b, y_b, t, end)):
            smooth(state, n, keep, x, y, t, end)
            smooth(state_b, n_b, keep_b, x_b, y_b, t, end)
        t = end


@helper
def smooth_two_known(
    state: P, keep: float, x: P, y: P, state_b: P, keep_b: float, x_b: P, y_b: P, start: int, stop: int
) -> bool:  # fmt: skip
    """`smooth_known` of two averages."""
    by, by_b = pair(keep, keep), pair(keep_b, keep_b)
    d, d_b = pair(state[1], state[3]), pair(state_b[1], state_b[3])
    last, last_b = both(state, 4), both(state_b, 4)
    for t in range(start, stop):
        v, w = both(x, t), both(x_b, t)
        d, d_b = multiply_add(by, d, by * (v - last)), multiply_add(by_b, d_b, by_b * (w - last_b))
        last, last_b = v, w
        y[t], y_b[t] = first_of(v - d), first_of(w - d_b)
    if first_of(d + d_b) != first_of(d + d_b):
        return False
    keep_pair(state, d, last)
    keep_pair(state_b, d_b, last_b)
    return True


@helper
def until_restart(state: P, period: int, at: int) -> int:
    """Bars up to the next restart; at one, the second stream takes over and a third begins."""
    phase = at % period
    if phase == 0:
        state[0], state[1], state[2], state[3] = state[2], state[3], 0.0, 0.0
    return period - phase


@helper
def keyed_average(state: P, n: float, keep: float, period: int, x: P, y: P, length: int, index: int) -> None:
    """A recursive average restarted on the grid of `period` bars."""
    t = 0
    while t < length:
        stop = min(t + until_restart(state, period, index + t), length)
        smooth(state, n, keep, x, y, t, stop)
        t = stop


@helper
def two_keyed_averages(
    state: P, n: float, keep: float, period: int, x: P, y: P,
    state_b: P, n_b: float, keep_b: float, period_b: int, x_b: P, y_b: P, length: int, index: int,
) -> None:  # fmt: skip
    """`keyed_average` of two averages at once."""
    t = 0
    while t < length:
        stop = min(t + until_restart(state, period, index + t), t + until_restart(state_b, period_b, index + t), length)
        smooth_two(state, n, keep, x, y, state_b, n_b, keep_b, x_b, y_b, t, stop)
        t = stop


@helper
def averages_of_markets(
    state: P, n: float, keep: float, period: int, x: P, y: P,
    state_b: P, n_b: float, keep_b: float, period_b: int, x_b: P, y_b: P, length: int, index: int,
    markets: int, step: int, x_step: int, x_step_b: int, y_step: int, y_step_b: int,
) -> None:  # fmt: skip
    """`two_keyed_averages` of several markets, whose state, x and y are so many steps apart: four at once, the rest one by one."""
    m = 0
    while m + 4 <= markets:
        averages_of_four(
            further(state, m * step), n, keep, period, further(x, m * x_step), further(y, m * y_step),
            further(state_b, m * step), n_b, keep_b, period_b, further(x_b, m * x_step_b), further(y_b, m * y_step_b), length, index,
            step, x_step, x_step_b, y_step, y_step_b,
        )  # fmt: skip
        m += 4
    while m < markets:
        two_keyed_averages(
            further(state, m * step), n, keep, period, further(x, m * x_step), further(y, m * y_step),
            further(state_b, m * step), n_b, keep_b, period_b, further(x_b, m * x_step_b), further(y_b, m * y_step_b), length, index,
        )  # fmt: skip
        m += 1


@helper
def averages_of_four(
    state: P, n: float, keep: float, period: int, x: P, y: P,
    state_b: P, n_b: float, keep_b: float, period_b: int, x_b: P, y_b: P, length: int, index: int,
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
                further(state, m * step), n, keep, further(x, m * x_step), further(y, m * y_step),
                further(state_b, m * step), n_b, keep_b, further(x_b, m * x_step_b), further(y_b, m * y_step_b), t, ready,
            )  # fmt: skip
        if most_unseeded(state, n, state_b, n_b, step) > 0 or not smooth_four(
            state, keep, x, y, state_b, keep_b, x_b, y_b, ready, stop, step, x_step, x_step_b, y_step, y_step_b
        ):
            for m in range(4):
                smooth_two(
                    further(state, m * step), n, keep, further(x, m * x_step), further(y, m * y_step),
                    further(state_b, m * step), n_b, keep_b, further(x_b, m * x_step_b), further(y_b, m * y_step_b), ready, stop,
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
    state: P, keep: float, x: P, y: P, state_b: P, keep_b: float, x_b: P, y_b: P, start: int, stop: int,
    step: int, x_step: int, x_step_b: int, y_step: int, y_step_b: int,
) -> bool:  # fmt: skip
    """`smooth_two_known` of four markets: each average waits for itself only, and eight pairs run side by side in the time of one."""
    w, w_b, s2, s3 = pair(keep, keep), pair(keep_b, keep_b), 2 * step, 3 * step
    a, a_b = pair(state[1], state[3]), pair(state_b[1], state_b[3])
    b, b_b = pair(state[step + 1], state[step + 3]), pair(state_b[step + 1], state_b[step + 3])
    c, c_b = pair(state[s2 + 1], state[s2 + 3]), pair(state_b[s2 + 1], state_b[s2 + 3])
    d, d_b = pair(state[s3 + 1], state[s3 + 3]), pair(state_b[s3 + 1], state_b[s3 + 3])
    p, q, r, s = both(state, 4), both(state, step + 4), both(state, s2 + 4), both(state, s3 + 4)
    p_b, q_b, r_b, s_b = both(state_b, 4), both(state_b, step + 4), both(state_b, s2 + 4), both(state_b, s3 + 4)
    x2, x3, x4 = further(x, x_step), further(x, 2 * x_step), further(x, 3 * x_step)
    y2, y3, y4 = further(y, y_step), further(y, 2 * y_step), further(y, 3 * y_step)
    v2, v3, v4 = further(x_b, x_step_b), further(x_b, 2 * x_step_b), further(x_b, 3 * x_step_b)
    z2, z3, z4 = further(y_b, y_step_b), further(y_b, 2 * y_step_b), further(y_b, 3 * y_step_b)
    for t in range(start, stop):
        e, f, g, h = both(x, t), both(x2, t), both(x3, t), both(x4, t)
        e_b, f_b, g_b, h_b = both(x_b, t), both(v2, t), both(v3, t), both(v4, t)
        a, a_b = multiply_add(w, a, w * (e - p)), multiply_add(w_b, a_b, w_b * (e_b - p_b))
        b, b_b = multiply_add(w, b, w * (f - q)), multiply_add(w_b, b_b, w_b * (f_b - q_b))
        c, c_b = multiply_add(w, c, w * (g - r)), multiply_add(w_b, c_b, w_b * (g_b - r_b))
        d, d_b = multiply_add(w, d, w * (h - s)), multiply_add(w_b, d_b, w_b * (h_b - s_b))
        p, q, r, s, p_b, q_b, r_b, s_b = e, f, g, h, e_b, f_b, g_b, h_b
        y[t], y2[t], y3[t], y4[t] = first_of(p - a), first_of(q - b), first_of(r - c), first_of(s - d)
        y_b[t], z2[t], z3[t], z4[t] = first_of(p_b - a_b), first_of(q_b - b_b), first_of(r_b - c_b), first_of(s_b - d_b)
    together = first_of(((a + b) + (c + d)) + ((a_b + b_b) + (c_b + d_b)))
    if together != together:
        return False
    keep_pair(state, a, p)
    keep_pair(further(state, step), b, q)
    keep_pair(further(state, s2), c, r)
    keep_pair(further(state, s3), d, s)
    keep_pair(state_b, a_b, p_b)
    keep_pair(further(state_b, step), b_b, q_b)
    keep_pair(further(state_b, s2), c_b, r_b)
    keep_pair(further(state_b, s3), d_b, s_b)
    return True


@helper
def both(values: P, place: int) -> Pair:
    """One value for both streams."""
    return pair(values[place], values[place])


@helper
def keep_pair(state: P, distance: Pair, last: Pair) -> None:
    """Both streams of an average."""
    state[1], state[3], state[4] = first_of(distance), second_of(distance), first_of(last)


@op(
    "ema", args=ARGS, unit=Unit.SAME, memory=Memory.KEYED, warmup=full_window, settle=settled_ema, init=two_averages, version=3,
    formula=Text(
        "e = e[1] + 2 / (n + 1) (x - e[1]); 16 n 봉마다 다시 시작",
        "e = e[1] + 2 / (n + 1) (x - e[1]); restarted every 16 n bars",
    ),
    seed=SEED, degenerate=HELD,
    also=("ewma", "exponential_ma", "지수이동평균"),
    korean="지수이동평균입니다.", english="Exponential moving average.", example="close > ema(close, 20)",
)  # fmt: skip
def ema(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = params[0]
    keyed_average(state, n, (n - 1.0) / (n + 1.0), EMA_PERIODS * int(n), x0, y, length, index)


@twin("ema")
def two_emas(
    state: P, params: P, x0: P, state_b: P, params_b: P, x_b: P, y_b: P, y: P, length: int, index: int,
    markets: int, step: int, x_step: int, x_step_b: int, y_step: int, y_step_b: int,
) -> None:  # fmt: skip
    """Two nodes of `ema` at once."""
    n, m = params[0], params_b[0]
    averages_of_markets(
        state, n, (n - 1.0) / (n + 1.0), EMA_PERIODS * int(n), x0, y, state_b, m, (m - 1.0) / (m + 1.0), EMA_PERIODS * int(m), x_b, y_b,
        length, index, markets, step, x_step, x_step_b, y_step, y_step_b,
    )  # fmt: skip


@op(
    "rma", args=ARGS, unit=Unit.SAME, memory=Memory.KEYED, warmup=full_window, settle=settled_wilder, init=two_averages, version=3,
    formula=Text("r = r[1] + (x - r[1]) / n; 32 n 봉마다 다시 시작", "r = r[1] + (x - r[1]) / n; restarted every 32 n bars"),
    seed=SEED, degenerate=HELD,
    also=("smma", "wilder", "wilders"),
    korean="와일더 이동평균입니다.", english="Wilder's moving average.", example="rma(high - low, 14)",
)  # fmt: skip
def rma(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = params[0]
    keyed_average(state, n, (n - 1.0) / n, WILDER_PERIODS * int(n), x0, y, length, index)


@twin("rma")
def two_rmas(
    state: P, params: P, x0: P, state_b: P, params_b: P, x_b: P, y_b: P, y: P, length: int, index: int,
    markets: int, step: int, x_step: int, x_step_b: int, y_step: int, y_step_b: int,
) -> None:  # fmt: skip
    """Two nodes of `rma` at once."""
    n, m = params[0], params_b[0]
    averages_of_markets(
        state, n, (n - 1.0) / n, WILDER_PERIODS * int(n), x0, y, state_b, m, (m - 1.0) / m, WILDER_PERIODS * int(m), x_b, y_b,
        length, index, markets, step, x_step, x_step_b, y_step, y_step_b,
    )  # fmt: skip


MACD_ARGS: Final = (
    window("fast", default="12"),
    window("slow", default="26"),
    window("signal", default="9"),
    series("x", default="close"),
)
MACD_SEED: Final = Text("이동평균마다 각자의 첫 값에서 시작", "each average by its own first values")

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
