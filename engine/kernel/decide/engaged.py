"""Which markets may hold or want anything, a bit for each, in order: who asks those alone need not look at a hundred.

A bit that is 1 says nothing; one that is 0 says that the market has no position and no order works there. All are 1 where nobody takes
them down, as in live trading; a backtest does (engine.kernel.decide.ahead).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from engine.kernel.abi import helper
from engine.kernel.book import Book
from engine.kernel.eights import WORD, first_bit

#: a market's word is its number shifted so far, its bit what that drops; a division would mind the sign
WORD_SHIFT: Final = WORD.bit_length() - 1
_BIT: Final = WORD - 1


@helper
def bit_of(market: int) -> np.int64:
    """Of a market in its word."""
    return np.int64(1) << (market & _BIT)


@helper
def next_engaged(book: Book, market: int) -> int:
    """The first such market from the one given on, or how many markets there are."""
    markets = book.position.shape[0]
    while market < markets:
        left = book.engaged[market >> WORD_SHIFT] >> (market & _BIT)
        if left != 0:
            return int(market + first_bit(left))
        market = (market | _BIT) + 1
    return int(markets)


@helper
def next_row(book: Book, row: int) -> int:
    """The same of the stacks' rows. Where several strategies share the account it is the row given."""
    return next_engaged(book, row) if book.all_position.shape[0] == book.position.shape[0] else row


@helper
def engage(book: Book, market: int) -> None:
    """It is bought. What is sold holds something, so that its bit is 1."""
    book.engaged[market >> WORD_SHIFT] |= bit_of(market)


@helper
def without_first(bits: Any) -> Any:
    """The word without its lowest 1."""
    return bits ^ bit_of(first_bit(bits))


@helper
def disengage(book: Book, market: int) -> None:
    """It neither holds nor wants anything any more."""
    book.engaged[market >> WORD_SHIFT] &= ~bit_of(market)
