"""A world run live: one event at a time with restarts, or on the simulated exchange with a journal; and its fills, to the last bit."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.kernel.decide.plan import Terms
from engine.kernel.desk import Desk
from engine.kernel.program import Program, compile_program
from engine.kernel.vm import Kernel
from engine.model.bars import Bars
from engine.model.candle import BarState
from engine.model.events import Close, Fill, Intent, Mark, Step
from engine.research.backtest import backtest, settled_ms
from engine.research.result import BacktestResult, Rounding, Settings
from engine.runner.clock import SpeedClock
from engine.runner.paper import PaperRunner, PaperSummary, bars_of, make_exchange, step_of
from engine.runner.replay import replay
from engine.store.journal import Journal
from engine.trader import Assignment, Trader, bar_grid
from tests.generators.worlds import World

Row = tuple[Any, ...]


def assignment_of(world: World) -> Assignment:
    """What a trader works on in this world."""
    grid, settings = world.grid, world.settings
    program = compile_program(world.strategy, grid.timeframe, grid.markets)
    tradable = tuple(market in world.traded for market in grid.markets)
    settle = tuple(settled_ms(world.strategy, program, grid))
    return Assignment(world.strategy, grid.timeframe, grid.markets, terms_of(settings), tradable, settle, settings.from_ms or 0, "test")


def terms_of(settings: Settings) -> Terms:
    """The account's terms."""
    return Terms(settings.cash_krw, settings.fee_rate, settings.slippage, settings.rounding is Rounding.UPBIT, settings.costs)


def rows(fills: list[Fill], exits: dict[int, int]) -> list[Row]:
    """Fills of events, to the last bit."""
    return [(f.time_ms, f.market, exits[f.order_id], f.order_id, f.quantity_e8, f.price_krw, f.fee_krw) for f in fills]


def rows_of(result: BacktestResult) -> list[Row]:
    """Fills of a backtest, to the last bit."""
    names = ("exit_index", "order_id", "quantity_e8", "price_krw", "fee_krw")
    return [(f["time_ms"].item(), result.markets[f["market"]], *(f[name].item() for name in names)) for f in result.fills]


class Life:
    """A kernel and a desk that take one base bar at a time and may be saved and restored between any two events."""

    def __init__(self, world: World, chance: random.Random, cut: float) -> None:
        """cut: chance of a restart after an event."""
        self.work, self.chance, self.cut = assignment_of(world), chance, cut
        self.program: Program = compile_program(world.strategy, self.work.base, self.work.markets)
        self.kernel, self.desk = Kernel(self.program, chance.choice([1, 1, 7])), self._new_desk()
        self.fills: list[Fill] = []
        self.exits: dict[int, int] = {}
        self.waiting: dict[str, Intent] = {}
        self.columns: list[NDArray[np.float64]] = []
        self.equity: list[float] = []
        self.restarts = 0

    def _new_desk(self) -> Desk:
        work = self.work
        return Desk(
            work.strategy, self.program.position, work.markets, work.terms, tradable=work.tradable, settle_ms=work.settle_ms
        )  # fmt: skip

    def tell(self, event: Any) -> list[Intent]:
        """One event to the desk, and now and then a restart after it, orders at work and STEPs unfinished."""
        intents = self.desk.process(event)
        self.exits.update({intent.order_id: intent.exit_index for intent in intents})
        if self.chance.random() < self.cut:
            self.restarts += 1
            fresh = self._new_desk()
            fresh.restore(self.desk.save())
            assert fresh.save() == self.desk.save()
            self.desk = fresh
            self.kernel = Kernel.restore(self.program, self.kernel.save(), self.chance.choice([1, 5]))
            assert self.kernel.cold == ()
        return intents

    def take(self, bars: Bars) -> None:
        """STEPs with their answers, then the bar to the kernel and perhaps a CLOSE."""
        traded_now = bars.time_ms >= self.work.from_ms
        for market, bar in zip(self.work.markets, bars.bars, strict=True):
            if traded_now and bar.state is not BarState.UNKNOWN:
                self._step(step_of(market, bars.time_ms, bar))
        block = self.kernel.advance(bar_grid(bars, self.work.markets, self.work.base))
        for k, close_ms in enumerate(block.close_ms.tolist()):
            self.columns.append(block.values[:, k])
            if traded_now:
                for intent in self.tell(Close(close_ms, tuple(map(tuple, block.values[:, k].tolist())))):
                    self.waiting[intent.market] = intent
                self.equity.append(self.desk.equity_krw)
        if traded_now and len(block.close_ms) == 0 and self.desk.wants_marks:
            for intent in self.tell(Mark(bars.time_ms + self.work.base.length_ms)):
                self.waiting[intent.market] = intent

    def _step(self, step: Step) -> None:
        if step.traded and step.market in self.waiting:
            self._answer(self.waiting.pop(step.market), step)
        for intent in self.tell(step):
            self._answer(intent, step)

    def _answer(self, intent: Intent, step: Step) -> None:
        """What the exchange says; without an answer the order waits."""
        answers = self.desk.answer(intent, step)
        for answer in answers:
            self.fills += [answer] if isinstance(answer, Fill) else []
            for more in self.tell(answer):
                self._answer(more, step)
        if not answers:
            self.waiting[intent.market] = intent


def paper(world: World, path: Path, latency_ms: int) -> PaperSummary:
    """The world on the simulated exchange."""
    work = assignment_of(world)
    with Journal(path, {}) as journal:
        return PaperRunner(Trader(work), make_exchange(work.strategy, work.markets, work.terms, latency_ms), journal, SpeedClock(0, 0)).run(
            bars_of(world.grid)
        )


def live(world: World, chance: random.Random, cut: float) -> Life:
    """The whole world, one event at a time. Fills, skips, equity and every column must be the backtest's, bit for bit."""
    life = Life(world, chance, cut)
    for bars in bars_of(world.grid):
        life.take(bars)
    result = backtest(world.strategy, world.grid, world.settings, traded=world.traded)
    assert rows(life.fills, life.exits) == rows_of(result), (world.seed, world.text)
    assert life.desk.skipped == result.skipped, world.seed
    assert life.equity == result.equity_krw[len(result.equity_krw) - len(life.equity) :].tolist(), world.seed
    whole = Kernel(life.program).advance(world.grid).values
    assert life.columns or np.isnan(world.grid.close).all() or whole.shape[1] == 0
    for k, column in enumerate(reversed(life.columns), 1):
        assert column.tobytes() == np.ascontiguousarray(whole[:, -k]).tobytes(), (world.seed, k)
    return life


def paper_and_replay(world: World, path: Path, latency_ms: int) -> PaperSummary:
    """The world on the simulated exchange. Its journal must give the same intents, and its fills are the backtest's of that latency."""
    settings = replace(world.settings, costs=replace(world.settings.costs, latency_ms=latency_ms))
    world = replace(world, settings=settings)
    summary = paper(world, path, latency_ms)
    work = assignment_of(world)
    found = replay(path, lambda _: Trader(work))
    assert (found.difference, found.intents, found.ended) == (None, summary.intents, True), (world.seed, world.text)
    result = backtest(world.strategy, world.grid, settings, traded=world.traded)
    assert rows(summary.fills, summary.exits) == rows_of(result), (world.seed, world.text)
    return summary
