"""`jangdan price MARKET PRICE [--at DATE]`: a price on the exchange's grid, its unit, and the smallest order."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Final

import typer

from dsl.messages import text
from engine.cli.language import language
from engine.model.errors import UserError
from engine.model.events import Side
from engine.model.market import (
    KST,
    UnknownMarketError,
    UnpriceableError,
    minimum_total,
    quote_currency,
    smallest_price,
    tick_size,
    validate_price,
)
from engine.model.market_tables import TICKS
from engine.model.money import exact, shown

#: KRW; no coin has ever had a price near it
_HIGHEST: Final = Decimal("1e15")


def _say(key: str) -> str:
    return text(f"price.{key}", language())


def price(
    market: Annotated[str, typer.Argument(help=_say("argument_market"), show_default=False)],
    price: Annotated[str, typer.Argument(help=_say("argument_price"), show_default=False)],
    at: Annotated[str, typer.Option(help=_say("option_at"), show_default=False)] = "",
) -> None:
    """Print the price rounded down onto the grid in force, the price unit there, and the minimum total. Exit 1 on bad input."""
    moment = _moment(at)
    at_ms = int(moment.timestamp() * 1000)
    code = _market(market)
    asked = _price(price)
    try:
        rounded = validate_price(asked, code, at_ms)
    except UnpriceableError as error:
        raise UserError("price.too_small", price=price, market=code, smallest=shown(smallest_price(code, at_ms))) from error
    sys.stdout.write(
        text(
            "price.result",
            language(),
            market=code,
            price=shown(asked),
            rounded=shown(rounded),
            quote=quote_currency(code),
            tick=shown(tick_size(code, asked, at_ms)),
            minimum=shown(minimum_total(code, Side.BID, at_ms)),
            at=moment.strftime("%Y-%m-%d %H:%M KST"),
        )
        + "\n"
    )


def _market(market: str) -> str:
    """The code, in capitals. Raises UserError, with the code the right way round where that is a market."""
    code = market.upper()
    try:
        quote_currency(code)
    except UnknownMarketError as error:
        base, _, quote = code.partition("-")
        if base and quote in TICKS:
            raise UserError("price.swapped_market", market=market, suggestion=f"{quote}-{base}") from error
        raise UserError("price.bad_market", market=market, quotes=", ".join(TICKS)) from error
    return code


def _price(given: str) -> Decimal:
    """A number above 0; thousands may be parted by commas or underscores. Raises UserError."""
    try:
        value = exact(given.replace(",", ""))
    except ValueError as error:
        raise UserError("price.bad_price", price=given) from error
    if not 0 < value <= _HIGHEST:
        raise UserError("price.bad_price", price=given)
    return value


def _moment(given: str) -> datetime:
    """A Korean date or time; now where none is given. Raises UserError."""
    if not given:
        return datetime.now(UTC).astimezone(KST)
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        raise UserError("price.bad_date", date=given) from error
    return moment.replace(tzinfo=KST) if moment.tzinfo is None else moment.astimezone(KST)
