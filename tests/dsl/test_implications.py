"""What is said to follow from a condition does: at every value of what it tests."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.catalogue import Unit
from dsl.checker.implications import implies
from dsl.checker.values import Value
from dsl.graph import Graph, Node, Phase, Section, Timeframe

_SECTION = Section(Timeframe(60_000))
_SERIES = ("open", "close", "volume")
_LIMITS = (0.0, 1.0, 2.0)
_TESTS = ("lt", "le", "gt", "ge", "eq", "ne")
#: every value that could tell two tests against the limits apart
_VALUES = (-0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5)
_Tree = tuple[object, ...]

_leaves = st.tuples(st.sampled_from(_TESTS), st.sampled_from(_SERIES), st.sampled_from((*_LIMITS, *_SERIES)))
_trees = st.recursive(
    _leaves, lambda inner: st.tuples(st.just("not"), inner) | st.tuples(st.sampled_from(("and", "or")), inner, inner), max_leaves=4
)


def _node(graph: Graph, tree: object) -> int:
    if isinstance(tree, float):
        return graph.add(Node("const", (), (tree,), None, Phase.MARKET, Unit.NUMBER))
    if isinstance(tree, str):
        return graph.add(Node(tree, (), (), _SECTION, Phase.MARKET, Unit.PRICE))
    assert isinstance(tree, tuple)
    inputs = tuple(_node(graph, part) for part in tree[1:])
    return graph.add(Node(str(tree[0]), inputs, (), _SECTION, Phase.MARKET, Unit.CONDITION))


def _holds(tree: object, values: dict[str, float]) -> bool:
    assert isinstance(tree, tuple)
    if tree[0] == "not":
        return not _holds(tree[1], values)
    if tree[0] in ("and", "or"):
        one, other = _holds(tree[1], values), _holds(tree[2], values)
        return (one and other) if tree[0] == "and" else (one or other)
    left, right = (values[part] if isinstance(part, str) else part for part in tree[1:])
    assert isinstance(left, float)
    assert isinstance(right, float)
    return {"lt": left < right, "le": left <= right, "gt": left > right, "ge": left >= right, "eq": left == right, "ne": left != right}[
        str(tree[0])
    ]


def _said(one: _Tree, other: _Tree) -> bool:
    graph = Graph()
    first, second = (Value(Unit.CONDITION, _node(graph, tree)) for tree in (one, other))
    return implies(graph, first, second)


@settings(max_examples=50)
@given(st.lists(_trees, min_size=6, max_size=6))
def test_what_follows_is_true_wherever_the_other_is(trees: Sequence[_Tree]) -> None:
    found = [pair for pair in product(trees, trees) if _said(*pair)]
    assert {(tree, tree) for tree in trees} <= set(found)  # a condition follows from itself
    for values in (dict(zip(_SERIES, row, strict=True)) for row in product(_VALUES, repeat=len(_SERIES))):
        for one, other in found:
            assert not _holds(one, values) or _holds(other, values)


def test_what_traders_write_is_found() -> None:
    above, far = ("gt", "close", 1.0), ("gt", "close", 2.0)
    assert _said(far, above)
    assert not _said(above, far)
    assert _said(("and", far, ("lt", "open", 1.0)), above)
    assert _said(far, ("or", above, ("lt", "open", 1.0)))
    assert _said(("or", far, ("ge", "close", 2.0)), above)
    assert _said(("not", ("le", "close", 2.0)), above)
    assert _said(("gt", "close", "open"), ("not", ("le", "close", "open")))
    assert not _said(("gt", "close", "open"), above)
