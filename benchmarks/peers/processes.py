"""Processes that run other engines, each in an environment of its own, and one timed run after the other as they are asked."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.environments import CACHE, python_of
from benchmarks.walk import walk

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
#: bars of the walk of one market
LONGEST = 525_600
#: of T4
MARKETS, MARKET_BARS = 100, 100_000
#: a loop by hand in our own environment: no engine, but what the machine can do
LOOP = "loop"
PEERS = {
    LOOP: (),
    "raptorbt": ("raptorbt==0.13.4", "numpy==2.4.6"),
    "vectorbt": ("vectorbt==1.2.0", "vectorbt-rust==1.2.0"),
    "backtesting": ("backtesting==0.6.6",),
}


@dataclass
class Worker:
    """A process that answers each line with as many timed runs as it asks for."""

    name: str
    process: subprocess.Popen[str]
    first: dict[str, Any] = field(default_factory=dict)
    runs: list[dict[str, float]] = field(default_factory=list)

    def read(self) -> dict[str, Any]:
        """Its next answer. Raises RuntimeError when it has died."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended with code {self.process.wait()}")
        return dict(json.loads(line))

    def run(self, count: int, seconds: float = 0.0) -> None:
        """More runs in a row: so many and so long at the least."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{count} {seconds}\n")
        self.process.stdin.flush()
        made = self.read()["runs"]
        self.runs += [self.read() for _ in range(made)]

    def end(self) -> None:
        """No more runs."""
        self.process.kill()
        self.process.wait()

    def median(self, what: str) -> float:
        """Of all runs."""
        return statistics.median(one[what] for one in self.runs)


def candle_file(task: str) -> Path:
    """Random walks that are always the same."""
    path = CACHE / ("walks.npy" if task == "T4" else "walk.npy")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, np.stack([walk(MARKET_BARS, market) for market in range(MARKETS)]) if task == "T4" else walk(LONGEST, 0))
    return path


def start(name: str, python: Path, script: str, task: str, bars: int, file: Path) -> Worker:
    """A worker that has done its first run."""
    paths = os.pathsep.join([str(HERE), str(ROOT)])
    environment = os.environ | {"RAPTORBT_NO_VERSION_CHECK": "1", "PYTHONPATH": paths if "jangdan" in script else str(HERE)}
    command = [str(python), str(HERE / script), str(file), task, str(bars)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    worker = Worker(name, process)
    worker.first = worker.read()
    return worker


def interpreter_of(peer: str) -> Path:
    """Its environment's; a loop by hand needs no other than ours."""
    return python_of(peer, PEERS[peer]) if PEERS[peer] else Path(sys.executable)
