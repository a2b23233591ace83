"""A coin that does not move equals its own average: no rule fires on the rounding of a sum."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.kernel.catalogue import ops
from tests.laws.streams import run


@given(st.integers(1, 10**12), st.integers(0, 8), st.integers(1, 300), st.integers(0, 10**9))
def test_the_mean_of_equal_prices_is_that_price(counts: int, decimals: int, window: int, index: int) -> None:
    price = counts / 10**decimals
    before = np.array([price * 1.37, price * 0.2, np.nan, price])
    flat = np.concatenate([before, np.full(2 * window + 3, price)])
    means = run(ops()["sma"], (float(window),), (flat,), index).values
    settled = means[len(before) + window - 1 :]
    assert len(settled) > window
    assert (settled == price).all()


@given(st.integers(1, 10**12), st.integers(0, 8), st.integers(1, 60), st.integers(0, 10**9))
def test_every_average_of_equal_prices_is_that_price(counts: int, decimals: int, n: int, index: int) -> None:
    """From its seed on: recursive averages would otherwise stay a rounding away for ever."""
    price = np.full(40 * n, counts / 10**decimals)
    volume = np.random.default_rng(n).lognormal(0.0, 4.0, len(price)).round(8) + 1e-8
    for name, inputs in (("ema", (price,)), ("rma", (price,)), ("wma", (price,)), ("vwma", (price, volume))):
        values = run(ops()[name], (float(n),), inputs, index).values
        assert (values[n - 1 :] == price[0]).all(), name
    vwap = run(ops()["vwap"], (288.0,), (price, price, price, volume), 0).values
    assert (vwap == price[0]).all()
