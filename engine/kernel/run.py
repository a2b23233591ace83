"""The compiled loop of a backtest: base bars and columns in, fills and equity out, bit-equal for any size of block (docs/decide.md §2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.kernel.abi import helper
from engine.kernel.book import FILL, SKIP_REASONS, Book
from engine.kernel.decide.answers import ACCEPTED, on_done, on_fill
from engine.kernel.decide.close import close_positions
from engine.kernel.decide.entries import decide_entries
from engine.kernel.decide.guard import on_mark
from engine.kernel.decide.plan import Plan
from engine.kernel.decide.position import exposure_krw, is_open
from engine.kernel.decide.quiet import count_columns, is_guarded, skip_quiet, take_columns
from engine.kernel.decide.sales import BUY, is_working
from engine.kernel.decide.step import end_step, on_step
from engine.kernel.fills import WAITS, trade_at
from engine.kernel.legal import QUANTITY_SCALE
from engine.kernel.load import compile_function
from engine.kernel.program import ColumnBlock
from engine.model.candle import BarGrid, BarState

_UNKNOWN: Final = int(BarState.UNKNOWN)
_TRADED: Final = int(BarState.TRADED)

#: room in the fill log for this many base times at least
LOG_ROWS: Final = 4096
#: what a run of one variant has no use for
_NO_DAYS: Final = np.zeros((0, 2), np.int64)
_NO_SOURCE: Final = np.zeros(0)
_NO_STRIDES: Final = np.zeros(0, np.int64)


@helper
def run_bars(
    plan: Plan,
    book: Book,
    log: NDArray[Any],
    log_count: NDArray[np.int64],
    first_ms: int,
    base_ms: int,
    start: int,
    stop: int,
    may_skip: bool,
    state: NDArray[np.int8],
    open_krw: NDArray[np.float64],
    high_krw: NDArray[np.float64],
    low_krw: NDArray[np.float64],
    close_krw: NDArray[np.float64],
    volume: NDArray[np.float64],
    close_ms: NDArray[np.int64],
    columns: NDArray[np.float64],
    money: NDArray[np.float64],
    row: int,
) -> int:
    """Run base bars [start, stop) of all markets; returns where it ended: stop, or earlier when the log is nearly full, or -1 on an error.

    may_skip: pass quiet bars (engine.kernel.decide.quiet). state, open..close (KRW), volume (coins) [M, n]; close_ms [k] and columns
    [M, C, k] of the clock bars that close in this block; money [3, ..]: cash, exposure and equity after each CLOSE, from column `row`
    on; log FILL [..] with its count in log_count[0].
    """
    most = state.shape[0] * (plan.exits.shape[0] + 2)
    guarded = is_guarded(plan)
    counted = closing = _closes_until(close_ms, first_ms + start * base_ms)
    bar, seen, stepped = start, start, False
    while bar < stop and log_count[0] + most <= log.shape[0]:
        if may_skip:
            bar, closing, stepped = skip_quiet(
                plan, book, first_ms, base_ms, bar, stop, closing, stepped,
                state, open_krw, high_krw, low_krw, close_krw, close_ms, columns, money, row,
            )  # fmt: skip
            if bar >= stop:
                break
        busy = 1
        if not stepped:
            at_ms = first_ms + bar * base_ms
            busy = step_bar(plan, book, log, log_count, at_ms, bar, state, open_krw, high_krw, low_krw, close_krw, volume)
            if busy < 0:
                return -1
            if may_skip and not (guarded and busy > 0):
                at, closing, stepped = skip_quiet(
                    plan, book, first_ms, base_ms, bar, stop, closing, True,
                    state, open_krw, high_krw, low_krw, close_krw, close_ms, columns, money, row,
                )  # fmt: skip
                if at != bar:
                    bar = at
                    continue
        time_ms = first_ms + (bar + 1) * base_ms
        book.outbox[0] = 0
        if closing < close_ms.shape[0] and close_ms[closing] == time_ms:
            seen = note_volumes(plan, book, seen, bar + 1, state, volume)
            close_bar(plan, book, time_ms, columns, closing, money, row)
            closing += 1
        elif busy > 0 and guarded:
            on_mark(plan, book, time_ms)
        bar, stepped = bar + 1, False
    note_volumes(plan, book, seen, bar, state, volume)
    count_columns(plan, book, counted, closing, columns)
    return bar


@helper
def _closes_until(close_ms: NDArray[np.int64], time_ms: int) -> int:
    """How many CLOSEs are at the time or before it."""
    count = 0
    while count < close_ms.shape[0] and close_ms[count] <= time_ms:
        count += 1
    return count


@helper
def close_bar(
    plan: Plan, book: Book, time_ms: int, columns: NDArray[np.float64], closing: int, money: NDArray[np.float64], row: int
) -> None:
    """CLOSE `closing` of the block, and the account after it."""
    take_columns(book, columns, closing)
    close_positions(plan, book, time_ms)
    decide_entries(plan, book, time_ms)
    money[0, row + closing] = book.account[0]["cash_krw"]
    money[1, row + closing] = exposure_krw(book)
    money[2, row + closing] = money[0, row + closing] + money[1, row + closing]


@helper
def note_volumes(plan: Plan, book: Book, start: int, stop: int, state: NDArray[np.int8], volume: NDArray[np.float64]) -> int:
    """Remember the volume of each market's last traded bar of [start, stop), where one traded and decisions ask for it; returns stop."""
    if plan.venue.costs[0]["impact"] == 0.0:
        return stop
    for market in range(state.shape[0]):
        bar = stop - 1
        while bar >= start and state[market, bar] != _TRADED:
            bar -= 1
        if bar >= start:
            counts = volume[market, bar] * QUANTITY_SCALE
            book.flow[market]["volume_e8"] = counts if counts > 0.0 else 0.0
    return stop


@helper
def step_bar(
    plan: Plan,
    book: Book,
    log: NDArray[Any],
    log_count: NDArray[np.int64],
    time_ms: int,
    bar: int,
    state: NDArray[np.int8],
    open_krw: NDArray[np.float64],
    high_krw: NDArray[np.float64],
    low_krw: NDArray[np.float64],
    close_krw: NDArray[np.float64],
    volume: NDArray[np.float64],
) -> int:
    """The STEPs of one base time, market by market: 1 where a position was open or an order worked, 0 where none, -1 on an error."""
    busy = 0
    for market in range(state.shape[0]):
        traded = state[market, bar] == _TRADED
        if not is_open(book, market) and not is_working(book, market):
            if traded:
                book.position[market]["last_krw"] = close_krw[market, bar]
            continue
        busy = 1
        if state[market, bar] == _UNKNOWN:
            continue
        accepted = run_step(
            plan, book, log, log_count, market, time_ms,
            open_krw[market, bar], high_krw[market, bar], low_krw[market, bar], close_krw[market, bar], volume[market, bar], traded,
        )  # fmt: skip
        if not accepted:
            return -1
    return busy


@helper
def run_step(
    plan: Plan,
    book: Book,
    log: NDArray[Any],
    log_count: NDArray[np.int64],
    market: int,
    time_ms: int,
    open_krw: float,
    high_krw: float,
    low_krw: float,
    close_krw: float,
    volume: float,
    traded: bool,
) -> bool:
    """One STEP with the answers to its orders: the waiting order trades at the open, then each sale inside as it is made."""
    if traded and is_working(book, market):
        if not answer_order(plan, book, log, log_count, market, open_krw, low_krw, close_krw, volume, time_ms):
            return False
    book.outbox[0] = 0
    on_step(plan, book, market, time_ms, open_krw, high_krw, low_krw, close_krw, traded)
    while book.outbox[0] > 0:
        book.outbox[0] = 0
        if not answer_order(plan, book, log, log_count, market, open_krw, low_krw, close_krw, volume, time_ms):
            return False
    end_step(plan, book, market)
    return True


@helper
def answer_order(
    plan: Plan,
    book: Book,
    log: NDArray[Any],
    log_count: NDArray[np.int64],
    market: int,
    open_krw: float,
    low_krw: float,
    close_krw: float,
    volume: float,
    time_ms: int,
) -> bool:
    """FILL and DONE of the market's working order, logged, as far as they come; False when the books refuse them."""
    order = book.order[market]
    order_id = order["order_id"]
    if order["stopped"] != 0:
        return on_done(plan, book, market, order_id, time_ms) == ACCEPTED
    spent = book.position[market]["cost_krw"] if order["side"] == BUY else 0.0
    status, quantity, price, fee, base = trade_at(
        plan.venue, plan.buying, book.waiting, book.flow, market, order_id, order["side"], order["created_ms"], order["amount_krw"], spent,
        order["left_e8"], order["level_krw"], order["limit_krw"], open_krw, low_krw, close_krw, volume * QUANTITY_SCALE, time_ms,
    )  # fmt: skip
    if quantity > 0.0:
        row = log[log_count[0]]
        row["time_ms"] = time_ms
        row["market"] = market
        row["side"] = order["side"]
        row["exit_index"] = order["exit_index"]
        row["order_id"] = order_id
        row["quantity_e8"] = quantity
        row["price_krw"] = price
        row["fee_krw"] = fee
        row["base_krw"] = base
        row["decided_ms"] = order["created_ms"]
        row["ambiguous"] = order["ambiguous"]
        log_count[0] += 1
        if on_fill(plan, book, market, order_id, quantity, price, fee, time_ms) != ACCEPTED:
            return False
    return status == WAITS or on_done(plan, book, market, order_id, time_ms) == ACCEPTED


@dataclass(frozen=True, slots=True)
class RunResult:
    """Columns of one run, as engine.research.result.BacktestResult wants them."""

    fills: NDArray[np.void]  # FILL, by time
    equity_ms: NDArray[np.int64]
    equity_krw: NDArray[np.float64]
    cash_krw: NDArray[np.float64]
    exposure_krw: NDArray[np.float64]
    skipped: dict[str, int]
    rule_counts: tuple[tuple[int, int, int], ...]  # per named condition of the strategy: true, false, missing
    ambiguous_steps: int
    ambiguous_krw: float
    unsettled_entries: int
    sale_below_minimum: int


class Run:
    """One backtest in progress: feed blocks of bars in order, then read the result. Costs one compiled call per block."""

    def __init__(self, plan: Plan, book: Book, from_ms: int | None = None, *, compiled: bool = True, may_skip: bool = True) -> None:
        """from_ms: trading start; bars before it are skipped. compiled=False runs the same functions as plain Python; may_skip=False
        asks every rule at every bar, with the same result."""
        self.plan, self.book = plan, book
        self._from_ms = from_ms
        self._may_skip = may_skip
        from engine.kernel.sweep import alone, sweep_bars  # it calls the loop above

        self._first = alone(plan, book)
        self._run: Callable[..., int] = compile_function(sweep_bars, allocates=False) if compiled else sweep_bars
        self._log = np.empty(LOG_ROWS + len(plan.market) * (len(plan.exits) + 2), FILL)
        self._log_count = np.zeros(1, np.int64)
        self._fills: list[NDArray[np.void]] = []
        self._closes = 0
        self._close_ms = np.empty(0, np.int64)
        self._money = np.empty((3, 0))

    def feed(self, bars: BarGrid, columns: ColumnBlock, first: int = 0, count: int | None = None) -> None:
        """Take consecutive base bars, `count` of the grid's from `first` on, and the columns of the clock bars that close in them.

        Raises RuntimeError when the books refuse an answer of the fill model: a defect, never a matter of the data.
        """
        base_ms = bars.timeframe.length_ms
        first_ms = bars.first_index * base_ms + bars.timeframe.offset_ms
        stop = bars.state.shape[1] if count is None else first + count
        series = [np.ascontiguousarray(part) for part in (bars.state, bars.open, bars.high, bars.low, bars.close, bars.volume)]
        values = np.ascontiguousarray(columns.values.transpose(0, 2, 1))
        start = max(first, self._start(first_ms, base_ms, stop))
        passed = int(np.searchsorted(columns.close_ms, first_ms + start * base_ms, side="right"))
        live = len(columns.close_ms) - passed
        self._make_room(live)
        row, at = self._closes - passed, start
        while at < stop:
            at = self._run(
                *self._first, self._log, self._log_count, first_ms, base_ms, at, stop, *series, columns.close_ms, 0, _NO_DAYS,
                _NO_SOURCE, _NO_STRIDES, values, self._money, row, self._may_skip, 0.0, False,
            )  # fmt: skip
            if at < 0:
                raise RuntimeError("the books refused a fill of the fill model")
            self._drain()
        self._close_ms[self._closes : self._closes + live] = columns.close_ms[passed:]
        self._closes += live

    def expect(self, closes: int) -> None:
        """Make room for so many CLOSEs at once."""
        self._make_room(closes - self._closes)

    def _make_room(self, closes: int) -> None:
        needed = self._closes + closes
        if needed > len(self._close_ms):
            room = max(needed, 2 * len(self._close_ms))
            close_ms, money = np.empty(room, np.int64), np.empty((3, room))
            close_ms[: self._closes] = self._close_ms[: self._closes]
            money[:, : self._closes] = self._money[:, : self._closes]
            self._close_ms, self._money = close_ms, money

    def result(self) -> RunResult:
        """What has happened so far."""
        account = self.book.account[0]
        cash, exposure, equity = self._money[:, : self._closes]
        return RunResult(
            fills=self._all_fills(),
            equity_ms=self._close_ms[: self._closes],
            equity_krw=equity,
            cash_krw=cash,
            exposure_krw=exposure,
            skipped=dict(zip(SKIP_REASONS, self.book.skipped.tolist(), strict=True)),
            rule_counts=tuple((int(row[0]), int(row[1]), int(row[2])) for row in self.book.rule_counts),
            ambiguous_steps=int(account["ambiguous_steps"]),
            ambiguous_krw=float(account["ambiguous_krw"]),
            unsettled_entries=int(account["unsettled_entries"]),
            sale_below_minimum=int(account["sale_below_minimum"]),
        )

    def _all_fills(self) -> NDArray[np.void]:
        if len(self._fills) != 1:
            self._fills = [np.concatenate(self._fills) if self._fills else np.zeros(0, FILL)]
        return self._fills[0]

    def _start(self, first_ms: int, base_ms: int, bars: int) -> int:
        """The first bar of the block whose time is not before the trading start."""
        if self._from_ms is None:
            return 0
        return min(max(-((first_ms - self._from_ms) // base_ms), 0), bars)

    def _drain(self) -> None:
        if self._log_count[0] > 0:
            self._fills.append(self._log[: self._log_count[0]].copy())
            self._log_count[0] = 0
