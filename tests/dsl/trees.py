"""Walks that the tests of the language share: over syntax trees without their places, and over the keys of a schema."""

from __future__ import annotations

import dataclasses
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from dsl.schema.base import Group, Param
from dsl.schema.portfolio import PortfolioFile
from dsl.schema.risk import RiskFile
from dsl.schema.strategy import StrategyFile

FILES: dict[str, type[BaseModel]] = {"strategy": StrategyFile, "risk": RiskFile, "portfolio": PortfolioFile}


def without_places(node: object) -> object:
    """A syntax tree as nested tuples, without where its parts stand."""
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        names = [field.name for field in dataclasses.fields(node)]
        kept = [name for name in names if name not in ("start", "end", "name_end") and not name.endswith(("_start", "_starts"))]
        return (type(node).__name__, *(without_places(getattr(node, name)) for name in kept))
    if isinstance(node, tuple):
        return tuple(without_places(item) for item in node)
    return node


def schema_paths(kind: str) -> set[str]:
    """The patterns of all texts that a file of this kind may have."""
    return set(_paths(FILES[kind], ()))


def _paths(annotation: Any, path: tuple[str, ...]) -> list[str]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _paths(arguments[0], path)
    if annotation is str or origin is Literal:
        return [".".join(path)]
    if origin is list:
        return _paths(arguments[0], (*path, "*"))
    if origin is dict:
        return _paths(arguments[1], (*path, "*"))
    if origin in (Union, types.UnionType):
        return [found for member in arguments if member not in (type(None), Group) for found in _paths(member, path)]
    if annotation is Group:
        return [".".join(path)]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = [(info.alias or name, info) for name, info in annotation.model_fields.items()]
        return [found for name, info in fields for found in _paths(_annotation(info), (*path, name))]
    raise TypeError(annotation)


def _annotation(info: Any) -> Any:
    return Param if Param in get_args(info.annotation) else info.annotation
