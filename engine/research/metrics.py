"""One function per figure of a backtest. Definitions in words: docs/metrics.md. What is not defined is NaN, never infinite."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from math import fsum
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import numpy as np

from engine.research.returns import DAY_MS, Curve, Days, Drawdown, Measured, Spread, daily_values, days_of, drawdown
from engine.research.trades import COIN_E8, Ledger, Trade, sums_by, sums_of

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
    TIMES = "times"  # 2 = twice


class Group(StrEnum):
    """Where a figure stands in a report."""

    RETURN = "return"
    RISK = "risk"
    TRADE = "trade"
    COST = "cost"


class CurveFacts(NamedTuple):
    """What figures need of a value curve; days, spread: of the returns of its trading days."""

    start_krw: float
    end_krw: float
    span_ms: int
    days: Days
    spread: Spread
    fall: Drawdown


class TradeFacts(NamedTuple):
    """Sums over closed trades. holding_ms: from first buy to last sale; gains: of those with a profit > 0, losses (negative) < 0; streak:
    most losses in a row, by time of closing; best, worst: returns."""

    trades: int
    profit_krw: float
    profit_ratio: float
    holding_ms: float
    gains_krw: float
    gains_ratio: float
    losses_krw: float
    losses_ratio: float
    wins: int
    losses: int
    streak: int
    best: float
    worst: float


class FillFacts(NamedTuple):
    """Sums over fills, KRW: slippage_krw: (price - base price) x quantity against us, tick rounding included; base_krw, value_krw: base
    price and price x quantity."""

    fees_krw: float
    slippage_krw: float
    base_krw: float
    value_krw: float


class RunFacts(NamedTuple):
    """The whole run. open_profit_krw: of each position that is still open; exposure: mean over rows of open positions / equity;
    time_in_market: share of rows with any; mean_equity_krw: over rows."""

    span_ms: int
    closed: TradeFacts
    open_profit_krw: tuple[float, ...]
    exposure: float
    time_in_market: float
    mean_equity_krw: float
    fills: FillFacts


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


@cache
def _all_in_order() -> Callable[[dict[str, float]], tuple[float, ...]]:
    return itemgetter(*definitions())


def in_order(values: dict[str, float]) -> dict[str, float]:
    """Every figure by key, in the order of reports."""
    return dict(zip(definitions(), _all_in_order()(values), strict=True))


def curve_facts(curve: Curve) -> CurveFacts:
    """Daily returns (365 days a year, trading days that turn at 09:00 KST) and the deepest fall of a curve."""
    return facts_of_curves(curve.start_krw, curve.span_ms, daily_values(curve)[1][None], [(curve.end_krw, drawdown(curve))])[0]


def facts_of_curves(
    start_krw: float, span_ms: int, daily_krw: NDArray[np.float64], ends: Sequence[tuple[float, Drawdown]]
) -> list[CurveFacts]:
    """The same of curves that start with the same money and have their rows at the same times. daily_krw [curves, days]: values at the
    ends of the trading days; ends: last value and deepest fall of each."""
    return [
        CurveFacts(start_krw, end_krw, span_ms, days, spread, fall)
        for (end_krw, fall), (days, spread) in zip(ends, days_of(start_krw, daily_krw), strict=True)
    ]


def trade_facts(trades: Iterable[Trade]) -> TradeFacts:
    """The closed ones among `trades`."""
    closed = sorted((t for t in trades if t.closed_ms is not None), key=lambda t: (t.closed_ms, t.number))
    columns = ([t.profit_krw for t in closed], [t.profit_ratio for t in closed], [t.holding_ms for t in closed])
    return _facts(*sums_of(np.array(columns, np.float64)))


def ledger_facts(ledger: Ledger) -> TradeFacts:
    """The closed ones among a ledger's trades."""
    return _facts(*ledger.closed_sums())


def market_facts(ledger: Ledger, market_of: NDArray[np.integer], markets: int) -> list[TradeFacts]:
    """The same of each market by itself. market_of [trades]: its number, below `markets`."""
    own = market_of[ledger.closed]
    order = np.argsort(own, kind="stable")
    columns, cuts = ledger.closed_columns().take(order, axis=1), own[order].searchsorted(np.arange(markets + 1))
    return [_facts(*sums) for sums in sums_by(columns, cuts)]


def _facts(count: int, sums: list[float]) -> TradeFacts:
    """sums: as engine.kernel.ledger.sum_trades finds them."""
    profit, ratio, holding, gains, gains_ratio, losses, losses_ratio, won, lost, streak, best, worst = sums
    return TradeFacts(
        count, profit, ratio, holding, gains, gains_ratio, losses, losses_ratio, int(won), int(lost), int(streak), best, worst
    )  # fmt: skip


def run_facts(result: BacktestResult, account: Measured, ledger: Ledger, closed: TradeFacts) -> RunFacts:
    """The whole run, from its trades and what was measured of its curve."""
    rows = len(result.equity_krw)
    fees, *rest = ledger.fill_sums.tolist()
    return RunFacts(
        span_ms=account.curve.span_ms,
        closed=closed,
        open_profit_krw=tuple(ledger.open_profit_krw()),
        exposure=_per(account.shares, rows),
        time_in_market=_per(account.held, rows),
        mean_equity_krw=_per(account.total_krw, rows),
        fills=FillFacts(fees, *(one / COIN_E8 for one in rest)),
    )


def evaluate(scope: Mapping[str, Definition], facts: Facts) -> dict[str, float]:
    """All figures of one scope; anything that is not finite becomes NaN."""
    finite = math.isfinite
    return {key: value if finite(value := float(one.function(facts))) else NAN for key, one in scope.items()}


def _per(part: float, whole: float) -> float:
    return part / whole if whole else NAN


# --- of a value curve: the account's, and buy-and-hold's beside it


@_figure(CURVE_FIGURES, Unit.MONEY, Group.RETURN)
def end_equity(facts: CurveFacts) -> float:
    """Cash and open positions at last prices when the run ends, KRW."""
    return facts.end_krw


@_figure(CURVE_FIGURES, Unit.MONEY, Group.RETURN)
def profit(facts: CurveFacts) -> float:
    """End less start, KRW; open positions count at last prices."""
    return facts.end_krw - facts.start_krw


@_figure(CURVE_FIGURES, Unit.RATIO, Group.RETURN)
def total_return(facts: CurveFacts) -> float:
    """End / start - 1."""
    return _per(facts.end_krw, facts.start_krw) - 1.0


@_figure(CURVE_FIGURES, Unit.RATIO, Group.RETURN)
def annualised_return(facts: CurveFacts) -> float:
    """(end / start) ^ (365 days / span) - 1; NaN under one day and where it overflows."""
    growth = _per(facts.end_krw, facts.start_krw)
    if facts.span_ms < DAY_MS or not growth >= 0:
        return NAN
    try:
        return math.pow(growth, DAYS_PER_YEAR * DAY_MS / facts.span_ms) - 1.0
    except OverflowError:  # a few lucky days, compounded for a year, can exceed any number
        return NAN


@_figure(CURVE_FIGURES, Unit.RATIO, Group.RETURN)
def best_day(facts: CurveFacts) -> float:
    """Highest daily return."""
    return facts.days.best


@_figure(CURVE_FIGURES, Unit.RATIO, Group.RETURN)
def worst_day(facts: CurveFacts) -> float:
    """Lowest daily return."""
    return facts.days.worst


@_figure(CURVE_FIGURES, Unit.RATIO, Group.RETURN)
def winning_days(facts: CurveFacts) -> float:
    """Days with a gain / days with a change."""
    return _per(facts.days.gained, facts.days.changed)


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
    return facts.trades


@_figure(TRADE_FIGURES, Unit.RATIO, Group.TRADE)
def win_rate(facts: TradeFacts) -> float:
    """Trades with profit > 0 / closed trades."""
    return _per(facts.wins, facts.trades)


@_figure(TRADE_FIGURES, Unit.MONEY, Group.TRADE)
def average_trade(facts: TradeFacts) -> float:
    """Mean profit of closed trades, KRW after fees."""
    return _per(facts.profit_krw, facts.trades)


@_figure(TRADE_FIGURES, Unit.RATIO, Group.TRADE)
def average_trade_return(facts: TradeFacts) -> float:
    """Mean of profit / (cost + buying fees)."""
    return _per(facts.profit_ratio, facts.trades)


@_figure(TRADE_FIGURES, Unit.MONEY, Group.TRADE)
def average_win(facts: TradeFacts) -> float:
    """Mean profit of the trades that gained, KRW."""
    return _per(facts.gains_krw, facts.wins)


@_figure(TRADE_FIGURES, Unit.MONEY, Group.TRADE)
def average_loss(facts: TradeFacts) -> float:
    """Mean profit of the trades that lost, KRW; negative."""
    return _per(facts.losses_krw, facts.losses)


@_figure(TRADE_FIGURES, Unit.RATIO, Group.TRADE)
def average_win_return(facts: TradeFacts) -> float:
    """Mean return of the trades that gained."""
    return _per(facts.gains_ratio, facts.wins)


@_figure(TRADE_FIGURES, Unit.RATIO, Group.TRADE)
def average_loss_return(facts: TradeFacts) -> float:
    """Mean return of the trades that lost; negative."""
    return _per(facts.losses_ratio, facts.losses)


@_figure(TRADE_FIGURES, Unit.NUMBER, Group.TRADE)
def profit_factor(facts: TradeFacts) -> float:
    """Sum of gains / sum of losses, KRW; NaN without losses."""
    return _per(facts.gains_krw, -facts.losses_krw)


@_figure(TRADE_FIGURES, Unit.NUMBER, Group.TRADE)
def payoff_ratio(facts: TradeFacts) -> float:
    """Average win / average loss, KRW; NaN without either."""
    return _per(average_win(facts), -average_loss(facts))


@_figure(TRADE_FIGURES, Unit.RATIO, Group.TRADE)
def best_trade(facts: TradeFacts) -> float:
    """Highest return of a closed trade."""
    return facts.best


@_figure(TRADE_FIGURES, Unit.RATIO, Group.TRADE)
def worst_trade(facts: TradeFacts) -> float:
    """Lowest return of a closed trade."""
    return facts.worst


@_figure(TRADE_FIGURES, Unit.COUNT, Group.TRADE)
def longest_losing_streak(facts: TradeFacts) -> float:
    """Most closed trades in a row, by time of closing, with profit < 0."""
    return facts.streak


@_figure(TRADE_FIGURES, Unit.DURATION, Group.TRADE)
def average_holding(facts: TradeFacts) -> float:
    """Mean time from first buy to last sale, ms."""
    return _per(facts.holding_ms, facts.trades)


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
    return _per(facts.closed.trades * DAY_MS, facts.span_ms)


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
    return facts.fills.fees_krw


@_figure(RUN_FIGURES, Unit.MONEY, Group.COST)
def slippage_paid(facts: RunFacts) -> float:
    """Sum of (price - base price) x quantity against us, tick rounding included, KRW."""
    return facts.fills.slippage_krw


@_figure(RUN_FIGURES, Unit.BASIS_POINTS, Group.COST)
def average_slippage(facts: RunFacts) -> float:
    """Slippage paid / value at base prices, in 0.01 %."""
    return _per(facts.fills.slippage_krw, facts.fills.base_krw) * 1e4


@_figure(RUN_FIGURES, Unit.MONEY, Group.COST)
def traded_value(facts: RunFacts) -> float:
    """Sum of price x quantity of all fills, KRW."""
    return facts.fills.value_krw


@_figure(RUN_FIGURES, Unit.TIMES, Group.COST)
def turnover(facts: RunFacts) -> float:
    """Traded value / mean equity."""
    return _per(facts.fills.value_krw, facts.mean_equity_krw)
