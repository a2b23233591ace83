"""The placeholder page: says plainly that there is no app yet, and what to use meanwhile."""

from __future__ import annotations

from html import escape

from dsl.diagnostics import Language
from dsl.messages import text


def placeholder(language: Language) -> str:
    """The page as self-contained HTML, in the user's language. Needs no network and no library."""
    title, line, instead = (escape(text(f"gui.{key}", language)) for key in ("title", "not_yet", "instead"))
    return (
        f'<!doctype html>\n<html lang="{language.value}">\n<head><meta charset="utf-8"><title>{title}</title></head>\n'
        f"<body><h1>{title}</h1><p>{line}</p><p>{instead}</p></body>\n</html>\n"
    )
