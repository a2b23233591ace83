"""What a missing input may mean: a defined value holds in every world in which the missing ones are known, and a missing one is
really undecided.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kernel.catalogue import ops

NAN = math.nan
N = 4
#: a condition over this bar and the N before it
HISTORY = st.lists(st.sampled_from([0.0, 1.0, NAN]), min_size=N + 1, max_size=N + 1)


def last_value(name: str, within: int, *inputs: list[float]) -> float:
    """The op's value on the last bar, run as plain Python."""
    op, length = ops()[name], len(inputs[0])
    columns = [*inputs, *[[0.0] * length] * (5 - len(inputs))]
    result = [0.0] * length
    op.kernel(op.init((float(within),)), [float(within)], *columns, result, length, 0)  # type: ignore[call-arg]
    return result[-1]


def then_two_valued(a: list[bool], b: list[bool]) -> bool:
    """b now, a within the N bars before, no b strictly between the newest such a and now."""
    earlier = [j for j in range(N) if a[j]]
    return b[N] and bool(earlier) and not any(b[earlier[-1] + 1 : N])


def latch_two_valued(on: list[bool], off: list[bool]) -> bool:
    """State after the last N bars, beginning off; off wins. Beyond N bars since the newest `on` it is off."""
    state = False
    for j in range(1, N + 1):
        state = (state or on[j]) and not off[j]
    return state


def worlds(a: list[float], b: list[float], two_valued: Callable[[list[bool], list[bool]], bool]) -> set[bool]:
    """All results that are possible when missing conditions are either."""
    choices = [[bool(v)] if v == v else [False, True] for v in a + b]
    return {two_valued(list(world[: N + 1]), list(world[N + 1 :])) for world in product(*choices)}


@given(a=HISTORY, b=HISTORY)
def test_then_knows_what_can_be_known(a: list[float], b: list[float]) -> None:
    value, possible = last_value("then", N, a, b), worlds(a, b, then_two_valued)
    if math.isnan(b[N]):
        assert math.isnan(value)  # by definition, also where no `a` could make it true
    else:
        assert possible == ({False, True} if math.isnan(value) else {bool(value)})


@given(on=HISTORY, off=HISTORY)
def test_latch_knows_what_can_be_known(on: list[float], off: list[float]) -> None:
    value, possible = last_value("latch", N, on, off), worlds(on, off, latch_two_valued)
    assert possible == ({False, True} if math.isnan(value) else {bool(value)})


@given(a=HISTORY)
def test_bars_since_knows_what_can_be_known(a: list[float]) -> None:
    def since(world: list[bool], _: list[bool]) -> int:
        return next((back for back in range(N) if world[N - back]), N)

    value, possible = last_value("bars_since", N, a), worlds(a, [0.0] * (N + 1), since)  # type: ignore[arg-type]
    assert (len(possible) > 1) if math.isnan(value) else possible == {int(value)}


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([1, 0, 0, 0, 0], [0, 0, 0, 0, 1], 1.0),  # four bars later is within four
        ([1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1], 0.0),  # five is not
        ([0, 0, 0, 0, 1], [0, 0, 0, 0, 1], 0.0),  # strictly later
        ([0, 1, 0, 0, 0], [0, 1, 0, 0, 1], 1.0),  # a b on the a's own bar does not take it
        ([0, 1, 0, 0, 0], [0, 0, 1, 0, 1], 0.0),  # the first b took it
        ([0, 1, 0, 1, 0], [0, 0, 1, 0, 1], 1.0),  # a newer a arms it again
    ],
)
def test_then(a: list[float], b: list[float], expected: float) -> None:
    assert last_value("then", N, a, b) == expected


@pytest.mark.parametrize(
    ("on", "off", "expected"),
    [
        ([0, 1, 0, 0, 0], [0, 0, 0, 0, 0], 1.0),  # the fourth bar counting the one that switched on
        ([1, 0, 0, 0, 0], [0, 0, 0, 0, 0], 0.0),  # the fifth
        ([0, 0, 1, 0, 0], [0, 0, 0, 1, 0], 0.0),
        ([0, 0, 0, 1, 0], [0, 0, 0, 1, 0], 0.0),  # off wins
        ([0, 0, 0, 0, 1], [0, 0, 0, 1, 0], 1.0),
    ],
)
def test_latch(on: list[float], off: list[float], expected: float) -> None:
    assert last_value("latch", N, on, off) == expected


def test_value_when() -> None:
    x = [10.0, 20.0, 30.0, 40.0, 50.0]
    assert last_value("value_when", N, [0, 1, 0, 0, 0], x) == 20.0
    assert math.isnan(last_value("value_when", N, [1, 0, 0, 0, 0], x))
    assert math.isnan(last_value("value_when", N, [0, 1, NAN, 0, 0], x))
    assert last_value("value_when", N, [NAN, NAN, 0, 1, 0], x) == 40.0
    assert math.isnan(last_value("value_when", N, [0, 0, 0, 1, 0], [1.0, 1.0, 1.0, NAN, 1.0]))
