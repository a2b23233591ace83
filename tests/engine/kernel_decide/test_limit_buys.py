"""Limit buys by hand: what fills them, when they end, and what the bar of their entry can do (docs/decide.md §3 and §5)."""

from __future__ import annotations

from typing import Any

import pytest

from dsl.strategy import Enter, Execution, Sizing
from engine.kernel.decide.plan import Terms
from engine.kernel.desk import FillModel
from engine.kernel.fills import enter_terms, limit_price
from engine.model.events import Fill
from tests.engine.kernel_decide.worlds import BASE, MINUTE, NO_COST, START, Rules, Tape, brief, make_strategy, stop, target


def tape(enter: Enter, terms: Terms = NO_COST) -> Tape:
    """A stop 10 KRW below the entry and a target 10 above; all of 100,000 KRW at a price of 1,000 by weight."""
    rules = Rules()
    exits = stop("stop", rules.entry_plus(-10.0)), target("first", rules.entry_plus(10.0))
    sizing = Sizing(weight=0.1)
    return Tape(rules, make_strategy(rules, *exits, sizing=sizing, execution=Execution(enter)), terms=terms, compiled=False)


def decided(enter: Enter, terms: Terms = NO_COST) -> Tape:
    """An entry decided at a last price of 1,000."""
    made = tape(enter, terms)
    made.step(1000.0)
    (intent,) = made.close({"enter": 1.0})
    assert intent.limit_krw == 1000.0 + enter.ticks + (enter.side == "ask")
    return made


def working(made: Tape) -> bool:
    return bool(made.desk.working())


def test_a_touch_fills_nothing_and_a_price_below_fills_at_the_limit() -> None:
    made = decided(Enter("limit", ticks=-2))
    assert made.step(1000.0, 1000.0, 998.0, 999.0) == []
    assert brief(made.step(999.0, 1001.0, 997.0, 1001.0)) == [(pytest.approx(100.2004, abs=1e-4), 998.0)]
    assert not working(made)


def test_what_arrives_below_its_limit_pays_the_open_and_buys_the_volume_of_its_limit() -> None:
    made = decided(Enter("limit", side="ask", ticks=3))
    assert brief(made.step(1001.0, 1002.0, 1001.0, 1002.0)) == [(int(100_000 * 1e8 / 1004) / 1e8, 1001.0)]


def test_an_order_that_waited_gets_its_limit_behind_a_gap() -> None:
    made = decided(Enter("limit", ticks=-5))
    assert made.step(1000.0) == []
    assert brief(made.step(993.0, 994.0, 992.0, 994.0))[0][1] == 995.0


def test_the_bar_of_the_entry_can_stop_it_but_reaches_no_target() -> None:
    made = decided(Enter("limit"))
    assert len(made.step(1000.0, 1020.0, 999.0, 1015.0)) == 1
    assert made.position["high_krw"] == 1015.0  # the close; the high may have come before the fill
    assert [fill.price_krw for fill in made.step(1016.0)] == [1016.0]
    made = decided(Enter("limit"))
    assert [fill.price_krw for fill in made.step(1000.0, 1020.0, 985.0, 1015.0)] == [1000.0, 990.0]


@pytest.mark.parametrize(("force", "fills"), [("ioc", 0), ("fok", 0), (None, 1)])
def test_ioc_and_fok_fill_at_the_open_or_not_at_all(force: str | None, fills: int) -> None:
    made = decided(Enter("limit", time_in_force=force))
    assert len(made.step(1000.0, 1000.0, 999.0, 999.0)) == fills
    assert not working(made)
    made = decided(Enter("limit", time_in_force=force))
    assert len(made.step(999.0)) == 1


def test_post_only_is_refused_where_it_would_take() -> None:
    made = decided(Enter("post_only"))
    assert made.step(999.0) == []
    assert not working(made)
    made = decided(Enter("post_only"))
    assert len(made.step(1000.0, 1001.0, 999.0, 1000.0)) == 1


@pytest.mark.parametrize(
    ("enter", "price"),
    [
        ({"after_ms": 20_000, "then": "market"}, 1005.0), ({"after_ms": 20_000, "then": "cancel"}, None), ({}, None),
        ({"after_ms": 20_000, "then": "market", "then_max_slippage": 0.001}, 1005.0),
        ({"after_ms": 20_000, "then": "cancel", "then_filled_from": 0.5}, "waits"),
    ],
)  # fmt: skip
def test_after_acts_at_the_open_of_the_next_traded_bar(enter: dict[str, Any], price: float | str | None) -> None:
    """Without `after`: one bar of the clock, which is five base bars here."""
    made = decided(Enter("limit", ticks=-9, **enter))
    fills: list[Fill] = made.step(1003.0)
    assert fills == []
    assert working(made)
    for _ in range(1 if enter else 4):
        fills = made.step(1005.0)
    assert [fill.price_krw for fill in fills] == ([price] if isinstance(price, float) else [])
    assert working(made) == (price == "waits" or not enter)
    if not enter:
        assert made.step(1005.0) == []
        assert not working(made)


def test_a_price_made_anew_follows_the_close_before() -> None:
    made = decided(Enter("limit", reprice_ms=5_000, after_ms=600_000))
    assert made.step(1010.0, 1012.0, 1008.0, 1010.0) == []
    assert brief(made.step(1010.0, 1010.0, 1009.0, 1009.0))[0][1] == 1010.0


def test_bids_and_asks_are_modelled_from_the_last_price() -> None:
    model = FillModel.of(("KRW-BTC",), 0.0, 0.0005, enter=Enter("limit"), compiled=False)
    venue = model._venue
    for side, ticks, price in [("bid", 0, 999_500.0), ("bid", 1, 1_000_000.0), ("ask", 0, 1_001_000.0), ("ask", -2, 999_500.0)]:
        terms = enter_terms(Enter("limit", side, ticks), BASE.length_ms)
        assert limit_price(venue, terms, 0, 1_000_000.0, START + MINUTE) == price


def test_cash_is_kept_while_it_works() -> None:
    made = decided(Enter("limit", ticks=-50, after_ms=3_600_000))
    made.step(1000.0)
    assert made.close({"enter": 1.0}) == []
    assert made.desk.cash_krw == 1_000_000.0
    assert made.desk.book.order[0]["amount_krw"] == 100_000.0
