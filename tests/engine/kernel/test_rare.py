"""Helpers that most runs do not call: their machine code stands apart, under a name of its own, and computes the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.kernel.abi import helper, rare
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


def test_the_mark_is_a_part_of_the_name() -> None:
    before = content_digest(_second_caller)
    marked = rare(_often)
    try:
        assert content_digest(_second_caller) != before
    finally:
        del marked.is_rarely_called  # type: ignore[attr-defined]
    assert content_digest(_second_caller) == before
