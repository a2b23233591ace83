"""All figures of one run: the whole account, buy-and-hold beside it, each market and each exit rule."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING

import numpy as np

from engine.research.metrics import (
    CURVE_FIGURES,
    NAN,
    RUN_FIGURES,
    TRADE_FIGURES,
    RunFacts,
    curve_facts,
    definitions,
    evaluate,
    trade_facts,
)
from engine.research.returns import Curve, account_curve, buy_and_hold_curve, held_ratio
from engine.research.trades import Trade, trades_of, ways_out

if TYPE_CHECKING:
    from engine.research.result import BacktestResult


@dataclass(frozen=True, slots=True)
class MarketFigures:
    """One market: TRADE_FIGURES of its closed trades, profit of all its trades (open ones marked), fees, and holding it instead."""

    market: str
    values: dict[str, float]
    profit_krw: float
    fees_krw: float
    held_return: float


@dataclass(frozen=True, slots=True)
class ExitFigures:
    """One exit rule: its sales, how many of them won, what they made (after fees and their share of the cost), and the average
    return on that share; closed_trades: trades that it ended."""

    name: str
    sales: int
    wins: int
    closed_trades: int
    ambiguous: int
    profit_krw: float
    average_return: float


@dataclass(frozen=True, slots=True)
class Figures:
    """All that a report shows. `values` and `buy_and_hold` by key of `definitions()`; NaN where not defined."""

    values: dict[str, float]
    buy_and_hold: dict[str, float]
    trades: tuple[Trade, ...]
    account: Curve
    held: Curve
    markets: tuple[MarketFigures, ...]
    exits: tuple[ExitFigures, ...]


def figures(result: BacktestResult) -> Figures:
    """Every figure of a run. Raises ValueError for a fill log that sells what was not bought."""
    trades = trades_of(result)
    account, held = account_curve(result), buy_and_hold_curve(result)
    facts = RunFacts(result, account, trade_facts(trades), tuple(trade for trade in trades if trade.is_open))
    values = evaluate(CURVE_FIGURES, curve_facts(account)) | evaluate(TRADE_FIGURES, facts.closed) | evaluate(RUN_FIGURES, facts)
    return Figures(
        values={key: values[key] for key in definitions()},
        buy_and_hold=evaluate(CURVE_FIGURES, curve_facts(held)),
        trades=trades,
        account=account,
        held=held,
        markets=tuple(_market(result, market, trades) for market in result.markets),
        exits=tuple(_exit(name, trades) for name, _ in ways_out(result)),
    )


def _market(result: BacktestResult, market: str, trades: tuple[Trade, ...]) -> MarketFigures:
    own = tuple(trade for trade in trades if trade.market == market)
    ratio = held_ratio(result, market)
    return MarketFigures(
        market=market,
        values=evaluate(TRADE_FIGURES, trade_facts(own)),
        profit_krw=fsum(trade.profit_krw for trade in own),
        fees_krw=fsum(trade.fees_krw for trade in own),
        held_return=float(ratio[-1]) - 1.0 if ratio.size else NAN,
    )


def _exit(name: str, trades: tuple[Trade, ...]) -> ExitFigures:
    legs = [(trade, leg) for trade in trades for leg in trade.sales if leg.reason == name]
    profits = [leg.profit_krw for _, leg in legs]
    costs = [leg.value_krw - leg.fee_krw - leg.profit_krw for _, leg in legs]
    returns = np.array([gain / cost if cost else NAN for gain, cost in zip(profits, costs, strict=True)], np.float64)
    return ExitFigures(
        name=name,
        sales=len(legs),
        wins=sum(gain > 0 for gain in profits),
        closed_trades=sum(1 for trade, leg in legs if not trade.is_open and leg is trade.sales[-1]),
        ambiguous=sum(leg.ambiguous for _, leg in legs),
        profit_krw=fsum(profits),
        average_return=float(returns.mean()) if returns.size else NAN,
    )
