"""E110: two sides whose units do not go together, with the rewrite that a trader means."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from dsl import ast
from dsl.catalogue import Unit
from dsl.checker import levels
from dsl.checker.clock import timeframe_text
from dsl.checker.context import Context, Notes, Scope
from dsl.checker.values import Value
from dsl.graph import Graph

#: of a quantity of coins: the same in KRW
_IN_KRW = {"volume": "value", "order.quantity": "order.value"}

#: an amount of fewer won was meant in 억
_FEW_WON = 100_000


class Side(NamedTuple):
    """One side: its expression, its value, its text."""

    place: ast.Expression
    value: Value
    text: str


def report_units(scope: Scope, graph: Graph, left: Side, right: Side, whole: ast.Expression, context: Context) -> None:
    """What stands on each side, and how to write what was meant."""
    kinds = {"left": left.value.unit.value, "left_text": left.text, "right": right.value.unit.value, "right_text": right.text}
    notes: Notes = (("units_of_sides", kinds),)
    found = right if right.value.constant is not None or left.value.constant is None else left
    more, fix = _rewritten(graph, left, right, whole, context)
    kind = "add" if isinstance(whole, ast.Binary) else "choose" if isinstance(whole, ast.Conditional) else ""
    units = {"left": left.value.unit.value, "right": right.value.unit.value, "unit": found.value.unit.value}
    scope.report("E110", context, found.place.start, found.place.end, label=kind, notes=(*notes, *more), fix=fix, **units)


def _rewritten(graph: Graph, left: Side, right: Side, whole: ast.Expression, context: Context) -> tuple[Notes, str]:
    """What is told beside the units, and the line that is meant ("" where nothing can be guessed)."""
    units, rule = (left.value.unit, right.value.unit), context.rule
    number = right.value.constant is not None
    if isinstance(whole, ast.Binary) and whole.operator in "+-" and units == (Unit.PRICE, Unit.RATIO):
        return (("share_of_price", {}),), rule.substituted(whole.start, whole.end, f"{left.text} * (1 {whole.operator} {right.text})")
    if units == (Unit.PRICE, Unit.RATIO):
        change, fix = ast.unbracketed(left.place), ""
        if isinstance(change, ast.Binary) and change.operator == "-":
            base = rule.text[change.right.start : change.right.end]
            fix = rule.substituted(left.place.start, left.place.end, f"({rule.text[change.start : change.end]}) / {base}")
        elif left.value.node is not None and levels.weight(graph, left.value.node) == 0.0 and not isinstance(change, ast.Binary):
            fix = rule.substituted(left.place.start, left.place.end, f"{left.text} / close")
        return (("divide_by_price", {}),), fix
    if units == (Unit.MONEY, Unit.NUMBER) and right.value.constant is not None and 1 <= right.value.constant < _FEW_WON:
        return (), rule.substituted(right.place.start, right.place.end, f"{right.text}억")
    if units == (Unit.BARS, Unit.RATIO) and left.value.node is not None and graph[left.value.node].op == "count" and number:
        share = (right.value.constant or 0.0) * graph[left.value.node].params[0]
        return (), rule.substituted(right.place.start, right.place.end, f"{math.ceil(share - 1e-9)}")
    for one, other in ((left, right), (right, left)):
        if one.value.unit in (Unit.PRICE, Unit.MONEY) and other.value.constant is not None and other.value.unit is Unit.NUMBER:
            return (), rule.substituted(other.place.start, other.place.end, f"{other.text} KRW")
    if units == (Unit.BARS, Unit.DURATION) and right.value.constant is not None:
        clock = context.section.timeframe.length_ms
        bars = right.value.constant / clock
        fix = rule.substituted(right.place.start, right.place.end, f"{bars:g} bars") if bars == int(bars) and bars >= 1 else ""
        return (("bars_of_clock", {"duration": right.text, "bars": f"{bars:g}", "clock": timeframe_text(clock)}),), fix
    if units == (Unit.DURATION, Unit.BARS) and left.text == "pos.age":
        return (("bars_of_position", {}),), rule.substituted(left.place.start, left.place.end, "pos.bars")
    if units == (Unit.DURATION, Unit.NUMBER) and number:
        return (("which_duration", {"number": right.text}),), ""
    if Unit.QUANTITY in units:
        return _coins(*((left, right) if units[0] is Unit.QUANTITY else (right, left)), context)
    return (), ""


def _coins(coins: Side, other: Side, context: Context) -> tuple[Notes, str]:
    """A quantity of coins beside something else: a number of coins, the same in KRW, a share of its average."""
    rule, unit, written = context.rule, other.value.unit, other.value.constant is not None
    if unit is Unit.NUMBER and written:
        counted = f"{other.text} coins"
        return (("counts_coins", {"expression": counted}),), rule.substituted(other.place.start, other.place.end, counted)
    if unit is Unit.MONEY:
        word = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, _IN_KRW))})(?![\w.])")
        plain = isinstance(coins.place, ast.Name | ast.Call)
        spoken = word.sub(lambda found: _IN_KRW[found[1]], coins.text) if plain else coins.text
        worth = (
            spoken
            if spoken != coins.text
            else f"({coins.text}) * close"
            if isinstance(coins.place, ast.Binary)
            else f"{coins.text} * close"
        )
        notes: Notes = (("volume_counts_coins", {}),) if "volume" in coins.text else (("coins_in_krw", {"expression": worth}),)
        return notes, rule.substituted(coins.place.start, coins.place.end, worth)
    if unit is Unit.RATIO and written and isinstance(coins.place, ast.Name):
        share = f"{other.text} * sma({coins.text}, 20)"
        return (("share_of_average", {"expression": share}),), rule.substituted(other.place.start, other.place.end, share)
    return (), ""
