"""Texts of `jangdan why`."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    # ---- the command ----
    "argument_file": Text("전략 파일", "strategy file"),
    "option_at": Text(
        "설명할 봉: 그 봉 안의 아무 시각 (한국 시간). 예: 2025-09-01T13:35",
        "the bar to explain: any time inside it (Korean time), such as 2025-09-01T13:35",
    ),
    "option_market": Text("설명할 마켓 (없으면 실행에 쓰는 첫 마켓)", "market to explain (default: the first of the run)"),
    "option_summary": Text(
        "기간 전체의 깔때기: 어느 조건이 얼마나 자주 막았는지", "the funnel of the whole period: which clause blocked how often"
    ),
    "option_json": Text("JSON 으로 출력", "print JSON"),
    "choose": Text(
        "--at 시각 (한 봉을 설명) 이나 --summary (기간 전체) 가운데 하나를 쓰세요.",
        "name a bar with --at TIME, or ask for the whole period with --summary.",
    ),
    "running": Text("계산 중", "computing"),
    "synthetic": Text("만들어 낸 연습용 시세입니다. 실제 시장이 아닙니다.", "These are generated practice prices, not a real market."),
    "other_market": Text(
        "{market} 은(는) 이 실행에 없는 마켓입니다. 있는 마켓: {markets}", "{market} is not part of this run; it has {markets}."
    ),
    "outside": Text(
        "{time} 의 봉은 계산할 수 있는 범위 밖입니다. 범위: {first} 부터 {last} 까지 (한국 시간)",
        "the bar at {time} lies outside what can be computed: {first} to {last} (Korean time).",
    ),
    # ---- one bar ----
    "title": Text(
        "{market}  {open} ~ {close} 봉 (닫힐 때 판단), 현재가 {last}",
        "{market}  bar {open} to {close} (decided at its close), price {last}",
    ),
    "unsettled": Text(
        "캔들이 아직 모자라 값이 조금 다를 수 있습니다 (준비 기간이 끝나지 않음).",
        "There are too few candles before this bar: values may still differ a little (warm-up is not over).",
    ),
    "head_entry": Text("진입 조건", "Entry"),
    "head_exits": Text("청산 조건", "Exits"),
    "head_happened": Text("이 봉에서 체결", "Filled in this bar"),
    "join_all": Text("모두 참이어야 함", "all of"),
    "join_any": Text("하나라도 참이면 됨", "any of"),
    "join_none": Text("모두 거짓이어야 함", "none of"),
    "join_at_least": Text("{needed}개 이상 참이어야 함", "at least {needed} of"),
    "join_not": Text("거짓이어야 함", "must be false"),
    "missing": Text("값이 없음", "no value"),
    "bar_read": Text("{timeframe} 봉 {open} ~ {close}", "{timeframe} bar {open} to {close}"),
    "bars_unit": Text("{count}봉", "{count} bars"),
    "short": Text("{amount} 모자람", "{amount} short"),
    "points": Text("{amount}p", "{amount} points"),
    "already_crosses_above": Text("이미 위에 있음: 먼저 아래로 내려와야 함", "already above: it has to come from below"),
    "already_crosses_below": Text("이미 아래에 있음: 먼저 위로 올라가야 함", "already below: it has to come from above"),
    "already_enters": Text("이미 범위 안: 먼저 밖으로 나가야 함", "already inside: it has to come from outside"),
    "already_leaves": Text("이미 범위 밖: 먼저 안으로 들어와야 함", "already outside: it has to come from inside"),
    "empty_universe": Text(
        "유니버스를 정한 {instants}번 가운데 {empty}번은 남은 종목이 없었습니다. 그동안은 진입 조건이 참일 수 없습니다.",
        "{empty} of {instants} decisions of the universe left no market: until the next one no entry can be true.",
    ),
    "armed": Text(
        "첫 단계가 {since}봉 전에 참. 앞으로 {left}봉 안에 둘째 단계가 오면 참",
        "first step {since} bars ago; the second may come within {left} more bars",
    ),
    "armed_now": Text(
        "첫 단계가 이 봉에서 참. 앞으로 {left}봉 안에 둘째 단계가 오면 참",
        "first step on this bar; the second may come within {left} more bars",
    ),
    "not_armed": Text("최근 {window}봉 안에 첫 단계가 없었음", "no first step within the last {window} bars"),
    "used_up": Text(
        "첫 단계는 {since}봉 전에 있었지만 둘째 단계가 이미 나왔음", "first step {since} bars ago, but its second step has already come"
    ),
    "unknown_sequence": Text("첫 단계가 있었는지 아직 알 수 없음", "not known yet whether the first step came"),
    # ---- what decisions say ----
    "verdict_bought": Text(
        "조건이 참이어서 {amount_krw} 매수를 주문했습니다. 다음 체결에서 사집니다.",
        "The entry is true: a buy of {amount_krw} was ordered; it fills at the next trade.",
    ),
    "verdict_entry_false": Text(
        "진입 조건이 거짓이어서 사지 않았습니다. 막은 것: {blocked}", "Not bought: the entry is false. In the way: {blocked}"
    ),
    "verdict_entry_missing": Text(
        "진입 조건의 값이 아직 없어서 사지 않았습니다. 값이 없거나 거짓인 것: {blocked}",
        "Not bought: the entry has no value yet. Missing or false: {blocked}",
    ),
    "verdict_position_open": Text("이미 보유 중이어서 새로 사지 않습니다.", "A position is open, so nothing more is bought."),
    "verdict_order_working": Text(
        "주문이 체결을 기다리고 있어서 새로 사지 않습니다.", "An order is waiting to be filled, so nothing more is bought."
    ),
    "verdict_not_tradable": Text(
        "이 마켓은 참고용이어서 사지 않습니다 (aliases).", "This market only feeds the rules (aliases) and is not traded."
    ),
    "verdict_entries_stopped": Text("조건은 참이지만 진입이 멈춰 있습니다.", "The entry is true, but entries are stopped."),
    "verdict_open_positions": Text(
        "조건은 참이지만 동시에 보유할 수 있는 {limit}개를 이미 채웠습니다.",
        "The entry is true, but all {limit} positions allowed at a time are taken.",
    ),
    "verdict_entries_per_day": Text(
        "조건은 참이지만 이 마켓에서 오늘 살 수 있는 {limit}번을 이미 썼습니다.",
        "The entry is true, but this market has used up its {limit} entries of the day.",
    ),
    "verdict_cooldown": Text(
        "조건은 참이지만 {loss} 에 손실로 팔았으므로 {until} 까지 쉽니다.",
        "The entry is true, but after the loss at {loss} this market rests until {until}.",
    ),
    "verdict_reentry": Text(
        "조건은 참이지만 마지막 매도({exit}) 뒤 {bars}봉이 지났을 뿐입니다. {limit}봉을 기다립니다.",
        "The entry is true, but only {bars} bars have passed since the last sale ({exit}); the limit is {limit}.",
    ),
    "verdict_no_price": Text("조건은 참이지만 아직 체결가가 없습니다.", "The entry is true, but there is no price yet."),
    "verdict_no_level": Text(
        "조건은 참이지만 손절 가격을 계산할 수 없어서 사지 않았습니다.",
        "The entry is true, but the stop has no value, so nothing was bought.",
    ),
    "verdict_stop_above_entry": Text(
        "조건은 참이지만 손절 가격 {level_krw} 이(가) 예상 매수가 {entry_krw} 보다 낮지 않습니다.",
        "The entry is true, but the stop at {level_krw} is not below the expected entry at {entry_krw}.",
    ),
    "verdict_no_size": Text(
        "조건은 참이지만 크기 배수(scale)가 없거나 0 이하입니다.",
        "The entry is true, but the size multiplier (scale) is missing or not above zero.",
    ),
    "verdict_target_below_cost": Text(
        "조건은 참이지만 목표가에 팔아도 수수료와 슬리피지를 넘지 못합니다 (예상 매수가 {entry_krw}).",
        "The entry is true, but selling at the target would not pay for fees and slippage (expected entry {entry_krw}).",
    ),
    "verdict_halted": Text(
        "조건은 참이지만 주문이 닿는 시각에 거래가 멈춰 있었습니다 (--halt).",
        "The entry is true, but trading was halted when the order would have arrived (--halt).",
    ),
    "verdict_no_cash": Text(
        "조건은 참이지만 남은 현금으로 살 수 있는 금액 {amount_krw} 이(가) 최소 주문 {minimum_krw} 보다 작습니다.",
        "The entry is true, but the cash left buys only {amount_krw}, below the smallest order {minimum_krw}.",
    ),
    "verdict_book_share": Text(
        "조건은 참이지만 호가 잔량에서 살 수 있는 금액 {amount_krw} 이(가) 최소 주문 {minimum_krw} 보다 작습니다 (max_book_share).",
        "The entry is true, but the book allows only {amount_krw}, below the smallest order {minimum_krw} (max_book_share).",
    ),
    "verdict_below_minimum": Text(
        "조건은 참이지만 살 수 있는 금액 {amount_krw} 이(가) 최소 주문 {minimum_krw} 보다 작습니다.",
        "The entry is true, but the size {amount_krw} is below the smallest order {minimum_krw}.",
    ),
    "verdict_skipped": Text("조건은 참이지만 사지 않았습니다: {reason}", "The entry is true, but nothing was bought: {reason}"),
    "factor": Text("{name}: {value} (가중치 {weight})", "{name}: {value} (weight {weight})"),
    "head_factors": Text("점수의 팩터", "Factors of the score"),
    "head_universe": Text("유니버스", "Universe"),
    "member": Text("{time} 에 정한 유니버스 {count}개에 들어 있음", "one of the {count} markets of the universe decided at {time}"),
    "no_member": Text(
        "{time} 에 정한 유니버스 {count}개에 들어 있지 않음", "not one of the {count} markets of the universe decided at {time}"
    ),
    "late": Text("`{rule}`: 주문 금액이 정해진 뒤에 판단", "`{rule}`: judged with the size of the order"),
    "held": Text(
        "보유 중: {quantity}개, 평균 매수가 {entry}, 현재 {gain} (수수료 뒤 {pnl}), {opened} 부터",
        "Position: {quantity} coins at {entry} on average, now {gain} ({pnl} after fees), since {opened}",
    ),
    "order_buy": Text("매수 주문이 다음 체결을 기다립니다.", "A buy waits for the next trade."),
    "order_sell": Text(
        "`{exit}` 에 따라 매도를 주문했습니다. 다음 체결에서 팔립니다.", "`{exit}` sells: the order fills at the next trade."
    ),
    "exit_fired": Text("이미 실행됨", "has fired"),
    "exit_waits": Text("`{name}` 이(가) 먼저 실행되어야 함", "waits for `{name}` to fire"),
    "exit_level": Text("{level}, 현재가에서 {away}", "{level}, {away} from the price"),
    "exit_no_level": Text("가격을 아직 계산할 수 없음", "no level yet"),
    "mark_entry": Text("{time} 매수 {quantity}개, {price}", "{time} bought {quantity} at {price}"),
    "mark_exit": Text("{time} 매도 {quantity}개, {price} (`{exit}`)", "{time} sold {quantity} at {price} (`{exit}`)"),
    # ---- the funnel ----
    "funnel_title": Text(
        "{name}: {first} ~ {last}, 마켓 {markets}개, 판단 {decisions}번",
        "{name}: {first} to {last}, {markets} markets, {decisions} decisions",
    ),
    "column_clause": Text("조건", "Clause"),
    "column_true": Text("참", "True"),
    "column_false": Text("거짓", "False"),
    "column_missing": Text("값 없음", "Missing"),
    "column_vetoes": Text("혼자 막음", "Sole block"),
    "column_carries": Text("혼자 살림", "Sole reason"),
    "column_remaining": Text("남은 판단", "Left"),
    "entry_row": Text("진입 (전체)", "entry (whole)"),
    "idle": Text(
        "없어도 진입 신호가 하나도 달라지지 않는 조건: {clauses}", "Clauses without which no entry signal would differ: {clauses}"
    ),
    "head_decisions": Text("조건이 참이었던 {count}번은", "Of {count} true entries"),
    "row_busy": Text("이미 보유 중이거나 주문 중", "A position or order was there already"),
    "row_bought": Text("매수 주문", "Bought"),
    "head_sales": Text("청산", "Exits"),
    "nothing": Text("진입 조건이 한 번도 참이 아니었습니다.", "The entry was never true."),
    "nearest": Text(
        "가장 자주 혼자 막은 조건은 `{clause}` 입니다 ({count}번).",
        "The clause that most often stood alone in the way: `{clause}` ({count} times).",
    ),
}
