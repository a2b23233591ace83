"""The three-valued tables, written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernel.abi import call_op
from engine.kernel.catalogue import ops
from engine.kernel.load import address

NAN = math.nan
T, F, M = 1.0, 0.0, NAN


def evaluate(name: str, *inputs: float) -> float:
    """One bar of an op without parameters, run as plain Python."""
    op = ops()[name]
    columns = [[value] for value in inputs] + [[0.0]] * (5 - len(inputs))
    result = [-7.0]
    op.kernel(op.init(()), [], *columns, result, 1, 0)  # type: ignore[call-arg]
    return result[0]


def same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


@pytest.mark.parametrize(
    ("a", "b", "both", "either"),
    [(T, T, T, T), (T, F, F, T), (T, M, M, T), (F, T, F, T), (F, F, F, F), (F, M, F, M), (M, T, M, T), (M, F, F, M), (M, M, M, M)],
)
def test_and_or(a: float, b: float, both: float, either: float) -> None:
    assert same(evaluate("and", a, b), both)
    assert same(evaluate("or", a, b), either)


@pytest.mark.parametrize(("a", "opposite"), [(T, F), (F, T), (M, M)])
def test_not(a: float, opposite: float) -> None:
    assert same(evaluate("not", a), opposite)


@pytest.mark.parametrize(("when", "expected"), [(T, 5.0), (F, 6.0), (M, M)])
def test_select(when: float, expected: float) -> None:
    assert same(evaluate("select", when, 5.0, 6.0), expected)


@pytest.mark.parametrize(
    ("x", "lo", "hi", "expected"),
    [(3, 3, 5, T), (5, 3, 5, T), (6, 3, 5, F), (2, 3, M, F), (4, 3, M, M), (4, M, 3, F), (M, 3, 5, M), (4, 5, 3, F)],
)
def test_between(x: float, lo: float, hi: float, expected: float) -> None:
    assert same(evaluate("between", x, lo, hi), expected)


@pytest.mark.parametrize("name", ["lt", "le", "gt", "ge", "eq", "ne"])
def test_comparing_with_a_missing_value_is_missing(name: str) -> None:
    assert math.isnan(evaluate(name, NAN, 1.0))
    assert math.isnan(evaluate(name, 1.0, NAN))


@pytest.mark.parametrize(
    ("name", "less", "equal", "more"),
    [("lt", T, F, F), ("le", T, T, F), ("gt", F, F, T), ("ge", F, T, T), ("eq", F, T, F), ("ne", T, F, T)],
)
def test_comparisons(name: str, less: float, equal: float, more: float) -> None:
    assert [evaluate(name, x, 2.0) for x in (1.0, 2.0, 3.0)] == [less, equal, more]
    assert evaluate(name, 0.0, -0.0) == equal


def test_division_by_zero_is_missing() -> None:
    assert math.isnan(evaluate("div", 1.0, 0.0))
    assert math.isnan(evaluate("div", 0.0, -0.0))
    assert evaluate("div", 0.0, 5.0) == 0.0


@pytest.mark.parametrize("name", ["min", "max", "add", "sub", "mul", "div"])
def test_missing_spreads(name: str) -> None:
    assert math.isnan(evaluate(name, NAN, 1.0))
    assert math.isnan(evaluate(name, 1.0, NAN))


def test_coalesce() -> None:
    assert evaluate("coalesce", NAN, 2.0) == 2.0
    assert evaluate("coalesce", 1.0, 2.0) == 1.0
    assert math.isnan(evaluate("coalesce", NAN, NAN))


@given(st.integers(1, 300), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.003, 0.3]))
@settings(max_examples=60)
def test_crossings_of_long_series_are_those_of_each_two_bars(length: int, seed: int, missing: float) -> None:
    """Compiled, 64 bars at a time; missing values at any place of these."""
    chance = np.random.default_rng(seed)
    a, b = chance.integers(0, 3, (2, length)).astype(float)
    a[chance.random(length) < missing], b[chance.random(length) < missing] = NAN, NAN
    memory = np.concatenate((a, b, np.zeros(length)))
    for name, over, under in (("crosses_above", a, b), ("crosses_below", b, a)):
        state = np.array([NAN])
        call_op(address(name), state, 0, np.zeros(1), 0, memory, 0, length, 0, 0, 0, 2 * length, length, 0)
        was = [M, *(M if p != p or q != q else float(p <= q) for p, q in zip(over, under, strict=True))]
        now = [M if p != p or q != q else float(p > q) for p, q in zip(over, under, strict=True)]
        both = [evaluate("and", before, after) for before, after in zip(was, now, strict=False)]
        np.testing.assert_array_equal(memory[2 * length :], both)
        np.testing.assert_array_equal(state, was[-1:])
