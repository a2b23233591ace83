"""Many variants of one strategy over the same bars: every distinct value computed once, every variant decided as in a backtest.

The variants' graphs are one graph (dsl.variants). Each of the threads takes a part of the variants: one program with all their columns,
advanced block by block, and after each block the decisions of every variant (engine.kernel.sweep). Nothing is kept per bar and variant.
"""

from __future__ import annotations

import gc
import math
import sys
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from threading import Event, Lock
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from dsl.strategy import Condition
from engine.kernel.own_rows import own_rows, reads_all
from engine.kernel.program import compile_values, wanted_columns
from engine.kernel.sweep import Block, OwnTables, Stack, SweepRun, shape_of
from engine.kernel.variants import plans_of
from engine.kernel.vm import Kernel
from engine.research.backtest import terms_of, until_ms, with_members
from engine.research.metrics import CurveFacts, calmar, sharpe, sortino
from engine.research.result import Rounding, Settings
from engine.research.returns import DAY_MS, Days, Drawdown, changes, spreads
from engine.research.trades import CONTINUOUS_REST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dsl.graph import Graph, Timeframe
    from dsl.strategy import Strategy
    from engine.kernel.decide.plan import Plan
    from engine.model.candle import BarGrid

#: variants of one program; more are run one such part after the other, so that memory has a bound
_PART: Final = 1024
#: to make a variant ready takes as long as to decide over so many bars
_READY_BARS: Final = 6_000
#: bytes of one block's values. More than a near cache holds: a short block fetches every variant's plan and books for a few trades
_BLOCK_BYTES: Final = 64 << 20
_SHORTEST_BLOCK: Final = 256
#: Python's own is 0.005
_HANDED_OVER_SECONDS: Final = 0.0002
_NAN: Final = float("nan")
#: what no figure of a sweep is made of
_NO_DAYS: Final = Days(_NAN, _NAN, _NAN, _NAN)

#: (variant-bars done, of how many)
Progress = Callable[[int, int], None]


class Outcome(NamedTuple):
    """What became of one variant: figures as a report computes them (engine.research.metrics), NaN where one is not defined.

    daily: returns of the trading days, float64 [days]. Sums over trades and closes (fees, traded value, slippage, exposure, profit factor)
    are added in another order, so their last digits can differ from a report's; the rest is the same to the bit.
    """

    end_equity: float
    total_return: float
    maximum_drawdown: float
    sharpe: float
    sortino: float
    calmar: float
    closed_trades: int
    win_rate: float
    profit_factor: float
    fees_paid: float
    slippage_paid: float
    traded_value: float
    exposure: float
    time_in_market: float
    fills: int
    daily: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SweepResult:
    """Outcomes in the order of the variants. start_ms, end_ms: open of the first decided clock bar, latest CLOSE; bars: base bars of all
    markets that were decided on; compute_seconds: of everything but candles and checking."""

    outcomes: tuple[Outcome, ...]
    start_ms: int
    end_ms: int
    bars: int
    compute_seconds: float


def sweep(
    strategies: Sequence[Strategy],
    grid: BarGrid,
    settings: Settings,
    *,
    traded: Sequence[str] | None = None,
    threads: int = 2,
    block: int | None = None,
    progress: Progress | None = None,
) -> SweepResult:
    """Run every strategy over the grid as `engine.research.backtest.backtest` would run it alone: the same fills, for any block and number
    of threads.

    grid, traded: as of `backtest`; the aliases of all strategies must be among the grid's markets. Strategies that share a graph, a clock
    and a universe share their computing. Raises ValueError as `backtest` does.
    """
    grid = until_ms(grid, settings.to_ms)
    started = time.perf_counter()
    outcomes: list[Outcome | None] = [None] * len(strategies)
    threads = max(threads, 1)
    tasks = _tasks(strategies, grid, settings, traded, threads, block)
    whole = grid.state.shape[1] * len(strategies)
    done = [0] * len(tasks)
    stopped, making_ready = Event(), Lock()

    def run(number: int) -> None:
        task = tasks[number]

        def advanced(bars: int) -> None:
            if stopped.is_set():
                raise CancelledError
            done[number] += bars * len(task.members)
            if progress is not None:
                progress(sum(done), whole)

        for position, outcome in zip(task.members, task.run(advanced, making_ready), strict=True):
            outcomes[position] = outcome

    with _undisturbed(), ThreadPoolExecutor(threads) as pool:
        running = [pool.submit(run, number) for number in range(len(tasks))]
        try:
            for one in running:
                one.result()
        except BaseException:  # Ctrl+C too: the other threads must not go on
            stopped.set()
            for one in running:
                one.cancel()
            raise
    span = _Span.of(grid, settings, strategies[0]) if strategies else _Span(0, 0, 0, 0)
    return SweepResult(
        outcomes=tuple(outcome for outcome in outcomes if outcome is not None),
        start_ms=span.start_ms, end_ms=span.end_ms, bars=grid.state.size, compute_seconds=time.perf_counter() - started,
    )  # fmt: skip


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Garbage in cycles waits until the sweep is over: what is made for each variant lives as long, and to look through all of it again and
    again took a twentieth of the whole, in which no other thread could run Python. And threads hand Python to each other at once: one that
    is through with a block would wait for as long as a block takes for another that makes variants ready."""
    collected, interval = gc.isenabled(), sys.getswitchinterval()
    gc.disable()
    sys.setswitchinterval(_HANDED_OVER_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        if collected:
            gc.enable()


@dataclass(frozen=True, slots=True)
class _Span:
    """Where the trading is: open of the first decided clock bar and the last CLOSE, UTC ms; UTC day of the first; days touched."""

    start_ms: int
    end_ms: int
    first_day: int
    days: int

    @classmethod
    def of(cls, grid: BarGrid, settings: Settings, strategy: Strategy) -> _Span:
        base, clock = grid.timeframe, strategy.clock
        first, last = base.open_ms(int(grid.first_index)), base.open_ms(int(grid.first_index) + grid.state.shape[1])
        if settings.from_ms is not None:
            first = max(first, first - (first - settings.from_ms) // base.length_ms * base.length_ms)
        start_ms, end_ms = clock.open_ms(clock.index(first)), clock.open_ms(clock.index(last))
        if end_ms <= start_ms:
            return cls(start_ms, start_ms, start_ms // DAY_MS, 0)
        return cls(start_ms, end_ms, start_ms // DAY_MS, (end_ms - 1) // DAY_MS - start_ms // DAY_MS + 1)


@dataclass(frozen=True, slots=True)
class _Task:
    """Variants that one program serves. members: their positions among all."""

    strategies: tuple[Strategy, ...]
    members: tuple[int, ...]
    grid: BarGrid
    settings: Settings
    traded: tuple[str, ...]
    block: int | None

    def run(self, advanced: Callable[[int], None], making_ready: Lock) -> list[Outcome]:
        """The outcomes. advanced: called with the bars of every block. making_ready: that is Python's work, which tasks do one after the
        other: all at once none would begin before all are ready."""
        span = _Span.of(self.grid, self.settings, self.strategies[0])
        with making_ready:
            source, run, order = self._made_ready(span)
        length, block = self.grid.state.shape[1], source.kernel.block
        for start in range(0, length, block):
            stop = min(start + block, length)
            run.feed(source.block(self.grid, start, stop))
            advanced(stop - start)
        found = [outcome for stack in run.stacks for outcome in _outcomes(stack, span, self.settings)]
        return [found[at] for at in np.argsort(order)]

    def _made_ready(self, span: _Span) -> tuple[_InPlace | _Exported, SweepRun, list[int]]:
        """Where values come from, who decides, and which variant each row of the latter's stacks is."""
        first = self.strategies[0]
        graph = first.graph.copy()
        terms = terms_of(self.settings, self.grid)
        tradable = [market in self.traded for market in self.grid.markets]
        nodes, plans = plans_of(
            self.strategies, graph, self.grid.timeframe, self.grid.markets, terms, tradable, ranked=len(self.traded) > 1, counted=False
        )  # the rank of one market orders nothing
        wanted = _Wanted(graph, nodes, first.clock, self.grid, self.traded, self.block, self.settings.block)
        source = (_InPlace if len(self.grid.markets) == 1 and not reads_all(graph, nodes) else _Exported)(wanted)
        stacks, order = _stacks(plans, source.places, source.rows_of, self.settings.cash_krw, span.days)
        rest = CONTINUOUS_REST if self.settings.rounding is Rounding.NONE else 0.0
        return source, SweepRun(stacks, self.grid, self._from_ms(), span.first_day, rest, source.tables), order

    def _from_ms(self) -> int:
        first = self.grid.timeframe.open_ms(int(self.grid.first_index))
        return first if self.settings.from_ms is None else self.settings.from_ms


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a task's variants read. variants: nodes of each one's columns. block: base bars, None: at most `most` of them."""

    graph: Graph
    variants: Sequence[Sequence[int]]
    clock: Timeframe
    grid: BarGrid
    traded: tuple[str, ...]
    block: int | None
    most: int


class _Exported:
    """Columns of all variants and several markets, block by block. places, rows_of, tables: as of engine.kernel.sweep."""

    def __init__(self, wanted: _Wanted) -> None:
        grid, nodes = wanted.grid, list(dict.fromkeys(node for columns in wanted.variants for node in columns))
        program = compile_values(
            wanted.graph, nodes, wanted.clock, grid.timeframe, grid.markets, domain=wanted.traded, lasting=False
        )  # fmt: skip
        place = {node: number for number, node in enumerate(program.columns)}
        self.places = [[place[node] for node in nodes] for nodes in wanted.variants]
        self.rows_of = [(0, 0)] * len(wanted.variants)
        self.tables: OwnTables | None = None
        self.kernel = Kernel(program, wanted.block or _block(len(program.table.slots), wanted.most))

    def block(self, grid: BarGrid, start: int, stop: int) -> Block:
        """The next bars."""
        columns = self.kernel.advance(grid, start, stop - start)
        closes = len(columns.close_ms)
        return Block(
            start, stop, columns.close_ms, columns.values.transpose(0, 2, 1).reshape(-1), (columns.values.shape[2] * closes, closes)
        )


class _InPlace:
    """The same of one market: what only one variant reads is computed just before it decides."""

    def __init__(self, wanted: _Wanted) -> None:
        grid = wanted.grid
        own = own_rows(wanted.graph, wanted.variants, wanted.clock, grid.timeframe, grid.markets, wanted.traded)
        table = own.program.table
        slots = len(table.slots) - (len(table.rows) - own.shared)
        self.kernel = kernel = Kernel(own.program, wanted.block or _block(slots, wanted.most), in_place=True, own=own)
        self._room = kernel.most_closes
        place = dict(zip(own.program.columns, kernel.places.tolist(), strict=True))
        place.update(dict.fromkeys(own.nodes, -1))
        self.places = [[place[node] for node in nodes] for nodes in wanted.variants]
        before = len(table.shared_rows)
        self.rows_of = [(before + start, before + stop) for start, stop in own.ranges]
        state_at = np.array([table.size(shared=True)], np.int64)
        self.tables = OwnTables(np.zeros((0, 2), np.int64), state_at, *kernel.row_tables, kernel.state, kernel.params)

    def block(self, grid: BarGrid, start: int, stop: int) -> Block:
        """The next bars."""
        columns = self.kernel.advance(grid, start, stop - start)
        return Block(start, stop, columns.close_ms, self.kernel.memory, (0, 1), self._room)


def groups(strategies: Sequence[Strategy]) -> list[list[int]]:
    """Positions of the strategies that can share bars and a program: those of one graph, clock and universe."""
    found: dict[Hashable, list[int]] = {}
    for number, strategy in enumerate(strategies):
        found.setdefault(_shared(strategy), []).append(number)
    return list(found.values())


def together(strategies: Sequence[Strategy], base: Timeframe | None = None) -> Strategy:
    """One strategy that reads what all of a group read: what candles and side series the group needs."""
    nodes = dict.fromkeys(node for strategy in strategies for node in wanted_columns(strategy, base))
    aliases = {name: market for strategy in strategies for name, market in strategy.aliases.items()}
    return replace(strategies[0], aliases=aliases, conditions=tuple(Condition("", node) for node in nodes))


def _tasks(
    strategies: Sequence[Strategy], grid: BarGrid, settings: Settings, traded: Sequence[str] | None, threads: int, block: int | None
) -> list[_Task]:
    """Variants by what they share, dealt out into parts, as many for each thread."""
    tasks = []
    for members in groups(strategies):
        first = strategies[members[0]]
        markets = tuple(traded) if traded is not None else (first.markets or grid.markets)
        own = with_members(first, grid, markets, settings.block)[0]
        parts = dealt(members, threads, grid.state.size)
        tasks += [_Task(tuple(strategies[i] for i in part), part, own, settings, markets, block) for part in parts]
    return tasks


def dealt(members: Sequence[int], threads: int, bars: int) -> list[tuple[int, ...]]:
    """Parts that end at about the same time, as many for each thread: each begins when those before it have been made ready, and has
    fewer members for that. Neighbours trade alike, so every part gets some of all."""
    shares = [(bars / (bars + _READY_BARS)) ** number for number in range(min(threads, len(members)))]
    shares *= math.ceil(len(members) / sum(shares) / _PART)
    ends = [round(len(members) * share / sum(shares)) for share in accumulate(shares)]
    sizes = [stop - start for start, stop in pairwise([0, *ends])]
    turns = [number for turn in range(max(sizes)) for number, size in enumerate(sizes) if turn < size]
    parts: list[list[int]] = [[] for _ in sizes]
    for member, number in zip(members, turns, strict=True):
        parts[number].append(member)
    return [tuple(part) for part in parts if part]


def _shared(strategy: Strategy) -> Hashable:
    """Strategies with equal keys can be one program over one grid."""
    universe = strategy.universe
    chosen = None if universe is None else (
        universe.keep, universe.by, universe.take, universe.refresh_ms, universe.every_ms, tuple(universe.graph.nodes)
    )  # fmt: skip
    return id(strategy.graph), strategy.clock, strategy.markets, chosen


def _stacks(
    plans: Sequence[Plan], places: Sequence[Sequence[int]], rows_of: Sequence[tuple[int, int]], cash_krw: float, days: int
) -> tuple[list[Stack], list[int]]:
    """Plans of equal shapes together, and which plan each row of the stacks is."""
    shapes: dict[Hashable, list[int]] = {}
    of_plan: dict[int, list[int]] = {}
    for number, plan in enumerate(plans):
        if id(plan) not in of_plan:
            of_plan[id(plan)] = shapes.setdefault((shape_of(plan), int(plan.settings[0]["column_count"])), [])
        of_plan[id(plan)].append(number)
    stacks = [
        Stack([plans[i] for i in rows], [places[i] for i in rows], [rows_of[i] for i in rows], cash_krw, days) for rows in shapes.values()
    ]
    return stacks, [i for rows in shapes.values() for i in rows]


def _block(slots: int, most: int) -> int:
    """Base bars per block, so that a block's values stay in a cache."""
    fitting = _BLOCK_BYTES // (8 * max(slots, 1))
    return max(min(1 << max(fitting.bit_length() - 1, 0), most), min(_SHORTEST_BLOCK, most))


def _outcomes(stack: Stack, span: _Span, settings: Settings) -> list[Outcome]:
    cash, closes, closed = settings.cash_krw, stack.closes, span.days > 0
    daily = changes(cash, _filled(stack.daily, cash))
    span_ms = span.end_ms - span.start_ms if closed else 0
    found = []
    for returns, spread, exposure, row in zip(daily, spreads(daily), stack.exposures.tolist(), stack.figures.tolist(), strict=True):
        latest, peak, trough, depth, exposed, fees, traded, slippage, trades, wins, gains, losses, fills = row  # as of FIGURES
        depth = min(depth, trough / peak - 1.0)
        end = latest if closed else cash
        facts = CurveFacts(cash, end, span_ms, _NO_DAYS, spread, Drawdown(depth, 0, 0, False))
        found.append(
            Outcome(
                end_equity=end,
                total_return=end / cash - 1.0,
                maximum_drawdown=depth,
                sharpe=_finite(sharpe(facts)),
                sortino=_finite(sortino(facts)),
                calmar=_finite(calmar(facts)),
                closed_trades=trades,
                win_rate=wins / trades if trades else _NAN,
                profit_factor=gains / losses if losses else _NAN,
                fees_paid=fees,
                slippage_paid=slippage,
                traded_value=traded,
                exposure=exposure / closes if closes else _NAN,
                time_in_market=exposed / closes if closes else _NAN,
                fills=fills,
                daily=returns,
            )
        )
    return found


def _filled(daily: NDArray[np.float64], start: float) -> NDArray[np.float64]:
    """Values [V, D] with the last one before in place of those that are missing, `start` before the first."""
    known = np.where(np.isnan(daily), 0, np.arange(1, daily.shape[1] + 1))
    values = np.concatenate((np.full((len(daily), 1), start), daily), axis=1)
    return np.take_along_axis(values, np.maximum.accumulate(known, axis=1), axis=1)


def _finite(value: float) -> float:
    return value if math.isfinite(value) else _NAN
