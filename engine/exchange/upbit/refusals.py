"""Every name under which Upbit refuses something: a class, a policy, and (in dsl.messages.upbit) a sentence with the remedy.

Source: docs.upbit.com/kr, "rest-api-guide" (2026-10-06) and the samples of its endpoints; names that only other clients have seen are
marked. Names are branched on, not statuses, which differ between areas; quotation uses the status as name, so there the words decide.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from engine.exchange.upbit.errors import Policy, RefusedError

# -- the account and the order ---------------------------------------------------------------------------------------------------------


class InsufficientFundsBidError(RefusedError, names=("insufficient_funds_bid",), policy=Policy.LOOK_UP):
    """Too little money for the buy and its fee: our books and the exchange's differ."""


class InsufficientFundsAskError(RefusedError, names=("insufficient_funds_ask",), policy=Policy.LOOK_UP):
    """Too few coins for the sale: our books and the exchange's differ."""


class InvalidFundsError(RefusedError, names=("invalid_funds",), policy=Policy.LOOK_UP):
    """Seen by other clients only: the amount does not fit the balance."""


class DuplicatedIdentifierError(RefusedError, names=("duplicated_identifier",), policy=Policy.LOOK_UP):
    """An order with this identifier was sent before."""


class OrderNotFoundError(RefusedError, names=("order_not_found",), policy=Policy.LOOK_UP):
    """No such order, or it is over and cannot be cancelled."""


class UnderMinTotalBidError(RefusedError, names=("under_min_total_bid",), policy=Policy.FREEZE_MARKET):
    """The buy is below the market's minimum."""


class UnderMinTotalAskError(RefusedError, names=("under_min_total_ask",), policy=Policy.FREEZE_MARKET):
    """The sale is below the market's minimum."""


class OverFundsBidError(
    RefusedError, names=("over_krw_funds_bid", "over_btc_funds_bid", "over_usdt_funds_bid"), policy=Policy.FREEZE_MARKET
):
    """The buy is above the market's maximum. Only the first name is documented, the others are taken from it."""


class OverFundsAskError(
    RefusedError, names=("over_krw_funds_ask", "over_btc_funds_ask", "over_usdt_funds_ask"), policy=Policy.FREEZE_MARKET
):
    """The sale is above the market's maximum. Not documented, taken from the buy's name."""


class VolumeTooLargeError(RefusedError, names=("volume_too_large",), policy=Policy.FREEZE_MARKET):
    """Seen by other clients only: more than the market takes."""


class InvalidPriceBidError(RefusedError, names=("invalid_price_bid",), policy=Policy.FREEZE_MARKET):
    """The buy's price is not on the grid."""


class InvalidPriceAskError(RefusedError, names=("invalid_price_ask",), policy=Policy.FREEZE_MARKET):
    """The sale's price is not on the grid."""


class NoSuchMarketError(RefusedError, names=("notfoundmarket",), policy=Policy.FREEZE_MARKET):
    """The exchange does not trade this market."""


class MarketOfflineError(RefusedError, names=("market_offline",), policy=Policy.FREEZE_MARKET):
    """The market, or the exchange, is closed for maintenance."""


# -- a request that is wrong in itself -------------------------------------------------------------------------------------------------


class CreateBidError(RefusedError, names=("create_bid_error",), policy=Policy.STOP):
    """Parameters that do not go together in a buy."""


class CreateAskError(RefusedError, names=("create_ask_error",), policy=Policy.STOP):
    """Parameters that do not go together in a sale."""


class ValidationError(RefusedError, names=("validation_error",), policy=Policy.STOP):
    """A parameter is missing or ill-formed."""


class InvalidParameterError(RefusedError, names=("invalid_parameter",), policy=Policy.STOP):
    """A parameter's value is not allowed."""


class InvalidTimeInForceError(RefusedError, names=("invalid_time_in_force",), policy=Policy.STOP):
    """A time in force that the order type does not take."""


class InvalidPostOnlyError(RefusedError, names=("invalid_post_only",), policy=Policy.STOP):
    """post_only together with self-trade prevention."""


class BadRequestError(RefusedError, names=("bad_request",), policy=Policy.STOP):
    """A call that the exchange cannot read."""


class QueryParameterError(RefusedError, names=("QUERY_PARAMETER_NOT_SUPPORTED",), policy=Policy.STOP):
    """Parameters in the wrong place: a body where a query belongs."""


class NoRouteError(RefusedError, names=("not_found",), policy=Policy.STOP):
    """No such path."""


class QuotationValueError(RefusedError, names=("Invalid parameter",), policy=Policy.STOP, key="quotation_value"):
    """Quotation: a value out of range or of a wrong form."""


class QuotationTypeError(RefusedError, names=("Type mismatch",), policy=Policy.STOP, key="quotation_type"):
    """Quotation: a value of a wrong type."""


class QuotationMissingError(RefusedError, names=("Missing request parameter",), policy=Policy.STOP, key="quotation_missing"):
    """Quotation: a parameter is missing."""


class QuotationMarketError(RefusedError, names=("Code not found",), policy=Policy.FREEZE_MARKET, key="quotation_market"):
    """Quotation: no such market, or not any more."""


# -- keys and permissions --------------------------------------------------------------------------------------------------------------


class QueryHashError(RefusedError, names=("invalid_query_payload",), policy=Policy.STOP):
    """The token does not vouch for what was sent."""


class TokenError(RefusedError, names=("jwt_verification",), policy=Policy.ASK_OWNER):
    """The token's signature is wrong: most often a wrong secret key."""


class NonceUsedError(RefusedError, names=("nonce_used",), policy=Policy.LOOK_UP):
    """The same request arrived twice; the first one may have been done."""


class ExpiredKeyError(RefusedError, names=("expired_access_key",), policy=Policy.ASK_OWNER):
    """The API key's year is over."""


class InvalidKeyError(RefusedError, names=("invalid_access_key",), policy=Policy.ASK_OWNER):
    """The exchange does not know the access key."""


class AddressNotAllowedError(RefusedError, names=("no_authorization_ip", "no_authorization_i_p"), policy=Policy.ASK_OWNER):
    """This computer's address is not on the key's list. The second name is the old spelling."""


class NoTokenError(RefusedError, names=("no_authorization_token",), policy=Policy.ASK_OWNER):
    """A private call without a key."""


class OutOfScopeError(RefusedError, names=("out_of_scope",), policy=Policy.ASK_OWNER):
    """The key lacks the permission."""


class AgreementError(RefusedError, names=("thirdparty_agreement_required",), policy=Policy.ASK_OWNER):
    """Seen by other clients only: a consent in the exchange's app is missing, as for BTC and USDT markets."""


# -- money and wallets -----------------------------------------------------------------------------------------------------------------


class AddressNotRegisteredError(
    RefusedError, names=("withdraw_address_not_registered", "withdraw_address_not_registerd"), policy=Policy.ASK_OWNER
):
    """The withdrawal address is not on the owner's list. The second name is the old documentation's."""


class WithdrawLockedError(RefusedError, names=("open_api_withdraw_locked",), policy=Policy.ASK_OWNER):
    """Withdrawals by API are locked by the owner's safety switch."""


class NoSuchPocketError(RefusedError, names=("pocket_not_found",), policy=Policy.ASK_OWNER):
    """No such pocket (sub-account)."""


class NoSuchCurrencyError(RefusedError, names=("currency_not_found",), policy=Policy.FREEZE_MARKET):
    """The exchange does not know the currency."""


# -- limits and the exchange's own troubles --------------------------------------------------------------------------------------------


class TooManyRequestsError(RefusedError, names=("too_many_requests",), policy=Policy.RETRY):
    """429: the second's requests are used up."""


class PenaltyError(RefusedError, names=("rate_limit_exceeded_penalty",), policy=Policy.RETRY, key="penalty"):
    """418: blocked for a while after too many 429. The name is made up in the official client's tests; the status decides."""

    #: until when, from now
    seconds: float = 0.0


class InternalServerError(RefusedError, names=("internal_server_error",), policy=Policy.RETRY):
    """The exchange failed."""


class ServerError(RefusedError, names=("server_error",), policy=Policy.RETRY):
    """The exchange failed; also what stands for any 5xx without a known name."""


# -- subscriptions ---------------------------------------------------------------------------------------------------------------------


class StreamAuthError(RefusedError, names=("INVALID_AUTH",), policy=Policy.ASK_OWNER):
    """WebSocket: the token was not taken."""


class StreamFormatError(RefusedError, names=("WRONG_FORMAT",), policy=Policy.STOP):
    """WebSocket: a request that cannot be read."""


class StreamTicketError(RefusedError, names=("NO_TICKET",), policy=Policy.STOP):
    """WebSocket: a request without a ticket."""


class StreamTypeError(RefusedError, names=("NO_TYPE",), policy=Policy.STOP):
    """WebSocket: a request without a type."""


class StreamCodesError(RefusedError, names=("NO_CODES",), policy=Policy.STOP):
    """WebSocket: a request without markets."""


class StreamParameterError(RefusedError, names=("INVALID_PARAM",), policy=Policy.STOP):
    """WebSocket: a parameter's value is not allowed."""


class StreamTooManyError(RefusedError, names=("TOO_MANY_REQUEST",), policy=Policy.RETRY):
    """WebSocket: too many requests on this connection."""


class OtherRefusalError(RefusedError, names=("",), policy=Policy.ASK_OWNER, key="refused"):
    """A name that is not known here."""


#: every class by the names it stands for
BY_NAME: Final[dict[str, type[RefusedError]]] = {name: kind for kind in RefusedError.__subclasses__() for name in kind.names}

_TOO_MANY: Final = 429
_BLOCKED: Final = 418
_FAILED: Final = 500
_UNITS: Final = (
    (3600.0, r"h(?:ours?)?\b|시간"),
    (60.0, r"m(?:in(?:ute)?s?)?\b|분"),
    (1.0, r"s(?:ec(?:ond)?s?)?\b|초"),
    (0.001, r"ms\b|밀리초"),
)
_WAIT_WORDS: Final = re.compile(r"sec|retry|remain|wait|block|penalty", re.IGNORECASE)
#: where a block does not say how long it lasts
DEFAULT_PENALTY_SECONDS: Final = 60.0


def refusal(status: int, body: bytes, call: str, retry_after: str = "") -> RefusedError:
    """The error that an answer with a status of 400 or above stands for, whatever its body looks like."""
    name, said = _name_and_words(body)
    kind = BY_NAME.get(name) if name else None
    if status == _BLOCKED:
        penalty = PenaltyError(status, name, said, call)
        penalty.seconds = penalty_seconds(body, retry_after)
        return penalty
    if status == _TOO_MANY:
        kind = TooManyRequestsError
    elif kind is None and (not name or name == str(status)):
        kind = next((BY_NAME[words] for words in BY_NAME if words and " " in words and said.startswith(words)), None)
    if kind is None:
        kind = ServerError if status >= _FAILED else OtherRefusalError
    return kind(status, name, said, call)


def penalty_seconds(body: bytes, retry_after: str = "") -> float:
    """How long a 418 says that it lasts. Its form is not documented: a number of a telling member, a number with a unit, Retry-After."""
    numbers = [value for name, value in _members(_json(body)) if _WAIT_WORDS.search(name) and isinstance(value, int | float) and value >= 0]
    if numbers:
        return float(numbers[0])
    words = body.decode("utf-8", "replace")
    found = [float(text) * unit for unit, unit_words in _UNITS for text in re.findall(rf"(\d+(?:\.\d+)?)\s*(?:{unit_words})", words)]
    if found:
        return sum(found)
    return float(retry_after) if retry_after.isdecimal() else DEFAULT_PENALTY_SECONDS


def _json(body: bytes) -> Any:
    """The body as JSON; None where it is none."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def _members(value: Any) -> list[tuple[str, Any]]:
    """Every member of an object, and of objects in it."""
    if not isinstance(value, dict):
        return []
    return [pair for name, inner in value.items() for pair in ((name, inner), *_members(inner))]


def _name_and_words(body: bytes) -> tuple[str, str]:
    """`error.name` and `error.message`; the same without `error` around; or the start of what is no JSON."""
    value = _json(body)
    inner = value.get("error", value) if isinstance(value, dict) else value
    if isinstance(inner, dict):
        return str(inner.get("name") or ""), str(inner.get("message") or "")[:300]
    return "", str(inner if inner is not None else body.decode("utf-8", "replace"))[:300].strip()
