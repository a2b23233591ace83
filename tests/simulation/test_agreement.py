"""The product's backtest and the reference simulator make the same trades, on real candles and on the sample market."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dsl.diagnostics import Language
from engine.assembly import Market, Sources, market_for
from engine.model.candle import BarState
from engine.research.backtest import backtest
from engine.research.report import examine, figures, render_html, to_json, trades_csv
from engine.research.result import BacktestResult, Rounding, Settings
from tests.simulation.agreement import assert_agree, closed_trades, first_difference, sales_by_exit, shipped
from tests.simulation.market import MAJORS, NOWHERE, real_market, sample_folder, utc_ms, walk_grid, whole_daily_markets

THREE_WEEKS = ("2025-09-01", "2025-09-22")
#: the week before is the one of tests/oracles/test_reference_agreement.py
TWO_WEEKS = ("2025-09-08", "2025-09-22")


def run_agreed(market: Market, strategy_name: str, markets: tuple[str, ...]) -> BacktestResult:
    """Both engines over the same candles; returns the product's result."""
    return assert_agree(shipped(strategy_name), market.grid, market.settings, markets)


@pytest.mark.data
def test_the_pullback_trades_as_the_reference_does(market_data: Path) -> None:
    market = real_market(market_data, shipped("pullback-trend"), MAJORS, "1m", *TWO_WEEKS)
    result = run_agreed(market, "pullback-trend", MAJORS)
    assert closed_trades(result) >= 60


@pytest.mark.data
def test_every_kind_of_exit_sells_as_the_reference_does(market_data: Path) -> None:
    market = real_market(market_data, shipped("every-exit"), MAJORS, "1m", *TWO_WEEKS)
    strategy = shipped("every-exit")
    assert strategy.risk is not None
    endless = replace(strategy, risk=replace(strategy.risk, rules=(), breakers=()))  # its profile would stop what loses this much
    result = assert_agree(endless, market.grid, market.settings, MAJORS)
    assert closed_trades(result) >= 130
    sales = sales_by_exit(result)
    assert {rule.name for rule in result.strategy.exits if sales[rule.name] < 3} == set()
    assert result.ambiguous_steps >= 1
    assert result.ambiguous_krw > 0


@pytest.mark.data
@pytest.mark.parametrize("slippage", [0.0, 0.0003])
def test_agreement_does_not_hang_on_the_costs(market_data: Path, slippage: float) -> None:
    settings = Settings(cash_krw=1_500_000.0, fee_rate=0.0004, slippage=slippage)
    market = real_market(market_data, shipped("every-exit"), MAJORS, "1m", "2025-09-03", "2025-09-08", settings)
    assert closed_trades(run_agreed(market, "every-exit", MAJORS)) >= 50


@pytest.mark.data
@pytest.mark.parametrize(("from_", "trades"), [("2023-01-01", 60), pytest.param("2017-10-01", 300, marks=pytest.mark.deep)])
def test_hourly_bitcoin_over_years(market_data: Path, from_: str, trades: int) -> None:
    market = real_market(market_data, shipped("trend-1h"), ("KRW-BTC",), "1h", from_, "2024-12-31")
    assert closed_trades(run_agreed(market, "trend-1h", ("KRW-BTC",))) >= trades


@pytest.mark.data
@pytest.mark.parametrize(("count", "trades"), [(15, 30), pytest.param(65, 200, marks=pytest.mark.deep)])
def test_many_daily_markets(market_data: Path, count: int, trades: int) -> None:
    markets = whole_daily_markets(market_data, "2023-01-01", "2024-01-01")
    assert len(markets) == 65
    market = real_market(market_data, shipped("trend-1d"), markets[:count], "1d", "2023-01-01", "2024-01-01")
    assert closed_trades(run_agreed(market, "trend-1d", markets[:count])) >= trades


def _sample(strategy_name: str, markets: tuple[str, ...], from_: str, to: str) -> Market:
    settings = Settings(from_ms=utc_ms(from_), to_ms=utc_ms(to))
    sources = Sources(sample_folder() / "nothing-stored", sample_folder(), NOWHERE)
    return market_for(shipped(strategy_name), markets, settings, sources)


@pytest.mark.parametrize(
    ("markets", "from_", "to"),
    [(("KRW-SMPA", "KRW-SOL"), "2025-07-20", "2025-07-26"), (("KRW-SMPB", "KRW-XRP"), "2025-08-13", "2025-08-19")],
)
def test_listing_and_delisting_on_the_sample_market(markets: tuple[str, ...], from_: str, to: str) -> None:
    market = _sample("every-exit", markets, from_, to)
    assert market.synthetic
    state = market.grid.state[market.grid.markets.index(markets[0])]
    assert (state == BarState.UNKNOWN).any(), "the range must contain the listing or delisting"
    assert (state == BarState.TRADED).any()
    result = assert_agree(shipped("every-exit"), market.grid, market.settings, markets, ties=5)
    assert closed_trades(result) >= 20
    known = {int(k) for k in np.flatnonzero(state != BarState.UNKNOWN)}
    row = result.markets.index(markets[0])
    bars = {int(f["time_ms"]) // 60_000 - market.grid.first_index for f in result.fills if f["market"] == row}
    assert bars
    assert bars <= known


@pytest.mark.parametrize(("bar_count", "trades", "equity_krw"), [(100_000, 1_019, 34_101_392), (525_600, 5_268, 865_776)])
def test_the_published_comparison_comes_out_to_the_won(bar_count: int, trades: int, equity_krw: int) -> None:
    """EMA 20/50 cross, all-in, continuous: the figures on which three other engines agree."""
    grid = walk_grid(bar_count)
    start_ms = (grid.first_index + 499) * 60_000  # entries are decided from the close of bar 500 on
    settings = Settings(cash_krw=1e8, slippage=0.0, rounding=Rounding.NONE, from_ms=start_ms)
    result = backtest(shipped("benchmarks/strategies/t1-ema-cross.yaml"), grid, settings)
    assert closed_trades(result) == trades
    assert round(float(result.equity_krw[-1])) == equity_krw


def _bytes(result: BacktestResult) -> tuple[bytes, ...]:
    found = figures(result)
    columns = (result.fills, result.equity_ms, result.equity_krw, result.cash_krw, result.exposure_krw)
    return (
        *(c.tobytes() for c in columns),
        trades_csv(result).encode(),
        render_html(result, found, examine(result, found), Language.KOREAN).encode(),
    )


@pytest.mark.data
def test_output_is_the_same_byte_for_byte_over_runs_and_blocks(market_data: Path) -> None:
    strategy = shipped("every-exit")
    market = real_market(market_data, strategy, MAJORS, "1m", *THREE_WEEKS)
    results = [
        backtest(strategy, market.grid, Settings(from_ms=market.settings.from_ms, to_ms=market.settings.to_ms, block=block), traded=MAJORS)
        for block in (2048, 2048, 1, 3, 64, 1000, 4096)
    ]
    assert closed_trades(results[0]) >= 200
    assert len({_bytes(result)[:5] for result in results}) == 1
    assert len({_bytes(result)[5:] for result in results[:2]}) == 1
    written = [to_json(one, figures(one), examine(one, figures(one))) for one in results]
    assert written[0] == written[1]


def test_the_last_part_of_an_order_is_as_exact_as_the_whole_order() -> None:
    def part(quantity_e8: float) -> tuple[object, ...]:
        return (1, "KRW-XRP", "buy", -1, quantity_e8, 4177.0, 0, False, 1)

    ours, theirs = part(126899012.25455865), part(126899012.25491537)
    assert first_difference([part(1e12), ours], [part(1e12), theirs], exact=False) == ""
    assert first_difference([part(1e12), ours], [part(1e12), theirs]) != ""
    assert first_difference([ours], [theirs], exact=False) != ""
    assert first_difference([part(1e12), ours], [part(1e12), part(126899022.0)], exact=False) != ""
