"""Windows that are done a block at a time: highest and lowest against numpy over each window, the others against bars one by one."""

from __future__ import annotations

import numpy as np
import pytest

from engine.kernel.catalogue import ops
from engine.kernel.ops.windows import LONG
from tests.laws.streams import run, same_bits


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


@pytest.mark.parametrize("n", [LONG - 1, LONG, 3 * LONG])
@pytest.mark.parametrize("name", ["sum", "sma", "count", "slope", "stdev", "corr", "beta"])
def test_bars_of_whole_blocks_are_those_of_bars_alone(name: str, n: int) -> None:
    """To the bit, and so is what they leave: a call of one bar never holds a block."""
    rng = np.random.default_rng(n)
    inputs = [100.0 + np.cumsum(np.round(rng.normal(0.0, 1.0, 40 * n))) for _ in range(2)]
    for k, x in enumerate(inputs):
        x[20 * n + k : 23 * n + k] = 0.1
        x[10 * n + 3 : 16 * n : 2 * n + k] = np.nan
        x[30 * n + k * n] = np.inf
    if name == "count":
        inputs[0] = np.where(np.isnan(inputs[0]), np.nan, inputs[0] > np.nanmean(inputs[0]))
    op = ops()[name]
    inputs = inputs[: len(op.function.args) - 1]
    blocks, alone = (run(op, (float(n),), inputs, 5, cuts=cuts) for cuts in ([7 * n + 3, 25 * n], range(1, 40 * n)))
    assert same_bits(blocks.values, alone.values)
    assert same_bits(blocks.state, alone.state)
    assert np.isfinite(blocks.values).sum() > 20 * n
