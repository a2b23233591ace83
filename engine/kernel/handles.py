"""Arrays out of a handle: a compiled function that takes one array of addresses and shapes does not unpack two dozen arrays at each call.

Compiled forms of marked functions of `engine.kernel.abi`. Imported by `engine.kernel.load` only.
"""
# ruff: noqa: ARG001 - numba reads an intrinsic's arguments from its signature

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from engine.kernel.abi import HANDLE_ITEMS

_HANDLE: Final[Any] = types.Array(types.int64, 1, "C")
_INT: Final = ir.IntType(64)


def _of(kind: Any) -> Callable[..., Any]:
    """What emits an array of that type. Nobody counts references to it: who made the handle keeps the memory."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        handle = context.make_array(signature.args[0])(context, builder, args[0]).data
        start = builder.mul(args[1], ir.Constant(_INT, HANDLE_ITEMS))
        address, *shape = [
            builder.load(builder.gep(handle, [builder.add(start, ir.Constant(_INT, item))])) for item in range(1 + kind.ndim)
        ]
        size = context.get_abi_sizeof(context.get_data_type(kind.dtype))
        strides = [ir.Constant(_INT, size)]
        for length in reversed(shape[1:]):
            strides.insert(0, builder.mul(strides[0], length))
        array = context.make_array(kind)(context, builder)
        data = builder.inttoptr(address, array.data.type)
        populate_array(array, data, shape, strides, ir.Constant(_INT, size), None)  # type: ignore[no-untyped-call]
        return array._getvalue()

    return emit


@intrinsic
def numbers_at(typing_context: Any, handle: Any, place: Any) -> Any:
    """Compiled form of `engine.kernel.abi.numbers_at`; so the others."""
    kind = types.Array(types.int64, 1, "C")
    return kind(_HANDLE, types.int64), _of(kind)


@intrinsic
def table_at(typing_context: Any, handle: Any, place: Any) -> Any:
    """int64, two dimensions."""
    kind = types.Array(types.int64, 2, "C")
    return kind(_HANDLE, types.int64), _of(kind)


@intrinsic
def states_at(typing_context: Any, handle: Any, place: Any) -> Any:
    """int8, two dimensions."""
    kind = types.Array(types.int8, 2, "C")
    return kind(_HANDLE, types.int64), _of(kind)


@intrinsic
def floats_at(typing_context: Any, handle: Any, place: Any) -> Any:
    """float64, one dimension."""
    kind = types.Array(types.float64, 1, "C")
    return kind(_HANDLE, types.int64), _of(kind)


@intrinsic
def series_at(typing_context: Any, handle: Any, place: Any) -> Any:
    """float64, two dimensions."""
    kind = types.Array(types.float64, 2, "C")
    return kind(_HANDLE, types.int64), _of(kind)


@intrinsic
def cube_at(typing_context: Any, handle: Any, place: Any) -> Any:
    """float64, three dimensions."""
    kind = types.Array(types.float64, 3, "C")
    return kind(_HANDLE, types.int64), _of(kind)


@intrinsic
def address(typing_context: Any, array: Any) -> Any:
    """Compiled form of `engine.kernel.abi.address`."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ptrtoint(context.make_array(signature.args[0])(context, builder, args[0]).data, _INT)

    return types.int64(array), emit


HANDLES: Final[dict[str, Any]] = {
    "handles.numbers_at": numbers_at,
    "handles.table_at": table_at,
    "handles.states_at": states_at,
    "handles.floats_at": floats_at,
    "handles.series_at": series_at,
    "handles.cube_at": cube_at,
    "handles.address": address,
}
