"""Weighted means of the last n bars: by age (WMA, Hull), by volume (VWMA, rolling VWAP); keyed two-stack windows as in windows.py,
short linear ones value by value.

Values are kept as distances from a pivot inside the window, so that n equal values give exactly that value and prices of 1.5e8 cost no
digits.
"""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import Memory, Unit
from dsl.messages import Text, joined
from engine.kernel.abi import SCRATCH_LENGTH, helper, scratch
from engine.kernel.catalogue import Pointer as P
from engine.kernel.catalogue import composed, op, series, window
from engine.kernel.eights import LANES, eight_at, eight_of, put_eight
from engine.kernel.ops.windows import EXACT, FULL_WINDOW, LONG, NOTHING_TRADED, all_but_one

NAN: Final = math.nan
#: float64 of one linearly weighted window besides its ring: sum and weighted sum of the prefix, pivots of this and the previous block
LINEAR: Final = 4
#: numbers that a block of it needs room for, for each of its bars: mean, sum, weighted sum, value
LINEAR_ROOM: Final = 4


def linear_state(params: tuple[float, ...]) -> list[float]:
    """One linearly weighted window of n bars."""
    return [NAN] * (LINEAR + int(params[0]))


def hull_state(params: tuple[float, ...]) -> list[float]:
    """Three linearly weighted windows: n / 2, n and root n bars."""
    n = int(params[0])
    return [NAN] * (3 * LINEAR + n // 2 + n + math.isqrt(n))


def hull_window(params: tuple[float, ...]) -> int:
    """A window of n bars, then one of root n of its results."""
    return int(params[0]) - 1 + math.isqrt(int(params[0])) - 1


def volume_state(params: tuple[float, ...]) -> list[float]:
    """Mean and weight of the prefix, then both as rings of n."""
    return [NAN] * (2 + 2 * int(params[0]))


@helper
def linear_suffixes(state: P, base: int, n: int) -> None:
    """Turn the raw values of the finished block into weighted sums of r..n-1, the oldest value weighing 1."""
    ring = base + LINEAR
    pivot = state[ring + n - 1]
    total = pivot - pivot
    weighted = total
    state[base + 3] = pivot
    state[ring + n - 1] = weighted
    for r in range(n - 2, -1, -1):
        total = total + (state[ring + r] - pivot)
        weighted = weighted + total
        state[ring + r] = weighted


@helper
def linear_step(state: P, base: int, n: int, r: int, v: float) -> float:
    """Linearly weighted mean of the n values that end with v, number r of its block; the newest weighs n."""
    ring = base + LINEAR
    if r == 0:
        linear_suffixes(state, base, n)
        state[base] = v - v
        state[base + 1] = v - v
        state[base + 2] = v
    else:
        d = v - state[base + 2]
        state[base] = state[base] + d
        state[base + 1] = state[base + 1] + (r + 1.0) * d
    pivot = state[base + 2]
    total = state[base + 1]
    rest = n - 1 - r
    if rest > 0:
        older = state[ring + r + 1] + (state[base + 3] - pivot) * (rest * (rest + 1.0) / 2.0)
        total = total + rest * state[base] + older
    state[ring + r] = v
    return pivot + total / (n * (n + 1.0) / 2.0)


@helper
def linear_block(state: P, base: int, n: int, x: P, start: int, room: P) -> None:
    """`linear_step` of the whole block x[start:start + n], its means into room[:n]: the suffixes of the block before and the prefixes of
    this one in one loop, since neither waits for the other; then what joins them. room: LINEAR_ROOM n."""
    ring, sums, weighted_sums, raw = base + LINEAR, n, 2 * n, 3 * n
    before, pivot = state[ring + n - 1], x[start]
    older_total = older_weighted = before - before
    total = weighted = pivot - pivot
    state[base + 3], state[base + 2] = before, pivot
    state[ring + n - 1] = older_weighted
    room[sums], room[weighted_sums], room[raw] = total, weighted, pivot
    for r in range(1, n):
        older, v = state[ring + n - 1 - r] - before, x[start + r]
        older_total = older_total + older
        older_weighted = older_weighted + older_total
        state[ring + n - 1 - r] = older_weighted
        d = v - pivot
        total = total + d
        weighted = weighted + (r + 1.0) * d
        room[sums + r], room[weighted_sums + r], room[raw + r] = total, weighted, v
    shift, scale = before - pivot, n * (n + 1.0) / 2.0
    for r in range(n - 1):
        rest = n - 1 - r
        older = state[ring + r + 1] + shift * (rest * (rest + 1.0) / 2.0)
        room[r] = pivot + (room[weighted_sums + r] + rest * room[sums + r] + older) / scale
    room[n - 1] = pivot + weighted / scale
    for r in range(n):
        state[ring + r] = room[raw + r]
    state[base], state[base + 1] = total, weighted


@helper
def few_run(state: P, base: int, n: int, x: P, y: P, length: int, less: bool) -> None:
    """`linear_run` of fewer than LONG values: each mean by itself, from the newest value as its pivot, eight of them at once."""
    room, kept, scale, t = scratch(), n - 1, eight_of(n * (n + 1.0) / 2.0), 0
    while t < length:
        count = min(SCRATCH_LENGTH - LANES - kept, length - t)
        for k in range(kept):
            room[k] = state[base + k]
        for k in range(count):
            room[kept + k] = x[t + k]
        for k in range(kept):
            state[base + k] = room[count + k]
        for first in range(0, count, LANES):
            newest = eight_at(room, kept + first)
            total = newest - newest
            for age in range(kept, 0, -1):
                total = total + eight_of(float(n - age)) * (eight_at(room, kept + first - age) - newest)
            put_eight(room, first, newest + total / scale)  # no later mean reads these values
        for k in range(count):
            y[t + k] = 2.0 * y[t + k] - room[k] if less else room[k]
        t += count


@helper
def linear_run(state: P, base: int, n: int, index: int, x: P, y: P, length: int, less: bool) -> None:
    """Linearly weighted means of n values of x into y, which may be x; `less`: twice what is in y, less them. index: of the first."""
    if n < LONG:
        few_run(state, base, n, x, y, length, less)
        return
    room, r, t = scratch(), index % n, 0
    while t < length:
        if r == 0 and t + n <= length and n * LINEAR_ROOM <= SCRATCH_LENGTH:
            linear_block(state, base, n, x, t, room)
            for k in range(n):
                y[t + k] = 2.0 * y[t + k] - room[k] if less else room[k]
            t += n
            continue
        mean = linear_step(state, base, n, r, x[t])
        y[t] = 2.0 * y[t] - mean if less else mean
        r = r + 1 if r < n - 1 else 0
        t += 1


@op(
    "wma", args=(series("x"), window()), unit=Unit.SAME, memory=Memory.WINDOW, warmup=all_but_one, settle=all_but_one, init=linear_state,
    formula="(n x + (n-1) x[1] + ... + 1 x[n-1]) / (n (n+1) / 2)",
    degenerate=joined(FULL_WINDOW, EXACT),
    also=("weighted_ma", "가중이동평균"),
    korean="가중이동평균(WMA)입니다. 최근 봉일수록 크게 봅니다.", english="Linearly weighted moving average; newer bars weigh more.",
    example="close > wma(close, 20)",
)  # fmt: skip
def wma(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    linear_run(state, 0, int(params[0]), index, x0, y, length, False)


@op(
    "hma", args=(series("x"), window(minimum=2)), unit=Unit.SAME, memory=Memory.WINDOW,
    warmup=hull_window, settle=hull_window, init=hull_state,
    formula=Text(
        "wma(2 wma(x, n/2) - wma(x, n), n의 제곱근), n/2와 제곱근은 내림",
        "wma(2 wma(x, n/2) - wma(x, n), root n), n/2 and root n rounded down",
    ),
    degenerate=Text("읽는 값 가운데 하나라도 없으면 값이 없습니다.", "missing where any value read is missing"),
    also=("hull",),
    korean="헐 이동평균(HMA)입니다. 빠르게 따라갑니다.", english="Hull moving average: quick to follow.", example="close > hma(close, 20)",
)  # fmt: skip
def hma(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = int(params[0])
    half = n // 2
    root = int(math.sqrt(float(n)))
    whole_at = LINEAR + half
    root_at = whole_at + LINEAR + n
    linear_run(state, 0, half, index, x0, y, length, False)
    linear_run(state, whole_at, n, index, x0, y, length, True)
    linear_run(state, root_at, root, index, y, y, length, False)


@helper
def joined_mean(mean: float, weight: float, other: float, other_weight: float) -> float:
    """Weighted mean of two stretches; one without weight adds nothing but its being missing."""
    if other_weight == 0.0:
        return mean + (other - other)
    if weight == 0.0:
        return other + (mean - mean)
    return mean + (other - mean) * (other_weight / (weight + other_weight))


@helper
def volume_suffixes(state: P, n: int) -> None:
    """Turn the raw values and weights of the finished block into those of r..n-1."""
    for r in range(n - 2, -1, -1):
        mean = joined_mean(state[2 + r], state[2 + n + r], state[3 + r], state[3 + n + r])
        state[2 + r] = mean
        state[2 + n + r] = state[2 + n + r] + state[3 + n + r]


@op(
    "vwma", args=(series("x"), window()), implicit=("volume",), unit=Unit.SAME, memory=Memory.WINDOW,
    warmup=all_but_one, settle=all_but_one, init=volume_state,
    formula="(x volume + ... + x[n-1] volume[n-1]) / (volume + ... + volume[n-1])",
    degenerate=joined(FULL_WINDOW, NOTHING_TRADED, EXACT),
    also=("volume_weighted_ma",),
    korean="거래량 가중 이동평균(VWMA)입니다.", english="Moving average weighted by volume.", example="close > vwma(close, 20)",
)  # fmt: skip
def vwma(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = int(params[0])
    mean = state[0]
    weight = state[1]
    r = index % n
    for t in range(length):
        v = x0[t]
        w = x1[t]
        if r == 0:
            volume_suffixes(state, n)
            mean = v
            weight = w
        else:
            mean = joined_mean(mean, weight, v, w)
            weight = weight + w
        all_mean = mean
        all_weight = weight
        rest = n - 1 - r
        if rest > 0:
            all_mean = joined_mean(state[3 + r], state[3 + n + r], mean, weight)
            all_weight = state[3 + n + r] + weight
        y[t] = all_mean if all_weight > 0.0 else NAN
        state[2 + r] = v
        state[2 + n + r] = w
        r = r + 1 if rest > 0 else 0
    state[0] = mean
    state[1] = weight


composed(
    "vwap.rolling", "vwma(typical(), n)", args=(window(),), unit=Unit.PRICE,
    formula="sum(volume (high + low + close) / 3, n) / sum(volume, n)",
    degenerate=joined(FULL_WINDOW, NOTHING_TRADED),
    also=("rolling_vwap",),
    korean="최근 n봉의 거래량 가중 평균가격(VWAP)입니다.", english="Volume-weighted average price of the last n bars.",
    example="close > vwap.rolling(4h)",
)  # fmt: skip
