"""Entries by lot beside the result: would the same number of trades, held as long, have done as well at any other time?

A draw gives every closed trade of the run another time of entry in its own market: in time taken as continuous, all arrangements in which
the trades of a market keep their order, do not overlap and lie inside the run are equally likely. A trade keeps its cost, the delays and
shares of its sales, and what it paid in fees and slippage; only the prices differ. Delays are whole clock bars (at least one), prices are
opens of clock bars.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.research.trades import COIN_E8, Trade

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.model.candle import BarGrid
    from engine.research.result import BacktestResult

DRAWS: Final = 1_000
#: the same lots in every run: equal results give equal reports
SEED: Final = 20_170_925
#: most trades x draws; with more trades there are fewer draws, but never fewer than FEWEST_DRAWS
MOST_LOTS: Final = 10_000_000
FEWEST_DRAWS: Final = 100
#: sales x draws worked on at a time
_CHUNK: Final = 250_000


@dataclass(frozen=True, slots=True)
class RandomEntry:
    """The closed trades of a run among draws of the same trades at random times.

    draws, trades: counts. profit_krw: of the run's closed trades. percentile: share of draws that made less (ties count half); 1 = the
    run beat them all. median_krw, low_krw, high_krw: 50 %, 5 % and 95 % quantiles of the draws' profits.
    """

    draws: int
    trades: int
    profit_krw: float
    percentile: float
    median_krw: float
    low_krw: float
    high_krw: float


def random_entry(result: BacktestResult, trades: Sequence[Trade], draws: int = DRAWS) -> RandomEntry | None:
    """Compare a run's closed trades with random entries; None where there is none to compare, or no draw is wanted."""
    closed = [trade for trade in trades if not trade.is_open and trade.market in result.candles.markets]
    if not closed or draws <= 0:
        return None
    draws = draws_of(len(closed), draws)
    generator = np.random.default_rng(SEED)
    drawn = np.zeros(draws)
    for market, owner in zip(result.markets, result.owners or ("",) * len(result.markets), strict=True):
        own = [trade for trade in closed if (trade.market, trade.strategy) == (market, owner)]
        if own:
            drawn += _drawn_profits(result.candles, market, own, draws, generator)
            result.candles.free()
    profit = fsum(trade.profit_krw for trade in closed)
    below = np.count_nonzero(drawn < profit) + 0.5 * np.count_nonzero(drawn == profit)
    low, median, high = np.quantile(drawn, (0.05, 0.5, 0.95)).tolist()
    return RandomEntry(draws, len(closed), profit, below / draws, median, low, high)


def draws_of(trades: int, wanted: int) -> int:
    """How many draws are made: as many as wanted while trades x draws stay within MOST_LOTS."""
    return min(wanted, max(FEWEST_DRAWS, MOST_LOTS // trades))


def _drawn_profits(grid: BarGrid, market: str, trades: Sequence[Trade], draws: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """float64 [draws]: profit in KRW of the market's trades at random times."""
    prices = bar_prices(grid, market)
    trade_of, delay, weight_krw = _sales(trades, grid.timeframe.length_ms)
    lengths = np.zeros(len(trades), np.int64)
    np.maximum.at(lengths, trade_of, delay)
    spent = fsum(trade.fees_krw + trade.slippage_krw for trade in trades) + fsum(weight_krw.tolist())
    profits = np.empty(draws)
    rows = max(_CHUNK // len(delay), 1)
    for first in range(0, draws, rows):
        entry = arrangements(lengths, len(prices) - 1, min(rows, draws - first), generator)[:, trade_of]
        leave = np.minimum(entry + delay, len(prices) - 1)
        profits[first : first + rows] = (prices[leave] / prices[entry] * weight_krw).sum(axis=1) - spent
    return profits


def _sales(trades: Sequence[Trade], clock_ms: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Of every sale: position of its trade, clock bars since the entry, its share of the trade's cost before slippage (KRW)."""
    rows = []
    for position, trade in enumerate(trades):
        cost = fsum(leg.quantity_e8 * leg.base_krw for leg in trade.buys) / COIN_E8
        for leg in trade.sales:
            bars = max(round((leg.time_ms - trade.opened_ms) / clock_ms), 1)
            rows.append((position, bars, cost * leg.quantity_e8 / trade.quantity_e8))
    trade_of, delay, weight_krw = zip(*rows, strict=True)
    return np.array(trade_of, np.int64), np.array(delay, np.int64), np.array(weight_krw)


def bar_prices(grid: BarGrid, market: str) -> NDArray[np.float64]:
    """float64 [bars + 1]: opens of the clock bars from the first known price to the last, then the last close; an unknown bar repeats
    the close before it."""
    row = grid.markets.index(market)
    known = np.isfinite(grid.close[row])
    first, last = int(known.argmax()), known.size - int(known[::-1].argmax())
    opens, closes = grid.open[row, first:last], grid.close[row, first:last]
    if not np.isfinite(opens).all():
        position = np.maximum.accumulate(np.where(np.isfinite(closes), np.arange(closes.size), 0))
        before = np.concatenate((closes[:1], closes[position][:-1]))
        opens = np.where(np.isfinite(opens), opens, before)
    return np.append(opens, closes[-1])


def arrangements(lengths: NDArray[np.int64], bars: int, draws: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """int64 [draws, trades]: entry bars of trades of these lengths, in this order, that do not overlap in [0, bars]: what is left of the
    bars is shared out between them by exponential spacings (uniform order statistics: Devroye 1986, V.2.2), cut to whole bars. Trades that
    need more bars than there are begin at the last one."""
    free = max(bars - int(lengths.sum()), 0)
    spacing = np.cumsum(generator.standard_exponential((draws, lengths.size + 1)), axis=1)
    gaps = spacing[:, :-1] * ((free + 1) / spacing[:, -1:])
    before = np.cumsum(lengths) - lengths
    return np.minimum(gaps.astype(np.int64) + before, max(bars - 1, 0))
