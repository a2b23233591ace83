"""Kinds of values: what tells them apart at a call."""

from typing import NamedTuple

import numpy as np

from engine.kernel.kinds import kind_of, outline


class Pair(NamedTuple):
    a: object
    b: object


class Other(NamedTuple):
    a: object
    b: object


def test_outlines_differ_where_kinds_do() -> None:
    """In tuples, too: machine code for one of these kinds never gets another."""
    numbers = np.arange(6.0)
    closed, fields = numbers.copy(), np.zeros(6, [("a", "f8")])
    closed.flags.writeable = False
    arrays = [
        numbers,
        numbers.copy(),
        numbers[::2],
        numbers.reshape(2, 3),
        numbers.reshape(2, 3).T,
        numbers.astype(np.int64),
        closed,
        fields,
    ]
    mapped = [array.view(np.memmap) for array in arrays]
    ones = [*arrays, *mapped, 1, 1.5, True, np.float64(2.5), np.int64(3), np.bool_(True)]
    values = [*ones, *(make((one, 1)) for one in ones for make in (tuple, Pair._make, Other._make))]
    values += [Pair(Pair(one, one), 1) for one in ones]
    told = [(kind_of(value), outline(value)) for value in values]
    assert len({kind for kind, _ in told}) > 40
    assert all(one != two for kind, one in told for another, two in told if kind != another)
