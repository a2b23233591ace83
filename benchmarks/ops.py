"""Single ops and a graph of 40 nodes against their targets: nanoseconds of processor time per bar, the least of some rounds.

.venv/bin/python -m benchmarks.ops [--write]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from benchmarks.op_cost import nanoseconds
from benchmarks.results import write_part
from benchmarks.sweep import grid_of
from engine.cli.inputs import load_strategy
from engine.kernel.program import compile_program
from engine.kernel.vm import Kernel

#: op, its parameters, the most nanoseconds that it should take
TARGETS = (
    ("sma", (20.0,), 2.5), ("sma", (200.0,), 2.5), ("highest", (14.0,), 2.5), ("lowest", (200.0,), 2.5),
    ("ema", (20.0,), 4.0), ("rma", (14.0,), 4.0), ("rsi", (14.0,), 4.0), ("slope", (30.0,), 4.0),
    ("stdev", (20.0,), 9.0), ("stdev", (200.0,), 9.0), ("corr", (30.0,), 15.0), ("adx", (14.0,), 13.0),
    ("add", (), 0.8), ("gt", (), 0.8), ("and", (), 0.8), ("crosses_above", (), 0.8), ("crosses_below", (), 0.8),
    ("bars_since", (20.0,), 0.8), ("lag", (1.0,), 0.8),
    ("pct_rank", (100.0,), 35.0), ("median", (50.0,), 60.0), ("hurst", (100.0,), 250.0),
)  # fmt: skip
GRAPH_TARGET = 100.0
BARS, ROUNDS = 200_000, 7
STRATEGY = Path(__file__).parent / "strategies" / "live-40.yaml"


def graph_nanoseconds() -> tuple[int, float]:
    """Nodes of the graph, and nanoseconds per bar of all of them together."""
    strategy, grid = load_strategy(STRATEGY), grid_of({"KRW-BTC": 100.0}, BARS)
    program = compile_program(strategy, grid.timeframe, grid.markets)
    least = float("inf")
    for _ in range(ROUNDS):
        kernel = Kernel(program, reuse=1)
        kernel.advance(grid, 0, 10)
        began = time.process_time_ns()
        kernel.advance(grid, 10, BARS - 10)
        least = min(least, (time.process_time_ns() - began) / BARS)
    return len(program.table.rows), least


def main() -> None:
    """Print the table, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    write = parser.parse_args().write
    lines = ["| op | ns a bar | target | |", "|---|---|---|---|"]
    for name, params, target in TARGETS:
        cost = nanoseconds(name, params)
        shown = f"{name}({', '.join(f'{value:g}' for value in params)})" if params else name
        lines.append(f"| {shown} | {cost:.2f} | {target:g} | {'' if cost <= target else f'{cost / target:.1f} times it'} |")
    nodes, cost = graph_nanoseconds()
    lines.append(f"| {nodes} nodes of {STRATEGY.stem} | {cost:.1f} | {GRAPH_TARGET:g} | {'' if cost <= GRAPH_TARGET else 'more'} |")
    print("\n".join(lines))
    if write:
        made = f"Made by `python -m benchmarks.ops --write` over random walks, least of some rounds, one thread; numpy {np.__version__}."
        write_part("Single ops", [made, "", *lines])


if __name__ == "__main__":
    main()
