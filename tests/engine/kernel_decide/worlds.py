"""Small strategies and price paths for tests of decisions: columns are given by hand, so every number can be checked on paper."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dsl.catalogue import POSITION_SERIES, Unit
from dsl.graph import Graph, Node, Phase, Section, Timeframe
from dsl.strategy import Exit, ExitKind, Limits, RiskProfile, Sizing, State, Strategy
from engine.kernel.decide.plan import Terms
from engine.kernel.desk import Desk
from engine.kernel.program import Program, compile_program
from engine.model.events import Close, Done, Fill, Intent, Step

MINUTE = 60_000
BASE = Timeframe(MINUTE)
CLOCK = Timeframe(5 * MINUTE)
NAN = math.nan
NO_COST = Terms(cash_krw=1_000_000.0, fee_rate=0.0, slippage=0.0)

#: 2025-09-01 00:00 UTC = 09:00 KST, a day's first minute
START = 1_756_684_800_000


class Rules:
    """Makes nodes of a graph. A column is a market-phase node whose values the test supplies by name."""

    def __init__(self) -> None:
        self.graph = Graph()
        self.columns: dict[str, int] = {}
        self.conditions: list[Any] = []

    def column(self, name: str) -> int:
        """A market value that the test names at each CLOSE (missing when it does not)."""
        if name not in self.columns:
            section = Section(CLOCK)
            close = self.graph.add(Node("close", (), (), section, Phase.MARKET, Unit.PRICE))
            lag = float(len(self.columns) + 1)
            self.columns[name] = self.graph.add(Node("lag", (close,), (lag,), section, Phase.MARKET, Unit.PRICE))
        return self.columns[name]

    def number(self, value: float) -> int:
        return self.graph.add(Node("const", (), (value,), None, Phase.MARKET, Unit.NUMBER))

    def position(self, name: str) -> int:
        return self.graph.add(Node(f"pos.{name}", (), (), None, Phase.POSITION, POSITION_SERIES[f"pos.{name}"]))

    def apply(self, op: str, *inputs: int) -> int:
        return self.graph.add(Node(op, inputs, (), None, Phase.POSITION, Unit.NUMBER))

    def entry_times(self, factor: float) -> int:
        """pos.entry * factor"""
        return self.apply("mul", self.position("entry"), self.number(factor))

    def entry_plus(self, krw: float) -> int:
        """pos.entry + krw"""
        return self.apply("add", self.position("entry"), self.number(krw))


def stop(name: str, node: int, **more: Any) -> Exit:
    return Exit(name, ExitKind.STOP, node, **more)


def target(name: str, node: int, **more: Any) -> Exit:
    return Exit(name, ExitKind.TARGET, node, **more)


def rule(name: str, node: int, **more: Any) -> Exit:
    return Exit(name, ExitKind.RULE, node, **more)


def make_strategy(rules: Rules, *exits: Exit, **more: Any) -> Strategy:
    """A strategy that enters where the column `enter` is true."""
    values: dict[str, Any] = {
        "name": "test", "title": "", "state": State.OFF, "clock": CLOCK, "aliases": {}, "markets": (), "sizing": Sizing(),
        "limits": Limits(), "risk": None, "entry": rules.column("enter"),
    }  # fmt: skip
    values |= more
    return Strategy(graph=rules.graph, exits=exits, **values)


@dataclass
class Tape:
    """Drives a Desk as a backtest does (docs/decide.md §2) and keeps what happened."""

    rules: Rules
    strategy: Strategy
    markets: tuple[str, ...] = ("KRW-BTC",)
    terms: Terms = NO_COST
    compiled: bool = True
    more: dict[str, Any] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    reasons: list[int] = field(default_factory=list)
    now: int = START

    def __post_init__(self) -> None:
        self.program: Program = compile_program(self.strategy, BASE, self.markets)
        self.desk = Desk(self.strategy, self.program.position, self.markets, self.terms, compiled=self.compiled, **self.more)
        self._name_of_column = {node: name for name, node in self.rules.columns.items()}

    def step(self, *ohlc: float, market: str | None = None, traded: bool = True, at: int | None = None) -> list[Fill]:
        """One STEP: one price = a tick, four = open, high, low, close. Returns the fills it brought."""
        prices = ohlc * 4 if len(ohlc) == 1 else ohlc
        time_ms = self.now if at is None else at
        event = Step(market or self.markets[0], time_ms, prices[0], prices[1], prices[2], prices[3], 1.0, traded)
        before = len(self.fills)
        for waiting in [order for order in self.desk.working() if order.market == event.market]:
            self.feed(self.desk.answer(waiting, event), waiting, event)
        self.obey(self.desk.process(event), event)
        if at is None:
            self.now += MINUTE
        return self.fills[before:]

    def obey(self, intents: list[Intent], step: Step) -> None:
        for intent in intents:
            self.feed(self.desk.answer(intent, step), intent, step)

    def feed(self, answers: list[Fill | Done], intent: Intent, step: Step) -> None:
        for answer in answers:
            if isinstance(answer, Fill):
                self.fills.append(answer)
                self.reasons.append(intent.exit_index)
            self.obey(self.desk.process(answer), step)

    def close(self, columns: dict[str, float] | None = None, at: int | None = None, **by_market: dict[str, float]) -> list[Intent]:
        """A CLOSE; `columns` by name for every market, or by_market (BTC={...}) for KRW-BTC and so on."""
        rows = []
        for market in self.markets:
            given = by_market.get(market.removeprefix("KRW-"), {}) if columns is None else columns
            rows.append(tuple(given.get(self._name_of_column.get(node, ""), self._constant(node)) for node in self.program.columns))
        return self.desk.process(Close(self.now if at is None else at, tuple(rows)))

    def _constant(self, node: int) -> float:
        found = self.strategy.graph[node]
        return found.params[0] if found.op == "const" else NAN

    def enter(self, price: float, columns: dict[str, float] | None = None) -> list[Fill]:
        """A first price, an entry decided at it, and the fill at the same price."""
        self.step(price)
        self.close({"enter": 1.0, **(columns or {})})
        return self.step(price)

    @property
    def position(self) -> Any:
        return self.desk.book.position[0]

    def level(self, exit_index: int, market: int = 0) -> float:
        return float(self.desk.book.exits[market, exit_index]["level_krw"])


def brief(fills: list[Fill]) -> list[tuple[float, float]]:
    """(coins, price) of each fill."""
    return [(fill.quantity_e8 / 1e8, fill.price_krw) for fill in fills]


def profile(**limits: Any) -> RiskProfile:
    return RiskProfile(name="test", **limits)


def as_bits(values: Any) -> Any:
    return np.asarray(values, np.float64).view(np.uint64)
