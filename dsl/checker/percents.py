"""Percentages and numbers in each other's place: `ret(1h) > 5` is 500%, `rsi(14) < 30%` 0.3, `ema(close, 20) * 1.02%` hardly a price."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from dsl import ast
from dsl.catalogue import Unit
from dsl.checker import levels
from dsl.checker.context import Context, Notes, RuleText, Scope
from dsl.checker.values import Value
from dsl.graph import Graph

#: a number of a value that is a percentage: from here on nobody means 100 percent
_PLAINLY_PERCENT = 1.0
#: a price by a price is about 1: a limit as small as this was meant as a change
_SMALL_CHANGE = 0.1
#: a price is compared with so little of one only by a slip
_SMALL_SHARE = 0.1
_HUNDRED = 100.0
#: values about 0..1 that may leave it, and how far they hardly ever do
_ABOUT_ONE = ("bb.percent",)
_FAR_FROM_ONE = 5.0
#: from the middle of a book nobody looks as far as this
_FAR_DISTANCE = 0.1
_Places = tuple[ast.Expression, ast.Expression]
_Sides = tuple[Value, Value]
_Change = Callable[[str], str]


class _Limit(NamedTuple):
    """What a value is compared with: a number as it is written, or the name of one (a parameter, a definition)."""

    place: ast.Expression
    text: str
    amount: float
    unit: Unit

    @property
    def is_named(self) -> bool:
        """Whether the number itself stands elsewhere in the file."""
        return not isinstance(self.place, ast.Literal | ast.Negative)


def check(scope: Scope, graph: Graph, operator: str, places: _Places, sides: _Sides, context: Context) -> bool:
    """Whether `left operator right` was reported, left being the value and right what it is compared with."""
    if _share_of_price(scope, graph, operator, places, sides, context) or (
        sides[1].unit is Unit.PRICE and check_beside_one(scope, places[1], context)
    ):
        return True
    limit = _limit(scope, places[1], sides[1], context)
    series = " ".join(context.rule.text[places[0].start : places[0].end].split())
    return limit is not None and (
        _number_for_percent(scope, graph, places[0], sides[0], limit, series, context)
        or _percent_for_number(scope, graph, sides[0], limit, series, context)
        or _change_for_quotient(scope, graph, operator, sides[0], limit, series, context)
        or _other_scale(scope, places[0], sides[0], limit, series, context)
    )


def check_range(scope: Scope, graph: Graph, between: ast.Between, sides: tuple[Value, Value, Value], context: Context) -> bool:
    """The same for `ret(1h) in 2..5`: told at the first end that is not what it seems."""
    value, low, high = sides
    series = " ".join(context.rule.text[between.value.start : between.value.end].split())
    ends = [place for place in (between.low, between.high) if isinstance(place, ast.Literal | ast.Negative)]
    for place, end in ((between.high, high), (between.low, low)):
        limit = None if context.builtin else _limit(scope, place, end, context)
        if limit is not None and (
            _number_for_percent(scope, graph, between.value, value, limit, series, context, ends)
            or _percent_for_number(scope, graph, value, limit, series, context, ends)
        ):
            return True
    return False


def check_limits(scope: Scope, graph: Graph, values: Mapping[str, Value], bound: Mapping[str, tuple[ast.Expression, Context]]) -> None:
    """The same for the fixed arguments of `scale(ret(24h), lo=-5, hi=5)`."""
    (series, context), value = bound["x"], values["x"]
    text = " ".join(context.rule.text[series.start : series.end].split())
    limits = [_limit(scope, place, values[name], context) for name, (place, written) in bound.items() if name != "x" and written is context]
    known = [limit for limit in limits if limit is not None]
    together = sorted(
        (limit.place for limit in known if isinstance(limit.place, ast.Literal | ast.Negative)), key=lambda place: place.start
    )
    for limit in known:
        if abs(limit.amount) > _PLAINLY_PERCENT and _number_for_percent(scope, graph, series, value, limit, text, context, together):
            return
        if _percent_for_number(scope, graph, value, limit, text, context, together):
            return


def _limit(scope: Scope, place: ast.Expression, value: Value, context: Context) -> _Limit | None:
    place = ast.unbracketed(place)
    literal = place.value if isinstance(place, ast.Negative) else place
    is_name = isinstance(literal, ast.Name) and (literal.name in scope.params or literal.name in scope.definitions)
    if value.constant is None or not (isinstance(literal, ast.Literal) or is_name):
        return None
    return _Limit(place, context.rule.text[place.start : place.end], value.constant, value.unit)


def _number_for_percent(
    scope: Scope, graph: Graph, place: ast.Expression, value: Value, limit: _Limit, series: str, context: Context,
    together: Sequence[ast.Expression] = (),
) -> bool:  # fmt: skip
    """`ret(1h) > 5` (500%)."""
    named = isinstance(place, ast.Name | ast.Call | ast.At) and value.unit is Unit.RATIO
    whole = value.high == 1.0 and limit.amount == 1.0  # of a share of 0..1, 1 is all of it and no forgotten percent sign
    if whole or limit.unit is not Unit.NUMBER or abs(limit.amount) < _PLAINLY_PERCENT:
        return False
    if value.node is None or not (levels.is_change(graph, value.node) or (named and not levels.is_multiple(graph, value.node))):
        return False
    sign = "bp" if series.startswith(("book.", "cost.")) else "%"
    number = f"{limit.amount:g}" if limit.is_named else limit.text
    notes: Notes = (("write_percent_sign", {"number": number, "sign": sign}),)
    if limit.is_named:
        notes = (("named_percent", {"name": limit.text, "number": number, "sign": sign}),)
    fix = "" if limit.is_named else _replaced(context, together or (limit.place,), lambda text: f"{text.removesuffix(sign)}{sign}")
    args = {"found": limit.text, "means": f"{limit.amount * 100:g}%", "expression": series}
    scope.report("W152", context, limit.place.start, limit.place.end, fix=fix, notes=notes, **args)
    return True


def _percent_for_number(
    scope: Scope, graph: Graph, value: Value, limit: _Limit, series: str, context: Context, together: Sequence[ast.Expression] = ()
) -> bool:
    """`rsi(14) < 30%` (0.3), `(close / open - 1) * 100 > 3%` (0.03)."""
    wide = max(value.high or 0.0, -(value.low or 0.0)) >= 10 * _PLAINLY_PERCENT
    of_hundred = value.node is not None and levels.in_percents(graph, value.node)
    if not (wide or of_hundred) or limit.unit is not Unit.RATIO or not (limit.is_named or limit.text.endswith("%")):
        return False
    if value.unit not in (Unit.NUMBER, Unit.RATIO) or (value.unit is Unit.RATIO and not of_hundred):
        return False
    fix = "" if limit.is_named else _replaced(context, together or (limit.place,), lambda text: text.removesuffix("%").strip())
    args = {"found": limit.text, "means": f"{limit.amount:g}", "expression": series}
    notes: Notes = ()
    if wide and value.low is not None and value.high is not None:
        notes = (("value_range", {"low": f"{value.low:g}", "high": f"{value.high:g}"}),)
    if limit.is_named:
        notes += (("named_number", {"name": limit.text, "number": f"{limit.amount * 100:g}"}),)
    scope.report("W152", context, limit.place.start, limit.place.end, label="plain", fix=fix, notes=notes, **args)
    return True


def _other_scale(scope: Scope, place: ast.Expression, value: Value, limit: _Limit, series: str, context: Context) -> bool:
    """`stoch.k(14, 3) < 0.2` of 0..100, `hurst(close, 200) > 55` of 0..1."""
    size = abs(limit.amount)
    if (
        limit.unit is not Unit.NUMBER
        or value.unit not in (Unit.NUMBER, Unit.SCORE)
        or not isinstance(limit.place, ast.Literal | ast.Negative)
    ):
        return False
    plain = ast.unbracketed(place)
    of_one = value.high == 1.0 or (isinstance(plain, ast.Name | ast.Call) and plain.name in _ABOUT_ONE and size >= _FAR_FROM_ONE)
    if value.high == _HUNDRED and value.low == 0.0 and 0.0 < size < 1.0:
        label, meant = "of_hundred", limit.amount * 100
    elif of_one and _PLAINLY_PERCENT < size <= _HUNDRED:
        label, meant = "of_one", limit.amount / 100
    else:
        return False
    fix = context.rule.substituted(limit.place.start, limit.place.end, f"{meant:g}")
    scope.report("W152", context, limit.place.start, limit.place.end, label=label, fix=fix, found=limit.text, expression=series)
    return True


def check_distance(scope: Scope, place: ast.Expression, context: Context) -> None:
    """W152 for `depth(bid, 0.5)`, half the price away."""
    if isinstance(place, ast.Literal) and place.unit is Unit.NUMBER and place.value >= _FAR_DISTANCE and not context.builtin:
        text = context.rule.text[place.start : place.end]
        notes: Notes = (("write_percent_sign", {"number": text, "sign": "%"}),)
        fix = context.rule.substituted(place.start, place.end, f"{text}%")
        args = {"found": text, "means": f"{place.value * 100:g}%"}
        scope.report("W152", context, place.start, place.end, label="distance", fix=fix, notes=notes, **args)


def check_slippage(scope: Scope, rule: RuleText, amount: float, unit: Unit) -> None:
    """W152 for `max_slippage: 0.8`, where 0.8 % is meant."""
    if unit is Unit.NUMBER and amount >= _FAR_DISTANCE:
        notes: Notes = (("write_percent_sign", {"number": rule.text, "sign": "%"}),)
        fix = rule.substituted(0, len(rule.text), f"{rule.text}%")
        args = {"found": rule.text, "means": f"{amount * 100:g}%"}
        scope.report_at("W152", rule, 0, len(rule.text), label="slippage", notes=notes, fix=fix, **args)


def _replaced(context: Context, places: Sequence[ast.Expression], change: _Change) -> str:
    """The line with the numbers at these places, in the order of the text, changed."""
    text = context.rule.text
    new, end = "", places[0].start
    for place in places:
        new += text[end : place.start] + change(text[place.start : place.end])
        end = place.end
    return context.rule.substituted(places[0].start, end, new)


def _change_for_quotient(scope: Scope, graph: Graph, operator: str, value: Value, limit: _Limit, series: str, context: Context) -> bool:
    """`close / close[1] > 2%`: the quotient is about 1, its change 0.02."""
    if value.node is None or not levels.of_levels(graph, value.node) or not limit.text.endswith("%"):
        return False
    if abs(limit.amount) > _SMALL_CHANGE or operator not in ("<", "<=", ">", ">="):
        return False
    size = limit.text.lstrip("-").strip()
    meant = f"1 {'-' if operator in ('<', '<=') or limit.amount < 0 else '+'} {size}"
    fix = context.rule.substituted(limit.place.start, limit.place.end, meant)
    args = {"found": limit.text, "means": f"{limit.amount:g}", "expression": series}
    notes: Notes = (("quotient_change", {"expression": f"{series} {operator} {meant}"}),)
    scope.report("W152", context, limit.place.start, limit.place.end, label="quotient", fix=fix, notes=notes, **args)
    return True


# ---- shares of a price ----
def _share_of_price(scope: Scope, graph: Graph, operator: str, places: _Places, sides: _Sides, context: Context) -> bool:
    """`close > ema(close, 20) * 1.02%`; of volumes and amounts only what they are asked to be above."""
    value, share = sides
    if value.node is None or share.node is None or (share.unit is not Unit.PRICE and operator not in (">", ">=")):
        return False
    whole, part = levels.weight(graph, value.node), levels.weight(graph, share.node)
    if whole is None or part is None or whole <= 0.0 or not 0.0 < part / whole <= _SMALL_SHARE:
        return False
    up = operator in (">", ">=")
    return report_share(scope, places[1], context, part, up=up, of_price=share.unit is Unit.PRICE)


def report_share(
    scope: Scope, place: ast.Expression, context: Context, share: float, *, up: bool, of_price: bool = True, label: str = ""
) -> bool:
    """W153 at the product with a percentage in `place`, or at a price without one. up: the side of the price that is meant."""
    text, rule = context.rule.text, context.rule
    if _number_beside_one(scope, place, context):
        return True
    found = next(_products(place), None)
    if found is None:
        args = {"found": " ".join(text[place.start : place.end].split()), "percent": f"{share * 100:g}%"}
        if of_price:
            scope.report("W153", context, place.start, place.end, label=f"{label}_price".lstrip("_"), notes=(), fix="", **args)
        return of_price
    product, factor = found
    other = product.right if ast.unbracketed(product.left) is factor else product.left
    of, written = text[other.start : other.end], text[factor.start : factor.end]
    number = f"{factor.value * 100 if factor.unit is Unit.RATIO else factor.value:g}"
    times, beside = f"{of} * {number}", f"{of} * (1 {'+' if up else '-'} {written})"
    is_times = not of_price or (factor.unit is Unit.RATIO and 0.8 <= float(number) <= 1.2 and float(number) != 1.0)
    fix = rule.substituted(product.start, product.end, times if is_times else beside)
    told = not of_price or is_times
    notes: Notes = (("share_times", {"number": number, "expression": times}),) if told else ()
    notes += (("share_above" if up else "share_below", {"percent": written, "expression": beside}),) if of_price else ()
    args = {"found": " ".join(text[product.start : product.end].split()), "percent": f"{factor.value * 100:g}%", "of": of}
    scope.report("W153", context, product.start, product.end, label=label, fix=fix, notes=notes, **args)
    return True


def _number_beside_one(scope: Scope, place: ast.Expression, context: Context) -> bool:
    """W152 for the 2 of `pos.entry * (1 - 2)`: 200 % less than a price is none."""
    plain = ast.unbracketed(place)
    if not isinstance(plain, ast.Binary):
        return False
    for factor in (plain.left, plain.right) if plain.operator == "*" else ():
        inner = ast.unbracketed(factor)
        share = inner.right if isinstance(inner, ast.Binary) and inner.operator in "+-" and _is_one(inner.left) else None
        if isinstance(share, ast.Literal) and share.unit is Unit.NUMBER and share.value >= _PLAINLY_PERCENT:
            text = context.rule.text[share.start : share.end]
            notes: Notes = (("write_percent_sign", {"number": text, "sign": "%"}),)
            fix = context.rule.substituted(share.start, share.end, f"{text}%")
            args = {"found": text, "means": f"{share.value * 100:g}%"}
            scope.report("W152", context, share.start, share.end, label="beside_one", fix=fix, notes=notes, **args)
            return True
    return _number_beside_one(scope, plain.left, context) or _number_beside_one(scope, plain.right, context)


def _is_one(place: ast.Expression) -> bool:
    plain = ast.unbracketed(place)
    return isinstance(plain, ast.Literal) and plain.value == 1.0


def check_beside_one(scope: Scope, place: ast.Expression, context: Context) -> bool:
    """`close > ema(close, 20) * (1 + 2)`, where 2 % were meant."""
    return not context.builtin and _number_beside_one(scope, place, context)


def _products(place: ast.Expression) -> Iterator[tuple[ast.Binary, ast.Literal]]:
    """Products with a small fixed share in a sum or product."""
    plain = ast.unbracketed(place)
    if not isinstance(plain, ast.Binary):
        return
    for factor in (plain.left, plain.right) if plain.operator == "*" else ():
        inner = ast.unbracketed(factor)
        if isinstance(inner, ast.Literal) and inner.unit in (Unit.RATIO, Unit.NUMBER) and 0.0 < inner.value <= _SMALL_SHARE:
            yield plain, inner
    yield from _products(plain.left)
    yield from _products(plain.right)
