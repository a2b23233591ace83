"""Texts of the diagnostics about side series, other markets, regimes, factors, the universe, execution and costs. See diagnostics."""

from __future__ import annotations

from dsl.messages import Text

_NAMES: dict[str, Text] = {
    "E134": Text("`{name}`: 계좌 값은 여기서 쓸 수 없습니다", "`{name}` does not exist here"),
    "E134.label": Text("크기(sizing.scale)와 위험 파일에서만 쓸 수 있습니다", "only valid in `sizing.scale` and in risk files"),
    "E135": Text("`{name}`: 주문 값은 여기서 쓸 수 없습니다", "`{name}` does not exist here"),
    "E135.label": Text("주문이 아직 없습니다. 진입(entry)에서만 쓸 수 있습니다", "there is no order here: only valid in `entry`"),
    "E136": Text("`{name}(..., over={clock})`: 더 빠른 봉의 값이 필요합니다", "`{name}(..., over={clock})` needs a value of finer bars"),
    "E136@length": Text("`over=`의 길이가 맞지 않습니다", "this length does not fit `over=`"),
    "E136.label": Text(
        "{clock}을(를) 나누는 더 짧은 봉을 적으세요: rsi(14)@1m", "name a shorter timeframe that divides {clock}: rsi(14)@1m"
    ),
    "E136.label.length": Text("시계({clock})나 그 배수가 와야 합니다", "the clock ({clock}) or whole bars of it"),
    "E137": Text("`regime`은 이름과 비교합니다", "`regime` is compared with a name"),
    "E137@unknown": Text("모르는 국면 `{name}`", "unknown regime `{name}`"),
    "E137.label": Text("`regime == 이름` 또는 `regime != 이름`으로 적으세요", "write `regime == name` or `regime != name`"),
    "E137.label.unknown": Text("`regime:`에 없는 이름입니다", "not a name under `regime:`"),
    "E138": Text("모든 마켓을 함께 보는 함수는 여기서 쓸 수 없습니다", "a function across all markets cannot stand here"),
    "E138@order": Text("`order=`에는 desc나 asc가 옵니다", "`order=` takes desc or asc"),
    "E138@late": Text(
        "포지션, 계좌, 주문의 값은 마켓마다 하나씩 있지 않습니다", "values of the position, account or order are not one per market"
    ),
    "E138@fixed": Text("모든 마켓에서 같은 수입니다", "this number is the same on every market"),
    "E138.label": Text("다른 마켓(별칭)의 값으로는 쓸 수 없습니다", "not as a value of another market"),
    "E138.label.market": Text(
        "별칭 없이 쓰세요: 결과는 어느 한 마켓의 값이 아닙니다", "leave out the alias: the result belongs to no single market"
    ),
    "E138.label.order": Text("desc: 큰 값이 첫째, asc: 작은 값이 첫째", "desc: the largest is first, asc: the smallest is"),
    "E138.label.late": Text("시장의 값만 비교할 수 있습니다", "only values of the market can be compared"),
    "E138.label.fixed": Text("마켓마다 다른 값이 와야 합니다", "a value that differs between markets is expected"),
    "E139": Text("`depth`에는 방향과 거리가 필요합니다", "`depth` needs a side and a distance"),
    "E139.label": Text("`depth(bid, 0.5%)`나 `depth(ask, 0.5%)`로 적으세요", "write `depth(bid, 0.5%)` or `depth(ask, 0.5%)`"),
}

_SCORES: dict[str, Text] = {
    "E140": Text("팩터 `{name}`의 값이 -1..1을 벗어날 수 있습니다", "factor `{name}` can leave -1..1"),
    "E140.label": Text("범위: {low}..{high}", "range is {low}..{high}"),
    "E140.label.above": Text("범위: {low}..끝없음", "range is {low}..unbounded"),
    "E140.label.below": Text("범위: 끝없음..{high}", "range is unbounded..{high}"),
    "E140.label.unknown": Text("범위에 끝이 없습니다", "its range has no bounds"),
    "W141": Text("팩터 비중의 합이 {total}입니다", "factor weights add up to {total}"),
    "W141.label": Text("모두 더하면 {total}", "{total} in total"),
    "E141": Text("`{name}`: 다른 종목은 여기서 쓸 수 없습니다", "`{name}`: there is no other market here"),
    "E141.label": Text(
        "위험 파일의 crowding.measure에서 other.logret(1)처럼 씁니다",
        "only in `crowding.measure` of a risk file, before a value: other.logret(1)",
    ),
    "E143": Text("`score`에는 `factors:`가 필요합니다", "`score` needs `factors:`"),
    "E143.label": Text("이 파일에는 팩터가 없습니다", "this file has no factors"),
    "E112.label.count": Text("1 이상의 정수여야 합니다", "must be a whole number, at least 1"),
    "E113.label.weight": Text("0 이상의 수이고 합이 0보다 커야 합니다", "a number, not below 0; the sum must be above 0"),
    "W150@earlier": Text("국면 `{name}`에는 이를 수 없습니다", "regime `{name}` can never be reached"),
    "W150.label.earlier": Text(
        "`{name}`이(가) 참이면 이것도 참이고, 먼저 적은 것이 이깁니다", "this holds wherever `{name}` would, and the earlier one wins"
    ),
    "W150.label.regimes": Text("`{one}`도 `{other}`도 아닌 때가 없습니다", "there is no time that is neither `{one}` nor `{other}`"),
    "W151.label.regimes": Text("`{one}`도 `{other}`도 아닌 때가 없습니다", "there is no time that is neither `{one}` nor `{other}`"),
    "W150@dropped": Text("남는 마켓이 없습니다", "no market is left"),
    "W150.label.dropped": Text(
        "`keep`의 {keep}(`{kept}`)을(를) 지키는 마켓을 모두 뺍니다", "drops every market that `keep` takes by {keep} (`{kept}`)"
    ),
    "W151": Text("이 조건은 언제나 참입니다", "this condition is always true"),
    "W151.label": Text("거짓이 되는 값이 없습니다", "no value makes it false"),
    "W151.label.covering": Text("`{one}`이거나 `{other}`: 둘 가운데 하나는 늘 참입니다", "one of `{one}` and `{other}` always holds"),
}

_SECTIONS: dict[str, Text] = {
    "E221": Text("`external.{name}`: 값이 어디서 오는지 적어야 합니다", "`external.{name}` must say where its values come from"),
    "E221@path": Text(
        "`external.{name}`: 데이터 폴더 안의 파일만 읽습니다", "`external.{name}`: only files inside the data folder are read"
    ),
    "E221.label": Text("`file: 이름.parquet` 또는 `or: api`", "`file: name.parquet` or `or: api`"),
    "E221.label.path": Text("폴더 안의 이름만 적으세요", "give a name inside the folder"),
    "E222": Text("업비트에 없는 주문입니다", "the exchange has no such order"),
    "E222@after": Text("`then`이 언제 시작하는지 빠졌습니다", "it is not said when `then` begins"),
    "E222.label": Text("`{order}` 주문", "order `{order}`"),
    "E222.label.price": Text("`{order}` 주문에는 가격을 적지 않습니다", "a `{order}` order names no price"),
    "E222.label.best": Text(
        "best 주문에는 `time_in_force: ioc` 또는 `fok`가 필요합니다", "an order `best` needs `time_in_force: ioc` or `fok`"
    ),
    "E222.label.force": Text("`{order}` 주문에는 쓸 수 없습니다", "not with an order `{order}`"),
    "E222.label.after": Text("`after: 20s`처럼 기다릴 시간을 적으세요", "say how long to wait, as in `after: 20s`"),
    "E223": Text("`universe`의 설정이 맞지 않습니다", "this setting of `universe` does not fit"),
    "E223.label": Text("맞지 않는 값", "does not fit"),
    "E223.label.refresh": Text("하루를 나누는 시간이어야 합니다: every 4h", "must divide a day, as in every 4h"),
    "E223.label.by": Text("무엇이 큰 순서인지 `by:`에 적으세요: turnover(24h)", "say by what, as in `by: turnover(24h)`"),
    "E220.label.refresh": Text(
        "`every day at 09:05 KST` 또는 `every 4h`처럼 적습니다", "write it as `every day at 09:05 KST` or `every 4h`"
    ),
    "E220.label.every": Text("`every 5s`처럼 적습니다", "write it as `every 5s`"),
    "E220.label.duration_of": Text("`20s`, `5m`처럼 적습니다", "write it as `20s` or `5m`"),
    "E220.label.order_price": Text("`best bid + 1 tick`처럼 적습니다", "write it as `best bid + 1 tick`"),
    "E220.label.next_order": Text(
        "`market if slippage <= 0.3%`나 `cancel`처럼 적습니다", "write it as `market if slippage <= 0.3%` or `cancel`"
    ),
    "E220.label.capital": Text("`500만원`이나 `50% of account`처럼 적습니다", "write it as `5_000_000 KRW` or `50% of account`"),
    "E113.label.order_time": Text("1초에서 하루 사이여야 합니다", "must lie between one second and one day"),
}

_COSTS: dict[str, Text] = {
    "E401": Text("`{name}`으로는 돈을 벌 수 없습니다", "`{name}` cannot make money"),
    "E401.label": Text("왕복 비용보다 작습니다", "below the round-trip cost"),
    "E430": Text("없는 전략 `{name}`", "no strategy `{name}`"),
    "E430@suffix": Text("전략 `{name}`은(는) 이름만 적습니다", "strategy `{name}` goes by its name alone"),
    "E430.label.suffix": Text(".yaml 은 뺍니다", "leave out .yaml"),
    "E430.note": Text("전략 파일은 포트폴리오 파일과 같은 폴더에 두세요", "keep the strategy's file in the folder of this one"),
    "E430.label": Text("이 파일 옆에서 {name}.yaml 을 찾지 못했습니다", "{name}.yaml was not found beside this file"),
    "E431": Text("비중의 합이 100%를 넘습니다", "the weights add up to more than 100%"),
    "E431@twice": Text("`{name}` 전략이 두 번 나옵니다", "strategy `{name}` appears twice"),
    "E431@none": Text("전략이 하나도 없습니다", "there is no strategy"),
    "E431.label": Text("모두 {total}", "{total} in total"),
    "E431.label.twice": Text("포지션은 전략의 이름으로 구별합니다", "positions are told apart by the strategy's name"),
    "E431.label.none": Text("`이름: {{strategy: 파일, weight: 50%}}`", "`name: {{strategy: file, weight: 50%}}`"),
    "E425": Text("함께 움직이는 종목의 한도를 이렇게 적을 수 없습니다", "this is no limit on markets that move together"),
    "E425.label.other": Text(
        "두 종목을 견주어야 합니다: corr(logret(1), other.logret(1), 192 bars)@1h",
        "must compare two markets: corr(logret(1), other.logret(1), 192 bars)@1h",
    ),
    "E425.label": Text(
        "max_pair나 with_btc가 있어야 무엇이 함께 움직이는지 알 수 있습니다", "needs max_pair or with_btc, which say what moves together"
    ),
    "E425.label.clusters": Text("비트코인과 함께 움직이는 종목은 한 묶음입니다", "markets that move with bitcoin are one cluster"),
    "W432": Text("이 전략은 프로필 `{name}`을(를) 따릅니다", "this strategy is ruled by profile `{name}`"),
    "W432.label": Text("포트폴리오의 프로필이 우선합니다", "the portfolio's profile comes first"),
    "E409": Text("어떤 주문도 최소 금액에 이르지 못합니다", "no order can ever reach the minimum"),
    "E409.label": Text(
        "최소 {smallest}원, 프로필 `{profile}`의 최대 {largest}원",
        "at least {smallest} KRW, at most {largest} KRW by profile `{profile}`",
    ),
    "E409.label.usual": Text(
        "`min_order`가 없으면 {smallest}원부터 주문하는데, 프로필 `{profile}`의 최대는 {largest}원입니다",
        "without `min_order` an order is {smallest} KRW or more; profile `{profile}` allows {largest} KRW at most",
    ),
    "E409.label.below": Text("가장 작은 주문({smallest}원)보다 작습니다", "less than the smallest order, {smallest} KRW"),
    "E409.label.share": Text(
        "자본 {capital}원의 {percent}는 {amount}원으로, 가장 작은 주문({smallest}원)보다 작습니다",
        "{percent} of the capital of {capital} KRW is {amount} KRW; the smallest order is {smallest} KRW",
    ),
}

_GUARDS: dict[str, Text] = {
    "W461": Text("`{name}`: 실거래에서만 쓰입니다", "`{name}` acts in live trading only"),
    "W461.label": Text("백테스트와 모의투자에는 영향이 없습니다", "it changes nothing in a backtest or on paper"),
    "W461.label.stale_data": Text(
        "백테스트와 모의투자는 저장된 캔들로 하므로 시세가 늦지 않습니다", "a backtest and paper read stored candles, which are never late"
    ),
    "W461.label.clock_skew": Text(
        "백테스트와 모의투자에서는 시장의 시각이 곧 시계입니다", "in a backtest and on paper the market's time is the clock"
    ),
    "W461.label.unknown_order": Text(
        "백테스트와 모의투자에서는 모든 주문이 바로 답을 받습니다", "in a backtest and on paper every order is answered at once"
    ),
    "W461@books_disagree": Text("`{name}`: 실거래에서만 이렇게 합니다", "`{name}` is done in live trading only"),
    "W461.label.books_disagree": Text(
        "모의투자는 체결이 있는 봉마다 장부를 거래소와 견주고, 다르면 바로 오류로 끝납니다. 백테스트에는 장부가 하나뿐입니다",
        "paper compares its books with the exchange's after every bar with a fill and ends with an error; a backtest has one book",
    ),
    "W461.label.dead_man": Text(
        "모의투자의 주문은 엔진이 멈추면 함께 끝나고, 백테스트는 멈추지 않습니다",
        "on paper orders end with the engine that placed them; a backtest does not stop answering",
    ),
}

_NOTES: dict[str, Text] = {
    "note.which_of_them": Text("어느 값인지 적으세요", "say which one you mean"),
    "note.over_min": Text("봉 안의 가장 낮은 값: {expression}", "lowest in the bar:  {expression}"),
    "note.over_last": Text("마지막 값: {expression}", "last one:           {expression}"),
    "note.over_any": Text("봉 안에서 한 번이라도: {expression}", "at any time in it:  {expression}"),
    "note.regime_names": Text("`regime:`의 이름: {names}", "names under `regime:`: {names}"),
    "note.narrower_first": Text(
        "`{name}` 줄을 `{earlier}` 앞으로 옮기거나, 여기에서 빼세요", "move the line of `{name}` above `{earlier}`, or take it out here"
    ),
    "note.drop_takes_out": Text("drop에는 뺄 마켓의 조건을 적습니다", "`drop` says which markets go out"),
    "note.regime_section": Text("이 파일에는 `regime:`이 없습니다", "this file has no `regime:`"),
    "note.weight_acts": Text(
        "합으로 나누므로 {weight}은(는) {acts}로 작용합니다", "the engine divides by the sum, so {weight} acts as {acts}"
    ),
    "note.weight_intended": Text("그럴 생각이었다면 고칠 것이 없습니다", "no change needed if that is intended"),
    "note.factor_scale": Text("직선으로 옮기고 자르기: {expression}", "{expression}    linear, clipped"),
    "note.factor_rank": Text("모든 마켓 가운데 순위로: {expression}", "{expression}    rank against the universe"),
    "note.next_order_tests": Text(
        "쓸 수 있는 조건: slippage <= 0.3%, filled >= 50%, filled < 50%",
        "what can be asked: slippage <= 0.3%, filled >= 50%, filled < 50%",
    ),
    "note.fees_of_both": Text(
        "수수료 {fee} + {fee}: 가격이 {cost}는 올라야 본전입니다", "fees {fee} + {fee}: the price must rise {cost} to pay them"
    ),
    "note.gain_and_pnl": Text(
        "pos.gain은 가격의 움직임이고, pos.pnl은 두 수수료를 뺀 뒤 남는 것입니다",
        "pos.gain is the price move; pos.pnl is what is left after both fees",
    ),
}

TEXTS: dict[str, Text] = {**_NAMES, **_SCORES, **_SECTIONS, **_COSTS, **_GUARDS, **_NOTES}
