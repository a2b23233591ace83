"""The risk profile, number by number (docs/decide.md §8): what is reached when, what it does, and until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dsl.catalogue import ACCOUNT_SERIES, Unit
from dsl.graph import Node, Phase
from dsl.strategy import Action, Breaker, Period, RiskRule, Sizing, Until
from engine.kernel.book import SKIP_REASONS, restore_book, save_book
from engine.kernel.decide import entries, limits
from engine.kernel.decide.calendar import day_of, month_of, next_day_ms, next_month_ms, next_week_ms, week_of
from engine.model.events import Cash, Control, ControlKind, Intent, Mark
from tests.engine.kernel_decide.worlds import MINUTE, NO_COST, START, Rules, Tape, make_strategy, profile, rule

HOUR, DAY = 60 * MINUTE, 86_400_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def loss(period: Period = Period.DAY, ratio: float | None = 0.03, **more: Any) -> RiskRule:
    values = {"limit_krw": None, "action": Action.STOP_ENTRIES, "until": Until.NEXT_DAY} | more
    return RiskRule("loss", period, ratio, **values)


def ladder(ratio: float, days: int = 30, **more: Any) -> RiskRule:
    values = {"limit_krw": None, "action": Action.STOP_ENTRIES, "until": Until.WHILE} | more
    return RiskRule(f"drawdown {ratio}", Period.DRAWDOWN, ratio, days=days, **values)


def tape(*rules: RiskRule, weight: float = 1.0, markets: tuple[str, ...] = ("KRW-BTC",), **limits: Any) -> Tape:
    """A strategy that buys 1,000,000 KRW x weight and sells nothing by itself."""
    made = Rules()
    return Tape(made, make_strategy(made, sizing=Sizing(weight=weight), risk=profile(rules=rules, **limits)), markets=markets)


def mark(tape: Tape, price: float) -> list[Intent]:
    """A minute at this price, then the look at its end."""
    tape.step(price)
    return tape.desk.process(Mark(tape.now))


def skips(tape: Tape) -> dict[str, int]:
    return {name: count for name, count in tape.desk.skipped.items() if count}


def entry_at(tape: Tape, days: float) -> dict[str, int]:
    """The reasons that an entry is skipped for, that many days after the start."""
    before = dict(tape.desk.skipped)
    tape.close({"enter": 1.0}, at=START + int(days * DAY))
    return {name: count - before[name] for name, count in tape.desk.skipped.items() if count > before[name]}


def sell_all(tape: Tape, price: float) -> None:
    """A rule of the profile sells at this price."""
    assert len(mark(tape, price)) == 1
    tape.step(price)


def test_a_daily_loss_stops_entries_until_the_day_turns() -> None:
    """Half in BTC: -6% there is -3% of the day's base. Not a won less reaches it."""
    one = tape(loss(), weight=0.5, markets=("KRW-BTC", "KRW-ETH"))
    one.step(50_000.0, market="KRW-ETH")
    one.step(10_000.0)
    one.close(BTC={"enter": 1.0})
    one.step(10_000.0)
    assert one.desk.book.position[0]["quantity_e8"] == 50e8
    mark(one, 9_405.0)
    one.close(ETH={"enter": 1.0}, BTC={})
    assert skips(one) == {}
    assert [order.market for order in one.desk.working()] == ["KRW-ETH"]
    one.step(50_000.0, market="KRW-ETH")
    one.step(9_400.0)
    one.desk.process(Mark(one.now))
    assert one.desk.book.rules[0]["in_force"] == 1
    assert one.desk.book.rules[0]["until_ms"] == START + DAY


def test_the_limit_in_krw_and_the_limit_as_a_ratio_whichever_comes_first() -> None:
    for limit, price in ((loss(ratio=0.5, limit_krw=30_000), 9_700.0), (loss(ratio=0.03, limit_krw=500_000), 9_700.0)):
        one = tape(limit)
        one.enter(10_000.0)
        mark(one, price + 5)
        assert one.desk.book.rules[0]["in_force"] == 0
        mark(one, price)
        assert one.desk.book.rules[0]["in_force"] == 1


def test_flatten_sells_everything_at_the_next_open_and_names_its_rule() -> None:
    one = tape(ladder(0.5), loss(action=Action.FLATTEN))
    one.enter(10_000.0)
    orders = mark(one, 9_700.0)
    assert [(order.exit_index, order.quantity_e8) for order in orders] == [(-3, 100e8)]
    assert one.strategy.exit_name(-3) == "loss"
    fills = one.step(9_650.0)
    assert [fill.price_krw for fill in fills] == [9_650.0]
    assert one.desk.book.account[0]["losses_in_row"] == 1
    assert entry_at(one, 0.5) == {"loss_limit": 1}
    assert entry_at(one, 1.0) == {}


@pytest.mark.parametrize(
    ("period", "until", "stopped", "free"),
    [
        (Period.DAY, Until.NEXT_DAY, 0.99, 1.0),
        (Period.WEEK, Until.NEXT_WEEK, 6.99, 7.0),  # the start is a Monday
        (Period.MONTH, Until.NEXT_MONTH, 29.99, 30.0),  # 1 September
        (Period.WEEK, Until.NEXT_DAY, 0.99, 1.0),
        (Period.DAY, Until.NEXT_MONTH, 29.99, 30.0),
    ],
)
def test_what_is_over_when_its_time_comes(period: Period, until: Until, stopped: float, free: float) -> None:
    one = tape(loss(period, action=Action.FLATTEN, until=until))
    one.enter(10_000.0)
    sell_all(one, 9_600.0)
    assert entry_at(one, stopped) == {"loss_limit": 1}
    assert entry_at(one, free) == {}


def test_a_duration_counts_from_the_look_and_does_not_begin_again_while_the_loss_stays() -> None:
    one = tape(loss(action=Action.FLATTEN, until=Until.DURATION, hold_ms=2 * HOUR))
    one.enter(10_000.0)
    sell_all(one, 9_600.0)
    reached = one.now - 2 * MINUTE + MINUTE
    assert one.desk.book.rules[0]["until_ms"] == reached + 2 * HOUR
    assert entry_at(one, (reached + 2 * HOUR - START - 5 * MINUTE) / DAY) == {"loss_limit": 1}
    assert entry_at(one, (reached + 2 * HOUR - START) / DAY) == {}


def test_manual_waits_for_the_owner() -> None:
    one = tape(loss(Period.WEEK, action=Action.FLATTEN, until=Until.MANUAL))
    one.enter(10_000.0)
    sell_all(one, 9_600.0)
    assert entry_at(one, 20) == {"loss_limit": 1}
    one.desk.process(Control(ControlKind.ALLOW_ENTRIES, START + 20 * DAY))
    assert entry_at(one, 20.5) == {}


def test_a_deposit_is_no_gain_and_a_withdrawal_no_loss() -> None:
    one = tape(loss(), ladder(0.03))
    one.enter(10_000.0)
    mark(one, 10_000.0)
    one.desk.process(Cash(-400_000.0, one.now))
    mark(one, 10_000.0)
    assert one.desk.book.rules["in_force"].tolist() == [0, 0]
    one.desk.process(Cash(5_000_000.0, one.now))
    mark(one, 9_800.0)  # 2% of the million, 0.36% of what is there now
    assert one.desk.book.rules["in_force"].tolist() == [0, 0]
    assert one.desk.book.account[0]["day_base_krw"] == 5_600_000.0


def test_a_ladder_halves_stops_and_comes_back() -> None:
    one = tape(ladder(0.05, action=Action.SIZE, factor=0.5), ladder(0.08), ladder(0.12, action=Action.FLATTEN), weight=0.5)
    one.enter(10_000.0)
    states = []
    for price in (10_000.0, 9_000.0, 8_400.0, 8_500.0, 9_050.0, 7_600.0):
        mark(one, price)
        states.append((one.desk.book.rules["in_force"].tolist(), float(one.desk.book.account[0]["size_factor"])))
    assert states == [
        ([0, 0, 0], 1.0), ([1, 0, 0], 0.5), ([1, 1, 0], 0.5), ([1, 0, 0], 0.5), ([0, 0, 0], 1.0), ([1, 1, 1], 0.5),
    ]  # fmt: skip


def test_a_peak_leaves_the_window_with_its_day() -> None:
    """A fall of 10% is out of a 3-day window on the third day after the peak, and still inside 5 days."""
    one = tape(ladder(0.05, days=3), ladder(0.05, days=5))
    one.enter(10_000.0)
    mark(one, 10_000.0)
    mark(one, 9_000.0)
    for day, expected in ((1, [1, 1]), (2, [1, 1]), (3, [0, 1]), (4, [0, 1]), (5, [0, 0])):
        one.step(9_000.0, at=START + day * DAY)
        one.desk.process(Mark(START + day * DAY + MINUTE))
        assert one.desk.book.rules["in_force"].tolist() == expected, day


def test_half_the_size_while_the_ladder_says_so() -> None:
    one = tape(ladder(0.05, action=Action.SIZE, factor=0.5), weight=0.4, markets=("KRW-BTC", "KRW-ETH"))
    one.step(50_000.0, market="KRW-ETH")
    one.step(10_000.0)
    one.close(BTC={"enter": 1.0})
    one.step(10_000.0)
    one.step(8_500.0)
    (order,) = one.close(ETH={"enter": 1.0}, BTC={})
    assert order.amount_krw == 0.5 * 0.4 * 940_000.0


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"open_positions": 1}, "account_positions"),
        ({"sectors": (("one", ("KRW-BTC", "KRW-ETH")),), "max_per_sector": 1}, "sector"),
        ({"orders_per_minute": 1}, "orders_per_minute"),
    ],
)
def test_limits_of_the_account(limits: dict[str, Any], expected: str) -> None:
    one = tape(weight=0.3, markets=("KRW-BTC", "KRW-ETH"), **limits)
    one.step(50_000.0, market="KRW-ETH")
    one.step(10_000.0)
    assert [order.market for order in one.close({"enter": 1.0})] == ["KRW-BTC"]
    assert skips(one) == {expected: 1}


@pytest.mark.parametrize(
    ("limits", "amount"),
    [
        ({"capital_krw": 400_000}, 200_000.0),
        ({"capital_ratio": 0.3}, 150_000.0),
        ({"exposure_per_strategy": 0.2}, 200_000.0),
        ({}, 500_000.0),
    ],
)
def test_capital_and_the_share_of_a_strategy(limits: dict[str, Any], amount: float) -> None:
    one = tape(weight=0.5, **limits)
    one.step(10_000.0)
    (order,) = one.close({"enter": 1.0})
    assert order.amount_krw == amount


def with_breaker(when: str, *, account: bool = False, close: bool = False, hold_ms: int = 0) -> Tape:
    made = Rules()
    breaker = Breaker("breaker", made.column(when), account, close, hold_ms)
    strategy = make_strategy(made, sizing=Sizing(weight=0.3), risk=profile(breakers=(breaker,)))
    return Tape(made, strategy, markets=("KRW-BTC", "KRW-ETH"), terms=NO_COST)


@pytest.mark.parametrize(("account", "expected"), [(False, ["KRW-ETH"]), (True, [])])
def test_a_breaker_stops_its_market_or_the_account(account: bool, expected: list[str]) -> None:
    one = with_breaker("shock", account=account, hold_ms=10 * MINUTE)
    one.step(10_000.0)
    one.step(50_000.0, market="KRW-ETH")
    orders = one.close(BTC={"enter": 1.0, "shock": 1.0}, ETH={"enter": 1.0, "shock": 0.0})
    assert [order.market for order in orders] == expected
    assert skips(one) == {"breaker": 2 - len(expected)}


def test_a_breaker_lasts_from_the_last_close_at_which_it_was_true() -> None:
    one = with_breaker("shock", hold_ms=10 * MINUTE)
    one.step(10_000.0)
    found = []
    for minutes, shock in ((5, 1.0), (10, 1.0), (15, 0.0), (20, 0.0)):
        orders = one.close(BTC={"enter": 1.0, "shock": shock}, ETH={"shock": 0.0}, at=START + minutes * MINUTE)
        found.append(len(orders))
    assert found == [0, 0, 0, 1]


def resting(hold_ms: int, *, market: bool = False, compiled: bool = True) -> Tape:
    """Two losses in a row, that many ms of rest; `market`: only where the column `shock` is true too."""
    made = Rules()
    lost = made.graph.add(Node("ge", (account_leaf(made, "acct.losses_in_row"), made.number(2.0)), (), None, Phase.ACCOUNT, Unit.CONDITION))
    if market:
        lost = made.graph.add(Node("and", (made.column("shock"), lost), (), None, Phase.ACCOUNT, Unit.CONDITION))
    risk = profile(breakers=(Breaker("rest", lost, not market, False, hold_ms),))
    leave = rule("leave", made.column("leave"))
    strategy = make_strategy(made, leave, sizing=Sizing(weight=0.3), risk=risk)
    return Tape(made, strategy, markets=("KRW-BTC", "KRW-ETH"), terms=NO_COST, compiled=compiled)


def lose(tape: Tape, minutes: int, *, to: float = 9_900.0, shock: float = 1.0) -> None:
    """Bought in BTC at 10,000 from that minute on, and sold at `to` two minutes later."""
    tape.now = START + minutes * MINUTE
    tape.step(10_000.0)
    assert len(tape.close(BTC={"enter": 1.0, "leave": 0.0, "shock": shock}, ETH={"shock": shock})) == 1
    tape.step(10_000.0)
    assert len(tape.close(BTC={"leave": 1.0, "shock": shock}, ETH={"shock": shock})) == 1
    tape.step(to)


def wants(tape: Tape, minutes: float, shock: float = 1.0) -> bool:
    """At the CLOSE then, BTC wants to buy: whether it may."""
    before = tape.desk.skipped["breaker"]
    columns = {"BTC": {"enter": 1.0, "shock": shock}, "ETH": {"shock": shock}}
    bought = len(tape.close(at=START + int(minutes * MINUTE), **columns)) == 1
    assert tape.desk.skipped["breaker"] - before == (0 if bought else 1)
    return bought


def lost_twice(hold_ms: int, *, market: bool = False, compiled: bool = True) -> Tape:
    """The second loss is made at 12m; nothing has been decided since."""
    one = resting(hold_ms, market=market, compiled=compiled)
    lose(one, 0)
    lose(one, 10)
    return one


@pytest.mark.parametrize("compiled", [True, False])
def test_a_rest_after_losses_ends(compiled: bool) -> None:
    """The count of losses cannot fall while nothing is bought; six hours after the CLOSE that saw the second there is trade again."""
    one = lost_twice(6 * HOUR, compiled=compiled)
    assert [wants(one, minutes) for minutes in (15, 20, 60, 370, 375)] == [False, False, False, False, True]


def test_another_loss_after_the_rest_is_a_rest_again() -> None:
    one = lost_twice(HOUR)
    assert [wants(one, minutes) for minutes in (15, 70)] == [False, False]
    lose(one, 75)
    assert [wants(one, minutes) for minutes in (80, 135, 140)] == [False, False, True]


def test_a_loss_in_the_rest_begins_it_anew() -> None:
    """ETH was bought before the second loss in BTC, and is sold for a loss in the middle of the rest."""
    one = resting(HOUR)
    lose(one, 0)
    one.step(50_000.0, market="KRW-ETH")
    assert len(one.close(ETH={"enter": 1.0}, BTC={})) == 1
    one.step(50_000.0, market="KRW-ETH")
    lose(one, 10)
    assert not wants(one, 15)
    assert len(one.close(ETH={"leave": 1.0}, BTC={}, at=START + 35 * MINUTE)) == 1
    one.step(49_000.0, market="KRW-ETH", at=START + 35 * MINUTE)
    assert [wants(one, minutes) for minutes in (40, 75, 95, 100)] == [False, False, False, True]


def test_a_count_that_begins_anew_is_a_rest_again() -> None:
    one = lost_twice(HOUR)
    assert [wants(one, minutes) for minutes in (15, 70)] == [False, False]
    lose(one, 75, to=10_100.0)
    lose(one, 85)
    lose(one, 95)
    assert [wants(one, minutes) for minutes in (100, 155, 160)] == [False, False, True]


def test_a_rest_of_each_market_is_armed_in_each_alone() -> None:
    """Where it is false or missing at a CLOSE it is armed, and begins anew with the next at which it is true."""
    one = lost_twice(HOUR, market=True)
    assert not wants(one, 15)
    assert one.desk.book.breakers[0]["armed"].tolist() == [0, 0]
    for minutes, shock in ((20, {"shock": 0.0}), (30, {})):
        one.close(BTC=shock, ETH={"shock": 1.0}, at=START + minutes * MINUTE)
        assert one.desk.book.breakers[0]["armed"].tolist() == [1, 0]
        assert not wants(one, minutes + 5)
        assert ((one.desk.book.breakers[0]["until_ms"] - START) // MINUTE).tolist() == [minutes + 65, 75]


def test_the_arming_is_saved_with_the_books() -> None:
    one, other = lost_twice(HOUR), resting(HOUR)
    assert not wants(one, 15)
    restore_book(other.desk.book, save_book(one.desk.book, "x"), "x")
    assert [wants(other, minutes) for minutes in (70, 75)] == [False, True]


def test_without_a_duration_losses_stop_for_as_long_as_they_are_counted() -> None:
    one = lost_twice(0)
    assert [wants(one, minutes) for minutes in (15, 75, 7_000)] == [False] * 3


def test_a_missing_breaker_refuses_entries_and_sells_nothing() -> None:
    one = with_breaker("shock", close=True)
    one.step(10_000.0)
    one.close(BTC={"enter": 1.0, "shock": 0.0}, ETH={"shock": 0.0})
    one.step(10_000.0)
    assert one.close(BTC={"enter": 1.0}, ETH={"enter": 1.0, "shock": 0.0}) == []
    assert skips(one) == {"no_price": 1}
    one.step(50_000.0, market="KRW-ETH")
    assert one.close(ETH={"enter": 1.0}) == []
    assert skips(one) == {"no_price": 1, "breaker_missing": 1}


def test_close_market_sells_its_market_alone() -> None:
    one = with_breaker("shock", close=True, hold_ms=10 * MINUTE)
    one.step(10_000.0)
    one.step(50_000.0, market="KRW-ETH")
    one.close({"enter": 1.0, "shock": 0.0})
    one.step(10_000.0)
    one.step(50_000.0, market="KRW-ETH")
    orders = one.close(BTC={"shock": 1.0}, ETH={"shock": 0.0})
    assert [(order.market, order.exit_index) for order in orders] == [("KRW-BTC", -2)]


def account_leaf(made: Rules, name: str, *params: float) -> int:
    unit = ACCOUNT_SERIES.get(name, Unit.RATIO)
    phase = Phase.ACCOUNT if name.startswith("acct.") else Phase.ORDER
    return made.graph.add(Node(name, (), params, None, phase, unit))


@pytest.mark.parametrize(
    ("name", "params", "expected"),
    [
        ("acct.equity", (), 950_000.0), ("acct.cash", (), 500_000.0), ("acct.exposure", (), 450 / 950), ("acct.pnl_today", (), -0.05),
        ("acct.pnl_week", (), -0.05), ("acct.pnl_month", (), -0.05), ("acct.losses_in_row", (), 0.0), ("acct.open_positions", (), 1.0),
        ("acct.drawdown", (30.0 * DAY,), 0.05), ("order.value", (), 475_000.0), ("order.price", (), 50_000.0), ("order.quantity", (), 9.5),
        ("cost.fee", (), 0.0), ("cost.slippage", (), 0.0), ("cost.round_trip", (), 0.0),
    ],
)  # fmt: skip
def test_what_an_order_condition_reads(name: str, params: tuple[float, ...], expected: float) -> None:
    """Half the money in BTC, which has lost a tenth; then half the equity for ETH. True exactly where the value is what it has to be."""
    for off, orders in ((0.0, 1), (1e-6, 0)):
        made = Rules()
        leaf = account_leaf(made, name, *params)
        apart = made.graph.add(Node("sub", (leaf, made.number(expected + off)), (), None, Phase.ORDER, Unit.NUMBER))
        near = made.graph.add(Node("abs", (apart,), (), None, Phase.ORDER, Unit.NUMBER))
        condition = made.graph.add(Node("lt", (near, made.number(1e-9)), (), None, Phase.ORDER, Unit.CONDITION))
        one = Tape(made, make_strategy(made, sizing=Sizing(weight=0.5)), markets=("KRW-BTC", "KRW-ETH"))
        one.step(10_000.0)
        one.step(50_000.0, market="KRW-ETH")
        one.close(BTC={"enter": 1.0})
        one.step(10_000.0)
        wanting = make_strategy(made, sizing=Sizing(weight=0.5), entry_order=condition, risk=profile())
        other = Tape(made, wanting, markets=("KRW-BTC", "KRW-ETH"))
        book, source = other.desk.book, one.desk.book
        for part in ("account", "position", "order"):
            getattr(book, part)[...] = getattr(source, part)
        other.desk.process(Mark(START + MINUTE))
        other.step(9_000.0, at=START + 2 * MINUTE)
        assert len(other.close(ETH={"enter": 1.0}, BTC={}, at=START + 5 * MINUTE)) == orders, name
        assert skips(other) == ({} if orders else {"order_condition": 1})


def test_an_order_condition_without_a_value_refuses() -> None:
    made = Rules()
    condition = made.graph.add(Node("gt", (made.column("x"), account_leaf(made, "order.value")), (), None, Phase.ORDER, Unit.CONDITION))
    one = Tape(made, make_strategy(made, sizing=Sizing(weight=0.5), entry_order=condition))
    one.step(10_000.0)
    assert one.close({"enter": 1.0}) == []
    assert skips(one) == {"order_condition": 1}


def test_a_size_can_fall_with_the_drawdown() -> None:
    made = Rules()
    lost = account_leaf(made, "acct.drawdown", 30.0 * DAY)
    scale = made.graph.add(Node("sub", (made.number(1.0), lost), (), None, Phase.ACCOUNT, Unit.NUMBER))
    one = Tape(made, make_strategy(made, sizing=Sizing(weight=0.5, scale=scale)), markets=("KRW-BTC", "KRW-ETH"))
    one.step(50_000.0, market="KRW-ETH")
    one.step(10_000.0)
    (first,) = one.close(BTC={"enter": 1.0})
    assert first.amount_krw == 500_000.0
    one.step(10_000.0)
    one.step(8_000.0)
    (second,) = one.close(ETH={"enter": 1.0}, BTC={})
    assert second.amount_krw == pytest.approx(0.5 * 900_000 * 0.9, abs=1.0)


def test_bars_since_the_entry() -> None:
    made = Rules()
    old = made.apply("ge", made.position("bars"), made.number(2.0))
    one = Tape(made, make_strategy(made, rule("old", old)))
    one.now = START + 4 * MINUTE
    one.step(10_000.0)
    one.close({"enter": 1.0})
    one.step(10_000.0)  # opened in the bar from 5m to 10m
    assert one.close({}, at=START + 10 * MINUTE) == []
    assert len(one.close({}, at=START + 15 * MINUTE)) == 1


def test_days_weeks_and_months_are_the_calendars() -> None:
    for day in range(0, 40_000, 1):
        date = EPOCH + timedelta(days=day)
        assert month_of(day) == date.year * 12 + date.month - 1
        monday = date - timedelta(days=date.weekday())
        assert next_week_ms(day) == (monday + timedelta(days=7) - EPOCH) // timedelta(milliseconds=1)
        assert week_of(day) == (monday - EPOCH).days // 7
    for day in range(0, 40_000, 17):
        date = EPOCH + timedelta(days=day)
        first = (date.replace(day=1) + timedelta(days=32)).replace(day=1)
        assert next_month_ms(day) == (first - EPOCH) // timedelta(milliseconds=1)
        assert next_day_ms(day) == (day + 1) * DAY
        assert day_of((day + 1) * DAY - 1) == day


def test_every_reason_has_one_name() -> None:
    named = {**vars(entries), **vars(limits)}
    numbers = [named[reason.upper()] for reason in SKIP_REASONS]
    assert numbers == list(range(len(SKIP_REASONS)))
