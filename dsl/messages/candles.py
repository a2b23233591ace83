"""Texts of the diagnostics that the user's own candles support (engine/research/findings). See diagnostics."""

from __future__ import annotations

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    "W160": Text("마켓 {of}개 가운데 {count}개는 끝내 준비되지 않습니다", "{count} of {of} markets never become ready"),
    "W160.label": Text("일봉 {bars}개가 있어야 합니다", "needs {bars} days"),
    "W160.label.bars": Text("{timeframe} 봉 {bars}개({span_ms})가 있어야 합니다", "needs {bars} bars of {timeframe} ({span_ms})"),
    "W401": Text("`{name}`으로는 돈을 벌 수 없습니다", "`{name}` cannot make money"),
    "W401.label": Text("왕복 비용보다 작습니다", "below the round-trip cost"),
    "W402": Text(
        "주문 금액이 대부분 최소 금액 {minimum}원에 못 미칩니다",
        "position size is below the {minimum} KRW minimum most of the time",
    ),
    "W402.label": Text("주문 금액의 중간값 {order}원", "median order {order} KRW"),
    "note.observed": Text("내 캔들에서 실제로 나온 범위: {lowest}..{highest}", "observed on your data: {lowest}..{highest}"),
    "note.cost_observed": Text(
        "수수료 {fee} + {fee}에 슬리피지 중간값 {slippage}를 더하면 내 마켓들에서는 {cost}입니다",
        "fees {fee} + {fee} and median slippage {slippage} = {cost} on your universe",
    ),
    "note.cost_of_order": Text(
        "슬리피지는 이 전략 주문 금액의 중간값인 {order}원을 한 봉에서 팔 때의 값입니다",
        "slippage is that of selling {order} KRW in one bar, the median order of this strategy",
    ),
    "note.keeps_older": Text("유니버스는 상장한 지 {age_ms}이(가) 지난 코인을 남깁니다", "your universe keeps coins older than {age_ms}"),
    "note.lacks_daily": Text("일봉 {bars}개가 없는 마켓: {markets}", "markets without {bars} daily bars: {markets}"),
    "note.lacks_bars": Text("{timeframe} 봉 {bars}개가 없는 마켓: {markets}", "markets without {bars} bars of {timeframe}: {markets}"),
    "note.warm_by_age": Text(
        "`market.age`를 {days}d로 올리거나, 평균을 짧게 하거나, 어린 코인은 통과시키세요: if_ready(..., otherwise=true)",
        "raise `market.age` to {days}d, shorten the average, or let young coins pass: if_ready(..., otherwise=true)",
    ),
    "note.warm_by_markets": Text(
        "이 마켓들을 `markets`에서 빼거나, 평균을 짧게 하거나, 어린 코인은 통과시키세요: if_ready(..., otherwise=true)",
        "leave these markets out of `markets`, shorten the average, or let young coins pass: if_ready(..., otherwise=true)",
    ),
    "note.warm_stored": Text(
        "저장된 캔들만 세었습니다. 더 오래된 캔들이 있다면 `jangdan data import`로 넣으세요",
        "only stored candles are counted; older ones can be added with `jangdan data import`",
    ),
    "note.size_by_risk": Text(
        "자산 {equity}원 x {ratio} / 손절까지의 거리 {distance} (수수료와 슬리피지 포함){scale} = {order}원",
        "equity {equity} KRW x {ratio} / stop distance {distance} (fees and slippage included){scale} = {order} KRW",
    ),
    "note.size_by_weight": Text("자산 {equity}원 x {ratio}{scale} = {order}원", "equity {equity} KRW x {ratio}{scale} = {order} KRW"),
    "note.size_skipped": Text(
        "지난 {days}일 동안의 신호 가운데 {percent}%를 건너뛰게 됩니다", "{percent}% of signals in the last {days} days would be skipped"
    ),
    "note.size_remedies": Text(
        "{key}를 {raised}로 올리거나, 손절을 {distance}까지 좁히거나, `min_order`를 {lowered}원으로 낮추세요 "
        "(업비트의 최소 금액은 {exchange}원입니다)",
        "raise {key} to {raised}, tighten the stop to {distance}, or lower `min_order` to {lowered} KRW "
        "(Upbit itself requires {exchange} KRW)",
    ),
    "note.size_raise": Text("{key}를 {raised}로 올리세요", "raise {key} to {raised}"),
    "note.size_tighten": Text("또는 손절을 {distance}까지 좁히세요", "or tighten the stop to {distance}"),
    "note.size_lower": Text(
        "또는 `min_order`를 {lowered}원으로 낮추세요 (업비트의 최소 금액은 {exchange}원입니다)",
        "or lower `min_order` to {lowered} KRW (Upbit itself requires {exchange} KRW)",
    ),
}
