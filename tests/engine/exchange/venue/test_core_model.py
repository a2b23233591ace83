"""The simulated exchange against a plain slow model of it: after every event both agree on every order and on every balance, to the last
digit; no money is made; what is locked is what open orders lock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
times = st.sampled_from([None, None, "ioc", "fok", "post_only"])
names = st.one_of(st.none(), st.integers(0, 30).map(str))
parts = st.sampled_from([Decimal(1), Decimal(1), Decimal("0.37"), Decimal("0.1"), Decimal("0.000001")])
level_sizes = st.lists(st.integers(1, 3 * 10**9).map(lambda count: Decimal(count) / 10**8), max_size=4)


@dataclass(frozen=True)
class Wanted:
    """An order for both."""

    market: str
    side: str
    kind: str
    price: Decimal | None
    volume: Decimal | None
    tif: str | None
    smp: str | None
    name: str | None

    @property
    def fields(self) -> dict[str, object]:
        """As the exchange takes it."""
        found: dict[str, object] = {"market": self.market, "side": self.side, "ord_type": self.kind}
        found |= {"time_in_force": self.tif, "smp_type": self.smp, "identifier": self.name}
        return found | {name: f"{value:f}" for name, value in (("price", self.price), ("volume", self.volume)) if value is not None}

    @property
    def plain(self) -> Plain:
        """As the model takes it."""
        price, volume = (None if value is None else F(value) for value in (self.price, self.volume))
        smp = self.smp or ("none" if self.tif == "post_only" else "cancel_maker")
        left, money = volume or F(0), (price or F(0)) if volume is None else F(0)
        return Plain(self.market, self.side, self.kind, price, volume, self.tif, smp, left, money)


class VenueMachine(RuleBasedStateMachine):
    """Random orders, replacements, cancels, deposits, books, maintenance and trades of others, whole and in parts, on both."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ms = START_MS
        self.taken: list[str] = []
        self.refused: list[str] = []
        self.names: dict[str, str | None] = {}

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

    @rule(currency=st.sampled_from(CURRENCIES), amount=volumes)
    def deposit(self, currency: str, amount: Decimal) -> None:
        self.venue.deposit(currency, amount)
        self.model.deposits[currency] += F(amount)

    @rule(market=markets, side=sides, price=prices, volume=volumes, tif=times, smp=smp_types, name=names)
    def limit(self, market: str, side: str, price: int, volume: Decimal, tif: str | None, smp: str | None, name: str | None) -> None:
        self.order(Wanted(market, side, "limit", Decimal(price), volume, tif, "none" if tif == "post_only" and smp else smp, name))

    @rule(market=markets, side=sides, amount=volumes, tif=st.sampled_from([None, "ioc", "fok"]), smp=smp_types, name=names)
    def at_market(self, market: str, side: str, amount: Decimal, tif: str | None, smp: str | None, name: str | None) -> None:
        kind = "best" if tif else "price" if side == "bid" else "market"
        self.order(Wanted(market, side, kind, amount * 1003 if side == "bid" else None, amount if side == "ask" else None, tif, smp, name))

    @precondition(lambda self: self.taken)
    @rule(number=st.integers(0, 100), price=prices, volume=st.one_of(st.none(), volumes), tif=times, smp=smp_types, name=names)
    def replace(self, number: int, price: int, volume: Decimal | None, tif: str | None, smp: str | None, name: str | None) -> None:
        """Cancel and new; without a volume: what the old one has left."""
        number %= len(self.taken)
        self.now_ms += 10
        old = self.model.orders[number]
        left = Decimal(old.left.numerator) / old.left.denominator if volume is None else volume
        new = Wanted(old.market, old.side, "limit", Decimal(price), left, tif, "none" if tif == "post_only" and smp else smp, name)
        fields = {f"new_{key}": value for key, value in new.fields.items() if key not in ("market", "side")}
        fields |= {"prev_order_uuid": self.taken[number], **({} if volume is not None else {"new_volume": "remain_only"})}
        if old.state != "wait":
            return self.expect("order_not_found", lambda: self.venue.cancel_and_new(fields, self.now_ms))
        if name is not None and name in self.names:
            return self.expect("duplicated_identifier", lambda: self.venue.cancel_and_new(fields, self.now_ms))
        old.state = "cancel"
        refusal = self.model.refusal(new.plain)
        if refusal is not None:
            old.state = "wait"
            return self.expect(refusal, lambda: self.venue.cancel_and_new(fields, self.now_ms))
        before, made = self.venue.cancel_and_new(fields, self.now_ms)
        assert (str(before.state), before.uuid) == ("wait", self.taken[number])
        return self.take(new, made.uuid)

    @rule(market=markets, price=prices, volume=volumes, bought=st.booleans(), part=parts)
    def others_trade(self, market: str, price: int, volume: Decimal, bought: bool, part: Decimal) -> None:
        self.now_ms += 1000
        self.venue.share = lambda _: part
        self.venue.passed(Passing(market, self.now_ms, Decimal(price), volume, bought))
        self.model.passed(market, F(price), F(volume), bought, F(part))

    @rule(market=markets, drawn=st.integers(0, 3))
    def maintenance(self, market: str, drawn: int) -> None:
        """It ends sooner than it begins."""
        if drawn and market not in self.model.closed:
            return
        self.venue.close_market(market, market not in self.model.closed)
        self.model.maintain(market)

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

    def order(self, wanted: Wanted) -> None:
        self.now_ms += 10
        refusal = "duplicated_identifier" if wanted.name in self.names else self.model.refusal(wanted.plain)
        if refusal is not None:
            self.expect(refusal, lambda: self.venue.place_order(wanted.fields, self.now_ms))
            if wanted.name is not None:
                self.names.setdefault(wanted.name, None)  # used up all the same
            return
        self.take(wanted, self.venue.place_order(wanted.fields, self.now_ms).uuid)

    def take(self, wanted: Wanted, uuid: str) -> None:
        self.taken.append(uuid)
        if wanted.name is not None:
            self.names[wanted.name] = uuid
        self.model.place(wanted.plain)

    def expect(self, refusal: str, call: Callable[[], object]) -> None:
        with pytest.raises(RefusedError, match=refusal):
            call()
        self.refused.append(refusal)

    @invariant()
    def identifiers_lead_to_their_orders(self) -> None:
        for name, uuid in self.names.items():
            if uuid is None:
                with pytest.raises(RefusedError, match="order_not_found"):
                    self.venue.find(None, name)
            else:
                assert self.venue.find(None, name).uuid == uuid

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
    run_state_machine_as_test(VenueMachine, settings=settings(max_examples=1_000, stateful_step_count=80))
    assert sum(fills for _, _, fills in SEEN) > 5000
