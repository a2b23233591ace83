"""Wilder's directional movement: ADX and the directional indicators, restarted on a grid as in averages.py."""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import Memory, Range, Unit
from dsl.messages import Text, joined
from engine.kernel.abi import first_of, helper, magnitudes, multiply_add, pair, second_of, where_positive
from engine.kernel.catalogue import Pointer as P
from engine.kernel.catalogue import op, window
from engine.kernel.ops.averages import WILDER_PERIODS, settled_wilder

NAN: Final = math.nan
PERCENT: Final = Range(0.0, 100.0)
BARS: Final = ("high", "low", "close")
ARGS: Final = (window(minimum=2, default="14"),)
#: two Wilder stages one after the other
ADX_PERIODS: Final = 2 * WILDER_PERIODS
#: float64 of one stream: previous high, low, close, movements counted (up to n - 1), sums of +DM, -DM, TR, values of DX counted, ADX
STREAM: Final = 9
DEGENERATE: Final = Text(
    "이 봉이나 앞 봉이 없거나 (합은 그 전 값에서 이어집니다) TR이 0이면 값이 없습니다.",
    "missing where this or the previous bar is missing (the sums go on from before) and where the true range is 0",
)
DIRECTION_SEED: Final = Text("처음 움직임 n - 1개의 합", "sums of the first n - 1 movements")


def direction_formula(movement: str) -> Text:
    """The formula of the indicator of +DM or of -DM."""
    return Text(
        f"100 {movement} / TR; 합은 와일더 방식: s = s[1] - s[1] / n + 새 값; 32 n 봉마다 다시 시작",
        f"100 {movement} / TR; sums by Wilder: s = s[1] - s[1] / n + new; restarted every 32 n bars",
    )


def first_direction(params: tuple[float, ...]) -> int:
    """n - 1 movements for the seed, one more for the first value."""
    return int(params[0])


def first_adx(params: tuple[float, ...]) -> int:
    """n values of DX after the seed of the sums."""
    return 2 * int(params[0]) - 1


def settled_adx(params: tuple[float, ...]) -> int:
    """Two restart periods of two Wilder stages."""
    return 2 * ADX_PERIODS * int(params[0])


def two_streams(_params: tuple[float, ...]) -> list[float]:
    """State: the stream in use and the one that takes over next; their previous bars are missing."""
    return ([NAN] * 3 + [0.0] * (STREAM - 3)) * 2


@helper
def true_range(high: float, low: float, close_before: float) -> float:
    """Largest of high - low and the distances of both from the previous close, which must all be known."""
    wide = high - low
    up = math.fabs(high - close_before)
    down = math.fabs(low - close_before)
    if up > wide:
        wide = up
    return down if down > wide else wide


@helper
def restart(state: P) -> None:
    """The second stream takes over, a new one begins."""
    for k in range(STREAM):
        state[k] = state[STREAM + k]
        state[STREAM + k] = NAN if k < 3 else 0.0


@helper
def move(state: P, base: int, n: float, high: float, low: float, close: float) -> bool:
    """Add one bar to the sums of a stream; true if it moved them past their seed. Needs the bar before to be known too."""
    rise = high - state[base]
    fall = state[base + 1] - low
    before = state[base + 2]
    wide = true_range(high, low, before)
    state[base] = high
    state[base + 1] = low
    state[base + 2] = close
    if rise != rise or fall != fall or before != before:
        return False
    plus = rise if (rise > 0.0 and rise > fall) else 0.0
    minus = fall if (fall > 0.0 and fall > rise) else 0.0
    if state[base + 3] < n - 1.0:
        state[base + 3] = state[base + 3] + 1.0
        state[base + 4] = state[base + 4] + plus
        state[base + 5] = state[base + 5] + minus
        state[base + 6] = state[base + 6] + wide
        return False
    keep = (n - 1.0) / n
    state[base + 4] = multiply_add(keep, state[base + 4], plus)
    state[base + 5] = multiply_add(keep, state[base + 5], minus)
    state[base + 6] = multiply_add(keep, state[base + 6], wide)
    return True


@helper
def share_of_range(movement: float, wide: float) -> float:
    """100 movement / range, at most 100 (rounding may pass it); missing where the range is 0."""
    if not wide > 0.0:
        return NAN
    share = 100.0 * (movement / wide)
    return 100.0 if share > 100.0 else share


@helper
def directions(state: P, params: P, high: P, low: P, close: P, y: P, length: int, index: int, which: int) -> None:
    """+DI (which = 4) or -DI (which = 5)."""
    n = params[0]
    period = WILDER_PERIODS * int(n)
    for t in range(length):
        if (index + t) % period == 0:
            restart(state)
        y[t] = share_of_range(state[which], state[6]) if move(state, 0, n, high[t], low[t], close[t]) else NAN
        move(state, STREAM, n, high[t], low[t], close[t])


@op(
    "plus_di", args=ARGS, implicit=BARS, unit=Unit.NUMBER, value_range=PERCENT, memory=Memory.KEYED,
    warmup=first_direction, settle=settled_wilder, init=two_streams, version=2,
    formula=direction_formula("+DM"), seed=DIRECTION_SEED, degenerate=DEGENERATE,
    also=("di_plus", "pdi"),
    korean="상승 방향지표(+DI)입니다.", english="Positive directional indicator (+DI).", example="plus_di(14) > minus_di(14)",
)  # fmt: skip
def plus_di(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    directions(state, params, x0, x1, x2, y, length, index, 4)


@op(
    "minus_di", args=ARGS, implicit=BARS, unit=Unit.NUMBER, value_range=PERCENT, memory=Memory.KEYED,
    warmup=first_direction, settle=settled_wilder, init=two_streams, version=2,
    formula=direction_formula("-DM"), seed=DIRECTION_SEED, degenerate=DEGENERATE,
    also=("di_minus", "mdi"),
    korean="하락 방향지표(-DI)입니다.", english="Negative directional indicator (-DI).", example="minus_di(14) > plus_di(14)",
)  # fmt: skip
def minus_di(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    directions(state, params, x0, x1, x2, y, length, index, 5)


@helper
def average_index(state: P, base: int, n: float, high: float, low: float, close: float) -> float:
    """ADX of one stream after one bar; missing until n values of DX are in, and where DX is undefined."""
    if not move(state, base, n, high, low, close):
        return NAN
    wide = state[base + 6]
    if not wide > 0.0:
        return NAN
    plus = 100.0 * (state[base + 4] / wide)
    minus = 100.0 * (state[base + 5] / wide)
    both = plus + minus
    if not both > 0.0:
        return NAN
    dx = 100.0 * (math.fabs(minus - plus) / both)
    if state[base + 7] == n:
        state[base + 8] = multiply_add(1.0 / n, dx - state[base + 8], state[base + 8])
    else:
        state[base + 7] = state[base + 7] + 1.0
        state[base + 8] = state[base + 8] + dx
        if state[base + 7] == n:
            state[base + 8] = state[base + 8] / n
    return state[base + 8] if state[base + 7] == n else NAN


@helper
def average_indices(state: P, n: float, high: P, low: P, close: P, y: P, start: int, stop: int) -> int:
    """ADX over bars [start, stop) while both streams, past their seeds, know their movements; returns the bar that ends this.

    Both streams have the same previous bar. The same operations as `average_index`, those of the two streams in pairs.
    """
    keep, weight, hundred, missing = pair((n - 1.0) / n, (n - 1.0) / n), pair(1.0 / n, 1.0 / n), pair(100.0, 100.0), pair(NAN, NAN)
    high_before, low_before, close_before = state[0], state[1], state[2]
    plus, minus = pair(state[4], state[STREAM + 4]), pair(state[5], state[STREAM + 5])
    wide, average = pair(state[6], state[STREAM + 6]), pair(state[8], state[STREAM + 8])
    t = start
    while t < stop:
        rise, fall = high[t] - high_before, low_before - low[t]
        if rise != rise or fall != fall or close[t] != close[t]:
            break
        new = true_range(high[t], low[t], close_before)
        high_before, low_before, close_before = high[t], low[t], close[t]
        up = rise if (rise > 0.0 and rise > fall) else 0.0
        down = fall if (fall > 0.0 and fall > rise) else 0.0
        plus = multiply_add(keep, plus, pair(up, up))
        minus = multiply_add(keep, minus, pair(down, down))
        wide = multiply_add(keep, wide, pair(new, new))
        above, below = hundred * (plus / wide), hundred * (minus / wide)
        both = above + below
        found = multiply_add(weight, hundred * (magnitudes(below - above) / both) - average, average)
        average = where_positive(wide, both, found, average)
        y[t] = first_of(where_positive(wide, both, found, missing))
        t += 1
    state[0], state[1], state[2] = high_before, low_before, close_before
    state[STREAM], state[STREAM + 1], state[STREAM + 2] = high_before, low_before, close_before
    state[4], state[5], state[6], state[8] = first_of(plus), first_of(minus), first_of(wide), first_of(average)
    state[STREAM + 4], state[STREAM + 5], state[STREAM + 6] = second_of(plus), second_of(minus), second_of(wide)
    state[STREAM + 8] = second_of(average)
    return t


@helper
def both_seeded(state: P, n: float) -> bool:
    """True when both streams average and have seen the same bar before."""
    full = state[7] == n and state[STREAM + 7] == n
    return full and state[0] == state[STREAM] and state[1] == state[STREAM + 1] and state[2] == state[STREAM + 2]


@op(
    "adx", args=ARGS, implicit=BARS, unit=Unit.NUMBER, value_range=PERCENT, memory=Memory.KEYED,
    warmup=first_adx, settle=settled_adx, init=two_streams, version=2,
    formula=Text(
        "DX = 100 |+DI - -DI| / (+DI + -DI) 의 와일더 평균; 64 n 봉마다 다시 시작",
        "Wilder's average of DX = 100 |+DI - -DI| / (+DI + -DI); restarted every 64 n bars",
    ),
    seed=Text(
        "처음 움직임 n - 1개의 합, 그다음 DX의 처음 n개 값의 평균",
        "sums of the first n - 1 movements, then the mean of the first n values of DX",
    ),
    degenerate=joined(DEGENERATE, Text("움직임이 전혀 없으면 값이 없습니다.", "missing where nothing moved")),
    also=("trend_strength",),
    korean="추세 강도(ADX)입니다.", english="Average directional index: strength of the trend.", example="adx(14) > 20",
)  # fmt: skip
def adx(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = params[0]
    period = ADX_PERIODS * int(n)
    t = 0
    while t < length:
        phase = (index + t) % period
        if phase == 0:
            restart(state)
        stop = min(t + period - phase, length)
        while t < stop:
            if both_seeded(state, n):
                t = average_indices(state, n, x0, x1, x2, y, t, stop)
            if t < stop:
                y[t] = average_index(state, 0, n, x0[t], x1[t], x2[t])
                average_index(state, STREAM, n, x0[t], x1[t], x2[t])
                t += 1
