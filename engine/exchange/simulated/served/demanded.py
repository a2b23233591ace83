"""Refusals on demand: every reason that the exchange is known to give, for clients that want to see what becomes of each.

Source: docs.upbit.com/kr, "rest-api-guide" (2026-10-06) and "websocket" pages. Names that this exchange never has a reason for are here
only; the others' statuses and sentences are its own.
"""

from __future__ import annotations

from typing import Any, Final

from engine.exchange.simulated.served.subscriptions import MESSAGES
from engine.exchange.simulated.venue.errors import REFUSALS, BadQueryError

#: names without a reason of ours: older spellings, other areas, what only other clients have seen
_OTHERS: Final = {
    "withdraw_address_not_registerd": (400, ""),
    "no_authorization_i_p": (401, ""),
    "rate_limit_exceeded_penalty": (418, "3초 동안 차단되었습니다."),
    "server_error": (500, ""),
}
_QUOTATION: Final = (BadQueryError.invalid(), BadQueryError.mismatch(), BadQueryError.missing(), BadQueryError.unknown_code())

#: what is demanded -> status and body. Quotation's errors have no names of their own: they go by their sentences
ANSWERS: Final[dict[str, tuple[int, dict[str, Any]]]] = {
    name: (status, {"error": {"name": name, "message": sentence}}) for name, (status, sentence) in (REFUSALS | _OTHERS).items()
} | {error.sentence: (error.status, {"error": {"name": error.status, "message": error.sentence}}) for error in _QUOTATION}


def known(name: object) -> str:
    """The name, when it can be demanded; "" demands nothing. Raises ValueError."""
    if name == "" or name in ANSWERS or name in MESSAGES:
        return str(name)
    raise ValueError(f"{name} is no refusal")
