"""Plans of many variants of one strategy: variants that differ only in which nodes their columns are have one plan."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.kernel.decide.plan import make_plan
from engine.kernel.position import market_inputs, position_nodes
from engine.kernel.program import decision_rows, named_nodes, wanted_columns

if TYPE_CHECKING:
    from dsl.graph import Graph, Timeframe
    from dsl.strategy import Strategy
    from engine.kernel.decide.plan import Plan, Terms


def plans_of(
    strategies: Sequence[Strategy], graph: Graph, base: Timeframe, markets: Sequence[str], terms: Terms, tradable: Sequence[bool]
) -> tuple[list[tuple[int, ...]], list[Plan]]:
    """The nodes of each variant's columns, and its plan; variants whose plans would be equal have the same one.

    graph: that of all of them, or a copy, to which measures of profiles are added. Other arguments and errors as of `make_plan`.
    """
    found: dict[Hashable, Plan] = {}
    nodes: list[tuple[int, ...]] = []
    plans: list[Plan] = []
    for number, strategy in enumerate(strategies):
        measured = strategy.risk is not None and strategy.risk.crowding is not None
        columns = wanted_columns(strategy, base)
        key = number if measured else _likeness(strategy, base, columns)
        plan = found.get(key)
        if plan is None:
            columns, position = decision_rows(strategy, base, markets, graph)
            plan = found[key] = make_plan(strategy, position, markets, terms, tradable=tradable)
        nodes.append(columns)
        plans.append(plan)
    return nodes, plans


def _likeness(strategy: Strategy, base: Timeframe, columns: Sequence[int]) -> Hashable:
    """Equal for strategies over one graph whose plans are equal: all that a plan is made of, a column by its place, another node by its
    id."""
    place = {node: number for number, node in enumerate(columns)}

    def at(node: int | None) -> int | None:
        return None if node is None else place.get(node, ~node)

    sizing, risk = strategy.sizing, strategy.risk
    read = market_inputs(strategy.graph, position_nodes(strategy.graph, named_nodes(strategy, base)))
    of_profile = [] if risk is None else [breaker.node for breaker in risk.breakers]
    return (
        strategy.clock, at(strategy.entry), at(strategy.rank), at(strategy.entry_order),
        sizing if sizing.scale is None else replace(sizing, scale=at(sizing.scale)),
        strategy.limits, strategy.execution, risk,
        tuple([replace(rule, node=place.get(rule.node, ~rule.node)) for rule in strategy.exits]),
        tuple([at(condition.node) for condition in strategy.conditions]),
        tuple([(node, at(node)) for node in (*read, *of_profile)]),
        None if risk is None or risk.book_share is None else at(risk.book_share.node),
    )  # fmt: skip
