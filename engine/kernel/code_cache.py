"""What machine code is made from, as one digest, and the files in which it is kept."""

from __future__ import annotations

import hashlib
import math
import os
import sys
import tempfile
from collections.abc import Iterator
from enum import Enum, EnumType
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

import llvmlite
import numpy as np
import platformdirs
from llvmlite import binding

from engine.kernel.abi import HELPER_MARK, INTRINSIC_MARK, RARE_MARK, SHORT_MARK
from engine.model.errors import UserError

#: names the folder of machine code
CACHE_VARIABLE: Final = "JANGDAN_CACHE_DIR"
_CONSTANTS: Final = (bool, int, float, str, bytes, tuple, type(None), np.dtype, np.generic)
_LIBRARIES: Final = (math, np)
_DIGEST_LENGTH: Final = 24
#: modules of engine.kernel with which all machine code is made
_MAKERS: Final = ("compiling", "intrinsics", "whole")
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


def content_digest(function: FunctionType, options: str = "") -> str:
    """Hash of everything that the function's machine code is made from.

    Raises TypeError for a global whose content cannot be hashed (a mutable or unmarked object), and for closures.
    """
    digest = hashlib.sha256("\0".join([_makers(), options]).encode())
    for part in _content(function, set()):
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:_DIGEST_LENGTH]


def code_file(name: str, digest: str, kinds: str) -> Path:
    """Where the machine code of a function is kept. digest: of its content; kinds: of its arguments."""
    made_for = hashlib.sha256(f"{kinds} {_processor()}".encode()).hexdigest()[:_DIGEST_LENGTH]
    return cache_root() / f"{name.strip('_')}-{digest}" / f"{made_for}.code"


def read(path: Path) -> bytes | None:
    """What a file holds; None where there is none. Raises UserError where the system refuses it."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _refused(error) from error


def write(path: Path, content: bytes) -> None:
    """A whole file or none. Raises UserError where the folder takes no files."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except OSError as error:
        raise _refused(error) from error


def _refused(error: OSError) -> UserError:
    return UserError("cli.cache_unwritable", folder=cache_root(), variable=CACHE_VARIABLE, reason=error)


@cache
def _processor() -> str:
    """What machine code is made for: the processor of this machine, or the one that numba is told to assume."""
    told = [os.environ.get(name, "") for name in ("NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES")]
    return " ".join([binding.get_default_triple(), binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten(), *told])


@cache
def _makers() -> str:
    """What compiles. numba's version is read without importing it."""
    package = find_spec("numba")
    assert package is not None
    assert package.origin is not None
    numba = (Path(package.origin).parent / "_version.py").read_text("utf-8")
    versions = f"{sys.implementation.cache_tag} numba {numba} llvmlite {llvmlite.__version__} numpy {np.__version__}"
    return "\0".join([versions, *map(_source, _MAKERS)])


@cache
def _source(module: str) -> str:
    return (Path(__file__).parent / f"{module}.py").read_text("utf-8")


def _names(code: CodeType) -> set[str]:
    nested = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*(_names(inner) for inner in nested))


def _content(function: FunctionType, seen: set[FunctionType]) -> Iterator[str]:
    if function.__closure__:
        raise TypeError(f"{function.__qualname__} is a closure: its machine code cannot be named by content")
    seen.add(function)
    yield f"function {function.__module__}.{function.__qualname__} {function.__defaults__!r} {function.__kwdefaults__!r}"
    yield from (mark for mark in (RARE_MARK, SHORT_MARK) if hasattr(function, mark))
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
