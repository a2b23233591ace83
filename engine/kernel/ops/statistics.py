"""Spread and co-movement of the last n bars, merged as keyed two-stack windows (see windows.py) by Chan's pairwise update.

Means and sums of squared deviations of two stretches are joined without subtracting squares. Means are kept as distances from a
pivot inside the stretch (the first value of this block, the last of the one before), so that prices of 1.5e8 cost no digits. Exactly
zero on flat windows.
"""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import Memory, Range, Unit
from dsl.messages import Text, joined
from engine.kernel.abi import SCRATCH_LENGTH, helper, quotients, scratch
from engine.kernel.catalogue import Pointer as P
from engine.kernel.catalogue import composed, op, series, window
from engine.kernel.ops.windows import FLAT_IS_MISSING, FLAT_IS_ZERO, FULL_WINDOW, LONG, all_but_one, next_block, whole_blocks

NAN: Final = math.nan
#: means of x and y, sums of squares of x and of y and of products, pivots of x and y: the stretch of a block that has passed
Moments = tuple[float, float, float, float, float, float, float]
ARGS: Final = (series("x"), window(minimum=2))
#: float64 of scratch that `moment_block` needs for each bar of the window
MOMENT_ROOM: Final = 7


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


@helper
def deviation_bars(state: P, n: int, x: P, y: P, start: int, stop: int, first: int) -> None:
    """Sums of squares at bars [start, stop), of which the first is at slot `first`."""
    mean, squares, pivot = state[0], state[1], state[2]
    r = first
    for t in range(start, stop):
        v = x[t]
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
    state[0], state[1], state[2] = mean, squares, pivot


@helper
def deviation_block(state: P, n: int, x: P, y: P, start: int, room: P) -> None:
    """Sums of squares over a whole block that begins at bar `start`: the suffixes of the block before and the prefixes of this one do not
    wait for each other, and what joins them does several bars at once.

    room: [n..2n) 1 / (k + 1), [2n..3n) k / (k + 1), [3n..4n) weights of the joining, [0..n) for the means of the prefixes.
    """
    pivot, before = x[start], state[3 + n]
    gap = pivot - before
    mean, late = pivot - pivot, before - before
    squares, late_squares = mean, late
    state[3], state[3 + n], state[3 + 2 * n] = before, late, late_squares
    room[0], y[start] = mean, squares
    for k in range(1, n):
        d, e = (x[start + k] - pivot) - mean, (state[3 + n - k] - before) - late
        mean, late = mean + d * room[n + k], late + e * room[n + k]
        squares, late_squares = squares + d * d * room[2 * n + k], late_squares + e * e * room[2 * n + k]
        room[k], y[start + k] = mean, squares
        state[3 + n - k], state[3 + 2 * n - k] = late, late_squares
    for k in range(n - 1):
        d = (room[k] - state[5 + k]) + gap
        y[start + k] = y[start + k] + state[5 + n + k] + d * d * room[3 * n + k]
    for k in range(n):
        state[4 + k] = x[start + k]
    state[0], state[1], state[2] = mean, squares, pivot


@op(
    "stdev", args=ARGS, unit=Unit.SAME, value_range=Range(0.0, None), memory=Memory.WINDOW,
    warmup=all_but_one, settle=all_but_one, init=deviation_state,
    formula=Text(
        "최근 n봉 (x - 평균)^2 의 평균의 제곱근 (모표준편차)",
        "square root of the mean of (x - mean)^2 over the last n bars (population)",
    ),
    degenerate=joined(FULL_WINDOW, FLAT_IS_ZERO),
    also=("std", "stddev", "standard_deviation", "표준편차"),
    korean="최근 n봉의 모표준편차입니다.", english="Population standard deviation of the last n bars.", example="stdev(close, 20)",
)  # fmt: skip
def stdev(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = int(params[0])
    room = scratch()
    r = index % n
    t = 0
    if whole_blocks(n, length, r) and 4 * n <= SCRATCH_LENGTH:
        for k in range(n):
            room[n + k], room[2 * n + k] = quotients(1.0, k + 1.0, k, k + 1.0)
            room[3 * n + k] = (n - 1.0 - k) * (k + 1.0) / n
    while t < length:
        if r == 0 and length - t >= n >= LONG and 4 * n <= SCRATCH_LENGTH:
            deviation_block(state, n, x0, y, t, room)
            t = t + n
            continue
        stop = next_block(n, t, length, r)
        deviation_bars(state, n, x0, y, t, stop, r)
        t, r = stop, (r + stop - t) % n
    for t in range(length):  # apart, so that several bars are done at once
        total = y[t] if y[t] >= 0.0 else 0.0
        y[t] = math.sqrt(total / n) if y[t] >= 0.0 else NAN


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
    """xy / sqrt(xx yy), kept inside -1..1; missing where a side does not vary. Without a branch, so that several bars are done at once."""
    varies = (xx > 0.0) & (yy > 0.0)
    root = math.sqrt(xx if varies else 1.0) * math.sqrt(yy if varies else 1.0)
    r = xy / root
    r = 1.0 if r > 1.0 else r
    r = -1.0 if r < -1.0 else r
    return r if varies else NAN


@helper
def regression(yy: float, xy: float) -> float:
    """xy / yy: how much x moves with y; missing where y does not vary."""
    return xy / yy if yy > 0.0 else NAN


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


@helper
def prepare_moments(n: int, room: P) -> None:
    """What `moment_block` needs for every block: room [4n..5n) 1 / (k + 1), [5n..6n) k / (k + 1), [6n..7n) weights of the joining."""
    for k in range(n):
        room[4 * n + k], room[5 * n + k] = quotients(1.0, k + 1.0, k, k + 1.0)
        room[6 * n + k] = (n - 1.0 - k) * (k + 1.0) / n


@helper
def moment_block(state: P, n: int, x0: P, x1: P, y: P, start: int, room: P) -> None:
    """Sums of squares of x and of y and of products over a whole block that begins at bar `start`, at room [2n..3n), room [3n..4n) and
    y[start:]: the suffixes of the block before and the prefixes of this one do not wait for each other, and what joins them does several
    bars at once. room: as `prepare_moments` left it.
    """
    last = 8 + n
    px, py, qx, qy = x0[start], x1[start], state[last], state[last + n]
    mx, my, nx, ny = px - px, py - py, qx - qx, qy - qy
    xx, yy, xy, late_xx, late_yy, late_xy = mx, my, mx + my, nx, ny, nx + ny
    state[7], state[8], state[last], state[last + n] = qx, qy, nx, ny
    state[last + 2 * n], state[last + 3 * n], state[last + 4 * n] = late_xx, late_yy, late_xy
    room[0], room[n], room[2 * n], room[3 * n], y[start] = mx, my, xx, yy, xy
    for k in range(1, n):
        one, share, slot = room[4 * n + k], room[5 * n + k], last - k
        dx, dy = (x0[start + k] - px) - mx, (x1[start + k] - py) - my
        ex, ey = (state[slot] - qx) - nx, (state[slot + n] - qy) - ny
        mx, my, nx, ny = mx + dx * one, my + dy * one, nx + ex * one, ny + ey * one
        xx, yy, xy = xx + dx * dx * share, yy + dy * dy * share, xy + dx * dy * share
        late_xx, late_yy, late_xy = late_xx + ex * ex * share, late_yy + ey * ey * share, late_xy + ex * ey * share
        room[k], room[n + k], room[2 * n + k], room[3 * n + k], y[start + k] = mx, my, xx, yy, xy
        state[slot], state[slot + n] = nx, ny
        state[slot + 2 * n], state[slot + 3 * n], state[slot + 4 * n] = late_xx, late_yy, late_xy
    state[0], state[1], state[2], state[3], state[4], state[5], state[6] = mx, my, xx, yy, xy, px, py
    gap_x, gap_y = px - qx, py - qy
    for k in range(n - 1):
        dx, dy = (room[k] - state[10 + k]) + gap_x, (room[n + k] - state[10 + n + k]) + gap_y
        share = room[6 * n + k]
        room[2 * n + k] = room[2 * n + k] + state[10 + 2 * n + k] + dx * dx * share
        room[3 * n + k] = room[3 * n + k] + state[10 + 3 * n + k] + dy * dy * share
        y[start + k] = y[start + k] + state[10 + 4 * n + k] + dx * dy * share
    for k in range(n):
        state[9 + k], state[9 + n + k] = x0[start + k], x1[start + k]


@helper
def from_moments(state: P, n: int, x0: P, x1: P, y: P, length: int, index: int, regressed: bool) -> None:
    """y = `regression` or else `correlation` of the last n bars at each of `length` bars: whole blocks at once, the others bar by bar."""
    r = index % n
    t = 0
    room = scratch()
    if whole_blocks(n, length, r) and MOMENT_ROOM * n <= SCRATCH_LENGTH:
        prepare_moments(n, room)
    while t < length:
        if r == 0 and length - t >= n >= LONG and MOMENT_ROOM * n <= SCRATCH_LENGTH:
            moment_block(state, n, x0, x1, y, t, room)
            if regressed:
                for k in range(n):
                    y[t + k] = regression(room[3 * n + k], y[t + k])
            else:
                for k in range(n):
                    y[t + k] = correlation(room[2 * n + k], room[3 * n + k], y[t + k])
            t = t + n
            continue
        prefix = moments_of(state)
        for at in range(t, next_block(n, t, length, r)):
            if r == 0:
                correlation_suffixes(state, n)
            prefix = with_bar(prefix, r, x0[at], x1[at])
            xx, yy, xy = window_moments(state, n, r, prefix)
            y[at] = regression(yy, xy) if regressed else correlation(xx, yy, xy)
            state[9 + r], state[9 + n + r] = x0[at], x1[at]
            r = r + 1 if r < n - 1 else 0
            t = t + 1
        keep_moments(state, prefix)


@op(
    "corr", args=(series("x"), series("y"), window(minimum=2)), unit=Unit.NUMBER, value_range=Range(-1.0, 1.0), memory=Memory.WINDOW,
    warmup=all_but_one, settle=all_but_one, init=correlation_state,
    formula=Text(
        "sum((x - mx)(y - my)) / sqrt(sum((x - mx)^2) sum((y - my)^2)), 최근 n봉 (피어슨)",
        "sum((x - mx)(y - my)) / sqrt(sum((x - mx)^2) sum((y - my)^2)) over the last n bars (Pearson)",
    ),
    degenerate=joined(FULL_WINDOW, Text("x나 y가 변하지 않으면 값이 없습니다.", "missing where x or y does not vary")),
    also=("correl", "correlation", "상관계수"),
    korean="최근 n봉의 상관계수입니다.", english="Correlation over the last n bars.", example="corr(logret(1), btc.logret(1), 96)",
)  # fmt: skip
def corr(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    from_moments(state, int(params[0]), x0, x1, y, length, index, False)


composed(
    "zscore", "(x - sma(x, n)) / stdev(x, n)", args=ARGS, unit=Unit.NUMBER,
    formula=Text("(x - 평균) / 표준편차, 최근 n봉", "(x - mean) / standard deviation of the last n bars"),
    degenerate=joined(FULL_WINDOW, FLAT_IS_MISSING),
    also=("z_score", "standardize"),
    korean="평균에서 몇 표준편차 떨어져 있는지입니다.", english="Distance from the mean in standard deviations.",
    example="zscore(close, 20) < -2",
)  # fmt: skip
