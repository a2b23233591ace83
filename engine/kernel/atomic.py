"""Numbers that several threads count up. Compiled form of a marked function of `engine.kernel.abi`, for `engine.kernel.compiling`."""
# ruff: noqa: ARG001 - numba reads an intrinsic's arguments from its signature

from __future__ import annotations

from typing import Any, Final

from numba import types
from numba.extending import intrinsic

#: LLVM's: whoever reads the number after it was counted up sees all that was written before
_ORDER: Final = "seq_cst"


def _emit_count_up(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    numbers, place, by = args
    start = context.make_array(signature.args[0])(context, builder, numbers).data
    return builder.atomic_rmw("add", builder.gep(start, [place]), by, _ORDER)


@intrinsic
def count_up(typing_context: Any, numbers: Any, place: Any, by: Any) -> Any:
    """Compiled form of `engine.kernel.abi.count_up`."""
    kind: Any = types.Array(types.int64, 1, "C")
    return types.int64(kind, types.int64, types.int64), _emit_count_up


ATOMIC: Final[dict[str, Any]] = {"atomic.count_up": count_up}
