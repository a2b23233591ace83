"""`crowding:` of a risk file: what it becomes, and what is wrong with one."""

from __future__ import annotations

import pytest

from dsl.compile import CompiledRisk, compile_risk, compile_strategy
from dsl.pairs import OTHER
from dsl.strategy import Crowding
from tests.dsl.helpers import CATALOGUE, codes, with_rule

MEASURE = "corr(logret(1), other.logret(1), 192 bars)@1h"
RISK = "schema: risk/1\nname: crowd\ncrowding:\n  measure: {}\n{}"
STRATEGY = """schema: strategy/1
name: sample
risk_profile: crowd
clock: {clock}
aliases: {{{aliases}}}
entry: close > open
exits: {{stop: {{at: -2%}}}}
sizing: {{weight: 10% of equity}}
"""


def risk(measure: str = MEASURE, limits: str = "  max_pair: 0.85\n") -> CompiledRisk:
    return compile_risk(RISK.format(measure, limits), "crowd.yaml", CATALOGUE)


def crowding(limits: str, clock: str = "5m", aliases: str = "") -> tuple[Crowding, dict[str, str]]:
    text = RISK.format(MEASURE, limits)
    found = compile_strategy(STRATEGY.format(clock=clock, aliases=aliases), "s.yaml", CATALOGUE, lambda _: (text, "crowd.yaml")).strategy
    assert found is not None
    assert found.risk is not None
    assert found.risk.crowding is not None
    return found.risk.crowding, found.aliases


def test_the_example_of_the_specification() -> None:
    found, aliases = crowding("  max_pair: 0.85\n  max_cluster: 2 positions\n  with_btc: {above: 0.90, count_as: 1 cluster}\n")
    assert (found.pair, found.cluster, found.btc) == (0.85, 2, 0.9)
    assert found.graph[found.measure].op == "hold"
    assert {(n.section.timeframe.length_ms, n.section.market) for n in found.graph if n.section is not None} == {
        (300_000, ""), (3_600_000, ""), (3_600_000, OTHER),
    }  # fmt: skip
    assert aliases == {"btc": "KRW-BTC"}


def test_without_a_cluster_no_pair_is_held_and_bitcoin_is_not_read() -> None:
    found, aliases = crowding("  max_pair: 0.85\n")
    assert (found.pair, found.cluster, found.btc) == (0.85, 1, None)
    assert aliases == {}


def test_bitcoin_keeps_the_name_that_the_strategy_gives_it() -> None:
    limits = "  with_btc: {above: 0.90, count_as: 1 cluster}\n"
    assert crowding(limits, aliases="lead: KRW-BTC")[1] == {"lead": "KRW-BTC"}
    assert crowding(limits, aliases="btc: KRW-ETH")[1] == {"btc": "KRW-ETH", "KRW-BTC": "KRW-BTC"}


@pytest.mark.parametrize("clock", ["1m", "5m", "1h", "4h", "1d", "1w"])
def test_a_profile_serves_any_clock(clock: str) -> None:
    found, _ = crowding("  max_pair: 0.85\n", clock)
    assert found.graph[found.measure].op == {"1h": "corr", "4h": "over.last", "1d": "over.last", "1w": "over.last"}.get(clock, "hold")


@pytest.mark.parametrize(
    ("measure", "limits", "expected"),
    [
        ("corr(logret(1), logret(1), 192 bars)", "  max_pair: 0.85\n", ["E425"]),  # with itself
        ("corr(other.logret(1), other.logret(1), 192 bars)", "  max_pair: 0.85\n", ["E425"]),
        ("corr(logret(1), btc.logret(1), 192 bars)", "  max_pair: 0.85\n", ["E425"]),
        ("1", "  max_pair: 0.85\n", ["E425"]),
        ("close > other.close", "  max_pair: 0.85\n", ["E129"]),
        ("close - other.close", "  max_pair: 0.85\n", ["E110"]),
        ("corr(logret(1), other, 192 bars)", "  max_pair: 0.85\n", ["E141"]),
        ("corr(logret(1), other.nothing(1), 192 bars)", "  max_pair: 0.85\n", ["E101"]),
        ("acct.equity / other.close", "  max_pair: 0.85\n", ["E134"]),
        (MEASURE, "  max_pair: 85\n", ["E113"]),
        (MEASURE, "  max_pair: 1\n", ["E113"]),  # never above
        (MEASURE, "  max_pair: 85%\n", []),
        (MEASURE, "  max_pair: -0.2\n", []),
        (MEASURE, "  max_pair: 30만원\n", ["E113"]),
        (MEASURE, "  with_btc: {above: 2, count_as: 1 cluster}\n", ["E113"]),
        (MEASURE, "  with_btc: {above: 0.9, count_as: 2 clusters}\n", ["E425"]),
        (MEASURE, "  max_cluster: 2 positions\n", ["E425"]),
        (MEASURE, "  max_pair: 0.85\n  max_cluster: 0 positions\n", ["E113"]),
        (MEASURE, "  max_pair: 0.85\n  max_cluster: 1.5 positions\n", ["E113"]),
        (MEASURE, "  max_pair: 0.85\n  max_cluster: 2\n", ["E220"]),
    ],
)
def test_mistakes(measure: str, limits: str, expected: list[str]) -> None:
    found = risk(measure, limits)
    assert [finding.diagnostic.code for finding in found.findings] == expected
    assert (found.profile is None) == bool(expected)


def test_the_other_market_stands_there_only() -> None:
    assert codes(with_rule(entry="close > other.close")) == ["E141"]
    assert codes(with_rule(entry="corr(close, other, 5) > 0")) == ["E141"]
    assert codes(with_rule(when="other.rsi(14) > 30")) == ["E141"]
