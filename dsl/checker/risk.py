"""The risk file -> the part of it that decide enforces today."""

from __future__ import annotations

from dsl.builder import Amount
from dsl.checker.conditions import phrase
from dsl.checker.context import RuleText, Scope
from dsl.checker.settings import krw, ratio_of_equity
from dsl.document import Document
from dsl.schema.risk import RiskFile
from dsl.strategy import RiskProfile


def read_risk(scope: Scope, document: Document[RiskFile], name: str) -> RiskProfile:
    """The profile; what could not be read is None and has been reported."""

    def at(*path: str) -> RuleText | None:
        scalar = document.scalar(*path)
        return RuleText(scalar, path) if scalar is not None and scalar.text else None

    return RiskProfile(
        name=name,
        min_order_krw=krw(scope, at("orders", "min_order")),
        max_order_krw=krw(scope, at("orders", "max_order")),
        exposure_total=ratio_of_equity(scope, at("exposure", "total")),
        exposure_per_market=ratio_of_equity(scope, at("exposure", "per_market")),
        cash_reserve_krw=krw(scope, at("exposure", "cash_reserve"), positive=False),
        risk_per_trade=_ratio(scope, at("loss", "per_trade", "limit")),
    )


def _ratio(scope: Scope, rule: RuleText | None) -> float | None:
    found = None if rule is None else phrase(scope, rule, "constant")
    if rule is None or not isinstance(found, Amount):
        return None
    if found.unit.value not in ("ratio", "number") or not 0 < found.value <= 1:
        scope.report_at("E113", rule, 0, len(rule.text), label="ratio", name="limit")
        return None
    return found.value
