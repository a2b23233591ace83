"""How wide prices swing: true range and its average, Bollinger bands, volatility from closes and from ranges."""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import Memory, Range, Unit
from dsl.messages import Text, joined
from engine.kernel.catalogue import Pointer as P
from engine.kernel.catalogue import composed, number, op, series, window
from engine.kernel.eights import LANES, eight_at, eight_within, put_eight, put_within, widest
from engine.kernel.ops.events import one_bar, unknown_before
from engine.kernel.ops.trend import true_range
from engine.kernel.ops.windows import FLAT_IS_MISSING, FULL_WINDOW

NAN: Final = math.nan
POSITIVE: Final = Range(0.0, None)


@op(
    "tr", args=(), implicit=("high", "low", "close"), unit=Unit.PRICE, value_range=POSITIVE, memory=Memory.WINDOW,
    warmup=one_bar, settle=one_bar, init=unknown_before,
    formula="max(high - low, |high - close[1]|, |low - close[1]|)",
    degenerate=Text("high, low 또는 앞 봉의 close가 없으면 값이 없습니다.", "missing where high, low or the previous close is missing"),
    also=("true_range", "truerange"),
    korean="실제 변동폭(TR)입니다.", english="True range.", example="tr() > 2 * atr(14)",
)  # fmt: skip
def tr(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    if length < 1:
        return
    known = x0[0] == x0[0] and x1[0] == x1[0] and state[0] == state[0]
    y[0] = true_range(x0[0], x1[0], state[0]) if known else NAN
    t = 1
    while t + LANES <= length:
        put_eight(y, t, widest(eight_at(x0, t), eight_at(x1, t), eight_at(x2, t - 1)))
        t += LANES
    if t < length:
        left = length - t
        put_within(y, t, left, widest(eight_within(x0, t, left, NAN), eight_within(x1, t, left, NAN), eight_within(x2, t - 1, left, NAN)))
    state[0] = x2[length - 1]


composed(
    "atr", "rma(tr(), n)", args=(window(default="14"),), unit=Unit.PRICE, value_range=POSITIVE,
    formula="rma(tr, n)",
    seed=Text("처음 n개 TR의 평균, 첫 TR은 둘째 봉의 것", "mean of the first n true ranges, the first being that of the second bar"),
    degenerate=Text(
        "TR이 없으면 값이 없습니다 (평균은 그 전 값에서 이어집니다).",
        "missing where the true range is (the average goes on from before)",
    ),
    also=("average_true_range",),
    korean="평균 실제 변동폭(ATR)입니다.", english="Average true range.", example="2 * atr(14) / close",
)  # fmt: skip

BAND_ARGS: Final = (window(default="20"), number("k", default="2", minimum=0.0), series("x", default="close"))
BAND_WINDOW: Final = window(minimum=2, default="20")
BAND_ARGS_OF_SPREAD: Final = (BAND_WINDOW, *BAND_ARGS[1:])

composed(
    "bb.middle", "sma(x, n)", args=BAND_ARGS, unit=Unit.SAME, formula="sma(x, n)", degenerate=FULL_WINDOW,
    also=("bb_middle", "bollinger_middle", "bollinger_mid", "middle_band"),
    korean="볼린저 밴드 중심선입니다.", english="Bollinger band, middle.", example="close > bb.middle(20, 2)",
)  # fmt: skip

composed(
    "bb.upper", "sma(x, n) + k * stdev(x, n)", args=BAND_ARGS_OF_SPREAD, unit=Unit.SAME,
    formula="sma(x, n) + k stdev(x, n)", degenerate=FULL_WINDOW,
    also=("bollinger", "bbands", "bb_upper", "bollinger_upper", "bollinger_high", "upper_band", "볼린저", "볼린저밴드"),
    korean="볼린저 밴드 상단입니다.", english="Bollinger band, upper.", example="close > bb.upper(20, 2)",
)  # fmt: skip

composed(
    "bb.lower", "sma(x, n) - k * stdev(x, n)", args=BAND_ARGS_OF_SPREAD, unit=Unit.SAME,
    formula="sma(x, n) - k stdev(x, n)", degenerate=FULL_WINDOW,
    also=("bb_lower", "bollinger_lower", "bollinger_low", "lower_band", "볼린저하단"),
    korean="볼린저 밴드 하단입니다.", english="Bollinger band, lower.", example="low < bb.lower(20, 2)",
)  # fmt: skip

composed(
    "bb.percent", "(x - (sma(x, n) - k * stdev(x, n))) / (2 * k * stdev(x, n))", args=BAND_ARGS_OF_SPREAD, unit=Unit.NUMBER,
    formula=Text(
        "(x - lower) / (upper - lower): 하단에서 0, 상단에서 1",
        "(x - lower) / (upper - lower): 0 at the lower band, 1 at the upper",
    ),
    degenerate=joined(FULL_WINDOW, FLAT_IS_MISSING),
    also=("percent_b", "pctb", "bbp"),
    korean="밴드 안의 위치(%b)입니다. 하단 0, 상단 1.", english="Place within the bands (%b): 0 lower, 1 upper.",
    example="bb.percent(20, 2) < 0.05",
)  # fmt: skip

composed(
    "bb.width", "2 * k * stdev(x, n) / sma(x, n)", args=BAND_ARGS_OF_SPREAD, unit=Unit.RATIO,
    formula="(upper - lower) / middle",
    degenerate=joined(FULL_WINDOW, Text("중심선이 0이면 값이 없습니다.", "missing where the middle is 0")),
    also=("bandwidth", "bbw"),
    korean="밴드 폭을 중심선으로 나눈 값입니다.", english="Width of the bands as a ratio of the middle.", example="bb.width(20, 2) < 2%",
)  # fmt: skip

composed(
    "realized_vol", "stdev(log(x / lag(x, 1)), n)", args=(window(minimum=2), series("x", default="close")), unit=Unit.RATIO,
    value_range=POSITIVE,
    formula=Text("stdev(ln(x / x[1]), n), 봉당, 연율로 바꾸지 않음", "stdev(ln(x / x[1]), n), per bar, not annualised"),
    degenerate=FULL_WINDOW,
    also=("volatility", "realized_volatility", "변동성"),
    korean="로그수익률의 표준편차(실현 변동성)입니다.", english="Realized volatility: standard deviation of log returns per bar.",
    example="realized_vol(24) < 2%",
)  # fmt: skip

composed(
    "parkinson_vol", "sqrt(sma(log(high / low) * log(high / low), n) / 2.772588722239781)", args=(window(),), unit=Unit.RATIO,
    value_range=POSITIVE,
    formula=Text(
        "mean(ln(high / low)^2, n) / (4 ln 2) 의 제곱근 (Parkinson 1980), 봉당",
        "square root of mean(ln(high / low)^2, n) / (4 ln 2) (Parkinson 1980), per bar",
    ),
    degenerate=joined(FULL_WINDOW, Text("모든 봉에서 high = low 이면 0입니다.", "0 where high = low on every bar")),
    also=("parkinson",),
    korean="고가와 저가로 잰 변동성(파킨슨)입니다.", english="Volatility from highs and lows (Parkinson), per bar.",
    example="parkinson_vol(24) < 2%",
)  # fmt: skip

composed(
    "garman_klass_vol",
    "sqrt(sma(0.5 * (log(high / low) * log(high / low)) - 0.3862943611198906 * (log(close / open) * log(close / open)), n))",
    args=(window(),), unit=Unit.RATIO, value_range=POSITIVE,
    formula=Text(
        "mean(ln(high / low)^2 / 2 - (2 ln 2 - 1) ln(close / open)^2, n) 의 제곱근 (Garman, Klass 1980), 봉당",
        "square root of mean(ln(high / low)^2 / 2 - (2 ln 2 - 1) ln(close / open)^2, n) (Garman and Klass 1980), per bar",
    ),
    degenerate=joined(FULL_WINDOW, Text("어느 봉 안에서도 움직임이 없으면 0입니다.", "0 where nothing moved within any bar")),
    also=("garman_klass",),
    korean="시가, 고가, 저가, 종가로 잰 변동성(가먼-클라스)입니다.",
    english="Volatility from open, high, low and close (Garman-Klass), per bar.",
    example="garman_klass_vol(24) < 2%",
)  # fmt: skip
