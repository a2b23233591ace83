"""raptorbt, its path of signal arrays. T2 there: one stop, the whole position at +2 %, no trail after it, no way out by time."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
import raptorbt
from worker import CASH, FAST, FEE, SLOW, WARM, candles, serve, times_ns

task, prices = candles()
times = times_ns(prices.shape[-1])


def signals(closes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Entries and exits of the cross."""
    above = raptorbt.ema(closes, FAST) > raptorbt.ema(closes, SLOW)
    entries, exits = np.zeros(len(closes), bool), np.zeros(len(closes), bool)
    entries[1:], exits[1:] = above[1:] & ~above[:-1], ~above[1:] & above[:-1]
    entries[:WARM] = False
    return entries, exits


def run_portfolio() -> tuple[int, float]:
    """All markets on one account."""
    config = raptorbt.BacktestConfig(initial_capital=CASH, fees=FEE, fill_timing="next_bar_open", max_positions=5)
    markets = [(times, *one, *signals(one[3]), 1, 0.2, f"M{number}") for number, one in enumerate(prices)]
    result = raptorbt.run_portfolio_backtest(markets, config, "equal_weight")
    return result.metrics.total_trades, result.result.equity_curve()[-1]


def run() -> tuple[int, float]:
    """Averages, signals, simulation, its figures and its equity curve."""
    opens, highs, lows, closes, volumes = prices
    entries, exits = signals(closes)
    config = raptorbt.BacktestConfig(initial_capital=CASH, fees=FEE, fill_timing="next_bar_open")
    if task == "T2":
        config.set_atr_stop(1.5, 14)
        config.set_fixed_target(0.02)
    result = raptorbt.run_single_backtest(times, opens, highs, lows, closes, volumes, entries, exits, 1, 1.0, "X", config)
    return result.metrics.total_trades, result.equity_curve()[-1]


serve(run_portfolio if task == "T4" else run, f"raptorbt {version('raptorbt')}")
