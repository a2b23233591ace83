"""Tests inside strategy files, run: the kernel over given bars, verdicts against plain definitions, and what is told of a failure."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.diagnostics import Language
from dsl.file_tests import RuleTest
from dsl.messages import text
from dsl.strategy import Strategy
from engine.candles.instants import korean_time
from engine.kernel.program import compile_program
from engine.kernel.vm import Kernel
from engine.model.candle import BarGrid, BarState
from engine.research.file_tests import MARKET, START_MS, Outcome, Status, given_grid, run_rule_test
from tests.dsl.helpers import compiled, strategy_of
from tests.dsl.test_file_tests import FILE, NORMATIVE


def checked(rule: str, given: str, *expects: str) -> tuple[Strategy, list[RuleTest]]:
    lines = [f"  - {{name: t{k}, rule: '{rule}', given: {{{given}}}, expect: '{expect}'}}" for k, expect in enumerate(expects)]
    strategy = strategy_of(compiled(FILE + "tests:\n" + "\n".join(lines) + "\n"))
    return strategy, [test for test in strategy.tests if isinstance(test, RuleTest)]


def outcomes(rule: str, given: str, *expects: str) -> list[Outcome]:
    strategy, tests = checked(rule, given, *expects)
    assert len(tests) == len(expects)
    return [run_rule_test(strategy, test) for test in tests]


def test_the_test_of_the_specification_passes_and_fires_nowhere_else() -> None:
    strategy = strategy_of(compiled(FILE + NORMATIVE))
    rule = strategy.tests[0]
    assert isinstance(rule, RuleTest)
    outcome = run_rule_test(strategy, rule)
    assert outcome.status is Status.PASSED
    assert [k + 1 for k, value in enumerate(outcome.values) if value == 1.0] == [24]


@pytest.mark.parametrize(
    ("expect", "passes", "seen"),
    [
        ("fires at 2, 4 only", True, "true on bar 2, 4 (2 in all)"),
        ("fires at 2 only", False, "true on bar 2, 4 (2 in all)"),
        ("fires at 2", True, "true on bar 2, 4 (2 in all)"),
        ("fires at 3", False, "true on bar 2, 4 (2 in all)"),
        ("fires once", False, "true on bar 2, 4 (2 in all)"),
        ("fires 2 times", True, "true on bar 2, 4 (2 in all)"),
        ("never fires", False, "true on bar 2, 4 (2 in all)"),
        ("is missing until 1", True, "defined from bar 2"),
        ("is missing until 2", False, "defined from bar 2"),
    ],
)
def test_what_is_expected_and_what_was_seen(expect: str, passes: bool, seen: str) -> None:
    (outcome,) = outcomes("close > close[1]", "close: 1 2 1 3 3", expect)
    assert (outcome.status is Status.PASSED) == passes
    for language in Language:
        shown = text(f"tests.{outcome.seen.key}", language, **outcome.seen.values)
        assert language is Language.KOREAN or shown == seen


@pytest.mark.parametrize(
    ("expect", "passes"),
    [
        ("value at 3 == 2", True), ("value at 3 == 2.05 +- 0.1", True), ("value at 3 == 2.2 +- 0.1", False), ("value at 3 != 2", False),
        ("value at 3 != 3", True), ("value at 3 != 2.05 +- 0.1", False), ("value at 3 > 1.9", True), ("value at 3 < 2", False),
        ("value at 3 <= 2", True), ("value at 2 == 0", False), ("value at 2 != 0", False), ("is missing until 2", True),
    ],
)  # fmt: skip
def test_values(expect: str, passes: bool) -> None:
    """sma over three bars: missing on bars 1 and 2, then 2. A missing value meets no comparison, `!=` neither."""
    (outcome,) = outcomes("sma(close, 3)", "close: 1 2 3", expect)
    assert (outcome.status is Status.PASSED) == passes


@given(st.lists(st.booleans(), min_size=1, max_size=12), st.sets(st.integers(1, 12), min_size=1), st.integers(0, 5))
def test_firing_means_what_sets_say(truths: list[bool], bars: set[int], times: int) -> None:
    bars = {bar for bar in bars if bar <= len(truths)} or {1}
    listed = ", ".join(map(str, sorted(bars)))
    series = " ".join("101" if truth else "99" for truth in truths)
    fired = {k + 1 for k, truth in enumerate(truths) if truth}
    at, only, count = outcomes(
        "close > 100 KRW", f"close: {series}", f"fires at {listed}", f"fires at {listed} only", f"fires {times} times"
    )
    assert (at.status is Status.PASSED) == (bars <= fired)
    assert (only.status is Status.PASSED) == (bars == fired)
    assert (count.status is Status.PASSED) == (len(fired) == times)


def test_series_that_are_not_given_come_from_those_that_are() -> None:
    _, (test,) = checked("close > open", "close: 10 11, low: 9 8", "never fires")
    grid = given_grid(test, {}, strategy_of(compiled(FILE)).clock, (MARKET,))
    expected = {"open": [10, 11], "high": [10, 11], "low": [9, 8], "close": [10, 11], "volume": [1, 1], "value": [10, 11]}
    assert {name: getattr(grid, name)[0].tolist() for name in expected} == expected
    _, (test,) = checked("close > open", "volume: 5 6", "never fires")
    grid = given_grid(test, {}, strategy_of(compiled(FILE)).clock, (MARKET,))
    assert grid.close[0].tolist() == grid.high[0].tolist() == [100, 100]
    assert grid.value[0].tolist() == [500, 600]
    _, (test,) = checked("close > open", "high: 12 missing, open: 10 9", "never fires")
    grid = given_grid(test, {}, strategy_of(compiled(FILE)).clock, (MARKET,))
    assert grid.close[0, 0] == 10
    assert grid.state[0].tolist() == [BarState.TRADED, BarState.UNKNOWN]
    assert math.isnan(grid.open[0, 1])


def test_the_first_bar_begins_a_month_a_week_a_day_and_every_longer_bar() -> None:
    assert korean_time(START_MS) == "2025-09-01 09:00"
    (outcome,) = outcomes("close@1h", "close: 12x1 12x2 3", "is missing until 11")
    assert outcome.status is Status.PASSED
    assert [value for value in outcome.values if not math.isnan(value)] == [1.0] * 12 + [2.0] * 2


def test_aliases_have_bars_of_their_own_or_none() -> None:
    (outcome,) = outcomes("btc.close / close", "close: 3x100, btc.close: 3x50", "value at 3 == 50%")
    assert outcome.status is Status.PASSED
    (outcome,) = outcomes("btc.close > close", "close: 3x100", "never fires")
    assert outcome.status is Status.PASSED
    assert outcome.seen.key == "seen_always_missing"
    assert all(math.isnan(value) for value in outcome.values)


def test_values_are_the_kernels() -> None:
    """The same candles through a program of the rule as an entry give the same column, bit for bit."""
    rng = random.Random(6)
    compared = 0
    for rule in (
        "close > ema(close, 9)",
        "rsi(5) < 40 then close > close[1] within 5 bars",
        "(close > sma(close, 3))@15m",
        "low < lowest(low, 4)[1]",
    ):
        closes = [round(100 * math.exp(rng.gauss(0, 0.02)), 2) for _ in range(80)]
        lows = [round(close - rng.random(), 2) for close in closes]
        series = f"close: {' '.join(map(str, closes))}, low: {' '.join(map(str, lows))}"
        (outcome,) = outcomes(rule, series, "never fires")
        strategy = strategy_of(compiled(FILE.replace("entry: close > open", f"entry: {rule}")))
        close, low, one = np.array([closes]), np.array([lows]), np.ones((1, 80))
        state = np.full((1, 80), BarState.TRADED, np.int8)
        grid = BarGrid(("KRW-BTC",), strategy.clock, strategy.clock.index(START_MS), state, close, close, low, close, one, close)
        program = compile_program(strategy, strategy.clock, ("KRW-BTC",))
        column = Kernel(program).advance(grid).values[0, :, program.columns.index(strategy.entry)]
        assert np.array_equal(np.array(outcome.values), column, equal_nan=True)
        compared += int((~np.isnan(column)).sum())
    assert compared > 200


BESIDE = """schema: strategy/1
name: beside
clock: 5m
markets: [KRW-BTC]
aliases: {btc: KRW-BTC}
external:
  kimp: {or: api, stale_after: 5m}
entry: close > open
exits:
  stop: {at: -2%}
tests:
"""


@pytest.mark.parametrize(
    ("rule", "given", "expect"),
    [
        ("kimp < 5%", "kimp: 2x0.06 0.04 missing 0.03", "fires at 3, 5 only"),
        ("kimp ?? 0 < 5%", "kimp: 2x0.06 0.04 missing 0.03", "fires at 3, 4, 5 only"),
        ("kimp < 5% and not market.warning", "kimp: 4x0.01, market.warning: 0 1 missing 0", "fires at 1, 3, 4 only"),
        ("market.caution", "market.caution.volume: 0 1 0", "fires at 2 only"),
        ("btc.market.delisting", "btc.market.delisting: 0 1 1", "fires at 2, 3 only"),
        ("book.spread <= 10bp and close > 150 KRW", "book.spread: 0.0005 0.0020 0.0010, close: 100 2x200", "fires at 3 only"),
        ("flow.buy_share(1 bars)", "flow.bought: 1 3 0, flow.sold: 3 1 0", "value at 2 == 75%"),
        ("ema(close, 2)", "kimp: 3x1", "value at 3 == 100"),
    ],
)
def test_series_beside_the_candles_are_given_too(rule: str, given: str, expect: str) -> None:
    lines = f"  - name: t\n    rule: {rule}\n    given: {{{given}}}\n    expect: {expect}\n"
    strategy = strategy_of(compiled(BESIDE + lines))
    test = strategy.tests[0]
    assert isinstance(test, RuleTest)
    outcome = run_rule_test(strategy, test)
    assert outcome.status is Status.PASSED, outcome


@pytest.mark.parametrize(
    ("given", "code", "label"),
    [
        ("market.warning: 0 2", "E604", "flag"), ("universe.member: 0 1", "E602", ""), ("market.age: 0 1", "E602", ""),
        ("kimpp: 0 1", "E602", ""), ("book.bid_depth: 0 1", "E602", ""), ("eth.kimp: 0 1", "E602", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_given_is_refused(given: str, code: str, label: str) -> None:
    text = f"{BESIDE}  - {{name: t, rule: kimp < 5%, given: {{{given}}}, expect: never fires}}\n"
    found = [one for one in compiled(text).diagnostics if one.code.startswith("E")]
    assert [(one.code, one.label) for one in found] == [(code, label)]
