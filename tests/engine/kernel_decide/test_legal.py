"""The compiled price grid against the Decimal one: every table, band, edge and date, and the exactness of quantities."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kernel.legal import Venue, ceil_tick, floor_quantity, floor_ratio, floor_tick, make_venue, unit_and_scale
from engine.kernel.load import compile_function
from engine.model.market import SINCE_ALWAYS_MS, round_ask_price_up, smallest_price, tick_periods, tick_size
from engine.model.money import floor_quotient

MARKETS = ("BTC-ETH", "KRW-ADA", "KRW-BTC", "KRW-USDT", "USDT-BTC")
VENUE = make_venue(MARKETS, 0.0005, 0.0005, on_grid=True)
FLOOR = compile_function(floor_tick)
CEIL = compile_function(ceil_tick)
QUANTITY = compile_function(floor_quantity)
RATIO = compile_function(floor_ratio)

#: one moment inside every table of every market, and its first and last ms
MOMENTS = sorted(
    {
        moment
        for market in MARKETS
        for period in tick_periods(market)
        for moment in ((1_500_000_000_000,) if period.from_ms == SINCE_ALWAYS_MS else (period.from_ms - 1, period.from_ms, period.from_ms + 10**9))
    }
)


def expected_floor(market: str, price: float, at_ms: int) -> float:
    """Decimal's answer, by division; the smallest price where it would be nothing."""
    value = Decimal(repr(price))
    tick = tick_size(market, value, at_ms)
    return float(max(value // tick * tick, smallest_price(market, at_ms)))


def edge_prices(market: str, at_ms: int) -> list[float]:
    """Every band's bounds and their neighbours: one ulp, one tick, half a tick away."""
    found: list[float] = []
    for bound in sorted({band.low for period in tick_periods(market) for band in period.bands if band.low > 0}):
        tick = tick_size(market, bound, at_ms)
        found += [float(bound + tick * Decimal(step)) for step in ("-2", "-1", "-0.5", "0", "0.5", "1", "2") if bound + tick * Decimal(step) > 0]
        found += [math.nextafter(float(bound), math.inf), math.nextafter(float(bound), 0.0)]
    return found


@pytest.mark.parametrize("market", MARKETS)
def test_every_edge_of_every_table_agrees_with_decimal(market: str) -> None:
    index = MARKETS.index(market)
    compared = 0
    for moment in MOMENTS:
        for price in edge_prices(market, moment):
            assert FLOOR(VENUE, index, price, moment) == expected_floor(market, price, moment)
            assert CEIL(VENUE, index, price, moment) == float(round_ask_price_up(price, market, moment))
            compared += 1
    assert compared >= (0 if market == "BTC-ETH" else 300)


@given(st.sampled_from(MARKETS), st.sampled_from(MOMENTS), st.floats(min_value=1e-9, max_value=5e8, exclude_min=True))
def test_any_price_agrees_with_decimal(market: str, moment: int, price: float) -> None:
    index = MARKETS.index(market)
    assert FLOOR(VENUE, index, price, moment) == expected_floor(market, price, moment)
    assert CEIL(VENUE, index, price, moment) == float(round_ask_price_up(price, market, moment))


@given(st.sampled_from(MARKETS), st.sampled_from(MOMENTS), st.integers(1, 10**7), st.integers(-8, 3))
def test_a_grid_price_is_itself_in_every_bit(market: str, moment: int, count: int, exponent: int) -> None:
    """A price on the grid as text, read as a float, is neither moved down nor up; one ulp below goes to the tick below."""
    value = Decimal(count).scaleb(exponent)
    tick = tick_size(market, value, moment)
    on_grid = max(value // tick, Decimal(1)) * tick
    price, index = float(on_grid), MARKETS.index(market)
    assert FLOOR(VENUE, index, price, moment) == price
    assert CEIL(VENUE, index, price, moment) == price
    below = FLOOR(VENUE, index, math.nextafter(price, 0.0), moment)
    assert below < price or on_grid == smallest_price(market, moment)


def test_a_run_across_a_change_of_tables_uses_each_in_its_time() -> None:
    """KRW-BTC 600,050: tick 100 until 2025-07-31 00:00 KST, 500 from then on."""
    index, change = MARKETS.index("KRW-BTC"), 1_753_887_600_000
    assert (FLOOR(VENUE, index, 600_450.0, change - 1), FLOOR(VENUE, index, 600_450.0, change)) == (600_400, 600_000)
    assert (CEIL(VENUE, index, 600_450.0, change - 1), CEIL(VENUE, index, 600_450.0, change)) == (600_500, 600_500)


def test_nothing_below_the_smallest_price_and_nothing_from_a_missing_one() -> None:
    now = 1_760_000_000_000
    for price in (0.0, -5.0, 1e-12):
        assert FLOOR(VENUE, 2, price, now) == 1e-8
        assert CEIL(VENUE, 2, price, now) == 1e-8
    for price in (math.nan, math.inf, -math.inf):
        assert math.isnan(FLOOR(VENUE, 2, price, now))
        assert math.isnan(CEIL(VENUE, 2, price, now))


def test_without_a_grid_prices_stay_as_they_are() -> None:
    free: Venue = make_venue(("KRW-BTC",), 0.0, 0.0, on_grid=False)
    assert FLOOR(free, 0, 1234.5678, 0) == 1234.5678
    assert CEIL(free, 0, 1234.5678, 0) == 1234.5678
    assert QUANTITY(free, 0, 1000.0, 3.0, 0) == 1000.0 / 3.0 * 1e8


@given(st.sampled_from(MOMENTS), st.integers(1, 10**9), st.integers(1, 10**7), st.integers(-4, 2))
def test_quantities_are_rounded_down_exactly(moment: int, amount: int, count: int, exponent: int) -> None:
    """Whole KRW over a grid price, up to 2^53 counts of 1e-8 (9e15: beyond, a float holds no single counts)."""
    value = Decimal(count).scaleb(exponent)
    tick = tick_size("KRW-BTC", value, moment)
    price = max(value // tick, Decimal(1)) * tick
    exact = floor_quotient(amount, price) * 10**8
    found = QUANTITY(VENUE, 2, float(amount), float(price), moment)
    if exact < 2**53:
        assert found == int(exact)
    else:
        assert found == pytest.approx(float(exact), rel=1e-15)


@given(st.integers(0, 2**50), st.integers(1, 10**6), st.integers(0, 6))
def test_floor_ratio_is_the_floor_of_the_fraction(base: int, unit: int, digits: int) -> None:
    scale = 10**digits
    exact = math.floor(Fraction(base * unit, scale))
    if exact < 2**53:
        assert RATIO(float(base), float(unit), float(scale)) == exact


def test_floor_ratio_where_plain_floats_are_off_by_one() -> None:
    """0.29 x 100 is 28.999999999999996 in floats; many such cases exist, and none is off here."""
    wrong = 0
    for percent in range(1, 100):
        for base in range(1, 1000):
            exact = base * percent // 100
            wrong += math.floor(base * (percent / 100)) != exact
            assert RATIO(float(base), *unit_and_scale(Decimal(percent) / 100)) == exact
    assert wrong > 20


def test_plain_functions_give_the_same_bits_as_compiled_ones() -> None:
    random = np.random.default_rng(7)
    prices = 10.0 ** random.uniform(-7, 9, 2000)
    for price in prices:
        for moment in (MOMENTS[0], MOMENTS[-1]):
            assert floor_tick(VENUE, 2, float(price), moment) == FLOOR(VENUE, 2, float(price), moment)
            assert ceil_tick(VENUE, 3, float(price), moment) == CEIL(VENUE, 3, float(price), moment)


def test_bad_costs_and_markets_are_refused() -> None:
    for fee, slippage in ((-0.1, 0.0), (0.0, 1.0), (math.nan, 0.0)):
        with pytest.raises(ValueError, match="must be in"):
            make_venue(("KRW-BTC",), fee, slippage, on_grid=True)
    with pytest.raises(ValueError, match="EUR-BTC"):
        make_venue(("EUR-BTC",), 0.0, 0.0, on_grid=True)
