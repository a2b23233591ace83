"""Random entries: arrangements that are legal and fair, profits by hand, and a percentile that means what it says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from engine.kernel.book import FILL
from engine.model.candle import BarGrid, BarState
from engine.research.random_entry import DRAWS, FEWEST_DRAWS, arrangements, bar_prices, draws_of, random_entry
from engine.research.result import BacktestResult, Settings
from engine.research.trades import trades_of
from tests.engine.research import toy

ONE = ("KRW-XRP",)


def run_of(grid: BarGrid, entries: list[tuple[int, int]], settings: Settings | None = None) -> BacktestResult:
    """A run that bought at the open of each first bar and sold all at the open of the second, one coin's worth of a million KRW."""
    settings = settings or Settings()
    rows = []
    for bought, sold in entries:
        quantity = float(np.floor(1e14 / grid.open[0, bought]))
        for column, side in ((bought, 1), (sold, -1)):
            base = float(grid.open[0, column])
            price = base * (1 + side * settings.slippage)
            time_ms = (grid.first_index + column) * grid.timeframe.length_ms
            rows.append((time_ms, 0, side, -1 if side > 0 else 0, len(rows), quantity, price, quantity * price / 1e8 * settings.fee_rate,
                         base, time_ms, False, 1))  # fmt: skip
    return replace(toy.simulate(grid, settings, chance=0.0), fills=np.array(rows, FILL))


def test_arrangements_never_overlap_and_stay_inside() -> None:
    generator = np.random.default_rng(4)
    for _ in range(50):
        lengths = generator.integers(1, 30, generator.integers(1, 20))
        bars = int(lengths.sum()) + int(generator.integers(0, 100))
        entry = arrangements(lengths, bars, 200, generator)
        assert entry.shape == (200, len(lengths))
        assert entry.min() >= 0
        assert (entry + lengths <= bars).all()
        assert (entry[:, 1:] >= (entry + lengths)[:, :-1]).all()


def test_one_trade_begins_anywhere_with_the_same_chance() -> None:
    entry = arrangements(np.array([3]), 12, 50_000, np.random.default_rng(1))
    counts = Counter(entry[:, 0].tolist())
    assert set(counts) == set(range(10))
    assert all(abs(times - 5_000) < 5 * np.sqrt(5_000) for times in counts.values())


def test_trades_that_do_not_fit_are_cut_at_the_end() -> None:
    entry = arrangements(np.array([10, 10]), 5, 20, np.random.default_rng(1))
    assert entry.min() >= 0
    assert entry.max() <= 4


def test_profits_are_those_of_every_possible_entry() -> None:
    """A single trade: the draws' quantiles and the percentile against the enumeration of all entries, costs by hand."""
    grid = toy.candles(400, seed=11, markets=ONE)
    result = run_of(grid, [(100, 120)])
    found = random_entry(result, trades_of(result))
    assert found is not None
    assert (found.draws, found.trades) == (DRAWS, 1)
    prices = np.append(grid.open[0], grid.close[0, -1])
    trade = trades_of(result)[0]
    cost = trade.quantity_e8 * grid.open[0, 100] / 1e8
    paid = cost * (prices[120] / prices[100] - 1) - trade.profit_krw
    every = cost * (prices[20:] / prices[:-20] - 1) - paid
    assert found.profit_krw == pytest.approx(trade.profit_krw)
    assert found.percentile == pytest.approx((every < trade.profit_krw).mean(), abs=4 * np.sqrt(0.25 / DRAWS))
    for value, share in ((found.low_krw, 0.05), (found.median_krw, 0.5), (found.high_krw, 0.95)):
        assert (every <= value).mean() == pytest.approx(share, abs=4 * np.sqrt(0.25 / DRAWS))


def test_partial_sales_keep_their_delays_and_shares() -> None:
    """On a price that rises by the same ratio every bar each draw makes what the trade made."""
    grid = toy.candles(300, markets=ONE)
    price = 1000 * 1.001 ** np.arange(301)
    steady = replace(grid, open=price[None, :-1], close=price[None, 1:], high=price[None, 1:], low=price[None, :-1],
                     state=np.full((1, 300), BarState.TRADED, np.int8))  # fmt: skip
    result = run_of(steady, [(50, 60), (100, 140)])
    first, second, third, fourth = (result.fills[i : i + 1].copy() for i in range(4))
    half = second.copy()
    half["quantity_e8"], second["quantity_e8"] = first["quantity_e8"] - 7, 7
    half["fee_krw"], second["fee_krw"] = 0, second["fee_krw"]
    half["time_ms"] += 20 * 300_000
    half["price_krw"] *= 1.001**20
    half["base_krw"] *= 1.001**20
    result = replace(result, fills=np.concatenate((first, second, half, third, fourth)))
    found = random_entry(result, trades_of(result))
    assert found is not None
    assert found.trades == 2
    assert found.low_krw == pytest.approx(found.profit_krw)
    assert found.high_krw == pytest.approx(found.profit_krw)


def test_foresight_beats_all_draws_and_a_lottery_is_one_of_them() -> None:
    grid = toy.candles(2000, seed=3, markets=ONE)
    steps = np.flatnonzero(grid.open[0, 10:] > 1.006 * grid.open[0, :-10])
    chosen: list[int] = []
    for step in steps.tolist():
        if not chosen or step >= chosen[-1] + 10:
            chosen.append(step)
    assert len(chosen) > 10
    seer = run_of(grid, [(step, step + 10) for step in chosen])
    found = random_entry(seer, trades_of(seer))
    assert found is not None
    assert found.percentile == 1.0
    percentiles = []
    for seed in range(25):
        entry = arrangements(np.full(20, 10), 2000, 1, np.random.default_rng(seed))[0]
        lottery = run_of(grid, [(int(at), int(at) + 10) for at in entry if at + 10 < 2000])
        drawn = random_entry(lottery, trades_of(lottery))
        assert drawn is not None
        percentiles.append(drawn.percentile)
    assert abs(np.mean(percentiles) - 0.5) < 4 * np.sqrt(1 / 12 / 25)
    assert np.std(percentiles) > 0.2


def test_equal_runs_draw_equal_lots_and_many_trades_draw_fewer() -> None:
    result = toy.simulate(toy.candles(3000), chance=0.05)
    trades = trades_of(result)
    assert random_entry(result, trades) == random_entry(result, trades)
    assert random_entry(result, trades, 0) is None
    assert random_entry(toy.quiet(result), ()) is None
    assert [draws_of(trades, DRAWS) for trades in (1, 10_000, 20_000, 1_000_000)] == [DRAWS, DRAWS, 500, FEWEST_DRAWS]


def test_prices_of_unknown_bars_repeat_the_close_before() -> None:
    grid = toy.candles(50, markets=ONE)
    for column in (grid.open, grid.close):
        column[0, :5] = np.nan
        column[0, 20:23] = np.nan
    prices = bar_prices(grid, ONE[0])
    assert prices.shape == (46,)
    assert prices[0] == grid.open[0, 5]
    assert prices[15:18].tolist() == [grid.close[0, 19]] * 3
    assert prices[18] == grid.open[0, 23]
    assert prices[-1] == grid.close[0, -1]
