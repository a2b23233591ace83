"""A formatted text as edits of the text before it, so that an editor's cursor and marks stay where they were."""

from __future__ import annotations

import difflib
import re

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def line_edits(old: str, new: str) -> tuple[tuple[int, int, str], ...]:
    """Replacements (start, end, text) of whole lines, in order, that make `new` of `old`. Offsets count characters of `old`."""
    before, after = _LINE.findall(old), _LINE.findall(new)
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line))
    if len(before) == len(after):  # the usual case: no line came or went
        pairs = [(i, i + 1, i, i + 1) for i in range(len(before)) if before[i] != after[i]]
    else:
        matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
        pairs = [(a, b, c, d) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal"]
    return tuple((starts[a], starts[b], "".join(after[c:d])) for a, b, c, d in pairs)
