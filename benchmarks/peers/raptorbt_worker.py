"""raptorbt, its path of signal arrays. T2 there: one stop, the whole position at +2 %, no trail after it, no way out by time. T3: its
own batch, which takes as many threads as there are processors; each average is computed once."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
import raptorbt
from worker import CASH, FAST, FEE, SLOW, WARM, candles, serve, times_ns

#: lengths of T3, and how many of its variants are asked for at a time: results hold whole curves
FASTS, SLOWS, AT_ONCE = range(5, 30), range(40, 158, 3), 50

task, prices = candles()
times = times_ns(prices.shape[-1])


def signals(closes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Entries and exits of the cross."""
    return crosses(raptorbt.ema(closes, FAST), raptorbt.ema(closes, SLOW))


def crosses(fast: np.ndarray, slow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Entries and exits of two averages."""
    above = fast > slow
    entries, exits = np.zeros(len(above), bool), np.zeros(len(above), bool)
    entries[1:], exits[1:] = above[1:] & ~above[:-1], ~above[1:] & above[:-1]
    entries[:WARM] = False
    return entries, exits


def run_portfolio() -> tuple[int, float]:
    """All markets on one account."""
    config = raptorbt.BacktestConfig(initial_capital=CASH, fees=FEE, fill_timing="next_bar_open", max_positions=5)
    markets = [(times, *one, *signals(one[3]), 1, 0.2, f"M{number}") for number, one in enumerate(prices)]
    result = raptorbt.run_portfolio_backtest(markets, config, "equal_weight")
    return result.metrics.total_trades, result.result.equity_curve()[-1]


def run_sweep() -> tuple[int, float]:
    """All variants: trades of all of them, and what the best ended with."""
    config = raptorbt.BacktestConfig(initial_capital=CASH, fees=FEE, fill_timing="next_bar_open")
    averages = {length: raptorbt.ema(prices[3], length) for length in (*FASTS, *SLOWS)}
    pairs = [(fast, slow) for fast in FASTS for slow in SLOWS]
    trades, best = 0, 0.0
    for at in range(0, len(pairs), AT_ONCE):
        chosen = pairs[at : at + AT_ONCE]
        items = [raptorbt.BatchSingleItem(f"{fast} {slow}", *crosses(averages[fast], averages[slow])) for fast, slow in chosen]
        for _, result in raptorbt.batch_single_backtest(times, *prices, items, config):
            trades, best = trades + result.metrics.total_trades, max(best, result.metrics.end_value)
    return trades, best


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


serve({"T3": run_sweep, "T4": run_portfolio}.get(task, run), f"raptorbt {version('raptorbt')}")
