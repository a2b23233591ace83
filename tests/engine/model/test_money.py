"""Decimal rounding: direction, exactness, refusals."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.money import QUANTITY_STEP, ceil_to, coins, exact, floor_krw, floor_quantity, floor_quotient, floor_to

D = Decimal
VALUES = st.decimals(min_value=-(10**12), max_value=10**12, places=12, allow_nan=False)
UNITS = st.sampled_from([D(1), D("0.5"), D("0.1"), D(1000), QUANTITY_STEP])


@given(VALUES, UNITS)
def test_down_and_up_enclose_the_value_by_less_than_a_unit(value: Decimal, unit: Decimal) -> None:
    down, up = floor_to(value, unit), ceil_to(value, unit)
    assert down <= value <= up
    assert up - down in (0, unit)
    assert floor_to(down, unit) == down
    assert ceil_to(up, unit) == up


def test_known_values() -> None:
    assert floor_krw("1234.99") == 1234
    assert floor_krw("-0.5") == -1
    assert floor_quantity("0.123456789") == D("0.12345678")
    assert floor_quotient(30000, "0.7") == D("42857.14285714")
    assert floor_quotient(1000, 3) == D("333.33333333")
    assert exact(0.1) == D("0.1")


@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_a_quotient_never_buys_more_than_the_amount(amount: int, price: int) -> None:
    quantity = floor_quotient(amount, price)
    assert quantity * price <= amount < (quantity + QUANTITY_STEP) * price


@given(st.integers(0, 10**22))
def test_a_count_is_the_number_that_its_float_is(count: int) -> None:
    assert coins(float(count)) == D(int(float(count))) * QUANTITY_STEP


def test_a_count_is_not_its_shortest_text() -> None:
    """43,763,676,148,796,497,920 is written 4.37636761487965e+19, which is more than was bought."""
    assert coins(4.37636761487965e19) == D("437636761487.96497920")
    assert coins(0.5) == D("5E-9")


@pytest.mark.parametrize("value", ["", "abc", "nan", "inf", float("nan"), float("inf")])
def test_what_is_no_finite_number_is_refused(value: str | float) -> None:
    with pytest.raises(ValueError, match="number"):
        exact(value)


@pytest.mark.parametrize("unit", [D(0), D(-1)])
def test_a_unit_must_be_positive(unit: Decimal) -> None:
    with pytest.raises(ValueError, match="positive"):
        floor_to(1, unit)
