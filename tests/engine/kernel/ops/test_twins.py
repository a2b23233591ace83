"""Two nodes of one op computed at once are the two computed one after the other, to the bit; and a program that has such nodes does so."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dsl.catalogue import Unit
from dsl.graph import Graph, Node, Phase, Section, Timeframe
from engine.kernel.abi import TWIN_INTEGERS
from engine.kernel.catalogue import Op, ops
from engine.kernel.fields import ROW_ALIKE
from engine.kernel.load import address, address_of_twin
from engine.kernel.program import compile_values
from engine.kernel.vm import Kernel
from tests.engine.kernel.samples import random_grid

TWINS = sorted(name for name, op in ops().items() if op.twin is not None)
MINUTE = Timeframe(60_000)
_POINTER = ctypes.POINTER(ctypes.c_double)
_CALL = ctypes.CFUNCTYPE(None, *[_POINTER] * 8, ctypes.c_int64, ctypes.c_int64)


_TWIN = ctypes.CFUNCTYPE(None, *[_POINTER] * 8, *[ctypes.c_int64] * TWIN_INTEGERS)


def _at(array: NDArray[np.float64]) -> object:
    return array.ctypes.data_as(_POINTER)


def _alone(name: str, op: Op, n: float, values: NDArray[np.float64], index: int) -> tuple[bytes, bytes]:
    state, params, out = np.array(op.init((n,))), np.array([n]), np.zeros(len(values))
    _CALL(address(name))(_at(state), _at(params), *[_at(values)] * 5, _at(out), len(values), index)
    return out.tobytes(), state.tobytes()


@pytest.mark.parametrize("name", TWINS)
@given(
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(0, 10**6),
    st.lists(st.integers(1, 400), min_size=1, max_size=4),
    st.integers(1, 9),
    st.sampled_from([0.0, 0.001, 0.1]),
    st.integers(0, 99),
)
def test_twins_are_two_ops_of_each_market_to_the_bit(
    name: str, n: int, m: int, index: int, cuts: list[int], markets: int, missing: float, seed: int
) -> None:
    """Markets lie so far apart that nothing is between them or something is; where a value is missing they go on one by one."""
    op, random = ops()[name], np.random.default_rng(seed)
    assert op.twin is not None
    sizes = [len(op.init((float(k),))) for k in (n, m)]
    total, size = sum(cuts), max(sizes)
    between = int(random.integers(0, 3))
    states = np.zeros((markets, 2, size))
    states[:, 0, : sizes[0]], states[:, 1, : sizes[1]] = op.init((float(n),)), op.init((float(m),))
    series, outs = np.zeros((2, markets, total + between)), np.zeros((2, markets, 2 * total))
    series[:] = 100.0 + np.cumsum(random.normal(0.0, 1.0, series.shape), axis=2)
    series[random.random(series.shape) < missing] = np.nan
    params, start = np.array([[n], [m]], np.float64), 0
    for length in cuts:  # params, x, then of the second: state, params, x, y; then y
        (x, w), (y, z) = series[:, :, start:], outs[:, :, start:]
        arrays = (states[:, 0], params[0], x, states[:, 1], params[1], w, z, y)
        steps = (2 * size, total + between, total + between, 2 * total, 2 * total)
        _TWIN(address_of_twin(op.twin))(*map(_at, arrays), length, index + start, markets, *steps)
        start += length
    for market in range(markets):
        of_both = zip(outs, states[market], sizes, strict=True)
        found = [(out[market, :total].tobytes(), state[:count].tobytes()) for out, state, count in of_both]
        values = [np.ascontiguousarray(one[market, :total]) for one in series]
        assert found == [_alone(name, op, float(k), value, index) for k, value in zip((n, m), values, strict=True)]


def test_a_program_puts_twins_side_by_side_after_what_they_read() -> None:
    """ema of close, ema of that, and another ema of close: the first and the last can be computed at once, the one between cannot."""
    graph, section = Graph(), Section(MINUTE)
    close = graph.add(Node("close", (), (), section, Phase.MARKET, Unit.PRICE))
    first = graph.add(Node("ema", (close,), (5.0,), section, Phase.MARKET, Unit.PRICE))
    second = graph.add(Node("ema", (first,), (7.0,), section, Phase.MARKET, Unit.PRICE))
    third = graph.add(Node("ema", (close,), (9.0,), section, Phase.MARKET, Unit.PRICE))
    rows = compile_values(graph, [second, third], MINUTE, MINUTE, ["KRW-BTC"]).table.rows
    assert [(row.node, row.leads) for row in rows] == [(first, True), (third, False), (second, False)]


@pytest.mark.parametrize("name", TWINS)
def test_a_node_alone_is_computed_for_two_markets_at_once(name: str) -> None:
    """The same bits as one market after another, with an odd market left over and values missing."""
    markets = tuple(f"KRW-A{k}" for k in range(7))
    graph, section = Graph(), Section(MINUTE)
    close = graph.add(Node("close", (), (), section, Phase.MARKET, Unit.PRICE))
    program = compile_values(graph, [graph.add(Node(name, (close,), (5.0,), section, Phase.MARKET, Unit.PRICE))], MINUTE, MINUTE, markets)
    grid = random_grid(np.random.default_rng(5), markets, 1_000, 700)
    together, alone = Kernel(program, 64, group=7), Kernel(program, 64, group=1)
    alike = together.row_tables[1][:, ROW_ALIKE]
    assert alike.tolist() == [address_of_twin(ops()[name].twin)]
    found, expected = together.advance(grid).values, alone.advance(grid).values
    assert found.tobytes() == expected.tobytes()
    assert together.state.tobytes() == alone.state.tobytes()
    known = ~np.isnan(found[:, :, 0])
    assert all(100 < count < 700 for count in known.sum(axis=1))
    assert len({column[known[row]].tobytes() for row, column in enumerate(found[:, :, 0])}) == len(markets)


def test_there_are_twins() -> None:
    assert TWINS == ["ema", "rma", "sum"]
