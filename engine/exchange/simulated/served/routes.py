"""The exchange's paths: who may ask, from which quota, and what answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from engine.exchange.simulated.served.route import Asked, Route, private, public
from engine.exchange.simulated.served.wallet_routes import WALLET_ROUTES
from engine.exchange.simulated.venue import listing, prices
from engine.exchange.simulated.venue.answers import Json, accounts_json, chance_json, order_json
from engine.exchange.simulated.venue.charts import candles_json
from engine.exchange.simulated.venue.errors import BadQueryError, RefusedError
from engine.exchange.simulated.venue.tape import Tape


def find_route(method: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
    """The route of a path and what the path holds; None for one that does not exist."""
    for route in ROUTES:
        found = route.path.fullmatch(path)
        if found is not None and route.method == method:
            return route, found.groupdict()
    return None


# -- prices ------------------------------------------------------------------------------------------------------------------------


def _tape(asked: Asked) -> Tape:
    market = asked.query.needed("market")
    world = asked.world
    if not world.is_listed(market) and not (world.venue.switches.delisted == "asked" and world.is_delisted(market)):
        raise BadQueryError.unknown_code()
    return asked.world.tapes[market]


def _clamp(asked: Asked) -> bool:
    return asked.world.venue.switches.count_above_limit == "clamp"


def _candles(asked: Asked) -> Any:
    kind, minutes = asked.match["kind"], asked.match["minutes"]
    korean = asked.world.venue.switches.four_hours == "korea"
    return candles_json(_tape(asked), kind, minutes, asked.query, asked.world.now_ms, clamp=_clamp(asked), korean=korean)


def _trades(asked: Asked) -> Any:
    return prices.trades_json(_tape(asked), asked.query, asked.world.now_ms, clamp=_clamp(asked))


def _ticker(asked: Asked) -> Any:
    return prices.tickers_json(asked.world, prices.known_markets(asked.world, asked.query))


# -- the account -------------------------------------------------------------------------------------------------------------------


def _chance(asked: Asked) -> Any:
    market = asked.query.needed("market")
    if not asked.world.is_listed(market):
        raise RefusedError("notfoundmarket", market=market)
    return chance_json(asked.world.venue, market, asked.world.now_ms)


def _place(asked: Asked) -> tuple[int, Any]:
    return 201, order_json(asked.world.venue.place_order(asked.body, asked.world.now_ms))


def _test(asked: Asked) -> tuple[int, Any]:
    return asked.wire.test_order_status, order_json(asked.world.venue.test_order(asked.body, asked.world.now_ms))


def _cancel_and_new(asked: Asked) -> tuple[int, Any]:
    before, new = asked.world.venue.cancel_and_new(asked.body, asked.world.now_ms)
    answer: Json = order_json(before) | {"new_order_uuid": new.uuid}
    if new.request.identifier is not None:
        answer["new_order_identifier"] = new.request.identifier
    return asked.wire.cancel_and_new_status, answer


def _order(asked: Asked) -> Any:
    found = asked.world.venue.find(asked.query.one("uuid"), asked.query.one("identifier"))
    return order_json(found, with_trades=True)


def _cancel(asked: Asked) -> Any:
    return order_json(asked.world.venue.cancel(asked.query.one("uuid"), asked.query.one("identifier")))


def _closed(asked: Asked) -> Any:
    return listing.closed_orders(asked.world.venue, asked.query, asked.world.now_ms)


_CANDLES: Final = r"/v1/candles/(?P<kind>seconds|minutes(?=/)|days|weeks|months|years)(?:(?<=minutes)/(?P<minutes>[^/]+))?"

ROUTES: Final = (
    public("/v1/market/all", "market", lambda asked: prices.markets_json(asked.world, asked.query)),
    public(_CANDLES, "candle", _candles),
    public("/v1/trades/ticks", "trade", _trades),
    public("/v1/ticker", "ticker", _ticker),
    public("/v1/ticker/all", "ticker", lambda asked: prices.tickers_of_quotes_json(asked.world, asked.query)),
    public("/v1/orderbook", "orderbook", lambda asked: prices.orderbooks_json(asked.world, asked.query)),
    public("/v1/orderbook/instruments", "orderbook", lambda asked: prices.instruments_json(asked.world, asked.query)),
    public("/v1/orderbook/supported_levels", "orderbook", lambda asked: prices.supported_levels_json(asked.world, asked.query)),
    private("GET", "/v1/accounts", lambda asked: accounts_json(asked.world.venue), "view_asset"),
    private("GET", "/v1/orders/chance", _chance, "view_orders"),
    Route("POST", re.compile("/v1/orders"), "order", _place, permission="make_orders"),
    Route("POST", re.compile("/v1/orders/test"), "order-test", _test, permission="make_orders"),
    Route("POST", re.compile("/v1/orders/cancel_and_new"), "order", _cancel_and_new, permission="make_orders"),
    private("GET", "/v1/order", _order, "view_orders"),
    private("GET", "/v1/orders/uuids", lambda asked: listing.orders_by_id(asked.world.venue, asked.query), "view_orders"),
    private("GET", "/v1/orders/open", lambda asked: listing.open_orders(asked.world.venue, asked.query), "view_orders"),
    private("GET", "/v1/orders/closed", _closed, "view_orders"),
    private("GET", "/v1/orders", lambda asked: listing.all_orders(asked.world.venue, asked.query), "view_orders"),
    private("DELETE", "/v1/order", _cancel, "make_orders"),
    private("DELETE", "/v1/orders/uuids", lambda asked: listing.cancel_by_id(asked.world.venue, asked.query), "make_orders"),
    private(
        "DELETE", "/v1/orders/open", lambda asked: listing.cancel_open(asked.world.venue, asked.query), "make_orders", "order-cancel-all"
    ),
    *WALLET_ROUTES,
)
