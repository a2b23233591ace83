"""Every figure of a report once more, from the fill log and the equity column alone, by plain pandas that shares no code with it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from engine.research.figures import Figures, figures
from engine.research.metrics import CURVE_FIGURES, TRADE_FIGURES, definitions
from engine.research.result import BacktestResult
from tests.engine.research import toy

CASH = 10_000_000.0
DAY = pd.Timedelta(days=1)


class Plain:
    """A run as frames. fills: one row per fill with its trade's number; trades: one row per trade in order of closing, open ones last."""

    def __init__(self, result: BacktestResult) -> None:
        start = pd.to_datetime(int(result.equity_ms[0]), unit="ms") - pd.Timedelta(minutes=5)
        self.curve = pd.Series(
            np.concatenate(([CASH], result.equity_krw)), index=[start, *pd.to_datetime(result.equity_ms, unit="ms")], dtype=float
        )
        daily = self.curve.resample("D", closed="right", label="left").last().ffill()
        daily = daily[daily.index >= start.floor("D")]
        self.daily = pd.concat([pd.Series([CASH]), daily]).pct_change().iloc[1:]
        self.years = (self.curve.index[-1] - start) / pd.Timedelta(days=365)
        self.exposure = result.exposure_krw / result.equity_krw
        self.fills = self._numbered(result)
        self.trades = self._trades(result)
        self.closed = self.trades[~self.trades.open]

    @staticmethod
    def _numbered(result: BacktestResult) -> pd.DataFrame:
        fills = pd.DataFrame({name: result.fills[name] for name in result.fills.dtype.names})
        fills["coins"] = fills.quantity_e8 / 1e8
        fills["signed"] = fills.side * fills.quantity_e8
        after = fills.groupby("market").signed.cumsum()
        ended = (after == 0).groupby(fills.market).cumsum() - (after == 0)
        fills["trade"] = fills.market.astype(str) + "/" + ended.astype(str)
        fills["value"] = fills.coins * fills.price_krw
        fills["slip"] = (fills.price_krw - fills.base_krw) * fills.side * fills.coins
        return fills

    def _trades(self, result: BacktestResult) -> pd.DataFrame:
        last = pd.DataFrame(result.candles.close.T).ffill().iloc[-1]
        rows = []
        for _, own in self.fills.groupby("trade", sort=False):
            buys, sales = own[own.side > 0], own[own.side < 0]
            rest = own.signed.sum() / 1e8
            market = int(own.market.iloc[0])
            spent = buys.value.sum() + buys.fee_krw.sum()
            profit = sales.value.sum() - sales.fee_krw.sum() + rest * last[market] - spent
            rows.append((market, own.time_ms.iloc[-1], own.time_ms.iloc[-1] - own.time_ms.iloc[0], rest > 0, profit, profit / spent))
        frame = pd.DataFrame(rows, columns=["market", "end_ms", "held_ms", "open", "profit", "ratio"])
        return frame.sort_values(["open", "end_ms"], kind="stable")

    def underwater(self) -> tuple[float, float]:
        """Time (ms) from the peak before the deepest fall until it was reached again or to the end; the longest such time of any fall."""
        fall, peak = self.curve / self.curve.cummax() - 1, self.curve.index[0]
        spans: list[tuple[pd.Timestamp, pd.Timestamp]] = []
        below = False
        for time, value in fall.items():
            if value == 0:
                if below:
                    spans.append((peak, time))
                peak, below = time, False
            else:
                below = True
        if below:
            spans.append((peak, fall.index[-1]))
        deepest = next((b - a for a, b in spans if a < fall.idxmin() <= b), pd.NaT)
        longest = max((b - a for a, b in spans), default=pd.NaT)
        return tuple(math.nan if span is pd.NaT else span / pd.Timedelta(milliseconds=1) for span in (deepest, longest))


def _streak(profits: pd.Series) -> int:
    losing = profits < 0
    return int(losing.groupby((~losing).cumsum()).sum().max()) if len(profits) else 0


def _downside(daily: pd.Series) -> float:
    return math.sqrt((daily.clip(upper=0) ** 2).mean())


PLAIN: dict[str, Callable[[Plain], float]] = {
    "end_equity": lambda p: p.curve.iloc[-1],
    "profit": lambda p: p.curve.iloc[-1] - CASH,
    "total_return": lambda p: p.curve.iloc[-1] / CASH - 1,
    "annualised_return": lambda p: (p.curve.iloc[-1] / CASH) ** (1 / p.years) - 1,
    "best_day": lambda p: p.daily.max(),
    "worst_day": lambda p: p.daily.min(),
    "winning_days": lambda p: (p.daily > 0).sum() / (p.daily != 0).sum(),
    "maximum_drawdown": lambda p: (p.curve / p.curve.cummax() - 1).min(),
    "maximum_drawdown_length": lambda p: p.underwater()[0],
    "longest_drawdown_length": lambda p: p.underwater()[1],
    "annualised_volatility": lambda p: p.daily.std() * math.sqrt(365),
    "sharpe": lambda p: p.daily.mean() / p.daily.std() * math.sqrt(365),
    "sortino": lambda p: p.daily.mean() / _downside(p.daily) * math.sqrt(365),
    "calmar": lambda p: ((p.curve.iloc[-1] / CASH) ** (1 / p.years) - 1) / -(p.curve / p.curve.cummax() - 1).min(),
    "closed_trades": lambda p: len(p.closed),
    "win_rate": lambda p: (p.closed.profit > 0).mean(),
    "average_trade": lambda p: p.closed.profit.mean(),
    "average_trade_return": lambda p: p.closed.ratio.mean(),
    "average_win": lambda p: p.closed.profit[p.closed.profit > 0].mean(),
    "average_loss": lambda p: p.closed.profit[p.closed.profit < 0].mean(),
    "average_win_return": lambda p: p.closed.ratio[p.closed.profit > 0].mean(),
    "average_loss_return": lambda p: p.closed.ratio[p.closed.profit < 0].mean(),
    "profit_factor": lambda p: p.closed.profit.clip(lower=0).sum() / -p.closed.profit.clip(upper=0).sum(),
    "payoff_ratio": lambda p: p.closed.profit[p.closed.profit > 0].mean() / -p.closed.profit[p.closed.profit < 0].mean(),
    "best_trade": lambda p: p.closed.ratio.max(),
    "worst_trade": lambda p: p.closed.ratio.min(),
    "longest_losing_streak": lambda p: _streak(p.closed.profit),
    "average_holding": lambda p: p.closed.held_ms.mean(),
    "open_trades": lambda p: p.trades.open.sum(),
    "open_profit": lambda p: p.trades.profit[p.trades.open].sum(),
    "trades_per_day": lambda p: len(p.closed) / ((p.curve.index[-1] - p.curve.index[0]) / DAY),
    "exposure": lambda p: p.exposure.mean(),
    "time_in_market": lambda p: (p.exposure > 0).mean(),
    "fees_paid": lambda p: p.fills.fee_krw.sum(),
    "slippage_paid": lambda p: p.fills.slip.sum(),
    "average_slippage": lambda p: p.fills.slip.sum() / (p.fills.coins * p.fills.base_krw).sum() * 1e4,
    "traded_value": lambda p: p.fills.value.sum(),
    "turnover": lambda p: p.fills.value.sum() / p.curve.iloc[1:].mean(),
}


def run(seed: int) -> tuple[BacktestResult, Plain, Figures]:
    """A run of 6 to 9 days of four markets."""
    result = toy.simulate(toy.candles(1800 + 100 * seed, seed=seed), seed=seed, chance=0.03)
    return result, Plain(result), figures(result)


def test_every_figure_has_a_plain_definition() -> None:
    assert list(PLAIN) == list(definitions())


@pytest.mark.parametrize("seed", range(4))
def test_every_figure_is_the_plain_one(seed: int) -> None:
    _, plain, found = run(seed)
    assert len(plain.closed) > 30
    for key, function in PLAIN.items():
        assert found.values[key] == pytest.approx(float(function(plain)), rel=1e-9, abs=1e-6, nan_ok=True), key
    assert sum(math.isfinite(value) for value in found.values.values()) == len(PLAIN)
    for row, market in enumerate(found.markets):
        own = plain.trades[plain.trades.market == row]
        assert market.profit_krw == pytest.approx(own.profit.sum())
        assert market.fees_krw == pytest.approx(plain.fills.fee_krw[plain.fills.market == row].sum())
        plain.closed = own[~own.open]
        for key in TRADE_FIGURES:
            assert market.values[key] == pytest.approx(float(PLAIN[key](plain)), rel=1e-9, abs=1e-6, nan_ok=True), (market.market, key)


@pytest.mark.parametrize("seed", range(2))
def test_figures_of_buying_and_holding_and_of_exits_are_the_plain_ones(seed: int) -> None:
    result, plain, found = run(seed)
    sales = plain.fills[plain.fills.side < 0]
    buys = plain.fills[plain.fills.side > 0].groupby("trade")
    unit = (buys.value.sum() + buys.fee_krw.sum()) / buys.coins.sum()
    gained = sales.value - sales.fee_krw - sales.coins * sales.trade.map(unit)
    for position, one in enumerate(found.exits):
        own = gained[sales.exit_index == position]
        spent = (sales.coins * sales.trade.map(unit))[sales.exit_index == position]
        assert (one.sales, one.wins) == (len(own), int((own > 0).sum()))
        assert one.profit_krw == pytest.approx(own.sum())
        assert one.average_return == pytest.approx((own / spent).mean(), nan_ok=True)
    prices = pd.DataFrame(result.candles.close.T).ffill() / result.candles.open[:, 0]
    plain.curve = pd.Series(np.concatenate(([CASH], CASH * prices.mean(axis=1) / (1.0005 * 1.0005))), index=plain.curve.index)
    daily = plain.curve.resample("D", closed="right", label="left").last().ffill()
    plain.daily = pd.concat([pd.Series([CASH]), daily[daily.index >= plain.curve.index[0].floor("D")]]).pct_change().iloc[1:]
    for key in CURVE_FIGURES:
        assert found.buy_and_hold[key] == pytest.approx(float(PLAIN[key](plain)), rel=1e-9, nan_ok=True), key
