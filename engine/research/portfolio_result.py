"""A portfolio's run as its reader sees it: the account as one result, and each strategy's part of it as if its share were an account.

In the account's result every strategy has rows of markets of its own, so that two of them in one market are two positions; exits and rules
are named `strategy.exit`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.kernel.bars import changes_of
from engine.kernel.book import FILL
from engine.model.candle import BarState
from engine.model.costs import TurnedAway
from engine.research.backtest import clock_candles, left_out, traded_krw
from engine.research.result import BacktestResult, Settings
from engine.research.trades import COIN_E8

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dsl.graph import Timeframe
    from dsl.strategy import Portfolio, Strategy
    from engine.model.candle import BarGrid
    from engine.model.events import Members
    from engine.research.result import SideGap
    from engine.research.universe import UniverseCounts

#: counts of the account that no strategy has for itself
_ACCOUNT_COUNTS: Final = ("ambiguous_steps", "ambiguous_krw", "unsettled_entries", "sale_below_minimum", "turned_away")


@dataclass(frozen=True, slots=True)
class PartRun:
    """What one strategy did. share: of the capital. traded: markets that it may buy; fills: their market counts in the grid. rule_counts:
    per named condition, as BacktestResult. settled_ms: per market of the grid."""

    strategy: Strategy
    share: float
    traded: tuple[str, ...]
    fills: NDArray[np.void]
    skipped: dict[str, int]
    rule_counts: Sequence[tuple[int, int, int]]
    settled_ms: Sequence[int]
    members: tuple[Members, ...] = ()
    universe: UniverseCounts | None = None
    gaps: tuple[SideGap, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountRun:
    """The account: a row per time at which any clock closed (KRW), and what no strategy has for itself."""

    equity_ms: NDArray[np.int64]
    cash_krw: NDArray[np.float64]
    exposure_krw: NDArray[np.float64]
    ambiguous_steps: int = 0
    ambiguous_krw: float = 0.0
    unsettled_entries: int = 0
    sale_below_minimum: int = 0
    turned_away: TurnedAway = field(default_factory=TurnedAway)


def account_result(
    portfolio: Portfolio,
    runs: Sequence[PartRun],
    account: AccountRun,
    grid: BarGrid,
    settings: Settings,
    *,
    synthetic: bool,
    seconds: float,
) -> BacktestResult:
    """The account with its parts. grid: the base bars of the run."""
    parts = tuple(replace(_part(portfolio, run, account, grid, settings), synthetic=synthetic) for run in runs)
    strategy = _account_strategy(portfolio, [run.strategy for run in runs])
    fills = _merged_fills(parts)
    used = {market for run in runs for market in run.traded}
    kept = [row for row, market in enumerate(grid.markets) if market in used]
    skipped = {reason: sum(part.skipped[reason] for part in parts) for reason in parts[0].skipped} if parts else {}
    return BacktestResult(
        strategy=strategy,
        settings=settings,
        markets=tuple(market for part in parts for market in part.markets),
        owners=tuple(part.strategy.name for part in parts for _ in part.markets),
        parts=parts,
        fills=fills,
        equity_ms=account.equity_ms,
        equity_krw=account.cash_krw + account.exposure_krw,
        cash_changes=changes_of(account.cash_krw),
        candles=clock_candles(grid, kept, strategy, settings.from_ms),
        skipped=skipped,
        rule_counts={f"{part.strategy.name}.{path}": times for part in parts for path, times in part.rule_counts.items()},
        settled_ms=tuple(settled for part in parts for settled in part.settled_ms),
        fill_bar_krw=np.concatenate([np.zeros(0), *_bar_krw(parts)])[_order(parts)],
        left_out_breakers=tuple(dict.fromkeys(name for part in parts for name in part.left_out_breakers)),
        synthetic=synthetic,
        compute_seconds=seconds,
        base=grid.timeframe,
        inside_bars=0 if grid.inside is None else grid.inside.bars,
        inside_apart=0 if grid.inside is None else grid.inside.apart,
        outages=grid.outages if settings.costs.outages else (),
        **{name: getattr(account, name) for name in _ACCOUNT_COUNTS},
    )


def _account_strategy(portfolio: Portfolio, strategies: Sequence[Strategy]) -> Strategy:
    """Who stands for all of them in the account's result: the shortest clock, everybody's exits under their owner's name."""
    first = min(strategies, key=lambda one: one.clock.length_ms)
    exits = tuple(replace(rule, name=f"{one.name}.{rule.name}") for one in strategies for rule in one.exits)
    universe = next((one.universe for one in strategies if one.universe is not None), None)
    return replace(
        first, name=portfolio.name, title=portfolio.title, version=portfolio.version, markets=(), exits=exits, conditions=(), params={},
        universe=universe, tests=(), factors=(),
    )  # fmt: skip


def _merged_fills(parts: Sequence[BacktestResult]) -> NDArray[np.void]:
    """All FILLs by time, those of one time by strategy; markets and exits count over the parts, orders are numbered apart."""
    merged, market, exits, order = [], 0, 0, 0
    for part in parts:
        fills = part.fills.copy()
        fills["market"] += market
        fills["exit_index"] = np.where(fills["exit_index"] >= 0, fills["exit_index"] + exits, fills["exit_index"])
        fills["order_id"] += order
        order = int(fills["order_id"].max()) + 1 if len(fills) else order
        market, exits = market + len(part.markets), exits + len(part.strategy.exits)
        merged.append(fills)
    every = np.concatenate([np.zeros(0, FILL), *merged])
    return every[_order(parts)]


def _order(parts: Sequence[BacktestResult]) -> NDArray[np.int64]:
    times = np.concatenate([np.zeros(0, np.int64), *(part.fills["time_ms"] for part in parts)])
    return np.argsort(times, kind="stable")


def _bar_krw(parts: Sequence[BacktestResult]) -> list[NDArray[np.float64]]:
    return [np.full(len(part.fills), np.nan) if part.fill_bar_krw is None else part.fill_bar_krw for part in parts]


def _part(portfolio: Portfolio, run: PartRun, account: AccountRun, grid: BarGrid, settings: Settings) -> BacktestResult:
    """One strategy with its share as its cash: what it gained and lost is the account's, to the won."""
    kept = [row for row, market in enumerate(grid.markets) if market in run.traded]
    cash_krw = run.share * _capital(portfolio, settings.cash_krw)
    times = account.equity_ms[_closes(run.strategy.clock, account.equity_ms)]
    cash, exposure = _books(run.fills, times, grid, settings.from_ms, cash_krw)
    fills = run.fills.copy()
    fills["market"] = np.searchsorted(kept, fills["market"])
    return BacktestResult(
        strategy=run.strategy,
        settings=replace(settings, cash_krw=cash_krw),
        markets=tuple(grid.markets[row] for row in kept),
        owners=(run.strategy.name,) * len(kept),
        share=run.share,
        fills=fills,
        equity_ms=times,
        equity_krw=cash + exposure,
        cash_changes=changes_of(cash),
        candles=clock_candles(grid, kept, run.strategy, settings.from_ms),
        skipped=run.skipped,
        rule_counts=dict(zip((condition.path for condition in run.strategy.conditions), run.rule_counts, strict=True)),
        settled_ms=tuple(run.settled_ms[row] for row in kept),
        fill_bar_krw=traded_krw(grid, run.fills),
        unsettled_entries=_unsettled(run),
        left_out_breakers=left_out(run.strategy, grid.timeframe),
        members=run.members,
        universe=run.universe,
        gaps=run.gaps,
        base=grid.timeframe,
        outages=grid.outages if settings.costs.outages else (),
    )


def _unsettled(run: PartRun) -> int:
    """Buys that filled and were decided before their market's values had settled."""
    early = (run.fills["side"] > 0) & (run.fills["decided_ms"] < np.array(run.settled_ms, np.int64)[run.fills["market"]])
    return len(np.unique(run.fills["order_id"][early]))


def _capital(portfolio: Portfolio, cash_krw: float) -> float:
    """Of the account's cash, what the portfolio may use."""
    if portfolio.capital_krw is not None:
        return min(cash_krw, float(portfolio.capital_krw))
    return cash_krw if portfolio.capital_ratio is None else portfolio.capital_ratio * cash_krw


def _closes(clock: Timeframe, times: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which times are closes of the clock."""
    if clock.months:
        return np.array([clock.index(time_ms) != clock.index(time_ms - 1) for time_ms in times.tolist()], np.bool_)
    return np.asarray((times - clock.offset_ms) % clock.length_ms == 0)


def _books(
    fills: NDArray[np.void], times: NDArray[np.int64], grid: BarGrid, from_ms: int | None, cash_krw: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(cash, positions at last prices) after each time, of these fills alone (KRW)."""
    done = np.searchsorted(fills["time_ms"], times, side="left")
    flows = -fills["side"] * fills["quantity_e8"] * fills["price_krw"] / COIN_E8 - fills["fee_krw"]
    cash = cash_krw + np.concatenate([[0.0], np.cumsum(flows)])[done]
    exposure = np.zeros(len(times))
    base = grid.timeframe
    columns = (times - base.offset_ms) // base.length_ms - 1 - grid.first_index
    first = 0 if from_ms is None else max(-((base.offset_ms - from_ms) // base.length_ms) - grid.first_index, 0)
    for market in np.unique(fills["market"]).tolist():
        own = fills["market"] == market
        held = np.concatenate([[0.0], np.cumsum(np.where(own, fills["side"] * fills["quantity_e8"], 0.0))])[done]
        traded = (grid.state[market] == BarState.TRADED) & (np.arange(grid.state.shape[1]) >= first)
        latest = np.maximum.accumulate(np.where(traded, np.arange(traded.size), -1))[columns]
        exposure += np.where(held > 0.0, held * grid.close[market][latest] / COIN_E8, 0.0)
    return cash, exposure
