"""`orders.max_book_share` of the risk file -> a share of an amount of KRW in the strategy's graph (docs/decide.md §6)."""

from __future__ import annotations

from dsl.builder import ShareOf
from dsl.catalogue import Unit
from dsl.checker.conditions import Conditions, phrase
from dsl.checker.context import RuleText, Scope
from dsl.checker.expressions import Expressions
from dsl.checker.risk import RiskDocument, rule_at
from dsl.strategy import BookShare


def read_book_share(scope: Scope, document: RiskDocument) -> BookShare | None:
    """The limit, None where there is none or it has been reported. `scope`: of the risk file with its aliases, on the strategy's clock."""
    rule = rule_at(document, ("orders", "max_book_share"))
    found = None if rule is None else phrase(scope, rule, "of_depth")
    if rule is None or not isinstance(found, ShareOf):
        return None
    conditions = Conditions(scope, Expressions(scope, candidates=True))
    value = conditions.expressions.number(found.expression, conditions.context(rule))
    if not 0 < found.ratio <= 1:
        scope.report_at("E113", rule, 0, len(rule.text), label="ratio", name="max_book_share")
        return None
    if value is None:
        return None
    if value.unit not in (Unit.MONEY, Unit.ANY):
        _report_unit(scope, rule, found, value.unit)
        return None
    return BookShare(found.ratio, conditions.expressions.nodes.id_of(value), " ".join(rule.text.split()))


def _report_unit(scope: Scope, rule: RuleText, found: ShareOf, unit: Unit) -> None:
    place = found.expression
    scope.report_at("E110", rule, place.start, place.end, label="argument", left=Unit.MONEY.value, right=unit.value, unit=unit.value)
