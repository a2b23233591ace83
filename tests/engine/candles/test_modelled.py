"""The supposed order book: against a plain reading of docs/decide.md §10, and only where nothing was recorded."""

from __future__ import annotations

import dataclasses
import math
import random
from pathlib import Path

import numpy as np
import pytest

from engine.candles.errors import CandleError
from engine.candles.modelled import check_windows, turnover_krw, with_modelled_books
from engine.candles.side import close_times, with_sides
from engine.candles.side_store import Kind, Record, SideStore
from engine.candles.store import CandleStore
from engine.kernel.modelled_book import modelled_book
from engine.model.candle import BarGrid, BarState
from engine.model.costs import BookModel, Costs, VisibleDepth
from engine.research.backtest import bars_of
from tests.engine.kernel.samples import MINUTE, same_bits
from tests.generators.candles import random_grid
from tests.oracles.reference_prices import NoGrid, UpbitGrid

MARKETS = ("KRW-ADA", "KRW-BTC", "KRW-USDT")
KEYS = (
    ("book.spread", (1.0,)), ("book.spread", (4.0,)), ("book.bid_size", (1.0,)), ("book.ask_size", (3.0,)), ("book.bid_depth", (0.001,)),
    ("book.ask_depth", (0.004,)), ("book.ask_depth", (0.02,)),
)  # fmt: skip


def plain_spread(prices: UpbitGrid | NoGrid, market: str, last: float, half: float, level: int, time_ms: int) -> tuple[float, float]:
    """(spread of the level, middle of the best two) as the page says."""
    if math.isnan(last):
        return math.nan, math.nan
    bid = prices.floor(market, last * (1 - half), time_ms)
    ask = max(prices.ceil(market, last * (1 + half), time_ms), prices.neighbour(market, bid, time_ms, 1))
    middle = (bid + ask) / 2
    for _ in range(level - 1):
        bid, ask = prices.neighbour(market, bid, time_ms, -1), prices.neighbour(market, ask, time_ms, 1)
    return (ask - bid) / middle, middle


def plain_book(
    name: str,
    params: tuple[float, ...],
    model: BookModel,
    prices: UpbitGrid | NoGrid,
    market: str,
    last: float,
    traded: float,
    time_ms: int,
) -> float:
    level = int(params[0]) if name in ("book.spread", "book.bid_size", "book.ask_size") else 1
    spread, middle = plain_spread(prices, market, last, model.spread / 2, level, time_ms)
    if name == "book.spread":
        return spread
    if model.depth is None or math.isnan(spread):
        return math.nan
    if name.endswith("_depth"):
        return model.depth * traded * (min(params[0] / model.within, 1.0) if params[0] >= spread / 2 else 0.0)
    return model.depth * traded * min(spread / 2 / model.within, 1.0) / middle


@pytest.mark.parametrize("on_grid", [True, False])
def test_every_value_is_that_of_the_page(on_grid: bool) -> None:
    chance, compared, hidden = random.Random(5), 0, 0
    prices = UpbitGrid() if on_grid else NoGrid()
    for day in (19_000, 20_200, 20_400):
        close_ms = day * 86_400_000 + np.arange(12, dtype=np.int64) * 60_000
        last = np.array([[10.0 ** chance.uniform(-3, 8) for _ in close_ms] for _ in MARKETS])
        last[0, 3] = math.nan
        traded = np.array([[chance.choice([0.0, 10.0 ** chance.uniform(3, 10), math.nan]) for _ in close_ms] for _ in MARKETS])
        for model in (BookModel(0.001, 0.1, 60_000, 0.005), BookModel(0.0), BookModel(0.02, 1.0, 60_000, 0.3)):
            for name, params in KEYS:
                found = modelled_book(name, params, model, MARKETS, close_ms, last, traded, on_grid=on_grid)
                for (row, at), value in np.ndenumerate(found):
                    expected = plain_book(
                        name, params, model, prices, MARKETS[row], last[row, at], traded[row, at], int(close_ms[at])
                    )  # fmt: skip
                    assert value == pytest.approx(expected, rel=1e-12, nan_ok=True), (name, params, model, MARKETS[row], last[row, at])
                    compared += not math.isnan(expected)
                    hidden += name.endswith("_depth") and expected == 0.0 and traded[row, at] > 0.0
    assert compared > 1_300
    assert hidden > 40


def grid_of(bars: int = 300) -> BarGrid:
    return random_grid(random.Random(8), MARKETS, bars, unknown=True)


def test_turnover_is_the_sum_of_a_window_that_is_wholly_known() -> None:
    grid = grid_of()
    value = grid.value.copy()
    value[:, ::5] = math.nan  # candles that do not say: close x volume
    grid = dataclasses.replace(grid, value=value)
    found, known = turnover_krw(grid, 15), 0
    for (row, bar), total in np.ndenumerate(found):
        window = range(bar - 14, bar + 1)
        worth = [value[row, b] if not math.isnan(value[row, b]) else grid.close[row, b] * grid.volume[row, b] for b in window if b >= 0]
        if bar < 14 or any(grid.state[row, b] == BarState.UNKNOWN for b in window) or any(map(math.isnan, worth)):
            assert math.isnan(total)
        else:
            assert total == sum(map(round, worth))
            known += 1
    assert known > 300


def test_a_value_does_not_depend_on_where_the_candles_begin() -> None:
    """From the first bar whose window is whole on."""
    grid, model = grid_of(), BookModel(0.001, 0.1, 15 * 60_000, 0.01)
    whole = with_modelled_books(grid, KEYS, model, None)
    later = with_modelled_books(bars_of(grid, 100, 300), KEYS, model, None)
    for key in KEYS:
        assert same_bits(whole.side[key][:, 114:], np.ascontiguousarray(later.side[key][:, 14:]))
    assert not np.isnan(whole.side[KEYS[5]]).all()


@pytest.mark.parametrize("window_ms", [30_000, 90_000])
def test_a_turnover_is_over_whole_base_bars(window_ms: int) -> None:
    for name, costs in (
        ("book", Costs(book=BookModel(0.001, 0.1, window_ms, 0.01))),
        ("visible", Costs(visible=VisibleDepth(1.0, 0.1, window_ms))),
    ):
        with pytest.raises(CandleError) as found:
            check_windows(costs, MINUTE)
        assert found.value.key == f"data.{name}_window"
    check_windows(Costs(book=BookModel(0.001), visible=VisibleDepth(share=0.1, window_ms=120_000)), MINUTE)


def test_what_was_recorded_is_kept_and_the_rest_supposed(tmp_path: Path) -> None:
    """A book of two levels over five bars: its third level and what it shows stay as recorded, missing too."""
    grid, model = random_grid(random.Random(8), MARKETS, 40, unknown=False), BookModel(0.01)
    close_ms = close_times(grid)
    numbers = np.array([[101.0, 102.0, 100.0, 99.0, 1.0, 1.0, 1.0, 1.0]])
    SideStore(tmp_path).write("KRW-BTC", Kind.BOOKS, Record(close_ms[4:5], numbers, ((int(close_ms[4]), int(close_ms[8]) + 1),)))
    keys = [("book.spread", (2.0,)), ("book.spread", (3.0,)), ("market.warning", ())]
    store = CandleStore(tmp_path)
    found = with_modelled_books(with_sides(grid, keys, store), keys, model, store)
    two, three = (found.side[key][1] for key in keys[:2])
    assert two[4:9].tolist() == [3.0 / 100.5] * 5
    assert np.isnan(three[4:9]).all()
    supposed = found.modelled["book.spread", (2.0,)]
    assert not supposed[1, 4:9].any()
    assert supposed.sum() == (~np.isnan(grid.close)).sum() - 5
    assert (two[9:] > 0.009).all()
    assert set(found.modelled) == set(keys[:2])
    assert with_modelled_books(grid, keys[2:], model, store) is grid


def test_a_window_that_base_bars_do_not_make_is_refused() -> None:
    for window_ms in (30_000, 90_000):
        with pytest.raises(CandleError):
            with_modelled_books(grid_of(10), KEYS, BookModel(0.001, 0.1, window_ms, 0.01), None)
    assert grid_of(10).timeframe == MINUTE
