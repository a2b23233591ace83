"""Several strategies on one account: a portfolio of one is the strategy alone, apart they are a sum, and together they keep the limits."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.strategy import Portfolio, PortfolioPart, RiskProfile, Strategy
from engine.kernel.book import FILL
from engine.kernel.portfolio import PortfolioRun, PortfolioRunResult, make_books, make_plans
from engine.kernel.run import RunResult
from engine.model.costs import Costs
from tests.engine.kernel_decide.random_runs import MARKETS, World, cut_bars, cut_columns, make_world, run_world, with_costs
from tests.engine.kernel_decide.worlds import MINUTE, START

BARS = 300


def portfolio_of(*worlds: World, weights: tuple[float, ...], risk: RiskProfile | None = None, when: int | None = None) -> Portfolio:
    """The strategies of some worlds under one profile (of the first world, if not given)."""
    strategies = [replace(world.strategy, risk=risk or worlds[0].strategy.risk) for world in worlds]
    parts = tuple(PortfolioPart(s, weight, when) for s, weight in zip(strategies, weights, strict=True))
    return Portfolio("test", "", parts, risk)


def run_portfolio(
    portfolio: Portfolio, worlds: tuple[World, ...], tradable: list[list[bool]], blocks: list[int]
) -> tuple[PortfolioRunResult, PortfolioRun]:
    """All strategies over the bars of the first world, each with the columns of its own."""
    terms = worlds[0].terms
    plans = make_plans(portfolio, [world.program for world in worlds], terms, tradable, [worlds[0].settle_ms] * len(worlds))
    run = PortfolioRun(plans, make_books(plans, terms.cash_krw))
    at = 0
    for number in range(BARS):
        if at >= BARS:
            break
        until = min(at + blocks[min(number, len(blocks) - 1)], BARS)
        run.feed(cut_bars(worlds[0].bars, at, until), [cut_columns(world, at, until) for world in worlds])
        at = until
    return run.result(), run


def fills_of(result: RunResult | PortfolioRunResult, part: int = 0) -> list[tuple[object, ...]]:
    """Fills without the numbers of their orders."""
    fills = result.fills[part] if isinstance(result, PortfolioRunResult) else result.fills
    names = [name for name in FILL.names or () if name != "order_id"]
    return [tuple(row[name].item() for name in names) for row in fills]


def bits(rows: list[tuple[object, ...]]) -> list[str]:
    return [repr(row) for row in rows]


@given(st.integers(0, 10**6), st.lists(st.integers(1, 60), min_size=1, max_size=4))
def test_a_portfolio_of_one_is_the_strategy_alone(seed: int, blocks: list[int]) -> None:
    world = make_world(seed, bars=BARS)
    alone = run_world(world, [BARS])[1]
    found, _ = run_portfolio(portfolio_of(world, weights=(1.0,)), (world,), [world.tradable], blocks)
    assert bits(fills_of(found)) == bits(fills_of(alone))
    assert found.skipped[0] == alone.skipped
    assert found.rule_counts[0] == alone.rule_counts
    assert found.equity_ms.tolist() == alone.equity_ms.tolist()
    assert (found.cash_krw + found.exposure_krw).tobytes() == alone.equity_krw.tobytes()


def test_a_portfolio_of_one_pays_the_costs_of_the_strategy_alone() -> None:
    fills = 0
    for seed in range(30):
        world = with_costs(make_world(seed, bars=BARS), seed)
        alone = run_world(world, [BARS])[1]
        found, _ = run_portfolio(portfolio_of(world, weights=(1.0,)), (world,), [world.tradable], [37])
        assert bits(fills_of(found)) == bits(fills_of(alone))
        assert found.skipped[0] == alone.skipped
        fills += len(alone.fills)
    assert fills > 300


def test_strategies_share_the_volume_of_a_bar() -> None:
    """What trades for the account in a bar and market is at most the participation, whoever wanted it."""
    together = 0
    for seed in range(25):
        worlds = tuple(with_costs(make_world(seed + k, bars=BARS), seed) for k in (0, 500))
        terms = replace(worlds[0].terms, costs=Costs(participation=0.2))
        worlds = tuple(replace(world, bars=worlds[0].bars, terms=terms) for world in worlds)
        portfolio = portfolio_of(*worlds, weights=(0.5, 0.5), risk=RiskProfile("shared", positions_per_market=2))
        found, _ = run_portfolio(portfolio, (worlds[0], worlds[1]), [[True] * 3] * 2, [37])
        traded: Counter[tuple[int, int]] = Counter()
        wanted: dict[tuple[int, int], set[int]] = {}
        for part, fills in enumerate(found.fills):
            for row in fills:
                key = int(row["market"]), (int(row["time_ms"]) - START) // MINUTE
                traded[key] += row["quantity_e8"]
                wanted.setdefault(key, set()).add(part)
        for key, counts in traded.items():
            assert counts <= np.floor(0.2 * (worlds[0].bars.volume[key] * 1e8))
        together += sum(len(parts) > 1 for parts in wanted.values())
    assert together > 10


def test_strategies_that_do_not_meet_trade_as_if_they_were_alone() -> None:
    """Each in a market of its own, every order cut to 100,000 KRW and money enough: nothing of the account reaches either."""
    fills = 0
    for seed in range(20):
        first = make_world(seed, bars=BARS)
        other = make_world(seed + 1_000, bars=BARS)
        small = RiskProfile("small", max_order_krw=100_000)
        rich = replace(first.terms, cash_krw=1e12)
        worlds = [replace(w, strategy=self_sized(w.strategy, small), bars=first.bars, terms=rich) for w in (first, other)]
        markets = [[True, False, False], [False, False, True]]
        both, _ = run_portfolio(portfolio_of(*worlds, weights=(0.5, 0.5), risk=small), tuple(worlds), markets, [64])
        for part, world in enumerate(worlds):
            settled = replace(world, tradable=markets[part], settle_ms=first.settle_ms)
            alone = run_world(settled, [BARS])[1]
            assert bits(fills_of(both, part)) == bits(fills_of(alone))
            fills += len(alone.fills)
    assert fills > 300


def self_sized(strategy: Strategy, risk: RiskProfile) -> Strategy:
    """Sizes that the largest order alone decides."""
    sizing = replace(strategy.sizing, min_order_krw=5_000, scale=None)
    return replace(strategy, sizing=sizing, risk=risk)


def test_together_they_keep_the_limits_and_the_books_balance() -> None:
    seen = {"market_busy": 0, "positions_per_market": 0, "both held": 0}
    for seed in range(25):
        first, second = make_world(seed, bars=BARS), make_world(seed + 500, bars=BARS)
        risk = RiskProfile("shared", positions_per_market=1 + seed % 2, cash_reserve_krw=10_000)
        portfolio = portfolio_of(first, second, weights=(0.6, 0.4), risk=risk)
        found, run = run_portfolio(portfolio, (first, second), [[True] * 3] * 2, [37])
        assert_balanced(found, run, first.terms.cash_krw)
        held = np.zeros((2, len(MARKETS)))
        rows = sorted((row["time_ms"].item(), row["order_id"].item(), part) for part in range(2) for row in found.fills[part])
        by_order = {(part, row["order_id"].item()): row for part in range(2) for row in found.fills[part]}
        for _, order, part in rows:
            row = by_order[part, order]
            held[part, row["market"]] += row["side"] * row["quantity_e8"]
            if row["side"] > 0:
                open_here = int((held[:, row["market"]] > 0).sum())
                assert open_here <= risk.positions_per_market
                seen["both held"] += open_here == 2
        for name in ("market_busy", "positions_per_market"):
            seen[name] += sum(skipped[name] for skipped in found.skipped)
    assert min(seen.values()) > 0, seen


def assert_balanced(found: PortfolioRunResult, run: PortfolioRun, start_krw: float) -> None:
    """Cash is what the fills made of it, and the shares are what the strategies hold."""
    cash = start_krw
    for part, fills in enumerate(found.fills):
        paid = fills["side"] * fills["quantity_e8"] * fills["price_krw"] / 1e8
        cash -= float((paid + fills["fee_krw"]).sum())
        for market in range(len(MARKETS)):
            mine = fills[fills["market"] == market]
            assert (mine["side"] * mine["quantity_e8"]).sum() == run.books[part].position[market]["quantity_e8"]
    assert float(run.books[0].account[0]["cash_krw"]) == pytest.approx(cash, rel=1e-9, abs=1.0)
    assert run.books[0].account is run.books[1].account


def test_a_share_is_never_exceeded() -> None:
    for seed in range(20):
        first, second = make_world(seed, bars=BARS), make_world(seed + 500, bars=BARS)
        whole = [
            replace(w, strategy=replace(w.strategy, sizing=replace(w.strategy.sizing, risk=None, weight=None))) for w in (first, second)
        ]
        portfolio = portfolio_of(*whole, weights=(0.3, 0.7), risk=RiskProfile("shared"))
        found, _ = run_portfolio(portfolio, (whole[0], whole[1]), [[True] * 3] * 2, [300])
        start = first.terms.cash_krw
        for part, weight in enumerate((0.3, 0.7)):
            buys = found.fills[part][found.fills[part]["side"] > 0]
            if len(buys):
                first_buy = buys[0]
                assert first_buy["quantity_e8"] * first_buy["price_krw"] / 1e8 <= weight * start * 1.02
