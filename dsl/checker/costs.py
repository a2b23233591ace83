"""What the file alone shows about costs: targets that fees eat up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dsl import ast
from dsl.builder import Amount, RuleError
from dsl.checker.context import Notes, RuleText, Scope
from dsl.checker.settings import StrategyDocument, entries, text_at
from dsl.parser import parse_phrase, parse_rule

#: fee of one side on KRW markets (the user's own may differ: a file is judged by this one)
FEE = 0.0005
#: price move that pays both fees: (1 + g) (1 - fee) / (1 + fee) = 1
BREAK_EVEN = 2 * FEE / (1 - FEE)


@dataclass(frozen=True, slots=True)
class Target:
    """An exit that fires at a fixed gain (ratio of the average entry): where that number stands, and its line written larger."""

    name: str
    rule: RuleText
    start: int
    end: int
    gain: float
    fix: str


def check_costs(scope: Scope, document: StrategyDocument) -> None:
    """E401 for targets below the cost."""
    params = {name: value.constant for name, value in scope.params.items() if value.constant is not None}
    for target in targets(document, params):
        if target.gain < BREAK_EVEN:
            _report(scope, target)


def targets(document: StrategyDocument, params: Mapping[str, float]) -> Iterator[Target]:
    """Every exit with `when: pos.gain >= number` or `at: +number`, in file order. params: numbers by name."""
    for key, _ in entries(document, "exits"):
        when, at = (_of_exit(text_at(document, "exits", key.text, part)) for part in ("when", "at"))
        if when is not None:
            comparison = _expression(when)
            found = None if comparison is None else _gain_at_least(comparison, params)
            if comparison is not None and found is not None and found[1] >= 0:
                fix = when.substituted(comparison.start, comparison.end, "pos.pnl >= 0.5%")
                yield Target(key.text, when, found[0].start, found[0].end, found[1], fix)
        elif at is not None and at.text[:1] == "+":
            try:
                level = parse_phrase(at.text, "level")
            except RuleError:
                continue  # reported where it is read
            if isinstance(level, Amount) and level.value > 0:
                yield Target(key.text, at, 0, len(at.text), level.value, at.substituted(0, len(at.text), "+0.5%"))


def _of_exit(rule: RuleText | None) -> RuleText | None:
    """Findings are about the exit, not about its key."""
    return None if rule is None else RuleText(rule.scalar, rule.path[:-1])


def _expression(rule: RuleText) -> ast.Expression | None:
    try:
        return ast.unbracketed(parse_rule(rule.text))
    except RuleError:
        return None  # reported where it is read


def _gain_at_least(expression: ast.Expression, params: Mapping[str, float]) -> tuple[ast.Expression, float] | None:
    """`pos.gain >= number` as the place and value of the number."""
    if not isinstance(expression, ast.Comparison) or len(expression.operators) != 1 or expression.operators[0] not in (">", ">="):
        return None
    left, right = (ast.unbracketed(operand) for operand in expression.operands)
    if not isinstance(left, ast.Name) or left.name != "pos.gain":
        return None
    if isinstance(right, ast.Literal):
        return right, right.value
    param = params.get(right.name) if isinstance(right, ast.Name) else None
    return None if param is None else (right, param)


def _report(scope: Scope, target: Target) -> None:
    notes: Notes = (("fees_of_both", {"fee": f"{FEE * 100:g}%", "cost": f"{BREAK_EVEN * 100:.2f}%"}), ("gain_and_pnl", {}))
    scope.report_at("E401", target.rule, target.start, target.end, notes=notes, fix=target.fix, name=target.name)
