"""Random strategies and random markets for decisions: everything drawn from one seed, dense enough that all kinds of trades happen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsl.strategy import (
    Action,
    Breaker,
    Condition,
    Exit,
    ExitKind,
    Limits,
    Period,
    RiskProfile,
    RiskRule,
    Sizing,
    Strategy,
    Until,
)
from engine.kernel.decide.plan import Terms, make_book, make_plan
from engine.kernel.program import ColumnBlock, Program, compile_program
from engine.kernel.run import Run, RunResult
from engine.model.candle import BarGrid, BarState
from engine.model.costs import Costs, FeeRule
from tests.engine.kernel_decide.worlds import BASE, CLOCK, MINUTE, START, Rules, make_strategy, profile, rule, stop, target

MARKETS = ("KRW-BTC", "KRW-DOGE", "KRW-ETH")
BARS_PER_CLOCK = CLOCK.length_ms // MINUTE


@dataclass(frozen=True)
class World:
    """A strategy, its program, bars and columns of one random run."""

    strategy: Strategy
    program: Program
    terms: Terms
    bars: BarGrid
    close_ms: NDArray[np.int64]
    columns: NDArray[np.float64]
    tradable: list[bool]
    settle_ms: list[int]


def make_world(seed: int, bars: int = 400, on_grid: bool = True) -> World:
    """The world of a seed. Prices jump, stand still, and lie in several price bands; minutes without trades and unknown ones occur."""
    random = np.random.default_rng(seed)
    rules = Rules()
    return _world(random, rules, _strategy(rules, random), bars, on_grid)


def make_calm_world(seed: int, bars: int = 1500, guarded: bool = False) -> World:
    """Of any seed, but entries and exits are rare, prices move little, and few exits are there: long stretches where nothing happens.

    guarded: a risk profile watches the account.
    """
    random = np.random.default_rng([1, seed])
    rules = Rules()
    strategy = _strategy(rules, random)
    if guarded:
        strategy = replace(
            strategy,
            exits=_calm_exits(rules, random),
            conditions=strategy.conditions[:1],
            risk=_watch(rules, random),
            sizing=Sizing(weight=0.3),
        )
    elif random.random() < 0.7:
        exits = _calm_exits(rules, random)
        conditions = tuple(Condition(f"exits.{one.name}", one.node) for one in exits if one.kind is ExitKind.RULE)
        risk = strategy.risk if random.random() < 0.3 else None
        strategy = replace(strategy, exits=exits, conditions=(*strategy.conditions[:1], *conditions), risk=risk, sizing=Sizing(weight=0.3))
    return _calmed(random, rules, strategy, bars)


def make_trailing_world(seed: int, bars: int = 300) -> World:
    """Calm, and the one exit is a stop that follows prices at a distance that every CLOSE tells anew."""
    random = np.random.default_rng([3, seed])
    rules = Rules()
    trail = stop("trail", rules.apply("sub", rules.position("high"), rules.column("width")))
    strategy = replace(_strategy(rules, random), exits=(trail,), risk=None, sizing=Sizing(weight=0.3), limits=Limits())
    return _calmed(random, rules, replace(strategy, conditions=strategy.conditions[:1]), bars)


def make_fixed_world(seed: int, bars: int = 300) -> World:
    """Calm, and nobody asks for the highest and lowest price of a position: a stop that stands and rules, or these alone."""
    random = np.random.default_rng([4, seed])
    rules = Rules()
    stands = stop("stop", rules.apply("sub", rules.position("entry"), rules.column("width")), frozen=True)
    leaves = (
        rule("leave", rules.column("leave"), share=0.5, of_rest=True),
        rule("old", rules.apply("gt", rules.position("bars"), rules.number(20.0))),
    )
    exits = (*leaves, stands) if random.random() < 0.5 else leaves[: int(random.integers(1, 3))]
    strategy = replace(_strategy(rules, random), exits=exits, risk=None, sizing=Sizing(weight=0.3), limits=Limits())
    return _calmed(random, rules, replace(strategy, conditions=strategy.conditions[:1]), bars)


def _calmed(random: np.random.Generator, rules: Rules, strategy: Strategy, bars: int) -> World:
    world = _world(random, rules, strategy, bars, True)
    sparse = world.columns.copy()
    for column, node in enumerate(world.program.columns):
        if node in (rules.columns.get("enter"), rules.columns.get("leave"), rules.columns.get("late")):
            sparse[:, :, column] = random.choice([1.0, 0.0, np.nan], sparse.shape[:2], p=[0.03, 0.95, 0.02])
    around = {name: getattr(world.bars, name).copy() for name in ("open", "high", "low", "close")}
    if random.random() < 0.7:
        for series in around.values():
            middle = np.nanmean(series, axis=1, keepdims=True)
            series[...] = middle + 0.1 * (series - middle)
    return replace(world, columns=sparse, bars=replace(world.bars, **around))


def with_costs(world: World, seed: int) -> World:
    """The same world where slippage and fills depend on volumes: a few million KRW a bar, sometimes nothing."""
    random = np.random.default_rng([2, seed])
    close = np.where(np.isnan(world.bars.close), 1.0, world.bars.close)
    volume = np.round(random.exponential(3e6, close.shape) / close, 8) * random.choice([0.0, 1.0, 1.0, 30.0], close.shape)
    volume = np.where(np.isnan(world.bars.close), np.nan, volume)
    costs = Costs(
        (FeeRule(0.001, MARKETS[0], START + 99 * MINUTE), FeeRule(0.0)) if random.random() < 0.5 else (),
        float(random.choice([0.0, 0.003, 0.05])), bool(random.random() < 0.5), random.choice([None, 0.05, 0.4]),
        int(random.choice([0, 0, 500, 3 * MINUTE])),
    )  # fmt: skip
    return replace(world, bars=replace(world.bars, volume=volume), terms=replace(world.terms, costs=costs))


def _calm_exits(rules: Rules, random: np.random.Generator) -> tuple[Exit, ...]:
    """A few of: levels that stand, that follow extremes, prices or columns, and rules on columns, time and both."""
    entry, age, bars = rules.position("entry"), rules.position("age"), rules.position("bars")
    late, width = rules.column("late"), rules.column("width")
    kept = [
        stop("stop", rules.apply("sub", entry, width), frozen=True),
        stop("near", rules.entry_times(0.99)),
        target("half", rules.entry_times(1.01), share=0.5),
        stop("trail", rules.apply("mul", rules.position("high"), rules.number(0.98))),
        stop("wide", rules.apply("sub", rules.position("high"), width)),
        stop("gain", rules.apply("mul", entry, rules.apply("sub", rules.position("gain"), rules.number(-0.98)))),
        rule("leave", rules.column("leave"), share=0.5, of_rest=True),
        rule("late", rules.apply("and", late, rules.apply("ge", age, rules.number(20 * MINUTE)))),
        rule("old", rules.apply("gt", bars, rules.number(float(random.integers(0, 60))))),
        rule("older", rules.apply("le", rules.number(300.5 * MINUTE), age), share=0.4),
        rule("weak", rules.apply("lt", rules.position("gain"), rules.number(-0.02))),
        rule("never", rules.apply("and", rules.number(0.0), late)),
    ]  # fmt: skip
    return tuple(one for one in kept if random.random() < 0.3) or (kept[0],)


def _world(random: np.random.Generator, rules: Rules, strategy: Strategy, bars: int, on_grid: bool) -> World:
    program = compile_program(strategy, BASE, MARKETS)
    grid = _bars(random, bars)
    closes = START + MINUTE * np.arange(1, bars + 1, dtype=np.int64)
    closes = closes[closes % CLOCK.length_ms == 0]
    names = {node: name for name, node in rules.columns.items()}
    columns = np.stack([_column(random, names.get(node, ""), strategy, node, len(closes), grid) for node in program.columns], axis=2)
    terms = Terms(float(random.choice([300_000, 5_000_000, 10_000_000])), *_costs(random), on_grid)
    return World(strategy, program, terms, grid, closes, columns, [True, bool(random.random() < 0.9), True], [START, START + 9**8, 0])


def run_world(world: World, blocks: list[int], compiled: bool = True, from_ms: int | None = None) -> tuple[Run, RunResult]:
    """Run it in blocks of these lengths, the last one repeated."""
    run = new_run(world, compiled, from_ms)
    feed_world(world, run, 0, world.bars.state.shape[1], blocks)
    return run, run.result()


def new_run(world: World, compiled: bool = True, from_ms: int | None = None, may_skip: bool = True) -> Run:
    """A run with nothing fed."""
    plan = make_plan(
        world.strategy, world.program.position, MARKETS, world.terms, tradable=world.tradable, settle_ms=world.settle_ms
    )  # fmt: skip
    return Run(plan, make_book(plan, world.terms.cash_krw), from_ms, compiled=compiled, may_skip=may_skip)


def feed_world(world: World, run: Run, first: int, last: int, blocks: list[int]) -> None:
    """Feed bars [first, last)."""
    at = first
    for number in range(last):
        if at >= last:
            return
        until = min(at + blocks[min(number, len(blocks) - 1)], last)
        run.feed(cut_bars(world.bars, at, until), cut_columns(world, at, until))
        at = until


def cut_bars(grid: BarGrid, first: int, last: int) -> BarGrid:
    """Bars [first, last) of a grid."""
    series = [getattr(grid, name)[:, first:last] for name in ("state", "open", "high", "low", "close", "volume", "value")]
    return BarGrid(grid.markets, grid.timeframe, grid.first_index + first, *series)


def cut_columns(world: World, first: int, last: int) -> ColumnBlock:
    """Columns of the clock bars that close in bars [first, last)."""
    inside = (world.close_ms > START + first * MINUTE) & (world.close_ms <= START + last * MINUTE)
    return ColumnBlock(int(START // CLOCK.length_ms + np.argmax(inside)), world.close_ms[inside], world.columns[:, inside])


def _costs(random: np.random.Generator) -> tuple[float, float]:
    return float(random.choice([0.0, 0.0005, 0.0025])), float(random.choice([0.0, 0.0005, 0.003]))


def _strategy(rules: Rules, random: np.random.Generator) -> Strategy:
    exits = _exits(rules, random)
    chance = random.random
    by_risk = exits[0].name == "stop" and chance() < 0.6
    sizing = Sizing(
        risk=float(random.choice([0.002, 0.02])) if by_risk else None,
        weight=float(random.choice([0.05, 0.3, 1.0])) if chance() < 0.6 else None,
        max_weight=0.4 if chance() < 0.3 else None,
        min_order_krw=int(random.choice([5000, 20000])) if chance() < 0.7 else None,
        scale=rules.column("scale") if chance() < 0.4 else None,
    )
    limits = Limits(
        open_positions=2 if chance() < 0.5 else None,
        entries_per_day=int(random.integers(2, 6)) if chance() < 0.4 else None,
        cooldown_ms=int(random.integers(1, 40)) * MINUTE if chance() < 0.5 else None,
        reentry_bars=int(random.integers(1, 4)) if chance() < 0.5 else None,
    )
    risk = _profile(rules, random) if chance() < 0.4 else None
    rank = rules.column("rank") if chance() < 0.5 else None
    conditions = (Condition("entry", rules.column("enter")), Condition("exits.rule", exits[-1].node))
    return make_strategy(rules, *exits, sizing=sizing, limits=limits, risk=risk, rank=rank, conditions=conditions)


def _profile(rules: Rules, random: np.random.Generator) -> RiskProfile:
    """Limits of everything, some of them narrow."""
    chance = random.random
    kept: dict[str, Any] = {
        "max_order_krw": 2_000_000, "exposure_total": 0.8, "exposure_per_market": 0.5, "cash_reserve_krw": 20_000,
        "exposure_per_strategy": 0.7, "open_positions": 1, "sectors": (("one", MARKETS[1:]),), "max_per_sector": 1,
        "orders_per_minute": 1, "max_slippage": 0.001, "capital_ratio": 0.9,
    }  # fmt: skip
    chosen = {name: value for name, value in kept.items() if chance() < (0.3 if name in ("open_positions", "max_slippage") else 0.6)}
    actions = [Action.STOP_ENTRIES, Action.FLATTEN, Action.SIZE]
    limits = [
        RiskRule("daily", Period.DAY, 0.005, None, actions[random.integers(3)], Until.DURATION, hold_ms=47 * MINUTE, factor=0.5),
        RiskRule("weekly", Period.WEEK, 0.05, 300_000, actions[random.integers(3)], Until.MANUAL, factor=0.7),
        RiskRule("deep", Period.DRAWDOWN, 0.01, None, actions[random.integers(3)], Until.WHILE, days=2, factor=0.5),
    ]
    breakers = (Breaker("own", rules.column("leave"), False, bool(chance() < 0.5), 7 * MINUTE),) if chance() < 0.4 else ()
    return profile(rules=tuple(rule for rule in limits if chance() < 0.5), breakers=breakers, **chosen)


def _watch(rules: Rules, random: np.random.Generator) -> RiskProfile:
    """Limits of losses and drawdowns, from far off to close at hand, with every action and end; sometimes breakers."""
    limits = []
    for number in range(int(random.integers(1, 5))):
        period, action = Period(random.integers(len(Period))), Action(random.integers(len(Action)))
        deep = period is Period.DRAWDOWN
        until = (Until.DURATION, Until.NEXT_DAY, Until.MANUAL, Until.WHILE)[random.integers(4 if deep else 3)]
        limits.append(
            RiskRule(
                f"limit{number}",
                period,
                float(random.choice([0.0005, 0.002, 0.01, 0.2])),
                3_000 if random.random() < 0.2 else None,
                action,
                until,
                days=int(random.integers(1, 4)) if deep else 0,
                hold_ms=int(random.integers(1, 90)) * MINUTE,
                factor=0.5,
            )
        )
    breakers = (Breaker("own", rules.column("leave"), False, bool(random.random() < 0.5), 7 * MINUTE),) if random.random() < 0.3 else ()
    return profile(rules=tuple(limits), breakers=breakers)


def _exits(rules: Rules, random: np.random.Generator) -> list[Exit]:
    high, entry = rules.position("high"), rules.position("entry")
    old = rules.apply("ge", rules.position("age"), rules.number(20 * MINUTE))
    kept = [
        stop("stop", rules.apply("sub", entry, rules.column("width")), frozen=bool(random.random() < 0.5)),
        target("first", rules.entry_times(1 + float(random.choice([0.004, 0.01]))), share=float(random.choice([0.3, 0.5, 0.7]))),
        target("second", rules.apply("add", entry, rules.column("width")), share=0.5, of_rest=True),
        stop("trail", rules.apply("sub", high, rules.column("width")), after=1, share=float(random.choice([0.6, 1.0]))),
        rule("weak", rules.column("leave"), share=0.5, of_rest=True),
        rule("stalled", rules.apply("and", old, rules.apply("lt", rules.position("best"), rules.number(0.005)))),
        stop("lock", rules.apply("mul", rules.position("low"), rules.number(0.99)), share=0.5),
        target("rebound", rules.apply("mul", rules.position("low"), rules.number(1.02))),
    ]
    chosen = [kept[0], *(kept[position] for position in (1, 2, 3) if position != 3 or random.random() < 0.8)]
    return [*chosen, *(exit_rule for exit_rule in (kept[6], kept[7]) if random.random() < 0.4), kept[4], kept[5]]


def _bars(random: np.random.Generator, bars: int) -> BarGrid:
    shape = (len(MARKETS), bars)
    start = np.array([[900_000.0], [2.5], [9_990.0]])
    moves = random.normal(0.0, 0.003, shape) * (random.random(shape) < 0.9) + random.normal(0.0, 0.03, shape) * (
        random.random(shape) < 0.02
    )
    tick = np.array([[500.0], [0.01], [5.0]])
    close = np.maximum(np.round(start * np.exp(np.cumsum(moves, axis=1)) / tick), 1) * tick
    open_ = np.concatenate([close[:, :1], close[:, :-1]], axis=1) + tick * random.integers(-1, 2, shape)
    open_ = np.maximum(open_, tick)
    high = np.maximum(open_, close) + tick * random.integers(0, 3, shape)
    low = np.maximum(np.minimum(open_, close) - tick * random.integers(0, 3, shape), tick)
    state = random.choice([BarState.UNKNOWN, BarState.NO_TRADE, BarState.TRADED], shape, p=[0.03, 0.07, 0.9]).astype(np.int8)
    known = np.where(state == BarState.UNKNOWN, np.nan, 1.0)
    series = [np.ascontiguousarray(part * known) for part in (open_, high, low, close, close, close)]
    return BarGrid(MARKETS, BASE, START // MINUTE, state, *series)


def _column(random: np.random.Generator, name: str, strategy: Strategy, node: int, count: int, grid: BarGrid) -> Any:
    shape = (len(MARKETS), count)
    if name == "enter":
        return random.choice([1.0, 0.0, np.nan], shape, p=[0.5, 0.4, 0.1])
    if name == "leave":
        return random.choice([1.0, 0.0, np.nan], shape, p=[0.05, 0.9, 0.05])
    if name == "width":
        width = np.nanmean(grid.close, axis=1, keepdims=True) * random.uniform(0.003, 0.02, shape)
        return np.where(random.random(shape) < 0.05, np.nan, width)
    if name == "scale":
        return random.choice([0.5, 1.0, 0.0, np.nan], shape, p=[0.4, 0.4, 0.1, 0.1])
    if name == "rank":
        return random.choice([1.0, 2.0, 3.0, np.nan], shape)
    return np.full(shape, strategy.graph[node].params[0])
