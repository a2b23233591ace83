"""What buying and holding several markets would have made: compiled passes over their closes, some rows at a time, so that several threads
share the rows out among themselves and what is added up stays near.

They decide nothing. What the numbers mean is said where they are read: engine.research.returns.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.kernel.abi import count_up, floats_at, helper, items, numbers_at, numbers_of, scratch, series_at, states_at
from engine.kernel.beside import JOB, JOB_LENGTH, STOPPED, TICKET_WIDTH, Beside, enter, is_stopped, leave
from engine.kernel.beside import precompile as compile_threads
from engine.kernel.eights import WORD
from engine.kernel.places import numbers_from
from engine.kernel.stretches import count_unknown, scale_ratio
from engine.model.candle import BarState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.kernel.catalogue import Pointer

_UNKNOWN: Final = int(BarState.UNKNOWN)
#: arrays of one market in a handle: states, opens and closes, [1, bars]
MARKET_ARRAYS: Final = 3
#: rows that are taken at once: their values stay in the processor's nearest memory
_ROWS: Final = 1_024
#: numbers of a job behind STOPPED: rows / _ROWS taken so far, and how many markets are in the sum before this pass
_TAKEN: Final = STOPPED + 1
_BEFORE: Final = STOPPED + 2
#: arrays of a job, in the places of a handle
_SPAN: Final = 1  # length and offset of a bar (ms), index of the first
_TIMES: Final = 2
_MARKETS: Final = 3  # a handle of MARKET_ARRAYS each
_KNOWN: Final = 4  # rows of each market's first and last known bar, one after the other; -1: none
_FIRST: Final = 5  # what it is bought for
_LAST: Final = 6  # its last ratio
_SCALE: Final = 7
_TOTAL: Final = 8


@cache
def precompile() -> Any:
    """Compile `begin_holding`, which it gives, and what threads run, or load all from the cache."""
    from engine.kernel.load import address_of_thread, compile_function  # LLVM is imported when the first figure is made, not before

    compile_threads(), address_of_thread(hold_rows)
    signature = "int64(int64[::1], int64[::1], int64[::1], float64[::1], int64[::1], float64[::1], float64[::1])"
    return compile_function(begin_holding, signature, allocates=False).entry_point


class HoldPass:
    """What several markets held make together, row by row: `start` it in a thread beside the caller's, or `finish` it."""

    def __init__(
        self,
        span: tuple[int, int, int],
        close_ms: NDArray[np.int64],
        markets: NDArray[np.int64],
        cost: NDArray[np.float64],
        scale: float,
        total: NDArray[np.float64],
        held: int,
        prices: Sequence[NDArray[Any]],
    ) -> None:
        """The latest known close of the bars that end at close_ms / (the market's first known open x cost) x scale, `scale` before it, of
        all markets that have both, is added to what `total` has of `held` others.

        span: length and offset of a bar (ms), index of the first. markets: a handle of `prices`, MARKET_ARRAYS each. cost: of each market,
        what buying costs as a ratio of the price.
        """
        count = len(cost)
        self.total, self.last = total, np.empty(count)
        """last: each market's last ratio, without scale; NaN where no bar has an open and a close."""
        known, first = np.empty(2 * count, np.int64), np.empty(count)
        self._kept = (np.array(span, np.int64), close_ms, markets, known, first, self.last, np.array([scale]), total)
        own = precompile()(self._kept[0], close_ms, markets, cost, known, first, self.last)
        self.held = held + own
        """Markets that are in `total` in the end."""
        self._prices = prices
        self._beside = Beside(hold_rows, np.array([0, 0, held, 0, *numbers_of(self._kept)], np.int64))

    def start(self) -> None:
        """Have a thread begin."""
        self._beside.start()

    def stop(self) -> None:
        """Return when no thread is at it; one has to be stopped before the arrays are gone."""
        self._beside.stop()

    def finish(self) -> None:
        """Do what is left, and return when all is done."""
        self._beside.run()
        self.stop()


def begin_holding(
    span: NDArray[np.int64], close_ms: NDArray[np.int64], markets: NDArray[np.int64], cost: NDArray[np.float64],
    known: NDArray[np.int64], first: NDArray[np.float64], last: NDArray[np.float64],
) -> int:  # fmt: skip
    """Find the ends of what is known of each market. Returns how many have a ratio."""
    times, rows, held = items(close_ms, 0), close_ms.shape[0], 0
    for market in range(cost.shape[0]):
        at = MARKET_ARRAYS * market
        states, opens, closes = states_at(markets, at), series_at(markets, at + 1), series_at(markets, at + 2)
        state, open_krw, close, bars = items(states, 0), items(opens, 0), items(closes, 0), closes.shape[1]
        start, first[market] = 0, math.nan
        while start < rows:
            bar = bar_at_row(span, times, start)
            if is_known(state, close, bar, bars) and math.isfinite(open_krw[bar]):
                first[market] = open_krw[bar] * cost[market]
                break
            start += 1
        end = row_of_last(span, times, rows, state, close, bars)
        known[2 * market], known[2 * market + 1] = start, end
        last[market] = close[bar_at_row(span, times, end)] / first[market] if end >= 0 else math.nan
        held += 1 if math.isfinite(last[market]) else 0
    return held


def hold_rows(place: int) -> int:
    """The job of a `HoldPass`: some rows of all markets after another, until all are taken."""
    ticket = numbers_from(place, TICKET_WIDTH)
    job = numbers_from(ticket[JOB], ticket[JOB_LENGTH])
    if enter(ticket):
        room, rows = scratch(), numbers_at(job, _TIMES).shape[0]
        first = count_up(job, _TAKEN, 1) * _ROWS
        while first < rows:
            add_rows(job, first, min(first + _ROWS, rows), room)
            first = rows if is_stopped(job) else count_up(job, _TAKEN, 1) * _ROWS
    return leave(ticket)


@helper
def add_rows(job: NDArray[np.int64], first: int, stop: int, room: Pointer) -> None:
    """Rows [first, stop) of all markets, added up in order. room: as many float64."""
    span, times, markets, known = numbers_at(job, _SPAN), numbers_at(job, _TIMES), numbers_at(job, _MARKETS), numbers_at(job, _KNOWN)
    bought, last, scale, total = floats_at(job, _FIRST), floats_at(job, _LAST), floats_at(job, _SCALE), floats_at(job, _TOTAL)
    sums, held = items(total, first), job[_BEFORE]
    for market in range(last.shape[0]):
        if math.isfinite(last[market]):
            states, closes = states_at(markets, MARKET_ARRAYS * market), series_at(markets, MARKET_ARRAYS * market + 2)
            start, end = known[2 * market], known[2 * market + 1]
            hold(span, items(times, 0), states, closes, start, end, first, stop, bought[market], scale[0], room)
            for k in range(stop - first):
                sums[k] = room[k] if held == 0 else sums[k] + room[k]
            held += 1


@helper
def hold(
    span: NDArray[np.int64], times: Pointer, states: NDArray[np.int8], closes: NDArray[np.float64], start: int, end: int, first: int,
    stop: int, bought: float, scale: float, worth: Pointer,
) -> None:  # fmt: skip
    """worth: of rows [first, stop), the latest known close / bought x scale, or `scale` before row `start`. end: the last known row."""
    state, close, bars, length_ms = items(states, 0), items(closes, 0), closes.shape[1], span[0]
    row = first
    while row < min(start, stop):
        worth[row - first] = scale
        row += 1
    if row >= stop:
        return
    latest = math.nan
    if row > start:
        before = end if end < row else row_of_last(span, times, row, state, close, bars)
        latest = close[bar_at_row(span, times, before)]
    bar = bar_at_row(span, times, row)
    while row < stop:
        ahead = row + WORD - 1
        whole = ahead < stop and bar >= 0 and bar + WORD <= bars and times[ahead] - times[row] == length_ms * (WORD - 1)
        if whole and count_unknown(state, close, bar, bar + WORD) == 0:
            scale_ratio(close, bar, worth, row - first, WORD, bought, scale)
            row, bar = ahead, bar + WORD - 1
            latest = close[bar]
        else:
            latest = close[bar] if is_known(state, close, bar, bars) else latest
            worth[row - first] = latest / bought * scale
        row += 1
        if row < stop:
            bar = bar + 1 if times[row] - times[row - 1] == length_ms else bar_at_row(span, times, row)


@helper
def bar_at_row(span: NDArray[np.int64], times: Pointer, row: int) -> int:
    """The bar that ends at a row's time."""
    return int((times[row] - 1 - span[1]) // span[0] - span[2])


@helper
def is_known(state: Pointer, close: Pointer, bar: int, bars: int) -> bool:
    """The bar is there and has a close."""
    return 0 <= bar < bars and state[bar] != _UNKNOWN and math.isfinite(close[bar])


@helper
def row_of_last(span: NDArray[np.int64], times: Pointer, stop: int, state: Pointer, close: Pointer, bars: int) -> int:
    """The last row before `stop` whose bar is known; -1 where none is."""
    row = stop - 1
    while row >= 0 and not is_known(state, close, bar_at_row(span, times, row), bars):
        row -= 1
    return row
