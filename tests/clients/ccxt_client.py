"""ccxt and ccxt.pro on the served exchange: their addresses are settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import ccxt
import ccxt.pro
from calls import MARKET, Calls, Kept, far, found, report, step

SYMBOL = "XRP/KRW"


def listen(settings: dict[str, Any], watch: Callable[[Any], Coroutine[Any, Any, Any]], act: Callable[[], object]) -> Any:
    """What comes once `act` has let something happen."""

    async def main() -> Any:
        exchange = ccxt.pro.upbit(settings)
        try:
            await exchange.load_markets()
            waiting = asyncio.create_task(watch(exchange))
            for _ in range(20):
                done, _ = await asyncio.wait([waiting], timeout=0.5)
                if done:
                    return waiting.result()
                await asyncio.to_thread(act)
            raise TimeoutError("nothing came")
        finally:
            await exchange.close()

    return asyncio.run(main())


def build(url: str, access: str, secret: str) -> Calls:
    """Its calls."""
    settings = {
        "apiKey": access,
        "secret": secret,
        "urls": {"api": {"public": url, "private": url, "ws": url.replace("http", "ws") + "/websocket/v1"}},
    }
    client, kept = ccxt.upbit(settings), Kept()

    def limit() -> None:
        kept["order"] = client.create_order(SYMBOL, "limit", "buy", 10, float(far()))
        found(kept["order"]["status"] == "open", kept["order"])

    def replace() -> None:
        old = client.create_order(SYMBOL, "limit", "buy", 10, float(far()))
        new = client.edit_order(old["id"], SYMBOL, "limit", "buy", 7, float(far()))
        found(new["id"] or new["info"]["new_order_uuid"], new)
        for row in client.fetch_open_orders(SYMBOL):
            client.cancel_order(row["id"], SYMBOL)

    def prices() -> None:
        found(listen(settings, lambda e: e.watch_ticker(SYMBOL), lambda: step(60))["last"] > 0)
        found(listen(settings, lambda e: e.watch_trades(SYMBOL), lambda: step(60))[0]["symbol"] == SYMBOL)
        found(len(listen(settings, lambda e: e.watch_order_book(SYMBOL), lambda: step(60))["bids"]) > 0)

    def own() -> None:
        told = listen(settings, lambda e: e.watch_orders(SYMBOL), lambda: client.create_order(SYMBOL, "market", "sell", 5))
        found(told[0]["symbol"] == SYMBOL, told)

    return {
        "markets": lambda: found(client.market(SYMBOL)["id"] == MARKET if client.load_markets() else False),
        "minutes": lambda: found(len(client.fetch_ohlcv(SYMBOL, "5m", limit=10)) == 10),
        "days": lambda: found(len(client.fetch_ohlcv(SYMBOL, "1d", limit=2)) == 2),
        "ticker": lambda: found(client.fetch_ticker(SYMBOL)["last"] > 0),
        "book": lambda: found(len(client.fetch_order_book(SYMBOL)["bids"]) == 30),
        "trades": lambda: found(len(client.fetch_trades(SYMBOL, limit=7)) == 7),
        "balances": lambda: found(client.fetch_balance()["KRW"]["free"] > 0),
        "chance": lambda: found(client.fetch_trading_fee(SYMBOL)["taker"] == 0.0005),
        "limit": limit,
        "order": lambda: found(client.fetch_order(kept["order"]["id"])["amount"] == 10),
        "open": lambda: found([row["id"] for row in client.fetch_open_orders(SYMBOL)] == [kept["order"]["id"]]),
        "cancel": lambda: found(client.cancel_order(kept["order"]["id"], SYMBOL)["id"] == kept["order"]["id"]),
        "buy": lambda: found(client.create_market_buy_order_with_cost(SYMBOL, 10007)["side"] == "buy"),
        "sell": lambda: found(client.create_order(SYMBOL, "market", "sell", 5)["side"] == "sell"),
        "closed": lambda: found(len(client.fetch_closed_orders(SYMBOL)) >= 1),
        "test": lambda: found(client.create_order(SYMBOL, "limit", "buy", 10, float(far()), {"test": True})["symbol"] == SYMBOL),
        "best": lambda: found(
            client.create_order(SYMBOL, "market", "buy", 10000, None, {"ordType": "best", "timeInForce": "IOC", "cost": 10000})["info"][
                "ord_type"
            ]
            == "best"
        ),
        "replace": replace,
        "ws_prices": prices,
        "ws_candles": lambda: found(len(listen(settings, lambda e: e.watch_ohlcv(SYMBOL, "1s"), lambda: step(60))) > 0),
        "ws_own": own,
    }


if __name__ == "__main__":
    report(build)
