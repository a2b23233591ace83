"""Orders of the simulated exchange as they are kept, and what happened to them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from engine.exchange.simulated.venue.exact import ZERO
from engine.model.events import Side
from engine.model.market import FeeRates


class OrderType(StrEnum):
    """`ord_type`. PRICE is a market buy by total, MARKET a market sale by volume, BEST takes the best opposite price."""

    LIMIT = "limit"
    PRICE = "price"
    MARKET = "market"
    BEST = "best"


class TimeInForce(StrEnum):
    """`time_in_force`."""

    IOC = "ioc"
    FOK = "fok"
    POST_ONLY = "post_only"


class Prevention(StrEnum):
    """`smp_type`: what becomes of two orders of one account that would trade with each other."""

    CANCEL_MAKER = "cancel_maker"
    CANCEL_TAKER = "cancel_taker"
    REDUCE = "reduce"
    NONE = "none"


class State(StrEnum):
    """`state`. A buy by total that leaves a residue ends as CANCEL. WATCH: reserved orders, which only the exchange's own app makes."""

    WAIT = "wait"
    WATCH = "watch"
    DONE = "done"
    CANCEL = "cancel"


OPEN_STATES = (State.WAIT, State.WATCH)


@dataclass(frozen=True, slots=True)
class Request:
    """A checked order. price: per coin for LIMIT, the total in the quote currency for buys by total; volume: coins."""

    market: str
    side: Side
    ord_type: OrderType
    price: Decimal | None
    volume: Decimal | None
    time_in_force: TimeInForce | None
    smp_type: Prevention | None
    identifier: str | None

    @property
    def by_total(self) -> bool:
        """A buy that says how much money it spends, not how many coins it wants."""
        return self.volume is None


@dataclass(frozen=True, slots=True)
class Trade:
    """One fill of an order. taker_bought: the taker's side, `trend`; is_maker: this order waited for it."""

    uuid: str
    price: Decimal
    volume: Decimal
    funds: Decimal
    fee: Decimal
    time_ms: int
    taker_bought: bool
    is_maker: bool


@dataclass(slots=True, eq=False)
class Order:
    """An order that was taken.

    remaining_volume: coins that can still trade (0 for a buy by total); remaining_total: money that a buy by total can still spend,
    without fee; rates: of when it was made; locked: quote currency with fee for buys, coins for sales; shows_prevention: answers carry
    `smp_type`.
    volume = executed + remaining + prevented at all times.
    """

    number: int
    uuid: str
    request: Request
    created_ms: int
    prevention: Prevention
    shows_prevention: bool
    rates: FeeRates
    reserved_fee: Decimal
    remaining_fee: Decimal
    locked: Decimal
    remaining_volume: Decimal
    remaining_total: Decimal
    state: State = State.WAIT
    executed_volume: Decimal = ZERO
    executed_funds: Decimal = ZERO
    paid_fee: Decimal = ZERO
    prevented_volume: Decimal = ZERO
    prevented_locked: Decimal = ZERO
    trades: list[Trade] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether it can still trade or be cancelled."""
        return self.state in OPEN_STATES

    @property
    def reserve_rate(self) -> Decimal:
        """Of the fee that a buy sets aside."""
        return max(self.rates.maker, self.rates.taker)

    @property
    def limit(self) -> Decimal:
        """Price of a limit order."""
        assert self.request.ord_type is OrderType.LIMIT
        assert self.request.price is not None
        return self.request.price


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """What the account is told: kind wait, trade, prevented, done or cancel; order: as it was then; trade: of a trade."""

    kind: str
    order: Order
    trade: Trade | None = None


def copied(order: Order) -> Order:
    """The order as it is now."""
    return replace(order, trades=list(order.trades))
