"""The account's orders in full: all pages of those that wait, all weeks of those that are over, and what they traded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from engine.candles.timeframes import DAY_MS, WEEK_MS
from engine.exchange.upbit.answers import Order
from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.hand_orders import funds_of
from engine.exchange.upbit.holdings import Deal
from engine.exchange.upbit.trading import CLOSED_MAX, LISTED_MAX

_SHORTEST_MS: Final = 1_000


def is_uuid(name: str) -> bool:
    """Whether an order's name is one that the exchange gave; else it is an identifier."""
    try:
        return str(UUID(name)) == name.lower()
    except ValueError:
        return False


async def open_orders(client: UpbitClient, market: str | None = None) -> list[Order]:
    """Every order that waits or watches, newest first. One that ends meanwhile may be missing or not, none comes twice."""
    found: dict[str, Order] = {}
    page = 1
    while True:
        orders = (await client.trading.orders_open(market=market, states=["wait", "watch"], page=page)).value
        found.update({order.uuid: order for order in orders})
        if len(orders) < LISTED_MAX:
            return list(found.values())
        page += 1


def weeks(days: int, now_ms: int) -> Iterator[tuple[int, int]]:
    """Stretches of at most a week that cover the last `days`, newest first, UTC ms."""
    end, first = now_ms, now_ms - days * DAY_MS
    while end > first:
        start = max(end - WEEK_MS, first)
        yield start, end
        end = start


async def closed_orders(client: UpbitClient, market: str | None, days: int, now_ms: int) -> list[Order]:
    """Every order that ended and was made in the last `days`, newest first."""
    found: dict[str, Order] = {}
    newest = (await client.trading.orders_closed(market=market, limit=CLOSED_MAX)).value if days * DAY_MS == WEEK_MS else None
    if newest is not None and len(newest) < CLOSED_MAX:  # the exchange's own last seven days
        return newest
    for start, end in weeks(days, now_ms):
        found.update({order.uuid: order for order in await _between(client, market, start, end)})
    return sorted(found.values(), key=lambda order: order.created_at, reverse=True)


async def _between(client: UpbitClient, market: str | None, start: int, end: int) -> list[Order]:
    """A list that is full may not be all: halves of the stretch, then."""
    asked = client.trading.orders_closed(market=market, start_time=str(start), end_time=str(end), limit=CLOSED_MAX)
    orders = (await asked).value
    if len(orders) < CLOSED_MAX or end - start <= _SHORTEST_MS:
        return orders
    middle = (start + end) // 2
    return [*await _between(client, market, middle, end), *await _between(client, market, start, middle)]


async def deals_of(client: UpbitClient, orders: Sequence[Order]) -> list[Deal]:
    """What each order traded, in the order of their trades. orders: newest first. Lists lack the trades, so each order that traded is
    asked for, unless its sum is there."""
    found = []
    for order in reversed(orders):
        if order.executed_volume == 0:
            continue
        funds = funds_of(order)
        if funds is None:
            order = (await client.trading.order(uuid=order.uuid)).value
            funds = funds_of(order)
        if funds is not None:
            fee = order.paid_fee if order.paid_fee is not None else funds * 0
            time = max((trade.created_at for trade in order.trades or ()), default=order.created_at)
            found.append(Deal(order.market, order.side == "bid", order.executed_volume, funds, fee, time))
    return sorted(found, key=lambda deal: deal.time)
