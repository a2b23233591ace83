"""The white space of rule texts: one way of writing every expression and phrase, and a form without any for comparing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

#: what YAML counts as the end of a line
LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_WORD_START = "A-Za-z_가-힣"
_TOKEN = re.compile(
    rf"""(?P<word>[0-9]{{1,2}}:[0-9]{{2}}                                        # 09:05
        |[0-9][0-9_]*(?:\.[0-9][0-9_]*)?[eE][+-]?[0-9]+                          # 1e-5
        |[0-9][0-9_]*(?:\.[0-9][0-9_]*)?[ ]?%                                    # 2%
        |[0-9][0-9_]*(?:\.[0-9][0-9_]*)?[0-9{_WORD_START}]*                      # 20, 0.5bp, 4h, 30만원
        |[{_WORD_START}][0-9{_WORD_START}]*(?:\.[{_WORD_START}][0-9{_WORD_START}]*)*)  # macd.hist
    |(?P<tight>\.\.|@)
    |(?P<equal>=(?!=))
    |(?P<operator>\?\?|<=|>=|==|!=|[-+*/<>])
    |(?P<open>[(\[])
    |(?P<close>[)\]])
    |(?P<comma>,)
    |(?P<space>\s+)""",
    re.VERBOSE,
)
#: words after which a bracket is not a call's, and a sign is a sign
KEYWORDS = frozenset({
    "and", "or", "not", "then", "within", "if", "else", "in", "enters", "leaves", "above", "below", "for", "of",
})  # fmt: skip


class Token(NamedTuple):
    """text[start:end] of a rule, kind by the groups of `_TOKEN`."""

    kind: str
    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token] | None:
    """The tokens of a text without its white space; None when it has something that no rule has."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup or "", match[0], at, match.end()))
        at = match.end()
    return found


def spaced(text: str) -> str:
    """`text` with the usual space between its tokens; line breaks stay. What is not of the rule language comes back as it is."""
    found = tokens(text)
    if not found:
        return text
    parts = [text[: found[0].start]]
    for i, token in enumerate(found):
        if i:
            between = text[found[i - 1].end : token.start]
            parts.append(between if LINE_END.search(between) else " " * _apart(found, i))
        parts.append(_written(token))
    parts.append(text[found[-1].end :])
    return "".join(parts)


@lru_cache(maxsize=4096)
def compact(text: str) -> str:
    """`text` with as little white space as keeps its tokens apart: two texts that differ only in spacing come out equal."""
    found = tokens(text)
    if not found:
        return " ".join(text.split())
    return "".join(_compact(found))


def _compact(found: list[Token]) -> Iterator[str]:
    for i, token in enumerate(found):
        if i and found[i - 1].kind == token.kind == "word":
            yield " "
        yield _written(token)


def _written(token: Token) -> str:
    return token.text.replace(" ", "") if token.text.endswith("%") else token.text


def _apart(found: list[Token], i: int) -> bool:
    """Whether a space stands between token i-1 and token i."""
    before, here = found[i - 1], found[i]
    if before.kind in ("open", "tight", "equal") or here.kind in ("close", "comma", "tight", "equal"):
        return False
    if here.text == "[":
        return before.kind not in ("word", "close") or before.text in KEYWORDS
    if here.text == "(":
        return before.kind == "comma" or before.text in KEYWORDS or (before.kind == "operator" and not _is_sign(found, i - 1))
    return not (before.kind == "operator" and _is_sign(found, i - 1))


def _is_sign(found: list[Token], i: int) -> bool:
    """Whether + or - at place i belongs to the value behind it."""
    if found[i].text not in ("+", "-"):
        return False
    if i == 0:
        return True
    before = found[i - 1]
    return before.kind in ("operator", "open", "comma", "tight", "equal") or before.text in KEYWORDS
