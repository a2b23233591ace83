"""Orders that the owner gives by hand: checked against what the exchange allows, capped, sent once, and followed to their end.

A buy is never larger than asked for and never above the cap; what would be refused is refused here first, with the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Final

from engine.exchange.upbit.answers import Chance, ChanceSide, Order
from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.errors import ExchangeError, UnknownOutcomeError
from engine.exchange.upbit.order_forms import OrderSide, OrderTerms, OrderType, limit, market_buy, market_sell
from engine.exchange.upbit.trading import SETTLE_SECONDS
from engine.model.errors import UserError
from engine.model.money import shown

#: a buy by hand takes no more of the free cash than this
CASH_SHARE: Final = Decimal("0.1")
_COIN: Final = Decimal("1e-8")
_WON: Final = Decimal(1)
#: states of an order that is over
OVER: Final = frozenset({"done", "cancel"})
#: how long an order's end is waited for, and between questions; one that waits for its price is shown as it is
_FOLLOW_SECONDS: Final = 3.0
_PAUSE_SECONDS: Final = 0.2


class TradeRefusedError(UserError):
    """We do not send it. The sentence has the number that was needed and the one that was found."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key, **{name: shown(value) if isinstance(value, Decimal) else value for name, value in values.items()})


@dataclass(frozen=True, slots=True)
class Plan:
    """An order that may be sent. total: quote currency, without the fee; asked: as the owner said it, larger than `total` where the cap
    cut it. fee: at most so much, in the quote currency; free: what the account has of what is given away."""

    market: str
    terms: OrderTerms
    total: Decimal
    asked: Decimal
    fee: Decimal
    free: Decimal
    cap: Decimal | None = None

    @property
    def capped(self) -> bool:
        """Whether less is bought than was asked for."""
        return self.cap is not None and self.asked > self.cap


def plan_buy(chance: Chance, amount: Decimal, most_krw: Decimal, quote_krw: Decimal, price: Decimal | None = None) -> Plan:
    """A buy for `amount` of the quote currency, at market or at `price` or better; capped at a tenth of the free cash and at `most_krw`.

    quote_krw: KRW for one of the quote currency. Raises TradeRefusedError.
    """
    market, account, quote = chance.market.id, chance.bid_account, chance.market.bid.currency
    _open(chance, OrderSide.BID, OrderType.PRICE if price is None else OrderType.LIMIT)
    cap = min(account.balance * CASH_SHARE, most_krw / quote_krw)
    unit = _WON if quote == "KRW" else _COIN
    total = min(amount, cap).quantize(unit, ROUND_DOWN)
    if total < chance.market.bid.min_total and amount > cap:
        values = {"cash": account.balance, "most": most_krw, "cap": cap.quantize(unit, ROUND_DOWN), "minimum": chance.market.bid.min_total}
        raise TradeRefusedError("account.cap_below_minimum", quote=quote, **values)
    terms = market_buy(total) if price is None and total > 0 else None
    if price is not None:
        volume = (total / price).quantize(_COIN, ROUND_DOWN)
        total = volume * price
        terms = limit(OrderSide.BID, price, volume) if volume > 0 else None
    _sized(chance.market.bid, chance.market.max_total, total, quote)
    assert terms is not None, "nothing is below every minimum"
    fee = total * chance.bid_fee
    if total + fee > account.balance:
        raise TradeRefusedError("account.too_little_cash", quote=quote, needed=total + fee, fee=fee, free=account.balance)
    return Plan(market, terms, total, amount, fee, account.balance, cap)


def plan_sell(chance: Chance, volume: Decimal | None, last: Decimal, price: Decimal | None = None) -> Plan:
    """A sale of `volume` coins (None: all that are free), at market or at `price` or better. last: what one coin fetches now.

    Raises TradeRefusedError.
    """
    account, coin = chance.ask_account, chance.market.ask.currency
    _open(chance, OrderSide.ASK, OrderType.MARKET if price is None else OrderType.LIMIT)
    volume = account.balance.quantize(_COIN, ROUND_DOWN) if volume is None else volume
    if not 0 < volume <= account.balance:
        raise TradeRefusedError("account.too_few_coins", coin=coin, needed=volume, free=account.balance, locked=account.locked)
    total = volume * (last if price is None else price)
    _sized(chance.market.ask, chance.market.max_total, total, chance.market.bid.currency)
    terms = market_sell(volume) if price is None else limit(OrderSide.ASK, price, volume)
    return Plan(chance.market.id, terms, total, volume, total * chance.ask_fee, account.balance)


def _open(chance: Chance, side: OrderSide, kind: OrderType) -> None:
    """Whether the market takes such orders now."""
    market = chance.market
    types = market.bid_types if side is OrderSide.BID else market.ask_types
    if market.state != "active":
        raise TradeRefusedError("account.market_closed", market=market.id, state=market.state)
    if side not in market.order_sides or (types is not None and kind not in types):
        raise TradeRefusedError("account.type_not_taken", market=market.id, side=str(side), kind=str(kind))


def _sized(side: ChanceSide, most: Decimal | None, total: Decimal, quote: str) -> None:
    if total < side.min_total:
        raise TradeRefusedError("account.below_minimum", total=total, minimum=side.min_total, quote=quote)
    if most is not None and total > most:
        raise TradeRefusedError("account.above_maximum", total=total, maximum=most, quote=quote)


async def send(client: UpbitClient, plan: Plan, identifier: str, settle_seconds: float = SETTLE_SECONDS) -> Order:
    """Send the order once. Where its answer is lost, it is looked up by its identifier, never sent again.

    Raises TradeRefusedError when it is proved that it never arrived, UnknownOutcomeError when the exchange cannot be asked, and what the
    exchange refuses with.
    """
    try:
        return (await client.trading.place(plan.market, plan.terms, identifier)).value
    except UnknownOutcomeError as error:
        try:
            found = await client.trading.look_up(identifier, settle_seconds=settle_seconds)
        except ExchangeError as failed:
            raise error from failed
        if found is None:
            raise TradeRefusedError("account.never_arrived", identifier=identifier) from error
        return found.value


async def follow(client: UpbitClient, order: Order) -> Order:
    """The order with its trades, as soon as it is over, or as it stands after a while: one with a price may wait for days."""
    clock = client.rest.limits.clock
    until = clock.monotonic_seconds() + (_PAUSE_SECONDS if order.ord_type == OrderType.LIMIT else _FOLLOW_SECONDS)
    while True:
        found = (await client.trading.order(uuid=order.uuid)).value
        if found.state in OVER or clock.monotonic_seconds() >= until:
            return found
        await clock.sleep(_PAUSE_SECONDS)


def funds_of(order: Order) -> Decimal | None:
    """What traded, in the quote currency without the fee; None where neither the exchange's sum nor the trades are there."""
    if order.executed_volume == 0:
        return Decimal(0)
    if order.trades:
        return sum((trade.funds for trade in order.trades), Decimal(0))
    return order.executed_funds
