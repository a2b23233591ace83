"""What machine code has to know of the values it is called with: their kinds, told without numba.

A kind is the name of a number's type, as numba names it, or one of the tuples below; of what is neither number, array nor tuple, the name
of its class.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import numpy as np

#: an argument that is a pointer to float64
POINTER: Final = "float64*"
_NUMBERS: Final[dict[type, str]] = {bool: "boolean", np.bool_: "boolean", int: "int64", float: "float64"}
#: of numpy's flags of an array: whether it is contiguous in C's order, in Fortran's, and may be written to
_LAYOUT: Final = 0x1 | 0x2 | 0x400
_TEXT: Final = re.compile(r"(\w+)\((.*)\)")
_ARRAY_TEXT: Final = re.compile(r"(\w+)\[((?::, )*)::1\]")
_BETWEEN_ARGUMENTS: Final = re.compile(r", (?![^\[]*\])")


class ArrayKind(NamedTuple):
    """Of arrays. layout: "C", "F" or "A" (neither), as numba says."""

    dtype: np.dtype[Any]
    dimensions: int
    layout: str = "C"
    writeable: bool = True


class TupleKind(NamedTuple):
    """Of tuples of a class, by the kinds of their items."""

    made_by: type
    items: tuple[Any, ...]


class Signature(NamedTuple):
    """The kinds of a function's result and arguments."""

    result: str
    arguments: tuple[Any, ...]


def signature(text: str) -> Signature:
    """From numba's notation: numbers and contiguous arrays of them, as "void(int64[::1], float64[:, ::1], int64)".

    Raises ValueError for anything else.
    """
    found = _TEXT.fullmatch(text)
    if found is None:
        raise ValueError(f"not a signature: {text}")
    result, arguments = found.groups()
    return Signature(result, tuple(_kind_in(one) for one in _BETWEEN_ARGUMENTS.split(arguments) if one))


def _kind_in(text: str) -> ArrayKind | str:
    found = _ARRAY_TEXT.fullmatch(text)
    if found is not None:
        return ArrayKind(np.dtype(found[1]), found[2].count(":") + 1)
    if not text.isalnum():
        raise ValueError(f"neither a number nor a contiguous array of numbers: {text}")
    return text


def kind_of(value: object) -> Any:
    """The kind of a value."""
    if isinstance(value, np.ndarray):
        layout = "C" if value.flags.c_contiguous else "F" if value.flags.f_contiguous else "A"
        return ArrayKind(value.dtype, value.ndim, layout, value.flags.writeable)
    if isinstance(value, tuple):
        return TupleKind(type(value), tuple(kind_of(item) for item in value))
    kind = type(value)
    if issubclass(kind, np.generic) and not issubclass(kind, np.void):
        return value.dtype.name if kind is not np.bool_ else "boolean"  # type: ignore[attr-defined]
    return _NUMBERS.get(kind, f"{kind.__module__}.{kind.__qualname__}")


def serves(wanted: Any, found: Any) -> bool:
    """A value of the kind found can be handed to code for the kind wanted: numbers are converted, and who may write need not."""
    if isinstance(wanted, ArrayKind) and isinstance(found, ArrayKind):
        return wanted[:3] == found[:3] and found.writeable >= wanted.writeable
    numbers = ("float64", "int64", "boolean")
    return wanted == found or (wanted in numbers and found in numbers[numbers.index(wanted) :])


def glance(value: object) -> Any:
    """What two values of different kinds do not have in common, in the tenth of a microsecond that a call has for it.

    Tuples of a class of ours are told apart by who they are: they hold dozens of arrays. Their class says of which kinds, so a later one
    in the same place of memory is served as well.
    """
    kind = type(value)
    if kind is np.ndarray:
        return value.dtype, value.ndim, value.flags.num & _LAYOUT  # type: ignore[attr-defined]
    if kind is tuple:
        return tuple(map(glance, value))  # type: ignore[call-overload]
    return (kind, id(value)) if issubclass(kind, tuple) else kind


def named(kind: Any) -> str:
    """The kind in letters, the same in every process."""
    if isinstance(kind, ArrayKind):
        return f"{kind.dtype.descr if kind.dtype.names else kind.dtype.str}[{kind.dimensions}{kind.layout}{kind.writeable:d}]"
    if isinstance(kind, TupleKind):
        fields: tuple[str, ...] = getattr(kind.made_by, "_fields", ("",) * len(kind.items))
        items = ", ".join(f"{field}: {named(item)}" for field, item in zip(fields, kind.items, strict=True))
        return f"{kind.made_by.__module__}.{kind.made_by.__qualname__}({items})"
    return str(kind)
