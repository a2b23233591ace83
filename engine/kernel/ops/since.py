"""What has happened since the anchor: first value, extremes and sum; and the candle of the day or week in progress, and the one before."""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import INPUT_SERIES, Memory, Unit
from dsl.messages import Text, joined
from engine.kernel.catalogue import Pointer as P
from engine.kernel.catalogue import anchor, composed, op, series
from engine.kernel.ops.sessions import begins, whole_session
from engine.kernel.ops.volume import SINCE_ANCHOR

NAN: Final = math.nan
ARGS: Final = (series("x"), anchor())


def unknown_since(_params: tuple[float, ...]) -> list[float]:
    """State: the value since the anchor, missing until the first one."""
    return [NAN]


@op(
    "first_since", args=ARGS, unit=Unit.SAME, memory=Memory.SESSION, settle=whole_session, init=unknown_since,
    formula=Text("기준 시점 봉의 x", "x of the anchor's bar"),
    degenerate=Text(
        "데이터의 첫 기준 시점 전, 그리고 기준 시점 봉에서 x가 없었던 구간에는 값이 없습니다.",
        "missing until the first anchor in the data, and where x is missing on the anchor's bar",
    ),
    korean="기준 시점의 첫 값입니다.", english="The first value since the anchor.", example="close > first_since(open, day)",
)  # fmt: skip
def first_since(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    session = params[0]
    first = state[0]
    for t in range(length):
        if begins(session, index + t):
            first = x0[t]
        y[t] = first
    state[0] = first


@op(
    "highest_since", args=ARGS, unit=Unit.SAME, memory=Memory.SESSION, settle=whole_session, init=unknown_since,
    formula=Text("기준 시점부터 이 봉까지 가장 큰 x", "largest x since the anchor, this bar included"),
    degenerate=SINCE_ANCHOR,
    korean="기준 시점부터의 가장 큰 값입니다.", english="The largest value since the anchor.", example="close >= highest_since(high, day)",
)  # fmt: skip
def highest_since(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    session = params[0]
    extreme = state[0]
    for t in range(length):
        v = x0[t]
        if begins(session, index + t):
            extreme = v
        else:
            extreme = NAN if v != v or extreme != extreme else (v if v > extreme else extreme)
        y[t] = extreme
    state[0] = extreme


@op(
    "lowest_since", args=ARGS, unit=Unit.SAME, memory=Memory.SESSION, settle=whole_session, init=unknown_since,
    formula=Text("기준 시점부터 이 봉까지 가장 작은 x", "smallest x since the anchor, this bar included"),
    degenerate=SINCE_ANCHOR,
    korean="기준 시점부터의 가장 작은 값입니다.", english="The smallest value since the anchor.", example="close <= lowest_since(low, day)",
)  # fmt: skip
def lowest_since(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    session = params[0]
    extreme = state[0]
    for t in range(length):
        v = x0[t]
        if begins(session, index + t):
            extreme = v
        else:
            extreme = NAN if v != v or extreme != extreme else (v if v < extreme else extreme)
        y[t] = extreme
    state[0] = extreme


@op(
    "sum_since", args=ARGS, unit=Unit.SAME, memory=Memory.SESSION, settle=whole_session, init=unknown_since,
    formula=Text("기준 시점부터 이 봉까지 x의 합", "sum of x since the anchor, this bar included"),
    degenerate=SINCE_ANCHOR,
    korean="기준 시점부터의 합입니다.", english="Sum since the anchor.", example="sum_since(value, day) > 100억",
)  # fmt: skip
def sum_since(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    session = params[0]
    total = state[0]
    for t in range(length):
        if begins(session, index + t):
            total = 0.0
        total = total + x0[t]
        y[t] = total
    state[0] = total


BEFORE_TRADE: Final = joined(
    Text("그 구간의 첫 체결 전에는 이어 온 가격입니다.", "before the first trade of the session the price that is carried over"),
    SINCE_ANCHOR,
)


def no_session(_params: tuple[float, ...]) -> list[float]:
    """State: the value since the anchor, and whether something has traded: 1 from a missing price or volume on, too, since then that is
    not known and no later trade mends it."""
    return [NAN, 1.0]


@op(
    "session_open", version=2, args=(anchor(),), implicit=("open", "volume"), unit=Unit.PRICE, memory=Memory.SESSION, settle=whole_session,
    init=no_session,
    formula=Text("기준 시점부터 처음으로 거래된 봉의 open", "open of the first bar since the anchor that traded"),
    degenerate=BEFORE_TRADE,
    korean="기준 시점 이후 첫 체결 가격입니다.", english="Price of the first trade since the anchor.", example="close > session_open(day)",
)  # fmt: skip
def session_open(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    first, traded = state[0], state[1]
    for t in range(length):
        if begins(params[0], index + t) or traded == 0.0:
            first = x0[t] if x1[t] == x1[t] else NAN
            traded = 0.0 if x1[t] == 0.0 else 1.0
        y[t] = first
    state[0] = first
    state[1] = traded


@op(
    "session_high", version=2, args=(anchor(),), implicit=("high", "volume"), unit=Unit.PRICE, memory=Memory.SESSION, settle=whole_session,
    init=no_session,
    formula=Text("기준 시점부터 거래된 봉들의 가장 큰 high", "largest high since the anchor, of bars that traded"),
    degenerate=BEFORE_TRADE,
    korean="기준 시점 이후 가장 높은 체결 가격입니다.", english="Highest price of a trade since the anchor.",
    example="close >= session_high(day)",
)  # fmt: skip
def session_high(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    extreme, traded = state[0], state[1]
    for t in range(length):
        v = x0[t]
        if begins(params[0], index + t) or traded == 0.0:
            extreme = v if x1[t] == x1[t] else NAN
            traded = 0.0 if x1[t] == 0.0 else 1.0
        else:
            extreme = NAN if v != v or extreme != extreme else (v if v > extreme else extreme)
        y[t] = extreme
    state[0] = extreme
    state[1] = traded


@op(
    "session_low", version=2, args=(anchor(),), implicit=("low", "volume"), unit=Unit.PRICE, memory=Memory.SESSION, settle=whole_session,
    init=no_session,
    formula=Text("기준 시점부터 거래된 봉들의 가장 작은 low", "smallest low since the anchor, of bars that traded"),
    degenerate=BEFORE_TRADE,
    korean="기준 시점 이후 가장 낮은 체결 가격입니다.", english="Lowest price of a trade since the anchor.",
    example="close <= session_low(day)",
)  # fmt: skip
def session_low(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    extreme, traded = state[0], state[1]
    for t in range(length):
        v = x0[t]
        if begins(params[0], index + t) or traded == 0.0:
            extreme = v if x1[t] == x1[t] else NAN
            traded = 0.0 if x1[t] == 0.0 else 1.0
        else:
            extreme = NAN if v != v or extreme != extreme else (v if v < extreme else extreme)
        y[t] = extreme
    state[0] = extreme
    state[1] = traded


def session_candle(name: str, korean: str, english: str) -> None:
    """The candle of the session in progress, and of the one before it as known before this bar."""
    suffix = {"day": "1d", "week": "1w"}[name]
    start = {"day": ("09:00", "09:00"), "week": ("월요일 09:00", "Monday 09:00")}[name]
    parts = {
        "open": ("session_open({0})", "시가", "open"),
        "high": ("session_high({0})", "고가", "high"),
        "low": ("session_low({0})", "저가", "low"),
        "close": ("close", "현재가", "close so far"),
        "volume": ("sum_since(volume, {0})", "거래량", "volume"),
        "value": ("sum_since(value, {0})", "거래대금", "KRW traded"),
    }
    for part, (body, part_korean, part_english) in parts.items():
        unit = INPUT_SERIES[part]
        example = f"{part} > prev_{name}.{part}"
        composed(
            f"{name}.{part}", body.format(name), unit=unit,
            formula=Text(f"{korean}가 시작된 뒤 이 봉까지의 {part}", f"{part} since the {name} began, this bar included"),
            degenerate=SINCE_ANCHOR, korean=f"{korean}({start[0]}부터 지금까지)의 {part_korean}입니다.",
            english=f"{part_english.capitalize()} of the {english} in progress, since {start[1]} KST.", example=f"{part} >= {name}.{part}",
        )  # fmt: skip
        composed(
            f"prev_{name}.{part}", f"({part}@{suffix})[1]", unit=unit,
            formula=Text(
                f"이 봉이 시작하기 전에 끝난 마지막 {korean}의 {part}", f"{part} of the last {name} that had ended before this bar began"
            ),
            degenerate=Text(f"데이터에 온전한 {korean}가 들어오기 전에는 값이 없습니다.", "missing until a whole one is in the data"),
            korean=f"지난 {korean}의 {part_korean}입니다.", english=f"{part_english.split(' so')[0].capitalize()} of the {english} before.",
            example=example,
        )  # fmt: skip


session_candle("day", "하루", "day")
session_candle("week", "한 주", "week")
