"""The quality report finds every planted defect, only those, and the real exchange's known outages."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.candles.importer import ImportOptions, import_file
from engine.candles.months import Rows
from engine.candles.quality import Finding, Outage, check_rows, check_store, find_outages
from engine.candles.ranges import Ranges
from engine.candles.source_quality import check_files
from engine.candles.store import CandleStore, table_from
from engine.model.candle import CandleTable
from tests.engine.candles.tables import MINUTE

START = int(datetime(2025, 9, 1, tzinfo=UTC).timestamp()) * 1000
COUNT = 400
SPAN: Ranges = ((START, START + COUNT * 60_000),)


def calm() -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """400 minutes of a quiet KRW-XRP: prices around 4,000 KRW on the 1 KRW grid, ranges of 8 KRW."""
    time_ms = START + np.arange(COUNT, dtype=np.int64) * 60_000
    close = 4000.0 + np.arange(COUNT) % 7
    return time_ms, np.stack([close - 1, close + 4, close - 4, close, np.ones(COUNT), close])


def findings(time_ms: NDArray[np.int64], numbers: NDArray[np.float64], fetched: Ranges = SPAN, market: str = "KRW-XRP") -> dict[str, int]:
    quality = check_rows(market, MINUTE, Rows(time_ms, numbers), fetched)
    assert set(quality.findings) == set(Finding)
    return {str(finding): count.count for finding, count in quality.findings.items() if count.count}


def test_calm_candles_have_no_findings() -> None:
    assert findings(*calm()) == {}


@pytest.mark.parametrize(
    ("finding", "row", "column", "number"),
    [
        ("non_finite", 3, 1, np.nan), ("non_finite", 3, 4, np.inf), ("non_finite", 3, 5, np.inf),
        ("non_positive", 9, 2, 0.0), ("non_positive", 9, 4, -1.0), ("non_positive", 9, 5, -1.0),
        ("order", 20, 1, 3990.0), ("order", 20, 2, 4100.0),
        ("spike", 50, 1, 4400.0), ("spike", 50, 2, 3700.0),
        ("off_tick", 70, 0, 4000.5), ("off_tick", 70, 1, 4011.25),
    ],
)  # fmt: skip
def test_a_planted_defect_is_found_and_named(finding: str, row: int, column: int, number: float) -> None:
    time_ms, numbers = calm()
    numbers[column, row] = number
    quality = check_rows("KRW-XRP", MINUTE, Rows(time_ms, numbers), SPAN)
    found = {str(f): count for f, count in quality.findings.items() if count.count}
    assert {name: count.count for name, count in found.items()} == {finding: 1}
    assert found[finding].examples == (int(time_ms[row]),)


def test_a_lone_close_is_a_spike_and_a_new_level_is_not() -> None:
    time_ms, numbers = calm()
    numbers[:4, 100] += 900
    assert findings(time_ms, numbers) == {"spike": 1}
    time_ms, numbers = calm()
    numbers[:4, 100:] += 900
    assert findings(time_ms, numbers) == {}


def test_off_tick_goes_by_the_table_of_the_day() -> None:
    """5,001 KRW: on the grid (1 KRW) until 2025-07-31 Korean time, off it (5 KRW) from then on."""
    change = int(datetime(2025, 7, 30, 15, tzinfo=UTC).timestamp()) * 1000
    time_ms = change + (np.arange(COUNT, dtype=np.int64) - COUNT // 2) * 60_000
    numbers = np.full((6, COUNT), 5001.0)
    fetched = ((int(time_ms[0]), int(time_ms[-1]) + 60_000),)
    quality = check_rows("KRW-XRP", MINUTE, Rows(time_ms, numbers), fetched)
    assert quality.findings[Finding.OFF_TICK].count == COUNT // 2
    assert quality.findings[Finding.OFF_TICK].examples[0] == change
    assert findings(time_ms, numbers, fetched, market="BINANCE-XRPUSDT") == {}  # a grid that is not known is not judged


@given(st.sets(st.integers(1, COUNT - 2), max_size=30), st.sets(st.integers(0, COUNT - 1), max_size=10), st.randoms(use_true_random=False))
def test_missing_and_doubled_rows_are_counted_in_any_order(gone: set[int], doubled: set[int], dice: object) -> None:
    time_ms, numbers = calm()
    keep = [row for row in range(COUNT) if row not in gone] + [row for row in doubled if row not in gone]
    dice.shuffle(keep)  # type: ignore[attr-defined]
    expected = {"quiet": len(gone), "duplicate": len(doubled - gone)}
    for fetched in (SPAN, ()):
        assert findings(time_ms[keep], numbers[:, keep], fetched) == {name: count for name, count in expected.items() if count}


def test_what_was_never_fetched_is_unknown_not_quiet() -> None:
    time_ms, numbers = calm()
    keep = np.r_[0:100, 150:COUNT]
    fetched = ((START, START + 110 * 60_000), (START + 150 * 60_000, START + COUNT * 60_000))
    assert findings(time_ms[keep], numbers[:, keep], fetched) == {"quiet": 10, "unknown": 40}


def test_a_row_off_the_grid_of_time() -> None:
    time_ms, numbers = calm()
    time_ms[40] += 30_000
    assert findings(time_ms, numbers) == {"off_grid": 1, "quiet": 1}


def table(market: str, rows: list[int], fetched: Ranges) -> CandleTable:
    time_ms, numbers = calm()
    return table_from(market, MINUTE, Rows(time_ms[rows], numbers[:, rows]), fetched)


def at(bar: int) -> int:
    return START + bar * 60_000


def test_an_outage_is_when_no_known_market_trades() -> None:
    bars = set(range(COUNT))
    first = table("KRW-AAA", sorted(bars - set(range(50, 60)) - {90}), SPAN)
    second = table("KRW-BBB", sorted(bars - set(range(55, 70)) - {90, 200}), SPAN)
    half = table("KRW-CCC", list(range(300, 310)), ((at(300), at(320)),))
    assert find_outages([first, second, half]) == [Outage("1m", at(55), at(60), 5, 2), Outage("1m", at(90), at(91), 1, 2)]
    assert find_outages([half]) == []  # one market alone says nothing about the exchange


def test_outages_are_judged_by_the_markets_known_then() -> None:
    apart = table("KRW-AAA", list(range(10)), ((at(0), at(20)),))
    later = table("KRW-BBB", list(range(105, 120)), ((at(100), at(120)),))
    assert find_outages([apart, later]) == []
    joined = table("KRW-CCC", list(range(15)), ((at(0), at(120)),))
    assert find_outages([apart, later, joined]) == [Outage("1m", at(15), at(20), 5, 2), Outage("1m", at(100), at(105), 5, 2)]


def test_a_source_file_is_checked_before_import(tmp_path: Path) -> None:
    path = tmp_path / "KRW-XRP_1m.csv"
    lines = ["time,open,high,low,close,volume,value"]
    lines += [f"{at(n)},4000,4004,3996,4001,1,4001" for n in (0, 1, 2, 2, 5, 3)] + [f"{at(4)},4000,3990,3996,4001,1,4001"]
    path.write_text("\n".join(lines))
    report = check_files([path], ImportOptions())
    (quality,) = report.markets
    assert (quality.market, quality.timeframe, quality.rows) == ("KRW-XRP", "1m", 7)
    found = {str(finding): count.count for finding, count in quality.findings.items() if count.count}
    assert found == {"duplicate": 1, "order": 1}
    assert not report.sound


@pytest.mark.data
def test_the_real_exchange_s_outages_are_found(market_data: Path, tmp_path: Path) -> None:
    """Outages that the data's own notes name, and no defect in what was checked when it was gathered."""
    store = CandleStore(tmp_path)
    files = [
        f"upbit/{name}.parquet"
        for name in ("KRW-BTC_1m", "KRW-ETH_1m", "KRW-XRP_1m", "KRW-SOL_1m", "KRW-MLK_5m", "KRW-XEM_5m", "KRW-BTC_1h", "KRW-XRP_1h")
    ]
    for name in files:
        (report,) = import_file(store, market_data / name, ImportOptions())
        assert report.error is None
    quality = check_store(store)
    assert quality.sound
    assert sum(q.rows for q in quality.markets) > 300_000
    known = [
        ("1m", "2021-05-10T18:01", "2021-05-10T18:15"), ("1m", "2021-05-11T01:27", "2021-05-11T01:49"),
        ("5m", "2021-06-30T15:05", "2021-06-30T18:10"), ("1h", "2023-12-03T16:00", "2023-12-03T21:00"),
    ]  # fmt: skip
    for timeframe, start, end in known:
        span = [int(datetime.fromisoformat(t).replace(tzinfo=UTC).timestamp()) * 1000 for t in (start, end)]
        assert any(o.timeframe == timeframe and o.from_ms <= span[0] and span[1] <= o.to_ms for o in quality.outages), start
    minutes = [q for q in quality.markets if q.timeframe == "1m"]
    off = sum(q.findings[Finding.OFF_TICK].count for q in minutes)
    assert off <= 0.0005 * sum(q.rows for q in minutes)
