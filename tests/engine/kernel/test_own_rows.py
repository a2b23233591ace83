"""Rows that one variant reads alone: each is that variant's, all others stay shared, and no row comes before what it reads."""

from __future__ import annotations

import random

import pytest

from dsl.catalogue import Unit
from dsl.graph import Graph, Node, Phase, Section, Timeframe
from engine.kernel.abi import INPUT_COUNT
from engine.kernel.own_rows import OwnRows, own_rows, reads_all

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


def written(graph: Graph, number: int) -> str:
    """The node with all that it reads."""
    node = graph[number]
    return f"{node.op}{node.params}({', '.join(written(graph, read) for read in node.inputs)})"


def evaluated(graph: Graph, own: OwnRows, variant: int) -> dict[int, str]:
    """What stands in each slot after the shared rows and those of the variant. Raises KeyError where a row comes before what it reads."""
    table = own.program.table
    values = {slot: written(graph, node) for node, slot in table.slot_of_node.items() if not graph[node].inputs}
    ops = [row.op.function.name for row in table.rows if row.op is not None]
    for number, row in enumerate(table.rows[: own.shared]):
        params = tuple(table.params[row.params : row.params + (ops[number] == "ema")])
        values[row.output] = f"{ops[number]}{params}({', '.join(values[slot] for slot in row.inputs[: 1 + (ops[number] == 'add')])})"
    start, stop = own.ranges[variant]
    for number in range(start - own.shared, stop - own.shared):
        name, at = ops[own.like[number]], own.params_at[number] - len(table.params)
        read = own.inputs[number * INPUT_COUNT : number * INPUT_COUNT + 1 + (name == "add")]
        params = tuple(own.params[at : at + (name == "ema")])
        values[table.rows[own.like[number]].output] = f"{name}{params}({', '.join(values[slot] for slot in read)})"
    return values


def test_rows_are_shared_or_one_variants() -> None:
    owned = shared = led = alike = 0
    for seed in range(60):
        chance = random.Random(seed)
        graph, nodes = random_graph(chance)
        variants = [sorted(set(chance.choices(nodes, k=chance.randint(1, 4)))) for _ in range(chance.randint(1, 5))]
        own = own_rows(graph, variants, MINUTE, MINUTE, ("KRW-BTC",), ("KRW-BTC",))
        rows, slots = own.program.table.rows, own.program.table.slot_of_node
        needs = [reads(graph, columns) for columns in variants]
        alone = [{node for node in need if graph[node].inputs and sum(node in other for other in needs) == 1} for need in needs]
        for variant, columns in enumerate(variants):
            start, stop = own.ranges[variant]
            assert stop - start == len(alone[variant])
            values = evaluated(graph, own, variant)
            written_to = {rows[like].output for like in own.like[start - own.shared : stop - own.shared]}
            make = next(make for make in own.makes if {*make.columns, *make.others} - {None} == written_to)
            for place, node in enumerate(columns):
                slot = make.columns[place] if node in alone[variant] else slots[node]
                assert slot is not None
                assert values[slot] == written(graph, node)
                assert slot not in make.others
            assert stop == start or not rows[own.like[stop - 1 - own.shared]].leads  # the last has no other to go with
        assert sorted(own.nodes) == sorted(node for nodes in alone for node in nodes)
        assert {row.node for row in rows[: own.shared]} == {node for need in needs for node in need if graph[node].inputs} - set(own.nodes)
        assert not rows[own.shared - 1].leads
        owned, shared, led = owned + len(own.nodes), shared + own.shared, led + sum(row.leads for row in rows)
        alike += len(variants) - len(own.makes)
    assert min(owned, shared) > 100
    assert led > 20
    assert alike > 10


def test_values_across_markets_are_nobodys_own() -> None:
    graph = Graph()
    close = graph.add(Node("close", (), (), SECTION, Phase.MARKET, Unit.PRICE))
    true = graph.add(Node("gt", (close, close), (), SECTION, Phase.MARKET, Unit.CONDITION))
    across = graph.add(Node("across.rank", (close, true), (0.0, 0.0), SECTION, Phase.MARKET, Unit.NUMBER))
    assert reads_all(graph, [[true], [across]])
    assert not reads_all(graph, [[true], [close]])
    with pytest.raises(ValueError, match="all markets"):
        own_rows(graph, [[across]], MINUTE, MINUTE, ("KRW-BTC", "KRW-ETH"), ("KRW-BTC",))
