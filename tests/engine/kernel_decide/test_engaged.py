"""Bits of the markets that may hold or want anything."""

import random

import numpy as np
import pytest

from engine.kernel.book import Book, Size, new_book, restore_book, save_book, shared_books
from engine.kernel.decide.engaged import disengage, engage, next_engaged, next_row
from engine.kernel.load import compile_function


def empty(markets: int) -> Book:
    return new_book(Size(markets, exits=1, columns=1, conditions=0), np.zeros(1), 1e6)


def listed(book: Book, compiled: bool) -> list[int]:
    ask, found, market = compile_function(next_engaged, allocates=False) if compiled else next_engaged, [], 0
    while (market := ask(book, market)) < len(book.position):
        found.append(market)
        market += 1
    assert market == len(book.position)
    return found


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("markets", [1, 2, 63, 64, 65, 128, 130])
def test_bits_are_walked_in_order(markets: int, compiled: bool) -> None:
    book, chance = empty(markets), random.Random(markets)
    assert listed(book, compiled) == list(range(markets))
    for market in range(markets):
        disengage(book, market)
    assert listed(book, compiled) == []
    wanted = sorted(chance.sample(range(markets), (markets + 1) // 2))
    for market in wanted:
        engage(book, market)
    assert listed(book, compiled) == wanted
    disengage(book, wanted.pop())
    assert listed(book, compiled) == wanted
    assert [next_row(book, market) for market in wanted] == wanted


def test_restored_books_claim_nothing() -> None:
    book = empty(70)
    for market in range(70):
        disengage(book, market)
    restore_book(book, save_book(book, "x"), "x")
    assert listed(book, compiled=False) == list(range(70))


def test_rows_of_several_strategies_are_all_looked_at() -> None:
    size = Size(3, exits=1, columns=1, conditions=0)
    books = shared_books([size, size], [np.zeros(1)] * 2, 1e6)
    disengage(books[0], 1)
    assert [next_row(books[0], row) for row in range(6)] == list(range(6))
