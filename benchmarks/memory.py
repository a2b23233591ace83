"""Peak memory of a backtest of many markets over a year of minutes, from the stored candles to the report, in a process of its own.

.venv/bin/python -m benchmarks.memory [--markets 100] [--days 365] [--strategy FILE] [--write]

The candles (random walks) are stored once, in the user's cache folder.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import platformdirs

from benchmarks.results import write_part
from benchmarks.walk import MINUTE_MS, START_MS, walk
from dsl.graph import Timeframe
from engine.candles.store import CandleStore
from engine.model.candle import CandleTable

ROOT = Path(__file__).resolve().parents[1]
DAY_BARS = 1_440
#: highest price of a walk is some times its first: ticks of 1 KRW are exact and legal near this
PRICE_SCALE = 10.0


def stored(markets: int, days: int) -> tuple[CandleStore, list[str]]:
    """A store with that many markets and days, and their codes."""
    store = CandleStore(Path(platformdirs.user_cache_dir("jangdan")) / f"minutes-{days}", synthetic=True)
    codes = [f"KRW-M{number:03d}" for number in range(markets)]
    known = set(store.markets())
    bars = days * DAY_BARS
    times = START_MS + MINUTE_MS * np.arange(bars, dtype=np.int64)
    for number, code in enumerate(codes):
        if code not in known:
            open_, high, low, close, volume = walk(bars, number)
            prices = [np.round(one * PRICE_SCALE) for one in (open_, high, low, close)]
            volume = np.round(volume / 1e6, 8)
            store.write(
                CandleTable(
                    code, Timeframe(MINUTE_MS), times, *prices, volume, volume * prices[3], ((START_MS, int(times[-1]) + MINUTE_MS),)
                )
            )
            sys.stderr.write(f"\rstored {number + 1} of {markets}")
    return store, codes


def main() -> None:
    """Print one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--markets", type=int, default=100)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--strategy", type=Path, default=ROOT / "benchmarks" / "strategies" / "t4-ema-portfolio.yaml")
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    store, codes = stored(chosen.markets, chosen.days)
    command = [sys.executable, "-m", "engine.cli", "backtest", str(chosen.strategy), "--data", str(store.folder)]
    command += ["--markets", ",".join(codes), "--from", "2024-01-02", "--json", "-"]
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    line = (
        f"{chosen.strategy.stem}, {chosen.markets} markets x {chosen.days * DAY_BARS:,} minutes, from stored candles to the report: "
        f"peak {used.ru_maxrss / 1024:,.0f} MiB, {used.ru_utime + used.ru_stime:.1f} s of processor time."
    )
    print(line, f"{time.perf_counter() - began:.1f} s")
    if chosen.write:
        write_part("Memory", ["Made by `python -m benchmarks.memory --write`.", "", line])


if __name__ == "__main__":
    main()
