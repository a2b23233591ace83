"""Trading days, weeks and months as numbers, and when they turn: days at 00:00 UTC = 09:00 KST (docs/decide.md §8)."""

from __future__ import annotations

from engine.kernel.abi import helper
from engine.kernel.book import DAY_MS

#: 1970-01-05, the first Monday, as a day number
_MONDAY = 4


@helper
def day_of(time_ms: int) -> int:
    """Days since 1970-01-01."""
    return int(time_ms // DAY_MS)


@helper
def week_of(day: int) -> int:
    """Weeks since Monday 1970-01-05."""
    return int((day - _MONDAY) // 7)


@helper
def month_of(day: int) -> int:
    """year x 12 + month - 1 of the Gregorian calendar (Hinnant, `civil_from_days`)."""
    shifted = day + 719_468  # days since 0000-03-01
    era = shifted // 146_097
    of_era = shifted - era * 146_097
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    march_based = (5 * of_year + 2) // 153
    return int((year + era * 400) * 12 + march_based + 2)


@helper
def next_day_ms(day: int) -> int:
    """When the day after `day` begins."""
    return int((day + 1) * DAY_MS)


@helper
def next_week_ms(day: int) -> int:
    """The next Monday after `day`."""
    return int(((week_of(day) + 1) * 7 + _MONDAY) * DAY_MS)


@helper
def next_month_ms(day: int) -> int:
    """The first of the month after `day`'s."""
    later = day + 1
    while month_of(later) == month_of(day):
        later += 1
    return int(later * DAY_MS)
