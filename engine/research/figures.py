"""All figures of one run: the whole account, buy-and-hold beside it, each market and each exit rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.research.metrics import (
    CURVE_FIGURES,
    RUN_FIGURES,
    TRADE_FIGURES,
    evaluate,
    facts_of_curves,
    in_order,
    ledger_facts,
    market_facts,
    run_facts,
)
from engine.research.returns import Curve, Holding, Measuring, account_curve, at_ends, buy_and_hold_curve, day_rows, holding, holding_beside
from engine.research.room import processors
from engine.research.trades import ExitFigures, Ledger, Trade, exact_sums, ledger_of, sales_of, trades_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.research.result import BacktestResult


#: holding so many markets takes as long as a thread is worth
_MARKETS_BESIDE: Final = 8
#: measuring a curve of so many rows takes longer than a thread costs
_ROWS_BESIDE: Final = 196_608


@dataclass(frozen=True, slots=True)
class MarketFigures:
    """One market: TRADE_FIGURES of its closed trades, profit of all its trades (open ones marked), fees, and holding it instead."""

    market: str
    values: dict[str, float]
    profit_krw: float
    fees_krw: float
    held_return: float


@dataclass(frozen=True)
class Figures:
    """All that a report shows. `values` and `buy_and_hold` by key of `definitions()`; NaN where not defined. held_curve: of buying and
    holding, where it had to be made. parts: of the strategies of a portfolio."""

    values: dict[str, float]
    buy_and_hold: dict[str, float]
    account: Curve
    held_curve: Curve | None
    markets: tuple[MarketFigures, ...]
    exits: tuple[ExitFigures, ...]
    result: BacktestResult
    ledger: Ledger
    parts: tuple[Figures, ...] = ()

    @cached_property
    def held(self) -> Curve:
        """What buying and holding would have been worth, made when first asked for: one market's figures do not need it."""
        return self.held_curve or buy_and_hold_curve(self.result)

    @cached_property
    def trades(self) -> tuple[Trade, ...]:
        """Every trade in order of opening, made when first asked for: no figure needs them."""
        return trades_of(self.result, self.ledger)


def figures(result: BacktestResult, *, threads: int | None = None) -> Figures:
    """Every figure of a run. threads: None for as many as there are processors. Raises ValueError for a fill log that sells what was not
    bought."""
    several, measuring = (threads or processors()) > 1, Measuring(result, account_curve(result))
    rows, few = day_rows(measuring.curve), len(result.markets) < _MARKETS_BESIDE
    try:
        if several and few and len(result.equity_krw) >= _ROWS_BESIDE:
            measuring.start()
        if few or not several:
            return _figures(result, rows, partial(holding, result, rows), measuring)
        with holding_beside(result, rows) as held:
            return _figures(result, rows, held, measuring)
    finally:
        measuring.stop()


def _figures(result: BacktestResult, last: NDArray[np.int64], hold: Callable[[], Holding], measuring: Measuring) -> Figures:
    """last: rows at the ends of the trading days. hold: what gives what `holding` does; it and `measuring` are asked as late as can be."""
    ledger = ledger_of(result)
    closed, exits = ledger_facts(ledger), tuple(sales_of(result, ledger))
    of_trades = evaluate(TRADE_FIGURES, closed)
    markets = _markets(result, ledger, of_trades)
    held, measured = hold(), measuring.found()
    account, of_run = measured.curve, evaluate(RUN_FIGURES, run_facts(result, measured, ledger, closed))
    daily_krw = at_ends(account, last, np.array((account.value_krw.take(last), held.value_krw)))
    ends = (account.end_krw, measured.fall), (held.end_krw, held.fall)
    of_account, of_held = (
        evaluate(CURVE_FIGURES, one) for one in facts_of_curves(account.start_krw, account.span_ms, daily_krw, ends)
    )  # fmt: skip
    return Figures(
        values=in_order(of_account | of_trades | of_run),
        buy_and_hold=of_held,
        account=account,
        held_curve=held.curve,
        markets=tuple(MarketFigures(*one, held_return) for one, held_return in zip(markets, held.returns, strict=True)),
        exits=exits,
        result=result,
        ledger=ledger,
        parts=tuple(figures(part) for part in result.parts),
    )


def _markets(result: BacktestResult, ledger: Ledger, of_all: dict[str, float]) -> list[tuple[str, dict[str, float], float, float]]:
    """What MarketFigures begin with: all but what holding each market made, which is not known yet. of_all: TRADE_FIGURES of the run."""
    codes = tuple(dict.fromkeys(result.markets))
    if len(codes) == 1:
        return [(codes[0], dict(of_all), ledger.total_profit_krw, ledger.total_fees_krw)]
    number = {market: position for position, market in enumerate(codes)}
    kind = np.int16 if len(codes) <= np.iinfo(np.int16).max else np.int64  # short numbers are sorted in a tenth of the time
    market_of = np.array([number[market] for market in result.markets], kind)[ledger.rows["market"]]
    order = np.argsort(market_of, kind="stable")
    cuts = market_of[order].searchsorted(np.arange(len(codes) + 1))
    profits, fees = exact_sums(ledger.profit_krw[order], cuts), exact_sums(ledger.fees_krw[order], cuts)
    values = [evaluate(TRADE_FIGURES, facts) for facts in market_facts(ledger, market_of, len(codes))]
    return list(zip(codes, values, profits, fees, strict=True))
