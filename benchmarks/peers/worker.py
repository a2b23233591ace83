"""What every worker shares: it loads the candles once, then answers each line on standard input, a number and seconds, with timed runs in
a row, so many and so long at the least: how many they are, then each, as lines of JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import numpy as np

FAST, SLOW, FEE, CASH = 20, 50, 0.0005, 1e8
#: no entries before this bar: it hides how engines begin their averages
WARM = 500
START_MS = 1_704_067_200_000


def candles() -> tuple[str, np.ndarray]:
    """The task, and open, high, low, close, volume [5, bars] in memory (several: [markets, 5, bars]): `worker.py FILE TASK BARS`."""
    path, task, bars = sys.argv[1:4]
    return task, np.array(np.load(path, mmap_mode="r")[..., : int(bars)])


def times_ns(bars: int) -> np.ndarray:
    """Open times of minutes."""
    return (START_MS // 1000 + 60 * np.arange(bars, dtype=np.int64)) * 1_000_000_000


def serve(run: Callable[[], tuple[int, float]], versions: str) -> None:
    """run() -> (closed trades, final equity). The first run, with whatever it compiles, is not asked for its time."""
    trades, equity = run()
    print(json.dumps({"versions": versions, "trades": int(trades), "equity": float(equity)}), flush=True)
    for line in sys.stdin:
        least, seconds = line.split()
        found: list[dict[str, float]] = []
        turn = time.perf_counter()
        while len(found) < int(least) or time.perf_counter() - turn < float(seconds):
            began, began_cpu = time.perf_counter(), time.process_time()
            run()
            found.append({"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - began_cpu})
        print(*map(json.dumps, [{"runs": len(found)}, *found]), sep="\n", flush=True)
