"""Signing against the documented recipe in the standard library, against the official client's requests, and against leaks."""

from __future__ import annotations

import copy
import json
import pickle
import traceback
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.exchange.upbit.signing import (
    Algorithm,
    Keys,
    Parameters,
    Payload,
    Secret,
    authorization,
    body_payload,
    decimal_text,
    query_payload,
)
from tests.engine.exchange import recipe

GOLDEN = json.loads((Path(__file__).resolve().parents[2] / "golden/upbit/sdk_requests.json").read_text("utf-8"))
ACCESS, SECRET, NONCE = GOLDEN["access_key"], GOLDEN["secret_key"], GOLDEN["nonce"]

names = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
arrays = st.lists(texts, min_size=1, max_size=4)
single = texts | st.integers() | st.booleans() | st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=8)
queries = st.dictionaries(names, single | arrays, max_size=6).map(lambda found: list(found.items()))
bodies = st.dictionaries(names, single, max_size=6).map(lambda found: list(found.items()))


def keys(algorithm: Algorithm = Algorithm.HS512) -> Keys:
    return Keys(Secret(ACCESS), Secret(SECRET), algorithm)


@pytest.mark.parametrize("request_", GOLDEN["requests"], ids=lambda request_: request_["name"])
def test_tokens_are_those_of_the_official_client(request_: dict[str, Any]) -> None:
    payload = (body_payload if request_["method"] == "POST" else query_payload)(request_["parameters"])
    assert authorization(keys(Algorithm.HS256), NONCE, payload.hashed) == request_["authorization"]
    assert payload.body.decode() == request_["body"]
    assert payload.query.replace("[]", "%5B%5D") == request_["target"].partition("?")[2]


def test_there_are_enough_requests_of_the_official_client() -> None:
    assert len(GOLDEN["requests"]) >= 14


HAND: list[tuple[Callable[[Parameters], Payload], Parameters, str, bytes, str]] = [
    (query_payload, [], "", b"", ""),
    (query_payload, [("market", None)], "", b"", ""),
    (
        query_payload,
        [("market", "KRW-BTC"), ("states", ["wait", "watch"]), ("limit", 10)],
        "market=KRW-BTC&states[]=wait&states[]=watch&limit=10",
        b"",
        "market=KRW-BTC&states[]=wait&states[]=watch&limit=10",
    ),
    (
        query_payload,
        [("start_time", "2024-12-09T13:56:53+09:00"), ("identifier", "장단 1"), ("empty", "")],
        "start_time=2024-12-09T13%3A56%3A53%2B09%3A00&identifier=%EC%9E%A5%EB%8B%A8%201&empty=",
        b"",
        "start_time=2024-12-09T13:56:53+09:00&identifier=장단 1&empty=",
    ),
    (
        body_payload,
        [("market", "KRW-BTC"), ("volume", Decimal("1E-8")), ("price", None), ("identifier", "장단-1"), ("note", "")],
        "",
        '{"market":"KRW-BTC","volume":"0.00000001","identifier":"장단-1","note":""}'.encode(),
        "market=KRW-BTC&volume=0.00000001&identifier=장단-1&note=",
    ),
]


@pytest.mark.parametrize(("build", "parameters", "query", "body", "hashed"), HAND)
@pytest.mark.parametrize("algorithm", Algorithm)
def test_vectors_by_hand(
    build: Callable[[Parameters], Payload], parameters: Parameters, query: str, body: bytes, hashed: str, algorithm: Algorithm
) -> None:
    assert build(parameters) == Payload(query, body, hashed)
    assert authorization(keys(algorithm), NONCE, hashed) == "Bearer " + recipe.token(ACCESS, SECRET, NONCE, hashed, algorithm)


def test_the_default_is_the_recommended_algorithm() -> None:
    assert Keys(Secret("a"), Secret("b")).algorithm is Algorithm.HS512


@given(queries)
def test_what_is_hashed_is_what_a_query_decodes_to(parameters: Parameters) -> None:
    payload = query_payload(parameters)
    assert unquote(payload.query, errors="strict") == payload.hashed == recipe.text_of(payload.query, b"")
    assert payload.query.isascii()
    assert " " not in payload.query
    assert payload.body == b""


@given(bodies)
def test_what_is_hashed_is_what_a_body_holds(parameters: Parameters) -> None:
    payload = body_payload(parameters)
    assert recipe.text_of("", payload.body) == payload.hashed
    assert payload.query == ""
    assert set(json.loads(payload.body or b"{}")) == {name for name, value in parameters if value is not None}


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_numbers_are_sent_whole_and_without_an_exponent(number: Decimal) -> None:
    if abs(number.adjusted()) < 200:
        assert "E" not in decimal_text(number)
        assert Decimal(decimal_text(number)) == number


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_not_sent(number: str) -> None:
    with pytest.raises(ValueError, match="cannot be sent"):
        decimal_text(Decimal(number))


def test_a_body_takes_no_array() -> None:
    with pytest.raises(TypeError, match="cannot be a parameter"):
        body_payload([("uuids", ["a"])])


def shows_nothing(shown: str) -> None:
    assert ACCESS not in shown
    assert SECRET not in shown


def test_secrets_are_not_shown() -> None:
    secret = Secret(SECRET)
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r:>40}", repr(keys()), repr([keys()]), str({"keys": keys()})):
        shows_nothing(shown)
    assert not hasattr(secret, "__dict__")
    assert copy.deepcopy(secret) is copy.copy(secret) is secret
    assert secret == Secret(SECRET) != Secret("another")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_secrets_are_not_pickled(protocol: int) -> None:
    for thing in (Secret(SECRET), keys(), [keys()]):
        with pytest.raises(TypeError, match="not written down") as caught:
            pickle.dumps(thing, protocol)
        shows_nothing("".join(traceback.format_exception(caught.value)))


def test_secrets_are_not_serialised() -> None:
    with pytest.raises(TypeError) as caught:
        json.dumps({"keys": Secret(SECRET)})
    shows_nothing(str(caught.value))
