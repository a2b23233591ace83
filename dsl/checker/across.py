"""`across.*`: one value per bar from all members of the universe (or, in `universe:` and risk files, from all candidate markets)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dsl import ast
from dsl.catalogue import Arg, ArgKind, Function, Range, Unit
from dsl.checker.calls import Calls, parsed_body
from dsl.checker.context import Context, Scope, Site
from dsl.checker.nodes import Nodes
from dsl.checker.values import Value
from dsl.document import suggestion
from dsl.graph import Phase, Section
from dsl.side_series import ACROSS

Evaluate = Callable[[ast.Expression, Context], Value | None]
_TOP = Arg("top", ArgKind.NUMBER, Unit.NUMBER, "0", 0, 1000, keyword_only=True)
_ORDERS = {"asc": 0.0, "desc": 1.0}
#: functions whose `order=` may be given
_ORDERED = ("across.rank", "across.pct_rank")


def _function(name: str, korean: str, english: str, example: str, low: float | None = None, high: float | None = None) -> Function:
    value = Arg("cond" if name == "across.breadth" else "x", ArgKind.SERIES, Unit.CONDITION if name == "across.breadth" else Unit.ANY)
    count = (Arg("n", ArgKind.NUMBER, Unit.NUMBER, None, 1, 1000),) if name == "across.top" else ()
    return Function(
        name, (value, *count, _TOP), ACROSS[name], value_range=Range(low, high), korean=korean, english=english, example=example
    )


#: as data, for the checker, completion and the reference
FUNCTIONS: dict[str, Function] = {
    function.name: function
    for function in (
        _function(
            "across.rank", "모든 마켓 가운데 순위입니다. 1이 첫째이고, order=desc 는 큰 값부터 셉니다.",
            "Place among all markets, 1 is the first; order=desc counts from the largest.", "across.rank(ret(24h), order=desc) <= 10", 1.0,
        ),
        _function(
            "across.pct_rank", "모든 마켓 가운데 위치입니다. 가장 작으면 0, 가장 크면 1입니다.",
            "Place among all markets as a share: 0 the smallest, 1 the largest.", "across.pct_rank(ret(24h)) > 0.9", 0.0, 1.0,
        ),
        _function(
            "across.zscore", "모든 마켓의 평균에서 몇 표준편차 떨어져 있는지입니다.",
            "Standard deviations from the mean of all markets.", "across.zscore(ret(24h)) > 2",
        ),
        _function("across.mean", "모든 마켓의 평균입니다.", "Mean over all markets.", "across.mean(ret(24h)) > 1%"),
        _function("across.median", "모든 마켓의 중앙값입니다.", "Median over all markets.", "across.median(ret(24h)) > 1%"),
        _function(
            "across.breadth", "조건이 참인 마켓의 비율입니다.", "Share of the markets where a condition is true.",
            "across.breadth(close > ema(close, 50)@4h) > 0.5", 0.0, 1.0,
        ),
        _function(
            "across.top", "값이 큰 순서로 n개 안에 드는지입니다.", "Whether the market is among the n largest.", "across.top(ret(24h), 10)",
        ),
    )
}  # fmt: skip


class Across:
    """Calls of `across.*` in one file."""

    def __init__(self, scope: Scope, nodes: Nodes, calls: Calls, evaluate: Evaluate) -> None:
        self.scope = scope
        self.nodes = nodes
        self.calls = calls
        self.evaluate = evaluate

    def call(self, call: ast.Call, context: Context) -> Value | None:
        """The value over the markets. It belongs to no market in particular, so not to another market's bars either."""
        if context.section.market:
            self._report_market(call, context)
            return None
        order, arguments = self._order(call, context)
        function = FUNCTIONS[call.name]
        values = None if order is None else self.calls.arguments(function, replace(call, arguments=arguments), context)
        if order is None or values is None:
            return None
        value = values["cond" if "cond" in values else "x"]
        if value.phase is not Phase.MARKET or value.node is None:
            label = "fixed" if value.node is None else "late"
            self.scope.report("E138", context, call.start, call.end, label=label)
            return None
        return self._node(function, value, values, order, context, call)

    def _report_market(self, call: ast.Call, context: Context) -> None:
        """At the alias where it stands before the call itself, otherwise at the use that led here."""
        rule, start, end = context.rule, call.start, call.end
        if context.site is not None and not rule.text[:start].endswith("."):
            rule, start, end = context.site.rule, context.site.start, context.site.end
        self.scope.report_at("E138", rule, start, end, label="market")

    def _order(self, call: ast.Call, context: Context) -> tuple[float | None, tuple[ast.Argument, ...]]:
        """`order=desc`, a word and no value; the other arguments. Without it the smallest is first."""
        given = next((argument for argument in call.arguments if argument.name == "order"), None)
        if given is None or call.name not in _ORDERED:
            return (1.0 if call.name == "across.top" else 0.0), call.arguments
        word = ast.unbracketed(given.value)
        others = tuple(argument for argument in call.arguments if argument is not given)
        name = word.name if isinstance(word, ast.Name) else ""
        if name not in _ORDERS:
            meant = suggestion(name, _ORDERS) or "desc"
            fix = context.rule.substituted(given.value.start, given.value.end, meant)
            self.scope.report("E138", context, given.value.start, given.value.end, label="order", fix=fix)
            return None, others
        return _ORDERS[name], others

    def _node(
        self, function: Function, value: Value, values: dict[str, Value], order: float, context: Context, call: ast.Call
    ) -> Value | None:
        top = values["top"].constant or 0.0
        fixed = [top, values["n"].constant or 0.0] if "n" in values else [top]
        if any(number != int(number) for number in fixed):
            wrong = next((argument for argument in call.arguments if argument.name == "top"), call)
            self.scope.report("E112", context, wrong.start, wrong.end, label="count")
            return None
        inputs = [value, self.nodes.member(context)]
        if top:
            turnover = self._turnover(context, call)
            if turnover is None:
                return None
            inputs.append(turnover)
        params = (top, order, *fixed[1:])
        unit = value.unit if function.unit is Unit.SAME else function.unit
        return self.nodes.across(function, inputs, params, unit, context)

    def _turnover(self, context: Context, call: ast.Call) -> Value | None:
        """What the largest are told by, on the same bars."""
        inside = replace(context, bindings={}, site=context.site or Site(context.rule, call.start, call.end), builtin=True)
        return self.evaluate(parsed_body("turnover(24h)"), inside.on(Section(context.section.timeframe)))
