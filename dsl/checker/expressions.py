"""Expressions -> graph nodes: one method per word of the language, with its unit, clock and phase rules."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from dsl import ast
from dsl.builder import MAX_DEPTH
from dsl.catalogue import Unit
from dsl.checker import contradictions, percents, slips, traps
from dsl.checker.calls import Calls
from dsl.checker.clock import is_longer_than_day, nearest, timeframe_of, timeframe_text
from dsl.checker.context import Context, Notes, Scope
from dsl.checker.memo import key_of
from dsl.checker.mixed_units import Side, report_units
from dsl.checker.names import Names
from dsl.checker.nodes import Nodes
from dsl.checker.suffixes import report_history, warn_one_sided
from dsl.checker.values import Value, comparable, fixed, joined, product, quotient
from dsl.graph import Graph, Section, Timeframe
from dsl.strategy import Wording

#: how deep expansions may nest, and how many expressions one file may expand to
MAX_EXPANSION_DEPTH = 2 * MAX_DEPTH
MAX_STEPS = 50_000
_FOLD: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


class Expressions:
    """Evaluates expressions of one file into a graph (the file's own unless another is given; see Nodes).

    A method returns None after it has reported why.
    """

    def __init__(self, scope: Scope, graph: Graph | None = None, *, candidates: bool = False) -> None:
        self.scope = scope
        self.nodes = Nodes(scope, graph, candidates=candidates)
        self.wording = scope.wording if self.nodes.graph is scope.graph else Wording()
        self.calls = Calls(scope, self.nodes, self.evaluate)
        self.names = Names(scope, self.nodes, self.calls, self.evaluate)
        self.calls.names = self.names
        self._depth = 0
        self._steps = 0
        self._methods: dict[type[Any], Callable[[Any, Context], Value | None]] = {
            ast.Literal: self._literal,
            ast.Bars: self._bars,
            ast.Name: self.names.name,
            ast.Call: self.names.call,
            ast.Bracket: self._bracket,
            ast.Index: self._index,
            ast.At: self._at,
            ast.Binary: self._binary,
            ast.Negative: self._negative,
            ast.Comparison: self._comparison,
            ast.Between: self._between,
            ast.Crosses: self._crosses,
            ast.Trend: self._trend,
            ast.Not: self._not,
            ast.Conditional: self._conditional,
            ast.Logic: self._logic,
            ast.Then: self._then,
        }

    def evaluate(self, expression: ast.Expression, context: Context) -> Value | None:
        """The checked expression, or None when something in it has been reported."""
        if self.scope.full:
            return None
        memo = self.scope.memo
        key = None if memo is None or self.nodes.graph is not self.scope.graph else key_of(expression, context)
        if memo is None or key is None:
            return self._evaluated(expression, context)
        return memo.outcome(key, self.scope, lambda: self._evaluated(expression, context))

    def _evaluated(self, expression: ast.Expression, context: Context) -> Value | None:
        self._steps += 1
        if self._depth >= MAX_EXPANSION_DEPTH or self._steps > MAX_STEPS:
            if self._steps <= MAX_STEPS + 1 or self._depth >= MAX_EXPANSION_DEPTH:
                self.scope.report("E109", context, expression.start, expression.end)
            return None
        self._depth += 1
        try:
            value = self._methods[type(expression)](expression, context)
        finally:
            self._depth -= 1
        plain = not context.builtin and not context.bindings
        if value is not None and value.node is not None and plain:
            self._remember_wording(expression, context, value.node)
        return value

    def _remember_wording(self, expression: ast.Expression, context: Context, node: int) -> None:
        """What the file calls the value; a parameter of a definition means something else at each use."""
        text = " ".join(context.rule.text[expression.start : expression.end].split())
        named = isinstance(expression, ast.Name) and expression.name in self.scope.definitions
        (self.wording.definitions if named else self.wording.texts).setdefault(node, text)

    # ---- what rules end in ----
    def condition(self, expression: ast.Expression, context: Context) -> Value | None:
        """The expression, which must be true or false."""
        value = self.evaluate(expression, context)
        if value is not None and not value.is_condition:
            self.scope.report("E128", context, expression.start, expression.end, unit=value.unit.value)
            return None
        return value

    def number(self, expression: ast.Expression, context: Context) -> Value | None:
        """The expression, which must be a number of any unit."""
        value = self.evaluate(expression, context)
        if value is not None and value.is_condition:
            self.scope.report("E129", context, expression.start, expression.end)
            return None
        return value

    # ---- values ----
    def _literal(self, literal: ast.Literal, _context: Context) -> Value:
        return fixed(literal.value, literal.unit)

    def _bars(self, bars: ast.Bars, context: Context) -> Value | None:
        value = self.evaluate(bars.name, context)
        if value is None:
            return None
        if value.constant is None or value.unit not in (Unit.NUMBER, Unit.BARS):
            self.scope.report("E112", context, bars.start, bars.end, label="fixed")
            return None
        return fixed(value.constant, Unit.BARS)

    def _bracket(self, bracket: ast.Bracket, context: Context) -> Value | None:
        return self.evaluate(bracket.value, context)

    def _index(self, index: ast.Index, context: Context) -> Value | None:
        offset = self.number(index.offset, context)
        if offset is not None and offset.constant is not None and offset.constant < 0:
            self._report_future(index, context, offset.constant)
            return None
        if report_history(self.scope, index, context):
            return None
        value = self.evaluate(index.value, context)
        if value is None or offset is None:
            return None
        count = offset.constant
        if count is None or offset.unit not in (Unit.NUMBER, Unit.BARS) or count != int(count) or count > 100_000:
            bars = (count or 0) / context.section.timeframe.length_ms if offset.unit is Unit.DURATION else 0
            fix = context.rule.substituted(index.offset.start, index.offset.end, f"{bars:g}") if bars >= 1 and bars == int(bars) else ""
            self.scope.report("E112", context, index.offset.start, index.offset.end, label="offset", fix=fix)
            return None
        if value.held and not context.builtin:
            self.scope.report("E123", context, index.value.end, index.end, clock=self._clock_text(context), notes=(("history_inside", {}),))
            return None
        if count == 0 or value.constant is not None:
            return value
        return self.nodes.operator("[n]", (value,), (count,), value.unit, context, index)

    def _report_future(self, index: ast.Index, context: Context, offset: float) -> None:
        value = context.rule.text[index.value.start : index.value.end]
        start, end = index.offset.start, index.offset.end
        shown = context.rule.text[index.start : index.end]
        back = f"{value}[{int(-offset)}]"
        after = re.match(rf"\s*(<=|>=|<|>)\s*{re.escape(value)}(?![\w.\[(@])", context.rule.text[index.end :])
        if after:  # close[-1] > close meant: this bar is higher than the one before
            fix = context.rule.substituted(index.start, index.end + after.end(), f"{value} {after[1]} {back}")
        else:
            fix = context.rule.substituted(index.start, index.end, back)
        self.scope.report("E120", context, start, end, expression=shown, notes=(("previous_bar", {"expression": back}),), fix=fix)

    def _clock_text(self, context: Context) -> str:
        return timeframe_text(context.section.timeframe.length_ms)

    def _at(self, at: ast.At, context: Context) -> Value | None:
        timeframe = timeframe_of(at.timeframe)
        if timeframe is None:
            near, shown = nearest(at.timeframe)
            label = "longer" if is_longer_than_day(at.timeframe) else ""
            notes = (("nearest_timeframes", {"near": near, "upbit": shown}),)
            self.scope.report("E121", context, at.suffix_start, at.end, label=label, timeframe=at.timeframe, notes=notes)
            return None
        if timeframe.length_ms < context.section.timeframe.length_ms and context.latest:
            return self._latest(at, timeframe, context)
        if timeframe.length_ms < context.section.timeframe.length_ms:
            self._report_faster(at, timeframe, context)
            return None
        value = self.evaluate(at.value, context.on(Section(timeframe, context.section.market)))
        return None if value is None else self.nodes.hold(value, context, at)

    def _latest(self, at: ast.At, finer: Timeframe, context: Context) -> Value | None:
        """A value of bars finer than those of the context: the latest that has closed where one of these closes."""
        market, whole = context.section.market, context.section.timeframe
        value = self.evaluate(at.value, context.on(Section(finer, market)))
        length = math.gcd(finer.length_ms, whole.length_ms)
        shared = context.on(Section(Timeframe(length, whole.offset_ms % length), market))
        held = None if value is None else self.nodes.hold(value, shared, at)
        return None if held is None else self.nodes.over("last", held, context)

    def _report_faster(self, at: ast.At, finer: Timeframe, context: Context) -> None:
        """E122 with the folds that may be meant, each written into the whole rule."""
        clock, text = self._clock_text(context), context.rule.text
        value = self.evaluate(at.value, context.on(Section(finer, context.section.market)))
        kinds = ("any", "last") if value is not None and value.is_condition else ("min", "last")
        inner = text[at.start : at.end]
        notes: Notes = (("which_of_them", {}),)
        for kind in () if context.builtin else kinds:
            whole = {"expression": f"{text[: at.start]}{kind}({inner}, over={clock}){text[at.end :]}"}
            notes += ((f"over_{kind}", whole),)
        count = f"{context.section.timeframe.length_ms / finer.length_ms:g}" if finer.length_ms else ""
        args = {"timeframe": at.timeframe, "clock": clock, "count": count}
        self.scope.report("E122", context, at.suffix_start, at.end, notes=notes, **args)

    # ---- arithmetic ----
    def _binary(self, binary: ast.Binary, context: Context) -> Value | None:
        left, right = self.number(binary.left, context), self.number(binary.right, context)
        if left is None or right is None:
            return None
        operator = binary.operator
        if operator in ("+", "-", "??") and not comparable(left, right):
            self._report_units(binary.left, left, binary.right, right, context, binary)
            return None
        units = {"*": product, "/": quotient}.get(operator)
        unit = joined(left, right) if units is None else units(left.unit, right.unit)
        if operator == "??":
            return left if left.constant is not None else self.nodes.operator("??", (left, right), (), unit, context, binary)
        if operator == "/" and right.constant == 0:
            self.scope.report("E127", context, binary.start, binary.end)
            return None
        if left.constant is not None and right.constant is not None:
            return fixed(_FOLD[operator](left.constant, right.constant), unit)
        return self.nodes.operator(operator, (left, right), (), unit, context, binary)

    def _negative(self, negative: ast.Negative, context: Context) -> Value | None:
        value = self.number(negative.value, context)
        if value is None:
            return None
        if value.constant is not None:
            return fixed(-value.constant, value.unit)
        return self.nodes.operator("unary -", (value,), (), value.unit, context, negative)

    # ---- tests ----
    def _comparison(self, comparison: ast.Comparison, context: Context) -> Value | None:
        if any(isinstance(operand, ast.Name) and operand.name == "regime" for operand in comparison.operands):
            return self.names.regimes.comparison(comparison, context)
        if self._is_flag_test(comparison, context):
            return None
        values = [self.number(operand, context) for operand in comparison.operands]
        warn_one_sided(self.scope, comparison, context)
        tests: list[Value] = []
        for number, operator in enumerate(comparison.operators):
            left, right = values[number], values[number + 1]
            if left is None or right is None:
                continue
            first, second = comparison.operands[number], comparison.operands[number + 1]
            if not self._same_unit(first, left, second, right, context, comparison):
                continue
            test = self.nodes.operator(operator, (left, right), (), Unit.CONDITION, context, comparison)
            if test is not None:
                if not traps.check_pair(self.scope, self.nodes.graph, operator, (first, second), (left, right), context):
                    contradictions.check_test(self.scope, comparison, test, (left, right), context)
                tests.append(test)
        if len(tests) < len(comparison.operators):
            return None
        contradictions.check_chain(self.scope, comparison, self.nodes.graph, tests, context)
        return self.nodes.joined("and", tests, context, comparison)

    def _is_flag_test(self, comparison: ast.Comparison, context: Context) -> bool:
        """E129 for `market.caution == true` and `== 1`: a condition needs no comparison."""
        if len(comparison.operands) > 2 or comparison.operators[0] not in ("==", "!=", ">"):
            return False
        flag, other = comparison.operands
        text = context.rule.text[other.start : other.end]
        if text not in ("true", "false", "1", "0") or isinstance(flag, ast.Literal):
            return False
        value = self.evaluate(flag, context)
        if value is None or not value.is_condition:
            return False
        wanted = (text in ("true", "1")) == (comparison.operators[0] == "==") if comparison.operators[0] != ">" else True
        inner = context.rule.text[flag.start : flag.end]
        fix = context.rule.substituted(comparison.start, comparison.end, inner if wanted else f"not {inner}")
        start = other.start - len(context.rule.text[flag.end : other.start].lstrip())
        self.scope.report("E129", context, start, other.end, label="flag", fix=fix, name=inner)
        return True

    def _same_unit(
        self, first: ast.Expression, left: Value, second: ast.Expression, right: Value, context: Context, whole: ast.Expression
    ) -> bool:
        if comparable(left, right):
            return True
        self._report_units(first, left, second, right, context, whole)
        return False

    def _report_units(
        self, first: ast.Expression, left: Value, second: ast.Expression, right: Value, context: Context, whole: ast.Expression
    ) -> None:
        text = context.rule.text
        one, other = (Side(place, value, text[place.start : place.end]) for place, value in ((first, left), (second, right)))
        report_units(self.scope, self.nodes.graph, one, other, whole, context)

    def _between(self, between: ast.Between, context: Context) -> Value | None:
        parts = (between.value, between.low, between.high)
        values = [self.number(part, context) for part in parts]
        value, low, high = values
        if value is None or low is None or high is None:
            return None
        if not self._same_unit(parts[0], value, parts[1], low, context, between):
            return None
        if not self._same_unit(parts[0], value, parts[2], high, context, between):
            return None
        test = self.nodes.operator(between.kind, (value, low, high), (), Unit.CONDITION, context, between)
        if test is None or slips.check_weekdays(self.scope, between, low, high, context):
            return test
        if not percents.check_range(self.scope, self.nodes.graph, between, (value, low, high), context):
            contradictions.check_between(self.scope, between, test, (value, low, high), context)
        return test

    def _crosses(self, crosses: ast.Crosses, context: Context) -> Value | None:
        left, right = self.number(crosses.left, context), self.number(crosses.right, context)
        if left is None or right is None or not self._same_unit(crosses.left, left, crosses.right, right, context, crosses):
            return None
        if not traps.check_crossing(self.scope, self.nodes.graph, crosses, (left, right), context):
            contradictions.check_crossing(self.scope, crosses, left, right, context)
        return self.nodes.operator(f"crosses {crosses.direction}", (left, right), (), Unit.CONDITION, context, crosses)

    def _trend(self, trend: ast.Trend, context: Context) -> Value | None:
        value, bars = self.number(trend.value, context), self.calls.window(trend.window, context)
        if value is None or bars is None:
            return None
        if value.held:
            self.scope.report("E123", context, trend.value.start, trend.value.end, clock=self._clock_text(context), label="window")
            return None
        return self.nodes.operator(f"{trend.kind} for", (value,), (bars,), Unit.CONDITION, context, trend)

    # ---- logic ----
    def _not(self, not_: ast.Not, context: Context) -> Value | None:
        value = self.condition(not_.value, context)
        return None if value is None else self.nodes.operator("not", (value,), (), Unit.CONDITION, context, not_)

    def _conditional(self, conditional: ast.Conditional, context: Context) -> Value | None:
        condition = self.condition(conditional.condition, context)
        value, otherwise = self.evaluate(conditional.value, context), self.evaluate(conditional.otherwise, context)
        if condition is None or value is None or otherwise is None:
            return None
        if not self._same_unit(conditional.value, value, conditional.otherwise, otherwise, context, conditional):
            return None
        return self.nodes.operator("if else", (condition, value, otherwise), (), joined(value, otherwise), context, conditional)

    def _logic(self, logic: ast.Logic, context: Context) -> Value | None:
        mixed = next((n for n, word in enumerate(logic.operators) if word != logic.operators[0]), None)
        values = [self.condition(operand, context) for operand in logic.operands]
        if mixed is not None:
            self._report_mixed(logic, mixed, context)
            return None
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return None
        contradictions.check_words(self.scope, logic, context)
        joined = contradictions.check_all if logic.operators[0] == "and" else contradictions.check_any
        joined(self.scope, logic, self.nodes.graph, known, context)
        return self.nodes.joined(logic.operators[0], known, context, logic)

    def _report_mixed(self, logic: ast.Logic, mixed: int, context: Context) -> None:
        """E104 names both readings; none is chosen, because the two trade differently."""
        text = context.rule.text
        split = logic.operator_starts[mixed]
        cut = logic.operands[mixed].start
        before, last, after = text[logic.start : split].rstrip(), text[cut:split].rstrip(), text[split : logic.end]
        left = text[logic.start : cut].rstrip()
        word = logic.operators[mixed]
        notes: tuple[tuple[str, dict[str, str]], ...] = (
            ("reading", {"letter": "A", "text": f"({before}) {after}"}),
            ("reading", {"letter": "B", "text": f"{left} ({last} {after})"}),
        )
        self.scope.report("E104", context, split, split + len(word), notes=(*notes, ("no_default", {})))

    def _then(self, then: ast.Then, context: Context) -> Value | None:
        first, second = self.condition(then.first, context), self.condition(then.second, context)
        if then.window is None:
            fix = context.rule.substituted(then.end, then.end, " within 6 bars")
            self.scope.report("E131", context, then.word_start, then.word_start + len("then"), notes=(("then_limit", {}),), fix=fix)
            return None
        bars = self.calls.window(then.window, context)
        if first is None or second is None or bars is None:
            return None
        return self.nodes.operator("then within", (first, second), (bars,), Unit.CONDITION, context, then)
