"""Places as other programs count them: line and character from 0, characters in UTF-16, UTF-8 or UTF-32 units."""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import StrEnum

#: what the Language Server Protocol and browsers count as the end of a line (YAML knows three more)
_LINE_END = re.compile("\r\n|[\r\n]")


class Units(StrEnum):
    """What one character of a position is."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


def length_in(text: str, units: Units = Units.UTF16) -> int:
    """Length of the text in units. Lone surrogates count as one (UTF-16) or three (UTF-8)."""
    if units is Units.UTF32:
        return len(text)
    if units is Units.UTF16:
        return len(text) + sum(character > "\uffff" for character in text)
    return len(text.encode("utf-8", "surrogatepass"))


def utf16_offset(text: str, offset: int) -> int:
    """A character offset in UTF-16 units from the beginning of the text, as JavaScript counts."""
    return length_in(text[:offset])


def offset_of_utf16(text: str, units: int) -> int:
    """The character offset of a UTF-16 offset; inside a pair: the character's own. Beyond the text: its end."""
    return _taken(text, units, Units.UTF16)


def _taken(text: str, count: int, units: Units) -> int:
    """How many characters take up `count` units."""
    if units is Units.UTF32 or text.isascii():
        return min(max(count, 0), len(text))
    used = 0
    for number, character in enumerate(text):
        used += length_in(character, units)
        if used > count:
            return number
    return len(text)


class Positions:
    """Lines of one text."""

    def __init__(self, text: str, units: Units = Units.UTF16) -> None:
        self.text = text
        self.units = units
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def position(self, offset: int) -> tuple[int, int]:
        """(line, character) of a character offset."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self._starts, offset) - 1
        return line, length_in(self.text[self._starts[line] : offset], self.units)

    def offset(self, line: int, character: int) -> int:
        """The character offset of a position; beyond the end of its line or of the text: that end."""
        if line >= len(self._starts):
            return len(self.text)
        line = max(line, 0)
        start = self._starts[line]
        end = self._starts[line + 1] if line + 1 < len(self._starts) else len(self.text)
        row = self.text[start:end].rstrip("\r\n") if line + 1 < len(self._starts) else self.text[start:end]
        return start + _taken(row, character, self.units)
