"""Channels around the price and the trailing lines that follow it: Donchian, Keltner, Ichimoku, Supertrend, parabolic SAR.

Supertrend and SAR ratchet, so they are restarted on a grid as the averages are (averages.py), with periods of their own.
"""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import Memory, Range, Unit
from dsl.messages import Text
from engine.kernel.abi import helper
from engine.kernel.catalogue import Pointer as P
from engine.kernel.catalogue import composed, number, op, window
from engine.kernel.ops.events import one_bar
from engine.kernel.ops.trend import true_range
from engine.kernel.ops.windows import FULL_WINDOW, larger, smaller

NAN: Final = math.nan

DONCHIAN_ARGS: Final = (window(default="20"),)

composed(
    "donchian.upper", "highest(high, n)", args=DONCHIAN_ARGS, unit=Unit.PRICE, formula="highest(high, n)", degenerate=FULL_WINDOW,
    also=("donchian_upper", "donchian_high", "channel_high"),
    korean="돈치안 채널 상단입니다. 지금 봉을 포함합니다.", english="Donchian channel, upper; this bar included.",
    example="close > donchian.upper(20)[1]",
)  # fmt: skip

composed(
    "donchian.lower", "lowest(low, n)", args=DONCHIAN_ARGS, unit=Unit.PRICE, formula="lowest(low, n)", degenerate=FULL_WINDOW,
    also=("donchian_lower", "donchian_low", "channel_low"),
    korean="돈치안 채널 하단입니다. 지금 봉을 포함합니다.", english="Donchian channel, lower; this bar included.",
    example="close < donchian.lower(20)[1]",
)  # fmt: skip

composed(
    "donchian.middle", "(highest(high, n) + lowest(low, n)) / 2", args=DONCHIAN_ARGS, unit=Unit.PRICE,
    formula="(donchian.upper + donchian.lower) / 2", degenerate=FULL_WINDOW,
    also=("donchian_middle", "donchian_mid"),
    korean="돈치안 채널 중심선입니다.", english="Donchian channel, middle.", example="close > donchian.middle(20)",
)  # fmt: skip

KELTNER_ARGS: Final = (window(default="20"), number("k", default="2", minimum=0.0), window("atr_n", default="10"))
KELTNER_SEED: Final = Text("ema, atr과 같음", "those of ema and atr")
KELTNER_GAPS: Final = Text(
    "close나 TR이 없으면 값이 없습니다 (평균은 그 전 값에서 이어집니다).",
    "missing where close or true range is (the averages go on from before)",
)

composed(
    "keltner.middle", "ema(close, n)", args=DONCHIAN_ARGS, unit=Unit.PRICE, formula="ema(close, n)",
    seed=Text("ema와 같음", "that of ema"),
    degenerate=Text(
        "close가 없으면 값이 없습니다 (평균은 그 전 값에서 이어집니다).",
        "missing where close is (the average goes on from before)",
    ),
    also=("keltner_middle",),
    korean="켈트너 채널 중심선입니다.", english="Keltner channel, middle.", example="close > keltner.middle(20)",
)  # fmt: skip

composed(
    "keltner.upper", "ema(close, n) + k * atr(atr_n)", args=KELTNER_ARGS, unit=Unit.PRICE, formula="ema(close, n) + k atr(atr_n)",
    seed=KELTNER_SEED, degenerate=KELTNER_GAPS,
    also=("kc", "keltner_upper"),
    korean="켈트너 채널 상단입니다.", english="Keltner channel, upper.", example="close > keltner.upper(20, 2)",
)  # fmt: skip

composed(
    "keltner.lower", "ema(close, n) - k * atr(atr_n)", args=KELTNER_ARGS, unit=Unit.PRICE, formula="ema(close, n) - k atr(atr_n)",
    seed=KELTNER_SEED, degenerate=KELTNER_GAPS,
    also=("keltner_lower",),
    korean="켈트너 채널 하단입니다.", english="Keltner channel, lower.", example="close < keltner.lower(20, 2)",
)  # fmt: skip

MIDDLE: Final = "(highest(high, {0}) + lowest(low, {0})) / 2"
SHIFT: Final = window("shift", minimum=2, default="26")

composed(
    "ichimoku.tenkan", MIDDLE.format("n"), args=(window(default="9"),), unit=Unit.PRICE, formula=MIDDLE.format("n"),
    degenerate=FULL_WINDOW,
    also=("tenkan", "conversion_line", "전환선"),
    korean="일목균형표 전환선입니다.", english="Ichimoku conversion line.", example="ichimoku.tenkan(9) crosses above ichimoku.kijun(26)",
)  # fmt: skip

composed(
    "ichimoku.kijun", MIDDLE.format("n"), args=(window(default="26"),), unit=Unit.PRICE, formula=MIDDLE.format("n"),
    degenerate=FULL_WINDOW,
    also=("kijun", "base_line", "기준선"),
    korean="일목균형표 기준선입니다.", english="Ichimoku base line.", example="close > ichimoku.kijun(26)",
)  # fmt: skip

composed(
    "ichimoku.senkou_a", f"lag(({MIDDLE.format('tenkan')} + {MIDDLE.format('kijun')}) / 2, shift - 1)",
    args=(window("tenkan", default="9"), window("kijun", default="26"), SHIFT), unit=Unit.PRICE,
    formula=Text(
        "((ichimoku.tenkan(tenkan) + ichimoku.kijun(kijun)) / 2)[shift - 1]: 차트에서 이 봉 자리에 보이는 구름",
        "((ichimoku.tenkan(tenkan) + ichimoku.kijun(kijun)) / 2)[shift - 1]: the cloud that the chart shows at this bar",
    ),
    degenerate=FULL_WINDOW,
    also=("senkou_a", "cloud", "span_a", "선행스팬1"),
    korean="일목균형표 선행스팬 1: 지금 봉 자리의 구름입니다. 과거 값만 씁니다. 후행스팬은 미래라 없습니다.",
    english="Ichimoku leading span A, the cloud at this bar, from the past alone. There is no lagging span (chikou): it is the future.",
    example="close > ichimoku.senkou_a(9, 26, 26)",
)  # fmt: skip

composed(
    "ichimoku.senkou_b", f"lag({MIDDLE.format('n')}, shift - 1)", args=(window(default="52"), SHIFT), unit=Unit.PRICE,
    formula=Text(
        "((highest(high, n) + lowest(low, n)) / 2)[shift - 1]: 차트에서 이 봉 자리에 보이는 구름",
        "((highest(high, n) + lowest(low, n)) / 2)[shift - 1]: the cloud that the chart shows at this bar",
    ),
    degenerate=FULL_WINDOW,
    also=("senkou_b", "span_b", "선행스팬2"),
    korean="일목균형표 선행스팬 2: 지금 봉 자리의 구름입니다. 과거 값만 씁니다.",
    english="Ichimoku leading span B, the cloud at this bar, from the past alone.", example="close > ichimoku.senkou_b(52, 26)",
)  # fmt: skip


#: restart period of Supertrend in multiples of n
SUPERTREND_PERIODS: Final = 45
#: float64 of one stream: close of the bar before, true ranges counted (up to n), their mean, then average; upper and lower line, direction
TREND_STREAM: Final = 6
SUPERTREND_ARGS: Final = (window(default="10"), number("k", default="3", minimum=0.0))
SUPERTREND_SEED: Final = Text("처음 n개 TR의 평균; 하락으로 시작", "average of the first n true ranges; begins as falling")
SUPERTREND_GAPS: Final = Text(
    "이 봉이나 앞 봉이 없으면 값이 없습니다 (선은 그 전 값에서 이어집니다).",
    "missing where this or the previous bar is missing (the line goes on from before)",
)


def first_trend(params: tuple[float, ...]) -> int:
    """n true ranges need n + 1 bars."""
    return int(params[0])


def settled_trend(params: tuple[float, ...]) -> int:
    """Two restart periods."""
    return 2 * SUPERTREND_PERIODS * int(params[0])


def two_trends(_params: tuple[float, ...]) -> list[float]:
    """The stream in use and the one that takes over next."""
    return ([NAN] + [0.0] * (TREND_STREAM - 1)) * 2


@helper
def trend_step(state: P, base: int, n: float, k: float, high: float, low: float, close: float) -> bool:
    """One bar of one stream; whether its line is defined at this bar."""
    before = state[base]
    state[base] = close
    wide = true_range(high, low, before)
    if high != high or low != low or close != close or before != before:
        return False
    counted = state[base + 1]
    if counted == n:
        state[base + 2] = state[base + 2] + (1.0 / n) * (wide - state[base + 2])
    else:
        counted = counted + 1.0
        state[base + 1] = counted
        state[base + 2] = state[base + 2] + (wide - state[base + 2]) / counted
        if counted < n:
            return False
        state[base + 3] = math.inf
        state[base + 4] = -math.inf
        state[base + 5] = -1.0
    middle = (high + low) / 2.0
    upper = middle + k * state[base + 2]
    lower = middle - k * state[base + 2]
    if upper < state[base + 3] or before > state[base + 3]:
        state[base + 3] = upper
    if lower > state[base + 4] or before < state[base + 4]:
        state[base + 4] = lower
    if state[base + 5] < 0.0 and close > state[base + 3]:
        state[base + 5] = 1.0
    elif state[base + 5] > 0.0 and close < state[base + 4]:
        state[base + 5] = -1.0
    return True


@helper
def follow_trend(state: P, params: P, high: P, low: P, close: P, y: P, length: int, index: int, direction: bool) -> None:
    """Line or direction of Supertrend."""
    n = params[0]
    period = SUPERTREND_PERIODS * int(n)
    for t in range(length):
        if (index + t) % period == 0:
            for i in range(TREND_STREAM):
                state[i] = state[TREND_STREAM + i]
                state[TREND_STREAM + i] = NAN if i == 0 else 0.0
        known = trend_step(state, 0, n, params[1], high[t], low[t], close[t])
        trend_step(state, TREND_STREAM, n, params[1], high[t], low[t], close[t])
        if not known:
            y[t] = NAN
        elif direction:
            y[t] = state[5]
        else:
            y[t] = state[4] if state[5] > 0.0 else state[3]


@op(
    "supertrend.line", args=SUPERTREND_ARGS, implicit=("high", "low", "close"), unit=Unit.PRICE, memory=Memory.KEYED,
    warmup=first_trend, settle=settled_trend, init=two_trends,
    formula=Text(
        "상승일 때 (high + low) / 2 - k atr(n), 내려가지 않음; 하락일 때 (high + low) / 2 + k atr(n), 올라가지 않음; 종가가 선을 "
        "넘으면 방향이 바뀜; 45 n 봉마다 다시 시작",
        "(high + low) / 2 - k atr(n), never falling, while rising; (high + low) / 2 + k atr(n), never rising, while falling; turns "
        "where the close passes it; restarted every 45 n bars",
    ),
    seed=SUPERTREND_SEED, degenerate=SUPERTREND_GAPS,
    also=("super_trend", "슈퍼트렌드"),
    korean="슈퍼트렌드 선입니다.", english="Supertrend line.", example="close > supertrend.line(10, 3)",
)  # fmt: skip
def supertrend_line(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    follow_trend(state, params, x0, x1, x2, y, length, index, False)


@op(
    "supertrend.direction", args=SUPERTREND_ARGS, implicit=("high", "low", "close"), unit=Unit.NUMBER, value_range=Range(-1.0, 1.0),
    memory=Memory.KEYED, warmup=first_trend, settle=settled_trend, init=two_trends,
    formula=Text(
        "선이 가격 아래에 있으면(상승) 1, 위에 있으면(하락) -1; 45 n 봉마다 다시 시작",
        "1 while the line lies below (rising), -1 while it lies above (falling); restarted every 45 n bars",
    ),
    seed=SUPERTREND_SEED, degenerate=SUPERTREND_GAPS,
    korean="슈퍼트렌드 방향입니다. 상승 1, 하락 -1.", english="Supertrend direction: 1 rising, -1 falling.",
    example="supertrend.direction(10, 3) == 1",
)  # fmt: skip
def supertrend_direction(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    follow_trend(state, params, x0, x1, x2, y, length, index, True)


#: restart period of SAR in bars
SAR_PERIOD: Final = 400
#: float64 of one stream: bars counted (up to 2), 1 for rising, SAR of the next bar, extreme price, acceleration, high and low before
SAR_STREAM: Final = 7


def settled_sar(_params: tuple[float, ...]) -> int:
    """Two restart periods."""
    return 2 * SAR_PERIOD


def two_sars(_params: tuple[float, ...]) -> list[float]:
    """The stream in use and the one that takes over next."""
    return [0.0] * (2 * SAR_STREAM)


@helper
def begin_sar(state: P, base: int, step: float, high: float, low: float) -> None:
    """Second bar: falling where its low fell further than its high rose."""
    before_high = state[base + 5]
    before_low = state[base + 6]
    falls = before_low - low > 0.0 and before_low - low > high - before_high
    state[base] = 2.0
    state[base + 1] = 0.0 if falls else 1.0
    state[base + 2] = before_high if falls else before_low
    state[base + 3] = low if falls else high
    state[base + 4] = step
    state[base + 5] = high
    state[base + 6] = low


@helper
def sar_step(state: P, base: int, step: float, limit: float, high: float, low: float) -> float:
    """SAR at this bar. Falling is rising upside down: with sign -1 every price is negated, and highs and lows change places."""
    if state[base] < 2.0:
        if state[base] == 0.0:
            state[base] = 1.0
            state[base + 5] = high
            state[base + 6] = low
            return NAN
        begin_sar(state, base, step, high, low)
    sign = 1.0 if state[base + 1] == 1.0 else -1.0
    near = sign * (low if sign > 0.0 else high)
    far = sign * (high if sign > 0.0 else low)
    near_before = sign * (state[base + 6] if sign > 0.0 else state[base + 5])
    far_before = sign * (state[base + 5] if sign > 0.0 else state[base + 6])
    sar = sign * state[base + 2]
    extreme = sign * state[base + 3]
    if near <= sar:
        wall = larger(far_before, far)
        out = larger(extreme, wall)
        state[base + 1] = 1.0 - state[base + 1]
        state[base + 3] = sign * near
        state[base + 4] = step
        state[base + 2] = sign * larger(out + step * (near - out), wall)
    else:
        out = sar
        if far > extreme:
            extreme = far
            state[base + 3] = sign * far
            state[base + 4] = smaller(state[base + 4] + step, limit)
        state[base + 2] = sign * smaller(sar + state[base + 4] * (extreme - sar), smaller(near_before, near))
    state[base + 5] = high
    state[base + 6] = low
    return sign * out


@op(
    "sar", args=(number("step", default="0.02", minimum=0.0, maximum=1.0), number("limit", default="0.2", minimum=0.0, maximum=1.0)),
    implicit=("high", "low"), unit=Unit.PRICE, memory=Memory.KEYED, warmup=one_bar, settle=settled_sar, init=two_sars,
    formula=Text(
        "sar = sar[1] + a (extreme - sar[1]), 최근 두 봉 안으로는 들어가지 않음; a는 step에서 시작해 새 극값(extreme)마다 step씩 "
        "limit까지 커짐; 가격이 닿으면 방향이 바뀜; 400봉마다 다시 시작",
        "sar = sar[1] + a (extreme - sar[1]), not inside the last two bars; a begins at step and grows by step with every new "
        "extreme, up to limit; turns where the price reaches it; restarted every 400 bars",
    ),
    seed=Text(
        "둘째 봉에서 시작; 저가가 내린 폭이 고가가 오른 폭보다 크면 하락으로 시작",
        "on the second bar, falling where its low fell further than its high rose",
    ),
    degenerate=Text(
        "high나 low가 없으면 값이 없습니다 (그 전 값에서 이어집니다).",
        "missing where high or low is missing (it goes on from before)",
    ),
    also=("psar", "parabolic_sar", "parabolic"),
    korean="파라볼릭 SAR입니다.", english="Parabolic stop and reverse.", example="close crosses above sar(0.02, 0.2)",
)  # fmt: skip
def sar(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    limit = params[1]
    step = min(params[0], limit)
    for t in range(length):
        if (index + t) % SAR_PERIOD == 0:
            for i in range(SAR_STREAM):
                state[i] = state[SAR_STREAM + i]
                state[SAR_STREAM + i] = 0.0
        if x0[t] != x0[t] or x1[t] != x1[t]:
            y[t] = NAN
        else:
            y[t] = sar_step(state, 0, step, limit, x0[t], x1[t])
            sar_step(state, SAR_STREAM, step, limit, x0[t], x1[t])
