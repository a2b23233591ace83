"""Plain functions as machine code: finds it stored under the name of its content, has it compiled where it is not, and hands out addresses.

Machine code is stored under a name that is a hash of everything it was made from: the function's bytecode and constants, those of every
helper it reaches, the versions of Python, numba and llvmlite, and the processor. So an edit recompiles what it touches, alone, and stale
machine code cannot be found. numba is imported to compile, and not to run what is stored. Imported by nothing that `check` or `--help`
needs.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from functools import cache
from threading import RLock
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.kernel.abi import TWIN_INTEGERS
from engine.kernel.catalogue import ops
from engine.kernel.code_cache import code_file, content_digest, read, write
from engine.kernel.kinds import POINTER, Signature, glance, kind_of, named, serves
from engine.kernel.kinds import signature as signature_in
from engine.kernel.stored import as_bytes, function_at, link, of_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

OP_SIGNATURE: Final = Signature("void", (POINTER,) * 8 + ("int64",) * 2)
TWIN_SIGNATURE: Final = Signature("void", (POINTER,) * 8 + ("int64",) * TWIN_INTEGERS)
#: of what is called with the address of what it has to do
PLACE_SIGNATURE: Final = Signature("int64", ("int64",))
_PROCESSES: Final = 2
#: ways of handing values over that are kept in mind by function
_MOST_KNOWN: Final = 64
#: numba compiles one function at a time; threads that want the same one wait for it
_one_at_a_time: Final = RLock()


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
    from engine.kernel import aggregate, curves, days, holding, ledger, modelled_book, parts, rehearsal, vm  # they import this module
    from engine.kernel.ops import across

    return {
        "decisions": rehearsal.rehearse,
        "machine": lambda: [vm.precompile(), parts.precompile()],
        "values across markets": lambda: [address_of(kernel) for kernel in across.KERNELS.values()],
        "figures": lambda: [ledger.precompile(), curves.precompile(), days.precompile(), holding.precompile()],
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
    return _address(ops()[op_name].kernel)


def addresses(op_names: Sequence[str]) -> NDArray[np.int64]:
    """Addresses of several ops, in order."""
    return np.array([address(name) for name in op_names], dtype=np.int64)


def address_of(kernel: Callable[..., None]) -> int:
    """Address of a plain function of the op ABI that is not in the catalogue."""
    return _address(kernel)


def address_of_twin(kernel: Callable[..., None]) -> int:
    """Address of a plain function of the twin ABI (engine.kernel.catalogue.twin)."""
    return _address(kernel, TWIN_SIGNATURE)


@cache
def address_of_thread(function: Callable[[int], int]) -> int:
    """Address of a plain function of PLACE_SIGNATURE that makes no arrays: what a thread (engine.kernel.beside) runs, and
    engine.kernel.places.call_at calls."""
    return _address(function, PLACE_SIGNATURE, allocates=False)


class Compiled:
    """A function, its helpers and `call_op` as machine code that does not hold Python's lock.

    Calls look at the kinds of their arguments (engine.kernel.kinds). Raises TypeError for those that its signature does not take.
    """

    def __init__(self, function: FunctionType, signature: Signature | None, *, allocates: bool) -> None:
        self.function, self._signature, self._allocates = function, signature, allocates
        self._known: dict[Any, Callable[..., Any]] = {}
        self._first: Callable[..., Any] | None = None
        self.made: dict[Any, Callable[..., Any]] = {}
        """by the kinds they are for"""
        if signature is not None:
            self.made[signature.arguments] = self._of(signature.arguments, signature)

    def __call__(self, *values: Any) -> Any:
        seen = tuple(map(glance, values))
        entry = self._known.get(seen)
        return self._look(seen, values)(*values) if entry is None else entry(*values)

    def alike(self, *values: Any) -> Any:
        """The call of a caller whose values are of the same kinds every time, because it makes them all itself: the first are looked at,
        and those of later calls are not. With a hundred arrays the look takes as long as decisions over some thousand bars."""
        if self._first is None:
            self._first = self._look(tuple(map(glance, values)), values)
        return self._first(*values)

    @property
    def entry_point(self) -> Callable[..., Any]:
        """What is called, without the look at the arguments before it: they have to be right. For a function of one signature."""
        (only,) = self.made.values()
        return only

    def _look(self, seen: Any, values: tuple[Any, ...]) -> Callable[..., Any]:
        kinds = tuple(map(kind_of, values))
        if self._signature is None:
            entry = self.made.get(kinds) or self.made.setdefault(kinds, self._of(kinds, values))
        else:
            wanted = self._signature.arguments
            if len(kinds) != len(wanted) or not all(map(serves, wanted, kinds)):
                raise TypeError(f"{self.function.__qualname__} takes {', '.join(map(named, wanted))}; got {', '.join(map(named, kinds))}")
            (entry,) = self.made.values()
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[seen] = entry
        return entry

    def _of(self, kinds: tuple[Any, ...], wanted: Signature | tuple[Any, ...]) -> Callable[..., Any]:
        return function_at(_linked(self.function, kinds, wanted, self._allocates, for_python=True), self.function.__name__)


@cache
def compile_function(function: Callable[..., Any], signature: str | Signature | None = None, *, allocates: bool = True) -> Compiled:
    """A plain function compiled, or loaded from the cache.

    signature: in numba's notation, e.g. "void(int64[::1], float64[::1])"; None = compiled for the kinds of each first call.
    allocates: False for code that makes no arrays and no slices: it is compiled without reference counts, which are most of the time
    of functions that hand many arrays to each other (numba then refuses what does allocate).
    Raises TypeError when the function reaches a global that is neither constant, marked, nor of math or numpy.
    """
    return Compiled(_plain(function), signature_in(signature) if isinstance(signature, str) else signature, allocates=allocates)


def entry_point(compiled: Any) -> Any:
    """`Compiled.entry_point`; a plain function is its own."""
    return compiled.entry_point if isinstance(compiled, Compiled) else compiled


@cache
def _address(kernel: Callable[..., object], signature: Signature = OP_SIGNATURE, *, allocates: bool = True) -> int:
    return _linked(_plain(kernel), signature.arguments, signature, allocates, for_python=False)


def _linked(
    function: FunctionType, kinds: tuple[Any, ...], wanted: Signature | tuple[Any, ...], allocates: bool, *, for_python: bool
) -> int:
    """The address of the function for arguments of these kinds. wanted: as engine.kernel.compiling.machine_code."""
    options = _options(allocates)
    with _one_at_a_time:
        file = code_file(function.__name__, content_digest(function, repr(options)), ", ".join(map(named, kinds)))
        stored = read(file)
        if stored is not None:
            return link(of_bytes(stored))
        from engine.kernel.compiling import machine_code  # numba, for what is not stored

        code = machine_code(function, wanted, options, for_python=for_python)
        write(file, as_bytes(code))
        return link(code)


def _options(allocates: bool) -> dict[str, Any]:
    # `_nrt` is numba's private name for reference counting; the version is pinned, and without it results are the same, only slower
    return {"error_model": "numpy"} if allocates else {"error_model": "numpy", "_nrt": False}


def _plain(function: Callable[..., Any]) -> FunctionType:
    if not isinstance(function, FunctionType):
        raise TypeError(f"{function!r} is not a plain function")
    return function
