"""Names of timeframes (`1m`, `4h`, `1w`) and the bars they stand for."""

from __future__ import annotations

import re
from typing import Final

from dsl.graph import Timeframe
from engine.candles.errors import CandleError

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
WEEK_MS: Final = 7 * DAY_MS
#: Monday 1970-01-05 00:00 UTC, where weeks are counted from
WEEK_OFFSET_MS: Final = 4 * DAY_MS

_UNITS_MS: Final = {"s": SECOND_MS, "m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}
_NAME: Final = re.compile(r"([1-9]\d{0,5})([smhd])")

#: what Upbit serves, from fine to coarse, months aside
UPBIT: Final[tuple[str, ...]] = ("1m", "3m", "5m", "10m", "15m", "30m", "1h", "4h", "1d", "1w")


def parse_timeframe(name: str) -> Timeframe:
    """The bars called `name`: whole divisors of a day, `1d`, or `1w`. Raises CandleError for anything else, `1M` included."""
    if name == "1w":
        return Timeframe(WEEK_MS, WEEK_OFFSET_MS)
    if name == "1M":
        raise CandleError("data.months_unsupported")
    match = _NAME.fullmatch(name)
    if match is None:
        raise CandleError("data.unknown_timeframe", name=name)
    length_ms = int(match[1]) * _UNITS_MS[match[2]]
    if DAY_MS % length_ms != 0:
        raise CandleError("data.unknown_timeframe", name=name)
    return Timeframe(length_ms)


def timeframe_name(timeframe: Timeframe) -> str:
    """The shortest name of the bars: 60 minutes are `1h`. Raises ValueError for bars that have no name."""
    if timeframe.months:
        return "1M"
    if timeframe == Timeframe(WEEK_MS, WEEK_OFFSET_MS):
        return "1w"
    if timeframe.offset_ms == 0 and timeframe.length_ms > 0 and DAY_MS % timeframe.length_ms == 0:
        for unit in ("d", "h", "m", "s"):
            if timeframe.length_ms % _UNITS_MS[unit] == 0:
                return f"{timeframe.length_ms // _UNITS_MS[unit]}{unit}"
    raise ValueError(f"no name for {timeframe}")


def bar_open(timeframe: Timeframe, index: int) -> int:
    """Open time, UTC ms, of the bar with this absolute index."""
    return timeframe.open_ms(index)


def next_open(timeframe: Timeframe, time_ms: int) -> int:
    """First bar open at or after `time_ms`."""
    return bar_open(timeframe, -((timeframe.offset_ms - time_ms) // timeframe.length_ms))


def divides(fine: Timeframe, coarse: Timeframe) -> bool:
    """Whether bars of `coarse` are made of whole bars of `fine`."""
    if coarse.months:
        return DAY_MS % fine.length_ms == 0 and fine.offset_ms == 0
    return coarse.length_ms % fine.length_ms == 0 and (coarse.offset_ms - fine.offset_ms) % fine.length_ms == 0


def parse_duration(text: str) -> int:
    """Milliseconds of `90m`, `36h`, `2d` or `1w`. Raises CandleError for anything else."""
    match = re.fullmatch(r"([1-9]\d{0,8})([smhdw])", text)
    if match is None:
        raise CandleError("data.bad_duration", found=text)
    return int(match[1]) * {**_UNITS_MS, "w": WEEK_MS}[match[2]]
