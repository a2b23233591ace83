"""Every endpoint over a real socket: method, path, parameters, signature and answer as documented, and nothing of an answer dropped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from pydantic import BaseModel

from engine.exchange.upbit import answers, endpoints
from engine.exchange.upbit.answers import Part, read
from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.endpoints import Endpoint
from engine.exchange.upbit.signing import Algorithm
from tests.engine.exchange import recipe
from tests.engine.exchange.calls import CALLS
from tests.engine.exchange.far_side import ACCESS, SECRET, FarSide, Received, Reply, keys, talk
from tests.engine.exchange.samples import SAMPLES, members, parsed

GOLDEN = Path(__file__).resolve().parents[2] / "golden/upbit"
ALL = {(found.method, found.path): found for found in vars(endpoints).values() if isinstance(found, Endpoint)}
#: of the exchange's documentation, but not of the official client
OLD = {("GET", "/v1/orders"), ("GET", "/v1/orderbook/supported_levels")}


def golden(name: str) -> dict[tuple[str, str], list[str]]:
    lines = [line.split() for line in (GOLDEN / name).read_text("utf-8").splitlines() if not line.startswith("#")]
    return {(method, path): rest for method, path, *rest in lines}


def key_of(request: Received) -> tuple[str, str]:
    return request.method, re.sub(r"/minutes/\d+$", "/minutes/{unit}", request.path)


def reply(request: Received) -> Reply:
    return Reply(SAMPLES[key_of(request)].encode(), 201 if request.method == "POST" else 200, {"Remaining-Req": "group=x; min=1; sec=7"})


@pytest.fixture(scope="module")
def walked() -> dict[tuple[str, str], list[tuple[Received, Any]]]:
    """Every call once: what arrived, and what was answered."""

    async def main(client: UpbitClient, there: FarSide) -> dict[tuple[str, str], list[tuple[Received, Any]]]:
        found: dict[tuple[str, str], list[tuple[Received, Any]]] = {}
        for key, calls in CALLS.items():
            for call in calls:
                answer = await call(client)
                found.setdefault(key, []).append((there.received[-1], answer))
        assert len(there.received) == sum(len(calls) for calls in CALLS.values())
        assert there.connections == 1
        return found

    return talk(reply, main)


def names_sent(request: Received) -> list[str]:
    if request.body:
        return list(json.loads(request.body))
    return [unquote(pair.partition("=")[0]) for pair in request.query.split("&") if pair]


def test_the_client_has_every_endpoint() -> None:
    documented = set(golden("endpoints.txt"))
    assert len(documented) == 50
    assert set(ALL) == set(CALLS) == set(SAMPLES) == documented | OLD


@pytest.mark.parametrize("key", CALLS, ids=" ".join)
def test_a_call_sends_what_is_documented(key: tuple[str, str], walked: dict[tuple[str, str], list[tuple[Received, Any]]]) -> None:
    sent = [names_sent(request) for request, _ in walked[key]]
    for request, _ in walked[key]:
        assert key_of(request) == key
        assert request.target.isascii()
        if request.method == "DELETE":
            assert request.body == b""
            assert request.header("Content-Type") is None
    if key in OLD:
        return
    documented = golden("endpoints.txt")[key]
    names = {name.rstrip("*") for name in documented}
    required = {name.rstrip("*") for name in documented if name.endswith("*")}
    assert {name for found in sent for name in found} == names
    assert all(required <= set(found) for found in sent)


@pytest.mark.parametrize("key", CALLS, ids=" ".join)
def test_a_call_is_signed_over_the_bytes_that_arrive(
    key: tuple[str, str], walked: dict[tuple[str, str], list[tuple[Received, Any]]]
) -> None:
    for request, _ in walked[key]:
        header = request.header("Authorization")
        if key[1].startswith(("/v1/market", "/v1/candles", "/v1/trades", "/v1/ticker", "/v1/orderbook")):
            assert header is None
            continue
        assert header is not None
        claims = recipe.claims_of(header, SECRET, request.query, request.body)
        assert claims["access_key"] == ACCESS
        assert claims.get("query_hash_alg", "SHA512") == "SHA512"


def test_every_nonce_is_fresh(walked: dict[tuple[str, str], list[tuple[Received, Any]]]) -> None:
    headers = [request.header("Authorization") for found in walked.values() for request, _ in found]
    claims = [json.loads(recipe.unsegment(header.split(".")[1])) for header in headers if header]
    assert len({found["nonce"] for found in claims}) == len(claims) >= 50


@pytest.mark.parametrize("algorithm", Algorithm)
def test_the_algorithm_is_the_keys(algorithm: Algorithm) -> None:
    async def main(client: UpbitClient, there: FarSide) -> str:
        await client.trading.accounts()
        return there.received[0].header("Authorization") or ""

    header = talk(reply, main, keys(algorithm))
    assert json.loads(recipe.unsegment(header.split(" ")[1].split(".")[0]))["alg"] == algorithm


@pytest.mark.parametrize("key", CALLS, ids=" ".join)
def test_nothing_of_an_answer_is_dropped(key: tuple[str, str], walked: dict[tuple[str, str], list[tuple[Received, Any]]]) -> None:
    for _, answer in walked[key]:
        same(whole(answer.value), json.loads(SAMPLES[key], parse_float=Decimal))
        assert answer.status == (201 if key[0] == "POST" else 200)
        assert (answer.group, answer.left) == ("x", 7)
        assert all(part.extra == {} for part in parts(answer.value))


@pytest.mark.parametrize("key", sorted(set(CALLS) - OLD), ids=" ".join)
def test_the_samples_have_what_the_official_client_knows(key: tuple[str, str]) -> None:
    known = golden("answers.txt")[key]
    assert known
    never_null = {name for name in known if not name.endswith("?") and not name.startswith(("deposit_address", "currency"))}
    shown = members(parsed(SAMPLES[key]))
    if key == ("POST", "/v1/deposits/generate_coin_address"):  # one of two shapes
        never_null = {"success", "message"}
    assert never_null <= shown


def test_every_declared_member_is_known_to_the_documentation() -> None:
    """What the official client types, or what a sample shows: nothing is declared that the exchange never sends."""
    known = {name.rstrip("?").split(".")[-1] for names in golden("answers.txt").values() for name in names}
    known |= {name.split(".")[-1] for sample in SAMPLES.values() for name in members(parsed(sample))}
    kinds = [found for found in vars(answers).values() if isinstance(found, type) and issubclass(found, Part) and found is not Part]
    declared = {field.alias or name for kind in kinds for name, field in kind.model_fields.items()}
    assert len(kinds) >= 35
    assert declared == known


def parts(value: Any) -> Iterator[Part]:
    """Every object of an answer."""
    if isinstance(value, list):
        for item in value:
            yield from parts(item)
    if isinstance(value, BaseModel):
        assert isinstance(value, Part)
        yield value
        for inner in vars(value).values():
            yield from parts(inner)


def whole(value: Any) -> Any:
    return [item.whole() for item in value] if isinstance(value, list) else value.whole()


def same(ours: Any, theirs: Any) -> None:
    """Equal members; a number of ours is, digit for digit, the text or number that came."""
    if isinstance(theirs, dict):
        assert sorted(ours) == sorted(theirs)
        for name, value in theirs.items():
            same(ours[name], value)
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            same(one, other)
    elif isinstance(ours, Decimal):
        assert str(ours) == str(theirs)
    else:
        assert ours == theirs
        assert type(ours) is type(theirs)


def test_what_is_not_known_survives_and_what_is_absent_is_absent() -> None:
    account = read(answers.Account, SAMPLES["GET", "/v1/accounts"][1:-2].encode() + b',"staked":1.10,"tags":[{"a":null}]}')
    assert account.extra == {"staked": Decimal("1.10"), "tags": [{"a": None}]}
    order = read(answers.Order, SAMPLES["GET", "/v1/order"].encode())
    assert (order.price, order.has("price"), order.executed_funds, order.has("executed_funds")) == (None, True, None, False)
    assert "executed_funds" not in order.whole()


def test_long_numbers_keep_every_digit() -> None:
    account = read(answers.Account, SAMPLES["GET", "/v1/accounts"][1:-1].replace("1000000.0", "12345678901234567890.12345678").encode())
    assert str(account.balance) == "12345678901234567890.12345678"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1]", b"{}", b"null", b'{"currency":NaN}', b"\xff", SAMPLES["GET", "/v1/accounts"][:40].encode()]
)
def test_what_is_no_answer_is_malformed(body: bytes) -> None:
    with pytest.raises(answers.Malformed):
        read(list[answers.Account], body)


def test_keys_in_answers_are_not_shown() -> None:
    for key in (("GET", "/v1/api_keys"), ("GET", "/v1/pockets/api_keys")):
        assert "another-access-key" not in repr(read(ALL[key].answer, SAMPLES[key].encode()))


@pytest.mark.data
def test_recorded_answers_parse_whole(market_data: Path) -> None:
    files = sorted((market_data / "rest").glob("*.json"))
    counts = {"market": 0, "candle": 0}
    for file in files:
        kind = "market" if "market_all" in file.name else "candle"
        endpoint = endpoints.MARKETS if kind == "market" else endpoints.CANDLES_MINUTES
        found: list[Part] = list(read(endpoint.answer, file.read_bytes()))
        same([item.whole() for item in found], json.loads(file.read_bytes(), parse_float=Decimal))
        assert all(part.extra == {} for part in parts(found))
        counts[kind] += len(found)
    assert (len(files), counts) == (6, {"market": 294, "candle": 540})
