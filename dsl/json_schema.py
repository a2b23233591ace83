"""JSON Schema (2020-12) of the files, from the pydantic schema: what an editor without our language server completes and checks by.

It knows shapes, words and phrases; what rules mean is the checker's. Everything that `check` accepts is valid here.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from dsl.diagnostics import Language
from dsl.keys import KEYS, RULE, pattern_of
from dsl.messages import text, texts
from dsl.phrases import FORMS, RULE_EXAMPLES
from dsl.schema import portfolio, risk, strategy
from dsl.schema.base import Group

Json = dict[str, Any]
Path = tuple[str, ...]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: kind of file -> the module of its schema and its model
FILES: Mapping[str, tuple[types.ModuleType, type[BaseModel]]] = {
    "strategy": (strategy, strategy.StrategyFile),
    "risk": (risk, risk.RiskFile),
    "portfolio": (portfolio, portfolio.PortfolioFile),
}
#: what YAML makes of a text without quotes
_SCALARS = ["string", "number", "boolean"]


def json_schema(kind: str, language: Language) -> Json:
    """The schema of one kind of file, with descriptions in one language. Raises KeyError for an unknown kind."""
    module, model = FILES[kind]
    maker = _Maker(kind, language, getattr(module, "UNBUILT", ()), getattr(module, "UNBUILT_VALUES", {}))
    found = maker.model(model, ())
    return {"$schema": DIALECT, "title": f"Jangdan {kind}", **found, "$defs": {"condition": maker.condition()}}


class _Maker:
    """Walks the models of one file. Paths have `*` for names of the user's own and places in lists."""

    def __init__(
        self, kind: str, language: Language, unbuilt: Iterable[tuple[str, ...]], unbuilt_values: Mapping[tuple[str, ...], tuple[str, ...]]
    ) -> None:
        self.kind, self.language = kind, language
        self.unbuilt, self.unbuilt_values = frozenset(unbuilt), unbuilt_values

    def model(self, model: type[BaseModel], path: Path) -> Json:
        """A section: its keys, those that must be there, and no others."""
        fields = {info.alias or name: info for name, info in model.model_fields.items()}
        fields = {name: info for name, info in fields.items() if (*path, name) not in self.unbuilt}
        found: Json = {"type": "object", **self._described(path)}
        found["properties"] = {name: self._field(info, (*path, name)) for name, info in fields.items()}
        found["additionalProperties"] = False
        required = [name for name, info in fields.items() if info.is_required()]
        return {**found, "required": required} if required else found

    def _field(self, info: FieldInfo, path: Path) -> Json:
        found = self._annotation(info.annotation, path)
        if any(isinstance(item, BeforeValidator) for item in info.metadata):  # may be written short, as one text
            found = {"anyOf": [self._text(path), found]}
        return {**found, **self._described(path)}

    def _annotation(self, annotation: Any, path: Path) -> Json:
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            inner = self._annotation(arguments[0], path)
            short = any(isinstance(item, BeforeValidator) for item in arguments[1:])
            return {"anyOf": [self._text(path), inner]} if short else inner
        if origin is Literal:
            return self._words(arguments, path)
        if origin is list:
            return {"type": "array", "items": self._item(arguments[0], path)}
        if origin is dict:
            return {"type": "object", "additionalProperties": self._item(arguments[1], path)}
        if origin in (Union, types.UnionType):
            return self._union([member for member in arguments if member is not types.NoneType], path)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return self.model(annotation, path)
        return self._text(path)

    def _item(self, annotation: Any, path: Path) -> Json:
        inner = (*path, "*")
        return {**self._annotation(annotation, inner), **self._described(inner)}

    def _union(self, members: list[Any], path: Path) -> Json:
        if any(_is_group(member) for member in members):
            return {"$ref": "#/$defs/condition"}
        found = [self._annotation(member, path) for member in members]
        return found[0] if len(found) == 1 else {"anyOf": found}

    # ---- texts ----
    def _words(self, words: tuple[str, ...], path: Path) -> Json:
        refused = self.unbuilt_values.get(path, ())
        kept: list[str | bool] = [word for word in words if word not in refused]
        kept += [word == "true" for word in words if word in ("true", "false")]
        return {"enum": kept}

    def _text(self, path: Path) -> Json:
        pattern = pattern_of(self.kind, path)
        key = KEYS[self.kind][pattern] if pattern is not None else None
        if key is not None and key.kind == RULE:
            return self._rule(path)
        form = FORMS.get(key.kind) if key is not None else None
        if form is None:
            return {"type": _SCALARS, "minLength": 1} if key is None or key.kind != "title" else {"type": [*_SCALARS, "null"]}
        shown = [_as_yaml(example) for example in form.examples] if form.numbers else list(form.examples)
        return {"type": ["string", "number"] if form.numbers else "string", "pattern": f"^ *({form.pattern}) *$", "examples": shown}

    def _rule(self, path: Path) -> Json:
        examples = RULE_EXAMPLES.get(path[-1] if path else "", RULE_EXAMPLES[""])
        return {"type": _SCALARS, "minLength": 1, "examples": list(examples)}

    def condition(self) -> Json:
        """A rule, or a group of named rules under one joining word."""
        members = {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/condition"}}
        counted = {"type": "object", "minProperties": 1, "maxProperties": 1, "patternProperties": {"^ *[0-9]+ +of *$": members}}
        words = {name: {**members, "description": self._say(name)} for name in ("all", "any", "none")}
        words["at_least"] = {**counted, "additionalProperties": False, "description": self._say("at_least")}
        group = {"type": "object", "properties": words, "additionalProperties": False, "minProperties": 1, "maxProperties": 1}
        return {"anyOf": [self._rule(()), group]}

    def _described(self, path: Path) -> Json:
        key = ".".join((self.kind, *path))
        return {"description": text(f"keys.{key}", self.language)} if key in texts("keys") else {}

    def _say(self, word: str) -> str:
        return text(f"json_schema.{word}", self.language)


def _is_group(member: Any) -> bool:
    return member is Group or (get_origin(member) is Annotated and get_args(member)[0] is Group)


def _as_yaml(example: str) -> str | float:
    """The example as YAML reads it."""
    try:
        number = float(example)
    except ValueError:
        return example
    return int(number) if number == int(number) else number
