"""Evaluates composed functions by their rule text on columns, with the kernel's own ops; a small reading of it, not the language's."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from dsl.catalogue import INPUT_SERIES, ArgKind, Function
from engine.kernel.catalogue import catalogue, ops
from tests.laws.streams import run
from tests.oracles.values.data import Column, Columns

Value = Column | float
#: `day` in rule text, on bars of 5 minutes
BARS_OF_DAY: Final = 288.0

_BINARY: Final = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}


class Evaluator:
    """Values of rule text on one set of bars, of which the first has the absolute index `index`."""

    def __init__(self, columns: Columns, index: int) -> None:
        self.columns = columns
        self.index = index
        self.length = len(columns["close"])

    def call(self, function: Function, values: Mapping[str, Value]) -> Column:
        """The function with its arguments by name; those left out take their defaults."""
        filled = {arg.name: values[arg.name] if arg.name in values else self._default(arg.default) for arg in function.args}
        if function.body is not None:
            return self._column(self._value(_parsed(function.body), filled))
        series = [self._column(filled[arg.name]) for arg in function.args if arg.kind is ArgKind.SERIES]
        series += [self.columns[name] for name in function.implicit]
        return self._primitive(function.name, series, self._params(function, filled))

    def _primitive(self, name: str, series: Sequence[Column], params: tuple[float, ...]) -> Column:
        return run(ops()[name], params, series or [self.columns["close"]], self.index).values

    def _params(self, function: Function, values: Mapping[str, Value]) -> tuple[float, ...]:
        numbers = (values[arg.name] for arg in function.args if arg.kind is not ArgKind.SERIES)
        return tuple(float(number) for number in numbers if not isinstance(number, np.ndarray))

    def _default(self, text: str | None) -> Value:
        assert text is not None, "an argument without a default was left out"
        return self._value(_parsed(text), {})

    def _value(self, node: ast.expr, names: Mapping[str, Value]) -> Value:
        if isinstance(node, ast.Constant):
            assert isinstance(node.value, int | float)
            return float(node.value)
        if isinstance(node, ast.Name) and node.id == "day":
            return BARS_OF_DAY
        if isinstance(node, ast.Name):
            return names[node.id] if node.id in names else self.columns[node.id]
        if isinstance(node, ast.UnaryOp):
            assert isinstance(node.op, ast.USub)
            return self._primitive("neg", [self._column(self._value(node.operand, names))], ())
        if isinstance(node, ast.BinOp):
            numbers = [self._value(side, names) for side in (node.left, node.right)]
            if all(isinstance(number, int | float) for number in numbers):
                return _folded(node, names)
            sides = [self._column(self._value(side, names)) for side in (node.left, node.right)]
            return self._primitive(_BINARY[type(node.op)], sides, ())
        assert isinstance(node, ast.Call) and not node.keywords, ast.dump(node)  # noqa: PT018
        function = catalogue()[ast.unparse(node.func)]
        values = [self._value(argument, names) for argument in node.args]
        return self.call(function, dict(zip((arg.name for arg in function.args), values, strict=False)))

    def _column(self, value: Value) -> Column:
        return value if isinstance(value, np.ndarray) else np.full(self.length, value)


def span(function: Function, values: Mapping[str, float]) -> tuple[int, int]:
    """Warm-up and settle of a function in bars, its fixed arguments given by name: those of its inputs and its own, added up."""
    if function.body is not None:
        return _span(_parsed(function.body), values)
    assert function.warmup is not None
    assert function.settle is not None
    params = tuple(values[arg.name] for arg in function.args if arg.kind is not ArgKind.SERIES)
    return function.warmup(params), function.settle(params)


def _span(node: ast.expr, values: Mapping[str, float]) -> tuple[int, int]:
    if not isinstance(node, ast.Call):
        parts = [_span(part, values) for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]
        return max((part[0] for part in parts), default=0), max((part[1] for part in parts), default=0)
    function = catalogue()[ast.unparse(node.func)]
    parts, fixed = [(0, 0)], {}
    given = dict(zip((arg.name for arg in function.args), node.args, strict=False))
    for arg in function.args:
        argument = given[arg.name] if arg.name in given else _parsed(arg.default or "")
        if arg.kind is ArgKind.SERIES:
            parts.append(_span(argument, values))
        else:
            fixed[arg.name] = _folded(argument, values)
    own = span(function, fixed)
    return max(part[0] for part in parts) + own[0], max(part[1] for part in parts) + own[1]


def candles_alone(function: Function) -> bool:
    """Whether the function is arithmetic over its arguments and the candles: not over other timeframes, side series or a fixed anchor."""
    try:
        body = _parsed(function.body or "")
    except SyntaxError:
        return False
    called = {ast.unparse(node.func) for node in ast.walk(body) if isinstance(node, ast.Call)}
    calls = {id(node.func) for node in ast.walk(body) if isinstance(node, ast.Call)}
    inside = {id(part) for node in ast.walk(body) if id(node) in calls for part in ast.walk(node)}
    leaves = {node.id for node in ast.walk(body) if isinstance(node, ast.Name) and id(node) not in inside}
    others = any(isinstance(node, ast.BoolOp | ast.Attribute) and id(node) not in inside for node in ast.walk(body))
    return not others and called <= set(catalogue()) and leaves <= {*INPUT_SERIES, *(arg.name for arg in function.args)}


def _folded(node: ast.expr, values: Mapping[str, Value]) -> float:
    """A number made of numbers: `shift - 1`."""
    if isinstance(node, ast.BinOp):
        a, b = _folded(node.left, values), _folded(node.right, values)
        return {ast.Add: a + b, ast.Sub: a - b, ast.Mult: a * b}[type(node.op)]
    value = values[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)
    return float(value)  # type: ignore[arg-type]


def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body
