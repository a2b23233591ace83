"""Contract, 250 to 299: which orders are taken: kinds and conditions, self-trade, identifiers, price units, minimums, sizes."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

from tests.contracts.asking import best, book, ended, limit, money, order, place, post, refusal, tested, tick
from tests.contracts.suite import ACCOUNT, ORDERS, TERMS, Door, House, case
from tests.engine.exchange.venue.test_core import CASES, expected

FEE = D("0.0005")


@case(250, "every combination of kind, side, fields and condition, by the documents' table", "POST /v1/orders/test", needs=ACCOUNT)
def table(house: House) -> None:
    door = house.open()
    bid = best(door)[0]
    at, volume = bid - bid % (10 * tick(door)), str(10_000 // bid + 1)
    taken = 0
    for kind, side, has_price, has_volume, condition in CASES:
        fields: dict[str, Any] = {"side": side, "ord_type": kind}
        fields |= {"time_in_force": condition} if condition else {}
        fields |= {"price": str(at) if kind == "limit" else "10000"} if has_price else {}
        fields |= {"volume": volume} if has_volume else {}
        want = expected(kind, side, has_price, has_volume, condition)
        status, name = tested(door, **fields)
        assert name == want, fields
        assert status in ((200, 201) if want == "taken" else (400,)), fields
        taken += want == "taken"
    assert taken >= 14


@case(255, "self-trade prevention by the arriving order's setting", "POST /v1/orders", "GET /v1/order", needs=f"{ORDERS} {TERMS}")
def self_trade(house: House) -> None:
    for setting, maker_state, taker_state, prevented in (
        ("cancel_maker", "cancel", "wait", (D(10), D(0))),
        ("cancel_taker", "wait", "cancel", (D(0), D(4))),
        ("reduce", "wait", "cancel", (D(4), D(4))),
        ("none", "wait", "done", (D(0), D(0))),
    ):
        door = house.open()
        at = _between(door)
        maker = limit(door, "ask", at, 10)["uuid"]
        taker = limit(door, "bid", at, 4, smp_type=setting)["uuid"]
        found = [order(door, uuid) for uuid in (maker, taker)]
        assert [row["state"] for row in found] == [maker_state, taker_state], setting
        assert tuple(D(row["prevented_volume"]) for row in found) == prevented, setting
        assert D(found[1]["prevented_locked"]) == prevented[1] * at * (1 + FEE), setting
        assert D(found[0]["prevented_locked"]) == prevented[0], setting
        assert [len(row["trades"]) for row in found] == ([1, 1] if setting == "none" else [0, 0])


def _between(door: Door) -> D:
    """A price between the best bid and ask."""
    bid, ask = best(door)
    assert ask - bid >= 2 * tick(door)
    return bid + tick(door)


@case(256, "without a setting: none before 2026-11-09, then cancel_maker, which answers show", "POST /v1/orders", needs=f"{ORDERS} {TERMS}")
def default_setting(house: House) -> None:
    for at, shown, state in (("2026-11-08 12:00", None, "done"), ("2026-11-10 12:00", "cancel_maker", "cancel")):
        door = house.open(at=at)
        price = _between(door)
        maker = limit(door, "ask", price, 10)
        assert maker.get("smp_type") == shown
        limit(door, "bid", price, 10)
        assert order(door, maker["uuid"])["state"] == state
    assert limit(door, "bid", price - 100, 10, time_in_force="post_only").get("smp_type") == "none"


@case(257, "post_only and self-trade prevention exclude one another", "POST /v1/orders/test", needs=ACCOUNT)
def post_only_setting(house: House) -> None:
    door = house.open()
    at = best(door)[0] - 50 * tick(door)
    fields = {"side": "bid", "ord_type": "limit", "price": str(at), "volume": str(10_000 // at + 1), "time_in_force": "post_only"}
    for setting in ("cancel_maker", "cancel_taker", "reduce"):
        assert tested(door, **fields, smp_type=setting) == (400, "invalid_post_only")
    assert tested(door, **fields)[1] == "taken"


@case(260, "an identifier burns: after the end of its order, and even with a refused one", "POST /v1/orders", "DELETE /v1/order",
      needs=ORDERS)  # fmt: skip
def identifiers(house: House) -> None:
    door = house.open()
    at = best(door)[0] - 50 * tick(door)
    assert limit(door, "bid", at, 10, identifier="장단-1")["identifier"] == "장단-1"
    again = {"side": "bid", "ord_type": "limit", "price": str(at), "volume": "10"}
    assert refusal(door, **again, identifier="장단-1") == (400, "duplicated_identifier")
    ended(door, side="bid", ord_type="price", price="10000", identifier="filled")
    assert refusal(door, **again, identifier="filled") == (400, "duplicated_identifier")
    assert refusal(door, **again | {"volume": "0.1"}, identifier="refused") == (400, "under_min_total_bid")
    assert refusal(door, **again, identifier="refused") == (400, "duplicated_identifier")
    assert refusal(door, **again, identifier="x" * 65) == (400, "invalid_parameter")
    assert place(door, **again, identifier="x" * 64)["state"] == "wait"


@case(265, "prices lie on the grid of their date", "POST /v1/orders/test", needs=f"{ACCOUNT} {TERMS}")
def grid(house: House) -> None:
    dates = ("2023-12-01 12:00", "2024-02-01 12:00", "2025-08-01 12:00")
    units = {
        "500": ("1", "0.1", "1"), "2500": ("5", "1", "1"), "7000": ("5", "1", "5"), "25000": ("10", "10", "10"),
        "250000": ("50", "50", "100"), "750000": ("100", "100", "500"), "1500000": ("500", "500", "1000"), "3000000": ("1000",) * 3,
        "5": ("0.01", "0.001", "0.01"), "0.5": ("0.001", "0.0001", "0.001"), "0.05": ("0.0001", "0.00001", "0.0001"),
    }  # fmt: skip
    checked = 0
    for number, date in enumerate(dates):
        door = house.open(at=date)
        for price, found in units.items():
            unit = D(found[number])
            fields = {"side": "bid", "ord_type": "limit", "volume": str((10_000 / D(price)).quantize(D("1e-8")) + 1)}
            assert tested(door, **fields, price=str(D(price) + unit))[1] == "taken", (date, price)
            assert tested(door, **fields, price=str(D(price) + unit / 2)) == (400, "invalid_price_bid"), (date, price)
            checked += 1
    assert checked == 33


@case(266, "the unit is that of the order's own price, below a band's edge as above it", "POST /v1/orders/test", needs=f"{ACCOUNT} {TERMS}")
def bands(house: House) -> None:
    door = house.open()
    for price, name in (("9995", "taken"), ("9999", "invalid_price_ask"), ("10010", "taken"), ("10005", "invalid_price_ask")):
        assert tested(door, side="ask", ord_type="limit", price=price, volume="10")[1] == name, price


@case(270, "the smallest order, to the last unit", "POST /v1/orders/test", needs=ACCOUNT)
def minimums(house: House) -> None:
    door = house.open()
    at = best(door)[0]
    least = D(5000) / at
    over, under = least.quantize(D("1e-8")) + D("1e-8"), least.quantize(D("1e-8")) - D("1e-8")
    for volume, name in ((over, "taken"), (under, "under_min_total_bid")):
        assert tested(door, side="bid", ord_type="limit", price=str(at), volume=f"{volume:f}")[1] == name
    for total, name in (("5000", "taken"), ("4999", "under_min_total_bid")):
        assert tested(door, side="bid", ord_type="price", price=total)[1] == name
    assert tested(door, side="ask", ord_type="market", volume=f"{under / 2:f}") == (400, "under_min_total_ask")


@case(271, "the largest order", "POST /v1/orders/test", needs=f"{ACCOUNT} {TERMS}")
def maximums(house: House) -> None:
    door = house.open(money={"KRW": "3000000000"})
    for total, name in (("1000000000", "taken"), ("1000000010", "over_krw_funds_bid")):
        assert tested(door, side="bid", ord_type="limit", price="10", volume=str(D(total) / 10))[1] == name
    reply = post(door, "/v1/orders/test", {"market": door.market, "side": "bid", "ord_type": "price", "price": "1000000001"})
    assert (reply.refusal, "1000000000 KRW" in reply.value["error"]["message"]) == ((400, "over_krw_funds_bid"), True)


@case(272, "a market order larger than the 30 visible levels is refused", "POST /v1/orders", "GET /v1/orderbook", needs=f"{ORDERS} {TERMS}")
def visible(house: House) -> None:
    for side in ("bid", "ask"):
        door = house.open(settings=("depth=5",), money={"KRW": "100000000", "XRP": "1000000"})
        units = book(door)["orderbook_units"]
        if side == "bid":
            shown = sum((D(str(u["ask_price"])) * D(str(u["ask_size"])) for u in units), D(0))
            most = shown.to_integral_value(rounding="ROUND_FLOOR")
            assert refusal(door, side="bid", ord_type="price", price=str(most + 1)) == (400, "volume_too_large")
            assert ended(door, side="bid", ord_type="price", price=str(most))["trades_count"] == 30
        else:
            shown = sum((D(str(u["bid_size"])) for u in units), D(0))
            assert refusal(door, side="ask", ord_type="market", volume=f"{shown + D('1e-8'):f}") == (400, "volume_too_large")
            found = ended(door, side="ask", ord_type="market", volume=f"{shown:f}")
            assert (found["state"], found["trades_count"]) == ("done", 30)


@case(273, "a limit order may be larger than what is visible", "POST /v1/orders", needs=f"{ORDERS} {TERMS}")
def larger(house: House) -> None:
    door = house.open(settings=("depth=5",))
    shown = sum(D(str(u["ask_size"])) for u in book(door)["orderbook_units"])
    top = max(D(str(u["ask_price"])) for u in book(door)["orderbook_units"])
    found = order(door, limit(door, "bid", top, shown + 7)["uuid"])
    assert (found["state"], D(found["remaining_volume"]), found["trades_count"]) == ("wait", D(7), 30)


@case(274, "money is needed with the fee, coins without", "POST /v1/orders", needs=f"{ORDERS} {TERMS}")
def insufficient(house: House) -> None:
    at = best(house.open())[0] - 50
    needed = 10 * at * (1 + FEE)
    poor = house.open(money={"KRW": str(needed - D("0.00000001")), "XRP": "9.99999999"})
    assert refusal(poor, side="bid", ord_type="limit", price=str(at), volume="10") == (400, "insufficient_funds_bid")
    assert refusal(poor, side="ask", ord_type="limit", price=str(at + 500), volume="10") == (400, "insufficient_funds_ask")
    enough = house.open(money={"KRW": str(needed), "XRP": "10"})
    assert limit(enough, "bid", at, 10)["state"] == limit(enough, "ask", at + 500, 10)["state"] == "wait"
    assert money(enough, "KRW")[0] == money(enough, "XRP")[0] == 0
