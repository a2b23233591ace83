"""Random strategies against an exchange that answers late, in parts, or not at all: product and reference want the same at every event."""

from __future__ import annotations

import random
from collections import Counter, deque
from dataclasses import replace

from hypothesis import settings as profile

from engine.kernel.desk import Desk
from engine.kernel.program import compile_program
from engine.model.events import Cash, Close, Control, ControlKind, Done, DoneReason, Fill, Intent, Mark, Step
from engine.model.events import Event as ProductEvent
from engine.research.result import Rounding
from tests.generators.worlds import World, random_world
from tests.oracles import reference_book
from tests.oracles.reference_backtest import events_of, rules_of
from tests.oracles.reference_book import Event, Order, new_state
from tests.oracles.reference_decide import decide
from tests.oracles.toy_exchange import ToyExchange
from tests.simulation.agreement import SIDES, ProductColumns
from tests.simulation.live import assignment_of

WORLDS = min(profile.default.max_examples, 400)
REASONS = {"filled": DoneReason.FILLED, "cancelled": DoneReason.CANCELLED, "refused": DoneReason.REFUSED}


class Both:
    """One account in both programs."""

    def __init__(self, world: World, seed: int) -> None:
        self.work = assignment_of(world)
        program = compile_program(world.strategy, self.work.base, self.work.markets)
        self.desk = Desk(
            world.strategy, program.position, self.work.markets, self.work.terms, tradable=self.work.tradable, settle_ms=self.work.settle_ms
        )  # fmt: skip
        self.columns = ProductColumns(world.strategy, world.grid)
        self.rules = rules_of(world.strategy, world.settings, world.traded, self.work.base)
        self.state = new_state(self.rules, world.settings.cash_krw)
        self.world, self.chance = world, random.Random(seed)
        chance = self.chance
        self.exchange = ToyExchange(self.rules, chance.choice([0, 1, 3]), chance.choice([1, 2, 3]), chance.choice([0.0, 0.1, 0.4]), chance)
        self.market_of: dict[int, str] = {}
        self.seen: Counter[str] = Counter()

    def run(self) -> None:
        """All events, with deposits, withdrawals and stops between them."""
        for event in events_of(self.world.strategy, self.world.grid, self.world.settings, self.rules, self.columns):
            if self.chance.random() < 0.02:
                self.tell(reference_book.Cash(float(self.chance.choice([-50_000, 100_000, 7]))))
            if self.chance.random() < 0.02:
                self.tell(reference_book.Control(self.chance.choice(["stop_entries", "allow_entries", "allow_entries"])))
            queue: deque[Event] = deque() if isinstance(event, reference_book.Mark) else deque(self.exchange.before(event))  # type: ignore[arg-type]
            queue.append(event)
            while queue:
                for order in self.tell(queue.popleft()):
                    queue.extend(self.exchange.accept(order))

    def tell(self, event: Event) -> list[Order]:
        """One event to both; they must want the same and have the same money."""
        wanted, decided = decide(self.rules, self.state, event), self.desk.process(self.translated(event))
        self.market_of.update({order.id: order.market for order in wanted})
        assert [self.row(order) for order in wanted] == [self.row_of(intent) for intent in decided], (self.world.seed, event)
        account = self.desk.book.account[0]
        assert abs(self.state.cash - float(account["cash_krw"])) <= 1e-9 * max(abs(self.state.cash), 1.0), (self.world.seed, event)
        for row, market in enumerate(self.work.markets):
            if market in self.state.markets:
                self.compare_position(row, self.state.markets[market])
        self.seen.update(events=1, intents=len(wanted))
        self.seen.update({type(event).__name__: 1} | ({event.reason: 1} if isinstance(event, reference_book.Done) else {}))
        return wanted

    def compare_position(self, row: int, market: reference_book.Market) -> None:
        """Quantity, extremes and levels."""
        held, mine = self.desk.book.position[row], market.position
        assert float(held["quantity_e8"]) == (0 if mine is None else mine.quantity)
        if mine is not None and market.path is None:
            assert (float(held["high_krw"]), float(held["low_krw"])) == (mine.high, mine.low), (self.world.seed, market.code)
            levels = self.desk.book.exits[row]["level_krw"].tolist()
            assert [x for x in levels if x == x] == [x for x in mine.level if x == x], (self.world.seed, market.code)

    def row(self, order: Order) -> tuple[object, ...]:
        """What the reference wants."""
        base = None if order.base != order.base else order.base
        return order.id, order.market, order.side, order.amount, float(order.quantity), base, order.reason, order.time

    def row_of(self, intent: Intent) -> tuple[object, ...]:
        """What the product wants."""
        base = None if intent.level_krw != intent.level_krw else intent.level_krw
        side = SIDES[int(intent.side)]
        return intent.order_id, intent.market, side, intent.amount_krw, intent.quantity_e8, base, intent.exit_index, intent.time_ms

    def translated(self, event: Event) -> ProductEvent:
        """The event in the product's words."""
        match event:
            case reference_book.Step():
                return Step(event.market, event.time, event.open, event.high, event.low, event.close, event.volume, event.traded)
            case reference_book.Close():
                block = self.columns.block
                at = self.world.strategy.clock.index(event.time) - 1 - block.first_index
                return Close(event.time, tuple(map(tuple, block.values[:, at].tolist())))
            case reference_book.Mark():
                return Mark(event.time)
            case reference_book.Fill():
                return Fill(event.order, self.market_of[event.order], event.quantity, event.price, event.fee, event.time)
            case reference_book.Done():
                return Done(event.order, self.market_of[event.order], REASONS[event.reason], event.time)
            case reference_book.Cash():
                return Cash(event.amount, event.time)
            case _:
                kind = ControlKind.STOP_ENTRIES if event.what == "stop_entries" else ControlKind.ALLOW_ENTRIES
                return Control(kind, event.time)


def test_both_want_the_same_whatever_the_exchange_answers() -> None:
    seen: Counter[str] = Counter()
    for seed in range(40_000, 40_000 + WORLDS):
        world = random_world(seed, whole=seed % 2 == 0, longest=500)
        both = Both(replace(world, settings=replace(world.settings, rounding=Rounding.UPBIT)), seed)  # so that every number is exact
        both.run()
        assert both.desk.skipped == {reason: both.state.skipped[reason] for reason in both.desk.skipped}, seed
        seen += both.seen + Counter({"entries stopped": both.state.skipped["entries_stopped"]})
    few = {
        name: seen[name] for name in ("intents", "Fill", "filled", "cancelled", "refused", "entries stopped") if seen[name] < WORLDS // 5
    }
    assert few == {}, seen
