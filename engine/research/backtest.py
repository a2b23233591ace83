"""One backtest: program, kernel and the compiled loop of decisions over a grid of base bars, block by block; columns come out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.candles.mapped import take_markets
from engine.candles.modelled import check_windows, turnover_krw
from engine.kernel.aggregate import SERIES, aggregate
from engine.kernel.book import FILL
from engine.kernel.decide.plan import Terms
from engine.kernel.depth import Shown
from engine.kernel.ledger import precompile as passes
from engine.kernel.program import ColumnBlock, Program, Same, compile_program
from engine.kernel.run import Run, RunResult
from engine.kernel.universe import UniverseRun, member_series, universe_program
from engine.kernel.vm import DEFAULT_BLOCK, Kernel
from engine.model.candle import MEMBER, BarGrid, BarState
from engine.model.costs import Halt
from engine.research.gaps import side_gaps
from engine.research.kept import Planned, planned, put_back_kernel, take_kernel
from engine.research.result import BacktestResult, Rounding, Settings, SideGap
from engine.research.room import keep_freed_memory, processors
from engine.research.universe import UniverseTally

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dsl.graph import Timeframe
    from dsl.strategy import Strategy
    from engine.model.candle import SideKey
    from engine.model.costs import Costs, VisibleDepth
    from engine.model.events import Members
    from engine.research.universe import UniverseCounts

#: bars of all markets that one call of kernel and decisions takes
_STRETCH_BARS: Final = 65_536
#: a thread is worth its trouble from so many markets on
_MARKETS_PER_THREAD: Final = 8
#: base bars of the first part of a run whose columns are computed beside the decisions
_FIRST_BARS: Final = 24_576

#: strategies of which it is kept what markets they read
_KNOWN: Final = 8

#: (base bars done, of how many)
Progress = Callable[[int, int], None]
#: (program, columns of the clock bars that closed in a block, the run after them)
Watch = Callable[[Program, ColumnBlock, Run], None]


def backtest(
    strategy: Strategy,
    grid: BarGrid,
    settings: Settings,
    *,
    traded: Sequence[str] | None = None,
    synthetic: bool = False,
    progress: Progress | None = None,
    watch: Watch | None = None,
    threads: int | None = None,
) -> BacktestResult:
    """Run a strategy over a grid (docs/decide.md).

    grid: base bars of the traded markets and of the strategy's alias markets, warm-up included; traded: markets that may be bought
    (default: the grid's that the strategy names, or all of them). Bars before settings.from_ms only feed the kernel, bars from
    settings.to_ms on are not read. watch: sees every block of columns, after its decisions. threads: None for as many as there are
    processors. The same inputs give the same bits whatever settings.block and threads are. Raises ValueError when the grid does not
    serve the strategy (a clock finer than the base, an alias market missing, nothing to run over).
    """
    keep_freed_memory()
    grid = until_ms(grid, settings.to_ms)
    markets = tuple(traded) if traded is not None else (strategy.markets or grid.markets)
    started = time.perf_counter()
    tally = None if strategy.universe is None else UniverseTally(strategy.universe, settings.from_ms)
    grid, members, universe_sides = with_members(strategy, grid, markets, settings.block, tally)
    program = compile_program(strategy, grid.timeframe, grid.markets, domain=markets)
    threads = threads or processors()
    run, settled = _run(strategy, program, grid, settings, markets, progress, watch, threads)
    elapsed = time.perf_counter() - started
    sides = dict.fromkeys((*program.sides, *universe_sides))
    gaps, counts = side_gaps(sides, strategy.clock, grid, settings.from_ms), None if tally is None else tally.counts
    return _result(strategy, grid, settings, markets, settled, run, synthetic, elapsed, members, counts, gaps)


def with_members(
    strategy: Strategy, grid: BarGrid, candidates: Sequence[str], block: int, tally: UniverseTally | None = None
) -> tuple[BarGrid, tuple[Members, ...], tuple[SideKey, ...]]:
    """The grid with the series of who is in the strategy's universe, the decisions that it comes from, and the side series that they
    read. Without a universe the grid as it is. tally: counts what the rules did."""
    if strategy.universe is None:
        return grid, (), ()
    watched, watch = ((), None) if tally is None else (tally.watched, tally.watch)
    program = universe_program(strategy.universe, strategy.clock, grid.timeframe, grid.markets, candidates, watched=watched)
    run = UniverseRun(strategy.universe, program, candidates, block, watch)
    length = grid.state.shape[1]
    events = [event for start in range(0, length, block) for event in run.feed(bars_of(grid, start, min(start + block, length)))]
    return replace(grid, side={**grid.side, MEMBER: member_series(events, grid)}), tuple(events), program.sides


def universe_settle_ms(strategy: Strategy, base: Timeframe, markets: Sequence[str]) -> int:
    """Data before the first bar that reads the universe: until its rules have settled, and then to its next instant."""
    if strategy.universe is None:
        return 0
    return universe_program(strategy.universe, strategy.clock, base, markets, markets).settle_ms + strategy.universe.every_ms


def _run(
    strategy: Strategy, program: Program, grid: BarGrid, settings: Settings, traded: Sequence[str], progress: Progress | None,
    watch: Watch | None, threads: int,
) -> tuple[RunResult, list[int]]:  # fmt: skip
    """What happened, and when each market's values had settled (UTC ms)."""
    grid = _contiguous(grid)
    several = min(threads, len(grid.markets) // _MARKETS_PER_THREAD)
    # who watches may keep columns and books
    kernel = Kernel(program, settings.block, threads=several) if watch is not None else take_kernel(program, settings.block, several)
    length = grid.state.shape[1]
    most = stretch_of(settings.block, len(grid.markets))
    if several < 2 and length <= 2 * most:
        most = length  # a part, and a thread beside it, cost more than columns that are so much longer
    parts = parts_of(length, most, _FIRST_BARS if threads > 1 and most < length else length)
    with _columns(kernel, grid, parts, threads) as coming:
        plan = _planned(strategy, program, grid, settings, traded)
        run = Run(plan.plan, plan.take_books(settings.cash_krw), settings.from_ms)
        if len(parts) > 1:
            run.expect(length * grid.timeframe.length_ms // program.clock.length_ms + 1)
        for (start, count), columns in zip(parts, coming, strict=True):
            run.feed(grid, columns, start, count)
            if watch is not None:
                watch(program, columns, run)
            grid.free()
            if progress is not None:
                progress(start + count, length)
    found = run.result(), run.plan.market["settle_ms"].tolist()
    if watch is None:
        put_back_kernel(kernel)
        plan.put_back(run.book)
    return found


@contextmanager
def _columns(kernel: Kernel, grid: BarGrid, parts: Sequence[tuple[int, int]], threads: int) -> Iterator[Iterator[ColumnBlock]]:
    """The columns of each part; with several threads those of the next are computed while the caller does something else."""
    if kernel.threads > 1 or (threads > 1 and len(parts) > 1):
        with kernel.ahead(grid, parts) as coming:
            yield coming
    else:
        yield (kernel.advance(grid, *part) for part in parts)


def parts_of(length: int, most: int, first: int) -> list[tuple[int, int]]:
    """A run's bars in parts, (first bar, how many) each: the first small, so that decisions soon have columns, and each three times as
    long as the one before, up to `most` or half as much again for the last: every part costs some microseconds."""
    found, start, count = [], 0, min(first, most)
    while start < length:
        taken = length - start if length - start <= count + count // 2 else count
        found.append((start, taken))
        start, count = start + taken, min(3 * count, most)
    return found


def started(strategy: Strategy, program: Program, grid: BarGrid, settings: Settings, traded: Sequence[str]) -> Run:
    """The decisions of a strategy over a grid, before their first bar. Arguments as `backtest`."""
    plan = _planned(strategy, program, grid, settings, traded)
    return Run(plan.plan, plan.take_books(settings.cash_krw), settings.from_ms)


def _planned(strategy: Strategy, program: Program, grid: BarGrid, settings: Settings, traded: Sequence[str]) -> Planned:
    tradable = tuple([market in traded for market in grid.markets])
    return planned(strategy, program, terms_of(settings, grid), tradable, tuple(settled_ms(strategy, program, grid)))


def terms_of(settings: Settings, grid: BarGrid) -> Terms:
    """The account's terms on the bars, and beside the books, of a grid. Raises CandleError for a window that they do not make."""
    costs = settings.costs
    check_windows(costs, grid.timeframe)
    if costs.latency_bars:
        costs = replace(costs, latency_ms=costs.latency_ms + costs.latency_bars * grid.timeframe.length_ms, latency_bars=0)
    if costs.outages:
        costs = replace(costs, halts=(*costs.halts, *(Halt("", from_ms, to_ms) for from_ms, to_ms in grid.outages)))
    on_grid = settings.rounding is Rounding.UPBIT
    depths = shown_depth(costs.visible, grid), supposed_depth(costs, grid)
    return Terms(settings.cash_krw, settings.fee_rate, settings.slippage, on_grid, costs, grid.books, *depths)


def shown_depth(visible: VisibleDepth | None, grid: BarGrid) -> Shown | None:
    """A visible depth by turnover on the bars of a grid: at each bar of what traded in the window before it; None for one that does not
    depend on them."""
    if visible is None or visible.share is None:
        return None
    found = _share_before(grid, visible.share, visible.window_ms)
    return Shown(found.span, np.where(np.isnan(found.krw), np.inf, found.krw))


def supposed_depth(costs: Costs, grid: BarGrid) -> Shown | None:
    """What each side of the supposed book offers on the bars of a grid, for the queues in it; None where no queue asks."""
    model = costs.book
    if costs.queue is None or model is None or model.depth is None:
        return None
    return _share_before(grid, model.depth, model.window_ms)


def _share_before(grid: BarGrid, share: float, window_ms: int) -> Shown:
    """At each bar the share of what traded in the window before it; NaN where that is not known."""
    length_ms = grid.timeframe.length_ms
    amounts = share * turnover_krw(grid, window_ms // length_ms)
    before = np.concatenate([np.full((len(amounts), 1), np.nan), amounts[:, :-1]], axis=1)
    first_ms = grid.first_index * length_ms + grid.timeframe.offset_ms
    return Shown(np.array([first_ms, length_ms], np.int64), before)


def stretch_of(block: int, markets: int) -> int:
    """Base bars in one call of kernel and decisions: whole blocks, as many as keep the columns small. A block that is shorter than usual
    cuts the decisions, too."""
    return block if block < DEFAULT_BLOCK else block * max(1, _STRETCH_BARS // (block * markets))


def decided_closes(program: Program, columns: ColumnBlock, from_ms: int | None) -> NDArray[np.bool_]:
    """Which closes of a block are events: those whose last base bar opens at or after the trading start (docs/decide.md §2)."""
    if from_ms is None:
        return np.ones(len(columns.close_ms), np.bool_)
    return columns.close_ms - program.base.length_ms >= from_ms


def bars_of(grid: BarGrid, start: int, stop: int, **others: Any) -> BarGrid:
    """Columns [start, stop) of a grid, without copying. others: of its fields, where they are to be different."""
    kept = slice(start, stop)
    series: dict[str, Any] = {name: getattr(grid, name)[:, kept] for name in ("state", *SERIES)}
    side = {key: column[:, kept] for key, column in others.pop("side", grid.side).items()}
    modelled = {key: column[:, kept] for key, column in grid.modelled.items()}
    inside = others.pop("inside", grid.inside)
    cut = BarGrid(
        grid.markets, grid.timeframe, grid.first_index + start, **series, side=side, books=grid.books, modelled=modelled,
        release=grid.release, inside=inside, outages=grid.outages,
    )  # fmt: skip
    return replace(cut, **others) if others else cut


def _contiguous(grid: BarGrid) -> BarGrid:
    """The grid as compiled code reads it: cut out of a longer one its arrays are copied here, once, and not at every call."""
    sides: tuple[NDArray[np.float64], ...] = tuple(grid.side.values())
    if grid.state.flags.c_contiguous and all(one.flags.c_contiguous for one in (*(getattr(grid, name) for name in SERIES), *sides)):
        return grid
    series: dict[str, Any] = {name: np.ascontiguousarray(getattr(grid, name)) for name in ("state", *SERIES)}
    return replace(grid, side={key: np.ascontiguousarray(column) for key, column in grid.side.items()}, **series)


def settled_ms(strategy: Strategy, program: Program, grid: BarGrid) -> list[int]:
    """When each market's values have settled: after the warm-up of its own candles and of every other market's that they read."""
    first = dict(zip(grid.markets, _first_known_ms(grid), strict=True))
    read = _markets_read(Same(strategy))
    needed_ms = program.settle_ms + universe_settle_ms(strategy, grid.timeframe, grid.markets)
    return [max(first[code] for code in (market, *read)) + needed_ms for market in grid.markets]


@lru_cache(maxsize=_KNOWN)
def _markets_read(strategy: Same[Strategy]) -> frozenset[str]:
    """The markets whose candles every market's values are made of."""
    return frozenset(node.section.market for node in strategy.one.graph if node.section is not None and node.section.market)


def _first_known_ms(grid: BarGrid) -> list[int]:
    """Open of each market's first known bar; the grid's end where it has none."""
    first = [0] * len(grid.markets)
    if BarState.UNKNOWN in grid.state[:, 0].tolist():
        known = grid.state != BarState.UNKNOWN
        first = np.where(known.any(axis=1), known.argmax(axis=1), known.shape[1]).tolist()
    return [(grid.first_index + k) * grid.timeframe.length_ms + grid.timeframe.offset_ms for k in first]


def until_ms(grid: BarGrid, to_ms: int | None) -> BarGrid:
    """The bars that open before `to_ms`."""
    if to_ms is None:
        return grid
    open_ms = grid.first_index * grid.timeframe.length_ms + grid.timeframe.offset_ms
    count = -((open_ms - to_ms) // grid.timeframe.length_ms)
    if count <= 0:
        raise ValueError("the range ends before its first candle")
    return bars_of(grid, 0, min(count, grid.state.shape[1]))


def _result(
    strategy: Strategy, grid: BarGrid, settings: Settings, traded: Sequence[str], settled: Sequence[int], run: RunResult, synthetic: bool,
    seconds: float, members: tuple[Members, ...], counts: UniverseCounts | None, gaps: tuple[SideGap, ...],
) -> BacktestResult:  # fmt: skip
    """The run as the user sees it: only the markets that may be bought; a market that merely feeds an alias is left out."""
    kept = [row for row, market in enumerate(grid.markets) if market in traded]
    fill_bar_krw = traded_krw(grid, run.fills)
    fills = run.fills
    if len(kept) < len(grid.markets):
        fills = fills.copy()
        fills["market"] = np.searchsorted(kept, fills["market"])
    paths = (condition.path for condition in strategy.conditions)
    return BacktestResult(
        strategy=strategy,
        settings=settings,
        markets=tuple(grid.markets[row] for row in kept),
        fills=fills,
        equity_ms=run.equity_ms,
        equity_krw=run.equity_krw,
        cash_changes=run.cash_changes,
        candles=clock_candles(grid, kept, strategy, settings.from_ms),
        skipped=run.skipped,
        rule_counts=dict(zip(paths, run.rule_counts, strict=True)),
        ambiguous_steps=run.ambiguous_steps,
        ambiguous_krw=run.ambiguous_krw,
        unsettled_entries=run.unsettled_entries,
        sale_below_minimum=run.sale_below_minimum,
        turned_away=run.turned_away,
        settled_ms=tuple(settled[row] for row in kept),
        fill_bar_krw=fill_bar_krw,
        left_out_breakers=left_out(strategy, grid.timeframe),
        synthetic=synthetic,
        compute_seconds=seconds,
        base=grid.timeframe,
        inside_bars=0 if grid.inside is None else grid.inside.bars,
        inside_apart=0 if grid.inside is None else grid.inside.apart,
        outages=grid.outages if settings.costs.outages else (),
        members=members,
        universe=counts,
        gaps=gaps,
    )


def traded_krw(grid: BarGrid, fills: NDArray[np.void]) -> NDArray[np.float64]:
    """KRW traded in the base bar of each fill; close x volume where the candles have no value."""
    length_ms, from_ms = grid.timeframe.length_ms, grid.timeframe.open_ms(int(grid.first_index))
    if len(grid.markets) == 1:
        found = np.empty(len(fills))
        series = [np.ascontiguousarray(one[0], np.float64) for one in (grid.value, grid.close, grid.volume)]
        passes()["find_traded"](np.ascontiguousarray(fills, FILL), from_ms, length_ms, *series, found)
        return found
    row, column = fills["market"], (fills["time_ms"] - from_ms) // length_ms
    value = np.asarray(grid.value[row, column])
    unknown = np.isnan(value)
    if unknown.any():
        row, column = row[unknown], column[unknown]
        value[unknown] = grid.close[row, column] * grid.volume[row, column]
    return value


def left_out(strategy: Strategy, base: Timeframe) -> tuple[str, ...]:
    """What of the profile needs finer candles."""
    risk = strategy.risk
    if risk is None:
        return ()
    found = [breaker.name for breaker in risk.breakers if not breaker.runs_on(base)]
    return (*found, "crowding") if risk.crowding is not None and not risk.crowding.runs_on(base) else tuple(found)


def clock_candles(grid: BarGrid, rows: Sequence[int], strategy: Strategy, from_ms: int | None) -> BarGrid:
    """Clock candles of the rows' markets from the trading start on, without side series and finer bars; the grid's own, not copied, where
    they are its bars."""
    chosen = take_markets(grid, rows)
    candles = chosen if strategy.clock == grid.timeframe else aggregate(chosen, strategy.clock)
    skipped = 0 if from_ms is None else max(strategy.clock.index(from_ms) - candles.first_index, 0)
    length = candles.state.shape[1]
    return bars_of(candles, min(skipped, length), length, side={}, inside=None)
