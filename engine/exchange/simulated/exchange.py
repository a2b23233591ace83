"""The simulated exchange: takes orders, locks money for them, trades them against STEPs, and answers questions about them.

Price and quantity of a fill come from the kernel's fill model, as in a backtest; accounts are exact. An order that arrives is matched
from the first STEP of its market that is not earlier than its time plus the latency. Without latency a sale that was made inside a
STEP trades in it, at the level that was hit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from enum import StrEnum

from engine.exchange.simulated.accounts import Accounts, Balance, InsufficientFundsError
from engine.kernel.desk import FillModel
from engine.model.costs import FeeRule, fee_at
from engine.model.events import Done, DoneReason, Fill, Intent, Side, Step
from engine.model.market import minimum_total, quote_currency
from engine.model.money import PRECISION, QUANTITY_STEP, coins, exact
from engine.orders.plan import LegalOrder

ONE = Decimal(1)
ZERO = Decimal(0)


class OrderState(StrEnum):
    """As Upbit names them. A market buy by total that leaves a residue ends as `cancel`."""

    WAIT = "wait"
    DONE = "done"
    CANCEL = "cancel"


class RejectReason(StrEnum):
    """Why an order was not taken."""

    UNKNOWN_MARKET = "unknown_market"
    IDENTIFIER_USED = "identifier_used"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    BELOW_MINIMUM = "below_minimum"


@dataclass(frozen=True, slots=True)
class Rejected:
    """The exchange did not take the order; nothing changed."""

    identifier: str
    reason: RejectReason


@dataclass(frozen=True, slots=True)
class OrderReport:
    """What the exchange says about an order. Quantities in coins; fee and locked in KRW, or coins where coins are locked."""

    order: LegalOrder
    state: OrderState
    locked: Decimal
    executed: Decimal = ZERO
    traded_krw: Decimal = ZERO
    fee_krw: Decimal = ZERO


@dataclass(slots=True)
class SimulatedExchange:
    """One account. fee_rate: per side, exact; fees: where another rate holds; latency_ms: from an order's time to when it can trade."""

    markets: tuple[str, ...]
    fill_model: FillModel
    fee_rate: Decimal
    latency_ms: int = 0
    fees: tuple[FeeRule, ...] = ()
    _accounts: Accounts = field(default_factory=Accounts)
    _reports: dict[str, OrderReport] = field(default_factory=dict)
    _open: dict[str, None] = field(default_factory=dict)
    _passed: dict[str, Step] = field(default_factory=dict)
    """The STEP that an order has last waited through: asked again about it, the order must not take its close for known before."""

    def deposit(self, currency: str, amount: Decimal) -> None:
        """Put money or coins into the account."""
        self._accounts.credit(currency, amount)

    # -- questions, as the real exchange answers them ------------------------------------------------------------------------------

    def accounts(self) -> dict[str, Balance]:
        """Balances by currency."""
        return self._accounts.all()

    def order(self, identifier: str) -> OrderReport | None:
        """The order with this identifier; None when the exchange never took one."""
        return self._reports.get(identifier)

    def open_orders(self, market: str | None = None) -> list[OrderReport]:
        """Orders that wait, oldest first."""
        waiting = [self._reports[name] for name in self._open]
        return [report for report in waiting if market is None or report.order.market == market]

    # -- orders --------------------------------------------------------------------------------------------------------------------

    def place(self, order: LegalOrder) -> OrderReport | Rejected:
        """Take an order and lock what it can cost. A used identifier stays used, whatever became of its order."""
        if order.market not in self.markets:
            return Rejected(order.identifier, RejectReason.UNKNOWN_MARKET)
        if order.identifier in self._reports:
            return Rejected(order.identifier, RejectReason.IDENTIFIER_USED)
        if order.side is Side.BID and order.amount_krw < minimum_total(order.market, Side.BID, order.time_ms):
            return Rejected(order.identifier, RejectReason.BELOW_MINIMUM)
        currency, amount = self._cost(order)
        try:
            self._accounts.lock(currency, amount)
        except InsufficientFundsError:
            return Rejected(order.identifier, RejectReason.INSUFFICIENT_FUNDS)
        report = OrderReport(order, OrderState.WAIT, amount)
        self._reports[order.identifier] = report
        self._open[order.identifier] = None
        return report

    def cancel(self, identifier: str, time_ms: int) -> list[Done]:
        """Take a waiting order back. [] when it does not wait any more."""
        if identifier not in self._open:
            return []
        report = self._end(self._reports[identifier], OrderState.CANCEL)
        return [Done(report.order.order_id, report.order.market, DoneReason.CANCELLED, time_ms)]

    def trade(self, step: Step) -> list[Fill | Done]:
        """What happens to the waiting orders of the STEP's market in it. May be asked again after new orders were placed in the STEP."""
        answers: list[Fill | Done] = []
        for report in self.open_orders(step.market):
            if step.traded and self._passed.get(report.order.identifier) != step and step.time_ms >= report.order.time_ms + self.latency_ms:
                answers += self._match(report, step)
        return answers

    def _match(self, report: OrderReport, step: Step) -> list[Fill | Done]:
        answers = self.fill_model.answer(_intent(report.order, step), step)
        if not answers:
            self._passed[report.order.identifier] = step
            return answers
        for answer in answers:
            if isinstance(answer, Fill):
                report = self._settle(report, answer)
        used_up = report.order.side is Side.ASK or report.locked == 0
        self._end(report, OrderState.DONE if used_up else OrderState.CANCEL)
        return answers

    def _settle(self, report: OrderReport, fill: Fill) -> OrderReport:
        """Move what was traded, exactly, and note it in the order's report."""
        coin, krw = _coin(report.order.market), quote_currency(report.order.market)
        with localcontext(prec=PRECISION):
            quantity = coins(fill.quantity_e8)
            traded = quantity * exact(fill.price_krw)
            fee = traded * self._fee_of(report.order)
            if report.order.side is Side.BID:
                given, locked = traded + fee, report.locked - traded - fee
                self._accounts.spend(krw, given)
                self._accounts.credit(coin, quantity)
            else:
                locked = report.locked - quantity
                self._accounts.spend(coin, quantity)
                self._accounts.credit(krw, traded - fee)
            settled = replace(
                report,
                locked=locked,
                executed=report.executed + quantity,
                traded_krw=report.traded_krw + traded,
                fee_krw=report.fee_krw + fee,
            )
        self._reports[report.order.identifier] = settled
        return settled

    def _end(self, report: OrderReport, state: OrderState) -> OrderReport:
        """The order is over; what it still had locked is free again."""
        self._accounts.release(self._cost(report.order)[0], report.locked)
        ended = replace(report, state=state, locked=ZERO)
        self._reports[report.order.identifier] = ended
        del self._open[report.order.identifier]
        self._passed.pop(report.order.identifier, None)
        return ended

    def _cost(self, order: LegalOrder) -> tuple[str, Decimal]:
        """Currency and amount that the order locks: a buy its total and fee, a sale its coins."""
        if order.side is Side.ASK:
            return _coin(order.market), order.quantity
        with localcontext(prec=PRECISION):
            return quote_currency(order.market), order.amount_krw * (ONE + self._fee_of(order))

    def _fee_of(self, order: LegalOrder) -> Decimal:
        """Rate of the order's market when it was made."""
        return exact(fee_at(self.fees, order.market, float(self.fee_rate), order.time_ms))


def _coin(market: str) -> str:
    """`BTC` of `KRW-BTC`."""
    return market.partition("-")[2]


def _intent(order: LegalOrder, step: Step) -> Intent:
    """The order in the fill model's words. A level counts only in the STEP that it was hit in."""
    level = order.level_krw if order.level_krw is not None and order.time_ms == step.time_ms else math.nan
    limit = math.nan if order.limit_krw is None else order.limit_krw
    quantity_e8 = float(order.quantity / QUANTITY_STEP)
    return Intent(order.order_id, order.market, order.side, float(order.amount_krw), quantity_e8, level, 0, order.time_ms, limit)
