"""Conditions that can never be true, or never false: by what values can be, or because tests of one value exclude each other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from dsl import ast
from dsl.checker import ranges, relations, slips
from dsl.checker.context import Context, Notes, RuleText, Scope
from dsl.checker.values import Value
from dsl.graph import Graph, Phase
from dsl.parser import parse_rule

_FLIPPED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq"}
#: how the bar and the one before compare with what is crossed
_CROSSINGS = {"crosses_above": ("gt", "le"), "crosses_below": ("lt", "ge")}
_OPPOSITE = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt"}
#: low, low is excluded, high, high is excluded
Bounds = tuple[float, bool, float, bool]
#: tests of one condition that are looked at
_MOST_TESTS = 200


def check_test(scope: Scope, place: ast.Expression, test: Value, sides: Sequence[Value], context: Context) -> None:
    """W150 when no values of the sides fulfil the test, W151 when all do. Parameters are not judged: other values of them may be tried."""
    fixed = all(side.constant is not None for side in sides)
    if context.builtin or (fixed and not all(map(relations.is_literal, ast.children(place)))):
        return
    truth = (test.low, test.high)
    label = "fixed" if fixed else "range"
    if fixed and truth in (ranges.NO, ranges.YES):
        scope.report("W150" if truth == ranges.NO else "W151", context, place.start, place.end, label=label)
    elif truth == ranges.NO:
        scope.report("W150", context, place.start, place.end, label=label, notes=_range_notes(sides))
    elif truth == ranges.YES:
        scope.report("W151", context, place.start, place.end, notes=_range_notes(sides))


def check_crossing(scope: Scope, crosses: ast.Crosses, left: Value, right: Value, context: Context) -> None:
    """W150 when the one can never be on the other side."""
    beyond = "gt" if crosses.direction == "above" else "lt"
    truth = ranges.compared(beyond, (left.low, left.high), (right.low, right.high))
    if truth == ranges.NO and not context.builtin and (left.constant is None or right.constant is None):
        scope.report("W150", context, crosses.start, crosses.end, label="range", notes=_range_notes((left, right)))


def check_between(scope: Scope, between: ast.Between, test: Value, sides: Sequence[Value], context: Context) -> None:
    """W150 when the range is empty or lies outside what the value can be; leaving an empty range is as impossible as entering it."""
    value, low, high = sides
    empty = low.constant is not None and high.constant is not None and low.constant > high.constant
    outside = _and((value.low, value.high), (low.low, low.high), (high.low, high.high)) == ranges.NO
    if context.builtin:
        return
    if empty or outside:
        label = "empty" if empty else "range"
        notes = () if empty else _range_notes((value, low))
        fix = slips.range_turned(between, context) if empty else ""
        scope.report("W150", context, between.start, between.end, label=label, notes=notes, fix=fix)
    elif between.kind == "in":
        check_test(scope, between, test, sides, context)


def _and(value: ranges.Interval, low: ranges.Interval, high: ranges.Interval) -> ranges.Interval:
    above, below = ranges.compared("ge", value, low), ranges.compared("le", value, high)
    return ranges.NO if ranges.NO in (above, below) else ranges.TRUTH


def check_all(scope: Scope, logic: ast.Logic, graph: Graph, values: Sequence[Value], context: Context) -> None:
    """W150 when tests joined by `and` leave no value of one series; two of them are usually meant one after the other."""
    found = None if context.builtin else exclusive(graph, values) or relations.excluding(graph, values)
    if found is None:
        return
    first, second = (logic.operands[number] for number in found)
    text = context.rule.text
    one, other = text[first.start : first.end], text[second.start : second.end]
    late = any(value.phase is not Phase.MARKET for value in values)  # has no bars before, so nothing comes after it
    whole = len(logic.operands) == 2 and text.strip() == text[logic.start : logic.end] and not late
    meant = f"{one} then {other} within 24 bars"
    notes: Notes = (("sequence_meant", {}),) if whole else ()
    if whole and isinstance(first, ast.Crosses) and isinstance(second, ast.Crosses):  # crosses above 30 and (is) below 70
        left, right = (text[place.start : place.end] for place in (second.left, second.right))
        meant = f"{one} and {left} {'>' if second.direction == 'above' else '<'} {right}"
        notes = (("crosses_once", {"expression": meant}),)
    fix = context.rule.substituted(logic.start, logic.end, meant) if whole else ""
    scope.report("W150", context, logic.start, logic.end, label="exclusive", notes=notes, fix=fix, one=one, other=other)


def check_chain(scope: Scope, comparison: ast.Comparison, graph: Graph, tests: Sequence[Value], context: Context) -> None:
    """The same for the tests of a chain: `a > b > a`."""
    found = None if context.builtin or len(tests) < 2 else exclusive(graph, tests) or relations.excluding(graph, tests)
    if found is not None:
        text, places = context.rule.text, comparison.operands
        one, other = (text[places[number].start : places[number + 1].end] for number in found)
        scope.report("W150", context, comparison.start, comparison.end, label="exclusive", one=one, other=other)


def check_any(scope: Scope, logic: ast.Logic, graph: Graph, values: Sequence[Value], context: Context) -> None:
    """W151 when one of the alternatives always holds."""
    found = None if context.builtin else relations.covering(graph, values)
    if found is not None:
        first, second = (logic.operands[number] for number in found)
        text = context.rule.text
        one, other = text[first.start : first.end], text[second.start : second.end]
        scope.report("W151", context, logic.start, logic.end, label="covering", one=one, other=other)


def check_alone(scope: Scope, expression: ast.Expression, rule: RuleText) -> None:
    """W150 or W151 for a rule that is just the word."""
    plain = ast.unbracketed(expression)
    if isinstance(plain, ast.Name) and plain.name in ("true", "false"):
        scope.report_at("W151" if plain.name == "true" else "W150", rule, plain.start, plain.end, label="word", word=plain.name)


def check_words(scope: Scope, logic: ast.Logic, context: Context) -> None:
    """W150 for `... and false`, W151 for `... or true`: the word decides."""
    word, code = {"and": ("false", "W150"), "or": ("true", "W151")}[logic.operators[0]]
    for operand in () if context.builtin else logic.operands:
        plain = ast.unbracketed(operand)
        if isinstance(plain, ast.Name) and plain.name == word:
            scope.report(code, context, logic.start, logic.end, label="word", word=word)
            return


def opposite(text: str) -> str:
    """A rule that is true where this one is false."""
    expression = ast.unbracketed(parse_rule(text))
    turned = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
    if isinstance(expression, ast.Comparison) and len(expression.operands) == 2:
        left, right = (text[place.start : place.end] for place in expression.operands)
        return f"{left} {turned[expression.operators[0]]} {right}"
    return f"not {text}" if isinstance(expression, ast.Name | ast.Call) else f"not ({text})"


def is_test(graph: Graph, condition: int) -> bool:
    """Whether the condition is one test that `tests_of` says all about."""
    node = graph[condition]
    if node.op == "not":
        return graph[node.inputs[0]].op in _OPPOSITE
    return node.op in _FLIPPED or node.op == "between"


def check_group(scope: Scope, graph: Graph, word: str, names: Sequence[RuleText], values: Sequence[Value]) -> None:
    """The same for the conditions of an `all:` or `any:`, told at the later of the two."""
    if word == "all":
        found, code, label = exclusive(graph, values) or relations.excluding(graph, values), "W150", "exclusive"
    else:
        found, code, label = relations.covering(graph, values), "W151", "covering"
    if found is not None:
        one, other = (names[number] for number in found)
        scope.report_at(code, other, 0, len(other.text) or 1, label=label, one=one.text, other=other.text)


def exclusive(graph: Graph, values: Sequence[Value]) -> tuple[int, int] | None:
    """Two of the conditions, by place, that no value of one series fulfils together."""
    bounds: dict[int, tuple[Bounds, int]] = {}
    for number, value in enumerate(values):
        for node, limit in tests_of(graph, value.node):
            before, first = bounds.get(node, (ALL, number))
            rest = narrowed(before, limit)
            if rest[0] > rest[2] or (rest[0] == rest[2] and (rest[1] or rest[3])):
                if first != number:
                    return first, number
                continue  # within one condition: told where that one is written
            bounds[node] = (rest, first if rest == before else number)
    return None


def tests_of(graph: Graph, condition: int | None) -> Iterator[tuple[int, Bounds]]:
    """The tests of series against fixed numbers that a condition needs to be true; a negative number: of the bar before."""
    waiting = [] if condition is None else [condition]
    seen: set[int] = set()
    while waiting and len(seen) < _MOST_TESTS:
        current = waiting.pop()
        node = graph[current]
        if current in seen:
            continue
        seen.add(current)
        opposite = node.op == "not"
        tested = graph[node.inputs[0]] if opposite else node
        if node.op == "and":
            waiting += reversed(node.inputs)
        elif opposite and tested.op == "not":
            waiting.append(tested.inputs[0])
        elif node.op in _CROSSINGS and graph[node.inputs[1]].op == "const":
            now, before, limit = *_CROSSINGS[node.op], graph[node.inputs[1]].params[0]
            yield node.inputs[0], _bounds(now, limit)
            yield _bar_before(node.inputs[0]), _bounds(before, limit)
        elif tested.op in (_OPPOSITE if opposite else _FLIPPED):
            operator = _OPPOSITE[tested.op] if opposite else tested.op
            left, right = (graph[number] for number in tested.inputs)
            if right.op == "const" and left.op != "const":
                yield tested.inputs[0], _bounds(operator, right.params[0])
            elif left.op == "const" and right.op != "const":
                yield tested.inputs[1], _bounds(_FLIPPED[operator], left.params[0])
        elif node.op == "between" and all(graph[number].op == "const" for number in node.inputs[1:]):
            low, high = (graph[number].params[0] for number in node.inputs[1:])
            yield node.inputs[0], (low, False, high, False)


def _bar_before(node: int) -> int:
    return -1 - node


ALL: Bounds = (-math.inf, False, math.inf, False)


def _bounds(operator: str, limit: float) -> Bounds:
    if operator in ("lt", "le"):
        return -math.inf, False, limit, operator == "lt"
    if operator in ("gt", "ge"):
        return limit, operator == "gt", math.inf, False
    return limit, False, limit, False


def narrowed(a: Bounds, b: Bounds) -> Bounds:
    """What lies in both."""
    low, low_out = max((a[0], a[1]), (b[0], b[1]))
    high, high_in = min((a[2], not a[3]), (b[2], not b[3]))
    return low, low_out, high, not high_in


def _range_notes(sides: Sequence[Value]) -> Notes:
    ranged = next((side for side in sides if side.constant is None), sides[0])
    if ranged.low is None and ranged.high is None:
        return ()
    if ranged.high is None:
        return (("value_from", {"low": f"{ranged.low:g}"}),)
    if ranged.low is None:
        return (("value_up_to", {"high": f"{ranged.high:g}"}),)
    return (("value_range", {"low": f"{ranged.low:g}", "high": f"{ranged.high:g}"}),)
