"""Law: whenever a thread beside comes, or if it never does, columns are the same, and it touches nothing that nobody wants from it."""

from __future__ import annotations

import ctypes
import itertools
import weakref
from collections.abc import Callable

import numpy as np
import pytest

from engine.kernel import beside
from engine.kernel.vm import Kernel
from tests.engine.kernel.samples import same_bits
from tests.engine.kernel.test_machine import random_case

CUTS = (0, 130, 131, 300, 420, 480, 600)


class Late:
    """Threads that begin when somebody waits for their end, or when they are told to."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], object]] = []
        self.begun = 0

    def start(self, code: int, place: int) -> Callable[[], object]:
        function = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(code)

        def run() -> None:
            if run in self.waiting:
                self.waiting.remove(run)
                self.begun += 1
                function(place)

        self.waiting.append(run)
        return run


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> Late:
    threads = Late()
    monkeypatch.setattr(beside, "_native_threads", lambda: threads.start)
    return threads


def ahead(seed: int, threads: int, ask: Callable[[], object] = lambda: None) -> tuple[np.ndarray, np.ndarray]:
    """Columns computed ahead, and those of one call. ask: is called before each part."""
    program, grid, _ = random_case(seed, CUTS[-1])
    whole = Kernel(program, 50).advance(grid).values
    parts, cuts = [], [*(cut for cut in CUTS if cut < grid.state.shape[1]), grid.state.shape[1]]
    with Kernel(program, 50, threads=threads, reuse=1).ahead(grid, [(a, b - a) for a, b in itertools.pairwise(cuts)]) as coming:
        ask()
        for part in coming:
            parts.append(part.values.copy())
            ask()
    return np.concatenate(parts, axis=1), whole


@pytest.mark.parametrize("threads", [1, 3])
def test_a_thread_that_never_comes_is_not_needed(threads: int, late: Late) -> None:
    found = [ahead(seed, threads) for seed in range(8)]
    assert all(same_bits(*one) for one in found)
    assert len(late.waiting) >= 8
    assert late.begun == 0
    for run in [*late.waiting]:  # the kernels are gone: whoever comes now may read its ticket, and nothing else
        run()
    assert late.begun >= 8


def test_a_thread_may_come_at_any_time(late: Late) -> None:
    def come() -> None:
        if next(turns) % 3 == 0:
            for run in [*late.waiting]:
                run()

    turns = itertools.count()
    assert all(same_bits(*ahead(seed, 1 + seed % 3, come)) for seed in range(12))
    assert late.begun > 12


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_of_python_do_where_there_are_no_others(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "_native_threads", lambda: None)
    assert all(same_bits(*ahead(seed, threads)) for seed in range(4))


def test_no_thread_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "_native_threads", lambda: lambda _code, _place: None)
    assert all(same_bits(*ahead(seed, 2)) for seed in range(4))


def test_what_is_raised_meanwhile_comes_out() -> None:
    def fail() -> None:
        raise LookupError("of the caller")

    for seed in range(4):
        with pytest.raises(LookupError, match="of the caller"):
            ahead(seed, 1 + seed % 2, fail)


def test_a_ticket_is_there_until_its_thread_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the end of the process threads that never began are waited for: each counts on its ticket."""
    ticket, there = np.zeros(4, np.int64), []
    known = weakref.ref(ticket)
    monkeypatch.setattr(beside, "_late", [beside._Started(ticket, lambda: there.append(known() is not None))])
    del ticket
    beside._join_all()
    assert there == [True]
