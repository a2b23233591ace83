"""Contract, 301 to 399: orders that are taken back, one, several, all, or for another one."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

from tests.contracts.asking import best, delete, ended, get, limit, made, money, order, post, refusal, tick, uuids
from tests.contracts.suite import ORDERS, TIME, Door, House, case

FEE = D("0.0005")


def waiting(door: Door, side: str = "bid", steps: int = 50, **more: Any) -> Any:
    """An order that trades with nothing, ten coins, so many price units from the best price."""
    bid, ask = best(door)
    return limit(door, side, bid - steps * tick(door) if side == "bid" else ask + steps * tick(door), 10, **more)


@case(301, "a cancellation shows the order as it was; then it is over and everything is free", "DELETE /v1/order", "GET /v1/order",
      needs=ORDERS)  # fmt: skip
def one(house: House) -> None:
    door = house.open()
    before = money(door, "KRW")
    by_uuid, by_name = waiting(door), waiting(door, identifier="named")
    for name, value, placed in (("uuid", by_uuid["uuid"], by_uuid), ("identifier", "named", by_name)):
        reply = delete(door, "/v1/order", **{name: value})
        assert reply.status == 200
        assert reply.value == placed
        assert order(door, placed["uuid"])["state"] == "cancel"
        assert order(door, placed["uuid"])["locked"] == "0"
        assert delete(door, "/v1/order", **{name: value}).refusal == (404, "order_not_found")
    assert money(door, "KRW") == before


@case(302, "what is over, or never was, cannot be cancelled; without a name nothing can", "DELETE /v1/order", needs=ORDERS)
def nothing_to_cancel(house: House) -> None:
    door = house.open()
    filled = ended(door, side="bid", ord_type="price", price="10000")
    assert delete(door, "/v1/order", uuid=filled["uuid"]).refusal == (404, "order_not_found")
    assert delete(door, "/v1/order", uuid="00000000-0000-4000-8000-000000000000").refusal == (404, "order_not_found")
    assert delete(door, "/v1/order").refusal == (400, "validation_error")


@case(303, "a partly filled order keeps what it has traded", "DELETE /v1/order", needs=f"{ORDERS} {TIME} terms")
def partly(house: House) -> None:
    door = house.open(settings=("passing_volume=traded",))
    placed = waiting(door, steps=5)
    door.trade(door.market, str(D(placed["price"]) - tick(door)), "4", bought=False)
    assert delete(door, "/v1/order", uuid=placed["uuid"]).status == 200
    found = order(door, placed["uuid"])
    assert (found["state"], found["executed_volume"], found["remaining_volume"], found["trades_count"]) == ("cancel", "4", "6", 1)
    assert money(door, "KRW")[1] == 0


@case(304, "cancel by ids: what worked and what did not, at most twenty", "DELETE /v1/orders/uuids", needs=ORDERS)
def by_ids(house: House) -> None:
    door = house.open()
    open_, over = [waiting(door, identifier=f"n{n}") for n in range(3)], ended(door, side="bid", ord_type="price", price="10000")
    reply = delete(door, "/v1/orders/uuids", *(("uuids[]", row["uuid"]) for row in (*open_[:2], over)))
    assert reply.status == 200
    assert {row["uuid"] for row in reply.value["success"]["orders"]} == {open_[0]["uuid"], open_[1]["uuid"]}
    assert (reply.value["success"]["count"], reply.value["failed"]["count"]) == (2, 1)
    assert reply.value["success"]["orders"][0]["market"] == door.market
    assert reply.value["success"]["orders"][0]["identifier"].startswith("n")
    named = delete(door, "/v1/orders/uuids", ("identifiers[]", "n2"), ("identifiers[]", "nobody")).value
    assert (named["success"]["count"], named["failed"]["count"]) == (1, 1)
    assert delete(door, "/v1/orders/uuids", *(("uuids[]", str(n)) for n in range(21))).refusal == (400, "invalid_parameter")
    assert delete(door, "/v1/orders/uuids").refusal == (400, "validation_error")


@case(305, "cancel all by side, market and quote currency, newest first, at most `count`", "DELETE /v1/orders/open", "GET /v1/orders/open",
      needs=ORDERS)  # fmt: skip
def everything(house: House) -> None:
    door = house.open()
    bids = [waiting(door, "bid", 50 + n)["uuid"] for n in range(3)]
    asks = [waiting(door, "ask", 50 + n)["uuid"] for n in range(3)]
    other = limit(door, "bid", 100_000_000, "0.001", market=door.other)["uuid"]
    assert cancelled(door, cancel_side="ask", count=2) == [asks[2], asks[1]]
    assert cancelled(door, cancel_side="ask", order_by="asc") == [asks[0]]
    assert cancelled(door, pairs=f"{door.market},{door.other}", excluded_pairs=door.other, count=2, order_by="asc") == bids[:2]
    assert cancelled(door, quote_currencies="BTC,USDT") == []
    assert set(cancelled(door, quote_currencies="KRW")) == {bids[2], other}
    assert get(door, "/v1/orders/open") == []
    for wrong in ({"quote_currencies": "KRW", "pairs": door.market}, {"count": "301"}, {"cancel_side": "both"}):
        assert delete(door, "/v1/orders/open", **wrong).refusal == (400, "invalid_parameter"), wrong


def cancelled(door: Door, **query: object) -> list[str]:
    """Uuids of what a cancellation of all took."""
    reply = delete(door, "/v1/orders/open", **query)
    assert (reply.status, reply.value["failed"]["count"]) == (200, 0)
    assert reply.value["success"]["count"] == len(reply.value["success"]["orders"])
    return uuids(reply.value["success"]["orders"])


@case(310, "cancel and new: the old one as it was, and the name of the new one", "POST /v1/orders/cancel_and_new", "GET /v1/order",
      needs=ORDERS)  # fmt: skip
def replace(house: House) -> None:
    door = house.open()
    old = waiting(door, identifier="old")
    at = str(D(old["price"]) - tick(door))
    terms = {"new_ord_type": "limit", "new_price": at, "new_volume": "7", "new_identifier": "new"}
    answer = made(door, "/v1/orders/cancel_and_new", prev_order_uuid=old["uuid"], **terms)
    assert {name: answer[name] for name in old} == old
    assert (answer["state"], answer["new_order_identifier"]) == ("wait", "new")
    assert order(door, old["uuid"])["state"] == "cancel"
    found = order(door, answer["new_order_uuid"])
    assert (found["market"], found["side"], found["price"], found["volume"], found["identifier"]) == (door.market, "bid", at, "7", "new")
    assert money(door, "KRW")[1] == 7 * D(at) * (1 + FEE)


@case(311, "cancel and new with what is left", "POST /v1/orders/cancel_and_new", needs=f"{ORDERS} {TIME} terms")
def remain_only(house: House) -> None:
    door = house.open(settings=("passing_volume=traded",))
    old = waiting(door, steps=5, identifier="old")
    door.trade(door.market, str(D(old["price"]) - tick(door)), "4", bought=False)
    terms = {"new_ord_type": "limit", "new_price": str(D(old["price"]) - 20 * tick(door)), "new_volume": "remain_only"}
    answer = made(door, "/v1/orders/cancel_and_new", prev_order_identifier="old", **terms)
    assert order(door, answer["new_order_uuid"])["volume"] == "6"


@case(312, "cancel and new that is refused leaves the old order alone", "POST /v1/orders/cancel_and_new", needs=ORDERS)
def refused(house: House) -> None:
    door = house.open()
    old = waiting(door, identifier="old")
    good = {"prev_order_uuid": old["uuid"], "new_ord_type": "limit", "new_price": old["price"], "new_volume": "7"}
    for wrong, name in (
        ({"new_price": str(D(old["price"]) + tick(door) / 2)}, "invalid_price_bid"),
        ({"new_volume": "0.5"}, "under_min_total_bid"),
        ({"new_volume": "300000"}, "insufficient_funds_bid"),
        ({"new_identifier": "old"}, "duplicated_identifier"),
        ({"new_ord_type": "market"}, "create_bid_error"),
    ):
        assert post(door, "/v1/orders/cancel_and_new", good | wrong).refusal == (400, name), wrong
        assert order(door, old["uuid"])["state"] == "wait"
    assert made(door, "/v1/orders/cancel_and_new", **good)["new_order_uuid"]
    assert post(door, "/v1/orders/cancel_and_new", good).refusal == (404, "order_not_found")
    assert refusal(door, side="bid", ord_type="limit", price=old["price"], volume="10", identifier="old") == (400, "duplicated_identifier")
