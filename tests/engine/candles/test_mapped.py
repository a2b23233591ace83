"""Grids in a file: the same values for whoever reads them, whatever is given back in between; no room on the disk is said at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.sweep import grid_of
from benchmarks.walk import MINUTE_MS, START_MS
from engine.candles.errors import StoreError
from engine.candles.mapped import MAPPED_FROM, Room, take_markets
from engine.cli.inputs import load_strategy
from engine.kernel.aggregate import SERIES
from engine.model.candle import BarGrid
from engine.research.backtest import backtest
from engine.research.figures import figures
from engine.research.result import Settings
from tests.dsl.helpers import ROOT

MARKETS = {f"KRW-M{number}": 1_000.0 * (number + 1) for number in range(6)}


def in_a_file(grid: BarGrid) -> BarGrid:
    return take_markets(replace(grid, markets=(*grid.markets, "KRW-Z")), range(len(grid.markets)), mapped_from=1)


def test_a_run_over_a_file_is_a_run_over_memory() -> None:
    grid = grid_of(MARKETS, 4_000)
    mapped = in_a_file(grid)
    assert mapped.release is not None
    strategy = load_strategy(ROOT / "benchmarks/strategies/t4-ema-portfolio.yaml")
    settings = Settings(cash_krw=1e8, from_ms=START_MS + 500 * MINUTE_MS, block=512)
    one, other = (backtest(strategy, source, settings, traded=grid.markets) for source in (grid, mapped))
    assert len(one.fills) > 100
    assert one.fills.tobytes() == other.fills.tobytes()
    assert one.equity_krw.tobytes() == other.equity_krw.tobytes()
    assert figures(one).values == figures(other).values
    assert figures(one).held.value_krw.tobytes() == figures(other).held.value_krw.tobytes()


def test_markets_are_taken_out_of_a_file() -> None:
    grid = grid_of(MARKETS, 300)
    chosen = take_markets(in_a_file(grid), [1, 4], mapped_from=1)
    chosen.free()
    assert chosen.markets == (grid.markets[1], grid.markets[4])
    assert chosen.release is not None
    for name in ("state", *SERIES):
        assert np.array_equal(getattr(chosen, name), getattr(grid, name)[[1, 4]])


def test_all_markets_are_not_copied() -> None:
    grid = grid_of(MARKETS, 300)
    assert take_markets(grid, range(len(grid.markets))).close is grid.close


def test_small_grids_lie_in_memory() -> None:
    assert Room(3, 100).release is None
    assert Room(0, 100, mapped_from=0).release is None
    assert MAPPED_FROM >= 64 << 20


def test_no_room_on_the_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path / "file"))
    with pytest.raises(StoreError, match="grids"):
        Room(2, 10, mapped_from=1)
