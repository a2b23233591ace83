"""Money that comes, goes and moves between pockets: whatever is asked in whatever order, nothing appears and nothing is lost."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal as D

from engine.exchange.simulated.venue.core import Venue
from engine.exchange.simulated.venue.errors import RefusedError
from engine.exchange.simulated.venue.switches import Switches
from engine.exchange.simulated.venue.wallet import Stage, Way

START_MS = 1_795_600_000_000
FEE = D(1000)
ACTS = ("deposit", "withdraw", "cancel", "out", "back", "wait", "order")


def act(venue: Venue, what: str, amount: D, pick: int, now_ms: int) -> None:
    """One request, which may be refused."""
    wallet = venue.wallet
    main, other = wallet.pockets
    if what == "deposit":
        wallet.ask_deposit(amount, now_ms)
    elif what == "withdraw":
        wallet.withdraw("KRW", amount, now_ms)
    elif what == "cancel":
        sent = [moved for moved in wallet.movements if moved.way is Way.WITHDRAW]
        if sent:
            wallet.cancel_withdrawal(sent[pick % len(sent)].uuid, now_ms)
    elif what in ("out", "back"):
        wallet.move(*((main, other) if what == "out" else (other, main)), "KRW", amount, f"{pick}" if pick > 5 else None, now_ms)
    elif what == "order":
        fields = {"market": "KRW-XRP", "side": "bid", "ord_type": "limit", "price": "1000", "volume": str(amount / 1000)}
        venue.place_order(fields, now_ms)


def test_money_is_neither_made_nor_lost() -> None:
    """Forty lives of sixty requests, drawn by seed; every request was done, and refused in every way that it can be."""
    seen: Counter[str] = Counter()
    for seed in range(40):
        live(random.Random(seed), seen)
    assert min(seen[what] for what in ACTS) >= 20, seen
    assert min(seen[name] for name in ("invalid_funds", "invalid_parameter", "duplicated_identifier")) >= 10, seen


def live(chance: random.Random, seen: Counter[str]) -> None:
    """One account's life; after each request its books balance."""
    venue = Venue(["KRW-XRP"], Switches(krw_withdraw_fee=FEE))
    venue.deposit("KRW", D(50_000))
    now_ms = START_MS
    for _ in range(60):
        what, amount, pick = chance.choice(ACTS), D(chance.randrange(100_000, 2_000_000)) / 100, chance.randrange(10)
        now_ms += pick * 7_000 if what == "wait" else 1
        venue.wallet.advance(now_ms)
        before = venue.ledger.balances(), venue.wallet.held(venue.wallet.pockets[1])
        try:
            act(venue, what, amount, pick, now_ms)
            seen[what] += 1
        except RefusedError as error:
            seen[error.name] += 1
            assert (venue.ledger.balances(), venue.wallet.held(venue.wallet.pockets[1])) == before
        moved = venue.wallet.movements
        came = D(50_000) + sum(m.amount for m in moved if m.way is Way.DEPOSIT and m.stage is Stage.ACCEPTED)
        gone = sum((m.amount + FEE for m in moved if m.stage is Stage.DONE), D(0))
        going = sum((m.amount + FEE for m in moved if m.way is Way.WITHDRAW and m.stage in (Stage.WAITING, Stage.PROCESSING)), D(0))
        balance, kept = venue.ledger.balance("KRW"), venue.wallet.held(venue.wallet.pockets[1]).get("KRW", D(0))
        assert balance.total + kept == came - gone
        assert balance.locked == going + sum((order.locked for order in venue.orders.values() if order.is_open), D(0))
