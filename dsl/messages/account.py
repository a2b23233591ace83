"""Texts of the owner's hand tools: `jangdan portfolio`, `jangdan trade`, `jangdan orders`."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    # settings
    "no_keys": Text(
        "업비트 API 키가 없습니다. 환경 변수 {access} 과(와) {secret} 을(를) 정하거나, 이 폴더의 {file} 파일에 적어 주세요. "
        "키는 업비트 > 마이페이지 > Open API 관리에서 만듭니다.",
        "there is no API key of Upbit. Set the environment variables {access} and {secret}, or write them into the file {file} of this "
        "folder. Keys are made at Upbit under My page > Open API.",
    ),
    "open_wire": Text(
        "{url} 은(는) 암호화되지 않은 주소라 키를 보내지 않습니다. {variable} 을(를) https 주소로 바꾸세요.",
        "{url} is not encrypted, so the key is not sent there. Put an https address into {variable}.",
    ),
    "stopped": Text(
        "비상 정지 중이라 주문하지 않습니다. 풀려면 {variable}=false 로 바꾸세요. 주문 취소는 그대로 할 수 있습니다.",
        "the emergency stop is on, so nothing is ordered. To release it set {variable}=false. Orders can still be cancelled.",
    ),
    "bad_market": Text(
        "`{market}` 마켓은 없습니다. 업비트는 기준 통화를 앞에 씁니다. 혹시 `{suggestion}`?",
        "there is no market `{market}`. Upbit writes the quote currency first: did you mean `{suggestion}`?",
    ),
    "bad_number": Text(
        "{name}: `{found}` 은(는) 쓸 수 있는 수가 아닙니다. 0보다 큰 수를 쓰세요. 예: 100000, 0.001",
        "{name}: `{found}` cannot be used; give a number above 0, such as 100000 or 0.001",
    ),
    "name_amount": Text("금액", "amount"),
    "name_volume": Text("수량", "volume"),
    # what is refused before it is sent
    "market_closed": Text(
        "{market}: 지금은 주문을 받지 않습니다 (상태 {state}). 업비트 공지를 확인하고 나중에 다시 하세요.",
        "{market} takes no orders now (state {state}). See Upbit's notices and try again later.",
    ),
    "type_not_taken": Text(
        "{market}: 이 마켓은 {side} {kind} 주문을 받지 않습니다. 지정가라면 --price 를, 시장가라면 --price 없이 해 보세요.",
        "{market} does not take {side} orders of type {kind}. Try with --price for a limit order, without it for a market order.",
    ),
    "below_minimum": Text(
        "주문 금액 {total} {quote} 이(가) 최소 주문 금액 {minimum} {quote} 보다 작습니다. 더 크게 주문하세요.",
        "the order is worth {total} {quote}, below the minimum of {minimum} {quote}. Order more.",
    ),
    "above_maximum": Text(
        "주문 금액 {total} {quote} 이(가) 최대 주문 금액 {maximum} {quote} 보다 큽니다. 나누어 주문하세요.",
        "the order is worth {total} {quote}, above the maximum of {maximum} {quote}. Split it.",
    ),
    "cap_below_minimum": Text(
        "직접 사는 한도는 현금 {cash} {quote} 의 10%와 {most} KRW 가운데 작은 쪽인 {cap} {quote} 인데, "
        "최소 주문 금액 {minimum} {quote} 보다 작아 살 수 없습니다. 입금하거나 한도(MAX_TRADE_AMOUNT)를 올리세요.",
        "a buy by hand is capped at the lesser of 10% of the cash of {cash} {quote} and {most} KRW, which is {cap} {quote} and below the "
        "minimum order of {minimum} {quote}. Deposit more, or raise MAX_TRADE_AMOUNT.",
    ),
    "too_little_cash": Text(
        "수수료 {fee} {quote} 까지 {needed} {quote} 이(가) 필요한데, 쓸 수 있는 돈은 {free} {quote} 입니다.",
        "{needed} {quote} are needed, the fee of {fee} {quote} included, and {free} {quote} are free.",
    ),
    "too_few_coins": Text(
        "팔 수 있는 {coin} 은(는) {free} 개입니다 (주문에 묶인 것 {locked} 개). {needed} 개는 팔 수 없습니다.",
        "{free} {coin} can be sold ({locked} are locked in orders), so {needed} cannot.",
    ),
    "never_arrived": Text(
        "답을 받지 못해 거래소에 확인해 보니 이 주문은 들어가지 않았습니다 (identifier {identifier}). 다시 주문해도 됩니다.",
        "the answer was lost, and the exchange says that it never got this order (identifier {identifier}). You may order again.",
    ),
    # trade
    "help_buy": Text(
        "금액만큼 삽니다: buy KRW-BTC 100000. 현금의 10%와 {variable} 가운데 작은 쪽까지만",
        "buy for an amount: buy KRW-BTC 100000; never more than 10% of the cash, nor than {variable}",
    ),
    "help_sell": Text("수량만큼 팝니다: sell KRW-BTC 0.001 (모두 팔려면 all)", "sell coins: sell KRW-BTC 0.001 (or all)"),
    "argument_market": Text("마켓 코드 (예: KRW-BTC)", "market code, such as KRW-BTC"),
    "argument_amount": Text("살 금액 (기준 통화, 수수료 별도). 예: 100000, 10만원", "amount of the quote currency, the fee apart: 100000"),
    "argument_volume": Text("팔 수량, 또는 all", "coins to sell, or all"),
    "option_price": Text("지정가 (없으면 시장가)", "a limit price; without it at market"),
    "option_exchange": Text(
        "업비트 주소 (기본: {variable}, 없으면 진짜 업비트)", "the exchange's address (default: {variable}, else the real one)"
    ),
    "option_json": Text("JSON 문서 하나만 출력합니다", "print one JSON document and nothing else"),
    "price_moved": Text(
        "가격 {price} 을(를) 호가 단위에 맞춰 {moved} (으)로 바꿉니다.", "price {price} is put on the price grid: {moved}."
    ),
    "capped": Text(
        "{asked} {quote} 대신 {total} {quote} 어치만 삽니다. "
        "직접 사는 한도는 현금 {cash} {quote} 의 10%와 {variable} ({most} KRW) 가운데 작은 쪽입니다.",
        "buying for {total} {quote} instead of {asked} {quote}: a buy by hand is capped at the lesser of 10% of the cash of {cash} {quote} "
        "and {variable} ({most} KRW).",
    ),
    "at_market": Text("시장가", "market price"),
    "will_buy": Text(
        "매수 {market}: {price}, {total} {quote} (수수료 많아야 {fee} {quote}, 쓸 수 있는 돈 {free} {quote})",
        "buy {market}: {price}, {total} {quote} (fee at most {fee} {quote}; free: {free} {quote})",
    ),
    "will_sell": Text(
        "매도 {market}: {price}, {volume} {coin} = 약 {total} {quote} (수수료 약 {fee} {quote}, 팔 수 있는 수량 {free} {coin})",
        "sell {market}: {price}, {volume} {coin}, about {total} {quote} (fee about {fee} {quote}; free: {free} {coin})",
    ),
    "dry_run": Text(
        "연습(dry run)이라 아무것도 바뀌지 않았습니다. 진짜로 하려면 {variable}=false 로 실행하세요.",
        "dry run: nothing was changed. To do it for real, set {variable}=false.",
    ),
    "sending": Text("주문을 보냅니다. identifier {identifier}", "sending the order, identifier {identifier}"),
    "ordered": Text(
        "주문 상태 {state}: 체결 {volume} {coin}, 평균 {average} {quote}, 금액 {funds} {quote}, 수수료 {fee} {quote}\n"
        "uuid {uuid}\nidentifier {identifier}",
        "order is {state}: {volume} {coin} traded, average {average} {quote}, total {funds} {quote}, fee {fee} {quote}\n"
        "uuid {uuid}\nidentifier {identifier}",
    ),
    "state_wait": Text("대기", "waiting"),
    "state_watch": Text("예약 대기", "watching"),
    "state_done": Text("완료", "done"),
    "state_cancel": Text("종료 (남은 것 취소)", "ended (rest cancelled)"),
    # orders
    "help_list": Text("기다리는 주문", "orders that wait"),
    "help_cancel": Text("주문을 취소합니다: cancel UUID.. 또는 cancel --all", "cancel orders: cancel UUID.., or cancel --all"),
    "help_closed": Text("끝난 주문 (--profit: 실현 손익)", "orders that are over (--profit: what sales made)"),
    "argument_names": Text("주문의 uuid 나 identifier", "uuids or identifiers of orders"),
    "option_all": Text("기다리는 주문 모두", "every order that waits"),
    "option_market": Text("이 마켓만", "only this market"),
    "option_days": Text("며칠 전에 낸 주문까지", "orders made in so many days"),
    "option_profit": Text("마켓별 실현 손익 (평균 단가, 수수료 포함)", "what sales made by market: average cost, fees in"),
    "cancel_what": Text(
        "취소할 주문의 uuid 나 identifier 를 적거나 --all 을 쓰세요 (--market 은 --all 과 함께).",
        "name orders by uuid or identifier, or say --all (--market goes with --all)",
    ),
    "none_open": Text("기다리는 주문이 없습니다.", "No order waits."),
    "none_closed": Text("이 기간에 끝난 주문이 없습니다.", "No order ended in this time."),
    "cancelled": Text("취소를 요청했습니다: {name} {market}", "cancellation taken: {name} {market}"),
    "not_cancelled": Text(
        "취소하지 못했습니다 (없거나 이미 끝남): {name} {market}", "not cancelled (unknown, or over already): {name} {market}"
    ),
    "would_cancel": Text("취소할 주문: {name} {market}", "would cancel: {name} {market}"),
    "side_bid": Text("매수", "buy"),
    "side_ask": Text("매도", "sell"),
    "column_time": Text("시각 (KST)", "time (KST)"),
    "column_market": Text("마켓", "market"),
    "column_side": Text("구분", "side"),
    "column_type": Text("종류", "type"),
    "column_state": Text("상태", "state"),
    "column_price": Text("가격", "price"),
    "column_volume": Text("수량", "volume"),
    "column_executed": Text("체결", "traded"),
    "column_identifier": Text("identifier", "identifier"),
    "profit_line": Text(
        "{market}: 매수 {bought}, 매도 {sold}, 수수료 {fees}, 실현 손익 {profit} {quote}",
        "{market}: bought {bought}, sold {sold}, fees {fees}, realised {profit} {quote}",
    ),
    "profit_unknown": Text(
        "이 기간보다 먼저 산 {volume} {coin} 의 매도는 산 값을 몰라 빼고 셌습니다 (--days 를 늘려 보세요).",
        "sales of {volume} {coin} that were bought before this time are left out: their cost is not known (try more --days).",
    ),
    "profit_total": Text("{quote} 마켓 실현 손익 합계 {profit} {quote}", "realised in {quote} markets: {profit} {quote}"),
    # portfolio
    "portfolio_file": Text(
        "`jangdan portfolio` 는 업비트 계좌를 보여 줍니다. 포트폴리오 파일은 이렇게 시험하세요: jangdan backtest {file}",
        "`jangdan portfolio` shows the account at Upbit. A portfolio file is tested with: jangdan backtest {file}",
    ),
    "column_currency": Text("화폐", "currency"),
    "column_total": Text("보유", "total"),
    "column_locked": Text("주문 중", "locked"),
    "column_average": Text("평균 매수가", "average"),
    "column_last": Text("현재가", "last"),
    "column_value": Text("평가 금액", "value"),
    "column_profit": Text("평가 손익", "unrealised"),
    "column_profit_krw": Text("원화 손익", "in KRW"),
    "column_ratio": Text("수익률", "return"),
    "portfolio_sum": Text("총 평가 금액 {total}, 평가 손익 {profit}", "total value {total}, unrealised {profit}"),
    "portfolio_unpriced": Text("시세가 없어 빼고 셌습니다: {currencies}", "left out for want of a price: {currencies}"),
}
