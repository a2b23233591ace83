"""Random strategies under strict risk profiles: the product makes the trades of the reference, and event by event the same ones again.

How many worlds follows the hypothesis profile: quick and ci 75, deep 1,500, always the same ones.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import settings
from numpy.typing import NDArray

from dsl.strategy import Action
from engine.research.backtest import backtest
from tests.generators.late import REST
from tests.generators.worlds import World, random_world
from tests.simulation.agreement import ProductColumns, assert_agree
from tests.simulation.live import live

WORLDS = min(max(3 * settings.default.max_examples // 2, 75), 1_500)

#: for 75 worlds
LEAST = {
    "fills": 500, "sold for a loss": 8, "sold for a drawdown": 6, "sold for a breaker": 4, "loss_limit": 200, "drawdown": 100,
    "breaker": 200, "breaker_missing": 20, "account_positions": 5, "sector": 1, "crowding": 30, "crowding_missing": 60,
    "book_share": 150, "book_missing": 80, "no_cash": 250, "stop_above_entry": 100,
    "smaller by the loss of a trade": 5, "order_condition": 50, "smaller buys": 3, "worlds with a capital": 5,
    "worlds that trade on after a rest": 3,
}  # fmt: skip


def test_risk_profiles_act_as_in_the_reference() -> None:
    """On the product's own values, so that every comparison is of decisions."""
    seen: Counter[str] = Counter()
    for seed in range(70_000, 70_000 + WORLDS):
        world = random_world(seed, whole=seed % 2 == 0, strict=True)
        columns = ProductColumns(world.strategy, world.grid)
        result = assert_agree(world.strategy, world.grid, world.settings, world.traded, columns=columns)
        risk = world.strategy.risk
        assert risk is not None
        names = [world.strategy.exit_name(int(f["exit_index"])).partition(".")[0] for f in result.fills if int(f["exit_index"]) < -1]
        kinds = {"loss": "sold for a loss", "drawdown": "sold for a drawdown"}
        seen.update(kinds.get(name, "sold for a breaker") for name in names)
        seen.update(result.skipped)
        seen.update({"fills": len(result.fills), "worlds with a capital": risk.capital_krw is not None or risk.capital_ratio is not None})
        seen["worlds that trade on after a rest"] += trades_on(world, len(result.fills))
        seen["smaller by the loss of a trade"] += cut_by_one_loss(world, result.fills)
        seen["smaller buys"] += any(rule.action is Action.SIZE for rule in risk.rules) and len(result.fills) > 0
    assert {name: seen[name] for name, least in LEAST.items() if seen[name] < max(least * WORLDS // 75, 1)} == {}


def cut_by_one_loss(world: World, fills: NDArray[Any]) -> bool:
    """Without the limit of what one trade may lose something else is bought."""
    risk = world.strategy.risk
    assert risk is not None
    if risk.risk_per_trade is None and risk.risk_per_trade_krw is None:
        return False
    free = replace(world.strategy, risk=replace(risk, risk_per_trade=None, risk_per_trade_krw=None))
    return backtest(free, world.grid, world.settings, traded=world.traded).fills.tobytes() != fills.tobytes()


def trades_on(world: World, fills: int) -> bool:
    """A rest after losses came to its end: without one, in force for as long as the losses are counted, there are fewer fills."""
    risk = world.strategy.risk
    assert risk is not None
    breakers = tuple(replace(b, hold_ms=0) if b.name == REST else b for b in risk.breakers)
    if breakers == risk.breakers:
        return False
    for_ever = replace(world.strategy, risk=replace(risk, breakers=breakers))
    return len(backtest(for_ever, world.grid, world.settings, traded=world.traded).fills) < fills


def test_risk_profiles_act_the_same_event_by_event_and_after_restarts() -> None:
    """MARKs where the clock does not close; books saved, thrown away and restored now and then."""
    sold = restarts = 0
    for seed in range(70_000, 70_000 + WORLDS // 5):
        world = random_world(seed, whole=seed % 2 == 0, strict=True)
        world = replace(world, settings=replace(world.settings, to_ms=None))
        life = live(world, random.Random(seed), cut=0.01)
        result = backtest(world.strategy, world.grid, world.settings, traded=world.traded)
        sold += int((result.fills["exit_index"] < -1).sum())
        restarts += life.restarts
    assert sold > 0
    assert restarts > WORLDS // 3
