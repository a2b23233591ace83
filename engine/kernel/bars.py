"""What compiled code reads of a stretch of bars and leaves behind there, handed over by reference."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.kernel.abi import by_reference, helper

if TYPE_CHECKING:
    from engine.model.candle import BarGrid


@by_reference
class Inside(NamedTuple):
    """Finer bars inside some base bars, by market, then by time. Those of market m are rows first[m] to first[m + 1].

    taken_e8: what has traded in each for an account of several strategies, of which each passes a base bar before the next one does;
    empty where there is one."""

    first: NDArray[np.int64]  # [M + 1]
    time_ms: NDArray[np.int64]  # [K]
    open_krw: NDArray[np.float64]
    high_krw: NDArray[np.float64]
    low_krw: NDArray[np.float64]
    close_krw: NDArray[np.float64]
    volume: NDArray[np.float64]  # coins
    taken_e8: NDArray[np.float64]


@by_reference
class Bars(NamedTuple):
    """Base bars of all markets. Bar k opens at span[0] + k x span[1]."""

    span: NDArray[np.int64]  # [2]: when bar 0 opens (UTC ms), how long a bar is (ms)
    state: NDArray[np.int8]  # [M, n] engine.model.candle.BarState
    open_krw: NDArray[np.float64]
    high_krw: NDArray[np.float64]
    low_krw: NDArray[np.float64]
    close_krw: NDArray[np.float64]
    volume: NDArray[np.float64]  # coins
    inside: Inside


@by_reference
class Closes(NamedTuple):
    """The clock bars that close in a block, their columns, and the account after each."""

    close_ms: NDArray[np.int64]  # [k]
    columns: NDArray[np.float64]  # [M, C, k]
    equity: NDArray[np.float64]  # [..]: after each CLOSE, KRW
    cash: NDArray[np.float64]  # [.., 2]: (row of equity, KRW) from which on cash is so much; room for one per row
    row: NDArray[np.int64]  # [2]: where in equity the first of close_ms stands, how many rows of `cash` there are
    ahead: NDArray[np.int64]  # [ROWS, M] scratch: engine.kernel.decide.ahead says of what
    due: NDArray[np.int64]  # [64, M / 64] scratch: a row for each of 64 CLOSEs, a bit for each market that may be bought there


@helper
def note_cash(closes: Closes, row: int, cash_krw: float) -> None:
    """Cash from a row of equity on, the latest so far."""
    count = closes.row[1]
    if count == 0 or closes.cash[count - 1, 1] != cash_krw:
        closes.cash[count, 0], closes.cash[count, 1] = row, cash_krw
        closes.row[1] = count + 1


def by_row(changes: NDArray[np.float64], rows: int) -> NDArray[np.float64]:
    """Of each of so many rows the value that holds there: changes [k, 2] as of Closes.cash, the first at row 0 (none without rows)."""
    first = changes[:, 0].astype(np.int64)
    return np.repeat(changes[:, 1], np.diff(np.append(first, rows)))


def changes_of(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """What `by_row` makes such values of."""
    first = np.flatnonzero(np.append(True, values[1:] != values[:-1])[: len(values)])
    return np.stack((first, values[first]), axis=1)


@by_reference
class Log(NamedTuple):
    """Fills in order of time."""

    fills: NDArray[Any]  # FILL [..]
    length: NDArray[np.int64]  # [1]: how many there are


def bars_of(grid: BarGrid, *, together: bool = False) -> Bars:
    """The arrays of a grid, whatever it holds as those that compiled code reads, not copied where they are. together: several strategies of
    one account pass them."""
    length_ms = grid.timeframe.length_ms
    parts = (grid.open, grid.high, grid.low, grid.close, grid.volume)
    opens, highs, lows, closes, volumes = (np.ascontiguousarray(part, np.float64) for part in parts)
    span = np.array([grid.first_index * length_ms + grid.timeframe.offset_ms, length_ms], np.int64)
    return Bars(span, np.ascontiguousarray(grid.state, np.int8), opens, highs, lows, closes, volumes, _inside_of(grid, together))


def _inside_of(grid: BarGrid, together: bool) -> Inside:
    found = grid.inside
    if found is None:
        return _nothing_inside(len(grid.markets))
    first, time_ms = (np.ascontiguousarray(part, np.int64) for part in (found.first, found.time_ms))
    parts = (found.open, found.high, found.low, found.close, found.volume)
    opens, highs, lows, closes, volumes = (np.ascontiguousarray(part, np.float64) for part in parts)
    return Inside(first, time_ms, opens, highs, lows, closes, volumes, np.zeros(len(time_ms) if together else 0))


@cache
def _nothing_inside(markets: int) -> Inside:
    """Nobody writes it."""
    return Inside(np.zeros(markets + 1, np.int64), np.empty(0, np.int64), *(np.empty(0) for _ in range(6)))


def most_steps(grid: BarGrid) -> int:
    """STEPs of one base bar, at the most: seconds are the finest there are."""
    return 1 if grid.inside is None else max(1, grid.timeframe.length_ms // 1_000)


def taken_from(log: Log) -> NDArray[Any]:
    """What the log holds; it is empty after that."""
    fills = joined([log.fills[: log.length[0]]])
    log.length[0] = 0
    return fills


def joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """A copy of the rows of all parts, contiguous ones of one structured type. By its fields numpy would take ten times as long."""
    return np.concatenate([part.view(np.uint8) for part in parts]).view(parts[0].dtype)


def together(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """The numbers of all parts, one after the other; not copied where they lie so in one array."""
    if len(parts) < 2:
        return parts[0] if parts else np.empty(0, np.int64)
    whole, first, size = parts[0].base, _address(parts[0]), 0
    for part in parts:
        if whole is None or part.base is not whole or _address(part) != first + size * part.itemsize:
            return np.concatenate(parts)
        size += len(part)
    assert whole is not None
    at = (first - _address(whole)) // whole.itemsize
    return np.asarray(whole[at : at + size])


def _address(array: NDArray[Any]) -> int:
    return int(array.__array_interface__["data"][0])
