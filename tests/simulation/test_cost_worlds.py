"""Costs beyond one fee and one slippage (docs/decide.md §10) in small worlds, by hand; and each is the reference's too."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from dsl.strategy import RiskProfile
from engine.candles.errors import CandleError
from engine.kernel.legal import BEYOND_BOOK, BY_BOOK, BY_MODEL
from engine.model.candle import BarGrid
from engine.model.costs import BookModel, Costs, FeeRule, Halt, VisibleDepth, fee_at
from engine.model.depth import RecordedBooks
from engine.research.backtest import backtest
from engine.research.report.costs import orders_in_parts
from engine.research.result import BacktestResult, Rounding, Settings
from tests.generators.worlds import World
from tests.simulation.agreement import assert_agree, touches
from tests.simulation.test_odd_worlds import ALWAYS, MINUTE, START, Bar, fills, grid_of, world_of

#: 1,000,000 KRW at 4,000: 250 coins
BUY = ALWAYS + "exits:\n  stop: {at: -5%}\n"


def run(
    body: str, bars: Sequence[Bar], volume: float | Sequence[float], costs: Costs, slippage: float = 0.0, cash: float = 10_000_000.0
) -> BacktestResult:
    """Both programs over minutes of one market. volume: coins of every bar."""
    grid = grid_of({"KRW-XRP": bars})
    volumes = np.broadcast_to(np.array(volume, np.float64), grid.state.shape).copy()
    grid = replace(grid, volume=volumes, value=np.full(volumes.shape, np.nan))
    world = world_of(body, grid, Settings(cash, 0.0, slippage, costs=costs))
    results = [assert_agree(world.strategy, grid, replace(world.settings, block=block), world.traded) for block in (1, 2_048)]
    assert results[0].fills.tobytes() == results[1].fills.tobytes()
    return results[1]


def coins(result: BacktestResult) -> list[tuple[int, str, float, float]]:
    """(bar, what, price, coins) of every fill."""
    return [(*row, fill["quantity_e8"] / 1e8) for row, fill in zip(fills(result), result.fills, strict=True)]


def test_a_buy_takes_its_share_of_each_bar_and_what_is_left_of_its_money() -> None:
    result = run(BUY, [4000.0, 4000.0, float("nan"), 4000.0, 5000.0, 4000.0], 500.0, Costs(participation=0.2))
    assert coins(result) == [(1, "buy", 4000.0, 100.0), (3, "buy", 4000.0, 100.0), (4, "buy", 5000.0, 40.0)]
    assert len(set(result.fills["order_id"].tolist())) == 1


def test_a_bar_without_volume_gives_nothing() -> None:
    result = run(BUY, [4000.0] * 5, [500.0, 0.0, float("nan"), 1e9, 0.0], Costs(participation=0.2))
    assert coins(result) == [(3, "buy", 4000.0, 250.0)]


TARGET = ALWAYS + "exits:\n  stop: {at: -20%}\n  up: {at: +1%, sell: 50%}\n"


def test_a_sale_inside_a_bar_goes_on_at_the_opens_after_it() -> None:
    bars: list[Bar] = [4000.0, 4000.0, (4000.0, 4100.0, 3990.0, 4050.0), (4060.0, 4060.0, 4060.0, 4060.0), 4070.0, 4070.0]
    result = run(TARGET, bars, [1e9, 1e9, 250.0, 250.0, 250.0, 250.0], Costs(participation=0.2))
    assert coins(result)[1:] == [(2, "up", 4040.0, 50.0), (3, "up", 4060.0, 50.0), (4, "up", 4070.0, 25.0)]


def test_two_sales_share_the_volume_of_their_bar() -> None:
    body = ALWAYS + "exits:\n  stop: {at: -20%}\n  up: {at: +1%, sell: 20%}\n  more: {at: +2%}\n"
    bars: list[Bar] = [4000.0, 4000.0, (4000.0, 4100.0, 3990.0, 4050.0), 4060.0, 4060.0]
    result = run(body, bars, [1e9, 1e9, 1000.0, 1e9, 1e9], Costs(participation=0.2))
    assert coins(result)[1:] == [(2, "up", 4040.0, 50.0), (2, "more", 4080.0, 150.0), (3, "more", 4060.0, 50.0)]


def test_what_is_left_of_a_buy_is_cancelled_when_its_stop_is_reached() -> None:
    bars: list[Bar] = [4000.0, (4000.0, 4000.0, 3790.0, 3900.0), 3900.0, 3700.0, 3700.0]
    result = run(BUY, bars, 500.0, Costs(participation=0.2))
    assert coins(result) == [(1, "buy", 4000.0, 100.0), (3, "stop", 3700.0, 100.0)]


def test_what_is_left_of_a_buy_is_cancelled_when_a_rule_would_sell() -> None:
    body = ALWAYS + "exits:\n  out: {when: 'close < 3_900 KRW'}\n"
    result = run(body, [4000.0, 3800.0, 3800.0, 3800.0], 500.0, Costs(participation=0.2))
    assert coins(result) == [(1, "buy", 3800.0, 100.0), (3, "out", 3800.0, 100.0)]


@pytest.mark.parametrize(("force", "bought"), [("ioc", [(1, "buy", 4000.0, 100.0)]), ("fok", [])])
@pytest.mark.parametrize("order", ["{order: best, ", "{order: limit, price: best bid, "])
def test_ioc_keeps_what_it_got_and_fok_wants_all(force: str, bought: list[tuple[int, str, float, float]], order: str) -> None:
    """The limit arrives at an open that is below it."""
    body = BUY + "execution: {enter: " + order + f"time_in_force: {force}" + "}}\n"
    price = 3999.0 if "limit" in order else 4000.0
    result = run(body, [4000.0, *[price] * 4], 500.0, Costs(participation=0.2))
    expected = [(bar, what, price, 100.0) for bar, what, _, _ in bought]
    assert coins(result)[:1] == expected
    assert all(row[0] == 1 for row in coins(result) if row[1] == "buy")


def test_a_limit_buy_waits_at_its_limit_between_its_parts_and_then_asks_how_much_it_has() -> None:
    body = BUY + "execution: {enter: {order: limit, price: best bid, after: 3m, then: market if filled >= 50%}}\n"
    bars: list[Bar] = [4000.0, (4000.0, 4000.0, 3995.0, 3995.0), (4010.0, 4010.0, 4000.0, 4005.0), (4010.0, 4010.0, 3995.0, 4000.0), 4020.0]
    result = run(body, bars, [0.0, 500.0, 500.0, 100.0, 500.0], Costs(participation=0.2))
    assert coins(result) == [(1, "buy", 4000.0, 100.0), (3, "buy", 4000.0, 20.0)]
    more = run(body, bars, [0.0, 500.0, 500.0, 300.0, 500.0], Costs(participation=0.2))
    assert coins(more) == [(1, "buy", 4000.0, 100.0), (3, "buy", 4000.0, 60.0), (4, "buy", 4020.0, 89.55223880)]


@pytest.mark.parametrize(("root", "price"), [(False, 4040.0), (True, 4080.0)])
def test_impact_grows_with_the_share_of_the_volume_or_its_root(root: bool, price: float) -> None:
    """250 coins of 1,000 are 25 %: 4 % of a quarter, or of a half."""
    result = run(BUY, [4000.0] * 3, 1000.0, Costs(impact=0.04, impact_root=root))
    assert coins(result) == [(1, "buy", price, pytest.approx(1_000_000 / price, abs=1e-8))]
    assert result.fills["base_krw"].tolist() == [4000.0]


def test_an_order_larger_than_the_volume_slips_as_one_of_all_of_it() -> None:
    assert fills(run(BUY, [4000.0] * 3, 1.0, Costs(impact=0.04))) == [(1, "buy", 4160.0)]
    assert fills(run(BUY, [4000.0] * 3, 0.0, Costs(impact=0.04))) == [(1, "buy", 4160.0)]


def test_a_target_below_the_slippage_of_its_own_size_is_refused() -> None:
    body = ALWAYS + "exits:\n  up: {at: +1%}\n"
    assert fills(run(body, [4000.0] * 4, 1e12, Costs(impact=0.04))) == [(1, "buy", 4000.0)]
    result = run(body, [4000.0] * 4, 500.0, Costs(impact=0.04))
    assert (fills(result), result.skipped["target_below_cost"]) == ([], 4)
    quiet = run(body, [4000.0] * 4, [500.0, 1e12, 500.0, 500.0], Costs(impact=0.04))
    assert fills(quiet) == [(2, "buy", 4080.0)]


def test_the_order_condition_and_the_profile_see_the_slippage_of_the_size() -> None:
    body = BUY.replace("entry: close > 0 KRW", "entry: close > 0 KRW and cost.slippage < 1%")
    for volume, skips in ((1000.0, 3), (1001.0, 0)):
        grid = grid_of({"KRW-XRP": [4000.0] * 3})
        world = world_of(body, replace(grid, volume=np.full((1, 3), volume)), Settings(costs=Costs(impact=0.04), slippage=0.0))
        result = backtest(world.strategy, world.grid, world.settings, traded=world.traded)
        assert (result.skipped["order_condition"], len(result.fills)) == (skips, int(skips == 0))
        strict = replace(world_of(BUY, grid).strategy, risk=RiskProfile("strict", max_slippage=0.009995))
        assert assert_agree(strict, world.grid, world.settings, world.traded).skipped["slippage"] == skips


SLICED = BUY + "execution: {leave: {max_slippage: 1%}}\n"


def test_a_stop_is_sold_in_slices_that_slip_as_much_as_the_file_allows() -> None:
    """1 % is a quarter of 4 %: a quarter of each bar's volume at most."""
    bars: list[Bar] = [4000.0, 4000.0, (4000.0, 4000.0, 3700.0, 3700.0), 3600.0, 3600.0, 3600.0]
    result = run(SLICED, bars, [1e12, 1e12, 400.0, 400.0, 200.0, 400.0], Costs(impact=0.04))
    assert coins(result)[1:] == [(2, "stop", 3762.0, 100.0), (3, "stop", 3564.0, 100.0), (4, "stop", 3564.0, 50.0)]


def test_a_sale_is_not_cut_where_that_gains_nothing() -> None:
    bars: list[Bar] = [4000.0, 4000.0, (4000.0, 4000.0, 3700.0, 3700.0), 3600.0]
    assert len(run(SLICED, bars, 400.0, Costs(), slippage=0.02).fills) == 2
    assert len(run(SLICED, bars, 400.0, Costs(impact=0.04), slippage=0.01).fills) == 2


@pytest.mark.parametrize(("costs", "bought", "sold"), [
    (Costs(latency_ms=1), 2, (4, 3650.0)), (Costs(latency_ms=MINUTE), 2, (4, 3650.0)), (Costs(latency_bars=1), 2, (4, 3650.0)),
    (Costs(latency_ms=1, latency_bars=1), 3, (5, 3600.0)),
])  # fmt: skip
def test_orders_arrive_late(costs: Costs, bought: int, sold: tuple[int, float]) -> None:
    bars: list[Bar] = [4000.0, 4000.0, 4000.0, (4000.0, 4000.0, 3700.0, 3700.0), 3650.0, 3600.0]
    assert fills(run(BUY, bars, 1.0, costs)) == [(bought, "buy", 4000.0), (sold[0], "stop", sold[1])]


def test_the_highest_price_of_a_bar_counts_though_its_sale_is_late() -> None:
    """The target's sale arrives a bar later; the trail follows the high of the bar that it was made in."""
    body = ALWAYS + "exits:\n  up: {at: +1%, sell: 50%}\n  trail: {after: up, at: pos.high - 20 KRW}\n"
    bars: list[Bar] = [4000.0, 4000.0, 4000.0, (4000.0, 4200.0, 4000.0, 4195.0), (4190.0, 4190.0, 4185.0, 4190.0), 4170.0, 4170.0, 4160.0]
    result = run(body, bars, 1.0, Costs(latency_bars=1))
    assert fills(result) == [(2, "buy", 4000.0), (4, "up", 4190.0), (6, "trail", 4170.0)]


def test_fees_by_market_and_date() -> None:
    rules = (FeeRule(0.001, "KRW-XRP", START + 3 * MINUTE), FeeRule(0.002, "", START + 1), FeeRule(0.5, "KRW-BTC"))
    body = "entry: close > 0 KRW\nsizing: {weight: 10% of equity}\nexits:\n  out: {when: 'pos.age > 0m'}\n"
    result = run(body, [4000.0] * 6, 1.0, Costs(rules))
    rates = (result.fills["fee_krw"] / (result.fills["quantity_e8"] * 4000.0 / 1e8)).tolist()
    assert rates == pytest.approx([0.002, 0.002, 0.001, 0.001, 0.001])
    assert [fee_at(rules, market, 0.7, START) for market in ("KRW-XRP", "KRW-BTC", "KRW-ETH")] == [0.7, 0.5, 0.7]
    assert [fee_at(rules, market, 0.7, START + 3 * MINUTE) for market in ("KRW-XRP", "KRW-BTC", "KRW-ETH")] == [0.001, 0.5, 0.002]


@pytest.mark.parametrize("costs", [
    Costs(impact=1.0), Costs(impact=-0.1), Costs(participation=0.0), Costs(participation=1.1), Costs(latency_ms=-1), Costs(latency_bars=-1),
    Costs((FeeRule(1.0),)), Costs((FeeRule(-0.1),)), Costs(impact=float("nan")), Costs(participation=float("nan")),
    Costs(queue=0.0), Costs(queue=1.1), Costs(visible=VisibleDepth(0.0)),
    Costs(visible=VisibleDepth(share=-1.0, window_ms=MINUTE)), Costs(halts=(Halt("", 5, 5),)),
    *(Costs(visible=VisibleDepth(share=0.1, window_ms=window_ms)) for window_ms in (0, MINUTE // 2, MINUTE * 3 // 2)),
    *(Costs(book=BookModel(0.001, 0.05, window_ms, 0.005)) for window_ms in (0, MINUTE // 2, MINUTE * 3 // 2)),
])  # fmt: skip
def test_costs_that_cannot_be_are_refused(costs: Costs) -> None:
    with pytest.raises((ValueError, CandleError), match=r"must|negative|has to be whole 1m"):
        run(BUY, [4000.0] * 3, 1.0, costs)


WAITING = "execution: {leave: {order: limit}}\n"


@pytest.mark.parametrize(("bar", "sold"), [
    ((4000.0, 4040.0, 4000.0, 4020.0), []),  # a touch
    ((4000.0, 4045.0, 4000.0, 4020.0), [(2, "up", 4040.0)]),
    ((4100.0, 4150.0, 4090.0, 4100.0), [(2, "up", 4040.0)]),  # a gap: it waited below
    ((4000.0, 4045.0, 3700.0, 3700.0), [(2, "stop", 3800.0)]),
])  # fmt: skip
def test_a_target_that_waits_at_its_level_is_sold_there_when_the_price_goes_above(bar: Bar, sold: list[tuple[int, str, float]]) -> None:
    body = ALWAYS + "exits:\n  stop: {at: -5%}\n  up: {at: +1%}\n" + WAITING
    bars: list[Bar] = [4000.0, 4000.0, bar, bar[3] if isinstance(bar, tuple) else bar]
    result = run(body, bars, 1.0, Costs())
    assert fills(result)[1:] == sold


def test_what_a_waiting_target_cannot_sell_goes_on_at_the_market() -> None:
    bars: list[Bar] = [4000.0, 4000.0, (4000.0, 4100.0, 3990.0, 4050.0), (4000.0, 4000.0, 4000.0, 4000.0), 4070.0]
    result = run(TARGET + WAITING, bars, [1e12, 1e12, 250.0, 1000.0, 250.0], Costs(impact=0.04, participation=0.2), slippage=0.0)
    assert coins(result)[1:] == [(2, "up", 4040.0, 50.0), (3, "up", 3988.0, 75.0)]
    late = run(TARGET + WAITING, bars, 1.0, Costs(latency_ms=1))
    assert fills(late) == [(2, "buy", 4000.0), (3, "up", 4000.0)]


def test_a_waiting_target_pays_its_level_without_slippage() -> None:
    body = ALWAYS + "exits:\n  up: {at: +1%}\n"
    assert run(body, [4000.0] * 3, 1.0, Costs(), slippage=0.012).skipped["target_below_cost"] == 3
    assert len(run(body + WAITING, [4000.0] * 3, 1.0, Costs(), slippage=0.012).fills) == 1


def with_book(grid: BarGrid, times: list[int], until: int, book: list[list[float]]) -> BarGrid:
    """The grid with the same book of KRW-XRP recorded at these bars' opens; the recorder ran to the open of bar `until`."""
    time_ms = START + MINUTE * np.array(times, np.int64)
    levels = np.array([book] * len(times), np.float64).reshape(len(times), 4, -1 if times else 2)
    return replace(grid, books={"KRW-XRP": RecordedBooks(time_ms, np.full(len(times), START + MINUTE * until, np.int64), levels)})


#: 4,001 x 100, 4,009 x 100 against 3,999 x 100, 3,989 x 100; the middle is 4,000
BOOK = [[4001.0, 4009.0], [3999.0, 3989.0], [100.0, 100.0], [100.0, 100.0]]


@pytest.mark.parametrize(("cash", "times", "until", "price", "priced"), [
    (400_000.0, [0], 9, 4001.0, BY_BOOK),  # 100 coins
    (800_000.0, [0], 9, 4005.0, BY_BOOK),  # 200 coins: 100 at either level
    (1_600_000.0, [0], 9, 4007.0, BEYOND_BOOK),  # 400: the rest at 4,009
    (400_000.0, [0], 0, 4080.0, BY_MODEL),  # the recorder had stopped
    (400_000.0, [2], 9, 4080.0, BY_MODEL),  # not yet recorded
    (400_000.0, [], 9, 4080.0, BY_MODEL),
])  # fmt: skip
def test_a_buy_walks_the_book_that_stands(cash: float, times: list[int], until: int, price: float, priced: int) -> None:
    grid = with_book(grid_of({"KRW-XRP": [4000.0] * 4}), times, until, BOOK)
    body = "entry: close > 0 KRW\nexits:\n  stop: {at: -20%}\n"
    slippage = 0.02 if priced == BY_MODEL else 0.001
    world = world_of(body, grid, Settings(cash, 0.0, slippage, costs=Costs(walk_books=True)))
    result = assert_agree(world.strategy, grid, world.settings, world.traded)
    assert [fill[2] for fill in fills(result)] == [price]
    assert result.fills["priced"].tolist() == [priced]
    unasked = assert_agree(world.strategy, grid, replace(world.settings, costs=Costs()), world.traded)
    assert unasked.fills["priced"].tolist() == [BY_MODEL]


def test_beyond_the_book_slippage_is_at_least_the_stated_one() -> None:
    grid = with_book(grid_of({"KRW-XRP": [4000.0] * 4}), [0], 9, BOOK)
    world = world_of(ALWAYS + "exits:\n  stop: {at: -20%}\n", grid, Settings(2e8, 0.0, 0.01, costs=Costs(walk_books=True)))
    assert fills(assert_agree(world.strategy, grid, world.settings, world.traded)) == [(1, "buy", 4040.0)]


def test_a_stop_walks_the_bids_from_its_level() -> None:
    """250 coins of 200 that the book shows: 100 at 3,999, 150 at 3,989 are 0.175 % below the middle."""
    bars: list[Bar] = [4000.0, 4000.0, (4000.0, 4000.0, 3700.0, 3700.0), 3700.0]
    grid = with_book(grid_of({"KRW-XRP": bars}), [2], 2, BOOK)
    world = world_of(BUY, grid, Settings(1e7, 0.0, 0.0, costs=Costs(walk_books=True)))
    result = assert_agree(world.strategy, grid, world.settings, world.traded)
    assert fills(result) == [(1, "buy", 4000.0), (2, "stop", 3793.0)]
    assert result.fills["priced"].tolist() == [BY_MODEL, BEYOND_BOOK]


def test_a_target_is_refused_where_the_book_at_the_decision_costs_more_than_it_gains() -> None:
    thin = [[4100.0], [3900.0], [0.01], [0.01]]
    grid = with_book(grid_of({"KRW-XRP": [4000.0] * 4}), [0], 9, thin)
    world = world_of(ALWAYS + "exits:\n  up: {at: +1%}\n", grid, Settings(1e7, 0.0, 0.0, costs=Costs(walk_books=True)))
    result = assert_agree(world.strategy, grid, world.settings, world.traded)
    assert (fills(result), result.skipped["target_below_cost"]) == ([], 4)


LIMIT = "execution: {enter: {order: limit, after: 10m, then: cancel}}\n"


def touching(low: float) -> Bar:
    """A bar above the limit of 4,000 that comes down to a price."""
    return (4020.0, 4030.0, low, 4020.0)


@pytest.mark.parametrize(("queue", "coins_bought"), [(None, []), (0.1, [50.0, 50.0, 150.0]), (0.2, [100.0, 100.0, 50.0]), (1.0, [250.0])])
def test_a_touched_limit_trades_the_queues_share(queue: float | None, coins_bought: list[float]) -> None:
    """500 coins a bar; a touch gives a share of them, a price below the limit all that is left."""
    bars: list[Bar] = [4000.0, touching(4000.0), touching(4010.0), touching(4000.0), touching(3995.0 if queue else 4000.0), 4020.0]
    result = run(BUY + LIMIT, bars, 500.0, Costs(queue=queue))
    assert [row[3] for row in coins(result)] == coins_bought
    assert {row[2] for row in coins(result)} <= {4000.0}


def test_what_stood_at_the_limit_before_it_goes_first() -> None:
    """100 coins ahead; each touch lets 80 pass."""
    bars: list[Bar] = [4000.0, touching(4010.0), touching(4000.0), touching(4000.0), touching(4000.0), 4020.0]
    grid = with_book(grid_of({"KRW-XRP": bars}), [1], 9, [[4021.0, 4025.0], [4010.0, 4000.0], [1.0, 1.0], [1.0, 100.0]])
    grid = replace(grid, volume=np.full(grid.state.shape, 800.0))
    world = world_of(BUY + LIMIT, grid, Settings(1e7, 0.0, 0.0, costs=Costs(queue=0.1, walk_books=True)))
    assert [row[3] for row in coins(assert_agree(world.strategy, grid, world.settings, world.traded))] == [60.0, 80.0]


def touchy_world(seed: int) -> World:
    """Bars of a few ticks, a limit buy at whatever price they turn at, and books with something at every price."""
    chance = random.Random(seed)
    bars, price = [], 4000.0
    for _ in range(100):
        first, price = price, price + chance.choice([-1.0, 0.0, 0.0, 1.0])
        ends = min(first, price) - chance.choice([0.0, 0.0, 1.0]), max(first, price) + chance.choice([0.0, 1.0])
        bars.append((first, ends[1], ends[0], price) if chance.random() < 0.9 else float("nan"))
    grid = grid_of({"KRW-XRP": bars})
    grid = replace(grid, volume=np.array([[round(chance.expovariate(1 / 1000.0), 8) for _ in bars]]))
    levels = [
        [4000.0 + k for k in range(9)],
        [4000.0 - k for k in range(9)],
        [1e6] * 9,
        [chance.choice([0.3, 20.0, 90.0]) for _ in range(9)],
    ]
    grid = with_book(grid, sorted(chance.sample(range(100), 10)), 99, levels)
    enter = (
        f"order: {chance.choice(['limit', 'post_only'])}, after: {chance.choice([1, 7, 30])}m, then: {chance.choice(['cancel', 'market'])}"
    )
    more = chance.choice(["", ", reprice: every 3m"])
    body = "entry: close > 0 KRW\nsizing: {weight: 20% of equity}\nexits:\n  stop: {at: -0.1%}\n  up: {at: +0.3%, sell: 50%}\n"
    costs = Costs(queue=chance.choice([0.01, 0.1, 1.0]), participation=chance.choice([None, 0.05]), walk_books=chance.random() < 0.7)
    settings = Settings(1e7, 0.0, chance.choice([0.0, 0.0003]), costs=costs, rounding=chance.choice([Rounding.UPBIT, Rounding.NONE]))
    chance = random.Random(f"targets {seed}")
    if chance.random() < 0.7:
        body = f"entry: close > 0 KRW\nsizing: {{weight: 20% of equity}}\nexits:\n  stop: {{at: -0.3%}}\n{chance.choice(TARGETS)}"
        enter = chance.choice([enter, "order: market", "order: market"])
        more = (more if enter != "order: market" else "") + "}, leave: {order: limit"
        book = chance.choice([None, BookModel(chance.choice([0.0, 0.0005]), 0.01, 5 * MINUTE, chance.choice([0.0005, 0.01]))])
        late = chance.choice([{}, {"latency_ms": 300}, {"latency_bars": 2}])
        costs = replace(costs, book=book, walk_books=chance.random() < 0.4, queue=chance.choice([0.03, 0.3, 1.0]), **late)
        settings = replace(settings, costs=costs)
    return world_of(f"{body}execution: {{enter: {{{enter}{more}}}}}\n", grid, settings)


#: levels that stand, that follow the price, that come one after another, and two at one price
TARGETS = (
    "  up: {at: pos.entry + 1 KRW, sell: 50%}\n  more: {after: up, at: pos.entry + 3 KRW}\n",
    "  up: {at: pos.entry + 2 KRW, sell: 30%}\n  same: {at: pos.entry + 2 KRW, sell: 50% of rest}\n  out: {when: pos.bars > 20}\n",
    "  up: {at: pos.high + 1 KRW, sell: 20% of rest}\n  more: {at: pos.entry + 3 KRW}\n",
    "  up: {at: pos.entry + 2 KRW, sell: 50%}\n  more: {after: up, at: pos.entry * (1 + 0.002 - 0.0001 * pos.bars)}\n",
)


def test_random_touches_are_the_references() -> None:
    seen: Counter[str] = Counter()
    for seed in range(40):
        world = touchy_world(seed)
        result = assert_agree(world.strategy, world.grid, world.settings, world.traded)
        seen.update(touches(world, result))
        if (world.settings.costs.latency_ms or world.settings.costs.latency_bars) and world.strategy.execution.leave.order == "limit":
            seen["sales without latency"] += int((result.fills["decided_ms"] == result.fills["time_ms"]).sum())
    assert min(seen["touched buys"], seen["touched sales"], seen["sales without latency"]) >= 40, seen


RESTING = "execution: {leave: {order: limit}}\n"
UP = ALWAYS + "exits:\n  stop: {at: -20%}\n  up: {at: +1%, sell: 50%}\n  more: {after: up, at: +2%}\n" + RESTING


def rising(high: float) -> Bar:
    """A bar of 4,000 that goes up to a price."""
    return (4000.0, high, 4000.0, 4000.0)


def test_a_target_that_waits_trades_the_queues_share_of_a_touch_and_then_the_rest() -> None:
    """125 coins wait at 4,040 from the buy on. 500 coins a bar: each touch gives 50 of them, the last one 25. Only then does the next
    target wait, at 4,080."""
    bars: list[Bar] = [4000.0, 4000.0, *[rising(4040.0)] * 3, rising(4039.0), rising(4080.0), rising(4085.0)]
    result = run(UP, bars, 500.0, Costs(queue=0.1))
    assert coins(result)[1:] == [
        (2, "up", 4040.0, 50.0), (3, "up", 4040.0, 50.0), (4, "up", 4040.0, 25.0), (6, "more", 4080.0, 50.0), (7, "more", 4080.0, 75.0),
    ]  # fmt: skip
    assert orders_in_parts(result) == 2
    through = run(UP, [*bars[:3], rising(4041.0)], 500.0, Costs(queue=0.1))
    assert coins(through)[1:] == [(2, "up", 4040.0, 50.0), (3, "up", 4040.0, 75.0)]
    assert coins(run(UP, bars[:6], 500.0, Costs()))[1:] == []


def test_a_target_waits_behind_the_asks_that_stood_there() -> None:
    """100 coins ahead when the buy fills; each touch lets 80 pass. Where the level is none of the book's, nobody is ahead."""
    bars: list[Bar] = [4000.0, 4000.0, *[rising(4040.0)] * 3]
    for ask, sold in ((4040.0, [60.0, 65.0]), (4041.0, [80.0, 45.0])):
        grid = with_book(grid_of({"KRW-XRP": bars}), [1], 9, [[4000.0, ask], [4000.0, 3998.0], [1e3, 100.0], [1.0, 1.0]])
        grid = replace(grid, volume=np.full(grid.state.shape, 800.0))
        world = world_of(UP, grid, Settings(1e7, 0.0, 0.0, costs=Costs(queue=0.1, walk_books=True)))
        assert [row[3] for row in coins(assert_agree(world.strategy, grid, world.settings, world.traded))][1:] == sold


@pytest.mark.parametrize(("within", "sold"), [(0.02, [90.0, 35.0]), (0.005, [100.0, 25.0])])
def test_a_target_waits_behind_the_asks_of_the_supposed_book(within: float, sold: list[float]) -> None:
    """Both sides of 1,000 coins a bar, 10 %, that is 400,000 KRW, offer evenly up to 2 % from 4,000, at 81 prices; 4,040 is 40.5 ticks from
    the middle of 3,999.5. Where the book ends before the level, nobody is ahead."""
    bars: list[Bar] = [4000.0, 4000.0, *[rising(4040.0)] * 3]
    costs = Costs(queue=0.1, book=BookModel(0.0, 0.1, MINUTE, within))
    result = run(UP, bars, 1000.0, costs)
    ahead = 400_000 * (1 / 4000.5 / 0.02) / 4000.5 if within == 0.02 else 0.0
    assert [row[3] for row in coins(result)][1:] == pytest.approx([100.0 - ahead, 25.0 + ahead], abs=1e-7)


def test_who_waited_at_the_exchange_needs_no_time_to_get_there() -> None:
    """500 ms: the target is sent when the buy fills, at bar 2, and has arrived at bar 3. A stop is always late."""
    costs = Costs(queue=0.1, latency_ms=500)
    touched = run(UP, [4000.0, 4000.0, rising(4040.0), rising(4040.0), rising(4050.0), 4000.0], 500.0, costs)
    assert coins(touched)[1:] == [(3, "up", 4040.0, 50.0), (4, "up", 4040.0, 75.0)]
    early = run(UP, [4000.0, 4000.0, rising(4050.0), (4010.0, 4010.0, 4010.0, 4010.0)], 500.0, costs)
    assert coins(early)[1:] == [(3, "up", 4010.0, 125.0)]


def test_a_touch_in_a_halt_sells_nothing_and_lets_nobody_pass() -> None:
    bars: list[Bar] = [4000.0, 4000.0, *[rising(4040.0)] * 3]
    costs = Costs(queue=0.1, halts=(Halt("", START + 2 * MINUTE, START + 3 * MINUTE),))
    assert coins(run(UP, bars, 500.0, costs))[1:] == [(3, "up", 4040.0, 50.0), (4, "up", 4040.0, 50.0)]


def test_two_targets_at_one_level_share_what_comes_to_it() -> None:
    body = ALWAYS + "exits:\n  stop: {at: -20%}\n  up: {at: +1%, sell: 20%}\n  more: {at: +1%, sell: 40%}\n" + RESTING
    result = run(body, [4000.0, 4000.0, *[rising(4040.0)] * 3], 800.0, Costs(queue=0.1))
    assert coins(result)[1:] == [(2, "up", 4040.0, 50.0), (2, "more", 4040.0, 30.0), (3, "more", 4040.0, 70.0)]


def test_a_target_is_not_reached_in_the_bar_whose_low_filled_its_buy() -> None:
    body = ALWAYS + "exits:\n  stop: {at: -5%}\n  up: {at: +0.5%}\n" + LIMIT
    result = run(body, [4000.0, (4020.0, 4100.0, 4000.0, 4000.0), 4010.0, 4020.0], 1e9, Costs(queue=0.1))
    assert fills(result) == [(1, "buy", 4000.0), (3, "up", 4020.0)]


@pytest.mark.parametrize(("visible", "bought", "sold"), [
    (VisibleDepth(999_999.0), [], []), (VisibleDepth(1_000_000.0), [250.0], [250.0]), (VisibleDepth(), [250.0], [250.0]),
    (VisibleDepth(share=1.0, window_ms=MINUTE), [250.0], [250.0]), (VisibleDepth(share=0.5, window_ms=MINUTE), [], []),
    (VisibleDepth(share=0.5, window_ms=2 * MINUTE), [250.0], [250.0]),
])  # fmt: skip
def test_a_market_buy_larger_than_what_is_shown_is_refused(visible: VisibleDepth, bought: list[float], sold: list[float]) -> None:
    """300 coins of 4,000 a bar: 1,200,000 KRW. Where the window begins before the candles, any size is taken."""
    bars: list[Bar] = [4000.0, 4000.0, 4000.0, 4000.0, (4000.0, 4000.0, 3700.0, 3700.0), 3700.0]
    result = run(BUY, bars, 300.0, Costs(visible=visible))
    assert [row[3] for row in coins(result)] == [*bought, *sold]
    assert result.turned_away.refused_buys == (0 if bought else 5)


def test_a_sale_is_cut_to_what_is_shown() -> None:
    """800,000 KRW are 210.5 coins at the stop of 3,800; 249.9 were bought, at 4,001 by the book."""
    bars: list[Bar] = [4000.0, 4000.0, (4000.0, 4000.0, 3700.0, 3700.0), 3700.0, 3700.0]
    grid = with_book(grid_of({"KRW-XRP": bars}), [1], 1, [[4001.0], [3999.0], [1000.0], [1.0]])
    world = world_of(BUY, grid, Settings(1e7, 0.0, 0.0, costs=Costs(visible=VisibleDepth(800_000.0), walk_books=True)))
    result = assert_agree(world.strategy, grid, world.settings, world.traded)
    assert [row[3] for row in coins(result)][1:] == pytest.approx([210.52631578, 39.41119984])
    assert (result.turned_away.refused_buys, result.turned_away.cut_sales) == (0, 1)


def halt(first: int, end: int, market: str = "") -> Costs:
    """No order of bars [first, end)."""
    return Costs(halts=(Halt(market, START + first * MINUTE, START + end * MINUTE),))


def test_nothing_trades_in_a_halt_and_entries_wait_for_its_end() -> None:
    bars: list[Bar] = [4000.0, 4000.0, 4000.0, (4000.0, 4000.0, 3700.0, 3700.0), 3600.0, 3500.0, 3500.0]
    result = run(BUY, bars, 1.0, halt(1, 2))
    assert fills(result)[:2] == [(2, "buy", 4000.0), (3, "stop", 3800.0)]
    assert (result.skipped["halted"], result.turned_away.halted_orders) == (1, 0)
    caught = run(BUY, bars, 1.0, halt(3, 5, "KRW-XRP"))
    assert fills(caught)[:2] == [(1, "buy", 4000.0), (5, "stop", 3500.0)]
    assert caught.turned_away.halted_orders == 1
    assert fills(run(BUY, bars, 1.0, halt(3, 5, "KRW-BTC"))) == fills(run(BUY, bars, 1.0, Costs()))


@pytest.mark.parametrize(("asked", "bought"), [(False, (4, 4010.0)), (True, (5, 4020.0))])
def test_an_entry_waits_for_the_end_of_an_outage_or_is_given_up(asked: bool, bought: tuple[int, float]) -> None:
    """Bars 2 and 3 are missing everywhere; without a trade nothing fills in any case. The price rises before and after them."""
    none = float("nan")
    grid = grid_of({market: [4000.0, 4001.0, none, none, 4010.0, 4020.0] for market in ("KRW-ETH", "KRW-XRP")})
    grid = replace(grid, outages=((START + 2 * MINUTE, START + 4 * MINUTE),))
    world = world_of(BUY.replace("close > 0 KRW", "close > close[1]"), grid, Settings(1e7, 0.0, 0.0, costs=Costs(outages=asked)))
    result = assert_agree(world.strategy, grid, world.settings, world.traded)
    assert fills(result)[0] == (bought[0], "buy", bought[1])
    assert result.skipped["halted"] == (2 if asked else 0)
    assert result.outages == (grid.outages if asked else ())


def test_an_order_on_its_way_waits_for_the_end_of_a_halt() -> None:
    result = run(BUY, [4000.0, 4000.0, 4010.0, 4020.0, 4020.0], 1.0, replace(halt(2, 3), latency_ms=500))
    assert fills(result) == [(3, "buy", 4020.0)]
    assert result.turned_away.halted_orders == 1


def test_a_sale_decided_in_an_outage_is_counted_when_it_is_over() -> None:
    """No STEP comes in it. The rule is true at the close of bar 2, in which nothing trades."""
    body = ALWAYS + "exits:\n  out: {when: 'pos.bars >= 2'}\n"
    result = run(body, [4000.0, 4000.0, float("nan"), float("nan"), 3900.0, 3900.0], 1.0, halt(2, 4))
    assert fills(result) == [(1, "buy", 4000.0), (4, "out", 3900.0)]
    assert result.turned_away.halted_orders == 1
