"""Recorded order books for the reference simulator (docs/decide.md §10, Recorded books)."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

E8 = 100_000_000
#: by what a FILL's slippage was found
NONE, MODEL, BOOK, BEYOND = range(4)


@dataclass(frozen=True)
class Snapshot:
    """One book: when it was recorded, to when the recorder ran, and (price, coins) of both sides, best first."""

    time: int
    until: int
    asks: tuple[tuple[float, float], ...]
    bids: tuple[tuple[float, float], ...]


Books = Mapping[str, Sequence[Snapshot]]


def standing(books: Books, market: str, time: int) -> Snapshot | None:
    """The book that stands at a time."""
    of_market = books.get(market, ())
    at = bisect.bisect_right(of_market, time, key=lambda snapshot: snapshot.time) - 1
    if at < 0 or of_market[at].until < time or not of_market[at].asks or not of_market[at].bids:
        return None
    return of_market[at]


def walk(book: Snapshot, buys: bool, counts: float) -> tuple[float, bool]:
    """(slippage, whether the book showed all of it)."""
    levels = book.asks if buys else book.bids
    cost, left = 0.0, counts
    for price, coins in levels:
        part = min(coins * E8, left)
        cost, left = cost + price * part, left - part
    shown = left <= 0
    if not shown:
        cost += levels[-1][0] * left
    ratio = cost / counts / ((book.asks[0][0] + book.bids[0][0]) / 2)
    return max(ratio - 1 if buys else 1 - ratio, 0.0), shown
