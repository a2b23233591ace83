"""Characters that a Korean keyboard or a word processor puts where the language wants plain ones."""

from __future__ import annotations

from dsl.diagnostics import Diagnostic, Severity
from dsl.source import Source

_SPECIAL = {
    "\u3000": " ", "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2212": "-", "\u2013": "-", "\u00d7": "*",
    "\u00f7": "/", "\u2264": "<=", "\u2265": ">=", "\u2260": "!=", "\u2026": "..", "\u00a0": " ", "\u2025": "..",
}  # fmt: skip
_FIRST, _LAST, _SHIFT = 0xFF01, 0xFF5E, 0xFEE0


def half_width(character: str) -> str | None:
    """The plain form of a full-width character, None when it is plain already."""
    if _FIRST <= ord(character) <= _LAST:
        return chr(ord(character) - _SHIFT)
    return _SPECIAL.get(character)


def narrowed(text: str) -> str:
    """`text` with every full-width character in its plain form."""
    return "".join(half_width(character) or character for character in text)


def full_width_error(source: Source, offset: int, path: str = "") -> Diagnostic:
    """E002 for the character at `offset`, with the line as it should be; a colon in YAML needs the space after it."""
    character = source.text[offset]
    span = source.span(offset, offset + 1)
    code, hash_sign, comment = source.line_text(span.line).partition(" #")
    fix = narrowed(code.replace("：", ": ")).replace(":  ", ": ").rstrip() + hash_sign + comment
    args = {"found": character, "code_point": f"U+{ord(character):04X}", "half": half_width(character) or ""}
    return Diagnostic("E002", Severity.ERROR, span, path, args, fix=fix)
