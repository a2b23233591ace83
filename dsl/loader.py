"""Strict YAML: text in, a tree of text scalars with their places out; every surprise of YAML is refused with a diagnostic."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import yaml
from yaml.events import AliasEvent, DocumentEndEvent, DocumentStartEvent, Event, MappingStartEvent, ScalarEvent, SequenceStartEvent

from dsl.diagnostics import Diagnostic, Severity
from dsl.full_width import full_width_error
from dsl.source import Source
from dsl.yaml_tree import Mapping, Scalar, Sequence, YamlNode

#: limits of one file; beyond them it is refused before anything else is done with it
MAX_CHARACTERS = 100_000
MAX_NODES = 5_000
MAX_DEPTH = 24
#: longest line in which a mistake is looked for
MAX_LINE = 300
_BOM = "\ufeff"
#: words of PyYAML's messages -> label of E004, first match
_YAML_MISTAKES = (
    ("mapping values are not allowed", "colon"),
    ("cannot start any token", "first"),
    ("while scanning a quoted scalar", "quote"),
    ("could not find expected ':'", "no_colon"),
    ("expected ',' or", "bracket"),
    ("expected <block end>", "indent"),
    ("expected '<document start>'", "indent"),
)


class _TooMuch(Exception):
    """A limit was passed; the diagnostic is already recorded."""


class _Composer:
    """Builds the tree from parser events, collecting what is not allowed."""

    def __init__(self, source: Source, diagnostics: list[Diagnostic]) -> None:
        self.source = source
        self.diagnostics = diagnostics
        self.events: Iterator[Event] = yaml.parse(source.text, Loader=yaml.SafeLoader)
        self.count = 0

    def refuse(self, code: str, start: int, end: int, path: str = "", label: str = "", **args: str) -> None:
        self.diagnostics.append(Diagnostic(code, Severity.ERROR, self.source.span(start, end), path, args, label))

    def document(self) -> YamlNode | None:
        """The first document; a second one is refused."""
        root: YamlNode | None = None
        documents = 0
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.refuse("E208", *_place(event))
                    return root
                root = self.node(next(self.events), 0, ())
            elif isinstance(event, DocumentEndEvent):
                continue
        return root

    def node(self, event: Event, depth: int, path: tuple[str, ...]) -> YamlNode:
        self._count(event, depth)
        self._refuse_extras(event, path)
        start, end = _place(event)
        if isinstance(event, MappingStartEvent):
            return self._mapping(start, depth, path)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(start, depth, path)
        if isinstance(event, ScalarEvent):
            if event.style == '"' and any("\ud800" <= character <= "\udfff" for character in event.value):
                self.refuse("E001", start, end, ".".join(path), character="U+D800..U+DFFF")
            return Scalar(self.source, event.value, start, end, event.style)
        return Scalar(self.source, "", start, end)

    def _count(self, event: Event, depth: int) -> None:
        self.count += 1
        if self.count > MAX_NODES:
            self.refuse("E206", *_place(event), label="nodes", limit=f"{MAX_NODES:,}")
            raise _TooMuch
        if depth > MAX_DEPTH:
            self.refuse("E206", *_place(event), label="depth", limit=str(MAX_DEPTH))
            raise _TooMuch

    def _refuse_extras(self, event: Event, path: tuple[str, ...]) -> None:
        """Anchors, aliases and tags have no place in these files."""
        start, end = _place(event)
        where = ".".join(path)
        if isinstance(event, AliasEvent):
            self.refuse("E205", start, end, where, found=f"*{event.anchor}")
            return
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor is not None:
            self.refuse("E205", start, start + len(anchor) + 1, where, found=f"&{anchor}")
        if tag is not None:
            shown = next(iter(self.source.text[start:end].split()), str(tag))
            self.refuse("E204", start, start + len(shown), where, tag=shown)

    def _sequence(self, start: int, depth: int, path: tuple[str, ...]) -> Sequence:
        items: list[YamlNode] = []
        event = next(self.events)
        while not isinstance(event, yaml.SequenceEndEvent):
            items.append(self.node(event, depth + 1, (*path, str(len(items)))))
            event = next(self.events)
        return Sequence(self.source, tuple(items), start, _place(event)[1])

    def _mapping(self, start: int, depth: int, path: tuple[str, ...]) -> Mapping:
        entries: dict[str, tuple[Scalar, YamlNode]] = {}
        event = next(self.events)
        while not isinstance(event, yaml.MappingEndEvent):
            key = self.node(event, depth + 1, path)
            value = self.node(next(self.events), depth + 1, (*path, key.text if isinstance(key, Scalar) else "?"))
            if not isinstance(key, Scalar):
                self.refuse("E207", key.start, key.end, ".".join(path))
            elif key.text in entries:
                first = self.source.line_of(entries[key.text][0].start)
                self.refuse("E203", key.start, key.end, ".".join(path), key=key.text, line=str(first))
            else:
                entries[key.text] = (key, value)
            event = next(self.events)
        return Mapping(self.source, tuple(entries.values()), start, _place(event)[1])


def _place(event: Event) -> tuple[int, int]:
    """Offsets of an event's raw text."""
    assert event.start_mark is not None
    assert event.end_mark is not None
    return event.start_mark.index, event.end_mark.index


def load(source: Source) -> tuple[YamlNode | None, list[Diagnostic]]:
    """The file as a tree (None when it cannot be read at all), and everything that is wrong with it as YAML."""
    root, diagnostics = _loaded(source)
    return root, list(diagnostics)


@lru_cache(maxsize=8)
def _loaded(source: Source) -> tuple[YamlNode | None, tuple[Diagnostic, ...]]:
    """Remembered: which schema a text has is asked before it is checked, and a strategy's risk file is read again with every key."""
    root, diagnostics = _read(source)
    return root, tuple(diagnostics)


def _read(source: Source) -> tuple[YamlNode | None, list[Diagnostic]]:
    diagnostics: list[Diagnostic] = []
    if len(source.text) > MAX_CHARACTERS:
        span = source.span(0, 1)
        return None, [Diagnostic("E206", Severity.ERROR, span, args={"limit": f"{MAX_CHARACTERS:,}"})]
    try:
        root = _Composer(source, diagnostics).document()
    except _TooMuch:
        return None, diagnostics
    except yaml.reader.ReaderError as error:
        at = min(int(error.position), max(len(source.text) - 1, 0))
        code_point = f"U+{ord(source.text[at]):04X}" if source.text else ""
        return None, [*diagnostics, Diagnostic("E001", Severity.ERROR, source.span(at, at + 1), args={"character": code_point})]
    except yaml.MarkedYAMLError as error:
        return None, [*diagnostics, _syntax_error(source, error)]
    except (ValueError, OverflowError) as error:  # PyYAML: an escape beyond Unicode, a directive with a huge number
        return None, [*diagnostics, Diagnostic("E004", Severity.ERROR, source.span(0, 1), args={"problem": str(error)})]
    if root is None:
        return None, [*diagnostics, Diagnostic("E209", Severity.ERROR, source.span(0, 1))]
    return root, diagnostics


def _syntax_error(source: Source, error: yaml.MarkedYAMLError) -> Diagnostic:
    """One message for what PyYAML could not read: tabs get their own, everything else names the place."""
    mark = error.problem_mark or error.context_mark
    at = min(mark.index, len(source.text)) if mark is not None else 0
    line = source.line_text(source.line_of(at))
    indent = line[: len(line) - len(line.lstrip())]
    if "\t" in indent or source.text[at : at + 1] == "\t":
        place = source.line_start(source.line_of(at)) + max(indent.find("\t"), 0) if "\t" in indent else at
        fix = line.replace("\t", "  ") if line.strip() else ""  # of a line of blanks nothing could be shown
        return Diagnostic("E003", Severity.ERROR, source.span(place, place + 1), fix=fix)
    first = error.context_mark.index if error.context_mark is not None else at
    wide = source.text.find("：", first, at)
    if wide >= 0:
        return full_width_error(source, wide)
    near = _near_mistake(source, at)
    if near is not None:
        return near
    problem = " ".join(str(part) for part in (error.context, error.problem) if part)
    label = next((name for words, name in _YAML_MISTAKES if words in problem), "")
    args = {"problem": problem, "found": source.text[at : at + 1]}
    return Diagnostic("E004", Severity.ERROR, source.span(at, at + 1), args=args, label=label)


def _near_mistake(source: Source, at: int) -> Diagnostic | None:
    """What stands in the line where YAML stopped, or in the one before: no blank after `:`, a value that begins with `!` or `>`, `? :`."""
    number = source.line_of(at)
    for line_number in (number, number - 1):
        line = source.line_text(line_number)
        if len(line) > MAX_LINE:
            continue
        tight = re.fullmatch(r"(\s*(?:- )?[A-Za-z_가-힣][\w-]*):([^\s:/].*)", line)
        not_ = re.fullmatch(r"(\s*[^\s:#][^:#]*:\s+)(!)(?!=)\s*(\S.*)", line)
        block = re.fullmatch(r"(\s*[^\s:#][^:#]*:\s+)([>|]=?\s+\S.*)", line)
        choice = re.fullmatch(r"(\s*[^\s:#][^:#]*:\s+)([^?#]+?)\s*\?\s*([^?:#]+?)\s+:\s+([^?:#]+)", line)
        label, column, length, fix = "", 0, 1, ""
        if tight is not None and "：" not in line:
            label, column, fix = "space", len(tight[1]), f"{tight[1]}: {tight[2]}"
        elif not_ is not None:
            label, column, fix = "not", not_.start(2), f"{not_[1]}not {not_[3]}"
        elif block is not None:
            label, column = "block", block.start(2)
        elif choice is not None:
            whole = all(part.count("(") == part.count(")") for part in choice.groups())
            label, column = "ternary", line.index("?")
            fix = "" if not whole else f"{choice[1]}{choice[3]} if {choice[2]} else {choice[4]}"
        if label:
            place = source.line_start(line_number) + column
            args = {"problem": "", "found": line[column : column + 1]}
            return Diagnostic("E004", Severity.ERROR, source.span(place, place + length), args=args, label=label, fix=fix)
    return None


def decode(data: bytes, name: str) -> tuple[Source, list[Diagnostic]]:
    """Bytes as UTF-8 text; what is not UTF-8 is refused with the line where it stands. A byte order mark is dropped."""
    try:
        return Source(name, data.decode("utf-8").removeprefix(_BOM)), []
    except UnicodeDecodeError as error:
        source = Source(name, data[: error.start].decode("utf-8").removeprefix(_BOM) + "\0")  # a text that no loader accepts
        at = len(source.text) - 1
        return source, [Diagnostic("E005", Severity.ERROR, source.span(at, at + 1), args={"byte": f"0x{data[error.start]:02X}"})]
