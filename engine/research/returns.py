"""Value curves: daily and monthly returns, drawdowns, and what buying and holding the same markets would have made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from engine.kernel.abi import numbers_of
from engine.kernel.curves import CURVE_WIDTH, DEPTH, HELD, LAST, LENGTH_MS, LONGEST_MS, RECOVERED, SHARES, TOTAL, CurvePass
from engine.kernel.curves import precompile as passes
from engine.kernel.days import COUNTED_WIDTH, DAYS_WIDTH
from engine.kernel.days import precompile as passes_of_days
from engine.kernel.holding import HoldPass
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


class Drawdown(NamedTuple):
    """The deepest fall. depth: ratio <= 0. length_ms: from its peak until the peak was reached again, or to the end of the run.
    longest_ms: the longest such time of any fall."""

    depth: float
    length_ms: int
    longest_ms: int
    recovered: bool


class Spread(NamedTuple):
    """Of daily returns: their mean, their sample standard deviation (n - 1), the root of the mean squared loss over all days. NaN for
    under two days; a mean needs one."""

    mean: float
    deviation: float
    downside: float


@dataclass(frozen=True, slots=True)
class Days:
    """Of daily returns: the highest, the lowest, days with a gain and days with a change. NaN without days, or where one is not known."""

    best: float
    worst: float
    gained: float
    changed: float


class Measured(NamedTuple):
    """An account's curve and what one pass over it finds: its deepest fall, the sum of open positions / equity over its rows (NaN where an
    equity is not above 0), rows with any, and the sum of its values."""

    curve: Curve
    fall: Drawdown
    shares: float
    held: int
    total_krw: float


class Holding(NamedTuple):
    """What buying and holding all markets would have made: last value, deepest fall, values at the rows that were asked for, and each
    market's return. curve: where it had to be made."""

    end_krw: float
    fall: Drawdown
    value_krw: NDArray[np.float64]
    returns: tuple[float, ...]
    curve: Curve | None


def account_curve(result: BacktestResult) -> Curve:
    """The run's equity. It starts with the cash, at the opening of the first clock bar."""
    return Curve(_start_ms(result), result.settings.cash_krw, result.equity_ms, result.equity_krw)


class Measuring:
    """What gives the account's curve, measured: when it is `found`, or in a thread that is started before, and has to be stopped then."""

    def __init__(self, result: BacktestResult, curve: Curve) -> None:
        self.curve, self._pass = curve, _pass_over(curve, result.cash_changes)
        self.start, self.stop = self._pass.start, self._pass.stop

    def found(self) -> Measured:
        """The curve and what the pass finds."""
        found = self._pass.found()
        return Measured(self.curve, _fall(found), found[SHARES], int(found[HELD]), found[TOTAL])


@contextmanager
def holding_beside(result: BacktestResult, rows: NDArray[np.int64]) -> Iterator[Callable[[], Holding]]:
    """What gives what `holding` does: of several markets in memory begun in a thread now, else when it is called."""
    codes = tuple(dict.fromkeys(result.markets))
    if len(codes) == 1 or result.candles.release is not None:
        yield lambda: holding(result, rows)
        return
    begun = _hold_pass(result, [code for code in codes if code in result.candles.markets], 1.0, np.empty(result.equity_ms.shape), 0)
    try:
        begun.start()
        yield lambda: holding(result, rows, begun)
    finally:
        begun.stop()


def holding(result: BacktestResult, rows: NDArray[np.int64], begun: HoldPass | None = None) -> Holding:
    """What `buy_and_hold` says, of its values those at some rows (ascending). One market's curve is measured without being made. begun: of
    all of several markets, where that was."""
    codes, grid = tuple(dict.fromkeys(result.markets)), result.candles
    if len(codes) != 1 or codes[0] not in grid.markets:
        curve, returns = buy_and_hold(result, begun)
        return Holding(curve.end_krw, drawdown(curve), curve.value_krw[rows], returns, curve)
    found, values, cash = np.empty(CURVE_WIDTH), np.empty(len(rows)), result.settings.cash_krw
    start_ms, row, clock = _start_ms(result), grid.markets.index(codes[0]), grid.timeframe
    states, opens, closes = np.ascontiguousarray(grid.state[row], np.int8), _prices_of(grid.open, row), _prices_of(grid.close, row)
    times, index = np.ascontiguousarray(result.equity_ms, np.int64), int(grid.first_index)
    passes()["measure_holding"](
        start_ms, times, clock.length_ms, clock.offset_ms, index, states, opens, closes, _cost(result, codes[0], start_ms), cash, rows,
        values, found,
    )  # fmt: skip
    grid.free()
    numbers: list[float] = found.tolist()
    end_krw = numbers[LAST] * cash if len(result.equity_ms) else cash
    return Holding(end_krw, _fall(numbers), values, (numbers[LAST] - 1.0,), None)


def buy_and_hold_curve(result: BacktestResult) -> Curve:
    """The curve of `buy_and_hold`."""
    return buy_and_hold(result)[0]


def buy_and_hold(result: BacktestResult, begun: HoldPass | None = None) -> tuple[Curve, tuple[float, ...]]:
    """The cash in equal parts in all markets, each bought at its first known price with the run's slippage and the fee in
    force when it begins, never sold (what is held counts at last prices, as in the account's equity); and each market's return alone, once.

    A market that is listed later keeps its part in cash until then; one that ends keeps its last price. Markets without any known
    price are left out (their return is NaN); without any market the values are NaN. Of a grid in a file one
    market's values are in memory at a time. begun: of all of several markets, where that was.
    """
    cash, codes = result.settings.cash_krw, tuple(dict.fromkeys(result.markets))
    alone = len(codes) == 1
    total, last, held = _held(result, codes, cash if alone else 1.0, begun)
    if not alone:
        total /= max(held, 1)
        total *= cash
    return Curve(_start_ms(result), cash, result.equity_ms, total), tuple((last - 1.0).tolist())


def held_ratio(result: BacktestResult, market: str) -> NDArray[np.float64]:
    """float64 [n] beside equity_ms: what 1 KRW put into one market at its first known price is worth, after the
    slippage and fee of buying (1 before it: still cash); NaN where no price is ever known."""
    return _held(result, (market,), 1.0)[0]


def _held(
    result: BacktestResult, markets: Sequence[str], scale: float, begun: HoldPass | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """The sum of `held_ratio` x scale of the markets, the last ratio of each, and how many have one. begun: of all of them."""
    grid = result.candles
    known = [number for number, market in enumerate(markets) if market in grid.markets]
    total = np.empty(result.equity_ms.shape) if begun is None else begun.total
    last, held = np.full(len(markets), np.nan), 0
    most = max(len(known), 1) if grid.release is None else 1  # what lies in a file is given back, market by market
    for at in range(0, len(known), most):
        chosen = known[at : at + most]
        one = begun or _hold_pass(result, [markets[number] for number in chosen], scale, total, held)
        one.finish()
        held, last[chosen] = one.held, one.last
        grid.free()
    if held == 0:
        total.fill(np.nan)
    return total, last, held


def _hold_pass(result: BacktestResult, markets: Sequence[str], scale: float, total: NDArray[np.float64], held: int) -> HoldPass:
    grid, clock = result.candles, result.candles.timeframe
    arrays, cost = _prices(result, markets)
    span, handle = (clock.length_ms, clock.offset_ms, int(grid.first_index)), np.array(numbers_of(arrays), np.int64)
    return HoldPass(span, np.ascontiguousarray(result.equity_ms), handle, cost, scale, total, held, arrays)


def _prices(result: BacktestResult, markets: Sequence[str]) -> tuple[list[NDArray[Any]], NDArray[np.float64]]:
    """States, opens and closes of each market, [1, bars], and what buying it costs when the run begins, as a ratio of the price."""
    grid, start_ms = result.candles, _start_ms(result)
    rows = [grid.markets.index(market) for market in markets]
    arrays = [np.ascontiguousarray(part[row : row + 1]) for row in rows for part in (grid.state, grid.open, grid.close)]
    return arrays, np.array([_cost(result, market, start_ms) for market in markets])


def _prices_of(prices: NDArray[np.float64], row: int) -> NDArray[np.float64]:
    return np.ascontiguousarray(prices[row], np.float64)


def _cost(result: BacktestResult, market: str, start_ms: int) -> float:
    """What buying it costs when the run begins, as a ratio of the price."""
    settings = result.settings
    return (1.0 + settings.slippage) * (1.0 + fee_at(settings.costs.fees, market, settings.fee_rate, start_ms))


def _start_ms(result: BacktestResult) -> int:
    return int(result.equity_ms[0]) - result.strategy.clock.length_ms if result.equity_ms.size else 0


def daily_values(curve: Curve) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Every trading day touched (days since 1970-01-01 UTC) and the last value known at its end; a day without a row repeats it."""
    days, last = day_ends(curve)
    return days, at_ends(curve, last, curve.value_krw[last] if last.size else np.empty(0))


def day_ends(curve: Curve) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every trading day touched and the last row of it or before it; -1: the curve begins later."""
    last = day_rows(curve)
    return np.arange(len(last), dtype=np.int64) + curve.start_ms // DAY_MS, last


def day_rows(curve: Curve) -> NDArray[np.int64]:
    """The latter of `day_ends`."""
    time_ms = curve.time_ms
    if not time_ms.size:
        return np.empty(0, np.int64)
    first = curve.start_ms // DAY_MS
    last = np.empty((int(time_ms[-1]) - 1) // DAY_MS + 1 - first, np.int64)
    passes_of_days()["find_day_ends"](np.ascontiguousarray(time_ms, np.int64), (first + 1) * DAY_MS, DAY_MS, last)
    return last


def at_ends(curve: Curve, last: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """values [.., days] at the rows `last` of `day_ends`, with the start's where the curve has not begun."""
    return values if not last.size or last[0] >= 0 else np.where(last < 0, curve.start_krw, values)


def changes(start: float, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """values[.., i] / values[.., i-1] - 1, the first against `start`; NaN where the value before is not above zero."""
    before = np.empty_like(values)
    before[..., :1], before[..., 1:] = start, values[..., :-1]
    return np.asarray(np.divide(values, before, out=np.full(values.shape, np.nan), where=before > 0) - 1.0)


def daily_returns(start_krw: float, daily_krw: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[Days]]:
    """`changes` of the values of several curves at the ends of their trading days, [curves, days], and what is counted of each curve's."""
    daily, found = _measure_days(start_krw, daily_krw)
    return daily, [Days(*numbers[:COUNTED_WIDTH]) for numbers in found]


def days_of(start_krw: float, daily_krw: NDArray[np.float64]) -> list[tuple[Days, Spread]]:
    """What is counted of such returns of each curve, and how they spread."""
    _, found = _measure_days(start_krw, daily_krw)
    return [(Days(*numbers[:COUNTED_WIDTH]), Spread(*numbers[COUNTED_WIDTH:])) for numbers in found]


def _measure_days(start_krw: float, daily_krw: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[list[float]]]:
    daily, found = np.empty(daily_krw.shape), np.empty((len(daily_krw), DAYS_WIDTH))
    passes_of_days()["measure_days"](start_krw, np.ascontiguousarray(daily_krw, np.float64), daily, found)
    return daily, found.tolist()


def spreads(daily: NDArray[np.float64]) -> list[Spread]:
    """Of the daily returns of several curves, [curves, days]. Sums are those of numpy's mean and std of each."""
    found = np.empty((len(daily), DAYS_WIDTH - COUNTED_WIDTH))
    passes_of_days()["measure_spreads"](np.ascontiguousarray(daily, np.float64), found)
    return [Spread(*numbers) for numbers in found.tolist()]


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
    return _fall(_pass_over(curve, np.empty((0, 2))).found())


def _pass_over(curve: Curve, cash_changes: NDArray[np.float64]) -> CurvePass:
    return CurvePass(curve.start_ms, curve.start_krw, curve.time_ms, curve.value_krw, cash_changes)


def _fall(found: Sequence[float]) -> Drawdown:
    return Drawdown(found[DEPTH], int(found[LENGTH_MS]), int(found[LONGEST_MS]), found[RECOVERED] != 0.0)
