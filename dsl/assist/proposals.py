"""What completion collects before it knows the cursor's word: proposals, how well each fits the word, and in which order they come."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dsl.assist.answers import Completion, Edit, Kind, Place

#: an editor shows a few dozen; more only take time on the way
MAX_PROPOSALS = 200
_STOP = re.compile(r"⟦([^⟧]*)⟧")
_ENDS = "\r\n\x85\u2028\u2029"
_PART = re.compile(r"[._\s]+")


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something that could stand at the cursor.

    insert: text with its stops in ⟦ ⟧; empty = the label. group: smaller comes first among equally good ones. also: further words to find
    it by, such as its name in Korean.
    """

    label: str
    kind: Kind
    detail: str = ""
    documentation: str = ""
    insert: str = ""
    group: int = 5
    also: str = ""
    again: bool = False


def chosen(proposals: Iterable[Proposal], text: str, place: Place, offset: int) -> tuple[Completion, ...]:
    """The proposals that fit what is typed, best first; accepting one replaces `place`, as far as it lies in the cursor's line."""
    line_start = max(text.rfind(end, 0, offset) for end in _ENDS) + 1
    line = text[line_start:offset]
    rest = text[offset : max(place.end, offset)]
    place = Place(max(place.start, line_start), offset + min((rest.find(end) for end in _ENDS if end in rest), default=len(rest)))
    typed = text[place.start : offset]
    indent = len(line) - len(line.lstrip(" "))
    fitting: dict[tuple[str, Kind], tuple[tuple[int, int, int], Proposal]] = {}
    for number, proposal in enumerate(proposals):
        fit = _fit(typed, proposal)
        if fit is not None:
            fitting.setdefault((proposal.label, proposal.kind), ((fit, proposal.group, number), proposal))
    ordered = sorted(fitting.values(), key=lambda found: found[0])
    return tuple(_completion(proposal, place, indent) for _, proposal in ordered[:MAX_PROPOSALS])


def _fit(typed: str, proposal: Proposal) -> int | None:
    """0 begins so, 1 a part of it begins so, 2 contains it, 3 has its letters in order, 4 is described so; None does not fit."""
    word, label = typed.lower(), proposal.label.lower()
    if label.startswith(word):
        return 0
    if any(part.startswith(word) for part in _PART.split(label)):
        return 1
    if word in label:
        return 2
    if len(word) > 1 and label[:1] == word[0] and _in_order(word, label):
        return 3
    return 4 if len(word) > 1 and word in f"{proposal.also} {proposal.detail}".lower() else None


def _in_order(word: str, label: str) -> bool:
    letters = iter(label)
    return all(letter in letters for letter in word)


def _completion(proposal: Proposal, place: Place, indent: int) -> Completion:
    text, stops = _with_stops(proposal.insert or proposal.label)
    edit = Edit(place.start, place.end, text)
    return Completion(proposal.label, proposal.kind, proposal.detail, proposal.documentation, edit, stops, proposal.again, indent)


def _with_stops(insert: str) -> tuple[str, tuple[Place, ...]]:
    parts: list[str] = []
    stops: list[Place] = []
    at = length = 0
    for found in _STOP.finditer(insert):
        before = insert[at : found.start()]
        parts += [before, found[1]]
        stops.append(Place(length + len(before), length + len(before) + len(found[1])))
        length += len(before) + len(found[1])
        at = found.end()
    return "".join([*parts, insert[at:]]), tuple(stops)
