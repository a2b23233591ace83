"""What machine code is made from, as one digest, and the folder where numba keeps it."""

from __future__ import annotations

import hashlib
import math
import os
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterator
from enum import Enum, EnumType
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

import llvmlite
import numba
import numpy as np
import platformdirs

from engine.kernel.abi import HELPER_MARK, INTRINSIC_MARK
from engine.model.errors import UserError

#: names the folder of machine code
CACHE_VARIABLE: Final = "JANGDAN_CACHE_DIR"
VERSIONS: Final = f"{sys.implementation.cache_tag} numba {numba.__version__} llvmlite {llvmlite.__version__} numpy {np.__version__}"
_CONSTANTS: Final = (bool, int, float, str, bytes, tuple, type(None), np.dtype, np.generic)
_LIBRARIES: Final = (math, np)
_DIGEST_LENGTH: Final = 24
#: modules of engine.kernel with intrinsics whose names begin so: their source is part of what is made from these, and of nothing else
_INTRINSIC_MODULES: Final = ("packed", "handles", "prefetch", "atomic", "wide")


def cache_root() -> Path:
    """Where machine code lives: JANGDAN_CACHE_DIR, else the user's cache folder."""
    chosen = os.environ.get(CACHE_VARIABLE)
    return Path(chosen) / "kernel" if chosen else Path(platformdirs.user_cache_dir("jangdan")) / "kernel"


def reached_globals(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Module-level names that the function's code may read, with their values, in order of name."""
    for name in sorted(_names(function.__code__)):
        if name in function.__globals__:
            yield name, function.__globals__[name]


def content_digest(function: FunctionType, extra: bytes = b"") -> str:
    """Hash of everything that the function's machine code is made from. `extra`: content that the caller adds.

    Raises TypeError for a global whose content cannot be hashed (a mutable or unmarked object), and for closures.
    """
    digest = hashlib.sha256(VERSIONS.encode())
    digest.update(extra)
    for part in _content(function, set()):
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:_DIGEST_LENGTH]


def stamp_file(name: str, digest: str, source: Callable[[], str]) -> Path:
    """The file beside which numba stores this machine code; written once, with a fixed time, so that numba finds it unchanged.

    source: what is written, read only then.

    Raises UserError where the folder takes no files: numba asks for that even of a folder that has everything.
    """
    path = cache_root() / f"{name.strip('_')}-{digest}" / f"{name}.py"
    try:
        if path.exists() and os.access(path.parent, os.W_OK):
            return path
        _write_stamp(path, source())
    except OSError as error:
        raise UserError("cli.cache_unwritable", folder=cache_root(), variable=CACHE_VARIABLE, reason=error) from error
    return path


def forget_unreadable(stamp: Path) -> None:
    """Drop the list of machine code beside a stamp where it names a type that this version of the program does not have.

    numba keeps the types of arguments in it as pickles, and reading one of a class that has moved raises; machine code is then made anew.
    """
    for index in stamp.parent.rglob("*.nbi"):
        try:
            with index.open("rb") as file:
                pickle.load(file)  # noqa: S301 (our own cache, which numba reads the same way); this is numba's version
                pickle.load(file)  # noqa: S301 (the stamp's time and size, and the types)
        except (ImportError, AttributeError):
            index.unlink(missing_ok=True)


@cache
def _source(module: str) -> str:
    return (Path(__file__).parent / f"{module}.py").read_text("utf-8")


def _write_stamp(path: Path, source: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(source)
    os.utime(temporary, (0, 0))
    Path(temporary).replace(path)


def _names(code: CodeType) -> set[str]:
    nested = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*(_names(inner) for inner in nested))


def _content(function: FunctionType, seen: set[FunctionType]) -> Iterator[str]:
    if function.__closure__:
        raise TypeError(f"{function.__qualname__} is a closure: its machine code cannot be named by content")
    seen.add(function)
    yield f"function {function.__module__}.{function.__qualname__} {function.__defaults__!r} {function.__kwdefaults__!r}"
    yield from _code_content(function.__code__)
    for name, value in reached_globals(function):
        yield name
        yield from _value_content(function, name, value, seen)


def _code_content(code: CodeType) -> Iterator[str]:
    yield f"{code.co_argcount} {code.co_kwonlyargcount} {code.co_flags} {code.co_names} {code.co_varnames} {code.co_code.hex()}"
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code_content(constant)
        else:
            yield f"{constant!r}"


def _value_content(function: FunctionType, name: str, value: Any, seen: set[FunctionType]) -> Iterator[str]:
    if hasattr(value, INTRINSIC_MARK):
        yield f"intrinsic {getattr(value, INTRINSIC_MARK)}"
        module = getattr(value, INTRINSIC_MARK).partition(".")[0]
        if module in _INTRINSIC_MODULES:
            yield _source(module)
    elif hasattr(value, HELPER_MARK):
        if value not in seen:
            yield from _content(value, seen)
    elif isinstance(value, ModuleType):
        if value not in _LIBRARIES:
            raise TypeError(f"{function.__qualname__} reads module {value.__name__} as a whole: import the names it needs")
        yield f"module {value.__name__}"
    elif isinstance(value, EnumType):
        yield repr([(str(member), member.value) for member in list[Enum](value)])
    elif isinstance(value, _CONSTANTS):
        yield f"{type(value).__name__} {value!r}"
    else:
        raise TypeError(f"{function.__qualname__} reads the global {name}, a {type(value).__name__}: neither a constant nor marked")
