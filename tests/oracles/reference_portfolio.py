"""Several strategies on one account by the reference (docs/decide.md §9): each has its own books, the account's part of them is one."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from dsl.strategy import Portfolio, RiskProfile, Strategy
from engine.model.candle import BarGrid, BarState
from engine.research.result import Settings
from tests.oracles.reference_backtest import Columns, Finer, count_unsettled, finer_steps, inside_of, rules_over
from tests.oracles.reference_book import Close, Event, Fill, Mark, Market, Order, Rules, State, Step
from tests.oracles.reference_decide import close_exits, decide
from tests.oracles.reference_entries import candidates, enter
from tests.oracles.reference_fills import ImmediateFills, Trade
from tests.oracles.reference_risk import capital
from tests.oracles.reference_values import columns_needed, position_expression

#: what of a State is the account's, whoever's state it is
SHARED = (
    "cash",
    "entries_stopped",
    "looked",
    "stirred",
    "bases",
    "peaks",
    "in_force",
    "disarmed",
    "losses_in_row",
    "trades_closed",
    "made",
)


@dataclass
class Account:
    """The part that the strategies share."""

    cash: float
    entries_stopped: bool = False
    looked: int | None = None
    stirred: bool = False
    bases: dict[str, float] = field(default_factory=dict)
    peaks: dict[datetime, float] = field(default_factory=dict)
    in_force: dict[int, float | None] = field(default_factory=dict)
    disarmed: set[int] = field(default_factory=set)
    losses_in_row: int = 0
    trades_closed: int = 0
    made: Counter[int] = field(default_factory=Counter)
    states: list[State] = field(default_factory=list)


class SharedState(State):
    """The books of one strategy. What is the account's is read there and written there."""

    account: Account

    def of_account(self) -> list[Market]:
        """Strategy by strategy."""
        return [m for state in self.account.states for m in state.markets.values()]


def _shared(name: str) -> property:
    def read(self: SharedState) -> Any:
        return getattr(self.account, name)

    def write(self: SharedState, value: Any) -> None:
        setattr(self.account, name, value)

    return property(read, write)


for _name in SHARED:
    setattr(SharedState, _name, _shared(_name))


@dataclass
class Part:
    """One strategy at work."""

    strategy: Strategy
    rules: Rules
    state: SharedState
    exchange: ImmediateFills
    columns: Columns
    orders: dict[int, Order] = field(default_factory=dict)
    fills: list[Trade] = field(default_factory=list)

    def take(self, event: Event) -> None:
        """An event, the answers to what it wanted, and so on until nothing is left."""
        waiting: deque[Event] = deque(self.exchange.before(event)) if isinstance(event, Step) else deque()
        waiting.append(event)
        while waiting:
            current = waiting.popleft()
            if isinstance(current, Close):
                intents = close_exits(self.rules, self.state, current)
            else:
                intents = decide(self.rules, self.state, current)
            if isinstance(current, Fill):
                self.note(current)
            for order in intents:
                waiting.extend(self.send(order))

    def send(self, order: Order) -> Sequence[Event]:
        """What the exchange answers at once."""
        self.orders[order.id] = order
        return self.exchange.accept(order)

    def note(self, fill: Fill) -> None:
        """Keep a FILL as two programs compare it."""
        order = self.orders[fill.order]
        told = (fill.quantity, fill.price, fill.fee, self.exchange.base, order.ambiguous, order.time, self.exchange.priced)
        self.fills.append(Trade(fill.time, order.market, order.side, order.reason, *told))


@dataclass(frozen=True)
class PortfolioReference:
    """parts in the portfolio's order; equity: (time, equity, cash, exposure) whenever a clock closed; unsettled: buys, of all."""

    parts: tuple[Part, ...]
    equity: list[tuple[int, float, float, float]]
    unsettled: int


def run(
    portfolio: Portfolio, grid: BarGrid, settings: Settings, markets: tuple[str, ...], columns_of: Callable[[Strategy, BarGrid], Columns]
) -> PortfolioReference:
    """All strategies over the grid, each allowed to buy these markets. columns_of: where a strategy's values come from."""
    account = Account(settings.cash_krw)
    traded: Counter[tuple[str, int]] = Counter()
    parts = tuple(
        part_of(portfolio, number, grid, settings, markets, columns_of, account, traded) for number in range(len(portfolio.parts))
    )
    account.states = [part.state for part in parts]
    base, equity = grid.timeframe, []
    rows, inside = {market: grid.markets.index(market) for market in sorted(markets)}, inside_of(grid)
    for k in range(grid.state.shape[1]):
        t = (grid.first_index + k) * base.length_ms + base.offset_ms
        if (settings.from_ms is not None and t < settings.from_ms) or (settings.to_ms is not None and t >= settings.to_ms):
            continue
        known = [(market, row) for market, row in rows.items() if grid.state[row, k] != BarState.UNKNOWN]
        steps = [step for market, row in known for step in steps_of(grid, inside.get(market, []), market, row, k)]
        for part in parts:
            for step in steps:
                part.take(step)
        end = t + base.length_ms
        closing = [part for part in parts if (end - part.rules.clock_offset_ms) % part.rules.clock_ms == 0]
        for part in parts:
            if part in closing:
                part.take(Close(end, {market: part.columns.at(market, end) for market in part.rules.markets}))
            else:
                part.take(Mark(end))
        if closing:
            enter_all(parts, closing, end)
            equity.append((end, parts[0].state.equity(), account.cash, parts[0].state.exposure()))
    return PortfolioReference(parts, equity, sum(count_unsettled(part.columns, part.state) for part in parts))


def enter_all(parts: tuple[Part, ...], closing: list[Part], now: int) -> None:
    """Candidates of all that closed: by rank, then strategy, then market."""
    wanted = [
        (key, number, m.code, m, scale)
        for number, part in enumerate(parts)
        if part in closing
        for key, m, scale in candidates(part.rules, part.state, now)
    ]
    usable = capital(parts[0].rules, parts[0].state.equity())
    for _, number, _, m, scale in sorted(wanted, key=lambda one: one[:3]):
        part = parts[number]
        order = enter(part.rules, part.state, m, usable, scale, now)
        if order is not None:
            part.send(order)


def part_of(
    portfolio: Portfolio, number: int, grid: BarGrid, settings: Settings, markets: tuple[str, ...],
    columns_of: Callable[[Strategy, BarGrid], Columns], account: Account, traded: Counter[tuple[str, int]],
) -> Part:  # fmt: skip
    """A strategy with its share, its condition on entries and the portfolio's capital."""
    part = portfolio.parts[number]
    risk = part.strategy.risk or RiskProfile("")
    if portfolio.capital_krw is not None or portfolio.capital_ratio is not None:
        risk = replace(risk, capital_krw=portfolio.capital_krw, capital_ratio=portfolio.capital_ratio)
    strategy = replace(part.strategy, risk=risk)
    rules = replace(rules_over(strategy, settings, tuple(sorted(markets)), grid), share=part.weight)
    columns = columns_of(strategy, grid)
    if part.when is not None:
        entry, allowed = rules.entry, position_expression(strategy.graph, part.when)
        rules = replace(rules, entry=lambda found: float(entry(found) == 1 and allowed(found, None) == 1))
        columns.nodes = sorted({*columns.nodes, *columns_needed(strategy.graph, part.when)})
    state = SharedState.__new__(SharedState)
    state.account = account
    kept = {name: getattr(account, name) for name in SHARED}
    State.__init__(state, settings.cash_krw, {code: Market(code) for code in rules.markets})
    for name, value in kept.items():
        setattr(account, name, value)
    exchange = ImmediateFills(rules)
    exchange.traded = traded
    return Part(strategy, rules, state, exchange, columns)


def steps_of(grid: BarGrid, rows: Finer, market: str, row: int, k: int) -> list[Step]:
    """A base bar as pieces of price path. rows: the market's finer bars."""
    t = grid.timeframe.open_ms(grid.first_index + k)
    prices, volume = (float(getattr(grid, name)[row, k]) for name in ("open", "high", "low", "close")), float(grid.volume[row, k])
    parts = list(finer_steps(rows, market, t, t + grid.timeframe.length_ms, volume))
    return parts or [Step(market, t, *prices, traded=grid.state[row, k] == BarState.TRADED, volume=volume)]
