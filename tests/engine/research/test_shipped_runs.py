"""Every strategy that comes with the product trades on real candles, in the way it is a lesson of."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from dsl.files import check_file, compile_file
from dsl.portfolio import CompiledPortfolio
from dsl.strategy import Strategy
from engine.kernel.catalogue import catalogue
from engine.model.candle import BarGrid
from engine.research.backtest import backtest, bars_of
from engine.research.portfolio import backtest_portfolio
from engine.research.result import BacktestResult, Settings
from tests.oracles.reference_worlds import grid_of, real_candles
from tests.shipped import PORTFOLIOS, ROOT, STRATEGIES

FOUR = ("KRW-BTC", "KRW-ETH", "KRW-SOL", "KRW-XRP")
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True)
class Expected:
    """At least so many buys, and exits that have to happen."""

    buys: int
    exits: tuple[str, ...]


#: three weeks of minutes of four markets; seven years of hours of bitcoin; a year of days of every market that has one
EXPECTED = {
    "pullback-trend": Expected(80, ("stop", "first_target", "trail", "stalled", "trend_lost")),
    "every-exit": Expected(300, ("stop", "first_target", "far_target", "rest_target", "trail", "spike", "trend_lost")),
    "volatility-breakout": Expected(15, ("stop", "end_of_day")),
    "mean-reversion": Expected(25, ("stop", "at_the_mean", "too_long", "trend_began")),
    "spike-fade": Expected(40, ("stop", "halfway", "time")),
    "btc-beta": Expected(30, ("stop", "target", "trail", "strength_gone")),
    "donchian-breakout": Expected(20, ("stop", "trail", "half")),
    "trend-1h": Expected(200, ("stop", "trail", "half", "trend_lost")),
    "trend-1d": Expected(50, ("stop", "target", "trend_lost")),
    "momentum-rotation": Expected(100, ("stop", "dropped", "market_down", "trail")),
}


@pytest.fixture(scope="module")
def grids(market_data: Path) -> dict[str, BarGrid]:
    """Real candles by the length of the bars."""
    codes = sorted(path.name.removesuffix("_1d.parquet") for path in (market_data / "upbit").glob("KRW-*_1d.parquet"))
    days = {code: real_candles(market_data, code, "1d", "2023-01-01", "2023-12-31") for code in codes}
    whole = {code: table for code, table in days.items() if len(table) == 365}
    assert len(whole) >= 60
    return {
        "1m": grid_of({code: real_candles(market_data, code, "1m", "2025-09-01", "2025-09-21") for code in FOUR}),
        "1h": grid_of({"KRW-BTC": real_candles(market_data, "KRW-BTC", "1h", "2017-10-01", "2024-12-31")}, HOUR_MS),
        "1d": grid_of(whole, DAY_MS),
    }


def test_every_strategy_is_expected_to_trade() -> None:
    assert {path.stem for path in STRATEGIES} == set(EXPECTED)
    assert len(STRATEGIES) + len(PORTFOLIOS) >= 11


@pytest.mark.data
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_it_trades_on_real_candles(grids: dict[str, BarGrid], name: str) -> None:
    strategy = alone(name)
    base = {HOUR_MS: "1h", DAY_MS: "1d"}.get(strategy.clock.length_ms, "1m")
    result = backtest(strategy, grids[base], Settings())
    expected = EXPECTED[name]
    sides = result.fills["side"]
    assert (sides > 0).sum() >= expected.buys
    sold = Counter(strategy.exit_name(int(fill["exit_index"])) for fill in result.fills if fill["side"] < 0)
    assert set(expected.exits) <= set(sold)
    assert len(set(result.fills["market"].tolist())) >= (len(strategy.markets) or 20)
    seen = {path: (true, false) for path, (true, false, _) in result.rule_counts.items() if path.startswith("entry")}
    assert all(true > 0 for true, _ in seen.values()), "a condition of the entry was never true"
    if strategy.universe is not None:
        assert len(result.members) > 300
        assert all(len(decided.members) == 40 for decided in result.members[-300:])


#: bars of a run in blocks of one: enough for the slowest values to be ready and for trades after that
SHORT = {"1m": 12 * 1440, "1h": 12_000, "1d": 365}


def same_bits(one: BacktestResult, other: BacktestResult) -> bool:
    """Every column and count of two runs."""
    columns = ("fills", "equity_ms", "equity_krw", "cash_changes", "fill_bar_krw")
    counts = ("skipped", "rule_counts", "ambiguous_steps", "ambiguous_krw", "unsettled_entries", "sale_below_minimum", "members")
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in columns) and all(
        getattr(one, name) == getattr(other, name) for name in counts
    )


@pytest.mark.data
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_one_bar_at_a_time_as_live_is_the_whole_array_bit_for_bit(grids: dict[str, BarGrid], name: str) -> None:
    strategy = alone(name)
    base = {HOUR_MS: "1h", DAY_MS: "1d"}.get(strategy.clock.length_ms, "1m")
    grid = bars_of(grids[base], 0, SHORT[base])
    whole, single = (backtest(strategy, grid, Settings(block=block)) for block in (SHORT[base], 1))
    assert same_bits(whole, single)
    assert len(whole.fills) >= 6


@pytest.mark.deep
@pytest.mark.data
def test_one_bar_at_a_time_is_the_whole_array_for_a_portfolio(grids: dict[str, BarGrid]) -> None:
    grid = bars_of(grids["1m"], 0, 10 * 1440)
    for path in PORTFOLIOS:
        result = check_file(path, catalogue())
        assert isinstance(result, CompiledPortfolio)
        assert result.portfolio is not None
        whole, single = (backtest_portfolio(result.portfolio, grid, Settings(block=block)) for block in (10 * 1440, 1))
        assert whole.equity_krw.tobytes() == single.equity_krw.tobytes()
        assert [part.fills.tobytes() for part in whole.parts] == [part.fills.tobytes() for part in single.parts]
        assert [part.skipped for part in whole.parts] == [part.skipped for part in single.parts]
        assert sum(len(part.fills) for part in whole.parts) >= 10


@pytest.mark.data
def test_the_day_is_left_before_the_next_one_begins(grids: dict[str, BarGrid]) -> None:
    """Volatility breakout: bought at most once a Korean day and market, held over no 09:00."""
    fills = backtest(alone("volatility-breakout"), grids["1m"], Settings()).fills
    day = fills["time_ms"] // DAY_MS  # 09:00 KST is 00:00 UTC
    bought = [(int(m), int(d)) for m, d, side in zip(fills["market"], day, fills["side"], strict=True) if side > 0]
    sold = [(int(m), int(d)) for m, d, side in zip(fills["market"], day, fills["side"], strict=True) if side < 0]
    assert len(bought) == len(set(bought)) >= 15
    assert sorted(sold) == sorted(bought)


def test_portfolios_name_shipped_strategies_that_differ() -> None:
    for path in PORTFOLIOS:
        result = check_file(path, catalogue())
        assert isinstance(result, CompiledPortfolio)
        assert not result.findings
        assert result.portfolio is not None
        parts = result.portfolio.parts
        assert len(parts) >= 3
        assert all(part.when is not None for part in parts)
        assert sum(part.weight for part in parts) <= 1
        assert {part.strategy.name for part in parts} <= set(EXPECTED)
    assert len(PORTFOLIOS) >= 1


@pytest.mark.data
@pytest.mark.parametrize("path", PORTFOLIOS, ids=lambda path: path.stem)
def test_all_strategies_of_a_portfolio_trade_and_only_when_they_may(grids: dict[str, BarGrid], path: Path) -> None:
    result = check_file(path, catalogue())
    assert isinstance(result, CompiledPortfolio)
    assert result.portfolio is not None
    found = backtest_portfolio(result.portfolio, grids["1m"], Settings())
    bought = {part.strategy.name: int((part.fills["side"] > 0).sum()) for part in found.parts}
    assert min(bought.values()) >= 3
    free = {name: int((backtest(alone(name), grids["1m"], Settings()).fills["side"] > 0).sum()) for name in bought}
    assert sum(bought.values()) < sum(free.values())


def alone(name: str) -> Strategy:
    """A shipped strategy by itself."""
    strategy = compile_file(ROOT / "strategies" / f"{name}.yaml", catalogue()).strategy
    assert strategy is not None
    return strategy
