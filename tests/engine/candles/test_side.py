"""Side series on base bars: files, ages, recorded books, trades and flags; against plain definitions over the records."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.graph import Timeframe
from dsl.messages import text
from dsl.strategy import External
from engine.candles.errors import SourceError, StoreError
from engine.candles.side import with_books, with_sides
from engine.candles.side_store import Kind, Record, SideStore
from engine.candles.store import CandleStore
from engine.exchange.upbit.recording import import_recording, read_recording
from engine.model.candle import BarGrid
from tests.engine.candles.tables import full
from tests.engine.kernel.samples import random_grid, same_bits

MINUTE_MS = 60_000
START_MS = 1_756_684_800_000  # 2025-09-01 00:00 UTC
MARKETS = ("KRW-AAA", "KRW-BBB")
NAN = math.nan
SECOND = Timeframe(1_000)


def grid(bars: int = 10) -> BarGrid:
    found = random_grid(np.random.default_rng(0), MARKETS, START_MS // MINUTE_MS, bars)
    return BarGrid(found.markets, found.timeframe, found.first_index, *(getattr(found, name) for name in ("state", "open", "high")),
                   found.low, found.close, found.volume, found.value)  # fmt: skip


def external(tmp_path: Path, lines: str, stale_after_ms: int | None = None, bars: int = 5) -> np.ndarray:
    (tmp_path / "x.csv").write_text(lines, encoding="utf-8")
    declared = External("x", "x.csv", stale_after_ms)
    key = ("external.x", ())
    return with_sides(grid(bars), [key], CandleStore(tmp_path), [declared], tmp_path).side[key]


def test_an_external_value_is_known_from_its_time_on(tmp_path: Path) -> None:
    """A value stamped with a bar's close is known at that close; one ms later, at the next."""
    lines = f"time,value\n{START_MS + 2 * MINUTE_MS},5\n{START_MS + 3 * MINUTE_MS + 1},7\n"
    found = external(tmp_path, lines)
    assert same_bits(found, np.array([[NAN, 5.0, 5.0, 7.0, 7.0]] * 2))


def test_an_external_value_goes_stale_and_an_empty_one_is_missing(tmp_path: Path) -> None:
    lines = "time,value\n2025-09-01T09:01:00+09:00,5\n2025-09-01T00:04:00Z,\n"
    assert same_bits(external(tmp_path, lines, 2 * MINUTE_MS), np.array([[5.0, 5.0, 5.0, NAN, NAN]] * 2))
    assert same_bits(external(tmp_path, lines, MINUTE_MS), np.array([[5.0, 5.0, NAN, NAN, NAN]] * 2))


def test_external_values_by_market(tmp_path: Path) -> None:
    lines = f"time,market,value\n{START_MS},krw-bbb,1\n{START_MS},KRW-CCC,9\n"
    assert same_bits(external(tmp_path, lines), np.array([[NAN] * 5, [1.0] * 5]))


def test_an_external_parquet_file_is_read(tmp_path: Path) -> None:
    times = pa.array([START_MS + MINUTE_MS], pa.timestamp("ms", tz="UTC"))
    pq.write_table(pa.table({"time": times, "value": [0.25]}), tmp_path / "x.parquet")
    key = ("external.x", ())
    found = with_sides(grid(2), [key], CandleStore(tmp_path), [External("x", "x.parquet", None)], tmp_path)
    assert same_bits(found.side[key], np.array([[0.25, 0.25]] * 2))


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        ("time,price\n1756684800000,1\n", "data.series_columns"),
        ("time,value\n2025-09-01 09:00,1\n", "data.series_naive_time"),
        ("time,value\nyesterday,1\n", "data.bad_time"),
        ("time,value\n1756684800000,many\n", "data.bad_number"),
        ("time,value\n1756684800000,1\n1756684800000,2\n", "data.series_twice"),
    ],
)
def test_a_bad_external_file_is_refused_with_its_row(tmp_path: Path, lines: str, key: str) -> None:
    with pytest.raises(SourceError) as caught:
        external(tmp_path, lines)
    assert caught.value.key == key
    assert "x.csv" in text(key, "ko", **caught.value.values)
    assert "x.csv" in text(key, "en", **caught.value.values)


def test_posted_series_and_unrecorded_ones_stay_absent(tmp_path: Path) -> None:
    keys = [("external.x", ()), ("book.spread", (1.0,)), ("market.warning", ()), ("flow.bought", ())]
    assert with_sides(grid(), keys, CandleStore(tmp_path), [External("x", None, None)]).side == {}


def test_age_counts_from_the_first_candle_or_the_recorded_date(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    store.write(full(START_MS - 3 * MINUTE_MS, START_MS, market="KRW-AAA"))
    listed = START_MS + 2 * MINUTE_MS
    SideStore(tmp_path).write(
        "KRW-BBB", Kind.LISTED, Record(np.array([START_MS]), np.array([[float(listed)]]), ((START_MS, START_MS + 1),))
    )
    found = with_sides(grid(4), [("market.age", ())], store).side["market.age", ()]
    assert same_bits(found / MINUTE_MS, np.array([[4.0, 5.0, 6.0, 7.0], [NAN, NAN, 1.0, 2.0]]))


def flag(times: list[int], values: list[float], ranges: tuple[tuple[int, int], ...]) -> Record:
    return Record(np.array([START_MS + t * MINUTE_MS for t in times], np.int64), np.array(values)[:, None],
                  tuple((START_MS + a * MINUTE_MS, START_MS + b * MINUTE_MS) for a, b in ranges))  # fmt: skip


def test_a_flag_holds_while_the_recorder_runs(tmp_path: Path) -> None:
    SideStore(tmp_path).write("KRW-AAA", "market.warning", flag([0, 2, 7], [0.0, 1.0, 0.0], ((0, 5), (6, 9))))
    found = with_sides(grid(), [("market.warning", ())], CandleStore(tmp_path)).side["market.warning", ()]
    assert same_bits(found, np.array([[0.0, 1.0, 1.0, 1.0, 1.0, NAN, 0.0, 0.0, 0.0, NAN], [NAN] * 10]))


def test_what_is_recorded_again_replaces_what_was_there(tmp_path: Path) -> None:
    store = SideStore(tmp_path)
    store.write("KRW-AAA", "market.warning", flag([0, 3], [0.0, 1.0], ((0, 5),)))
    store.write("KRW-AAA", "market.warning", flag([2], [0.0], ((2, 4),)))
    found = store.read("KRW-AAA", "market.warning")
    assert found.time_ms.tolist() == [START_MS, START_MS + 2 * MINUTE_MS]
    assert found.recorded == ((START_MS, START_MS + 5 * MINUTE_MS),)
    with pytest.raises(ValueError, match="outside the recorded"):
        store.write("KRW-AAA", "market.warning", flag([9], [0.0], ((2, 4),)))


def test_a_damaged_record_is_refused(tmp_path: Path) -> None:
    store = SideStore(tmp_path)
    store.write("KRW-AAA", "market.warning", flag([0], [1.0], ((0, 5),)))
    (path,) = tmp_path.glob("side/KRW-AAA/market.warning/*.parquet")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(StoreError):
        store.read("KRW-AAA", "market.warning", to_ms=START_MS + MINUTE_MS)
    assert CandleStore(tmp_path).markets() == []


@given(seed=st.integers(0, 2**32 - 1), cuts=st.lists(st.integers(1, 59), max_size=4))
def test_trades_make_the_sums_that_a_plain_loop_makes(tmp_path_factory: pytest.TempPathFactory, seed: int, cuts: list[int]) -> None:
    folder = tmp_path_factory.mktemp("side")
    rng = np.random.default_rng(seed)
    times = np.sort(rng.integers(START_MS, START_MS + 60 * MINUTE_MS, 200))
    numbers = np.stack([rng.uniform(90, 110, 200), rng.uniform(0, 5, 200), rng.choice([1.0, -1.0], 200)], axis=1)
    edges = [START_MS + t * MINUTE_MS + 7 for t in sorted({0, 60, *cuts})]
    ranges = [(a, b) for k, (a, b) in enumerate(itertools.pairwise(edges)) if k % 2 == 0]
    inside = np.array([any(a <= t < b for a, b in ranges) for t in times.tolist()])
    SideStore(folder).write("KRW-AAA", Kind.TRADES, Record(times[inside], numbers[inside], tuple(ranges)))
    keys = [(f"flow.{name}", ()) for name in ("bought", "sold", "value", "count")]
    side = with_sides(grid(60), keys, CandleStore(folder)).side
    for bar in range(60):
        start, end = START_MS + bar * MINUTE_MS, START_MS + (bar + 1) * MINUTE_MS
        rows = numbers[inside][(times[inside] >= start) & (times[inside] < end)].tolist()
        whole = any(a <= start and end <= b for a, b in ranges)
        expected = {
            "bought": sum((q for _, q, way in rows if way > 0), 0.0),
            "sold": sum((q for _, q, way in rows if way < 0), 0.0),
            "value": sum((p * q for p, q, _ in rows), 0.0),
            "count": float(len(rows)),
        }
        for name, value in expected.items():
            found = side[f"flow.{name}", ()][0, bar] if (f"flow.{name}", ()) in side else NAN
            assert (found == value) if whole else math.isnan(found), (name, bar)


@pytest.mark.data
def test_a_recorded_stretch_of_the_exchange(market_data: Path, tmp_path: Path) -> None:
    """Books and trades of 2021-04-05, 119 seconds, against plain readings of the messages."""
    path = market_data / "ws" / "upbit_ws_20210405.jsonl.gz"
    messages = list(read_recording(path))
    assert len(messages) == 1733
    store = SideStore(tmp_path)
    counts = import_recording(store, path)
    assert counts["KRW-STX", "trades"] > 150
    assert import_recording(store, path) == counts
    first, last = min(m.received_ms for m in messages), max(m.received_ms for m in messages)
    first_index, seconds = first // 1000 + 1, (last - first) // 1000 - 2
    shape = (1, seconds)
    empty = np.full(shape, NAN)
    bars = BarGrid(("KRW-STX",), SECOND, first_index, np.zeros(shape, np.int8), *[empty] * 6)
    keys = [("book.spread", (2.0,)), ("book.bid_size", (3.0,)), ("book.ask_depth", (0.005,)), ("flow.bought", ()), ("flow.count", ())]
    side = with_sides(bars, keys, CandleStore(tmp_path)).side
    compared = 0
    for bar in range(seconds):
        close_ms = (first_index + bar + 1) * 1000
        books = [m for m in messages if m.market == "KRW-STX" and m.kind is Kind.BOOKS and first <= m.time_ms <= close_ms]
        if not books:
            assert math.isnan(side["book.spread", (2.0,)][0, bar])
            continue
        asks, bids, ask_sizes, bid_sizes = np.reshape(sorted(books, key=lambda m: m.time_ms)[-1].numbers, (4, -1))
        middle = (asks[0] + bids[0]) / 2
        assert side["book.spread", (2.0,)][0, bar] == (asks[1] - bids[1]) / middle
        assert side["book.bid_size", (3.0,)][0, bar] == pytest.approx(bid_sizes[:3].sum(), rel=1e-15)
        near = sum(p * q for p, q in zip(asks, ask_sizes, strict=True) if p - middle <= 0.005 * middle)
        assert side["book.ask_depth", (0.005,)][0, bar] == pytest.approx(near, rel=1e-12)
        trades = [m.numbers for m in messages if m.market == "KRW-STX" and m.kind is Kind.TRADES and m.time_ms // 1000 == first_index + bar]
        assert side["flow.count", ()][0, bar] == len(trades)
        assert side["flow.bought", ()][0, bar] == pytest.approx(sum(q for _, q, way in trades if way > 0))
        compared += 1
    assert compared > 100


@pytest.mark.data
def test_recorded_books_come_whole_and_stand_while_the_recorder_ran(market_data: Path, tmp_path: Path) -> None:
    """Of every second's open and close the latest book of the messages, and none for moments outside the record."""
    path = market_data / "ws" / "upbit_ws_20210405.jsonl.gz"
    import_recording(SideStore(tmp_path), path)
    messages = [m for m in read_recording(path) if m.market == "KRW-STX" and m.kind is Kind.BOOKS]
    received = [m.received_ms for m in read_recording(path)]
    first_index, seconds = min(received) // 1000 - 5, 140
    shape = (1, seconds)
    bars = BarGrid(("KRW-STX",), SECOND, first_index, np.zeros(shape, np.int8), *[np.full(shape, NAN)] * 6)
    books = with_books(bars, CandleStore(tmp_path)).books["KRW-STX"]
    assert len(books.time_ms) > 60
    stood = 0
    for moment in range(first_index * 1000, (first_index + seconds) * 1000, 1000):
        known = sorted((m for m in messages if min(received) <= m.time_ms <= moment), key=lambda m: m.time_ms)
        at = int(np.searchsorted(books.time_ms, moment, side="right")) - 1
        if not known:
            assert at < 0
            continue
        np.testing.assert_array_equal(books.levels[at], np.reshape(known[-1].numbers, (4, -1)))
        assert (books.until_ms[at] >= moment) == (max(received) >= moment)
        stood += moment <= books.until_ms[at]
    assert stood > 100


def test_a_bad_line_of_a_recording_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"recv_ts": 1.0, "raw": "{\\"ty\\":\\"ticker\\"}"}\nnonsense\n', encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        list(read_recording(path))
    assert caught.value.values["row"] == 2
