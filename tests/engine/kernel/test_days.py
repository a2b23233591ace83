"""Passes over trading days, compiled and plain, against numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernel.days import DAYS_WIDTH, find_day_ends, measure_days, measure_spreads, precompile


@pytest.mark.parametrize("count", [0, 1, 2, 7, 8, 9, 16, 127, 128, 129, 136, 137, 300, 365, 1_000, 1_031, 4_097, 20_000])
def test_spreads_are_numpys_to_the_last_bit(count: int) -> None:
    rng = np.random.default_rng(count)
    daily = rng.normal(0.0, 0.02, (3, count))
    daily[1, rng.random(count) < 0.5] = 0.0
    found = np.empty((3, 3))
    precompile()["measure_spreads"](daily, found)
    expected = np.full((3, 3), np.nan)
    if count > 0:
        expected[:, 0] = daily.mean(axis=1)
    if count > 1:
        losses = np.minimum(daily, 0.0)
        expected[:, 1], expected[:, 2] = daily.std(axis=1, ddof=1), np.sqrt((losses * losses).mean(axis=1))
    np.testing.assert_array_equal(found, expected)
    if count <= 300:
        measure_spreads(daily, found)
        np.testing.assert_array_equal(found, expected)


def test_a_return_that_is_not_known_leaves_nothing_known() -> None:
    found, daily = np.empty((2, DAYS_WIDTH)), np.empty((2, 3))
    precompile()["measure_days"](100.0, np.array([[101.0, np.nan, 103.0], [0.0, 1.0, 2.0]]), daily, found)
    assert np.isnan(found).all()
    plain = np.empty((2, DAYS_WIDTH))
    measure_days(100.0, np.array([[101.0, 99.0, 103.0], [100.0, 100.0, 90.0]]), daily, plain)
    precompile()["measure_days"](100.0, np.array([[101.0, 99.0, 103.0], [100.0, 100.0, 90.0]]), daily, found)
    np.testing.assert_array_equal(found, plain)


@given(st.integers(0, 2**32), st.integers(0, 400), st.sampled_from([1, 3, 50]))
@settings(max_examples=60)
def test_days_end_where_a_search_finds_it(seed: int, rows: int, days: int) -> None:
    """Rows at even distances, with some left out, or anywhere."""
    rng = np.random.default_rng(seed)
    even = rng.integers(-30, 60) + np.arange(rows) * rng.integers(1, 9)
    times = (even, even[rng.random(rows) < 0.8], np.sort(rng.integers(0, 300, rows)))[rng.integers(3)]
    last, plain = np.empty(days, np.int64), np.empty(days, np.int64)
    precompile()["find_day_ends"](times, 10, 24, last)
    find_day_ends(times, 10, 24, plain)
    expected = times.searchsorted(10 + 24 * np.arange(days), side="right") - 1
    np.testing.assert_array_equal(last, expected)
    np.testing.assert_array_equal(plain, expected)
