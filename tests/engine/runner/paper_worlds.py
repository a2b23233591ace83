"""A strategy and walks for the tests of paper trading, and the two ways to run them: as a backtest and on the simulated exchange."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from dsl.catalogue import POSITION_SERIES, Unit
from dsl.graph import Graph, Node, Phase, Section, Timeframe
from dsl.strategy import Exit, ExitKind, Limits, Sizing, State, Strategy
from engine.kernel.book import FILL
from engine.kernel.decide.plan import Terms, make_book, make_plan
from engine.kernel.program import compile_program
from engine.kernel.run import Run
from engine.kernel.vm import Kernel
from engine.model.candle import BarGrid, BarState
from engine.model.events import Fill
from engine.model.market import tick_size
from engine.runner.clock import SpeedClock
from engine.runner.paper import PaperRunner, PaperSummary, bars_of, make_exchange
from engine.store.journal import Journal, Record
from engine.trader import Assignment, Trader

MINUTE = 60_000
BASE = Timeframe(MINUTE)
CLOCK = Timeframe(5 * MINUTE)
START = 1_756_684_800_000
"""2025-09-01 00:00 UTC = 09:00 KST."""
MARKETS = ("KRW-BTC", "KRW-XRP")
FIRST_PRICES = {"KRW-BTC": 150_000_000.0, "KRW-XRP": 4_000.0}
TERMS = Terms(cash_krw=10_000_000.0)


def busy_strategy(**more: Any) -> Strategy:
    """Buys a rise over three bars; stop, half at a target, a trail after it, and gives up after an hour."""
    graph = Graph()
    section = Section(CLOCK)

    def market(op: str, *inputs: int, params: tuple[float, ...] = (), unit: Unit = Unit.PRICE) -> int:
        return graph.add(Node(op, inputs, params, section, Phase.MARKET, unit))

    def number(value: float) -> int:
        return graph.add(Node("const", (), (value,), None, Phase.MARKET, Unit.NUMBER))

    def position(op: str, *inputs: int, unit: Unit = Unit.PRICE) -> int:
        return graph.add(Node(op, inputs, (), None, Phase.POSITION, unit))

    def variable(name: str) -> int:
        return position(name, unit=POSITION_SERIES[name])

    close = market("close")
    entry = market("gt", close, market("lag", close, params=(3.0,)), unit=Unit.CONDITION)
    exits = (
        Exit("stop", ExitKind.STOP, position("mul", variable("pos.entry"), number(0.994)), frozen=True),
        Exit("half", ExitKind.TARGET, position("mul", variable("pos.entry"), number(1.005)), share=0.5),
        Exit("trail", ExitKind.STOP, position("mul", variable("pos.high"), number(0.997)), after=1),
        Exit("old", ExitKind.RULE, position("gt", variable("pos.age"), number(60.0 * MINUTE), unit=Unit.CONDITION)),
    )
    values: dict[str, Any] = {
        "name": "busy", "title": "", "state": State.PAPER, "clock": CLOCK, "aliases": {}, "markets": MARKETS, "risk": None,
        "sizing": Sizing(risk=0.01, max_weight=0.6), "limits": Limits(cooldown_ms=10 * MINUTE),
    }  # fmt: skip
    return Strategy(graph=graph, entry=entry, exits=exits, **(values | more))


def walk(seed: int, bars: int, markets: tuple[str, ...] = MARKETS) -> BarGrid:
    """Walks on Upbit's grid with minutes without a trade, and a stretch that was never fetched."""
    chance = np.random.default_rng(seed)
    shape = (len(markets), bars)
    state = np.full(shape, BarState.TRADED, np.int8)
    series = {name: np.full(shape, np.nan) for name in ("open", "high", "low", "close")}
    volume = np.zeros(shape)
    for m, market in enumerate(markets):
        price = FIRST_PRICES[market]
        for k in range(bars):
            if chance.random() < 0.05 and k > 0:
                state[m, k] = BarState.NO_TRADE
                for column in series.values():
                    column[m, k] = price
                continue
            tick = float(tick_size(market, price, START))
            path = price + tick * np.cumsum(chance.integers(-1, 2, 12)) * max(1, round(price * 0.0006 / tick))
            for name, value in zip(series, (path[0], path.max(), path.min(), path[-1]), strict=True):
                series[name][m, k] = round(value / tick) * tick
            price = float(series["close"][m, k])
            volume[m, k] = float(chance.integers(1, 1000)) / 1e4
        gap = slice(bars // 2, bars // 2 + 7)
        state[m, gap] = BarState.UNKNOWN
        volume[m, gap] = np.nan
        for column in series.values():
            column[m, gap] = np.nan
    value = volume * series["close"]
    return BarGrid(markets, BASE, BASE.index(START), state, **series, volume=volume, value=value)


def assignment(strategy: Strategy, grid: BarGrid, from_ms: int = START, terms: Terms = TERMS) -> Assignment:
    """Every market may be traded and is settled from the start."""
    count = len(grid.markets)
    return Assignment(strategy, grid.timeframe, grid.markets, terms, (True,) * count, (from_ms,) * count, from_ms, "test")


def backtest(work: Assignment, grid: BarGrid) -> np.ndarray[Any, np.dtype[np.void]]:
    """Fills of the compiled loop."""
    program = compile_program(work.strategy, work.base, work.markets)
    plan = make_plan(work.strategy, program.position, work.markets, work.terms, tradable=work.tradable, settle_ms=work.settle_ms)
    run = Run(plan, make_book(plan, work.terms.cash_krw), work.from_ms)
    run.feed(grid, Kernel(program).advance(grid))
    return run.result().fills


def paper(work: Assignment, grid: BarGrid, journal: Path, latency_ms: int = 0, header: Record | None = None) -> PaperSummary:
    """The same on the simulated exchange, as fast as it goes."""
    exchange = make_exchange(work.strategy, work.markets, work.terms, latency_ms)
    with Journal(journal, header or {}) as written:
        return PaperRunner(Trader(work), exchange, written, SpeedClock(0, START)).run(bars_of(grid))


def as_rows(fills: list[Fill], exits: dict[int, int], markets: tuple[str, ...]) -> list[tuple[float, ...]]:
    """Paper's fills in the words of the fill log."""
    return [(f.time_ms, markets.index(f.market), f.order_id, exits[f.order_id], f.quantity_e8, f.price_krw, f.fee_krw) for f in fills]


def log_rows(fills: np.ndarray[Any, np.dtype[np.void]]) -> list[tuple[float, ...]]:
    """The fill log's rows in the same order of columns."""
    assert fills.dtype == FILL
    names = ("time_ms", "market", "order_id", "exit_index", "quantity_e8", "price_krw", "fee_krw")
    return [tuple(row[name].item() for name in names) for row in fills]
