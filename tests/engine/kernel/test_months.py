"""Calendar months: their arithmetic against datetime, their bars against pandas, their sections against the slow reference."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.describe import describe
from dsl.graph import MONTH, Timeframe
from dsl.months import first_day_of_month, month_of_day
from dsl.strategy import Strategy
from engine.candles.timeframes import timeframe_name
from engine.kernel.aggregate import aggregate
from engine.kernel.program import compile_program
from engine.kernel.vm import Kernel
from engine.model.candle import BarGrid
from tests.dsl.helpers import codes, strategy_of, with_rule
from tests.engine.kernel.reference import Reference
from tests.engine.kernel.samples import FIVE, HOUR, OPS, SERIES, Maker, cut, random_grid, same_bits, strategy
from tests.engine.kernel.test_universe import daily_grid

DAY = Timeframe(24 * HOUR.length_ms)
WEEK = Timeframe(7 * DAY.length_ms, 4 * DAY.length_ms)
MARKETS = ("KRW-AAA", "KRW-BBB")


def test_every_day_of_eight_centuries() -> None:
    days = range(date(1600, 1, 1).toordinal(), date(2400, 12, 31).toordinal() + 1)
    epoch = date(1970, 1, 1).toordinal()
    assert len(days) > 290_000
    for ordinal in days:
        day = date.fromordinal(ordinal)
        month = day.year * 12 + day.month - 1
        assert month_of_day(ordinal - epoch) == month
        if day.day == 1:
            assert first_day_of_month(month) == ordinal - epoch


@given(time_ms=st.integers(-(10**13), 10**13))
def test_a_bar_holds_its_times_and_no_others(time_ms: int) -> None:
    index = MONTH.index(time_ms)
    assert MONTH.open_ms(index) <= time_ms < MONTH.open_ms(index + 1)
    assert MONTH.shortest_ms <= MONTH.open_ms(index + 1) - MONTH.open_ms(index) <= MONTH.length_ms


def test_the_index_is_what_the_design_says() -> None:
    at = int(datetime(2025, 9, 17, tzinfo=UTC).timestamp()) * 1000
    assert MONTH.index(at) == 2025 * 12 + 8
    assert timeframe_name(MONTH) == "1M"


def daily(seed: int, days: int, unknown: float = 0.005) -> BarGrid:
    rng = np.random.default_rng(seed)
    return dataclasses.replace(random_grid(rng, MARKETS, int(rng.integers(17_000, 20_000)), days, unknown), timeframe=DAY)


@pytest.mark.data
def test_monthly_bars_are_what_pandas_makes(market_data: Path) -> None:
    grid = daily_grid(market_data)
    found = aggregate(grid, MONTH)
    days = pd.to_datetime((np.arange(grid.state.shape[1]) + grid.first_index) * DAY.length_ms, unit="ms")
    compared = 0
    for row in range(len(grid.markets)):
        frame = pd.DataFrame({name: getattr(grid, name)[row] for name in SERIES[:5]}, index=days)
        whole = frame["close"].resample("MS").count() == frame["close"].resample("MS").size()
        whole &= whole.index.days_in_month == frame["close"].resample("MS").size()
        for name, how in (("open", "first"), ("high", "max"), ("low", "min"), ("close", "last"), ("volume", "sum")):
            expected = getattr(frame[name].resample("MS"), how)().where(whole)
            first = expected.index[0].year * 12 + expected.index[0].month - 1
            values = expected.to_numpy()[found.first_index - first :][: found.state.shape[1]]
            own = getattr(found, name)[row]
            assert np.allclose(own, values, rtol=1e-12, equal_nan=True), (grid.markets[row], name)
            compared += int((~np.isnan(own)).sum())
    assert compared > 5 * 1000


def rich() -> Strategy:
    """Months held on days and on weeks, days folded into months, a value across markets of months."""
    make = Maker()
    monthly = make.op("lag", MONTH, make.leaf("close", MONTH), params=(2.0,))
    fold = make.op("over.max", MONTH, make.op("lag", DAY, make.leaf("high", DAY), params=(3.0,)))
    both = make.op("add", MONTH, monthly, fold)
    across = make.across("mean", MONTH, both, make.const(1.0))
    amount = make.side("flow.bought", MONTH)
    last = make.op("over.last", MONTH, make.leaf("low", DAY))
    weekly = make.hold(WEEK, both)
    indexed = make.op("indexed", MONTH, make.leaf("volume", MONTH))
    entry = make.op("five", DAY, *(make.hold(DAY, node) for node in (across, amount, last, weekly, indexed)))
    return strategy(make.graph, DAY, entry, rank=make.hold(DAY, monthly))


@given(seed=st.integers(0, 2**32 - 1), block=st.integers(1, 400))
def test_agrees_with_the_slow_reference(seed: int, block: int) -> None:
    grid, chosen = daily(seed, 400), rich()
    program = compile_program(chosen, DAY, MARKETS, OPS)
    assert same_bits(Kernel(program, block).advance(grid).values, Reference(chosen, grid, OPS).columns(program.columns))


@given(seed=st.integers(0, 2**32 - 1), cuts=st.lists(st.integers(1, 399), max_size=5), block=st.integers(1, 100))
def test_cuts_and_saved_state_change_nothing(seed: int, cuts: list[int], block: int) -> None:
    grid, program = daily(seed, 400), compile_program(rich(), DAY, MARKETS, OPS)
    whole = Kernel(program).advance(grid).values
    kernel, parts = Kernel(program, block), []
    for start, stop in itertools.pairwise(sorted({0, 400, *cuts})):
        parts.append(kernel.advance(cut(grid, start, stop)).values)
        kernel = Kernel.restore(program, kernel.save(), block)
    assert same_bits(np.concatenate(parts, axis=1), whole)


def test_settled_wherever_the_data_begin() -> None:
    grid, program = daily(1, 900, unknown=0.0), compile_program(rich(), DAY, MARKETS, OPS)
    whole = Kernel(program).advance(grid)
    settled = 0
    for start in range(1, 90, 7):
        late = Kernel(program).advance(cut(grid, start, 900))
        good = late.close_ms >= (grid.first_index + start) * DAY.length_ms + program.settle_ms
        assert same_bits(late.values[:, good], whole.values[:, start:][:, good])
        settled += int(np.isfinite(late.values[:, good, 1]).sum())
    assert settled > 5000


def test_months_can_be_named_in_a_rule() -> None:
    chosen = strategy_of(with_rule(entry="(close > sma(close, 3))@1M and close@1M > open", clock="1h"))
    assert {node.section.timeframe for node in chosen.graph if node.section} == {MONTH, HOUR}
    assert "close@1M" in describe(chosen.graph, chosen.entry)
    program = compile_program(chosen, HOUR, ("KRW-AAA", "KRW-BTC", "KRW-ETH"))
    assert program.settle_ms >= 3 * MONTH.shortest_ms
    assert codes(with_rule(clock="1M")) == ["E121"]
    assert codes(with_rule(entry="close@2M > open")) == ["E121"]


def test_months_are_no_clock_and_need_whole_days() -> None:
    make = Maker()
    close = make.leaf("close", MONTH)
    with pytest.raises(ValueError, match="no decision clock"):
        compile_program(strategy(make.graph, MONTH, close), DAY, MARKETS, OPS)
    held = make.hold(FIVE, close)
    compile_program(strategy(make.graph, FIVE, held), FIVE, MARKETS, OPS)
    with pytest.raises(ValueError, match="not made of whole bars"):
        compile_program(strategy(make.graph, WEEK, make.hold(WEEK, close)), WEEK, MARKETS, OPS)
