"""What moves money: withdrawals, deposits of KRW, transfers between pockets. For the owner's own hand, and only behind two locks.

Each call raises TransfersOffError unless its kind is switched on in the settings file *and* it is called with confirmed=True. Runner,
trader, app and their API may not import this module (an import contract), so no strategy reaches it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path
from typing import Literal, Self

import yaml

from engine.exchange.upbit import endpoints
from engine.exchange.upbit.answers import PocketTransfer, Transfer
from engine.exchange.upbit.errors import TransfersOffError
from engine.exchange.upbit.order_forms import checked_identifier
from engine.exchange.upbit.rest import Answer, Rest
from engine.exchange.upbit.signing import Value
from engine.model.errors import UserError

TwoFactor = Literal["kakao", "naver", "hana"]


@dataclass(frozen=True, slots=True)
class TransferSettings:
    """What the owner has switched on. Everything is off."""

    withdrawals: bool = False
    krw_deposits: bool = False
    pocket_transfers: bool = False

    @classmethod
    def read(cls, path: Path) -> Self:
        """The owner's settings file: YAML, a line `withdrawals: true` for each kind that is on. No file: everything is off.

        Raises UserError for a file that says anything else; what is not understood must not count as a switch, on or off.
        """
        names = [field.name for field in fields(cls)]
        try:
            found = yaml.safe_load(path.read_text("utf-8")) or {}
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise UserError("upbit.transfer_settings", path=path, names=", ".join(names), problem=type(error).__name__) from error
        wrong = (
            found if not isinstance(found, dict) else {name: on for name, on in found.items() if name not in names or type(on) is not bool}
        )
        if wrong:
            raise UserError("upbit.transfer_settings", path=path, names=", ".join(names), problem=wrong)
        return cls(**found)


class Transfers:
    """Every call that moves money. A lost answer raises UnknownOutcomeError: see the lists of `wallet` before anything else."""

    def __init__(self, rest: Rest, settings: TransferSettings) -> None:
        self._rest = rest
        self._settings = settings

    async def withdraw_coin(
        self,
        currency: str,
        net_type: str,
        amount: Decimal,
        address: str,
        *,
        secondary_address: str | None = None,
        transaction_type: Literal["default", "internal"] | None = None,
        confirmed: bool = False,
    ) -> Answer[Transfer]:
        """Send coins to a registered address. secondary_address: tag or memo; internal: to another member of the exchange."""
        self._unlock("withdrawals", self._settings.withdrawals, confirmed)
        asked: list[tuple[str, Value]] = [
            ("currency", currency),
            ("net_type", net_type),
            ("amount", _positive(amount)),
            ("address", address),
            ("secondary_address", secondary_address),
            ("transaction_type", transaction_type),
        ]
        return await self._rest.send(endpoints.WITHDRAW_COIN, asked, handles=(("currency", currency),))

    async def cancel_withdrawal(self, uuid: str, *, confirmed: bool = False) -> Answer[Transfer]:
        """Take back a withdrawal that still can be (is_cancelable)."""
        self._unlock("withdrawals", self._settings.withdrawals, confirmed)
        return await self._rest.send(endpoints.CANCEL_WITHDRAWAL, [("uuid", uuid)])

    async def withdraw_krw(self, amount: Decimal, two_factor_type: TwoFactor, *, confirmed: bool = False) -> Answer[Transfer]:
        """Send KRW to the registered bank account, after the owner's proof by `two_factor_type`."""
        self._unlock("withdrawals", self._settings.withdrawals, confirmed)
        asked: list[tuple[str, Value]] = [("amount", _positive(amount)), ("two_factor_type", two_factor_type)]
        return await self._rest.send(endpoints.WITHDRAW_KRW, asked, handles=(("currency", "KRW"),))

    async def deposit_krw(self, amount: Decimal, two_factor_type: TwoFactor, *, confirmed: bool = False) -> Answer[Transfer]:
        """Fetch KRW from the registered bank account, after the owner's proof by `two_factor_type`."""
        self._unlock("krw_deposits", self._settings.krw_deposits, confirmed)
        asked: list[tuple[str, Value]] = [("amount", _positive(amount)), ("two_factor_type", two_factor_type)]
        return await self._rest.send(endpoints.DEPOSIT_KRW, asked, handles=(("currency", "KRW"),))

    async def move_to_pocket(
        self, to: str, currency: str, amount: Decimal, identifier: str, *, confirmed: bool = False
    ) -> Answer[PocketTransfer]:
        """Move from the key's own pocket to another (uuid)."""
        self._unlock("pocket_transfers", self._settings.pocket_transfers, confirmed)
        money = _money(amount, currency)
        asked = [*money, ("to", to), ("identifier", checked_identifier(identifier))]
        return await self._rest.send(endpoints.MOVE_TO_POCKET, asked, handles=(("identifier", identifier),))

    async def move_universally(
        self, to: str, currency: str, amount: Decimal, identifier: str, *, from_: str | None = None, confirmed: bool = False
    ) -> Answer[PocketTransfer]:
        """Move between any two pockets (uuids); asked by the main pocket's key. from_: default the main pocket."""
        self._unlock("pocket_transfers", self._settings.pocket_transfers, confirmed)
        money = _money(amount, currency)
        asked = [*money, ("to", to), ("from", from_), ("identifier", checked_identifier(identifier))]
        return await self._rest.send(endpoints.MOVE_UNIVERSALLY, asked, handles=(("identifier", identifier),))

    def _unlock(self, setting: str, switched_on: bool, confirmed: bool) -> None:
        """Both locks must be open, each by exactly True."""
        if switched_on is not True or confirmed is not True:
            raise TransfersOffError(setting)


def _money(amount: Decimal, currency: str) -> list[tuple[str, Value]]:
    return [("amount", _positive(amount)), ("currency", currency)]


def _positive(amount: Decimal) -> Decimal:
    if not (amount.is_finite() and amount > 0):
        raise ValueError(f"{amount} is no amount to move")
    return amount
