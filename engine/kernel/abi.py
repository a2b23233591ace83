"""How compiled code calls an op by its address, and the marks by which `engine.kernel.compiling` finds what it has to compile.

An op has the ABI (state, params, x0, x1, x2, x3, x4, y, length, index): eight pointers to float64, then two int64. Functions of this
module work uncompiled too, so that a caller can be run as plain Python.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

#: numpy arrays of float64 and int64, C-contiguous. Op files import this module, so it does not name numpy.
Floats = Any
Integers = Any

F = TypeVar("F", bound=Callable[..., object])
T = TypeVar("T")
N = TypeVar("N", float, "Pair")

#: attribute of a module-level function that ops (or other compiled functions) call
HELPER_MARK: Final = "is_kernel_helper"
#: attribute of one that most runs do not call: its code stays apart from theirs
RARE_MARK: Final = "is_rarely_called"
#: attribute of one that is compiled as a whole whose loops are short
SHORT_MARK: Final = "has_short_loops"
#: attribute of a function that compiled code replaces by the numba intrinsic of the named kind
INTRINSIC_MARK: Final = "kernel_intrinsic"

#: classes of named tuples that `engine.kernel.compiling` has not told numba of yet
BY_REFERENCE: Final[list[type[Any]]] = []

#: inputs of every op; an op that has fewer ignores the rest
INPUT_COUNT: Final = 5

_POINTER: Final = ctypes.POINTER(ctypes.c_double)
_PROTOTYPE: Final = ctypes.CFUNCTYPE(None, *[_POINTER] * 8, ctypes.c_int64, ctypes.c_int64)
#: integers that a twin is given beside its pointers
TWIN_INTEGERS: Final = 8
_TWIN_PROTOTYPE: Final = ctypes.CFUNCTYPE(None, *[_POINTER] * 8, *[ctypes.c_int64] * TWIN_INTEGERS)
_ITEM_BYTES: Final = 8


def helper(function: F) -> F:
    """Mark a module-level function as callable from compiled code. It stays a plain Python function."""
    setattr(function, HELPER_MARK, True)
    return function


def rare(function: F) -> F:
    """Mark a helper that most runs do not call: compiled apart from its callers, so that these stay small."""
    setattr(function, RARE_MARK, True)
    return helper(function)


def short_loops(function: F) -> F:
    """Mark a helper that is compiled as a whole, and whose loops are short, or written for many values at once as they are: LLVM makes no
    longer loops of them."""
    setattr(function, SHORT_MARK, True)
    return helper(function)


def by_reference(kind: type[T]) -> type[T]:
    """Mark a class of named tuples of arrays: compiled functions take them as one pointer. They never change such a tuple itself."""
    BY_REFERENCE.append(kind)
    return kind


def call_op(
    address: int,
    state: Floats,
    state_offset: int,
    params: Floats,
    param_offset: int,
    memory: Floats,
    x0: int,
    x1: int,
    x2: int,
    x3: int,
    x4: int,
    y: int,
    length: int,
    index: int,
) -> None:
    """Call the op at `address`.

    state, params, memory: C-contiguous float64, one dimension. x0..x4 and y are offsets (elements) of `length` bars in `memory`.
    index: absolute index of the first bar. Nothing is checked: a wrong offset reads or writes foreign memory.
    """

    def at(array: Floats, offset: int) -> object:
        return ctypes.cast(array.ctypes.data + int(offset) * _ITEM_BYTES, _POINTER)

    series = [at(memory, offset) for offset in (x0, x1, x2, x3, x4, y)]
    _PROTOTYPE(int(address))(at(state, state_offset), at(params, param_offset), *series, int(length), int(index))


setattr(call_op, INTRINSIC_MARK, "call_op")


def call_twin(
    address: int,
    state: Floats,
    state_a: int,
    state_b: int,
    params: Floats,
    params_a: int,
    params_b: int,
    memory: Floats,
    x_a: int,
    x_b: int,
    y_a: int,
    y_b: int,
    length: int,
    index: int,
    markets: int,
    state_step: int,
    x_step_a: int,
    x_step_b: int,
    y_step_a: int,
    y_step_b: int,
) -> None:
    """Call the twin (engine.kernel.catalogue.twin) at `address` for two nodes of one op. Arguments as of `call_op`; the steps lead from
    one market's state, x and y to the next one's."""

    def at(array: Floats, offset: int) -> object:
        return ctypes.cast(array.ctypes.data + int(offset) * _ITEM_BYTES, _POINTER)

    _TWIN_PROTOTYPE(int(address))(
        at(state, state_a), at(params, params_a), at(memory, x_a), at(state, state_b), at(params, params_b), at(memory, x_b),
        at(memory, y_b), at(memory, y_a), *map(int, (length, index, markets, state_step, x_step_a, x_step_b, y_step_a, y_step_b)),
    )  # fmt: skip


setattr(call_twin, INTRINSIC_MARK, "call_twin")


def items(array: Floats, offset: int) -> Any:
    """The items of a C-contiguous array from an offset on, whatever its dimensions: in compiled code a pointer.

    Loops over a pointer are fast: nothing asks whether an index is negative.
    """
    return array.reshape(-1)[offset:]


setattr(items, INTRINSIC_MARK, "items")


def at_variant(arrays: Any, strides: Integers, variant: int) -> Any:
    """The same named tuple of arrays (named tuples of them inside it too) for one of several variants that lie one behind another.

    arrays: those of variant 0; strides int64: bytes from one variant to the next, one per array in order of depth; 0: all share it.
    Nothing is checked: the memory must hold as many variants.
    """
    left = list(strides)

    def moved(value: Any) -> Any:
        if isinstance(value, tuple):
            return type(value)(*map(moved, value))
        view = (ctypes.c_char * value.nbytes).from_address(value.ctypes.data + int(left.pop(0)) * int(variant))
        return type(value)(value.shape, value.dtype, view)

    return moved(arrays)


setattr(at_variant, INTRINSIC_MARK, "at_variant")


#: numbers of an array in a handle: its address, then its shape
HANDLE_ITEMS: Final = 4


def numbers_of(arrays: Iterable[Any]) -> list[int]:
    """Of a handle of these arrays. It does not keep them."""
    numbers = []
    for array in arrays:
        numbers += [array.__array_interface__["data"][0], *array.shape, *[0] * (HANDLE_ITEMS - 1 - array.ndim)]
    return numbers


def _at(kind: Any, handle: Integers, place: int, dimensions: int) -> Any:
    address, *shape = handle[place * HANDLE_ITEMS : place * HANDLE_ITEMS + 1 + dimensions].tolist()
    size = math.prod(shape)
    memory = (kind * size).from_address(address) if size else (kind * 0)()
    return type(handle)((size,), kind, memory).reshape(shape)


def numbers_at(handle: Integers, place: int) -> Integers:
    """Array `place` of a handle: int64, one dimension. The other functions differ in that alone.

    handle: HANDLE_ITEMS int64 of each array, C-contiguous ones. Nothing is checked: whoever filled it in must keep the memory.
    """
    return _at(ctypes.c_int64, handle, place, 1)


def table_at(handle: Integers, place: int) -> Integers:
    """int64, two dimensions."""
    return _at(ctypes.c_int64, handle, place, 2)


def states_at(handle: Integers, place: int) -> Any:
    """int8, two dimensions."""
    return _at(ctypes.c_int8, handle, place, 2)


def floats_at(handle: Integers, place: int) -> Floats:
    """float64, one dimension."""
    return _at(ctypes.c_double, handle, place, 1)


def series_at(handle: Integers, place: int) -> Floats:
    """float64, two dimensions."""
    return _at(ctypes.c_double, handle, place, 2)


def cube_at(handle: Integers, place: int) -> Floats:
    """float64, three dimensions."""
    return _at(ctypes.c_double, handle, place, 3)


def address(array: Any) -> int:
    """Where a C-contiguous array lies."""
    return int(array.ctypes.data)


for _one in (numbers_at, table_at, states_at, floats_at, series_at, cube_at, address):
    setattr(_one, INTRINSIC_MARK, f"handles.{_one.__name__}")


def quotients(a: float, b: float, c: float, d: float) -> tuple[float, float]:
    """a / b and c / d by IEEE 754 (x / 0 is infinite, 0 / 0 missing), in the time of one of them."""
    return _quotient(a, b), _quotient(c, d)


setattr(quotients, INTRINSIC_MARK, "packed.quotients")


def roots(a: float, b: float) -> tuple[float, float]:
    """Square roots of a and of b, missing where negative, in the time of one of them."""
    return (math.sqrt(a) if not a < 0.0 else math.nan), (math.sqrt(b) if not b < 0.0 else math.nan)


setattr(roots, INTRINSIC_MARK, "packed.roots")


def fetch(values: Floats, place: int) -> None:
    """Ask memory for an item of what `items` gave that will be read soon. Nothing waits for it, and a wrong place does no harm."""


setattr(fetch, INTRINSIC_MARK, "prefetch.fetch")


def count_up(numbers: Integers, place: int, by: int) -> int:
    """Add to one number of an int64 array, one dimension, and return what it was before; threads that do so at once come one after the
    other, and each sees what the ones before it had written by then (in compiled code)."""
    before = int(numbers[place])
    numbers[place] = before + by
    return before


setattr(count_up, INTRINSIC_MARK, "atomic.count_up")


class Pair:
    """Two numbers that are added, subtracted, multiplied and divided by those of another pair, each as if alone (IEEE 754).

    In compiled code one register: two streams of the same recurrence cost one.
    """

    def __init__(self, first: float, second: float) -> None:
        self.both = (float(first), float(second))

    def __add__(self, other: Pair) -> Pair:
        return Pair(self.both[0] + other.both[0], self.both[1] + other.both[1])

    def __sub__(self, other: Pair) -> Pair:
        return Pair(self.both[0] - other.both[0], self.both[1] - other.both[1])

    def __mul__(self, other: Pair) -> Pair:
        return Pair(self.both[0] * other.both[0], self.both[1] * other.both[1])

    def __truediv__(self, other: Pair) -> Pair:
        return Pair(*quotients(self.both[0], other.both[0], self.both[1], other.both[1]))


def pair(first: float, second: float) -> Pair:
    """The pair of two numbers."""
    return Pair(first, second)


def first_of(values: Pair) -> float:
    """The first number of a pair."""
    return values.both[0]


def second_of(values: Pair) -> float:
    """The second number of a pair."""
    return values.both[1]


def magnitudes(values: Pair) -> Pair:
    """Both numbers without their signs."""
    return Pair(math.fabs(values.both[0]), math.fabs(values.both[1]))


def where_positive(a: Pair, b: Pair, chosen: Pair, other: Pair) -> Pair:
    """Of each place the chosen number where a and b are both above 0 there, else the other."""
    places = [x if p > 0.0 and q > 0.0 else y for p, q, x, y in zip(a.both, b.both, chosen.both, other.both, strict=True)]
    return Pair(*places)


def multiply_add(a: N, b: N, c: N) -> N:
    """a x b + c, rounded once (IEEE 754 fusedMultiplyAdd), of numbers or of pairs: what waits for `a` waits for one operation."""
    if isinstance(a, Pair):
        rows = zip(a.both, b.both, c.both, strict=True)
        return Pair(*(_multiply_add(*row) for row in rows))
    return _multiply_add(a, b, c)


def _multiply_add(a: float, b: float, c: float) -> float:
    if not (math.isfinite(a) and math.isfinite(b)) or a == 0.0 or b == 0.0:
        return float(a) * float(b) + float(c)
    if not math.isfinite(c):
        return c
    (p, q), (r, s), (t, u) = float(a).as_integer_ratio(), float(b).as_integer_ratio(), float(c).as_integer_ratio()
    over, under = p * r * u + t * q * s, q * s * u
    try:
        return over / under
    except OverflowError:
        return math.inf if over > 0 else -math.inf


for _of_pairs in (pair, first_of, second_of, magnitudes, where_positive, multiply_add):
    setattr(_of_pairs, INTRINSIC_MARK, f"packed.{_of_pairs.__name__}")


#: float64 that `scratch` has room for
SCRATCH_LENGTH: Final = 2048


def scratch() -> Any:
    """SCRATCH_LENGTH float64 of no known value in the frame of the function that calls it; gone when it returns."""
    return [math.nan] * SCRATCH_LENGTH


setattr(scratch, INTRINSIC_MARK, "packed.scratch")


def further(values: Any, by: int) -> Any:
    """A pointer to what stands `by` items behind where a pointer points."""
    return values[by:]


setattr(further, INTRINSIC_MARK, "packed.further")


def _quotient(a: float, b: float) -> float:
    if b != 0.0:
        return float(a) / float(b)
    if a != a or a == 0.0:
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


@helper
def call_row(
    addresses: Integers,
    rows: Integers,
    row: int,
    params: Floats,
    vector: Floats,
) -> None:
    """Evaluate one row of `PositionRows` on a value vector: an elementwise op on single numbers.

    addresses: one per op of `PositionRows.ops`. Elementwise ops have no state, so `vector` stands in for it.
    """
    call_op(
        addresses[rows[row, 0]], vector, 0, params, rows[row, 6], vector,
        rows[row, 1], rows[row, 2], rows[row, 3], rows[row, 4], rows[row, 1], rows[row, 5], 1, 0,
    )  # fmt: skip
