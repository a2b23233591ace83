"""`jangdan functions [NAME]`: the functions of the rule language, from the catalogue."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from dsl.assist.vocabulary import vocabulary
from dsl.checker.elsewhere import looked_up
from dsl.document import suggestion
from dsl.language_page import language_page, name_page
from dsl.messages import text
from engine.cli.language import language
from engine.kernel.catalogue import catalogue
from engine.model.errors import UserError


def functions(
    name: Annotated[str | None, typer.Argument(help=text("reference.argument_name", language()), show_default=False)] = None,
) -> None:
    """Print the whole reference, or what belongs to one name (`macd` means all of macd.*, `pos` all of pos.*)."""
    known = catalogue()
    if name is None:
        sys.stdout.write(language_page(known, language()))
        return
    page = name_page(name, known, language())
    if page is None:
        hint = looked_up(name, known) or suggestion(name, vocabulary(known))
        raise UserError("reference.unknown" if hint else "reference.unknown_name", name=name, hint=hint or "")
    sys.stdout.write(page)
