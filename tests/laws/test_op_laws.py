"""Every primitive of the catalogue obeys every law, on data made to refute them; compiled code wherever nothing else is said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.catalogue import ArgKind, Memory, Unit
from engine.kernel.catalogue import FAMILIES, ops
from tests.laws.cases import cases, cuts, families, fitting
from tests.laws.columns import moving_inputs
from tests.laws.laws import check_compiled, check_cuts, check_missing, check_no_future, check_range, check_start, check_warmup
from tests.laws.streams import run

FAMILY = pytest.mark.parametrize("family", sorted(families()))


def test_every_family_is_under_law() -> None:
    by_family = families()
    assert set(by_family) <= set(FAMILIES)
    assert sum(map(len, by_family.values())) == len(ops()) >= 75


@FAMILY
@given(data=st.data())
def test_cuts_change_nothing(family: str, data: st.DataObject) -> None:
    case = data.draw(cases(families()[family], extra=data.draw(st.sampled_from([3, 120, 120, 120, 5000]))))
    check_cuts(case.op, case.params, case.inputs, case.index, data.draw(cuts(case.length)))


@FAMILY
@given(data=st.data())
def test_the_start_is_forgotten(family: str, data: st.DataObject) -> None:
    case = data.draw(cases(families()[family]))
    start = data.draw(st.integers(0, 200))
    longer = type(case)(case.op, case.params, case.index, case.length + start, case.kind, case.gaps, case.seed)
    check_start(case.op, case.params, longer.inputs, case.index, start)


@FAMILY
@given(data=st.data())
def test_no_bar_sees_a_later_one(family: str, data: st.DataObject) -> None:
    case = data.draw(cases(families()[family]))
    bar = data.draw(st.integers(1, case.length - 1))
    check_no_future(case.op, case.params, case.inputs, case.other_inputs, case.index, bar)


@FAMILY
@given(data=st.data())
def test_nothing_is_defined_before_the_warmup(family: str, data: st.DataObject) -> None:
    case = data.draw(cases(families()[family]))
    check_warmup(case.op, case.params, case.inputs, case.index)


@FAMILY
@given(data=st.data())
def test_values_stay_in_their_range(family: str, data: st.DataObject) -> None:
    case = data.draw(cases(families()[family]))
    check_range(case.op, case.params, case.inputs, case.index)


@FAMILY
@given(data=st.data())
def test_compiled_equals_plain(family: str, data: st.DataObject) -> None:
    case = data.draw(cases(families()[family]))
    check_compiled(case.op, case.params, case.inputs, case.index, data.draw(st.lists(st.integers(1, case.length - 1), max_size=3)))


@FAMILY
@given(data=st.data())
def test_what_is_defined_does_not_hang_on_what_is_missing(family: str, data: st.DataObject) -> None:
    case = data.draw(cases(families()[family]))
    inputs = case.inputs
    other = [np.nan_to_num(column, nan=1.0, posinf=1.0, neginf=1.0) for column in case.other_inputs]
    filled = [np.where(np.isnan(a), b, a) for a, b in zip(inputs, other, strict=True)]
    check_missing(case.op, case.params, inputs, filled, case.index)


@pytest.mark.parametrize("name", sorted(ops()))
def test_the_warmup_is_exact(name: str) -> None:
    """From every phase, on data where nothing is degenerate, the first defined bar is the warm-up itself for numbers, and is so for at
    least one start for conditions, events and sessions."""
    op = ops()[name]
    function = op.function
    always = function.unit is not Unit.CONDITION and function.memory in (Memory.NONE, Memory.WINDOW, Memory.KEYED)
    for n in (2, 3, 5):
        params = tuple(fitting(arg, float(n)) for arg in function.args if arg.kind is not ArgKind.SERIES)
        assert function.warmup is not None
        warmup, firsts = function.warmup(params), []
        for index in range(4 * n):
            columns = moving_inputs(function, np.random.default_rng(index), warmup + 40)
            defined = np.flatnonzero(~np.isnan(run(op, params, columns, 1000 + index).values))
            firsts.append(int(defined[0]) if len(defined) else -1)
        assert warmup in firsts, f"{name}{params}: declared {warmup}, found {firsts}"
        assert not always or set(firsts) == {warmup}, f"{name}{params}: declared {warmup}, found {firsts}"
