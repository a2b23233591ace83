"""pyupbit on the served exchange. Its address is hard-coded: `redirect` puts another one in its place."""

from __future__ import annotations

from typing import Any

import pyupbit
import requests
from calls import MARKET, Calls, Kept, far, found, report, step
from pyupbit import websocket_api


def redirect(here: str) -> None:
    """The adapter."""
    send, connect = requests.Session.request, websocket_api.websockets.connect
    requests.Session.request = lambda self, method, url, **more: send(self, method, url.replace("https://api.upbit.com", here), **more)
    websocket_api.websockets.connect = lambda url, **more: connect(url.replace("wss://api.upbit.com", here.replace("http", "ws")), **more)


def build(url: str, access: str, secret: str) -> Calls:
    """Its calls."""
    redirect(url)
    client, kept = pyupbit.Upbit(access, secret), Kept()

    def limit() -> None:
        kept["order"] = client.buy_limit_order(MARKET, far(), 10)
        found(kept["order"]["state"] == "wait", kept["order"])

    def taken(order: Any, side: str) -> None:
        found(order["side"] == side and order["state"] == "wait", order)

    def prices() -> None:
        manager = websocket_api.WebSocketManager("trade", [MARKET])
        manager.alive = True
        manager.start()
        try:
            for _ in range(20):  # until it is subscribed, of which it tells nobody
                step(60)
                if not manager._WebSocketManager__q.empty():
                    break
                manager.join(0.2)
            frame = manager.get()
            found(frame["type"] == "trade" and frame["code"] == MARKET, frame)
        finally:
            manager.terminate()

    return {
        "markets": lambda: found(MARKET in pyupbit.get_tickers("KRW")),
        "minutes": lambda: found(len(pyupbit.get_ohlcv(MARKET, "minute5", 10)) == 10),
        "days": lambda: found(len(pyupbit.get_ohlcv(MARKET, "day", 2)) == 2),
        "ticker": lambda: found(pyupbit.get_current_price(MARKET) > 0),
        "book": lambda: found(len(pyupbit.get_orderbook(MARKET)["orderbook_units"]) == 30),
        "balances": lambda: found(client.get_balance("KRW") > 0 and client.get_balance(MARKET) > 0),
        "chance": lambda: found(client.get_chance(MARKET)["market"]["id"] == MARKET),
        "limit": limit,
        "order": lambda: found(client.get_individual_order(kept["order"]["uuid"])["volume"] == "10"),
        "open": lambda: found([row["uuid"] for row in client.get_order(MARKET)] == [kept["order"]["uuid"]]),
        "cancel": lambda: found(client.cancel_order(kept["order"]["uuid"])["uuid"] == kept["order"]["uuid"]),
        "buy": lambda: taken(client.buy_market_order(MARKET, 10007), "bid"),
        "sell": lambda: taken(client.sell_market_order(MARKET, 5), "ask"),
        "closed": lambda: found(len(client.get_order(MARKET, state="done")) == 1),
        "ws_prices": prices,
    }


if __name__ == "__main__":
    report(build)
