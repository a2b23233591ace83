"""What every answer about a text needs: its layout, its names, the words of the language, and which kind of file it is."""

from __future__ import annotations

from dataclasses import dataclass

from dsl.assist.layout import Layout
from dsl.assist.names import Names
from dsl.assist.shape import kind_of
from dsl.assist.vocabulary import Term
from dsl.diagnostics import Language


@dataclass(frozen=True)
class Surroundings:
    """One text, read tolerantly."""

    layout: Layout
    names: Names
    vocabulary: dict[str, Term]
    kind: str
    language: Language

    @property
    def clock(self) -> str:
        """`clock:` as written, empty without one."""
        entry = self.layout.find("clock")
        return self.layout.string(entry) if entry is not None else ""


def surroundings(text: str, vocabulary: dict[str, Term], language: Language) -> Surroundings:
    """Read a text."""
    layout = Layout(text)
    return Surroundings(layout, Names(layout), vocabulary, kind_of(layout), language)
