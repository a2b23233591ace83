"""Diagnostics as text: code, place, the line with a caret, notes and a fix; in Korean or English."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from dsl.diagnostics import Diagnostic, Language
from dsl.explain.quantities import duration
from dsl.messages import Text, texts
from dsl.source import Source

_UNIT_ARGUMENTS = ("left", "right", "unit")
_MAX_COLUMNS = 160


def render(diagnostic: Diagnostic, source: Source, language: Language) -> str:
    """One finding over several lines, without a line end.

    The fix is shown without the indentation of its line; `Diagnostic.fix` has it.
    """
    line, column = diagnostic.span.line, diagnostic.span.column
    gutter = " " * len(str(line))
    shown, before = _window(source.line_text(line), column - 1, diagnostic.span.length)
    marked = shown[before : before + diagnostic.span.length] or " "
    caret = " " * _width(shown[:before]) + "^" * max(_width(marked), 1)
    rows = [
        f"{diagnostic.severity.value}[{diagnostic.code}] {headline(diagnostic, language)}",
        f"{gutter}--> {source.name}:{line}:{column}" + (f"   {diagnostic.path}" if diagnostic.path else ""),
        f"{gutter} |",
        f"{line} | {shown}".rstrip(),
        f"{gutter} | {caret} {label(diagnostic, language)}".rstrip(),
        *(f"{gutter} = {note}" for note in notes(diagnostic, language)),
    ]
    if diagnostic.fix:
        first, *more = [_plain(line) for line in diagnostic.fix.strip().splitlines()]
        lead = f"{gutter} {_text('fix', language, {})}: "
        rows += [lead + first, *(" " * _width(lead) + line.rstrip() for line in more)]
    return "\n".join(rows)


def headline(diagnostic: Diagnostic, language: Language) -> str:
    """What is wrong, in one line."""
    special = f"{diagnostic.code}@{diagnostic.label}"
    key = special if special in texts("diagnostics") else diagnostic.code
    return _text(key, language, diagnostic.args)


def label(diagnostic: Diagnostic, language: Language) -> str:
    """What stands beside the caret."""
    special = f"{diagnostic.code}.label.{diagnostic.label}"
    key = special if special in texts("diagnostics") else f"{diagnostic.code}.label"
    return _text(key, language, diagnostic.args)


def notes(diagnostic: Diagnostic, language: Language) -> list[str]:
    """The lines that follow `=`."""
    standing = f"{diagnostic.code}.note"
    own = [_text(standing, language, diagnostic.args)] if standing in texts("diagnostics") and not diagnostic.label else []
    return [*own, *(_text(f"note.{key}", language, args) for key, args in diagnostic.notes)]


def as_json(diagnostic: Diagnostic, source: Source) -> dict[str, object]:
    """One finding as plain data, texts in both languages; line and column count from 1, length in characters."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "file": source.name,
        "line": diagnostic.span.line,
        "column": diagnostic.span.column,
        "length": diagnostic.span.length,
        "path": diagnostic.path,
        "fix": diagnostic.fix,
        **{
            language.value: {
                "message": headline(diagnostic, language),
                "label": label(diagnostic, language),
                "notes": notes(diagnostic, language),
            }
            for language in Language
        },
    }


def _text(key: str, language: Language, args: Mapping[str, str]) -> str:
    known = texts("diagnostics")
    entry: Text = known[key]
    return entry.filled(language, {name: _filled(name, value, language) for name, value in args.items()})


def _filled(name: str, value: str, language: Language) -> str:
    """An argument in the reader's language: units by their name, `*_ms` as a duration."""
    if name.endswith("_ms"):
        return duration(float(value), language)
    return _unit(value, language) if name in _UNIT_ARGUMENTS else _plain(value)


def _unit(value: str, language: Language) -> str:
    entry = texts("diagnostics").get(f"unit.{value}")
    if entry is None:
        return value
    return entry.of(language)


def _plain(text: str) -> str:
    """Without characters that would move the cursor or turn the text around."""
    return "".join(character if unicodedata.category(character)[0] != "C" else " " for character in text)


def _window(line: str, start: int, length: int) -> tuple[str, int]:
    """The part of a long line around the marked characters, and where they begin in it."""
    line = _plain(line)
    if len(line) <= _MAX_COLUMNS:
        return line, start
    first = max(0, min(start - 40, len(line) - _MAX_COLUMNS))
    part = line[first : first + max(_MAX_COLUMNS, min(length, _MAX_COLUMNS))]
    return part, start - first


def _width(text: str) -> int:
    """Columns on a terminal: full-width and wide characters take two."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
