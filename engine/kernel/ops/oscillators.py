"""Where the close stands in its recent range, and flows of money: CCI, Williams %R, StochRSI, MFI, CMF."""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import Memory, Range, Unit
from dsl.messages import Text, joined
from engine.kernel.abi import helper
from engine.kernel.catalogue import MAX_READ, composed, op, series, window
from engine.kernel.catalogue import Pointer as P
from engine.kernel.ops.momentum import STOCHASTIC_FLAT
from engine.kernel.ops.volume import typical_price
from engine.kernel.ops.windows import ARGS, FLAT_IS_MISSING, FLAT_IS_ZERO, FULL_WINDOW, NOTHING_TRADED, all_but_one, larger

NAN: Final = math.nan
PERCENT: Final = Range(0.0, 100.0)
#: values that lie closer together than this share of them differ by rounding alone
SAME: Final = 1e-9
#: typical prices that differ by less than this share are equal: rounding alone makes 307.1 / 3 of other addends another float
TIE: Final = 1e-12


def deviation_ring(params: tuple[float, ...]) -> list[float]:
    """Values of n bars."""
    return [NAN] * int(params[0])


def range_state(params: tuple[float, ...]) -> list[float]:
    """Highest, then lowest negated, as in windows.py."""
    return ([NAN] * (int(params[0]) + 1) + [-math.inf]) * 2


def flow_state(params: tuple[float, ...]) -> list[float]:
    """Typical price of the bar before; then for rising and for falling flows a sum as in windows.py."""
    n = int(params[0])
    return [NAN] + ([NAN] * (n + 1) + [0.0]) * 2


def window_and_bar_before(params: tuple[float, ...]) -> int:
    """n changes need n + 1 bars."""
    return int(params[0])


@op(
    "mean_deviation", args=(series("x"), window(maximum=MAX_READ)), unit=Unit.SAME, value_range=Range(0.0, None), memory=Memory.WINDOW,
    warmup=all_but_one, settle=all_but_one, init=deviation_ring,
    formula=Text("최근 n봉 |x - sma(x, n)| 의 평균", "mean of |x - sma(x, n)| over the last n bars"),
    degenerate=joined(FULL_WINDOW, FLAT_IS_ZERO),
    also=("mad", "mean_dev"),
    korean="평균에서 떨어진 거리의 평균입니다.", english="Mean distance from the mean of the last n bars.",
    example="mean_deviation(close, 20) / close < 1%",
)  # fmt: skip
def mean_deviation(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    """Distances are taken from the newest value first, which costs no digits and leaves nothing on flat windows."""
    n = int(params[0])
    for t in range(length):
        v = x0[t]
        state[(index + t) % n] = v
        mean = 0.0
        for k in range(n):
            mean = mean + (state[k] - v)
        mean = mean / n
        total = 0.0
        for k in range(n):
            total = total + math.fabs((state[k] - v) - mean)
        y[t] = total / n


composed(
    "cci", "(typical() - sma(typical(), n)) / (0.015 * mean_deviation(typical(), n))",
    args=(window(minimum=2, maximum=MAX_READ, default="20"),), unit=Unit.NUMBER,
    formula="(typical - sma(typical, n)) / (0.015 mean_deviation(typical, n))",
    degenerate=joined(FULL_WINDOW, FLAT_IS_MISSING),
    also=("commodity_channel",),
    korean="상품채널지수(CCI)입니다.", english="Commodity channel index.", example="cci(20) > 100",
)  # fmt: skip

composed(
    "williams_r", "-100 * ((highest(high, n) - close) / (highest(high, n) - lowest(low, n)))", args=(window(default="14"),),
    unit=Unit.NUMBER, value_range=Range(-100.0, 0.0),
    formula="-100 (highest(high, n) - close) / (highest(high, n) - lowest(low, n))",
    degenerate=joined(FULL_WINDOW, STOCHASTIC_FLAT),
    also=("willr", "percent_r", "wpr"),
    korean="윌리엄스 %R입니다. -100은 바닥, 0은 천장.", english="Williams %R: -100 at the low of the range, 0 at its high.",
    example="williams_r(14) < -80",
)  # fmt: skip


@helper
def range_step(state: P, base: int, n: int, r: int, v: float, sign: float) -> float:
    """Highest (sign 1) or lowest (-1) of the n values that end with v, at slot r of its block; v is kept negated for sign -1."""
    v = sign * v
    if r == 0:
        for i in range(n - 1, 0, -1):
            state[base + i] = larger(state[base + i], state[base + i + 1])
        state[base] = -math.inf
    state[base] = larger(state[base], v)
    found = larger(state[base + r + 2], state[base])
    state[base + r + 1] = v
    return sign * found


@op(
    "stoch.of", args=ARGS, unit=Unit.NUMBER, value_range=PERCENT, memory=Memory.WINDOW,
    warmup=all_but_one, settle=all_but_one, init=range_state,
    formula="100 (x - lowest(x, n)) / (highest(x, n) - lowest(x, n))",
    degenerate=joined(
        FULL_WINDOW,
        Text(
            "최댓값과 최솟값이 반올림 오차(그 값의 1e-9) 안에서 같으면 값이 없습니다.",
            "missing where highest and lowest are equal up to rounding (1e-9 of them)",
        ),
    ),
    korean="x가 자기 최근 범위에서 어디쯤인지입니다. 0은 바닥, 100은 천장.",
    english="Place of x in its own recent range: 0 lowest, 100 highest.",
    example="stoch.of(volume, 50) > 90",
)  # fmt: skip
def stochastic_of(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = int(params[0])
    for t in range(length):
        r = (index + t) % n
        high = range_step(state, 0, n, r, x0[t], 1.0)
        low = range_step(state, n + 2, n, r, x0[t], -1.0)
        wide = high - low
        y[t] = 100.0 * ((x0[t] - low) / wide) if wide > SAME * larger(math.fabs(high), math.fabs(low)) else NAN


STOCH_RSI_ARGS: Final = (window(default="14"), window("span", default="14"), window("smooth", default="3"))
STOCH_RSI_FLAT: Final = Text(
    "RSI가 없거나, 그 기간 RSI의 최댓값과 최솟값이 반올림 오차 안에서 같으면 값이 없습니다.",
    "missing where RSI is, or where its highest and lowest of the bars are equal up to rounding",
)

composed(
    "stochrsi.k", "sma(stoch.of(rsi(n), span), smooth)", args=STOCH_RSI_ARGS, unit=Unit.NUMBER, value_range=PERCENT,
    formula="sma(stoch.of(rsi(n), span), smooth)",
    seed=Text("rsi와 같음", "that of rsi"),
    degenerate=STOCH_RSI_FLAT,
    also=("stoch_rsi", "rsi_stoch"),
    korean="스토캐스틱 RSI의 %K입니다.", english="Stochastic RSI, %K.", example="stochrsi.k(14, 14, 3) < 20",
)  # fmt: skip

composed(
    "stochrsi.d", "sma(sma(stoch.of(rsi(n), span), smooth), signal)", args=(*STOCH_RSI_ARGS, window("signal", default="3")),
    unit=Unit.NUMBER, value_range=PERCENT, formula="sma(stochrsi.k(n, span, smooth), signal)",
    seed=Text("rsi와 같음", "that of rsi"),
    degenerate=STOCH_RSI_FLAT,
    korean="스토캐스틱 RSI의 %D: %K의 평균입니다.", english="Stochastic RSI, %D: average of %K.",
    example="stochrsi.k(14, 14, 3) crosses above stochrsi.d(14, 14, 3, 3)",
)  # fmt: skip


@helper
def sum_step(state: P, base: int, n: int, r: int, v: float) -> float:
    """Sum of the n values that end with v, at slot r of its block."""
    if r == 0:
        for i in range(n - 1, 0, -1):
            state[base + i] = state[base + i] + state[base + i + 1]
        state[base] = 0.0
    state[base] = state[base] + v
    total = state[base + r + 2] + state[base]
    state[base + r + 1] = v
    return total


@op(
    "mfi", args=(window(default="14"),), implicit=("high", "low", "close", "volume"), unit=Unit.NUMBER, value_range=PERCENT,
    memory=Memory.WINDOW, warmup=window_and_bar_before, settle=window_and_bar_before, init=flow_state,
    formula=Text(
        "100 up / (up + down); up, down = (high + low + close) / 3 이 오른 봉, 내린 봉의 volume (high + low + close) / 3 을 n봉 더한 값",
        "100 up / (up + down); up, down = sums over n bars of volume (high + low + close) / 3 where that price rose, where it fell",
    ),
    degenerate=Text(
        "반올림 오차(1e-12)만큼만 다른 가격은 같은 것으로 봅니다. n + 1봉 가운데 하나라도 없거나, 오른 흐름도 내린 흐름도 없으면 값이 "
        "없습니다.",
        "prices that differ by rounding alone (1e-12) are equal; missing where any of n + 1 bars is, or no flow rose or fell",
    ),
    also=("money_flow", "money_flow_index"),
    korean="자금흐름지수(MFI)입니다.", english="Money flow index.", example="mfi(14) < 20",
)  # fmt: skip
def mfi(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    n = int(params[0])
    before = state[0]
    for t in range(length):
        price = typical_price(x0[t], x1[t], x2[t])
        flow = price * x3[t]
        none = (flow - flow) + (before - before)
        r = (index + t) % n
        tie = TIE * price
        up = sum_step(state, 1, n, r, flow if price - before > tie else none)
        down = sum_step(state, n + 3, n, r, flow if before - price > tie else none)
        both = up + down
        y[t] = 100.0 * (up / both) if both > 0.0 else NAN
        before = price
    state[0] = before


@op(
    "close_location", args=(), implicit=("high", "low", "close"), unit=Unit.SCORE, value_range=Range(-1.0, 1.0),
    formula=Text(
        "((close - low) - (high - close)) / (high - low); high = low 이면 0",
        "((close - low) - (high - close)) / (high - low); 0 where high = low",
    ),
    degenerate=Text("입력 값이 하나라도 없으면 값이 없습니다.", "missing where an input is missing"),
    korean="봉 안에서 종가의 위치입니다. -1은 저가, 1은 고가.", english="Place of the close within its bar: -1 at the low, 1 at the high.",
    example="close_location > 0.5",
)  # fmt: skip
def close_location(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    for t in range(length):
        high = x0[t]
        low = x1[t]
        place = (x2[t] - low) - (high - x2[t])
        if high == low:
            y[t] = 0.0 * (x2[t] - x2[t])
        else:
            y[t] = max(-1.0, min(1.0, place / (high - low))) if place == place else NAN


composed(
    "cmf", "sum(close_location() * volume, n) / sum(volume, n)", args=(window(default="20"),), unit=Unit.SCORE,
    value_range=Range(-1.0, 1.0), formula="sum(close_location volume, n) / sum(volume, n)",
    degenerate=joined(FULL_WINDOW, NOTHING_TRADED),
    also=("chaikin", "chaikin_money_flow"),
    korean="차이킨 자금흐름(CMF)입니다. 양수면 매수 우위.", english="Chaikin money flow: positive where buyers have the upper hand.",
    example="cmf(20) > 0.1",
)  # fmt: skip
