"""Random strategies on random slices of real minutes, with every cost option on: the product makes the reference's trades.

python -m tests.simulation.real_worlds --from 0 --to 1000 >a.log      # any part of the seeds; prints a running count
python -m tests.simulation.real_worlds --from 1000 --to 2000 >b.log   # at the same time
python -m tests.simulation.real_worlds --add a.log b.log              # both as one
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from dsl.compile import compile_strategy
from dsl.graph import Timeframe
from dsl.strategy import Execution, Leave, Strategy
from engine.candles.store import CandleStore
from engine.kernel.catalogue import catalogue
from engine.model.candle import BarGrid, BarState
from engine.model.costs import Costs, Halt, VisibleDepth
from engine.research.backtest import bars_of
from engine.research.result import BacktestResult, Rounding, Settings
from tests.conftest import MARKET_DATA
from tests.generators.depth import with_random_books
from tests.generators.inside import with_random_inside
from tests.generators.strategies import random_strategy
from tests.generators.worlds import World
from tests.simulation.agreement import ROOT, ProductColumns, assert_agree, assert_each_value
from tests.simulation.market import MAJORS, stored, utc_ms
from tests.simulation.test_random_costs import count, random_book, random_fees
from tests.simulation.test_random_execution import random_enter

MINUTE = Timeframe(60_000)
DAYS = 3
#: the line that ends a run's output begins so
SUM = "sum "
#: what a real exchange does to orders, counted
REFUSALS = ("refused buys", "cut sales", "halted orders", "entries in a halt", "touched buys", "touched sales", "at a second")
#: stretches of real minutes, and who traded in all of each
STRETCHES = (
    (MAJORS, "2025-09-01", "2025-09-22"),
    (MAJORS, "2025-09-01", "2025-09-22"),
    (("KRW-BTC", "KRW-ETH", "KRW-XRP"), "2021-05-03", "2021-05-11"),
    (("KRW-BTC",), "2018-01-23", "2018-02-01"),
)


@cache
def _minutes(data: Path, stretch: int) -> BarGrid:
    """All of a stretch."""
    markets, from_, to = STRETCHES[stretch]
    return CandleStore(stored(data, tuple(f"{market}_1m" for market in MAJORS))).grid(markets, MINUTE, utc_ms(from_), utc_ms(to))


def real_slice(chance: random.Random, data: Path, days: int) -> BarGrid:
    """Some days of one to four markets, from any minute on."""
    whole = _minutes(data, chance.randrange(len(STRETCHES)))
    length = days * 24 * 60
    start = chance.randrange(whole.state.shape[1] - length + 1)
    rows = sorted(chance.sample(range(len(whole.markets)), chance.randint(1, len(whole.markets))))
    cut = bars_of(whole, start, start + length)
    columns = {name: np.ascontiguousarray(getattr(cut, name)[rows]) for name in ("open", "high", "low", "close", "volume", "value")}
    return replace(cut, markets=tuple(whole.markets[row] for row in rows), state=np.ascontiguousarray(cut.state[rows]), **columns)


def every_cost(chance: random.Random, world: World) -> Costs:
    """Fees by market and date, impact, participation, latency."""
    while not (fees := random_fees(chance, world)):
        pass
    late = chance.choice([{"latency_ms": 300}, {"latency_ms": 300}, {"latency_ms": 90_000}, {"latency_bars": 1}])
    return Costs(fees, chance.choice([0.001, 0.01, 0.05]), chance.random() < 0.5, chance.choice([0.003, 0.02, 0.1, 0.5]), **late)


def with_refusals(chance: random.Random, world: World) -> World:
    """The world at an exchange with queues, that shows so much and no more, and that stands still now and then."""
    grid, base_ms = world.grid, MINUTE.length_ms
    first_ms, length = grid.timeframe.open_ms(grid.first_index), grid.state.shape[1]
    amount = VisibleDepth(chance.choice([100, 40, 400]) * world.settings.cash_krw / 100)
    turnover = VisibleDepth(share=chance.choice([0.05, 0.5, 1.0]), window_ms=chance.choice([1, 5, 60]) * base_ms)
    halts = []
    for _ in range(chance.choice([3, 10, 40])):
        from_ms = first_ms + chance.randrange(length) * base_ms + chance.choice([0, 0, 1, 20_000])
        halts.append(Halt(chance.choice(["", *grid.markets]), from_ms, from_ms + chance.choice([1, 1, 5, 60]) * base_ms))
    quiet = np.flatnonzero(~(grid.state == BarState.TRADED).any(axis=0)).tolist() if len(grid.markets) > 1 else []
    world = replace(world, grid=replace(grid, outages=tuple((first_ms + k * base_ms, first_ms + (k + 1) * base_ms) for k in quiet)))
    asked = {
        "queue": chance.choice([0.01, 0.1, 0.5]),
        "book": random_book(random.Random(f"book {world.seed}"), base_ms),
        "visible": chance.choice([amount, turnover]),
        "halts": tuple(halts),
        "outages": len(halts) != 10,
    }
    world = replace(world, settings=replace(world.settings, costs=replace(world.settings.costs, **asked)))
    risk = world.strategy.risk
    if risk is not None and world.seed % 3 != 0:  # most breakers of random profiles hold for all of three days
        world = replace(world, strategy=replace(world.strategy, risk=replace(risk, breakers=())))
    if chance.random() < 0.4:  # most limit orders wait where a falling price touches them
        enter = replace(random_enter(chance, base_ms), order="limit", side="bid", time_in_force=None)
        world = replace(world, strategy=replace(world.strategy, execution=replace(world.strategy.execution, enter=enter)))
    if random.Random(f"targets {world.seed}").random() < 0.6:
        execution = world.strategy.execution
        execution = replace(execution, leave=replace(execution.leave, order="limit"))
        world = replace(world, strategy=replace(world.strategy, execution=execution))
    return with_random_inside(chance, world) if chance.random() < 0.5 else world


def real_world(seed: int, data: Path, days: int = DAYS, refusals: bool = True) -> World:
    """The world of a seed. refusals False: without what refuses and delays orders, and without seconds inside its minutes."""
    chance = random.Random(f"real {seed}")
    grid = real_slice(chance, data, days)
    text, strategy = _strategy(chance, grid.markets)
    leave = Leave(chance.choice(["market", "market", "limit"]), chance.choice([None, 0.001, 0.003, 0.01]))
    strategy = replace(strategy, execution=Execution(random_enter(chance, MINUTE.length_ms), leave))
    if chance.random() < 0.6:
        strategy = replace(strategy, execution=Execution(leave=leave))
    settings = Settings(
        cash_krw=chance.choice([3_000_000.0, 10_000_000.0, 10_000_000.0, 100_000_000.0, 3e9]),
        fee_rate=chance.choice([0.0004, 0.0005, 0.0005]),
        slippage=chance.choice([0.0001, 0.0003, 0.0005, 0.001]),
        rounding=chance.choice([Rounding.UPBIT] * 5 + [Rounding.NONE]),
        block=chance.choice([1, 64, 1_000, 2_048]),
    )
    world = World(seed, text, strategy, grid, settings, grid.markets)
    world = replace(world, settings=replace(settings, costs=every_cost(chance, world)))
    world = with_random_books(random.Random(f"books {seed}"), world) if seed % 2 else world
    return with_refusals(random.Random(f"refusals {seed}"), world) if refusals else world


def _strategy(chance: random.Random, markets: tuple[str, ...]) -> tuple[str, Strategy]:
    while True:
        text = random_strategy(chance, markets)
        if "weight: 0." in text.text and chance.random() < 0.8:  # of a small account mostly orders that are too small
            continue
        compiled = compile_strategy(text.text, "generated.yaml", catalogue(), text.profiles)
        if compiled.strategy is not None:
            return text.text, compiled.strategy
        wrong = {(found.code, found.label) for found in compiled.errors}
        assert wrong <= {("E112", "anchor"), ("E409", "share")}, (text.text, compiled.errors)


def compare(world: World, seen: Counter[str]) -> BacktestResult:
    """Both over one world. Where a mean equals a price but for its last bit, two right ways of adding up can part: then every value must
    follow from the product's own values of its inputs, and decisions by the product's values must agree to the last fill."""
    try:
        result = assert_agree(world.strategy, world.grid, world.settings, world.traded)
    except AssertionError:
        seen["by the product's values"] += 1
        assert assert_each_value(world.strategy, world.grid) > 0
        columns = ProductColumns(world.strategy, world.grid)
        result = assert_agree(world.strategy, world.grid, world.settings, world.traded, columns=columns)
    count(seen, world, result)
    seen["fills"] += len(result.fills)
    base_ms = world.grid.timeframe.length_ms
    seen["at a second"] += int(((result.fills["time_ms"] - world.grid.timeframe.offset_ms) % base_ms != 0).sum())
    seen["bars that traded"] += int((world.grid.state == BarState.TRADED).sum())
    seen[f"worlds of {len(world.traded)} markets"] += 1
    return result


def wrong_with(seen: Counter[str], apart: Sequence[int], asked: int) -> list[str]:
    """Why counts of so many worlds are no agreement over real ones: seeds apart, worlds that are lacking, too little of something."""
    least = {"worlds": asked, "trading": asked * 3 // 4} | dict.fromkeys(REFUSALS, asked // 4)
    found = [f"{name}: {seen[name]:,} of at least {count:,}" for name, count in least.items() if seen[name] < count]
    if (odd := seen["by the product's values"]) > asked // 40:
        found.append(f"by the product's values: {odd} of at most {asked // 40}")
    return [*(f"seed {seed} is apart" for seed in apart), *found]


def added_up(logs: Sequence[str]) -> tuple[Counter[str], list[int], int]:
    """(counts, seeds apart, seeds asked for) of several runs. Raises ValueError where they overlap, lack their sum, or differ in commit."""
    seen: Counter[str] = Counter()
    apart: list[int] = []
    seeds: set[int] = set()
    commits = set()
    for number, log in enumerate(logs):
        sums = [line for line in log.splitlines() if line.startswith(SUM)]
        if len(sums) != 1:
            raise ValueError(f"log {number} has {len(sums)} sums: it must be of one whole run")
        found = json.loads(sums[0].removeprefix(SUM))
        run = set(range(found["from"], found["to"]))
        if seeds & run:
            raise ValueError(f"log {number} has seeds of another log")
        seeds |= run
        commits.add(found["commit"])
        seen.update(found["counts"])
        apart += found["apart"]
    if len(commits) > 1:
        raise ValueError(f"logs of several commits: {sorted(commits)}")
    return seen, apart, len(seeds)


def run_seeds(first: int, last: int, data: Path) -> tuple[Counter[str], list[int]]:
    """(counts, seeds apart); one that differs, or breaks, is told with all that it takes to see it again, and the run goes on."""
    seen: Counter[str] = Counter()
    apart = []
    for seed in range(first, last):
        world = real_world(seed, data)
        try:
            compare(world, seen)
        except Exception:
            apart.append(seed)
            again = f"python -m tests.simulation.real_worlds --from {seed} --to {seed + 1}"
            problem = traceback.format_exc(limit=-3)
            print(f"seed {seed} is apart: {problem[-3_000:]}\n{world.text}\n{world.settings}\nagain: {again}", flush=True)
        if (seed + 1) % 25 == 0 or seed + 1 == last:
            counts = {name: int(number) for name, number in seen.items()}
            print(f"seeds {first}..{seed}: {counts}; apart {apart}; {time.process_time():.0f} s of processor", flush=True)
    return seen, apart


def _commit() -> str:
    found = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def main() -> None:
    """Compare the seeds of a range: exit 1 where one is apart. Or add up the logs of such runs: exit 1 also where too little was seen."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--to", dest="last", type=int, default=2_000)
    parser.add_argument("--add", nargs="+", type=Path, metavar="LOG", help="outputs of runs, to be added up instead")
    asked = parser.parse_args()
    if asked.add:
        seen, apart, count = added_up([path.read_text(encoding="utf-8") for path in asked.add])
        wrong = wrong_with(seen, apart, count)
    else:
        assert MARKET_DATA is not None, "name the folder of real market data in JANGDAN_TEST_DATA"
        commit, count = _commit(), asked.last - asked.first
        seen, apart = run_seeds(asked.first, asked.last, MARKET_DATA)
        counts = {name: int(number) for name, number in sorted(seen.items())}
        print(SUM + json.dumps({"from": asked.first, "to": asked.last, "commit": commit, "apart": apart, "counts": counts}), flush=True)
        wrong = [f"seed {seed} is apart" for seed in apart]
    print(f"{count:,} seeds, {seen['trading']:,} trade, {seen['fills']:,} fills: {'; '.join(wrong) or 'all agree'}")
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
