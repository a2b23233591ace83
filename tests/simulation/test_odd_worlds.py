"""Corners of the rules, each a small world run four ways: backtest, reference, event by event with restarts, and on paper with replay."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dsl.compile import compile_strategy
from dsl.graph import Timeframe
from engine.kernel.catalogue import catalogue
from engine.model.candle import BarGrid, BarState
from engine.research.result import BacktestResult, Settings
from tests.generators.worlds import World
from tests.oracles.reference_prices import korean_day_ms
from tests.simulation.agreement import ProductColumns, assert_agree
from tests.simulation.live import live, paper_and_replay

MINUTE = 60_000
START = korean_day_ms("2025-09-01")
Bar = tuple[float, float, float, float] | float | None
"""Open, high, low, close; one price = a bar of a single trade without volume; NaN = no trade; None = unknown."""
QUIET = float("nan")


def grid_of(bars: dict[str, Sequence[Bar]], base_ms: int = MINUTE, start_ms: int = START) -> BarGrid:
    """Bars by market code."""
    codes = tuple(sorted(bars))
    shape = (len(codes), len(bars[codes[0]]))
    state, series = np.zeros(shape, np.int8), np.full((6, *shape), np.nan)
    for row, code in enumerate(codes):
        last = np.nan
        for k, bar in enumerate(bars[code]):
            if bar is None:
                continue
            if bar != bar:
                state[row, k], series[:, row, k] = BarState.NO_TRADE, [last, last, last, last, 0.0, 0.0]
                continue
            prices = (bar, bar, bar, bar) if isinstance(bar, float | int) else bar
            volume = 0.0 if isinstance(bar, float | int) else 1.0
            state[row, k], series[:, row, k] = BarState.TRADED, [*prices, volume, volume * prices[3]]
            last = prices[3]
    timeframe = Timeframe(base_ms, 4 * 86_400_000 if base_ms == 7 * 86_400_000 else 0)
    return BarGrid(codes, timeframe, timeframe.index(start_ms), state, *series)


def world_of(body: str, grid: BarGrid, settings: Settings | None = None, traded: tuple[str, ...] | None = None, clock: str = "1m") -> World:
    """A strategy of entry, exits and so on. Bought: all markets of the grid."""
    head = f"schema: strategy/1\nname: odd\ntitle: odd\nclock: {clock}\nmarkets: [{', '.join(traded or grid.markets)}]\n"
    compiled = compile_strategy(head + body, "odd.yaml", catalogue(), lambda _: None)
    assert compiled.strategy is not None, compiled.errors
    return World(0, head + body, compiled.strategy, grid, settings or Settings(fee_rate=0.0, slippage=0.0), traded or grid.markets)


def everywhere(world: World, folder: Path) -> BacktestResult:
    """All four ways, and in blocks of one and of all bars."""
    columns = ProductColumns(world.strategy, world.grid)
    for block in (1, 7):
        assert_agree(world.strategy, world.grid, replace(world.settings, block=block), world.traded, columns=columns)
    result = assert_agree(world.strategy, world.grid, world.settings, world.traded)
    for cut in (0.0, 1.0):
        live(world, random.Random(1), cut)
    paper_and_replay(world, folder / "run.jsonl", 0)
    return result


def fills(result: BacktestResult) -> list[tuple[int, str, float]]:
    """(bar, exit name or `buy`, price) of every fill."""
    names = [rule.name for rule in result.strategy.exits]
    return [
        ((int(f["time_ms"]) - START) // MINUTE, names[f["exit_index"]] if f["exit_index"] >= 0 else "buy", float(f["price_krw"]))
        for f in result.fills
    ]  # fmt: skip


ALWAYS = "entry: close > 0 KRW\nsizing: {weight: 10% of equity}\nlimits: {entries_per_market: 1 per day}\n"


def one(*bars: Bar) -> BarGrid:
    """KRW-XRP alone."""
    return grid_of({"KRW-XRP": bars})


def test_a_position_over_unknown_bars_keeps_its_levels_and_its_price(tmp_path: Path) -> None:
    grid = one(4000.0, (4000.0, 4100.0, 4000.0, 4100.0), None, None, QUIET, (3990.0, 3995.0, 3900.0, 3950.0))
    result = everywhere(world_of(ALWAYS + "exits:\n  stop: {at: pos.high - 100 KRW}\n", grid), tmp_path)
    assert fills(result) == [(1, "buy", 4000.0), (5, "stop", 3990.0)]
    assert result.exposure_krw[1:5].tolist() == [1_025_000.0] * 4


def test_a_delisted_market_is_marked_at_its_last_price(tmp_path: Path) -> None:
    grid = grid_of({"KRW-ETH": [5e6] * 6, "KRW-XRP": [4000.0, 4000.0, 4004.0, None, None, None]})
    result = everywhere(world_of(ALWAYS + "exits:\n  stop: {at: -5%}\n  out: {when: 'pos.age >= 3m'}\n", grid), tmp_path)
    assert result.fills["market"].tolist() == [0, 1, 0]
    assert result.exposure_krw[-1] == 1_001_000.0


def test_an_entry_decided_at_the_last_bar_waits_for_ever(tmp_path: Path) -> None:
    entry = ALWAYS.replace("close > 0 KRW", "close > 4000 KRW")
    result = everywhere(world_of(entry + "exits:\n  stop: {at: -5%}\n", one(4000.0, 4000.0, 4005.0)), tmp_path)
    assert (len(result.fills), result.unsettled_entries, result.cash_krw[-1]) == (0, 1, 10_000_000.0)


def test_of_two_exits_at_one_level_the_first_in_the_file_sells_first(tmp_path: Path) -> None:
    exits = "exits:\n  a: {at: -1%, sell: 40%}\n  b: {at: -1%, sell: 40%}\n  up: {at: +1%, sell: 50%}\n  too: {at: +1%}\n"
    down = everywhere(world_of(ALWAYS + exits, one(4000.0, 4000.0, (4000.0, 4000.0, 3900.0, 3900.0))), tmp_path)
    assert fills(down) == [(1, "buy", 4000.0), (2, "a", 3960.0), (2, "b", 3960.0)]
    (tmp_path / "up").mkdir()
    up = everywhere(world_of(ALWAYS + exits, one(4000.0, 4000.0, (4000.0, 4100.0, 4000.0, 4100.0))), tmp_path / "up")
    assert fills(up) == [(1, "buy", 4000.0), (2, "up", 4040.0), (2, "too", 4040.0)]


CHAIN = """exits:
  stop: {at: -9%}
  fourth: {at: 'pos.high - 10 KRW', after: third, sell: 50% of rest}
  first: {at: +1%, sell: 25%}
  second: {at: +2%, sell: 25%, after: first}
  third: {when: 'pos.gain > 2%', sell: 25%, after: second}
  last: {when: 'pos.age > 0m', after: fourth}
"""


def test_exits_follow_each_other_in_any_order_of_the_file(tmp_path: Path) -> None:
    grid = one(4000.0, 4000.0, (4000.0, 4200.0, 4000.0, 4150.0), 4150.0, (4150.0, 4150.0, 4100.0, 4100.0), 4100.0)
    result = everywhere(world_of(ALWAYS + CHAIN, grid), tmp_path)
    assert fills(result) == [
        (1, "buy", 4000.0), (2, "first", 4040.0), (2, "second", 4080.0), (3, "third", 4150.0), (3, "fourth", 4150.0), (4, "last", 4150.0),
    ]  # fmt: skip


def test_a_small_position_sells_where_the_price_gapped_below_the_minimum(tmp_path: Path) -> None:
    """The minimum is held against the level (5,400 KRW), whatever a gap leaves of it (4,640 KRW)."""
    body = "entry: close > 0 KRW\nsizing: {weight: 6% of equity, min_order: 5000 KRW}\nlimits: {entries_per_market: 1 per day}\n"
    settings = Settings(cash_krw=100_000.0, fee_rate=0.0, slippage=0.0)
    result = everywhere(world_of(body + "exits:\n  stop: {at: -10%}\n", one(5430.0, 5430.0, 4200.0, 4200.0), settings), tmp_path)
    assert fills(result) == [(1, "buy", 5430.0), (2, "stop", 4200.0)]


def test_no_order_is_larger_than_the_exchange_takes(tmp_path: Path) -> None:
    settings = Settings(cash_krw=2e10, slippage=0.0)
    result = everywhere(world_of(ALWAYS + "exits:\n  stop: {at: -1%, sell: 30%}\n", one(*[4000.0] * 3), settings), tmp_path)
    assert float(result.fills["quantity_e8"][0]) * 4000.0 / 1e8 == 1e9


def test_dust_is_not_left_and_too_small_a_part_is_not_sold(tmp_path: Path) -> None:
    body = "entry: close > 0 KRW\nsizing: {weight: 11% of equity, min_order: 5000 KRW}\nlimits: {entries_per_market: 1 per day}\n"
    exits = "exits:\n  small: {at: +1%, sell: 20%}\n  most: {at: +2%, sell: 70%}\n"
    settings = Settings(cash_krw=100_000.0, fee_rate=0.0, slippage=0.0)
    result = everywhere(world_of(body + exits, one(4000.0, 4000.0, (4000.0, 4200.0, 4000.0, 4200.0)), settings), tmp_path)
    assert fills(result) == [(1, "buy", 4000.0), (2, "most", 4080.0)]
    assert result.fills["quantity_e8"][0] == result.fills["quantity_e8"][1]
    assert result.sale_below_minimum == 1


def test_the_price_grid_changes_under_a_position(tmp_path: Path) -> None:
    """On 2025-07-31 00:00 KST the tick at 600,000 KRW went from 100 to 500: the stop at 99.95 % of the entry moves to the new grid."""
    midnight = korean_day_ms("2025-07-31")
    bars: list[Bar] = [600_300.0] * 5 + [(600_500.0, 600_500.0, 600_000.0, 600_000.0), (600_000.0, 600_000.0, 599_000.0, 599_000.0)]
    grid = grid_of({"KRW-XRP": bars}, start_ms=midnight - 5 * MINUTE)
    result = everywhere(world_of(ALWAYS + "exits:\n  stop: {at: 'pos.entry * 0.9991'}\n  up: {at: 'pos.entry * 1.0001'}\n", grid), tmp_path)
    assert result.fills["price_krw"].tolist() == [600_300.0, 600_500.0]
    assert result.fills["time_ms"].tolist()[1] == midnight


def test_prices_below_the_smallest_tick(tmp_path: Path) -> None:
    tiny = 4e-9
    grid = grid_of({"KRW-XRP": [tiny, tiny, tiny, (tiny, 3e-8, tiny, 3e-8), 3e-8, 3e-8]})
    result = everywhere(world_of(ALWAYS + "exits:\n  up: {at: +150%}\n", grid), tmp_path)
    assert [price for _, _, price in fills(result)][:1] == [1e-8]
    (tmp_path / "with").mkdir()
    result = everywhere(world_of(ALWAYS + "exits:\n  stop: {at: -50%}\n  up: {at: +150%}\n", grid), tmp_path / "with")
    assert [price for _, _, price in fills(result)][:1] == [3e-8]  # no stop lies below the smallest price


@pytest.mark.parametrize(("minutes", "clock"), [(60, "1d"), (1_440, "1w"), (1_440, "1d"), (5, "5m"), (10_080, "1w")])
def test_clocks_of_all_lengths(minutes: int, clock: str, tmp_path: Path) -> None:
    chance = np.random.default_rng(3)
    closes = np.round(4000 + np.cumsum(chance.integers(-40, 41, 400))).clip(2000, 8000).tolist()
    bars: list[Bar] = [(o, max(o, c) + 5.0, min(o, c) - 5.0, c) for o, c in zip([4000.0, *closes[:-1]], closes, strict=True)]
    grid = grid_of({"KRW-XRP": bars}, minutes * MINUTE, korean_day_ms("2022-09-01") + 9 * 60 * MINUTE)
    body = "entry: close > sma(close, 3)\nexits:\n  stop: {at: -3%}\n  up: {at: +3%, sell: 50%}\n  out: {when: 'close < sma(close, 3)'}\n"
    start_ms = (grid.first_index + 6) * grid.timeframe.length_ms + grid.timeframe.offset_ms + 1
    result = everywhere(world_of(body, grid, Settings(from_ms=start_ms), clock=clock), tmp_path)
    assert len(result.fills) >= 4


def test_aliases_that_are_each_other_and_the_traded_market(tmp_path: Path) -> None:
    body = "aliases: {one: KRW-XRP, two: KRW-XRP, lead: KRW-ETH}\n"
    body += "entry: one.close == two.close and close == one.close and lead.close > 0 KRW\n"
    grid = grid_of({"KRW-ETH": [5e6, 5e6, None, 5e6, 5e6, 5e6], "KRW-XRP": [4000.0] * 6})
    world = world_of(body + "exits:\n  out: {when: 'pos.age > 0m'}\n", grid, traded=("KRW-XRP",))
    result = everywhere(world, tmp_path)
    assert [bar for bar, _, _ in fills(result)] == [1, 2, 4, 5]


def test_an_alias_listed_later_keeps_entries_unsettled(tmp_path: Path) -> None:
    """The traded market has settled long ago; the alias's average still depends on where its candles began."""
    body = "aliases: {lead: KRW-ETH}\nentry: lead.close >= lead.ema(close, 2)\nexits:\n  out: {when: 'pos.age > 0m'}\n"
    day_ms = 1_440 * MINUTE
    grid = grid_of({"KRW-ETH": [*[None] * 150, *[5e6] * 150], "KRW-XRP": [4000.0] * 300}, day_ms)
    result = everywhere(world_of(body, grid, traded=("KRW-XRP",), clock="1d"), tmp_path)
    bought = [int(time) // day_ms - grid.first_index for time in result.fills["time_ms"][::2]]
    assert bought[0] >= 151
    settled = [day for day in bought if day > 150 + 2 * 16 * 2]
    assert 0 < result.unsettled_entries <= len(bought) - len(settled)


def test_the_same_market_named_twice_is_one_market() -> None:
    world = world_of(ALWAYS + "exits:\n  stop: {at: -5%}\n", one(4000.0, 4000.0, 4000.0))
    assert_agree(world.strategy, world.grid, world.settings, ("KRW-XRP",))
    twice = compile_strategy(world.text.replace("[KRW-XRP]", "[KRW-XRP, KRW-XRP]"), "odd.yaml", catalogue(), lambda _: None)
    assert twice.strategy is None or twice.strategy.markets == ("KRW-XRP",)


def test_a_level_in_krw_and_a_level_of_the_market(tmp_path: Path) -> None:
    grid = one(4000.0, (4000.0, 4000.0, 3990.0, 4000.0), (4010.0, 4020.0, 3980.0, 4000.0), (4000.0, 4000.0, 3900.0, 3900.0), 3900.0)
    result = everywhere(world_of(ALWAYS + "exits:\n  low: {at: 'lowest(low, 2)', sell: 50%}\n  fix: {at: 3_950 KRW}\n", grid), tmp_path)
    assert fills(result) == [(2, "buy", 4010.0), (2, "low", 3990.0), (3, "fix", 3950.0)]


def test_a_start_inside_a_base_bar_skips_that_bar_everywhere(tmp_path: Path) -> None:
    settings = Settings(fee_rate=0.0, slippage=0.0, from_ms=START + 1)
    result = everywhere(world_of(ALWAYS + "exits:\n  stop: {at: -5%}\n", one(*[4000.0] * 4), settings), tmp_path)
    assert [bar for bar, _, _ in fills(result)] == [2]
