"""An order as it was asked for, checked against the table of what the exchange takes (type x side x fields x conditions)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, TypeVar

from engine.exchange.simulated.venue.errors import RefusedError
from engine.exchange.simulated.venue.exact import ZERO
from engine.exchange.simulated.venue.orders import OrderType, Prevention, Request, TimeInForce
from engine.model.events import Side
from engine.model.money import exact, floor_quantity

IDENTIFIER_LENGTH: Final = 64
#: neither a price nor a number of coins comes near it
_HIGHEST: Final = Decimal("1e18")
_SIDES: Final = {"bid": Side.BID, "ask": Side.ASK}

Choice = TypeVar("Choice", OrderType, TimeInForce, Prevention)


def read_request(fields: Mapping[str, object]) -> Request:
    """The order that the fields of a request describe. Raises RefusedError with the name that the exchange gives the mistake."""
    side = _SIDES.get(str(fields.get("side")))
    ord_type = _choice(OrderType, fields.get("ord_type"), "validation_error")
    market = fields.get("market")
    if side is None or ord_type is None or not isinstance(market, str) or not market:
        raise RefusedError("validation_error")
    time_in_force = _choice(TimeInForce, fields.get("time_in_force"), "invalid_time_in_force")
    smp_type = _choice(Prevention, fields.get("smp_type"), "invalid_parameter")
    price, volume = _number(fields.get("price")), _number(fields.get("volume"))
    _check_fields(side, ord_type, price, volume)
    _check_conditions(ord_type, time_in_force, smp_type)
    if volume is not None:
        volume = floor_quantity(volume)
    return Request(market, side, ord_type, price, volume, time_in_force, smp_type, read_identifier(fields.get("identifier")))


def read_identifier(given: object) -> str | None:
    """The client's own name for an order. Raises RefusedError when it is no text of at most 64 characters."""
    if given is None:
        return None
    if not isinstance(given, str) or not 0 < len(given) <= IDENTIFIER_LENGTH:
        raise RefusedError("invalid_parameter")
    return given


def side_name(side: Side) -> str:
    """`bid` or `ask`."""
    return "bid" if side is Side.BID else "ask"


def _check_fields(side: Side, ord_type: OrderType, price: Decimal | None, volume: Decimal | None) -> None:
    """Which of price and volume an order has, and which side it may be of."""
    wrong = RefusedError(f"create_{side_name(side)}_error")
    if (ord_type is OrderType.PRICE and side is Side.ASK) or (ord_type is OrderType.MARKET and side is Side.BID):
        raise wrong
    limit = ord_type is OrderType.LIMIT
    needs_price = limit or side is Side.BID
    needs_volume = limit or side is Side.ASK
    if (price is not None and not needs_price) or (volume is not None and not needs_volume):
        raise wrong
    if (price is None and needs_price) or (volume is None and needs_volume):
        raise RefusedError("validation_error")


def _check_conditions(ord_type: OrderType, time_in_force: TimeInForce | None, smp_type: Prevention | None) -> None:
    post_only = time_in_force is TimeInForce.POST_ONLY
    allowed = {
        OrderType.LIMIT: True,
        OrderType.BEST: time_in_force is not None and not post_only,
        OrderType.PRICE: time_in_force is None,
        OrderType.MARKET: time_in_force is None,
    }
    if not allowed[ord_type]:
        raise RefusedError("invalid_time_in_force")
    if post_only and smp_type not in (None, Prevention.NONE):
        raise RefusedError("invalid_post_only")


def _choice(kind: type[Choice], given: object, error: str) -> Choice | None:
    if given is None:
        return None
    if not isinstance(given, str) or given not in list(kind):
        raise RefusedError(error)
    return kind(given)


def _number(given: object) -> Decimal | None:
    """A positive decimal; the empty text counts as absent, as null does."""
    if given is None or given == "":
        return None
    if isinstance(given, bool) or not isinstance(given, str | int | float | Decimal):
        raise RefusedError("invalid_parameter")
    try:
        value = exact(given)
    except ValueError as error:
        raise RefusedError("invalid_parameter") from error
    if not ZERO < value < _HIGHEST:
        raise RefusedError("invalid_parameter")
    return value
