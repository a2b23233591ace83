"""Every name under which the exchange refuses: its class, its policy, its sentence in both languages; and answers of any shape."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.diagnostics import Language
from dsl.messages import texts
from engine.exchange.upbit import errors
from engine.exchange.upbit.errors import ExchangeError, Policy, RefusedError, UnknownOutcomeError
from engine.exchange.upbit.refusals import BY_NAME, DEFAULT_PENALTY_SECONDS, PenaltyError, penalty_seconds, refusal

CALL = "POST /v1/orders"

#: status, name, the exchange's words, policy: the table of the exchange's documentation, row by row
DOCUMENTED: list[tuple[int, str | int, str, Policy]] = [
    (400, 400, "Invalid parameter. Check the given value!", Policy.STOP),
    (400, 400, "Type mismatch error. Check the parameters type!", Policy.STOP),
    (400, 400, "Missing request parameter error. Check the required parameters!", Policy.STOP),
    (404, 404, "Code not found", Policy.FREEZE_MARKET),
    (404, "not_found", "no Route matched with those values", Policy.STOP),
    (400, "create_ask_error", "", Policy.STOP),
    (400, "create_bid_error", "", Policy.STOP),
    (400, "validation_error", "side is missing, side does not have a valid value", Policy.STOP),
    (400, "invalid_parameter", "잘못된 파라미터", Policy.STOP),
    (400, "invalid_time_in_force", "주문조건을 다시 확인해 주세요.", Policy.STOP),
    (400, "invalid_post_only", "", Policy.STOP),
    (400, "duplicated_identifier", "", Policy.LOOK_UP),
    (400, "insufficient_funds_bid", "주문 가능한 금액(KRW)이 부족합니다.", Policy.LOOK_UP),
    (400, "insufficient_funds_ask", "", Policy.LOOK_UP),
    (400, "under_min_total_bid", "", Policy.FREEZE_MARKET),
    (400, "under_min_total_ask", "", Policy.FREEZE_MARKET),
    (400, "over_krw_funds_bid", "최대 주문 가능 금액 1000000000 KRW 보다 작은 주문을 입력해 주세요.", Policy.FREEZE_MARKET),
    (400, "over_krw_funds_ask", "", Policy.FREEZE_MARKET),
    (400, "over_btc_funds_bid", "", Policy.FREEZE_MARKET),
    (400, "over_btc_funds_ask", "", Policy.FREEZE_MARKET),
    (400, "over_usdt_funds_bid", "", Policy.FREEZE_MARKET),
    (400, "over_usdt_funds_ask", "", Policy.FREEZE_MARKET),
    (400, "invalid_price_bid", "주문가격 단위를 잘못 입력하셨습니다. 확인 후 시도해주세요.", Policy.FREEZE_MARKET),
    (400, "invalid_price_ask", "", Policy.FREEZE_MARKET),
    (400, "notfoundmarket", "다음 마켓에 없는 종목입니다: KRW-BTCs", Policy.FREEZE_MARKET),
    (400, "bad_request", "", Policy.STOP),
    (400, "QUERY_PARAMETER_NOT_SUPPORTED", "", Policy.STOP),
    (400, "withdraw_address_not_registered", "", Policy.ASK_OWNER),
    (400, "withdraw_address_not_registerd", "", Policy.ASK_OWNER),
    (400, "volume_too_large", "", Policy.FREEZE_MARKET),
    (400, "invalid_funds", "", Policy.LOOK_UP),
    (400, "thirdparty_agreement_required", "", Policy.ASK_OWNER),
    (401, "invalid_query_payload", "Failed to verify the query of Jwt.", Policy.STOP),
    (401, "jwt_verification", "", Policy.ASK_OWNER),
    (401, "expired_access_key", "", Policy.ASK_OWNER),
    (401, "nonce_used", "", Policy.LOOK_UP),
    (401, "no_authorization_ip", "", Policy.ASK_OWNER),
    (401, "no_authorization_i_p", "", Policy.ASK_OWNER),
    (401, "no_authorization_token", "", Policy.ASK_OWNER),
    (401, "invalid_access_key", "잘못된 엑세스 키입니다.", Policy.ASK_OWNER),
    (401, "out_of_scope", "", Policy.ASK_OWNER),
    (403, "out_of_scope", "", Policy.ASK_OWNER),
    (403, "market_offline", "시스템 점검 중입니다.", Policy.FREEZE_MARKET),
    (403, "open_api_withdraw_locked", "", Policy.ASK_OWNER),
    (404, "order_not_found", "주문을 찾지 못했습니다.", Policy.LOOK_UP),
    (404, "pocket_not_found", "", Policy.ASK_OWNER),
    (404, "currency_not_found", "", Policy.FREEZE_MARKET),
    (418, "rate_limit_exceeded_penalty", "", Policy.RETRY),
    (429, "too_many_requests", "", Policy.RETRY),
    (500, "internal_server_error", "", Policy.RETRY),
    (500, "server_error", "", Policy.RETRY),
    (200, "INVALID_AUTH", "인증 정보가 올바르지 않습니다.", Policy.ASK_OWNER),
    (200, "WRONG_FORMAT", "", Policy.STOP),
    (200, "NO_TICKET", "", Policy.STOP),
    (200, "NO_TYPE", "", Policy.STOP),
    (200, "NO_CODES", "", Policy.STOP),
    (200, "INVALID_PARAM", "", Policy.STOP),
    (200, "TOO_MANY_REQUEST", "", Policy.RETRY),
]


def body_of(name: str | int, said: str) -> bytes:
    return json.dumps({"error": {"name": name, "message": said}}, ensure_ascii=False).encode()


@pytest.mark.parametrize(("status", "name", "said", "policy"), DOCUMENTED, ids=lambda value: str(value)[:30])
def test_every_documented_name(status: int, name: str | int, said: str, policy: Policy) -> None:
    error = refusal(status, body_of(name, said), CALL)
    kind = type(error)
    assert kind is not RefusedError
    assert str(name) in kind.names or any(said.startswith(words) for words in kind.names)
    assert (error.policy, error.status, error.name, error.said) == (policy, status, str(name), said)
    for language in Language:
        sentence = error.message(language)
        assert len(sentence) > 20
        assert said in sentence
    assert error.message(Language.KOREAN) != error.message(Language.ENGLISH)


def test_every_class_is_in_the_table_and_every_name_is_its_own() -> None:
    listed = {str(name) for _, name, _, _ in DOCUMENTED} | {said.split(".")[0].split(" error")[0] for _, name, said, _ in DOCUMENTED}
    assert {name for name in BY_NAME if name} <= listed
    names = [name for kind in RefusedError.__subclasses__() for name in kind.names]
    assert len(names) == len(set(names)) >= 50
    assert len(DOCUMENTED) >= 50


def test_every_text_belongs_to_an_error() -> None:
    keys = {kind.key_of_text for kind in RefusedError.__subclasses__()}
    others = {"said", "unreachable", "broken_answer", "blocked", "unknown_outcome", "transfers_off", "transfer_settings", "gap_too_long"}
    assert set(texts("upbit")) == keys | others
    assert len(keys) == len(RefusedError.__subclasses__())


def test_every_sentence_of_ours_is_complete() -> None:
    samples: list[ExchangeError] = [
        errors.UnreachableError(CALL, "timeout"),
        errors.BrokenAnswerError(CALL, "not JSON"),
        errors.BlockedError("order", 299.96),
        UnknownOutcomeError(CALL, "timeout", (("identifier", "장단-1"),)),
        errors.TransfersOffError("withdrawals"),
        errors.GapTooLongError("KRW-BTC"),
    ]
    assert {type(error) for error in samples} | {RefusedError} == set(ExchangeError.__subclasses__())
    for error in samples:
        assert all(len(error.message(language)) > 20 for language in Language)


def test_an_unknown_outcome_names_what_to_look_up() -> None:
    error = UnknownOutcomeError(CALL, "timeout", (("identifier", "장단-1"), ("market", "KRW-BTC")))
    assert error.identifier == "장단-1"
    assert error.policy is Policy.LOOK_UP
    assert "identifier=장단-1" in str(error)
    assert UnknownOutcomeError(CALL, "timeout", ()).identifier is None


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (429, b"Too many API requests.", "TooManyRequestsError", "Too many API requests."),
        (429, b'{"error":{"name":"too_many_requests"}}', "TooManyRequestsError", ""),
        (400, b'{"name":"under_min_total_bid","message":"m"}', "UnderMinTotalBidError", "m"),
        (400, b'{"error":{"name":"under_min_total_bid","message":null}}', "UnderMinTotalBidError", ""),
        (400, b'{"error":{"name":"a_new_name","message":"m"}}', "OtherRefusalError", "m"),
        (400, b'{"error":{"name":400,"message":"Other words"}}', "OtherRefusalError", "Other words"),
        (502, b"<html>Bad Gateway</html>", "ServerError", "<html>Bad Gateway</html>"),
        (503, b"", "ServerError", ""),
        (503, b'{"error":{"name":"a_new_name"}}', "ServerError", ""),
        (404, b"[1]", "OtherRefusalError", "[1]"),
        (400, b'"words"', "OtherRefusalError", "words"),
        (400, b"null", "OtherRefusalError", "null"),
        (400, b'{"error":"words"}', "OtherRefusalError", "words"),
    ],
)
def test_answers_of_other_shapes(status: int, body: bytes, kind: str, said: str) -> None:
    error = refusal(status, body, CALL)
    assert (type(error).__name__, error.said) == (kind, said)


@given(
    st.integers(400, 599),
    st.binary(max_size=60) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps).map(str.encode),
)
def test_any_body_is_an_error_with_a_sentence(status: int, body: bytes) -> None:
    error = refusal(status, body, CALL)
    assert error.status == status
    assert all(error.message(language) for language in Language)


@pytest.mark.parametrize(
    ("body", "retry_after", "seconds"),
    [
        (b'{"error":{"name":"rate_limit_exceeded_penalty","message":"blocked for 30 seconds"}}', "", 30),
        ('{"error":{"message":"5분 동안 차단되었습니다."}}'.encode(), "", 300),
        ('{"error":{"message":"1시간 30분 뒤에 시도하세요."}}'.encode(), "", 5400),
        (b'{"error":{"message":"blocked", "retry_after": 12}}', "", 12),
        (b"Blocked for 90s", "", 90),
        (b'{"error":{"message":"blocked"}}', "45", 45),
        (b"", "", DEFAULT_PENALTY_SECONDS),
        (b"<html>I am a teapot</html>", "soon", DEFAULT_PENALTY_SECONDS),
    ],
)
def test_a_penalty_says_how_long(body: bytes, retry_after: str, seconds: float) -> None:
    assert penalty_seconds(body, retry_after) == seconds
    error = refusal(418, body, CALL, retry_after)
    assert isinstance(error, PenaltyError)
    assert error.seconds == seconds
