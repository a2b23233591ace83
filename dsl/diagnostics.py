"""Errors and warnings about a file: a code, a place, what was found, what was expected, and a fix. Rendered in Korean or English."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """`error` refuses the file; `warning` does not; `refused`: the file is right, but cannot replace the one that runs."""

    ERROR = "error"
    WARNING = "warning"
    REFUSED = "refused"


class Language(StrEnum):
    """Languages of the product."""

    KOREAN = "ko"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Span:
    """Part of one line of a file. line and column count from 1; length in characters (at least 1)."""

    line: int
    column: int
    length: int = 1


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    code: stable, e.g. "E101"; texts come from the message catalogue under this code, filled with `args`.
    path: YAML path, e.g. "entry.trigger".
    label: key of the caret text in the message catalogue entry ("" = the entry's default label).
    notes: message-catalogue keys with their arguments, shown as `= ...` lines.
    fix: replacement text for the whole shown line (language-independent), or "" when no single fix is certain.
    """

    code: str
    severity: Severity
    span: Span
    path: str = ""
    args: dict[str, str] = field(default_factory=dict)
    label: str = ""
    notes: tuple[tuple[str, dict[str, str]], ...] = ()
    fix: str = ""
