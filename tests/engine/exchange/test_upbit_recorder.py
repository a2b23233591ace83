"""Recorded stretches hold every trade that happened in them and no other, whatever the line does; flags and figures of a stream."""

from __future__ import annotations

import gzip
import json
import math
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.candles.side_store import Kind, Record, SideStore
from engine.exchange.upbit.analytics import Analytics, ClockOffset, Filters, Histogram
from engine.exchange.upbit.answers import TradingPair
from engine.exchange.upbit.frames import AnnouncementFrame, OrderbookFrame, TickerFrame, TradeFrame, read_frame
from engine.exchange.upbit.inbox import Connected, Disconnected, Lost, Refilled, Trouble
from engine.exchange.upbit.market_flags import (
    DELISTING,
    LONGEST_GAP_MS,
    SUSPENDED,
    FlagRecorder,
    delisted_by,
    flags_of,
    flags_of_ticker,
    spared_by,
)
from engine.exchange.upbit.recorder import MARGIN_MS, Recorder
from engine.exchange.upbit.recording import import_recording

START = 1_756_684_800_000  # 2025-09-01
CODES = frozenset({"KRW-AAA", "KRW-BBB"})


def trade(code: str, at_ms: int, volume: float = 1.0, side: str = "BID", price: float = 100.0, **more: Any) -> TradeFrame:
    fields = {"type": "trade", "code": code, "timestamp": at_ms, "stream_type": "REALTIME", "trade_price": price, "trade_volume": volume}
    return TradeFrame.model_validate(fields | {"ask_bid": side, "trade_timestamp": at_ms, "sequential_id": at_ms} | more)


def book(code: str, at_ms: int, bid: float = 99.0, ask: float = 101.0, stream: str = "REALTIME", levels: int = 2) -> OrderbookFrame:
    units = [{"ask_price": ask + k, "bid_price": bid - k, "ask_size": 1.0, "bid_size": 2.0} for k in range(levels)]
    return OrderbookFrame.model_validate(
        {"type": "orderbook", "code": code, "timestamp": at_ms, "stream_type": stream, "orderbook_units": units}
    )


class World:
    """Trades that really happened, and a line that tells of them, with overtaking, breaks and what is asked for afterwards."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.store = SideStore(folder)
        self.recorder = Recorder(self.store, CODES)
        self.happened: dict[str, list[tuple[int, float]]] = {code: [] for code in CODES}
        self.unfilled: dict[str, list[tuple[str, int, float]]] = {code: [] for code in CODES}
        self.now, self.number = START, 0

    def live(self, messages: int) -> list[tuple[str, int, float]]:
        """Messages of a while; what the line does not tell any more is returned."""
        told = []
        for _ in range(messages):
            self.now += self.chance.randrange(0, 900)
            code = self.chance.choice(sorted(CODES))
            self.number += 1
            self.happened[code].append((self.now, float(self.number)))
            told.append((self.now + self.chance.randrange(0, MARGIN_MS // 2), code, self.now, float(self.number)))
        told.sort()
        missed = self.chance.randrange(0, 4)
        for sent, code, at, volume in told[: len(told) - missed]:
            self.recorder.take(trade(code, at, volume, timestamp=sent))
            if self.chance.random() < 0.3:
                self.recorder.take(book(code, sent))
            if self.chance.random() < 0.05:
                self.recorder.flush()
        return [(code, at, volume) for _, code, at, volume in told[len(told) - missed :]]

    def dark(self, missed: list[tuple[str, int, float]]) -> None:
        """The line breaks; afterwards what was missed is asked for, all of it or not."""
        self.recorder.take(Disconnected("gone", 1, 1.0, CODES))
        for _ in range(self.chance.randrange(0, 6)):
            self.now += self.chance.randrange(0, 3_000)
            code = self.chance.choice(sorted(CODES))
            self.number += 1
            self.happened[code].append((self.now, float(self.number)))
            missed.append((code, self.now, float(self.number)))
        self.recorder.take(Connected(True, CODES))
        for code in sorted(CODES):
            whole = self.chance.random() < 0.6
            own = self.unfilled[code] + [one for one in missed if one[0] == code]
            for _, at, volume in own if whole else []:
                self.recorder.take(trade(code, at, volume, stream_type="RESYNC"))
            self.unfilled[code] = [] if whole else own  # which is asked again after the next loss
            if whole or self.chance.random() < 0.7:
                self.recorder.take(Refilled(code, whole))


@settings(max_examples=max(settings.default.max_examples // 5, 5))
@given(st.integers(0, 10**9), st.integers(1, 4))
def test_what_is_claimed_is_whole(tmp_path_factory: pytest.TempPathFactory, seed: int, breaks: int) -> None:
    world = World(tmp_path_factory.mktemp("side"), seed)
    world.recorder.take(Connected(False, CODES))
    claimed = rows = 0
    for _ in range(breaks):
        world.dark(world.live(30))
    world.live(30)
    world.recorder.close()
    for code in CODES:
        record = world.store.read(code, Kind.TRADES)
        found = Counter(zip(record.time_ms.tolist(), record.numbers[:, 1].tolist(), strict=True)) if len(record.time_ms) else Counter()
        true = Counter(one for one in world.happened[code] if any(start <= one[0] < end for start, end in record.recorded))
        assert found == true
        books = world.store.read(code, Kind.BOOKS)
        assert (np.diff(books.time_ms) >= 0).all()
        assert all(any(start <= at < end for start, end in books.recorded) for at in books.time_ms.tolist())
        assert max(Counter(books.time_ms // 1000).values(), default=1) <= 2, "a stretch may begin within a second that has a book already"
        claimed, rows = claimed + sum(end - start for start, end in record.recorded), rows + len(record.time_ms)
    assert claimed > 5_000
    assert rows > 10


def test_a_filled_gap_is_no_gap_and_another_one_is(tmp_path: Path) -> None:
    store = SideStore(tmp_path)
    recorder = Recorder(store, ["KRW-AAA"])
    codes = frozenset({"KRW-AAA"})
    recorder.take(Connected(False, codes))
    for second in range(0, 20):
        recorder.take(trade("KRW-AAA", START + second * 1000))
    for whole in (True, False):
        recorder.take(Disconnected("gone", 1, 1.0, codes))
        recorder.take(Connected(True, codes))
        begin = 20 if whole else 60
        missed = [trade("KRW-AAA", START + second * 1000, stream_type="RESYNC") for second in range(begin, begin + 10)]
        for item in missed if whole else missed[5:]:
            recorder.take(item)
        recorder.take(Refilled("KRW-AAA", whole))
        for second in range(begin + 10, begin + 40 if whole else begin + 30):
            recorder.take(trade("KRW-AAA", START + second * 1000))
    recorder.take(Trouble("half a message"))
    recorder.close()
    record = store.read("KRW-AAA", Kind.TRADES)
    first, second = record.recorded
    assert first == (START + MARGIN_MS, START + 59_000 - MARGIN_MS)
    assert second[0] == START + 70_000 + MARGIN_MS
    assert len(record.time_ms) == sum((end - start) // 1000 for start, end in record.recorded) > 60


def test_trades_that_nobody_read_end_the_stretch_of_their_market(tmp_path: Path) -> None:
    store = SideStore(tmp_path)
    recorder = Recorder(store, CODES)
    recorder.take(Connected(False, CODES))
    for second in range(40):
        for code in CODES:
            recorder.take(trade(code, START + second * 1000))
        if second == 20:
            recorder.flush()
            recorder.take(Lost("KRW-AAA", 3))
    recorder.close()
    assert len(store.read("KRW-AAA", Kind.TRADES).recorded) == 2
    assert len(store.read("KRW-BBB", Kind.TRADES).recorded) == 1


def test_a_late_trade_is_put_where_it_belongs(tmp_path: Path) -> None:
    store = SideStore(tmp_path)
    recorder = Recorder(store, ["KRW-AAA"])
    recorder.take(Connected(False, frozenset({"KRW-AAA"})))
    for second in range(30):
        recorder.take(trade("KRW-AAA", START + second * 1000))
    recorder.flush()
    recorder.take(trade("KRW-AAA", START + 5_000, 7.0, timestamp=START + 30_000))
    recorder.take(trade("KRW-AAA", START - 5_000, 7.0, timestamp=START + 30_001))
    assert recorder.close().late == 1
    record = store.read("KRW-AAA", Kind.TRADES)
    assert record.numbers[record.time_ms == START + 5_000, 1].tolist() == [1.0, 7.0]
    assert len(record.recorded) == 1


def test_the_book_at_the_beginning_is_known_and_a_second_has_one(tmp_path: Path) -> None:
    store = SideStore(tmp_path)
    recorder = Recorder(store, ["KRW-AAA"])
    recorder.take(Connected(False, frozenset({"KRW-AAA"})))
    recorder.take(book("KRW-AAA", START - 60_000, 90.0, 110.0, "SNAPSHOT"))
    recorder.take(trade("KRW-AAA", START))
    for step in range(50):
        recorder.take(book("KRW-AAA", START + 5_000 + step * 100, 99.0 + step, levels=1 if step == 9 else 2))
    recorder.take(trade("KRW-AAA", START + 20_000))
    recorder.close()
    record = store.read("KRW-AAA", Kind.BOOKS)
    assert record.time_ms.tolist() == [START + MARGIN_MS, *(START + 5_900 + k * 1000 for k in range(5))]
    assert record.numbers[:, 2].tolist() == [90.0, *(99.0 + 9 + 10 * k for k in range(5))]
    assert np.isnan(record.numbers[1, [1, 3, 5, 7]]).all()
    assert record.recorded == ((START + MARGIN_MS, START + 20_000 - MARGIN_MS),)


@pytest.mark.data
def test_a_real_recording_is_kept_as_the_importer_keeps_it(market_data: Path, tmp_path: Path) -> None:
    """The same frames, once as they came and once from the file: the same trades wherever the recorder claims to have them."""
    path = market_data / "ws" / "upbit_ws_20210405.jsonl.gz"
    imported, recorded = SideStore(tmp_path / "imported"), SideStore(tmp_path / "recorded")
    import_recording(imported, path)
    lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    frames = [frame for line in lines for frame in read_frame(line["raw"]) if isinstance(frame, TradeFrame | OrderbookFrame)]
    codes = {frame.code for frame in frames}
    recorder = Recorder(recorded, codes)
    recorder.take(Connected(False, frozenset(codes)))
    for frame in frames:
        recorder.take(frame)
    written = recorder.close()
    assert written.trades > 20
    assert written.late == 0
    for code in codes:
        own = recorded.read(code, Kind.TRADES)
        assert len(own.recorded) == 1
        theirs = imported.read(code, Kind.TRADES, *own.recorded[0])
        assert own.time_ms.tolist() == theirs.time_ms.tolist()
        assert np.array_equal(own.numbers.reshape(-1, 3), theirs.numbers.reshape(-1, 3))
        books = recorded.read(code, Kind.BOOKS)
        known = imported.read(code, Kind.BOOKS)
        assert set(books.time_ms.tolist()) - {own.recorded[0][0]} <= set(known.time_ms.tolist())


# -- the store --------------------------------------------------------------------------------------------------------------------------


@settings(max_examples=max(settings.default.max_examples // 3, 8))
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 60), st.booleans()), min_size=1, max_size=10), st.booleans())
def test_adding_is_writing(tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[int, int, bool]], whole: bool) -> None:
    """In whatever order, across days, and when a recorder died before it removed what it had put into the day's file."""
    import engine.candles.side_store as side_store

    written, added = SideStore(tmp_path_factory.mktemp("written")), SideStore(tmp_path_factory.mktemp("added"))
    before, side_store._PARTS_MAX = side_store._PARTS_MAX, 3  # type: ignore[misc]
    try:
        for number, (start, length, dies) in enumerate(parts):
            first = START + 86_400_000 - 200_000 + start * 1000
            times = np.arange(first, first + length * 1000, 700, dtype=np.int64)
            record = Record(times, np.full((len(times), 3), float(number)), ((first, first + length * 1000),))
            written.write("KRW-AAA", Kind.TRADES, record)
            added.append("KRW-AAA", Kind.TRADES, record)
            folder = added.folder / "KRW-AAA" / "trades"
            kept = {path: path.read_bytes() for path in folder.glob("*.*.parquet")}
            if dies:
                added.compact("KRW-AAA")
                for path, data in kept.items():
                    path.write_bytes(data)
    finally:
        side_store._PARTS_MAX = before  # type: ignore[misc]
    if whole:
        added.compact("KRW-AAA")
        assert list((added.folder / "KRW-AAA" / "trades").glob("*.*.parquet")) == []
    left, right = written.read("KRW-AAA", Kind.TRADES), added.read("KRW-AAA", Kind.TRADES)
    assert left.recorded == right.recorded
    assert np.array_equal(left.time_ms, right.time_ms)
    assert np.array_equal(left.numbers, right.numbers)


# -- flags ------------------------------------------------------------------------------------------------------------------------------


def pair(warning: bool, *cautions: str) -> TradingPair:
    event = {"warning": warning, "caution": dict.fromkeys(cautions, True)}
    return TradingPair.model_validate({"market": "KRW-AAA", "korean_name": "가", "english_name": "A", "market_event": event})


def ticker(**more: Any) -> TickerFrame:
    return TickerFrame.model_validate({"type": "ticker", "code": "KRW-AAA", "trade_price": 1.0} | more)


def test_flags_are_recorded_as_they_change(tmp_path: Path) -> None:
    store = SideStore(tmp_path)
    flags = FlagRecorder(store, ["KRW-AAA"])
    flags.take("KRW-ZZZ", {"market.warning": True}, START)
    for minute, up in enumerate((False, False, True, True, False)):
        flags.take("KRW-AAA", flags_of(pair(up, *(["PRICE_FLUCTUATIONS"] if up else []))), START + minute * 60_000)
    flags.take("KRW-AAA", flags_of(pair(True)), START + 240_000 + LONGEST_GAP_MS + 1)
    flags.flush()
    flags.flush()
    record = store.read("KRW-AAA", "market.warning")
    assert record.time_ms.tolist() == [START, START + 120_000, START + 240_000, START + 240_001 + LONGEST_GAP_MS]
    assert record.numbers[:, 0].tolist() == [0.0, 1.0, 0.0, 1.0]
    assert record.recorded == ((START, START + 240_001), (START + 240_001 + LONGEST_GAP_MS, START + 240_002 + LONGEST_GAP_MS))
    assert store.read("KRW-AAA", "market.caution.volume").numbers[:, 0].tolist() == [0.0, 0.0]


def test_what_tickers_and_notices_say_of_a_market() -> None:
    assert flags_of_ticker(ticker()) == {DELISTING: False}
    assert flags_of_ticker(ticker(market_state="ACTIVE", is_trading_suspended=False)) == {DELISTING: False, SUSPENDED: False}
    assert flags_of_ticker(ticker(market_state="PREVIEW"))[SUSPENDED]
    assert flags_of_ticker(ticker(delisting_date={"year": 2026, "month": 12, "day": 1}))[DELISTING]
    for title, codes in (
        ("웨이브(WAXP) 거래지원 종료 안내 (11/20 15:00)", ("WAXP",)),
        ("[거래] 가(AAA), 나(B2B) 거래지원 종료 안내", ("AAA", "B2B")),
        ("가(AAA) 거래지원 종료 철회 안내", ()),
        ("가(AAA) 신규 거래지원 안내", ()),
    ):
        notice = AnnouncementFrame.model_validate({"type": "announcement", "uuid": "u", "category": "trade", "title": title})
        assert delisted_by(notice) == codes
        assert spared_by(notice) == (("AAA",) if "철회" in title else ())


# -- figures ----------------------------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 100_000), min_size=1, max_size=200), st.sampled_from([0.01, 0.5, 0.9, 0.99, 1.0]))
def test_quantiles_are_right_to_a_tenth(values: list[float], share: float) -> None:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    exact = sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]
    assert exact / 1.1 - 0.1 <= histogram.quantile(share) <= exact * 1.11 + 0.11


def test_the_offset_of_clocks_is_taken_out_and_followed() -> None:
    offset = ClockOffset()
    extra = [offset.least(START + second * 1000 - 5_000 + 20 + second % 7, START + second * 1000) for second in range(100)]
    assert extra[-1] == -4_980
    later = [offset.least(START + second * 1000 + 3_000, START + second * 1000) for second in range(400, 1200)]
    assert later[-1] == 3_000


def test_pressure_strength_and_price_by_the_last_minute_and_the_filters() -> None:
    figures = Analytics(Filters(least_krw=50.0, far_ratio=0.05))
    figures.take(book("KRW-AAA", START), START + 10)
    for item in (
        trade("KRW-AAA", START - 90_000, 50.0),
        trade("KRW-AAA", START, 3.0, "BID", 100.0, timestamp=START + 40),
        trade("KRW-AAA", START + 900, 1.0, "ASK", 102.0),
        trade("KRW-AAA", START + 950, 0.1, "ASK", 100.0),
        trade("KRW-AAA", START + 990, 1.0, "BID", 140.0),
        trade("KRW-AAA", START + 2_000, 1.0, "BID", 100.0, stream_type="SNAPSHOT"),
    ):
        figures.take(item, START + 3_000)
    found = figures.markets["KRW-AAA"]
    assert (found.trades, found.small, found.far, found.books) == (5, 1, 1, 1)
    assert (found.bought, found.sold, found.strength, found.pressure) == (3.0, 1.0, 300.0, 0.5)
    assert found.vwap == (300.0 + 102.0) / 4
    assert found.exchange_ms.count == 5
    assert found.exchange_ms.longest_ms == 40
    figures.take(trade("KRW-AAA", START + 60_500, 1.0, "ASK", 100.0), START + 60_500)
    assert (found.bought, found.sold) == (0.0, 1.0)
