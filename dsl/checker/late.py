"""Values known later than the market's: the position (`pos.*`), the account (`acct.*`), the order (`order.*`, `cost.*`)."""

from __future__ import annotations

from dsl import ast
from dsl.account_limits import line_of_value
from dsl.catalogue import ACCOUNT_SERIES, ORDER_SERIES, POSITION_SERIES, Arg, ArgKind, Function, Unit
from dsl.checker.calls import Calls
from dsl.checker.context import Context, Notes, Scope
from dsl.checker.nodes import Nodes
from dsl.checker.values import Value
from dsl.graph import Phase

LATE_SERIES: dict[str, tuple[Unit, Phase]] = {
    **{name: (unit, Phase.POSITION) for name, unit in POSITION_SERIES.items()},
    **{name: (unit, Phase.ACCOUNT) for name, unit in ACCOUNT_SERIES.items()},
    **{name: (unit, Phase.ORDER) for name, unit in ORDER_SERIES.items()},
}
#: what an entry rule reads that wants to add to a position which has fallen
_OF_A_LOSS = frozenset({"pos.gain", "pos.pnl", "pos.entry", "pos.low", "pos.worst"})
_CODES = {Phase.POSITION: "E130", Phase.ACCOUNT: "E134", Phase.ORDER: "E135"}
#: late values with an argument of their own
_DRAWDOWN = Function(
    "acct.drawdown", (Arg("over", ArgKind.NUMBER, Unit.DURATION, None, 1, None),), Unit.RATIO, example="acct.drawdown(30d) < 10%"
)
WITH_ARGUMENTS: dict[str, Function] = {_DRAWDOWN.name: _DRAWDOWN}


class Late:
    """Names and calls of late values in one file."""

    def __init__(self, scope: Scope, nodes: Nodes, calls: Calls) -> None:
        self.scope = scope
        self.nodes = nodes
        self.calls = calls

    def value(self, place: ast.Name | ast.Call, context: Context) -> Value | None:
        """`pos.gain`, `acct.drawdown(30d)`: only where such a value exists."""
        unit, phase = LATE_SERIES[place.name]
        if phase not in context.phases:
            self._report(place, phase, context)
            return None
        if context.section.market:
            self.scope.report("E132", context, place.start, place.end, label="clock")
            return None
        params: tuple[float, ...] = ()
        if place.name in WITH_ARGUMENTS:
            found = self.calls.fixed_arguments(WITH_ARGUMENTS[place.name], place, context)
            if found is None:
                return None
            params = found
        elif isinstance(place, ast.Call):
            self.scope.report("E101", context, place.start, place.name_end, label="series", name=place.name)
            return None
        return self.nodes.late(place.name, unit, phase, params)

    def _report(self, place: ast.Name | ast.Call, phase: Phase, context: Context) -> None:
        rule, start, end = context.rule, place.start, place.end
        notes: Notes = ()
        if phase is Phase.POSITION:
            notes = (("position_names", {}),)
        if context.site is not None:
            rule, start, end = context.site.rule, context.site.start, context.site.end
        elif place.name in _OF_A_LOSS and rule.path[:1] == ("entry",):
            notes = (*notes, ("no_adding", {}))
        line = line_of_value(place.name) if phase is Phase.ACCOUNT else None
        notes += () if line is None else (("account_limit", {"line": line}),)
        label = "" if rule.path[:1] == ("entry",) or phase is not Phase.POSITION else "here"
        self.scope.report_at(_CODES[phase], rule, start, end, label=label, notes=notes, name=place.name)
