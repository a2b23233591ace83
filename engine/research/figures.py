"""All figures of one run: the whole account, buy-and-hold beside it, each market and each exit rule."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.kernel.ledger import precompile as passes
from engine.research.metrics import (
    CURVE_FIGURES,
    NAN,
    RUN_FIGURES,
    TRADE_FIGURES,
    definitions,
    evaluate,
    facts_of_curves,
    ledger_facts,
    run_facts,
)
from engine.research.returns import Curve, account_curve, buy_and_hold
from engine.research.trades import Fills, Ledger, Trade, exact_sum, ledger_of, trades_of, ways_out, ways_out_indices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.research.result import BacktestResult


#: holding so many markets takes as long as a thread is worth
_MARKETS_BESIDE: Final = 8


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


@dataclass(frozen=True)
class Figures:
    """All that a report shows. `values` and `buy_and_hold` by key of `definitions()`; NaN where not defined. parts: of the strategies of a
    portfolio."""

    values: dict[str, float]
    buy_and_hold: dict[str, float]
    account: Curve
    held: Curve
    markets: tuple[MarketFigures, ...]
    exits: tuple[ExitFigures, ...]
    result: BacktestResult
    ledger: Ledger
    parts: tuple[Figures, ...] = ()

    @cached_property
    def trades(self) -> tuple[Trade, ...]:
        """Every trade in order of opening, made when first asked for: no figure needs them."""
        return trades_of(self.result, self.ledger)


def figures(result: BacktestResult, *, threads: int | None = None) -> Figures:
    """Every figure of a run. threads: None for as many as there are processors. Raises ValueError for a fill log that sells what was not
    bought."""
    if len(result.markets) < _MARKETS_BESIDE or (threads or os.cpu_count() or 1) == 1:
        return _figures(result, lambda: buy_and_hold(result))
    passes()  # before two threads look for them
    with ThreadPoolExecutor(1, "held") as beside:
        return _figures(result, beside.submit(buy_and_hold, result).result)


def _figures(result: BacktestResult, holding: Callable[[], tuple[Curve, tuple[float, ...]]]) -> Figures:
    """holding: gives what `buy_and_hold` does; it is asked for as late as can be."""
    ledger, account = ledger_of(result), account_curve(result)
    facts = run_facts(result, account, ledger)
    of_trades, of_run = evaluate(TRADE_FIGURES, facts.closed), evaluate(RUN_FIGURES, facts)
    codes = tuple(dict.fromkeys(result.markets))
    market_of = np.array([codes.index(market) for market in result.markets], np.int64)[ledger.rows["market"]]
    alone = of_trades if len(codes) == 1 else None
    markets = [_market(code, ledger, market_of == number, alone) for number, code in enumerate(codes)]
    held, returns = holding()
    of_account, of_held = (evaluate(CURVE_FIGURES, one) for one in facts_of_curves((account, held)))
    values = of_account | of_trades | of_run
    return Figures(
        values={key: values[key] for key in definitions()},
        buy_and_hold=of_held,
        account=account,
        held=held,
        markets=tuple(replace(one, held_return=held_return) for one, held_return in zip(markets, returns, strict=True)),
        exits=_exits(result, facts.fills),
        result=result,
        ledger=ledger,
        parts=tuple(figures(part) for part in result.parts),
    )


def _market(market: str, ledger: Ledger, own: NDArray[np.bool_], values: dict[str, float] | None) -> MarketFigures:
    """own: which trades are of the market. values: its figures, where they are known already. What holding it made is not known yet."""
    return MarketFigures(
        market=market,
        values=evaluate(TRADE_FIGURES, ledger_facts(ledger, own)) if values is None else dict(values),
        profit_krw=exact_sum(ledger.profit_krw[own]),
        fees_krw=exact_sum(ledger.fees_krw[own]),
        held_return=NAN,
    )


def _exits(result: BacktestResult, fills: Fills) -> tuple[ExitFigures, ...]:
    found = []
    for (name, _), index in zip(ways_out(result), ways_out_indices(result), strict=True):
        sales = fills.sales(index)
        found.append(
            ExitFigures(
                name=name,
                sales=len(sales.profit_krw),
                wins=sales.wins,
                closed_trades=sales.closing,
                ambiguous=sales.ambiguous,
                profit_krw=exact_sum(sales.profit_krw),
                average_return=float(sales.profit_ratio.mean()) if len(sales.profit_ratio) else NAN,
            )
        )
    return tuple(found)
