"""Order of the last n values: median and quantiles, rank of the newest, ages of the extremes."""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import Memory, Range, Unit
from dsl.messages import Text, joined
from engine.kernel.abi import helper
from engine.kernel.catalogue import Pointer as P
from engine.kernel.catalogue import number, op, series, window
from engine.kernel.ops.windows import ARGS, FLAT_IS_ZERO, FULL_WINDOW, all_but_one

NAN: Final = math.nan
AGES: Final = Range(0.0, None)
#: ordered values that are counted through rather than halved
COUNTED: Final = 64


def sorted_state(params: tuple[float, ...]) -> list[float]:
    """Values of n bars as a ring, the defined ones in order, how many those are."""
    n = int(params[0])
    return [NAN] * n + [0.0] * (n + 1)


def ring_state(params: tuple[float, ...]) -> list[float]:
    """Values of n bars as a ring, how many of the newest in a row are defined (at most n)."""
    return [NAN] * int(params[0]) + [0.0]


def extreme_state(params: tuple[float, ...]) -> list[float]:
    """Extreme of the prefix and its absolute index, then both as rings of n."""
    return [NAN] * (2 + 2 * int(params[0]))


@helper
def place(state: P, base: int, size: int, v: float) -> int:
    """How many of `size` ordered values are below v. Halved down to a stretch that is counted through, which has no branches to miss."""
    low = 0
    count = size
    while count > COUNTED:
        half = count // 2
        if state[base + low + half] < v:
            low = low + half
        count = count - half
    below = low
    for k in range(low, low + count):
        below += 1 if state[base + k] < v else 0
    return below


@helper
def exchange(state: P, base: int, size: int, old: float, new: float) -> None:
    """Put `new` in the place of `old` among `size` ordered values and shift those between."""
    i = base + place(state, base, size, old)
    last = base + size - 1
    if new > old:
        while i < last and state[i + 1] < new:
            state[i] = state[i + 1]
            i = i + 1
    else:
        while i > base and state[i - 1] > new:
            state[i] = state[i - 1]
            i = i - 1
    state[i] = new


@helper
def insert(state: P, base: int, size: int, new: float) -> None:
    """Add one to `size` ordered values."""
    i = base + size
    while i > base and state[i - 1] > new:
        state[i] = state[i - 1]
        i = i - 1
    state[i] = new


@helper
def remove(state: P, base: int, size: int, old: float) -> None:
    """Take one out of `size` ordered values."""
    for i in range(base + place(state, base, size, old), base + size - 1):
        state[i] = state[i + 1]
    state[base + size - 1] = 0.0


@helper
def keep_sorted(state: P, n: int, slot: int, v: float) -> bool:
    """Let v take the place of the oldest value; whether all n are defined. -0.0 counts as 0.0, so that equal values are alike."""
    new = v + 0.0
    old = state[slot]
    size = int(state[2 * n])
    state[slot] = new
    if old == old and new == new:
        exchange(state, n, size, old, new)
    elif new == new:
        insert(state, n, size, new)
        size = size + 1
    elif old == old:
        remove(state, n, size, old)
        size = size - 1
    state[2 * n] = float(size)
    return size == n


@helper
def between_two(low: float, high: float, share: float) -> float:
    """The value `share` of the way from low to high."""
    return low if share == 0.0 or low == high else low + (high - low) * share


@op(
    "median", args=ARGS, unit=Unit.SAME, memory=Memory.WINDOW, warmup=all_but_one, settle=all_but_one, init=sorted_state,
    formula=Text(
        "최근 n개 값을 크기순으로 놓은 가운데 값; n이 짝수이면 가운데 두 값의 평균",
        "middle one of the last n values in order; mean of the two middle ones where n is even",
    ),
    degenerate=FULL_WINDOW,
    also=("med", "중앙값"),
    korean="최근 n봉의 중앙값입니다.", english="Median of the last n bars.", example="volume > 2 * median(volume, 50)",
)  # fmt: skip
def median(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = int(params[0])
    low = n + (n - 1) // 2
    high = n + n // 2
    for t in range(length):
        y[t] = between_two(state[low], state[high], 0.5) if keep_sorted(state, n, (index + t) % n, x0[t]) else NAN


@op(
    "quantile", args=(*ARGS, number("q", Unit.ANY, minimum=0.0, maximum=1.0)), unit=Unit.SAME, memory=Memory.WINDOW,
    warmup=all_but_one, settle=all_but_one, init=sorted_state,
    formula=Text(
        "최근 n개 값을 작은 것부터 놓고 0부터 세어 q (n - 1) 번째 값; 사이는 직선으로 이음",
        "value at place q (n - 1) of the last n in order, from 0; in between on a straight line",
    ),
    degenerate=FULL_WINDOW,
    also=("percentile", "percentile_of", "분위수"),
    korean="최근 n봉 중 아래에서 q만큼 되는 곳의 값(분위수)입니다.", english="Quantile of the last n bars: q of them lie below.",
    example="close > quantile(close, 100, 90%)",
)  # fmt: skip
def quantile(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = int(params[0])
    position = params[1] * (n - 1.0)
    below = int(position)
    share = position - below
    above = min(below + 1, n - 1)
    for t in range(length):
        known = keep_sorted(state, n, (index + t) % n, x0[t])
        y[t] = between_two(state[n + below], state[n + above], share) if known else NAN


@op(
    "pct_rank", args=(series("x"), window(minimum=2)), unit=Unit.RATIO, value_range=Range(0.0, 1.0), memory=Memory.WINDOW,
    warmup=all_but_one, settle=all_but_one, init=ring_state,
    formula=Text(
        "이 봉 앞 n - 1봉 가운데 값이 이 봉보다 낮은 봉의 비율",
        "share of the n - 1 bars before this one whose value is below this one's",
    ),
    degenerate=joined(FULL_WINDOW, FLAT_IS_ZERO),
    also=("percentrank", "percentile_rank", "rolling_rank", "백분위"),
    korean="지난 값들 중 지금보다 낮은 것의 비율(백분위)입니다.", english="Share of the earlier values that are lower (percentile rank).",
    example="pct_rank(close, 100) > 90%",
)  # fmt: skip
def pct_rank(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = int(params[0])
    known = state[n]
    slot = index % n
    for t in range(length):
        v = x0[t]
        state[slot] = v
        slot = slot + 1 if slot < n - 1 else 0
        known = min(known + 1.0, float(n)) if v == v else 0.0
        if known == n:
            below = 0
            for k in range(n):
                below += 1 if state[k] < v else 0
            y[t] = below / (n - 1.0)
        else:
            y[t] = NAN
    state[n] = known


@helper
def extreme_suffixes(state: P, n: int, sign: float) -> None:
    """Turn the raw values of the finished block into the extremes of r..n-1 and where they are."""
    for r in range(n - 2, -1, -1):
        if not wins(state[2 + r], state[3 + r], sign):
            state[2 + r] = state[3 + r]
            state[2 + n + r] = state[3 + n + r]


@helper
def wins(older: float, newer: float, sign: float) -> bool:
    """Whether the older value is the extreme of the two: highest for sign 1, lowest for -1. Of equal ones the newer is; missing wins."""
    return older != older or sign * older > sign * newer


@helper
def extreme_ages(state: P, n: int, sign: float, x: P, y: P, length: int, index: int) -> None:
    """y[t] = how many bars ago the extreme of the last n was."""
    best = state[0]
    at = state[1]
    for t in range(length):
        now = index + t
        r = now % n
        v = x[t]
        if r == 0:
            extreme_suffixes(state, n, sign)
        if r == 0 or not wins(best, v, sign):
            best = v
            at = float(now)
        value = best
        where = at
        if r < n - 1 and wins(state[3 + r], best, sign):
            value = state[3 + r]
            where = state[3 + n + r]
        y[t] = now - where if value == value else NAN
        state[2 + r] = v
        state[2 + n + r] = float(now)
    state[0] = best
    state[1] = at


@op(
    "highest_age", args=ARGS, unit=Unit.BARS, value_range=AGES, memory=Memory.WINDOW,
    warmup=all_but_one, settle=all_but_one, init=extreme_state,
    formula=Text(
        "x가 highest(x, n) 이던 봉이 몇 봉 전인지; 같은 값이 여럿이면 가장 가까운 봉",
        "how many bars ago x was highest(x, n); of equal ones the newest counts",
    ),
    degenerate=FULL_WINDOW,
    also=("highestbars", "argmax", "bars_since_high"),
    korean="최근 n봉의 최댓값이 나온 지 몇 봉 지났는지입니다.", english="How many bars ago the highest of the last n bars was.",
    example="highest_age(high, 50) <= 5",
)  # fmt: skip
def highest_age(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    extreme_ages(state, int(params[0]), 1.0, x0, y, length, index)


@op(
    "lowest_age", args=ARGS, unit=Unit.BARS, value_range=AGES, memory=Memory.WINDOW,
    warmup=all_but_one, settle=all_but_one, init=extreme_state,
    formula=Text(
        "x가 lowest(x, n) 이던 봉이 몇 봉 전인지; 같은 값이 여럿이면 가장 가까운 봉",
        "how many bars ago x was lowest(x, n); of equal ones the newest counts",
    ),
    degenerate=FULL_WINDOW,
    also=("lowestbars", "argmin", "bars_since_low"),
    korean="최근 n봉의 최솟값이 나온 지 몇 봉 지났는지입니다.", english="How many bars ago the lowest of the last n bars was.",
    example="lowest_age(low, 50) > 10",
)  # fmt: skip
def lowest_age(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    extreme_ages(state, int(params[0]), -1.0, x0, y, length, index)
