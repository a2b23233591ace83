"""Law of the reference: however late, broken or refused the fills, the books balance after every event."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd
import pytest

from tests.oracles.reference_book import BUY, E8, Cash, Control, Event, Fill, Rules, State, Step, new_state
from tests.oracles.reference_fills import ImmediateFills, play
from tests.oracles.reference_worlds import busy_rules, events_of, real_candles, walk_minutes
from tests.oracles.toy_exchange import ToyExchange, cut_into_ticks

START_CASH = 10_000_000.0


@dataclass
class Ledger:
    """What the exchange did, kept apart from `decide`'s books; knows buys from sales by its own list of orders."""

    cash: float = START_CASH
    coins: dict[str, float] = field(default_factory=dict)
    moves: float = 0.0  # KRW by which coins held changed in worth
    fees: float = 0.0
    flows: float = 0.0
    last: dict[str, float] = field(default_factory=dict)

    def fill(self, market: str, buy: bool, fill: Fill) -> None:
        krw = fill.quantity * fill.price / E8
        self.cash += (-krw if buy else krw) - fill.fee
        self.fees += fill.fee
        self.coins[market] = self.coins.get(market, 0) + (fill.quantity if buy else -fill.quantity)
        worth = fill.quantity * self.last[market] / E8
        self.moves += worth - krw if buy else krw - worth

    def step(self, step: Step) -> None:
        if step.traded:
            before = self.last.get(step.market, step.close)
            self.moves += self.coins.get(step.market, 0) * (step.close - before) / E8
            self.last[step.market] = step.close


@dataclass
class WatchedExchange:
    """A toy exchange whose answers go into a ledger, and whose client is checked after every event."""

    toy: ToyExchange
    state: State
    ledger: Ledger = field(default_factory=Ledger)
    orders: dict[int, tuple[str, bool]] = field(default_factory=dict)
    checks: int = 0
    fills: int = 0

    def before(self, event):  # type: ignore[no-untyped-def]
        return self.toy.before(event)

    def accept(self, order):  # type: ignore[no-untyped-def]
        assert all(resting.order.market != order.market for resting in self.toy.resting), "two working orders in one market"
        self.orders[order.id] = (order.market, order.side == BUY)
        return self.toy.accept(order)

    def after(self, event: Event) -> None:
        ledger, state = self.ledger, self.state
        if isinstance(event, Fill):
            market, buy = self.orders[event.order]
            if market not in ledger.last:
                ledger.last[market] = event.price
            ledger.fill(market, buy, event)
            self.fills += 1
        elif isinstance(event, Step):
            ledger.step(event)
        elif isinstance(event, Cash):
            ledger.cash += event.amount
            ledger.flows += event.amount
        self.check(state, ledger)

    def check(self, state: State, ledger: Ledger) -> None:
        self.checks += 1
        assert state.cash == pytest.approx(ledger.cash, abs=1e-3)
        assert state.cash >= -1e-3
        for code, m in state.markets.items():
            held = m.position.quantity if m.position is not None else 0
            assert held == ledger.coins.get(code, 0), "not the exchange's coins, to 1e-8"
            assert held >= 0
            assert m.position is None or held > 0
        explained = START_CASH + ledger.moves - ledger.fees + ledger.flows
        assert state.equity() == pytest.approx(explained, abs=0.5), "equity is not explained by moves, fees and flows"


def with_owner(events: Iterator[Event], state: State, seed: int) -> Iterator[Event]:
    """Deposits, withdrawals of free cash and stops of entries at random moments."""
    chance = random.Random(seed)
    for event in events:
        yield event
        if chance.random() < 0.002:
            wanted = sum(m.order.amount for m in state.markets.values() if m.order is not None)
            yield Cash(chance.choice([100_000.0, -50_000.0]) if state.cash > 60_000 + 1.01 * wanted else 200_000.0)
        if chance.random() < 0.002:
            yield Control(chance.choice(["stop_entries", "allow_entries", "allow_entries"]))


def watch(rules: Rules, tables: dict[str, pd.DataFrame], ticks: bool, toy: ToyExchange, seed: int) -> WatchedExchange:
    """Run one world through a watched exchange."""
    state = new_state(rules, START_CASH)
    exchange = WatchedExchange(toy, state)
    events = with_owner(events_of(tables), state, seed)
    if ticks:
        events = (part for event in events for part in four_prices(event))
    trades = list(play(rules, state, events, exchange, exchange.after))
    assert len(trades) == exchange.fills
    return exchange


def four_prices(event: Event) -> Iterator[Event]:
    """A bar as the four ticks of its path."""
    if isinstance(event, Step) and event.traded:
        for price in (event.open, event.low, event.high, event.close):
            yield Step(event.market, event.time, price, price, price, price)
    else:
        yield event


@pytest.mark.parametrize("ticks", [False, True])
@pytest.mark.parametrize(("latency", "parts", "trouble"), [(0, 1, 0.0), (1, 3, 0.0), (3, 3, 0.0), (2, 3, 0.1), (7, 2, 0.3)])
def test_books_balance_whatever_the_fills(ticks: bool, latency: int, parts: int, trouble: float) -> None:
    fills, prices = 0, {"KRW-AAA": 1_234_000.0, "KRW-BBB": 98.7, "KRW-CCC": 0.42}
    for seed in range(3):
        tables = {code: walk_minutes(100 + seed * 10 + k, 1200, price) for k, (code, price) in enumerate(prices.items())}
        rules = busy_rules(tuple(prices), 0.0005, 0.004)
        toy = ToyExchange(rules, latency=latency, parts=parts, trouble=trouble, chance=random.Random(seed))
        exchange = watch(rules, tables, ticks, toy, seed)
        assert exchange.checks > 2_400
        fills += exchange.fills
    assert fills >= 100


def test_books_balance_when_all_cash_is_wanted_everywhere() -> None:
    """Neither risk nor weight: every entry asks for all the cash there is."""
    codes = ("KRW-AAA", "KRW-BBB")
    tables = {code: walk_minutes(200 + k, 1500, 2_500.0) for k, code in enumerate(codes)}
    rules = replace(busy_rules(codes, 0.0005, 0.004), risk=None, weight=None, fee=0.0005)
    exchange = watch(rules, tables, True, ToyExchange(rules, latency=2, parts=3), 0)
    assert exchange.fills >= 30


@pytest.mark.data
def test_books_balance_on_real_minutes(market_data: Path) -> None:
    codes = ("KRW-BTC", "KRW-ETH", "KRW-XRP", "KRW-SOL")
    tables = {code: real_candles(market_data, code, "1m", "2025-09-01", "2025-09-03") for code in codes}
    rules = replace(busy_rules(tuple(tables), 0.0005, 0.002), fee=0.0)
    exchange = watch(rules, tables, True, ToyExchange(rules, latency=1, parts=3, trouble=0.05), 1)
    assert exchange.fills >= 200


def test_late_fills_are_not_the_immediate_ones() -> None:
    """The latency of the tests above is real: it changes what is paid."""
    tables = {"KRW-AAA": walk_minutes(300, 1500, 3_000.0)}
    rules = busy_rules(("KRW-AAA",), 0.0005, 0.004)
    at_once = [t.price for t in play(rules, new_state(rules, START_CASH), events_of(tables), ImmediateFills(rules))]
    state = new_state(rules, START_CASH)
    late = [t.price for t in play(rules, state, cut_into_ticks(rules, state, events_of(tables)), ToyExchange(rules, latency=40))]
    assert len(at_once) >= 10
    assert len(late) >= 10
    assert at_once != late
