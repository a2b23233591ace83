"""`execution:` and `reload:` -> how intents become orders, as far as the exchange has such orders."""

from __future__ import annotations

from dsl.builder import Amount, BookPrice, NextOrder
from dsl.checker import percents
from dsl.checker.conditions import phrase
from dsl.checker.context import Notes, RuleText, Scope
from dsl.checker.settings import StrategyDocument, text_at
from dsl.strategy import Enter, Execution, Leave

#: orders that name no price
_PRICELESS = ("market", "best")


def read_execution(scope: Scope, document: StrategyDocument) -> Execution:
    """The whole section; what is left out has the defaults of dsl.strategy.Enter and Leave."""
    leave = text_at(document, "execution", "leave", "order")
    slippage = _slippage(scope, text_at(document, "execution", "leave", "max_slippage"))
    return Execution(_enter(scope, document), Leave("market" if leave is None else leave.text, slippage))


def _enter(scope: Scope, document: StrategyDocument) -> Enter:
    def at(key: str) -> RuleText | None:
        return text_at(document, "execution", "enter", key)

    kind, price, waiting = at("order"), at("price"), at("time_in_force")
    order = "market" if kind is None else kind.text
    force = None if waiting is None else waiting.text
    if order in _PRICELESS and price is not None:
        scope.report_at("E222", price, 0, len(price.text), label="price", order=order)
    if kind is not None and order == "best" and force is None:
        scope.report_at("E222", kind, 0, len(kind.text), label="best", order=order)
    if waiting is not None and order in ("market", "post_only"):
        scope.report_at("E222", waiting, 0, len(waiting.text), label="force", order=order)
    found = None if price is None else phrase(scope, price, "order_price")
    place = found if isinstance(found, BookPrice) else BookPrice("bid", 0)
    then, max_slippage, filled_from, filled_below = _then(scope, at("then"))
    after = _duration(scope, at("after"), "duration_of")
    if at("then") is not None and after is None and at("after") is None:
        rule = at("then")
        assert rule is not None
        scope.report_at("E222", rule, 0, len(rule.text), label="after", order=order)
    return Enter(
        order=order, side=place.side, ticks=place.ticks, time_in_force=force, reprice_ms=_duration(scope, at("reprice"), "every"),
        after_ms=after, then=then, then_max_slippage=max_slippage, then_filled_from=filled_from, then_filled_below=filled_below,
    )  # fmt: skip


def _then(scope: Scope, rule: RuleText | None) -> tuple[str, float | None, float | None, float | None]:
    """`market if slippage <= 0.3%`, `cancel if filled >= 50%`: what it does, and its bounds."""
    found = None if rule is None else phrase(scope, rule, "next_order")
    if rule is None or not isinstance(found, NextOrder):
        return "cancel", None, None, None
    slippage = filled_from = filled_below = None
    for test in found.tests:
        kind = (test.subject, test.operator)
        if not 0 <= test.ratio <= 1 or kind not in (("slippage", "<="), ("slippage", "<"), ("filled", ">="), ("filled", "<")):
            notes: Notes = (("next_order_tests", {}),)
            scope.report_at("E220", rule, 0, len(rule.text), label="next_order", notes=notes, found=rule.text)
        elif test.subject == "slippage":
            slippage = test.ratio
        elif test.operator == "<":
            filled_below = test.ratio
        else:
            filled_from = test.ratio
    return found.then, slippage, filled_from, filled_below


def _duration(scope: Scope, rule: RuleText | None, name: str) -> int | None:
    found = None if rule is None else phrase(scope, rule, name)
    if rule is None or not isinstance(found, Amount):
        return None
    if not 1_000 <= found.value <= 86_400_000:
        scope.report_at("E113", rule, 0, len(rule.text), label="order_time", name=str(rule.path[-1]))
        return None
    return int(found.value)


def _slippage(scope: Scope, rule: RuleText | None) -> float | None:
    found = None if rule is None else phrase(scope, rule, "constant")
    if rule is None or not isinstance(found, Amount):
        return None
    if found.unit.value not in ("ratio", "number") or not 0 < found.value <= 1:
        scope.report_at("E113", rule, 0, len(rule.text), label="ratio", name="max_slippage")
        return None
    percents.check_slippage(scope, rule, found.value, found.unit)
    return found.value


def read_reload(document: StrategyDocument) -> str:
    """What a changed file does to open positions."""
    rule = text_at(document, "reload", "open_positions")
    return "keep_their_version" if rule is None else rule.text
