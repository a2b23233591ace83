"""A sweep's variants are the backtests of the files with those numbers, for any threads and blocks; and what the best of them is worth."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dsl.files import profiles_in
from dsl.prune import prune
from dsl.strategy import Strategy
from dsl.variants import PlaceError, Variants
from dsl.vary import products
from engine.kernel.abi import at_variant
from engine.kernel.bars import Log
from engine.kernel.book import FILL
from engine.kernel.catalogue import catalogue
from engine.kernel.sweep import FIGURES, TRADE, fold_fills, stacked
from engine.model.candle import BarGrid
from engine.model.costs import NO_COSTS, Costs, FeeRule
from engine.research.backtest import backtest
from engine.research.figures import figures
from engine.research.luck import deflated, expected_maximum, luck, neighbours
from engine.research.result import BacktestResult, Settings
from engine.research.sweep import Outcome, dealt, groups, sweep
from tests.engine.research import toy
from tests.generators.inside import with_random_inside
from tests.generators.worlds import World, random_world

#: the same to the last bit; the others are sums that are added in another order
EXACT = (
    "end_equity", "total_return", "maximum_drawdown", "sharpe", "sortino", "calmar", "closed_trades", "win_rate", "time_in_market",
)  # fmt: skip
SUMS = ("profit_factor", "fees_paid", "slippage_paid", "traded_value", "exposure")
TEXT = """schema: strategy/1
name: made
clock: 5m
markets: [KRW-BTC, KRW-ETH, KRW-SOL, KRW-XRP]
aliases: {btc: KRW-BTC}
params: {fast: 5, slow: 20, stop: 1%, hours: 2}
entry:
  all:
    cross: ema(close, fast) > ema(close, slow)
    market: btc.close > btc.sma(close, slow)
sizing: {weight: 30% of equity}
exits:
  stop: {at: pos.entry * (1 - stop), frozen: true}
  half: {at: +0.6%, sell: 50%}
  trail: {after: half, at: pos.high - 2 * atr(14)}
  late: {when: pos.age >= hours * 1h}
limits: {open_positions: 2, cooldown: 10m after loss}
"""


def assert_same(outcome: Outcome, result: BacktestResult) -> None:
    values = figures(result).values
    found = {key: (float(getattr(outcome, key)), values[key]) for key in EXACT}
    assert all(a == b or (math.isnan(a) and math.isnan(b)) for a, b in found.values()), found
    for key in SUMS:
        assert getattr(outcome, key) == pytest.approx(values[key], rel=1e-9, abs=1e-9, nan_ok=True), key
    assert outcome.fills == len(result.fills)


def alone(strategy: Strategy, grid: BarGrid, settings: Settings, traded: tuple[str, ...] | None = None) -> BacktestResult:
    return backtest(prune(strategy), grid, settings, traded=traded)


def made(axes: dict[str, tuple[str, ...]]) -> list[Strategy]:
    one = Variants(TEXT, "made.yaml", catalogue(), profiles_in())
    places = {path: one.place(path) for path in axes}
    found = [one.variant({places[path]: value for path, value in values.items()}).strategy for values in products(axes)]
    return [strategy for strategy in found if strategy is not None]


AXES = {"fast": ("3", "5"), "stop": ("0.5%", "1%", "3%"), "limits.open_positions": ("1", "4"), "hours": ("1", "8")}


@pytest.fixture(scope="module")
def grid() -> BarGrid:
    return toy.candles(1_200)


@pytest.mark.parametrize("costs", [NO_COSTS, Costs(impact=0.01, participation=0.2, latency_ms=1_000, latency_bars=1)])
def test_every_variant_is_its_own_backtest(grid: BarGrid, costs: Costs) -> None:
    strategies = made(AXES)
    settings = Settings(from_ms=toy.START_MS + 4 * 3_600_000 + 60_000, to_ms=toy.START_MS + 4 * 86_400_000 + 150_000, costs=costs)
    result = sweep(strategies, grid, settings)
    assert len(result.outcomes) == len(strategies) == 24
    for strategy, outcome in zip(strategies, result.outcomes, strict=True):
        assert_same(outcome, alone(strategy, grid, settings))
    assert sum(outcome.closed_trades for outcome in result.outcomes) > 300
    assert len({outcome.end_equity for outcome in result.outcomes}) > 12


def test_limits_that_read_other_markets_and_the_book_are_swept_too(grid: BarGrid) -> None:
    """Measures of two markets are added to the graph that the variants share."""
    risk = "schema: risk/1\nname: crowd\ncrowding: {{measure: {}, max_pair: 0.2}}\norders: {{max_book_share: 20% of value}}\n"
    measure = '"corr(logret(1), other.logret(1), 20 bars)@15m"'
    text = TEXT.replace("clock: 5m", "risk_profile: crowd\nclock: 5m")
    one = Variants(text, "made.yaml", catalogue(), lambda _: (risk.format(measure), "crowd.yaml"))
    place = one.place("fast")
    strategies = [strategy for value in ("3", "5", "8") if (strategy := one.variant({place: value}).strategy) is not None]
    results = [alone(strategy, grid, Settings()) for strategy in strategies]
    for result, outcome in zip(results, sweep(strategies, grid, Settings(), block=64).outcomes, strict=True):
        assert_same(outcome, result)
        assert result.skipped["crowding"] > 20
        assert result.skipped["book_share"] + result.skipped["book_missing"] > 0
    assert sum(len(result.fills) for result in results) > 50


def test_every_variant_pays_the_costs_of_its_own_backtest(grid: BarGrid) -> None:
    strategies = made({"fast": ("3", "5"), "stop": ("0.5%", "1%")})
    costs = Costs((FeeRule(0.001, "", toy.START_MS + 2 * 86_400_000),), 0.01, True, 0.05, 500)
    settings = Settings(cash_krw=1e9, costs=costs)
    result = sweep(strategies, grid, settings, block=64)
    runs = [alone(strategy, grid, settings) for strategy in strategies]
    for outcome, run in zip(result.outcomes, runs, strict=True):
        assert_same(outcome, run)
    assert all(len(run.fills) > len(set(run.fills["order_id"].tolist())) > 20 for run in runs)


@pytest.mark.parametrize(("threads", "block"), [(1, 4096), (2, 1), (2, 37), (3, 512)])
def test_threads_and_blocks_change_nothing(grid: BarGrid, threads: int, block: int) -> None:
    strategies = made({**AXES, "clock": ("5m", "15m")})
    grid = replace(grid) if block > 1 else toy.candles(150)
    assert len(groups(strategies)) == 2
    plain = sweep(strategies, grid, Settings(), threads=1)
    other = sweep(strategies, grid, Settings(), threads=threads, block=block)
    for one, two in zip(plain.outcomes, other.outcomes, strict=True):
        assert one.daily.tobytes() == two.daily.tobytes()
        assert repr(one[:-1]) == repr(two[:-1])


@pytest.mark.parametrize(("members", "threads", "bars"), [(1_000, 2, 100_000), (9_000, 3, 1_000), (3, 8, 500), (2_048, 2, 10), (1, 1, 1)])
def test_variants_are_dealt_out_to_parts_that_fit(members: int, threads: int, bars: int) -> None:
    """The first of each round has the most, as it is ready first; neighbours are in different parts as long as these have room."""
    parts = dealt([7 * number for number in range(members)], threads, bars)
    assert sorted(member for part in parts for member in part) == [7 * number for number in range(members)]
    assert all(0 < len(part) <= 1_025 and list(part) == sorted(part) for part in parts)
    assert len(parts[0]) == max(map(len, parts))
    least = min(map(len, parts))
    assert all(part[turn] == 7 * (turn * len(parts) + number) for number, part in enumerate(parts) for turn in range(least))


ONE_MARKET = (
    TEXT.replace("[KRW-BTC, KRW-ETH, KRW-SOL, KRW-XRP]", "[KRW-BTC]")
    .replace("    market: btc.close > btc.sma(close, slow)\n", "    trend: close > ema(close, slow)@15m\n    calm: rsi(fast) > 20\n")
    .replace("aliases: {btc: KRW-BTC}\n", "")
)


def test_what_variants_of_one_market_read_alone_is_computed_as_in_a_backtest(grid: BarGrid) -> None:
    """Own rows on two timeframes, for blocks in which none, one and many clock bars close; some columns are shared, others are not."""
    one = Variants(ONE_MARKET, "one.yaml", catalogue(), profiles_in())
    axes = {"fast": ("3", "5"), "slow": ("12", "20"), "hours": ("1", "8")}
    strategies = [
        found
        for values in products(axes)
        if (found := one.variant({one.place(path): value for path, value in values.items()}).strategy) is not None
    ]
    only = toy.candles(1_200, markets=("KRW-BTC",))
    for settings in (Settings(from_ms=toy.START_MS + 200 * 300_000), Settings()):  # own rows go on before the trading start, block by block
        runs = [alone(strategy, only, settings) for strategy in strategies]
        for block in (3, 64, 2048):
            for outcome, run in zip(sweep(strategies, only, settings, block=block).outcomes, runs, strict=True):
                assert_same(outcome, run)
    assert len(strategies) == 8
    assert len({len(run.fills) for run in runs}) > 3
    assert sum(len(run.fills) for run in runs) > 100


def random_variants(world: World) -> list[Strategy]:
    """The strategy of a world, and with numbers of it changed by lot."""
    chance = random.Random(world.seed)
    one = Variants(world.text, "world.yaml", catalogue(), profiles_in())
    lines = [line.split(":")[0] for line in world.text.splitlines() if not line.startswith(("schema", "name", "title", "markets", "clock"))]
    found = [one.variant({}).strategy]
    for path in [*lines, *(f"exits.{line.strip()}" for line in lines), *(f"limits.{line.strip()}" for line in lines)]:
        try:
            place = one.place(path)
        except PlaceError:
            continue
        number = float(place.scalar.text[place.start : place.number_end].replace("_", ""))
        found.append(one.variant({place: f"{number * chance.choice((0.5, 2, 3)):g}"}).strategy)
    return [strategy for strategy in found if strategy is not None]


def test_random_worlds_swept_are_their_backtests() -> None:
    """Every other one with seconds recorded inside its bars."""
    variants = trading = at_a_second = 0
    for seed in range(8):
        world = random_world(seed, whole=False, longest=400)
        world = with_random_inside(random.Random(f"inside {seed}"), world) if seed % 2 else world
        strategies = random_variants(world)
        result = sweep(strategies, world.grid, world.settings, traded=world.traded)
        for strategy, outcome in zip(strategies, result.outcomes, strict=True):
            run = alone(strategy, world.grid, world.settings, world.traded)
            assert_same(outcome, run)
            variants += 1
            trading += outcome.fills > 0
            at_a_second += int((run.fills["time_ms"] % world.grid.timeframe.length_ms != 0).sum())
    assert variants >= 16
    assert trading >= 8
    assert at_a_second >= 20


def test_no_bars_after_the_start_leave_everything_undefined(grid: BarGrid) -> None:
    result = sweep(made({"fast": ("3", "5")}), grid, Settings(from_ms=toy.START_MS + 10 * 86_400_000))
    assert [outcome.end_equity for outcome in result.outcomes] == [10_000_000.0] * 2
    assert all(math.isnan(outcome.sharpe) and math.isnan(outcome.exposure) for outcome in result.outcomes)


def test_one_variant_of_several_is_a_view_of_its_arrays() -> None:
    class Pair(tuple[Any, ...]):
        """A tuple as of NamedTuple."""

        def __new__(cls, *items: Any) -> Pair:
            return super().__new__(cls, items)

    ones = [Pair(np.arange(3.0), np.full(2, k), Pair(np.array([k], np.int64))) for k in range(4)]
    first, strides = stacked(ones)
    assert strides.tolist() == [0, 16, 8]
    for k, one in enumerate(ones):
        view = at_variant(first, strides, k)
        assert [view[0].tolist(), view[1].tolist(), view[2][0].tolist()] == [one[0].tolist(), one[1].tolist(), one[2][0].tolist()]
        view[1][0] = -k
    assert at_variant(first, strides, 3)[1].tolist() == [-3, 3]


def test_a_trade_of_many_fills_is_summed_as_exactly_as_a_list() -> None:
    chance = random.Random(5)
    log = np.zeros(61, FILL)
    log["side"], log["side"][60] = 1, -1
    log["quantity_e8"] = [chance.uniform(1, 1e9) for _ in log]
    log["quantity_e8"][60] = log["quantity_e8"][:60].sum() * 2
    log["price_krw"] = [chance.uniform(1e-3, 1e8) for _ in log]
    log["fee_krw"] = [chance.uniform(1e-9, 1e5) for _ in log]
    values = (log["quantity_e8"] * log["price_krw"] / 1e8).tolist()
    exact = values[60] - math.fsum(values[:60]) - (math.fsum(log["fee_krw"][:60].tolist()) + log["fee_krw"][60])
    figures_of, trades = np.zeros(1, FIGURES), np.zeros((1, 1), TRADE)
    fold_fills(Log(log, np.array([61])), figures_of, trades, 0, 0.0)
    assert figures_of["gains_krw"][0] == exact
    assert (figures_of["trades"][0], figures_of["wins"][0], figures_of["fills"][0]) == (1, 1, 61)


def test_the_deflated_sharpe_ratio_of_the_paper() -> None:
    """Bailey and Lopez de Prado (2014), the example of section "A numerical example": 100 tries, 1,250 days, SR 2.5 a year."""
    bar = math.sqrt(1 / 2 / 250) * expected_maximum(100)
    assert bar == pytest.approx(0.1132, abs=5e-5)
    assert deflated(2.5 / math.sqrt(250), bar, 1_250, -3.0, 10.0) == pytest.approx(0.9004, abs=5e-5)


@pytest.mark.parametrize("count", [5, 20, 300])
def test_the_expected_maximum_is_that_of_drawn_numbers(count: int) -> None:
    drawn = np.random.default_rng(count).standard_normal((20_000, count)).max(axis=1).mean()
    assert expected_maximum(count) == pytest.approx(float(drawn), rel=0.03)


def test_luck_needs_days_and_tries() -> None:
    daily = np.random.default_rng(1).normal(0.001, 0.01, 200)
    assert math.isnan(luck([1.0], daily).deflated)
    assert math.isnan(luck([1.0, 2.0], daily[:9]).expected_best)
    assert luck([math.nan, math.nan], daily).tried == 0
    found = luck([0.0, 1.0, 2.0, math.nan], daily)
    assert (found.tried, found.best) == (3, 2.0)
    assert found.expected_best == expected_maximum(3)


def test_neighbours_are_one_step_away() -> None:
    places = [(a, b) for a in range(3) for b in range(3)]
    values = [float(10 * a + b) for a, b in places]
    found = neighbours(places, values, places.index((0, 0)))
    assert (found.count, found.median, found.worst) == (2, 5.5, 1.0)
    found = neighbours(places, [math.nan if place == (0, 1) else v for place, v in zip(places, values, strict=True)], 4)
    assert (found.count, found.median, found.worst) == (3, 12.0, 10.0)
    assert neighbours([(0,)], [1.0], 0).count == 0


def test_an_interruption_ends_all_threads(grid: BarGrid) -> None:
    calls = 0

    def interrupt(_done: int, _whole: int) -> None:
        nonlocal calls
        calls += 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(made({"fast": ("3", "5", "7", "9")}), grid, Settings(), threads=2, block=16, progress=interrupt)
    assert 1 <= calls <= 2
