"""The calendar: where days, weeks and months begin, and the time of the bar. All of it follows from the absolute index; no clock is read.

An anchor is one number (dsl.catalogue.WEEKS, MONTHS): n begins every n bars; n + WEEKS every Monday and n + MONTHS every first of a month,
n being the bars of a day. Days, weeks and months turn at 00:00 UTC, which is 09:00 KST.
"""

from __future__ import annotations

import math
from typing import Final

from dsl.catalogue import MONTHS, WEEKS, Range, Unit
from dsl.messages import Text
from engine.kernel.abi import helper
from engine.kernel.catalogue import Pointer as P
from engine.kernel.catalogue import bars_of_day, op

NAN: Final = math.nan
#: the epoch was a Thursday; this many days later it was Monday
FIRST_MONDAY: Final = 4
LONGEST_MONTH: Final = 31
DAY: Final = (bars_of_day(),)
MINUTES: Final = 1440
#: KST is UTC + 9 h
KST_MINUTES: Final = 540


def whole_session(params: tuple[float, ...]) -> int:
    """At worst the data begins one bar after an anchor."""
    bars = int(params[0])
    kind = params[0] - bars
    return bars * (7 if kind == WEEKS else LONGEST_MONTH if kind == MONTHS else 1) - 1


@helper
def day_of_month(days: int) -> int:
    """Day of its month, from 1, of a day counted from 1970-01-01 (proleptic Gregorian; Hinnant, "chrono-compatible low-level date
    algorithms", civil_from_days)."""
    z = days + 719468
    era_day = z % 146097
    year = (era_day - era_day // 1460 + era_day // 36524 - era_day // 146096) // 365
    day = era_day - (365 * year + year // 4 - year // 100)
    month = (5 * day + 2) // 153
    return day - (153 * month + 2) // 5 + 1


@helper
def begins(anchor: float, index: int) -> bool:
    """Whether a session of this anchor begins with the bar."""
    bars = int(anchor)
    kind = anchor - bars
    if kind == WEEKS:
        return (index - FIRST_MONDAY * bars) % (7 * bars) == 0
    if index % bars != 0:
        return False
    return kind != MONTHS or day_of_month(index // bars) == 1


@helper
def minute_of_day(bars: int, index: int) -> int:
    """Whole minutes from midnight KST to the bar's open, of a day of `bars` bars."""
    return ((index % bars) * MINUTES // bars + KST_MINUTES) % MINUTES


@op(
    "hour", args=DAY, unit=Unit.NUMBER, value_range=Range(0.0, 23.0),
    formula=Text("봉이 시작한 시각의 시(KST), 0 .. 23", "hour of the bar's open time in KST, 0 .. 23"),
    degenerate=Text("언제나 값이 있습니다. 하루보다 긴 봉에서는 쓸 수 없습니다.", "never missing; not on bars longer than a day"),
    also=("hour_of_day", "시간"),
    korean="봉이 시작한 시각의 시(KST)입니다.", english="Hour of the bar's open time, KST.", example="hour in 9..23",
)  # fmt: skip
def hour(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    bars = int(params[0])
    for t in range(length):
        y[t] = float(minute_of_day(bars, index + t) // 60)


@op(
    "minute", args=DAY, unit=Unit.NUMBER, value_range=Range(0.0, 59.0),
    formula=Text("봉이 시작한 시각의 분, 0 .. 59", "minute of the bar's open time, 0 .. 59"),
    degenerate=Text("언제나 값이 있습니다. 하루보다 긴 봉에서는 쓸 수 없습니다.", "never missing; not on bars longer than a day"),
    korean="봉이 시작한 시각의 분입니다.", english="Minute of the bar's open time.", example="hour == 9 and minute < 30",
)  # fmt: skip
def minute(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    bars = int(params[0])
    for t in range(length):
        y[t] = float(minute_of_day(bars, index + t) % 60)


@op(
    "weekday", args=DAY, unit=Unit.NUMBER, value_range=Range(0.0, 6.0),
    formula=Text("봉이 시작한 날의 요일(KST): 월요일 0 .. 일요일 6", "day of the week of the bar's open time in KST: 0 Monday .. 6 Sunday"),
    degenerate=Text("언제나 값이 있습니다. 하루보다 긴 봉에서는 쓸 수 없습니다.", "never missing; not on bars longer than a day"),
    also=("dayofweek", "day_of_week", "요일"),
    korean="봉이 시작한 날의 요일(KST)입니다. 월요일 0, 일요일 6.",
    english="Day of the week of the bar's open time, KST: 0 Monday, 6 Sunday.",
    example="weekday <= 4",
)  # fmt: skip
def weekday(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    """The calendar's day turns at midnight KST, 15 hours into the trading day."""
    bars = int(params[0])
    for t in range(length):
        day = (index + t) // bars
        past_midnight = (index + t) % bars * MINUTES // bars >= MINUTES - KST_MINUTES
        y[t] = float((day - FIRST_MONDAY + (1 if past_midnight else 0)) % 7)
