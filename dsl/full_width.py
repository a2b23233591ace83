"""Characters that a Korean keyboard or a word processor puts where the language wants plain ones."""

from __future__ import annotations

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
