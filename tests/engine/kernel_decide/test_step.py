"""STEP by STEP, with numbers worked out by hand from docs/decide.md §5. Without costs unless said: 1,000 coins bought at 1,000 KRW."""

import math
from typing import Any

import pytest

from dsl.strategy import Exit, Sizing
from engine.model.events import Done, DoneReason, Fill, Step
from tests.engine.kernel_decide.worlds import MINUTE, Rules, Tape, Terms, brief, make_strategy, rule, stop, target


def tape_of(rules: Rules, *exits: Exit, **more: Any) -> Tape:
    return Tape(rules, make_strategy(rules, *exits), **more)


def test_entry_trades_at_the_next_open_with_slippage_and_fee() -> None:
    """open 1,003 x 1.001 = 1,004.003, up to 1,005 on the 1 KRW grid; amount floor(1,000,000 / 1.0005) = 999,500."""
    rules = Rules()
    tape = tape_of(rules, terms=Terms(1_000_000.0, fee_rate=0.0005, slippage=0.001))
    tape.step(1000)
    (intent,) = tape.close({"enter": 1.0})
    assert intent.amount_krw == 999_500
    (fill,) = tape.step(1003, 1010, 1000, 1008)
    assert fill.price_krw == 1005
    assert fill.quantity_e8 == math.floor(999_500 * 10**8 / 1005)
    assert fill.fee_krw == pytest.approx(fill.quantity_e8 / 1e8 * 1005 * 0.0005, rel=1e-15)
    assert tape.desk.cash_krw == pytest.approx(1_000_000 - fill.quantity_e8 / 1e8 * 1005 * 1.0005, rel=1e-15)


def test_stop_is_hit_at_its_level_inside_the_bar() -> None:
    rules = Rules()
    tape = tape_of(rules, stop("stop", rules.entry_times(0.98)))
    tape.enter(1000)
    assert tape.level(0) == 980
    assert brief(tape.step(1000, 1005, 981, 990)) == []
    assert brief(tape.step(990, 995, 980, 985)) == [(1000, 980)]
    assert tape.desk.equity_krw == 980_000


def test_gap_through_a_stop_sells_at_the_open_less_slippage() -> None:
    """950 x (1 - 0.001) = 949.05 -> 949 on the 1 KRW grid."""
    rules = Rules()
    tape = tape_of(rules, stop("stop", rules.entry_times(0.98)), terms=Terms(1_000_000.0, 0.0, 0.001))
    tape.enter(1000)
    (fill,) = tape.step(950, 990, 940, 985)
    assert fill.price_krw == 949


def test_target_at_its_level_and_at_a_better_open() -> None:
    rules = Rules()
    tape = tape_of(rules, target("first", rules.entry_times(1.02), share=0.5), target("second", rules.entry_times(1.05)))
    tape.enter(1000)
    assert brief(tape.step(1000, 1030, 1000, 1010)) == [(500, 1020)]
    assert brief(tape.step(1060, 1070, 1055, 1066)) == [(500, 1060)]


def test_two_targets_in_one_step_are_met_on_the_way_up_and_at_the_open_in_file_order() -> None:
    for path, expected in (((1000, 1060, 1000, 1040), [(250, 1020), (500, 1050)]), ((1055, 1060, 1050, 1055), [(500, 1055), (250, 1055)])):
        rules = Rules()
        tape = tape_of(rules, target("far", rules.entry_times(1.05), share=0.5), target("near", rules.entry_times(1.02), share=0.25))
        tape.enter(1000)
        assert brief(tape.step(*path)) == expected


def test_a_share_of_the_rest_counts_from_what_is_left() -> None:
    rules = Rules()
    tape = tape_of(
        rules, target("first", rules.entry_times(1.02), share=0.4), target("second", rules.entry_times(1.05), share=0.5, of_rest=True)
    )
    tape.enter(1000)
    assert brief(tape.step(1000, 1060, 1000, 1040)) == [(400, 1020), (300, 1050)]


def test_highest_stop_first_and_partial_stops_go_on_in_the_same_step() -> None:
    rules = Rules()
    tape = tape_of(rules, stop("low", rules.entry_times(0.95)), stop("high", rules.entry_times(0.97), share=0.5))
    tape.enter(1000)
    assert brief(tape.step(1000, 1000, 940, 945)) == [(500, 970), (500, 950)]
    assert tape.reasons == [-1, 1, 0]


def test_stops_at_one_level_go_in_file_order() -> None:
    rules = Rules()
    tape = tape_of(rules, stop("a", rules.entry_times(0.97), share=0.25), stop("b", rules.entry_times(0.97), share=0.5))
    tape.enter(1000)
    assert brief(tape.step(1000, 1000, 960, 965)) == [(250, 970), (500, 970)]
    assert tape.reasons == [-1, 0, 1]


def test_ambiguous_step_takes_the_stop_and_counts_the_difference() -> None:
    """STOP 980, TARGET 1,030 selling half: (1,030 - 980) x 500 = 25,000 KRW between the outcomes."""
    rules = Rules()
    tape = tape_of(rules, stop("stop", rules.entry_times(0.98)), target("target", rules.entry_times(1.03), share=0.5))
    tape.enter(1000)
    assert brief(tape.step(1000, 1031, 979, 1000)) == [(1000, 980)]
    account = tape.desk.book.account[0]
    assert (account["ambiguous_steps"], account["ambiguous_krw"]) == (1, 25_000)


def test_gap_through_the_stop_is_not_ambiguous() -> None:
    rules = Rules()
    tape = tape_of(rules, stop("stop", rules.entry_times(0.98)), target("target", rules.entry_times(1.03)))
    tape.enter(1000)
    tape.step(970, 1031, 960, 1000)
    assert tape.desk.book.account[0]["ambiguous_steps"] == 0


def test_two_stops_in_one_step_count_once() -> None:
    rules = Rules()
    tape = tape_of(
        rules, stop("a", rules.entry_times(0.98), share=0.5), stop("b", rules.entry_times(0.97)), target("t", rules.entry_times(1.01))
    )
    tape.enter(1000)
    assert brief(tape.step(1000, 1010, 960, 1000)) == [(500, 980), (500, 970)]
    assert tape.desk.book.account[0]["ambiguous_steps"] == 1
    assert tape.desk.book.account[0]["ambiguous_krw"] == 30_000


def test_trail_activated_by_a_target_is_hit_in_the_same_step() -> None:
    """The trail starts at the target (high so far 1,000 -> 980), rises with the high of 1,040 to 1,020 and is hit at the close of 1,015."""
    rules = Rules()
    trail = rules.apply("sub", rules.position("high"), rules.number(20))
    tape = tape_of(rules, target("first", rules.entry_times(1.03), share=0.5), stop("trail", trail, after=0))
    tape.enter(1000)
    assert math.isnan(tape.level(1))
    assert brief(tape.step(1000, 1040, 999, 1015)) == [(500, 1030), (500, 1020)]


def test_trail_raised_by_the_high_is_hit_at_its_level_not_at_the_close() -> None:
    rules = Rules()
    tape = tape_of(rules, stop("trail", rules.apply("sub", rules.position("high"), rules.number(30))))
    tape.enter(1000)
    assert tape.level(0) == 970
    assert brief(tape.step(1000, 1050, 990, 1010)) == [(1000, 1020)]


def test_a_stop_that_becomes_active_above_the_price_is_hit_where_the_price_is() -> None:
    """The lock at 1,045 starts with the sale at 1,030: no higher price was there yet, so 1,030 it is."""
    rules = Rules()
    tape = tape_of(rules, target("first", rules.entry_times(1.03), share=0.5), stop("lock", rules.entry_plus(45), after=0))
    tape.enter(1000)
    assert brief(tape.step(1000, 1038, 1000, 1020)) == [(500, 1030), (500, 1030)]


def test_a_target_that_becomes_active_below_the_price_is_hit_where_the_price_is() -> None:
    rules = Rules()
    tape = tape_of(rules, target("first", rules.entry_times(1.03), share=0.5), target("second", rules.entry_plus(10), after=0))
    tape.enter(1000)
    assert brief(tape.step(1000, 1038, 1000, 1020)) == [(500, 1030), (500, 1030)]


def test_a_rebound_from_a_new_low_reaches_a_target_made_from_it() -> None:
    """pos.low x 1.02: 1,000 -> 1,020 before the STEP; the low of 990 makes it ceil(1,009.8) = 1,010."""
    rules = Rules()
    tape = tape_of(rules, target("rebound", rules.apply("mul", rules.position("low"), rules.number(1.02))))
    tape.enter(1000)
    assert tape.level(0) == 1020
    assert brief(tape.step(1000, 1015, 990, 1012)) == [(1000, 1010)]


def test_levels_from_gain_follow_every_price_reached() -> None:
    """STOP at entry x (0.99 + gain / 2): 990 at the entry, 1,010 at the high of 1,040; the way down to 1,005 passes it."""
    rules = Rules()
    factor = rules.apply("add", rules.number(0.99), rules.apply("mul", rules.position("gain"), rules.number(0.5)))
    tape = tape_of(rules, stop("half", rules.apply("mul", rules.position("entry"), factor)))
    tape.enter(1000)
    assert tape.level(0) == 990
    assert brief(tape.step(1000, 1040, 1000, 1005)) == [(1000, 1010)]


def test_trail_moves_only_up() -> None:
    rules = Rules()
    level = rules.apply("sub", rules.position("high"), rules.column("atr"))
    tape = tape_of(rules, stop("trail", level))
    tape.enter(1000, {"atr": 30})
    tape.step(1000, 1020, 1000, 1020)
    assert tape.level(0) == 990
    tape.close({"atr": 100})
    assert tape.level(0) == 990
    tape.close({})
    assert tape.level(0) == 990
    tape.close({"atr": 5})
    assert tape.level(0) == 1015


def test_frozen_stop_keeps_the_columns_of_the_decision_and_the_average_entry() -> None:
    rules = Rules()
    level = rules.apply("sub", rules.position("entry"), rules.column("atr"))
    tape = tape_of(rules, stop("frozen", level, frozen=True), stop("follows", level))
    tape.step(1000)
    tape.close({"enter": 1.0, "atr": 50})
    tape.step(1010)
    assert (tape.level(0), tape.level(1)) == (960, 960)
    tape.close({"atr": 20})
    assert (tape.level(0), tape.level(1)) == (960, 990)


def test_target_takes_every_new_value() -> None:
    rules = Rules()
    tape = tape_of(rules, target("t", rules.apply("add", rules.position("entry"), rules.column("atr"))))
    tape.enter(1000, {"atr": 50})
    assert tape.level(0) == 1050
    tape.close({"atr": 10})
    assert tape.level(0) == 1010


def test_no_trade_and_unknown_minutes_touch_nothing() -> None:
    rules = Rules()
    tape = tape_of(rules, stop("stop", rules.entry_times(0.98)))
    tape.step(1000)
    tape.close({"enter": 1.0})
    assert tape.step(900, traded=False) == []  # nothing fills without a trade
    tape.step(1000)
    before = tape.desk.save()
    assert tape.step(900, traded=False) == []
    assert tape.desk.save() == before
    tape.now += 3 * MINUTE  # unknown minutes bring no event at all
    assert brief(tape.step(970, 990, 960, 985)) == [(1000, 970)]


def test_a_partial_sale_that_would_leave_too_little_sells_all() -> None:
    """10,000 KRW at 1,000: half at 1,020 leaves 5 coins x 1,020 = 5,100 KRW; a share of 0.52 would leave 4.8 x 1,020 = 4,896 KRW."""
    for share, expected in ((0.5, 5.0), (0.52, 10.0)):
        rules = Rules()
        exits = (target("t", rules.entry_times(1.02), share=share),)
        tape = Tape(rules, make_strategy(rules, *exits, sizing=_size(0.01)))
        tape.enter(1000)
        assert brief(tape.step(1000, 1020, 1000, 1010)) == [(expected, 1020)]


def test_a_sale_below_the_minimum_waits_and_is_counted_once() -> None:
    """10 coins; 40% = 4 coins x 1,020 = 4,080 KRW < 5,000 at the first target; at 1,300 they are worth 5,200 KRW."""
    rules = Rules()
    level = rules.apply("add", rules.position("entry"), rules.column("step"))
    tape = Tape(rules, make_strategy(rules, target("t", level, share=0.4), sizing=_size(0.01)))
    tape.enter(1000, {"step": 20})
    assert tape.step(1000, 1030, 1000, 1010) == []
    assert tape.step(1000, 1030, 1000, 1010) == []
    assert tape.desk.book.account[0]["sale_below_minimum"] == 1
    tape.close({"step": 300})
    assert brief(tape.step(1000, 1300, 1000, 1010)) == [(4, 1300)]


def test_a_position_worth_too_little_cannot_be_sold_at_its_stop() -> None:
    """5 coins for 5,000 KRW fall to 4,900 KRW at the stop: the exchange takes no such sale; it is tried again when worth enough."""
    rules = Rules()
    tape = Tape(rules, make_strategy(rules, stop("stop", rules.entry_times(0.98)), sizing=_size(0.005)))
    tape.enter(1000)
    assert tape.step(1000, 1000, 970, 975) == []
    assert tape.desk.book.account[0]["sale_below_minimum"] == 1


def test_a_rule_sale_waits_for_the_next_open_and_blocks_level_exits() -> None:
    rules = Rules()
    tape = tape_of(rules, stop("stop", rules.entry_times(0.98)), rule("leave", rules.column("leave")))
    tape.enter(1000)
    assert len(tape.close({"leave": 1.0})) == 1
    assert brief(tape.step(975, 990, 970, 980)) == [(1000, 975)]
    assert tape.reasons == [-1, 1]


def test_extremes_take_in_the_path_but_not_what_came_before_the_entry() -> None:
    rules = Rules()
    tape = tape_of(rules)
    tape.step(900)
    tape.close({"enter": 1.0})
    tape.step(1000, 1040, 990, 1010)
    assert (tape.position["high_krw"], tape.position["low_krw"]) == (1040, 990)
    tape.step(1010, 1020, 980, 1000)
    assert (tape.position["high_krw"], tape.position["low_krw"]) == (1040, 980)


def test_a_bar_makes_the_fills_of_the_ticks_of_its_path() -> None:
    """Ticks at open, low, level, high, close; the level is a tick of its own so that a tick is there to trade at."""
    for compiled in (True, False):
        fills = []
        for path in ([(1000, 1060, 985, 1030)], [(1000,), (985,), (1020,), (1060,), (1040,), (1030,)]):
            rules = Rules()
            trail = rules.apply("sub", rules.position("high"), rules.number(20))
            exits = (stop("stop", rules.entry_times(0.98)), target("t", rules.entry_times(1.02), share=0.5), stop("trail", trail, after=1))
            tape = tape_of(rules, *exits, compiled=compiled)
            tape.enter(1000)
            for piece in path:
                tape.step(*piece, at=tape.now)
            fills.append(brief(tape.fills))
        assert fills[0] == fills[1] == [(1000, 1000), (500, 1020), (500, 1040)]


def test_a_sale_in_two_parts_fires_its_exit_once_all_is_done() -> None:
    """The exchange fills 300 of 500 coins and cancels the rest: the exit has fired, 700 coins stay, the STEP goes on."""
    rules = Rules()
    tape = tape_of(rules, target("a", rules.entry_times(1.02), share=0.5), target("b", rules.entry_times(1.03), share=0.5))
    tape.enter(1000)
    (intent,) = tape.desk.process(Step("KRW-BTC", tape.now, 1000, 1040, 1000, 1030, 1.0, True))
    assert intent.level_krw == 1020
    assert tape.desk.process(Fill(intent.order_id, "KRW-BTC", 300e8, 1020.0, 0.0, tape.now)) == []
    (following,) = tape.desk.process(Done(intent.order_id, "KRW-BTC", DoneReason.CANCELLED, tape.now))
    assert (following.exit_index, following.level_krw, following.quantity_e8) == (1, 1030, 500e8)
    assert tape.position["quantity_e8"] == 700e8


def test_an_unanswered_step_is_discarded_by_the_next() -> None:
    rules = Rules()
    tape = tape_of(rules, stop("stop", rules.entry_times(0.98)))
    tape.enter(1000)
    (intent,) = tape.desk.process(Step("KRW-BTC", tape.now, 1000, 1000, 970, 975, 1.0, True))
    assert tape.desk.process(Step("KRW-BTC", tape.now + MINUTE, 960, 965, 950, 955, 1.0, True)) == []
    assert tape.position["low_krw"] == 950
    assert tape.position["last_krw"] == 955
    assert tape.desk.working() == [intent]


def test_a_sale_without_a_fill_fires_nothing_and_is_tried_in_the_next_step() -> None:
    rules = Rules()
    tape = tape_of(rules, stop("stop", rules.entry_times(0.98)))
    tape.enter(1000)
    (intent,) = tape.desk.process(Step("KRW-BTC", tape.now, 1000, 1000, 970, 975, 1.0, True))
    assert tape.desk.process(Done(intent.order_id, "KRW-BTC", DoneReason.REFUSED, tape.now)) == []
    (again,) = tape.desk.process(Step("KRW-BTC", tape.now + MINUTE, 975, 976, 970, 975, 1.0, True))
    assert (again.order_id, again.exit_index, again.level_krw) == (intent.order_id + 1, 0, 975)


def _size(weight: float) -> Sizing:
    return Sizing(weight=weight, min_order_krw=5000)


def test_a_stop_that_tightens_with_age_is_where_the_age_puts_it_though_no_extreme_moves() -> None:
    """entry - 100 + 10 a minute: bought at 1,000, five minutes later the stop stands at 950 when the price falls through it."""
    rules = Rules()
    per_minute = rules.apply("mul", rules.position("age"), rules.number(10 / MINUTE))
    tape = tape_of(rules, stop("stop", rules.apply("add", rules.entry_plus(-100), per_minute)))
    tape.enter(1000)
    opened = tape.now - MINUTE
    assert brief(tape.step(1000, 1000, 940, 990, at=opened + 5 * MINUTE)) == [(1000, 950)]
