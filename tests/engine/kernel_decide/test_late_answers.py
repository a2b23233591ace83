"""Decisions against an exchange that answers late, in parts, and sometimes not at all: the books balance and nothing is sold twice."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kernel.desk import Desk, EventRefusedError
from engine.model.events import Close, Done, DoneReason, Event, Fill, Intent, Side, Step
from tests.engine.kernel_decide.random_runs import MARKETS, make_world
from tests.engine.kernel_decide.test_run import events_of, new_desk


@dataclass
class Ledger:
    """An account kept from the fills alone, in plain arithmetic."""

    cash: float
    coins: dict[str, float] = field(default_factory=lambda: dict.fromkeys(MARKETS, 0.0))

    def book(self, fill: Fill, side: Side) -> None:
        self.cash -= int(side) * fill.quantity_e8 * fill.price_krw / 1e8 + fill.fee_krw
        self.coins[fill.market] += int(side) * fill.quantity_e8


@dataclass
class LateExchange:
    """Holds orders for a while; then fills them in up to three parts at the market's price, cancels some of the rest, refuses some."""

    random: np.random.Generator
    waiting: list[tuple[int, Intent]] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)

    def take(self, intents: list[Intent], now: int) -> None:
        for intent in intents:
            assert intent.order_id not in self.seen
            assert intent.market not in {other.market for _, other in self.waiting}
            self.seen.add(intent.order_id)
            self.waiting.append((now + int(self.random.integers(0, 6)), intent))

    def due(self, now: int) -> list[Intent]:
        found = [intent for time, intent in self.waiting if time <= now]
        self.waiting = [(time, intent) for time, intent in self.waiting if time > now]
        return found

    def answers(self, intent: Intent, price: float, time_ms: int) -> list[Fill | Done]:
        if self.random.random() < 0.1:
            return [Done(intent.order_id, intent.market, DoneReason.REFUSED, time_ms)]
        whole = intent.quantity_e8 if intent.side is Side.ASK else np.floor(intent.amount_krw * 1e8 / (price * 1.002))
        parts = np.floor(whole * self.random.dirichlet(np.ones(int(self.random.integers(1, 4)))))
        if self.random.random() < 0.6:
            parts[-1] = whole - parts[:-1].sum()
        prices = price * (1 + 0.001 * self.random.integers(-1, 2, len(parts)))
        fills = [
            Fill(intent.order_id, intent.market, float(quantity), float(at), float(quantity * at / 1e8 * 0.0005), time_ms)
            for quantity, at in zip(parts, prices, strict=True)
            if quantity > 0
        ]
        return [*fills, Done(intent.order_id, intent.market, DoneReason.CANCELLED, time_ms)]


@given(st.integers(0, 10**6))
def test_books_are_what_the_fills_say(seed: int) -> None:
    """Cash, coins and fees equal a plain ledger after every event; no order is made while another of its market works."""
    world = make_world(seed, bars=150)
    desk, random = new_desk(world), np.random.default_rng(seed)
    exchange, ledger, last, fills = LateExchange(random), Ledger(world.terms.cash_krw), dict.fromkeys(MARKETS, 0.0), 0

    def process(event: Event, number: int) -> None:
        nonlocal fills
        if isinstance(event, Fill):
            side = next(order.side for order in desk.working() if order.order_id == event.order_id)
            ledger.book(event, side)
            fills += 1
        exchange.take(desk.process(event), number)
        check(desk, ledger)

    for number, event in enumerate(events_of(world)):
        if isinstance(event, Step):
            last[event.market] = event.close if event.traded else last[event.market]
        for intent in exchange.due(number):
            for answer in exchange.answers(intent, last[intent.market], event.time_ms):
                process(answer, number)
        process(event, number)
    assert desk.book.account[0]["next_order_id"] == len(exchange.seen) + 1
    assert fills > 0 or not exchange.seen or max(exchange.seen) < 12


def check(desk: Desk, ledger: Ledger) -> None:
    """The desk's books against the ledger."""
    assert desk.cash_krw == pytest.approx(ledger.cash, rel=1e-11, abs=1e-5)
    for market, position, order in zip(MARKETS, desk.book.position, desk.book.order, strict=True):
        assert position["quantity_e8"] == ledger.coins[market]
        assert order["side"] != int(Side.ASK) or order["quantity_e8"] - order["filled_e8"] <= position["quantity_e8"]
        if position["quantity_e8"] > 0:
            assert position["low_krw"] <= position["entry_krw"] <= position["high_krw"]


def test_unknown_and_impossible_answers_change_nothing() -> None:
    world = make_world(11)
    desk, refused = new_desk(world), 0
    for event in events_of(world)[:200]:
        desk.process(event)
        for order in desk.working():
            before = desk.save()
            wrong: list[Event] = [
                Fill(order.order_id + 1, order.market, 1.0, 1.0, 0.0, event.time_ms),
                Done(order.order_id + 1, order.market, DoneReason.FILLED, event.time_ms),
            ]
            for answer in wrong:
                with pytest.raises(EventRefusedError, match="no such working order"):
                    desk.process(answer)
                assert desk.save() == before
                refused += 1
    assert refused > 10


def test_selling_more_than_there_is_is_refused() -> None:
    world = make_world(11)
    desk, tried = new_desk(world), 0
    for event in events_of(world):
        intents = desk.process(event)
        for order in intents if isinstance(event, Step | Close) else []:
            if order.side is Side.BID:
                desk.process(Fill(order.order_id, order.market, 1e8, 1000.0, 0.0, event.time_ms))
                desk.process(Done(order.order_id, order.market, DoneReason.FILLED, event.time_ms))
            else:
                held = float(desk.book.position[MARKETS.index(order.market)]["quantity_e8"])
                with pytest.raises(EventRefusedError, match="more sold than held"):
                    desk.process(Fill(order.order_id, order.market, held + 1, 1000.0, 0.0, event.time_ms))
                tried += 1
                desk.process(Done(order.order_id, order.market, DoneReason.CANCELLED, event.time_ms))
    assert tried > 0


def test_a_close_of_the_wrong_width_is_refused() -> None:
    desk = new_desk(make_world(5))
    with pytest.raises(ValueError, match="columns of shape"):
        desk.process(Close(0, ((1.0,),)))
