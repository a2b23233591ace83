"""Compiled functions in threads that Python knows nothing of: they neither wait for its lock nor hold it up.

Starting one takes some five microseconds of whoever starts it, a tenth of what a thread of Python's takes. The system may let a thread
wait for milliseconds before it runs at all, where others use its processors; until then nobody has to wait for it: whoever needs what it
should have done withdraws the ticket, and the thread finds that it is not wanted. It touches nothing but its ticket then.
"""

from __future__ import annotations

import atexit
import ctypes
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.kernel.abi import address, count_up, helper, numbers_of
from engine.kernel.places import call_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: numbers of a ticket: how often it was taken or withdrawn, 1 when the thread is through, where the job is and how many numbers it has
_TAKEN: Final = 0
_THROUGH: Final = 1
JOB: Final = 2
JOB_LENGTH: Final = 3
TICKET_WIDTH: Final = 4
#: first number of every job: above 0 the thread is to leave
STOPPED: Final = 0
#: looks for work, or at somebody else's, before one gives up: longer than a thread takes to wake
PATIENCE: Final = 3_000
#: what `Beside` starts: a number in, one out
_FUNCTION: Final = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)

#: threads that had not begun when nobody wanted them any more
_late: Final[list[_Started]] = []


@helper
def enter(ticket: NDArray[np.int64]) -> bool:
    """Whether the thread is wanted still. A thread's function is given where its ticket is, and begins with this."""
    return count_up(ticket, _TAKEN, 1) == 0


@helper
def is_stopped(job: NDArray[np.int64]) -> bool:
    """Whether the thread is to leave the job."""
    return count_up(job, STOPPED, 0) > 0


@helper
def leave(ticket: NDArray[np.int64]) -> int:
    """The last thing that it does."""
    return count_up(ticket, _THROUGH, 1)


def withdraw(ticket: NDArray[np.int64], job: NDArray[np.int64]) -> bool:
    """Let the thread leave the job; whether it had not begun, and will not. Otherwise it is given a moment to end."""
    count_up(job, STOPPED, 1)
    if count_up(ticket, _TAKEN, 1) == 0:
        return True
    looks = 0
    while looks < PATIENCE and count_up(ticket, _THROUGH, 0) == 0:
        looks += 1
    return False


def call_with(code: int, ticket: NDArray[np.int64]) -> int:
    """What a thread does, done by the caller."""
    return call_at(code, address(ticket))


@cache
def _code_of(function: Callable[[int], int]) -> int:
    from engine.kernel.load import address_of_thread

    return address_of_thread(function)


@cache
def precompile() -> tuple[Any, Any]:
    """Compile `withdraw` and `call_with`, or load them from the cache."""
    from engine.kernel.load import compile_function  # LLVM: whoever only knows of jobs does without

    withdrawn = compile_function(withdraw, "boolean(int64[::1], int64[::1])", allocates=False)
    return withdrawn.entry_point, compile_function(call_with, "int64(int64, int64[::1])", allocates=False).entry_point


@dataclass(frozen=True, slots=True, eq=False)
class _Started:
    """A thread with its ticket. join: returns when it has ended."""

    ticket: NDArray[np.int64]
    join: Callable[[], object]

    def is_through(self) -> bool:
        """Whether it has left its job."""
        return bool(self.ticket[_THROUGH] > 0)


class Beside:
    """A job, and a thread at it where one was started. job int64 [..]: the code says of what; its first number is STOPPED."""

    def __init__(self, function: Callable[[int], int], job: NDArray[np.int64]) -> None:
        """function: compiled; it is given where its ticket is."""
        self._code, self.job = _code_of(function), job
        self._thread: _Started | None = None
        self._withdraw, self._call = precompile()

    def start(self) -> None:
        """Have a thread at the job, where none is. Where the system gives none the caller has to do without."""
        if self._thread is not None:
            if not self._thread.is_through():
                return
            self._end()
        _join_late()
        ticket = self._ticket()
        join = (_native_threads() or _thread_of_python)(self._code, ticket.ctypes.data)
        self._thread = None if join is None else _Started(ticket, join)

    def run(self) -> None:
        """Do the job without a thread."""
        self._call(self._code, self._ticket())

    def stop(self) -> None:
        """Return when the thread has left the job or is certain not to begin it. Another can be started then."""
        if self._thread is not None:
            if self._withdraw(self._thread.ticket, self.job):
                _late.append(self._thread)
                self._thread = None
            else:
                self._end()
            self.job[STOPPED] = 0

    def _ticket(self) -> NDArray[np.int64]:
        """One that nobody has taken."""
        return np.array([0, 0, *numbers_of((self.job,))[:2]], np.int64)

    def _end(self) -> None:
        """Wait for the thread's end, once: its name may be another's after that."""
        ended, self._thread = self._thread, None
        if ended is not None:
            ended.join()


def _thread_of_python(code: int, place: int) -> Callable[[], object] | None:
    """Start one; what waits for its end."""
    thread = Thread(target=_FUNCTION(code), args=(place,), daemon=True)
    thread.start()
    return thread.join


@cache
def _native_threads() -> Callable[[int, int], Callable[[], object] | None] | None:
    """What starts the system's own threads as `_thread_of_python` does; None where they are not POSIX's."""
    if sys.platform == "win32":
        return None
    create, join = ctypes.PyDLL(None).pthread_create, ctypes.CDLL(None).pthread_join  # who waits lets others have Python's lock
    create.argtypes, join.argtypes = (ctypes.c_void_p,) * 4, (ctypes.c_void_p,) * 2

    def start(code: int, place: int) -> Callable[[], object] | None:
        thread = ctypes.c_void_p()
        if create(ctypes.byref(thread), None, code, place) != 0:
            return None
        return partial(join, thread, None)

    return start


@atexit.register
def _join_all() -> None:
    """Threads run code and read tickets that are gone after this process has ended."""
    for thread in _late:  # each is there until its end: the thread counts on its ticket
        thread.join()


def _join_late() -> None:
    """Those that have ended meanwhile."""
    for thread in [one for one in _late if one.is_through()]:
        _late.remove(thread)
        thread.join()
