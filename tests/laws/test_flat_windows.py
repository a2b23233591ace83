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
