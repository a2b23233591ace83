"""Several strategies on one account, bar by bar: exits of all, then entries by rank across them (docs/decide.md §9)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dsl.strategy import Portfolio, RiskProfile, Strategy
from engine.kernel.abi import helper
from engine.kernel.bars import Bars, bars_of, most_steps, taken_from
from engine.kernel.book import FILL, SKIP_REASONS, Book, shared_books
from engine.kernel.decide.account import capital_krw
from engine.kernel.decide.close import close_exits
from engine.kernel.decide.entries import enter, queue_entries, rank_of
from engine.kernel.decide.guard import on_mark
from engine.kernel.decide.guard_plan import window_days
from engine.kernel.decide.plan import Part, Plan, Terms, book_size, make_plan
from engine.kernel.decide.position import equity_krw, exposure_krw
from engine.kernel.load import compile_function
from engine.kernel.loop import new_log, note_volumes, step_bar
from engine.kernel.program import ColumnBlock, Program
from engine.model.candle import BarGrid, BarState

_TRADED: Final = int(BarState.TRADED)
_NO_PROFILE: Final = RiskProfile(name="")


@helper
def quiet_bars(book: Book, start: int, stop: int, state: NDArray[np.int8], close_krw: NDArray[np.float64]) -> None:
    """Last prices after bars [start, stop) in which the account neither held nor wanted anything."""
    for market in range(state.shape[0]):
        for bar in range(start, stop):
            if state[market, bar] == _TRADED:
                book.position[market]["last_krw"] = close_krw[market, bar]


def ruled(portfolio: Portfolio) -> tuple[Strategy, ...]:
    """The strategies under the portfolio's capital. Their risk profile is the portfolio's already."""
    found = []
    for part in portfolio.parts:
        risk = part.strategy.risk or _NO_PROFILE
        if portfolio.capital_krw is not None or portfolio.capital_ratio is not None:
            risk = replace(risk, capital_krw=portfolio.capital_krw, capital_ratio=portfolio.capital_ratio)
        found.append(replace(part.strategy, risk=risk))
    return tuple(found)


def make_plans(
    portfolio: Portfolio,
    programs: Sequence[Program],
    terms: Terms,
    tradable: Sequence[Sequence[bool]],
    settle_ms: Sequence[Sequence[int]],
) -> tuple[Plan, ...]:
    """One plan per strategy, in order. programs: of `ruled(portfolio)` over the same markets. Raises ValueError."""
    strategies = ruled(portfolio)
    windows = sorted({days for s, p in zip(strategies, programs, strict=True) for days in window_days(s.risk or _NO_PROFILE, p.position)})
    return tuple(
        make_plan(
            strategy, program.position, program.markets, terms, tradable=may, settle_ms=settled,
            part=Part(part.weight, part.when, tuple(windows)),
        )
        for strategy, part, program, may, settled in zip(strategies, portfolio.parts, programs, tradable, settle_ms, strict=True)
    )  # fmt: skip


def make_books(plans: Sequence[Plan], cash_krw: float) -> tuple[Book, ...]:
    """Empty books on one account. Raises ValueError."""
    return shared_books([book_size(plan) for plan in plans], [plan.initial for plan in plans], cash_krw)


@dataclass(frozen=True, slots=True)
class PortfolioRunResult:
    """What a portfolio's run left: per strategy its FILLs, skips and counts of rules; of the account one row per time at which any clock
    closed (equity = cash + exposure)."""

    fills: tuple[NDArray[np.void], ...]
    skipped: tuple[dict[str, int], ...]
    rule_counts: tuple[tuple[tuple[int, int, int], ...], ...]
    equity_ms: NDArray[np.int64]
    cash_krw: NDArray[np.float64]
    exposure_krw: NDArray[np.float64]


class PortfolioRun:
    """One backtest of a portfolio in progress: feed blocks of bars with every strategy's columns, then read the result."""

    def __init__(self, plans: Sequence[Plan], books: Sequence[Book], from_ms: int | None = None, *, compiled: bool = True) -> None:
        """from_ms: trading start. compiled=False runs the same functions as plain Python."""
        self.plans, self.books, self._from_ms = tuple(plans), tuple(books), from_ms

        def made(function: Callable[..., Any]) -> Callable[..., Any]:
            return compile_function(function, allocates=False) if compiled else function

        self._step_bar, self._close_exits, self._on_mark = made(step_bar), made(close_exits), made(on_mark)
        self._queue, self._enter, self._quiet = made(queue_entries), made(enter), made(quiet_bars)
        self._note_volumes = made(note_volumes)
        self._equity, self._exposure = made(equity_krw), made(exposure_krw)
        self._logs = [new_log(plan) for plan in plans]
        self._fills: list[list[NDArray[np.void]]] = [[] for _ in plans]
        self._account: list[tuple[int, float, float]] = []

    def feed(self, bars: BarGrid, columns: Sequence[ColumnBlock]) -> None:
        """Take consecutive base bars and the columns of every strategy's clock bars that close in them.

        Raises RuntimeError when the books refuse an answer of the fill model: a defect, never a matter of the data.
        """
        taken, length = bars_of(bars, together=True), bars.state.shape[1]
        if bars.inside is not None:
            self._logs = [new_log(plan, most_steps(bars)) for plan in self.plans]
        first_ms, base_ms = taken.span.tolist()
        start = 0 if self._from_ms is None else min(max(-((first_ms - self._from_ms) // base_ms), 0), length)
        closing = [{int(ms): k for k, ms in enumerate(block.close_ms)} for block in columns]
        quiet_from = noted = start
        for bar in range(start, length):
            time_ms = first_ms + bar * base_ms
            after_ms = time_ms + base_ms
            busy = self._is_busy()
            if not busy and not any(after_ms in times for times in closing):
                continue
            self._catch_up(quiet_from, bar, taken)
            quiet_from = bar + 1
            for k, (plan, book) in enumerate(zip(self.plans, self.books, strict=True)):
                if self._step_bar(plan, book, self._logs[k], taken, bar) < 0:
                    raise RuntimeError("the books refused a fill of the fill model")
            noted = self._note_volumes(self.plans[0], self.books[0], taken, noted, bar + 1)
            self._decide(after_ms, busy, [(block, times.get(after_ms)) for block, times in zip(columns, closing, strict=True)])
            self._drain()
        self._catch_up(quiet_from, length, taken)
        self._note_volumes(self.plans[0], self.books[0], taken, noted, length)

    def _is_busy(self) -> bool:
        book = self.books[0]
        return bool((book.all_position["quantity_e8"] > 0.0).any() or (book.all_order["side"] != 0).any())

    def _catch_up(self, start: int, stop: int, bars: Bars) -> None:
        if stop > start:
            for book in self.books:
                self._quiet(book, start, stop, bars.state, bars.close_krw)

    def _decide(self, time_ms: int, busy: bool, closing: Sequence[tuple[ColumnBlock, int | None]]) -> None:
        """Exits of all strategies in order, then the entries of those whose clock closes."""
        for plan, book, (block, at) in zip(self.plans, self.books, closing, strict=True):
            book.outbox[0] = 0
            if at is not None:
                self._close_exits(plan, book, time_ms, np.ascontiguousarray(block.values[:, at]))
            elif busy:
                self._on_mark(plan, book, time_ms)
        if all(at is None for _, at in closing):
            return
        self._enter_all(time_ms, [k for k, (_, at) in enumerate(closing) if at is not None])
        self._account.append((time_ms, float(self.books[0].account[0]["cash_krw"]), self._exposure(self.books[0])))

    def _enter_all(self, time_ms: int, numbers: Sequence[int]) -> None:
        """Candidates of all strategies: highest rank first, missing last, ties by strategy, then market."""
        candidates = []
        for k in numbers:
            plan, book = self.plans[k], self.books[k]
            for market in book.queue[: self._queue(plan, book)].tolist():
                rank = rank_of(plan, book, market)
                candidates.append((math.inf if math.isnan(rank) else -rank, k, market))
        if not candidates:
            return
        capital = capital_krw(self.plans[0], self._equity(self.books[0]))
        for _, k, market in sorted(candidates):
            self._enter(self.plans[k], self.books[k], market, capital, time_ms)

    def _drain(self) -> None:
        for log, fills in zip(self._logs, self._fills, strict=True):
            if log.length[0] > 0:
                fills.append(taken_from(log))

    def result(self) -> PortfolioRunResult:
        """What has happened so far."""
        rows = np.array(self._account, np.float64).reshape(-1, 3)
        return PortfolioRunResult(
            fills=tuple(np.concatenate(parts) if parts else np.zeros(0, FILL) for parts in self._fills),
            skipped=tuple(dict(zip(SKIP_REASONS, book.skipped.tolist(), strict=True)) for book in self.books),
            rule_counts=tuple(tuple((int(a), int(b), int(c)) for a, b, c in book.rule_counts) for book in self.books),
            equity_ms=np.array([row[0] for row in self._account], np.int64),
            cash_krw=rows[:, 1].copy(),
            exposure_krw=rows[:, 2].copy(),
        )
