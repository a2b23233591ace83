"""The laws as checks of whole programs: many rules of one file, compiled through the public door and run by the kernel."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dsl.checker.clock import timeframe_of
from dsl.checker.values import Value
from dsl.compile import Compiled, compile_strategy
from dsl.graph import Graph, Timeframe
from dsl.warmup import warmup
from engine.kernel.catalogue import catalogue
from engine.kernel.program import Program, compile_values
from engine.kernel.vm import Kernel
from engine.model.candle import BarGrid
from tests.generators.program_data import MARKETS, cut, joined, random_bars
from tests.generators.programs import ProgramFile, random_file
from tests.laws.streams import first_difference, same_bits

#: base bars of a run: four days of minutes, five months of hours
LENGTHS = {"1m": 6_000, "1h": 3_700}


@dataclass(frozen=True)
class Batch:
    """One file of programs with data. `values`: what the checker knows of each rule that is no fixed number."""

    seed: int
    file: ProgramFile
    graph: Graph
    values: dict[str, Value]
    program: Program
    grid: BarGrid
    settle_ms: dict[int, int]

    @property
    def base(self) -> Timeframe:
        return self.grid.timeframe

    def other(self) -> BarGrid:
        """Other data of the same shape."""
        rng, bars = np.random.default_rng([self.seed, 1]), self.grid.state.shape[1]
        return random_bars(rng, self.base, self.grid.first_index, bars, self.program.sides)

    def text(self, column: int) -> str:
        """The rule of a column, for messages."""
        node = self.program.columns[column]
        name = next(name for name, value in self.values.items() if value.node == node)
        return f"seed {self.seed}, {self.file.clocks.clock} from {self.file.clocks.base}, {name}: {self.file.rules[name]}"


@dataclass
class Tally:
    """What was shown: programs, distinct nodes, values compared per law, words used, ops reached in the graphs."""

    programs: int = 0
    nodes: int = 0
    compared: Counter[str] = field(default_factory=Counter)
    words: set[str] = field(default_factory=set)
    ops: set[str] = field(default_factory=set)

    @property
    def seen(self) -> set[str]:
        """Words written and ops reached."""
        return self.words | self.ops

    def add(self, batch: Batch) -> None:
        """Count a batch."""
        self.programs += len(batch.values)
        self.nodes += len(batch.graph)
        self.words |= batch.file.functions
        self.ops |= {node.op for node in batch.graph}


def compiled(file: ProgramFile, seed: int) -> Compiled:
    """The file, accepted. Raises AssertionError with what was refused."""
    result = compile_strategy(file.text, "programs.yaml", catalogue(), lambda name: None)
    lines = file.text.splitlines()
    refused = [f"{error.code} {dict(error.args)} {lines[error.span.line - 1]}" for error in result.errors]
    assert result.strategy is not None and not refused, f"seed {seed}: refused {refused[:3]}"  # noqa: PT018
    return result


def random_batch(seed: int, count: int, wanted: list[str] | None = None) -> Batch:
    """The batch of a seed: `count` programs."""
    chance, rng = random.Random(seed), np.random.default_rng(seed)
    file = random_file(chance, count, wanted)
    result = compiled(file, seed)
    base, clock = timeframe_of(file.clocks.base), timeframe_of(file.clocks.clock)
    assert base is not None
    assert clock is not None
    values = {name: value for name, value in result.definitions.items() if name in file.rules and value.node is not None}
    columns = [value.node for value in values.values() if value.node is not None]
    program = compile_values(result.graph, columns, clock, base, MARKETS)
    first = int(rng.integers(26_000_000, 29_000_000)) if file.clocks.base == "1m" else int(rng.integers(440_000, 480_000))
    grid = random_bars(rng, base, first, LENGTHS[file.clocks.base], program.sides)
    needs = warmup(result.graph, catalogue(), base.length_ms).nodes
    return Batch(seed, file, result.graph, values, program, grid, {node: needs[node].settle_ms for node in program.columns})


def run(batch: Batch, grid: BarGrid) -> NDArray[np.float64]:
    """[markets, clock bars, columns] of a whole grid in one piece."""
    return Kernel(batch.program).advance(grid).values


def check_no_future(batch: Batch, whole: NDArray[np.float64], tally: Tally) -> None:
    """Other candles and side series from a bar on: no clock bar that had closed by then moves."""
    chance = random.Random(batch.seed)
    count = batch.grid.state.shape[1]
    for bar in (chance.randrange(1, count), chance.randrange(count // 2, count)):
        changed = Kernel(batch.program).advance(joined(batch.grid, batch.other(), bar))
        closed = int((changed.close_ms <= batch.base.open_ms(batch.grid.first_index + bar)).sum())
        _same(batch, whole[:, :closed], changed.values[:, :closed], "no future", tally)


def check_start(batch: Batch, whole: NDArray[np.float64], tally: Tally) -> None:
    """Begun later, every program has the same values once its declared warm-up is over."""
    chance = random.Random(batch.seed + 1)
    count = batch.grid.state.shape[1]
    for begin in (chance.randrange(1, 400), chance.randrange(1, count // 3)):
        late = Kernel(batch.program).advance(cut(batch.grid, begin, count))
        from_ms = batch.base.open_ms(batch.grid.first_index + begin)
        tail = late.values.shape[1]
        for column, node in enumerate(batch.program.columns):
            settled = late.close_ms >= from_ms + batch.settle_ms[node]
            a, b = whole[:, -tail:, column][:, settled], late.values[:, :, column][:, settled]
            tally.compared["start"] += int((~np.isnan(a)).sum())
            assert same_bits(a, b), f"start, {begin} bars later: {first_difference(a.ravel(), b.ravel())}; {batch.text(column)}"


def check_cuts(batch: Batch, whole: NDArray[np.float64], tally: Tally) -> None:
    """Any cuts and inner blocks of 1 to 4096, with the state saved and restored at each cut, change nothing."""
    chance = random.Random(batch.seed + 2)
    count = batch.grid.state.shape[1]
    edges = sorted({0, count, *(chance.randrange(1, count) for _ in range(chance.randint(1, 6)))})
    edges = sorted({*edges, *(min(edges[1] + k, count) for k in range(3))})  # some calls of a single bar, as live
    kernel, pieces = Kernel(batch.program, chance.choice([1, 2, 7, 64, 4096])), []
    for begin, end in pairwise(edges):
        pieces.append(kernel.advance(cut(batch.grid, begin, end)).values)
        kernel = Kernel.restore(batch.program, kernel.save(), chance.choice([1, 3, 17, 1000, 4096, chance.randint(1, 4096)]))
    _same(batch, whole, np.concatenate(pieces, axis=1), "cut", tally)


def check_ranges(batch: Batch, whole: NDArray[np.float64], tally: Tally) -> None:
    """Every defined value lies in the interval that the checker proved; conditions are true or false."""
    for name, value in batch.values.items():
        assert value.node is not None
        found = whole[:, :, batch.program.columns.index(value.node)]
        found = found[~np.isnan(found)]
        tally.compared["range"] += len(found) if value.low is not None or value.high is not None else 0
        where = f"seed {batch.seed}, {batch.file.clocks.clock}, {name}: {batch.file.rules[name]}"
        assert value.low is None or (found >= value.low).all(), f"{found.min()!r} is below {value.low!r}; {where}"
        assert value.high is None or (found <= value.high).all(), f"{found.max()!r} is above {value.high!r}; {where}"
        assert not value.is_condition or np.isin(found, (0.0, 1.0)).all(), where


def _same(batch: Batch, a: NDArray[np.float64], b: NDArray[np.float64], law: str, tally: Tally) -> None:
    tally.compared[law] += int((~np.isnan(a)).sum())
    if not same_bits(a, b):
        column = next(k for k in range(a.shape[2]) if not same_bits(a[:, :, k], b[:, :, k]))
        found = first_difference(a[:, :, column].ravel(), b[:, :, column].ravel())
        raise AssertionError(f"{law}: {found}; {batch.text(column)}")
