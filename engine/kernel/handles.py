"""Arrays out of a handle: a compiled function that takes one array of addresses and shapes does not unpack two dozen arrays at each call.

Compiled forms of marked functions of `engine.kernel.abi` and `engine.kernel.places`. Imported by `engine.kernel.compiling` only.
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


def _door(dtype: Any, dimensions: int) -> Any:
    """Compiled form of one of the functions of `engine.kernel.abi` that give an array of a handle."""
    kind = types.Array(dtype, dimensions, "C")

    def array_at(typing_context: Any, handle: Any, place: Any) -> Any:
        return kind(_HANDLE, types.int64), _of(kind)

    return intrinsic(array_at)


@intrinsic
def address(typing_context: Any, array: Any) -> Any:
    """Compiled form of `engine.kernel.abi.address`."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ptrtoint(context.make_array(signature.args[0])(context, builder, args[0]).data, _INT)

    return types.int64(array), emit


@intrinsic
def numbers_from(typing_context: Any, place: Any, length: Any) -> Any:
    """Compiled form of `engine.kernel.places.numbers_from`."""
    kind = _HANDLE

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(kind)(context, builder)
        size = ir.Constant(_INT, context.get_abi_sizeof(_INT))
        populate_array(array, builder.inttoptr(args[0], array.data.type), [args[1]], [size], size, None)  # type: ignore[no-untyped-call]
        return array._getvalue()

    return kind(types.int64, types.int64), emit


@intrinsic
def call_at(typing_context: Any, code: Any, place: Any) -> Any:
    """Compiled form of `engine.kernel.places.call_at`."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        function = ir.FunctionType(_INT, [_INT])
        return builder.call(builder.inttoptr(args[0], function.as_pointer()), [args[1]])

    return types.int64(types.int64, types.int64), emit


HANDLES: Final[dict[str, Any]] = {
    "handles.numbers_at": _door(types.int64, 1),
    "handles.table_at": _door(types.int64, 2),
    "handles.states_at": _door(types.int8, 2),
    "handles.floats_at": _door(types.float64, 1),
    "handles.series_at": _door(types.float64, 2),
    "handles.cube_at": _door(types.float64, 3),
    "handles.address": address,
    "handles.numbers_from": numbers_from,
    "handles.call_at": call_at,
}
