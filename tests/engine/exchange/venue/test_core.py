"""The simulated exchange by the documents' own examples and tables: which orders are taken, under which name the others are refused, what
an order locks, pays and leaves, and what the modelled book is."""

from __future__ import annotations

import itertools
from decimal import Decimal as D

import numpy as np
import pytest

from dsl.strategy import Enter
from engine.exchange.simulated.venue.book import Book, BookRule, Level, modelled_book, next_price, on_grid, price_below
from engine.exchange.simulated.venue.core import Passing, Venue
from engine.exchange.simulated.venue.errors import RefusedError
from engine.exchange.simulated.venue.orders import Order
from engine.exchange.simulated.venue.switches import Switches
from engine.kernel.fills import enter_terms, limit_price
from engine.kernel.legal import make_venue

NOW_MS = 1_795_600_000_000
BEFORE_DEFAULT_MS = 1_790_000_000_000
MARKET = "KRW-XRP"


def venue(switches: Switches | None = None, krw: str = "1000000000000", coins: str = "100000000", fee: str = "0.0005") -> Venue:
    """An exchange with one market at 3,000 KRW and an account that can pay for anything."""
    found = Venue([MARKET, "BTC-XRP"], switches)
    found.deposit("KRW", D(krw))
    found.deposit("XRP", D(coins), D(2000))
    found.show_book(MARKET, Book((Level(D(2999), D(1000)),), (Level(D(3000), D(1000)), Level(D(3001), D(1000)))), NOW_MS)
    return found


def refusal(at: Venue, now_ms: int = NOW_MS, **fields: object) -> str:
    """Name of the refusal; "taken" when there is none."""
    try:
        at.place_order({"market": MARKET, **fields}, now_ms)
    except RefusedError as error:
        return error.name
    return "taken"


def order(at: Venue, now_ms: int = NOW_MS, **fields: object) -> Order:
    """The order as it stands after it arrived."""
    return at.orders[at.place_order({"market": MARKET, **fields}, now_ms).uuid]


#: (ord_type, side, has price, has volume, time in force): all that the documents' table takes
VALID = {
    *(("limit", side, True, True, tif) for side in ("bid", "ask") for tif in (None, "ioc", "fok", "post_only")),
    ("price", "bid", True, False, None),
    ("market", "ask", False, True, None),
    *(("best", "bid", True, False, tif) for tif in ("ioc", "fok")),
    *(("best", "ask", False, True, tif) for tif in ("ioc", "fok")),
}


def expected(kind: str, side: str, price: bool, volume: bool, tif: str | None) -> str:
    """Name of the refusal by the documents: the wrong fields first, then the conditions."""
    fields = {(k, s, p, v) for k, s, p, v, _ in VALID}
    if (kind, side, price, volume, tif) in VALID:
        return "taken"
    if (kind, side, price, volume) in fields:
        return "invalid_time_in_force"
    missing = [found for found in fields if found[:2] == (kind, side) and (found[2], found[3]) >= (price, volume)]
    superfluous = any((price and not p) or (volume and not v) for k, s, p, v in fields if (k, s) == (kind, side))
    return "validation_error" if missing and not superfluous else f"create_{side}_error"


CASES = list(
    itertools.product(("limit", "price", "market", "best"), ("bid", "ask"), (True, False), (True, False), (None, "ioc", "fok", "post_only"))
)


def test_every_combination_of_fields_is_taken_or_refused_by_the_documents_table() -> None:
    taken = 0
    for kind, side, price, volume, tif in CASES:
        fields: dict[str, object] = {"ord_type": kind, "side": side, "time_in_force": tif}
        fields |= {"price": "3000" if kind == "limit" else "30000"} if price else {}
        fields |= {"volume": "10"} if volume else {}
        want = expected(kind, side, price, volume, tif)
        assert refusal(venue(), **fields) == want, fields
        taken += want == "taken"
    assert (len(CASES), taken) == (128, len(VALID))


@pytest.mark.parametrize("smp", ["cancel_maker", "cancel_taker", "reduce", "none", None, "other"])
@pytest.mark.parametrize("tif", ["post_only", "ioc", None])
def test_self_trade_prevention_beside_conditions(smp: str | None, tif: str | None) -> None:
    want = "taken"
    if smp == "other":
        want = "invalid_parameter"
    elif tif == "post_only" and smp in ("cancel_maker", "cancel_taker", "reduce"):
        want = "invalid_post_only"
    assert refusal(venue(), side="bid", ord_type="limit", price="2900", volume="10", time_in_force=tif, smp_type=smp) == want


LIMIT = {"ord_type": "limit", "price": "3000", "volume": "10"}


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"ord_type": "limit", "price": "3000", "volume": "10"}, "validation_error"),
        ({**LIMIT, "side": "buy"}, "validation_error"),
        ({**LIMIT, "side": "bid", "ord_type": "stop"}, "validation_error"),
        ({**LIMIT, "side": "bid", "market": "KRW-NONE"}, "notfoundmarket"),
        ({**LIMIT, "side": "bid", "price": "3000.5"}, "invalid_price_bid"),
        ({**LIMIT, "side": "ask", "price": "10005"}, "invalid_price_ask"),
        ({**LIMIT, "side": "bid", "price": "abc"}, "invalid_parameter"),
        ({**LIMIT, "side": "bid", "price": "-1"}, "invalid_parameter"),
        ({**LIMIT, "side": "bid", "price": "NaN"}, "invalid_parameter"),
        ({**LIMIT, "side": "bid", "volume": "1.66666666"}, "under_min_total_bid"),
        ({**LIMIT, "side": "ask", "volume": "1.66666666"}, "under_min_total_ask"),
        ({**LIMIT, "side": "bid", "volume": "1.66666667"}, "taken"),
        ({**LIMIT, "side": "bid", "volume": "333334"}, "over_krw_funds_bid"),
        ({**LIMIT, "side": "ask", "volume": "333334"}, "over_krw_funds_ask"),
        ({"side": "bid", "ord_type": "price", "price": "4999"}, "under_min_total_bid"),
        ({"side": "ask", "ord_type": "market", "volume": "1"}, "under_min_total_ask"),
        ({"side": "bid", "ord_type": "price", "price": "6001001"}, "volume_too_large"),
        ({"side": "bid", "ord_type": "price", "price": "6001000"}, "taken"),
        ({"side": "ask", "ord_type": "market", "volume": "1000.00000001"}, "volume_too_large"),
        ({**LIMIT, "side": "bid", "identifier": "x" * 65}, "invalid_parameter"),
    ],
)
def test_refusals_by_name(fields: dict[str, object], name: str) -> None:
    assert refusal(venue(), **fields) == name


def test_funds_are_needed_with_the_fee() -> None:
    assert refusal(venue(krw="30014.99999999"), side="bid", **LIMIT) == "insufficient_funds_bid"
    assert refusal(venue(krw="30015"), side="bid", **LIMIT) == "taken"
    assert refusal(venue(coins="9.99999999"), side="ask", **LIMIT) == "insufficient_funds_ask"


def test_an_identifier_is_used_up_even_by_a_refused_order() -> None:
    at = venue()
    assert refusal(at, side="bid", **LIMIT, identifier="a") == "taken"
    assert refusal(at, side="bid", **LIMIT, identifier="a") == "duplicated_identifier"
    assert refusal(at, side="bid", ord_type="price", price="1", identifier="b") == "under_min_total_bid"
    assert refusal(at, side="bid", **LIMIT, identifier="b") == "duplicated_identifier"
    with pytest.raises(RefusedError, match="order_not_found"):
        at.find(None, "b")
    lenient = venue(Switches(burn_refused=False))
    assert refusal(lenient, side="bid", ord_type="price", price="1", identifier="b") == "under_min_total_bid"
    assert refusal(lenient, side="bid", **LIMIT, identifier="b") == "taken"


def test_a_test_order_changes_nothing() -> None:
    at = venue()
    before = at.ledger.balances()
    tested = at.test_order({"market": MARKET, "side": "bid", **LIMIT, "identifier": "a"}, NOW_MS)
    assert (at.ledger.balances(), at.orders) == (before, {})
    with pytest.raises(RefusedError, match="order_not_found"):
        at.find(tested.uuid, None)
    assert refusal(at, side="bid", **LIMIT, identifier="a") == "taken"


def test_a_limit_buy_locks_as_the_documents_show() -> None:
    at = Venue(["KRW-BTC"])
    at.deposit("KRW", D(1_000_000))
    taken = at.place_order({"market": "KRW-BTC", "side": "bid", "ord_type": "limit", "price": "155772000", "volume": "0.0001"}, NOW_MS)
    assert (taken.reserved_fee, taken.locked) == (D("7.7886"), D("15584.9886"))
    balance = at.ledger.balance("KRW")
    assert (balance.free, balance.locked) == (D("984415.0114"), D("15584.9886"))


def test_a_market_buy_with_a_residue_ends_as_cancel() -> None:
    at = Venue(["KRW-XRP"])
    at.deposit("KRW", D(100_000))
    at.show_book("KRW-XRP", Book((), (Level(D(30_000), D(100)),)), NOW_MS)
    done = order(at, side="bid", ord_type="price", price="10000")
    assert (done.state, done.executed_volume, done.executed_funds) == ("cancel", D("0.33333333"), D("9999.9999"))
    assert at.ledger.balance("KRW").free == 100_000 - D("9999.9999") * D("1.0005")
    assert order(at, side="bid", ord_type="price", price="15000").state == "done"


def test_a_market_sale_pays_its_fee_from_the_proceeds_unrounded() -> None:
    at = Venue(["KRW-USDT"])
    at.deposit("USDT", D(10))
    at.show_book("KRW-USDT", Book((Level(D(1375), D(100)),), ()), NOW_MS)
    done = at.orders[at.place_order({"market": "KRW-USDT", "side": "ask", "ord_type": "market", "volume": "5.377594"}, NOW_MS).uuid]
    assert (done.state, done.executed_funds, done.paid_fee) == ("done", D("7394.19175"), D("3.697095875"))


def test_own_orders_meet_by_date_and_by_setting() -> None:
    for now_ms, state, fills in ((BEFORE_DEFAULT_MS, "done", 1), (NOW_MS, "cancel", 0)):
        at = venue()
        at.show_book(MARKET, Book((), ()), now_ms)
        resting = order(at, now_ms, side="ask", **LIMIT)
        order(at, now_ms, side="bid", **LIMIT)
        assert (resting.state, len(resting.trades)) == (state, fills)


def test_what_passes_fills_as_the_kernel_says_or_by_a_switch() -> None:
    for switches, price, filled in (
        (Switches(), "2900", "0"),
        (Switches(), "2899", "100"),
        (Switches(passing_volume="traded"), "2899", "30"),
        (Switches(queue_share=D("0.5")), "2900", "15"),
    ):
        at = venue(switches)
        waiting = order(at, side="bid", ord_type="limit", price="2900", volume="100")
        at.passed(Passing(MARKET, NOW_MS, D(price), D(30), False))
        assert waiting.executed_volume == D(filled)
        assert [trade.price for trade in waiting.trades] == ([D(2900)] if D(filled) else [])


def test_post_only_that_would_match_is_cancelled_or_refused() -> None:
    crossing = {"side": "bid", "ord_type": "limit", "price": "3000", "volume": "10", "time_in_force": "post_only"}
    assert order(venue(), **crossing).state == "cancel"
    assert refusal(venue(Switches(post_only_match="refuse")), **crossing) == "invalid_post_only"


def test_cancel_and_new_moves_the_money_of_one_order_to_the_next() -> None:
    at = venue(krw="30015")
    waiting = order(at, side="bid", ord_type="limit", price="2998", volume="10", identifier="a")
    fields = {"prev_order_identifier": "a", "new_ord_type": "limit", "new_volume": "remain_only"}
    with pytest.raises(RefusedError, match="insufficient_funds_bid"):
        at.cancel_and_new({**fields, "new_price": "3010"}, NOW_MS)
    assert waiting.state == "wait"
    before, new = at.cancel_and_new({**fields, "new_price": "2997", "new_identifier": "b"}, NOW_MS)
    assert (before.state, waiting.state, new.state, new.request.volume) == ("wait", "cancel", "wait", D(10))
    assert at.ledger.balance("KRW").locked == D("29970") * D("1.0005")
    with pytest.raises(RefusedError, match="order_not_found"):
        at.cancel_and_new({**fields, "new_price": "2996"}, NOW_MS)


def test_the_average_price_is_of_what_is_held() -> None:
    at = venue(coins="100")
    order(at, side="bid", ord_type="limit", price="3000", volume="100")
    assert at.ledger.average_price("XRP") == 2500
    order(at, side="ask", ord_type="market", volume="200")
    assert (at.ledger.balance("XRP").total, at.ledger.average_price("XRP")) == (0, 0)


def test_the_best_prices_of_the_modelled_book_are_the_kernels() -> None:
    checked = 0
    for market, last, slippage in itertools.product(
        ("KRW-BTC", "KRW-XRP", "KRW-SHIB"),
        ("0.00712", "0.5", "9.99", "100", "999.5", "3950", "4999", "10000", "1000500"),
        ("0", "0.0005", "0.02"),
    ):
        price = on_grid(market, D(last), NOW_MS, up=False)
        book = modelled_book(market, price, NOW_MS, BookRule(slippage=D(slippage)))
        kernel = make_venue([market], 0.0005, float(slippage), True)
        for side, levels in (("bid", book.bids), ("ask", book.asks)):
            terms = enter_terms(Enter(order="limit", side=side), 60_000)
            assert float(levels[0].price) == limit_price(kernel, terms, 0, float(price), NOW_MS), (market, last, slippage, side)
            checked += 1
        assert all(a.price > b.price for a, b in itertools.pairwise(book.bids))
        assert all(a.price < b.price for a, b in itertools.pairwise(book.asks))
        assert np.all([level.size > 0 for level in (*book.bids, *book.asks)])
    assert checked == 2 * 3 * 9 * 3


def test_neighbours_on_the_grid_meet_at_band_edges() -> None:
    for price in ("100", "1000", "5000", "10000", "1000000", "0.1", "0.00000002"):
        assert next_price(MARKET, price_below(MARKET, D(price), NOW_MS), NOW_MS) == D(price)
    assert price_below(MARKET, D("0.00000001"), NOW_MS) == 0
