"""A market whose candles stop: what the store knows about why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dsl.graph import Timeframe
from engine.candles.candidates import stored_markets, survivorship
from engine.candles.endings import ending, endings, state_delisted
from engine.candles.side_store import Kind, Record, SideStore
from engine.candles.store import CandleStore
from engine.model.candle import Ending, StoredMarkets
from tests.engine.candles.test_outages import START, table

HOUR, DAY = Timeframe(3_600_000), Timeframe(86_400_000)
#: the coin's last hour ends here; KRW-BTC trades for three weeks more
END_MS = START + 24 * HOUR.length_ms
WEEKS = 21 * 24


def stopped(folder: Path, asked: int = 24) -> CandleStore:
    """Hours of two markets, those of KRW-AAA for a day. asked: hours of it that were asked for."""
    store = CandleStore(folder)
    store.write(table("KRW-AAA", list(range(24)), ((0, asked),), HOUR))
    store.write(table("KRW-BTC", list(range(WEEKS)), ((0, WEEKS),), HOUR))
    return store


def found(store: CandleStore) -> dict[str, Ending]:
    grid = store.grid(("KRW-AAA", "KRW-BTC"), HOUR, START, START + WEEKS * HOUR.length_ms)
    return endings(store, grid, grid.markets)


def recorded(store: CandleStore, kind: str, first_ms: int, last_ms: int, *numbers: float) -> None:
    """One row and the stretch in which the recorder ran."""
    SideStore(store.folder).write("KRW-AAA", kind, Record(np.array([first_ms]), np.array([numbers]), ((first_ms, last_ms + 1),)))


def test_a_file_that_stops_says_nothing_about_the_coin(tmp_path: Path) -> None:
    assert found(stopped(tmp_path)) == {"KRW-AAA": Ending.UNKNOWN}


@pytest.mark.parametrize(("hours", "said"), [(24 + 6 * 24, Ending.UNKNOWN), (24 + 7 * 24, Ending.ENDED), (WEEKS, Ending.ENDED)])
def test_a_week_that_was_asked_for_in_vain_is_an_end(tmp_path: Path, hours: int, said: Ending) -> None:
    assert found(stopped(tmp_path, hours)) == {"KRW-AAA": said}


@pytest.mark.parametrize(("days", "said"), [(9, Ending.GOES_ON), (8, Ending.UNKNOWN)])
def test_candles_of_another_timeframe_show_that_it_traded_on(tmp_path: Path, days: int, said: Ending) -> None:
    """START is a midnight in UTC; a week after the coin's day the eighth other one opens."""
    store = stopped(tmp_path)
    store.write(table("KRW-AAA", list(range(days)), ((0, days),), DAY))
    assert found(store) == {"KRW-AAA": said}


def test_trades_that_were_recorded_later_show_that_it_traded_on(tmp_path: Path) -> None:
    store = stopped(tmp_path, WEEKS)
    recorded(store, Kind.TRADES, END_MS, END_MS + 8 * DAY.length_ms, 4000.0, 1.0, 1.0)
    assert found(store) == {"KRW-AAA": Ending.GOES_ON}


def test_a_delisting_that_was_recorded_or_stated_is_an_end(tmp_path: Path) -> None:
    store = stopped(tmp_path / "recorded")
    recorded(store, "market.delisting", END_MS - 5, END_MS, 1.0)
    assert found(store) == {"KRW-AAA": Ending.ENDED}
    recorded(store, "market.delisting", END_MS - 1, END_MS, 0.0)  # taken back
    assert found(store) == {"KRW-AAA": Ending.UNKNOWN}
    store = stopped(tmp_path / "stated")
    state_delisted(store, "KRW-AAA", END_MS)
    assert found(store) == {"KRW-AAA": Ending.ENDED}


def test_where_all_candles_stop_together_nothing_has_ended(tmp_path: Path) -> None:
    store = stopped(tmp_path)
    for last in (24, 24 + 6 * 24, 24 + 8 * 24):
        grid = store.grid(("KRW-AAA", "KRW-BTC"), HOUR, START, START + last * HOUR.length_ms)
        assert (endings(store, grid, grid.markets) != {}) == (last > 24 + 7 * 24)
    alone = store.grid(("KRW-AAA",), HOUR, START, START + WEEKS * HOUR.length_ms)
    assert endings(store, alone, alone.markets) == {}
    assert ending(store, "KRW-BTC", HOUR, START + WEEKS * HOUR.length_ms) is Ending.UNKNOWN


@pytest.mark.parametrize(("known", "key"), [
    ({}, "data.survivors_only"), ({"KRW-AAA": Ending.GOES_ON}, "data.survivors_only"), ({"KRW-AAA": Ending.UNKNOWN}, "data.ends_unknown"),
    ({"KRW-AAA": Ending.UNKNOWN, "KRW-BBB": Ending.ENDED}, None),
])  # fmt: skip
def test_what_a_universe_is_warned_of(known: dict[str, Ending], key: str | None) -> None:
    said = survivorship(known, 5, START, START + 15 * DAY.length_ms)
    assert [message.key for message in said] == ([] if key is None else [key])
    assert survivorship(known, 5, START, START + 14 * DAY.length_ms) == []


def test_what_is_stored_beside_named_markets_is_told_by_the_same_rule(tmp_path: Path) -> None:
    """KRW-BTC lasts, KRW-AAA stops after a day."""
    end_ms = START + WEEKS * HOUR.length_ms
    stops, asked, stated = stopped(tmp_path / "a"), stopped(tmp_path / "b", WEEKS), stopped(tmp_path / "c")
    state_delisted(stated, "KRW-AAA", END_MS)
    told = [stored_markets(store, START, end_ms) for store in (stops, asked, stated)]
    assert told == [StoredMarkets(2, 0, 1), StoredMarkets(2, 1, 0), StoredMarkets(2, 1, 0)]
    assert stored_markets(stops, START, END_MS) == StoredMarkets(2, 0, 0)  # both last to the end of such a run
    recorded(stops, Kind.TRADES, END_MS, END_MS + 8 * DAY.length_ms, 4000.0, 1.0, 1.0)
    assert stored_markets(stops, START, end_ms) == StoredMarkets(2, 0, 0)  # traded on
    assert stored_markets(asked, END_MS, end_ms) == StoredMarkets(1, 0, 0)  # it had ended before
