"""Recorded order books for the reference simulator (docs/decide.md §10, Recorded books)."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True)
class SupposedBook:
    """§10, A supposed book. depth: KRW on either side, of market and time; NaN where it is not known."""

    spread: float
    within: float
    depth: Callable[[str, int], float]

    def counts_at(self, grid: Any, market: str, bids: bool, price: float, p: float, time: int) -> float:
        """What a side shows at a price: the coins on its best n levels less those on the best n - 1."""
        krw, h = self.depth(market, time), self.spread / 2
        if not krw > 0:
            return 0.0
        best_bid = bid = grid.floor(market, p * (1 - h), time)
        best_ask = ask = max(grid.ceil(market, p * (1 + h), time), grid.neighbour(market, bid, time, 1))
        middle, before = (best_bid + best_ask) / 2, 0.0
        for _ in range(1_000_000):
            part = min((ask - bid) / middle / 2 / self.within, 1)
            coins = krw * part / middle
            if price == (bid if bids else ask):
                return (coins - before) * E8
            outer = grid.neighbour(market, bid, time, -1), grid.neighbour(market, ask, time, 1)
            if part == 1 or outer == (bid, ask):
                return 0.0
            before, (bid, ask) = coins, outer
        raise AssertionError("a supposed book without an end")


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
