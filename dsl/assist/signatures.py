"""Signatures: one line for a function, and which argument of it is being written."""

from __future__ import annotations

from dsl.assist.answers import Kind, Parameter, Place, Signature
from dsl.assist.names import Name
from dsl.assist.roles import Role, role_of
from dsl.assist.surroundings import Surroundings
from dsl.assist.vocabulary import Term, unit_word
from dsl.assist.words import Open, open_brackets, words
from dsl.catalogue import Arg, ArgKind
from dsl.diagnostics import Language
from dsl.messages import text as message


def signature_line(term: Term) -> str:
    """`ema(x, n)`, `rsi(n=14, *, x=close)`."""
    return _line(term.name, term.args)[0] if term.args is not None else term.name


def _line(name: str, args: tuple[Arg, ...]) -> tuple[str, list[Place]]:
    """The signature and the place of each argument in it."""
    text = f"{name}("
    places: list[Place] = []
    starred = False
    for number, arg in enumerate(args):
        text += ", " if number else ""
        if arg.keyword_only and not starred:
            text, starred = text + "*, ", True
        shown = arg.name if arg.default is None else f"{arg.name}={arg.default}"
        places.append(Place(len(text), len(text) + len(shown)))
        text += shown
    return f"{text})", places


def signature(around: Surroundings, offset: int) -> Signature | None:
    """The function whose arguments are being written at the cursor."""
    spot = around.layout.at(offset)
    if spot is None or spot.in_key or role_of(spot.path) not in (Role.RULE, Role.EXIT_LEVEL):
        return None
    brackets = open_brackets(words(around.layout.text, spot.place.start, offset))
    inside = next((bracket for bracket in reversed(brackets) if bracket.name is not None), None)
    if inside is None or inside.name is None:
        return None
    called = inside.name.text
    alias, _, rest = called.partition(".")
    bare = rest if Name(Kind.ALIAS, alias) in around.names.declared else called
    if bare in around.names.parameters:
        return _of_definition(around, bare, inside)
    term = around.vocabulary.get(bare)
    if term is None or term.args is None:
        return None
    label, places = _line(term.name, term.args)
    parameters = tuple(Parameter(place, _about(arg, around.language)) for arg, place in zip(term.args, places, strict=True))
    return Signature(label, term.line(around.language), parameters, _active(term.args, inside))


def _of_definition(around: Surroundings, name: str, inside: Open) -> Signature:
    args = tuple(Arg(parameter, ArgKind.SERIES) for parameter in around.names.parameters[name])
    label, places = _line(name, args)
    text = around.layout.string(around.names.declared[Name(Kind.DEFINITION, name)])
    return Signature(label, f"`{text}`", tuple(Parameter(place, "") for place in places), _active(args, inside))


def _about(arg: Arg, language: Language) -> str:
    """What an argument takes, with its bounds."""
    said = [message(f"assist.takes.{'condition' if arg.unit.value == 'condition' else arg.kind.value}", language)]
    if arg.kind is ArgKind.NUMBER and unit_word(arg.unit, language):
        said.append(unit_word(arg.unit, language))
    if arg.minimum is not None or arg.maximum is not None:
        low = "" if arg.minimum is None else f"{arg.minimum:g}"
        high = "" if arg.maximum is None else f"{arg.maximum:g}"
        said.append(f"{low}..{high}")
    return ", ".join(said)


def _active(args: tuple[Arg, ...], inside: Open) -> int:
    if inside.argument is not None:
        return next((number for number, arg in enumerate(args) if arg.name == inside.argument), len(args))
    positional = [number for number, arg in enumerate(args) if not arg.keyword_only]
    return positional[inside.index] if inside.index < len(positional) else len(args)
