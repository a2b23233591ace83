"""The four forms that remember an event, each for a bounded number of bars.

Each value is a function of the last `within` bars (`then`: and of this one). Before the data begins everything counts as missing, so
a defined value never changes when more history is added. All state is the newest decisive bar's kind and age: O(1) a bar.
"""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import Memory, Range, Unit
from dsl.messages import Text
from engine.kernel.abi import helper
from engine.kernel.catalogue import Pointer as P
from engine.kernel.catalogue import condition, op, series, within
from engine.kernel.eights import LANES, WORD, ages, open_bits, put_eight, true_bits

NAN: Final = math.nan
TRUTH: Final = Range(0.0, 1.0)
DEFAULT_WITHIN: Final = "1000"

#: kinds of the newest decisive bar
NOTHING: Final = 0.0
TRUE: Final = 1.0
UNKNOWN: Final = 2.0


def reach(params: tuple[float, ...]) -> int:
    """`then` reads this bar and the n before it."""
    return int(params[0])


def reach_with_this(params: tuple[float, ...]) -> int:
    """The others count this bar among their n."""
    return int(params[0]) - 1


def nothing_sure(params: tuple[float, ...]) -> list[float]:
    """State: age of the newest a that no b took, age of the newest missing a that no b took (an unknown one just before the data),
    whether a missing b may have taken the first; ages up to n + 1.
    """
    return [params[0] + 1.0, 0.0, 0.0]


def unknown_event(_params: tuple[float, ...]) -> list[float]:
    """State: kind and age of the newest decisive bar (an unknown one just before the data), and one value or flag beside it."""
    return [UNKNOWN, 0.0, 0.0]


def unknown_switch(params: tuple[float, ...]) -> list[float]:
    """State: kind and age of the newest decisive bar, age of the newest possible `on` after it, whether `off` was possible after it."""
    return [UNKNOWN, 0.0, params[0], 0.0]


@op(
    "then", args=(condition("a"), condition("b"), within()), unit=Unit.CONDITION, value_range=TRUTH, memory=Memory.EVENT,
    settle=reach, init=nothing_sure, callable_by_user=False,
    formula=Text(
        "지금 b이고, 앞선 n봉 가운데 a였던 봉이 있으며, 가장 가까운 그 a와 지금 사이에 b가 없음",
        "b now, and a on one of the n bars before, and no b between the newest such a and now",
    ),
    degenerate=Text(
        "b가 거짓이면 거짓이고, b의 값이 없으면 값이 없습니다. b가 참이어도 값 없는 a나 b에 결과가 달려 있으면 값이 없습니다.",
        "false where b is false, missing where b is missing; where b is true, missing if a missing a or b decides it",
    ),
    korean="a가 일어난 뒤 n봉 안에 b가 처음으로 일어납니다.", english="The first b after the latest a, at most n bars later.",
    example="rsi(14) < 30 then rsi(14) enters 30..50 within 12 bars",
)  # fmt: skip
def then(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    """b false -> false; b missing -> missing; b true -> look back over j = t-1 .. t-n and stop at the first that tells: a(j) true ->
    true; a(j) not true and b(j) true -> false (that b took what was before). On the way (and on the bar of that b) a(j) missing may
    have been true: a found false is then missing; b(j) missing may have taken it: a found true is then missing. Nothing found -> false.
    """
    n = params[0]
    sure_age = state[0]
    maybe_age = state[1]
    spoiled = state[2]
    for t in range(length):
        a = x0[t]
        b = x1[t]
        sure_age = min(sure_age + 1.0, n + 1.0)
        maybe_age = min(maybe_age + 1.0, n + 1.0)
        if b == 0.0:
            y[t] = 0.0
        elif b != b:
            y[t] = NAN
        elif sure_age <= n:
            y[t] = NAN if spoiled == 1.0 else 1.0
        else:
            y[t] = NAN if maybe_age <= n else 0.0
        a_true = a == a and a != 0.0
        if a_true or (b == b and b != 0.0):
            sure_age = 0.0 if a_true else n + 1.0
            maybe_age = n + 1.0
            spoiled = 0.0
        if a != a:
            maybe_age = 0.0
        if b != b and not a_true:
            spoiled = 1.0
    state[0] = sure_age
    state[1] = maybe_age
    state[2] = spoiled


@op(
    "latch", args=(condition("on"), condition("off"), within(DEFAULT_WITHIN)), unit=Unit.CONDITION, value_range=TRUTH, memory=Memory.EVENT,
    settle=reach_with_this, init=unknown_switch,
    formula=Text(
        "`on` 부터 `off` 까지 참, 길어도 가장 가까운 `on` 뒤 n봉까지; 둘 다 참이면 `off` 가 우선",
        "true from `on` until `off`, at most n bars after the newest `on`; `off` wins where both are true",
    ),
    degenerate=Text(
        "n봉 안의 값 없는 `on` 이나 `off` 에 결과가 달려 있으면 값이 없습니다.",
        "missing where a missing `on` or `off` within n bars decides it",
    ),
    korean="on에서 켜져 off까지 켜진 상태입니다.", english="Switched on by `on`, off by `off`.",
    example="latch(on=adx(14) > 25, off=adx(14) < 18)",
)  # fmt: skip
def latch(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    """Look back over j = t .. t-n+1 and stop at the first bar that tells: off(j) true -> false; off(j) false and on(j) true -> true;
    off(j) missing and on(j) true -> missing. On the way on(j) missing may have switched on, off(j) missing may have switched off:
    a found false is missing after a possible on, a found true after a possible off. Nothing found -> false (so for possible on).
    """
    n = params[0]
    kind = state[0]
    age = state[1]
    maybe_on_age = state[2]
    maybe_off = state[3]
    for t in range(length):
        on = x0[t]
        off = x1[t]
        age = age + 1.0
        maybe_on_age = min(maybe_on_age + 1.0, n)
        if age >= n:
            kind = NOTHING
            age = n
        off_true = off == off and off != 0.0
        on_true = on == on and on != 0.0
        if off_true or on_true:
            kind = NOTHING if off_true else (TRUE if off == 0.0 else UNKNOWN)
            age = 0.0
            maybe_on_age = n
            maybe_off = 0.0
        else:
            if on != on:
                maybe_on_age = 0.0
            if off != off:
                maybe_off = 1.0
        if kind == TRUE:
            y[t] = NAN if maybe_off == 1.0 else 1.0
        else:
            y[t] = NAN if (kind == UNKNOWN or maybe_on_age < n) else 0.0
    state[0] = kind
    state[1] = age
    state[2] = maybe_on_age
    state[3] = maybe_off


@op(
    "bars_since", args=(condition("a"), within(DEFAULT_WITHIN)), unit=Unit.BARS, value_range=Range(0.0, None), memory=Memory.EVENT,
    settle=reach_with_this, init=unknown_event,
    formula=Text(
        "t - j, j는 t-n+1 .. t 가운데 a가 참이었던 가장 가까운 봉; 그런 봉이 없으면 n",
        "t - j for the newest j in t-n+1 .. t where a was true; n where there is none",
    ),
    degenerate=Text(
        "a가 거짓이 아닌 가장 가까운 봉에서 a의 값이 없었으면 값이 없습니다.",
        "missing where a was missing at the newest bar that is not false",
    ),
    also=("barssince", "barslast"),
    korean="조건이 마지막으로 참이었던 뒤 지난 봉 수입니다.", english="Bars since the condition was last true.",
    example="bars_since(close crosses below vwap(day)) > 12",
)  # fmt: skip
def bars_since(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = params[0]
    t = 0
    while t + WORD <= length:
        word = open_bits(x0, t)
        if state[0] == UNKNOWN or word != true_bits(x0, t):
            since_each(state, n, x0, y, t, t + WORD)
        else:
            for k in range(0, WORD, LANES):
                put_eight(y, t + k, ages(word, k, state[1] + k, n))
            state[1] = y[t + WORD - 1]
            state[0] = NOTHING if state[1] == n else TRUE
        t += WORD
    since_each(state, n, x0, y, t, length)


@helper
def since_each(state: P, n: float, x: P, y: P, start: int, stop: int) -> None:
    """`bars_since` of bars [start, stop), one by one."""
    kind = state[0]
    age = state[1]
    for t in range(start, stop):
        a = x[t]
        if a == 0.0:
            age = age + 1.0
            if age >= n:
                kind = NOTHING
                age = n
        else:
            kind = TRUE if a == a else UNKNOWN
            age = 0.0
        y[t] = NAN if kind == UNKNOWN else age
    state[0] = kind
    state[1] = age


@op(
    "value_when", args=(condition("a"), series("x"), within(DEFAULT_WITHIN)), unit=Unit.SAME, memory=Memory.EVENT,
    settle=reach_with_this, init=unknown_event,
    formula=Text("t-n+1 .. t 가운데 a가 참이었던 가장 가까운 봉의 x", "x at the newest bar of t-n+1 .. t where a was true"),
    degenerate=Text(
        "그런 봉이 없거나, a가 거짓이 아닌 가장 가까운 봉에서 a나 x의 값이 없었으면 값이 없습니다.",
        "missing where there is none, where a was missing at the newest bar that is not false, or where x was missing there",
    ),
    also=("valuewhen",),
    korean="조건이 마지막으로 참이었을 때의 값입니다.", english="The value at the bar where the condition was last true.",
    example="value_when(rsi(14) crosses above 30, low)",
)  # fmt: skip
def value_when(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = params[0]
    kind = state[0]
    age = state[1]
    value = state[2]
    for t in range(length):
        a = x0[t]
        if a == 0.0:
            age = age + 1.0
            if age >= n:
                kind = NOTHING
                age = n
        else:
            kind = TRUE if a == a else UNKNOWN
            age = 0.0
            value = x1[t]
        y[t] = value if kind == TRUE else NAN
    state[0] = kind
    state[1] = age
    state[2] = value
