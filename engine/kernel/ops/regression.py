"""Straight lines through the last n bars: beta of one series on another, slope and fit of one over time."""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import Memory, Range, Unit
from dsl.messages import Text, joined
from engine.kernel.abi import SCRATCH_LENGTH, helper, scratch
from engine.kernel.catalogue import Pointer as P
from engine.kernel.catalogue import op, series, window
from engine.kernel.ops.statistics import (
    ARGS,
    correlation,
    correlation_state,
    correlation_suffixes,
    from_moments,
    keep_moments,
    moments_of,
    window_moments,
    with_bar,
)
from engine.kernel.ops.windows import FLAT_IS_ZERO, FULL_WINDOW, LONG, all_but_one, next_block, whole_blocks

NAN: Final = math.nan


def slope_state(params: tuple[float, ...]) -> list[float]:
    """Mean and co-moment with time of the prefix, pivots of this and the previous block, then mean and co-moment as rings of n."""
    return [NAN] * (4 + 2 * int(params[0]))


@op(
    "beta", args=(series("x"), series("y"), window(minimum=2)), unit=Unit.NUMBER, memory=Memory.WINDOW,
    warmup=all_but_one, settle=all_but_one, init=correlation_state,
    formula=Text("sum((x - mx)(y - my)) / sum((y - my)^2), 최근 n봉", "sum((x - mx)(y - my)) / sum((y - my)^2) over the last n bars"),
    degenerate=joined(FULL_WINDOW, Text("y가 변하지 않으면 값이 없습니다.", "missing where y does not vary")),
    korean="y가 1만큼 움직일 때 x가 움직이는 정도(베타)입니다.", english="How much x moves when y moves by 1 (beta of x on y).",
    example="beta(logret(1), btc.logret(1), 96) < 1.5",
)  # fmt: skip
def beta(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    from_moments(state, int(params[0]), x0, x1, y, length, index, True)


@helper
def slope_suffixes(state: P, n: int) -> None:
    """Turn the raw values of the finished block into mean and co-moment with time of r..n-1."""
    pivot = state[3 + n]
    mean = pivot - pivot
    cross = mean
    state[3] = pivot
    state[3 + n] = mean
    state[3 + 2 * n] = cross
    for r in range(n - 2, -1, -1):
        size = n - r
        d = (state[4 + r] - pivot) - mean
        cross = cross - d * (0.5 * (size - 1.0))
        mean = mean + d * (1.0 / size)
        state[4 + r] = mean
        state[4 + n + r] = cross


@helper
def slope_bars(state: P, n: int, spread: float, x: P, y: P, start: int, stop: int, first: int) -> None:
    """Slopes at bars [start, stop), of which the first is at slot `first`."""
    mean, cross, pivot = state[0], state[1], state[2]
    r = first
    for t in range(start, stop):
        v = x[t]
        if r == 0:
            slope_suffixes(state, n)
            pivot = v
            mean = v - v
            cross = mean
        else:
            d = (v - pivot) - mean
            cross = cross + d * (0.5 * r)
            mean = mean + d * (1.0 / (r + 1.0))
        rest = n - 1 - r
        total = cross
        if rest > 0:
            d = (mean - state[5 + r]) + (pivot - state[3])
            total = cross + state[5 + n + r] + d * (0.5 * rest * (r + 1.0))
        y[t] = total / spread
        state[4 + r] = v
        r = r + 1 if rest > 0 else 0
    state[0], state[1], state[2] = mean, cross, pivot


@helper
def slope_block(state: P, n: int, spread: float, x: P, y: P, start: int, room: P) -> None:
    """Slopes over a whole block that begins at bar `start`: the suffixes of the block before and the prefixes of this one do not wait for
    each other, and what joins them does several bars at once.

    room: [n..2n) 1 / (k + 1), [2n..3n) weights of the joining, [0..n) for the means of the prefixes.
    """
    pivot, before = x[start], state[3 + n]
    gap = pivot - before
    mean, late = pivot - pivot, before - before
    cross, late_cross = mean, late
    state[3], state[3 + n], state[3 + 2 * n] = before, late, late_cross
    room[0], y[start] = mean, cross
    for k in range(1, n):
        d, e = (x[start + k] - pivot) - mean, (state[3 + n - k] - before) - late
        cross, late_cross = cross + d * (0.5 * k), late_cross - e * (0.5 * k)
        mean, late = mean + d * room[n + k], late + e * room[n + k]
        room[k], y[start + k] = mean, cross
        state[3 + n - k], state[3 + 2 * n - k] = late, late_cross
    for k in range(n - 1):
        d = (room[k] - state[5 + k]) + gap
        y[start + k] = (y[start + k] + state[5 + n + k] + d * room[2 * n + k]) / spread
    y[start + n - 1] = cross / spread
    for k in range(n):
        state[4 + k] = x[start + k]
    state[0], state[1], state[2] = mean, cross, pivot


@op(
    "slope", args=ARGS, unit=Unit.SAME, memory=Memory.WINDOW, warmup=all_but_one, settle=all_but_one, init=slope_state,
    formula=Text(
        "sum((i - mi)(x - mx)) / sum((i - mi)^2), i = n봉의 가장 오래된 봉 0 .. 가장 새 봉 n-1; 봉당",
        "sum((i - mi)(x - mx)) / sum((i - mi)^2), i = 0 .. n-1 from the oldest of n bars to the newest; per bar",
    ),
    degenerate=joined(FULL_WINDOW, FLAT_IS_ZERO),
    also=("linreg_slope", "linearreg_slope", "regression_slope", "기울기"),
    korean="최근 n봉 회귀직선의 기울기(봉당)입니다.", english="Slope of the regression line through the last n bars, per bar.",
    example="slope(close, 20) / close > 0.1%",
)  # fmt: skip
def slope(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    """Two stretches of a and b bars join as C = Ca + Cb + a b / 2 (mb - ma): their means lie (a + b) / 2 bars apart."""
    n = int(params[0])
    spread = n * (n * float(n) - 1.0) / 12.0
    room = scratch()
    r = index % n
    t = 0
    if whole_blocks(n, length, r) and 3 * n <= SCRATCH_LENGTH:
        for k in range(n):
            room[n + k], room[2 * n + k] = 1.0 / (k + 1.0), 0.5 * (n - 1.0 - k) * (k + 1.0)
    while t < length:
        if r == 0 and length - t >= n >= LONG and 3 * n <= SCRATCH_LENGTH:
            slope_block(state, n, spread, x0, y, t, room)
            t = t + n
            continue
        stop = next_block(n, t, length, r)
        slope_bars(state, n, spread, x0, y, t, stop, r)
        t, r = stop, (r + stop - t) % n


@op(
    "r2", args=ARGS, unit=Unit.NUMBER, value_range=Range(0.0, 1.0), memory=Memory.WINDOW,
    warmup=all_but_one, settle=all_but_one, init=correlation_state,
    formula=Text("최근 n봉에서 x와 시간의 상관계수의 제곱", "square of the correlation of x with time over the last n bars"),
    degenerate=joined(FULL_WINDOW, Text("x가 변하지 않으면 값이 없습니다.", "missing where x does not vary")),
    also=("rsquared", "r_squared", "결정계수"),
    korean="최근 n봉이 직선에 얼마나 가까운지(결정계수)입니다.", english="How well a straight line fits the last n bars (R squared).",
    example="r2(close, 50) > 0.7",
)  # fmt: skip
def r2(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = int(params[0])
    prefix = moments_of(state)
    r = index % n
    for t in range(length):
        if r == 0:
            correlation_suffixes(state, n)
        time = float(index + t)
        prefix = with_bar(prefix, r, x0[t], time)
        xx, yy, xy = window_moments(state, n, r, prefix)
        fit = correlation(xx, yy, xy)
        y[t] = fit * fit
        state[9 + r], state[9 + n + r] = x0[t], time
        r = r + 1 if r < n - 1 else 0
    keep_moments(state, prefix)
