"""What an account is worth and what its sales made, against plain arithmetic; the weeks that are asked for."""

from __future__ import annotations

import itertools
from decimal import Decimal as D
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from engine.exchange.upbit.answers import Account, Chance
from engine.exchange.upbit.hand_orders import TradeRefusedError, plan_buy
from engine.exchange.upbit.history import is_uuid, weeks
from engine.exchange.upbit.holdings import Deal, holdings, price_in, realised

PRICES = {
    "KRW-BTC": D(150_000_000),
    "KRW-USDT": D(1400),
    "BTC-ONLY": D("0.0001"),
    "USDT-BTC": D(107_000),
    "USDT-DOLL": D(3),
    "KRW-ETH": D(5_000_000),
}


def account(currency: str, balance: str, average: str = "0", unit: str = "KRW", locked: str = "0") -> Account:
    return Account(
        currency=currency, balance=D(balance), locked=D(locked), avg_buy_price=D(average), avg_buy_price_modified=False, unit_currency=unit
    )


def test_every_balance_is_valued_whatever_it_was_bought_with() -> None:
    found = {
        one.currency: one
        for one in holdings(
            [
                account("KRW", "1000", locked="500"), account("ETH", "2", "4000000"), account("ONLY", "1000", "0.00008", "BTC"),
                account("DOLL", "10", "4", "USDT"), account("USDT", "100", "1500"), account("GIFT", "5"), account("DUST", "0"),
            ],
            PRICES,
        )
    }  # fmt: skip
    assert list(found) == ["KRW", "ONLY", "ETH", "USDT", "DOLL", "GIFT"]
    assert found["KRW"].value_krw == 1500
    assert (found["ETH"].value_krw, found["ETH"].profit_krw) == (10_000_000, 2_000_000)
    assert found["ETH"].profit_ratio == D("0.25")
    assert (found["ONLY"].value_krw, found["ONLY"].profit, found["ONLY"].profit_krw) == (15_000_000, D("0.02"), 3_000_000)
    assert (found["DOLL"].value_krw, found["DOLL"].profit_krw) == (42_000, -14_000)
    assert found["USDT"].profit_krw == -10_000
    assert (found["GIFT"].value_krw, found["GIFT"].profit) == (None, None)
    assert price_in("DOLL", "BTC", PRICES) == D(3) / 107_000


deals = st.lists(
    st.tuples(st.booleans(), st.integers(1, 1000), st.integers(1, 10_000), st.integers(0, 50)), max_size=12
)  # fmt: skip


@given(deals)
def test_profit_by_average_cost(drawn: list[tuple[bool, int, int, int]]) -> None:
    """The plain definition, in fractions: each sale earns its part of the proceeds less the average cost of the coins that are known."""
    volume = cost = profit = unknown = Fraction(0)
    given_deals = []
    for number, (bought, coins, funds, fee) in enumerate(drawn):
        given_deals.append(Deal("KRW-AAA", bought, D(coins), D(funds), D(fee), f"{number:03}"))
        if bought:
            volume, cost = volume + coins, cost + funds + fee
            continue
        known = min(Fraction(coins), volume)
        unknown += coins - known
        if known:
            average = cost / volume
            profit += Fraction(funds - fee) * known / coins - average * known
            volume, cost = volume - known, cost - average * known
    found = realised(given_deals)
    assert len(found) == bool(drawn)
    if found:
        assert abs(Fraction(found[0].profit) - profit) < Fraction(1, 10**6)
        assert found[0].unknown_volume == unknown


@given(st.integers(1, 400), st.integers(10**12, 2 * 10**12))
def test_weeks_cover_the_days_without_gap(days: int, now: int) -> None:
    found = list(weeks(days, now))
    assert found[0][1] == now
    assert found[-1][0] == now - days * 86_400_000
    assert all(0 < end - start <= 7 * 86_400_000 for start, end in found)
    assert all(earlier[1] == later[0] for later, earlier in itertools.pairwise(found))


def chance(cash: D, least: D) -> Chance:
    side = {"currency": "KRW", "min_total": least}
    own = account("KRW", str(cash))
    rules = {
        "id": "KRW-AAA",
        "name": "AAA/KRW",
        "order_sides": ["bid", "ask"],
        "bid": side,
        "ask": side,
        "max_total": D(10**9),
        "state": "active",
    }
    return Chance(bid_fee=D("0.0005"), ask_fee=D("0.0005"), market=rules, bid_account=own, ask_account=own)  # type: ignore[arg-type]


@given(st.integers(1, 10**9), st.integers(0, 10**8), st.integers(1, 10**7), st.one_of(st.none(), st.integers(1, 10**7)))
def test_a_buy_is_never_above_what_was_asked_the_cap_or_the_cash(amount: int, cash: int, most: int, price: int | None) -> None:
    try:
        plan = plan_buy(chance(D(cash), D(5000)), D(amount), D(most), D(1), None if price is None else D(price))
    except TradeRefusedError:
        assert min(amount, cash // 10, most) < 5000 or price is not None
        return
    assert 5000 <= plan.total <= min(D(amount), D(cash) / 10, D(most))
    assert plan.total + plan.fee <= cash
    assert plan.capped == (amount > min(D(cash) / 10, D(most)))
    if price is not None:
        assert plan.terms.price == price
        assert plan.terms.volume is not None
        assert plan.terms.volume * price == plan.total


def test_names_of_orders() -> None:
    assert is_uuid("9ca023a5-851b-4fec-9f0a-48cd83c2eaae")
    assert not is_uuid("hand-9ca023a5851b4fec9f0a48cd83c2eaae")
    assert not is_uuid("9ca023a5851b4fec9f0a48cd83c2eaae")
