"""Rule text cut into words, whatever is missing from it; and which calls are open at a place. The words are those of dsl/grammar.lark."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_NAME = r"[A-Za-z_가-힣][A-Za-z0-9_가-힣]*"
_NUMBER = r"[0-9][0-9_]*(?:\.[0-9][0-9_]*)?"
_KOREAN = r"(?:조|억|천만|백만|십만|만|천)"
_WORD = re.compile(
    rf"(?P<time>[0-9]{{1,2}}:[0-9]{{2}})"
    rf"|(?P<coins>{_NUMBER}(?:[ ]?{_KOREAN})?[ ]?(?:coins?|개)(?![A-Za-z0-9_가-힣]))"
    rf"|(?P<literal>{_NUMBER}[ ]?{_KOREAN}(?:[ ]?{_NUMBER}[ ]?{_KOREAN})*(?:[ ]?원|[ ]?KRW)?|{_NUMBER}[ ]?(?:원|KRW|%|bp(?![A-Za-z0-9_])))"
    rf"|(?P<duration>[0-9]+[smhdwM](?![A-Za-z0-9_]))"
    rf"|(?P<number>{_NUMBER}(?:[eE][+-]?[0-9]+)?)"
    rf"|(?P<name>{_NAME}(?:\.{_NAME})*\.?)"
    r"|(?P<sign><=|>=|==|!=|\.\.|\?\?|[-+*/<>=@()\[\],])"
)
#: words of the grammar that are no names
KEYWORDS = frozenset({
    "then", "within", "and", "or", "not", "if", "else", "in", "enters", "leaves", "crosses", "above", "below", "rises", "falls", "for",
    "bar", "bars",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """One word at text[start:end]. kind: name, keyword, number, literal (with a unit), duration, time, sign."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def ends_value(self) -> bool:
        """Whether a value may end with this word, so that an operator can follow."""
        return self.kind in ("name", "number", "literal", "duration", "time") or self.text in (")", "]", "bars", "bar")


def words(text: str, start: int, end: int) -> list[Word]:
    """The words of text[start:end]; what is no word is passed over."""
    found: list[Word] = []
    for match in _WORD.finditer(text, start, end):
        kind = str(match.lastgroup)
        if kind == "name" and match[0] in KEYWORDS:
            kind = "keyword"
        kind = "literal" if kind == "coins" else kind
        found.append(Word(kind, match[0], match.start(), match.end()))
    return found


@dataclass(slots=True)
class Open:
    """A bracket that is open. name: of the function before it, None for a plain bracket. index: arguments finished before this one.

    argument: name given to the argument that is being written. named: all names given so far. opened: offset behind the bracket.
    """

    sign: str
    name: Word | None
    opened: int
    index: int = 0
    argument: str | None = None
    named: set[str] = field(default_factory=set)


def open_brackets(before: Sequence[Word]) -> list[Open]:
    """Brackets that are open after the words, outermost first."""
    stack: list[Open] = []
    for number, word in enumerate(before):
        previous = before[number - 1] if number else None
        if word.text in ("(", "["):
            called = previous if word.text == "(" and previous is not None and previous.kind == "name" else None
            stack.append(Open(word.text, called, word.end))
        elif word.text in (")", "]") and stack:
            stack.pop()
        elif word.text == "," and stack:
            stack[-1].index += 1
            stack[-1].argument = None
        elif word.text == "=" and stack and previous is not None and previous.kind == "name":
            stack[-1].argument = previous.text
            stack[-1].named.add(previous.text)
    return stack
