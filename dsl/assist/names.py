"""What a file gives names to, and every place that names it: definitions and their parameters, params, aliases, factors, regimes, exits."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from dsl.assist.answers import Kind, Place
from dsl.assist.layout import Entry, Layout
from dsl.assist.roles import Role, role_of
from dsl.assist.words import Word, open_brackets, words

_HEAD = re.compile(r"\s*([A-Za-z_가-힣][A-Za-z0-9_가-힣]*)\s*(?:\(([^()]*)\)?)?")
_NAME = re.compile(r"[A-Za-z_가-힣][A-Za-z0-9_가-힣]*")
#: sections whose keys are names that rules (exits: `after:`) use
_SECTIONS = {
    "params": Kind.PARAM,
    "aliases": Kind.ALIAS,
    "external": Kind.SERIES,
    "factors": Kind.FACTOR,
    "regime": Kind.REGIME,
    "exits": Kind.EXIT,
}


@dataclass(frozen=True, slots=True)
class Name:
    """Something that a file names. owner: the definition that a parameter (Kind.ARGUMENT) belongs to."""

    kind: Kind
    text: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place that names it; `declares` where it gets its name."""

    place: Place
    name: Name
    declares: bool = False


class Names:
    """Names of one text and where they occur, in the order of the text."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.declared: dict[Name, Entry] = {}
        self.parameters: dict[str, tuple[str, ...]] = {}
        self.unreadable: list[Entry] = []  # rules in double quotes with escapes: their words cannot be told apart
        declarations = list(self._declarations())
        self.occurrences = sorted({*declarations, *self._uses()}, key=lambda found: (found.place, not found.declares))
        self._starts = [found.place.start for found in self.occurrences]

    def at(self, offset: int) -> Occurrence | None:
        """The name at the offset, or that ends there."""
        for found in reversed(self.occurrences[: bisect_right(self._starts, offset)][-2:]):
            if found.place.start <= offset <= found.place.end:
                return found
        return None

    def of(self, name: Name) -> tuple[Occurrence, ...]:
        """Every place of a name, declarations first."""
        return tuple(sorted((o for o in self.occurrences if o.name == name), key=lambda o: (not o.declares, o.place)))

    def known(self, kind: Kind) -> list[str]:
        """Names of one kind, in the order of the file."""
        return [name.text for name in self.declared if name.kind is kind]

    def parameters_at(self, entry: Entry) -> tuple[str, ...]:
        """Parameters that may be used in a value: those of its definition."""
        return self.parameters.get(_head(entry)[0], ()) if entry.path[:1] == ("define",) and len(entry.path) == 2 else ()

    def visible(self, text: str, entry: Entry | None) -> Name | None:
        """What a bare name in a rule stands for, when the file says so."""
        if entry is not None and text in self.parameters_at(entry):
            return Name(Kind.ARGUMENT, text, _head(entry)[0])
        for kind in (Kind.PARAM, Kind.DEFINITION, Kind.SERIES):
            if Name(kind, text) in self.declared:
                return Name(kind, text)
        return None

    # ---- declarations ----
    def _declarations(self) -> Iterator[Occurrence]:
        for section, kind in _SECTIONS.items():
            for entry in self.layout.children((section,)):
                if isinstance(entry.path[-1], str) and not (kind is Kind.REGIME and entry.name == "otherwise"):
                    yield self._declare(Name(kind, entry.name), entry, self._inside(entry))
        otherwise = self.layout.find("regime", "otherwise")
        if otherwise is not None and _NAME.fullmatch(self.layout.string(otherwise)):
            yield self._declare(Name(Kind.REGIME, self.layout.string(otherwise)), otherwise, self._value(otherwise))
        for entry in self.layout.children(("define",)):
            if isinstance(entry.path[-1], str):
                yield from self._definition(entry)

    def _declare(self, name: Name, entry: Entry, place: Place) -> Occurrence:
        self.declared.setdefault(name, entry)
        return Occurrence(place, name, declares=True)

    def _definition(self, entry: Entry) -> Iterator[Occurrence]:
        place = self._inside(entry)
        head = _HEAD.match(self.layout.text, place.start, place.end)
        if head is None:
            return
        yield self._declare(Name(Kind.DEFINITION, head[1]), entry, Place(head.start(1), head.end(1)))
        found = list(_NAME.finditer(self.layout.text, head.start(2), head.end(2))) if head[2] else []
        self.parameters.setdefault(head[1], tuple(word[0] for word in found))
        for word in found:
            yield self._declare(Name(Kind.ARGUMENT, word[0], head[1]), entry, Place(word.start(), word.end()))

    def _inside(self, entry: Entry) -> Place:
        """The key without its quotes."""
        quoted = self.layout.text[entry.key.start : entry.key.start + 1] in ('"', "'")
        return Place(entry.key.start + quoted, entry.key.end - quoted)

    def _value(self, entry: Entry) -> Place:
        quoted = bool(entry.style)
        return Place(entry.value.start + quoted, entry.value.end - quoted)

    # ---- uses ----
    def _uses(self) -> Iterator[Occurrence]:
        for entry in self.layout.entries:
            if entry.bare or entry.value.start == entry.value.end or entry.style in ("{", "["):
                continue
            role = role_of(entry.path)
            if role is Role.EXIT:
                name = Name(Kind.EXIT, self.layout.string(entry))
                if name in self.declared:
                    yield Occurrence(self._value(entry), name)
            elif role in (Role.RULE, Role.EXIT_LEVEL, Role.DEFINITION):
                if entry.style == '"' and "\\" in self.layout.text[entry.value.start : entry.value.end]:
                    self.unreadable.append(entry)
                else:
                    yield from self._in_rule(entry)

    def _in_rule(self, entry: Entry) -> Iterator[Occurrence]:
        found = words(self.layout.text, entry.value.start, entry.value.end)
        for number, word in enumerate(found):
            if word.kind != "name":
                continue
            following = found[number + 1].text if number + 1 < len(found) else ""
            if following == "=":
                yield from self._argument_name(word, found[:number])
            elif _is_regime(found, number):
                name = Name(Kind.REGIME, word.text)
                if name in self.declared:
                    yield Occurrence(Place(word.start, word.end), name)
            else:
                yield from self._value_name(word, entry)

    def _argument_name(self, word: Word, before: list[Word]) -> Iterator[Occurrence]:
        """`n=` in a call of a definition that has the parameter n."""
        brackets = open_brackets(before)
        called = brackets[-1].name if brackets else None
        if called is not None:
            owner = called.text.rpartition(".")[2]
            if word.text in self.parameters.get(owner, ()):
                yield Occurrence(Place(word.start, word.end), Name(Kind.ARGUMENT, word.text, owner))

    def _value_name(self, word: Word, entry: Entry) -> Iterator[Occurrence]:
        text, start = word.text.rstrip("."), word.start
        first, dot, rest = word.text.partition(".")
        if dot and Name(Kind.ALIAS, first) in self.declared:
            yield Occurrence(Place(start, start + len(first)), Name(Kind.ALIAS, first))
            text, start = rest.rstrip("."), start + len(first) + 1
        name = self.visible(text, entry)
        if name is not None:
            yield Occurrence(Place(start, start + len(text)), name)


def _head(entry: Entry) -> tuple[str, str]:
    found = _HEAD.match(entry.name)
    return (found[1], found[2] or "") if found is not None else ("", "")


def _is_regime(found: list[Word], number: int) -> bool:
    """Whether the word is compared with `regime`."""
    before = [word.text for word in found[max(number - 2, 0) : number]]
    after = [word.text for word in found[number + 1 : number + 3]]
    return (len(before) == 2 and before[0] == "regime" and before[1] in ("==", "!=")) or (
        len(after) == 2 and after[1] == "regime" and after[0] in ("==", "!=")
    )
