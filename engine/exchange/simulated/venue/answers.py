"""Orders, balances and an account's terms in the exchange's JSON: decimals as strings, counts as numbers, absent instead of null."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from engine.exchange.simulated.accounts import Balance
from engine.exchange.simulated.venue.core import Venue
from engine.exchange.simulated.venue.exact import plain
from engine.exchange.simulated.venue.ledger import base_currency
from engine.exchange.simulated.venue.orders import Order, Trade
from engine.exchange.simulated.venue.request import side_name
from engine.model.events import Side
from engine.model.market import KST, minimum_total, quote_currency

Json = dict[str, Any]


def order_json(order: Order, *, with_trades: bool = False) -> Json:
    """An order; with_trades: its fills too, as only the question for one order shows them."""
    request = order.request
    found: Json = {
        "market": request.market,
        "uuid": order.uuid,
        "side": side_name(request.side),
        "ord_type": str(request.ord_type),
        "price": None if request.price is None else plain(request.price),
        "state": str(order.state),
        "created_at": korean_seconds(order.created_ms),
        "volume": None if request.volume is None else plain(request.volume),
        "remaining_volume": plain(order.remaining_volume),
        "executed_volume": plain(order.executed_volume),
        "reserved_fee": plain(order.reserved_fee),
        "remaining_fee": plain(order.remaining_fee),
        "paid_fee": plain(order.paid_fee),
        "locked": plain(order.locked),
        "prevented_volume": plain(order.prevented_volume),
        "prevented_locked": plain(order.prevented_locked),
        "trades_count": len(order.trades),
        "time_in_force": None if request.time_in_force is None else str(request.time_in_force),
        "identifier": request.identifier,
        "smp_type": str(order.prevention) if order.shows_prevention else None,
    }
    if with_trades:
        found["trades"] = [trade_json(order, trade) for trade in order.trades]
    return {name: value for name, value in found.items() if value is not None}


def trade_json(order: Order, trade: Trade) -> Json:
    """A fill of an order; `trend` is the taker's side."""
    return {
        "market": order.request.market,
        "uuid": trade.uuid,
        "price": plain(trade.price),
        "volume": plain(trade.volume),
        "funds": plain(trade.funds),
        "trend": "up" if trade.taker_bought else "down",
        "created_at": datetime.fromtimestamp(trade.time_ms / 1000, KST).isoformat(timespec="microseconds"),
        "side": side_name(order.request.side),
    }


def accounts_json(venue: Venue) -> list[Json]:
    """Every currency that is held; KRW even when there is none."""
    held = venue.ledger.balances()
    held.setdefault("KRW", Balance())
    return [account_json(venue, currency) for currency, balance in sorted(held.items()) if currency == "KRW" or balance.total > 0]


def account_json(venue: Venue, currency: str) -> Json:
    """One currency's balance."""
    balance = venue.ledger.balance(currency)
    return {
        "currency": currency,
        "balance": plain(balance.free),
        "locked": plain(balance.locked),
        "avg_buy_price": plain(venue.ledger.average_price(currency)),
        "avg_buy_price_modified": currency == "KRW",
        "unit_currency": "KRW",
    }


def chance_json(venue: Venue, market: str, at_ms: int) -> Json:
    """What the account may order in a market, and at which cost."""
    quote, base, fees = quote_currency(market), base_currency(market), venue.fees[market]
    maximum = venue.maximum(market, Side.BID, at_ms)
    limits = ["limit", "limit_fok", "limit_ioc"]
    terms: Json = {
        "id": market,
        "name": f"{base}/{quote}",
        "order_types": ["limit"],
        "order_sides": ["ask", "bid"],
        "bid_types": ["best_fok", "best_ioc", *limits, "price"],
        "ask_types": ["best_fok", "best_ioc", *limits, "market"],
        "bid": {"currency": quote, "min_total": plain(minimum_total(market, Side.BID, at_ms))},
        "ask": {"currency": base, "min_total": plain(minimum_total(market, Side.ASK, at_ms))},
        "max_total": None if maximum is None else plain(maximum),
        "state": "offline" if venue.places[market].is_closed else "active",
    }
    return {
        "bid_fee": plain(fees.taker),
        "ask_fee": plain(fees.taker),
        "maker_bid_fee": plain(fees.maker),
        "maker_ask_fee": plain(fees.maker),
        "market": {name: value for name, value in terms.items() if value is not None},
        "bid_account": account_json(venue, quote),
        "ask_account": account_json(venue, base),
    }


def batch_json(done: Iterable[Order], failed: Iterable[Order]) -> Json:
    """What a cancellation of many orders did."""
    groups = {"success": [_named(order) for order in done], "failed": [_named(order) for order in failed]}
    return {name: {"count": len(orders), "orders": orders} for name, orders in groups.items()}


def korean_seconds(at_ms: int) -> str:
    """`2025-08-09T16:52:49+09:00`."""
    return datetime.fromtimestamp(at_ms // 1000, KST).isoformat()


def _named(order: Order) -> Json:
    identifier = order.request.identifier
    return {"uuid": order.uuid, "market": order.request.market, **({} if identifier is None else {"identifier": identifier})}
