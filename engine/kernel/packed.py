"""Two of the slow operations at once: the divider takes two numbers in the time of one, and the compiler does not pair them by itself;
and room in the frame of a function.

Compiled forms of marked functions of `engine.kernel.abi`, to the same bits. Imported by `engine.kernel.load` only.
"""
# ruff: noqa: ARG001 - numba reads an intrinsic's arguments from its signature

from __future__ import annotations

import operator
from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

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


class PairType(types.Type):
    """Compiled form of `engine.kernel.abi.Pair`."""

    def __init__(self) -> None:
        super().__init__(name="Pair")


_PAIRS: Final = PairType()


@register_model(PairType)
class _PairModel(models.PrimitiveModel):
    def __init__(self, manager: Any, of: PairType) -> None:
        super().__init__(manager, of, _PAIR)  # type: ignore[no-untyped-call]


def _register_operator(operation: Any, instruction: str) -> None:
    """numba's `a + b` (or another operation) of two pairs is one instruction."""
    cases = [signature(_PAIRS, _PAIRS, _PAIRS)]  # type: ignore[no-untyped-call]
    template = type("PairOperator", (ConcreteTemplate,), {"key": operation, "cases": cases})
    infer_global(operation)(template)  # type: ignore[no-untyped-call]

    def emit(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return getattr(builder, instruction)(*args)

    lower_builtin(operation, _PAIRS, _PAIRS)(emit)  # type: ignore[no-untyped-call]


for _operation, _instruction in ((operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul"), (operator.truediv, "fdiv")):
    _register_operator(_operation, _instruction)


@intrinsic
def pair(typing_context: Any, first: Any, second: Any) -> Any:
    """Compiled form of `engine.kernel.abi.pair`."""
    return _PAIRS(types.float64, types.float64), lambda _context, builder, _signature, args: _pack(builder, args)


@intrinsic
def first_of(typing_context: Any, values: Any) -> Any:
    """Compiled form of `engine.kernel.abi.first_of`."""
    return types.float64(_PAIRS), lambda _context, builder, _signature, args: builder.extract_element(args[0], _LANES[0])


@intrinsic
def second_of(typing_context: Any, values: Any) -> Any:
    """Compiled form of `engine.kernel.abi.second_of`."""
    return types.float64(_PAIRS), lambda _context, builder, _signature, args: builder.extract_element(args[0], _LANES[1])


def _emit_magnitudes(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    magnitude = cgutils.get_or_insert_function(builder.module, ir.FunctionType(_PAIR, [_PAIR]), "llvm.fabs.v2f64")  # type: ignore[no-untyped-call]
    return builder.call(magnitude, args)


@intrinsic
def magnitudes(typing_context: Any, values: Any) -> Any:
    """Compiled form of `engine.kernel.abi.magnitudes`."""
    return _PAIRS(_PAIRS), _emit_magnitudes


def _emit_multiply_add(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    kind, name = (_PAIR, "v2f64") if isinstance(signature.return_type, PairType) else (_DOUBLE, "f64")
    fused = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind] * 3), f"llvm.fma.{name}")  # type: ignore[no-untyped-call]
    return builder.call(fused, args)


@intrinsic
def multiply_add(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    """Compiled form of `engine.kernel.abi.multiply_add`; numbers are cast to float64."""
    kind = _PAIRS if isinstance(a, PairType) else types.float64
    return kind(kind, kind, kind), _emit_multiply_add


def _emit_where_positive(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    a, b, chosen, other = args
    zeros = ir.Constant(_PAIR, [0.0, 0.0])
    both = builder.and_(builder.fcmp_ordered(">", a, zeros), builder.fcmp_ordered(">", b, zeros))
    return builder.select(both, chosen, other)


@intrinsic
def where_positive(typing_context: Any, a: Any, b: Any, chosen: Any, other: Any) -> Any:
    """Compiled form of `engine.kernel.abi.where_positive`."""
    return _PAIRS(_PAIRS, _PAIRS, _PAIRS, _PAIRS), _emit_where_positive


def _emit_scratch(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    place = cgutils.alloca_once(builder, ir.ArrayType(_DOUBLE, SCRATCH_LENGTH))  # type: ignore[no-untyped-call]
    return builder.bitcast(place, _DOUBLE.as_pointer())


@intrinsic
def further(typing_context: Any, values: Any, by: Any) -> Any:
    """Compiled form of `engine.kernel.abi.further`."""
    return values(values, types.int64), lambda _context, builder, _signature, args: builder.gep(args[0], [args[1]])


@intrinsic
def scratch(typing_context: Any) -> Any:
    """Compiled form of `engine.kernel.abi.scratch`."""
    return types.CPointer(types.float64)(), _emit_scratch  # type: ignore[no-untyped-call]


PACKED: Final[dict[str, Any]] = {
    "packed.quotients": quotients,
    "packed.roots": roots,
    "packed.further": further,
    "packed.scratch": scratch,
    "packed.pair": pair,
    "packed.first_of": first_of,
    "packed.second_of": second_of,
    "packed.magnitudes": magnitudes,
    "packed.where_positive": where_positive,
    "packed.multiply_add": multiply_add,
}
