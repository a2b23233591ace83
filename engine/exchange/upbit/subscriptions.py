"""What is asked of Upbit's WebSocket: one text per connection, which replaces whatever the connection was subscribed to before. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final


class Kind(StrEnum):
    """What can be subscribed to."""

    TICKER = "ticker"
    TRADE = "trade"
    ORDERBOOK = "orderbook"
    CANDLE_1S = "candle.1s"
    CANDLE_1M = "candle.1m"
    CANDLE_3M = "candle.3m"
    CANDLE_5M = "candle.5m"
    CANDLE_10M = "candle.10m"
    CANDLE_15M = "candle.15m"
    CANDLE_30M = "candle.30m"
    CANDLE_60M = "candle.60m"
    CANDLE_240M = "candle.240m"
    MY_ORDER = "myOrder"
    MY_ASSET = "myAsset"
    ANNOUNCEMENT = "announcement"


class Format(StrEnum):
    """How messages come: an object each, or in lists; with long or short names."""

    DEFAULT = "DEFAULT"
    SIMPLE = "SIMPLE"
    JSON_LIST = "JSON_LIST"
    SIMPLE_LIST = "SIMPLE_LIST"


#: of the private address, signed
PRIVATE: Final = frozenset({Kind.MY_ORDER, Kind.MY_ASSET, Kind.ANNOUNCEMENT})
UNITS: Final = (1, 5, 15, 30)
#: no cap is documented; 189 have been seen in one request
CODES_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Subscription:
    """One kind for some markets. Own orders without codes: all markets. units: levels of a book; level: how its prices are lumped together.

    Raises ValueError for what the exchange refuses.
    """

    kind: Kind
    codes: tuple[str, ...] = ()
    only_snapshot: bool = False
    only_realtime: bool = False
    units: int | None = None
    level: int | None = None
    categories: tuple[str, ...] = ()
    include_body: bool | None = None

    def __post_init__(self) -> None:
        public = self.kind not in PRIVATE
        if public != bool(self.codes) and self.kind is not Kind.MY_ORDER:
            raise ValueError(f"{self.kind} {'needs' if public else 'takes no'} market codes")
        if any(code != code.upper() for code in self.codes):
            raise ValueError("market codes are written in capitals")
        if (self.units is not None or self.level is not None) and self.kind is not Kind.ORDERBOOK:
            raise ValueError("units and level are of books only")
        if self.units is not None and self.units not in UNITS:
            raise ValueError(f"a book has {', '.join(map(str, UNITS))} units, not {self.units}")
        if (self.only_snapshot or self.only_realtime) and not public:
            raise ValueError(f"{self.kind} comes as it happens, and takes no other wish")
        if self.only_snapshot and self.only_realtime:
            raise ValueError("only_snapshot or only_realtime, not both")

    def parts(self) -> dict[str, Any]:
        """Its object of the request."""
        found: dict[str, Any] = {"type": str(self.kind)}
        if self.codes:
            found["codes"] = [f"{code}.{self.units}" if self.units else code for code in self.codes]
        if self.level is not None:
            found["level"] = self.level
        for name, wish in (("is_only_snapshot", self.only_snapshot), ("is_only_realtime", self.only_realtime)):
            if wish:
                found[name] = True
        if self.categories:
            found["categories"] = list(self.categories)
        if self.include_body is not None:
            found["include_body"] = self.include_body
        return found


def request(ticket: str, subscriptions: Sequence[Subscription], form: Format = Format.DEFAULT) -> str:
    """The text that asks for these subscriptions."""
    return json.dumps([{"ticket": ticket}, *(found.parts() for found in subscriptions), {"format": str(form)}], separators=(",", ":"))


def list_request(ticket: str) -> str:
    """The text that asks what the connection is subscribed to."""
    return json.dumps([{"ticket": ticket}, {"method": "LIST_SUBSCRIPTIONS"}], separators=(",", ":"))


def split(subscriptions: Sequence[Subscription], most: int = CODES_MAX) -> list[tuple[Subscription, ...]]:
    """Subscriptions for as many connections as it takes to have at most `most` codes of a kind on each; private and public apart."""
    pieces = [piece for found in subscriptions for piece in _pieces(found, most)]
    connections: list[list[Subscription]] = []
    for piece in pieces:
        room = next((found for found in connections if _fits(found, piece, most)), None)
        if room is None:
            connections.append([piece])
        else:
            room.append(piece)
    return [tuple(found) for found in connections]


def _pieces(found: Subscription, most: int) -> Iterator[Subscription]:
    if len(found.codes) <= most:
        yield found
        return
    for start in range(0, len(found.codes), most):
        yield replace(found, codes=found.codes[start : start + most])


def _fits(connection: list[Subscription], piece: Subscription, most: int) -> bool:
    same_side = (connection[0].kind in PRIVATE) == (piece.kind in PRIVATE)
    return same_side and sum(len(found.codes) for found in connection if found.kind is piece.kind) + len(piece.codes) <= most
