"""backtesting.py. T2 there: two half orders stand in for the partial target, trail and time are decided when a bar closes."""

from __future__ import annotations

import warnings
from importlib.metadata import version

import backtesting
import numpy as np
import pandas as pd
from worker import CASH, FAST, FEE, SLOW, WARM, candles, serve, times_ns

warnings.filterwarnings("ignore")
backtesting.backtesting._tqdm = lambda found, **_: found  # no progress bar
task, prices = candles()
columns = ("Open", "High", "Low", "Close", "Volume")
frame = pd.DataFrame(dict(zip(columns, prices, strict=True)), index=pd.DatetimeIndex(times_ns(prices.shape[1])))


def ema(values: np.ndarray, bars: int) -> np.ndarray:
    """Exponential average."""
    return pd.Series(values).ewm(span=bars, adjust=False).mean().values


def atr(high: np.ndarray, low: np.ndarray, close: np.ndarray) -> np.ndarray:
    """Wilder's average of the true range of 14 bars."""
    before = np.roll(close, 1)
    before[0] = close[0]
    ranges = np.maximum(high - low, np.maximum(abs(high - before), abs(low - before)))
    return pd.Series(ranges).ewm(alpha=1 / 14, adjust=False).mean().values


class Cross(backtesting.Strategy):
    """T1."""

    def init(self) -> None:
        self.fast, self.slow = self.I(ema, self.data.Close, FAST), self.I(ema, self.data.Close, SLOW)
        self.above = False

    def next(self) -> None:
        above = self.fast[-1] > self.slow[-1]
        if len(self.data) > WARM:
            if above and not self.above:
                self.enter()
            elif self.above and not above and self.position:
                self.position.close()
        self.above = above

    def enter(self) -> None:
        self.buy()


class Exits(Cross):
    """T2, as near as it comes."""

    def init(self) -> None:
        super().init()
        self.atr = self.I(atr, self.data.High, self.data.Low, self.data.Close)

    def next(self) -> None:
        bar = len(self.data) - 1
        for trade in self.trades:
            if bar - trade.entry_bar >= 239:
                trade.close()
            elif len(self.trades) == 1 and self.closed_trades and self.closed_trades[-1].entry_bar == trade.entry_bar:
                self.top = max(self.top, self.data.High[-1])
                trade.sl = max(trade.sl or 0, self.top - self.width)
        super().next()

    def enter(self) -> None:
        price = self.data.Close[-1]
        self.width, self.top = self.atr[-1], price
        for size in (0.4999, 0.9990):
            self.buy(size=size, sl=price - 1.5 * self.width, tp=price * 1.02)


def run() -> tuple[int, float]:
    """Indicators, simulation and its statistics."""
    found = backtesting.Backtest(frame, Cross if task == "T1" else Exits, cash=CASH, commission=FEE).run()
    return found["# Trades"], found["Equity Final [$]"]


serve(run, f"backtesting {version('backtesting')}")
