"""The order plan may refuse or shrink, never enlarge; and the same decision always has the same identifier."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.events import Intent, Side
from engine.orders.plan import LegalOrder, Means, Refusal, RefusalReason, identifier, plan_order

TIME = 1_756_684_800_000
MINIMUM = 5000
FEE = Decimal("0.0005")


def buy(amount: float) -> Intent:
    return Intent(7, "KRW-XRP", Side.BID, amount, 0.0, math.nan, -1, TIME)


def sale(quantity_e8: float, level: float = math.nan) -> Intent:
    return Intent(8, "KRW-XRP", Side.ASK, 0.0, quantity_e8, level, 2, TIME)


def means(free: Decimal | int = 10**9, held: Decimal | int = 10**6, reference: Decimal | int | None = 4000) -> Means:
    return Means(Decimal(free), Decimal(held), None if reference is None else Decimal(reference), FEE)


@given(st.floats(0, 1e11), st.decimals(-1000, 10**11, allow_nan=False, places=8))
def test_a_buy_is_never_larger_than_wanted_or_paid_for(amount: float, free: Decimal) -> None:
    planned = plan_order("owner", buy(amount), means(free=free))
    if isinstance(planned, LegalOrder):
        assert MINIMUM <= planned.amount_krw <= Decimal(amount)
        assert planned.amount_krw * (1 + FEE) <= free
        assert planned.amount_krw == int(planned.amount_krw)
    else:
        assert planned.actual < planned.needed == MINIMUM
        assert amount < MINIMUM or free < (MINIMUM + 1) * (1 + FEE)


@given(st.integers(0, 10**15), st.decimals(0, 10**7, allow_nan=False, places=8), st.sampled_from([math.nan, 0.5, 4001.0]))
def test_a_sale_is_never_more_than_wanted_or_held(quantity_e8: int, held: Decimal, level: float) -> None:
    planned = plan_order("owner", sale(float(quantity_e8), level), means(held=held))
    smaller = min(Decimal(quantity_e8).scaleb(-8), held)
    if isinstance(planned, LegalOrder):
        assert planned.quantity == smaller
        assert planned.quantity * 4000 >= MINIMUM or not math.isnan(level)
        assert planned.level_krw == (None if math.isnan(level) else level)
    else:
        assert smaller <= 0 or (math.isnan(level) and smaller * 4000 < MINIMUM)


def test_what_fits_is_left_alone() -> None:
    planned = plan_order("owner", buy(1_234_567.0), means())
    assert isinstance(planned, LegalOrder)
    assert planned.amount_krw == 1_234_567
    planned = plan_order("owner", sale(123_456_789.0), means(reference=10_000))
    assert isinstance(planned, LegalOrder)
    assert planned.quantity == Decimal("1.23456789")


@pytest.mark.parametrize(
    ("intent", "given_means", "reason"),
    [
        (buy(4999.0), means(), RefusalReason.BELOW_MINIMUM),
        (buy(10_000.0), means(free=-5), RefusalReason.BELOW_MINIMUM),
        (sale(1e8), means(held=0), RefusalReason.NOTHING_AVAILABLE),
        (sale(1e8), means(reference=None), RefusalReason.NO_REFERENCE_PRICE),
        (sale(1e8), means(reference=4999), RefusalReason.BELOW_MINIMUM),
    ],
)
def test_refusals_say_why(intent: Intent, given_means: Means, reason: RefusalReason) -> None:
    planned = plan_order("owner", intent, given_means)
    assert isinstance(planned, Refusal)
    assert planned.reason is reason
    assert planned.actual < planned.needed


def test_an_identifier_is_a_function_of_its_content() -> None:
    first = buy(10_000.0)
    others = [
        identifier("other", first), identifier("owner", first, attempt=1), identifier("owner", replace(first, market="KRW-BTC")),
        identifier("owner", replace(first, time_ms=TIME + 1)), identifier("owner", replace(first, side=Side.ASK)),
        identifier("owner", replace(first, exit_index=3)), identifier("owner", replace(first, order_id=9)),
    ]  # fmt: skip
    assert identifier("owner", first) == identifier("owner", buy(10_000.0))
    assert len({identifier("owner", first), *others}) == 8
