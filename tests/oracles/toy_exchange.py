"""A toy exchange that knows only ticks: market orders trade at the price it sees, at once, later, or in parts."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.oracles.reference_book import BUY, E8, Close, Done, Event, Fill, Order, Rules, State, Step
from tests.oracles.reference_fills import Answer


@dataclass
class _Resting:
    order: Order
    wait: int  # traded ticks of its market still to pass
    parts: int  # fills still to come
    left: float  # KRW of a buy, counts of a sale


@dataclass
class ToyExchange:
    """`latency`: traded STEPs between an order's arrival and its first fill; `parts`: fills per order, one per STEP.

    With latency 0 an order made inside a tick trades in it, one made at a CLOSE in the next tick. `trouble` is the chance that an
    order is refused on arrival, and that what is left of it is cancelled after a part.
    """

    rules: Rules
    latency: int = 0
    parts: int = 1
    trouble: float = 0.0
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    now: Step | None = None  # the tick being traded
    resting: list[_Resting] = field(default_factory=list)

    def before(self, event: Step | Close) -> list[Answer]:
        if isinstance(event, Close) or not event.traded:
            self.now = None
            return []
        self.now = event
        answers: list[Answer] = []
        for one in [r for r in self.resting if r.order.market == event.market]:
            answers += self.trade(one)
        return answers

    def accept(self, order: Order) -> list[Answer]:
        if self.chance.random() < self.trouble:
            return [Done(order.id, "refused", order.time)]
        one = _Resting(order, self.latency, self.parts, order.amount if order.side == BUY else order.quantity)
        self.resting.append(one)
        return self.trade(one) if self.now is not None and self.latency == 0 else []

    def trade(self, one: _Resting) -> list[Answer]:
        """Fill one part at the tick's price, or wait."""
        tick = self.now
        assert tick is not None
        if one.wait > 0:
            one.wait -= 1
            return []
        price, quantity = self.part(one, tick)
        answers: list[Answer] = []
        if quantity > 0:
            answers.append(Fill(one.order.id, quantity, price, quantity * price / E8 * self.rules.fee, tick.time))
        one.parts -= 1
        ended = one.parts == 0 or one.left == 0
        cancelled = not ended and self.chance.random() < self.trouble
        if ended or cancelled:
            self.resting.remove(one)
            answers.append(Done(one.order.id, "cancelled" if cancelled else "filled", tick.time))
        return answers

    def part(self, one: _Resting, tick: Step) -> tuple[float, float]:
        """Price and counts of the next part."""
        grid, slip, market = self.rules.grid, self.rules.slip, one.order.market
        share = one.left if one.parts == 1 else one.left // one.parts
        one.left -= share
        if one.order.side == BUY:
            price = grid.ceil(market, tick.open * (1 + slip), tick.time)
            return price, self.rules.counts_for(share, price)
        return grid.floor(market, tick.open * (1 - slip), tick.time), share


def cut_into_ticks(rules: Rules, state: State, events: Iterable[Event]) -> Iterator[Event]:
    """Replace each traded bar by the ticks of open -> low -> high -> close; every grid price between while anything is at stake."""
    for event in events:
        if not isinstance(event, Step) or not event.traded:
            yield event
            continue
        m = state.markets[event.market]
        busy = m.position is not None or m.order is not None
        for price in path_of(rules, event) if busy else [event.open, event.low, event.high, event.close]:
            yield Step(event.market, event.time, price, price, price, price)


def path_of(rules: Rules, bar: Step) -> Iterator[float]:
    """The prices that the bar's path visits, in order."""
    price = bar.open
    yield price
    for end in (bar.low, bar.high, bar.close):
        between = list(rules.grid.between(bar.market, min(price, end), max(price, end), bar.time))
        yield from between if end > price else reversed(between)
        yield end
        price = end
