"""The simulated exchange in process, for paper trading: the venue's core, which trades what STEPs let trade.

The core owns accounts, locks, fees, identifiers, order states and every question. Price and quantity of a fill come from the kernel's
fill model, as in a backtest, so orders meet no book: a buy is one by total and a sale one by volume, which wait in the core until the
model answers; where a limit stands and when it moves, the model knows. An order that arrives is matched from the first STEP of its
market that is not earlier than its time plus the latency. Without latency a sale that was made inside a STEP trades in it, at the
level that was hit; one with a limit does so in any case.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from engine.exchange.simulated.accounts import Balance
from engine.exchange.simulated.venue.core import Venue
from engine.exchange.simulated.venue.errors import RefusedError
from engine.exchange.simulated.venue.orders import Order, State
from engine.exchange.simulated.venue.request import side_name
from engine.exchange.simulated.venue.switches import Switches
from engine.kernel.desk import FillModel
from engine.model.costs import FeeRule, fee_at
from engine.model.events import Done, DoneReason, Fill, Intent, Side, Step
from engine.model.market import FeeRates
from engine.model.money import QUANTITY_STEP, coins, exact
from engine.orders.plan import LegalOrder

#: what the fill model decides and the core must not: it has no book to measure orders by
_SWITCHES: Final = Switches(market_sell_minimum=False, beyond_levels_error=None, smp_default_from_ms=None)


class RejectReason(StrEnum):
    """Why an order was not taken."""

    UNKNOWN_MARKET = "unknown_market"
    IDENTIFIER_USED = "identifier_used"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    BELOW_MINIMUM = "below_minimum"
    ABOVE_MAXIMUM = "above_maximum"
    INVALID = "invalid"


_REASONS: Final = {
    "notfoundmarket": RejectReason.UNKNOWN_MARKET,
    "duplicated_identifier": RejectReason.IDENTIFIER_USED,
    "insufficient_funds_bid": RejectReason.INSUFFICIENT_FUNDS,
    "insufficient_funds_ask": RejectReason.INSUFFICIENT_FUNDS,
    "under_min_total_bid": RejectReason.BELOW_MINIMUM,
    "over_krw_funds_bid": RejectReason.ABOVE_MAXIMUM,
    "invalid_parameter": RejectReason.INVALID,
}


@dataclass(frozen=True, slots=True)
class Rejected:
    """The exchange did not take the order; nothing changed, but for its identifier, which is used up."""

    identifier: str
    reason: RejectReason


@dataclass(frozen=True, slots=True)
class OrderReport:
    """What the exchange says about an order. Quantities in coins; locked in KRW, or coins where coins are locked."""

    order: LegalOrder
    state: State
    locked: Decimal
    executed: Decimal
    traded_krw: Decimal
    fee_krw: Decimal


@dataclass(slots=True)
class SimulatedExchange:
    """One account. fee_rate: per side, exact; fees: where another rate holds; latency_ms: from an order's time to when it can trade."""

    markets: tuple[str, ...]
    fill_model: FillModel
    fee_rate: Decimal
    latency_ms: int = 0
    fees: tuple[FeeRule, ...] = ()
    core: Venue = field(init=False)
    _sent: dict[str, LegalOrder] = field(default_factory=dict)
    """What was asked for, by uuid."""
    _open: dict[str, Order] = field(default_factory=dict)
    _passed: dict[str, Step] = field(default_factory=dict)
    """The STEP that an order has last waited through: asked again about it, the order must not take its close for known before."""

    def __post_init__(self) -> None:
        self.core = Venue(self.markets, _SWITCHES)

    def deposit(self, currency: str, amount: Decimal) -> None:
        """Put money or coins into the account."""
        self.core.deposit(currency, amount)

    # -- questions, as the real exchange answers them ------------------------------------------------------------------------------

    def accounts(self) -> dict[str, Balance]:
        """Balances by currency."""
        return self.core.ledger.balances()

    def order(self, identifier: str) -> OrderReport | None:
        """The order with this identifier; None when the exchange never took one."""
        try:
            return self._report(self.core.find(None, identifier))
        except RefusedError:
            return None

    def open_orders(self, market: str | None = None) -> list[OrderReport]:
        """Orders that wait, oldest first."""
        return [self._report(order) for order in self._open.values() if market is None or order.request.market == market]

    # -- orders --------------------------------------------------------------------------------------------------------------------

    def place(self, order: LegalOrder) -> OrderReport | Rejected:
        """Take an order and lock what it can cost. A used identifier stays used, whatever became of its order."""
        if order.market in self.markets:
            rate = exact(fee_at(self.fees, order.market, float(self.fee_rate), order.time_ms))
            self.core.fees[order.market] = FeeRates(rate, rate)
        amount = (
            {"ord_type": "price", "price": order.amount_krw} if order.side is Side.BID else {"ord_type": "market", "volume": order.quantity}
        )
        fields = {"market": order.market, "side": side_name(order.side), "identifier": order.identifier, **amount}
        try:
            taken = self.core.take_order(fields, order.time_ms)
        except RefusedError as error:
            return Rejected(order.identifier, _REASONS[error.name])
        self._sent[taken.uuid] = order
        self._open[taken.uuid] = taken
        return self._report(taken)

    def cancel(self, identifier: str, time_ms: int) -> list[Done]:
        """Take a waiting order back. [] when it does not wait any more."""
        try:
            before = self.core.cancel(None, identifier)
        except RefusedError:
            return []
        sent = self._forget(before.uuid)
        return [Done(sent.order_id, sent.market, DoneReason.CANCELLED, time_ms)]

    def trade(self, step: Step) -> list[Fill | Done]:
        """What happens to the waiting orders of the STEP's market in it. May be asked again after new orders were placed in the STEP."""
        answers: list[Fill | Done] = []
        if not step.traded:
            return answers
        for order in list(self._open.values()):
            due = order.request.market == step.market and step.time_ms >= self._arrived_ms(order, step)
            if due and self._passed.get(order.uuid) != step:
                answers += self._match(order, step)
        return answers

    def _arrived_ms(self, order: Order, step: Step) -> int:
        """When the order can trade. A sale that is made inside the STEP at a limit has waited there (docs/decide.md §10, Latency)."""
        sent = self._sent[order.uuid]
        waited = sent.side is Side.ASK and sent.limit_krw is not None and sent.time_ms == step.time_ms
        return order.created_ms + (0 if waited else self.latency_ms)

    def _match(self, order: Order, step: Step) -> list[Fill | Done]:
        sent = self._sent[order.uuid]
        answers = self.fill_model.answer(_intent(sent, step), step)
        if not answers:
            self._passed[order.uuid] = step
            return answers
        for answer in answers:
            if isinstance(answer, Fill):
                price, volume = exact(answer.price_krw), coins(answer.quantity_e8)
                self.core.execute(order, price, volume, step.time_ms, is_maker=sent.limit_krw is not None)
        if order.is_open:
            self.core.close(order)
        self._forget(order.uuid)
        return answers

    def _forget(self, uuid: str) -> LegalOrder:
        """The order does not wait any more."""
        del self._open[uuid]
        self._passed.pop(uuid, None)
        return self._sent[uuid]

    def _report(self, order: Order) -> OrderReport:
        return OrderReport(
            self._sent[order.uuid], order.state, order.locked, order.executed_volume, order.executed_funds, order.paid_fee
        )  # fmt: skip


def _intent(order: LegalOrder, step: Step) -> Intent:
    """The order in the fill model's words. A level counts only in the STEP that it was hit in."""
    level = order.level_krw if order.level_krw is not None and order.time_ms == step.time_ms else math.nan
    limit = math.nan if order.limit_krw is None else order.limit_krw
    quantity_e8 = float(order.quantity / QUANTITY_STEP)
    return Intent(order.order_id, order.market, order.side, float(order.amount_krw), quantity_e8, level, 0, order.time_ms, limit)
