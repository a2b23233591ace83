"""The served exchange at its door: signatures, nonces and hashes, quotas, names and statuses of refusals, and that nothing breaks it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.exchange.simulated.served.auth import PERMISSIONS, Gate, Key, hashed_text
from engine.exchange.simulated.served.face import Incoming, Outgoing
from engine.exchange.simulated.served.opening import read_settings
from engine.exchange.simulated.served.quota import GROUPS, Quota
from engine.exchange.simulated.served.routes import ROUTES
from engine.exchange.simulated.served.switches import WireSwitches
from engine.exchange.simulated.venue.errors import RefusedError
from engine.model.errors import UserError
from tests.engine.exchange.served.signing import ACCESS, MARKETS, MINUTE_MS, SECRET, START_MS, Client, token


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return Client(tmp_path)


def name(answer: Outgoing) -> Any:
    """Name of a refusal; "" for success."""
    return answer.value["error"]["name"] if isinstance(answer.value, dict) and "error" in answer.value else ""


VECTOR = "market=KRW-BTC&states[]=wait&states[]=watch&limit=10"


def test_a_signature_computed_by_the_documents_is_let_in() -> None:
    nonce = "00000000-0000-4000-8000-000000000000"
    signed = token(VECTOR, nonce, algorithm="HS256")
    assert signed.endswith(".VMbs61x27wdSS9l25N8MTMJtIjEDDcsfwzDE32GJewE")  # by `openssl dgst -sha256 -hmac`
    for algorithm in ("HS256", "HS512"):
        gate = Gate([Key(ACCESS, SECRET)])
        header = f"Bearer {token(VECTOR, nonce, algorithm=algorithm)}"
        for query in (VECTOR, VECTOR.replace("[", "%5B").replace("]", "%5D")):
            with_new_nonce = Gate([Key(ACCESS, SECRET)])
            assert with_new_nonce.enter(header, query, b"", "view_orders").access == ACCESS
        gate.enter(header, VECTOR, b"", None)
        with pytest.raises(RefusedError, match="nonce_used"):
            gate.enter(header, VECTOR, b"", None)


def test_what_is_hashed_is_what_was_sent_before_encoding() -> None:
    time = "start_time=2024-12-09T13:56:53+09:00&identifier=한글 값"
    assert hashed_text(quote(time, safe="=&"), b"") == time
    body = {"market": "KRW-BTC", "volume": None, "price": 1000, "flag": True, "name": "값", "list": ["a", "b"], "small": 1e-7}
    assert hashed_text("", json.dumps(body).encode()) == "market=KRW-BTC&price=1000&flag=true&name=값&list[]=a&list[]=b&small=1e-07"


@pytest.mark.parametrize(
    ("header", "query", "refusal"),
    [
        (None, "", "no_authorization_token"),
        ("Basic abc", "", "no_authorization_token"),
        ("Bearer abc", "", "jwt_verification"),
        (f"Bearer {token(secret='another')}", "", "jwt_verification"),
        (f"Bearer {token(algorithm='HS384')}", "", "jwt_verification"),
        (f"Bearer {token(access='nobody')}", "", "invalid_access_key"),
        (f"Bearer {token()}", "market=KRW-BTC", "invalid_query_payload"),
        (f"Bearer {token('market=KRW-ETH')}", "market=KRW-BTC", "invalid_query_payload"),
        (f"Bearer {token(nonce='')}", "", "jwt_verification"),
        (f"bearer {token('market=KRW-BTC')}", "market=KRW-BTC", ""),
    ],
)
def test_who_is_refused_at_the_gate(client: Client, header: str | None, query: str, refusal: str) -> None:
    headers = () if header is None else (("authorization", header),)
    answer = client.face.answer(Incoming("GET", "/v1/orders/chance", query, headers, b"", ""))
    assert (answer.status, name(answer)) == (401 if refusal else 200, refusal)


def test_expired_and_narrow_keys(tmp_path: Path) -> None:
    old = Client(tmp_path, expired=True).signed("GET", "/v1/accounts")
    assert (old.status, name(old)) == (401, "expired_access_key")
    narrow = Client(tmp_path, permissions=PERMISSIONS - {"make_orders"})
    assert narrow.signed("GET", "/v1/accounts").status == 200
    assert name(narrow.signed("DELETE", "/v1/order", "uuid=x")) == "out_of_scope"


def test_an_order_lives_from_post_to_closed(client: Client) -> None:
    body = {"market": "KRW-XRP", "side": "bid", "ord_type": "limit", "price": "2900", "volume": "10", "identifier": "가나다"}
    assert client.signed("POST", "/v1/orders/test", body=body).status == 201
    placed = client.signed("POST", "/v1/orders", body=body)
    assert (placed.status, placed.value["state"], placed.value["locked"]) == (201, "wait", "29014.5")
    assert "smp_type" not in placed.value  # the market is in 2025
    assert name(client.signed("POST", "/v1/orders", body=body)) == "duplicated_identifier"
    query = "identifier=" + quote("가나다")
    assert client.signed("GET", "/v1/order", query, text="identifier=가나다").value["trades"] == []
    assert [row["uuid"] for row in client.signed("GET", "/v1/orders/open").value] == [placed.value["uuid"]]
    cancelled = client.signed("DELETE", "/v1/order", f"uuid={placed.value['uuid']}")
    assert (cancelled.status, cancelled.value["state"], cancelled.value["locked"]) == (200, "wait", "29014.5")
    assert client.signed("GET", "/v1/orders/closed").value[0]["state"] == "cancel"
    assert name(client.signed("DELETE", "/v1/order", f"uuid={placed.value['uuid']}")) == "order_not_found"


def test_a_waiting_order_fills_when_time_is_stepped_through_its_price(client: Client) -> None:
    price = client.get("/v1/ticker", "markets=KRW-XRP").value[0]["trade_price"]
    body = {"market": "KRW-XRP", "side": "bid", "ord_type": "limit", "price": str(price - 10), "volume": "10"}
    uuid = client.signed("POST", "/v1/orders", body=body).value["uuid"]
    client.step(0.2)
    assert client.signed("GET", "/v1/order", f"uuid={uuid}").value["state"] == "wait"
    client.step(120)
    done = client.signed("GET", "/v1/order", f"uuid={uuid}").value
    assert (done["state"], done["trades"][0]["price"], done["trades"][0]["trend"]) == ("done", str(price - 10), done["trades"][0]["trend"])
    held = {row["currency"]: row for row in client.signed("GET", "/v1/accounts").value}
    assert (held["XRP"]["balance"], held["XRP"]["avg_buy_price"]) == ("10", str(price - 10))


def test_orders_are_refused_while_a_market_is_offline(client: Client) -> None:
    body = {"market": "KRW-XRP", "side": "bid", "ord_type": "limit", "price": "2900", "volume": "10"}
    for offline, status in ((True, 403), (False, 201)):
        sent = json.dumps({"market": "KRW-XRP", "offline": offline}).encode()
        client.face.answer(Incoming("POST", "/control/offline", "", (), sent, ""))
        assert client.signed("POST", "/v1/orders", body=body).status == status


def test_forms_that_are_refused_by_shape(client: Client) -> None:
    assert name(client.signed("DELETE", "/v1/order", "uuid=x", body={"uuid": "x"})) == "QUERY_PARAMETER_NOT_SUPPORTED"
    form = Incoming("POST", "/v1/orders", "", (("content-type", "application/x-www-form-urlencoded"),), b"market=KRW-BTC", "")
    twice = Incoming("POST", "/v1/orders", "", (("content-type", "application/json"),) * 2, b"{}", "")
    assert [name(client.face.answer(asked)) for asked in (form, twice)] == ["bad_request", "bad_request"]
    for path in ("/v1/nothing", "/v1/candles/minutes", "/v1/candles/hours", "/"):
        assert (client.get(path).status, name(client.get(path))) == (404, "not_found")
    assert name(client.get("/v1/candles/minutes/7", "market=KRW-BTC")) == 400
    assert name(client.get("/v1/candles/days", "market=KRW-NONE")) == 404
    assert name(client.get("/v1/candles/days")) == 400


def test_old_clients_may_send_parameters_in_the_body(tmp_path: Path) -> None:
    for settings, method, refusal in (
        ((), "GET", "order_not_found"),
        (("get_bodies=false",), "GET", "validation_error"),
        ((), "DELETE", "QUERY_PARAMETER_NOT_SUPPORTED"),
        (("delete_bodies=true",), "DELETE", "order_not_found"),
    ):
        for kind, body in (("application/x-www-form-urlencoded", b"uuid=x%20y"), ("application/json", b'{"uuid": "x y"}')):
            headers = (("authorization", f"Bearer {token('uuid=x y')}"), ("content-type", kind))
            answer = Client(tmp_path, settings).face.answer(Incoming(method, "/v1/order", "", headers, body, ""))
            assert name(answer) == refusal
            assert answer.headers["Remaining-Req"].startswith("group=default; min=1800; sec=")


def test_control_is_closed_unless_opened(client: Client) -> None:
    client.face.control = False
    assert client.face.answer(Incoming("POST", "/control/step", "", (), b'{"ms": 1}', "")).status == 404


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_gives_what_it_has_then_refuses_then_blocks(group: str) -> None:
    quota, most, window = Quota(WireSwitches(ban_after=3, ban_seconds=2)), GROUPS[group].most, GROUPS[group].window_ms
    now = 10 * window
    given_ = [quota.ask(group, "me", now) for _ in range(most)]
    assert [verdict.status for verdict in given_] == [200] * most
    assert [verdict.remaining_header.rpartition("=")[2] for verdict in given_] == [str(left) for left in range(most - 1, -1, -1)]
    assert f"group={group};" in given_[0].remaining_header
    assert quota.ask(group, "another", now).status == 200
    assert [quota.ask(group, "me", now).status for _ in range(4)] == [429, 429, 418, 418]
    assert quota.ask(group, "me", now + 1999).status == 418
    assert quota.ask(group, "me", now + 2000 + window).status == 200


def test_a_bucket_refills_evenly_and_a_window_at_once() -> None:
    quota = Quota()
    for group, early in (("order", 1), ("candle", 0)):
        for _ in range(GROUPS[group].most):
            quota.ask(group, "me", 5000.0)
        assert sum(quota.ask(group, "me", 5100.0).status == 200 for _ in range(3)) == early
        assert sum(quota.ask(group, "me", 6200.0).status == 200 for _ in range(3)) == 3


def test_refusals_for_want_of_quota_carry_name_and_block(client: Client) -> None:
    answers = [client.get("/v1/market/all") for _ in range(25)]
    assert [answer.status for answer in answers] == [200] * 10 + [429] * 9 + [418] * 6
    assert name(answers[10]) == "too_many_requests"
    assert answers[-1].value["error"]["seconds"] == 10
    client.step(1)
    assert client.get("/v1/market/all").headers == {"Remaining-Req": "group=market; min=600; sec=9"}
    assert client.get("/v1/ticker", "markets=KRW-BTC", origin="https://example.org").headers["Remaining-Req"].startswith("group=origin;")


def test_orders_in_the_query_are_taken_only_where_a_switch_says_so(tmp_path: Path) -> None:
    query = "market=KRW-XRP&side=bid&ord_type=limit&price=2500&volume=10"
    strict, lenient = Client(tmp_path / "strict"), Client(tmp_path / "lenient", ("post_queries=true",))
    headers = (("authorization", f"Bearer {token(query, 'q')}"),)
    asked = Incoming("POST", "/v1/orders", query, headers, b"", "127.0.0.1")
    assert name(strict.face.answer(asked)) == "bad_request"
    taken = lenient.face.answer(asked)
    assert (taken.status, taken.value["price"], len(lenient.face.world.venue.orders)) == (201, "2500", 1)
    other = (("authorization", f"Bearer {token(query, 'r')}"),)
    assert name(lenient.face.answer(Incoming("POST", "/v1/orders", query + "0", other, b"", "127.0.0.1"))) == "invalid_query_payload"


def test_flags_are_read_as_programs_print_them(client: Client) -> None:
    for word, shown in (("true", True), ("True", True), ("False", False), ("", False)):
        assert ("market_event" in client.get("/v1/market/all", f"is_details={word}").value[0]) is shown
    assert client.get("/v1/market/all", "is_details=yes").status == 400


def test_every_route_answers_a_plain_question(client: Client) -> None:
    asked = 0
    for route in ROUTES:
        client.seconds += 1  # for the quota
        path = route.path.pattern if "(" not in route.path.pattern else "/v1/candles/minutes/1"
        query = "market=KRW-BTC&markets=KRW-BTC&quote_currencies=KRW&uuids[]=x" if route.method == "GET" else ""
        query = "" if "/orders/open" in path or path == "/v1/orders/uuids" else query
        answer = (
            client.signed(route.method, path, query, body={} if route.method == "POST" else None)
            if route.private
            else client.get(path, query)
        )
        unknown = ("validation_error", "order_not_found", "invalid_parameter", "pocket_not_found")
        assert answer.status in (200, 201) or name(answer) in unknown, (path, answer)
        asked += 1
    assert asked >= 45


@pytest.fixture(scope="module")
def hardy(tmp_path_factory: pytest.TempPathFactory) -> Client:
    return Client(tmp_path_factory.mktemp("hardy"), settings=("ban_after=0",))


WORDS = "bid ask limit price market best ioc fok post_only reduce none 3000 10 1e-9 0 -1 NaN KRW-XRP FOO-BAR KRW 2025-01-01T00:00:00 [] 가"
words = st.sampled_from([*WORDS.split(), "remain_only", "", "\u0000", "1" * 40])
FIELDS = ("market", "side", "ord_type", "price", "volume", "identifier", "time_in_force", "smp_type")
PARAMETERS = (
    "market",
    "markets",
    "count",
    "to",
    "cursor",
    "days_ago",
    "level",
    "state",
    "states[]",
    "uuids[]",
    "uuid",
    "page",
    "limit",
    "order_by",
)
values = st.one_of(words, st.integers(), st.floats(), st.none(), st.booleans(), st.lists(words, max_size=2))


PLACING = next(route for route in ROUTES if (route.method, route.path.pattern) == ("POST", "/v1/orders"))


@example(PLACING, {}, {})
@given(
    st.sampled_from(ROUTES),
    st.dictionaries(st.sampled_from(PARAMETERS), words),
    st.dictionaries(st.sampled_from(FIELDS), values, max_size=2),
)
def test_no_request_breaks_the_exchange(hardy: Client, route: Any, parameters: dict[str, str], fields: dict[str, Any]) -> None:
    hardy.seconds += 10.0
    fields = {"market": "KRW-XRP", "side": "bid", "ord_type": "limit", "price": "2500", "volume": "3"} | fields
    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in parameters.items())
    text = hashed_text(query, json.dumps(fields).encode() if route.method == "POST" else b"")
    path = "/v1/candles/minutes/3" if "(" in route.path.pattern else route.path.pattern
    answer = (
        hardy.signed(route.method, path, query, fields if route.method == "POST" else None, text)
        if route.private
        else hardy.get(path, query)
    )
    assert answer.status in (200, 201, 400, 403, 404)
    for balance in hardy.face.world.venue.ledger.balances().values():
        assert balance.free >= 0 <= balance.locked


def test_some_of_those_requests_were_orders(hardy: Client) -> None:
    assert len(hardy.face.world.venue.orders) > 0


def test_switches_are_read_by_name() -> None:
    switches, wire, rule, faults = read_settings(
        ["queue_share=0.5", "ban_after=3", "cancel_and_new_status=200", "levels=5", "usdt_maximum=none", "slow=0.1"]
    )
    assert (str(switches.queue_share), wire.ban_after, wire.cancel_and_new_status, rule.levels) == ("0.5", 3, 200, 5)
    assert (switches.usdt_maximum, str(faults.slow)) == (None, "0.1")
    for bad in (
        "nothing=1",
        "ban_after=x",
        "post_only_match=maybe",
        "burn_refused=1",
        "levels=0",
        "slippage=1",
        "beyond_levels_error=x",
        "slow=2",
    ):
        with pytest.raises(UserError):
            read_settings([bad])


def test_the_clock_stands_where_it_was_opened(client: Client) -> None:
    assert client.face.world.now_ms == START_MS + 600 * MINUTE_MS
    assert tuple(client.face.world.listed()) == MARKETS
