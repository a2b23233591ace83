"""Why not, at one bar: the entry and the exits with their values, and what the decisions of an actual backtest made of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from dsl.strategy import ExitKind
from engine.candles.instants import korean_time
from engine.kernel import book as books
from engine.kernel.aggregate import open_ms
from engine.kernel.book import SKIP_REASONS
from engine.kernel.decide.account import fill_account, fill_order, late_value
from engine.kernel.decide.entries import expected_slippage
from engine.kernel.decide.plan import FOR_ALL
from engine.kernel.decide.position import evaluate_open, is_active, is_open
from engine.kernel.legal import fee_rate
from engine.model.errors import UserError
from engine.model.events import Side
from engine.research.backtest import Progress, backtest, settled_ms
from engine.research.signals import Mark, marks, unprobed
from engine.research.why.membership import Membership, membership
from engine.research.why.probe import Part, Probe, probe
from engine.research.why.readings import BarSpan, Reading, ValueOf, blockers, read

if TYPE_CHECKING:
    from dsl.strategy import Exit, Strategy
    from engine.kernel.program import ColumnBlock, Program
    from engine.kernel.run import Run
    from engine.model.candle import BarGrid
    from engine.research.result import Settings

#: names of what a CLOSE makes of a market beside the reasons to skip it
VERDICTS: Final = {
    books.BOUGHT: "bought", books.ENTRY_FALSE: "entry_false", books.ENTRY_MISSING: "entry_missing", books.POSITION_OPEN: "position_open",
    books.ORDER_WORKING: "order_working", books.NOT_TRADABLE: "not_tradable",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """What the CLOSE of the bar decided about an entry.

    verdict: a value of VERDICTS or of engine.kernel.book.SKIP_REASONS. facts: numbers for its sentence (KRW, bars, UTC ms), by name.
    """

    verdict: str
    facts: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExitReading:
    """An exit of the open position. level_krw: NaN where it has none; away: ratio from the last price to it. rule: the condition of a
    RULE. waits_for: name of the exit that has to fire first."""

    name: str
    kind: ExitKind
    fired: bool
    active: bool
    waits_for: str
    level_krw: float
    away: float
    rule: Reading | None


@dataclass(frozen=True, slots=True)
class Held:
    """The open position at the bar's close. gain and pnl: ratios; pnl after both fees."""

    quantity: float
    entry_krw: float
    high_krw: float
    low_krw: float
    gain: float
    pnl: float
    opened_ms: int


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor of the score: its weight as the file says it, and its value at the bar (NaN: missing)."""

    name: str
    weight: float
    value: float


@dataclass(frozen=True, slots=True)
class BarWhy:
    """One market at one clock bar. blocked: the innermost parts that keep the entry from being true. late: rules of the entry that are
    judged with the order's size, each with its values where `entry` is true and came as far as a size. happened: fills inside the bar.
    order: side (`buy`, `sell`) and exit name of the order that is working after the bar. settled: the values no longer depend on where
    the candles begin.
    """

    market: str
    bar: BarSpan
    last_krw: float
    entry: Reading
    blocked: tuple[Reading, ...]
    late: tuple[tuple[Part, Reading | None], ...]
    factors: tuple[Factor, ...]
    universe: Membership | None
    decision: Decision
    held: Held | None
    exits: tuple[ExitReading, ...]
    order: tuple[str, str] | None
    happened: tuple[Mark, ...]
    settled: bool


@dataclass
class _End:
    """The last block of a run."""

    program: Program | None = None
    columns: ColumnBlock | None = None
    run: Run | None = None

    def watch(self, program: Program, columns: ColumnBlock, run: Run) -> None:
        """Keep it."""
        self.program, self.columns, self.run = program, columns, run


def why_at(
    strategy: Strategy,
    grid: BarGrid,
    settings: Settings,
    market: str,
    at_ms: int,
    *,
    traded: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> BarWhy:
    """The clock bar that contains `at_ms`, in a backtest that ends with it.

    Arguments as engine.research.backtest.backtest; settings.to_ms does not matter. Raises UserError when the market or the bar is not
    part of the run.
    """
    bar = _bar(strategy, grid, settings, market, at_ms)
    probed = probe(strategy)
    end = _End()
    result = backtest(
        probed.strategy, grid, replace(settings, to_ms=bar.close_ms), traded=traded, progress=progress, watch=end.watch
    )  # fmt: skip
    assert end.program is not None
    assert end.columns is not None
    assert end.run is not None
    row = grid.markets.index(market)
    value_of = _values(probed, end.program, end.columns, end.run, row, bar.close_ms)
    entry = read(probed.entry, value_of, bar.close_ms, strategy.clock)
    plan, book = end.run.plan, end.run.book
    happened = [mark for mark in marks(unprobed(result, strategy)) if mark.market == market and bar.open_ms <= mark.time_ms < bar.close_ms]
    return BarWhy(
        market=market,
        bar=bar,
        last_krw=float(book.position[row]["last_krw"]),
        entry=entry,
        blocked=tuple(blockers(entry)),
        late=_late(probed, end.program, end.columns, end.run, row, bar.close_ms),
        factors=tuple(Factor(name, weight, value_of(node)) for name, weight, node in probed.factors),
        universe=membership(strategy, grid, result.members, market, _candidates(strategy, grid, traded), bar.close_ms, settings.block),
        decision=_decision(strategy, plan, book, row, bar.close_ms),
        held=_held(end.run, end.program, row),
        exits=tuple(_exits(probed, end.run, row, value_of, bar.close_ms)),
        order=_order(strategy, book, row),
        happened=tuple(happened),
        settled=bar.close_ms >= settled_ms(probed.strategy, end.program, grid)[row],
    )


def _candidates(strategy: Strategy, grid: BarGrid, traded: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(traded) if traded is not None else (strategy.markets or grid.markets)


def _bar(strategy: Strategy, grid: BarGrid, settings: Settings, market: str, at_ms: int) -> BarSpan:
    if market not in grid.markets:
        raise UserError("why.other_market", market=market, markets=", ".join(grid.markets))
    clock, base = strategy.clock, grid.timeframe
    index = clock.index(at_ms)
    bar = BarSpan(clock, open_ms(clock, index), open_ms(clock, index + 1))
    first, end = open_ms(base, grid.first_index), open_ms(base, grid.first_index + grid.state.shape[1])
    if settings.from_ms is not None:
        first = max(first, settings.from_ms)
    if not first <= bar.close_ms - base.length_ms < end:
        raise UserError("why.outside", time=korean_time(at_ms), first=korean_time(first), last=korean_time(end))
    return bar


def _values(probed: Probe, program: Program, columns: ColumnBlock, run: Run, row: int, now_ms: int) -> ValueOf:
    """Columns of the last clock bar; position values where there is a position."""
    latest = columns.values[row, -1]
    place = {node: k for k, node in enumerate(program.columns)}
    slots = program.position.slot_of_node
    held = is_open(run.book, row)
    if held:
        evaluate_open(run.plan, run.book, row, FOR_ALL, False, float(run.book.position[row]["last_krw"]), now_ms)
    own = run.book.values.copy()
    graph = probed.strategy.graph

    def value_of(node: int) -> float:
        if node in place:
            return float(latest[place[node]])
        if graph[node].op == "const":
            return float(graph[node].params[0])
        return float(own[slots[node]]) if held and node in slots else math.nan

    return value_of


def _late(
    probed: Probe, program: Program, columns: ColumnBlock, run: Run, row: int, now_ms: int
) -> tuple[tuple[Part, Reading | None], ...]:  # fmt: skip
    """Rules on the order, computed once more with the size and the price that the CLOSE gave the market's entry."""
    verdict = run.book.verdict[row]
    amount, entry = float(verdict["amount_krw"]), float(verdict["entry_krw"])
    slots = program.position.slot_of_node
    known = [part for part in probed.late if part.node in slots]
    if math.isnan(amount) or math.isnan(entry) or not known:
        return tuple((part, None) for part in probed.late)
    fill_account(run.plan, run.book)
    slippage = expected_slippage(run.plan, run.book, row, amount, float(run.book.position[row]["last_krw"]), now_ms)
    fill_order(run.plan, run.book, amount, entry, fee_rate(run.plan.venue, row, now_ms), slippage)
    late_value(run.plan, run.book, row, slots[known[0].node])  # computes them all
    own, latest = run.book.values.copy(), columns.values[row, -1]
    place = {node: k for k, node in enumerate(program.columns)}
    graph = probed.strategy.graph

    def value_of(node: int) -> float:
        if node in place:
            return float(latest[place[node]])
        if graph[node].op == "const":
            return float(graph[node].params[0])
        return float(own[slots[node]]) if node in slots else math.nan

    return tuple((part, read(part, value_of, now_ms, probed.strategy.clock) if part in known else None) for part in probed.late)


def _held(run: Run, program: Program, row: int) -> Held | None:
    if not is_open(run.book, row):
        return None
    held = run.book.position[row]
    series = program.position.column_count
    return Held(
        quantity=float(held["quantity_e8"]) / 1e8,
        entry_krw=float(held["entry_krw"]),
        high_krw=float(held["high_krw"]),
        low_krw=float(held["low_krw"]),
        gain=float(run.book.values[series + 3]),
        pnl=float(run.book.values[series + 4]),
        opened_ms=int(held["opened_ms"]),
    )


def _exits(probed: Probe, run: Run, row: int, value_of: ValueOf, now_ms: int) -> list[ExitReading]:
    if not is_open(run.book, row):
        return []
    strategy, book = probed.strategy, run.book
    last = float(book.position[row]["last_krw"])
    found = []
    for k, (rule, part) in enumerate(zip(strategy.exits, probed.exits, strict=True)):
        level = float(book.exits[row, k]["level_krw"])
        found.append(
            ExitReading(
                name=rule.name,
                kind=rule.kind,
                fired=bool(book.exits[row, k]["fired"]),
                active=is_active(book, row, k),
                waits_for=_waits_for(strategy, rule, book, row),
                level_krw=level,
                away=level / last - 1.0,
                rule=None if part is None else read(part, value_of, now_ms, strategy.clock),
            )
        )
    return found


def _waits_for(strategy: Strategy, rule: Exit, book: Any, row: int) -> str:
    if rule.after is None or book.exits[row, rule.after]["fired"] != 0:
        return ""
    return strategy.exits[rule.after].name


def _order(strategy: Strategy, book: Any, row: int) -> tuple[str, str] | None:
    order = book.order[row]
    if order["side"] == 0:
        return None
    if order["side"] == int(Side.BID):
        return "buy", ""
    return "sell", strategy.exit_name(int(order["exit_index"]))


def _decision(strategy: Strategy, plan: Any, book: Any, row: int, now_ms: int) -> Decision:
    verdict, held, settings = book.verdict[row], book.position[row], plan.settings[0]
    code = int(verdict["code"])
    name = VERDICTS.get(code) or SKIP_REASONS[code]
    facts: dict[str, float] = {}
    for key in ("entry_krw", "level_krw", "amount_krw"):
        if not math.isnan(verdict[key]):
            facts[key] = float(verdict[key])
    if name in ("open_positions", "entries_per_day"):
        facts["limit"] = int(settings[name])
    elif name == "cooldown":
        facts |= {"until_ms": int(held["last_loss_ms"] + settings["cooldown_ms"]), "loss_ms": int(held["last_loss_ms"])}
    elif name == "reentry":
        facts |= {"exit_ms": int(held["last_exit_ms"]), "limit": int(settings["reentry_bars"])}
        facts["bars"] = strategy.clock.index(now_ms) - 1 - strategy.clock.index(int(held["last_exit_ms"]))
    elif name in ("below_minimum", "no_cash", "book_share"):
        facts["minimum_krw"] = float(settings["min_order_krw"])
    return Decision(name, facts)
