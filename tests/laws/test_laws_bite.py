"""Each law refuses an op that breaks it: the ordinary ways of writing an indicator, and small slips in the right one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import pytest

from dsl.catalogue import Range
from engine.kernel.catalogue import Kernel, Op, ops
from engine.kernel.catalogue import Pointer as P
from engine.kernel.ops.windows import window_sums
from tests.laws.columns import KINDS, Column
from tests.laws.laws import check_compiled, check_cuts, check_missing, check_no_future, check_range, check_start, check_warmup

NAN: Final = math.nan


def running_sum(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    """Adds the new value and takes the oldest away: rounding stays for ever."""
    n = int(params[0])
    for t in range(length):
        slot = (index + t) % n
        state[n] = state[n] + x0[t] - state[slot]
        state[n + 1] = state[n + 1] + 1.0
        state[slot] = x0[t]
        y[t] = state[n] / n if state[n + 1] >= n else NAN


def endless_ema(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    """Never restarts: a flat tail keeps the start's last bits."""
    n = params[0]
    for t in range(length):
        if state[0] < n:
            state[0] = state[0] + 1.0
            state[1] = state[1] + x0[t] / n
        else:
            state[1] = state[1] + 2.0 / (n + 1.0) * (x0[t] - state[1])
        y[t] = state[1] if state[0] >= n else NAN


def block_mean(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    """Smooths within the call: depends on where it is cut."""
    for t in range(length):
        y[t] = (x0[t] + x0[0]) / 2.0


def phase_from_call(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    """Lets its blocks begin where the call begins instead of on the absolute index."""
    window_sums(state, int(params[0]), x0, y, length, 0, 1.0)


def next_value(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    """Looks one bar ahead inside a call."""
    for t in range(length):
        y[t] = x0[t + 1] if t + 1 < length else x0[t]


def half_warm(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    """Defined from the first bar on, as rolling means with min_periods=1 are."""
    for t in range(length):
        y[t] = x0[t]


def two_valued_and(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    """Takes missing for false."""
    for t in range(length):
        y[t] = 1.0 if x0[t] == 1.0 and x1[t] == 1.0 else 0.0


def unbounded(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    """Leaves its declared range."""
    for t in range(length):
        y[t] = x0[t]


def overrun(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    """Writes one element past its state."""
    state[int(params[0])] = x0[0]
    for t in range(length):
        y[t] = x0[t]


def _broken(name: str, kernel: Kernel, state_size: int = 0) -> Op:
    return replace(ops()[name], kernel=kernel, state_size=lambda _: state_size, init=lambda _: [0.0] * state_size)


def _column(kind: str, length: int = 600) -> Column:
    return KINDS[kind](np.random.default_rng(5), length)


def _refused(check: Callable[[], object]) -> None:
    with pytest.raises(AssertionError):
        check()


def test_a_running_sum_remembers_its_start() -> None:
    op, x = _broken("sma", running_sum, 22), np.append(_column("spikes"), _column("ticks"))
    check_cuts(op, (20.0,), [x], 7, [3, 50, 51])
    _refused(lambda: check_start(op, (20.0,), [x], 7, 450))


def test_an_endless_ema_remembers_its_start() -> None:
    op, x, starts = _broken("ema", endless_ema, 2), _column("flat_tail", 3000), range(900, 1000)
    check_cuts(op, (40.0,), [x], 7, [3, 50, 51])
    _refused(lambda: [check_start(op, (40.0,), [x], 7, start) for start in starts])
    for start in starts:
        check_start(ops()["ema"], (40.0,), [x], 7, start)


def test_a_mean_over_the_call_is_cut() -> None:
    _refused(lambda: check_cuts(_broken("abs", block_mean), (), [_column("uniform")], 0, [100]))


def test_a_window_counted_from_the_call_is_cut() -> None:
    _refused(lambda: check_cuts(_broken("sma", phase_from_call, 9), (7.0,), [_column("uniform")], 0, [50]))


def test_a_look_ahead_is_seen() -> None:
    _refused(lambda: check_no_future(_broken("abs", next_value), (), [_column("uniform")], [_column("ticks")], 0, 300))


def test_half_warm_values_are_seen() -> None:
    _refused(lambda: check_warmup(_broken("sma", half_warm), (20.0,), [_column("uniform")], 0))


def test_taking_missing_for_false_is_seen() -> None:
    a, b = np.full(10, np.nan), np.ones(10)
    _refused(lambda: check_missing(_broken("and", two_valued_and), (), [a, b], [b, b], 0))


def test_leaving_the_range_is_seen() -> None:
    op = _broken("abs", unbounded)
    _refused(lambda: check_range(op, (), [_column("uniform")], 0))
    check_range(replace(op, function=replace(op.function, value_range=Range())), (), [_column("uniform")], 0)


def test_writing_outside_the_state_is_seen() -> None:
    op = _broken("sma", overrun, 3)
    _refused(lambda: check_range(op, (3.0,), [_column("uniform")], 0))
    _refused(lambda: check_compiled(op, (3.0,), [_column("uniform")], 0, []))
