"""`jangdan functions [NAME]`: the functions of the rule language, from the catalogue."""

from __future__ import annotations

import difflib
import sys
from typing import Annotated

import typer

from dsl.language_page import language_page
from dsl.messages import text
from dsl.reference import functions_page
from engine.cli.language import language
from engine.kernel.catalogue import catalogue
from engine.model.errors import UserError


def functions(
    name: Annotated[str | None, typer.Argument(help=text("reference.argument_name", language()), show_default=False)] = None,
) -> None:
    """Print the whole reference, or what belongs to one name (`macd` means all of macd.*)."""
    known = catalogue()
    if name is None:
        sys.stdout.write(language_page(known, language()))
        return
    chosen = {key: known[key] for key in known if key == name or key.startswith(f"{name}.")}
    if not chosen:
        near = difflib.get_close_matches(name, known, n=1)
        raise UserError("reference.unknown", name=name, hint=near[0] if near else "ema")
    sys.stdout.write(functions_page(chosen, language()))
