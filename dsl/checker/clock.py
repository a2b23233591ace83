"""Timeframes: reading them, and which ones may be named where."""

from __future__ import annotations

from dsl.builder import DURATION_MS
from dsl.graph import MONTH, Timeframe

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
#: Monday 1970-01-05
WEEK_OFFSET_MS = 4 * DAY_MS
#: minute candles that Upbit itself shows
_UPBIT_MINUTES = (1, 3, 5, 10, 15, 30, 60, 240)


def timeframe_of(text: str) -> Timeframe | None:
    """`4h` -> Timeframe; None when such bars do not divide a day evenly (a week and a calendar month, `1M`, are the longer ones)."""
    count, unit = int(text[:-1][:9]), text[-1]
    if unit == "M":
        return MONTH if count == 1 else None
    if count == 0:
        return None
    length = count * DURATION_MS[unit]
    if length == WEEK_MS:
        return Timeframe(WEEK_MS, WEEK_OFFSET_MS)
    return Timeframe(length) if length <= DAY_MS and DAY_MS % length == 0 else None


def timeframe_text(length_ms: int) -> str:
    """14400000 -> `4h`; the longest month -> `1M`."""
    if length_ms == MONTH.length_ms:
        return "1M"
    for unit in ("w", "d", "h", "m", "s"):
        if length_ms % DURATION_MS[unit] == 0:
            return f"{length_ms // DURATION_MS[unit]}{unit}"
    return f"{length_ms}ms"


def is_longer_than_day(text: str) -> bool:
    """Of a length that there are no bars of: whether it is longer than a day (or of months)."""
    return text[-1] == "M" or int(text[:-1][:9]) * DURATION_MS[text[-1]] > DAY_MS


def nearest(text: str) -> tuple[str, str]:
    """The nearest shorter and longer bars that divide a day, in the unit of `text`, and the ones that Upbit shows: `@6m, @8m`."""
    unit = DURATION_MS.get(text[-1], DAY_MS) // 1000
    day = DAY_MS // 1000
    seconds = max(int(text[:-1][:9]) * unit, 1)
    if text[-1] == "M" or seconds * 1000 > WEEK_MS:
        return "@1w, @1M", "@1w, @1M"
    if seconds > day:
        return "@1d, @1w", "@1d, @1w"
    step = unit if unit < day else 3600
    divisors = [n for n in range(step, day + 1, step) if day % n == 0]
    shown = [minutes * 60 for minutes in _UPBIT_MINUTES] + [day]
    return _around(divisors, seconds), _around(shown, seconds)


def _around(lengths_seconds: list[int], seconds: int) -> str:
    below = [n for n in lengths_seconds if n < seconds][-1:]
    above = [n for n in lengths_seconds if n > seconds][:1]
    return ", ".join(f"@{timeframe_text(n * 1000)}" for n in (*below, *above))
