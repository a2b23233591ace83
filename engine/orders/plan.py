"""From an intent to an order that the exchange accepts, in exact money: may refuse or shrink, never enlarge."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from engine.model.events import Intent, Side
from engine.model.market import maximum_total, minimum_total
from engine.model.money import coins, exact, floor_krw, floor_quotient

ONE: Final = Decimal(1)
_IDENTIFIER_LENGTH: Final = 26


class RefusalReason(StrEnum):
    """Why an intent becomes no order."""

    BELOW_MINIMUM = "below_minimum"
    NOTHING_AVAILABLE = "nothing_available"
    NO_REFERENCE_PRICE = "no_reference_price"


@dataclass(frozen=True, slots=True)
class LegalOrder:
    """An order in exact numbers. BID: amount_krw, a market buy by total; with limit_krw a buy of at most that, first at
    that limit. ASK: quantity in coins, a market sale.

    level_krw: the price whose touch made the sale, None for one made at a CLOSE; the simulated exchange fills there.
    identifier: a function of its content, so the same decision is never sent twice.
    """

    identifier: str
    order_id: int
    market: str
    side: Side
    amount_krw: Decimal
    quantity: Decimal
    level_krw: float | None
    time_ms: int
    limit_krw: float | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The intent becomes no order: the rule, what it needs, and what there is (KRW or coins)."""

    order_id: int
    market: str
    reason: RefusalReason
    needed: Decimal
    actual: Decimal
    time_ms: int


@dataclass(frozen=True, slots=True)
class Means:
    """What the account can put into an order: free KRW for a buy, held coins for a sale, and what a coin is worth now (None: unknown).
    fee_rate: per side."""

    free_krw: Decimal
    held: Decimal
    reference_krw: Decimal | None
    fee_rate: Decimal


def identifier(owner: str, intent: Intent, attempt: int = 0) -> str:
    """base32 of a hash over who decides what, when: the same after a restart, another for another attempt."""
    leg = f"{owner}|{intent.market}|{intent.time_ms}|{int(intent.side)}|{intent.exit_index}|{intent.order_id}|{attempt}"
    return base64.b32encode(hashlib.sha256(leg.encode()).digest()).decode()[:_IDENTIFIER_LENGTH].lower()


def plan_order(owner: str, intent: Intent, means: Means) -> LegalOrder | Refusal:
    """The legal order nearest to the intent from below, or why there is none. owner: installation, strategy and version."""
    return _plan_buy(owner, intent, means) if intent.side is Side.BID else _plan_sale(owner, intent, means)


def _plan_buy(owner: str, intent: Intent, means: Means) -> LegalOrder | Refusal:
    affordable = floor_quotient(max(means.free_krw, Decimal(0)), ONE + means.fee_rate, ONE)
    most = maximum_total(intent.market, Side.BID, intent.time_ms)
    amount = floor_krw(min(exact(intent.amount_krw), affordable, affordable if most is None else most))
    needed = minimum_total(intent.market, Side.BID, intent.time_ms)
    if amount < needed:
        return _refuse(intent, RefusalReason.BELOW_MINIMUM, needed, amount)
    return _order(owner, intent, amount=amount)


def _plan_sale(owner: str, intent: Intent, means: Means) -> LegalOrder | Refusal:
    """The minimum of a sale made at a CLOSE is held against the last price, as the decision did. A sale inside a STEP was held against
    its exit's level (docs/decide.md §4), which the intent does not carry: behind a gap it may be worth less, and goes out all the same."""
    quantity = min(coins(intent.quantity_e8), means.held)
    if quantity <= 0:
        return _refuse(intent, RefusalReason.NOTHING_AVAILABLE, coins(intent.quantity_e8), means.held)
    if _given(intent.level_krw) is None:
        if means.reference_krw is None:
            return _refuse(intent, RefusalReason.NO_REFERENCE_PRICE, ONE, Decimal(0))
        needed, worth = minimum_total(intent.market, Side.ASK, intent.time_ms), quantity * means.reference_krw
        if worth < needed:
            return _refuse(intent, RefusalReason.BELOW_MINIMUM, needed, worth)
    return _order(owner, intent, quantity=quantity)


def _order(owner: str, intent: Intent, amount: Decimal = Decimal(0), quantity: Decimal = Decimal(0)) -> LegalOrder:
    name = identifier(owner, intent)
    return LegalOrder(
        name,
        intent.order_id,
        intent.market,
        intent.side,
        amount,
        quantity,
        _given(intent.level_krw),
        intent.time_ms,
        _given(intent.limit_krw),
    )


def _given(price_krw: float) -> float | None:
    """NaN means none: decided at a CLOSE, or no limit."""
    return None if price_krw != price_krw else price_krw


def _refuse(intent: Intent, reason: RefusalReason, needed: Decimal, actual: Decimal) -> Refusal:
    return Refusal(intent.order_id, intent.market, reason, needed, actual, intent.time_ms)
