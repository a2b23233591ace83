"""What taking from an order book costs, and how much it shows (docs/decide.md §10, Recorded books, Queue share, Visible depth)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.kernel.abi import by_reference, rare
from engine.model.depth import RecordedBooks

_E8: Final = 100_000_000.0


@by_reference
class Depth(NamedTuple):
    """Recorded books of M markets, one market's after the other's. Those of market m are rows first[m] to first[m + 1]."""

    first: NDArray[np.int64]  # [M + 1]
    time_ms: NDArray[np.int64]  # [K]
    until_ms: NDArray[np.int64]  # [K]
    levels: NDArray[np.float64]  # [K, 4, L]


def make_depth(markets: Sequence[str], books: Mapping[str, RecordedBooks]) -> Depth:
    """The tables of `markets`; a market without books has no rows."""
    found = [books.get(market) for market in markets]
    counts = [0 if one is None else len(one.time_ms) for one in found]
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    width = max((one.levels.shape[2] for one in found if one is not None), default=0)
    levels = np.full((int(first[-1]), 4, width), np.nan)
    for start, one in zip(first, found, strict=False):
        if one is not None:
            levels[start : start + len(one.time_ms), :, : one.levels.shape[2]] = one.levels
    parts = [one for one in found if one is not None]
    times, untils = ([getattr(one, name) for one in parts] for name in ("time_ms", "until_ms"))
    nothing = [np.empty(0, np.int64)]
    return Depth(first, np.concatenate(nothing + times), np.concatenate(nothing + untils), levels)


@rare
def standing(depth: Depth, market: int, time_ms: int) -> int:
    """Row of the book that stands at a time; -1 where none does."""
    low, high = depth.first[market], depth.first[market + 1]
    start = low
    while low < high:
        middle = (low + high) // 2
        if depth.time_ms[middle] <= time_ms:
            low = middle + 1
        else:
            high = middle
    row = low - 1
    if row < start or depth.until_ms[row] < time_ms:
        return -1
    for kind in range(4):
        if not depth.levels[row, kind, 0] > 0.0:
            return -1
    return int(row)


@rare
def walk(depth: Depth, row: int, buys: bool, quantity_e8: float) -> tuple[float, bool]:
    """(slippage as a ratio of the middle, whether the book showed all of it) of taking so many counts (> 0)."""
    side = 0 if buys else 1
    left = quantity_e8
    cost = last = 0.0
    for level in range(depth.levels.shape[2]):
        price, size = depth.levels[row, side, level], depth.levels[row, side + 2, level] * _E8
        if not (left > 0.0 and price > 0.0 and size > 0.0):
            break
        part = min(size, left)
        cost += price * part
        left -= part
        last = price
    shown = left <= 0.0
    if not shown:
        cost += last * left
    ratio = cost / quantity_e8 / ((depth.levels[row, 0, 0] + depth.levels[row, 1, 0]) / 2.0)
    return max(ratio - 1.0 if buys else 1.0 - ratio, 0.0), shown


@by_reference
class Shown(NamedTuple):
    """KRW on each side of a book where none was recorded: what the exchange shows (without columns: as much as anybody wants), or what a
    supposed book offers (without columns: there is none; NaN: no sizes)."""

    span: NDArray[np.int64]  # [2]: when the first column begins (UTC ms), how long each is (ms)
    krw: NDArray[np.float64]  # [M, n]; the first holds before it begins, the last after it


@rare
def shown_krw(shown: Shown, market: int, time_ms: int) -> float:
    """KRW on either side at a time."""
    column = (time_ms - shown.span[0]) // shown.span[1]
    return float(shown.krw[market, max(0, min(column, shown.krw.shape[1] - 1))])


@rare
def asks_krw(depth: Depth, row: int) -> float:
    """KRW that a book asks for all that it shows."""
    total = 0.0
    for level in range(depth.levels.shape[2]):
        price, size = depth.levels[row, 0, level], depth.levels[row, 2, level]
        if not (price > 0.0 and size > 0.0):
            break
        total += price * size
    return total


@rare
def bids_e8(depth: Depth, row: int) -> float:
    """Counts that a book bids for."""
    total = 0.0
    for level in range(depth.levels.shape[2]):
        size = depth.levels[row, 3, level] * _E8
        if not (depth.levels[row, 1, level] > 0.0 and size > 0.0):
            break
        total += size
    return total


@rare
def size_at_e8(depth: Depth, row: int, bids: bool, price_krw: float) -> float:
    """Counts that a book bids for, or asks for, at a price."""
    side = 1 if bids else 0
    for level in range(depth.levels.shape[2]):
        price, size = depth.levels[row, side, level], depth.levels[row, side + 2, level] * _E8
        if not (price > 0.0 and size > 0.0):
            break
        if price == price_krw:
            return float(size)
    return 0.0
