"""Volume and money: sums since an anchor, volume against its mean, turnover, typical price."""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import Memory, Range, Unit
from dsl.messages import Text, joined
from engine.kernel.abi import helper
from engine.kernel.catalogue import Pointer as P
from engine.kernel.catalogue import anchor, composed, op, window
from engine.kernel.ops.sessions import begins, whole_session
from engine.kernel.ops.weighted import joined_mean
from engine.kernel.ops.windows import FULL_WINDOW, NOTHING_TRADED

NAN: Final = math.nan
SINCE_ANCHOR: Final = Text(
    "데이터의 첫 기준 시점 전에는 값이 없습니다. 입력 값이 빠지면 다음 기준 시점까지 값이 없습니다.",
    "missing until the first anchor in the data, and from a missing input to the next anchor",
)


def unknown_session(_params: tuple[float, ...]) -> list[float]:
    """State: two values since the anchor, missing until the first one."""
    return [NAN, NAN]


@helper
def typical_price(high: float, low: float, close: float) -> float:
    """Mean of the three; that of three equal prices is that price, which a third of their sum is not for one price in twelve."""
    return close + ((high - close) + (low - close)) / 3.0


@op(
    "vwap", args=(anchor(),), implicit=("high", "low", "close", "volume"), unit=Unit.PRICE, memory=Memory.SESSION,
    settle=whole_session, init=unknown_session, version=2,
    formula=Text(
        "sum(volume (high + low + close) / 3) / sum(volume), 기준 시점부터",
        "sum(volume (high + low + close) / 3) / sum(volume) since the anchor",
    ),
    degenerate=joined(SINCE_ANCHOR, Text("거래가 있기 전에는 값이 없습니다.", "missing until something trades")),
    korean="거래량 가중 평균가격(VWAP)입니다. 하루, 주(월요일), 달(1일)은 09:00(KST)에 다시 시작합니다.",
    english="Volume-weighted average price since the anchor (09:00 KST of a day, of Monday, of the first of a month).",
    example="close > vwap(day)",
)  # fmt: skip
def vwap(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    session = params[0]
    mean = state[0]
    volume = state[1]
    for t in range(length):
        if begins(session, index + t):
            mean = 0.0
            volume = 0.0
        mean = joined_mean(mean, volume, typical_price(x0[t], x1[t], x2[t]), x3[t])
        volume = volume + x3[t]
        y[t] = mean if volume > 0.0 else NAN
    state[0] = mean
    state[1] = volume


@op(
    "obv", args=(anchor(),), implicit=("close", "volume"), unit=Unit.QUANTITY, memory=Memory.SESSION,
    settle=whole_session, init=unknown_session,
    formula=Text(
        "기준 시점부터: close > close[1] 이면 + volume, close < close[1] 이면 - volume",
        "since the anchor: + volume where close > close[1], - volume where close < close[1]",
    ),
    seed=Text("기준 시점 봉에서 0", "0 on the anchor's bar"),
    degenerate=SINCE_ANCHOR,
    also=("on_balance_volume",),
    korean="누적 거래량(OBV)입니다. 기준 시점에 0에서 시작합니다.", english="On-balance volume, 0 at the anchor.",
    example="obv(day) > 0",
)  # fmt: skip
def obv(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    session = params[0]
    balance = state[0]
    before = state[1]
    for t in range(length):
        close = x0[t]
        volume = x1[t]
        if begins(session, index + t):
            balance = (close - close) + (volume - volume)
        else:
            sign = 1.0 if close > before else (-1.0 if close < before else (0.0 if close == before else NAN))
            balance = balance + sign * volume
        before = close
        y[t] = balance
    state[0] = balance
    state[1] = before


@op(
    "vpt", args=(anchor(),), implicit=("close", "volume"), unit=Unit.QUANTITY, memory=Memory.SESSION,
    settle=whole_session, init=unknown_session,
    formula=Text("기준 시점부터: + volume (close / close[1] - 1)", "since the anchor: + volume (close / close[1] - 1)"),
    seed=Text("기준 시점 봉에서 0", "0 on the anchor's bar"),
    degenerate=joined(
        SINCE_ANCHOR,
        Text("종가가 0인 봉의 다음 봉은 값이 빠진 것으로 봅니다.", "the bar after a close of 0 counts as missing"),
    ),
    also=("pvt", "price_volume_trend"),
    korean="거래량 가격 추세(VPT)입니다. 기준 시점에 0에서 시작합니다.", english="Volume price trend, 0 at the anchor.",
    example="vpt(week) > 0",
)  # fmt: skip
def vpt(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    trend = state[0]
    before = state[1]
    for t in range(length):
        close = x0[t]
        volume = x1[t]
        if begins(params[0], index + t):
            trend = (close - close) + (volume - volume)
        else:
            trend = trend + volume * (close / before - 1.0 if before != 0.0 else NAN)
        before = close
        y[t] = trend
    state[0] = trend
    state[1] = before


composed(
    "volume_spike", "volume / lag(sma(volume, n), 1)", args=(window(default="20"),), unit=Unit.NUMBER, value_range=Range(0.0, None),
    formula=Text("volume / 이 봉 앞 n봉의 평균 volume", "volume / mean volume of the n bars before this one"),
    degenerate=joined(FULL_WINDOW, NOTHING_TRADED),
    also=("rvol", "relative_volume", "volume_ratio"),
    korean="직전 n봉 평균의 몇 배가 거래되었는지입니다.", english="Volume as a multiple of the mean of the n bars before.",
    example="volume_spike(20) > 3",
)  # fmt: skip

composed(
    "turnover", "sum(value, n)", args=(window(),), unit=Unit.MONEY, formula="sum(value, n)", degenerate=FULL_WINDOW,
    also=("traded_value", "거래대금"),
    korean="최근 n봉의 거래대금입니다.", english="Traded KRW of the last n bars.", example="turnover(24h) >= 50억",
)  # fmt: skip

composed(
    "typical", "close + ((high - close) + (low - close)) / 3", unit=Unit.PRICE, formula="(high + low + close) / 3",
    degenerate=Text("입력 값이 하나라도 없으면 값이 없습니다.", "missing where an input is missing"),
    also=("hlc3", "typical_price"),
    korean="고가, 저가, 종가의 평균입니다.", english="Mean of high, low and close.", example="close > typical()",
)  # fmt: skip
