"""Stored candles against the exchange's higher ones: real ones agree to the last digit, and every changed number is found."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.graph import Timeframe
from engine.candles.compare import compare
from engine.candles.formats import ZoneChoice
from engine.candles.importer import ImportOptions, import_files
from engine.candles.months import COLUMNS, Rows
from engine.candles.store import CandleStore, rows_of, table_from
from engine.candles.timeframes import parse_timeframe
from engine.kernel.aggregate import aggregate
from engine.model.candle import BarState, CandleTable
from tests.engine.candles.tables import HOUR, LATE_JANUARY, MINUTE, full

HOURS = 6
END = LATE_JANUARY + HOURS * 3_600_000


def higher(store: CandleStore, timeframe: Timeframe = HOUR) -> CandleTable:
    """What an exchange would answer whose trades are those of the store."""
    grid = aggregate(store.grid(["KRW-AAA"], MINUTE, LATE_JANUARY, END), timeframe)
    traded = grid.state[0] == BarState.TRADED
    times = (np.arange(grid.state.shape[1]) + grid.first_index) * timeframe.length_ms
    numbers = np.stack([getattr(grid, name)[0][traded] for name in COLUMNS])
    return table_from("KRW-AAA", timeframe, Rows(times[traded].astype(np.int64), numbers), ((LATE_JANUARY, END),))


@settings(max_examples=8)
@given(st.integers(0, HOURS - 1), st.sampled_from(COLUMNS), st.sampled_from([1.0, -1.0, 1e-4]))
def test_every_changed_number_is_found_and_nothing_else(tmp_path_factory: pytest.TempPathFactory, bar: int, column: str, by: float) -> None:
    store = CandleStore(tmp_path_factory.mktemp("candles"))
    store.write(full(LATE_JANUARY, END))
    theirs = higher(store)
    assert compare(store, theirs, MINUTE).differences == ()
    rows = rows_of(theirs)
    rows.numbers[COLUMNS.index(column), bar] *= 1.0 + by / 10
    found = compare(store, table_from("KRW-AAA", HOUR, rows, theirs.fetched), MINUTE)
    assert (found.compared, found.incomplete) == (HOURS, 0)
    assert [(difference.time_ms, difference.column) for difference in found.differences] == [(LATE_JANUARY + bar * 3_600_000, column)]


def test_bars_that_only_one_side_has_and_bars_with_holes(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    store.write(full(LATE_JANUARY, END - 60_000))
    theirs = higher(store)
    rows = rows_of(theirs)
    kept = Rows(rows.time_ms[1:], rows.numbers[:, 1:])
    found = compare(store, table_from("KRW-AAA", HOUR, kept, theirs.fetched), MINUTE)
    assert (found.compared, found.incomplete) == (HOURS - 1, 1)
    assert [(d.time_ms, d.column, d.stored, d.exchange) for d in found.differences] == [(LATE_JANUARY, "traded", 1.0, 0.0)]
    assert found.bars(HOUR) == ((LATE_JANUARY, LATE_JANUARY + 3_600_000),)


@pytest.mark.data
def test_real_minutes_are_the_exchange_s_own_hours(market_data: Path, tmp_path: Path) -> None:
    """Minutes and hours of the same exchange, fetched apart."""
    store = CandleStore(tmp_path)
    options = ImportOptions(market=None, timeframe=None, zone=ZoneChoice.AUTO, gap_ms=None, skip_bad=False, now_ms=2**60)
    paths = [market_data / "upbit" / f"KRW-BTC_{name}.parquet" for name in ("1m", "1h")]
    assert all(report.error is None for reports in import_files(store, paths, options) for report in reports)
    span = store.ranges("KRW-BTC", MINUTE)[-1]
    own = store.read("KRW-BTC", HOUR, *span)
    found = compare(store, own, MINUTE)
    assert found.compared > 500, found
    assert found.differences == ()
    assert parse_timeframe("1h") == HOUR
