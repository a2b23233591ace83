"""Small ops, graphs and grids for the tests of the machine. The ops are made to betray a wrong cut, index, offset or state."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dsl.catalogue import Arg, ArgKind, Function, Memory, Unit
from dsl.graph import Graph, Node, Phase, Section, Timeframe
from dsl.strategy import Condition, Exit, Limits, Sizing, State, Strategy
from engine.kernel.abi import helper
from engine.kernel.catalogue import Op
from engine.model.candle import BarGrid, BarState

MINUTE_MS = 60_000
MINUTE = Timeframe(MINUTE_MS)
FIVE = Timeframe(5 * MINUTE_MS)
QUARTER = Timeframe(15 * MINUTE_MS)
HOUR = Timeframe(60 * MINUTE_MS)
#: seven-minute bars: a length that divides neither the hour nor the block, shifted by three minutes
ODD = Timeframe(7 * MINUTE_MS, 3 * MINUTE_MS)
#: side series of the random grids: flags, states, an amount, one that the file declares
SIDES = (
    ("universe.member", ()),
    ("market.warning", ()),
    ("book.spread", (2.0,)),
    ("flow.bought", ()),
    ("external.kimp", ()),
    ("external.signal", ()),
)
SERIES = ("open", "high", "low", "close", "volume", "value")


@helper
def mixed(a: float, b: float) -> float:
    return 0.75 * a + 0.25 * b


def add(state, params, x0, x1, x2, x3, x4, y, length, index):
    for t in range(length):
        y[t] = x0[t] + x1[t]


def mix(state, params, x0, x1, x2, x3, x4, y, length, index):
    for t in range(length):
        y[t] = mixed(x0[t], x1[t])


def five(state, params, x0, x1, x2, x3, x4, y, length, index):
    for t in range(length):
        y[t] = x0[t] + 2.0 * x1[t] + 3.0 * x2[t] + 5.0 * x3[t] + 7.0 * x4[t]


def indexed(state, params, x0, x1, x2, x3, x4, y, length, index):
    """The absolute index, and whether the input is there."""
    for t in range(length):
        y[t] = float(index + t) if x0[t] == x0[t] else -float(index + t)


def lag(state, params, x0, x1, x2, x3, x4, y, length, index):
    """x n bars ago, from a ring keyed by the absolute index."""
    n = int(params[0])
    for t in range(length):
        k = (index + t) % n
        y[t] = state[k]
        state[k] = x0[t]


def smooth(state, params, x0, x1, x2, x3, x4, y, length, index):
    """Recursive with memory without end: any lost or repeated bar shows for long."""
    value = state[0]
    for t in range(length):
        x = x0[t]
        if x == x:
            value = x if value != value else value + params[0] * (x - value)
        y[t] = value
    state[0] = value


def counted(state, params, x0, x1, x2, x3, x4, y, length, index):
    """Bars fed so far; the anchor parameter restarts it."""
    n = int(params[0])
    for t in range(length):
        if (index + t) % n == 0:
            state[0] = 0.0
        state[0] += 1.0
        y[t] = state[0]


def _function(name: str, inputs: int, kinds: tuple[ArgKind, ...], memory: Memory, warmup=None) -> Function:
    args = tuple(Arg(f"x{i}", ArgKind.SERIES) for i in range(inputs))
    args += tuple(Arg(f"p{i}", kind) for i, kind in enumerate(kinds))
    return Function(name, args, Unit.NUMBER, memory, warmup=warmup, settle=warmup)


def _op(kernel, inputs, kinds=(), memory=Memory.NONE, init=lambda params: [], warmup=None) -> Op:
    function = _function(kernel.__name__, inputs, kinds, memory, warmup)
    return Op(function, kernel, lambda params: len(init(params)), init)


OPS = {
    op.function.name: op
    for op in (
        _op(add, 2),
        _op(mix, 2),
        _op(five, 5),
        _op(indexed, 1),
        _op(lag, 1, (ArgKind.WINDOW,), Memory.WINDOW, lambda p: [float("nan")] * int(p[0]), lambda p: int(p[0])),
        _op(smooth, 1, (ArgKind.NUMBER,), Memory.KEYED, lambda p: [float("nan")]),
        _op(counted, 1, (ArgKind.ANCHOR,), Memory.SESSION, lambda p: [0.0]),
    )
}


@dataclass
class Maker:
    """Builds a graph node by node."""

    graph: Graph = field(default_factory=Graph)

    def leaf(self, name: str, timeframe: Timeframe, market: str = "") -> int:
        return self.graph.add(Node(name, (), (), Section(timeframe, market), Phase.MARKET, Unit.PRICE))

    def const(self, value: float) -> int:
        return self.graph.add(Node("const", (), (value,), None, Phase.MARKET, Unit.NUMBER))

    def op(self, name: str, timeframe: Timeframe, *inputs: int, params: tuple[float, ...] = (), market: str = "") -> int:
        return self.graph.add(Node(name, inputs, params, Section(timeframe, market), Phase.MARKET, Unit.NUMBER))

    def hold(self, timeframe: Timeframe, source: int, market: str = "") -> int:
        return self.op("hold", timeframe, source, market=market)

    def side(self, name: str, timeframe: Timeframe, params: tuple[float, ...] = (), market: str = "") -> int:
        return self.graph.add(Node(name, (), params, Section(timeframe, market), Phase.MARKET, Unit.NUMBER))

    def across(self, name: str, timeframe: Timeframe, *inputs: int, params: tuple[float, ...] = (0.0, 1.0)) -> int:
        return self.op(f"across.{name}", timeframe, *inputs, params=params)

    def pos(self, name: str) -> int:
        return self.graph.add(Node(name, (), (), None, Phase.POSITION, Unit.PRICE))

    def pos_op(self, name: str, *inputs: int, params: tuple[float, ...] = ()) -> int:
        return self.graph.add(Node(name, inputs, params, None, Phase.POSITION, Unit.NUMBER))


def strategy(graph: Graph, clock: Timeframe, entry: int, exits: tuple[Exit, ...] = (), aliases=None, **settings) -> Strategy:
    return Strategy(
        name="sample",
        title="",
        state=State.OFF,
        clock=clock,
        aliases=aliases or {},
        markets=(),
        graph=graph,
        entry=entry,
        exits=exits,
        sizing=settings.pop("sizing", Sizing()),
        limits=Limits(),
        risk=None,
        **settings,
    )


def random_grid(rng: np.random.Generator, markets: tuple[str, ...], first_index: int, length: int, unknown: float = 0.01) -> BarGrid:
    """Minutes on a tick grid with no-trade bars, unknown bars, a stretch without any trade, and values that are missing."""
    shape = (len(markets), length)
    close = 1000.0 + np.cumsum(rng.integers(-3, 4, shape), axis=1)
    open_ = close + rng.integers(-2, 3, shape)
    spread = rng.integers(0, 4, (2, *shape))
    draw = rng.random(shape)
    state = np.where(draw < unknown, BarState.UNKNOWN, np.where(draw < 0.25, BarState.NO_TRADE, BarState.TRADED)).astype(np.int8)
    quiet = rng.integers(0, length, len(markets))
    for m, at in enumerate(quiet):
        state[m, at : at + 90] = np.minimum(state[m, at : at + 90], BarState.NO_TRADE)
    volume = rng.integers(1, 10**11, shape) / 1e8
    value = np.where(rng.random(shape) < 0.01, np.nan, rng.integers(1, 10**15, shape) / 1e5)
    arrays = {
        "open": open_,
        "high": np.maximum(open_, close) + spread[0],
        "low": np.minimum(open_, close) - spread[1],
        "close": close,
        "volume": volume,
        "value": value,
    }
    arrays = {name: np.array(array, dtype=np.float64) for name, array in arrays.items()}
    _fill_quiet(state, arrays)
    side = {key: random_side(rng, key[0], shape) for key in SIDES}
    return BarGrid(markets=markets, timeframe=MINUTE, first_index=first_index, state=state, side=side, **arrays)


def random_side(rng: np.random.Generator, name: str, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Flags that change now and then, numbers with ties; each missing at times."""
    if name in ("universe.member", "market.warning", "external.signal"):
        value = (rng.random(shape) < (0.8 if name == "universe.member" else 0.1)).astype(float)
    else:
        value = rng.integers(-5, 50, shape) / 7.0
    return np.where(rng.random(shape) < 0.02, np.nan, value)


def _fill_quiet(state: NDArray[np.int8], arrays: dict[str, NDArray[np.float64]]) -> None:
    """No-trade bars get the last close and zero volume, unknown bars nothing."""
    traded = state == BarState.TRADED
    latest = np.maximum.accumulate(np.where(traded, np.arange(state.shape[1]), -1), axis=1)
    last = np.where(latest >= 0, np.take_along_axis(arrays["close"], np.maximum(latest, 0), axis=1), np.nan)
    for name in SERIES:
        quiet = np.where(state == BarState.NO_TRADE, last if name in SERIES[:4] else 0.0, np.nan)
        arrays[name][:] = np.where(traded, arrays[name], quiet)


def cut(grid: BarGrid, start: int, stop: int) -> BarGrid:
    """Bars [start, stop) of a grid."""
    arrays = {name: getattr(grid, name)[:, start:stop] for name in SERIES}
    return BarGrid(
        markets=grid.markets,
        timeframe=grid.timeframe,
        first_index=grid.first_index + start,
        state=grid.state[:, start:stop],
        side={key: array[:, start:stop] for key, array in grid.side.items()},
        **arrays,
    )


def same_bits(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    """Equal shapes and bits; every NaN is the same NaN."""
    missing = np.isnan(a)
    if a.shape != b.shape or not np.array_equal(missing, np.isnan(b)):
        return False
    return bool(np.array_equal(np.where(missing, 0.0, a).view(np.int64), np.where(missing, 0.0, b).view(np.int64)))


def rich_strategy() -> Strategy:
    """Three timeframes, an odd one, two alias markets, holds from all of them, constants, and a position phase."""
    make = Maker()
    close = make.leaf("close", FIVE)
    base_close = make.leaf("close", MINUTE)
    slow = make.op("smooth", HOUR, make.leaf("close", HOUR), params=(0.3,))
    odd = make.op("lag", ODD, make.op("add", ODD, make.leaf("high", ODD), make.leaf("volume", ODD)), params=(3.0,))
    minute = make.op("smooth", MINUTE, make.op("mix", MINUTE, base_close, make.leaf("low", MINUTE)), params=(0.05,))
    alias = make.op("smooth", FIVE, make.leaf("close", FIVE, "KRW-BBB"), params=(0.5,), market="KRW-BBB")
    alias_hour = make.op("lag", HOUR, make.leaf("value", HOUR, "KRW-CCC"), params=(2.0,), market="KRW-CCC")
    alias_held = make.hold(FIVE, alias_hour, market="KRW-CCC")
    held = [make.hold(FIVE, node) for node in (slow, odd, minute)]
    total = make.op("five", FIVE, close, *held, alias)
    entry = make.op("mix", FIVE, total, make.op("lag", FIVE, alias_held, params=(4.0,)))
    rank = make.op("counted", FIVE, close, params=(12.0,))
    scale = make.op("indexed", FIVE, make.op("add", FIVE, close, make.const(0.25)))
    level = make.pos_op("mix", make.pos("pos.high"), make.op("smooth", FIVE, make.leaf("open", FIVE), params=(0.1,)))
    stop = make.pos_op("add", level, make.const(-5.0))
    exits = (Exit("stop", 0, stop), Exit("rule", 2, held[0]))
    aliases = {"b": "KRW-BBB", "c": "KRW-CCC"}
    return strategy(make.graph, FIVE, entry, exits, aliases, rank=rank, sizing=Sizing(scale=scale))


def late_strategy() -> Strategy:
    """Side series, folds of finer bars, and values across markets of values across markets."""
    make = Maker()
    member = make.side("universe.member", FIVE)
    smooth = make.op("smooth", FIVE, make.leaf("close", FIVE), params=(0.4,))
    ranked = make.across("pct_rank", FIVE, smooth, member)
    again = make.op("lag", FIVE, make.op("add", FIVE, ranked, smooth), params=(2.0,))
    spread = make.across("zscore", FIVE, again, make.const(1.0), make.leaf("volume", FIVE), params=(2.0, 1.0))
    hourly = make.across("mean", HOUR, make.op("smooth", HOUR, make.leaf("high", HOUR), params=(0.5,)), make.side("universe.member", HOUR))
    late = make.op("five", FIVE, spread, make.hold(FIVE, hourly), ranked, smooth, smooth)
    folds = [
        make.op(f"over.{name}", FIVE, make.op("smooth", MINUTE, make.leaf("low", MINUTE), params=(0.3,))) for name in ("min", "max", "sum")
    ]
    warned = make.op("over.any", FIVE, make.side("market.warning", MINUTE))
    fresh = make.op("over.any", FIVE, make.side("external.signal", MINUTE))
    sides = [make.side("flow.bought", FIVE), make.side("book.spread", FIVE, (2.0,)), make.side("market.warning", FIVE)]
    alias = make.side("book.spread", FIVE, (2.0,), "KRW-CCC")
    exported = [late, spread, warned, fresh, alias, *folds, *sides]
    conditions = tuple(Condition(str(node), node) for node in exported)
    return strategy(make.graph, FIVE, again, aliases={"c": "KRW-CCC"}, conditions=conditions)


def random_strategy(rng: np.random.Generator, markets: tuple[str, ...]) -> Strategy:
    """Some twenty random nodes on random sections, then one that reads a hold of each on the clock."""
    make = Maker()
    timeframes = [MINUTE, FIVE, QUARTER, HOUR, ODD]
    clock = timeframes[rng.integers(len(timeframes))]
    bindings = ["", "", *markets[:2]]
    pool: dict[Section, list[int]] = {}
    for _ in range(28):
        section = Section(timeframes[rng.integers(len(timeframes))], bindings[rng.integers(len(bindings))])
        readable = pool.get(section, []) + (pool.get(Section(section.timeframe, markets[0]), []) if not section.market else [])
        pool.setdefault(section, []).append(_random_node(rng, make, section, readable, pool))
    exported: list[int] = []
    for section, nodes in pool.items():
        exported += [node if section == Section(clock) else make.hold(clock, node) for node in nodes]
    conditions = tuple(Condition(str(node), node) for node in exported)
    return strategy(make.graph, clock, exported[-1], aliases={"a": markets[0], "b": markets[1]}, conditions=conditions)


def base_strategy(rng: np.random.Generator, markets: tuple[str, ...]) -> Strategy:
    """Ops over base bars, some of them exported, some read by others too, one of them by a hold: what needs no copy of most values."""
    make = Maker()
    nodes = [make.leaf(name, MINUTE) for name in SERIES[: rng.integers(1, len(SERIES) + 1)]]
    nodes.append(make.leaf("close", MINUTE, markets[0]))
    first = len(nodes)
    for _ in range(int(rng.integers(3, 9))):
        a, b = (nodes[k] for k in rng.integers(0, len(nodes), 2))
        name = ("add", "mix", "lag", "smooth", "indexed")[rng.integers(5)]
        params = {"lag": (float(rng.integers(1, 9)),), "smooth": (0.3,)}.get(name, ())
        nodes.append(make.op(name, MINUTE, *((a, b) if name in ("add", "mix") else (a,)), params=params))
    exported = [node for node in nodes[first:] if rng.random() < 0.6] + [nodes[-1]]
    if rng.random() < 0.3:
        exported.append(nodes[0])
    if rng.random() < 0.5:
        exported.append(make.hold(MINUTE, make.op("smooth", FIVE, make.leaf("close", FIVE), params=(0.2,))))
    if rng.random() < 0.3:
        exported.append(make.hold(MINUTE, nodes[first]))
    conditions = tuple(Condition(str(node), node) for node in dict.fromkeys(exported))
    return strategy(make.graph, MINUTE, nodes[-1], aliases={"a": markets[0]}, conditions=conditions)


def nests(finer: Timeframe, slower: Timeframe) -> bool:
    return slower.length_ms % finer.length_ms == 0 and (slower.offset_ms - finer.offset_ms) % finer.length_ms == 0


def _random_across(rng: np.random.Generator, make: Maker, timeframe: Timeframe, pick: list[int]) -> int:
    name = ("rank", "pct_rank", "zscore", "mean", "median", "breadth", "top")[rng.integers(7)]
    member = make.const(1.0) if rng.random() < 0.3 else make.side("universe.member", timeframe)
    most = float(rng.integers(0, 3))
    turnover = [pick[1]] if most else []
    extra = (float(rng.integers(0, 4)),) if name == "top" else ()
    return make.across(name, timeframe, pick[0], member, *turnover, params=(most, float(rng.integers(2)), *extra))


def _random_node(rng: np.random.Generator, make: Maker, section: Section, readable: list[int], pool: dict[Section, list[int]]) -> int:
    timeframe, market = section.timeframe, section.market
    choice = int(rng.integers(12))
    if choice == 8:
        name, params = [*SIDES, ("market.delisting", ())][rng.integers(7)]
        return make.side(name, timeframe, params, market)
    if not readable or choice == 0:
        return make.leaf(SERIES[rng.integers(len(SERIES))], timeframe, market)
    if choice == 1:
        sources = [node for other, nodes in pool.items() if other.market == market or other.market for node in nodes]
        if sources:
            return make.hold(timeframe, sources[rng.integers(len(sources))], market)
    if choice == 9:
        finer = [
            node
            for other, nodes in pool.items()
            if (other.market == market or other.market) and nests(other.timeframe, timeframe)
            for node in nodes
        ]
        if finer:
            source = finer[rng.integers(len(finer))]
            condition = make.graph[source].op in ("external.signal", *(name for name, _ in SIDES[:2]))
            fold = "any" if condition and rng.random() < 0.5 else ("last", "min", "max", "sum")[rng.integers(4)]
            return make.op(f"over.{fold}", timeframe, source, market=market)
    pick = [readable[rng.integers(len(readable))] for _ in range(5)]
    if choice >= 9 and not market:
        return _random_across(rng, make, timeframe, pick)
    if choice == 2:
        return make.op("five", timeframe, *pick, market=market)
    if choice == 3:
        return make.op("lag", timeframe, pick[0], params=(float(rng.integers(1, 30)),), market=market)
    if choice == 4:
        return make.op("smooth", timeframe, pick[0], params=(float(rng.random()),), market=market)
    if choice == 5:
        return make.op("counted", timeframe, pick[0], params=(float(rng.integers(1, 50)),), market=market)
    if choice == 6:
        return make.op("indexed", timeframe, pick[0], market=market)
    return make.op("mix", timeframe, pick[0], make.const(float(rng.integers(3))), market=market)
