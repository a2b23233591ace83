"""`jangdan precompile`: compile every kernel once and keep the machine code, with a progress line; Python's own modules too."""

from __future__ import annotations

import compileall
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import dsl
import engine
from dsl.messages import text
from engine.cli.language import language
from engine.kernel.load import precompile as compile_all


def precompile() -> None:
    """Compile the kernel ahead of time. Costs seconds the first time, next to nothing after that."""
    started = time.monotonic()
    write_bytecode(Path(package.__path__[0]) for package in (dsl, engine))
    compile_all(_progress)
    _show(text("cli.precompiled", language(), seconds=time.monotonic() - started) + "\n")


def write_bytecode(folders: Iterable[Path]) -> None:
    """Write the bytecode of every module in these folders that has none, as pip does for what it installs; of a program that is run from
    its sources Python may be told to keep none (PYTHONDONTWRITEBYTECODE), and would read them anew at each start.

    Where it cannot be written starts are slower, and nothing else.
    """
    for folder in folders:
        compileall.compile_dir(folder, quiet=2)


def _progress(done: int, total: int) -> None:
    """Draw the progress line over the one before, where somebody watches."""
    if sys.stderr.isatty():
        _show(text("cli.precompiling", language(), done=done, total=total))


def _show(line: str) -> None:
    sys.stderr.write("\r" + line if sys.stderr.isatty() else line)
    sys.stderr.flush()
