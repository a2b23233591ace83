"""Fills put together into trades: one trade is a position from open to flat."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import fsum
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.kernel.book import FILL
from engine.kernel.ledger import (
    ALL_FEES,
    ALL_PROFIT,
    DESCRIBED_WIDTH,
    PARTS,
    SALES,
    SALES_PROFIT,
    SALES_WIDTH,
    TRADE,
    TRADES_WIDTH,
    is_certain,
)
from engine.kernel.ledger import precompile as passes
from engine.model.events import Side
from engine.research.result import Rounding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.model.candle import BarGrid
    from engine.research.result import BacktestResult

COIN_E8 = 1e8
#: what float sums may leave of a position when quantities are continuous (Rounding.NONE), as a share of what was bought
CONTINUOUS_REST = 1e-12


@dataclass(frozen=True, slots=True)
class Leg:
    """One FILL of a trade. reason: name of the exit that sold, "" for a buy. profit_krw: of a sale, after its fee and its share of
    cost and buying fees; 0 for a buy. base_krw: the price before slippage and tick rounding."""

    time_ms: int
    reason: str
    quantity_e8: float
    price_krw: float
    base_krw: float
    fee_krw: float
    profit_krw: float
    ambiguous: bool

    @property
    def value_krw(self) -> float:
        """Quantity x price."""
        return self.quantity_e8 * self.price_krw / COIN_E8


@dataclass(frozen=True, slots=True)
class Trade:
    """One position. Times in UTC ms, money in KRW, ratios of 1, quantities in 1e-8 coins.

    closed_ms: None while open. entry_krw, exit_krw: averages without fees; exit_krw is NaN before the first sale.
    cost_krw, proceeds_krw: without fees. profit_krw: proceeds - cost - all fees (an open trade's rest counts at mark_krw, without a
    selling fee). profit_ratio: profit / (cost + buying fees). slippage_krw: what prices worse than base cost (negative: gained).
    best_ratio, worst_ratio: highest and lowest price held through / entry - 1. Exact except in the clock bar of the last sale, of
    which only the sale's price counts; NaN without candles. strategy: whose it is, where several trade on the account.
    """

    number: int
    market: str
    opened_ms: int
    closed_ms: int | None
    holding_ms: int
    entry_krw: float
    exit_krw: float
    quantity_e8: float
    rest_e8: float
    mark_krw: float
    cost_krw: float
    proceeds_krw: float
    fees_krw: float
    slippage_krw: float
    profit_krw: float
    profit_ratio: float
    best_ratio: float
    worst_ratio: float
    buys: tuple[Leg, ...]
    sales: tuple[Leg, ...]
    strategy: str = ""

    @property
    def is_open(self) -> bool:
        """True while something of it is still held."""
        return self.closed_ms is None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Names of the exits that sold, in order, each once."""
        return tuple(dict.fromkeys(leg.reason for leg in self.sales))


_FIELDS = ("time_ms", "market", "side", "exit_index", "quantity_e8", "price_krw", "base_krw", "fee_krw", "ambiguous")
_TIME, _MARKET, _SIDE, _EXIT, _QUANTITY, _PRICE, _BASE, _FEE, _AMBIGUOUS, _PROFIT = range(len(_FIELDS) + 1)
#: columns of a ledger that a Trade takes over
_COLUMNS = ("market", "opened_ms", "closed_ms", "quantity_e8", "rest_e8", "cost_krw", "proceeds_krw")
#: where the last known close is looked for before all bars are
_RECENT_BARS = 1000


@dataclass(frozen=True)
class Ledger:
    """Fills put together into trades, as columns.

    rows: engine.kernel.ledger.TRADE [trades] in order of opening. trade_of int64 [fills]: position in `rows`; profit_krw float64 [fills]:
    of a sale, after its fee and its share of cost and buying fees. mark_krw [trades]: price at which what is left of an open trade counts.
    fill_sums, sale_sums: as of engine.kernel.ledger.sum_fills.
    """

    rows: NDArray[np.void]
    trade_of: NDArray[np.int64]
    sale_profit_krw: NDArray[np.float64]
    mark_krw: NDArray[np.float64]
    fill_sums: NDArray[np.float64]
    sale_sums: NDArray[np.float64]

    @cached_property
    def _found(self) -> tuple[NDArray[np.float64], list[float], int]:
        """What engine.kernel.ledger.describe_trades says."""
        found, sums = np.empty((6, len(self.rows))), np.empty(DESCRIBED_WIDTH)
        closed: int = passes()["describe_trades"](self.rows, self.mark_krw, found, sums)
        return found, sums.tolist(), closed

    @cached_property
    def is_closed(self) -> NDArray[np.bool_]:
        """[trades]"""
        return np.asarray(self._found[0][4] != 0.0)

    @cached_property
    def closed(self) -> NDArray[np.int64]:
        """Places of the closed trades, in order of closing."""
        found, _, first = self._found
        if first >= 0:
            return np.arange(first)
        places = found[4].nonzero()[0]
        return np.asarray(places[np.argsort(found[5].take(places), kind="stable")])

    def closed_columns(self) -> NDArray[np.float64]:
        """[3, closed trades] in order of closing: profit_krw, profit_ratio, holding_ms."""
        found, _, first = self._found
        return found[1:4, :first] if first >= 0 else np.asarray(found[1:4].take(self.closed, axis=1))

    def closed_sums(self) -> tuple[int, list[float]]:
        """How many are closed, and what engine.kernel.ledger.sum_trades finds of them."""
        _, sums, first = self._found
        return (first, sums[:TRADES_WIDTH]) if first >= 0 else sums_of(self.closed_columns())

    def open_profit_krw(self) -> list[float]:
        """Of each trade that is open."""
        _, _, first = self._found
        found: list[float] = self.profit_krw[slice(first, None) if first >= 0 else ~self.is_closed].tolist()
        return found

    @property
    def total_profit_krw(self) -> float:
        """Of all trades, open ones as in profit_krw: math.fsum."""
        total = self._found[1][ALL_PROFIT]
        return exact_sum(self.profit_krw) if math.isnan(total) else total

    @property
    def total_fees_krw(self) -> float:
        """Of all trades: math.fsum."""
        total = self._found[1][ALL_FEES]
        return exact_sum(self.fees_krw) if math.isnan(total) else total

    @property
    def fees_krw(self) -> NDArray[np.float64]:
        """[trades] of buys and sales."""
        return np.asarray(self._found[0][0])

    @property
    def profit_krw(self) -> NDArray[np.float64]:
        """[trades] proceeds - cost - all fees; an open trade's rest counts at mark_krw."""
        return np.asarray(self._found[0][1])

    @property
    def profit_ratio(self) -> NDArray[np.float64]:
        """[trades] profit / (cost + buying fees)."""
        return np.asarray(self._found[0][2])

    @property
    def holding_ms(self) -> NDArray[np.float64]:
        """[trades] from first buy to last sale; of an open one it says nothing."""
        return np.asarray(self._found[0][3])


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


def sales_of(result: BacktestResult, ledger: Ledger) -> list[ExitFigures]:
    """Of each of `ways_out`."""
    exits, sums = result.strategy.exits, ledger.sale_sums
    by_risk = [way for way in range(len(sums) - 1, len(exits) - 1, -1) if sums[way, SALES] > 0]
    return [_sales(result, ledger, way) for way in (*range(len(exits)), *by_risk)]


def _sales(result: BacktestResult, ledger: Ledger, way: int) -> ExitFigures:
    numbers: list[float] = ledger.sale_sums[way].tolist()
    exit_index = way if way < len(result.strategy.exits) else way - 1 - len(ledger.sale_sums)
    sales, wins, closing, ambiguous = map(int, numbers[:SALES_PROFIT])
    profit, lost, rough, ratio, ratio_lost = numbers[SALES_PROFIT:]
    if is_certain(profit, lost, rough):
        profit += lost
    else:
        chosen = (result.fills["exit_index"] == exit_index) & (result.fills["side"] == Side.ASK)
        profit = fsum(ledger.sale_profit_krw[chosen].tolist())
    average = (ratio + ratio_lost) / sales if sales else math.nan
    return ExitFigures(result.strategy.exit_name(exit_index), sales, wins, closing, ambiguous, profit, average)


def sums_of(columns: NDArray[np.float64]) -> tuple[int, list[float]]:
    """How many trades the columns of Ledger.closed_columns are of, and what engine.kernel.ledger.sum_trades finds of them."""
    found = np.empty(TRADES_WIDTH)
    passes()["sum_trades"](*np.ascontiguousarray(columns, np.float64), found)
    return columns.shape[1], found.tolist()


def sums_by(columns: NDArray[np.float64], cuts: NDArray[np.int64]) -> list[tuple[int, list[float]]]:
    """The same of several groups of trades, columns cuts[k] to cuts[k + 1]."""
    found = np.empty((len(cuts) - 1, TRADES_WIDTH))
    passes()["sum_each_trades"](np.ascontiguousarray(columns, np.float64), cuts, found)
    return list(zip(np.diff(cuts).tolist(), found.tolist(), strict=True))


def exact_sums(values: NDArray[np.float64], cuts: NDArray[np.int64]) -> list[float]:
    """`exact_sum` of the values cuts[k] to cuts[k + 1]."""
    found = np.empty(len(cuts) - 1)
    passes()["sum_each_exactly"](np.ascontiguousarray(values, np.float64), cuts, np.empty(PARTS), found)
    ends = zip(found.tolist(), pairwise(cuts.tolist()), strict=True)
    return [fsum(values[start:stop].tolist()) if math.isnan(total) else total for total, (start, stop) in ends]


def exact_sum(values: NDArray[np.float64]) -> float:
    """math.fsum of the values."""
    total = float(passes()["sum_exactly"](np.ascontiguousarray(values, np.float64), np.empty(PARTS)))
    return fsum(values.tolist()) if math.isnan(total) else total


def ways_out(result: BacktestResult) -> tuple[tuple[str, str], ...]:
    """(name, kind) of everything that can have sold: the strategy's exits (`stop`, `target`, `rule`), then what sold of the risk
    profile (`risk`)."""
    strategy = result.strategy
    return (
        *((one.name, one.kind.name.lower()) for one in strategy.exits),
        *((strategy.exit_name(index), "risk") for index in _sold(result)),
    )


def _sold(result: BacktestResult) -> list[int]:
    indices = result.fills["exit_index"]
    by_risk = indices[indices < -1]
    return np.unique(by_risk)[::-1].tolist() if by_risk.size else []


def ledger_of(result: BacktestResult) -> Ledger:
    """The run's fills as trades. Raises ValueError for a sale without position."""
    count, risk = len(result.fills), result.strategy.risk
    rows, trade_of, profit = np.empty(count, TRADE), np.empty(count, np.int64), np.empty(count)
    ways = len(result.strategy.exits) + (0 if risk is None else len(risk.rules) + len(risk.breakers))
    sums, sales, current = np.empty(4), np.empty((ways, SALES_WIDTH)), np.empty(len(result.markets), np.int64)
    tolerance = CONTINUOUS_REST if result.settings.rounding is Rounding.NONE else 0.0
    fills = np.ascontiguousarray(result.fills, FILL)
    found = passes()["put_together"](fills, tolerance, current, rows, trade_of, profit, sums, sales)
    if found < 0:
        sale = fills[-1 - found]
        raise ValueError(f"the fill log sells {result.markets[int(sale['market'])]} at {int(sale['time_ms'])} without a position")
    mark = np.empty(found)
    mark.fill(np.nan)
    for market, number in enumerate(current.tolist()):
        if number >= 0:
            mark[number] = _mark(result, market)
            if math.isnan(mark[number]):
                mark[number] = _last_price(fills[trade_of == number])
    return Ledger(rows[:found], trade_of, profit, mark, sums, sales)


def trades_of(result: BacktestResult, ledger: Ledger | None = None) -> tuple[Trade, ...]:
    """All trades of a run in order of opening; open ones are marked at the last price. Raises ValueError for a sale without position."""
    found = ledger_of(result) if ledger is None else ledger
    return _Maker(result, found).make()


def _mark(result: BacktestResult, market: int) -> float:
    """Last known close of the market; NaN where the candles know none."""
    grid = result.candles
    if result.markets[market] in grid.markets:
        closes = grid.close[grid.markets.index(result.markets[market])]
        known = np.flatnonzero(np.isfinite(closes[-_RECENT_BARS:]))
        known = known + max(len(closes) - _RECENT_BARS, 0) if known.size else np.flatnonzero(np.isfinite(closes))
        if known.size:
            return float(closes[known[-1]])
    return math.nan


def _last_price(fills: NDArray[np.void]) -> float:
    """Of the last sale; without one, of the last buy."""
    sales = fills[fills["side"] == Side.ASK]
    return float((sales if len(sales) else fills)[-1]["price_krw"])


class _Maker:
    """Makes a Trade of every row of a ledger."""

    def __init__(self, result: BacktestResult, ledger: Ledger) -> None:
        self.result = result
        self.ledger = ledger
        self.fills = list(zip(*(result.fills[name].tolist() for name in _FIELDS), ledger.sale_profit_krw.tolist(), strict=True))

    def make(self) -> tuple[Trade, ...]:
        """In order of opening."""
        rows = self.ledger.rows
        own: list[list[tuple[Any, ...]]] = [[] for _ in range(len(rows))]
        for number, fill in zip(self.ledger.trade_of.tolist(), self.fills, strict=True):
            own[number].append(fill)
        columns = [rows[name].tolist() for name in _COLUMNS]
        derived = (self.ledger.mark_krw, self.ledger.fees_krw, self.ledger.profit_krw, self.ledger.profit_ratio)
        columns += [column.tolist() for column in derived]
        return tuple(self._trade(number, fills, *row) for number, (fills, *row) in enumerate(zip(own, *columns, strict=True), start=1))

    def _trade(
        self, number: int, fills: list[tuple[Any, ...]], market_row: int, opened: int, closed_ms: int, bought: float, rest: float,
        cost: float, proceeds: float, mark: float, fees: float, profit: float, ratio: float,
    ) -> Trade:  # fmt: skip
        market = self.result.markets[market_row]
        closed = None if closed_ms < 0 else closed_ms
        buys = [row for row in fills if row[_SIDE] == Side.BID]
        sold = [row for row in fills if row[_SIDE] == Side.ASK]
        sales = tuple(map(self._leg, sold))
        entry = _average(buys)
        best, worst = self._excursion(market, entry, opened, closed, sales)
        slippage = fsum((row[_PRICE] - row[_BASE]) * row[_SIDE] * row[_QUANTITY] for row in fills) / COIN_E8
        return Trade(
            number=number, market=market, opened_ms=opened, closed_ms=closed, holding_ms=self._end_ms(closed, opened) - opened,
            entry_krw=entry, exit_krw=_average(sold), quantity_e8=bought, rest_e8=rest, mark_krw=mark, cost_krw=cost,
            proceeds_krw=proceeds, fees_krw=fees, slippage_krw=slippage, profit_krw=profit, profit_ratio=ratio,
            best_ratio=best, worst_ratio=worst, buys=tuple(map(self._leg, buys)), sales=sales,
            strategy=self.result.owners[market_row] if self.result.owners else "",
        )  # fmt: skip

    def _leg(self, row: tuple[Any, ...]) -> Leg:
        return Leg(
            time_ms=row[_TIME],
            reason=self.result.strategy.exit_name(row[_EXIT]) if row[_SIDE] == Side.ASK else "",
            quantity_e8=row[_QUANTITY],
            price_krw=row[_PRICE],
            base_krw=row[_BASE],
            fee_krw=row[_FEE],
            profit_krw=row[_PROFIT],
            ambiguous=bool(row[_AMBIGUOUS]),
        )

    def _end_ms(self, closed: int | None, opened: int) -> int:
        if closed is not None:
            return closed
        return int(self.result.equity_ms[-1]) if self.result.equity_ms.size else opened

    def _excursion(self, market: str, entry: float, opened: int, closed: int | None, sales: tuple[Leg, ...]) -> tuple[float, float]:
        grid = self.result.candles
        if market not in grid.markets:
            return float("nan"), float("nan")
        high, low = _extremes(grid, market, opened, closed)
        held = [leg.base_krw for leg in sales] + [entry]
        return max(high, *held) / entry - 1.0, min(low, *held) / entry - 1.0


def _value(row: tuple[Any, ...]) -> float:
    return float(row[_QUANTITY] * row[_PRICE] / COIN_E8)


def _average(rows: list[tuple[Any, ...]]) -> float:
    """Average price by quantity; the price itself, to the bit, where all are equal; NaN without rows."""
    prices = {row[_PRICE] for row in rows}
    if len(prices) == 1:
        return float(prices.pop())
    return fsum(map(_value, rows)) / fsum(row[_QUANTITY] for row in rows) * COIN_E8 if rows else float("nan")


def _extremes(grid: BarGrid, market: str, opened: int, closed: int | None) -> tuple[float, float]:
    """Highest high and lowest low of the clock bars from the entry's to the one before the last sale's (-inf, inf when none is known).

    A buy fills at the first trade after a CLOSE, so the whole of the entry's bar lies after the entry.
    """
    row = grid.markets.index(market)
    first = max(grid.timeframe.index(opened) - grid.first_index, 0)
    last = grid.high.shape[1] if closed is None else grid.timeframe.index(closed) - grid.first_index
    high = np.fmax.reduce(grid.high[row, first : max(last, first)], initial=-np.inf)
    low = np.fmin.reduce(grid.low[row, first : max(last, first)], initial=np.inf)
    return float(high), float(low)
