"""Fills put together into trades: one trade is a position from open to flat."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import fsum
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.model.events import Side
from engine.research.result import Rounding

if TYPE_CHECKING:
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
    which only the sale's price counts; NaN without candles.
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

    @property
    def is_open(self) -> bool:
        """True while something of it is still held."""
        return self.closed_ms is None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Names of the exits that sold, in order, each once."""
        return tuple(dict.fromkeys(leg.reason for leg in self.sales))


@dataclass(slots=True)
class _Building:
    """The open position of one market while the fill log is read."""

    rest_e8: float = 0.0
    buys: list[tuple[Any, ...]] = field(default_factory=list)
    sales: list[tuple[Any, ...]] = field(default_factory=list)


_FIELDS = ("time_ms", "market", "side", "exit_index", "quantity_e8", "price_krw", "base_krw", "fee_krw", "ambiguous")
_TIME, _MARKET, _SIDE, _EXIT, _QUANTITY, _PRICE, _BASE, _FEE, _AMBIGUOUS = range(len(_FIELDS))


def ways_out(result: BacktestResult) -> tuple[tuple[str, str], ...]:
    """(name, kind) of everything that can have sold: the strategy's exits (`stop`, `target`, `rule`), then what sold of the risk
    profile (`risk`)."""
    strategy = result.strategy
    sold = sorted({int(index) for index in result.fills["exit_index"] if index < -1}, reverse=True)
    return (*((one.name, one.kind.name.lower()) for one in strategy.exits), *((strategy.exit_name(index), "risk") for index in sold))


def trades_of(result: BacktestResult) -> tuple[Trade, ...]:
    """All trades of a run in order of opening; open ones are marked at the last price. Raises ValueError for a sale without position."""
    maker = _Maker(result)
    for row in zip(*(result.fills[name].tolist() for name in _FIELDS), strict=True):
        maker.take(row)
    return maker.finish()


class _Maker:
    """Reads fills in order of time."""

    def __init__(self, result: BacktestResult) -> None:
        self.result = result
        self.tolerance = CONTINUOUS_REST if result.settings.rounding is Rounding.NONE else 0.0
        self.building: dict[int, _Building] = {}
        self.positions: list[_Building] = []

    def take(self, row: tuple[Any, ...]) -> None:
        market = row[_MARKET]
        if row[_SIDE] == Side.BID:
            position = self.building.get(market)
            if position is None:
                position = self.building[market] = _Building()
                self.positions.append(position)
            position.buys.append(row)
            position.rest_e8 += row[_QUANTITY]
            return
        position = self.building.get(market)
        if position is None:
            raise ValueError(f"the fill log sells {self.result.markets[market]} at {row[_TIME]} without a position")
        position.sales.append(row)
        position.rest_e8 -= row[_QUANTITY]
        if position.rest_e8 <= self.tolerance * fsum(buy[_QUANTITY] for buy in position.buys):
            position.rest_e8 = 0.0
            del self.building[market]

    def finish(self) -> tuple[Trade, ...]:
        return tuple(self._trade(number, position) for number, position in enumerate(self.positions, start=1))

    def _trade(self, number: int, position: _Building) -> Trade:
        market = self.result.markets[position.buys[0][_MARKET]]
        bought = fsum(row[_QUANTITY] for row in position.buys)
        cost = fsum(_value(row) for row in position.buys)
        buying_fees = fsum(row[_FEE] for row in position.buys)
        sales = tuple(self._leg(row, (cost + buying_fees) / bought) for row in position.sales)
        proceeds = fsum(leg.value_krw for leg in sales)
        fees = buying_fees + fsum(leg.fee_krw for leg in sales)
        is_open = position.rest_e8 > 0
        mark = self._mark(market, position) if is_open else float("nan")
        profit = proceeds - cost - fees + (position.rest_e8 * mark / COIN_E8 if is_open else 0.0)
        opened = position.buys[0][_TIME]
        closed = None if is_open else sales[-1].time_ms
        entry = _average(position.buys)
        best, worst = self._excursion(market, entry, opened, closed, sales)
        slippage = fsum((row[_PRICE] - row[_BASE]) * row[_SIDE] * row[_QUANTITY] for row in position.buys + position.sales) / COIN_E8
        return Trade(
            number=number, market=market, opened_ms=opened, closed_ms=closed, holding_ms=self._end_ms(closed, opened) - opened,
            entry_krw=entry, exit_krw=_average(position.sales), quantity_e8=bought,
            rest_e8=position.rest_e8, mark_krw=mark, cost_krw=cost, proceeds_krw=proceeds, fees_krw=fees, slippage_krw=slippage,
            profit_krw=profit, profit_ratio=profit / (cost + buying_fees), best_ratio=best, worst_ratio=worst,
            buys=tuple(self._leg(row, 0.0) for row in position.buys), sales=sales,
        )  # fmt: skip

    def _leg(self, row: tuple[Any, ...], unit_cost: float) -> Leg:
        selling = row[_SIDE] == Side.ASK
        return Leg(
            time_ms=row[_TIME],
            reason=self.result.strategy.exit_name(row[_EXIT]) if selling else "",
            quantity_e8=row[_QUANTITY],
            price_krw=row[_PRICE],
            base_krw=row[_BASE],
            fee_krw=row[_FEE],
            profit_krw=_value(row) - row[_FEE] - row[_QUANTITY] * unit_cost if selling else 0.0,
            ambiguous=bool(row[_AMBIGUOUS]),
        )

    def _end_ms(self, closed: int | None, opened: int) -> int:
        if closed is not None:
            return closed
        return int(self.result.equity_ms[-1]) if self.result.equity_ms.size else opened

    def _mark(self, market: str, position: _Building) -> float:
        """Last known close of the market; the last fill's price where the candles know none."""
        grid = self.result.candles
        if market in grid.markets:
            closes = grid.close[grid.markets.index(market)]
            known = np.flatnonzero(np.isfinite(closes))
            if known.size:
                return float(closes[known[-1]])
        return float((position.sales or position.buys)[-1][_PRICE])

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
