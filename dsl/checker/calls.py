"""Calls of catalogue functions: arguments to parameters, windows to bars, composed functions expanded in place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from dsl import ast
from dsl.catalogue import Arg, ArgKind, Function, Memory, Unit
from dsl.checker import anchors, percents, ranges, slips
from dsl.checker.clock import timeframe_text
from dsl.checker.context import Context, Notes, Scope, Site, Thunk
from dsl.checker.nodes import Nodes
from dsl.checker.values import PLAIN, Value, comparable, fixed
from dsl.document import suggestion
from dsl.parser import parse_rule

if TYPE_CHECKING:
    from dsl.checker.names import Names

Evaluate = Callable[[ast.Expression, Context], Value | None]
Bound = dict[str, tuple[ast.Expression, Context]]


@lru_cache(maxsize=1024)
def parsed_body(text: str) -> ast.Expression:
    """Rule text of the catalogue (a body or a default). Raises RuleError: the catalogue is wrong."""
    return parse_rule(text)


class Calls:
    """Calls of catalogue functions in one file."""

    names: Names

    def __init__(self, scope: Scope, nodes: Nodes, evaluate: Evaluate) -> None:
        self.scope = scope
        self.nodes = nodes
        self.evaluate = evaluate
        self._turned: set[tuple[str, tuple[str | int, ...]]] = set()

    def function(self, function: Function, call: ast.Call | ast.Name, context: Context) -> Value | None:
        """The value of a call of `function`. A name stands for a call without arguments."""
        if function.variadic and isinstance(call, ast.Call):
            call = _folded(call)
        known = self.arguments(function, call, context)
        if known is None:
            return None
        if function.body is not None:
            return self._composed(function, known, call, context)
        return self._primitive(function, known, call, context)

    def arguments(self, function: Function, call: ast.Call | ast.Name, context: Context) -> dict[str, Value] | None:
        """The call's arguments by name, of the right kinds and units."""
        bound = self._bind(function, call, context)
        if bound is None or not self._kinds_fit(function, call, bound, context):
            return None
        values = {arg.name: self._argument(function, arg, *bound[arg.name]) for arg in function.args}
        if any(value is None for value in values.values()):
            return None
        known = {name: value for name, value in values.items() if value is not None}
        return known if self._units_fit(function, known, bound, call, context) else None

    def fixed_arguments(self, function: Function, call: ast.Call | ast.Name, context: Context) -> tuple[float, ...] | None:
        """The fixed numbers of a call, in the function's order: the parameters of a leaf."""
        known = self.arguments(function, call, context)
        return None if known is None else _fixed_of(function, known)

    # ---- arguments to parameters ----
    def _bind(self, function: Function, call: ast.Call | ast.Name, context: Context) -> Bound | None:
        arguments = call.arguments if isinstance(call, ast.Call) else ()
        bound: Bound = {}
        positional = [arg for arg in function.args if not arg.keyword_only]
        for argument in arguments:
            arg = self._parameter(function, argument, positional, bound, context)
            if arg is None:
                return None
            bound[arg.name] = (argument.value, context)
        for arg in function.args:
            if arg.name not in bound:
                if arg.default is None:
                    self._report_missing(function, arg, call, context)
                    return None
                bound[arg.name] = (parsed_body(arg.default), self._inside(call, context))
        return bound

    def _parameter(self, function: Function, argument: ast.Argument, positional: list[Arg], bound: Bound, context: Context) -> Arg | None:
        if argument.name is None:
            free = next((arg for arg in positional if arg.name not in bound), None)
            if free is None and not self._report_length_first(function, argument, bound, context):
                self._report_count("many", function, "", (argument.start, argument.end), context)
            return free
        named = next((arg for arg in function.written if arg.name == argument.name), None)
        place = (argument.start, argument.start + len(argument.name))
        if named is None:
            self._report_unknown_argument(function, argument.name, place, context)
        elif named.name in bound:
            self._report_count("twice", function, named.name, place, context)
            return None
        return named

    def _report_length_first(self, function: Function, argument: ast.Argument, bound: Bound, context: Context) -> bool:
        """E105 for `rsi(close, 14)`: what most other programs write, where the length comes first here."""
        if not function.args:
            return False
        first = function.args[0]
        series = next((arg for arg in function.args if arg.kind is ArgKind.SERIES and arg.keyword_only), None)
        if first.kind is not ArgKind.WINDOW or series is None or first.name not in bound or not self._is_fixed(argument.value, context):
            return False
        given = bound[first.name][0]
        if self._is_fixed(given, context):
            return False
        text = context.rule.text
        one, length = text[given.start : given.end], text[argument.start : argument.end]
        new = length if one == series.default else f"{length}, {series.name}={one}"
        fix = context.rule.substituted(given.start, argument.end, new)
        args = {"name": function.name, "signature": signature(function), "got": "series, number"}
        self.scope.report("E105", context, given.start, argument.end, label="swapped", notes=(("length_first", {}),), fix=fix, **args)
        return True

    def _report_unknown_argument(self, function: Function, name: str, place: tuple[int, int], context: Context) -> None:
        known = [arg.name for arg in function.written]
        meant = suggestion(name, known) or _argument_called(name, function)
        notes = (("did_you_mean", {"name": meant}),) if meant else ()
        fix = context.rule.substituted(*place, meant) if meant else ""
        names = ", ".join(known)
        equality = (("equality", {"expression": f"{name} == ..."}),) if name in self.scope.catalogue else ()
        self.scope.report("E125", context, *place, notes=(*notes, *equality), fix=fix, name=function.name, argument=name, names=names)

    def _report_missing(self, function: Function, arg: Arg, call: ast.Call | ast.Name, context: Context) -> None:
        if isinstance(call, ast.Name):
            example = _call_in(function.example, function.name)
            fix = context.rule.substituted(call.start, call.end, example) if example else ""
            notes = (("example", {"example": function.example}),) if function.example else ()
            self.scope.report("E119", context, call.start, call.end, name=call.name, signature=signature(function), notes=notes, fix=fix)
            return
        fix = ""
        if arg.kind is ArgKind.ANCHOR and not call.arguments:
            fix = context.rule.substituted(call.name_end, call.end, "(day)")
        label = "anchor" if arg.kind is ArgKind.ANCHOR else "few"
        given = call.arguments[0].value if len(call.arguments) == 1 and call.arguments[0].name is None else None
        if given is not None and arg.kind is ArgKind.WINDOW and function.args[0].kind is ArgKind.SERIES and self._is_fixed(given, context):
            series = {"highest": "high", "lowest": "low"}.get(function.name, "close")  # ema(20): the series was left out
            label, fix = (
                "series",
                context.rule.substituted(
                    call.arguments[0].start, call.arguments[0].end, f"{series}, {context.rule.text[given.start : given.end]}"
                ),
            )
        elif given is not None and label == "few" and arg.kind is ArgKind.WINDOW and arg is function.args[1]:  # sma(volume): no length
            fix = context.rule.substituted(given.end - 1, given.end, f"{context.rule.text[given.end - 1]}, 20")
        self._report_count(label, function, arg.name, (call.start, call.end), context, fix)

    def _report_count(self, label: str, function: Function, argument: str, place: tuple[int, int], context: Context, fix: str = "") -> None:
        shown = signature(function)
        self.scope.report("E126", context, *place, label=label, fix=fix, name=function.name, argument=argument, signature=shown)

    def _inside(self, call: ast.Expression, context: Context) -> Context:
        """Surroundings of the catalogue's own text: findings belong to the call."""
        site = context.site if context.builtin else Site(context.rule, call.start, call.end)
        return replace(context, bindings={}, site=site, builtin=True)

    # ---- kinds ----
    def _kinds_fit(self, function: Function, call: ast.Call | ast.Name, bound: Bound, context: Context) -> bool:
        """E105 when a series stands where a fixed number belongs or the other way round."""
        wrong = [arg for arg in function.args if self._wrong_kind(function, arg, *bound[arg.name])]
        if not wrong or not isinstance(call, ast.Call):
            return True
        given = [argument for argument in call.arguments if argument.name is None]
        start, end = (given[0].start, given[-1].end) if given else (call.start, call.end)
        got = ", ".join(self._kind_word(argument.value, context) for argument in given)
        swapped = self._swapped(function, given, context)
        if swapped and (function.name, context.rule.path) in self._turned:
            return False  # told at the first, whose mend turns them all
        fix = self._all_turned(function, context) or context.rule.substituted(start, end, swapped) if swapped else ""
        if swapped and not context.builtin:
            self._turned.add((function.name, context.rule.path))
        notes: Notes = (("series_first", {}),) if swapped and function.args[0].kind is ArgKind.SERIES else ()
        self.scope.report(
            "E105", context, call.start, call.end, label="swapped" if swapped else "", notes=notes, fix=fix,
            name=function.name, signature=signature(function), got=got,
        )  # fmt: skip
        return False

    def _wrong_kind(self, function: Function, arg: Arg, expression: ast.Expression, context: Context) -> bool:
        if arg.kind is ArgKind.ANCHOR:
            return False
        steady = self._is_fixed(expression, context)
        if arg.kind is ArgKind.SERIES:
            return steady and function.memory is not Memory.NONE and arg.unit is not Unit.CONDITION
        return not steady

    def _is_fixed(self, expression: ast.Expression, context: Context) -> bool:
        """Whether the text is a number that is the same on every bar, told from its form alone."""
        match ast.unbracketed(expression):
            case ast.Literal() | ast.Bars():
                return True
            case ast.Name(name=name):
                binding = context.bindings.get(name)
                if isinstance(binding, Thunk):
                    return self._is_fixed(binding.expression, binding.context)
                if binding is not None:
                    return binding.constant is not None
                definition = None if context.builtin else self.scope.definitions.get(name)
                if definition is not None and definition.body is not None:
                    return isinstance(ast.unbracketed(definition.body), ast.Literal | ast.Bars)
                return not context.builtin and (name in self.scope.params or name in self.scope.broken_names)
            case ast.Negative() | ast.Binary() as compound:
                return all(self._is_fixed(part, context) for part in ast.children(compound))
        return False

    def _kind_word(self, expression: ast.Expression, context: Context) -> str:
        return "number" if self._is_fixed(expression, context) else "series"

    def _swapped(self, function: Function, given: list[ast.Argument], context: Context) -> str | None:
        """The first two arguments in the other order, when that fits."""
        if len(given) < 2 or len(function.args) < 2:
            return None
        first, second = function.args[0], function.args[1]
        one, other = given[0].value, given[1].value
        if self._wrong_kind(function, first, other, context) or self._wrong_kind(function, second, one, context):
            return None
        text = context.rule.text
        parts = [text[other.start : other.end], text[one.start : one.end], *(text[a.start : a.end] for a in given[2:])]
        return ", ".join(parts)

    def _all_turned(self, function: Function, context: Context) -> str:
        """The line with the arguments of every such call in the rule turned round; "" where it cannot be written as one line."""
        text = context.rule.text
        spots = []
        for call in _calls_of(parsed_body(text), function.name):
            given = [argument for argument in call.arguments if argument.name is None]
            turned = self._swapped(function, given, context)
            if turned:
                spots.append((given[0].start, given[-1].end, turned))
        whole = text
        for start, end, turned in sorted(spots, reverse=True):
            whole = whole[:start] + turned + whole[end:]
        return "" if context.builtin or not spots else context.rule.substituted(0, len(text), whole)

    # ---- values of arguments ----
    def _argument(self, function: Function, arg: Arg, expression: ast.Expression, context: Context) -> Value | None:
        if arg.kind is ArgKind.ANCHOR:
            return anchors.anchor(self.scope, expression, context, self.window)
        if arg.kind is ArgKind.WINDOW:
            bars = self.window(expression, context, arg)
            return None if bars is None else fixed(bars, Unit.BARS)
        value = self.evaluate(expression, context)
        if value is None:
            return None
        if arg.kind is ArgKind.NUMBER:
            return self._number(arg, value, expression, context)
        return self._series(function, arg, value, expression, context)

    def _series(self, function: Function, arg: Arg, value: Value, expression: ast.Expression, context: Context) -> Value | None:
        if arg.unit is not Unit.EITHER and value.is_condition != (arg.unit is Unit.CONDITION):
            code = "E129" if value.is_condition else "E128"
            self.scope.report(code, context, expression.start, expression.end, unit=value.unit.value)
            return None
        if value.held and function.memory in (Memory.WINDOW, Memory.KEYED) and not value.is_condition:
            clock = timeframe_text(context.section.timeframe.length_ms)
            self.scope.report("E123", context, expression.start, expression.end, label="window", clock=clock)
            return None
        return value

    def _number(self, arg: Arg, value: Value, expression: ast.Expression, context: Context) -> Value | None:
        if value.constant is None:
            self.scope.report("E112", context, expression.start, expression.end, label="fixed")
            return None
        return value if self._inside_bounds(arg, value.constant, expression, context) else None

    def _inside_bounds(self, arg: Arg, number: float, expression: ast.Expression, context: Context) -> bool:
        if (arg.minimum is not None and number < arg.minimum) or (arg.maximum is not None and number > arg.maximum):
            bounds = f"{'' if arg.minimum is None else f'{arg.minimum:g}'}..{'' if arg.maximum is None else f'{arg.maximum:g}'}"
            self.scope.report(
                "E112", context, expression.start, expression.end, label="bounds", argument=arg.name, bounds=bounds, found=f"{number:g}"
            )
            return False
        return True

    def window(self, expression: ast.Expression, context: Context, arg: Arg | None = None) -> float | None:
        """A number of bars, or a duration that is whole bars of the clock it is read on."""
        value = self.evaluate(expression, context)
        if value is None:
            return None
        number = value.constant
        clock = timeframe_text(context.section.timeframe.length_ms)
        if number is None or value.unit not in (Unit.NUMBER, Unit.BARS, Unit.DURATION):
            self.scope.report("E112", context, expression.start, expression.end, label="fixed")
            return None
        bars = number / context.section.timeframe.length_ms if value.unit is Unit.DURATION else number
        if bars != int(bars) or bars < 1:
            label = "duration" if value.unit is Unit.DURATION else "whole"
            self.scope.report("E112", context, expression.start, expression.end, label=label, clock=clock, found=f"{number:g}")
            return None
        limits = arg or Arg("window", ArgKind.WINDOW, minimum=1, maximum=100_000)
        return bars if self._inside_bounds(limits, bars, expression, context) else None

    # ---- units ----
    def _units_fit(self, function: Function, values: dict[str, Value], bound: Bound, call: ast.Call | ast.Name, context: Context) -> bool:
        for arg in function.args:
            if arg.kind not in (ArgKind.SERIES, ArgKind.NUMBER) or arg.unit in (Unit.ANY, Unit.SAME, Unit.EITHER, Unit.CONDITION):
                continue
            if not comparable(values[arg.name], Value(arg.unit)):
                expression, place = bound[arg.name]
                found = values[arg.name].unit.value
                notes: Notes = (("argument_unit", {"argument": arg.name, "unit": arg.unit.value}),)
                self._report_unit(expression, place, arg.unit.value, found, notes)
                return False
        if context.builtin:
            return True
        slips.check_lengths(self.scope, function.name, values, call, context)
        if function.name in ("scale", "peak"):
            percents.check_limits(self.scope, self.nodes.graph, values, bound)
        return self._one_unit(function, values, bound, call)

    def _one_unit(self, function: Function, values: dict[str, Value], bound: Bound, call: ast.Call | ast.Name) -> bool:
        """Functions that choose between values (max, clamp) need them in one unit."""
        if function.unit is not Unit.SAME or function.memory is not Memory.NONE:
            return True
        same = [
            arg for arg in function.args if arg.unit in (Unit.ANY, Unit.SAME, Unit.EITHER) and arg.kind in (ArgKind.SERIES, ArgKind.NUMBER)
        ]
        for arg in same[1:]:
            if not comparable(values[same[0].name], values[arg.name]):
                expression, place = bound[arg.name]
                left, right = values[same[0].name].unit.value, values[arg.name].unit.value
                notes, fix = _extreme_meant(function, same, values, bound, call)
                self._report_unit(expression, place, left, right, notes, fix)
                return False
        return True

    def _report_unit(
        self, expression: ast.Expression, context: Context, expected: str, found: str, notes: Notes = (), fix: str = ""
    ) -> None:
        place = (expression.start, expression.end)
        self.scope.report("E110", context, *place, label="argument", left=expected, right=found, unit=found, notes=notes, fix=fix)

    def _unit(self, function: Function, values: dict[str, Value]) -> Unit:
        if function.unit is not Unit.SAME:
            return function.unit
        numeric = [values[arg.name] for arg in function.args if arg.kind is ArgKind.SERIES and arg.unit is not Unit.CONDITION]
        if not numeric:
            return Unit.NUMBER
        named = next((value.unit for value in numeric if value.unit not in PLAIN), None)
        return numeric[0].unit if named is None or function.memory is not Memory.NONE else named

    # ---- results ----
    def _primitive(self, function: Function, values: dict[str, Value], call: ast.Call | ast.Name, context: Context) -> Value | None:
        inputs = [values[arg.name] for arg in function.args if arg.kind is ArgKind.SERIES]
        inputs += [self.nodes.series(name, context) for name in function.implicit]
        return self.nodes.primitive(function.name, inputs, _fixed_of(function, values), self._unit(function, values), context, call)

    def _composed(self, function: Function, values: dict[str, Value], call: ast.Call | ast.Name, context: Context) -> Value | None:
        assert function.body is not None
        inside = replace(self._inside(call, context), bindings=dict(values))
        value = self.evaluate(parsed_body(function.body), inside)
        if value is None:
            return None
        unit = self._unit(function, values)
        low, high = ranges.met((value.low, value.high), (function.value_range.low, function.value_range.high))
        return replace(value, unit=unit, low=low, high=high) if value.node is not None else fixed(value.constant or 0.0, unit)


def _fixed_of(function: Function, values: dict[str, Value]) -> tuple[float, ...]:
    return tuple(values[arg.name].constant or 0.0 for arg in function.args if arg.kind is not ArgKind.SERIES)


def _argument_called(name: str, function: Function) -> str | None:
    """The argument by its name in other programs."""
    kind = {"source": ArgKind.SERIES, "src": ArgKind.SERIES, "series": ArgKind.SERIES}.get(name.lower())
    kind = ArgKind.WINDOW if name.lower() in ("length", "len", "period", "periods", "window", "timeperiod", "span") else kind
    return next((arg.name for arg in function.written if arg.kind is kind), None)


def _folded(call: ast.Call) -> ast.Call:
    """`max(a, b, c)` as `max(max(a, b), c)`."""
    while len(call.arguments) > 2 and all(argument.name is None for argument in call.arguments):
        first, second, *rest = call.arguments
        inner = replace(call, arguments=(first, second))
        call = replace(call, arguments=(ast.Argument(first.start, second.end, None, inner), *rest))
    return call


def _call_in(example: str, name: str) -> str:
    """The call of `name` in an example, when its arguments hold no brackets of their own."""
    found = re.search(rf"(?<![\w.]){re.escape(name)}\([^()]*\)", example)
    return found[0] if found else ""


def signature(function: Function) -> str:
    """`(series, length)` as shown in messages."""
    more = ["..."] if function.variadic else []
    return "(" + ", ".join([*(_shown(arg) for arg in function.written), *more]) + ")"


def _shown(arg: Arg) -> str:
    words = {ArgKind.SERIES: "series", ArgKind.WINDOW: "length", ArgKind.NUMBER: "number", ArgKind.ANCHOR: "day | week | month"}
    units = {Unit.CONDITION: "condition", Unit.EITHER: "series or condition"}
    shown = units.get(arg.unit, words[arg.kind])
    if arg.keyword_only:
        return f"{arg.name}={shown if arg.default is None else arg.default}"
    return shown if arg.default is None else f"{shown}={arg.default}"


def _extreme_meant(
    function: Function, arguments: list[Arg], values: dict[str, Value], bound: Bound, call: ast.Call | ast.Name
) -> tuple[Notes, str]:
    """`max(high, 20)` chooses between two values; over bars it is `highest(high, 20)`."""
    over = {"max": "highest", "min": "lowest"}.get(function.name)
    amount = values[arguments[-1].name]
    if (
        over is None
        or not isinstance(call, ast.Call)
        or amount.constant is None
        or amount.unit not in (Unit.NUMBER, Unit.BARS, Unit.DURATION)
    ):
        return (), ""
    (series, context), (length, _) = (bound[arg.name] for arg in (arguments[0], arguments[-1]))
    text = context.rule.text
    meant = f"{over}({text[series.start : series.end]}, {text[length.start : length.end]})"
    notes: Notes = (("extreme_over_bars", {"name": function.name, "expression": meant}),)
    return notes, context.rule.substituted(call.start, call.end, meant)


def _calls_of(expression: ast.Expression, name: str) -> Iterator[ast.Call]:
    """Calls of a function in a rule, but not those within another such call: their texts overlap."""
    if isinstance(expression, ast.Call) and expression.name == name:
        yield expression
        return
    for part in ast.children(expression):
        yield from _calls_of(part, name)
