"""Runs one op over columns, compiled or plain, in one piece or in many, with its state saved as bytes between the pieces."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.kernel.catalogue import MAX_INPUTS, Op
from engine.kernel.load import address_of

Column = NDArray[np.float64]

_POINTER = ctypes.POINTER(ctypes.c_double)
_PROTOTYPE = ctypes.CFUNCTYPE(None, *[_POINTER] * (3 + MAX_INPUTS), ctypes.c_int64, ctypes.c_int64)
#: written around state and outputs: a kernel that writes outside its arrays breaks them
_GUARD = -7.25e77
_GUARD_LENGTH = 4


@dataclass(frozen=True)
class Stream:
    """What a run gave: one output per bar, and the state after the last."""

    values: Column
    state: Column


def run(
    op: Op, params: tuple[float, ...], inputs: Sequence[Column], index: int, *, cuts: Sequence[int] = (), plain: bool = False
) -> Stream:
    """Evaluate the op over the columns, of which the first bar has the absolute index `index`.

    cuts: bar numbers at which the call ends, the state becomes bytes and another call goes on. Raises AssertionError when the kernel
    writes outside its state or output.
    """
    call = _plain_call(op) if plain else _compiled_call(op.kernel)
    size = op.state_size(params)
    state = _guarded(np.array(op.init(params), dtype=np.float64))
    length = len(inputs[0])
    values = _guarded(np.zeros(length))
    parameters = np.array([*params, 0.0])
    columns = [np.ascontiguousarray(column, dtype=np.float64) for column in inputs]
    columns += [columns[0]] * (MAX_INPUTS - len(columns))
    edges = [0, *sorted(set(cuts)), length]
    for start, stop in pairwise(edges):
        if stop > start:
            arrays = [state[_GUARD_LENGTH:], parameters, *(column[start:] for column in columns), values[_GUARD_LENGTH + start :]]
            call(arrays, stop - start, index + start)
            state = np.frombuffer(bytearray(state.tobytes()), dtype=np.float64)
    _assert_guards(op, state, size)
    _assert_guards(op, values, length)
    return Stream(values[_GUARD_LENGTH : _GUARD_LENGTH + length], state[_GUARD_LENGTH : _GUARD_LENGTH + size])


def same_bits(a: Column, b: Column) -> bool:
    """Equal bit for bit; every NaN is the same NaN."""
    return np.array_equal(_bits(a), _bits(b))


def first_difference(a: Column, b: Column) -> str:
    """Where and how two columns differ, for messages."""
    where = int(np.flatnonzero(_bits(a) != _bits(b))[0])
    return f"bar {where}: {a[where]!r} and {b[where]!r}"


def _bits(column: Column) -> NDArray[np.int64]:
    return np.where(np.isnan(column), np.nan, column).view(np.int64)


def _guarded(column: Column) -> Column:
    guard = np.full(_GUARD_LENGTH, _GUARD)
    return np.concatenate([guard, column, guard])


def _assert_guards(op: Op, column: Column, length: int) -> None:
    head, tail = column[:_GUARD_LENGTH], column[_GUARD_LENGTH + length :]
    assert (np.concatenate([head, tail]) == _GUARD).all(), f"{op.function.name} writes outside its memory"


@cache
def _compiled_call(kernel: Callable[..., None]) -> Callable[[Sequence[Column], int, int], None]:
    function = _PROTOTYPE(address_of(kernel))

    def call(arrays: Sequence[Column], length: int, index: int) -> None:
        function(*(array.ctypes.data_as(_POINTER) for array in arrays), length, index)

    return call


def _plain_call(op: Op) -> Callable[[Sequence[Column], int, int], None]:
    def call(arrays: Sequence[Column], length: int, index: int) -> None:
        views: list[Any] = [memoryview(array) for array in arrays]
        op.kernel(*views, length, index)

    return call
