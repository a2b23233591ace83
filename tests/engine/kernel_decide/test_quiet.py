"""Passing quiet bars changes no bit: of result and books, in worlds with much to pass and with little."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from engine.kernel import loop
from engine.kernel.bars import Closes, bars_of, by_row
from engine.kernel.book import Book, save_book
from engine.kernel.decide.ahead import look_ahead, rooms
from engine.kernel.decide.quiet import skip_quiet
from tests.engine.kernel_decide.random_runs import (
    BARS_PER_CLOCK,
    World,
    feed_world,
    make_calm_world,
    make_fixed_world,
    make_trailing_world,
    make_world,
    new_run,
    with_costs,
)
from tests.engine.kernel_decide.test_run import same_bits
from tests.engine.kernel_decide.worlds import MINUTE, START


def books(book: Book) -> tuple[bytes, bytes]:
    """All that a CLOSE leaves, and what it said of every market."""
    return save_book(book, "books"), book.verdict.tobytes()


def passed_bars(world: World) -> int:
    """Bars that the run passes before its first event: told by the function itself, as plain Python."""
    run = new_run(world)
    bars = world.bars.state.shape[1]
    columns, count = np.ascontiguousarray(world.columns.transpose(0, 2, 1)), len(world.close_ms)
    closes = Closes(world.close_ms, columns, np.zeros(count), np.zeros((count, 2)), np.zeros(2, np.int64), *rooms(len(columns)))
    bars_taken = bars_of(world.bars)
    look_ahead(run.plan, run.book, bars_taken, closes, 0, bars_taken.state.shape[1])
    bar, _, _ = skip_quiet(run.plan, run.book, bars_taken, closes, 0, bars, 0, False)
    return bar


@pytest.mark.parametrize("kind", ["calm", "guarded", "dense"])
def test_quiet_bars_change_nothing(kind: str) -> None:
    """Fast and plain runs, in one block and in several, over worlds of every kind of exit and risk profile."""
    passed = fills = 0
    for seed in range(60):
        world = make_world(seed) if kind == "dense" else make_calm_world(seed, guarded=kind == "guarded")
        bars = world.bars.state.shape[1]
        plain = new_run(world, may_skip=False)
        feed_world(world, plain, 0, bars, [bars])
        for blocks in ([bars], [7, 1, 90, 301]):
            fast = new_run(world)
            feed_world(world, fast, 0, bars, blocks)
            assert same_bits(fast.result(), plain.result())
            assert books(fast.book) == books(plain.book)
        passed += passed_bars(world)
        fills += len(plain.result().fills)
    assert passed > (1000 if kind == "calm" else 100)  # before the first look of a profile nothing is
    assert fills > 600


def test_extremes_that_were_put_off_are_there_when_a_block_ends() -> None:
    """Of positions that are open there, wherever it ends; where nothing reads them before."""
    held = 0
    for seed in range(40):
        world = make_fixed_world(seed)
        plain, fast = new_run(world, may_skip=False), new_run(world)
        assert plain.plan.settings[0]["extremes_matter"] == 0
        for start in range(0, 300, 60):
            for run in (plain, fast):
                feed_world(world, run, start, start + 60, [60])
            assert books(fast.book) == books(plain.book)
            position = plain.book.position
            held += int(((position["quantity_e8"] > 0.0) & (position["high_krw"] > position["low_krw"])).sum())
        assert same_bits(fast.result(), plain.result())
    assert held > 60, held


@pytest.mark.parametrize("make", [partial(make_calm_world, bars=300, guarded=True), make_trailing_world], ids=["guarded", "trailing"])
def test_bars_with_open_positions_are_passed(make: Callable[[int], World], monkeypatch: pytest.MonkeyPatch) -> None:
    """Most of them, as plain Python: where looks of a risk profile find what the last one found, and where levels move at each CLOSE."""
    passed = held = 0

    def count(*given: Any) -> tuple[int, int, bool]:
        nonlocal passed
        answer = skip_quiet(*given)
        passed += (answer[0] - given[4]) * int((given[1].position["quantity_e8"] > 0.0).any())
        return answer

    worlds = [make(seed) for seed in range(4, 8)]
    plain = [new_run(world, may_skip=False) for world in worlds]
    for world, run in zip(worlds, plain, strict=True):
        feed_world(world, run, 0, 300, [300])
    monkeypatch.setattr(loop, "skip_quiet", count)  # after all that is compiled
    for world, asked in zip(worlds, plain, strict=True):
        run = new_run(world, compiled=False)
        feed_world(world, run, 0, 300, [300])
        assert same_bits(run.result(), asked.result())
        assert books(run.book) == books(asked.book)
        equity = run.result().equity_krw
        held += int((equity > by_row(run.result().cash_changes, len(equity))).sum()) * BARS_PER_CLOCK
    assert held > 150
    assert passed > held // 4


def test_quiet_bars_change_nothing_where_costs_depend_on_volumes() -> None:
    parts = fills = 0
    for seed in range(40):
        world = with_costs(make_calm_world(seed, 900) if seed % 2 else make_world(seed), seed)
        bars = world.bars.state.shape[1]
        plain = new_run(world, may_skip=False)
        feed_world(world, plain, 0, bars, [bars])
        for blocks in ([bars], [7, 1, 90, 301]):
            fast = new_run(world)
            feed_world(world, fast, 0, bars, blocks)
            assert same_bits(fast.result(), plain.result())
            assert books(fast.book) == books(plain.book)
        _, counts = np.unique(plain.result().fills["order_id"], return_counts=True)
        parts, fills = parts + int((counts > 1).sum()), fills + int(counts.sum())
    assert parts > 50
    assert fills > 400


def test_plain_python_passes_the_same_bars() -> None:
    """Compiled and plain Python agree, from a late start too."""
    for seed in range(3):
        world = make_calm_world(seed, 400)
        start = START + 123 * MINUTE
        compiled, plain = new_run(world, True, start), new_run(world, False, start)
        for run in (compiled, plain):
            feed_world(world, run, 0, 400, [250])
        assert same_bits(compiled.result(), plain.result())
        assert books(compiled.book) == books(plain.book)
