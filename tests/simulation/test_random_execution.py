"""Random strategies with limit orders of every kind: the product's backtest makes the trades of the reference, and paper makes them too.

How many worlds follows the hypothesis profile: quick and ci 50, deep 2,000, always the same ones.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings

from dsl.strategy import Enter, Execution, ExitKind, Leave
from engine.kernel.desk import FillModel
from engine.model.events import Fill, Intent, Side, Step
from engine.research.backtest import backtest
from engine.research.result import BacktestResult, Rounding
from tests.generators.worlds import World, random_world
from tests.simulation.agreement import assert_agree
from tests.simulation.live import live, paper_and_replay

WORLDS = min(max(settings.default.max_examples, 50), 2_000)


def random_enter(chance: random.Random, base_ms: int) -> Enter:
    """Any of the orders that wait or would; times from below a base bar to several of them."""
    order = chance.choice(["limit", "limit", "limit", "post_only", "best", "at_once"])
    force = chance.choice(["ioc", "fok"]) if order in ("best", "at_once") else None
    if order == "best":
        return Enter("best", time_in_force=force)
    some = [base_ms // 12, base_ms, 2 * base_ms, 7 * base_ms]
    kept = chance.random() < 0.15
    return Enter(
        order="limit" if order == "at_once" else order,
        side=chance.choice(["bid", "bid", "ask"]),
        ticks=chance.choice([-9, -2, -1, 0, 0, 1, 1, 2, 5]),
        time_in_force=force,
        reprice_ms=chance.choice([None, *some[:3]]),
        after_ms=chance.choice([None, *some, 40 * base_ms]),
        then=chance.choice(["market", "cancel"]),
        then_max_slippage=chance.choice([None, 0.0004, 0.003]),
        then_filled_from=0.5 if kept else None,
        then_filled_below=chance.choice([None, 0.5]),
    )


def world_of(seed: int, longest: int = 900) -> World:
    """A world whose strategy enters in a random way."""
    world, chance = random_world(seed, whole=True, longest=longest), random.Random(seed)
    execution = Execution(
        random_enter(chance, world.grid.timeframe.length_ms), Leave(chance.choice(["market", "limit"]), chance.choice([None, 0.001]))
    )
    return replace(world, strategy=replace(world.strategy, execution=execution))


def count(seen: Counter[str], world: World, result: BacktestResult) -> None:
    """What the comparison was about."""
    enter, exits = world.strategy.execution.enter, world.strategy.exits
    seen.update({"worlds": 1, "trading": len(result.fills) > 0, f"trading {enter.order}": len(result.fills) > 0})
    bought = {(int(f["market"]), int(f["time_ms"])): f for f in result.fills if f["side"] == 1}
    seen["bought at the limit"] += sum(f["price_krw"] == f["base_krw"] for f in bought.values()) if enter.order != "best" else 0
    seen["bought at once"] += sum(f["price_krw"] != f["base_krw"] for f in bought.values())
    sold = [f for f in result.fills if f["side"] == -1 and f["exit_index"] >= 0]
    same = [f for f in sold if (int(f["market"]), int(f["time_ms"])) in bought and exits[f["exit_index"]].kind is ExitKind.STOP]
    seen["stopped in the bar of the entry"] += len(same)
    waited = world.strategy.execution.leave.order == "limit"
    seen["sold at a target's limit"] += sum(exits[f["exit_index"]].kind is ExitKind.TARGET for f in sold) if waited else 0
    ids = {int(f["order_id"]) for f in result.fills}
    seen["orders without a fill"] += max(ids, default=0) - len(ids)
    waits = [int(f["time_ms"] - f["decided_ms"]) for f in bought.values()]
    seen["bought after waiting for bars"] += sum(wait > 0 for wait in waits) if enter.order != "best" else 0
    seen["prices made anew"] += sum(wait >= enter.reprice_ms for wait in waits) if enter.reprice_ms else 0


#: for 100 worlds
LEAST = {
    "trading": 35, "trading limit": 16, "trading post_only": 2, "trading best": 6, "bought at the limit": 150, "bought at once": 100,
    "stopped in the bar of the entry": 4, "orders without a fill": 200,
    "sold at a target's limit": 15, "bought after waiting for bars": 60, "prices made anew": 15,
}  # fmt: skip


def test_random_orders_trade_as_in_the_reference() -> None:
    seen: Counter[str] = Counter()
    for seed in range(60_000, 60_000 + WORLDS):
        world = world_of(seed)
        count(seen, world, assert_agree(world.strategy, world.grid, world.settings, world.traded))
    assert {name: seen[name] for name, least in LEAST.items() if seen[name] < least * WORLDS // 100} == {}, seen


def test_the_size_of_the_blocks_changes_nothing() -> None:
    fills = 0
    for seed in range(70_000, 70_000 + WORLDS // 5):
        world = world_of(seed)
        one, other = (backtest(world.strategy, world.grid, replace(world.settings, block=block), traded=world.traded) for block in (1, 777))
        assert one.fills.tobytes() == other.fills.tobytes()
        assert one.equity_krw.tobytes() == other.equity_krw.tobytes()
        fills += len(one.fills)
    assert fills > 3 * WORLDS // 5


def test_paper_and_single_events_with_restarts_are_the_backtest(tmp_path: Path) -> None:
    seen: Counter[str] = Counter()
    for seed in range(80_000, 80_000 + WORLDS // 4):
        chance, world = random.Random(seed), world_of(seed, longest=500)
        world = replace(world, settings=replace(world.settings, to_ms=None, rounding=Rounding.UPBIT))
        seen["fills"] += len(live(world, chance, 0.05).fills)
        latency_ms = chance.choice([0, 0, 700, 90_000])
        seen["late" if latency_ms else "prompt"] += len(paper_and_replay(world, tmp_path / f"{seed}.jsonl", latency_ms).fills)
    assert min(seen["fills"], seen["late"], seen["prompt"]) > WORLDS // 8, seen


@pytest.mark.parametrize(
    ("slippage", "enter", "bought"),
    [
        (0.001, Enter("limit", after_ms=1_000, then="market", then_max_slippage=0.001), True),
        (0.001, Enter("limit", after_ms=1_000, then="market", then_max_slippage=0.0009), False),
        (0.001, Enter("limit", after_ms=1_000, then="market"), True),
        (0.001, Enter("limit", after_ms=1_000, then="cancel"), False),
        (0.001, Enter("limit", after_ms=1_000, then="cancel", then_filled_from=0.5), None),
        (0.001, Enter("limit", after_ms=1_000, then="market", then_filled_below=0.5), True),
    ],
)
def test_what_comes_after_a_limit_that_nobody_met(slippage: float, enter: Enter, bought: bool | None) -> None:
    model = FillModel.of(("KRW-BTC",), 0.0, slippage, enter=enter, compiled=False)
    buy = Intent(1, "KRW-BTC", Side.BID, 1_000_000.0, 0.0, math.nan, -1, 0, 90_000_000.0)
    steps = [Step("KRW-BTC", time_ms, *[100_000_000.0] * 4, volume=1.0, traded=True) for time_ms in (0, 60_000)]
    assert model.answer(buy, steps[0]) == []
    answers = model.answer(buy, steps[1])
    assert [isinstance(answer, Fill) for answer in answers] == ([] if bought is None else [True, False] if bought else [False])
