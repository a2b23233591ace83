"""The one way in which the simulated exchange computes: decimals with room for every product, so that nothing is ever rounded unsaid."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, localcontext
from typing import Final

from engine.model.money import PRECISION

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)


@contextmanager
def wide() -> Iterator[None]:
    """Products and sums without rounding; as a decorator, for a whole function."""
    with localcontext(prec=PRECISION):
        yield


def plain(value: Decimal) -> str:
    """A decimal as the exchange's private answers show it: every digit, no exponent, no trailing zeros."""
    digits = f"{value:f}"
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return "0" if digits in ("-0", "") else digits


def number(value: Decimal | float) -> int | float:
    """A price or size as a JSON number: whole ones without a point."""
    as_float = float(value)
    return int(as_float) if as_float.is_integer() and abs(as_float) < 2**53 else as_float
