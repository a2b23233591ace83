"""`min(x@1m, over=5m)`: values of bars finer than the clock, folded into each bar of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dsl import ast
from dsl.checker.calls import Calls
from dsl.checker.clock import timeframe_of, timeframe_text
from dsl.checker.context import Context, Scope
from dsl.checker.nodes import Nodes
from dsl.checker.values import Value
from dsl.graph import Phase, Section, Timeframe

Evaluate = Callable[[ast.Expression, Context], Value | None]
#: how many become one: `any` takes a condition, `last` either, the others a number
FOLDS = ("last", "min", "max", "sum", "any")


class Overs:
    """Folds of one file."""

    def __init__(self, scope: Scope, nodes: Nodes, calls: Calls, evaluate: Evaluate) -> None:
        self.scope = scope
        self.nodes = nodes
        self.calls = calls
        self.evaluate = evaluate

    def call(self, call: ast.Call, context: Context) -> Value | None:
        """The fold over each bar of `over=`; on a clock finer than that, the last closed one. All of its argument is read on finer bars."""
        over = next(argument for argument in call.arguments if argument.name == "over")
        others = [argument for argument in call.arguments if argument is not over]
        if len(others) != 1 or others[0].name is not None:
            place = (call.start, call.end)
            self.scope.report("E126", context, *place, label="few", name=call.name, argument="x@1m", signature="(x@1m, over=5m)")
            return None
        longer = self._timeframe(over, context)
        finer = None if longer is None else self._finer(call, others[0].value, longer, context)
        if longer is None or finer is None:
            return None
        market = context.section.market
        value = self.evaluate(others[0].value, context.on(Section(finer, market)))
        if value is None or not self._kind_fits(call, others[0].value, value, context):
            return None
        folded = self.nodes.over(call.name, value, context.on(Section(longer, market)))
        return self.nodes.hold(folded, context, call)

    def _timeframe(self, over: ast.Argument, context: Context) -> Timeframe | None:
        """`over=5m`: the clock, or whole bars of it."""
        inner = ast.unbracketed(over.value)
        found = timeframe_of(timeframe_text(int(inner.value))) if isinstance(inner, ast.Literal) and inner.value >= 1000 else None
        clock = context.section.timeframe
        if found is None or found.length_ms % clock.length_ms:
            text = timeframe_text(clock.length_ms)
            fix = context.rule.substituted(over.value.start, over.value.end, text)
            self.scope.report("E136", context, over.start, over.end, label="length", name="", clock=text, fix=fix)
            return None
        return found

    def _finer(self, call: ast.Call, argument: ast.Expression, longer: Timeframe, context: Context) -> Timeframe | None:
        """The finest timeframe that the argument names."""
        named = [found for found in map(timeframe_of, _timeframes(argument)) if found is not None]
        finest = min(named, key=lambda timeframe: timeframe.length_ms, default=None)
        if finest is None or finest.length_ms >= longer.length_ms or longer.length_ms % finest.length_ms:
            clock = timeframe_text(longer.length_ms)
            self.scope.report("E136", context, argument.start, argument.end, label="", name=call.name, clock=clock)
            return None
        return finest

    def _kind_fits(self, call: ast.Call, argument: ast.Expression, value: Value, context: Context) -> bool:
        if value.phase is not Phase.MARKET:
            self.scope.report("E132", context, call.start, call.end, label="memory")
            return False
        if call.name == "last" or value.is_condition == (call.name == "any"):
            return True
        code = "E129" if value.is_condition else "E128"
        self.scope.report(code, context, argument.start, argument.end, unit=value.unit.value)
        return False


def _timeframes(expression: ast.Expression) -> Iterator[str]:
    if isinstance(expression, ast.At) and expression.timeframe[-1] != "M":
        yield expression.timeframe
    for part in ast.children(expression):
        yield from _timeframes(part)
