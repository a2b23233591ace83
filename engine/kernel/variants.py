"""Plans of many variants of one strategy: variants that differ only in which nodes their columns are have one plan."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import fields, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from dsl.strategy import Exit
from engine.kernel.decide.plan import make_plan
from engine.kernel.program import columns_and_read, decision_rows

if TYPE_CHECKING:
    from dsl.graph import Graph, Timeframe
    from dsl.strategy import Strategy
    from engine.kernel.decide.plan import Plan, Terms

_EXIT_BUT_NODE: Final = attrgetter(*(one.name for one in fields(Exit) if one.name != "node"))


def plans_of(
    strategies: Sequence[Strategy], graph: Graph, base: Timeframe, markets: Sequence[str], terms: Terms, tradable: Sequence[bool], *,
    ranked: bool = True, counted: bool = True,
) -> tuple[list[tuple[int, ...]], list[Plan]]:  # fmt: skip
    """The nodes of each variant's columns, and its plan; variants whose plans would be equal have the same one.

    graph: that of all of them, or a copy, to which measures of profiles are added. ranked: candidates have to be put in order; counted:
    somebody asks how often each condition was true. Other arguments and errors as of `make_plan`.
    """
    found: dict[Hashable, Plan] = {}
    nodes: list[tuple[int, ...]] = []
    plans: list[Plan] = []
    alike = _Alike()
    for number, strategy in enumerate(strategies):
        measured = strategy.risk is not None and strategy.risk.crowding is not None
        columns, read = columns_and_read(strategy, base, ranked=ranked, counted=counted)
        key = number if measured else _likeness(strategy, columns, read, alike, ranked, counted)
        plan = found.get(key)
        if plan is None:
            conditions, rank = strategy.conditions if counted else (), strategy.rank if ranked else None
            decided = replace(strategy, conditions=conditions, rank=rank)
            columns, position = decision_rows(decided, base, markets, graph)
            plan = found[key] = make_plan(decided, position, markets, terms, tradable=tradable)
        nodes.append(columns)
        plans.append(plan)
    return nodes, plans


class _Alike:
    """Numbers of risk profiles, equal for equal ones: to look at one takes longer than all else of a likeness, and variants share them."""

    def __init__(self) -> None:
        self._of_one: dict[int, tuple[int, Hashable]] = {}  # by who it is; kept, so that nothing else can be it
        self._of_equal: dict[Hashable, int] = {}

    def __call__(self, one: Hashable) -> int:
        found = self._of_one.get(id(one))
        if found is None:
            found = self._of_one[id(one)] = self._of_equal.setdefault(one, len(self._of_equal)), one
        return found[0]


def _likeness(
    strategy: Strategy, columns: Sequence[int], read: Sequence[int], alike: _Alike, ranked: bool, counted: bool
) -> Hashable:  # fmt: skip
    """Equal for strategies over one graph whose plans are equal: all that a plan is made of, a column by its place, another node by its
    id. read: columns that position values read."""
    place = {node: number for number, node in enumerate(columns)}

    def at(node: int | None) -> int | None:
        return None if node is None else place.get(node, ~node)

    sizing, risk = strategy.sizing, strategy.risk
    of_profile = [] if risk is None else [breaker.node for breaker in risk.breakers]
    return (
        strategy.clock, at(strategy.entry), at(strategy.rank) if ranked else None, at(strategy.entry_order),
        sizing if sizing.scale is None else replace(sizing, scale=at(sizing.scale)),
        strategy.limits, strategy.execution, alike(risk),
        tuple([(at(rule.node), *_EXIT_BUT_NODE(rule)) for rule in strategy.exits]),
        tuple([at(condition.node) for condition in strategy.conditions]) if counted else None,
        tuple([(node, at(node)) for node in (*read, *of_profile)]),
        None if risk is None or risk.book_share is None else at(risk.book_share.node),
    )  # fmt: skip
