"""The numba intrinsics that stand for the marked functions of `engine.kernel.abi` in compiled code.

Imported by `engine.kernel.load` only.
"""
# ruff: noqa: ARG001 - numba reads an intrinsic's arguments from its signature

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from engine.kernel.abi import INPUT_COUNT

_ARRAY: Final = types.Array(types.float64, 1, "C")
_INDEX: Final = types.int64
_SERIES_COUNT: Final = INPUT_COUNT + 1  # the inputs and y
_CALL_OP: Final = types.void(
    _INDEX, _ARRAY, _INDEX, _ARRAY, _INDEX, _ARRAY, *[_INDEX] * _SERIES_COUNT, _INDEX, _INDEX
)  # fmt: skip


def _emit_call(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """LLVM for `call_op`: turn arrays and offsets into pointers and call through the address."""
    address, state, state_offset, params, param_offset, memory, *offsets = args
    *series, length, index = offsets
    double = ir.DoubleType().as_pointer()
    integer = ir.IntType(64)
    prototype = ir.FunctionType(ir.VoidType(), [double] * (2 + _SERIES_COUNT) + [integer, integer])

    def pointer(position: int, array: Any, offset: Any) -> Any:
        data = context.make_array(signature.args[position])(context, builder, array).data
        return builder.gep(data, [offset])

    pointers = [pointer(1, state, state_offset), pointer(3, params, param_offset)]
    pointers += [pointer(5, memory, offset) for offset in series]
    builder.call(builder.inttoptr(address, prototype.as_pointer()), [*pointers, length, index])
    return context.get_dummy_value()


@intrinsic
def call_op(
    typing_context: Any, address: Any, state: Any, state_offset: Any, params: Any, param_offset: Any, memory: Any,
    x0: Any, x1: Any, x2: Any, x3: Any, x4: Any, y: Any, length: Any, index: Any,
) -> Any:  # fmt: skip
    """Compiled form of `engine.kernel.abi.call_op`; integers are cast to int64, arrays must be C-contiguous float64."""
    return _CALL_OP, _emit_call


def _emit_at_variant(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """LLVM for `at_variant`: every array of the tuple with its data moved on; who owns the memory stays the caller's business."""
    kind, table_type = signature.args[0], signature.args[1]
    arrays, strides, variant = args
    table = context.make_array(table_type)(context, builder, strides).data
    count = 0

    def moved(kind_of_value: object, value: Any) -> Any:
        nonlocal count
        type_: Any = kind_of_value
        if isinstance(kind_of_value, types.BaseTuple):
            for i in range(len(type_)):
                value = builder.insert_value(value, moved(type_[i], builder.extract_value(value, i)), i)
            return value
        array = context.make_array(type_)(context, builder, value)
        stride = builder.load(builder.gep(table, [ir.Constant(ir.IntType(64), count)]))
        count += 1
        start = builder.bitcast(array.data, ir.IntType(8).as_pointer())
        array.data = builder.bitcast(builder.gep(start, [builder.mul(stride, variant)]), array.data.type)
        return array._getvalue()

    return moved(kind, arrays)


@intrinsic
def at_variant(typing_context: Any, arrays: Any, strides: Any, variant: Any) -> Any:
    """Compiled form of `engine.kernel.abi.at_variant`, for code without reference counts."""
    return arrays(arrays, types.Array(types.int64, 1, "C"), _INDEX), _emit_at_variant


INTRINSICS: Final = {"call_op": call_op, "at_variant": at_variant}
