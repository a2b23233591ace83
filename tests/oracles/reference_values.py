"""The values of a dsl graph over a grid of candles: bars of each section, the ops over them, position expressions.

Recursive functions restart on the grid of design law 3: a bar whose index is in [k S, (k + 1) S) has the value of a plain recursion
begun at bar (k - 1) S.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dsl.catalogue import INPUT_SERIES
from dsl.graph import Graph, Node, Phase, Section, Timeframe
from dsl.side_series import ACROSS, is_side
from engine.model.candle import BarGrid, BarState
from tests.oracles.reference_beside import across_markets, over_bars, side_bars
from tests.oracles.reference_ops import ELEMENTWISE, NAN, OVER_TIME, RECURSIVE, Array, obv, restarted, vwap
from tests.oracles.reference_others import other_op


# ---- bars of a section, built from the base ----
@dataclass
class Bars:
    """One market's bars of one timeframe; bar k has absolute index first + k."""

    timeframe: Timeframe
    first: int
    series: dict[str, Array]

    def open_ms(self) -> NDArray[np.int64]:
        return opens_of(self.timeframe, self.first, len(self.series["close"]))

    def close_ms(self) -> NDArray[np.int64]:
        return opens_of(self.timeframe, self.first + 1, len(self.series["close"]))


def opens_of(timeframe: Timeframe, first: int, count: int) -> NDArray[np.int64]:
    """Open times of so many bars from `first` on."""
    if not timeframe.months:
        return np.arange(first, first + count, dtype=np.int64) * timeframe.length_ms + timeframe.offset_ms
    return np.array([timeframe.open_ms(k) for k in range(first, first + count)], dtype=np.int64)


def bars_of(grid: BarGrid, market: str, timeframe: Timeframe) -> Bars:
    """Whole bars of `timeframe`; a bar with an unknown base bar is missing, a bar without a trade is its last close."""
    row = grid.markets.index(market)
    base = {name: getattr(grid, name)[row] for name in INPUT_SERIES}
    if timeframe == grid.timeframe:
        return Bars(timeframe, grid.first_index, {name: np.array(x, dtype=float) for name, x in base.items()})
    length, state = grid.timeframe.length_ms, grid.state[row]
    start = grid.first_index * length + grid.timeframe.offset_ms
    end = start + length * len(state)
    first, after_last = timeframe.index(start), timeframe.index(end)
    out = {name: [NAN] * max(after_last - first, 0) for name in base}
    series, was_traded = {name: x.tolist() for name, x in base.items()}, (state == BarState.TRADED).tolist()
    unknown = [0, *np.cumsum(state == BarState.UNKNOWN).tolist()]  # before each base bar
    edges = ((opens_of(timeframe, first, len(out["close"]) + 1) - start) // length).tolist()
    for k, (begin, end_) in enumerate(itertools.pairwise(edges)):
        if begin < 0 or unknown[begin] != unknown[end_]:
            continue
        for name, value in one_bar({name: x[begin:end_] for name, x in series.items()}, was_traded[begin:end_]).items():
            out[name][k] = value
    return Bars(timeframe, first, {name: np.array(x, dtype=float) for name, x in out.items()})


def one_bar(cut: Mapping[str, list[float]], traded: list[bool]) -> dict[str, float]:
    """One higher bar of known base bars."""
    close = cut["close"][-1]
    if not any(traded):
        return {"open": close, "high": close, "low": close, "close": close, "volume": 0.0, "value": 0.0}
    whole = [math.nan if math.isnan(x) else float(math.floor(x)) for x in cut["value"]]
    return {
        "open": next(itertools.compress(cut["open"], traded)),
        "high": max(itertools.compress(cut["high"], traded)),
        "low": min(itertools.compress(cut["low"], traded)),
        "close": close,
        "volume": sum_of_e8(cut["volume"]),
        "value": sum_of_e8(whole) + sum_of_e8([x - y for x, y in zip(cut["value"], whole, strict=True)]),
    }


def sum_of_e8(x: list[float]) -> float:
    """Sum in whole 1e-8s."""
    if any(map(math.isnan, x)):
        return NAN
    return sum(round(v * 1e8) for v in x) / 1e8


@dataclass
class Values:
    """Market-phase nodes of one graph over one grid, computed when asked for."""

    graph: Graph
    grid: BarGrid
    restarts: bool = True  # False: recursions run from the first bar on, as textbooks do
    domain: tuple[str, ...] | None = None  # markets that values across markets count; None: all
    bars: dict[tuple[str, Timeframe], Bars] = field(default_factory=dict)
    done: dict[tuple[int, str], Array] = field(default_factory=dict)
    everywhere: dict[tuple[Node, int], Array] = field(default_factory=dict)  # of values across markets: [bars, markets]

    def bars_at(self, section: Section, market: str) -> Bars:
        """Bars of a section as seen from `market`."""
        key = (section.market or market, section.timeframe)
        if key not in self.bars:
            if key[0] in self.grid.markets:
                self.bars[key] = bars_of(self.grid, *key)
            else:
                some = bars_of(self.grid, self.grid.markets[0], key[1])
                self.bars[key] = Bars(key[1], some.first, {name: np.full(len(x), NAN) for name, x in some.series.items()})
        return self.bars[key]

    def of(self, node_id: int, market: str) -> Array:
        """The node's value at every bar of its section; a constant gives an array of one."""
        node = self.graph[node_id]
        key = (node_id, node.section.market if node.section and node.section.market else market)
        if key not in self.done:
            with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
                self.done[key] = self.compute(node, market)
        return self.done[key]

    def compute(self, node: Node, market: str) -> Array:
        """One node from its inputs."""
        if node.op == "const":
            return np.array([node.params[0]])
        if node.section is None:
            return np.asarray(ELEMENTWISE[node.op](*(self.of(i, market) for i in node.inputs)))  # of constants alone
        bars = self.bars_at(node.section, market)
        if node.op in INPUT_SERIES:
            return bars.series[node.op]
        count = len(bars.series["close"])
        if node.op == "hold":
            return self.hold(node, bars, market)
        if is_side(node.op):
            bound = node.section.market or market
            return side_bars(self.grid, node.op, node.params, bound, node.section.timeframe, bars.first, count)
        if node.op.startswith("over."):
            return self.over(node, bars, market)
        if node.op in ACROSS:
            return self.across(node, count, market)
        inputs = [self.of(i, market) for i in node.inputs]
        inputs = [np.full(count, x[0]) if self.graph[i].section is None else x for i, x in zip(node.inputs, inputs, strict=True)]
        if node.op in ELEMENTWISE:
            return np.asarray(ELEMENTWISE[node.op](*inputs), dtype=float)
        if node.op in ("obv", "vwap") and node.params[0] == int(node.params[0]):
            return (obv if node.op == "obv" else vwap)(bars.first, int(node.params[0]), *inputs)
        whole = [int(p) for p in node.params]
        if node.op in OVER_TIME:
            return OVER_TIME[node.op](*inputs, *whole)
        if node.op not in RECURSIVE:
            return self.other(node, bars, inputs)
        function, factor = RECURSIVE[node.op]
        if not self.restarts:
            return function(*inputs, *whole)
        return restarted(lambda *cut: function(*cut, *whole), factor * whole[0], bars.first, *inputs)

    def other(self, node: Node, bars: Bars, inputs: list[Array]) -> Array:
        """An op whose plain values stand elsewhere. Raises NotImplementedError where they cannot be had with these gaps."""
        found = other_op(node, bars.first, bars.open_ms(), bars.series, inputs)
        if found is None:
            raise NotImplementedError(f"{node.op} with missing inputs")
        return found

    def over(self, node: Node, bars: Bars, market: str) -> Array:
        """The fold of the finer bars inside every bar."""
        source = self.graph[node.inputs[0]]
        assert source.section is not None
        finer = self.bars_at(source.section, market)
        kind, values = node.op.removeprefix("over."), self.of(node.inputs[0], market)
        return over_bars(kind, values, finer.timeframe, finer.first, bars.timeframe, bars.first, len(bars.series["close"]))

    def across(self, node: Node, count: int, market: str) -> Array:
        """This market's result; that of every market is computed once."""
        if (node, count) not in self.everywhere:
            self.everywhere[node, count] = self.across_all(node, count)
        return self.everywhere[node, count][:, self.grid.markets.index(market)]

    def across_all(self, node: Node, count: int) -> Array:
        """Results [bars, markets], bar by bar."""
        columns = [np.stack([np.broadcast_to(self.of(i, code), count) for code in self.grid.markets]) for i in node.inputs]
        inside = np.isin(self.grid.markets, self.grid.markets if self.domain is None else self.domain)
        member = np.where(inside[:, None], columns[1], 0.0)
        name = node.op.removeprefix("across.")
        turnover = columns[2] if len(columns) > 2 else np.zeros((len(inside), count))
        bars = (across_markets(name, node.params, columns[0][:, k], member[:, k], turnover[:, k]) for k in range(count))
        return np.array([np.broadcast_to(bar, len(inside)) for bar in bars]).reshape(count, len(inside))

    def hold(self, node: Node, bars: Bars, market: str) -> Array:
        """The value of the slower bar that closed last, at or before this bar's close."""
        slow = self.graph[node.inputs[0]]
        values = self.of(node.inputs[0], market)
        if slow.section is None:
            return np.full(len(bars.series["close"]), values[0])
        first, timeframe = self.bars_at(slow.section, market).first, slow.section.timeframe
        closes = bars.close_ms()
        if timeframe.months:
            at = np.array([timeframe.index(int(close)) for close in closes], dtype=np.int64) - 1 - first
        else:
            at = (closes - timeframe.offset_ms) // timeframe.length_ms - 1 - first
        out = np.full(len(closes), NAN)
        inside = (at >= 0) & (at < len(values))
        out[inside] = values[at[inside]]
        return out


# ---- the position phase: one value at a time ----
def scalar(op: str) -> Callable[..., float]:
    """An elementwise op on single numbers, through its array form's definition."""
    if op in SCALAR:
        return SCALAR[op]
    function = ELEMENTWISE[op]
    return lambda *xs: float(function(*(np.array([x], dtype=float) for x in xs))[0])


def _compare(test: Callable[[float, float], bool]) -> Callable[[float, float], float]:
    return lambda a, b: NAN if a != a or b != b else float(test(a, b))


#: the ops that position rules are full of, without arrays (held against ELEMENTWISE by a test)
SCALAR: dict[str, Callable[..., float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: NAN if b == 0 else a / b,
    "neg": lambda a: -a,
    "lt": _compare(lambda a, b: a < b),
    "le": _compare(lambda a, b: a <= b),
    "gt": _compare(lambda a, b: a > b),
    "ge": _compare(lambda a, b: a >= b),
    "and": lambda a, b: 0.0 if a == 0 or b == 0 else NAN if a != a or b != b else 1.0,
    "or": lambda a, b: 1.0 if a == 1 or b == 1 else NAN if a != a or b != b else 0.0,
    "max": lambda a, b: NAN if a != a or b != b else max(a, b),
    "min": lambda a, b: NAN if a != a or b != b else min(a, b),
}


def position_expression(graph: Graph, node_id: int) -> Callable[[Mapping[int, float], object], float]:
    """A node of either phase as a function of (columns, position variables); `pos.x` is attribute x."""
    node = graph[node_id]
    if node.op == "const":
        value = node.params[0]
        return lambda columns, seen: value
    if node.phase == Phase.MARKET:
        return lambda columns, seen: columns[node_id]
    if node.op.startswith("pos."):
        name = node.op.removeprefix("pos.")
        return lambda columns, seen: getattr(seen, name)
    if node.op.startswith(("acct.", "order.", "cost.")):
        return lambda columns, seen: seen.late(node.op, node.params)  # type: ignore[attr-defined,no-any-return]
    function, inputs = scalar(node.op), [position_expression(graph, i) for i in node.inputs]
    return lambda columns, seen: function(*(x(columns, seen) for x in inputs))


def columns_needed(graph: Graph, node_id: int) -> set[int]:
    """Market-phase nodes (not constants) that a position expression reads."""
    node = graph[node_id]
    if node.op == "const":
        return set()
    if node.phase == Phase.MARKET:
        return {node_id}
    return set().union(*(columns_needed(graph, i) for i in node.inputs)) if node.inputs else set()
