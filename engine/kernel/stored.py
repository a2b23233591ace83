"""Machine code that is stored, called without numba: it is numba's, but what runs it are LLVM's linker and Python itself.

Reading numba is a fifth of a second, of a start that takes less than one. Imported by `engine.kernel.load` only.
"""

from __future__ import annotations

import builtins
import ctypes
import json
import sys
from collections.abc import Callable
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, FileFinder, ModuleSpec
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any, Final, NamedTuple

from llvmlite import binding

#: how the names begin that compiled code has for numba's helpers in C, for Python's exceptions, and for numba's counts of references
_HELPER: Final = "numba_"
_EXCEPTION: Final = "PyExc_"
_COUNTING: Final = "NRT_"
_HELPERS_MODULE: Final = "numba._helperlib"
#: positional arguments and keywords, as the functions that numba makes for Python take them
_FLAGS: Final = 0x1 | 0x2


class MachineCode(NamedTuple):
    """One compiled function as an object file.

    entry: the symbol that is called: with Python's objects, or, of an op, with numbers and pointers. environment: the symbol of a pointer
    that must not be zero, or "". outside: the symbols that the object file does not have itself.
    """

    entry: str
    environment: str
    outside: tuple[str, ...]
    content: bytes


class _Method(ctypes.Structure):
    """Python's PyMethodDef."""

    _fields_ = (("name", ctypes.c_char_p), ("function", ctypes.c_void_p), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p))


_new_function: Final = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.py_object)(
    ("PyCFunction_NewEx", ctypes.pythonapi)
)
#: what has to live as long as the process: machine code, and what Python knows of it
_linked: Final[list[object]] = []


def packed(code: MachineCode) -> bytes:
    """As it is kept in a file."""
    return json.dumps(code[:-1]).encode() + b"\n" + code.content


def unpacked(data: bytes) -> MachineCode:
    """The opposite. Raises ValueError for anything else."""
    head, _, content = data.partition(b"\n")
    entry, environment, outside = json.loads(head)
    return MachineCode(entry, environment, tuple(outside), content)


def link(code: MachineCode) -> int:
    """The address of its entry, in this process from now on."""
    _start_llvm()
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), binding.Target.from_default_triple().create_target_machine())
    for name in code.outside:
        _provide(name)
    engine.add_object_file(binding.ObjectFileRef.from_data(code.content))
    engine.finalize_object()
    _linked.append(engine)
    if code.environment:
        ctypes.c_void_p.from_address(engine.get_global_value_address(code.environment)).value = id(None)
    return int(engine.get_function_address(code.entry))


def function_at(address: int, name: str) -> Callable[..., Any]:
    """The function of Python whose machine code that is: it looks at the dimensions of arrays and the size of their items, no further."""
    method = _Method(name.encode(), address, _FLAGS, None)
    _linked.append(method)
    made: Callable[..., Any] = _new_function(ctypes.addressof(method), None, None)
    return made


@cache
def _start_llvm() -> None:
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    binding.add_symbol("_Py_NoneStruct", id(None))


@cache
def _provide(name: str) -> None:
    """Let LLVM know where that symbol is. Raises RuntimeError where nobody has it: a call of it would end the process."""
    if name.startswith(_EXCEPTION):
        binding.add_symbol(name, id(getattr(builtins, name.removeprefix(_EXCEPTION))))  # compiled code means the class itself
        return
    helper = _helpers().get(name.removeprefix(_HELPER))
    if helper is not None:
        binding.add_symbol(name, helper)
    elif name.startswith(_COUNTING):
        from engine.kernel.whole import start_counting  # numba itself: no code that every start runs counts references

        start_counting()
    if binding.address_of_symbol(name) is None:
        raise RuntimeError(f"machine code calls {name}, which is nowhere")


@cache
def _helpers() -> dict[str, int]:
    """Addresses of numba's helpers in C, from their module alone where numba itself is not there yet."""
    module = sys.modules.get(_HELPERS_MODULE)
    if module is None:
        module = _extension(_HELPERS_MODULE)
        sys.modules.pop(_HELPERS_MODULE, None)  # where it put itself: numba imports it in its own way, should something be compiled
    found: dict[str, int] = module.c_helpers
    return found


def _extension(name: str) -> ModuleType:
    """A module in C of a package that is not imported for it."""
    package_name, _, own_name = name.rpartition(".")
    package = find_spec(package_name)
    assert package is not None
    finder = FileFinder(*(package.submodule_search_locations or ()), (ExtensionFileLoader, EXTENSION_SUFFIXES))
    spec = finder.find_spec(own_name)
    if spec is None or spec.origin is None:
        raise ImportError(f"{package_name} has no {own_name}")
    loader = ExtensionFileLoader(name, spec.origin)
    made = module_from_spec(ModuleSpec(name, loader, origin=spec.origin))
    loader.exec_module(made)
    return made
