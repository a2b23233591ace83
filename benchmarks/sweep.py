"""Sweeps through the public door: task T3 of the published comparison (1,000 EMA crosses), and 200 variants of a shipped strategy.

.venv/bin/python -m benchmarks.sweep [BARS ...] [--write] [--alone]      default: 100000 525600

Checking (every variant as a file) and computing (programs, decisions, fills, figures) are timed apart; wall and processor time, median and
least of the runs. A processor that others use, too, makes all of them longer. T3 is done by raptorbt, too, whose batch is the fastest of
the others, in turn with ours; --alone: without it.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.peers.processes import LONGEST, Worker, candle_file, interpreter_of, start
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
PEER = "raptorbt"
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


@dataclass
class Row:
    """Runs of one kind: wall and processor seconds."""

    name: str
    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def time(self, run: Callable[[], object]) -> None:
        """One more run."""
        began, used = time.perf_counter(), time.process_time()
        run()
        self.wall.append(time.perf_counter() - began)
        self.processor.append(time.process_time() - used)

    def line(self, variant_bars: int) -> str:
        """Of the table."""
        cost = min(self.processor) / variant_bars * 1e9
        return f"| {self.name} | {statistics.median(self.wall):.2f} | {min(self.wall):.2f} | {min(self.processor):.2f} | {cost:.1f} |"


def peer_of(bars: int) -> Worker:
    """The other engine, with the candles of T3, after its first run."""
    return start(PEER, interpreter_of(PEER), f"{PEER}_worker.py", "T3", bars, candle_file("T3"))


def report(
    name: str, bars: int, check: Callable[[], list[Strategy]], compute: Callable[[list[Strategy], int], SweepResult], peer: Worker | None
) -> list[str]:
    """One line for checking, one for each number of threads and one for the other engine, all in turn; the memory that computing adds;
    printed, too."""
    strategies = check()
    compute(strategies[:2], 2)
    before = peak_mib()
    result = compute(strategies, 2)
    added = peak_mib() - before
    trades = sum(outcome.closed_trades for outcome in result.outcomes)
    best = max(outcome.end_equity for outcome in result.outcomes)
    lines = [f"{name}: {len(strategies)} variants x {bars:,} bars, {trades:,} trades, best {best:,.0f}", ""]
    lines += ["| | median s | least s | processor s | ns per variant and bar |", "|---|---|---|---|---|"]
    runs: dict[str, Callable[[], object]] = {"check": check}
    runs |= {f"compute, {threads} threads": lambda threads=threads: compute(strategies, threads) for threads in (1, 2)}  # type: ignore[misc]
    rows = [Row(one) for one in runs]
    for _ in range(RUNS):
        for row, run in zip(rows, runs.values(), strict=True):
            row.time(run)
        if peer is not None:
            peer.run(1)
    ours = rows[-1]
    if peer is not None:
        rows.append(Row(PEER, [one["seconds"] for one in peer.runs], [one["cpu_seconds"] for one in peer.runs]))
    lines += [row.line(len(strategies) * bars) for row in rows]
    lines += ["", f"Memory beside candles and strategies: {added:.0f} MiB at the most; one value of each variant at each bar would be"
              f" {8 * len(strategies) * bars / 2**20:,.0f}."]  # fmt: skip
    if peer is not None:
        lines += ["", *beside(peer, ours, rows[-1])]
    print("\n".join(lines), "\n", flush=True)
    return [*lines, ""]


def beside(peer: Worker, ours: Row, theirs: Row) -> list[str]:
    """What the other engine found, and how many times as long it took."""
    median, least = statistics.median(theirs.wall) / statistics.median(ours.wall), min(theirs.wall) / min(ours.wall)
    processor = min(theirs.processor) / min(ours.processor)
    found = peer.first
    return [
        f"{found['versions']}, its own batch in as many threads as there are processors: {found['trades']:,} trades (those that are open",
        f"at the end among them), best {found['equity']:,.0f}. It takes {median:.1f} times as long as two threads of ours by the medians,",
        f"{least:.1f} by the least, {processor:.1f} in processor time.",
    ]


def main(lengths: list[int], *, write: bool, alone: bool) -> None:
    """Print the tables, and write them where asked. alone: without the other engine."""
    lines: list[str] = []
    cross = ROOT / "benchmarks" / "strategies" / "t3-ema-sweep.yaml"
    axes = {"fast": from_range("5..29", "1"), "slow": from_range("40..157", "3")}
    for bars in lengths:
        grid = grid_of({"KRW-BTC": 100.0}, bars, LONGEST)
        terms = Settings(cash_krw=1e8, fee_rate=0.0005, slippage=0.0, rounding=Rounding.NONE, from_ms=START_MS + WARM_BARS * MINUTE_MS)
        peer = None if alone else peer_of(bars)
        lines += report(
            "T3", bars, lambda: variants_of(cross, axes), lambda found, threads, g=grid, t=terms: sweep(found, g, t, threads=threads), peer
        )  # type: ignore[misc]
        if peer is not None:
            peer.end()
    shipped = ROOT / "strategies" / "pullback-trend.yaml"
    grid = grid_of(MARKETS, 40 * DAY_BARS)
    terms = Settings(from_ms=START_MS + 10 * DAY_BARS * MINUTE_MS)
    varied = {"stop_k": spread("1.05:3:0.1"), "rsi_len": spread("9:18:1")}
    lines += report(
        "pullback-trend, 10 markets, 30 days", 300 * DAY_BARS, lambda: variants_of(shipped, varied),
        lambda found, threads: sweep(found, grid, terms, traded=grid.markets, threads=threads), None,
    )  # fmt: skip

    if write:
        made = (
            "Made by `python -m benchmarks.sweep --write`; checking is apart from computing. On a busy machine look at the processor time."
        )
        write_part("Sweeps", [made, "", *lines])


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    main([int(word) for word in words] or [100_000, 525_600], write="--write" in sys.argv, alone="--alone" in sys.argv)
