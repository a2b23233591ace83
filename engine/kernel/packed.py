"""Two of the slow operations at once: the divider takes two numbers in the time of one, and the compiler does not pair them by itself;
and room in the frame of a function.

Compiled forms of marked functions of `engine.kernel.abi`, to the same bits. Imported by `engine.kernel.load` only.
"""
# ruff: noqa: ARG001 - numba reads an intrinsic's arguments from its signature

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from engine.kernel.abi import SCRATCH_LENGTH

_DOUBLE: Final = ir.DoubleType()
_PAIR: Final = ir.VectorType(_DOUBLE, 2)
_LANES: Final = tuple(ir.Constant(ir.IntType(32), lane) for lane in (0, 1))
_TWO: Final[Any] = types.UniTuple(types.float64, 2)  # type: ignore[no-untyped-call]


def _pack(builder: Any, values: Any) -> Any:
    pair = ir.Constant(_PAIR, ir.Undefined)
    for lane, value in zip(_LANES, values, strict=True):
        pair = builder.insert_element(pair, value, lane)
    return pair


def _unpack(context: Any, builder: Any, pair: Any) -> Any:
    return context.make_tuple(builder, _TWO, [builder.extract_element(pair, lane) for lane in _LANES])


def _emit_quotients(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    a, b, c, d = args
    return _unpack(context, builder, builder.fdiv(_pack(builder, (a, c)), _pack(builder, (b, d))))


@intrinsic
def quotients(typing_context: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """Compiled form of `engine.kernel.abi.quotients`; arguments are cast to float64."""
    return _TWO(types.float64, types.float64, types.float64, types.float64), _emit_quotients


def _emit_roots(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    of_pairs = ir.FunctionType(_PAIR, [_PAIR])
    root = cgutils.get_or_insert_function(builder.module, of_pairs, "llvm.sqrt.v2f64")  # type: ignore[no-untyped-call]
    return _unpack(context, builder, builder.call(root, [_pack(builder, args)]))


@intrinsic
def roots(typing_context: Any, a: Any, b: Any) -> Any:
    """Compiled form of `engine.kernel.abi.roots`; arguments are cast to float64."""
    return _TWO(types.float64, types.float64), _emit_roots


def _emit_scratch(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    place = cgutils.alloca_once(builder, ir.ArrayType(_DOUBLE, SCRATCH_LENGTH))  # type: ignore[no-untyped-call]
    return builder.bitcast(place, _DOUBLE.as_pointer())


@intrinsic
def scratch(typing_context: Any) -> Any:
    """Compiled form of `engine.kernel.abi.scratch`."""
    return types.CPointer(types.float64)(), _emit_scratch  # type: ignore[no-untyped-call]


PACKED: Final[dict[str, Any]] = {"packed.quotients": quotients, "packed.roots": roots, "packed.scratch": scratch}
