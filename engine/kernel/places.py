"""Numbers and compiled code by their addresses: what a thread is given is one number. Plain forms; the compiled ones are in
`engine.kernel.handles`."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.kernel.abi import HANDLE_ITEMS, INTRINSIC_MARK, helper

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PROTOTYPE: Final = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)


def numbers_from(place: int, length: int) -> NDArray[np.int64]:
    """int64, one dimension, at an address: `engine.kernel.abi.address` the other way round. Nothing is checked."""
    return np.ctypeslib.as_array((ctypes.c_int64 * int(length)).from_address(int(place)))


def call_at(code: int, place: int) -> int:
    """Call the compiled function at an address (engine.kernel.load.address_of_thread) that takes an address and gives a number."""
    return int(_PROTOTYPE(int(code))(int(place)))


for _one in (numbers_from, call_at):
    setattr(_one, INTRINSIC_MARK, f"handles.{_one.__name__}")


@helper
def take_series(handle: NDArray[np.int64], at: int, start: int, shape: tuple[int, ...]) -> int:
    """One array into the handle; returns where the next one goes."""
    handle[at] = start
    for k in range(len(shape)):
        handle[at + 1 + k] = shape[k]
    return at + HANDLE_ITEMS
