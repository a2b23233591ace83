"""What just happened: crossings, entering and leaving a range, runs of rising or falling bars, and values of earlier bars.

Before the data begins every value counts as missing, so a condition is defined there only where no history could change it.
"""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import Memory, Range, Unit
from dsl.messages import Text
from engine.kernel.abi import helper
from engine.kernel.catalogue import MAX_WINDOW, op, series, window
from engine.kernel.catalogue import Pointer as P
from engine.kernel.eights import (
    LANES,
    WORD,
    crossings,
    eight_at,
    eight_within,
    pairs_above,
    put_eight,
    put_truths,
    put_within,
    some_missing,
)
from engine.kernel.ops.comparison import both_true, is_at_most, is_below, is_inside, negated

NAN: Final = math.nan
PAIR: Final = (series("a"), series("b"))
TRUTH: Final = Range(0.0, 1.0)
RUN: Final = (series("x"), window())
BOUNDS: Final = (series("x"), series("lo"), series("hi"))
KLEENE: Final = Text(
    "한 부분이라도 거짓이면 거짓입니다. 그렇지 않고 값 없는 부분이 있으면 값이 없습니다.",
    "three-valued: false where one part is false, else missing where a part is missing",
)


def one_bar(_params: tuple[float, ...]) -> int:
    """Settled once there is a previous bar."""
    return 1


def unknown_before(_params: tuple[float, ...]) -> list[float]:
    """State: the previous bar's condition or value, missing at first."""
    return [NAN]


def length_of_run(params: tuple[float, ...]) -> int:
    """A run of n comparisons reaches n bars back."""
    return int(params[0])


def no_run(params: tuple[float, ...]) -> list[float]:
    """State: the previous value, bars since the last failed comparison, bars since the last missing one (both at most n)."""
    return [NAN, params[0], params[0]]


def lag_ring(params: tuple[float, ...]) -> list[float]:
    """State: the last n values, at index % n."""
    return [NAN] * int(params[0])


@helper
def cross(a: P, b: P, y: P, length: int) -> None:
    """both_true(is_at_most(a[t - 1], b[t - 1]), is_below(b[t], a[t])) for the bars from the second on; y[0] is overwritten, too.

    64 at a time where none is missing: it was not above, and is.
    """
    t, was_above, was_missing = 0, 0, False
    while t + WORD <= length:
        above, missing = pairs_above(a, b, t), some_missing(a, b, t)
        if missing or was_missing:
            cross_between(a, b, y, max(t, 1), t + WORD)
        else:
            put_truths(y, t, above & ~(above << 1 | was_above))
        was_above, was_missing = above >> (WORD - 1) & 1, missing
        t += WORD
    cross_between(a, b, y, max(t, 1), length)


@helper
def cross_between(a: P, b: P, y: P, first: int, stop: int) -> None:
    """`cross` of some bars, eight at a time."""
    t = first
    while t + LANES <= stop:
        put_eight(y, t, crossings(eight_at(a, t - 1), eight_at(b, t - 1), eight_at(a, t), eight_at(b, t)))
        t += LANES
    if t < stop:
        left = stop - t
        before = eight_within(a, t - 1, left, 0.0), eight_within(b, t - 1, left, 0.0)
        put_within(y, t, left, crossings(before[0], before[1], eight_within(a, t, left, 0.0), eight_within(b, t, left, 0.0)))


@op(
    "crosses_above", args=PAIR, unit=Unit.CONDITION, value_range=TRUTH, memory=Memory.WINDOW, settle=one_bar, init=unknown_before,
    formula="a[1] <= b[1] and a > b", degenerate=KLEENE, callable_by_user=False,
    korean="a가 b를 위로 뚫습니다.", english="a crosses above b.", example="ema(close, 9) crosses above ema(close, 21)",
)  # fmt: skip
def crosses_above(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    if length < 1:
        return
    cross(x0, x1, y, length)
    y[0] = both_true(state[0], is_below(x1[0], x0[0]))
    state[0] = is_at_most(x0[length - 1], x1[length - 1])


@op(
    "crosses_below", args=PAIR, unit=Unit.CONDITION, value_range=TRUTH, memory=Memory.WINDOW, settle=one_bar, init=unknown_before,
    formula="a[1] >= b[1] and a < b", degenerate=KLEENE, callable_by_user=False,
    korean="a가 b를 아래로 뚫습니다.", english="a crosses below b.", example="close crosses below vwap(day)",
)  # fmt: skip
def crosses_below(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    if length < 1:
        return
    cross(x1, x0, y, length)
    y[0] = both_true(state[0], is_below(x0[0], x1[0]))
    state[0] = is_at_most(x1[length - 1], x0[length - 1])


@op(
    "enters", args=BOUNDS, unit=Unit.CONDITION, value_range=TRUTH, memory=Memory.WINDOW, settle=one_bar, init=unknown_before,
    formula="x in lo..hi and not x[1] in lo[1]..hi[1]", degenerate=KLEENE, callable_by_user=False,
    korean="값이 범위 밖에 있다가 안으로 들어옵니다.", english="Inside the range now, outside on the bar before.",
    example="rsi(14) enters 30..50",
)  # fmt: skip
def enters(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    before = state[0]
    for t in range(length):
        inside = is_inside(x0[t], x1[t], x2[t])
        y[t] = both_true(inside, negated(before))
        before = inside
    state[0] = before


@op(
    "leaves", args=BOUNDS, unit=Unit.CONDITION, value_range=TRUTH, memory=Memory.WINDOW, settle=one_bar, init=unknown_before,
    formula="not x in lo..hi and x[1] in lo[1]..hi[1]", degenerate=KLEENE, callable_by_user=False,
    korean="값이 범위 안에 있다가 밖으로 나갑니다.", english="Outside the range now, inside on the bar before.",
    example="close leaves bb.lower(20, 2)..bb.upper(20, 2)",
)  # fmt: skip
def leaves(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    before = state[0]
    for t in range(length):
        inside = is_inside(x0[t], x1[t], x2[t])
        y[t] = both_true(negated(inside), before)
        before = inside
    state[0] = before


@helper
def run_condition(state: P, n: float, step: float) -> float:
    """Three-valued and of the last n comparisons, of which `step` is the newest."""
    since_false = 0.0 if step == 0.0 else min(state[1] + 1.0, n)
    since_missing = 0.0 if step != step else min(state[2] + 1.0, n)
    state[1] = since_false
    state[2] = since_missing
    if since_false < n:
        return 0.0
    return NAN if since_missing < n else 1.0


@op(
    "rises", args=RUN, unit=Unit.CONDITION, value_range=TRUTH, memory=Memory.WINDOW, warmup=one_bar, settle=length_of_run, init=no_run,
    formula=Text("x > x[1] and x[1] > x[2] and ..., 비교 n번", "x > x[1] and x[1] > x[2] and ..., n comparisons"),
    degenerate=KLEENE, callable_by_user=False,
    korean="n봉 연속 오릅니다.", english="Higher on each of the last n bars.", example="close rises for 3 bars",
)  # fmt: skip
def rises(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = params[0]
    for t in range(length):
        x = x0[t]
        y[t] = run_condition(state, n, is_below(state[0], x))
        state[0] = x


@op(
    "falls", args=RUN, unit=Unit.CONDITION, value_range=TRUTH, memory=Memory.WINDOW, warmup=one_bar, settle=length_of_run, init=no_run,
    formula=Text("x < x[1] and x[1] < x[2] and ..., 비교 n번", "x < x[1] and x[1] < x[2] and ..., n comparisons"),
    degenerate=KLEENE, callable_by_user=False,
    korean="n봉 연속 내립니다.", english="Lower on each of the last n bars.", example="close falls for 3 bars",
)  # fmt: skip
def falls(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = params[0]
    for t in range(length):
        x = x0[t]
        y[t] = run_condition(state, n, is_below(x, state[0]))
        state[0] = x


@op(
    "lag", args=(series("x"), window("n", 0, MAX_WINDOW)), unit=Unit.SAME, memory=Memory.WINDOW,
    warmup=length_of_run, settle=length_of_run, init=lag_ring,
    formula=Text("n봉 전의 x", "x, n bars ago"),
    degenerate=Text("그때 값이 없었으면 값이 없습니다.", "missing where it was missing then"),
    also=("shift", "ref", "previous", "delay"),
    korean="n봉 전의 값입니다.", english="The value n bars ago.", example="close[1]",
)  # fmt: skip
def lag(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = int(params[0])
    if n == 0:
        for t in range(length):
            y[t] = x0[t]
    else:
        for t in range(min(n, length)):
            y[t] = state[(index + t) % n]
        for t in range(n, length):
            y[t] = x0[t - n]
        for t in range(max(length - n, 0), length):
            state[(index + t) % n] = x0[t]
