"""The usual indicators of one market at its last closed bar, as a strategy would read them: the language, compiled for the kernel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from dsl.compile import compile_strategy
from dsl.graph import Timeframe
from dsl.strategy import Strategy
from engine.kernel.catalogue import catalogue
from engine.kernel.program import Program, compile_values
from engine.kernel.vm import Kernel
from engine.model.candle import BarGrid

#: name -> expression, as in a strategy file
READINGS: Final = {
    "rsi": "rsi(14)",
    "sma": "sma(close, 20)",
    "macd": "macd.line(12, 26, 9)",
    "macd_signal": "macd.signal(12, 26, 9)",
    "macd_hist": "macd.hist(12, 26, 9)",
    "bb_upper": "bb.upper(20, 2)",
    "bb_middle": "bb.middle(20, 2)",
    "bb_lower": "bb.lower(20, 2)",
}
#: a strategy needs one
_EXIT: Final = "exits:\n  stop:\n    at: -5%\n"


@dataclass(frozen=True, slots=True)
class Reader:
    """The compiled expressions for bars of one timeframe of one market. columns: node of each name."""

    program: Program
    columns: dict[str, int]

    @property
    def settle_ms(self) -> int:
        """Candles of so much time settle every value."""
        return self.program.settle_ms

    def read(self, grid: BarGrid) -> dict[str, float]:
        """Values at the grid's last bar; NaN where they are not defined. grid: the market's bars of the timeframe."""
        values = Kernel(self.program).advance(grid).values[0]
        place = {node: k for k, node in enumerate(self.program.columns)}
        return {name: float(values[-1, place[node]]) if len(values) else math.nan for name, node in self.columns.items()}


def reader(market: str, timeframe: Timeframe, name: str) -> Reader:
    """The reader of a market's bars; `name` is the timeframe's. Raises ValueError for bars that are no decision clock."""
    strategy = _compiled(name)
    columns = {}
    for condition in strategy.conditions:
        key = condition.path.rpartition(".")[2]
        if key in READINGS:
            columns[key] = strategy.graph[condition.node].inputs[0]
    program = compile_values(strategy.graph, list(columns.values()), timeframe, timeframe, (market,))
    return Reader(program, {key: columns[key] for key in READINGS})


def _compiled(name: str) -> Strategy:
    """A strategy that reads every expression; its market does not matter, for values are of whatever market is fed."""
    rules = "".join(f"    {key}: {expression} > 0\n" for key, expression in READINGS.items())
    source = f"schema: strategy/1\nname: readings\nclock: {name}\nmarkets: [KRW-BTC]\nentry:\n  all:\n{rules}{_EXIT}"
    compiled = compile_strategy(source, "readings", catalogue(), lambda _name: None)
    if compiled.strategy is None:
        raise ValueError("; ".join(str(finding.diagnostic) for finding in compiled.findings))
    return compiled.strategy
