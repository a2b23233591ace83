"""python-upbit-api on the served exchange. Its address is hard-coded in one attribute."""

from __future__ import annotations

from calls import MARKET, Calls, Kept, far, found, report
from upbit import Upbit


def build(url: str, access: str, secret: str) -> Calls:
    """Its calls."""
    client, kept = Upbit(access, secret), Kept()
    client._endpoint = f"{url}/v1"  # the adapter

    def limit() -> None:
        kept["order"] = client.create_order(MARKET, "bid", "limit", volume="10", price=far()).json()
        found(kept["order"]["state"] == "wait", kept["order"])

    def open_orders() -> None:
        found([row["uuid"] for row in client.get_open_orders(market=MARKET).json()] == [kept["order"]["uuid"]])

    def sell() -> None:
        kept["sold"] = client.create_order(MARKET, "ask", "market", volume="5").json()
        found(kept["sold"]["side"] == "ask", kept["sold"])

    def closed() -> None:
        sold = kept["sold"]
        rows = client.get_closed_orders(market=MARKET, states=["done", "cancel"]).json()
        found(rows[0]["uuid"] == sold["uuid"] and len(rows) == 3, rows)

    def cancel_all() -> None:
        client.create_order(MARKET, "bid", "limit", volume="10", price=far())
        found(client.delete_orders(cancel_side="bid").json()["success"]["count"] == 1)

    return {
        "markets": lambda: found(MARKET in [row["market"] for row in client.get_markets().json()]),
        "minutes": lambda: found(len(client.get_candles_minute(5, MARKET, count=10).json()) == 10),
        "days": lambda: found(len(client.get_candles_day(MARKET, count=2).json()) == 2),
        "ticker": lambda: found(client.get_ticker([MARKET]).json()[0]["trade_price"] > 0),
        "book": lambda: found(len(client.get_orderbook([MARKET]).json()[0]["orderbook_units"]) == 30),
        "trades": lambda: found(len(client.get_trades_ticks(MARKET, count=7).json()) == 7),
        "balances": lambda: found({"KRW", "XRP"} <= {row["currency"] for row in client.get_accounts().json()}),
        "chance": lambda: found(client.get_order_chance(MARKET).json()["market"]["id"] == MARKET),
        "limit": limit,
        "order": lambda: found(client.get_order(uuid=kept["order"]["uuid"]).json()["volume"] == "10"),
        "open": open_orders,
        "cancel": lambda: found(client.delete_order(uuid=kept["order"]["uuid"]).json()["uuid"] == kept["order"]["uuid"]),
        "buy": lambda: found(client.create_order(MARKET, "bid", "price", price="10007").json()["side"] == "bid"),
        "sell": sell,
        "closed": closed,
        "cancel_all": cancel_all,
    }


if __name__ == "__main__":
    report(build)
