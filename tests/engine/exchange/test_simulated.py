"""The simulated exchange: exact accounts that explain every won, locks that hold, answers to every question."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.exchange.simulated.accounts import Accounts, InsufficientFundsError
from engine.exchange.simulated.exchange import OrderReport, Rejected, RejectReason, SimulatedExchange
from engine.exchange.simulated.venue.answers import accounts_json, order_json
from engine.exchange.simulated.venue.listing import closed_orders, open_orders
from engine.exchange.simulated.venue.orders import State
from engine.exchange.simulated.venue.query import Query
from engine.kernel.desk import FillModel
from engine.model.events import Done, DoneReason, Fill, Side, Step
from engine.orders.plan import LegalOrder

TIME = 1_756_684_800_000
MINUTE = 60_000
MARKET = "KRW-XRP"
FEE = Decimal("0.0005")


def exchange(cash: int = 1_000_000, latency_ms: int = 0) -> SimulatedExchange:
    made = SimulatedExchange((MARKET,), FillModel.of((MARKET,), 0.0005, 0.0005, compiled=False), FEE, latency_ms)
    made.deposit("KRW", Decimal(cash))
    return made


def buy(name: str, amount: int, time_ms: int = TIME) -> LegalOrder:
    return LegalOrder(name, 1, MARKET, Side.BID, Decimal(amount), Decimal(0), None, time_ms)


def sale(name: str, quantity: Decimal, level: float | None = None, time_ms: int = TIME) -> LegalOrder:
    return LegalOrder(name, 2, MARKET, Side.ASK, Decimal(0), quantity, level, time_ms)


def step(price: float, minute: int = 0, traded: bool = True) -> Step:
    return Step(MARKET, TIME + minute * MINUTE, price, price, price, price, 1.0, traded)


def test_a_buy_locks_trades_and_gives_the_rest_back() -> None:
    venue = exchange()
    assert isinstance(venue.place(buy("a", 100_000)), OrderReport)
    assert (venue.accounts()["KRW"].free, venue.accounts()["KRW"].locked) == (Decimal(899_950), Decimal(100_050))
    fill, done = venue.trade(step(3998.0))
    assert isinstance(fill, Fill)
    assert isinstance(done, Done)
    report = venue.order("a")
    assert report is not None
    assert fill.price_krw == 4000.0
    assert report.executed == Decimal(25)
    assert (report.traded_krw, report.fee_krw) == (Decimal(100_000), Decimal(50))
    assert report.state is State.DONE
    assert venue.accounts()["KRW"].total == Decimal(899_950)
    assert venue.accounts()["XRP"].free == Decimal(25)


def test_a_buy_with_a_residue_ends_as_upbits_do() -> None:
    venue = exchange()
    venue.place(buy("a", 99_999))
    venue.trade(step(3400.0))
    report = venue.order("a")
    assert report is not None
    assert report.state is State.CANCEL
    assert report.executed > 0
    assert venue.accounts()["KRW"].locked == 0


def test_a_sale_inside_a_step_trades_at_its_level_and_later_at_the_open() -> None:
    for latency_ms, minute, price in ((0, 0, 3900.0), (1, 1, 3500.0)):
        venue = exchange(latency_ms=latency_ms)
        venue.deposit("XRP", Decimal(10))
        venue.place(sale("a", Decimal(10), level=3902.0))
        first = venue.trade(step(3600.0))
        answers = first or venue.trade(step(3502.0, 1))
        assert bool(first) == (latency_ms == 0)
        assert isinstance(answers[0], Fill)
        assert answers[0].price_krw == price
        assert answers[0].time_ms == TIME + minute * MINUTE


def test_nothing_trades_where_nothing_traded() -> None:
    venue = exchange()
    venue.place(buy("a", 100_000))
    assert venue.trade(step(4000.0, traded=False)) == []
    assert venue.trade(Step("KRW-BTC", TIME, 4000.0, 4000.0, 4000.0, 4000.0, 1.0, True)) == []
    assert [report.order.identifier for report in venue.open_orders()] == ["a"]


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (buy("used", 10_000), RejectReason.IDENTIFIER_USED),
        (buy("new", 4_999), RejectReason.BELOW_MINIMUM),
        (buy("new", 999_999), RejectReason.INSUFFICIENT_FUNDS),
        (sale("new", Decimal(1)), RejectReason.INSUFFICIENT_FUNDS),
        (LegalOrder("new", 1, "KRW-ETH", Side.BID, Decimal(10_000), Decimal(0), None, TIME), RejectReason.UNKNOWN_MARKET),
    ],
)
def test_orders_that_are_not_taken_change_nothing(order: LegalOrder, reason: RejectReason) -> None:
    venue = exchange()
    venue.place(buy("used", 10_000))
    venue.cancel("used", TIME)
    before = venue.accounts()
    assert venue.place(order) == Rejected(order.identifier, reason)
    assert venue.accounts() == before
    assert venue.open_orders() == []
    assert venue.order("new") is None


def test_a_cancelled_order_gives_everything_back_once() -> None:
    venue = exchange()
    venue.place(buy("a", 100_000))
    assert venue.cancel("a", TIME + 5) == [Done(1, MARKET, DoneReason.CANCELLED, TIME + 5)]
    assert venue.cancel("a", TIME + 6) == []
    assert venue.accounts()["KRW"].free == Decimal(1_000_000)
    report = venue.order("a")
    assert report is not None
    assert report.state is State.CANCEL


def test_the_account_answers_the_exchanges_own_questions() -> None:
    """What paper trades is in the core: its orders, fills and balances are those that the served exchange would show."""
    venue = exchange(latency_ms=1)
    venue.place(buy("a", 99_999))
    assert [row["locked"] for row in open_orders(venue.core, Query({}, private=True))] == ["100048.9995"]
    venue.trade(step(3400.0, 1))
    venue.place(sale("b", Decimal(5), time_ms=TIME + MINUTE))
    venue.trade(step(3300.0, 2))
    rows = closed_orders(venue.core, Query({"order_by": ["asc"]}, private=True), TIME + 2 * MINUTE)
    told = [(row["identifier"], row["side"], row["ord_type"], row["state"], row["trades_count"]) for row in rows]
    assert told == [("a", "bid", "price", "cancel", 1), ("b", "ask", "market", "done", 1)]
    (fill,) = order_json(venue.core.find(None, "b"), with_trades=True)["trades"]
    assert (fill["price"], fill["volume"], fill["funds"]) == ("3298", "5", "16490")
    shown = {row["currency"]: Decimal(row["balance"]) for row in accounts_json(venue.core)}
    assert shown == {currency: balance.free for currency, balance in venue.accounts().items()}
    again = venue.place(buy("b", 10_000, TIME + 3 * MINUTE))
    assert again == Rejected("b", RejectReason.IDENTIFIER_USED)


ACTIONS = st.lists(st.tuples(st.sampled_from(["buy", "sell", "step", "cancel"]), st.integers(1, 10**6)), max_size=40)


@given(ACTIONS)
def test_every_won_is_explained(actions: list[tuple[str, int]]) -> None:
    venue = exchange(3_000_000)
    for number, (action, size) in enumerate(actions):
        if action == "buy":
            venue.place(buy(f"{number}", 5_000 + size, TIME + number * MINUTE))
        elif action == "sell":
            held = venue.accounts().get("XRP")
            quantity = Decimal(0) if held is None else (held.free * size / 10**6).quantize(Decimal("1e-8"))
            venue.place(sale(f"{number}", min(quantity, held.free if held else quantity), time_ms=TIME + number * MINUTE))
        elif action == "step":
            venue.trade(step(float(3000 + size % 997), number))
        else:
            waiting = venue.open_orders()
            if waiting:
                venue.cancel(waiting[size % len(waiting)].order.identifier, TIME)
    reports = [report for number in range(len(actions)) if (report := venue.order(f"{number}")) is not None]
    bought = [r for r in reports if r.order.side is Side.BID]
    sold = [r for r in reports if r.order.side is Side.ASK]
    paid = sum((r.traded_krw + r.fee_krw for r in bought), Decimal(0)) - sum((r.traded_krw - r.fee_krw for r in sold), Decimal(0))
    assert venue.accounts()["KRW"].total == Decimal(3_000_000) - paid
    coins = sum((r.executed for r in bought), Decimal(0)) - sum((r.executed for r in sold), Decimal(0))
    assert (venue.accounts()["XRP"].total if "XRP" in venue.accounts() else Decimal(0)) == coins
    waiting_locks = sum((r.locked for r in venue.open_orders() if r.order.side is Side.BID), Decimal(0))
    assert venue.accounts()["KRW"].locked == waiting_locks


def test_accounts_never_go_below_zero() -> None:
    accounts = Accounts()
    accounts.credit("KRW", Decimal(10))
    with pytest.raises(InsufficientFundsError):
        accounts.lock("KRW", Decimal("10.00000001"))
    accounts.lock("KRW", Decimal(4))
    with pytest.raises(AssertionError):
        accounts.spend("KRW", Decimal(5))
    with pytest.raises(AssertionError):
        accounts.release("KRW", Decimal(5))
    assert (accounts.balance("KRW").free, accounts.balance("KRW").locked) == (Decimal(6), Decimal(4))
    assert math.isclose(float(accounts.balance("KRW").total), 10.0)
