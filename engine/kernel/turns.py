"""Groups of markets shared out among threads: each takes the next one that nobody has taken, so that none waits for the other.

A turn is one stage of one block. `turns` has two numbers for each of a stretch: how many groups were taken and how many are done.
`behind` has one number per group: how many turns it has behind it. A group's turns follow each other, whichever threads take them; no
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
def take_group(turns: NDArray[np.int64], turn: int) -> int:
    """The next group of the turn; as many as there are, or more, where none is left."""
    return count_up(turns, turn * TURN_ITEMS, 1)


@helper
def await_group(behind: NDArray[np.int64], group: int, before: int) -> None:
    """Until the group has `before` turns behind it."""
    while count_up(behind, group, 0) < before:
        pass


@helper
def await_all(behind: NDArray[np.int64], before: int) -> None:
    """Until all have."""
    for group in range(behind.shape[0]):
        await_group(behind, group, before)


@helper
def is_last(turns: NDArray[np.int64], turn: int, groups: int) -> bool:
    """One more group is done with the turn; whether all are now."""
    return count_up(turns, turn * TURN_ITEMS + 1, 1) == groups - 1


@helper
def is_complete(turns: NDArray[np.int64], turn: int, groups: int, patience: int) -> bool:
    """All groups are done with the turn, or are before `patience` further looks."""
    looks = 0
    while count_up(turns, turn * TURN_ITEMS + 1, 0) < groups:
        if looks >= patience:
            return False
        looks += 1
    return True
