"""A file read up to its schema: the typed model beside the tree that knows where everything stands."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from dsl.account_limits import line_of_key
from dsl.diagnostics import Diagnostic, Severity, Span
from dsl.full_width import full_width_error, half_width
from dsl.shapes import key_called, looks_like_stop, shape, value_called
from dsl.source import Source
from dsl.yaml_tree import Mapping as YamlMapping
from dsl.yaml_tree import Scalar, Sequence, YamlNode, locate, plain

Model = TypeVar("Model", bound=BaseModel)
Path = tuple[str | int, ...]
_FREE_TEXT = ("title",)
#: known words that are all compared with a misspelt one; of more, those with its first letter
MAX_KNOWN = 600
#: errors against the schema that are put into words; more than are shown of one file
MAX_SCHEMA_ERRORS = 150


@dataclass(frozen=True)
class Document(Generic[Model]):
    """`model` is None when the schema refused the file; `root` is still there for what can be said about it."""

    source: Source
    root: YamlNode
    model: Model | None
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def scalar(self, *path: str | int) -> Scalar | None:
        """The text at `path`, if there is one exactly there."""
        node: YamlNode = self.root
        for segment in path:
            if isinstance(node, YamlMapping) and isinstance(segment, str):
                found = node.find(segment)
                if found is None:
                    return None
                node = found[1]
            elif isinstance(node, Sequence) and isinstance(segment, int) and segment < len(node.items):
                node = node.items[segment]
            else:
                return None
        return node if isinstance(node, Scalar) else None

    def key(self, *path: str) -> Scalar:
        """The key that `path` ends with. Raises KeyError when it is not in the file."""
        key, _ = locate(self.root, path)
        if key is None or key.text != path[-1]:
            raise KeyError(path)
        return key


def dotted(path: Iterable[str | int]) -> str:
    """The path for messages: without the tags of the schema and the words that join conditions."""
    return ".".join(str(part) for part in path if not str(part).startswith("<") and part not in ("all", "any", "none", "at_least"))


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be."""
    lower = {name.lower(): name for name in sorted(known, reverse=True)}
    if len(lower) > MAX_KNOWN:
        lower = {name: shown for name, shown in lower.items() if name[:1] == word[:1].lower()}
    found = difflib.get_close_matches(word.lower()[:100], list(lower), n=1, cutoff=0.6)
    return lower[found[0]] if found else None


def replaced(source: Source, span: Span, text: str) -> str:
    """The whole line with the spanned part replaced."""
    line = source.line_text(span.line)
    return line[: span.column - 1] + text + line[span.column - 1 + span.length :]


def read(
    source: Source,
    root: YamlNode,
    model: type[Model],
    unbuilt: Iterable[tuple[str, ...]],
    unbuilt_values: Mapping[tuple[str, ...], tuple[str, ...]],
) -> Document[Model]:
    """Hold the tree against its schema. Every finding becomes a diagnostic at its place."""
    unbuilt = tuple(unbuilt)
    diagnostics = [*_full_width(root, ()), *_unbuilt(root, unbuilt, unbuilt_values)]
    try:
        return Document(source, root, model.model_validate(plain(root)), diagnostics)
    except ValidationError as error:
        wide = {(d.span.line) for d in diagnostics if d.code == "E002"}
        found = [_schema_error(source, root, model, details, unbuilt) for details in error.errors(include_url=False)[:MAX_SCHEMA_ERRORS]]
        meant = {(d.path, args["name"]) for d in found if d.code == "E201" for key, args in d.notes if key == "did_you_mean"}
        found = [d for d in found if d.span.line not in wide and not (d.code == "E211" and (d.path, d.args["key"]) in meant)]
        groups = [d for d in found if d.code == "E201" and d.label == "group"]
        found = [d for d in found if d not in groups or d is next(g for g in groups if g.path == d.path)]
        return Document(source, root, None, [*diagnostics, *found])


def _full_width(node: YamlNode, path: Path) -> list[Diagnostic]:
    """Full-width characters in keys, and in a text that should have been a mapping (`key：value`); rules are looked at by the parser."""
    if isinstance(node, Sequence):
        return [d for number, item in enumerate(node.items) for d in _full_width(item, (*path, number))]
    if isinstance(node, Scalar):
        return [_wide(node, path)] if not path and any(map(half_width, node.text)) else []
    found: list[Diagnostic] = []
    for key, value in node.entries:
        if any(map(half_width, key.text)):
            found.append(_wide(key, path))
        elif isinstance(value, Scalar) and "：" in value.text and key.text not in _FREE_TEXT:
            found.append(_wide(value, (*path, key.text)))
        elif not isinstance(value, Scalar):
            found.extend(_full_width(value, (*path, key.text)))
    return found


def _wide(scalar: Scalar, path: Path) -> Diagnostic:
    place = next(index for index, character in enumerate(scalar.text) if half_width(character))
    return full_width_error(scalar.source, scalar.offset(place), dotted(path))


def _unbuilt(root: YamlNode, unbuilt: Iterable[tuple[str, ...]], values: Mapping[tuple[str, ...], tuple[str, ...]]) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for path in unbuilt:
        key, value = locate(root, path[:-1])
        entry = value.find(path[-1]) if isinstance(value, YamlMapping) and (key is None) == (len(path) == 1) else None
        if entry is not None:
            found.append(Diagnostic("E210", Severity.ERROR, entry[0].span(), dotted(path[:-1]), {"key": ".".join(path)}))
    for path, refused in values.items():
        key, value = locate(root, path)
        if key is not None and key.text == path[-1] and isinstance(value, Scalar) and value.text in refused:
            shown = {"key": f"{path[-1]}: {value.text}"}
            found.append(Diagnostic("E210", Severity.ERROR, value.span(), dotted(path), shown))
    return found


def _schema_error(source: Source, root: YamlNode, model: type[BaseModel], details: Any, unbuilt: Collection[Path]) -> Diagnostic:
    kind, path = str(details["type"]), tuple(details["loc"])
    key, value = locate(root, path)
    place = key if key is not None else value
    if kind == "extra_forbidden":
        return _unknown_key(source, root, model, path, unbuilt)
    if kind == "missing":
        parent_key, parent = locate(root, path[:-1])
        where = parent_key if parent_key is not None else parent
        span = where.span() if isinstance(where, Scalar) else source.span(parent.start, parent.start + 1)
        parent_name = dotted(path[:-1])
        label = "" if parent_name else "root"
        return Diagnostic("E211", Severity.ERROR, span, parent_name, {"key": str(path[-1]), "parent": parent_name}, label)
    if kind == "literal_error" and isinstance(value, Scalar):
        return _unknown_value(source, path, value, _choices(details))
    expected = {"string_type": "text", "string_too_short": "text", "list_type": "list"}.get(kind, "mapping")
    span = value.span() if isinstance(value, Scalar) and value.text else place.span()
    named = next((part for part in reversed(path) if isinstance(part, str) and not part.startswith("<")), "file")
    steps = tuple(part for part in path if not str(part).startswith("<"))
    label, instead = shape(steps, expected, value)
    plain_text = isinstance(value, Scalar) and value.style is None
    fix = replaced(source, value.span(), instead) if instead is not None and plain_text else ""
    if fix and label == "exit" and key is not None and key.style is None and looks_like_stop(key.text):
        fix = fix.replace(f"{key.text}:", "stop:", 1)
    return Diagnostic("E212", Severity.ERROR, span, dotted(path), {"key": named}, label=label, fix=fix)


def _choices(details: Any) -> list[str]:
    return str(details["ctx"]["expected"]).split("'")[1::2]


def _unknown_value(source: Source, path: Path, value: Scalar, choices: list[str]) -> Diagnostic:
    meant = (
        value_called(str(path[-1]), value.text, choices) or suggestion(value.text, choices) or (choices[0] if len(choices) == 1 else None)
    )
    args = {"value": value.text[:60], "key": str(path[-1]), "choices": ", ".join(choices)}
    if meant is None:
        return Diagnostic("E213", Severity.ERROR, value.span(), dotted(path), args)
    fix = replaced(source, value.span(), meant) if value.style is None else ""
    return Diagnostic("E213", Severity.ERROR, value.span(), dotted(path), args, notes=(("did_you_mean", {"name": meant}),), fix=fix)


def _unknown_key(source: Source, root: YamlNode, model: type[BaseModel], path: Path, unbuilt: Collection[Path]) -> Diagnostic:
    key, value = locate(root, path)
    assert key is not None
    steps = tuple(part for part in path[:-1] if not str(part).startswith("<"))
    allowed = [name for name in keys_of(model, path[:-1]) if (*steps, name) not in unbuilt]
    parent = dotted(path[:-1])
    _, parent_node = locate(root, path[:-1])
    present = {entry[0].text for entry in parent_node.entries} if isinstance(parent_node, YamlMapping) else set()
    free = [name for name in allowed if name not in present]
    line = line_of_key(key.text, value.text if isinstance(value, Scalar) else "") if _may_limit_account(model, parent) else None
    meant = None if line else key_called(key.text, parent.rpartition(".")[2], free) or suggestion(key.text, free)
    notes: list[tuple[str, dict[str, str]]] = [("allowed_keys", {"keys": ", ".join(allowed)})]
    fix = ""
    if line is not None:
        notes.append(("account_limit", {"line": line}))
    if meant is not None:
        notes.append(("did_you_mean", {"name": meant}))
        fix = replaced(source, key.span(), meant) if key.style is None else ""
    if meant == "weight" and isinstance(value, Scalar) and re.search(r"원|KRW|[0-9]\s*[만억천]", value.text):
        notes, fix = [notes[0], ("fixed_amount", {"line": "weight: 5% of equity"})], ""
    args = {"key": key.text[:60], "parent": parent}
    label = "group" if meant is None and allowed[:2] == ["all", "any"] else "" if parent else "root"
    return Diagnostic("E201", Severity.ERROR, key.span(), parent, args, label=label, notes=tuple(notes), fix=fix)


def _may_limit_account(model: type[BaseModel], parent: str) -> bool:
    """Whether a limit on the account is looked for here: in files that name a risk profile, outside of what they trade by."""
    return "risk_profile" in model.model_fields and parent in ("", "limits", "sizing")


def keys_of(model: type[BaseModel], path: Path = ()) -> list[str]:
    """Keys that the section at `path` may have, in file order."""
    current: Any = model
    for segment in path:
        current = stepped(section_of(current), segment)
    found = section_of(current)
    return (
        [info.alias or name for name, info in found.model_fields.items()]
        if isinstance(found, type) and issubclass(found, BaseModel)
        else []
    )


def section_of(annotation: Any) -> Any:
    """The model, dict or list inside an annotation."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return section_of(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        members = [section_of(member) for member in get_args(annotation) if member is not type(None)]
        return next((m for m in members if get_origin(m) in (dict, list) or (isinstance(m, type) and issubclass(m, BaseModel))), None)
    return annotation


def stepped(section: Any, segment: str | int) -> Any:
    """The annotation of what stands under a key or in a place of a section; None when there is nothing."""
    if isinstance(segment, str) and segment.startswith("<"):
        return section
    if isinstance(section, type) and issubclass(section, BaseModel):
        fields = {info.alias or name: info for name, info in section.model_fields.items()}
        return fields[str(segment)].annotation if segment in fields else None
    arguments = get_args(section)
    return arguments[-1] if arguments else None
