"""What goes wrong between a client and an exchange, each with a probability, drawn from a seed by the number of the request."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeVar

_DRAWS: Final = 2**64


class Fault(StrEnum):
    """LOST_REQUEST: the line breaks before the exchange did anything; LOST_ANSWER: after it did; SLOW: the answer comes late; TRUNCATED:
    half of it comes; QUOTA, BLOCKED: 429 and 418 though there is quota left; SERVER: 500 with nothing done; GATEWAY: a 502 page that is
    no JSON, with nothing done; MAINTENANCE: 403 market_offline; STABILISER: an order fails in a burst (500 server_error)."""

    LOST_REQUEST = "lost_request"
    LOST_ANSWER = "lost_answer"
    SLOW = "slow"
    TRUNCATED = "truncated"
    QUOTA = "quota"
    BLOCKED = "blocked"
    SERVER = "server"
    GATEWAY = "gateway"
    MAINTENANCE = "maintenance"
    STABILISER = "stabiliser"


class FrameFault(StrEnum):
    """What goes wrong on a WebSocket, frame by frame. DROP: the line breaks instead; DUPLICATE: it comes twice; SWAPPED: after the one
    that follows it; TRUNCATED: half of it comes; UNKNOWN: one of a type that nobody knows comes before it."""

    DROP = "socket_drop"
    DUPLICATE = "frame_duplicate"
    SWAPPED = "frame_swapped"
    TRUNCATED = "frame_truncated"
    UNKNOWN = "frame_unknown"


#: faults that only orders meet
ORDERS_ONLY: Final = frozenset({Fault.MAINTENANCE, Fault.STABILISER})


Kind = TypeVar("Kind", Fault, FrameFault)


@dataclass(frozen=True, slots=True)
class Faults:
    """Probability of each fault, a ratio; at most one happens to a request or a frame. slow_seconds: of the machine's time."""

    lost_request: Decimal = Decimal(0)
    lost_answer: Decimal = Decimal(0)
    slow: Decimal = Decimal(0)
    truncated: Decimal = Decimal(0)
    quota: Decimal = Decimal(0)
    blocked: Decimal = Decimal(0)
    server: Decimal = Decimal(0)
    gateway: Decimal = Decimal(0)
    maintenance: Decimal = Decimal(0)
    stabiliser: Decimal = Decimal(0)
    socket_drop: Decimal = Decimal(0)
    frame_duplicate: Decimal = Decimal(0)
    frame_swapped: Decimal = Decimal(0)
    frame_truncated: Decimal = Decimal(0)
    frame_unknown: Decimal = Decimal(0)
    slow_seconds: Decimal = Decimal(2)

    def draw(self, seed: int, number: int, *, of_order: bool) -> Fault | None:
        """What happens to the number-th request. of_order: it makes or changes an order."""
        fault = self._drawn(f"{seed}/request/{number}", tuple(Fault))
        return fault if of_order or fault not in ORDERS_ONLY else None

    def draw_frame(self, seed: int, line: int, number: int) -> FrameFault | None:
        """What happens to the number-th frame of a line."""
        return self._drawn(f"{seed}/line/{line}/{number}", tuple(FrameFault))

    def _drawn(self, name: str, kinds: tuple[Kind, ...]) -> Kind | None:
        digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
        drawn = Decimal(int.from_bytes(digest)) / _DRAWS
        for kind in kinds:
            probability: Decimal = getattr(self, kind.value)
            if drawn < probability:
                return kind
            drawn -= probability
        return None


def changed(faults: Faults, values: dict[str, object]) -> Faults:
    """Faults with some of them set to others. Raises ValueError for an unknown name or a number that is no probability."""
    known = {field.name: getattr(faults, field.name) for field in fields(Faults)}
    for name, value in values.items():
        number = Decimal(str(value)) if isinstance(value, str | int | float) else Decimal(-1)
        if name not in known or not 0 <= number <= (3600 if name == "slow_seconds" else 1):
            raise ValueError(f"{name} cannot be {value}")
        known[name] = number
    return Faults(**known)
