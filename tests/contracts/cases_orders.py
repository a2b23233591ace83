"""Contract, 201 to 249: orders that are made, what they lock, pay and leave."""

from __future__ import annotations

from decimal import ROUND_DOWN
from decimal import Decimal as D
from typing import Any

from tests.contracts.asking import best, book, ended, get, limit, made, money, order, place, refusal, tested, tick
from tests.contracts.suite import ACCOUNT, ORDERS, TERMS, TIME, House, case

ALWAYS = {
    "market", "uuid", "side", "ord_type", "state", "created_at", "remaining_volume", "executed_volume", "reserved_fee", "remaining_fee",
    "paid_fee", "locked", "trades_count", "prevented_volume", "prevented_locked",
}  # fmt: skip
FEE = D("0.0005")
E8 = D("1e-8")


def funds(found: Any) -> D:
    """Money of an order's trades, each of which is price times volume."""
    for trade in found["trades"]:
        assert D(trade["funds"]) == D(trade["price"]) * D(trade["volume"])
    return sum((D(trade["funds"]) for trade in found["trades"]), D(0))


@case(201, "a limit buy waits and locks its total and the fee", "POST /v1/orders", "GET /v1/order", "GET /v1/accounts", needs=ORDERS)
def resting_buy(house: House) -> None:
    door = house.open()
    free, _ = money(door, "KRW")
    at = best(door)[0] - 100 * tick(door)
    found = limit(door, "bid", at, "10.5")
    total = at * D("10.5")
    assert set(found) >= ALWAYS, ALWAYS - set(found)
    assert (found["state"], found["trades_count"], found["created_at"][-6:]) == ("wait", 0, "+09:00")
    assert (D(found["reserved_fee"]), D(found["remaining_fee"]), D(found["locked"])) == (total * FEE, total * FEE, total * (1 + FEE))
    assert (D(found["volume"]), D(found["remaining_volume"]), D(found["price"])) == (D("10.5"), D("10.5"), at)
    assert order(door, found["uuid"])["trades"] == []
    assert money(door, "KRW") == (free - total * (1 + FEE), total * (1 + FEE))


@case(202, "a limit sale waits and locks its coins", "POST /v1/orders", "GET /v1/accounts", needs=ORDERS)
def resting_sale(house: House) -> None:
    door = house.open()
    free, _ = money(door, "XRP")
    found = limit(door, "ask", best(door)[1] + 100 * tick(door), "12.34567891")
    assert (found["locked"], found["reserved_fee"]) == ("12.34567891", "0")
    assert money(door, "XRP") == (free - D("12.34567891"), D("12.34567891"))


@case(203, "a market buy that leaves a residue ends as cancel", "POST /v1/orders", "GET /v1/order", needs=ORDERS)
def market_buy(house: House) -> None:
    door = house.open()
    before, held = sum(money(door, "KRW")), sum(money(door, "XRP"))
    total = D(10007)
    ask = best(door)[1]
    taken = place(door, side="bid", ord_type="price", price=str(total))
    assert (taken["state"], "volume" in taken, D(taken["locked"]), D(taken["reserved_fee"])) == (
        "wait", False, total * (1 + FEE), total * FEE,
    )  # fmt: skip
    found = order(door, taken["uuid"])
    volume = (total / ask).quantize(E8, ROUND_DOWN)
    assert (found["state"], D(found["executed_volume"]), funds(found)) == ("cancel", volume, volume * ask)
    assert (D(found["paid_fee"]), found["locked"]) == (volume * ask * FEE, "0")
    assert sum(money(door, "KRW")) == before - volume * ask * (1 + FEE)
    assert sum(money(door, "XRP")) == held + volume


@case(204, "a market buy without a residue is done", "POST /v1/orders", needs=ORDERS)
def exact_buy(house: House) -> None:
    door = house.open()
    assert ended(door, side="bid", ord_type="price", price=str(best(door)[1] * 10))["state"] == "done"


@case(205, "a market sale is done, its fee is taken from the proceeds unrounded", "POST /v1/orders", "GET /v1/order", needs=ORDERS)
def market_sale(house: House) -> None:
    door = house.open()
    before = sum(money(door, "KRW"))
    found = ended(door, side="ask", ord_type="market", volume="5.377594")
    proceeds = funds(found)
    assert (found["state"], proceeds, D(found["paid_fee"])) == ("done", best_before(found) * D("5.377594"), proceeds * FEE)
    assert "price" not in found
    assert sum(money(door, "KRW")) == before + proceeds * (1 - FEE)


def best_before(found: Any) -> D:
    """The one price that an order traded at."""
    (price,) = {D(trade["price"]) for trade in found["trades"]}
    return price


@case(206, "an order walks the book level by level", "POST /v1/orders", "GET /v1/order", "GET /v1/orderbook", needs=f"{ORDERS} {TERMS}")
def walk(house: House) -> None:
    door = house.open(settings=("depth=10",), money={"KRW": "100000000"})
    asks = [(D(str(u["ask_price"])), D(str(u["ask_size"]))) for u in book(door)["orderbook_units"]]
    total = sum((price * size for price, size in asks[:3]), D(0)) + 1
    found = ended(door, side="bid", ord_type="price", price=str(total.quantize(D(1), ROUND_DOWN)))
    trades = [(D(trade["price"]), D(trade["volume"])) for trade in found["trades"]]
    assert trades[:2] == asks[:2]
    assert len(trades) in (3, 4)
    assert {trade["trend"] for trade in found["trades"]} == {"up"}
    assert D(str(book(door)["orderbook_units"][0]["ask_price"])) >= trades[-1][0], "what was taken is gone"


@case(207, "a best order takes the best price and nothing beyond it", "POST /v1/orders", needs=f"{ORDERS} {TERMS}")
def best_order(house: House) -> None:
    door = house.open(settings=("depth=10",))
    unit = book(door)["orderbook_units"][0]
    size, ask = D(str(unit["ask_size"])), D(str(unit["ask_price"]))
    found = ended(door, side="bid", ord_type="best", price=str((2 * size * ask).quantize(D(1))), time_in_force="ioc")
    assert (found["state"], D(found["executed_volume"]), best_before(found)) == ("cancel", size, ask)
    sold = ended(door, side="ask", ord_type="best", volume="2", time_in_force="fok")
    assert (sold["state"], sold["executed_volume"], best_before(sold)) == ("done", "2", D(str(unit["bid_price"])))
    none = ended(door, side="ask", ord_type="best", volume=str(10 * size), time_in_force="fok")
    assert (none["state"], none["executed_volume"]) == ("cancel", "0")


@case(208, "ioc fills what it can and cancels the rest, fok all or nothing", "POST /v1/orders", needs=f"{ORDERS} {TERMS}")
def conditions(house: House) -> None:
    door = house.open(settings=("depth=10",))
    unit = book(door)["orderbook_units"][0]
    size, ask = D(str(unit["ask_size"])), str(unit["ask_price"])
    fields: dict[str, Any] = {"side": "bid", "ord_type": "limit", "price": ask, "volume": str(size + 5)}
    killed = ended(door, **fields, time_in_force="fok")
    assert (killed["state"], killed["executed_volume"], killed["time_in_force"]) == ("cancel", "0", "fok")
    partly = ended(door, **fields, time_in_force="ioc")
    assert (partly["state"], D(partly["executed_volume"]), D(partly["remaining_volume"])) == ("cancel", size, D(5))
    assert money(door, "KRW")[1] == 0


@case(209, "post_only waits, and is cancelled where it would trade", "POST /v1/orders", needs=ORDERS)
def post_only(house: House) -> None:
    door = house.open()
    bid, ask = best(door)
    crossing = ended(door, side="bid", ord_type="limit", price=str(ask), volume="10", time_in_force="post_only")
    assert (crossing["state"], crossing["trades"]) == ("cancel", [])
    assert limit(door, "bid", bid - 50 * tick(door), 10, time_in_force="post_only")["state"] == "wait"


@case(210, "a limit order that trades at once pays the book's price and waits with its rest", "POST /v1/orders", "GET /v1/order",
      needs=f"{ORDERS} {TERMS}")  # fmt: skip
def marketable(house: House) -> None:
    door = house.open(settings=("depth=10",))
    unit = book(door)["orderbook_units"][0]
    size, ask = D(str(unit["ask_size"])), D(str(unit["ask_price"]))
    before = sum(money(door, "KRW"))
    rest = D(3)
    found = order(door, limit(door, "bid", ask, size + rest)["uuid"])
    assert (found["state"], D(found["executed_volume"]), D(found["remaining_volume"])) == ("wait", size, rest)
    assert D(found["locked"]) == rest * ask * (1 + FEE) == money(door, "KRW")[1]
    assert D(found["paid_fee"]) + D(found["remaining_fee"]) == D(found["reserved_fee"])
    assert sum(money(door, "KRW")) == before - size * ask * (1 + FEE)


@case(211, "a cheaper fill frees the difference", "POST /v1/orders", needs=ORDERS)
def better_price(house: House) -> None:
    door = house.open()
    before = money(door, "KRW")[0]
    ask = best(door)[1]
    found = ended(door, side="bid", ord_type="limit", price=str(ask + 20 * tick(door)), volume="10")
    assert (found["state"], best_before(found)) == ("done", ask)
    assert money(door, "KRW") == (before - 10 * ask * (1 + FEE), 0)


@case(212, "a waiting order trades when others trade through its price, not at it", "POST /v1/orders", "GET /v1/order",
      needs=f"{ORDERS} {TIME}")  # fmt: skip
def traded_through(house: House) -> None:
    door = house.open()
    at = best(door)[0] - 5 * tick(door)
    waiting = limit(door, "bid", at, 10)["uuid"]
    door.trade(door.market, str(at), "3", bought=False)
    assert order(door, waiting)["state"] == "wait"
    door.trade(door.market, str(at - tick(door)), "3", bought=False)
    found = order(door, waiting)
    assert (found["state"], best_before(found), found["trades"][0]["trend"]) == ("done", at, "down")
    assert D(found["paid_fee"]) == 10 * at * FEE
    sale = limit(door, "ask", at + 30 * tick(door), 10)["uuid"]
    door.trade(door.market, str(at + 31 * tick(door)), "3", bought=True)
    assert (order(door, sale)["state"], order(door, sale)["trades"][0]["trend"]) == ("done", "up")


@case(213, "waiting orders trade best price first, then oldest", "POST /v1/orders", needs=f"{ORDERS} {TERMS} {TIME}")
def queue(house: House) -> None:
    door = house.open(settings=("passing_volume=traded",))
    unit, at = tick(door), best(door)[0] - 5 * tick(door)
    waiting = [limit(door, "bid", price, 10)["uuid"] for price in (at, at + unit, at + unit, at)]
    left = []
    for _ in range(4):
        door.trade(door.market, str(at - unit), "10", bought=False)
        left.append([order(door, uuid)["state"] for uuid in waiting].count("wait"))
        assert order(door, waiting[[1, 2, 0, 3][len(left) - 1]])["state"] == "done"
    assert left == [3, 2, 1, 0]


@case(214, "volumes are cut to eight decimals", "POST /v1/orders", needs=ORDERS)
def decimals(house: House) -> None:
    door = house.open()
    found = limit(door, "bid", best(door)[0] - 50 * tick(door), "10.123456789")
    assert found["volume"] == "10.12345678"


@case(215, "everything locked is locked by an open order", "GET /v1/accounts", "GET /v1/orders/open", needs=f"{ORDERS} {TIME}")
def locks(house: House) -> None:
    door = house.open()
    bid, ask = best(door)
    unit = tick(door)
    for number in range(1, 9):
        limit(door, "bid", bid - number * 3 * unit, number + 2)
        limit(door, "ask", ask + number * 3 * unit, number + 2)
    ended(door, side="bid", ord_type="price", price="33333")
    door.step(300)
    rows = get(door, "/v1/orders/open", market=door.market)
    for side, currency in (("bid", "KRW"), ("ask", "XRP")):
        assert sum((D(row["locked"]) for row in rows if row["side"] == side), D(0)) == money(door, currency)[1]


@case(216, "each quote currency has its own fee and minimum", "POST /v1/orders", "GET /v1/orders/chance", needs=f"{ORDERS} {TERMS}")
def quotes(house: House) -> None:
    door = house.open()
    for market, least, fee, under in (("BTC-XRP", "0.00005", "0.0025", "0.00004999"), ("USDT-XRP", "0.5", "0.0025", "0.499999")):
        chance = get(door, "/v1/orders/chance", market=market)
        assert (chance["bid_fee"], D(chance["market"]["bid"]["min_total"])) == (fee, D(least))
        assert refusal(door, market=market, side="bid", ord_type="price", price=under) == (400, "under_min_total_bid")
        found = ended(door, market=market, side="bid", ord_type="price", price=least)
        assert D(found["paid_fee"]) == funds(found) * D(fee)


@case(217, "a test order is answered like an order and changes nothing", "POST /v1/orders/test", "GET /v1/order", needs=ACCOUNT)
def test_order(house: House) -> None:
    door = house.open()
    before = get(door, "/v1/accounts")
    at = best(door)[0] - 50 * tick(door)
    fields = {"market": door.market, "side": "bid", "ord_type": "limit", "price": str(at), "volume": str(10_000 // at + 1)}
    found = made(door, "/v1/orders/test", **fields)
    assert set(found) >= ALWAYS
    assert get(door, "/v1/accounts") == before
    assert get(door, "/v1/orders/uuids", ("uuids[]", found["uuid"])) == []


@case(218, "an order of nothing, of a market that is closed, and of one that nobody agreed to", "POST /v1/orders",
      needs=f"{ORDERS} {TERMS} {TIME}")  # fmt: skip
def closed(house: House) -> None:
    door = house.open(settings=("agreed_to_third_party=false",))
    order_of = {"side": "bid", "ord_type": "price", "price": "10000"}
    assert refusal(door, **order_of, market="KRW-NOSUCHCOIN") == (400, "notfoundmarket")
    assert refusal(door, **order_of, market="BTC-XRP") == (400, "thirdparty_agreement_required")
    door.offline(door.market, True)
    assert get(door, "/v1/orders/chance", market=door.market)["market"]["state"] == "offline"
    assert refusal(door, **order_of) == tested(door, **order_of) == (403, "market_offline")
    door.offline(door.market, False)
    assert ended(door, **order_of)["trades_count"] > 0


@case(219, "the average price is that of the coins held", "GET /v1/accounts", needs=f"{ORDERS} {TERMS}")
def average(house: House) -> None:
    door = house.open(money={"KRW": "100000000", "XRP": "100"})  # bought at 2,000
    price = funds(ended(door, side="bid", ord_type="limit", price=str(best(door)[1]), volume="100")) / 100
    rows: dict[str, Any] = {row["currency"]: row for row in get(door, "/v1/accounts")}
    assert D(rows["XRP"]["avg_buy_price"]) == (2000 + price) / 2
    assert (rows["KRW"]["avg_buy_price"], rows["KRW"]["unit_currency"]) == ("0", "KRW")
