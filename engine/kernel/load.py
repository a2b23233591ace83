"""The one place that imports numba: compiles plain functions, caches their machine code by content, and hands out addresses.

Machine code is stored under a name that is a hash of everything it was made from: the function's bytecode and constants, those of
every helper it reaches, and the versions of Python, numba and llvmlite (numba itself adds the processor). So an edit recompiles what
it touches, alone, and stale machine code cannot be found. Imported by nothing that `check` or `--help` needs.
"""

from __future__ import annotations

import gc
import inspect
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np
from numba import types

from engine.kernel import intrinsics, whole
from engine.kernel.abi import HELPER_MARK, INTRINSIC_MARK, TWIN_INTEGERS
from engine.kernel.atomic import ATOMIC
from engine.kernel.catalogue import ops
from engine.kernel.code_cache import content_digest, forget_unreadable, reached_globals, stamp_file
from engine.kernel.handles import HANDLES
from engine.kernel.packed import PACKED
from engine.kernel.prefetch import PREFETCH
from engine.kernel.stored import callback, dispatcher
from engine.kernel.wide import WIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

_POINTER: Final[Any] = types.CPointer(types.float64)  # type: ignore[no-untyped-call]
OP_SIGNATURE: Final[Any] = types.void(*[_POINTER] * 8, types.int64, types.int64)
TWIN_SIGNATURE: Final[Any] = types.void(*[_POINTER] * 8, *[types.int64] * TWIN_INTEGERS)
_PROCESSES: Final = 2
_INTRINSICS: Final[dict[str, Any]] = {**intrinsics.INTRINSICS, **PACKED, **HANDLES, **PREFETCH, **ATOMIC, **WIDE}


def precompile(progress: Callable[[int, int], None]) -> None:
    """Compile everything that is not in the cache yet, in two processes. `progress(done, total)` is called as pieces are done.

    Raises what a compilation raises. The calling program must be importable by a spawned process.
    """
    import multiprocessing  # an ordinary start has no other need of processes
    from concurrent.futures import ProcessPoolExecutor, as_completed

    pieces = [*_own_pieces(), *ops()]
    context = multiprocessing.get_context("spawn")  # a process that looks for unused objects as rarely as this one
    with ProcessPoolExecutor(_PROCESSES, mp_context=context, initializer=gc.set_threshold, initargs=gc.get_threshold()) as pool:
        futures = [pool.submit(_precompile_piece, piece) for piece in pieces]
        progress(0, len(futures))
        for done, future in enumerate(as_completed(futures), start=1):
            future.result()
            progress(done, len(futures))


def _own_pieces() -> dict[str, Callable[[], object]]:
    """What is compiled besides the ops, the longest first. The first takes one process as long as all the rest takes the other, which
    begins with what the first will need of it."""
    from engine.kernel import aggregate, curves, ledger, modelled_book, rehearsal, vm  # they import this module
    from engine.kernel.ops import across

    return {
        "decisions": rehearsal.rehearse,
        "machine": vm.precompile,
        "values across markets": lambda: [address_of(kernel) for kernel in across.KERNELS.values()],
        "figures": lambda: [ledger.precompile(), curves.precompile()],
        "aggregator": aggregate.precompile,
        "supposed order book": modelled_book.precompile,
    }


def _precompile_piece(piece: str) -> None:
    own = _own_pieces().get(piece)
    if own is None:
        address(piece)
        twin = ops()[piece].twin
        if twin is not None:
            address_of_twin(twin)
    else:
        own()


def address(op_name: str) -> int:
    """Address of the compiled op, compiling it or loading it from the cache. Raises KeyError for an unknown op."""
    return int(_compiled_op(ops()[op_name].kernel).address)


def addresses(op_names: Sequence[str]) -> NDArray[np.int64]:
    """Addresses of several ops, in order."""
    return np.array([address(name) for name in op_names], dtype=np.int64)


def address_of(kernel: Callable[..., None]) -> int:
    """Address of a plain function of the op ABI that is not in the catalogue."""
    return int(_compiled_op(kernel).address)


def address_of_twin(kernel: Callable[..., None]) -> int:
    """Address of a plain function of the twin ABI (engine.kernel.catalogue.twin)."""
    return int(_compiled_op(kernel, TWIN_SIGNATURE).address)


@cache
def compile_function(function: Callable[..., Any], signature: Any = None, *, allocates: bool = True) -> Any:
    """A plain function, its helpers and `call_op` compiled to a nogil numba dispatcher.

    signature: numba signature or its text, e.g. "void(int64[::1], float64[::1])"; None = compiled for the types of each first call.
    allocates: False for code that makes no arrays and no slices: it is compiled without reference counts, which are most of the time
    of functions that hand many arrays to each other (numba then refuses what does allocate).
    Raises TypeError when the function reaches a global that is neither constant, marked, nor of math or numpy.
    """
    _refuse_svml()
    intrinsics.register_references()
    plain = _plain(function)
    copy = _relocated(plain, allocates)
    forget_unreadable(Path(copy.__code__.co_filename))  # an op has one signature and no types of ours
    options = {"nogil": True, **_options(allocates)}
    return dispatcher(copy, signature, options, lambda: copy.__globals__.update(_compiled_globals(plain, allocates)))


def _options(allocates: bool) -> dict[str, Any]:
    # `_nrt` is numba's private name for reference counting; the version is pinned, and without it results are the same, only slower
    return {"error_model": "numpy"} if allocates else {"error_model": "numpy", "_nrt": False}


def record_array(dtype: np.dtype[Any], dimensions: int = 1) -> Any:
    """The numba type of a C-contiguous array of `dtype` (structured or not), for signatures."""
    return types.Array(numba.from_dtype(dtype), dimensions, "C")


@cache
def _compiled_op(kernel: Callable[..., None], signature: Any = OP_SIGNATURE) -> Any:
    _refuse_svml()
    plain = _plain(kernel)
    copy = _relocated(plain, True)
    return callback(copy, signature, _options(True), lambda: copy.__globals__.update(_compiled_globals(plain, True)))


def _plain(function: Callable[..., Any]) -> FunctionType:
    if not isinstance(function, FunctionType):
        raise TypeError(f"{function!r} is not a plain function")
    return function


def _refuse_svml() -> None:
    """Intel's vector library makes results depend on the length of the loop."""
    if vars(numba.config)["USING_SVML"]:
        raise RuntimeError("numba uses SVML: the same rule would give different bits for different block sizes")


def _relocated(function: FunctionType, allocates: bool) -> FunctionType:
    """A copy that numba caches under its content: its file is the stamp of its digest. Before it is compiled its globals have to be."""
    digest = content_digest(function, extra=_own_sources() + repr(_options(allocates)).encode())
    stamp = stamp_file(function.__name__, digest, lambda: inspect.getsource(function))
    code = function.__code__.replace(co_filename=str(stamp), co_firstlineno=1)
    copy = FunctionType(code, dict(function.__globals__), function.__name__, function.__defaults__)
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


def _compiled_globals(function: FunctionType, allocates: bool) -> dict[str, Any]:
    found = dict(function.__globals__)
    for name, value in reached_globals(function):
        if hasattr(value, INTRINSIC_MARK):
            found[name] = _INTRINSICS[getattr(value, INTRINSIC_MARK)]
        elif hasattr(value, HELPER_MARK):
            found[name] = _compiled_helper(value, allocates)
    return found


@cache
def _compiled_helper(function: FunctionType, allocates: bool) -> Any:
    """Helpers are compiled into their callers, so their own machine code needs no cache."""
    copy = FunctionType(function.__code__, _compiled_globals(function, allocates), function.__name__, function.__defaults__)
    copy.__kwdefaults__ = function.__kwdefaults__
    return whole.part(copy, _options(allocates))


@cache
def _own_sources() -> bytes:
    """Of what all machine code is made with."""
    return (inspect.getsource(intrinsics) + inspect.getsource(whole)).encode()
