"""Posted values of external series: append-only, in order, known from their arrival; against a plain list of what came."""

from __future__ import annotations

import math
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.diagnostics import Language
from dsl.strategy import External
from engine.candles.errors import SourceError, StoreError
from engine.candles.posted import Post, PostedStore
from engine.candles.side import with_sides
from engine.candles.store import CandleStore
from tests.engine.candles.test_side import MARKETS, MINUTE_MS, NAN, START_MS, grid
from tests.engine.kernel.samples import same_bits

KEY = ("external.kimp", ())


def column(folder: Path, stale_after_ms: int | None = None, path: str | None = None, bars: int = 5) -> np.ndarray:
    declared = External("kimp", path, stale_after_ms, posted=True)
    side = with_sides(grid(bars), [KEY], CandleStore(folder), [declared], folder).side
    return side.get(KEY, np.full((2, bars), NAN))


def test_a_value_is_known_from_its_arrival_and_stale_by_its_own_time(tmp_path: Path) -> None:
    """Bars close 1..5 minutes after START. The value of minute 1 comes 1 ms after the second close."""
    store = PostedStore(tmp_path)
    store.add("kimp", START_MS + MINUTE_MS, None, 0.05, START_MS + 2 * MINUTE_MS + 1)
    assert same_bits(column(tmp_path), np.array([[NAN, NAN, 0.05, 0.05, 0.05]] * 2))
    assert same_bits(column(tmp_path, 3 * MINUTE_MS), np.array([[NAN, NAN, 0.05, 0.05, NAN]] * 2))


def test_what_is_newer_holds_file_or_post(tmp_path: Path) -> None:
    (tmp_path / "k.csv").write_text(f"time,value\n{START_MS},1\n{START_MS + 4 * MINUTE_MS},4\n", encoding="utf-8")
    PostedStore(tmp_path).add("kimp", START_MS + 2 * MINUTE_MS, None, 2.0, START_MS + 2 * MINUTE_MS)
    PostedStore(tmp_path).add("kimp", START_MS + 3 * MINUTE_MS, None, None, START_MS + 3 * MINUTE_MS)
    assert same_bits(column(tmp_path, path="k.csv"), np.array([[1.0, 2.0, NAN, 4.0, 4.0]] * 2))
    declared = External("kimp", "k.csv", None)  # without `or: api` posts do not count
    found = with_sides(grid(5), [KEY], CandleStore(tmp_path), [declared], tmp_path).side[KEY]
    assert same_bits(found, np.array([[1.0, 1.0, 1.0, 4.0, 4.0]] * 2))


@given(
    st.lists(st.tuples(st.integers(0, 8), st.sampled_from(["", *MARKETS]), st.none() | st.integers(-3, 3), st.integers(0, 5)), max_size=25),
    st.none() | st.integers(1, 4),
)
def test_any_row_of_posts_reads_as_a_plain_list_does(
    tmp_path_factory: pytest.TempPathFactory, posts: list[tuple[int, str, int | None, int]], stale: int | None
) -> None:
    folder = tmp_path_factory.mktemp("posted")
    kept: list[Post] = []
    now = START_MS
    for minute, market, value, later in posts:
        now += later * MINUTE_MS // 3
        time_ms = START_MS + minute * MINUTE_MS // 2
        number = math.nan if value is None else float(value)
        own = [post for post in kept if post.market == market]
        again = bool(own) and own[-1].time_ms == time_ms and (own[-1].value == number or (math.isnan(number) and math.isnan(own[-1].value)))
        mixed = any((post.market == "") != (market == "") for post in kept)
        taken = not mixed and time_ms <= now and (not own or time_ms > own[-1].time_ms)
        if taken:
            kept.append(Post(time_ms, market, number, now))
        if taken or (again and not mixed and time_ms <= now):
            PostedStore(folder).add("kimp", time_ms, market or None, value, now)
        else:
            with pytest.raises(SourceError):
                PostedStore(folder).add("kimp", time_ms, market or None, value, now)
    found = column(folder, None if stale is None else stale * MINUTE_MS, bars=8)
    for row, market in enumerate(MARKETS):
        for bar in range(8):
            close = START_MS + (bar + 1) * MINUTE_MS
            known = [post for post in kept if post.market in ("", market) and post.received_ms <= close]
            last = known[-1] if known else None
            fresh = last is not None and (stale is None or close - last.time_ms <= stale * MINUTE_MS)
            expected = last.value if last is not None and fresh else NAN
            assert same_bits(found[row, bar : bar + 1], np.array([expected]))


@pytest.mark.parametrize(
    ("name", "time", "market", "key"),
    [
        ("kimp", START_MS + 60_001, None, "data.posted_future"),
        ("kimp", START_MS, None, "data.posted_order"),
        ("kimp", START_MS - 1, None, "data.posted_order"),
        ("kimp", "yesterday", None, "data.posted_time"),
        ("kimp", "2025-09-01T09:00:00", None, "data.posted_zone"),
        ("kimp", START_MS + 1, "BTC-KRW", "data.posted_market"),
        ("kimp", START_MS + 1, "KRW-BTC", "data.posted_for_all"),
        ("coins", START_MS + 1, None, "data.posted_by_market"),
        ("../kimp", START_MS + 1, None, "data.posted_name"),
        ("", START_MS + 1, None, "data.posted_name"),
    ],
)
def test_what_cannot_be_taken_is_refused_and_changes_nothing(
    tmp_path: Path, name: str, time: int | str, market: str | None, key: str
) -> None:  # fmt: skip
    store = PostedStore(tmp_path)
    store.add("kimp", START_MS, None, 1.0, START_MS)
    store.add("coins", START_MS, "krw-btc", 1.0, START_MS)
    with pytest.raises(SourceError) as caught:
        store.add(name, time, market, 2.0, START_MS + 60_000)
    assert caught.value.key == key
    assert caught.value.message(Language.KOREAN) != caught.value.message(Language.ENGLISH)
    for known in ("kimp", "coins"):
        series = store.read(known)
        assert series is not None
        assert series.values.tolist() == [1.0]


def test_the_same_value_again_changes_nothing_and_a_clock_set_back_undoes_nothing(tmp_path: Path) -> None:
    store = PostedStore(tmp_path)
    first = store.add("kimp", START_MS, None, 1.0, START_MS + 500)
    assert store.add("kimp", START_MS, None, 1.0, START_MS + 900) == first
    later = store.add("kimp", START_MS + 1, None, 2.0, START_MS + 100)
    assert later.received_ms == START_MS + 500


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    def write(market: str) -> None:
        for k in range(25):
            PostedStore(tmp_path).add("kimp", START_MS + k, market, float(k), START_MS + 10_000)

    writers = [threading.Thread(target=write, args=(f"KRW-{letter}",)) for letter in "ABC"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    series = PostedStore(tmp_path).read("kimp")
    assert series is not None
    assert sorted(zip(series.markets, series.values.tolist(), strict=True)) == [(f"KRW-{m}", float(k)) for m in "ABC" for k in range(25)]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    PostedStore(tmp_path).add("kimp", START_MS, None, 1.0, START_MS)
    path = tmp_path / "external" / "kimp.sqlite"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match=r"kimp\.sqlite"):
        PostedStore(tmp_path).read("kimp")
    assert PostedStore(tmp_path).read("other") is None
