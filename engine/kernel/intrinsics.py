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


INTRINSICS: Final = {"call_op": call_op}
