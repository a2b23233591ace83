"""Jangdan: the strategy file, checked once, then a whole backtest with every figure of its report. TASK is the strategy's name,
and behind a colon how many threads where that is not as many as there are processors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from worker import CASH, FEE, START_MS, WARM, candles, serve

from dsl.graph import Timeframe
from engine.cli.inputs import load_strategy
from engine.model.candle import BarGrid, BarState
from engine.research.backtest import backtest
from engine.research.figures import figures
from engine.research.result import Rounding, Settings

MINUTE_MS = 60_000
task, prices = candles()
name, _, threads = task.partition(":")
most = int(threads) if threads else None
strategy = load_strategy(Path(__file__).parents[1] / "strategies" / f"{name}.yaml")
several = prices if prices.ndim == 3 else prices[None]
series = [np.ascontiguousarray(several[:, number]) for number in range(5)]
markets = ("KRW-BTC",) if len(several) == 1 else tuple(f"KRW-M{number:03d}" for number in range(len(several)))
states = np.full(series[0].shape, BarState.TRADED, np.int8)
grid = BarGrid(markets, Timeframe(MINUTE_MS), START_MS // MINUTE_MS, states, *series, series[3] * series[4])
settings = Settings(CASH, FEE, 0.0, Rounding.NONE, from_ms=START_MS + WARM * MINUTE_MS)


def run() -> tuple[int, float]:
    """Program, columns, decisions, fills, equity curve, all figures."""
    found = figures(backtest(strategy, grid, settings, threads=most), threads=most).values
    return int(found["closed_trades"]), found["end_equity"]


serve(run, "this checkout")
