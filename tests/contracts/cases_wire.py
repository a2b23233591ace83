"""Contract, 701 to 799: what the wire itself is like: quotas, headers, numbers."""

from __future__ import annotations

import re
from typing import Any

from tests.contracts.asking import best, tick
from tests.contracts.suite import ACCOUNT, PRICES, STREAM, TERMS, TIME, WIRE, Door, House, Request, case

#: path, group, per second, whether signed
GROUPS = (
    ("/v1/market/all", "market", 10, False),
    ("/v1/candles/minutes/1?market=KRW-XRP", "candle", 10, False),
    ("/v1/trades/ticks?market=KRW-XRP", "trade", 10, False),
    ("/v1/ticker?markets=KRW-XRP", "ticker", 10, False),
    ("/v1/orderbook?markets=KRW-XRP", "orderbook", 10, False),
    ("/v1/accounts", "default", 30, True),
    ("/v1/orders/open", "default", 30, True),
)
ENDPOINTS = tuple(
    f"GET {path.partition('?')[0].replace('minutes/1', 'minutes/{unit}')}" for path in dict.fromkeys(group[0] for group in GROUPS)
)


def asked(door: Door, path: str, signed: bool, **headers: str) -> Any:
    """A question by its path and query."""
    bare, _, text = path.partition("?")
    query = tuple((name, value) for name, _, value in (part.partition("=") for part in text.split("&")) if name)
    return door.send(Request("GET", bare, query, signed=signed, headers=headers))


def left(reply: Any) -> tuple[str, int, int]:
    """Group, constant and what is left of this second."""
    found = re.fullmatch(r"group=([a-z-]+); min=(\d+); sec=(\d+)", reply.headers["remaining-req"])
    assert found is not None, reply.headers["remaining-req"]
    return found[1], int(found[2]), int(found[3])


def order(**more: Any) -> dict[str, Any]:
    """An order that is far from everything."""
    return {"market": "KRW-XRP", "side": "bid", "ord_type": "limit", "price": "2000", "volume": "5", **more}


@case(701, "Remaining-Req names the group and counts down", *ENDPOINTS, needs=f"{WIRE} {TERMS}")
def remaining(house: House) -> None:
    for path, group, most, signed in GROUPS:
        door = house.open(settings=("quotas",))
        counts = [left(asked(door, path, signed)) for _ in range(3)]
        assert counts == [(group, 60 * most, most - number) for number in (1, 2, 3)], path


@case(702, "orders, tests, cancellations and replacements have groups of their own", "POST /v1/orders", "POST /v1/orders/test",
      "DELETE /v1/orders/open", "DELETE /v1/order", "POST /v1/orders/cancel_and_new", needs=f"{WIRE} {TERMS}")  # fmt: skip
def groups(house: House) -> None:
    door = house.open(settings=("quotas",))
    made = door.send(Request("POST", "/v1/orders", body=order(identifier="a")))
    assert left(made) == ("order", 720, 11)
    assert left(door.send(Request("POST", "/v1/orders/test", body=order()))) == ("order-test", 480, 7)
    new = {"prev_order_identifier": "a", "new_ord_type": "limit", "new_price": "1999", "new_volume": "5", "new_identifier": "b"}
    assert left(door.send(Request("POST", "/v1/orders/cancel_and_new", body=new))) == ("order", 720, 10)
    assert left(door.send(Request("DELETE", "/v1/order", (("identifier", "b"),)))) == ("default", 1800, 29)
    assert left(door.send(Request("DELETE", "/v1/orders/open"))) == ("order-cancel-all", 30, 0)


@case(703, "beyond the quota: 429, until the next second", "GET /v1/ticker", "POST /v1/orders", needs=f"{WIRE} {TERMS} {TIME}")
def too_many(house: House) -> None:
    door = house.open(settings=("quotas",))
    for _ in range(10):
        assert asked(door, "/v1/ticker?markets=KRW-XRP", False).status == 200
    over = asked(door, "/v1/ticker?markets=KRW-XRP", False)
    assert (over.refusal, left(over)) == ((429, "too_many_requests"), ("ticker", 600, 0))
    assert asked(door, "/v1/market/all", False).status == 200, "another group"
    for number in range(13):
        reply = door.send(Request("POST", "/v1/orders", body=order(identifier=f"i-{number}")))
        assert reply.status == (201 if number < 12 else 429), number
    door.step(1)
    assert asked(door, "/v1/ticker?markets=KRW-XRP", False).status == 200
    again = door.send(Request("POST", "/v1/orders", body=order(identifier="i-12")))
    assert again.status == 201, "what was refused for want of quota did not burn its identifier"


@case(704, "many refusals in a row: 418 with its length, doubling", "GET /v1/ticker", needs=f"{WIRE} {TERMS} {TIME}")
def blocked(house: House) -> None:
    door = house.open(settings=("quotas", "ban_after=3", "ban_seconds=4"))
    for length in (4, 8):
        statuses = [asked(door, "/v1/ticker?markets=KRW-XRP", False).status for _ in range(13)]
        assert statuses == [200] * 10 + [429, 429, 418]
        reply = asked(door, "/v1/ticker?markets=KRW-XRP", False)
        assert (reply.status, reply.value["error"]["seconds"]) == (418, length)
        door.step(length - 1)
        assert asked(door, "/v1/ticker?markets=KRW-XRP", False).status == 418
        door.step(1)


@case(
    705, "a browser's questions and sockets have a quota of one in ten seconds", "GET /v1/ticker", needs=f"{WIRE} {TERMS} {TIME} {STREAM}"
)
def origin(house: House) -> None:
    door = house.open(settings=("quotas",))
    replies = [asked(door, path, False, Origin="https://example.com") for path in ("/v1/ticker?markets=KRW-XRP", "/v1/market/all")]
    assert [(reply.status, left(reply)[0]) for reply in replies] == [(200, "origin"), (429, "origin")]
    door.step(10)
    assert asked(door, "/v1/market/all", False, Origin="https://example.com").status == 200
    try:
        with door.line(Origin="https://example.com"):
            raise AssertionError("let in")
    except ConnectionRefusedError as error:
        status, value = error.args
        assert (status, value["error"]["name"]) == (429, "too_many_requests")
    door.step(10)
    with door.line(Origin="https://example.com") as line:
        line.send("PING")
        assert line.receive() == {"status": "UP"}


@case(710, "prices are numbers and may be compressed, the account's are texts and are not", "GET /v1/ticker", "GET /v1/orders/chance",
      needs=f"{WIRE} {PRICES} {ACCOUNT}")  # fmt: skip
def forms(house: House) -> None:
    door = house.open()
    ticker = asked(door, f"/v1/ticker?markets={door.market}", False)
    assert isinstance(ticker.value[0]["trade_price"], int | float)
    chance = asked(door, f"/v1/orders/chance?market={door.market}", True)
    assert isinstance(chance.value["bid_fee"], str)
    assert (ticker.headers.get("content-encoding"), chance.headers.get("content-encoding")) == ("gzip", None)
    assert {reply.headers["content-type"].partition(";")[0] for reply in (ticker, chance)} == {"application/json"}


@case(711, "a signed question may be asked at any time with HS256", "GET /v1/orders/open", needs=WIRE)
def algorithms(house: House) -> None:
    door = house.open()
    for algorithm in ("HS256", "HS512"):
        query = (("market", door.market), ("states[]", "wait"), ("order_by", "asc"))
        assert door.send(Request("GET", "/v1/orders/open", query, algorithm=algorithm)).status == 200


@case(712, "an answer tells its time", "GET /v1/ticker", needs=WIRE)
def dates(house: House) -> None:
    door = house.open()
    assert best(door)[0] % tick(door) == 0
    assert re.fullmatch(r"\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT", asked(door, "/v1/market/all", False).headers["date"])
