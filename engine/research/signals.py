"""Signals: what every named condition says on every clock bar of a run, and the entries and exits that a backtest makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from engine.research.backtest import Progress, backtest, decided_closes
from engine.research.why.probe import Part, probe
from engine.research.why.truth import truth_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dsl.strategy import Strategy
    from engine.kernel.program import ColumnBlock, Program
    from engine.kernel.run import Run
    from engine.model.candle import BarGrid
    from engine.research.result import BacktestResult, Settings


class MarkKind(StrEnum):
    """What was traded."""

    ENTRY = "entry"
    EXIT = "exit"


@dataclass(frozen=True, slots=True)
class Mark:
    """One fill of the backtest, for a chart. time_ms: open of the base bar that it happened in; exit: what sold (an exit, or a rule of
    the risk profile), "" for an entry."""

    market: str
    kind: MarkKind
    exit: str
    time_ms: int
    decided_ms: int
    price_krw: float
    quantity: float


@dataclass(frozen=True, slots=True)
class Signals:
    """Columns of a run over k clock bars of m markets, from the trading start on.

    open_ms, close_ms int64 [k]. conditions: the named conditions that need no open position, in file order, groups after their members.
    truth int8 [m, conditions, k] and entry int8 [m, k]: 1 true, 0 false, -1 missing. result: the backtest that the marks come from.
    """

    markets: tuple[str, ...]
    open_ms: NDArray[np.int64]
    close_ms: NDArray[np.int64]
    conditions: tuple[Part, ...]
    truth: NDArray[np.int8]
    entry: NDArray[np.int8]
    marks: tuple[Mark, ...]
    result: BacktestResult


def signals(
    strategy: Strategy,
    grid: BarGrid,
    settings: Settings,
    *,
    traded: Sequence[str] | None = None,
    synthetic: bool = False,
    progress: Progress | None = None,
) -> Signals:
    """Run a strategy and keep its conditions; arguments and errors as engine.research.backtest.backtest."""
    probed = probe(strategy)
    conditions = tuple(part for part in probed.named if not part.position)
    nodes = [part.node for part in conditions] + [strategy.entry]
    blocks: list[NDArray[np.int8]] = []
    times: list[NDArray[np.int64]] = []

    def watch(program: Program, columns: ColumnBlock, _run: Run) -> None:
        live = decided_closes(program, columns, settings.from_ms)
        wanted = [program.columns.index(node) for node in nodes]
        blocks.append(truth_of(columns.values[:, live][:, :, wanted]))
        times.append(columns.close_ms[live])

    run = backtest(probed.strategy, grid, settings, traded=traded, synthetic=synthetic, progress=progress, watch=watch)
    result = unprobed(run, strategy)
    kept = [row for row, market in enumerate(grid.markets) if market in result.markets]
    truth = np.concatenate(blocks, axis=1)[kept].transpose(0, 2, 1)
    close_ms = np.concatenate(times)
    return Signals(
        markets=result.markets,
        open_ms=close_ms - strategy.clock.length_ms,
        close_ms=close_ms,
        conditions=conditions,
        truth=np.ascontiguousarray(truth[:, :-1]),
        entry=np.ascontiguousarray(truth[:, -1]),
        marks=tuple(marks(result)),
        result=result,
    )


def unprobed(result: BacktestResult, strategy: Strategy) -> BacktestResult:
    """The result of a probed strategy as that of the strategy itself."""
    counts = {condition.path: result.rule_counts[condition.path] for condition in strategy.conditions}
    return replace(result, strategy=strategy, rule_counts=counts)


def marks(result: BacktestResult) -> list[Mark]:
    """Every fill of a backtest."""
    return [
        Mark(
            market=result.markets[int(fill["market"])],
            kind=MarkKind.ENTRY if fill["side"] > 0 else MarkKind.EXIT,
            exit="" if fill["side"] > 0 else result.strategy.exit_name(int(fill["exit_index"])),
            time_ms=int(fill["time_ms"]),
            decided_ms=int(fill["decided_ms"]),
            price_krw=float(fill["price_krw"]),
            quantity=float(fill["quantity_e8"]) / 1e8,
        )
        for fill in result.fills
    ]
