"""Where an expression is being checked: on which bars, in which text, with which names bound; and where findings are collected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dsl import ast
from dsl.catalogue import Catalogue
from dsl.checker.values import Value
from dsl.diagnostics import Diagnostic, Severity, Span
from dsl.document import dotted, replaced
from dsl.full_width import full_width_error
from dsl.graph import Graph, Phase, Section, Timeframe
from dsl.strategy import External, Wording
from dsl.yaml_tree import Scalar

if TYPE_CHECKING:
    from dsl.checker.memo import Memo

Notes = tuple[tuple[str, dict[str, str]], ...]
#: errors of one file that are looked for; guessing what each name was meant to be takes time
MAX_ERRORS = 100
MARKET_ONLY: frozenset[Phase] = frozenset({Phase.MARKET})
EVERY_PHASE: frozenset[Phase] = frozenset(Phase)


@dataclass(frozen=True)
class RuleText:
    """One text of the file and its YAML path."""

    scalar: Scalar
    path: tuple[str | int, ...]

    @property
    def text(self) -> str:
        return self.scalar.text

    def span(self, start: int, end: int) -> Span:
        return self.scalar.span(start, end)

    def substituted(self, start: int, end: int, text: str) -> str:
        """The whole line with text[start:end] replaced; "" when the rule is quoted or runs over several lines there."""
        source = self.scalar.source
        first, last = self.scalar.offset(start), self.scalar.offset(max(end - 1, start))
        if self.scalar.style in ("'", '"') or source.line_of(first) != source.line_of(last):
            return ""
        return replaced(source, source.span(first, last + 1), text) if end > start else self._inserted(start, text)

    def _inserted(self, at: int, text: str) -> str:
        source = self.scalar.source
        place = self.scalar.offset(at - 1) + 1
        line = source.line_of(place)
        column = place - source.line_start(line)
        whole = source.line_text(line)
        return whole[:column] + text + whole[column:]


@dataclass(frozen=True, slots=True)
class Site:
    """The place in the user's text that stands for something expanded elsewhere."""

    rule: RuleText
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Thunk:
    """An argument that has not been evaluated: it means the same text on whatever bars the definition reads it.

    expanding: the definitions that were being expanded where it was written; `f(f(x))` is no circle, `f(x): g(f(x))` is one.
    """

    expression: ast.Expression
    context: Context
    expanding: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """Surroundings of an expression.

    phases: which kinds of late values (`pos.*`, `acct.*`, `order.*` and `cost.*`) may be read.
    bindings: parameters of the definition or function being expanded.
    site: the reference that led into a definition. builtin: inside a function of the catalogue, so findings belong to the site.
    latest: a suffix finer than the bars here means its latest value, as in a risk profile, which serves any clock.
    """

    section: Section
    rule: RuleText
    phases: frozenset[Phase] = MARKET_ONLY
    bindings: Mapping[str, Value | Thunk] = field(default_factory=dict)
    site: Site | None = None
    builtin: bool = False
    latest: bool = False

    def on(self, section: Section) -> Context:
        """The same surroundings on other bars."""
        return replace(self, section=section)


@dataclass(frozen=True, slots=True)
class Definition:
    """One entry of `define:`. `body` is None when it could not be parsed (already reported)."""

    name: str
    parameters: tuple[str, ...]
    body: ast.Expression | None
    rule: RuleText


@dataclass(frozen=True, slots=True)
class FactorText:
    """One entry of `factors:`."""

    definition: Definition
    weight: float


@dataclass
class Scope:
    """What a file's expressions may refer to, and what has been found about them."""

    catalogue: Catalogue
    clock: Timeframe
    aliases: dict[str, str] = field(default_factory=dict)
    params: dict[str, Value] = field(default_factory=dict)
    definitions: dict[str, Definition] = field(default_factory=dict)
    externals: dict[str, External] = field(default_factory=dict)
    regimes: dict[str, Definition | None] = field(default_factory=dict)
    """In the order of the file; None: `otherwise`."""
    factors: dict[str, FactorText] = field(default_factory=dict)
    missing_factor: str = "block"
    has_universe: bool = False
    graph: Graph = field(default_factory=Graph)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    broken_names: set[str] = field(default_factory=set)
    definition_values: dict[str, Value] = field(default_factory=dict)
    error_count: int = 0
    wording: Wording = field(default_factory=Wording)
    memo: Memo | None = None
    """What other versions of the file, checked into the same graph, came to; None: nothing is remembered."""
    _seen: set[tuple[object, ...]] = field(default_factory=set)

    def add(self, diagnostic: Diagnostic) -> None:
        """Record a finding; the same one at the same place is recorded once."""
        key = (diagnostic.code, diagnostic.span, *sorted(diagnostic.args.items()))
        if key in self._seen or self.full:
            return
        self._seen.add(key)
        self.error_count += diagnostic.severity is Severity.ERROR
        if self.full:  # the last one says that there may be more
            diagnostic = Diagnostic("E218", Severity.ERROR, diagnostic.span, diagnostic.path, {"limit": str(MAX_ERRORS)})
        self.diagnostics.append(diagnostic)

    @property
    def full(self) -> bool:
        """Whether so much is wrong that looking further would only take time."""
        return self.error_count >= MAX_ERRORS

    def report(
        self, code: str, context: Context, start: int, end: int, *, label: str = "", notes: Notes = (), fix: str = "", **args: str
    ) -> None:
        """Record a finding about [start, end) of the context's text, or about its site when the text is not the user's."""
        rule = context.rule
        if context.builtin and context.site is not None:
            rule, start, end, fix = context.site.rule, context.site.start, context.site.end, ""
        self.report_at(code, rule, start, end, label=label, notes=notes, fix=fix, **args)

    def report_at(
        self, code: str, rule: RuleText, start: int, end: int, *, label: str = "", notes: Notes = (), fix: str = "", **args: str
    ) -> None:
        """Record a finding about [start, end) of a text; `args` fill the message."""
        if code == "E002":
            self.add(full_width_error(rule.scalar.source, rule.scalar.offset(start), dotted(rule.path)))
            return
        severity = Severity.WARNING if code.startswith("W") else Severity.ERROR
        self.add(Diagnostic(code, severity, rule.span(start, end), dotted(rule.path), args, label, notes, fix))
