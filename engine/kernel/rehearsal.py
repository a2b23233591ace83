"""The smallest runs of decisions there are: they make numba compile for the types of real ones, ahead of time."""

from __future__ import annotations

from typing import Final

import numpy as np

from dsl.catalogue import Unit
from dsl.graph import Graph, Node, Phase, Section, Timeframe
from dsl.strategy import Limits, Portfolio, PortfolioPart, Sizing, State, Strategy
from engine.kernel.decide.plan import Terms, make_book, make_plan
from engine.kernel.desk import Desk
from engine.kernel.portfolio import PortfolioRun, make_books, make_plans, ruled
from engine.kernel.program import compile_program
from engine.kernel.run import Run
from engine.kernel.vm import Kernel
from engine.model.candle import BarGrid, BarState
from engine.model.events import Intent, Side, Step

_MINUTE: Final = Timeframe(60_000)
_TWO_MINUTES: Final = Timeframe(120_000)
_MARKETS: Final = ("KRW-BTC",)
_PRICE_KRW: Final = 100_000_000.0
_BARS: Final = 6
#: 2025-01-01 00:00 UTC as a minute's index
_FIRST_INDEX: Final = 28_928_160
_TERMS: Final = Terms(1_000_000.0, 0.0005, 0.0005, True)


def rehearse() -> None:
    """Compile all that decides. In one process: helpers that several of these reach are read once.

    Single events come first: they need no machine, which another process may be compiling meanwhile.
    """
    rehearse_desk()
    rehearse_run()
    rehearse_portfolio()


def rehearse_run() -> None:
    """Compile the loop of a backtest and the machine of its nodes."""
    strategy, grid = _strategy(), _grid()
    program = compile_program(strategy, _MINUTE, _MARKETS)
    plan = make_plan(strategy, program.position, _MARKETS, _TERMS)
    Run(plan, make_book(plan, _TERMS.cash_krw)).feed(grid, Kernel(program, _BARS).advance(grid))


def rehearse_desk() -> None:
    """Compile single events, and the fill model's answers to them."""
    strategy = _strategy()
    program = compile_program(strategy, _MINUTE, _MARKETS)
    desk = Desk(strategy, program.position, _MARKETS, _TERMS)
    time_ms = _FIRST_INDEX * _MINUTE.length_ms
    step = Step(_MARKETS[0], time_ms, _PRICE_KRW, _PRICE_KRW, _PRICE_KRW, _PRICE_KRW, volume=1.0, traded=True)
    desk.process(step)
    desk.answer(Intent(1, _MARKETS[0], Side.BID, 10_000.0, 0.0, float("nan"), -1, time_ms), step)


def rehearse_portfolio() -> None:
    """Compile the events of a portfolio's backtest: one that buys, and holds over a bar in which its clock does not close."""
    portfolio = Portfolio("rehearsal", "", (PortfolioPart(_strategy("ge", _TWO_MINUTES), 1.0),), None)
    (strategy,), grid = ruled(portfolio), _grid()
    program = compile_program(strategy, _MINUTE, _MARKETS)
    plans = make_plans(portfolio, (program,), _TERMS, ((True,),), ((0,),))
    PortfolioRun(plans, make_books(plans, _TERMS.cash_krw)).feed(grid, [Kernel(program, _BARS).advance(grid)])


def _strategy(op: str = "gt", clock: Timeframe = _MINUTE) -> Strategy:
    graph = Graph()
    close = graph.add(Node("close", (), (), Section(clock), Phase.MARKET, Unit.PRICE))
    entry = graph.add(Node(op, (close, close), (), Section(clock), Phase.MARKET, Unit.CONDITION))
    return Strategy(
        name="rehearsal",
        title="",
        state=State.OFF,
        clock=clock,
        aliases={},
        markets=_MARKETS,
        graph=graph,
        entry=entry,
        exits=(),
        sizing=Sizing(),
        limits=Limits(),
        risk=None,
    )


def _grid() -> BarGrid:
    shape = (len(_MARKETS), _BARS)
    price = np.full(shape, _PRICE_KRW)
    state = np.full(shape, BarState.TRADED, dtype=np.int8)
    return BarGrid(_MARKETS, _MINUTE, _FIRST_INDEX, state, price, price, price, price, np.ones(shape), price)
