"""Portfolio file text in, checked portfolio (or everything that is wrong with it) out: its strategies, weights and conditions."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from dsl.builder import Amount
from dsl.catalogue import Catalogue
from dsl.checker.conditions import Conditions, parsed, phrase
from dsl.checker.context import EVERY_PHASE, RuleText, Scope
from dsl.checker.expressions import Expressions
from dsl.checker.sections import read_regimes
from dsl.checker.settings import check_name, entries, read_aliases, read_capital, read_definitions, read_params, text_at, warn_live
from dsl.compile import Compiled, Finding, RiskProfiles, compile_risk, compile_strategy, findings_of, missing_profile, version_of
from dsl.diagnostics import Severity
from dsl.document import Document, read, suggestion
from dsl.graph import Timeframe
from dsl.loader import load
from dsl.schema.portfolio import PortfolioFile
from dsl.source import Source
from dsl.strategy import Condition, Portfolio, PortfolioPart, RiskProfile, Strategy

#: name of a strategy -> (text, file name), None when there is none
Strategies = Callable[[str], tuple[str, str] | None]
PortfolioDocument = Document[PortfolioFile]
_MINUTE = Timeframe(60_000)
#: path of the condition among a strategy's named ones
WHEN = "portfolio.when"


@dataclass(frozen=True)
class CompiledPortfolio:
    """Result of checking a portfolio file and all that it names. `portfolio` is None when there are errors anywhere."""

    source: Source
    portfolio: Portfolio | None
    findings: tuple[Finding, ...]
    document: PortfolioDocument | None = None
    parts: tuple[Compiled, ...] = ()


def compile_portfolio(
    source: str, file_name: str, catalogue: Catalogue, risk_profiles: RiskProfiles, strategies: Strategies
) -> CompiledPortfolio:
    """Check a portfolio file. Never raises for anything that a file can contain. Its risk profile rules all its strategies."""
    text = Source(file_name, source)
    root, diagnostics = load(text)
    if root is None:
        return CompiledPortfolio(text, None, findings_of(text, diagnostics))
    document = read(text, root, PortfolioFile, (), {})
    scope = Scope(catalogue, _MINUTE)
    for diagnostic in (*diagnostics, *document.diagnostics):
        scope.add(diagnostic)
    check_name(scope, document)
    warn_live(scope, document)
    read_aliases(scope, document)
    read_params(scope, document)
    read_regimes(scope, document)
    read_definitions(scope, document)
    _check_definitions(scope)
    profile, more = _profile(scope, document, catalogue, risk_profiles)
    rule = text_at(document, "risk_profile")
    compiled: list[Compiled] = []
    parts: list[PortfolioPart] = []
    for key, _ in entries(document, "strategies"):
        found = _strategy(scope, document, key.text, strategies)
        if found is None:
            continue
        result = compile_strategy(*found, catalogue, risk_profiles, risk_profile=None if rule is None else rule.text)
        compiled.append(result)
        weight = _weight(scope, text_at(document, "strategies", key.text, "weight"))
        if result.strategy is not None and weight is not None:
            parts.append(_part(scope, document, key.text, result.strategy, weight))
    _check_parts(scope, document, parts)
    krw, ratio = read_capital(scope, text_at(document, "capital"))
    findings = (*findings_of(text, scope.diagnostics), *_others(compiled), *more)
    if document.model is None or any(found.diagnostic.severity is Severity.ERROR for found in findings):
        return CompiledPortfolio(text, None, findings, document, tuple(compiled))
    portfolio = Portfolio(document.model.name, document.model.title, tuple(parts), profile, krw, ratio, version_of(root))
    return CompiledPortfolio(text, portfolio, findings, document, tuple(compiled))


def _check_definitions(scope: Scope) -> None:
    """On their own, so that mistakes in those that no strategy uses are found too."""
    conditions = Conditions(scope, Expressions(scope, candidates=True))
    for definition in (*scope.definitions.values(), *(regime for regime in scope.regimes.values() if regime is not None)):
        if definition.body is not None and not definition.parameters:
            context = replace(conditions.context(definition.rule), phases=EVERY_PHASE)
            conditions.expressions.names.definition(definition, definition.body, context)


def _profile(
    scope: Scope, document: PortfolioDocument, catalogue: Catalogue, risk_profiles: RiskProfiles
) -> tuple[RiskProfile | None, tuple[Finding, ...]]:
    """The profile; its own findings only where no strategy brings them along."""
    rule = text_at(document, "risk_profile")
    if rule is None:
        return None, ()
    found = risk_profiles(rule.text)
    if found is None:
        missing_profile(scope, rule, risk_profiles)
        return None, ()
    compiled = compile_risk(*found, catalogue)
    return compiled.profile, () if entries(document, "strategies") else compiled.findings


def _strategy(scope: Scope, document: PortfolioDocument, key: str, strategies: Strategies) -> tuple[str, str] | None:
    rule = text_at(document, "strategies", key, "strategy")
    if rule is None:
        return None
    found = strategies(rule.text)
    if found is None:
        bare = re.sub(r"\.ya?ml$", "", rule.text, flags=re.IGNORECASE)
        there = [name for name in (bare, bare.lower(), key) if strategies(name) is not None]
        label = "suffix" if there[:1] == [bare] else ""
        meant = bare if label else suggestion(bare, there)
        notes = (("did_you_mean", {"name": meant}),) if meant and not label else ()
        fix = rule.substituted(0, len(rule.text), meant) if meant else ""
        scope.report_at("E430", rule, 0, len(rule.text), label=label, notes=notes, fix=fix, name=bare[:60])
    return found


def _weight(scope: Scope, rule: RuleText | None) -> float | None:
    found = None if rule is None else phrase(scope, rule, "of_equity")
    if rule is None or not isinstance(found, Amount):
        return None
    if not 0 < found.value <= 1:
        scope.report_at("E113", rule, 0, len(rule.text), label="ratio", name="weight")
        return None
    return found.value


def _part(scope: Scope, document: PortfolioDocument, key: str, strategy: Strategy, weight: float) -> PortfolioPart:
    """The strategy with its condition in its own graph, decided on its own clock; `across` there means all candidate markets."""
    rule = text_at(document, "strategies", key, "when")
    expression = None if rule is None else parsed(scope, rule)
    if rule is None or expression is None:
        return PortfolioPart(strategy, weight)
    before, scope.clock = scope.clock, strategy.clock
    conditions = Conditions(scope, Expressions(scope, strategy.graph, candidates=True))
    value = conditions.expressions.condition(expression, conditions.context(rule))
    scope.clock = before
    if value is None:
        return PortfolioPart(strategy, weight)
    node = conditions.expressions.nodes.id_of(value)
    aliases = {market if alias in strategy.aliases else alias: market for alias, market in scope.aliases.items()}
    others = {alias: market for alias, market in aliases.items() if market not in strategy.aliases.values()}
    named = (*strategy.conditions, Condition(WHEN, node))
    return PortfolioPart(replace(strategy, aliases={**strategy.aliases, **others}, conditions=named), weight, node)


def _check_parts(scope: Scope, document: PortfolioDocument, parts: list[PortfolioPart]) -> None:
    """Weights are shares of one whole; a strategy is there once, since its positions go by its name."""
    keys = [key for key, _ in entries(document, "strategies")]
    if math.fsum(part.weight for part in parts) > 1 + 1e-9 and keys:
        last = text_at(document, "strategies", keys[-1].text, "weight") or RuleText(keys[-1], ("strategies",))
        scope.report_at("E431", last, 0, len(last.text), total=f"{math.fsum(part.weight for part in parts) * 100:g}%")
    names = [part.strategy.name for part in parts]
    twice = next((number for number, name in enumerate(names) if name in names[:number]), None)
    if twice is not None and len(parts) == len(keys):
        scope.report_at("E431", RuleText(keys[twice], ("strategies",)), 0, len(keys[twice].text), label="twice", name=names[twice])
    if not keys and document.root is not None and document.model is not None:
        key = document.key("strategies")
        scope.report_at("E431", RuleText(key, ()), 0, len(key.text), label="none")


def _others(compiled: list[Compiled]) -> tuple[Finding, ...]:
    """What is wrong with the strategies and their profile, each thing once."""
    found: dict[tuple[object, ...], Finding] = {}
    for result in compiled:
        for finding in result.findings:
            found.setdefault((finding.source.name, finding.diagnostic.code, finding.diagnostic.span), finding)
    return tuple(found.values())
