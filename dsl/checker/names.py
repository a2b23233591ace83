"""What a name means: a series, parameter, definition, function, another market, the position; or what it was probably meant to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dsl import ast
from dsl.catalogue import INPUT_SERIES, POSITION_SERIES, Function, Unit
from dsl.checker.calls import Calls
from dsl.checker.context import Context, Definition, Notes, Scope, Site, Thunk
from dsl.checker.nodes import Nodes
from dsl.checker.values import Value
from dsl.document import suggestion
from dsl.graph import Section

Evaluate = Callable[[ast.Expression, Context], Value | None]
#: words of the language whose meaning is not built yet
UNBUILT_PREFIXES = ("across", "market", "acct", "book", "cost", "order", "day", "prev_day", "week", "prev_week")
UNBUILT_NAMES = frozenset({"score", "regime", "depth", "last", "other"})
TRUTH = {"true": 1.0, "false": 0.0}


class Names:
    """Names and calls of one file."""

    def __init__(self, scope: Scope, nodes: Nodes, calls: Calls, evaluate: Evaluate) -> None:
        self.scope = scope
        self.nodes = nodes
        self.calls = calls
        self.evaluate = evaluate
        self._expanding: list[str] = []
        self._known: dict[tuple[str, Section, bool], Value | None] = {}

    # ---- names ----
    def name(self, name: ast.Name, context: Context) -> Value | None:
        """The value that a bare name stands for."""
        bound = context.bindings.get(name.name)
        if bound is not None:
            return self._bound(bound, context)
        if name.name in POSITION_SERIES:
            return self._position(name, context)
        alias, dot, rest = name.name.partition(".")
        if dot and alias in self.scope.aliases and not context.builtin:
            inside = self._on_market(alias, name, context)
            return None if inside is None else self.name(replace(name, name=rest, start=name.start + len(alias) + 1), inside)
        if name.name in INPUT_SERIES:
            return self.nodes.series(name.name, context)
        if name.name in TRUTH:
            return Value(Unit.CONDITION, self.nodes.constant(TRUTH[name.name], Unit.CONDITION))
        if not context.builtin and name.name in self.scope.params:
            return self.scope.params[name.name]
        if not context.builtin and name.name in self.scope.definitions:
            return self._definition(self.scope.definitions[name.name], (), name, context)
        if name.name in self.scope.broken_names:
            return None
        function = self._function(name.name, context)
        if function is not None:
            return self.calls.function(function, name, context)
        self._report_unknown_name(name, context)
        return None

    def _bound(self, bound: Value | Thunk, context: Context) -> Value | None:
        if isinstance(bound, Value):
            return bound
        return self.evaluate(bound.expression, replace(bound.context, section=context.section))

    def _function(self, name: str, context: Context) -> Function | None:
        function = self.scope.catalogue.get(name)
        return function if function is not None and (function.callable_by_user or context.builtin) else None

    def _position(self, name: ast.Name, context: Context) -> Value | None:
        if context.section.market:
            self.scope.report("E132", context, name.start, name.end, label="clock")
            return None
        if context.position:
            return self.nodes.position(name.name)
        rule, start, end = context.rule, name.start, name.end
        notes: Notes = (("position_names", {}),)
        if context.site is not None:
            rule, start, end = context.site.rule, context.site.start, context.site.end
        elif name.name in ("pos.gain", "pos.pnl") and rule.path[:1] == ("entry",):
            notes = (*notes, ("no_adding", {}))
        self.scope.report_at("E130", rule, start, end, label="", notes=notes, name=name.name)
        return None

    def _on_market(self, alias: str, place: ast.Name | ast.Call, context: Context) -> Context | None:
        """`btc.` before a name: the same bars of KRW-BTC. One other market cannot be read from another's bars."""
        market = self.scope.aliases[alias]
        if context.section.market not in ("", market):
            self.scope.report("E190", context, place.start, place.end, name=place.name)
            return None
        return context.on(Section(context.section.timeframe, market))

    # ---- calls ----
    def call(self, call: ast.Call, context: Context) -> Value | None:
        """The value of `name(arguments)`."""
        alias, dot, rest = call.name.partition(".")
        if dot and alias in self.scope.aliases and not context.builtin:
            inside = self._on_market(alias, call, context)
            return None if inside is None else self.call(replace(call, name=rest, start=call.start + len(alias) + 1), inside)
        definition = None if context.builtin else self.scope.definitions.get(call.name)
        if definition is not None:
            return self._definition(definition, call.arguments, call, context)
        if call.name in self.scope.broken_names:
            return None
        if any(argument.name == "over" for argument in call.arguments):
            over = next(argument for argument in call.arguments if argument.name == "over")
            self.scope.report("E190", context, over.start, over.end, name="over=")
            return None
        function = self._function(call.name, context)
        if function is not None:
            return self.calls.function(function, call, context)
        self._report_unknown_function(call, context)
        return None

    def definition(self, definition: Definition, place: ast.Expression, context: Context) -> Value | None:
        """A definition without parameters, on its own."""
        return self._definition(definition, (), ast.Name(place.start, place.end, definition.name), context)

    def _definition(
        self, definition: Definition, arguments: tuple[ast.Argument, ...], place: ast.Name | ast.Call, context: Context
    ) -> Value | None:
        """A definition, expanded on the bars where it is used."""
        if definition.body is None:
            return None
        if definition.name in self._expanding:
            chain = " -> ".join([*self._expanding[self._expanding.index(definition.name) :], definition.name])
            self.scope.report("E133", context, place.start, place.end, name=definition.name, chain=chain)
            return None
        bindings = self._bind(definition, arguments, place, context)
        if bindings is None:
            return None
        key = (definition.name, context.section, context.position)
        if not bindings and key in self._known:
            return self._known[key]
        site = context.site or Site(context.rule, place.start, place.end)
        inside = Context(context.section, definition.rule, context.position, bindings, site)
        self._expanding.append(definition.name)
        try:
            value = self.evaluate(definition.body, inside)
        finally:
            self._expanding.pop()
        if not bindings:
            self._known[key] = value
        return value

    def _bind(
        self, definition: Definition, arguments: tuple[ast.Argument, ...], place: ast.Name | ast.Call, context: Context
    ) -> dict[str, Value | Thunk] | None:
        names = definition.parameters
        bindings: dict[str, Value | Thunk] = {}
        shown = f"({', '.join(names)})"
        for argument in arguments:
            name = argument.name if argument.name is not None else next((n for n in names if n not in bindings), None)
            if name is None or name not in names or name in bindings:
                label = "many" if argument.name is None else "twice" if name in bindings else "unknown"
                self.scope.report(
                    "E126", context, argument.start, argument.end, label=label, name=definition.name, argument=name or "", signature=shown
                )
                return None
            bindings[name] = Thunk(argument.value, context)
        missing = next((name for name in names if name not in bindings), None)
        if missing is not None:
            self.scope.report("E126", context, place.start, place.end, label="few", name=definition.name, argument=missing, signature=shown)
            return None
        return bindings

    # ---- what it was meant to be ----
    def _unbuilt(self, name: str) -> bool:
        prefix, dot, _ = name.partition(".")
        return (bool(dot) and prefix in UNBUILT_PREFIXES) or name in UNBUILT_NAMES

    def _is_future(self, name: str, start: int, end: int, context: Context) -> bool:
        """E120 for the one indicator of the charts that draws the future."""
        if name != "ichimoku.chikou":
            return False
        notes: Notes = (("chikou_meaning", {"expression": "close > close[26]"}),)
        self.scope.report("E120", context, start, end, label="chikou", expression=name, notes=notes)
        return True

    def _outputs(self, name: str) -> list[Function]:
        return [function for key, function in self.scope.catalogue.items() if key.startswith(f"{name}.") and function.callable_by_user]

    def _report_outputs(self, outputs: list[Function], name: str, place: ast.Name | ast.Call, context: Context) -> None:
        notes: Notes = tuple(("output", {"name": f.name, "korean": f.korean, "english": f.english}) for f in outputs)
        end = place.name_end if isinstance(place, ast.Call) else place.end
        complete = isinstance(place, ast.Call) or all(arg.default is not None for arg in outputs[0].args)
        fix = context.rule.substituted(end - len(name), end, outputs[0].name) if complete else ""
        self.scope.report("E106", context, place.start, place.end, name=name, count=str(len(outputs)), notes=notes, fix=fix)

    def _report_unknown_function(self, call: ast.Call, context: Context) -> None:
        if self._is_future(call.name, call.start, call.name_end, context):
            return
        if self._unbuilt(call.name):
            self.scope.report("E190", context, call.start, call.name_end, name=call.name)
            return
        outputs = self._outputs(call.name)
        if outputs:
            self._report_outputs(outputs, call.name, call, context)
            return
        known = [name for name, function in self.scope.catalogue.items() if function.callable_by_user]
        meant = suggestion(call.name, [*known, *self.scope.definitions])
        start = call.name_end - len(call.name)
        notes: Notes = (("did_you_mean", {"name": meant}),) if meant else ()
        fix = context.rule.substituted(start, call.name_end, meant) if meant else ""
        series = call.name in INPUT_SERIES or call.name in self.scope.params
        label = "series" if series else ""
        self.scope.report("E101", context, start, call.name_end, label=label, name=call.name, notes=notes, fix=fix)

    def _report_unknown_name(self, name: ast.Name, context: Context) -> None:
        if self._is_future(name.name, name.start, name.end, context):
            return
        if self._unbuilt(name.name):
            self.scope.report("E190", context, name.start, name.end, name=name.name)
            return
        outputs = self._outputs(name.name)
        if outputs:
            self._report_outputs(outputs, name.name, name, context)
            return
        zero_argument = [
            key for key, f in self.scope.catalogue.items() if f.callable_by_user and all(a.default is not None for a in f.args)
        ]
        known = [*INPUT_SERIES, *self.scope.params, *self.scope.definitions, *zero_argument, *context.bindings]
        known += POSITION_SERIES if context.position or name.name.startswith("pos") else ()
        functions = [key for key, function in self.scope.catalogue.items() if function.callable_by_user]
        meant = suggestion(name.name, known) or suggestion(name.name, functions)
        start = name.end - len(name.name)
        coin, dot, series = name.name.partition(".")
        if dot and series in INPUT_SERIES:  # another market's series: the bare one would be this market's
            notes: Notes = (("alias_needed", {"alias": coin.lower(), "market": f"KRW-{coin.upper()}", "series": series}),)
            self.scope.report("E102", context, start, name.end, name=name.name, notes=notes)
            return
        notes = (("did_you_mean", {"name": meant}),) if meant else ()
        fix = context.rule.substituted(start, name.end, meant) if meant in known else ""
        self.scope.report("E102", context, start, name.end, name=name.name, notes=notes, fix=fix)
