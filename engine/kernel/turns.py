"""Markets shared out among threads: each takes the next one that nobody has taken, so that none waits for the other.

A turn is one stage of one block. `turns` has two numbers for each of a stretch: how many markets were taken and how many are done.
`behind` has one number per market: how many turns it has behind it. A market's turns follow each other, whichever threads take them; no
other thread than one that works on it can be waited for, so that a thread that comes late or never does no harm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.kernel.abi import count_up, helper

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: numbers of `turns` for each turn
TURN_ITEMS: Final = 2


@helper
def take_market(turns: NDArray[np.int64], turn: int) -> int:
    """The next market of the turn; as many as there are, or more, where none is left."""
    return count_up(turns, turn * TURN_ITEMS, 1)


@helper
def await_market(behind: NDArray[np.int64], market: int, before: int) -> None:
    """Until the market has `before` turns behind it."""
    while count_up(behind, market, 0) < before:
        pass


@helper
def await_markets(behind: NDArray[np.int64], before: int) -> None:
    """Until all have."""
    for market in range(behind.shape[0]):
        await_market(behind, market, before)


@helper
def is_last(turns: NDArray[np.int64], turn: int, markets: int) -> bool:
    """One more market is done with the turn; whether all are now."""
    return count_up(turns, turn * TURN_ITEMS + 1, 1) == markets - 1


@helper
def is_complete(turns: NDArray[np.int64], turn: int, markets: int, patience: int) -> bool:
    """All markets are done with the turn, or are before `patience` further looks."""
    looks = 0
    while count_up(turns, turn * TURN_ITEMS + 1, 0) < markets:
        if looks >= patience:
            return False
        looks += 1
    return True
