"""What an account owns, valued at the last prices, and what its sales made. Pure; every number is exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

from engine.exchange.upbit.answers import Account

#: currencies that coins are traded against, in the order in which a price is looked for
QUOTES: Final = ("KRW", "BTC", "USDT")
_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Holding:
    """One currency. total: free and locked. average: of what was bought, in `unit`; None where the exchange does not know it (gifts,
    deposits). price and profit are in `unit` as well; *_krw at the last prices. None: no market says."""

    currency: str
    total: Decimal
    locked: Decimal
    unit: str
    average: Decimal | None
    price: Decimal | None
    value_krw: Decimal | None
    profit: Decimal | None
    profit_krw: Decimal | None

    @property
    def profit_ratio(self) -> Decimal | None:
        """Unrealised, of what it cost."""
        if self.profit is None or self.average is None or self.total == 0:
            return None
        return self.profit / (self.average * self.total)


def price_in(currency: str, unit: str, prices: Mapping[str, Decimal]) -> Decimal | None:
    """Last price of a currency in another, by its own market, else through another quote currency. prices: market code -> last price."""
    if currency == unit:
        return Decimal(1)
    direct = prices.get(f"{unit}-{currency}")
    if direct is not None:
        return direct
    for quote in QUOTES:
        price, rate = prices.get(f"{quote}-{currency}"), _rate(quote, unit, prices)
        if price is not None and rate is not None:
            return price * rate
    return None


def _rate(quote: str, unit: str, prices: Mapping[str, Decimal]) -> Decimal | None:
    """Units for one of a quote currency."""
    if quote == unit:
        return Decimal(1)
    there, back = prices.get(f"{unit}-{quote}"), prices.get(f"{quote}-{unit}")
    return there if there is not None else 1 / back if back else None


def holdings(accounts: Iterable[Account], prices: Mapping[str, Decimal]) -> list[Holding]:
    """Every balance that is not zero, KRW first, then by value."""
    found = [_holding(account, prices) for account in accounts if account.balance + account.locked > 0 or account.currency == "KRW"]
    return sorted(found, key=lambda one: (one.currency != "KRW", -(one.value_krw or _ZERO), one.currency))


def _holding(account: Account, prices: Mapping[str, Decimal]) -> Holding:
    currency, unit = account.currency, account.unit_currency or "KRW"
    total = account.balance + account.locked
    price, in_krw = price_in(currency, unit, prices), price_in(currency, "KRW", prices)
    average = account.avg_buy_price if account.avg_buy_price > 0 and currency != unit else None
    profit = None if average is None or price is None else (price - average) * total
    unit_krw = price_in(unit, "KRW", prices)
    profit_krw = None if profit is None or unit_krw is None else profit * unit_krw
    value_krw = None if in_krw is None else total * in_krw
    return Holding(currency, total, account.locked, unit, average, price, value_krw, profit, profit_krw)


class Deal(NamedTuple):
    """What an order traded. bought: else sold; funds: quote currency without the fee; time: of its last trade, ISO 8601."""

    market: str
    bought: bool
    volume: Decimal
    funds: Decimal
    fee: Decimal
    time: str


@dataclass(slots=True)
class Realised:
    """What a market's sales made, by average cost, fees in. unknown_volume: coins sold that were bought before the first deal here, of
    which nothing is counted."""

    market: str
    bought: Decimal = _ZERO
    sold: Decimal = _ZERO
    fees: Decimal = _ZERO
    profit: Decimal = _ZERO
    unknown_volume: Decimal = _ZERO
    _volume: Decimal = field(default=_ZERO, repr=False)
    _cost: Decimal = field(default=_ZERO, repr=False)

    def add(self, deal: Deal) -> None:
        """The next deal in time."""
        self.fees += deal.fee
        if deal.bought:
            self.bought += deal.funds
            self._volume += deal.volume
            self._cost += deal.funds + deal.fee
            return
        self.sold += deal.funds
        known = min(deal.volume, self._volume)
        self.unknown_volume += deal.volume - known
        if known == 0:
            return
        cost = self._cost if known == self._volume else self._cost * known / self._volume
        self.profit += (deal.funds - deal.fee) * known / deal.volume - cost
        self._volume -= known
        self._cost -= cost


def realised(deals: Sequence[Deal]) -> list[Realised]:
    """Per market, sorted by code. deals: in the order in which they happened."""
    found: dict[str, Realised] = {}
    for deal in deals:
        found.setdefault(deal.market, Realised(deal.market)).add(deal)
    return [found[market] for market in sorted(found)]
