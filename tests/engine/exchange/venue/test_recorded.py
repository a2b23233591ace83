"""Recorded trades and books are played as they were: bars are made of them, books stand until the next, and the model goes on where
recording ended."""

from __future__ import annotations

from decimal import Decimal as D
from pathlib import Path

import numpy as np

from engine.candles.side_store import Kind, Record, SideStore
from engine.exchange.simulated.served.opening import Terms, open_world, read_settings
from engine.exchange.simulated.venue.charts import Unit, candles
from engine.exchange.simulated.venue.world import World
from engine.model.events import Side
from tests.engine.exchange.served.signing import MINUTE_MS, START_MS, store_of

FROM_MS = START_MS + 100 * MINUTE_MS - 5_000
TO_MS = START_MS + 103 * MINUTE_MS + 5_000
MARKET = "KRW-XRP"


def world(folder: Path) -> World:
    """Five minutes around a recording of three whole ones."""
    store = store_of(folder, 200)
    side = SideStore(folder)
    times = np.array([START_MS + 100 * MINUTE_MS + ms for ms in (-1_000, 7_000, 7_000, 30_000, 130_000)], np.int64)
    trades = np.array([[2000, 1, 1.0], [2010, 2, 1.0], [2005, 3, -1.0], [2020, 4.5, 1.0], [1990, 1, -1.0]])
    side.write(MARKET, Kind.TRADES, Record(times, trades, ((FROM_MS, TO_MS),)))
    books = np.array([[2011, 2012, 2004, 2003, 5, 6, 7, 8], [2021, np.nan, 2015, 2014, 9, np.nan, 10, 11]], float)
    side.write(MARKET, Kind.BOOKS, Record(np.array([START_MS + 100 * MINUTE_MS + ms for ms in (0, 40_000)]), books, ((FROM_MS, TO_MS),)))
    switches, _, rule, _ = read_settings([])
    return open_world(store, Terms((MARKET,), START_MS + 98 * MINUTE_MS), switches, rule)


def test_recorded_minutes_are_made_of_recorded_trades(tmp_path: Path) -> None:
    at = world(tmp_path)
    at.advance(START_MS + 104 * MINUTE_MS)
    found = {candle.start_ms: candle for candle in candles(at.tapes[MARKET], Unit(MINUTE_MS), at.now_ms, 7, at.now_ms)}
    minutes = [(start - START_MS) // MINUTE_MS for start in found]
    assert minutes == [103, 102, 100, 99, 98, 97, 96]  # nothing traded in the 101st
    first = found[START_MS + 100 * MINUTE_MS]
    assert (first.open, first.high, first.low, first.close, first.volume) == (2010, 2020, 2005, 2020, 9.5)
    assert first.value == 2010 * 2 + 2005 * 3 + 2020 * 4.5
    ids = [trade.sequential_id for trade in at.tapes[MARKET].between(START_MS + 100 * MINUTE_MS, START_MS + 103 * MINUTE_MS)]
    assert len(set(ids)) == len(ids) == 4


def test_recorded_books_stand_until_the_next_and_fill_orders(tmp_path: Path) -> None:
    at = world(tmp_path)
    place = at.venue.places[MARKET]
    assert len(place.levels(Side.ASK)) == 30
    at.advance(START_MS + 100 * MINUTE_MS + 10_000)
    assert [tuple(map(int, level)) for level in place.levels(Side.ASK)] == [(2011, 5), (2012, 6)]
    bought = at.venue.place_order({"market": MARKET, "side": "bid", "ord_type": "price", "price": "10055"}, at.now_ms)
    assert [(trade.price, trade.volume) for trade in at.venue.orders[bought.uuid].trades] == [(D(2011), D(5))]
    at.advance(START_MS + 100 * MINUTE_MS + 20_000)
    assert [int(level.price) for level in place.levels(Side.ASK)] == [2012]  # what was taken stays taken
    waiting = at.venue.place_order({"market": MARKET, "side": "bid", "ord_type": "limit", "price": "2000", "volume": "4"}, at.now_ms)
    at.advance(START_MS + 100 * MINUTE_MS + 50_000)
    assert [int(level.price) for level in place.levels(Side.ASK)] == [2021]
    assert at.venue.orders[waiting.uuid].state == "wait"
    at.advance(START_MS + 102 * MINUTE_MS + 20_000)
    assert at.venue.orders[waiting.uuid].trades[0].price == 2000
    at.advance(TO_MS + 1000)
    assert len(place.levels(Side.ASK)) == 30
