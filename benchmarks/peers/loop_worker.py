"""T4 as one compiled loop by hand: no engine, no report, no rank. What the machine needs for the rules themselves."""

from __future__ import annotations

import numba
import numpy as np
from worker import CASH, FAST, FEE, SLOW, WARM, candles, serve

MOST_OPEN = 5
_, prices = candles()
opens, closes = (np.ascontiguousarray(prices[:, column].T) for column in (0, 3))


@numba.njit
def trade(opens: np.ndarray, closes: np.ndarray, fast: float, slow: float, cash: float) -> tuple[int, float]:
    """Closed trades and equity at the end. opens, closes [bars, markets]; fast, slow: weights of the newest close."""
    bars, markets = opens.shape
    quick, calm = closes[0].copy(), closes[0].copy()
    held, wanted, above = np.zeros(markets), np.zeros(markets, np.int8), np.zeros(markets, np.bool_)
    count = trades = 0
    for bar in range(bars):
        for m in range(markets):
            if wanted[m] < 0 and held[m] > 0:
                cash += held[m] * opens[bar, m] * (1 - FEE)
                held[m] = 0
                count -= 1
                trades += 1
        for m in range(markets):
            if wanted[m] > 0 and held[m] == 0 and count < MOST_OPEN:
                equity = cash
                for other in range(markets):
                    equity += held[other] * opens[bar, other]
                amount = min(cash, equity / MOST_OPEN)
                held[m] = amount / (opens[bar, m] * (1 + FEE))
                cash -= amount
                count += 1
        for m in range(markets):
            quick[m] += fast * (closes[bar, m] - quick[m])
            calm[m] += slow * (closes[bar, m] - calm[m])
            now = quick[m] > calm[m]
            wanted[m] = 0 if now == above[m] or bar < WARM else 1 if now else -1
            above[m] = now
    return trades, cash + (held * closes[-1]).sum()


def run() -> tuple[int, float]:
    """The loop."""
    return trade(opens, closes, 2 / (FAST + 1), 2 / (SLOW + 1), CASH)


serve(run, f"numba {numba.__version__}")
