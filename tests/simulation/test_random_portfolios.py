"""Random portfolios: every strategy's fills and skips, and the account at every close, are those of the reference (docs/decide.md §9).

How many portfolios follows the hypothesis profile: quick and ci 14, deep 600, always the same ones; with costs four for each seven.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import numpy as np
from hypothesis import settings

from dsl.strategy import Execution, Leave
from engine.research.audit import audit
from engine.research.portfolio import backtest_portfolio
from engine.research.result import BacktestResult, Rounding
from tests.generators.inside import random_inside
from tests.generators.portfolios import PortfolioWorld, random_portfolio
from tests.generators.worlds import World
from tests.oracles import reference_portfolio
from tests.simulation.agreement import ProductColumns, first_difference, rows_of_product, rows_of_reference
from tests.simulation.test_random_costs import random_costs, with_an_exchange_that_refuses
from tests.simulation.test_random_execution import random_enter

PORTFOLIOS = min(max(settings.default.max_examples // 4, 14), 600)
COSTLY = PORTFOLIOS * 4 // 7
#: for 14 portfolios
LEAST = {
    "fills": 200, "strategies that trade": 12, "portfolios of three": 2, "bought together": 1, "sold by the profile": 2,
    "positions_per_market": 25, "account_positions": 6, "market_busy": 15, "no_cash": 3, "both in one market": 30, "with a condition": 4,
    "with a capital": 3, "clocks that differ": 2, "fills at a second": 10,
}  # fmt: skip
#: for 100 portfolios
LEAST_OF_MANY = {"sector": 300, "bought together": 20, "portfolios of three": 30, "open_positions": 40, "loss_limit": 500, "drawdown": 300}


def assert_agree(world: PortfolioWorld) -> BacktestResult:
    """On the product's own values, so that every comparison is of decisions."""
    result = backtest_portfolio(world.portfolio, world.grid, world.settings, traded=[world.traded] * len(world.portfolio.parts))
    reference = reference_portfolio.run(world.portfolio, world.grid, world.settings, world.traded, ProductColumns)
    exact = world.settings.rounding is Rounding.UPBIT
    for part, own in zip(result.parts, reference.parts, strict=True):
        told = first_difference(rows_of_product(part), rows_of_reference(own.fills), exact)
        assert not told, (world.seed, part.strategy.name, told)
        skipped = {reason: times for reason, times in own.state.skipped.items() if times}
        assert {reason: times for reason, times in part.skipped.items() if times} == skipped, (world.seed, part.strategy.name)
        fees = [(float(f["fee_krw"]), t.fee) for f, t in zip(part.fills, own.fills, strict=True)]
        np.testing.assert_allclose(*zip((0.0, 0.0), *fees, strict=True), rtol=1e-12)
    times = [row[0] for row in reference.equity]
    assert result.equity_ms.tolist() == times, world.seed
    for number, column in enumerate((result.equity_krw, result.cash_krw, result.exposure_krw), 1):
        np.testing.assert_allclose(column, [row[number] for row in reference.equity], rtol=1e-12, atol=1e-6)
    states = [part.state for part in reference.parts]
    assert result.ambiguous_steps == sum(state.ambiguous_steps for state in states)
    assert result.sale_below_minimum == sum(state.sale_below_minimum for state in states)
    assert result.unsettled_entries == reference.unsettled
    checked = audit(result, world.grid)
    assert checked.violation is None, (world.seed, checked.violation)
    return result


def test_portfolios_trade_as_in_the_reference() -> None:
    seen: Counter[str] = Counter()
    for seed in range(80_000, 80_000 + PORTFOLIOS):
        world = random_portfolio(seed)
        if seed % 2:
            inside = random_inside(random.Random(f"inside {seed}"), world.grid)
            world = replace(world, grid=replace(world.grid, inside=inside))
        result = assert_agree(world)
        parts = world.portfolio.parts
        seen.update(result.skipped)
        seen["fills"] += len(result.fills)
        seen["fills at a second"] += int((result.fills["time_ms"] % world.grid.timeframe.length_ms != 0).sum())
        seen["strategies that trade"] += sum(len(part.fills) > 0 for part in result.parts)
        seen["portfolios of three"] += len(parts) == 3
        seen["with a condition"] += any(part.when is not None for part in parts)
        seen["with a capital"] += world.portfolio.capital_krw is not None or world.portfolio.capital_ratio is not None
        seen["clocks that differ"] += len({part.strategy.clock for part in parts}) > 1
        seen["sold by the profile"] += int((result.fills["exit_index"] < -1).sum())
        seen["both in one market"] += held_together(result)
        seen["bought together"] += bought_together(result)
    if PORTFOLIOS >= 100:
        assert {name: seen[name] for name, least in LEAST_OF_MANY.items() if seen[name] < least * PORTFOLIOS // 100} == {}
    assert {name: seen[name] for name, least in LEAST.items() if seen[name] < max(least * PORTFOLIOS // 14, 1)} == {}


def with_costs(world: PortfolioWorld) -> PortfolioWorld:
    """The portfolio at an exchange with every cost, in which its strategies place orders of all kinds; with seconds in most."""
    chance, parts = random.Random(f"portfolio costs {world.seed}"), []
    for part in world.portfolio.parts:
        enter = random_enter(chance, world.grid.timeframe.length_ms) if chance.random() < 0.5 else part.strategy.execution.enter
        leave = Leave(chance.choice(["market", "limit"]), chance.choice([None, 0.001, 0.01]))
        parts.append(replace(part, strategy=replace(part.strategy, execution=Execution(enter, leave))))
    like = World(world.seed, "", parts[0].strategy, world.grid, world.settings, world.traded)
    like = replace(like, settings=replace(like.settings, costs=random_costs(chance, like, by_volume=True)))
    settings = replace(world.settings, costs=with_an_exchange_that_refuses(chance, like, by_volume=True))
    inside = random_inside(random.Random(f"inside {world.seed}"), world.grid) if world.seed % 3 else None
    portfolio = replace(world.portfolio, parts=tuple(parts))
    return replace(world, portfolio=portfolio, settings=settings, grid=replace(world.grid, inside=inside))


def test_portfolios_with_costs_trade_as_in_the_reference() -> None:
    seen: Counter[str] = Counter()
    for seed in range(COSTLY):
        world = with_costs(random_portfolio(seed))
        result = assert_agree(world)
        seen["fills"] += len(result.fills)
        seen["at a second"] += int((result.fills["time_ms"] % world.grid.timeframe.length_ms != 0).sum())
        seen["in parts"] += len(result.fills) - len(np.unique(result.fills["order_id"]))
    assert min(seen["fills"] // 4, seen["at a second"], seen["in parts"]) >= 10 * COSTLY, seen


def test_strategies_share_the_volume_of_a_second() -> None:
    """Each passes all seconds of a base bar before the next one does. 23, 124: what the first had taken of one was there again for the
    other. The audit holds each fill against its second, not against its minute."""
    assert len(assert_agree(with_costs(random_portfolio(23))).fills) >= 10
    world = with_costs(random_portfolio(124))
    result = assert_agree(world)
    seconds = np.flatnonzero(result.fills["time_ms"] % world.grid.timeframe.length_ms != 0)
    share = world.settings.costs.participation
    assert len(seconds) >= 10
    assert share is not None
    less = replace(world.settings, costs=replace(world.settings.costs, participation=share / 2))
    moved = result.fills.copy()
    moved["time_ms"][seconds[0]] += 1
    for cooked, text in ((replace(result, settings=less), "too_much"), (replace(result, fills=moved), "no_trade")):
        found = audit(cooked, world.grid).violation
        assert found is not None
        assert found.text == text


def held_together(result: BacktestResult) -> int:
    """Fills of one strategy in a market while another one holds it."""
    held: dict[tuple[str, str], float] = {}
    found = 0
    for fill in result.fills:
        market, owner = result.markets[fill["market"]], result.owners[fill["market"]]
        found += any(code == market and name != owner and left > 0 for (code, name), left in held.items())
        held[market, owner] = held.get((market, owner), 0.0) + int(fill["side"]) * float(fill["quantity_e8"])
    return found


def bought_together(result: BacktestResult) -> int:
    """Times at which a later strategy's buy was decided together with an earlier one's."""
    names = [part.strategy.name for part in result.parts]
    by_time: dict[int, set[int]] = {}
    for fill in result.fills[result.fills["side"] > 0]:
        by_time.setdefault(int(fill["decided_ms"]), set()).add(names.index(result.owners[fill["market"]]))
    return sum(len(owners) > 1 for owners in by_time.values())
