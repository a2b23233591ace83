"""Texts about Upbit: what went wrong between it and us, and what the user can do."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    # between us and the exchange
    "said": Text("(업비트의 답: {said})", "(Upbit says: {said})"),
    "unreachable": Text(
        "업비트에 연결하지 못했습니다: {call} ({reason}). 바뀐 것은 없습니다. 인터넷 연결을 확인하고 다시 하세요.",
        "Upbit cannot be reached: {call} ({reason}). Nothing was changed. Check the internet connection and try again.",
    ),
    "broken_answer": Text(
        "업비트의 답을 읽을 수 없습니다: {call} ({reason}). 잠시 뒤 다시 하세요. 계속되면 jangdan 을 새 판으로 올리세요.",
        "Upbit's answer cannot be read: {call} ({reason}). Try again in a moment; if it persists, update jangdan.",
    ),
    "blocked": Text(
        "요청이 너무 많아 업비트가 `{group}` 요청을 {seconds}초 동안 막았습니다. 보낸 것은 없습니다. 그 뒤에 다시 하세요.",
        "after too many requests Upbit blocks `{group}` for {seconds} s. Nothing was sent. Try again after that.",
    ),
    "unknown_outcome": Text(
        "업비트의 답을 받지 못해 처리되었는지 알 수 없습니다: {call} ({reason}). 다시 보내지 말고 먼저 조회하세요: {handles}",
        "Upbit's answer was lost: it may have been done or not: {call} ({reason}). Do not send it again; look it up first: {handles}",
    ),
    "gap_too_long": Text(
        "연결이 끊긴 동안의 {market} 체결이 너무 많아 다 받지 못했습니다. 그 동안의 시세는 캔들로 채우세요: jangdan data download",
        "too many trades of {market} were missed while the connection was lost. Fill the gap from candles: jangdan data download",
    ),
    "transfers_off": Text(
        "돈이나 코인을 옮기는 기능은 꺼져 있습니다. 설정에서 `{setting}` 을(를) 켜고, 부를 때마다 따로 확인해야 합니다.",
        "moving money or coins is switched off. It takes `{setting}` in the settings and a confirmation of every single call.",
    ),
    "transfer_settings": Text(
        "{path} 파일을 읽을 수 없습니다 ({problem}). `withdrawals: true` 처럼 한 줄에 하나씩 true 나 false 로 쓰세요. "
        "쓸 수 있는 이름: {names}",
        "{path} cannot be read ({problem}). Write one `withdrawals: true` a line, with true or false. Names: {names}",
    ),
    # orders
    "insufficient_funds_bid": Text(
        "주문 가능한 금액이 수수료까지 내기에 모자랍니다. 잔고와 미체결 주문을 확인하고 금액을 줄이세요.",
        "there is not enough free money for this buy and its fee. Check balance and open orders, and buy for less.",
    ),
    "insufficient_funds_ask": Text(
        "매도할 수량이 모자랍니다. 잔고와 미체결 주문에 묶인 수량을 확인하세요.",
        "there are not enough free coins for this sale. Check the balance and what open orders have locked.",
    ),
    "invalid_funds": Text(
        "주문 금액이 잔고와 맞지 않습니다. 잔고를 다시 확인하세요.", "the amount does not fit the balance. Check the balance."
    ),
    "duplicated_identifier": Text(
        "이 식별자로 이미 보낸 주문이 있습니다. 새로 주문하기 전에 그 주문을 조회하세요.",
        "an order with this identifier was sent before. Look that order up before ordering again.",
    ),
    "order_not_found": Text(
        "그런 주문이 없거나 이미 끝났습니다. 체결 내역과 잔고를 확인하세요.",
        "there is no such order, or it is already over. Check closed orders and the balance.",
    ),
    "under_min_total_bid": Text(
        "매수 금액이 이 마켓의 최소 주문 금액보다 작습니다. 금액을 늘리세요. 최소 금액은 `jangdan price` 로 볼 수 있습니다.",
        "this buy is below the market's minimum. Buy for more; `jangdan price` shows the minimum.",
    ),
    "under_min_total_ask": Text(
        "매도 금액이 이 마켓의 최소 주문 금액보다 작습니다. 수량을 늘리거나, 더 사서 함께 파세요.",
        "this sale is below the market's minimum. Sell more, or buy some and sell it all together.",
    ),
    "over_krw_funds_bid": Text(
        "매수 금액이 최대 주문 금액보다 큽니다. 나누어 주문하세요.", "this buy is above the largest order. Split it."
    ),
    "over_krw_funds_ask": Text(
        "매도 금액이 최대 주문 금액보다 큽니다. 나누어 주문하세요.", "this sale is above the largest order. Split it."
    ),
    "volume_too_large": Text(
        "주문 수량이 너무 큽니다. 호가에 보이는 물량보다 적게 나누어 주문하세요.",
        "the quantity is too large. Split it into orders smaller than what the order book shows.",
    ),
    "invalid_price_bid": Text(
        "매수 가격이 호가 단위에 맞지 않습니다. `jangdan price` 로 맞는 가격을 확인하세요.",
        "the buy's price is not on the price grid. `jangdan price` shows the right one.",
    ),
    "invalid_price_ask": Text(
        "매도 가격이 호가 단위에 맞지 않습니다. `jangdan price` 로 맞는 가격을 확인하세요.",
        "the sale's price is not on the price grid. `jangdan price` shows the right one.",
    ),
    "notfoundmarket": Text(
        "업비트에 없는 마켓입니다. KRW-BTC 처럼 기준 통화를 앞에 쓰세요. 거래 지원이 끝난 마켓일 수도 있습니다.",
        "Upbit has no such market. Write it like KRW-BTC, quote currency first; it may also have been delisted.",
    ),
    "market_offline": Text(
        "지금은 점검 중이라 주문할 수 없습니다. 업비트 공지에서 끝나는 시각을 확인하고 기다리세요.",
        "no orders are taken during maintenance. See Upbit's notice for when it ends, and wait.",
    ),
    # a wrong request
    "create_bid_error": Text(
        "매수 주문의 가격, 수량, 유형이 서로 맞지 않습니다. jangdan 의 결함일 수 있으니 알려 주세요.",
        "price, quantity and type of this buy do not go together. This may be a defect of jangdan: please report it.",
    ),
    "create_ask_error": Text(
        "매도 주문의 가격, 수량, 유형이 서로 맞지 않습니다. jangdan 의 결함일 수 있으니 알려 주세요.",
        "price, quantity and type of this sale do not go together. This may be a defect of jangdan: please report it.",
    ),
    "validation_error": Text(
        "요청에 빠지거나 잘못된 값이 있습니다 ({call}). jangdan 의 결함일 수 있으니 알려 주세요.",
        "a value of the request is missing or wrong ({call}). This may be a defect of jangdan: please report it.",
    ),
    "invalid_parameter": Text(
        "업비트가 받지 않는 값이 있습니다 ({call}). 입력한 값을 확인하세요.",
        "Upbit does not take one of the values ({call}). Check what was entered.",
    ),
    "invalid_time_in_force": Text(
        "이 주문 유형에 쓸 수 없는 주문 조건(IOC, FOK, post only)입니다. 조건을 바꾸거나 빼세요.",
        "this order type does not take that time in force (IOC, FOK, post only). Change it or leave it out.",
    ),
    "invalid_post_only": Text(
        "post only 주문에는 자전거래 체결 방지를 쓸 수 없습니다. 둘 가운데 하나를 빼세요.",
        "a post-only order takes no self-trade prevention. Leave one of the two out.",
    ),
    "bad_request": Text(
        "업비트가 요청을 읽지 못했습니다 ({call}). jangdan 의 결함일 수 있으니 알려 주세요.",
        "Upbit could not read the request ({call}). This may be a defect of jangdan: please report it.",
    ),
    "query_parameter_not_supported": Text(
        "요청의 값이 잘못된 자리에 들어갔습니다 ({call}). jangdan 의 결함이니 알려 주세요.",
        "values stand in the wrong place of the request ({call}). This is a defect of jangdan: please report it.",
    ),
    "not_found": Text(
        "업비트에 그런 기능이 없습니다 ({call}). 접속 주소 설정을 확인하고, jangdan 을 새 판으로 올리세요.",
        "Upbit has no such function ({call}). Check the address it is called at, and update jangdan.",
    ),
    "quotation_value": Text(
        "시세 요청의 값이 범위나 형식에 맞지 않습니다 ({call}). 입력한 값을 확인하세요.",
        "a value of the market data request is out of range or of a wrong form ({call}). Check what was entered.",
    ),
    "quotation_type": Text(
        "시세 요청에 종류가 다른 값이 있습니다 ({call}). 입력한 값을 확인하세요.",
        "a value of the market data request is of a wrong type ({call}). Check what was entered.",
    ),
    "quotation_missing": Text(
        "시세 요청에 꼭 필요한 값이 빠졌습니다 ({call}). jangdan 의 결함일 수 있으니 알려 주세요.",
        "the market data request lacks a value ({call}). This may be a defect of jangdan: please report it.",
    ),
    "quotation_market": Text(
        "시세가 없는 마켓입니다 ({call}). 코드를 확인하세요. 거래 지원이 끝난 마켓일 수도 있습니다.",
        "there are no data of such a market ({call}). Check its code; it may have been delisted.",
    ),
    # keys and permissions
    "invalid_query_payload": Text(
        "업비트가 요청의 서명을 받아들이지 않았습니다 ({call}). jangdan 의 결함일 수 있으니 알려 주세요.",
        "Upbit did not accept what the request is signed over ({call}). This may be a defect of jangdan: please report it.",
    ),
    "jwt_verification": Text(
        "API 키의 서명이 맞지 않습니다. secret key 를 다시 넣으세요.", "the API key's signature is wrong. Enter the secret key again."
    ),
    "nonce_used": Text(
        "같은 요청이 두 번 도착했습니다. 주문이었다면 먼저 조회하세요.",
        "the same request arrived twice. If it was an order, look it up first.",
    ),
    "expired_access_key": Text(
        "API 키가 만료되었습니다(1년). 업비트 웹의 Open API 관리에서 새 키를 만들어 넣으세요.",
        "the API key has expired (they last a year). Make a new one on Upbit's Open API page and enter it.",
    ),
    "invalid_access_key": Text(
        "업비트가 모르는 access key 입니다. 키를 다시 넣으세요.", "Upbit does not know this access key. Enter the key again."
    ),
    "no_authorization_ip": Text(
        "이 컴퓨터의 IP 주소가 API 키에 등록되어 있지 않습니다. 업비트 웹의 Open API 관리에서 IP 를 추가하세요.",
        "this computer's IP address is not on the API key's list. Add it on Upbit's Open API page.",
    ),
    "no_authorization_token": Text(
        "API 키가 있어야 하는 기능입니다. access key 와 secret key 를 넣으세요.",
        "this needs an API key. Enter access key and secret key.",
    ),
    "out_of_scope": Text(
        "API 키에 이 기능의 권한이 없습니다 ({call}). 업비트 웹의 Open API 관리에서 권한을 켠 키를 만드세요.",
        "the API key lacks the permission for this ({call}). Make a key that has it on Upbit's Open API page.",
    ),
    "thirdparty_agreement_required": Text(
        "업비트 앱에서 먼저 동의해야 하는 기능입니다(BTC, USDT 마켓 등). 앱에서 동의한 뒤 다시 하세요.",
        "this needs your consent in Upbit's app first (as for BTC and USDT markets). Give it there and try again.",
    ),
    # money and wallets
    "withdraw_address_not_registered": Text(
        "등록되지 않은 출금 주소입니다. 업비트 웹에서 출금 허용 주소로 등록하세요.",
        "the withdrawal address is not registered. Add it to the allowed addresses on Upbit's web page.",
    ),
    "open_api_withdraw_locked": Text(
        "Open API 출금이 잠겨 있습니다. 업비트에서 출금 잠금을 풀어야 합니다.",
        "withdrawals by API are locked. The lock is undone at Upbit.",
    ),
    "pocket_not_found": Text("그런 포켓이 없습니다. 포켓 목록을 확인하세요.", "there is no such pocket. Check the list of pockets."),
    "currency_not_found": Text(
        "업비트에 없는 통화나 코인입니다. 코드를 확인하세요. 예: BTC", "Upbit has no such currency. Check its code, such as BTC."
    ),
    # limits and the exchange's own troubles
    "too_many_requests": Text(
        "요청이 너무 많아 업비트가 받지 않았습니다. 같은 키나 IP 를 쓰는 다른 프로그램이 있는지 보고, 잠시 뒤 다시 하세요.",
        "Upbit refused because of too many requests. See whether another program uses the same key or address; try again in a moment.",
    ),
    "penalty": Text(
        "요청이 너무 많아 업비트가 한동안 막았습니다. 같은 키나 IP 를 쓰는 다른 프로그램을 끄고 기다리세요.",
        "Upbit blocks us for a while because of too many requests. Stop other programs that use the same key or address, and wait.",
    ),
    "internal_server_error": Text(
        "업비트 서버에 문제가 있습니다. 잠시 뒤 다시 하세요. 주문이었다면 먼저 조회하세요.",
        "Upbit's server failed. Try again in a moment; if it was an order, look it up first.",
    ),
    "server_error": Text(
        "업비트 서버에 문제가 있습니다 (HTTP {status}). 점검 공지를 확인하고 잠시 뒤 다시 하세요. 주문이었다면 먼저 조회하세요.",
        "Upbit's server failed (HTTP {status}). See its notices for maintenance and try again later; if it was an order, look it up first.",
    ),
    # subscriptions
    "invalid_auth": Text(
        "실시간 연결의 인증이 맞지 않습니다. API 키를 다시 넣으세요.",
        "the live connection's authentication failed. Enter the API key again."
    ),
    "wrong_format": Text(
        "업비트가 실시간 구독 요청을 읽지 못했습니다. jangdan 의 결함일 수 있으니 알려 주세요.",
        "Upbit could not read the subscription. This may be a defect of jangdan: please report it.",
    ),
    "no_ticket": Text(
        "실시간 구독 요청에 ticket 이 빠졌습니다. jangdan 의 결함이니 알려 주세요.",
        "the subscription lacks its ticket. This is a defect of jangdan: please report it.",
    ),
    "no_type": Text(
        "실시간 구독 요청에 종류가 빠졌습니다. jangdan 의 결함이니 알려 주세요.",
        "the subscription lacks its type. This is a defect of jangdan: please report it.",
    ),
    "no_codes": Text(
        "실시간 구독 요청에 마켓이 없습니다. 마켓을 하나 이상 정하세요.", "the subscription names no market. Name at least one."
    ),
    "invalid_param": Text(
        "실시간 구독 요청에 업비트가 받지 않는 값이 있습니다. 마켓 코드를 확인하세요.",
        "Upbit does not take one of the subscription's values. Check the market codes.",
    ),
    "too_many_request": Text(
        "실시간 연결에서 요청이 너무 많았습니다. 잠시 뒤 다시 합니다.",
        "too many requests on the live connection. It is tried again in a moment."
    ),
    "refused": Text(
        "업비트가 거절했습니다: {call} (HTTP {status}, {name}). 업비트의 답을 읽고 고객센터나 공지를 확인하세요.",
        "Upbit refused: {call} (HTTP {status}, {name}). Read what it says, and see its notices or its support.",
    ),
}  # fmt: skip
