"""Calendar months as whole numbers, year * 12 + month - 1, from and to UTC days since 1970-01-01 (proleptic Gregorian calendar).

Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (days_from_civil, civil_from_days). Plain integer arithmetic, so
that compiled code runs these very functions.
"""

from __future__ import annotations


def month_of_day(day: int) -> int:
    """The month that contains the day."""
    shifted = day + 719_468
    era = shifted // 146_097
    of_era = shifted - era * 146_097
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    from_march = (5 * of_year + 2) // 153
    return (year + era * 400) * 12 + from_march + 2


def first_day_of_month(month: int) -> int:
    """The first day of the month."""
    from_march = month - 2
    year = from_march // 12
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (from_march - year * 12) + 2) // 5
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
