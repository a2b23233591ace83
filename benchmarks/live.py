"""What a closing minute costs while trading: the kernel's values of all markets, then the decision over them.

.venv/bin/python -m benchmarks.live

Medians of single steps, in microseconds, through the functions that paper trading calls: `Kernel.step`, a CLOSE through `Desk.process`
with a fifth of the markets held, and `Trader.process`, which is both and what lies between (nothing held).
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import numpy as np

from benchmarks.walk import MINUTE_MS, START_MS, walk
from dsl.compile import compile_strategy
from dsl.graph import Timeframe
from dsl.strategy import Strategy
from engine.kernel.aggregate import SERIES
from engine.kernel.catalogue import catalogue
from engine.kernel.decide.plan import Terms
from engine.kernel.desk import Desk
from engine.kernel.program import Program, compile_program
from engine.kernel.vm import Kernel
from engine.model.bars import Bar, Bars
from engine.model.candle import BarGrid, BarState
from engine.model.events import Close, Done, DoneReason, Fill, Step
from engine.research.backtest import bars_of
from engine.trader import Assignment, Trader

FILE = Path(__file__).parent / "strategies" / "live-40.yaml"
WARM_BARS = 12_000
WARM_EVENTS = 1_500
STEPS = 500
HELD_SHARE = 0.2


def strategy_of(path: Path) -> Strategy:
    """The benchmark's strategy. Raises ValueError when it does not check."""
    checked = compile_strategy(path.read_text("utf-8"), path.name, catalogue(), lambda _: None)
    if checked.strategy is None:
        raise ValueError([d.code for d in checked.diagnostics])
    return checked.strategy


def grid_of(markets: int, bars: int) -> BarGrid:
    """Random walks, every minute traded."""
    series = np.stack([walk(bars, market, start_price=10_000.0) for market in range(markets)])
    opens, highs, lows, closes, volumes = (np.ascontiguousarray(series[:, k]) for k in range(5))
    codes = tuple(f"KRW-A{k:03}" for k in range(markets))
    state = np.full((markets, bars), int(BarState.TRADED), np.int8)
    minute = Timeframe(MINUTE_MS)
    return BarGrid(codes, minute, minute.index(START_MS), state, opens, highs, lows, closes, volumes, volumes * closes)


def kernel_step(program: Program, grid: BarGrid) -> list[float]:
    """Microseconds of each `step` after the warm-up."""
    kernel = Kernel(program, block=2048)
    kernel.advance(bars_of(grid, 0, WARM_BARS))
    live = Kernel.restore(program, kernel.save(), block=1)
    room = live.open_door()
    found = []
    for bar in range(WARM_BARS, WARM_BARS + STEPS):
        room.state[:] = grid.state[:, bar]
        room.series[:] = [getattr(grid, name)[:, bar] for name in SERIES]
        index = grid.first_index + bar
        began = time.perf_counter_ns()
        live.step(index)
        found.append((time.perf_counter_ns() - began) / 1000)
    return found


def whole_minute(strategy: Strategy, grid: BarGrid) -> list[float]:
    """Microseconds of `Trader.process` for each complete minute, from candles as events to no orders."""
    count = len(grid.markets)
    terms = Terms(1e10, 0.0005, 0.0005)
    trader = Trader(Assignment(strategy, grid.timeframe, grid.markets, terms, (True,) * count, (0,) * count, 0, "benchmark"))
    series = np.stack([getattr(grid, name) for name in SERIES], axis=2)
    found = []
    for bar in range(WARM_EVENTS + STEPS):
        bars = tuple(Bar(BarState.TRADED, *values) for values in series[:, bar].tolist())
        event = Bars(START_MS + bar * MINUTE_MS, bars)
        began = time.perf_counter_ns()
        trader.process(event)
        found.append((time.perf_counter_ns() - began) / 1000)
    return found[WARM_EVENTS:]


def decision_step(strategy: Strategy, program: Program, grid: BarGrid) -> list[float]:
    """Microseconds of each CLOSE with positions in the first fifth of the markets."""
    desk = Desk(strategy, program.position, grid.markets, Terms(1e10, 0.0005, 0.0005))
    first_ms = START_MS
    held = max(int(HELD_SHARE * len(grid.markets)), 1)
    columns = np.full((len(grid.markets), len(program.columns)), np.nan)
    columns[:held] = 1.0
    steps = [Step(m, first_ms, *([float(grid.close[k, 0])] * 4), 1.0, True) for k, m in enumerate(grid.markets)]
    for step in steps:
        desk.process(step)
    for intent in desk.process(Close(first_ms + MINUTE_MS, columns)):
        price = steps[grid.markets.index(intent.market)].close
        desk.process(Fill(intent.order_id, intent.market, float(int(intent.amount_krw / price * 1e8)), price, 0.0, first_ms + MINUTE_MS))
        desk.process(Done(intent.order_id, intent.market, DoneReason.FILLED, first_ms + MINUTE_MS))
    assert sum(p["quantity_e8"] > 0 for p in desk.book.position) == held, "the benchmark opened no positions"
    quiet = np.zeros_like(columns)
    found = []
    for k in range(STEPS):
        event = Close(first_ms + (k + 2) * MINUTE_MS, quiet)
        began = time.perf_counter_ns()
        desk.process(event)
        found.append((time.perf_counter_ns() - began) / 1000)
    return found


def main() -> None:
    """Print the table."""
    strategy = strategy_of(FILE)
    for markets in (1, 100):
        grid = grid_of(markets, WARM_BARS + STEPS)
        program = compile_program(strategy, grid.timeframe, grid.markets)
        nodes = len(program.table.rows)
        kernel, decision, minute = kernel_step(program, grid), decision_step(strategy, program, grid), whole_minute(strategy, grid)
        print(
            f"{markets:3} markets x {nodes} nodes: values {statistics.median(kernel):7.1f} us (least {min(kernel):.1f}), "
            f"decision {statistics.median(decision):6.1f} us (least {min(decision):.1f}), "
            f"whole minute {statistics.median(minute):6.1f} us (least {min(minute):.1f})"
        )


if __name__ == "__main__":
    main()
