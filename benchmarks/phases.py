"""Where the time of one backtest goes: processor time of each phase, the least of many runs.

.venv/bin/python -m benchmarks.phases [--bars 100000 525600] [--runs 20] [--write] [STRATEGY ...]

The phases are those of engine.research.backtest.backtest and engine.research.figures.figures, called one by one.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmarks.results import write_part
from benchmarks.walk import MINUTE_MS, START_MS, walk
from dsl.graph import Timeframe
from dsl.strategy import Strategy
from engine.cli.inputs import load_strategy
from engine.kernel.program import compile_program
from engine.model.candle import BarGrid, BarState
from engine.research import backtest as whole
from engine.research.figures import figures
from engine.research.kept import put_back_kernel, take_kernel
from engine.research.result import Rounding, Settings

FOLDER = Path(__file__).parent / "strategies"
NAMES = ("t1-ema-cross", "t1-hma-limit", "t2-atr-exits")
#: bars without entries, as in benchmarks.peers
WARM = 500

HEAD = [
    "Made by `python -m benchmarks.phases --write`: least processor time of each phase over many runs of one process. `whole backtest` is",
    "all but the figures, as one call.",
    "",
]

T = TypeVar("T")


@dataclass
class Clock:
    """Least processor seconds of each phase."""

    least: dict[str, float] = field(default_factory=dict)
    now: dict[str, float] = field(default_factory=dict)

    def time(self, phase: str, call: Callable[[], T]) -> T:
        """The call's answer; its time is added to the phase's of this run."""
        began = time.process_time()
        answer = call()
        self.now[phase] = self.now.get(phase, 0.0) + time.process_time() - began
        return answer

    def end_run(self) -> None:
        """Keep what was the least so far."""
        for phase, seconds in self.now.items():
            self.least[phase] = min(seconds, self.least.get(phase, seconds))
        self.now = {}


def run_once(strategy: Strategy, grid: BarGrid, settings: Settings, clock: Clock) -> None:
    """One backtest, phase by phase."""
    program = clock.time("program", lambda: compile_program(strategy, grid.timeframe, grid.markets))
    run = clock.time("plan and books", lambda: whole.started(strategy, program, grid, settings, grid.markets))
    kernel = clock.time("layout", lambda: take_kernel(program, settings.block, 1))
    length, stretch = grid.state.shape[1], whole.stretch_of(settings.block, 1)
    clock.time("room", lambda: run.expect(length + 1))
    for start in range(0, length, stretch):
        count = min(stretch, length - start)
        columns = clock.time("nodes", partial(kernel.advance, grid, start, count))
        clock.time("decisions", partial(run.feed, grid, columns, start, count))
    clock.time("result", run.result)
    put_back_kernel(kernel)
    found = clock.time("whole backtest", lambda: whole.backtest(strategy, grid, settings))
    clock.time("figures", lambda: figures(found))


def main() -> None:
    """Print a table for each strategy and length."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bars", type=int, nargs="+", default=[100_000, 525_600])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("names", nargs="*", default=NAMES)
    chosen = parser.parse_args()
    lines = []
    for bars in chosen.bars:
        opens, highs, lows, closes, volumes = (one[None] for one in walk(bars, 0))
        state = np.full((1, bars), int(BarState.TRADED), np.int8)
        minute = Timeframe(MINUTE_MS)
        grid = BarGrid(("KRW-BTC",), minute, minute.index(START_MS), state, opens, highs, lows, closes, volumes, closes * volumes)
        settings = Settings(1e8, 0.0005, 0.0, Rounding.NONE, from_ms=START_MS + WARM * MINUTE_MS)
        for name in chosen.names:
            strategy, clock = load_strategy(FOLDER / f"{name}.yaml"), Clock()
            for _ in range(chosen.runs + 1):
                run_once(strategy, grid, settings, clock)
                clock.end_run()
            lines += [f"### {name}, {bars:,} bars", "", "| phase | least CPU ms | ns a bar |", "|---|---|---|"]
            lines += [f"| {phase} | {seconds * 1e3:.2f} | {seconds * 1e9 / bars:.1f} |" for phase, seconds in clock.least.items()]
            lines.append("")
    print("\n".join(lines))
    if chosen.write:
        write_part("Where the time of one backtest goes", [*HEAD, *lines])


if __name__ == "__main__":
    main()
