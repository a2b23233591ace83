"""What is known ahead of every market without a position: when it can be bought next, and how far its last price is behind.

Most markets of many do nothing at most bars. What a CLOSE has to look at of them is found by scanning each column once, and their last
prices are made good only where somebody reads them. Nothing is decided here.
"""

from __future__ import annotations

import math
from typing import Final

from engine.kernel.abi import fetch, helper, items, rare
from engine.kernel.bars import Bars, Closes
from engine.kernel.book import Book
from engine.kernel.decide.engaged import disengage, engage, next_engaged
from engine.kernel.decide.limits import OPEN_POSITIONS
from engine.kernel.decide.plan import Plan
from engine.kernel.decide.position import is_open
from engine.kernel.decide.sales import is_working
from engine.kernel.stretches import first_not_traded, first_true, last_traded

#: rows of Closes.ahead: next CLOSE at which the entry is true; first bar that the last price does not know; the markets that hold or want
#: anything in order, and in the first place how many these are; first bar of its position that a market's extremes do not know (of no
#: matter where the position was opened later); from and to: bars of which is known that all traded, 0 and 0 at first: whoever runs the same
#: bars again keeps them; in the first place: bars before the end of CLOSE 0, bars from one CLOSE to the next, and where those that are run
#: now end
NEXT_TRUE: Final = 0
PRICED: Final = 1
ACTIVE: Final = 2
COUNT: Final = 3
UNSEEN: Final = 4
TRADED_FROM: Final = 5
TRADED_TO: Final = 6
FIRST_END: Final = 7
APART: Final = 8
STOP: Final = 9
ROWS: Final = 10


@helper
def look_ahead(plan: Plan, book: Book, bars: Bars, closes: Closes, bar: int, stop: int) -> None:
    """Bars [bar, stop) are to be run. No more is known yet than which markets are active; last prices are those before `bar`."""
    if closes.close_ms.shape[0] > 0:
        closes.ahead[FIRST_END, 0] = (closes.close_ms[0] - bars.span[0]) // bars.span[1]
        closes.ahead[APART, 0] = plan.settings[0]["clock_ms"] // bars.span[1]
    closes.ahead[STOP, 0] = stop
    for market in range(book.position.shape[0]):
        engage(book, market)  # what has become of the books since the last bar is not known
        closes.ahead[NEXT_TRUE, market] = -1
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
def next_true(plan: Plan, closes: Closes, market: int, closing: int) -> int:
    """The first CLOSE from `closing` on at which the entry condition of a tradable market is true, or how many there are."""
    known = closes.ahead[NEXT_TRUE, market]
    if known >= closing:
        return int(known)
    slot, count = plan.settings[0]["entry_slot"], closes.close_ms.shape[0]
    if slot >= plan.settings[0]["column_count"]:
        constant = plan.initial[slot]
        known = count if math.isnan(constant) or constant == 0.0 else closing
    else:
        known = first_true(items(closes.columns, (market * closes.columns.shape[1] + slot) * closes.columns.shape[2]), closing, count)
    closes.ahead[NEXT_TRUE, market] = known
    return int(known)


@rare
def bring_near(plan: Plan, book: Book, bars: Bars, closes: Closes, closing: int, bar: int) -> None:
    """Ask memory for all that CLOSE `closing` and the STEP of `bar` will read of the markets that hold or may enter there; no order works.
    Called often, but inside its caller it would take the registers that the rest of it needs."""
    bar = min(bar, bars.state.shape[1] - 1)
    fetch(items(closes.close_ms, 0), closing)
    for market in range(book.position.shape[0]):
        if closes.ahead[NEXT_TRUE, market] != closing and not is_open(book, market):
            continue
        at = market * bars.state.shape[1] + bar
        fetch(items(bars.state, at), 0)
        fetch(items(bars.open_krw, at), 0)
        fetch(items(bars.high_krw, at), 0)
        fetch(items(bars.low_krw, at), 0)
        fetch(items(bars.close_krw, at), 0)
        if plan.venue.costs[0]["by_volume"] != 0:
            fetch(items(bars.volume, at), 0)
        for column in range(closes.columns.shape[1]):
            fetch(items(closes.columns, (market * closes.columns.shape[1] + column) * closes.columns.shape[2] + closing), 0)


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
def is_due(plan: Plan, closes: Closes, market: int, closing: int) -> bool:
    """The market can be a candidate at the CLOSE."""
    return bool(plan.market[market]["tradable"] != 0 and next_true(plan, closes, market, closing) == closing)


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
    for market in range(book.position.shape[0]):
        if closes.ahead[NEXT_TRUE, market] >= passed:
            continue
        if plan.market[market]["tradable"] == 0 or is_open(book, market) or is_working(book, market):
            continue
        at = next_true(plan, closes, market, closing)
        while at < passed:
            book.skipped[OPEN_POSITIONS] += 1
            at = next_true(plan, closes, market, at + 1)
