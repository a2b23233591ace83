"""Refusals by the names, statuses and sentences of Upbit. The sentences are the exchange's own wire data, Korean as it sends them."""

from __future__ import annotations

from typing import Final

#: name -> (HTTP status, message)
REFUSALS: Final[dict[str, tuple[int, str]]] = {
    "create_ask_error": (400, "주문 요청 정보가 올바르지 않습니다."),
    "create_bid_error": (400, "주문 요청 정보가 올바르지 않습니다."),
    "validation_error": (400, "잘못된 API 요청입니다."),
    "invalid_parameter": (400, "잘못된 파라미터"),
    "invalid_time_in_force": (400, "주문조건을 다시 확인해 주세요."),
    "invalid_post_only": (400, "post_only 주문에는 자전거래 방지 조건을 함께 쓸 수 없습니다."),
    "duplicated_identifier": (400, "이미 사용한 identifier 입니다."),
    "insufficient_funds_bid": (400, "주문 가능한 금액({currency})이 부족합니다."),
    "insufficient_funds_ask": (400, "주문 가능한 금액({currency})이 부족합니다."),
    "invalid_funds": (400, "출금 가능한 금액({currency})이 부족합니다."),
    "withdraw_address_not_registered": (400, "등록되지 않은 출금 주소입니다."),
    "under_min_total_bid": (400, "최소주문금액 이상으로 주문해 주세요."),
    "under_min_total_ask": (400, "최소주문금액 이상으로 주문해 주세요."),
    "over_krw_funds_bid": (400, "최대 주문 가능 금액 {maximum} {currency} 보다 작은 주문을 입력해 주세요."),
    "over_krw_funds_ask": (400, "최대 주문 가능 금액 {maximum} {currency} 보다 작은 주문을 입력해 주세요."),
    "over_btc_funds_bid": (400, "최대 주문 가능 금액 {maximum} {currency} 보다 작은 주문을 입력해 주세요."),
    "over_btc_funds_ask": (400, "최대 주문 가능 금액 {maximum} {currency} 보다 작은 주문을 입력해 주세요."),
    "over_usdt_funds_bid": (400, "최대 주문 가능 금액 {maximum} {currency} 보다 작은 주문을 입력해 주세요."),
    "over_usdt_funds_ask": (400, "최대 주문 가능 금액 {maximum} {currency} 보다 작은 주문을 입력해 주세요."),
    "invalid_price_bid": (400, "주문가격 단위를 잘못 입력하셨습니다. 확인 후 시도해주세요."),
    "invalid_price_ask": (400, "주문가격 단위를 잘못 입력하셨습니다. 확인 후 시도해주세요."),
    "volume_too_large": (400, "호가창에 보이는 수량보다 큰 주문입니다."),
    "notfoundmarket": (400, "다음 마켓에 없는 종목입니다: {market}"),
    "thirdparty_agreement_required": (400, "제3자 제공 동의가 필요합니다."),
    "bad_request": (400, "잘못된 요청입니다."),
    "QUERY_PARAMETER_NOT_SUPPORTED": (400, "DELETE 요청은 본문을 받지 않습니다. 쿼리 파라미터를 사용해 주세요."),
    "invalid_query_payload": (401, "Failed to verify the query of Jwt."),
    "jwt_verification": (401, "Failed to verify Jwt Token."),
    "expired_access_key": (401, "API 키의 사용 기간이 만료되었습니다."),
    "nonce_used": (401, "이미 요청한 nonce 값입니다."),
    "no_authorization_ip": (401, "허용되지 않은 IP 주소입니다."),
    "no_authorization_token": (401, "Authorization 토큰이 없습니다."),
    "invalid_access_key": (401, "잘못된 엑세스 키입니다."),
    "out_of_scope": (403, "허용되지 않은 기능입니다."),
    "market_offline": (403, "시스템 점검 중입니다. 잠시 후 다시 시도해 주세요."),
    "open_api_withdraw_locked": (403, "Open API 출금이 잠겨 있습니다."),
    "order_not_found": (404, "주문을 찾지 못했습니다."),
    "currency_not_found": (404, "등록되지 않은 통화입니다."),
    "pocket_not_found": (404, "포켓을 찾지 못했습니다."),
    "not_found": (404, "no Route matched with those values"),
    "too_many_requests": (429, "요청 수 제한을 초과했습니다."),
    "internal_server_error": (500, "알 수 없는 오류가 발생했습니다."),
}


class RefusedError(Exception):
    """The exchange's answer to a private request that it does not take; nothing changed, but for a burnt identifier."""

    def __init__(self, name: str, **values: object) -> None:
        super().__init__(name)
        self.name = name
        self.status, sentence = REFUSALS[name]
        self.sentence = sentence.format_map(values)


class BadQueryError(Exception):
    """The exchange's answer to a question about prices that it does not understand; its name is the status."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence

    @classmethod
    def invalid(cls) -> BadQueryError:
        """A value out of range or not in its format."""
        return cls(400, "Invalid parameter. Check the given value!")

    @classmethod
    def mismatch(cls) -> BadQueryError:
        """A value of the wrong type."""
        return cls(400, "Type mismatch error. Check the parameters type!")

    @classmethod
    def missing(cls) -> BadQueryError:
        """A parameter that has to be there is not."""
        return cls(400, "Missing request parameter error. Check the required parameters!")

    @classmethod
    def unknown_code(cls) -> BadQueryError:
        """No such market."""
        return cls(404, "Code not found")
