"""Rows that one variant reads alone: each is that variant's, all others stay shared, and no row comes before what it reads."""

from __future__ import annotations

import random

import pytest

from dsl.catalogue import Unit
from dsl.graph import Graph, Node, Phase, Section, Timeframe
from engine.kernel.own_rows import OwnRows, own_rows
from engine.kernel.program import Program, compile_values

MINUTE = Timeframe(60_000)
SECTION = Section(MINUTE)


def random_graph(chance: random.Random) -> tuple[Graph, list[int]]:
    """Averages and sums of what there is so far."""
    graph = Graph()
    nodes = [graph.add(Node("close", (), (), SECTION, Phase.MARKET, Unit.PRICE))]
    for number in range(chance.randint(3, 20)):
        if chance.random() < 0.6:
            node = Node("ema", (chance.choice(nodes),), (float(number + 2),), SECTION, Phase.MARKET, Unit.PRICE)
        else:
            node = Node("add", (chance.choice(nodes), chance.choice(nodes)), (), SECTION, Phase.MARKET, Unit.PRICE)
        nodes.append(graph.add(node))
    return graph, nodes


def reads(graph: Graph, columns: list[int]) -> set[int]:
    found, waiting = set[int](), list(columns)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += graph[node].inputs
    return found


def assert_ordered(program: Program, own: OwnRows) -> None:
    """Every row after what it reads, where only shared rows and the variant's own have been evaluated."""
    rows = own.program.table.rows
    outputs = {row.output for row in rows}
    assert sorted(row.node for row in rows) == sorted(row.node for row in program.table.rows)
    for start, stop in ((0, own.shared), *own.ranges):
        known = {row.output for row in rows[: own.shared]} if start else set[int]()
        for row in rows[start:stop]:
            assert {slot for slot in row.inputs if slot in outputs} <= known
            known.add(row.output)
        assert not any(row.leads for row in rows[stop - 1 : stop])  # the last has no other to go with


def test_rows_are_shared_or_one_variants() -> None:
    owned = shared = led = 0
    for seed in range(60):
        chance = random.Random(seed)
        graph, nodes = random_graph(chance)
        variants = [sorted(set(chance.choices(nodes, k=chance.randint(1, 4)))) for _ in range(chance.randint(1, 4))]
        program = compile_values(graph, [node for nodes in variants for node in nodes], MINUTE, MINUTE, ("KRW-BTC",))
        own = own_rows(program, variants)
        assert_ordered(program, own)
        needs = [reads(graph, columns) for columns in variants]
        for number, row in enumerate(own.program.table.rows):
            users = [variant for variant, need in enumerate(needs) if row.node in need]
            place = [variant for variant, (start, stop) in enumerate(own.ranges) if start <= number < stop]
            assert place == (users if len(users) == 1 else [])
            owned, shared, led = owned + len(place), shared + (not place), led + row.leads
        for columns, slots, others in zip(variants, own.columns, own.others, strict=True):
            assert [slot is None or slot == program.table.slot_of_node[node] for node, slot in zip(columns, slots, strict=True)]
            assert not {slot for slot in slots if slot is not None} & set(others)
    assert min(owned, shared) > 100
    assert led > 20


def test_values_across_markets_are_nobodys_own() -> None:
    graph = Graph()
    close = graph.add(Node("close", (), (), SECTION, Phase.MARKET, Unit.PRICE))
    true = graph.add(Node("gt", (close, close), (), SECTION, Phase.MARKET, Unit.CONDITION))
    across = graph.add(Node("across.rank", (close, true), (0.0, 0.0), SECTION, Phase.MARKET, Unit.NUMBER))
    program = compile_values(graph, [across], MINUTE, MINUTE, ("KRW-BTC", "KRW-ETH"))
    with pytest.raises(ValueError, match="all markets"):
        own_rows(program, [[across]])
