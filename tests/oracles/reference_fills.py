"""The fill model of docs/decide.md §2 and §3 for whole bars, and the loop that plays events against `decide`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from tests.oracles.reference_book import BUY, E8, Close, Done, Event, Fill, Order, Rules, State, Step
from tests.oracles.reference_decide import decide, first_limit

Answer = Fill | Done


class Exchange(Protocol):
    """Where the intents go."""

    def before(self, event: Step | Close) -> list[Answer]:
        """What happens at the exchange before `decide` sees the event."""

    def accept(self, order: Order) -> list[Answer]:
        """Take an order; what it answers at once."""


@dataclass(frozen=True, slots=True)
class Trade:
    """One FILL with its order, as two programs compare it."""

    time: int
    market: str
    side: str
    reason: int
    quantity: float
    price: float
    fee: float
    base: float
    ambiguous: bool
    decided: int


@dataclass(slots=True)
class Resting:
    """A limit buy at the exchange. priced: when its limit was made; last: close of the latest STEP that it waited through."""

    limit: float
    priced: int
    last: float | None = None
    arrives: bool = True


@dataclass
class ImmediateFills:
    """A limit buy works as §3 says. Else next open for what was made at a CLOSE; at its base inside the STEP for a level."""

    rules: Rules
    waiting: dict[str, Order] = field(default_factory=dict)
    resting: dict[int, Resting] = field(default_factory=dict)
    base: float = float("nan")  # price before slippage of the latest fill

    def before(self, event: Step | Close) -> list[Answer]:
        if not isinstance(event, Step) or not event.traded or event.market not in self.waiting:
            return []
        order = self.waiting.pop(event.market)
        if order.side == BUY:
            return self.work(order, event)
        return self.fill(order, event.open, event.time)

    def work(self, order: Order, step: Step) -> list[Answer]:
        """§3, a buy at a traded STEP, in the order of its numbers."""
        rules, enter, t = self.rules, self.rules.enter, step.time
        if enter.after is not None and t - order.time >= enter.after and enter.then != "keep":
            return self.fill(order, step.open, t) if enter.then == "market" else [Done(order.id, "cancelled", t)]
        if enter.order == "market":
            return self.fill(order, step.open, t)
        rest = self.resting.pop(order.id, None) or Resting(order.limit, order.time)
        if rest.last is not None and enter.every is not None and t - rest.priced >= enter.every:
            limit = first_limit(rules, order.market, rest.last, t)
            rest = Resting(limit, t, rest.last, arrives=rest.arrives or limit != rest.limit)
        rest.limit = rules.grid.floor(order.market, rest.limit, t)
        if rest.arrives and step.open < rest.limit:
            if enter.order == "post_only":
                return [Done(order.id, "refused", t)]
            taken = rules.grid.ceil(order.market, step.open * (1 + rules.slip), t)
            return self.bought(order, rest.limit, min(rest.limit, taken), step.open, t)
        if enter.order == "at_once":
            return [Done(order.id, "cancelled", t)]
        if step.low < rest.limit:
            return self.bought(order, rest.limit, rest.limit, rest.limit, t)
        rest.arrives, rest.last = False, step.close
        self.resting[order.id] = rest
        self.waiting[order.market] = order
        return []

    def bought(self, order: Order, limit: float, price: float, base: float, time: int) -> list[Answer]:
        """The whole volume of a limit buy."""
        self.base = limit if price == limit else base
        quantity = self.rules.counts_for(order.amount, limit)
        if quantity == 0:
            return [Done(order.id, "no_quantity", time)]
        return [Fill(order.id, quantity, price, quantity * price / E8 * self.rules.fee, time), Done(order.id, "filled", time)]

    def accept(self, order: Order) -> list[Answer]:
        if order.base == order.base:
            return self.fill(order, order.base, order.time)
        self.waiting[order.market] = order
        return []

    def fill(self, order: Order, base: float, time: int) -> list[Answer]:
        rules = self.rules
        self.base = base
        if order.side == BUY:
            price = rules.grid.ceil(order.market, base * (1 + rules.slip), time)
            quantity = rules.counts_for(order.amount, price)
        else:
            price = rules.grid.floor(order.market, base * (1 - rules.slip), time)
            quantity = order.quantity
        if quantity == 0:
            return [Done(order.id, "no_quantity", time)]
        return [Fill(order.id, quantity, price, quantity * price / E8 * rules.fee, time), Done(order.id, "filled", time)]


def play(
    rules: Rules,
    state: State,
    events: Iterable[Event],
    exchange: Exchange,
    after: Callable[[Event], None] = lambda event: None,
) -> Iterator[Trade]:
    """Give every event to `decide`, its intents to the exchange and the answers back; yield each FILL. `after` sees each event done."""
    orders: dict[int, Order] = {}
    for event in events:
        queue: deque[Event] = deque(exchange.before(event)) if isinstance(event, Step | Close) else deque()
        queue.append(event)
        while queue:
            current = queue.popleft()
            intents = decide(rules, state, current)
            if isinstance(current, Fill):
                order = orders[current.order]
                base = order.base if order.base == order.base else getattr(exchange, "base", float("nan"))
                yield Trade(
                    current.time, order.market, order.side, order.reason, current.quantity, current.price, current.fee, base,
                    order.ambiguous, order.time,
                )  # fmt: skip
            after(current)
            for order in intents:
                orders[order.id] = order
                queue.extend(exchange.accept(order))
