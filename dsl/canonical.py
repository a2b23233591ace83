"""What a rule says, as a hash: equal for two texts that differ in spacing, brackets, spelled-out defaults or names of definitions.

Definitions are expanded by hash, not by text, so that nothing grows. Parameters keep their names: their values are settings of their own.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from dsl import ast
from dsl.builder import Amount, LossLimit, Phrase, RuleError, Signature
from dsl.catalogue import ArgKind, Catalogue, Function, Unit
from dsl.parser import STARTS, parse_phrase, parse_rule
from dsl.spacing import compact

_PLAIN = frozenset({Unit.NUMBER, Unit.RATIO, Unit.SCORE})
_JOINED = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}


@dataclass(frozen=True, slots=True)
class Defined:
    """One entry of `define:`; `body` is None when it cannot be read."""

    name: str
    parameters: tuple[str, ...]
    body: ast.Expression | None


def defined(key: str, text: str) -> Defined:
    """The definition `key: text`; a key that is no signature is taken as a name."""
    try:
        signature = parse_phrase(key, "signature")
    except RuleError:
        signature = Signature(key, ())
    return Defined(signature.name, signature.parameters, expression_of(text))


def expression_of(text: str) -> ast.Expression | None:
    """The expression that a text is, if it is one."""
    try:
        return parse_rule(text)
    except RuleError:
        return None


def value_of(text: str, kind: str) -> Amount | None:
    """The number that a phrase stands for; ratios and plain numbers are one kind. None when it is no single number."""
    try:
        found = parse_phrase(text, kind) if kind in STARTS and kind != "rule" else None
    except RuleError:
        return None
    if isinstance(found, LossLimit) and (found.ratio is None) != (found.krw is None):
        found = Amount(found.krw, Unit.MONEY) if found.ratio is None and found.krw is not None else Amount(found.ratio or 0.0, Unit.RATIO)
    if isinstance(found, Phrase) and kind == "positions":
        return Amount(float(found.words[0].replace("_", "")), Unit.NUMBER)
    if not isinstance(found, Amount):
        return None
    return Amount(found.value, Unit.NUMBER) if found.unit in _PLAIN else found


def loss_limit_of(text: str) -> tuple[float, float] | None:
    """`3% or 30만원` -> (0.03, 300000.0); infinite where one of them is not given. None when it is no limit of loss."""
    try:
        found = parse_phrase(text, "loss_limit")
    except RuleError:
        return None
    if not isinstance(found, LossLimit):
        return None
    return (math.inf if found.ratio is None else found.ratio), (math.inf if found.krw is None else found.krw)


def phrase_form(text: str, kind: str) -> str:
    """A phrase by its meaning: `12% of equity` and `0.12` are the same."""
    amount = value_of(text, kind)
    if amount is not None:
        return f"{amount.unit}:{amount.value!r}"
    try:
        found = parse_phrase(text, kind) if kind in STARTS and kind not in ("rule", "of_depth") else None
    except RuleError:
        return compact(text)
    return compact(text) if found is None else repr(found)


def names_in(expression: ast.Expression) -> Iterator[str]:
    """Every name that the expression mentions, called or not."""
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name | ast.Call):
            yield node.name
        waiting.extend(ast.children(node))


@dataclass
class Names:
    """The names of one file: what its definitions and aliases mean, and which of them a rule needs."""

    definitions: Mapping[str, Defined]
    aliases: Mapping[str, str]
    catalogue: Catalogue
    _known: dict[tuple[str, ...], str] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    _defaults: dict[str, str] = field(default_factory=dict)

    def deep(self, expression: ast.Expression) -> str:
        """What the rule means, its definitions and aliases included."""
        return self._hash(expression, {}, expand=True)

    def shallow(self, expression: ast.Expression) -> str:
        """What the rule says, names as they are written."""
        return self._hash(expression, {}, expand=False)

    def definition(self, name: str) -> str:
        """What a definition means; its parameters count by their places."""
        found = self.definitions[name]
        places = {parameter: _digest("parameter", str(i)) for i, parameter in enumerate(found.parameters)}
        return "" if found.body is None else self._hash(found.body, places, expand=True)

    def written(self, name: str) -> str:
        """What a definition says, names as they are written."""
        found = self.definitions[name]
        places = {parameter: _digest("parameter", str(i)) for i, parameter in enumerate(found.parameters)}
        return "" if found.body is None else self._hash(found.body, places, expand=False)

    def needs(self, expression: ast.Expression) -> frozenset[str]:
        """Names that the rule depends on: those it mentions, and those its definitions mention. Aliases are cut off as well."""
        found: set[str] = set()
        waiting = list(names_in(expression))
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            found.add(name)
            head, dot, rest = name.partition(".")
            if dot and head in self.aliases:
                waiting += [head, rest]
            body = self.definitions[name].body if name in self.definitions else None
            waiting += [] if body is None else names_in(body)
        return frozenset(found)

    # ---- hashing ----
    def _hash(self, node: ast.Expression, bound: Mapping[str, str], *, expand: bool) -> str:
        def inner(part: ast.Expression) -> str:
            return self._hash(part, bound, expand=expand)

        match node:
            case ast.Bracket(value=value):
                return inner(value)
            case ast.Literal(value=value, unit=unit):
                return _digest("number", str(Unit.NUMBER if unit in _PLAIN else unit), repr(value + 0.0))
            case ast.Name(name=name):
                return self._name(name, bound, expand=expand)
            case ast.Call():
                return self._call(node, bound, expand=expand)
            case ast.Comparison(operands=operands, operators=operators):
                parts = [inner(operand) for operand in operands]
                return _joined("and", [_digest(_JOINED[word], *parts[i : i + 2]) for i, word in enumerate(operators)])
            case ast.Logic(operands=operands, operators=operators) if len(set(operators)) == 1:
                return _joined(operators[0], [inner(operand) for operand in operands])
            case _:
                words = [
                    str(getattr(node, name)) for name in ("operator", "kind", "direction", "timeframe", "operators") if hasattr(node, name)
                ]
                return _digest(type(node).__name__, *words, *map(inner, ast.children(node)))

    def _name(self, name: str, bound: Mapping[str, str], *, expand: bool) -> str:
        if name in bound:
            return bound[name]
        head, dot, rest = name.partition(".")
        if expand and dot and head in self.aliases:
            return _digest("market", self.aliases[head], self._name(rest, {}, expand=True))
        if expand and name in self.definitions:
            return self._expanded(name, ())
        function = self.catalogue.get(name)
        if function is not None and function.callable_by_user:
            return self._called(function, {}, expand=expand)
        return _digest("name", name)

    def _call(self, node: ast.Call, bound: Mapping[str, str], *, expand: bool) -> str:
        head, dot, rest = node.name.partition(".")
        if expand and dot and head in self.aliases:
            inside = ast.Call(node.start, node.end, rest, node.arguments, node.name_end)
            return _digest("market", self.aliases[head], self._call(inside, bound, expand=True))
        function = self.catalogue.get(node.name)
        parameters = [arg.name for arg in function.args] if function is not None else []
        target = self.definitions.get(node.name)
        if target is not None:
            parameters = list(target.parameters)
        given = self._given(node, parameters, function, bound, expand=expand)
        if function is not None and target is None:
            return self._called(function, given, expand=expand)
        if expand and target is not None and set(given) == set(parameters):
            return self._expanded(node.name, tuple(given[parameter] for parameter in parameters))
        return _digest("call", node.name, *(part for item in sorted(given.items()) for part in item))

    def _given(
        self, node: ast.Call, parameters: list[str], function: Function | None, bound: Mapping[str, str], *, expand: bool
    ) -> dict[str, str]:
        """Hashes of the arguments by name; a window may be written with or without `bars`."""
        windows = {arg.name for arg in function.args if arg.kind is ArgKind.WINDOW} if function is not None else set()
        free = iter([name for name in parameters if name not in {argument.name for argument in node.arguments}])
        found: dict[str, str] = {}
        for i, argument in enumerate(node.arguments):
            name = argument.name or next(free, f"#{i}")
            value = ast.unbracketed(argument.value)
            if name in windows and isinstance(value, ast.Literal) and value.unit is Unit.BARS:
                value = ast.Literal(value.start, value.end, value.value, Unit.NUMBER)
            found[name] = self._hash(value, bound, expand=expand)
        return found

    def _called(self, function: Function, given: Mapping[str, str], *, expand: bool) -> str:
        """A function of the catalogue with its defaults filled in."""
        parts = [given[arg.name] if arg.name in given else self._default(arg.default, expand=expand) for arg in function.args]
        extra = sorted(name for name in given if name not in {arg.name for arg in function.args})
        return _digest("function", function.name, *parts, *(part for name in extra for part in (name, given[name])))

    def _default(self, text: str | None, *, expand: bool) -> str:
        if text is None:
            return "missing"
        if text not in self._defaults:
            self._defaults[text] = self._hash(parse_rule(text), {}, expand=expand)
        return self._defaults[text]

    def _expanded(self, name: str, arguments: tuple[str, ...]) -> str:
        key = (name, *arguments)
        target = self.definitions[name]
        if key not in self._known:
            if target.body is None or name in self._open:
                return _digest("unreadable", name)
            self._open.append(name)
            self._known[key] = self._hash(target.body, dict(zip(target.parameters, arguments, strict=False)), expand=True)
            self._open.pop()
        return self._known[key]


def _joined(word: str, parts: Iterable[str]) -> str:
    """From left to right, as `a and b and c` is read."""
    result = ""
    for part in parts:
        result = _digest(word, result, part) if result else part
    return result


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
