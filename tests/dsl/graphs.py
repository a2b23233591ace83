"""What must hold of every compiled graph, and a slow three-valued evaluator of its logic."""

from __future__ import annotations

from dsl.catalogue import ACCOUNT_SERIES, INPUT_SERIES, ORDER_SERIES, POSITION_SERIES, ArgKind, Memory, Unit
from dsl.graph import Graph, Node, Phase, Section
from dsl.side_series import ACROSS, EXTERNAL_PREFIX, SIDE_SERIES
from dsl.strategy import Strategy
from tests.dsl.helpers import CATALOGUE

LEAVES = {*INPUT_SERIES, *POSITION_SERIES, *ACCOUNT_SERIES, *ORDER_SERIES, *SIDE_SERIES, "const"}


def assert_well_formed(strategy: Strategy) -> None:
    """Inputs come first and lie on the right bars; ops exist with the right number of inputs; nothing is there twice or for nothing."""
    graph = strategy.graph
    clock = Section(strategy.clock)
    assert len(set(graph.nodes)) == len(graph.nodes)
    for number, node in enumerate(graph):
        assert all(i < number for i in node.inputs)
        inputs = [graph[i] for i in node.inputs]
        if node.op == "hold" or node.op.startswith("over."):
            _assert_other_bars(node, inputs)
        elif node.op in LEAVES or node.op.startswith(EXTERNAL_PREFIX):
            assert not inputs
            assert (node.section is None) == (node.op == "const" or node.phase is not Phase.MARKET)
        elif node.op in ACROSS:
            _assert_across(node, inputs)
        elif node.phase is not Phase.MARKET:
            assert node.section is None
            assert CATALOGUE[node.op].memory is Memory.NONE
            assert max(i.phase for i in inputs) is node.phase
            assert all(i.section is None or i.section.timeframe == clock.timeframe for i in inputs)
        else:
            _assert_operation(node, inputs)
    for root in _roots(strategy):
        section = graph[root].section
        assert section is None or section.timeframe == clock.timeframe
    assert _reached(graph, _roots(strategy)) == set(range(len(graph)))


def _assert_other_bars(node: Node, inputs: list[Node]) -> None:
    assert node.section is not None
    assert inputs[0].section is not None
    assert inputs[0].section.market == node.section.market
    longer, shorter = (inputs[0], node) if node.op == "hold" else (node, inputs[0])
    assert longer.section is not None
    assert shorter.section is not None
    assert longer.section.timeframe.length_ms > shorter.section.timeframe.length_ms
    assert inputs[0].unit is node.unit


def _assert_across(node: Node, inputs: list[Node]) -> None:
    assert node.section == Section(node.section.timeframe) if node.section is not None else False
    assert len(inputs) == (3 if node.params[0] else 2)
    assert len(node.params) == (3 if node.op == "across.top" else 2)
    assert inputs[1].unit is Unit.CONDITION
    for found in inputs:
        assert found.phase is Phase.MARKET
        assert found.section is None or found.section.timeframe == node.section.timeframe


def _assert_operation(node: Node, inputs: list[Node]) -> None:
    function = CATALOGUE[node.op]
    assert function.body is None
    series = [arg for arg in function.args if arg.kind is ArgKind.SERIES]
    assert len(inputs) == len(series) + len(function.implicit)
    assert len(node.params) == len(function.args) - len(series)
    assert node.section is not None
    for found in inputs:
        assert found.phase is Phase.MARKET
        if found.section is not None:
            assert found.section.timeframe == node.section.timeframe
            assert found.section.market == node.section.market or node.section.market == ""


def _roots(strategy: Strategy) -> list[int]:
    found = [strategy.entry, *(e.node for e in strategy.exits), *(c.node for c in strategy.conditions)]
    found += [factor.node for factor in strategy.factors]
    found += [breaker.node for breaker in strategy.risk.breakers] if strategy.risk is not None else []
    others = (strategy.rank, strategy.sizing.scale, strategy.entry_order, strategy.score)
    return found + [node for node in others if node is not None]


def _reached(graph: Graph, roots: list[int]) -> set[int]:
    seen: set[int] = set()
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting.extend(graph[node].inputs)
    return seen


def truth(graph: Graph, node_id: int, known: dict[int, bool | None]) -> bool | None:
    """Kleene's value of a condition whose tests have the values in `known`; None = missing."""
    if node_id in known:
        return known[node_id]
    node = graph[node_id]
    values = [truth(graph, i, known) for i in node.inputs]
    if node.op == "not":
        return None if values[0] is None else not values[0]
    if node.op == "and":
        return False if False in values else None if None in values else True
    if node.op == "or":
        return True if True in values else None if None in values else False
    raise AssertionError(node.op)
