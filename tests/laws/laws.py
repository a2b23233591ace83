"""The laws as checks of one op on one case; each raises AssertionError with the place where the law breaks."""

from __future__ import annotations

import numpy as np

from dsl.catalogue import Memory, Unit
from engine.kernel.catalogue import Op
from tests.laws.columns import Column
from tests.laws.streams import first_difference, run, same_bits

Params = tuple[float, ...]

#: these may give another defined value once a missing input is known: they are asked about missing values, or hold their state over them
NOT_MONOTONE = ("coalesce", "if_ready", "is_defined")


def check_cuts(op: Op, params: Params, inputs: list[Column], index: int, cuts: list[int]) -> None:
    """Any cuts, with the state saved as bytes at each, change no output and no state."""
    whole, pieces = run(op, params, inputs, index), run(op, params, inputs, index, cuts=cuts)
    assert same_bits(whole.values, pieces.values), f"cut: {first_difference(whole.values, pieces.values)}"
    assert same_bits(whole.state, pieces.state), f"cut, state: {first_difference(whole.state, pieces.state)}"


def check_start(op: Op, params: Params, inputs: list[Column], index: int, start: int) -> None:
    """Begun at bar `start`, the stream equals the long one after its settle; before that, what is defined is right already
    (recursive ops excepted, which have values of their own until then)."""
    settle = _settle(op, params)
    long = run(op, params, inputs, index).values[start:]
    fresh = run(op, params, [column[start:] for column in inputs], index + start).values
    assert same_bits(fresh[settle:], long[settle:]), f"start: {first_difference(fresh[settle:], long[settle:])} after {settle}"
    if op.function.memory is not Memory.KEYED:
        known = ~np.isnan(fresh[:settle])
        a, b = fresh[:settle][known], long[:settle][known]
        assert same_bits(a, b), f"defined before settled, but wrong: {first_difference(a, b)}"


def check_no_future(op: Op, params: Params, inputs: list[Column], other: list[Column], index: int, bar: int) -> None:
    """Other bars from `bar` on: nothing earlier moves, though one call sees them all."""
    changed = [np.concatenate([a[:bar], b[bar:]]) for a, b in zip(inputs, other, strict=True)]
    before, after = run(op, params, inputs, index).values[:bar], run(op, params, changed, index).values[:bar]
    assert same_bits(before, after), f"future: {first_difference(before, after)}, bars changed from {bar}"


def check_warmup(op: Op, params: Params, inputs: list[Column], index: int) -> None:
    """Nothing is defined before the warm-up, whatever the data."""
    warmup = _warmup(op, params)
    early = run(op, params, inputs, index).values[:warmup]
    assert np.isnan(early).all(), f"defined at bar {int(np.flatnonzero(~np.isnan(early))[0])}, warm-up is {warmup}"
    assert warmup <= _settle(op, params), "settled before warm"


def check_range(op: Op, params: Params, inputs: list[Column], index: int) -> None:
    """Every defined value lies in the declared range; a condition is 0 or 1."""
    values = run(op, params, inputs, index).values
    values = values[~np.isnan(values)]
    low, high = op.function.value_range.low, op.function.value_range.high
    assert low is None or (values >= low).all(), f"below {low}: {values.min()!r}"
    assert high is None or (values <= high).all(), f"above {high}: {values.max()!r}"
    if op.function.unit is Unit.CONDITION:
        assert np.isin(values, (0.0, 1.0)).all(), "a condition that is neither true nor false"


def check_compiled(op: Op, params: Params, inputs: list[Column], index: int, cuts: list[int]) -> None:
    """The plain function and its machine code give the same bits, outputs and state."""
    compiled, plain = run(op, params, inputs, index, cuts=cuts), run(op, params, inputs, index, cuts=cuts, plain=True)
    assert same_bits(compiled.values, plain.values), f"compiled and plain: {first_difference(compiled.values, plain.values)}"
    assert same_bits(compiled.state, plain.state), f"compiled and plain, state: {first_difference(compiled.state, plain.state)}"


def check_missing(op: Op, params: Params, inputs: list[Column], filled: list[Column], index: int) -> None:
    """What is defined although inputs are missing stays the same once they are known: missing is not a third kind of answer.

    filled: the same columns with other values in place of the missing ones.
    """
    if op.function.memory is Memory.KEYED or op.function.name in NOT_MONOTONE:
        return
    values = run(op, params, inputs, index).values
    known = ~np.isnan(values)
    full = run(op, params, filled, index).values
    assert same_bits(values[known], full[known]), f"a missing input decided: {first_difference(values[known], full[known])}"


def _warmup(op: Op, params: Params) -> int:
    assert op.function.warmup is not None
    return op.function.warmup(params)


def _settle(op: Op, params: Params) -> int:
    assert op.function.settle is not None
    return op.function.settle(params)
