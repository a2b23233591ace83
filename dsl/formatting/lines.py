"""A layout written out: line by line, with comments where they stood, blank lines thinned out and the file's own line ends."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from dsl.formatting.layout import Layout

_NEWLINE = re.compile("\r\n|\n|\r")
#: blanks between a line's text and the comment behind it, at least
_COMMENT_GAP = 2


def line_end_of(text: str) -> str:
    """The line end that the file uses: that of its first line."""
    found = _NEWLINE.search(text)
    return found[0] if found else "\n"


def written(layout: Layout) -> str:
    """The file with the layout's edits, ending in one line end."""
    lines = _Lines(layout)
    end = line_end_of(layout.source.text)
    out: list[str] = []
    for line in range(1, lines.count + 1):
        shown = lines.line(line)
        if shown == "" and not lines.inside(line) and (not out or out[-1] == ""):
            continue
        out.append(shown)
    while out and out[-1] == "" and len(out) > 1:
        out.pop()
    return end.join(out) + end


class _Lines:
    """The lines of one file and what happens in each of them."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.source = layout.source
        self.text = layout.source.text
        self.scalars = sorted(layout.scalars)
        self.starts = [start for start, _ in self.scalars]
        self.edits = sorted(layout.edits, key=lambda edit: edit.start)
        self.edit_starts = [edit.start for edit in self.edits]
        self.count = self.source.line_of(len(self.text))
        self.indents = self._all_indents()

    def inside(self, line: int) -> bool:
        """Whether the line begins inside a scalar of several lines."""
        return self._scalar_around(self.source.line_start(line)) is not None

    def line(self, line: int) -> str:
        """The line as it should be, without its end."""
        start, body = self.source.line_start(line), self.source.line_text(line)
        if self.inside(line):
            return self._continued(start, body)
        comment = self._comment(start, body)
        content = body if comment is None else body[:comment]
        stripped = content.strip(" \t")
        indent = self.indents.get(line, len(body) - len(body.lstrip(" ")))
        if not stripped:
            return "" if comment is None else " " * indent + body[comment:].rstrip()
        first = start + content.index(stripped[0])
        shown = " " * indent + self._edited(first, start + len(content.rstrip(" \t")))
        if comment is None:
            return shown
        return shown + " " * max(comment - len(shown), _COMMENT_GAP) + body[comment:].rstrip()

    def _continued(self, start: int, body: str) -> str:
        """A later line of a scalar: moved as far as the line where it began, else untouched."""
        scalar = self._scalar_around(start)
        assert scalar is not None
        first = self.source.line_of(scalar[0])
        moved = self.indents.get(first, 0) - self._indent(first) if first in self.indents else 0
        own = len(body) - len(body.lstrip(" "))
        if not body.strip(" \t"):
            return body.strip(" \t")
        last = min(start + len(body), len(self.text))
        comment = self._comment(start, body) if scalar[1] < last else None
        content = body[:comment] if comment is not None else body
        shown = " " * max(own + moved, 0) + self._edited(start + own, start + len(content.rstrip(" \t")))
        if comment is None:
            return shown
        return shown + " " * max(comment - len(shown), _COMMENT_GAP) + body[comment:].rstrip()

    def _edited(self, start: int, end: int) -> str:
        """text[start:end] with the edits that lie in it."""
        parts, at = [], start
        for edit in self.edits[bisect_left(self.edit_starts, start) : bisect_left(self.edit_starts, end)]:
            parts += [self.text[at : edit.start], edit.text]
            at = edit.end
        return "".join([*parts, self.text[at:end]])

    def _scalar_around(self, offset: int) -> tuple[int, int] | None:
        i = bisect_right(self.starts, offset) - 1
        return self.scalars[i] if i >= 0 and self.scalars[i][0] < offset < self.scalars[i][1] else None

    def _comment(self, start: int, body: str) -> int | None:
        """Where in the line a comment begins: at a `#` after a blank that is not part of any scalar."""
        for found in re.finditer(r"(?:(?<=[ \t])|^)#", body):
            if not self._in_scalar(start + found.start()):
                return found.start()
        return None

    def _in_scalar(self, offset: int) -> bool:
        i = bisect_right(self.starts, offset) - 1
        return i >= 0 and self.scalars[i][0] <= offset < self.scalars[i][1]

    # ---- indentation ----
    def _indent(self, line: int) -> int:
        body = self.source.line_text(line)
        return len(body) - len(body.lstrip(" "))

    def _all_indents(self) -> dict[int, int]:
        """New indentation of every line that does not begin inside a scalar: of its key or dash, of what it continues, or as a comment."""
        found: dict[int, int] = {}
        moved = 0
        for line in range(1, self.count + 1):
            if self.inside(line):
                continue
            body = self.source.line_text(line).strip(" \t")
            if line in self.layout.indents:
                found[line] = self.layout.indents[line]
                moved = found[line] - self._indent(line)
            elif body and not body.startswith("#"):
                found[line] = max(self._indent(line) + moved, 0)
        known = sorted(found)
        for line in range(1, self.count + 1):
            if line not in found and not self.inside(line) and self.source.line_text(line).strip().startswith("#"):
                found[line] = self._comment_indent(line, known, found)
        return found

    def _comment_indent(self, line: int, known: list[int], found: dict[int, int]) -> int:
        """A comment goes with the next line of its own column, else with the last one, else with the next line whatever its column."""
        own, i = self._indent(line), bisect_left(known, line)
        if own == 0 and i == len(known):
            return 0
        for other in (*known[i : i + 1], *reversed(known[max(i - 40, 0) : i])):
            if self._indent(other) == own:
                return found[other]
        following = known[i] if i < len(known) else None
        return found[following] if following is not None else 0
