"""Calls as text: the snippet that completion inserts, the signature that is shown while a call is written."""

from __future__ import annotations

import re

from dsl.assist.vocabulary import Term
from dsl.catalogue import Arg, ArgKind, Unit

_STAND_INS = {ArgKind.SERIES: "close", ArgKind.WINDOW: "20", ArgKind.NUMBER: "1", ArgKind.ANCHOR: "day"}
#: longest text of a file that is shown in one line
_SHORT = 60


def short(text: str) -> str:
    """A text of a file for a line beside a name."""
    return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"


def call_snippet(term: Term) -> str:
    """The call of a function with its arguments as stops, taken from its example; empty for what takes no brackets."""
    if term.args is None:
        return ""
    written = _example_arguments(term)
    if written is None:
        required = [arg for arg in term.args if arg.default is None]
        written = [(f"{arg.name}=" if arg.keyword_only else "", _stand_in(arg)) for arg in required]
    if not written and not term.needs_arguments:
        return ""
    return f"{term.name}({', '.join(f'{name}⟦{value}⟧' for name, value in written)})"


def _stand_in(arg: Arg) -> str:
    return "close > open" if arg.unit is Unit.CONDITION else _STAND_INS[arg.kind]


def _example_arguments(term: Term) -> list[tuple[str, str]] | None:
    """(`lo=` or nothing, value) of each argument in the example's call."""
    start = re.search(rf"(?<![\w.]){re.escape(term.name)}\(", term.example)
    if start is None:
        return None
    depth, begun, found = 0, start.end(), list[tuple[str, str]]()
    for at in range(start.end(), len(term.example)):
        character = term.example[at]
        if character in ",)" and depth == 0:
            part = term.example[begun:at].strip()
            named = re.match(r"([a-z_]+=)(?!=)", part)
            if part:
                found.append((named[1], part[named.end() :]) if named is not None else ("", part))
            begun = at + 1
            if character == ")":
                return found
        depth += (character in "([") - (character in ")]")
    return None
