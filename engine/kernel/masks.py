"""Values that are asked all at once: a bit for each. Compiled forms of marked functions of `engine.kernel.abi`, imported by
`engine.kernel.load` only."""
# ruff: noqa: ARG001 - numba reads an intrinsic's arguments from its signature

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

#: values of one comparison
_TOGETHER: Final = 8
_EIGHT: Final = ir.VectorType(ir.DoubleType(), _TOGETHER)
_BYTE: Final = ir.IntType(_TOGETHER)
_MASK: Final = ir.IntType(64)
_ITEM_BYTES: Final = 8


def _load(builder: Any, values: Any, first: Any) -> Any:
    place = builder.bitcast(builder.gep(values, [first]), _EIGHT.as_pointer())
    return builder.load(place, align=_ITEM_BYTES)


def _spread(builder: Any, value: Any) -> Any:
    """The same number eight times."""
    undefined = ir.Constant(_EIGHT, ir.Undefined)
    one = builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(one, undefined, ir.Constant(ir.VectorType(ir.IntType(32), _TOGETHER), [0] * _TOGETHER))


def _of(compare: Callable[[Any, Any, Any], Any], count: int) -> Callable[..., Any]:
    """What emits the comparison of `count` values with 0, as bits."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        mask = ir.Constant(_MASK, 0)
        for first in range(0, count, _TOGETHER):
            values = _load(builder, args[0], builder.add(args[1], ir.Constant(_MASK, first)))
            bits = builder.bitcast(compare(builder, values, ir.Constant(_EIGHT, [0.0] * _TOGETHER)), _BYTE)
            mask = builder.or_(mask, builder.shl(builder.zext(bits, _MASK), ir.Constant(_MASK, first)))
        return mask

    return emit


def _true(builder: Any, values: Any, zeros: Any) -> Any:
    return builder.fcmp_ordered("!=", values, zeros)


def _not_false(builder: Any, values: Any, zeros: Any) -> Any:
    return builder.fcmp_unordered("!=", values, zeros)


@intrinsic
def true_of_64(typing_context: Any, values: Any, first: Any) -> Any:
    """Compiled form of `engine.kernel.abi.true_of_64`."""
    return types.int64(values, types.int64), _of(_true, 64)


@intrinsic
def true_of_8(typing_context: Any, values: Any, first: Any) -> Any:
    """Compiled form of `engine.kernel.abi.true_of_8`."""
    return types.int64(values, types.int64), _of(_true, 8)


@intrinsic
def not_false_of_64(typing_context: Any, values: Any, first: Any) -> Any:
    """Compiled form of `engine.kernel.abi.not_false_of_64`."""
    return types.int64(values, types.int64), _of(_not_false, 64)


@intrinsic
def not_false_of_8(typing_context: Any, values: Any, first: Any) -> Any:
    """Compiled form of `engine.kernel.abi.not_false_of_8`."""
    return types.int64(values, types.int64), _of(_not_false, 8)


@intrinsic
def reaching_of_8(typing_context: Any, opens: Any, highs: Any, lows: Any, closes: Any, first: Any, floor: Any, ceiling: Any) -> Any:
    """Compiled form of `engine.kernel.abi.reaching_of_8`."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        *prices, first, floor, ceiling = args
        opens, highs, lows, closes = (_load(builder, price, first) for price in prices)
        above, below = _spread(builder, floor), _spread(builder, ceiling)
        within = builder.and_(builder.fcmp_ordered(">", lows, above), builder.fcmp_ordered("<", highs, below))
        for price in (opens, closes):
            inside = builder.and_(builder.fcmp_ordered(">", price, above), builder.fcmp_ordered("<", price, below))
            within = builder.and_(within, inside)
        return builder.zext(builder.bitcast(builder.not_(within), _BYTE), _MASK)

    kind = types.float64
    return types.int64(opens, highs, lows, closes, types.int64, kind, kind), emit


@intrinsic
def lowest_bit(typing_context: Any, mask: Any) -> Any:
    """Compiled form of `engine.kernel.abi.lowest_bit`."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), emit


MASKS: Final[dict[str, Any]] = {
    "masks.true_of_64": true_of_64,
    "masks.true_of_8": true_of_8,
    "masks.not_false_of_64": not_false_of_64,
    "masks.not_false_of_8": not_false_of_8,
    "masks.reaching_of_8": reaching_of_8,
    "masks.lowest_bit": lowest_bit,
}
