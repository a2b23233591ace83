"""Value curves: daily and monthly returns, drawdowns, and what buying and holding the same markets would have made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.kernel.abi import numbers_of
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
    price are left out (their return is NaN); without any market the values are NaN. Of a grid in a file one
    market's values are in memory at a time.
    """
    cash, codes = result.settings.cash_krw, tuple(dict.fromkeys(result.markets))
    if len(codes) == 1:
        total, last, _ = _held(result, codes, cash, np.empty(0))
    else:
        total = np.full(result.equity_ms.shape, np.nan)
        _, last, held = _held(result, codes, 1.0, total)
        total /= max(held, 1)
        total *= cash
    return Curve(_start_ms(result), cash, result.equity_ms, total), tuple((last - 1.0).tolist())


def held_ratio(result: BacktestResult, market: str) -> NDArray[np.float64]:
    """float64 [n] beside equity_ms: what 1 KRW put into one market at its first known price is worth, after the
    slippage and fee of buying (1 before it: still cash); NaN where no price is ever known."""
    return _held(result, (market,), 1.0, np.empty(0))[0]


def _held(
    result: BacktestResult, markets: Sequence[str], scale: float, total: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """`held_ratio` x scale of the last market, the last ratio of each, and how many have one; all of them together in `total`, if that is
    not empty."""
    grid, settings, clock = result.candles, result.settings, result.candles.timeframe
    known = [number for number, market in enumerate(markets) if market in grid.markets]
    worth = np.empty(result.equity_ms.shape)
    if not known:
        worth.fill(np.nan)
    last, held = np.full(len(markets), np.nan), 0
    close_ms, start_ms = np.ascontiguousarray(result.equity_ms), _start_ms(result)
    most = len(markets) if grid.release is None else 1  # what lies in a file is given back, market by market
    for at in range(0, len(known), most):
        chosen = known[at : at + most]
        rows = [grid.markets.index(markets[number]) for number in chosen]
        arrays = [np.ascontiguousarray(part[row : row + 1]) for row in rows for part in (grid.state, grid.open, grid.close)]
        fees = [fee_at(settings.costs.fees, markets[number], settings.fee_rate, start_ms) for number in chosen]
        ratios = np.empty(len(chosen))
        held = passes()["hold_together"](
            close_ms, clock.length_ms, clock.offset_ms, int(grid.first_index), np.array(numbers_of(arrays), np.int64),
            (1.0 + settings.slippage) * (1.0 + np.array(fees)), scale, worth, total, ratios, held,
        )  # fmt: skip
        last[chosen] = ratios
        grid.free()
    return worth, last, held


def _start_ms(result: BacktestResult) -> int:
    return int(result.equity_ms[0]) - result.strategy.clock.length_ms if result.equity_ms.size else 0


def daily_values(curve: Curve) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Every trading day touched (days since 1970-01-01 UTC) and the last value known at its end; a day without a row repeats it."""
    days, values = daily_values_of([curve])
    return days, values[0]


def daily_values_of(curves: Sequence[Curve]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The same of curves that have their rows at the same times: values [curves, days]."""
    start_ms, time_ms = curves[0].start_ms, curves[0].time_ms
    if not time_ms.size:
        return np.empty(0, np.int64), np.empty((len(curves), 0))
    days = np.arange(start_ms // DAY_MS, (int(time_ms[-1]) - 1) // DAY_MS + 1, dtype=np.int64)
    last = np.searchsorted(time_ms, (days + 1) * DAY_MS, side="right")
    return days, np.stack([np.where(last > 0, one.value_krw[last - 1], one.start_krw) for one in curves])


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
