"""Figures against quantstats and plain pandas, degenerate runs, and the documents."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from dsl.graph import Timeframe
from dsl.messages import texts
from engine.research.figures import figures
from engine.research.metrics import CURVE_FIGURES, RUN_FIGURES, TRADE_FIGURES, Unit, curve_facts, definitions, evaluate, trade_facts
from engine.research.result import BacktestResult
from engine.research.returns import DAY_MS, Curve
from engine.research.trades import Trade, trades_of
from tests.engine.research import toy

DOCS = Path(__file__).parents[3] / "docs"
DAILY = Timeframe(DAY_MS)
#: by figure: of quantstats' module of figures, daily returns and prices
CURVE_OF_QUANTSTATS = {
    "sharpe": lambda stats, returns, _: stats.sharpe(returns, periods=365),
    "sortino": lambda stats, returns, _: stats.sortino(returns, periods=365),
    "annualised_volatility": lambda stats, returns, _: stats.volatility(returns, periods=365),
    "annualised_return": lambda stats, returns, _: stats.cagr(returns, periods=365),
    "calmar": lambda stats, returns, _: stats.calmar(returns, periods=365),
    "maximum_drawdown": lambda stats, _, prices: stats.max_drawdown(prices),
    "best_day": lambda stats, returns, _: stats.best(returns),
    "worst_day": lambda stats, returns, _: stats.worst(returns),
    "total_return": lambda stats, returns, _: stats.comp(returns),
    "winning_days": lambda stats, returns, _: stats.win_rate(returns),
}


def quantstats_figures() -> ModuleType:
    """Imported by whoever compares with it: that takes two seconds, and every process that collects tests imports this module."""
    import quantstats

    return quantstats.stats


def _curve(values: np.ndarray, start_krw: float) -> Curve:
    times = toy.START_MS + DAY_MS * np.arange(1, values.size + 1, dtype=np.int64)
    return Curve(toy.START_MS, start_krw, times, values)


def _compare(curve: Curve) -> int:
    """Every figure of the table above that is defined; returns how many were compared."""
    index = pd.date_range("2025-09-01", periods=curve.value_krw.size + 1, freq="D")
    prices = pd.Series(np.concatenate(([curve.start_krw], curve.value_krw)), index=index)
    returns = prices.pct_change().iloc[1:]
    found, compared = evaluate(CURVE_FIGURES, curve_facts(curve)), 0
    for key, theirs in CURVE_OF_QUANTSTATS.items():
        if not math.isnan(found[key]):
            assert found[key] == pytest.approx(theirs(quantstats_figures(), returns, prices), rel=1e-9, abs=1e-12), key
            compared += 1
    return compared


@pytest.mark.parametrize("seed", range(40))
def test_figures_of_random_curves_are_those_of_quantstats(seed: int) -> None:
    rng = np.random.default_rng(seed)
    compared = 0
    for days in (2, 5, 21, 90, 365, 1200):
        idle = rng.random(days) < rng.choice([0.0, 0.3, 0.8])
        steps = np.where(idle, 0.0, rng.normal(rng.normal(0, 0.002), rng.choice([0.002, 0.02, 0.06]), days))
        compared += _compare(_curve(1e7 * np.cumprod(1 + np.maximum(steps, -0.5)), 1e7))
    assert compared >= 50


@pytest.mark.data
def test_figures_of_real_prices_are_those_of_quantstats(market_data: Path) -> None:
    compared = 0
    for path in sorted(market_data.glob("upbit/*_1d.parquet"))[:30]:
        closes = pd.read_parquet(path)["close"].to_numpy()
        compared += _compare(_curve(1e7 * closes[1:] / closes[0], 1e7))  # quantstats takes prices under 1 for returns
    assert compared >= 290


@pytest.mark.parametrize("seed", range(30))
def test_trade_figures_are_those_of_quantstats_on_trade_profits(seed: int) -> None:
    trades = trades_of(toy.simulate(toy.candles(1500, seed=seed), seed=seed, chance=0.05))
    closed = sorted((t for t in trades if t.closed_ms is not None), key=lambda t: (t.closed_ms, t.number))
    assert len(closed) > 20
    profits = pd.Series([t.profit_krw for t in closed], index=pd.date_range("2025-01-01", periods=len(closed), freq="D"))
    ratios = profits.index.to_series().map(dict(zip(profits.index, (t.profit_ratio for t in closed), strict=True)))
    found = evaluate(TRADE_FIGURES, trade_facts(trades))
    stats = quantstats_figures()
    assert found["win_rate"] == pytest.approx(stats.win_rate(profits, prepare_returns=False))
    assert found["profit_factor"] == pytest.approx(stats.profit_factor(profits, prepare_returns=False))
    gain, loss = stats.avg_win(profits, prepare_returns=False), stats.avg_loss(profits, prepare_returns=False)
    assert found["payoff_ratio"] == pytest.approx(-gain / loss)
    assert (found["average_win"], found["average_loss"]) == (pytest.approx(gain), pytest.approx(loss))
    assert found["longest_losing_streak"] == stats.consecutive_losses(profits, prepare_returns=False)
    assert found["average_trade_return"] == pytest.approx(ratios.mean())
    assert found["average_win_return"] == pytest.approx(ratios[profits > 0].mean())
    assert (found["best_trade"], found["worst_trade"]) == (ratios.max(), ratios.min())


def test_run_figures_are_those_of_plain_pandas() -> None:
    result = toy.simulate(toy.candles(3000), chance=0.05)
    fills = pd.DataFrame({name: result.fills[name] for name in result.fills.dtype.names})
    quantity = fills.quantity_e8 / 1e8
    found = figures(result).values
    assert found["traded_value"] == pytest.approx((quantity * fills.price_krw).sum())
    assert found["turnover"] == pytest.approx((quantity * fills.price_krw).sum() / result.equity_krw.mean())
    assert found["fees_paid"] == pytest.approx(fills.fee_krw.sum())
    assert found["slippage_paid"] == pytest.approx(((fills.price_krw - fills.base_krw).abs() * quantity).sum())
    assert found["average_slippage"] == pytest.approx(5.0)  # the toy pays 0.05 % on every fill
    assert found["exposure"] == pytest.approx((result.exposure_krw / result.equity_krw).mean())
    assert found["time_in_market"] == pytest.approx((result.exposure_krw > 0).mean())
    days = 3000 * 300 / 86_400
    assert found["trades_per_day"] == pytest.approx(found["closed_trades"] / days)
    assert found["closed_trades"] + found["open_trades"] == len(trades_of(result))


def test_the_drawdown_sees_every_close_and_not_only_days() -> None:
    result = toy.simulate(toy.candles(3000), chance=0.05)
    curve = pd.Series(np.concatenate(([1e7], result.equity_krw)))
    assert figures(result).values["maximum_drawdown"] == pytest.approx((curve / curve.cummax() - 1).min())


def test_markets_and_exit_rules_add_up_to_the_whole() -> None:
    result = toy.simulate(toy.candles(3000), chance=0.05)
    found = figures(result)
    closed = [trade for trade in found.trades if not trade.is_open]
    whole = sum(trade.profit_krw for trade in found.trades)
    assert sum(one.profit_krw for one in found.markets) == pytest.approx(whole)
    assert sum(one.fees_krw for one in found.markets) == pytest.approx(found.values["fees_paid"])
    assert sum(one.values["closed_trades"] for one in found.markets) == len(closed) > 100
    sales = [leg for trade in found.trades for leg in trade.sales]
    assert sum(one.sales for one in found.exits) == len(sales)
    assert sum(one.profit_krw for one in found.exits) == pytest.approx(sum(leg.profit_krw for leg in sales))
    assert sum(one.wins for one in found.exits) == sum(leg.profit_krw > 0 for leg in sales)
    assert sum(one.closed_trades for one in found.exits) == len(closed)
    assert sum(one.ambiguous for one in found.exits) == sum(leg.ambiguous for leg in sales) > 0


def _trade(profit: float) -> Trade:
    nothing = dict.fromkeys(Trade.__slots__, 0)
    made = Trade(**nothing)  # type: ignore[arg-type]
    return replace(made, market="KRW-BTC", closed_ms=1, profit_krw=profit, profit_ratio=profit / 100, buys=(), sales=())


def test_figures_of_few_trades() -> None:
    none = evaluate(TRADE_FIGURES, trade_facts([]))
    assert {key for key, value in none.items() if not math.isnan(value)} == {"closed_trades", "longest_losing_streak"}
    wins = evaluate(TRADE_FIGURES, trade_facts([_trade(5.0), _trade(7.0)]))
    assert wins["win_rate"] == 1.0
    assert all(math.isnan(wins[key]) for key in ("profit_factor", "payoff_ratio", "average_loss"))
    losses = evaluate(TRADE_FIGURES, trade_facts([_trade(-5.0), _trade(-7.0)]))
    assert (losses["profit_factor"], losses["win_rate"], losses["longest_losing_streak"]) == (0.0, 0.0, 2.0)
    even = evaluate(TRADE_FIGURES, trade_facts([_trade(-5.0), _trade(0.0), _trade(-7.0), _trade(3.0)]))
    assert (even["win_rate"], even["longest_losing_streak"], even["average_loss"]) == (0.25, 1.0, -6.0)


def test_figures_of_degenerate_curves() -> None:
    flat = evaluate(CURVE_FIGURES, curve_facts(_curve(np.full(30, 1e7), 1e7)))
    assert all(math.isnan(flat[key]) for key in ("sharpe", "sortino", "calmar", "winning_days", "maximum_drawdown_length"))
    assert (flat["total_return"], flat["maximum_drawdown"], flat["annualised_volatility"]) == (0.0, 0.0, 0.0)
    steady = evaluate(CURVE_FIGURES, curve_facts(_curve(1e7 * 1.01 ** np.arange(1, 31), 1e7)))
    assert all(math.isnan(steady[key]) for key in ("sharpe", "sortino", "calmar"))
    one = evaluate(CURVE_FIGURES, curve_facts(_curve(np.array([1.1e7]), 1e7)))
    assert all(math.isnan(one[key]) for key in ("sharpe", "sortino", "annualised_volatility"))
    assert one["annualised_return"] == pytest.approx(1.1**365 - 1)
    hour = Curve(0, 1e7, np.array([3_600_000]), np.array([1.1e7]))
    assert math.isnan(evaluate(CURVE_FIGURES, curve_facts(hour))["annualised_return"])
    lucky = evaluate(CURVE_FIGURES, curve_facts(_curve(np.array([1e7 * 100]), 1e7)))
    assert math.isnan(lucky["annualised_return"])
    unknown = evaluate(CURVE_FIGURES, curve_facts(_curve(np.full(5, np.nan), 1e7)))
    assert all(math.isnan(value) for value in unknown.values())


def _degenerate_runs() -> list[BacktestResult]:
    result = toy.simulate(toy.candles(600))
    empty = {name: getattr(result, name)[:0] for name in ("fills", "equity_ms", "equity_krw", "cash_changes")}
    return [toy.quiet(result), replace(result, **empty), toy.simulate(toy.candles(1)), toy.with_equity(result, np.zeros(600))]


@pytest.mark.parametrize("case", range(4))
def test_no_figure_is_ever_infinite(case: int) -> None:
    found = figures(_degenerate_runs()[case])
    assert set(found.values) == set(definitions())
    assert not any(math.isinf(value) for value in (*found.values.values(), *found.buy_and_hold.values()))


def test_every_figure_has_its_names_and_stands_in_both_documents() -> None:
    known = definitions()
    assert set(known) == {*CURVE_FIGURES, *TRADE_FIGURES, *RUN_FIGURES}
    assert len(known) == len(CURVE_FIGURES) + len(TRADE_FIGURES) + len(RUN_FIGURES) >= 30
    report = texts("report")
    for name, pick in (("metrics.md", lambda words: words.en), ("metrics.ko.md", lambda words: words.ko)):
        rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+) \|$", (DOCS / name).read_text(encoding="utf-8"), re.MULTILINE)
        assert [row[0] for row in rows] == list(known)
        for key, label, _, about in rows:
            assert label == pick(report[f"figure.{key}"])
            assert about == pick(report[f"about.{key}"])
        units = {known[key].unit: unit for key, _, unit, _ in rows}
        assert len(set(units.values())) == len(Unit)
        assert all(units[known[key].unit] == unit for key, _, unit, _ in rows)


def test_names_differ_from_one_another() -> None:
    report = texts("report")
    for pick in (lambda words: words.ko, lambda words: words.en):
        names = [pick(report[f"figure.{key}"]) for key in definitions()]
        assert len(set(names)) == len(names)
        assert all(names)
