"""The pure trader: one event in, commands out. Live, paper and replay differ only in who feeds events and who executes commands.

Candles go to the kernel, its columns and all other events to the desk (decisions), the desk's intents through the order plan. No clock,
no I/O, no randomness: the same events give the same commands, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from dsl.graph import Timeframe
from dsl.strategy import Strategy
from engine.kernel.aggregate import SERIES
from engine.kernel.decide.plan import Terms
from engine.kernel.desk import Desk
from engine.kernel.program import compile_program
from engine.kernel.universe import UniverseRun, universe_program
from engine.kernel.vm import Kernel
from engine.model.bars import Bars
from engine.model.candle import MEMBER, BarGrid
from engine.model.costs import fee_at
from engine.model.events import Cash, Close, Control, Done, Fill, Intent, Mark, Members, Side, Step
from engine.model.money import coins, exact
from engine.orders.plan import LegalOrder, Means, Refusal, plan_order

ONE = Decimal(1)

_NUMBERS = attrgetter(*SERIES)

Told = Bars | Step | Fill | Done | Cash | Control


@dataclass(frozen=True, slots=True)
class Reaction:
    """What an event led to: intents as decided, and per intent the order to place or why there is none."""

    intents: tuple[Intent, ...] = ()
    orders: tuple[LegalOrder | Refusal, ...] = ()


NOTHING = Reaction()


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a trader works on. markets: codes of the base grid, sorted; tradable[i]: entries allowed in it; from_ms: trading start,
    bars before it only warm the kernel; settle_ms[i]: from when the market's values are settled; owner: goes into identifiers."""

    strategy: Strategy
    base: Timeframe
    markets: tuple[str, ...]
    terms: Terms
    tradable: tuple[bool, ...]
    settle_ms: tuple[int, ...]
    from_ms: int
    owner: str


class Trader:
    """One strategy on one account."""

    def __init__(self, assignment: Assignment, *, compiled: bool = True) -> None:
        """compiled=False decides with the same functions as plain Python. Raises ValueError for a strategy that cannot be decided."""
        self.assignment = assignment
        strategy, markets = assignment.strategy, assignment.markets
        traded = [market for market, tradable in zip(markets, assignment.tradable, strict=True) if tradable]
        program = compile_program(strategy, assignment.base, markets, domain=traded)
        self._kernel = Kernel(program, block=1)
        self._room = self._kernel.open_door()
        self._sides = {key: place for place, key in enumerate(program.sides)}
        self._universe = _universe_run(assignment, traded)
        self._members = Members(0, ())
        self.desk = Desk(
            strategy, program.position, markets, assignment.terms,
            tradable=assignment.tradable, settle_ms=assignment.settle_ms, compiled=compiled,
        )  # fmt: skip
        self._index = {market: index for index, market in enumerate(markets)}

    def process(self, event: Told) -> Reaction:
        """Take one event. Raises ValueError for bars that do not follow those before, engine.kernel.desk.EventRefusedError for an
        answer to an order that does not work."""
        if not isinstance(event, Bars):
            return self._react(self.desk.process(event))
        closed, close_ms = self._take(event), event.time_ms + self.assignment.base.length_ms
        if event.time_ms < self.assignment.from_ms:
            return NOTHING
        if not closed:
            return self._react(self.desk.process(Mark(close_ms))) if self.desk.wants_marks else NOTHING
        columns = tuple(map(tuple, self._room.columns.tolist()))
        return self._react(self.desk.process(Close(close_ms, columns)))

    def _take(self, event: Bars) -> bool:
        """The bars into the kernel; whether the clock closed with them."""
        assignment, room = self.assignment, self._room
        if len(event.bars) != len(assignment.markets):
            raise ValueError(f"{len(event.bars)} bars for {len(assignment.markets)} markets")
        room.state[:] = [bar.state for bar in event.bars]
        for series, numbers in zip(room.series, zip(*map(_NUMBERS, event.bars), strict=True), strict=True):
            series[:] = numbers
        member = None if self._universe is None else self._member(self._universe, event)
        if self._sides:
            room.sides.fill(np.nan)
            for side in event.sides:
                if (side.name, side.params) in self._sides:
                    room.sides[self._sides[side.name, side.params]] = side.values
            if MEMBER in self._sides and member is not None:
                room.sides[self._sides[MEMBER]] = member
        return self._kernel.step(assignment.base.index(event.time_ms))

    def _member(self, universe: UniverseRun, event: Bars) -> list[float]:
        """Who is in the universe as of the close of the bars."""
        grid = bar_grid(event, self.assignment.markets, self.assignment.base)
        for decided in universe.feed(grid):
            self._members = decided
        return [float(market in self._members.members) for market in grid.markets]

    def held(self, market: str) -> Decimal:
        """Coins in the books."""
        return coins(float(self.desk.book.position[self._index[market]]["quantity_e8"]))

    def _react(self, intents: Sequence[Intent]) -> Reaction:
        if not intents:
            return NOTHING
        orders = tuple(plan_order(self.assignment.owner, intent, self._means(intent)) for intent in intents)
        return Reaction(tuple(intents), orders)

    def _means(self, intent: Intent) -> Means:
        """What this order can use: cash that no earlier order has taken, coins, the last price."""
        earlier = [order for order in self.desk.working() if order.side is Side.BID and order.order_id < intent.order_id]
        taken = sum((exact(order.amount_krw) * (ONE + self._fee_of(order)) for order in earlier), Decimal(0))
        last = float(self.desk.book.position[self._index[intent.market]]["last_krw"])
        reference = exact(last) if last == last else None
        return Means(exact(self.desk.cash_krw) - taken, self.held(intent.market), reference, self._fee_of(intent))

    def _fee_of(self, intent: Intent) -> Decimal:
        terms = self.assignment.terms
        return exact(fee_at(terms.costs.fees, intent.market, terms.fee_rate, intent.time_ms))


def _universe_run(assignment: Assignment, candidates: Sequence[str]) -> UniverseRun | None:
    strategy = assignment.strategy
    if strategy.universe is None:
        return None
    program = universe_program(strategy.universe, strategy.clock, assignment.base, assignment.markets, candidates)
    return UniverseRun(strategy.universe, program, candidates, block=1)


def bar_grid(event: Bars, markets: tuple[str, ...], base: Timeframe) -> BarGrid:
    """One column of the base grid. Raises ValueError when the bars are not those of `markets`."""
    if len(event.bars) != len(markets):
        raise ValueError(f"{len(event.bars)} bars for {len(markets)} markets")

    def column(name: str) -> NDArray[np.float64]:
        return np.array([[getattr(bar, name)] for bar in event.bars], np.float64)

    return BarGrid(
        markets=markets,
        timeframe=base,
        first_index=base.index(event.time_ms),
        state=np.array([[int(bar.state)] for bar in event.bars], np.int8),
        open=column("open"),
        high=column("high"),
        low=column("low"),
        close=column("close"),
        volume=column("volume"),
        value=column("value"),
        side={(side.name, side.params): np.array([side.values]).T for side in event.sides},
    )
