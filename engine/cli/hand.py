"""What the owner's hand tools share: keys, switches, and the exchange's client. From the environment, then from `.env` of this folder.

DRY_RUN: true unless it says `false`. EMERGENCY_STOP: on unless it is empty or says `false`. MAX_TRADE_AMOUNT: KRW of one buy.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import dotenv

from dsl.messages import text
from engine.cli.inputs import amount_krw
from engine.cli.language import language
from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.rest import BASE_URL, ClientSettings
from engine.exchange.upbit.signing import Keys, Secret
from engine.model.errors import UserError
from engine.model.market import UnknownMarketError, quote_currency
from engine.model.money import exact, shown

T = TypeVar("T")
ACCESS_VARIABLE: Final = "UPBIT_ACCESS_KEY"
SECRET_VARIABLE: Final = "UPBIT_SECRET_KEY"  # noqa: S105 - its name
URL_VARIABLE: Final = "JANGDAN_UPBIT_URL"
DRY_VARIABLE: Final = "DRY_RUN"
STOP_VARIABLE: Final = "EMERGENCY_STOP"
MOST_VARIABLE: Final = "MAX_TRADE_AMOUNT"
_DEFAULT_MOST: Final = "100000"
_FILE: Final = ".env"


@dataclass(frozen=True, slots=True)
class Hand:
    """The owner's hand. most_krw: of one buy."""

    url: str
    keys: Keys | None = field(repr=False)
    dry_run: bool
    stopped: bool
    most_krw: Decimal

    def client(self, *, signed: bool = True) -> UpbitClient:
        """An exchange client of the running loop. Raises UserError without keys, and where they would travel in the open."""
        if not signed:
            return UpbitClient(None, ClientSettings(base_url=self.url))
        if self.keys is None:
            raise UserError("account.no_keys", access=ACCESS_VARIABLE, secret=SECRET_VARIABLE, file=_FILE)
        if not _private(self.url):
            raise UserError("account.open_wire", url=self.url, variable=URL_VARIABLE)
        return UpbitClient(self.keys, ClientSettings(base_url=self.url))

    def run(self, main: Callable[[UpbitClient], Coroutine[Any, Any, T]], *, signed: bool = True) -> T:
        """What `main` makes of a client."""

        async def whole() -> T:
            async with self.client(signed=signed) as client:
                return await main(client)

        return asyncio.run(whole())

    def check_not_stopped(self) -> None:
        """Raises UserError while the emergency stop is on."""
        if self.stopped:
            raise UserError("account.stopped", variable=STOP_VARIABLE)


def read_hand(exchange: str | None = None, environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Hand:
    """The settings in force. exchange: the command line's address, before every other. Raises UserError for a setting that says nothing."""
    named = dict(os.environ if environment is None else environment)
    path = (folder or Path()) / _FILE
    try:
        kept = {name: value for name, value in dotenv.dotenv_values(path, interpolate=False).items() if value is not None}
    except (OSError, UnicodeDecodeError) as error:
        raise UserError("inputs.unreadable", path=path, reason=error) from error
    values = {name: value.strip() for name, value in (kept | named).items()}
    access, secret = values.get(ACCESS_VARIABLE, ""), values.get(SECRET_VARIABLE, "")
    return Hand(
        url=(exchange or values.get(URL_VARIABLE) or BASE_URL).rstrip("/"),
        keys=Keys(Secret(access), Secret(secret)) if access and secret else None,
        dry_run=values.get(DRY_VARIABLE, "").lower() != "false",
        stopped=values.get(STOP_VARIABLE, "").lower() not in ("", "false"),
        most_krw=Decimal(str(amount_krw(values.get(MOST_VARIABLE) or _DEFAULT_MOST, MOST_VARIABLE))),
    )


def _private(url: str) -> bool:
    """Whether what is sent there can be read by nobody on the way."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return True
    try:
        return parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def market_code(given: str) -> str:
    """The code in capitals. Raises UserError, with the code the right way round where that is a market."""
    code = given.strip().upper()
    try:
        quote_currency(code)
    except UnknownMarketError as error:
        turned = "-".join(reversed(code.split("-")))
        try:
            quote_currency(turned)
        except UnknownMarketError:
            turned = f"KRW-{code}" if code.isalnum() else "KRW-BTC"
        raise UserError("account.bad_market", market=given, suggestion=turned) from error
    return code


def positive(given: str, name: str) -> Decimal:
    """A number above zero; thousands may be parted. Raises UserError."""
    try:
        value = exact(given.replace(",", "").replace("_", ""))
    except ValueError as error:
        raise UserError("account.bad_number", name=name, found=given) from error
    if not 0 < value < Decimal("1e15"):
        raise UserError("account.bad_number", name=name, found=given)
    return value


def say(key: str, **values: object) -> str:
    """A text of the account's area; exact numbers in it as people write them."""
    return text(f"account.{key}", language(), **{name: shown(v) if isinstance(v, Decimal) else v for name, v in values.items()})
