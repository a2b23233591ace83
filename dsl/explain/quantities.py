"""Numbers with their units, timeframes and windows, as they are read aloud in Korean or English."""

from __future__ import annotations

from dsl import ast
from dsl.builder import DURATION_MS
from dsl.catalogue import Unit
from dsl.diagnostics import Language
from dsl.explain.korean import amount
from dsl.messages import text

_LENGTHS = (("week", 604_800_000), ("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1_000))


def say(key: str, language: Language, **values: object) -> str:
    """A text of the area `explain`."""
    return text(f"explain.{key}", language, **values)


def number(value: float) -> str:
    """`0.5`, `1,000`; no exponent for what people write."""
    if abs(value) >= 1e15 or 0 < abs(value) < 1e-6:
        return f"{value:g}"
    return f"{value:,.12g}" if value != int(value) else f"{int(value):,}"


def quantity(value: float, unit: Unit, language: Language) -> str:
    """A number of the file with its unit; durations in milliseconds, ratios as 0.02."""
    if unit is Unit.RATIO:
        return f"{number(float(f'{value * 100:.12g}'))}%"
    if unit is Unit.DURATION:
        return duration(value, language)
    if unit is Unit.BARS:
        return bars(number(value), language)
    if unit is Unit.QUANTITY:
        return say("unit.coin" if value == 1 else "unit.coins", language, count=number(value))
    if unit in (Unit.MONEY, Unit.PRICE):
        return say("unit.money", language, count=amount(value) if language is Language.KOREAN else number(value))
    return number(value)


def literal(node: ast.Literal, language: Language) -> str:
    """A literal of a rule."""
    return quantity(node.value, node.unit, language)


def duration(milliseconds: float, language: Language) -> str:
    """14400000 -> `4시간`, `4 hours`."""
    for name, length in _LENGTHS:
        count = milliseconds / length
        if count == int(count) >= 1 and not (name == "week" and count > 1) and not (name == "day" and count == 1):
            return say(f"unit.{name}" if count == 1 else f"unit.{name}s", language, count=number(count))
    return say("unit.seconds", language, count=number(milliseconds / 1000))


def bars(count: str, language: Language) -> str:
    """`20봉`, `20 bars`."""
    return say("unit.bar" if count == "1" else "unit.bars", language, count=count)


def timeframe(name: str, language: Language) -> str:
    """`4h` -> `4시간봉`, `4-hour bars`."""
    if name in ("1d", "1w"):
        return say("bars.daily" if name == "1d" else "bars.weekly", language)
    length = float(name[:-1]) * DURATION_MS.get(name[-1], 0)
    if not length:
        return say("bars.other", language, length=name)
    shown = duration(length, language)
    if language is Language.ENGLISH:
        shown = shown.removesuffix("s").replace(" ", "-")
    return say("bars.other", language, length=shown)
