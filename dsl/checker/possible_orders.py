"""Limits that leave room for no order at all (E409): in a risk file alone, and of a strategy under its profile."""

from __future__ import annotations

import math

from dsl.checker.context import RuleText, Scope
from dsl.checker.risk import RiskDocument, rule_at
from dsl.checker.settings import MIN_ORDER_KRW, StrategyDocument, entries, text_at, warn_below_exchange, with_size
from dsl.strategy import RiskProfile, Sizing

#: smallest order where neither the strategy nor its profile says otherwise (docs/decide.md §6)
USUAL_MINIMUM_KRW = 30_000


def check_profile(scope: Scope, document: RiskDocument, profile: RiskProfile) -> None:
    """E409 at the limit of a risk file that lets no order through, W411 at a minimum below the exchange's."""
    given, most = rule_at(document, ("orders", "min_order")), rule_at(document, ("orders", "max_order"))
    capital = rule_at(document, ("capital",))
    warn_below_exchange(scope, given, profile.min_order_krw)
    least = max(profile.min_order_krw or 0, MIN_ORDER_KRW)
    if most is not None and profile.max_order_krw is not None and profile.max_order_krw < least:
        fix = most.substituted(0, len(most.text), f"{least:_} KRW")
        scope.report_at("E409", most, 0, len(most.text), label="below", fix=fix, smallest=f"{least:,}")
    if capital is not None and profile.capital_krw is not None:
        if profile.capital_krw < least:
            fix = capital.substituted(0, len(capital.text), f"{least:_} KRW")
            scope.report_at("E409", capital, 0, len(capital.text), label="below", fix=fix, smallest=f"{least:,}")
            return
        for name in ("total", "per_market", "per_strategy"):
            _check_share(scope, rule_at(document, ("exposure", name)), getattr(profile, f"exposure_{name}"), profile, least)


def check_sizes(scope: Scope, document: StrategyDocument, sizing: Sizing, profile: RiskProfile | None) -> None:
    """E409 where the largest order of the strategy under its profile is below the smallest."""
    if profile is None:
        return
    asked = [amount for amount in (sizing.min_order_krw, profile.min_order_krw) if amount is not None]
    smallest = max(MIN_ORDER_KRW, *asked) if asked else USUAL_MINIMUM_KRW
    largest, alone = profile.max_order_krw, max(profile.min_order_krw or 0, MIN_ORDER_KRW)
    rule = text_at(document, "sizing", "min_order") or text_at(document, "risk_profile")
    if largest is not None and rule is not None and alone <= largest < smallest:  # below `alone` the profile itself is refused
        shown = {"smallest": f"{smallest:,}", "largest": f"{largest:,}", "profile": profile.name}
        rule, fix = _with_minimum(document, rule, largest)
        scope.report_at("E409", rule, 0, len(rule.text), label="" if asked else "usual", notes=(), fix=fix, **shown)
    for name, ratio in (("weight", sizing.weight if sizing.scale is None else None), ("max_weight", sizing.max_weight)):
        _check_share(scope, text_at(document, "sizing", name), ratio, profile, smallest)


def _check_share(scope: Scope, rule: RuleText | None, ratio: float | None, profile: RiskProfile, least: int) -> None:
    capital = profile.capital_krw
    if rule is None or ratio is None or capital is None or ratio * capital >= least:
        return
    needed = math.ceil(least / capital * 1000) / 10
    fix = rule.substituted(0, len(rule.text), f"{needed:g}% of equity") if needed <= 100 else ""
    shown = {"amount": f"{ratio * capital:,.0f}", "smallest": f"{least:,}", "capital": f"{capital:,}", "percent": f"{ratio * 100:g}%"}
    scope.report_at("E409", rule, 0, len(rule.text), label="share", notes=(), fix=fix, **shown)


def _with_minimum(document: StrategyDocument, rule: RuleText, largest: int) -> tuple[RuleText, str]:
    """The place of the finding and the line there with the smallest order that the profile allows."""
    written = text_at(document, "sizing", "min_order")
    if written is not None:
        return written, written.substituted(0, len(written.text), f"{largest:_} KRW")
    known = entries(document, "sizing")
    if not known:
        return rule, ""
    key = RuleText(document.key("sizing"), ("sizing",))
    return key, with_size(key, known[0][0], f"min_order: {largest:_} KRW")
