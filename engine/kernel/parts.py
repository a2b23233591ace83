"""Parts of a grid that the machine evaluates one after another in a thread of its own, ahead of who asks for them.

A part that the thread has not begun yet when it is needed is evaluated by whoever needs it: a thread that comes late, or never, costs
nothing. The first functions are compiled; they work on the job of an engine.kernel.beside.Beside.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.kernel.abi import HANDLE_ITEMS, address, count_up, helper, numbers_at
from engine.kernel.beside import JOB, JOB_LENGTH, PATIENCE, STOPPED, TICKET_WIDTH, Beside, enter, is_stopped, leave
from engine.kernel.beside import precompile as compile_threads
from engine.kernel.fields import (
    HANDLE,
    HANDLE_CODE,
    HANDLE_OUT,
    HANDLE_WIDTH,
    RUN_BEFORE,
    RUN_CLOCK_FIRST,
    RUN_FIRST,
    RUN_FROM_MS,
    RUN_LENGTH,
    RUN_SIDE,
)
from engine.kernel.load import address_of_thread, compile_function
from engine.kernel.places import call_at, numbers_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: numbers of a job behind STOPPED: above 0 somebody evaluates a part or looks whether he may; parts done, parts known; the handle
_BUSY: Final = STOPPED + 1
_MADE: Final = STOPPED + 2
_KNOWN: Final = STOPPED + 3
_HANDLE: Final = STOPPED + 4
_PARTS: Final = STOPPED + 5
#: numbers of a part: what `run` is told (_TOLD), then where its side series, its columns and its turns are, and how long
_PART_WIDTH: Final = 11
_TOLD: Final = (RUN_FROM_MS, RUN_FIRST, RUN_LENGTH, RUN_CLOCK_FIRST, RUN_BEFORE)
_SIDES: Final = HANDLE.index("sides") * HANDLE_ITEMS
_OUT: Final = HANDLE_OUT * HANDLE_ITEMS
_TURNS: Final = HANDLE.index("turns") * HANDLE_ITEMS


def run_parts(place: int) -> int:
    """What the thread does: parts, until none is known that is not done."""
    ticket = numbers_from(place, TICKET_WIDTH)
    job = numbers_from(ticket[JOB], ticket[JOB_LENGTH])
    if enter(ticket):
        looks = 0
        while looks < PATIENCE and not is_stopped(job) and count_up(job, _MADE, 0) < count_up(job, _KNOWN, 0):
            looks = 0 if make_next(job) else looks + 1
    return leave(ticket)


def add_part(
    job: NDArray[np.int64], from_ms: int, first: int, length: int, clock_first: int, before: int, sides: NDArray[np.float64],
    out: NDArray[np.float64], turns: NDArray[np.int64],
) -> None:  # fmt: skip
    """One more. Numbers as of engine.kernel.fields, arrays as of `door.run_blocks`."""
    at = _PARTS + count_up(job, _KNOWN, 0) * _PART_WIDTH
    job[at], job[at + 1], job[at + 2], job[at + 3], job[at + 4] = from_ms, first, length, clock_first, before
    job[at + 5], job[at + 6] = address(sides), sides.shape[2]
    job[at + 7], job[at + 8] = address(out), out.shape[2]
    job[at + 9], job[at + 10] = address(turns), turns.shape[0]
    count_up(job, _KNOWN, 1)


def await_part(job: NDArray[np.int64], number: int) -> bool:
    """Whether the part is done; the caller does what nobody is at, and waits for others a moment."""
    looks = 0
    while count_up(job, _MADE, 0) <= number:
        if looks >= PATIENCE:
            return False
        looks = 0 if make_next(job) else looks + 1
    return True


@helper
def make_next(job: NDArray[np.int64]) -> bool:
    """Do the next part; False where there is none or somebody is at it."""
    found = False
    if count_up(job, _BUSY, 1) == 0:
        made = count_up(job, _MADE, 0)
        found = made < count_up(job, _KNOWN, 0)
        if found:
            make_part(job, _PARTS + made * _PART_WIDTH)
            count_up(job, _MADE, 1)
    count_up(job, _BUSY, -1)
    return found


@helper
def make_part(job: NDArray[np.int64], at: int) -> None:
    """The part whose numbers begin there."""
    handle = numbers_from(job[_HANDLE], HANDLE_WIDTH)
    run = numbers_at(handle, 0)
    for k in range(len(_TOLD)):
        run[_TOLD[k]] = job[at + k]
    run[RUN_SIDE] = 0
    handle[_SIDES], handle[_SIDES + 3] = job[at + 5], job[at + 6]
    handle[_OUT], handle[_OUT + 3] = job[at + 7], job[at + 8]
    handle[_TURNS], handle[_TURNS + 1] = job[at + 9], job[at + 10]
    call_at(handle[HANDLE_CODE], job[_HANDLE])


@cache
def precompile() -> tuple[Any, Any]:
    """Compile `add_part` and `await_part`, which it gives, and what threads run, or load all from the cache."""
    compile_threads(), address_of_thread(run_parts)
    add = "void(int64[::1], int64, int64, int64, int64, int64, float64[:, :, ::1], float64[:, :, ::1], int64[::1])"
    made = compile_function(add_part, add, allocates=False), compile_function(await_part, "boolean(int64[::1], int64)", allocates=False)
    return made[0].entry_point, made[1].entry_point


class Parts:
    """Of one lane. `add` them in order; they are evaluated in that order."""

    def __init__(self, handle: NDArray[np.int64], count: int) -> None:
        """handle: with the arrays of the grid filled in; it is nobody else's until `finish`. count: of parts, at the most."""
        self._kept = handle
        job = np.zeros(_PARTS + count * _PART_WIDTH, np.int64)
        job[_HANDLE] = handle.ctypes.data
        self._add, self._await = precompile()
        self._beside = Beside(run_parts, job)

    @property
    def made(self) -> int:
        """How many are done."""
        return int(self._beside.job[_MADE])

    def add(self, told: Sequence[int], sides: NDArray[np.float64], out: NDArray[np.float64], turns: NDArray[np.int64]) -> None:
        """One more; a thread is at it soon. told: as of `add_part`. The arrays are the caller's to keep until it is done."""
        self._add(self._beside.job, *told, sides, out, turns)
        self._beside.start()

    def take(self, number: int) -> None:
        """Return when that part is done."""
        while not self._await(self._beside.job, number):
            self.settle()  # waiting in a loop would take the processor that the thread may be waiting for

    def settle(self) -> None:
        """Return when the thread is done with the part that it is at; it goes on with the next."""
        self._beside.stop()
        self._beside.start()

    def finish(self) -> None:
        """Return when all parts that are known are done and the thread is gone."""
        known = int(self._beside.job[_KNOWN])
        if known > self.made:
            self.take(known - 1)
        self._beside.stop()
