"""Days, weeks, months and the time of the bar against pandas' calendar, on bars of every length, and in a whole strategy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dsl.catalogue import MONTHS, WEEKS
from dsl.graph import Timeframe
from engine.kernel.catalogue import ops
from engine.kernel.ops.sessions import begins, day_of_month
from engine.kernel.program import compile_program
from engine.kernel.vm import Kernel
from engine.model.candle import BarGrid, BarState
from tests.dsl.helpers import strategy_of, with_rule
from tests.laws.streams import run

DAY_S = 86_400
#: seconds of a bar, and bars to look at
LENGTHS = ((1, 200_000), (60, 150_000), (300, 250_000), (900, 100_000), (3600, 60_000), (14_400, 40_000), (DAY_S, 20_000))


def times(seconds: int, first: int, count: int) -> pd.DatetimeIndex:
    """Open times in UTC."""
    return pd.to_datetime((np.arange(count) + first) * seconds, unit="s", utc=True)


def test_days_of_the_month_are_pandas_from_1970_to_2200() -> None:
    days = pd.date_range("1970-01-01", "2200-12-31", freq="D")
    assert len(days) > 84_000
    assert [day_of_month(number) for number in range(len(days))] == days.day.tolist()


@pytest.mark.parametrize(("seconds", "count"), LENGTHS)
@pytest.mark.parametrize("start", ["1990-01-01", "2023-12-31 21:00", "2024-02-28 22:00"])
def test_the_time_of_the_bar_is_pandas(seconds: int, count: int, start: str) -> None:
    first = int(pd.Timestamp(start).timestamp()) // seconds
    korean = times(seconds, first, count).tz_convert("Asia/Seoul")
    for name, theirs in (("hour", korean.hour), ("minute", korean.minute), ("weekday", korean.day_of_week)):
        ours = run(ops()[name], (float(DAY_S // seconds),), [np.zeros(count)], first).values
        assert (ours == theirs).all(), f"{name}: {korean[int(np.flatnonzero(ours != theirs)[0])]}"


@pytest.mark.parametrize("seconds", [900, 3600, 14_400, DAY_S])
def test_weeks_and_months_begin_where_pandas_says(seconds: int) -> None:
    first, count = int(pd.Timestamp("2023-11-15 05:00").timestamp()) // seconds, 400 * DAY_S // seconds
    opened, bars = times(seconds, first, count), DAY_S // seconds
    midnight = opened == opened.normalize()
    weeks, months = midnight & (opened.day_of_week == 0), midnight & (opened.day == 1)
    assert (weeks.sum(), months.sum()) == (57, 13)
    assert [begins(bars + WEEKS, first + t) for t in range(count)] == weeks.tolist()
    assert [begins(bars + MONTHS, first + t) for t in range(count)] == months.tolist()
    assert [begins(float(bars), first + t) for t in range(count)] == midnight.tolist()


def test_a_strategy_reads_the_calendar() -> None:
    """From the rule's words to the kernel's columns, on five minutes and on hours held there."""
    rule = "hour >= 0 and weekday >= 0 and minute >= 0 and (cum_ret(week) > 0)@1h and cum_ret(month) > 0"
    strategy, count = strategy_of(with_rule(entry=rule)), 40 * 288
    first = int(pd.Timestamp("2024-02-10").timestamp()) // 300
    base = Timeframe(300_000)
    rng = np.random.default_rng(3)
    close = 1_000.0 + np.cumsum(rng.integers(-3, 4, count))
    opens = np.concatenate([close[:1], close[:-1]])
    rows = [column[None, :].copy() for column in (opens, np.maximum(opens, close), np.minimum(opens, close), close)]
    state = np.full((1, count), BarState.TRADED, dtype=np.int8)
    grid = BarGrid(("KRW-BTC",), base, first, state, *rows, np.ones((1, count)), rows[3].copy())
    names = [node for node, found in enumerate(strategy.graph) if found.op in ("ge", "gt")]
    program = compile_program(strategy, base, ("KRW-BTC", "KRW-ETH"))
    assert set(names) <= set(range(len(strategy.graph)))
    both = BarGrid(
        ("KRW-BTC", "KRW-ETH"), base, first, *(np.repeat(column, 2, axis=0) for column in (state, *rows, grid.volume, grid.value))
    )
    found = Kernel(program).advance(both).values[0, :, program.columns.index(strategy.entry)]

    opened = times(300, first, count)
    frame = pd.DataFrame({"open": opens, "close": close}, index=opened)
    hours = frame.resample("1h").agg({"open": "first", "close": "last"})
    weekly = hours.close / hours.open.groupby(hours.index.tz_localize(None).to_period("W-SUN")).transform("first") - 1
    weekly[hours.index < pd.Timestamp("2024-02-12", tz="UTC")] = np.nan
    weekly.index += pd.Timedelta("1h")
    held = weekly.reindex(opened + pd.Timedelta("5min"), method="ffill").to_numpy()
    monthly = frame.close / frame.open.groupby(opened.tz_localize(None).to_period("M")).transform("first") - 1
    monthly[opened < pd.Timestamp("2024-03-01", tz="UTC")] = np.nan
    a, b = held, monthly.to_numpy()
    theirs = np.where((a <= 0) | (b <= 0), 0.0, np.where(np.isnan(a) | np.isnan(b), np.nan, 1.0))
    np.testing.assert_array_equal(found, theirs)
    assert [(theirs == 1.0).sum() > 100, (theirs == 0.0).sum() > 100, np.isnan(theirs).sum() > 100] == [True] * 3
