"""Speed of values across markets: nanoseconds per market and bar, beside a plain sort of as many numbers.

python -m benchmarks.across [MARKETS] [BARS]
"""

from __future__ import annotations

import sys
import time

import numpy as np

from dsl.catalogue import Unit
from dsl.graph import Graph, Node, Phase, Section, Timeframe
from dsl.side_series import ACROSS
from engine.kernel.program import compile_values
from engine.kernel.vm import Kernel
from engine.model.candle import BarGrid, BarState

MINUTE = Timeframe(60_000)
ROUNDS = 5


def grid(markets: int, bars: int) -> BarGrid:
    """Random closes of all markets, every bar traded."""
    shape = (markets, bars)
    price = np.random.default_rng(7).normal(1000.0, 50.0, shape)
    codes = tuple(f"KRW-{number:04d}" for number in range(markets))
    return BarGrid(codes, MINUTE, 1_000_000, np.full(shape, BarState.TRADED, np.int8), *[price] * 6)


def nanoseconds(candles: BarGrid, name: str | None) -> float:
    """Best of some rounds, per market and bar. name None: the program without the across row."""
    graph = Graph()
    close = graph.add(Node("close", (), (), Section(MINUTE), Phase.MARKET, Unit.PRICE))
    one = graph.add(Node("const", (), (1.0,), None, Phase.MARKET, Unit.NUMBER))
    node = close
    if name is not None:
        params = (0.0, 1.0, 10.0) if name == "across.top" else (0.0, 1.0)
        node = graph.add(Node(name, (close, one), params, Section(MINUTE), Phase.MARKET, Unit.NUMBER))
    program = compile_values(graph, [node], MINUTE, MINUTE, candles.markets)
    best = float("inf")
    for _ in range(ROUNDS):
        kernel = Kernel(program)
        start = time.perf_counter()
        kernel.advance(candles)
        best = min(best, time.perf_counter() - start)
    return best / candles.state.size * 1e9


def main() -> None:
    markets, bars = (int(text) for text in (*sys.argv[1:], *("100", "10000")[len(sys.argv) - 1 :]))
    candles = grid(markets, bars)
    columns = np.ascontiguousarray(candles.close.T)
    start = time.perf_counter()
    np.argsort(columns, axis=1, kind="stable")
    print(f"{markets} markets, {bars} bars, ns per market and bar")
    print(f"{'numpy stable argsort':22}{(time.perf_counter() - start) / candles.state.size * 1e9:8.1f}")
    print(f"{'no across row':22}{nanoseconds(candles, None):8.1f}")
    for name in ACROSS:
        print(f"{name:22}{nanoseconds(candles, name):8.1f}")


if __name__ == "__main__":
    main()
