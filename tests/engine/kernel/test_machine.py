"""Laws of the machine over whole programs: several sections, alias markets, holds, any cut, any block, state through bytes."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.graph import Timeframe
from engine.kernel import door, machine, timeframes, vm
from engine.kernel.fields import DIRECT_SOURCE
from engine.kernel.layout import Layout
from engine.kernel.program import Program, compile_program
from engine.kernel.vm import Kernel
from engine.model.candle import BarGrid
from tests.engine.kernel.reference import Reference
from tests.engine.kernel.samples import (
    FIVE,
    HOUR,
    MINUTE,
    MINUTE_MS,
    ODD,
    OPS,
    SERIES,
    Maker,
    base_strategy,
    cut,
    late_strategy,
    random_grid,
    random_strategy,
    rich_strategy,
    same_bits,
    strategy,
)

MARKETS = ("KRW-AAA", "KRW-BBB", "KRW-CCC")
seeds = st.integers(0, 2**32 - 1)


def random_case(seed: int, most_bars: int) -> tuple[Program, BarGrid, Reference]:
    rng = np.random.default_rng(seed)
    grid = random_grid(rng, MARKETS, int(rng.integers(10**6, 10**7)), int(rng.integers(1, most_bars)))
    chosen = random_strategy(rng, MARKETS)
    return compile_program(chosen, MINUTE, MARKETS, OPS), grid, Reference(chosen, grid, OPS)


@given(seed=seeds, block=st.integers(1, 4096))
def test_agrees_with_the_slow_reference(seed: int, block: int) -> None:
    program, grid, reference = random_case(seed, 400)
    assert same_bits(Kernel(program, block).advance(grid).values, reference.columns(program.columns))


def test_reference_compared_enough() -> None:
    """Agreement over nothing would be a failure: most of what is compared above is defined."""
    defined = total = 0
    for seed in range(20):
        program, grid, _ = random_case(seed, 400)
        values = Kernel(program).advance(grid).values
        defined += int(np.isfinite(values).sum())
        total += values.size
    assert defined > 10_000
    assert defined > 0.4 * total


@given(seed=seeds, cuts=st.lists(st.integers(1, 1499), max_size=6), blocks=st.lists(st.integers(1, 4096), min_size=7, max_size=7))
def test_cuts_blocks_and_saved_state_change_nothing(seed: int, cuts: list[int], blocks: list[int]) -> None:
    program, grid, _ = random_case(seed, 1500)
    length = grid.state.shape[1]
    whole_kernel = Kernel(program)
    whole = whole_kernel.advance(grid)
    edges = sorted({0, length, *(c for c in cuts if c < length)})
    kernel = Kernel(program, blocks[0])
    parts = []
    for k, (start, stop) in enumerate(itertools.pairwise(edges)):
        parts.append(kernel.advance(cut(grid, start, stop)))
        kernel = Kernel.restore(program, kernel.save(), blocks[k + 1 if k < 6 else 6])
        assert kernel.cold == ()
    assert same_bits(np.concatenate([part.values for part in parts], axis=1), whole.values)
    assert np.array_equal(np.concatenate([part.close_ms for part in parts]), whole.close_ms)
    assert kernel.save() == whole_kernel.save()
    firsts = [part.first_index for part in parts if part.values.shape[1]]
    assert firsts == sorted(firsts)


@given(seed=seeds, threads=st.integers(2, 4), group=st.integers(1, 4), block=st.integers(1, 2048), cut_at=st.integers(1, 1499))
def test_threads_change_nothing(seed: int, threads: int, group: int, block: int, cut_at: int) -> None:
    """Every thread has markets, slots and a copy of the alias markets' state of its own; saved state goes on in any number of them."""
    program, grid, _ = random_case(seed, 1500)
    length = grid.state.shape[1]
    alone, several = Kernel(program, block), Kernel(program, block, threads=threads, group=group)
    whole = alone.advance(grid)
    parts = [several.advance(grid, 0, min(cut_at, length))]
    if cut_at < length:
        several = Kernel.restore(program, several.save(), block, threads=threads)
        parts.append(several.advance(grid, cut_at, length - cut_at))
    assert same_bits(np.concatenate([part.values for part in parts], axis=1), whole.values)
    assert several.save() == alone.save()


@given(
    seed=seeds,
    threads=st.integers(1, 4),
    group=st.integers(1, 3),
    block=st.integers(1, 300),
    edges=st.lists(st.integers(1, 599), max_size=12),
)
def test_columns_computed_ahead_are_the_same(seed: int, threads: int, group: int, block: int, edges: list[int]) -> None:
    """A kernel goes on before its caller has asked, into room that is used again."""
    program, grid, _ = random_case(seed, 600)
    length = grid.state.shape[1]
    alone = Kernel(program, block)
    whole = alone.advance(grid).values
    several = Kernel(program, block, threads=threads, group=group, reuse=1)
    cuts = sorted({0, length, *(edge for edge in edges if edge < length)})
    with several.ahead(grid, [(start, stop - start) for start, stop in itertools.pairwise(cuts)]) as coming:
        parts = [part.values.copy() for part in coming]
    assert same_bits(np.concatenate(parts, axis=1), whole)
    assert several.save() == alone.save()


def test_threads_are_tried_with_aliases_and_across() -> None:
    tables = [random_case(seed, 2)[0].table for seed in range(40)]
    assert sum(bool(table.across) for table in tables) > 20
    assert sum(not table.across for table in tables) >= 3
    assert sum(bool(table.shared_rows) for table in tables) > 10


def base_case(seed: int) -> tuple[Program, BarGrid, Reference]:
    """Of `base_strategy`, with prices where bars are unknown, which nobody may read."""
    rng = np.random.default_rng(seed)
    grid = random_grid(rng, MARKETS, int(rng.integers(10**6, 10**7)), int(rng.integers(1, 300)), float(rng.choice([0.0, 0.01, 0.1])))
    chosen = base_strategy(rng, MARKETS)
    reference = Reference(chosen, grid, OPS)
    series = {name: np.where(grid.state == 0, 123.0, getattr(grid, name)) for name in SERIES}
    return compile_program(chosen, MINUTE, MARKETS, OPS), replace(grid, **series), reference


@given(seed=seeds, block=st.integers(1, 300), threads=st.integers(1, 3), group=st.integers(1, 3), share=st.floats(0.0, 1.0))
def test_reading_and_writing_in_place_changes_nothing(seed: int, block: int, threads: int, group: int, share: float) -> None:
    program, grid, reference = base_case(seed)
    kernel, length = Kernel(program, block, threads=threads, group=group), grid.state.shape[1]
    middle = int(length * share)
    parts = [kernel.advance(grid, first, count).values for first, count in ((0, middle), (middle, length - middle)) if count]
    assert same_bits(np.concatenate(parts, axis=1), reference.columns(program.columns))


def test_both_ways_of_reading_are_tried() -> None:
    cases = [base_case(seed)[:2] for seed in range(40)]
    sources = [set(Layout(program, 64).direct[:, DIRECT_SOURCE].tolist()) for program, _ in cases]
    assert sum(min(found) < 6 for found in sources if found) > 30
    assert sum(max(found) >= 6 for found in sources if found) > 30
    assert sum(len(Layout(program, 64).columns) > 0 for program, _ in cases) > 10
    whole = [bool((grid.state[:, first : first + 64] > 0).all()) for _, grid in cases for first in range(0, grid.state.shape[1], 64)]
    assert sum(whole) > 20
    assert len(whole) - sum(whole) > 20


def test_unknown_bars_read_in_place_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vm, "precompile", lambda: (door.run_blocks, door.take_bars))
    monkeypatch.setattr(machine, "knows_all", lambda *_: True)
    cases = [base_case(seed) for seed in range(8)]
    same = [same_bits(Kernel(program, 64).advance(grid).values, reference.columns(program.columns)) for program, grid, reference in cases]
    assert sum(same) < len(same)


def test_one_bar_at_a_time() -> None:
    program = compile_program(rich_strategy(), MINUTE, MARKETS, OPS)
    grid = random_grid(np.random.default_rng(5), MARKETS, 1_000_003, 700)
    whole = Kernel(program).advance(grid).values
    kernel = Kernel(program)
    parts = [kernel.advance(cut(grid, t, t + 1)).values for t in range(700)]
    assert same_bits(np.concatenate(parts, axis=1), whole)
    assert np.isfinite(whole).any(axis=(0, 1)).all()


@given(seed=seeds, cut_at=st.integers(1, 250))
def test_single_bars_change_nothing(seed: int, cut_at: int) -> None:
    """Blocks of one bar hold all markets side by side: through `advance`, through the door of `step`, and from one to the other."""
    program, grid, _ = random_case(seed, 250)
    length = grid.state.shape[1]
    cut_at = min(cut_at, length)
    whole_kernel = Kernel(program)
    whole = whole_kernel.advance(grid)
    alone = Kernel(program, 1)
    assert same_bits(alone.advance(grid).values, whole.values)
    assert alone.save() == whole_kernel.save()
    kernel = Kernel(program, 1)
    parts = [kernel.advance(cut(grid, 0, cut_at)).values]
    kernel = Kernel.restore(program, kernel.save(), 1)
    parts += [row[:, None] for row in stepped(kernel, grid, cut_at, length)]
    assert same_bits(np.concatenate(parts, axis=1), whole.values)
    assert kernel.save() == whole_kernel.save()


def stepped(kernel: Kernel, grid: BarGrid, start: int, stop: int) -> list[np.ndarray]:
    """Columns of every clock bar that closes with one of the bars [start, stop), given one by one."""
    room, found = kernel.open_door(), []
    for bar in range(start, stop):
        room.state[:] = grid.state[:, bar]
        room.series[:] = [getattr(grid, name)[:, bar] for name in SERIES]
        for place, key in enumerate(kernel.program.sides):
            room.sides[place] = grid.side[key][:, bar] if key in grid.side else np.nan
        if kernel.step(grid.first_index + bar):
            found.append(room.columns.copy())
    return found


def test_single_bars_follow_each_other_and_are_for_one_thread() -> None:
    program, grid, _ = random_case(11, 50)
    kernel = Kernel(program, 1)
    stepped(kernel, grid, 0, 1)
    with pytest.raises(ValueError, match="expected base bar"):
        kernel.step(grid.first_index + 2)
    with pytest.raises(ValueError, match="one thread"):
        Kernel(program, 1, threads=2).open_door()


@given(seed=seeds, share=st.floats(0.05, 0.95))
def test_no_future(seed: int, share: float) -> None:
    """Changing every bar from t on changes no column of a clock bar that closed by then."""
    program, grid, _ = random_case(seed, 600)
    t = int(grid.state.shape[1] * share)
    other = random_grid(np.random.default_rng(seed + 1), MARKETS, grid.first_index, grid.state.shape[1], unknown=0.2)
    arrays = {
        name: np.concatenate([getattr(grid, name)[:, :t], getattr(other, name)[:, t:]], axis=1)
        for name in ("state", "open", "high", "low", "close", "volume", "value")
    }
    side = {key: np.concatenate([array[:, :t], other.side[key][:, t:]], axis=1) for key, array in grid.side.items()}
    changed = BarGrid(grid.markets, grid.timeframe, grid.first_index, side=side, **arrays)
    before, after = Kernel(program).advance(grid), Kernel(program).advance(changed)
    past = int((before.close_ms <= (grid.first_index + t) * MINUTE_MS).sum())
    assert same_bits(before.values[:, :past], after.values[:, :past])


def held_index_errors(slower: Timeframe, clock: Timeframe, first_index: int, length: int) -> tuple[int, int]:
    """(bars where a hold of the slower bar's own index is not the last closed bar, bars compared)."""
    make = Maker()
    held = make.hold(clock, make.op("indexed", slower, make.leaf("close", slower)))
    program = compile_program(strategy(make.graph, clock, held), MINUTE, ("KRW-AAA",), OPS)
    grid = random_grid(np.random.default_rng(1), ("KRW-AAA",), first_index, length, unknown=0.0)
    block = Kernel(program, 97).advance(grid)
    expected = (block.close_ms - slower.offset_ms) // slower.length_ms - 1
    shown = np.abs(block.values[0, :, 0])
    seen = ~np.isnan(shown)
    return int((shown[seen] != expected[seen]).sum()), int(seen.sum())


@pytest.mark.parametrize(("slower", "clock"), [(HOUR, FIVE), (HOUR, MINUTE), (ODD, FIVE), (FIVE, ODD), (MINUTE, HOUR), (HOUR, HOUR)])
def test_hold_shows_the_last_closed_bar(slower: Timeframe, clock: Timeframe) -> None:
    wrong, compared = held_index_errors(slower, clock, 1_000_017, 3000)
    assert wrong == 0
    assert compared > 2000 // (clock.length_ms // MINUTE_MS)


MUTATIONS = {
    "hold shows the bar in progress": ("source_offset) - 1 - clocks", "source_offset) - clocks"),
    "hold lags one bar": ("source_offset) - 1 - clocks", "source_offset) - 2 - clocks"),
    "hold forgets between blocks": ("state[at] = memory[values", "state[at] = 0.0 * memory[values"),
    "alias sections get another market": ("alias = feeds[f, FEED_MARKET]", "alias = 0"),
    "absolute index is off by one": (
        "x[4] + m * apart[4], y + m * y_apart, count, first,",
        "x[4] + m * apart[4], y + m * y_apart, count, 1 + first,",
    ),
    "markets share state": (
        "own, known = run[RUN_SHARED_STATE] + first * step,",
        "own, known = run[RUN_SHARED_STATE] + first * 0,",
    ),
    "a flag that is not recorded is missing": ("0.0 if flag and x != x else x", "x"),
    "alias side series get another market": ("side_feeds[f, SIDE_MARKET], memory, 0", "0, memory, 0"),
    "a fold takes the bar before": ("if open_ms == bar_ms:", "if open_ms == bar_ms + source_length:"),
    "a fold of half a bar is taken as whole": ("state[at] if whole or fold", "state[at] if True or fold"),
    "a smallest is a largest": ("return smaller(value, x)", "return larger(value, x)"),
    "any is not Kleene's": ("if value == 1.0 or x == 1.0:", "if value == 1.0 and x == 1.0:"),
    "markets of a group share values": ("memory, x[0] + m * apart[0]", "memory, x[0]"),
    "markets of a group share places": ("y + m * y_apart, count, first", "y, count, first"),
    "markets of a group share bars": ("length, memory, feeds, row, by,", "length, memory, feeds, row, 0,"),
    "markets of a group share base bars": ("items(series, start), items(memory, slot + by)", "items(series, start), items(memory, slot)"),
    "markets of a group hold another's value": ("x[0] + m * apart[0], y + m * y_apart\n", "x[0], y + m * y_apart\n"),
    "markets of a group are exported once": ("by * columns[j, COLUMN_OWN]", "0"),
    "markets of a group share sides": (
        "* sides.shape[2] + first), items(memory, slot + by)",
        "* sides.shape[2] + first), items(memory, slot)",
    ),
    "markets share what is kept": ("+ market * moves[m, MOVE_STRIDE]", "+ 0 * market * moves[m, MOVE_STRIDE]"),
    "later stages get the last market's values": ("kept if load else slot", "kept if load and market > 0 else slot"),
}


#: the same of blocks of one bar
BAR_MUTATIONS = {
    "a bar of all markets shares state": ("y + market, state, own + market * step)", "y + market, state, own)"),
    "a bar of all markets holds another's value": ("else values[market]", "else values[0]"),
    "a bar of all markets forgets what it holds": ("state[at + market * step] = values[market]", "state[at + market * step] = 0.0"),
    "ops of a bar share state": ("address, state, own + m * step, params", "address, state, own, params"),
    "ops of a bar share values": ("memory, x0 + m, x1 + m", "memory, x0, x1 + m"),
    "a bar of all markets is exported once": ("out[market, column, at] = source[market]", "out[market, column, at] = source[0]"),
    "what markets share reaches the first": ("for market in range(1, markets):", "for market in range(2, markets):"),
    "a bar of all markets folds into one place": ("memory, feeds, row, market,", "memory, feeds, row, 0,"),
    "a bar of all markets has one side": ("x if x == x or not flag else 0.0", "x"),
}


def plant(folder: Path, old: str, new: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine with one place of its source changed, from now on."""
    (chosen,) = [module for module in (machine, timeframes) if Path(module.__file__).read_text(encoding="utf-8").count(old)]
    source = Path(chosen.__file__).read_text(encoding="utf-8")
    assert source.count(old) == 1
    path = folder / "mutated_machine.py"
    path.write_text(source.replace(old, new), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("mutated_machine", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if chosen is machine:
        monkeypatch.setattr(door, "run_block", module.run_block)
    else:
        for name in ("run_hold", "run_over", "hold_beside"):
            monkeypatch.setattr(machine, name, getattr(module, name))


def rich_case(
    run_blocks: Callable[..., int] | None, monkeypatch: pytest.MonkeyPatch, block: int, bars: int
) -> tuple[np.ndarray, np.ndarray]:
    """Columns of the rich strategies from the given machine (None: the compiled one), and what the reference says."""
    if run_blocks is not None:
        monkeypatch.setattr(vm, "precompile", lambda: (run_blocks, door.take_bars))
    grid = random_grid(np.random.default_rng(3), MARKETS, 1_000_017, bars)
    found, expected = [], []
    for chosen in (rich_strategy(), late_strategy()):
        program = compile_program(chosen, MINUTE, MARKETS, OPS)
        found.append(Kernel(program, block, group=None if block == 1 else 2).advance(grid).values)
        expected.append(Reference(chosen, grid, OPS).columns(program.columns))
    return np.concatenate(found, axis=2), np.concatenate(expected, axis=2)


@pytest.mark.parametrize(("block", "bars"), [(101, 500), (1, 130)])
def test_machine_as_plain_python_gives_the_same_bits(block: int, bars: int, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled, expected = rich_case(None, monkeypatch, block, bars)
    plain, _ = rich_case(door.run_blocks, monkeypatch, block, bars)
    assert same_bits(compiled, expected)
    assert same_bits(plain, expected)


@pytest.mark.parametrize("name", [*MUTATIONS, *BAR_MUTATIONS])
def test_reference_catches_planted_mutations(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    block, bars = (101, 500) if name in MUTATIONS else (1, 130)
    plant(tmp_path, *(MUTATIONS | BAR_MUTATIONS)[name], monkeypatch)
    found, expected = rich_case(door.run_blocks, monkeypatch, block, bars)
    assert found.shape == expected.shape
    assert not same_bits(found, expected)


def test_bar_cut_off_by_the_start_is_unknown() -> None:
    """Data begin 20 minutes into an hour: that hour is missing, the next one is there."""
    make = Maker()
    close = make.leaf("close", HOUR)
    program = compile_program(strategy(make.graph, HOUR, close), MINUTE, ("KRW-AAA",), OPS)
    grid = random_grid(np.random.default_rng(2), ("KRW-AAA",), 60 * 1000 + 20, 160, unknown=0.0)
    block = Kernel(program).advance(grid)
    assert block.first_index == 1000
    assert block.close_ms.tolist() == [1001 * HOUR.length_ms, 1002 * HOUR.length_ms, 1003 * HOUR.length_ms]
    assert np.isnan(block.values[0, :, 0]).tolist() == [True, False, False]


def test_missing_alias_market_is_missing_and_nothing_else() -> None:
    make = Maker()
    own = make.leaf("close", FIVE)
    alias = make.op("smooth", FIVE, make.leaf("close", FIVE, "KRW-BBB"), params=(0.5,), market="KRW-BBB")
    both = make.op("add", FIVE, own, alias)
    chosen = strategy(make.graph, FIVE, both, aliases={"b": "KRW-BBB"}, rank=own)
    program = compile_program(chosen, MINUTE, MARKETS, OPS)
    grid = random_grid(np.random.default_rng(4), MARKETS, 5000, 300, unknown=0.0)
    for array in (grid.open, grid.high, grid.low, grid.close, grid.volume, grid.value):
        array[1] = np.nan
    grid.state[1] = 0
    values = Kernel(program).advance(grid).values
    assert np.isnan(values[:, :, 0]).all()
    assert np.isfinite(values[0, :, 1]).mean() > 0.5
    assert np.isnan(values[1, :, 1]).all()
    with pytest.raises(ValueError, match="KRW-BBB"):
        compile_program(chosen, MINUTE, ("KRW-AAA", "KRW-CCC"), OPS)


def test_state_matches_by_key() -> None:
    """A changed parameter starts its own node cold, and those above it; everything else goes on, bit for bit."""
    grid = random_grid(np.random.default_rng(6), MARKETS, 1_000_000, 900)

    def program(factor: float) -> Program:
        make = Maker()
        kept = make.op("smooth", FIVE, make.leaf("close", FIVE), params=(0.1,))
        edited = make.op("smooth", FIVE, make.leaf("close", FIVE), params=(factor,))
        above = make.op("lag", FIVE, edited, params=(2.0,))
        chosen = strategy(make.graph, FIVE, above, rank=kept)
        return compile_program(chosen, MINUTE, MARKETS, OPS)

    before = Kernel(program(0.2))
    before.advance(cut(grid, 0, 503))
    after = Kernel.restore(program(0.3), before.save())
    cold = {program(0.3).table.rows[i].node for i in (1, 2)}
    assert set(after.cold) == cold
    whole = Kernel(program(0.3)).advance(grid).values
    rest = after.advance(cut(grid, 503, 900)).values
    assert same_bits(rest[:, :, 1], whole[:, -rest.shape[1] :, 1])
    assert not same_bits(rest[:, :, 0], whole[:, -rest.shape[1] :, 0])


def test_refuses_what_does_not_follow() -> None:
    program = compile_program(rich_strategy(), MINUTE, MARKETS, OPS)
    grid = random_grid(np.random.default_rng(7), MARKETS, 1000, 20)
    kernel = Kernel(program)
    kernel.advance(cut(grid, 0, 10))
    with pytest.raises(ValueError, match="expected base bar 1010, got 1011"):
        kernel.advance(cut(grid, 11, 20))
    with pytest.raises(ValueError, match="without bars"):
        kernel.advance(cut(grid, 10, 10))
    with pytest.raises(ValueError, match="cut short"):
        Kernel.restore(program, kernel.save()[:-3])
    with pytest.raises(ValueError, match="not a saved kernel state"):
        Kernel.restore(program, b"{}")
    with pytest.raises(ValueError, match="block of 0"):
        Kernel(program, 0)
