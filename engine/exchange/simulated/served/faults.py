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
    no JSON, with nothing done; MAINTENANCE: 403 market_offline; STABILISER: an order fails in a burst (500 server_error); CLOCK_SKEW: the
    answer's Date is off; STALE_BOOK: a question for books gets the answer of the one before."""

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
    CLOCK_SKEW = "clock_skew"
    STALE_BOOK = "stale_book"


class FrameFault(StrEnum):
    """What goes wrong on a WebSocket, frame by frame. DROP: the line breaks instead; DUPLICATE: it comes twice; SWAPPED: after the one
    that follows it; TRUNCATED: half of it comes; BROKEN: bytes that are no JSON come instead; UNKNOWN: one of a type that nobody knows
    comes before it; SKEWED: its time is off; STALE: a book comes as it was sent before."""

    DROP = "socket_drop"
    DUPLICATE = "frame_duplicate"
    SWAPPED = "frame_swapped"
    TRUNCATED = "frame_truncated"
    UNKNOWN = "frame_unknown"
    BROKEN = "frame_broken"
    SKEWED = "frame_skewed"
    STALE = "frame_stale"


#: faults that only orders meet
ORDERS_ONLY: Final = frozenset({Fault.MAINTENANCE, Fault.STABILISER})


Kind = TypeVar("Kind", Fault, FrameFault)


@dataclass(frozen=True, slots=True)
class Faults:
    """Probability of each fault, a ratio; at most one happens to a request or a frame.

    suspended: of a market in each stretch of suspended_seconds of its time; partial: of a waiting order's fill, which then is only a part.
    slow_seconds: of the machine's time; skew_seconds: by which times that are off are late.
    """

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
    clock_skew: Decimal = Decimal(0)
    stale_book: Decimal = Decimal(0)
    frame_broken: Decimal = Decimal(0)
    frame_skewed: Decimal = Decimal(0)
    frame_stale: Decimal = Decimal(0)
    suspended: Decimal = Decimal(0)
    partial: Decimal = Decimal(0)
    suspended_seconds: Decimal = Decimal(60)
    skew_seconds: Decimal = Decimal(30)
    slow_seconds: Decimal = Decimal(2)

    def draw(self, seed: int, number: int, *, of_order: bool, of_book: bool = False) -> Fault | None:
        """What happens to the number-th request. of_order: it makes or changes an order; of_book: it asks for books."""
        fault = self._drawn(f"{seed}/request/{number}", tuple(Fault))
        fitting = of_order or fault not in ORDERS_ONLY
        return fault if fitting and (of_book or fault is not Fault.STALE_BOOK) else None

    def suspends(self, seed: int, market: str, now_ms: int) -> bool:
        """Whether a market is suspended at a moment of its time."""
        stretch = now_ms // int(self.suspended_seconds * 1000)
        return _chance(f"{seed}/suspended/{market}/{stretch}") < self.suspended

    def share(self, seed: int, number: int) -> Decimal:
        """How much of the number-th fill of a waiting order happens, a ratio in (0, 1]."""
        name = f"{seed}/partial/{number}"
        return (1 + _chance(f"{name}/share") * 9) / 10 if _chance(name) < self.partial else Decimal(1)

    def draw_frame(self, seed: int, line: int, number: int) -> FrameFault | None:
        """What happens to the number-th frame of a line."""
        return self._drawn(f"{seed}/line/{line}/{number}", tuple(FrameFault))

    def _drawn(self, name: str, kinds: tuple[Kind, ...]) -> Kind | None:
        drawn = _chance(name)
        for kind in kinds:
            probability: Decimal = getattr(self, kind.value)
            if drawn < probability:
                return kind
            drawn -= probability
        return None


def _chance(name: str) -> Decimal:
    """A number in [0, 1) that its name decides."""
    return Decimal(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())) / _DRAWS


def changed(faults: Faults, values: dict[str, object]) -> Faults:
    """Faults with some of them set to others. Raises ValueError for an unknown name or a number that is no probability."""
    known = {field.name: getattr(faults, field.name) for field in fields(Faults)}
    for name, value in values.items():
        number = Decimal(str(value)) if isinstance(value, str | int | float) else Decimal(-1)
        least, most = (Decimal("0.001"), 3600) if name.endswith("_seconds") else (0, 1)
        if name not in known or not least <= number <= most:
            raise ValueError(f"{name} cannot be {value}")
        known[name] = number
    return Faults(**known)
