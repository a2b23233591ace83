"""Dense grids against a bar-by-bar definition; choice of the base; higher bars."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.candles.grid import build_grid, choose_base, fullest_stretch, higher_grid
from engine.candles.importer import ImportOptions, import_file
from engine.candles.mapped import MAPPED_FROM
from engine.candles.ranges import merge
from engine.candles.store import CandleStore
from engine.candles.timeframes import parse_timeframe
from engine.model.candle import BarState
from tests.engine.candles.tables import DAY, HOUR, LATE_JANUARY, MINUTE, columns, full, made, numbers_at

FIVE = parse_timeframe("5m")
BARS = 40


@st.composite
def markets(draw: st.DrawFn) -> tuple[list[tuple[int, int]], list[int]]:
    edges = sorted(draw(st.sets(st.integers(-10, BARS + 10), max_size=6)))
    spans = list(zip(edges[::2], edges[1::2], strict=False))
    inside = sorted({bar for a, b in spans for bar in range(a, b)})
    return spans, sorted(draw(st.sets(st.sampled_from(inside)))) if inside else []


@given(st.lists(markets(), min_size=1, max_size=3), st.one_of(st.just(float("nan")), st.just(77.0)), st.sampled_from((1, MAPPED_FROM)))
def test_a_grid_is_what_its_definition_says(found: list[tuple[list[tuple[int, int]], list[int]]], before: float, mapped_from: int) -> None:
    time = [LATE_JANUARY + 60_000 * bar for bar in range(BARS)]
    tables = [
        made(
            [LATE_JANUARY + 60_000 * bar for bar in rows],
            merge((LATE_JANUARY + 60_000 * a, LATE_JANUARY + 60_000 * b) for a, b in spans),
            market=f"KRW-M{n}",
        )
        for n, (spans, rows) in enumerate(found)
    ]
    end = LATE_JANUARY + BARS * 60_000
    grid = build_grid(tables, [before] * len(tables), MINUTE, LATE_JANUARY, end, mapped_from=mapped_from)
    grid.free()
    assert grid.first_index == MINUTE.index(LATE_JANUARY)
    assert grid.open.flags.c_contiguous
    assert grid.state.dtype == np.int8
    for row, (spans, rows) in enumerate(found):
        last = before
        for bar in range(BARS):
            cell = [float(getattr(grid, name)[row, bar]) for name in ("open", "high", "low", "close", "volume", "value")]
            if bar in rows:
                expected, state = numbers_at(np.array([time[bar]]))[:, 0].tolist(), BarState.TRADED
                last = expected[3]
            elif any(a <= bar < b for a, b in spans):
                expected, state = [last] * 4 + [0.0, 0.0], BarState.NO_TRADE
            else:
                expected, state = [float("nan")] * 6, BarState.UNKNOWN
            assert grid.state[row, bar] == state
            assert np.array_equal(cell, expected, equal_nan=True)


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_grid_does_not_depend_on_where_it_begins(tmp_path_factory: pytest.TempPathFactory, a: int, b: int) -> None:
    store = CandleStore(tmp_path_factory.mktemp("store"))
    end = LATE_JANUARY + 300 * 60_000
    store.write(
        made(
            [LATE_JANUARY + 60_000 * bar for bar in (3, 50, 51, 170, 171)],
            ((LATE_JANUARY, LATE_JANUARY + 60 * 60_000), (LATE_JANUARY + 90 * 60_000, end)),
        )
    )
    whole = store.grid(["KRW-AAA"], MINUTE, LATE_JANUARY, end)
    lower, upper = sorted((a, b))
    part = store.grid(["KRW-AAA"], MINUTE, LATE_JANUARY + 60_000 * lower, LATE_JANUARY + 60_000 * upper)
    assert part.first_index == whole.first_index + lower
    for name in ("state", "open", "high", "low", "close", "volume", "value"):
        assert np.array_equal(getattr(part, name), getattr(whole, name)[:, lower:upper], equal_nan=True)


def test_markets_come_in_code_order(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    for market in ("KRW-XRP", "KRW-BTC"):
        store.write(full(LATE_JANUARY, LATE_JANUARY + 600_000, market=market))
    grid = store.grid(["KRW-XRP", "KRW-ZZZ", "KRW-BTC"], MINUTE, LATE_JANUARY, LATE_JANUARY + 600_000)
    assert grid.markets == ("KRW-BTC", "KRW-XRP", "KRW-ZZZ")
    assert grid.state.tolist() == [[BarState.TRADED] * 10] * 2 + [[BarState.UNKNOWN] * 10]


def test_the_base_is_the_finest_that_covers_all_markets(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    start = LATE_JANUARY
    for market in ("KRW-AAA", "KRW-BBB"):
        store.write(full(start, start + 48 * 3_600_000, market=market, timeframe=HOUR))
    store.write(full(start, start + 48 * 3_600_000, market="KRW-AAA", timeframe=FIVE))
    store.write(full(start, start + 24 * 3_600_000, market="KRW-BBB", timeframe=FIVE))
    both = ["KRW-AAA", "KRW-BBB"]
    assert choose_base(store, both, HOUR, start, start + 24 * 3_600_000) == FIVE
    assert choose_base(store, both, HOUR, start, start + 48 * 3_600_000) == HOUR
    assert choose_base(store, both, FIVE, start, start + 48 * 3_600_000) == FIVE  # hours cannot make 5m bars
    assert choose_base(store, both, MINUTE, start, start + 48 * 3_600_000) is None
    assert choose_base(store, both, HOUR, start, start + 96 * 3_600_000) == HOUR  # nothing covers; hours have most
    assert choose_base(store, both, HOUR, start + 90 * 86_400_000, start + 91 * 86_400_000) is None


def test_the_fullest_stretch_weighs_all_markets(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    store.write(full(LATE_JANUARY, LATE_JANUARY + 600 * 60_000, market="KRW-AAA"))
    later = LATE_JANUARY + 86_400_000
    for market in ("KRW-AAA", "KRW-BBB"):
        store.write(full(later, later + 400 * 60_000, market=market))
    ever = (-(2**62), 2**62)
    assert fullest_stretch(store, ["KRW-AAA"], MINUTE, ever) == (600 * 60_000, (LATE_JANUARY, LATE_JANUARY + 600 * 60_000))
    assert fullest_stretch(store, ["KRW-AAA", "KRW-BBB"], MINUTE, ever) == (800 * 60_000, (later, later + 400 * 60_000))
    assert fullest_stretch(store, ["KRW-AAA"], MINUTE, (later, 2**62)) == (400 * 60_000, (later, later + 400 * 60_000))
    assert fullest_stretch(store, ["KRW-CCC"], MINUTE, ever) is None


def test_higher_bars_come_from_whole_bases_else_from_the_exchange(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    start = LATE_JANUARY
    store.write(full(start, start + 3 * 3_600_000))
    store.write(full(start, start + 6 * 3_600_000, version=3, timeframe=HOUR))
    built, base = higher_grid(store, ["KRW-AAA"], HOUR, start, start + 3 * 3_600_000)
    assert base == MINUTE
    minutes = store.grid(["KRW-AAA"], MINUTE, start, start + 3 * 3_600_000)
    assert built.high[0].tolist() == minutes.high[0].reshape(3, 60).max(axis=1).tolist()
    assert built.open[0].tolist() == minutes.open[0][::60].tolist()
    stored, base = higher_grid(store, ["KRW-AAA"], HOUR, start, start + 6 * 3_600_000)
    assert base == HOUR
    assert np.array_equal(stored.close[0], numbers_at(np.arange(start, start + 6 * 3_600_000, 3_600_000), 3)[3])


@pytest.mark.data
def test_hours_made_of_minutes_are_the_exchange_s_hours(market_data: Path, tmp_path: Path) -> None:
    """2025-09-01..22: open, high, low, close and volume, bit for bit, in four markets."""
    minutes, hours = CandleStore(tmp_path / "minutes"), CandleStore(tmp_path / "hours")
    codes = ["KRW-BTC", "KRW-ETH", "KRW-SOL", "KRW-XRP"]
    for market in codes:
        for store, name in ((minutes, "1m"), (hours, "1h")):
            (report,) = import_file(store, market_data / "upbit" / f"{market}_{name}.parquet", ImportOptions())
            assert report.error is None
    start, end = 1_756_684_800_000, 1_758_585_600_000
    built, base = higher_grid(minutes, codes, HOUR, start, end)
    own = hours.grid(codes, HOUR, start, end)
    assert base == MINUTE
    assert (own.state == BarState.TRADED).sum() == 4 * 528
    for name in ("state", "open", "high", "low", "close", "volume"):
        assert np.array_equal(getattr(built, name), getattr(own, name)), name


def test_days_are_read_as_stored(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    start = LATE_JANUARY - LATE_JANUARY % DAY.length_ms
    table = full(start, start + 10 * DAY.length_ms, timeframe=DAY)
    store.write(table)
    grid, base = higher_grid(store, ["KRW-AAA"], DAY, start, start + 10 * DAY.length_ms)
    assert base == DAY
    assert np.array_equal(grid.close[0], columns(table)[3])
