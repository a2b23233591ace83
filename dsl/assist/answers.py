"""The answers of `Assist`: frozen values. Offsets count characters of the text from 0; lines and columns count from 1."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from dsl.diagnostics import Severity


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """text[start:end], in characters."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace text[start:end] by `text`. Edits of one answer never overlap and all refer to the text as it was asked about."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A mend that can be applied: `title` says what it does, in the language that was asked for."""

    title: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding at text[start:end] (never across a line's end; start == end only in an empty line).

    code: stable, e.g. "E101". message: the headline. label: what stands beside the mark. notes: further lines.
    fix: None when none is certain.
    """

    start: int
    end: int
    line: int
    column: int
    severity: Severity
    code: str
    message: str
    label: str
    notes: tuple[str, ...] = ()
    fix: Fix | None = None


class Kind(StrEnum):
    """What a completion or a symbol is."""

    FUNCTION = "function"
    SERIES = "series"  # close, volume, day.open ...
    MEMBER = "member"  # pos.gain, acct.pnl_today ...
    DEFINITION = "definition"
    PARAM = "param"
    ALIAS = "alias"
    FACTOR = "factor"
    REGIME = "regime"
    CONDITION = "condition"  # a named line of entry, universe ...
    EXIT = "exit"
    KEYWORD = "keyword"  # and, then, crosses above ...
    TIMEFRAME = "timeframe"
    ARGUMENT = "argument"  # lo=
    KEY = "key"  # a YAML key
    VALUE = "value"  # one of a few words, or an example of a phrase
    MARKET = "market"
    PROFILE = "profile"  # a risk profile
    STRATEGY = "strategy"  # a strategy file that a portfolio names


@dataclass(frozen=True, slots=True)
class Completion:
    """One proposal. Proposals come best first.

    label: what the list shows. detail: one line beside it. documentation: Markdown, may be empty.
    edit: what accepting it does. stops: parts of `edit.text` (offsets in it) that the cursor visits in turn; none = it goes to the end.
    again: whether to ask for completions again after accepting (`pos.` and the like). indent: blanks that the cursor's line begins with.
    """

    label: str
    kind: Kind
    detail: str
    documentation: str
    edit: Edit
    stops: tuple[Place, ...] = ()
    again: bool = False
    indent: int = 0

    def snippet(self) -> str:
        """`edit.text` with its stops written `${1:close}`, as the Language Server Protocol and CodeMirror read it.

        Both put the indentation of the cursor's line before every further line of a snippet, so it is taken away here.
        """
        parts: list[str] = []
        at = 0
        for number, stop in enumerate(self.stops, 1):
            parts.append(_escaped(self.edit.text[at : stop.start]))
            parts.append(f"${{{number}:{_escaped(self.edit.text[stop.start : stop.end])}}}")
            at = stop.end
        return "".join([*parts, _escaped(self.edit.text[at:])]).replace("\n" + " " * self.indent, "\n")


def _escaped(text: str) -> str:
    return re.sub(r"([\\$}])", r"\\\1", text)


@dataclass(frozen=True, slots=True)
class Hover:
    """Markdown about text[start:end]."""

    start: int
    end: int
    markdown: str


@dataclass(frozen=True, slots=True)
class Symbol:
    """One entry of the outline: [start, end) with all that belongs to it, `name` the place of its key."""

    label: str
    detail: str
    kind: Kind
    start: int
    end: int
    name: Place
    children: tuple[Symbol, ...] = ()


@dataclass(frozen=True, slots=True)
class Renamed:
    """Edits of a renaming, or in `refusal` why it is refused (then there are no edits)."""

    edits: tuple[Edit, ...]
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a signature: its place in the signature's label, and a line about it."""

    place: Place
    documentation: str


@dataclass(frozen=True, slots=True)
class Signature:
    """The function around the cursor. active: number of the argument that is being written, from 0 (len(parameters) = too many)."""

    label: str
    documentation: str
    parameters: tuple[Parameter, ...]
    active: int


def applied(text: str, edits: tuple[Edit, ...]) -> str:
    """The text after the edits."""
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text
