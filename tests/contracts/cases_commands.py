"""Contract, 901 to 999: the owner's hand tools on the exchange: `jangdan market`, `portfolio`, `trade`, `orders`."""

from __future__ import annotations

from decimal import Decimal as D

from tests.contracts.asking import best, book, get, limit, money, order, price, tick
from tests.contracts.suite import COMMANDS, TERMS, House, case


@case(901, "`market` shows the ticker, the book and the trades of now", "GET /v1/ticker", "GET /v1/orderbook", "GET /v1/trades/ticks",
      needs=COMMANDS)  # fmt: skip
def market(house: House) -> None:
    door = house.open()
    code, shown = door.command("market", door.market, "--json")
    assert code == 0
    assert D(shown["ticker"]["trade_price"]) == D(str(price(door, "/v1/ticker", markets=door.market)[0]["trade_price"]))
    assert D(shown["book"]["orderbook_units"][0]["bid_price"]) == best(door)[0]
    assert len(shown["trades"]) >= 1
    assert len(shown["candles"]) >= 20
    assert {"rsi", "macd"} & {name.partition("(")[0] for name in shown["indicators"]}


@case(902, "`portfolio` values what is held", "GET /v1/accounts", "GET /v1/ticker/all", needs=f"{COMMANDS} {TERMS}")
def portfolio(house: House) -> None:
    door = house.open(money={"KRW": "1000000", "XRP": "100"})
    code, shown = door.command("portfolio", "--json")
    last = D(str(price(door, "/v1/ticker", markets=door.market)[0]["trade_price"]))
    assert (code, D(shown["total_krw"])) == (0, 1_000_000 + 100 * last)


@case(903, "`trade` asks first, caps what is bought, and orders", "GET /v1/orders/chance", "POST /v1/orders", "GET /v1/order",
      needs=COMMANDS)  # fmt: skip
def trade(house: House) -> None:
    door = house.open()
    before = get(door, "/v1/accounts")
    code, shown = door.command("trade", "buy", door.market, "20000", "--json", live=False)
    assert (code, shown["dry_run"], get(door, "/v1/accounts")) == (0, True, before)
    code, shown = door.command("trade", "buy", door.market, "20000", "--json")
    assert (code, shown["dry_run"], shown["identifier"]) == (0, False, order(door, shown["uuid"])["identifier"])
    assert D(order(door, shown["uuid"])["executed_volume"]) > 0
    code, shown = door.command("trade", "sell", door.market, "5", "--json")
    assert (code, order(door, shown["uuid"])["state"]) == (0, "done")
    code, shown = door.command("trade", "buy", door.market, "150000", "--json")
    spent = sum(D(fill["funds"]) for fill in order(door, shown["uuid"])["trades"]) if code == 0 else D(0)
    assert spent <= 100_000, "a buy by hand is capped"


@case(904, "`orders` lists, cancels and adds up", "GET /v1/orders/open", "DELETE /v1/order", "DELETE /v1/orders/open",
      "GET /v1/orders/closed", needs=COMMANDS)  # fmt: skip
def orders(house: House) -> None:
    door = house.open()
    at = best(door)[0] - 50 * tick(door)
    made = [limit(door, "bid", at - number, 10, identifier=f"hand-{number}") for number in range(3)]
    code, shown = door.command("orders", "list", "--json")
    assert (code, {row["uuid"] for row in shown}) == (0, {row["uuid"] for row in made})
    code, shown = door.command("orders", "cancel", "hand-0", "--json")
    assert (code, order(door, made[0]["uuid"])["state"]) == (0, "cancel")
    code, shown = door.command("orders", "cancel", "--all", "--json")
    assert (code, get(door, "/v1/orders/open"), money(door, "KRW")[1]) == (0, [], 0)
    assert len(book(door)["orderbook_units"]) == 30
    code, shown = door.command("orders", "closed", "--profit", "--json")
    assert code == 0
