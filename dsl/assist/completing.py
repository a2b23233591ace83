"""Completion: finds out what the cursor is writing and asks for the proposals of that place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dsl.assist.answers import Completion, Kind
from dsl.assist.layout import Path, Spot
from dsl.assist.markets import MARKETS
from dsl.assist.names import Name
from dsl.assist.proposals import Proposal, chosen
from dsl.assist.roles import Role, examples, role_of
from dsl.assist.rules import TIMEFRAMES, rule_proposals
from dsl.assist.sections import key_proposals
from dsl.assist.shape import choices, keys
from dsl.assist.surroundings import Surroundings
from dsl.assist.vocabulary import bar_word
from dsl.diagnostics import Language
from dsl.messages import text as message


def complete(around: Surroundings, offset: int, profiles: tuple[str, ...], strategies: tuple[str, ...] = ()) -> tuple[Completion, ...]:
    """What could be written at the cursor, best first. profiles, strategies: names of the files that may be named."""
    text = around.layout.text
    spot = around.layout.at(offset)
    if spot is None:
        return ()
    if spot.in_key:
        followed = text[spot.place.end :].lstrip(" ").startswith(":")
        return chosen(key_proposals(around, spot, followed), text, spot.place, offset)
    if isinstance(spot.path[-1] if spot.path else "", int) and keys(around.kind, spot.path):  # `- ` and the first key of the item
        line_start = text.rfind("\n", 0, spot.place.start) + 1
        spot = replace(spot, in_key=True, column=spot.place.start - line_start)
        return chosen(key_proposals(around, spot, text[spot.place.end :].lstrip(" ").startswith(":")), text, spot.place, offset)
    role = role_of(spot.path)
    if role in (Role.RULE, Role.EXIT_LEVEL):
        place, proposals = rule_proposals(around, spot.path, spot.place, offset)
        if role is Role.EXIT_LEVEL and not text[spot.place.start : place.start].strip():
            proposals += _texts(spot.path, 0)
        return chosen(proposals, text, place, offset)
    return chosen(_values(around, spot, role, profiles, strategies), text, spot.place, offset)


def _values(around: Surroundings, spot: Spot, role: Role, profiles: tuple[str, ...], strategies: tuple[str, ...]) -> Iterator[Proposal]:
    language = around.language
    words = choices(around.kind, spot.path)
    for number, word in enumerate(words):
        yield Proposal(word, Kind.VALUE, group=number)
    if role is Role.MARKET:
        yield from _markets(around, spot)
    elif role is Role.TIMEFRAME:
        for number, name in enumerate(dict.fromkeys((*examples(spot.path), *TIMEFRAMES))):
            yield Proposal(name, Kind.TIMEFRAME, message("assist.clock", language, bar=bar_word(name, language)), group=number)
    elif role is Role.PROFILE:
        yield from (Proposal(name, Kind.PROFILE, message("assist.profile", language), group=number) for number, name in enumerate(profiles))
    elif role is Role.STRATEGY:
        yield from (Proposal(name, Kind.STRATEGY, message("assist.strategy", language), group=n) for n, name in enumerate(strategies))
    elif role is Role.EXIT:
        own = spot.path[1] if len(spot.path) > 1 else ""
        for name in around.names.known(Kind.EXIT):
            if name != own:
                yield Proposal(name, Kind.EXIT, message("assist.exit", language))
    elif role is Role.DEFINITION:
        for name in around.names.known(Kind.DEFINITION):
            yield Proposal(name, Kind.DEFINITION, around.layout.string(around.names.declared[Name(Kind.DEFINITION, name)]))
    elif not words:
        yield from _texts(spot.path, 3)


def _texts(path: Path, group: int) -> list[Proposal]:
    return [Proposal(text, Kind.VALUE, group=group) for text in examples(path)]


def _markets(around: Surroundings, spot: Spot) -> Iterator[Proposal]:
    """Markets of this file first, then well-known ones, all to be found by code, by coin and by name."""
    here = {around.layout.string(e) for e in around.layout.entries if role_of(e.path) is Role.MARKET and not e.bare and e.style != "["}
    siblings = {around.layout.string(e) for e in around.layout.children(spot.path[:-1])} if isinstance(spot.path[-1], int) else set()
    written = around.layout.text[spot.place.start : spot.place.end]
    for code in (*sorted(here - {written}), *MARKETS):
        if not code.startswith("KRW-") or (code in siblings and code != written):
            continue
        name = MARKETS.get(code)
        shown = "" if name is None else name.ko if around.language is Language.KOREAN else name.en
        also = "" if name is None else f"{name.ko} {name.en}"
        yield Proposal(code, Kind.MARKET, shown, group=0 if code in here else 1, also=also)
