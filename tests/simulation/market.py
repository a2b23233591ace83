"""Candles for whole backtests: the real ones imported through the product's own importer, and the sample market."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.walk import MINUTE_MS, START_MS, walk
from dsl.graph import Timeframe
from dsl.strategy import Strategy
from engine.assembly import Market, Sources, market_for
from engine.candles.importer import ImportOptions, import_file
from engine.candles.sample import sample_store
from engine.candles.store import CandleStore
from engine.model.candle import BarGrid, BarState
from engine.research.result import Settings
from tests.scratch import scratch_folder

MAJORS = ("KRW-BTC", "KRW-ETH", "KRW-SOL", "KRW-XRP")
#: refuses every connection: a test never asks an exchange
NOWHERE = "http://127.0.0.1:9"


def utc_ms(text: str) -> int:
    """UTC ms of an ISO time read as UTC."""
    return round(datetime.fromisoformat(text + "+00:00").timestamp() * 1000)


@cache
def stored(data: Path, names: tuple[str, ...]) -> Path:
    """A folder with these files of the data imported by the product: `KRW-BTC_1m` and so on."""
    folder = scratch_folder("candles")
    store = CandleStore(folder)
    for name in names:
        for report in import_file(store, data / "upbit" / f"{name}.parquet", ImportOptions()):
            assert report.error is None, report.error
    return folder


def real_market(
    data: Path, strategy: Strategy, markets: Sequence[str], timeframe: str, from_: str, to: str, settings: Settings | None = None
) -> Market:
    """Real candles of one timeframe over [from_, to) UTC, as the backtest command would use them."""
    wanted = sorted({*markets, *strategy.aliases.values()})
    folder = stored(data, tuple(f"{market}_{timeframe}" for market in wanted))
    chosen = settings or Settings()
    ranged = Settings(
        cash_krw=chosen.cash_krw, fee_rate=chosen.fee_rate, slippage=chosen.slippage, rounding=chosen.rounding,
        from_ms=utc_ms(from_), to_ms=utc_ms(to), block=chosen.block,
    )  # fmt: skip
    return market_for(strategy, markets, ranged, Sources(folder, folder / "no-sample", NOWHERE))


def whole_daily_markets(data: Path, from_: str, to: str) -> tuple[str, ...]:
    """KRW markets whose daily candles cover [from_, to) without a missing day."""
    days = (utc_ms(to) - utc_ms(from_)) // (1440 * MINUTE_MS)
    found = []
    for path in sorted((data / "upbit").glob("KRW-*_1d.parquet")):
        market = path.name.removesuffix("_1d.parquet")
        store = CandleStore(stored(data, (path.name.removesuffix(".parquet"),)))
        table = store.read(market, Timeframe(1440 * MINUTE_MS), utc_ms(from_), utc_ms(to))
        if len(table.time_ms) == days:
            found.append(market)
    return tuple(found)


@cache
def sample_folder() -> Path:
    """The built-in sample market, made once."""
    folder = scratch_folder("sample")
    sample_store(folder)
    return folder


def walk_grid(bar_count: int) -> BarGrid:
    """The comparison walk as minutes of KRW-BTC, every minute traded."""
    columns = walk(525_600, 0)[:, :bar_count]
    series = [np.ascontiguousarray(column[None, :]) for column in columns]
    return BarGrid(
        ("KRW-BTC",), Timeframe(MINUTE_MS), START_MS // MINUTE_MS, np.full((1, bar_count), int(BarState.TRADED), np.int8), *series,
        value=np.full((1, bar_count), np.nan),
    )  # fmt: skip
