"""Orders that can be written are those that the exchange takes: every combination against the documented table."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest

from engine.exchange.upbit import order_forms
from engine.exchange.upbit.order_forms import OrderSide, OrderTerms, OrderType, SelfTrade, TimeInForce, checked_identifier, order_parameters

PRICE, VOLUME = Decimal("155772000"), Decimal("0.0001")

#: ord_type, side -> price, volume, times in force: the table of the exchange's documentation
DOCUMENTED = {
    ("limit", "bid"): (True, True, {None, "ioc", "fok", "post_only"}),
    ("limit", "ask"): (True, True, {None, "ioc", "fok", "post_only"}),
    ("price", "bid"): (True, False, {None}),
    ("market", "ask"): (False, True, {None}),
    ("best", "bid"): (True, False, {"ioc", "fok"}),
    ("best", "ask"): (False, True, {"ioc", "fok"}),
}


def documented(kind: str, side: str, price: bool, volume: bool, time: str | None, self_trade: str | None) -> bool:
    row = DOCUMENTED.get((kind, side))
    if row is None or (price, volume) != row[:2] or time not in row[2]:
        return False
    return time != "post_only" or self_trade in (None, "none")


def test_every_combination() -> None:
    taken = 0
    choices = itertools.product(OrderType, OrderSide, (True, False), (True, False), (None, *TimeInForce), (None, *SelfTrade))
    for kind, side, price, volume, time, self_trade in choices:
        values = (side, kind, PRICE if price else None, VOLUME if volume else None, time, self_trade)
        if documented(kind, side, price, volume, time, self_trade):
            OrderTerms(*values)
            taken += 1
            continue
        with pytest.raises(ValueError, match=r"there is no|takes|does not take"):
            OrderTerms(*values)
    assert taken == 2 * (3 * 5 + 2) + 5 + 5 + 2 * 2 * 5


@pytest.mark.parametrize("number", ["0", "-1", "NaN", "Infinity"])
def test_no_order_of_nothing(number: str) -> None:
    with pytest.raises(ValueError, match="no price and no quantity"):
        order_forms.market_sell(Decimal(number))
    with pytest.raises(ValueError, match="no price and no quantity"):
        order_forms.limit(OrderSide.BID, Decimal(number), VOLUME)


def test_what_is_sent() -> None:
    forms = {
        "limit": order_forms.limit(OrderSide.ASK, PRICE, VOLUME, TimeInForce.IOC, SelfTrade.REDUCE),
        "price": order_forms.market_buy(Decimal("5000")),
        "market": order_forms.market_sell(Decimal("1E-8")),
        "best bid": order_forms.best_buy(Decimal("5000"), TimeInForce.FOK),
        "best ask": order_forms.best_sell(VOLUME, TimeInForce.IOC),
    }
    sent = {
        name: {key: value for key, value in order_parameters("KRW-BTC", terms, "i") if value is not None} for name, terms in forms.items()
    }
    common = {"market": "KRW-BTC", "identifier": "i"}
    assert sent == {
        "limit": common
        | {"side": "ask", "ord_type": "limit", "price": PRICE, "volume": VOLUME, "time_in_force": "ioc", "smp_type": "reduce"},
        "price": common | {"side": "bid", "ord_type": "price", "price": Decimal(5000)},
        "market": common | {"side": "ask", "ord_type": "market", "volume": Decimal("0.00000001")},
        "best bid": common | {"side": "bid", "ord_type": "best", "price": Decimal(5000), "time_in_force": "fok"},
        "best ask": common | {"side": "ask", "ord_type": "best", "volume": VOLUME, "time_in_force": "ioc"},
    }


def test_identifiers_fit() -> None:
    assert checked_identifier("가" * 64) == "가" * 64
    for wrong in ("", "x" * 65):
        with pytest.raises(ValueError, match="1 to 64"):
            checked_identifier(wrong)
