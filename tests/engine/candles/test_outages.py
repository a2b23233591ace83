"""Outages as a run sees them: those that the quality report finds in all of the store, whatever markets the run trades."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from dsl.graph import Timeframe
from engine.candles.outages import outages_in
from engine.candles.quality import find_outages
from engine.candles.store import CandleStore
from engine.model.candle import CandleTable

MINUTE = Timeframe(60_000)
START = 1_756_684_800_000
LENGTH = 300


def table(market: str, bars: list[int], fetched: tuple[tuple[int, int], ...], timeframe: Timeframe = MINUTE) -> CandleTable:
    """Candles that trade in these bars of the timeframe."""
    step = timeframe.length_ms
    time_ms = START + np.array(bars, np.int64) * step
    price, one = np.full(len(bars), 4000.0), np.ones(len(bars))
    ranges = tuple((START + a * step, START + b * step) for a, b in fetched)
    return CandleTable(market, timeframe, time_ms, price, price, price, price, one, one, ranges)


def random_tables(chance: random.Random) -> list[CandleTable]:
    """Two to five markets, each known in parts, that all rest now and then."""
    stretches = [(chance.randrange(LENGTH), chance.choice([1, 3, 20])) for _ in range(chance.randint(1, 5))]
    down = {bar for at, count in stretches for bar in range(at, at + count)}
    tables = []
    for market in ("KRW-AAA", "KRW-BTC", "KRW-CCC", "KRW-DDD", "KRW-EEE")[: chance.randint(2, 5)]:
        edges = sorted(chance.sample(range(LENGTH + 1), chance.choice([2, 2, 4])))
        fetched = tuple(zip(edges[::2], edges[1::2], strict=True)) if chance.random() < 0.5 else ((0, LENGTH),)
        busy = chance.choice([0.3, 0.95, 1.0])
        bars = [bar for a, b in fetched for bar in range(a, b) if bar not in down and chance.random() < busy]
        tables.append(table(market, bars, fetched))
    return tables


def test_they_are_those_of_all_that_is_stored(tmp_path: Path) -> None:
    found = beyond_the_run = 0
    for seed in range(15):
        chance = random.Random(seed)
        tables = random_tables(chance)
        store = CandleStore(tmp_path / str(seed))
        for one in tables:
            store.write(one)
        markets = sorted(chance.sample([one.market for one in tables], chance.randint(1, len(tables))))
        grid = store.grid(markets, MINUTE, START, START + LENGTH * 60_000)
        expected = tuple((outage.from_ms, outage.to_ms) for outage in find_outages(tables))
        assert outages_in(grid, store, START) == expected, seed
        later = START + chance.randrange(LENGTH) * 60_000
        assert outages_in(grid, store, later) == tuple((max(a, later), b) for a, b in expected if b > later)
        found += len(expected)
        beyond_the_run += len(markets) < 2 and len(expected) > 0
    assert found > 36
    assert beyond_the_run > 1


@pytest.mark.parametrize(("quiet", "found"), [(59, ()), (60, ((START + 100_000, START + 160_000),))])
def test_seconds_without_a_trade_are_none(tmp_path: Path, quiet: int, found: tuple[tuple[int, int], ...]) -> None:
    second, store = Timeframe(1_000), CandleStore(tmp_path)
    bars = [bar for bar in range(LENGTH) if (not 100 <= bar < 100 + quiet and bar % 7 == 0) or bar in (99, 100 + quiet)]
    for market in ("KRW-AAA", "KRW-BBB", "USDT-CCC"):
        store.write(table(market, [] if market == "USDT-CCC" else bars, ((0, LENGTH),), second))
    assert outages_in(store.grid(["KRW-AAA"], second, START, START + LENGTH * 1_000), store, START) == found
