"""What is asked of every client, and how its program tells what became of it. The standard library alone: foreign environments run it.

A client's program builds its calls by name and hands them to `report`, which runs them in this order, each on what the ones before left.
"""

from __future__ import annotations

import json
import sys
import traceback
import urllib.request
from collections.abc import Callable
from decimal import Decimal
from typing import Any

#: name -> English and Korean words of the table
CALLS = {
    "markets": ("markets", "마켓 목록"),
    "minutes": ("candles, minutes", "캔들 (분)"),
    "days": ("candles, days", "캔들 (일)"),
    "ticker": ("ticker", "현재가"),
    "book": ("order book", "호가"),
    "trades": ("trades", "체결"),
    "balances": ("balances", "잔고"),
    "chance": ("order chance", "주문 가능 정보"),
    "limit": ("limit order", "지정가 주문"),
    "order": ("one order", "개별 주문"),
    "open": ("open orders", "대기 주문"),
    "cancel": ("cancel", "취소"),
    "buy": ("market buy", "시장가 매수"),
    "sell": ("market sell", "시장가 매도"),
    "closed": ("closed orders", "종료 주문"),
    "test": ("test order", "주문 시험"),
    "best": ("best order with ioc", "최유리 ioc 주문"),
    "replace": ("cancel and new", "취소 후 재주문"),
    "cancel_all": ("cancel all", "일괄 취소"),
    "ws_prices": ("WebSocket: ticker, trades, books", "WebSocket: 현재가, 체결, 호가"),
    "ws_candles": ("WebSocket: candles", "WebSocket: 캔들"),
    "ws_own": ("WebSocket: own orders", "WebSocket: 내 주문"),
}
MARKET = "KRW-XRP"
Calls = dict[str, Callable[[], object]]


def far() -> str:
    """A price that nothing trades at: a tenth below the best bid, on the grid."""
    with urllib.request.urlopen(f"{sys.argv[1]}/v1/orderbook?markets={MARKET}") as answer:
        best = Decimal(str(json.load(answer)[0]["orderbook_units"][0]["bid_price"]))
    return str(int(best * 9 / 10))


def step(seconds: float) -> None:
    """Others trade for so long."""
    body = json.dumps({"ms": int(seconds * 1000)}).encode()
    request = urllib.request.Request(f"{sys.argv[1]}/control/step", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request).close()


def found(truth: object, what: object = "") -> None:
    """What was answered is what has to be."""
    if not truth:
        raise AssertionError(f"unexpected answer: {what}")


def report(build: Callable[[str, str, str], Calls]) -> None:
    """Run the client's calls; a line of JSON for each: ok, none (the client has no such call), or what went wrong."""
    calls = build(*sys.argv[1:4])
    strange = sorted(set(calls) - set(CALLS))
    found(not strange, strange)
    for name in CALLS:
        result = "none"
        if name in calls:
            try:
                calls[name]()
                result = "ok"
            except Exception as error:
                traceback.print_exc()
                result = f"{type(error).__name__}: {error}"[:300]
        print(json.dumps({"call": name, "result": result}), flush=True)


class Kept(dict[str, Any]):
    """What calls leave for later ones."""
