"""A file's text and where each of its characters stands: offsets to line and column, and lines to show."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from dsl.diagnostics import Span

#: what YAML counts as the end of a line
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Source:
    """Text of one file. `name` is shown in messages; offsets count characters from 0."""

    name: str
    text: str
    _starts: list[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_starts", [0, *(match.end() for match in _LINE_END.finditer(self.text))])

    def line_of(self, offset: int) -> int:
        """Line number (from 1) of the character at `offset`."""
        return bisect_right(self._starts, offset)

    def line_text(self, line: int) -> str:
        """The line's text without its end. Lines beyond the last are empty."""
        if not 1 <= line <= len(self._starts):
            return ""
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n\x85\u2028\u2029")

    def span(self, start: int, end: int) -> Span:
        """The part of the line at `start` that [start, end) covers, at least one character."""
        line = self.line_of(start)
        column = start - self._starts[line - 1] + 1
        last = self.line_text(line)
        length = min(end - start, max(len(last) - column + 1, 1))
        return Span(line, column, max(length, 1))

    def line_start(self, line: int) -> int:
        """Offset of the first character of the line."""
        return self._starts[line - 1]
