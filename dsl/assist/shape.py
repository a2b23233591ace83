"""The schema of a file as editors ask it: which keys a section may have, what they hold, which words a value may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from dsl.assist.layout import Layout, Path
from dsl.diagnostics import Language
from dsl.document import keys_of, section_of, stepped
from dsl.messages import text, texts
from dsl.schema import portfolio, risk, strategy

#: schema -> model and the paths that are refused as not built
_FILES: Mapping[str, tuple[type[BaseModel], frozenset[tuple[str, ...]]]] = {
    "strategy": (strategy.StrategyFile, frozenset(strategy.UNBUILT)),
    "risk": (risk.RiskFile, frozenset(risk.UNBUILT)),
    "portfolio": (portfolio.PortfolioFile, frozenset()),
}


class Holds(StrEnum):
    """What stands under a key."""

    TEXT = "text"
    WORDS = "words"  # one of a few words
    SECTION = "section"
    NAMES = "names"  # a mapping with names of the user's own
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Key:
    """A key that a section may have."""

    name: str
    holds: Holds
    required: bool


def kind_of(layout: Layout) -> str:
    """`strategy`, `risk` or `portfolio`, by `schema:`; a file that does not say is taken for the kind that has most of its keys."""
    entry = layout.find("schema")
    said = layout.string(entry).partition("/")[0] if entry is not None else ""
    if said in _FILES:
        return said
    names = {child.name for child in layout.children(())}
    return max(_FILES, key=lambda kind: len(names & set(keys_of(_FILES[kind][0]))))


def keys(kind: str, path: Path) -> tuple[Key, ...]:
    """Keys of the section at `path`, in the order of the schema; empty where names are the user's own."""
    section = _section(kind, path)
    if not _is_model(section):
        return ()
    named = tuple(str(part) for part in path if isinstance(part, str))
    unbuilt = _FILES[kind][1]
    return tuple(
        Key(info.alias or name, _holds(info.annotation), info.is_required())
        for name, info in section.model_fields.items()
        if (*named, info.alias or name) not in unbuilt
    )


def has_own_names(kind: str, path: Path) -> bool:
    """Whether the keys of the section at `path` are names of the user's own."""
    return get_origin(_section(kind, path)) is dict


def choices(kind: str, path: Path) -> tuple[str, ...]:
    """The words that the value at `path` may be, when they are a closed list."""
    model = _FILES[kind][0]
    annotation: Any = model
    for part in path:
        annotation = stepped(section_of(annotation), part)
    return _words(annotation)


def pattern(kind: str, path: Path) -> str:
    """The path with `*` for names of the user's own and places in lists: `exits.*.at`."""
    current: Any = _FILES[kind][0]
    parts: list[str] = []
    for part in path:
        section = section_of(current)
        parts.append(str(part) if _is_model(section) and isinstance(part, str) else "*")
        current = stepped(section, part)
    return ".".join(parts)


def meaning(kind: str, path: Path, language: Language) -> str:
    """What a key means; empty where nothing is said."""
    where = pattern(kind, path)
    for area, key in (
        ("keys", f"{kind}.{where}"), ("assist", f"key.{kind}.{where}"), ("keys", f"strategy.{where}"), ("assist", f"key.{path[-1]}"),
    ):  # fmt: skip
        if key in texts(area):
            return text(f"{area}.{key}", language)
    return ""


def _section(kind: str, path: Path) -> Any:
    annotation: Any = _FILES[kind][0]
    for part in path:
        annotation = stepped(section_of(annotation), part)
    return section_of(annotation)


def _is_model(section: Any) -> bool:
    return isinstance(section, type) and issubclass(section, BaseModel)


def _holds(annotation: Any) -> Holds:
    section = section_of(annotation)
    if _is_model(section):
        return Holds.SECTION
    if get_origin(section) is dict:
        return Holds.NAMES
    if get_origin(section) is list:
        return Holds.LIST
    return Holds.WORDS if _words(annotation) else Holds.TEXT


def _words(annotation: Any) -> tuple[str, ...]:
    origin = get_origin(annotation)
    if origin is Literal:
        return tuple(str(word) for word in get_args(annotation))
    if origin is Annotated:
        return _words(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return tuple(word for member in get_args(annotation) for word in _words(member))
    return ()
