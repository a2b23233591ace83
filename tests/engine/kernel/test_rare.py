"""Marks of what calls run through: machine code of helpers that most runs do not call stands apart, that of short loops is short; both have
names of their own, and compute the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.kernel.abi import helper, rare, short_loops
from engine.kernel.code_cache import content_digest
from engine.kernel.compiling import machine_code
from engine.kernel.kinds import signature as signature_in
from engine.kernel.load import compile_function


@rare
def _seldom(value: float) -> float:
    return value * 3.0 + 1.0


@helper
def _often(value: float) -> float:
    return value * 3.0 + 1.0


def _first_caller(value: float) -> float:
    return _seldom(value) if value > 0.0 else value


def _second_caller(value: float) -> float:
    return _often(value) if value > 0.0 else value


def symbol(function: Callable[..., Any]) -> bytes:
    """How numba's name of a function of this module begins."""
    parts = [*__name__.split("."), function.__name__]
    return b"\0_ZN" + "".join(f"{len(part)}{part}" for part in parts).encode()


def test_a_rare_helper_computes_the_same_apart_from_its_caller() -> None:
    signature, found = signature_in("float64(float64)"), []
    for function in (_first_caller, _second_caller):
        compiled = compile_function(function, signature, allocates=False)
        assert [compiled(value) for value in (-2.0, 0.5, 7.25)] == [function(value) for value in (-2.0, 0.5, 7.25)]
        found.append(machine_code(function, signature, {"_nrt": False}, for_python=True).content)
    assert symbol(_seldom) in found[0]
    assert symbol(_often) not in found[1]  # taken into its caller


def _any_length(values: NDArray[np.float64], to: NDArray[np.float64]) -> None:
    for place in range(values.shape[0]):
        to[place] = values[place] * 3.0 + 1.0


@short_loops
def _short_length(values: NDArray[np.float64], to: NDArray[np.float64]) -> None:
    for place in range(values.shape[0]):
        to[place] = values[place] * 3.0 + 1.0


def test_code_of_short_loops_is_short_and_computes_the_same() -> None:
    signature, sizes = signature_in("void(float64[::1], float64[::1])"), []
    values = np.linspace(-3.0, 7.0, 101)
    for function in (_any_length, _short_length):
        to = np.zeros(101)
        compile_function(function, signature, allocates=False)(values, to)
        assert to.tobytes() == (values * 3.0 + 1.0).tobytes()
        sizes.append(len(machine_code(function, signature, {"_nrt": False}, for_python=True).content))
    assert sizes[1] < sizes[0], sizes


def test_a_mark_is_a_part_of_the_name() -> None:
    for mark, name in ((rare, "is_rarely_called"), (short_loops, "has_short_loops")):
        before = content_digest(_second_caller)
        marked = mark(_often)
        try:
            assert content_digest(_second_caller) != before
        finally:
            delattr(marked, name)
        assert content_digest(_second_caller) == before
