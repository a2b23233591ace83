"""What compiled code has beyond numba: the intrinsics that stand for the marked functions of `engine.kernel.abi`, and tuples by reference.

Imported by `engine.kernel.compiling` only.
"""
# ruff: noqa: ARG001 - numba reads an intrinsic's arguments from its signature

from __future__ import annotations

import hashlib
from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.imputils import impl_ret_borrowed, lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import NativeValue, intrinsic, models, register_model, typeof_impl, unbox
from numba.np import arrayobj

from engine.kernel.abi import BY_REFERENCE, INPUT_COUNT, TWIN_INTEGERS

_ARRAY: Final = types.Array(types.float64, 1, "C")
_INDEX: Final = types.int64
_SERIES_COUNT: Final = INPUT_COUNT + 1  # the inputs and y
_DIGEST_LENGTH: Final = 16
_CALL_OP: Final = types.void(
    _INDEX, _ARRAY, _INDEX, _ARRAY, _INDEX, _ARRAY, *[_INDEX] * _SERIES_COUNT, _INDEX, _INDEX
)  # fmt: skip


_CALL_TWIN: Final = types.void(
    _INDEX, _ARRAY, _INDEX, _INDEX, _ARRAY, _INDEX, _INDEX, _ARRAY, *[_INDEX] * 4, *[_INDEX] * TWIN_INTEGERS
)  # fmt: skip


def _emit_call(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """LLVM for `call_op`: turn arrays and offsets into pointers and call through the address."""
    address, state, state_offset, params, param_offset, memory, *offsets = args
    *series, length, index = offsets
    places = [(1, state, state_offset), (3, params, param_offset), *((5, memory, offset) for offset in series)]
    return _emit(context, builder, signature, address, places, [length, index])


def _emit_twin(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """LLVM for `call_twin`."""
    address, state, state_a, state_b, params, params_a, params_b, memory, x_a, x_b, y_a, y_b, *rest = args
    places = [(1, state, state_a), (4, params, params_a), (7, memory, x_a), (1, state, state_b), (4, params, params_b)]
    places += [(7, memory, offset) for offset in (x_b, y_b, y_a)]
    return _emit(context, builder, signature, address, places, rest)


def _emit(context: Any, builder: Any, signature: Any, address: Any, places: Any, rest: Any) -> Any:
    """Call through the address. places: position among the arguments, array, offset of each pointer."""
    double = ir.DoubleType().as_pointer()
    integer = ir.IntType(64)
    prototype = ir.FunctionType(ir.VoidType(), [double] * (2 + _SERIES_COUNT) + [integer] * len(rest))
    pointers = [
        builder.gep(context.make_array(signature.args[position])(context, builder, array).data, [offset])
        for position, array, offset in places
    ]
    builder.call(builder.inttoptr(address, prototype.as_pointer()), [*pointers, *rest])
    return context.get_dummy_value()


@intrinsic
def call_op(
    typing_context: Any, address: Any, state: Any, state_offset: Any, params: Any, param_offset: Any, memory: Any,
    x0: Any, x1: Any, x2: Any, x3: Any, x4: Any, y: Any, length: Any, index: Any,
) -> Any:  # fmt: skip
    """Compiled form of `engine.kernel.abi.call_op`; integers are cast to int64, arrays must be C-contiguous float64."""
    return _CALL_OP, _emit_call


@intrinsic
def call_twin(
    typing_context: Any, address: Any, state: Any, state_a: Any, state_b: Any, params: Any, params_a: Any, params_b: Any, memory: Any,
    x_a: Any, x_b: Any, y_a: Any, y_b: Any, length: Any, index: Any, markets: Any, state_step: Any, x_step_a: Any, x_step_b: Any,
    y_step_a: Any, y_step_b: Any,
) -> Any:  # fmt: skip
    """Compiled form of `engine.kernel.abi.call_twin`."""
    return _CALL_TWIN, _emit_twin


def _emit_items(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """LLVM for `items`."""
    return builder.gep(context.make_array(signature.args[0])(context, builder, args[0]).data, [args[1]])


@intrinsic
def items(typing_context: Any, array: Any, offset: Any) -> Any:
    """Compiled form of `engine.kernel.abi.items`."""
    return types.CPointer(array.dtype)(array, _INDEX), _emit_items


INTRINSICS: Final[dict[str, Any]] = {"call_op": call_op, "call_twin": call_twin, "items": items}


#: how the names of compiled functions of this package begin
_OURS: Final = "_ZN6engine6kernel"
_from_either_end: Final = arrayobj.fix_integer_index


def _from_the_start(context: Any, builder: Any, kind: Any, index: Any, size: Any) -> Any:
    """What numba asks for the place of an item: our functions never count from an array's end, but for constants, so that nothing has to
    ask at each access whether an index is negative. Functions of others are served as before."""
    if isinstance(index, ir.Constant) or not builder.function.name.startswith(_OURS):
        return _from_either_end(context, builder, kind, index, size)
    return context.cast(builder, index, kind, types.intp)


arrayobj.fix_integer_index = _from_the_start


class ByReference(types.Type):
    """A named tuple of arrays that compiled functions hand to each other as one pointer, and not as the hundreds of numbers in it.

    fields: numba's type of the tuple itself. It lies in the frame of the call from Python, and nothing writes to it.
    Its name is a part of the name of every function that takes one, so it is short: a digest stands for the thousands of letters of
    what the arrays hold.
    """

    def __init__(self, fields: Any) -> None:
        self.fields = fields
        digest = hashlib.sha256(fields.name.encode()).hexdigest()[:_DIGEST_LENGTH]
        super().__init__(name=f"{fields.instance_class.__name__}.{digest}")


@register_model(ByReference)
class _Pointer(models.PrimitiveModel):
    def __init__(self, manager: Any, of: ByReference) -> None:
        super().__init__(manager, of, ir.IntType(8).as_pointer())


@unbox(ByReference)
def _unbox(of: ByReference, value: Any, c: Any) -> Any:
    whole = c.unbox(of.fields, value)
    place = cgutils.alloca_once_value(c.builder, whole.value)
    return NativeValue(c.builder.bitcast(place, ir.IntType(8).as_pointer()), is_error=whole.is_error, cleanup=whole.cleanup)


@infer_getattr
class _Fields(AttributeTemplate):
    key = ByReference

    def generic_resolve(self, of: ByReference, name: str) -> Any:  # type: ignore[override]
        return of.fields.types[of.fields.fields.index(name)] if name in of.fields.fields else None


@lower_getattr_generic(ByReference)
def _load_field(context: Any, builder: Any, of: ByReference, value: Any, name: str) -> Any:
    position = of.fields.fields.index(name)
    whole = builder.bitcast(value, context.get_value_type(of.fields).as_pointer())
    field = builder.load(cgutils.gep_inbounds(builder, whole, 0, position))
    return impl_ret_borrowed(context, builder, of.fields.types[position], field)


def register_references() -> None:
    """Let numba take tuples of the classes marked so far by reference."""
    while BY_REFERENCE:
        typeof_impl.register(BY_REFERENCE.pop())(_type_of)


def _type_of(value: Any, context: Any) -> ByReference:
    return ByReference(types.NamedTuple([typeof_impl(field, context) for field in value], type(value)))


def _emit_at_variant(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """LLVM for `at_variant`: a tuple in this frame whose arrays begin further on. Who owns the memory is the caller's business."""
    tuples, strides, variant = args
    table = context.make_array(signature.args[1])(context, builder, strides).data
    count = 0

    def moved(kind: Any, value: Any) -> Any:
        nonlocal count
        if isinstance(kind, ByReference):
            whole = context.get_value_type(kind.fields)
            source, place = builder.bitcast(value, whole.as_pointer()), cgutils.alloca_once(builder, whole)
            for i, field in enumerate(kind.fields.types):
                inside = moved(field, builder.load(cgutils.gep_inbounds(builder, source, 0, i)))
                builder.store(inside, cgutils.gep_inbounds(builder, place, 0, i))
            return builder.bitcast(place, ir.IntType(8).as_pointer())
        array = context.make_array(kind)(context, builder, value)
        stride = builder.load(builder.gep(table, [ir.Constant(ir.IntType(64), count)]))
        count += 1
        start = builder.bitcast(array.data, ir.IntType(8).as_pointer())
        array.data = builder.bitcast(builder.gep(start, [builder.mul(stride, variant)]), array.data.type)
        return array._getvalue()

    return moved(signature.args[0], tuples)


@intrinsic
def at_variant(typing_context: Any, tuples: Any, strides: Any, variant: Any) -> Any:
    """Compiled form of `engine.kernel.abi.at_variant`, for tuples by reference and code without reference counts."""
    return tuples(tuples, types.Array(types.int64, 1, "C"), _INDEX), _emit_at_variant


INTRINSICS["at_variant"] = at_variant
