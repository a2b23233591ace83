"""Flat prices, bars without a trade, and what leaves a window: no noise where there is nothing."""

from __future__ import annotations

import numpy as np
import pytest

from engine.kernel.catalogue import ops
from tests.laws.columns import Column
from tests.laws.streams import run


def values(name: str, params: tuple[float, ...], *inputs: Column, index: int = 3) -> Column:
    return run(ops()[name], params, list(inputs), index).values


@pytest.mark.parametrize("price", [0.0008, 1e-8, 100.1, 1.5e8 + 0.1, 1e300])
@pytest.mark.parametrize("n", [2, 3, 20, 200])
def test_flat_windows_have_no_deviation(price: float, n: int) -> None:
    rng = np.random.default_rng(n)
    x = price * np.concatenate([rng.uniform(0.9, 1.1, 300), np.ones(300)])
    assert (values("stdev", (float(n),), x)[300 + n - 1 :] == 0.0).all()
    assert np.isnan(values("corr", (float(n),), x, rng.uniform(0.0, 1.0, 600))[300 + n - 1 :]).all()


def test_deviation_of_a_step_is_exact() -> None:
    x = np.array([1.5e8, 1.5e8 + 1000.0] * 50)
    assert (values("stdev", (10.0,), x)[9:] == 500.0).all()


def test_constant_prices() -> None:
    x = np.full(400, 1234.5)
    assert (values("ema", (10.0,), x)[9:] == 1234.5).all()
    assert (values("rma", (10.0,), x)[9:] == 1234.5).all()
    assert (values("sma", (8.0,), x)[7:] == 1234.5).all()
    assert np.isnan(values("rsi", (10.0,), x)).all()
    assert np.isnan(values("adx", (10.0,), x, x, x)).all()
    assert np.isnan(values("plus_di", (10.0,), x, x, x)).all()
    assert (values("tr", (), x, x, x)[1:] == 0.0).all()


def test_only_rises_only_falls() -> None:
    x = np.arange(1.0, 400.0)
    assert (values("rsi", (14.0,), x)[14:] == 100.0).all()
    assert (values("rsi", (14.0,), -x)[14:] == 0.0).all()
    assert (values("adx", (5.0,), x, x, x)[9:] == 100.0).all()


def test_a_missing_value_leaves_a_window_exactly_and_is_passed_over_by_an_average() -> None:
    x = np.arange(100.0)
    x[50] = np.nan
    for name in ("sma", "sum", "highest", "lowest", "stdev"):
        assert np.flatnonzero(np.isnan(values(name, (7.0,), x))).tolist() == [*range(6), *range(50, 57)]
    assert np.flatnonzero(np.isnan(values("ema", (7.0,), x))).tolist() == [*range(6), 50]
    without = np.delete(x, 50)
    # inside one restart period the average is that of the bars without the missing one
    assert values("ema", (7.0,), x, index=1)[60] == values("ema", (7.0,), without, index=1)[59]


def test_an_infinite_value_leaves_a_window_exactly() -> None:
    x = np.ones(60)
    x[20] = np.inf
    assert (values("sum", (5.0,), x)[25:] == 5.0).all()
    assert (values("stdev", (5.0,), x)[25:] == 0.0).all()


def test_vwap_and_obv_begin_at_the_anchor() -> None:
    price, volume = np.array([10.0, 20.0, 30.0, 40.0, 60.0, 50.0, 70.0]), np.array([9.0, 1.0, 0.0, 0.0, 2.0, 2.0, 4.0])
    vwap = values("vwap", (4.0,), price, price, price, volume, index=2)  # bars 2 3 | 4 5 6 7 | 8
    assert np.isnan(vwap[:4]).all()  # no anchor yet, then nothing has traded
    assert vwap[4:].tolist() == [60.0, 55.0, 70.0]
    obv = values("obv", (4.0,), price, volume, index=2)
    assert np.isnan(obv[:2]).all()
    assert obv[2:].tolist() == [0.0, 0.0, 2.0, 0.0, 0.0]


def test_a_missing_bar_spoils_the_session_and_not_the_next() -> None:
    price, volume = np.arange(1.0, 13.0), np.ones(12)
    price[5] = np.nan
    for series in (values("vwap", (4.0,), price, price, price, volume, index=4), values("obv", (4.0,), price, volume, index=4)):
        assert np.flatnonzero(np.isnan(series)).tolist() == [5, 6, 7]


def test_lag_of_nothing_is_the_value() -> None:
    x = np.arange(5.0)
    assert values("lag", (0.0,), x).tolist() == x.tolist()
