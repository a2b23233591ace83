"""Markets that move together: how large the cluster of positions is that a candidate would join (docs/decide.md §8)."""

from __future__ import annotations

import math

from engine.kernel.abi import helper, rare
from engine.kernel.book import Book
from engine.kernel.decide.account import is_taken, positions_of_account
from engine.kernel.decide.plan import Plan
from engine.kernel.legal import NAN


@rare
def cluster_size(plan: Plan, book: Book, market: int, most: int, missing: bool) -> int:
    """Positions and working buys of the account that are alike the market's, directly or through others, its own entry included; counted
    to the first above `most`. missing: markets whose measure is missing are taken as alike."""
    if positions_of_account(book) < most:
        return 1
    markets = book.position.shape[0]
    for row in range(book.alike.shape[0]):
        book.alike[row] = 0
    size = 1
    grown = True
    while grown and size <= most:
        grown = False
        for row in range(book.alike.shape[0]):
            if book.alike[row] == 0 and is_taken(book, row) and _joins(plan, book, market, row % markets, missing):
                book.alike[row] = 1
                size += 1
                grown = True
    return size


@helper
def _joins(plan: Plan, book: Book, candidate: int, market: int, missing: bool) -> bool:
    """The market is alike the candidate or one of those that have joined."""
    if _are_alike(plan, book, candidate, market, missing):
        return True
    markets = book.position.shape[0]
    for row in range(book.alike.shape[0]):
        if book.alike[row] != 0 and _are_alike(plan, book, row % markets, market, missing):
            return True
    return False


@helper
def _are_alike(plan: Plan, book: Book, one: int, other: int, missing: bool) -> bool:
    if one == other:
        return True
    settings = plan.settings[0]
    if settings["pair_above"] != math.inf and _is_above(measure(plan, book, one, other), settings["pair_above"], missing):
        return True
    if settings["btc_above"] == math.inf:
        return False
    return _is_bitcoin_like(plan, book, one, missing) and _is_bitcoin_like(plan, book, other, missing)


@helper
def _is_bitcoin_like(plan: Plan, book: Book, market: int, missing: bool) -> bool:
    bitcoin = plan.settings[0]["bitcoin"]
    if market == bitcoin:
        return True
    return _is_above(measure(plan, book, market, bitcoin), plan.settings[0]["btc_above"], missing)


@helper
def _is_above(value: float, bound: float, missing: bool) -> bool:
    return missing if math.isnan(value) else bool(value > bound)


@helper
def measure(plan: Plan, book: Book, one: int, other: int) -> float:
    """Of two markets at the latest CLOSE: the larger of either's with the other; missing when one of them is."""
    forth = book.columns[one, plan.pairs[other]]
    back = book.columns[other, plan.pairs[one]]
    if math.isnan(forth) or math.isnan(back):
        return NAN
    return float(max(forth, back))
