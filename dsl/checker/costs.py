"""What the file alone shows about costs: targets that fees eat up, and orders that no rule lets be large enough."""

from __future__ import annotations

from dsl import ast
from dsl.builder import Amount, RuleError
from dsl.checker.context import Notes, RuleText, Scope
from dsl.checker.settings import StrategyDocument, entries, text_at
from dsl.parser import parse_phrase, parse_rule
from dsl.strategy import RiskProfile, Sizing

#: fee of one side on KRW markets (the user's own may differ: a file is judged by this one)
FEE = 0.0005
#: price move that pays both fees: (1 + g) (1 - fee) / (1 + fee) = 1
BREAK_EVEN = 2 * FEE / (1 - FEE)
#: the exchange takes no smaller KRW order
EXCHANGE_MINIMUM_KRW = 5_000


def check_costs(scope: Scope, document: StrategyDocument, sizing: Sizing, profile: RiskProfile | None) -> None:
    """E401 for targets below the cost, E409 where the largest order is below the smallest."""
    for key, _ in entries(document, "exits"):
        when, at = (text_at(document, "exits", key.text, part) for part in ("when", "at"))
        _check_target(scope, key.text, _of_exit(when), _of_exit(at))
    _check_minimum(scope, document, sizing, profile)


def _check_target(scope: Scope, name: str, when: RuleText | None, at: RuleText | None) -> None:
    if when is not None:
        comparison = _expression(when)
        found = None if comparison is None else _gain_at_least(scope, comparison)
        if comparison is not None and found is not None and 0 <= found[1] < BREAK_EVEN:
            place = found[0]
            fix = when.substituted(comparison.start, comparison.end, "pos.pnl >= 0.5%")
            _report(scope, name, when, (place.start, place.end), fix)
    elif at is not None and at.text[:1] == "+":
        try:
            level = parse_phrase(at.text, "level")
        except RuleError:
            return  # reported where it is read
        if isinstance(level, Amount) and 0 < level.value < BREAK_EVEN:
            _report(scope, name, at, (0, len(at.text)), at.substituted(0, len(at.text), "+0.5%"))


def _of_exit(rule: RuleText | None) -> RuleText | None:
    """Findings are about the exit, not about its key."""
    return None if rule is None else RuleText(rule.scalar, rule.path[:-1])


def _expression(rule: RuleText) -> ast.Expression | None:
    try:
        return ast.unbracketed(parse_rule(rule.text))
    except RuleError:
        return None  # reported where it is read


def _gain_at_least(scope: Scope, expression: ast.Expression) -> tuple[ast.Expression, float] | None:
    """`pos.gain >= number` as the place and value of the number."""
    if not isinstance(expression, ast.Comparison) or len(expression.operators) != 1 or expression.operators[0] not in (">", ">="):
        return None
    left, right = (ast.unbracketed(operand) for operand in expression.operands)
    if not isinstance(left, ast.Name) or left.name != "pos.gain":
        return None
    if isinstance(right, ast.Literal):
        return right, right.value
    param = scope.params.get(right.name) if isinstance(right, ast.Name) else None
    return None if param is None or param.constant is None else (right, param.constant)


def _report(scope: Scope, name: str, rule: RuleText, place: tuple[int, int], fix: str) -> None:
    notes: Notes = (("fees_of_both", {"fee": f"{FEE * 100:g}%", "cost": f"{BREAK_EVEN * 100:.2f}%"}), ("gain_and_pnl", {}))
    scope.report_at("E401", rule, *place, notes=notes, fix=fix, name=name)


def _check_minimum(scope: Scope, document: StrategyDocument, sizing: Sizing, profile: RiskProfile | None) -> None:
    largest = profile.max_order_krw if profile is not None else None
    smallest = max(EXCHANGE_MINIMUM_KRW, sizing.min_order_krw or 0, (profile.min_order_krw if profile is not None else None) or 0)
    rule = text_at(document, "sizing", "min_order") or text_at(document, "risk_profile")
    if largest is None or profile is None or rule is None or largest >= smallest:
        return
    shown = {"smallest": f"{smallest:,}", "largest": f"{largest:,}"}
    scope.report_at("E409", rule, 0, len(rule.text), label="", notes=(), fix="", profile=profile.name, **shown)
