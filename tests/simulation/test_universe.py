"""A strategy with a universe through the assembly: candidates from the store, warm-up of both programs, the warning about survivors."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from engine.assembly import Market, Sources, market_for, run_backtest
from engine.candles.importer import ImportOptions, import_file
from engine.candles.store import CandleStore
from engine.model.candle import StoredMarkets
from engine.research.result import Settings
from tests.engine.kernel.test_universe import DAY_MS, daily_grid, daily_strategy
from tests.scratch import scratch_folder
from tests.simulation.market import NOWHERE, utc_ms

EVERY_MS = 3 * DAY_MS


@cache
def daily_store(data: Path) -> Path:
    """Every stored daily market of the data folder, imported as a user would."""
    folder = scratch_folder("candles")
    for path in sorted((data / "upbit").glob("KRW-*_1d.parquet")):
        for report in import_file(CandleStore(folder), path, ImportOptions()):
            assert report.error is None, report.error
    return folder


def market(data: Path, from_: str, to: str, markets: tuple[str, ...] = ()) -> Market:
    folder = daily_store(data)
    settings = Settings(from_ms=utc_ms(from_), to_ms=utc_ms(to))
    return market_for(daily_strategy(EVERY_MS), markets, settings, Sources(folder, folder / "no-sample", NOWHERE))


@pytest.mark.data
def test_candidates_are_all_stored_markets_with_candles_in_the_range(market_data: Path) -> None:
    found = market(market_data, "2021-06-01T00:00", "2022-03-01T00:00")
    grid = daily_grid(market_data)
    start, end = (utc_ms(t) // DAY_MS - grid.first_index for t in ("2021-06-01T00:00", "2022-03-01T00:00"))
    there = {code for code, state in zip(grid.markets, grid.state[:, start:end], strict=True) if state.any()}
    assert len(there) > 70
    assert set(found.traded) == there
    narrowed = market(market_data, "2021-06-01T00:00", "2022-03-01T00:00", ("KRW-BTC", "KRW-XRP"))
    assert narrowed.traded == ("KRW-BTC", "KRW-XRP")


@pytest.mark.data
def test_the_warm_up_serves_both_programs(market_data: Path) -> None:
    """The run that begins no earlier than it must decides as the one over the whole history does."""
    found = market(market_data, "2021-07-01T00:00", "2022-03-01T00:00")
    result = run_backtest(daily_strategy(EVERY_MS), found.traded, found)
    open_ms = found.grid.first_index * DAY_MS
    assert found.settings.from_ms is not None
    assert found.settings.from_ms - open_ms >= 40 * DAY_MS + EVERY_MS
    long = market(market_data, "2021-04-15T00:00", "2022-03-01T00:00")
    whole = run_backtest(daily_strategy(EVERY_MS), long.traded, long)
    assert long.grid.first_index < found.grid.first_index
    first = found.settings.from_ms - EVERY_MS
    late = [event for event in result.members if event.time_ms >= first]
    assert late == [event for event in whole.members if event.time_ms >= first]
    assert len(late) >= 80
    assert sum(len(event.members) for event in late) > 500
    assert len(result.fills) > 100
    assert np.isfinite(result.equity_krw).all()


@pytest.mark.data
def test_a_long_run_of_named_markets_knows_what_is_stored_beside_them(market_data: Path) -> None:
    fixed = replace(daily_strategy(EVERY_MS), universe=None, markets=("KRW-BTC", "KRW-XRP"))
    folder = daily_store(market_data)

    def found(from_: str, to: str) -> StoredMarkets | None:
        settings = Settings(from_ms=utc_ms(from_), to_ms=utc_ms(to))
        return market_for(fixed, fixed.markets, settings, Sources(folder, folder / "no-sample", NOWHERE)).lasted.stored

    stored = found("2021-06-01T00:00", "2023-06-01T00:00")
    assert stored is not None
    assert stored.count > 70
    assert stored.ended == 0  # files that stop: nothing says why
    assert 1 <= stored.unsure < stored.count
    assert found("2021-06-01T00:00", "2021-09-01T00:00") is None


@pytest.mark.data
def test_survivors_only_are_warned_of(market_data: Path) -> None:
    keys = [message.key for message in market(market_data, "2021-06-01T00:00", "2022-03-01T00:00").messages]
    assert "data.survivors_only" in keys
    keys = [message.key for message in market(market_data, "2021-06-01T00:00", "2023-06-01T00:00").messages]
    assert "data.survivors_only" not in keys
    late = market(market_data, "2025-03-01T00:00", "2027-03-01T00:00", ("KRW-BTC", "KRW-ETH")).messages
    assert "data.survivors_only" in [message.key for message in late]  # where all candles end together, no coin has ended
