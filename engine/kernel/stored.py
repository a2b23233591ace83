"""Machine code from the cache without what only a compilation needs: numba's own declarations, and our helpers as functions of numba.

numba reads all of its declarations before it looks for stored machine code, which is most of the time of a fresh process; machine code
that is there needs none of them, and a compilation asks for them by itself. Imported by `engine.kernel.load` only.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, Final

import numba
from numba.core import ccallback, sigutils
from numba.core.caching import FunctionCache
from numba.core.runtime.nrt import rtsys

from engine.kernel.whole import WholeCompiler

_Cache: Final[Any] = FunctionCache


class Stored(_Cache):  # type: ignore[misc] # numba is untyped
    """numba's cache of one function. prepare: what to do before the function is compiled because it is not there."""

    def __init__(self, function: FunctionType, prepare: Callable[[], None]) -> None:
        super().__init__(function)
        self._prepare = prepare

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled result, or None. Machine code may call numba's run time, so that is there in any case."""
        rtsys.initialize(target_context)
        found = None
        with self._guard_against_spurious_io_errors():
            found = self._load_overload(sig, target_context)
        if found is None:
            self._prepare()
        return found


def dispatcher(function: FunctionType, signature: Any, options: dict[str, Any], prepare: Callable[[], None]) -> Any:
    """What `numba.njit(signature, **options)` gives (None = compiled for the types of each first call), with that cache."""
    made: Any = numba.njit(pipeline_class=WholeCompiler, **options)(function)
    made._cache = Stored(function, prepare)
    if signature is not None:
        made.compile(signature)
        made.disable_compile()
    return made


def callback(function: FunctionType, signature: Any, options: dict[str, Any], prepare: Callable[[], None]) -> Any:
    """What `numba.cfunc(signature, **options)` gives, with that cache."""
    made: Any = ccallback.CFunc(function, sigutils.normalize_signature(signature), {}, options, WholeCompiler)  # type: ignore[no-untyped-call]
    made._cache = Stored(function, prepare)
    made.compile()
    return made


def entry_point(compiled: Any) -> Any:
    """A function of one signature without the look at its arguments' types that comes before every call; they have to be right. A plain
    function is its own."""
    overloads = getattr(compiled, "overloads", None)
    if overloads is None:
        return compiled
    (only,) = overloads.values()
    return only.entry_point
