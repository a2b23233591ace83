"""The one door of the language: the text of a strategy file in, a checked strategy (or everything that is wrong with it) out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from dsl.catalogue import Catalogue, Unit
from dsl.checker.book_share import read_book_share
from dsl.checker.breakers import markets_below, read_breakers
from dsl.checker.clock import DAY_MS
from dsl.checker.conditions import Conditions
from dsl.checker.context import RuleText, Scope
from dsl.checker.costs import check_costs
from dsl.checker.crowding import read_crowding
from dsl.checker.entries import split
from dsl.checker.execution import read_execution, read_reload
from dsl.checker.exits import read_exits, warn_unbounded_loss
from dsl.checker.expressions import Expressions
from dsl.checker.file_tests import read_tests
from dsl.checker.possible_orders import check_profile, check_sizes
from dsl.checker.risk import read_risk
from dsl.checker.sections import check_factors, check_regimes, read_externals, read_factors, read_regimes
from dsl.checker.settings import (
    StrategyDocument,
    check_name,
    read_aliases,
    read_clock,
    read_definitions,
    read_limits,
    read_markets,
    read_params,
    read_sizing,
    text_at,
    warn_all_cash,
    warn_live,
)
from dsl.checker.universe import read_universe
from dsl.checker.unused import warn_unused
from dsl.checker.values import Value
from dsl.diagnostics import Diagnostic, Severity
from dsl.document import Document, read, suggestion
from dsl.graph import Graph, Node, Phase, Section, Timeframe
from dsl.loader import load
from dsl.pairs import BITCOIN, markets_read
from dsl.parser import parse_rule
from dsl.prune import prune
from dsl.schema import risk as risk_schema
from dsl.schema import strategy as strategy_schema
from dsl.schema.risk import RiskFile
from dsl.schema.strategy import StrategyFile
from dsl.source import Source
from dsl.spacing import compact
from dsl.strategy import RiskProfile, State, Strategy
from dsl.yaml_tree import Mapping as YamlMapping
from dsl.yaml_tree import Scalar, YamlNode, plain

#: name of a profile -> (text, file name), None when there is none
RiskProfiles = Callable[[str], tuple[str, str] | None]
_MINUTE = Timeframe(60_000)
_RANKING = "turnover(24h)"
#: one object, so that versions of a file remember what it came to
_RANK = RuleText(Scalar(Source("", _RANKING), _RANKING, 0, len(_RANKING)), ())


@dataclass(frozen=True)
class Finding:
    """A diagnostic with the text that it points into (a strategy can be refused for a mistake in its risk file)."""

    diagnostic: Diagnostic
    source: Source


@dataclass(frozen=True)
class Compiled:
    """Result of checking a strategy file. `strategy` is None when there are errors; `document` and `risk` as far as they could be read.

    definitions: what is known about each definition without parameters, read on the clock; their nodes are those of `graph`, in which
    nothing is pruned.
    """

    source: Source
    strategy: Strategy | None
    findings: tuple[Finding, ...]
    document: StrategyDocument | None = None
    risk: Document[RiskFile] | None = None
    definitions: Mapping[str, Value] = field(default_factory=dict)
    graph: Graph = field(default_factory=Graph)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All findings, of the strategy file and of its risk file, in the order of the text."""
        return tuple(finding.diagnostic for finding in self.findings)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What refuses the file."""
        return tuple(found for found in self.diagnostics if found.severity is Severity.ERROR)


@dataclass(frozen=True)
class CompiledRisk:
    """Result of checking a risk file."""

    source: Source
    profile: RiskProfile | None
    findings: tuple[Finding, ...]
    document: Document[RiskFile] | None = None


def compile_strategy(
    source: str,
    file_name: str,
    catalogue: Catalogue,
    risk_profiles: RiskProfiles,
    *,
    risk_profile: str | None = None,
    refuse_unbuilt: bool = True,
) -> Compiled:
    """Check a strategy file. Never raises for anything that a file can contain.

    risk_profile: the profile that rules it instead of the file's own, as in a portfolio.
    refuse_unbuilt=False: keys that the engine does not execute yet are read and checked all the same, for tests of the language.
    """
    text = Source(file_name, source)
    root, diagnostics = load(text)
    if root is None:
        return Compiled(text, None, findings_of(text, diagnostics))
    unbuilt = strategy_schema.UNBUILT if refuse_unbuilt else ()
    document = read(text, root, StrategyFile, unbuilt, strategy_schema.UNBUILT_VALUES if refuse_unbuilt else {})
    scope = Scope(catalogue, _MINUTE)
    for diagnostic in (*diagnostics, *document.diagnostics):
        scope.add(diagnostic)
    profile, risk = _risk_profile(scope, document, risk_profiles, risk_profile)
    strategy = check_document(scope, document, profile)
    findings = findings_of(text, scope.diagnostics)
    if risk is not None:
        findings += risk.findings
    if strategy is not None and risk is not None and risk.document is not None and risk.profile is not None:
        strategy, more = with_profile(strategy, catalogue, risk.document, risk.source)
        findings += more
    strategy = None if strategy is None else prune(strategy)
    refused = any(found.diagnostic.severity is Severity.ERROR for found in findings)
    risk_document = risk.document if risk is not None else None
    return Compiled(text, None if refused else strategy, findings, document, risk_document, scope.definition_values, scope.graph)


def compile_risk(source: str, file_name: str, catalogue: Catalogue) -> CompiledRisk:
    """Check a risk file. Never raises for anything that a file can contain."""
    text = Source(file_name, source)
    root, diagnostics = load(text)
    if root is None:
        return CompiledRisk(text, None, findings_of(text, diagnostics))
    document = read(text, root, RiskFile, risk_schema.UNBUILT, {})
    scope = Scope(catalogue, _MINUTE)
    for diagnostic in (*diagnostics, *document.diagnostics):
        scope.add(diagnostic)
    profile = read_risk(scope, document, _text(document, "name"))
    check_profile(scope, document, profile)
    read_breakers(scope, document)  # on base bars of a minute; what they become is up to the strategy
    read_crowding(scope, document)
    read_book_share(scope, document)
    findings = findings_of(text, scope.diagnostics)
    refused = any(found.diagnostic.severity is Severity.ERROR for found in findings)
    return CompiledRisk(text, None if refused else profile, findings, document)


def schema_of(source: Source) -> str:
    """The kind of a file, told from its `schema:` (`strategy`, `risk`, `portfolio`); "" when it does not say."""
    root, _ = load(source)
    found = root.find("schema") if isinstance(root, YamlMapping) else None
    value = plain(found[1]) if found is not None else ""
    return value.partition("/")[0] if isinstance(value, str) else ""


def version_of(root: YamlNode) -> str:
    """Hash of the file without comments, quoting and spacing. The order of keys counts: exits are tried in file order."""
    return hashlib.sha256(json.dumps(_normal(plain(root)), ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


def _normal(value: object) -> object:
    if isinstance(value, dict):
        return [[key, _normal(item)] for key, item in value.items()]
    if isinstance(value, list):
        return [_normal(item) for item in value]
    return compact(str(value))


def findings_of(source: Source, diagnostics: list[Diagnostic]) -> tuple[Finding, ...]:
    """Diagnostics of one text, in its order."""
    ordered = sorted(diagnostics, key=lambda d: (d.span.line, d.span.column))
    return tuple(Finding(diagnostic, source) for diagnostic in ordered)


def _text(document: StrategyDocument | Document[RiskFile], *path: str) -> str:
    scalar = document.scalar(*path)
    return scalar.text if scalar is not None else ""


def _risk_profile(
    scope: Scope, document: StrategyDocument, risk_profiles: RiskProfiles, instead: str | None
) -> tuple[RiskProfile | None, CompiledRisk | None]:
    rule = text_at(document, "risk_profile")
    if rule is None and instead is None:
        return None, None
    name = instead if instead is not None else rule.text if rule is not None else ""
    found = risk_profiles(name)
    if found is None:
        if rule is not None and instead is None:
            missing_profile(scope, rule, risk_profiles)
        return None, None
    if rule is not None and rule.text != name:
        scope.report_at("W432", rule, 0, len(rule.text), name=name)
    compiled = compile_risk(found[0], found[1], scope.catalogue)
    return compiled.profile, compiled


#: what the shipped profiles call themselves in Korean
_PROFILES_CALLED = {
    "보수": "conservative", "보수형": "conservative", "안정형": "conservative", "균형": "balanced", "균형형": "balanced",
    "공격": "aggressive", "공격형": "aggressive",
}  # fmt: skip


def missing_profile(scope: Scope, rule: RuleText, risk_profiles: RiskProfiles) -> None:
    """E215 with the shipped name that was probably meant."""
    meant = _PROFILES_CALLED.get(rule.text) or suggestion(
        rule.text, [name for name in ("conservative", "balanced", "aggressive") if risk_profiles(name) is not None]
    )
    notes = (("did_you_mean", {"name": meant}),) if meant else ()
    bare = rule.text.removesuffix(".yaml").removesuffix(".yml")
    if bare != rule.text and risk_profiles(bare) is not None:
        scope.report_at("E215", rule, 0, len(rule.text), label="suffix", name=bare[:60], fix=rule.substituted(0, len(rule.text), bare))
        return
    fix = rule.substituted(0, len(rule.text), meant) if meant else ""
    scope.report_at("E215", rule, 0, len(rule.text), name=bare[:60], notes=notes, fix=fix)


def check_document(scope: Scope, document: StrategyDocument, profile: RiskProfile | None) -> Strategy | None:
    """Everything behind the schema, over the scope's graph. Goes on after errors, so that all of them are found."""
    clock_rule = text_at(document, "clock")
    clock = read_clock(scope, clock_rule) if clock_rule is not None else None
    scope.clock = clock or _MINUTE
    check_name(scope, document)
    warn_live(scope, document)
    markets = read_markets(scope, document)
    params = _read_names(scope, document)
    if scope.memo is not None:
        scope.memo.enter(scope)
    conditions = Conditions(scope, Expressions(scope))
    _check_definitions(scope, conditions)
    check_regimes(scope, conditions)
    factors, score = check_factors(scope, conditions)
    entry_node = document.root.find("entry") if isinstance(document.root, YamlMapping) else None
    entry = conditions.group(entry_node[1], ("entry",), order=True) if entry_node is not None else None
    exits = read_exits(scope, document, conditions)
    _warn_without_exits(scope, document)
    sizing = read_sizing(scope, document, conditions, profile)
    limits = read_limits(scope, document)
    tests = read_tests(scope, document, conditions)
    universe, execution = read_universe(scope, document), read_execution(scope, document)
    check_costs(scope, document)
    check_sizes(scope, document, sizing, profile)
    if clock is None:  # what was judged against the clock of the stand-in does not count
        scope.diagnostics = [found for found in scope.diagnostics if found.code not in ("E112", "E122", "E136")]
    if entry is None or entry.node is None or document.model is None or clock is None:
        return None
    if not scope.error_count and scope.memo is None:  # of versions nobody reads warnings
        warn_unused(scope, document)
        warn_all_cash(scope, document, sizing, limits, profile)
        warn_unbounded_loss(scope, document, exits, profile)
    market_part, order_part = _entry_parts(scope, conditions, entry.node)
    return Strategy(
        name=document.model.name, title=document.model.title, state=State(document.model.state), clock=clock,
        aliases=dict(scope.aliases), markets=markets, graph=scope.graph, entry=market_part, exits=exits, sizing=sizing, limits=limits,
        risk=profile, rank=_rank(scope, conditions, clock), conditions=tuple(conditions.named), params=params,
        version="" if scope.memo is not None else version_of(document.root),
        universe=universe, entry_order=order_part, factors=factors, score=score,
        externals=tuple(scope.externals.values()), execution=execution, reload=read_reload(document),
        wording=scope.wording, tests=tests,
    )  # fmt: skip


def with_profile(
    strategy: Strategy, catalogue: Catalogue, document: Document[RiskFile], source: Source
) -> tuple[Strategy, tuple[Finding, ...]]:
    """The strategy with what its profile computes on its clock, breakers in its graph, and what is wrong with them there."""
    assert strategy.risk is not None
    scope = Scope(catalogue, strategy.clock, graph=strategy.graph)
    breakers = read_breakers(scope, document)
    crowding, book_share = read_crowding(scope, document), read_book_share(scope, document)
    named = [breaker.node for breaker in breakers] + ([] if book_share is None else [book_share.node])
    read = markets_below(scope.graph, named)
    if crowding is not None:
        read |= markets_read(crowding.graph) | (set() if crowding.btc is None else {BITCOIN})
    names = {market: alias for alias, market in scope.aliases.items()}
    aliases = dict(strategy.aliases)
    for market in sorted(read - {*aliases.values()}):
        alias = names.get(market, market)
        aliases[market if alias in aliases else alias] = market
    findings = tuple(found for found in findings_of(source, scope.diagnostics) if found.diagnostic.severity is Severity.ERROR)
    risk = replace(strategy.risk, breakers=breakers, crowding=crowding, book_share=book_share)
    return replace(strategy, aliases=aliases, risk=risk), findings


def _read_names(scope: Scope, document: StrategyDocument) -> dict[str, float]:
    """Everything that the file gives a name to, into the scope; a name means one thing. The parameters' values."""
    scope.has_universe = isinstance(document.root, YamlMapping) and document.root.find("universe") is not None
    read_aliases(scope, document)
    params = read_params(scope, document)
    read_externals(scope, document)
    read_regimes(scope, document)
    read_definitions(scope, document)
    read_factors(scope, document)
    return params


def _entry_parts(scope: Scope, conditions: Conditions, entry: int) -> tuple[int, int | None]:
    """What the market decides (in a universe: for its members only), and what waits for the size of the order."""
    section = Section(scope.clock)
    market_part, order_part = split(scope.graph, entry, section)
    if scope.has_universe:
        text = RuleText(Scalar(Source("", ""), "", 0, 0), ())
        member = conditions.expressions.nodes.member(conditions.context(text))
        node = Node("and", (market_part, conditions.expressions.nodes.id_of(member)), (), section, Phase.MARKET, Unit.CONDITION)
        market_part = scope.graph.add(node)
    return market_part, order_part


def _warn_without_exits(scope: Scope, document: StrategyDocument) -> None:
    found = document.root.find("exits") if isinstance(document.root, YamlMapping) else None
    if found is not None and isinstance(found[1], YamlMapping) and not found[1].entries:
        scope.report_at("W408", RuleText(found[0], ()), 0, len(found[0].text))


def _check_definitions(scope: Scope, conditions: Conditions) -> None:
    """Every definition on its own, so that mistakes in unused ones are found too; those with parameters are checked where used."""
    for definition in scope.definitions.values():
        if definition.body is not None and not definition.parameters:
            context = conditions.context(definition.rule, position=True, account=True, order=True)
            place = definition.body
            value = conditions.expressions.names.definition(definition, place, context)
            if value is not None:
                scope.definition_values[definition.name] = value


def _rank(scope: Scope, conditions: Conditions, clock: Timeframe) -> int | None:
    """Turnover over 24 hours, by which entries of one instant are ordered."""
    if "turnover" not in scope.catalogue or DAY_MS % clock.length_ms:
        return None
    value = conditions.expressions.evaluate(parse_rule(_RANK.text), conditions.context(_RANK))
    return None if value is None else value.node
