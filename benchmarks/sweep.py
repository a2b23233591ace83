"""Sweeps through the public door: task T3 of the published comparison (1,000 EMA crosses), and 200 variants of a shipped strategy.

.venv/bin/python -m benchmarks.sweep [BARS ...] [--write]      default: 100000 525600

Checking (every variant as a file) and computing (programs, decisions, fills, figures) are timed apart; wall and processor time, median and
least of the runs. A processor that others use, too, makes all of them longer.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.results import write_part
from benchmarks.walk import MINUTE_MS, START_MS, walk
from dsl.files import default_profile_folders, profiles_in
from dsl.graph import Timeframe
from dsl.strategy import Strategy
from dsl.variants import Variants
from dsl.vary import from_range, products, spread
from engine.kernel.catalogue import catalogue
from engine.model.candle import BarGrid, BarState
from engine.research.result import Rounding, Settings
from engine.research.sweep import SweepResult, sweep

ROOT = Path(__file__).resolve().parents[1]
RUNS = 5
WARM_BARS = 500
DAY_BARS = 1_440
#: the published comparison takes the beginning of one walk of so many bars
LONGEST = 525_600
#: raptorbt 0.13.4, the fastest of the others, took so long for the 1,000 variants of T3 over so many bars on this kind of machine
#: (published comparison, one call a variant from Python)
PEER_SECONDS, PEER_BARS = 5.5, 100_000
#: the most traded markets, and a price that each is near
MARKETS = {
    "KRW-ADA": 1_200.0, "KRW-AVAX": 40_000.0, "KRW-BCH": 800_000.0, "KRW-BTC": 150_000_000.0, "KRW-DOGE": 300.0, "KRW-ETC": 30_000.0,
    "KRW-ETH": 6_000_000.0, "KRW-LINK": 30_000.0, "KRW-SOL": 280_000.0, "KRW-XRP": 4_000.0,
}  # fmt: skip


def variants_of(path: Path, axes: dict[str, tuple[str, ...]]) -> list[Strategy]:
    """Every combination as a strategy; none may be refused."""
    one = Variants(path.read_text("utf-8"), str(path), catalogue(), profiles_in(*default_profile_folders(path)))
    places = {name: one.place(name) for name in axes}
    found = [one.variant({places[name]: value for name, value in values.items()}).strategy for values in products(axes)]
    assert None not in found
    return [strategy for strategy in found if strategy is not None]


def grid_of(markets: dict[str, float], bars: int, drawn: int = 0) -> BarGrid:
    """Random walks from these prices; the first `bars` of walks of `drawn` bars where that is more (gaps are drawn after all closes)."""
    series = np.stack(
        [walk(max(bars, drawn), k)[:, :bars] * np.array([[price / 100.0]] * 4 + [[1.0]]) for k, price in enumerate(markets.values())],
        axis=1,
    )
    state = np.full(series.shape[1:], BarState.TRADED, np.int8)
    open_, high, low, close, volume = map(np.ascontiguousarray, series)
    return BarGrid(tuple(markets), Timeframe(MINUTE_MS), START_MS // MINUTE_MS, state, open_, high, low, close, volume, volume * close)


def peak_mib() -> float:
    """The most memory that this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def timed(run: Callable[[], object]) -> tuple[list[float], list[float]]:
    """Wall and processor seconds of the runs."""
    wall, processor = [], []
    for _ in range(RUNS):
        began, used = time.perf_counter(), time.process_time()
        run()
        wall.append(time.perf_counter() - began)
        processor.append(time.process_time() - used)
    return wall, processor


def report(name: str, bars: int, check: Callable[[], list[Strategy]], compute: Callable[[list[Strategy], int], SweepResult]) -> list[str]:
    """One line for checking and one for each number of threads, and the memory that computing adds; printed, too."""
    strategies = check()
    compute(strategies[:2], 2)
    before = peak_mib()
    result = compute(strategies, 2)
    added = peak_mib() - before
    trades = sum(outcome.closed_trades for outcome in result.outcomes)
    best = max(outcome.end_equity for outcome in result.outcomes)
    lines = [f"{name}: {len(strategies)} variants x {bars:,} bars, {trades:,} trades, best {best:,.0f}", ""]
    lines += ["| | median s | least s | processor s | ns per variant and bar |", "|---|---|---|---|---|"]
    rows: dict[str, Callable[[], object]] = {"check": check}
    rows |= {f"compute, {threads} threads": lambda threads=threads: compute(strategies, threads) for threads in (1, 2)}  # type: ignore[misc]
    for row, run in rows.items():
        wall, processor = timed(run)
        cost = min(processor) / len(strategies) / bars * 1e9
        lines.append(f"| {row} | {statistics.median(wall):.2f} | {min(wall):.2f} | {min(processor):.2f} | {cost:.1f} |")
    lines += ["", f"Memory beside candles and strategies: {added:.0f} MiB at the most; one value of each variant at each bar would be"
              f" {8 * len(strategies) * bars / 2**20:,.0f}."]  # fmt: skip
    if bars == PEER_BARS:
        least, median = PEER_SECONDS / min(wall), PEER_SECONDS / statistics.median(wall)
        lines += ["", f"raptorbt: {PEER_SECONDS} s, {least:.1f} times the least and {median:.1f} times the median of two threads."]
    print("\n".join(lines), "\n")
    return [*lines, ""]


def main(lengths: list[int], *, write: bool) -> None:
    """Print the tables, and write them where asked."""
    lines: list[str] = []
    cross = ROOT / "benchmarks" / "strategies" / "t3-ema-sweep.yaml"
    axes = {"fast": from_range("5..29", "1"), "slow": from_range("40..157", "3")}
    for bars in lengths:
        grid = grid_of({"KRW-BTC": 100.0}, bars, LONGEST)
        terms = Settings(cash_krw=1e8, fee_rate=0.0005, slippage=0.0, rounding=Rounding.NONE, from_ms=START_MS + WARM_BARS * MINUTE_MS)
        lines += report(
            "T3", bars, lambda: variants_of(cross, axes), lambda found, threads, g=grid, t=terms: sweep(found, g, t, threads=threads)
        )  # type: ignore[misc]
    shipped = ROOT / "strategies" / "pullback-trend.yaml"
    grid = grid_of(MARKETS, 40 * DAY_BARS)
    terms = Settings(from_ms=START_MS + 10 * DAY_BARS * MINUTE_MS)
    varied = {"stop_k": spread("1.05:3:0.1"), "rsi_len": spread("9:18:1")}
    lines += report(
        "pullback-trend, 10 markets, 30 days", 300 * DAY_BARS, lambda: variants_of(shipped, varied),
        lambda found, threads: sweep(found, grid, terms, traded=grid.markets, threads=threads),
    )  # fmt: skip

    if write:
        made = (
            "Made by `python -m benchmarks.sweep --write`; checking is apart from computing. On a busy machine look at the processor time."
        )
        write_part("Sweeps", [made, "", *lines])


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--write"]
    main([int(word) for word in words] or [100_000, 525_600], write="--write" in sys.argv)
