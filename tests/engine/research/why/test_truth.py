"""The tree of parts says what the kernel's entry column says, on every bar; probing changes nothing of a run."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dsl.catalogue import Unit
from dsl.files import compile_file
from dsl.graph import Graph, Node, Phase, Section
from dsl.strategy import Strategy
from engine.kernel.catalogue import catalogue
from engine.kernel.program import ColumnBlock, Program
from engine.kernel.run import Run
from engine.model.candle import BarGrid
from engine.research.backtest import backtest
from engine.research.result import Settings
from engine.research.signals import MarkKind, signals
from engine.research.why.probe import Part, Probe, probe
from engine.research.why.truth import FALSE, MISSING, TRUE, combined, truth_of
from tests.dsl.helpers import compiled, strategy_of
from tests.engine.kernel.samples import same_bits
from tests.generators.candles import random_grid
from tests.generators.worlds import random_world
from tests.oracles.reference_worlds import grid_of, real_candles
from tests.shipped import STRATEGIES as SHIPPED

#: op, inputs and parameters of the leaf that says who is in the universe
MEMBER: tuple[str, tuple[int, ...], tuple[float, ...]] = ("universe.member", (), ())
CODES = ("KRW-BTC", "KRW-ETH", "KRW-SOL", "KRW-XRP")

FILE = """schema: strategy/1
name: sample
clock: 5m
entry:
  all:
    a: close > open
    b:
      any:
        c: rsi(5) < 40
        d: rsi(5) > 60
exits:
  stop: {at: -2%}
"""


@dataclass
class Columns:
    """What the kernel exported for a probed strategy: [markets, clock bars] by graph node."""

    values: dict[int, NDArray[np.float64]]

    @staticmethod
    def of(probed: Probe, grid: BarGrid, settings: Settings) -> Columns:
        blocks: list[NDArray[np.float64]] = []
        nodes: list[int] = []

        def watch(program: Program, columns: ColumnBlock, _run: Run) -> None:
            nodes[:] = program.columns
            blocks.append(columns.values)

        backtest(probed.strategy, grid, settings, watch=watch)
        values = np.concatenate(blocks, axis=1)
        return Columns({node: values[:, :, k] for k, node in enumerate(nodes)})

    def truth(self, part: Part) -> NDArray[np.int8]:
        return truth_of(self.values[part.node])


def plainly(part: Part, columns: Columns, market: int, bar: int) -> bool | None:
    """The definition of the joins, one value at a time."""
    if part.join == "":
        value = columns.values[part.node][market, bar]
        return None if np.isnan(value) else bool(value != 0)
    found = [plainly(inner, columns, market, bar) for inner in part.parts]
    if part.join == "not":
        return None if found[0] is None else not found[0]
    if part.join == "none":
        return False if True in found else None if None in found else True
    least = {"all": len(found), "any": 1}.get(part.join, part.needed)
    if found.count(True) >= least:
        return True
    return None if found.count(True) + found.count(None) >= least else False


def check_entry(strategy: Strategy, grid: BarGrid, settings: Settings) -> NDArray[np.int64]:
    """Bars on which the tree and the entry column agree (all): how many are true, false and missing."""
    probed = probe(strategy)
    columns = Columns.of(probed, grid, settings)
    entry = columns.truth(probed.entry)
    assert same_bits(entry, truth_of(columns.values[strategy.entry]))
    for part in probed.named:
        if not part.position:
            assert np.array_equal(combined(part, columns.truth), columns.truth(part))
    rng = random.Random(1)
    for _ in range(200):
        market, bar = rng.randrange(entry.shape[0]), rng.randrange(entry.shape[1])
        state = plainly(probed.entry, columns, market, bar)
        assert entry[market, bar] == (MISSING if state is None else int(state))
    return np.array([(entry == state).sum() for state in (TRUE, FALSE, MISSING)])


def test_the_tree_is_the_entry_on_random_strategies_and_candles() -> None:
    seen = np.zeros(3, np.int64)
    for seed in range(40):
        world = random_world(seed, whole=False, longest=900)
        seen += check_entry(world.strategy, world.grid, Settings())
    assert seen.sum() > 5_000
    assert seen.min() > 300


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_tree_is_the_entry_of_shipped_strategies(path: Path) -> None:
    strategy = compile_file(path, catalogue()).strategy
    assert strategy is not None
    base_ms = min(strategy.clock.length_ms, 300_000)
    grid = random_grid(random.Random(5), CODES, 12_000, base_ms=base_ms)
    seen = check_entry(strategy, grid, Settings())
    assert seen.sum() >= 4 * (12_000 * base_ms // strategy.clock.length_ms - 1)
    assert seen[0] > 0


@pytest.mark.data
def test_the_tree_is_the_entry_on_real_candles(market_data: Path) -> None:
    codes = ("KRW-BTC", "KRW-ETH", "KRW-XRP")
    grid = grid_of({code: real_candles(market_data, code, "1m", "2025-09-01", "2025-09-21") for code in codes})
    seen = np.zeros(3, np.int64)
    for path in SHIPPED:
        strategy = compile_file(path, catalogue()).strategy
        assert strategy is not None
        if "KRW-SOL" not in strategy.aliases.values():
            seen += check_entry(strategy, grid, Settings())
    assert seen.sum() > 20_000
    assert seen[0] > 100


def test_probing_changes_no_run() -> None:
    fills = 0
    for seed in range(100, 125):
        world = random_world(seed, whole=False, longest=900)
        plain = backtest(world.strategy, world.grid, world.settings, traded=world.traded)
        found = signals(world.strategy, world.grid, world.settings, traded=world.traded)
        assert plain.fills.tobytes() == found.result.fills.tobytes()
        assert same_bits(plain.equity_krw, found.result.equity_krw)
        assert (plain.skipped, plain.rule_counts) == (found.result.skipped, found.result.rule_counts)
        assert np.array_equal(found.close_ms, plain.equity_ms)
        for k, part in enumerate(found.conditions):
            counts = tuple(int((found.truth[:, k] == state).sum()) for state in (TRUE, FALSE, MISSING))
            assert counts == plain.rule_counts[part.path]
        assert sum(mark.kind is MarkKind.ENTRY for mark in found.marks) == int((plain.fills["side"] == 1).sum())
        assert all(bool(mark.exit) == (mark.kind is MarkKind.EXIT) for mark in found.marks)
        fills += len(plain.fills)
    assert fills > 100


def test_what_the_checker_joins_to_the_entry_leaves_its_names() -> None:
    """Membership of a universe beside a named group: parts keep their names, and the tree is still the column."""
    strategy = strategy_of(compiled(FILE))
    graph, section = Graph(list(strategy.graph.nodes), dict(strategy.graph._ids)), Section(strategy.clock)
    member = graph.add(Node(*MEMBER, section, Phase.MARKET, Unit.CONDITION))
    entry = graph.add(Node("and", (strategy.entry, member), (), section, Phase.MARKET, Unit.CONDITION))
    joined = replace(strategy, graph=graph, entry=entry)
    grid = random_grid(random.Random(8), CODES, 400, base_ms=300_000)
    side = np.where(np.random.default_rng(1).random(grid.close.shape) < 0.5, 1.0, 0.0)
    grid = replace(grid, side={(MEMBER[0], ()): side})
    seen = check_entry(joined, grid, Settings())
    assert seen[0] > 50
    parts = probe(joined).entry.parts
    assert [(part.path, part.op) for part in parts] == [("entry.a", "gt"), ("entry.b", ""), ("", "universe.member")]
    assert [part.path for part in parts[1].parts] == ["entry.b.c", "entry.b.d"]
