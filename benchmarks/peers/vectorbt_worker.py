"""vectorbt with its Rust engine. T2 there: the stop and the whole position at +2 % only."""

from __future__ import annotations

from importlib.metadata import version

import pandas as pd
import vectorbt as vbt
from worker import CASH, FAST, FEE, SLOW, WARM, candles, serve, times_ns

vbt.settings["engine"] = "auto"  # Rust where the call is supported; "rust" refuses to shift conditions
vbt.settings.array_wrapper["freq"] = "1min"
task, prices = candles()
index = pd.DatetimeIndex(times_ns(prices.shape[1]))
frame = pd.DataFrame(dict(zip(("Open", "High", "Low", "Close", "Volume"), prices, strict=True)), index=index)


def run() -> tuple[int, float]:
    """Averages, signals, simulation, closed trades and final value."""
    fast = vbt.MA.run(frame.Close, window=FAST, ewm=True, adjust=False, short_name="f")
    slow = vbt.MA.run(frame.Close, window=SLOW, ewm=True, adjust=False, short_name="s")
    entries, exits = fast.ma_crossed_above(slow), fast.ma_crossed_below(slow)
    entries.iloc[:WARM] = False
    options = {"price": frame.Open, "fees": FEE, "init_cash": CASH, "engine": "rust"}
    if task == "T2":
        atr = vbt.ATR.run(frame.High, frame.Low, frame.Close, window=14, ewm=True).atr
        options |= {"open": frame.Open, "high": frame.High, "low": frame.Low, "sl_stop": (1.5 * atr / frame.Close).shift(1)}
        options |= {"tp_stop": 0.02, "stop_entry_price": "price"}
    found = vbt.Portfolio.from_signals(frame.Close, entries.vbt.signals.fshift(1), exits.vbt.signals.fshift(1), **options)
    return found.trades.closed.count(), found.final_value()


serve(run, f"vectorbt {version('vectorbt')}, vectorbt-rust {version('vectorbt-rust')}")
