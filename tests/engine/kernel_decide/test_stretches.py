"""Loops over stretches of bars against plain definitions: on lengths around those that are looked at together, with every kind of value."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.kernel import stretches
from engine.kernel.abi import items
from engine.kernel.bars import changes_of
from engine.kernel.eights import eight_of, put_eight
from engine.kernel.load import compile_function
from engine.kernel.stretches import add_exposures, first_not_false, first_outside, first_true
from engine.model.candle import BarState

TRUTH = st.sampled_from([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.0, 1.0, math.nan])
PRICES = st.sampled_from([float(price) for price in range(100, 110)])


@st.composite
def stretch(draw: st.DrawFn) -> tuple[int, int]:
    first = draw(st.integers(0, 40))
    return first, first + draw(st.integers(0, 170))


def column(draw: st.DrawFn, values: st.SearchStrategy[float], count: int) -> NDArray[np.float64]:
    seed = draw(st.integers(0, 2**32 - 1))
    pool = np.array(draw(st.lists(values, min_size=1, max_size=40)))
    return np.asarray(np.random.default_rng(seed).choice(pool, count))


@st.composite
def truths(draw: st.DrawFn) -> tuple[NDArray[np.float64], int, int]:
    first, stop = draw(stretch())
    return column(draw, TRUTH, stop), first, stop


@st.composite
def bars(draw: st.DrawFn) -> tuple[list[NDArray[Any]], int, int]:
    """Also prices that no exchange would give: an open or a close beyond high and low."""
    first, stop = draw(stretch())
    kinds = np.array(draw(st.sampled_from([[2], [2, 2, 2, 1], [0, 1, 2]])), np.int8)
    states = np.random.default_rng(draw(st.integers(0, 99))).choice(kinds, stop)
    opens, one, other, closes = (column(draw, PRICES, stop) for _ in range(4))
    return [states, opens, np.maximum(one, other), np.minimum(one, other), closes], first, stop


def firsts(values: NDArray[np.float64], first: int, stop: int, found: NDArray[np.int64]) -> None:
    pointer = items(values, 0)
    found[0], found[1] = first_true(pointer, first, stop), first_not_false(pointer, first, stop)


def outsides(
    states: NDArray[np.int8], prices: NDArray[np.float64], first: int, stop: int, floor: float, ceiling: float, found: NDArray[np.int64]
) -> None:
    opens, highs, lows, closes = items(prices, 0), items(prices, stop), items(prices, 2 * stop), items(prices, 3 * stop)
    found[0] = first_outside(items(states, 0), opens, highs, lows, closes, first, stop, floor, ceiling)


@given(truths())
@settings(max_examples=60)
def test_the_first_and_the_number_of_truths(drawn: tuple[NDArray[np.float64], int, int]) -> None:
    values, first, stop = drawn
    true = [k for k in range(first, stop) if values[k] == 1.0]
    missing = [k for k in range(first, stop) if math.isnan(values[k])]
    assert stretches.first_true(values, first, stop) == min([*true, stop])
    assert stretches.first_not_false(values, first, stop) == min([*true, *missing, stop])
    assert stretches.count_truth(values, first, stop) == (len(true), len(missing))
    found = np.zeros(2, np.int64)
    compile_function(firsts, "void(float64[::1], int64, int64, int64[::1])", allocates=False)(values, first, stop, found)
    assert found.tolist() == [min([*true, stop]), min([*true, *missing, stop])]


@given(bars(), st.integers(98, 111), st.integers(98, 111))
@settings(max_examples=60)
def test_the_first_bar_outside_and_the_extremes(drawn: tuple[list[NDArray[Any]], int, int], floor: int, ceiling: int) -> None:
    (states, *prices), first, stop = drawn
    traded = [k for k in range(first, stop) if states[k] == BarState.TRADED]
    outside = [k for k in traded if not all(floor < price[k] < ceiling for price in prices)]
    assert stretches.first_outside(states, *prices, first, stop, floor, ceiling) == min([*outside, stop])
    found = np.zeros(1, np.int64)
    signature = "void(int8[::1], float64[::1], int64, int64, float64, float64, int64[::1])"
    compile_function(outsides, signature, allocates=False)(states, np.concatenate(prices), first, stop, floor, ceiling, found)
    assert found[0] == min([*outside, stop])
    seen = [price[k] for k in traded for price in prices]
    whole = len(traded) == stop - first
    assert stretches.first_not_traded(states, first, stop) == min([*(k for k in range(first, stop) if k not in traded), stop])
    for known in {whole, False}:
        assert stretches.extremes(states, *prices, first, stop, 104.0, 104.0, known) == (max([*seen, 104.0]), min([*seen, 104.0]))


def exposures(equity: NDArray[np.float64], changes: NDArray[np.float64], step: int, room: NDArray[np.float64]) -> int:
    held = change = 0
    total = eight_of(0.0)
    for first in range(0, equity.shape[0], step):
        stop = min(first + step, equity.shape[0])
        total, held, change = add_exposures(
            total, held, change, items(equity, 0), first, stop, changes, changes.shape[0]
        )  # fmt: skip
    put_eight(items(room, 0), 0, total)
    return held


@given(st.integers(0, 2**32), st.integers(1, 150), st.sampled_from([8, 64]))
@settings(max_examples=60)
def test_exposures_are_what_equity_is_above_cash(seed: int, rows: int, step: int) -> None:
    """Wherever cash changes: at every row, at none, between eights."""
    random = np.random.default_rng(seed)
    cash = np.repeat(random.choice([5.0, 7.0, 1e6], rows), random.choice([1, 3, 8, 40], rows))[:rows]
    equity = cash + random.choice([0.0, 0.0, 3.0, 1e-6, np.nan], rows)
    changes, room, held = changes_of(cash), np.zeros((2, 16)), [0, 0]
    compiled = compile_function(exposures, "int64(float64[::1], float64[:, ::1], int64, float64[::1])", allocates=False)
    held = [exposures(equity, changes, step, room[0]), compiled(equity, changes, step, room[1])]
    above = np.where(equity > cash, equity - cash, 0.0)
    assert held == [int((above > 0.0).sum())] * 2
    expected = [0.0] * 8
    for row, (part, whole) in enumerate(zip(above.tolist(), equity.tolist(), strict=True)):
        expected[row % 8] += part / whole if part > 0.0 else 0.0
    assert room[:, :8].tolist() == [expected, expected]
