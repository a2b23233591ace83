"""Interval analysis is sound: no value that a rule can have lies outside the interval that the checker proves."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsl.catalogue import INPUT_SERIES, Unit
from dsl.checker import ranges
from dsl.checker.conditions import Conditions
from dsl.checker.context import RuleText, Scope
from dsl.checker.expressions import Expressions
from dsl.checker.relations import covering, excluding
from dsl.checker.values import Value
from dsl.compile import compile_strategy
from dsl.graph import Graph, Timeframe
from dsl.parser import parse_rule
from dsl.source import Source
from dsl.yaml_tree import Scalar
from engine.kernel.catalogue import ops
from tests.dsl.helpers import CATALOGUE, codes, compiled, with_rule
from tests.laws.streams import run
from tests.oracles.values.data import Column

BARS = 60
FIRST = 3
#: plain numbers and ratios, so that nearly everything may be combined
LEAVES = st.sampled_from([
    "close / open", "low / high", "close / volume * 0", "volume / volume[1]", "rsi(2)", "0", "1", "-1", "0.5", "-2.5", "100", "1e-9",
    "stdev(close, 3) / close", "roc(close, 2)", "zscore(close, 3)", "pct_rank(close, 3)", "bb.percent(3, 2)", "highest(high, 3) / close",
])  # fmt: skip
WINDOWED = st.sampled_from(["sma", "ema", "rma", "highest", "lowest", "median", "sum"])


def numbers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({0} {2} {1})".format, inner, inner, st.sampled_from("+-*/")),
        st.builds("{0}({1})".format, st.sampled_from(["abs", "-"]), inner),
        st.builds("{0}({1}, {2})".format, st.sampled_from(["max", "min"]), inner, inner),
        st.builds("({0} ?? {1})".format, inner, inner),
        st.builds("({0})[{1}]".format, inner, st.integers(0, 3)),
        st.builds("{0}({1}, {2})".format, WINDOWED, inner, st.integers(2, 4)),
        st.builds("clamp({0}, -1, 1)".format, inner),
        st.builds("scale({0}, lo=-2, hi=3)".format, inner),
        st.builds("peak({0}, best=1, zero_at=4)".format, inner),
        st.builds("({0} if {2} > {1} else {1})".format, inner, inner, inner),
        st.builds("count({0} >= {1}, 3)".format, inner, inner),
    )


def joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(st.builds("({0} {2} {1})".format, inner, inner, st.sampled_from(["and", "or"])), st.builds("not ({})".format, inner))


NUMBERS = st.recursive(LEAVES, numbers, max_leaves=8)
COMPARED = st.builds("{0} {2} {1}".format, NUMBERS, NUMBERS, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
CONDITIONS = st.recursive(COMPARED | st.builds("{0} in {1}..{2}".format, NUMBERS, NUMBERS, NUMBERS), joined, max_leaves=3)
_compared = [0, 0]


def checked(text: str) -> tuple[Graph, Value | None]:
    """The rule's value as the checker sees it; units are not in question here."""
    scope = Scope(CATALOGUE, Timeframe(300_000))
    conditions = Conditions(scope, Expressions(scope))
    rule = RuleText(Scalar(Source("r", text), text, 0, len(text)), ("r",))
    return scope.graph, conditions.expressions.evaluate(parse_rule(text), conditions.context(rule))


def columns(seed: int) -> dict[str, Column]:
    """Prices at a drawn scale, flat stretches, zero volume, gaps."""
    rng = np.random.default_rng(seed)
    scale = 10.0 ** rng.integers(-6, 9)
    close = np.round(np.maximum(rng.normal(100, 30, BARS).cumsum() if seed % 3 else np.full(BARS, 100.0), 0.0), 2) * scale
    found = {name: close * factor for name, factor in zip(("open", "high", "low", "close"), (1.0, 1.1, 0.9, 1.0), strict=True)}
    found["volume"] = np.where(rng.random(BARS) < 0.2, 0.0, rng.lognormal(0, 3, BARS))
    found["value"] = found["volume"] * close
    gaps = rng.random(BARS) < (0.1 if seed % 2 else 0.0)
    return {name: np.where(gaps, np.nan, column) for name, column in found.items()}


def values(graph: Graph, data: dict[str, Column]) -> list[Column]:
    """Every node by the kernel's own ops."""
    found: list[Column] = []
    for node in graph:
        if node.op == "const":
            found.append(np.full(BARS, node.params[0]))
        elif node.op in INPUT_SERIES:
            found.append(data[node.op])
        else:
            found.append(run(ops()[node.op], node.params, [found[i] for i in node.inputs], FIRST).values)
    return found


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(NUMBERS | CONDITIONS, st.integers(0, 2**32 - 1))
def test_no_value_leaves_its_interval(text: str, seed: int) -> None:
    graph, value = checked(text)
    if value is None or value.node is None:
        return
    column = values(graph, columns(seed))[value.node]
    known = column[~np.isnan(column)]
    low = -math.inf if value.low is None else value.low
    high = math.inf if value.high is None else value.high
    assert (known >= low).all(), (text, low, known.min())
    assert (known <= high).all(), (text, high, known.max())
    _compared[0] += len(known) * (value.low is not None or value.high is not None)
    _compared[1] += 1


def test_enough_values_were_held_against_an_interval() -> None:
    """Follows the test above: values compared where the checker claimed anything."""
    test_no_value_leaves_its_interval()
    assert _compared[1] >= 30, _compared
    assert _compared[0] >= 600, _compared


OPERATORS = ("add", "sub", "mul", "div", "min", "max", "lt", "le", "gt", "ge", "eq", "ne")


@pytest.mark.parametrize("op", OPERATORS)
def test_arithmetic_of_intervals(op: str) -> None:
    """For each operator 2,000 pairs of intervals (24,000 in all), some open on a side, with 12 values in each."""
    rng = np.random.default_rng(OPERATORS.index(op))
    compared = 0
    for _ in range(2_000):
        inputs, samples = [], []
        for _side in range(2):
            low, high = np.sort(rng.normal(0, 1, 2) * 10.0 ** rng.integers(-12, 12, 2) * rng.choice([0.0, 1.0], 2, p=[0.1, 0.9]) + 0.0)
            samples.append(np.concatenate([np.clip(rng.uniform(low, high, 10), low, high), [low, high]]))
            inputs.append((None if rng.random() < 0.1 else float(low), None if rng.random() < 0.1 else float(high)))
        low_out, high_out = ranges.interval(op, (), inputs, CATALOGUE)
        found = run(ops()[op], (), [samples[0], rng.permutation(samples[1])], 0).values
        known = found[~np.isnan(found)]
        assert low_out is None or (known >= low_out).all(), (inputs, known.min(), low_out)
        assert high_out is None or (known <= high_out).all(), (inputs, known.max(), high_out)
        compared += len(known)
    assert compared >= 20_000


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("rsi(14) >= 0", ["W151"]), ("rsi(14) <= 100", ["W151"]), ("abs(close - open) >= 0", ["W151"]), ("rsi(14) in 0..100", ["W151"]),
        ("clamp(close / open, -1, 1) > 1", ["W150"]), ("count(close > open, 10) > 10", ["W150"]), ("rsi(14) crosses above 100", ["W150"]),
        ("max(rsi(14), 50) < 50", ["W150"]), ("(rsi(14) if close > open else 50) > 100", ["W150"]), ("rsi(14) / 2 > 50", ["W150"]),
        ("rsi(14)[3] > 100", ["W150"]), ("rsi(14)@1h > 100", ["W150"]), ("across.pct_rank(close) > 1", ["W150"]),
        ("across.breadth(close > open) >= 0", ["W151"]), ("across.rank(close) < 1", ["W150"]), ("market.age < 0d", ["W150"]),
        ("sample and rsi(14) > 50", ["W150"]), ("rsi(14) in 10..20 and rsi(14) > 30", ["W150"]), ("stdev(close, 20) < 0", ["W150"]),
        ("min(rsi(14)@1m, over=5m) > 100", ["W150"]), ("rsi(14) > 30 and rsi(14) < 50", []), ("close > 0", []), ("rsi(14) > 0", []),
        ("scale(rsi(14), lo=1, hi=2) < -1", ["W150"]), ("2 * across.pct_rank(ret(24h)) - 1 in -1..1", ["W151"]),
        ("rsi(14) != 101", ["W151"]),
        ("1 > 0", ["W151"]), ("2% > 3%", ["W150"]), ("5 in 1..9", ["W151"]), ("n > 5", []), ("(0 > 1)@1h", ["W150"]),
        ("close > open if 1 > 0 else close < open", ["W151"]), ("close > open and false", ["W150"]), ("close > open or true", ["W151"]),
        ("false", ["W150"]), ("true", ["W151"]), ("close > open or false", []), ("if_ready(close > open, otherwise=true)", []),
        ("bars_since(close > open) < 0", ["W150"]), ("bars_since(close > open) > 1_000", ["W150"]),
        ("bars_since(close > open, within=50) > 50", ["W150"]), ("bars_since(close > open, within=50) >= 50", []),
        ("close > high", ["W150"]), ("low <= open", ["W151"]), ("close < high", []), ("close > high[1]", []), ("close > btc.high", []),
        ("close > day.high", ["W150"]), ("close >= day.high", []), ("close < day.low", ["W150"]), ("close > prev_day.high", []),
        ("close > open and close < open", ["W150"]), ("close > open and open > close", ["W150"]), ("close >= open and open >= close", []),
        ("close > open or close <= open", ["W151"]), ("close > open or close < open", []), ("close > open or open >= close", ["W151"]),
        ("close != open and not (close < open) and open >= close", ["W150"]),
        ("market.caution and not market.caution", ["W150"]), ("not market.caution or market.caution", ["W151"]),
        ("market.caution or not market.caution.price", ["W151"]), ("market.caution and not market.caution.price", []),
        ("rsi(14) > 50 or rsi(14) < 60", ["W151"]), ("rsi(14) > 50 or rsi(14) < 40", []), ("rsi(14) >= 50 or 50 > rsi(14)", ["W151"]),
        ("rsi(14) > 50 or rsi(14) < 50", []),
        ("close rises for 3 bars and close falls for 2 bars", ["W150"]), ("close rises for 3 bars and not (close rises for 4 bars)", []),
        ("close crosses above open and close crosses below open", ["W150"]), ("close crosses above open or close crosses below open", []),
    ],
)  # fmt: skip
def test_what_is_never_and_what_is_always_true(rule: str, found: list[str]) -> None:
    assert codes(with_rule(entry=rule, define="rsi(14) < 30")) == found


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("true", ["W151"]), ("false", ["W150"]), ("pos.gain >= -200%", ["W151"]), ("pos.low > pos.entry", ["W150"]),
        ("pos.high >= pos.entry", ["W151"]), ("pos.gain > 0 or pos.gain <= 0", ["W151"]), ("pos.gain > 1% and pos.gain < 0%", ["W150"]),
        ("pos.worst > 0", ["W150"]), ("close > pos.entry", []),
    ],
)  # fmt: skip
def test_exits_that_never_or_always_fire(rule: str, found: list[str]) -> None:
    assert codes(with_rule(when=rule)) == found


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("true", ["W151"]), ("false", ["W150"]), ("acct.losses_in_row >= 0", ["W151"]), ("acct.drawdown(30d) > 200%", ["W150"]),
        ("abs(ret(5m)) >= 0", ["W151"]), ("rsi(14)@1h > 200", ["W150"]), ("market.caution or not market.caution", ["W151"]),
        ("acct.cash < 0 KRW and btc.ret(5m) < -1%", ["W150"]), ("1 > 0", ["W151"]), ("acct.drawdown(30d) > 10%", []),
    ],
)  # fmt: skip
def test_breakers_that_never_or_always_act(rule: str, found: list[str]) -> None:
    """Once: the strategy that trades under the profile is not told again."""
    profile = f"schema: risk/1\nname: any\nbreakers:\n  one:\n    when: {rule}\n    then: stop_entries\n"
    text = with_rule(clock="1h").source.text.replace("clock:", "risk_profile: any\nclock:")
    assert codes(compile_strategy(text, "a.yaml", CATALOGUE, lambda _: (profile, "any.yaml"))) == found


def test_conditions_on_the_order_know_what_the_exchange_takes() -> None:
    rules = ("order.value > 20억", "order.value < 3_000 KRW", "cost.slippage < 0", "order.value > 5억", "cost.round_trip < 0.2%")
    assert [codes(with_rule(entry=rule)) for rule in rules] == [["W150"], ["W150"], ["W150"], [], []]


def test_alternatives_of_a_group_are_held_against_each_other() -> None:
    group = "entry:\n  any:\n    one: rsi(14) < 60\n    other: close > open\n    third: rsi(14) > 50\n"
    found = compiled(with_rule().source.text.replace("entry: close > open\n", group)).diagnostics
    assert [(d.code, d.args.get("one"), d.args.get("other")) for d in found] == [("W151", "one", "third")]


COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


def test_relations_are_those_of_all_orders_of_three_numbers() -> None:
    """Two tests of the same two series exclude each other, or one of them always holds, exactly when it is so for numbers."""
    names = ("open", "open[1]", "open[2]")
    tests = [(o, pair, n) for o in COMPARISONS for pair in ((0, 1), (1, 0), (0, 2)) for n in (False, True)]
    told = 0
    for (o, (i, j), n), (p, (k, m), q) in product([test for test in tests if test[1] == (0, 1)], tests):
        texts = [f"{'not ' * no}({names[a]} {sign} {names[b]})" for sign, a, b, no in ((o, i, j, n), (p, k, m, q))]
        graph, joined = checked(f"if_ready({texts[0]}, otherwise=false) and if_ready({texts[1]}, otherwise=false)")
        assert joined is not None
        assert joined.node is not None
        values = [Value(Unit.CONDITION, graph[part].inputs[0]) for part in graph[joined.node].inputs]
        truths = [(COMPARISONS[o](x[i], x[j]) != n, COMPARISONS[p](x[k], x[m]) != q) for x in product(range(3), repeat=3)]
        never, always = not any(a and b for a, b in truths), all(a or b for a, b in truths)
        assert (excluding(graph, values) is not None, covering(graph, values) is not None) == (never, always), texts
        told += never + always
    assert told > 100


def test_lines_of_a_group_are_held_against_each_other() -> None:
    group = "entry:\n  all:\n    low: rsi(14) < 30\n    other: close > open\n    high: rsi(14) > 50\n"
    found = compiled(with_rule().source.text.replace("entry: close > open\n", group)).diagnostics
    assert [(d.code, d.path, d.args.get("one"), d.args.get("other")) for d in found] == [("W150", "entry", "low", "high")]
