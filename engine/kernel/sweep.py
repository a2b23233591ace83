"""Many variants of a strategy over the same bars: each decides with the product's own loop, block by block, and leaves running figures.

Variants whose plans and books have arrays of the same shapes lie one behind another in memory; one compiled call runs all of them over a
block. Nothing is kept per bar and variant: a block's fills and equity are folded into each variant's figures at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.kernel.abi import at_variant, by_reference, helper, items, short_loops
from engine.kernel.bars import Bars, Closes, Log, bars_of, most_steps
from engine.kernel.catalogue import Pointer
from engine.kernel.decide.ahead import rooms
from engine.kernel.decide.plan import make_book
from engine.kernel.eights import LANES, WORD, eight_at, eight_within, higher, highest_of, lower, lowest_of, put_eight, put_within
from engine.kernel.load import compile_function
from engine.kernel.loop import new_log, run_bars
from engine.kernel.machine import run_rows
from engine.kernel.stretches import add_exposures

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
        ("exposed_closes", "i8"),  # CLOSEs with an open position
        ("fees_krw", "f8"),
        ("traded_krw", "f8"),
        ("slippage_krw", "f8"),
        ("trades", "i8"),  # closed
        ("wins", "i8"),
        ("gains_krw", "f8"),
        ("losses_krw", "f8"),
        ("fills", "i8"),
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
_DAY_MS: Final = 86_400_000
_NO_DAY_ENDS: Final = np.empty((0, 2), np.int64)
#: float64 per variant for its sums of exposures: the sums, and room to make them
SUMS_WIDTH: Final = 3 * LANES


@by_reference
class OwnTables(NamedTuple):
    """What each variant's own rows are evaluated with (engine.kernel.own_rows): tables of `machine.run_rows`, and which rows those are."""

    rows_of: NDArray[np.int64]  # [V, 2]: from and to
    state_at: NDArray[np.int64]  # [1]
    clocks: NDArray[np.int64]
    rows: NDArray[np.int64]
    state: NDArray[np.float64]
    params: NDArray[np.float64]


@short_loops
def sweep_bars(
    plans: Plan,
    plan_strides: NDArray[np.int64],
    books: Book,
    book_strides: NDArray[np.int64],
    places: NDArray[np.int64],
    figures: NDArray[Any],
    trades: NDArray[Any],
    sums: NDArray[np.float64],
    daily: NDArray[np.float64],
    own: OwnTables,
    log: Log,
    bars: Bars,
    closes: Closes,
    start: int,
    stop: int,
    may_skip: bool,
    live: int,
    done: int,
    day_ends: NDArray[np.int64],
    source: NDArray[np.float64],
    strides: NDArray[np.int64],
    rest: float,
    fold: bool,
) -> int:
    """Base bars [start, stop) for every variant, one after the other; other arguments as of `run_bars`. Returns stop; -1 on an error.

    fold=False: one variant, whose log, equity and cash its caller reads: exactly `run_bars`. So a backtest and a sweep are one compiled
    function.

    places [V, C]: where a variant's columns are in `source`, which holds the value of market m, column c, clock bar k at
    m * strides[0] + places[c] * strides[1] + k; -1: its own rows leave it in closes.columns, which lies in `source` then. closes.columns,
    closes.equity, closes.cash and log are used by one variant after another.
    figures FIGURES [V], trades TRADE [V, M], sums [V, SUMS_WIDTH], daily [V, D]: equity at the end of day d. live: the first of
    closes.close_ms that is decided; done: how many were before it.
    day_ends [n, 2]: day and its latest CLOSE in this block. rest: share of what was bought that counts as nothing.
    """
    if not fold:
        return run_bars(plans, books, log, bars, closes, start, stop, may_skip, True)
    alike = not any_of(plan_strides)
    for variant in range(places.shape[0]):
        plan = plans if alike else at_variant(plans, plan_strides, variant)
        book = at_variant(books, book_strides, variant)
        run_rows(
            own.clocks, own.rows, own.rows_of[variant, 0], own.rows_of[variant, 1], source, own.state, own.state_at[0], own.params, 1, 0
        )
        gather(source, strides, places, variant, closes.columns, closes.close_ms.shape[0])
        closes.row[1] = 0
        at = start
        while 0 <= at < stop:
            at = run_bars(plan, book, log, bars, closes, at, stop, may_skip, False)
            fold_fills(log, figures, trades, variant, rest)
            log.length[0] = 0
        if at < 0:
            return -1
        fold_money(closes, live, done, figures, sums, variant)
        for k in range(day_ends.shape[0]):
            daily[variant, day_ends[k, 0]] = closes.equity[day_ends[k, 1]]
    return stop


@helper
def any_of(numbers: NDArray[np.int64]) -> bool:
    """One of them is not 0."""
    for number in numbers:
        if number != 0:
            return True
    return False


@helper
def gather(
    source: NDArray[np.float64],
    strides: NDArray[np.int64],
    places: NDArray[np.int64],
    variant: int,
    columns: NDArray[np.float64],
    count: int,
) -> None:
    """`count` values of each of the variant's columns out of all."""
    for market in range(columns.shape[0]):
        for column in range(columns.shape[1]):
            if places[variant, column] >= 0:
                place = market * strides[0] + places[variant, column] * strides[1]
                copy(items(source, place), items(columns, (market * columns.shape[1] + column) * columns.shape[2]), count)


@helper
def copy(values: Pointer, to: Pointer, count: int) -> None:
    """Copy `count` values."""
    at = 0
    while at + LANES <= count:
        put_eight(to, at, eight_at(values, at))
        at += LANES
    if at < count:
        put_within(to, at, count - at, eight_within(values, at, count - at, 0.0))


@helper
def fold_money(closes: Closes, live: int, done: int, figures: NDArray[Any], sums: NDArray[np.float64], variant: int) -> None:
    """Equity and cash after each CLOSE, from `live` on, into peak, trough, depth and exposures.

    Eight sums of exposures, each of every eighth CLOSE of the run, one after the other: so they do not depend on blocks.
    """
    row, count = figures[variant], closes.close_ms.shape[0]
    if live >= count:
        return
    equity, own, turn = items(closes.equity, 0), items(sums, variant * SUMS_WIDTH), done % LANES
    for lane in range(LANES):
        own[LANES + lane] = own[lane]
    total, exposed, _ = add_exposures(eight_at(own, turn), row["exposed_closes"], 0, equity, live, count, closes.cash, closes.row[1])
    put_eight(own, LANES, total)
    for lane in range(LANES):
        own[(turn + lane) % LANES] = own[LANES + lane]
    row["exposed_closes"], row["end_krw"] = exposed, equity[count - 1]
    if not passed_peak(row, equity, live, count):
        return
    for first in range(live, count, WORD):
        stop = min(first + WORD, count)
        if passed_peak(row, equity, first, stop):
            for at in range(first, stop, LANES):
                if passed_peak(row, equity, at, min(at + LANES, stop)):
                    fold_each(row, equity, at, min(at + LANES, stop))


@helper
def passed_peak(row: Any, equity: Pointer, first: int, stop: int) -> bool:
    """Whether there is a new peak among equity after some CLOSEs; where not, they are folded into the trough."""
    top = bottom = eight_within(equity, first, stop - first, equity[first])
    at = first + LANES
    while at + LANES <= stop:
        top, bottom = higher(eight_at(equity, at), top), lower(eight_at(equity, at), bottom)
        at += LANES
    if at < stop:
        last = eight_within(equity, at, stop - at, equity[first])
        top, bottom = higher(last, top), lower(last, bottom)
    if highest_of(top) > row["peak_krw"]:
        return True
    row["trough_krw"] = min(row["trough_krw"], lowest_of(bottom))
    return False


@helper
def fold_each(row: Any, equity: Pointer, first: int, stop: int) -> None:
    """Equity after some CLOSEs into peak, trough and depth, one by one."""
    peak, trough = row["peak_krw"], row["trough_krw"]
    for k in range(first, stop):
        value = equity[k]
        if value > peak:
            row["depth"] = min(row["depth"], trough / peak - 1.0)
            peak = trough = value
        elif value < trough:
            trough = value
    row["peak_krw"], row["trough_krw"] = peak, trough


@helper
def fold_fills(log: Log, figures: NDArray[Any], trades: NDArray[Any], variant: int, rest: float) -> None:
    """Fills in order of time, into trades from open to flat and what they cost (engine.research.trades says the same of a list)."""
    row = figures[variant]
    for k in range(log.length[0]):
        fill = log.fills[k]
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

    def __init__(
        self, plans: Sequence[Plan], places: Sequence[Sequence[int]], rows_of: Sequence[tuple[int, int]], cash_krw: float, days: int
    ) -> None:
        """places: where each variant's columns stand among all, rows_of: its own rows, as of `sweep_bars`; days: of the run."""
        book = make_book(plans[0], cash_krw)
        books = {id(plan): book._replace(values=plan.initial) for plan in plans}
        self.plans, self.plan_strides = stacked(plans)
        self.books, self.book_strides = stacked([books[id(plan)] for plan in plans], shared=False)
        self.places = np.array(places, np.int64).reshape(len(plans), -1)
        self.rows_of = np.array(rows_of, np.int64).reshape(len(plans), 2)
        self.figures = np.zeros(len(plans), FIGURES)
        for name in ("end_krw", "peak_krw", "trough_krw"):
            self.figures[name] = cash_krw
        self.trades = np.zeros((len(plans), len(plans[0].market)), TRADE)
        self.sums = np.zeros((len(plans), SUMS_WIDTH))
        self.daily = np.full((len(plans), days), np.nan)
        self._first_plan = plans[0]
        self.log = new_log(plans[0])
        self.closes = 0
        """CLOSEs decided so far."""

    @property
    def exposures(self) -> NDArray[np.float64]:
        """[V]: sums of open positions / equity over the CLOSEs so far."""
        return np.asarray(self.sums[:, :LANES].sum(axis=1))

    def make_log(self, steps: int) -> None:
        """Room for the fills of base bars that are made of so many STEPs."""
        self.log = new_log(self._first_plan, steps)


def alone(plan: Plan, book: Book) -> tuple[Any, ...]:
    """The first arguments of `sweep_bars` for one variant without folding."""
    strides, *unfolded = _unfolded()
    return plan, strides, book, strides, *unfolded


@cache
def _unfolded() -> tuple[Any, ...]:
    """What is neither read nor written where nothing is folded: strides, then what comes after those of the books."""
    places, empty = np.zeros((1, 0), np.int64), np.zeros((0, 0))
    return np.zeros(0, np.int64), places, np.zeros(0, FIGURES), np.zeros((0, 0), TRADE), empty, empty, no_tables()


def no_tables() -> OwnTables:
    """Nobody has rows of their own."""
    tables, values = np.zeros((0, 0), np.int64), np.zeros(0)
    return OwnTables(tables, np.zeros(1, np.int64), tables, tables, values, values)


def shape_of(plan: Plan) -> tuple[object, ...]:
    """Plans of the same shape can lie in one Stack."""
    return tuple([leaf.shape for leaf in _leaves(plan)])


def stacked(tuples: Sequence[Any], *, shared: bool = True) -> tuple[Any, NDArray[np.int64]]:
    """The arrays of all one behind another: those of the first, and the bytes from one to the next.

    shared: what is the same in all of them is kept once, for arrays that nobody writes. Two names of one array stay two names of one.
    """
    parts = {key: _leaves(one) for key, one in {id(one): one for one in tuples}.items()}
    keys = np.array([id(one) for one in tuples])
    rows = [np.flatnonzero(keys == key) for key in parts]
    known: dict[int, NDArray[Any]] = {}
    found: list[NDArray[Any]] = []
    strides: list[int] = []
    for number, leaf in enumerate(parts[id(tuples[0])]):
        every = [part[number] for part in parts.values()]
        same = leaf.size == 0 or (shared and all(one is leaf or one.tobytes() == leaf.tobytes() for one in every))
        address = -1 - number if leaf.size == 0 else leaf.ctypes.data
        if address not in known:
            known[address] = np.empty((1 if same else len(tuples), *leaf.shape), leaf.dtype)
            for one, own in zip(every, rows, strict=True):
                known[address][0 if same else own] = one
        found.append(known[address][0])
        strides.append(0 if same else leaf.nbytes)
    return _rebuilt(tuples[0], iter(found)), np.array(strides, np.int64)


def _leaves(value: tuple[Any, ...]) -> list[NDArray[Any]]:
    found: list[NDArray[Any]] = []
    for one in value:
        if isinstance(one, tuple):
            found += _leaves(one)
        else:
            found.append(one)
    return found


def _rebuilt(value: Any, leaves: Iterator[NDArray[Any]]) -> Any:
    return type(value)(*(_rebuilt(one, leaves) for one in value)) if isinstance(value, tuple) else next(leaves)


@dataclass(frozen=True, slots=True)
class Block:
    """Base bars [first, stop) of a grid, the clock bars that close in them, and where their columns are: as of `sweep_bars`.

    room: most clock bars of a block, where variants have rows of their own: `source` begins with so many values of each column for these.
    """

    first: int
    stop: int
    close_ms: NDArray[np.int64]
    source: NDArray[np.float64]
    strides: tuple[int, int]
    room: int = 0


class SweepRun:
    """Variants over blocks of bars in order; each is decided as `engine.kernel.run.Run` does, and by the same function."""

    def __init__(
        self,
        stacks: Sequence[Stack],
        grid: BarGrid,
        from_ms: int,
        first_day: int,
        rest: float,
        own: OwnTables | None = None,
        *,
        compiled: bool = True,
    ) -> None:
        """from_ms: trading start; first_day: its UTC day, day 0 of Stack.daily; rest: as of `sweep_bars`; own: but for rows_of."""
        self.stacks = tuple(stacks)
        self._markets, self._bars = len(grid.markets), bars_of(grid)
        self._first_ms, self._base_ms = self._bars.span.tolist()
        self._start = max(-((self._first_ms - from_ms) // self._base_ms), 0)
        if grid.inside is not None:
            for stack in self.stacks:
                stack.make_log(most_steps(grid))
        self._first_day, self._rest = first_day, rest
        self._ahead, self._due = rooms(self._markets)
        self._own = [(own or no_tables())._replace(rows_of=stack.rows_of) for stack in self.stacks]
        self._sweep: Callable[..., int] = compile_function(sweep_bars, allocates=False).alike if compiled else sweep_bars

    def feed(self, block: Block) -> None:
        """Raises RuntimeError when the books refuse an answer of the fill model: a defect, never a matter of the data."""
        start = min(max(block.first, self._start), block.stop)
        if start == block.stop and block.room == 0:
            return  # own rows go on before the trading start
        count = len(block.close_ms)
        live = int(np.searchsorted(block.close_ms, self._first_ms + start * self._base_ms, side="right"))
        day_ends = self._day_ends(block.close_ms, live)
        equity, cash, row, strides = np.empty(count), np.empty((count, 2)), np.zeros(2, np.int64), np.array(block.strides, np.int64)
        for stack, own in zip(self.stacks, self._own, strict=True):
            shape = (self._markets, stack.places.shape[1], block.room or count)
            columns = block.source[: math.prod(shape)].reshape(shape) if block.room else np.empty(shape)
            closes = Closes(block.close_ms, columns, equity, cash, row, self._ahead, self._due)
            end = self._sweep(
                stack.plans, stack.plan_strides, stack.books, stack.book_strides, stack.places, stack.figures, stack.trades, stack.sums,
                stack.daily, own, stack.log, self._bars, closes, start, block.stop, True, live, stack.closes, day_ends, block.source,
                strides, self._rest, True,
            )  # fmt: skip
            stack.closes += count - live
            if end < 0:
                raise RuntimeError("the books refused a fill of the fill model")

    def _day_ends(self, close_ms: NDArray[np.int64], live: int) -> NDArray[np.int64]:
        """Of each day that CLOSEs from `live` on belong to: the day, and the latest of them."""
        if live >= len(close_ms):
            return _NO_DAY_ENDS
        first, last = int(close_ms[live] - 1) // _DAY_MS, int(close_ms[-1] - 1) // _DAY_MS
        ends = np.searchsorted(close_ms, np.arange(first + 1, last + 2) * _DAY_MS, side="right") - 1
        days = (close_ms[ends] - 1) // _DAY_MS - self._first_day  # the day of an earlier CLOSE where none is in it: said twice, to no harm
        return np.stack([days, ends], axis=1)
