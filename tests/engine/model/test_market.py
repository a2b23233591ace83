"""Price grids, minimums and legal prices by date: known values, and the laws of rounding over every table."""

from datetime import datetime
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.events import Side
from engine.model.market import (
    KST,
    SINCE_ALWAYS_MS,
    UnknownMarketError,
    UnpriceableError,
    fee_rates,
    maximum_total,
    minimum_total,
    round_ask_price_up,
    round_bid_price_down,
    smallest_price,
    tick_periods,
    tick_size,
    validate_price,
)

D = Decimal
MARKETS = ("KRW-BTC", "KRW-ADA", "KRW-USDT", "KRW-XRP", "BTC-ETH", "USDT-BTC")


def at(date: str) -> int:
    return int(datetime.fromisoformat(date).replace(tzinfo=KST).timestamp() * 1000)


TODAY = at("2026-11-21")
MOMENTS = [
    at(date) for date in ("2018-01-01", "2024-01-28", "2024-01-29", "2024-10-14", "2025-03-21", "2025-07-30", "2025-07-31", "2026-11-21")
]
PRICES = st.decimals(min_value=D("0.00000001"), max_value=D(10) ** 9, places=10, allow_nan=False).filter(lambda value: value >= D("0.0001"))


@pytest.mark.parametrize(
    ("market", "price", "date", "tick"),
    [
        ("KRW-XRP", "20007", "2026-11-21", "10"),
        ("KRW-BTC", "150000000", "2026-11-21", "1000"),
        ("KRW-BTC", "1999999", "2026-11-21", "1000"),
        ("KRW-ETH", "999999", "2026-11-21", "500"),
        ("KRW-ETH", "499999", "2026-11-21", "100"),
        ("KRW-SOL", "99999", "2026-11-21", "50"),
        ("KRW-SOL", "9999", "2026-11-21", "5"),
        ("KRW-XRP", "4999", "2026-11-21", "1"),
        ("KRW-XRP", "100", "2026-11-21", "1"),
        ("KRW-XRP", "99.9", "2026-11-21", "0.1"),
        ("KRW-XRP", "9.99", "2026-11-21", "0.01"),
        ("KRW-SHIB", "0.0123", "2026-11-21", "0.0001"),
        ("KRW-BTT", "0.00099", "2026-11-21", "0.000001"),
        ("KRW-BTT", "0.000009", "2026-11-21", "0.00000001"),
        ("KRW-XRP", "700", "2025-07-30T23:59:59", "0.1"),
        ("KRW-XRP", "700", "2025-07-31", "1"),
        ("KRW-ADA", "700", "2024-10-13", "0.1"),
        ("KRW-ADA", "700", "2024-10-14", "1"),
        ("KRW-ADA", "1000", "2024-10-14", "1"),
        ("KRW-ADA", "99.99", "2024-10-14", "0.01"),
        ("KRW-USDT", "1400", "2025-03-20", "1"),
        ("KRW-USDT", "1400", "2025-03-21", "0.5"),
        ("KRW-USDT", "1400", "2025-07-31", "1"),
        ("KRW-XRP", "1400", "2024-01-28", "5"),
        ("KRW-XRP", "1400", "2024-01-29", "1"),
        ("KRW-XRP", "1400", "2017-10-24", "5"),
        ("BTC-ETH", "0.03123456", "2026-11-21", "0.00000001"),
        ("USDT-BTC", "95000", "2024-08-18", "0.001"),
        ("USDT-BTC", "95000", "2024-08-19", "0.01"),
    ],
)
def test_known_price_units(market: str, price: str, date: str, tick: str) -> None:
    assert tick_size(market, price, at(date)) == D(tick)


def test_the_issue_s_example() -> None:
    assert validate_price(20007, "KRW-XRP", TODAY) == 20000
    assert round_ask_price_up(20007, "KRW-XRP", TODAY) == 20010


def test_a_change_is_in_force_from_its_first_millisecond_in_korea() -> None:
    change = at("2025-07-31")
    assert change == 1_753_887_600_000  # 2025-07-30 15:00 UTC
    assert tick_size("KRW-XRP", 700, change - 1) == D("0.1")
    assert tick_size("KRW-XRP", 700, change) == 1


@pytest.mark.parametrize("market", MARKETS)
def test_bands_descend_to_zero_and_every_bound_lies_on_the_grid_below(market: str) -> None:
    periods = tick_periods(market)
    assert periods[0].from_ms == SINCE_ALWAYS_MS
    assert all(earlier.from_ms < later.from_ms for earlier, later in pairwise(periods))
    for period in periods:
        assert period.bands[-1].low == 0
        assert all(upper.low > lower.low and upper.low % lower.tick == 0 for upper, lower in pairwise(period.bands))


@given(st.sampled_from(MARKETS), st.sampled_from(MOMENTS), PRICES)
def test_rounding_has_a_direction_and_lands_on_the_grid(market: str, moment: int, price: Decimal) -> None:
    if price < smallest_price(market, moment):
        with pytest.raises(UnpriceableError):
            round_bid_price_down(price, market, moment)
        return
    down, up = round_bid_price_down(price, market, moment), round_ask_price_up(price, market, moment)
    assert down <= price <= up
    assert price - down < tick_size(market, price, moment)
    assert up - price < tick_size(market, price, moment)
    for rounded in (down, up):
        assert rounded % tick_size(market, rounded, moment) == 0
        assert round_bid_price_down(rounded, market, moment) == rounded
        assert round_ask_price_up(rounded, market, moment) == rounded
    assert validate_price(price, market, moment) == down


@given(st.sampled_from(MARKETS), st.sampled_from(MOMENTS), PRICES, PRICES)
def test_rounding_is_monotone(market: str, moment: int, one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    if low >= smallest_price(market, moment):
        assert round_bid_price_down(low, market, moment) <= round_bid_price_down(high, market, moment)
        assert round_ask_price_up(low, market, moment) <= round_ask_price_up(high, market, moment)


def test_a_float_means_its_shortest_text() -> None:
    """The float nearest to 0.3 is a little below it; it is 0.3 all the same."""
    assert validate_price(0.3, "KRW-XRP", TODAY) == D("0.3")
    assert validate_price(0.1 + 0.2, "KRW-XRP", TODAY) == D("0.3")


@pytest.mark.parametrize("market", ["", "BTC-KRW-X", "KRWBTC", "EUR-BTC", "KRW-", "krw-btc", "KRW-BTC\n", "BTC-KRW", "BTC-BTC"])
def test_unknown_markets_are_refused(market: str) -> None:
    with pytest.raises(UnknownMarketError):
        tick_size(market, 100, TODAY)


@pytest.mark.parametrize("price", ["-1", "0", "nan", "inf", "ten", "0.000000001"])
def test_what_is_no_price_is_refused(price: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        validate_price(price, "KRW-XRP", TODAY)


def test_minimums_maximums_and_fees() -> None:
    assert minimum_total("KRW-BTC", Side.BID, at("2018-01-01")) == minimum_total("KRW-BTC", Side.ASK, TODAY) == 5000
    assert minimum_total("BTC-ETH", Side.BID, at("2024-08-18")) == D("0.0005")
    assert minimum_total("BTC-ETH", Side.BID, at("2024-08-19")) == D("0.00005")
    assert minimum_total("USDT-BTC", Side.ASK, at("2024-08-19")) == D("0.5")
    assert maximum_total("KRW-BTC", Side.BID, TODAY) == 1_000_000_000
    assert maximum_total("BTC-ETH", Side.BID, at("2025-05-19T14:59:59")) == 20
    assert maximum_total("BTC-ETH", Side.BID, at("2025-05-19T15:00")) == 10
    assert maximum_total("USDT-BTC", Side.BID, TODAY) is None
    assert fee_rates("KRW-BTC").taker == D("0.0005")
    assert fee_rates("BTC-ETH").maker == D("0.0025")
