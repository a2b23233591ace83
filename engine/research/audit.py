"""Checked mode: a run's books against an exact ledger of its own, made from the fill log and the base candles alone.

Nothing here is computed by the kernel: cash, positions, fees and last prices are followed fill by fill and bar by bar in Decimal. Every
fill must be possible in its bar, and at every CLOSE cash and open positions must account for every won that the run shows.

What float64 books may differ by (`allowed_krw`): each fill rounds its value, its fee and the cash, so 2^-52 x (4 x traded value so far +
2 x fills so far x highest value of the account so far), and 2^-52 x (markets + 4) x value of the open positions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.kernel.legal import NOT_PRICED
from engine.model.candle import BarState
from engine.model.costs import Halt, fee_at
from engine.model.events import Side
from engine.model.market import tick_size
from engine.research.result import Rounding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.model.candle import BarGrid
    from engine.research.result import BacktestResult, Settings

_EPSILON: Final = Decimal(2) ** -52
_E8: Final = Decimal(10) ** 8
_DIGITS: Final = 60
#: whole counts above it are the float64 below them (docs/decide.md §1)
_EXACT: Final = 2**53
#: a computed price is on the grid, or as bad as slippage makes it, within this share (docs/decide.md §1)
_PRICE_SHARE: Final = Decimal("1e-9")


@dataclass(frozen=True, slots=True)
class Violation:
    """The first thing that cannot be: `text` is a key of dsl/messages/audit.py, filled with `values`."""

    time_ms: int
    market: str
    text: str
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class Audit:
    """fills, closes: how many were checked. largest_krw: largest difference of the books at a CLOSE; allowed_krw: the bound there."""

    fills: int
    closes: int
    largest_krw: float
    allowed_krw: float
    violation: Violation | None


class _ImpossibleError(Exception):
    def __init__(self, time_ms: int, market: str, text: str, **values: object) -> None:
        super().__init__(text)
        self.violation = Violation(time_ms, market, text, {name: str(value) for name, value in values.items()})


@dataclass(slots=True)
class _Ledger:
    """The account as the fills make it. held: row of a market -> 1e-8 coins; most: highest of them in the present position; parts: its
    fills."""

    cash_krw: Decimal
    held: dict[int, Decimal] = field(default_factory=dict)
    most: dict[int, Decimal] = field(default_factory=dict)
    parts: dict[int, int] = field(default_factory=dict)
    fills: int = 0
    traded_krw: Decimal = Decimal(0)
    highest_krw: Decimal = Decimal(0)

    def allowed_krw(self, exposure_krw: Decimal, markets: int) -> Decimal:
        books = 4 * self.traded_krw + 2 * self.fills * max(self.highest_krw, abs(self.cash_krw))
        return _EPSILON * (books + (markets + 4) * exposure_krw + self.highest_krw)


@dataclass(frozen=True, slots=True)
class _Books:
    """What a run shows. shown: name of a violation -> its column, beside equity_ms. clock_ms: distance of the rows; None where they have
    none."""

    settings: Settings
    markets: tuple[str, ...]
    fills: NDArray[np.void]
    equity_ms: NDArray[np.int64]
    shown: dict[str, NDArray[np.float64]]
    clock_ms: int | None
    halts: tuple[Halt, ...]


def audit(result: BacktestResult, grid: BarGrid) -> Audit:
    """Follow a run's fills over the base bars that it was made on; stops at the first violation. Of a portfolio: those of its account.

    grid: base bars of the run's markets (more do no harm), from the trading start on at least. Raises ValueError when it lacks one.
    """
    shown = {"cash": result.cash_krw, "equity": result.equity_krw}
    clock = result.strategy.clock
    clock_ms = None if clock.months or result.parts else clock.length_ms
    halts = (*result.settings.costs.halts, *(Halt("", from_ms, to_ms) for from_ms, to_ms in result.outages))
    books = _Books(result.settings, result.markets, result.fills, result.equity_ms, shown, clock_ms, halts)
    with localcontext() as context:
        context.prec = _DIGITS
        return _Auditor(books, grid).run()


class _Auditor:
    """One audit."""

    def __init__(self, books: _Books, grid: BarGrid) -> None:
        self.books, self.grid = books, grid
        self.rows = [grid.markets.index(market) for market in books.markets]
        self.ledger = _Ledger(_decimal(books.settings.cash_krw))
        self.ledger.highest_krw = self.ledger.cash_krw
        self.largest = self.allowed = Decimal(0)
        self.volume: dict[tuple[str, int], Decimal] = {}  # (market, time) -> 1e-8 coins filled then
        self.flat: tuple[int, list[float]] | None = None  # what was shown after so many fills, without a position: nothing can have changed

    def run(self) -> Audit:
        books, violation, reached = self.books, None, 0
        last = _last_prices(self.grid, self.rows, books.settings.from_ms)
        fills = iter(books.fills)
        fill = next(fills, None)
        try:
            for row, time_ms in enumerate(books.equity_ms.tolist()):
                while fill is not None and int(fill["time_ms"]) < time_ms:
                    self._take(fill)
                    fill = next(fills, None)
                self._close(row, time_ms, last)
                reached = row + 1
            self._complete()
            for rest in (fill, *fills) if fill is not None else ():  # in a clock bar that the end cut off
                self._take(rest)
        except _ImpossibleError as error:
            violation = error.violation
        return Audit(self.ledger.fills, reached, float(self.largest), float(self.allowed), violation)

    def _complete(self) -> None:
        """A row for every close of the clock from the first to the end of the candles."""
        times, base = self.books.equity_ms, self.grid.timeframe
        if self.books.clock_ms is None or not times.size:
            return
        end_ms = (self.grid.first_index + self.grid.state.shape[1]) * base.length_ms + base.offset_ms
        to_ms = self.books.settings.to_ms
        end_ms = end_ms if to_ms is None else min(end_ms, -((base.offset_ms - to_ms) // base.length_ms) * base.length_ms + base.offset_ms)
        expected = np.arange(times[0], end_ms + 1, self.books.clock_ms)
        if not np.array_equal(times, expected):
            raise _ImpossibleError(int(times[-1]), "", "closes", count=len(times), expected=len(expected))

    def _take(self, fill: Any) -> None:
        """One fill: possible in its bar, then into the ledger."""
        market, side, ledger = int(fill["market"]), int(fill["side"]), self.ledger
        code, time_ms = self.books.markets[market], int(fill["time_ms"])
        quantity, price = Decimal(float(fill["quantity_e8"])), _decimal(fill["price_krw"])
        self._possible(fill, code, time_ms, quantity, price)
        value = quantity * price / _E8
        fee = value * _decimal(fee_rate(self.books.settings, code, int(fill["decided_ms"])))
        if abs(fee - _decimal(fill["fee_krw"])) > 4 * _EPSILON * value:
            raise _ImpossibleError(time_ms, code, "fee", fee=fill["fee_krw"], expected=float(fee))
        held = ledger.held.get(market, Decimal(0)) + side * quantity
        whole = self.books.settings.rounding is Rounding.UPBIT
        most = ledger.most[market] = max(ledger.most.get(market, Decimal(0)), held)
        parts = ledger.parts[market] = ledger.parts.get(market, 0) + 1
        rest = Decimal(0) if whole and most < _EXACT else most * (3 + parts) * _EPSILON  # each part may round what is left once
        if held < -rest or (whole and quantity != quantity.to_integral_value()):
            raise _ImpossibleError(time_ms, code, "quantity", quantity=fill["quantity_e8"], held=ledger.held.get(market, 0))
        ledger.held[market] = held if held > rest else Decimal(0)
        if not ledger.held[market]:
            del ledger.most[market], ledger.parts[market]
        ledger.cash_krw -= side * value + fee
        ledger.traded_krw += value
        ledger.fills += 1
        if ledger.cash_krw < -ledger.allowed_krw(Decimal(0), len(self.rows)):
            raise _ImpossibleError(time_ms, code, "overdrawn", cash=float(ledger.cash_krw))

    def _possible(self, fill: Any, code: str, time_ms: int, quantity: Decimal, price: Decimal) -> None:
        grid, row = self.grid, self.rows[int(fill["market"])]
        column = (time_ms - grid.timeframe.offset_ms) // grid.timeframe.length_ms - grid.first_index
        piece = self._piece(row, column, time_ms)
        if piece is None:
            raise _ImpossibleError(time_ms, code, "no_trade")
        if int(fill["decided_ms"]) > time_ms:
            raise _ImpossibleError(time_ms, code, "before_its_decision")
        self._taken(code, int(fill["decided_ms"]), time_ms, waited=int(fill["side"]) == Side.ASK and int(fill["priced"]) == NOT_PRICED)
        self._room(code, time_ms, piece[2], quantity)
        buying = int(fill["side"]) == Side.BID
        base, low, high = _decimal(fill["base_krw"]), _decimal(piece[0]), _decimal(piece[1])
        if quantity <= 0 or price <= 0 or (base < low if buying else base > high):
            raise _ImpossibleError(time_ms, code, "better_than_the_bar", price=fill["base_krw"], low=low, high=high)
        worse = base - price if buying else price - base
        if worse > _PRICE_SHARE * base and price != tick_size(code, price, time_ms):  # the lowest price of the grid has none below it
            raise _ImpossibleError(time_ms, code, "better_than_its_base", price=price, base=base)
        if self.books.settings.rounding is Rounding.UPBIT:
            tick = tick_size(code, price, time_ms)
            if abs(price / tick - (price / tick).to_integral_value()) * tick > _PRICE_SHARE * price:
                raise _ImpossibleError(time_ms, code, "off_the_grid", price=price, tick=tick)

    def _taken(self, code: str, decided_ms: int, time_ms: int, *, waited: bool) -> None:
        """The exchange had the order then, and took orders. waited: a sale that had stood at its level."""
        costs = self.books.settings.costs
        late_ms = 0 if waited else costs.latency_ms + costs.latency_bars * self.grid.timeframe.length_ms
        arrived_ms = decided_ms + late_ms
        if arrived_ms > time_ms:
            raise _ImpossibleError(time_ms, code, "before_its_arrival", late=arrived_ms - time_ms)
        if any(halt.market in ("", code) and halt.from_ms <= time_ms < halt.to_ms for halt in self.books.halts):
            raise _ImpossibleError(time_ms, code, "in_a_halt")

    def _piece(self, row: int, column: int, time_ms: int) -> tuple[float, float, float] | None:
        """(low, high, volume) of the piece of price path at a time: a base bar, or a finer one that is part of it; None: there is none."""
        grid = self.grid
        if not 0 <= column < grid.state.shape[1] or grid.state[row, column] != BarState.TRADED:
            return None
        open_ms = grid.timeframe.open_ms(grid.first_index + column)
        if grid.inside is not None:
            within = slice(*grid.inside.first[row : row + 2].tolist())
            times = grid.inside.time_ms[within]
            first, last = np.searchsorted(times, [open_ms, open_ms + grid.timeframe.length_ms]).tolist()
            if first < last:
                at = within.start + int(np.searchsorted(times, time_ms))
                finer = grid.inside
                known = at < within.start + last and int(finer.time_ms[at]) == time_ms
                return (float(finer.low[at]), float(finer.high[at]), float(finer.volume[at])) if known else None
        bar = float(grid.low[row, column]), float(grid.high[row, column]), float(grid.volume[row, column])
        return bar if time_ms == open_ms else None

    def _room(self, code: str, time_ms: int, traded: float, quantity: Decimal) -> None:
        """No more of a bar's volume than the run allows itself; what strategies of one account trade in a market counts together."""
        share = self.books.settings.costs.participation
        if share is None:
            return
        filled = quantity + self.volume.get((code, time_ms), Decimal(0))
        self.volume[code, time_ms] = filled
        room = _decimal(share) * _decimal(traded if traded > 0 else 0.0) * _E8
        if filled > room * (1 + _PRICE_SHARE) + 1:
            raise _ImpossibleError(time_ms, code, "too_much", filled=filled, room=float(room))

    def _close(self, row: int, time_ms: int, last: list[NDArray[np.float64]]) -> None:
        """Cash, and what it is together with open positions, at a CLOSE against the run's books."""
        grid = self.grid
        shown = [float(column[row]) for column in self.books.shown.values()]
        if (self.ledger.fills, shown) == self.flat:
            return
        column = (time_ms - grid.timeframe.offset_ms) // grid.timeframe.length_ms - 1 - grid.first_index
        exposure = Decimal(0)
        for market, quantity in self.ledger.held.items():
            if quantity:
                exposure += quantity * _decimal(last[market][column]) / _E8
        self.ledger.highest_krw = max(self.ledger.highest_krw, self.ledger.cash_krw + exposure)
        allowed = self.ledger.allowed_krw(exposure, len(self.rows))
        exact = {"cash": self.ledger.cash_krw, "equity": self.ledger.cash_krw + exposure}
        for name, theirs in zip(self.books.shown, shown, strict=True):
            ours = exact[name]
            difference = abs(Decimal(theirs) - ours) if np.isfinite(theirs) else Decimal("Infinity")
            if difference > allowed:
                raise _ImpossibleError(time_ms, "", name, shown=theirs, exact=float(ours), allowed=float(allowed))
            if difference > self.largest:
                self.largest, self.allowed = difference, allowed
        self.flat = None if exposure else (self.ledger.fills, shown)


def fee_rate(settings: Settings, market: str, decided_ms: int) -> float:
    """Fee per side that the settings ask of an order made at a time."""
    return fee_at(settings.costs.fees, market, settings.fee_rate, decided_ms)


def _decimal(value: Any) -> Decimal:
    """The decimal that a float is written as: prices of a grid, rates and whole counts are meant so."""
    return Decimal(repr(float(value)))


def _last_prices(grid: BarGrid, rows: list[int], from_ms: int | None) -> list[NDArray[np.float64]]:
    """Per row float64 [bars]: close of the latest traded bar up to each bar, from the trading start on; NaN before the first."""
    base = grid.timeframe
    first = 0 if from_ms is None else max(-((base.offset_ms - from_ms) // base.length_ms) - grid.first_index, 0)
    found = []
    for row in rows:
        traded = (grid.state[row] == BarState.TRADED) & (np.arange(grid.state.shape[1]) >= first)
        latest = np.maximum.accumulate(np.where(traded, np.arange(traded.size), -1))
        found.append(np.where(latest >= 0, grid.close[row][latest], np.nan))
    return found
