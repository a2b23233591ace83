"""Short forms of what cases ask a venue, and of what they expect."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tests.contracts.suite import Door, Reply, Request

D = Decimal


def get(door: Door, path: str, *pairs: tuple[str, str], signed: bool = True, **query: object) -> Any:
    """The answer of a question, which has to be given."""
    reply = door.send(Request("GET", path, (*((k, str(v)) for k, v in query.items()), *pairs), signed=signed))
    assert reply.status == 200, (path, query, reply)
    return reply.value


def price(door: Door, path: str, **query: object) -> Any:
    """The answer of an unsigned question."""
    return get(door, path, signed=False, **query)


def price_refusal(door: Door, path: str, **query: object) -> tuple[int, Any]:
    """How an unsigned question is refused."""
    return door.send(Request("GET", path, tuple((k, str(v)) for k, v in query.items()), signed=False)).refusal


def get_refusal(door: Door, path: str, *pairs: tuple[str, str], **query: object) -> tuple[int, Any]:
    """How a signed question is refused."""
    return door.send(Request("GET", path, (*((k, str(v)) for k, v in query.items()), *pairs))).refusal


def delete(door: Door, path: str, *pairs: tuple[str, str], **query: object) -> Reply:
    """A cancellation."""
    return door.send(Request("DELETE", path, (*((k, str(v)) for k, v in query.items()), *pairs)))


def post(door: Door, path: str, body: dict[str, Any]) -> Reply:
    """A command."""
    return door.send(Request("POST", path, body=body))


def made(door: Door, path: str, **body: Any) -> Any:
    """The answer of a command, which has to be done."""
    reply = post(door, path, body)
    assert reply.status in (200, 201), (path, body, reply)
    return reply.value


def place(door: Door, **fields: Any) -> Any:
    """An order that is taken, as it is answered."""
    reply = post(door, "/v1/orders", {"market": door.market, **fields})
    assert reply.status == 201, (fields, reply)
    return reply.value


def limit(door: Door, side: str, at: object, volume: object, **more: Any) -> Any:
    """A limit order that is taken."""
    return place(door, side=side, ord_type="limit", price=str(at), volume=str(volume), **more)


def refusal(door: Door, **fields: Any) -> tuple[int, Any]:
    """How an order is refused."""
    return post(door, "/v1/orders", {"market": door.market, **fields}).refusal


def tested(door: Door, **fields: Any) -> tuple[int, Any]:
    """How a test order is refused; (200 or 201, "taken") where it is not."""
    return post(door, "/v1/orders/test", {"market": door.market, **fields}).refusal


def order(door: Door, uuid: str) -> Any:
    """An order with its trades."""
    return get(door, "/v1/order", uuid=uuid)


def ended(door: Door, **fields: Any) -> Any:
    """An order after it arrived."""
    return order(door, place(door, **fields)["uuid"])


def book(door: Door, market: str = "") -> Any:
    """The whole book."""
    return price(door, "/v1/orderbook", markets=market or door.market)[0]


def best(door: Door) -> tuple[Decimal, Decimal]:
    """Best bid and ask."""
    top = book(door)["orderbook_units"][0]
    return D(str(top["bid_price"])), D(str(top["ask_price"]))


def tick(door: Door) -> Decimal:
    """Price unit of the market at its price."""
    return D(price(door, "/v1/orderbook/instruments", markets=door.market)[0]["tick_size"])


def money(door: Door, currency: str) -> tuple[Decimal, Decimal]:
    """(free, locked) of a currency."""
    rows = {row["currency"]: row for row in get(door, "/v1/accounts")}
    row = rows.get(currency, {"balance": "0", "locked": "0"})
    return D(row["balance"]), D(row["locked"])


def uuids(rows: Iterable[Any]) -> list[str]:
    """Of orders."""
    return [row["uuid"] for row in rows]
