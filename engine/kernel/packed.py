"""Instructions that the compiler does not find by itself: two of the slow operations at once, since the divider takes two numbers in the
time of one, and asking memory ahead.

Compiled forms of marked functions of `engine.kernel.abi`, to the same bits. Imported by `engine.kernel.load` only.
"""
# ruff: noqa: ARG001 - numba reads an intrinsic's arguments from its signature

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_DOUBLE: Final = ir.DoubleType()
_PAIR: Final = ir.VectorType(_DOUBLE, 2)
_LANES: Final = tuple(ir.Constant(ir.IntType(32), lane) for lane in (0, 1))
#: of LLVM's prefetch: to be read, into all caches, data
_READ: Final = 0
_KEEP: Final = 3
_DATA: Final = 1
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


def _emit_fetch(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    byte, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
    ask = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")  # type: ignore[no-untyped-call]
    place = builder.bitcast(builder.gep(args[0], [args[1]]), byte)
    builder.call(ask, [place, *(ir.Constant(flag, value) for value in (_READ, _KEEP, _DATA))])
    return context.get_dummy_value()


@intrinsic
def fetch(typing_context: Any, values: Any, place: Any) -> Any:
    """Compiled form of `engine.kernel.abi.fetch`."""
    return types.void(values, types.int64), _emit_fetch


PACKED: Final[dict[str, Any]] = {"packed.quotients": quotients, "packed.roots": roots, "packed.fetch": fetch}
