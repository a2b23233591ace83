"""Other engines beside ours on the same candles: one market (T1, T2), or a hundred on one account (T4). Runs are interleaved, so that a
busy machine is busy for all of them.

python -m benchmarks.peers [--bars 100000 525600] [--runs 5] [--tasks T1 T2 T4] [--write]

The engines are installed into environments of their own in the user's cache folder. --write: renew benchmarks/results.md.
"""

from __future__ import annotations

import argparse
import platform
import sys
from pathlib import Path

import numpy as np

from benchmarks.peers.processes import LONGEST, LOOP, MARKET_BARS, MARKETS, PEERS, Worker, candle_file, interpreter_of, start
from benchmarks.results import write_part

OURS = {"T1": ("t1-ema-cross", "t1-hma-limit"), "T2": ("t2-atr-exits",), "T4": ("t4-ema-portfolio", "t4-ema-portfolio:1")}
#: an engine that takes seconds, and most bars that it is asked for
SLOW = "backtesting"
MOST_BARS = {SLOW: 100_000}
#: runs of one engine, and seconds, before it is the next one's turn, at the least: as long for short runs as for long ones, so that each
#: sees as much of what others do to a shared machine (its memory is slower for seconds at a time, which a year of bars feels)
IN_A_ROW, TURN_SECONDS = 6, 0.25
#: engines that have no such task here
UNABLE = {("T4", "vectorbt"), ("T4", SLOW), ("T1", LOOP), ("T2", LOOP)}
NOTES = {
    ("T4", "jangdan t4-ema-portfolio:1"): "in one thread; the others of ours in as many as there are processors",
    ("T4", LOOP): "not an engine: these rules alone, in one loop by hand; entries in the order of the markets",
    ("T4", "raptorbt"): "a hundredth of the cash for each market, five positions at most, no rank",
    ("T2", "raptorbt"): "one stop, all out at +2 %; no partial sale, no trail after it, no time exit",
    ("T2", "vectorbt"): "stop and all out at +2 % only",
    ("T2", SLOW): "all rules, approximately: two half orders, trail and time looked at when a bar closes; counts halves as trades",
}


def compare(task: str, bars: int, runs: int, peers: list[str]) -> list[Worker]:
    """All engines on one task, a few runs each in turn."""
    file = candle_file(task)
    workers = [start(f"jangdan {name}", Path(sys.executable), "jangdan_worker.py", name, bars, file) for name in OURS[task]]
    able = [peer for peer in peers if bars <= MOST_BARS.get(peer, LONGEST) and (task, peer) not in UNABLE]
    workers += [start(peer, interpreter_of(peer), f"{peer}_worker.py", task, bars, file) for peer in able]
    try:
        for _ in range(runs):
            for worker in workers:
                if worker.name == SLOW:
                    worker.run(1)
                else:
                    worker.run(IN_A_ROW, TURN_SECONDS)
    finally:
        for worker in workers:
            worker.end()
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
    "Engines take turns, each a quarter of a second and six runs at the least. On a busy machine compare by the least processor time",
    "(of all threads).",
    "Each engine runs its strategy again and again: ours finds program, plan, kernel and books of the run before, about 1.3 ms of it.",
    "",
]

if __name__ == "__main__":
    main()
