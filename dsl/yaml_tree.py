"""What a YAML file is after the strict loader: scalars as text, mappings, sequences, each with its place in the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from dsl.diagnostics import Span
from dsl.source import Source

_ESCAPE_LENGTH = {"x": 3, "u": 5, "U": 9}
_BLANKS = " \t"
_WHITE = " \t\r\n\x85\u2028\u2029"


@dataclass(frozen=True)
class Scalar:
    """One scalar: `text` as YAML reads it; [start, end) is its raw form in the file, `style` its YAML style (None = plain)."""

    source: Source
    text: str
    start: int
    end: int
    style: str | None = None

    @cached_property
    def places(self) -> tuple[int, ...]:
        """Offset in the file of each character of `text`, and one more for its end."""
        return tuple(_align(self.text, self.source.text, self.start, self.end, self.style))

    def span(self, start: int = 0, end: int | None = None) -> Span:
        """Place in the file of text[start:end]."""
        if not self.text:
            return self.source.span(self.start, self.start + 1)
        last = len(self.text) if end is None else min(end, len(self.text))
        first = self.places[min(start, len(self.text))]
        return self.source.span(first, self.places[last - 1] + 1 if last > start else first + 1)

    def offset(self, position: int) -> int:
        """Offset in the file of text[position]."""
        return self.places[min(position, len(self.text))]


@dataclass(frozen=True)
class Sequence:
    """A YAML list."""

    source: Source
    items: tuple[YamlNode, ...]
    start: int
    end: int

    def span(self) -> Span:
        """Place of its first line."""
        return self.source.span(self.start, self.end)


@dataclass(frozen=True)
class Mapping:
    """A YAML mapping in file order; keys are unique."""

    source: Source
    entries: tuple[tuple[Scalar, YamlNode], ...]
    start: int
    end: int

    def span(self) -> Span:
        """Place of its first line."""
        return self.source.span(self.start, self.end)

    def find(self, key: str) -> tuple[Scalar, YamlNode] | None:
        """The key and its value, if the key is there."""
        return self._by_key.get(key)

    @cached_property
    def _by_key(self) -> dict[str, tuple[Scalar, YamlNode]]:
        return {entry[0].text: entry for entry in reversed(self.entries)}


YamlNode: TypeAlias = Scalar | Sequence | Mapping


def plain(node: YamlNode) -> object:
    """The tree as dict, list and str, for the schema."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key.text: plain(value) for key, value in node.entries}


def locate(root: YamlNode, path: tuple[str | int, ...]) -> tuple[Scalar | None, YamlNode]:
    """Key and value at `path`; segments that are not there (union tags of the schema) are passed over."""
    key: Scalar | None = None
    node = root
    for segment in path:
        if isinstance(node, Mapping) and isinstance(segment, str):
            found = node.find(segment)
            if found is not None:
                key, node = found
        elif isinstance(node, Sequence) and isinstance(segment, int) and segment < len(node.items):
            key, node = None, node.items[segment]
    return key, node


def _align(text: str, raw: str, start: int, end: int, style: str | None) -> Iterator[int]:
    """Offsets in raw[start:end] of the characters of a scalar's text: every style keeps the order of what is not white space."""
    at = _content_start(raw, start, end, style)
    for character in text:
        if style == '"' and raw[at : at + 1] != "" and at < end:
            at = _skip_line_continuation(raw, at, end)
        if style == '"' and raw[at : at + 1] == "\\":
            yield at
            at += 1 + _ESCAPE_LENGTH.get(raw[at + 1 : at + 2], 1)
        elif character in _WHITE:
            yield min(at, end)
            at += raw[at : at + 1] in tuple(_BLANKS)
        else:
            while at < end and raw[at] in _WHITE:
                at += 1
            if style == '"' and raw[at : at + 1] == "\\":
                yield at
                at += 1 + _ESCAPE_LENGTH.get(raw[at + 1 : at + 2], 1)
                continue
            yield min(at, end)
            at += 2 if style == "'" and character == "'" else 1
    yield min(at, end)


def _skip_line_continuation(raw: str, at: int, end: int) -> int:
    """Past a backslash at the end of a line inside double quotes, and past the white space that begins the next line."""
    while at + 1 < end and raw[at] == "\\" and raw[at + 1] in "\r\n\x85\u2028\u2029":
        at += 1
        while at < end and raw[at] in _WHITE:
            at += 1
    return at


def _content_start(raw: str, start: int, end: int, style: str | None) -> int:
    """Where a scalar's characters begin: after the opening quote, or after the header line of a block scalar."""
    if style in ("'", '"'):
        return start + 1
    if style in ("|", ">"):
        at = start
        while at < end and raw[at] not in "\r\n\x85\u2028\u2029":
            at += 1
        return min(at + 1, end)
    return start
