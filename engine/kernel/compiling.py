"""Plain functions made machine code, by numba. Imported by `engine.kernel.load` where something is not stored yet, and by nothing else."""

from __future__ import annotations

from functools import cache
from types import FunctionType
from typing import Any, Final

import numba
from numba import types

from engine.kernel import intrinsics, whole
from engine.kernel.abi import HELPER_MARK, INTRINSIC_MARK, RARE_MARK, SHORT_MARK
from engine.kernel.atomic import ATOMIC
from engine.kernel.code_cache import reached_globals
from engine.kernel.handles import HANDLES
from engine.kernel.kinds import POINTER, ArrayKind, Signature
from engine.kernel.packed import PACKED
from engine.kernel.prefetch import PREFETCH
from engine.kernel.stored import MachineCode
from engine.kernel.wide import WIDE

_Array: Final[Any] = types.Array  # numba is untyped
_typeof: Final[Any] = numba.typeof
_INTRINSICS: Final[dict[str, Any]] = {**intrinsics.INTRINSICS, **PACKED, **HANDLES, **PREFETCH, **ATOMIC, **WIDE}


def machine_code(function: FunctionType, wanted: Signature | tuple[Any, ...], options: dict[str, Any], *, for_python: bool) -> MachineCode:
    """A function with everything that it reaches. wanted: its signature, or values of the types that it is to be made for.

    Raises what numba raises; RuntimeError where numba would use SVML, TypeError where the result is something that only numba can make.
    """
    if vars(numba.config)["USING_SVML"]:  # Intel's vector library makes results depend on the length of the loop
        raise RuntimeError("numba uses SVML: the same rule would give different bits for different block sizes")
    intrinsics.register_references()
    wrapper: dict[str, Any] = {"no_cfunc_wrapper": True} if for_python else {"no_cpython_wrapper": True}
    compiler = whole.ShortCompiler if hasattr(function, SHORT_MARK) else whole.WholeCompiler
    made: Any = numba.njit(nogil=for_python, pipeline_class=compiler, **wrapper, **options)(_with_compiled(function, options))
    made.compile(_typed(wanted) if isinstance(wanted, Signature) else tuple(map(_typeof, wanted)))
    (found,) = made.overloads.values()
    if found.environment.consts:
        raise TypeError(f"{function.__qualname__} gives Python neither numbers nor tuples of them")
    names = found.fndesc
    entry = names.llvm_cpython_wrapper_name if for_python else names.llvm_cfunc_wrapper_name
    library = found.library
    return MachineCode(entry, names.env_name if for_python else "", tuple(sorted(library.declared())), library.object_file())


def _typed(signature: Signature) -> Any:
    result: Any = getattr(types, signature.result)
    return result(*map(_type_of, signature.arguments))


def _type_of(kind: Any) -> Any:
    if isinstance(kind, ArrayKind):
        return _Array(numba.from_dtype(kind.dtype), kind.dimensions, kind.layout, readonly=not kind.writeable)
    return types.CPointer(types.float64) if kind == POINTER else getattr(types, kind)  # type: ignore[no-untyped-call]


def _with_compiled(function: FunctionType, options: dict[str, Any]) -> FunctionType:
    """A copy that reaches helpers and intrinsics in the form that numba knows."""
    known = dict(function.__globals__)
    for name, value in reached_globals(function):
        if hasattr(value, INTRINSIC_MARK):
            known[name] = _INTRINSICS[getattr(value, INTRINSIC_MARK)]
        elif hasattr(value, HELPER_MARK):
            known[name] = _compiled_helper(value, tuple(options.items()))
    copy = FunctionType(function.__code__, known, function.__name__, function.__defaults__)
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


@cache
def _compiled_helper(function: FunctionType, options: tuple[tuple[str, Any], ...]) -> Any:
    return whole.part(_with_compiled(function, dict(options)), dict(options), rare=hasattr(function, RARE_MARK))
