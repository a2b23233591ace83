"""What a client asks of the WebSocket: one JSON array of objects, read with the exchange's own complaints."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from engine.exchange.simulated.served.frames import PRIVATE, PUBLIC

FORMATS: Final = ("DEFAULT", "SIMPLE", "JSON_LIST", "SIMPLE_LIST")
UNITS: Final = (1, 5, 15, 30)
MESSAGES: Final = {
    "INVALID_AUTH": "인증 정보가 올바르지 않습니다.",
    "WRONG_FORMAT": "Format이 맞지 않습니다.",
    "NO_TICKET": "티켓이 존재하지 않습니다.",
    "NO_TYPE": "타입이 존재하지 않습니다.",
    "NO_CODES": "코드가 존재하지 않습니다.",
    "INVALID_PARAM": "존재하지 않는 요청 정보입니다.",
    "TOO_MANY_REQUEST": "요청 수 제한을 초과했습니다.",
}


class SubscriptionError(Exception):
    """The exchange's complaint about a message."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name
        self.frame = {"error": {"name": name, "message": MESSAGES[name]}}


@dataclass(frozen=True, slots=True)
class Wish:
    """One type object. codes: none = all (myOrder); units: levels of each code's book; snapshot, realtime: which of them are sent."""

    type: str
    codes: tuple[str, ...]
    units: tuple[int, ...]
    level: Decimal
    snapshot: bool
    realtime: bool

    def listed(self) -> dict[str, Any]:
        """As LIST_SUBSCRIPTIONS shows it."""
        found: dict[str, Any] = {"type": self.type}
        if self.codes:
            found["codes"] = list(self.codes)
        return found | ({"level": float(self.level)} if self.type == "orderbook" else {})


@dataclass(frozen=True, slots=True)
class Message:
    """wishes: None for LIST_SUBSCRIPTIONS; format: None where the message names none."""

    ticket: str
    wishes: tuple[Wish, ...] | None
    format: str | None


def read_message(text: str | bytes, markets: Collection[str], *, private: bool, most_codes: int = 0) -> Message:
    """The message of a client. markets: that are listed; private: of the address that needs a key; most_codes: of all types together,
    0 = any number. Raises SubscriptionError."""
    try:
        parts = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SubscriptionError("WRONG_FORMAT") from error
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
        raise SubscriptionError("WRONG_FORMAT")
    ticket = next((part["ticket"] for part in parts if part.get("ticket")), None)
    if not isinstance(ticket, str):
        raise SubscriptionError("NO_TICKET")
    form = next((part["format"] for part in parts if "format" in part), None)
    if form not in (None, *FORMATS):
        raise SubscriptionError("WRONG_FORMAT")
    if any(part.get("method") == "LIST_SUBSCRIPTIONS" for part in parts):
        return Message(ticket, None, form)
    wishes = tuple(_wish(part, markets, private=private) for part in parts if "type" in part)
    if not wishes:
        raise SubscriptionError("NO_TYPE")
    if most_codes and sum(len(wish.codes) for wish in wishes) > most_codes:
        raise SubscriptionError("INVALID_PARAM")
    return Message(ticket, wishes, form)


def _wish(part: dict[str, Any], markets: Collection[str], *, private: bool) -> Wish:
    kind, codes = part["type"], part.get("codes")
    if kind in PRIVATE and not private:
        raise SubscriptionError("INVALID_AUTH")
    if kind not in (PRIVATE if private else PUBLIC):
        raise SubscriptionError("INVALID_PARAM")
    if (kind == "myAsset" and codes is not None) or not isinstance(codes, list | None):
        raise SubscriptionError("WRONG_FORMAT")
    if not codes and kind in PUBLIC:
        raise SubscriptionError("NO_CODES")
    split = [_code(code, kind, markets) for code in codes or ()]
    level = _level(part.get("level", 0))
    only_snapshot = bool(part.get("is_only_snapshot", part.get("isOnlySnapshot")))
    only_realtime = bool(part.get("is_only_realtime", part.get("isOnlyRealtime")))
    neither = only_snapshot and only_realtime
    news_only = kind in PRIVATE
    return Wish(
        kind, tuple(code for code, _ in split), tuple(unit for _, unit in split), level,
        snapshot=not news_only and (neither or not only_realtime), realtime=news_only or neither or not only_snapshot,
    )  # fmt: skip


def _code(code: object, kind: str, markets: Collection[str]) -> tuple[str, int]:
    """`KRW-BTC`, or for books `KRW-BTC.15`."""
    if not isinstance(code, str):
        raise SubscriptionError("WRONG_FORMAT")
    market, dot, unit = code.partition(".")
    if market not in markets or (dot and (kind != "orderbook" or unit not in map(str, UNITS))):
        raise SubscriptionError("INVALID_PARAM")
    return market, int(unit) if dot else UNITS[-1]


def _level(given: object) -> Decimal:
    try:
        level = Decimal(str(given))
    except InvalidOperation as error:
        raise SubscriptionError("INVALID_PARAM") from error
    if isinstance(given, bool) or not level.is_finite() or level < 0:
        raise SubscriptionError("INVALID_PARAM")
    return level
