"""What expressions came to in other versions of the same file: only parameters differ, so what reads none of them is the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from dsl import ast
from dsl.checker.context import Context, Scope
from dsl.checker.values import Value
from dsl.diagnostics import Diagnostic


class Params(dict[str, Value]):
    """The parameters of one version of the file, which note that they are read. `names`: those of every version."""

    def __init__(self, memo: Memo, names: frozenset[str]) -> None:
        super().__init__()
        self._memo, self._names = memo, names

    def __getitem__(self, name: str) -> Value:
        self._note(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._note(name)
        return super().__contains__(name)

    def get(self, name: str, default: Value | None = None) -> Value | None:  # type: ignore[override]
        """The value, noted."""
        self._note(name)
        return super().get(name, default)

    def _note(self, name: object) -> None:
        if name in self._names and self._memo.reads:
            self._memo.reads[-1].add(str(name))

    def values_of(self, names: tuple[str, ...]) -> tuple[Value | None, ...]:
        """Their values, not noted."""
        return tuple(super(Params, self).get(name) for name in names)


@dataclass(slots=True)
class _Outcome:
    value: Value | None
    found: tuple[Diagnostic, ...]
    names: tuple[str, ...]


#: by the names of the parameters that were read: their values -> outcome
_Outcomes = dict[tuple[str, ...], dict[tuple[Value | None, ...], _Outcome]]


@dataclass(slots=True)
class Memo:
    """Outcomes of the expressions of one file, whose versions differ in the values of parameters alone and share one graph.

    reads: the parameters read so far, one set per expression that is being evaluated, innermost last.
    """

    names: frozenset[str]
    reads: list[set[str]] = field(default_factory=list)
    _frames: dict[Hashable, dict[Hashable, _Outcomes]] = field(default_factory=dict)
    _known: dict[Hashable, _Outcomes] = field(default_factory=dict)
    _kept: list[object] = field(default_factory=list)

    def params(self) -> Params:
        """An empty table for the parameters of the next version."""
        return Params(self, self.names)

    def enter(self, scope: Scope) -> None:
        """Begin with a version. What expressions read besides parameters makes a frame of its own: the clock and the factors' weights."""
        frame = (scope.clock, tuple(factor.weight for factor in scope.factors.values()), scope.error_count > 0)
        self._known = self._frames.setdefault(frame, {})

    def outcome(self, key: tuple[Hashable, object], scope: Scope, evaluate: Callable[[], Value | None]) -> Value | None:
        """The expression's value, with the findings that come with it: remembered, or `evaluate`d now."""
        params = scope.params
        assert isinstance(params, Params)
        outcomes = self._known.get(key[0])
        for names, by_values in (outcomes or {}).items():
            found = by_values.get(params.values_of(names))
            if found is not None:
                self._pass_on(found.names)
                for diagnostic in found.found:
                    scope.add(diagnostic)
                return found.value
        before = len(scope.diagnostics)
        self.reads.append(set())
        try:
            value = evaluate()
        finally:
            names = tuple(sorted(self.reads.pop()))
            self._pass_on(names)
        if not scope.full:
            if outcomes is None:
                outcomes = self._known[key[0]] = {}
                self._kept.append(key[1])
            outcomes.setdefault(names, {})[params.values_of(names)] = _Outcome(value, tuple(scope.diagnostics[before:]), names)
        return value

    def _pass_on(self, names: tuple[str, ...]) -> None:
        if self.reads:
            self.reads[-1].update(names)


def key_of(expression: ast.Expression, context: Context) -> tuple[Hashable, object] | None:
    """What an expression's outcome is remembered by, and the objects whose identity it is; None while an argument is not evaluated yet."""
    bindings = tuple(context.bindings.items())
    if any(not isinstance(value, Value) for _, value in bindings):
        return None
    site = context.site
    place = None if site is None else (id(site.rule.scalar), site.start, site.end)
    rule = context.rule
    key = (id(expression), context.section, context.phases, id(rule.scalar), rule.path, place, context.builtin, context.latest, bindings)
    return key, (expression, rule.scalar, site)
