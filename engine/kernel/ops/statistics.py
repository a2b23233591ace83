"""Spread and co-movement of the last n bars, merged as keyed two-stack windows (see windows.py) by Chan's pairwise update.

Means and sums of squared deviations of two stretches are joined without subtracting squares. Means are kept as distances from a
pivot inside the stretch (the first value of this block, the last of the one before), so that prices of 1.5e8 cost no digits. Exactly
zero on flat windows.
"""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import Memory, Range, Unit
from engine.kernel.abi import helper, quotients, roots
from engine.kernel.catalogue import Pointer as P
from engine.kernel.catalogue import composed, op, series, window
from engine.kernel.ops.windows import FULL_WINDOW, all_but_one

NAN: Final = math.nan
#: means of x and y, sums of squares of x and of y and of products, pivots of x and y: the stretch of a block that has passed
Moments = tuple[float, float, float, float, float, float, float]
ARGS: Final = (series("x"), window(minimum=2))


def deviation_state(params: tuple[float, ...]) -> list[float]:
    """Mean and sum of squares of the prefix, pivots of this and the previous block, then mean and sum of squares as rings of n."""
    return [NAN] * (4 + 2 * int(params[0]))


def correlation_state(params: tuple[float, ...]) -> list[float]:
    """Means of x and y, sums of squares of x and of y and of products of the prefix; pivots of x and y of this and of the previous
    block; then the first five as rings of n.
    """
    return [NAN] * (9 + 5 * int(params[0]))


@helper
def deviation_suffixes(state: P, n: int) -> None:
    """Turn the raw values of the finished block into its suffixes: slot r holds mean and sum of squares of r..n-1."""
    pivot = state[3 + n]
    mean = pivot - pivot
    squares = mean
    state[3] = pivot
    state[3 + n] = mean
    state[3 + 2 * n] = squares
    for r in range(n - 2, -1, -1):
        size = n - r
        d = (state[4 + r] - pivot) - mean
        one, rest = quotients(1.0, size, size - 1.0, size)
        mean = mean + d * one
        squares = squares + d * d * rest
        state[4 + r] = mean
        state[4 + n + r] = squares


@op(
    "stdev", args=ARGS, unit=Unit.SAME, value_range=Range(0.0, None), memory=Memory.WINDOW,
    warmup=all_but_one, settle=all_but_one, init=deviation_state,
    formula="square root of the mean of (x - mean)^2 over the last n bars (population)", degenerate=FULL_WINDOW + "; 0 on flat windows",
    also=("std", "stddev", "standard_deviation", "표준편차"),
    korean="최근 n봉의 모표준편차입니다.", english="Population standard deviation of the last n bars.", example="stdev(close, 20)",
)  # fmt: skip
def stdev(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = int(params[0])
    mean = state[0]
    squares = state[1]
    pivot = state[2]
    r = index % n
    for t in range(length):
        v = x0[t]
        if r == 0:
            deviation_suffixes(state, n)
            pivot = v
            mean = v - v
            squares = mean
        else:
            d = (v - pivot) - mean
            one, before = quotients(1.0, r + 1.0, r, r + 1.0)
            mean = mean + d * one
            squares = squares + d * d * before
        rest = n - 1 - r
        total = squares
        if rest > 0:
            d = (mean - state[5 + r]) + (pivot - state[3])
            total = squares + state[5 + n + r] + d * d * (rest * (r + 1.0) / n)
        y[t] = total
        state[4 + r] = v
        r = r + 1 if rest > 0 else 0
    for t in range(length):  # apart, so that several bars are done at once
        total = y[t] if y[t] >= 0.0 else 0.0
        y[t] = math.sqrt(total / n) if y[t] >= 0.0 else NAN
    state[0] = mean
    state[1] = squares
    state[2] = pivot


@helper
def correlation_suffixes(state: P, n: int) -> None:
    """Turn the raw values of the finished block into its suffixes."""
    last = 8 + n
    pivot_x = state[last]
    pivot_y = state[last + n]
    mean_x = pivot_x - pivot_x
    mean_y = pivot_y - pivot_y
    xx = mean_x
    yy = mean_y
    xy = mean_x + mean_y
    state[7] = pivot_x
    state[8] = pivot_y
    state[last] = mean_x
    state[last + n] = mean_y
    state[last + 2 * n] = xx
    state[last + 3 * n] = yy
    state[last + 4 * n] = xy
    for r in range(n - 2, -1, -1):
        slot = 9 + r
        size = n - r
        dx = (state[slot] - pivot_x) - mean_x
        dy = (state[slot + n] - pivot_y) - mean_y
        one, share = quotients(1.0, size, size - 1.0, size)
        mean_x = mean_x + dx * one
        mean_y = mean_y + dy * one
        xx = xx + dx * dx * share
        yy = yy + dy * dy * share
        xy = xy + dx * dy * share
        state[slot] = mean_x
        state[slot + n] = mean_y
        state[slot + 2 * n] = xx
        state[slot + 3 * n] = yy
        state[slot + 4 * n] = xy


@helper
def correlation(xx: float, yy: float, xy: float) -> float:
    """xy / sqrt(xx yy), kept inside -1..1; missing where a side does not vary."""
    varies = xx > 0.0 and yy > 0.0
    root_x, root_y = roots(xx, yy)
    r = xy / (root_x * root_y if varies else 1.0)
    r = 1.0 if r > 1.0 else r
    r = -1.0 if r < -1.0 else r
    return r if varies else NAN


@helper
def with_bar(moments: Moments, r: int, v: float, w: float) -> Moments:
    """The prefix with one more bar, at slot r of its block."""
    mean_x, mean_y, xx, yy, xy, pivot_x, pivot_y = moments
    if r == 0:
        return v - v, w - w, v - v, w - w, (v - v) + (w - w), v, w
    dx = (v - pivot_x) - mean_x
    dy = (w - pivot_y) - mean_y
    one, share = quotients(1.0, r + 1.0, r, r + 1.0)
    return (
        mean_x + dx * one, mean_y + dy * one,
        xx + dx * dx * share, yy + dy * dy * share, xy + dx * dy * share, pivot_x, pivot_y,
    )  # fmt: skip


@helper
def moments_of(state: P) -> Moments:
    """The prefix that the state holds."""
    return state[0], state[1], state[2], state[3], state[4], state[5], state[6]


@helper
def keep_moments(state: P, moments: Moments) -> None:
    """Hold the prefix in the state until the next call."""
    state[0], state[1], state[2], state[3], state[4], state[5], state[6] = moments


@helper
def window_moments(state: P, n: int, r: int, prefix: Moments) -> tuple[float, float, float]:
    """Sums of squares of x and of y and of products about their means over the last n bars, of which the newest is at slot r.

    prefix: the moments of slots 0..r.
    """
    mean_x, mean_y, xx, yy, xy, pivot_x, pivot_y = prefix
    rest = n - 1 - r
    if rest > 0:
        slot = 10 + r
        dx = (mean_x - state[slot]) + (pivot_x - state[7])
        dy = (mean_y - state[slot + n]) + (pivot_y - state[8])
        share = rest * (r + 1.0) / n
        xx = xx + state[slot + 2 * n] + dx * dx * share
        yy = yy + state[slot + 3 * n] + dy * dy * share
        xy = xy + state[slot + 4 * n] + dx * dy * share
    return xx, yy, xy


@op(
    "corr", args=(series("x"), series("y"), window(minimum=2)), unit=Unit.NUMBER, value_range=Range(-1.0, 1.0), memory=Memory.WINDOW,
    warmup=all_but_one, settle=all_but_one, init=correlation_state,
    formula="sum((x - mx)(y - my)) / sqrt(sum((x - mx)^2) sum((y - my)^2)) over the last n bars (Pearson)",
    degenerate=FULL_WINDOW + ", or where x or y does not vary",
    also=("correl", "correlation", "상관계수"),
    korean="최근 n봉의 상관계수입니다.", english="Correlation over the last n bars.", example="corr(logret(1), btc.logret(1), 96)",
)  # fmt: skip
def corr(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = int(params[0])
    prefix = moments_of(state)
    r = index % n
    for t in range(length):
        if r == 0:
            correlation_suffixes(state, n)
        prefix = with_bar(prefix, r, x0[t], x1[t])
        xx, yy, xy = window_moments(state, n, r, prefix)
        y[t] = correlation(xx, yy, xy)
        state[9 + r], state[9 + n + r] = x0[t], x1[t]
        r = r + 1 if r < n - 1 else 0
    keep_moments(state, prefix)


composed(
    "zscore", "(x - sma(x, n)) / stdev(x, n)", args=ARGS, unit=Unit.NUMBER,
    formula="(x - mean) / standard deviation of the last n bars", degenerate=FULL_WINDOW + ", or the window is flat",
    also=("z_score", "standardize"),
    korean="평균에서 몇 표준편차 떨어져 있는지입니다.", english="Distance from the mean in standard deviations.",
    example="zscore(close, 20) < -2",
)  # fmt: skip
