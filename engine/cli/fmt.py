"""`jangdan fmt FILE..`: strategy and risk files in the usual spacing; `--check` only tells, `--fix-width` mends full-width characters."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from dsl.formatting import Formatted, format_text
from dsl.loader import decode
from dsl.messages import text
from dsl.render import render
from engine.cli.language import language
from engine.model.errors import UserError, system_reason

_STANDARD = "-"


def _say(key: str, **values: object) -> str:
    return text(f"formatting.{key}", language(), **values)


def fmt(
    files: Annotated[list[Path], typer.Argument(help=_say("argument_files"), show_default=False)],
    check: Annotated[bool, typer.Option("--check", help=_say("option_check"))] = False,
    fix_width: Annotated[bool, typer.Option("--fix-width", help=_say("option_fix_width"))] = False,
) -> None:
    """Format every file named; exit 1 when one cannot be read, or with --check when one would change."""
    results = [_one(path, check=check, fix_width=fix_width) for path in files]
    if not all(results):
        raise typer.Exit(1)


def _one(path: Path, *, check: bool, fix_width: bool) -> bool:
    """Format one file. Returns whether all is well."""
    standard = str(path) == _STANDARD
    try:
        data = sys.stdin.buffer.read() if standard else path.read_bytes()
    except OSError as error:
        sys.stderr.write(text("diagnostics.unreadable", language(), file=path, reason=system_reason(error, language())) + "\n")
        return False
    source, problems = decode(data, str(path))
    result = Formatted(source, source.text, tuple(problems)) if problems else format_text(source.text, str(path), fix_width=fix_width)
    if result.diagnostics:
        blocks = [render(found, source, language()) for found in result.diagnostics]
        sys.stderr.write("\n\n".join([*blocks, _say("refused", file=path)]) + "\n")
        return False
    written = result.text.encode()
    if standard and not check:
        sys.stdout.buffer.write(written)
        sys.stdout.buffer.flush()
        return True
    if written == data:
        sys.stdout.write(_say("unchanged", file=path) + "\n")
        return True
    if check:
        sys.stdout.write(_say("would_change", file=path) + "\n")
        return False
    _replace(path, written)
    sys.stdout.write(_say("changed", file=path) + "\n")
    return True


def _replace(path: Path, content: bytes) -> None:
    """The whole new file or the old one, with the old one's permissions; a link stays a link."""
    target = path.resolve()
    temporary = target.with_name(f".jangdan-{os.getpid()}.tmp")
    try:
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            shutil.copymode(target, temporary)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise UserError("formatting.cannot_write", path=path, reason=error) from error
