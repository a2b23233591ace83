"""Trade flow: who took the trades; and which side of the order book is larger. From what was recorded; missing where nothing was."""

from __future__ import annotations

from typing import Final

from dsl.catalogue import Range, Unit
from dsl.messages import Text, joined
from engine.kernel.catalogue import anchor, composed, number, window

UNRECORDED: Final = Text("창 안에 체결 기록이 없는 봉이 있으면 값이 없습니다.", "missing where a bar of the window has no recorded trades")

composed(
    "flow.strength", "100 * (sum_since(flow.bought, anchor) / sum_since(flow.sold, anchor))", args=(anchor(),), unit=Unit.NUMBER,
    value_range=Range(0.0, None),
    formula=Text("100 매수 체결량 / 매도 체결량, 기준 시점부터 (코인 수)", "100 bought / sold, coins since the anchor"),
    degenerate=joined(UNRECORDED, Text("매도 체결이 없으면 값이 없습니다.", "missing where nothing was sold")),
    korean="체결강도입니다. 기준 시점(09:00)부터 매수 체결량 / 매도 체결량 x 100.",
    english="Volume power: coins bought by takers over coins sold by takers since the anchor, times 100.",
    example="flow.strength(day) > 120",
)  # fmt: skip

composed(
    "flow.buy_share", "sum(flow.bought, n) / (sum(flow.bought, n) + sum(flow.sold, n))", args=(window(),), unit=Unit.RATIO,
    value_range=Range(0.0, 1.0),
    formula=Text("매수 체결량 / (매수 체결량 + 매도 체결량), 최근 n봉 (코인 수)", "bought / (bought + sold), coins of the last n bars"),
    degenerate=UNRECORDED,
    korean="최근 n봉 체결량 가운데 매수 체결의 비율입니다.", english="Share of the traded coins that takers bought.",
    example="flow.buy_share(15m) > 60%",
)  # fmt: skip

composed(
    "flow.vwap", "sum(flow.value, n) / (sum(flow.bought, n) + sum(flow.sold, n))", args=(window(),), unit=Unit.PRICE,
    value_range=Range(0.0, None),
    formula=Text("체결 금액(KRW) / 체결량(코인 수), 최근 n봉", "KRW traded / coins traded in the last n bars"),
    degenerate=UNRECORDED,
    korean="최근 n봉 체결의 평균 가격입니다.", english="Average price of the trades of the last n bars.", example="close > flow.vwap(5m)",
)  # fmt: skip

composed(
    "flow.count", "sum(flow.count, n)", args=(window(),), unit=Unit.NUMBER, value_range=Range(0.0, None),
    formula=Text("최근 n봉의 체결 건수", "number of trades of the last n bars"),
    degenerate=UNRECORDED,
    korean="최근 n봉의 체결 건수입니다.", english="Number of trades of the last n bars.", example="flow.count(15m) > 100",
)  # fmt: skip

composed(
    "book.imbalance",
    "(book.bid_size(levels=levels) - book.ask_size(levels=levels)) / (book.bid_size(levels=levels) + book.ask_size(levels=levels))",
    args=(number("levels", default="1", minimum=1, maximum=30),), unit=Unit.SCORE, value_range=Range(-1.0, 1.0),
    formula=Text(
        "(매수 잔량 - 매도 잔량) / (매수 잔량 + 매도 잔량), 가장 좋은 호가부터 levels 단계 (코인 수)",
        "(bid - ask) / (bid + ask), coins on the best levels",
    ),
    degenerate=Text("기록된 호가창이 없거나 비어 있으면 값이 없습니다.", "missing where no order book was recorded, or it is empty"),
    korean="호가 잔량의 쏠림입니다. 1이면 매수 잔량만, -1이면 매도 잔량만 있습니다.",
    english="Which side of the order book is larger: 1 is bids only, -1 asks only.", example="book.imbalance(levels=5) > 0.3",
)  # fmt: skip
