"""The product's backtest against the reference simulator, value by value and fill by fill: the reference shares none of its code."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dsl.compile import compile_strategy
from dsl.files import compile_file
from dsl.graph import Phase
from dsl.strategy import Strategy
from engine.kernel.catalogue import catalogue
from engine.kernel.decide.plan import Terms, make_book, make_plan
from engine.kernel.program import Program, compile_program
from engine.kernel.run import Run, RunResult
from engine.kernel.vm import Kernel
from engine.model.candle import BarGrid, BarState
from engine.research.result import Rounding, Settings
from tests.generators.candles import random_grid
from tests.generators.strategies import random_strategy
from tests.oracles.reference_backtest import Columns, ReferenceResult, run
from tests.oracles.reference_values import Values
from tests.oracles.reference_worlds import grid_of, real_candles

STRATEGIES = Path(__file__).resolve().parents[2] / "strategies"
MARKETS = ("KRW-BTC", "KRW-ETH", "KRW-XRP")


@dataclass(frozen=True)
class Product:
    """One run of the product: fills, and the columns that the decisions read."""

    program: Program
    result: RunResult
    columns: NDArray[np.float64]  # [markets, clock bars, columns]


def product(strategy: Strategy, grid: BarGrid, settings: Settings) -> Product:
    """The compiled kernel and decisions over one grid."""
    program = compile_program(strategy, grid.timeframe, grid.markets)
    block = Kernel(program).advance(grid)
    terms = Terms(settings.cash_krw, settings.fee_rate, settings.slippage, settings.rounding is Rounding.UPBIT)
    plan = make_plan(strategy, program.position, grid.markets, terms)
    run_ = Run(plan, make_book(plan, settings.cash_krw), settings.from_ms)
    run_.feed(grid, block)
    return Product(program, run_.result(), block.values)


def product_fills(product_: Product, markets: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Fills as the reference writes them."""
    return [
        (int(f["time_ms"]), markets[f["market"]], int(f["side"]), int(f["exit_index"]), float(f["quantity_e8"]), float(f["price_krw"]))
        for f in product_.result.fills
    ]


def reference_fills(result: ReferenceResult) -> list[tuple[Any, ...]]:
    """Fills as tuples."""
    return [(t.time, t.market, 1 if t.side == "buy" else -1, t.reason, float(t.quantity), t.price) for t in result.fills]


def assert_values(strategy: Strategy, grid: BarGrid, product_: Product) -> int:
    """Every exported column is the reference's, and missing where it is missing; returns how many defined values were compared."""
    values, compared = Values(strategy.graph, grid), 0
    for column, node_id in enumerate(product_.program.columns):
        node = strategy.graph[node_id]
        if node.phase is not Phase.MARKET or node.section is None:
            continue
        for row, market in enumerate(grid.markets):
            ours, theirs = values.of(node_id, market), product_.columns[row, :, column]
            bars = values.bars_at(node.section, market)
            assert len(theirs) - len(ours) in (0, 1), "a clock bar more or less"
            theirs = theirs[len(theirs) - len(ours) :]
            np.testing.assert_array_equal(np.isnan(theirs), np.isnan(ours), err_msg=f"{node} in {market} from bar {bars.first}")
            np.testing.assert_allclose(theirs, ours, rtol=1e-8, atol=1e-8, err_msg=f"{node} in {market}")
            compared += int(np.isfinite(ours).sum())
    return compared


def assert_fills(result: ReferenceResult, product_: Product, markets: tuple[str, ...], exact: bool = True) -> int:
    """Fill by fill; names the first that differs. exact False: quantities without a grid, equal within rounding."""
    ours, theirs = reference_fills(result), product_fills(product_, markets)
    for k, (a, b) in enumerate(zip(ours, theirs, strict=False)):
        same = a == b if exact else a[:4] == b[:4] and a[4:] == pytest.approx(b[4:], rel=1e-9)
        assert same, f"fill {k}: reference {a}, product {b}"
    assert len(ours) == len(theirs), f"one has more: {ours[len(theirs) :][:1]}, {theirs[len(ours) :][:1]}"
    assert {k: v for k, v in product_.result.skipped.items() if v} == result.skipped
    assert product_.result.ambiguous_steps == result.ambiguous_steps
    assert product_.result.ambiguous_krw == pytest.approx(result.ambiguous_krw, rel=1e-9)
    assert product_.result.sale_below_minimum == result.sale_below_minimum
    np.testing.assert_array_equal(product_.result.equity_ms, [row[0] for row in result.equity])
    np.testing.assert_allclose(product_.result.equity_krw, [row[1] for row in result.equity], rtol=1e-12)
    return len(ours)


class ProductColumns(Columns):
    """The product's own values, so that decisions are compared apart from values."""

    def __init__(self, strategy: Strategy, grid: BarGrid, product_: Product) -> None:
        super().__init__(strategy, grid)
        self.product, self.place = product_, {node: k for k, node in enumerate(product_.program.columns)}
        self.times = {int(ms): k for k, ms in enumerate(product_.result.equity_ms)}

    def one(self, node_id: int, market: str, time: int) -> float:
        """A value of the product; constants are the reference's."""
        if node_id not in self.place:
            return super().one(node_id, market, time)
        return float(self.product.columns[self.grid.markets.index(market), self.times[time], self.place[node_id]])


def random_world(seed: int, whole: bool) -> tuple[Strategy, BarGrid, Settings]:
    """A strategy, a market and terms, all of one seed."""
    chance = random.Random(seed)
    text = random_strategy(chance, MARKETS)
    strategy = compile_strategy(text.text, "generated.yaml", catalogue(), text.profiles).strategy
    assert strategy is not None
    grid = random_grid(chance, MARKETS, chance.choice([400, 1_000, 2_000]), whole=whole)
    slippage, fee_rate = chance.choice([0.0, 0.0005, 0.002]), chance.choice([0.0, 0.0005])
    return strategy, grid, Settings(slippage=slippage, fee_rate=fee_rate, rounding=chance.choice([*Rounding, Rounding.UPBIT]))


@pytest.mark.parametrize("worlds", [20, pytest.param(40, marks=pytest.mark.deep)])
def test_random_strategies_in_random_markets_agree(worlds: int) -> None:
    """Values and fills, from candles to books."""
    values = fills = 0
    for seed in range(worlds):
        strategy, grid, settings = random_world(seed, whole=True)
        product_ = product(strategy, grid, settings)
        values += assert_values(strategy, grid, product_)
        fills += assert_fills(run(strategy, grid, settings), product_, grid.markets, settings.rounding is Rounding.UPBIT)
    assert values > 1_250 * worlds
    assert fills > 12 * worlds


@pytest.mark.parametrize("worlds", [30, pytest.param(60, marks=pytest.mark.deep)])
def test_random_decisions_agree_at_any_price(worlds: int) -> None:
    """Fills at prices of every tick and off the grid, where the last bit of a sum may decide a comparison: on the product's values."""
    fills = 0
    for seed in range(1_000, 1_000 + worlds):
        strategy, grid, settings = random_world(seed, whole=False)
        product_ = product(strategy, grid, settings)
        columns = ProductColumns(strategy, grid, product_)
        result = run(strategy, grid, settings, columns=columns)
        fills += assert_fills(result, product_, grid.markets, settings.rounding is Rounding.UPBIT)
    assert fills > 16 * worlds


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "days", "least"),
    [("every-exit", 7, 60), ("pullback-trend", 21, 50), pytest.param("every-exit", 21, 200, marks=pytest.mark.deep)],
)
def test_shipped_strategies_agree_on_four_markets(market_data: Path, name: str, days: int, least: int) -> None:
    """The two weeks after the first are those of tests/simulation/test_agreement.py too; the pullback needs two to know its trend."""
    strategy = compile_file(STRATEGIES / f"{name}.yaml", catalogue()).strategy
    assert strategy is not None
    grid = grid_of({code: real_candles(market_data, code, "1m", "2025-09-01", f"2025-09-{days:02}") for code in strategy.markets})
    assert (grid.state == BarState.TRADED).sum() > 5_000 * days
    product_ = product(strategy, grid, Settings())
    assert assert_values(strategy, grid, product_) > 5_000 * days
    assert assert_fills(run(strategy, grid, Settings()), product_, grid.markets) >= least


@pytest.mark.data
@pytest.mark.parametrize(
    ("from_", "to", "least"), [("2022-01-01", "2022-12-31", 15), pytest.param("2017-10-01", "2024-12-31", 100, marks=pytest.mark.deep)]
)
def test_years_of_hours_agree(market_data: Path, from_: str, to: str, least: int) -> None:
    """The two years after the first are those of tests/simulation/test_agreement.py."""
    strategy = compile_file(STRATEGIES / "trend-1h.yaml", catalogue()).strategy
    assert strategy is not None
    hours = real_candles(market_data, "KRW-BTC", "1h", from_, to)
    agree_on_real(strategy, grid_of({"KRW-BTC": hours}, 3_600_000), least=least)


@pytest.mark.data
def test_a_year_of_days_in_every_market_agrees(market_data: Path) -> None:
    strategy = compile_file(STRATEGIES / "trend-1d.yaml", catalogue()).strategy
    assert strategy is not None
    codes = sorted(path.name.removesuffix("_1d.parquet") for path in (market_data / "upbit").glob("KRW-*_1d.parquet"))
    tables = {code: real_candles(market_data, code, "1d", "2023-01-01", "2023-12-31") for code in codes}
    whole = {code: table for code, table in tables.items() if len(table) == 365}
    assert len(whole) >= 60
    agree_on_real(strategy, grid_of(whole, 86_400_000), least=100)


def agree_on_real(strategy: Strategy, grid: BarGrid, least: int) -> None:
    """Values and at least so many fills, under the default terms."""
    product_ = product(strategy, grid, Settings())
    assert assert_values(strategy, grid, product_) > 10_000
    assert assert_fills(run(strategy, grid, Settings()), product_, grid.markets) >= least
