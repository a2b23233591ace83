"""Numbers, money, durations and times as users read them, in Korean and English. What is not defined is `-`."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from dsl.diagnostics import Language
from dsl.messages import text
from engine.model.market import KST
from engine.research.metrics import Unit

UNDEFINED: Final = "-"
_MINUS: Final = "-"
_STEPS: Final = ((10**12, "조"), (10**8, "억"), (10**4, "만"))
_CLOCKS: Final = ((86_400_000, "day_unit"), (3_600_000, "hour_unit"), (60_000, "minute_unit"), (1_000, "second_unit"))


def money(value: float, language: Language, *, signed: bool = False) -> str:
    """KRW to the won: `1,234만 5,678원` in Korean, `12,345,678 KRW` in English. Halves go to the even won."""
    if not math.isfinite(value):
        return UNDEFINED
    won = int(Decimal(value).quantize(Decimal(1), ROUND_HALF_EVEN))
    sign = _MINUS if won < 0 else "+" if signed and won > 0 else ""
    if language is Language.ENGLISH:
        return f"{sign}{abs(won):,} KRW"
    return f"{sign}{_korean_number(abs(won))}원"


def _korean_number(won: int) -> str:
    parts = []
    for size, name in _STEPS:
        if won >= size:
            parts.append(f"{won // size:,}{name}")
            won %= size
    if won or not parts:
        parts.append(f"{won:,}")
    return " ".join(parts)


def price(value: float) -> str:
    """A price in KRW with the decimals it has (at most 8): `161,234,000`, `0.0123`."""
    if not math.isfinite(value):
        return UNDEFINED
    decimals = 0 if value >= 1000 else 2 if value >= 10 else 4 if value >= 1 else 8
    written = f"{value:,.{decimals}f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def quantity(value_e8: float) -> str:
    """Coins from a count of 1e-8 coins, with up to 8 decimals."""
    return f"{Decimal(value_e8).quantize(Decimal(1)) / 10**8:,.8f}".rstrip("0").rstrip(".")


def percent(value: float, *, signed: bool = False) -> str:
    """A ratio as percent with two decimals."""
    if not math.isfinite(value):
        return UNDEFINED
    rounded = round(value * 100, 2) + 0.0  # + 0.0: no "-0.00"
    return f"{rounded:+,.2f}%" if signed and rounded else f"{rounded:,.2f}%"


def rate(value: float) -> str:
    """A ratio that somebody stated, such as a fee: as percent with all its decimals, two at the least."""
    whole, _, decimals = f"{value * 100:,.10f}".rstrip("0").partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}%"


def number(value: float) -> str:
    """A plain number with two decimals."""
    return f"{round(value, 2) + 0.0:,.2f}" if math.isfinite(value) else UNDEFINED


def count(value: float) -> str:
    """A whole number."""
    return f"{round(value):,}" if math.isfinite(value) else UNDEFINED


def duration(value_ms: float, language: Language) -> str:
    """The two largest units: `2일 3시간`, `45m`."""
    if not math.isfinite(value_ms):
        return UNDEFINED
    rest, parts = round(value_ms), []
    for size, name in _CLOCKS:
        if rest >= size:
            parts.append(f"{rest // size:,}{text('report.' + name, language)}")
            rest %= size
    return " ".join(parts[:2]) or f"0{text('report.second_unit', language)}"


def kst(time_ms: int) -> str:
    """`2025-09-01 09:05` in KST; seconds only where there are any."""
    moment = datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(KST)
    return moment.strftime("%Y-%m-%d %H:%M:%S" if time_ms % 60_000 else "%Y-%m-%d %H:%M")


def written(value: float, unit: Unit, language: Language, *, signed: bool = False) -> str:
    """A figure in its unit."""
    if unit is Unit.MONEY:
        return money(value, language, signed=signed)
    if unit is Unit.RATIO:
        return percent(value, signed=signed)
    if unit is Unit.DURATION:
        return duration(value, language)
    if unit is Unit.BASIS_POINTS:
        return f"{number(value)} bp" if math.isfinite(value) else UNDEFINED
    if unit is Unit.TIMES:
        return f"{number(value)}{text('report.times_unit', language)}" if math.isfinite(value) else UNDEFINED
    return count(value) if unit is Unit.COUNT else number(value)
