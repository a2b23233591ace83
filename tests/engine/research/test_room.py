"""Runs after the first ask the system for no more memory."""

import os
import platform
import subprocess
import sys

import pytest

RUNS = """
import resource
import numpy as np
from benchmarks.phases import FOLDER
from benchmarks.walk import MINUTE_MS, START_MS, walk
from dsl.graph import Timeframe
from engine.cli.inputs import load_strategy
from engine.model.candle import BarGrid, BarState
from engine.research.backtest import backtest
from engine.research.figures import figures
from engine.research.result import Rounding, Settings

BARS = 100_000
opens, highs, lows, closes, volumes = (one[None] for one in walk(BARS, 0))
state = np.full((1, BARS), BarState.TRADED, np.int8)
grid = BarGrid(("KRW-BTC",), Timeframe(MINUTE_MS), START_MS // MINUTE_MS, state, opens, highs, lows, closes, volumes, closes * volumes)
strategy, settings = load_strategy(FOLDER / "t1-ema-cross.yaml"), Settings(1e8, 0.0005, 0.0, Rounding.NONE)
pages = []
for _ in range(12):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    trades = figures(backtest(strategy, grid, settings)).values["closed_trades"]
    pages.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(trades, *sorted(pages[2:]))
"""


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only the GNU C library gives freed memory back at once, and can be told not to"
)
def test_later_runs_touch_no_new_pages() -> None:
    """The equity curve alone of 100,000 bars is 600 pages, each of which the system clears when it is new. The thresholds that the library
    begins with are stated, since it would move them by what happened to be freed before."""
    least = {"MALLOC_TRIM_THRESHOLD_": "131072", "MALLOC_MMAP_THRESHOLD_": "131072"}
    done = subprocess.run([sys.executable, "-c", RUNS], capture_output=True, text=True, check=True, env=os.environ | least)
    trades, *pages = done.stdout.split()
    assert float(trades) > 500
    assert len(pages) == 10
    assert int(pages[len(pages) // 2]) < 60
