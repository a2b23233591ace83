"""What compiling a strategy exports, orders and refuses; position rows; how much data a program needs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dsl.catalogue import POSITION_SERIES, Memory
from dsl.graph import Timeframe
from dsl.strategy import Condition, Exit, ExitKind, Sizing
from engine.kernel import load
from engine.kernel.abi import call_row
from engine.kernel.position import PositionRows
from engine.kernel.program import compile_program
from engine.kernel.rows import node_keys
from engine.kernel.vm import Kernel
from engine.model.candle import BarGrid
from tests.engine.kernel.samples import FIVE, HOUR, MINUTE, MINUTE_MS, OPS, Maker, cut, random_grid, rich_strategy, strategy

MARKETS = ("KRW-AAA", "KRW-BBB", "KRW-CCC")


def test_columns_are_what_decisions_read() -> None:
    make = Maker()
    entry, rank, scale, unread, in_exit, in_level, named = (
        make.op("smooth", FIVE, make.leaf("close", FIVE), params=(factor,)) for factor in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
    )
    level = make.pos_op("add", make.pos("pos.entry"), in_level)
    exits = (Exit("stop", ExitKind.STOP, level), Exit("rule", ExitKind.RULE, in_exit))
    conditions = (Condition("entry.when", entry), Condition("entry.trend", named))
    chosen = strategy(make.graph, FIVE, entry, exits, rank=rank, sizing=Sizing(scale=scale), conditions=conditions)
    program = compile_program(chosen, MINUTE, MARKETS, OPS)
    assert program.columns == (entry, rank, scale, named, in_exit, in_level)
    assert unread not in program.table.slot_of_node
    assert program.position.column_count == 6
    assert program.position.slot_of_node[in_level] == 5
    alone = compile_program(chosen, MINUTE, MARKETS, OPS, domain=MARKETS[1:2])
    assert alone.columns == (entry, scale, named, in_exit, in_level), "one market needs no order"
    assert rank not in alone.table.slot_of_node
    assert (alone.ready_ms, alone.settle_ms) == (program.ready_ms, program.settle_ms)


def evaluate(rows: PositionRows, values: dict[int, float]) -> np.ndarray:
    vector = rows.initial.copy()
    for slot, value in values.items():
        vector[slot] = value
    kernels = np.array([load.address_of(OPS[name].kernel) for name in rows.ops])
    for row in range(len(rows.rows)):
        call_row(kernels, rows.rows, row, rows.params, vector)
    return vector


def test_position_rows_give_the_value_of_the_expression() -> None:
    make = Maker()
    market = make.op("smooth", FIVE, make.leaf("close", FIVE), params=(0.1,))
    high, entry = make.pos("pos.high"), make.pos("pos.entry")
    inner = make.pos_op("add", high, make.const(-7.0))
    level = make.pos_op("mix", make.pos_op("add", inner, market), entry)
    chosen = strategy(make.graph, FIVE, market, (Exit("stop", ExitKind.STOP, level), Exit("t", ExitKind.TARGET, inner)))
    rows = compile_program(chosen, MINUTE, MARKETS, OPS).position
    series = {name: rows.column_count + k for k, name in enumerate(POSITION_SERIES)}
    assert rows.slot_of_node[high] == series["pos.high"]
    assert rows.slot_of_node[entry] == series["pos.entry"]
    vector = evaluate(rows, {rows.slot_of_node[market]: 100.0, series["pos.high"]: 50.0, series["pos.entry"]: 40.0})
    assert vector[rows.slot_of_node[inner]] == 43.0
    assert vector[rows.slot_of_node[level]] == 0.75 * 143.0 + 0.25 * 40.0
    assert len(vector) == rows.size
    outputs = rows.rows[:, 5].tolist()
    assert sorted(outputs) == list(range(rows.size - 3, rows.size))
    assert len(set(rows.slot_of_node.values())) == len(rows.slot_of_node)
    assert np.isnan(rows.initial).sum() == rows.size - 1


def test_a_position_condition_is_a_row_too() -> None:
    make = Maker()
    close = make.leaf("close", FIVE)
    condition = make.pos_op("add", make.pos("pos.age"), make.const(1.0))
    chosen = strategy(make.graph, FIVE, close, conditions=(Condition("exits.x.when", condition),))
    program = compile_program(chosen, MINUTE, MARKETS, OPS)
    assert program.columns == (close,)
    assert condition in program.position.slot_of_node


def test_a_position_level_alone_is_no_row() -> None:
    make = Maker()
    entry = make.pos("pos.entry")
    chosen = strategy(make.graph, FIVE, make.leaf("close", FIVE), (Exit("stop", ExitKind.STOP, entry),))
    rows = compile_program(chosen, MINUTE, MARKETS, OPS).position
    assert rows.rows.shape == (0, 7)
    assert rows.slot_of_node[entry] == rows.column_count


def test_constant_columns() -> None:
    make = Maker()
    always = make.const(1.0)
    program = compile_program(strategy(make.graph, FIVE, always), MINUTE, MARKETS, OPS)
    block = Kernel(program, 7).advance(random_grid(np.random.default_rng(0), MARKETS, 1000, 100))
    assert block.values.shape == (3, 20, 1)
    assert (block.values == 1.0).all()


def smooth_of_position(make: Maker) -> Exit:
    return Exit("stop", ExitKind.STOP, make.pos_op("smooth", make.pos("pos.high"), params=(0.1,)))


def five_of_position(make: Maker) -> Exit:
    return Exit("stop", ExitKind.STOP, make.pos_op("five", make.pos("pos.high"), *[make.leaf("close", FIVE)] * 4))


BROKEN = {
    "needs a hold": lambda make, close: make.leaf("close", HOUR),
    "without a hold": lambda make, close: make.op("add", FIVE, close, make.leaf("close", HOUR)),
    "unknown op": lambda make, close: make.op("nonsense", FIVE, close),
    "takes 1 parameters": lambda make, close: make.op("smooth", FIVE, close),
    "reads the market being evaluated": lambda make, close: make.op("add", FIVE, close, close, market="KRW-BBB"),
    "not made of whole bars": lambda make, close: make.hold(FIVE, make.leaf("close", Timeframe(90_000))),
    "needs a position": lambda make, close: make.op("add", FIVE, make.pos("pos.high"), close),
    "only elementwise": lambda make, close: smooth_of_position(make),
    "5 inputs": lambda make, close: five_of_position(make),
}


@pytest.mark.parametrize("reason", BROKEN)
def test_refuses_graphs_that_break_the_contract(reason: str) -> None:
    make = Maker()
    close = make.leaf("close", FIVE)
    broken = BROKEN[reason](make, close)
    entry, exits = (close, (broken,)) if isinstance(broken, Exit) else (broken, ())
    with pytest.raises(ValueError, match=reason):
        compile_program(strategy(make.graph, FIVE, entry, exits), MINUTE, MARKETS, OPS)


def test_leaves_of_different_units_read_the_same_series() -> None:
    make = Maker()
    price = make.leaf("close", FIVE)
    number = make.op("close", FIVE)
    assert price != number
    program = compile_program(strategy(make.graph, FIVE, price, rank=number), MINUTE, MARKETS, OPS)
    values = Kernel(program).advance(random_grid(np.random.default_rng(3), MARKETS, 1000, 100, unknown=0.0)).values
    assert np.array_equal(values[:, :, 0], values[:, :, 1], equal_nan=True)
    assert np.isfinite(values).any()


def test_refuses_markets_out_of_order() -> None:
    make = Maker()
    chosen = strategy(make.graph, FIVE, make.leaf("close", FIVE))
    for markets in (("KRW-B", "KRW-A"), ("KRW-A", "KRW-A")):
        with pytest.raises(ValueError, match="sorted"):
            compile_program(chosen, MINUTE, markets, OPS)


def test_keys_tell_apart_what_differs() -> None:
    """Op, version, parameters, inputs, timeframe, market: a change of any gives another key."""
    import dataclasses

    make = Maker()
    for timeframe, market in ((FIVE, ""), (HOUR, ""), (FIVE, "KRW-AAA")):
        close = make.leaf("close", timeframe, market)
        low = make.leaf("low", timeframe, market)
        for factor in (0.1, 0.2):
            make.op("smooth", timeframe, close, params=(factor,), market=market)
            make.op("lag", timeframe, close, params=(factor,), market=market)
        make.op("smooth", timeframe, low, params=(0.1,), market=market)
    keys = node_keys(make.graph, OPS)
    assert len(set(keys)) == len(keys) == 21
    newer = OPS | {"smooth": dataclasses.replace(OPS["smooth"], version=2)}
    changed = [a != b for a, b in zip(keys, node_keys(make.graph, newer), strict=True)]
    assert changed == [node.op == "smooth" for node in make.graph]


@pytest.mark.parametrize("first", [0, 1, 7, 59])
def test_ready_after_the_span_it_says_wherever_data_begin(first: int) -> None:
    make = Maker()
    slow = make.op("lag", HOUR, make.leaf("close", HOUR), params=(3.0,))
    held = make.hold(FIVE, slow)
    entry = make.op("lag", FIVE, held, params=(2.0,))
    program = compile_program(strategy(make.graph, FIVE, entry), MINUTE, ("KRW-AAA",), OPS)
    least = (119 + 3 * 60 + 2 * 5) * MINUTE_MS
    assert least <= program.ready_ms == program.settle_ms <= least + FIVE.length_ms
    grid = random_grid(np.random.default_rng(1), ("KRW-AAA",), 6000 + first, 400, unknown=0.0)
    grid = cut(grid, 0, 400)
    for array in (grid.open, grid.high, grid.low, grid.close):
        array[:] = 5.0
    block = Kernel(program).advance(grid)
    after = block.close_ms >= grid.first_index * MINUTE_MS + program.ready_ms
    assert after.sum() > 10
    assert not np.isnan(block.values[0, after, 0]).any()
    waited = int(np.isnan(block.values[0, :, 0]).sum())
    assert first != 1 or waited * FIVE.length_ms >= least - FIVE.length_ms


def test_rich_program_is_ready_when_it_says() -> None:
    program = compile_program(rich_strategy(), MINUTE, MARKETS, OPS)
    grid = random_grid(np.random.default_rng(1), MARKETS, 60 * 1000 + 1, 900, unknown=0.0)
    grid.value[:] = np.where(np.isnan(grid.value), 1.0, grid.value)
    for array in (grid.open, grid.high, grid.low, grid.close):
        array[:] = np.where(np.isnan(array), 5.0, array)
    block = Kernel(program).advance(grid)
    after = block.close_ms >= grid.first_index * MINUTE_MS + program.ready_ms
    assert after.sum() > 50
    assert not np.isnan(block.values[:, after]).any()
    assert all(op.function.memory in Memory for op in OPS.values())
    assert math.isfinite(program.settle_ms)


def test_two_kernels_of_one_program_know_nothing_of_each_other() -> None:
    """Their tables are laid out once; one runs in turn with the other, and a third after both."""
    make = Maker()
    value = make.op("smooth", FIVE, make.op("lag", FIVE, make.leaf("close", FIVE), params=(3.0,)), params=(0.1,))
    program = compile_program(strategy(make.graph, FIVE, value), MINUTE, MARKETS[:1], OPS)
    grid = random_grid(np.random.default_rng(3), MARKETS[:1], 29_000_003, 900)
    first, second, third = (Kernel(program, 512, in_place=True) for _ in range(3))
    halves = cut(grid, 0, 430), cut(grid, 430, 900)

    def column(kernel: Kernel, half: BarGrid) -> bytes:
        count = len(kernel.advance(half).close_ms)
        return kernel.memory[kernel.places[0] : kernel.places[0] + count].tobytes()

    begun = column(first, halves[0])
    assert column(second, halves[0]) == begun
    whole = begun, column(first, halves[1])
    assert np.frombuffer(second.memory[second.places[0] :][: len(begun) // 8]).tobytes() == begun, "the other kernel has gone on"
    assert (begun, column(second, halves[1])) == whole == (column(third, halves[0]), column(third, halves[1]))
    assert np.isfinite(np.frombuffer(whole[1])).any()
