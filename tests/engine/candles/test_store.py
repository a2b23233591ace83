"""The store against a plain dictionary: merging, ranges, months, marks, refusals."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.candles.errors import CandleError, StoreError
from engine.candles.months import Rows, month_name, month_range, months_between
from engine.candles.ranges import merge
from engine.candles.sample import sample_store
from engine.candles.store import CandleStore, WriteReport, table_from
from tests.engine.candles.tables import DAY, LATE_JANUARY, MINUTE, WEEK, columns, full, made, numbers_at, same

#: minutes around the end of a month
OFFSETS = st.integers(0, 400)


@st.composite
def pieces(draw: st.DrawFn) -> tuple[int, int, list[int], int]:
    start, end = sorted((draw(OFFSETS), draw(OFFSETS)))
    rows = sorted(draw(st.sets(st.integers(start, end - 1), max_size=12))) if start < end else []
    return start, end, rows, draw(st.integers(0, 2))


@given(st.lists(pieces(), min_size=1, max_size=5), OFFSETS, OFFSETS)
def test_any_writes_then_any_read(
    tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[int, int, list[int], int]], a: int, b: int
) -> None:
    store = CandleStore(tmp_path_factory.mktemp("store"))
    model: dict[int, int] = {}
    known: list[tuple[int, int]] = []
    for start, end, rows, version in parts:
        times = [LATE_JANUARY + 60_000 * row for row in rows]
        span = (LATE_JANUARY + 60_000 * start, LATE_JANUARY + 60_000 * end)
        report = store.write(made(times, (span,), version))
        assert report.added == sum(time not in model for time in times)
        assert report.conflicts == sum(model.get(time, version) != version for time in times)
        assert report.added + report.conflicts + report.unchanged == len(times)
        model |= dict.fromkeys(times, version)
        known.append(span)
    lower, upper = (LATE_JANUARY + 60_000 * at for at in sorted((a, b)))
    for bounds, inside in (((None, None), sorted(model)), ((lower, upper), sorted(t for t in model if lower <= t < upper))):
        table = store.read("KRW-AAA", MINUTE, *bounds)
        assert table.time_ms.tolist() == inside
        expected = [numbers_at(np.array([time]), model[time])[:, 0] for time in inside]
        assert np.array_equal(columns(table).T, np.array(expected).reshape(-1, 6))
    assert store.ranges("KRW-AAA", MINUTE) == merge(known)
    assert store.read("KRW-AAA", MINUTE, lower, upper).fetched == merge((max(s, lower), min(e, upper)) for s, e in merge(known))


def test_round_trip_over_months_and_timeframes(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    tables = [
        full(LATE_JANUARY, LATE_JANUARY + 5 * 3_600_000),
        full(LATE_JANUARY - LATE_JANUARY % DAY.length_ms, 1_748_736_000_000, timeframe=DAY),
        full(1_735_516_800_000, 1_735_516_800_000 + 20 * WEEK.length_ms, market="KRW-BBB", timeframe=WEEK),
    ]
    for table in tables:
        store.write(table)
    assert all(same(table, store.read(table.market, table.timeframe)) for table in tables)
    assert store.markets() == ["KRW-AAA", "KRW-BBB"]
    assert store.timeframes("KRW-AAA") == [MINUTE, DAY]
    assert store.timeframes("KRW-CCC") == []
    assert len(store.read("KRW-CCC", MINUTE).time_ms) == 0
    assert sorted(path.name for path in tmp_path.glob("KRW-AAA/1m/*")) == ["2025-01.parquet", "2025-02.parquet"]


def test_writing_again_changes_no_file(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    table = full(LATE_JANUARY, LATE_JANUARY + 5 * 3_600_000)
    assert store.write(table) == WriteReport(added=300, files=2)
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in tmp_path.rglob("*.parquet")}
    assert store.write(table) == WriteReport(unchanged=300)
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in tmp_path.rglob("*.parquet")} == before
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_known_value_is_not_lost_and_a_new_one_is_taken(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    table = full(LATE_JANUARY, LATE_JANUARY + 120_000)
    numbers = columns(table)
    numbers[5, 0] = np.nan
    partly = table_from(table.market, MINUTE, Rows(table.time_ms, numbers), table.fetched)
    assert store.write(partly).conflicts == 0
    assert np.isnan(store.read("KRW-AAA", MINUTE).value).tolist() == [True, False]
    assert store.write(table) == WriteReport(unchanged=2, files=1)
    assert store.write(partly) == WriteReport(unchanged=2)
    assert same(store.read("KRW-AAA", MINUTE), table)


def test_conflicts_name_their_times(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    store.write(full(LATE_JANUARY, LATE_JANUARY + 600_000))
    report = store.write(made([LATE_JANUARY + 60_000, LATE_JANUARY + 240_000], ((LATE_JANUARY, LATE_JANUARY + 600_000),), version=1))
    assert (report.conflicts, report.examples) == (2, (LATE_JANUARY + 60_000, LATE_JANUARY + 240_000))


def test_a_range_without_a_trade_is_remembered(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    span = (LATE_JANUARY, LATE_JANUARY + 90 * 86_400_000)
    store.write(made([], (span,)))
    assert store.ranges("KRW-AAA", MINUTE) == (span,)
    assert store.markets() == ["KRW-AAA"]


def test_tables_that_break_their_contract_are_refused(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    with pytest.raises(ValueError, match="outside the fetched ranges"):
        store.write(made([LATE_JANUARY], ((LATE_JANUARY + 60_000, LATE_JANUARY + 120_000),)))
    with pytest.raises(ValueError, match="on the grid"):
        store.write(made([LATE_JANUARY + 1], ((LATE_JANUARY, LATE_JANUARY + 120_000),)))
    with pytest.raises(ValueError, match="strictly ascending"):
        store.write(made([LATE_JANUARY, LATE_JANUARY], ((LATE_JANUARY, LATE_JANUARY + 120_000),)))
    assert store.markets() == []


@pytest.mark.parametrize("market", ["../etc", "krw-btc", "KRW", "", "KRW-BTC/..", "KRW-BTC ", "KRW--BTC"])
def test_a_market_is_never_a_path(tmp_path: Path, market: str) -> None:
    with pytest.raises(CandleError, match="no market code"):
        CandleStore(tmp_path).read(market, MINUTE)


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"\0" * 100])
def test_a_damaged_file_is_named(tmp_path: Path, damage: bytes) -> None:
    store = CandleStore(tmp_path)
    store.write(full(LATE_JANUARY, LATE_JANUARY + 60_000))
    (path,) = tmp_path.rglob("*.parquet")
    path.write_bytes(damage)
    with pytest.raises(StoreError, match=r"2025-01\.parquet.*damaged"):
        store.read("KRW-AAA", MINUTE)


def test_truncated_files_are_damaged_at_every_length(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    store.write(full(LATE_JANUARY, LATE_JANUARY + 600_000))
    (path,) = tmp_path.rglob("*.parquet")
    whole = path.read_bytes()
    lengths = range(0, len(whole), 97)
    assert len(lengths) > 20
    for length in lengths:
        path.write_bytes(whole[:length])
        with pytest.raises(StoreError):
            store.read("KRW-AAA", MINUTE)


def test_a_flipped_bit_never_goes_unseen(tmp_path: Path) -> None:
    """Bits all over a file: either the candles and ranges are read as they were, or the file is named as damaged."""
    store = CandleStore(tmp_path)
    table = full(LATE_JANUARY, LATE_JANUARY + 1_800_000)
    store.write(table)
    (path,) = tmp_path.rglob("*.parquet")
    whole = path.read_bytes()
    seen = 0
    for at in range(0, len(whole), 3):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1 :])
        try:
            found = store.read("KRW-AAA", MINUTE)
        except StoreError:
            seen += 1
        else:
            assert same(found, table), at
    assert seen > len(whole) // 9


def test_generated_candles_stay_marked(tmp_path: Path) -> None:
    made_up = CandleStore(tmp_path / "made", synthetic=True)
    made_up.write(full(LATE_JANUARY, LATE_JANUARY + 60_000))
    assert CandleStore(tmp_path / "made").synthetic
    real = CandleStore(tmp_path / "real")
    real.write(full(LATE_JANUARY, LATE_JANUARY + 60_000))
    assert not real.synthetic
    with pytest.raises(StoreError, match="real candles"):
        CandleStore(tmp_path / "real", synthetic=True)


def test_last_close_looks_back_over_months(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    span = (LATE_JANUARY, LATE_JANUARY + 70 * 86_400_000)
    store.write(made([LATE_JANUARY, LATE_JANUARY + 60_000], (span,)))
    assert store.last_close("KRW-AAA", MINUTE, span[1]) == numbers_at(np.array([LATE_JANUARY + 60_000]))[3, 0]
    assert store.last_close("KRW-AAA", MINUTE, LATE_JANUARY + 60_000) == numbers_at(np.array([LATE_JANUARY]))[3, 0]
    assert np.isnan(store.last_close("KRW-AAA", MINUTE, LATE_JANUARY))


@given(st.integers(0, 4 * 10**12), st.integers(0, 400 * 86_400_000))
def test_months_tile_time(start: int, length: int) -> None:
    names = months_between(start, start + length)
    assert len(names) == len(set(names))
    spans = [month_range(name) for name in names]
    assert all(a[1] == b[0] for a, b in pairwise(spans))
    if names:
        assert spans[0][0] <= start < spans[0][1]
        assert month_name(start + length - 1) == names[-1]


def test_a_disk_that_refuses_is_a_sentence_not_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "KRW-AAA").write_text("a file where a folder must be")
    with pytest.raises(StoreError, match="cannot be written"):
        CandleStore(tmp_path).write(full(LATE_JANUARY, LATE_JANUARY + 60_000))


def test_reading_does_not_import_pandas(tmp_path: Path) -> None:
    """pyarrow does so by itself where pandas is installed, at half a second a start."""
    folder = sample_store(tmp_path).folder
    code = (
        "import sys; from engine.candles.store import CandleStore; from dsl.graph import Timeframe\n"
        f"rows = len(CandleStore({str(folder)!r}).read('KRW-BTC', Timeframe(60_000)).time_ms)\n"
        "print(rows > 80_000, 'pandas' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.split() == ["True", "False"]
