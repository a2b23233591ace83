"""The candle reader against a loopback server that answers, and fails, as the exchange does."""

import socket
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.diagnostics import Language
from engine.candles.errors import FetchError, UnknownMarketError, UnreachableError
from engine.candles.provision import download
from engine.candles.ranges import merge
from engine.candles.store import CandleStore
from engine.candles.timeframes import parse_timeframe
from engine.exchange.upbit.candles import SECONDS_KEPT_MS, SERVED, CandleReader, reader_settings
from engine.exchange.upbit.limits import Limits
from engine.model.candle import CandleTable
from tests.engine.candles.tables import MINUTE, columns, numbers_at
from tests.engine.exchange.upbit_server import PATHS, Reply, Upbit, serving

START = 1_756_684_800_000  # 2025-09-01
END = START + 1000 * 60_000


class Clock:
    """Time that passes only by waiting for it."""

    def __init__(self, now_ms: int = 4_000_000_000_000) -> None:
        self.seconds = 0.0
        self.sleeps: list[float] = []
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms + int(self.seconds * 1000)

    def monotonic_seconds(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.sleeps.append(seconds)
        self.seconds += seconds


def reader(url: str, clock: Clock | None = None, **settings: float) -> CandleReader:
    own = clock or Clock()
    return CandleReader(replace(reader_settings(url), **settings), Limits(own), own.now_ms)  # type: ignore[arg-type]


def minutes(count: int = 1000) -> list[int]:
    return list(range(START, START + count * 60_000, 60_000))


def read(
    upbit: Upbit, start: int = START, end: int = END, clock: Clock | None = None, name: str = "1m", **settings: float
) -> list[CandleTable]:
    with reader(upbit.url, clock, **settings) as opened:
        return list(opened.pages("KRW-BTC", parse_timeframe(name), start, end))


def joined(pages: list[CandleTable]) -> tuple[list[int], tuple[tuple[int, int], ...]]:
    return sorted(time for page in pages for time in page.time_ms.tolist()), merge(r for page in pages for r in page.fetched)


def test_pages_run_backwards_and_fit_together() -> None:
    with serving(Upbit({"KRW-BTC": minutes()})) as upbit:
        pages = read(upbit)
        assert joined(pages) == (minutes(), ((START, END),))
        assert [len(page.time_ms) for page in pages] == [200] * 5
        assert all(later.fetched[0][0] == earlier.fetched[0][1] for later, earlier in pairwise(pages))
        for page in pages:
            assert np.array_equal(columns(page), numbers_at(page.time_ms))
        assert [request["to"] for request in upbit.requests[:2]] == ["2025-09-01T16:40:00Z", "2025-09-01T13:20:00Z"]
        assert {(request["market"], request["count"]) for request in upbit.requests} == {("KRW-BTC", "200")}


@settings(max_examples=15)
@given(st.sets(st.integers(0, 999), max_size=60), st.integers(0, 1000), st.integers(0, 1000), st.integers(1, 40))
def test_any_market_any_range_any_page_size(traded: set[int], a: int, b: int, page: int) -> None:
    """Thin markets, and answers shorter than asked for, change neither rows nor what counts as asked for."""
    start, end = (START + 60_000 * at for at in sorted((a, b)))
    with serving(Upbit({"KRW-BTC": [START + 60_000 * bar for bar in traded]}, page=page)) as upbit:
        times, fetched = joined(read(upbit, start, end))
    assert times == sorted(START + 60_000 * bar for bar in traded if start <= START + 60_000 * bar < end)
    assert fetched == (((start, end),) if start < end else ())


def test_every_timeframe_has_its_path() -> None:
    with serving(Upbit({"KRW-BTC": []})) as upbit:
        for name in SERVED:
            frame = parse_timeframe(name)
            upbit.trades["KRW-BTC"] = [frame.index(START) * frame.length_ms + frame.offset_ms]
            pages = read(upbit, START - 10 * frame.length_ms, START + frame.length_ms, Clock(START + 30 * 86_400_000), name)
            assert joined(pages)[0] == upbit.trades["KRW-BTC"]
            path = max(upbit.paths, key=lambda p: upbit.paths[p])
            assert PATHS[path] == frame.length_ms
            upbit.paths.clear()
        with pytest.raises(FetchError, match="no 2h candles"):
            read(upbit, name="2h")


def test_seconds_are_known_only_as_far_back_as_the_exchange_keeps_them() -> None:
    """Older ones may have traded: nothing is claimed of them, and nothing is asked."""
    now = START + 100 * 86_400_000
    kept = now - SECONDS_KEPT_MS
    traded = [kept - 5_000, kept + 3_000, kept + 9_000]
    with serving(Upbit({"KRW-BTC": traded}, now_ms=now)) as upbit:
        times, fetched = joined(read(upbit, kept - 60_000, kept + 60_000, Clock(now), "1s"))
        assert (times, fetched) == (traded[1:], ((kept, kept + 60_000),))
        assert set(upbit.paths) == {"/v1/candles/seconds"}


def test_before_the_market_s_life_there_is_nothing_and_that_is_known() -> None:
    with serving(Upbit({"KRW-BTC": minutes()[900:]})) as upbit:
        times, fetched = joined(read(upbit))
        assert (times, fetched) == (minutes()[900:], ((START, END),))
        assert len(upbit.requests) == 2


@pytest.mark.parametrize("ahead_ms", [0, -90_000, 3_600_000])
def test_the_bar_in_progress_is_never_taken(ahead_ms: int) -> None:
    """Server at 10:30.5 of the data; the local clock right, late, or an hour ahead."""
    now = START + 630 * 60_000 + 500
    with serving(Upbit({"KRW-BTC": minutes()}, now_ms=now)) as upbit:
        times, fetched = joined(read(upbit, clock=Clock(now + ahead_ms)))
    last = min(now, now + ahead_ms) // 60_000 * 60_000
    last -= 60_000 if last + 1000 > min(now, now + ahead_ms) else 0
    assert fetched == ((START, last),)
    assert times == [time for time in minutes() if time < last]


# -- manners ----------------------------------------------------------------------------------------------------------------------


def test_never_more_than_ten_requests_a_second() -> None:
    clock, sent = Clock(), []
    upbit = Upbit({"KRW-BTC": minutes()}, page=10, faults=lambda _: sent.append(clock.seconds))
    with serving(upbit):
        read(upbit, clock=clock)
        assert len(upbit.requests) == len(sent) == 100
    assert all(later - earlier >= 1.0 for earlier, later in zip(sent, sent[10:], strict=False))
    assert clock.seconds < 10.0


def test_the_exchange_s_count_of_what_is_left_is_respected() -> None:
    clock = Clock()
    with serving(Upbit({"KRW-BTC": minutes()}, page=100, remaining=lambda number: 0 if number % 4 == 0 else 9)) as upbit:
        read(upbit, clock=clock)
        assert len(upbit.requests) == 10
    assert len(clock.sleeps) == 2
    assert clock.seconds == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("fault", [Reply(429), Reply(500, b"<html>"), Reply(503), Reply(502), Reply(hang_up=True), Reply(200, b"[1")])
def test_passing_trouble_is_survived(fault: Reply) -> None:
    clock = Clock()
    with serving(Upbit({"KRW-BTC": minutes()}, faults=lambda number: fault if number in (1, 3, 4, 6) else None)) as upbit:
        assert joined(read(upbit, clock=clock)) == (minutes(), ((START, END),))
        assert len(upbit.requests) == 9
    assert clock.seconds >= 1.0


def test_a_short_block_is_sat_out_and_a_long_one_is_said() -> None:
    clock = Clock()
    with serving(Upbit({"KRW-BTC": minutes()}, faults=lambda n: Reply(418, headers={"Retry-After": "7"}) if n == 2 else None)) as upbit:
        assert joined(read(upbit, clock=clock))[0] == minutes()
    assert max(clock.sleeps) == pytest.approx(7.0)
    with (
        serving(Upbit({"KRW-BTC": minutes()}, faults=lambda n: Reply(418, b'{"seconds":500}') if n == 2 else None)) as upbit,
        pytest.raises(FetchError, match="500") as caught,
    ):
        read(upbit)
    assert caught.value.message(Language.KOREAN) != caught.value.message(Language.ENGLISH)


def test_lasting_trouble_ends_in_a_clear_error() -> None:
    with serving(Upbit({"KRW-BTC": minutes()}, faults=lambda number: Reply(503) if number > 2 else None)) as upbit:
        with pytest.raises(FetchError, match="HTTP 503") as caught:
            read(upbit)
        assert len(upbit.requests) == 2 + 5
        assert not isinstance(caught.value, UnreachableError)


@pytest.mark.parametrize(
    ("reply", "match"),
    [
        (Reply(400, b'{"error":{"name":400,"message":"Invalid parameter."}}'), "Invalid parameter"),
        (Reply(403, b"<html>go away</html>"), "go away"),
    ],
)
def test_a_refusal_is_not_asked_again(reply: Reply, match: str) -> None:
    with serving(Upbit({"KRW-BTC": minutes()}, faults=lambda _: reply)) as upbit:
        with pytest.raises(FetchError, match=match) as caught:
            read(upbit)
        assert len(upbit.requests) == 1
        assert caught.value.message(Language.KOREAN) != caught.value.message(Language.ENGLISH)


@pytest.mark.parametrize("body", [b"<html>log in to this network</html>", b'{"error":1}', b'[{"market":"KRW-ETH"}]', b"[1]"])
def test_lasting_nonsense_ends_in_a_clear_error(body: bytes) -> None:
    with serving(Upbit({"KRW-BTC": minutes()}, faults=lambda _: Reply(200, body))) as upbit:
        with pytest.raises(FetchError, match="not the candles"):
            read(upbit)
        assert len(upbit.requests) == 2 + 5


def test_answers_that_would_never_end_or_lie_are_refused() -> None:
    from tests.engine.exchange.upbit_server import candle

    import json  # isort: skip

    good = candle("KRW-BTC", START)
    bad = [
        [candle("KRW-BTC", END)],  # not before `to`: asking on from there would never end
        [good, good],
        [{**good, "high_price": 1.0}],
        [{**good, "low_price": -1.0}],
        [{**good, "trade_price": "x"}],
        [{**good, "market": "KRW-ETH"}],
        [{**good, "candle_date_time_utc": "2025-09-01T00:00:30"}],
    ]
    for items in bad:
        body = json.dumps(items).encode()
        with (
            serving(Upbit({"KRW-BTC": []}, faults=lambda _, body=body: Reply(200, body))) as upbit,
            pytest.raises(FetchError, match="not the candles"),
        ):
            read(upbit)


def test_an_unknown_market_is_said_so() -> None:
    with serving(Upbit({"KRW-ETH": []})) as upbit, pytest.raises(UnknownMarketError, match="no market KRW-BTC"):
        read(upbit)


def test_nobody_there_fails_at_once() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        clock = Clock()
        with pytest.raises(UnreachableError, match="cannot be reached"):
            read(Upbit({}, url=f"http://127.0.0.1:{reserved.getsockname()[1]}"), clock=clock)
        assert clock.seconds < 1.0


def test_a_server_that_never_answers_is_given_up_after_one_more_try() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(UnreachableError):
            read(Upbit({}, url=f"http://127.0.0.1:{silent.getsockname()[1]}"), read_seconds=0.2)


# -- into the store ---------------------------------------------------------------------------------------------------------------


def test_a_broken_download_goes_on_where_it_stopped(tmp_path: Path) -> None:
    store, seen = CandleStore(tmp_path), []
    with serving(Upbit({"KRW-BTC": minutes()}, faults=lambda number: Reply(403) if number == 3 else None)) as upbit:
        with reader(upbit.url) as opened:
            with pytest.raises(FetchError):
                download(store, "KRW-BTC", MINUTE, START, END, opened.pages)
            assert store.ranges("KRW-BTC", MINUTE) == ((END - 400 * 60_000, END),)
            added = download(store, "KRW-BTC", MINUTE, START, END, opened.pages, lambda *progress: seen.append(progress))
        assert added == 600
        assert len(upbit.requests) == 3 + 3
    assert seen[-1] == ("KRW-BTC", 600 * 60_000, 600 * 60_000)
    assert store.read("KRW-BTC", MINUTE).time_ms.tolist() == minutes()
    assert store.ranges("KRW-BTC", MINUTE) == ((START, END),)
    with serving(Upbit({"KRW-BTC": minutes()})) as upbit, reader(upbit.url) as opened:
        assert download(store, "KRW-BTC", MINUTE, START, END, opened.pages) == 0
        assert upbit.requests == []
