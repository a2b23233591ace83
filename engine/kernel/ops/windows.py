"""Aggregates of the last n bars as keyed two-stack windows (van Herk): suffix of the previous block joined with the prefix of this one.

Blocks of n bars begin where the absolute index is a multiple of n. Nothing is ever subtracted, so nothing drifts, a missing value
leaves exactly, and a result depends on the last n bars and their index alone.
State: [0] prefix of this block; [1..n] at slot r: the raw value if r has passed in this block, else the suffix r..n-1 of the block
before; [n+1] the neutral element, which is the suffix after the last slot.
"""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import Memory, Range, Unit
from dsl.messages import Text, joined
from engine.kernel.abi import further, helper
from engine.kernel.catalogue import Pointer as P
from engine.kernel.catalogue import composed, condition, op, series, twin, window

NAN: Final = math.nan
INFINITY: Final = math.inf
ARGS: Final = (series("x"), window())
FULL_WINDOW: Final = Text("n개 값 가운데 하나라도 없으면 값이 없습니다.", "missing where any of the n values is missing")
FLAT_IS_ZERO: Final = Text("n개 값이 모두 같으면 0입니다.", "0 on flat windows")
FLAT_IS_MISSING: Final = Text("n개 값이 모두 같으면 값이 없습니다.", "missing where the window is flat")
EXACT: Final = Text("n개 값이 모두 같으면 정확히 그 값입니다.", "n equal values give exactly that value")
NOTHING_TRADED: Final = Text("그동안 거래가 없으면 값이 없습니다.", "missing where nothing traded in the n bars")
#: shorter windows cost less bar by bar than block by block
LONG: Final = 16


def all_but_one(params: tuple[float, ...]) -> int:
    """A window of n bars is full after n - 1 bars before this one."""
    return int(params[0]) - 1


def sum_state(params: tuple[float, ...]) -> list[float]:
    """Unknown prefix and suffixes; neutral element 0."""
    return [NAN] * (int(params[0]) + 1) + [0.0]


def mean_state(params: tuple[float, ...]) -> list[float]:
    """A sum's state; then the value of the bar before, and how many bars in a row had it (at most n)."""
    return [*sum_state(params), NAN, 0.0]


def highest_state(params: tuple[float, ...]) -> list[float]:
    """Unknown prefix and suffixes; neutral element minus infinity."""
    return [NAN] * (int(params[0]) + 1) + [-INFINITY]


def lowest_state(params: tuple[float, ...]) -> list[float]:
    """Unknown prefix and suffixes; neutral element plus infinity."""
    return [NAN] * (int(params[0]) + 1) + [INFINITY]


@helper
def whole_blocks(n: int, length: int, r: int) -> bool:
    """Whether `length` bars, of which the first is at slot r, hold a whole block that is long enough to be done at once."""
    return n >= LONG and length - (n - r) % n >= n


@helper
def next_block(n: int, t: int, length: int, r: int) -> int:
    """Where the bars end that are done one by one from bar t on, which is at slot r: at the next block, if blocks are long enough."""
    return min(t + n - r, length) if n >= LONG else length


@helper
def larger(a: float, b: float) -> float:
    """The larger value; missing wins."""
    return a if (a >= b or a != a) else b


@helper
def smaller(a: float, b: float) -> float:
    """The smaller value; missing wins."""
    return a if (a <= b or a != a) else b


@helper
def sum_block(state: P, n: int, x: P, y: P, start: int, divisor: float) -> None:
    """y = sums / divisor over a whole block that begins at x[start]. The suffixes of the block before and the prefixes of this one do not
    wait for each other, and what joins them does several bars at once."""
    suffix, prefix = state[n], state[n + 1]
    for k in range(n - 1):
        prefix, suffix = prefix + x[start + k], state[n - 1 - k] + suffix
        y[start + k], state[n - 1 - k] = prefix, suffix
    prefix = prefix + x[start + n - 1]
    y[start + n - 1], state[0] = prefix, prefix
    if divisor == 1.0:
        for k in range(n):
            y[start + k] = state[k + 2] + y[start + k]
    else:
        for k in range(n):
            y[start + k] = (state[k + 2] + y[start + k]) / divisor
    for k in range(n):
        state[k + 1] = x[start + k]


@helper
def window_sums(state: P, n: int, x: P, y: P, length: int, index: int, divisor: float) -> None:
    """y[t] = sum of the last n of x / divisor."""
    t = 0
    while t < length:
        r = (index + t) % n
        if r == 0 and length - t >= n >= LONG:
            sum_block(state, n, x, y, t, divisor)
            t = t + n
            continue
        prefix = state[0]
        if r == 0:
            for i in range(n - 1, 0, -1):
                state[i] = state[i] + state[i + 1]
            prefix = state[n + 1]
        count = min(n - r, length - t)
        for k in range(count):
            v = x[t + k]
            prefix = prefix + v
            y[t + k] = state[r + k + 2] + prefix
            state[r + k + 1] = v
        if divisor != 1.0:
            for k in range(count):
                y[t + k] = y[t + k] / divisor
        state[0] = prefix
        t = t + count


@helper
def sums_of_four(
    a: P, b: P, c: P, d: P, n: int, x: P, x2: P, x3: P, x4: P, y: P, y2: P, y3: P, y4: P, length: int, index: int
) -> None:  # fmt: skip
    """`window_sums` of four series at once: each waits for its own sums only. a to d: their states."""
    t = 0
    while t < length:
        slot = (index + t) % n
        if slot == 0:
            begin_four(a, b, c, d, n)
        p, q, r, s = a[0], b[0], c[0], d[0]
        count = min(n - slot, length - t)
        for k in range(t, t + count):
            at = slot + k - t + 1
            v, w, z, u = x[k], x2[k], x3[k], x4[k]
            p, q, r, s = p + v, q + w, r + z, s + u
            y[k], y2[k], y3[k], y4[k] = a[at + 1] + p, b[at + 1] + q, c[at + 1] + r, d[at + 1] + s
            a[at], b[at], c[at], d[at] = v, w, z, u
        a[0], b[0], c[0], d[0] = p, q, r, s
        t = t + count


@helper
def begin_four(a: P, b: P, c: P, d: P, n: int) -> None:
    """A new block: the raw values of the one before turn into its suffixes, and the prefix is empty."""
    p, q, r, s = a[n], b[n], c[n], d[n]
    for k in range(1, n):
        i = n - k
        p, q, r, s = a[i] + p, b[i] + q, c[i] + r, d[i] + s
        a[i], b[i], c[i], d[i] = p, q, r, s
    a[0], b[0], c[0], d[0] = a[n + 1], b[n + 1], c[n + 1], d[n + 1]


@helper
def window_means(state: P, n: int, x: P, y: P, length: int, index: int) -> None:
    """y[t] = mean of the last n of x; n equal values give that value itself, which their sum in floats does not (10 x 0.0229)."""
    window_sums(state, n, x, y, length, index, float(n))
    before = state[n + 2]
    run = int(state[n + 3])
    t = 0
    while t < length:  # look back from where a run could be of n: what differs there says that it is not
        stop = min(t + max(n - run, 1), length)
        at = stop - 1
        while at >= t and x[at] == (x[at - 1] if at > 0 else before):
            at = at - 1
        run = min(run + stop - t, n) if at < t else 1
        if run == n:
            last = stop - 1 if at < t else at
            y[last] = x[last]
        t = stop if at < t else at + 1
    if length > 0:
        state[n + 2] = x[length - 1]
        state[n + 3] = float(run)


@op(
    "sum", args=ARGS, unit=Unit.SAME, memory=Memory.WINDOW, warmup=all_but_one, settle=all_but_one, init=sum_state,
    formula="x + x[1] + ... + x[n-1]", degenerate=FULL_WINDOW,
    korean="최근 n봉의 합입니다.", english="Sum of the last n bars.", example="sum(value, 24)",
)  # fmt: skip
def window_sum(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    window_sums(state, int(params[0]), x0, y, length, index, 1.0)


@twin("sum")
def two_sums(
    state: P, params: P, x0: P, state_b: P, params_b: P, x_b: P, y_b: P, y: P, length: int, index: int,
    markets: int, step: int, x_step: int, x_step_b: int, y_step: int, y_step_b: int,
) -> None:  # fmt: skip
    """Two nodes of `sum` of several markets; those of two markets at once where their windows are alike."""
    n, m = int(params[0]), 0
    while params[0] == params_b[0] and m + 2 <= markets:
        a, b, x, w, z, u = m * step, (m + 1) * step, m * x_step, m * x_step_b, m * y_step, m * y_step_b
        sums_of_four(
            further(state, a), further(state_b, a), further(state, b), further(state_b, b), n,
            further(x0, x), further(x_b, w), further(x0, x + x_step), further(x_b, w + x_step_b),
            further(y, z), further(y_b, u), further(y, z + y_step), further(y_b, u + y_step_b), length, index,
        )  # fmt: skip
        m += 2
    while m < markets:
        window_sums(further(state, m * step), n, further(x0, m * x_step), further(y, m * y_step), length, index, 1.0)
        window_sums(
            further(state_b, m * step), int(params_b[0]), further(x_b, m * x_step_b), further(y_b, m * y_step_b), length, index, 1.0
        )  # fmt: skip
        m += 1


@op(
    "sma", args=ARGS, unit=Unit.SAME, memory=Memory.WINDOW, warmup=all_but_one, settle=all_but_one, init=mean_state,
    formula="(x + x[1] + ... + x[n-1]) / n",
    degenerate=joined(FULL_WINDOW, EXACT),
    also=("ma", "average", "avg", "simple_ma", "이동평균", "이평", "단순이동평균"),
    korean="최근 n봉의 단순이동평균입니다.", english="Simple moving average of the last n bars.", example="sma(close, 20)",
)  # fmt: skip
def sma(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    window_means(state, int(params[0]), x0, y, length, index)


composed(
    "mean", "sma(x, n)", args=ARGS, unit=Unit.SAME, formula="(x + x[1] + ... + x[n-1]) / n", degenerate=FULL_WINDOW,
    korean="최근 n봉의 평균입니다 (sma와 같습니다).", english="Mean of the last n bars (the same as sma).", example="mean(value, 30)",
)  # fmt: skip


@op(
    "count", args=(condition("a"), window()), unit=Unit.BARS, value_range=Range(0.0, None), memory=Memory.WINDOW,
    warmup=all_but_one, settle=all_but_one, init=sum_state,
    formula=Text("a, a[1], ..., a[n-1] 가운데 참인 것의 수", "how many of a, a[1], ..., a[n-1] are true"),
    degenerate=FULL_WINDOW,
    also=("count_true", "how_many"),
    korean="최근 n봉 중 조건이 참인 봉 수입니다.", english="How many of the last n bars meet the condition.",
    example="count(close > open, 10) >= 7",
)  # fmt: skip
def count(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    window_sums(state, int(params[0]), x0, y, length, index, 1.0)


@helper
def known(x: P, start: int, stop: int) -> bool:
    """True when no value of x[start:stop] is missing."""
    found = True
    for i in range(start, stop):
        found = found & (x[i] == x[i])
    return found


@helper
def extreme_block(state: P, n: int, x: P, y: P, start: int, sign: float) -> None:
    """Highest (sign 1) or lowest (-1) over a whole block that begins at x[start], where neither it nor the block before misses a value.

    The suffixes of the block before and the prefixes of this one do not wait for each other, and nothing asks for missing values.
    """
    suffix = sign * state[n]
    prefix = sign * state[n + 1]
    last = start + n - 1
    for k in range(n - 1):
        v, w = sign * x[start + k], sign * state[n - 1 - k]
        prefix = v if v > prefix else prefix
        suffix = suffix if suffix > w else w
        y[start + k], state[n - 1 - k] = sign * prefix, sign * suffix
    prefix = sign * x[last] if sign * x[last] > prefix else prefix
    y[last] = sign * prefix
    for k in range(n):
        a, b = state[k + 2], y[start + k]
        y[start + k] = b if sign * b > sign * a else a
        state[k + 1] = x[start + k]
    state[0] = sign * prefix


@op(
    "highest", args=ARGS, unit=Unit.SAME, memory=Memory.WINDOW, warmup=all_but_one, settle=all_but_one, init=highest_state,
    formula="max(x, x[1], ..., x[n-1])", degenerate=FULL_WINDOW,
    also=("rolling_max", "hhv"),
    korean="최근 n봉의 최댓값입니다.", english="Highest value of the last n bars.", example="close > highest(high, 20)[1]",
)  # fmt: skip
def highest(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = int(params[0])
    t = 0
    while t < length:
        r = (index + t) % n
        run = min(n - r, length - t)
        if run == n >= LONG and known(state, 1, n + 1) and known(x0, t, t + n):
            extreme_block(state, n, x0, y, t, 1.0)
            t = t + n
            continue
        prefix = state[0]
        if r == 0:
            for i in range(n - 1, 0, -1):
                state[i] = larger(state[i], state[i + 1])
            prefix = state[n + 1]
        for k in range(run):
            v = x0[t + k]
            prefix = larger(prefix, v)
            y[t + k] = larger(state[r + k + 2], prefix)
            state[r + k + 1] = v
        state[0] = prefix
        t = t + run


@op(
    "lowest", args=ARGS, unit=Unit.SAME, memory=Memory.WINDOW, warmup=all_but_one, settle=all_but_one, init=lowest_state,
    formula="min(x, x[1], ..., x[n-1])", degenerate=FULL_WINDOW,
    also=("rolling_min", "llv"),
    korean="최근 n봉의 최솟값입니다.", english="Lowest value of the last n bars.", example="close < lowest(low, 20)[1]",
)  # fmt: skip
def lowest(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = int(params[0])
    t = 0
    while t < length:
        r = (index + t) % n
        run = min(n - r, length - t)
        if run == n >= LONG and known(state, 1, n + 1) and known(x0, t, t + n):
            extreme_block(state, n, x0, y, t, -1.0)
            t = t + n
            continue
        prefix = state[0]
        if r == 0:
            for i in range(n - 1, 0, -1):
                state[i] = smaller(state[i], state[i + 1])
            prefix = state[n + 1]
        for k in range(run):
            v = x0[t + k]
            prefix = smaller(prefix, v)
            y[t + k] = smaller(state[r + k + 2], prefix)
            state[r + k + 1] = v
        state[0] = prefix
        t = t + run
