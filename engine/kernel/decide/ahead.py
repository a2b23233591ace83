"""What is known ahead of every market without a position: when it can be bought next, and how far its last price is behind.

Most markets of many do nothing at most bars. What a CLOSE has to look at of them is found by scanning each column once, and their last
prices are made good only where somebody reads them. Nothing is decided here.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.kernel.abi import fetch, helper, items, rare
from engine.kernel.bars import Bars, Closes
from engine.kernel.book import Book
from engine.kernel.decide.engaged import WORD_SHIFT, bit_of, disengage, engage, next_engaged, without_first
from engine.kernel.decide.limits import OPEN_POSITIONS
from engine.kernel.decide.plan import Plan
from engine.kernel.decide.position import is_open
from engine.kernel.decide.sales import is_working
from engine.kernel.eights import WORD, count_bits, first_bit, true_bits, true_bits_within
from engine.kernel.stretches import first_not_traded, first_true, last_traded

#: rows of Closes.ahead: in the first place the CLOSE of the first row of Closes.due; first bar that the last price does not know; the
#: markets that hold or want anything in order, and in the first place how many these are; first bar of its position that a market's
#: extremes do not know (of no matter where the position was opened later); from and to: bars of which is known that all traded, 0 and 0 at
#: first: whoever runs the same bars again keeps them; in the first place: bars before the end of CLOSE 0, bars from one CLOSE to the next,
#: where those that are run now end, and which rows of Closes.due have any 1
DUE_FROM: Final = 0
PRICED: Final = 1
ACTIVE: Final = 2
COUNT: Final = 3
UNSEEN: Final = 4
TRADED_FROM: Final = 5
TRADED_TO: Final = 6
FIRST_END: Final = 7
APART: Final = 8
STOP: Final = 9
DUE_ANY: Final = 10
ROWS: Final = 11
#: series of so many bars stay in a processor's caches from one run over them to the next
FAR: Final = 131_072
#: CLOSEs in which `bring_later` looks for what comes
_LATER: Final = 2 * WORD


def rooms(markets: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Closes.ahead and Closes.due of so many markets."""
    return np.zeros((ROWS, markets), np.int64), np.zeros((WORD, -(-markets // WORD)), np.int64)


@helper
def look_ahead(plan: Plan, book: Book, bars: Bars, closes: Closes, bar: int, stop: int) -> None:
    """Bars [bar, stop) are to be run. No more is known yet than which markets are active; last prices are those before `bar`."""
    if closes.close_ms.shape[0] > 0:
        closes.ahead[FIRST_END, 0] = (closes.close_ms[0] - bars.span[0]) // bars.span[1]
        closes.ahead[APART, 0] = plan.settings[0]["clock_ms"] // bars.span[1]
    closes.ahead[STOP, 0], closes.ahead[DUE_FROM, 0] = stop, -WORD
    for market in range(book.position.shape[0]):
        engage(book, market)  # what has become of the books since the last bar is not known
        closes.ahead[PRICED, market] = bar
        closes.ahead[UNSEEN, market] = bar
    find_active(book, closes)


@helper
def find_active(book: Book, closes: Closes) -> None:
    """List the markets that hold or want anything. STEPs only take some off; a CLOSE can add some."""
    count, market = 0, next_engaged(book, 0)
    while market < book.position.shape[0]:
        if is_open(book, market) or is_working(book, market):
            closes.ahead[ACTIVE, count] = market
            count += 1
        else:
            disengage(book, market)
        market = next_engaged(book, market + 1)
    closes.ahead[COUNT, 0] = count


@helper
def end_of(closes: Closes, closing: int) -> int:
    """How many bars of the block are before CLOSE `closing` of it."""
    return int(closes.ahead[FIRST_END, 0] + closing * closes.ahead[APART, 0])


@helper
def have_traded(bars: Bars, closes: Closes, market: int, first: int, stop: int) -> bool:
    """Whether all bars [first, stop) of a market have: each is looked at once, as long as all do."""
    if closes.ahead[TRADED_FROM, market] <= first and stop <= closes.ahead[TRADED_TO, market]:
        return True
    until = first_not_traded(items(bars.state, market * bars.state.shape[1]), first, closes.ahead[STOP, 0])
    if until < stop:
        return False
    closes.ahead[TRADED_FROM, market], closes.ahead[TRADED_TO, market] = first, until
    return True


@helper
def next_due(plan: Plan, book: Book, closes: Closes, closing: int, limit: int) -> int:
    """The first CLOSE in [closing, limit) at which a market that neither holds nor wants anything may be bought, or `limit`. There
    is one that does not."""
    if book.position.shape[0] == 1:  # nothing to look at together
        return _next_true(plan, closes, closing, limit)
    while closing < limit:
        row = closing - closes.ahead[DUE_FROM, 0]
        if row < 0 or row >= WORD:
            closing, row = _find_due(plan, closes, closing, limit), 0
        left = closes.ahead[DUE_ANY, 0] >> row
        if left == 0:
            closing += WORD - row
        else:
            closing += first_bit(left)
            if closing < limit and count_due(plan, book, closes, closing) > 0:
                return closing
            closing += 1
    return limit


@helper
def _next_true(plan: Plan, closes: Closes, closing: int, limit: int) -> int:
    """The same of a single market."""
    while closing < limit and plan.market[0]["tradable"] != 0:
        left = true_closes(plan, closes, 0, closing)
        if left != 0:
            return min(closing + first_bit(left), limit)
        closing += WORD
    return limit


@helper
def due_bits(plan: Plan, book: Book, closes: Closes, closing: int, word: int) -> int:
    """Which of 64 markets neither hold nor want anything and may be bought at the CLOSE. There is a market that does not."""
    if book.position.shape[0] == 1:
        slot = plan.settings[0]["entry_slot"]
        value = closes.columns[0, slot, closing] if slot < plan.settings[0]["column_count"] else plan.initial[slot]
        return 1 if plan.market[0]["tradable"] != 0 and value != 0.0 and not math.isnan(value) else 0
    row = closing - closes.ahead[DUE_FROM, 0]
    if row < 0 or row >= WORD:
        closing, row = _find_due(plan, closes, closing, closing + 1), 0
    return int(closes.due[row, word] & ~book.engaged[word])


@rare
def _find_due(plan: Plan, closes: Closes, closing: int, limit: int) -> int:
    """Fill Closes.due from this CLOSE on, or from the first of those 64, 128, ... later, before `limit`, where any market may be bought
    at one of the 64; returns from which."""
    left, found = closes.ahead[DUE_ANY, 0], 0
    while left != 0:
        for word in range(closes.due.shape[1]):
            closes.due[first_bit(left), word] = 0
        left = without_first(left)
    closing -= WORD
    while found == 0 and closing + WORD < limit:
        closing += WORD
        for market in range(closes.columns.shape[0]):
            left = true_closes(plan, closes, market, closing) if plan.market[market]["tradable"] != 0 else 0
            found |= left
            while left != 0:
                closes.due[first_bit(left), market >> WORD_SHIFT] |= bit_of(market)
                left = without_first(left)
    closes.ahead[DUE_FROM, 0], closes.ahead[DUE_ANY, 0] = closing, found
    return closing


@helper
def true_closes(plan: Plan, closes: Closes, market: int, closing: int) -> int:
    """Bit k: the entry condition is true at CLOSE `closing` + k of the block."""
    slot, count = plan.settings[0]["entry_slot"], closes.close_ms.shape[0] - closing
    if slot >= plan.settings[0]["column_count"]:
        constant = plan.initial[slot]
        always = -1 if count >= WORD else (1 << count) - 1
        return 0 if math.isnan(constant) or constant == 0.0 else always
    values = items(closes.columns, (market * closes.columns.shape[1] + slot) * closes.columns.shape[2])
    return true_bits(values, closing) if count >= WORD else true_bits_within(values, closing, count)


@helper
def count_due(plan: Plan, book: Book, closes: Closes, closing: int) -> int:
    """How many markets these are."""
    count = 0
    for word in range(closes.due.shape[1]):
        count += count_bits(due_bits(plan, book, closes, closing, word))
    return count


@rare
def bring_near(plan: Plan, book: Book, bars: Bars, closes: Closes, closing: int, bar: int) -> None:
    """Ask memory for all that CLOSE `closing` and the STEP of `bar` will read of the markets that hold or may enter there; no order works.
    Called often, but inside its caller it would take the registers that the rest of it needs."""
    bar = min(bar, bars.state.shape[1] - 1)
    fetch(items(closes.close_ms, 0), closing)
    row, near = closing - closes.ahead[DUE_FROM, 0], closes.ahead[COUNT, 0]
    if book.position.shape[0] == 1:
        row, near = -1, 1
        closes.ahead[ACTIVE, 0] = 0
    for word in range(closes.due.shape[1] if 0 <= row < WORD else 0):
        left = closes.due[row, word] & ~book.engaged[word]
        while left != 0:
            closes.ahead[ACTIVE, near] = word * WORD + first_bit(left)  # behind those that are: one loop asks for all
            left = without_first(left)
            near += 1
    for place in range(near):
        _fetch_step(plan, bars, closes.ahead[ACTIVE, place] * bars.state.shape[1] + bar)
        values = items(closes.columns, closes.ahead[ACTIVE, place] * closes.columns.shape[1] * closes.columns.shape[2] + closing)
        for column in range(closes.columns.shape[1]):
            fetch(values, column * closes.columns.shape[2])


@rare
def bring_later(plan: Plan, bars: Bars, closes: Closes, held: int, closing: int) -> None:
    """The same of what most likely comes after CLOSE `closing` where a single market is bought and sold by conditions alone: memory has the
    time of a whole trade to bring it. Decides nothing; where something else comes, it was asked for nothing."""
    slot, stop = plan.settings[0]["entry_slot"], min(closing + 1 + _LATER, closes.close_ms.shape[0])
    if held == 0:
        rules = plan.settings[0]["rules"]
        if rules == 0 or plan.gates[first_bit(rules)]["count"] == 0:
            return
        slot = plan.gate_columns[plan.gates[first_bit(rules)]["first"]]
    if slot >= plan.settings[0]["column_count"]:
        return
    found = first_true(items(closes.columns, slot * closes.columns.shape[2]), closing + 1, stop)
    if found < stop:
        fetch(items(closes.close_ms, 0), found)
        _fetch_step(plan, bars, min(end_of(closes, found), bars.state.shape[1] - 1))


@helper
def _fetch_step(plan: Plan, bars: Bars, at: int) -> None:
    """What a STEP reads of the bar at this place of the series of all markets."""
    fetch(items(bars.state, at), 0)
    fetch(items(bars.open_krw, at), 0)
    fetch(items(bars.high_krw, at), 0)
    fetch(items(bars.low_krw, at), 0)
    fetch(items(bars.close_krw, at), 0)
    if plan.venue.costs[0]["by_volume"] != 0:
        fetch(items(bars.volume, at), 0)


@helper
def note_price(book: Book, bars: Bars, closes: Closes, market: int, stop: int) -> None:
    """The last price of a market without a position or order takes in its bars before `stop`."""
    first = closes.ahead[PRICED, market]
    if first >= stop:
        return
    last = last_traded(items(bars.state, market * bars.state.shape[1]), first, stop)
    if last >= 0:
        book.position[market]["last_krw"] = bars.close_krw[market, last]
    closes.ahead[PRICED, market] = stop


@helper
def note_prices(book: Book, bars: Bars, closes: Closes, stop: int) -> None:
    """The last prices of all such markets."""
    for market in range(book.position.shape[0]):
        note_price(book, bars, closes, market, stop)


@helper
def asks_all(plan: Plan, closes: Closes, closing: int) -> bool:
    """The CLOSE reads columns of markets that neither hold nor want anything: always the last of a block, whose books somebody sees."""
    return bool(closing == closes.close_ms.shape[0] - 1 or plan.breakers.shape[0] > 0 or plan.pairs.shape[0] > 0)


@helper
def is_full(plan: Plan, book: Book, held: int) -> bool:
    """Every candidate would be skipped for the number of open positions, and leave no more than a count. No order works."""
    settings, account = plan.settings[0], book.account[0]
    if held < settings["open_positions"] or plan.breakers.shape[0] > 0 or settings["entry_slot"] >= settings["column_count"]:
        return False
    if settings["when_slot"] >= 0 or settings["scale_slot"] >= 0:
        return False
    return bool(account["entries_stopped"] == 0 and account["stopped_by"] < 0)


@rare
def count_skipped(plan: Plan, book: Book, closes: Closes, closing: int, passed: int) -> None:
    """Candidates at CLOSEs [closing, passed) that were skipped because the account is full."""
    if closes.ahead[COUNT, 0] == book.position.shape[0]:
        return
    closing = next_due(plan, book, closes, closing, passed)
    while closing < passed:
        book.skipped[OPEN_POSITIONS] += count_due(plan, book, closes, closing)
        closing = next_due(plan, book, closes, closing + 1, passed)
