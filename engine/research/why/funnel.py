"""The funnel: how often each clause of the entry was true or alone in the way, and what decisions did with the bars that were left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.kernel.book import SKIP_REASONS
from engine.model.events import Side
from engine.research.backtest import Progress, backtest, decided_closes
from engine.research.signals import unprobed
from engine.research.why.probe import LOGIC, Part, probe
from engine.research.why.truth import FALSE, MISSING, TRUE, Leaf, combined, truth_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dsl.strategy import Strategy
    from engine.kernel.program import ColumnBlock, Program
    from engine.kernel.run import Run
    from engine.model.candle import BarGrid
    from engine.research.result import BacktestResult, Settings

#: what leaving a clause out would change: entries that it alone prevents, or entries that it alone allows
VETO: Final = "veto"
CARRY: Final = "carry"
BOTH: Final = "both"


@dataclass(slots=True)
class Clause:
    """A part of the entry over all bars and markets.

    vetoes: bars on which the entry was not true and this part alone stood in its way; carries: bars on which it was true thanks to this
    part alone. role: VETO, CARRY or BOTH, which of the two its place in the entry can make. remaining: bars on which this clause and all
    those before it were true (clauses of an `all:` entry only).
    """

    part: Part
    depth: int
    role: str
    favourable: int
    true: int = 0
    false: int = 0
    missing: int = 0
    vetoes: int = 0
    carries: int = 0
    remaining: int | None = None

    @property
    def matters(self) -> bool:
        """Whether the run would have had other entry signals without this clause."""
        return bool((self.role != CARRY and self.vetoes) or (self.role != VETO and self.carries))


@dataclass(slots=True)
class Funnel:
    """decisions: clock bars times markets. busy: the entry was true while the market had a position or an order. bought: buys made;
    skipped: by reason. entry: the whole condition. exits: sales by what made them: each exit of the file, and rules of the risk profile
    that sold. result: of the backtest behind it."""

    clauses: tuple[Clause, ...]
    result: BacktestResult
    decisions: int = 0
    busy: int = 0
    bought: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    exits: dict[str, int] = field(default_factory=dict)

    @property
    def entry(self) -> Clause:
        """The whole condition."""
        return self.clauses[0]

    @property
    def idle(self) -> tuple[Clause, ...]:
        """Clauses that never mattered."""
        return tuple(clause for clause in self.clauses[1:] if not clause.matters)


def funnel(
    strategy: Strategy,
    grid: BarGrid,
    settings: Settings,
    *,
    traded: Sequence[str] | None = None,
    synthetic: bool = False,
    progress: Progress | None = None,
) -> Funnel:
    """Run a strategy and count; arguments and errors as engine.research.backtest.backtest."""
    probed = probe(strategy)
    counted = _Counted(probed.entry, grid.markets, traded if traded is not None else (strategy.markets or grid.markets), settings.from_ms)
    run = backtest(probed.strategy, grid, settings, traded=traded, synthetic=synthetic, progress=progress, watch=counted.watch)
    return counted.funnel(unprobed(run, strategy))


def clauses_of(part: Part, depth: int = 0, role: str = "", favourable: int = TRUE) -> Iterator[Clause]:
    """The parts whose truth makes the entry's, from the whole down, as far as `and`, `or` and `not` go."""
    yield Clause(part, depth, role or VETO, favourable)
    if part.join not in LOGIC:
        return
    positive = favourable == TRUE
    inner = FALSE if positive and part.join in ("none", "not") else TRUE if part.join in ("none", "not") else favourable
    for below in part.parts:
        yield from clauses_of(below, depth + 1, _role(part.join, positive, role), inner)


def _role(join: str, positive: bool, above: str) -> str:
    """What a member can do in a join that helps the entry by being true (positive) or false."""
    if join == "at_least":
        return BOTH
    if join == "not":
        return above or VETO
    return VETO if (join in ("all", "none")) == positive else CARRY


class _Counted:
    """Counts while the run goes on."""

    def __init__(self, entry: Part, markets: Sequence[str], traded: Sequence[str], from_ms: int | None) -> None:
        self.part = entry
        self.clauses = tuple(clauses_of(entry))
        self.rows = [row for row, market in enumerate(markets) if market in traded]
        self.from_ms = from_ms
        self.decisions = 0
        self.working = 0
        self.in_turn = [clause for clause in self.clauses if clause.depth == 1] if entry.join == "all" else []
        for clause in self.in_turn:
            clause.remaining = 0

    def watch(self, program: Program, columns: ColumnBlock, run: Run) -> None:
        """One block of columns, after its decisions."""
        place = {node: k for k, node in enumerate(program.columns)}
        live = decided_closes(program, columns, self.from_ms)
        values = columns.values[self.rows][:, live]
        self.working = int(sum(run.book.order[row]["side"] == int(Side.BID) for row in self.rows))
        truths: dict[int, NDArray[np.int8]] = {}

        def leaf(part: Part) -> NDArray[np.int8]:
            if part.node not in truths:
                truths[part.node] = truth_of(values[:, :, place[part.node]])
            return truths[part.node]

        self.decisions += values.shape[0] * values.shape[1]
        entry = leaf(self.part)
        for clause in self.clauses:
            self._count(clause, leaf(clause.part), entry, leaf)
        passed = np.ones(entry.shape, bool)
        for clause in self.in_turn:
            passed &= leaf(clause.part) == TRUE
            clause.remaining = (clause.remaining or 0) + int(passed.sum())

    def _count(self, clause: Clause, own: NDArray[np.int8], entry: NDArray[np.int8], leaf: Leaf) -> None:
        clause.true += int((own == TRUE).sum())
        clause.false += int((own == FALSE).sum())
        clause.missing += int((own == MISSING).sum())
        if clause.depth == 0:
            return
        with_it = combined(self.part, leaf, {id(clause.part): np.full_like(own, clause.favourable)})
        without = combined(self.part, leaf, {id(clause.part): np.full_like(own, 1 - clause.favourable)})
        clause.vetoes += int(((entry != TRUE) & (with_it == TRUE)).sum())
        clause.carries += int(((entry == TRUE) & (without != TRUE)).sum())

    def funnel(self, result: BacktestResult) -> Funnel:
        """What was counted, with the decisions of the run."""
        buys = result.fills[result.fills["side"] > 0]
        sales = result.fills[result.fills["side"] < 0]
        bought = len(np.unique(buys["order_id"])) + self.working
        skipped = {reason: result.skipped[reason] for reason in SKIP_REASONS}
        names = {k: rule.name for k, rule in enumerate(result.strategy.exits)}
        names |= {int(k): result.strategy.exit_name(int(k)) for k in np.unique(sales["exit_index"])}
        exits = {name: len(np.unique(sales["order_id"][sales["exit_index"] == k])) for k, name in names.items()}
        busy = self.clauses[0].true - bought - sum(skipped.values())
        return Funnel(self.clauses, result, self.decisions, busy, bought, skipped, exits)
