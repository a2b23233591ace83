"""Exact decimal arithmetic for money, prices and quantities; the direction of every rounding is in the function's name."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation, localcontext
from typing import Final

#: digits enough for any price, quantity or total of the exchange, with products of two of them
PRECISION: Final = 60
KRW: Final = Decimal(1)
QUANTITY_STEP: Final = Decimal("0.00000001")

Exact = Decimal | int | str


def exact(value: Exact | float) -> Decimal:
    """The decimal that `value` stands for; a float means its shortest text. Raises ValueError for text or numbers that are not finite."""
    try:
        number = Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is not a number") from error
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a finite number")
    return number


def floor_to(value: Exact, unit: Decimal) -> Decimal:
    """Greatest whole multiple of `unit` (> 0) that is <= `value`."""
    return _multiple(exact(value), unit, ROUND_FLOOR)


def ceil_to(value: Exact, unit: Decimal) -> Decimal:
    """Smallest whole multiple of `unit` (> 0) that is >= `value`."""
    return _multiple(exact(value), unit, ROUND_CEILING)


def floor_krw(value: Exact) -> Decimal:
    """Whole KRW, rounded down."""
    return floor_to(value, KRW)


def floor_quantity(value: Exact) -> Decimal:
    """Whole 1e-8 coins, rounded down: the exchange knows eight decimals of a coin."""
    return floor_to(value, QUANTITY_STEP)


def coins(quantity_e8: float) -> Decimal:
    """Coins of a count of 1e-8. A whole count is the number that the float is: above 2^53 its shortest text can be another, and more."""
    count = Decimal(int(quantity_e8)) if quantity_e8.is_integer() else exact(quantity_e8)
    return count * QUANTITY_STEP


def floor_quotient(amount: Exact, price: Exact, unit: Decimal = QUANTITY_STEP) -> Decimal:
    """amount / price (> 0), rounded down to a whole `unit`, without an error from the division."""
    with localcontext(prec=PRECISION):
        count = exact(amount) // (exact(price) * unit)
        return count * unit


def _multiple(value: Decimal, unit: Decimal, rounding: str) -> Decimal:
    if unit <= 0:
        raise ValueError(f"a unit must be positive, not {unit}")
    with localcontext(prec=PRECISION):
        return (value / unit).to_integral_value(rounding) * unit


def shown(value: Decimal, places: int = 8) -> str:
    """Every digit up to so many places, thousands parted, no trailing zeros behind the point."""
    digits = f"{round(value, places) + 0:,f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
