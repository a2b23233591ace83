"""Value curves: daily and monthly returns, drawdowns, and what buying and holding the same markets would have made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.kernel.ledger import precompile as passes
from engine.model.costs import fee_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.research.result import BacktestResult

#: the trading day turns at 09:00 KST, which is 00:00 UTC
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Curve:
    """Value of an account over time: `start_krw` at `start_ms`, then value_krw float64 [n] at time_ms int64 [n] (UTC, ascending)."""

    start_ms: int
    start_krw: float
    time_ms: NDArray[np.int64]
    value_krw: NDArray[np.float64]

    @property
    def end_krw(self) -> float:
        """Last value; the start's where there are no rows."""
        return float(self.value_krw[-1]) if self.value_krw.size else self.start_krw

    @property
    def span_ms(self) -> int:
        """Time from the start to the last row."""
        return int(self.time_ms[-1]) - self.start_ms if self.time_ms.size else 0


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall. depth: ratio <= 0. length_ms: from its peak until the peak was reached again, or to the end of the run.
    longest_ms: the longest such time of any fall."""

    depth: float
    length_ms: int
    longest_ms: int
    recovered: bool


def account_curve(result: BacktestResult) -> Curve:
    """The run's equity. It starts with the cash, at the opening of the first clock bar."""
    return Curve(_start_ms(result), result.settings.cash_krw, result.equity_ms, result.equity_krw)


def buy_and_hold_curve(result: BacktestResult) -> Curve:
    """The curve of `buy_and_hold`."""
    return buy_and_hold(result)[0]


def buy_and_hold(result: BacktestResult) -> tuple[Curve, tuple[float, ...]]:
    """The cash in equal parts in all markets, each bought at its first known price with the run's slippage and the fee in
    force when it begins, never sold (what is held counts at last prices, as in the account's equity); and each market's return alone, once.

    A market that is listed later keeps its part in cash until then; one that ends keeps its last price. Markets without any known
    price are left out (their return is NaN); without any market the values are NaN. One market's values are in memory at a time.
    """
    cash, total, held = result.settings.cash_krw, np.empty(0), 0
    codes, returns = tuple(dict.fromkeys(result.markets)), []
    for market in codes:
        worth, last = _held(result, market, cash if len(codes) == 1 else 1.0)
        returns.append(last - 1.0)
        if np.isfinite(last):
            total = worth if held == 0 else np.add(total, worth, out=total)
            held += 1
    if held == 0:
        total = np.full(result.equity_ms.shape, np.nan)
    elif len(codes) > 1:
        total /= held
        total *= cash
    return Curve(_start_ms(result), cash, result.equity_ms, total), tuple(returns)


def held_ratio(result: BacktestResult, market: str) -> NDArray[np.float64]:
    """float64 [n] beside equity_ms: what 1 KRW put into one market at its first known price is worth, after the
    slippage and fee of buying (1 before it: still cash); NaN where no price is ever known."""
    return _held(result, market, 1.0)[0]


def _held(result: BacktestResult, market: str, scale: float) -> tuple[NDArray[np.float64], float]:
    """`held_ratio` x scale, and the last ratio."""
    grid = result.candles
    if market not in grid.markets:
        return np.full(result.equity_ms.shape, np.nan), np.nan
    worth = np.empty(result.equity_ms.shape)
    clock, close_ms = grid.timeframe, np.ascontiguousarray(result.equity_ms)
    row, settings = grid.markets.index(market), result.settings
    states, opens, closes = (np.ascontiguousarray(part[row : row + 1]) for part in (grid.state, grid.open, grid.close))
    fee = fee_at(settings.costs.fees, market, settings.fee_rate, _start_ms(result))
    cost = (1.0 + settings.slippage) * (1.0 + fee)
    last = passes()["hold"](
        close_ms, clock.length_ms, clock.offset_ms, int(grid.first_index), 0, states, opens, closes, cost, scale, worth
    )  # fmt: skip
    grid.free()
    return worth, float(last)


def _start_ms(result: BacktestResult) -> int:
    return int(result.equity_ms[0]) - result.strategy.clock.length_ms if result.equity_ms.size else 0


def daily_values(curve: Curve) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Every trading day touched (days since 1970-01-01 UTC) and the last value known at its end; a day without a row repeats it."""
    if not curve.time_ms.size:
        return np.empty(0, np.int64), np.empty(0)
    days = np.arange(curve.start_ms // DAY_MS, (int(curve.time_ms[-1]) - 1) // DAY_MS + 1, dtype=np.int64)
    last = np.searchsorted(curve.time_ms, (days + 1) * DAY_MS, side="right")
    return days, np.where(last > 0, curve.value_krw[last - 1], curve.start_krw)


def changes(start: float, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """values[.., i] / values[.., i-1] - 1, the first against `start`; NaN where the value before is not above zero."""
    before = np.empty_like(values)
    before[..., :1], before[..., 1:] = start, values[..., :-1]
    return np.asarray(np.divide(values, before, out=np.full(values.shape, np.nan), where=before > 0) - 1.0)


def monthly_values(curve: Curve) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Every month touched ("2025-09", by trading day) and the last value in it."""
    days, values = daily_values(curve)
    if not days.size:
        return (), values
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    last = np.flatnonzero(np.concatenate((months[1:] != months[:-1], [True])))
    return tuple(str(month) for month in months[last]), values[last]


def drawdowns(curve: Curve) -> NDArray[np.float64]:
    """float64 [n]: value / highest value so far (the start counted) - 1."""
    if not curve.value_krw.size:
        return np.empty(0)
    peak = np.maximum(np.maximum.accumulate(curve.value_krw), curve.start_krw)
    return np.asarray(np.divide(curve.value_krw, peak, out=np.full(peak.shape, np.nan), where=peak > 0) - 1.0)


def drawdown(curve: Curve) -> Drawdown:
    """The deepest fall of the curve and how long it and the longest fall lasted. depth is NaN where the curve is not known."""
    found = np.empty(4)
    time_ms, value_krw = np.ascontiguousarray(curve.time_ms), np.ascontiguousarray(curve.value_krw)
    passes()["measure_falls"](curve.start_ms, curve.start_krw, time_ms, value_krw, found)
    return Drawdown(float(found[0]), int(found[1]), int(found[2]), bool(found[3]))
