"""`jangdan precompile`: compile every kernel once and keep the machine code, with a progress line."""

from __future__ import annotations

import sys
import time

from dsl.messages import text
from engine.cli.language import language
from engine.kernel.load import precompile as compile_all


def precompile() -> None:
    """Compile the kernel ahead of time. Costs seconds the first time, next to nothing after that."""
    started = time.monotonic()
    compile_all(_progress)
    _show(text("cli.precompiled", language(), seconds=time.monotonic() - started) + "\n")


def _progress(done: int, total: int) -> None:
    """Draw the progress line over the one before, where somebody watches."""
    if sys.stderr.isatty():
        _show(text("cli.precompiling", language(), done=done, total=total))


def _show(line: str) -> None:
    sys.stderr.write("\r" + line if sys.stderr.isatty() else line)
    sys.stderr.flush()
