"""Balances of the simulated exchange in Decimal: what is free, what open orders have locked. Nothing can go below zero."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from engine.model.money import PRECISION

ZERO = Decimal(0)


class InsufficientFundsError(Exception):
    """An order needs more than is free."""

    def __init__(self, currency: str, needed: Decimal, free: Decimal) -> None:
        super().__init__(f"{needed} {currency} needed, {free} free")
        self.currency = currency
        self.needed = needed
        self.free = free


@dataclass(frozen=True, slots=True)
class Balance:
    """One currency of the account."""

    free: Decimal = ZERO
    locked: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """What the account owns of it."""
        with localcontext(prec=PRECISION):
            return self.free + self.locked


@dataclass(slots=True)
class Accounts:
    """Balances by currency. Every change keeps free >= 0 and locked >= 0, or is refused whole."""

    _balances: dict[str, Balance] = field(default_factory=dict)

    def balance(self, currency: str) -> Balance:
        """Balance of one currency, zero where there never was any."""
        return self._balances.get(currency, Balance())

    def all(self) -> dict[str, Balance]:
        """Balances of every currency that was ever held, by code."""
        return dict(sorted(self._balances.items()))

    def credit(self, currency: str, amount: Decimal) -> None:
        """Add to what is free: a deposit, or what a trade brought."""
        self._change(currency, amount, ZERO)

    def lock(self, currency: str, amount: Decimal) -> None:
        """Set aside for an order. Raises InsufficientFundsError."""
        free = self.balance(currency).free
        if amount > free:
            raise InsufficientFundsError(currency, amount, free)
        self._change(currency, -amount, amount)

    def release(self, currency: str, amount: Decimal) -> None:
        """Give back what an ended order did not use."""
        self._change(currency, amount, -amount)

    def spend(self, currency: str, amount: Decimal) -> None:
        """Take from what is locked: it left with a trade."""
        self._change(currency, ZERO, -amount)

    def _change(self, currency: str, free: Decimal, locked: Decimal) -> None:
        old = self.balance(currency)
        with localcontext(prec=PRECISION):
            new = Balance(old.free + free, old.locked + locked)
        if new.free < 0 or new.locked < 0:
            raise AssertionError(f"{currency} would be {new}")
        self._balances[currency] = new
