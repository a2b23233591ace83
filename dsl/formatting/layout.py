"""The layout of a loaded file: where each line begins, and what stands between its parts. Texts and comments keep their words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from dsl.source import Source
from dsl.spacing import LINE_END
from dsl.yaml_tree import Mapping, Scalar, Sequence, YamlNode

_STEP = 2
_COLON = re.compile(r"[ \t]*:[ \t]+")
_COLON_IN_FLOW = re.compile(r"[ \t]*:[ \t]*")
_COMMA = re.compile(r"[ \t]*,[ \t]*")
_BLANKS = re.compile(r"[ \t]*")
_DASH = re.compile(r"-[ \t]+")
Path = tuple[str | int, ...]
#: path and raw form of a text -> the raw form that it should have, in as many lines
Respace = Callable[[Path, str], str]


@dataclass(frozen=True, slots=True)
class Edit:
    """text[start:end] of the file becomes `text`. Edits do not overlap and stay inside a line."""

    start: int
    end: int
    text: str


@dataclass
class Layout:
    """What was found in the tree: edits inside lines, indentation by the column of a line's first key or dash, and opaque stretches."""

    source: Source
    respace: Respace
    edits: list[Edit] = field(default_factory=list)
    indents: dict[int, int] = field(default_factory=dict)  # line -> its new indentation
    scalars: list[tuple[int, int]] = field(default_factory=list)

    def root(self, node: YamlNode) -> None:
        """Walk the whole file."""
        self._node(node, 0, (), in_flow=False)

    # ---- the tree ----
    def _node(self, node: YamlNode, indent: int, path: Path, *, in_flow: bool) -> None:
        if isinstance(node, Scalar):
            self._scalar(node, path)
        elif isinstance(node, Mapping):
            self._mapping(node, indent, path, in_flow=in_flow)
        else:
            self._sequence(node, indent, path, in_flow=in_flow)

    def _scalar(self, node: Scalar, path: Path | None) -> None:
        if node.end <= node.start:
            return
        self.scalars.append((node.start, node.end))
        if path is None or node.style in ("'", '"'):
            return
        raw = self.source.text[node.start : node.end]
        start = node.start
        if node.style is not None:  # behind the header line of a block
            header = LINE_END.search(raw)
            if header is None:
                return
            start, raw = start + header.end(), raw[header.end() :]
        lines = LINE_END.split(raw)
        ends = [found.end() for found in LINE_END.finditer(raw)]
        for begin, old, new in zip((0, *ends), lines, LINE_END.split(self.respace(path, raw)), strict=True):
            if old != new:
                at, end = start + begin + len(old) - len(old.lstrip()), start + begin + len(old.rstrip())
                self.edits.append(Edit(at, end, new.strip()))

    def _mapping(self, node: Mapping, indent: int, path: Path, *, in_flow: bool) -> None:
        in_flow = in_flow or self._is_flow(node)
        for i, (key, value) in enumerate(node.entries):
            if not in_flow:
                self._begin(key.start, indent)
            elif i:
                self._between(node.entries[i - 1][1], key, _COMMA, ", ")
            self._scalar(key, None)
            if not isinstance(value, Scalar) or value.end > value.start:
                json_like = in_flow and (key.style is not None or self.source.text[value.start : value.start + 1] in ("{", "["))
                self._between(key, value, _COLON_IN_FLOW if json_like else _COLON, ": ")
            self._node(value, indent + _STEP, (*path, key.text), in_flow=in_flow)
        if self._is_flow(node) and node.entries:
            self._ends(node, node.entries[0][0], node.entries[-1][1])

    def _sequence(self, node: Sequence, indent: int, path: Path, *, in_flow: bool) -> None:
        in_flow = in_flow or self._is_flow(node)
        column = self._column(node.start)
        for i, item in enumerate(node.items):
            if in_flow and i:
                self._between(node.items[i - 1], item, _COMMA, ", ")
            elif not in_flow:
                self._dash(item, column, indent)
            self._node(item, indent + _STEP, (*path, i), in_flow=in_flow)
        if self._is_flow(node) and node.items:
            self._ends(node, node.items[0], node.items[-1])

    def _is_flow(self, node: Mapping | Sequence) -> bool:
        return self.source.text[node.start : node.start + 1] in ("{", "[") and self.source.text[node.end - 1 : node.end] in ("}", "]")

    # ---- what stands between ----
    def _between(self, before: YamlNode, after: YamlNode, pattern: re.Pattern[str], written: str) -> None:
        """The gap between two nodes of one line, if it is nothing but the expected sign with blanks."""
        start, end = before.end, after.start
        gap = self.source.text[start:end]
        if gap != written and pattern.fullmatch(gap):
            self.edits.append(Edit(start, end, written))

    def _ends(self, node: Mapping | Sequence, first: YamlNode, last: YamlNode) -> None:
        """No blanks inside the brackets."""
        for start, end in ((node.start + 1, first.start), (last.end, node.end - 1)):
            if start < end and _BLANKS.fullmatch(self.source.text[start:end]):
                self.edits.append(Edit(start, end, ""))

    def _dash(self, item: YamlNode, column: int, indent: int) -> None:
        """`- ` before an item of a block: on the item's own line, or alone on a line before it."""
        line = self.source.line_of(item.start)
        while line > 1 and not self._at_dash(line, column):
            line -= 1
        if not self._at_dash(line, column):
            return
        dash = self.source.line_start(line) + column
        self._begin(dash, indent)
        gap = self.source.text[dash : item.start]
        if _DASH.fullmatch(gap) and gap != "- ":
            self.edits.append(Edit(dash, item.start, "- "))

    def _at_dash(self, line: int, column: int) -> bool:
        return self.source.line_text(line)[column : column + 1] == "-"

    def _begin(self, offset: int, indent: int) -> None:
        """A key or dash at `offset`; where it is the first thing of its line, the line begins at `indent`."""
        line = self.source.line_of(offset)
        if line not in self.indents and not self.source.text[self.source.line_start(line) : offset].strip(" "):
            self.indents[line] = indent

    def _column(self, offset: int) -> int:
        return offset - self.source.line_start(self.source.line_of(offset))
