"""A portfolio's backtest: of one strategy it is that strategy's; of several it is one account, told as a whole and strategy by strategy."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from rich.console import Console

from dsl.diagnostics import Language
from dsl.strategy import Portfolio, PortfolioPart
from engine.model.candle import BarGrid
from engine.research.audit import audit
from engine.research.backtest import backtest
from engine.research.figures import figures
from engine.research.portfolio import backtest_portfolio
from engine.research.report import Checkup, Figures, examine, render_html, render_terminal, to_json, trades_csv
from engine.research.report.page import payload
from engine.research.result import BacktestResult
from tests.generators.worlds import random_world

SEEDS = range(300, 306)


def test_a_portfolio_of_one_is_the_strategys_backtest() -> None:
    """Fills, skips, equity and all figures, to the last bit; only the strategy's markets may be bought, so markets are numbered alike."""
    fills = 0
    for seed in SEEDS:
        world = random_world(seed, whole=False, longest=900)
        traded = world.grid.markets
        alone = backtest(world.strategy, world.grid, world.settings, traded=traded)
        portfolio = Portfolio("one", "", (PortfolioPart(world.strategy, 1.0),), world.strategy.risk)
        found = backtest_portfolio(portfolio, world.grid, world.settings, traded=[traded])
        (part,) = found.parts
        assert part.fills.tobytes() == alone.fills.tobytes(), seed
        assert part.skipped == found.skipped == alone.skipped
        assert part.rule_counts == alone.rule_counts
        assert part.unsettled_entries <= found.unsettled_entries == alone.unsettled_entries
        assert found.equity_krw.tobytes() == alone.equity_krw.tobytes()
        assert (found.ambiguous_steps, found.ambiguous_krw) == (alone.ambiguous_steps, alone.ambiguous_krw)
        whole, own = figures(found), figures(alone)
        assert repr(whole.values) == repr(own.values)
        assert repr(whole.buy_and_hold) == repr(own.buy_and_hold)
        assert repr(whole.markets) == repr(own.markets)
        name = f"{world.strategy.name}."
        assert repr([replace(one, name=one.name.removeprefix(name)) for one in whole.exits]) == repr(list(own.exits))
        assert np.allclose(part.equity_krw, alone.equity_krw, rtol=0, atol=1e-3)
        fills += len(alone.fills)
    assert fills > 60


@cache
def two(seed: int, *, same: bool = True) -> tuple[BacktestResult, BarGrid]:
    """The same rules twice (or another world's over the same bars), sharing half of an account."""
    world = random_world(seed, whole=False, longest=900)
    parts = tuple(PortfolioPart(replace(world.strategy, name=f"part {k}"), weight) for k, weight in enumerate((0.6, 0.4)))
    risk = None if world.strategy.risk is None else replace(world.strategy.risk, positions_per_market=1 if same else 2)
    if not same:
        parts = tuple(replace(part, strategy=replace(part.strategy, risk=risk)) for part in parts)
    portfolio = Portfolio("two", "둘", parts, risk, capital_ratio=0.5)
    return backtest_portfolio(portfolio, world.grid, replace(world.settings, to_ms=None, cash_krw=1e9)), world.grid


def test_two_strategies_share_one_account() -> None:
    """The second finds its markets taken, and the cash of the account is what the fills of both made of it."""
    refused = fills = 0
    for seed in SEEDS:
        found, grid = two(seed)
        assert len(found.parts) == 2
        assert np.isfinite(found.equity_krw).all()
        books = audit(found, grid)
        assert books.violation is None
        assert (books.fills, books.closes) == (sum(len(part.fills) for part in found.parts), len(found.equity_ms))
        fills += books.fills
        if books.closes:
            off = found.equity_krw + np.eye(1, books.closes, books.closes // 2)[0]
            wrong = audit(replace(found, equity_krw=off), grid).violation
            assert wrong is not None
            assert wrong.text == "equity"
        refused += sum(part.skipped["positions_per_market"] + part.skipped["account_positions"] for part in found.parts)
    assert refused > 0
    assert fills > 60


def test_the_parts_make_the_account() -> None:
    """At every row: what the account gained is what its strategies gained, each from its share of the capital. So are fees and trades."""
    rows = trades = open_trades = together = 0
    for seed in SEEDS:
        found, _ = two(seed, same=False)
        gained = found.equity_krw - 1e9
        assert [part.settings.cash_krw for part in found.parts] == [0.6 * 0.5 * 1e9, 0.4 * 0.5 * 1e9]
        of_parts = sum(part.equity_krw - part.settings.cash_krw for part in found.parts)
        assert np.allclose(of_parts, gained, rtol=0, atol=0.01)
        exposure = sum(part.exposure_krw for part in found.parts)
        assert np.allclose(exposure, found.exposure_krw, rtol=1e-12, atol=0.01)
        whole = figures(found)
        for key in ("fees_paid", "closed_trades", "open_trades", "slippage_paid", "traded_value"):
            assert whole.values[key] == pytest.approx(sum(part.values[key] for part in whole.parts), rel=1e-9, abs=1e-6), key
        assert [trade.strategy for trade in whole.trades].count("part 1") == len(whole.parts[1].trades)
        for market in whole.markets:
            profits = [one.profit_krw for part in whole.parts for one in part.markets if one.market == market.market]
            assert market.profit_krw == pytest.approx(sum(profits), abs=0.01)
        assert len({one.market for one in whole.markets}) == len(whole.markets)
        assert sum(one.profit_krw for one in whole.exits) == pytest.approx(
            sum(one.profit_krw for part in whole.parts for one in part.exits), abs=0.01
        )
        rows += len(gained)
        trades += int(whole.values["closed_trades"])
        open_trades += int(whole.values["open_trades"])
        both = [set(part.fills["market"][part.fills["side"] > 0].tolist()) for part in found.parts]
        together += bool(both[0] & both[1])
    assert rows > 300
    assert trades > 30
    assert open_trades > 0
    assert together > 1


def told(seed: int) -> tuple[BacktestResult, Figures, Checkup]:
    found, _ = two(seed, same=False)
    whole = figures(found)
    return found, whole, examine(found, whole, 50)


@pytest.mark.parametrize("language", list(Language))
def test_the_report_tells_the_account_and_every_strategy(language: Language) -> None:
    found, whole, checkup = told(next(seed for seed in SEEDS if min(len(part.fills) for part in two(seed, same=False)[0].parts) > 4))
    console = Console(width=140, record=True, file=io.StringIO())
    console.print(render_terminal(found, whole, checkup, language))
    shown = console.export_text()
    for part, own in zip(found.parts, whole.parts, strict=True):
        rows = [line.split() for line in shown.splitlines() if line.strip().startswith(part.strategy.name)]
        assert any(f"{own.values['closed_trades']:,.0f}" in row for row in rows)
        assert f"{part.strategy.name} ({part.share:.2%})" in shown
    first = next(rule.name for rule in found.parts[0].strategy.exits)
    assert first in shown
    assert len(checkup.parts) == 2
    assert all(one.lots is None or one.lots.draws == 50 for one in checkup.parts)
    document = json.loads(to_json(found, whole, checkup))
    assert [one["name"] for one in document["strategies"]] == ["part 0", "part 1"]
    assert document["strategies"][1]["figures"]["closed_trades"] == whole.parts[1].values["closed_trades"]
    assert document["strategies"][0]["skipped"] == found.parts[0].skipped
    assert len(document["strategies"][0]["rules"]) == len(found.parts[0].rule_counts)
    assert {one["strategy"] for one in document["trades"]} == {"part 0", "part 1"}
    assert document["assumptions"]["ambiguous_steps"] == found.ambiguous_steps
    says = document["strategies"][0]["assumptions"]["says"][language.value]
    assert "60.00%" in says[0]
    page = render_html(found, whole, checkup, language, ["a.html", "b.html"])
    assert "a.html" in page
    rows = payload(found, whole, checkup, language, ["a.html", "b.html"])["strategies"]
    assert [(one["name"], one["page"], one["share"]) for one in rows] == [("part 0", "a.html", 0.6), ("part 1", "b.html", 0.4)]
    table = list(csv.DictReader(io.StringIO(trades_csv(found))))
    assert [one["strategy"] for one in table] == [trade.strategy for trade in whole.trades]
    for part, own, found_in in zip(found.parts, whole.parts, checkup.parts, strict=True):
        assert part.strategy.name in render_html(part, own, found_in, language)
