"""Contract, 401 to 499: questions about the account and its orders."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

from tests.contracts.asking import best, delete, ended, get, get_refusal, limit, order, tick, uuids
from tests.contracts.cases_cancels import waiting
from tests.contracts.suite import ACCOUNT, ORDERS, TIME, House, case

ACCOUNT_FIELDS = {"currency", "balance", "locked", "avg_buy_price", "avg_buy_price_modified", "unit_currency"}


@case(401, "balances are decimal texts", "GET /v1/accounts", needs=ACCOUNT)
def accounts(house: House) -> None:
    rows = get(house.open(), "/v1/accounts")
    assert {frozenset(row) for row in rows} == {frozenset(ACCOUNT_FIELDS)}
    assert "KRW" in {row["currency"] for row in rows}
    for row in rows:
        assert [type(row[name]) for name in ("balance", "locked", "avg_buy_price", "avg_buy_price_modified")] == [str, str, str, bool]
        assert min(D(row["balance"]), D(row["locked"]), D(row["avg_buy_price"])) >= 0


@case(402, "order chance: fees, kinds, minimums, balances", "GET /v1/orders/chance", needs=ACCOUNT)
def chance(house: House) -> None:
    door = house.open()
    found = get(door, "/v1/orders/chance", market=door.market)
    assert {found[name] for name in ("bid_fee", "ask_fee", "maker_bid_fee", "maker_ask_fee")} == {"0.0005"}
    terms = found["market"]
    assert (terms["id"], terms["state"], D(terms["max_total"])) == (door.market, "active", D(1_000_000_000))
    assert D(terms["bid"]["min_total"]) == D(terms["ask"]["min_total"]) == 5000
    assert set(terms["bid_types"]) == {"best_fok", "best_ioc", "limit", "limit_fok", "limit_ioc", "price"}
    assert set(terms["ask_types"]) == {"best_fok", "best_ioc", "limit", "limit_fok", "limit_ioc", "market"}
    assert (found["bid_account"]["currency"], found["ask_account"]["currency"]) == tuple(door.market.split("-"))
    assert set(found["bid_account"]) == set(found["ask_account"]) == ACCOUNT_FIELDS
    assert get_refusal(door, "/v1/orders/chance", market="KRW-NOSUCHCOIN") == (400, "notfoundmarket")
    assert get_refusal(door, "/v1/orders/chance") == (400, "validation_error")


@case(403, "one order by uuid or identifier; the uuid wins", "GET /v1/order", needs=ORDERS)
def one(house: House) -> None:
    door = house.open()
    first, second = waiting(door, identifier="a"), waiting(door, identifier="b")
    assert get(door, "/v1/order", identifier="b")["uuid"] == second["uuid"]
    assert get(door, "/v1/order", uuid=first["uuid"], identifier="b")["identifier"] == "a"
    assert get_refusal(door, "/v1/order", identifier="c") == (404, "order_not_found")
    assert get_refusal(door, "/v1/order") == (400, "validation_error")


@case(404, "absent instead of null", "GET /v1/order", "GET /v1/orders/closed", needs=ORDERS)
def absent(house: House) -> None:
    door = house.open()
    bought = ended(door, side="bid", ord_type="price", price="10000")
    sold = ended(door, side="ask", ord_type="market", volume="5")
    assert {"volume", "time_in_force", "identifier"} & set(bought) == set()
    assert {"price", "time_in_force", "identifier"} & set(sold) == set()
    assert None not in bought.values()
    for row in get(door, "/v1/orders/closed"):
        assert "trades" not in row
        assert None not in row.values()


@case(405, "the trades of an order, with microseconds", "GET /v1/order", needs=ORDERS)
def trades(house: House) -> None:
    door = house.open()
    found = ended(door, side="ask", ord_type="market", volume="5")
    assert found["trades_count"] == len(found["trades"]) == 1
    trade = found["trades"][0]
    assert set(trade) == {"market", "uuid", "price", "volume", "funds", "trend", "created_at", "side"}
    assert (trade["side"], trade["trend"], len(trade["created_at"])) == ("ask", "down", len("2025-08-09T16:44:00.597751+09:00"))


@case(410, "open orders: newest first, by page, market and state", "GET /v1/orders/open", needs=ORDERS)
def open_orders(house: House) -> None:
    door = house.open()
    made = [waiting(door, steps=50 + n)["uuid"] for n in range(5)]
    other = limit(door, "bid", 100_000_000, "0.001", market=door.other)["uuid"]
    assert uuids(get(door, "/v1/orders/open")) == [other, *reversed(made)]
    mine = {"market": door.market}
    assert uuids(get(door, "/v1/orders/open", **mine, order_by="asc", limit=2)) == made[:2]
    assert uuids(get(door, "/v1/orders/open", **mine, order_by="asc", limit=2, page=3)) == made[4:]
    assert uuids(get(door, "/v1/orders/open", ("states[]", "wait"), ("states[]", "watch"), **mine)) == made[::-1]
    assert get(door, "/v1/orders/open", state="watch") == []
    for wrong in ({"state": "done"}, {"limit": "101"}, {"page": "0"}, {"order_by": "up"}):
        assert get_refusal(door, "/v1/orders/open", **wrong) == (400, "invalid_parameter"), wrong
    assert get_refusal(door, "/v1/orders/open", ("states[]", "wait"), state="wait") == (400, "invalid_parameter")
    assert get_refusal(door, "/v1/orders/open", market="KRW-NOSUCHCOIN") == (400, "notfoundmarket")


@case(411, "closed orders: by state, and in a window of at most seven days", "GET /v1/orders/closed", needs=f"{ORDERS} {TIME}")
def closed_orders(house: House) -> None:
    door = house.open()
    bought = ended(door, side="bid", ord_type="price", price="10007")["uuid"]
    sold = ended(door, side="ask", ord_type="market", volume="5")["uuid"]
    gone = waiting(door)
    delete(door, "/v1/order", uuid=gone["uuid"])
    assert uuids(get(door, "/v1/orders/closed")) == [gone["uuid"], sold, bought]
    assert uuids(get(door, "/v1/orders/closed", state="done", market=door.market)) == [sold]
    assert uuids(get(door, "/v1/orders/closed", ("states[]", "cancel"), order_by="asc", limit=1)) == [bought]
    at = gone["created_at"]
    assert len(get(door, "/v1/orders/closed", start_time=at)) == 3
    door.step(2)
    late = ended(door, side="bid", ord_type="price", price="10007")
    assert uuids(get(door, "/v1/orders/closed", end_time=at)) == [gone["uuid"], sold, bought]
    assert uuids(get(door, "/v1/orders/closed", start_time=late["created_at"])) == [late["uuid"]]
    assert get(door, "/v1/orders/closed", end_time="1700000000000") == []
    for wrong in (
        {"start_time": "2026-11-01T00:00:00+09:00", "end_time": "2026-11-08T00:00:01+09:00"},
        {"start_time": "2026-11-02T00:00:00+09:00", "end_time": "2026-11-01T00:00:00+09:00"},
        {"start_time": "soon"}, {"limit": "1001"}, {"state": "wait"},
    ):  # fmt: skip
        assert get_refusal(door, "/v1/orders/closed", **wrong) == (400, "invalid_parameter"), wrong
    assert len(get(door, "/v1/orders/closed", limit=1000)) == 4


@case(412, "orders by up to a hundred names; what is not there is left out", "GET /v1/orders/uuids", needs=ORDERS)
def by_names(house: House) -> None:
    door = house.open()
    made = [waiting(door, steps=50 + n, identifier=f"장단 {n}") for n in range(3)]
    found: Any = get(door, "/v1/orders/uuids", *(("uuids[]", row["uuid"]) for row in made), ("uuids[]", "nobody"), order_by="asc")
    assert found == [{name: value for name, value in row.items() if name != "trades"} for row in made]
    assert uuids(get(door, "/v1/orders/uuids", ("identifiers[]", "장단 1"))) == [made[1]["uuid"]]
    assert get(door, "/v1/orders/uuids", ("identifiers[]", "장단 1"), market=door.other) == []
    hundred = [("uuids[]", f"{n}") for n in range(100)]
    assert get(door, "/v1/orders/uuids", *hundred) == []
    assert get_refusal(door, "/v1/orders/uuids", *hundred, ("uuids[]", "x")) == (400, "invalid_parameter")
    assert get_refusal(door, "/v1/orders/uuids") == (400, "validation_error")


@case(413, "the legacy list", "GET /v1/orders", needs=ORDERS)
def legacy(house: House) -> None:
    door = house.open()
    open_ = waiting(door, identifier="a")["uuid"]
    over = ended(door, side="ask", ord_type="market", volume="5")["uuid"]
    assert uuids(get(door, "/v1/orders")) == [open_]
    assert uuids(get(door, "/v1/orders", state="done")) == [over]
    assert uuids(get(door, "/v1/orders", ("states[]", "wait"), ("states[]", "done"), order_by="asc", limit=1, page=2)) == [over]
    assert uuids(get(door, "/v1/orders", ("identifiers[]", "a"))) == [open_]


@case(420, "an order lives: waits, trades in parts, is done, and every answer says the same", "GET /v1/order", "GET /v1/orders/open",
      "GET /v1/orders/uuids", "GET /v1/orders/closed", needs=f"{ORDERS} {TIME} terms")  # fmt: skip
def life(house: House) -> None:
    door = house.open(settings=("passing_volume=traded",))
    at = best(door)[0] - 5 * tick(door)
    uuid = limit(door, "bid", at, 10)["uuid"]
    for passed, executed in ((D("2.5"), D("2.5")), (D(4), D("6.5"))):
        door.trade(door.market, str(at - tick(door)), str(passed), bought=False)
        (listed,) = get(door, "/v1/orders/open")
        alone = order(door, uuid)
        assert listed == {name: value for name, value in alone.items() if name != "trades"}
        assert (D(alone["executed_volume"]), D(alone["remaining_volume"])) == (executed, 10 - executed)
        assert D(alone["executed_volume"]) + D(alone["remaining_volume"]) + D(alone["prevented_volume"]) == D(alone["volume"])
    door.trade(door.market, str(at - tick(door)), "100", bought=False)
    assert get(door, "/v1/orders/open") == []
    (closed,) = get(door, "/v1/orders/closed")
    assert closed == get(door, "/v1/orders/uuids", ("uuids[]", uuid))[0]
    assert (closed["state"], closed["trades_count"], closed["locked"], closed["remaining_fee"]) == ("done", 3, "0", "0")
