"""upbit-sdk, the exchange's own client, on the served exchange: its base addresses are arguments."""

from __future__ import annotations

import threading
from typing import Any

from calls import MARKET, Calls, Kept, far, found, report, step
from upbit import Upbit


def build(url: str, access: str, secret: str) -> Calls:
    """Its calls."""
    client = Upbit(access_key=access, secret_key=secret, base_url=url, websocket_base_url=url.replace("http", "ws"), max_retries=0)
    orders, kept = client.orders, Kept()

    def place(**fields: str) -> Any:
        return orders.create(market=MARKET, **fields)

    def limit() -> None:
        kept["order"] = place(side="bid", ord_type="limit", price=far(), volume="10")
        found(kept["order"].state == "wait", kept["order"])

    def replace() -> None:
        old = place(side="bid", ord_type="limit", price=far(), volume="10")
        new = orders.cancel_and_new(prev_order_uuid=old.uuid, new_ord_type="limit", new_price=far(), new_volume="7")
        found(orders.retrieve(uuid=new.new_order_uuid).volume == "7", new)

    def heard(manager: Any, wanted: int, act: Any) -> list[Any]:
        """So many events, once `act` has let something happen; given up after a while."""
        with manager as connection:
            timer = threading.Timer(1.0, act)
            watch = threading.Timer(30.0, connection.close)
            timer.start()
            watch.start()
            events = [connection.recv() for _ in range(wanted)]
            watch.cancel()
            return events

    def prices() -> None:
        for manager, kind in (
            (client.ws_stream.ticker([MARKET]), "ticker"),
            (client.ws_stream.trade([MARKET]), "trade"),
            (client.ws_stream.orderbook([MARKET]), "orderbook"),
        ):
            events = heard(manager, 2, lambda: step(60))
            found({(event.type, event.code) for event in events} == {(kind, MARKET)}, events)
            found([event.stream_type for event in events] == ["SNAPSHOT", "REALTIME"], events)

    def candles() -> None:
        events = heard(client.ws_stream.candle([MARKET], interval="1m"), 2, lambda: step(60))
        found(events[1].type == "candle.1m" and float(events[1].opening_price) > 0, events)

    def own() -> None:
        events = heard(client.ws_stream.my_order([MARKET]), 3, lambda: place(side="ask", ord_type="market", volume="5"))
        found([event.state for event in events] == ["wait", "trade", "done"], events)

    return {
        "markets": lambda: found(MARKET in [row.market for row in client.trading_pairs.list()]),
        "minutes": lambda: found(len(client.candles.list_minutes(5, market=MARKET, count=10)) == 10),
        "days": lambda: found(len(client.candles.list_days(market=MARKET, count=2)) == 2),
        "ticker": lambda: found(client.tickers.list_by_trading_pairs(markets=MARKET)[0].market == MARKET),
        "book": lambda: found(len(client.orderbooks.list(markets=MARKET)[0].orderbook_units) == 30),
        "trades": lambda: found(len(client.trades.list(market=MARKET, count=7)) == 7),
        "balances": lambda: found({"KRW", "XRP"} <= {row.currency for row in client.accounts.list()}),
        "chance": lambda: found(orders.retrieve_chance(market=MARKET).market.id == MARKET),
        "limit": limit,
        "order": lambda: found(orders.retrieve(uuid=kept["order"].uuid).volume == "10"),
        "open": lambda: found([row.uuid for row in orders.list_open(market=MARKET)] == [kept["order"].uuid]),
        "cancel": lambda: found(orders.cancel(uuid=kept["order"].uuid).uuid == kept["order"].uuid),
        "buy": lambda: found(place(side="bid", ord_type="price", price="10007").state == "wait"),
        "sell": lambda: found(place(side="ask", ord_type="market", volume="5").state == "wait"),
        "closed": lambda: found(len(list(orders.list_closed(market=MARKET))) == 3),
        "test": lambda: found(orders.test_create(market=MARKET, side="bid", ord_type="price", price="10000").uuid),
        "best": lambda: found(place(side="bid", ord_type="best", price="10000", time_in_force="ioc").ord_type == "best"),
        "replace": replace,
        "cancel_all": lambda: found(orders.cancel_open(pairs=MARKET).success.count == 1),
        "ws_prices": prices,
        "ws_candles": candles,
        "ws_own": own,
    }


if __name__ == "__main__":
    report(build)
