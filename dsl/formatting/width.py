"""Full-width characters of a Korean keyboard in their plain forms, wherever the files want plain ones: not in titles, names, comments."""

from __future__ import annotations

import re

from dsl.full_width import half_width

#: a key whose text is people's own words
_FREE_KEY = re.compile(r"[ \t　]*(?:-[ \t]+)?(?:title|name)[ \t]*(:|：)")
_QUOTES = {"'": "'", '"': '"', "‘": "’", "’": "’", "“": "”", "”": "”", "＂": "＂", "＇": "＇"}
_OPENS_VALUE = ":：[［{｛,，-"


def narrow(text: str) -> str:
    """`text` with plain forms; line by line, so that it works on files that cannot be read yet."""
    lines = re.split("(\r\n|[\n\r])", text)
    out: list[str] = []
    block_indent: int | None = None  # inside a title of several lines
    for line in lines:
        own = len(line) - len(line.lstrip(" "))
        if block_indent is not None and line.strip() and own <= block_indent:
            block_indent = None
        free = _FREE_KEY.match(line)
        if block_indent is not None:
            out.append(line)
        elif free is not None:
            out.append(_free(line, free))
            value = line[free.end() :].partition(" #")[0].strip()
            block_indent = own if not value or value[0] in "|>" else None
        else:
            out.append(_line(line))
    return "".join(out)


def _free(line: str, key: re.Match[str]) -> str:
    """Only the colon behind the key."""
    head, rest = _indented(line[: key.start(1)]), line[key.end() :]
    return f"{head}: {rest.lstrip(' 　')}" if key[1] == "：" else head + key[1] + rest


def _indented(line: str) -> str:
    """Wide spaces at the start of a line stand for two columns."""
    own = len(line) - len(line.lstrip(" \u3000\u00a0"))
    return line[:own].replace("\u3000", "  ").replace("\u00a0", " ") + line[own:]


def _line(line: str) -> str:
    line = _indented(line)
    out: list[str] = []
    closing = ""
    for i, character in enumerate(line):
        before = line[:i].rstrip(" 　")
        if closing:
            closes = character == closing
            out.append((half_width(character) or character) if closes else character)
            closing = "" if closes else closing
        elif character in "#＃" and (i == 0 or line[i - 1] in " \t\u3000\u00a0"):
            return "".join(out) + "#" + line[i + 1 :]
        elif character in _QUOTES and (not before or before[-1] in _OPENS_VALUE):
            closing = _QUOTES[character] if _QUOTES[character] in line[i + 1 :] else ""
            out.append(half_width(character) or character)
        else:
            out.append(_plain(line, i))
    return "".join(out)


def _plain(line: str, i: int) -> str:
    """The plain form of line[i]; a colon behind a key gets the space that YAML wants."""
    character = line[i]
    if character != "：":
        return half_width(character) or character
    in_time = line[i - 1 : i].isdigit() and line[i + 1 : i + 2].isdigit()
    after = line[i + 1 : i + 2]
    return ":" if in_time or not after or after in " \t\u3000\u00a0\r\n" else ": "
