"""The fill model of docs/decide.md §2 and §3 for whole bars, and the loop that plays events against `decide`."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from tests.oracles.reference_book import BUY, E8, SELL, Close, Done, Event, Fill, Order, Rules, State, Step
from tests.oracles.reference_decide import decide
from tests.oracles.reference_depth import NONE, standing
from tests.oracles.reference_entries import first_limit

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
    priced: int = NONE


@dataclass(slots=True)
class Resting:
    """A buy at the exchange. priced: when its limit was made; last: close of the latest STEP that it waited through."""

    limit: float
    priced: int
    last: float | None = None
    arrives: bool = True
    market: bool = False  # it has become a market buy
    known: bool = False  # the exchange has met it
    queued: float | None = None  # the limit that it has queued up at
    ahead: float = 0.0  # counts before it there


@dataclass
class ImmediateFills:
    """Orders work as §3 and §10 say. Next open for what was made at a CLOSE; at its base inside the STEP for a level."""

    rules: Rules
    waiting: dict[str, Order] = field(default_factory=dict)
    resting: dict[int, Resting] = field(default_factory=dict)
    base: float = float("nan")  # price before slippage of the latest fill
    priced: int = NONE  # by what its slippage was found
    step: Step | None = None  # the latest
    traded: Counter[tuple[str, int]] = field(default_factory=Counter)  # (market, STEP) -> counts that have traded for us in it
    refused: set[int] = field(default_factory=set)  # orders
    cut: set[int] = field(default_factory=set)
    halted: set[int] = field(default_factory=set)

    def before(self, event: Step | Close) -> list[Answer]:
        if not isinstance(event, Step) or not event.traded:
            return []
        self.step = event
        order = self.waiting.pop(event.market, None)
        return [] if order is None else self.meet(order, event)

    def accept(self, order: Order) -> list[Answer]:
        if order.base == order.base:
            assert self.step is not None
            return self.meet(order, self.step)
        self.waiting[order.market] = order
        return []

    def meet(self, order: Order, step: Step) -> list[Answer]:
        """An order and a traded STEP."""
        if order.stopped:
            return [Done(order.id, "cancelled", step.time)]
        arrives = order.time + self.rules.latency
        if order.side == SELL and order.limit == order.limit and step.time == order.time:
            arrives = order.time  # it has waited there
        if step.time < arrives:
            self.waiting[order.market] = order
            return []
        if self.rules.halted(order.market, step.time):
            self.halted.add(order.id)
            self.waiting[order.market] = order
            return []
        if self.rules.halted(order.market, arrives):
            self.halted.add(order.id)
        return self.work(order, step) if order.side == BUY else self.sell(order, step)

    def room(self, share: float | None, step: Step) -> float:
        """Counts that may still trade in the STEP."""
        if share is None:
            return math.inf
        cap = share * counts_of(step)
        return max((math.floor(cap) if self.rules.rounding else cap) - self.traded[step.market, step.time], 0)

    def sell(self, order: Order, step: Step) -> list[Answer]:
        """A sale: at the open, or at its base in the STEP that it was made in."""
        rules = self.rules
        inside = order.base == order.base and step.time == order.time
        base = order.base if inside else step.open
        room = self.room(rules.sale_share(), step)
        if rules.visible is not None and not (inside and order.limit == order.limit):
            seen = self.bids_shown(order.market, base, step)
            if seen < order.left:
                self.cut.add(order.id)
            room = min(room, seen)
        counts = min(order.left, room)
        if rules.rounding and counts < order.left:
            counts = order.left - (order.left - counts)
        slip, self.priced = rules.slip_of(order.market, False, counts, counts_of(step), step.time)
        price = rules.grid.floor(order.market, base * (1 - slip), step.time)
        if inside and order.limit == order.limit:
            price, self.priced = order.limit, NONE
        return self.give(order, step, counts, counts == order.left, price, base)

    def bids_shown(self, market: str, base: float, step: Step) -> float:
        """Counts that a sale sees, less what has traded in the STEP (§10, Visible depth)."""
        assert self.rules.visible is not None
        book = standing(self.rules.books, market, step.time)
        shown = self.rules.visible(market, step.time) * E8 / base if book is None else sum(coins * E8 for _, coins in book.bids)
        shown = math.floor(shown) if self.rules.rounding and shown < math.inf else shown
        return max(shown - self.traded[market, step.time], 0)

    def too_large(self, market: str, left: float, time: int) -> bool:
        """More than a market buy sees."""
        if self.rules.visible is None:
            return False
        book = standing(self.rules.books, market, time)
        return left > (self.rules.visible(market, time) if book is None else sum(price * coins for price, coins in book.asks))

    def touch(self, order: Order, step: Step, limit: float) -> float:
        """Counts that a touched limit gives (§10, Queue share)."""
        assert self.rules.queue is not None
        rest, passing = self.resting[order.id], self.rules.queue * counts_of(step)
        got = max(passing - rest.ahead, 0.0)
        rest.ahead = max(rest.ahead - passing, 0.0)
        return math.floor(got) if self.rules.rounding else got

    def queue_up(self, order: Order, step: Step, limit: float, through: bool) -> None:
        """Where an order with that limit stands after the STEP's price has come to it or not."""
        rest = self.resting[order.id]
        if through:
            rest.queued, rest.ahead = limit, 0.0
        elif rest.queued != limit:
            rest.queued, rest.ahead = limit, self.rules.counts_at(order.market, True, limit, step.open, step.time)

    def work(self, order: Order, step: Step) -> list[Answer]:
        """§3, a buy at a traded STEP, in the order of its numbers."""
        rules, enter, t = self.rules, self.rules.enter, step.time
        left = max(order.amount - order.spent, 0.0)
        room = self.room(rules.participation, step)
        slip, self.priced = rules.slip_of(order.market, True, min(left * E8 / step.open, room), counts_of(step), t)
        asked = rules.grid.ceil(order.market, step.open * (1 + slip), t)
        rest = self.resting.setdefault(order.id, Resting(order.limit, order.time))
        arriving, rest.known = not rest.known, True
        due = enter.after is not None and t - order.time >= enter.after and enter.holds(order.spent / order.amount)
        if due and not rest.market:
            if enter.then == "cancel" or (enter.most is not None and slip > enter.most):
                return [Done(order.id, "cancelled", t)]
            rest.market = arriving = True
        if rest.market or enter.order == "market":
            if arriving and (rest.market or enter.force is None) and self.too_large(order.market, left, t):
                self.refused.add(order.id)
                return [Done(order.id, "refused", t)]
            return self.buy(order, step, left, room, asked, asked, None if rest.market else enter.force)
        if rest.last is not None and enter.every is not None and t - rest.priced >= enter.every:
            limit = first_limit(rules, order.market, rest.last, t)
            rest.limit, rest.priced, rest.arrives = limit, t, rest.arrives or limit != rest.limit
        rest.limit = rules.grid.floor(order.market, rest.limit, t)
        if rest.arrives and step.open < rest.limit:
            if enter.order == "post_only":
                return [Done(order.id, "refused", t)]
            self.queue_up(order, step, rest.limit, through=True)
            return self.buy(order, step, left, room, rest.limit, min(rest.limit, asked), enter.force)
        if enter.order == "at_once":
            return [Done(order.id, "cancelled", t)]
        self.queue_up(order, step, rest.limit, step.low < rest.limit)
        if step.low == rest.limit and rules.queue is not None:
            room = min(room, self.touch(order, step, rest.limit))
        if step.low < rest.limit or (step.low == rest.limit and rules.queue is not None):
            return self.buy(order, step, left, room, rest.limit, rest.limit, None)
        return self.wait(order, step)

    def wait(self, order: Order, step: Step) -> list[Answer]:
        """The STEP passes it."""
        if order.id in self.resting:
            self.resting[order.id].arrives, self.resting[order.id].last = False, step.close
        self.waiting[order.market] = order
        return []

    def buy(self, order: Order, step: Step, left: float, room: float, limit: float, price: float, force: str | None) -> list[Answer]:
        """As much of what is left as there is room for; its quantity is that at the limit."""
        whole = self.rules.counts_for(left, limit)
        base = step.open
        if price == limit and order.limit == order.limit and not self.resting[order.id].market:
            base, self.priced = limit, NONE
        if room < whole and force is not None:
            given = [] if force == "fok" else self.give(order, step, room, True, price, base)[:-1]
            return [*given, Done(order.id, "cancelled", step.time)]
        return self.give(order, step, min(whole, room), whole <= room, price, base)

    def give(self, order: Order, step: Step, counts: float, last: bool, price: float, base: float) -> list[Answer]:
        """FILL of some counts, if any; DONE where they are the last, else the order waits."""
        answers: list[Answer] = []
        if counts > 0:
            self.base = base
            self.traded[step.market, step.time] += counts  # type: ignore[assignment]
            fee = counts * price / E8 * self.rules.fee_of(order.market, order.time)
            answers.append(Fill(order.id, counts, price, fee, step.time))
        if last:
            return [*answers, Done(order.id, "filled" if counts > 0 else "no_quantity", step.time)]
        return answers + self.wait(order, step)


def counts_of(step: Step) -> float:
    """V of a STEP."""
    return step.volume * E8 if step.volume > 0 else 0.0


def play(
    rules: Rules,
    state: State,
    events: Iterable[Event],
    exchange: Exchange,
    after: Callable[[Event], None] = lambda event: None,
) -> Iterator[Trade]:
    """Give every event to `decide`, its intents to the exchange and the answers back; yield each FILL. `after` sees each event done."""
    orders: dict[int, Order] = {}
    met = (Step, Close)
    for event in events:
        queue: deque[Event] = deque(exchange.before(event)) if isinstance(event, met) else deque()
        queue.append(event)
        while queue:
            current = queue.popleft()
            intents = decide(rules, state, current)
            if isinstance(current, Fill):
                order = orders[current.order]
                base = getattr(exchange, "base", order.base)
                yield Trade(
                    current.time, order.market, order.side, order.reason, current.quantity, current.price, current.fee, base,
                    order.ambiguous, order.time, getattr(exchange, "priced", NONE),
                )  # fmt: skip
            after(current)
            for order in intents:
                orders[order.id] = order
                queue.extend(exchange.accept(order))
