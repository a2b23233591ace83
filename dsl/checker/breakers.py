"""`breakers:` of the risk file -> conditions in the graph of the strategy that trades under it (docs/decide.md §8).

They are looked at on the longest bars that divide the strategy's clock and every duration that they name, folded to the clock: true in
one of its bars is true at its close.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from dsl import ast
from dsl.builder import Amount
from dsl.catalogue import Unit
from dsl.checker.conditions import Conditions, parsed, phrase
from dsl.checker.context import Context, RuleText, Scope
from dsl.checker.expressions import Expressions
from dsl.checker.risk import RiskDocument, read_action, rule_at
from dsl.checker.settings import check_market
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


def markets_below(graph: Graph, nodes: Iterable[int]) -> set[str]:
    """The markets that the nodes and what they read name."""
    waiting, seen, found = list(nodes), set[int](), set[str]()
    while waiting:
        node_id = waiting.pop()
        if node_id not in seen:
            seen.add(node_id)
            section = graph[node_id].section
            found |= {section.market} if section is not None else set()
            waiting.extend(graph[node_id].inputs)
    return found - {""}


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
    finer = _section(scope.clock, expression)
    value = conditions.expressions.condition(expression, _context(conditions, rule, finer))
    if value is None or value.node is None or action is None:
        return None
    node = folded(scope.graph, value.node, Section(scope.clock))
    hold_ms = int(action.hold_ms or (hold.value if isinstance(hold, Amount) else 0))
    close = action.word in ("close_market", "flatten")
    return Breaker(key.text, node, _reads_the_account_only(scope.graph, node), close, hold_ms, finer.timeframe.length_ms)


def _context(conditions: Conditions, rule: RuleText, section: Section) -> Context:
    return conditions.context(rule, account=True).on(section)


def _section(clock: Timeframe, expression: ast.Expression) -> Section:
    """The longest bars that divide the clock and every duration outside a suffix; the clock where the account is read."""
    parts = list(_parts(expression))
    if any(isinstance(part, ast.Name | ast.Call) and part.name.startswith("acct.") for part in parts):
        return Section(clock)
    lengths = [int(part.value) for part in parts if isinstance(part, ast.Literal) and part.unit is Unit.DURATION and part.value > 0]
    return Section(Timeframe(math.gcd(clock.length_ms, *lengths), clock.offset_ms) if lengths else clock)


def _parts(expression: object) -> Iterator[ast.Spanned]:
    """The expression and everything in it, except what stands under a suffix."""
    if isinstance(expression, tuple):
        for part in expression:
            yield from _parts(part)
    elif isinstance(expression, ast.Spanned) and not isinstance(expression, ast.At):
        yield expression
        for name in expression.__dataclass_fields__:
            yield from _parts(getattr(expression, name))


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
