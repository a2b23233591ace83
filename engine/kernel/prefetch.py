"""Asking memory for what will be read soon. Compiled form of a marked function of `engine.kernel.abi`, for `engine.kernel.compiling`."""
# ruff: noqa: ARG001 - numba reads an intrinsic's arguments from its signature

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

#: of LLVM's prefetch: to be read, into all caches, data
_READ: Final = 0
_KEEP: Final = 3
_DATA: Final = 1


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


PREFETCH: Final[dict[str, Any]] = {"prefetch.fetch": fetch}
