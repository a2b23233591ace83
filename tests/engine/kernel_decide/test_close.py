"""CLOSE: RULE exits, candidates, limits and sizes, with numbers worked out by hand from docs/decide.md §6."""

import math
from typing import Any

import pytest

from dsl.strategy import BookShare, Condition, Exit, Limits, Sizing
from engine.model.events import Cash, Control, ControlKind, Side
from tests.engine.kernel_decide.worlds import (
    CLOCK,
    MINUTE,
    NAN,
    NO_COST,
    START,
    Rules,
    Tape,
    Terms,
    brief,
    make_strategy,
    profile,
    rule,
    stop,
    target,
)

HOUR = 60 * MINUTE
DAY = 24 * HOUR
THREE = ("KRW-BTC", "KRW-ETH", "KRW-XRP")


def tape_of(rules: Rules, *exits: Exit, markets: tuple[str, ...] = ("KRW-BTC",), terms: Terms = NO_COST, **settings: Any) -> Tape:
    return Tape(rules, make_strategy(rules, *exits, **settings), markets=markets, terms=terms)


def one_skip(tape: Tape) -> str:
    """The only reason counted so far."""
    counted = [(name, count) for name, count in tape.desk.skipped.items() if count]
    assert len(counted) == 1
    assert counted[0][1] == 1
    return counted[0][0]


# --- exits ---


def test_rules_are_summed_in_file_order_and_all_fire() -> None:
    """25% of 1,000 = 250, then half of the 750 left = 375: one order of 625."""
    rules = Rules()
    tape = tape_of(rules, rule("a", rules.column("a"), share=0.25), rule("b", rules.column("b"), share=0.5, of_rest=True))
    tape.enter(1000)
    (intent,) = tape.close({"a": 1.0, "b": 1.0})
    assert (intent.side, intent.quantity_e8, intent.exit_index) == (Side.ASK, 625e8, 0)
    assert math.isnan(intent.level_krw)
    tape.step(1000)
    assert tape.close({"a": 1.0, "b": 1.0}) == []


def test_a_rule_whose_part_is_too_small_does_not_fire_with_the_others() -> None:
    """0.4% of 1,000 coins is worth 4,000 KRW: not made, so it is still there when the price has doubled."""
    rules = Rules()
    tape = tape_of(rules, rule("a", rules.column("a"), share=0.004), rule("b", rules.column("b"), share=0.5))
    tape.enter(1000)
    (intent,) = tape.close({"a": 1.0, "b": 1.0})
    assert (intent.quantity_e8, intent.exit_index) == (500e8, 1)
    tape.step(2000)
    (intent,) = tape.close({"a": 1.0, "b": 1.0})
    assert (intent.quantity_e8, intent.exit_index) == (4e8, 0)


def test_a_rule_that_sells_all_is_the_reason_and_takes_everything() -> None:
    rules = Rules()
    tape = tape_of(rules, rule("half", rules.column("a"), share=0.5), rule("all", rules.column("a")))
    tape.enter(1000)
    (intent,) = tape.close({"a": 1.0})
    assert (intent.quantity_e8, intent.exit_index) == (1000e8, 1)


@pytest.mark.parametrize("value", [0.0, NAN])
def test_only_true_fires(value: float) -> None:
    rules = Rules()
    tape = tape_of(rules, rule("leave", rules.column("leave")))
    tape.enter(1000)
    assert tape.close({"leave": value, "enter": value}) == []


def test_a_rule_on_the_position_reads_age_best_and_profit() -> None:
    """Bought at 1,000 with 0.1% fee; at 1,010: gain 1%, pnl = 1,010 x 0.999 / (1,000 x 1.001) - 1 = 0.798%."""
    rules = Rules()
    old = rules.apply("ge", rules.position("age"), rules.number(HOUR))
    low = rules.apply("lt", rules.position("best"), rules.number(0.02))
    pnl = rules.apply("gt", rules.position("pnl"), rules.number(0.0079))
    tape = tape_of(rules, rule("stalled", rules.apply("and", rules.apply("and", old, low), pnl)), terms=Terms(1_000_000.0, 0.001, 0.0))
    tape.enter(1000)
    opened = tape.now - MINUTE
    tape.step(1010)
    assert tape.close({}, at=opened + HOUR - 1) == []
    assert len(tape.close({}, at=opened + HOUR)) == 1


def test_an_exit_after_another_waits_for_it() -> None:
    rules = Rules()
    tape = tape_of(rules, rule("first", rules.column("first"), share=0.5), rule("second", rules.column("second"), after=0))
    tape.enter(1000)
    assert tape.close({"second": 1.0}) == []
    tape.close({"first": 1.0})
    assert brief(tape.step(1000)) == [(500, 1000)]
    (intent,) = tape.close({"second": 1.0})
    assert intent.exit_index == 1


# --- limits ---


def test_open_positions_count_pending_buys_and_rank_decides_who_gets_in() -> None:
    rules = Rules()
    tape = tape_of(rules, markets=THREE, limits=Limits(open_positions=2), sizing=Sizing(weight=0.1), rank=rules.column("rank"))
    for market in THREE:
        tape.step(1000, market=market)
    intents = tape.close(BTC={"enter": 1, "rank": NAN}, ETH={"enter": 1, "rank": 1}, XRP={"enter": 1, "rank": 2})
    assert [intent.market for intent in intents] == ["KRW-XRP", "KRW-ETH"]
    assert one_skip(tape) == "open_positions"
    tape.step(1000, market="KRW-XRP")
    assert tape.close({"enter": 1, "rank": 1}) == []  # one open, one still working
    assert tape.desk.skipped["open_positions"] == 2


def test_ties_and_missing_ranks_go_by_market_code() -> None:
    for ranks, order in (((5, 5, 5), THREE), ((NAN, NAN, NAN), THREE), ((NAN, 1, 1), ("KRW-ETH", "KRW-XRP", "KRW-BTC"))):
        rules = Rules()
        tape = tape_of(rules, markets=THREE, sizing=Sizing(weight=0.1), rank=rules.column("rank"))
        for market in THREE:
            tape.step(1000, market=market)
        rows = [{"enter": 1.0, "rank": float(rank)} for rank in ranks]
        assert [intent.market for intent in tape.close(BTC=rows[0], ETH=rows[1], XRP=rows[2])] == list(order)


def test_cash_is_shared_by_several_entries_at_one_close() -> None:
    """1,000,000 KRW, 60% each, fee 0.1%: 600,000, then (1,000,000 - 600,600) / 1.001 = 399,000.99 -> 399,000, then 0 -> no cash."""
    rules = Rules()
    tape = tape_of(rules, markets=THREE, sizing=Sizing(weight=0.6), terms=Terms(1_000_000.0, 0.001, 0.0))
    for market in THREE:
        tape.step(1000, market=market)
    assert [intent.amount_krw for intent in tape.close({"enter": 1.0})] == [600_000, 399_000]
    assert one_skip(tape) == "no_cash"


def test_entries_per_day_turns_at_nine_in_the_morning() -> None:
    rules = Rules()
    tape = tape_of(rules, rule("leave", rules.column("leave")), limits=Limits(entries_per_day=1))
    tape.now = START + DAY - 10 * MINUTE  # 08:50 KST
    tape.enter(1000)
    tape.close({"leave": 1.0})
    tape.step(1000)
    assert tape.close({"enter": 1.0}, at=START + DAY - 1) == []
    assert one_skip(tape) == "entries_per_day"
    assert len(tape.close({"enter": 1.0}, at=START + DAY)) == 1  # 09:00 KST


def test_cooldown_after_a_loss_only() -> None:
    for price, blocked in ((990, True), (1010, False)):
        rules = Rules()
        tape = tape_of(rules, rule("leave", rules.column("leave")), limits=Limits(cooldown_ms=30 * MINUTE))
        tape.enter(1000)
        tape.close({"leave": 1.0})
        closed = tape.now
        tape.step(price)
        made = tape.close({"enter": 1.0}, at=closed + 30 * MINUTE - 1)
        assert len(made) == (0 if blocked else 1)
        if blocked:
            assert one_skip(tape) == "cooldown"
            assert len(tape.close({"enter": 1.0}, at=closed + 30 * MINUTE)) == 1


def test_fees_make_a_flat_trade_a_loss() -> None:
    rules = Rules()
    tape = tape_of(rules, rule("leave", rules.column("leave")), limits=Limits(cooldown_ms=HOUR), terms=Terms(1_000_000.0, 0.0005, 0.0))
    tape.enter(1000)
    tape.close({"leave": 1.0})
    tape.step(1000)
    assert tape.close({"enter": 1.0}) == []
    assert one_skip(tape) == "cooldown"


def test_reentry_counts_whole_clock_bars_after_the_bar_of_the_exit() -> None:
    """Exit in the bar from START + 5m; CLOSE at START + 10m has 0 bars since, START + 15m one, START + 20m two."""
    rules = Rules()
    tape = tape_of(rules, rule("leave", rules.column("leave")), limits=Limits(reentry_bars=2))
    tape.enter(1000)
    tape.close({"leave": 1.0})
    tape.now = START + CLOCK.length_ms
    tape.step(1000)
    for bars in (2, 3):
        assert tape.close({"enter": 1.0}, at=START + bars * CLOCK.length_ms) == []
    assert tape.desk.skipped["reentry"] == 2
    assert len(tape.close({"enter": 1.0}, at=START + 4 * CLOCK.length_ms)) == 1


def test_limits_that_are_not_given_refuse_nothing_after_a_late_fill() -> None:
    """As live: the FILL of a losing sale has a later time than the CLOSE that is decided after it."""
    rules = Rules()
    for limits in (Limits(), Limits(open_positions=2), Limits(entries_per_day=9)):
        tape = tape_of(rules, rule("leave", rules.column("leave")), limits=limits)
        tape.enter(1000)
        tape.close({"leave": 1.0})
        (sale,) = tape.step(990, at=tape.now + 2 * MINUTE)
        assert sale.time_ms > tape.now
        assert len(tape.close({"enter": 1.0})) == 1


def test_stopped_entries_and_no_price() -> None:
    rules = Rules()
    tape = tape_of(rules)
    assert tape.close({"enter": 1.0}) == []
    assert one_skip(tape) == "no_price"
    tape.step(1000)
    tape.desk.process(Control(ControlKind.STOP_ENTRIES, tape.now))
    assert tape.close({"enter": 1.0}) == []
    assert tape.desk.skipped["entries_stopped"] == 1
    tape.desk.process(Control(ControlKind.ALLOW_ENTRIES, tape.now))
    assert len(tape.close({"enter": 1.0})) == 1


def test_a_market_for_an_alias_only_is_no_candidate() -> None:
    rules = Rules()
    tape = Tape(rules, make_strategy(rules, sizing=Sizing(weight=0.1)), markets=THREE, more={"tradable": [False, True, True]})
    for market in THREE:
        tape.step(1000, market=market)
    assert [intent.market for intent in tape.close({"enter": 1.0})] == ["KRW-ETH", "KRW-XRP"]


def test_entries_before_the_market_has_settled_are_counted() -> None:
    rules = Rules()
    tape = Tape(
        rules, make_strategy(rules, sizing=Sizing(weight=0.1)), markets=THREE, more={"settle_ms": [0, START + HOUR, START + HOUR + 1]}
    )
    for market in THREE:
        tape.step(1000, market=market)
    assert len(tape.close({"enter": 1.0}, at=START + HOUR)) == 3
    assert tape.desk.book.account[0]["unsettled_entries"] == 1


# --- size ---


def amount(tape: Tape, price: float = 1000, columns: dict[str, float] | None = None) -> float | str:
    """What one entry at `price` buys for, or why not."""
    tape.step(price)
    intents = tape.close({"enter": 1.0, **(columns or {})})
    return intents[0].amount_krw if intents else one_skip(tape)


def test_size_by_risk_includes_fees_and_slippage() -> None:
    """e = ceil(1,000 x 1.001) = 1,001; L = 951 - ... stop at entry - 50 = 951; s = floor(951 x 0.999) = 950.

    loss = 1,001 x 1.0005 - 950 x 0.9995 = 51.9755; 1% of 1,000,000 / 51.9755 x 1,001 = 192,590.7 -> 192,590 KRW.
    """
    rules = Rules()
    tape = tape_of(rules, stop("stop", rules.entry_plus(-50)), sizing=Sizing(risk=0.01), terms=Terms(1_000_000.0, 0.0005, 0.001))
    assert amount(tape) == 192_590


@pytest.mark.parametrize(
    ("sizing", "risk", "expected"),
    [
        (Sizing(), None, 1_000_000),
        (Sizing(weight=0.25), None, 250_000),
        (Sizing(risk=0.02), None, 400_000),  # stop 5% away
        (Sizing(risk=0.02, weight=0.3), None, 300_000),
        (Sizing(risk=0.02, max_weight=0.12), None, 120_000),
        (Sizing(weight=0.5), profile(exposure_per_market=0.4), 400_000),
        (Sizing(weight=0.5), profile(exposure_total=0.3), 300_000),
        (Sizing(weight=0.9), profile(cash_reserve_krw=200_000), 800_000),
        (Sizing(weight=0.5), profile(max_order_krw=77_777), 77_777),
        (Sizing(weight=0.5), profile(risk_per_trade=0.01), 200_000),  # 5% of it is 1% of the equity
        (Sizing(weight=0.5), profile(risk_per_trade_krw=4_000), 80_000),
        (Sizing(weight=0.5), profile(risk_per_trade=0.01, risk_per_trade_krw=4_000), 80_000),
        (Sizing(weight=0.5), profile(risk_per_trade=0.01, risk_per_trade_krw=40_000), 200_000),
        (Sizing(risk=0.02), profile(risk_per_trade=0.01), 200_000),
        (Sizing(weight=0.5), profile(risk_per_trade=0.001), "below_minimum"),
        (Sizing(weight=0.029), None, "below_minimum"),  # 29,000 < 30,000 where nothing else is said
        (Sizing(weight=0.029, min_order_krw=10_000), None, 29_000),
        (Sizing(weight=0.029, min_order_krw=10_000), profile(min_order_krw=29_001), "below_minimum"),
        (Sizing(weight=0.0049, min_order_krw=1_000), None, "below_minimum"),  # the exchange's 5,000
        (Sizing(weight=0.0000333, min_order_krw=1), None, "below_minimum"),
    ],
)
def test_sizes_and_their_caps(sizing: Sizing, risk: Any, expected: float | str) -> None:
    rules = Rules()
    assert amount(tape_of(rules, stop("stop", rules.entry_times(0.95)), sizing=sizing, risk=risk)) == expected


def test_the_loss_of_one_trade_is_measured_to_the_stop_or_else_the_lowest_level() -> None:
    """1% of 1,000,000 at 5% away; with fees and slippage as in sizing by risk; without a level nothing is cut."""
    rules = Rules()
    near, far = rules.entry_times(0.98), rules.entry_times(0.95)
    weight, risk = Sizing(weight=0.5), profile(risk_per_trade=0.01)
    assert amount(tape_of(rules, stop("near", near), stop("far", far), sizing=weight, risk=risk)) == 200_000
    assert amount(tape_of(rules, stop("stop", near), stop("far", far), sizing=weight, risk=risk)) == 500_000
    assert amount(tape_of(rules, stop("near", near), stop("stop", far, after=0), sizing=weight, risk=risk)) == 500_000
    assert amount(tape_of(rules, sizing=weight, risk=risk)) == 500_000
    terms = Terms(1_000_000.0, 0.0005, 0.001)
    assert amount(tape_of(rules, stop("stop", rules.entry_plus(-50)), sizing=weight, risk=risk, terms=terms)) == 192_590


@pytest.mark.parametrize(("scale", "expected"), [(0.5, 250_000), (2.0, 1_000_000), (0.0, "no_size"), (-1.0, "no_size"), (NAN, "no_size")])
def test_scale_multiplies_before_the_cuts(scale: float, expected: float | str) -> None:
    rules = Rules()
    tape = tape_of(rules, sizing=Sizing(weight=0.5, scale=rules.column("scale")))
    assert amount(tape, columns={"scale": scale}) == expected


def test_exposure_counts_positions_and_working_buys() -> None:
    """Total 50%: 300,000 working, then 200,000 left; later a position worth 330,000 of equity 1,030,000 leaves 515,000 - 530,000 < 0."""
    rules = Rules()
    tape = tape_of(rules, markets=THREE, sizing=Sizing(weight=0.3), risk=profile(exposure_total=0.5))
    for market in THREE:
        tape.step(1000, market=market)
    assert [intent.amount_krw for intent in tape.close({"enter": 1.0})] == [300_000, 200_000]
    tape.step(1000, market="KRW-BTC")
    tape.step(1100, market="KRW-BTC")
    assert tape.close({"enter": 1.0}) == []
    assert tape.desk.skipped["below_minimum"] == 2


def test_no_level_and_stop_above_entry() -> None:
    rules = Rules()
    tape = tape_of(rules, stop("stop", rules.column("level")), sizing=Sizing(risk=0.01))
    assert amount(tape) == "no_level"
    assert tape.close({"enter": 1.0, "level": 1000}) == []
    assert tape.desk.skipped["stop_above_entry"] == 1
    assert len(tape.close({"enter": 1.0, "level": 999})) == 1


@pytest.mark.parametrize(("level", "expected"), [(1001, "stop_above_entry"), (1000, "stop_above_entry"), (999, 300_000)])
def test_what_any_stop_would_sell_at_once_is_not_bought(level: float, expected: float | str) -> None:
    """However the size is found; the highest of the stops counts."""
    rules = Rules()
    exits = (stop("far", rules.entry_times(0.9)), stop("near", rules.column("level")), stop("later", rules.entry_times(1.2), after=0))
    tape = tape_of(rules, *exits, sizing=Sizing(weight=0.3))
    tape.step(1000)
    bought = [order.amount_krw for order in tape.close({"enter": 1.0, "level": level})]
    assert bought == ([] if isinstance(expected, str) else [expected])
    assert not isinstance(expected, str) or one_skip(tape) == expected


@pytest.mark.parametrize(
    ("depth", "expected"), [(2_000_000.5, 200_000), (300_000, 30_000), (299_990, "book_share"), (math.nan, "book_missing"), (1e9, 600_000)]
)
def test_a_buy_takes_no_more_than_its_share_of_the_book(depth: float, expected: float | str) -> None:
    rules = Rules()
    tape = tape_of(rules, sizing=Sizing(weight=0.6), risk=profile(book_share=BookShare(0.1, rules.column("depth"))))
    tape.step(1000)
    bought = [order.amount_krw for order in tape.close({"enter": 1.0, "depth": depth})]
    assert bought == ([] if isinstance(expected, str) else [expected])
    assert not isinstance(expected, str) or one_skip(tape) == expected


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"cash_reserve_krw": 990_000}, "no_cash"),
        ({"capital_krw": 29_000}, "no_cash"),
        ({"capital_ratio": 0.02}, "no_cash"),
        ({"exposure_total": 0.02}, "below_minimum"),
        ({"exposure_per_market": 0.02}, "below_minimum"),
        ({"max_order_krw": 20_000}, "below_minimum"),
    ],
)
def test_too_little_money_is_told_from_other_limits(limits: dict[str, float], expected: str) -> None:
    rules = Rules()
    assert amount(tape_of(rules, risk=profile(**limits))) == expected


def test_a_stop_without_level_matters_only_when_active_from_the_start() -> None:
    rules = Rules()
    tape = tape_of(rules, target("t", rules.entry_times(1.1), share=0.5), stop("trail", rules.column("level"), after=0))
    assert amount(tape) == 1_000_000


def test_the_lowest_target_must_pay_for_the_costs() -> None:
    """e = 1,001 with slippage; 1,001 x 1.0005 = 1,001.5005. Target +0.2%: ceil(1,003.002) = 1,004, floor(1,004 x 0.999) = 1,002,
    x 0.9995 = 1,001.499: not enough. +0.3%: ceil(1,004.003) = 1,005, floor(1,003.995) = 1,003, x 0.9995 = 1,002.4985: enough."""
    for factor, expected in ((1.002, "target_below_cost"), (1.003, 999_500)):
        rules = Rules()
        exits = (target("far", rules.entry_times(1.1)), target("near", rules.entry_times(factor)))
        assert amount(tape_of(rules, *exits, terms=Terms(1_000_000.0, 0.0005, 0.001))) == expected


def test_without_rounding_everything_goes_in() -> None:
    rules = Rules()
    tape = tape_of(rules, terms=Terms(1_000_000.0, 0.001, 0.0, on_grid=False))
    assert amount(tape, 1000.123) == 1_000_000 / 1.001
    (fill,) = tape.step(1000.777)
    assert fill.price_krw == 1000.777
    assert fill.quantity_e8 == pytest.approx(1_000_000 / 1.001 / 1000.777 * 1e8, rel=1e-15)
    assert tape.desk.cash_krw == pytest.approx(0.0, abs=1e-6)


def test_deposits_and_withdrawals_are_cash_flows() -> None:
    rules = Rules()
    tape = tape_of(rules, sizing=Sizing(weight=0.5))
    tape.desk.process(Cash(500_000.0, tape.now))
    tape.desk.process(Cash(-100_000.0, tape.now))
    assert tape.desk.cash_krw == 1_400_000
    assert tape.desk.book.account[0]["cash_flow_krw"] == 400_000
    assert amount(tape) == 700_000


def test_named_conditions_are_counted_per_market_and_close() -> None:
    """Of a condition on the position only closes with a position count."""
    rules = Rules()
    gain = rules.apply("gt", rules.position("gain"), rules.number(0.01))
    conditions = (Condition("entry", rules.column("enter")), Condition("exits.win.when", gain))
    strategy = make_strategy(rules, rule("win", gain), conditions=conditions, sizing=Sizing(weight=0.1))
    tape = Tape(rules, strategy, markets=("KRW-BTC", "KRW-ETH"))
    tape.step(1000)
    tape.close(BTC={"enter": 1.0}, ETH={"enter": 0.0})
    tape.step(1000)
    tape.close(BTC={"enter": NAN}, ETH={})
    tape.step(1020)
    tape.close(BTC={"enter": 0.0}, ETH={"enter": 0.0})
    assert tape.desk.book.rule_counts.tolist() == [[1, 3, 2], [1, 1, 0]]
