"""Warm-up over the graph: an op adds to its inputs, inputs overlap, slower bars count with the bar that is lost at the beginning."""

from __future__ import annotations

import pytest

from dsl.describe import MAX_LENGTH, describe
from dsl.files import compile_file
from dsl.graph import Graph
from dsl.warmup import NodeWarmup, warmup
from tests.dsl.helpers import CATALOGUE, SHIPPED, strategy_of, with_rule

MINUTE = 60_000


def of(rule: str, clock: str = "5m") -> tuple[Graph, dict[str, NodeWarmup]]:
    graph = strategy_of(with_rule(entry=rule, clock=clock)).graph
    found = warmup(graph, CATALOGUE)
    return graph, {describe(graph, i): w for i, w in enumerate(found.nodes)}


def test_windows_add_up_along_a_chain_and_overlap_side_by_side() -> None:
    _, found = of("sma(highest(high, 10), 20) > sma(low, 5)[3]")
    bars = {name: (w.ready_bars, w.settle_bars) for name, w in found.items()}
    assert bars["highest(high, 10)"] == (9, 9)
    assert bars["sma(highest(high, 10), 20)"] == (28, 28)
    assert bars["sma(low, 5)[3]"] == (7, 7)
    assert bars["(sma(highest(high, 10), 20) > sma(low, 5)[3])"] == (28, 28)


def test_recursive_ops_settle_after_two_of_their_restarts() -> None:
    _, found = of("close > ema(close, 20)")
    assert found["ema(close, 20)"].ready_bars == 19
    assert found["ema(close, 20)"].settle_bars == 2 * 16 * 20


def test_slower_bars_count_in_full_and_one_may_be_lost() -> None:
    _, found = of("close > sma(close, 3)@1h")
    slow, held = found["sma(close, 3)"], found["sma(close, 3)@1h"]
    # a first hour begun after its first minute is lost (59 minutes), then three whole ones
    assert slow.ready_ms == (59 + 180) * MINUTE
    # 239 minutes of data: the 48th whole 5m bar closes no earlier than the third hour did
    assert held.ready_bars == 47
    assert held.ready_ms == (4 + 48 * 5) * MINUTE


@pytest.mark.parametrize("offset", range(0, 240, 7))
def test_the_time_given_is_enough_wherever_the_data_begins(offset: int) -> None:
    """Counting minutes by hand: which 5m bar is the first to see a whole window of held hours?"""
    graph, found = of("close > sma(close, 3)@1h")
    start = offset
    hours = [h for h in range(start // 60, start // 60 + 12) if h * 60 >= start]
    third_close = hours[2] * 60 + 60
    first_bar = -(-start // 5)
    seeing = next(bar for bar in range(first_bar, first_bar + 400) if (bar + 1) * 5 >= third_close)
    held = found["sma(close, 3)@1h"]
    assert seeing - first_bar <= held.ready_bars
    assert (seeing + 1) * 5 - start <= held.ready_ms // MINUTE
    assert warmup(graph, CATALOGUE).ready_ms >= held.ready_ms


def test_constants_and_position_values_need_nothing() -> None:
    graph = strategy_of(with_rule(when="pos.gain > 1%")).graph
    found = warmup(graph, CATALOGUE)
    for node, needed in zip(graph, found.nodes, strict=True):
        if node.op in ("const", "pos.gain"):
            assert needed == NodeWarmup(0, 0, 0, 0)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_strategies_have_a_finite_warm_up(path: object) -> None:
    strategy = strategy_of(compile_file(path, CATALOGUE))  # type: ignore[arg-type]
    found = warmup(strategy.graph, CATALOGUE, min(strategy.clock.length_ms, MINUTE))
    assert 0 < found.ready_ms <= found.settle_ms < 3 * 365 * 86_400_000
    assert all(len(describe(strategy.graph, i)) <= MAX_LENGTH for i in range(len(strategy.graph)))
