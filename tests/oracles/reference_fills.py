"""The fill model of docs/decide.md §2 and §3 for whole bars, and the loop that plays events against `decide`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from tests.oracles.reference_book import BUY, E8, Close, Done, Event, Fill, Order, Rules, State, Step
from tests.oracles.reference_decide import decide

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


@dataclass
class ImmediateFills:
    """Next open for what was made at a CLOSE; at its base inside the STEP for a level. Nothing else ever happens."""

    rules: Rules
    waiting: dict[str, Order] = field(default_factory=dict)
    base: float = float("nan")  # price before slippage of the latest fill

    def before(self, event: Step | Close) -> list[Answer]:
        if isinstance(event, Step) and event.traded and event.market in self.waiting:
            return self.fill(self.waiting.pop(event.market), event.open, event.time)
        return []

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
