"""Giving a name of the file another one everywhere, or saying why not."""

from __future__ import annotations

import re

from dsl.assist.answers import Edit, Kind, Renamed
from dsl.assist.names import Name, Names
from dsl.assist.words import words
from dsl.catalogue import Catalogue
from dsl.checker.settings import is_taken
from dsl.diagnostics import Language
from dsl.messages import text as message

_NAME = re.compile(r"[A-Za-z_가-힣][A-Za-z0-9_가-힣]*")
#: names of these kinds stand side by side in rules: no two may be equal
_SHARED = (Kind.PARAM, Kind.DEFINITION, Kind.ALIAS, Kind.SERIES)


def renamed(names: Names, offset: int, new: str, catalogue: Catalogue, language: Language) -> Renamed:
    """Edits at every place of the name under the cursor."""
    found = names.at(offset)
    if found is None:
        return Renamed((), message("assist.rename_nothing", language))
    refusal = _refusal(names, found.name, new, catalogue)
    if refusal:
        return Renamed((), message(f"assist.rename_{refusal}", language, name=new, old=found.name.text))
    places = [occurrence.place for occurrence in names.of(found.name)]
    return Renamed(tuple(Edit(place.start, place.end, new) for place in sorted(set(places)))) if new != found.name.text else Renamed(())


def _refusal(names: Names, name: Name, new: str, catalogue: Catalogue) -> str:
    """Key of the reason against it, "" when there is none."""
    if name.kind is Kind.EXIT and name.text == "stop":
        return "stop"
    if not _NAME.fullmatch(new):
        return "form"
    if new == name.text:
        return ""
    if is_taken(new, catalogue) and name.kind is not Kind.EXIT:
        return "taken"
    if name.kind is Kind.EXIT and new == "stop":
        return "stop"
    if name.kind in (*_SHARED, Kind.ARGUMENT) and names.unreadable:
        return "unreadable"
    if name.kind is Kind.ARGUMENT:
        return "twice" if new in names.parameters.get(name.owner, ()) or _used_in(names, name.owner, new) else ""
    if name.kind in _SHARED:
        others = {known.text for known in names.declared if known.kind in _SHARED}
        return "twice" if new in others or _caught(names, name, new) else ""
    return "twice" if Name(name.kind, new) in names.declared else ""


def _caught(names: Names, name: Name, new: str) -> bool:
    """Whether a definition that uses the name has a parameter called `new`, which it would then mean."""
    inside = [names.declared[known] for known in names.declared if known.kind is Kind.ARGUMENT and known.text == new]
    places = [found.place for found in names.of(name)]
    return any(entry.value.start <= place.start < entry.value.end for entry in inside for place in places)


def _used_in(names: Names, owner: str, new: str) -> bool:
    """Whether a definition's text already says `new`, which would then mean its parameter."""
    entry = names.declared.get(Name(Kind.DEFINITION, owner))
    if entry is None:
        return False
    return any(word.text.partition(".")[0] == new for word in words(names.layout.text, entry.value.start, entry.value.end))
