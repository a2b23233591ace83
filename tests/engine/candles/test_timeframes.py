"""Names of timeframes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.diagnostics import Language
from dsl.graph import Timeframe
from engine.candles.errors import CandleError
from engine.candles.timeframes import UPBIT, bar_open, divides, next_open, parse_duration, parse_timeframe, timeframe_name

LENGTHS_MS = {"1s": 1_000, "1m": 60_000, "3m": 180_000, "15m": 900_000, "1h": 3_600_000, "4h": 14_400_000, "1d": 86_400_000}


def test_lengths() -> None:
    assert {name: parse_timeframe(name).length_ms for name in LENGTHS_MS} == LENGTHS_MS
    # weeks start on Monday: 2025-06-30 was one
    assert parse_timeframe("1w").index(1_751_241_600_000) == parse_timeframe("1w").index(1_751_241_600_000 - 1) + 1


@pytest.mark.parametrize("name", [*UPBIT, "2h", "6h", "12h", "20m", "45s"])
def test_names_round_trip(name: str) -> None:
    assert timeframe_name(parse_timeframe(name)) == name


def test_a_long_name_has_a_short_one() -> None:
    assert timeframe_name(parse_timeframe("60m")) == "1h"
    assert timeframe_name(parse_timeframe("1440m")) == "1d"


@pytest.mark.parametrize("name", ["", "m", "0m", "7m", "5h", "2d", "2w", "1y", "1D", "-1m", "1.5h", "１m"])
def test_what_is_no_timeframe(name: str) -> None:
    with pytest.raises(CandleError, match="is no timeframe"):
        parse_timeframe(name)


def test_months_are_refused_as_not_yet_supported() -> None:
    with pytest.raises(CandleError, match="not yet supported") as caught:
        parse_timeframe("1M")
    assert "월봉" in caught.value.message(Language.KOREAN)


@given(st.sampled_from([*UPBIT, "45s"]), st.integers(-(10**13), 10**13))
def test_next_open_is_the_first_open_not_before(name: str, time_ms: int) -> None:
    timeframe = parse_timeframe(name)
    found = next_open(timeframe, time_ms)
    assert time_ms <= found < time_ms + timeframe.length_ms
    assert bar_open(timeframe, timeframe.index(found)) == found


def test_divides() -> None:
    assert divides(parse_timeframe("1m"), parse_timeframe("1w"))
    assert divides(parse_timeframe("1d"), parse_timeframe("1w"))
    assert not divides(parse_timeframe("15m"), parse_timeframe("20m"))
    assert not divides(parse_timeframe("1w"), parse_timeframe("1d"))
    assert not divides(Timeframe(86_400_000, 3_600_000), parse_timeframe("1d"))


def test_durations() -> None:
    assert [parse_duration(text) for text in ("90m", "36h", "2d", "1w")] == [5_400_000, 129_600_000, 172_800_000, 604_800_000]
    with pytest.raises(CandleError, match="no duration"):
        parse_duration("0d")
