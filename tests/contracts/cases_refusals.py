"""Contract, 501 to 599: refusals by name and status."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

from tests.contracts.asking import best, tested, tick
from tests.contracts.suite import ACCOUNT, WIRE, House, Request, case
from tests.engine.exchange.served.signing import SECRET, token


@case(501, "orders that are refused, by name", "POST /v1/orders/test", needs=ACCOUNT)
def orders(house: House) -> None:
    door = house.open()
    at = best(door)[0]
    good: dict[str, Any] = {"side": "bid", "ord_type": "limit", "price": str(at), "volume": str(10_000 // at + 1)}
    for wrong, name in (
        ({"side": None}, "validation_error"),
        ({"side": "buy"}, "validation_error"),
        ({"ord_type": "stop"}, "validation_error"),
        ({"ord_type": None}, "validation_error"),
        ({"price": None}, "validation_error"),
        ({"volume": None}, "validation_error"),
        ({"market": "KRW-NOSUCHCOIN"}, "notfoundmarket"),
        ({"price": "abc"}, "invalid_parameter"),
        ({"price": "-1"}, "invalid_parameter"),
        ({"volume": "0"}, "invalid_parameter"),
        ({"smp_type": "sometimes"}, "invalid_parameter"),
        ({"time_in_force": "day"}, "invalid_time_in_force"),
        ({"price": str(at + tick(door) / 2)}, "invalid_price_bid"),
        ({"side": "ask", "price": str(at + tick(door) / 2)}, "invalid_price_ask"),
        ({"ord_type": "price"}, "create_bid_error"),
        ({"ord_type": "market"}, "create_bid_error"),
        ({"side": "ask", "ord_type": "market"}, "create_ask_error"),
        ({"ord_type": "price", "volume": None, "time_in_force": "ioc"}, "invalid_time_in_force"),
        ({"volume": "0.00000001"}, "under_min_total_bid"),
        ({"side": "ask", "volume": "0.00000001"}, "under_min_total_ask"),
        ({"volume": f"{D(2_000_000_000) / at:.0f}"}, "over_krw_funds_bid"),
        ({"volume": f"{D(900_000_000) / at:.0f}"}, "insufficient_funds_bid"),
    ):
        assert tested(door, **{name: value for name, value in (good | wrong).items() if value is not None}) == (400, name), wrong


@case(510, "a request without a token, or with a wrong one", "GET /v1/accounts", needs=WIRE)
def tokens(house: House) -> None:
    door = house.open()

    def asked(authorization: str | None, **more: Any) -> tuple[int, Any]:
        headers = {} if authorization is None else {"Authorization": authorization}
        return door.send(Request("GET", "/v1/accounts", signed=False, headers=headers, **more)).refusal

    assert asked(None) == asked("Basic abc") == asked("Bearer") == (401, "no_authorization_token")
    assert asked("Bearer nonsense") == (401, "jwt_verification")
    assert asked(f"Bearer {token(nonce='1', secret=SECRET[::-1])}") == (401, "jwt_verification")
    assert asked(f"Bearer {token(nonce='2', access='nobody')}") == (401, "invalid_access_key")
    assert asked(f"Bearer {token(nonce='3', algorithm='HS384')}") == (401, "jwt_verification")
    assert asked(f"Bearer {token(nonce='')}") == (401, "jwt_verification")
    assert asked(f"Bearer {token(nonce='4')}") == asked(f"Bearer {token(nonce='5', algorithm='HS256')}") == (200, "taken")
    assert asked(f"Bearer {token(nonce='4')}") == (401, "nonce_used")


@case(511, "the hash is that of the parameters before encoding", "GET /v1/orders/open", "POST /v1/orders/test", needs=WIRE)
def hashes(house: House) -> None:
    door = house.open()
    query = (("market", "KRW-XRP"), ("states[]", "wait"), ("states[]", "watch"), ("limit", "10"))
    assert door.send(Request("GET", "/v1/orders/open", query)).status == 200
    for wrong in ("market=KRW-XRP&limit=10&states[]=wait&states[]=watch", "market=KRW-XRP", ""):
        found = door.send(Request("GET", "/v1/orders/open", query, hashed=wrong)).refusal
        assert found == (401, "invalid_query_payload"), wrong
    when = (("start_time", "2026-11-19T13:56:53+09:00"),)
    assert door.send(Request("GET", "/v1/orders/closed", when)).status == 200
    body = {"market": "KRW-XRP", "side": "bid", "ord_type": "price", "price": "10000", "identifier": "장단 & 1=2"}
    assert door.send(Request("POST", "/v1/orders/test", body=body)).status in (200, 201)
    assert door.send(Request("POST", "/v1/orders/test", body=body, hashed="market=KRW-XRP")).refusal == (401, "invalid_query_payload")


@case(512, "a key does what it is allowed to, and until it expires", "POST /v1/orders", "GET /v1/accounts", "GET /v1/api_keys",
      needs=f"{WIRE} terms")  # fmt: skip
def permissions(house: House) -> None:
    viewing = house.open(permissions=frozenset({"view_asset"}))
    body = {"market": "KRW-XRP", "side": "bid", "ord_type": "price", "price": "10000"}
    assert viewing.send(Request("GET", "/v1/accounts")).status == 200
    assert viewing.send(Request("GET", "/v1/api_keys")).status == 200
    for refused in (Request("POST", "/v1/orders", body=body), Request("GET", "/v1/orders/open"), Request("GET", "/v1/deposits")):
        assert viewing.send(refused).refusal == (403, "out_of_scope")
    assert house.open(expired=True).send(Request("GET", "/v1/accounts")).refusal == (401, "expired_access_key")


@case(513, "parameters in the wrong place, and paths that are not there", "DELETE /v1/order", "POST /v1/orders", needs=WIRE)
def places(house: House) -> None:
    door = house.open()
    json = {"Content-Type": "application/json"}
    deleted = Request("DELETE", "/v1/order", content=b'{"uuid":"x"}', headers=json, hashed="uuid=x")
    assert door.send(deleted).refusal == (400, "QUERY_PARAMETER_NOT_SUPPORTED")
    form = Request("POST", "/v1/orders", content=b"market=KRW-XRP", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert door.send(form).refusal == (400, "bad_request")
    assert door.send(Request("POST", "/v1/orders", content=b"{", headers=json)).refusal == (400, "bad_request")
    assert door.send(Request("GET", "/v1/nothing")).refusal == (404, "not_found")
