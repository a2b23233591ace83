"""The seven events that `decide` consumes and the intents it returns, as typed values for the Python side (trader, journal, replay).

The kernel takes the same facts as plain numbers (engine/kernel/book.py). Meaning: docs/decide.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum


class Side(IntEnum):
    """Bid = buy, ask = sell, as Upbit means them."""

    BID = 1
    ASK = -1


class DoneReason(IntEnum):
    """Why an order ended."""

    FILLED = 1
    NO_QUANTITY = 2
    REFUSED = 3
    CANCELLED = 4


class ControlKind(IntEnum):
    """Live-only facts and the owner's commands."""

    STOP_ENTRIES = 1
    ALLOW_ENTRIES = 2


@dataclass(frozen=True, slots=True)
class Step:
    """A piece of one market's price path; a tick has four equal prices."""

    market: str
    time_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    traded: bool


@dataclass(frozen=True, slots=True)
class Close:
    """The clock closed at `time_ms`; `columns[i]` are the exported values of market i (order of the program's columns)."""

    time_ms: int
    columns: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A base bar closed at `time_ms` and the clock did not: the risk profile looks at the account (docs/decide.md §8)."""

    time_ms: int


@dataclass(frozen=True, slots=True)
class Fill:
    """Part of an order traded. quantity_e8: whole 1e-8 coins. price_krw per coin. fee_krw."""

    order_id: int
    market: str
    quantity_e8: float
    price_krw: float
    fee_krw: float
    time_ms: int


@dataclass(frozen=True, slots=True)
class Done:
    """The order is over."""

    order_id: int
    market: str
    reason: DoneReason
    time_ms: int


@dataclass(frozen=True, slots=True)
class Cash:
    """Deposit (positive) or withdrawal."""

    amount_krw: float
    time_ms: int


@dataclass(frozen=True, slots=True)
class Control:
    """A command of the owner or a live-only fact."""

    kind: ControlKind
    time_ms: int


@dataclass(frozen=True, slots=True)
class Members:
    """The universe was decided at `time_ms`: these markets, in order of code, may be entered until the next such event.

    It reaches the decisions as the series `universe.member` of the candles (engine.kernel.universe), so `decide` does not take it.
    """

    time_ms: int
    members: tuple[str, ...]


Event = Step | Close | Mark | Fill | Done | Cash | Control


@dataclass(frozen=True, slots=True)
class Intent:
    """An order that `decide` wants. BID: amount_krw > 0. ASK: quantity_e8 > 0. level_krw: the price that was hit, NaN if decided at
    a CLOSE. exit_index: position in the strategy's exits, -1 for an entry, -2 - k for rule k of the risk profile. limit_krw: first limit
    of a buy, or where a sale has waited; NaN for an order that takes what there is."""

    order_id: int
    market: str
    side: Side
    amount_krw: float
    quantity_e8: float
    level_krw: float
    exit_index: int
    time_ms: int
    limit_krw: float = math.nan
