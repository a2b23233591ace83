"""Many variants of a strategy over the same bars: each decides with the product's own loop, block by block, and leaves running figures.

Variants whose plans and books have arrays of the same shapes lie one behind another in memory; one compiled call runs all of them over a
block. Nothing is kept per bar and variant: a block's fills and equity are folded into each variant's figures at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.kernel.abi import at_variant, helper
from engine.kernel.book import FILL
from engine.kernel.decide.plan import make_book
from engine.kernel.load import compile_function
from engine.kernel.run import LOG_ROWS, run_bars

if TYPE_CHECKING:
    from engine.kernel.book import Book
    from engine.kernel.decide.plan import Plan
    from engine.model.candle import BarGrid

#: one per variant: what has become of it so far. Money in KRW
FIGURES: Final = np.dtype(
    [
        ("end_krw", "f8"),  # equity at the latest CLOSE
        ("peak_krw", "f8"),  # highest equity so far, the start counted
        ("trough_krw", "f8"),  # lowest since
        ("depth", "f8"),  # deepest fall of the peaks before this one, ratio <= 0
        ("exposure_sum", "f8"),  # of open positions / equity over CLOSEs
        ("exposed_closes", "i8"),  # CLOSEs with an open position
        ("fees_krw", "f8"),
        ("traded_krw", "f8"),
        ("slippage_krw", "f8"),
        ("trades", "i8"),  # closed
        ("wins", "i8"),
        ("gains_krw", "f8"),
        ("losses_krw", "f8"),
        ("fills", "i8"),
        ("failed", "i8"),  # the books refused a fill: a defect
    ],
    align=True,
)

#: one per variant and market: the open position as its fills tell it. Sums in two parts, so that they are as exact as fsum's
TRADE: Final = np.dtype(
    [
        ("rest_e8", "f8"),
        ("bought_e8", "f8"),
        ("cost", "f8"), ("cost_low", "f8"),
        ("buy_fees", "f8"), ("buy_fees_low", "f8"),
        ("proceeds", "f8"), ("proceeds_low", "f8"),
        ("sale_fees", "f8"), ("sale_fees_low", "f8"),
    ],
    align=True,
)  # fmt: skip

_COIN_E8: Final = 1e8


@helper
def sweep_bars(
    plans: Plan,
    plan_strides: NDArray[np.int64],
    books: Book,
    book_strides: NDArray[np.int64],
    places: NDArray[np.int64],
    figures: NDArray[Any],
    trades: NDArray[Any],
    daily: NDArray[np.float64],
    log: NDArray[Any],
    log_count: NDArray[np.int64],
    first_ms: int,
    base_ms: int,
    start: int,
    state: NDArray[np.int8],
    open_krw: NDArray[np.float64],
    high_krw: NDArray[np.float64],
    low_krw: NDArray[np.float64],
    close_krw: NDArray[np.float64],
    close_ms: NDArray[np.int64],
    days: NDArray[np.int64],
    every_column: NDArray[np.float64],
    columns: NDArray[np.float64],
    scratch: NDArray[np.float64],
    money: NDArray[np.float64],
    rest: float,
) -> None:
    """Base bars [start, n) for every variant, one after the other.

    places [V, C]: where a variant's columns stand in every_column [M, k, all]; columns [M, k, C], scratch, money, log: as of `run_bars`,
    used by one variant after another. figures FIGURES [V], trades TRADE [V, M], daily [V, D]: equity at the end of day d.
    days [k]: day of a CLOSE, counted from the first; -1: before the trading start. rest: share of what was bought that counts as nothing.
    """
    bars = state.shape[1]
    for variant in range(places.shape[0]):
        plan = at_variant(plans, plan_strides, variant)
        book = at_variant(books, book_strides, variant)
        gather(every_column, places, variant, columns)
        at = start
        while 0 <= at < bars:
            at = run_bars(
                plan, book, log, log_count, first_ms, base_ms, at, state, open_krw, high_krw, low_krw, close_krw, close_ms,
                columns, scratch, money,
            )  # fmt: skip
            fold_fills(log, log_count[0], figures, trades, variant, rest)
            log_count[0] = 0
        if at < 0:
            figures[variant]["failed"] = 1
        fold_money(money, days, figures, daily, variant)


@helper
def gather(every_column: NDArray[np.float64], places: NDArray[np.int64], variant: int, columns: NDArray[np.float64]) -> None:
    """The variant's columns out of all."""
    for market in range(columns.shape[0]):
        for column in range(columns.shape[2]):
            place = places[variant, column]
            for k in range(columns.shape[1]):
                columns[market, k, column] = every_column[market, place, k]


@helper
def fold_money(
    money: NDArray[np.float64], days: NDArray[np.int64], figures: NDArray[Any], daily: NDArray[np.float64], variant: int
) -> None:
    """money [k, 2]: cash and open positions after each CLOSE, into peak, trough, depth and the days' ends."""
    row = figures[variant]
    peak, trough, depth, total, exposed = row["peak_krw"], row["trough_krw"], row["depth"], row["exposure_sum"], row["exposed_closes"]
    end = row["end_krw"]
    for k in range(days.shape[0]):
        if days[k] < 0:
            continue
        exposure = money[k, 1]
        end = money[k, 0] + exposure
        if exposure > 0.0:
            exposed += 1
            total += exposure / end
        if end > peak:
            if trough < peak:
                depth = min(depth, trough / peak - 1.0)
            peak = end
            trough = end
        elif end < trough:
            trough = end
        daily[variant, days[k]] = end
    row["peak_krw"], row["trough_krw"], row["depth"], row["exposure_sum"], row["exposed_closes"] = peak, trough, depth, total, exposed
    row["end_krw"] = end


@helper
def fold_fills(log: NDArray[Any], count: int, figures: NDArray[Any], trades: NDArray[Any], variant: int, rest: float) -> None:
    """Fills in order of time, into trades from open to flat and what they cost (engine.research.trades says the same of a list)."""
    row = figures[variant]
    for k in range(count):
        fill = log[k]
        trade = trades[variant, fill["market"]]
        quantity, fee = fill["quantity_e8"], fill["fee_krw"]
        value = quantity * fill["price_krw"] / _COIN_E8
        row["fills"] += 1
        row["fees_krw"] += fee
        row["traded_krw"] += value
        row["slippage_krw"] += (fill["price_krw"] - fill["base_krw"]) * fill["side"] * quantity / _COIN_E8
        if fill["side"] > 0:
            if not trade["rest_e8"] > 0.0:
                forget(trade)
            trade["bought_e8"] += quantity
            trade["rest_e8"] += quantity
            trade["cost"], trade["cost_low"] = added(trade["cost"], trade["cost_low"], value)
            trade["buy_fees"], trade["buy_fees_low"] = added(trade["buy_fees"], trade["buy_fees_low"], fee)
            continue
        trade["rest_e8"] -= quantity
        trade["proceeds"], trade["proceeds_low"] = added(trade["proceeds"], trade["proceeds_low"], value)
        trade["sale_fees"], trade["sale_fees_low"] = added(trade["sale_fees"], trade["sale_fees_low"], fee)
        if trade["rest_e8"] <= rest * trade["bought_e8"]:
            trade["rest_e8"] = 0.0
            cost, buy_fees = trade["cost"] + trade["cost_low"], trade["buy_fees"] + trade["buy_fees_low"]
            proceeds, sale_fees = trade["proceeds"] + trade["proceeds_low"], trade["sale_fees"] + trade["sale_fees_low"]
            profit = proceeds - cost - (buy_fees + sale_fees)
            row["trades"] += 1
            if profit > 0.0:
                row["wins"] += 1
                row["gains_krw"] += profit
            else:
                row["losses_krw"] -= profit


@helper
def forget(trade: Any) -> None:
    """No position."""
    trade["rest_e8"] = trade["bought_e8"] = 0.0
    trade["cost"] = trade["cost_low"] = trade["buy_fees"] = trade["buy_fees_low"] = 0.0
    trade["proceeds"] = trade["proceeds_low"] = trade["sale_fees"] = trade["sale_fees_low"] = 0.0


@helper
def added(high: float, low: float, value: float) -> tuple[float, float]:
    """high + low + value in two parts (Knuth's two-sum)."""
    total = high + value
    virtual = total - high
    return total, low + ((high - (total - virtual)) + (value - virtual))


class Stack:
    """Variants of equal shape, one behind another: plans, books and figures."""

    def __init__(self, plans: Sequence[Plan], places: Sequence[Sequence[int]], cash_krw: float, days: int) -> None:
        """places: where each variant's columns stand among all; days: of the run."""
        book = make_book(plans[0], cash_krw)
        self.plans, self.plan_strides = stacked(plans)
        self.books, self.book_strides = stacked([book._replace(values=plan.initial) for plan in plans], shared=False)
        self.places = np.array(places, np.int64).reshape(len(plans), -1)
        self.figures = np.zeros(len(plans), FIGURES)
        for name in ("end_krw", "peak_krw", "trough_krw"):
            self.figures[name] = cash_krw
        self.trades = np.zeros((len(plans), len(plans[0].market)), TRADE)
        self.daily = np.full((len(plans), days), np.nan)
        self.scratch = np.full_like(book.columns, np.nan)
        self.log = np.zeros(LOG_ROWS + len(plans[0].market) * (len(plans[0].exits) + 2), FILL)
        self.log_count = np.zeros(1, np.int64)
        self.closes = 0
        """CLOSEs decided so far."""


def shape_of(plan: Plan) -> tuple[object, ...]:
    """Plans of the same shape can lie in one Stack."""
    return tuple(leaf.shape for leaf in _leaves(plan))


def stacked(tuples: Sequence[Any], *, shared: bool = True) -> tuple[Any, NDArray[np.int64]]:
    """The arrays of all one behind another: those of the first, and the bytes from one to the next.

    shared: what is the same in all of them is kept once, for arrays that nobody writes. Two names of one array stay two names of one.
    """
    parts = [list(_leaves(one)) for one in tuples]
    known: dict[int, NDArray[Any]] = {}
    found: list[NDArray[Any]] = []
    strides: list[int] = []
    for number, leaf in enumerate(parts[0]):
        every = [part[number] for part in parts]
        same = leaf.size == 0 or (shared and all(one is leaf or one.tobytes() == leaf.tobytes() for one in every))
        address = -1 - number if leaf.size == 0 else leaf.ctypes.data
        if address not in known:
            known[address] = np.empty((1 if same else len(tuples), *leaf.shape), leaf.dtype)
            for variant, one in enumerate(every[:1] if same else every):
                known[address][variant] = one
        found.append(known[address][0])
        strides.append(0 if same else leaf.nbytes)
    return _rebuilt(tuples[0], iter(found)), np.array(strides, np.int64)


def _leaves(value: Any) -> Iterator[NDArray[Any]]:
    if isinstance(value, tuple):
        for one in value:
            yield from _leaves(one)
    else:
        yield value


def _rebuilt(value: Any, leaves: Iterator[NDArray[Any]]) -> Any:
    return type(value)(*(_rebuilt(one, leaves) for one in value)) if isinstance(value, tuple) else next(leaves)


@dataclass(slots=True)
class Block:
    """Base bars of all markets and the columns of the clock bars that close in them, [markets, all columns, clock bars]."""

    bars: BarGrid
    close_ms: NDArray[np.int64]
    columns: NDArray[np.float64]


class SweepRun:
    """Variants over blocks of bars in order; each is decided as `engine.kernel.run.Run` does, and by the same function."""

    def __init__(self, stacks: Sequence[Stack], from_ms: int, first_day: int, rest: float, *, compiled: bool = True) -> None:
        """from_ms: trading start; first_day: its UTC day, day 0 of Stack.daily; rest: as of `sweep_bars`."""
        self.stacks = tuple(stacks)
        self._from_ms, self._first_day, self._rest = from_ms, first_day, rest
        self._sweep: Callable[..., None] = compile_function(sweep_bars, allocates=False) if compiled else sweep_bars

    def feed(self, block: Block) -> None:
        """Raises RuntimeError when the books refuse an answer of the fill model: a defect, never a matter of the data."""
        bars = block.bars
        base_ms = bars.timeframe.length_ms
        first_ms = bars.first_index * base_ms + bars.timeframe.offset_ms
        start = min(max(-((first_ms - self._from_ms) // base_ms), 0), bars.state.shape[1])
        if start == bars.state.shape[1]:
            return
        series = [np.ascontiguousarray(part) for part in (bars.state, bars.open, bars.high, bars.low, bars.close)]
        live = block.close_ms > first_ms + start * base_ms
        days = np.where(live, (block.close_ms - 1) // _DAY_MS - self._first_day, -1)
        money = np.full((len(block.close_ms), 2), np.nan)
        for stack in self.stacks:
            columns = np.empty((len(bars.markets), len(block.close_ms), stack.places.shape[1]))
            self._sweep(
                stack.plans, stack.plan_strides, stack.books, stack.book_strides, stack.places, stack.figures, stack.trades, stack.daily,
                stack.log, stack.log_count, first_ms, base_ms, start, *series, block.close_ms, days, block.columns, columns,
                stack.scratch, money, self._rest,
            )  # fmt: skip
            stack.closes += int(np.count_nonzero(live))
            if stack.figures["failed"].any():
                raise RuntimeError("the books refused a fill of the fill model")


_DAY_MS: Final = 86_400_000
