"""The sample market: the same bits everywhere, on the exchange's price grid, with everything that strategies and laws should meet."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from engine.candles.months import COLUMNS
from engine.candles.outages import outages_in
from engine.candles.quality import Finding, check_store
from engine.candles.sample import COINS, OUTAGES, SAMPLE_RANGE, sample_store, sample_tables
from engine.candles.store import CandleStore
from engine.candles.timeframes import DAY_MS
from engine.model.candle import BarState, CandleTable
from engine.model.market import tick_size
from tests.engine.candles.tables import MINUTE, columns, same

#: change detector, not an oracle: when it changes on purpose, raise SAMPLE_VERSION
GOLDEN = "4dcecb9bd488129bbcb30d6f70bb26aeaefe9adbfd33f8b6ab52401310ecbebb"
MARKETS = [coin.market for coin in COINS]


@pytest.fixture(scope="module")
def tables() -> dict[str, CandleTable]:
    return {table.market: table for table in sample_tables()}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> CandleStore:
    return sample_store(tmp_path_factory.mktemp("cache"))


def test_every_bit_is_pinned(tables: dict[str, CandleTable]) -> None:
    digest = hashlib.sha256()
    for market in sorted(tables):
        digest.update(market.encode() + tables[market].time_ms.astype("<i8").tobytes())
        for name in COLUMNS:
            digest.update(getattr(tables[market], name).astype("<f8").tobytes())
    assert digest.hexdigest() == GOLDEN


def test_the_store_holds_exactly_the_tables_and_its_mark(store: CandleStore, tables: dict[str, CandleTable]) -> None:
    assert store.markets() == MARKETS == sorted(MARKETS)
    assert all(same(store.read(market, MINUTE), tables[market]) for market in MARKETS)
    assert store.synthetic
    assert CandleStore(store.folder).synthetic


def test_made_once(store: CandleStore) -> None:
    before = {path: path.stat().st_mtime_ns for path in store.folder.rglob("*.parquet")}
    assert same(sample_store(store.folder.parent).read("KRW-BTC", MINUTE), store.read("KRW-BTC", MINUTE))
    assert {path: path.stat().st_mtime_ns for path in store.folder.rglob("*.parquet")} == before


def test_a_half_made_store_is_finished(tmp_path: Path, tables: dict[str, CandleTable]) -> None:
    CandleStore(sample_store(tmp_path).folder)
    for path in tmp_path.glob("*/KRW-XRP/1m/2025-08.parquet"):
        path.unlink()
    assert same(sample_store(tmp_path).read("KRW-XRP", MINUTE), tables["KRW-XRP"])


def test_a_damaged_store_is_made_anew(tmp_path: Path, tables: dict[str, CandleTable]) -> None:
    made = sample_store(tmp_path)
    broken = sorted(made.folder.rglob("*.parquet"))[0]
    broken.write_bytes(broken.read_bytes()[:-40])
    again = sample_store(tmp_path)
    for market in MARKETS:
        assert same(again.read(market, MINUTE), tables[market])


def test_no_defect_and_both_outages(store: CandleStore) -> None:
    report = check_store(store)
    assert report.synthetic
    assert report.sound
    assert report.total(Finding.OFF_TICK) == 0
    starts = [SAMPLE_RANGE[0] + first * 60_000 for first, _ in OUTAGES]
    assert [(o.from_ms, o.bars, o.markets) for o in report.outages] == [
        (s, count, 6) for s, (_, count) in zip(starts, OUTAGES, strict=True)
    ]


def test_a_run_of_one_quiet_coin_sees_both_outages_and_no_more(store: CandleStore) -> None:
    expected = tuple((start, start + count * 60_000) for start, count in ((SAMPLE_RANGE[0] + at * 60_000, count) for at, count in OUTAGES))
    assert outages_in(store.grid(["KRW-XRP"], MINUTE, *SAMPLE_RANGE), store, SAMPLE_RANGE[0]) == expected


def test_prices_are_on_the_grid_by_the_exact_rules(tables: dict[str, CandleTable]) -> None:
    """Decimal arithmetic as the oracle, on a thousand prices a coin; both tables of the price grid are met."""
    from decimal import Decimal

    ticks = set()
    for market, table in tables.items():
        for at in range(0, len(table.time_ms), len(table.time_ms) // 250):
            for name in ("open", "high", "low", "close"):
                price = Decimal(repr(float(getattr(table, name)[at])))
                tick = tick_size(market, price, int(table.time_ms[at]))
                assert price % tick == 0
                ticks.add((market, tick))
    assert {tick for market, tick in ticks if market == "KRW-SOL"} == {Decimal(50), Decimal(100)}
    assert {tick for market, tick in ticks if market == "KRW-ETH"} == {Decimal(1000)}


def test_volumes_are_whole_e8_and_values_fit_the_prices(tables: dict[str, CandleTable]) -> None:
    for table in tables.values():
        assert (table.volume > 0).all()
        assert np.array_equal(np.rint(table.volume * 1e8) / 1e8, table.volume)
        assert (table.value <= table.high * table.volume * (1 + 1e-12)).all()
        assert (table.value >= table.low * table.volume - 1e-5).all()


def test_life_and_quiet_minutes(store: CandleStore) -> None:
    grid = store.grid(MARKETS, MINUTE, *SAMPLE_RANGE)
    counts = {market: np.bincount(grid.state[row], minlength=3) for row, market in enumerate(grid.markets)}
    assert grid.state.shape == (6, 60 * 1440)
    assert grid.state[MARKETS.index("KRW-SMPA"), : 20 * 1440].tolist() == [BarState.UNKNOWN] * (20 * 1440)
    assert (grid.state[MARKETS.index("KRW-SMPA"), 20 * 1440 :] != BarState.UNKNOWN).all()
    assert (grid.state[MARKETS.index("KRW-SMPB"), 44 * 1440 :] == BarState.UNKNOWN).all()
    for market in ("KRW-BTC", "KRW-ETH", "KRW-SOL", "KRW-XRP"):
        assert counts[market][BarState.UNKNOWN] == 0
        assert 50 < counts[market][BarState.NO_TRADE] < 1000
    assert counts["KRW-SMPA"][BarState.NO_TRADE] > 5_000


def test_coins_move_together_with_clusters_trends_and_shocks(store: CandleStore) -> None:
    grid = store.grid(["KRW-BTC", "KRW-ETH", "KRW-SOL", "KRW-XRP"], MINUTE, *SAMPLE_RANGE)
    close = grid.close[:, 4::5]
    returns = np.diff(np.log(close), axis=1)
    correlation = np.corrcoef(returns)
    assert ((correlation > 0.5) & (correlation < 0.97))[~np.eye(4, dtype=bool)].all()
    size = np.abs(returns[0])
    assert np.corrcoef(size[1:], size[:-1])[0, 1] > 0.1  # calm follows calm
    assert (returns**4).mean() / (returns**2).mean() ** 2 > 5  # shocks: far more than a bell curve's 3
    days = np.log(close[:, ::288])
    moves = days[:, 2:] - days[:, :-2]
    assert (moves.max(axis=1) > 0.05).all()
    assert (moves.min(axis=1) < -0.05).all()
    assert (np.abs(days[:, -1] - days[:, 0]) < 0.2).all()  # no free lunch from just holding


def test_the_range_is_sixty_whole_days() -> None:
    assert (SAMPLE_RANGE[1] - SAMPLE_RANGE[0], SAMPLE_RANGE[0] % DAY_MS) == (60 * DAY_MS, 0)


def test_columns_are_plain(tables: dict[str, CandleTable]) -> None:
    assert all(columns(table).dtype == np.float64 and table.time_ms.dtype == np.int64 for table in tables.values())
