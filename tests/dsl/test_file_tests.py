"""`tests:` of a strategy file as the checker reads them; what is wrong with them is in tests/golden/broken/40-tests-in-file."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.builder import MAX_GIVEN, RuleError, instant_ms
from dsl.checker.file_tests import METRICS
from dsl.file_tests import Check, Expect, Expectation, ReplayTest, RuleTest
from dsl.graph import Phase
from dsl.parser import parse_phrase
from tests.dsl.helpers import ROOT, codes, compiled, strategy_of

FILE = """schema: strategy/1
name: sample
clock: 5m
aliases: {btc: KRW-BTC}
params: {n: 20}
define:
  dip_and_recross: low < ema(close, n) then close crosses above ema(close, n) within 6 bars
entry: close > open
exits:
  stop: {at: -2%}
"""
#: of the specification, word for word
NORMATIVE = """tests:
  - name: a dip under EMA20 that recovers in time fires once
    rule: dip_and_recross
    given: {close: 20x100 98 97 99 103, low: 20x99.5 97 96 98 99}
    expect: fires at 24 only
  - name: no trade on the 2024-08-05 crash
    replay: {markets: [KRW-BTC, KRW-XRP], from: 2024-08-05, to: 2024-08-06}
    expect: entries == 0
"""


def test_the_tests_of_the_specification() -> None:
    rule, replay = strategy_of(compiled(FILE + NORMATIVE)).tests
    assert isinstance(rule, RuleTest)
    assert (rule.bars, rule.rule, rule.expected) == (24, "dip_and_recross", "fires at 24 only")
    assert [(found.alias, found.series, found.values[19:]) for found in rule.given] == [
        ("", "close", (100.0, 98.0, 97.0, 99.0, 103.0)), ("", "low", (99.5, 97.0, 96.0, 98.0, 99.0)),
    ]  # fmt: skip
    assert rule.expect == Expectation(Expect.FIRES_ONLY_AT, (24,))
    assert rule.graph[rule.node].op == "then"
    assert isinstance(replay, ReplayTest)
    assert replay.markets == ("KRW-BTC", "KRW-XRP")
    assert replay.from_ms == datetime(2024, 8, 5, tzinfo=UTC).timestamp() * 1000  # 09:00 KST
    assert replay.to_ms - replay.from_ms == 86_400_000
    assert replay.checks == (Check("entries", "==", 0.0),)


def test_rules_of_tests_cost_the_strategy_nothing() -> None:
    without, with_tests = strategy_of(compiled(FILE)), strategy_of(compiled(FILE + NORMATIVE))
    assert with_tests.graph.nodes == without.graph.nodes
    assert with_tests.conditions == without.conditions
    assert all(isinstance(test, ReplayTest) or all(node.phase is Phase.MARKET for node in test.graph) for test in with_tests.tests)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("fires at 24 only", Expectation(Expect.FIRES_ONLY_AT, (24,))),
        ("fires at 3, 7", Expectation(Expect.FIRES_AT, (3, 7))),
        ("fires at 3, 7 only", Expectation(Expect.FIRES_ONLY_AT, (3, 7))),
        ("fires once", Expectation(Expect.FIRES_TIMES, count=1)),
        ("fires 3 times", Expectation(Expect.FIRES_TIMES, count=3)),
        ("fires 1 time", Expectation(Expect.FIRES_TIMES, count=1)),
        ("never fires", Expectation(Expect.FIRES_TIMES, count=0)),
        ("is missing until 19", Expectation(Expect.MISSING_UNTIL, (19,))),
        ("value at 24 == 1.5 +- 0.1", Expectation(Expect.VALUE_AT, (24,), comparator="==", value=1.5, tolerance=0.1)),
        ("value at 24 == 1.5 ± 0.1", Expectation(Expect.VALUE_AT, (24,), comparator="==", value=1.5, tolerance=0.1)),
        ("value at 2 <= -3%", Expectation(Expect.VALUE_AT, (2,), comparator="<=", value=-0.03)),
        ("value at 2 > 50억", Expectation(Expect.VALUE_AT, (2,), comparator=">", value=5e9)),
    ],
)
def test_expectations(text: str, meaning: Expectation) -> None:
    assert parse_phrase(text, "expect_rule") == meaning
    for broken in (f"{text} x", f"x {text}", text.replace("fires", "fire").replace("value", "valu").replace("is", "iss")):
        with pytest.raises(RuleError):
            parse_phrase(broken, "expect_rule")


@given(st.lists(st.tuples(st.integers(1, 30), st.one_of(st.none(), st.decimals(-1000, 1000, places=2))), min_size=1, max_size=8))
def test_given_series_mean_what_they_say(parts: list[tuple[int, object]]) -> None:
    words = [
        f"{count}x{'missing' if value is None else value}" if count > 1 else "missing" if value is None else str(value)
        for count, value in parts
    ]
    found = parse_phrase(" ".join(words), "given_series")
    plain = [math.nan if value is None else float(str(value)) for count, value in parts for _ in range(count)]
    assert len(found) == len(plain)
    assert all(a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(found, plain, strict=True))


@pytest.mark.parametrize("text", ["", "x100", "3x", "1..2", "3x100x2", "close", "1,2", f"{MAX_GIVEN}x1 1", "999999x1", "1 2%"])
def test_other_texts_are_no_series(text: str) -> None:
    with pytest.raises(RuleError):
        parse_phrase(text, "given_series")


def test_days_are_those_of_the_calendar() -> None:
    day, checked = date(2000, 1, 1), 0
    while day.year < 2200:
        assert instant_ms(day.isoformat()) == datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000
        day, checked = day + timedelta(days=1), checked + 1
    assert checked == 73_049
    korea = timezone(timedelta(hours=9))
    assert instant_ms("2024-02-29T00:30") == datetime(2024, 2, 29, 0, 30, tzinfo=korea).timestamp() * 1000
    for text in (
        "2023-02-29",
        "2024-13-01",
        "2024-00-01",
        "2024-04-31",
        "2024-01-00",
        "1999-12-31",
        "2024-01-01T24:00",
        "2024-01-01T00:60",
    ):
        with pytest.raises(ValueError, match=re.escape(text)):
            instant_ms(text)


def test_tests_that_lack_everything_are_refused_not_dropped() -> None:
    for test in ("- {}", "- {name: a, rule: close > open, given: {}, expect: fires once}", "- {name: a, expect: fires once}", "- text"):
        found = compiled(FILE + f"tests:\n  {test}\n")
        assert found.strategy is None, test
        assert codes(found)
    assert strategy_of(compiled(FILE + "tests: []\n")).tests == ()


def test_a_rule_may_be_a_number_and_read_another_market() -> None:
    text = "tests:\n  - {name: a, rule: btc.close / close, given: {close: 3x100, btc.close: 3x50}, expect: value at 3 == 0.5}\n"
    (test,) = strategy_of(compiled(FILE + text)).tests
    assert isinstance(test, RuleTest)
    assert [found.alias for found in test.given] == ["", "btc"]


@pytest.mark.parametrize("page", ["why-and-test.md", "why-and-test.ko.md"])
def test_the_manual_shows_tests_that_check(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert len(strategy_of(compiled(FILE + block)).tests) == 2
    phrases = [phrase for row in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE) for phrase in re.findall(r"`([^`]+)`", row)]
    assert len(phrases) == 7
    assert {parse_phrase(phrase, "expect_rule").kind for phrase in phrases} == set(Expect)
    assert all(f"`{metric}`" in text for metric in METRICS)
