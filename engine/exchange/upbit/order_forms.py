"""Orders that Upbit takes, and none that it does not: each order type with what it needs. Pure.

Combinations: docs.upbit.com/kr, "new-order" (2026-08-21) and "smp". An order always carries an identifier of ours, because a lost answer
can only be looked up by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from engine.exchange.upbit.signing import Parameters

IDENTIFIER_CHARACTERS_MAX: Final = 64


class OrderSide(StrEnum):
    """Bid = buy, ask = sell."""

    BID = "bid"
    ASK = "ask"


class OrderType(StrEnum):
    """PRICE: market buy for a total. MARKET: market sale of a quantity. BEST: limit at the best price of the other side."""

    LIMIT = "limit"
    PRICE = "price"
    MARKET = "market"
    BEST = "best"


class TimeInForce(StrEnum):
    """IOC: what can trade now, the rest cancelled. FOK: all now or nothing. POST_ONLY: nothing that would trade now."""

    IOC = "ioc"
    FOK = "fok"
    POST_ONLY = "post_only"


class SelfTrade(StrEnum):
    """What happens when an order would trade with another of the same account. Left out: CANCEL_MAKER since 2026-11-09, before NONE."""

    CANCEL_MAKER = "cancel_maker"
    CANCEL_TAKER = "cancel_taker"
    REDUCE = "reduce"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """How to trade. price: per coin for LIMIT, the total for PRICE and a BEST buy; volume: coins.

    Raises ValueError for a combination that Upbit does not take.
    """

    side: OrderSide
    ord_type: OrderType
    price: Decimal | None = None
    volume: Decimal | None = None
    time_in_force: TimeInForce | None = None
    smp_type: SelfTrade | None = None

    def __post_init__(self) -> None:
        needs_price, needs_volume = _NEEDS.get((self.ord_type, self.side), (False, False))
        if not (needs_price or needs_volume):
            raise ValueError(f"there is no {self.ord_type} order on the side {self.side}")
        if (self.price is not None, self.volume is not None) != (needs_price, needs_volume):
            raise ValueError(f"a {self.side} of type {self.ord_type} takes {_words(needs_price, needs_volume)}")
        for number in (self.price, self.volume):
            if number is not None and not (number.is_finite() and number > 0):
                raise ValueError(f"{number} is no price and no quantity")
        if self.time_in_force not in _TIMES[self.ord_type]:
            raise ValueError(f"a {self.ord_type} order does not take time_in_force={self.time_in_force}")
        if self.time_in_force is TimeInForce.POST_ONLY and self.smp_type not in (None, SelfTrade.NONE):
            raise ValueError("a post_only order takes no self-trade prevention")


_NEEDS: Final = {
    (OrderType.LIMIT, OrderSide.BID): (True, True),
    (OrderType.LIMIT, OrderSide.ASK): (True, True),
    (OrderType.PRICE, OrderSide.BID): (True, False),
    (OrderType.MARKET, OrderSide.ASK): (False, True),
    (OrderType.BEST, OrderSide.BID): (True, False),
    (OrderType.BEST, OrderSide.ASK): (False, True),
}
_TIMES: Final[dict[OrderType, tuple[TimeInForce | None, ...]]] = {
    OrderType.LIMIT: (None, *TimeInForce),
    OrderType.PRICE: (None,),
    OrderType.MARKET: (None,),
    OrderType.BEST: (TimeInForce.IOC, TimeInForce.FOK),
}


def _words(needs_price: bool, needs_volume: bool) -> str:
    return "price and volume" if needs_price and needs_volume else "a price alone" if needs_price else "a volume alone"


def limit(
    side: OrderSide, price: Decimal, volume: Decimal, time_in_force: TimeInForce | None = None, smp_type: SelfTrade | None = None
) -> OrderTerms:
    """`volume` coins at `price` or better."""
    return OrderTerms(side, OrderType.LIMIT, price, volume, time_in_force, smp_type)


def market_buy(total: Decimal, smp_type: SelfTrade | None = None) -> OrderTerms:
    """Coins for `total` of the quote currency, at whatever they cost. The fee comes on top."""
    return OrderTerms(OrderSide.BID, OrderType.PRICE, price=total, smp_type=smp_type)


def market_sell(volume: Decimal, smp_type: SelfTrade | None = None) -> OrderTerms:
    """`volume` coins for whatever they fetch."""
    return OrderTerms(OrderSide.ASK, OrderType.MARKET, volume=volume, smp_type=smp_type)


def best_buy(total: Decimal, time_in_force: TimeInForce, smp_type: SelfTrade | None = None) -> OrderTerms:
    """Coins for `total` at the best ask."""
    return OrderTerms(OrderSide.BID, OrderType.BEST, price=total, time_in_force=time_in_force, smp_type=smp_type)


def best_sell(volume: Decimal, time_in_force: TimeInForce, smp_type: SelfTrade | None = None) -> OrderTerms:
    """`volume` coins at the best bid."""
    return OrderTerms(OrderSide.ASK, OrderType.BEST, volume=volume, time_in_force=time_in_force, smp_type=smp_type)


def order_parameters(market: str, terms: OrderTerms, identifier: str) -> Parameters:
    """The body of a new order, or of a test of one."""
    return [
        ("market", market),
        ("side", terms.side),
        ("ord_type", terms.ord_type),
        ("price", terms.price),
        ("volume", terms.volume),
        ("time_in_force", terms.time_in_force),
        ("smp_type", terms.smp_type),
        ("identifier", checked_identifier(identifier)),
    ]


def replacement_parameters(terms: OrderTerms, identifier: str, remain_only: bool) -> Parameters:
    """The new order's part of a cancel-and-new; market and side are the old order's. remain_only: whatever the old one has left."""
    return [
        ("new_ord_type", terms.ord_type),
        ("new_price", terms.price),
        ("new_volume", "remain_only" if remain_only else terms.volume),
        ("new_time_in_force", terms.time_in_force),
        ("new_smp_type", terms.smp_type),
        ("new_identifier", checked_identifier(identifier)),
    ]


def checked_identifier(identifier: str) -> str:
    """The identifier, when the exchange takes it. Raises ValueError."""
    if not 1 <= len(identifier) <= IDENTIFIER_CHARACTERS_MAX:
        raise ValueError(f"an identifier has 1 to {IDENTIFIER_CHARACTERS_MAX} characters, not {len(identifier)}")
    return identifier
