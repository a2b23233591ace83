"""Texts of the checked mode: what an audit of a run's books says."""

from __future__ import annotations

from dsl.messages import Text

TEXTS: dict[str, Text] = {
    "passed": Text(
        "장부 검산: 체결 {fills:,}건과 봉 마감 {closes:,}번에서 현금과 보유분이 1원도 빠짐없이 맞습니다"
        "(가장 큰 차이 {largest:.2g}원, 허용 {allowed:.2g}원).",
        "Books checked: over {fills:,} fills and {closes:,} closes cash and positions account for every won (largest difference "
        "{largest:.2g} KRW, allowed {allowed:.2g} KRW).",
    ),
    "failed": Text(
        "장부가 맞지 않습니다. {when} {market} {what} 이 프로그램의 결함입니다. 전략 파일과 함께 알려 주세요.",
        "The books do not balance. {when} {market} {what} This is a defect of the program: please report it with the strategy file.",
    ),
    "no_trade": Text("거래가 없던 봉에서 체결되었습니다.", "A fill in a bar in which nothing traded."),
    "before_its_decision": Text("판단하기 전에 체결되었습니다.", "A fill before its decision."),
    "before_its_arrival": Text(
        "주문이 거래소에 닿기 {late}ms 전에 체결되었습니다.", "A fill {late} ms before the order had arrived at the exchange."
    ),
    "in_a_halt": Text("거래가 멈춘 시간에 체결되었습니다.", "A fill in a halt, in which no order trades."),
    "too_much": Text(
        "그 봉에서 {filled}개(1e-8 단위)를 거래했지만 {room}개까지만 거래할 수 있습니다.",
        "{filled} traded in a bar that has room for {room} (in 1e-8 coins).",
    ),
    "better_than_the_bar": Text(
        "체결 기준 가격 {price}이(가) 그 봉의 가격({low} ~ {high})보다 유리합니다.",
        "The price {price} is better than its bar ({low} to {high})."
    ),
    "better_than_its_base": Text("체결가 {price}이(가) 기준 가격 {base}보다 유리합니다.",
        "The fill at {price} is better than its base price {base}."),
    "off_the_grid": Text("체결가 {price}이(가) 호가 단위 {tick}에 맞지 않습니다.", "The price {price} is not on the grid of {tick}."),
    "fee": Text("수수료가 {expected}원이어야 하는데 {fee}원입니다.", "The fee is {fee} KRW and should be {expected} KRW."),
    "quantity": Text("{held}개(1e-8 단위)를 가지고 {quantity}개를 거래했습니다.", "{quantity} traded with {held} held (in 1e-8 coins)."),
    "overdrawn": Text("현금이 {cash}원으로 0보다 작습니다.", "Cash of {cash} KRW is below zero."),
    "closes": Text("봉 마감이 {expected}번이어야 하는데 {count}번입니다.", "There are {count} closes and should be {expected}."),
    "cash": Text("현금이 {exact}원이어야 하는데 {shown}원입니다(허용 {allowed}원).",
        "Cash is {shown} KRW and should be {exact} KRW (allowed {allowed} KRW)."),
    "equity": Text(
        "자산이 {exact}원이어야 하는데 {shown}원입니다(허용 {allowed}원).",
        "Equity is {shown} KRW and should be {exact} KRW (allowed {allowed} KRW)."
    ),
}  # fmt: skip
