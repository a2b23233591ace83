"""Values that only `decide` knows, added to a checked strategy: conditions on the order, sizes and breakers that read the account."""

from __future__ import annotations

import random
from dataclasses import replace

from dsl.catalogue import ACCOUNT_SERIES, ORDER_SERIES, Unit
from dsl.graph import Graph, Node, Phase
from dsl.strategy import Breaker, RiskProfile, Strategy

DAY_MS = 86_400_000.0
#: name of the breaker that `with_rest` adds
REST = "rest"


def with_late_values(chance: random.Random, strategy: Strategy) -> Strategy:
    """The same strategy with some of them."""
    graph = strategy.graph
    if chance.random() < 0.25:
        strategy = replace(strategy, entry_order=order_condition(chance, graph))
    if chance.random() < 0.15:
        strategy = replace(strategy, sizing=replace(strategy.sizing, scale=size(chance, graph)))
    if chance.random() < 0.2:
        risk = strategy.risk or RiskProfile("generated")
        named = Breaker("late", account_condition(chance, graph), True, chance.random() < 0.3, chance.choice([0, 60_000, 3_600_000]))
        strategy = replace(strategy, risk=replace(risk, breakers=(*risk.breakers, named)))
    return strategy


def with_rest(chance: random.Random, strategy: Strategy) -> Strategy:
    """The same strategy with a rest after losses, of the account or of each market that wants an entry just then."""
    graph = strategy.graph
    lost = apply(graph, "ge", Phase.ACCOUNT, leaf(graph, "acct.losses_in_row"), number(graph, float(chance.randint(1, 3))))
    everywhere = chance.random() < 0.7
    node = lost if everywhere else apply(graph, "and", Phase.ACCOUNT, strategy.entry, lost)
    hold_ms = strategy.clock.length_ms * chance.randint(1, 40)
    risk = strategy.risk or RiskProfile("generated")
    rest = Breaker(REST, node, everywhere, chance.random() < 0.2, hold_ms)
    return replace(strategy, risk=replace(risk, breakers=(*risk.breakers, rest)))


def with_loss_per_trade(chance: random.Random, strategy: Strategy) -> Strategy:
    """The same strategy, whose trades may lose so much at their stop: a ratio, an amount or both."""
    ratio = chance.choice([None, 0.001, 0.004])
    amount = chance.choice([3_000, 20_000] if ratio is None else [None, 5_000])
    risk = strategy.risk or RiskProfile("generated")
    return replace(strategy, risk=replace(risk, risk_per_trade=ratio, risk_per_trade_krw=amount))


def leaf(graph: Graph, name: str, params: tuple[float, ...] = ()) -> int:
    """A leaf of the account or order phase."""
    phase, unit = (Phase.ACCOUNT, ACCOUNT_SERIES[name]) if name in ACCOUNT_SERIES else (Phase.ORDER, ORDER_SERIES[name])
    return graph.add(Node(name, (), params, None, phase, unit))


def number(graph: Graph, value: float) -> int:
    """A constant."""
    return graph.add(Node("const", (), (value,), None, Phase.MARKET, Unit.NUMBER))


def apply(graph: Graph, op: str, phase: Phase, *inputs: int) -> int:
    """An elementwise op."""
    return graph.add(Node(op, inputs, (), None, phase, Unit.NUMBER))


def order_condition(chance: random.Random, graph: Graph) -> int:
    """About the size, the cost, or the account when the order would be made."""
    kind = chance.randrange(4)
    if kind == 0:
        return apply(graph, "gt", Phase.ORDER, leaf(graph, "order.value"), number(graph, chance.choice([50_000.0, 400_000.0])))
    if kind == 1:
        return apply(graph, "lt", Phase.ORDER, leaf(graph, "cost.round_trip"), number(graph, chance.choice([0.0015, 0.004])))
    if kind == 2:
        open_ones = leaf(graph, "acct.open_positions")
        return apply(graph, "lt", Phase.ORDER, apply(graph, "mul", Phase.ORDER, open_ones, leaf(graph, "order.value")), number(graph, 2e6))
    worth = apply(graph, "mul", Phase.ORDER, leaf(graph, "order.quantity"), leaf(graph, "order.price"))
    return apply(graph, "gt", Phase.ORDER, worth, number(graph, 45_000.0))


def size(chance: random.Random, graph: Graph) -> int:
    """A multiplier that falls with what has been lost or used."""
    lost = chance.choice(
        [("acct.drawdown", (DAY_MS,)), ("acct.drawdown", (3 * DAY_MS,)), ("acct.exposure", ()), ("acct.losses_in_row", ())]
    )
    scaled = apply(graph, "mul", Phase.ACCOUNT, leaf(graph, *lost), number(graph, 0.3 if lost[0] == "acct.losses_in_row" else 1.0))
    return apply(graph, "sub", Phase.ACCOUNT, number(graph, 1.0), scaled)


def account_condition(chance: random.Random, graph: Graph) -> int:
    """Losses in a row, a bad day, too little cash."""
    kind = chance.randrange(4)
    if kind == 0:
        return apply(graph, "ge", Phase.ACCOUNT, leaf(graph, "acct.losses_in_row"), number(graph, float(chance.randint(2, 4))))
    if kind == 1:
        period = chance.choice(["acct.pnl_today", "acct.pnl_week", "acct.pnl_month"])
        return apply(graph, "lt", Phase.ACCOUNT, leaf(graph, period), number(graph, -0.003))
    if kind == 2:
        return apply(graph, "gt", Phase.ACCOUNT, leaf(graph, "acct.equity"), number(graph, chance.choice([1e4, 1e7, 1e12])))
    return apply(graph, "lt", Phase.ACCOUNT, leaf(graph, "acct.cash"), number(graph, 3e6))
