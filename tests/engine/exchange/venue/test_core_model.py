"""The simulated exchange against a plain slow model of it: after every event both agree on every order and on every balance, to the last
digit; no money is made; what is locked is what open orders lock."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from engine.exchange.simulated.venue.book import Book, Level
from engine.exchange.simulated.venue.core import Passing, Venue
from engine.exchange.simulated.venue.errors import RefusedError
from engine.exchange.simulated.venue.orders import Prevention
from engine.exchange.simulated.venue.switches import Switches
from engine.model.market import FeeRates
from tests.oracles.venue_model import F, Model, Plain

MARKETS = ("KRW-ADA", "KRW-XRP")
CURRENCIES = ("ADA", "KRW", "XRP")
START_MS = 1_795_600_000_000  # November 2026: own orders do not trade with each other unless asked to
MAKER, TAKER = Decimal("0.0004"), Decimal("0.0005")

markets = st.sampled_from(MARKETS)
sides = st.sampled_from(["bid", "ask"])
prices = st.integers(998, 1006)
volumes = st.one_of(st.integers(1, 40).map(Decimal), st.integers(5 * 10**8, 25 * 10**8).map(lambda count: Decimal(count) / 10**8))
smp_types = st.sampled_from([None, *(str(kind) for kind in Prevention)])
level_sizes = st.lists(st.integers(1, 3 * 10**9).map(lambda count: Decimal(count) / 10**8), max_size=4)


class VenueMachine(RuleBasedStateMachine):
    """Random orders, cancels, books and trades of others on both."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ms = START_MS
        self.taken: list[str] = []
        self.refused: list[str] = []

    @initialize(whole=st.booleans(), share=st.sampled_from(["0", "0.5", "1"]), krw=st.integers(5_000, 1_000_000), coins=st.integers(5, 600))
    def open(self, whole: bool, share: str, krw: int, coins: int) -> None:
        switches = Switches(passing_volume="whole" if whole else "traded", queue_share=Decimal(share))
        self.venue = Venue(MARKETS, switches, fees=dict.fromkeys(MARKETS, FeeRates(MAKER, TAKER)))
        self.model = Model((F(MAKER), F(TAKER)), whole, F(share))
        for currency, amount in (("KRW", krw), ("XRP", coins), ("ADA", coins)):
            self.venue.deposit(currency, Decimal(amount))
            self.model.deposits[currency] = F(amount)
        for market in MARKETS:
            self.book(market, 1002, 1, [Decimal(20)], [Decimal(20)])

    @rule(market=markets, middle=prices, gap=st.integers(1, 3), bids=level_sizes, asks=level_sizes)
    def book(self, market: str, middle: int, gap: int, bids: list[Decimal], asks: list[Decimal]) -> None:
        below = tuple(Level(Decimal(middle - i), size) for i, size in enumerate(bids))
        above = tuple(Level(Decimal(middle + gap + i), size) for i, size in enumerate(asks))
        self.venue.show_book(market, Book(below, above), self.now_ms)
        self.model.books[market] = {"bid": [[F(p), F(s)] for p, s in below], "ask": [[F(p), F(s)] for p, s in above]}

    @rule(
        market=markets,
        side=sides,
        price=prices,
        volume=volumes,
        tif=st.sampled_from([None, None, "ioc", "fok", "post_only"]),
        smp=smp_types,
    )
    def limit(self, market: str, side: str, price: int, volume: Decimal, tif: str | None, smp: str | None) -> None:
        self.order(market, side, "limit", Decimal(price), volume, tif, "none" if tif == "post_only" and smp else smp)

    @rule(market=markets, side=sides, amount=volumes, tif=st.sampled_from([None, "ioc", "fok"]), smp=smp_types)
    def at_market(self, market: str, side: str, amount: Decimal, tif: str | None, smp: str | None) -> None:
        kind = "best" if tif else "price" if side == "bid" else "market"
        self.order(market, side, kind, amount * 1003 if side == "bid" else None, amount if side == "ask" else None, tif, smp)

    @rule(market=markets, price=prices, volume=volumes, bought=st.booleans())
    def others_trade(self, market: str, price: int, volume: Decimal, bought: bool) -> None:
        self.now_ms += 1000
        self.venue.passed(Passing(market, self.now_ms, Decimal(price), volume, bought))
        self.model.passed(market, F(price), F(volume), bought)

    @precondition(lambda self: self.taken)
    @rule(number=st.integers(0, 100))
    def cancel(self, number: int) -> None:
        number %= len(self.taken)
        if self.model.orders[number].state != "wait":
            with pytest.raises(RefusedError, match="order_not_found"):
                self.venue.cancel(self.taken[number], None)
        else:
            assert str(self.venue.cancel(self.taken[number], None).state) == "wait"
            self.model.orders[number].state = "cancel"

    def order(
        self, market: str, side: str, kind: str, price: Decimal | None, volume: Decimal | None, tif: str | None, smp: str | None
    ) -> None:
        self.now_ms += 10
        fields = {"market": market, "side": side, "ord_type": kind, "time_in_force": tif, "smp_type": smp}
        fields |= {name: f"{value:f}" for name, value in (("price", price), ("volume", volume)) if value is not None}
        plain = Plain(
            market, side, kind, None if price is None else F(price), None if volume is None else F(volume), tif,
            smp or ("none" if tif == "post_only" else "cancel_maker"), F(volume or 0), F(price or 0) if volume is None else F(0),
        )  # fmt: skip
        refusal = self.model.refusal(plain)
        if refusal is not None:
            with pytest.raises(RefusedError, match=refusal):
                self.venue.place_order(fields, self.now_ms)
            self.refused.append(refusal)
            return
        self.taken.append(self.venue.place_order(fields, self.now_ms).uuid)
        self.model.place(plain)

    @invariant()
    def orders_agree(self) -> None:
        for uuid, plain in zip(self.taken, getattr(self, "model", Model((F(0), F(0)), True, F(0))).orders, strict=True):
            order = self.venue.orders[uuid]
            fees = sum((p * v * (F(MAKER) if made else F(TAKER)) for p, v, made in plain.fills), F(0))
            assert str(order.state) == plain.state
            assert [(F(t.price), F(t.volume), t.is_maker) for t in order.trades] == plain.fills
            assert F(order.executed_volume) == sum((v for _, v, _ in plain.fills), F(0))
            assert F(order.remaining_volume) == plain.left
            assert F(order.paid_fee) == fees
            assert F(order.locked) == self.model.lock_of(plain)
            assert (F(order.prevented_volume), F(order.prevented_locked)) == (plain.gone, plain.freed)
            if order.request.volume is not None:
                assert order.request.volume == order.executed_volume + order.remaining_volume + order.prevented_volume

    @invariant()
    def books_balance(self) -> None:
        if not hasattr(self, "model"):
            return
        for currency in CURRENCIES:
            balance = self.venue.ledger.balance(currency)
            assert (F(balance.free), F(balance.locked)) == (self.model.free(currency), self.model.locked(currency))
            assert balance.free >= 0 <= balance.locked

    def teardown(self) -> None:
        SEEN.append((len(self.taken), len(self.refused), sum(len(p.fills) for p in self.model.orders) if self.taken else 0))


SEEN: list[tuple[int, int, int]] = []


def test_the_exchange_agrees_with_a_plain_model() -> None:
    SEEN.clear()
    run_state_machine_as_test(VenueMachine, settings=settings(stateful_step_count=25))
    orders, refusals, fills = (sum(counts) for counts in zip(*SEEN, strict=True))
    assert min(orders, fills) > 8, (orders, refusals, fills)
    assert refusals > 3


@pytest.mark.deep
def test_the_exchange_agrees_with_a_plain_model_for_long() -> None:
    SEEN.clear()
    run_state_machine_as_test(VenueMachine, settings=settings(stateful_step_count=80))
    assert sum(fills for _, _, fills in SEEN) > 5000
