"""The compiled loop over base bars: STEPs with the answers to their orders, then CLOSE or MARK; bit-equal for any size of block
(docs/decide.md §2)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.kernel.abi import helper, items, rare
from engine.kernel.bars import Bars, Closes, Inside, Log, note_cash
from engine.kernel.book import FILL, Book
from engine.kernel.decide.ahead import (
    ACTIVE,
    COUNT,
    PRICED,
    asks_all,
    due_bits,
    find_active,
    look_ahead,
    note_price,
    note_prices,
)
from engine.kernel.decide.answers import is_oversold, take_done, take_fill
from engine.kernel.decide.close import close_positions
from engine.kernel.decide.engaged import disengage, without_first
from engine.kernel.decide.entries import decide_entries, enter_queued, queue_due
from engine.kernel.decide.guard import on_mark
from engine.kernel.decide.plan import Plan
from engine.kernel.decide.position import equity_krw, is_open
from engine.kernel.decide.quiet import count_columns, skip_quiet, take_columns, take_market, take_unseen
from engine.kernel.decide.quiet_risk import is_guarded
from engine.kernel.decide.sales import BUY, is_working
from engine.kernel.decide.step import end_step, on_step
from engine.kernel.eights import WORD, first_bit
from engine.kernel.fills import CANCELLED, WAITS, trade_at
from engine.kernel.legal import QUANTITY_SCALE
from engine.model.candle import BarState

_UNKNOWN: Final = int(BarState.UNKNOWN)
_TRADED: Final = int(BarState.TRADED)

#: `step_markets`: an order works after all STEPs
_WORKS: Final = 2

#: fills that a log has room for before it has to be emptied
LOG_ROWS: Final = 4096


def new_log(plan: Plan, steps: int = 1) -> Log:
    """An empty log. steps: of one base bar, at the most."""
    return Log(np.empty(LOG_ROWS + _most_fills(plan) * steps, FILL), np.zeros(1, np.int64))


@helper
def _most_fills(plan: Plan) -> int:
    """FILLs of one base time, at the most."""
    return int(plan.market.shape[0] * (plan.exits.shape[0] + 2))


@helper
def run_bars(plan: Plan, book: Book, log: Log, bars: Bars, closes: Closes, start: int, stop: int, may_skip: bool, counts: bool) -> int:
    """Run base bars [start, stop) of all markets; returns where it ended: stop, or earlier when the log is nearly full, or -1 on an error.

    may_skip: pass quiet bars (engine.kernel.decide.quiet). counts: somebody asks how often each condition was true.
    """
    most = _most_fills(plan)
    if bars.inside.time_ms.shape[0] > 0:
        most *= max(1, bars.span[1] // 1_000)
    guarded, notes = is_guarded(plan), asks_volumes(plan)
    first_ms, base_ms, close_ms = bars.span[0], bars.span[1], closes.close_ms
    counted = closing = _closes_until(close_ms, first_ms + start * base_ms)
    bar, seen, busy, stepped = start, start, 0, False
    look_ahead(plan, book, bars, closes, start, stop)
    works = _any_works(book, closes)
    while bar < stop:
        if may_skip and not works:
            at, closing, stepped = skip_quiet(plan, book, bars, closes, bar, stop, closing, stepped)
            if at >= stop:
                bar = at
                break
            if at != bar:
                bar, busy = at, 1
        if not stepped:
            if log.length[0] + most > log.fills.shape[0]:
                break
            busy = step_markets(plan, book, log, bars, closes, bar) if may_skip else step_bar(plan, book, log, bars, bar)
            if busy < 0:
                return -1
            stepped, works = True, busy == _WORKS
            if may_skip:
                continue
        time_ms = first_ms + (bar + 1) * base_ms
        book.outbox[0] = 0
        if closing < close_ms.shape[0] and close_ms[closing] == time_ms:
            if notes:
                seen = note_volumes(plan, book, bars, seen, bar + 1)
            close_bar(plan, book, bars, closes, closing, bar, may_skip)
            closing += 1
        elif busy > 0 and guarded:
            on_mark(plan, book, time_ms)
        works = works or book.outbox[0] > 0
        bar, stepped = bar + 1, False
    if notes:
        note_volumes(plan, book, bars, seen, bar)
    if may_skip:
        note_prices(book, bars, closes, bar)
        take_unseen(plan, book, bars, closes, bar)
    if counts:
        count_columns(plan, book, counted, closing, closes.columns)
    return bar


@helper
def _any_works(book: Book, closes: Closes) -> bool:
    """An order of a market that holds or wants anything works."""
    for place in range(closes.ahead[COUNT, 0]):
        if is_working(book, closes.ahead[ACTIVE, place]):
            return True
    return False


@helper
def _closes_until(close_ms: NDArray[np.int64], time_ms: int) -> int:
    """How many CLOSEs are at the time or before it."""
    count = 0
    while count < close_ms.shape[0] and close_ms[count] <= time_ms:
        count += 1
    return count


@helper
def close_bar(plan: Plan, book: Book, bars: Bars, closes: Closes, closing: int, bar: int, may_skip: bool) -> None:
    """CLOSE `closing` of the block, after the STEPs of `bar`, and the account after it. may_skip: markets without part in it, too."""
    time_ms, row = closes.close_ms[closing], closes.row[0] + closing
    equity = equity_krw(book)  # orders alone do not change it
    if not may_skip or asks_all(plan, closes, closing):
        _close_all(plan, book, bars, closes, closing, bar, may_skip)
    else:
        due = _take_due(plan, book, bars, closes, closing, bar)
        close_positions(plan, book, time_ms)
        if due > 0:
            enter_queued(plan, book, queue_due(plan, book, due), equity, time_ms)
            if book.outbox[0] > 0:
                find_active(book, closes)
    note_cash(closes, row, book.account[0]["cash_krw"])
    closes.equity[row] = equity


@rare
def _close_all(plan: Plan, book: Book, bars: Bars, closes: Closes, closing: int, bar: int, may_skip: bool) -> None:
    """CLOSE of all markets, whether they have part in it or not."""
    take_columns(book, closes.columns, closing)
    if may_skip:
        note_prices(book, bars, closes, bar + 1)
    close_positions(plan, book, closes.close_ms[closing])
    decide_entries(plan, book, closes.close_ms[closing])
    find_active(book, closes)


@helper
def _take_due(plan: Plan, book: Book, bars: Bars, closes: Closes, closing: int, bar: int) -> int:
    """Columns of the markets that hold, work or may enter, and last prices of these; the latter into `book.queue`: how many they are."""
    due = 0
    for place in range(closes.ahead[COUNT, 0]):
        take_market(book, closes.ahead[ACTIVE, place], closes.columns, closing)
    if closes.ahead[COUNT, 0] == book.position.shape[0]:
        return 0
    for word in range(closes.due.shape[1]):
        left = due_bits(plan, book, closes, closing, word)
        while left != 0:
            market = word * WORD + first_bit(left)
            left = without_first(left)
            take_market(book, market, closes.columns, closing)
            note_price(book, bars, closes, market, bar + 1)
            book.queue[due] = market
            due += 1
    return due


@helper
def asks_volumes(plan: Plan) -> bool:
    """Decisions ask for the volume of a market's last traded bar."""
    return bool(plan.venue.costs[0]["by_size"] != 0)


@helper
def note_volumes(plan: Plan, book: Book, bars: Bars, start: int, stop: int) -> int:
    """Remember the volume of each market's last traded bar of [start, stop), where one traded and decisions ask for it; returns stop."""
    if asks_volumes(plan):
        _note_volumes(book, bars, start, stop)
    return stop


@rare
def _note_volumes(book: Book, bars: Bars, start: int, stop: int) -> None:
    """Where decisions ask for it."""
    for market in range(bars.state.shape[0]):
        bar = stop - 1
        while bar >= start and bars.state[market, bar] != _TRADED:
            bar -= 1
        if bar >= start:
            counts = bars.volume[market, bar] * QUANTITY_SCALE
            book.flow[market]["volume_e8"] = counts if counts > 0.0 else 0.0


@helper
def step_markets(plan: Plan, book: Book, log: Log, bars: Bars, closes: Closes, bar: int) -> int:
    """`step_bar` where the last prices of markets that neither hold nor want anything can wait; _WORKS where an order still works."""
    count, active, works = closes.ahead[COUNT, 0], 0, False
    markets, priced = items(closes.ahead, ACTIVE * closes.ahead.shape[1]), items(closes.ahead, PRICED * closes.ahead.shape[1])
    for place in range(count):
        market = markets[place]
        priced[market] = bar + 1
        if bars.state[market, bar] != _UNKNOWN and not run_step(plan, book, log, bars, market, bar):
            return -1
        working = is_working(book, market)
        works = works or working
        if working or is_open(book, market):
            markets[active] = market
            active += 1
        else:
            disengage(book, market)
    closes.ahead[COUNT, 0] = active
    return _WORKS if works else min(count, 1)


@helper
def step_bar(plan: Plan, book: Book, log: Log, bars: Bars, bar: int) -> int:
    """The STEPs of one base time, market by market: 1 where a position was open or an order worked, 0 where none, -1 on an error."""
    busy = 0
    for market in range(bars.state.shape[0]):
        if not is_open(book, market) and not is_working(book, market):
            if bars.state[market, bar] == _TRADED:
                book.position[market]["last_krw"] = bars.close_krw[market, bar]
            continue
        busy = 1
        if bars.state[market, bar] != _UNKNOWN and not run_step(plan, book, log, bars, market, bar):
            return -1
    return busy


@helper
def run_step(plan: Plan, book: Book, log: Log, bars: Bars, market: int, bar: int) -> bool:
    """One STEP with the answers to its orders: the waiting order trades at the open, then each sale inside as it is made."""
    time_ms, row = bars.span[0] + bar * bars.span[1], market * bars.state.shape[1] + bar
    traded = items(bars.state, 0)[row] == _TRADED
    if traded and bars.inside.time_ms.shape[0] > 0:
        first, last = _first_inside(bars.inside, market, time_ms), _first_inside(bars.inside, market, time_ms + bars.span[1])
        if first < last:
            return _run_inside(plan, book, log, bars.inside, market, first, last)
    volume = items(bars.volume, 0)[row] if plan.venue.costs[0]["by_volume"] != 0 else 0.0
    return run_path(
        plan, book, log, market, time_ms, items(bars.open_krw, 0)[row], items(bars.high_krw, 0)[row], items(bars.low_krw, 0)[row],
        items(bars.close_krw, 0)[row], volume, traded,
    )  # fmt: skip


@rare
def _run_inside(plan: Plan, book: Book, log: Log, inside: Inside, market: int, first: int, stop: int) -> bool:
    """The finer bars [first, stop) in place of the one that they add up to."""
    for row in range(first, stop):
        _bring_taken(book, inside, market, row)
        if not run_path(
            plan, book, log, market, inside.time_ms[row], inside.open_krw[row], inside.high_krw[row], inside.low_krw[row],
            inside.close_krw[row], inside.volume[row], True,
        ):  # fmt: skip
            return False
        _keep_taken(book, inside, market, row)
    return True


@rare
def _first_inside(inside: Inside, market: int, time_ms: int) -> int:
    """The market's first finer bar at or after the time."""
    low, high = inside.first[market], inside.first[market + 1]
    while low < high:
        middle = (low + high) // 2
        if inside.time_ms[middle] < time_ms:
            low = middle + 1
        else:
            high = middle
    return int(low)


@helper
def _bring_taken(book: Book, inside: Inside, market: int, row: int) -> None:
    """What the strategies before this one have taken of a finer bar, where there are several."""
    if inside.taken_e8.shape[0] > 0:
        book.flow[market]["time_ms"] = inside.time_ms[row]
        book.flow[market]["traded_e8"] = inside.taken_e8[row]


@helper
def _keep_taken(book: Book, inside: Inside, market: int, row: int) -> None:
    """The same for those after it."""
    if inside.taken_e8.shape[0] > 0:
        inside.taken_e8[row] = book.flow[market]["traded_e8"]


@helper
def run_path(
    plan: Plan,
    book: Book,
    log: Log,
    market: int,
    time_ms: int,
    open_krw: float,
    high_krw: float,
    low_krw: float,
    close_krw: float,
    volume: float,
    traded: bool,
) -> bool:
    """`run_step` of any piece of price path."""
    counts = volume * QUANTITY_SCALE
    asked, stepped = traded and is_working(book, market), False
    # what works is answered, then the STEP, then what it asks for: in one loop, so that the machine code of an answer is there once
    while asked or not stepped:
        if asked and not answer_order(plan, book, log, market, open_krw, low_krw, close_krw, counts, time_ms):
            return False
        if not stepped:
            if plan.venue.costs[0]["queue_share"] > 0.0:
                book.flow[market]["step_e8"] = counts if counts > 0.0 else 0.0
            book.outbox[0] = 0
            on_step(plan, book, market, time_ms, open_krw, high_krw, low_krw, close_krw, traded)
            stepped = True
        asked = book.outbox[0] > 0
        book.outbox[0] = 0
    end_step(plan, book, market)
    return True


@helper
def answer_order(
    plan: Plan,
    book: Book,
    log: Log,
    market: int,
    open_krw: float,
    low_krw: float,
    close_krw: float,
    volume_e8: float,
    time_ms: int,
) -> bool:
    """FILL and DONE of the market's working order, logged, as far as they come; False when the books refuse them."""
    status = CANCELLED
    if book.order[market]["stopped"] == 0:
        status = _trade(plan, book, log, market, open_krw, low_krw, close_krw, volume_e8, time_ms)
    if status < 0:
        return False
    if status != WAITS:
        take_done(plan, book, market, time_ms)
    return True


@helper
def _trade(
    plan: Plan,
    book: Book,
    log: Log,
    market: int,
    open_krw: float,
    low_krw: float,
    close_krw: float,
    volume_e8: float,
    time_ms: int,
) -> int:
    """FILL of the market's working order, logged, as far as it comes: what becomes of the order, or -1 when the books refuse it."""
    order = book.order[market]
    order_id = order["order_id"]
    spent = book.position[market]["cost_krw"] if order["side"] == BUY else 0.0
    status, quantity, price, fee, base, priced = trade_at(
        plan.venue, plan.buying, book.waiting, book.flow, market, order_id, order["side"], order["created_ms"], order["amount_krw"], spent,
        order["left_e8"], order["level_krw"], order["limit_krw"], open_krw, low_krw, close_krw, volume_e8, time_ms,
    )  # fmt: skip
    if quantity > 0.0:
        row = log.fills[log.length[0]]
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
        log.length[0] += 1
        if is_oversold(book, market, quantity):
            return -1
        take_fill(plan, book, market, quantity, price, fee, time_ms)
    return int(status)
