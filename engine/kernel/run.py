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
from engine.kernel.decide.close import on_close
from engine.kernel.decide.guard import on_mark
from engine.kernel.decide.plan import Plan
from engine.kernel.decide.position import exposure_krw, is_open
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
_LOG_ROWS: Final = 4096


@helper
def run_bars(
    plan: Plan,
    book: Book,
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
    volume: NDArray[np.float64],
    close_ms: NDArray[np.int64],
    columns: NDArray[np.float64],
    scratch: NDArray[np.float64],
    money: NDArray[np.float64],
) -> int:
    """Run base bars [start, n) of all markets; returns where it stopped: n, or earlier when the log is nearly full, or -1 on an error.

    state, open..close (KRW), volume (coins) [M, n]; close_ms [k] and columns [M, k, C] of the clock bars that close in this block;
    scratch [M, C]; money [k, 2]: cash and exposure after each CLOSE; log FILL [..] with its count in log_count[0].
    """
    markets, bars = state.shape
    most = markets * (plan.exits.shape[0] + 2)
    weighed = plan.venue.costs[0]["impact"] > 0.0
    seen = start
    guarded = plan.settings[0]["watches"] != 0 or plan.breakers.shape[0] > 0
    closing = 0
    while closing < close_ms.shape[0] and close_ms[closing] <= first_ms + start * base_ms:
        closing += 1
    for bar in range(start, bars):
        if log_count[0] + most > log.shape[0]:
            if weighed:
                note_volumes(book, seen, bar, state, volume)
            return bar
        time_ms = first_ms + bar * base_ms
        busy = step_bar(plan, book, log, log_count, time_ms, bar, state, open_krw, high_krw, low_krw, close_krw, volume)
        if busy < 0:
            return -1
        if closing < close_ms.shape[0] and close_ms[closing] == time_ms + base_ms:
            for market in range(markets):
                for column in range(scratch.shape[1]):
                    scratch[market, column] = columns[market, closing, column]
            book.outbox[0] = 0
            if weighed:
                note_volumes(book, seen, bar + 1, state, volume)
                seen = bar + 1
            on_close(plan, book, close_ms[closing], scratch)
            money[closing, 0] = book.account[0]["cash_krw"]
            money[closing, 1] = exposure_krw(book)
            closing += 1
        elif busy > 0 and guarded:
            book.outbox[0] = 0
            on_mark(plan, book, time_ms + base_ms)
    if weighed:
        note_volumes(book, seen, bars, state, volume)
    return int(bars)


@helper
def note_volumes(book: Book, start: int, stop: int, state: NDArray[np.int8], volume: NDArray[np.float64]) -> None:
    """Remember the volume of each market's last traded bar of [start, stop), where one of them traded."""
    for market in range(state.shape[0]):
        bar = stop - 1
        while bar >= start and state[market, bar] != _TRADED:
            bar -= 1
        if bar >= start:
            counts = volume[market, bar] * QUANTITY_SCALE
            book.flow[market]["volume_e8"] = counts if counts > 0.0 else 0.0


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

    def __init__(self, plan: Plan, book: Book, from_ms: int | None = None, *, compiled: bool = True) -> None:
        """from_ms: trading start; bars before it are skipped. compiled=False runs the same functions as plain Python."""
        self.plan, self.book = plan, book
        self._from_ms = from_ms
        self._run_bars: Callable[..., int] = compile_function(run_bars, allocates=False) if compiled else run_bars
        self._log = np.zeros(_LOG_ROWS + len(plan.market) * (len(plan.exits) + 2), FILL)
        self._log_count = np.zeros(1, np.int64)
        self._scratch = np.full_like(book.columns, np.nan)
        self._fills: list[NDArray[np.void]] = []
        self._closes: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = []

    def feed(self, bars: BarGrid, columns: ColumnBlock) -> None:
        """Take consecutive base bars and the columns of the clock bars that close in them.

        Raises RuntimeError when the books refuse an answer of the fill model: a defect, never a matter of the data.
        """
        base_ms = bars.timeframe.length_ms
        first_ms = bars.first_index * base_ms + bars.timeframe.offset_ms
        start = self._start(first_ms, base_ms, bars.state.shape[1])
        money = np.full((len(columns.close_ms), 2), np.nan)
        series = [np.ascontiguousarray(part) for part in (bars.state, bars.open, bars.high, bars.low, bars.close, bars.volume)]
        values = np.ascontiguousarray(columns.values)
        at = start
        while at < bars.state.shape[1]:
            at = self._run_bars(
                self.plan, self.book, self._log, self._log_count, first_ms, base_ms, at, *series,
                columns.close_ms, values, self._scratch, money,
            )  # fmt: skip
            if at < 0:
                raise RuntimeError("the books refused a fill of the fill model")
            self._drain()
        live = columns.close_ms > first_ms + start * base_ms
        self._closes.append((columns.close_ms[live].copy(), money[live]))

    def result(self) -> RunResult:
        """What has happened so far."""
        account = self.book.account[0]
        times = np.concatenate([times for times, _ in self._closes]) if self._closes else np.zeros(0, np.int64)
        money = np.concatenate([money for _, money in self._closes]) if self._closes else np.zeros((0, 2))
        return RunResult(
            fills=np.concatenate(self._fills) if self._fills else np.zeros(0, FILL),
            equity_ms=times,
            equity_krw=money[:, 0] + money[:, 1],
            cash_krw=money[:, 0].copy(),
            exposure_krw=money[:, 1].copy(),
            skipped=dict(zip(SKIP_REASONS, self.book.skipped.tolist(), strict=True)),
            rule_counts=tuple((int(row[0]), int(row[1]), int(row[2])) for row in self.book.rule_counts),
            ambiguous_steps=int(account["ambiguous_steps"]),
            ambiguous_krw=float(account["ambiguous_krw"]),
            unsettled_entries=int(account["unsettled_entries"]),
            sale_below_minimum=int(account["sale_below_minimum"]),
        )

    def _start(self, first_ms: int, base_ms: int, bars: int) -> int:
        """The first bar of the block whose time is not before the trading start."""
        if self._from_ms is None:
            return 0
        return min(max(-((first_ms - self._from_ms) // base_ms), 0), bars)

    def _drain(self) -> None:
        if self._log_count[0] > 0:
            self._fills.append(self._log[: self._log_count[0]].copy())
            self._log_count[0] = 0
