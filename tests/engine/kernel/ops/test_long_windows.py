"""Highest and lowest of windows that are done a block at a time, against numpy over each window, where blocks miss values and where not."""

from __future__ import annotations

import numpy as np
import pytest

from engine.kernel.catalogue import ops
from engine.kernel.ops.windows import LONG
from tests.laws.streams import run


@pytest.mark.parametrize("n", [LONG - 1, LONG, LONG + 1, 3 * LONG])
@pytest.mark.parametrize("name", ["highest", "lowest"])
def test_highest_and_lowest_are_those_of_each_window(name: str, n: int) -> None:
    rng = np.random.default_rng(n)
    x = np.round(rng.normal(0.0, 2.0, 40 * n))
    x[rng.random(len(x)) < 0.01] = np.inf
    x[10 * n + 3 : 20 * n : 2 * n] = np.nan
    windows = np.lib.stride_tricks.sliding_window_view(x, n)
    expected = windows.max(axis=1) if name == "highest" else windows.min(axis=1)
    found = run(ops()[name], (float(n),), [x], 5, cuts=[7 * n + 3, 25 * n]).values
    assert np.isnan(found[: n - 1]).all()
    np.testing.assert_array_equal(found[n - 1 :], expected)
    assert np.isnan(expected).sum() == 5 * n
