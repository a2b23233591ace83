"""Texts of `jangdan price`."""

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    "argument_market": Text("마켓 코드 (예: KRW-XRP)", "market code, such as KRW-XRP"),
    "argument_price": Text("맞출 가격", "the price to put on the grid"),
    "option_at": Text(
        "이 날짜(한국 시각)의 호가 단위. 예: 2024-01-28, 2025-07-31T09:00. 기본: 지금",
        "price units of this Korean date or time, such as 2024-01-28 or 2025-07-31T09:00; default: now",
    ),
    "result": Text(
        "{market} {price} -> {rounded} {quote}\n"
        "호가 단위      {tick} {quote}\n"
        "최소 주문 금액 {minimum} {quote}\n"
        "기준 시각      {at}",
        "{market} {price} -> {rounded} {quote}\nprice unit     {tick} {quote}\nminimum total  {minimum} {quote}\nin force at    {at}",
    ),
    "bad_market": Text(
        "`{market}` 마켓은 없습니다. 업비트는 기준 통화를 앞에 씁니다 ({quotes}). 예: KRW-BTC",
        "there is no market `{market}`. Upbit writes the quote currency ({quotes}) first, as in KRW-BTC",
    ),
    "swapped_market": Text(
        "`{market}` 마켓은 없습니다. 업비트는 기준 통화를 앞에 씁니다. 혹시 `{suggestion}`?",
        "there is no market `{market}`. Upbit writes the quote currency first: did you mean `{suggestion}`?",
    ),
    "bad_price": Text(
        "`{price}` 은(는) 가격이 아닙니다. 0보다 크고 1000조까지의 수를 쓰세요. 예: 20007",
        "`{price}` is no price: give a number above 0 and at most 1e15, such as 20007",
    ),
    "too_small": Text(
        "{price} 은(는) {market} 의 가장 작은 가격 {smallest} 보다 작습니다",
        "{price} is below the smallest price of {market}, which is {smallest}"
    ),
    "bad_date": Text(
        "`{date}` 은(는) 날짜가 아닙니다. 한국 시각으로 2025-07-31 또는 2025-07-31T09:00 처럼 쓰세요",
        "`{date}` is no date: write a Korean date or time such as 2025-07-31 or 2025-07-31T09:00",
    ),
}  # fmt: skip
