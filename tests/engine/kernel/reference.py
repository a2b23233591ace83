"""A slow machine in plain Python, written from the contracts (dsl.graph, engine.model.candle) and not from the kernel: bars by time.

Every bar is a dictionary entry under its absolute index; sums are Python integers; a hold looks for the last bar that has closed.
"""

from __future__ import annotations

import math

import numpy as np

from dsl.catalogue import INPUT_SERIES
from dsl.graph import Section, Timeframe
from dsl.strategy import Strategy
from engine.kernel.catalogue import Op
from engine.model.candle import BarGrid, BarState

NAN = math.nan
E8 = 10**8
Bar = dict[str, float]


def base_bars(grid: BarGrid, market: int) -> dict[int, tuple[int, Bar]]:
    """Absolute index -> (state, bar)."""
    found = {}
    for t in range(grid.state.shape[1]):
        bar = {name: float(getattr(grid, name)[market, t]) for name in INPUT_SERIES}
        found[grid.first_index + t] = (int(grid.state[market, t]), bar)
    return found


def higher_bars(grid: BarGrid, market: int, timeframe: Timeframe) -> dict[int, Bar]:
    """Every bar of the timeframe whose close lies inside the grid, by its absolute index."""
    base = grid.timeframe
    groups: dict[int, list[tuple[int, Bar]]] = {}
    bars = base_bars(grid, market)
    for index, item in bars.items():
        groups.setdefault(timeframe.index(index * base.length_ms + base.offset_ms), []).append(item)
    end_ms = (max(bars) + 1) * base.length_ms + base.offset_ms
    closed = {i: group for i, group in groups.items() if timeframe.open_ms(i + 1) <= end_ms}
    if timeframe == base:
        return {i: _as_it_is(*group[0]) for i, group in closed.items()}
    return {i: one_bar(group, (timeframe.open_ms(i + 1) - timeframe.open_ms(i)) // base.length_ms) for i, group in closed.items()}


def _as_it_is(state: int, bar: Bar) -> Bar:
    return dict.fromkeys(INPUT_SERIES, NAN) if state == BarState.UNKNOWN else bar


def one_bar(group: list[tuple[int, Bar]], whole: int) -> Bar:
    """A higher bar from its base bars; unknown unless all of them are there and known."""
    if len(group) < whole or any(state == BarState.UNKNOWN for state, _ in group):
        return dict.fromkeys(INPUT_SERIES, NAN)
    traded = [bar for state, bar in group if state == BarState.TRADED]
    if not traded:
        return {name: group[-1][1]["close"] if name in ("open", "high", "low", "close") else 0.0 for name in INPUT_SERIES}
    return {
        "open": traded[0]["open"],
        "high": max(bar["high"] for bar in traded),
        "low": min(bar["low"] for bar in traded),
        "close": traded[-1]["close"],
        "volume": sum(round(bar["volume"] * E8) for bar in traded) / E8,
        "value": exact_sum([bar["value"] for bar in traded]),
    }


def exact_sum(values: list[float]) -> float:
    """Sum in whole 1e-8 KRW, as Python integers."""
    if any(math.isnan(value) for value in values):
        return NAN
    total = sum(math.floor(value) * E8 + round((value - math.floor(value)) * E8) for value in values)
    return float(total // E8) + (total % E8) / E8


def fold(kind: str, values: list[float]) -> float:
    """One bar's value from the values of all its finer bars."""
    if kind == "last":
        return values[-1]
    if kind == "any":
        return 1.0 if 1.0 in values else NAN if any(math.isnan(value) for value in values) else 0.0
    if any(math.isnan(value) for value in values):
        return NAN
    if kind == "sum":
        total = values[0]
        for value in values[1:]:
            total += value
        return total
    return min(values) if kind == "min" else max(values)


def across(name: str, params: tuple[float, ...], known: dict[int, float]) -> dict[int, float]:
    """Results by market number, from the values of the members that have one."""
    markets, values = sorted(known), [known[m] for m in sorted(known)]
    count = len(values)
    order = sorted(markets, key=lambda m: (-known[m] if params[1] == 1.0 else known[m], m))
    if name in ("rank", "pct_rank", "top"):
        ranks = {m: float(k + 1) for k, m in enumerate(order)}
        if name == "rank":
            return ranks
        if name == "top":
            return {m: float(rank <= params[2]) for m, rank in ranks.items()}
        return {m: (rank - 1.0) / (count - 1.0) for m, rank in ranks.items()} if count > 1 else {}
    if count == 0:
        return {}
    total = 0.0
    for value in values:
        total += value - values[0]
    if name == "mean":
        return {-1: min(max(values[0] + total / count, min(values)), max(values))}
    if name == "breadth":
        return {-1: sum(value != 0.0 for value in values) / count}
    if name == "median":
        low, high = sorted(values)[(count - 1) // 2], sorted(values)[count // 2]
        return {-1: low if count % 2 else low + (high - low) * 0.5}
    away = [(value - values[0]) - total / count for value in values]
    squares = 0.0
    for distance in away:
        squares += distance * distance
    deviation = math.sqrt(squares / count)
    return {m: distance / deviation for m, distance in zip(markets, away, strict=True)} if deviation > 0.0 else {}


class Reference:
    """Columns of a strategy over one grid, node by node, bar by bar."""

    def __init__(self, strategy: Strategy, grid: BarGrid, ops: dict[str, Op], domain: tuple[str, ...] | None = None) -> None:
        self.graph, self.grid, self.ops, self.clock = strategy.graph, grid, ops, strategy.clock
        self.domain = grid.markets if domain is None else domain
        self.known: dict[tuple[int, int], dict[int, float]] = {}
        self.bars: dict[tuple[int, Timeframe], dict[int, Bar]] = {}

    def columns(self, nodes: tuple[int, ...]) -> np.ndarray:
        """float64 [markets, clock bars, nodes]."""
        indexes = sorted(self._bars(0, self.clock))
        rows = [
            [[self._at(self._node(node, market), i, node) for node in nodes] for i in indexes] for market in range(len(self.grid.markets))
        ]
        return np.array(rows, dtype=np.float64).reshape(len(self.grid.markets), len(indexes), len(nodes))

    def _at(self, values: dict[int, float], index: int, node: int) -> float:
        return float(self.graph[node].params[0]) if self.graph[node].op == "const" else values[index]

    def _bars(self, market: int, timeframe: Timeframe) -> dict[int, Bar]:
        key = (market, timeframe)
        if key not in self.bars:
            self.bars[key] = higher_bars(self.grid, market, timeframe)
        return self.bars[key]

    def _node(self, node_id: int, market: int) -> dict[int, float]:
        section = self.graph[node_id].section
        if section is not None and section.market:
            market = self.grid.markets.index(section.market)
        if (node_id, market) not in self.known:
            self.known[node_id, market] = {} if section is None else self._evaluate(node_id, market, section)
        return self.known[node_id, market]

    def _evaluate(self, node_id: int, market: int, section: Section) -> dict[int, float]:
        node = self.graph[node_id]
        bars = self._bars(market, section.timeframe)
        if node.op in INPUT_SERIES:
            return {i: bar[node.op] for i, bar in bars.items()}
        if node.op == "hold":
            return self._hold(node.inputs[0], market, section.timeframe, sorted(bars))
        if node.op.startswith("over."):
            return self._over(node_id, market, section.timeframe, sorted(bars))
        if node.op.startswith("across."):
            return {i: self._across(node_id, market, i) for i in bars}
        if "." in node.op:
            return self._side(node_id, market, section.timeframe, sorted(bars))
        return self._op(node_id, market, section, sorted(bars))

    def _side(self, node_id: int, market: int, timeframe: Timeframe, indexes: list[int]) -> dict[int, float]:
        """A longer bar is made of base bars, all of which have to be there for an amount."""
        node, base = self.graph[node_id], self.grid.timeframe
        column = self.grid.side.get((node.op, node.params))
        values = [NAN] * self.grid.state.shape[1] if column is None else column[market].tolist()
        if node.op.startswith(("market.", "universe.")):
            values = [0.0 if math.isnan(value) else value for value in values]
        found = {}
        for i in indexes:
            count = (timeframe.open_ms(i + 1) - timeframe.open_ms(i)) // base.length_ms
            last = base.index(timeframe.open_ms(i + 1)) - 1 - self.grid.first_index
            if node.op.startswith("flow."):
                found[i] = fold("sum", values[last - count + 1 : last + 1]) if last + 1 >= count else NAN
            else:
                found[i] = values[last]
        return found

    def _over(self, node_id: int, market: int, timeframe: Timeframe, indexes: list[int]) -> dict[int, float]:
        node = self.graph[node_id]
        source = self.graph[node.inputs[0]].section
        assert source is not None
        finer, values, found = source.timeframe, self._node(node.inputs[0], market), {}
        for i in indexes:
            inside = [values.get(j) for j in range(finer.index(timeframe.open_ms(i)), finer.index(timeframe.open_ms(i + 1)))]
            known = [value for value in inside if value is not None]
            whole = len(known) == len(inside) or node.op == "over.last"
            found[i] = fold(node.op.removeprefix("over."), known) if whole else NAN
        return found

    def _across(self, node_id: int, market: int, index: int) -> float:
        node = self.graph[node_id]

        def at(number: int, m: int) -> float:
            return self._at(self._node(node.inputs[number], m), index, node.inputs[number])

        members = [m for m, code in enumerate(self.grid.markets) if code in self.domain and at(1, m) == 1.0]
        if node.params[0] > 0.0:
            listed = sorted((-at(2, m), m) for m in members if not math.isnan(at(2, m)))
            members = [m for _, m in listed[: int(node.params[0])]]
        known = {m: at(0, m) for m in members if not math.isnan(at(0, m))}
        found = across(node.op.removeprefix("across."), node.params, known)
        return found.get(market, found.get(-1, NAN))

    def _hold(self, source_id: int, market: int, timeframe: Timeframe, indexes: list[int]) -> dict[int, float]:
        source = self.graph[source_id].section
        assert source is not None
        slower = source.timeframe
        values = self._node(source_id, market)
        found = {}
        for i in indexes:
            closed = [j for j in values if slower.open_ms(j + 1) <= timeframe.open_ms(i + 1)]
            found[i] = values[max(closed)] if closed else NAN
        return found

    def _op(self, node_id: int, market: int, section: Section, indexes: list[int]) -> dict[int, float]:
        node, op = self.graph[node_id], self.ops[self.graph[node_id].op]
        params = list(node.params)
        state = list(op.init(tuple(params)))
        inputs = [self._node(i, market) for i in node.inputs]
        found = {}
        for i in indexes:
            x = [[self._at(values, i, j)] for values, j in zip(inputs, node.inputs, strict=True)]
            y = [NAN]
            op.kernel(state, params, *(x + [[NAN]] * (5 - len(x))), y, 1, i)
            found[i] = y[0]
        return found
