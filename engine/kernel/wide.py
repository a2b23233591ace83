"""Compiled forms of the marked functions of `engine.kernel.eights`: LLVM's vectors, which every processor computes to the same bits.

Imported by `engine.kernel.compiling` only.
"""
# ruff: noqa: ARG001 - numba reads an intrinsic's arguments from its signature

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from engine.kernel.eights import LANES, WORD

_DOUBLE: Final = ir.DoubleType()
_EIGHT: Final = ir.VectorType(_DOUBLE, LANES)
_INT: Final = ir.IntType(64)
_BITS: Final = ir.VectorType(ir.IntType(1), LANES)
_BYTE: Final = ir.IntType(LANES)
_ALIGNED: Final = 8


class EightType(types.Type):
    """Compiled form of `engine.kernel.eights.Eight`."""

    def __init__(self) -> None:
        super().__init__(name="Eight")


_EIGHTS: Final = EightType()


@register_model(EightType)
class _EightModel(models.PrimitiveModel):
    def __init__(self, manager: Any, of: EightType) -> None:
        super().__init__(manager, of, _EIGHT)  # type: ignore[no-untyped-call]


def _register_operator(operation: Any, instruction: str) -> None:
    """numba's `a + b` (or another operation) of two Eights is one instruction."""
    cases = [signature(_EIGHTS, _EIGHTS, _EIGHTS)]  # type: ignore[no-untyped-call]
    infer_global(operation)(type("EightOperator", (ConcreteTemplate,), {"key": operation, "cases": cases}))  # type: ignore[no-untyped-call]

    def emit(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return getattr(builder, instruction)(*args)

    lower_builtin(operation, _EIGHTS, _EIGHTS)(emit)  # type: ignore[no-untyped-call]


for _operation, _instruction in ((operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul"), (operator.truediv, "fdiv")):
    _register_operator(_operation, _instruction)


def _all(value: float) -> Any:
    return ir.Constant(_EIGHT, [value] * LANES)


def _place(builder: Any, values: Any, place: Any) -> Any:
    return builder.bitcast(builder.gep(values, [place]), _EIGHT.as_pointer())


def _load(builder: Any, values: Any, place: Any) -> Any:
    return builder.load(_place(builder, values, place), align=_ALIGNED)


def _spread(builder: Any, number: Any) -> Any:
    kind = ir.VectorType(number.type, LANES)
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))


def _first_of(builder: Any, count: Any, lanes: int) -> Any:
    """A mask of the first `count` lanes; count: int64 of any size. Shifting out all bits of a word is not defined, so it is one wider."""
    wide, most = ir.IntType(2 * lanes), ir.Constant(_INT, lanes)
    capped = builder.select(builder.icmp_signed("<", count, most), count, most)
    least = builder.select(builder.icmp_signed(">", capped, ir.Constant(_INT, 0)), capped, ir.Constant(_INT, 0))
    least = builder.zext(least, wide) if lanes == WORD else builder.trunc(least, wide)
    ones = builder.sub(builder.shl(ir.Constant(wide, 1), least), ir.Constant(wide, 1))
    return builder.bitcast(builder.trunc(ones, ir.IntType(lanes)), ir.VectorType(ir.IntType(1), lanes))


def _masked_load(builder: Any, name: str, kind: Any, place: Any, aligned: int, mask: Any, other: Any) -> Any:
    whole = ir.FunctionType(kind, [kind.as_pointer(), ir.IntType(32), mask.type, kind])
    load = cgutils.get_or_insert_function(builder.module, whole, name)  # type: ignore[no-untyped-call]
    return builder.call(load, [place, ir.Constant(ir.IntType(32), aligned), mask, other])


def _load_within(builder: Any, values: Any, place: Any, count: Any, other: Any) -> Any:
    mask = _first_of(builder, count, LANES)
    return _masked_load(builder, "llvm.masked.load.v8f64.p0", _EIGHT, _place(builder, values, place), _ALIGNED, mask, other)


@intrinsic
def eight_of(typing_context: Any, number: Any) -> Any:
    """Compiled form of `engine.kernel.eights.eight_of`."""
    return _EIGHTS(types.float64), lambda _context, builder, _signature, args: _spread(builder, args[0])


@intrinsic
def eight_at(typing_context: Any, values: Any, place: Any) -> Any:
    """Compiled form of `engine.kernel.eights.eight_at`."""
    return _EIGHTS(values, types.int64), lambda _context, builder, _signature, args: _load(builder, *args)


def _emit_eight_within(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    values, place, count, other = args
    return _load_within(builder, values, place, count, _spread(builder, other))


@intrinsic
def eight_within(typing_context: Any, values: Any, place: Any, count: Any, other: Any) -> Any:
    """Compiled form of `engine.kernel.eights.eight_within`."""
    return _EIGHTS(values, types.int64, types.int64, types.float64), _emit_eight_within


def _emit_put_eight(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    values, place, numbers = args
    builder.store(numbers, _place(builder, values, place), align=_ALIGNED)
    return context.get_dummy_value()


@intrinsic
def put_eight(typing_context: Any, values: Any, place: Any, numbers: Any) -> Any:
    """Compiled form of `engine.kernel.eights.put_eight`."""
    return types.void(values, types.int64, _EIGHTS), _emit_put_eight


def _emit_put_within(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    values, place, count, numbers = args
    kind = ir.FunctionType(ir.VoidType(), [_EIGHT, _EIGHT.as_pointer(), ir.IntType(32), _BITS])
    store = cgutils.get_or_insert_function(builder.module, kind, "llvm.masked.store.v8f64.p0")  # type: ignore[no-untyped-call]
    aligned = ir.Constant(ir.IntType(32), _ALIGNED)
    builder.call(store, [numbers, _place(builder, values, place), aligned, _first_of(builder, count, LANES)])
    return context.get_dummy_value()


@intrinsic
def put_within(typing_context: Any, values: Any, place: Any, count: Any, numbers: Any) -> Any:
    """Compiled form of `engine.kernel.eights.put_within`."""
    return types.void(values, types.int64, types.int64, _EIGHTS), _emit_put_within


def _chosen(builder: Any, comparison: str, a: Any, b: Any) -> Any:
    return builder.select(builder.fcmp_ordered(comparison, a, b), a, b)


@intrinsic
def higher(typing_context: Any, a: Any, b: Any) -> Any:
    """Compiled form of `engine.kernel.eights.higher`."""
    return _EIGHTS(_EIGHTS, _EIGHTS), lambda _context, builder, _signature, args: _chosen(builder, ">", *args)


@intrinsic
def lower(typing_context: Any, a: Any, b: Any) -> Any:
    """Compiled form of `engine.kernel.eights.lower`."""
    return _EIGHTS(_EIGHTS, _EIGHTS), lambda _context, builder, _signature, args: _chosen(builder, "<", *args)


def _emit_from_place(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    before, place, after = args
    places = ir.Constant(ir.VectorType(_INT, LANES), list(range(LANES)))
    return builder.select(builder.icmp_signed("<", places, _spread(builder, place)), before, after)


@intrinsic
def from_place(typing_context: Any, a: Any, place: Any, b: Any) -> Any:
    """Compiled form of `engine.kernel.eights.from_place`."""
    return _EIGHTS(_EIGHTS, types.int64, _EIGHTS), _emit_from_place


def _reduced(builder: Any, comparison: str, numbers: Any) -> Any:
    """Halves against each other, three times."""
    step = LANES // 2
    while step:
        moved = [(k + step) % LANES for k in range(LANES)]
        other = builder.shuffle_vector(numbers, numbers, ir.Constant(ir.VectorType(ir.IntType(32), LANES), moved))
        numbers = _chosen(builder, comparison, numbers, other)
        step //= 2
    return builder.extract_element(numbers, ir.Constant(ir.IntType(32), 0))


@intrinsic
def highest_of(typing_context: Any, a: Any) -> Any:
    """Compiled form of `engine.kernel.eights.highest_of`."""
    return types.float64(_EIGHTS), lambda _context, builder, _signature, args: _reduced(builder, ">", args[0])


@intrinsic
def lowest_of(typing_context: Any, a: Any) -> Any:
    """Compiled form of `engine.kernel.eights.lowest_of`."""
    return types.float64(_EIGHTS), lambda _context, builder, _signature, args: _reduced(builder, "<", args[0])


def _emit_shares(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    parts, wholes = args
    return builder.select(builder.fcmp_ordered(">", parts, _all(0.0)), builder.fdiv(parts, wholes), _all(0.0))


@intrinsic
def shares(typing_context: Any, parts: Any, wholes: Any) -> Any:
    """Compiled form of `engine.kernel.eights.shares`."""
    return _EIGHTS(_EIGHTS, _EIGHTS), _emit_shares


def _emit_crossings(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    a_before, b_before, a, b = args
    not_so = builder.or_(builder.fcmp_ordered(">", a_before, b_before), builder.fcmp_ordered("<=", a, b))
    missing = builder.or_(builder.fcmp_unordered("uno", a_before, b_before), builder.fcmp_unordered("uno", a, b))
    return builder.select(not_so, _all(0.0), builder.select(missing, _all(math.nan), _all(1.0)))


@intrinsic
def crossings(typing_context: Any, a_before: Any, b_before: Any, a: Any, b: Any) -> Any:
    """Compiled form of `engine.kernel.eights.crossings`."""
    return _EIGHTS(*[_EIGHTS] * 4), _emit_crossings


def _emit_widest(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    highs, lows, before = args
    of_eights = ir.FunctionType(_EIGHT, [_EIGHT])
    magnitude = cgutils.get_or_insert_function(builder.module, of_eights, "llvm.fabs.v8f64")  # type: ignore[no-untyped-call]
    wide = builder.fsub(highs, lows)
    for prices in (highs, lows):
        wide = _chosen(builder, ">", builder.call(magnitude, [builder.fsub(prices, before)]), wide)
    missing = builder.or_(builder.fcmp_unordered("uno", highs, lows), builder.fcmp_unordered("uno", before, before))
    return builder.select(missing, _all(math.nan), wide)


@intrinsic
def widest(typing_context: Any, highs: Any, lows: Any, before: Any) -> Any:
    """Compiled form of `engine.kernel.eights.widest`."""
    return _EIGHTS(*[_EIGHTS] * 3), _emit_widest


def _emit_ages(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Each bit asked about is moved to the top of a word of its own: the zeros above the newest 1 are its age."""
    word, place, before, most = args
    eight_words = ir.VectorType(_INT, LANES)
    back = builder.sub(ir.Constant(eight_words, list(range(WORD - 1, WORD - 1 - LANES, -1))), _spread(builder, place))
    moved = builder.shl(_spread(builder, word), back)
    kind = ir.FunctionType(eight_words, [eight_words, ir.IntType(1)])
    zeros = cgutils.get_or_insert_function(builder.module, kind, "llvm.ctlz.v8i64")  # type: ignore[no-untyped-call]
    age = builder.uitofp(builder.call(zeros, [moved, ir.Constant(ir.IntType(1), 0)]), _EIGHT)
    longer = builder.fadd(_spread(builder, before), ir.Constant(_EIGHT, [k + 1.0 for k in range(LANES)]))
    none = builder.icmp_unsigned("==", moved, ir.Constant(eight_words, [0] * LANES))
    return _chosen(builder, "<", builder.select(none, longer, age), _spread(builder, most))


@intrinsic
def ages(typing_context: Any, word: Any, place: Any, before: Any, most: Any) -> Any:
    """Compiled form of `engine.kernel.eights.ages`."""
    return _EIGHTS(types.int64, types.int64, types.float64, types.float64), _emit_ages


def _emit_reaching_bits(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    opens, highs, lows, closes, floor, ceiling = args
    within = builder.and_(builder.fcmp_ordered(">", lows, floor), builder.fcmp_ordered("<", highs, ceiling))
    for prices in (opens, closes):
        within = builder.and_(within, builder.fcmp_ordered(">", prices, floor))
        within = builder.and_(within, builder.fcmp_ordered("<", prices, ceiling))
    return builder.zext(builder.not_(builder.bitcast(within, _BYTE)), _INT)


@intrinsic
def reaching_bits(typing_context: Any, opens: Any, highs: Any, lows: Any, closes: Any, floor: Any, ceiling: Any) -> Any:
    """Compiled form of `engine.kernel.eights.reaching_bits`."""
    return types.int64(*[_EIGHTS] * 6), _emit_reaching_bits


def _emit_differing(builder: Any, states: Any, place: Any, count: Any, state: Any) -> Any:
    """count: None for all 64."""
    bytes_, width = ir.VectorType(ir.IntType(8), WORD), ir.IntType(32)
    at = builder.bitcast(builder.gep(states, [place]), bytes_.as_pointer())
    one = builder.insert_element(ir.Constant(bytes_, ir.Undefined), builder.trunc(state, ir.IntType(8)), ir.Constant(width, 0))
    wanted = builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(width, WORD), [0] * WORD))
    if count is None:
        found = builder.load(at, align=1)
    else:
        found = _masked_load(builder, "llvm.masked.load.v64i8.p0", bytes_, at, 1, _first_of(builder, count, WORD), wanted)
    return builder.bitcast(builder.icmp_unsigned("!=", found, wanted), _INT)


@intrinsic
def differing_bits(typing_context: Any, states: Any, place: Any, state: Any) -> Any:
    """Compiled form of `engine.kernel.eights.differing_bits`."""

    def emit(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return _emit_differing(builder, args[0], args[1], None, args[2])

    return types.int64(states, types.int64, types.int64), emit


@intrinsic
def differing_bits_within(typing_context: Any, states: Any, place: Any, count: Any, state: Any) -> Any:
    """Compiled form of `engine.kernel.eights.differing_bits_within`."""

    def emit(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return _emit_differing(builder, *args)

    return types.int64(states, types.int64, types.int64, types.int64), emit


def _emit_above_bits(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    return builder.zext(builder.bitcast(builder.fcmp_ordered(">", *args), _BYTE), _INT)


@intrinsic
def above_bits(typing_context: Any, a: Any, b: Any) -> Any:
    """Compiled form of `engine.kernel.eights.above_bits`."""
    return types.int64(_EIGHTS, _EIGHTS), _emit_above_bits


Question = Callable[[Any, Any], Any]


def _true(builder: Any, numbers: Any) -> Any:
    return builder.fcmp_ordered("!=", numbers, _all(0.0))


def _open(builder: Any, numbers: Any) -> Any:
    return builder.fcmp_unordered("!=", numbers, _all(0.0))


def _emit_word(question: Question, builder: Any, values: Any, place: Any, count: Any) -> Any:
    """count: None for all 64. What is left out is 0, and the answer to that is no."""
    word = ir.Constant(_INT, 0)
    for first in range(0, WORD, LANES):
        at = builder.add(place, ir.Constant(_INT, first))
        if count is None:
            numbers = _load(builder, values, at)
        else:
            numbers = _load_within(builder, values, at, builder.sub(count, ir.Constant(_INT, first)), _all(0.0))
        byte = builder.zext(builder.bitcast(question(builder, numbers), _BYTE), _INT)
        word = builder.or_(word, builder.shl(byte, ir.Constant(_INT, first)))
    return word


def _whole(question: Question) -> Any:
    """The compiled form of a question to 64 values."""

    def emit(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return _emit_word(question, builder, args[0], args[1], None)

    @intrinsic
    def bits(typing_context: Any, values: Any, place: Any) -> Any:
        return types.int64(values, types.int64), emit

    return bits


def _within(question: Question) -> Any:
    """The compiled form of a question to some of 64 values."""

    def emit(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return _emit_word(question, builder, *args)

    @intrinsic
    def bits(typing_context: Any, values: Any, place: Any, count: Any) -> Any:
        return types.int64(values, types.int64, types.int64), emit

    return bits


def _emit_pairs_above(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
    a, b, place = args
    word = ir.Constant(_INT, 0)
    for first in range(0, WORD, LANES):
        at = builder.add(place, ir.Constant(_INT, first))
        answers = builder.fcmp_ordered(">", _load(builder, a, at), _load(builder, b, at))
        word = builder.or_(word, builder.shl(builder.zext(builder.bitcast(answers, _BYTE), _INT), ir.Constant(_INT, first)))
    return word


@intrinsic
def pairs_above(typing_context: Any, a: Any, b: Any, place: Any) -> Any:
    """Compiled form of `engine.kernel.eights.pairs_above`."""
    return types.int64(a, b, types.int64), _emit_pairs_above


def _emit_some_missing(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
    a, b, place = args
    found = ir.Constant(_BITS, [0] * LANES)
    for first in range(0, WORD, LANES):
        at = builder.add(place, ir.Constant(_INT, first))
        found = builder.or_(found, builder.fcmp_unordered("uno", _load(builder, a, at), _load(builder, b, at)))
    return builder.icmp_unsigned("!=", builder.bitcast(found, _BYTE), ir.Constant(_BYTE, 0))


@intrinsic
def some_missing(typing_context: Any, a: Any, b: Any, place: Any) -> Any:
    """Compiled form of `engine.kernel.eights.some_missing`."""
    return types.boolean(a, b, types.int64), _emit_some_missing


def _emit_put_truths(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    values, place, word = args
    for first in range(0, WORD, LANES):
        byte = builder.trunc(builder.lshr(word, ir.Constant(_INT, first)), _BYTE)
        numbers = builder.select(builder.bitcast(byte, _BITS), _all(1.0), _all(0.0))
        builder.store(numbers, _place(builder, values, builder.add(place, ir.Constant(_INT, first))), align=_ALIGNED)
    return context.get_dummy_value()


@intrinsic
def put_truths(typing_context: Any, values: Any, place: Any, word: Any) -> Any:
    """Compiled form of `engine.kernel.eights.put_truths`."""
    return types.void(values, types.int64, types.int64), _emit_put_truths


@intrinsic
def first_bit(typing_context: Any, word: Any) -> Any:
    """Compiled form of `engine.kernel.eights.first_bit`."""
    return types.int64(types.int64), lambda _context, builder, _signature, args: builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))


@intrinsic
def count_bits(typing_context: Any, word: Any) -> Any:
    """Compiled form of `engine.kernel.eights.count_bits`."""
    return types.int64(types.int64), lambda _context, builder, _signature, args: builder.ctpop(args[0])


WIDE: Final[dict[str, Any]] = {
    "wide.eight_of": eight_of,
    "wide.eight_at": eight_at,
    "wide.eight_within": eight_within,
    "wide.put_eight": put_eight,
    "wide.put_within": put_within,
    "wide.higher": higher,
    "wide.lower": lower,
    "wide.from_place": from_place,
    "wide.highest_of": highest_of,
    "wide.lowest_of": lowest_of,
    "wide.shares": shares,
    "wide.crossings": crossings,
    "wide.widest": widest,
    "wide.ages": ages,
    "wide.reaching_bits": reaching_bits,
    "wide.true_bits": _whole(_true),
    "wide.true_bits_within": _within(_true),
    "wide.open_bits": _whole(_open),
    "wide.open_bits_within": _within(_open),
    "wide.above_bits": above_bits,
    "wide.pairs_above": pairs_above,
    "wide.some_missing": some_missing,
    "wide.put_truths": put_truths,
    "wide.differing_bits": differing_bits,
    "wide.differing_bits_within": differing_bits_within,
    "wide.first_bit": first_bit,
    "wide.count_bits": count_bits,
}
