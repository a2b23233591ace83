"""Composed functions mean the same in the language as read plainly: the graph that the checker makes of a call gives the same bits."""

from __future__ import annotations

import numpy as np
import pytest

from dsl.catalogue import INPUT_SERIES, Arg, ArgKind, Function, Unit
from dsl.compile import compile_strategy
from dsl.graph import Graph
from engine.kernel.catalogue import catalogue, ops
from tests.laws.streams import first_difference, run, same_bits
from tests.oracles.values.data import Column, Columns, walk_columns
from tests.oracles.values.rule_text import Evaluator, candles_alone

FIRST = 7
FILE = """schema: strategy/1
name: composed
title: composed
state: paper
clock: 5m
markets: [KRW-BTC]
entry:
  all:
    rule: {call} > 0
exits:
  stop:
    at: pos.entry * 0.9
sizing:
  max_weight: 10% of equity
"""
COMPOSED = [function for function in catalogue().values() if function.body is not None and candles_alone(function)]


@pytest.mark.parametrize("function", COMPOSED, ids=[function.name for function in COMPOSED])
def test_the_language_reads_the_body_as_it_stands(function: Function) -> None:
    columns = walk_columns(4, 600, 5000.0, 1.0, missing=0.01)
    values = {arg.name: _fixed(arg, i) for i, arg in enumerate(function.args) if arg.kind in (ArgKind.WINDOW, ArgKind.NUMBER)}
    ratio = columns["close"] / columns["open"]
    required = [arg.name for arg in function.args if arg.kind is ArgKind.SERIES and arg.default is None]
    texts = [f"{name}={value:g}" for name, value in values.items()] + [f"{name}=close / open" for name in required]
    call = f"{function.name}({', '.join(texts)})"
    compiled = compile_strategy(FILE.format(call=call), "composed.yaml", catalogue(), lambda _name: None)
    assert compiled.strategy is not None, [(found.code, call) for found in compiled.diagnostics]
    graph = compiled.strategy.graph
    comparison = graph[compiled.strategy.entry]
    assert comparison.op == "gt"
    theirs = evaluate(graph, columns)[comparison.inputs[0]]
    ours = Evaluator(columns, FIRST).call(function, {**values, **dict.fromkeys(required, ratio)})
    assert np.isfinite(ours).sum() > 300
    assert same_bits(ours, theirs), f"{call}: {first_difference(ours, theirs)}"


def _fixed(arg: Arg, place: int) -> float:
    """A value for a fixed argument: a window, or for numbers that bound a ratio one near 1."""
    if arg.minimum is not None and arg.minimum > 3.0 + place:
        return arg.minimum
    return 3.0 + place if arg.kind is ArgKind.WINDOW or arg.unit is not Unit.ANY else 0.9985 + 0.001 * place


def evaluate(graph: Graph, columns: Columns) -> list[Column]:
    """Values of all market nodes of a graph on one section; nodes about a position stay missing."""
    length = len(columns["close"])
    found: list[Column] = []
    for node in graph:
        inputs = [found[i] for i in node.inputs]
        if node.op == "const":
            found.append(np.full(length, node.params[0]))
        elif node.op in INPUT_SERIES:
            found.append(columns[node.op])
        elif node.op in ops():
            found.append(run(ops()[node.op], node.params, inputs or [columns["close"]], FIRST).values)
        else:
            found.append(np.full(length, np.nan))
    return found
