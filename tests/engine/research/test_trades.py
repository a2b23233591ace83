"""Fills put together into trades: by hand, by brute force, and that nothing is lost."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.strategy import Action, Period, RiskProfile, RiskRule
from engine.kernel.book import FILL
from engine.kernel.ledger import BEST, GAIN, HOLDING, LOSS, LOSSES, PROFIT, RATIO, TRADE, TRADES_WIDTH, WINS, WORST
from engine.kernel.ledger import precompile as passes
from engine.research.backtest import traded_krw
from engine.research.figures import figures
from engine.research.result import BacktestResult, Rounding, Settings
from engine.research.trades import Ledger, Trade, exact_sum, sums_of, trades_of, ways_out
from tests.engine.research import toy

BAR = toy.FIVE_MINUTES.length_ms


def _fill(bar: int, market: int, exit_index: int, quantity: float, price: float, base: float, fee: float) -> tuple[float, ...]:
    return (
        toy.START_MS + bar * BAR,
        market,
        1 if exit_index < 0 else -1,
        exit_index,
        bar,
        quantity * 1e8,
        price,
        fee,
        base,
        0,
        bar == 7,
        0,
    )


def _result(*fills: tuple[float, ...]) -> BacktestResult:
    return replace(toy.simulate(toy.candles(50), chance=0.0), fills=np.array(list(fills), dtype=FILL))


def test_one_trade_with_two_sales_by_hand() -> None:
    result = _result(
        _fill(3, 1, -1, 2.0, 1000.0, 999.0, 1.0),
        _fill(7, 1, 1, 0.5, 1100.0, 1101.0, 0.5),
        _fill(9, 1, 2, 1.5, 980.0, 982.0, 0.75),
    )
    (trade,) = trades_of(result)
    assert (trade.number, trade.market, trade.opened_ms, trade.closed_ms) == (1, "KRW-ETH", toy.START_MS + 3 * BAR, toy.START_MS + 9 * BAR)
    assert (trade.holding_ms, trade.entry_krw, trade.quantity_e8, trade.rest_e8) == (6 * BAR, 1000.0, 2e8, 0.0)
    assert (trade.cost_krw, trade.proceeds_krw, trade.fees_krw) == (2000.0, 2020.0, 2.25)
    assert trade.exit_krw == pytest.approx(1010.0)
    assert trade.profit_krw == pytest.approx(17.75)
    assert trade.profit_ratio == pytest.approx(17.75 / 2001.0)
    assert trade.slippage_krw == pytest.approx(2.0 + 0.5 + 3.0)
    assert trade.reasons == ("target_1", "trail")
    assert [leg.profit_krw for leg in trade.sales] == pytest.approx([550 - 0.5 - 500.25, 1470 - 0.75 - 1500.75])
    assert [leg.ambiguous for leg in trade.sales] == [True, False]
    grid = result.candles
    assert trade.best_ratio == pytest.approx(max(grid.high[1, 3:9].max(), 1101.0) / 1000.0 - 1)
    assert trade.worst_ratio == pytest.approx(min(grid.low[1, 3:9].min(), 982.0) / 1000.0 - 1)


def test_a_position_bought_in_parts_is_one_trade() -> None:
    (trade,) = trades_of(_result(_fill(3, 0, -1, 1.0, 100.0, 100.0, 0.0), _fill(4, 0, -1, 3.0, 200.0, 200.0, 0.0)))
    assert trade.is_open
    assert trade.entry_krw == pytest.approx(175.0)
    assert math.isnan(trade.exit_krw)


def test_an_open_position_is_marked_at_the_last_price_without_a_selling_fee() -> None:
    result = _result(_fill(3, 2, -1, 2.0, 280_000.0, 280_000.0, 280.0), _fill(6, 2, 1, 0.5, 290_000.0, 290_000.0, 72.5))
    (trade,) = trades_of(result)
    mark = result.candles.close[2, -1]
    assert (trade.closed_ms, trade.rest_e8, trade.mark_krw) == (None, 1.5e8, mark)
    assert trade.profit_krw == pytest.approx(145_000 + 1.5 * mark - 560_000 - 352.5)
    assert trade.holding_ms == int(result.equity_ms[-1]) - trade.opened_ms


def test_a_position_opened_and_closed_at_the_same_time_has_no_bars() -> None:
    (trade,) = trades_of(_result(_fill(3, 0, -1, 1.0, 100.0, 100.0, 0.0), _fill(3, 0, 0, 1.0, 95.0, 96.0, 0.0)))
    assert (trade.best_ratio, trade.worst_ratio) == (0.0, pytest.approx(-0.04))


def test_a_sale_without_a_position_is_refused() -> None:
    with pytest.raises(ValueError, match="KRW-BTC"):
        trades_of(_result(_fill(3, 0, 0, 1.0, 100.0, 100.0, 0.0)))


def test_continuous_quantities_may_leave_float_dust() -> None:
    fills = (_fill(1, 0, -1, 1 / 3, 9.0, 9.0, 0.0), _fill(2, 0, 1, 0.1, 9.0, 9.0, 0.0), _fill(3, 0, 0, 1 / 3 - 0.1 - 1e-17, 9.0, 9.0, 0.0))
    result = _result(*fills)
    free = replace(result, settings=Settings(rounding=Rounding.NONE))
    assert [trade.is_open for trade in trades_of(free)] == [False]


@pytest.mark.parametrize("seed", range(25))
def test_trades_explain_every_won_of_the_account(seed: int) -> None:
    result = toy.simulate(toy.candles(1500, seed=seed), seed=seed, chance=0.05)
    trades = trades_of(result)
    assert len(trades) > 20
    assert sum(trade.profit_krw for trade in trades) == pytest.approx(result.equity_krw[-1] - 1e7, abs=1e-4)
    assert sum(len(trade.buys) + len(trade.sales) for trade in trades) == len(result.fills)
    assert sum(trade.fees_krw for trade in trades) == pytest.approx(result.fills["fee_krw"].sum())
    assert [trade.number for trade in trades] == list(range(1, len(trades) + 1))
    for trade in trades:
        if not trade.is_open:
            assert sum(leg.profit_krw for leg in trade.sales) == pytest.approx(trade.profit_krw, abs=1e-6)
        assert _price_by_price(result, trade) == pytest.approx((trade.best_ratio, trade.worst_ratio))


def _price_by_price(result: BacktestResult, trade: Trade) -> tuple[float, float]:
    grid, seen = result.candles, [trade.entry_krw] + [leg.base_krw for leg in trade.sales]
    row = grid.markets.index(trade.market)
    for column in range(grid.high.shape[1]):
        opens = (grid.first_index + column) * grid.timeframe.length_ms
        ends = opens + grid.timeframe.length_ms
        if ends > trade.opened_ms and (trade.closed_ms is None or ends <= trade.closed_ms):
            seen += [grid.high[row, column], grid.low[row, column]]
    return max(seen) / trade.entry_krw - 1, min(seen) / trade.entry_krw - 1


def test_positions_of_a_market_never_overlap() -> None:
    result = toy.simulate(toy.candles(3000, seed=4), chance=0.08)
    ends: dict[str, int] = defaultdict(int)
    trades = trades_of(result)
    assert len({trade.market for trade in trades}) == 4
    for trade in trades:
        assert trade.opened_ms >= ends[trade.market]
        ends[trade.market] = trade.closed_ms if trade.closed_ms is not None else 2**62


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([1e16, 1.0, -1e16, 2.0**-53, 1e-300]), max_size=40))
def test_the_exact_sum_is_that_of_the_library(values: list[float]) -> None:
    try:
        expected = math.fsum(values)
    except OverflowError:
        with pytest.raises(OverflowError):
            exact_sum(np.array(values))
        return
    assert exact_sum(np.array(values)).hex() == expected.hex()


def test_sales_of_the_risk_profile_come_after_those_of_the_exits() -> None:
    rules = tuple(RiskRule(name, Period.DAY, 0.1, None, Action.FLATTEN) for name in ("day", "week", "month"))
    bought = [_fill(2 * number, 0, -1, 1.0, 1000.0, 1000.0, 0.0) for number in range(4)]
    sold = [(*_fill(2 * number + 1, 0, 0, 1.0, 1000.0 + 10.0 * number, 1000.0, 0.0),) for number in range(4)]
    result = _result(*(fill for pair in zip(bought, sold, strict=True) for fill in pair))
    result = replace(result, strategy=replace(result.strategy, risk=RiskProfile("strict", rules=rules)))
    result.fills["exit_index"][1::2] = [-4, 2, -2, -4]
    found = figures(result).exits
    assert [one.name for one in found] == [name for name, _ in ways_out(result)] == ["stop", "target_1", "trail", "stalled", "day", "month"]
    assert [(one.sales, one.wins, round(one.profit_krw, 6)) for one in found] == [(0, 0, 0.0)] * 2 + [
        (1, 1, 10.0),
        (0, 0, 0.0),
        (1, 1, 20.0),
        (2, 1, 30.0),
    ]
    assert found[-1].average_return == pytest.approx(0.015)
    assert math.isnan(found[0].average_return)


@given(st.lists(st.floats(-1e9, 1e9) | st.sampled_from([0.0, 1e-9, 1e9 + 1e-6]), max_size=30))
def test_sums_over_trades_are_those_of_the_library_but_for_the_last_bit(profits: list[float]) -> None:
    found, column = np.empty(TRADES_WIDTH), np.array(profits, np.float64)
    passes()["sum_trades"](column, column / 3.0, column * 0.1, found)
    won, lost_ = [one for one in profits if one > 0], [one for one in profits if one < 0]
    expected = {PROFIT: profits, RATIO: (column / 3.0).tolist(), HOLDING: (column * 0.1).tolist(), GAIN: won, LOSS: lost_}
    for place, values in expected.items():
        exact = math.fsum(values)
        assert abs(found[place] - exact) <= math.ulp(exact) + 1e-30 * math.fsum(map(abs, values))
    assert (found[WINS], found[LOSSES]) == (len(won), len(lost_))
    assert found[[BEST, WORST]].tolist() == (
        [max(profits) / 3.0, min(profits) / 3.0] if profits else [pytest.approx(math.nan, nan_ok=True)] * 2
    )


@given(st.lists(st.tuples(st.integers(-1, 4), st.floats(-1e6, 1e6)), max_size=8))
def test_closed_trades_are_those_of_a_plain_look_in_any_order_of_closing(trades: list[tuple[int, float]]) -> None:
    """closed_ms below zero: open. Those that close one after the other, with the open ones behind, are summed in one pass."""
    rows = np.zeros(len(trades), TRADE)
    rows["closed_ms"], rows["proceeds_krw"] = [ms for ms, _ in trades], [krw for _, krw in trades]
    rows["quantity_e8"] = rows["cost_krw"] = 100.0
    rows["selling_fees_krw"] = 0.1
    none = np.zeros(0)
    found = Ledger(rows, none.astype(np.int64), none, np.ones(len(rows)), none, none)
    closed = sorted((number for number, (ms, _) in enumerate(trades) if ms >= 0), key=lambda number: trades[number][0])
    assert found.closed.tolist() == closed
    assert found.is_closed.nonzero()[0].tolist() == sorted(closed)
    columns = np.stack((found.profit_krw, found.profit_ratio, found.holding_ms))[:, closed]
    np.testing.assert_array_equal(found.closed_columns(), columns)
    np.testing.assert_equal(found.closed_sums(), sums_of(columns))
    assert found.open_profit_krw() == [profit for profit, (ms, _) in zip(found.profit_krw.tolist(), trades, strict=True) if ms < 0]
    assert (found.total_profit_krw, found.total_fees_krw) == (math.fsum(found.profit_krw), math.fsum(found.fees_krw))


@pytest.mark.parametrize("markets", [("KRW-BTC",), ("KRW-BTC", "KRW-XRP")])
def test_what_a_bar_traded_is_its_value_or_close_times_volume(markets: tuple[str, ...]) -> None:
    grid = toy.candles(300, seed=3, markets=markets)
    grid.value[:, ::3] = np.nan
    length_ms, fills = grid.timeframe.length_ms, np.zeros(200, FILL)
    rng = np.random.default_rng(4)
    fills["market"], bars = rng.integers(0, len(markets), 200), rng.integers(0, 300, 200)
    fills["time_ms"] = (grid.first_index + bars) * length_ms + grid.timeframe.offset_ms + rng.integers(0, length_ms, 200)
    value = np.where(np.isnan(grid.value), grid.close * grid.volume, grid.value)
    np.testing.assert_array_equal(traded_krw(grid, fills), value[fills["market"], bars])
