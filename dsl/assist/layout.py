"""The shape of a YAML text that may be half typed, line by line: keys, values, places. What the loader refuses is still understood."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from dsl.assist.answers import Place
from dsl.loader import MAX_CHARACTERS, MAX_DEPTH, MAX_NODES

Path = tuple[str | int, ...]
_LINE = re.compile(r"[^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029]|\Z)")
_ENDS = "\r\n\x85\u2028\u2029"
#: a key and its colon; the colon of a plain key is followed by white space
_KEY = re.compile(
    r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#&*!|>%@`"'{}\[\],\-](?:[^:#]|:(?=\S)|(?<=\S)#)*?|-(?=\S)[^:#]*?)[ \t]*:(?=\s|$)"""
)
_FLOW_KEY = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#{}\[\],:"'](?:[^:,{}\[\]#]|:(?=\S))*?)[ \t]*:(?=[\s,}\]]|$)""")
_COMMENT = re.compile(r"(?:^|(?<=\s))#")


@dataclass(frozen=True, slots=True)
class Entry:
    """One key with its value, or one item of a list (`key` = its place is empty then), or a line that is neither yet (`bare`).

    value: place of its text, quotes outside, without comment; empty where the value is a section or not yet written.
    style: "" plain, a quote, "|" or ">" for block scalars, "{" or "[" for flow collections. column: of the key, from 0.
    end: where what belongs to the entry ends.
    """

    path: Path
    key: Place
    value: Place
    column: int
    style: str = ""
    bare: bool = False
    end: int = 0

    @property
    def name(self) -> str:
        """The key as text."""
        return str(self.path[-1]) if self.path else ""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a cursor is. path: of the section (in_key) or of the value. place: the key or value that is being written, maybe empty.

    column: of the key to be written. flow: inside `{...}` or `[...]`.
    """

    in_key: bool
    path: Path
    place: Place
    column: int = 0
    flow: bool = False


class Layout:
    """Entries of a text in its order."""

    def __init__(self, text: str) -> None:
        self.text = text
        known = list(islice(_Reader(text).entries(), MAX_NODES)) if len(text) <= MAX_CHARACTERS else []  # beyond, a file is refused anyway
        self.entries: tuple[Entry, ...] = tuple(_with_ends(text, known))
        self._starts = [entry.key.start for entry in self.entries]
        self._children: dict[Path, list[Entry]] = {}
        self._first: dict[Path, Entry] = {}
        for entry in self.entries:
            if not entry.bare:
                self._first.setdefault(entry.path, entry)
                self._children.setdefault(entry.path[:-1], []).append(entry)

    def children(self, path: Path) -> list[Entry]:
        """Entries right under `path`."""
        return self._children.get(path, [])

    def find(self, *path: str | int) -> Entry | None:
        """The entry at `path`, the first if there are several."""
        return self._first.get(path)

    def string(self, entry: Entry) -> str:
        """The text of a value, lines joined, quotes off."""
        raw = self.text[entry.value.start : entry.value.end]
        if entry.style in ("'", '"'):
            raw = raw[1:-1] if len(raw) > 1 and raw[-1] == raw[0] else raw[1:]
            raw = raw.replace("''", "'") if entry.style == "'" else raw
        return " ".join(raw.split())

    def at(self, offset: int) -> Spot | None:
        """What a cursor at `offset` is writing; None inside a comment."""
        offset = min(max(offset, 0), len(self.text))
        line_start = max((self.text.rfind(end, 0, offset) for end in _ENDS), default=-1) + 1
        before = self.text[line_start:offset]
        for entry in reversed(self.entries[: bisect_right(self._starts, offset)]):
            inside = entry.value.start <= offset <= entry.value.end or (entry.key.end < offset and line_start <= entry.key.start)
            if entry.bare and entry.key.start <= offset <= entry.key.end and entry.value.start <= entry.key.start:
                return self._bare(entry, offset)
            if not entry.bare and entry.key.start <= offset <= entry.key.end and entry.key.start < entry.key.end:
                return Spot(True, entry.path[:-1], entry.key, entry.column)
            if inside and entry.style in ("{", "[") and entry.value.start < offset:
                return self._in_flow(entry, offset)
            if inside and not _in_comment(before, entry.style):
                return Spot(False, entry.path, self._around(entry, offset))
            if entry.end < line_start:
                break
        return None if _in_comment(before, "") else self._blank(offset, line_start)

    def _bare(self, entry: Entry, offset: int) -> Spot:
        """A line without a colon: a key that is being written, or a value under its key, or an item of a list."""
        if isinstance(entry.path[-1], int):
            return Spot(False, entry.path, self._around(entry, offset))
        return Spot(True, entry.path[:-1], entry.key, entry.column)

    def _around(self, entry: Entry, offset: int) -> Place:
        """The value as far as the cursor, blanks behind it included; nothing when the cursor stands elsewhere."""
        blank = not self.text[entry.value.end : offset].strip() and not entry.style
        if entry.value.start <= offset and (offset <= entry.value.end or blank):
            return Place(entry.value.start, max(entry.value.end, offset))
        return Place(offset, offset)

    def _blank(self, offset: int, line_start: int) -> Spot:
        """A place where nothing stands: the section is told by the column, as YAML does."""
        column = offset - line_start
        stripped = self.text[line_start:offset].lstrip(" ")
        path: Path = ()
        section_column = -1
        for entry in self.entries[: bisect_right(self._starts, offset)]:
            if entry.bare or entry.key.start > offset:
                continue
            while entry.column <= section_column and path:  # a sibling or an end of what was open
                path, section_column = self._parent(path)
            if entry.column < column and entry.value.start == entry.value.end:
                path, section_column = entry.path, entry.column
        if stripped.startswith("-"):
            items = [child for child in self.children(path) if child.key.start < offset]
            return Spot(False, (*path, len(items)), Place(offset, offset))
        return Spot(True, path, Place(offset, offset), column)

    def _parent(self, path: Path) -> tuple[Path, int]:
        parent = path[:-1]
        while parent and self.find(*parent) is None:
            parent = parent[:-1]
        found = self.find(*parent) if parent else None
        return parent, found.column if found is not None else -1

    def _in_flow(self, entry: Entry, offset: int) -> Spot:
        """Inside `{...}` or `[...]`: the innermost open bracket decides."""
        stack: list[tuple[str, Path, int]] = []
        path, at, number = entry.path, entry.value.start, 0
        part = at
        quote = ""
        round_open = 0  # commas inside a call do not end the value
        key_of: str | None = None
        while at < offset:
            character = self.text[at]
            if quote:
                quote = "" if character == quote else quote
            elif character in "\"'" and not self.text[part:at].strip():
                quote = character
            elif character in "()" or round_open:
                round_open = max(round_open + (character == "(") - (character == ")"), 0)
            elif character in "{[":
                deeper = len(path) < MAX_DEPTH and (key_of is not None or bool(stack))
                here: Path = (*path, key_of if key_of is not None else number) if deeper else path
                stack.append((character, path, number))
                path, number, key_of, part = here, 0, None, at + 1
            elif character in "}]" and stack:
                _, path, number = stack.pop()
                key_of, part = None, at + 1
            elif character == ",":
                number, key_of, part = number + 1, None, at + 1
            elif character == ":" and self.text[at + 1 : at + 2] in ("", " ", "\t", "\n", "\r", ",", "}") and stack and stack[-1][0] == "{":
                key_of, part = self.text[part:at].strip().strip("\"'"), at + 1
            at += 1
        start = part + len(self.text[part:offset]) - len(self.text[part:offset].lstrip())
        end = offset
        while end < len(self.text) and self.text[end] not in ",{}[]:" + _ENDS:
            end += 1
        place = Place(start, max(start + len(self.text[start:end].rstrip()), offset))
        if not stack:
            return Spot(False, entry.path, Place(offset, offset))
        if stack[-1][0] == "{" and key_of is None:
            return Spot(True, path, place, flow=True)
        return Spot(False, (*path, key_of if key_of is not None else number), place, flow=True)


def _in_comment(before: str, style: str) -> bool:
    return style not in ("'", '"', "|", ">") and _COMMENT.search(_unquoted(before)) is not None


def _unquoted(text: str) -> str:
    """The text with what stands in quotes blanked, as far as quotes begin a value."""
    return re.sub(r"""(?<=[\s\[{,])("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')""", lambda found: "_" * len(found[0]), text)


def _with_ends(text: str, entries: list[Entry]) -> Iterator[Entry]:
    """Each entry ends where the next one begins that is not under it."""
    open_: list[int] = []
    ends = [len(text)] * len(entries)
    for number, entry in enumerate(entries):
        while open_ and not _under(entry, entries[open_[-1]]):
            last = open_.pop()
            ends[last] = max(entries[number - 1].value.end, entries[number - 1].key.end, entries[last].value.end)
        open_.append(number)
    for number in open_:
        ends[number] = max(max((e.value.end, e.key.end)) for e in entries[number:])
    for entry, end in zip(entries, ends, strict=True):
        yield replace(entry, end=end)


def _under(entry: Entry, other: Entry) -> bool:
    return len(entry.path) > len(other.path) and entry.path[: len(other.path)] == other.path


class _Reader:
    """Reads lines from top to bottom; `open` holds the sections that the next line may belong to, as (column, path, items so far)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.open: list[tuple[int, Path]] = []
        self.items: dict[Path, int] = {}
        self.last: Entry | None = None

    def entries(self) -> Iterator[Entry]:
        at = 0
        while at < len(self.text):
            found = _LINE.match(self.text, at)
            assert found is not None
            start, end = at, at + len(found[0].rstrip(_ENDS))
            at = found.end()
            stripped = self.text[start:end].strip()
            if not stripped or stripped.startswith("#") or stripped in ("---", "..."):
                continue
            yielded = list(self._line(start, end))
            if yielded and yielded[-1].style in ("|", ">"):
                at = self._block_end(yielded, at)
            elif yielded and yielded[-1].style in ("{", "[", "'", '"') and not yielded[-1].bare:
                at = max(at, self._line_after(yielded[-1].value.end))
            elif yielded and not yielded[-1].bare and yielded[-1].value.start < yielded[-1].value.end:
                at = self._continued(yielded, at)
            for entry in yielded:
                yield entry
                if entry.style in ("{", "["):
                    yield from self._flow(entry)

    def _line_after(self, offset: int) -> int:
        found = _LINE.match(self.text, offset)
        return found.end() if found is not None else offset

    def _line(self, start: int, end: int) -> Iterator[Entry]:
        """The entries that begin on one line: `- name: value` begins two."""
        column = 0
        while start + column < end and self.text[start + column] == " ":
            column += 1
        while self.text[start + column : start + column + 2] in ("- ", "-") and (
            start + column + 1 >= end or self.text[start + column + 1] == " "
        ):
            self._close(column, item=True)
            parent = self.open[-1][1] if self.open else ()
            number = self.items.get(parent, 0)
            self.items[parent] = number + 1
            path: Path = (*parent, number)
            dash = start + column
            column += 1
            while start + column < end and self.text[start + column] == " ":
                column += 1
            self.open.append((dash - start, path))
            key = _KEY.match(self.text, start + column, end)
            if key is None or self.text[start + column] in "{[\"'":
                yield self._value(path, Place(dash, dash), dash - start, start + column, end)
                return
            yield Entry(path, Place(dash, dash), Place(start + column, start + column), dash - start)
        key = _KEY.match(self.text, start + column, end)
        if key is None:
            yield self._bare(start, column, end)
            return
        self._close(column)
        parent = self.open[-1][1] if self.open else ()
        path = (*parent, _unquote(key[1]))
        place = Place(start + column, start + column + len(key[1]))
        entry = self._value(path, place, column, key.end(), end)
        if len(path) < MAX_DEPTH:
            self.open.append((column, path))
        yield entry

    def _close(self, column: int, *, item: bool = False) -> None:
        """Leave the sections that a line at `column` cannot belong to; a list may stand under its key without indentation."""
        while self.open and (self.open[-1][0] > column or (self.open[-1][0] == column and not (item and _is_key(self.open[-1][1])))):
            self.open.pop()

    def _bare(self, start: int, column: int, end: int) -> Entry:
        self._close(column)
        parent = self.open[-1][1] if self.open else ()
        stop = _plain_end(self.text, start + column, end)
        place = Place(start + column, stop)
        return Entry((*parent, self.text[place.start : place.end]), place, Place(start + column, start + column), column, bare=True)

    def _value(self, path: Path, key: Place, column: int, at: int, end: int) -> Entry:
        while at < end and self.text[at] in " \t":
            at += 1
        if at >= end or self.text[at] == "#":
            return Entry(path, key, Place(min(at, end), min(at, end)), column)
        first = self.text[at]
        if first in "{[":
            return Entry(path, key, Place(at, _flow_end(self.text, at)), column, first)
        if first in "\"'":
            return Entry(path, key, Place(at, _quote_end(self.text, at)), column, first)
        if first in "|>" and re.fullmatch(r"[|>][-+0-9]*\s*(#.*)?", self.text[at:end]):
            return Entry(path, key, Place(at, end), column, first)
        return Entry(path, key, Place(at, _plain_end(self.text, at, end)), column)

    def _block_end(self, yielded: list[Entry], at: int) -> int:
        """A block scalar takes the lines that are indented deeper than its key."""
        entry = yielded[-1]
        first = last = at
        while at < len(self.text):
            found = _LINE.match(self.text, at)
            assert found is not None
            line = found[0].rstrip(_ENDS)
            indent = len(line) - len(line.lstrip(" "))
            if line.strip() and indent <= entry.column:
                break
            at = found.end()
            last = at - (len(found[0]) - len(line)) if line.strip() else last
            if at == found.start():
                break
        yielded[-1] = replace(entry, value=Place(first, max(last, first)))
        return at

    def _continued(self, yielded: list[Entry], at: int) -> int:
        """A plain text goes on over lines that are indented deeper and are no `key:`."""
        entry = yielded[-1]
        end = entry.value.end
        if self.text[end : self._line_after(end)].strip():  # a comment ends a plain text
            return at
        while at < len(self.text):
            found = _LINE.match(self.text, at)
            assert found is not None
            line = found[0].rstrip(_ENDS)
            indent = len(line) - len(line.lstrip(" "))
            stripped = line.strip()
            if not stripped or stripped.startswith("#") or indent <= entry.column or stripped.startswith("- "):
                break
            if _KEY.match(self.text, at + indent, at + len(line)):
                break
            end = _plain_end(self.text, at + indent, at + len(line))
            at = found.end()
            if end < at - (len(found[0]) - len(line)):
                break
        yielded[-1] = replace(entry, value=Place(entry.value.start, end))
        return at

    def _flow(self, entry: Entry) -> Iterator[Entry]:
        """Entries inside `{...}` and `[...]`."""
        stop = entry.value.end - (self.text[entry.value.end - 1] in "]}" and entry.value.end > entry.value.start + 1)
        at, number = entry.value.start + 1, 0
        while at < stop and len(entry.path) < MAX_DEPTH:
            end = _part_end(self.text, at, stop)
            first = at + len(self.text[at:end]) - len(self.text[at:end].lstrip())
            key = _FLOW_KEY.match(self.text, at, end) if entry.style == "{" else None
            inner: Entry | None = None
            if key is not None:
                place = Place(key.start(1), key.end(1))
                inner = self._flow_value((*entry.path, _unquote(key[1])), place, key.end(), end)
            elif first < end and entry.style == "[":
                inner = self._flow_value((*entry.path, number), Place(first, first), first, end)
                number += 1
            elif first < end:
                word = Place(first, first + len(self.text[first:end].rstrip()))
                yield Entry((*entry.path, self.text[word.start : word.end]), word, Place(first, first), 0, bare=True)
            if inner is not None:
                yield inner
                if inner.style in ("{", "["):
                    yield from self._flow(inner)
            at = end + 1

    def _flow_value(self, path: Path, key: Place, at: int, end: int) -> Entry:
        while at < end and self.text[at].isspace():
            at += 1
        first = self.text[at : at + 1] if at < end else ""
        if first and first in "{[":
            return Entry(path, key, Place(at, min(_flow_end(self.text, at), end)), 0, first)
        if first and first in "\"'":
            return Entry(path, key, Place(at, min(_quote_end(self.text, at), end)), 0, first)
        return Entry(path, key, Place(at, at + len(self.text[at:end].rstrip())), 0)


def _is_key(path: Path) -> bool:
    return bool(path) and isinstance(path[-1], str)


def _unquote(key: str) -> str:
    return key[1:-1] if len(key) > 1 and key[0] in "\"'" and key[-1] == key[0] else key


def _plain_end(text: str, at: int, end: int) -> int:
    """Where a plain text on this line ends: before ` #` and before trailing blanks."""
    found = re.compile(r"\s#").search(text, at, end)
    stop = found.start() if found is not None else end
    return at + len(text[at:stop].rstrip())


def _quote_end(text: str, at: int) -> int:
    """Behind the closing quote; without one, the end of the line."""
    found = re.compile(r'"(?:[^"\\]|\\.)*"' if text[at] == '"' else r"'(?:[^']|'')*'", re.DOTALL).match(text, at)
    if found is not None:
        return found.end()
    line = _LINE.match(text, at)
    return at + len(line[0].rstrip(_ENDS).rstrip()) if line is not None else len(text)


def _flow_end(text: str, at: int) -> int:
    """Behind the closing bracket. An unclosed one ends before the next line that begins a key without indentation."""
    depth = 0
    start = at
    while at < len(text):
        character = text[at]
        if character in "\"'" and text[start:at].rstrip()[-1:] in ("", "{", "[", ",", ":"):
            at = max(_quote_end(text, at), at + 1)
            continue
        depth += (character in "{[") - (character in "}]")
        if depth == 0:
            return at + 1
        if character in _ENDS and _KEY.match(text, at + 1) and text[at + 1 : at + 2] not in (" ", ""):
            return start + len(text[start:at].rstrip())
        if character == "#" and text[at - 1 : at].isspace():
            line = _LINE.match(text, at)
            assert line is not None
            at += max(len(line[0].rstrip(_ENDS)), 1)
            continue
        at += 1
    return start + len(text[start:].rstrip())


def _part_end(text: str, at: int, stop: int) -> int:
    """The next comma on this level, or `stop`."""
    depth = 0
    start = at
    while at < stop:
        character = text[at]
        if character in "\"'" and not text[start:at].strip():
            at = max(_quote_end(text, at), at + 1)
            start = at
            continue
        depth += (character in "{[(") - (character in "}])")
        if character == "," and depth <= 0:
            return at
        at += 1
    return stop
