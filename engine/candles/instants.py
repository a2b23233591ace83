"""Times as files write them (ISO text, epoch numbers, datetimes) to UTC epoch milliseconds, with the zone always said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.model.market import KST

if TYPE_CHECKING:
    from numpy.typing import NDArray

Zone = tzinfo
UTC_ZONE: Final[Zone] = UTC

#: an epoch number below the limit counts in units of which one is this many ms: seconds, milliseconds, microseconds, nanoseconds
_EPOCH_UNITS: Final = ((10**11, 1000, 1), (10**14, 1, 1), (10**17, 1, 1000), (10**20, 1, 1_000_000))
_SHORTEST_EPOCH: Final = 9  # digits; 20250901 is a date


def parse_times(column: Sequence[Any] | NDArray[Any], zone: Zone | None) -> NDArray[np.int64] | int:
    """UTC ms of every entry, or the position of the first that cannot be read. `zone` is what entries without a zone mean; None: they
    cannot be read. Epoch numbers are UTC whatever the zone."""
    if isinstance(column, np.ndarray):
        if column.dtype.kind == "M":
            return 0 if zone is None and len(column) else column.astype(np.int64) - _offset_ms(zone)
        if column.dtype.kind in "iu":
            return _epochs(column.astype(np.int64))
        column = column.tolist()
    result = np.empty(len(column), np.int64)
    for at, found in enumerate(column):
        time_ms = parse_time(found, zone)
        if time_ms is None:
            return at
        result[at] = time_ms
    return result


def parse_time(found: Any, zone: Zone | None) -> int | None:
    """UTC ms of one time, None when it cannot be read."""
    if isinstance(found, datetime):
        return _instant_ms(found, zone)
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    text = str(found).strip()
    if text.isdecimal() and len(text) >= _SHORTEST_EPOCH:
        return _epoch_ms(int(text))
    try:
        return _instant_ms(datetime.fromisoformat(text), zone)
    except ValueError:
        return None


def _instant_ms(moment: datetime, zone: Zone | None) -> int | None:
    if moment.tzinfo is None:
        if zone is None:
            return None
        moment = moment.replace(tzinfo=zone)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _epoch_ms(number: int) -> int | None:
    for limit, times, per in _EPOCH_UNITS:
        if number < limit:
            return number * times // per
    return None


def _epochs(numbers: NDArray[np.int64]) -> NDArray[np.int64] | int:
    """All entries share the unit of the largest, so a mixture cannot be read as one."""
    if not len(numbers):
        return numbers
    _, times, per = next(unit for unit in _EPOCH_UNITS if int(numbers.max()) < unit[0])
    return numbers * times // per


def _offset_ms(zone: Zone | None) -> int:
    offset = (zone or UTC).utcoffset(None)
    return 0 if offset is None else offset // timedelta(milliseconds=1)


def korean_time(time_ms: int) -> str:
    """As users read it: `2025-09-01 09:00` in Korean time."""
    return datetime.fromtimestamp(time_ms / 1000, KST).strftime("%Y-%m-%d %H:%M")


def utc_day(time_ms: int) -> str:
    """The UTC day that contains the time, e.g. `2025-09-01`. Raises OverflowError or ValueError for times that no calendar has."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time_ms)).strftime("%Y-%m-%d")
