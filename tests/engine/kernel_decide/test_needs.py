"""What position variables and rows are evaluated for, and what a level moves with, against evaluations of everything."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.kernel.decide.plan import FOR_ALL, FOR_ENTRY, FOR_FROZEN, FOR_MOVING, FOR_RULES
from engine.kernel.decide.position import RULE, evaluate
from engine.kernel.decide.quiet_plan import COLUMNS, EXTREMES, MOMENT
from engine.kernel.run import Run
from tests.engine.kernel_decide.random_runs import make_calm_world, make_fixed_world, make_trailing_world, make_world, new_run

#: entry, high, low, price, age, bars, time
_BASE = (1_000.0, 1_100.0, 950.0, 1_050.0, 600_000, 2, 1_756_684_800_000)


def runs() -> list[Run]:
    """Of random strategies; their latest columns are made up."""
    found = []
    for seed in range(30):
        for make in (make_world, make_calm_world, make_fixed_world, make_trailing_world):
            run = new_run(make(seed), compiled=False)
            run.book.columns[...] = np.random.default_rng(seed).uniform(900.0, 1_100.0, run.book.columns.shape)
            found.append(run)
    return found


def values(run: Run, purpose: int, at: tuple[Any, ...] = _BASE) -> NDArray[np.float64]:
    """The value vector after an evaluation that finds nothing there but constants."""
    run.book.values[...] = run.plan.initial
    entry, high, low, price, age, bars, time_ms = at
    evaluate(run.plan, run.book, 0, purpose, False, entry, high, low, price, age, bars, time_ms)
    return run.book.values.copy()


def test_each_purpose_has_what_its_exits_ask_for() -> None:
    asked, left_out = 0, 0
    for run in runs():
        exits, everything = run.plan.exits, values(run, FOR_ALL)
        levels = exits["kind"] != RULE
        chosen = {
            FOR_ENTRY: levels & (exits["after"] < 0),
            FOR_FROZEN: levels & (exits["frozen"] != 0),
            FOR_MOVING: exits["moves_with"] != 0,
            FOR_RULES: ~levels,
        }
        assert (chosen[FOR_MOVING] == (levels & (exits["frozen"] == 0))).all()
        for purpose, of in chosen.items():
            slots = exits["slot"][of]
            assert values(run, purpose)[slots].tobytes() == everything[slots].tobytes()
            asked += int((~np.isnan(everything[slots])).sum())
            left_out += int(run.plan.needs[FOR_ALL, 1] - run.plan.needs[purpose, 1])
    assert asked > 300, asked
    assert left_out > 300, left_out


def test_a_level_stands_while_nothing_changes_that_it_moves_with() -> None:
    entry, high, low, price, age, bars, time_ms = _BASE
    stood = {COLUMNS: 0, EXTREMES: 0, MOMENT: 0}
    moved = dict(stood)
    for run in runs():
        moving = run.plan.exits[run.plan.exits["moves_with"] != 0]
        assert run.plan.settings[0]["levels_move_with"] == np.bitwise_or.reduce(moving["moves_with"])
        before, columns = values(run, FOR_MOVING), run.book.columns.copy()
        after = {
            EXTREMES: values(run, FOR_MOVING, (entry, high * 1.1, low * 0.9, price, age, bars, time_ms)),
            MOMENT: values(run, FOR_MOVING, (entry, high, low, price * 1.01, age + 300_000, bars + 1, time_ms + 300_000)),
        }
        run.book.columns[...] = columns * 1.01
        after[COLUMNS] = values(run, FOR_MOVING)
        for bit, found in after.items():
            for one in moving:
                same = found[one["slot"]] == before[one["slot"]]
                assert same or one["moves_with"] & bit != 0
                stood[bit] += int(one["moves_with"] & bit == 0)
                moved[bit] += int(not same)
    assert min(stood.values()) > 20, stood
    assert min(moved.values()) > 5, moved
