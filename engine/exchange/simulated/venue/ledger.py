"""What orders do to the account: money and coins locked, spent, earned and given back, exactly; and the average price paid for coins."""

from __future__ import annotations

from decimal import Decimal

from engine.exchange.simulated.accounts import Accounts, Balance, InsufficientFundsError
from engine.exchange.simulated.venue.errors import RefusedError
from engine.exchange.simulated.venue.exact import ONE, ZERO, wide
from engine.exchange.simulated.venue.orders import Order, OrderType, Request, State, Trade
from engine.exchange.simulated.venue.request import side_name
from engine.model.events import Side
from engine.model.market import quote_currency
from engine.model.money import floor_quantity, floor_quotient


def base_currency(market: str) -> str:
    """`BTC` of `KRW-BTC`."""
    return market.partition("-")[2]


def locked_currency(request: Request) -> str:
    """What an order sets aside: money for a buy, coins for a sale."""
    return quote_currency(request.market) if request.side is Side.BID else base_currency(request.market)


class Ledger:
    """One account. After every call free and locked are >= 0, and locked is the sum over open orders and withdrawals on their way."""

    def __init__(self, release_better_price: bool) -> None:
        self._accounts = Accounts()
        self._paid: dict[str, Decimal] = {}
        self._release_better_price = release_better_price

    def deposit(self, currency: str, amount: Decimal, average_price: Decimal = ZERO) -> None:
        """Put money or coins in. average_price: KRW paid for each coin, as the account shows it."""
        with wide():
            self._average(currency, amount, amount * average_price)
        self._accounts.credit(currency, amount)

    def balances(self) -> dict[str, Balance]:
        """Balances of every currency that was ever held, by code."""
        return self._accounts.all()

    def balance(self, currency: str) -> Balance:
        """Balance of one currency."""
        return self._accounts.balance(currency)

    def average_price(self, currency: str) -> Decimal:
        """`avg_buy_price`: KRW without fee for each coin held; 0 for none, and for KRW."""
        return self._paid.get(currency, ZERO)

    def lock(self, request: Request, amount: Decimal) -> None:
        """Set aside what the order can cost. Raises RefusedError insufficient_funds_bid or _ask."""
        currency = locked_currency(request)
        try:
            self._accounts.lock(currency, amount)
        except InsufficientFundsError as error:
            raise RefusedError(f"insufficient_funds_{side_name(request.side)}", currency=currency) from error

    def hold(self, currency: str, amount: Decimal) -> None:
        """Set aside what leaves the account. Raises RefusedError invalid_funds."""
        try:
            self._accounts.lock(currency, amount)
        except InsufficientFundsError as error:
            raise RefusedError("invalid_funds", currency=currency) from error

    def give_back(self, currency: str, amount: Decimal) -> None:
        """What was held stays after all."""
        self._accounts.release(currency, amount)

    def pay_out(self, currency: str, amount: Decimal) -> None:
        """What was held is gone."""
        self._accounts.spend(currency, amount)
        self._emptied(currency)

    @wide()
    def settle(self, order: Order, trade: Trade) -> None:
        """Move what was traded and note it in the order."""
        request, quote, base = order.request, quote_currency(order.request.market), base_currency(order.request.market)
        order.trades.append(trade)
        order.executed_volume += trade.volume
        order.executed_funds += trade.funds
        order.paid_fee += trade.fee
        if request.by_total:
            order.remaining_total -= trade.funds
        else:
            order.remaining_volume -= trade.volume
        if request.side is Side.ASK:
            self._accounts.spend(base, trade.volume)
            self._accounts.credit(quote, trade.funds - trade.fee)
            order.locked -= trade.volume
            self._emptied(base)
            return
        spent = trade.funds + trade.fee
        self._accounts.spend(quote, spent)
        order.locked -= spent
        order.remaining_fee -= trade.fee
        if quote == "KRW":
            self._average(base, trade.volume, trade.funds)
        self._accounts.credit(base, trade.volume)
        if request.ord_type is OrderType.LIMIT and self._release_better_price:
            self._shrink_lock(order)

    @wide()
    def prevent(self, order: Order, volume: Decimal, price: Decimal) -> None:
        """Take coins (for a buy by total: the money for them at `price`) out of an order that would trade with its own account."""
        before = order.locked
        if order.request.by_total:
            order.remaining_total -= volume * price
        else:
            order.remaining_volume -= volume
        self._shrink_lock(order)
        order.prevented_volume += volume
        order.prevented_locked += before - order.locked

    def prevent_all(self, order: Order, price: Decimal) -> None:
        """All that is left of it."""
        volume = floor_quotient(order.remaining_total, price) if order.request.by_total else order.remaining_volume
        self.prevent(order, volume, price)

    def end(self, order: Order, state: State) -> None:
        """The order is over: what it still had locked is free again."""
        self._accounts.release(locked_currency(order.request), order.locked)
        order.locked = order.remaining_fee = order.remaining_total = ZERO
        order.state = state

    def _shrink_lock(self, order: Order) -> None:
        """Lock no more than what is left can cost."""
        if order.request.side is Side.ASK:
            needed = order.remaining_volume
        else:
            left = order.remaining_total if order.request.by_total else order.remaining_volume * order.limit
            order.remaining_fee = left * order.reserve_rate
            needed = left + order.remaining_fee
        self._accounts.release(locked_currency(order.request), order.locked - needed)
        order.locked = needed

    def _average(self, currency: str, volume: Decimal, funds: Decimal) -> None:
        held = self._accounts.balance(currency).total
        if currency != "KRW" and held + volume > 0:
            self._paid[currency] = floor_quantity((self.average_price(currency) * held + funds) / (held + volume))

    def _emptied(self, currency: str) -> None:
        if self._accounts.balance(currency).total == 0:
            self._paid.pop(currency, None)


@wide()
def cost(request: Request, rate: Decimal) -> tuple[Decimal, Decimal]:
    """(what an order locks, the part of it that is fee): money for a buy, coins and no fee for a sale."""
    if request.side is Side.ASK:
        assert request.volume is not None
        return request.volume, ZERO
    assert request.price is not None
    total = request.price if request.volume is None else request.price * request.volume
    return total * (ONE + rate), total * rate
