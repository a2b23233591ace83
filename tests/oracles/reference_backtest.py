"""A whole backtest by the reference: a checked strategy over a grid of candles, to be compared with the product's fill by fill."""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dsl.graph import Graph, Phase, Section, Timeframe
from dsl.strategy import Crowding, Exit, ExitKind, Period, RiskProfile, Strategy, Until
from dsl.warmup import warmup
from engine.kernel.catalogue import catalogue
from engine.model.candle import BarGrid, BarState
from engine.research.result import Rounding, Settings
from tests.oracles.reference_book import RULE, STOP, TARGET, Close, Enter, Event, ExitRule, Mark, MarketValue, Rules, State, Step, new_state
from tests.oracles.reference_decide import seen
from tests.oracles.reference_depth import Books, Snapshot, SupposedBook
from tests.oracles.reference_fills import ImmediateFills, Trade, play
from tests.oracles.reference_risk import Breaker, Limit
from tests.oracles.reference_values import Values, columns_needed, position_expression

KINDS = {ExitKind.STOP: STOP, ExitKind.TARGET: TARGET, ExitKind.RULE: RULE}


@dataclass
class ReferenceResult:
    """What the reference run left. equity: (CLOSE time, equity, cash, exposure). rule_counts: per condition (true, false, missing).

    unsettled_entries: buys decided while values still depended on where the data began.
    """

    fills: list[Trade]
    state: State
    skipped: dict[str, int]
    ambiguous_steps: int
    ambiguous_krw: float
    sale_below_minimum: int
    equity: list[tuple[int, float, float, float]]
    rule_counts: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    unsettled_entries: int = 0
    turned_away: tuple[int, int, int] = (0, 0, 0)  # buys refused, sales cut, orders that met a halt


def run(
    strategy: Strategy, grid: BarGrid, settings: Settings, markets: tuple[str, ...] | None = None, columns: Columns | None = None
) -> ReferenceResult:
    """Backtest. `markets`: those that may trade (default: the strategy's, else all of the grid). `columns`: values from elsewhere."""
    tradable = markets or strategy.markets or grid.markets
    rules = rules_over(strategy, settings, tuple(sorted(tradable)), grid)
    state = new_state(rules, settings.cash_krw)
    equity: list[tuple[int, float, float, float]] = []
    columns = columns or Columns(strategy, grid)
    held = {condition.path: [0, 0, 0] for condition in strategy.conditions if strategy.graph[condition.node].phase != Phase.MARKET}

    def after(event: Event) -> None:
        if isinstance(event, Close):
            equity.append((event.time, state.equity(), state.cash, state.exposure()))
            count_of_positions(strategy, rules, state, event.time, held)

    exchange = ImmediateFills(rules)
    fills = list(play(rules, state, events_of(strategy, grid, settings, rules, columns), exchange, after))
    times = [row[0] for row in equity]
    counts = columns.count_conditions(rules.markets, times) | {path: (n[0], n[1], n[2]) for path, n in held.items()}
    return ReferenceResult(
        fills=fills,
        state=state,
        skipped=dict(state.skipped),
        ambiguous_steps=state.ambiguous_steps,
        ambiguous_krw=state.ambiguous_krw,
        sale_below_minimum=state.sale_below_minimum,
        equity=equity,
        rule_counts=counts,
        unsettled_entries=count_unsettled(columns, state),
        turned_away=(len(exchange.refused), len(exchange.cut), len(exchange.halted)),
    )


def count_of_positions(strategy: Strategy, rules: Rules, state: State, now: int, counts: dict[str, list[int]]) -> None:
    """Conditions on a position, wherever one is open at a CLOSE. Nothing that they read changes in a CLOSE after the levels."""
    for condition in strategy.conditions:
        if condition.path in counts:
            value = position_expression(strategy.graph, condition.node)
            for m in state.markets.values():
                if m.position is not None:
                    found = value(m.columns, seen(rules, m.code, m.position, m.last, now))
                    counts[condition.path][2 if found != found else 0 if found == 1 else 1] += 1


def count_unsettled(columns: Columns, state: State) -> int:
    """Buys, whatever became of them, decided before the candles that a market's values read had all been there long enough."""
    grid, graph = columns.grid, columns.strategy.graph
    needs = warmup(graph, catalogue(), grid.timeframe.length_ms).nodes
    long = max((needs[node].settle_ms for node in columns.nodes), default=0)
    if columns.crowding is not None:
        measured = warmup(columns.crowding.graph, catalogue(), grid.timeframe.length_ms).nodes
        long = max(long, measured[columns.crowding.measure].settle_ms)
    others = {node.section.market for node in graph if node.section is not None} - {""}
    begun = {}
    for row, market in enumerate(grid.markets):
        known = np.flatnonzero(grid.state[row] != BarState.UNKNOWN)
        first = int(known[0]) if len(known) else grid.state.shape[1]
        begun[market] = (grid.first_index + first) * grid.timeframe.length_ms + grid.timeframe.offset_ms
    return sum(decided < max(begun[code] for code in {market, *others}) + long for market, decided in state.buys)


def rules_over(strategy: Strategy, settings: Settings, markets: tuple[str, ...], grid: BarGrid) -> Rules:
    """`rules_of`, with what the costs read of the grid."""
    outages = tuple(("", since, until) for since, until in grid.outages) if settings.costs.outages else ()
    rules = rules_of(strategy, settings, markets, grid.timeframe)
    found = {"books": books_of(grid, settings), "supposed": supposed_of(grid, settings), "visible": visible_of(grid, settings)}
    return replace(rules, **found, halts=(*rules.halts, *outages))


def rules_of(strategy: Strategy, settings: Settings, markets: tuple[str, ...], base: Timeframe) -> Rules:
    """The strategy's settings in the reference's words."""
    graph, sizing, limits, risk = strategy.graph, strategy.sizing, strategy.limits, strategy.risk
    late = (strategy.entry, strategy.rank, sizing.scale, strategy.entry_order)
    value = {node: position_expression(graph, node) for node in late if node is not None}
    return Rules(
        markets=markets,
        entry=lambda columns: value[strategy.entry](columns, None),
        exits=tuple(exit_of(strategy, exit_) for exit_ in strategy.exits),
        clock_ms=strategy.clock.length_ms,
        clock_offset_ms=strategy.clock.offset_ms,
        rank=(lambda columns: value[strategy.rank](columns, None)) if strategy.rank is not None else None,  # type: ignore[index]
        scale=value.get(sizing.scale),
        order_condition=value.get(strategy.entry_order),
        fee=settings.fee_rate,
        slip=settings.slippage,
        rounding=settings.rounding == Rounding.UPBIT,
        risk=sizing.risk,
        weight=sizing.weight,
        max_weight=sizing.max_weight,
        min_order=sizing.min_order_krw,
        profile_min_order=risk.min_order_krw if risk else None,
        profile_max_order=risk.max_order_krw if risk else None,
        exposure_total=risk.exposure_total if risk else None,
        exposure_per_market=risk.exposure_per_market if risk else None,
        cash_reserve=risk.cash_reserve_krw if risk else None,
        open_positions=limits.open_positions,
        entries_per_day=limits.entries_per_day,
        cooldown_ms=limits.cooldown_ms,
        reentry_bars=limits.reentry_bars,
        enter=enter_of(strategy),
        **costs_of(strategy, settings, base),
        **(risk_of(strategy, risk, base) if risk else {}),
    )


def costs_of(strategy: Strategy, settings: Settings, base: Timeframe) -> dict[str, Any]:
    """Costs beyond one fee and one slippage (§10)."""
    costs, leave = settings.costs, strategy.execution.leave
    return {
        "fees": tuple((rule.rate, rule.market, rule.from_ms) for rule in costs.fees), "impact": costs.impact,
        "impact_root": costs.impact_root, "participation": costs.participation, "leave_limit": leave.order == "limit",
        "leave_most": leave.max_slippage, "latency": costs.latency_ms + costs.latency_bars * base.length_ms,
        "queue": costs.queue, "halts": tuple((halt.market, halt.from_ms, halt.to_ms) for halt in costs.halts),
    }  # fmt: skip


def books_of(grid: BarGrid, settings: Settings) -> Books:
    """The grid's recorded books, where the run asks for them."""
    if not settings.costs.walk_books:
        return {}
    found: dict[str, list[Snapshot]] = {}
    for market, books in grid.books.items():
        rows = zip(books.time_ms.tolist(), books.until_ms.tolist(), books.levels.tolist(), strict=True)
        found[market] = [Snapshot(time, until, levels_of(a, c), levels_of(b, d)) for time, until, (a, b, c, d) in rows]
    return found


def levels_of(prices: list[float], coins: list[float]) -> tuple[tuple[float, float], ...]:
    """(price, coins) until the side ends."""
    return tuple((price, size) for price, size in zip(prices, coins, strict=True) if price > 0 and size > 0)


def visible_of(grid: BarGrid, settings: Settings) -> Callable[[str, int], float] | None:
    """KRW that the exchange shows of a market at a time where no book stands; None: orders of any size are taken."""
    asked = settings.costs.visible
    if asked is None:
        return None
    if asked.share is None:
        return lambda market, time: asked.krw
    part = share_before(grid, asked.share, asked.window_ms)
    return lambda market, time: math.inf if math.isnan(part(market, time)) else part(market, time)


def supposed_of(grid: BarGrid, settings: Settings) -> SupposedBook | None:
    """The book whose queues the run supposes."""
    asked = settings.costs.book
    if asked is None or asked.depth is None or settings.costs.queue is None:
        return None
    return SupposedBook(asked.spread, asked.within, share_before(grid, asked.depth, asked.window_ms))


def share_before(grid: BarGrid, share: float, window_ms: int) -> Callable[[str, int], float]:
    """A share of what traded in a window that ends with the base bars before a time, of market and time; NaN where that is not known."""
    base = grid.timeframe
    values = {market: traded_of(grid, row) for row, market in enumerate(grid.markets)}

    def part(market: str, time: int) -> float:
        at = (time - base.offset_ms) // base.length_ms - grid.first_index
        bars = window_ms // base.length_ms
        return share * sum(values[market][at - bars : at]) if at >= bars else math.nan

    return part


def traded_of(grid: BarGrid, row: int) -> list[float]:
    """Whole KRW that traded in each base bar; NaN where it is not known."""
    rows = zip(*(getattr(grid, name)[row].tolist() for name in ("state", "value", "close", "volume")), strict=True)
    found = [close * volume if math.isnan(value) else value for state, value, close, volume in rows]
    states = grid.state[row].tolist()
    return [math.nan if k == BarState.UNKNOWN or math.isnan(x) else float(round(x)) for k, x in zip(states, found, strict=True)]


def enter_of(strategy: Strategy) -> Enter:
    """`execution.enter` in the reference's words."""
    asked = strategy.execution.enter
    order = {"best": "market", "limit": "at_once" if asked.time_in_force else "limit"}.get(asked.order, asked.order)
    filled = (asked.then_filled_from or 0.0, math.inf if asked.then_filled_below is None else asked.then_filled_below)
    after = strategy.clock.length_ms if asked.after_ms is None and order in ("limit", "post_only") else asked.after_ms
    return Enter(order, asked.side, asked.ticks, asked.reprice_ms, after, asked.then, filled, asked.then_max_slippage, asked.time_in_force)


def risk_of(strategy: Strategy, risk: RiskProfile, base: Timeframe) -> dict[str, Any]:
    """The profile's limits over the whole account in the reference's words."""
    periods = {Period.DAY: "day", Period.WEEK: "week", Period.MONTH: "month"}
    until = {
        Until.WHILE: None, Until.NEXT_DAY: "next_day", Until.NEXT_WEEK: "next_week", Until.NEXT_MONTH: "next_month", Until.MANUAL: "manual",
    }  # fmt: skip
    limits = [
        Limit(
            periods.get(rule.period, rule.days), rule.limit_ratio, rule.limit_krw, rule.action.name.lower(),
            rule.hold_ms if rule.until is Until.DURATION else until[rule.until], rule.factor,
        )
        for rule in risk.rules
    ]  # fmt: skip
    breakers = [
        Breaker(
            position_expression(strategy.graph, b.node),  # type: ignore[arg-type]
            b.account,
            b.close,
            b.hold_ms,
            reads_account(strategy.graph, b.node),
            number,
        )
        for number, b in enumerate(risk.breakers, len(limits))
        if b.bars_ms % base.length_ms == 0
    ]
    one_loss = tuple(math.inf if amount is None else amount for amount in (risk.risk_per_trade, risk.risk_per_trade_krw))
    return {
        "one_loss": one_loss if min(one_loss) < math.inf else None,
        "exposure_per_strategy": risk.exposure_per_strategy, "capital_krw": risk.capital_krw, "capital_ratio": risk.capital_ratio,
        "account_positions": risk.open_positions, "sectors": {market: name for name, members in risk.sectors for market in members},
        "max_per_sector": risk.max_per_sector, "orders_per_minute": risk.orders_per_minute, "max_slippage": risk.max_slippage,
        "book_share": None if risk.book_share is None else (risk.book_share.share, read_at(risk.book_share.node)),
        "crowding": risk.crowding if risk.crowding is not None and base_serves(risk.crowding, base) else None,
        "limits": tuple(limits), "breakers": tuple(breakers), "positions_per_market": risk.positions_per_market,
    }  # fmt: skip


def read_at(node: int) -> MarketValue:
    """The column of a node."""
    return lambda columns: columns[node]


def reads_account(graph: Graph, node: int) -> bool:
    """There is an `acct.*` in the expression."""
    return graph[node].op.startswith("acct.") or any(reads_account(graph, i) for i in graph[node].inputs)


def exit_of(strategy: Strategy, exit_: Exit) -> ExitRule:
    """One exit in the reference's words."""
    value = position_expression(strategy.graph, exit_.node)
    return ExitRule(exit_.name, KINDS[exit_.kind], value, exit_.frozen, exit_.after, exit_.share, exit_.of_rest)


def base_serves(crowding: Crowding, base: Timeframe) -> bool:
    """Base bars of this length make up all bars that the measure reads."""
    lengths = {node.section.timeframe.length_ms for node in crowding.graph if node.section is not None}
    return all(length % base.length_ms == 0 for length in lengths)


def named(crowding: Crowding, market: str) -> Graph:
    """The measure with this market as the other one, node by node."""
    sections = {node.section: node.section for node in crowding.graph}
    sections |= {s: Section(s.timeframe, market) for s in sections if s is not None and s.market == "other"}
    return Graph([replace(node, section=sections[node.section]) for node in crowding.graph])


@dataclass
class Columns:
    """The market-phase values that decisions read, per market and CLOSE."""

    strategy: Strategy
    grid: BarGrid
    values: Values = field(init=False)
    nodes: list[int] = field(init=False)
    crowding: Crowding | None = field(init=False)
    lists: dict[tuple[int, int, str], tuple[int, list[float]]] = field(default_factory=dict)  # (first bar, values) by node and market
    known: dict[tuple[int, str], tuple[int, list[float]]] = field(default_factory=dict)  # the same of `values`
    measures: dict[str, Values] = field(init=False)  # by the other market

    def __post_init__(self) -> None:
        strategy = self.strategy
        roots = [strategy.entry, strategy.rank, strategy.sizing.scale, strategy.entry_order, *(exit_.node for exit_ in strategy.exits)]
        length = self.grid.timeframe.length_ms
        roots += [breaker.node for breaker in strategy.risk.breakers if breaker.bars_ms % length == 0] if strategy.risk else []
        roots += [strategy.risk.book_share.node] if strategy.risk and strategy.risk.book_share else []
        self.values = Values(strategy.graph, self.grid)
        crowding = strategy.risk.crowding if strategy.risk else None
        self.crowding = crowding if crowding and base_serves(crowding, self.grid.timeframe) else None
        self.measures = {other: Values(named(self.crowding, other), self.grid) for other in self.grid.markets} if self.crowding else {}
        self.nodes = sorted(set().union(*(columns_needed(strategy.graph, node) for node in roots if node is not None)))

    def at(self, market: str, time: int) -> dict[Any, float]:
        """Values of the clock bar that closes at `time`."""
        pairs = {("measure", other): self.both(market, other, time) for other in self.measures}
        return {node: self.one(node, market, time) for node in self.nodes} | pairs

    def both(self, market: str, other: str, time: int) -> float:
        """The measure of two markets: the larger of either's with the other."""
        found = [self.measured(market, other, time), self.measured(other, market, time)]
        return math.nan if any(map(math.isnan, found)) else max(found)

    def measured(self, market: str, other: str, time: int) -> float:
        """The measure of a market with another one."""
        assert self.crowding is not None
        return self._at(self.measures[other], self.crowding.measure, market, time)

    def _at(self, values: Values, node_id: int, market: str, time: int) -> float:
        first, found = self._listed(values, node_id, market)
        k = self.strategy.clock.index(time) - 1 - first
        return found[k] if 0 <= k < len(found) else math.nan

    def _listed(self, values: Values, node_id: int, market: str) -> tuple[int, list[float]]:
        section = values.graph[node_id].section
        assert section is not None
        key = (id(values), node_id, market)
        if key not in self.lists:
            self.lists[key] = (values.bars_at(section, market).first, values.of(node_id, market).tolist())
        return self.lists[key]

    def one(self, node_id: int, market: str, time: int) -> float:
        """One value; missing outside the data."""
        if (node_id, market) not in self.known:
            node = self.strategy.graph[node_id]
            if node.section is None:
                return float(self.values.of(node_id, market)[0])
            if node.section.timeframe != self.strategy.clock:
                raise ValueError(f"node {node_id} ({node.op}) is read by decisions but is not on the clock")
            self.known[node_id, market] = self._listed(self.values, node_id, market)
        first, found = self.known[node_id, market]
        k = self.strategy.clock.index(time) - 1 - first
        return found[k] if 0 <= k < len(found) else math.nan

    def count_conditions(self, markets: tuple[str, ...], times: list[int]) -> dict[str, tuple[int, int, int]]:
        """How often each named market-phase condition was true, false, missing."""
        counts = {}
        for condition in self.strategy.conditions:
            if self.strategy.graph[condition.node].phase == Phase.MARKET:
                found = [self.one(condition.node, market, time) for market in markets for time in times]
                counts[condition.path] = (found.count(1.0), found.count(0.0), sum(x != x for x in found))
        return counts


def events_of(strategy: Strategy, grid: BarGrid, settings: Settings, rules: Rules, columns: Columns) -> Iterator[Event]:
    """STEPs and CLOSEs in the order of docs/decide.md §2."""
    base, clock = grid.timeframe, strategy.clock
    rows = {market: grid.markets.index(market) for market in rules.markets}
    prices = {
        market: [getattr(grid, name)[row].tolist() for name in ("open", "high", "low", "close", "volume")] for market, row in rows.items()
    }
    states = {market: grid.state[row].tolist() for market, row in rows.items()}
    inside, unknown, traded_in = inside_of(grid), int(BarState.UNKNOWN), int(BarState.TRADED)
    for k in range(grid.state.shape[1]):
        t = (grid.first_index + k) * base.length_ms + base.offset_ms
        if (settings.from_ms is not None and t < settings.from_ms) or (settings.to_ms is not None and t >= settings.to_ms):
            continue
        for market in rules.markets:
            if states[market][k] != unknown:
                traded, (*path, volume) = states[market][k] == traded_in, [series[k] for series in prices[market]]
                yield from finer_steps(inside.get(market, []), market, t, t + base.length_ms, volume) if traded else ()
                if not traded or not finer(inside.get(market, []), t, t + base.length_ms):
                    yield Step(market, t, *path, traded=traded, volume=volume)
        end = t + base.length_ms
        if (end - clock.offset_ms) % clock.length_ms == 0:
            yield Close(end, {market: columns.at(market, end) for market in rules.markets})
        else:
            yield Mark(end)


Finer = list[tuple[int, float, float, float, float, float]]
"""Finer bars of a market, ascending: (time, open, high, low, close, coins)."""


def inside_of(grid: BarGrid) -> dict[str, Finer]:
    """Those of every market."""
    if grid.inside is None:
        return {}
    columns = [getattr(grid.inside, name).tolist() for name in ("time_ms", "open", "high", "low", "close", "volume")]
    rows = list(zip(*columns, strict=True))
    edges = grid.inside.first.tolist()
    return {market: rows[a:b] for market, a, b in zip(grid.markets, edges[:-1], edges[1:], strict=True)}


def finer(rows: Finer, since: int, until: int) -> Finer:
    """Those that begin in [since, until)."""
    return rows[bisect.bisect_left(rows, (since,)) : bisect.bisect_left(rows, (until,))]


def finer_steps(rows: Finer, market: str, since: int, until: int, bar_volume: float) -> Iterator[Step]:
    """Their STEPs."""
    for time, *path, volume in finer(rows, since, until):
        yield Step(market, time, *path, volume=volume, bar_volume=bar_volume)
