"""Random strategies under every cost option: fees by market and date, impact, participation, slices, latency; product and reference agree.

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

from dsl.strategy import Execution, ExitKind, Leave
from engine.model.costs import BookModel, Costs, FeeRule, Halt, VisibleDepth
from engine.research.backtest import backtest
from engine.research.result import BacktestResult, Rounding
from tests.generators.depth import with_random_books
from tests.generators.worlds import World, random_world
from tests.simulation.agreement import assert_agree, touches
from tests.simulation.live import live, paper_and_replay
from tests.simulation.test_random_execution import random_enter

WORLDS = min(max(settings.default.max_examples, 50), 2_000)


def random_fees(chance: random.Random, world: World) -> tuple[FeeRule, ...]:
    """Rules of all kinds, some from inside the run on."""
    grid = world.grid
    first_ms, length = grid.timeframe.open_ms(grid.first_index), grid.state.shape[1]
    found = []
    for _ in range(chance.choice([0, 1, 3])):
        from_ms = first_ms + chance.randrange(-5, length) * grid.timeframe.length_ms + chance.choice([0, 1])
        whole = chance.random() < 0.3
        rate = chance.choice([0.0, 0.0004, 0.001, 0.0139])
        market = chance.choice(["", *world.traded, "KRW-NONE"])
        found.append(FeeRule(rate, market) if whole else FeeRule(rate, market, from_ms))
    return tuple(found)


def random_costs(chance: random.Random, world: World, by_volume: bool) -> Costs:
    """Any of the options; by_volume: those too that read a bar's volume."""
    some = [{"latency_ms": 500}, {"latency_ms": 90_000}]
    latency = chance.choice([{}, {}, *some, *([{"latency_bars": 1}, {"latency_bars": 2, "latency_ms": 1}] if by_volume else [])])
    impact = chance.choice([0.0, 0.001, 0.01, 0.01, 0.1]) if by_volume else 0.0
    participation = chance.choice([None, 0.003, 0.01, 0.1, 0.5]) if by_volume else None
    return Costs(random_fees(chance, world), impact, chance.random() < 0.5, participation, **latency)


def with_an_exchange_that_refuses(chance: random.Random, world: World, by_volume: bool) -> Costs:
    """The world's costs with queues, a visible depth and halts, each now and then."""
    costs, grid = world.settings.costs, world.grid
    first_ms, base_ms, length = grid.timeframe.open_ms(grid.first_index), grid.timeframe.length_ms, grid.state.shape[1]
    if by_volume and chance.random() < 0.6:
        costs = replace(costs, queue=chance.choice([0.001, 0.05, 0.3, 1.0]), book=random_book(random.Random(f"book {world.seed}"), base_ms))
    waits = world.strategy.execution.enter.order in ("limit", "post_only")  # such a buy is not refused, so its sales are cut
    if by_volume and chance.random() < (0.8 if waits else 0.3):
        most = [40_000.0, 100_000.0, 777_777.0] if waits else [777_777.0, 3_000_000.0, 2e9, math.inf]
        amount = VisibleDepth(chance.choice(most))
        turnover = VisibleDepth(share=chance.choice([0.0002, 0.001, 0.05, 1.0]), window_ms=base_ms * chance.choice([1, 5, 60]))
        costs = replace(costs, visible=chance.choice([amount, turnover]))
    halts = []
    for _ in range(chance.choice([0, 0, 1, 5])):
        from_ms = first_ms + chance.randrange(-5, length) * base_ms + chance.choice([0, 0, 1])
        halts.append(Halt(chance.choice(["", *world.traded, "KRW-NONE"]), from_ms, from_ms + chance.choice([1, base_ms, 40 * base_ms])))
    return replace(costs, halts=tuple(halts))


def random_book(chance: random.Random, base_ms: int) -> BookModel | None:
    """A supposed book, half of the time with something in its queues."""
    depth = chance.choice([0.0002, 0.005, 0.1])
    book = BookModel(chance.choice([0.0, 0.0005, 0.003]), depth, base_ms * chance.choice([1, 10]), chance.choice([0.001, 0.005, 0.05]))
    return chance.choice([None, book, book, replace(book, depth=None)])


def world_of(seed: int, by_volume: bool = True, longest: int = 700) -> World:
    """A world with random costs, and half of the time with limit orders."""
    world, chance = random_world(seed, whole=True, longest=longest), random.Random(f"costs {seed}")
    strategy = world.strategy
    if chance.random() < 0.5:
        enter = random_enter(chance, world.grid.timeframe.length_ms)
        if chance.random() < 0.5:
            enter = replace(enter, then_filled_from=chance.choice([None, 0.001, 0.3]), then_filled_below=chance.choice([None, 0.01, 0.9]))
        strategy = replace(strategy, execution=Execution(enter))
    leave = Leave(chance.choice(["market", "market", "limit"]), chance.choice([None, 0.001, 0.003, 0.01]))
    strategy = replace(strategy, execution=replace(strategy.execution, leave=leave))
    cash = chance.choice([10_000_000.0, 10_000_000.0, 100_000_000.0, 3e10])
    terms = replace(world.settings, costs=random_costs(chance, world, by_volume), cash_krw=cash)
    world = replace(world, strategy=strategy, settings=terms)
    terms = replace(terms, costs=with_an_exchange_that_refuses(random.Random(f"refused {seed}"), world, by_volume))
    world = replace(world, settings=terms)
    return with_random_books(random.Random(f"books {seed}"), world) if by_volume and seed % 3 == 0 else world


def count(seen: Counter[str], world: World, result: BacktestResult) -> None:
    """What the comparison was about."""
    costs, kinds = world.settings.costs, [rule.kind for rule in world.strategy.exits]
    parts: Counter[int] = Counter(result.fills["order_id"].tolist())
    seen.update({"worlds": 1, "trading": len(result.fills) > 0})
    for fill in result.fills:
        number, cut = int(fill["order_id"]), parts[int(fill["order_id"])] > 1
        buys = fill["side"] == 1
        seen["parts of a buy"] += bool(buys and cut)
        seen["parts of a limit buy"] += bool(buys and cut and world.strategy.execution.enter.order in ("limit", "post_only"))
        seen["parts of a sale"] += bool(not buys and cut)
        inside = not buys and fill["exit_index"] >= 0 and kinds[fill["exit_index"]] is not ExitKind.RULE
        seen["parts of a sale inside a bar"] += bool(inside and cut)
        seen["late"] += int(fill["time_ms"] > fill["decided_ms"] and (costs.latency_ms > 0 or costs.latency_bars > 0))
        seen[PRICED[int(fill["priced"])]] += 1
        seen["with impact"] += int(costs.impact > 0.0)
        seen["slices"] += bool(not buys and cut and costs.participation is None)
        seen["another fee"] += abs(fill["fee_krw"] - fill["quantity_e8"] * fill["price_krw"] / 1e8 * world.settings.fee_rate) > 1e-6
        parts[number] += 0
    seen.update(touches(world, result))
    away = result.turned_away
    seen.update({"refused buys": away.refused_buys, "cut sales": away.cut_sales, "halted orders": away.halted_orders})
    seen["entries in a halt"] += result.skipped["halted"]
    seen["skipped by impact"] += result.skipped["target_below_cost"] if costs.impact > 0.0 else 0


#: of FILL.priced
PRICED = ("at a limit", "by the model", "by a book", "beyond a book")
#: for 100 worlds
LEAST = {
    "trading": 45, "parts of a buy": 200, "parts of a limit buy": 20, "parts of a sale": 500, "parts of a sale inside a bar": 100,
    "late": 100, "with impact": 500, "slices": 30, "another fee": 100,
    "refused buys": 50, "cut sales": 5, "halted orders": 3, "entries in a halt": 20,
    **dict.fromkeys(PRICED, 50), "beyond a book": 30,  # many such orders are refused
}  # fmt: skip


def test_random_costs_trade_as_in_the_reference() -> None:
    seen: Counter[str] = Counter()
    for seed in range(140_000, 140_000 + WORLDS):
        world = world_of(seed)
        count(seen, world, assert_agree(world.strategy, world.grid, world.settings, world.traded))
    assert {name: seen[name] for name, least in LEAST.items() if seen[name] < least * WORLDS // 100} == {}, seen


def test_the_size_of_the_blocks_changes_nothing() -> None:
    fills = 0
    for seed in range(140_000, 140_000 + WORLDS // 5):
        world = world_of(seed)
        one, other = (backtest(world.strategy, world.grid, replace(world.settings, block=block), traded=world.traded) for block in (1, 777))
        assert one.fills.tobytes() == other.fills.tobytes()
        assert one.equity_krw.tobytes() == other.equity_krw.tobytes()
        fills += len(one.fills)
    assert fills > WORLDS


def test_paper_and_single_events_with_restarts_are_the_backtest(tmp_path: Path) -> None:
    """Fees and latency are those of paper too."""
    seen: Counter[str] = Counter()
    for seed in range(160_000, 160_000 + WORLDS // 2):
        chance, world = random.Random(seed), world_of(seed, by_volume=False, longest=300)
        costs = world.settings.costs
        world = replace(world, settings=replace(world.settings, to_ms=None, rounding=Rounding.UPBIT))
        seen["fills"] += len(live(world, chance, 0.05).fills)
        seen["late" if costs.latency_ms else "prompt"] += len(paper_and_replay(world, tmp_path / f"{seed}.jsonl", costs.latency_ms).fills)
    assert min(seen["fills"], seen["late"], seen["prompt"]) > WORLDS // 4, seen


def test_paper_refuses_what_reads_the_volume_of_bars(tmp_path: Path) -> None:
    world = world_of(1, by_volume=False)
    for costs in (Costs(impact=0.01), Costs(participation=0.1)):
        with pytest.raises(ValueError, match="are for backtests"):
            paper_and_replay(replace(world, settings=replace(world.settings, costs=costs)), tmp_path / f"{costs.impact}.jsonl", 0)
