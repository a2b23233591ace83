"""One run of a strategy over recent candles, and what findings need of it: sizes of its orders, and what was ever defined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from dsl.graph import Phase
from engine.kernel.aggregate import open_ms
from engine.kernel.book import SKIP_REASONS
from engine.kernel.decide.position import equity_krw
from engine.kernel.legal import fee_rate
from engine.kernel.program import ColumnBlock, Program, compile_program, compile_values
from engine.kernel.vm import Kernel
from engine.model.candle import BarGrid, BarState
from engine.research.backtest import Progress, bars_of, decided_closes, started, until_ms, with_members

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dsl.graph import Graph
    from dsl.strategy import Condition, Strategy
    from engine.kernel.run import Run
    from engine.research.result import Settings

_BELOW_MINIMUM: Final = SKIP_REASONS.index("below_minimum")
#: too small because of what is left of the cash or the book, not because of the size that was asked for
_CUT: Final = frozenset({SKIP_REASONS.index("no_cash"), SKIP_REASONS.index("book_share")})


@dataclass(frozen=True, slots=True)
class Recent:
    """Candles of a run, as engine.research.backtest.backtest takes them. The range of `settings` is given."""

    grid: BarGrid
    settings: Settings
    traded: tuple[str, ...]

    @property
    def days(self) -> int:
        """Whole days of the range, at least 1."""
        assert self.settings.from_ms is not None
        assert self.settings.to_ms is not None
        return max(round((self.settings.to_ms - self.settings.from_ms) / 86_400_000), 1)


@dataclass(frozen=True, slots=True)
class Size:
    """An entry that got as far as its size. equity_krw: before it; entry_krw: expected price; level_krw: of the stop (NaN: none).
    scale: what multiplied it (`sizing.scale`, steps of the risk profile). fee_rate: of its market then."""

    market: str
    amount_krw: float
    entry_krw: float
    level_krw: float
    equity_krw: float
    scale: float
    fee_rate: float
    skipped: bool


@dataclass(slots=True)
class Measured:
    """sizes: in order of time. minimum_krw: smallest order. markets: that may be entered and have candles. never: for every named
    condition of the market phase the markets on which it was missing at every decision. known_ms: [first, end) of each market's known
    bars."""

    minimum_krw: float
    markets: tuple[str, ...]
    sizes: list[Size] = field(default_factory=list)
    never: list[tuple[Condition, tuple[str, ...]]] = field(default_factory=list)
    known_ms: dict[str, tuple[int, int]] = field(default_factory=dict)


def measured(strategy: Strategy, recent: Recent, progress: Progress | None = None) -> Measured:
    """Run the strategy. Errors as engine.research.backtest.backtest."""
    settings = recent.settings
    grid = until_ms(recent.grid, settings.to_ms)
    grid, members, _ = with_members(strategy, grid, recent.traded, settings.block)
    program = compile_program(strategy, grid.timeframe, grid.markets, domain=recent.traded)
    run = started(strategy, program, grid, settings, recent.traded)
    kernel = Kernel(program, settings.block)
    known = _known(grid)
    ever = {code for event in members for code in event.members} if strategy.universe is not None else set(recent.traded)
    rows = [row for row, market in enumerate(grid.markets) if market in recent.traded and market in ever and known[row][1] > known[row][0]]
    found = Measured(float(run.plan.settings[0]["min_order_krw"]), tuple(grid.markets[row] for row in rows))
    found.known_ms = {grid.markets[row]: known[row] for row in rows}
    conditions = [
        c for c in strategy.conditions if strategy.graph[c.node].phase is Phase.MARKET and c.node in program.columns and not c.join
    ]
    places = [program.columns.index(condition.node) for condition in conditions]
    defined = np.zeros((len(grid.markets), len(conditions)), bool)
    length = grid.state.shape[1]
    for start in range(0, length, settings.block):
        part = bars_of(grid, start, min(start + settings.block, length))
        columns = kernel.advance(part)
        live = decided_closes(program, columns, settings.from_ms)
        defined |= ~np.isnan(columns.values[:, live][:, :, places]).all(axis=1)
        _feed(run, program, part, columns, strategy.entry, found)
        if progress is not None:
            progress(start + part.state.shape[1], length)
    found.never = [(c, tuple(grid.markets[row] for row in rows if not defined[row, k])) for k, c in enumerate(conditions)]
    return found


def _known(grid: BarGrid) -> list[tuple[int, int]]:
    """[open of the first known base bar, close of the last), by market; nothing long where none is."""
    known = grid.state != BarState.UNKNOWN
    first, end = known.argmax(axis=1), known.shape[1] - known[:, ::-1].argmax(axis=1)
    end = np.where(known.any(axis=1), end, first)
    return [
        (open_ms(grid.timeframe, grid.first_index + a), open_ms(grid.timeframe, grid.first_index + b))
        for a, b in zip(first.tolist(), end.tolist(), strict=True)
    ]


def _feed(run: Run, program: Program, part: BarGrid, columns: ColumnBlock, entry: int, found: Measured) -> None:
    """Run the decisions of a block, stopping after every CLOSE that some market may be entered at: the books tell one CLOSE at a time."""
    base = part.timeframe
    first_ms = part.first_index * base.length_ms + base.offset_ms
    if entry in program.columns:
        wanted = (columns.values[:, :, program.columns.index(entry)] == 1.0).any(axis=0)
    else:
        wanted = np.ones(len(columns.close_ms), bool)
    bar = close = 0
    for k in [*np.flatnonzero(wanted).tolist(), None]:
        stop_bar = part.state.shape[1] if k is None else int((columns.close_ms[k] - first_ms) // base.length_ms)
        stop_close = len(columns.close_ms) if k is None else k + 1
        if stop_bar <= bar:
            continue
        values = ColumnBlock(columns.first_index + close, columns.close_ms[close:stop_close], columns.values[:, close:stop_close])
        run.feed(bars_of(part, bar, stop_bar), values)
        bar, close = stop_bar, stop_close
        if k is not None:
            _note_sizes(run, part.markets, int(columns.close_ms[k]), found)


def _note_sizes(run: Run, markets: Sequence[str], now_ms: int, found: Measured) -> None:
    book = run.book
    sized = np.flatnonzero(~np.isnan(book.verdict["amount_krw"]))
    if not len(sized):
        return
    equity, factor = equity_krw(book), float(book.account[0]["size_factor"])
    scaled = run.plan.settings[0]["scale_slot"] >= 0
    for row in sized.tolist():
        verdict = book.verdict[row]
        if int(verdict["code"]) in _CUT:
            continue
        scale = factor * (float(book.scales[row]) if scaled else 1.0)
        amount, entry, level = (float(verdict[name]) for name in ("amount_krw", "entry_krw", "level_krw"))
        fee = float(fee_rate(run.plan.venue, row, now_ms))
        found.sizes.append(Size(markets[row], amount, entry, level, equity, scale, fee, int(verdict["code"]) == _BELOW_MINIMUM))


def values_of(strategy: Strategy, graph: Graph, nodes: Sequence[int], recent: Recent) -> dict[int, NDArray[np.float64]]:
    """Values of market-phase nodes of the clock over the range and the traded markets, [markets x closes], by node."""
    settings = recent.settings
    grid = until_ms(recent.grid, settings.to_ms)
    grid, _, _ = with_members(strategy, grid, recent.traded, settings.block)
    program = compile_values(graph, nodes, strategy.clock, grid.timeframe, grid.markets, domain=recent.traded)
    kernel = Kernel(program, settings.block)
    rows = [row for row, market in enumerate(grid.markets) if market in recent.traded]
    blocks = []
    length = grid.state.shape[1]
    for start in range(0, length, settings.block):
        columns = kernel.advance(bars_of(grid, start, min(start + settings.block, length)))
        blocks.append(columns.values[rows][:, decided_closes(program, columns, settings.from_ms)])
    values = np.concatenate(blocks, axis=1)
    return {node: values[:, :, program.columns.index(node)] for node in dict.fromkeys(nodes)}
