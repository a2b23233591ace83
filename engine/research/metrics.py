"""One function per figure of a backtest. Definitions in words: docs/metrics.md. What is not defined is NaN, never infinite."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from math import fsum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from engine.kernel.eights import LANES
from engine.kernel.ledger import precompile as passes
from engine.research.returns import DAY_MS, Curve, Drawdown, changes, daily_values_of, drawdown
from engine.research.trades import COIN_E8, Fills, Ledger, Trade

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.research.result import BacktestResult

_Function = TypeVar("_Function", bound=Callable[..., float])
NAN: Final = float("nan")
#: crypto trades every day of the year
DAYS_PER_YEAR: Final = 365
#: a spread of returns below this share of their mean is rounding, not risk
NO_SPREAD: Final = 1e-9


class Unit(StrEnum):
    """How a figure is written."""

    MONEY = "money"  # KRW
    RATIO = "ratio"  # 0.02 = 2 %
    NUMBER = "number"
    COUNT = "count"
    DURATION = "duration"  # ms
    BASIS_POINTS = "basis_points"  # 1 = 0.01 %


class Group(StrEnum):
    """Where a figure stands in a report."""

    RETURN = "return"
    RISK = "risk"
    TRADE = "trade"
    COST = "cost"


@dataclass(frozen=True, slots=True)
class Spread:
    """Of daily returns: their mean, their sample standard deviation (n - 1), the root of the mean squared loss over all days. NaN for
    under two days; a mean needs one."""

    mean: float
    deviation: float
    downside: float


@dataclass(frozen=True, slots=True)
class CurveFacts:
    """A value curve and what several figures need of it."""

    curve: Curve
    daily: NDArray[np.float64]
    spread: Spread
    fall: Drawdown


@dataclass(frozen=True)
class TradeFacts:
    """Closed trades in order of closing, as columns. holding_ms: from first buy to last sale."""

    profit_krw: NDArray[np.float64]
    profit_ratio: NDArray[np.float64]
    holding_ms: NDArray[np.float64]

    @cached_property
    def won_at(self) -> NDArray[np.int64]:
        """Which trades have a profit > 0: places, which numpy follows faster than a mask that no processor can foretell."""
        return np.flatnonzero(self.profit_krw > 0)

    @cached_property
    def lost_at(self) -> NDArray[np.int64]:
        """Which trades have a profit < 0."""
        return np.flatnonzero(self.profit_krw < 0)

    @cached_property
    def gains_krw(self) -> NDArray[np.float64]:
        """Profits of those that won."""
        return self.profit_krw[self.won_at]

    @cached_property
    def losses_krw(self) -> NDArray[np.float64]:
        """Profits of those that lost; negative."""
        return self.profit_krw[self.lost_at]


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The whole run. open_profit_krw: of each position that is still open; exposure: mean over rows of open positions / equity;
    time_in_market: share of rows with any; mean_equity_krw: over rows."""

    result: BacktestResult
    curve: Curve
    closed: TradeFacts
    open_profit_krw: tuple[float, ...]
    exposure: float
    time_in_market: float
    mean_equity_krw: float
    fills: Fills


Facts = CurveFacts | TradeFacts | RunFacts


@dataclass(frozen=True, slots=True)
class Definition:
    """A figure's entry in the catalogue; its key names its texts (`report.figure.<key>`, `report.about.<key>`)."""

    key: str
    unit: Unit
    group: Group
    function: Callable[..., float]


CURVE_FIGURES: Final[dict[str, Definition]] = {}
TRADE_FIGURES: Final[dict[str, Definition]] = {}
RUN_FIGURES: Final[dict[str, Definition]] = {}


def _figure(scope: dict[str, Definition], unit: Unit, group: Group) -> Callable[[_Function], _Function]:
    def register(function: _Function) -> _Function:
        scope[function.__name__] = Definition(function.__name__, unit, group, function)
        return function

    return register


@cache
def definitions() -> Mapping[str, Definition]:
    """Every figure by key, in the order of reports."""
    every = {**CURVE_FIGURES, **TRADE_FIGURES, **RUN_FIGURES}
    return MappingProxyType({key: one for group in Group for key, one in every.items() if one.group is group})


def curve_facts(curve: Curve) -> CurveFacts:
    """Daily returns (365 days a year, trading days that turn at 09:00 KST) and the deepest fall of a curve."""
    return facts_of_curves([curve])[0]


def facts_of_curves(curves: Sequence[Curve]) -> list[CurveFacts]:
    """The same of curves that start with the same money and have their rows at the same times."""
    daily = changes(curves[0].start_krw, daily_values_of(curves)[1])
    return list(map(CurveFacts, curves, daily, spreads(daily), map(drawdown, curves)))


def spreads(daily: NDArray[np.float64]) -> list[Spread]:
    """Of the daily returns of several curves, [curves, days]. Sums are those of numpy's mean and std of each."""
    count, days = daily.shape
    if days == 0:
        return [Spread(NAN, NAN, NAN)] * count
    means = np.add.reduce(daily, axis=1) / days
    if days == 1:
        return [Spread(mean, NAN, NAN) for mean in means.tolist()]
    apart, losses = daily - means[:, None], np.minimum(daily, 0.0)
    deviations = np.sqrt(np.add.reduce(apart * apart, axis=1) / (days - 1))
    downsides = np.sqrt(np.add.reduce(losses * losses, axis=1) / days)
    return list(map(Spread, means.tolist(), deviations.tolist(), downsides.tolist()))


def trade_facts(trades: Iterable[Trade]) -> TradeFacts:
    """The closed ones among `trades`, by time of closing."""
    closed = sorted((t for t in trades if t.closed_ms is not None), key=lambda t: (t.closed_ms, t.number))
    columns = ([t.profit_krw for t in closed], [t.profit_ratio for t in closed], [t.holding_ms for t in closed])
    return TradeFacts(*(np.array(column, np.float64) for column in columns))


def ledger_facts(ledger: Ledger, chosen: NDArray[np.bool_] | None = None) -> TradeFacts:
    """The closed ones among a ledger's trades, of the `chosen` or all, by time of closing."""
    rows = ledger.rows
    chosen = ledger.is_closed if chosen is None else ledger.is_closed & chosen
    order = np.flatnonzero(chosen)
    order = order[np.argsort(rows["closed_ms"][order], kind="stable")]
    return TradeFacts(ledger.profit_krw[order], ledger.profit_ratio[order], ledger.holding_ms[order])


def run_facts(result: BacktestResult, curve: Curve, ledger: Ledger) -> RunFacts:
    """The whole run, from its trades and one pass over its rows."""
    sums, rows = np.empty(3), len(result.equity_krw)
    equity, exposed = np.ascontiguousarray(result.equity_krw), np.ascontiguousarray(result.exposure_krw)
    passes()["sum_rows"](equity, exposed, np.empty(LANES), sums)
    return RunFacts(
        result=result,
        curve=curve,
        closed=ledger_facts(ledger),
        open_profit_krw=tuple(ledger.profit_krw[~ledger.is_closed].tolist()),
        exposure=_per(float(sums[0]), rows),
        time_in_market=_per(float(sums[1]), rows),
        mean_equity_krw=_per(float(sums[2]), rows),
        fills=Fills(np.ascontiguousarray(result.fills), ledger),
    )


def evaluate(scope: Mapping[str, Definition], facts: Facts) -> dict[str, float]:
    """All figures of one scope; anything that is not finite becomes NaN."""
    values = {key: float(one.function(facts)) for key, one in scope.items()}
    return {key: value if math.isfinite(value) else NAN for key, value in values.items()}


def _per(part: float, whole: float) -> float:
    return part / whole if whole else NAN


def _mean(values: NDArray[np.float64]) -> float:
    """numpy's, without what it asks before."""
    return float(np.add.reduce(values)) / values.size if values.size else NAN


# --- of a value curve: the account's, and buy-and-hold's beside it


@_figure(CURVE_FIGURES, Unit.MONEY, Group.RETURN)
def end_equity(facts: CurveFacts) -> float:
    """Cash and open positions at last prices when the run ends, KRW."""
    return facts.curve.end_krw


@_figure(CURVE_FIGURES, Unit.MONEY, Group.RETURN)
def profit(facts: CurveFacts) -> float:
    """End less start, KRW; open positions count at last prices."""
    return facts.curve.end_krw - facts.curve.start_krw


@_figure(CURVE_FIGURES, Unit.RATIO, Group.RETURN)
def total_return(facts: CurveFacts) -> float:
    """End / start - 1."""
    return _per(facts.curve.end_krw, facts.curve.start_krw) - 1.0


@_figure(CURVE_FIGURES, Unit.RATIO, Group.RETURN)
def annualised_return(facts: CurveFacts) -> float:
    """(end / start) ^ (365 days / span) - 1; NaN under one day and where it overflows."""
    growth = _per(facts.curve.end_krw, facts.curve.start_krw)
    if facts.curve.span_ms < DAY_MS or not growth >= 0:
        return NAN
    try:
        return math.pow(growth, DAYS_PER_YEAR * DAY_MS / facts.curve.span_ms) - 1.0
    except OverflowError:  # a few lucky days, compounded for a year, can exceed any number
        return NAN


@_figure(CURVE_FIGURES, Unit.RATIO, Group.RETURN)
def best_day(facts: CurveFacts) -> float:
    """Highest daily return."""
    return float(facts.daily.max()) if facts.daily.size else NAN


@_figure(CURVE_FIGURES, Unit.RATIO, Group.RETURN)
def worst_day(facts: CurveFacts) -> float:
    """Lowest daily return."""
    return float(facts.daily.min()) if facts.daily.size else NAN


@_figure(CURVE_FIGURES, Unit.RATIO, Group.RETURN)
def winning_days(facts: CurveFacts) -> float:
    """Days with a gain / days with a change."""
    if np.isnan(facts.daily).any():
        return NAN
    return _per(int(np.count_nonzero(facts.daily > 0)), int(np.count_nonzero(facts.daily)))


@_figure(CURVE_FIGURES, Unit.RATIO, Group.RISK)
def maximum_drawdown(facts: CurveFacts) -> float:
    """Deepest fall from a highest value so far, over every row of the curve; 0 or negative."""
    return facts.fall.depth


@_figure(CURVE_FIGURES, Unit.DURATION, Group.RISK)
def maximum_drawdown_length(facts: CurveFacts) -> float:
    """From the peak before the deepest fall until it was reached again, or to the end; NaN without a fall."""
    return facts.fall.length_ms if facts.fall.depth < 0 else NAN


@_figure(CURVE_FIGURES, Unit.DURATION, Group.RISK)
def longest_drawdown_length(facts: CurveFacts) -> float:
    """Longest time below an earlier peak; NaN without a fall."""
    return facts.fall.longest_ms if facts.fall.depth < 0 else NAN


def _deviation(facts: CurveFacts) -> float:
    """Sample standard deviation (n - 1); NaN for under two days and where the returns do not differ."""
    deviation = facts.spread.deviation
    return deviation if deviation > NO_SPREAD * abs(facts.spread.mean) else NAN


@_figure(CURVE_FIGURES, Unit.RATIO, Group.RISK)
def annualised_volatility(facts: CurveFacts) -> float:
    """Sample standard deviation (n - 1) of daily returns x sqrt(365)."""
    return facts.spread.deviation * math.sqrt(DAYS_PER_YEAR)


@_figure(CURVE_FIGURES, Unit.NUMBER, Group.RISK)
def sharpe(facts: CurveFacts) -> float:
    """Mean / sample standard deviation (n - 1) of daily returns x sqrt(365); no risk-free rate (Sharpe 1994)."""
    return facts.spread.mean / _deviation(facts) * math.sqrt(DAYS_PER_YEAR)


@_figure(CURVE_FIGURES, Unit.NUMBER, Group.RISK)
def sortino(facts: CurveFacts) -> float:
    """Mean daily return / sqrt(mean of squared losses over all days) x sqrt(365) (Sortino 1994, target 0)."""
    return _per(facts.spread.mean, facts.spread.downside) * math.sqrt(DAYS_PER_YEAR)


@_figure(CURVE_FIGURES, Unit.NUMBER, Group.RISK)
def calmar(facts: CurveFacts) -> float:
    """Annualised return / depth of the deepest fall, both over the whole run."""
    return _per(annualised_return(facts), -facts.fall.depth)


# --- of closed trades: all, or one market's


@_figure(TRADE_FIGURES, Unit.COUNT, Group.TRADE)
def closed_trades(facts: TradeFacts) -> float:
    """How many positions went from open to flat."""
    return facts.profit_krw.size


@_figure(TRADE_FIGURES, Unit.RATIO, Group.TRADE)
def win_rate(facts: TradeFacts) -> float:
    """Trades with profit > 0 / closed trades."""
    return _per(facts.won_at.size, facts.profit_krw.size)


@_figure(TRADE_FIGURES, Unit.MONEY, Group.TRADE)
def average_trade(facts: TradeFacts) -> float:
    """Mean profit of closed trades, KRW after fees."""
    return _mean(facts.profit_krw)


@_figure(TRADE_FIGURES, Unit.RATIO, Group.TRADE)
def average_trade_return(facts: TradeFacts) -> float:
    """Mean of profit / (cost + buying fees)."""
    return _mean(facts.profit_ratio)


@_figure(TRADE_FIGURES, Unit.MONEY, Group.TRADE)
def average_win(facts: TradeFacts) -> float:
    """Mean profit of the trades that gained, KRW."""
    return _mean(facts.gains_krw)


@_figure(TRADE_FIGURES, Unit.MONEY, Group.TRADE)
def average_loss(facts: TradeFacts) -> float:
    """Mean profit of the trades that lost, KRW; negative."""
    return _mean(facts.losses_krw)


@_figure(TRADE_FIGURES, Unit.RATIO, Group.TRADE)
def average_win_return(facts: TradeFacts) -> float:
    """Mean return of the trades that gained."""
    return _mean(facts.profit_ratio[facts.won_at])


@_figure(TRADE_FIGURES, Unit.RATIO, Group.TRADE)
def average_loss_return(facts: TradeFacts) -> float:
    """Mean return of the trades that lost; negative."""
    return _mean(facts.profit_ratio[facts.lost_at])


@_figure(TRADE_FIGURES, Unit.NUMBER, Group.TRADE)
def profit_factor(facts: TradeFacts) -> float:
    """Sum of gains / sum of losses, KRW; NaN without losses."""
    return _per(float(np.add.reduce(facts.gains_krw)), -float(np.add.reduce(facts.losses_krw)))


@_figure(TRADE_FIGURES, Unit.NUMBER, Group.TRADE)
def payoff_ratio(facts: TradeFacts) -> float:
    """Average win / average loss, KRW; NaN without either."""
    return _per(average_win(facts), -average_loss(facts))


@_figure(TRADE_FIGURES, Unit.RATIO, Group.TRADE)
def best_trade(facts: TradeFacts) -> float:
    """Highest return of a closed trade."""
    return float(facts.profit_ratio.max()) if facts.profit_ratio.size else NAN


@_figure(TRADE_FIGURES, Unit.RATIO, Group.TRADE)
def worst_trade(facts: TradeFacts) -> float:
    """Lowest return of a closed trade."""
    return float(facts.profit_ratio.min()) if facts.profit_ratio.size else NAN


@_figure(TRADE_FIGURES, Unit.COUNT, Group.TRADE)
def longest_losing_streak(facts: TradeFacts) -> float:
    """Most closed trades in a row, by time of closing, with profit < 0."""
    ends = np.flatnonzero(np.concatenate(([True], facts.profit_krw >= 0, [True])))
    return int(np.diff(ends).max()) - 1


@_figure(TRADE_FIGURES, Unit.DURATION, Group.TRADE)
def average_holding(facts: TradeFacts) -> float:
    """Mean time from first buy to last sale, ms."""
    return _mean(facts.holding_ms)


# --- of the whole run


@_figure(RUN_FIGURES, Unit.COUNT, Group.TRADE)
def open_trades(facts: RunFacts) -> float:
    """Positions still open when the run ends."""
    return len(facts.open_profit_krw)


@_figure(RUN_FIGURES, Unit.MONEY, Group.TRADE)
def open_profit(facts: RunFacts) -> float:
    """Their profit so far, KRW: at last prices, without a selling fee."""
    return fsum(facts.open_profit_krw)


@_figure(RUN_FIGURES, Unit.NUMBER, Group.TRADE)
def trades_per_day(facts: RunFacts) -> float:
    """Closed trades / days of the run."""
    return _per(facts.closed.profit_krw.size * DAY_MS, facts.curve.span_ms)


@_figure(RUN_FIGURES, Unit.RATIO, Group.TRADE)
def exposure(facts: RunFacts) -> float:
    """Mean over rows of open positions / equity."""
    return facts.exposure


@_figure(RUN_FIGURES, Unit.RATIO, Group.TRADE)
def time_in_market(facts: RunFacts) -> float:
    """Share of rows with any open position."""
    return facts.time_in_market


@_figure(RUN_FIGURES, Unit.MONEY, Group.COST)
def fees_paid(facts: RunFacts) -> float:
    """Sum of all fees, KRW."""
    return float(facts.fills.described[0].sum())


@_figure(RUN_FIGURES, Unit.MONEY, Group.COST)
def slippage_paid(facts: RunFacts) -> float:
    """Sum of (price - base price) x quantity against us, tick rounding included, KRW."""
    return float(facts.fills.described[1].sum()) / COIN_E8


@_figure(RUN_FIGURES, Unit.BASIS_POINTS, Group.COST)
def average_slippage(facts: RunFacts) -> float:
    """Slippage paid / value at base prices, in 0.01 %."""
    return _per(slippage_paid(facts), float(facts.fills.described[2].sum()) / COIN_E8) * 1e4


@_figure(RUN_FIGURES, Unit.MONEY, Group.COST)
def traded_value(facts: RunFacts) -> float:
    """Sum of price x quantity of all fills, KRW."""
    return float(facts.fills.described[3].sum()) / COIN_E8


@_figure(RUN_FIGURES, Unit.NUMBER, Group.COST)
def turnover(facts: RunFacts) -> float:
    """Traded value / mean equity."""
    return _per(traded_value(facts), facts.mean_equity_krw)
