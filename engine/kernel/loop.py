"""The compiled loop over base bars: STEPs with the answers to their orders, then CLOSE or MARK; bit-equal for any size of block
(docs/decide.md §2)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.kernel.abi import helper
from engine.kernel.book import Book
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
from engine.model.candle import BarState

_UNKNOWN: Final = int(BarState.UNKNOWN)
_TRADED: Final = int(BarState.TRADED)

#: room in the fill log for this many base times at least
LOG_ROWS: Final = 4096
#: what a run of one variant has no use for


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
    if plan.venue.costs[0]["impact"] == 0.0 and plan.venue.depth.time_ms.shape[0] == 0:
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
    status, quantity, price, fee, base, priced = trade_at(
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
        row["priced"] = priced
        log_count[0] += 1
        if on_fill(plan, book, market, order_id, quantity, price, fee, time_ms) != ACCEPTED:
            return False
    return status == WAITS or on_done(plan, book, market, order_id, time_ms) == ACCEPTED
