"""Versions of one strategy file that differ in numbers: each checked like a file, all of them over one graph.

Equal nodes of different versions are one node, so that whoever computes them computes them once. What a version shares with the one
before it is not checked again: its rules are remembered by the parameters that they read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from dsl.catalogue import Catalogue
from dsl.checker.conditions import WORDS
from dsl.checker.context import Scope
from dsl.checker.memo import Memo
from dsl.checker.settings import StrategyDocument
from dsl.compile import Compiled, CompiledRisk, RiskProfiles, check_document, compile_risk, compile_strategy, with_profile
from dsl.diagnostics import Severity
from dsl.document import read
from dsl.graph import Graph, Timeframe
from dsl.loader import load
from dsl.schema import strategy as strategy_schema
from dsl.schema.strategy import StrategyFile
from dsl.source import Source
from dsl.strategy import RiskProfile, Strategy
from dsl.yaml_tree import Mapping as YamlMapping
from dsl.yaml_tree import Scalar, Sequence, YamlNode

#: a number in a rule, and the unit behind it; not a part of a name, of a market or of a time of day
_NUMBER: Final = re.compile(r"(?<![\w.:])(?P<number>-?\d[\d_]*(?:\.\d+)?)(?P<unit> ?%|bp|[a-zA-Z가-힣]+| (?:KRW|원|bars?)\b)?(?![:\d])")
#: where the number of an entry stands that has several keys
_VALUE_KEYS: Final = ("value", "at", "when")
_MINUTE: Final = Timeframe(60_000)


class PlaceError(ValueError):
    """A path that names no number of the file. `code`: unknown | none | several; `path`, `text`: what stands there."""

    def __init__(self, code: str, path: str, text: str = "") -> None:
        super().__init__(f"{code}: {path}")
        self.code, self.path, self.text = code, path, text


@dataclass(frozen=True, slots=True)
class Place:
    """One number of the file. path: as the file has it, without the words that join conditions; [start, end): its place in the scalar's
    text, its unit included; number_end: without the unit. param: the parameter whose value it is, or None."""

    path: str
    scalar: Scalar
    start: int
    number_end: int
    end: int
    param: str | None = None

    @property
    def text(self) -> str:
        """The number and its unit as the file says them."""
        return self.scalar.text[self.start : self.end]

    def replaced(self, value: str) -> str:
        """The scalar's text with another number; one without a unit keeps the file's."""
        end = self.number_end if re.fullmatch(r"-?[\d_]*\.?\d+", value) else self.end
        return self.scalar.text[: self.start] + value + self.scalar.text[end:]


@dataclass(frozen=True, slots=True)
class Variant:
    """One version. values: path -> what it says there; strategy: over the graph that all versions share, without conditions, wording,
    tests and version; None where it is refused."""

    values: Mapping[str, str]
    strategy: Strategy | None


class Variants:
    """The versions of one file. Raises ValueError when the file itself is refused: check it first."""

    def __init__(self, text: str, file_name: str, catalogue: Catalogue, risk_profiles: RiskProfiles) -> None:
        """text, file_name, risk_profiles: as compile_strategy takes them."""
        self.source = Source(file_name, text)
        root, _ = load(self.source)
        if not isinstance(root, YamlMapping):
            raise ValueError(f"{file_name} is no strategy file")
        self.root = YamlMapping(root.source, tuple(one for one in root.entries if one[0].text != "tests"), root.start, root.end)
        self.graph = Graph()
        self._catalogue, self._profiles = catalogue, risk_profiles
        self._risk: tuple[CompiledRisk | None, RiskProfile | None] | None = None
        self._breakers: dict[Timeframe, tuple[RiskProfile | None, dict[str, str]]] = {}
        self._documents: dict[tuple[tuple[str, str], ...], tuple[StrategyDocument, Memo]] = {}

    def place(self, path: str) -> Place:
        """The number that `path` names: a parameter by its name, anything else by the keys that lead to it, joined by dots.

        Raises PlaceError.
        """
        params = self.root.find("params")
        if "." not in path and params is not None and isinstance(params[1], YamlMapping) and params[1].find(path) is not None:
            path = f"params.{path}"
        scalar = _scalar(_followed(self.root, path), path)
        found = list(_NUMBER.finditer(scalar.text))
        if len(found) != 1:
            raise PlaceError("several" if found else "none", path, scalar.text)
        number = found[0]
        param = path.split(".")[1] if path.startswith("params.") else None
        return Place(path, scalar, number.start(), number.end("number"), number.end(), param)

    def steps(self, place: Place) -> tuple[str, str] | None:
        """(range, step) that the file gives the parameter; None where it does not."""
        found = self.root.find("params")
        node = found[1].find(place.param) if found is not None and isinstance(found[1], YamlMapping) and place.param else None
        if node is None or not isinstance(node[1], YamlMapping):
            return None
        limits, step = node[1].find("range"), node[1].find("step")
        if limits is None or step is None or not isinstance(limits[1], Scalar) or not isinstance(step[1], Scalar):
            return None
        return limits[1].text, step[1].text

    def variant(self, values: Mapping[Place, str]) -> Variant:
        """The version with these numbers."""
        said = {place.path: value for place, value in values.items()}
        others = tuple((place.path, value) for place, value in values.items() if place.param is None)
        known = self._documents.get(others)
        if known is None:
            known = self._documents[others] = self._document({p: v for p, v in values.items() if p.param is None}), Memo(self._names())
        document, memo = known
        if document.model is None:
            return Variant(said, None)
        scalars = {place.scalar.start: _said(place, value) for place, value in values.items() if place.param is not None}
        root = _with_scalars(document.root, scalars)
        return Variant(said, self._checked(replace(document, root=root), memo))

    def written(self, values: Mapping[Place, str]) -> str:
        """The text of the file with these numbers."""
        text = self.source.text
        for place, value in sorted(values.items(), key=lambda item: -item[0].scalar.start):
            start = place.scalar.offset(place.start)
            end = place.scalar.offset(place.end - 1) + 1
            new = place.replaced(value)
            text = text[:start] + new[place.start : len(new) - len(place.scalar.text) + place.end] + text[end:]
        return text

    def compiled(self, values: Mapping[Place, str]) -> Compiled:
        """The file with these numbers, checked from its text: what is wrong with it, at its place."""
        return compile_strategy(self.written(values), self.source.name, self._catalogue, self._profiles)

    def _names(self) -> frozenset[str]:
        found = self.root.find("params")
        return (
            frozenset(key.text for key, _ in found[1].entries) if found is not None and isinstance(found[1], YamlMapping) else frozenset()
        )

    def _document(self, values: Mapping[Place, str]) -> StrategyDocument:
        """The file held against its schema, which a parameter's number does not concern: it is text there."""
        root = _with_scalars(self.root, {place.scalar.start: _said(place, value) for place, value in values.items()})
        return read(self.source, root, StrategyFile, strategy_schema.UNBUILT, strategy_schema.UNBUILT_VALUES)

    def _checked(self, document: StrategyDocument, memo: Memo) -> Strategy | None:
        scope = Scope(self._catalogue, _MINUTE, params=memo.params(), graph=self.graph, memo=memo)
        for diagnostic in document.diagnostics:
            scope.add(diagnostic)
        compiled_risk, profile = self._profile(document)
        strategy = check_document(scope, document, profile)
        if strategy is None or any(found.severity is Severity.ERROR for found in scope.diagnostics):
            return None
        strategy = replace(strategy, conditions=())
        if compiled_risk is None or compiled_risk.document is None or profile is None:
            return strategy
        if strategy.clock not in self._breakers:
            whole, found = with_profile(strategy, self._catalogue, compiled_risk.document, compiled_risk.source)
            self._breakers[strategy.clock] = (None if found else whole.risk, whole.aliases)
        risk, aliases = self._breakers[strategy.clock]
        return None if risk is None else replace(strategy, risk=risk, aliases=aliases)

    def _profile(self, document: StrategyDocument) -> tuple[CompiledRisk | None, RiskProfile | None]:
        if self._risk is None:
            name = document.scalar("risk_profile")
            found = None if name is None else self._profiles(name.text)
            compiled = None if found is None else compile_risk(found[0], found[1], self._catalogue)
            self._risk = compiled, None if compiled is None else compiled.profile
        return self._risk


def _said(place: Place, value: str) -> Scalar:
    old = place.scalar
    return Scalar(old.source, place.replaced(value), old.start, old.end, old.style)


def _followed(root: YamlNode, path: str) -> YamlNode:
    """What the keys of a path lead to; the words that join conditions may be left out."""
    node = root
    for segment in path.split("."):
        node = _step(node, segment, path)
    return node


def _step(node: YamlNode, segment: str, path: str) -> YamlNode:
    if isinstance(node, Sequence) and segment.isdecimal() and int(segment) < len(node.items):
        return node.items[int(segment)]
    while isinstance(node, YamlMapping):
        found = node.find(segment)
        if found is not None:
            return found[1]
        if len(node.entries) != 1 or node.entries[0][0].text not in WORDS:
            break
        node = node.entries[0][1]
    raise PlaceError("unknown", path, segment)


def _scalar(node: YamlNode, path: str) -> Scalar:
    """The text at a path; of an entry with several keys its value, level or condition."""
    if isinstance(node, YamlMapping):
        node = next((found[1] for key in _VALUE_KEYS if (found := node.find(key)) is not None), node)
    if not isinstance(node, Scalar):
        raise PlaceError("none", path)
    return node


def _with_scalars(node: YamlNode, scalars: Mapping[int, Scalar]) -> YamlNode:
    """The tree with other scalars at these offsets; what has none of them below stays the same object."""
    if not scalars:
        return node
    if isinstance(node, Scalar):
        return scalars.get(node.start, node)
    inside = {at: scalar for at, scalar in scalars.items() if node.start <= at <= node.end}
    if not inside:
        return node
    if isinstance(node, Sequence):
        return replace(node, items=tuple(_with_scalars(item, inside) for item in node.items))
    return replace(node, entries=tuple((key, _with_scalars(value, inside)) for key, value in node.entries))
