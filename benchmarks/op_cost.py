"""Time of each compiled op per bar, and the median of each kind of memory: where the estimate of `explain --tree` comes from.

.venv/bin/python -m benchmarks.op_cost
"""

from __future__ import annotations

import ctypes
import statistics
import time
from collections import defaultdict

import numpy as np

from dsl.catalogue import ArgKind, Function
from engine.kernel.catalogue import catalogue, ops
from engine.kernel.load import address

BARS = 50_000
ROUNDS = 60
_POINTER = ctypes.POINTER(ctypes.c_double)
_OP = ctypes.CFUNCTYPE(None, *[_POINTER] * 8, ctypes.c_int64, ctypes.c_int64)
_WINDOW, _NUMBER = 20.0, 2.0


def _params(function: Function) -> tuple[float, ...]:
    kinds = [arg for arg in function.args if arg.kind is not ArgKind.SERIES]
    return tuple(min(max(_WINDOW if arg.kind is not ArgKind.NUMBER else _NUMBER, arg.minimum or 0), arg.maximum or 1e9) for arg in kinds)


def nanoseconds(name: str, chosen: tuple[float, ...] | None = None) -> float:
    """Nanoseconds of processor time per bar of one op over a random walk, the best of some rounds. chosen: its parameters."""
    op = ops()[name]
    params = np.array((_params(op.function) if chosen is None else chosen) or (0.0,))
    prices = 100 + np.cumsum(np.random.default_rng(1).normal(0, 0.1, BARS))
    inputs = [np.ascontiguousarray(prices + k) for k in range(5)]
    out = np.zeros(BARS)
    call = _OP(address(name))
    best = float("inf")
    for _ in range(ROUNDS):
        state = np.array(op.init(tuple(params)) or [0.0])
        arrays = [array.ctypes.data_as(_POINTER) for array in (state, params, *inputs, out)]
        began = time.process_time_ns()
        call(*arrays, BARS, 1_000_000)
        best = min(best, (time.process_time_ns() - began) / BARS)
    return best


def main() -> None:
    """Print the table."""
    kinds = defaultdict(list)
    for name, function in catalogue().items():
        if function.body is None and name in ops():
            kinds[function.memory].append((nanoseconds(name), name))
    for memory, found in kinds.items():
        slowest = ", ".join(f"{name} {cost:.1f}" for cost, name in sorted(found)[-3:])
        print(
            f"{memory.value:8} {len(found):3} ops, median {statistics.median(cost for cost, _ in found):6.1f} ns per bar; slowest {slowest}"
        )


if __name__ == "__main__":
    main()
