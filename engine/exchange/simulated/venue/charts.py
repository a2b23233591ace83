"""The exchange's candles, of every unit that it serves, from a tape as seen at a moment.

A candle exists where something traded, belongs to [start, end) and is served newest first; the one in progress comes along with what
traded so far. Units below the tape's bars are made of its trades, the others of its bars, so that whole candles equal the stored ones.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.exchange.simulated.venue.answers import Json
from engine.exchange.simulated.venue.errors import BadQueryError
from engine.exchange.simulated.venue.exact import number
from engine.exchange.simulated.venue.query import Query
from engine.exchange.simulated.venue.tape import DAY_MS, Tape
from engine.model.market import KST

if TYPE_CHECKING:
    from numpy.typing import NDArray

MINUTES: Final = (1, 3, 5, 10, 15, 30, 60, 240)
MOST: Final = 200
_WEEK_MS: Final = 7 * DAY_MS
#: Monday 1970-01-05
_MONDAY_MS: Final = 4 * DAY_MS
#: seconds are kept for about three months
_SECONDS_KEPT_MS: Final = 92 * DAY_MS
_E8: Final = 1e8


@dataclass(frozen=True, slots=True)
class Unit:
    """Length of candles: ms, or a calendar unit of numpy (`M`, `Y`)."""

    length_ms: int = 0
    offset_ms: int = 0
    calendar: str = ""

    def start(self, at_ms: int) -> int:
        """Start of the candle that a moment belongs to."""
        return int(self.starts(np.array([at_ms], np.int64))[0])

    def starts(self, at_ms: NDArray[np.int64]) -> NDArray[np.int64]:
        """Of many moments."""
        if self.calendar:
            return at_ms.astype("M8[ms]").astype(f"M8[{self.calendar}]").astype("M8[ms]").astype(np.int64)
        return (at_ms - self.offset_ms) // self.length_ms * self.length_ms + self.offset_ms

    def back(self, start_ms: int, count: int) -> int:
        """Start of the candle `count` before."""
        if self.calendar:
            month = np.datetime64(start_ms, "ms").astype(f"M8[{self.calendar}]") - count
            return int(month.astype("M8[ms]").astype(np.int64))
        return start_ms - count * self.length_ms


SECOND: Final = Unit(1000)
#: Korean midnight, 15:00 UTC, as a 240-minute candle begins by the switch `four_hours`
_KOREAN_HOURS_MS: Final = 3 * 3_600_000
DAY: Final = Unit(DAY_MS)
PERIODS: Final = {"weeks": Unit(_WEEK_MS, _MONDAY_MS), "months": Unit(calendar="M"), "years": Unit(calendar="Y")}


@dataclass(frozen=True, slots=True)
class Candle:
    """open, high, low, close in the quote currency, volume in coins, value in the quote currency; last_ms: its last trade."""

    start_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    value: float
    last_ms: int


def candles(tape: Tape, unit: Unit, before_ms: int, count: int, now_ms: int) -> list[Candle]:
    """The newest `count` candles that start before before_ms, newest first, as seen at now_ms."""
    last_start = unit.start(min(before_ms - 1, now_ms))
    if unit.length_ms and unit.length_ms < tape.length_ms:
        return _from_trades(tape, unit, last_start, count, now_ms)
    end_ms = unit.back(last_start, -1)
    found: list[Candle] = []
    while len(found) < count and end_ms > 0:
        span = max(count - len(found), 1)
        start_ms = unit.back(unit.start(end_ms - 1), span - 1)
        found += _from_bars(tape, unit, start_ms, end_ms, now_ms)
        if not len(tape.time_ms) or start_ms <= tape.time_ms[0]:
            break
        end_ms = min(start_ms, _end_of_traded(tape, unit, start_ms))
    return found[:count]


def _end_of_traded(tape: Tape, unit: Unit, before_ms: int) -> int:
    """End of the newest candle with a trade that starts before a moment: long quiet stretches are skipped at once."""
    row = int(np.searchsorted(tape.time_ms, before_ms)) - 1
    return before_ms if row < 0 else unit.back(unit.start(int(tape.time_ms[row])), -1)


def _from_trades(tape: Tape, unit: Unit, last_start: int, count: int, now_ms: int) -> list[Candle]:
    newest_first = tape.backwards(min(last_start + unit.length_ms - 1, now_ms))
    found = []
    for start_ms, group in itertools.islice(itertools.groupby(newest_first, key=lambda trade: unit.start(trade.time_ms)), count):
        trades = list(group)
        prices = [float(trade.price) for trade in trades]
        volume, value = sum(t.volume for t in trades), sum(t.volume * t.price for t in trades)
        found.append(
            Candle(start_ms, prices[-1], max(prices), min(prices), prices[0], float(volume), float(value), trades[0].time_ms)
        )  # fmt: skip
    return found


def _from_bars(tape: Tape, unit: Unit, start_ms: int, end_ms: int, now_ms: int) -> list[Candle]:
    times, numbers = tape.bars(start_ms, end_ms, now_ms)
    if not len(times):
        return []
    starts = unit.starts(times)
    firsts = np.flatnonzero(np.diff(starts, prepend=starts[0] - 1))
    lasts = np.append(firsts[1:], len(times)) - 1
    open_, high, low, close, volume, value = numbers
    highs, lows = np.maximum.reduceat(high, firsts), np.minimum.reduceat(low, firsts)
    volumes = np.add.reduceat(np.rint(volume * _E8), firsts) / _E8
    whole = np.floor(value)
    values = np.add.reduceat(whole, firsts) + np.add.reduceat(np.rint((value - whole) * _E8), firsts) / _E8
    return [
        Candle(
            int(starts[first]), float(open_[first]), float(highs[i]), float(lows[i]), float(close[last]),
            float(volumes[i]), float(values[i]), tape.last_trade_ms(int(times[last]), now_ms),
        )
        for i, (first, last) in reversed(list(enumerate(zip(firsts, lasts, strict=True))))
    ]  # fmt: skip


def of_minutes(minutes: int, *, korean: bool = False) -> Unit:
    """Candles of so many minutes. korean: those of 240 begin at Korean midnight."""
    return Unit(minutes * 60_000, _KOREAN_HOURS_MS if korean and minutes == MINUTES[-1] else 0)


def candles_json(
    tape: Tape, kind: str, unit_minutes: str | None, query: Query, now_ms: int, *, clamp: bool, korean: bool = False
) -> list[Json]:
    """GET /v1/candles/{kind}: seconds, minutes/{unit}, days, weeks, months, years. korean: as of_minutes."""
    unit, minutes = _unit(kind, unit_minutes, korean=korean)
    count = query.integer("count", 1, 1, MOST, clamp=clamp)
    to_ms = query.moment_ms("to")
    before_ms = now_ms + 1 if to_ms is None else to_ms
    found = candles(tape, unit, before_ms, count + (kind == "days"), now_ms)
    if kind == "seconds":
        found = [candle for candle in found if candle.start_ms > now_ms - _SECONDS_KEPT_MS]
    answer = [candle_json(tape.market, candle) for candle in found[:count]]
    if minutes:
        for row in answer:
            row["unit"] = minutes
    if kind == "days":
        _add_changes(answer, found, query)
    if kind in PERIODS:
        for row, candle in zip(answer, found, strict=False):
            row["first_day_of_period"] = utc(candle.start_ms)[:10]
    return answer


def _unit(kind: str, minutes: str | None, *, korean: bool) -> tuple[Unit, int | None]:
    if kind == "minutes":
        if minutes is None or not minutes.isdecimal() or int(minutes) not in MINUTES:
            raise BadQueryError.invalid()
        return of_minutes(int(minutes), korean=korean), int(minutes)
    return {"seconds": SECOND, "days": DAY, **PERIODS}[kind], None


def _add_changes(answer: list[Json], found: list[Candle], query: Query) -> None:
    """What a day changed against the last trade before it; the first day of all against its own opening."""
    convert = query.one("converting_price_unit")
    if convert not in (None, "KRW"):
        raise BadQueryError.invalid()
    for i, row in enumerate(answer):
        before = found[i + 1].close if i + 1 < len(found) else found[i].open
        change = found[i].close - before
        row |= {
            "prev_closing_price": number(before),
            "change_price": number(_clean(change)),
            "change_rate": number(round(change / before, 10)),
        }
        if convert is not None:
            row["converted_trade_price"] = row["trade_price"]


def candle_json(market: str, candle: Candle) -> Json:
    """What candles of every unit have."""
    return {
        "market": market,
        "candle_date_time_utc": utc(candle.start_ms),
        "candle_date_time_kst": datetime.fromtimestamp(candle.start_ms // 1000, KST).isoformat()[:19],
        "opening_price": number(candle.open),
        "high_price": number(candle.high),
        "low_price": number(candle.low),
        "trade_price": number(candle.close),
        "timestamp": candle.last_ms,
        "candle_acc_trade_price": number(candle.value),
        "candle_acc_trade_volume": number(candle.volume),
    }


def utc(at_ms: int) -> str:
    """`2025-07-01T12:00:00`, in UTC."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).isoformat()[:19]


def _clean(difference: float) -> float:
    """A difference of two prices without the last bits of the subtraction."""
    return round(difference, 8)
