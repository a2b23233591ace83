"""What a backtest takes over from the ones before it: plans, which nobody writes, and kernels and books that a run is done with.

To make them takes longer than all decisions over some thousand bars. A kernel or books belong to one run at a time: it takes them away, and
puts them back as empty as new ones. They have room for what a strategy remembers, and hold nothing of a grid or of a result.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from engine.kernel.decide.plan import Terms, make_book, make_plan
from engine.kernel.program import Program, Same
from engine.kernel.vm import Kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dsl.strategy import Strategy
    from engine.kernel.book import Book
    from engine.kernel.decide.plan import Plan
    from engine.model.costs import Costs

#: plans, and programs with their blocks, of which something is kept
_KNOWN: Final = 8


class Planned:
    """A plan, and the books of a run with it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._idle: list[Book] = []  # one at the most, so that many runs at once leave no more than one
        self._empty: NDArray[Any] | None = None

    def take_books(self, cash_krw: float) -> Book:
        """Empty ones. Raises ValueError for cash that is not >= 0."""
        if self._idle and 0.0 <= cash_krw < math.inf:
            try:
                book = self._idle.pop()
            except IndexError:  # another thread was faster
                return make_book(self.plan, cash_krw)
            book.account["cash_krw"] = cash_krw
            return book
        book = make_book(self.plan, cash_krw)
        if self._empty is None:
            self._empty = _memory(book).copy()
        return book

    def put_back(self, book: Book) -> None:
        """Nobody uses them any more."""
        if not self._idle and self._empty is not None:
            _memory(book)[:] = self._empty
            self._idle.append(book)


def planned(strategy: Strategy, program: Program, terms: Terms, tradable: tuple[bool, ...], settle_ms: tuple[int, ...]) -> Planned:
    """As `make_plan`. Those of the last few runs are kept where no recorded or supposed books are in them."""
    if terms.books or terms.shown is not None or terms.supposed is not None:
        return Planned(make_plan(strategy, program.position, program.markets, terms, tradable=tradable, settle_ms=settle_ms))
    return _known(Same(strategy), Same(program), (terms.fee_rate, terms.slippage, terms.on_grid, terms.costs), tradable, settle_ms)


@lru_cache(maxsize=_KNOWN)
def _known(
    strategy: Same[Strategy], program: Same[Program], assumed: tuple[float, float, bool, Costs], tradable: tuple[bool, ...],
    settle_ms: tuple[int, ...],
) -> Planned:  # fmt: skip
    terms = Terms(0.0, *assumed)
    return Planned(make_plan(strategy.one, program.one.position, program.one.markets, terms, tradable=tradable, settle_ms=settle_ms))


def take_kernel(program: Program, block: int, threads: int) -> Kernel:
    """One that overwrites its columns at every call."""
    try:
        return (_idle_kernels(Same(program), block) if len(program.markets) == 1 else []).pop()
    except IndexError:  # none is there
        return Kernel(program, block, threads=threads, reuse=1)


def put_back_kernel(kernel: Kernel) -> None:
    """Nobody uses it or its columns any more. Of many markets it would hold memory for little."""
    if len(kernel.program.markets) == 1:
        idle = _idle_kernels(Same(kernel.program), kernel.block)
        if not idle:
            idle.append(kernel.again(1))


@lru_cache(maxsize=_KNOWN)
def _idle_kernels(program: Same[Program], block: int) -> list[Kernel]:  # noqa: ARG001 the list is of this program and block
    """One at the most."""
    return []


def _memory(book: Book) -> NDArray[Any]:
    """What all its arrays are parts of."""
    memory: NDArray[Any] | None = book.account.base
    assert memory is not None
    return memory
