"""One backtest in progress: base bars and columns in, fills and equity out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.kernel.bars import Closes, Log, bars_of, joined, most_steps, taken_from, together
from engine.kernel.book import FILL, SKIP_REASONS, Book
from engine.kernel.decide.ahead import rooms
from engine.kernel.decide.plan import Plan
from engine.kernel.fills import turned_away
from engine.kernel.load import compile_function
from engine.kernel.loop import new_log
from engine.kernel.program import ColumnBlock
from engine.kernel.sweep import alone, sweep_bars
from engine.model.candle import BarGrid
from engine.model.costs import TurnedAway

_NO_DAYS: Final = np.zeros((0, 2), np.int64)
_NO_SOURCE: Final = np.zeros(0)
_NO_CASH: Final = np.zeros((0, 2))
_NO_STRIDES: Final = np.zeros(0, np.int64)


class RunResult(NamedTuple):
    """Columns of one run, as engine.research.result.BacktestResult wants them."""

    fills: NDArray[np.void]  # FILL, by time
    equity_ms: NDArray[np.int64]
    equity_krw: NDArray[np.float64]
    cash_changes: NDArray[np.float64]  # [k, 2] (row of equity, KRW): cash from that row on
    skipped: dict[str, int]
    rule_counts: tuple[tuple[int, int, int], ...]  # per named condition of the strategy: true, false, missing
    ambiguous_steps: int
    ambiguous_krw: float
    unsettled_entries: int
    sale_below_minimum: int
    turned_away: TurnedAway


class Run:
    """One backtest in progress: feed blocks of bars in order, then read the result. Costs one compiled call per block."""

    def __init__(self, plan: Plan, book: Book, from_ms: int | None = None, *, compiled: bool = True, may_skip: bool = True) -> None:
        """from_ms: trading start; bars before it are skipped. compiled=False runs the same functions as plain Python; may_skip=False
        asks every rule at every bar, with the same result."""
        self.plan, self.book = plan, book
        self._from_ms = from_ms
        self._may_skip = may_skip
        self._first = alone(plan, book)
        self._run: Callable[..., int] = compile_function(sweep_bars, allocates=False).alike if compiled else sweep_bars
        self._log = new_log(plan)
        self._grid: BarGrid | None = None
        self._fills: list[NDArray[np.void]] = []
        self._closes = 0
        self._close_ms: list[NDArray[np.int64]] = []
        self._equity, self._cash, self._row = _NO_SOURCE, _NO_CASH, np.zeros(2, np.int64)

    def feed(self, bars: BarGrid, columns: ColumnBlock, first: int = 0, count: int | None = None) -> None:
        """Take consecutive base bars, `count` of the grid's from `first` on, and the columns of the clock bars that close in them.

        Raises RuntimeError when the books refuse an answer of the fill model: a defect, never a matter of the data.
        """
        if bars is not self._grid:
            self._grid, self._bars, self._rooms = bars, bars_of(bars), rooms(len(bars.markets))
        taken = self._bars
        if bars.inside is not None:
            self._drain()
            self._log = new_log(self.plan, most_steps(bars))
        first_ms, base_ms = taken.span.tolist()
        stop = bars.state.shape[1] if count is None else first + count
        values = np.ascontiguousarray(columns.values.transpose(0, 2, 1))
        start = max(first, self._start(first_ms, base_ms, stop))
        passed = int(columns.close_ms.searchsorted(first_ms + start * base_ms, side="right"))
        live = len(columns.close_ms) - passed
        self._make_room(live)
        self._row[0] = self._closes - passed
        closes = Closes(
            columns.close_ms,
            values,
            self._equity,
            self._cash,
            self._row,
            *self._rooms,
        )
        at = start
        while at < stop:
            at = self._run(
                *self._first, self._log, taken, closes, at, stop, self._may_skip, 0, 0, _NO_DAYS, _NO_SOURCE, _NO_STRIDES, 0.0, False
            )
            if at < 0:
                raise RuntimeError("the books refused a fill of the fill model")
            if at < stop:  # the log is nearly full
                self._drain()
        self._close_ms.append(columns.close_ms[passed:])
        self._closes += live

    def expect(self, closes: int) -> None:
        """Make room for so many CLOSEs at once."""
        self._make_room(closes - self._closes)

    def _make_room(self, closes: int) -> None:
        needed = self._closes + closes
        if needed > len(self._equity):
            room = max(needed, 2 * len(self._equity))
            equity, cash = np.empty(room), np.empty((room, 2))
            equity[: self._closes], cash[: self._row[1]] = self._equity[: self._closes], self._cash[: self._row[1]]
            self._equity, self._cash = equity, cash

    def result(self) -> RunResult:
        """What has happened so far."""
        self._drain()
        account = self.book.account[0]
        return RunResult(
            fills=self._all_fills(),
            equity_ms=together(self._close_ms),
            equity_krw=self._equity[: self._closes],
            cash_changes=self._cash[: self._row[1]],
            skipped=dict(zip(SKIP_REASONS, self.book.skipped.tolist(), strict=True)),
            rule_counts=tuple((true, false, missing) for true, false, missing in self.book.rule_counts.tolist()),
            ambiguous_steps=int(account["ambiguous_steps"]),
            ambiguous_krw=float(account["ambiguous_krw"]),
            unsettled_entries=int(account["unsettled_entries"]),
            sale_below_minimum=int(account["sale_below_minimum"]),
            turned_away=turned_away(self.book.flow),
        )

    def _all_fills(self) -> NDArray[np.void]:
        if len(self._fills) != 1:
            self._fills = [joined(self._fills) if self._fills else np.zeros(0, FILL)]
        return self._fills[0]

    def _start(self, first_ms: int, base_ms: int, bars: int) -> int:
        """The first bar of the block whose time is not before the trading start."""
        if self._from_ms is None:
            return 0
        return min(max(-((first_ms - self._from_ms) // base_ms), 0), bars)

    def _drain(self) -> None:
        count, room = int(self._log.length[0]), len(self._log.fills)
        if count >= room // 4:  # what it leaves empty is little beside a copy
            self._fills.append(self._log.fills[:count])
            self._log = Log(np.empty(room, FILL), np.zeros(1, np.int64))
        elif count > 0:
            self._fills.append(taken_from(self._log))
