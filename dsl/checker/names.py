"""What a name means: a series, parameter, definition, function, another market, the position; or what it was probably meant to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dsl import ast
from dsl.catalogue import INPUT_SERIES, Function, Unit
from dsl.checker import percents
from dsl.checker.across import Across
from dsl.checker.calls import Calls
from dsl.checker.context import Context, Definition, Notes, Scope, Site, Thunk
from dsl.checker.elsewhere import Guess, call_guess, called_elsewhere, name_guess, renamed_call
from dsl.checker.families import member_meant, members
from dsl.checker.late import LATE_SERIES, WITH_ARGUMENTS, Late
from dsl.checker.nodes import Nodes
from dsl.checker.overs import FOLDS, Overs
from dsl.checker.regimes import Regimes
from dsl.checker.scores import Scores
from dsl.checker.values import Value
from dsl.document import suggestion
from dsl.graph import Phase, Section
from dsl.pairs import OTHER
from dsl.side_series import ACROSS, EXTERNAL_PREFIX, SIDE_SERIES

Evaluate = Callable[[ast.Expression, Context], Value | None]
#: the two constants of conditions
TRUTH = {"true": 1.0, "false": 0.0}
#: session series, whose names the catalogue has
CALENDAR = ("day", "prev_day", "week", "prev_week")
#: first parts of dotted names that belong to the language
PREFIXES = ("across", "market", "acct", "book", "flow", "cost", "order", "pos", "universe", "external")
#: words of the language that no section of a file may redefine
RESERVED = frozenset({"score", "regime", "depth", "last", "any", "over", "bid", "ask", "desc", "asc", "other", *PREFIXES, *CALENDAR})


class Names:
    """Names and calls of one file."""

    def __init__(self, scope: Scope, nodes: Nodes, calls: Calls, evaluate: Evaluate) -> None:
        self.scope = scope
        self.nodes = nodes
        self.calls = calls
        self.evaluate = evaluate
        self._expanding: list[str] = []
        self._known: dict[tuple[str, Section, frozenset[Phase]], Value | None] = {}
        self.late = Late(scope, nodes, calls)
        self.across = Across(scope, nodes, calls, evaluate)
        self.overs = Overs(scope, nodes, calls, evaluate)
        self.regimes = Regimes(scope, nodes, self.definition)
        self.scores = Scores(scope, nodes, self.definition)

    # ---- names ----
    def name(self, name: ast.Name, context: Context) -> Value | None:
        """The value that a bare name stands for."""
        bound = context.bindings.get(name.name)
        if bound is not None:
            return self._bound(bound, context)
        if name.name in LATE_SERIES:
            return self.late.value(name, context)
        alias, dot, rest = name.name.partition(".")
        if dot and alias in self.scope.aliases and not context.builtin:
            inside = self._on_market(alias, name, context)
            return None if inside is None else self.name(replace(name, name=rest, start=name.start + len(alias) + 1), inside)
        if name.name in INPUT_SERIES:
            return self.nodes.series(name.name, context)
        if name.name in SIDE_SERIES:
            return self._side(name, context)
        if name.name in TRUTH:
            return Value(Unit.CONDITION, self.nodes.constant(TRUTH[name.name], Unit.CONDITION), low=TRUTH[name.name], high=TRUTH[name.name])
        return self._own(name, context)

    def _own(self, name: ast.Name, context: Context) -> Value | None:
        """Names that the file gives, then functions without arguments."""
        if not context.builtin and name.name in self.scope.externals:
            return self.nodes.side(EXTERNAL_PREFIX + name.name, (), context)
        if not context.builtin and name.name == "score":
            return self.scores.score(name, context)
        if not context.builtin and name.name == "regime":
            return self.regimes.alone(name, context)
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
        inner, self._expanding = self._expanding, list(bound.expanding)
        try:
            return self.evaluate(bound.expression, replace(bound.context, section=context.section))
        finally:
            self._expanding = inner

    def _function(self, name: str, context: Context) -> Function | None:
        function = self.scope.catalogue.get(name)
        return function if function is not None and (function.callable_by_user or context.builtin) else None

    def _side(self, place: ast.Name | ast.Call, context: Context) -> Value | None:
        """A series beside the candles, with the arguments that it takes."""
        known = SIDE_SERIES[place.name]
        function = Function(place.name, known.args, known.unit, example=known.example)
        params = self.calls.fixed_arguments(function, place, context)
        return None if params is None else self.nodes.side(place.name, params, context)

    def _on_market(self, alias: str, place: ast.Name | ast.Call, context: Context) -> Context | None:
        """`btc.` before a name: the same bars of KRW-BTC. One other market cannot be read from another's bars."""
        market = self.scope.aliases[alias]
        if context.section.market not in ("", market):
            outer = next((name for name, code in self.scope.aliases.items() if code == context.section.market), context.section.market)
            notes: Notes = (("alias_each", {"outer": outer}),)
            self.scope.report("E190", context, place.start, place.end, label="alias", notes=notes, name=place.name, outer=outer)
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
        special = self._special(call)
        if special is not None:
            return special(call, context)
        function = self._function(call.name, context)
        if function is not None:
            return self.calls.function(function, call, context)
        self._report_unknown_function(call, context)
        return None

    def _special(self, call: ast.Call) -> Callable[[ast.Call, Context], Value | None] | None:
        """What is called like a function but reads other bars, other markets or later values than its place."""
        if call.name in LATE_SERIES:
            return self.late.value
        if call.name in FOLDS and any(argument.name == "over" for argument in call.arguments):
            return self.overs.call
        if call.name in ACROSS:
            return self.across.call
        if call.name == "depth":
            return self._depth
        if call.name in SIDE_SERIES and call.name not in self.scope.catalogue:
            return self._side
        return None

    def _depth(self, call: ast.Call, context: Context) -> Value | None:
        """`depth(bid, 0.5%)`: what the book holds on one side within a distance of the middle."""
        side = ast.unbracketed(call.arguments[0].value) if call.arguments else None
        if not isinstance(side, ast.Name) or side.name not in ("bid", "ask") or len(call.arguments) < 2:
            self.scope.report("E139", context, call.start, call.end)
            return None
        percents.check_distance(self.scope, call.arguments[1].value, context)
        return self._side(replace(call, name=f"book.{side.name}_depth", arguments=call.arguments[1:]), context)

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
        key = (definition.name, context.section, context.phases)
        if not bindings and key in self._known:
            return self._known[key]
        site = context.site or Site(context.rule, place.start, place.end)
        inside = Context(context.section, definition.rule, context.phases, bindings, site)
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
            bindings[name] = Thunk(argument.value, context, tuple(self._expanding))
        missing = next((name for name in names if name not in bindings), None)
        if missing is not None:
            self.scope.report("E126", context, place.start, place.end, label="few", name=definition.name, argument=missing, signature=shown)
            return None
        return bindings

    # ---- what it was meant to be ----
    def _is_other(self, name: str, place: tuple[int, int], context: Context) -> bool:
        """E141 for `other` where no second market is meant, or without a value after it."""
        if name.partition(".")[0] != OTHER:
            return False
        self.scope.report("E141", context, *place, name=name)
        return True

    def _is_future(self, name: str, start: int, end: int, context: Context) -> bool:
        """E120 for the one indicator of the charts that draws the future."""
        if name != "ichimoku.chikou":
            return False
        notes: Notes = (("chikou_meaning", {"expression": "close > close[26]"}),)
        self.scope.report("E120", context, start, end, label="chikou", expression=name, notes=notes)
        return True

    def _elsewhere(self, name: str) -> str | None:
        """The series or function that is called so in Korean or in other programs."""
        return called_elsewhere(name, self.scope.catalogue)

    def _outputs(self, name: str) -> list[Function]:
        return [function for key, function in self.scope.catalogue.items() if key.startswith(f"{name}.") and function.callable_by_user]

    def _report_outputs(self, outputs: list[Function], name: str, place: ast.Name | ast.Call, context: Context) -> None:
        notes: Notes = tuple(("output", {"name": f.name, "korean": f.korean, "english": f.english}) for f in outputs)
        end = place.name_end if isinstance(place, ast.Call) else place.end
        complete = isinstance(place, ast.Call) or all(arg.default is not None for arg in outputs[0].args)
        fix = context.rule.substituted(end - len(name), end, outputs[0].name) if complete else ""
        self.scope.report("E106", context, place.start, place.end, name=name, count=str(len(outputs)), notes=notes, fix=fix)

    def _is_known(self, name: str) -> bool:
        """Whether a rule may use the name as it stands."""
        function = self.scope.catalogue.get(name)
        usable = function is not None and function.callable_by_user
        return usable or any(name in names for names in (INPUT_SERIES, SIDE_SERIES, self.scope.params, self.scope.definitions, ACROSS))

    def _report_guess(self, code: str, guess: Guess, name: str, place: tuple[int, int], whole: tuple[int, int], context: Context) -> None:
        """An unknown name that other programs or languages know."""
        notes: Notes = () if guess.text is None else (("write_here", {"expression": guess.text}),)
        fix = "" if guess.text is None else context.rule.substituted(*whole, guess.text)
        self.scope.report(code, context, *place, label=guess.label, name=name, notes=notes, fix=fix)

    def _report_member(self, code: str, name: str, place: tuple[int, int], context: Context) -> bool:
        """`acct.foo`: what `acct.` has."""
        known = members(name, self.scope.catalogue)
        if not known:
            return False
        meant = member_meant(name, known)
        notes: Notes = (("family", {"family": name.partition(".")[0], "names": ", ".join(known)}),)
        notes += (("did_you_mean", {"name": meant}),) if meant else ()
        bare = code == "E101" or (meant not in ACROSS and meant not in WITH_ARGUMENTS)
        fix = context.rule.substituted(*place, meant) if meant and bare else ""
        self.scope.report(code, context, *place, label="family", name=name, notes=notes, fix=fix)
        return True

    def _report_unknown_function(self, call: ast.Call, context: Context) -> None:
        if self._is_future(call.name, call.start, call.name_end, context):
            return
        if self._is_other(call.name, (call.start, call.name_end), context):
            return
        outputs = self._outputs(call.name)
        if outputs:
            self._report_outputs(outputs, call.name, call, context)
            return
        known = [name for name, function in self.scope.catalogue.items() if function.callable_by_user]
        guess = call_guess(call, context.rule.text, self._is_known)
        if guess is not None:
            self._report_guess("E101", guess, call.name, (call.start, call.name_end), (call.start, call.end), context)
            return
        guess = renamed_call(call.name, self._is_known)
        if guess is not None:
            self._report_guess("E101", guess, call.name, (call.start, call.name_end), (call.start, call.name_end), context)
            return
        if self._report_member("E101", call.name, (call.name_end - len(call.name), call.name_end), context):
            return
        meant = self._elsewhere(call.name) or suggestion(call.name, [*known, *self.scope.definitions, *ACROSS, *SIDE_SERIES, "depth"])
        start = call.name_end - len(call.name)
        notes: Notes = (("did_you_mean", {"name": meant}),) if meant else ()
        fix = context.rule.substituted(start, call.name_end, meant) if meant and self._takes(meant, call) else ""
        series = call.name in INPUT_SERIES or call.name in self.scope.params
        label = "series" if series else ""
        self.scope.report("E101", context, start, call.name_end, label=label, name=call.name, notes=notes, fix=fix)

    def _takes(self, name: str, call: ast.Call) -> bool:
        """Whether the function could be called with so many arguments."""
        function = self.scope.catalogue.get(name)
        if function is None:
            return True
        needed = sum(arg.default is None and not arg.keyword_only for arg in function.args)
        return len(call.arguments) >= needed

    def _report_unknown_name(self, name: ast.Name, context: Context) -> None:
        if self._is_future(name.name, name.start, name.end, context):
            return
        if self._is_other(name.name, (name.start, name.end), context):
            return
        outputs = self._outputs(name.name)
        if outputs:
            self._report_outputs(outputs, name.name, name, context)
            return
        guess = name_guess(name.name, self.scope.catalogue, self.scope.aliases, self._is_known, self._elsewhere)
        if guess is not None:
            place = (name.start, name.end)
            self._report_guess("E102", guess, name.name, place, place, context)
            return
        if self._report_member("E102", name.name, (name.end - len(name.name), name.end), context):
            return
        zero_argument = [
            key for key, f in self.scope.catalogue.items() if f.callable_by_user and all(a.default is not None for a in f.args)
        ]
        known = [*INPUT_SERIES, *self.scope.params, *self.scope.definitions, *zero_argument, *context.bindings]
        known += [*SIDE_SERIES, *self.scope.externals, *(["score"] if self.scope.factors else [])]
        known += [late for late, (_, phase) in LATE_SERIES.items() if phase in context.phases or late[:4] == name.name[:4]]
        functions = [key for key, function in self.scope.catalogue.items() if function.callable_by_user]
        meant = self._elsewhere(name.name) or suggestion(name.name, known) or suggestion(name.name, functions)
        start = name.end - len(name.name)
        coin, dot, series = name.name.partition(".")
        if dot and series in INPUT_SERIES:  # another market's series: the bare one would be this market's
            notes: Notes = (("alias_needed", {"alias": coin.lower(), "market": f"KRW-{coin.upper()}", "series": series}),)
            self.scope.report("E102", context, start, name.end, name=name.name, notes=notes)
            return
        notes = (("did_you_mean", {"name": meant}),) if meant else ()
        notes += (("volume_in_krw", {}),) if meant == "volume" else ()
        fix = context.rule.substituted(start, name.end, meant) if meant in known else ""
        self.scope.report("E102", context, start, name.end, name=name.name, notes=notes, fix=fix)
