"""Other engines beside ours on the same candles: one market (T1, T2), or a hundred on one account (T4). Runs are interleaved, so that a
busy machine is busy for all of them.

python -m benchmarks.peers [--bars 100000 525600] [--runs 5] [--tasks T1 T2 T4] [--write]

The engines are installed into environments of their own in the user's cache folder. --write: renew benchmarks/results.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.environments import CACHE, python_of
from benchmarks.results import write_part
from benchmarks.walk import walk

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LONGEST = 525_600
OURS = {"T1": ("t1-ema-cross", "t1-hma-limit"), "T2": ("t2-atr-exits",), "T4": ("t4-ema-portfolio", "t4-ema-portfolio:1")}
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
#: most bars that a slow engine is asked for
MOST_BARS = {"backtesting": 100_000}
#: engines that have no such task here
UNABLE = {("T4", "vectorbt"), ("T4", "backtesting"), ("T1", LOOP), ("T2", LOOP)}
NOTES = {
    ("T4", "jangdan t4-ema-portfolio:1"): "in one thread; the others of ours in as many as there are processors",
    ("T4", LOOP): "not an engine: these rules alone, in one loop by hand; entries in the order of the markets",
    ("T4", "raptorbt"): "a hundredth of the cash for each market, five positions at most, no rank",
    ("T2", "raptorbt"): "one stop, all out at +2 %; no partial sale, no trail after it, no time exit",
    ("T2", "vectorbt"): "stop and all out at +2 % only",
    ("T2", "backtesting"): "all rules, approximately: two half orders, trail and time looked at when a bar closes; counts halves as trades",
}


@dataclass
class Worker:
    """A process that answers each line with one timed run."""

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

    def run(self) -> None:
        """One more run."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.runs.append(self.read())

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


def compare(task: str, bars: int, runs: int, peers: list[str]) -> list[Worker]:
    """All engines on one task, run by run in turn."""
    file = candle_file(task)
    workers = [start(f"jangdan {name}", Path(sys.executable), "jangdan_worker.py", name, bars, file) for name in OURS[task]]
    able = [peer for peer in peers if bars <= MOST_BARS.get(peer, LONGEST) and (task, peer) not in UNABLE]
    workers += [start(peer, interpreter_of(peer), f"{peer}_worker.py", task, bars, file) for peer in able]
    try:
        for round_ in range(runs):
            for worker in workers:
                for _ in range(4 if round_ == 0 and worker.name != "backtesting" else 1):
                    worker.run()
                if worker.name != "backtesting":
                    for _ in range(4):
                        worker.run()
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.wait()
    return workers


def table(task: str, bars: int, workers: list[Worker]) -> list[str]:
    """Rows of one task. Ratios are to our first strategy, by medians and by least processor time."""
    ours = workers[0]
    least = min(one["cpu_seconds"] for one in ours.runs)
    whole = bars * (MARKETS if task == "T4" else 1)
    lines = [
        f"### {task}, {bars:,} bars" + (f" x {MARKETS} markets" if task == "T4" else ""),
        "",
        "| engine | median ms | ns a bar | least CPU ms | slower than ours: median | least CPU | trades | final equity | runs |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for one in workers:
        seconds, cpu = one.median("seconds"), min(run["cpu_seconds"] for run in one.runs)
        slower = seconds / ours.median("seconds")
        lines.append(
            f"| {one.name} | {seconds * 1e3:.2f} | {seconds / whole * 1e9:.1f} | {cpu * 1e3:.2f} | {slower:.2f} | "
            f"{cpu / least:.2f} | {one.first['trades']:,} | {one.first['equity']:,.0f} | {len(one.runs)} |"
        )
    measured = {one.name for one in workers}
    lines += [f"\n{peer}: {note}." for (of, peer), note in NOTES.items() if of == task and peer in measured]
    return [*lines, ""]


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bars", type=int, nargs="+", default=[100_000, LONGEST])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--tasks", nargs="+", default=list(OURS), choices=list(OURS))
    parser.add_argument("--peers", nargs="+", default=list(PEERS), choices=list(PEERS))
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    lines, versions = [], {}
    for task in chosen.tasks:
        for bars in sorted({min(bars, MARKET_BARS) for bars in chosen.bars} if task == "T4" else chosen.bars):
            workers = compare(task, bars, chosen.runs, chosen.peers)
            versions |= {one.name: one.first["versions"] for one in workers if "jangdan" not in one.name}
            found = table(task, bars, workers)
            print("\n".join(found), flush=True)
            lines += found
    if chosen.write:
        made_with = f"Python {platform.python_version()}, numpy {np.__version__}; {'; '.join(versions.values())}."
        write_part(TITLE, [*HEAD, made_with, "", *lines])


TITLE = "Beside other engines"
HEAD = [
    "Made by `python -m benchmarks.peers --write`. Every engine gets the same random walk in memory and does indicators, signals,",
    "simulation, number of trades and final equity; ours does every figure of a report too, by way of `backtest` and `figures`.",
    "Runs are interleaved. On a busy machine compare by the least processor time (of all threads).",
    "Each engine runs its strategy again and again: ours finds program, plan and layout of the run before, about 1 ms of it.",
    "",
]

if __name__ == "__main__":
    main()
