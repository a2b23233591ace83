"""Questions for many orders, and cancellations of many: windows, pages, limits and filters as the exchange documents them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from engine.exchange.simulated.venue.answers import Json, batch_json, order_json
from engine.exchange.simulated.venue.core import Venue
from engine.exchange.simulated.venue.errors import RefusedError
from engine.exchange.simulated.venue.orders import Order, State
from engine.exchange.simulated.venue.query import Query
from engine.exchange.simulated.venue.request import side_name
from engine.model.market import quote_currency

#: closed orders can be asked for a window of at most this
WINDOW_MS: Final = 7 * 86_400_000
_ORDER: Final = ("desc", "asc")


def open_orders(venue: Venue, query: Query) -> list[Json]:
    """GET /v1/orders/open."""
    page, limit = query.integer("page", 1, 1, 10**9), _limit(venue, query, 100)
    found = _sorted(query, _of(venue, query, _states(query, ("wait", "watch"), ["wait"])))
    return [order_json(order) for order in found[(page - 1) * limit : page * limit]]


def closed_orders(venue: Venue, query: Query, at_ms: int) -> list[Json]:
    """GET /v1/orders/closed: by time of creation, a window of at most seven days."""
    limit = _limit(venue, query, 1000)
    start, end = query.moment_ms("start_time"), query.moment_ms("end_time")
    if end is None:
        end = at_ms if start is None else start + WINDOW_MS
    if start is None:
        start = end - WINDOW_MS
    if not 0 <= end - start <= WINDOW_MS:
        raise RefusedError("invalid_parameter")
    found = _of(venue, query, _states(query, ("done", "cancel"), ["done", "cancel"]))
    return [order_json(order) for order in _sorted(query, (o for o in found if start <= o.created_ms <= end))[:limit]]


def orders_by_id(venue: Venue, query: Query) -> list[Json]:
    """GET /v1/orders/uuids: those that exist."""
    found, _ = _named(venue, query, 100)
    market = query.one("market")
    return [order_json(order) for order in _sorted(query, (o for o in found if market in (None, o.request.market)))]


def all_orders(venue: Venue, query: Query) -> list[Json]:
    """GET /v1/orders, the legacy list."""
    if query.many("uuids", 100) or query.many("identifiers", 100):
        return orders_by_id(venue, query)
    page, limit = query.integer("page", 1, 1, 10**9), _limit(venue, query, 100)
    found = _sorted(query, _of(venue, query, _states(query, tuple(State), ["wait"])))
    return [order_json(order) for order in found[(page - 1) * limit : page * limit]]


def cancel_by_id(venue: Venue, query: Query) -> Json:
    """DELETE /v1/orders/uuids: at most 20; those that are over already fail."""
    found, unknown = _named(venue, query, 20)
    done = [order for order in found if order.is_open]
    for order in done:
        venue.cancel(order.uuid, None)
    answer = batch_json(done, [order for order in found if order not in done])
    answer["failed"]["count"] += len(unknown)
    answer["failed"]["orders"] += [{"uuid": name} for name in unknown]
    return answer


def cancel_open(venue: Venue, query: Query) -> Json:
    """DELETE /v1/orders/open: waiting orders by side and market, exceptions first; at most `count`."""
    quotes, pairs = query.many("quote_currencies", 20), query.many("pairs", 20)
    excluded = query.many("excluded_pairs", 20)
    if quotes and pairs:
        raise RefusedError("invalid_parameter")
    side = query.choice("cancel_side", "all", ("all", "bid", "ask"))
    count = query.integer("count", 20, 1, 300)
    waiting = [
        order
        for order in venue.orders.values()
        if order.state is State.WAIT
        and order.request.market not in excluded
        and (not pairs or order.request.market in pairs)
        and (not quotes or quote_currency(order.request.market) in quotes)
        and side in ("all", side_name(order.request.side))
    ]
    chosen = _sorted(query, waiting)[:count]
    for order in chosen:
        venue.cancel(order.uuid, None)
    return batch_json(chosen, [])


def _limit(venue: Venue, query: Query, most: int) -> int:
    return query.integer("limit", 100, 1, most, clamp=venue.switches.count_above_limit == "clamp")


def _states(query: Query, allowed: tuple[str, ...], default: list[str]) -> list[str]:
    single, several = query.one("state"), query.many("states", 10)
    if single is not None and several:
        raise RefusedError("invalid_parameter")
    chosen = [single] if single is not None else several or default
    if not set(chosen) <= set(allowed):
        raise RefusedError("invalid_parameter")
    return chosen


def _of(venue: Venue, query: Query, states: list[str]) -> list[Order]:
    market = query.one("market")
    if market is not None and market not in venue.places:
        raise RefusedError("notfoundmarket", market=market)
    return [o for o in venue.orders.values() if o.state in states and market in (None, o.request.market)]


def _sorted(query: Query, orders: Iterable[Order]) -> list[Order]:
    newest_first = query.choice("order_by", "desc", _ORDER) == "desc"
    return sorted(orders, key=lambda order: order.number, reverse=newest_first)


def _named(venue: Venue, query: Query, most: int) -> tuple[list[Order], list[str]]:
    """(orders, names without one) of `uuids[]` or `identifiers[]`."""
    uuids, identifiers = query.many("uuids", most), query.many("identifiers", most)
    if bool(uuids) == bool(identifiers):
        raise RefusedError("validation_error")
    found: list[Order] = []
    unknown: list[str] = []
    for name in uuids or identifiers:
        try:
            found.append(venue.find(name if uuids else None, name if identifiers else None))
        except RefusedError:
            unknown.append(name)
    return found, unknown
