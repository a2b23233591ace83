"""Compiled functions as one whole each: LLVM optimises a function together with all helpers that it reaches, once.

numba would optimise every helper with everything below it, and make machine code of it that nobody calls: most of the time of a
compilation, and the more the deeper the calls. Imported where something has to be compiled only, by `engine.kernel.compiling`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import FunctionType
from typing import Any, Final

import numba
from llvmlite import binding
from numba import types
from numba.core import compiler
from numba.core.codegen import JITCodeLibrary
from numba.core.registry import cpu_target
from numba.core.runtime.nrt import rtsys

_Library: Final[Any] = JITCodeLibrary
_Compiler: Final[Any] = compiler.Compiler
_unliteral: Final[Any] = types.unliteral
#: LLVM's level of most speed
_SPEED: Final = 3
#: how numba names the C function beside the one that it wraps
_C_FUNCTION: Final = "cfunc."


class _Part(_Library):  # type: ignore[misc] # numba is untyped
    """A helper's code: checked and simplified by function, neither optimised nor made machine code before it is part of a whole."""

    def add_linking_library(self, library: Any) -> None:
        library._ensure_finalized()
        self._linking_libraries.append(library)

    def finalize(self) -> None:
        self._raise_if_finalized()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:  # noqa: ARG002  numba's own arguments
        """0: not callable from outside."""
        self._ensure_finalized()
        return 0

    @property
    def codegen(self) -> Any:
        """Of the code generator numba asks a library for what it has just made: where to note the function's environment."""
        return self

    def set_env(self, name: str, environment: object) -> None:
        """Nothing: nobody reads the environment of a function that Python does not call."""


class _RarePart(_Part):
    """The code of a helper that most runs do not call: LLVM leaves it where it is, and moves the calls of it out of the way."""

    def add_ir_module(self, module: Any) -> None:
        for function in module.functions:
            if function.blocks:
                function.attributes.add("noinline")
                function.attributes.add("cold")
        super().add_ir_module(module)


class _Whole(_Library):  # type: ignore[misc]
    """A function's code with that of all helpers below it."""

    def finalize(self) -> None:
        self._linking_libraries: list[Any] = _below(self._linking_libraries)
        super().finalize()

    def _optimize_final_module(self) -> None:
        """Nobody outside calls a helper, nor what a C function wraps: LLVM is told so before it decides what to take into what."""
        made = [function for function in self._final_module.functions if not function.is_declaration]
        wrapped = {function.name.removeprefix(_C_FUNCTION) for function in made if function.name.startswith(_C_FUNCTION)}
        for function in made:
            if function.linkage is binding.Linkage.linkonce_odr or function.name in wrapped:
                function.linkage = binding.Linkage.internal
        self._optimize()

    def _optimize(self) -> None:
        """All that numba asks LLVM for."""
        super()._optimize_final_module()

    def _verify_declare_only_symbols(self) -> None:
        """Everything of ours and numba's is there: a call of what is not would end the process."""
        missing = [one.name for one in self._final_module.functions if one.is_declaration and one.name.startswith("_ZN")]
        if missing:
            raise AssertionError(f"not linked with {self.name}: {missing}")

    def object_file(self) -> bytes:
        """What LLVM made of it."""
        self._ensure_finalized()
        return bytes(self._get_compiled_object())

    def declared(self) -> list[str]:
        """What it has to be linked with."""
        module = self._final_module
        return [
            one.name for one in (*module.functions, *module.global_variables) if one.is_declaration and not one.name.startswith("llvm.")
        ]


class _Short(_Whole):
    """One whose loops are short: passes of many turns at once would be code that nobody gets to, before each loop that does the work."""

    def _optimize(self) -> None:
        tuning = binding.create_pipeline_tuning_options(_SPEED)
        tuning.loop_unrolling = tuning.loop_vectorization = tuning.slp_vectorization = False
        builder = binding.create_pass_builder(self.codegen._tm, tuning)
        builder.getModulePassManager().run(self._final_module, builder)


def _below(libraries: list[Any]) -> list[Any]:
    """The libraries and those that parts among them link, each once and after all that call it: LLVM links only what is called by then.

    A part may link what it does not call after all, where the call was in a branch that is never taken.
    """
    found: dict[Any, None] = {}

    def visit(library: Any) -> None:
        if library not in found:
            found[library] = None
            below = library._linking_libraries if isinstance(library, _Part) else ()
            for one in below:
                visit(one)
            done.append(library)

    done: list[Any] = []
    for library in libraries:
        visit(library)
    return done[::-1]


class WholeCompiler(_Compiler):  # type: ignore[misc]
    """numba's compiler of a function that is called from outside."""

    library: Any = _Whole

    def define_pipelines(self) -> Any:
        """Its own, for a library of our kind."""
        made = self.library(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        made.enable_object_caching()
        self.state.library = made
        return super().define_pipelines()


class ShortCompiler(WholeCompiler):
    """The same, of one whose loops are short."""

    library = _Short


class PartCompiler(WholeCompiler):
    """numba's compiler of a helper."""

    library = _Part


class RarePartCompiler(PartCompiler):
    """numba's compiler of a helper that most runs do not call."""

    library = _RarePart


def part(function: FunctionType, options: dict[str, Any], *, rare: bool) -> Any:
    """A helper as a function of numba; rare: most runs do not call it. It is compiled once for all its callers; numba would do it again for
    each constant that one of them passes, which LLVM sees as well, having the whole."""
    compiler_class = RarePartCompiler if rare else PartCompiler
    every: dict[str, Any] = {"pipeline_class": compiler_class, "no_cpython_wrapper": True, "no_cfunc_wrapper": True, **options}
    made: Any = numba.njit(**every)(function)
    typed = made.get_call_template

    def of_any_value(args: Sequence[Any], kws: Mapping[str, Any]) -> Any:
        return typed([_unliteral(one) for one in args], {name: _unliteral(one) for name, one in kws.items()})

    made.get_call_template = of_any_value
    return made


def start_counting() -> None:
    """Make numba's counts of references known to LLVM, for code that makes arrays."""
    context: Any = cpu_target.target_context
    rtsys.initialize(context)
