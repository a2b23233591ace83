"""`breakers:` of the risk file -> conditions in the graph of the strategy that trades under it (docs/decide.md §8).

They are looked at on the longest bars that divide the strategy's clock, every duration that they name and every suffix that is finer than
the clock, folded to the clock: true in one of its bars is true at its close. So one profile serves any clock. What is said of the account
is looked at on the clock itself; parts joined to it by `and`, `or`, `not` have their own bars.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

from dsl import ast
from dsl.builder import Amount
from dsl.catalogue import Unit
from dsl.checker.clock import timeframe_of
from dsl.checker.conditions import Conditions, parsed, phrase
from dsl.checker.context import Context, RuleText, Scope
from dsl.checker.contradictions import check_alone
from dsl.checker.expressions import Expressions
from dsl.checker.risk import RiskDocument, read_action, rule_at
from dsl.checker.settings import check_market
from dsl.checker.values import Value
from dsl.graph import Graph, Node, Phase, Section, Timeframe
from dsl.strategy import Breaker
from dsl.yaml_tree import Mapping, Scalar

ACTIONS = ("stop_entries", "freeze_market", "close_market", "flatten")
#: markets that every risk file may name without `aliases:`
USUAL = {"btc": "KRW-BTC", "eth": "KRW-ETH"}


def read_breakers(scope: Scope, document: RiskDocument) -> tuple[Breaker, ...]:
    """The breakers that could be understood, in file order. `scope`: of the risk file, on the strategy's clock and graph."""
    scope.aliases.update(_aliases(scope, document))
    conditions = Conditions(scope, Expressions(scope, candidates=True))
    section = document.root.find("breakers") if isinstance(document.root, Mapping) else None
    entries = section[1].entries if section is not None and isinstance(section[1], Mapping) else ()
    found = [_breaker(scope, document, conditions, key) for key, _ in entries]
    return tuple(breaker for breaker in found if breaker is not None)


def below(graph: Graph, nodes: Iterable[int]) -> set[int]:
    """The nodes and all that they read."""
    waiting, seen = list(nodes), set[int]()
    while waiting:
        node_id = waiting.pop()
        if node_id not in seen:
            seen.add(node_id)
            waiting.extend(graph[node_id].inputs)
    return seen


def markets_below(graph: Graph, nodes: Iterable[int]) -> set[str]:
    """The markets that the nodes and what they read name."""
    sections = (graph[node].section for node in below(graph, nodes))
    return {section.market for section in sections if section is not None} - {""}


def _aliases(scope: Scope, document: RiskDocument) -> dict[str, str]:
    section = document.root.find("aliases") if isinstance(document.root, Mapping) else None
    found = dict(USUAL)
    for key, node in section[1].entries if section is not None and isinstance(section[1], Mapping) else ():
        market = check_market(scope, RuleText(node, ("aliases", key.text))) if isinstance(node, Scalar) and node.text else None
        if market is not None:
            found[key.text] = market
    return found


def _breaker(scope: Scope, document: RiskDocument, conditions: Conditions, key: Scalar) -> Breaker | None:
    path = ("breakers", key.text)
    action = read_action(scope, rule_at(document, (*path, "then")), ACTIONS)
    lasts = rule_at(document, (*path, "for"))
    hold = None if lasts is None else phrase(scope, lasts, "duration_of")
    rule = rule_at(document, (*path, "when"))
    expression = None if rule is None else parsed(scope, rule)
    if rule is None or expression is None:
        return None
    check_alone(scope, expression, rule)
    context = replace(conditions.context(rule, account=True), latest=True)
    value = _condition(conditions, expression, context)
    if value is None or value.node is None or action is None:
        return None
    hold_ms = int(action.hold_ms or (hold.value if isinstance(hold, Amount) else 0))
    close = action.word in ("close_market", "flatten")
    account = _reads_the_account_only(scope.graph, value.node)
    return Breaker(key.text, value.node, account, close, hold_ms, _needed_bars_ms(scope, value.node))


def _needed_bars_ms(scope: Scope, node_id: int) -> int:
    """The longest bars that everything under the condition can be made of."""
    sections = [scope.graph[node].section for node in below(scope.graph, [node_id])]
    frames = {section.timeframe for section in sections if section is not None and not section.timeframe.months}
    return math.gcd(scope.clock.length_ms, *(frame.length_ms for frame in frames))


def _condition(conditions: Conditions, expression: ast.Expression, context: Context) -> Value | None:
    """The condition at the clock's closes."""
    expressions, clock = conditions.expressions, context.section
    if not any(_is_account(part) for part in _parts(expression)):
        bars = Section(_bars(clock.timeframe, expression))
        value = expressions.condition(expression, context.on(bars))
        if value is None or value.node is None:
            return value
        return replace(value, node=folded(expressions.nodes.graph, value.node, clock))
    if isinstance(expression, ast.Bracket):
        return _condition(conditions, expression.value, context)
    if isinstance(expression, ast.Not):
        value = _condition(conditions, expression.value, context)
        return None if value is None else expressions.nodes.operator("not", (value,), (), Unit.CONDITION, context, expression)
    if isinstance(expression, ast.Logic) and len({*expression.operators}) == 1:
        values = [_condition(conditions, operand, context) for operand in expression.operands]
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return None
        return expressions.nodes.joined(expression.operators[0], known, context, expression)
    return expressions.condition(expression, context)


def _is_account(part: ast.Expression) -> bool:
    return isinstance(part, ast.Name | ast.Call) and part.name.startswith("acct.")


def _bars(clock: Timeframe, expression: ast.Expression) -> Timeframe:
    """The longest bars that divide the clock, every duration outside a suffix, and every suffix that is finer than the clock."""
    lengths: list[int] = []
    for part in _parts(expression):
        if isinstance(part, ast.Literal) and part.unit is Unit.DURATION and part.value > 0:
            lengths.append(int(part.value))
        bars = timeframe_of(part.timeframe) if isinstance(part, ast.At) else None
        if bars is not None and bars.length_ms < clock.length_ms:
            lengths.append(bars.length_ms)
    length = math.gcd(clock.length_ms, *lengths)
    return clock if length == clock.length_ms else Timeframe(length, clock.offset_ms % length)


def _parts(expression: ast.Expression) -> Iterator[ast.Expression]:
    """The expression and everything in it, except what stands under a suffix or is folded with `over=`."""
    yield expression
    over = [argument.value for argument in expression.arguments if argument.name == "over"] if isinstance(expression, ast.Call) else []
    for part in () if isinstance(expression, ast.At) else over or ast.children(expression):
        yield from _parts(part)


def folded(graph: Graph, node_id: int, clock: Section) -> int:
    """The condition at the clock's closes: of finer bars, whether it was true in any of the clock's bar."""
    node = graph[node_id]
    if node.section is None or node.section.timeframe == clock.timeframe:
        return node_id
    section = Section(clock.timeframe, node.section.market)
    return graph.add(Node("over.any", (node_id,), (), section, Phase.MARKET, Unit.CONDITION))


def _reads_the_account_only(graph: Graph, node_id: int) -> bool:
    """No value of the market itself: only aliases, values across markets, the account and constants."""
    node = graph[node_id]
    if node.op.startswith("across.") and node.op not in ("across.rank", "across.pct_rank", "across.zscore", "across.top"):
        return True
    if not node.inputs:
        return node.section is None or node.section.market != ""
    return all(_reads_the_account_only(graph, i) for i in node.inputs)
